//! `partywall iam` on whole accounts: synthetic ones, and published dumps read in place.

use serde_json::{Value, json};

use crate::support::{Ran, Sources, root, run_in};

pub(crate) const ACCOUNT: &str = "111122223333";

pub(crate) fn allow(action: &str, resource: &str) -> Value {
    json!({ "Effect": "Allow", "Action": action, "Resource": resource })
}

pub(crate) fn document(statements: &[Value]) -> Value {
    json!({ "Version": "2012-10-17", "Statement": statements })
}

pub(crate) fn user(name: &str, statements: &[Value]) -> Value {
    json!({
        "Path": "/", "UserName": name, "UserId": format!("AIDA{name}"), "Arn": format!("arn:aws:iam::{ACCOUNT}:user/{name}"),
        "GroupList": [], "AttachedManagedPolicies": [], "Tags": [],
        "UserPolicyList": [{ "PolicyName": "own", "PolicyDocument": document(statements) }]
    })
}

pub(crate) fn role(name: &str, statements: &[Value]) -> Value {
    let trust = json!({ "Effect": "Allow", "Principal": { "Service": "ec2.amazonaws.com" }, "Action": "sts:AssumeRole" });
    json!({
        "Path": "/", "RoleName": name, "RoleId": format!("AROA{name}"), "Arn": format!("arn:aws:iam::{ACCOUNT}:role/{name}"),
        "AssumeRolePolicyDocument": document(&[trust]), "InstanceProfileList": [], "AttachedManagedPolicies": [], "Tags": [],
        "RolePolicyList": [{ "PolicyName": "own", "PolicyDocument": document(statements) }]
    })
}

pub(crate) fn details(users: &[Value], roles: &[Value]) -> Value {
    json!({ "UserDetailList": users, "GroupDetailList": [], "RoleDetailList": roles, "Policies": [] })
}

/// A directory with these details as `details.json`.
pub(crate) fn account(details: &Value) -> Sources {
    Sources::new(&[("details.json", &details.to_string())])
}

pub(crate) fn iam(sources: &Sources, arguments: &[&str]) -> Ran {
    sources.run(&[&["iam"], arguments, &["--account", "details.json"]].concat())
}

pub(crate) fn lines(ran: &Ran) -> Vec<Value> {
    ran.out.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect()
}

/// Every question about a whole account that needs nothing but the account.
const QUESTIONS: [&[&str]; 5] = [
    &["who-can", "s3:GetObject"],
    &["what-can", "ann"],
    &["paths"],
    &["assert", "rules.toml"],
    &["least", "ann", "--observed", "seen.jsonl", "--unused"],
];
const RULES: &str =
    "[[rule]]\nid = 'no-deletes'\ntitle = 'Nobody deletes'\nwho = { arn = ['*'] }\nmay_not = { actions = ['s3:DeleteObject'] }\n";

pub(crate) fn seen(action: &str) -> String {
    json!({ "principal": format!("arn:aws:iam::{ACCOUNT}:user/ann"), "action": action }).to_string()
}

fn with_files(text: &str) -> Sources {
    Sources::new(&[("details.json", text), ("rules.toml", RULES), ("seen.jsonl", &seen("s3:GetObject"))])
}

#[test]
fn what_is_no_account_is_never_clean() {
    let user = user("ann", &[]).to_string();
    for (text, says) in [
        ("{}", "UserDetailList"),
        ("", "UserDetailList"),
        (&format!("{{\"UserDetailList\": [{user}"), "at line 1 column"),
        (&details(&[], &[]).to_string(), "holds no user and no role"),
    ] {
        let sources = with_files(text);
        for question in QUESTIONS {
            let ran = iam(&sources, question);
            assert_eq!((ran.code, ran.err.contains(says)), (2, true), "{question:?} of `{text}`: {} {}", ran.out, ran.err);
        }
    }
}

#[test]
fn parts_of_the_account_that_are_missing_leave_the_answer_open() {
    let mut truncated = details(&[user("ann", &[])], &[role("app", &[])]);
    truncated["IsTruncated"] = json!(true);
    let mut paged = details(&[user("ann", &[])], &[role("app", &[])]);
    paged["NextToken"] = json!("eyJ");
    let mut attached = user("ann", &[]);
    attached["AttachedManagedPolicies"] = json!([{ "PolicyName": "Lost", "PolicyArn": "arn:aws:iam::111122223333:policy/Lost" }]);
    for (given, says) in [
        (truncated, "further pages"),
        (paged, "further pages"),
        (details(&[attached], &[role("app", &[])]), "policy/Lost"),
        (json!({ "UserDetailList": [user("ann", &[])] }), "roles of the account"),
    ] {
        let sources = with_files(&given.to_string());
        for question in QUESTIONS {
            let ran = iam(&sources, question);
            assert_eq!(ran.code, 3, "{question:?} of {says}: {} {}", ran.out, ran.err);
            assert!(ran.err.contains(says) || ran.out.contains(says), "{question:?} does not say `{says}`: {} {}", ran.out, ran.err);
        }
    }
    let no_users = with_files(&details(&[], &[role("app", &[])]).to_string());
    for question in [&["who-can", "s3:GetObject"][..], &["what-can", "app"], &["paths"], &["assert", "rules.toml"]] {
        let ran = iam(&no_users, question);
        assert!(ran.err.contains("taken for granted: the account has no users"), "{question:?}: {}", ran.err);
    }
}

#[test]
fn a_document_that_the_details_lack_can_be_given() {
    let mut ann = user("ann", &[]);
    ann["AttachedManagedPolicies"] =
        json!([{ "PolicyName": "ReadOnlyAccess", "PolicyArn": "arn:aws:iam::111122223333:policy/ReadOnlyAccess" }]);
    let sources = account(&details(&[ann], &[]));
    let without = iam(&sources, &["what-can", "ann"]);
    assert!(
        without.code == 3 && without.err.contains("0 actions that it can take, or may, by the policies that are known"),
        "{}",
        without.err
    );
    let json = iam(&sources, &["what-can", "ann", "--format", "json"]);
    assert!(lines(&json)[0]["notKnown"].as_str().is_some_and(|cause| cause.contains("ReadOnlyAccess")), "{}", json.out);
    sources.write("ro.json", document(&[allow("s3:GetObject", "*")]).to_string().as_bytes());
    let given = "arn:aws:iam::111122223333:policy/ReadOnlyAccess=ro.json";
    let with = iam(&sources, &["what-can", "ann", "--managed-policy", given]);
    assert_eq!((with.code, with.out.contains("allowed      s3:GetObject")), (0, true), "{} {}", with.out, with.err);
    let wrong = iam(&sources, &["what-can", "ann", "--managed-policy", "ReadOnlyAccess=ro.json"]);
    assert_eq!((wrong.code, wrong.err.contains("`ReadOnlyAccess=ro.json` is no ARN")), (2, true), "{}", wrong.err);
}

#[test]
fn what_a_principal_can_do_is_told_by_service() {
    let mut regional = allow("sns:Publish", "*");
    regional["Condition"] = json!({ "StringEquals": { "aws:RequestedRegion": "eu-west-1" } });
    let sources = account(&details(&[user("ann", &[allow("s3:GetObject", "arn:aws:s3:::b/*"), regional])], &[role("ann", &[])]));
    let found = iam(&sources, &["what-can", "user/ann", "--format", "json"]);
    let grants = lines(&found);
    assert_eq!((found.code, grants.len()), (0, 2), "{} {}", found.out, found.err);
    assert_eq!((&grants[0]["service"], &grants[0]["standing"]), (&json!("s3"), &json!("allowed")));
    assert_eq!((&grants[0]["actions"], &grants[0]["resources"]), (&json!(["s3:GetObject"]), &json!(["arn:aws:s3:::b/*"])));
    assert_eq!(
        (&grants[1]["standing"], &grants[1]["conditions"]),
        (&json!("conditional"), &json!(["if StringEquals aws:RequestedRegion = eu-west-1"]))
    );
    let table = iam(&sources, &["what-can", "arn:aws:iam::111122223333:user/ann"]);
    assert!(table.out.contains("  allowed      s3:GetObject\n               on arn:aws:s3:::b/*"), "{}", table.out);
    assert!(table.err.contains("no service control policy denies it") && table.err.contains("2 actions that it can take"), "{}", table.err);
    let both = iam(&sources, &["what-can", "ann"]);
    assert_eq!((both.code, both.err.contains("`user/ann` or `role/ann`")), (2, true), "{}", both.err);
    let nobody = iam(&sources, &["what-can", "bob"]);
    assert_eq!(
        (nobody.code, nobody.err.contains("`bob` is no user or role of account `111122223333`: give its ARN or its name")),
        (2, true)
    );
    let nothing = iam(&sources, &["what-can", "role/ann"]);
    assert!(nothing.code == 0 && nothing.out.is_empty() && nothing.err.contains("0 actions that it can take"), "{}", nothing.err);
}

#[test]
fn an_administrator_can_do_all_known_actions() {
    let dump = root().join("../shared/data/aws-api/other/authz/cloudsplaining-example-authz-details.json");
    let Some(dump) = dump.to_str().filter(|path| std::path::Path::new(path).exists()) else { return };
    let ran = run_in(&root(), &["iam", "what-can", "user/obama", "--account", dump]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("\ns3\n  allowed      all "), "{}", ran.out);
}

#[test]
fn a_proposal_is_proved_and_keeps_what_was_seen() {
    let sources = account(&details(&[user("ann", &[allow("s3:*", "arn:aws:s3:::b/*"), allow("sqs:*", "*")])], &[]));
    let observed = |resource: &str| {
        json!({ "principal": "arn:aws:iam::111122223333:user/ann", "action": "s3:GetObject", "resource": resource }).to_string()
    };
    let other = json!({ "principal": "arn:aws:iam::111122223333:user/bob", "action": "s3:PutObject" });
    let text = [observed("arn:aws:s3:::b/x"), other.to_string(), seen("ec2:StopInstances")].join("\n");
    sources.write("seen.jsonl", text.as_bytes());
    let ran = iam(&sources, &["least", "ann", "--observed", "seen.jsonl"]);
    let proposed: Value = serde_json::from_str(&ran.out).expect("one policy document");
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(
        proposed,
        json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::b/x"] }] })
    );
    for says in [
        "1 observation is of others",
        "2 observations replayed: 1 allowed as before, 0 on conditions as before, 1 not allowed",
        "not allowed now: ec2:StopInstances",
        "proven: of all requests",
    ] {
        assert!(ran.err.contains(says), "no `{says}`: {}", ran.err);
    }
    let last = json!({ "JobStatus": "COMPLETED", "ServicesLastAccessed": [
        { "ServiceNamespace": "sqs", "LastAuthenticated": "2026-11-01T00:00:00Z" },
        { "ServiceNamespace": "s3", "LastAuthenticated": "2026-11-01T00:00:00Z" }] });
    sources.write("last.json", last.to_string().as_bytes());
    let ran = iam(&sources, &["least", "ann", "--observed", "seen.jsonl", "--last-accessed", "last.json"]);
    assert_eq!((ran.code, ran.err.contains("no observation shows: `sqs`, last used 2026-11-01")), (3, true), "{}", ran.err);
}

#[test]
fn what_stands_in_the_way_of_a_proof_is_named_and_nothing_is_claimed() {
    // Which of forty places the letter has: more states than a proof may visit.
    let many = "?".repeat(40);
    let mut denied = allow("s3:*", "");
    denied["Effect"] = json!("Deny");
    denied.as_object_mut().expect("an object").remove("Resource");
    denied["NotResource"] = json!(format!("arn:aws:s3:::b/*c{many}?"));
    let sources = account(&details(&[user("ann", &[allow("s3:*", &format!("arn:aws:s3:::b/*a{many}")), denied])], &[]));
    sources.write("seen.jsonl", seen("s3:GetObject").as_bytes());
    let ran = iam(&sources, &["least", "ann", "--observed", "seen.jsonl"]);
    let claims = ran.err.contains("\nproven: ");
    let doubts = ran.err.contains("not proven that nothing new is allowed: statement 1 ");
    assert_eq!((ran.code, claims, doubts), (3, false, true), "{} {}", ran.out, ran.err);
}

#[test]
fn what_is_not_allowed_now_is_not_proposed() {
    let sources = account(&details(&[user("ann", &[allow("sqs:*", "*")])], &[]));
    sources.write("seen.jsonl", seen("s3:GetObject").as_bytes());
    let ran = iam(&sources, &["least", "ann", "--observed", "seen.jsonl"]);
    assert_eq!((ran.code, ran.out.as_str()), (3, ""), "{}", ran.err);
    assert!(ran.err.contains("nothing is proposed") && !ran.err.contains("proven"), "{}", ran.err);
}

#[test]
fn without_observations_nothing_is_proposed() {
    let sources = account(&details(&[user("ann", &[allow("s3:*", "*")])], &[]));
    for (text, code, says) in [
        ("", 2, "has no observation of `ann`"),
        ("{\"principal\": \"x\", \"action\": \"s3:GetObject\"}", 2, "has no observation of `ann`"),
        ("\n{\"principal\": 1}", 2, "seen.jsonl: line 2, column 15"),
    ] {
        sources.write("seen.jsonl", text.as_bytes());
        let ran = iam(&sources, &["least", "ann", "--observed", "seen.jsonl"]);
        assert_eq!((ran.code, ran.err.contains(says), ran.out.as_str()), (code, true, ""), "`{text}`: {}", ran.err);
    }
    sources.write("seen.jsonl", b"");
    let unused = iam(&sources, &["least", "ann", "--unused", "--observed", "seen.jsonl"]);
    assert_eq!((unused.code, unused.err.contains("no observation is of it")), (3, true), "{} {}", unused.out, unused.err);
    let mut lost = user("ann", &[allow("s3:*", "*")]);
    lost["AttachedManagedPolicies"] = json!([{ "PolicyName": "Lost", "PolicyArn": "arn:aws:iam::111122223333:policy/Lost" }]);
    let lost = account(&details(&[lost], &[]));
    lost.write("seen.jsonl", seen("s3:GetObject").as_bytes());
    let ran = iam(&lost, &["least", "ann", "--observed", "seen.jsonl"]);
    assert_eq!((ran.code, ran.err.contains("policy/Lost"), ran.out.as_str()), (2, true, ""), "{}", ran.err);
    let neither = iam(&sources, &["least", "ann"]);
    assert_eq!((neither.code, neither.err.contains("--observed")), (2, true), "{}", neither.err);
}

#[test]
fn what_is_allowed_and_not_used_is_told_by_each_source() {
    let sources = account(&details(&[user("ann", &[allow("sqs:*", "*"), allow("s3:GetObject", "*")])], &[]));
    sources.write("seen.jsonl", seen("sqs:SendMessage").as_bytes());
    let ran = iam(&sources, &["least", "ann", "--unused", "--observed", "seen.jsonl", "--format", "json"]);
    let [unused] = lines(&ran).try_into().expect("one line");
    assert_eq!((ran.code, &unused["services"]), (1, &json!(["s3"])), "{unused}");
    let of_sqs: Vec<&str> = unused["actions"]["sqs"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    assert!(of_sqs.contains(&"sqs:DeleteQueue") && !of_sqs.contains(&"sqs:SendMessage"), "{of_sqs:?}");
    let last = |status: &str, truncated: bool| {
        let last = json!({ "JobStatus": status, "IsTruncated": truncated, "ServicesLastAccessed": [
            { "ServiceNamespace": "sqs", "LastAuthenticated": "2026-11-01T00:00:00Z" }, { "ServiceNamespace": "s3" }] });
        sources.write("last.json", last.to_string().as_bytes());
        iam(&sources, &["least", "ann", "--unused", "--last-accessed", "last.json"])
    };
    let ran = last("COMPLETED", false);
    assert_eq!((ran.code, ran.out.contains("services not used: s3\n")), (1, true), "{} {}", ran.out, ran.err);
    assert!(ran.err.contains("which actions of sqs it uses"), "{}", ran.err);
    for (status, truncated, says) in [("IN_PROGRESS", false, "`IN_PROGRESS`"), ("COMPLETED", true, "`IsTruncated`")] {
        let ran = last(status, truncated);
        assert_eq!((ran.code, ran.err.contains(says), ran.out.as_str()), (2, true, ""), "{}", ran.err);
    }
}

fn rule(more: &str) -> String {
    format!("[[rule]]\nid = 'no-deletes'\ntitle = 'Only the role app deletes'\n{more}\n")
}

#[test]
fn rules_hold_are_broken_by_a_request_or_cannot_be_said() {
    let mut conditional = allow("s3:DeleteObject", "arn:aws:s3:::ledger/*");
    conditional["Condition"] = json!({ "Bool": { "aws:MultiFactorAuthPresent": "true" } });
    let sources = account(&details(&[user("ann", &[conditional]), user("bob", &[allow("s3:GetObject", "*")])], &[role("app", &[])]));
    let asked = |more: &str, options: &[&str]| {
        sources.write("rules.toml", rule(more).as_bytes());
        iam(&sources, &[&["assert", "rules.toml", "--as-of", "2026-11-20"], options].concat())
    };
    let holds = asked("who = { name = ['bob'] }\nmay_not = { actions = ['s3:Delete*'] }", &[]);
    assert_eq!(holds.code, 0, "{} {}", holds.out, holds.err);
    assert!(holds.out.starts_with("holds        no-deletes: ") && holds.out.contains("1 rule: 1 hold, 0 violated"), "{}", holds.out);
    assert!(holds.err.contains("taken for granted: no service control policy"), "{}", holds.err);

    let broken = asked("who = { kind = 'user' }\nmay_not = { actions = ['s3:Delete*'] }", &["--format", "json"]);
    let evidence: Value = serde_json::from_str(&broken.out).expect("one object");
    assert_eq!((broken.code, &evidence["date"], &evidence["account"]), (1, &json!("2026-11-20T00:00:00Z"), &json!(ACCOUNT)), "{evidence}");
    let judged = &evidence["rules"][0];
    assert_eq!((&judged["id"], &judged["outcome"]), (&json!("no-deletes"), &json!("violated")));
    let witness = &judged["witnesses"][0];
    assert_eq!((&witness["principal"], &witness["action"]), (&json!("arn:aws:iam::111122223333:user/ann"), &json!("s3:DeleteObject")));
    assert_eq!(witness["context"], json!({ "aws:MultiFactorAuthPresent": ["true"] }), "{witness}");
    assert!(judged["assumptions"].as_array().is_some_and(|all| !all.is_empty()), "{judged}");
    let files: Vec<&Value> = evidence["inputs"].as_array().expect("a list").iter().map(|input| &input["file"]).collect();
    assert_eq!(files, ["rules.toml", "details.json"]);
    let sum = std::process::Command::new("sha256sum").current_dir(sources.path()).arg("details.json").output();
    if let Ok(sum) = sum {
        let hash = String::from_utf8(sum.stdout).expect("text");
        assert_eq!(hash.split(' ').next(), evidence["inputs"][1]["sha256"].as_str());
    }

    let ledger = "who = { kind = 'role' }\nmay_not = { actions = ['s3:DeleteObject'] }\non = { arn = ['arn:aws:s3:::ledger'] }";
    let open = asked(ledger, &[]);
    assert_eq!((open.code, open.out.contains("not known: ")), (3, true), "the bucket's own policy was not given: {}", open.out);
    let closed = asked(ledger, &["--no-other-resource-policies"]);
    assert_eq!(closed.code, 0, "{} {}", closed.out, closed.err);
    let nobody = asked("who = { name = ['carol'] }\nmay_not = { actions = ['s3:*'] }", &[]);
    assert_eq!((nobody.code, nobody.out.starts_with("about nobody no-deletes")), (3, true), "{}", nobody.out);
}

#[test]
fn a_file_of_rules_that_is_wrong_says_where() {
    let sources = account(&details(&[user("ann", &[])], &[]));
    for (text, says) in [
        ("", "rules.toml: line 1, column 1: "),
        ("rule = []", "rules.toml: line 1, column 1: has no rules"),
        ("[[rule]]\nid = 'a'\ntitle = 't'\nwho = { team = 'x' }\nmay_not = {}", "rules.toml: line 4, column 9: "),
        ("[[rule]]\nid = ", "rules.toml: line 2, column 6: "),
    ] {
        sources.write("rules.toml", text.as_bytes());
        let ran = iam(&sources, &["assert", "rules.toml"]);
        assert_eq!((ran.code, ran.err.contains(says), ran.out.as_str()), (2, true, ""), "`{text}`: {}", ran.err);
    }
}

#[test]
fn paths_are_drawn_with_what_is_not_known() {
    let mut lost = user("lost<b>&", &[allow("iam:PutUserPolicy", "*")]);
    lost["AttachedManagedPolicies"] = json!([{ "PolicyName": "Lost", "PolicyArn": "arn:aws:iam::111122223333:policy/Lost" }]);
    let sources =
        account(&details(&[user("root-like", &[allow("*", "*")]), user("climber", &[allow("iam:AttachUserPolicy", "*")]), lost], &[]));
    let svg = iam(&sources, &["paths", "--svg"]);
    assert!(svg.code == 1 && svg.out.starts_with("<svg xmlns=") && svg.out.ends_with("</svg>\n"), "{} {}", svg.out, svg.err);
    for says in [
        ">user climber</text>",
        "lost&lt;b&gt;&amp;",
        ">iam-attach-user-policy</text>",
        ">is</text>",
        "users and roles of whom not all is known, so that more may be open: 1<",
        "taken for granted: no service control policy",
    ] {
        assert!(svg.out.contains(says), "no `{says}`: {}", svg.out);
    }
    let html = iam(&sources, &["paths", "--html"]);
    assert!(html.out.starts_with("<!doctype html>") && html.out.contains(&svg.out) && !html.out.contains("<b>"), "{}", html.out);
    assert!(html.out.contains("user climber can become administrator") && html.out.contains("fix: ") && html.out.contains("policy/Lost"));
    let both = iam(&sources, &["paths", "--html", "--dot"]);
    assert_eq!((both.code, both.out.as_str()), (2, ""), "{}", both.err);
    let nobody = iam(&account(&details(&[user("ann", &[])], &[role("app", &[])])), &["paths", "--svg"]);
    assert!(
        nobody.out.contains("administrators: 0; paths to administrator: 0<") && nobody.out.contains("taken for granted"),
        "{}",
        nobody.out
    );
}

#[test]
fn the_example_rules_have_one_outcome_each() {
    let details = "examples/harbour-bank/cli/444455556666/global/iam/get-account-authorization-details.json";
    let ran = run_in(&root(), &["iam", "assert", "examples/policies/duties.toml", "--account", details]);
    assert_eq!(ran.code, 1, "{} {}", ran.out, ran.err);
    for says in [
        "holds        workload-roles-change-no-permissions: ",
        "violated     the-pipeline-passes-no-roles: ",
        "  arn:aws:iam::444455556666:role/pipeline may do iam:PassRole on *",
        "violated     people-delete-no-payments: ",
        "allowed by statement 1 (line 1, column 15) of the identity policy `arn:aws:iam::aws:policy/PowerUserAccess`",
        "not known: whether user release-bot may do `s3:DeleteObject",
        "3 rules: 1 hold, 2 violated, 0 cannot be said, 0 about nobody",
    ] {
        assert!(ran.out.contains(says), "no `{says}`: {}", ran.out);
    }
}
