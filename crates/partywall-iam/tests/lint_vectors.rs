//! Agreement with parliament on rows of its own tests: a tool's opinion, so differences are listed, not failed.
//!
//! `../shared/data/iam/parliament/*.jsonl` beside the repository, or the directory that `PARTYWALL_IAM_LINT` names, holds rows with `policy`,
//! `settings` and `expected.findings`. Without them the test says that it was skipped.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::{env, fs, io};

use partywall_iam::lint::answer_row;
use partywall_iam::reference;
use partywall_model::Value;

/// Rows on which we differ, with the reason.
const KNOWN: &[(&str, &str)] =
    &[("parliament/lint/021", "parliament counts actions of its data of 2025; ours has other actions of EC2 and S3")];

fn say(line: &str) {
    drop(io::stderr().write_all(format!("{line}\n").as_bytes()));
}

#[test]
fn parliament() {
    let directory = env::var_os("PARTYWALL_IAM_LINT")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/iam/parliament")), PathBuf::from);
    let Ok(entries) = fs::read_dir(&directory) else {
        say("skipped: no rows of parliament beside the repository");
        return;
    };
    let (mut rows, mut same_ids, mut same_counts, mut open) = (0_usize, 0_usize, 0_usize, Vec::new());
    for entry in entries {
        for line in fs::read_to_string(entry.unwrap().path()).unwrap().lines().filter(|line| !line.trim().is_empty()) {
            let row: serde_json::Value = serde_json::from_str(line).unwrap();
            let id = row["id"].as_str().unwrap();
            let policy = match &row["policy"] {
                serde_json::Value::String(text) => text.clone(),
                tree => tree.to_string(),
            };
            let community = row["settings"]["include_community_auditors"] == "True";
            let answer = answer_row(&Value::str(policy), community, reference().unwrap());
            let want: BTreeMap<&str, usize> = row["expected"]["findings"]
                .as_object()
                .unwrap()
                .iter()
                .map(|(id, count)| (id.as_str(), usize::try_from(count.as_u64().unwrap()).unwrap()))
                .collect();
            rows += 1;
            same_ids += usize::from(want.keys().eq(answer.findings.keys()));
            same_counts += usize::from(want == answer.findings);
            if want != answer.findings {
                match KNOWN.iter().find(|(known, _)| *known == id) {
                    Some((_, reason)) => say(&format!("{id} differs: {reason}; theirs {want:?}, ours {:?}", answer.findings)),
                    None => open.push(format!("{id}: theirs {want:?}, ours {:?}; {:#?}", answer.findings, answer.why)),
                }
            }
        }
    }
    say(&format!("parliament: {rows} rows, {same_ids} with the same ids, {same_counts} also with the same counts"));
    assert!(rows > 0, "no rows");
    assert!(open.is_empty(), "{open:#?}");
}
