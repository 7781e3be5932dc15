//! Addresses agree with those that botocore's clients resolve, for every service.

use std::collections::BTreeMap;

use partywall_aws::{Addressed, Endpoint, EndpointError, EndpointOptions, Partitions};
use serde_json::Value;

/// Made by `xtask/python/endpoints.py`.
const FIXTURE: &[u8] = include_bytes!("data/endpoints.jsonl.zst");

fn options(variant: &str) -> EndpointOptions {
    EndpointOptions { fips: variant.starts_with("fips"), dual_stack: variant.ends_with("dual"), ..EndpointOptions::default() }
}

#[test]
fn every_service_is_asked_where_botocore_asks_it() {
    let text = String::from_utf8(zstd::decode_all(FIXTURE).unwrap()).unwrap();
    let mut differ: BTreeMap<String, String> = BTreeMap::new();
    let mut rows = 0;
    let mut services = std::collections::BTreeSet::new();
    for line in text.lines().skip(1) {
        let row: Value = serde_json::from_str(line).unwrap();
        let field = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default();
        let of = Addressed {
            service: field("service"),
            operation: field("operation"),
            prefix: field("prefix"),
            signing_name: field("name"),
            service_id: field("service"),
        };
        let ours = Endpoint::resolve(&of, field("region"), &options(field("variant")));
        rows += 1;
        services.insert(of.service.to_owned());
        let same = match (&ours, row.get("error")) {
            (Err(EndpointError::None { .. }), Some(_)) => true,
            (Ok(ours), None) => {
                (ours.host.as_str(), ours.sign_region.as_str(), ours.sign_name.as_str())
                    == (field("host"), field("sign_region"), field("sign_name"))
            }
            _ => false,
        };
        if !same {
            differ.insert(
                format!("{}:{} {} {}", of.service, of.operation, field("region"), field("variant")),
                format!("{ours:?}\n      {row}"),
            );
        }
    }
    assert!(rows > 4000 && services.len() >= 439, "{rows} rows of {} services", services.len());
    let list: Vec<String> = differ.iter().map(|(what, how)| format!("{what}: {how}")).collect();
    assert!(list.is_empty(), "{} of {rows} differ:\n{}", list.len(), list.join("\n"));
}

fn s3<'a>() -> Addressed<'a> {
    Addressed { service: "s3", operation: "GetBucketPolicy", prefix: "s3", signing_name: "s3", service_id: "S3" }
}

#[test]
fn the_users_addresses_go_first_and_only_loopback_may_do_without_tls() {
    let variables = |list: &[(&str, &str)]| {
        EndpointOptions::from_environment(list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Vec<_>>())
    };
    let all = variables(&[
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:4566/base/"),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", "https://vault.example:8443"),
    ]);
    let ours = Endpoint::resolve(&s3(), "eu-central-1", &all).unwrap();
    assert_eq!((ours.scheme, ours.host.as_str(), ours.path.as_str(), ours.custom), ("http", "127.0.0.1:4566", "/base", true));
    assert_eq!((ours.sign_region.as_str(), ours.sign_name.as_str()), ("eu-central-1", "s3"));
    let secrets = Addressed {
        service: "secretsmanager",
        operation: "ListSecrets",
        prefix: "secretsmanager",
        signing_name: "secretsmanager",
        service_id: "Secrets Manager",
    };
    let own = Endpoint::resolve(&secrets, "eu-central-1", &all).unwrap();
    assert_eq!((own.scheme, own.host.as_str()), ("https", "vault.example:8443"));

    let ignored = variables(&[
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
        ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"),
        ("AWS_USE_FIPS_ENDPOINT", "true"),
    ]);
    assert_eq!(Endpoint::resolve(&s3(), "us-gov-west-1", &ignored).unwrap().host, "s3-fips.us-gov-west-1.amazonaws.com");

    for (url, part) in [
        ("http://10.0.0.1:80", "without TLS"),
        ("ftp://host", "scheme"),
        ("https://user:hunter2@host", "user name"),
        ("/only/a/path", "no host"),
        ("https://host/?query", "query"),
    ] {
        let error = Endpoint::resolve(&s3(), "us-east-1", &variables(&[("AWS_ENDPOINT_URL_S3", url)])).unwrap_err().to_string();
        assert!(error.contains(part) && !error.contains("hunter2"), "{url}: {error}");
    }
}

#[test]
fn what_is_no_region_never_becomes_part_of_a_host() {
    for region in ["", "eu-central-1.evil.example/", "a b", "-x", "x-", "é", &"a".repeat(64)] {
        let error = Endpoint::resolve(&s3(), region, &EndpointOptions::default()).unwrap_err();
        assert!(matches!(error, EndpointError::Region(_)), "{region}: {error}");
    }
}

#[test]
fn regions_newer_than_the_data_are_known_by_their_beginning() {
    let table = Partitions::builtin().unwrap();
    for (region, partition) in [
        ("eu-west-9", "aws"),
        ("us-gov-north-1", "aws-us-gov"),
        ("us-isob-north-1", "aws-iso-b"),
        ("cn-south-1", "aws-cn"),
        ("eusc-de-west-1", "aws-eusc"),
        ("zz-new-1", "aws"),
    ] {
        assert_eq!(table.of_region(region).unwrap().id, partition, "{region}");
    }
    assert!(table.is_opt_in("ap-southeast-7") && !table.is_opt_in("eu-central-1"));
}
