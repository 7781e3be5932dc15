mod rules;

use partywall_model::{Cause, CauseKind, Severity, Value};
use proptest::prelude::*;

use super::*;
use crate::{reference, value_from_json};

fn found(policy: &str, kind: PolicyKind) -> Vec<Finding> {
    lint(&Value::str(policy), Some(kind), reference().unwrap())
}

fn has(policy: &str, kind: PolicyKind, rule: Rule) -> bool {
    found(policy, kind).iter().any(|finding| finding.rule == rule)
}

/// A policy of the kind with one statement of these elements.
fn statement(elements: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{{{elements}}}]}}"#)
}

/// `Allow` of these actions on these resources under these conditions.
fn allow(action: &str, resource: &str, condition: &str) -> String {
    statement(&format!(r#""Effect":"Allow","Action":{action},"Resource":{resource},"Condition":{{{condition}}}"#))
}

#[test]
fn an_element_written_twice() {
    let mut tree = value_from_json(&statement(r#""Effect":"Allow","effect":"Deny","Action":"s3:GetObject","Resource":"*""#)).unwrap();
    let findings = lint(&tree, Some(PolicyKind::Identity), reference().unwrap());
    assert!(findings.iter().any(|finding| finding.rule == Rule::DuplicateElement && finding.path == "Statement[0].effect"));
    if let Value::Map(members) = &mut tree {
        members.retain(|(name, _)| &**name != "Statement");
    }
    assert!(lint(&tree, None, reference().unwrap()).iter().any(|finding| finding.rule == Rule::MissingStatement));
}

#[test]
fn a_finding_says_where_and_what_to_do() {
    let policy = allow(r#"["s3:GetObject","s3:GetObjcet"]"#, r#""arn:aws:s3:::b/*""#, "");
    let mut findings = found(&policy, PolicyKind::Identity);
    let [finding] = findings.as_slice() else { panic!("{findings:#?}") };
    assert_eq!(
        (finding.path.as_str(), finding.rule.id(), finding.severity),
        ("Statement[0].Action[1]", "unknown-action", Severity::Medium)
    );
    assert!(finding.message.starts_with("action `s3:GetObjcet` is not in the reference data of 20"), "{}", finding.message);
    assert!(finding.rule.advice().contains("correct the name"));
    locate(&mut findings, |path| (path == "Statement[0].Action[1]").then_some((4, 9)));
    assert_eq!(findings[0].position, Some((4, 9)));
    let single = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get","Resource":"*"}}"#;
    assert_eq!(found(single, PolicyKind::Identity)[0].path, "Statement.Action");
}

#[test]
fn an_unknown_action_switches_nothing_off() {
    let policy = allow(
        r#"["s3:GetNothing","s3:GetObject","iam:PassRole"]"#,
        r#"["arn:aws:s3:::b","arn:aws:iam::*:role/*"]"#,
        r#""StringEquals":{"s3:nokey":"a"}"#,
    );
    let rules: Vec<&str> = found(&policy, PolicyKind::Identity).iter().map(|finding| finding.rule.id()).collect();
    for rule in ["unknown-action", "resource-mismatch", "pass-role-wildcard", "unknown-condition-key"] {
        assert!(rules.contains(&rule), "{rule} is not among {rules:?}");
    }
}

#[test]
fn what_is_unknown_is_left_alone() {
    let mut tree =
        value_from_json(&allow(r#"["s3:GetObject"]"#, r#""arn:aws:s3:::b/*""#, r#""Bool":{"aws:SecureTransport":"true"}"#)).unwrap();
    assert_eq!(lint(&tree, Some(PolicyKind::Identity), reference().unwrap()), []);
    for name in ["Effect", "Action", "Resource", "Condition"] {
        let mut partly = tree.clone();
        if let Value::Map(members) = &mut partly
            && let Some((_, Value::List(statements))) = members.iter_mut().find(|(name, _)| &**name == "Statement")
        {
            statements[0].set(name, Value::unknown(Cause::new(CauseKind::UnresolvedReference, "x")));
        }
        assert_eq!(lint(&partly, Some(PolicyKind::Identity), reference().unwrap()), [], "{name}");
    }
    tree.set("Statement", Value::unknown(Cause::new(CauseKind::UnresolvedReference, "x")));
    assert_eq!(lint(&tree, None, reference().unwrap()), []);
    assert_eq!(lint(&Value::unknown(Cause::new(CauseKind::Denied, "x")), None, reference().unwrap()), []);
}

#[test]
fn kinds_are_guessed() {
    for (elements, want) in [
        (r#""Effect":"Allow","Action":"s3:GetObject","Resource":"*""#, PolicyKind::Identity),
        (r#""Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*""#, PolicyKind::Resource),
        (r#""Effect":"Allow","Principal":{"AWS":"1"},"Action":["sts:AssumeRole","sts:TagSession"]"#, PolicyKind::Trust),
        (r#""Effect":"Allow","NotPrincipal":"*","Action":"*""#, PolicyKind::Resource),
    ] {
        assert_eq!(PolicyKind::guess(&value_from_json(&statement(elements)).unwrap()), want, "{elements}");
    }
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(vec![
            "*", "s3:*", "*:*a", "s3:GetObject", "ec2:*", "Allow", "2012-10-17", "arn:aws:s3:::b/*", "arn:aws:s3*", "${aws:username}", "{B.Arn}", "AWS", "StringEquals",
            "ForAllValues:StringLike", "Null", "aws:SourceIp", "s3:prefix", "Effect", "Action", "NotAction", "Resource", "Principal", "Condition", "Statement", "Version",
        ]).prop_map(str::to_owned),
        1 => "\\PC{0,12}",
    ]
}

fn tree() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![6 => word().prop_map(Value::str), 1 => Just(Value::Null), 1 => any::<i64>().prop_map(Value::Int), 1 => any::<bool>().prop_map(Value::Bool)];
    leaf.prop_recursive(5, 64, 5, |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            3 => prop::collection::vec((word(), inner), 0..6).prop_map(|members| Value::Map(members.into_iter().map(|(name, value)| (name.into(), value)).collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_tree_is_answered_in_one_line_each(tree in tree(), statement in tree()) {
        let wrapped = Value::Map(vec![("Version".into(), Value::str("2012-10-17")), ("Statement".into(), statement)]);
        for policy in [tree, wrapped] {
            for kind in [None, Some(PolicyKind::Identity), Some(PolicyKind::Trust), Some(PolicyKind::Rcp)] {
                for finding in lint(&policy, kind, reference().unwrap()) {
                    prop_assert!(!finding.message.contains('\n'));
                }
            }
            answer_row(&policy, true, reference().unwrap());
        }
    }

    #[test]
    fn any_text_is_answered(text in "\\PC{0,200}") {
        lint(&Value::str(text), None, reference().unwrap());
    }
}
