use std::collections::BTreeMap;

use partywall_model::Value;
use serde::Deserialize;

use super::{Row, Seed, partition};
use crate::FakeError;

/// What answers say where no identity says it: `worlds/words.toml` and `worlds/enums.toml`.
#[derive(Debug)]
pub(crate) struct Words {
    rules: Rules,
    enums: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    text: BTreeMap<String, Vec<String>>,
    integer: BTreeMap<String, Vec<i64>>,
    boolean: BTreeMap<String, Vec<bool>>,
    #[serde(rename = "type")]
    of_type: BTreeMap<String, BTreeMap<String, String>>,
}

impl Words {
    /// Reads the built-in tables.
    pub(crate) fn builtin() -> Result<Self, FakeError> {
        let broken = |error: toml::de::Error| FakeError::Data(format!("worlds/words.toml or worlds/enums.toml: {error}"));
        Ok(Self {
            rules: toml::from_str(include_str!("../../worlds/words.toml")).map_err(broken)?,
            enums: toml::from_str(include_str!("../../worlds/enums.toml")).map_err(broken)?,
        })
    }

    /// What tells a type from others in one listing.
    pub(crate) fn discriminator(&self, kind: &str, member: &str) -> Option<&str> {
        self.rules.of_type.get(kind)?.get(member).map(String::as_str)
    }

    /// True if something tells that type from others in one listing.
    pub(crate) fn discriminates(&self, kind: &str) -> bool {
        self.rules.of_type.contains_key(kind)
    }

    /// A text for a member: an enumeration's value, a rule's, or the member's name with a number.
    pub(crate) fn text(&self, service: &str, shape: &str, member: &str, row: Row<'_>, seed: Seed) -> String {
        let pattern = self
            .enumerated(service, shape, seed)
            .or_else(|| self.rules.text.get(&member.to_ascii_lowercase()).and_then(|words| seed.pick(words)));
        match pattern {
            Some(pattern) => filled(pattern, row, seed),
            None => filled(&format!("{}-{{n}}", member.to_ascii_lowercase()), row, seed),
        }
    }

    /// A value of an enumerated text.
    pub(crate) fn enumerated(&self, service: &str, shape: &str, seed: Seed) -> Option<&String> {
        self.enums.get(service)?.get(shape).and_then(|words| seed.pick(words))
    }

    /// True if the tables say what a text member holds.
    pub(crate) fn knows(&self, member: &str) -> bool {
        self.rules.text.contains_key(&member.to_ascii_lowercase())
    }

    /// A whole number for a member, from 1 to 9 unless a rule says otherwise, and no more than `max`.
    pub(crate) fn integer(&self, member: &str, max: Option<i64>, seed: Seed) -> Value {
        let ruled = self.rules.integer.get(&member.to_ascii_lowercase()).and_then(|numbers| seed.pick(numbers)).copied();
        let number = ruled.unwrap_or_else(|| i64::try_from(seed.below(9)).unwrap_or(0) + 1);
        Value::Int(max.map_or(number, |max| number.min(max)))
    }

    /// A boolean for a member.
    pub(crate) fn boolean(&self, member: &str, seed: Seed) -> Value {
        let ruled = self.rules.boolean.get(&member.to_ascii_lowercase()).and_then(|values| seed.pick(values)).copied();
        Value::Bool(ruled.unwrap_or_else(|| seed.below(2) == 1))
    }
}

/// Fills placeholders; braces of JSON stay.
fn filled(pattern: &str, row: Row<'_>, seed: Seed) -> String {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let (value, skip) = match after.split_once('}').map(|(name, _)| name) {
            Some("account") => (row.account.to_owned(), 8),
            Some("region") => (row.region.to_owned(), 7),
            Some("partition") => (partition(row.region).to_owned(), 10),
            Some("n") => (seed.below(250).to_string(), 2),
            Some("h") => (format!("{:09x}", seed.bits() >> 28), 2),
            _ => ("{".to_owned(), 0),
        };
        out.push_str(&value);
        rest = after.get(skip..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> Row<'static> {
        Row { account: "111100000000", region: "eu-central-1", kind: 0, index: 0 }
    }

    #[test]
    fn documents_keep_their_braces() {
        let words = Words::builtin().unwrap();
        for member in ["Policy", "PolicyDocument", "definition", "lifecyclePolicyText", "AssumeRolePolicyDocument"] {
            let text = words.text("s3", "none", member, row(), Seed::new(3));
            assert!(serde_json::from_str::<serde_json::Value>(&text).unwrap().is_object(), "{text}");
            assert!(!text.contains("{account}"), "{text}");
        }
    }

    #[test]
    fn enumerations_go_before_rules() {
        let words = Words::builtin().unwrap();
        assert_eq!(words.text("acm", "CertificateStatus", "Status", row(), Seed::new(3)), "ISSUED");
        assert_eq!(words.text("acm", "None", "Status", row(), Seed::new(3)), "available");
        assert_eq!(words.integer("Port", Some(80), Seed::new(1)), Value::Int(80));
        assert_eq!(words.discriminator("AWS::DocDB::DBCluster", "Engine"), Some("docdb"));
    }
}
