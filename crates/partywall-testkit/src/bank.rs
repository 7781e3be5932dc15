//! The synthetic Harbour Bank: account 111122223333 (core banking) as AWS Config recorded it, account 444455556666 (digital channels) as AWS
//! CLI dumps. What is wrong in it is listed in the example's README.

mod core;
mod digital;
mod dump;
mod edge;
mod identity;
mod objects;
mod platform;

use std::io;
use std::path::Path;

use crate::Prng;
use crate::item::{Item, Place};
use crate::snapshot::SnapshotWriter;

/// Core banking.
const CORE: &str = "111122223333";
/// Digital channels.
const DIGITAL: &str = "444455556666";

/// Writes `config/` and `cli/` below a directory; what else is there stays. Gives the number of Config items.
///
/// # Errors
/// A directory or file cannot be written.
pub fn write(directory: &Path) -> io::Result<u64> {
    let mut prng = Prng::new(20_261_120);
    let mut written = 0;
    for (region, items) in
        [("eu-central-1", core::items as fn(Place, &mut Prng) -> Vec<Item>), ("eu-west-1", edge::recovery), ("us-east-1", edge::global)]
    {
        let place = Place { account: CORE, region };
        let name = format!("{CORE}_Config_{region}_ConfigSnapshot_20261120T060000Z_{}.json.gz", prng.uuid());
        let path = directory.join("config").join(CORE).join(region).join(name);
        let mut writer = SnapshotWriter::create(&path, &mut prng)?;
        for item in items(place, &mut prng) {
            writer.write(item, place, &mut prng)?;
        }
        written += writer.finish()?;
    }
    let dump = dump::Dump::new(&directory.join("cli").join(DIGITAL));
    identity::write(&dump, &mut prng)?;
    objects::write(&dump)?;
    digital::write(&dump, &mut prng)?;
    platform::write(&dump, &mut prng)?;
    Ok(written)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::PathBuf;

    use super::*;

    fn files(directory: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>, root: &Path) {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files(&path, found, root);
            } else {
                found.insert(path.strip_prefix(root).unwrap().to_owned(), std::fs::read(&path).unwrap());
            }
        }
    }

    #[test]
    fn two_runs_write_the_same_bytes() {
        let mut runs = Vec::new();
        for run in 0..2 {
            let root = std::env::temp_dir().join(format!("partywall-bank-{}-{run}", std::process::id()));
            let items = write(&root).unwrap();
            assert!((150..400).contains(&items), "{items} items");
            let mut found = BTreeMap::new();
            files(&root, &mut found, &root);
            std::fs::remove_dir_all(&root).unwrap();
            runs.push(found);
        }
        assert!(runs[0] == runs[1]);
    }
}
