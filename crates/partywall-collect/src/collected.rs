//! What a reading is told, and what it tells beside the batches.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use partywall_model::{Gap, Listing, SourceKind, Unread};
use partywall_table::{Envelope, Paths};

use crate::cloudformation::Parameters;

/// What the user says about the input.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// For templates.
    pub parameters: Parameters,
}

/// What whoever takes the batches wants to see of a type.
#[derive(Debug, Clone, Default)]
pub struct Need {
    /// Property paths; everything if `None`.
    pub paths: Option<Paths>,
    /// Envelope columns.
    pub envelope: Vec<Envelope>,
    /// No row is wanted: a source that keeps types apart need not be read for it.
    pub no_rows: bool,
}

/// What was read, beside the batches.
#[derive(Debug, Clone, Default)]
pub struct Collected {
    /// Files that are of no known kind, and other things worth a line.
    pub warnings: Vec<String>,
    /// Files that are broken; the rest was read.
    pub errors: Vec<String>,
    /// Listings that failed.
    pub gaps: Vec<Gap>,
    /// Answers about single resources that could not be read, and how many.
    pub unread: BTreeMap<Unread, u64>,
    /// Listings that were answered, also with nothing.
    pub listed: BTreeSet<Listing>,
    /// Those of them that were not asked for: an index shows nothing there.
    pub indexed: BTreeSet<Listing>,
    /// Rows by type.
    pub types: BTreeMap<Arc<str>, u64>,
    /// Items of types that neither the registry nor the catalogue knows.
    pub unmodelled: BTreeMap<Arc<str>, u64>,
    /// Names of the parameters that the templates declare.
    pub parameters: BTreeSet<String>,
    /// Accounts seen.
    pub accounts: BTreeSet<Arc<str>>,
    /// Regions seen, `global` left out.
    pub regions: BTreeSet<Arc<str>>,
    /// Latest capture.
    pub observed_at: Option<DateTime<Utc>>,
    /// Files read, by kind of source.
    pub files: BTreeMap<SourceKind, u64>,
}
