//! The protocol tests that botocore carries (made from Smithy's), run against our protocols.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use partywall_aws::model::{Kind, Operation, Service, Target};
use partywall_aws::protocol::{is_error, parse, parse_error, serialize};
use partywall_aws::{HttpRequest, HttpResponse};
use partywall_model::Value;
use serde_json::{Value as Json, json};

#[path = "support/ordered.rs"]
mod ordered;
#[path = "support/xml.rs"]
mod xml;

use ordered::Ordered;

const BOTOCORE: &str = "botocore leaves the case out, and we do as botocore does";
const GZIP: &str = "requests are not compressed; one operation of all services may be";

/// Cases that test what this client does otherwise, and why.
const EXCEPTIONS: &[(&str, &str)] = &[
    (
        "output/json parses_double_shapes",
        "serde_json may miss the last bit of a number unless it is built to take longer; nothing that is read rests on it",
    ),
    ("input/query QueryFlattenedListArgWithXmlName", BOTOCORE),
    ("input/rest-json RestJsonHttpPayloadWithUnsetUnion", BOTOCORE),
    ("input/rest-json MediaTypeHeaderInputBase64", BOTOCORE),
    ("input/rest-json RestJsonNullAndEmptyHeaders", BOTOCORE),
    ("input/rest-xml BodyWithXmlName", BOTOCORE),
    ("input/rest-xml RestXmlHttpPayloadWithUnion", BOTOCORE),
    ("input/rest-xml HttpPayloadWithXmlName", BOTOCORE),
    ("input/rest-xml HttpPayloadWithXmlNamespace", BOTOCORE),
    ("input/rest-xml HttpPayloadWithXmlNamespaceAndPrefix", BOTOCORE),
    ("input/rest-xml NullAndEmptyHeaders", BOTOCORE),
    ("input/rest-xml XmlAttributesOnPayload", BOTOCORE),
    ("output/ec2 Ec2XmlLists", BOTOCORE),
    ("output/query QueryXmlLists", BOTOCORE),
    ("output/rest-json RestJsonHttpPayloadTraitsWithNoBlobBody", BOTOCORE),
    ("output/rest-json RestJsonHttpPayloadWithUnsetUnion", BOTOCORE),
    ("output/rest-json RestJsonInputAndOutputWithQuotedStringHeaders", BOTOCORE),
    ("output/rest-json RestJsonInputAndOutputWithTimestampHeaders", BOTOCORE),
    ("output/rest-json RestJsonDeserializesDenseSetMapAndSkipsNull", BOTOCORE),
    ("output/rest-json MediaTypeHeaderOutputBase64", BOTOCORE),
    ("output/rest-xml BodyWithXmlName", BOTOCORE),
    ("output/rest-xml HttpPayloadTraitsWithNoBlobBody", BOTOCORE),
    ("output/rest-xml RestXmlHttpPayloadWithUnsetUnion", BOTOCORE),
    ("output/rest-xml InputAndOutputWithTimestampHeaders", BOTOCORE),
    ("output/rest-xml XmlLists", BOTOCORE),
    ("input/ec2 SDKAppliedContentEncoding_ec2Query", GZIP),
    ("input/ec2 SDKAppendsGzipAndIgnoresHttpProvidedEncoding_ec2Query", GZIP),
    ("input/json SDKAppliedContentEncoding_awsJson1_1", GZIP),
    ("input/json SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsJson1_1", GZIP),
    ("input/json_1_0 SDKAppliedContentEncoding_awsJson1_0", GZIP),
    ("input/json_1_0 SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsJson1_0", GZIP),
    ("input/query SDKAppliedContentEncoding_awsQuery", GZIP),
    ("input/query SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsQuery", GZIP),
    ("input/rest-json SDKAppliedContentEncoding_restJson1", GZIP),
    ("input/rest-json SDKAppendedGzipAfterProvidedEncoding_restJson1", GZIP),
    ("input/rest-xml SDKAppliedContentEncoding_restXml", GZIP),
    ("input/rest-xml SDKAppendedGzipAfterProvidedEncoding_restXml", GZIP),
    ("input/rest-json RestJsonHttpChecksumRequired", "checksums are CRC32, as botocore makes them by default, not MD5"),
];

#[derive(Default)]
struct Tally {
    run: usize,
    excepted: Vec<String>,
    failed: Vec<String>,
}

#[test]
fn requests_and_answers_are_as_the_protocols_say() {
    let file = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/protocol-vectors.jsonl.zst")).unwrap();
    let text = String::from_utf8(zstd::decode_all(file.as_slice()).unwrap()).unwrap();
    let mut tally = Tally::default();
    for line in text.lines().skip(1) {
        let suite: Json = serde_json::from_str(line).unwrap();
        let raw: Raw<'_> = serde_json::from_str(line).unwrap();
        let file = suite["file"].as_str().unwrap().to_owned();
        for (index, case) in suite["cases"].as_array().unwrap().iter().enumerate() {
            let id = case["id"].as_str().map_or_else(|| format!("{}:{index}", suite["description"]), ToOwned::to_owned);
            let name = format!("{file} {id}");
            let (service, operation) = service(&suite, raw.shapes.get(), case);
            let operation = service.operation(&operation).unwrap();
            if EXCEPTIONS.iter().any(|(excepted, _)| *excepted == name) {
                tally.excepted.push(name);
                continue;
            }
            tally.run += 1;
            let outcome = if file.starts_with("input/") {
                input(&suite, case, &raw.cases[index].params, &service, operation)
            } else {
                output(case, &service, operation)
            };
            if let Err(problem) = outcome {
                tally.failed.push(format!("{name}: {problem}"));
            }
        }
    }
    println!("{} protocol cases run, {} excepted", tally.run, tally.excepted.len());
    assert!(tally.failed.is_empty(), "{} failed:\n{}", tally.failed.len(), tally.failed.join("\n"));
    assert_eq!(tally.excepted.len(), EXCEPTIONS.len(), "an exception names no case");
    assert!(tally.run > 500, "{}", tally.run);
}

/// The parts of a suite whose members' order counts.
#[derive(serde::Deserialize)]
struct Raw<'a> {
    #[serde(borrow)]
    shapes: &'a serde_json::value::RawValue,
    cases: Vec<RawCase>,
}

#[derive(serde::Deserialize)]
struct RawCase {
    #[serde(default)]
    params: Ordered,
}

fn service(suite: &Json, ordered_shapes: &str, case: &Json) -> (Service, String) {
    let mut operation = case["given"].clone();
    let name = operation["name"].as_str().unwrap_or("OperationName").to_owned();
    let shapes = &suite["shapes"];
    let has_members = operation["output"]["shape"]
        .as_str()
        .is_some_and(|shape| shapes[shape]["members"].as_object().is_some_and(|members| !members.is_empty()));
    if suite["metadata"]["protocol"] == "query" && has_members && case.get("response").is_some() {
        operation["output"]["resultWrapper"] = json!(format!("{name}Result"));
    }
    let text = format!(r#"{{"metadata":{},"operations":{{{}:{operation}}},"shapes":{ordered_shapes}}}"#, suite["metadata"], json!(name));
    (Service::from_json("test", text.as_bytes()).expect("the model of a case"), name)
}

fn input(suite: &Json, case: &Json, params: &Ordered, service: &Service, operation: &Operation) -> Result<(), String> {
    let params = operation.input.as_ref().map_or(Value::Null, |target| given(service, target, &params.0));
    let request = serialize(service, operation, &params).map_err(|error| error.to_string())?;
    let want = &case["serialized"];
    same("method", &request.method, &want["method"].as_str().unwrap_or(request.method))?;
    // An endpoint's own path is put before the request's by the client.
    let base = suite["clientEndpoint"].as_str().and_then(|endpoint| endpoint.splitn(4, '/').nth(3)).unwrap_or_default();
    let base = if base.is_empty() { String::new() } else { format!("/{}", base.trim_end_matches('/')) };
    uri(&request, &base, want["uri"].as_str().unwrap_or_default())?;
    if let Some(host) = want["host"].as_str() {
        let base = suite["clientEndpoint"].as_str().unwrap().trim_start_matches("https://");
        same("host", &format!("{}{}", request.host_prefix, base.split('/').next().unwrap()).as_str(), &host.split('/').next().unwrap())?;
    }
    for (name, value) in want["headers"].as_object().into_iter().flatten() {
        header(&request, &suite["metadata"]["protocol"], name, value.as_str().unwrap())?;
    }
    for name in want["forbidHeaders"].as_array().into_iter().flatten() {
        let name = name.as_str().unwrap().to_ascii_lowercase();
        if request.headers.iter().any(|(known, _)| *known == name) {
            return Err(format!("header `{name}` must not be there"));
        }
    }
    match want["body"].as_str() {
        Some(body) => {
            let found = zeroed(std::str::from_utf8(&request.body).unwrap());
            body_is(suite["metadata"]["protocol"].as_str().unwrap(), &found, body)
        }
        None => Ok(()),
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, want: &T) -> Result<(), String> {
    if found == want { Ok(()) } else { Err(format!("{what}\n   found {found:?}\n    want {want:?}")) }
}

fn uri(request: &HttpRequest, base: &str, want: &str) -> Result<(), String> {
    let (path, query) = want.split_once('?').unwrap_or((want, ""));
    same("path", &format!("{base}{}", request.path).as_str(), &path)?;
    let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(name), decode(value))
    };
    let mut want: Vec<_> = query.split('&').filter(|part| !part.is_empty()).map(pair).collect();
    let mut found: Vec<_> = request.query.iter().map(|(name, value)| (name.clone(), zeroed(value))).collect();
    want.sort();
    found.sort();
    same("query", &found, &want)
}

fn header(request: &HttpRequest, protocol: &Json, name: &str, want: &str) -> Result<(), String> {
    let found = request.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str());
    if name.eq_ignore_ascii_case("content-type") {
        // botocore names no type for streams, and the character set for forms.
        match protocol.as_str() {
            Some("query" | "ec2") => return same(name, &found, &Some(format!("{want}; charset=utf-8").as_str())),
            Some("rest-json") if want != "application/json" => return Ok(()),
            Some("rest-xml") if want != "application/xml" => return Ok(()),
            _ => {}
        }
    }
    // Elements are joined without spaces; moments have commas of their own.
    let compact = |text: &str| text.replace(", ", ",");
    same(name, &found.map(compact), &Some(compact(want)))
}

fn body_is(protocol: &str, found: &str, want: &str) -> Result<(), String> {
    match protocol {
        "json" | "rest-json" => match (serde_json::from_str::<Json>(found), serde_json::from_str::<Json>(want)) {
            (Ok(found), Ok(want)) => same("body", &numbers(found), &numbers(want)),
            _ => same("body", &found, &want),
        },
        "rest-xml" => match xml::canonical(want) {
            Some(want) => same("body", &xml::canonical(found), &Some(want)),
            None => same("body", &found, &want),
        },
        _ => same("body", &found, &want),
    }
}

/// A token that was filled in, as the cases write it.
fn zeroed(text: &str) -> String {
    let is_token = |part: &str| {
        let sizes: Vec<usize> = part.split('-').map(str::len).collect();
        sizes == [8, 4, 4, 4, 12] && part.chars().all(|letter| letter.is_ascii_hexdigit() || letter == '-') && !part.starts_with("00000000")
    };
    let parts = text.split_inclusive(['=', '&', '"', ':', '>', '<']).map(|part| {
        let word = part.trim_end_matches(['=', '&', '"', ':', '>', '<']);
        if is_token(word) { part.replace(word, "00000000-0000-4000-8000-000000000000") } else { part.to_owned() }
    });
    parts.collect()
}

/// 1 and 1.0 are one number.
fn numbers(json: Json) -> Json {
    match json {
        Json::Number(number) => json!(number.as_f64()),
        Json::Array(items) => items.into_iter().map(numbers).collect(),
        Json::Object(members) => Json::Object(members.into_iter().map(|(name, value)| (name, numbers(value))).collect()),
        other => other,
    }
}

/// A case's parameters: blobs, which cases write as text, in base64.
fn given(service: &Service, target: &Target, value: &Value) -> Value {
    match (service.kind(target), value) {
        (Kind::Blob, Value::Str(text)) => Value::str(STANDARD.encode(&**text)),
        (Kind::Structure(structure), Value::Map(members)) if !structure.document => {
            let member = |(name, value): &(Arc<str>, Value)| {
                let value = structure.member(name).map_or_else(|| value.clone(), |member| given(service, &member.target, value));
                (name.clone(), value)
            };
            Value::Map(members.iter().map(member).collect())
        }
        (Kind::List(list), Value::List(items)) => Value::List(items.iter().map(|item| given(service, &list.member, item)).collect()),
        (Kind::Map(map), Value::Map(entries)) => {
            Value::Map(entries.iter().map(|(key, value)| (key.clone(), given(service, &map.value, value))).collect())
        }
        (_, value) => value.clone(),
    }
}

fn output(case: &Json, service: &Service, operation: &Operation) -> Result<(), String> {
    let response = &case["response"];
    let is_query = service.protocol == partywall_aws::model::Protocol::Query;
    let body = response["body"].as_str().unwrap_or(if is_query { "<xml/>" } else { "" });
    let headers = response["headers"].as_object().into_iter().flatten();
    let answer = HttpResponse {
        status: u16::try_from(response["status_code"].as_u64().unwrap()).unwrap(),
        headers: headers.map(|(name, value)| (name.to_ascii_lowercase(), value.as_str().unwrap().to_owned())).collect(),
        body: body.to_owned().into(),
    };
    if case.get("error").is_some() {
        let error = parse_error(service, &answer);
        same("code", &&*error.code, &case["errorCode"].as_str().unwrap_or_default())?;
        return case["errorMessage"].as_str().map_or(Ok(()), |message| same("message", &&*error.message, &message));
    }
    if is_error(service, operation, &answer) {
        return Err("taken for an error".to_owned());
    }
    let found = parse(service, operation, &answer).map_err(|error| error.to_string())?;
    let found = operation.output.as_ref().map_or(json!({}), |target| shown(service, target, &found, true));
    same("answer", &numbers(found), &numbers(case["result"].clone()))
}

/// An answer as cases write it: blobs as text, moments in seconds, prefixed headers as they came.
fn shown(service: &Service, target: &Target, value: &Value, top: bool) -> Json {
    match (service.kind(target), value) {
        (Kind::Blob, Value::Str(text)) => json!(String::from_utf8(STANDARD.decode(&**text).unwrap()).unwrap()),
        (Kind::Timestamp, Value::Str(text)) => {
            let moment = chrono::DateTime::parse_from_rfc3339(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            json!(moment.timestamp_micros() as f64 / 1e6)
        }
        (Kind::Structure(structure), Value::Map(members)) if !structure.document => {
            let member = |(name, value): &(Arc<str>, Value)| {
                let is_payload = top && structure.payload().is_some_and(|payload| payload.name == *name);
                let json = match structure.member(name) {
                    Some(member) if is_payload && matches!(service.kind(&member.target), Kind::Blob) => json!(value.as_str().unwrap()),
                    Some(member) => shown(service, &member.target, value, false),
                    None => plainly(value),
                };
                (name.to_string(), json)
            };
            Json::Object(members.iter().map(member).collect())
        }
        (Kind::List(list), Value::List(items)) => items.iter().map(|item| shown(service, &list.member, item, false)).collect(),
        (Kind::Map(map), Value::Map(entries)) => {
            Json::Object(entries.iter().map(|(key, value)| (key.to_string(), shown(service, &map.value, value, false))).collect())
        }
        (_, value) => plainly(value),
    }
}

fn plainly(value: &Value) -> Json {
    match value {
        Value::Null | Value::Unknown(_) => Json::Null,
        Value::Bool(value) => json!(value),
        Value::Int(number) => json!(number),
        Value::Float(number) => json!(number),
        Value::Str(text) => json!(text),
        Value::List(items) => items.iter().map(plainly).collect(),
        Value::Map(members) => Json::Object(members.iter().map(|(name, value)| (name.to_string(), plainly(value))).collect()),
    }
}
