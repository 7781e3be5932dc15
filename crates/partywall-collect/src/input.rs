use std::collections::HashSet;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};

use crate::CollectError;

/// What one input file may hold, packed or unpacked. A Config snapshot of half a million items is below it.
const MAX_BYTES: u64 = 1 << 30;

/// What a packed input may hold whatever its size, and how much larger than the packed file it may be beyond that. Snapshots and logs
/// shrink to a tenth or a fiftieth; gzip's limit is about a thousandth, which only a file made to fill a memory comes near.
const MAX_UNPACKED_ANYWAY: u64 = 64 << 20;
const MAX_RATIO: u64 = 250;

/// All files below the given paths in a fixed order, each once, and a line for each directory below them that may not be read. Hidden files and
/// directories are passed over.
pub(crate) fn files(paths: &[PathBuf]) -> Result<(Vec<PathBuf>, Vec<String>), CollectError> {
    let mut found = Vec::new();
    let mut errors = Vec::new();
    for path in paths {
        let failed = |error| CollectError::Open { path: path.display().to_string(), error };
        if std::fs::metadata(path).map_err(failed)?.is_dir() {
            walk(path, &mut found, &mut errors);
        } else {
            found.push(path.clone());
        }
    }
    let mut seen = HashSet::new();
    found.retain(|path| seen.insert(std::fs::canonicalize(path).unwrap_or_else(|_| path.clone())));
    Ok((found, errors))
}

/// A path as it is named in results: the same whether the user wrote `t.yaml`, `./t.yaml` or the whole path of it, because the ids of
/// what a template declares rest on it.
pub(crate) fn shown(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    let path = here.and_then(|here| path.strip_prefix(here).ok()).unwrap_or(path);
    let plain: PathBuf = path.components().filter(|part| !matches!(part, std::path::Component::CurDir)).collect();
    plain.display().to_string()
}

/// The directory in which people keep what they decided, beside the facts: it holds no source.
pub const RECORDS: &str = "records";

fn walk(directory: &Path, found: &mut Vec<PathBuf>, errors: &mut Vec<String>) {
    let entries = std::fs::read_dir(directory).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let mut entries = match entries {
        Ok(entries) => entries,
        Err(error) => return errors.push(format!("{}: {error}; what is in it is not read", shown(directory))),
    };
    entries.sort_by_key(std::fs::DirEntry::path);
    for entry in entries {
        let path = entry.path();
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        // Links are not followed: an archive could point them anywhere.
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && entry.file_name() == RECORDS => {}
            Ok(kind) if kind.is_dir() => walk(&path, found, errors),
            Ok(kind) if kind.is_file() => found.push(path),
            Ok(_) => {}
            Err(error) => errors.push(format!("{}: {error}", shown(&path))),
        }
    }
}

/// The identity of an input: SHA-256 over the sorted SHA-256 digests of its files as they lie on disk, so that neither names nor
/// order nor where the files are change it. Notes beside the sources are part of it, records are not.
///
/// # Errors
/// A path does not exist. Files that cannot be read are no part of what was judged, nor of this.
pub fn fingerprint(paths: &[PathBuf]) -> Result<String, CollectError> {
    let mut digests = Vec::new();
    for path in files(paths)?.0 {
        digests.extend(digest(&path));
    }
    digests.sort_unstable();
    let mut hash = Sha256::new();
    for digest in &digests {
        hash.update(digest);
    }
    let mut text = String::from("sha256:");
    for byte in hash.finalize() {
        text.push_str(&format!("{byte:02x}"));
    }
    Ok(text)
}

fn digest(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hash.finalize().to_vec()),
            length => hash.update(buffer.get(..length).unwrap_or_default()),
        }
    }
}

/// Reads a file, unpacking gzip, never more than the limit.
///
/// # Errors
/// One line: unreadable, damaged, or too large.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let size = file.metadata().map_or(0, |metadata| metadata.len());
    if size > MAX_BYTES {
        return Err(format!("{size} bytes are more than one input may have ({} MiB); split the file", MAX_BYTES >> 20));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    file.take(MAX_BYTES).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes);
    }
    let limit = MAX_BYTES.min(MAX_UNPACKED_ANYWAY.max(MAX_RATIO * bytes.len() as u64));
    let mut unpacked = Vec::with_capacity(bytes.len().saturating_mul(8).min(64 << 20));
    MultiGzDecoder::new(bytes.as_slice()).take(limit + 1).read_to_end(&mut unpacked).map_err(|error| format!("damaged gzip: {error}"))?;
    if unpacked.len() as u64 > limit {
        return Err(if limit == MAX_BYTES {
            format!("unpacks to more than one input may have ({} MiB); split the file", MAX_BYTES >> 20)
        } else {
            format!("unpacks to more than {MAX_RATIO} times its size; refused as a decompression bomb")
        });
    }
    Ok(unpacked)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn packed(bytes: usize) -> PathBuf {
        let path = std::env::temp_dir().join(format!("partywall-input-{}-{bytes}.gz", std::process::id()));
        let mut encoder = flate2::write::GzEncoder::new(File::create(&path).unwrap(), flate2::Compression::best());
        let block = vec![b' '; 1 << 20];
        for _ in 0..bytes >> 20 {
            encoder.write_all(&block).unwrap();
        }
        encoder.finish().unwrap();
        path
    }

    #[test]
    fn a_bomb_is_refused_and_a_small_file_that_packs_well_is_not() {
        let (small, bomb) = (packed(8 << 20), packed(80 << 20));
        assert_eq!(read(&small).unwrap().len(), 8 << 20);
        assert!(read(&bomb).unwrap_err().contains("bomb"));
        std::fs::remove_file(small).unwrap();
        std::fs::remove_file(bomb).unwrap();
    }
}
