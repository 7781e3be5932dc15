//! Answers of the REST protocols: members in headers, the status, the body.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use partywall_model::{Key, Value};

use super::message::Malformed;
use super::{json_read, text, xml_read};
use crate::http::HttpResponse;
use crate::model::{Kind, Location, Member, Protocol, Service, Target};

/// Reads a whole answer. As botocore prints it: first what the status and headers say, then the body, which has the last word.
pub(super) fn answer(service: &Service, target: &Target, response: &HttpResponse) -> Result<Value, Malformed> {
    let structure = service.structure(target).ok_or_else(|| Malformed::new("an answer that is no structure"))?;
    let mut found: Vec<(Key, Value)> = Vec::new();
    for member in &structure.members {
        let value = match member.location {
            Location::StatusCode => Some(Value::Int(response.status.into())),
            Location::Headers => Some(prefixed(member, response)),
            Location::Header => {
                response.header(&member.wire.to_ascii_lowercase()).map(|value| header(service, member, value)).transpose()?
            }
            Location::Body | Location::Uri | Location::Query => None,
        };
        found.extend(value.map(|value| (member.name.clone(), value)));
    }
    match structure.payload() {
        Some(member) => found.push((member.name.clone(), payload(service, member, response)?)),
        None if structure.members.iter().any(|member| is_event_stream(service, member)) => {
            return Err(Malformed::new("streams of events are not spoken"));
        }
        None => {
            if let Value::Map(members) = body(service, target, response)? {
                found.extend(members);
            }
        }
    }
    Ok(super::unique(found))
}

fn body(service: &Service, target: &Target, response: &HttpResponse) -> Result<Value, Malformed> {
    match service.protocol {
        Protocol::RestXml if response.body.is_empty() => xml_read::body(service, target, None, b"<empty/>"),
        Protocol::RestXml => xml_read::body(service, target, None, &response.body),
        _ => json_read::body(service, target, &response.body),
    }
}

fn is_event_stream(service: &Service, member: &Member) -> bool {
    service.structure(&member.target).is_some_and(|structure| structure.event_stream)
}

fn payload(service: &Service, member: &Member, response: &HttpResponse) -> Result<Value, Malformed> {
    match service.kind(&member.target) {
        Kind::Structure(structure) if structure.event_stream => Err(Malformed::new("streams of events are not spoken")),
        // A stream's text is more use than its base64; bytes that are no text have no other form.
        Kind::Blob | Kind::String => Ok(match std::str::from_utf8(&response.body) {
            Ok(text) => Value::str(text),
            Err(_) => Value::str(STANDARD.encode(&response.body)),
        }),
        _ => body(service, &member.target, response),
    }
}

fn prefixed(member: &Member, response: &HttpResponse) -> Value {
    let prefix = if member.target.location_name.is_some() { member.wire.to_ascii_lowercase() } else { String::new() };
    let named = |(name, value): &(String, String)| Some((Arc::from(name.strip_prefix(prefix.as_str())?), Value::str(value.as_str())));
    super::unique(response.headers.iter().filter_map(named).collect())
}

fn header(service: &Service, member: &Member, value: &str) -> Result<Value, Malformed> {
    match service.kind(&member.target) {
        Kind::String if member.json_value => {
            let text = STANDARD.decode(value.trim()).map_err(|_| Malformed::value("base64"))?;
            json_read::any(&text)
        }
        Kind::List(list) => {
            let kind = service.kind(&list.member);
            value.split(',').map(|item| scalar(service, kind, item.trim())).collect::<Result<_, _>>().map(Value::List)
        }
        kind => scalar(service, kind, value),
    }
}

fn scalar(service: &Service, kind: &Kind, value: &str) -> Result<Value, Malformed> {
    match kind {
        Kind::Boolean if service.protocol == Protocol::RestJson => Ok(Value::Bool(value.eq_ignore_ascii_case("true"))),
        kind => text::read(kind, value),
    }
}
