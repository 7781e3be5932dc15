//! AWS Config's aggregator as the source, on the stand-in for AWS over a socket.

use std::collections::BTreeMap;

use partywall_fake::{Fault, FaultRule};
use serde_json::Value;

use crate::aws::Aws;

const AGGREGATOR: &str = "config-configurationaggregator-00000000";

/// Status by check and resource.
fn by_resource(text: &str) -> BTreeMap<(String, String, String), Value> {
    let results = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("a result"));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    results
        .filter(|result| !result["check"].is_null())
        .map(|result| ((text(&result["check"]), text(&result["resource"]["region"]), text(&result["resource"]["id"])), result))
        .collect()
}

#[test]
fn no_check_passes_that_does_not_pass_through_the_apis_and_every_difference_is_an_unknown_with_its_cause() {
    let aws = Aws::start(Vec::new());
    let assess = |more: &[&str]| {
        let common = ["assess", "aws", "--region", "eu-central-1", "--share", "100", "--as-of", "2026-11-22", "--format", "jsonl"];
        let ran = aws.run(&[&common[..], more].concat());
        assert!(ran.out.lines().count() > 500, "{}", ran.err);
        by_resource(&ran.out)
    };
    let api = assess(&[]);
    let config = assess(&["--via", "config", "--aggregator", AGGREGATOR]);
    let status = |result: &Value| result["status"].as_str().unwrap_or_default().to_owned();
    let (mut same, mut unknown, mut wrong) = (0, 0, Vec::new());
    for (key, result) in &config {
        let Some(before) = api.get(key) else {
            // AWS Config records every revision; the APIs are asked for some, and the reading says so.
            if result["resource"]["type"] == "AWS::ECS::TaskDefinition" {
                continue;
            }
            wrong.push(format!("{key:?}: only through AWS Config, {}", status(result)));
            continue;
        };
        match (status(before), status(result)) {
            (one, other) if one == other => same += 1,
            (_, other) if other == "unknown" && !result["unknown_because"].as_array().is_none_or(Vec::is_empty) => unknown += 1,
            (one, other) => wrong.push(format!("{key:?}: {one} became {other}")),
        }
    }
    // One listing of the APIs shows the buckets of all Regions, the aggregator those of the chosen one.
    let here = |key: &&(String, String, String)| key.1 == "eu-central-1" || !key.0.starts_with("s3.");
    wrong.extend(api.keys().filter(here).filter(|key| !config.contains_key(*key)).map(|key| format!("{key:?}: only through the APIs")));
    eprintln!("{same} results are the same, {unknown} are unknown through AWS Config");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.iter().take(60).cloned().collect::<Vec<_>>().join("\n"));
    assert!(same > 500 && unknown > 0, "{same} same, {unknown} unknown");
}

#[test]
fn the_command_line_says_what_is_missing() {
    let aws = Aws::start(Vec::new());
    let directory = tempfile::tempdir().expect("a directory");
    let lake = directory.path().join("lake");
    let lake = lake.to_str().expect("a path");
    let named = aws.run(&["collect", "aws", "--out", lake, "--region", "eu-central-1", "--via", "config", "--aggregator", "other"]);
    assert_eq!(named.code, 2, "{}", named.err);
    assert!(named.err.contains("no aggregator `other`") && named.err.contains(AGGREGATOR), "{}", named.err);
    let alone = aws.run(&["collect", "aws", "--out", lake, "--no-gap-reads"]);
    assert_eq!(alone.code, 2, "{}", alone.err);
    assert!(alone.err.contains("add --via config"), "{}", alone.err);
    let place = ["collect", "aws", "--out", lake, "--region", "eu-central-1"];
    let collect = [&place[..], &["--via", "config", "--aggregator", AGGREGATOR, "--service", "s3"]].concat();
    let unread = aws.run(&[&collect[..], &["--no-gap-reads"]].concat());
    assert_eq!(unread.code, 0, "what was left out on request is no failure: {}", unread.err);
    let denying = Aws::start(vec![FaultRule::new(Fault::AccessDenied).of("config", "SelectAggregateResourceConfig")]);
    let denied = denying.run(&collect);
    assert_eq!(denied.code, 3, "{}", denied.err);
    assert!(denied.err.contains("allow config:SelectAggregateResourceConfig"), "{}", denied.err);
}
