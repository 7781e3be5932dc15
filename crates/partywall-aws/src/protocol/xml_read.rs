//! Answers in XML, of the query, EC2 and REST protocols.

use std::sync::Arc;

use partywall_model::{Key, Value};
use quick_xml::events::BytesStart;

use super::message::Malformed;
use super::xml::{Xml, local};
use super::{in_order, text, unique, unknown_of_union};
use crate::model::{Kind, Location, Map, Member, Service, Structure, Target};

/// Reads a whole body. `wrapper` names the element below the root that holds the answer.
pub(super) fn body(service: &Service, target: &Target, wrapper: Option<&str>, body: &[u8]) -> Result<Value, Malformed> {
    let mut xml = Xml::new(body)?;
    let root = xml.root()?;
    let mut reading = Reading { service, xml };
    let value = match wrapper {
        None => reading.value(target, &root)?,
        Some(wrapper) => reading.wrapped(target, wrapper)?,
    };
    reading.xml.end()?;
    Ok(value)
}

struct Reading<'a> {
    service: &'a Service,
    xml: Xml<'a>,
}

/// A member that is being filled.
enum Slot {
    Whole(Value),
    List(Vec<Value>),
    Map(Vec<(Key, Value)>),
}

impl Reading<'_> {
    fn wrapped(&mut self, target: &Target, wrapper: &str) -> Result<Value, Malformed> {
        let mut found = None;
        while let Some(child) = self.xml.child()? {
            if found.is_none() && local(&child) == wrapper {
                found = Some(self.value(target, &child)?);
            } else {
                self.xml.skip()?;
            }
        }
        found.ok_or_else(|| Malformed::new(format!("no element `{wrapper}`")))
    }

    /// Reads the element that was begun last.
    fn value(&mut self, target: &Target, start: &BytesStart<'_>) -> Result<Value, Malformed> {
        match self.service.kind(target) {
            Kind::Structure(structure) => self.structure(target, structure, start),
            Kind::List(list) => {
                let mut items = Vec::new();
                while let Some(child) = self.xml.child()? {
                    items.push(self.value(&list.member, &child)?);
                }
                Ok(Value::List(items))
            }
            Kind::Map(map) => {
                let mut entries = Vec::new();
                while self.xml.child()?.is_some() {
                    entries.push(self.entry(map)?);
                }
                Ok(unique(entries))
            }
            scalar => text::read(scalar, &self.xml.text()?),
        }
    }

    fn structure(&mut self, target: &Target, structure: &Structure, start: &BytesStart<'_>) -> Result<Value, Malformed> {
        let mut slots: Vec<Option<Slot>> = Vec::new();
        slots.resize_with(structure.members.len(), || None);
        let mut next = 0;
        let mut set = Vec::new();
        while let Some(child) = self.xml.child()? {
            let name = local(&child);
            if structure.union && !set.iter().any(|known| known == name) {
                set.push(name.to_owned());
            }
            let Some((place, member)) = find(structure, name, next) else {
                self.xml.skip()?;
                continue;
            };
            // Elements mostly come in the model's order, and those of a flattened list one after the other.
            next = place;
            if let Some(slot) = slots.get_mut(place) {
                self.member(member, slot, &child)?;
            }
        }
        if structure.union {
            match set.as_slice() {
                [one] if !structure.members.iter().any(|member| *member.wire == **one) => return Ok(unknown_of_union(one)),
                [_] => {}
                _ => return Err(Malformed::new("a union without exactly one member")),
            }
        }
        let mut found = Vec::with_capacity(slots.len());
        for (member, slot) in structure.members.iter().zip(slots) {
            found.push(match slot {
                Some(Slot::Whole(value)) => Some(value),
                Some(Slot::List(items)) => Some(Value::List(items)),
                Some(Slot::Map(entries)) => Some(unique(entries)),
                None if member.xml_attribute => attribute(member, start),
                None => None,
            });
        }
        Ok(in_order(self.service, target, found))
    }

    fn member(&mut self, member: &Member, slot: &mut Option<Slot>, start: &BytesStart<'_>) -> Result<(), Malformed> {
        match (self.service.kind(&member.target), slot.as_mut()) {
            (Kind::List(list), known) if member.target.flattened => {
                let item = self.value(&list.member, start)?;
                match known {
                    Some(Slot::List(items)) => items.push(item),
                    _ => *slot = Some(Slot::List(vec![item])),
                }
            }
            (Kind::Map(map), known) if member.target.flattened => {
                let entry = self.entry(map)?;
                match known {
                    Some(Slot::Map(entries)) => entries.push(entry),
                    _ => *slot = Some(Slot::Map(vec![entry])),
                }
            }
            (_, Some(_)) => self.xml.skip()?,
            (_, None) => *slot = Some(Slot::Whole(self.value(&member.target, start)?)),
        }
        Ok(())
    }

    /// Reads the key and the value of the entry that was begun last.
    fn entry(&mut self, map: &Map) -> Result<(Key, Value), Malformed> {
        let key_name = map.key.location_name.as_deref().unwrap_or("key");
        let value_name = map.value.location_name.as_deref().unwrap_or("value");
        let (mut key, mut value) = (None, None);
        while let Some(child) = self.xml.child()? {
            let name = local(&child);
            if name == key_name {
                key = Some(Arc::from(&*self.xml.text()?));
            } else if name == value_name {
                value = Some(self.value(&map.value, &child)?);
            } else {
                return Err(Malformed::new("an entry of a map with more than a key and a value"));
            }
        }
        key.zip(value).ok_or_else(|| Malformed::new("an entry of a map without a key or a value"))
    }
}

/// The member of that element's name, looked for from the place where the last was found.
fn find<'m>(structure: &'m Structure, name: &str, from: usize) -> Option<(usize, &'m Member)> {
    let elsewhere = |member: &Member| matches!(member.location, Location::Header | Location::Headers | Location::StatusCode);
    let matches = |(_, member): &(usize, &Member)| *member.element == *name && !elsewhere(member);
    let all = || structure.members.iter().enumerate();
    all().skip(from).find(matches).or_else(|| all().take(from).find(matches))
}

/// An attribute by its model's name: `xsi:type` is any prefix's `type` that has one.
fn attribute(member: &Member, start: &BytesStart<'_>) -> Option<Value> {
    let wanted_prefix = member.wire.split_once(':').map_or(&*member.wire, |(prefix, _)| prefix);
    start.attributes().flatten().find_map(|attribute| {
        let name = attribute.key.into_inner();
        let matches = match name.split_once(':') {
            Some((_, local)) => member.wire.strip_prefix(wanted_prefix).and_then(|rest| rest.strip_prefix(':')) == Some(local),
            None => *member.wire == *name,
        };
        matches.then(|| attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).ok().map(|value| Value::str(&*value)))?
    })
}
