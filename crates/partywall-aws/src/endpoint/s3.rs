use super::{Endpoint, EndpointOptions};

/// The bucket that a path of S3 begins with, percent-encoding and all; `None` for `ListBuckets`.
pub(crate) fn bucket_of(path: &str) -> Option<&str> {
    let first = path.strip_prefix('/')?.split('/').next()?;
    (!first.is_empty()).then_some(first)
}

/// Moves the bucket from the path to the host, where S3 wants it. It stays in the path where a host cannot hold it: names with dots (no
/// certificate fits), in capitals or under another host than AWS's, or if the user says so.
pub(crate) fn bucket_to_host(endpoint: &Endpoint, path: &str, options: &EndpointOptions) -> Option<(String, String)> {
    let bucket = bucket_of(path)?;
    if endpoint.custom || options.s3_path_style || !is_host_label(bucket) {
        return None;
    }
    let rest = path.get(1 + bucket.len()..).filter(|rest| !rest.is_empty()).unwrap_or("/");
    Some((format!("{bucket}.{}", endpoint.host), rest.to_owned()))
}

/// S3's own rules for bucket names, without dots.
fn is_host_label(bucket: &str) -> bool {
    let inner = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
    let bytes = bucket.as_bytes();
    (3..=63).contains(&bytes.len())
        && bytes.iter().all(inner)
        && bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
}
