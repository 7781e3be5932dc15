//! Rows of test vectors that ask whether anyone outside of some trust gets in, answered by proof instead of by rule; read in place
//! from `../shared/data/iam` beside the repository.

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;
    use std::{fs, io, io::Write};

    use partywall_iam::batch::judge_row;
    use partywall_iam::eval::Policy;
    use partywall_iam::prove::{Attached, Proof, Space, TrustZone, outside_access};
    use partywall_iam::{Document, value_from_json};
    use serde_json::Value;

    /// Past the capture of test output.
    fn say(line: &str) {
        drop(io::stderr().write_all(format!("{line}\n").as_bytes()));
    }

    fn rows() -> Vec<Value> {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/iam");
        let mut files = Vec::new();
        for folder in fs::read_dir(&directory).into_iter().flatten().map(|folder| folder.unwrap().path()).filter(|folder| folder.is_dir()) {
            files.extend(fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()));
        }
        files.retain(|file| file.extension().is_some_and(|extension| extension == "jsonl"));
        files.sort();
        let texts: Vec<String> = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
        texts.iter().flat_map(|text| text.lines()).map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn texts(row: &Value, name: &str) -> Vec<String> {
        match &row[name] {
            Value::String(text) => vec![text.clone()],
            Value::Array(list) => list.iter().map(|item| item.as_str().unwrap().to_owned()).collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn proofs_and_rules_say_the_same_of_rows_that_ask_for_outsiders() {
        let rows = rows();
        if rows.is_empty() {
            say("skipped: no vectors in ../shared/data/iam");
            return;
        }
        let listed: BTreeMap<String, String> = serde_json::from_str(include_str!("vectors/proofs.json")).unwrap();
        let (mut same, mut all, mut wrong) = (0, 0, Vec::new());
        let mut stale = listed.clone();
        for row in
            rows.iter().filter(|row| row["kind"] == "public" && row["definition"].as_str().is_some_and(|name| name.starts_with("outside")))
        {
            let id = row["id"].as_str().unwrap();
            let document = if let Value::String(text) = &row["policy"] { text.clone() } else { row["policy"].to_string() };
            let Ok(document) = Document::parse(&value_from_json(&document).unwrap()) else { continue };
            let settings = &row["settings"];
            let zone = TrustZone {
                accounts: texts(settings, "allowed_accounts").into_iter().chain(texts(row, "account")).collect(),
                organizations: texts(settings, "allowed_orgid"),
                vpcs: texts(settings, "allowed_vpc"),
                endpoints: texts(settings, "allowed_vpce"),
                services: true,
                ..TrustZone::default()
            };
            let space = Space { attached: Attached::Resource(None), resources: &[], actions: None };
            let proof = outside_access(&[Policy::new("row", &document)], &space, &zone);
            let rule = judge_row(row)["result"]["outside"].as_bool();
            let found = match &proof {
                Proof::Yes(_) => Some(true),
                Proof::No => Some(false),
                Proof::Undecided(_) => None,
            };
            all += 1;
            if rule == found {
                same += 1;
            } else if stale.remove(id).is_none_or(|reason| reason.trim().is_empty()) {
                wrong.push(format!("{id}: rule {rule:?}, proof {proof:?}: {} {}", row["policy"], row["settings"]));
            }
        }
        say(&format!("outside: {same} of {all} rows are proved as the rule has them"));
        assert!(wrong.is_empty(), "{} rows differ without a reason:\n{}", wrong.len(), wrong.join("\n"));
        assert!(stale.is_empty(), "listed as differing, but the same: {:?}", stale.keys());
        assert!(all > 0);
    }
}
