use partywall_aws::model::{Kind, Location, Service, Structure, Target};
use partywall_model::Value;

use super::text;

/// A structure's members that travel in the body, as an object.
pub(super) fn object(service: &Service, structure: &Structure, output: &Value, outermost: bool) -> String {
    let mut parts = Vec::new();
    for member in &structure.members {
        if outermost && member.location != Location::Body {
            continue;
        }
        if let Some(found) = output.get(&member.name).filter(|found| !found.is_null()) {
            parts.push(format!("{}:{}", quoted(&member.wire), value(service, &member.target, found, Location::Body)));
        }
    }
    format!("{{{}}}", parts.join(","))
}

/// A value by its shape.
pub(super) fn value(service: &Service, target: &Target, value_: &Value, location: Location) -> String {
    match (service.kind(target), value_) {
        (Kind::Structure(structure), _) if structure.document => text::plain_json(value_),
        (Kind::Structure(structure), Value::Map(_)) => object(service, structure, value_, false),
        (Kind::List(list), Value::List(elements)) => {
            let parts: Vec<String> = elements.iter().map(|element| value(service, &list.member, element, location)).collect();
            format!("[{}]", parts.join(","))
        }
        (Kind::Map(map), Value::Map(entries)) => {
            let parts: Vec<String> =
                entries.iter().map(|(key, entry)| format!("{}:{}", quoted(key), value(service, &map.value, entry, location))).collect();
            format!("{{{}}}", parts.join(","))
        }
        (Kind::Timestamp, Value::Str(moment)) => {
            let written = text::moment(service, target, location, moment);
            if written.parse::<f64>().is_ok() { written } else { quoted(&written) }
        }
        (Kind::String, Value::Map(_) | Value::List(_)) => quoted(&text::plain_json(value_)),
        _ => text::plain_json(value_),
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
