//! The prover against the evaluator, asked of every request of a small world: random policies over a few letters and keys.
//!
//! `PROPTEST_CASES` sets the number of pairs of policies.

#[cfg(test)]
mod tests {
    use partywall_iam::eval::{Caller, Policies, Policy, Request, evaluate};
    use partywall_iam::prove::{Attached, Proof, Space, TrustZone, new_access, outside_access};
    use partywall_iam::{Answer, Document};
    use partywall_model::{Key, Value};
    use proptest::prelude::*;
    use proptest::sample::{select, subsequence};

    const OWNER: &str = "111122223333";
    const CALLERS: &[&str] = &[
        "arn:aws:iam::111122223333:user/a",
        "arn:aws:iam::111122223333:user/b",
        "arn:aws:iam::444455556666:user/a",
        "arn:aws:iam::444455556666:role/a",
        "arn:aws:iam::444455556666:root",
        "arn:aws:iam::999988887777:user/a",
        "arn:aws:sts::444455556666:assumed-role/a/s",
        "s3.amazonaws.com",
        "accounts.google.com",
        "*",
    ];
    const NAMES: &[&str] = &[
        "*",
        "111122223333",
        "444455556666",
        "arn:aws:iam::444455556666:root",
        "arn:aws:iam::111122223333:user/a",
        "arn:aws:iam::444455556666:user/a",
        "arn:aws:iam::444455556666:role/a",
        "arn:aws:sts::444455556666:assumed-role/a/s",
    ];
    const ACTIONS: &[&str] = &["s:a", "s:b", "s:ab", "s:aa", "kms:a"];
    const ACTION_PATTERNS: &[&str] = &["*", "s:*", "s:a*", "S:?", "s:ab", "s:*b", "kms:*"];

    fn map(members: Vec<(String, Value)>) -> Value {
        Value::Map(members.into_iter().map(|(name, value)| (Key::from(name.as_str()), value)).collect())
    }

    fn list(choices: &'static [&'static str]) -> BoxedStrategy<Value> {
        subsequence(choices, 1..=2).prop_map(|some| Value::List(some.into_iter().map(Value::str).collect())).boxed()
    }

    fn globs() -> BoxedStrategy<Value> {
        prop::collection::vec("[ab*?]{1,3}", 1..3).prop_map(|some| Value::List(some.into_iter().map(Value::str).collect())).boxed()
    }

    /// Comparisons of text keys, a key of several values, a number, an address, a boolean, a date, and keys of the caller.
    fn condition() -> BoxedStrategy<(String, String, Value)> {
        let quantified = prop_oneof![Just(""), Just("ForAllValues:"), Just("ForAnyValue:")];
        let texts = (
            select(&["StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase"][..]),
            any::<bool>(),
            select(&["x:one", "aws:PrincipalTag/t", "aws:userid"][..]),
            globs(),
        )
            .prop_map(|(operator, exists, key, values)| {
                (format!("{operator}{}", if exists { "IfExists" } else { "" }), key.to_owned(), values)
            });
        let many = (quantified, select(&["StringEquals", "StringNotEquals", "StringLike", "StringNotLikeIfExists"][..]), globs())
            .prop_map(|(quantifier, operator, values)| (format!("{quantifier}{operator}"), "x:many".to_owned(), values));
        let null = (select(&["x:one", "x:many", "aws:PrincipalTag/t", "aws:PrincipalArn"][..]), list(&["true", "false"]))
            .prop_map(|(key, values)| ("Null".to_owned(), key.to_owned(), values));
        let number =
            (select(&["NumericLessThan", "NumericGreaterThanEquals", "NumericEquals", "NumericNotEquals"][..]), list(&["1", "2", "3"]))
                .prop_map(|(operator, values)| (operator.to_owned(), "x:number".to_owned(), values));
        let address = (
            select(&["IpAddress", "NotIpAddress", "NotIpAddressIfExists"][..]),
            list(&["10.0.0.0/8", "10.1.0.0/16", "0.0.0.0/1", "128.0.0.0/1", "::/0"]),
        )
            .prop_map(|(operator, values)| (operator.to_owned(), "aws:SourceIp".to_owned(), values));
        let boolean = (select(&["Bool", "BoolIfExists", "StringEquals", "StringNotEquals"][..]), list(&["true", "false"]))
            .prop_map(|(operator, values)| (operator.to_owned(), "aws:SecureTransport".to_owned(), values));
        let date = (select(&["DateLessThan", "DateGreaterThan", "DateEquals"][..]), list(&["2024-01-01", "2025-01-01"]))
            .prop_map(|(operator, values)| (operator.to_owned(), "aws:TokenIssueTime".to_owned(), values));
        let caller = prop_oneof![
            (
                select(&["StringEquals", "StringNotEquals", "StringLike"][..]),
                select(&["aws:PrincipalAccount", "kms:CallerAccount"][..]),
                list(&["4444*", "444455556666", "111122223333"])
            ),
            (
                select(&["ArnLike", "ArnNotLike", "StringLike", "StringNotLike"][..]),
                Just("aws:PrincipalArn"),
                list(&["arn:aws:iam::*:user/*", "arn:aws:iam::444455556666:*", "arn:aws:iam::*:role/a", "arn:*:root"])
            ),
            (select(&["StringEquals", "StringNotLike"][..]), Just("aws:username"), list(&["a", "b*", "?"])),
            (select(&["StringEquals", "StringNotEquals"][..]), Just("aws:PrincipalType"), list(&["User", "AssumedRole", "Anonymous"])),
        ]
        .prop_map(|(operator, key, values)| (operator.to_owned(), key.to_owned(), values));
        prop_oneof![3 => texts, 3 => many, 1 => null, 1 => number, 1 => address, 1 => boolean, 1 => date, 2 => caller].boxed()
    }

    fn statement(with_principal: bool) -> BoxedStrategy<Value> {
        let principal = (prop::bool::weighted(0.15), prop_oneof![1 => Just(Value::List(vec![Value::str("*")])), 2 => list(NAMES)]);
        let action = (prop::bool::weighted(0.2), list(ACTION_PATTERNS));
        let resource = (prop::bool::weighted(0.2), globs());
        let conditions = prop_oneof![3 => prop::collection::vec(condition(), 0..1), 3 => prop::collection::vec(condition(), 1..3)];
        (select(&["Allow", "Allow", "Deny"][..]), principal, action, resource, conditions)
            .prop_map(move |(effect, (not_principal, principal), (not_action, action), (not_resource, resource), conditions)| {
                let mut members = vec![("Effect".to_owned(), Value::str(effect))];
                let name = |negated, name: &str| if negated { format!("Not{name}") } else { name.to_owned() };
                if with_principal {
                    members.push((name(not_principal, "Principal"), map(vec![("AWS".to_owned(), principal)])));
                }
                members.push((name(not_action, "Action"), action));
                members.push((name(not_resource, "Resource"), resource));
                // One operator a statement twice would be one member twice.
                let mut written: Vec<(String, Value)> = Vec::new();
                for (operator, key, values) in conditions {
                    if !written.iter().any(|(have, _)| *have == operator) {
                        written.push((operator, map(vec![(key, values)])));
                    }
                }
                members.push(("Condition".to_owned(), map(written)));
                map(members)
            })
            .boxed()
    }

    fn policy(with_principal: bool) -> BoxedStrategy<Vec<Policy>> {
        prop::collection::vec(statement(with_principal), 1..4)
            .prop_map(|mut statements| {
                // Compared as a set anywhere, a key can have several values.
                let set = map(vec![("x:many".to_owned(), Value::str("z"))]);
                statements.push(map(vec![
                    ("Effect".to_owned(), Value::str("Deny")),
                    ("Action".to_owned(), Value::str("none:none")),
                    ("Condition".to_owned(), map(vec![("ForAnyValue:StringEquals".to_owned(), set)])),
                ]));
                let document =
                    map(vec![("Version".to_owned(), Value::str("2012-10-17")), ("Statement".to_owned(), Value::List(statements))]);
                let document = Document::parse(&document).unwrap();
                assert!(document.flaws().is_empty(), "{:?}", document.flaws());
                vec![Policy::new("p", &document)]
            })
            .boxed()
    }

    fn ready(text: &str) -> Vec<Policy> {
        vec![Policy::read("p", text).unwrap()]
    }

    /// Requests of the small world: a sample of all combinations.
    fn requests(seed: u64, callers: &[&str]) -> Vec<Request> {
        const TEXTS: &[&str] = &["a", "b", "ab", "ba", "aa", "c", "bb", "cab", ""];
        const OPTIONS: &[(&str, &[&[&str]])] = &[
            ("x:one", &[&[], &["a"], &["b"], &["ab"], &["c"], &["A"], &["aab"]]),
            ("x:many", &[&[], &["a"], &["b"], &["a", "b"], &["c"], &["a", "c"], &["ab", "b"], &["b", "c"]]),
            ("aws:PrincipalTag/t", &[&[], &["a"], &["b"], &["ba"], &["c"]]),
            ("x:number", &[&[], &["0"], &["1"], &["2"], &["2.5"], &["4"]]),
            ("aws:SourceIp", &[&[], &["10.1.2.3"], &["10.2.0.1"], &["9.0.0.1"], &["200.1.1.1"], &["2001:db8::1"]]),
            ("aws:SecureTransport", &[&["true"], &["false"]]),
            ("aws:TokenIssueTime", &[&[], &["2023-01-01"], &["2024-01-01"], &["2024-06-01"], &["2026-01-01"]]),
        ];
        let mut state = seed | 1;
        let mut pick = |count: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap() % count
        };
        let mut found = Vec::new();
        for _ in 0..600 {
            let caller = Caller::parse(callers[pick(callers.len())]);
            let identified = caller.identity().is_some();
            let mut request = Request::new(caller, ACTIONS[pick(ACTIONS.len())], TEXTS[pick(TEXTS.len() - 1)]);
            request.set_resource_account(OWNER);
            for (key, values) in OPTIONS {
                let choice = values[pick(values.len())];
                if identified || !key.starts_with("aws:PrincipalTag") {
                    request.set(key, choice.iter().copied());
                }
            }
            if identified && !matches!(request.caller, Caller::Root(_)) && pick(2) == 0 {
                request.set("aws:userid", [TEXTS[pick(TEXTS.len())]]);
            }
            found.push(request);
        }
        found
    }

    fn told(proof: &Proof) -> String {
        match proof {
            Proof::Yes(witness) => format!("{witness:?}"),
            other => format!("{other:?}"),
        }
    }

    /// Whether the answer is what the requests say; a question of this size is always decided.
    fn agrees(
        proof: &Proof,
        confirmed: impl Fn(&Request) -> bool,
        requests: &[Request],
        policies: &[&[Policy]],
    ) -> Result<(), TestCaseError> {
        match proof {
            Proof::Yes(witness) => prop_assert!(confirmed(&witness.request), "{} is no witness: {policies:#?}", told(proof)),
            Proof::No => {
                let against = requests.iter().find(|request| confirmed(request));
                prop_assert!(against.is_none(), "denied, but {against:?}: {policies:#?}");
            }
            Proof::Undecided(cause) => prop_assert!(false, "undecided: {cause:?}: {policies:#?}"),
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn new_access_of_identity_policies(old in policy(false), new in policy(false), caller in select(&CALLERS[..4]), seed in any::<u64>(), free in any::<bool>()) {
            let known = Caller::parse(caller);
            let attached = Attached::Identity((!free).then_some(&known));
            let space = Space { attached, resources: &["*"], actions: Some(ACTIONS) };
            let callers = if free { &CALLERS[..4] } else { &[caller][..] };
            let allows = |policies: &[Policy], request: &Request| {
                let account = request.caller.account().unwrap();
                let resource = ready(&format!(r#"{{"Statement":{{"Effect":"Allow","Principal":{{"AWS":"{account}"}},"Action":"*","Resource":"*"}}}}"#));
                let verdict = evaluate(request, &Policies { identity: policies, resource: &resource, ..Policies::default() });
                verdict.is_allowed() == Answer::Yes
            };
            let proof = new_access(&old, &new, &space);
            agrees(&proof, |request| allows(&new, request) && !allows(&old, request), &requests(seed, callers), &[&old, &new])?;
        }

        #[test]
        fn new_access_of_policies_of_resources(old in policy(true), new in policy(true), seed in any::<u64>()) {
            let space = Space { attached: Attached::Resource(Some(OWNER)), resources: &["*"], actions: Some(ACTIONS) };
            let all = ready(r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#);
            // Alone, and as far as the policy itself says.
            let alone = |policies: &[Policy], request: &Request| {
                evaluate(request, &Policies { resource: policies, ..Policies::default() }).is_allowed() == Answer::Yes
            };
            let level = |policies: &[Policy], request: &Request| {
                let verdict = evaluate(request, &Policies { identity: &all, resource: policies, ..Policies::default() });
                verdict.levels.iter().any(|level| level.level == partywall_iam::eval::Level::Resource && level.allowed == Answer::Yes && level.denied == Answer::No)
            };
            let is_new = |request: &Request| alone(&new, request) && !alone(&old, request) || level(&new, request) && !level(&old, request);
            agrees(&new_access(&old, &new, &space), is_new, &requests(seed, CALLERS), &[&old, &new])?;
        }

        #[test]
        fn access_from_outside(policies in policy(true), seed in any::<u64>(), services in any::<bool>()) {
            let space = Space { attached: Attached::Resource(Some(OWNER)), resources: &["*"], actions: Some(ACTIONS) };
            let zone = TrustZone { services, networks: vec!["10.1.0.0/16".into()], ..TrustZone::default() };
            let all = ready(r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#);
            let inside = ready(r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.1.0.0/16"}}}}"#);
            let is_outside = |request: &Request| {
                let mut plain = Request::new(Caller::parse("arn:aws:iam::111122223333:user/a"), "s:a", "a");
                plain.set_resource_account(OWNER);
                plain.set("aws:SourceIp", request.values("aws:SourceIp"));
                let within = evaluate(&plain, &Policies { identity: &inside, ..Policies::default() }).is_allowed() == Answer::Yes;
                request.caller.account() != Some(OWNER) && !(services && matches!(request.caller, Caller::Service(_))) && !within
            };
            let allowed = |request: &Request| {
                is_outside(request) && evaluate(request, &Policies { identity: &all, resource: &policies, ..Policies::default() }).is_allowed() == Answer::Yes
            };
            agrees(&outside_access(&policies, &space, &zone), allowed, &requests(seed, CALLERS), &[&policies])?;
        }
    }
}
