use partywall_model::plain;
use thiserror::Error;

/// The input of a call does not fit the model. One line; nothing was sent.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct InputError(Box<str>);

impl InputError {
    /// Something is wrong with the member at a path of an operation's request.
    pub(super) fn at(operation: &str, path: &str, what: &str) -> Self {
        Self(format!("bad member `{}` of {operation}: {what}", plain(path)).into())
    }

    /// Anything else.
    pub(super) fn new(message: String) -> Self {
        Self(message.into())
    }
}

/// An answer is not what the model says. One line, without the answer's content.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct Malformed(Box<str>);

impl Malformed {
    /// Says what is wrong.
    pub(super) fn new(message: impl Into<Box<str>>) -> Self {
        Self(message.into())
    }

    /// Something is wrong with a value that a member of that kind cannot have.
    pub(super) fn value(kind: &str) -> Self {
        Self(format!("a value that is no {kind}").into())
    }
}

impl From<serde_json::Error> for Malformed {
    fn from(error: serde_json::Error) -> Self {
        Self(plain(&error.to_string()).into())
    }
}
