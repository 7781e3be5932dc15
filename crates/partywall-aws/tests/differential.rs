//! Our requests and answers against botocore's, for the calls that the catalogue names and a few writes. The rows are made by
//! `xtask/python/differential.py`.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use partywall_aws::model::{Models, Protocol, Service};
use partywall_aws::protocol::{is_error, parse, serialize};
use partywall_aws::{HttpRequest, HttpResponse};
use partywall_model::Value;

#[path = "support/ordered.rs"]
mod ordered;
#[path = "support/xml.rs"]
mod xml;

use ordered::Ordered;

#[derive(serde::Deserialize)]
struct Row {
    service: String,
    operation: String,
    full: bool,
    input: Ordered,
    request: Request,
    response: Response,
    output: Ordered,
}

#[derive(serde::Deserialize)]
struct Request {
    method: String,
    host: String,
    path: String,
    query: Vec<(String, String)>,
    headers: BTreeMap<String, String>,
    body: String,
}

#[derive(serde::Deserialize)]
struct Response {
    headers: BTreeMap<String, String>,
    body: String,
}

fn rows() -> Vec<Row> {
    let file = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/differential.jsonl.zst")).unwrap();
    let text = String::from_utf8(zstd::decode_all(file.as_slice()).unwrap()).unwrap();
    text.lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn requests_and_answers_are_botocores() {
    let mut failed = Vec::new();
    let rows = rows();
    let mut services = std::collections::BTreeSet::new();
    for row in &rows {
        services.insert(row.service.clone());
        if let Err(problem) = compare(row) {
            failed.push(format!("{} {} full={}: {problem}", row.service, row.operation, row.full));
        }
    }
    println!("{} calls of {} services compared with botocore", rows.len(), services.len());
    assert!(failed.is_empty(), "{} failed:\n{}", failed.len(), failed.join("\n"));
    assert!(rows.len() > 900, "{}", rows.len());
}

fn compare(row: &Row) -> Result<(), String> {
    let service = Models::builtin().service(&row.service).unwrap();
    let operation = service.operation(&row.operation).unwrap();
    let sent = serialize(&service, operation, &row.input.0).map_err(|error| error.to_string())?;
    request(&service, &sent, &row.request)?;
    let response = HttpResponse {
        status: 200,
        headers: row.response.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect(),
        body: row.response.body.clone().into(),
    };
    if is_error(&service, operation, &response) {
        return Err("taken for an error".to_owned());
    }
    let found = parse(&service, operation, &response).map_err(|error| error.to_string())?;
    same("answer", &found, &row.output.0)
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, want: &T) -> Result<(), String> {
    if found == want {
        return Ok(());
    }
    let (found, want) = (format!("{found:?}"), format!("{want:?}"));
    let at = found.chars().zip(want.chars()).take_while(|(a, b)| a == b).count().saturating_sub(60);
    let part = |text: &str| text.chars().skip(at).take(200).collect::<String>();
    Err(format!("{what}\n   found …{}\n    want …{}", part(&found), part(&want)))
}

fn pairs(text: &str) -> Vec<(String, String)> {
    let decode = |text: &str| percent_encoding::percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pair =
        |pair: &str| pair.split_once('=').map_or_else(|| (decode(pair), String::new()), |(name, value)| (decode(name), decode(value)));
    text.split('&').filter(|part| !part.is_empty()).map(pair).collect()
}

fn request(service: &Service, found: &HttpRequest, want: &Request) -> Result<(), String> {
    same("method", &found.method, &want.method.as_str())?;
    same("path", &found.path, &want.path)?;
    let sorted = |mut query: Vec<(String, String)>| {
        query.sort();
        query
    };
    same("query", &sorted(found.query.clone()), &sorted(want.query.clone()))?;
    same("host", &format!("{}endpoint.example", found.host_prefix), &want.host)?;
    let mut headers: BTreeMap<String, String> = found.headers.iter().cloned().collect();
    if service.protocol == Protocol::RestXml && headers.get("content-type").is_some_and(|kind| kind == "application/xml") {
        // botocore names no type for XML.
        headers.remove("content-type");
    }
    let mut wanted = want.headers.clone();
    if *found.body != *want.body.as_bytes() {
        // The same XML or JSON in other words has another checksum; where the words are the same, so must be the checksum.
        for headers in [&mut headers, &mut wanted] {
            headers.entry("x-amz-checksum-crc32".to_owned()).and_modify(String::clear);
        }
    }
    same("headers", &headers, &wanted)?;
    let body = std::str::from_utf8(&found.body).unwrap();
    match service.protocol {
        Protocol::Query | Protocol::Ec2 => same("body", &pairs(body), &pairs(&want.body)),
        Protocol::RestXml => match xml::canonical(&want.body) {
            Some(canonical) => same("body", &xml::canonical(body), &Some(canonical)),
            None => same("body", &body, &want.body.as_str()),
        },
        Protocol::Json | Protocol::RestJson => match serde_json::from_str::<Ordered>(&want.body) {
            Ok(Ordered(want)) => same("body", &serde_json::from_str::<Ordered>(body).unwrap().0, &want),
            Err(_) => same("body", &body, &want.body.as_str()),
        },
    }
}

#[test]
fn cut_or_garbled_answers_are_malformed_or_values_but_never_panics() {
    let rows: Vec<Row> = rows().into_iter().filter(|row| row.full && row.response.body.len() < 4000).collect();
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = (0..rows.len(), proptest::prelude::any::<proptest::sample::Index>(), proptest::prelude::any::<u8>(), 0..3_u8);
    let outcome = runner.run(&strategy, |(row, place, byte, how)| {
        let Some(row) = rows.get(row) else { return Ok(()) };
        let mut body = row.response.body.clone().into_bytes();
        if body.is_empty() {
            return Ok(());
        }
        let place = place.index(body.len());
        match how {
            0 => body.truncate(place),
            1 => body.insert(place, byte),
            _ => {
                if let Some(old) = body.get_mut(place) {
                    *old = byte;
                }
            }
        }
        let service = Models::builtin().service(&row.service).unwrap();
        let operation = service.operation(&row.operation).unwrap();
        let response = HttpResponse { status: 200, headers: Vec::new(), body: body.into() };
        if let Err(malformed) = parse(&service, operation, &response) {
            proptest::prop_assert!(!malformed.to_string().contains('\n'));
        }
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn a_cut_answer_is_never_a_part_of_one() {
    let mut cut = 0;
    for row in rows().iter().filter(|row| row.full && row.response.body.starts_with(['{', '<']) && row.response.body.len() > 200) {
        let service = Models::builtin().service(&row.service).unwrap();
        let operation = service.operation(&row.operation).unwrap();
        if operation.output.is_none() {
            continue;
        }
        let body = row.response.body.trim_end();
        let mut half = body.len() / 2;
        while !body.is_char_boundary(half) {
            half += 1;
        }
        let (first, _) = body.split_at(half);
        let response = HttpResponse { status: 200, headers: Vec::new(), body: first.to_owned().into() };
        assert!(parse(&service, operation, &response).is_err(), "{} {}", row.service, row.operation);
        cut += 1;
    }
    assert!(cut > 300, "{cut}");
}

#[test]
fn bombs_are_refused() {
    let models = Models::builtin();
    let answer = |service: &str, operation: &str, body: String| {
        let service = models.service(service).unwrap();
        let response = HttpResponse { status: 200, headers: Vec::new(), body: body.into() };
        parse(&service, service.operation(operation).unwrap(), &response)
    };
    let deep = format!("<a>{}{}</a>", "<b>".repeat(100_000), "</b>".repeat(100_000));
    assert_eq!(answer("ec2", "DescribeInstances", deep).unwrap_err().to_string(), "XML too deep");
    let entity = r#"<!DOCTYPE a [<!ENTITY x "y">]><a><requestId>&x;</requestId></a>"#;
    assert_eq!(answer("ec2", "DescribeInstances", entity.to_owned()).unwrap_err().to_string(), "XML with a document type");
    let undefined = "<a><nextToken>&x;</nextToken></a>";
    assert!(answer("ec2", "DescribeInstances", undefined.to_owned()).is_err());
    let deep = format!(r#"{{"TableNames":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    assert!(answer("dynamodb", "ListTables", deep).is_err());
}

#[test]
fn bad_input_is_named_with_its_path() {
    let message = |service: &str, operation: &str, input: &str| {
        let service = Models::builtin().service(service).unwrap();
        let Ordered(input) = serde_json::from_str(input).unwrap();
        serialize(&service, service.operation(operation).unwrap(), &input).unwrap_err().to_string()
    };
    for (service, operation, input, want) in [
        (
            "ec2",
            "DescribeInstances",
            r#"{"InstanceId":[]}"#,
            "bad member `InstanceId` of DescribeInstances: no such member; did you mean `InstanceIds`?",
        ),
        (
            "ec2",
            "DescribeInstances",
            r#"{"InstanceIds":["i-1",2]}"#,
            "bad member `InstanceIds[1]` of DescribeInstances: expected text, not a whole number",
        ),
        ("iam", "GetRole", "{}", "bad input of GetRole: `RoleName` is missing"),
        ("iam", "GetRole", r#"{"RoleName":""}"#, "bad member `RoleName` of GetRole: 0 letters, at least 1"),
        (
            "s3",
            "GetBucketTagging",
            r#"{"Bucket":"a/../b"}"#,
            "bad member `Bucket` of GetBucketTagging: no bucket's name: 1 to 255 letters, digits, periods, hyphens and underscores, or the ARN of an access point",
        ),
        ("sts", "GetCallerIdentity", r#"{"X":1}"#, "bad member `X` of GetCallerIdentity: no such member"),
    ] {
        assert_eq!(message(service, operation, input), want);
    }
}

#[test]
fn blobs_are_base64_both_ways() {
    let kms = Models::builtin().service("kms").unwrap();
    let blob: Arc<str> = STANDARD.encode([0, 255]).into();
    let input = Value::Map(vec![("CiphertextBlob".into(), Value::str(&*blob))]);
    let request = serialize(&kms, kms.operation("Decrypt").unwrap(), &input).unwrap();
    assert_eq!(&request.body[..], format!(r#"{{"CiphertextBlob":"{blob}"}}"#).as_bytes());
    let response = HttpResponse { status: 200, headers: Vec::new(), body: format!(r#"{{"Plaintext":"{blob}"}}"#).into() };
    let output = parse(&kms, kms.operation("Decrypt").unwrap(), &response).unwrap();
    assert_eq!(output.get("Plaintext").and_then(Value::as_str), Some(&*blob));
}
