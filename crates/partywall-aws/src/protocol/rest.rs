//! Requests of the REST protocols: members in the path, the query, headers and the body.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use partywall_model::Value;

use super::message::InputError;
use super::{json_write, members, text, xml_write};
use crate::http::HttpRequest;
use crate::model::{Kind, Location, Member, Operation, Protocol, Segment, Service, Structure, Target, TimestampFormat};

/// A request of a REST protocol.
pub(super) fn request(service: &Service, operation: &Operation, input: &Value) -> Result<HttpRequest, InputError> {
    let mut request = HttpRequest {
        method: operation.method,
        host_prefix: String::new(),
        path: path(service, operation, input)?,
        query: operation.uri.query.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
        headers: Vec::new(),
        body: Bytes::new(),
    };
    let Some((target, structure)) = operation.input.as_ref().and_then(|target| Some((target, service.structure(target)?))) else {
        return Ok(request);
    };
    for (member, value) in members(service, target, input) {
        match member.location {
            Location::Query => query(service, member, value, &mut request.query),
            Location::Header => {
                if let Some(value) = header(service, member, value) {
                    request.headers.push((member.wire.to_ascii_lowercase(), value));
                }
            }
            Location::Headers => {
                let entry = |(name, value): &(partywall_model::Key, Value)| {
                    Some((format!("{}{name}", member.wire).to_ascii_lowercase(), value.as_str()?.to_owned()))
                };
                request.headers.extend(value.as_map().unwrap_or_default().iter().filter_map(entry));
            }
            Location::Uri | Location::Body | Location::StatusCode => {}
        }
    }
    // A member's own name goes over the same name in a map of any names.
    for (_, value) in members(service, target, input).filter(|(member, _)| is_query_map(service, member)) {
        let named: Vec<String> = request.query.iter().map(|(name, _)| name.clone()).collect();
        for (key, value) in value.as_map().unwrap_or_default().iter().filter(|(key, _)| !named.iter().any(|name| **name == **key)) {
            let values = value.as_list().unwrap_or(std::slice::from_ref(value));
            request.query.extend(values.iter().filter_map(|value| Some((key.to_string(), value.as_str()?.to_owned()))));
        }
    }
    if request.headers.iter().any(|(name, value)| [name, value].iter().any(|text| text.contains(['\r', '\n', '\0']))) {
        return Err(InputError::new(format!("bad input of {}: a header with a line break", operation.name)));
    }
    body(service, target, structure, input, &mut request);
    Ok(request)
}

fn path(service: &Service, operation: &Operation, input: &Value) -> Result<String, InputError> {
    let mut path = String::new();
    for segment in &operation.uri.path {
        match segment {
            Segment::Literal(literal) => path.push_str(literal),
            Segment::Label { name, greedy } => {
                let structure = service.input(operation);
                let member = structure.and_then(|structure| structure.members.iter().find(|member| member.wire == (**name).into()));
                let value = member.and_then(|member| Some((member, input.get(&member.name)?)));
                let Some((member, value)) = value else {
                    return Err(InputError::new(format!("bad input of {}: `{name}` is missing", operation.name)));
                };
                let value = text::written(service, &member.target, value, TimestampFormat::Iso8601);
                if value.is_empty() {
                    return Err(InputError::at(&operation.name, &member.name, "empty"));
                }
                path.push_str(&if *greedy { text::encode_but_slash(&value).to_string() } else { text::encode(&value).to_string() });
            }
        }
    }
    Ok(path)
}

fn query(service: &Service, member: &Member, value: &Value, query: &mut Vec<(String, String)>) {
    let written = |target: &Target, value: &Value| text::written(service, target, value, TimestampFormat::Iso8601);
    match (service.kind(&member.target), value) {
        (Kind::List(list), Value::List(items)) => {
            query.extend(items.iter().map(|item| (member.wire.to_string(), written(&list.member, item))));
        }
        (Kind::Map(_), _) => {}
        _ => query.push((member.wire.to_string(), written(&member.target, value))),
    }
}

fn is_query_map(service: &Service, member: &Member) -> bool {
    member.location == Location::Query && matches!(service.kind(&member.target), Kind::Map(_))
}

/// A header's value; an empty list has none.
fn header(service: &Service, member: &Member, value: &Value) -> Option<String> {
    match (service.kind(&member.target), value) {
        (Kind::List(_), Value::List(items)) if items.is_empty() => None,
        (Kind::List(list), Value::List(items)) => {
            let quoted = |text: String| {
                if text.contains(['"', ',']) && matches!(service.kind(&list.member), Kind::String) {
                    format!("\"{}\"", text.replace('"', "\\\""))
                } else {
                    text
                }
            };
            let item = |item: &Value| quoted(header_scalar(service, &list.member, item));
            Some(items.iter().filter(|item| !item.is_null()).map(item).collect::<Vec<_>>().join(","))
        }
        (Kind::String, value) if member.json_value => {
            let mut json = Vec::new();
            json_write::any(value, &mut json);
            Some(STANDARD.encode(json))
        }
        _ => Some(header_scalar(service, &member.target, value)),
    }
}

/// Moments in headers are whole seconds.
fn header_scalar(service: &Service, target: &Target, value: &Value) -> String {
    match service.kind(target) {
        Kind::Timestamp => text::moment(value)
            .map(|moment| text::written_moment(moment.whole_seconds(), target.timestamp.unwrap_or(TimestampFormat::Rfc822)))
            .unwrap_or_default(),
        _ => text::written(service, target, value, TimestampFormat::Rfc822),
    }
}

fn body(service: &Service, target: &Target, structure: &Structure, input: &Value, request: &mut HttpRequest) {
    let json = service.protocol == Protocol::RestJson;
    let mut streamed = false;
    let body = match structure.payload() {
        Some(payload) => match (service.kind(&payload.target), input.get(&payload.name).filter(|value| !value.is_null())) {
            (Kind::Blob | Kind::String, value) => {
                streamed = true;
                let text = value.and_then(Value::as_str).unwrap_or_default();
                match service.kind(&payload.target) {
                    Kind::Blob => STANDARD.decode(text).unwrap_or_default(),
                    _ => text.as_bytes().to_vec(),
                }
            }
            (_, None) if json => b"{}".to_vec(),
            (_, None) => Vec::new(),
            (_, Some(value)) if json => json_write::body(service, &payload.target, value),
            (_, Some(value)) => xml_write::body(service, &payload.target, value),
        },
        None => {
            let in_body = || members(service, target, input).filter(|(member, _)| member.location == Location::Body);
            match (json, in_body().next().is_some()) {
                (true, true) => json_write::rest_body(service, in_body()),
                (true, false) if structure.members.iter().any(|member| member.location == Location::Body) => b"{}".to_vec(),
                (false, true) => xml_write::rest_body(service, target, in_body()),
                _ => Vec::new(),
            }
        }
    };
    let has_type = request.headers.iter().any(|(name, _)| name == "content-type");
    if !body.is_empty() && !streamed && !has_type {
        let kind = if json { "application/json" } else { "application/xml" };
        request.headers.push(("content-type".to_owned(), kind.to_owned()));
    }
    request.body = Bytes::from(body);
}
