//! Requests in JSON.

use bytes::Bytes;
use partywall_model::Value;

use super::{members, text, timestamp};
use crate::http::HttpRequest;
use crate::model::{Kind, Operation, Service, Target, TimestampFormat};

/// A request of the plain JSON protocols.
pub(super) fn request(service: &Service, operation: &Operation, input: &Value) -> HttpRequest {
    let body = match &operation.input {
        Some(target) => body(service, target, input),
        None => b"{}".to_vec(),
    };
    let mut headers = vec![
        ("x-amz-target".to_owned(), format!("{}.{}", service.target_prefix, operation.name)),
        ("content-type".to_owned(), format!("application/x-amz-json-{}", service.json_version)),
    ];
    if service.query_compatible {
        headers.push(("x-amzn-query-mode".to_owned(), "true".to_owned()));
    }
    HttpRequest {
        method: operation.method,
        host_prefix: String::new(),
        path: "/".to_owned(),
        query: Vec::new(),
        headers,
        body: Bytes::from(body),
    }
}

/// A value as a body.
pub(super) fn body(service: &Service, target: &Target, value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    write(service, target, value, &mut out);
    out
}

/// The members that travel in a REST request's body.
pub(super) fn rest_body<'a>(service: &Service, given: impl Iterator<Item = (&'a crate::model::Member, &'a Value)>) -> Vec<u8> {
    let mut out = Vec::new();
    object(given.map(|(member, value)| (&*member.wire, &member.target, value)), service, &mut out);
    out
}

/// Any value as it is; as botocore compacts what goes into headers.
pub(super) fn any(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null | Value::Unknown(_) => out.extend_from_slice(b"null"),
        Value::Bool(value) => out.extend_from_slice(value.to_string().as_bytes()),
        Value::Int(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Value::Float(number) if number.is_finite() => out.extend_from_slice(timestamp::text_of_float(*number).as_bytes()),
        Value::Float(number) => string(timestamp::special_float(*number), out),
        Value::Str(text) => string(text, out),
        Value::List(items) => list(items.iter(), out, any),
        Value::Map(members) => {
            out.push(b'{');
            for (index, (name, value)) in members.iter().enumerate() {
                comma(index, out);
                string(name, out);
                out.push(b':');
                any(value, out);
            }
            out.push(b'}');
        }
    }
}

fn write(service: &Service, target: &Target, value: &Value, out: &mut Vec<u8>) {
    match (service.kind(target), value) {
        (Kind::Structure(structure), Value::Map(_)) if !structure.document => {
            object(members(service, target, value).map(|(member, value)| (&*member.wire, &member.target, value)), service, out);
        }
        (Kind::List(of), Value::List(items)) => list(items.iter(), out, |item, out| write(service, &of.member, item, out)),
        (Kind::Map(map), Value::Map(entries)) => {
            object(entries.iter().map(|(key, value)| (&**key, &map.value, value)), service, out);
        }
        (_, Value::Null) => out.extend_from_slice(b"null"),
        (Kind::Timestamp, value) => {
            let format = target.timestamp.unwrap_or(TimestampFormat::Unix);
            let written = text::written(service, target, value, format);
            if format == TimestampFormat::Unix { out.extend_from_slice(written.as_bytes()) } else { string(&written, out) }
        }
        (_, value) => any(value, out),
    }
}

fn object<'a>(members: impl Iterator<Item = (&'a str, &'a Target, &'a Value)>, service: &Service, out: &mut Vec<u8>) {
    out.push(b'{');
    for (index, (name, target, value)) in members.enumerate() {
        comma(index, out);
        string(name, out);
        out.push(b':');
        write(service, target, value, out);
    }
    out.push(b'}');
}

fn list<'a>(items: impl Iterator<Item = &'a Value>, out: &mut Vec<u8>, mut write: impl FnMut(&Value, &mut Vec<u8>)) {
    out.push(b'[');
    for (index, item) in items.enumerate() {
        comma(index, out);
        write(item, out);
    }
    out.push(b']');
}

fn comma(index: usize, out: &mut Vec<u8>) {
    if index > 0 {
        out.push(b',');
    }
}

fn string(text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(serde_json::Value::from(text).to_string().as_bytes());
}
