use partywall_aws::model::{Kind, Member, Protocol, Service, Structure, Target};
use partywall_model::{Key, Value};

use super::{Misread, text};
use crate::request::{Incoming, pairs};

/// Elements of one list; more is no request of a client.
const MOST: usize = 10_000;

/// Names and values of a form, be they in the body or the URL.
pub(crate) fn fields(incoming: &Incoming<'_>) -> Vec<(String, String)> {
    let form = incoming.header("content-type").is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    match std::str::from_utf8(incoming.body) {
        Ok(body) if form => pairs(body),
        _ => incoming.query.clone(),
    }
}

/// The input in a form of the query protocol or EC2's.
pub(super) fn input(service: &Service, structure: &Structure, fields: &[(String, String)]) -> Result<Value, Misread> {
    Ok(members(service, structure, fields, "")?.unwrap_or_else(|| Value::Map(Vec::new())))
}

fn members(service: &Service, structure: &Structure, fields: &[(String, String)], prefix: &str) -> Result<Option<Value>, Misread> {
    let mut found = Vec::new();
    for member in &structure.members {
        let path = format!("{prefix}{}", name(service, member));
        if let Some(value) = value(service, &member.target, fields, &path)? {
            found.push((member.name.clone(), value));
        }
    }
    Ok((!found.is_empty()).then_some(Value::Map(found)))
}

/// EC2 capitalises the wire name unless the model names the query's.
fn name(service: &Service, member: &Member) -> String {
    match (service.protocol, &member.query_name) {
        (Protocol::Ec2, Some(name)) => name.to_string(),
        (Protocol::Ec2, None) => {
            let mut letters = member.wire.chars();
            letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
        }
        _ => member.wire.to_string(),
    }
}

fn value(service: &Service, target: &Target, fields: &[(String, String)], path: &str) -> Result<Option<Value>, Misread> {
    let at = fields.iter().find(|(name, _)| name == path).map(|(_, value)| value.as_str());
    let below = fields.iter().any(|(name, _)| name.strip_prefix(path).is_some_and(|rest| rest.starts_with('.')));
    let flat = target.flattened || service.protocol == Protocol::Ec2;
    match service.kind(target) {
        Kind::Structure(structure) if below => Ok(Some(members(service, structure, fields, &format!("{path}."))?.unwrap_or_default())),
        Kind::List(list) if below => {
            // Of a flattened list, the last part of the path is the elements' name where the model gives them one.
            let element = list.member.location_name.as_deref();
            let start = match (flat, service.protocol, element) {
                (true, Protocol::Query, Some(element)) => {
                    path.rsplit_once('.').map_or(element.to_owned(), |(before, _)| format!("{before}.{element}"))
                }
                (true, _, _) => path.to_owned(),
                (false, _, element) => format!("{path}.{}", element.unwrap_or("member")),
            };
            elements(service, &list.member, fields, &start).map(Some)
        }
        // A flattened list whose elements have a name of their own is found under that name alone.
        Kind::List(list) if flat && service.protocol == Protocol::Query && list.member.location_name.is_some() => {
            let element = list.member.location_name.as_deref().unwrap_or_default();
            let start = path.rsplit_once('.').map_or(element.to_owned(), |(before, _)| format!("{before}.{element}"));
            let list = elements(service, &list.member, fields, &start)?;
            Ok(list.as_list().is_some_and(|list| !list.is_empty()).then_some(list))
        }
        Kind::List(_) => Ok(at.map(|_| Value::List(Vec::new()))),
        Kind::Map(map) if below => {
            let start = if flat { path.to_owned() } else { format!("{path}.entry") };
            let mut entries: Vec<(Key, Value)> = Vec::new();
            for index in 1..=MOST {
                let key = format!("{start}.{index}.{}", map.key.location_name.as_deref().unwrap_or("key"));
                let Some(Value::Str(key)) = value(service, &map.key, fields, &key)? else { break };
                let at = format!("{start}.{index}.{}", map.value.location_name.as_deref().unwrap_or("value"));
                entries.push((Key::from(&*key), value(service, &map.value, fields, &at)?.unwrap_or_default()));
            }
            Ok(Some(Value::Map(entries)))
        }
        Kind::Structure(_) | Kind::Map(_) => Ok(None),
        kind => at.map(|at| text::typed(kind, at)).transpose(),
    }
}

fn elements(service: &Service, member: &Target, fields: &[(String, String)], start: &str) -> Result<Value, Misread> {
    let mut found = Vec::new();
    for index in 1..=MOST {
        match value(service, member, fields, &format!("{start}.{index}"))? {
            Some(element) => found.push(element),
            None => break,
        }
    }
    Ok(Value::List(found))
}
