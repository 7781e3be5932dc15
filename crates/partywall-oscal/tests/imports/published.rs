//! The frameworks of the catalogue come out of the publishers' files again.

use std::collections::BTreeMap;

use partywall_catalog::Framework;
use partywall_oscal::{Hint, Kind, difference, merge, read};
use serde_json::Value as Json;

use crate::support::{framework, frameworks, hint, ids, import, published, unpacked};

fn groups(framework: &Framework) -> Vec<(&str, &str)> {
    framework.groups.iter().map(|group| (&*group.id, &*group.title)).collect()
}

/// Everything that the publisher says.
fn assert_same_words(found: &Framework, known: &Framework) {
    assert_eq!(ids(found), ids(known));
    assert_eq!(groups(found), groups(known));
    assert_eq!(found.withdrawn, known.withdrawn);
    for (found, known) in found.requirements.iter().zip(&known.requirements) {
        assert_eq!((&found.group, &found.title, &found.parts), (&known.group, &known.title, &known.parts), "{}", known.id);
        assert_eq!(found.text, known.text, "{}", known.id);
    }
}

#[test]
fn sp_800_53() {
    let Some(bytes) = published("nist-800-53r5-catalog.json.gz") else { return };
    let imported = import(&bytes, "nist-800-53r5-catalog.json.gz").unwrap();
    assert_eq!(imported.kind, Kind::Catalog);
    assert!(imported.notices.is_empty(), "{:?}", imported.notices);
    assert_eq!(imported.framework.requirements.len(), 1007);
    assert_same_words(&imported.framework, framework("nist-800-53r5"));
    assert_eq!((imported.framework.version.as_str(), imported.framework.noun.as_str()), ("5.0.1", "control"));
}

#[test]
fn sp_800_171() {
    let Some(bytes) = published("NIST_SP800-171_rev3_catalog.xml.gz") else { return };
    let imported = import(&bytes, "171.xml.gz").unwrap();
    let known = framework("nist-800-171r3");
    assert_same_words(&imported.framework, known);
    assert_eq!((imported.framework.noun.as_str(), imported.framework.publisher.as_str()), ("requirement", "NIST"));
    let text = |id: &str| imported.framework.requirements.iter().find(|line| &*line.id == id).unwrap().text.clone();
    assert!(
        text("03.01.08")
            .contains("[Selection (one or more): lock the account or node for an [Assignment: organization-defined time period]; lock")
    );
    assert!(
        text("03.01.10").contains(
            "[Selection (one or more): initiating a device lock after [Assignment: organization-defined time period] of inactivity"
        )
    );
    assert!(
        text("03.12.05").contains("[Selection (one or more): interconnection security agreements; information exchange security agreem")
    );
    // Laid over the present file, nothing of the mapping is lost.
    let merged = merge(known, &imported.framework);
    assert_eq!((merged.added.len(), merged.removed.len(), merged.retitled.len()), (0, 0, 0));
    assert!(merged.reworded.is_empty(), "{:?}", merged.reworded);
    let found = difference(known, &merged.framework);
    assert!(found.remapped.is_empty() && found.moved.is_empty(), "{found:?}");
    assert!(
        known
            .requirements
            .iter()
            .zip(&merged.framework.requirements)
            .all(|(a, b)| a.customer == b.customer && a.confidence == b.confidence)
    );
}

#[test]
fn csf() {
    let Some(bytes) = published("NIST_CSF_v2.0_catalog.xml.gz") else { return };
    let imported = import(&bytes, "csf.xml.gz").unwrap();
    let known = framework("nist-csf-2.0");
    // The catalogue's file has NIST's printed order, in which `DE.CM` stands before `DE.AE`.
    let words = |framework: &Framework| -> BTreeMap<_, _> {
        framework.requirements.iter().map(|line| (line.id.clone(), (line.group.clone(), line.text.clone()))).collect()
    };
    assert_eq!(words(&imported.framework), words(known));
    assert_eq!(imported.framework.requirements.len(), 106);
    // OSCAL has the functions in capitals.
    let sorted = |framework: &Framework| -> BTreeMap<_, _> {
        framework.groups.iter().map(|group| (group.id.clone(), group.title.to_lowercase())).collect()
    };
    assert_eq!(sorted(&imported.framework), sorted(known));
    assert_eq!(imported.framework.withdrawn.len(), 79);
    assert!(imported.notices.iter().any(|notice| notice.starts_with("79 subcategories without an example")), "{:?}", imported.notices);
    // The file's own words for titles stay: the publisher's are the ids.
    let merged = merge(known, &imported.framework);
    assert!(merged.retitled.is_empty() && merged.reworded.is_empty() && merged.added.is_empty());
    assert_eq!(&*merged.framework.requirements.first().unwrap().title, "Mission guides risk decisions");
    assert_eq!(merged.framework.groups.first().map(|group| &*group.title), Some("Govern"));
}

#[test]
fn baselines() {
    for (level, lines) in [("low", 149), ("moderate", 287), ("high", 370), ("privacy", 102)] {
        let name = format!("nist-800-53r5-{level}-resolved.json.gz");
        let Some(bytes) = published(&name) else { return };
        let known = frameworks();
        let imported = read(&bytes, &Hint { of: Some("800-53"), known: &known, ..hint(&name) }).unwrap();
        assert_eq!(imported.kind, Kind::ResolvedProfile);
        assert_eq!(imported.framework.select.len(), lines);
        let baseline = framework(&format!("nist-800-53r5-{level}"));
        assert_eq!(imported.framework.select, baseline.select);
        assert_eq!((imported.framework.of.as_deref(), imported.framework.version.as_str()), (Some("nist-800-53r5"), "5.1.1+u4"));
        assert!(imported.framework.notes.is_empty() && imported.framework.requirements.is_empty());
        assert!(difference(baseline, &imported.framework).only_b.is_empty());
    }
}

fn texts<'a>(value: &'a Json, name: &str, found: &mut Vec<&'a str>) {
    match value {
        Json::Object(members) => members.iter().for_each(|(key, value)| match value {
            Json::String(text) if key == name => found.push(text),
            value => texts(value, name, found),
        }),
        Json::Array(items) => items.iter().for_each(|item| texts(item, name, found)),
        _ => {}
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn fedramp() {
    for (level, lines) in [("low", 156), ("moderate", 323), ("high", 410)] {
        let name = format!("fedramp-rev5-{level}-profile.json.gz");
        let Some(bytes) = published(&name) else { return };
        let all = frameworks();
        // The profile itself says what it is from.
        let imported = read(&bytes, &Hint { known: &all, ..hint(&name) }).unwrap();
        assert_eq!(imported.kind, Kind::Profile);
        let known = framework(&format!("fedramp-rev5-{level}"));
        assert_eq!((imported.framework.of.as_deref(), imported.framework.select.len()), (Some("nist-800-53r5"), lines));
        assert_eq!(imported.framework.select, known.select);
        assert!(imported.notices.is_empty(), "{:?}", imported.notices);
        let mut notes = imported.framework.notes.clone();
        let profile: Json = serde_json::from_slice(&unpacked(&bytes)).unwrap();
        let modify = &profile["profile"]["modify"];
        // Of each control first the parameters, then what is added; the present files have the `odp` parameters only.
        let mut parameters = 0;
        for set in modify["set-parameters"].as_array().unwrap() {
            let (id, name) = set["param-id"].as_str().unwrap().split_once('_').unwrap();
            let entry = format!("{name}: {}", one_line(set["constraints"][0]["description"].as_str().unwrap()));
            if name.starts_with("prm") {
                let note = notes.get_mut(id).unwrap();
                assert!(note.contains(&entry), "{id}: {note}");
                *note = note.replacen(&format!("{entry}; "), "", 1).replacen(&entry, "", 1);
                parameters += 1;
            }
        }
        assert!(parameters >= 10, "{parameters}");
        let mut additions = 0;
        for alter in modify["alters"].as_array().unwrap() {
            let mut prose = Vec::new();
            texts(&alter["adds"], "prose", &mut prose);
            for prose in prose {
                let id = alter["control-id"].as_str().unwrap();
                assert!(imported.framework.notes[id].contains(&one_line(prose)), "{id}: {prose}");
                additions += 1;
            }
        }
        assert!(additions > 100, "{additions}");
        for (id, note) in &known.notes {
            let found = notes.get(id).unwrap();
            assert!(found == note || found.starts_with(&format!("{note}; ")), "{id}: {found}\n{note}");
        }
        let ac_1 = "odp.05: at least every 3 years; odp.07: at least annually; odp.08: significant changes";
        assert!(level == "high" || imported.framework.notes["ac-1"] == ac_1);
    }
}

#[test]
fn additions_keep_their_labels() {
    let Some(bytes) = published("fedramp-rev5-moderate-profile.json.gz") else { return };
    let imported = read(&bytes, &Hint { of: Some("nist-800-53r5"), ..hint("f.json.gz") }).unwrap();
    assert_eq!(
        imported.framework.notes["ac-2.12"],
        framework("fedramp-rev5-moderate").notes["ac-2.12"].clone()
            + "; (a) Requirement: Required for privileged accounts.; (b) Requirement: Required for privileged accounts."
    );
    let error = import(&bytes, "f.json.gz").unwrap_err().to_string();
    assert!(error.contains("800-53 revision 5") && error.contains("name the framework"), "{error}");
}

#[test]
fn a_profile_must_fit_its_framework() {
    let Some(bytes) = published("fedramp-rev5-moderate-profile.json.gz") else { return };
    let known = frameworks();
    let error = read(&bytes, &Hint { of: Some("nist-csf-2.0"), known: &known, ..hint("f.json.gz") }).unwrap_err().to_string();
    assert!(error.contains("`ac-1`, `ac-2`") && error.contains("`nist-csf-2.0` does not have"), "{error}");
}

#[test]
fn security_hub() {
    let Some(bytes) = published("aws-security-hub-controls.oscal.json.gz") else { return };
    let imported = import(&bytes, "hub.json.gz").unwrap();
    assert_eq!((imported.framework.requirements.len(), imported.framework.publisher.as_str()), (452, "AWS"));
    let risks: BTreeMap<&str, _> = imported.framework.requirements.iter().map(|line| (&*line.id, line.risk)).collect();
    let known = framework("aws-fsbp");
    let same = known.requirements.iter().filter(|line| line.risk.is_some() && risks.get(&*line.id) == Some(&line.risk)).count();
    assert!(same > 300, "{same} of {}", known.requirements.len());
    assert!(imported.framework.requirements.iter().all(|line| !line.text.is_empty()));
}
