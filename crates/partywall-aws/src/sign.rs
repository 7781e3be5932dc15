use std::borrow::Cow;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;

/// What a request is signed for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) region: &'a str,
    pub(crate) service: &'a str,
    /// By the signing clock, which follows that of AWS.
    pub(crate) time: SystemTime,
    /// The body is not part of the signature.
    pub(crate) unsigned_payload: bool,
}

/// Adds the headers of a Signature Version 4 to a request whose URL is whole and encoded. The error holds no secret.
pub(crate) fn sign_request<B: AsRef<[u8]>>(
    request: &mut http::Request<B>,
    credentials: &Credentials,
    scope: Scope<'_>,
) -> Result<(), String> {
    let mut settings = SigningSettings::default();
    if is_s3(scope.service) {
        // S3 takes the path as it is sent: object keys may hold `//` and `..`.
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    let identity = credentials.clone().into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(scope.region)
        .name(scope.service)
        .time(scope.time)
        .settings(settings)
        .build()
        .map_err(|error| error.to_string())?
        .into();
    let uri = request.uri().to_string();
    let mut headers = Vec::with_capacity(request.headers().len());
    for (name, value) in request.headers() {
        headers.push((name.as_str(), value.to_str().map_err(|_| format!("header `{name}` is not text"))?));
    }
    let body = if scope.unsigned_payload { SignableBody::UnsignedPayload } else { SignableBody::Bytes(request.body().as_ref()) };
    let signable =
        SignableRequest::new(request.method().as_str(), Cow::from(uri), headers.into_iter(), body).map_err(|error| error.to_string())?;
    let (instructions, _) = sign(signable, &params).map_err(|error| error.to_string())?.into_parts();
    instructions.apply_to_request_http1x(request);
    Ok(())
}

fn is_s3(signing_name: &str) -> bool {
    matches!(signing_name, "s3" | "s3express" | "s3-outposts" | "s3-object-lambda")
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use serde_json::Value;

    use super::*;

    /// Made by `xtask/python/signatures.py` with botocore.
    const FIXTURE: &str = include_str!("../tests/data/signatures.jsonl");

    #[test]
    fn signatures_are_those_of_botocore() {
        let mut rows = 0;
        for line in FIXTURE.lines() {
            let row: Value = serde_json::from_str(line).unwrap();
            let text = |name: &str| row.get(name).unwrap().as_str().unwrap();
            let mut builder = http::Request::builder().method(text("method")).uri(text("url"));
            for (name, value) in row.get("headers").unwrap().as_object().unwrap() {
                builder = builder.header(name, value.as_str().unwrap());
            }
            let mut request = builder.body(text("body").to_owned()).unwrap();
            let token = row.get("token").unwrap().as_str().map(str::to_owned);
            let credentials = Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token, None, "test");
            // 2026-11-22 10:00:00 UTC.
            let time = UNIX_EPOCH + Duration::from_hours(498_706);
            let scope = Scope { region: text("region"), service: text("service"), time, unsigned_payload: false };
            sign_request(&mut request, &credentials, scope).unwrap();
            assert_eq!(request.headers().get("authorization").unwrap().to_str().unwrap(), text("authorization"), "{line}");
            rows += 1;
        }
        assert_eq!(rows, 20);
    }
}
