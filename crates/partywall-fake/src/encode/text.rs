use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use partywall_aws::model::{Kind, Location, Member, Protocol, Service, Target, TimestampFormat};
use partywall_model::Value;

/// Seconds since 1970 of `2026-11-01T06:00:00+00:00`; only moments of the world's own spelling are read.
fn seconds(text: &str) -> Option<i64> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    // Days from the civil date (Howard Hinnant, public domain).
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468;
    Some(days * 86_400 + hour * 3_600 + minute * 60 + second)
}

/// A moment on the wire. A text of another spelling stays as it is.
pub(super) fn moment(service: &Service, target: &Target, location: Location, text: &str) -> String {
    let usual = match (location, service.protocol) {
        (Location::Header | Location::Headers, _) => TimestampFormat::Rfc822,
        (_, Protocol::Json | Protocol::RestJson) => TimestampFormat::Unix,
        _ => TimestampFormat::Iso8601,
    };
    let Some(seconds) = seconds(text) else { return text.to_owned() };
    match target.timestamp.unwrap_or(usual) {
        TimestampFormat::Unix => seconds.to_string(),
        TimestampFormat::Iso8601 => text.replace("+00:00", "Z"),
        TimestampFormat::Rfc822 => rfc822(text, seconds),
    }
}

fn rfc822(text: &str, seconds: i64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let day = usize::try_from(seconds.div_euclid(86_400).rem_euclid(7)).ok().and_then(|at| DAYS.get(at)).copied().unwrap_or("Thu");
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    let month = part(5, 7).parse::<usize>().ok().and_then(|month| MONTHS.get(month.checked_sub(1)?)).copied().unwrap_or("Jan");
    format!("{day}, {} {month} {} {} GMT", part(8, 10), part(0, 4), part(11, 19))
}

/// The value of a header.
pub(super) fn header(service: &Service, member: &Member, value: &Value) -> String {
    if member.json_value {
        return STANDARD.encode(value.as_str().map_or_else(|| plain_json(value), str::to_owned));
    }
    match (service.kind(&member.target), value) {
        (Kind::Timestamp, Value::Str(text)) => moment(service, &member.target, member.location, text),
        (Kind::List(list), Value::List(elements)) => elements
            .iter()
            .map(|element| match (service.kind(&list.member), element) {
                (Kind::Timestamp, Value::Str(text)) => moment(service, &list.member, member.location, text),
                _ => plain(element),
            })
            .collect::<Vec<_>>()
            .join(", "),
        _ => plain(value),
    }
}

/// A value as plain text. Trees, as of IAM's documents, become JSON.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::Bool(value) => value.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Str(text) => text.to_string(),
        _ => plain_json(value),
    }
}

/// A value as JSON, whatever its shape.
pub(super) fn plain_json(value: &Value) -> String {
    json(value).to_string()
}

fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null | Value::Unknown(_) => serde_json::Value::Null,
        Value::Bool(value) => (*value).into(),
        Value::Int(number) => (*number).into(),
        Value::Float(number) => (*number).into(),
        Value::Str(text) => (&**text).into(),
        Value::List(elements) => elements.iter().map(json).collect(),
        Value::Map(members) => members.iter().map(|(key, value)| (key.to_string(), json(value))).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_counted_and_named() {
        assert_eq!(seconds("1970-01-01T00:00:00+00:00"), Some(0));
        assert_eq!(seconds("2026-11-22T10:00:00+00:00"), Some(1_795_341_600));
        assert_eq!(rfc822("2026-11-22T10:00:00+00:00", 1_795_341_600), "Sun, 22 Nov 2026 10:00:00 GMT");
        assert_eq!(seconds("soon"), None);
    }
}
