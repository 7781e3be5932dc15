use partywall_iam::Answer;
use partywall_iam::account::{AccountError, Given, KnownAction, LastAccessed, Observation, Question, Standing, read_observations};
use partywall_iam::eval::{Caller, Policies, Policy, Request, evaluate};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::make::{Details, allow, arn, attach, bound, deny};

const ACTIONS: [KnownAction<'_>; 5] = [
    KnownAction { name: "s3:GetObject", wildcard_only: false, access_level: Some("Read") },
    KnownAction { name: "s3:PutObject", wildcard_only: false, access_level: Some("Write") },
    KnownAction { name: "s3:ListAllMyBuckets", wildcard_only: true, access_level: Some("List") },
    KnownAction { name: "sqs:SendMessage", wildcard_only: false, access_level: Some("Write") },
    KnownAction { name: "sns:Publish", wildcard_only: false, access_level: Some("Write") },
];

fn seen(action: &str, resource: Option<&str>) -> Observation {
    Observation { principal: arn("user", "u"), action: action.into(), resource: resource.map(str::to_owned), count: None, last: None }
}

#[test]
fn observations_are_read_with_their_places() {
    let good = format!(
        "{}\n\n{}\n",
        json!({ "principal": "a", "action": "s3:GetObject" }),
        json!({ "principal": "a", "action": "s3:PutObject", "resource": "arn:aws:s3:::b/x", "count": 2, "last": "2026-01-01" })
    );
    assert_eq!(read_observations(&good).unwrap().len(), 2);
    let reason = |text: &str| read_observations(text).unwrap_err().to_string();
    assert!(reason("{\"principal\": \"a\", \"action\": \"s3:GetObject\"}\n{\"principal\": 1}").starts_with("line 2, column 15"));
    assert!(reason("{\"principal\": \"a\", \"action\": \"s3:*\"}").contains("`s3:*` is not one action"));
    assert!(reason("{\"principal\": \"a\", \"action\": \"s3:Get\", \"more\": 1}").contains("unknown field"));
}

#[test]
fn sessions_count_for_their_role() {
    let account = Details::new().read(&Given::default());
    let mut one = seen("s3:GetObject", None);
    one.principal = "arn:aws:sts::111122223333:assumed-role/boss/i-1".into();
    let mut other = one.clone();
    other.principal = "arn:aws:sts::111122223333:assumed-role/bossy/i-1".into();
    assert_eq!(account.observations_of(account.find("boss").unwrap(), &[one, other]).len(), 1);
}

#[test]
fn what_a_principal_can_do_is_told_by_service() {
    let mut details = Details::new();
    let narrow = details.policy("narrow", &[allow(&["s3:*", "sns:*"], "*")]);
    let mut regional = allow(&["sns:Publish"], "*");
    regional["Condition"] = json!({ "StringEquals": { "aws:RequestedRegion": "eu-west-1" } });
    let user = details
        .user("u", &[allow(&["s3:*"], "arn:aws:s3:::b/*"), deny(&["s3:Put*"], "arn:aws:s3:::b/keep/*"), allow(&["sqs:*"], "*"), regional]);
    bound(user, &narrow);
    let account = details.read(&Given::default());
    let can = account.what_can(account.find("u").unwrap(), ACTIONS).unwrap();
    let of =
        |service: &str, action: &str| can.services[service].iter().find(|grant| grant.actions.iter().any(|have| have == action)).unwrap();
    assert_eq!(of("s3", "s3:GetObject").standing, Standing::Allowed);
    assert_eq!(of("s3", "s3:GetObject").resources, ["arn:aws:s3:::b/*"]);
    assert_eq!(of("s3", "s3:PutObject").except, ["arn:aws:s3:::b/keep/*"]);
    assert_eq!(of("s3", "s3:ListAllMyBuckets").standing, Standing::Denied, "an action without resource needs `*`");
    assert_eq!(of("sqs", "sqs:SendMessage").standing, Standing::Denied, "the boundary does not allow it");
    assert_eq!(of("sns", "sns:Publish").standing, Standing::Conditional);
    assert_eq!(of("sns", "sns:Publish").conditions, ["if StringEquals aws:RequestedRegion = eu-west-1"]);
}

#[test]
fn what_is_not_used_is_told() {
    let mut details = Details::new();
    details.user("u", &[allow(&["s3:*", "sqs:*"], "*")]);
    let account = details.read(&Given::default());
    let number = account.find("u").unwrap();
    let unused = account.unused(number, ACTIONS, &[&seen("s3:getobject", None)]).unwrap();
    assert_eq!(unused.services, ["sqs"]);
    assert_eq!(unused.actions["s3"], ["s3:ListAllMyBuckets", "s3:PutObject"]);
    let last = json!({ "ServicesLastAccessed": [
        { "ServiceNamespace": "s3", "LastAuthenticated": "2026-01-01", "TrackedActionsLastAccessed": [{ "ActionName": "PutObject" }] },
        { "ServiceNamespace": "sqs", "LastAuthenticated": "2026-01-01" },
        { "ServiceNamespace": "sns" },
    ] });
    let since = account.unused_since(number, ACTIONS, &LastAccessed::read(&last.to_string()).unwrap()).unwrap();
    assert_eq!((since.services, since.not_told), (vec![], vec!["sqs".to_owned()]));
    assert_eq!(since.actions["s3"], ["s3:PutObject"], "of the actions that are not tracked nothing is known");
}

#[test]
fn a_proposal_keeps_what_was_seen_and_nothing_else() {
    let mut details = Details::new();
    let mut conditional = allow(&["sns:*"], "*");
    conditional["Condition"] = json!({ "StringEquals": { "aws:RequestedRegion": "eu-west-1" } });
    details.user(
        "u",
        &[
            allow(&["s3:*"], "arn:aws:s3:::b/*"),
            conditional,
            deny(&["s3:*"], "arn:aws:s3:::b/no/*"),
            allow(&["sqs:*"], "arn:aws:sqs:*:*:${aws:username}-*"),
        ],
    );
    let account = details.read(&Given::default());
    let all = [
        seen("s3:GetObject", Some("arn:aws:s3:::b/x$y")),
        seen("s3:GetObject", Some("arn:aws:s3:::b/z")),
        seen("sns:Publish", None),
        seen("sqs:SendMessage", Some("arn:aws:sqs:eu-west-1:111122223333:u-1")),
        seen("ec2:StopInstances", None),
    ];
    let proposal = account.least_privilege(account.find("u").unwrap(), &all.iter().collect::<Vec<_>>()).unwrap();
    assert_eq!(proposal.not_allowed.iter().map(|(seen, _)| seen.action.as_str()).collect::<Vec<_>>(), ["ec2:StopInstances"]);
    let [document] = proposal.documents.as_slice() else { panic!("{:?}", proposal.documents) };
    let statements = document["Statement"].as_array().unwrap();
    assert_eq!(
        statements[0],
        json!({ "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::b/x${$}y", "arn:aws:s3:::b/z"] })
    );
    assert_eq!(statements[1]["Condition"], json!({ "StringEquals": { "aws:RequestedRegion": ["eu-west-1"] } }));
    assert_eq!(statements[2]["Resource"], json!(["arn:aws:sqs:*:*:${aws:username}-*"]), "a variable is kept");
    assert_eq!(statements[3]["Effect"], "Deny");
    assert_eq!(proposal.origins[0][1].statement, 1);
}

#[test]
fn without_knowing_a_policy_nothing_is_proposed() {
    let mut details = Details::new();
    attach(details.user("u", &[allow(&["s3:*"], "*")]), "arn:aws:iam::aws:policy/Unread");
    let account = details.read(&Given::default());
    let refused = account.least_privilege(account.find("u").unwrap(), &[&seen("s3:GetObject", None)]).unwrap_err();
    assert!(matches!(&refused, AccountError::NoProposal { reason, .. } if reason.contains("Unread")));
}

fn statement() -> impl Strategy<Value = Value> {
    let actions = prop::sample::select(vec!["s3:*", "s3:Get*", "sqs:SendMessage", "*", "s3:PutObject"]);
    let resources =
        prop::sample::select(vec!["*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/a?", "arn:aws:s3:::${aws:username}/*", "arn:aws:sqs:*:*:q"]);
    let conditions = prop::option::of(prop::sample::select(vec![
        json!({ "StringEquals": { "aws:RequestedRegion": "eu-west-1" } }),
        json!({ "Bool": { "aws:SecureTransport": "true" } }),
        json!({ "StringNotLike": { "aws:PrincipalTag/team": "dev*" } }),
    ]));
    (prop::bool::weighted(0.75), any::<bool>(), any::<bool>(), actions, resources, conditions).prop_map(
        |(allows, plain_action, plain_resource, action, resource, condition)| {
            let mut made = json!({ "Effect": if allows { "Allow" } else { "Deny" } });
            made[if plain_action { "Action" } else { "NotAction" }] = json!([action]);
            made[if plain_resource { "Resource" } else { "NotResource" }] = json!([resource]);
            if let Some(condition) = condition {
                made["Condition"] = condition;
            }
            made
        },
    )
}

proptest! {
    /// A proposal allows no request that the old policies do not, and every observation as much as before.
    #[test]
    fn proposals_are_within_the_old_policies(
        statements in prop::collection::vec(statement(), 1..5),
        observed in prop::collection::vec((0_usize..4, 0_usize..6), 1..5),
        old_version in any::<bool>(),
    ) {
        const DONE: [&str; 4] = ["s3:GetObject", "s3:PutObject", "sqs:SendMessage", "iam:GetUser"];
        const ON: [Option<&str>; 6] =
            [None, Some("arn:aws:s3:::b/a1"), Some("arn:aws:s3:::b/a?"), Some("arn:aws:s3:::u/x"), Some("arn:aws:sqs:r:1:q"), Some("*")];
        let mut details = Details::new();
        let user = details.user("u", &statements);
        if old_version {
            user["UserPolicyList"][0]["PolicyDocument"]["Version"] = json!("2008-10-17");
        }
        let old = Policy::read("old", &user["UserPolicyList"][0]["PolicyDocument"].to_string()).unwrap();
        let account = details.read(&Given::default());
        let all: Vec<Observation> = observed.iter().map(|(action, on)| seen(DONE[*action], ON[*on])).collect();
        let number = account.find("u").unwrap();
        let proposal = account.least_privilege(number, &all.iter().collect::<Vec<_>>()).unwrap();
        let new: Vec<Policy> = proposal.documents.iter().map(|document| Policy::read("new", &document.to_string()).unwrap()).collect();
        let old = [old];
        for action in DONE {
            for resource in ["arn:aws:s3:::b/a1", "arn:aws:s3:::b/a?", "arn:aws:s3:::b/other", "arn:aws:s3:::u/x", "arn:aws:s3:::v/x", "arn:aws:sqs:r:1:q"] {
                for (user, region, team) in [("u", "eu-west-1", Some("dev1")), ("u", "us-east-1", None), ("v", "eu-west-1", Some("ops"))] {
                    let mut request = Request::new(Caller::parse(&arn("user", user)), action, resource);
                    request.set_resource_account("111122223333");
                    request.set("aws:RequestedRegion", [region]);
                    request.set("aws:SecureTransport", [if team.is_some() { "true" } else { "false" }]);
                    request.set("aws:PrincipalTag/team", team);
                    let ask = |identity: &[Policy]| evaluate(&request, &Policies { identity, ..Policies::default() }).is_allowed();
                    prop_assert!(ask(&new) != Answer::Yes || ask(&old) == Answer::Yes, "{request:?}\n{:?}", proposal.documents);
                }
            }
        }
        let refused: Vec<&Observation> = proposal.not_allowed.iter().map(|(seen, _)| seen).collect();
        for observation in all.iter().filter(|observation| !refused.contains(observation)) {
            let question = Question::new(observation.action.as_str(), observation.resource.as_deref().unwrap_or("*"));
            prop_assert!(account.access(number, &question).unwrap().standing != Standing::Denied);
        }
    }
}
