//! Snapshots as Parquet files with a manifest.

mod error;
mod file;
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
