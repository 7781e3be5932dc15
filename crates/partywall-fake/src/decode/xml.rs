use partywall_aws::model::{Kind, Service, Structure, Target};
use partywall_model::{Key, Value};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::{Misread, text};

/// Deeper is no request of a client.
const DEEPEST: usize = 64;

/// One element.
#[derive(Debug, Default)]
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
    children: Vec<Element>,
}

/// An XML body of a target's shape.
pub(super) fn body(service: &Service, target: &Target, bytes: &[u8]) -> Result<Value, Misread> {
    value(service, target, &parse(bytes)?)
}

/// An XML body that carries a structure's body members.
pub(super) fn structure(service: &Service, structure: &Structure, bytes: &[u8]) -> Result<Value, Misread> {
    members(service, structure, &parse(bytes)?)
}

fn members(service: &Service, structure: &Structure, element: &Element) -> Result<Value, Misread> {
    let mut found = Vec::new();
    for member in &structure.members {
        let mut own = element.children.iter().filter(|child| *child.name == *member.wire).peekable();
        let value = match service.kind(&member.target) {
            _ if member.xml_attribute => {
                element.attributes.iter().find(|(name, _)| **name == *member.wire).map(|(_, value)| Value::str(value.as_str()))
            }
            Kind::List(list) if member.target.flattened && own.peek().is_some() => {
                Some(Value::List(own.map(|child| value(service, &list.member, child)).collect::<Result<_, _>>()?))
            }
            _ => own.next().map(|child| value(service, &member.target, child)).transpose()?,
        };
        if let Some(value) = value {
            found.push((member.name.clone(), value));
        }
    }
    Ok(Value::Map(found))
}

fn value(service: &Service, target: &Target, element: &Element) -> Result<Value, Misread> {
    Ok(match service.kind(target) {
        Kind::Structure(structure) => members(service, structure, element)?,
        Kind::List(list) => {
            Value::List(element.children.iter().map(|child| value(service, &list.member, child)).collect::<Result<_, _>>()?)
        }
        Kind::Map(map) => {
            let mut entries = Vec::new();
            for entry in &element.children {
                let part = |name: &Target, or: &str| {
                    let wanted = name.location_name.as_deref().unwrap_or(or).to_owned();
                    entry.children.iter().find(move |child| child.name == wanted)
                };
                if let (Some(key), Some(item)) = (part(&map.key, "key"), part(&map.value, "value")) {
                    entries.push((Key::from(key.text.as_str()), value(service, &map.value, item)?));
                }
            }
            Value::Map(entries)
        }
        kind => text::typed(kind, &element.text)?,
    })
}

fn parse(bytes: &[u8]) -> Result<Element, Misread> {
    let text = std::str::from_utf8(bytes).map_err(|_| "the body is not UTF-8".to_owned())?;
    let mut reader = Reader::from_str(text);
    let broken = |error: quick_xml::Error| format!("the body is no XML: {error}");
    let mut open: Vec<Element> = Vec::new();
    loop {
        let closed = match reader.read_event().map_err(broken)? {
            Event::Start(start) if open.len() < DEEPEST => {
                open.push(opened(&start)?);
                None
            }
            Event::Start(_) => return Err("the body is nested too deeply".to_owned()),
            Event::Empty(start) => Some(opened(&start)?),
            Event::End(_) => open.pop(),
            Event::Text(text) => {
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&text);
                }
                None
            }
            Event::GeneralRef(reference) => {
                let text = quick_xml::escape::unescape(&format!("&{};", &*reference)).map_err(|error| error.to_string())?.into_owned();
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&text);
                }
                None
            }
            Event::Eof => return Err("the body ends early".to_owned()),
            _ => None,
        };
        if let Some(element) = closed {
            match open.last_mut() {
                Some(parent) => parent.children.push(element),
                None => return Ok(element),
            }
        }
    }
}

fn opened(start: &BytesStart<'_>) -> Result<Element, Misread> {
    let mut element = Element { name: start.local_name().as_ref().to_owned(), ..Element::default() };
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).map_err(|error| error.to_string())?.into_owned();
        element.attributes.push((attribute.key.as_ref().to_owned(), value));
    }
    Ok(element)
}
