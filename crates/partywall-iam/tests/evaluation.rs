//! The rules of policy evaluation, one table per AWS page; all accounts and names are made up.

#[cfg(test)]
mod tests {
    use partywall_iam::eval::{Caller, Decision, Policies, Policy, Request, evaluate};
    use partywall_iam::{Answer, Document};
    use partywall_model::{Cause, CauseKind, Value};

    const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
    const BOB: &str = "arn:aws:iam::444455556666:user/bob";
    const ROLE: &str = "arn:aws:iam::111122223333:role/app";
    const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/app/s1";
    const FEDERATED: &str = "arn:aws:sts::111122223333:federated-user/alice";
    const LINKED: &str = "arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForSupport/s";
    const OBJECT: &str = "arn:aws:s3:::bucket/key";
    const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1";

    const ALLOW: &str = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
    const DENY: &str = r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#;
    const OTHER: &str = r#"{"Effect":"Allow","Action":"ec2:*","Resource":"*"}"#;

    fn policy(statement: &str) -> Vec<Policy> {
        vec![Policy::read("p", &format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#)).unwrap()]
    }

    fn to(effect: &str, principal: &str) -> String {
        format!(r#"{{"Effect":"{effect}","Action":"*","Resource":"*",{principal}}}"#)
    }

    fn naming(principal: &str) -> String {
        to("Allow", &format!(r#""Principal":{{"AWS":"{principal}"}}"#))
    }

    /// Who asks for what, and the statements that bear on it; an empty text is no policy.
    #[derive(Clone, Copy, Default)]
    struct Case<'c> {
        caller: &'c str,
        action: &'c str,
        resource: &'c str,
        identity: &'c str,
        of_resource: &'c str,
        boundary: &'c str,
        session: &'c str,
        scp: &'c [&'c str],
        rcp: &'c [&'c str],
        endpoint: &'c str,
        management: Option<&'c str>,
        restricted: bool,
    }

    const BASE: Case<'_> = Case {
        caller: ALICE,
        action: "s3:GetObject",
        resource: OBJECT,
        identity: "",
        of_resource: "",
        boundary: "",
        session: "",
        scp: &[],
        rcp: &[],
        endpoint: "",
        management: None,
        restricted: false,
    };

    fn decide(case: Case<'_>) -> Decision {
        let some = |text: &str| (!text.is_empty()).then(|| policy(text));
        let levels = |texts: &[&str]| (!texts.is_empty()).then(|| texts.iter().map(|text| policy(text)).collect::<Vec<_>>());
        let (identity, resource) = (some(case.identity).unwrap_or_default(), some(case.of_resource).unwrap_or_default());
        let (boundary, session, endpoint) = (some(case.boundary), some(case.session), some(case.endpoint));
        let (scp, rcp) = (levels(case.scp), levels(case.rcp));
        let mut request = Request::new(Caller::parse(case.caller), case.action, case.resource);
        request.set_resource_account("111122223333");
        let policies = Policies {
            identity: &identity,
            resource: &resource,
            boundary: boundary.as_deref(),
            session: session.as_deref(),
            scp: scp.as_deref(),
            rcp: rcp.as_deref(),
            endpoint: endpoint.as_deref(),
            management_account: case.management,
            restrict_public_buckets: case.restricted,
        };
        let verdict = evaluate(&request, &policies);
        assert!(!verdict.explain(&request, &policies).is_empty());
        verdict.decision().unwrap()
    }

    /// IAM user guide: policy evaluation logic; cross-account policy evaluation logic.
    #[test]
    fn one_account_and_two() {
        use Decision::{Allow, ExplicitDeny, ImplicitDeny};
        let (own, root) = (naming(ALICE), naming("111122223333"));
        let (bob, account) = (naming(BOB), naming("arn:aws:iam::444455556666:root"));
        let everyone = to("Allow", r#""Principal":"*""#);
        for (name, want, case) in [
            ("nothing", ImplicitDeny, BASE),
            ("identity", Allow, Case { identity: ALLOW, ..BASE }),
            ("resource names the user", Allow, Case { of_resource: &own, ..BASE }),
            ("resource names the account only", ImplicitDeny, Case { of_resource: &root, ..BASE }),
            ("denied by identity", ExplicitDeny, Case { identity: DENY, of_resource: &own, ..BASE }),
            ("across: identity alone", ImplicitDeny, Case { caller: BOB, identity: ALLOW, ..BASE }),
            ("across: resource alone", ImplicitDeny, Case { caller: BOB, of_resource: &bob, ..BASE }),
            ("across: both", Allow, Case { caller: BOB, identity: ALLOW, of_resource: &bob, ..BASE }),
            ("across: account and identity", Allow, Case { caller: BOB, identity: ALLOW, of_resource: &account, ..BASE }),
            ("anonymous", Allow, Case { caller: "*", of_resource: &everyone, ..BASE }),
            ("anonymous, nothing", ImplicitDeny, Case { caller: "*", identity: ALLOW, ..BASE }),
            ("root user", Allow, Case { caller: "arn:aws:iam::111122223333:root", ..BASE }),
            ("root user of another account", ImplicitDeny, Case { caller: "arn:aws:iam::444455556666:root", ..BASE }),
            ("GetCallerIdentity", Allow, Case { action: "sts:GetCallerIdentity", resource: "*", identity: DENY, ..BASE }),
        ] {
            assert_eq!(decide(case), want, "{name}");
        }
    }

    /// IAM user guide: permissions boundaries for IAM entities; policies and permissions: session policies.
    #[test]
    fn ceilings_and_who_is_named() {
        use Decision::{Allow, ExplicitDeny, ImplicitDeny};
        let names: Vec<String> = [ALICE, ROLE, SESSION, FEDERATED, "*"].into_iter().map(naming).collect();
        let [user, role, session, federated, everyone] = names.as_slice() else { unreachable!() };
        for (name, want, case) in [
            ("identity within the boundary", Allow, Case { identity: ALLOW, boundary: ALLOW, ..BASE }),
            ("identity outside of it", ImplicitDeny, Case { identity: ALLOW, boundary: OTHER, ..BASE }),
            ("boundary alone", ImplicitDeny, Case { boundary: ALLOW, ..BASE }),
            ("user named", Allow, Case { of_resource: user, boundary: OTHER, ..BASE }),
            ("user named, boundary denies", ExplicitDeny, Case { of_resource: user, boundary: DENY, ..BASE }),
            ("role named, its session asks", ImplicitDeny, Case { caller: SESSION, of_resource: role, boundary: OTHER, ..BASE }),
            ("role named, no boundary", Allow, Case { caller: SESSION, of_resource: role, ..BASE }),
            ("role named, role asks", ImplicitDeny, Case { caller: ROLE, of_resource: role, boundary: OTHER, ..BASE }),
            ("session named", Allow, Case { caller: SESSION, of_resource: session, boundary: OTHER, session: OTHER, ..BASE }),
            ("role named, session policy silent", ImplicitDeny, Case { caller: SESSION, of_resource: role, session: OTHER, ..BASE }),
            ("everyone", Allow, Case { caller: SESSION, of_resource: everyone, boundary: OTHER, ..BASE }),
            ("federated user named", Allow, Case { caller: FEDERATED, of_resource: federated, session: OTHER, ..BASE }),
            ("its user named", ImplicitDeny, Case { caller: FEDERATED, of_resource: user, session: OTHER, ..BASE }),
            ("session policy within identity", Allow, Case { caller: SESSION, identity: ALLOW, session: ALLOW, ..BASE }),
            ("session policy silent", ImplicitDeny, Case { caller: SESSION, identity: ALLOW, session: OTHER, ..BASE }),
            ("endpoint silent", ImplicitDeny, Case { identity: ALLOW, endpoint: OTHER, ..BASE }),
            ("endpoint denies", ExplicitDeny, Case { identity: ALLOW, endpoint: DENY, ..BASE }),
        ] {
            assert_eq!(decide(case), want, "{name}");
        }
    }

    /// Organizations user guide: service control policies; resource control policies.
    #[test]
    fn control_policies() {
        use Decision::{Allow, ExplicitDeny, ImplicitDeny};
        let everyone = to("Allow", r#""Principal":"*""#);
        let deny_everyone = to("Deny", r#""Principal":"*""#);
        let base = Case { identity: ALLOW, ..BASE };
        for (name, want, case) in [
            ("all levels allow", Allow, Case { scp: &[ALLOW, ALLOW], ..base }),
            ("one level silent", ImplicitDeny, Case { scp: &[ALLOW, OTHER], ..base }),
            ("one level denies", ExplicitDeny, Case { scp: &[ALLOW, DENY], ..base }),
            ("management account", Allow, Case { scp: &[DENY], management: Some("111122223333"), ..base }),
            ("service-linked role", Allow, Case { caller: LINKED, scp: &[DENY], rcp: &[&deny_everyone], ..base }),
            ("anonymous is in no organization", Allow, Case { caller: "*", of_resource: &everyone, scp: &[DENY], ..BASE }),
            ("service", Allow, Case { caller: "sns.amazonaws.com", of_resource: &everyone, scp: &[DENY], ..BASE }),
            ("resource control", ExplicitDeny, Case { caller: "*", of_resource: &everyone, rcp: &[&deny_everyone], ..BASE }),
            ("resources of the management account", Allow, Case { rcp: &[&deny_everyone], management: Some("111122223333"), ..base }),
            (
                "a grant is retired",
                Allow,
                Case { action: "kms:RetireGrant", resource: KEY, of_resource: &everyone, rcp: &[&deny_everyone], ..base },
            ),
            ("nothing but what is always attached", Allow, Case { rcp: &[OTHER], ..base }),
        ] {
            assert_eq!(decide(case), want, "{name}");
        }
    }

    /// KMS developer guide: key policies. IAM user guide: IAM roles, trust policy; JSON policy elements: NotPrincipal. S3 user guide:
    /// blocking public access.
    #[test]
    fn what_resources_ask_for() {
        use Decision::{Allow, ExplicitDeny, ImplicitDeny};
        let (own, account) = (naming(ALICE), naming("111122223333"));
        let key = Case { action: "kms:Decrypt", resource: KEY, ..BASE };
        let assume = Case { action: "sts:AssumeRole", resource: ROLE, ..BASE };
        let trust = r#"{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ec2.amazonaws.com"}}"#;
        let but_alice = to("Deny", &format!(r#""NotPrincipal":{{"AWS":["{ALICE}","111122223333"]}}"#));
        let all_but_user = to("Deny", &format!(r#""NotPrincipal":{{"AWS":"{ALICE}"}}"#));
        let public = to("Allow", r#""Principal":"*""#);
        let bob = naming(BOB);
        let both = format!("{public},{bob}");
        for (name, want, case) in [
            ("key: identity alone", ImplicitDeny, Case { identity: ALLOW, ..key }),
            ("key: account and identity", Allow, Case { identity: ALLOW, of_resource: &account, ..key }),
            ("key: account alone", ImplicitDeny, Case { of_resource: &account, ..key }),
            ("key: user", Allow, Case { of_resource: &own, ..key }),
            ("no key in it", Allow, Case { action: "kms:ListKeys", resource: "*", identity: ALLOW, ..BASE }),
            ("trust: user", Allow, Case { of_resource: &own, ..assume }),
            ("trust: identity alone", ImplicitDeny, Case { identity: ALLOW, of_resource: trust, ..assume }),
            ("trust: account and identity", Allow, Case { identity: ALLOW, of_resource: &account, ..assume }),
            ("trust: service", Allow, Case { caller: "ec2.amazonaws.com", of_resource: trust, ..assume }),
            ("passing asks for no trust", Allow, Case { action: "iam:PassRole", identity: ALLOW, ..assume }),
            ("left out of a denial", Allow, Case { identity: ALLOW, of_resource: &but_alice, ..BASE }),
            ("user without account", ExplicitDeny, Case { identity: ALLOW, of_resource: &all_but_user, ..BASE }),
            ("left out, with a boundary", ExplicitDeny, Case { identity: ALLOW, of_resource: &but_alice, boundary: ALLOW, ..BASE }),
            ("public", Allow, Case { caller: "*", of_resource: &public, ..BASE }),
            ("public and restricted", ImplicitDeny, Case { caller: "*", of_resource: &public, restricted: true, ..BASE }),
            (
                "fixed, in a public policy",
                ImplicitDeny,
                Case { caller: BOB, identity: ALLOW, of_resource: &both, restricted: true, ..BASE },
            ),
            ("fixed, not public", Allow, Case { caller: BOB, identity: ALLOW, of_resource: &bob, restricted: true, ..BASE }),
            ("own account, restricted", Allow, Case { of_resource: &public, restricted: true, ..BASE }),
            ("service, restricted", Allow, Case { caller: "sns.amazonaws.com", of_resource: &public, restricted: true, ..BASE }),
        ] {
            assert_eq!(decide(case), want, "{name}");
        }
    }

    #[test]
    fn requests_for_a_pattern_find_a_resource() {
        let allow = |resource: &str| format!(r#"{{"Effect":"Allow","Action":"*","Resource":"{resource}"}}"#);
        let deny = |resource: &str| format!(r#"{{"Effect":"Deny","Action":"*","Resource":"{resource}"}}"#);
        let case = |resource, identity: &str, boundary: &str| decide(Case { resource, identity, boundary, ..BASE });
        let all = "arn:aws:s3:::bucket/*";
        let public = allow("arn:aws:s3:::bucket/public/*");
        assert_eq!(case(all, &public, ""), Decision::Allow);
        assert_eq!(case("arn:aws:s3:::other/*", &public, ""), Decision::ImplicitDeny);
        assert_eq!(case(all, &public, &allow("arn:aws:s3:::*.txt")), Decision::Allow);
        assert_eq!(case(all, &public, &allow("arn:aws:s3:::bucket/private/*")), Decision::ImplicitDeny);
        assert_eq!(case(all, &format!("{public},{}", deny("arn:aws:s3:::bucket/p*")), ""), Decision::ExplicitDeny);
        assert_eq!(case(all, &format!("{public},{}", deny("arn:aws:s3:::*.secret")), ""), Decision::Allow);
        assert_eq!(case(all, r#"{"Effect":"Allow","Action":"*","NotResource":"arn:aws:s3:::bucket/a*"}"#, ""), Decision::Allow);
        assert_eq!(case(all, r#"{"Effect":"Allow","Action":"*","NotResource":"arn:aws:s3:::buck*"}"#, ""), Decision::ImplicitDeny);
    }

    #[test]
    fn too_many_patterns_are_not_weighed() {
        let patterns: Vec<String> = (0..3_000).map(|number| format!(r#""arn:aws:s3:::*{number}*x*y*z*""#)).collect();
        let statement = format!(r#"{{"Effect":"Deny","Action":"s3:Get*","Resource":[{}]}},{DENY}"#, patterns.join(","));
        let identity = policy(&statement);
        let request = Request::new(Caller::parse(ALICE), "s3:GetObject", "*");
        let verdict = evaluate(&request, &Policies { identity: &identity, ..Policies::default() });
        assert!(verdict.decision().unwrap_err().detail.contains("more resource patterns than can be weighed"));
        let mut one = request.clone();
        one.resource = OBJECT.into();
        assert_eq!(evaluate(&one, &Policies { identity: &identity, ..Policies::default() }).decision(), Ok(Decision::ExplicitDeny));
    }

    #[test]
    fn statements_of_other_actions_leave_a_pattern_decided() {
        let home = |action: &str| format!(r#"{{"Effect":"Allow","Action":"{action}","Resource":"arn:aws:s3:::b/${{x:unknown}}/*"}}"#);
        let mut request = Request::new(Caller::parse(ALICE), "s3:GetObject", "arn:aws:s3:::b/*");
        request.set_resource_account("111122223333");
        request.leave_open();
        let decide = |statements: &str| {
            let identity = policy(statements);
            let verdict = evaluate(&request, &Policies { identity: &identity, ..Policies::default() });
            verdict.decision().map_err(|cause| cause.detail.clone())
        };
        assert_eq!(decide(&home("s3:PutObject")), Ok(Decision::ImplicitDeny));
        assert_eq!(decide(&format!("{},{DENY}", home("s3:PutObject"))), Ok(Decision::ExplicitDeny));
        assert!(decide(&home("s3:Get*")).unwrap_err().contains("`x:unknown`"));
    }

    #[test]
    fn what_is_not_known_is_named() {
        let statement = r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}}"#;
        let identity = policy(statement);
        let mut request = Request::new(Caller::parse(ALICE), "s3:GetObject", OBJECT);
        request.set_resource_account("111122223333");
        let policies = Policies { identity: &identity, ..Policies::default() };
        assert_eq!(evaluate(&request, &policies).decision(), Ok(Decision::ImplicitDeny));
        request.leave_open();
        let verdict = evaluate(&request, &policies);
        assert!(verdict.decision().unwrap_err().detail.contains("`aws:sourceip`"));
        assert!(verdict.explain(&request, &policies).starts_with("not decided: condition key `aws:sourceip`"));
        request.set("aws:SourceIp", ["203.0.113.9"]);
        let verdict = evaluate(&request, &policies);
        assert_eq!(verdict.decision(), Ok(Decision::Allow));
        assert_eq!(verdict.explain(&request, &policies), "allowed by statement 1 (line 1, column 38) of the identity policy `p`");

        let mut tree = partywall_iam::value_from_json(&format!(r#"{{"Statement":[{ALLOW}]}}"#)).unwrap();
        let Value::Map(members) = &mut tree else { unreachable!() };
        let Value::List(statements) = &mut members[0].1 else { unreachable!() };
        statements.push(Value::unknown(Cause::new(CauseKind::UnresolvedReference, "hidden")));
        let partly = [Policy::new("p", &Document::parse(&tree).unwrap())];
        let verdict = evaluate(&request, &Policies { identity: &partly, ..Policies::default() });
        assert!(matches!(verdict.denied, Answer::Unknown(_)));
        assert_eq!(verdict.granted, Answer::Yes);

        let mut bucket = Request::new(Caller::parse(ALICE), "s3:GetObject", OBJECT);
        let all = policy(ALLOW);
        let policies = Policies { identity: &all, ..Policies::default() };
        assert!(evaluate(&bucket, &policies).decision().unwrap_err().detail.contains("the account that owns"));
        bucket.set_resource_account("111122223333");
        assert_eq!(evaluate(&bucket, &policies).decision(), Ok(Decision::Allow));
    }

    #[test]
    fn a_no_says_what_would_have_to_allow() {
        let (allow, other) = (policy(ALLOW), policy(OTHER));
        let to_account = policy(&naming("111122223333"));
        let explain = |caller: &str, policies: &Policies<'_>| {
            let mut request = Request::new(Caller::parse(caller), "s3:GetObject", OBJECT);
            request.set_resource_account("111122223333");
            let verdict = evaluate(&request, policies);
            assert_eq!(verdict.decision(), Ok(Decision::ImplicitDeny));
            verdict.explain(&request, policies)
        };
        let none = Policies::default();
        for (caller, policies, want) in [
            (ALICE, none, "no statement of an identity policy or of the resource policy allows"),
            (ALICE, Policies { identity: &allow, boundary: Some(&other), ..none }, "no statement of the permissions boundary allows"),
            (ALICE, Policies { resource: &to_account, ..none }, "leaves it to the account or to the role, and no identity policy allows"),
            (BOB, Policies { identity: &allow, ..none }, "the resource policy does not, for this caller or its account"),
            (BOB, none, "neither does"),
            ("*", Policies { identity: &allow, ..none }, "no statement of the resource policy allows"),
        ] {
            let words = explain(caller, &policies);
            assert!(words.contains(want), "{words}");
        }
    }

    #[test]
    fn files_that_aws_refuses_are_errors_with_places() {
        let flaws = Policy::read(
            "p",
            "{\n\"Version\": \"2012-10-17\",\n\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"*\", \"Principal\": \"x\"}]}",
        );
        assert_eq!(flaws.unwrap_err(), ["principal is text, neither `*` nor an object (line 3, column 63)"]);
        assert!(Policy::read("p", "{").unwrap_err()[0].contains("line 1, column 2"));
    }
}
