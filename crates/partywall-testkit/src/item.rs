//! One resource, from which an answer of the AWS API or an item of AWS Config is written.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::Prng;

/// When the synthetic recorder captured everything.
pub(crate) const CAPTURED: &str = "2026-11-20T06:00:00.000Z";

/// An account and a Region.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) account: &'static str,
    pub(crate) region: &'static str,
}

impl Place {
    /// `arn:aws:<service>:<region>:<account>:<rest>`.
    pub(crate) fn arn(self, service: &str, rest: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{rest}", self.region, self.account)
    }

    /// As [`Self::arn`], for services without Regions.
    pub(crate) fn global_arn(self, service: &str, rest: &str) -> String {
        format!("arn:aws:{service}::{}:{rest}", self.account)
    }
}

/// How AWS Config writes a type: older types in the letter case of the API's Java client, newer ones as the CloudFormation registry has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Legacy,
    Registry,
}

/// A resource. `api` is in the API's own shape for legacy types and in the registry's for the others.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) kind: &'static str,
    pub(crate) style: Style,
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    pub(crate) arn: String,
    pub(crate) tags: Vec<(String, String)>,
    pub(crate) api: Value,
    pub(crate) supplementary: Map<String, Value>,
    /// `false`: the recorder does not record it, and Config writes an empty item.
    pub(crate) recorded: bool,
}

impl Item {
    pub(crate) fn legacy(kind: &'static str, id: &str, arn: String, api: Value) -> Self {
        Self {
            kind,
            style: Style::Legacy,
            id: id.to_owned(),
            name: None,
            arn,
            tags: Vec::new(),
            api,
            supplementary: Map::new(),
            recorded: true,
        }
    }

    pub(crate) fn registry(kind: &'static str, id: &str, arn: String, api: Value) -> Self {
        Self { style: Style::Registry, ..Self::legacy(kind, id, arn, api) }
    }

    pub(crate) fn named(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    pub(crate) fn tag(mut self, key: &str, value: &str) -> Self {
        self.tags.push((key.to_owned(), value.to_owned()));
        self
    }

    /// Changes what is given; members that `over` does not name stay.
    pub(crate) fn with(mut self, over: Value) -> Self {
        overlay(&mut self.api, over);
        self
    }

    /// Adds a part of Config's `supplementaryConfiguration`.
    pub(crate) fn extra(mut self, name: &str, value: Value) -> Self {
        self.supplementary.insert(name.to_owned(), value);
        self
    }

    /// Makes it an item of a type that the recorder leaves out.
    pub(crate) fn not_recorded(mut self) -> Self {
        self.recorded = false;
        self
    }

    /// The tags as most answers of the API hold them.
    pub(crate) fn tag_list(&self) -> Value {
        self.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect()
    }

    /// The API's answer with its tags.
    pub(crate) fn answer(&self) -> Value {
        let mut answer = self.api.clone();
        if !self.tags.is_empty() {
            overlay(&mut answer, json!({ "Tags": self.tag_list() }));
        }
        answer
    }

    /// The item as AWS Config delivers it.
    pub(crate) fn config(&self, place: Place, prng: &mut Prng) -> Value {
        let configuration = match (self.recorded, self.style) {
            (false, _) => Value::Null,
            (true, Style::Legacy) => camel(self.answer()),
            (true, Style::Registry) => self.answer(),
        };
        let tags: Map<String, Value> = self.tags.iter().map(|(key, value)| (key.clone(), Value::from(value.as_str()))).collect();
        let mut item = json!({
            "relatedEvents": [],
            "relationships": [],
            "configuration": configuration,
            "supplementaryConfiguration": self.supplementary,
            "tags": tags,
            "configurationItemVersion": "1.3",
            "configurationItemCaptureTime": CAPTURED,
            "configurationStateId": 1_795_000_000_000_u64 + prng.below(154_800_000),
            "awsAccountId": place.account,
            "configurationItemStatus": if self.recorded { "OK" } else { "ResourceNotRecorded" },
            "resourceType": self.kind,
            "resourceId": self.id,
            "ARN": self.arn,
            "awsRegion": place.region,
            "availabilityZone": "Not Applicable",
            "configurationStateMd5Hash": "",
        });
        if let Some(name) = &self.name {
            overlay(&mut item, json!({ "resourceName": name }));
        }
        item
    }
}

/// Puts `over` on `base`, object by object; anything else is replaced.
pub(crate) fn overlay(base: &mut Value, over: Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                overlay(base.entry(key).or_insert(Value::Null), value);
            }
        }
        (base, over) => *base = over,
    }
}

/// `DBInstanceClass` → `dBInstanceClass`, as Config writes older types. Keys of string maps are people's and stay.
pub(crate) fn camel(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .into_iter()
                .map(|(key, value)| {
                    let value = if key == "Variables" { value } else { camel(value) };
                    (lower_first(&key), value)
                })
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(camel).collect()),
        other => other,
    }
}

fn lower_first(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_lowercase().to_string() + letters.as_str()).unwrap_or_default()
}

/// Percent-encodes a document as IAM does in its answers.
pub(crate) fn url_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place = Place { account: "111122223333", region: "eu-central-1" };

    #[test]
    fn legacy_items_have_the_case_of_config() {
        let item = Item::legacy("AWS::RDS::DBInstance", "db-1", PLACE.arn("rds", "db:core"), json!({ "DBInstanceClass": "db.r6g.large" }));
        let config = item.tag("env", "prod").config(PLACE, &mut Prng::new(1));
        assert_eq!(config.pointer("/configuration/dBInstanceClass"), Some(&json!("db.r6g.large")));
        assert_eq!(config.pointer("/tags/env"), Some(&json!("prod")));
        assert_eq!(config.pointer("/ARN"), Some(&json!("arn:aws:rds:eu-central-1:111122223333:db:core")));
    }

    #[test]
    fn what_is_not_recorded_shows_nothing() {
        let item = Item::registry("AWS::ECS::Cluster", "c", PLACE.arn("ecs", "cluster/c"), json!({ "ClusterName": "c" })).not_recorded();
        let config = item.config(PLACE, &mut Prng::new(1));
        assert_eq!(config.pointer("/configuration"), Some(&Value::Null));
        assert_eq!(config.pointer("/configurationItemStatus"), Some(&json!("ResourceNotRecorded")));
    }

    #[test]
    fn overlays_object_by_object() {
        let mut base = json!({ "a": { "b": 1, "c": 2 }, "d": [1] });
        overlay(&mut base, json!({ "a": { "c": 3 }, "d": [] }));
        assert_eq!(base, json!({ "a": { "b": 1, "c": 3 }, "d": [] }));
        assert_eq!(url_encoded("{\"a\": 1}"), "%7B%22a%22%3A%201%7D");
    }
}
