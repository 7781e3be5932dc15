use partywall_model::{CauseKind, Value};

use super::Inputs;

/// Paths of secrets that hold a literal. A dynamic reference is no literal; neither is a parameter, which leaves the value unresolved.
pub(super) fn plaintext(inputs: &Inputs<'_>) -> Value {
    let mut found = Vec::new();
    for path in &inputs.resource_type.secrets {
        if inputs.at(path.split('[').next().unwrap_or(path)).is_unknown() && !path.contains('[') {
            let value = inputs.at(path);
            if let Value::Unknown(cause) = &value
                && cause.kind != CauseKind::UnresolvedReference
            {
                found.push(value);
                continue;
            }
        }
        gather(&inputs.row.properties, path, path, &mut found);
    }
    Value::List(found)
}

fn gather(value: &Value, path: &str, full: &str, found: &mut Vec<Value>) {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let name = first.trim_end_matches("[]");
    let Some(member) = value.get(name) else {
        if let Value::Unknown(_) = value {
            found.push(value.clone());
        }
        return;
    };
    let elements: &[Value] = match member {
        Value::List(items) => items,
        one => std::slice::from_ref(one),
    };
    for element in elements {
        match rest {
            Some(rest) => gather(element, rest, full, found),
            None => match element {
                Value::Str(text) if !is_pointer(text) && !text.is_empty() => {
                    found.push(Value::str(full));
                }
                Value::Int(_) | Value::Float(_) => found.push(Value::str(full)),
                // What only a deployment brings is the way in which secrets should be given, unless a text stands there as well.
                Value::Unknown(cause) if cause.states_text => found.push(Value::str(full)),
                Value::Unknown(cause) if cause.kind != CauseKind::UnresolvedReference => found.push(element.clone()),
                _ => {}
            },
        }
    }
}

/// True for a reference to a secret store or to another resource: it may be shown, the secret is elsewhere.
pub(crate) fn is_pointer(text: &str) -> bool {
    text.trim_start().starts_with(DYNAMIC) || is_symbol(text)
}

const DYNAMIC: &str = "{{resolve:";

/// True if a text of a template holds a dynamic reference, which only a deployment resolves.
pub(crate) fn is_dynamic(text: &str) -> bool {
    text.contains(DYNAMIC)
}

/// `{Key}`, `{Key.Arn}`, `{AWS::Region}`: how the template reader writes a reference. JSON in braces is none.
pub(crate) fn is_symbol(text: &str) -> bool {
    let inner = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    inner.is_some_and(|inner| !inner.is_empty() && inner.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b':')))
}

/// Kinds of secrets found in texts: user data, environment variables, container definitions. The finders look for the shapes that
/// AWS and others document; a text that cannot be read leaves the list incomplete.
pub(super) fn kinds(inputs: &Inputs<'_>) -> Value {
    let mut kinds: Vec<&'static str> = Vec::new();
    let mut unknown = None;
    for (_, value) in inputs.inputs() {
        scan(&value, None, &mut kinds, &mut unknown);
    }
    kinds.sort_unstable();
    kinds.dedup();
    let mut found: Vec<Value> = kinds.into_iter().map(Value::str).collect();
    found.extend(unknown.map(Value::Unknown));
    Value::List(found)
}

fn scan(value: &Value, name: Option<&str>, kinds: &mut Vec<&'static str>, unknown: &mut Option<std::sync::Arc<partywall_model::Cause>>) {
    match value {
        Value::Str(text) => {
            scan_text(text, kinds);
            if let Some(decoded) = decode(text) {
                scan_text(&decoded, kinds);
            }
            if name.is_some_and(names_a_secret) && !text.is_empty() && !is_dynamic(text) && !is_symbol(text) && !is_reference(text) {
                kinds.push("password-assignment");
            }
        }
        Value::List(items) => {
            for item in items {
                // Container definitions write variables as {Name, Value}.
                match (item.get("Name").and_then(Value::as_str), item.get("Value")) {
                    (Some(name), Some(value)) => scan(value, Some(name), kinds, unknown),
                    _ => scan(item, name, kinds, unknown),
                }
            }
        }
        Value::Map(members) => {
            for (key, value) in members {
                scan(value, Some(key), kinds, unknown);
            }
        }
        Value::Unknown(cause) if cause.kind != CauseKind::UnresolvedReference => *unknown = Some(cause.clone()),
        Value::Unknown(cause) => {
            unknown.get_or_insert_with(|| cause.clone());
        }
        _ => {}
    }
}

fn names_a_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let secret = ["password", "passwd", "secret_key", "secretkey", "secret_access_key", "api_key", "apikey", "auth_token", "private_key"];
    let pointer = ["arn", "_name", "_id", "path", "url", "file", "parameter", "policy", "length", "ssm"];
    secret.iter().any(|word| name.contains(word)) && !pointer.iter().any(|word| name.ends_with(word))
}

fn is_reference(text: &str) -> bool {
    text.starts_with("arn:") || text.starts_with("ssm:") || text.starts_with("secretsmanager:")
}

fn scan_text(text: &str, kinds: &mut Vec<&'static str>) {
    if text.contains("-----BEGIN ") && text.contains("PRIVATE KEY-----") {
        kinds.push("private-key");
    }
    if has_access_key(text) {
        kinds.push("aws-access-key");
    }
    for line in text.lines() {
        let lower = line.to_ascii_lowercase();
        for word in ["password=", "passwd=", "secret_access_key=", "api_key=", "password: "] {
            if let Some(at) = lower.find(word) {
                let value = line.get(at + word.len()..).unwrap_or_default().trim().trim_matches(['"', '\'']);
                if value.len() >= 4 && !value.starts_with(['$', '{', '<', '`']) && !value.starts_with("arn:") {
                    kinds.push("password-assignment");
                }
            }
        }
    }
}

/// Access key ids: `AKIA` or `ASIA` and 16 upper-case letters or digits (IAM user guide, "Understanding unique ID prefixes").
fn has_access_key(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.windows(20).any(|window| {
        (window.starts_with(b"AKIA") || window.starts_with(b"ASIA"))
            && window.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    })
}

fn decode(text: &str) -> Option<String> {
    use base64::Engine as _;
    let packed: String = text.split_whitespace().collect();
    if packed.len() < 16 || packed.len() > 1 << 16 {
        return None;
    }
    String::from_utf8(base64::engine::general_purpose::STANDARD.decode(packed).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use partywall_model::{Cause, CauseKind};

    use super::*;

    fn found(value: Value) -> Vec<Value> {
        let mut found = Vec::new();
        gather(&Value::Map(vec![(Arc::from("Password"), value)]), "Password", "Password", &mut found);
        found
    }

    #[test]
    fn a_password_is_where_the_source_states_a_text() {
        let cause = || Cause::new(CauseKind::UnresolvedReference, "x");
        let there = [Value::str("Password")];
        assert_eq!(found(Value::str("Passw0rd")), there);
        assert_eq!(found(Value::Int(12_345_678)), there);
        assert_eq!(found(Value::unknown(cause().stating_text())), there);
        for elsewhere in [
            Value::str("{{resolve:secretsmanager:s}}"),
            Value::str("{Key.Arn}"),
            Value::str(""),
            Value::unknown(cause()),
            Value::unknown(Cause::new(CauseKind::UnresolvedReference, "parameter `P` has no default")),
        ] {
            assert_eq!(found(elsewhere.clone()), [], "{elsewhere:?}");
        }
        let denied = Value::unknown(Cause::new(CauseKind::Denied, "x"));
        assert_eq!(found(denied.clone()), [denied]);
    }
}
