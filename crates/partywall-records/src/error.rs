use std::path::PathBuf;

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
    #[error("cannot read `{}`", path.display())]
    Read {
        /// Which one.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// A file is larger than any that people keep by hand.
    #[error("`{}` is larger than {limit} bytes; records are files that people keep by hand", path.display())]
    TooLarge {
        /// Which one.
        path: PathBuf,
        /// The most that is read.
        limit: u64,
    },
}
