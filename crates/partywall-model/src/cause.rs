use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a fact could not be read. The kinds are closed; the detail names the user's own value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cause {
    /// Which of the known ways of not seeing this is.
    pub kind: CauseKind,
    /// One lower-case line that names the call, the reference or the value.
    pub detail: String,
    /// The IAM action that was denied, such as `s3:GetBucketPolicy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iam_action: Option<String>,
    /// The source states a text for the value, only not whether this one or another counts: a secret may stand there all the same.
    #[serde(skip)]
    pub states_text: bool,
}

/// The closed list of reasons for which a fact is unknown (`ARCHITECTURE.md` §1, gap).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CauseKind {
    /// A reference in a template that only a deployment resolves.
    UnresolvedReference,
    /// The API refused the call.
    Denied,
    /// The service refused the call until the reader gave up.
    Throttled,
    /// No answer came in time, or no connection.
    TimedOut,
    /// The service failed.
    ServerError,
    /// What came is no answer of that call.
    Malformed,
    /// The service has no endpoint in the Region.
    NotAvailable,
    /// The Region is off for the account.
    RegionDisabled,
    /// The call failed for another reason.
    CallFailed,
    /// The source holds no answer of the call that reads this fact.
    NotLooked,
    /// The recorder or query did not record this property.
    NotRecorded,
    /// This kind of source can never show the fact; a blind path.
    NotInSource,
    /// A value of a type that the schema does not allow.
    WrongType,
    /// The row that the fact depends on is not in the input.
    MissingRow,
    /// The predicate failed on this row.
    EvaluationError,
    /// Two inputs state different values, and nothing says which is newer.
    SourcesDisagree,
}

impl Cause {
    /// Makes a cause without an IAM action.
    pub fn new(kind: CauseKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), iam_action: None, states_text: false }
    }

    /// The same cause, of a value for which the source states a text.
    #[must_use]
    pub fn stating_text(mut self) -> Self {
        self.states_text = true;
        self
    }

    /// Adds the IAM action of the call. Kept only if the call was denied: a call that was throttled or never made lacks no permission.
    #[must_use]
    pub fn with_action(mut self, action: impl Into<String>) -> Self {
        self.iam_action = (self.kind == CauseKind::Denied).then(|| action.into());
        self
    }
}

impl CauseKind {
    /// The words for people, the same in every output.
    pub fn words(self) -> &'static str {
        match self {
            Self::UnresolvedReference => "unresolved reference",
            Self::Denied => "access denied",
            Self::Throttled => "throttled",
            Self::TimedOut => "timed out",
            Self::ServerError => "service failed",
            Self::Malformed => "malformed answer",
            Self::NotAvailable => "not available in the Region",
            Self::RegionDisabled => "Region is off",
            Self::CallFailed => "call failed",
            Self::SourcesDisagree => "sources disagree",
            Self::NotLooked => "not looked",
            Self::NotRecorded => "not recorded",
            Self::NotInSource => "not in this source",
            Self::WrongType => "wrong type",
            Self::MissingRow => "missing row",
            Self::EvaluationError => "evaluation error",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.words())?;
        if !self.detail.is_empty() {
            write!(f, ": {}", self.detail)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_denied_call_lacks_a_permission() {
        let action = |kind| Cause::new(kind, "GetKeyRotationStatus").with_action("kms:GetKeyRotationStatus").iam_action;
        assert_eq!(action(CauseKind::Denied).as_deref(), Some("kms:GetKeyRotationStatus"));
        assert_eq!(action(CauseKind::CallFailed), None, "throttled");
        assert_eq!(action(CauseKind::NotLooked), None, "never called");
    }
}
