//! Parts of a document as they are written: members by name, texts, lists of texts, each with its place.

use std::sync::Arc;

use partywall_model::{Cause, Key, Value};

use crate::error::wrong_type;
use crate::json::{Places, Position};
use crate::{Items, Known, Patterns};

/// A part of a document, and where it stands if the document is text.
#[derive(Clone, Copy)]
pub(crate) struct Node<'v> {
    pub(crate) value: &'v Value,
    pub(crate) places: Option<&'v Places>,
}

impl<'v> Node<'v> {
    pub(crate) fn at(self) -> Option<Position> {
        self.places.map(|places| places.at)
    }

    /// The cause of this part not being what AWS accepts.
    pub(crate) fn wrong(self, detail: impl std::fmt::Display) -> Arc<Cause> {
        match self.at() {
            Some(at) => wrong_type(format!("{detail} ({at})")),
            None => wrong_type(detail.to_string()),
        }
    }

    /// Elements of a list or members of a map, by number.
    pub(crate) fn inner(self, number: usize, value: &'v Value) -> Self {
        Self { value, places: self.places.and_then(|places| places.inner.get(number)) }
    }

    pub(crate) fn members(self, members: &'v [(Key, Value)]) -> impl Iterator<Item = (&'v Key, Self)> {
        members.iter().enumerate().map(move |(number, (name, value))| (name, self.inner(number, value)))
    }

    pub(crate) fn items(self, items: &'v [Value]) -> impl Iterator<Item = Self> {
        items.iter().enumerate().map(move |(number, value)| self.inner(number, value))
    }
}

/// The members of those names, in that order; null counts as absent.
pub(crate) fn elements<'v, const N: usize>(node: Node<'v>, names: [&str; N], what: &str) -> Result<[Option<Node<'v>>; N], Arc<Cause>> {
    let members = match node.value {
        Value::Map(members) => members,
        Value::Unknown(cause) => return Err(Arc::clone(cause)),
        other => return Err(node.wrong(format_args!("{what} is {}, not an object", kind_of(other)))),
    };
    let mut found = [None; N];
    for (key, value) in node.members(members) {
        let slot = names.iter().position(|name| name.eq_ignore_ascii_case(key)).and_then(|position| found.get_mut(position));
        match slot {
            None => return Err(value.wrong(format_args!("{what} has an element `{key}` that policies do not have"))),
            Some(Some(_)) => return Err(value.wrong(format_args!("{what} has `{key}` twice"))),
            Some(free) => *free = Some(value),
        }
    }
    Ok(found.map(|node: Option<Node<'v>>| node.filter(|node| !node.value.is_null())))
}

/// A text or a list of texts.
pub(crate) fn texts(node: Node<'_>) -> Known<Patterns> {
    let mut items = Items::default();
    match node.value {
        Value::List(list) => {
            for item in node.items(list) {
                items.push(scalar(item));
            }
        }
        _ => match scalar(node) {
            Ok(text) => items.known.push(text),
            Err(cause) => return Known::Unknown(cause),
        },
    }
    Known::Is(items)
}

pub(crate) fn text(node: Node<'_>) -> Known<Box<str>> {
    match scalar(node) {
        Ok(text) => Known::Is(text),
        Err(cause) => Known::Unknown(cause),
    }
}

/// Text as a policy spells it. Templates may write account ids as numbers, which lose their leading zeros, and booleans bare.
pub(crate) fn scalar(node: Node<'_>) -> Result<Box<str>, Arc<Cause>> {
    match node.value {
        Value::Str(text) => Ok(text.clone()),
        Value::Bool(value) => Ok(value.to_string().into()),
        Value::Int(number @ 1_000_000_000..=999_999_999_999) => Ok(format!("{number:012}").into()),
        Value::Int(number) => Ok(number.to_string().into()),
        Value::Float(number) => Ok(number.to_string().into()),
        Value::Unknown(cause) => Err(Arc::clone(cause)),
        other => Err(node.wrong(format_args!("expected text, found {}", kind_of(other)))),
    }
}

pub(crate) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Int(_) | Value::Float(_) => "a number",
        Value::Str(_) => "text",
        Value::List(_) => "a list",
        Value::Map(_) => "an object",
        Value::Unknown(_) => "something unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_the_digits_of_account_ids() {
        assert_eq!(scalar(Node { value: &Value::Int(12_345_678_901), places: None }).unwrap(), "012345678901".into());
        assert_eq!(scalar(Node { value: &Value::Int(443), places: None }).unwrap(), "443".into());
    }
}
