use std::fmt;
use std::sync::Arc;

use foldhash::{HashSet, HashSetExt as _};

use partywall_model::{Key, Value};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Shares member names: the same few hundred occur in every item.
#[derive(Debug, Default)]
pub(crate) struct Names(HashSet<Key>);

/// Names that are kept at most: some inputs have keys of their own in every item.
const KEPT: usize = 65_536;

impl Names {
    pub(crate) fn share(&mut self, name: &str) -> Key {
        if let Some(known) = self.0.get(name) {
            return known.clone();
        }
        if self.0.len() >= KEPT {
            self.0 = HashSet::new();
        }
        let key: Key = Arc::from(name);
        self.0.insert(key.clone());
        key
    }
}

/// JSON as facts: whole numbers stay whole, members keep their order.
///
/// # Errors
/// It is no JSON; the line says where.
pub fn parse_json(text: &str) -> Result<Value, serde_json::Error> {
    value_from_slice(text.as_bytes(), &mut Names::default())
}

/// Reads JSON text as facts. Nesting beyond 128 levels is an error of the parser, not a crash.
///
/// # Errors
/// The text is no JSON; with line and column.
pub(crate) fn value_from_slice(bytes: &[u8], names: &mut Names) -> Result<Value, serde_json::Error> {
    object_without(bytes, &[], names)
}

/// As [`value_from_slice`], without these members of the outermost object.
///
/// # Errors
/// As there.
pub(crate) fn object_without(bytes: &[u8], left_out: &[&str], names: &mut Names) -> Result<Value, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = Seed { names, left_out }.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

struct Seed<'a> {
    names: &'a mut Names,
    left_out: &'a [&'a str],
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(i64::try_from(value).map_or(Value::Float(value as f64), Value::Int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float(value))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::str(text))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(Seed { names: self.names, left_out: &[] })? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut members: Vec<(Key, Value)> = Vec::new();
        while let Some(name) = access.next_key::<std::borrow::Cow<'_, str>>()? {
            if self.left_out.contains(&&*name) {
                access.next_value::<IgnoredAny>()?;
                continue;
            }
            let key = self.names.share(&name);
            let value = access.next_value_seed(Seed { names: self.names, left_out: &[] })?;
            members.push((key, value));
        }
        Ok(Value::Map(members))
    }
}
