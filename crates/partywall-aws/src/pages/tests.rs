use std::sync::Arc;

use super::*;
use crate::model::Models;

fn service(name: &str) -> Arc<Service> {
    Models::builtin().service(name).unwrap()
}

/// JSON as the value that an answer would be.
fn value(text: &str) -> Value {
    fn convert(json: &serde_json::Value) -> Value {
        match json {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(value) => Value::Bool(*value),
            serde_json::Value::Number(number) => number.as_i64().map_or_else(|| Value::Float(number.as_f64().unwrap()), Value::Int),
            serde_json::Value::String(text) => Value::str(text.as_str()),
            serde_json::Value::Array(items) => Value::List(items.iter().map(convert).collect()),
            serde_json::Value::Object(members) => {
                Value::Map(members.iter().map(|(name, value)| (Arc::from(name.as_str()), convert(value))).collect())
            }
        }
    }
    convert(&serde_json::from_str(text).unwrap())
}

fn first(of: &str, operation: &str, input: &str) -> Value {
    let service = service(of);
    first_input(&service, service.operation(operation).unwrap(), &value(input))
}

fn next(of: &str, operation: &str, input: &str, answer: &str) -> Result<Option<Value>, PageError> {
    next_input(service(of).operation(operation).unwrap(), &value(input), &value(answer))
}

#[test]
fn the_first_page_is_as_large_as_aws_allows() {
    assert_eq!(first("ec2", "DescribeInstances", "{}"), value(r#"{"MaxResults": 1000}"#));
    assert_eq!(first("ec2", "DescribeInstances", r#"{"InstanceIds": ["i-1"]}"#), value(r#"{"InstanceIds": ["i-1"]}"#));
    assert_eq!(first("ec2", "DescribeRouteTables", "{}"), value(r#"{"MaxResults": 100}"#));
    assert_eq!(first("ec2", "DescribeHosts", "{}"), value(r#"{"MaxResults": 500}"#));
    assert_eq!(first("iam", "ListUsers", r#"{"MaxItems": 7}"#), value(r#"{"MaxItems": 7}"#));
    assert_eq!(first("iam", "GetAccountAuthorizationDetails", "{}"), value(r#"{"MaxItems": 1000}"#));
    assert_eq!(first("s3", "ListBuckets", "{}"), value(r#"{"MaxBuckets": 1000}"#));
    assert_eq!(first("cloudfront", "ListDistributions", "{}"), value(r#"{"MaxItems": "100"}"#), "written as text there");
    assert_eq!(first("fsx", "DescribeFileSystems", "{}"), value(r#"{"MaxResults": 1000}"#));
    assert_eq!(first("s3", "GetBucketPolicy", r#"{"Bucket": "b"}"#), value(r#"{"Bucket": "b"}"#), "does not page");
}

#[test]
fn tokens_of_all_forms_lead_to_the_next_page() {
    let one = next("ec2", "DescribeInstances", r#"{"MaxResults": 1000}"#, r#"{"NextToken": "t"}"#).unwrap();
    assert_eq!(one, Some(value(r#"{"MaxResults": 1000, "NextToken": "t"}"#)));
    assert_eq!(next("ec2", "DescribeInstances", "{}", r#"{"NextToken": ""}"#).unwrap(), None, "an empty token ends it");
    assert_eq!(next("iam", "ListUsers", "{}", r#"{"IsTruncated": false, "Marker": "m"}"#).unwrap(), None, "more_results decides");
    assert_eq!(next("iam", "ListUsers", "{}", r#"{"Marker": "m"}"#).unwrap(), None);
    assert_eq!(next("iam", "ListUsers", "{}", r#"{"IsTruncated": true, "Marker": "m"}"#).unwrap(), Some(value(r#"{"Marker": "m"}"#)));
    // Nested, and the last element's name where there is no marker.
    let nested = next("cloudfront", "ListDistributions", "{}", r#"{"DistributionList": {"IsTruncated": true, "NextMarker": "m"}}"#);
    assert_eq!(nested.unwrap(), Some(value(r#"{"Marker": "m"}"#)));
    let last = next("s3", "ListObjects", "{}", r#"{"IsTruncated": true, "Contents": [{"Key": "a"}, {"Key": "b"}]}"#);
    assert_eq!(last.unwrap(), Some(value(r#"{"Marker": "b"}"#)));
    // Several at once; one that is not given any more is taken away.
    let input = r#"{"StartRecordName": "a", "StartRecordType": "A", "StartRecordIdentifier": "x"}"#;
    let several =
        next("route53", "ListResourceRecordSets", input, r#"{"IsTruncated": true, "NextRecordName": "b", "NextRecordType": "A"}"#);
    assert_eq!(several.unwrap(), Some(value(r#"{"StartRecordName": "b", "StartRecordType": "A"}"#)));
    assert_eq!(next("s3", "GetBucketPolicy", "{}", r#"{"NextToken": "t"}"#).unwrap(), None, "does not page");
}

#[test]
fn the_same_token_twice_is_an_error() {
    let error = next("ec2", "DescribeInstances", r#"{"NextToken": "t"}"#, r#"{"NextToken": "t"}"#).unwrap_err();
    assert_eq!(error, PageError::SameToken("DescribeInstances".to_owned()));
}

#[test]
fn pages_become_one_answer_as_the_cli_prints_it() {
    let merged = |of: &str, operation: &str, pages: &[&str]| {
        merge(service(of).operation(operation).unwrap(), pages.iter().map(|page| value(page)).collect::<Vec<_>>())
    };
    assert_eq!(
        merged("ec2", "DescribeInstances", &[r#"{"Reservations": [1], "NextToken": "t"}"#, r#"{"Reservations": [2, 3]}"#]),
        value(r#"{"Reservations": [1, 2, 3]}"#)
    );
    let pages = [r#"{"Contents": [1], "Prefix": "p", "IsTruncated": true}"#, r#"{"Contents": [2], "CommonPrefixes": [3], "Prefix": "p"}"#];
    let listed = [("Contents", "[1, 2]"), ("CommonPrefixes", "[3]"), ("RequestCharged", "null"), ("Prefix", r#""p""#)];
    let expected = listed.map(|(name, text)| (Arc::from(name), value(text))).to_vec();
    let whole = merged("s3", "ListObjectsV2", &pages);
    assert_eq!(whole, Value::Map(expected), "what is the same on each page comes last, null where the first page has none");
    assert_eq!(
        merged(
            "dynamodb",
            "Scan",
            &[r#"{"Items": [1], "Count": 1, "ScannedCount": 5}"#, r#"{"Items": [2], "Count": 1, "ScannedCount": 7}"#]
        )
        .get("ScannedCount"),
        Some(&Value::Int(12))
    );
    assert_eq!(
        merged(
            "cloudfront",
            "ListDistributions",
            &[r#"{"DistributionList": {"Items": [1], "Marker": ""}}"#, r#"{"DistributionList": {"Items": [2]}}"#]
        ),
        value(r#"{"DistributionList": {"Items": [1, 2]}}"#)
    );
    assert_eq!(merged("s3", "GetBucketPolicy", &[r#"{"Policy": "x"}"#]), value(r#"{"Policy": "x"}"#));
}
