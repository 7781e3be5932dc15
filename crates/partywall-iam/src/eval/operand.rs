//! One value of a condition, made ready for its operator.

use std::cmp::Ordering;
use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use ipnet::IpNet;

use super::pattern::{Match, Pattern, Wildcards};
use super::request::Request;
use super::time;
use crate::arn;
use crate::condition::Comparison;
use crate::wildcard::{Token, matches};

/// A policy's value as its operator reads it; `None` where it is not what the operator compares.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operand {
    Text(Pattern, Case),
    Number(Option<Number>, Relation),
    Date(Option<i128>, Relation),
    Bool(Option<bool>),
    Binary(Option<Vec<u8>>),
    Network(Option<IpNet>),
    Arn(Option<ArnPattern>),
    /// `true`: the key must be absent.
    Absent(Option<bool>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    Sensitive,
    Ignored,
}

/// How the request's value stands to the policy's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Whole numbers are compared exactly, all others as floating point numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Number {
    Whole(i128),
    Other(f64),
}

/// A pattern per field, or any ARN at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ArnPattern {
    Any,
    Fields(Box<[Pattern; 6]>),
    /// The fields come from a variable.
    Whole(Pattern),
}

impl Operand {
    /// Reads the value for the positive form of the operator (IAM user guide, IAM JSON policy elements: condition operators).
    pub(crate) fn new(comparison: Comparison, value: &str, variables: bool) -> Self {
        use Comparison as C;
        match comparison {
            C::StringEquals | C::StringNotEquals => Self::Text(Pattern::new(value, Wildcards::Literal, variables), Case::Sensitive),
            C::StringEqualsIgnoreCase | C::StringNotEqualsIgnoreCase => {
                Self::Text(Pattern::new(value, Wildcards::Literal, variables), Case::Ignored)
            }
            C::StringLike | C::StringNotLike => Self::Text(Pattern::new(value, Wildcards::Plain, variables), Case::Sensitive),
            C::NumericEquals | C::NumericNotEquals => Self::Number(Number::parse(value), Relation::Equal),
            C::NumericLessThan => Self::Number(Number::parse(value), Relation::Less),
            C::NumericLessThanEquals => Self::Number(Number::parse(value), Relation::LessOrEqual),
            C::NumericGreaterThan => Self::Number(Number::parse(value), Relation::Greater),
            C::NumericGreaterThanEquals => Self::Number(Number::parse(value), Relation::GreaterOrEqual),
            C::DateEquals | C::DateNotEquals => Self::Date(time::parse(value), Relation::Equal),
            C::DateLessThan => Self::Date(time::parse(value), Relation::Less),
            C::DateLessThanEquals => Self::Date(time::parse(value), Relation::LessOrEqual),
            C::DateGreaterThan => Self::Date(time::parse(value), Relation::Greater),
            C::DateGreaterThanEquals => Self::Date(time::parse(value), Relation::GreaterOrEqual),
            C::Bool => Self::Bool(boolean(value)),
            C::BinaryEquals => Self::Binary(binary(value)),
            C::IpAddress | C::NotIpAddress => Self::Network(network(value)),
            C::ArnEquals | C::ArnLike | C::ArnNotEquals | C::ArnNotLike => Self::Arn(ArnPattern::new(value, variables)),
            C::Null => Self::Absent(boolean(value)),
        }
    }

    /// Whether the request's value matches. A value of the wrong kind on either side matches nothing; an ARN operator with
    /// something that is no ARN does not hold, negated or not, as with a variable without value.
    pub(crate) fn matches(&self, value: &str, request: &Request) -> Match {
        let known = |yes: bool| if yes { Match::Yes } else { Match::No };
        match self {
            Self::Text(pattern, case) => pattern.matches(value, *case == Case::Ignored, request),
            Self::Number(wanted, relation) => known(
                wanted
                    .zip(Number::parse(value))
                    .and_then(|(wanted, found)| found.compare(wanted))
                    .is_some_and(|order| relation.holds(order)),
            ),
            Self::Date(wanted, relation) => {
                known(wanted.zip(time::parse(value)).is_some_and(|(wanted, found)| relation.holds(found.cmp(&wanted))))
            }
            Self::Bool(wanted) => known(wanted.is_some() && *wanted == boolean(value)),
            Self::Binary(wanted) => known(wanted.is_some() && *wanted == binary(value)),
            Self::Network(wanted) => known(wanted.zip(network(value)).is_some_and(|(wanted, found)| wanted.contains(&found))),
            Self::Arn(None) => Match::NoValue,
            Self::Arn(Some(pattern)) => pattern.matches(value, request),
            // Presence is asked of the key, not of its values.
            Self::Absent(_) => Match::No,
        }
    }
}

impl Relation {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

impl Number {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(whole) = text.parse() {
            return Some(Self::Whole(whole));
        }
        // Not the names that the parser knows: `inf`, `nan`.
        let plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b'E'));
        text.parse().ok().filter(|_| plain).map(Self::Other)
    }

    pub(crate) fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Whole(one), Self::Whole(two)) => Some(one.cmp(&two)),
            (one, two) => one.float().partial_cmp(&two.float()),
        }
    }

    pub(crate) fn float(self) -> f64 {
        match self {
            Self::Whole(whole) => whole as f64,
            Self::Other(other) => other,
        }
    }
}

impl ArnPattern {
    /// `*` alone takes in every ARN; everything else needs its six fields.
    fn new(text: &str, variables: bool) -> Option<Self> {
        if arn::only_stars(text) {
            return Some(Self::Any);
        }
        let Some(fields) = arn::fields(text) else {
            return (variables && text.contains("${")).then(|| Self::Whole(Pattern::new(text, Wildcards::Plain, true)));
        };
        Some(Self::Fields(Box::new(fields.map(|field| Pattern::new(field, Wildcards::Plain, variables)))))
    }

    /// Each of the six fields is compared on its own.
    fn matches(&self, value: &str, request: &Request) -> Match {
        let Some(found) = arn::fields(value) else { return Match::NoValue };
        let patterns = match self {
            Self::Any => return Match::Yes,
            Self::Fields(patterns) => patterns,
            Self::Whole(pattern) => return matches_whole(pattern, found, request),
        };
        let mut result = Match::Yes;
        for (pattern, field) in patterns.iter().zip(found) {
            match pattern.matches(field, false, request) {
                Match::NoValue => return Match::NoValue,
                Match::No => result = Match::No,
                unknown @ Match::Unknown(_) if result != Match::No => result = unknown,
                Match::Yes | Match::Unknown(_) => {}
            }
        }
        result
    }
}

/// The fields of a pattern that is an ARN only with the request's values in it.
fn matches_whole(pattern: &Pattern, found: [&str; 6], request: &Request) -> Match {
    let tokens = match pattern.resolve(request) {
        Ok(tokens) => tokens,
        Err(none) => return none,
    };
    let mut fields = tokens.splitn(6, |token| *token == Token::Char(':'));
    let mut all = true;
    for field in found {
        match fields.next() {
            Some(pattern) => all &= matches(pattern, field, false),
            None => return Match::NoValue,
        }
    }
    if all { Match::Yes } else { Match::No }
}

pub(crate) fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

fn binary(text: &str) -> Option<Vec<u8>> {
    let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(&base64::alphabet::STANDARD, lenient).decode(text).ok()
}

/// A network, or an address as the network of it alone.
fn network(text: &str) -> Option<IpNet> {
    let text = text.trim();
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}
