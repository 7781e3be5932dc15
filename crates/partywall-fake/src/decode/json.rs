use partywall_aws::model::{Kind, Service, Structure, Target};
use partywall_model::{Key, Value};
use serde_json::Value as Json;

use super::Misread;

/// A JSON body of a target's shape.
pub(super) fn body(service: &Service, target: &Target, bytes: &[u8]) -> Result<Value, Misread> {
    if bytes.is_empty() {
        return Ok(Value::Map(Vec::new()));
    }
    value(service, target, &read(bytes)?)
}

/// A JSON body that carries a structure's body members.
pub(super) fn structure(service: &Service, structure: &Structure, bytes: &[u8]) -> Result<Value, Misread> {
    members(service, structure, &read(bytes)?)
}

fn read(bytes: &[u8]) -> Result<Json, Misread> {
    serde_json::from_slice(bytes).map_err(|error| format!("the body is no JSON: {error}"))
}

fn members(service: &Service, structure: &Structure, json: &Json) -> Result<Value, Misread> {
    let Json::Object(object) = json else { return Err("an object is wanted".to_owned()) };
    let mut found = Vec::new();
    for member in &structure.members {
        if let Some(json) = object.get(&*member.wire).filter(|json| !json.is_null()) {
            found.push((member.name.clone(), value(service, &member.target, json)?));
        }
    }
    let unknown = object.keys().find(|name| !structure.members.iter().any(|member| *member.wire == ***name));
    match unknown {
        Some(name) => Err(format!("there is no member `{}`", partywall_model::plain(name))),
        None => Ok(Value::Map(found)),
    }
}

fn value(service: &Service, target: &Target, json: &Json) -> Result<Value, Misread> {
    Ok(match (service.kind(target), json) {
        (Kind::Structure(structure), _) if structure.document => plain(json),
        (Kind::Structure(structure), _) => members(service, structure, json)?,
        (Kind::List(list), Json::Array(elements)) => {
            Value::List(elements.iter().map(|element| value(service, &list.member, element)).collect::<Result<_, _>>()?)
        }
        (Kind::Map(map), Json::Object(entries)) => Value::Map(
            entries
                .iter()
                .map(|(key, entry)| Ok((Key::from(key.as_str()), value(service, &map.value, entry)?)))
                .collect::<Result<_, Misread>>()?,
        ),
        (Kind::Boolean, Json::Bool(_))
        | (Kind::Integer { .. } | Kind::Float | Kind::Timestamp, Json::Number(_))
        | (Kind::String | Kind::Blob | Kind::Timestamp, Json::String(_)) => plain(json),
        (_, json) => return Err(format!("`{}` is of the wrong type", partywall_model::plain(&json.to_string()))),
    })
}

/// JSON as it stands.
pub(crate) fn plain(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => number.as_i64().map_or_else(|| Value::Float(number.as_f64().unwrap_or_default()), Value::Int),
        Json::String(text) => Value::str(text.as_str()),
        Json::Array(elements) => Value::List(elements.iter().map(plain).collect()),
        Json::Object(entries) => Value::Map(entries.iter().map(|(key, value)| (Key::from(key.as_str()), plain(value))).collect()),
    }
}
