//! Request members of a read, filled with what is known of the row that the call is about.

use std::collections::BTreeMap;
use std::sync::Arc;

use partywall_model::{Resource, Value};

/// What placeholders stand for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) account: &'a str,
    pub(crate) region: &'a str,
    /// The row that the call is about, or within which it lists.
    pub(crate) row: Option<&'a Resource>,
}

/// Why a call cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InputError {
    /// A placeholder names a property that the row does not have.
    #[error("`{0}` of the resource is not known")]
    Missing(String),
    /// A placeholder that ends in `?` names a property that the row is known not to have: there is nothing to ask for.
    #[error("the resource has no `{0}`")]
    NothingToAsk(String),
    /// A catalogue value that no request can have.
    #[error("`{0}` cannot be sent: dates have no place in a request")]
    NoValue(String),
}

impl Context<'_> {
    fn text(&self, name: &str) -> Result<String, InputError> {
        match name {
            "account" => return Ok(self.account.to_owned()),
            "region" => return Ok(self.region.to_owned()),
            _ => {}
        }
        let (name, missing) = match name.strip_suffix('?') {
            Some(name) => (name, InputError::NothingToAsk(name.to_owned())),
            None => (name, InputError::Missing(name.to_owned())),
        };
        let row = self.row.ok_or_else(|| InputError::Missing(name.to_owned()))?;
        match row.properties.at(name) {
            Some(Value::Str(text)) => Ok(text.to_string()),
            Some(Value::Int(number)) => Ok(number.to_string()),
            None if name == "Arn" => row.arn.as_deref().map(ToOwned::to_owned).ok_or(missing),
            None | Some(Value::Null) => Err(missing),
            Some(_) => Err(InputError::Missing(name.to_owned())),
        }
    }

    fn fill(&self, template: &str) -> Result<String, InputError> {
        let mut out = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, tail)) = after.split_once('}') else { break };
            out.push_str(before);
            out.push_str(&self.text(name)?);
            rest = tail;
        }
        out.push_str(rest);
        Ok(out)
    }

    fn value(&self, value: &toml::Value) -> Result<Value, InputError> {
        Ok(match value {
            toml::Value::String(text) => Value::str(self.fill(text)?),
            toml::Value::Integer(number) => Value::Int(*number),
            toml::Value::Float(number) => Value::Float(*number),
            toml::Value::Boolean(flag) => Value::Bool(*flag),
            toml::Value::Array(items) => Value::List(items.iter().map(|item| self.value(item)).collect::<Result<_, _>>()?),
            toml::Value::Table(members) => {
                let member = |(name, value): (&String, &toml::Value)| Ok((Arc::from(name.as_str()), self.value(value)?));
                Value::Map(members.iter().map(member).collect::<Result<_, InputError>>()?)
            }
            toml::Value::Datetime(date) => return Err(InputError::NoValue(date.to_string())),
        })
    }

    /// The request members.
    ///
    /// # Errors
    /// A placeholder has no value.
    pub(crate) fn members(&self, input: &BTreeMap<String, toml::Value>) -> Result<Value, InputError> {
        let mut members = Value::Map(Vec::new());
        for (name, value) in input {
            members.set(name, self.value(value)?);
        }
        Ok(members)
    }
}

/// The placeholders of a read's request in order, such as `RestApiId`; `account` and `region` are of no row.
pub(crate) fn placeholders(input: &BTreeMap<String, toml::Value>) -> Vec<String> {
    fn gather(value: &toml::Value, found: &mut Vec<String>) {
        match value {
            toml::Value::String(text) => {
                let names = text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0.trim_end_matches('?')));
                found.extend(names.filter(|name| !["account", "region"].contains(name)).map(ToOwned::to_owned));
            }
            toml::Value::Array(items) => items.iter().for_each(|item| gather(item, found)),
            toml::Value::Table(members) => members.values().for_each(|member| gather(member, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    for value in input.values() {
        gather(value, &mut found);
    }
    found
}

#[cfg(test)]
mod tests {
    use partywall_model::{Cause, CauseKind, Source, SourceKind};

    use super::*;

    #[test]
    fn placeholders_take_what_the_row_has_and_nothing_else() {
        let source = Arc::new(Source { kind: SourceKind::Api, file: Arc::from("aws") });
        let mut row = Resource::new("AWS::ECS::Cluster", "c", source);
        row.properties.set("Name", Value::str("c"));
        row.properties.set_at("_Runtime.Port", Value::Int(22));
        let context = Context { account: "111122223333", region: "eu-central-1", row: Some(&row) };
        let input: BTreeMap<String, toml::Value> =
            toml::from_str("a = '{Name}/{account}'\nb = ['{region}']\nc = { d = '{_Runtime.Port}', e = 3 }").unwrap();
        let members = context.members(&input).unwrap();
        assert_eq!(members.at("a"), Some(&Value::str("c/111122223333")));
        assert_eq!(members.at("b"), Some(&Value::List(vec![Value::str("eu-central-1")])));
        assert_eq!(members.at("c.d"), Some(&Value::str("22")));
        assert_eq!(placeholders(&input), ["Name", "_Runtime.Port"]);
        let unknown: BTreeMap<String, toml::Value> = toml::from_str("a = '{Other}'").unwrap();
        assert_eq!(context.members(&unknown), Err(InputError::Missing("Other".to_owned())));
        let optional: BTreeMap<String, toml::Value> = toml::from_str("a = '{Other?}'").unwrap();
        assert_eq!(context.members(&optional), Err(InputError::NothingToAsk("Other".to_owned())));
        assert_eq!(placeholders(&optional), ["Other"]);
        row.properties.set("Other", Value::unknown(Cause::new(CauseKind::Denied, "ListThings answered AccessDenied")));
        let context = Context { account: "111122223333", region: "eu-central-1", row: Some(&row) };
        assert_eq!(context.members(&optional), Err(InputError::Missing("Other".to_owned())), "what is unknown may be there");
    }
}
