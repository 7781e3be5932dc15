use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use crate::CollectError;

/// What one input file may hold, packed or unpacked. A Config snapshot of half a million items is below it.
const MAX_BYTES: u64 = 1 << 30;

/// All files below the given paths in a fixed order. Hidden files and directories are passed over.
pub(crate) fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, CollectError> {
    let mut found = Vec::new();
    for path in paths {
        let failed = |source| CollectError::Open { path: path.display().to_string(), source };
        if std::fs::metadata(path).map_err(failed)?.is_dir() {
            walk(path, &mut found).map_err(failed)?;
        } else {
            found.push(path.clone());
        }
    }
    Ok(found)
}

fn walk(directory: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let mut entries = std::fs::read_dir(directory)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(std::fs::DirEntry::path);
    for entry in entries {
        let path = entry.path();
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        // Links are not followed: an archive could point them anywhere.
        let kind = entry.file_type()?;
        if kind.is_dir() {
            walk(&path, found)?;
        } else if kind.is_file() {
            found.push(path);
        }
    }
    Ok(())
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
    let mut unpacked = Vec::with_capacity(bytes.len().saturating_mul(8).min(64 << 20));
    MultiGzDecoder::new(bytes.as_slice())
        .take(MAX_BYTES + 1)
        .read_to_end(&mut unpacked)
        .map_err(|error| format!("damaged gzip: {error}"))?;
    if unpacked.len() as u64 > MAX_BYTES {
        return Err(format!("unpacks to more than one input may have ({} MiB); split the file", MAX_BYTES >> 20));
    }
    Ok(unpacked)
}
