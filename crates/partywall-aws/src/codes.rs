//! What AWS's error codes mean to a caller: the one place that lists them.

use std::time::Duration;

use crate::{CallErrorKind, HttpResponse};

/// AWS asks to slow down: botocore's list (`retries/standard.py`), and what single services say instead.
const THROTTLED: &[&str] = &[
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
];

/// AWS failed for a moment, whatever the status.
const TRANSIENT: &[&str] = &[
    "IDPCommunicationError",
    "InternalError",
    "InternalFailure",
    "InternalServerError",
    "RequestTimeout",
    "RequestTimeoutException",
    "ServiceUnavailable",
    "ServiceUnavailableException",
];

/// The caller may not do this.
const DENIED: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "AuthorizationErrorException",
    "AllAccessDisabled",
    "Client.UnauthorizedOperation",
    "Forbidden",
    "ForbiddenException",
    "KMSAccessDeniedException",
    "NotAuthorized",
    "NotAuthorizedException",
    "UnauthorizedAccess",
    "UnauthorizedException",
    "UnauthorizedOperation",
    "403",
];

/// Credentials that were good once.
const EXPIRED: &[&str] = &["ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired"];

/// Credentials that AWS does not know. In a Region that an account has to turn on they mean that it is off.
const UNKNOWN_CREDENTIALS: &[&str] = &[
    "AuthFailure",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidToken",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "NotSignedUp",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];

/// The account has not turned the Region on, whatever the Region.
const REGION_DISABLED: &[&str] = &["OptInRequired", "RegionDisabledException", "AWS.SimpleQueueService.RegionDisabled"];

/// The clocks differ.
const SKEWED: &[&str] =
    &["InvalidSignatureException", "RequestExpired", "RequestInTheFuture", "RequestTimeTooSkewed", "SignatureDoesNotMatch"];

/// S3 keeps the bucket elsewhere.
const REDIRECTED: &[&str] =
    &["301", "307", "400", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "PermanentRedirect", "TemporaryRedirect"];

/// What an error answer means.
pub(crate) fn kind(code: &str, status: u16, opt_in_region: bool) -> CallErrorKind {
    let code = code.split('#').next_back().unwrap_or(code);
    if THROTTLED.contains(&code) || matches!(status, 429 | 509) {
        CallErrorKind::Throttled
    } else if REGION_DISABLED.contains(&code) || (opt_in_region && UNKNOWN_CREDENTIALS.contains(&code)) {
        CallErrorKind::RegionDisabled
    } else if EXPIRED.contains(&code) || UNKNOWN_CREDENTIALS.contains(&code) || is_skewed(code) {
        CallErrorKind::Credentials
    } else if DENIED.contains(&code) {
        CallErrorKind::Denied
    } else if status >= 500 || TRANSIENT.contains(&code) {
        CallErrorKind::Server
    } else if status == 403 && code.is_empty() {
        CallErrorKind::Denied
    } else {
        CallErrorKind::Refused
    }
}

/// New credentials may help.
pub(crate) fn is_expired(code: &str) -> bool {
    EXPIRED.contains(&code)
}

/// Another signing time may help.
pub(crate) fn is_skewed(code: &str) -> bool {
    SKEWED.contains(&code)
}

/// Asking the bucket's own Region may help; the Region is in a header.
pub(crate) fn is_redirect(code: &str, status: u16) -> bool {
    matches!(status, 301 | 307) || REDIRECTED.contains(&code)
}

/// How long AWS asks to wait: `Retry-After` in seconds, `x-amz-retry-after` in milliseconds.
pub(crate) fn retry_after(answer: &HttpResponse) -> Option<Duration> {
    let number = |name: &str| answer.header(name)?.trim().parse::<u32>().ok();
    number("x-amz-retry-after")
        .map(|milliseconds| Duration::from_millis(milliseconds.into()))
        .or_else(|| number("retry-after").map(|seconds| Duration::from_secs(seconds.into())))
}
