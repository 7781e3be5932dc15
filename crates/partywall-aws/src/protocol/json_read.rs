//! Answers in JSON, read by shape without a tree between.

use std::fmt;
use std::sync::Arc;

use partywall_model::{Key, Value};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::message::Malformed;
use super::timestamp::Moment;
use super::{in_order, text, unique, unknown_of_union};
use crate::model::{Kind, List, Map, Protocol, Service, Structure, Target};

/// Reads a whole body; an empty one is an object without members.
pub(super) fn body(service: &Service, target: &Target, body: &[u8]) -> Result<Value, Malformed> {
    let body = if body.is_empty() { b"{}" } else { body };
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value = Shaped { service, target }.deserialize(&mut deserializer)?;
    deserializer.end()?;
    match value {
        Value::Null => Err(Malformed::new("null instead of an answer")),
        value => Ok(value),
    }
}

/// Any JSON as it is.
pub(super) fn any(text: &[u8]) -> Result<Value, Malformed> {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let value = Any.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

#[derive(Clone, Copy)]
struct Shaped<'a> {
    service: &'a Service,
    target: &'a Target,
}

impl<'de> DeserializeSeed<'de> for Shaped<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        match self.service.kind(self.target) {
            Kind::Structure(structure) if structure.document => Any.deserialize(deserializer),
            Kind::Structure(structure) => deserializer.deserialize_any(Members { shaped: self, structure }),
            Kind::List(list) => deserializer.deserialize_any(Items { service: self.service, list }),
            Kind::Map(map) => deserializer.deserialize_any(Entries { service: self.service, map }),
            kind => {
                let value = Any.deserialize(deserializer)?;
                scalar(self.service.protocol, kind, value).map_err(Error::custom)
            }
        }
    }
}

/// REST makes scalars what the model says; plain JSON takes them as they come. Both read moments and check base64.
fn scalar(protocol: Protocol, kind: &Kind, value: Value) -> Result<Value, Malformed> {
    let rest = protocol == Protocol::RestJson;
    Ok(match (kind, value) {
        (_, Value::Null) => Value::Null,
        (Kind::Timestamp, value) => {
            let moment = match &value {
                Value::Int(seconds) => Moment::from_seconds(*seconds as f64),
                Value::Float(seconds) => Moment::from_seconds(*seconds),
                Value::Str(text) => Moment::parse(text),
                _ => None,
            };
            Value::str(moment.ok_or_else(|| Malformed::value("timestamp"))?.iso_format())
        }
        (Kind::Blob, Value::Str(text)) => Value::str(text::base64(&text).ok_or_else(|| Malformed::value("base64"))?),
        (Kind::Blob, _) => return Err(Malformed::value("base64")),
        (Kind::Boolean, Value::Bool(value)) => Value::Bool(value),
        (Kind::Boolean, Value::Str(text)) if rest => Value::Bool(text.eq_ignore_ascii_case("true")),
        (Kind::Boolean, _) if rest => Value::Bool(false),
        (Kind::Integer { .. }, Value::Str(text)) if rest => Value::Int(text::integer(&text).ok_or_else(|| Malformed::value("integer"))?),
        #[expect(clippy::cast_possible_truncation, reason = "as Python's int does; what is beyond 64 bits ends at their limits")]
        (Kind::Integer { .. }, Value::Float(number)) if rest && number.fract() != 0.0 => Value::Int(number as i64),
        (Kind::Float, Value::Int(number)) if rest => Value::Float(number as f64),
        (Kind::Float, Value::Str(text)) if rest => text::float(&text).ok_or_else(|| Malformed::value("number"))?,
        (Kind::Integer { .. } | Kind::Float, Value::List(_) | Value::Map(_)) if rest => return Err(Malformed::value("number")),
        (_, value) => value,
    })
}

struct Members<'a> {
    shaped: Shaped<'a>,
    structure: &'a Structure,
}

/// A member's place, or the name that no member has.
enum Place {
    Known(usize),
    Unknown(Option<String>),
}

struct Name<'a> {
    structure: &'a Structure,
    from: usize,
}

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = Place;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Place, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = Place;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Place, E> {
        // Members of one thing come in one order, so the next is mostly where the last was.
        let members = &self.structure.members;
        let matches = |(_, member): &(usize, &crate::model::Member)| *member.wire == *name;
        let found =
            members.iter().enumerate().skip(self.from).find(matches).or_else(|| members.iter().enumerate().take(self.from).find(matches));
        let unknown = || Place::Unknown((self.structure.union && name != "__type").then(|| name.to_owned()));
        Ok(found.map_or_else(unknown, |(place, _)| Place::Known(place)))
    }
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let structure = self.structure;
        let mut found = vec![None; structure.members.len()];
        let mut unknown = Vec::new();
        let mut from = 0;
        while let Some(place) = map.next_key_seed(Name { structure, from })? {
            match place {
                Place::Known(place) => {
                    let Some((member, slot)) = structure.members.get(place).zip(found.get_mut(place)) else { continue };
                    let value = map.next_value_seed(Shaped { service: self.shaped.service, target: &member.target })?;
                    *slot = (!value.is_null()).then_some(value);
                    from = place + 1;
                }
                Place::Unknown(None) => {
                    map.next_value::<IgnoredAny>()?;
                }
                Place::Unknown(Some(name)) => {
                    if map.next_value::<Option<IgnoredAny>>()?.is_some() {
                        unknown.push(name);
                    }
                }
            }
        }
        if structure.union {
            match (found.iter().flatten().count(), unknown.as_slice()) {
                (1, []) => {}
                (0, [name]) => return Ok(unknown_of_union(name)),
                _ => return Err(Error::custom("a union without exactly one member")),
            }
        }
        Ok(in_order(self.shaped.service, self.shaped.target, found))
    }
}

struct Items<'a> {
    service: &'a Service,
    list: &'a List,
}

impl<'de> Visitor<'de> for Items<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element_seed(Shaped { service: self.service, target: &self.list.member })? {
            items.push(item);
        }
        Ok(Value::List(items))
    }
}

struct Entries<'a> {
    service: &'a Service,
    map: &'a Map,
}

impl<'de> Visitor<'de> for Entries<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut entries: Vec<(Key, Value)> = Vec::new();
        while let Some(key) = map.next_key::<Arc<str>>()? {
            entries.push((key, map.next_value_seed(Shaped { service: self.service, target: &self.map.value })?));
        }
        Ok(unique(entries))
    }
}

#[derive(Clone, Copy)]
struct Any;

impl<'de> DeserializeSeed<'de> for Any {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Any {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Int(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(i64::try_from(number).map_or(Value::Float(number as f64), Value::Int))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Float(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::str(text))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::str(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element_seed(self)? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members: Vec<(Key, Value)> = Vec::new();
        while let Some(key) = map.next_key::<Arc<str>>()? {
            members.push((key, map.next_value_seed(self)?));
        }
        Ok(unique(members))
    }
}
