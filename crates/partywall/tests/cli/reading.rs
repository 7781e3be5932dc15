//! What queries and the other commands that read give back, and their exit codes.

use std::process::{Command, Stdio};

use crate::support::{Sources, root};

const QUEUE: &str = "Resources:\n  Queue: {Type: 'AWS::SQS::Queue', Properties: {QueueName: q, SqsManagedSseEnabled: true}}\n";

#[test]
fn a_broken_input_is_a_three_for_every_command() {
    let sources = Sources::new(&[("in/t.yaml", QUEUE), ("in/cut.json", "{\"Resources\": {\n")]);
    for arguments in [
        &["explain", "Queue", "in"][..],
        &["shift", "Queue", "in"],
        &["framework", "show", "cis-aws-5.0", "in"],
        &["query", "select _id from aws_sqs_queue", "in"],
        &["query", "--tables", "in"],
        &["matrix", "in"],
    ] {
        let ran = sources.run(arguments);
        assert_eq!(ran.code, 3, "{arguments:?}: {}", ran.err);
        assert!(!ran.out.is_empty() && ran.err.contains("cut.json:2:1: "), "lines and columns begin with 1: {}", ran.err);
        assert_eq!(ran.err.lines().last(), Some("exit 3: 1 input could not be read"), "{arguments:?}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_fault() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_partywall"))
        .args(["query", "select a._id, b._id, c._id from aws_iam_role a, aws_iam_role b, aws_iam_role c", "examples/harbour-bank"])
        .current_dir(root())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn listings_come_in_every_format() {
    let sources = Sources::new(&[("t.yaml", QUEUE)]);
    for (arguments, head) in [
        (&["query", "--tables"][..], "table,title\n"),
        (&["query", "--tables", "t.yaml"], "table,rows\n"),
        (&["query", "--describe", "gap"], "column,type\n"),
        (&["query", "--describe", "aws_sqs_queue"], "column,type\n"),
    ] {
        let of = |format: &str| sources.run(&[arguments, &["--format", format]].concat()).out;
        let json: serde_json::Value = serde_json::from_str(&of("json")).expect("JSON");
        assert!(json.as_array().is_some_and(|all| !all.is_empty()), "{arguments:?}");
        assert!(of("csv").starts_with(head), "{arguments:?}: {}", of("csv"));
        assert_eq!(of("jsonl").lines().count(), json.as_array().map_or(0, Vec::len), "{arguments:?}");
    }
    let tables = sources.run(&["query", "--tables", "t.yaml"]).out;
    for table in ["aws_sqs_queue", "gap", "policy_statement"] {
        assert!(tables.contains(table), "{tables}");
    }
}

#[test]
fn no_rows_have_columns_too() {
    let sources = Sources::new(&[("t.yaml", QUEUE)]);
    let of = |format: &str| {
        sources.run(&["query", "select _id, QueueName from aws_sqs_queue where _id = 'x'", "t.yaml", "--format", format]).out
    };
    assert_eq!(of("csv"), "_id,QueueName\n");
    assert!(of("table").contains("QueueName"), "{}", of("table"));
    assert_eq!(of("json").trim(), "[]");
    assert_eq!(of("jsonl"), "");
    for limit in ["--timeout", "--memory"] {
        assert_eq!(sources.run(&["query", "select 1 as one", "t.yaml", limit, "0"]).code, 2, "{limit}");
    }
}

#[test]
fn a_template_cannot_show_that_nothing_is_in_scope() {
    let sources = Sources::new(&[(
        "t.yaml",
        "Resources:\n  Net: {Type: 'AWS::EC2::VPC', Properties: {CidrBlock: 10.0.0.0/16}}\n  Group: {Type: 'AWS::EC2::SecurityGroup', Properties: {GroupDescription: x, VpcId: !Ref Net}}\n",
    )]);
    let ran = sources.run(&["framework", "show", "cis-aws-5.0", "t.yaml", "--requirement", "5.5"]);
    assert!(ran.out.contains("5.5") && ran.out.contains("· no evidence (0 pass"), "{}", ran.out);
}

#[test]
fn a_region_that_nobody_looked_at_is_not_met() {
    let sources = Sources::new(&[]);
    let of = |region: &str, file: &str, text: &str| sources.write(&format!("111122223333/{region}/{file}"), text.as_bytes());
    let instance = r#"{"DBInstances": [{"DBInstanceIdentifier": "one", "Engine": "postgres", "StorageEncrypted": true}]}"#;
    of("eu-west-1", "rds/describe-db-instances.json", instance);
    let answer = || {
        let ran = sources.run(&["framework", "show", "cis-aws-5.0", ".", "--requirement", "2.2.1"]);
        ran.out.lines().find(|line| line.trim_start().starts_with("2.2.1")).unwrap_or_default().to_owned()
    };
    assert!(answer().contains("· met"), "{}", answer());
    of("us-east-1", "ec2/describe-security-groups.json", r#"{"SecurityGroups": []}"#);
    assert!(answer().contains("· partly evidenced"), "{}", answer());
    of("us-east-1", "rds/describe-db-instances.json", r#"{"DBInstances": []}"#);
    assert!(answer().contains("· met"), "{}", answer());
    of("eu-west-1", "ec2/describe-regions.json", r#"{"Regions": [{"RegionName": "ap-south-1", "OptInStatus": "opt-in-not-required"}]}"#);
    assert!(answer().contains("· partly evidenced"), "{}", answer());
}

#[test]
fn what_is_given_for_a_catalogue_must_hold_one() {
    let sources = Sources::new(&[("t.yaml", QUEUE), ("empty/notes.txt", "x")]);
    let ran = sources.run(&["assess", "t.yaml", "--catalog", "empty"]);
    assert!(ran.code == 2 && ran.err.contains("`empty`"), "{}", ran.err);
    let ran = sources.run(&["check", "new", "s3.bucket-keeps-versions", "--resource", "AWS::S3::Bucket", "--into", "own"]);
    assert!(ran.code == 2 && ran.err.contains("would replace"), "{}", ran.err);
    assert!(!sources.path().join("own").exists());
    assert_eq!(sources.run(&["check", "new", "s3.bucket-is-mine", "--resource", "AWS::S3::Bucket", "--into", "own"]).code, 0);
}

#[test]
fn help_is_a_command_too() {
    let sources = Sources::new(&[]);
    for arguments in [&["help"][..], &["help", "assess"]] {
        let ran = sources.run(arguments);
        assert!(ran.code == 0 && ran.out.contains("Usage"), "{arguments:?}: {}", ran.err);
    }
    let help = sources.run(&["assess", "--help"]).out;
    assert_eq!(help.matches("default: table").count(), 1, "{help}");
}
