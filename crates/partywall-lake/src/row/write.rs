use std::fmt::Write as _;
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt as _};
use partywall_model::{Cause, Location, Resource, Value};
use partywall_table::write_json_string;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::{FLOAT, MAX_DEPTH, MAX_ROW_BYTES, ROW_VERSION, RowError, UNKNOWN, time_text};

/// A row as text, and the hash of what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowText {
    /// One line of JSON.
    pub text: String,
    /// SHA-256 of the text from its member `kind` to the end: all of the row but file and time of observation.
    pub hash: [u8; 32],
}

/// Writes rows; keeps its buffers from one to the next.
#[derive(Debug, Default)]
pub struct RowWriter {
    properties: String,
    causes: Vec<Arc<Cause>>,
    numbers: HashMap<Arc<Cause>, usize>,
}

impl RowWriter {
    /// Makes a writer.
    pub fn new() -> Self {
        Self { properties: String::new(), causes: Vec::new(), numbers: HashMap::new() }
    }

    /// Writes one row. Equal resources give equal text.
    ///
    /// # Errors
    /// The row nests too deep or is too long ([`MAX_DEPTH`], [`MAX_ROW_BYTES`]).
    pub fn write(&mut self, row: &Resource) -> Result<RowText, RowError> {
        self.causes.clear();
        self.numbers.clear();
        let mut properties = std::mem::take(&mut self.properties);
        properties.clear();
        let whole = self.value(&row.properties, &mut properties, MAX_DEPTH);
        let unread = row.unread.as_ref().map(|cause| self.number(cause));
        let condition = row.condition.as_ref().map(|condition| (&condition.name, self.number(&condition.cause)));

        let mut out = String::with_capacity(properties.len() + 512);
        let _ = write!(out, "{{\"v\":{ROW_VERSION}");
        text(&mut out, "file", &row.source.file);
        if let Some(time) = row.observed_at {
            text(&mut out, "observed_at", &time_text(time));
        }
        out.push(',');
        let hashed_from = out.len();
        out.push_str("\"kind\":");
        word(&mut out, &row.source.kind);
        text(&mut out, "type", &row.resource_type);
        text(&mut out, "id", &row.id);
        let named =
            [("logical_id", &row.logical_id), ("name", &row.name), ("arn", &row.arn), ("account", &row.account), ("region", &row.region)];
        for (name, value) in named {
            if let Some(value) = value {
                text(&mut out, name, value);
            }
        }
        if let Some(place) = &row.location {
            out.push_str(",\"location\":");
            location(&mut out, place);
        }
        list(&mut out, "positions", &row.positions, |out, (path, line, column)| {
            write_json_string(path, out);
            let _ = write!(out, ",{line},{column}");
        });
        list(&mut out, "causes", &self.causes, |out, cause| {
            word(out, &cause.kind);
            out.push(',');
            write_json_string(&cause.detail, out);
            out.push(',');
            match &cause.iam_action {
                Some(action) => write_json_string(action, out),
                None => out.push_str("null"),
            }
            out.push_str(if cause.states_text { ",true" } else { ",false" });
        });
        out.push_str(",\"properties\":");
        out.push_str(&properties);
        list(&mut out, "satellites", &row.satellites, |out, satellite| {
            write_json_string(&satellite.path, out);
            out.push(',');
            write_json_string(&satellite.resource_type, out);
            out.push(',');
            write_json_string(&satellite.id, out);
            out.push(',');
            match &satellite.location {
                Some(place) => location(out, place),
                None => out.push_str("null"),
            }
        });
        list(&mut out, "defaulted", &row.defaulted, |out, defaulted| {
            write_json_string(&defaulted.path, out);
            out.push(',');
            write_json_string(&defaulted.note, out);
        });
        if row.stub {
            out.push_str(",\"stub\":true");
        }
        if let Some(number) = unread {
            let _ = write!(out, ",\"unread\":{number}");
        }
        if let Some((name, number)) = condition {
            out.push_str(",\"condition\":[");
            write_json_string(name, &mut out);
            let _ = write!(out, ",{number}]");
        }
        out.push('}');
        self.properties = properties;

        let named = || (row.resource_type.clone(), row.id.clone());
        if !whole {
            let (resource_type, id) = named();
            return Err(RowError::TooDeep { resource_type, id });
        }
        if out.len() > MAX_ROW_BYTES {
            let (resource_type, id) = named();
            return Err(RowError::TooLong { resource_type, id });
        }
        let hash = Sha256::digest(out.as_bytes().get(hashed_from..).unwrap_or_default()).into();
        Ok(RowText { text: out, hash })
    }

    fn number(&mut self, cause: &Arc<Cause>) -> usize {
        if let Some(number) = self.numbers.get(cause) {
            return *number;
        }
        let number = self.causes.len();
        self.causes.push(cause.clone());
        self.numbers.insert(cause.clone(), number);
        number
    }

    /// False if it nests deeper than `depth`; what is written is then not whole.
    fn value(&mut self, value: &Value, out: &mut String, depth: usize) -> bool {
        let Some(inner) = depth.checked_sub(1) else { return false };
        match value {
            Value::Null => out.push_str("null"),
            Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Value::Int(number) => {
                let _ = write!(out, "{number}");
            }
            // Rust's `{:?}` is the shortest text that is read back equal, and always has a point or an exponent.
            Value::Float(number) if number.is_finite() => {
                let _ = write!(out, "{number:?}");
            }
            Value::Float(number) => {
                let _ = write!(out, "{{\"{FLOAT}\":\"{number}\"}}");
            }
            Value::Str(text) => write_json_string(text, out),
            Value::List(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    if !self.value(item, out, inner) {
                        return false;
                    }
                }
                out.push(']');
            }
            Value::Map(members) => {
                out.push('{');
                for (index, (key, value)) in members.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    if key.starts_with('$') {
                        write_json_string(&format!("${key}"), out);
                    } else {
                        write_json_string(key, out);
                    }
                    out.push(':');
                    if !self.value(value, out, inner) {
                        return false;
                    }
                }
                out.push('}');
            }
            Value::Unknown(cause) => {
                let number = self.number(cause);
                let _ = write!(out, "{{\"{UNKNOWN}\":{number}}}");
            }
        }
        true
    }
}

fn text(out: &mut String, name: &str, value: &str) {
    out.push_str(",\"");
    out.push_str(name);
    out.push_str("\":");
    write_json_string(value, out);
}

/// A word of a closed list, by the name that serde gives it.
fn word(out: &mut String, word: &impl Serialize) {
    out.push_str(&serde_json::to_string(word).unwrap_or_default());
}

fn location(out: &mut String, place: &Location) {
    out.push('[');
    write_json_string(&place.file, out);
    let _ = write!(out, ",{},{}]", place.line, place.column);
}

/// A member that is a list of lists; nothing if it is empty.
fn list<T>(out: &mut String, name: &str, items: &[T], mut write: impl FnMut(&mut String, &T)) {
    for (index, item) in items.iter().enumerate() {
        if index == 0 {
            let _ = write!(out, ",\"{name}\":[");
        } else {
            out.push(',');
        }
        out.push('[');
        write(out, item);
        out.push(']');
    }
    if !items.is_empty() {
        out.push(']');
    }
}
