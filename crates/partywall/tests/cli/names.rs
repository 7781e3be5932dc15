//! Names that nothing has are errors that say what was meant; counts and their nouns agree.

use crate::support::{Ran, Sources, root, run_in};

const QUEUE: &str = "Resources:\n  Queue: {Type: 'AWS::SQS::Queue', Properties: {SqsManagedSseEnabled: true}}\n";

fn refused(ran: &Ran, what: &str, says: &[&str]) {
    assert_eq!(ran.code, 2, "{what}: {}", ran.err);
    let last = ran.err.lines().last().unwrap_or_default();
    for text in says {
        assert!(last.contains(text), "{what} does not say `{text}`: {}", ran.err);
    }
}

#[test]
fn misspelt_choices_are_errors() {
    let sources = Sources::new(&[("t.yaml", QUEUE)]);
    for (arguments, says) in [
        (&["--check", "sqs.queue-is-encryptd"][..], "`sqs.queue-is-encrypted`"),
        (&["--check", "sqss"], "`sqs`"),
        (&["--framework", "nist-csf-2"], "`nist-csf-2.0`"),
        (&["--check", "sqs.queue-is-encrypted", "--severity", "critical"], "no check is left"),
    ] {
        let ran = sources.run(&[&["assess", "t.yaml"], arguments].concat());
        refused(&ran, &arguments.join(" "), &[says]);
        assert!(ran.out.is_empty(), "{arguments:?}: {}", ran.out);
    }
    for (arguments, says) in
        [(&["--region", "eu-cnetral-1"][..], "`eu-central-1`"), (&["--account", "9999"], "12 digits"), (&["--param", "Name"], "NAME=VALUE")]
    {
        let ran = sources.run(&[&["assess", "t.yaml"], arguments].concat());
        assert!(ran.code == 2 && ran.err.contains(says), "{arguments:?}: {}", ran.err);
    }
    let ran = sources.run(&["check", "show", "rds.instance-takes-backups"]);
    refused(&ran, "a wrong word", &["`rds.instance-has-automated-backups`"]);
    refused(&sources.run(&["framework", "show", "nist-csf-3.0"]), "a framework", &["`nist-csf-2.0`"]);
    refused(&sources.run(&["check", "list", "s33."]), "a beginning", &["s33.", "`s3`"]);
    refused(
        &sources.run(&["check", "test", "s3.bucket-is-not-public", "s3.bucket-is-not-pblic"]),
        "one of two",
        &["`s3.bucket-is-not-public`"],
    );
}

#[test]
fn what_is_said_of_templates_needs_one() {
    let sources = Sources::new(&[("111122223333/eu-central-1/sqs/list-queues.json", "{\"QueueUrls\": []}")]);
    for arguments in [&["--account", "444455556666"][..], &["--region", "eu-west-1"], &["--param", "Stage=prod"]] {
        refused(&sources.run(&[&["assess", "."], arguments].concat()), &arguments.join(" "), &[arguments[0], "none is among the sources"]);
    }
    refused(&sources.run(&["query", "select 1 as one", ".", "--param", "Stage=prod"]), "query", &["--param"]);
    let matrix = sources.run(&["matrix", "--region", "eu-west-1"]);
    assert!(matrix.code == 2 && matrix.err.contains("SOURCE"), "{}", matrix.err);
}

#[test]
fn parameters_are_those_of_a_template() {
    let template = "Parameters: {Stage: {Type: String}}\nResources: {Bucket: {Type: AWS::S3::Bucket}}\n";
    let sources = Sources::new(&[("t.yaml", template)]);
    refused(&sources.run(&["assess", ".", "--param", "Stgae=prod"]), "a misspelt parameter", &["`Stgae`", "did you mean `Stage`?"]);
    let ran = sources.run(&["assess", ".", "--param", "Stage=prod", "--param", "AWS::StackName=shop"]);
    assert!(ran.code != 2, "{}", ran.err);
}

#[test]
fn an_answer_that_nothing_reads_is_named_as_one() {
    let sources = Sources::new(&[
        ("list-things.json", "{\"Things\": []}"),
        ("notes.json", "{\"a\": 1}"),
        ("t.yaml", "Resources: {Q: {Type: AWS::SQS::Queue}}\n"),
    ]);
    let ran = sources.run(&["assess", "."]);
    assert!(ran.err.contains("list-things.json: nothing here reads the answer of `list-things`; skipped"), "{}", ran.err);
    assert!(ran.err.contains("notes.json: no known AWS CLI answer"), "{}", ran.err);
}

#[test]
fn state_files_name_what_the_catalogue_has() {
    let exception = |check: &str, more: &str| {
        format!(
            "[[exception]]\nid = \"EX-1\"\ncheck = \"{check}\"\n{more}\nkind = \"risk-accepted\"\nreason = \"r\"\nowner = \"o\"\napprover = \"a\"\nexpires = 2099-01-01\n"
        )
    };
    let takes = |line: &str| format!("[[party]]\nid = \"msp:ops\"\ntitle = \"Ops\"\n[[takes]]\nparty = \"msp:ops\"\n{line}\n");
    for (file, text, says) in [
        (
            "exceptions.toml",
            exception("sqs.queue-is-encryptd", "resource = \"Queue\""),
            "exceptions.toml:3:9: there is no check `sqs.queue-is-encryptd`; did you mean `sqs.queue-is-encrypted`?",
        ),
        ("exceptions.toml", exception("sqs.queue-is-encrypted", ""), "exceptions.toml:2:6: `EX-1` covers nothing"),
        (
            "parties.toml",
            takes("duties = [\"guest-os.*\", \"gest-os.*\"]"),
            "parties.toml:6:25: there is no layer `gest-os`; did you mean `guest-os`?",
        ),
        ("parties.toml", takes("duties = [\"guest-os.ptach\"]"), "parties.toml:6:11: there is no duty `guest-os.ptach`"),
        (
            "parties.toml",
            takes("duties = [\"guest-os.*\"]\ntypes = [\"AWS::EC2::Instnace\"]"),
            "parties.toml:7:10: nobody knows the type `AWS::EC2::Instnace`; did you mean `AWS::EC2::Instance`",
        ),
    ] {
        let sources = Sources::new(&[("t.yaml", QUEUE), (&format!("records/{file}"), &text)]);
        refused(&sources.run(&["assess", "."]), file, &[says]);
        refused(&sources.run(&["explain", "Queue", "."]), file, &[says]);
    }
    let text = exception("ec2.volume-is-encrypted", "resource = \"Volume\"");
    let sources = Sources::new(&[("t.yaml", QUEUE), ("records/exceptions.toml", &text)]);
    let all = sources.run(&["assess", "."]);
    assert!(
        all.out.contains("exception `EX-1` of o matches no result") && all.err.contains("; 1 finding on record"),
        "{}\n{}",
        all.out,
        all.err
    );
    let one = sources.run(&["assess", ".", "--check", "sqs.queue-is-encrypted"]);
    assert!(one.code == 0 && !one.err.contains("EX-1"), "its check was not asked: {}", one.err);
}

/// The numbers before ` answer` in the heading and before ` unseen` in the exit line.
fn unseen(ran: &Ran) -> (u64, u64) {
    let before = |text: &str, word: &str| {
        let found = text.split(word).next().and_then(|head| head.split_whitespace().last());
        found.and_then(|number| number.trim_start_matches('(').parse().ok())
    };
    let heading = ran.out.lines().find(|line| line.starts_with("NOT SEEN")).expect("the heading");
    let exit = ran.err.lines().last().expect("the exit line");
    (before(heading, " answer").unwrap_or(0), before(exit, " unseen").unwrap_or_else(|| panic!("{exit}")))
}

#[test]
fn the_heading_and_the_exit_line_count_the_same() {
    let template = "Parameters: {P: {Type: String}}\nResources:\n  Queue: {Type: 'AWS::SQS::Queue', Properties: {SqsManagedSseEnabled: !Ref P}}\n  Hello: {Type: 'Custom::Hello', Properties: {ServiceToken: x}}\n";
    let sources = Sources::new(&[("t.yaml", template)]);
    let select = ["assess", "t.yaml", "--check", "sqs.queue-is-encrypted"];
    let first = sources.run(&select);
    assert_eq!((first.code, unseen(&first)), (3, (1, 1)), "{}\n{}", first.out, first.err);
    assert!(first.out.contains(" 1 resource is of a type that no check knows: Custom::Hello (1)"), "{}", first.out);
    let whole = sources.run(&["assess", "t.yaml"]);
    assert_eq!(unseen(&whole).0, unseen(&whole).1, "{}\n{}", whole.out, whole.err);

    let before = sources.run(&[&select[..], &["--format", "jsonl"]].concat());
    sources.write("before.jsonl", before.out.as_bytes());
    let again = sources.run(&[&select[..], &["--baseline", "before.jsonl"]].concat());
    assert_eq!((again.code, unseen(&again)), (0, (0, 0)), "{}\n{}", again.out, again.err);
    assert!(again.out.contains("NOT SEEN  nothing new"), "{}", again.out);

    let exception = "[[exception]]\nid = \"EX-1\"\ncheck = \"sqs.queue-is-encrypted\"\nresource = \"Queue\"\nkind = \"risk-accepted\"\nreason = \"r\"\nowner = \"o\"\napprover = \"a\"\nexpires = 2099-01-01\n";
    sources.write("accepted/exceptions.toml", exception.as_bytes());
    let excepted = sources.run(&[&select[..], &["--records", "accepted"]].concat());
    assert_eq!((excepted.code, unseen(&excepted)), (0, (1, 1)), "{}\n{}", excepted.out, excepted.err);
    assert!(excepted.err.ends_with("1 unseen (1 excepted)\n"), "{}", excepted.err);

    let bank = run_in(&root(), &["assess", "examples/harbour-bank", "--as-of", "2026-11-20"]);
    assert_eq!(unseen(&bank).0, unseen(&bank).1, "{}\n{}", bank.out, bank.err);
}

#[test]
fn queries_that_fail_say_what_to_do() {
    let sources = Sources::new(&[("t.yaml", QUEUE)]);
    for (sql, says) in [
        ("selec 1", "the query is no SQL: expected an SQL statement and found `selec` at line 1, column 1"),
        ("select 'a", "the query is no SQL: unterminated string literal"),
        ("", "the query is empty"),
        ("select * from aws_sqs_queu", "there is no table `aws_sqs_queu`; did you mean `aws_sqs_queue`"),
        ("select * from aws_s3_bucket", "table `aws_s3_bucket` has no rows in these sources"),
        ("select * from aws_ec2_capacityreservation", "table `aws_ec2_capacityreservation` has no rows in these sources"),
        (
            "select QueueNme from aws_sqs_queue",
            "there is no column `QueueNme`; did you mean `QueueName`?; see `partywall query --describe aws_sqs_queue`",
        ),
        ("select queuename from aws_sqs_queue", "there is no column `queuename`; did you mean `QueueName`?"),
        ("select q.pth from gap q", "there is no column `q.pth`; did you mean `path`?"),
        ("select uper(_id) from aws_sqs_queue", "there is no function `uper`"),
        ("drop table aws_sqs_queue", "a query only reads"),
        ("select 1; select 2", "one statement"),
        ("select 1/0 as x", "divide by zero"),
    ] {
        let ran = sources.run(&["query", sql, "t.yaml"]);
        refused(&ran, sql, &[says]);
        assert_eq!(ran.err.lines().count(), 1, "{sql}: {}", ran.err);
        let said = ran.err.strip_prefix("error: ").expect("an error");
        assert!(!said.contains("Error") && said.chars().next().is_some_and(|first| !first.is_uppercase()), "{sql}: {}", ran.err);
    }
    refused(&sources.run(&["query", "--describe", "aws_sqs_queu"]), "describe", &["`aws_sqs_queue`"]);
    for table in ["gap", "policy_statement"] {
        let described = sources.run(&["query", "--describe", table]);
        let columns: Vec<&str> = described.out.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
        assert!(columns.len() >= 8, "{}", described.out);
        let ran = sources.run(&["query", &format!("select {} from {table}", columns.join(", ")), "t.yaml"]);
        assert_eq!(ran.code, 0, "{}", ran.err);
    }
}

#[test]
fn fixes_are_filled_with_what_no_check_reads() {
    let ran = run_in(&root(), &["assess", "examples/harbour-bank", "--check", "ec2.volume-is-encrypted", "--format", "jsonl"]);
    let volume = ran
        .out
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .find(|result| result["status"] == "fail" && result["resource"]["source"] == "config");
    let id = volume.expect("an unencrypted volume")["id"].as_str().expect("an id").to_owned();
    let fix = run_in(&root(), &["fix", &id, "--print", "examples/harbour-bank"]);
    assert!(fix.code == 0 && fix.out.contains("--availability-zone eu-"), "{}\n{}", fix.out, fix.err);
}

#[test]
fn one_is_not_many() {
    let sources = Sources::new(&[("t.yaml", "Resources:\n  Hello: {Type: 'AWS::SQS::Queue'}\n")]);
    let list = sources.run(&["check", "list", "sqs.queue-is-encrypted"]);
    assert_eq!(list.err, "1 check\n");
    let table = sources.run(&["assess", "t.yaml", "--check", "sqs.queue-is-encrypted"]);
    assert!(table.out.contains("1 resource · 1 type · 1 service · 0 accounts"), "{}", table.out);
}

/// What the help says to type works as it stands.
#[test]
fn the_examples_of_the_help_run() {
    let mut ran = 0;
    for command in ["assess", "matrix", "explain", "shift", "fix", "query"] {
        let help = run_in(&root(), &[command, "-h"]).out;
        let (_, examples) = help.split_once("Examples:").expect("examples");
        let lines = examples.lines().skip(1).take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
        for example in lines.split("partywall ").skip(1) {
            let quoted: Vec<&str> = example.split('"').collect();
            let arguments: Vec<String> = quoted
                .iter()
                .enumerate()
                .flat_map(|(at, part)| {
                    if at % 2 == 1 {
                        vec![part.split_whitespace().collect::<Vec<_>>().join(" ")]
                    } else {
                        part.split_whitespace().map(ToOwned::to_owned).collect()
                    }
                })
                .collect();
            // What the reader has and this repository has not: a template, a snapshot, an account.
            if example.contains("template.yaml") || example.contains("snapshot.json.gz") || example.starts_with("assess aws") {
                continue;
            }
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let done = run_in(&root(), &arguments);
            done.must_end_well(example);
            assert!(done.code != 2 && !done.out.is_empty(), "{example}: {}", done.err);
            ran += 1;
        }
    }
    assert!(ran >= 15, "{ran} examples");
}
