use std::path::PathBuf;

use partywall_model::plain;
use thiserror::Error;

/// What can be wrong with the records.
#[derive(Debug, Error)]
pub enum RecordsError {
    /// A file says something that cannot be; `place` is file, line and column.
    #[error("{place}: {message}")]
    Broken {
        /// `file:line:column`.
        place: String,
        /// What is wrong and what to do.
        message: String,
    },
    /// A file or directory cannot be read.
    #[error("cannot read `{}`", plain(&path.display().to_string()))]
    Read {
        /// Which one.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// A file is larger than any that people keep by hand.
    #[error("`{}` is larger than {limit} bytes; records are files that people keep by hand", plain(&path.display().to_string()))]
    TooLarge {
        /// Which one.
        path: PathBuf,
        /// The most that is read.
        limit: u64,
    },
    /// The catalogue has no such thing.
    #[error("there is no {what} `{id}`{near}")]
    Unknown {
        /// What was asked for.
        what: &'static str,
        /// The id that was given.
        id: String,
        /// `; did you mean …?` or nothing.
        near: String,
    },
    /// Answers that do not fit a quiz.
    #[error("{0}")]
    Answers(String),
}
