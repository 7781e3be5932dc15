//! The content of input files, and what identifies it.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context as _, bail};
use sha2::{Digest as _, Sha256};

/// The text of a file of at most that many bytes; `-` is standard input.
///
/// # Errors
/// It cannot be read, is no text, or is larger.
pub(super) fn read(path: &Path, most: u64) -> anyhow::Result<String> {
    Inputs::default().read(path, most)
}

/// Files that were read, each with the SHA-256 of the bytes that were used.
#[derive(Debug, Default)]
pub(super) struct Inputs(Vec<(String, String)>);

impl Inputs {
    /// As [`read`], and keeps the hash.
    ///
    /// # Errors
    /// As [`read`].
    pub(super) fn read(&mut self, path: &Path, most: u64) -> anyhow::Result<String> {
        let bytes = self.read_bytes(path, most)?;
        String::from_utf8(bytes).with_context(|| format!("`{}` cannot be read as text", path.display()))
    }

    /// The same of a file that need not be text.
    ///
    /// # Errors
    /// It cannot be read, or is larger.
    pub(super) fn read_bytes(&mut self, path: &Path, most: u64) -> anyhow::Result<Vec<u8>> {
        let shown = path.display();
        let mut bytes = Vec::new();
        let limited = |reader: &mut dyn Read, bytes: &mut Vec<u8>| reader.take(most.saturating_add(1)).read_to_end(bytes).map(drop);
        if path.as_os_str() == "-" {
            limited(&mut std::io::stdin().lock(), &mut bytes).context("standard input cannot be read")?;
        } else {
            let mut file = File::open(path).with_context(|| format!("`{shown}` cannot be read"))?;
            limited(&mut file, &mut bytes).with_context(|| format!("`{shown}` cannot be read"))?;
        }
        if bytes.len() as u64 > most {
            bail!("`{shown}` has more than the {most} bytes that are read of such a file; `--help` tells its form");
        }
        let mut hash = String::with_capacity(64);
        for byte in &Sha256::digest(&bytes) {
            hash.push_str(&format!("{byte:02x}"));
        }
        self.0.push((shown.to_string(), hash));
        Ok(bytes)
    }

    /// Adds what was read otherwise.
    pub(super) fn note(&mut self, name: String, hash: String) {
        self.0.push((name, hash));
    }

    /// File and hash in the order of reading; lower case hexadecimal.
    pub(super) fn iter(&self) -> impl Iterator<Item = &(String, String)> {
        self.0.iter()
    }
}
