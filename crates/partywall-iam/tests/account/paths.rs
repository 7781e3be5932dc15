use partywall_iam::account::{Given, Target};
use serde_json::{Value, json};

use crate::make::{Details, ID, allow, arn, attach, bound, deny, path_of, trusts, trusts_service};

/// The best path of a user with these statements: its rules, and whether it is certain.
fn of_user(statements: &[Value]) -> Option<(Vec<&'static str>, bool)> {
    let mut details = Details::new();
    details.user("u", statements);
    let account = details.read(&Given::default());
    let found = account.escalations().unwrap();
    assert!(found.is_complete);
    path_of(&account, &found, "u").map(|path| (path.steps.iter().map(|step| step.rule).collect(), path.certain))
}

#[test]
fn ways_are_open_or_not() {
    let passes = |condition: Value| json!({ "Effect": "Allow", "Action": "iam:PassRole", "Resource": "*", "Condition": condition });
    let to = |service: &str| passes(json!({ "StringEquals": { "iam:PassedToService": service } }));
    let run = || allow(&["lambda:CreateFunction", "lambda:InvokeFunction"], "*");
    let own = arn("user", "u");
    for (name, statements, want) in [
        ("nothing", vec![allow(&["s3:GetObject"], "*")], None),
        ("own policy", vec![allow(&["iam:PutUserPolicy"], &own)], Some(("iam-put-user-policy", true))),
        ("denied again", vec![allow(&["iam:PutUserPolicy"], &own), deny(&["iam:Put*"], "*")], None),
        ("passes to lambda", vec![run(), to("lambda.amazonaws.com")], Some(("lambda-create-invoke", true))),
        ("passes to another service", vec![run(), to("glue.amazonaws.com")], None),
        ("passes another role", vec![run(), allow(&["iam:PassRole"], &arn("role", "other"))], None),
        ("passes that role", vec![run(), allow(&["iam:PassRole"], &arn("role", "boss"))], Some(("lambda-create-invoke", true))),
        ("no trusting service", vec![allow(&["iam:PassRole", "glue:CreateDevEndpoint"], "*")], None),
        (
            "under a condition",
            vec![run(), passes(json!({ "Bool": { "aws:MultiFactorAuthPresent": "true" } }))],
            Some(("lambda-create-invoke", false)),
        ),
        ("existing function", vec![allow(&["lambda:UpdateFunctionCode"], "*")], Some(("lambda-update-code", false))),
        ("needs a profile", vec![allow(&["iam:PassRole", "ec2:RunInstances"], "*")], Some(("ec2-run-instances", false))),
        ("not action", vec![json!({ "Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*" })], Some(("lambda-update-code", false))),
    ] {
        let found = of_user(&statements);
        let first = found.as_ref().map(|(rules, certain)| (rules[0], *certain));
        match (first, want) {
            (Some((rule, certain)), Some((wanted, sure))) => {
                assert_eq!(certain, sure, "{name}: {found:?}");
                assert!(rule == wanted || !sure, "{name}: {found:?}");
            }
            (found, want) => assert_eq!(found, want, "{name}"),
        }
    }
}

#[test]
fn policies_groups_and_users_lead_on() {
    let mut details = Details::new();
    let mine = details.policy("mine", &[allow(&["iam:CreatePolicyVersion"], &arn("policy", "mine"))]);
    attach(details.user("writer", &[]), &mine);
    let other = details.policy("not-mine", &[allow(&["iam:CreatePolicyVersion"], &arn("policy", "mine"))]);
    attach(details.user("no-writer", &[]), &other);
    details.group("admins", &[allow(&["*"], "*")]);
    details.group("plain", &[allow(&["s3:*"], "*")]);
    details.user("joiner", &[allow(&["iam:AddUserToGroup"], "*")]);
    details.user("plain-joiner", &[allow(&["iam:AddUserToGroup"], &arn("group", "plain"))]);
    details.user("keys", &[allow(&["iam:CreateAccessKey"], &arn("user", "joiner"))]);
    let account = details.read(&Given::default());
    let found = account.escalations().unwrap();
    let rules = |name: &str| {
        path_of(&account, &found, name).map(|path| (path.certain, path.steps.iter().map(|step| step.rule).collect::<Vec<_>>()))
    };
    assert_eq!(rules("writer"), Some((true, vec!["iam-create-policy-version"])));
    assert_eq!(rules("no-writer"), None);
    assert_eq!(rules("joiner"), Some((true, vec!["iam-add-user-to-group"])));
    assert_eq!(rules("plain-joiner"), None);
    assert_eq!(rules("keys"), Some((true, vec!["iam-create-access-key", "iam-add-user-to-group"])));
    let words = account.describe(path_of(&account, &found, "keys").unwrap());
    assert!(words.contains("iam:CreateAccessKey on arn:aws:iam::111122223333:user/joiner: allowed by statement 1"), "{words}");
    assert!(words.contains("inline own of user keys") && words.contains("fix: "), "{words}");
}

#[test]
fn roles_are_assumed_as_their_trust_says() {
    let mut details = Details::new();
    details.role("open", &[allow(&["*"], "*")], &[trusts("arn:aws:iam::111122223333:root")]);
    details.role("named", &[allow(&["iam:PutRolePolicy"], &arn("role", "named"))], &[trusts(&arn("user", "named-user"))]);
    details.user("with-right", &[allow(&["sts:AssumeRole"], &arn("role", "open"))]);
    details.user("without-right", &[allow(&["s3:*"], "*")]);
    details.user("named-user", &[]);
    details.user("wrong-role", &[allow(&["sts:AssumeRole"], &arn("role", "named"))]);
    let mut with_mfa = trusts("arn:aws:iam::111122223333:root");
    with_mfa["Condition"] = json!({ "Bool": { "aws:MultiFactorAuthPresent": "true" } });
    details.role("mfa", &[allow(&["*"], "*")], &[with_mfa]);
    details.user("mfa-user", &[allow(&["sts:AssumeRole"], &arn("role", "mfa"))]);
    let account = details.read(&Given::default());
    let found = account.escalations().unwrap();
    let certain = |name: &str| path_of(&account, &found, name).map(|path| path.certain);
    assert_eq!(certain("with-right"), Some(true));
    assert_eq!(certain("without-right"), None);
    assert_eq!(certain("named-user"), Some(true), "named by the trust, it needs no policy of its own");
    assert_eq!(certain("wrong-role"), None);
    assert_eq!(certain("mfa-user"), Some(false));
    let path = path_of(&account, &found, "mfa-user").unwrap();
    assert!(path.steps[0].depends[0].contains("aws:multifactorauthpresent"), "{:?}", path.steps[0].depends);
}

#[test]
fn a_certain_path_leads_past_who_may_be_an_administrator() {
    let mut details = Details::new();
    let from_office =
        json!({ "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": { "IpAddress": { "aws:SourceIp": "203.0.113.0/24" } } });
    let itself = allow(&["iam:PutRolePolicy"], &arn("role", "maybe"));
    details.role("maybe", &[from_office, itself], &[trusts("arn:aws:iam::111122223333:root")]);
    details.user("u", &[allow(&["sts:AssumeRole"], &arn("role", "maybe"))]);
    let account = details.read(&Given::default());
    let found = account.escalations().unwrap();
    assert!(found.admins.iter().any(|admin| admin.depends.is_some()));
    let path = path_of(&account, &found, "u").unwrap();
    let rules: Vec<&str> = path.steps.iter().map(|step| step.rule).collect();
    assert_eq!((path.certain, rules), (true, vec!["sts-assume-role", "iam-put-role-policy"]));
}

#[test]
fn ceilings_hold() {
    let mut details = Details::new();
    let narrow = details.policy("narrow", &[allow(&["s3:*", "iam:*"], "*"), deny(&["iam:Delete*Boundary"], "*")]);
    bound(details.user("bounded", &[allow(&["iam:PutUserPolicy"], "*")]), &narrow);
    let loose = details.policy("loose", &[allow(&["iam:*"], "*")]);
    bound(details.user("sheds", &[allow(&["*"], "*")]), &loose);
    let account = details.read(&Given::default());
    let found = account.escalations().unwrap();
    let bounded = path_of(&account, &found, "bounded");
    assert!(bounded.is_none_or(|path| !path.certain), "a boundary stays over what it writes for itself");
    let sheds = path_of(&account, &found, "sheds").unwrap();
    assert!(sheds.certain);

    let scp = json!({ "Version": "2012-10-17", "Statement": [allow(&["*"], "*"), deny(&["iam:*"], "*")] });
    let given = Given { scp: Some(vec![vec![("guard".to_owned(), scp)]]), ..Given::default() };
    let mut details = Details::new();
    details.user("u", &[allow(&["iam:PutUserPolicy"], "*")]);
    let account = details.read(&given);
    let found = account.escalations().unwrap();
    assert!(path_of(&account, &found, "u").is_none() && found.admins.is_empty(), "{:?}", found.paths);
}

#[test]
fn what_is_not_known_makes_nobody_safe() {
    let mut details = Details::new();
    attach(details.user("reader", &[]), "arn:aws:iam::aws:policy/Unread");
    attach(details.user("passer", &[allow(&["iam:PutUserPolicy"], "*")]), "arn:aws:iam::aws:policy/Unread");
    let account = details.read(&Given::default());
    let found = account.escalations().unwrap();
    assert_eq!(found.undecided.len(), 2);
    assert!(found.undecided[0].1.detail.contains("arn:aws:iam::aws:policy/Unread"));
    let path = path_of(&account, &found, "passer").unwrap();
    assert!(!path.certain && path.steps[0].to == Target::Admin);
    assert!(path.steps[0].depends.iter().any(|depends| depends.contains("Unread")));
}

#[test]
fn profiles_count() {
    let mut details = Details::new();
    let role = details.role("web", &[allow(&["*"], "*")], &[trusts_service("ec2.amazonaws.com")]);
    role["InstanceProfileList"] = json!([{ "InstanceProfileName": "web", "Arn": arn("instance-profile", "web") }]);
    details.user("u", &[allow(&["iam:PassRole", "ec2:RunInstances"], "*")]);
    let account = details.read(&Given::default());
    let found = account.escalations().unwrap();
    let path = path_of(&account, &found, "u").unwrap();
    assert!(path.certain, "{:?}", path.steps);
    assert_eq!(path.steps[0].to, Target::Principal(account.find("web").unwrap()));
}

#[test]
fn steps_to_others_are_told_of_one_principal() {
    let mut details = Details::new();
    details.role("plain", &[allow(&["s3:*"], "*")], &[trusts_service("lambda.amazonaws.com")]);
    details.user("u", &[allow(&["lambda:CreateFunction", "lambda:InvokeFunction"], "*"), allow(&["iam:PassRole"], &arn("role", "plain"))]);
    details.user("other", &[]);
    let account = details.read(&Given::default());
    let steps = account.open_steps(account.find("u").unwrap()).unwrap();
    let plain = Target::Principal(account.find("plain").unwrap());
    assert!(steps.iter().any(|step| step.to == plain && step.rule == "lambda-create-invoke" && step.certain), "{steps:?}");
    assert!(steps.iter().all(|step| step.to == plain), "{steps:?}");
    assert!(path_of(&account, &account.escalations().unwrap(), "u").is_none(), "the role that it can take is no administrator");
}

#[test]
fn identity_providers_let_in_whoever_controls_them() {
    let mut details = Details::new();
    let provider = format!("arn:aws:iam::{ID}:saml-provider/corp");
    let trust = json!({ "Effect": "Allow", "Principal": { "Federated": provider }, "Action": "sts:AssumeRoleWithSAML" });
    details.role("sso-admin", &[allow(&["*"], "*")], &[trust]);
    details.user("u", &[allow(&["iam:UpdateSAMLProvider"], "*")]);
    let account = details.read(&Given::default());
    let found = account.escalations().unwrap();
    let path = path_of(&account, &found, "u").unwrap();
    assert_eq!((path.certain, path.steps[0].rule), (true, "iam-update-saml-provider"));
}

#[test]
fn raising_another_needs_its_ceiling_and_a_way_in() {
    let mut details = Details::new();
    let narrow = details.policy("narrow", &[allow(&["s3:*"], "*")]);
    details.role("target", &[], &[trusts("arn:aws:iam::111122223333:root")]);
    bound(details.role("held", &[], &[trusts("arn:aws:iam::111122223333:root")]), &narrow);
    let on = |role: &str| [allow(&["iam:AttachRolePolicy", "sts:AssumeRole"], &arn("role", role))];
    details.user("raises", &on("target"));
    details.user("stays", &on("held"));
    let account = details.read(&Given::default());
    let found = account.escalations().unwrap();
    let path = path_of(&account, &found, "raises").unwrap();
    assert_eq!((path.certain, path.steps[0].rule), (true, "iam-attach-role-policy-and-assume"));
    assert!(path_of(&account, &found, "stays").is_none_or(|path| !path.certain));
}

#[test]
fn a_second_factor_does_not_make_an_administrator_less_of_one() {
    let mut details = Details::new();
    let without_mfa = json!({ "Effect": "Deny", "NotAction": "iam:*", "Resource": "*", "Condition": { "BoolIfExists": { "aws:MultiFactorAuthPresent": "false" } } });
    details.user("mfa", &[allow(&["*"], "*"), without_mfa]);
    let region = json!({ "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": { "StringNotEquals": { "aws:RequestedRegion": "eu-west-1" } } });
    details.user("one-region", &[allow(&["*"], "*"), region]);
    let account = details.read(&Given::default());
    let admins = account.escalations().unwrap().admins;
    for name in ["mfa", "one-region"] {
        let number = account.find(name).unwrap();
        assert!(admins.iter().any(|admin| admin.principal == number && admin.depends.is_none()), "{name}: {admins:?}");
    }
}

#[test]
fn whoever_has_a_policy_that_is_not_known_may_be_an_administrator_to_reach() {
    let mut details = Details::new();
    let role = details.role("unread", &[], &[trusts("arn:aws:iam::111122223333:root")]);
    attach(role, "arn:aws:iam::111122223333:policy/unread");
    details.user("u", &[allow(&["sts:AssumeRole"], &arn("role", "unread"))]);
    let account = details.read(&Given::default());
    let found = account.escalations().unwrap();
    let path = path_of(&account, &found, "u").unwrap();
    assert!(!path.certain && path.steps[0].depends.iter().any(|of| of.contains("policy/unread")), "{path:?}");
}
