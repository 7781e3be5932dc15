//! A resource as one line of JSON, exactly: what is written is read back equal, unknown facts and their causes included.

mod read;
mod write;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use foldhash::{HashSet, HashSetExt as _};
use partywall_model::{Key, Source};
use thiserror::Error;

pub use read::RowReader;
pub use write::{RowText, RowWriter};

/// The version of the row format, in every row's `v`.
pub const ROW_VERSION: i64 = 1;

/// Levels of nesting that properties may have. Sources are read to 128 levels; shaping adds a few.
pub const MAX_DEPTH: usize = 256;

/// Bytes that one row may have.
pub const MAX_ROW_BYTES: usize = 64 << 20;

/// Member that stands for an unknown value: the number of its cause in the row's `causes`.
const UNKNOWN: &str = "$unknown";

/// Member that stands for a number that JSON cannot write: `NaN`, `inf`, `-inf`.
const FLOAT: &str = "$float";

/// A row cannot be written, or its text is not of the format.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RowError {
    /// The properties nest deeper than [`MAX_DEPTH`].
    #[error("`{id}` ({resource_type}) nests deeper than {MAX_DEPTH} levels")]
    TooDeep {
        /// The resource's type.
        resource_type: Arc<str>,
        /// The resource's id.
        id: Arc<str>,
    },
    /// The text is longer than [`MAX_ROW_BYTES`].
    #[error("`{id}` ({resource_type}) takes more than {MAX_ROW_BYTES} bytes")]
    TooLong {
        /// The resource's type.
        resource_type: Arc<str>,
        /// The resource's id.
        id: Arc<str>,
    },
    /// The text is not what the format says.
    #[error("expected {expected} at byte {at} of the row")]
    Malformed {
        /// What should stand there.
        expected: &'static str,
        /// Where, in bytes from 0.
        at: usize,
    },
    /// The row is of another version of the format.
    #[error("the row is of format version `{0}`, this program reads {ROW_VERSION}; use a newer partywall")]
    Version(i64),
}

/// Texts that are kept to be shared at most: some inputs have keys of their own in every row.
const KEPT: usize = 65_536;

/// Shares texts and sources that occur in many rows.
#[derive(Debug, Default)]
struct Shared {
    texts: HashSet<Key>,
    sources: HashSet<Arc<Source>>,
}

impl Shared {
    fn text(&mut self, text: &str) -> Key {
        if let Some(known) = self.texts.get(text) {
            return known.clone();
        }
        if self.texts.len() >= KEPT {
            self.texts = HashSet::new();
        }
        let made: Key = Arc::from(text);
        self.texts.insert(made.clone());
        made
    }

    fn source(&mut self, source: Source) -> Arc<Source> {
        if let Some(known) = self.sources.get(&source) {
            return known.clone();
        }
        if self.sources.len() >= KEPT {
            self.sources = HashSet::new();
        }
        let made = Arc::new(source);
        self.sources.insert(made.clone());
        made
    }
}

/// A time as text, exact for every time there is: years beyond 9999 have a sign, leap seconds are `:60`.
pub(crate) fn time_text(time: DateTime<Utc>) -> String {
    format!("{time:?}")
}

/// Reads what [`time_text`] wrote.
pub(crate) fn time_of(text: &str) -> Option<DateTime<Utc>> {
    text.parse().ok()
}

/// One of the model's closed lists of words, by the name that serde gives it.
pub(crate) fn word_of<T: serde::de::DeserializeOwned>(text: &str) -> Option<T> {
    T::deserialize(serde::de::value::StrDeserializer::<serde::de::value::Error>::new(text)).ok()
}
