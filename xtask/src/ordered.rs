//! JSON whose members keep their order: a service model's order of members is the order in which answers print them.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap as _, SerializeSeq as _, Serializer};

/// A JSON value with ordered members.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json {
    /// Anything that is no list and no object.
    Scalar(serde_json::Value),
    /// Elements.
    List(Vec<Json>),
    /// Members in the order of the file.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// The member of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&Json> {
        self.members().iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The members, none for what is no object.
    pub(crate) fn members(&self) -> &[(String, Json)] {
        match self {
            Json::Object(members) => members,
            _ => &[],
        }
    }

    /// The text, if this is text.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Json::Scalar(value) => value.as_str(),
            _ => None,
        }
    }

    /// Keeps the members that are named, in their order.
    pub(crate) fn keep(&self, names: &[&str]) -> Json {
        match self {
            Json::Object(members) => Json::Object(members.iter().filter(|(name, _)| names.contains(&name.as_str())).cloned().collect()),
            other => other.clone(),
        }
    }

    /// Puts another object's members over this one's, objects into objects, as botocore's `deep_merge` does.
    pub(crate) fn merge(&mut self, over: &Json) {
        let (Json::Object(members), Json::Object(new)) = (&mut *self, over) else {
            *self = over.clone();
            return;
        };
        for (name, value) in new {
            match members.iter_mut().find(|(key, _)| key == name) {
                Some((_, old)) => old.merge(value),
                None => members.push((name.clone(), value.clone())),
            }
        }
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Json::Scalar(value) => value.serialize(serializer),
            Json::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(item)?;
                }
                list.end()
            }
            Json::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (name, value) in members {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Scalar(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Scalar(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Scalar(value.into()))
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Scalar(serde_json::Value::Null))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element()? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Json::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_keep_their_order_and_merge_deeply() {
        let mut json: Json = serde_json::from_str(r#"{"b":{"z":1,"a":[true,null]},"a":1.5}"#).unwrap();
        json.merge(&serde_json::from_str(r#"{"b":{"z":2,"new":"x"}}"#).unwrap());
        assert_eq!(serde_json::to_string(&json).unwrap(), r#"{"b":{"z":2,"a":[true,null],"new":"x"},"a":1.5}"#);
        assert_eq!(serde_json::to_string(&json.keep(&["a"])).unwrap(), r#"{"a":1.5}"#);
    }
}
