use std::borrow::Cow;
use std::sync::Arc;

use partywall_model::{Cause, Condition, Defaulted, Location, Resource, Satellite, Source, SourceKind, Value};

use super::{FLOAT, MAX_DEPTH, ROW_VERSION, RowError, Shared, UNKNOWN, time_of, word_of};

/// Reads rows; shares the texts that occur in many.
#[derive(Debug, Default)]
pub struct RowReader {
    shared: Shared,
}

impl RowReader {
    /// Makes a reader.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the text of one row.
    ///
    /// # Errors
    /// The text is not of the format, or of another version of it.
    pub fn read(&mut self, text: &str) -> Result<Resource, RowError> {
        let mut parser = Parser { text, at: 0, causes: Vec::new(), shared: &mut self.shared };
        let row = parser.row()?;
        if parser.at == text.len() { Ok(row) } else { Err(parser.malformed("the end")) }
    }
}

struct Parser<'a, 's> {
    text: &'a str,
    at: usize,
    causes: Vec<Arc<Cause>>,
    shared: &'s mut Shared,
}

type Read<T> = Result<T, RowError>;

impl<'a> Parser<'a, '_> {
    fn row(&mut self) -> Read<Resource> {
        let mut row = Resource::new("", "", Arc::new(Source { kind: SourceKind::Api, file: Arc::from("") }));
        let (mut file, mut kind, mut version) = (None, None, None);
        self.expect(b'{', "`{`")?;
        loop {
            let name = self.string()?;
            self.expect(b':', "`:`")?;
            match &*name {
                "v" => {
                    let found = self.int()?;
                    if found != ROW_VERSION {
                        return Err(RowError::Version(found));
                    }
                    version = Some(found);
                }
                "file" => file = Some(self.shared_text()?),
                "observed_at" => {
                    let text = self.string()?;
                    row.observed_at = Some(time_of(&text).ok_or_else(|| self.malformed("a time"))?);
                }
                "kind" => kind = Some(self.word("a kind of source")?),
                "type" => row.resource_type = self.shared_text()?,
                "id" => row.id = self.own_text()?,
                "logical_id" => row.logical_id = Some(self.own_text()?),
                "name" => row.name = Some(self.own_text()?),
                "arn" => row.arn = Some(self.own_text()?),
                "account" => row.account = Some(self.shared_text()?),
                "region" => row.region = Some(self.shared_text()?),
                "location" => row.location = Some(self.location()?),
                "positions" => row.positions = self.list(Self::position)?,
                "causes" => self.causes = self.list(Self::cause)?,
                "properties" => row.properties = self.value(MAX_DEPTH)?,
                "satellites" => row.satellites = self.list(Self::satellite)?,
                "defaulted" => row.defaulted = self.list(Self::defaulted)?,
                "stub" => row.stub = self.bool()?,
                "unread" => row.unread = Some(self.cause_number()?),
                "condition" => row.condition = Some(self.condition()?),
                _ => return Err(self.malformed("a member of the format")),
            }
            if !self.more(b'}')? {
                break;
            }
        }
        let (Some(file), Some(kind), Some(_)) = (file, kind, version) else { return Err(self.malformed("`v`, `file` and `kind`")) };
        row.source = self.shared.source(Source { kind, file });
        Ok(row)
    }

    fn malformed(&self, expected: &'static str) -> RowError {
        RowError::Malformed { expected, at: self.at }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn expect(&mut self, byte: u8, expected: &'static str) -> Read<()> {
        if self.peek() != Some(byte) {
            return Err(self.malformed(expected));
        }
        self.at += 1;
        Ok(())
    }

    fn comma(&mut self) -> Read<()> {
        self.expect(b',', "`,`")
    }

    /// After an element: true at a comma, false at the closing bracket.
    fn more(&mut self, close: u8) -> Read<bool> {
        let next = self.peek();
        if next != Some(b',') && next != Some(close) {
            return Err(self.malformed("`,` or the closing bracket"));
        }
        self.at += 1;
        Ok(next == Some(b','))
    }

    fn word<T: serde::de::DeserializeOwned>(&mut self, expected: &'static str) -> Read<T> {
        let text = self.string()?;
        word_of(&text).ok_or_else(|| self.malformed(expected))
    }

    fn shared_text(&mut self) -> Read<Arc<str>> {
        let text = self.string()?;
        Ok(self.shared.text(&text))
    }

    fn own_text(&mut self) -> Read<Arc<str>> {
        Ok(Arc::from(&*self.string()?))
    }

    /// A list of lists.
    fn list<T>(&mut self, mut element: impl FnMut(&mut Self) -> Read<T>) -> Read<Vec<T>> {
        let mut items = Vec::new();
        self.expect(b'[', "`[`")?;
        loop {
            self.expect(b'[', "`[`")?;
            items.push(element(self)?);
            self.expect(b']', "`]`")?;
            if !self.more(b']')? {
                return Ok(items);
            }
        }
    }

    fn position(&mut self) -> Read<(Box<str>, u32, u32)> {
        let path = Box::from(&*self.string()?);
        self.comma()?;
        let line = self.number()?;
        self.comma()?;
        Ok((path, line, self.number()?))
    }

    fn location(&mut self) -> Read<Location> {
        self.expect(b'[', "`[`")?;
        let file = self.shared_text()?;
        self.comma()?;
        let line = self.number()?;
        self.comma()?;
        let column = self.number()?;
        self.expect(b']', "`]`")?;
        Ok(Location { file, line, column })
    }

    fn cause(&mut self) -> Read<Arc<Cause>> {
        let kind = self.word("a kind of cause")?;
        self.comma()?;
        let detail = self.string()?.into_owned();
        self.comma()?;
        let iam_action = if self.null() { None } else { Some(self.string()?.into_owned()) };
        self.comma()?;
        Ok(Arc::new(Cause { kind, detail, iam_action, states_text: self.bool()? }))
    }

    fn satellite(&mut self) -> Read<Satellite> {
        let path = self.shared_text()?;
        self.comma()?;
        let resource_type = self.shared_text()?;
        self.comma()?;
        let id = self.own_text()?;
        self.comma()?;
        let location = if self.null() { None } else { Some(self.location()?) };
        Ok(Satellite { path, resource_type, id, location })
    }

    fn defaulted(&mut self) -> Read<Defaulted> {
        let path = self.shared_text()?;
        self.comma()?;
        Ok(Defaulted { path, note: self.shared_text()? })
    }

    fn condition(&mut self) -> Read<Condition> {
        self.expect(b'[', "`[`")?;
        let name = self.shared_text()?;
        self.comma()?;
        let cause = self.cause_number()?;
        self.expect(b']', "`]`")?;
        Ok(Condition { name, cause })
    }

    fn cause_number(&mut self) -> Read<Arc<Cause>> {
        let number: usize = self.number()?;
        self.causes.get(number).cloned().ok_or_else(|| self.malformed("the number of a cause"))
    }

    fn literal(&mut self, word: &str) -> bool {
        let found = self.text.as_bytes().get(self.at..).is_some_and(|rest| rest.starts_with(word.as_bytes()));
        if found {
            self.at += word.len();
        }
        found
    }

    fn null(&mut self) -> bool {
        self.literal("null")
    }

    fn bool(&mut self) -> Read<bool> {
        if self.literal("true") {
            Ok(true)
        } else if self.literal("false") {
            Ok(false)
        } else {
            Err(self.malformed("true or false"))
        }
    }

    fn number_text(&mut self) -> &'a str {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let length = rest.bytes().take_while(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E')).count();
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    fn number<T: std::str::FromStr>(&mut self) -> Read<T> {
        self.number_text().parse().map_err(|_| self.malformed("a whole number"))
    }

    fn int(&mut self) -> Read<i64> {
        self.number()
    }

    fn string(&mut self) -> Read<Cow<'a, str>> {
        self.expect(b'"', "a text")?;
        let text = self.text;
        let start = self.at;
        let mut escaped = String::new();
        let mut from = start;
        loop {
            let rest = text.as_bytes().get(self.at..).unwrap_or_default();
            let Some(length) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\')) else {
                return Err(self.malformed("the end of a text"));
            };
            self.at += length;
            let plain = text.get(from..self.at).unwrap_or_default();
            if self.peek() == Some(b'"') {
                self.at += 1;
                if from == start {
                    return Ok(Cow::Borrowed(plain));
                }
                escaped.push_str(plain);
                return Ok(Cow::Owned(escaped));
            }
            escaped.push_str(plain);
            self.at += 1;
            escaped.push(self.escape()?);
            from = self.at;
        }
    }

    /// What stands after a backslash. Surrogates are not part of the format: only control characters are written by number.
    fn escape(&mut self) -> Read<char> {
        let byte = self.peek();
        self.at += 1;
        Ok(match byte {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                let digits = self.text.get(self.at..self.at + 4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
                self.at += 4;
                let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
                number.and_then(char::from_u32).ok_or_else(|| self.malformed("four hexadecimal digits"))?
            }
            _ => return Err(self.malformed("an escape")),
        })
    }

    fn value(&mut self, depth: usize) -> Read<Value> {
        let Some(inner) = depth.checked_sub(1) else { return Err(self.malformed("less nesting")) };
        match self.peek() {
            Some(b'"') => Ok(Value::Str(Box::from(&*self.string()?))),
            Some(b'{') => self.map(inner),
            Some(b'[') => {
                self.at += 1;
                let mut items = Vec::new();
                if self.peek() == Some(b']') {
                    self.at += 1;
                    return Ok(Value::List(items));
                }
                loop {
                    items.push(self.value(inner)?);
                    if !self.more(b']')? {
                        return Ok(Value::List(items));
                    }
                }
            }
            Some(b't' | b'f') => Ok(Value::Bool(self.bool()?)),
            Some(b'n') if self.null() => Ok(Value::Null),
            Some(b'-' | b'0'..=b'9') => {
                let text = self.number_text();
                let read =
                    if text.contains(['.', 'e', 'E']) { text.parse().ok().map(Value::Float) } else { text.parse().ok().map(Value::Int) };
                read.ok_or_else(|| self.malformed("a number"))
            }
            _ => Err(self.malformed("a value")),
        }
    }

    fn map(&mut self, depth: usize) -> Read<Value> {
        self.at += 1;
        let mut members = Vec::new();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Value::Map(members));
        }
        loop {
            let name = self.string()?;
            self.expect(b':', "`:`")?;
            let key = match name.strip_prefix('$') {
                None => self.shared.text(&name),
                Some(rest) if rest.starts_with('$') => self.shared.text(rest),
                Some(_) => return self.special(&name, members.is_empty()),
            };
            members.push((key, self.value(depth)?));
            if !self.more(b'}')? {
                return Ok(Value::Map(members));
            }
        }
    }

    /// The value of a map whose only member has a name of the format's own.
    fn special(&mut self, name: &str, alone: bool) -> Read<Value> {
        let value = match name {
            UNKNOWN if alone => Value::Unknown(self.cause_number()?),
            FLOAT if alone => match &*self.string()? {
                "NaN" => Value::Float(f64::NAN),
                "inf" => Value::Float(f64::INFINITY),
                "-inf" => Value::Float(f64::NEG_INFINITY),
                _ => return Err(self.malformed("`NaN`, `inf` or `-inf`")),
            },
            _ => return Err(self.malformed("a name of the format")),
        };
        self.expect(b'}', "`}`")?;
        Ok(value)
    }
}
