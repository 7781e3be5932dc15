//! `partywall iam` on an account as sources show it: policies and tags of resources come with the identities.

use serde_json::{Value, json};

use crate::iam_account::{ACCOUNT, allow, details, document, role, user};
use crate::support::{Ran, Sources, root, run_in};

const RULES: &str = "[[rule]]\nid = 'no-dev-reads-financial'\ntitle = 'No developer reads financial data'\nwho = { tags = { team = 'dev' } }\n\
                     may_not = { actions = ['s3:GetObject'] }\non = { tags = { class = 'financial' }, arn = ['arn:aws:s3:::*'] }\n";

/// Saved answers of an account: two buckets, `ledger` tagged as financial, with this policy on it.
fn saved(users: &[Value], on_ledger: Option<Value>) -> Sources {
    let place = |call: &str| format!("saved/{ACCOUNT}/eu-central-1/s3api/{call}.json");
    let policy = match on_ledger {
        Some(policy) => json!({ "Policy": policy.to_string() }).to_string(),
        None => {
            "An error occurred (NoSuchBucketPolicy) when calling the GetBucketPolicy operation: The bucket policy does not exist".into()
        }
    };
    let buckets = json!({ "Buckets": [{ "Name": "ledger", "BucketRegion": "eu-central-1" }, { "Name": "web", "BucketRegion": "eu-central-1" }],
        "Owner": { "ID": "x" } });
    let tags = |class: &str| json!({ "TagSet": [{ "Key": "class", "Value": class }] }).to_string();
    let none = "An error occurred (NoSuchBucketPolicy) when calling the GetBucketPolicy operation: The bucket policy does not exist";
    Sources::new(&[
        ("rules.toml", RULES),
        (&format!("saved/{ACCOUNT}/global/iam/get-account-authorization-details.json"), &details(users, &[role("r", &[])]).to_string()),
        (&format!("saved/{ACCOUNT}/global/s3api/list-buckets.json"), &buckets.to_string()),
        (&place("get-bucket-tagging/ledger"), &tags("financial")),
        (&place("get-bucket-tagging/web"), &tags("public")),
        (&place("get-bucket-policy/ledger"), &policy),
        (&place("get-bucket-policy/web"), none),
    ])
}

fn dev(statements: &[Value]) -> Value {
    let mut user = user("dev", statements);
    user["Tags"] = json!([{ "Key": "team", "Value": "dev" }]);
    user
}

fn judged(sources: &Sources) -> Ran {
    sources.run(&["iam", "assert", "rules.toml", "--account", "saved", "--format", "json"])
}

#[test]
fn tags_and_policies_of_resources_decide_an_assertion() {
    let reads_all = judged(&saved(&[dev(&[allow("s3:GetObject", "*")])], None));
    assert_eq!(reads_all.code, 1, "{}", reads_all.err);
    let found: Value = serde_json::from_str(&reads_all.out).unwrap();
    assert_eq!(found["rules"][0]["outcome"], "violated");
    assert_eq!(found["rules"][0]["witnesses"][0]["resource"], "arn:aws:s3:::ledger");
    assert_eq!(found["inputs"][1]["sha256"].as_str().unwrap().len(), 64);

    let of_web = judged(&saved(&[dev(&[allow("s3:GetObject", "arn:aws:s3:::web/*")])], None));
    assert_eq!(of_web.code, 0, "{}{}", of_web.out, of_web.err);

    let by_bucket = json!({ "Effect": "Allow", "Principal": { "AWS": format!("arn:aws:iam::{ACCOUNT}:user/dev") }, "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::ledger/*" });
    let let_in = judged(&saved(&[dev(&[])], Some(document(&[by_bucket]))));
    assert_eq!(let_in.code, 1, "{}{}", let_in.out, let_in.err);
    assert!(let_in.out.contains("resource policy"), "{}", let_in.out);
}

#[test]
fn a_bucket_policy_that_nobody_read_leaves_the_rule_open() {
    let sources = saved(&[dev(&[])], None);
    std::fs::remove_file(sources.path().join(format!("saved/{ACCOUNT}/eu-central-1/s3api/get-bucket-policy/ledger.json"))).unwrap();
    let ran = judged(&sources);
    assert_eq!(ran.code, 3, "{}", ran.out);
}

#[test]
fn a_listing_that_was_cut_off_is_named() {
    let sources = saved(&[dev(&[])], None);
    let file = sources.path().join(format!("saved/{ACCOUNT}/global/iam/get-account-authorization-details.json"));
    let whole = std::fs::read(&file).unwrap();
    std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    let ran = judged(&sources);
    assert_eq!((ran.code, ran.err.contains("get-account-authorization-details.json")), (2, true), "{}", ran.err);
}

#[test]
fn a_listed_bucket_without_a_policy_makes_a_no() {
    let sources = saved(&[dev(&[])], None);
    let ran = sources.run(&["iam", "who-can", "s3:GetObject", "arn:aws:s3:::*", "--account", "saved", "--format", "json"]);
    assert_eq!((ran.code, ran.out.contains("user/dev")), (0, false), "{}{}", ran.out, ran.err);
    // Nobody listed the queues.
    let ran = sources.run(&["iam", "who-can", "sqs:SendMessage", &format!("arn:aws:sqs:eu-central-1:{ACCOUNT}:*"), "--account", "saved"]);
    assert_eq!((ran.code, ran.out.contains("user/dev")), (3, true), "{}{}", ran.out, ran.err);
}

#[test]
fn which_account_is_said_where_there_are_several() {
    let ran = |arguments: &[&str]| run_in(&root(), &[&["iam", "paths", "--account"], arguments].concat());
    let several = ran(&["examples/harbour-bank"]);
    assert_eq!(several.code, 2);
    assert!(several.err.contains("111122223333, 444455556666; say which one with --account-id"), "{}", several.err);
    let other = ran(&["examples/harbour-bank", "--account-id", "999999999999"]);
    assert_eq!((other.code, other.err.contains("no users and roles of account `999999999999`")), (2, true), "{}", other.err);
    let one = ran(&["examples/harbour-bank", "--account-id", "444455556666"]);
    assert!(one.err.contains("0 administrators, 1 path") || one.out.contains("0 administrators, 1 path"), "{}{}", one.out, one.err);
    let templates = ran(&["examples/harbour-bank/templates"]);
    assert_eq!((templates.code, templates.err.contains("holds no users and roles of an account")), (2, true), "{}", templates.err);
}
