//! Agreement with test vectors that others wrote for S3's meaning of "public".
//!
//! `PARTYWALL_IAM_VECTORS` names a directory of folders with `*.jsonl` files; a row of kind `public` and definition
//! `s3-policy-status` holds a policy and `expected.public`. Without the variable the test says that it was skipped; the same
//! facts are in the unit tests of the rule.

use std::path::{Path, PathBuf};
use std::{env, fs, io, io::Write};

use partywall_iam::{Answer, Context, policy_facts};
use partywall_model::Value;

fn files(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for folder in fs::read_dir(directory)? {
        let folder = folder?.path();
        if folder.is_dir() {
            for file in fs::read_dir(folder)? {
                found.push(file?.path());
            }
        }
    }
    found.retain(|file| file.extension().is_some_and(|extension| extension == "jsonl"));
    found.sort();
    Ok(found)
}

/// Past the capture of test output: a comparison that did not take place must be seen.
fn say(line: &str) {
    drop(io::stderr().write_all(format!("{line}\n").as_bytes()));
}

#[test]
fn s3_policy_status() {
    let Some(directory) = env::var_os("PARTYWALL_IAM_VECTORS") else {
        say("skipped: PARTYWALL_IAM_VECTORS does not name a directory of vectors");
        return;
    };
    let (mut rows, mut differences) = (0_usize, Vec::new());
    for file in files(Path::new(&directory)).unwrap() {
        for line in fs::read_to_string(file).unwrap().lines().filter(|line| !line.trim().is_empty()) {
            let row: serde_json::Value = serde_json::from_str(line).unwrap();
            let definition = row["definition"].as_str().unwrap_or_default();
            if row["kind"] != "public" || !definition.starts_with("s3") {
                continue;
            }
            rows += 1;
            let policy = Value::str(row["policy"].to_string());
            let got = policy_facts(&[&policy], &Context { account: row["account"].as_str(), service: Some("s3") }).is_public;
            let want = Answer::from(row["expected"]["public"].as_bool().unwrap());
            if got != want {
                differences.push(format!("{}: got {got:?}, want {want:?}", row["id"]));
            }
        }
    }
    say(&format!("S3 policy status: {} of {rows} rows agree", rows - differences.len()));
    assert!(rows > 0, "no rows of this kind");
    assert!(differences.is_empty(), "{differences:#?}");
}
