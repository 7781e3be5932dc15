use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::manifest::Manifest;
use crate::place::{FACTS, MANIFESTS, data_path, manifest_path, manifest_seq};
use crate::wire::MAX_MANIFEST_BYTES;
use crate::{LakeError, Snapshot, SnapshotWriter, file, wire};

/// What the file `FORMAT` of a lake says.
pub const FORMAT: &str = "partywall lake 1";

/// The file that says that a directory is a lake. Writers hold a shared lock on it, cleaning an exclusive one.
const MARK: &str = "FORMAT";

/// Snapshots that may be recorded by others while one writer tries to record its own.
const RACES: usize = 10_000;

/// A directory of snapshots.
#[derive(Debug, Clone)]
pub struct Lake {
    root: PathBuf,
}

/// What cleaning took away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cleaned {
    /// Files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Lake {
    /// Opens a lake, or makes one of a directory that does not exist or is empty. A `journal` in it does no harm.
    ///
    /// # Errors
    /// The directory holds other things, or cannot be written.
    pub fn create_or_open(root: impl Into<PathBuf>) -> Result<Self, LakeError> {
        let root = root.into();
        if root.join(MARK).exists() {
            return Self::open(root);
        }
        fs::create_dir_all(&root).map_err(LakeError::io("create", &root))?;
        for entry in fs::read_dir(&root).map_err(LakeError::io("read", &root))? {
            let name = entry.map_err(LakeError::io("read", &root))?.file_name();
            // The rest of a creation that was cut short, and the journal.
            if ![FACTS, MANIFESTS, "journal"].iter().any(|own| name == *own) {
                return Err(LakeError::NoLake { path: root, why: "it holds other files" });
            }
        }
        for dir in [FACTS, MANIFESTS] {
            let dir = root.join(dir);
            fs::create_dir_all(&dir).map_err(LakeError::io("create", &dir))?;
        }
        // Another process may be making the same lake: the mark is never there half written.
        let (mark, half) = (root.join(MARK), root.join(MANIFESTS).join(format!("mark-{}.tmp", std::process::id())));
        let mut written = File::create(&half).map_err(LakeError::io("create", &half))?;
        written.write_all(format!("{FORMAT}\n").as_bytes()).map_err(LakeError::io("write", &half))?;
        written.sync_all().map_err(LakeError::io("write", &half))?;
        fs::rename(&half, &mark).map_err(LakeError::io("create", &mark))?;
        file::sync_dir(&root)?;
        Self::open(root)
    }

    /// Opens a lake that exists.
    ///
    /// # Errors
    /// The directory is no lake, or one of a newer format.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, LakeError> {
        let root = root.into();
        let mark = root.join(MARK);
        let mut text = String::new();
        match File::open(&mark).and_then(|file| file.take(200).read_to_string(&mut text)) {
            Ok(_) if text.trim_end() == FORMAT => Ok(Self { root }),
            Ok(_) if text.starts_with("partywall lake ") => {
                Err(LakeError::Newer { path: mark, format: text.lines().next().unwrap_or_default().to_owned() })
            }
            Ok(_) => Err(LakeError::NoLake { path: root, why: "its file `FORMAT` says something else" }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Err(LakeError::NoLake { path: root, why: "it has no file `FORMAT`" })
            }
            Err(error) => Err(LakeError::io("read", &mark)(error)),
        }
    }

    /// True if the directory calls itself a lake, of whatever format.
    pub fn is_lake(root: &Path) -> bool {
        root.join(MARK).is_file() && root.join(MANIFESTS).is_dir()
    }

    /// The directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Numbers of the recorded snapshots, in order.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn snapshots(&self) -> Result<Vec<u64>, LakeError> {
        let dir = self.root.join(MANIFESTS);
        let mut known = BTreeSet::new();
        for entry in fs::read_dir(&dir).map_err(LakeError::io("read", &dir))? {
            let entry = entry.map_err(LakeError::io("read", &dir))?;
            known.extend(entry.file_name().to_str().and_then(manifest_seq));
        }
        Ok(known.into_iter().collect())
    }

    /// The snapshot of that number.
    ///
    /// # Errors
    /// There is none, or its manifest is damaged.
    pub fn snapshot(&self, seq: u64) -> Result<Snapshot, LakeError> {
        let path = manifest_path(&self.root, seq);
        if !path.exists() {
            return Err(LakeError::NoSnapshot { path: self.root.clone(), seq, known: self.snapshots()? });
        }
        let (manifest, id) = wire::read(&file::read_capped(&path, MAX_MANIFEST_BYTES, "a manifest")?, &path)?;
        if manifest.seq != seq {
            return Err(LakeError::damaged(&path, &format!("it says that it is snapshot {}", manifest.seq)));
        }
        Ok(Snapshot::new(self.root.clone(), manifest, id))
    }

    /// The last recorded snapshot; `None` if nothing is recorded.
    ///
    /// # Errors
    /// Its manifest is damaged. An older one is never taken in its place.
    pub fn latest(&self) -> Result<Option<Snapshot>, LakeError> {
        self.snapshots()?.last().map(|seq| self.snapshot(*seq)).transpose()
    }

    /// Begins a snapshot that holds what changed against `base`, or all rows if there is none.
    ///
    /// # Errors
    /// The base is not there or damaged, or the lake is being cleaned.
    pub fn begin(&self, base: Option<u64>) -> Result<SnapshotWriter, LakeError> {
        let lock = self.mark()?;
        match lock.try_lock_shared() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LakeError::Busy { path: self.root.clone() }),
            // Without locks nothing can be cleaned either.
            Err(TryLockError::Error(error)) if error.kind() == std::io::ErrorKind::Unsupported => {}
            Err(TryLockError::Error(error)) => return Err(LakeError::io("lock", &self.root)(error)),
        }
        let base = base.map(|seq| self.snapshot(seq)).transpose()?;
        let seq = self.next_seq()?;
        Ok(SnapshotWriter::new(self.clone(), lock, base, seq))
    }

    fn next_seq(&self) -> Result<u64, LakeError> {
        Ok(self.snapshots()?.last().map_or(1, |last| last.saturating_add(1)))
    }

    fn mark(&self) -> Result<File, LakeError> {
        let mark = self.root.join(MARK);
        OpenOptions::new().read(true).write(true).open(&mark).map_err(LakeError::io("open", &mark))
    }

    /// Records a manifest under the next free number: it is there whole, or not at all, and never in place of another.
    pub(crate) fn publish(&self, mut manifest: Manifest, base: Option<&Snapshot>) -> Result<Snapshot, LakeError> {
        let dir = self.root.join(MANIFESTS);
        for attempt in 0..RACES {
            if let Some(base) = base
                && !self.snapshot(base.seq()).is_ok_and(|now| now.id() == base.id())
            {
                return Err(LakeError::BaseChanged { seq: base.seq() });
            }
            manifest.seq = self.next_seq()?;
            let half = dir.join(format!("manifest-{}-{}-{attempt}.tmp", manifest.seq, std::process::id()));
            // Left by a crash, or another writer of this process.
            let Some(mut file) = file::create_new(&half)? else { continue };
            let id = wire::write(&manifest, &mut file, &half).inspect_err(|_| drop(fs::remove_file(&half)))?;
            let path = manifest_path(&self.root, manifest.seq);
            let linked = fs::hard_link(&half, &path);
            let _ = fs::remove_file(&half);
            match linked {
                Ok(()) => {
                    file::sync_dir(&dir)?;
                    return Ok(Snapshot::new(self.root.clone(), manifest, id));
                }
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(LakeError::io("create", &path)(error)),
            }
        }
        Err(LakeError::Busy { path: self.root.clone() })
    }

    /// Removes the files that no recorded snapshot refers to: what writers left that crashed.
    ///
    /// # Errors
    /// A writer is at work, or a manifest is damaged: then nothing is removed.
    pub fn clean(&self) -> Result<Cleaned, LakeError> {
        let lock = self.mark()?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LakeError::Busy { path: self.root.clone() }),
            Err(TryLockError::Error(error)) => return Err(LakeError::io("lock", &self.root)(error)),
        }
        let mut kept = BTreeSet::new();
        for seq in self.snapshots()? {
            let manifest = manifest_path(&self.root, seq);
            for file in self.snapshot(seq)?.manifest().partitions.iter().flat_map(|partition| &partition.files) {
                kept.insert(data_path(&self.root, &file.path, &manifest)?);
            }
        }
        let mut cleaned = Cleaned::default();
        remove_below(&self.root.join(FACTS), 4, &mut cleaned, &|path| {
            path.extension().is_some_and(|end| end == "parquet") && !kept.contains(path)
        })?;
        remove_below(&self.root.join(MANIFESTS), 1, &mut cleaned, &|path| path.extension().is_some_and(|end| end == "tmp"))?;
        Ok(cleaned)
    }
}

/// Removes files below a directory, and directories that are empty then; links are not followed.
fn remove_below(dir: &Path, depth: usize, cleaned: &mut Cleaned, unwanted: &dyn Fn(&Path) -> bool) -> Result<(), LakeError> {
    for entry in fs::read_dir(dir).map_err(LakeError::io("read", dir))? {
        let entry = entry.map_err(LakeError::io("read", dir))?;
        let path = entry.path();
        let kind = entry.file_type().map_err(LakeError::io("read", &path))?;
        if kind.is_dir() && depth > 1 {
            remove_below(&path, depth - 1, cleaned, unwanted)?;
            // Refused if anything is in it.
            let _ = fs::remove_dir(&path);
        } else if kind.is_file() && unwanted(&path) {
            let length = entry.metadata().map_err(LakeError::io("read", &path))?.len();
            fs::remove_file(&path).map_err(LakeError::io("remove", &path))?;
            cleaned.files += 1;
            cleaned.bytes += length;
        }
    }
    Ok(())
}
