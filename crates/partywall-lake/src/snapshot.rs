use std::path::PathBuf;
use std::sync::Arc;

use foldhash::{HashSet, HashSetExt as _};
use partywall_model::Resource;

use crate::LakeError;
use crate::file::{CHUNK_ROWS, Columns, Scan, key_number};
use crate::manifest::{DataFile, Manifest, Meta, Partition};
use crate::place::manifest_path;
use crate::row::RowReader;

/// A recorded snapshot.
#[derive(Debug, Clone)]
pub struct Snapshot {
    root: PathBuf,
    manifest: Manifest,
    id: String,
}

/// A type of a snapshot, before its rows are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeHeader {
    /// The type.
    pub resource_type: Arc<str>,
    /// Its rows in all accounts and Regions.
    pub rows: u64,
}

/// What of a partition lives: walks its files from the newest to the oldest and leaves out what a newer one replaced.
struct Living {
    newer: HashSet<u128>,
}

impl Living {
    /// Whether this line is the last word on its key. `remember` is false in the oldest file.
    fn decides(&mut self, id: &str, copy: i32, remember: bool) -> bool {
        if !remember && self.newer.is_empty() {
            return true;
        }
        let key = key_number(id, copy);
        if remember { self.newer.insert(key) } else { !self.newer.contains(&key) }
    }
}

impl Snapshot {
    pub(crate) fn new(root: PathBuf, manifest: Manifest, id: String) -> Self {
        Self { root, manifest, id }
    }

    /// Its number in the lake.
    pub fn seq(&self) -> u64 {
        self.manifest.seq
    }

    /// SHA-256 of the manifest's text, in hexadecimal. It covers, through the hashes of the files, every row.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// All that is recorded of it.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// What was said of the run.
    pub fn meta(&self) -> &Meta {
        &self.manifest.meta
    }

    /// The types with rows, by name.
    pub fn types(&self) -> Vec<TypeHeader> {
        let mut types: Vec<TypeHeader> = Vec::new();
        for partition in &self.manifest.partitions {
            match types.last_mut().filter(|last| last.resource_type == partition.key.resource_type) {
                Some(last) => last.rows = last.rows.saturating_add(partition.rows),
                None => types.push(TypeHeader { resource_type: partition.key.resource_type.clone(), rows: partition.rows }),
            }
        }
        types
    }

    /// Reads the rows of the wanted types, type by type, some hundred at once, which may be of several kinds of source.
    ///
    /// The order is the same each time: by type, account and Region, then the newest file first.
    ///
    /// # Errors
    /// A file is missing or damaged, or holds other rows than the manifest says: then the rows handed on before are not the
    /// whole, and nothing may be concluded from them. Errors of `emit` are passed on.
    pub fn read<E: From<LakeError>>(
        &self,
        mut wanted: impl FnMut(&TypeHeader) -> bool,
        mut emit: impl FnMut(&TypeHeader, Vec<Resource>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut rows = RowReader::new();
        for header in self.types() {
            if !wanted(&header) {
                continue;
            }
            for partition in self.manifest.partitions.iter().filter(|partition| partition.key.resource_type == header.resource_type) {
                self.read_partition(partition, &mut rows, &mut |chunk| emit(&header, chunk))?;
            }
        }
        Ok(())
    }

    fn read_partition<E: From<LakeError>>(
        &self,
        partition: &Partition,
        reader: &mut RowReader,
        emit: &mut impl FnMut(Vec<Resource>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut read = 0_u64;
        let mut chunk = Vec::new();
        self.walk(partition, Columns::Rows, &mut |scan, file, _, _, text| {
            let mut row = reader.read(text).map_err(|error| LakeError::damaged(scan.path(), &error))?;
            let key = &partition.key;
            if row.resource_type != key.resource_type || row.account != key.account || row.region != key.region {
                return Err(LakeError::damaged(scan.path(), &format!("`{}` belongs to another partition", row.id)).into());
            }
            if !file.new
                && let (Some(own), Some(seen)) = (row.observed_at, partition.observed_at)
            {
                row.observed_at = Some(own.max(seen));
            }
            read += 1;
            chunk.push(row);
            if chunk.len() == CHUNK_ROWS { emit(std::mem::take(&mut chunk)) } else { Ok(()) }
        })?;
        if read != partition.rows {
            let path = manifest_path(&self.root, self.manifest.seq);
            let key = &partition.key;
            let place = [&key.account, &key.region].map(|part| part.as_deref().unwrap_or("-").to_owned()).join(" ");
            let what = format!("{} in {place} has {read} rows instead of {}", key.resource_type, partition.rows);
            return Err(LakeError::damaged(&path, &what).into());
        }
        if chunk.is_empty() { Ok(()) } else { emit(chunk) }
    }

    /// Hands on the key and text of every row of a partition that lives.
    pub(crate) fn walk<E: From<LakeError>>(
        &self,
        partition: &Partition,
        columns: Columns,
        each: &mut impl FnMut(&Scan, &DataFile, &str, i32, &str) -> Result<(), E>,
    ) -> Result<(), E> {
        let manifest = manifest_path(&self.root, self.manifest.seq);
        let oldest = partition.files.first().map(|file| file.seq);
        let mut living = Living { newer: HashSet::new() };
        for file in partition.files.iter().rev() {
            // Files of one run have no key in common.
            let remember = Some(file.seq) != oldest;
            let mut scan = Scan::open(&self.root, &manifest, file, columns)?;
            while let Some(rows) = scan.next()? {
                for line in rows.lines() {
                    if living.decides(line.id, line.copy, remember)
                        && let Some(text) = line.text
                    {
                        each(&scan, file, line.id, line.copy, text)?;
                    }
                }
            }
        }
        Ok(())
    }
}
