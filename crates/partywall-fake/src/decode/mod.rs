//! From a request's bytes to an operation and its input, by the models: the client's serialisers the other way round.

mod form;
mod json;
mod route;
mod scope;
mod text;
mod xml;

pub(crate) use json::plain as plain_json;
use partywall_aws::model::{Kind, Location, Operation, Protocol, Service, Structure};
use partywall_model::Value;
pub(crate) use route::{Route, route};
pub(crate) use scope::Scope;

use crate::request::{Incoming, decoded};

/// Why a request is not understood; one line.
pub(crate) type Misread = String;

/// The input of an operation.
pub(crate) fn input(
    service: &Service,
    operation: &Operation,
    labels: &[(String, String)],
    incoming: &Incoming<'_>,
) -> Result<Value, Misread> {
    let Some(target) = &operation.input else { return Ok(Value::Map(Vec::new())) };
    let Some(structure) = service.structure(target) else { return Err("the input is no structure".to_owned()) };
    match service.protocol {
        Protocol::Json => json::body(service, target, incoming.body),
        Protocol::Query | Protocol::Ec2 => form::input(service, structure, &form::fields(incoming)),
        Protocol::RestJson | Protocol::RestXml => rest(service, structure, labels, incoming),
    }
}

/// Members from labels, query, headers and body.
fn rest(service: &Service, structure: &Structure, labels: &[(String, String)], incoming: &Incoming<'_>) -> Result<Value, Misread> {
    let body = if incoming.body.is_empty() { Value::Map(Vec::new()) } else { rest_body(service, structure, incoming)? };
    let mut members = Vec::new();
    for member in &structure.members {
        let kind = service.kind(&member.target);
        let single = |text: &str| text::typed(kind, text);
        let value = match member.location {
            Location::Uri => labels.iter().find(|(name, _)| **name == *member.wire).map(|(_, text)| single(&decoded(text))).transpose()?,
            Location::Header => incoming.header(&member.wire).map(|text| text::header(service, member, text)).transpose()?,
            Location::Query => text::query(service, member, structure, &incoming.query)?,
            Location::Headers => text::prefixed(&member.wire, incoming.headers),
            Location::StatusCode => None,
            Location::Body => body.get(&member.name).cloned(),
        };
        if let Some(value) = value {
            members.push((member.name.clone(), value));
        }
    }
    Ok(Value::Map(members))
}

/// What the body says, by the names of members.
fn rest_body(service: &Service, structure: &Structure, incoming: &Incoming<'_>) -> Result<Value, Misread> {
    let whole = |name: &partywall_model::Key, value: Value| Value::Map(vec![(name.clone(), value)]);
    if let Some(payload) = structure.payload() {
        return match (service.kind(&payload.target), service.protocol) {
            (Kind::Structure(_) | Kind::List(_), Protocol::RestXml) => {
                Ok(whole(&payload.name, xml::body(service, &payload.target, incoming.body)?))
            }
            (Kind::Structure(_) | Kind::List(_) | Kind::Map(_), _) => {
                Ok(whole(&payload.name, json::body(service, &payload.target, incoming.body)?))
            }
            (Kind::Blob, _) => Ok(whole(&payload.name, text::blob(incoming.body))),
            _ => Ok(whole(&payload.name, Value::str(String::from_utf8_lossy(incoming.body).into_owned()))),
        };
    }
    match service.protocol {
        Protocol::RestXml => xml::structure(service, structure, incoming.body),
        _ => json::structure(service, structure, incoming.body),
    }
}
