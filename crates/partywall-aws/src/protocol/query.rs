//! Requests of the query protocol and of EC2's: forms.

use std::fmt::Write as _;

use bytes::Bytes;
use partywall_model::Value;

use super::message::InputError;
use super::{members, text};
use crate::http::HttpRequest;
use crate::model::{Kind, Member, Operation, Protocol, Service, Target, TimestampFormat};

/// A request of the query protocol or of EC2's.
pub(super) fn request(service: &Service, operation: &Operation, input: &Value) -> Result<HttpRequest, InputError> {
    let mut form = Form { service, ec2: service.protocol == Protocol::Ec2, name: String::new(), body: String::new() };
    form.pair("Action", &operation.name);
    form.pair("Version", &service.api_version);
    if let Some(target) = &operation.input {
        form.value(target, input)?;
    }
    Ok(HttpRequest {
        method: operation.method,
        host_prefix: String::new(),
        path: "/".to_owned(),
        query: Vec::new(),
        headers: vec![("content-type".to_owned(), "application/x-www-form-urlencoded; charset=utf-8".to_owned())],
        body: Bytes::from(form.body),
    })
}

struct Form<'a> {
    service: &'a Service,
    ec2: bool,
    /// Name of the value that is being written: `Filter.1.Value`.
    name: String,
    body: String,
}

impl Form<'_> {
    fn pair(&mut self, name: &str, value: &str) {
        let separator = if self.body.is_empty() { "" } else { "&" };
        // Writing into a String cannot fail.
        let _ = write!(self.body, "{separator}{}={}", text::encode(name), text::encode(value));
    }

    fn here(&mut self, value: &str) {
        let name = std::mem::take(&mut self.name);
        self.pair(&name, value);
        self.name = name;
    }

    fn within(&mut self, part: &str, target: &Target, value: &Value) -> Result<(), InputError> {
        let length = self.name.len();
        if length > 0 {
            self.name.push('.');
        }
        self.name.push_str(part);
        self.value(target, value)?;
        self.name.truncate(length);
        Ok(())
    }

    fn value(&mut self, target: &Target, value: &Value) -> Result<(), InputError> {
        match (self.service.kind(target), value) {
            (Kind::Structure(_), value) => {
                for (member, value) in members(self.service, target, value) {
                    let name = self.member_name(member);
                    self.within(&name, &member.target, value)?;
                }
            }
            (Kind::List(_), Value::List(items)) if items.is_empty() && !self.ec2 => self.here(""),
            (Kind::List(list), Value::List(items)) => {
                let length = self.name.len();
                match (&list.member.location_name, self.ec2, target.flattened) {
                    (_, true, _) | (None, false, true) => {}
                    // The element's name takes the place of the list's.
                    (Some(name), false, true) => {
                        let parent = self.name.rfind('.').map_or(0, |dot| dot + 1);
                        self.name.truncate(parent);
                        self.name.push_str(name);
                    }
                    (name, false, false) => {
                        self.name.push('.');
                        self.name.push_str(name.as_deref().unwrap_or("member"));
                    }
                }
                let name = self.name.clone();
                for (index, item) in items.iter().enumerate() {
                    self.within(&(index + 1).to_string(), &list.member, item)?;
                }
                // A flattened list's name is put back as it was by who called.
                self.name = name;
                self.name.truncate(length);
            }
            (Kind::Map(map), Value::Map(entries)) => {
                let entry = if target.flattened { "" } else { "entry." };
                let key_name = map.key.location_name.as_deref().unwrap_or("key");
                let value_name = map.value.location_name.as_deref().unwrap_or("value");
                for (index, (key, value)) in entries.iter().enumerate() {
                    let prefix = format!("{entry}{}.", index + 1);
                    self.within(&format!("{prefix}{key_name}"), &map.key, &Value::str(&**key))?;
                    self.within(&format!("{prefix}{value_name}"), &map.value, value)?;
                }
            }
            (_, value) => {
                let written = text::written(self.service, target, value, TimestampFormat::Iso8601);
                self.here(&written);
            }
        }
        Ok(())
    }

    /// A member's name on the wire: EC2 has names of its own, or writes the other ones with a capital.
    fn member_name(&self, member: &Member) -> String {
        match &member.query_name {
            _ if !self.ec2 => member.wire.to_string(),
            Some(name) => name.to_string(),
            None => {
                let mut letters = member.wire.chars();
                letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
            }
        }
    }
}
