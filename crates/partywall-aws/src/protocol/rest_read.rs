//! Answers of the REST protocols: members in headers, the status, the body.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use partywall_model::Value;

use super::message::Malformed;
use super::{in_order, json_read, text, xml_read};
use crate::http::HttpResponse;
use crate::model::{Kind, Location, Member, Protocol, Service, Structure, Target};

/// Reads a whole answer.
pub(super) fn answer(service: &Service, target: &Target, response: &HttpResponse) -> Result<Value, Malformed> {
    let structure = service.structure(target).ok_or_else(|| Malformed::new("an answer that is no structure"))?;
    let mut found = match structure.payload() {
        Some(member) => {
            let mut value = Some(payload(service, member, response)?);
            structure.members.iter().map(|known| if known.name == member.name { value.take() } else { None }).collect()
        }
        None => in_body(service, target, structure, response)?,
    };
    // What the body says goes over what a header says, as in botocore.
    for (member, slot) in structure.members.iter().zip(&mut found).filter(|(_, slot)| slot.is_none()) {
        match member.location {
            Location::StatusCode => *slot = Some(Value::Int(response.status.into())),
            Location::Headers => *slot = Some(prefixed(member, response)),
            Location::Header => {
                if let Some(value) = response.header(&member.wire.to_ascii_lowercase()) {
                    *slot = Some(header(service, member, value)?);
                }
            }
            Location::Body | Location::Uri | Location::Query => {}
        }
    }
    Ok(in_order(service, target, found))
}

/// The members of a body that is no payload, each at its place.
fn in_body(service: &Service, target: &Target, structure: &Structure, response: &HttpResponse) -> Result<Vec<Option<Value>>, Malformed> {
    if structure.members.iter().any(|member| is_event_stream(service, member)) {
        return Err(Malformed::new("streams of events are not spoken"));
    }
    let Value::Map(members) = body(service, target, response)? else { return Ok(vec![None; structure.members.len()]) };
    let mut members = members.into_iter().peekable();
    // Both are in the model's order.
    Ok(structure.members.iter().map(|member| members.next_if(|(name, _)| *name == member.name).map(|(_, value)| value)).collect())
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
