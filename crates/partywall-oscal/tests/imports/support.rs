use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use flate2::read::GzDecoder;
use partywall_catalog::{Catalog, Framework};
use partywall_oscal::{Hint, Imported, OscalError, read};

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::load(None).unwrap());

/// The built-in framework of that id.
pub(crate) fn framework(id: &str) -> &'static Arc<Framework> {
    CATALOG.framework(id).unwrap()
}

pub(crate) fn frameworks() -> Vec<&'static Framework> {
    CATALOG.frameworks.values().map(AsRef::as_ref).collect()
}

/// The bytes of a file in `data/frameworks` beside the repository, which a clone need not have.
pub(crate) fn published(name: &str) -> Option<Vec<u8>> {
    let shared = std::env::var_os("PARTYWALL_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let path = shared.join("data/frameworks").join(name);
    let bytes = std::fs::read(&path).ok();
    if bytes.is_none() {
        // Past the capture of test output: a comparison that did not take place must be seen.
        let line = format!("skipped: there is no {}; set PARTYWALL_SHARED\n", path.display());
        drop(std::io::stderr().write_all(line.as_bytes()));
    }
    bytes
}

pub(crate) fn unpacked(bytes: &[u8]) -> Vec<u8> {
    let mut unpacked = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut unpacked).unwrap();
    unpacked
}

pub(crate) fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn hint(name: &str) -> Hint<'_> {
    Hint { name, id: "", as_of: "2026-11-22".parse().unwrap(), of: None, known: &[] }
}

pub(crate) fn import(bytes: &[u8], name: &str) -> Result<Imported, OscalError> {
    read(bytes, &hint(name))
}

/// The error of a file that must not be read.
pub(crate) fn refusal(bytes: &[u8], name: &str) -> String {
    import(bytes, name).map_or_else(|error| error.to_string(), |imported| panic!("{name} was read: {:?}", imported.framework))
}

pub(crate) fn ids(framework: &Framework) -> Vec<&str> {
    framework.requirements.iter().map(|requirement| &*requirement.id).collect()
}
