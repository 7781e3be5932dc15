use std::sync::Arc;

use partywall_model::{Cause, CauseKind};

/// Why a text is not a policy document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Longer than any policy that AWS stores; the largest quotas are far below this.
    #[error("policy text has {length} bytes, more than the {limit} that are read: check that it is a policy")]
    TooLarge {
        /// Length in bytes, as far as it was counted.
        length: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// Percent-encoded text with a broken escape, or whose bytes are not UTF-8.
    #[error("policy text is not percent-encoded UTF-8 although it begins with `%`")]
    Encoding,
    /// Not JSON, or nested deeper than a policy can be.
    #[error("policy text is not JSON: {reason}")]
    Json {
        /// What the parser found, with line and column in the text.
        reason: String,
    },
}

impl From<&Error> for Arc<Cause> {
    fn from(error: &Error) -> Self {
        wrong_type(error.to_string())
    }
}

/// The cause of a part that AWS would not accept in a policy.
pub(crate) fn wrong_type(detail: impl Into<String>) -> Arc<Cause> {
    Arc::new(Cause::new(CauseKind::WrongType, detail))
}
