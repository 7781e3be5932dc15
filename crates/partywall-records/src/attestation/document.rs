//! The document itself, where it lies beside its record: only its hash is looked at.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use partywall_model::plain;
use sha2::{Digest as _, Sha256};

use super::Attestation;

/// The largest document that is read to compare its hash, in bytes: reports are some megabytes.
const MAX_DOCUMENT: u64 = 1 << 30;

impl Attestation {
    /// What is wrong with the document beside the record: `None` if it is not kept there or has the hash that was recorded.
    pub fn file_trouble(&self) -> Option<String> {
        let path = self.file.as_ref()?;
        let shown = path.display().to_string();
        let shown = plain(&shown);
        match std::fs::symlink_metadata(path) {
            Err(error) => Some(format!("`{shown}` cannot be read: {error}")),
            Ok(found) if !found.is_file() => Some(format!("`{shown}` is no plain file; put the document itself there")),
            Ok(found) if found.len() > MAX_DOCUMENT => {
                Some(format!("`{shown}` is larger than {MAX_DOCUMENT} bytes and was not compared; keep it elsewhere"))
            }
            // It may grow while it is read: what is beyond the limit is another hash.
            Ok(_) => match File::open(path).and_then(|file| hash_of(file.take(MAX_DOCUMENT))) {
                Ok(hash) if hash == self.sha256 => None,
                Ok(hash) => Some(format!("`{shown}` has the sha256 {hash}, not the recorded one; it was changed or replaced")),
                Err(error) => Some(format!("`{shown}` cannot be read: {error}")),
            },
        }
    }
}

/// The SHA-256 of a file, lower case hexadecimal.
///
/// # Errors
/// The file cannot be read.
pub fn sha256_of(path: &Path) -> std::io::Result<String> {
    hash_of(File::open(path)?)
}

fn hash_of(mut file: impl Read) -> std::io::Result<String> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hash.update(buffer.get(..read).unwrap_or_default());
    }
    let mut text = String::with_capacity(64);
    for byte in &hash.finalize() {
        text.push_str(&format!("{byte:02x}"));
    }
    Ok(text)
}
