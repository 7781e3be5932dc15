//! Values that travel as text: in headers, labels, queries and XML.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use partywall_model::Value;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::message::Malformed;
use super::timestamp::{Moment, special_float, text_of_float};
use crate::model::{Kind, Service, Target, TimestampFormat};

/// All but RFC 3986's unreserved letters, as signatures want it.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// The same, with slashes as they stand.
const ENCODED_BUT_SLASH: &AsciiSet = &ENCODED.remove(b'/');

/// Percent-encodes.
pub(super) fn encode(text: &str) -> impl std::fmt::Display {
    utf8_percent_encode(text, ENCODED)
}

/// Percent-encodes all but slashes.
pub(super) fn encode_but_slash(text: &str) -> impl std::fmt::Display {
    utf8_percent_encode(text, ENCODED_BUT_SLASH)
}

/// A scalar of a request as text, moments in the target's format or else the place's.
pub(super) fn written(service: &Service, target: &Target, value: &Value, format: TimestampFormat) -> String {
    match (service.kind(target), value) {
        (Kind::Timestamp, value) => {
            moment(value).map(|moment| written_moment(moment, target.timestamp.unwrap_or(format))).unwrap_or_default()
        }
        (_, Value::Str(text)) => text.to_string(),
        (_, Value::Bool(value)) => value.to_string(),
        (_, Value::Int(number)) => number.to_string(),
        (_, Value::Float(number)) => text_of_float(*number),
        _ => String::new(),
    }
}

/// A moment of a request.
pub(super) fn moment(value: &Value) -> Option<Moment> {
    match value {
        Value::Str(text) => Moment::parse(text),
        Value::Int(seconds) => Moment::from_seconds(*seconds as f64),
        Value::Float(seconds) => Moment::from_seconds(*seconds),
        _ => None,
    }
    .map(Moment::utc)
}

/// A moment as a format writes it.
pub(super) fn written_moment(moment: Moment, format: TimestampFormat) -> String {
    match format {
        TimestampFormat::Iso8601 => moment.wire_iso8601(),
        TimestampFormat::Unix => moment.wire_unix(),
        TimestampFormat::Rfc822 => moment.wire_rfc822(),
    }
}

/// A scalar of an answer that came as text: an element's content or a header.
pub(super) fn read(kind: &Kind, text: &str) -> Result<Value, Malformed> {
    Ok(match kind {
        Kind::Boolean => Value::Bool(text == "true"),
        Kind::Integer { .. } => Value::Int(integer(text).ok_or_else(|| Malformed::value("integer"))?),
        Kind::Float => float(text).ok_or_else(|| Malformed::value("number"))?,
        Kind::Timestamp => Value::str(Moment::parse(text).ok_or_else(|| Malformed::value("timestamp"))?.iso_format()),
        Kind::Blob => Value::str(base64(text).ok_or_else(|| Malformed::value("base64"))?),
        _ => Value::str(text),
    })
}

/// A whole number with spaces and a sign, as Python's `int` takes it.
pub(super) fn integer(text: &str) -> Option<i64> {
    text.trim().parse().ok()
}

/// Any number; those without digits become their names.
pub(super) fn float(text: &str) -> Option<Value> {
    text.trim().parse().ok().map(number)
}

/// A number, or the name of one without digits.
pub(super) fn number(number: f64) -> Value {
    if number.is_finite() { Value::Float(number) } else { Value::str(special_float(number)) }
}

/// Base64 in its plain form, spaces and line breaks taken out.
pub(super) fn base64(text: &str) -> Option<String> {
    let compact: String = text.split_ascii_whitespace().collect();
    STANDARD.decode(&compact).ok()?;
    Some(compact)
}
