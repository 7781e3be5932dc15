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
