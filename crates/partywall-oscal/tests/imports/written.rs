//! What is written is read back by the catalogue.

use std::sync::Arc;

use partywall_catalog::{Catalog, Framework};
use partywall_oscal::{Hint, read, to_toml};

use crate::support::{framework, frameworks, hint, published};

/// A framework as its own file has it: a selection without the lines of another, and no place.
fn own(framework: &Framework) -> Framework {
    let mut own = Framework { position: None, ..framework.clone() };
    if own.of.is_some() {
        own.groups.clear();
        own.requirements.clear();
    }
    own
}

#[test]
fn every_framework_of_the_catalogue_survives() {
    let all = frameworks();
    assert!(all.len() > 15, "{}", all.len());
    for known in all {
        let known = own(known);
        let text = to_toml(&known);
        let read: Framework = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", known.id));
        assert_eq!(format!("{read:?}"), format!("{known:?}"));
        assert_eq!(to_toml(&read), text, "the same framework gives the same bytes");
    }
}

#[test]
fn the_catalogue_reads_imported_files() {
    let (Some(catalogue), Some(profile)) = (published("nist-800-53r5-catalog.json.gz"), published("fedramp-rev5-low-profile.json.gz"))
    else {
        return;
    };
    let whole = read(&catalogue, &Hint { id: "imported-whole", ..hint("c.json.gz") }).unwrap().framework;
    let known = [&whole];
    let selection =
        read(&profile, &Hint { id: "imported-low", of: Some("imported-whole"), known: &known, ..hint("p.json.gz") }).unwrap().framework;
    let directory = tempfile::tempdir().unwrap();
    let frameworks = directory.path().join("frameworks");
    std::fs::create_dir_all(&frameworks).unwrap();
    for framework in [&whole, &selection] {
        std::fs::write(frameworks.join(format!("{}.toml", framework.id)), to_toml(framework)).unwrap();
    }
    let catalog = Catalog::load(Some(directory.path())).unwrap();
    let texts = |framework: &Framework| -> Vec<(Arc<str>, String)> {
        framework.requirements.iter().map(|line| (line.id.clone(), line.text.clone())).collect()
    };
    let read_back = catalog.framework("imported-whole").unwrap();
    assert_eq!(texts(read_back), texts(framework("nist-800-53r5")));
    assert_eq!(texts(catalog.framework("imported-low").unwrap()), texts(framework("fedramp-rev5-low")));
    assert_eq!(read_back.withdrawn, whole.withdrawn);
}
