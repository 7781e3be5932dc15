//! What the outputs of a run say of the run itself, and in which order.

use serde_json::Value;

use crate::support::{Sources, root, run_in};

const VOLUME: &str = "Resources:\n  Volume: {Type: 'AWS::EC2::Volume', Properties: {Encrypted: false, AvailabilityZone: a}}\n";

fn framework(text: &str, id: &str) -> Value {
    let report: Value = serde_json::from_str(text).expect("JSON");
    let all = report["summary"]["frameworks"].as_array().expect("frameworks").clone();
    all.into_iter().find(|one| one["id"] == id).expect("the framework")
}

#[test]
fn checks_that_were_not_asked_show_nothing() {
    let sources = Sources::new(&[]);
    sources.write("111122223333/eu-central-1/s3api/list-buckets.json", br#"{"Buckets": []}"#);
    let listed = framework(&sources.run(&["assess", ".", "--format", "json"]).out, "cis-aws-5.0");
    assert!(listed["nothing_in_scope"].as_u64() > Some(0), "{listed}");
    let narrowed = framework(&sources.run(&["assess", ".", "--check", "sqs.", "--format", "json"]).out, "cis-aws-5.0");
    assert_eq!(narrowed["nothing_in_scope"], 0, "{narrowed}");

    let bank = |arguments: &[&str]| {
        let ran = run_in(&root(), &[&["assess", "examples/harbour-bank", "--as-of", "2026-11-20", "--format", "json"], arguments].concat());
        framework(&ran.out, "cis-aws-5.0")
    };
    let (full, high) = (bank(&[]), bank(&["--severity", "high"]));
    for (whole, part) in
        full["requirements"].as_array().expect("requirements").iter().zip(high["requirements"].as_array().expect("requirements"))
    {
        if whole["answer"] == "not_met" {
            assert!(part["answer"] != "nothing_in_scope" && part["answer"] != "met", "{part}");
        }
    }
}

#[test]
fn the_printed_command_works_when_it_is_pasted() {
    let template = "Parameters: {On: {Type: String}}\nResources:\n  V: {Type: 'AWS::EC2::Volume', Properties: {Encrypted: !Ref On, AvailabilityZone: a}}\n";
    let sources = Sources::new(&[("my stack's/t.yaml", template)]);
    let given = ["my stack's", "--param", "On=false", "--region", "eu-central-1", "--as-of", "2026-11-20"];
    let screen = sources.run(&[&["assess"], &given[..]].concat()).out;
    let command = screen.lines().map(str::trim).find(|line| line.starts_with("partywall explain F-")).expect("a finding");
    let (words, _) = command.split_once("my").expect("the source");
    let id = words.split(' ').find(|word| word.starts_with("F-")).expect("an id");

    let program = std::path::Path::new(env!("CARGO_BIN_EXE_partywall"));
    let ran = std::process::Command::new("/bin/sh")
        .args(["-c", command])
        .current_dir(sources.path())
        .env("PATH", program.parent().expect("its directory"))
        .output()
        .expect("a shell");
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(ran.status.success() && said.contains(id), "{command}\n{said}\n{}", String::from_utf8_lossy(&ran.stderr));
    assert_eq!(said, sources.run(&[&["explain", id], &given[..]].concat()).out);
}

#[test]
fn every_output_says_that_the_run_was_narrowed() {
    let sources = Sources::new(&[("t.yaml", VOLUME)]);
    let said = "were asked: --check ec2.volume --severity medium --framework csf";
    let arguments = ["assess", "t.yaml", "--check", "ec2.volume", "--severity", "medium", "--framework", "csf", "--out", "report"];
    let ran = sources.run(&arguments);
    assert!(ran.out.contains(said) && ran.out.contains("counted under no evidence"), "{}", ran.out);
    for file in ["wall.txt", "wall.md", "wall.html", "report.json"] {
        let text = std::fs::read_to_string(sources.path().join("report").join(file)).expect("a report");
        assert!(text.replace("\\-", "-").contains(said), "{file}");
    }
    let whole = sources.run(&["assess", "t.yaml"]);
    assert!(!whole.out.contains("were asked"), "{}", whole.out);
}

#[test]
fn a_framework_is_taken_by_any_of_its_ids() {
    let sources = Sources::new(&[("t.yaml", VOLUME)]);
    for name in ["cis", "cis-aws-3.0"] {
        let ran = sources.run(&["assess", "t.yaml", "--framework", name]);
        assert!(ran.code != 2 && ran.out.contains("CIS AWS Foundations"), "{name}: {}", ran.err);
        assert_eq!(sources.run(&["matrix", "--by", "requirement", "--framework", name]).code, 0, "{name}");
    }
}

#[test]
fn the_worst_come_first_and_what_runs_before_what_may() {
    let sources = Sources::new(&[("t.yaml", VOLUME)]);
    let group = r#"{"SecurityGroups": [{"GroupId": "sg-1", "GroupName": "x", "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]}]}"#;
    sources.write("111122223333/eu-central-1/ec2/describe-security-groups.json", group.as_bytes());
    let volumes = r#"{"Volumes": [{"VolumeId": "vol-1", "Encrypted": false}, {"VolumeId": "vol-2", "Encrypted": false}]}"#;
    sources.write("111122223333/eu-central-1/ec2/describe-volumes.json", volumes.as_bytes());
    let of = |text: &str| -> Vec<String> {
        let findings = text.split_once("FIX FIRST").expect("findings").1.split_once("NOT SEEN").expect("an end").0;
        findings
            .lines()
            .filter(|line| line.contains("LOW") || line.contains("MEDIUM") || line.contains("HIGH") || line.contains("CRITICAL"))
            .map(ToOwned::to_owned)
            .collect()
    };
    let all = of(&sources.run(&["assess", ".", "--all"]).out);
    let place = |name: &str, rank: &str| {
        all.iter().position(|line| line.contains(name) && line.contains(rank)).unwrap_or_else(|| panic!("{name}: {all:?}"))
    };
    let encrypted =
        all.iter().find(|line| line.contains("vol-1")).expect("a volume").split_whitespace().nth(1).expect("a severity").to_owned();
    assert!(place("vol-1", &encrypted) < place("vol-2", &encrypted), "{all:?}");
    assert!(place("vol-2", &encrypted) < place("Volume (", &encrypted), "the template comes after what runs: {all:?}");
    let first = of(&sources.run(&["assess", "."]).out);
    assert_eq!(
        first.first().map(|line| line.split_whitespace().skip(1).collect::<Vec<_>>()),
        all.first().map(|line| line.split_whitespace().skip(1).collect())
    );
}

#[test]
fn what_an_exception_covers_is_counted_and_said_so() {
    let exception = "[[exception]]\nid = 'EX-1'\ncheck = 'ec2.volume-is-encrypted'\nresource = 'Volume'\nkind = 'risk-accepted'\nreason = 'scratch'\nowner = 'team'\napprover = 'board'\nexpires = 2027-03-31\n";
    let sources = Sources::new(&[("in/t.yaml", VOLUME), ("in/records/exceptions.toml", exception)]);
    // Beside a file as beside a directory, from wherever it is named.
    for source in ["in", "in/t.yaml"] {
        let ran = sources.run(&["assess", source, "--check", "ec2.volume-is-encrypted", "--fail-on", "low", "--as-of", "2026-11-20"]);
        assert!(ran.err.contains("records: `in/records`"), "{source}: {}", ran.err);
        assert_eq!(ran.err.lines().last(), Some("exit 0: 1 not met (1 excepted), none of the others low or worse; 0 unseen"), "{source}");
    }
    let inside = run_in(&sources.path().join("in"), &["assess", "t.yaml", "--check", "ec2.volume-is-encrypted", "--as-of", "2026-11-20"]);
    assert!(inside.err.contains("(1 excepted)"), "{}", inside.err);

    let results = sources.run(&["assess", "in", "--check", "ec2.volume-is-encrypted", "--format", "jsonl", "--as-of", "2026-11-20"]).out;
    let result: Value = serde_json::from_str(&results).expect("one result");
    let fix = sources.run(&["fix", result["id"].as_str().expect("an id"), "in", "--print", "--as-of", "2026-11-20"]);
    assert!(fix.out.contains("# Excepted until 2027-03-31 by `EX-1` of team: scratch"), "{}", fix.out);

    sources.write("in/records/exceptions.toml", exception.repeat(2).as_bytes());
    let twice = sources.run(&["assess", "in"]);
    assert!(twice.code == 2 && twice.err.contains("exceptions.toml:11:") && twice.err.contains("`EX-1`"), "{}", twice.err);
}

#[test]
fn a_passing_finding_has_nothing_to_fix() {
    let sources = Sources::new(&[("t.yaml", "Resources:\n  Q: {Type: 'AWS::SQS::Queue', Properties: {SqsManagedSseEnabled: true}}\n")]);
    let results = sources.run(&["assess", ".", "--check", "sqs.queue-is-encrypted", "--format", "jsonl"]).out;
    let result: Value = serde_json::from_str(&results).expect("one result");
    let fix = sources.run(&["fix", result["id"].as_str().expect("an id"), ".", "--print"]);
    assert!(fix.code == 0 && fix.out.contains("there is nothing to fix") && !fix.out.contains("+++"), "{}", fix.out);
}

#[test]
fn only_an_exact_line_makes_an_input_synthetic() {
    for (line, is) in [("Synthetic monitoring of production.", false), ("Synthetic: a made-up shop.", true)] {
        let sources = Sources::new(&[("t.yaml", VOLUME), ("README.md", &format!("# Shop\n\n{line}\n"))]);
        assert_eq!(sources.run(&["assess", "."]).out.contains("ynthetic"), is, "{line}");
    }
}

#[test]
fn no_account_is_made_up_for_security_hub() {
    let sources = Sources::new(&[("t.yaml", VOLUME)]);
    let ran = sources.run(&["assess", "t.yaml", "--format", "asff"]);
    assert!(ran.out.is_empty() && ran.err.contains("asff:") && ran.err.contains("--account"), "{}{}", ran.out, ran.err);
    let ran = sources.run(&["assess", "t.yaml", "--format", "asff", "--account", "111122223333", "--region", "eu-west-1"]);
    assert!(ran.out.contains("\"AwsAccountId\":\"111122223333\"") && !ran.err.contains("asff:"), "{}{}", ran.out, ran.err);
}

#[test]
fn advice_fits_the_reason() {
    let sources = Sources::new(&[]);
    let key = "1234abcd-12ab-34cd-56ef-1234567890ab";
    let of = |file: &str| format!("111122223333/eu-central-1/kms/{file}");
    sources.write(&of("list-keys.json"), format!("{{\"Keys\": [{{\"KeyId\": \"{key}\"}}]}}").as_bytes());
    let metadata = format!(
        "{{\"KeyMetadata\": {{\"KeyId\": \"{key}\", \"KeyManager\": \"CUSTOMER\", \"KeyState\": \"Enabled\", \"KeySpec\": \"SYMMETRIC_DEFAULT\", \"Origin\": \"AWS_KMS\", \"Enabled\": true}}}}"
    );
    sources.write(&of(&format!("describe-key/{key}.json")), metadata.as_bytes());
    for (code, advice, action) in [
        ("ThrottlingException", "   read again", Value::Null),
        ("AccessDeniedException", "allow kms:GetKeyRotationStatus and read again", Value::from("kms:GetKeyRotationStatus")),
    ] {
        let error = format!("An error occurred ({code}) when calling the GetKeyRotationStatus operation: no\n");
        sources.write(&of(&format!("get-key-rotation-status/{key}.json")), error.as_bytes());
        let (results, ran) = sources.results();
        let result = results.iter().find(|result| result["check"] == "kms.key-rotates" && result["status"] == "unknown");
        let result = result.unwrap_or_else(|| panic!("{results:?} {}", ran.err));
        assert_eq!(result["unknown_because"][0]["iam_action"], action, "{result}");
        let table = sources.run(&["assess", ".", "--check", "kms.key-rotates"]).out;
        assert!(table.lines().any(|line| line.ends_with(advice.trim_start())), "{advice}: {table}");
    }
}
