use std::fmt::Write as _;

use partywall_aws::model::{Kind, Location, Member, Operation, Protocol, Service, Structure, Target};
use partywall_model::Value;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use quick_xml::escape::escape;

use super::text;

/// The answer of the query protocol, or of EC2's.
pub(super) fn wrapped(service: &Service, operation: &Operation, structure: &Structure, output: &Value, request_id: &str) -> String {
    let namespace = service.xml_namespace.as_deref().map_or_else(String::new, |uri| format!(" xmlns=\"{uri}\""));
    let name = &operation.name;
    let inner = members(service, structure, output, true);
    if service.protocol == Protocol::Ec2 {
        return format!("<{name}Response{namespace}><requestId>{request_id}</requestId>{inner}</{name}Response>");
    }
    let result = match &operation.result_wrapper {
        Some(wrapper) => format!("<{wrapper}>{inner}</{wrapper}>"),
        None => inner,
    };
    format!("<{name}Response{namespace}>{result}<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{name}Response>")
}

/// The body of a REST answer without a payload member.
pub(super) fn root(service: &Service, operation: &Operation, structure: &Structure, output: &Value) -> String {
    let namespace = service.xml_namespace.as_deref().map_or_else(String::new, |uri| format!(" xmlns=\"{uri}\""));
    let name = &operation.name;
    // S3 answers where a bucket is with the place as the root's own text, which is empty for the first of all Regions.
    if &*service.name == "s3" && &**name == "GetBucketLocation" {
        let place = output.get("LocationConstraint").and_then(Value::as_str).unwrap_or_default();
        return format!("<LocationConstraint{namespace}>{}</LocationConstraint>", escape(place));
    }
    format!("<{name}Result{namespace}>{}</{name}Result>", members(service, structure, output, true))
}

/// The body of a REST answer that is one member.
pub(super) fn payload(service: &Service, member: &Member, value: &Value) -> String {
    element(service, &member.target, &member.element, value)
}

fn members(service: &Service, structure: &Structure, output: &Value, outermost: bool) -> String {
    let mut out = String::new();
    for member in &structure.members {
        if member.xml_attribute || (outermost && member.location != Location::Body) {
            continue;
        }
        let Some(value) = output.get(&member.name).filter(|value| !value.is_null()) else { continue };
        match (service.kind(&member.target), value) {
            (Kind::List(list), Value::List(elements)) if member.target.flattened => {
                for value in elements {
                    out.push_str(&element(service, &list.member, &member.element, value));
                }
            }
            (Kind::Map(_), Value::Map(_)) if member.target.flattened => {
                out.push_str(&entries(service, &member.target, &member.element, value));
            }
            _ => out.push_str(&element(service, &member.target, &member.element, value)),
        }
    }
    out
}

fn element(service: &Service, target: &Target, name: &str, value: &Value) -> String {
    let mut attributes = String::new();
    let inner = match service.kind(target) {
        Kind::Structure(structure) => {
            for member in structure.members.iter().filter(|member| member.xml_attribute) {
                if let Some(Value::Str(text)) = value.get(&member.name) {
                    if let Some((prefix, _)) = member.wire.split_once(':') {
                        let _ = write!(attributes, " xmlns:{prefix}=\"http://www.w3.org/2001/XMLSchema-instance\"");
                    }
                    let _ = write!(attributes, " {}=\"{}\"", member.wire, escape(&**text));
                }
            }
            members(service, structure, value, false)
        }
        Kind::List(list) => {
            let element_name = list.member.location_name.as_deref().unwrap_or("member");
            value.as_list().unwrap_or_default().iter().map(|value| element(service, &list.member, element_name, value)).collect()
        }
        Kind::Map(_) => entries(service, target, "entry", value),
        Kind::Timestamp => escape(text::moment(service, target, Location::Body, &text::plain(value))).into_owned(),
        // IAM writes its documents percent-encoded.
        Kind::String if matches!(value, Value::Map(_)) => utf8_percent_encode(&text::plain_json(value), NON_ALPHANUMERIC).to_string(),
        _ => escape(text::plain(value)).into_owned(),
    };
    format!("<{name}{attributes}>{inner}</{name}>")
}

fn entries(service: &Service, target: &Target, name: &str, value: &Value) -> String {
    let Kind::Map(map) = service.kind(target) else { return String::new() };
    let (key_name, value_name) = (map.key.location_name.as_deref().unwrap_or("key"), map.value.location_name.as_deref().unwrap_or("value"));
    let mut out = String::new();
    for (key, entry) in value.as_map().unwrap_or_default() {
        let inner = element(service, &map.value, value_name, entry);
        let _ = write!(out, "<{name}><{key_name}>{}</{key_name}>{inner}</{name}>", escape(&**key));
    }
    out
}
