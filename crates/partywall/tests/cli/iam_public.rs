//! `partywall iam public`: policies of resources and of roles' trust.

use serde_json::{Value, json};

use crate::iam_account::{ACCOUNT, allow, document, lines};
use crate::support::Sources;

fn of_bucket(principal: &Value, condition: &Value) -> String {
    document(&[json!({
        "Sid": "Open", "Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*",
        "Condition": condition,
    })])
    .to_string()
}

#[test]
fn who_gets_in_from_outside_is_shown_by_a_request_or_proved_not_to() {
    let organization = json!({ "StringEquals": { "aws:PrincipalOrgID": "o-a1b2c3d4e5" } });
    let own = json!({ "AWS": "arn:aws:iam::111122223333:root" });
    let everyone = json!("*");
    let mut denied: Value = serde_json::from_str(&of_bucket(&everyone, &json!({}))).expect("a policy");
    denied["Statement"].as_array_mut().expect("a list").push(json!({
        "Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*",
        "Condition": { "StringNotEquals": { "aws:PrincipalAccount": ACCOUNT } },
    }));
    let common = ["iam", "public", "p.json", "--resource", "arn:aws:s3:::b", "--account", ACCOUNT];
    for (text, options, code, outside, public) in [
        (of_bucket(&everyone, &json!({})), &[][..], 1, "yes", "yes"),
        (of_bucket(&own, &json!({})), &[], 0, "no", "no"),
        (of_bucket(&everyone, &organization), &[], 1, "yes", "no"),
        (of_bucket(&everyone, &organization), &["--organization", "o-a1b2c3d4e5"], 0, "no", "no"),
        (of_bucket(&json!({ "AWS": "444455556666" }), &json!({})), &[], 1, "yes", "no"),
        (of_bucket(&json!({ "AWS": "444455556666" }), &json!({})), &["--trusted-account", "444455556666"], 0, "no", "no"),
        // S3 looks at the text of each Allow, whatever is denied.
        (denied.to_string(), &[], 1, "no", "yes"),
        (of_bucket(&json!({ "Service": "logging.s3.amazonaws.com" }), &json!({})), &[], 0, "no", "no"),
        (of_bucket(&json!({ "Service": "logging.s3.amazonaws.com" }), &json!({})), &["--services-outside"], 1, "yes", "no"),
    ] {
        let sources = Sources::new(&[("p.json", &text)]);
        let ran = sources.run(&[&common[..], options, &["--format", "json"]].concat());
        let [answer] = lines(&ran).try_into().expect("one line");
        assert_eq!(
            (ran.code, &answer["outside"], &answer["s3Public"]),
            (code, &json!(outside), &json!(public)),
            "{text} {options:?}: {answer}"
        );
        assert_eq!(answer["witness"]["action"].as_str(), (outside == "yes").then_some("s3:GetObject"), "{answer}");
    }
}

#[test]
fn trust_policies_are_asked_too_and_what_is_no_resource_policy_is_refused() {
    let trust =
        |principal: Value| document(&[json!({ "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole" })]).to_string();
    let open = Sources::new(&[
        ("other.json", &trust(json!({ "AWS": "arn:aws:iam::444455556666:role/x" }))),
        ("service.json", &trust(json!({ "Service": "ec2.amazonaws.com" }))),
    ]);
    let ran = open.run(&["iam", "public", "service.json", "other.json", "--account", ACCOUNT]);
    assert_eq!(ran.code, 1, "{} {}", ran.out, ran.err);
    assert!(ran.out.contains("service.json: lets in others from outside: no, proved"), "{}", ran.out);
    assert!(ran.out.contains("  arn:aws:iam::444455556666:role/x asks for sts:AssumeRole on "), "{}", ran.out);
    assert!(!ran.out.contains("S3's rule"), "{}", ran.out);
    assert!(ran.err.contains("taken for granted: AWS services"), "{}", ran.err);
    for (text, says) in [
        ("{}", "Statement"),
        ("", "p.json: "),
        ("{\"Version\":\"2012-10-17\",\"Statement\":[]}", "has no statement"),
        ("{\"Version\":\"2012-10-17\",\n\"Statement\":[{\"Effect\":\"Perhaps\"}]}", "line 2"),
        (&document(&[allow("s3:*", "*")]).to_string(), "names no principal in statement 1"),
    ] {
        let sources = Sources::new(&[("p.json", text)]);
        let ran = sources.run(&["iam", "public", "p.json"]);
        assert_eq!((ran.code, ran.err.contains(says), ran.out.as_str()), (2, true, ""), "`{text}`: {}", ran.err);
    }
    for (options, says) in [
        (&["--account", "1111"][..], "`1111` is no account"),
        (&["--organization", "a1b2"], "`a1b2` is no organization"),
        (&["--resource", "bucket"], "`bucket` is no resource"),
        (&["--resource", "arn:aws:sqs:eu-west-1:444455556666:q", "--account", ACCOUNT], "is not in account `111122223333`"),
    ] {
        let ran = open.run(&[&["iam", "public", "other.json"], options].concat());
        assert_eq!((ran.code, ran.err.contains(says)), (2, true), "{options:?}: {}", ran.err);
    }
}

#[test]
fn what_cannot_be_shown_is_not_decided_and_names_the_statement() {
    // Whom the condition keeps out rests on the value of a variable that nothing settles.
    let queue = |name: &str| format!("arn:aws:sqs:eu-west-1:{ACCOUNT}:{name}");
    let open = json!({
        "Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": queue("${aws:PrincipalTag/team}"),
        "Condition": {
            "StringNotEquals": { "aws:PrincipalTag/team": ["x", "${aws:PrincipalTag/x}"] },
            "StringLike": { "aws:PrincipalTag/team": "?", "aws:PrincipalTag/x": "?" },
        },
    });
    let sources = Sources::new(&[("p.json", &document(&[open]).to_string())]);
    let ran = sources.run(&["iam", "public", "p.json", "--resource", &queue("q")]);
    assert_eq!((ran.code, ran.out.contains("not decided: statement 1 `Open`")), (3, true), "{} {}", ran.out, ran.err);
    let json = sources.run(&["iam", "public", "p.json", "--resource", &queue("q"), "--format", "json"]);
    let [answer] = lines(&json).try_into().expect("one line");
    assert_eq!((&answer["outside"], &answer["witness"], &answer["s3Public"]), (&json!("not decided"), &Value::Null, &Value::Null));
}
