//! The text of input files, and what identifies it.

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
        let shown = path.display();
        let mut text = String::new();
        let limited = |reader: &mut dyn Read, text: &mut String| reader.take(most.saturating_add(1)).read_to_string(text).map(drop);
        if path.as_os_str() == "-" {
            limited(&mut std::io::stdin().lock(), &mut text).context("standard input cannot be read as text")?;
        } else {
            let mut file = File::open(path).with_context(|| format!("`{shown}` cannot be read"))?;
            limited(&mut file, &mut text).with_context(|| format!("`{shown}` cannot be read as text"))?;
        }
        if text.len() as u64 > most {
            bail!("`{shown}` has more than the {most} bytes that are read of such a file; `--help` tells its form");
        }
        let mut hash = String::with_capacity(64);
        for byte in &Sha256::digest(text.as_bytes()) {
            hash.push_str(&format!("{byte:02x}"));
        }
        self.0.push((shown.to_string(), hash));
        Ok(text)
    }

    /// File and hash in the order of reading; lower case hexadecimal.
    pub(super) fn iter(&self) -> impl Iterator<Item = &(String, String)> {
        self.0.iter()
    }
}
