use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use partywall_aws::model::{Kind, Member, Service, Structure};
use partywall_model::{Key, Value};

use super::Misread;

/// A value written as plain text: in a path, a query, a header, a form or an element.
pub(super) fn typed(kind: &Kind, text: &str) -> Result<Value, Misread> {
    let bad = |what: &str| format!("`{}` is no {what}", partywall_model::plain(text));
    Ok(match kind {
        Kind::Boolean => match text {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => return Err(bad("boolean")),
        },
        Kind::Integer { .. } => Value::Int(text.parse().map_err(|_| bad("whole number"))?),
        Kind::Float => Value::Float(text.parse().map_err(|_| bad("number"))?),
        _ => Value::str(text),
    })
}

/// Bytes, as values hold them.
pub(super) fn blob(bytes: &[u8]) -> Value {
    Value::str(STANDARD.encode(bytes))
}

/// The value of a header.
pub(super) fn header(service: &Service, member: &Member, text: &str) -> Result<Value, Misread> {
    if member.json_value {
        return STANDARD
            .decode(text)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .map(Value::str)
            .ok_or_else(|| format!("header `{}` is not base64", member.wire));
    }
    match service.kind(&member.target) {
        Kind::List(list) => {
            let kind = service.kind(&list.member);
            text.split(',').map(|part| typed(kind, part.trim())).collect::<Result<_, _>>().map(Value::List)
        }
        kind => typed(kind, text),
    }
}

/// A member from the query: once, several times, or all names that no other member has.
pub(super) fn query(
    service: &Service,
    member: &Member,
    structure: &Structure,
    query: &[(String, String)],
) -> Result<Option<Value>, Misread> {
    let mut own = query.iter().filter(|(name, _)| **name == *member.wire).map(|(_, value)| value.as_str()).peekable();
    match service.kind(&member.target) {
        Kind::Map(_) => {
            let others: Vec<(Key, Value)> = query
                .iter()
                .filter(|(name, _)| !structure.members.iter().any(|other| **name == *other.wire))
                .map(|(name, value)| (Key::from(name.as_str()), Value::str(value.as_str())))
                .collect();
            Ok((!others.is_empty()).then_some(Value::Map(others)))
        }
        Kind::List(list) => {
            let kind = service.kind(&list.member);
            own.peek().is_some().then(|| own.map(|text| typed(kind, text)).collect::<Result<_, _>>().map(Value::List)).transpose()
        }
        kind => own.next().map(|text| typed(kind, text)).transpose(),
    }
}

/// All headers of a prefix.
pub(super) fn prefixed(prefix: &str, headers: &http::HeaderMap) -> Option<Value> {
    let prefix = prefix.to_ascii_lowercase();
    let found: Vec<(Key, Value)> = headers
        .iter()
        .filter_map(|(name, value)| Some((Key::from(name.as_str().strip_prefix(&prefix)?), Value::str(value.to_str().ok()?))))
        .collect();
    (!found.is_empty()).then_some(Value::Map(found))
}
