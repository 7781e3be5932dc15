use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{Array, BooleanArray, Int32Array, RecordBatch, StringArray};
use chrono::{DateTime, Utc};
use foldhash::{HashMap, HashMapExt as _, HashSet};
use partywall_catalog::{ResourceType, Schema};
use partywall_model::{Cause, CauseKind, Gap, Resource, Source, SourceKind};
use partywall_table::{Envelope, build_batch};
use sha2::{Digest as _, Sha256};

use crate::file::{CHUNK_ROWS, Columns, create, key_number, parquet_bytes, sync_dir, with_own_columns};
use crate::manifest::{DataFile, Manifest, Meta, Partition, PartitionKey};
use crate::place::{FACTS, data_path, hex, partition_dir};
use crate::row::{RowText, RowWriter};
use crate::{Lake, LakeError, Snapshot};

/// Bytes of rows and columns that wait, over all partitions, before the largest is written: what bounds a row group, and memory.
const WAITING_BYTES: usize = 8 << 20;

/// Runs whose files a partition may refer to; after that it is written whole.
const MAX_RUNS: usize = 16;

/// Writes one snapshot. Dropped without [`SnapshotWriter::finish`], it leaves nothing but files that nobody refers to.
#[derive(Debug)]
pub struct SnapshotWriter {
    lake: Lake,
    /// Held until the end: as long as it is, nothing is cleaned.
    _lock: File,
    base: Option<Snapshot>,
    /// Places of the base's partitions.
    base_places: HashMap<PartitionKey, usize>,
    seq: u64,
    files: u64,
    waiting: usize,
    open: BTreeMap<PartitionKey, Open>,
    /// Partitions of which nothing more will come.
    ended: Vec<Partition>,
    ended_accounts: BTreeSet<Arc<str>>,
    text: RowWriter,
}

/// A partition of which rows have come.
#[derive(Debug)]
struct Open {
    resource_type: Arc<ResourceType>,
    known: HashMap<u128, Known>,
    /// Rows of the base that came again as they were, and the earliest time at which they did.
    unchanged: u64,
    unchanged_at: Option<DateTime<Utc>>,
    /// Rows that live in the base.
    base_rows: u64,
    /// Rows of the base that came again, as they were or changed.
    base_seen: u64,
    written: u64,
    waiting: Vec<Waiting>,
    waiting_bytes: usize,
    files: Vec<DataFile>,
}

/// What is known of a key: 48 bytes per row, the only memory that grows with a run.
#[derive(Debug, Clone, Copy, Default)]
struct Known {
    /// Half of the hash of the base's row.
    base: Option<u128>,
    /// Rows of this run with this id; counted at the first one.
    seen: i32,
}

/// A row that goes into its partition's next file.
#[derive(Debug)]
struct Waiting {
    row: Arc<Resource>,
    copy: i32,
    /// `None` for a tombstone.
    text: Option<RowText>,
}

impl SnapshotWriter {
    pub(crate) fn new(lake: Lake, lock: File, base: Option<Snapshot>, seq: u64) -> Self {
        let partitions = base.iter().flat_map(|base| base.manifest().partitions.iter().enumerate());
        let base_places = partitions.map(|(place, partition)| (partition.key.clone(), place)).collect();
        Self {
            lake,
            _lock: lock,
            base,
            base_places,
            seq,
            files: 0,
            waiting: 0,
            open: BTreeMap::new(),
            ended: Vec::new(),
            ended_accounts: BTreeSet::new(),
            text: RowWriter::new(),
        }
    }

    /// Adds rows of one type, of any account and Region; types may come in any order and in pieces. Two rows with the same
    /// account, Region, type and id are two rows.
    ///
    /// # Errors
    /// A row cannot be kept exactly, a file of the base is damaged, or the disk refuses.
    pub fn write(&mut self, resource_type: &Arc<ResourceType>, rows: &[Arc<Resource>]) -> Result<(), LakeError> {
        for row in rows {
            if let Some(account) = row.account.as_ref().filter(|account| self.ended_accounts.contains(*account)) {
                return Err(LakeError::Ended { account: account.to_string() });
            }
            let key = PartitionKey { resource_type: row.resource_type.clone(), account: row.account.clone(), region: row.region.clone() };
            if !self.open.contains_key(&key) {
                let made = self.open_partition(&key, resource_type)?;
                self.open.insert(key.clone(), made);
            }
            let Some(open) = self.open.get_mut(&key) else { continue };
            let text = self.text.write(row).map_err(LakeError::Row)?;
            if let Some(copy) = open.take(row, &text.hash) {
                self.waiting += open.wait(Waiting { row: row.clone(), copy, text: Some(text) });
            }
            self.relieve()?;
        }
        Ok(())
    }

    /// Writes what waits of an account and lets go of what is known of its rows: nothing more will come of it.
    ///
    /// # Errors
    /// As [`SnapshotWriter::write`].
    pub fn end_account(&mut self, account: &Arc<str>) -> Result<(), LakeError> {
        let keys: Vec<PartitionKey> = self.open.keys().filter(|key| key.account.as_ref() == Some(account)).cloned().collect();
        keys.iter().try_for_each(|key| self.end(key))?;
        self.ended_accounts.insert(account.clone());
        Ok(())
    }

    fn end(&mut self, key: &PartitionKey) -> Result<(), LakeError> {
        self.bury(key)?;
        self.flush(key)?;
        let Some(open) = self.open.remove(key) else { return Ok(()) };
        let kept = if open.unchanged > 0 { self.base_partition(key) } else { None };
        let kept = kept.into_iter().flat_map(|(_, partition)| &partition.files).map(|file| DataFile { new: false, ..file.clone() });
        let mut files: Vec<DataFile> = kept.chain(open.files).collect();
        // There may be half a million partitions of one file each.
        files.shrink_to_fit();
        let rows = open.unchanged + open.written;
        self.ended.push(Partition { key: key.clone(), listed: false, observed_at: open.unchanged_at, rows, files });
        Ok(())
    }

    /// Writes out the largest partitions, if too much waits, until half of it is gone.
    fn relieve(&mut self) -> Result<(), LakeError> {
        if self.waiting <= WAITING_BYTES {
            return Ok(());
        }
        let mut sizes: Vec<(usize, PartitionKey)> = self.open.iter().map(|(key, open)| (open.waiting_bytes, key.clone())).collect();
        sizes.sort_by(|(a, _), (b, _)| b.cmp(a));
        for (_, key) in sizes {
            if self.waiting <= WAITING_BYTES / 2 {
                break;
            }
            self.flush(&key)?;
        }
        Ok(())
    }

    fn base_partition(&self, key: &PartitionKey) -> Option<(&Snapshot, &Partition)> {
        let base = self.base.as_ref()?;
        let partition = base.manifest().partitions.get(*self.base_places.get(key)?)?;
        let runs: BTreeSet<u64> = partition.files.iter().map(|file| file.seq).collect();
        (runs.len() < MAX_RUNS).then_some((base, partition))
    }

    fn open_partition(&self, key: &PartitionKey, resource_type: &Arc<ResourceType>) -> Result<Open, LakeError> {
        let mut known = HashMap::new();
        if let Some((base, partition)) = self.base_partition(key) {
            base.walk(partition, Columns::Index, &mut |scan, _, id, copy, hash| {
                let hash = hash.get(..32).and_then(|half| u128::from_str_radix(half, 16).ok());
                let hash = hash.ok_or_else(|| LakeError::damaged(scan.path(), &format!("`{id}` has no readable `_hash`")))?;
                known.insert(key_number(id, copy), Known { base: Some(hash), seen: 0 });
                Ok::<(), LakeError>(())
            })?;
        }
        let base_rows = known.len() as u64;
        Ok(Open {
            resource_type: resource_type.clone(),
            known,
            unchanged: 0,
            unchanged_at: None,
            base_rows,
            base_seen: 0,
            written: 0,
            waiting: Vec::new(),
            waiting_bytes: 0,
            files: Vec::new(),
        })
    }

    fn flush(&mut self, key: &PartitionKey) -> Result<(), LakeError> {
        let Some(open) = self.open.get_mut(key).filter(|open| !open.waiting.is_empty()) else { return Ok(()) };
        let rows = std::mem::take(&mut open.waiting);
        self.waiting = self.waiting.saturating_sub(std::mem::take(&mut open.waiting_bytes));
        let deleted = rows.iter().filter(|waiting| waiting.text.is_none()).count() as u64;
        let count = rows.len() as u64 - deleted;
        let schema = used(&open.resource_type.schema, &rows);
        let batches = rows.chunks(CHUNK_ROWS).map(|chunk| columns(&open.resource_type, &schema, chunk));
        let bytes = parquet_bytes(&key.resource_type, batches)?;
        drop(rows);
        let relative = partition_dir(key);
        let dir = relative.split('/').fold(self.lake.root().to_owned(), |path, part| path.join(part));
        fs::create_dir_all(&dir).map_err(LakeError::io("create", &dir))?;
        let name = loop {
            self.files += 1;
            let name = format!("{:08}-{}.parquet", self.seq, self.files);
            // Taken: by a writer that crashed, or by one that is to have the same number and has not lost yet.
            if create(&dir.join(&name), &bytes)? {
                break name;
            }
        };
        open.files.push(DataFile {
            path: format!("{relative}/{name}"),
            seq: self.seq,
            new: true,
            rows: count,
            deleted,
            bytes: bytes.len() as u64,
            sha256: hex(&Sha256::digest(&bytes)),
        });
        Ok(())
    }

    /// Ends the snapshot and records it under the next free number.
    ///
    /// What the base has and this run neither saw nor listed is left out, and a gap (`not looked`) is added for it unless `meta`
    /// has one that says why.
    ///
    /// # Errors
    /// The base was removed meanwhile, or the disk refuses; then nothing is recorded.
    pub fn finish(mut self, mut meta: Meta) -> Result<Snapshot, LakeError> {
        let keys: Vec<PartitionKey> = self.open.keys().cloned().collect();
        keys.iter().try_for_each(|key| self.end(key))?;
        let mut partitions = std::mem::take(&mut self.ended);
        partitions.sort_unstable_by(|one, other| one.key.cmp(&other.key));
        for partition in &mut partitions {
            partition.listed = partition.key.is_listed(&meta.listed);
        }
        meta.gaps.extend(self.not_looked(&meta, &partitions));
        self.settle(&partitions)?;
        let manifest = Manifest { seq: self.seq, base: self.base.as_ref().map(Snapshot::seq), meta, partitions };
        self.lake.publish(manifest, self.base.as_ref())
    }

    /// Writes tombstones for the rows of the base that this run did not see. None are needed if no file of the base stays.
    fn bury(&mut self, key: &PartitionKey) -> Result<(), LakeError> {
        let Some(open) = self.open.get(key) else { return Ok(()) };
        if open.unchanged == 0 || open.base_seen == open.base_rows {
            return Ok(());
        }
        let mut gone: Vec<(String, i32)> = Vec::new();
        if let Some((base, partition)) = self.base_partition(key) {
            base.walk(partition, Columns::Index, &mut |_, _, id, copy, _| {
                if open.known.get(&key_number(id, copy)).is_none_or(|known| known.seen == 0) {
                    gone.push((id.to_owned(), copy));
                }
                Ok::<(), LakeError>(())
            })?;
        }
        gone.sort();
        let source = Arc::new(Source { kind: SourceKind::Api, file: Arc::from("") });
        for (id, copy) in gone {
            let mut row = Resource::new(key.resource_type.clone(), id, source.clone());
            row.account.clone_from(&key.account);
            row.region.clone_from(&key.region);
            if let Some(open) = self.open.get_mut(key) {
                self.waiting += open.wait(Waiting { row: Arc::new(row), copy, text: None });
            }
            self.relieve()?;
        }
        Ok(())
    }

    /// Gaps for the partitions of the base of which this run says nothing.
    fn not_looked(&self, meta: &Meta, partitions: &[Partition]) -> Vec<Gap> {
        let Some(base) = &self.base else { return Vec::new() };
        let seq = base.seq();
        let cause = Cause::new(CauseKind::NotLooked, format!("not listed in this run; snapshot {seq} has rows of it"));
        let cause = Arc::new(cause);
        let source = Arc::new(Source { kind: SourceKind::Api, file: Arc::from(format!("snapshot {seq}")) });
        let gaps: Vec<&Gap> = meta.gaps.iter().filter(|gap| gap.id.is_none() && gap.path.is_none()).collect();
        let silent = base.manifest().partitions.iter().map(|partition| &partition.key).filter(|key| {
            let is_there = partitions.binary_search_by(|partition| partition.key.cmp(key)).is_ok();
            !is_there && !key.is_listed(&meta.listed) && !gaps.iter().any(|gap| key.is_missed_by(gap))
        });
        let gaps = silent.map(|key| Gap {
            resource_type: key.resource_type.clone(),
            id: None,
            account: key.account.clone(),
            region: key.region.clone(),
            path: None,
            cause: cause.clone(),
            source: source.clone(),
        });
        gaps.collect()
    }

    /// Sees to it that what the manifest will refer to is there, and is there after a crash.
    fn settle(&self, partitions: &[Partition]) -> Result<(), LakeError> {
        let facts = self.lake.root().join(FACTS);
        sync_dir(&facts)?;
        // Partitions are in the order of their directories.
        let mut synced: Vec<PathBuf> = Vec::new();
        for file in partitions.iter().flat_map(|partition| &partition.files).filter(|file| file.new) {
            let path = self.lake.root().join(&file.path);
            let dirs = path.ancestors().skip(1).take_while(|above| **above != facts).map(std::path::Path::to_owned);
            let dirs: Vec<PathBuf> = dirs.collect();
            dirs.iter().filter(|dir| !synced.contains(dir)).try_for_each(|dir| sync_dir(dir))?;
            synced = dirs;
        }
        for file in partitions.iter().flat_map(|partition| &partition.files) {
            let path = data_path(self.lake.root(), &file.path, self.lake.root())?;
            let length = fs::metadata(&path).map_err(LakeError::io("read", &path))?.len();
            if length != file.bytes {
                return Err(LakeError::damaged(&path, &format!("it has {length} bytes instead of {}", file.bytes)));
            }
        }
        Ok(())
    }
}

impl Open {
    /// Takes a row; the number of its copy if it is to be written, `None` if the base has it.
    fn take(&mut self, row: &Resource, hash: &[u8; 32]) -> Option<i32> {
        let first = self.known.entry(key_number(&row.id, 0)).or_default();
        let copy = first.seen;
        first.seen = first.seen.saturating_add(1);
        let base = if copy == 0 {
            first.base
        } else {
            let known = self.known.entry(key_number(&row.id, copy)).or_default();
            known.seen = 1;
            known.base
        };
        self.base_seen += u64::from(base.is_some());
        let half = hash.iter().take(16).fold(0, |number: u128, byte| number << 8 | u128::from(*byte));
        if base == Some(half) {
            self.unchanged += 1;
            if let Some(time) = row.observed_at {
                self.unchanged_at = Some(self.unchanged_at.map_or(time, |known| known.min(time)));
            }
            return None;
        }
        self.written += 1;
        Some(copy)
    }

    /// Keeps a row for the next file; about how many bytes that is: facts take some three times their text.
    fn wait(&mut self, waiting: Waiting) -> usize {
        let bytes = 400 + waiting.text.as_ref().map_or(0, |text| 4 * text.text.len());
        self.waiting_bytes += bytes;
        self.waiting.push(waiting);
        bytes
    }
}

/// The columns that any of the rows sets. Some types have thousands of columns, counting those within others, and Parquet keeps buffers for
/// each while a file is written, whether or not anything is in it (docs/performance.md).
fn used(schema: &Schema, rows: &[Waiting]) -> Schema {
    let members = rows.iter().filter_map(|waiting| waiting.row.properties.as_map()).flatten();
    let set: HashSet<&str> = members.filter(|(_, value)| !value.is_null()).map(|(name, _)| &**name).collect();
    schema.iter().filter(|(name, _)| set.contains(&***name)).map(|(name, column)| (name.clone(), column.clone())).collect()
}

/// These columns of the type, all of the envelope, and this crate's own.
fn columns(resource_type: &Arc<ResourceType>, schema: &Schema, waiting: &[Waiting]) -> Result<RecordBatch, LakeError> {
    let rows = waiting.iter().map(|waiting| waiting.row.clone()).collect();
    // The kind of source changes nothing in the columns.
    let built = build_batch(resource_type, SourceKind::Api, schema, &Envelope::ALL, rows)?;
    let text = |waiting: &Waiting| waiting.text.as_ref().map_or_else(String::new, |text| hex(&text.hash));
    let own: [Arc<dyn Array>; 4] = [
        Arc::new(StringArray::from_iter_values(waiting.iter().map(text))),
        Arc::new(waiting.iter().map(|waiting| Some(waiting.text.is_none())).collect::<BooleanArray>()),
        Arc::new(waiting.iter().map(|waiting| Some(waiting.copy)).collect::<Int32Array>()),
        Arc::new(waiting.iter().map(|waiting| waiting.text.as_ref().map(|text| text.text.as_str())).collect::<StringArray>()),
    ];
    with_own_columns(&resource_type.name, &built.batch, own)
}
