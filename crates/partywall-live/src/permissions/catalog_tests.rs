//! The permissions of the built-in catalogue, whatever it holds today.

use std::collections::{BTreeMap, BTreeSet};

use partywall_catalog::{Catalog, Check};
use partywall_iam::{Document, Element, Known};
use partywall_model::{SourceKind, Value};

use super::*;

fn catalog() -> Catalog {
    Catalog::load(None).unwrap().with_derived(partywall_collect::derived_columns).unwrap()
}

fn everything() -> Vec<Need> {
    needed(&catalog(), Chosen::Everything, true).unwrap()
}

/// The actions and resources of a document, as the reader of policies understands them.
fn allowed(document: &str) -> Vec<(Vec<String>, Vec<String>)> {
    let document = Document::parse(&Value::str(document)).unwrap();
    let texts = |element: &Element<partywall_iam::Patterns>| match element {
        Element::Only(Known::Is(patterns)) => patterns.known.iter().map(ToString::to_string).collect(),
        other => panic!("{other:?}"),
    };
    let statements = &document.statements.known;
    assert!(!statements.is_empty());
    statements.iter().map(|statement| (texts(&statement.action), texts(&statement.resource))).collect()
}

#[test]
fn every_action_of_the_catalogue_is_granted_exactly_once() {
    let catalog = catalog();
    let names = Names::default();
    let mut granted: BTreeMap<String, usize> = BTreeMap::new();
    for policy in policies(&everything(), &names).unwrap() {
        for (actions, _) in allowed(&policy.document("aws", &names, true).unwrap()) {
            for action in actions {
                *granted.entry(action).or_default() += 1;
            }
        }
    }
    let mut asked: BTreeSet<String> = BTreeSet::new();
    for read in catalog.types.values().flat_map(|file| file.reads.iter().filter(|read| !file.is_told_at_once(read))) {
        asked.insert(read.action.clone());
        asked.extend(read.names.iter().map(|names| names.action.clone()));
        asked.extend(read.prepare.iter().map(|prepare| prepare.action.clone()));
        asked.extend(read.unless.iter().map(|unless| unless.action.clone()));
    }
    assert!(asked.len() > 200, "{} actions in the catalogue", asked.len());
    for action in &asked {
        assert_eq!(granted.get(action), Some(&1), "{action}");
    }
    let own: BTreeSet<&String> = granted.keys().filter(|action| !asked.contains(*action)).collect();
    assert!(
        own.iter().all(|action| ["iam:", "organizations:", "sts:", "ec2:DescribeRegions"].iter().any(|of| action.starts_with(of))),
        "{own:?}"
    );
    assert!(granted.values().all(|count| *count == 1));
}

#[test]
fn nothing_but_reading_is_granted_and_roles_are_entered_by_name_only() {
    const CHANGING: [&str; 8] = ["Put", "Create", "Delete", "Update", "Modify", "Attach", "Set", "Pass"];
    let names = Names::of_role("audit-reader").unwrap();
    for policy in policies(&everything(), &names).unwrap() {
        for (actions, resources) in allowed(&policy.document("aws", &names, false).unwrap()) {
            for action in actions {
                let (_, verb) = action.split_once(':').unwrap();
                assert!(!CHANGING.iter().any(|changing| verb.starts_with(changing)), "{action}");
                assert!(!action.contains('*'), "{action}");
                if action == "sts:AssumeRole" {
                    assert_eq!(resources, ["arn:aws:iam::*:role/audit-reader"]);
                    assert_eq!(policy.purpose, Purpose::Organization);
                }
                if action == "apigateway:GET" {
                    assert!(
                        resources.len() > 1
                            && resources
                                .iter()
                                .all(|resource| !resource.contains("keys") && !resource.ends_with("/usageplans*") && resource != "*")
                    );
                }
            }
        }
    }
}

#[test]
fn policies_keep_within_the_quotas_of_iam() {
    for role in ["partywall-read", &"r".repeat(48)] {
        let names = Names::of_role(role).unwrap();
        let policies = policies(&everything(), &names).unwrap();
        assert!(policies.len() <= POLICIES_PER_ROLE);
        let mut called = BTreeSet::new();
        for policy in &policies {
            let written = policy.document("aws-us-gov", &names, false).unwrap();
            assert_eq!(policy.size(&names), written.chars().filter(|c| !c.is_whitespace()).count(), "{}", policy.name);
            assert!(written.len() <= POLICY_SIZE, "{}: {}", policy.name, written.len());
            assert!(policy.name.len() <= 128);
            assert!(called.insert(policy.name.clone()), "{}", policy.name);
            let sids: BTreeSet<&str> = policy.statements.iter().map(|statement| statement.sid.as_str()).collect();
            assert_eq!(sids.len(), policy.statements.len());
            assert!(sids.iter().all(|sid| sid.bytes().all(|byte| byte.is_ascii_alphanumeric()) && !sid.is_empty()));
        }
    }
}

/// What API Gateway may be asked is kept to resources; each of these operations was looked up in its API reference.
#[test]
fn the_paths_of_api_gateway_cover_what_the_catalogue_asks() {
    const COVERED: [&str; 13] = [
        "GetAccount",
        "GetApis",
        "GetAuthorizers",
        "GetClientCertificates",
        "GetDomainNames",
        "GetIntegrations",
        "GetResources",
        "GetRestApis",
        "GetRoutes",
        "GetStages",
        "GetUsagePlans",
        "GetVpcLinks",
        "GetApiMappings",
    ];
    let needs = everything();
    let gateway = needs.iter().find(|need| &*need.action == "apigateway:GET").unwrap();
    for (_, operation) in &gateway.operations {
        assert_ne!(operation, "GetApiKeys", "it would hand out the keys' values");
        assert!(COVERED.contains(&operation.as_str()), "look up the path of {operation} and add it to `NARROW`");
    }
}

#[test]
fn every_check_that_a_call_can_answer_is_blind_without_an_action() {
    let catalog = catalog();
    let needs = everything();
    let covered: BTreeSet<&str> = needs.iter().flat_map(|need| &need.checks).map(|id| &**id).collect();
    for check in catalog.checks.values() {
        let has_reads = catalog.types.get(&check.resource).is_some_and(|file| !file.reads.is_empty());
        assert!(!has_reads || covered.contains(&*check.id), "{}", check.id);
    }
}

#[test]
fn a_choice_of_checks_needs_no_more_than_they_read() {
    let catalog = catalog();
    let of = |id: &'static str| -> BTreeSet<String> {
        assert!(catalog.checks.contains_key(id), "{id}");
        let chosen = |check: &Check| *check.id == *id;
        let needs = needed(&catalog, Chosen::Checks(&chosen), false).unwrap();
        needs.iter().filter(|need| !need.checks.is_empty()).map(|need| need.action.to_string()).collect()
    };
    assert_eq!(of("s3.account-blocks-public-access"), ["s3:GetAccountPublicAccessBlock"].map(str::to_owned).into());
    let bucket = of("s3.bucket-blocks-public-access");
    assert!(bucket.contains("s3:GetBucketPublicAccessBlock") && bucket.contains("s3:GetAccountPublicAccessBlock"), "{bucket:?}");
    assert!(bucket.len() < 6, "{bucket:?}");
}

#[test]
fn a_join_is_blind_without_any_of_its_tables() {
    let catalog = catalog();
    let check =
        catalog.checks.values().find(|check| check.join.as_ref().is_some_and(|join| join.sql.contains("aws_guardduty_detector"))).unwrap();
    let needs = needed(&catalog, Chosen::Everything, false).unwrap();
    for action in ["ec2:DescribeRegions", "guardduty:ListDetectors", "guardduty:GetDetector"] {
        let need = needs.iter().find(|need| &*need.action == action).unwrap();
        assert!(need.checks.contains(&check.id), "{action}");
    }
}

#[test]
fn a_catalogue_that_asks_for_more_than_reading_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("resources/s3/bucket.toml");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let read = "[[read]]\nservice = \"s3api\"\noperation = \"ListBuckets\"\naction = \"s3:*\"\nitems = \"Buckets\"\n";
    std::fs::write(&file, format!("type = \"AWS::S3::Bucket\"\ntitle = \"bucket\"\n{read}")).unwrap();
    let catalog = Catalog::load(Some(directory.path())).unwrap();
    let error = needed(&catalog, Chosen::Everything, false).unwrap_err();
    assert_eq!(error, PermissionsError::NotReadOnly { action: "s3:*".to_owned(), subject: "AWS::S3::Bucket".to_owned() });
}

#[test]
fn the_template_is_read_by_our_own_reader_and_fits_a_request() {
    let names = Names::default();
    let text = render::cloudformation(&policies(&everything(), &names).unwrap(), &names);
    // CloudFormation quotas: the body of a template in a request.
    assert!(text.len() <= 51_200, "{}", text.len());
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("partywall.yaml");
    std::fs::write(&path, &text).unwrap();
    let catalog = catalog();
    let need = |_: &partywall_catalog::ResourceType| partywall_collect::Need::default();
    let mut options = partywall_collect::Options::default();
    let given = [("TrustedPrincipalArn", "arn:aws:iam::111122223333:root"), ("HomeAccountId", "111122223333")];
    options.parameters.values = given.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    options.parameters.account = Some("111122223333".to_owned());
    let mut roles = Vec::new();
    let mut take = |batch: partywall_table::TypeBatch| {
        if &*batch.resource_type.name == "AWS::IAM::Role" {
            roles.extend(batch.rows.iter().cloned());
        }
        Ok(())
    };
    let collected = partywall_collect::collect(&catalog, &[path], &options, &need, &mut take).unwrap();
    assert!(collected.errors.is_empty(), "{:?}", collected.errors);
    assert!(collected.files.contains_key(&SourceKind::CloudFormation));
    assert_eq!(collected.types.get("AWS::IAM::Role"), Some(&1));
    let expected = policies(&everything(), &names).unwrap().len() as u64;
    assert_eq!(collected.types.get("AWS::IAM::ManagedPolicy"), Some(&expected));
    assert_eq!(roles.len(), 1);
}

#[test]
fn the_same_needs_give_the_same_bytes() {
    let names = Names::default();
    let texts = || {
        let policies = policies(&everything(), &names).unwrap();
        let json = render::json(&policies, "aws-cn", &names).unwrap();
        (json, render::terraform(&policies, &names), render::cloudformation(&policies, &names), render::table(&catalog(), &everything()))
    };
    let (json, terraform, cloudformation, table) = texts();
    assert_eq!(texts(), (json.clone(), terraform, cloudformation, table));
    let documents: BTreeMap<String, serde_json::Value> = serde_json::from_str(&json).unwrap();
    assert!(documents.contains_key("partywall-read-organization"));
    assert!(json.contains("arn:aws-cn:iam::*:role/partywall-read"));
    for document in documents.values() {
        assert!(!allowed(&document.to_string()).is_empty());
    }
}
