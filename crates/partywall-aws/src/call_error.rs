use std::fmt;
use std::sync::Arc;

/// What a failed call means to whoever asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CallErrorKind {
    /// The caller may not do this: an IAM permission is missing, or a policy denies it.
    Denied,
    /// AWS asked to slow down, and went on asking until the attempts were used up.
    Throttled,
    /// No whole answer came in time.
    TimedOut,
    /// AWS failed (status 5xx), and went on failing.
    Server,
    /// AWS refused the request for another reason; `code` says which (`NoSuchBucketPolicy`, `ValidationException`, …).
    Refused,
    /// The answer is not what the model says: cut off, another protocol, too large.
    Malformed,
    /// No connection, or it broke.
    Connection,
    /// The service has no endpoint in that Region: its host name does not resolve.
    NotAvailable,
    /// The account has not turned that Region on.
    RegionDisabled,
    /// There are no credentials, or they are expired or not known to AWS.
    Credentials,
    /// The input does not fit the model; nothing was sent.
    Input,
}

impl CallErrorKind {
    /// A few words for people, lower case.
    pub fn phrase(self) -> &'static str {
        match self {
            Self::Denied => "access denied",
            Self::Throttled => "throttled",
            Self::TimedOut => "timed out",
            Self::Server => "AWS failed",
            Self::Refused => "refused",
            Self::Malformed => "malformed answer",
            Self::Connection => "no connection",
            Self::NotAvailable => "not available in this Region",
            Self::RegionDisabled => "Region is not enabled",
            Self::Credentials => "no valid credentials",
            Self::Input => "bad input",
        }
    }
}

/// A call that gave no answer. Never holds a credential, a token or a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallError {
    /// What it means.
    pub kind: CallErrorKind,
    /// Service, as the models name it (`ec2`).
    pub service: Arc<str>,
    /// Operation, as the models name it (`DescribeInstances`).
    pub operation: Arc<str>,
    /// Region that the caller asked.
    pub region: Arc<str>,
    /// AWS's error code, where AWS answered with one.
    pub code: Option<Box<str>>,
    /// One line: what AWS or the transport said.
    pub message: Box<str>,
    /// Status of the last answer, where one came.
    pub status: Option<u16>,
    /// AWS's id of the last request, where an answer had one.
    pub request_id: Option<Box<str>>,
    /// How many requests were sent.
    pub attempts: u32,
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}:{}` in `{}`: {}", self.service, self.operation, self.region, self.kind.phrase())?;
        if let Some(code) = &self.code {
            write!(f, " ({code})")?;
        }
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for CallError {}
