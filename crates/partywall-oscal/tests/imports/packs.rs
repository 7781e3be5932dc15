use std::collections::BTreeSet;

use partywall_catalog::Framework;
use partywall_oscal::{Kind, to_toml};

use crate::support::{framework, ids, import, published, unpacked};

/// The files of a tar archive, GNU's long names included.
fn files(mut archive: &[u8]) -> Vec<(String, &[u8])> {
    let mut files = Vec::new();
    let mut long_name = None;
    while archive.len() > 512 && archive[0] != 0 {
        let text = |from: usize, to: usize| String::from_utf8_lossy(&archive[from..to]).trim_matches(['\0', ' ']).to_owned();
        let size = usize::from_str_radix(&text(124, 136), 8).unwrap();
        let bytes = archive.get(512..512 + size).unwrap();
        if archive[156] == b'L' {
            long_name = Some(String::from_utf8_lossy(bytes).trim_matches('\0').to_owned());
        } else {
            files.push((long_name.take().unwrap_or_else(|| text(0, 100)), bytes));
        }
        archive = archive.get(512 + size.div_ceil(512) * 512..).unwrap_or_default();
    }
    files
}

#[test]
fn every_published_pack_is_read() {
    let Some(bytes) = published("aws-config-conformance-packs.tar.gz") else { return };
    let archive = unpacked(&bytes);
    let (mut packs, mut rules, mut process) = (0, BTreeSet::new(), 0);
    for (name, bytes) in files(&archive) {
        if name.ends_with("README.md") || name.ends_with('/') {
            continue;
        }
        let imported = import(bytes, &name).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((imported.kind, imported.framework.equivalents.as_deref()), (Kind::ConformancePack, Some("config")), "{name}");
        assert!(imported.notices.is_empty(), "{name}: {:?}", imported.notices);
        let unique: BTreeSet<_> = ids(&imported.framework).into_iter().collect();
        assert_eq!(unique.len(), imported.framework.requirements.len(), "{name}");
        let read: Framework = toml::from_str(&to_toml(&imported.framework)).unwrap();
        assert_eq!(ids(&read), ids(&imported.framework));
        // Each rule of the file is a line: as many identifiers as the text names.
        let text = String::from_utf8_lossy(bytes);
        let named: BTreeSet<&str> = text
            .lines()
            .filter(|line| !line.trim_start().starts_with('#'))
            .filter_map(|line| Some(line.split_once("SourceIdentifier:")?.1.trim_matches([' ', '"', '\'', '}', '\r'])))
            .collect();
        let managed = imported.framework.requirements.iter().filter(|line| &*line.group == "rules");
        let named = named.iter().filter(|name| !name.is_empty() && !name.contains("PROCESS_CHECK")).count();
        assert_eq!(managed.clone().count(), named, "{name}");
        packs += 1;
        process += imported.framework.requirements.iter().filter(|line| !line.nothing_technical.is_empty()).count();
        rules.extend(managed.map(|line| line.id.clone()));
    }
    assert!(packs >= 120, "{packs}");
    assert!(process > 100, "{process}");
    assert!(rules.contains("s3-bucket-level-public-access-prohibited"));
}

#[test]
fn parameters_and_process_checks_of_one_pack() {
    let Some(bytes) = published("aws-config-conformance-packs.tar.gz") else { return };
    let archive = unpacked(&bytes);
    let name = "Operational-Best-Practices-for-NIST-800-53-rev-5.yaml";
    let (path, bytes) = files(&archive).into_iter().find(|(path, _)| path.ends_with(name)).unwrap();
    let pack = import(bytes, &path).unwrap().framework;
    assert_eq!(
        (&*pack.id, &*pack.title),
        ("operational-best-practices-for-nist-800-53-rev-5", "Operational Best Practices for NIST 800 53 rev 5")
    );
    let line = |id: &str| pack.requirements.iter().find(|line| &*line.id == id).unwrap();
    assert_eq!(line("access-keys-rotated").text, "Parameters: maxAccessKeyAge = 90");
    let password = &line("iam-password-policy").text;
    assert!(password.contains("MaxPasswordAge = 90; MinimumPasswordLength = 14"), "{password}");
    // Ids are those that checks claim as AWS Config's.
    assert!(framework("aws-fsbp").equivalents.is_some());
    assert!(pack.requirements.iter().all(|line| line.manual.is_empty()));
}
