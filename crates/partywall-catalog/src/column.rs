use std::collections::BTreeMap;
use std::sync::Arc;

use partywall_model::Key;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// The shape of one property (`ARCHITECTURE.md` §4, "Schema → column").
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// Text.
    Str,
    /// Boolean.
    Bool,
    /// 64-bit whole number.
    Int,
    /// 64-bit floating number.
    Num,
    /// Canonical JSON text: policy documents, recursive or untyped shapes.
    Json,
    /// String to string map with sorted keys.
    Map,
    /// List in source order.
    List(Box<Column>),
    /// Members by name.
    Struct(Schema),
}

/// The members of a struct, sorted by name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Schema(Vec<(Key, Column)>);

impl Schema {
    /// The members in name order.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Column)> {
        self.0.iter().map(|(key, column)| (key, column))
    }

    /// The member of exactly that name.
    pub fn get(&self, name: &str) -> Option<&Column> {
        self.entry(name).map(|(_, column)| column)
    }

    /// The member of exactly that name, with its shared key.
    pub fn entry(&self, name: &str) -> Option<&(Key, Column)> {
        self.0.binary_search_by(|(key, _)| (**key).cmp(name)).ok().and_then(|index| self.0.get(index))
    }

    /// The member of that name whatever the case of its letters.
    pub fn entry_ignoring_case(&self, name: &str) -> Option<&(Key, Column)> {
        self.entry(name).or_else(|| self.0.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)))
    }

    /// Adds a member; structs of the same name are merged, anything else is replaced.
    pub fn insert(&mut self, name: Key, column: Column) {
        match self.0.binary_search_by(|(key, _)| key.cmp(&name)) {
            Err(index) => self.0.insert(index, (name, column)),
            Ok(index) => {
                if let Some((_, old)) = self.0.get_mut(index) {
                    match (old, column) {
                        (Column::Struct(members), Column::Struct(added)) => {
                            for (key, column) in added.0 {
                                members.insert(key, column);
                            }
                        }
                        (old, column) => *old = column,
                    }
                }
            }
        }
    }

    /// Adds a member at a dotted path, making structs on the way.
    pub fn insert_at(&mut self, path: &str, column: Column) {
        match path.split_once('.') {
            None => self.insert(Key::from(path), column),
            Some((first, rest)) => {
                let mut inner = Schema::default();
                inner.insert_at(rest, column);
                self.insert(Key::from(first), Column::Struct(inner));
            }
        }
    }

    /// The column at a dotted path; a path may not pass a list, a map or JSON. `X[]` steps into a list's element.
    pub fn at(&self, path: &str) -> Option<&Column> {
        let (first, rest) = match path.split_once('.') {
            Some((first, rest)) => (first, Some(rest)),
            None => (path, None),
        };
        let (name, element) = match first.strip_suffix("[]") {
            Some(name) => (name, true),
            None => (first, false),
        };
        let mut column = self.get(name)?;
        if element {
            match column {
                Column::List(inner) => column = inner,
                _ => return None,
            }
        }
        match (rest, column) {
            (None, column) => Some(column),
            (Some(rest), Column::Struct(members)) => members.at(rest),
            _ => None,
        }
    }

    /// True if there are no members.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The number of members.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl FromIterator<(Key, Column)> for Schema {
    fn from_iter<T: IntoIterator<Item = (Key, Column)>>(members: T) -> Self {
        let mut members: Vec<_> = members.into_iter().collect();
        members.sort_by(|(a, _), (b, _)| a.cmp(b));
        members.dedup_by(|(a, _), (b, _)| a == b);
        Self(members)
    }
}

/// Accepts both spellings: one letter in generated files, the word in hand-written ones.
impl<'de> Deserialize<'de> for Column {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Raw {
            Leaf(String),
            List(Vec<Column>),
            Struct(BTreeMap<Arc<str>, Column>),
        }
        match Raw::deserialize(deserializer)? {
            Raw::Leaf(word) => match word.as_str() {
                "s" | "string" => Ok(Self::Str),
                "b" | "boolean" => Ok(Self::Bool),
                "i" | "integer" => Ok(Self::Int),
                "n" | "number" => Ok(Self::Num),
                "j" | "json" => Ok(Self::Json),
                "m" | "map" => Ok(Self::Map),
                _ => Err(D::Error::custom(format!(
                    "`{word}` is no column type: write string, boolean, integer, number, json, map, [type] or a table"
                ))),
            },
            Raw::List(mut items) => match (items.pop(), items.is_empty()) {
                (Some(item), true) => Ok(Self::List(Box::new(item))),
                _ => Err(D::Error::custom("a list type holds exactly one element type")),
            },
            Raw::Struct(members) => Ok(Self::Struct(members.into_iter().collect())),
        }
    }
}
