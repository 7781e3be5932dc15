//! What was not read whole is never an answer: cut-off listings, saved errors, parts of answers, items that a query left bare, inputs that
//! disagree.

use serde_json::Value;

use crate::support::Sources;

const PLACE: &str = "111122223333/eu-west-1";

/// Every status of a check, sorted.
fn statuses(results: &[Value], check: &str) -> Vec<String> {
    let of_check = results.iter().filter(|result| result["check"] == check);
    let mut found: Vec<String> = of_check.map(|result| result["status"].as_str().expect("a status").to_owned()).collect();
    found.sort();
    found
}

/// One file in a place, one check, what it must say.
fn says(file: &str, content: &str, check: &str, wanted: &str) {
    let sources = Sources::new(&[(&format!("{PLACE}/{file}"), content)]);
    let (results, ran) = sources.results();
    assert_eq!(statuses(&results, check), [wanted], "{file}: {content}\n{}", ran.err);
    assert!(ran.code != 0 || wanted != "unknown", "{file}: {content}: exit 0");
}

#[test]
fn a_listing_that_says_there_is_more_is_a_gap() {
    let database = "rds.instance-is-not-publicly-accessible";
    for content in [
        r#"{"DBInstances":[],"Marker":"abc"}"#,
        r#"{"DBInstances":[],"NextToken":"abc"}"#,
        r#"[{"DBInstanceIdentifier":"d","PubliclyAccessible":true}]"#,
        r#"{"Databases":[]}"#,
        r#"{"DBInstances":null}"#,
        r#"{"Error":{"Code":"AccessDenied","Message":"no"}}"#,
        r#"{"__type":"ThrottlingException","message":"slow down"}"#,
    ] {
        says("rds/describe-db-instances.json", content, database, "unknown");
    }
    let none = Sources::new(&[(&format!("{PLACE}/rds/describe-db-instances.json"), r#"{"DBInstances":[],"Marker":""}"#)]);
    assert_eq!(none.results().1.code, 0);
    let details = r#"{"IsTruncated":true,"Marker":"m","UserDetailList":[],"GroupDetailList":[],"RoleDetailList":[],"Policies":[]}"#;
    says("get-account-authorization-details.json", details, "iam.role-trust-names-principals", "unknown");
    says("anything.json", details, "iam.role-trust-names-principals", "unknown");
    let whole = details.replace("true", "false");
    let sources = Sources::new(&[(&format!("{PLACE}/get-account-authorization-details.json"), &whole)]);
    assert!(statuses(&sources.results().0, "iam.role-trust-names-principals").is_empty(), "`IsTruncated` decides, not `Marker`");
}

#[test]
fn an_error_or_a_part_saved_as_the_answer_for_a_resource_is_unknown() {
    let denied = r#"{"Code":"AccessDenied","Message":"Access Denied"}"#;
    says("s3api/get-bucket-policy/b.json", denied, "s3.bucket-policy-is-not-public", "unknown");
    says("s3api/get-bucket-policy/b.json", "{}", "s3.bucket-policy-is-not-public", "unknown");
    let part = r#"{"Attributes":{"QueueArn":"arn:aws:sqs:eu-west-1:111122223333:q","DelaySeconds":"0"}}"#;
    let sources = Sources::new(&[
        (&format!("{PLACE}/sqs/list-queues.json"), r#"{"QueueUrls":["https://sqs.eu-west-1.amazonaws.com/111122223333/q"]}"#),
        (&format!("{PLACE}/sqs/get-queue-attributes/q.json"), part),
    ]);
    let (results, ran) = sources.results();
    assert_eq!(statuses(&results, "sqs.queue-policy-is-not-public"), ["unknown"], "{}", ran.err);
    let group = r#"{"SecurityGroups":[{"GroupId":"sg-1","GroupName":"a","Description":"x"}]}"#;
    says("ec2/describe-security-groups.json", group, "ec2.security-group-closes-admin-ports", "unknown");
}

fn group(configuration: &str) -> String {
    format!(
        r#"{{"awsAccountId":"111122223333","awsRegion":"eu-west-1","resourceType":"AWS::EC2::SecurityGroup","resourceId":"sg-1","configurationItemStatus":"OK","configurationItemCaptureTime":"2026-11-01T00:00:00Z"{configuration}}}"#
    )
}

const RULES: &str = r#""groupId":"sg-1","groupName":"a","description":"x","ipPermissionsEgress":[]"#;
const ADMIN: &str = "ec2.security-group-closes-admin-ports";

#[test]
fn a_config_item_that_holds_no_whole_configuration_is_unknown() {
    for (configuration, wanted) in [
        ("", "unknown"),
        (r#","configuration":null"#, "unknown"),
        (r#","configuration":{}"#, "unknown"),
        (r#","configuration":{"groupId":"sg-1"}"#, "unknown"),
        (r#","configuration":{"ipPermissions":"zzz","ipPermissionsEgress":[]}"#, "unknown"),
        (&format!(r#","configuration":{{{RULES},"ipPermissions":[]}}"#), "pass"),
    ] {
        says("config.json", &format!(r#"{{"configurationItems":[{}]}}"#, group(configuration)), ADMIN, wanted);
    }
    let bucket = |parts: &str| {
        format!(
            r#"{{"configurationItems":[{{"awsAccountId":"111122223333","awsRegion":"eu-west-1","resourceType":"AWS::S3::Bucket","resourceId":"b","resourceName":"b","configurationItemStatus":"OK","configuration":{{"name":"b"}},"supplementaryConfiguration":{{"AccessControlList":{{"grantList":[]}},"BucketVersioningConfiguration":{{"status":"Off"}},"BucketLoggingConfiguration":{{}}{parts}}}}}]}}"#
        )
    };
    for (parts, wanted) in
        [("", "unknown"), (r#","BucketPolicy":"{cut off""#, "unknown"), (r#","BucketPolicy":{"policyText":null}"#, "pass")]
    {
        says("config.json", &bucket(parts), "s3.bucket-policy-is-not-public", wanted);
    }
}

#[test]
fn of_a_query_only_what_was_selected_whole_is_known() {
    let result = |fields: &str, item: &str| format!(r#"{{"Results":[{item}]{fields}}}"#, item = serde_json::to_string(item).expect("text"));
    let fields = |names: &[&str]| {
        let list: Vec<String> = names.iter().map(|name| format!(r#"{{"Name":"{name}"}}"#)).collect();
        format!(r#","QueryInfo":{{"SelectFields":[{}]}}"#, list.join(","))
    };
    let open = format!(
        r#","configuration":{{{RULES},"ipPermissions":[{{"fromPort":22,"toPort":22,"ipProtocol":"tcp","ipv4Ranges":[{{"cidrIp":"0.0.0.0/0"}}]}}]}}"#
    );
    let closed = format!(r#","configuration":{{{RULES},"ipPermissions":[]}}"#);
    for (names, item, wanted) in [
        (&["resourceId", "resourceType"][..], group(""), "unknown"),
        (
            &["resourceId", "configuration.ipPermissions.fromPort"],
            group(r#","configuration":{"ipPermissions":[{"fromPort":443}]}"#),
            "unknown",
        ),
        (&["resourceId", "configuration"], group(&closed), "pass"),
        (&["resourceId", "configuration"], group(&open), "fail"),
    ] {
        let sources = Sources::new(&[("select.json", &result(&fields(names), &item))]);
        assert_eq!(statuses(&sources.results().0, ADMIN), [wanted], "{names:?}");
    }
    let nothing_told = Sources::new(&[("select.json", &result("", &group(&closed)))]);
    assert_eq!(statuses(&nothing_told.results().0, ADMIN), ["unknown"], "without QueryInfo nobody knows what was selected");
}

#[test]
fn inputs_that_disagree_are_unknown_and_the_newer_one_counts() {
    let config = |time: &str, ports: &str| {
        format!(
            r#"{{"configurationItems":[{}]}}"#,
            group(&format!(r#","configuration":{{{RULES},"ipPermissions":[{ports}]}}"#)).replace("2026-11-01T00:00:00Z", time)
        )
    };
    let ssh = r#"{"fromPort":22,"toPort":22,"ipProtocol":"tcp","ipv4Ranges":[{"cidrIp":"0.0.0.0/0"}]}"#;
    for (other, wanted) in [("2026-11-01T00:00:00Z", "unknown"), ("2026-10-01T00:00:00Z", "fail"), ("2026-11-02T00:00:00Z", "pass")] {
        let sources = Sources::new(&[("a.json", &config("2026-11-01T00:00:00Z", ssh)), ("b.json", &config(other, ""))]);
        assert_eq!(statuses(&sources.results().0, ADMIN), [wanted], "{other}");
    }
    let deleted = r#"{"awsAccountId":"111122223333","awsRegion":"eu-west-1","resourceType":"AWS::EC2::SecurityGroup","resourceId":"sg-1","configurationItemStatus":"ResourceDeleted","configurationItemCaptureTime":"2026-11-03T00:00:00Z","configuration":null}"#;
    let history = config("2026-11-01T00:00:00Z", ssh).replace("[{\"aws", &format!("[{deleted},{{\"aws"));
    let gone = Sources::new(&[("history.json", &history)]);
    assert!(statuses(&gone.results().0, ADMIN).is_empty(), "a deleted group has no rules");
}

#[test]
fn what_stands_before_a_cut_is_read() {
    let items = format!(
        r#"{{"configurationItems":[{},{{"resourceType":"AWS::EC2"#,
        group(&format!(r#","configuration":{{{RULES},"ipPermissions":[]}}"#))
    );
    let (results, ran) = Sources::new(&[("cut.json", &items)]).results();
    assert_eq!((statuses(&results, ADMIN), ran.code), (vec!["pass".to_owned()], 3), "{}", ran.err);
}

#[test]
fn a_damaged_credential_report_is_unknown() {
    let head = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active,access_key_1_active";
    let row = |used: &str, mfa: &str| {
        format!("{head}\nbob,arn:aws:iam::111122223333:user/bob,2024-01-01T00:00:00+00:00,true,{used},N/A,N/A,{mfa},false\n")
    };
    let check = "iam.user-has-mfa";
    for (report, wanted) in [
        (row("2026-11-19T00:00:00+00:00", "true"), "pass"),
        (row("2026-11-19T00:00:00+00:00", "tru"), "unknown"),
        (format!("{head}\nbob,arn:aws:iam::111122223333:user/bob,2024"), "unknown"),
    ] {
        let sources = Sources::new(&[("report.csv", &report)]);
        assert_eq!(statuses(&sources.results().0, check), [wanted], "{report}");
    }
    let spreadsheet = Sources::new(&[("report.csv", &row("19/11/2026 00:00", "true"))]);
    assert_eq!(statuses(&spreadsheet.results().0, "iam.user-password-is-used"), ["unknown"]);
}

#[test]
fn waiting_does_not_make_the_root_user_idle() {
    use base64::Engine as _;
    let report = "user,arn,user_creation_time,password_enabled,password_last_used,access_key_1_active,access_key_1_last_used_date\n\
        <root_account>,arn:aws:iam::111122223333:root,2020-01-01T00:00:00+00:00,not_supported,2026-04-20T00:00:00+00:00,false,N/A\n";
    let content = base64::engine::general_purpose::STANDARD.encode(report);
    let answer = format!(r#"{{"Content":"{content}","ReportFormat":"text/csv","GeneratedTime":"2026-05-01T06:00:00+00:00"}}"#);
    let dated = Sources::new(&[("get-credential-report.json", &answer)]);
    assert_eq!(statuses(&dated.results().0, "iam.root-is-not-used"), ["fail"]);
    // The console's file does not say when it was made, so it is taken as made today.
    let dateless = Sources::new(&[("report.csv", report)]);
    assert_eq!(statuses(&dateless.results().0, "iam.root-is-not-used"), ["pass"]);
}

#[test]
fn a_file_that_is_no_source_is_passed_over_and_one_that_is_named_twice_is_read_once() {
    let template = "Resources:\n  B:\n    Type: AWS::S3::Bucket\n";
    let sources = Sources::new(&[("t.yaml", template)]);
    sources.write("diagram.png", &[0x89, b'P', b'N', b'G', 0xff, 0xfe]);
    let once = sources.run(&["assess", ".", "--format", "jsonl"]);
    let twice = sources.run(&["assess", "t.yaml", ".", "./t.yaml", "--format", "jsonl"]);
    assert_eq!((once.code, once.out.lines().count()), (twice.code, twice.out.lines().count()));
    assert!(once.err.contains("diagram.png: not a template"), "{}", once.err);
    sources.run(&["assess", "t.yaml", "--out", "out"]);
    let again = sources.run(&["assess", ".", "--format", "jsonl"]);
    assert_eq!((again.code, again.out.lines().count()), (once.code, once.out.lines().count()), "{}", again.err);
}

#[test]
fn a_region_that_answered_that_it_has_none_of_them_is_judged() {
    let sources = Sources::new(&[
        (&format!("{PLACE}/cloudtrail/describe-trails.json"), r#"{"trailList":[]}"#),
        (&format!("{PLACE}/guardduty/list-detectors.json"), r#"{"DetectorIds":[]}"#),
    ]);
    let (results, ran) = sources.results();
    for (check, wanted) in [
        ("cloudtrail.region-is-recorded-by-a-trail", "fail"),
        ("guardduty.region-has-detector", "fail"),
        ("securityhub.region-has-hub", "unknown"),
    ] {
        assert_eq!(statuses(&results, check), [wanted], "{check}: {}", ran.err);
    }
}

#[test]
fn an_identity_with_a_policy_that_nobody_read_is_not_seen() {
    let attached = |policy: &str| {
        let user = r#"{"UserName":"kim","Arn":"arn:aws:iam::111122223333:user/kim","Path":"/","UserPolicyList":[],"GroupList":[]"#;
        let arn = format!(r#""AttachedManagedPolicies":[{{"PolicyName":"p","PolicyArn":"arn:aws:iam::{policy}"}}]"#);
        format!(r#"{{"UserDetailList":[{user},{arn}}}],"GroupDetailList":[],"RoleDetailList":[],"Policies":[],"IsTruncated":false}}"#)
    };
    for check in ["iam.user-is-not-administrator", "iam.user-cannot-become-administrator", "iam.user-cannot-read-every-secret"] {
        says("iam/get-account-authorization-details.json", &attached("111122223333:policy/lost"), check, "unknown");
        says("iam/get-account-authorization-details.json", &attached("aws:policy/AWSSupportAccess"), check, "pass");
    }
}
