//! Control policies over questions about whole accounts.

use serde_json::{Value, json};

use crate::iam_account::{ACCOUNT, account, allow, details, document, iam, lines, role, seen, user};
use crate::support::Sources;

fn deny(action: &str) -> Value {
    json!({ "Sid": "NotHere", "Effect": "Deny", "Action": action, "Resource": "*" })
}

/// An account with an administrator, a user who can become one, and control policies in files.
fn organization() -> Sources {
    let sources = account(&details(
        &[
            user("ann", &[allow("s3:*", "*")]),
            user("climber", &[allow("iam:AttachUserPolicy", "*")]),
            user("root-like", &[allow("*", "*")]),
        ],
        &[role("app", &[])],
    ));
    let mut regional = deny("s3:*");
    regional["Condition"] = json!({ "StringNotEquals": { "aws:RequestedRegion": "eu-west-1" } });
    let mut of_resources = deny("s3:*");
    of_resources["Principal"] = json!("*");
    for (name, statements) in [
        ("full.json", &[allow("*", "*")][..]),
        ("no-s3.json", &[allow("*", "*"), deny("s3:*")]),
        ("no-iam.json", &[allow("*", "*"), deny("iam:*")]),
        ("regional.json", &[allow("*", "*"), regional]),
        ("rcp.json", &[of_resources]),
    ] {
        sources.write(name, document(statements).to_string().as_bytes());
    }
    sources.write(
        "broken.json",
        b"{\"Version\": \"2012-10-17\",\n \"Statement\": [{\"Effect\": \"Perhaps\", \"Action\": \"s3:*\", \"Resource\": \"*\"}]}",
    );
    sources.write("rules.toml", b"[[rule]]\nid = 'r'\ntitle = 't'\nwho = { name = ['ann'] }\nmay_not = { actions = ['s3:GetObject'] }\n");
    sources.write("seen.jsonl", seen("s3:GetObject").as_bytes());
    sources
}

#[test]
fn what_control_policies_deny_nobody_can() {
    let sources = organization();
    for ceiling in [&["--scp", "full.json", "--scp", "full.json,no-s3.json"][..], &["--rcp", "rcp.json"]] {
        let ask = |question: &[&str]| iam(&sources, &[question, ceiling].concat());
        let who = ask(&["who-can", "s3:GetObject"]);
        assert_eq!((who.code, who.out.as_str()), (0, ""), "{ceiling:?} {}", who.err);
        assert!(
            !who.err.contains(if ceiling[0] == "--scp" { "no service control policy" } else { "no resource control policy" }),
            "{}",
            who.err
        );
        let what = ask(&["what-can", "ann", "--format", "json"]);
        assert_eq!(lines(&what)[0]["standing"], "denied", "{ceiling:?} {}", what.out);
        let rule = ask(&["assert", "rules.toml"]);
        assert_eq!(rule.code, 0, "{ceiling:?} {}", rule.out);
        let least = ask(&["least", "ann", "--observed", "seen.jsonl"]);
        assert!(least.code == 3 && least.err.contains("not allowed now: s3:GetObject"), "{ceiling:?} {}", least.err);
        let free = iam(&sources, &[&["who-can", "s3:GetObject", "--management-account", ACCOUNT], ceiling].concat());
        assert!(free.out.contains("user/ann"), "the management account is not bound: {}", free.out);
    }
    for command in [&["who-can", "s3:GetObject"][..], &["assert", "rules.toml"]] {
        assert!(iam(&sources, command).out.contains("user/ann"), "without ceilings it can: {command:?}");
    }
}

#[test]
fn paths_end_at_control_policies() {
    let sources = organization();
    assert!(iam(&sources, &["paths"]).out.contains("user climber can become administrator"));
    let bound = iam(&sources, &["paths", "--scp", "no-iam.json"]);
    assert!(!bound.out.contains("climber can become"), "{}", bound.out);
}

#[test]
fn conditions_of_control_policies_are_told() {
    let sources = organization();
    let what = iam(&sources, &["what-can", "ann", "--scp", "regional.json", "--format", "json"]);
    let [grant] = lines(&what).try_into().expect("one line");
    assert_eq!(
        (&grant["standing"], &grant["conditions"]),
        (&json!("conditional"), &json!(["unless StringNotEquals aws:RequestedRegion = eu-west-1"]))
    );
    let who = iam(&sources, &["who-can", "s3:GetObject", "--scp", "regional.json", "--format", "json"]);
    let conditions = lines(&who)[0]["conditions"].to_string();
    assert!(conditions.contains("aws:RequestedRegion") && conditions.contains("regional.json"), "{conditions}");
    let rule = iam(&sources, &["assert", "rules.toml", "--scp", "regional.json", "--format", "json"]);
    let evidence: Value = serde_json::from_str(&rule.out).expect("one object");
    assert_eq!(evidence["rules"][0]["witnesses"][0]["context"], json!({ "aws:RequestedRegion": ["eu-west-1"] }), "{evidence}");
    let files: Vec<&str> = evidence["inputs"].as_array().expect("a list").iter().filter_map(|input| input["file"].as_str()).collect();
    assert_eq!(files, ["rules.toml", "regional.json", "details.json"]);
}

#[test]
fn ceilings_that_are_wrong_say_so() {
    let sources = organization();
    for (ceiling, says) in [
        (&["--scp", "full.json,broken.json"][..], "broken.json: effect `Perhaps` is neither `Allow` nor `Deny` (line 2, column 27)"),
        (&["--rcp", "nowhere.json"], "`nowhere.json` cannot be read"),
        (&["--scp", "full.json,"], "cannot be read"),
        (&["--management-account", "123"], "`123` is no account"),
        (&["--organization", "r-1234"], "`r-1234` is no organization"),
    ] {
        let ran = iam(&sources, &[&["who-can", "s3:GetObject"], ceiling].concat());
        assert_eq!((ran.code, ran.err.contains(says), ran.out.as_str()), (2, true, ""), "{ceiling:?}: {}", ran.err);
    }
}
