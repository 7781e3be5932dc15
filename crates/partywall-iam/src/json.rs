//! JSON text read with the place of every value, so that what is wrong in a policy can be pointed at.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use partywall_model::{Key, Value};

use crate::Error;

/// Nesting that no policy needs; deeper text is refused.
const MAX_DEPTH: usize = 127;

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Counted from 1.
    pub line: u32,
    /// Counted from 1, in characters.
    pub column: u32,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// Where a value and all that is in it stand, in the shape of the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Places {
    /// The first character of the value.
    pub(crate) at: Position,
    /// Elements of a list, or members of a map, in order.
    pub(crate) inner: Vec<Places>,
}

impl Places {
    /// Where the part of a tree stands that a path such as `Statement[0].Action[1]` names; of what is not there, the part nearest above it.
    pub(crate) fn find(&self, tree: &Value, path: &str) -> Option<Position> {
        let path = path.strip_prefix('.').unwrap_or(path);
        if path.is_empty() {
            return Some(self.at);
        }
        let found = match tree {
            Value::List(items) => {
                let (index, rest) = path.strip_prefix('[').and_then(|rest| rest.split_once(']'))?;
                let index: usize = index.parse().ok()?;
                items.get(index).zip(self.inner.get(index)).map(|(item, places)| (item, places, rest))
            }
            Value::Map(members) => {
                // Names of tags may have dots in them, so the longest one counts.
                let named = members.iter().zip(&self.inner).filter_map(|((name, member), places)| {
                    let rest = path.strip_prefix(&**name).filter(|rest| rest.is_empty() || rest.starts_with(['.', '[']))?;
                    Some((name.len(), (member, places, rest)))
                });
                named.max_by_key(|(length, _)| *length).map(|(_, found)| found)
            }
            _ => None,
        };
        found.map_or(Some(self.at), |(member, places, rest)| places.find(member, rest))
    }
}

/// Reads a whole text.
///
/// # Errors
/// [`Error::Json`] with the place: not JSON, a member written twice (IAM refuses such a document), or nested too deep.
pub(crate) fn read(text: &str) -> Result<(Value, Places), Error> {
    let mut reader = Reader { text, at: 0, here: Position { line: 1, column: 1 } };
    reader.skip_blanks();
    let found = reader.value(0)?;
    reader.skip_blanks();
    if reader.peek().is_some() {
        return Err(reader.wrong("more text after the end of the document"));
    }
    Ok(found)
}

struct Reader<'t> {
    text: &'t str,
    /// In bytes, always between two characters when a value, a name or a blank begins.
    at: usize,
    here: Position,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Steps over one byte. Only the first byte of a character counts as a column.
    fn step(&mut self, byte: u8) {
        self.at = self.at.saturating_add(1);
        if byte == b'\n' {
            self.here = Position { line: self.here.line.saturating_add(1), column: 1 };
        } else if byte & 0xC0 != 0x80 {
            self.here.column = self.here.column.saturating_add(1);
        }
    }

    /// Steps over the byte, if it is the next one.
    fn take(&mut self, wanted: u8) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.step(wanted);
        }
        found
    }

    fn skip_blanks(&mut self) {
        while let Some(blank @ (b' ' | b'\t' | b'\n' | b'\r')) = self.peek() {
            self.step(blank);
        }
    }

    fn wrong(&self, reason: impl fmt::Display) -> Error {
        wrong_at(reason, self.here)
    }

    fn value(&mut self, depth: usize) -> Result<(Value, Places), Error> {
        let at = self.here;
        let leaf = |value| Ok((value, Places { at, inner: Vec::new() }));
        match self.peek() {
            _ if depth > MAX_DEPTH => Err(self.wrong("nested too deep")),
            Some(b'{') => self.map(depth),
            Some(b'[') => self.list(depth),
            Some(b'"') => leaf(Value::Str(self.string()?.into())),
            Some(_) => leaf(self.word()?),
            None => Err(self.wrong("the text ends where a value is expected")),
        }
    }

    fn list(&mut self, depth: usize) -> Result<(Value, Places), Error> {
        let at = self.here;
        let (mut items, mut inner) = (Vec::new(), Vec::new());
        self.take(b'[');
        self.skip_blanks();
        if self.take(b']') {
            return Ok((Value::List(items), Places { at, inner }));
        }
        loop {
            let (item, place) = self.value(depth.saturating_add(1))?;
            items.push(item);
            inner.push(place);
            self.skip_blanks();
            if self.take(b']') {
                return Ok((Value::List(items), Places { at, inner }));
            }
            if !self.take(b',') {
                return Err(self.wrong("expected `,` or `]`"));
            }
            self.skip_blanks();
        }
    }

    fn map(&mut self, depth: usize) -> Result<(Value, Places), Error> {
        let at = self.here;
        let (mut members, mut inner): (Vec<(Key, Value)>, Vec<Places>) = (Vec::new(), Vec::new());
        self.take(b'{');
        self.skip_blanks();
        if self.take(b'}') {
            return Ok((Value::Map(members), Places { at, inner }));
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.wrong("expected a name in double quotes"));
            }
            let name = Key::from(&*self.string()?);
            self.skip_blanks();
            if !self.take(b':') {
                return Err(self.wrong(format_args!("expected `:` after `{name}`")));
            }
            self.skip_blanks();
            let (value, place) = self.value(depth.saturating_add(1))?;
            members.push((name, value));
            inner.push(place);
            self.skip_blanks();
            if self.take(b'}') {
                return match written_twice(&members).and_then(|number| members.get(number).zip(inner.get(number))) {
                    Some(((name, _), place)) => Err(wrong_at(format_args!("`{name}` is written twice, again"), place.at)),
                    None => Ok((Value::Map(members), Places { at, inner })),
                };
            }
            if !self.take(b',') {
                return Err(self.wrong("expected `,` or `}`"));
            }
            self.skip_blanks();
        }
    }

    fn string(&mut self) -> Result<Cow<'_, str>, Error> {
        let from = self.at;
        let mut escaped = false;
        self.take(b'"');
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.step(b'\\');
                    if let Some(byte) = self.peek() {
                        self.step(byte);
                    }
                }
                Some(0..=0x1F) => return Err(self.wrong("a control character in text")),
                Some(byte) => self.step(byte),
                None => return Err(self.wrong("the text ends within quotes")),
            }
        }
        self.take(b'"');
        if escaped {
            let quoted = self.text.get(from..self.at).unwrap_or_default();
            return serde_json::from_str(quoted).map(Cow::Owned).map_err(|_| self.wrong("an escape that JSON does not have before"));
        }
        let inner = self.text.get(from.saturating_add(1)..self.at.saturating_sub(1));
        Ok(Cow::Borrowed(inner.unwrap_or_default()))
    }

    /// `true`, `false`, `null` or a number.
    fn word(&mut self) -> Result<Value, Error> {
        let from = self.at;
        while let Some(byte) = self.peek().filter(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')) {
            self.step(byte);
        }
        let word = self.text.get(from..self.at).unwrap_or_default();
        match serde_json::from_str::<serde_json::Value>(word) {
            Ok(serde_json::Value::Null) => Ok(Value::Null),
            Ok(serde_json::Value::Bool(value)) => Ok(Value::Bool(value)),
            Ok(serde_json::Value::Number(number)) => {
                Ok(number.as_i64().map_or_else(|| Value::Float(number.as_f64().unwrap_or(f64::INFINITY)), Value::Int))
            }
            _ => Err(self.wrong("expected a value")),
        }
    }
}

fn wrong_at(reason: impl fmt::Display, at: Position) -> Error {
    Error::Json { reason: format!("{reason} at {at}") }
}

/// The number of the first member whose name an earlier one has. Maps of policies have few members, hostile ones many.
fn written_twice(members: &[(Key, Value)]) -> Option<usize> {
    if members.len() <= 16 {
        return (1..members.len()).find(|number| {
            let (before, rest) = members.split_at(*number);
            rest.first().is_some_and(|(name, _)| before.iter().any(|(earlier, _)| earlier == name))
        });
    }
    let mut names = HashSet::with_capacity(members.len());
    members.iter().position(|(name, _)| !names.insert(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_serde(value: serde_json::Value) -> Value {
        match value {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(value) => Value::Bool(value),
            serde_json::Value::Number(number) => number.as_i64().map_or_else(|| Value::Float(number.as_f64().unwrap()), Value::Int),
            serde_json::Value::String(text) => Value::str(text),
            serde_json::Value::Array(items) => Value::List(items.into_iter().map(from_serde).collect()),
            serde_json::Value::Object(members) => {
                Value::Map(members.into_iter().map(|(name, value)| (Key::from(name), from_serde(value))).collect())
            }
        }
    }

    #[test]
    fn values_have_places() {
        let (value, places) = read("{\n  \"a\": [1, \"x\"],\n  \"b\": {\"c\": null}\n}").unwrap();
        assert_eq!(value.at("b.c"), Some(&Value::Null));
        assert_eq!(places.inner[0].inner[1].at, Position { line: 2, column: 12 });
        assert_eq!(places.inner[1].inner[0].at, Position { line: 3, column: 14 });
    }

    #[test]
    fn agrees_with_another_reader() {
        for text in
            ["[]", "{}", "[1,-2.5e3,true,false,null,\"\\u00e9\\\"x\"]", "\"a\"", " 7 ", "{\"a\":{\"b\":[{}]}}", "18446744073709551615"]
        {
            let (value, _) = read(text).unwrap();
            assert_eq!(value, from_serde(serde_json::from_str(text).unwrap()), "{text}");
        }
        for text in
            ["", "[", "{", "[1,]", "{\"a\"}", "{\"a\":1,}", "nul", "01", "\"", "\"\\x\"", "[1] 2", "{a:1}", "\"\n\"", "{\"a\":1,\"a\":2}"]
        {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn errors_name_the_place() {
        let reason = |text: &str| read(text).unwrap_err().to_string();
        assert!(reason("{\n \"a\": 1\n \"b\": 2}").ends_with("expected `,` or `}` at line 3, column 2"));
        assert!(reason("{\"a\": 1, \"a\": 2}").ends_with("`a` is written twice, again at line 1, column 15"));
    }
}
