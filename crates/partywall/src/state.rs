//! What people decided, in files fit for git: exceptions and parties.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use chrono::NaiveDate;
use partywall_catalog::Catalog;
use partywall_model::{CheckResult, Exception, ExceptionKind, Party, Resource, Value};
use serde::Deserialize;
use toml::Spanned;

use crate::cli::{Context, check};
use crate::exit;
use crate::findings::plain;
use crate::near::did_you_mean;
use crate::run::{Sources, is_called};

/// Exceptions and parties of a run. Knows which exceptions were used.
#[derive(Debug, Default)]
pub(crate) struct State {
    exceptions: Vec<(ExceptionRule, Arc<Exception>)>,
    takes: Vec<Takes>,
    today: Option<NaiveDate>,
    used: Vec<Cell<bool>>,
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
    id: Spanned<String>,
    check: Spanned<String>,
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
    expires: Spanned<toml::value::Datetime>,
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
    party: Spanned<Party>,
    duties: Vec<Spanned<String>>,
    #[serde(default)]
    accounts: Vec<String>,
    #[serde(default)]
    types: Vec<Spanned<String>>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

impl State {
    /// Reads the files of a run: those that were named, else those beside the sources, the first of each name. Says which.
    ///
    /// # Errors
    /// A file cannot be read or is broken, or it names a check, duty, layer or type that the catalogue does not have.
    pub(crate) fn of(context: &Context, sources: &Sources) -> anyhow::Result<Self> {
        let mut state = Self { today: Some(context.today()), ..Self::default() };
        if let Some(path) = file(sources, sources.exceptions.as_ref(), "exceptions") {
            state.read_exceptions(context, &Text::of(path)?)?;
        }
        if let Some(path) = file(sources, sources.parties.as_ref(), "parties") {
            state.read_parties(&context.catalog, &Text::of(path)?)?;
        }
        Ok(state)
    }

    fn read_exceptions(&mut self, context: &Context, file: &Text) -> anyhow::Result<()> {
        for rule in file.parse::<ExceptionsFile>()?.exception {
            let id = rule.id.get_ref();
            if self.exceptions.iter().any(|(known, _)| known.id.get_ref() == id) {
                return Err(file.error(&rule.id.span(), &format!("`{id}` is the id of an earlier exception; give each its own")));
            }
            if !context.catalog.checks.contains_key(rule.check.get_ref().as_str()) {
                let check = rule.check.get_ref();
                return Err(file.error(&rule.check.span(), &format!("there is no check `{check}`{}", check::meant(context, check))));
            }
            if rule.resource.is_none() && rule.account.is_none() && rule.tags.is_empty() {
                return Err(file.error(&rule.id.span(), &format!("`{id}` covers nothing; give it a resource, an account or tags")));
            }
            let expires = date(*rule.expires.get_ref())
                .ok_or_else(|| file.error(&rule.expires.span(), &format!("`{id}`: expires must be a day such as 2027-03-31")))?;
            let exception = Exception {
                id: id.clone(),
                kind: rule.kind,
                reason: rule.reason.clone(),
                owner: rule.owner.clone(),
                approver: rule.approver.clone(),
                expires,
            };
            self.exceptions.push((rule, Arc::new(exception)));
        }
        self.used = vec![Cell::new(false); self.exceptions.len()];
        Ok(())
    }

    fn read_parties(&mut self, catalog: &Catalog, file: &Text) -> anyhow::Result<()> {
        let parties = file.parse::<PartiesFile>()?;
        for takes in &parties.takes {
            let party = takes.party.get_ref();
            if !parties.party.iter().any(|known| known.id == *party) {
                return Err(file.error(&takes.party.span(), &format!("`{party}` takes duties but is not listed as a party; add [[party]]")));
            }
            for duty in &takes.duties {
                is_duty(catalog, duty.get_ref()).map_err(|message| file.error(&duty.span(), &message))?;
            }
            for name in &takes.types {
                if catalog.resource_type(name.get_ref()).is_none() {
                    let near = did_you_mean(name.get_ref(), catalog.registry().names().chain(catalog.types.keys().map(|name| &**name)));
                    return Err(file.error(&name.span(), &format!("nobody knows the type `{}`{near}", name.get_ref())));
                }
            }
        }
        self.takes = parties.takes;
        Ok(())
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
                takes.duties.iter().map(Spanned::get_ref).any(|pattern| match pattern.strip_suffix(".*") {
                    Some(layer) => duty.strip_prefix(layer).is_some_and(|rest| rest.starts_with('.')),
                    None => pattern == duty,
                }) && (takes.accounts.is_empty() || takes.accounts.iter().any(|account| resource.account.as_deref() == Some(account)))
                    && (takes.types.is_empty() || takes.types.iter().any(|name| **name.get_ref() == *resource.resource_type))
                    && takes.tags.iter().all(|(key, value)| has_tag(resource, key, value))
            })
            .map(|takes| takes.party.get_ref().clone())
    }

    /// Puts the exception on a result that one covers. An expired one covers nothing.
    pub(crate) fn cover(&self, result: &mut CheckResult) {
        for (index, (rule, exception)) in self.exceptions.iter().enumerate() {
            if **rule.check.get_ref() != *result.check || !covers(rule, result) {
                continue;
            }
            if let Some(used) = self.used.get(index) {
                used.set(true);
            }
            if self.today.is_none_or(|today| exception.expires >= today) {
                result.exception = Some(exception.clone());
                return;
            }
        }
    }

    /// Exceptions from the checks that were asked that are findings themselves: expired, or matching nothing.
    pub(crate) fn stale(&self, asked: impl Fn(&str) -> bool) -> Vec<String> {
        let mut lines = Vec::new();
        for ((rule, exception), used) in self.exceptions.iter().zip(&self.used) {
            if !asked(rule.check.get_ref()) {
                continue;
            }
            if self.today.is_some_and(|today| exception.expires < today) {
                lines.push(format!(
                    "exception `{}` of {} expired on {}; renew it or mend the finding",
                    exception.id, exception.owner, exception.expires
                ));
            } else if !used.get() {
                lines.push(format!(
                    "exception `{}` of {} matches no result; delete it or correct its selectors",
                    exception.id, exception.owner
                ));
            }
        }
        lines
    }
}

/// The file that was named, else the first of that name in the directories of the sources.
fn file(sources: &Sources, named: Option<&PathBuf>, what: &str) -> Option<PathBuf> {
    if named.is_some() {
        return named.cloned();
    }
    let name = format!("{what}.toml");
    let beside = |source: &PathBuf| if source.is_dir() { source.join(&name) } else { source.with_file_name(&name) };
    let mut found: Vec<PathBuf> = Vec::new();
    for path in sources.sources.iter().map(beside).filter(|path| path.is_file()) {
        if !found.contains(&path) {
            found.push(path);
        }
    }
    let mut found = found.into_iter();
    let first = found.next()?;
    exit::note(&format!("{what}: `{}`", plain(&first.display().to_string())));
    for other in found {
        exit::note(&format!("{what}: `{}` is not used, the first one counts; choose with --{what}", plain(&other.display().to_string())));
    }
    Some(first)
}

fn covers(rule: &ExceptionRule, result: &CheckResult) -> bool {
    let resource = result.resource.as_ref();
    let named = rule.resource.as_deref().is_none_or(|name| resource.is_some_and(|resource| is_called(resource, name)));
    let account = rule.account.as_deref().is_none_or(|account| result.account.as_deref() == Some(account));
    let tags = rule.tags.iter().all(|(key, value)| resource.is_some_and(|resource| has_tag(resource, key, value)));
    named && account && tags
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

/// Refuses what is neither a duty nor `layer.*`.
fn is_duty(catalog: &Catalog, pattern: &str) -> Result<(), String> {
    if let Some(layer) = pattern.strip_suffix(".*") {
        if catalog.layer(layer).is_some() {
            return Ok(());
        }
        let near = did_you_mean(layer, catalog.layers.iter().map(|layer| &*layer.id));
        return Err(format!("there is no layer `{layer}`{near}"));
    }
    if catalog.duties.contains_key(pattern) {
        return Ok(());
    }
    let near = did_you_mean(pattern, catalog.duties.keys().map(|id| &**id));
    Err(format!("there is no duty `{pattern}`{near}; write a duty id, or `layer.*` for all of a layer"))
}

/// A file with its text, so that errors point into it.
struct Text {
    path: PathBuf,
    text: String,
}

impl Text {
    fn of(path: PathBuf) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
        Ok(Self { path, text })
    }

    fn parse<T: for<'de> Deserialize<'de>>(&self) -> anyhow::Result<T> {
        toml::from_str(&self.text).map_err(|error| self.error(&error.span().unwrap_or_default(), &error.message().replace('\n', " ")))
    }

    fn error(&self, span: &Range<usize>, message: &str) -> anyhow::Error {
        let before = self.text.get(..span.start).unwrap_or("");
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |tail| tail.chars().count()) + 1;
        anyhow!("{}:{line}:{column}: {message}", self.path.display())
    }
}

fn date(value: toml::value::Datetime) -> Option<NaiveDate> {
    let date = value.date?;
    NaiveDate::from_ymd_opt(i32::from(date.year), u32::from(date.month), u32::from(date.day))
}
