use partywall_model::{Key, Value};

use crate::Error;

/// Longest text that is read as a policy, in bytes. AWS's own quotas end at a few hundred kilobytes.
const MAX_TEXT: usize = 1 << 20;

/// Reads the JSON text of a policy, plain or percent-encoded as the IAM API returns it, into a tree without unknowns.
///
/// Of members of one name the last counts. Numbers that do not fit 64 bits become floats.
///
/// # Errors
/// [`Error::TooLarge`], [`Error::Encoding`] if the text begins with `%` but is not percent-encoded UTF-8, [`Error::Json`] if it
/// is not JSON or is nested deeper than 127 levels.
pub fn value_from_json(text: &str) -> Result<Value, Error> {
    let text = text.trim();
    if text.len() > MAX_TEXT {
        return Err(Error::TooLarge { length: text.len(), limit: MAX_TEXT });
    }
    let decoded;
    let json = if text.starts_with('%') {
        decoded = percent_decode(text).ok_or(Error::Encoding)?;
        &decoded
    } else {
        text
    };
    let value = serde_json::from_str(json).map_err(|error| Error::Json { reason: error.to_string() })?;
    Ok(from_json(value))
}

/// No deeper than the parser's own limit of nesting.
fn from_json(value: serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => Value::Bool(value),
        serde_json::Value::Number(number) => {
            number.as_i64().map_or_else(|| Value::Float(number.as_f64().unwrap_or(f64::INFINITY)), Value::Int)
        }
        serde_json::Value::String(text) => Value::str(text),
        serde_json::Value::Array(items) => Value::List(items.into_iter().map(from_json).collect()),
        serde_json::Value::Object(members) => {
            Value::Map(members.into_iter().map(|(name, value)| (Key::from(name), from_json(value))).collect())
        }
    }
}

fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let high = char::from(bytes.next()?).to_digit(16)?;
            let low = char::from(bytes.next()?).to_digit(16)?;
            decoded.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            decoded.push(byte);
        }
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_encoded_text_is_decoded_and_plain_text_is_not() {
        let plain = value_from_json(r#"{"Id":"50%25"}"#).unwrap();
        assert_eq!(plain.get("Id").and_then(Value::as_str), Some("50%25"));
        let encoded = value_from_json("%7B%22Id%22%3A%22a%2Bb%20%C3%A9%22%7D").unwrap();
        assert_eq!(encoded.get("Id").and_then(Value::as_str), Some("a+b é"));
    }

    #[test]
    fn hostile_text_is_an_error() {
        assert_eq!(value_from_json("%7"), Err(Error::Encoding));
        assert_eq!(value_from_json("%FF%FE"), Err(Error::Encoding));
        assert!(matches!(value_from_json("{"), Err(Error::Json { .. })));
        assert!(matches!(value_from_json(&"[".repeat(100_000)), Err(Error::Json { .. })));
        assert!(matches!(value_from_json(&"\"x".repeat(MAX_TEXT)), Err(Error::TooLarge { .. })));
    }
}
