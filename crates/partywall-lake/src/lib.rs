//! Snapshots as Parquet files with a manifest: what `partywall collect` writes and `partywall assess` reads.
//!
//! A **lake** is a directory:
//!
//! ```text
//! FORMAT                                  "partywall lake 1"; writers hold a shared lock on it, cleaning an exclusive one
//! manifests/manifest-00000007.json        one per recorded snapshot
//! facts/AWS_S3_Bucket/account=111122223333/region=eu-central-1/00000007-3.parquet
//! journal/                                not this crate's
//! ```
//!
//! A snapshot is **recorded** if, and only if, its manifest is there. Data files are written and synchronised first, then the
//! manifest under a temporary name, and then it is linked to its own name, which fails if there is one. Whoever loses takes
//! the next number: what it wrote is whole without the winner's, and its base is still there, else that is the error. What a
//! writer leaves that crashed is referred to by nobody; [`Lake::clean`] removes it.
//!
//! # Manifest
//!
//! `{"format":1,"sha256":H,"manifest":M}`; `H` is the SHA-256 of the text of `M` and is the snapshot's id. `M` has:
//!
//! * `seq`, `base` (the snapshot that changes were found against, or null), and what was said of the run: `started`,
//!   `finished`, `tool`, `schema_date`, `observed_at`, `sources`, `accounts`, `regions`, `types`, `unmodelled`, `parameters`,
//!   `warnings`, `errors`, `files` (inputs by kind of source), `stats` (anything);
//! * `listed`: listings that were answered: `{type, account, regions}`, a Region may be `"global"` or null;
//! * `gaps`: `{type, id?, account, region, path?, cause, origin}`; `cause` and `origin` are places in `causes` and `origins`;
//! * `unread`: `{type, account, region, cause, answers}`: how many answers about single resources could not be read, and why;
//! * `partitions`: `{type, account, region, listed, observed_at, rows, files}`, each file with `path` (in the lake, with `/`),
//!   `seq` (which run wrote it), `new` (this one did), `rows`, `deleted` (tombstones), `bytes`, `sha256`.
//!
//! Times are RFC 3339 with as many digits as they have; years beyond 9999 have a sign.
//!
//! # Partitions
//!
//! A partition is the rows of one type in one account and Region. Its files are listed oldest first; a row's key in it is
//! (`_id`, `_copy`), and the file of the highest `seq` that has a key decides: a row, or a tombstone. A snapshot writes only rows
//! that are new or differ in `_hash`, and tombstones for those that did not come again, and refers to the base's files for the
//! rest. If nothing is the rest, or the files come from 16 runs, it writes the partition whole and lets go of the old files.
//!
//! * **A partition that a run neither saw nor listed is not carried over**: rows of last week are no facts of today. It is left
//!   out, with the gap that says why; if the caller has none, a gap `not looked` is added. The next snapshot that lists it
//!   writes it whole.
//! * A listing that was answered with nothing leaves the partition out too; `listed` tells it from the former.
//! * `listed` of a partition is false if rows came but no answered listing covers it, as after an error on the third page.
//!   Then a tombstone says only that the row was not seen.
//! * Rows that did not change keep the file (`file` of the row) in which they were first seen. Their time of observation is
//!   read as the later of their own and the partition's `observed_at`, the earliest time at which this run saw any of them: never
//!   later than the truth. Rows in files with `new` have their own time, and a row without a time stays without.
//!
//! # Data files
//!
//! Parquet, zstd, one row group. The columns are those of the type ([`partywall_table::arrow_schema`]) that any row of the file sets, and
//! the whole envelope: they are for other readers, and differ from file to file, also as schemas change. Then come `_hash` (text,
//! hexadecimal), `_deleted` (boolean), `_copy` (32-bit integer: 0, or how many rows of that `_id` the run had before in this partition) and
//! `_row` (text).
//! In tombstones `_id`, `_account`, `_region`, `_deleted` and `_copy` count; the facts are NULL.
//!
//! # Rows
//!
//! `_row` is the resource as one line of JSON, without spaces, members in this order, those that are empty or absent left out:
//! `v` (1), `file`, `observed_at`, `kind` (of source), `type`, `id`, `logical_id`, `name`, `arn`, `account`, `region`, `location`
//! (`[file, line, column]`), `positions` (`[path, line, column]` each), `causes` (`[kind, detail, IAM action or null, states a
//! text]` each), `properties`, `satellites` (`[path, type, id, location or null]` each), `defaulted` (`[path, note]` each), `stub`,
//! `unread` (the place of a cause), `condition` (`[name, place of a cause]`).
//!
//! In `properties` the order of members is that of the source. A number with a point or an exponent is a floating number, any
//! other is a 64-bit integer. `{"$unknown":n}` is a value that could not be read, for the cause at place `n`;
//! `{"$float":"NaN"}`, `"inf"` and `"-inf"` are the numbers JSON lacks. A member whose name begins with `$` is written with one `$`
//! more.
//!
//! `_hash` is the SHA-256 of the text from `"kind":` to its end: all but file and time of observation. The kind of source is in
//! it, because it decides what a source can show at all.

mod error;
mod file;
mod hashed;
mod lake;
mod manifest;
mod place;
mod row;
mod snapshot;
mod wire;
mod writer;

pub use error::LakeError;
pub use file::{COPY, DELETED, HASH, ROW};
pub use lake::{Cleaned, FORMAT, Lake};
pub use manifest::{DataFile, Manifest, Meta, Partition, PartitionKey};
pub use row::{MAX_DEPTH, MAX_ROW_BYTES, ROW_VERSION, RowError, RowReader, RowText, RowWriter};
pub use snapshot::{Snapshot, TypeHeader};
pub use writer::SnapshotWriter;
