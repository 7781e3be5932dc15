//! From the file to the table. The file may come from anywhere, so its size, order and numbers are checked.

use std::cmp::Ordering;
use std::io::Read as _;
use std::ops::Range;

use super::{AccessLevel, ActionRow, KeyRow, KeyType, LinkRow, Lists, Reference, ServiceRow, Span, TypeRow, compare};

/// Most bytes of text that a file may unpack to; the built-in one has about two million.
const MAX_TEXT: usize = 32 << 20;
/// Window of the compression, as a power of two, up to which memory is spent.
const MAX_WINDOW: u32 = 25;

/// Why a file is not a table of actions.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// Not compressed with zstd, or cut off.
    #[error("reference data cannot be unpacked: {reason}; give a file that `cargo xtask` made")]
    Compression {
        /// What the unpacker found.
        reason: String,
    },
    /// Larger than any table of actions.
    #[error("reference data unpacks to more than {MAX_TEXT} bytes; give a file that `cargo xtask` made")]
    TooLarge,
    /// Text of another form.
    #[error("reference data, line {line}: {reason}; give a file that `cargo xtask` made")]
    Line {
        /// The line of the unpacked text, from 1.
        line: usize,
        /// What is the matter.
        reason: String,
    },
    /// The lists beside the table do not hold together.
    #[error("reference data, `iam-lists.toml`: {reason}; build partywall from an unchanged source")]
    Lists {
        /// What is the matter.
        reason: String,
    },
    /// Another table was asked already.
    #[error("other reference data are in use already; choose them before the first question")]
    InUse,
}

impl Reference {
    /// Reads a file that `cargo xtask iam-data` made.
    ///
    /// # Errors
    /// [`ReferenceError`] if it is no such file, or unpacks to more than 32 MiB.
    pub fn from_bytes(file: &[u8]) -> Result<Self, ReferenceError> {
        Reader::read(unpack(file)?)
    }
}

/// The text of a file.
pub(super) fn unpack(file: &[u8]) -> Result<Box<str>, ReferenceError> {
    let broken = |error: std::io::Error| ReferenceError::Compression { reason: error.to_string() };
    let mut decoder = zstd::stream::Decoder::new(file).map_err(broken)?;
    decoder.window_log_max(MAX_WINDOW).map_err(broken)?;
    let mut bytes = Vec::new();
    decoder.take(MAX_TEXT as u64 + 1).read_to_end(&mut bytes).map_err(broken)?;
    if bytes.len() > MAX_TEXT {
        return Err(ReferenceError::TooLarge);
    }
    let text = String::from_utf8(bytes).map_err(|error| ReferenceError::Compression { reason: error.to_string() })?;
    Ok(text.into())
}

/// The date of a file's first line.
pub(super) fn date_of(file: &[u8]) -> Option<String> {
    let mut head = Vec::new();
    zstd::stream::Decoder::new(file).ok()?.take(256).read_to_end(&mut head).ok()?;
    String::from_utf8_lossy(&head).lines().next()?.split('\t').nth(3).map(str::to_owned)
}

struct Reader {
    table: Reference,
}

/// The fields of a line, with their places in the text.
struct Fields<'t> {
    rest: Option<&'t str>,
    start: usize,
}

impl<'t> Fields<'t> {
    fn next(&mut self) -> Result<(&'t str, Span), String> {
        let rest = self.rest.take().ok_or("a field is missing")?;
        let field = match rest.split_once('\t') {
            Some((field, more)) => {
                self.rest = Some(more);
                field
            }
            None => rest,
        };
        let end = self.start + field.len();
        let span = Span { start: number(self.start)?, end: number(end)? };
        self.start = end + 1;
        Ok((field, span))
    }
}

impl Reader {
    fn read(text: Box<str>) -> Result<Reference, ReferenceError> {
        let empty = Span { start: 0, end: 0 };
        let table = Reference {
            text,
            version: empty,
            date: empty,
            keys: Vec::new(),
            patterns: Vec::new(),
            sets: Vec::new(),
            services: Vec::new(),
            types: Vec::new(),
            actions: Vec::new(),
            links: Vec::new(),
            lists: Lists::built_in()?,
        };
        let mut reader = Self { table };
        let text = std::mem::take(&mut reader.table.text);
        let mut start = 0;
        for (number, line) in text.lines().enumerate() {
            reader.line(&text, number, line, start).map_err(|reason| ReferenceError::Line { line: number + 1, reason })?;
            start += line.len() + 1;
        }
        if start == 0 {
            return Err(ReferenceError::Line { line: 1, reason: "the file is empty".to_owned() });
        }
        reader.table.text = text;
        Ok(reader.table)
    }

    fn line(&mut self, text: &str, position: usize, line: &str, start: usize) -> Result<(), String> {
        let mut fields = Fields { rest: Some(line), start };
        let (word, _) = fields.next()?;
        if position == 0 {
            return self.head(word, &mut fields);
        }
        match word {
            "k" => self.key(text, &mut fields),
            "c" => self.set(fields.next()?.0),
            "s" => self.service(text, &mut fields),
            "t" => self.resource_type(&mut fields),
            "a" => self.action(text, &mut fields),
            other => Err(format!("`{other}` is no kind of line")),
        }
    }

    fn head(&mut self, word: &str, fields: &mut Fields<'_>) -> Result<(), String> {
        if (word, fields.next()?.0) != ("iam-data", "1") {
            return Err("does not begin with `iam-data` and form `1`".to_owned());
        }
        self.table.version = fields.next()?.1;
        let (date, span) = fields.next()?;
        let is_date = date.len() == 10
            && date.bytes().enumerate().all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() });
        if !is_date {
            return Err(format!("`{date}` is no date"));
        }
        self.table.date = span;
        Ok(())
    }

    fn key(&mut self, text: &str, fields: &mut Fields<'_>) -> Result<(), String> {
        let (name, span) = fields.next()?;
        ordered(text, self.table.keys.last().map(|row| row.name), name)?;
        let (kind, _) = fields.next()?;
        let (kind, global) = match kind.strip_suffix('g') {
            Some(kind) => (kind, true),
            None => (kind, false),
        };
        let (letter, multi_valued) = match kind.strip_suffix('+') {
            Some(letter) => (letter, true),
            None => (kind, false),
        };
        let kind = match letter {
            "S" => KeyType::String,
            "A" => KeyType::Arn,
            "B" => KeyType::Bool,
            "N" => KeyType::Numeric,
            "D" => KeyType::Date,
            "I" => KeyType::IpAddress,
            "X" => KeyType::Binary,
            other => return Err(format!("`{other}` is no type of a condition key")),
        };
        if name.contains('*') {
            self.table.patterns.push(number(self.table.keys.len())?);
        }
        let _: u16 = number(self.table.keys.len())?;
        self.table.keys.push(KeyRow { name: span, kind, multi_valued, global });
        Ok(())
    }

    fn set(&mut self, list: &str) -> Result<(), String> {
        let mut set = Vec::new();
        for item in list.split(',').filter(|item| !item.is_empty()) {
            set.push(below(item, self.table.keys.len(), "condition key")?);
        }
        if !set.is_sorted() {
            return Err("condition keys of a set are out of order".to_owned());
        }
        self.table.sets.push(set.into());
        Ok(())
    }

    fn service(&mut self, text: &str, fields: &mut Fields<'_>) -> Result<(), String> {
        let (prefix, span) = fields.next()?;
        ordered(text, self.table.services.last().map(|row| row.prefix), prefix)?;
        let rcp = fields.next()?.0 == "r";
        let title = fields.next()?.1;
        let (types, actions) = (end(&self.table.types)?, end(&self.table.actions)?);
        let _: u16 = number(self.table.services.len())?;
        self.table.services.push(ServiceRow { prefix: span, title, rcp, types, actions });
        Ok(())
    }

    fn resource_type(&mut self, fields: &mut Fields<'_>) -> Result<(), String> {
        let name = fields.next()?.1;
        let set = below(fields.next()?.0, self.table.sets.len(), "set of condition keys")?;
        let (template, arn) = fields.next()?;
        if template.split(':').count() < 6 {
            return Err(format!("`{template}` is no ARN"));
        }
        self.table.types.push(TypeRow { name, arn, set });
        self.table.services.last_mut().ok_or("a resource type before any service")?.types.end = number(self.table.types.len())?;
        Ok(())
    }

    fn action(&mut self, text: &str, fields: &mut Fields<'_>) -> Result<(), String> {
        let (name, span) = fields.next()?;
        let level = match fields.next()?.0 {
            "L" => AccessLevel::List,
            "R" => AccessLevel::Read,
            "W" => AccessLevel::Write,
            "T" => AccessLevel::Tagging,
            "P" => AccessLevel::PermissionsManagement,
            other => return Err(format!("`{other}` is no access level")),
        };
        let set = below(fields.next()?.0, self.table.sets.len(), "set of condition keys")?;
        let mut links = end(&self.table.links)?;
        let service_number = self.table.services.len().saturating_sub(1);
        let service = self.table.services.last_mut().ok_or("an action before any service")?;
        for link in fields.next()?.0.split(',').filter(|link| !link.is_empty()) {
            let (which, link_set) = link.split_once(':').unwrap_or((link, "0"));
            let (which, required) = match which.strip_suffix('!') {
                Some(which) => (which, true),
                None => (which, false),
            };
            let kind: u32 = below(which, service.types.len(), "resource type")?;
            let set = below(link_set, self.table.sets.len(), "set of condition keys")?;
            self.table.links.push(LinkRow { kind: service.types.start + kind, required, set });
        }
        links.end = number(self.table.links.len())?;
        if !service.actions.is_empty() {
            ordered(text, self.table.actions.last().map(|row| row.name), name)?;
        }
        let dependent = fields.next()?.1;
        let position = number(self.table.actions.len())?;
        self.table.actions.push(ActionRow { number: position, name: span, service: number(service_number)?, level, set, links, dependent });
        service.actions.end = number(self.table.actions.len())?;
        Ok(())
    }
}

/// The empty range after the last row.
fn end<T>(rows: &[T]) -> Result<Range<u32>, String> {
    let end = number(rows.len())?;
    Ok(end..end)
}

/// Names are looked up by halving, so each must come after the one before.
fn ordered(text: &str, before: Option<Span>, name: &str) -> Result<(), String> {
    let before = before.and_then(|span| text.get(span.start as usize..span.end as usize));
    match before {
        Some(before) if compare(before, name) != Ordering::Less => Err(format!("`{name}` does not come after `{before}`")),
        _ => Ok(()),
    }
}

fn number<T: TryFrom<usize>>(value: usize) -> Result<T, String> {
    T::try_from(value).map_err(|_| "more rows than a table can have".to_owned())
}

/// A number of a row that is there.
fn below<T: TryFrom<usize>>(text: &str, rows: usize, what: &str) -> Result<T, String> {
    let value: usize = text.parse().map_err(|_| format!("`{text}` is no number of a {what}"))?;
    if value >= rows {
        return Err(format!("there is no {what} {value}"));
    }
    number(value)
}
