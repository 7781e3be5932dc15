//! `scope.toml`: what the customer runs, holds, must keep to and wants to reach, and what follows from it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;
use partywall_catalog::{Catalog, Framework, Group, Requirement, ScopeList};
use partywall_model::near::did_you_mean;
use partywall_model::region_code;
use serde::Deserialize;
use toml::Spanned;

use crate::text::Text;
use crate::{Place, RecordsError};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScopeFile {
    #[serde(default)]
    title: String,
    #[serde(default)]
    data: Vec<Spanned<String>>,
    #[serde(default)]
    laws: Vec<Spanned<String>>,
    #[serde(default)]
    contracts: Vec<Spanned<String>>,
    #[serde(default)]
    objectives: Vec<Spanned<String>>,
    #[serde(default)]
    services: Vec<Spanned<String>>,
    #[serde(default)]
    regions: Vec<Spanned<String>>,
    #[serde(default)]
    frameworks: Vec<Spanned<String>>,
    #[serde(default)]
    leave_out: BTreeMap<Spanned<String>, String>,
    #[serde(default)]
    account: Vec<AccountEntry>,
    #[serde(default)]
    requirement: Vec<RequirementEntry>,
    #[serde(default)]
    attestations: AttestationPolicyEntry,
    #[serde(default)]
    audit: Option<PeriodEntry>,
    #[serde(default)]
    baseline: Option<Baseline>,
}

/// What the customer measured before it had this tool, for comparison.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// Working hours that preparing for one audit took.
    pub audit_preparation_hours: f64,
    /// Working hours that it took since.
    #[serde(default)]
    pub audit_preparation_hours_now: Option<f64>,
    /// Where the hours were counted.
    pub source: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountEntry {
    id: Spanned<String>,
    title: String,
    #[serde(default)]
    ou: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RequirementEntry {
    id: Spanned<String>,
    title: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    aws: String,
    customer: String,
    #[serde(default)]
    duties: Vec<Spanned<String>>,
    #[serde(default)]
    checks: Vec<Spanned<String>>,
    #[serde(default)]
    manual: Vec<Spanned<String>>,
    #[serde(default)]
    nothing_technical: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct AttestationPolicyEntry {
    #[serde(default)]
    accept_days: BTreeMap<Spanned<String>, u32>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PeriodEntry {
    from: Spanned<toml::value::Datetime>,
    to: Spanned<toml::value::Datetime>,
}

/// An account that the customer says it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopedAccount {
    /// 12 digits.
    pub id: String,
    /// For people.
    pub title: String,
    /// Path of its organizational unit; empty if not said.
    pub unit: String,
}

/// Something that is in scope, and why.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Reason {
    /// The list of `scope.toml` that it follows from.
    pub list: &'static str,
    /// The word in it.
    pub word: String,
    /// Why, in one sentence.
    pub because: String,
}

/// What the customer says of itself.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Name of the whole.
    pub title: String,
    /// The words of each list that rules draw from.
    pub words: BTreeMap<ScopeList, Vec<Arc<str>>>,
    /// Services that are or will be used, as ids.
    pub services: Vec<Arc<str>>,
    /// The Regions that they are used in; none are known if it is empty.
    pub regions: BTreeSet<Arc<str>>,
    /// Accounts, in the file's order.
    pub accounts: Vec<ScopedAccount>,
    /// Frameworks that follow, with every reason.
    pub frameworks: BTreeMap<Arc<str>, Vec<Reason>>,
    /// Frameworks that would follow but are left out, with the reason given.
    pub left_out: BTreeMap<Arc<str>, String>,
    /// Duties that follow from the words themselves.
    pub duties: BTreeMap<Arc<str>, Vec<Reason>>,
    /// Manual evidence that follows from the words themselves.
    pub evidence: BTreeMap<Arc<str>, Vec<Reason>>,
    /// How long attestations of a series are accepted after their period, where the customer's policy says so.
    pub accept_days: BTreeMap<Arc<str>, u32>,
    /// The period that the next audit looks at.
    pub audit: Option<(NaiveDate, NaiveDate)>,
    /// What was measured before.
    pub baseline: Option<Baseline>,
    /// The customer's own requirements, as a framework `own`.
    pub own: Option<Arc<Framework>>,
    /// Where it is written; `None` without a file.
    pub place: Option<Place>,
}

impl Scope {
    pub(crate) fn read(catalog: &Catalog, file: &Text) -> Result<Self, RecordsError> {
        let parsed = file.parse::<ScopeFile>()?;
        let mut scope = Self { title: parsed.title, place: Some(file.place(&(0..0))), baseline: parsed.baseline, ..Self::default() };
        let lists = [
            (ScopeList::Data, &parsed.data),
            (ScopeList::Laws, &parsed.laws),
            (ScopeList::Contracts, &parsed.contracts),
            (ScopeList::Objectives, &parsed.objectives),
        ];
        for (list, words) in lists {
            for word in words {
                scope.follow(catalog, file, list, word)?;
            }
        }
        for id in &parsed.services {
            scope.services.push(file.known(id, "service", catalog.services.keys().map(|id| &**id))?);
        }
        for region in &parsed.regions {
            let known = region_code(region.get_ref()).map_err(|message| file.error(&region.span(), &message))?;
            scope.regions.insert(Arc::from(known));
        }
        for id in &parsed.frameworks {
            let framework = framework(catalog, file, id)?;
            scope.frameworks.entry(framework).or_default().push(Reason {
                list: "frameworks",
                word: id.get_ref().clone(),
                because: "Named in the scope.".to_owned(),
            });
        }
        for (id, why) in &parsed.leave_out {
            let framework = framework(catalog, file, id)?;
            if why.trim().is_empty() {
                return Err(file.error(&id.span(), &format!("`{}` is left out without a reason; write one", id.get_ref())));
            }
            scope.frameworks.remove(&framework);
            scope.left_out.insert(framework, why.clone());
        }
        for account in &parsed.account {
            let id = account.id.get_ref();
            if id.len() != 12 || !id.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(file.error(&account.id.span(), &format!("`{id}` is no account id; write its 12 digits")));
            }
            if scope.accounts.iter().any(|known| known.id == *id) {
                return Err(file.error(&account.id.span(), &format!("account `{id}` is listed twice")));
            }
            scope.accounts.push(ScopedAccount { id: id.clone(), title: account.title.clone(), unit: account.ou.clone() });
        }
        for (id, days) in &parsed.attestations.accept_days {
            scope.accept_days.insert(file.known(id, "series of attestations", catalog.series.keys().map(|id| &**id))?, *days);
        }
        if let Some(period) = &parsed.audit {
            let (from, to) = (file.day(&period.from)?, file.day(&period.to)?);
            if to < from || (to - from).num_days() > 3660 {
                return Err(file.error(&period.to.span(), "the audit period must end after it begins, within ten years"));
            }
            scope.audit = Some((from, to));
        }
        scope.own = own(catalog, file, &parsed.requirement)?;
        Ok(scope)
    }

    /// Applies every rule of the catalogue for a word.
    fn follow(&mut self, catalog: &Catalog, file: &Text, list: ScopeList, word: &Spanned<String>) -> Result<(), RecordsError> {
        let rules = || catalog.scope_rules.iter().filter(move |rule| rule.list == list);
        let known = file.known(word, &format!("word for {}", list.as_str()), rules().map(|rule| &*rule.word))?;
        for rule in rules().filter(|rule| rule.word == known) {
            let reason = || Reason { list: list.as_str(), word: known.to_string(), because: rule.because.clone() };
            for id in rule.frameworks.iter().filter_map(|id| catalog.framework(id)) {
                self.frameworks.entry(id.id.clone()).or_default().push(reason());
            }
            for id in &rule.duties {
                self.duties.entry(Arc::from(id.as_str())).or_default().push(reason());
            }
            for id in &rule.evidence {
                self.evidence.entry(Arc::from(id.as_str())).or_default().push(reason());
            }
        }
        self.words.entry(list).or_default().push(known);
        Ok(())
    }

    /// True if there is a `scope.toml`.
    pub fn is_given(&self) -> bool {
        self.place.is_some()
    }

    /// Account → path of its organizational unit.
    pub(crate) fn units(&self) -> BTreeMap<String, String> {
        self.accounts.iter().filter(|account| !account.unit.is_empty()).map(|account| (account.id.clone(), account.unit.clone())).collect()
    }
}

fn framework(catalog: &Catalog, file: &Text, id: &Spanned<String>) -> Result<Arc<str>, RecordsError> {
    if let Some(framework) = catalog.framework(id.get_ref()) {
        return Ok(framework.id.clone());
    }
    let near = did_you_mean(id.get_ref(), catalog.frameworks.keys().map(|id| &**id));
    Err(file.error(&id.span(), &format!("there is no framework `{}`{near}", id.get_ref())))
}

/// The customer's own requirements, judged like any framework's.
fn own(catalog: &Catalog, file: &Text, entries: &[RequirementEntry]) -> Result<Option<Arc<Framework>>, RecordsError> {
    if entries.is_empty() {
        return Ok(None);
    }
    let mut ids = BTreeSet::new();
    let mut requirements = Vec::new();
    for entry in entries {
        let id = entry.id.get_ref();
        if !ids.insert(id) {
            return Err(file.error(&entry.id.span(), &format!("`{id}` is the id of an earlier requirement; give each its own")));
        }
        for pattern in &entry.checks {
            if catalog.checks_of(pattern.get_ref()).next().is_none() {
                let near = did_you_mean(pattern.get_ref(), catalog.checks.keys().chain(catalog.duties.keys()).map(|id| &**id));
                return Err(file.error(&pattern.span(), &format!("`{}` names no check{near}", pattern.get_ref())));
            }
        }
        requirements.push(Arc::new(Requirement {
            id: Arc::from(id.as_str()),
            group: Arc::from("own"),
            title: Arc::from(entry.title.as_str()),
            text: entry.text.clone(),
            aws: entry.aws.clone(),
            customer: entry.customer.clone(),
            duties: file.known_duties(catalog, &entry.duties)?.iter().map(ToString::to_string).collect(),
            checks: entry.checks.iter().map(|pattern| pattern.get_ref().clone()).collect(),
            manual: file.known_evidence(catalog, &entry.manual)?.iter().map(ToString::to_string).collect(),
            nothing_technical: entry.nothing_technical.clone(),
            ..Requirement::default()
        }));
    }
    Ok(Some(Arc::new(Framework {
        id: Arc::from("own"),
        title: Arc::from("Own requirements"),
        noun: "requirement".to_owned(),
        source: "scope.toml".to_owned(),
        groups: vec![Group { id: Arc::from("own"), title: Arc::from("Own requirements") }],
        requirements,
        ..Framework::empty()
    })))
}
