use std::borrow::Cow;

use partywall_model::Value;

use crate::Error;
use crate::json::{self, Places};

/// Longest text that is read as a policy, in bytes. AWS's own quotas end at a few hundred kilobytes.
const MAX_TEXT: usize = 1 << 20;

/// Reads the JSON text of a policy, plain or percent-encoded as the IAM API returns it, into a tree without unknowns.
///
/// Numbers that do not fit 64 bits become floats.
///
/// # Errors
/// [`Error::TooLarge`], [`Error::Encoding`] if the text begins with `%` but is not percent-encoded UTF-8, [`Error::Json`] if it
/// is not JSON, names a member twice, or is nested deeper than 127 levels.
pub fn value_from_json(text: &str) -> Result<Value, Error> {
    placed_from_json(text).map(|(value, _)| value)
}

/// The same, with the places in the text (of percent-encoded text: in what it stands for).
pub(crate) fn placed_from_json(text: &str) -> Result<(Value, Places), Error> {
    if text.len() > MAX_TEXT {
        return Err(Error::TooLarge { length: text.len(), limit: MAX_TEXT });
    }
    let json = match text.trim_start() {
        encoded if encoded.starts_with('%') => Cow::Owned(percent_decode(encoded.trim_end()).ok_or(Error::Encoding)?),
        _ => Cow::Borrowed(text),
    };
    json::read(&json)
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
