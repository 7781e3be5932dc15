use std::sync::Arc;

use crate::Cause;

/// A property name; shared, because the same few names occur in every resource.
pub type Key = Arc<str>;

/// One fact, or a tree of facts, as a source shows it.
///
/// Absent and unknown are different things: [`Value::Null`] was looked for and is not set, [`Value::Unknown`] could not be
/// read. A list that holds an `Unknown` element is an incomplete list: its known elements count, the rest is not known.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    /// Looked for, not set.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number that fits 64 bits.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// Text.
    Str(Box<str>),
    /// Elements in source order.
    List(Vec<Value>),
    /// Members in source order; keys are unique.
    Map(Vec<(Key, Value)>),
    /// Could not be read, and why.
    Unknown(Arc<Cause>),
}

impl Value {
    /// Makes text.
    pub fn str(text: impl Into<Box<str>>) -> Self {
        Self::Str(text.into())
    }

    /// Puts the members of all maps in it in the order of their names; elements of lists stay where they are.
    pub fn sort_members(&mut self) {
        match self {
            Self::Map(members) => {
                members.sort_by(|(one, _), (other, _)| one.cmp(other));
                for (_, member) in members {
                    member.sort_members();
                }
            }
            Self::List(items) => items.iter_mut().for_each(Self::sort_members),
            _ => {}
        }
    }

    /// Makes an unknown.
    pub fn unknown(cause: Cause) -> Self {
        Self::Unknown(Arc::new(cause))
    }

    /// The text, if this is text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The boolean, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The elements, if this is a list.
    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// The members, if this is a map.
    pub fn as_map(&self) -> Option<&[(Key, Value)]> {
        match self {
            Self::Map(members) => Some(members),
            _ => None,
        }
    }

    /// True for [`Value::Null`].
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// True for [`Value::Unknown`] itself, not for trees that hold one.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown(_))
    }

    /// True if this is unknown or anything in it is.
    pub fn holds_unknown(&self) -> bool {
        self.first_unknown().is_some()
    }

    /// The first cause found in document order, here or anywhere inside.
    pub fn first_unknown(&self) -> Option<&Arc<Cause>> {
        match self {
            Self::Unknown(cause) => Some(cause),
            Self::List(items) => items.iter().find_map(Self::first_unknown),
            Self::Map(members) => members.iter().find_map(|(_, value)| value.first_unknown()),
            _ => None,
        }
    }

    /// The member of that name, if this is a map that has it.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.as_map()?.iter().find(|(key, _)| &**key == name).map(|(_, value)| value)
    }

    /// Follows a dotted path of member names. An unknown on the way is the answer; an absent member gives `None`.
    pub fn at(&self, path: &str) -> Option<&Value> {
        let mut here = self;
        for name in path.split('.') {
            if here.is_unknown() {
                return Some(here);
            }
            here = here.get(name)?;
        }
        Some(here)
    }

    /// Sets a member, replacing one of the same name. On anything but a map this makes a map first.
    pub fn set(&mut self, name: &str, value: Value) {
        if !matches!(self, Self::Map(_)) {
            *self = Self::Map(Vec::new());
        }
        if let Self::Map(members) = self {
            match members.iter_mut().find(|(key, _)| &**key == name) {
                Some((_, old)) => *old = value,
                None => members.push((Arc::from(name), value)),
            }
        }
    }

    /// Sets the value at a dotted path, making maps on the way. Does nothing below an unknown: what is there is not known.
    pub fn set_at(&mut self, path: &str, value: Value) {
        if self.is_unknown() {
            return;
        }
        match path.split_once('.') {
            None => self.set(path, value),
            Some((first, rest)) => {
                if self.get(first).is_none_or(Value::is_null) {
                    self.set(first, Self::Map(Vec::new()));
                }
                if let Self::Map(members) = self
                    && let Some((_, child)) = members.iter_mut().find(|(key, _)| &**key == first)
                {
                    child.set_at(rest, value);
                }
            }
        }
    }
}
