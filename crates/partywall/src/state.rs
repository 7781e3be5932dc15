//! What people decided, in files fit for git: exceptions and parties.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use chrono::NaiveDate;
use partywall_model::{CheckResult, Exception, ExceptionKind, Party, Resource, Value};
use serde::Deserialize;

/// Exceptions and parties of a run. Knows which exceptions were used.
#[derive(Debug, Default)]
pub(crate) struct State {
    exceptions: Vec<(ExceptionRule, Arc<Exception>)>,
    takes: Vec<Takes>,
    today: Option<NaiveDate>,
    used: Vec<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExceptionsFile {
    #[serde(default)]
    exception: Vec<ExceptionRule>,
}

/// One entry of `exceptions.toml`. All selectors that are given must match, exactly.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExceptionRule {
    id: String,
    check: String,
    #[serde(default)]
    resource: Option<String>,
    #[serde(default)]
    account: Option<String>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    kind: ExceptionKind,
    reason: String,
    owner: String,
    approver: String,
    expires: toml::value::Datetime,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PartiesFile {
    #[serde(default)]
    party: Vec<PartyEntry>,
    #[serde(default)]
    takes: Vec<Takes>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PartyEntry {
    id: Party,
    #[expect(dead_code, reason = "for readers of the file; the owners issue shows it")]
    title: String,
    #[expect(dead_code, reason = "for readers of the file; the owners issue shows it")]
    #[serde(default)]
    contract: String,
}

/// Duties that a party takes over from the customer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Takes {
    party: Party,
    duties: Vec<String>,
    #[serde(default)]
    accounts: Vec<String>,
    #[serde(default)]
    types: Vec<String>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

impl State {
    /// Reads the files that are given.
    pub(crate) fn load(exceptions: Option<&Path>, parties: Option<&Path>, today: NaiveDate) -> anyhow::Result<Self> {
        let mut state = Self { today: Some(today), ..Self::default() };
        if let Some(path) = exceptions {
            for rule in parse::<ExceptionsFile>(path)?.exception {
                let expires = date(rule.expires)
                    .ok_or_else(|| anyhow!("{}: `{}`: expires must be a day such as 2027-03-31", path.display(), rule.id))?;
                let exception = Exception {
                    id: rule.id.clone(),
                    kind: rule.kind,
                    reason: rule.reason.clone(),
                    owner: rule.owner.clone(),
                    approver: rule.approver.clone(),
                    expires,
                };
                state.exceptions.push((rule, Arc::new(exception)));
            }
        }
        state.used = vec![false; state.exceptions.len()];
        if let Some(path) = parties {
            let file = parse::<PartiesFile>(path)?;
            for takes in &file.takes {
                if !file.party.iter().any(|party| party.id == takes.party) {
                    return Err(anyhow!("{}: `{}` takes duties but is not listed as a party; add [[party]]", path.display(), takes.party));
                }
            }
            state.takes = file.takes;
        }
        Ok(state)
    }

    /// True if any party takes over any duty.
    pub(crate) fn has_parties(&self) -> bool {
        !self.takes.is_empty()
    }

    /// The party that takes over a customer duty of a resource.
    pub(crate) fn party(&self, resource: &Resource, duty: &str) -> Option<Party> {
        self.takes
            .iter()
            .find(|takes| {
                takes.duties.iter().any(|pattern| match pattern.strip_suffix(".*") {
                    Some(layer) => duty.strip_prefix(layer).is_some_and(|rest| rest.starts_with('.')),
                    None => pattern == duty,
                }) && (takes.accounts.is_empty() || takes.accounts.iter().any(|account| resource.account.as_deref() == Some(account)))
                    && (takes.types.is_empty() || takes.types.iter().any(|name| **name == *resource.resource_type))
                    && takes.tags.iter().all(|(key, value)| has_tag(resource, key, value))
            })
            .map(|takes| takes.party.clone())
    }

    /// Puts the exception on a result that one covers. An expired one covers nothing.
    pub(crate) fn cover(&mut self, result: &mut CheckResult) {
        for (index, (rule, exception)) in self.exceptions.iter().enumerate() {
            if rule.check != *result.check || !covers(rule, result) {
                continue;
            }
            if let Some(used) = self.used.get_mut(index) {
                *used = true;
            }
            if self.today.is_none_or(|today| exception.expires >= today) {
                result.exception = Some(exception.clone());
                return;
            }
        }
    }

    /// Exceptions that are findings themselves: expired, or matching nothing.
    pub(crate) fn stale(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for ((_, exception), used) in self.exceptions.iter().zip(&self.used) {
            if self.today.is_some_and(|today| exception.expires < today) {
                lines.push(format!(
                    "exception `{}` of {} expired on {}; renew it or mend the finding",
                    exception.id, exception.owner, exception.expires
                ));
            } else if !used {
                lines.push(format!(
                    "exception `{}` of {} matches no result; delete it or correct its selectors",
                    exception.id, exception.owner
                ));
            }
        }
        lines
    }
}

fn covers(rule: &ExceptionRule, result: &CheckResult) -> bool {
    let resource = result.resource.as_ref();
    let named = rule.resource.as_deref().is_none_or(|name| resource.is_some_and(|resource| crate::run::is_called(resource, name)));
    let account = rule.account.as_deref().is_none_or(|account| result.account.as_deref() == Some(account));
    let tags = rule.tags.iter().all(|(key, value)| resource.is_some_and(|resource| has_tag(resource, key, value)));
    named && account && tags && (rule.resource.is_some() || rule.account.is_some() || !rule.tags.is_empty())
}

fn has_tag(resource: &Resource, key: &str, value: &str) -> bool {
    match resource.properties.get("Tags") {
        Some(Value::List(tags)) => tags
            .iter()
            .any(|tag| tag.get("Key").and_then(Value::as_str) == Some(key) && tag.get("Value").and_then(Value::as_str) == Some(value)),
        Some(tags @ Value::Map(_)) => tags.get(key).and_then(Value::as_str) == Some(value),
        _ => false,
    }
}

fn parse<T: for<'de> Deserialize<'de>>(path: &Path) -> anyhow::Result<T> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    toml::from_str(&text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or("");
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |tail| tail.chars().count()) + 1;
        anyhow!("{}:{line}:{column}: {}", path.display(), error.message().replace('\n', " "))
    })
}

fn date(value: toml::value::Datetime) -> Option<NaiveDate> {
    let date = value.date?;
    NaiveDate::from_ymd_opt(i32::from(date.year), u32::from(date.month), u32::from(date.day))
}
