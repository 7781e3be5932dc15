use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use partywall_model::{Key, Value};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

/// Shares member names: the same few hundred occur in every item.
#[derive(Debug, Default)]
pub(crate) struct Names(HashSet<Key>);

impl Names {
    fn share(&mut self, name: &str) -> Key {
        if let Some(known) = self.0.get(name) {
            return known.clone();
        }
        let key: Key = Arc::from(name);
        self.0.insert(key.clone());
        key
    }
}

/// Reads JSON text as facts. Nesting beyond 128 levels is an error of the parser, not a crash.
///
/// # Errors
/// The text is no JSON; with line and column.
pub(crate) fn value_from_slice(bytes: &[u8], names: &mut Names) -> Result<Value, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = Seed(names).deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// Reads one value of a larger document.
pub(crate) struct Seed<'a>(pub(crate) &'a mut Names);

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
        while let Some(item) = access.next_element_seed(Seed(self.0))? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut members: Vec<(Key, Value)> = Vec::new();
        while let Some(name) = access.next_key::<std::borrow::Cow<'_, str>>()? {
            let key = self.0.share(&name);
            let value = access.next_value_seed(Seed(self.0))?;
            members.push((key, value));
        }
        Ok(Value::Map(members))
    }
}
