//! Bytes to text, never more than the limits.

use std::io::Read as _;
use std::sync::Arc;

use flate2::read::MultiGzDecoder;
use partywall_catalog::Position;

use crate::OscalError;

/// NIST's largest catalogue has 10 MB.
pub(crate) const MAX_BYTES: u64 = 64 << 20;
/// Objects or elements of one file; NIST's largest catalogue has about 110,000.
pub(crate) const MAX_NODES: usize = 500_000;
/// Members and items of one file.
const MAX_ITEMS: usize = 4_000_000;
/// How deep objects and elements may stand in each other; controls with their parts reach about 20.
pub(crate) const MAX_DEPTH: usize = 100;

/// The text of a file, unpacked if it is gzip.
///
/// # Errors
/// Too large, damaged gzip, no UTF-8.
pub(crate) fn text(bytes: &[u8], file: &str) -> Result<String, OscalError> {
    let too_large = || OscalError::TooLarge { file: file.to_owned(), limit: MAX_BYTES >> 20 };
    if bytes.len() as u64 > MAX_BYTES {
        return Err(too_large());
    }
    let mut unpacked = Vec::new();
    let bytes = if bytes.starts_with(&[0x1f, 0x8b]) {
        let read = MultiGzDecoder::new(bytes).take(MAX_BYTES + 1).read_to_end(&mut unpacked);
        read.map_err(|source| OscalError::Gzip { file: file.to_owned(), source })?;
        if unpacked.len() as u64 > MAX_BYTES {
            return Err(too_large());
        }
        unpacked.as_slice()
    } else {
        bytes
    };
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| OscalError::NotUtf8 { file: file.to_owned() })
}

/// Refuses JSON that would become far more memory than it has bytes: `[{},{},…]`.
///
/// # Errors
/// More objects or items than a catalogue has.
pub(crate) fn check_size(text: &str, file: &str) -> Result<(), OscalError> {
    let (mut objects, mut items) = (0, 0);
    for byte in text.bytes() {
        match byte {
            b'{' => objects += 1,
            b',' => items += 1,
            _ => {}
        }
    }
    if objects > MAX_NODES || items > MAX_ITEMS {
        return Err(OscalError::Refused { position: start(file), message: too_many() });
    }
    Ok(())
}

pub(crate) fn too_many() -> String {
    format!("more than {MAX_NODES} objects; give one catalogue, profile or pack per file")
}

pub(crate) fn too_deep() -> String {
    format!("nested deeper than {MAX_DEPTH} levels; give the catalogue as its publisher wrote it")
}

/// The first character of a file.
pub(crate) fn start(file: &str) -> Position {
    Position { file: Arc::from(file), line: 1, column: 1 }
}
