//! Agreement with test vectors that others wrote, read in place from `../shared/data/iam` beside the repository; without them the
//! test says that it was skipped.
//!
//! Rows of tier A and B that no second engine disputes must agree without exception. Rows of tier C hold other tools' opinions, and
//! disputed ones those of engines that disagree: where the answer differs, `vectors/differences.json` names the row's id and why.

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::{Path, PathBuf};
    use std::{fs, io, io::Write};

    use partywall_iam::batch::judge_row;
    use serde_json::Value;

    /// Past the capture of test output: a comparison that did not take place must be seen.
    fn say(line: &str) {
        drop(io::stderr().write_all(format!("{line}\n").as_bytes()));
    }

    fn rows() -> Option<Vec<Value>> {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/iam");
        let folders = fs::read_dir(&directory).ok()?;
        let folders = folders.map(|folder| folder.unwrap().path()).filter(|folder| folder.is_dir());
        let mut files: Vec<PathBuf> = folders.flat_map(|folder| fs::read_dir(folder).unwrap().map(|file| file.unwrap().path())).collect();
        files.retain(|file| file.extension().is_some_and(|extension| extension == "jsonl"));
        files.sort();
        let texts = files.iter().map(|file| fs::read_to_string(file).unwrap());
        Some(texts.flat_map(|text| text.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>()).collect())
    }

    fn agrees(row: &Value, answer: &Value) -> bool {
        let expected = &row["expected"];
        match row["kind"].as_str().unwrap() {
            "decision" if expected == "notAllow" => answer["decision"] == "deny" || answer["decision"] == "implicitDeny",
            "decision" => answer["decision"] == *expected,
            "public" => ["public", "outside"].iter().any(|name| !expected[*name].is_null() && answer["result"][*name] == expected[*name]),
            "privesc" | "privesc-rule" => answer["result"]["escalates"] == expected["escalates"],
            _ => answer["result"] == *expected,
        }
    }

    #[test]
    fn vectors_agree_or_differ_for_a_reason() {
        let Some(rows) = rows() else {
            say("skipped: no vectors in ../shared/data/iam");
            return;
        };
        let listed: BTreeMap<String, String> = serde_json::from_str(include_str!("vectors/differences.json")).unwrap();
        let (mut tally, mut wrong, mut differing): (BTreeMap<_, (usize, usize)>, Vec<String>, BTreeSet<String>) = Default::default();
        for row in rows.iter().filter(|row| row["kind"] != "lint") {
            let id = row["id"].as_str().unwrap();
            let answer = judge_row(row);
            assert_eq!(answer["id"], row["id"]);
            let agreed = agrees(row, &answer);
            let disputed = if row["disputed"].is_null() { "" } else { " disputed" };
            let folder = id.split('/').next().unwrap();
            let count = tally.entry(format!("{} {folder} {}{disputed}", row["tier"], row["kind"])).or_default();
            count.0 += usize::from(agreed);
            count.1 += 1;
            if agreed {
                continue;
            }
            differing.insert(id.to_owned());
            let must = row["tier"] != "C" && disputed.is_empty();
            if must || listed.get(id).is_none_or(|reason| reason.trim().is_empty()) {
                wrong.push(format!("{id} ({}): expected {}, got {answer}", row["source"]["case"], row["expected"]));
            }
        }
        for (name, (agreed, all)) in &tally {
            say(&format!("{name}: {agreed} of {all} rows agree"));
        }
        let present: BTreeSet<&str> = rows.iter().filter_map(|row| row["id"].as_str()).collect();
        let stale: Vec<&String> = listed.keys().filter(|id| present.contains(id.as_str()) && !differing.contains(*id)).collect();
        assert!(wrong.is_empty(), "{} rows differ without a reason:\n{}", wrong.len(), wrong.join("\n"));
        assert!(stale.is_empty(), "listed as differing, but agree: {stale:?}");
    }

    #[test]
    fn rows_of_every_form() {
        let element = |name: &str, values: &str, resource: &str, effect: &str| {
            let row = serde_json::json!({ "id": "own", "kind": "element", "element": name, "values": [values], "effect": effect,
                "request": { "action": "s3:GetObject", "resource": resource, "context": { "aws:username": "Bob" } } });
            judge_row(&row)["result"].clone()
        };
        for (name, value, resource, effect, want) in [
            ("Action", "S3:get*", "*", "Allow", true),
            ("NotAction", "s3:Get*", "*", "Allow", false),
            ("Resource", "arn:aws:s3:::b/${aws:username}", "arn:aws:s3:::b/Bob", "Allow", true),
            ("Resource", "arn:aws:s3:::b/${aws:userid}", "arn:aws:s3:::b/Bob", "Allow", false),
            ("NotResource", "arn:aws:s3:::b/*", "arn:aws:s3:::c/x", "Allow", true),
            ("Resource", "arn:aws:s3:::b/k", "*", "Allow", true),
            ("Resource", "arn:aws:s3:::b/k", "*", "Deny", false),
            ("Resource", "*", "*", "Deny", true),
            ("NotResource", "arn:aws:s3:::b/k", "*", "Allow", true),
            ("NotResource", "arn:aws:s3:::b/k", "arn:aws:s3:::c/*", "Deny", true),
            ("Principal", "*", "*", "Allow", true),
        ] {
            assert_eq!(element(name, value, resource, effect), Value::Bool(want), "{name} {value} {resource} {effect}");
        }
        let error = |row: Value| judge_row(&row)["error"].as_str().map(str::to_owned).unwrap_or_default();
        assert_eq!(error(serde_json::json!({ "id": 1 })), "row has no `kind`");
        assert!(error(serde_json::json!({ "kind": "lint" })).contains("`policy`"));
        let linted = judge_row(&serde_json::json!({ "id": 2, "kind": "lint", "policy": {
            "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "s3:Nonsense", "Resource": "*" }] } }));
        assert_eq!(linted["result"]["findings"], serde_json::json!({ "UNKNOWN_ACTION": 1 }), "{linted}");
        assert!(error(serde_json::json!({ "kind": "magic" })).contains("`magic`"));
        assert!(error(serde_json::json!({ "kind": "decision" })).contains("`request`"));
        let symbolic = |condition: Value, flag: bool| {
            judge_row(&serde_json::json!({ "id": 1, "kind": "decision", "symbolicContext": flag,
                "request": { "principal": "arn:aws:iam::111122223333:user/a", "action": "s3:GetObject", "resource": "arn:aws:s3:::b/k",
                    "resourceAccount": "111122223333", "context": { "x:Known": "a" } },
                "policies": { "identity": [{ "Version": "2012-10-17",
                    "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition } }] } }))["decision"]
                .clone()
        };
        let open = serde_json::json!({ "StringEquals": { "x:Open": "b" } });
        assert_eq!(symbolic(open.clone(), true), "allow");
        assert_eq!(symbolic(open, false), "implicitDeny");
        assert_eq!(symbolic(serde_json::json!({ "StringEquals": { "x:Known": "b" } }), true), "implicitDeny");
    }
}
