//! A writer that hashes what goes through it.

use std::io::{self, Write};

use sha2::{Digest as _, Sha256};

/// Writes on, and hashes what was written.
pub(crate) struct Hashed<W> {
    to: W,
    hash: Sha256,
}

impl<W> Hashed<W> {
    pub(crate) fn new(to: W) -> Self {
        Self { to, hash: Sha256::new() }
    }

    /// Where it writes to; what is written there directly is not hashed.
    pub(crate) fn unhashed(&mut self) -> &mut W {
        &mut self.to
    }

    /// Where it wrote to, and the SHA-256.
    pub(crate) fn finish(self) -> (W, [u8; 32]) {
        (self.to, self.hash.finalize().into())
    }
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        let (done, _) = bytes.split_at_checked(written).unwrap_or((bytes, &[]));
        self.hash.update(done);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
