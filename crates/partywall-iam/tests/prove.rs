//! Questions about all requests: what is proved, what is shown, and what stays open.

#[cfg(test)]
mod tests {
    use partywall_iam::eval::{Caller, Policies, Policy, evaluate};
    use partywall_iam::prove::{Attached, Part, Proof, Space, TrustZone, Witness, new_access, outside_access, parts, subsumes};
    use partywall_iam::{Answer, Document};
    use partywall_model::{Cause, CauseKind, Value};

    const OWNER: &str = "111122223333";
    const BUCKET: Space<'_> =
        Space { attached: Attached::Resource(Some(OWNER)), resources: &["arn:aws:s3:::bkt", "arn:aws:s3:::bkt/*"], actions: None };
    const ANYONE: Space<'_> = Space { attached: Attached::Identity(None), resources: &[], actions: None };

    fn read(statements: &str) -> Vec<Policy> {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
        vec![Policy::read("p", &text).unwrap()]
    }

    fn bucket(principal: &str, rest: &str) -> Vec<Policy> {
        read(&format!(r#"{{"Effect":"Allow","Principal":{principal},"Action":"s3:GetObject","Resource":"arn:aws:s3:::bkt/*"{rest}}}"#))
    }

    fn zone() -> TrustZone {
        TrustZone { accounts: vec!["444455556666".into()], organizations: vec!["o-own".into()], services: true, ..TrustZone::default() }
    }

    /// What is shown is allowed, the caller's own policies allowing everything.
    fn outside(policies: &[Policy]) -> Answer {
        outside_of(policies, &BUCKET, &zone())
    }

    fn outside_of(policies: &[Policy], space: &Space<'_>, zone: &TrustZone) -> Answer {
        let proof = outside_access(policies, space, zone);
        if let Proof::Yes(witness) = &proof {
            let identity = read(r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#);
            let verdict = evaluate(&witness.request, &Policies { identity: &identity, resource: policies, ..Policies::default() });
            assert_eq!(verdict.is_allowed(), Answer::Yes, "{witness:?}");
        }
        proof.answer()
    }

    fn witness(proof: Proof) -> Witness {
        match proof {
            Proof::Yes(witness) => *witness,
            other => panic!("no witness: {other:?}"),
        }
    }

    fn condition(condition: &str) -> Answer {
        outside(&bucket(r#""*""#, &format!(r#","Condition":{{{condition}}}"#)))
    }

    #[test]
    fn principals_inside_and_outside() {
        for (principal, want) in [
            (r#""*""#, Answer::Yes),
            (r#"{"AWS":"*"}"#, Answer::Yes),
            (r#"{"AWS":"111122223333"}"#, Answer::No),
            (r#"{"AWS":["arn:aws:iam::111122223333:user/a","arn:aws:iam::444455556666:root"]}"#, Answer::No),
            (r#"{"AWS":"arn:aws:iam::999988887777:root"}"#, Answer::Yes),
            (r#"{"AWS":"arn:aws:iam::999988887777:user/x"}"#, Answer::Yes),
            (r#"{"AWS":"arn:aws:sts::999988887777:assumed-role/app/session"}"#, Answer::Yes),
            (r#"{"AWS":"AROAEXAMPLEEXAMPLE123"}"#, Answer::No),
            (r#"{"AWS":"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"}"#, Answer::No),
            (r#"{"Service":"cloudtrail.amazonaws.com"}"#, Answer::No),
            (r#"{"Federated":"accounts.google.com"}"#, Answer::Yes),
            (r#"{"CanonicalUser":"79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}"#, Answer::Yes),
        ] {
            assert_eq!(outside(&bucket(principal, "")), want, "{principal}");
        }
    }

    #[test]
    fn services_are_outside_unless_they_are_trusted_or_act_for_someone_inside() {
        let no_services = TrustZone { services: false, ..zone() };
        for (rest, want) in [
            ("", Answer::Yes),
            // The owner's account is inside by itself.
            (r#","Condition":{"StringEquals":{"aws:SourceAccount":"111122223333"}}"#, Answer::No),
            (r#","Condition":{"StringEquals":{"aws:SourceAccount":"444455556666"}}"#, Answer::No),
            (r#","Condition":{"StringEquals":{"aws:SourceOrgID":"o-own"}}"#, Answer::No),
            (r#","Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:444455556666:*"}}"#, Answer::No),
            (r#","Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:*:topic"}}"#, Answer::Yes),
        ] {
            let policies = bucket(r#"{"Service":"cloudtrail.amazonaws.com"}"#, rest);
            assert_eq!(outside_of(&policies, &BUCKET, &no_services), want, "{rest}");
        }
    }

    #[test]
    fn conditions_confine_or_do_not() {
        for (text, want) in [
            (r#""StringEquals":{"aws:PrincipalOrgID":"o-own"}"#, Answer::No),
            (r#""StringLike":{"aws:PrincipalOrgID":"o-*"}"#, Answer::Yes),
            (r#""StringEqualsIfExists":{"aws:PrincipalOrgID":"o-own"}"#, Answer::Yes),
            (r#""ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-own/*"}"#, Answer::No),
            (r#""ForAllValues:StringLike":{"aws:PrincipalOrgPaths":"o-own/*"}"#, Answer::Yes),
            (r#""StringEquals":{"aws:PrincipalAccount":["444455556666","111122223333"]}"#, Answer::No),
            (r#""StringLike":{"aws:PrincipalAccount":"4444*"}"#, Answer::Yes),
            (
                r#""StringLike":{"aws:PrincipalAccount":"44445555666?"},"StringNotLike":{"aws:PrincipalAccount":["*0","*1","*2","*3","*4","*5","*7","*8","*9"]}"#,
                Answer::No,
            ),
            (r#""ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/app"}"#, Answer::Yes),
            (r#""ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/*"}"#, Answer::No),
            (r#""StringLike":{"aws:PrincipalArn":"arn:aws:iam::444455556666*"}"#, Answer::No),
            (r#""StringEquals":{"aws:username":"a"}"#, Answer::Yes),
            (r#""StringEquals":{"aws:SourceVpc":"vpc-1"}"#, Answer::Yes),
            (r#""IpAddress":{"aws:SourceIp":"203.0.113.0/24"}"#, Answer::Yes),
            (r#""NotIpAddress":{"aws:SourceIp":["0.0.0.0/1","128.0.0.0/1","::/0"]},"Null":{"aws:SourceIp":"false"}"#, Answer::No),
            (r#""Bool":{"aws:SecureTransport":"true"}"#, Answer::Yes),
            (r#""Bool":{"aws:SecureTransport":"true"},"BoolIfExists":{"aws:SecureTransport":"false"}"#, Answer::No),
            (r#""NumericLessThan":{"s3:max-keys":"10"},"NumericGreaterThan":{"s3:max-keys":"9"}"#, Answer::Yes),
            (r#""NumericLessThan":{"s3:max-keys":"10"},"NumericGreaterThanEquals":{"s3:max-keys":"10"}"#, Answer::No),
            (r#""DateLessThan":{"aws:CurrentTime":"2024-01-01"},"DateGreaterThan":{"aws:CurrentTime":"2025-01-01"}"#, Answer::No),
            (r#""DateLessThan":{"aws:CurrentTime":"2024-01-01"}"#, Answer::Yes),
            (r#""StringEquals":{"s3:ResourceAccount":"111122223333"}"#, Answer::Yes),
            (r#""StringEquals":{"s3:ResourceAccount":"999988887777"}"#, Answer::No),
            (r#""StringEquals":{"aws:PrincipalTag/team":"${aws:PrincipalTag/other}"}"#, Answer::Yes),
            (r#""ForAnyValue:StringEquals":{"aws:TagKeys":["a"]},"ForAllValues:StringEquals":{"aws:TagKeys":["b"]}"#, Answer::No),
            (r#""ForAnyValue:StringEquals":{"aws:TagKeys":["a"]},"ForAllValues:StringEquals":{"aws:TagKeys":["b","a"]}"#, Answer::Yes),
        ] {
            assert_eq!(condition(text), want, "{text}");
        }
    }

    #[test]
    fn a_network_that_is_trusted_is_inside() {
        let inside = TrustZone { vpcs: vec!["vpc-1".into()], networks: vec!["203.0.113.0/24".into()], ..zone() };
        for (text, want) in [
            (r#""StringEquals":{"aws:SourceVpc":"vpc-1"}"#, Answer::No),
            (r#""StringLike":{"aws:SourceVpc":"vpc-1*"}"#, Answer::Yes),
            (r#""IpAddress":{"aws:SourceIp":"203.0.113.128/25"}"#, Answer::No),
            (r#""IpAddress":{"aws:SourceIp":"203.0.112.0/23"}"#, Answer::Yes),
        ] {
            assert_eq!(outside_of(&bucket(r#""*""#, &format!(r#","Condition":{{{text}}}"#)), &BUCKET, &inside), want, "{text}");
        }
    }

    #[test]
    fn denies_count() {
        let allow = r#"{"Effect":"Allow","Principal":"*","Action":"s3:Get*","Resource":"arn:aws:s3:::bkt/*"}"#;
        for (deny, want) in [
            (
                r#""Principal":"*","Action":"s3:*","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-own"}}"#,
                Answer::No,
            ),
            (
                r#""Principal":"*","Action":"s3:*","Resource":"*","Condition":{"StringNotEqualsIfExists":{"aws:PrincipalOrgID":"o-own"}}"#,
                Answer::No,
            ),
            (
                r#""Principal":"*","Action":"s3:GetObject","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-own"}}"#,
                Answer::Yes,
            ),
            (
                r#""Principal":"*","NotAction":"s3:Put*","Resource":"arn:aws:s3:::bkt/*"}, {"Effect":"Deny","Principal":"*","Action":"s3:Get*","Resource":"arn:aws:s3:::other/*""#,
                Answer::No,
            ),
            (r#""Principal":"*","Action":"*","NotResource":"arn:aws:s3:::bkt/public/*""#, Answer::Yes),
            (r#""NotPrincipal":{"AWS":["arn:aws:iam::111122223333:user/a","111122223333"]},"Action":"*","Resource":"*""#, Answer::No),
            (r#""Principal":"*","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}"#, Answer::Yes),
            (
                r#""Principal":"*","Action":"*","Resource":"*","Condition":{"Null":{"aws:PrincipalOrgID":"true"}}},{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*","Condition":{"StringNotLike":{"aws:PrincipalOrgID":"o-o?n"}}"#,
                Answer::Yes,
            ),
        ] {
            assert_eq!(outside(&read(&format!(r#"{allow},{{"Effect":"Deny",{deny}}}"#))), want, "{deny}");
        }
    }

    #[test]
    fn keys_and_roles() {
        let key = Space { resources: &["arn:aws:kms:eu-west-1:111122223333:key/*"], ..BUCKET };
        let of = |text: &str| {
            outside_of(
                &read(&format!(r#"{{"Effect":"Allow","Principal":{{"AWS":"*"}},"Action":"kms:*","Resource":"*","Condition":{{{text}}}}}"#)),
                &key,
                &zone(),
            )
        };
        assert_eq!(of(r#""StringEquals":{"kms:CallerAccount":"111122223333"}"#), Answer::No);
        assert_eq!(of(r#""StringEquals":{"kms:ViaService":"ec2.eu-west-1.amazonaws.com"}"#), Answer::Yes);
        let role = Space { resources: &["arn:aws:iam::111122223333:role/app"], ..BUCKET };
        let trust = |text: &str| outside_of(&read(&format!(r#"{{"Effect":"Allow",{text}}}"#)), &role, &zone());
        let github = r#""Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringLike":{"token.actions.githubusercontent.com:sub":"repo:own/*"}}"#;
        assert_eq!(trust(github), Answer::Yes);
        assert_eq!(trust(r#""Principal":{"AWS":"arn:aws:iam::444455556666:root"},"Action":"sts:AssumeRole""#), Answer::No);
        assert_eq!(
            trust(
                r#""Principal":{"AWS":"arn:aws:iam::999988887777:root"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"x"}}"#
            ),
            Answer::Yes
        );
        assert_eq!(trust(r#""Principal":"*","Action":"iam:*""#), Answer::Yes);
    }

    #[test]
    fn what_is_not_known_is_never_safe() {
        let cause = || Value::unknown(Cause::new(CauseKind::Denied, "hidden"));
        let statement = |effect: &str, principal: Value, action: Value| {
            Value::Map(vec![
                ("Effect".into(), Value::str(effect)),
                ("Principal".into(), principal),
                ("Action".into(), action),
                ("Resource".into(), Value::str("*")),
            ])
        };
        let ask = |statements: Vec<Value>| {
            let document = Value::Map(vec![("Version".into(), Value::str("2012-10-17")), ("Statement".into(), Value::List(statements))]);
            outside_access(&[Policy::new("p", &Document::parse(&document).unwrap())], &BUCKET, &zone())
        };
        let all = || Value::str("*");
        let open = |proof: Proof| match proof {
            Proof::Undecided(cause) => assert!(cause.detail.contains("statement") && cause.detail.contains("hidden"), "{cause:?}"),
            other => panic!("{other:?}"),
        };
        open(ask(vec![statement("Allow", cause(), all())]));
        open(ask(vec![statement("Allow", all(), cause())]));
        open(ask(vec![cause()]));
        open(ask(vec![statement("Allow", all(), all()), cause()]));
        open(ask(vec![statement("Allow", all(), all()), statement("Deny", all(), cause())]));
        assert_eq!(ask(vec![statement("Allow", all(), all()), statement("Deny", all(), all()), cause()]), Proof::No);
        assert_eq!(ask(vec![statement("Deny", all(), cause())]), Proof::No);
        let partly = Value::List(vec![Value::str("s3:GetObject"), cause()]);
        assert!(matches!(ask(vec![statement("Allow", all(), partly.clone())]), Proof::Yes(_)));
        assert!(matches!(ask(vec![statement("Allow", all(), all()), statement("Deny", all(), partly)]), Proof::Undecided(_)));
    }

    #[test]
    fn references_of_templates_are_open() {
        assert!(matches!(outside(&bucket(r#"{"AWS":"{Trusted}"}"#, "")), Answer::Unknown(_)));
        assert!(matches!(condition(r#""StringEquals":{"aws:PrincipalOrgID":"{Org}"}"#), Answer::Unknown(_)));
        assert!(matches!(condition(r#""IpAddress":{"aws:SourceIp":"{Cidr}"}"#), Answer::Unknown(_)));
        let denied = r#"{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"},{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":"{Cidr}"}}}"#;
        assert!(matches!(outside(&read(denied)), Answer::Unknown(_)));
        assert_eq!(condition(r#""StringEquals":{"aws:PrincipalOrgID":["{Org}","o-other"]}"#), Answer::Yes);
    }

    #[test]
    fn policy_variables() {
        let home = read(r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:username}/*"}"#);
        let tags = read(
            r#"{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/owner":"${aws:PrincipalTag/team}"}}}"#,
        );
        let all = read(r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/*"}"#);
        let alice = Caller::parse("arn:aws:iam::111122223333:user/alice");
        let known = Space { attached: Attached::Identity(Some(&alice)), ..ANYONE };
        for space in [ANYONE, known] {
            assert_eq!(new_access(&home, &home, &space), Proof::No);
            assert_eq!(new_access(&tags, &tags, &space), Proof::No);
            assert_eq!(new_access(&all, &home, &space), Proof::No);
            assert_eq!(new_access(&home, &all, &space).answer(), Answer::Yes);
            assert_eq!(new_access(&[], &home, &space).answer(), Answer::Yes);
            assert_eq!(new_access(&[], &tags, &space).answer(), Answer::Yes);
        }
        let bob = read(r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/bob/*"}"#);
        assert_eq!(new_access(&home, &bob, &known).answer(), Answer::Yes);
        assert_eq!(new_access(&bob, &home, &known).answer(), Answer::Yes);
        let own = read(r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/alice/*"}"#);
        assert_eq!(new_access(&own, &home, &known), Proof::No);
        assert_eq!(new_access(&home, &own, &known), Proof::No);
        // A tag that begins with `x` would be needed: not looked for, and not denied.
        let team = read(r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:PrincipalTag/team}"}"#);
        let but = read(r#"{"Effect":"Allow","Action":"s3:*","NotResource":"arn:aws:s3:::b/x?*"}"#);
        assert!(
            matches!(new_access(&but, &team, &known), Proof::Undecided(cause) if cause.detail.contains("statement 1") && cause.detail.contains("aws:principaltag/team"))
        );
    }

    #[test]
    fn one_policy_within_another() {
        let of = |text: &str| read(text);
        let wide = of(r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#);
        let narrow = of(r#"{"Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],"Resource":["arn:aws:s3:::a","arn:aws:s3:::a/*"]}"#);
        assert_eq!(subsumes(&wide, &narrow, &ANYONE), Answer::Yes);
        assert_eq!(subsumes(&narrow, &wide, &ANYONE), Answer::No);
        let split = of(
            r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"},{"Effect":"Allow","Action":"s3:List*","Resource":"arn:aws:s3:::*"}"#,
        );
        assert_eq!(subsumes(&split, &narrow, &ANYONE), Answer::Yes);
        let denied = of(
            r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"},{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::a/secret/*"}"#,
        );
        let found = witness(new_access(&denied, &narrow, &ANYONE));
        assert!(found.request.resource.starts_with("arn:aws:s3:::a/secret/"), "{found:?}");
        assert_eq!(found.statement.statement, 0);
        let admin = of(r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#);
        let power = of(r#"{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}"#);
        assert_eq!(subsumes(&admin, &power, &ANYONE), Answer::Yes);
        assert!(witness(new_access(&power, &admin, &ANYONE)).request.action.starts_with("iam:"));
        // What AWS keeps for itself nobody can do, whatever is allowed.
        let managed = of(r#"{"Effect":"Allow","Action":"iam:DeletePolicy","Resource":"arn:aws:iam::aws:policy/*"}"#);
        assert_eq!(new_access(&[], &managed, &ANYONE), Proof::No);
        let identity = of(r#"{"Effect":"Allow","Action":"sts:GetCallerIdentity","Resource":"*"}"#);
        assert_eq!(new_access(&[], &identity, &ANYONE), Proof::No);
        // Some actions name no resource: only a pattern that takes in everything allows them.
        let arns = of(r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:*"}"#);
        assert!(witness(new_access(&arns, &wide, &ANYONE)).request.wildcard_only);
        let listed = ["s3:GetObject", "s3:PutObject"];
        let only = Space { actions: Some(&listed), resources: &["arn:aws:s3:::*"], ..ANYONE };
        let both = of(r#"{"Effect":"Allow","Action":["s3:Get*","s3:PutObject"],"Resource":"arn:*"}"#);
        assert_eq!(subsumes(&both, &wide, &only), Answer::Yes);
    }

    #[test]
    fn accounts_of_resources() {
        let own = read(
            r#"{"Effect":"Allow","Action":"sqs:*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceAccount":"111122223333"}}}"#,
        );
        let arns = read(r#"{"Effect":"Allow","Action":"sqs:*","Resource":"arn:aws:sqs:eu-west-1:111122223333:*"}"#);
        assert_eq!(subsumes(&own, &arns, &ANYONE), Answer::Yes);
        // A `*` that ends a field takes in further fields, so the account may stand in the name of another's queue.
        let wide = read(r#"{"Effect":"Allow","Action":"sqs:*","Resource":"arn:aws:sqs:*:111122223333:*"}"#);
        assert_ne!(witness(new_access(&own, &wide, &ANYONE)).request.resource_account(), Some(OWNER));
        let found = witness(new_access(&arns, &own, &ANYONE));
        assert_ne!(found.request.resource.split(':').nth(2), Some("sqs"), "{found:?}");
        let queues = Space { resources: &["arn:aws:sqs:eu-west-1:????????????:*"], ..ANYONE };
        let digits =
            read(r#"{"Effect":"Allow","Action":"sqs:*","Resource":"*","Condition":{"StringLike":{"aws:ResourceAccount":"1111222233?3"}}}"#);
        assert!(witness(new_access(&own, &digits, &queues)).request.resource_account().is_some_and(|id| id.starts_with("1111222233")));
    }

    #[test]
    fn policies_of_resources_compared() {
        let account = bucket(r#"{"AWS":"111122223333"}"#, "");
        let user = bucket(r#"{"AWS":"arn:aws:iam::111122223333:user/a"}"#, "");
        let both = bucket(r#"{"AWS":["111122223333","arn:aws:iam::111122223333:user/a"]}"#, "");
        // By name is more than by account: the user then needs no policy of its own.
        assert_eq!(new_access(&account, &user, &BUCKET).answer(), Answer::Yes);
        assert_eq!(new_access(&both, &user, &BUCKET), Proof::No);
        assert_eq!(new_access(&both, &account, &BUCKET), Proof::No);
        assert_eq!(new_access(&user, &account, &BUCKET).answer(), Answer::Yes);
        assert_eq!(new_access(&bucket(r#""*""#, ""), &both, &BUCKET), Proof::No);
        let secure = bucket(r#""*""#, r#","Condition":{"Bool":{"aws:SecureTransport":"true"}}"#);
        assert_eq!(new_access(&bucket(r#""*""#, ""), &secure, &BUCKET), Proof::No);
        assert_eq!(new_access(&secure, &bucket(r#""*""#, ""), &BUCKET).answer(), Answer::Yes);
    }

    #[test]
    fn parts_of_policies() {
        let names = |policies: &[Policy], space: &Space<'_>| {
            parts(policies, space)
                .into_iter()
                .map(|(_, part)| match part {
                    Part::Effective(_) => "effective",
                    Part::Shadowed => "shadowed",
                    Part::NeverEffective => "never",
                    Part::MatchesNothing => "nothing",
                    Part::Undecided(_) => "undecided",
                })
                .collect::<Vec<_>>()
        };
        let identity = read(
            r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::a/*"},
           {"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::a/x"},
           {"Effect":"Allow","Action":"ec2:Run*","Resource":"*"},
           {"Effect":"Deny","Action":"ec2:*","Resource":"*"},
           {"Effect":"Deny","Action":"rds:*","Resource":"*"},
           {"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"x:y":"a"},"StringNotEquals":{"x:y":"a"}}},
           {"Effect":"Allow","Action":"s3 :*","Resource":"*"}"#,
        );
        assert_eq!(names(&identity, &ANYONE), ["effective", "shadowed", "never", "effective", "never", "nothing", "effective"]);
        let of_bucket = read(
            r#"{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::bkt/*"},
           {"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::other/*"},
           {"Effect":"Allow","Principal":{"AWS":"999988887777"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::bkt/x"}"#,
        );
        assert_eq!(names(&of_bucket, &BUCKET), ["effective", "nothing", "shadowed"]);
    }
}
