//! Hiding a part of a policy leaves every answer as it was or makes it unknown.

mod hiding;

use hiding::{hidden, hide, size};
use partywall_iam::{Answer, Context, PolicyFacts, acl_is_public, policy_facts};
use partywall_model::{Key, Value};
use proptest::prelude::*;
use proptest::sample::select;

fn text(choices: &'static [&'static str]) -> BoxedStrategy<Value> {
    select(choices).prop_map(Value::str).boxed()
}

/// What sources put in the wrong place: unknowns, nulls, wrong types.
fn odd() -> BoxedStrategy<Value> {
    prop_oneof![
        Just(Value::Null),
        Just(hidden()),
        Just(Value::Int(7)),
        Just(Value::Bool(false)),
        Just(Value::List(vec![])),
        Just(Value::Map(vec![])),
        Just(Value::str("")),
    ]
    .boxed()
}

/// The value, now and then something else.
fn mostly(value: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    prop_oneof![12 => value, 1 => odd()].boxed()
}

/// One, or a list of a few.
fn some(value: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    let value = mostly(value);
    prop_oneof![value.clone(), prop::collection::vec(value, 0..3).prop_map(Value::List)].boxed()
}

/// A map with each member at its odds out of ten.
fn map(members: Vec<(&'static str, u32, BoxedStrategy<Value>)>) -> BoxedStrategy<Value> {
    let members: Vec<_> = members
        .into_iter()
        .map(|(name, odds, value)| prop::option::weighted((f64::from(odds) / 10.0).min(0.98), value).prop_map(move |value| (name, value)))
        .collect();
    members
        .prop_map(|members| Value::Map(members.into_iter().filter_map(|(name, value)| Some((Key::from(name), value?))).collect()))
        .boxed()
}

fn principal() -> BoxedStrategy<Value> {
    let accounts = &["*", "111122223333", "444455556666", "arn:aws:iam::444455556666:root", "arn:aws:iam::{P}:root", "{AWS::AccountId}"];
    let providers = &["accounts.google.com", "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com", "{Provider}"];
    let named = map(vec![
        ("AWS", 6, some(text(accounts))),
        ("Service", 2, some(text(&["sns.amazonaws.com", "*"]))),
        ("Federated", 3, some(text(providers))),
        ("CanonicalUser", 1, some(text(&["*", "abc"]))),
        ("Nobody", 1, text(&["x"])),
    ]);
    mostly(prop_oneof![1 => text(&["*", "x"]), 3 => named].boxed())
}

fn action() -> BoxedStrategy<Value> {
    some(text(&["*", "s3:*", "s3:GetObject", "sts:*", "sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "iam:PassRole", "sqs:*"]))
}

fn resource() -> BoxedStrategy<Value> {
    some(text(&[
        "*",
        "arn:aws:s3:::b",
        "arn:aws:s3:::b/*",
        "{Bucket.Arn}",
        "arn:aws:sqs:eu-west-1:111122223333:q",
        "arn:aws:iam::*:role/*",
    ]))
}

fn conditions() -> BoxedStrategy<Value> {
    let ids = || {
        mostly(map(vec![
            ("aws:SourceArn", 3, some(text(&["arn:aws:s3:::b", "arn:aws:sns:*:111122223333:*", "*"]))),
            ("aws:PrincipalOrgID", 3, some(text(&["o-1", "o-*", "*"]))),
            ("sts:ExternalId", 3, some(text(&["x", "*"]))),
            ("iam:PassedToService", 2, some(text(&["ec2.amazonaws.com", "*"]))),
            ("token.actions.githubusercontent.com:sub", 3, some(text(&["repo:acme/site:*", "repo:*"]))),
            ("accounts.google.com:aud", 2, some(text(&["app", "*"]))),
            ("aws:SourceIp", 2, some(text(&["203.0.113.0/24", "0.0.0.0/0"]))),
            ("kms:ViaService", 1, some(text(&["x"]))),
        ]))
    };
    let transport = || mostly(map(vec![("aws:SecureTransport", 9, some(text(&["true", "false"])))]));
    mostly(map(vec![
        ("StringEquals", 4, ids()),
        ("StringLike", 3, ids()),
        ("IpAddress", 2, ids()),
        ("StringNotEquals", 1, ids()),
        ("ForAllValues:StringLike", 1, ids()),
        ("StringEqualsIfExists", 1, ids()),
        ("Bool", 5, transport()),
        ("Same", 1, transport()),
    ]))
}

fn statement() -> BoxedStrategy<Value> {
    mostly(map(vec![
        ("Sid", 2, text(&["a"])),
        ("Effect", 10, mostly(text(&["Allow", "Allow", "Deny", "allow"]))),
        ("Principal", 8, principal()),
        ("NotPrincipal", 1, principal()),
        ("Action", 9, action()),
        ("NotAction", 1, action()),
        ("Resource", 8, resource()),
        ("NotResource", 1, resource()),
        ("Condition", 4, conditions()),
        ("Conditions", 1, odd()),
    ]))
}

fn document() -> BoxedStrategy<Value> {
    let tree = map(vec![("Version", 9, text(&["2012-10-17"])), ("Statement", 10, some(statement()))]);
    let written = text(&[r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}]}"#, "{", " "]);
    let plain = mostly(prop_oneof![9 => tree, 1 => written].boxed());
    let pair = map(vec![("PolicyName", 9, text(&["p"])), ("PolicyDocument", 9, plain.clone())]);
    prop_oneof![6 => plain.clone(), 1 => pair.clone(), 1 => prop::collection::vec(prop_oneof![plain, pair], 0..3).prop_map(Value::List)]
        .boxed()
}

fn check(before: &PolicyFacts, after: &PolicyFacts) -> Result<(), TestCaseError> {
    for ((name, before), (_, after)) in before.answers().into_iter().zip(after.answers()) {
        let kept = match (before, after) {
            (_, Answer::Unknown(_)) => true,
            (before, after) => before == after,
        };
        prop_assert!(kept, "{name}: {before:?} became {after:?}");
    }
    let (before, after) = (&before.trusts_other_accounts, &after.trusts_other_accounts);
    let subset = after.known.iter().all(|id| before.known.contains(id));
    let kept = if after.missing.is_some() { subset } else { before == after };
    prop_assert!(kept, "accounts: {before:?} became {after:?}");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hiding_a_part_keeps_or_blurs_every_answer(
        document in document(),
        account in select(&[None, Some("111122223333")][..]),
        service in select(&[None, Some("s3"), Some("sqs")][..]),
    ) {
        let context = Context { account, service };
        let whole = policy_facts(&[&document], &context);
        for number in 0..size(&document) {
            let mut partly = document.clone();
            hide(&mut partly, number);
            check(&whole, &policy_facts(&[&partly], &context))?;
        }
    }

    #[test]
    fn hiding_a_grant_keeps_or_blurs_the_answer(
        acl in mostly(map(vec![("Grants", 9, some(map(vec![("Grantee", 9, mostly(map(vec![
            ("URI", 5, mostly(text(&["http://acs.amazonaws.com/groups/global/AllUsers", "http://acs.amazonaws.com/groups/s3/LogDelivery"]))),
            ("ID", 5, text(&["abc"])),
        ])))])))])),
    ) {
        let before = acl_is_public(&Value::Null, &acl);
        for number in 0..size(&acl) {
            let mut partly = acl.clone();
            hide(&mut partly, number);
            let after = acl_is_public(&Value::Null, &partly);
            prop_assert!(before == after || matches!(after, Answer::Unknown(_)), "{before:?} became {after:?}");
        }
    }

    #[test]
    fn any_text_is_answered(text in "\\PC{0,200}") {
        policy_facts(&[&Value::str(text)], &Context::default());
    }
}
