use std::collections::BTreeMap;

use partywall_iam::account::{Account, Assertions, Given, GivenResource, Judged, KnownAction, Outcome};
use serde_json::json;

use crate::make::{Details, allow, attach, deny};

const ACTIONS: [KnownAction<'_>; 3] = [
    KnownAction { name: "s3:GetObject", wildcard_only: false, access_level: Some("Read") },
    KnownAction { name: "s3:PutObject", wildcard_only: false, access_level: Some("Write") },
    KnownAction { name: "ec2:ModifyInstanceAttribute", wildcard_only: false, access_level: Some("Write") },
];

fn judge(account: &Account, rule: &str) -> Judged {
    let text = format!("[[rule]]\nid = 'r'\ntitle = 't'\n{rule}");
    account.judge(&Assertions::parse(&text).unwrap(), &ACTIONS).remove(0)
}

fn team(details: &mut Details, name: &str, team: &str, statement: serde_json::Value) {
    details.user(name, &[statement])["Tags"] = json!([{ "Key": "team", "Value": team }]);
}

const NO_DEV_READS: &str =
    "who = { tags = { team = 'dev' } }\nmay_not = { actions = ['s3:Get*'] }\non = { tags = { class = 'financial' } }";

fn bucket(class: &str) -> GivenResource {
    GivenResource { policy: None, tags: Some(vec![("class".to_owned(), class.to_owned())]) }
}

fn given(complete: bool) -> Given {
    let resources =
        BTreeMap::from([("arn:aws:s3:::ledger".to_owned(), bucket("financial")), ("arn:aws:s3:::web".to_owned(), bucket("public"))]);
    Given { resources, resources_complete: complete, ..Given::default() }
}

#[test]
fn a_developer_who_reads_the_ledger_is_found_with_a_request() {
    let mut details = Details::new();
    team(&mut details, "dev", "dev", allow(&["s3:*"], "arn:aws:s3:::ledger/*"));
    team(&mut details, "ops", "ops", allow(&["s3:*"], "*"));
    let account = details.read(&given(true));
    let judged = judge(&account, NO_DEV_READS);
    assert_eq!((judged.outcome, judged.selected), (Outcome::Fail, 1));
    let [violation] = judged.violations.as_slice() else { panic!("{judged:?}") };
    assert_eq!((violation.action.as_str(), violation.resource.as_str()), ("s3:GetObject", "arn:aws:s3:::ledger/*"));
    assert!(violation.why.contains("statement 1"), "{violation:?}");
}

#[test]
fn rules_that_are_kept_pass_only_if_everything_is_known() {
    let mut details = Details::new();
    team(&mut details, "dev", "dev", allow(&["s3:*"], "arn:aws:s3:::web/*"));
    assert_eq!(judge(&details.read(&given(true)), NO_DEV_READS).outcome, Outcome::Pass);
    let incomplete = judge(&details.read(&given(false)), NO_DEV_READS);
    assert_eq!(incomplete.outcome, Outcome::Unknown, "{incomplete:?}");
    attach(details.user("dev2", &[]), "arn:aws:iam::aws:policy/Unread");
    details.user("dev3", &[allow(&["s3:*"], "*")]).as_object_mut().unwrap().remove("Tags");
    let judged = judge(&details.read(&given(true)), "who = { name = ['dev2'] }\nmay_not = { actions = ['s3:GetObject'] }");
    assert_eq!(judged.outcome, Outcome::Unknown);
    assert!(judged.unknown[0].contains("Unread"), "{judged:?}");
    let judged = judge(&details.read(&given(true)), NO_DEV_READS);
    assert_eq!(judged.outcome, Outcome::Unknown, "the tags of a user that could read it are not known");
}

#[test]
fn conditions_are_met_by_the_witness() {
    for (condition, key) in [
        (json!({ "StringLike": { "aws:RequestedRegion": "eu-*" } }), "aws:RequestedRegion"),
        (json!({ "Bool": { "aws:MultiFactorAuthPresent": "true" } }), "aws:MultiFactorAuthPresent"),
        (json!({ "IpAddress": { "aws:SourceIp": "10.0.0.0/8" } }), "aws:SourceIp"),
        (json!({ "NumericLessThan": { "aws:MultiFactorAuthAge": "3600" } }), "aws:MultiFactorAuthAge"),
        (json!({ "DateGreaterThan": { "aws:CurrentTime": "2020-01-01T00:00:00Z" } }), "aws:CurrentTime"),
    ] {
        let mut details = Details::new();
        let mut statement = allow(&["ec2:ModifyInstanceAttribute"], "*");
        statement["Condition"] = condition;
        let mut denied = deny(&["ec2:*"], "*");
        denied["Condition"] = json!({ "BoolIfExists": { "aws:SecureTransport": "false" } });
        details.user("finance-1", &[statement, denied]);
        let account = details.read(&given(true));
        let judged = judge(&account, "who = { name = ['finance-*'] }\nmay_not = { access = ['Write'], services = ['ec2'] }");
        assert_eq!(judged.outcome, Outcome::Fail, "{judged:?}");
        assert!(judged.violations[0].context.iter().any(|(have, _)| have == key), "{judged:?}");
    }
}

#[test]
fn a_rule_that_is_about_nobody_or_nothing_does_not_pass() {
    let mut details = Details::new();
    details.user("u", &[allow(&["s3:*"], "*")]);
    let account = details.read(&given(true));
    assert_eq!(judge(&account, "who = { name = ['nobody'] }\nmay_not = { actions = ['s3:GetObject'] }").outcome, Outcome::NobodySelected);
    assert_eq!(judge(&account, "who = { name = ['u'] }\nmay_not = { actions = ['dynamodb:Get*'] }").outcome, Outcome::Unknown);
    let except = "who = { kind = 'user' }\nexcept = { name = ['u'] }\nmay_not = { actions = ['s3:GetObject'] }";
    assert_eq!(judge(&account, except).outcome, Outcome::NobodySelected);
}

#[test]
fn files_that_are_wrong_say_where() {
    let reason = |text: &str| Assertions::parse(text).unwrap_err().to_string();
    let rule = |rest: &str| format!("[[rule]]\nid = 'r'\ntitle = 't'\n{rest}");
    assert!(reason("[[rule]]\nid = ").starts_with("line 2, column 6"), "{}", reason("[[rule]]\nid = "));
    assert!(
        reason(&rule("who = { team = 'x' }\nmay_not = {}")).starts_with("line 4, column 9"),
        "{}",
        reason(&rule("who = { team = 'x' }"))
    );
    assert!(reason(&rule("who = {}\nmay_not = { actions = ['s3:*'] }")).contains("nobody in particular"));
    assert!(reason(&rule("who = { name = ['x'] }\nmay_not = {}")).contains("forbids nothing"));
    assert!(reason(&rule("who = { name = ['x'] }\nmay_not = { actions = ['GetObject'] }")).contains("without service"));
    assert!(reason(&rule("who = { kind = 'group' }\nmay_not = { actions = ['*'] }")).contains("`group` is neither"));
    let twice = format!("{0}\n{0}", rule("who = { name = ['x'] }\nmay_not = { actions = ['*'] }"));
    assert!(reason(&twice).starts_with("line 6") && reason(&twice).contains("is there twice"), "{}", reason(&twice));
}
