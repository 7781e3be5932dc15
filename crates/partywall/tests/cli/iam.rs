//! `partywall iam`: requests decided, tested and linted from files.

use std::fs;

use serde_json::Value;

use crate::support::{Ran, root, run_in};

const EXAMPLE: &str = "examples/policies";
const TELLER: &str = "arn:aws:iam::111122223333:user/teller-1";

fn partywall(arguments: &[&str]) -> Ran {
    run_in(&root(), arguments)
}

fn simulate(more: &[&str]) -> Ran {
    let identity = format!("{EXAMPLE}/teller.json");
    let bucket = format!("{EXAMPLE}/statements-bucket.json");
    let common = [
        "iam",
        "simulate",
        "--principal",
        TELLER,
        "--resource-account",
        "111122223333",
        "--identity",
        &identity,
        "--resource-policy",
        &bucket,
    ];
    partywall(&[&common, more].concat())
}

#[test]
fn a_request_gets_its_answer_the_statement_that_decides_and_an_exit_code() {
    let read = ["--action", "s3:GetObject", "--resource", "arn:aws:s3:::harbour-statements/a.pdf"];
    let here = simulate(&[&read[..], &["--context", "aws:SourceIp=203.0.113.7"]].concat());
    assert_eq!((here.code, here.out.starts_with("allow: ")), (0, true), "{} {}", here.out, here.err);
    assert!(here.out.contains("`ReadStatements` (line 4, column 5)"), "{}", here.out);
    let away = simulate(&[&read[..], &["--context", "aws:SourceIp=198.51.100.7", "--format", "json"]].concat());
    let answer: Value = serde_json::from_str(&away.out).expect("an answer");
    assert_eq!((away.code, &answer["decision"]), (1, &Value::from("deny")), "{answer}");
    assert!(answer["why"].as_str().is_some_and(|why| why.contains("OnlyFromTheBranch")), "{answer}");
    let open = simulate(&[&read[..], &["--open-context"]].concat());
    assert_eq!(open.code, 3, "{}", open.out);
    assert!(open.out.starts_with("unknown: ") && open.out.contains("aws:sourceip"), "{}", open.out);
    let absent = simulate(&[&read[..], &["--open-context", "--absent", "aws:SourceIp"]].concat());
    assert_eq!((absent.code, absent.out.starts_with("deny: ")), (1, true), "a negated condition holds without its key: {}", absent.out);
    let nothing = simulate(&[
        "--action",
        "s3:DeleteObject",
        "--resource",
        "arn:aws:s3:::harbour-statements/a.pdf",
        "--context",
        "aws:SourceIp=203.0.113.7",
    ]);
    assert_eq!((nothing.code, nothing.out.starts_with("implicitDeny: ")), (1, true), "{}", nothing.out);
}

#[test]
fn what_is_no_request_or_no_policy_is_told_in_a_line() {
    for (more, words) in [
        (&["--action", "GetObject"][..], "`GetObject` is no action"),
        (&["--action", "s3:GetObject", "--resource", "bucket"][..], "`bucket` is no resource"),
        (&["--action", "s3:GetObject", "--context", "SourceIp"][..], "`SourceIp` is no condition key"),
        (&["--action", "s3:GetObject", "--boundary", "/nowhere.json"][..], "`/nowhere.json` cannot be read"),
    ] {
        let ran = simulate(more);
        assert_eq!((ran.code, ran.err.contains(words)), (2, true), "{} {}", ran.out, ran.err);
    }
    let directory = tempfile::tempdir().expect("a directory");
    let broken = directory.path().join("broken.json");
    fs::write(
        &broken,
        "{\"Version\": \"2012-10-17\",\n \"Statement\": [{\"Effect\": \"Perhaps\", \"Action\": \"s3:*\", \"Resource\": \"*\"}]}",
    )
    .expect("a file");
    let ran = simulate(&["--action", "s3:GetObject", "--boundary", broken.to_str().expect("a path")]);
    assert_eq!((ran.code, ran.err.contains("line 2")), (2, true), "{}", ran.err);
    let unknown = simulate(&["--action", "s3:Gett"]);
    assert!(unknown.code == 1 && unknown.err.contains("note: `s3:Gett` is not among the actions"), "{}", unknown.err);
}

#[test]
fn a_batch_answers_every_line_it_can() {
    let directory = tempfile::tempdir().expect("a directory");
    let rows = directory.path().join("rows.jsonl");
    let row = |id: &str, resource: &str| {
        format!(
            r#"{{"id":"{id}","kind":"decision","request":{{"principal":"{TELLER}","action":"s3:GetObject","resource":"{resource}","resourceAccount":"111122223333"}},"policies":{{"identity":[{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::a/*"}}]}}]}}}}"#
        )
    };
    let text =
        [&row("yes", "arn:aws:s3:::a/1"), "", &row("no", "arn:aws:s3:::b/1"), "{broken", r#"{"id":"odd","kind":"oracle"}"#].join("\n");
    fs::write(&rows, text).expect("a file");
    let ran = partywall(&["iam", "simulate", "--batch", rows.to_str().expect("a path")]);
    let answers: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).expect("an answer")).collect();
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert_eq!(answers.len(), 4);
    assert_eq!((&answers[0]["id"], &answers[0]["decision"]), (&Value::from("yes"), &Value::from("allow")));
    assert_eq!((&answers[1]["id"], &answers[1]["decision"]), (&Value::from("no"), &Value::from("implicitDeny")));
    assert!(answers[2]["error"].as_str().is_some_and(|error| error.contains("line 4")), "{}", answers[2]);
    assert!(answers[3]["error"].as_str().is_some_and(|error| error.contains("oracle")), "{}", answers[3]);
}

#[test]
fn tests_of_policies_hold_fail_and_stay_open() {
    let held = partywall(&["iam", "test", &format!("{EXAMPLE}/tests.toml")]);
    assert_eq!(held.code, 0, "{} {}", held.out, held.err);
    assert!(held.out.contains("6 requests: 6 hold"), "{}", held.out);
    let directory = tempfile::tempdir().expect("a directory");
    for name in ["teller.json", "statements-bucket.json"] {
        let from = root().join(EXAMPLE).join(name);
        fs::copy(from, directory.path().join(name)).expect("a copy");
    }
    let file = directory.path().join("tests.yaml");
    let yaml = |expect: &str, open: bool| {
        let text = format!(
            "policies: {{identity: [teller.json], resource: [statements-bucket.json]}}\ntest:\n  - name: reads\n    principal: {TELLER}\n    action: s3:GetObject\n    resource: arn:aws:s3:::harbour-statements/a\n    open_context: {open}\n    expect: {expect}\n"
        );
        fs::write(&file, text).expect("a file");
        partywall(&["iam", "test", file.to_str().expect("a path")])
    };
    let failed = yaml("allow", false);
    assert_eq!((failed.code, failed.out.contains("failed: reads: s3:GetObject on")), (1, true), "{} {}", failed.out, failed.err);
    let open = yaml("allow", true);
    assert_eq!((open.code, open.out.contains("unknown: reads")), (3, true), "{} {}", open.out, open.err);
    let wrong = yaml("perhaps", false);
    assert_eq!((wrong.code, wrong.err.contains("perhaps")), (2, true), "{} {}", wrong.out, wrong.err);
}

#[test]
fn findings_of_the_linter_have_line_and_column() {
    let directory = tempfile::tempdir().expect("a directory");
    let policy = directory.path().join("p.json");
    fs::write(&policy, "{\"Version\": \"2012-10-17\",\n \"Statement\": [{\"Effect\": \"Allow\",\n  \"Action\": [\"s3:GetObject\", \"s3:Nonsense\"],\n  \"Resource\": \"*\"}]}").expect("a file");
    let path = policy.to_str().expect("a path");
    let ran = partywall(&["iam", "lint", path]);
    assert_eq!(ran.code, 1, "{} {}", ran.out, ran.err);
    assert!(ran.out.contains("p.json:3:30: ") && ran.out.contains("s3:Nonsense"), "{}", ran.out);
    let json = partywall(&["iam", "lint", path, "--format", "json"]);
    let found: Vec<Value> = json.out.lines().map(|line| serde_json::from_str(line).expect("a finding")).collect();
    assert!(found.iter().any(|finding| finding["line"] == 3 && finding["column"] == 30), "{found:?}");
    let clean = partywall(&["iam", "lint", &format!("{EXAMPLE}/teller.json")]);
    assert_eq!(clean.code, 0, "{}", clean.out);
}

#[test]
fn a_wider_policy_is_shown_by_a_request_and_the_same_one_by_none() {
    let directory = tempfile::tempdir().expect("a directory");
    let policy = |name: &str, action: &str| {
        let path = directory.path().join(name);
        let text =
            format!(r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"{action}","Resource":"arn:aws:s3:::a/*"}}]}}"#);
        fs::write(&path, text).expect("a file");
        path.to_str().expect("a path").to_owned()
    };
    let (old, new) = (policy("old.json", "s3:GetObject"), policy("new.json", "s3:GetObject*"));
    let wider = partywall(&["iam", "diff", &old, &new]);
    assert_eq!(wider.code, 1, "{} {}", wider.out, wider.err);
    assert!(
        wider.out.contains("asks for s3:GetObject") && wider.out.contains("gone: allowed before and not now: nothing"),
        "{}",
        wider.out
    );
    let narrower = partywall(&["iam", "diff", &new, &old]);
    assert_eq!((narrower.code, narrower.out.starts_with("new: allowed now and not before: nothing")), (0, true), "{}", narrower.out);
}

#[test]
fn an_account_tells_who_can_and_who_can_become_administrator() {
    let directory = tempfile::tempdir().expect("a directory");
    let details = directory.path().join("details.json");
    let user = |name: &str, action: &str| {
        serde_json::json!({
            "Path": "/", "UserName": name, "UserId": format!("AIDA{name}"), "Arn": format!("arn:aws:iam::111122223333:user/{name}"),
            "CreateDate": "2026-01-01T00:00:00Z", "GroupList": [], "AttachedManagedPolicies": [], "Tags": [],
            "UserPolicyList": [{ "PolicyName": "own", "PolicyDocument": {
                "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": action, "Resource": "*" }] } }]
        })
    };
    let all = serde_json::json!({
        "UserDetailList": [user("root-like", "*"), user("climber", "iam:AttachUserPolicy"), user("reader", "s3:GetObject")],
        "GroupDetailList": [], "RoleDetailList": [], "Policies": []
    });
    fs::write(&details, all.to_string()).expect("a file");
    let account = details.to_str().expect("a path");
    let paths = partywall(&["iam", "paths", "--account", account]);
    assert_eq!(paths.code, 1, "{} {}", paths.out, paths.err);
    assert!(
        paths.out.contains("user/root-like is administrator") && paths.out.contains("user climber can become administrator"),
        "{}",
        paths.out
    );
    assert!(!paths.out.contains("reader"), "{}", paths.out);
    let dot = partywall(&["iam", "paths", "--account", account, "--dot"]);
    assert!(dot.out.starts_with("digraph") && dot.out.contains("climber"), "{}", dot.out);
    let who = partywall(&["iam", "who-can", "s3:GetObject", "arn:aws:s3:::a/1", "--account", account, "--format", "json"]);
    let lines: Vec<Value> = who.out.lines().map(|line| serde_json::from_str(line).expect("a line")).collect();
    let names: Vec<&str> =
        lines.iter().filter(|line| line["standing"] == "allowed").filter_map(|line| line["principal"].as_str()).collect();
    assert!(names.iter().any(|name| name.ends_with("reader")) && names.iter().any(|name| name.ends_with("root-like")), "{}", who.out);
    let wrong = partywall(&["iam", "paths", "--account", &format!("{EXAMPLE}/tests.toml")]);
    assert_eq!((wrong.code, wrong.err.contains("get-account-authorization-details")), (2, true), "{}", wrong.err);
}
