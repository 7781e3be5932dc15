//! What a snapshot consists of. The wire form is in [`crate::wire`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use partywall_model::{Gap, Listing, SourceKind, Unread};

/// What whoever writes a snapshot says of the run, and reads back as it was.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Meta {
    /// When reading began.
    pub started: DateTime<Utc>,
    /// When reading ended.
    pub finished: DateTime<Utc>,
    /// Name and version of the program that read.
    pub tool: String,
    /// Date of the registry schemas that shaped the rows.
    pub schema_date: String,
    /// What was read: profiles, endpoints, files, as the user named them.
    pub sources: Vec<String>,
    /// Accounts seen.
    pub accounts: BTreeSet<Arc<str>>,
    /// Regions seen.
    pub regions: BTreeSet<Arc<str>>,
    /// Listings that were answered, also with nothing.
    pub listed: BTreeSet<Listing>,
    /// Those of them that were not asked for: an index shows nothing there.
    pub indexed: BTreeSet<Listing>,
    /// Listings and files that could not be read. Gaps of single facts are in the rows.
    pub gaps: Vec<Gap>,
    /// Answers about single resources that could not be read, and how many.
    pub unread: BTreeMap<Unread, u64>,
    /// Rows by type.
    pub types: BTreeMap<Arc<str>, u64>,
    /// Items of types that nobody models.
    pub unmodelled: BTreeMap<Arc<str>, u64>,
    /// Names of the parameters that templates declare.
    pub parameters: BTreeSet<String>,
    /// Things worth a line.
    pub warnings: Vec<String>,
    /// Inputs that are broken.
    pub errors: Vec<String>,
    /// Latest capture.
    pub observed_at: Option<DateTime<Utc>>,
    /// Files read, by kind of source.
    pub files: BTreeMap<SourceKind, u64>,
    /// Anything else, kept as it is: calls, retries, times.
    pub stats: serde_json::Value,
}

/// A snapshot's content.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// Number of the snapshot in its lake, from 1.
    pub seq: u64,
    /// The snapshot against which changes were found; `None` if all rows are new.
    pub base: Option<u64>,
    /// What was said of the run.
    pub meta: Meta,
    /// The rows, by type, account and Region, in that order.
    pub partitions: Vec<Partition>,
}

/// Which rows a partition holds.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PartitionKey {
    /// The type.
    pub resource_type: Arc<str>,
    /// The account, where known.
    pub account: Option<Arc<str>>,
    /// Region code or `global`, where known.
    pub region: Option<Arc<str>>,
}

/// The rows of one type in one account and Region.
#[derive(Debug, Clone, PartialEq)]
pub struct Partition {
    /// Which.
    pub key: PartitionKey,
    /// An answered listing of this snapshot covers it: what is not here does not exist. Otherwise there may be more.
    pub listed: bool,
    /// The earliest time at which this run saw a row that an older file holds: those rows are read with this time, if theirs is earlier.
    pub observed_at: Option<DateTime<Utc>>,
    /// Rows that live in this snapshot.
    pub rows: u64,
    /// The files that hold them, oldest first. The last one that has a row's key says what holds.
    pub files: Vec<DataFile>,
}

/// One Parquet file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFile {
    /// Path in the lake, with `/`.
    pub path: String,
    /// The number that the snapshot was to have when the file was written; all files of a run have the same.
    pub seq: u64,
    /// This snapshot wrote it.
    pub new: bool,
    /// Rows in it, tombstones left out.
    pub rows: u64,
    /// Tombstones in it.
    pub deleted: u64,
    /// Length.
    pub bytes: u64,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
}

impl PartitionKey {
    /// True if an answered listing, of the Region or of the whole account, shows all rows of this partition.
    pub(crate) fn is_listed(&self, listed: &BTreeSet<Listing>) -> bool {
        let listing = |region| Listing { resource_type: self.resource_type.clone(), account: self.account.clone(), region };
        listed.contains(&listing(self.region.clone())) || listed.contains(&listing(Some(Arc::from("global"))))
    }

    /// True if the gap says that this partition could not be read whole.
    pub(crate) fn is_missed_by(&self, gap: &Gap) -> bool {
        let covers = |theirs: &Option<Arc<str>>, own: &Option<Arc<str>>| theirs.is_none() || theirs == own;
        gap.id.is_none()
            && gap.path.is_none()
            && (gap.resource_type.is_empty() || gap.resource_type == self.resource_type)
            && covers(&gap.account, &self.account)
            && (covers(&gap.region, &self.region) || gap.region.as_deref() == Some("global"))
    }
}
