//! Data files: writing one whole, reading one back only if it is what the manifest says.

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, AsArray as _, BooleanArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Int32Type};
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::arrow::arrow_writer::{ArrowWriter, ArrowWriterOptions};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use sha2::{Digest as _, Sha256};

use crate::LakeError;
use crate::manifest::DataFile;
use crate::place::{data_path, hex};

/// Content hash of the row, in hexadecimal.
pub const HASH: &str = "_hash";
/// True in a tombstone: the row is not in this snapshot.
pub const DELETED: &str = "_deleted";
/// 0, or how many rows of the same id the partition had before this one in the same run.
pub const COPY: &str = "_copy";
/// The whole resource as JSON; NULL in a tombstone.
pub const ROW: &str = "_row";
/// The envelope's column of the id.
pub(crate) const ID: &str = "_id";

/// Bytes that one data file may have; far above what a row group takes.
const MAX_FILE_BYTES: u64 = 1 << 30;

/// Bytes that the columns read of one file may unpack to.
const MAX_UNPACKED: i64 = 2 << 30;

/// Rows handed on at once.
pub(crate) const CHUNK_ROWS: usize = 1024;

/// The columns that this crate adds to those of the type.
pub(crate) fn own_fields() -> [Field; 4] {
    [
        Field::new(HASH, DataType::Utf8, false),
        Field::new(DELETED, DataType::Boolean, false),
        Field::new(COPY, DataType::Int32, false),
        Field::new(ROW, DataType::Utf8, true),
    ]
}

/// The bytes of a Parquet file of one row group. Equal batches give equal bytes.
///
/// # Errors
/// Parquet refuses the columns; a defect.
pub(crate) fn parquet_bytes(
    resource_type: &str,
    batches: impl IntoIterator<Item = Result<RecordBatch, LakeError>>,
) -> Result<Vec<u8>, LakeError> {
    let refused = |message: String| LakeError::Parquet { resource_type: resource_type.to_owned(), message };
    let mut batches = batches.into_iter();
    let first = batches.next().unwrap_or_else(|| Err(refused("no rows".to_owned())))?;
    let level = ZstdLevel::try_new(1).map_err(|error| refused(error.to_string()))?;
    let mut properties = WriterProperties::builder()
        .set_created_by("partywall-lake 1".to_owned())
        .set_compression(Compression::ZSTD(level))
        .set_max_row_group_row_count(None)
        .set_offset_index_disabled(true)
        .set_statistics_enabled(EnabledStatistics::None);
    for unique in [HASH, ROW, ID, "_arn"] {
        properties = properties.set_column_dictionary_enabled(ColumnPath::from(unique), false);
    }
    let options = ArrowWriterOptions::new().with_properties(properties.build()).with_skip_arrow_metadata(true);
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new_with_options(&mut bytes, first.schema(), options).map_err(|error| refused(error.to_string()))?;
    for batch in std::iter::once(Ok(first)).chain(batches) {
        writer.write(&batch?).map_err(|error| refused(error.to_string()))?;
    }
    writer.close().map_err(|error| refused(error.to_string()))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(LakeError::TooLarge { what: "a data file", limit: MAX_FILE_BYTES });
    }
    Ok(bytes)
}

/// Creates a file that must not exist yet. `None` if there is one of that name.
pub(crate) fn create_new(path: &Path) -> Result<Option<File>, LakeError> {
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(None),
        Err(error) => Err(LakeError::io("create", path)(error)),
    }
}

/// Creates a file that must not exist yet, on disk when this returns. `false` if there is one of that name.
pub(crate) fn create(path: &Path, bytes: &[u8]) -> Result<bool, LakeError> {
    let Some(mut file) = create_new(path)? else { return Ok(false) };
    file.write_all(bytes).map_err(LakeError::io("write", path))?;
    file.sync_all().map_err(LakeError::io("write", path))?;
    Ok(true)
}

/// Reads a file of at most `limit` bytes.
pub(crate) fn read_capped(path: &Path, limit: u64, what: &'static str) -> Result<Vec<u8>, LakeError> {
    let file = File::open(path).map_err(LakeError::io("read", path))?;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(LakeError::io("read", path))?;
    if bytes.len() as u64 > limit { Err(LakeError::TooLarge { what, limit }) } else { Ok(bytes) }
}

/// Makes the names in a directory last through a crash.
pub(crate) fn sync_dir(path: &Path) -> Result<(), LakeError> {
    if cfg!(unix) {
        File::open(path).and_then(|dir| dir.sync_all()).map_err(LakeError::io("write", path))?;
    }
    Ok(())
}

/// What is read of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Columns {
    /// Key, tombstone and hash.
    Index,
    /// Key, tombstone and the row.
    Rows,
}

/// A data file that is what its manifest says.
#[derive(Debug)]
pub(crate) struct Scan {
    reader: ParquetRecordBatchReader,
    path: std::path::PathBuf,
    columns: Columns,
}

/// Some rows of a file.
#[derive(Debug)]
pub(crate) struct Rows {
    batch: RecordBatch,
    last: &'static str,
}

impl Scan {
    /// Opens a file and checks length, hash and count of rows.
    ///
    /// # Errors
    /// The file is missing, or not the one that was recorded.
    pub(crate) fn open(root: &Path, manifest: &Path, file: &DataFile, columns: Columns) -> Result<Self, LakeError> {
        let path = data_path(root, &file.path, manifest)?;
        let length = fs::metadata(&path).map_err(LakeError::io("read", &path))?.len();
        if length != file.bytes {
            return Err(LakeError::damaged(&path, &format!("it has {length} bytes instead of {}", file.bytes)));
        }
        let bytes = read_capped(&path, MAX_FILE_BYTES, "a data file")?;
        if hex(&Sha256::digest(&bytes)) != file.sha256 {
            return Err(LakeError::damaged(&path, &"its bytes have another SHA-256 than was recorded"));
        }
        let damaged = |error: &dyn std::fmt::Display| LakeError::damaged(&path, &error);
        let builder = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(bytes)).map_err(|error| damaged(&error))?;
        let rows = builder.metadata().file_metadata().num_rows();
        if u64::try_from(rows).ok() != file.rows.checked_add(file.deleted) {
            return Err(damaged(&format!("it has {rows} rows instead of {} and {} tombstones", file.rows, file.deleted)));
        }
        let names = columns.names();
        let mask = ProjectionMask::columns(builder.parquet_schema(), names);
        let unpacked =
            builder.metadata().row_groups().iter().flat_map(parquet::file::metadata::RowGroupMetaData::columns).filter(|column| {
                let path = column.column_path().parts();
                matches!(path, [name] if names.contains(&name.as_str()))
            });
        if unpacked.fold(0_i64, |sum, column| sum.saturating_add(column.uncompressed_size().max(0))) > MAX_UNPACKED {
            return Err(damaged(&format!("it unpacks to more than {MAX_UNPACKED} bytes")));
        }
        let reader = builder.with_projection(mask).with_batch_size(CHUNK_ROWS).build().map_err(|error| damaged(&error))?;
        Ok(Self { reader, path, columns })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The next rows; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Rows>, LakeError> {
        match self.reader.next() {
            None => Ok(None),
            Some(Err(error)) => Err(LakeError::damaged(&self.path, &error)),
            Some(Ok(batch)) => {
                let rows = Rows { batch, last: self.columns.last() };
                if rows.parts().is_none() {
                    return Err(LakeError::damaged(&self.path, &"a column of the format is missing or of another type"));
                }
                Ok(Some(rows))
            }
        }
    }
}

impl Columns {
    fn last(self) -> &'static str {
        match self {
            Self::Index => HASH,
            Self::Rows => ROW,
        }
    }

    fn names(self) -> [&'static str; 4] {
        [ID, COPY, DELETED, self.last()]
    }
}

/// One row of a file: its key, and hash or JSON, which is `None` if it is a tombstone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line<'a> {
    pub(crate) id: &'a str,
    pub(crate) copy: i32,
    pub(crate) text: Option<&'a str>,
}

impl Rows {
    fn parts(&self) -> Option<(&StringArray, &arrow::array::Int32Array, &BooleanArray, &StringArray)> {
        let column = |name: &str| self.batch.column_by_name(name);
        Some((
            column(ID)?.as_string_opt::<i32>()?,
            column(COPY)?.as_primitive_opt::<Int32Type>()?,
            column(DELETED)?.as_boolean_opt()?,
            column(self.last)?.as_string_opt::<i32>()?,
        ))
    }

    pub(crate) fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        self.parts().into_iter().flat_map(|(ids, copies, deleted, texts)| {
            ids.iter().zip(copies).zip(deleted).zip(texts).map(|(((id, copy), deleted), text)| Line {
                id: id.unwrap_or_default(),
                copy: copy.unwrap_or_default(),
                text: text.filter(|_| deleted != Some(true)),
            })
        })
    }
}

/// A row's key in its partition, as a number: half of a SHA-256, so that nobody can make two alike.
pub(crate) fn key_number(id: &str, copy: i32) -> u128 {
    let digest = Sha256::new().chain_update(copy.to_le_bytes()).chain_update(id.as_bytes()).finalize();
    digest.iter().take(16).fold(0, |number, byte| number << 8 | u128::from(*byte))
}

/// The batch with this crate's own columns.
pub(crate) fn with_own_columns(resource_type: &str, batch: &RecordBatch, own: [Arc<dyn Array>; 4]) -> Result<RecordBatch, LakeError> {
    let schema = batch.schema();
    let fields: Vec<_> = schema.fields().iter().cloned().chain(own_fields().map(Arc::new)).collect();
    let columns = batch.columns().iter().cloned().chain(own).collect();
    RecordBatch::try_new(Arc::new(arrow::datatypes::Schema::new(fields)), columns)
        .map_err(|error| LakeError::Parquet { resource_type: resource_type.to_owned(), message: error.to_string() })
}
