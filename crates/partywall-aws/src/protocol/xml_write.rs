//! Requests in XML.

use partywall_model::Value;

use super::{members, text};
use crate::model::{Kind, Member, Namespace, Service, Target, TimestampFormat};

/// A value as a body of its own.
pub(super) fn body(service: &Service, target: &Target, value: &Value) -> Vec<u8> {
    let mut writing = Writing { service, out: String::new() };
    writing.element(root(service, target), target, value);
    writing.out.into_bytes()
}

/// The members that travel in a request's body, in one element.
pub(super) fn rest_body<'a>(service: &Service, target: &Target, given: impl Iterator<Item = (&'a Member, &'a Value)>) -> Vec<u8> {
    let mut writing = Writing { service, out: String::new() };
    writing.structure(root(service, target), target, given);
    writing.out.into_bytes()
}

fn root<'a>(service: &'a Service, target: &'a Target) -> &'a str {
    target.location_name.as_deref().unwrap_or(&service.shape(target.shape).name)
}

struct Writing<'a> {
    service: &'a Service,
    out: String,
}

impl Writing<'_> {
    fn start(&mut self, name: &str, namespace: Option<&Namespace>) {
        self.out.push('<');
        self.out.push_str(name);
        if let Some(namespace) = namespace {
            match &namespace.prefix {
                Some(prefix) => self.attribute(&format!("xmlns:{prefix}"), &namespace.uri),
                None => self.attribute("xmlns", &namespace.uri),
            }
        }
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("=\"");
        self.escaped(value, true);
        self.out.push('"');
    }

    fn end(&mut self, name: &str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }

    /// Line breaks are written as references, so that reading them does not change them.
    fn escaped(&mut self, text: &str, quotes: bool) {
        for letter in text.chars() {
            match letter {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' if quotes => self.out.push_str("&quot;"),
                '\r' => self.out.push_str("&#xD;"),
                '\n' => self.out.push_str("&#xA;"),
                letter => self.out.push(letter),
            }
        }
    }

    fn structure<'v>(&mut self, name: &str, target: &Target, given: impl Iterator<Item = (&'v Member, &'v Value)>) {
        let (attributes, children): (Vec<_>, Vec<_>) = given.partition(|(member, _)| member.xml_attribute);
        self.start(name, target.namespace.as_deref());
        for (member, value) in attributes {
            self.attribute(&member.wire, &text::written(self.service, &member.target, value, TimestampFormat::Iso8601));
        }
        self.out.push('>');
        for (member, value) in children {
            self.element(&member.wire, &member.target, value);
        }
        self.end(name);
    }

    fn element(&mut self, name: &str, target: &Target, value: &Value) {
        let service = self.service;
        match (service.kind(target), value) {
            (Kind::Structure(_), value) => self.structure(name, target, members(service, target, value)),
            (Kind::List(list), Value::List(items)) if target.flattened => {
                for item in items {
                    self.element(name, &list.member, item);
                }
            }
            (Kind::List(list), Value::List(items)) => {
                self.start(name, target.namespace.as_deref());
                self.out.push('>');
                let element = list.member.location_name.as_deref().unwrap_or("member");
                for item in items {
                    self.element(element, &list.member, item);
                }
                self.end(name);
            }
            (Kind::Map(map), Value::Map(entries)) => {
                if !target.flattened {
                    self.start(name, target.namespace.as_deref());
                    self.out.push('>');
                }
                let entry = if target.flattened { name } else { "entry" };
                for (key, value) in entries {
                    self.start(entry, None);
                    self.out.push('>');
                    self.element(map.key.location_name.as_deref().unwrap_or("key"), &map.key, &Value::str(&**key));
                    self.element(map.value.location_name.as_deref().unwrap_or("value"), &map.value, value);
                    self.end(entry);
                }
                if !target.flattened {
                    self.end(name);
                }
            }
            (_, value) => {
                self.start(name, target.namespace.as_deref());
                self.out.push('>');
                let written = text::written(service, target, value, TimestampFormat::Iso8601);
                self.escaped(&written, false);
                self.end(name);
            }
        }
    }
}
