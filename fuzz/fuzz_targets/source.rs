//! One file of any kind through the whole reading: detection, shaping, folding, defaults, derived facts, batches.
//!
//! The first line is the file's path, because the CLI's answers are told apart by it; the rest is what the file holds.
#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use partywall_catalog::Catalog;
use partywall_collect::{Need, Options, collect};

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::load(None).expect("the catalogue is sound"));
static HOME: LazyLock<PathBuf> = LazyLock::new(|| std::env::temp_dir().join(format!("partywall-fuzz-{}", std::process::id())));

fuzz_target!(|input: &[u8]| {
    let end = input.iter().position(|byte| *byte == b'\n').unwrap_or(0);
    let (head, content) = input.split_at(end);
    let plain = |name: &&str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let mut file = HOME.clone();
    let head = String::from_utf8_lossy(head.get(..200).unwrap_or(head));
    let (path, extension) = head.rsplit_once('.').unwrap_or((&head, "json"));
    file.extend(path.split('/').filter(plain).take(6));
    file.push("input");
    if let Some(name) = path.rsplit('/').next().filter(plain) {
        file.set_file_name(name);
    }
    file.set_extension(if ["json", "yaml", "gz", "csv"].contains(&extension) { extension } else { "json" });
    std::fs::create_dir_all(file.parent().expect("a directory")).expect("a writable directory");
    std::fs::write(&file, content.get(1..).unwrap_or_default()).expect("a writable directory");
    let need = |_: &_| Need::default();
    let read = collect(&CATALOG, &[HOME.clone()], &Options::default(), &need, &mut |_| Ok(()));
    assert!(read.is_ok(), "one file must not end the reading: {read:?}");
    std::fs::remove_dir_all(&*HOME).expect("a writable directory");
});
