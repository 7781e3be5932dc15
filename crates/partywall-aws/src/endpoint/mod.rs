//! Where a request goes and for which Region it is signed: partitions and exceptions are data, the rest is one pattern.

mod options;
mod partitions;
mod s3;

pub use options::EndpointOptions;
pub(crate) use options::environment_spelling;
pub use partitions::{Partition, Partitions};
pub(crate) use s3::{bucket_of, bucket_to_host};

use partitions::Variant;

/// Why there is no address for a call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// The Region's name could not be part of a host name.
    #[error("`{0}` is no Region; give one such as `eu-central-1`")]
    Region(String),
    /// The service has no such endpoint.
    #[error("`{service}` has no endpoint {kind}in `{region}`")]
    None {
        /// The service.
        service: String,
        /// The Region.
        region: String,
        /// The variant in words, with a blank behind it; empty for the plain one.
        kind: &'static str,
    },
    /// An address that the user named cannot be used.
    #[error("endpoint `{url}` {problem}")]
    Url {
        /// The address.
        url: String,
        /// What is wrong with it and what to do.
        problem: &'static str,
    },
    /// The built-in table cannot be read.
    #[error("the table of endpoints is damaged: {0}")]
    Data(&'static str),
}

/// What the models say about a service that its address depends on.
#[derive(Debug, Clone, Copy)]
pub struct Addressed<'a> {
    /// The models' name (`s3`).
    pub service: &'a str,
    /// The models' operation (`ListBuckets`): some services have several addresses.
    pub operation: &'a str,
    /// The models' endpoint prefix.
    pub prefix: &'a str,
    /// The name that is signed for.
    pub signing_name: &'a str,
    /// The models' service id (`Secrets Manager`), which environment variables spell.
    pub service_id: &'a str,
}

/// An address, and what to sign for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// `https`, or `http` for a loopback address that the user named.
    pub scheme: &'static str,
    /// Host, with its port if that is not the scheme's own.
    pub host: String,
    /// Path before the request's own; empty, or it begins with `/` and does not end with one.
    pub path: String,
    /// Region to sign for.
    pub sign_region: String,
    /// Service name to sign for.
    pub sign_name: String,
    /// The user named it: host names cannot be built on it.
    pub custom: bool,
}

impl Endpoint {
    /// The address for one operation in one Region.
    pub fn resolve(of: &Addressed<'_>, region: &str, options: &EndpointOptions) -> Result<Self, EndpointError> {
        if !is_label(region) {
            return Err(EndpointError::Region(region.to_owned()));
        }
        let table = Partitions::builtin().map_err(EndpointError::Data)?;
        let partition = table.of_region(region).ok_or(EndpointError::Data("no partitions"))?;
        let (variant, kind) = match (options.fips, options.dual_stack) {
            (false, false) => (Variant::Plain, ""),
            (true, false) => (Variant::Fips, "for FIPS "),
            (false, true) => (Variant::Dual, "for dual stack "),
            (true, true) => (Variant::FipsDual, "for FIPS and dual stack "),
        };
        let rule = table.rule(of.service, of.operation, variant, region, partition);
        let fill = |text: &str| {
            text.replace("{prefix}", of.prefix)
                .replace("{region}", region)
                .replace("{home}", &partition.home)
                .replace("{suffix}", &partition.suffix)
                .replace("{dual}", &partition.dual)
        };
        let sign_region = rule.and_then(|rule| rule.sign.as_deref()).map_or_else(|| region.to_owned(), fill);
        let sign_name = rule.and_then(|rule| rule.name.as_deref()).unwrap_or(of.signing_name).to_owned();
        if let Some(url) = options.for_service(of.service_id) {
            let (scheme, host, path) = split(url)?;
            return Ok(Self { scheme, host, path, sign_region, sign_name, custom: true });
        }
        let host = fill(rule.map_or_else(|| table.pattern(variant), |rule| rule.host.as_str()));
        if host.is_empty() {
            return Err(EndpointError::None { service: of.service.to_owned(), region: region.to_owned(), kind });
        }
        Ok(Self { scheme: "https", host, path: String::new(), sign_region, sign_name, custom: false })
    }
}

/// Region names become part of host names: nothing but letters, digits and hyphens.
fn is_label(region: &str) -> bool {
    let edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = region.as_bytes();
    bytes.len() <= 63 && edge(bytes.first()) && edge(bytes.last()) && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
}

/// Scheme, host with port, and path of an address that the user named.
fn split(url: &str) -> Result<(&'static str, String, String), EndpointError> {
    let wrong = |problem| EndpointError::Url { url: without_user(url), problem };
    let uri: http::Uri = url.parse().map_err(|_| wrong("is no address; write `https://host` or `http://127.0.0.1:port`"))?;
    let authority = uri.authority().ok_or_else(|| wrong("has no host; write `https://host` or `http://127.0.0.1:port`"))?;
    if authority.as_str().contains('@') {
        return Err(wrong("holds a user name; requests are signed instead"));
    }
    if uri.query().is_some() {
        return Err(wrong("holds a query; take it away"));
    }
    let scheme = match uri.scheme_str() {
        Some("https") => "https",
        Some("http") if is_loopback(authority.host()) => "http",
        Some("http") => return Err(wrong("would be asked without TLS; use https, http is for this machine only (127.0.0.1)")),
        _ => return Err(wrong("has no scheme that is known; use https")),
    };
    Ok((scheme, authority.as_str().to_ascii_lowercase(), uri.path().trim_end_matches('/').to_owned()))
}

/// What stands before an `@` may be a password.
fn without_user(url: &str) -> String {
    match url.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.rsplit_once('@')?.1))) {
        Some((scheme, rest)) => format!("{scheme}://…@{rest}"),
        None => url.to_owned(),
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost" || bare.ends_with(".localhost") || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}
