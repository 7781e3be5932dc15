//! The one tree that JSON and YAML templates are read into: every key and every value knows where it stands.

use std::borrow::Cow;
use std::collections::HashSet;

use partywall_model::Key;

/// Largest accepted template, in bytes. CloudFormation itself takes 1 MiB; generated bundles are larger.
pub(super) const MAX_BYTES: usize = 64 << 20;

/// Deepest accepted nesting, in mappings and lists. Recursion over a tree is safe because of it.
pub(super) const MAX_DEPTH: usize = 200;

/// Most accepted keys and values of one template, aliases counted as often as they are used.
pub(super) const MAX_NODES: usize = 1_000_000;

/// A place in the template's text; both count from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Position {
    pub(super) line: u32,
    pub(super) column: u32,
}

impl Position {
    /// The first character of the text.
    pub(super) const START: Self = Self { line: 1, column: 1 };

    /// The place just after `before`.
    pub(super) fn after(before: &str) -> Self {
        let last = before.rsplit('\n').next().unwrap_or_default();
        Self { line: count(before.matches('\n').count()), column: count(last.chars().count()) }
    }
}

/// A count from 0 as a line or column number from 1.
pub(super) fn count(from_zero: usize) -> u32 {
    u32::try_from(from_zero).unwrap_or(u32::MAX).saturating_add(1)
}

/// Why a template cannot be read at all.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) at: Position,
    pub(super) message: String,
    /// True for a breach of the grammar, false for a limit or a duplicate key, which no other reader would take either.
    pub(super) syntax: bool,
}

impl Fault {
    pub(super) fn syntax(at: Position, message: impl Into<String>) -> Self {
        Self { at, message: message.into(), syntax: true }
    }

    pub(super) fn refused(at: Position, message: impl Into<String>) -> Self {
        Self { at, message: message.into(), syntax: false }
    }

    pub(super) fn too_deep(at: Position) -> Self {
        Self::refused(at, format!("nests deeper than {MAX_DEPTH} levels"))
    }

    pub(super) fn too_many(at: Position) -> Self {
        Self::refused(at, format!("holds more than {MAX_NODES} values, aliases counted as often as they are used"))
    }
}

/// One value and where it begins.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) at: Position,
    pub(super) kind: Kind,
}

/// What a value is. Short tags are already in their long form: `!Ref X` is `{Ref: X}`.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(Box<str>),
    List(Vec<Node>),
    Map(Vec<Member>),
}

/// One member of a mapping, with the place of its key.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) name: Key,
    pub(super) at: Position,
    pub(super) value: Node,
}

impl Node {
    /// The members, if this is a mapping.
    pub(super) fn members(&self) -> Option<&[Member]> {
        match &self.kind {
            Kind::Map(members) => Some(members),
            _ => None,
        }
    }

    /// The elements, if this is a list.
    pub(super) fn items(&self) -> Option<&[Node]> {
        match &self.kind {
            Kind::List(items) => Some(items),
            _ => None,
        }
    }

    /// The member of that name, if this is a mapping that has it.
    pub(super) fn get(&self, name: &str) -> Option<&Node> {
        self.members()?.iter().find(|member| &*member.name == name).map(|member| &member.value)
    }

    /// The value behind a dotted path of member names.
    pub(super) fn at_path(&self, path: &str) -> Option<&Node> {
        path.split('.').try_fold(self, |here, name| here.get(name))
    }

    /// A scalar as CloudFormation would hand it to a text property.
    pub(super) fn text(&self) -> Option<Cow<'_, str>> {
        match &self.kind {
            Kind::Str(text) => Some(Cow::Borrowed(text)),
            Kind::Bool(value) => Some(Cow::Borrowed(if *value { "true" } else { "false" })),
            Kind::Int(value) => Some(Cow::Owned(value.to_string())),
            Kind::Float(value) => Some(Cow::Owned(value.to_string())),
            Kind::Null | Kind::List(_) | Kind::Map(_) => None,
        }
    }

    /// Levels of this tree; a scalar has one.
    pub(super) fn depth(&self) -> usize {
        1 + match &self.kind {
            Kind::List(items) => items.iter().map(Self::depth).max().unwrap_or(0),
            Kind::Map(members) => members.iter().map(|member| member.value.depth()).max().unwrap_or(0),
            _ => 0,
        }
    }

    /// Values in this tree, itself counted.
    pub(super) fn size(&self) -> usize {
        1 + match &self.kind {
            Kind::List(items) => items.iter().map(Self::size).sum(),
            Kind::Map(members) => members.iter().map(|member| member.value.size()).sum(),
            _ => 0,
        }
    }
}

/// Refuses a key that a mapping holds twice: whichever of the two were taken, half the readers would expect the other.
pub(super) fn reject_duplicates(members: &[Member]) -> Result<(), Fault> {
    let mut seen = HashSet::with_capacity(members.len());
    match members.iter().find(|member| !seen.insert(&*member.name)) {
        None => Ok(()),
        Some(again) => Err(Fault::refused(again.at, format!("key `{}` is there twice", shown(&again.name)))),
    }
}

/// A user's text as messages show it: one line, not endless.
pub(super) fn shown(text: &str) -> String {
    const LONGEST: usize = 80;
    let mut short: String = text.chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(LONGEST).is_some() {
        short.push('…');
    }
    short
}

/// How a text is written, if it has the shape of a JSON number.
struct NumberShape {
    fraction: bool,
    exponent: bool,
}

fn number_shape(text: &str) -> Option<NumberShape> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let whole_is_right = digits(whole) && (whole == "0" || !whole.starts_with('0'));
    let exponent_is_right = exponent.is_none_or(|text| digits(text.strip_prefix(['+', '-']).unwrap_or(text)));
    (whole_is_right && fraction.is_none_or(digits) && exponent_is_right)
        .then_some(NumberShape { fraction: fraction.is_some(), exponent: exponent.is_some() })
}

fn number(text: &str, shape: &NumberShape) -> Kind {
    // A number is taken as one only if its text comes back from it: version 8.0 must not turn into 8, nor a 20-digit id into a rounded one.
    if !shape.fraction && !shape.exponent {
        if let Ok(value) = text.parse::<i64>()
            && text != "-0"
        {
            return Kind::Int(value);
        }
    } else if let Ok(value) = text.parse::<f64>()
        && value.is_finite()
        && (shape.exponent || value.to_string() == text)
    {
        return Kind::Float(value);
    }
    Kind::Str(text.into())
}

/// A JSON number; `None` if the text is none.
pub(super) fn json_number(text: &str) -> Option<Kind> {
    number_shape(text).map(|shape| number(text, &shape))
}

/// What an unquoted YAML scalar means in a template: only `true` and `false` are booleans, dates and numbers with leading zeros stay text.
pub(super) fn plain_scalar(text: &str) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Kind::Null,
        _ => {}
    }
    for value in [true, false] {
        if text.eq_ignore_ascii_case(if value { "true" } else { "false" }) {
            return Kind::Bool(value);
        }
    }
    match number_shape(text) {
        // Hexadecimal ids such as 12e5 are no numbers: YAML 1.1 wants a point before an exponent.
        Some(shape) if shape.fraction || !shape.exponent => number(text, &shape),
        _ => Kind::Str(text.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        format!("{:?}", plain_scalar(text))
    }

    #[test]
    fn plain_scalars() {
        for (text, want) in [
            ("true", "Bool(true)"),
            ("False", "Bool(false)"),
            ("yes", "Str(\"yes\")"),
            ("on", "Str(\"on\")"),
            ("~", "Null"),
            ("", "Null"),
            ("22", "Int(22)"),
            ("-1", "Int(-1)"),
            ("0", "Int(0)"),
            ("-0", "Str(\"-0\")"),
            ("+1", "Str(\"+1\")"),
            ("000123456789", "Str(\"000123456789\")"),
            ("012", "Str(\"012\")"),
            ("123456789012", "Int(123456789012)"),
            ("12345678901234567890", "Str(\"12345678901234567890\")"),
            ("5.7", "Float(5.7)"),
            ("8.0", "Str(\"8.0\")"),
            ("1.10", "Str(\"1.10\")"),
            ("1.5e3", "Float(1500.0)"),
            ("12e5", "Str(\"12e5\")"),
            ("1.0e999", "Str(\"1.0e999\")"),
            ("2012-10-17", "Str(\"2012-10-17\")"),
            ("10.0.0.0/16", "Str(\"10.0.0.0/16\")"),
            ("0x1F", "Str(\"0x1F\")"),
            ("1:30", "Str(\"1:30\")"),
            (".inf", "Str(\".inf\")"),
            ("-", "Str(\"-\")"),
        ] {
            assert_eq!(plain(text), want, "{text}");
        }
    }

    #[test]
    fn json_numbers() {
        assert!(matches!(json_number("1e3"), Some(Kind::Float(value)) if (value - 1000.0).abs() < 1e-9));
        assert!(matches!(json_number("1.0"), Some(Kind::Str(text)) if &*text == "1.0"));
        for wrong in ["", "-", "012", "1.", ".5", "1e", "+1", "1e+", "--1", "0x1"] {
            assert!(json_number(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn places_count_from_one_in_characters() {
        assert_eq!(Position::after(""), Position::START);
        assert_eq!(Position::after("äö\nß"), Position { line: 2, column: 2 });
        assert_eq!(Position::after("a\n"), Position { line: 2, column: 1 });
    }

    #[test]
    fn shown_text_is_short_and_one_line() {
        assert_eq!(shown("a\nb"), "a b");
        assert_eq!(shown(&"x".repeat(1000)).chars().count(), 81);
    }
}
