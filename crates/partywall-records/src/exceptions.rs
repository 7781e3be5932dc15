//! `exceptions.toml`: decisions to live with a finding.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;
use partywall_catalog::Catalog;
use partywall_model::near::did_you_mean;
use partywall_model::{CheckResult, Exception, ExceptionKind, Resource, Severity};
use serde::Deserialize;
use toml::Spanned;

use crate::text::Text;
use crate::{FindingKind, Place, RecordFinding, RecordsError, has_tag};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExceptionsFile {
    #[serde(default)]
    exception: Vec<Entry>,
}

/// One entry. All selectors that are given must match, exactly.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
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

#[derive(Debug, Clone)]
struct Rule {
    check: String,
    resource: Option<String>,
    account: Option<String>,
    tags: BTreeMap<String, String>,
    exception: Arc<Exception>,
    place: Place,
    used: Cell<bool>,
}

/// Exceptions of a run. Knows which were used.
#[derive(Debug, Clone, Default)]
pub struct Exceptions {
    rules: Vec<Rule>,
}

impl Exceptions {
    pub(crate) fn read(catalog: &Catalog, file: &Text) -> Result<Self, RecordsError> {
        let mut rules: Vec<Rule> = Vec::new();
        let mut ids = BTreeSet::new();
        for entry in file.parse::<ExceptionsFile>()?.exception {
            let (span, id) = (entry.id.span(), entry.id.into_inner());
            if !ids.insert(id.clone()) {
                return Err(file.error(&span, &format!("`{id}` is the id of an earlier exception; give each its own")));
            }
            let check = entry.check.get_ref().as_str();
            if !catalog.checks.contains_key(check) {
                let near = did_you_mean(check, catalog.checks.keys().map(|id| &**id));
                return Err(file.error(&entry.check.span(), &format!("there is no check `{check}`{near}")));
            }
            if entry.resource.is_none() && entry.account.is_none() && entry.tags.is_empty() {
                return Err(file.error(&span, &format!("`{id}` covers nothing; give it a resource, an account or tags")));
            }
            let expires = crate::text::day(entry.expires.get_ref())
                .ok_or_else(|| file.error(&entry.expires.span(), &format!("`{id}`: expires must be a day such as 2027-03-31")))?;
            rules.push(Rule {
                check: entry.check.into_inner(),
                resource: entry.resource,
                account: entry.account,
                tags: entry.tags,
                place: file.place(&span),
                used: Cell::new(false),
                exception: Arc::new(Exception {
                    id,
                    kind: entry.kind,
                    reason: entry.reason,
                    owner: entry.owner,
                    approver: entry.approver,
                    expires,
                }),
            });
        }
        Ok(Self { rules })
    }

    /// All of them, in the file's order.
    pub fn all(&self) -> impl Iterator<Item = &Exception> {
        self.rules.iter().map(|rule| &*rule.exception)
    }

    /// Puts the exception on a result that one covers. An expired one covers nothing.
    pub fn cover(&self, result: &mut CheckResult, today: NaiveDate) {
        for rule in &self.rules {
            if *rule.check != *result.check || !covers(rule, result) {
                continue;
            }
            rule.used.set(true);
            if rule.exception.expires >= today {
                result.exception = Some(rule.exception.clone());
                return;
            }
        }
    }

    /// Exceptions from the checks that were asked that are findings themselves: expired, or, where `matching` is judged, matching nothing.
    pub(crate) fn findings(&self, today: NaiveDate, asked: &dyn Fn(&str) -> bool, matching: bool, found: &mut Vec<RecordFinding>) {
        for rule in self.rules.iter().filter(|rule| asked(&rule.check)) {
            let exception = &rule.exception;
            let message = if exception.expires < today {
                format!(
                    "exception `{}` of {} expired on {}; renew it or mend the finding",
                    exception.id, exception.owner, exception.expires
                )
            } else if matching && !rule.used.get() {
                format!("exception `{}` of {} matches no result; delete it or correct its selectors", exception.id, exception.owner)
            } else {
                continue;
            };
            found.push(RecordFinding {
                kind: FindingKind::Exception,
                severity: Severity::Medium,
                subject: exception.id.clone(),
                message,
                owner: Some(exception.owner.clone()),
                due: Some(exception.expires),
                place: Some(rule.place.clone()),
            });
        }
    }
}

fn covers(rule: &Rule, result: &CheckResult) -> bool {
    let resource = result.resource.as_ref();
    let named = rule.resource.as_deref().is_none_or(|name| resource.is_some_and(|resource| is_called(resource, name)));
    let account = rule.account.as_deref().is_none_or(|account| result.account.as_deref() == Some(account));
    let tags = rule.tags.iter().all(|(key, value)| resource.is_some_and(|resource| has_tag(resource, key, value)));
    named && account && tags
}

/// A resource by anything that people call it: id, ARN, logical id, name; exact.
pub fn is_called(resource: &Resource, name: &str) -> bool {
    &*resource.id == name
        || resource.arn.as_deref() == Some(name)
        || resource.logical_id.as_deref() == Some(name)
        || resource.name.as_deref() == Some(name)
}
