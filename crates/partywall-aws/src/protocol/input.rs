//! What a call is asked with, held against the model before anything is sent. The rules are those of botocore's `validate.py`.

use partywall_model::{Value, near};

use super::message::InputError;
use super::{text, timestamp};
use crate::model::{Kind, Location, Operation, Service, Structure, Target};

/// No input of a person or a catalogue is near this deep.
const MAX_DEPTH: usize = 64;

/// Checks that the input fits the operation's request.
pub(super) fn check(service: &Service, operation: &Operation, input: &Value) -> Result<(), InputError> {
    let Some(target) = &operation.input else {
        return match input {
            Value::Null => Ok(()),
            Value::Map(members) if members.is_empty() => Ok(()),
            _ => Err(InputError::new(format!("{} takes no input", operation.name))),
        };
    };
    let mut checking = Checking { service, operation: &operation.name, path: String::new(), depth: 0 };
    match input {
        Value::Null => checking.value(target, &Value::Map(Vec::new())),
        input => checking.value(target, input),
    }
}

struct Checking<'a> {
    service: &'a Service,
    operation: &'a str,
    path: String,
    depth: usize,
}

impl Checking<'_> {
    fn error<T>(&self, what: &str) -> Result<T, InputError> {
        if self.path.is_empty() {
            return Err(InputError::new(format!("bad input of {}: {what}", self.operation)));
        }
        Err(InputError::at(self.operation, &self.path, what))
    }

    fn within(&mut self, part: &str, target: &Target, value: &Value) -> Result<(), InputError> {
        let length = self.path.len();
        if length > 0 && !part.starts_with('[') {
            self.path.push('.');
        }
        self.path.push_str(part);
        self.value(target, value)?;
        self.path.truncate(length);
        Ok(())
    }

    fn value(&mut self, target: &Target, value: &Value) -> Result<(), InputError> {
        if let Value::Unknown(_) = value {
            return self.error("its value is unknown");
        }
        if self.depth == MAX_DEPTH {
            return self.error("too deep");
        }
        self.depth += 1;
        let shape = self.service.shape(target.shape);
        match (&shape.kind, value) {
            (Kind::Structure(structure), _) if structure.document => self.document(value)?,
            (Kind::Structure(structure), Value::Map(members)) => self.structure(structure, members)?,
            (Kind::List(list), Value::List(items)) => {
                self.least(shape.min, items.len(), "elements")?;
                for (index, item) in items.iter().enumerate() {
                    if item.is_null() && list.sparse {
                        continue;
                    }
                    self.within(&format!("[{index}]"), &list.member, item)?;
                }
            }
            (Kind::Map(map), Value::Map(entries)) => {
                for (key, value) in entries.iter().filter(|(_, value)| !value.is_null()) {
                    self.within(key, &map.value, value)?;
                }
            }
            (Kind::String, Value::Str(text)) => self.least(shape.min, text.chars().count(), "letters")?,
            (Kind::Boolean, Value::Bool(_)) => {}
            (Kind::Integer { .. } | Kind::Float, Value::Int(number)) => self.smallest(shape.min, *number as f64)?,
            (Kind::Float, Value::Float(number)) => self.smallest(shape.min, *number)?,
            (Kind::Float, Value::Str(text)) if matches!(&**text, "NaN" | "Infinity" | "-Infinity") => {}
            (Kind::Blob, Value::Str(blob)) if text::base64(blob).is_some() => {}
            (Kind::Blob, Value::Str(_)) => return self.error("not base64"),
            (Kind::Timestamp, Value::Str(_) | Value::Int(_) | Value::Float(_)) => {
                if text::moment(value).is_none() {
                    return self.error("no timestamp; write it as 2026-11-22T10:00:00Z");
                }
            }
            (kind, _) => return self.error(&format!("expected {}, not {}", expected(kind), found(value))),
        }
        self.depth -= 1;
        Ok(())
    }

    fn structure(&mut self, structure: &Structure, given: &[(partywall_model::Key, Value)]) -> Result<(), InputError> {
        let set = || given.iter().filter(|(_, value)| !value.is_null());
        for (name, _) in set() {
            if structure.member(name).is_none() {
                let near = near::did_you_mean(name, structure.members.iter().map(|member| &*member.name));
                let path = if self.path.is_empty() { name.to_string() } else { format!("{}.{name}", self.path) };
                return Err(InputError::at(self.operation, &path, &format!("no such member{near}")));
            }
        }
        for member in structure.required() {
            if !set().any(|(name, _)| *name == member.name) {
                return self.error(&format!("`{}` is missing", member.name));
            }
        }
        if structure.union && set().count() != 1 {
            return self.error("exactly one member must be set");
        }
        for (name, value) in set() {
            let Some(member) = structure.member(name) else { continue };
            if member.json_value && member.location == Location::Header {
                continue;
            }
            if self.service.structure(&member.target).is_some_and(|structure| structure.event_stream) {
                return self.error("streams of events are not spoken");
            }
            self.within(name, &member.target, value)?;
            if member.location == Location::Uri && matches!(value, Value::Str(text) if text.is_empty()) {
                let length = self.path.len();
                self.path.push_str(name);
                let error = self.error("empty");
                self.path.truncate(length);
                return error;
            }
        }
        Ok(())
    }

    fn document(&mut self, value: &Value) -> Result<(), InputError> {
        if self.depth == MAX_DEPTH {
            return self.error("too deep");
        }
        self.depth += 1;
        match value {
            Value::Unknown(_) => return self.error("its value is unknown"),
            Value::List(items) => items.iter().try_for_each(|item| self.document(item))?,
            Value::Map(members) => members.iter().try_for_each(|(_, value)| self.document(value))?,
            _ => {}
        }
        self.depth -= 1;
        Ok(())
    }

    fn least(&self, min: Option<f64>, length: usize, of: &str) -> Result<(), InputError> {
        match min {
            Some(min) if (length as f64) < min => self.error(&format!("{length} {of}, at least {min}")),
            _ => Ok(()),
        }
    }

    fn smallest(&self, min: Option<f64>, number: f64) -> Result<(), InputError> {
        match min {
            Some(min) if number < min => self.error(&format!("{number} is less than {min}")),
            _ => Ok(()),
        }
    }
}

fn expected(kind: &Kind) -> &'static str {
    match kind {
        Kind::Structure(_) | Kind::Map(_) => "an object",
        Kind::List(_) => "a list",
        Kind::String => "text",
        Kind::Boolean => "true or false",
        Kind::Integer { .. } => "a whole number",
        Kind::Float => "a number",
        Kind::Blob => "base64",
        Kind::Timestamp => "a timestamp",
    }
}

fn found(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Int(_) => "a whole number",
        Value::Float(number) if number.is_finite() => "a number",
        Value::Float(number) => timestamp::special_float(*number),
        Value::Str(_) => "text",
        Value::List(_) => "a list",
        Value::Map(_) => "an object",
        Value::Unknown(_) => "an unknown",
    }
}

/// What goes before the host, its labels filled from the input.
pub(super) fn host_prefix(service: &Service, operation: &Operation, input: &Value) -> Result<String, InputError> {
    let Some(template) = &operation.host_prefix else { return Ok(String::new()) };
    let mut prefix = template.to_string();
    for member in service.input(operation).iter().flat_map(|structure| &structure.members).filter(|member| member.host_label) {
        let value = input.get(&member.name).and_then(Value::as_str).unwrap_or_default();
        let is_label = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '.';
        if value.is_empty() || !value.chars().all(is_label) {
            return Err(InputError::at(&operation.name, &member.name, "only letters, digits, hyphens and periods go into a host's name"));
        }
        prefix = prefix.replace(&format!("{{{}}}", member.name), value);
    }
    Ok(prefix)
}
