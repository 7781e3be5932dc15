//! Readings that take emptiness from the index of AWS Resource Explorer say what those say that ask for every type; those of a sample say
//! nothing else than those of all; those with little room for answers the same.

use std::sync::Arc;

use partywall_catalog::Catalog;
use partywall_fake::{Fault, FaultRule};
use partywall_model::{Resource, Value};

use crate::fault_tests::{Outcome, Reading, catalog};
use crate::plan::Plan;

fn same(one: &Outcome, other: &Outcome, what: &str) {
    let differing: Vec<_> =
        one.rows.iter().filter(|row| !other.rows.contains(row)).chain(other.rows.iter().filter(|row| !one.rows.contains(row))).collect();
    assert!(differing.is_empty(), "{what}: {differing:#?}");
    let listed: Vec<_> = one.collected.listed.symmetric_difference(&other.collected.listed).collect();
    assert!(listed.is_empty(), "{what}: {listed:#?}");
    assert_eq!((&one.collected.gaps, &other.collected.gaps), (&Vec::new(), &Vec::new()), "{what}");
    assert_eq!(one.collected.errors, other.collected.errors, "{what}");
}

#[test]
fn what_an_index_has_none_of_is_not_asked_for() {
    let catalog = catalog();
    let plan = Plan::new(&catalog, |_| true, None);
    for world in ["tiny", "empty"] {
        let plain = Reading { world, ..Reading::new(&catalog, &plan) }.read();
        let spared = Reading { world, by_index: true, ..Reading::new(&catalog, &plan) }.read();
        same(&plain, &spared, world);
        assert_eq!(spared.collected.warnings, plain.collected.warnings);
        assert!(spared.collected.listed.is_superset(&spared.collected.indexed) && plain.collected.indexed.is_empty());
        eprintln!("{world}: {} requests, by index {}", plain.requests, spared.requests);
        match world {
            "empty" => assert!(spared.collected.indexed.len() > 100 && spared.requests + 100 < plain.requests, "{}", spared.requests),
            _ => assert!(spared.collected.indexed.is_empty(), "tiny has something of everything"),
        }
    }
}

#[test]
fn an_index_that_does_not_answer_proves_nothing() {
    let catalog = catalog();
    let plan = Plan::new(&catalog, |_| true, None);
    let plain = Reading { world: "empty", ..Reading::new(&catalog, &plan) }.read();
    for operation in ["GetIndex", "GetDefaultView", "GetView", "ListSupportedResourceTypes", "ListResources"] {
        for fault in
            [Fault::AccessDenied, Fault::Throttled, Fault::InternalError, Fault::Timeout, Fault::Truncated, Fault::Garbage, Fault::Reset]
        {
            let rules = vec![FaultRule::new(fault).of("resource-explorer-2", operation)];
            let read = Reading { world: "empty", by_index: true, rules, ..Reading::new(&catalog, &plan) }.read();
            same(&plain, &read, operation);
            assert!(read.collected.indexed.is_empty(), "{operation}, {fault:?}");
            let said = read.collected.warnings.join("\n");
            assert!(
                said.contains("Resource Explorer proves nothing in eu-central-1") && said.contains(operation),
                "{operation}, {fault:?}: {said}"
            );
            assert_eq!(said.contains("; allow resource-explorer-2:"), fault == Fault::AccessDenied, "{operation}, {fault:?}: {said}");
        }
    }
}

#[test]
fn of_what_is_not_in_a_sample_only_listings_tell() {
    let catalog = catalog();
    let plan = Plan::new(&catalog, |_| true, None);
    let plain = Reading::new(&catalog, &plan).read();
    let some = Reading { sample: Some(1), ..Reading::new(&catalog, &plan) }.read();
    assert!(some.requests < plain.requests, "{} of {}", some.requests, plain.requests);
    let said = some.collected.warnings.join("\n");
    assert!(said.contains("a sample of 1 in each Region") && said.contains("AWS::S3::Bucket"), "{said}");
    assert!(some.collected.errors.is_empty() && !some.collected.unread.is_empty());
    assert!(some.collected.unread.keys().all(|unread| unread.cause.kind == partywall_model::CauseKind::NotLooked));
    let of = |outcome: &Outcome, name: &str| {
        outcome.rows.iter().filter(|(key, _)| &*key.0 == name).map(|(_, row)| row.clone()).collect::<Vec<_>>()
    };
    let (all, sampled) = (of(&plain, "AWS::S3::Bucket"), of(&some, "AWS::S3::Bucket"));
    assert!(all.len() > 1 && all.len() == sampled.len());
    let same = all.iter().zip(&sampled).filter(|(one, other)| one.properties == other.properties).count();
    assert_eq!(same, 1, "one is as ever, of the others most is unknown");
    // A stub stands for what only a row within it names.
    for (before, after) in plain.rows.iter().filter(|(_, row)| !row.stub) {
        let Some((_, row)) = some.rows.iter().find(|(key, _)| key == before) else {
            assert!(catalog.types[&before.0].reads.iter().any(|read| read.of.is_some()), "{before:?} is gone, and lies within nothing");
            continue;
        };
        let mut wrong = Vec::new();
        crate::fault_tests::changed(&after.properties, Some(&row.properties), &format!("{before:?}"), &mut wrong);
        assert!(wrong.is_empty(), "{wrong:?}");
    }
}

#[test]
fn tags_of_all_buckets_and_keys_are_asked_once_for_each_region() {
    let catalog = catalog();
    let types = ["AWS::S3::Bucket", "AWS::KMS::Key"];
    let plan = Plan::new(&catalog, |file| types.contains(&&*file.name), None);
    let read = Reading { world: "r1", ..Reading::new(&catalog, &plan) }.read();
    for name in types {
        let tags = |row: &Resource| row.properties.at("Tags").and_then(Value::as_list).map(<[Value]>::len);
        let rows: Vec<_> = read.rows.iter().filter(|(key, row)| &*key.0 == name && !row.stub).collect();
        let counts: Vec<_> = rows.iter().map(|(_, row)| tags(row)).collect();
        assert!(rows.len() > 3 && counts.iter().all(Option::is_some), "{name}: {counts:?}");
        assert!(counts.contains(&Some(0)) && counts.iter().any(|count| *count > Some(0)), "{name}: {counts:?}");
    }
    for (key, row) in read.rows.iter().filter(|(key, _)| &*key.0 == types[0]) {
        let tagged = row.properties.at("Tags").and_then(Value::as_list).is_some_and(|tags| !tags.is_empty());
        let number = u64::from_str_radix(key.2.get(key.2.len() - 8..).unwrap(), 16).unwrap();
        assert_eq!(tagged, number % 2 == 0, "the stand-in's odd buckets have no tags: {key:?}");
    }
    let asked = |operation: &str| read.asked.get(operation).copied().unwrap_or_default();
    assert_eq!((asked("GetBucketTagging"), asked("ListResourceTags")), (0, 0));
    assert_eq!(asked("GetResources"), 3, "two pages of 150 buckets, one of keys");
}

#[test]
fn a_bucket_of_which_no_region_is_known_is_not_without_tags_for_that() {
    let mut catalog = catalog();
    let file = catalog.types.get_mut("AWS::S3::Bucket").map(Arc::make_mut).unwrap();
    file.reads.iter_mut().filter(|read| read.lists()).for_each(|read| read.jq = None);
    let plan = Plan::new(&catalog, |file| &*file.name == "AWS::S3::Bucket", None);
    for sample in [None, Some(1)] {
        let read = Reading { sample, ..Reading::new(&catalog, &plan) }.read();
        let rows: Vec<_> = read.rows.iter().filter(|(key, row)| &*key.0 == "AWS::S3::Bucket" && !row.stub).collect();
        let tags: Vec<_> = rows.iter().filter_map(|(_, row)| row.properties.at("Tags")).collect();
        assert_eq!(tags.len(), rows.len());
        assert!(tags.iter().any(|tags| tags.holds_unknown()), "{tags:?}");
        assert!(!tags.iter().any(|tags| tags.as_list().is_some_and(<[Value]>::is_empty)), "{sample:?}: {tags:?}");
    }
}

#[test]
fn of_task_definitions_the_latest_and_those_that_services_run_are_asked_for() {
    let name = "AWS::ECS::TaskDefinition";
    let of = |catalog: &Catalog| {
        let plan = Plan::new(catalog, |file| &*file.name == name, None);
        let read = Reading { world: "r1", ..Reading::new(catalog, &plan) }.read();
        let definitions = |name: &str| read.rows.iter().filter(|(key, row)| &*key.0 == name && !row.stub).count() as u64;
        assert!(!read.collected.gaps.iter().any(|gap| &*gap.resource_type == name) && read.collected.errors.is_empty());
        assert_eq!(
            read.collected.warnings,
            [format!("of {name} only the latest active revision of each family and the one that each service names are read")]
        );
        (definitions(name), definitions("AWS::ECS::Service"), read.requests)
    };
    let mut catalog = catalog();
    let (read, services, requests) = of(&catalog);
    assert!(services == 120 && read > 120 && read < 240, "{read} definitions, {services} services");
    let service = catalog.types.get_mut("AWS::ECS::Service").map(Arc::make_mut).unwrap();
    service.reads.iter_mut().for_each(|read| read.jq = Some("{ TaskDefinition: null }".to_owned()));
    let (latest, _, fewer) = of(&catalog);
    assert_eq!(latest, 120, "a service without a definition asks for none");
    // What a service runs may be the latest.
    assert!(requests - fewer >= read - latest && requests - fewer < services, "{requests} and {fewer} requests");
}

#[test]
fn with_room_for_one_answer_at_a_time_the_same_is_read() {
    let catalog = catalog();
    let plan = Plan::new(&catalog, |_| true, None);
    let plain = Reading::new(&catalog, &plan).read();
    let narrow = Reading { answer_room: 1, ..Reading::new(&catalog, &plan) }.read();
    assert_eq!(narrow.requests, plain.requests);
    let keys = |outcome: &Outcome| outcome.rows.iter().map(|(key, _)| format!("{key:?}")).collect::<Vec<_>>();
    assert_eq!(keys(&narrow), keys(&plain));
    assert!(plain.rows.iter().zip(&narrow.rows).all(|((_, one), (_, other))| one.properties == other.properties));
}
