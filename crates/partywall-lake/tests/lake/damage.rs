//! A lake that is not what was written says so, by the name of the file.

use std::path::{Path, PathBuf};

use partywall_lake::{Lake, LakeError, Snapshot};

use crate::support::{files, lake, listed, record, row, rows};

const A: &str = "AWS::Any::Thing";

fn data_file(lake: &Lake, snapshot: &Snapshot) -> PathBuf {
    lake.root().join(&snapshot.manifest().partitions[0].files[0].path)
}

fn blames(error: &LakeError, path: &Path) {
    let LakeError::Damaged { path: blamed, .. } = error else { panic!("{error}") };
    assert_eq!(blamed, path);
    assert!(error.to_string().contains("restore it"), "{error}");
}

#[test]
fn a_data_file_that_changed_is_never_read() {
    let (_dir, lake) = lake();
    let snapshot = record(&lake, &[row(A, "a", 1, 0), row(A, "b", 1, 0)], listed(&[A]));
    let path = data_file(&lake, &snapshot);
    let good = std::fs::read(&path).unwrap();
    for at in [0, good.len() / 3, good.len() / 2, good.len() - 9, good.len() - 1] {
        let mut flipped = good.clone();
        flipped[at] ^= 1;
        std::fs::write(&path, &flipped).unwrap();
        blames(&rows(&snapshot).unwrap_err(), &path);
    }
    for length in [0, 4, good.len() / 2, good.len() - 1] {
        std::fs::write(&path, &good[..length]).unwrap();
        blames(&rows(&snapshot).unwrap_err(), &path);
    }
    std::fs::write(&path, &good).unwrap();
    assert_eq!(rows(&snapshot).unwrap().len(), 2);
    std::fs::remove_file(&path).unwrap();
    let missing = rows(&snapshot).unwrap_err();
    assert!(matches!(&missing, LakeError::Io { path: blamed, .. } if *blamed == path), "{missing}");
}

#[test]
fn a_damaged_base_stops_the_writer() {
    let (_dir, lake) = lake();
    let snapshot = record(&lake, &[row(A, "a", 1, 0)], listed(&[A]));
    let path = data_file(&lake, &snapshot);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[20] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let mut writer = lake.begin(Some(1)).unwrap();
    let thing = crate::support::thing(A);
    blames(&writer.write(&thing, &[std::sync::Arc::new(row(A, "a", 1, 1))]).unwrap_err(), &path);
}

#[test]
fn a_garbled_manifest_is_refused_and_nothing_takes_its_place() {
    let (_dir, lake) = lake();
    record(&lake, &[row(A, "a", 1, 0)], listed(&[A]));
    record(&lake, &[row(A, "a", 2, 1)], listed(&[A]));
    let path = lake.root().join("manifests/manifest-00000002.json");
    let good = std::fs::read_to_string(&path).unwrap();
    let garbled = [
        String::new(),
        "null".to_owned(),
        good.chars().take(good.len() / 2).collect(),
        good.replacen("\"rows\":1", "\"rows\":2", 1),
        good.replacen("\"account\":\"1", "\"account\":\"2", 1),
        "[".repeat(100_000),
    ];
    for text in garbled {
        assert_ne!(text, good);
        std::fs::write(&path, &text).unwrap();
        blames(&lake.latest().unwrap_err(), &path);
        blames(&lake.clean().unwrap_err(), &path);
    }
    std::fs::write(&path, good.replacen("{\"format\":1", "{\"format\":2", 1)).unwrap();
    assert!(matches!(lake.latest(), Err(LakeError::Newer { .. })));
    std::fs::copy(lake.root().join("manifests/manifest-00000001.json"), &path).unwrap();
    blames(&lake.latest().unwrap_err(), &path);
    assert_eq!(files(&lake.root().join("facts")).len(), 2, "cleaning removed nothing");
}

/// Writes a manifest whose hash is right, as somebody could who wants to mislead.
fn forge(lake: &Lake, change: impl Fn(String) -> String) {
    use sha2::{Digest as _, Sha256};
    use std::fmt::Write as _;

    let path = lake.root().join("manifests/manifest-00000001.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let (_, inner) = text.trim_end().split_once("\"manifest\":").unwrap();
    let inner = change(inner.strip_suffix("}").unwrap().to_owned());
    let hash = Sha256::digest(inner.as_bytes()).iter().fold(String::new(), |mut hash, byte| {
        write!(hash, "{byte:02x}").unwrap();
        hash
    });
    std::fs::write(&path, format!("{{\"format\":1,\"sha256\":\"{hash}\",\"manifest\":{inner}}}\n")).unwrap();
}

#[test]
fn a_forged_manifest_leads_nowhere() {
    let forged = |change: fn(String) -> String| {
        let (_dir, lake) = lake();
        record(&lake, &[row(A, "a", 1, 0), row(A, "b", 1, 0)], listed(&[A]));
        forge(&lake, change);
        lake.latest().map(|snapshot| rows(&snapshot.unwrap()))
    };
    assert_eq!(forged(|text| text).unwrap().unwrap().len(), 2, "forging works at all");
    let error = |change| forged(change).unwrap().unwrap_err().to_string();
    assert!(error(|text| text.replacen("facts/AWS", "facts/../AWS", 1)).contains("no path of a lake"));
    assert!(error(|text| text.replacen("facts/AWS", "/etc/AWS", 1)).contains("no path of a lake"));
    assert!(error(|text| text.replace("\"rows\":2,\"deleted\":0", "\"rows\":3,\"deleted\":0")).contains("2 rows instead of 3"));
    assert!(error(|text| text.replace("\"rows\":2,\"files\"", "\"rows\":3,\"files\"")).contains("has 2 rows instead of 3"));
    assert!(
        error(|text| text.replace("\"region\":\"eu-central-1\",\"listed\"", "\"region\":\"us-east-1\",\"listed\""))
            .contains("another partition")
    );
    for change in
        [|text: String| text.replacen("\"tool\"", "\"toll\"", 1), |text: String| text.replacen("\"started\":\"", "\"started\":\"x", 1)]
    {
        assert!(matches!(forged(change), Err(LakeError::Damaged { .. })));
    }
}

#[test]
fn only_lakes_are_opened() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(Lake::open(dir.path()), Err(LakeError::NoLake { .. })));
    assert!(!Lake::is_lake(dir.path()));
    std::fs::write(dir.path().join("notes.txt"), "mine").unwrap();
    assert!(matches!(Lake::create_or_open(dir.path()), Err(LakeError::NoLake { .. })));
    assert_eq!(files(dir.path()).len(), 1, "nothing was put into somebody else's directory");

    let (_dir, lake) = lake();
    assert!(Lake::is_lake(lake.root()));
    std::fs::create_dir(lake.root().join("journal")).unwrap();
    assert!(Lake::create_or_open(lake.root()).is_ok());
    assert!(matches!(lake.snapshot(7), Err(LakeError::NoSnapshot { seq: 7, .. })));
    assert!(matches!(lake.begin(Some(7)), Err(LakeError::NoSnapshot { seq: 7, .. })));
    std::fs::write(lake.root().join("FORMAT"), "partywall lake 2\n").unwrap();
    assert!(matches!(Lake::open(lake.root()), Err(LakeError::Newer { .. })));
    std::fs::write(lake.root().join("FORMAT"), "something else\n").unwrap();
    assert!(matches!(Lake::create_or_open(lake.root()), Err(LakeError::NoLake { .. })));

    let begun = dir.path().join("begun");
    std::fs::create_dir_all(begun.join("journal")).unwrap();
    assert!(Lake::create_or_open(&begun).is_ok(), "a directory that holds a journal only");
}
