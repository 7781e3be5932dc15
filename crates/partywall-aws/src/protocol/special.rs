//! What single services want beyond their models: botocore's `handlers.py`, as far as it changes what is sent and what is printed.

use std::borrow::Cow;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use partywall_model::Value;
use percent_encoding::percent_decode_str;

use super::json_read;
use super::message::{InputError, Malformed};
use super::xml::Xml;
use crate::http::{HttpRequest, HttpResponse};
use crate::model::{Kind, Operation, Service, Target};

/// Request members with a second name: service, the model's name, the other.
const RENAMED: &[(&str, &str, &str)] =
    &[("ec2", "Filter", "Filters"), ("logs", "from", "fromTime"), ("cloudsearchdomain", "return", "returnFields")];
/// Operations whose `UserData` people write as text and the wire has in base64.
const USER_DATA: &[(&str, &str)] = &[("ec2", "RunInstances"), ("autoscaling", "CreateLaunchConfiguration")];
/// Shapes of Route 53 whose values may come as answers give them, `/hostedzone/Z123`, and go as `Z123`.
const ROUTE53_IDS: &[&str] = &["ResourceId", "DelegationSetId", "ChangeId"];
/// Lists of objects that are asked for in percent-encoding, because keys may hold what XML cannot; and which members then are.
const ENCODED_LISTS: &[(&str, &[&str], &[(&str, &str)])] = &[
    ("ListObjects", &["Delimiter", "Marker", "NextMarker"], &[("Contents", "Key"), ("CommonPrefixes", "Prefix")]),
    ("ListObjectsV2", &["Delimiter", "Prefix", "StartAfter"], &[("Contents", "Key"), ("CommonPrefixes", "Prefix")]),
    (
        "ListObjectVersions",
        &["KeyMarker", "NextKeyMarker", "Prefix", "Delimiter"],
        &[("Versions", "Key"), ("DeleteMarkers", "Key"), ("CommonPrefixes", "Prefix")],
    ),
];
/// IAM's shape of policies in percent-encoded JSON.
const POLICY_DOCUMENT: &str = "policyDocumentType";

/// The input with what is filled in and rewritten before it is checked.
pub(super) fn before<'a>(service: &Service, operation: &Operation, input: &'a Value) -> Result<Cow<'a, Value>, InputError> {
    let mut input = match input {
        Value::Null => Cow::Owned(Value::Map(Vec::new())),
        input => Cow::Borrowed(input),
    };
    let Some(structure) = service.input(operation) else { return Ok(input) };
    if input.as_map().is_none() {
        return Ok(input);
    }
    let is_set = |input: &Value, name: &str| input.get(name).is_some_and(|value| !value.is_null());
    for (of, name, alias) in RENAMED {
        let has_one_name = structure.member(name).is_some() && structure.member(alias).is_none();
        if *of == &*service.name
            && has_one_name
            && is_set(&input, alias)
            && let Value::Map(members) = input.to_mut()
        {
            for (key, _) in members.iter_mut().filter(|(key, _)| **key == **alias) {
                *key = Arc::from(*name);
            }
        }
    }
    for member in structure.members.iter().filter(|member| member.idempotency_token) {
        if !is_set(&input, &member.name) {
            input.to_mut().set(&member.name, Value::str(uuid()));
        }
    }
    let rewrite = |input: &mut Cow<'_, Value>, name: &str, change: &dyn Fn(&str) -> Option<String>| {
        if let Some(changed) = input.get(name).and_then(Value::as_str).and_then(change) {
            input.to_mut().set(name, Value::str(changed));
        }
    };
    if USER_DATA.contains(&(&*service.name, &*operation.name)) {
        rewrite(&mut input, "UserData", &|text| Some(STANDARD.encode(text)));
    }
    match &*service.name {
        "route53" => {
            for member in &structure.members {
                if ROUTE53_IDS.contains(&&*service.shape(member.target.shape).name) {
                    rewrite(&mut input, &member.name, &|id| id.rsplit_once('/').map(|(_, last)| last.to_owned()));
                }
            }
        }
        "glacier" if structure.member("accountId").is_some() && !is_set(&input, "accountId") => {
            input.to_mut().set("accountId", Value::str("-"));
        }
        "s3" => {
            if let Some(bucket) = input.get("Bucket").and_then(Value::as_str)
                && !is_bucket(bucket)
            {
                let what = "no bucket's name: 1 to 255 letters, digits, periods, hyphens and underscores, or the ARN of an access point";
                return Err(InputError::at(&operation.name, "Bucket", what));
            }
            if encoded_list(operation).is_some() && !is_set(&input, "EncodingType") {
                input.to_mut().set("EncodingType", Value::str("url"));
            }
        }
        _ => {}
    }
    Ok(input)
}

fn is_bucket(name: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_');
    let of_arn = |letter: char| plain(letter) || matches!(letter, ':' | '/');
    let is_plain = (1..=255).contains(&name.len()) && name.chars().all(plain) && !matches!(name, "." | "..");
    is_plain || name.starts_with("arn:aws") && name.contains(":accesspoint") && name.chars().all(of_arn)
}

/// Version 4 of RFC 9562.
fn uuid() -> String {
    let bits = fastrand::u128(..) & !(0xF << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let hex = format!("{bits:032x}");
    let mut text = String::with_capacity(36);
    for (place, digit) in hex.chars().enumerate() {
        if matches!(place, 8 | 12 | 16 | 20) {
            text.push('-');
        }
        text.push(digit);
    }
    text
}

/// Headers that a service wants beside the model's.
pub(super) fn headers(service: &Service, operation: &Operation, request: &mut HttpRequest) {
    let mut add = |name: &str, value: &str| {
        if !request.headers.iter().any(|(known, _)| known == name) {
            request.headers.push((name.to_owned(), value.to_owned()));
        }
    };
    match &*service.name {
        "apigateway" => add("accept", "application/json"),
        "glacier" => add("x-amz-glacier-version", &service.api_version),
        _ => {}
    }
    if operation.is_endpoint_operation {
        add("x-amz-api-version", &service.api_version);
    }
}

/// The answer with what is decoded for people.
pub(super) fn after(service: &Service, operation: &Operation, response: &HttpResponse, output: &mut Value) -> Result<(), Malformed> {
    match (&*service.name, &*operation.name) {
        ("iam", _) => {
            if let Some(target) = &operation.output {
                decode_policies(service, target, output);
            }
        }
        ("ec2", "GetConsoleOutput") => change(output, "Output", |text| {
            let bytes = STANDARD.decode(text).ok()?;
            Some(Value::str(String::from_utf8_lossy(&bytes)))
        }),
        ("cloudformation", "GetTemplate") => change(output, "TemplateBody", |text| json_read::any(text.as_bytes()).ok()),
        ("s3", "GetBucketLocation") => {
            let mut xml = Xml::new(&response.body)?;
            xml.root()?;
            let region = xml.text()?;
            output.set("LocationConstraint", if region.is_empty() { Value::Null } else { Value::str(&*region) });
        }
        ("s3", _) => decode_list(operation, output),
        _ => {}
    }
    Ok(())
}

fn change(output: &mut Value, name: &str, to: impl Fn(&str) -> Option<Value>) {
    if let Value::Map(members) = output
        && let Some((_, value)) = members.iter_mut().find(|(key, _)| &**key == name)
        && let Some(changed) = value.as_str().and_then(to)
    {
        *value = changed;
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn decode_policies(service: &Service, target: &Target, value: &mut Value) {
    let shape = service.shape(target.shape);
    match (&shape.kind, value) {
        (Kind::Structure(structure), Value::Map(members)) => {
            for (name, value) in members {
                if let Some(member) = structure.member(name) {
                    decode_policies(service, &member.target, value);
                }
            }
        }
        (Kind::List(list), Value::List(items)) => items.iter_mut().for_each(|item| decode_policies(service, &list.member, item)),
        (Kind::String, value) if &*shape.name == POLICY_DOCUMENT => {
            if let Some(policy) = value.as_str().and_then(|text| json_read::any(decoded(text).as_bytes()).ok()) {
                *value = policy;
            }
        }
        _ => {}
    }
}

fn encoded_list(
    operation: &Operation,
) -> Option<&'static (&'static str, &'static [&'static str], &'static [(&'static str, &'static str)])> {
    ENCODED_LISTS.iter().find(|(name, _, _)| *name == &*operation.name)
}

/// Decodes keys, whoever asked for the encoding: a key must mean the same on every page.
fn decode_list(operation: &Operation, output: &mut Value) {
    let Some((_, top, nested)) = encoded_list(operation) else { return };
    if output.get("EncodingType").and_then(Value::as_str) != Some("url") {
        return;
    }
    let decode = |text: &str| Some(Value::str(decoded(text)));
    top.iter().for_each(|name| change(output, name, decode));
    let Value::Map(members) = output else { return };
    for (list, member) in *nested {
        if let Some((_, Value::List(items))) = members.iter_mut().find(|(key, _)| &**key == *list) {
            for item in items {
                change(item, member, decode);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn tokens_are_version_4_uuids() {
        let text = super::uuid();
        let parts: Vec<usize> = text.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12]);
        assert_eq!(text.chars().nth(14), Some('4'));
        assert!(matches!(text.chars().nth(19), Some('8' | '9' | 'a' | 'b')), "{text}");
        assert_ne!(super::uuid(), text);
    }

    #[test]
    fn buckets_are_names_or_arns_and_never_paths() {
        for bucket in ["logs", "Logs.2026_a", "arn:aws:s3:eu-west-1:111122223333:accesspoint/mine"] {
            assert!(super::is_bucket(bucket), "{bucket}");
        }
        for bucket in ["", "..", "a/b", "a?b", "arn:aws:s3:::logs", "a b", "é"] {
            assert!(!super::is_bucket(bucket), "{bucket}");
        }
    }
}
