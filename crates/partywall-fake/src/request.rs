use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// A request taken apart.
#[derive(Debug)]
pub(crate) struct Incoming<'a> {
    /// `GET`, `POST`, …
    pub(crate) method: &'a str,
    /// Percent-encoded, starts with `/`; of a virtual-hosted bucket, with the bucket.
    pub(crate) path: Cow<'a, str>,
    /// Decoded names and values, in order.
    pub(crate) query: Vec<(String, String)>,
    /// As they came.
    pub(crate) headers: &'a http::HeaderMap,
    /// The body.
    pub(crate) body: &'a [u8],
}

impl<'a> Incoming<'a> {
    /// Takes a request apart. A host that starts with a bucket's or an account's label gets it back into the path.
    pub(crate) fn new(request: &'a http::Request<bytes::Bytes>) -> Self {
        let host = request.uri().host().or_else(|| request.headers().get(http::header::HOST)?.to_str().ok()).unwrap_or_default();
        let path = match request.uri().path() {
            "" => "/",
            path => path,
        };
        let path = match bucket_of(host) {
            Some(bucket) => Cow::Owned(format!("/{bucket}{}", if path == "/" { "" } else { path })),
            None => Cow::Borrowed(path),
        };
        let query = request.uri().query().map(pairs).unwrap_or_default();
        Self { method: request.method().as_str(), path, query, headers: request.headers(), body: request.body() }
    }

    /// The first header of that name.
    pub(crate) fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The value of a name of the query.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// `bucket.s3.eu-central-1.amazonaws.com` → the bucket, which may have dots.
fn bucket_of(host: &str) -> Option<&str> {
    let at = host.find(".s3.").or_else(|| host.find(".s3-"))?;
    // S3 Control has the account there.
    (host.contains(".amazonaws.") && !host.contains(".s3-control.")).then(|| host.get(..at)).flatten().filter(|bucket| !bucket.is_empty())
}

/// Names and values of a query or a form.
pub(crate) fn pairs(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (decoded(&name.replace('+', " ")), decoded(&value.replace('+', " ")))
        })
        .collect()
}

/// Without percent-encoding.
pub(crate) fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_come_back_into_the_path() {
        assert_eq!(bucket_of("a.b.s3.eu-central-1.amazonaws.com"), Some("a.b"));
        assert_eq!(bucket_of("s3.eu-central-1.amazonaws.com"), None);
        assert_eq!(bucket_of("111100000000.s3-control.eu-central-1.amazonaws.com"), None);
        assert_eq!(bucket_of("127.0.0.1"), None);
    }

    #[test]
    fn forms_are_decoded() {
        let wanted = [("Action", "Describe"), ("A.1", "x y&z"), ("B", ""), ("C", "+")];
        let got = pairs("Action=Describe&A.1=x+y%26z&B&C=%2B");
        assert_eq!(got, wanted.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
