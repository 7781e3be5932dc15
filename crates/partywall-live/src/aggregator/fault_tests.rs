//! Each question to the aggregator, failing in every way and at every time: what it would have told is missed and said to be.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use partywall_fake::{Fault, FaultRule};
use partywall_lake::Meta;
use partywall_model::{CauseKind, Resource, SourceKind};

use super::tests::{lake, read, rows, some, world};
use crate::fault_tests::changed;

const FAULTS: [Fault; 7] =
    [Fault::AccessDenied, Fault::Throttled, Fault::InternalError, Fault::Timeout, Fault::Truncated, Fault::Garbage, Fault::Reset];

type Key = (Arc<str>, Option<Arc<str>>, Arc<str>);

struct Outcome {
    rows: BTreeMap<Key, Resource>,
    meta: Meta,
}

/// `None` if the reading said that nothing could be read, and left nothing behind.
fn outcome(rules: Vec<FaultRule>, gap_reads: bool) -> Option<Outcome> {
    let (_kept, lake) = lake();
    match read(&world(rules), &lake, &some, gap_reads) {
        Ok(snapshot) => {
            let of = |row: Resource| ((row.resource_type.clone(), row.region.clone(), row.id.clone()), row);
            let rows = rows(&snapshot).into_iter().filter(|row| !row.stub).map(of).collect();
            Some(Outcome { rows, meta: snapshot.meta().clone() })
        }
        Err(_) => {
            assert!(lake.latest().unwrap().is_none());
            None
        }
    }
}

/// What a reading with a fault says that it must not.
fn compare(clean: &Outcome, faulted: &Outcome) -> Vec<String> {
    let mut wrong = Vec::new();
    let told: BTreeSet<&Arc<str>> = faulted.meta.gaps.iter().map(|gap| &gap.resource_type).collect();
    for (key, before) in &clean.rows {
        match faulted.rows.get(key) {
            // Where the aggregator fails, the account's own APIs may have told; they know more of some types and less of others.
            Some(after) if after.source.kind != before.source.kind => {}
            Some(after) => changed(&before.properties, Some(&after.properties), &format!("{} {}", key.0, key.2), &mut wrong),
            // Without a type it is about all of them.
            None if told.contains(&key.0) || told.iter().any(|name| name.is_empty()) => {}
            None => wrong.push(format!("{key:?} is not there, and no gap says so")),
        }
    }
    // The APIs also list the buckets of other Regions.
    let of_config = |key: &&Key| faulted.rows.get(*key).is_some_and(|row| row.source.kind == SourceKind::Config);
    for key in faulted.rows.keys().filter(of_config).filter(|key| !clean.rows.contains_key(*key)) {
        wrong.push(format!("{key:?} is there, and was not"));
    }
    let all: BTreeSet<_> = clean.meta.listed.iter().collect();
    for listing in &faulted.meta.listed {
        let whole = |row: &&Key| row.0 == listing.resource_type && row.1 == listing.region;
        let lost = clean.rows.keys().filter(whole).any(|key| !faulted.rows.contains_key(key));
        let of_apis = faulted.rows.iter().any(|(key, row)| whole(&key) && row.source.kind == SourceKind::Api)
            || listing.region.as_deref() == Some("global");
        if lost || !all.contains(listing) && !of_apis {
            wrong.push(format!("{listing:?} counts as listed"));
        }
    }
    let same = faulted.rows.keys().eq(clean.rows.keys()) && faulted.meta.listed == clean.meta.listed;
    // What the account's own APIs told instead is no less whole.
    let of_apis = |row: &Resource| row.source.kind == SourceKind::Api;
    let told_instead = faulted.rows.iter().any(|(key, row)| of_apis(row) && clean.rows.get(key).is_some_and(|before| !of_apis(before)));
    if !same && !told_instead && faulted.meta.errors.is_empty() && faulted.meta.gaps == clean.meta.gaps {
        wrong.push("rows changed, and the reading counts as whole".to_owned());
    }
    wrong
}

#[test]
fn a_question_to_the_aggregator_that_fails_makes_nothing_up() {
    let (mut combinations, mut struck, mut refused) = (0, 0, 0);
    let mut wrong = Vec::new();
    for gap_reads in [false, true] {
        let clean = outcome(Vec::new(), gap_reads).unwrap();
        for (operation, calls) in [
            ("DescribeConfigurationAggregators", 1),
            ("DescribeConfigurationAggregatorSourcesStatus", 1),
            ("SelectAggregateResourceConfig", 8),
        ] {
            // To read the account itself takes longer; which fault it was makes no difference to it.
            let faults = if gap_reads { &FAULTS[..1] } else { &FAULTS[..] };
            for (fault, call) in faults.iter().flat_map(|fault| (1..=calls).map(move |call| (*fault, call))) {
                let rule = FaultRule { from: call, times: Some(1), ..FaultRule::new(fault) }.of("config", operation);
                combinations += 1;
                match outcome(vec![rule], gap_reads) {
                    None => refused += 1,
                    Some(faulted) => {
                        struck += usize::from(faulted.meta.errors != clean.meta.errors || faulted.meta.gaps != clean.meta.gaps);
                        let told = |line| format!("{operation}, call {call}, {fault:?}, gap reads {gap_reads}: {line}");
                        wrong.extend(compare(&clean, &faulted).into_iter().map(told));
                    }
                }
            }
        }
    }
    eprintln!("{combinations} combinations, {struck} made gaps, {refused} left nothing to read");
    assert!(struck + refused > combinations * 2 / 3, "{combinations} combinations, {struck} struck, {refused} refused");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.iter().take(40).cloned().collect::<Vec<_>>().join("\n"));
}

#[test]
fn what_goes_wrong_is_a_gap_and_the_rest_goes_on() {
    let select = |fault: Fault| {
        FaultRule { key: Some("AWS::S3::Bucket".to_owned()), ..FaultRule::new(fault) }.of("config", "SelectAggregateResourceConfig")
    };
    let faults = [
        (select(Fault::AccessDenied), CauseKind::Denied),
        (select(Fault::InternalError), CauseKind::ServerError),
        (select(Fault::Truncated), CauseKind::Malformed),
        (select(Fault::Garbage), CauseKind::Malformed),
        (select(Fault::ExpiredToken), CauseKind::CallFailed),
    ];
    for (rule, kind) in faults {
        let fault = rule.fault;
        let world = world(vec![rule]);
        let (_kept, lake) = lake();
        let snapshot = read(&world, &lake, &some, true).unwrap();
        let meta = snapshot.meta();
        let gap = meta.gaps.iter().find(|gap| &*gap.resource_type == "AWS::S3::Bucket");
        let gap = gap.unwrap_or_else(|| panic!("{fault:?}: no gap"));
        assert_eq!(gap.cause.kind, kind, "{fault:?}: {}", gap.cause);
        let action = (kind == CauseKind::Denied).then_some("config:SelectAggregateResourceConfig");
        assert_eq!(gap.cause.iam_action.as_deref(), action, "{fault:?}");
        assert!(!meta.listed.iter().any(|listing| &*listing.resource_type == "AWS::S3::Bucket"), "{fault:?}");
        assert!(!meta.errors.is_empty(), "{fault:?}: nothing says so");
        assert!(meta.listed.iter().any(|listing| &*listing.resource_type == "AWS::Logs::LogGroup"), "{fault:?}: the rest stopped");
    }
}

#[test]
fn an_aggregator_that_cannot_be_asked_reads_nothing() {
    for operation in ["DescribeConfigurationAggregators", "DescribeConfigurationAggregatorSourcesStatus"] {
        let world = world(vec![FaultRule::new(Fault::AccessDenied).of("config", operation)]);
        let (_kept, lake) = lake();
        let error = read(&world, &lake, &some, true).unwrap_err().to_string();
        assert!(error.contains(&format!("allow config:{operation}")), "{error}");
        assert!(lake.latest().unwrap().is_none());
    }
}

#[test]
fn without_counts_or_recorders_nothing_is_proven_and_the_account_is_read_itself() {
    let count =
        FaultRule { key: Some("COUNT".to_owned()), ..FaultRule::new(Fault::AccessDenied) }.of("config", "SelectAggregateResourceConfig");
    let recorders = FaultRule { key: Some("ConfigurationRecorder'".to_owned()), ..count.clone() };
    for rule in [count, recorders] {
        let world = world(vec![rule]);
        let (_kept, lake) = lake();
        let snapshot = read(&world, &lake, &some, true).unwrap();
        assert!(rows(&snapshot).iter().all(|row| row.source.kind == SourceKind::Api));
        assert!(snapshot.meta().listed.iter().any(|listing| &*listing.resource_type == "AWS::S3::Bucket"));
        assert!(snapshot.meta().errors.iter().any(|line| line.contains("allow config:SelectAggregateResourceConfig")));
    }
}
