//! The forms of values that condition operators compare (IAM user guide, IAM JSON policy elements: Condition operators).

use std::borrow::Cow;
use std::net::IpAddr;

use ipnet::IpNet;
use partywall_model::Value;

use crate::arn::{fields, only_stars};
use crate::{Comparison, KeyType};

/// What an operator compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Text,
    Numeric,
    Date,
    Bool,
    Binary,
    Address,
    Arn,
    Null,
}

impl Class {
    pub(super) fn of(comparison: Comparison) -> Self {
        use Comparison as C;
        match comparison {
            C::StringEquals
            | C::StringNotEquals
            | C::StringEqualsIgnoreCase
            | C::StringNotEqualsIgnoreCase
            | C::StringLike
            | C::StringNotLike => Self::Text,
            C::NumericEquals
            | C::NumericNotEquals
            | C::NumericLessThan
            | C::NumericLessThanEquals
            | C::NumericGreaterThan
            | C::NumericGreaterThanEquals => Self::Numeric,
            C::DateEquals | C::DateNotEquals | C::DateLessThan | C::DateLessThanEquals | C::DateGreaterThan | C::DateGreaterThanEquals => {
                Self::Date
            }
            C::Bool => Self::Bool,
            C::BinaryEquals => Self::Binary,
            C::IpAddress | C::NotIpAddress => Self::Address,
            C::ArnEquals | C::ArnLike | C::ArnNotEquals | C::ArnNotLike => Self::Arn,
            C::Null => Self::Null,
        }
    }

    /// What a value should look like, for a message.
    pub(super) fn form(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Numeric => "a number",
            Self::Date => "a time such as `2026-01-31T12:00:00Z`",
            Self::Bool | Self::Null => "`true` or `false`",
            Self::Binary => "base64",
            Self::Address => "an address or a network such as `203.0.113.0/24`",
            Self::Arn => "an ARN",
        }
    }

    /// Whether the text has the form.
    pub(super) fn admits(self, text: &str) -> bool {
        match self {
            Self::Text => true,
            Self::Numeric => is_number(text),
            Self::Date => is_date(text),
            Self::Bool | Self::Null => text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false"),
            Self::Binary => is_base64(text),
            Self::Address => network(text).is_some(),
            Self::Arn => only_stars(text) || fields(text).is_some() || (text.starts_with("arn:") && text.ends_with('*')),
        }
    }
}

/// The class whose operators are made for a key of that type.
pub(super) fn class_of(kind: KeyType) -> Class {
    match kind {
        KeyType::String => Class::Text,
        KeyType::Arn => Class::Arn,
        KeyType::Bool => Class::Bool,
        KeyType::Numeric => Class::Numeric,
        KeyType::Date => Class::Date,
        KeyType::IpAddress => Class::Address,
        KeyType::Binary => Class::Binary,
    }
}

/// A scalar of a condition as text.
pub(super) fn text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Str(text) => Some(Cow::Borrowed(text)),
        Value::Bool(value) => Some(Cow::Borrowed(if *value { "true" } else { "false" })),
        Value::Int(number) => Some(Cow::Owned(number.to_string())),
        Value::Float(number) => Some(Cow::Owned(number.to_string())),
        _ => None,
    }
}

/// A network, or an address as the network of itself.
pub(super) fn network(text: &str) -> Option<IpNet> {
    text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

/// True for networks that no request from the internet comes from (RFC 1918, RFC 4193, loopback).
pub(super) fn is_private(network: IpNet) -> bool {
    match network {
        IpNet::V4(network) => {
            let first = network.network();
            let within = |bits: u8, private: bool| private && network.prefix_len() >= bits;
            let octets = first.octets();
            within(8, octets.first() == Some(&10) || first.is_loopback())
                || within(12, first.is_private() && octets.first() == Some(&172))
                || within(16, first.is_private() && octets.first() == Some(&192))
        }
        IpNet::V6(network) => {
            let first = network.network();
            first.is_loopback() || (network.prefix_len() >= 7 && first.segments().first().is_some_and(|segment| segment & 0xfe00 == 0xfc00))
        }
    }
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte)) && text.parse::<f64>().is_ok_and(f64::is_finite)
}

/// Seconds since 1970, or one of W3C's profiles of ISO 8601: year, month, day, and for a time its zone.
fn is_date(text: &str) -> bool {
    if !text.is_empty() && text.len() <= 15 && text.len() != 4 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return true;
    }
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let parts: Vec<&str> = date.split('-').collect();
    let two = |part: &&str, low: u8, high: u8| part.len() == 2 && part.parse::<u8>().is_ok_and(|number| (low..=high).contains(&number));
    let year = parts.first().is_some_and(|year| year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit()));
    let month = parts.get(1).is_none_or(|month| two(month, 1, 12));
    let day = parts.get(2).is_none_or(|day| two(day, 1, 31));
    year && month && day && parts.len() <= 3 && time.is_none_or(|time| parts.len() == 3 && is_time(time))
}

fn is_time(text: &str) -> bool {
    let zone = text.find(['Z', '+', '-']);
    let Some((clock, zone)) = zone.and_then(|at| text.split_at_checked(at)) else { return false };
    let two = |part: &str, high: u8| part.len() == 2 && part.parse::<u8>().is_ok_and(|number| number <= high);
    let offset = zone.strip_prefix(['+', '-']).is_some_and(|offset| match offset.split_once(':') {
        Some((hours, minutes)) => two(hours, 14) && two(minutes, 59),
        None => offset.len() == 4 && offset.bytes().all(|byte| byte.is_ascii_digit()),
    });
    let (clock, fraction) = match clock.split_once('.') {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (clock, None),
    };
    let parts: Vec<&str> = clock.split(':').collect();
    let [hours, minutes, seconds @ ..] = parts.as_slice() else { return false };
    (zone == "Z" || offset)
        && two(hours, 24)
        && two(minutes, 59)
        && seconds.len() <= 1
        && seconds.iter().all(|seconds| two(seconds, 60))
        && fraction.is_none_or(|fraction| !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_base64(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    text.len().is_multiple_of(4)
        && text.len() - body.len() <= 2
        && body.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_values() {
        for (class, good, bad) in [
            (Class::Numeric, vec!["1", "-2.5", "1e3"], vec!["", "one", "inf", "1,5", "0x10"]),
            (
                Class::Date,
                vec![
                    "2026-01-31T12:00:00Z",
                    "2026-01-31",
                    "2026",
                    "2026-01",
                    "1767225600",
                    "2026-01-31T12:00:00.5+01:00",
                    "2026-01-31T12:00Z",
                ],
                vec![
                    "",
                    "2026-13-01T00:00:00Z",
                    "2026-01-31T12:00:00",
                    "31.1.2026",
                    "2026-01-31T25:00:00Z",
                    "2026-1-1",
                    "2026-01-31T",
                    "now",
                    "é-1",
                ],
            ),
            (Class::Bool, vec!["true", "False"], vec!["", "yes", "1"]),
            (Class::Binary, vec!["QmluYXJ5VmFsdWVJbkJhc2U2NA==", ""], vec!["QmluYXJ5*", "QQ=", "===="]),
            (
                Class::Address,
                vec!["203.0.113.0/24", "203.0.113.7", "2001:db8::/32", "::1"],
                vec!["", "203.0.113", "203.0.113.0/33", "203.0.113.*", "x"],
            ),
            (Class::Arn, vec!["*", "arn:aws:s3:::b", "arn:aws:iam::*:role/*", "arn:aws:s3*"], vec!["", "b", "arn:aws:s3", "role/*"]),
        ] {
            for text in good {
                assert!(class.admits(text), "{class:?} {text}");
            }
            for text in bad {
                assert!(!class.admits(text), "{class:?} {text}");
            }
        }
    }

    #[test]
    fn private_networks() {
        for (text, want) in [
            ("10.0.0.0/8", true),
            ("10.1.2.3", true),
            ("172.16.0.0/12", true),
            ("172.32.0.0/16", false),
            ("192.168.1.0/24", true),
            ("192.0.0.0/8", false),
            ("0.0.0.0/0", false),
            ("203.0.113.0/24", false),
            ("fd00::/8", true),
            ("2001:db8::/32", false),
        ] {
            assert_eq!(is_private(network(text).unwrap()), want, "{text}");
        }
    }
}
