use std::collections::BTreeMap;

use partywall_iam::account::{Account, AccountError, Given, GivenResource, Question, Standing};
use partywall_iam::value_from_json;
use proptest::prelude::*;
use serde_json::json;

use crate::make::{Details, ID, allow, arn, attach, bound, deny, document, trusts};

fn standing(account: &Account, name: &str, action: &str, resource: &str) -> Standing {
    account.access(account.find(name).unwrap(), &Question::new(action, resource)).unwrap().standing
}

#[test]
fn everyone_who_can_is_named() {
    let mut details = Details::new();
    details.group("readers", &[allow(&["sqs:ReceiveMessage"], "*")]);
    details.user("member", &[])["GroupList"] = json!(["readers"]);
    details.user("denied", &[deny(&["sqs:*"], "*")])["GroupList"] = json!(["readers"]);
    details.user("other", &[allow(&["sns:*"], "*")]);
    let mut on_monday = allow(&["sqs:*"], "*");
    on_monday["Condition"] = json!({ "StringEquals": { "aws:RequestedRegion": "eu-west-1" } });
    details.user("regional", &[on_monday]);
    attach(details.user("unread", &[]), "arn:aws:iam::aws:policy/Unread");
    let narrow = details.policy("narrow", &[allow(&["s3:*"], "*")]);
    bound(details.user("bounded", &[allow(&["sqs:*"], "*")]), &narrow);
    let given = Given { resources_complete: true, ..Given::default() };
    let account = details.read(&given);
    let found = account.who_can(&Question::new("sqs:ReceiveMessage", format!("arn:aws:sqs:eu-west-1:{ID}:q")));
    let of = |name: &str| {
        let number = account.find(name).unwrap();
        found.holders.iter().find(|holder| holder.principal == number).map(|holder| holder.access.standing)
    };
    assert_eq!(of("member"), Some(Standing::Allowed));
    assert_eq!(of("boss"), Some(Standing::Allowed));
    assert_eq!(of("regional"), Some(Standing::Conditional));
    assert_eq!(of("unread"), Some(Standing::Unknown));
    assert_eq!([of("denied"), of("other"), of("bounded")], [None, None, None]);
    assert_eq!(found.denied, 3);
    let regional = found.holders.iter().find(|holder| holder.access.standing == Standing::Conditional).unwrap();
    assert_eq!(
        regional.access.conditions,
        ["if StringEquals aws:RequestedRegion = eu-west-1 (statement 1 of inline own of user regional)"]
    );
    assert!(found.assumptions[0].contains("service control policy"));
}

#[test]
fn a_resource_policy_that_was_not_given_makes_a_no_unknown() {
    let mut details = Details::new();
    details.user("u", &[allow(&["ec2:StopInstances"], "*")]);
    let bucket = "arn:aws:s3:::b";
    let unread = details.read(&Given::default());
    assert_eq!(standing(&unread, "u", "s3:GetObject", "arn:aws:s3:::b/x"), Standing::Unknown);
    assert_eq!(standing(&unread, "u", "ec2:StartInstances", &format!("arn:aws:ec2:eu-west-1:{ID}:instance/i")), Standing::Denied);
    let policy = |principal: serde_json::Value| {
        let statement = json!({ "Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*" });
        let resource = GivenResource { policy: Some(value_from_json(&document(&[statement]).to_string()).unwrap()), tags: None };
        Given { resources: BTreeMap::from([(bucket.to_owned(), resource)]), ..Given::default() }
    };
    let named = details.read(&policy(json!({ "AWS": [arn("user", "u"), "444455556666"] })));
    let question = Question::new("s3:GetObject", "arn:aws:s3:::b/x");
    assert_eq!(standing(&named, "u", "s3:GetObject", "arn:aws:s3:::b/x"), Standing::Allowed);
    assert_eq!(standing(&named, "u", "s3:GetObject", "arn:aws:s3:::b/*"), Standing::Allowed);
    assert_eq!(standing(&named, "u", "s3:GetObject", "arn:aws:s3:::*"), Standing::Allowed, "a bucket of the pattern lets it in");
    assert_eq!(standing(&named, "u", "s3:PutObject", "arn:aws:s3:::b/x"), Standing::Denied);
    let outsiders = named.who_can(&question).outsiders;
    assert_eq!(outsiders.len(), 1);
    assert_eq!((&*outsiders[0].name, outsiders[0].standing), ("444455556666", Standing::Allowed));
    let none = Given { resources: BTreeMap::from([(bucket.to_owned(), GivenResource::default())]), ..Given::default() };
    assert_eq!(standing(&details.read(&none), "u", "s3:GetObject", "arn:aws:s3:::b/x"), Standing::Denied);
}

#[test]
fn an_alias_of_a_function_has_a_policy_of_its_own() {
    let mut details = Details::new();
    details.user("u", &[]);
    let function = format!("arn:aws:lambda:eu-west-1:{ID}:function:f");
    let statement =
        json!({ "Effect": "Allow", "Principal": { "AWS": arn("user", "u") }, "Action": "lambda:InvokeFunction", "Resource": function });
    let resource = GivenResource { policy: Some(value_from_json(&document(&[statement]).to_string()).unwrap()), tags: None };
    let given = |resources_complete| {
        let resource = GivenResource { policy: resource.policy.clone(), tags: None };
        Given { resources: BTreeMap::from([(function.clone(), resource)]), resources_complete, ..Given::default() }
    };
    let asked = |given: &Given, arn: &str| standing(&details.read(given), "u", "lambda:InvokeFunction", arn);
    let alias = format!("{function}:live");
    assert_eq!(asked(&given(false), &function), Standing::Allowed);
    assert_eq!(asked(&given(false), &alias), Standing::Unknown);
    assert_eq!(asked(&given(true), &alias), Standing::Denied);
}

#[test]
fn tags_of_users_are_known_and_tags_of_sessions_are_not() {
    let statement = json!({
        "Effect": "Allow", "Action": "ec2:StopInstances", "Resource": "*",
        "Condition": { "StringEquals": { "aws:PrincipalTag/team": "ops" } },
    });
    let mut details = Details::new();
    details.user("ops", std::slice::from_ref(&statement))["Tags"] = json!([{ "Key": "team", "Value": "ops" }]);
    details.user("dev", std::slice::from_ref(&statement))["Tags"] = json!([{ "Key": "team", "Value": "dev" }]);
    details.user("none", std::slice::from_ref(&statement));
    details.user("unread", std::slice::from_ref(&statement)).as_object_mut().unwrap().remove("Tags");
    details.role("fixed", std::slice::from_ref(&statement), &[trusts(ID)]);
    let mut tagging = trusts(ID);
    tagging["Action"] = json!(["sts:AssumeRole", "sts:TagSession"]);
    details.role("tagged", &[statement], &[tagging]);
    let account = details.read(&Given::default());
    let of = |name: &str| standing(&account, name, "ec2:StopInstances", &format!("arn:aws:ec2:eu-west-1:{ID}:instance/i"));
    assert_eq!([of("ops"), of("dev"), of("none")], [Standing::Allowed, Standing::Denied, Standing::Denied]);
    assert_eq!([of("unread"), of("fixed"), of("tagged")], [Standing::Conditional, Standing::Denied, Standing::Conditional]);
}

#[test]
fn roles_are_told_by_their_trust() {
    let mut details = Details::new();
    details.role("app", &[], &[trusts(ID), trusts("444455556666")]);
    details.user("may", &[allow(&["sts:AssumeRole"], "*")]);
    details.user("may-not", &[]);
    let account = details.read(&Given::default());
    let found = account.who_can(&Question::new("sts:AssumeRole", arn("role", "app")));
    let names: Vec<&str> = found.holders.iter().map(|holder| &*account.principals()[holder.principal].name).collect();
    assert_eq!(names, ["may", "boss"]);
    assert_eq!(found.outsiders.iter().map(|outsider| &*outsider.name).collect::<Vec<_>>(), ["444455556666"]);
}

#[test]
fn input_that_is_wrong_says_so() {
    let read = |text: &str| Account::read(text, &Given::default()).unwrap_err().to_string();
    assert!(read("{").contains("line 1"));
    assert!(read("{}").contains("UserDetailList"));
    assert!(read(r#"{"UserDetailList":[{"UserName":"a","Arn":"x"}]}"#).contains("`x` is not the ARN"));
    let two = r#"{"UserDetailList":[{"UserName":"a","Arn":"arn:aws:iam::111122223333:user/a"},{"UserName":"b","Arn":"arn:aws:iam::444455556666:user/b"}]}"#;
    assert!(read(two).contains("`444455556666`"));
    let account = Details::new().read(&Given::default());
    assert!(matches!(account.find("nobody"), Err(AccountError::NoPrincipal { .. })));
}

#[test]
fn pages_are_joined() {
    let mut first = Details::new();
    first.user("a", &[]);
    let page = r#"{"UserDetailList":[{"UserName":"b","Arn":"arn:aws:iam::111122223333:user/b"}],"IsTruncated":true}"#;
    for text in [format!("{}\n{page}", first.text()), format!("[{},{page}]", first.text())] {
        let account = Account::read(&text, &Given::default()).unwrap();
        assert!(account.find("a").is_ok() && account.find("b").is_ok());
        assert_eq!(account.gaps().len(), 1, "the last page says that there are more");
    }
}

proptest! {
    /// Who-can decides by cases; asking each principal alone must say the same.
    #[test]
    fn cases_and_single_questions_agree(
        policies in prop::collection::vec((0_usize..6, 0_usize..4, any::<bool>()), 1..12),
        asked in 0_usize..4,
    ) {
        const ACTIONS: [&str; 6] = ["sqs:*", "sqs:SendMessage", "sns:Publish", "*", "sqs:Receive*", "ec2:*"];
        let resource = |number: usize| ["*", "arn:aws:sqs:*:*:a*", "arn:aws:sqs:*:*:${aws:username}", "arn:aws:sns:*:*:*"][number];
        let mut details = Details::new();
        for (number, (action, on, denies)) in policies.iter().enumerate() {
            let statement = if *denies { deny(&[ACTIONS[*action]], resource(*on)) } else { allow(&[ACTIONS[*action]], resource(*on)) };
            details.user(&format!("u{number}"), &[statement.clone(), allow(&["sqs:SendMessage"], "*")]);
            details.user(&format!("w{number}"), &[statement]);
        }
        let account = details.read(&Given { resources_complete: true, ..Given::default() });
        let name = ["u1", "apple", "w0", "*"][asked];
        let question = Question::new("sqs:SendMessage", format!("arn:aws:sqs:eu-west-1:{ID}:{name}"));
        let found = account.who_can(&question);
        for number in 0..account.principals().len() {
            let alone = account.access(number, &question).unwrap();
            match found.holders.iter().find(|holder| holder.principal == number) {
                Some(holder) => prop_assert_eq!(&holder.access, &alone),
                None => prop_assert_eq!(alone.standing, Standing::Denied),
            }
        }
    }

    /// Whatever the text, reading it ends in an account or an error.
    #[test]
    fn any_text_is_read_or_refused(text in "[\\[\\]{}\":,a-zA-Z0-9 ]{0,200}") {
        drop(Account::read(&text, &Given::default()));
    }
}
