//! Every command of the README, with its exit code.

use crate::support::{Ran, Sources, root, run_in};

fn bank(arguments: &[&str]) -> Ran {
    run_in(&root(), arguments)
}

fn good(arguments: &[&str], says: &[&str]) -> Ran {
    let ran = bank(arguments);
    ran.must_end_well(&arguments.join(" "));
    assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.err);
    for text in says {
        assert!(ran.out.contains(text), "{arguments:?} does not say `{text}`:\n{}", ran.out);
    }
    ran
}

#[test]
fn the_wall_of_the_example_bank() {
    let ran = bank(&["assess", "examples/harbour-bank", "--as-of", "2026-11-20"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    for text in ["THE WALL", "FIX FIRST", "NOT SEEN", "synthetic", "CIS AWS Foundations", "NIST Cybersecurity Framework"] {
        assert!(ran.out.contains(text), "no `{text}` in\n{}", ran.out);
    }
    assert!(!ran.out.contains("AWS did not fail") && !ran.out.contains("NO OWNER"), "{}", ran.out);
    let again = bank(&["assess", "examples/harbour-bank", "--as-of", "2026-11-20"]);
    assert_eq!(ran.out, again.out, "the same input gives the same bytes");
}

#[test]
fn exit_codes() {
    let clean = Sources::new(&[("t.yaml", "Resources: {Queue: {Type: 'AWS::SQS::Queue', Properties: {SqsManagedSseEnabled: true}}}\n")]);
    assert_eq!(clean.run(&["assess", "t.yaml", "--check", "sqs.queue-is-encrypted"]).code, 0);
    let unknown = Sources::new(&[(
        "t.yaml",
        "Parameters: {P: {Type: String}}\nResources: {Queue: {Type: 'AWS::SQS::Queue', Properties: {SqsManagedSseEnabled: !Ref P}}}\n",
    )]);
    assert_eq!(unknown.run(&["assess", "t.yaml", "--check", "sqs.queue-is-encrypted"]).code, 3);
    assert_eq!(unknown.run(&["assess", "t.yaml", "--check", "sqs.queue-is-encrypted", "--allow-unknown"]).code, 0);
    assert_eq!(unknown.run(&["assess", "t.yaml", "--check", "sqs.queue-is-encrypted", "--param", "P=true"]).code, 0);
    let bad = Sources::new(&[(
        "t.yaml",
        "Resources: {Volume: {Type: 'AWS::EC2::Volume', Properties: {Encrypted: false, AvailabilityZone: a}}}\n",
    )]);
    assert_eq!(bad.run(&["assess", "t.yaml", "--check", "ec2.volume-is-encrypted", "--fail-on", "low"]).code, 1);
    assert_eq!(bad.run(&["assess", "t.yaml", "--check", "ec2.volume-is-encrypted", "--fail-on", "critical"]).code, 0);
    assert_eq!(bad.run(&["assess", "missing.yaml"]).code, 2);
    assert_eq!(bad.run(&["assess", "t.yaml", "--check", "no-such-check"]).code, 2);
    assert_eq!(bad.run(&["asses"]).code, 2);
}

#[test]
fn matrix() {
    good(&["matrix"], &["rds", "lambda"]);
    for (arguments, says) in [
        (&["matrix", "examples/harbour-bank"][..], "customer data"),
        (&["matrix", "examples/harbour-bank", "--by", "requirement", "--framework", "nist-csf-2.0"], "PR.DS-01"),
        (
            &["matrix", "examples/harbour-bank", "--services"],
            "AWS Config                       off: 444455556666 eu-central-1 · unknown: 111122223333",
        ),
    ] {
        let ran = bank(arguments);
        assert_eq!(ran.code, 3, "one listing of the bank was denied: {arguments:?} {}", ran.err);
        assert!(ran.err.ends_with("exit 3: 1 listing could not be read\n"), "{}", ran.err);
        assert!(ran.out.to_lowercase().contains(&says.to_lowercase()), "{arguments:?}:\n{}", ran.out);
    }
    let ran = good(&["matrix", "--format", "json"], &[]);
    let cells: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    let cell = cells.as_array().and_then(|cells| cells.iter().find(|cell| cell["duties"].as_array().is_some_and(|all| !all.is_empty())));
    let cell = cell.expect("a cell with duties");
    for member in ["service", "mode", "layer", "kind"] {
        assert!(cell[member].is_string(), "{cell}");
    }
    for member in ["id", "sentence", "party", "when"] {
        assert!(cell["duties"][0].get(member).is_some(), "{cell}");
    }
}

#[test]
fn explain_shift_fix() {
    let ran = good(&["explain", "hackathon-demo", "examples/harbour-bank"], &[]);
    let id = ran.out.split_whitespace().find(|word| word.starts_with("F-")).expect("a finding id").to_owned();
    good(&["explain", &id, "examples/harbour-bank"], &["Whose duty", "What decided", "AWS's side and yours", "Fix"]);
    good(&["fix", &id, "--print", "examples/harbour-bank"], &["aws "]);
    good(&["shift", "--from", "AWS::EC2::Instance", "--to", "AWS::RDS::DBInstance"], &[]);
    let ran = bank(&["explain", "no-such-thing", "examples/harbour-bank"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("no-such-thing"), "{}", ran.err);
}

#[test]
fn a_public_bucket_is_explained() {
    let sources = Sources::new(&[(
        "t.yaml",
        "Resources:\n  Site:\n    Type: AWS::S3::Bucket\n    Properties:\n      PublicAccessBlockConfiguration: {BlockPublicAcls: false, BlockPublicPolicy: false, IgnorePublicAcls: false, RestrictPublicBuckets: false}\n  Policy:\n    Type: AWS::S3::BucketPolicy\n    Properties:\n      Bucket: !Ref Site\n      PolicyDocument: {Statement: [{Effect: Allow, Principal: '*', Action: 's3:GetObject', Resource: !Sub '${Site.Arn}/*'}]}\n",
    )]);
    let (results, _) = sources.results();
    let public = results.iter().find(|result| {
        result["status"] == "fail" && result["check"].as_str().is_some_and(|id| id.contains("public") && id.contains("policy"))
    });
    let id = public.expect("the policy makes it public")["id"].as_str().expect("an id").to_owned();
    let ran = sources.run(&["explain", &id, "."]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("Once deployed, this setting, yours, would make it readable."), "{}", ran.out);
    assert!(!ran.out.contains("AWS did not fail") && !ran.out.contains("it was read"), "{}", ran.out);

    let live = Sources::new(&[]);
    let policy = r#"{"Policy": "{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::site/*\"}]}"}"#;
    let off = "An error occurred (NoSuchPublicAccessBlockConfiguration) when calling the GetPublicAccessBlock operation: none\n";
    for (file, text) in [
        ("s3api/list-buckets.json", r#"{"Buckets": [{"Name": "site"}]}"#),
        ("s3api/get-bucket-policy/site.json", policy),
        ("s3api/get-public-access-block/site.json", off),
        ("s3control/get-public-access-block.json", off),
    ] {
        live.write(&format!("111122223333/eu-central-1/{file}"), text.as_bytes());
    }
    let (results, ran) = live.results();
    let public = results.iter().find(|result| result["check"] == "s3.bucket-is-not-public" && result["status"] == "fail");
    let id = public.unwrap_or_else(|| panic!("{results:?} {}", ran.err))["id"].as_str().expect("an id").to_owned();
    let ran = live.run(&["explain", &id, "."]);
    let sentence = "AWS did not fail; the infrastructure was secure; this setting, yours, made it readable.";
    assert!(ran.out.contains(sentence), "{}", ran.out);
}

#[test]
fn frameworks_queries_checks() {
    good(&["framework", "list"], &["nist-csf-2.0", "cis-aws-5.0"]);
    good(&["framework", "show", "nist-csf-2.0"], &["GV.OC-01"]);
    good(&["framework", "show", "cis-aws-5.0", "--remaining", "examples/harbour-bank"], &[]);
    good(&["query", "select _id from aws_s3_bucket order by _id limit 3", "examples/harbour-bank"], &["harbour"]);
    good(&["query", "--describe", "aws_s3_bucket"], &["BucketName"]);
    good(&["query", "--tables"], &["aws_s3_bucket"]);
    assert_eq!(bank(&["query", "drop table aws_s3_bucket", "examples/harbour-bank"]).code, 2);
    let ran = good(&["check", "list", "--format", "json"], &[]);
    let checks: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    assert!(checks.as_array().is_some_and(|all| all.len() >= 448), "all checks are listed");
    for member in ["id", "title", "resource", "severity", "duty", "controls", "equivalents"] {
        assert!(checks[0].get(member).is_some(), "no `{member}`");
    }
    good(&["check", "show", "ec2.volume-is-encrypted"], &["Terraform"]);
    good(&["completions", "bash"], &["partywall"]);
}

#[test]
fn only_what_is_new_against_a_baseline() {
    let one = "Resources:\n  A: {Type: 'AWS::EC2::Volume', Properties: {Encrypted: false, AvailabilityZone: a}}\n";
    let sources = Sources::new(&[("t.yaml", one)]);
    let before = sources.run(&["assess", "t.yaml", "--check", "ec2.volume-is-encrypted", "--format", "jsonl"]);
    sources.write("before.jsonl", before.out.as_bytes());
    sources.write(
        "t.yaml",
        format!("{one}  B: {{Type: 'AWS::EC2::Volume', Properties: {{Encrypted: false, AvailabilityZone: a}}}}\n").as_bytes(),
    );
    let after = sources.run(&["assess", "t.yaml", "--check", "ec2.volume-is-encrypted", "--format", "jsonl", "--baseline", "before.jsonl"]);
    assert!(after.out.contains("\"B\"") && !after.out.contains("\"A\""), "{}", after.out);
}
