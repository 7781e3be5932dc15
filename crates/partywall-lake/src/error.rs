use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::RowError;

/// The lake cannot be read or written.
#[derive(Debug, Error)]
pub enum LakeError {
    /// The operating system refused.
    #[error("cannot {action} `{}`: {source}; check that the directory exists and may be read and written", path.display())]
    Io {
        /// What was to be done.
        action: &'static str,
        /// With which file or directory.
        path: PathBuf,
        /// The operating system's words.
        source: std::io::Error,
    },
    /// The directory is no lake.
    #[error("`{}` is no lake: {why}; name a directory that `partywall collect` wrote, or an empty one to write to", path.display())]
    NoLake {
        /// The directory.
        path: PathBuf,
        /// What is wrong.
        why: &'static str,
    },
    /// A newer program wrote it.
    #[error("`{}` is of format `{format}`, this program reads `{}`; use a newer partywall", path.display(), crate::FORMAT)]
    Newer {
        /// The file.
        path: PathBuf,
        /// The format that it names.
        format: String,
    },
    /// There is no snapshot of that number.
    #[error("`{}` has no snapshot `{seq}`; choose one of {}", path.display(), seqs(known))]
    NoSnapshot {
        /// The lake.
        path: PathBuf,
        /// The number asked for.
        seq: u64,
        /// The numbers there are.
        known: Vec<u64>,
    },
    /// A file is not what the manifest says, or not of the format. Nothing of it counts.
    #[error("`{}` is damaged: {what}; restore it from a backup or collect again into a new lake", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not hold.
        what: String,
    },
    /// The snapshot on which a writer built is not there any more, or another.
    #[error("snapshot `{seq}`, on which this one is built, was removed or replaced while writing; collect again")]
    BaseChanged {
        /// Its number.
        seq: u64,
    },
    /// Somebody else writes to the lake, or cleans it.
    #[error("`{}` is in use by another partywall; try again when it has finished", path.display())]
    Busy {
        /// The lake.
        path: PathBuf,
    },
    /// Rows came of an account of which nothing more was to come.
    #[error("rows of account `{account}` came after all of it had been written; a defect, please report it")]
    Ended {
        /// The account.
        account: String,
    },
    /// Something is larger than the format allows.
    #[error("{what} is larger than {limit} bytes; collect fewer accounts or types into one lake")]
    TooLarge {
        /// What.
        what: &'static str,
        /// The limit in bytes.
        limit: u64,
    },
    /// A row cannot be kept exactly.
    #[error("cannot keep a resource: {0}")]
    Row(RowError),
    /// A batch could not be built.
    #[error(transparent)]
    Table(#[from] partywall_table::TableError),
    /// Arrow or Parquet refused the columns; a defect, not bad input.
    #[error("cannot write `{resource_type}` as Parquet: {message}")]
    Parquet {
        /// The type.
        resource_type: String,
        /// Its words.
        message: String,
    },
    /// The manifest could not be written as JSON.
    #[error("cannot write the manifest: {0}")]
    Manifest(String),
}

impl LakeError {
    pub(crate) fn damaged(path: &Path, what: &impl ToString) -> Self {
        let what = what.to_string();
        Self::Damaged { path: path.to_owned(), what: what.lines().next().unwrap_or_default().to_owned() }
    }

    /// For `map_err` of file operations.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { action, path: path.to_owned(), source }
    }
}

fn seqs(known: &[u64]) -> String {
    match known {
        [] => "none: nothing is recorded yet".to_owned(),
        known => {
            let first: Vec<String> = known.iter().rev().take(8).map(|seq| format!("`{seq}`")).collect();
            format!("{}{}", first.join(", "), if known.len() > 8 { " and older ones" } else { "" })
        }
    }
}
