use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use thiserror::Error;

/// A place in a catalogue file; line and column count from 1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Path below the catalogue directory, or of the user's overlay.
    pub file: Arc<str>,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Position {
    /// Finds line and column of a byte range's start in a file's text.
    pub fn of(file: &Arc<str>, text: &str, span: Option<Range<usize>>) -> Self {
        let before = span.and_then(|span| text.get(..span.start)).unwrap_or("");
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |tail| tail.chars().count()) + 1;
        Self { file: file.clone(), line, column }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// What can be wrong with a catalogue.
#[derive(Debug, Error)]
pub enum CatalogError {
    /// A file is no valid TOML of its kind.
    #[error("{position}: {message}")]
    Syntax {
        /// Where.
        position: Position,
        /// The parser's words, one line.
        message: String,
    },
    /// A file stands where none is expected.
    #[error("{file}: {message}")]
    Layout {
        /// Path below the catalogue directory.
        file: String,
        /// What is wrong and what to do.
        message: String,
    },
    /// A user's overlay could not be read.
    #[error("cannot read `{path}`; name a directory with the layout of catalog/")]
    Read {
        /// The path as given.
        path: String,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// A generated reference file is damaged.
    #[error("reference/{file}: {message}; regenerate it with `cargo xtask`")]
    Reference {
        /// File name.
        file: &'static str,
        /// What is wrong.
        message: String,
    },
}
