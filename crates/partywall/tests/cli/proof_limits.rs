//! What documents and checks do not prove.

use crate::proof::json;
use crate::support::{Ran, Sources};

const HASH: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn soc2(regions: &str) -> String {
    format!(
        "series = \"soc-2-type-2\"\nprovider = \"aws\"\ntitle = \"SOC 2\"\nissuer = \"i\"\nreport = \"r\"\nfrom = 2025-10-01\nto = 2026-03-31\n\
         received = 2026-05-10\nsha256 = \"{HASH}\"\nterms = \"nda\"\nservices = [\"sqs\", \"rds\"]\nregions = [{regions}]\n"
    )
}

const QUEUE: &str = "Resources:\n  Queue: {Type: 'AWS::SQS::Queue', Properties: {SqsManagedSseEnabled: true}}\n";

#[test]
fn a_region_that_nobody_knows_is_in_no_limited_scope() {
    let sources = Sources::new(&[("t.yaml", QUEUE), ("records/attestations/a.toml", &soc2("\"eu-*\""))]);
    let attested = |more: &[&str]| {
        let ran = sources.run(&[&["attest", "check", "t.yaml", "--as-of", "2026-08-01", "--format", "json"][..], more].concat());
        json(&ran)["proof"]["attested"].as_u64().unwrap()
    };
    let elsewhere = attested(&["--region", "us-east-1"]);
    assert_eq!(attested(&[]), elsewhere, "not known is not everywhere");
    assert!(attested(&["--region", "eu-west-1"]) > elsewhere);
    sources.write("records/attestations/a.toml", soc2("").as_bytes());
    assert!(attested(&[]) > elsewhere, "a document without a limit speaks of every Region");
    let before = sources.run(&[
        "attest",
        "check",
        "t.yaml",
        "--as-of",
        "2026-05-01",
        "--since",
        "2026-01-01",
        "--to",
        "2026-03-31",
        "--format",
        "json",
    ]);
    assert_eq!(json(&before)["coverage"][0]["coverage"]["covered"], 0, "nobody had the report yet");
}

#[test]
fn a_document_of_another_standard_does_not_prove_a_framework_of_its_own() {
    let sources = Sources::new(&[("t.yaml", QUEUE), ("records/attestations/a.toml", &soc2(""))]);
    let proof = |framework: &str, id: &str| {
        let ran =
            sources.run(&["framework", "show", framework, "t.yaml", "--requirement", id, "--as-of", "2026-08-01", "--format", "json"]);
        json(&ran)["requirements"][0]["aws_proof"].as_str().unwrap().to_owned()
    };
    assert!(proof("nist-800-53r5", "pe-3").starts_with("attested until"), "{}", proof("nist-800-53r5", "pe-3"));
    assert!(proof("fedramp-moderate", "pe-3").starts_with("unproven"), "{}", proof("fedramp-moderate", "pe-3"));
}

#[test]
fn an_expectation_is_not_met_by_checks_that_met_nothing() {
    let cuec = "[[cuec]]\nid = \"C\"\nattestation = \"a\"\ntext = \"t\"\nchecks = [\"sqs.queue-is-encrypted\", \"ec2.volume-is-encrypted\"]\n\
                [[csoc]]\nid = \"S\"\nprovider = \"aws\"\ntext = \"t\"\nduties = [\"facilities.*\"]\n";
    let sources = Sources::new(&[("t.yaml", QUEUE), ("records/attestations/a.toml", &soc2("")), ("records/expectations.toml", cuec)]);
    let stands = |day: &str| json(&sources.run(&["attest", "expectations", "t.yaml", "--as-of", day, "--format", "json"]));
    let now = stands("2026-08-01");
    assert_eq!((now[0]["stand"].clone(), now[0]["why"].clone()), ("unproven".into(), "nothing was met by ec2.volume-is-encrypted".into()));
    assert_eq!(now[1]["stand"], "met");
    let later = stands("2028-01-01");
    assert!(later[0]["why"].as_str().unwrap().contains("the report lapsed on 2027-03-31"), "{later}");
    assert_eq!(later[1]["stand"], "unproven");
}

#[test]
fn what_was_unknown_and_now_fails_is_news() {
    let template = "Parameters: {P: {Type: String}}\nResources:\n  Db: {Type: 'AWS::RDS::DBInstance', Properties: {Engine: mysql, PubliclyAccessible: !Ref P}}\n";
    let sources = Sources::new(&[("t.yaml", template)]);
    let select = ["assess", "t.yaml", "--check", "rds.instance-is-not-publicly-accessible"];
    let before = sources.run(&[&select[..], &["--format", "jsonl"]].concat());
    assert!(before.out.contains("\"status\":\"unknown\""), "{}", before.out);
    sources.write("before.jsonl", before.out.as_bytes());
    let now = sources.run(&[&select[..], &["--param", "P=true", "--baseline", "before.jsonl"]].concat());
    assert_eq!(now.code, 1, "{}\n{}", now.out, now.err);
    let failed = sources.run(&[&select[..], &["--param", "P=true", "--format", "jsonl"]].concat());
    sources.write("before.jsonl", failed.out.as_bytes());
    assert_eq!(sources.run(&[&select[..], &["--param", "P=true", "--baseline", "before.jsonl"]].concat()).code, 0);
}

#[test]
fn a_failed_check_is_not_answered_away() {
    let answer = "[[answer]]\npractice = \"SEC08-BP02\"\nstatus = \"not applicable\"\nreason = \"r\"\n";
    let plain = "Resources:\n  Volume: {Type: 'AWS::EC2::Volume', Properties: {Encrypted: false, AvailabilityZone: eu-west-1a, Size: 8}}\n";
    let sources = Sources::new(&[("t.yaml", plain), ("records/well-architected.toml", answer)]);
    let whole = json(&sources.run(&["review", "t.yaml", "--question", "SEC08", "--format", "json"]));
    let practices = whole["pillars"][0]["questions"][0]["practices"].as_array().unwrap().clone();
    let one = practices.iter().find(|practice| practice["id"] == "SEC08-BP02").unwrap();
    assert_eq!((one["state"].clone(), one["from"].clone()), ("not_in_place".into(), "findings".into()));
}

#[test]
fn without_sources_proof_is_asked_for_in_the_regions_of_the_scope() {
    let scope = "services = [\"sqs\", \"iam\"]\n";
    let sources = Sources::new(&[("records/scope.toml", scope), ("records/attestations/a.toml", &soc2("\"eu-*\""))]);
    let check = || sources.run(&["attest", "check", "--records", "records", "--as-of", "2026-08-01", "--format", "json"]);
    let state = |ran: &Ran, service: &str| {
        let all = json(ran)["places"].as_array().expect("places").clone();
        all.iter().filter(|place| place["service"] == service).map(|place| place["state"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let nowhere = check();
    assert!(nowhere.err.contains("no Region known"), "{}", nowhere.err);
    assert_eq!(state(&nowhere, "sqs"), ["out-of-scope"], "{}", nowhere.out);
    sources.write("records/scope.toml", format!("{scope}regions = [\"eu-west-1\", \"us-east-1\"]\n").as_bytes());
    let named = check();
    assert!(!named.err.contains("no Region known"), "{}", named.err);
    assert_eq!(state(&named, "sqs"), ["attested", "out-of-scope"], "{}", named.out);
    sources.write("records/scope.toml", format!("{scope}regions = [\"eu-wst-1\"]\n").as_bytes());
    let slip = check();
    assert!(slip.code == 2 && slip.err.contains("did you mean `eu-west-1`?"), "{}", slip.err);
}
