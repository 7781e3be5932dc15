//! Requests out, answers in: five protocols over one set of models, as botocore does them.
//!
//! Input and output are [`Value`]s with the same names, nesting, order of members and spelling of values as the AWS CLI v2 takes and prints
//! with `--output json` and the time zone UTC: moments in ISO 8601, blobs in base64, members that are not set absent. `NaN` and the
//! infinities are texts. Streams of events are not spoken.

mod checksum;
mod error;
mod input;
mod json_read;
mod json_write;
mod message;
mod query;
mod rest;
mod rest_read;
mod special;
mod text;
mod timestamp;
mod xml;
mod xml_read;
mod xml_write;

use partywall_model::{Key, Value};

pub use error::{ServiceError, is_error, parse_error, request_id};
pub use message::{InputError, Malformed};
pub use timestamp::Moment;

use crate::http::{HttpRequest, HttpResponse};
use crate::model::{Operation, Protocol, Service, Target};

/// Makes the request of a call. What the caller leaves out and the model says to fill (idempotency tokens) is filled; members that are
/// [`Value::Null`] count as left out.
///
/// # Errors
/// The input does not fit the model: unknown or missing members, values of another type, labels that are empty.
pub fn serialize(service: &Service, operation: &Operation, input: &Value) -> Result<HttpRequest, InputError> {
    let input = special::before(service, operation, input)?;
    let input = &*input;
    input::check(service, operation, input)?;
    let mut request = match service.protocol {
        Protocol::Json => json_write::request(service, operation, input),
        Protocol::Query | Protocol::Ec2 => query::request(service, operation, input)?,
        Protocol::RestJson | Protocol::RestXml => rest::request(service, operation, input)?,
    };
    request.host_prefix = input::host_prefix(service, operation, input)?;
    special::headers(service, operation, &mut request);
    checksum::add(service, operation, input, &mut request)?;
    Ok(request)
}

/// Reads the answer of a call that [`is_error`] does not call a failure.
///
/// # Errors
/// The body is not what the model says: cut off, another format, too deep. Nothing is returned in part.
pub fn parse(service: &Service, operation: &Operation, response: &HttpResponse) -> Result<Value, Malformed> {
    let mut output = match (service.protocol, &operation.output) {
        (_, None) => Value::Map(Vec::new()),
        (Protocol::Json, Some(target)) => json_read::body(service, target, &response.body)?,
        (Protocol::Query | Protocol::Ec2, Some(target)) => {
            xml_read::body(service, target, operation.result_wrapper.as_deref(), &response.body)?
        }
        (Protocol::RestJson | Protocol::RestXml, Some(target)) => rest_read::answer(service, target, response)?,
    };
    special::after(service, operation, response, &mut output)?;
    Ok(output)
}

/// The members that travel in the body, with their values.
fn members<'a>(service: &'a Service, target: &Target, value: &'a Value) -> impl Iterator<Item = (&'a crate::model::Member, &'a Value)> {
    let structure = service.structure(target);
    let given = value.as_map().unwrap_or_default();
    given.iter().filter(|(_, value)| !value.is_null()).filter_map(move |(name, value)| Some((structure?.member(name)?, value)))
}

/// Puts members that were found, by their position in the model, into the model's order.
fn in_order(service: &Service, target: &Target, found: Vec<Option<Value>>) -> Value {
    let Some(structure) = service.structure(target) else { return Value::Map(Vec::new()) };
    // Kept for long: no more room than there are members.
    let mut members = Vec::with_capacity(found.iter().flatten().count());
    members.extend(structure.members.iter().zip(found).filter_map(|(member, value)| Some((member.name.clone(), value?))));
    Value::Map(members)
}

/// Makes keys unique, the last value winning, as a Python dictionary does.
fn unique(mut members: Vec<(Key, Value)>) -> Value {
    const FEW: usize = 16;
    if members.len() <= FEW {
        let mut index = 1;
        while index < members.len() {
            let (before, rest) = members.split_at_mut(index);
            let Some(((key, value), _)) = rest.split_first_mut() else { break };
            match before.iter_mut().find(|(known, _)| known == key) {
                Some((_, old)) => {
                    *old = std::mem::take(value);
                    members.remove(index);
                }
                None => index += 1,
            }
        }
        return Value::Map(members);
    }
    let mut places = std::collections::HashMap::with_capacity_and_hasher(members.len(), foldhash::fast::RandomState::default());
    let mut kept: Vec<(Key, Value)> = Vec::with_capacity(members.len());
    for (key, value) in members {
        match places.get(&key).and_then(|place: &usize| kept.get_mut(*place)) {
            Some((_, old)) => *old = value,
            None => {
                places.insert(key.clone(), kept.len());
                kept.push((key, value));
            }
        }
    }
    Value::Map(kept)
}

/// What of a union was set that this version's models do not know, as botocore says it.
fn unknown_of_union(name: &str) -> Value {
    Value::Map(vec![("SDK_UNKNOWN_MEMBER".into(), Value::Map(vec![("name".into(), Value::str(name))]))])
}
