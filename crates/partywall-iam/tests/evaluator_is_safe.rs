//! Properties of the evaluator on made-up policies: it never panics, hiding a part of a policy leaves what it says as it was or makes
//! it unknown, what it allows for a pattern of resources it allows for one of them, and the order of statements does not matter.

mod hiding;

use hiding::{hide, size};
use partywall_iam::batch::judge_row;
use partywall_iam::eval::{Caller, Decision, Policies, Policy, Request, evaluate};
use partywall_iam::{Answer, Document};
use partywall_model::{Key, Value};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

const CALLERS: &[&str] = &[
    "arn:aws:iam::111122223333:user/alice",
    "arn:aws:sts::111122223333:assumed-role/app/s1",
    "arn:aws:iam::444455556666:user/bob",
    "arn:aws:iam::111122223333:root",
    "sns.amazonaws.com",
    "*",
];
const RESOURCES: &[&str] = &["arn:aws:s3:::b/a", "arn:aws:s3:::b/a/b:c", "arn:aws:s3:::b", "arn:aws:sqs:eu-west-1:111122223333:q", "*"];
const PATTERNS: &[&str] = &[
    "*",
    "arn:aws:s3:::b/*",
    "arn:aws:s3:::b/a*",
    "arn:aws:s3:::*/a",
    "arn:aws:s3:::b/${aws:username}/*",
    "arn:aws:s3*",
    "arn:aws:s3:::b/?",
    "arn:aws:sqs",
    "arn:aws:sqs:*:111122223333:q",
    "arn:aws:s3:::b/*b*c",
];

fn text(choices: &'static [&'static str]) -> BoxedStrategy<Value> {
    select(choices).prop_map(Value::str).boxed()
}

fn texts(choices: &'static [&'static str]) -> BoxedStrategy<Value> {
    prop_oneof![text(choices), subsequence(choices, 1..=2).prop_map(|some| Value::List(some.into_iter().map(Value::str).collect()))].boxed()
}

fn map(members: Vec<(&'static str, Value)>) -> Value {
    Value::Map(members.into_iter().map(|(name, value)| (Key::from(name), value)).collect())
}

fn condition() -> BoxedStrategy<Option<Value>> {
    let operators = &["StringEquals", "StringNotEqualsIfExists", "ForAllValues:StringLike", "ForAnyValue:StringNotLike", "Null", "Bool"];
    let values: &[&str] = &["a", "a*", "true", "false", "${aws:username}"];
    let one = (select(&operators[..]), select(&["x:One", "x:Many", "aws:username"][..]), texts(values));
    prop::option::of(one.prop_map(|(operator, key, values)| map(vec![(operator, map(vec![(key, values)]))]))).boxed()
}

fn statement() -> BoxedStrategy<Value> {
    let principal = prop_oneof![
        2 => Just(None),
        1 => Just(Some(Value::str("*"))),
        2 => texts(&["111122223333", "arn:aws:iam::111122223333:user/alice", "arn:aws:iam::111122223333:role/app", "*", "444455556666"])
            .prop_map(|names| Some(map(vec![("AWS", names)]))),
    ];
    let action = (any::<bool>(), texts(&["*", "s3:*", "s3:Get*", "sqs:SendMessage"]));
    let resource = (any::<bool>(), texts(PATTERNS));
    let negated = prop::bool::weighted(0.2);
    (select(&["Allow", "Allow", "Deny"][..]), (negated, principal), action, resource, condition())
        .prop_map(|(effect, (negated, principal), (not_action, action), (not_resource, resource), condition)| {
            let mut members = vec![("Effect", Value::str(effect))];
            members.extend(principal.map(|principal| match principal {
                Value::Map(_) if negated => ("NotPrincipal", principal),
                _ => ("Principal", principal),
            }));
            members.push((if not_action && negated { "NotAction" } else { "Action" }, action));
            members.push((if not_resource { "NotResource" } else { "Resource" }, resource));
            members.extend(condition.map(|condition| ("Condition", condition)));
            map(members)
        })
        .boxed()
}

fn document() -> BoxedStrategy<Value> {
    let version = select(&["2012-10-17", "2012-10-17", "2008-10-17"][..]);
    (version, prop::collection::vec(statement(), 0..4))
        .prop_map(|(version, statements)| map(vec![("Version", Value::str(version)), ("Statement", Value::List(statements))]))
        .boxed()
}

fn request() -> BoxedStrategy<Request> {
    let values: &[&str] = &["a", "ab", "true"];
    (select(CALLERS), select(&["s3:GetObject", "sqs:SendMessage"][..]), select(RESOURCES), subsequence(values, 0..=2), any::<bool>())
        .prop_map(|(caller, action, resource, values, open)| {
            let mut request = Request::new(Caller::parse(caller), action, resource);
            request.set_resource_account("111122223333");
            request.set("x:One", values.first().copied());
            if !open {
                request.set("x:Many", values);
            }
            request
        })
        .boxed()
}

fn ready(document: &Value) -> Vec<Policy> {
    Document::parse(document).map(|document| vec![Policy::new("p", &document)]).unwrap_or_default()
}

/// Whether the request is allowed, and the decision if it is known. For a pattern of resources only whether: which kind of no is told
/// is that of the resource that comes closest to a yes.
fn decide(request: &Request, identity: &[Policy], resource: &[Policy], boundary: Option<&[Policy]>) -> (Answer, Option<Decision>) {
    let verdict = evaluate(request, &Policies { identity, resource, boundary, ..Policies::default() });
    let concrete = !request.resource.contains('*');
    (verdict.is_allowed(), verdict.decision().ok().filter(|_| concrete))
}

fn kept(before: &(Answer, Option<Decision>), after: &(Answer, Option<Decision>)) -> bool {
    (before.0 == after.0 || matches!(after.0, Answer::Unknown(_))) && (before.1 == after.1 || after.1.is_none())
}

fn json() -> BoxedStrategy<serde_json::Value> {
    const NAMES: &[&str] = &["Statement", "Effect", "Principal", "AWS", "Action", "Resource", "Condition", "StringEquals", "Version", "x"];
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        "\\PC{0,12}".prop_map(Into::into),
        select(&["*", "Allow", "arn:aws:s3:::b/*", "${aws:username}", "2012-10-17", "arn:", "${", "1e999", "a:b:c:d:e:f:g"][..])
            .prop_map(Into::into),
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            prop::collection::vec((select(NAMES), inner), 0..4).prop_map(|members| {
                serde_json::Value::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
            }),
        ]
    })
    .boxed()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hiding_a_part_keeps_or_blurs_the_verdict(
        request in request(), identity in document(), resource in document(), boundary in prop::option::of(document()),
    ) {
        let limits = boundary.as_ref().map(ready);
        let before = decide(&request, &ready(&identity), &ready(&resource), limits.as_deref());
        for number in 2..size(&identity) {
            let mut partly = identity.clone();
            hide(&mut partly, number);
            let after = decide(&request, &ready(&partly), &ready(&resource), limits.as_deref());
            prop_assert!(kept(&before, &after), "{before:?} became {after:?}: {partly:?}");
        }
        for number in 2..size(&resource) {
            let mut partly = resource.clone();
            hide(&mut partly, number);
            let after = decide(&request, &ready(&identity), &ready(&partly), limits.as_deref());
            prop_assert!(kept(&before, &after), "{before:?} became {after:?}: {partly:?}");
        }
    }

    #[test]
    fn leaving_the_context_open_keeps_or_blurs_the_verdict(request in request(), identity in document(), resource in document()) {
        let closed = decide(&request, &ready(&identity), &ready(&resource), None);
        let mut open = request.clone();
        open.leave_open();
        let after = decide(&open, &ready(&identity), &ready(&resource), None);
        prop_assert!(kept(&closed, &after), "{closed:?} became {after:?}");
    }

    #[test]
    fn the_order_of_statements_does_not_matter(request in request(), identity in document(), resource in document()) {
        let mut reversed = identity.clone();
        if let Value::Map(members) = &mut reversed {
            for (_, value) in members {
                if let Value::List(statements) = value {
                    statements.reverse();
                }
            }
        }
        let (one, other) = (decide(&request, &ready(&identity), &ready(&resource), None), decide(&request, &ready(&reversed), &ready(&resource), None));
        let kind = |answer: &Answer| std::mem::discriminant(answer);
        prop_assert_eq!((kind(&one.0), one.1), (kind(&other.0), other.1));
    }

    #[test]
    fn what_is_allowed_for_a_pattern_is_allowed_for_one_of_its_resources(
        caller in select(CALLERS), pattern in select(PATTERNS), identity in document(), resource in document(),
    ) {
        let ask = |resource: &str| {
            let mut request = Request::new(Caller::parse(caller), "s3:GetObject", resource);
            request.set_resource_account("111122223333");
            request
        };
        let (identity, resource) = (ready(&identity), ready(&resource));
        let policies = Policies { identity: &identity, resource: &resource, ..Policies::default() };
        let verdict = evaluate(&ask(pattern), &policies);
        if verdict.is_allowed() == Answer::Yes && let Some(witness) = &verdict.witness {
            let one = witness.replace('*', "zzzzzzzzzzzzzzzzzzzzzzzz").replace('?', "z");
            prop_assert_eq!(evaluate(&ask(&one), &policies).is_allowed(), Answer::Yes, "{}", one);
        }
    }

    #[test]
    fn any_row_is_answered(
        kind in select(&["decision", "conditions", "operator", "element", "public", "grants-all", "restrictive-condition", "privesc", "privesc-rule", "?"][..]),
        members in prop::collection::vec((select(&["request", "policies", "context", "conditions", "operator", "policyValues", "requestValue",
            "element", "values", "policy", "definition", "settings", "service", "condition", "principal", "required"][..]), json()), 0..8),
        policy in json(), action in "\\PC{0,8}", resource in select(RESOURCES),
    ) {
        let mut row = serde_json::json!({
            "id": 7, "kind": kind, "definition": "outside", "operator": "StringLike", "element": "Principal", "service": "s3",
            "request": {"principal": "arn:aws:iam::111122223333:user/a", "action": action, "resource": resource},
            "policies": {"identity": [policy.clone()], "resource": [policy.clone()], "scp": [[policy.clone()]], "boundary": policy.clone()},
            "policy": policy, "principal": "arn:aws:iam::111122223333:user/a",
        });
        for (name, value) in members {
            row[name] = value;
        }
        let answer = judge_row(&row);
        prop_assert_eq!(&answer["id"], &serde_json::json!(7));
        let answered = ["decision", "result", "error"].iter().filter(|name| answer.get(**name).is_some()).count();
        prop_assert_eq!(answered, 1, "{}", answer);
    }
}
