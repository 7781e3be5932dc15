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

/// Each rule: a policy that it finds, and the nearest one that it does not.
#[test]
fn each_rule_finds_and_leaves() {
    use PolicyKind::{Boundary, Identity, Rcp, Resource, Scp, Trust};
    const GET: &str = r#""Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*""#;
    const EVERYBODY: &str = r#""Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*""#;
    const ASSUME: &str = r#""Effect":"Allow","Action":"sts:AssumeRole","Principal":"#;
    let object = |condition: &str| allow(r#""s3:GetObject""#, r#""arn:aws:s3:::b/*""#, condition);
    let deny = |elements: &str| statement(&format!(r#""Effect":"Deny",{elements}"#));
    let on = |action: &str, resource: &str| allow(action, resource, "");
    let principal = |who: &str| statement(&format!("{ASSUME}{who}"));
    let two =
        |one: &str, other: &str| format!(r#"{{"Version":"2012-10-17","Statement":[{{{GET},"Sid":"{one}"}},{{{GET},"Sid":"{other}"}}]}}"#);
    let good = statement(GET);
    let long = |count: usize| on(&format!("[{}]", vec![r#""s3:GetObject""#; count].join(",")), r#""arn:aws:s3:::b/*""#);
    let cases: Vec<(Rule, PolicyKind, String, String)> = vec![
        (Rule::NotJson, Identity, "{".into(), good.clone()),
        (Rule::NotADocument, Identity, "[]".into(), good.clone()),
        (Rule::UnknownElement, Identity, statement(&format!(r#"{GET},"Resources":"*""#)), good.clone()),
        (Rule::WrongType, Identity, on(r#"["s3:GetObject",7]"#, r#""*""#), good.clone()),
        (Rule::EmptyList, Identity, on("[]", r#""*""#), good.clone()),
        (Rule::MissingStatement, Identity, r#"{"Version":"2012-10-17"}"#.into(), good.clone()),
        (Rule::BadVersion, Identity, good.replace("2012-10-17", "2012-10-18"), good.clone()),
        (Rule::MissingEffect, Identity, statement(r#""Action":"s3:GetObject","Resource":"*""#), good.clone()),
        (Rule::BadEffect, Identity, good.replace("Allow", "allow"), good.clone()),
        (Rule::MissingAction, Identity, statement(r#""Effect":"Deny","Resource":"*""#), good.clone()),
        (Rule::MissingResource, Identity, statement(r#""Effect":"Deny","Action":"s3:GetObject""#), good.clone()),
        (Rule::MissingPrincipal, Resource, good.clone(), statement(EVERYBODY)),
        (Rule::PrincipalNotAllowed, Identity, statement(EVERYBODY), good.clone()),
        (Rule::ResourceNotAllowed, Trust, statement(&format!(r#"{ASSUME}"*","Resource":"*""#)), principal(r#""*""#)),
        (Rule::ElementAndItsOpposite, Identity, statement(&format!(r#"{GET},"NotAction":"s3:PutObject""#)), good.clone()),
        (Rule::DuplicateSid, Identity, two("a", "a"), two("a", "b")),
        (Rule::BadSid, Identity, two("a b", "c"), two("ab", "c")),
        (Rule::BadAction, Identity, on(r#""GetObject""#, r#""*""#), good.clone()),
        (Rule::BadArn, Identity, on(r#""s3:GetObject""#, r#""b/*""#), on(r#""s3:GetObject""#, r#""arn:aws:s3*""#)),
        (
            Rule::BadArn,
            Identity,
            on(r#""sqs:SendMessage""#, r#""arn:aws:sqs:europe:1:q""#),
            on(r#""sqs:SendMessage""#, r#""arn:aws:sqs:eu-west-1:111122223333:q""#),
        ),
        (
            Rule::BadPrincipal,
            Trust,
            principal(r#"{"AWS":"arn:aws:iam::111122223333:role/*"}"#),
            principal(r#"{"AWS":"arn:aws:iam::111122223333:role/a"}"#),
        ),
        (Rule::BadPrincipal, Trust, principal(r#"{"Service":"lambda"}"#), principal(r#"{"Service":"lambda.amazonaws.com"}"#)),
        (
            Rule::BadPrincipal,
            Trust,
            principal(r#""arn:aws:iam::111122223333:root""#),
            principal(r#"{"AWS":["111122223333","arn:aws:iam::111122223333:root"]}"#),
        ),
        (
            Rule::UnknownOperator,
            Identity,
            object(r#""StringSame":{"aws:PrincipalOrgID":"o-1"}"#),
            object(r#""stringlike":{"aws:PrincipalOrgID":"o-1"}"#),
        ),
        (
            Rule::BadValue,
            Identity,
            object(r#""IpAddress":{"aws:SourceIp":"203.0.113"}"#),
            object(r#""IpAddress":{"aws:SourceIp":["203.0.113.0/24","2001:db8::/32"]}"#),
        ),
        (Rule::BadValue, Identity, object(r#""Null":{"aws:SourceIp":"maybe"}"#), object(r#""Null":{"aws:SourceIp":true}"#)),
        (Rule::TooLarge, Boundary, long(600), long(200)),
        (Rule::TooLarge, Identity, long(5_000), long(600)),
        (Rule::TrustAction, Trust, principal(r#""*""#).replace("sts:AssumeRole", "s3:GetObject"), principal(r#""*""#)),
        (Rule::RcpForm, Rcp, statement(EVERYBODY), statement(EVERYBODY).replace("Allow", "Deny")),
        (
            Rule::RcpForm,
            Rcp,
            statement(EVERYBODY).replace("Allow", "Deny").replace("s3:GetObject", "iam:GetUser"),
            statement(EVERYBODY).replace("Allow", "Deny"),
        ),
        (Rule::VersionMissing, Identity, good.replace(r#""Version":"2012-10-17","#, ""), good.clone()),
        (Rule::VersionOld, Identity, good.replace("2012", "2008"), good.clone()),
        (
            Rule::VariableInOldVersion,
            Identity,
            on(r#""s3:GetObject""#, r#""arn:aws:s3:::b/${aws:username}/*""#).replace("2012", "2008"),
            on(r#""s3:GetObject""#, r#""arn:aws:s3:::b/${aws:username}/*""#),
        ),
        (
            Rule::UnknownVariable,
            Identity,
            on(r#""s3:GetObject""#, r#""arn:aws:s3:::b/${aws:usrname}/*""#),
            on(r#""s3:GetObject""#, r#""arn:aws:s3:::b/${aws:PrincipalTag/team, 'none'}/${*}""#),
        ),
        (Rule::UnknownService, Identity, on(r#""s33:GetObject""#, r#""*""#), good.clone()),
        (Rule::UnknownAction, Identity, on(r#""s3:GetObjects""#, r#""*""#), good.clone()),
        (Rule::PatternMatchesNothing, Identity, on(r#""s3:Fetch*""#, r#""*""#), on(r#""s3:GetObj*""#, r#""*""#)),
        (
            Rule::UnknownConditionKey,
            Identity,
            object(r#""StringEquals":{"aws:PrincipalOrg":"o-1"}"#),
            object(r#""StringEquals":{"aws:PrincipalOrgID":"o-1"}"#),
        ),
        (
            Rule::UnknownConditionKey,
            Trust,
            statement(&format!(r#"{ASSUME}"*","Condition":{{"StringEquals":{{"sts:External":"x"}}}}"#)),
            statement(&format!(r#"{ASSUME}"*","Condition":{{"StringEquals":{{"oidc.example.com/id/1:sub":"x"}}}}"#)),
        ),
        (
            Rule::ConditionKeyNotForAction,
            Identity,
            object(r#""StringEquals":{"s3:prefix":"a"}"#),
            allow(r#""s3:ListBucket""#, r#""arn:aws:s3:::b""#, r#""StringEquals":{"s3:prefix":"a"}"#),
        ),
        (
            Rule::OperatorTypeMismatch,
            Identity,
            object(r#""NumericEquals":{"aws:SourceIp":"1"}"#),
            object(r#""IpAddress":{"aws:SourceIp":"203.0.113.1"}"#),
        ),
        (
            Rule::OperatorTypeMismatch,
            Identity,
            object(r#""StringEquals":{"aws:CurrentTime":"2026-01-01"}"#),
            object(r#""NumericLessThan":{"aws:EpochTime":"1767225600"}"#),
        ),
        (
            Rule::StringOperatorOnArn,
            Identity,
            object(r#""StringLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/a"}"#),
            object(r#""ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/a"}"#),
        ),
        (
            Rule::SingleValuedSetOperator,
            Identity,
            object(r#""ForAnyValue:StringEquals":{"aws:PrincipalTag/a":"b"}"#),
            object(r#""ForAnyValue:StringEquals":{"aws:PrincipalOrgPaths":"o-1/r-1/"}"#),
        ),
        (
            Rule::ForAllValuesWithoutNull,
            Identity,
            object(r#""ForAllValues:StringEquals":{"aws:CalledVia":"athena.amazonaws.com"}"#),
            object(r#""ForAllValues:StringEquals":{"aws:CalledVia":"athena.amazonaws.com"},"Null":{"aws:calledvia":"false"}"#),
        ),
        (
            Rule::SetOperatorMissing,
            Identity,
            object(r#""StringEquals":{"aws:CalledVia":"athena.amazonaws.com"}"#),
            object(r#""ForAnyValue:StringEquals":{"aws:CalledVia":"athena.amazonaws.com"}"#),
        ),
        (
            Rule::WildcardInEquals,
            Identity,
            object(r#""StringEquals":{"aws:PrincipalOrgID":"o-*"}"#),
            object(r#""StringLike":{"aws:PrincipalOrgID":"o-*"}"#),
        ),
        (
            Rule::MfaBoolWithoutIfExists,
            Identity,
            object(r#""Bool":{"aws:MultiFactorAuthPresent":"false"}"#),
            object(r#""BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}"#),
        ),
        (
            Rule::MfaNull,
            Identity,
            object(r#""Null":{"aws:MultiFactorAuthPresent":"false"}"#),
            object(r#""Null":{"aws:MultiFactorAuthPresent":"true"}"#),
        ),
        (
            Rule::PrivateSourceIp,
            Identity,
            object(r#""IpAddress":{"aws:SourceIp":"10.0.0.0/8"}"#),
            object(r#""IpAddress":{"aws:VpcSourceIp":"10.0.0.0/8"}"#),
        ),
        (Rule::ResourceMismatch, Identity, on(r#""s3:GetObject""#, r#""arn:aws:s3:::b""#), good.clone()),
        (
            Rule::ResourceMismatch,
            Identity,
            deny(r#""Action":"s3:GetObject","Resource":"arn:aws:s3:::b""#),
            deny(r#""Action":["s3:GetObject","s3:ListBucket"],"Resource":"arn:aws:s3:::b""#),
        ),
        (
            Rule::WildcardOnlyAction,
            Identity,
            on(r#""s3:ListAllMyBuckets""#, r#""arn:aws:s3:::*""#),
            on(r#""s3:ListAllMyBuckets""#, r#""*""#),
        ),
        (
            Rule::PatternBeyondResources,
            Identity,
            on(r#""s3:*""#, r#""arn:aws:s3:::b/*""#),
            on(r#""s3:GetObjec?""#, r#""arn:aws:s3:::b/*""#),
        ),
        (
            Rule::ResourceIncomplete,
            Identity,
            on(r#""ec2:RunInstances""#, r#""arn:aws:ec2:*:*:instance/*""#),
            on(r#""ec2:RunInstances""#, r#"["arn:aws:ec2:*:*:*"]"#),
        ),
        (
            Rule::ResourceTypeWildcard,
            Identity,
            on(r#""iam:GetUser""#, r#""arn:aws:iam::111122223333:u*""#),
            on(r#""iam:GetUser""#, r#""arn:aws:iam::111122223333:user/*""#),
        ),
        (Rule::ShortArn, Identity, on(r#""s3:GetObject""#, r#""arn:aws:s3*""#), good.clone()),
        (Rule::ResourceStar, Identity, on(r#""s3:GetObject""#, r#""*""#), on(r#""s3:ListAllMyBuckets""#, r#""*""#)),
        (
            Rule::ResourceEffectivelyStar,
            Identity,
            on(r#""s3:GetObject""#, r#"["arn:aws:s3:::*","arn:aws:s3:*:*:*"]"#),
            on(r#""s3:GetObject""#, r#""arn:aws:s3:::b*""#),
        ),
        (
            Rule::EverythingAllowed,
            Identity,
            statement(r#""Effect":"Allow","Action":"*","Resource":"*""#),
            statement(r#""Effect":"Deny","Action":"*","Resource":"*""#),
        ),
        (Rule::NotPrincipalWithAllow, Resource, statement(EVERYBODY).replace("Principal", "NotPrincipal"), statement(EVERYBODY)),
        (
            Rule::NotActionWithAllow,
            Identity,
            good.replace("Action", "NotAction"),
            good.replace("Action", "NotAction").replace("Allow", "Deny"),
        ),
        (
            Rule::NotResourceWithAllow,
            Identity,
            good.replace("Resource", "NotResource"),
            good.replace("Resource", "NotResource").replace("Allow", "Deny"),
        ),
        (
            Rule::PrincipalEveryone,
            Resource,
            statement(EVERYBODY),
            statement(&format!(r#"{EVERYBODY},"Condition":{{"StringEquals":{{"aws:PrincipalOrgID":"o-1"}}}}"#)),
        ),
        (Rule::PrincipalDeleted, Trust, principal(r#"{"AWS":"AROAEXAMPLEEXAMPLE123"}"#), principal(r#"{"AWS":"111122223333"}"#)),
        (
            Rule::UnknownIdentityProvider,
            Trust,
            principal(r#"{"Federated":"login.example.com"}"#),
            principal(r#"{"Federated":["arn:aws:iam::111122223333:oidc-provider/login.example.com","accounts.google.com"]}"#),
        ),
        (
            Rule::PassRoleWildcard,
            Identity,
            on(r#""iam:PassRole""#, r#""*""#),
            allow(r#""iam:PassRole""#, r#""*""#, r#""StringEquals":{"iam:PassedToService":"ec2.amazonaws.com"}"#),
        ),
        (
            Rule::BucketPolicyEscalation,
            Identity,
            on(r#""s3:PutBucketPolicy""#, r#""arn:aws:s3:::b""#),
            on(r#"["s3:PutBucketPolicy","s3:*Object"]"#, r#"["arn:aws:s3:::b","arn:aws:s3:::b/*"]"#),
        ),
        (Rule::PermissionsManagement, Identity, on(r#""s3:PutBucketPolicy""#, r#""*""#), good.clone()),
        (Rule::CredentialsExposure, Identity, on(r#""iam:Create*""#, r#""*""#), good.clone()),
        (Rule::RedundantAction, Identity, on(r#"["s3:Get*","s3:GetObject"]"#, r#""*""#), on(r#"["s3:Get*","s3:PutObject"]"#, r#""*""#)),
        (
            Rule::RedundantResource,
            Identity,
            on(r#""s3:GetObject""#, r#"["arn:aws:s3:::b*","arn:aws:s3:::bc/*"]"#),
            on(r#""s3:GetObject""#, r#"["arn:aws:s3:::b*","arn:aws:s3:::B/*"]"#),
        ),
        (Rule::MoreFindings, Identity, on(&format!("[{}]", vec![r#""x:y""#; 1_500].join(",")), r#""*""#), good.clone()),
        (
            Rule::EverythingAllowed,
            Identity,
            statement(r#""Effect":"Allow","Action":"*:*","Resource":"arn:aws:*""#),
            statement(r#""Effect":"Allow","Action":"s3:*","Resource":"*""#),
        ),
        (Rule::EverythingAllowed, Identity, statement(r#""Effect":"Allow","Action":"*","Resource":"*""#), good.clone()),
    ];
    for (rule, kind, bad, near) in &cases {
        assert!(has(bad, *kind, *rule), "{} is not found in {bad}: {:#?}", rule.id(), found(bad, *kind));
        assert!(!has(near, *kind, *rule), "{} is found in {near}", rule.id());
    }
    assert!(!has(&statement(r#""Effect":"Allow","Action":"*","Resource":"*""#), Scp, Rule::EverythingAllowed), "an SCP gives nothing");
    let tested: std::collections::BTreeSet<Rule> = cases.iter().map(|(rule, ..)| *rule).collect();
    let rest: Vec<&Rule> = Rule::ALL.iter().filter(|rule| !tested.contains(*rule)).collect();
    assert_eq!(rest, [&Rule::DuplicateElement], "tested below");
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
