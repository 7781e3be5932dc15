//! A live account, on the stand-in for AWS over a socket.

use std::path::Path;

use partywall_fake::{FakeConfig, Fault, FaultRule};
use serde_json::Value;

use crate::aws::{Aws, SECRET};

/// Results without what differs from reading to reading: times, and the hash of the snapshot.
fn results(text: &str) -> Vec<Value> {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(members) => {
                members.remove("observed_at");
                members.remove("snapshot");
                members.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut results: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("a result")).collect();
    results.iter_mut().for_each(strip);
    results
}

fn files(directory: &Path, found: &mut Vec<Vec<u8>>) {
    for entry in std::fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { files(&path, found) } else { found.push(std::fs::read(&path).expect("a file")) }
    }
}

#[test]
fn a_kept_snapshot_and_a_passing_one_say_the_same_and_hold_no_credentials() {
    let aws = Aws::start(Vec::new());
    let directory = tempfile::tempdir().expect("a directory");
    let lake = directory.path().join("lake");
    let lake = lake.to_str().expect("a path");
    let collected = aws.run(&["collect", "aws", "--out", lake, "--region", "eu-central-1", "--share", "100", "--stats"]);
    assert_eq!(collected.code, 0, "{}", collected.err);
    assert!(collected.err.contains("snapshot 1 in") && collected.out.contains("s3:ListBuckets"), "{}{}", collected.out, collected.err);
    let kept = aws.run(&["assess", lake, "--as-of", "2026-11-22", "--format", "jsonl"]);
    let passing = aws.run(&["assess", "aws", "--region", "eu-central-1", "--share", "100", "--as-of", "2026-11-22", "--format", "jsonl"]);
    let (kept_results, passing_results) = (results(&kept.out), results(&passing.out));
    assert!(kept_results.len() > 500, "{}", kept.err);
    assert_eq!(kept_results, passing_results);
    assert_eq!(kept.code, passing.code);
    let mut held = Vec::new();
    files(Path::new(lake), &mut held);
    held.extend([collected.out, collected.err, kept.out, passing.out, passing.err].map(String::into_bytes));
    for bytes in held {
        for secret in [SECRET, aws.key.as_str()] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "`{secret}` is in what was written");
        }
    }
}

#[test]
fn a_refusal_is_a_gap_with_the_missing_action_and_never_a_pass() {
    let clean = Aws::start(Vec::new());
    let refusing = Aws::start(vec![FaultRule::new(Fault::AccessDenied).of("s3", "GetBucketPolicy")]);
    let arguments = ["assess", "aws", "--region", "eu-central-1", "--share", "100", "--check", "s3.", "--format", "jsonl"];
    let (before, after) = (clean.run(&arguments), refusing.run(&arguments));
    let by_id = |text: &str| -> std::collections::BTreeMap<String, Value> {
        results(text).into_iter().map(|result| (result["id"].as_str().expect("an id").to_owned(), result)).collect()
    };
    let (before, after_results) = (by_id(&before.out), by_id(&after.out));
    let mut blinded = 0;
    for (id, result) in &after_results {
        let was = &before[id]["status"];
        assert!(result["status"] == *was || result["status"] == "unknown", "{id}: {was} became {}", result["status"]);
        blinded += u32::from(result["status"] != *was);
    }
    assert!(blinded > 0 && (after.err.contains("s3:GetBucketPolicy") || after.out.contains("s3:GetBucketPolicy")), "{}", after.err);
}

#[test]
fn what_is_no_account_is_an_error_that_says_so() {
    let aws = Aws::start(vec![FaultRule::new(Fault::ExpiredToken)]);
    let ran = aws.run(&["aws", "call", "sts", "get-caller-identity"]);
    assert!(ran.code == 2 && ran.err.contains("no valid credentials") && !ran.err.contains(SECRET), "{}", ran.err);
    let write = aws.run(&["aws", "call", "s3", "delete-bucket", "{\"Bucket\":\"b\"}"]);
    assert!(write.code == 2 && write.err.contains("--write"), "{}", write.err);
}

#[test]
fn what_is_denied_is_known_before_and_after_a_reading() {
    let clean = Aws::start(Vec::new());
    let ran = clean.run(&["permissions", "--verify", "--check", "s3."]);
    assert!(ran.code == 0 && ran.out.contains(", 0 denied, 0 not known"), "{}{}", ran.out, ran.err);
    let without_simulator = Aws::start(vec![
        FaultRule::new(Fault::AccessDenied).of("iam", "SimulatePrincipalPolicy"),
        FaultRule::new(Fault::AccessDenied).of("s3", "ListBuckets"),
        FaultRule::new(Fault::AccessDenied).of("s3", "GetBucketPolicy"),
    ]);
    let ran = without_simulator.run(&["permissions", "--verify", "--check", "s3."]);
    assert!(ran.code == 3 && ran.out.contains("denied  s3:ListAllMyBuckets"), "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("not known  s3:GetBucketPolicy"), "what needs a bucket cannot be tried: {}", ran.out);

    let refusing = Aws::start(vec![
        FaultRule::new(Fault::AccessDenied).of("s3", "GetBucketPolicy"),
        FaultRule::new(Fault::AccessDenied).of("kms", "ListKeys"),
    ]);
    let directory = tempfile::tempdir().expect("a directory");
    let lake = directory.path().join("lake");
    let lake = lake.to_str().expect("a path");
    let arguments = ["collect", "aws", "--out", lake, "--region", "eu-central-1", "--share", "100", "--service", "s3", "--service", "kms"];
    let collected = refusing.run(&arguments);
    assert!(collected.code == 3 && collected.err.contains("; allow s3:GetBucketPolicy"), "{}", collected.err);
    let missing = refusing.run(&["permissions", "--missing", lake, "--format", "json"]);
    let policies: Value = serde_json::from_str(&missing.out).expect("JSON");
    let text = policies.to_string();
    for (action, wanted) in [("s3:GetBucketPolicy\"", true), ("kms:ListKeys\"", true), ("s3:ListAllMyBuckets\"", false)] {
        assert_eq!(text.contains(action), wanted, "{action} in {text}");
    }
}

#[test]
fn the_checks_that_are_asked_say_how_much_is_read_and_their_answers_stay() {
    let aws = Aws::start(Vec::new());
    let assess = |checks: &[&str]| {
        let mut arguments =
            vec!["assess", "aws", "--region", "eu-central-1", "--share", "100", "--as-of", "2026-11-22", "--format", "jsonl"];
        arguments.extend(checks.iter().flat_map(|check| ["--check", check]));
        aws.run(&arguments)
    };
    let whole = results(&assess(&[]).out);
    let id = |result: &Value| result["check"].as_str().expect("a check").to_owned();
    let prefixes: std::collections::BTreeSet<String> =
        whole.iter().map(|result| format!("{}.", id(result).split('.').next().unwrap_or_default())).collect();
    assert!(prefixes.len() > 40, "{prefixes:?}");
    for prefix in &prefixes {
        // Resources of which only something else tells, such as the alias of a key, are not met where that is not read.
        let is_stub = |result: &Value| result["unknown_because"].to_string().contains("itself is not in the input");
        let of_all: Vec<&Value> = whole.iter().filter(|result| id(result).starts_with(prefix.as_str()) && !is_stub(result)).collect();
        let narrowed = results(&assess(&[prefix]).out);
        assert_eq!(of_all, narrowed.iter().filter(|result| !is_stub(result)).collect::<Vec<_>>(), "{prefix}");
    }
    let directory = tempfile::tempdir().expect("a directory");
    let lake = directory.path().join("lake");
    let arguments = ["collect", "aws", "--out", lake.to_str().expect("a path"), "--region", "eu-central-1", "--share", "100", "--stats"];
    let few = aws.run(&[&arguments[..], &["--check", "s3.bucket-blocks-public-access"]].concat());
    assert!(few.out.contains("s3:GetPublicAccessBlock") && !few.out.contains("GetBucketPolicy"), "{}", few.out);
    assert!(few.code == 0 && few.out.lines().count() < 12, "{}{}", few.out, few.err);
}

#[test]
fn types_without_calls_of_their_own_are_read_through_cloud_control() {
    let aws = Aws::start(Vec::new());
    let directory = tempfile::tempdir().expect("a directory");
    let lake = directory.path().join("lake");
    let lake = lake.to_str().expect("a path");
    let collect = |more: &[&str]| {
        let arguments = ["collect", "aws", "--out", lake, "--region", "eu-central-1", "--share", "100", "--service", "s3"];
        aws.run(&[&arguments[..], more].concat())
    };
    let read = collect(&["--cloud-control", "AWS::AppConfig::Application"]);
    assert_eq!(read.code, 0, "{}", read.err);
    let rows = aws.run(&["query", "select \"Name\", _region, _tags from aws_appconfig_application order by 1", lake, "--format", "csv"]);
    assert!(rows.out.contains("application abc1234,eu-central-1,") && rows.out.contains("application def5678"), "{}{}", rows.out, rows.err);
    // A query reads the types that it names, and no others.
    let buckets = directory.path().join("lake/facts/AWS_S3_Bucket");
    std::fs::rename(&buckets, directory.path().join("elsewhere")).expect("buckets");
    let again = aws.run(&["query", "select \"Name\", _region, _tags from aws_appconfig_application order by 1", lake, "--format", "csv"]);
    assert_eq!((again.code, again.out), (rows.code, rows.out));
    let missing = aws.run(&["query", "select count(*) from aws_s3_bucket", lake]);
    assert!(missing.code == 2 && missing.err.contains("AWS_S3_Bucket"), "{}", missing.err);
    std::fs::rename(directory.path().join("elsewhere"), &buckets).expect("buckets");
    let refused = collect(&["--cloud-control", "AWS::AppStream::*"]);
    assert!(refused.code == 3 && refused.err.contains("UnsupportedActionException"), "{}", refused.err);
    for (name, words) in [("AWS::Nope", "no resource type"), ("AWS::S3::Bucket", "calls of its own service")] {
        let ran = collect(&["--cloud-control", name]);
        assert!(ran.code == 2 && ran.err.contains(words), "{}", ran.err);
    }
}

#[test]
fn members_of_an_organization_are_not_asked_what_only_its_management_account_is_told() {
    let aws = Aws::of("org-3", FakeConfig { throttles: false, ..FakeConfig::default() });
    let directory = tempfile::tempdir().expect("a directory");
    let lake = directory.path().join("lake");
    let lake = lake.to_str().expect("a path");
    let read = aws.run(&["collect", "aws", "--out", lake, "--organization", "--region", "eu-central-1", "--share", "100", "--stats"]);
    assert!(read.code == 0 && read.err.contains("in 3 accounts and"), "{}{}", read.out, read.err);
    let denied = read.out.lines().find(|line| line.starts_with("organizations:ListAccounts ")).expect("a line");
    // Once to find the accounts, once for what is known of them.
    assert_eq!(denied.split_whitespace().nth(1), Some("2"), "{denied}");
    let rows = aws.run(&["query", "select count(*), count(distinct _account) from aws_organizations_account", lake, "--format", "csv"]);
    assert!(rows.out.contains("3,1"), "{}{}", rows.out, rows.err);
    let spared =
        aws.run(&["collect", "aws", "--out", lake, "--organization", "--region", "eu-central-1", "--share", "100", "--resource-explorer"]);
    assert!(spared.code == 0 && spared.err.contains("not asked for: Resource Explorer's index"), "{}", spared.err);
    let again = aws.run(&["query", "select count(*), count(distinct _account) from aws_organizations_account", lake, "--format", "csv"]);
    assert_eq!(rows.out, again.out);
    let judged =
        aws.run(&["assess", "aws", "--organization", "--region", "eu-central-1", "--share", "100", "--check", "s3.", "--format", "jsonl"]);
    let accounts: std::collections::BTreeSet<String> =
        results(&judged.out).iter().map(|result| result["resource"]["account"].to_string()).collect();
    assert_eq!(accounts.len(), 3, "{}", judged.err);
}

#[test]
fn a_sample_says_that_it_is_one() {
    let aws = Aws::start(Vec::new());
    let directory = tempfile::tempdir().expect("a directory");
    let lake = directory.path().join("lake");
    let lake = lake.to_str().expect("a path");
    let read =
        aws.run(&["collect", "aws", "--out", lake, "--region", "eu-central-1", "--share", "100", "--service", "s3", "--sample", "1"]);
    assert!(read.code == 0 && read.err.contains("a sample of 1 in each Region was asked for more"), "{}", read.err);
    let judged = aws.run(&["assess", lake, "--check", "s3.bucket-blocks-public-access", "--format", "jsonl"]);
    let states: Vec<String> = results(&judged.out).iter().map(|result| result["status"].to_string()).collect();
    assert!(states.iter().filter(|state| state.contains("unknown")).count() + 1 == states.len() && states.len() > 1, "{}", judged.out);
    assert!(judged.out.contains("it was asked of a sample of 1"), "{}", judged.out);
    let at_once = ["assess", "aws", "--region", "eu-central-1", "--share", "100", "--check", "s3.bucket-blocks-public-access"];
    let at_once = aws.run(&[&at_once[..], &["--sample", "1", "--format", "jsonl"]].concat());
    let statuses = |text: &str| -> Vec<(String, String)> {
        results(text).iter().map(|result| (result["id"].to_string(), result["status"].to_string())).collect()
    };
    assert_eq!(statuses(&at_once.out), statuses(&judged.out));
    assert!(at_once.err.contains("a sample of 1 in each Region was asked for more"), "{}", at_once.err);
    let alone = aws.run(&["assess", "aws", "--role", "auditor"]);
    assert!(alone.code == 2 && alone.err.contains("--role-arn"), "{}", alone.err);
    let elsewhere = aws.run(&["assess", lake, "--sample", "1"]);
    assert!(elsewhere.code == 2 && elsewhere.err.contains("--sample says how `aws` is read"), "{}", elsewhere.err);
}

#[cfg(unix)]
#[test]
fn an_interrupted_assessment_leaves_nothing_behind() {
    let aws = Aws::of("tiny", FakeConfig { throttles: false, latency: std::time::Duration::from_millis(40), ..FakeConfig::default() });
    let directory = tempfile::tempdir().expect("a directory");
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let before = aws.requests();
        let mut command = aws.command(&["assess", "aws", "--region", "eu-central-1"]);
        let mut child = command.env("TMPDIR", directory.path()).stderr(std::process::Stdio::null()).spawn().expect("the binary runs");
        while aws.requests() < before + 50 {
            assert!(child.try_wait().expect("a child").is_none(), "it ended by itself");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        assert_eq!(std::fs::read_dir(directory.path()).expect("a directory").count(), 1);
        let sent = std::process::Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().expect("kill runs");
        assert!(sent.success());
        assert_eq!(child.wait().expect("a child").code(), Some(code), "{signal}");
        assert_eq!(std::fs::read_dir(directory.path()).expect("a directory").count(), 0, "{signal}");
    }
}
