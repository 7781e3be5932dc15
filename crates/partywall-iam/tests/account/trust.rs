use partywall_iam::account::{Given, Standing, TrustedFrom};
use serde_json::json;

use crate::make::{Details, ID, allow, trusts};

#[test]
fn roles_are_open_to_whom_their_trust_names() {
    let mut details = Details::new();
    let mut external = trusts("arn:aws:iam::444455556666:root");
    external["Condition"] = json!({ "StringEquals": { "sts:ExternalId": "x" } });
    let github = json!({
        "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": { "Federated": format!("arn:aws:iam::{ID}:oidc-provider/token.actions.githubusercontent.com") },
    });
    details.role("app", &[], &[external, trusts(ID), trusts("AROAEXAMPLEEXAMPLE123"), github]);
    details.role("public", &[], &[json!({ "Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole" })]);
    details.role("not", &[], &[json!({ "Effect": "Allow", "NotPrincipal": { "AWS": ID }, "Action": "sts:AssumeRole" })]);
    details.role("broken", &[], &[json!({ "Effect": "Perhaps", "Principal": "*", "Action": "sts:AssumeRole" })]);
    let account = details.read(&Given::default());
    let map = account.trust_map();
    let of = |role: &str| {
        let number = account.find(role).unwrap();
        map.trusts.iter().filter(|trust| trust.role == number).map(|trust| (trust.from, trust.standing)).collect::<Vec<_>>()
    };
    assert_eq!(
        of("app"),
        [
            (TrustedFrom::OtherAccount, Standing::Conditional),
            (TrustedFrom::Provider, Standing::Allowed),
            (TrustedFrom::OwnAccount, Standing::Allowed),
            (TrustedFrom::Deleted, Standing::Denied),
        ]
    );
    assert_eq!(of("public"), [(TrustedFrom::Anyone, Standing::Allowed)]);
    assert_eq!(of("not"), [(TrustedFrom::Anyone, Standing::Allowed)]);
    assert_eq!(of("boss"), [(TrustedFrom::Service, Standing::Allowed); 2]);
    assert_eq!(map.unread.iter().map(|(role, _)| *role).collect::<Vec<_>>(), [account.find("broken").unwrap()]);
    assert!(matches!(of("broken").as_slice(), [] | [(TrustedFrom::Anyone, Standing::Unknown)]));
    let dot = account.trust_dot(&map);
    assert!(dot.contains("\"arn:aws:iam::444455556666:root\" -> p") && dot.contains("sts:ExternalId = x"), "{dot}");
}

#[test]
fn pictures_are_quoted() {
    let mut details = Details::new();
    details.user("a\"b", &[allow(&["iam:PutUserPolicy"], "*")]);
    let account = details.read(&Given::default());
    let dot = account.paths_dot(&account.escalations().unwrap());
    assert!(dot.contains("label=\"user a\\\"b\"") && dot.contains("-> admin [label=\"iam-put-user-policy\", style=solid]"), "{dot}");
}
