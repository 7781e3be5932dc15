use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::BooleanArray;
use partywall_catalog::{Catalog, Check, Per, ResourceType};
use partywall_model::{Cause, CauseKind, CheckResult, Fact, FindingId, Gap, Party, Resource, Status, UnknownBecause, Value};
use partywall_table::{Envelope, Paths, TypeBatch, canonical_json};
use sha2::{Digest, Sha256};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::kleene::touches;
use crate::plan::{CheckPredicates, TypePlan, answer, is_counted_per_row, owner};
use crate::tally::{Tally, worse};

/// Names another party for a customer duty of a resource; `None` leaves it with the customer.
pub type Parties<'a> = dyn Fn(&Resource, &str) -> Option<Party> + 'a;

/// One duty of one resource and who owns it.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnedDuty {
    /// Duty id.
    pub duty: Arc<str>,
    /// Service id.
    pub service: Arc<str>,
    /// Mode id; empty if the type carries none or the mode is not known.
    pub mode: Arc<str>,
    /// The owner; `None` is undetermined.
    pub owner: Option<Party>,
    /// The condition that decided, as written; `None` if nothing had to be decided.
    pub when: Option<String>,
    /// The facts that the conditions read.
    pub facts: Vec<Fact>,
    /// Index of the row in the service file.
    pub row: Option<usize>,
}

/// Answers checks and finds duty owners, batch by batch, for one run.
pub struct Assessor<'a> {
    catalog: &'a Catalog,
    engine: &'a Engine,
    selected: Box<dyn Fn(&Check) -> bool + 'a>,
    parties: Box<Parties<'a>>,
    plans: HashMap<Arc<str>, TypePlan>,
    /// Sums so far.
    pub tally: Tally,
}

impl fmt::Debug for Assessor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Assessor").field("types", &self.plans.len()).finish_non_exhaustive()
    }
}

impl<'a> Assessor<'a> {
    /// Makes an assessor for the checks that `selected` chooses.
    pub fn new(catalog: &'a Catalog, engine: &'a Engine, selected: impl Fn(&Check) -> bool + 'a, parties: Box<Parties<'a>>) -> Self {
        Self { catalog, engine, selected: Box::new(selected), parties, plans: HashMap::new(), tally: Tally::default() }
    }

    fn plan(&mut self, resource_type: &ResourceType) -> Result<&mut TypePlan, EngineError> {
        if !self.plans.contains_key(&resource_type.name) {
            let plan = TypePlan::new(self.engine, self.catalog, resource_type, &self.selected)?;
            self.plans.insert(resource_type.name.clone(), plan);
        }
        self.plans.get_mut(&resource_type.name).ok_or_else(|| EngineError::Query("a plan is missing".to_owned()))
    }

    /// What of a type's rows must be built.
    ///
    /// # Errors
    /// A predicate of the catalogue is broken.
    pub fn need(&mut self, resource_type: &ResourceType) -> Result<(Paths, Vec<Envelope>), EngineError> {
        let (paths, envelope) = self.plan(resource_type)?.need();
        Ok((paths, envelope.into_iter().collect()))
    }

    /// Answers all selected checks of a batch's type for all of its rows, and counts duties.
    ///
    /// Results come check by check, rows in order. Facts are given for failed and unknown results.
    ///
    /// # Errors
    /// A predicate of the catalogue is broken, or `emit` fails.
    pub fn assess<E: From<EngineError>>(
        &mut self,
        batch: &TypeBatch,
        emit: &mut dyn FnMut(CheckResult) -> Result<(), E>,
    ) -> Result<(), E> {
        let engine = self.engine;
        let plan = self.plan(&batch.resource_type).map_err(E::from)?;
        let answers = plan.evaluate(engine, batch).map_err(E::from)?;
        let Some(plan) = self.plans.get(&batch.resource_type.name) else { return Ok(()) };
        let blind = batch.resource_type.blind_paths(batch.kind);
        let modes: Vec<Vec<usize>> = (0..batch.rows.len()).map(|row| possible_modes(plan, &answers, row)).collect();
        let mut evidence: BTreeMap<Arc<str>, Vec<Option<Status>>> = BTreeMap::new();
        for predicates in &plan.checks {
            let check = &predicates.check;
            let counts = self.tally.checks.entry(check.id.clone()).or_default();
            let duty = evidence.entry(check.duty.clone()).or_insert_with(|| vec![None; batch.rows.len()]);
            for (row, resource) in batch.rows.iter().enumerate() {
                let status = status(predicates, &answers, row);
                if let Some(slot) = duty.get_mut(row) {
                    *slot = worse(*slot, status);
                }
                let party = party_of(plan, modes.get(row), &answers, row, check, resource, &*self.parties);
                let mut result = CheckResult {
                    id: finding_id(&check.id, resource),
                    check: check.id.clone(),
                    severity: check.severity,
                    status,
                    resource: Some(resource.clone()),
                    resource_type: batch.resource_type.name.clone(),
                    account: resource.account.clone(),
                    region: resource.region.clone(),
                    facts: Vec::new(),
                    unknown_because: Vec::new(),
                    exception: None,
                    party,
                };
                match status {
                    Status::Pass => counts.pass += 1,
                    Status::NotApplicable => counts.not_applicable += 1,
                    Status::Fail => {
                        counts.fail += 1;
                        result.facts = facts(resource, &predicates.reads.facts, &predicates.reads.paths);
                    }
                    Status::Unknown => {
                        counts.unknown += 1;
                        result.facts = facts(resource, &predicates.reads.facts, &predicates.reads.paths);
                        result.unknown_because = because(predicates, &answers, batch, row, &blind, self.catalog);
                        if result.is_blind() {
                            counts.blind += 1;
                        } else {
                            count_unseen(&mut self.tally.not_seen, &result);
                        }
                    }
                }
                emit(result)?;
            }
        }
        count_duties(&mut self.tally, plan, batch, &modes, &answers, &evidence, &*self.parties);
        Ok(())
    }

    /// One unknown result per selected check of a type whose listing failed.
    ///
    /// # Errors
    /// `emit` fails.
    pub fn assess_gap<E>(&mut self, gap: &Gap, emit: &mut dyn FnMut(CheckResult) -> Result<(), E>) -> Result<(), E> {
        let all = gap.resource_type.is_empty();
        if all {
            return Ok(());
        }
        for check in self.catalog.checks.values().filter(|check| check.resource == gap.resource_type && (self.selected)(check)) {
            let mut hash = Sha256::new();
            for part in [&*check.id, gap.account.as_deref().unwrap_or(""), gap.region.as_deref().unwrap_or(""), "listing"] {
                hash.update(part.as_bytes());
                hash.update([0]);
            }
            let result = CheckResult {
                id: id_of(hash),
                check: check.id.clone(),
                severity: check.severity,
                status: Status::Unknown,
                resource: None,
                resource_type: gap.resource_type.clone(),
                account: gap.account.clone(),
                region: gap.region.clone(),
                facts: Vec::new(),
                unknown_because: vec![UnknownBecause { path: Arc::from(""), cause: gap.cause.clone() }],
                exception: None,
                party: words("customer"),
            };
            self.tally.checks.entry(check.id.clone()).or_default().unknown += 1;
            count_unseen(&mut self.tally.not_seen, &result);
            emit(result)?;
        }
        Ok(())
    }

    /// The duties of each row of a batch, with what decided. For `matrix` and `explain`.
    ///
    /// # Errors
    /// A predicate of the catalogue is broken.
    pub fn duties(&mut self, batch: &TypeBatch) -> Result<Vec<Vec<OwnedDuty>>, EngineError> {
        let engine = self.engine;
        let plan = self.plan(&batch.resource_type)?;
        let answers = plan.evaluate(engine, batch)?;
        let Some(plan) = self.plans.get(&batch.resource_type.name) else { return Ok(Vec::new()) };
        let Some(service) = &plan.service else { return Ok(vec![Vec::new(); batch.rows.len()]) };
        let mut all = Vec::with_capacity(batch.rows.len());
        for (row, resource) in batch.rows.iter().enumerate() {
            let modes = possible_modes(plan, &answers, row);
            let mut owned: Vec<OwnedDuty> = Vec::new();
            for mode in modes.iter().filter_map(|mode| plan.modes.get(*mode)) {
                for duty in &mode.duties {
                    if owned.iter().any(|known| known.duty == duty.duty.id) {
                        continue;
                    }
                    let mut party = duty_owner(plan, &modes, &answers, row, &duty.duty.id).flatten().cloned();
                    if party == Some(Party::Customer) {
                        party = (self.parties)(resource, &duty.duty.id).or(party);
                    }
                    let conditional = duty.rules.iter().any(|(condition, _)| condition.is_some());
                    let when = conditional.then(|| {
                        let decided = duty.rules.iter().find(|(condition, _)| match condition {
                            Some(index) => answer(&answers, *index, row) != Some(false),
                            None => true,
                        });
                        decided.and_then(|(condition, _)| plan.text(*condition)).unwrap_or_else(|| "otherwise".to_owned())
                    });
                    let mut paths = Vec::new();
                    for index in duty.rules.iter().filter_map(|(condition, _)| *condition) {
                        for fact in plan.facts_of(index) {
                            if !paths.contains(&fact) {
                                paths.push(fact);
                            }
                        }
                    }
                    owned.push(OwnedDuty {
                        duty: duty.duty.id.clone(),
                        service: service.id.clone(),
                        mode: if modes.len() == 1 { mode.id.clone() } else { Arc::from("") },
                        owner: party,
                        when,
                        facts: facts(resource, &paths, &Paths::new()),
                        row: duty.row,
                    });
                }
            }
            all.push(owned);
        }
        Ok(all)
    }

    /// Ends the run: counts what is counted once.
    pub fn finish(&mut self) {
        self.tally.settle();
    }
}

fn party_of(
    plan: &TypePlan,
    modes: Option<&Vec<usize>>,
    answers: &[Result<BooleanArray, String>],
    row: usize,
    check: &Check,
    resource: &Resource,
    parties: &Parties<'_>,
) -> Arc<str> {
    match duty_owner(plan, modes.map(Vec::as_slice).unwrap_or_default(), answers, row, &check.duty) {
        Some(Some(Party::Customer)) | None => match parties(resource, &check.duty) {
            Some(party) => Arc::from(party.to_string()),
            None => words("customer"),
        },
        Some(Some(Party::Aws)) => words("aws"),
        Some(Some(party)) => Arc::from(party.to_string()),
        Some(None) => words("undetermined"),
    }
}

fn words(word: &'static str) -> Arc<str> {
    use std::sync::LazyLock;
    static WORDS: LazyLock<[Arc<str>; 3]> = LazyLock::new(|| [Arc::from("customer"), Arc::from("aws"), Arc::from("undetermined")]);
    WORDS.iter().find(|known| &***known == word).cloned().unwrap_or_else(|| Arc::from(word))
}

fn status(predicates: &CheckPredicates, answers: &[Result<BooleanArray, String>], row: usize) -> Status {
    match predicates.applies.map(|index| answer(answers, index, row)) {
        Some(Some(false)) => return Status::NotApplicable,
        Some(None) => return Status::Unknown,
        Some(Some(true)) | None => {}
    }
    match answer(answers, predicates.pass, row) {
        Some(true) => Status::Pass,
        Some(false) => Status::Fail,
        None => Status::Unknown,
    }
}

/// Modes that the row may be in: one if that is known.
fn possible_modes(plan: &TypePlan, answers: &[Result<BooleanArray, String>], row: usize) -> Vec<usize> {
    let mut possible = Vec::new();
    for (index, mode) in plan.modes.iter().enumerate() {
        match mode.matches.map(|index| answer(answers, index, row)) {
            Some(Some(false)) => {}
            Some(None) => possible.push(index),
            Some(Some(true)) | None => {
                possible.push(index);
                break;
            }
        }
    }
    possible
}

/// Outer `None`: the row does not carry the duty. Inner `None`: undetermined.
fn duty_owner<'p>(
    plan: &'p TypePlan,
    modes: &[usize],
    answers: &[Result<BooleanArray, String>],
    row: usize,
    duty: &str,
) -> Option<Option<&'p Party>> {
    let mut found: Option<Option<&Party>> = None;
    for mode in modes.iter().filter_map(|mode| plan.modes.get(*mode)) {
        let here = mode.duties.iter().find(|known| &*known.duty.id == duty).map(|known| owner(&known.rules, answers, row));
        match (found, here) {
            (None, here) => found = here,
            (Some(before), Some(here)) if before != here => return Some(None),
            _ => {}
        }
    }
    found
}

fn count_duties(
    tally: &mut Tally,
    plan: &TypePlan,
    batch: &TypeBatch,
    modes: &[Vec<usize>],
    answers: &[Result<BooleanArray, String>],
    evidence: &BTreeMap<Arc<str>, Vec<Option<Status>>>,
    parties: &Parties<'_>,
) {
    let Some(service) = &plan.service else { return };
    for (row, resource) in batch.rows.iter().enumerate() {
        let possible = modes.get(row).map(Vec::as_slice).unwrap_or_default();
        let Some(first) = possible.first().and_then(|mode| plan.modes.get(*mode)) else { continue };
        let mode_id = if possible.len() == 1 { first.id.clone() } else { Arc::from("?") };
        let usage = tally.modes.entry((service.id.clone(), mode_id)).or_default();
        usage.resources += 1;
        usage.title = if possible.len() == 1 { first.title.clone() } else { Arc::from(format!("{}, mode not known", service.title)) };
        for duty in &first.duties {
            let mut party = duty_owner(plan, possible, answers, row, &duty.duty.id).flatten().cloned();
            if party == Some(Party::Customer) {
                party = parties(resource, &duty.duty.id).or(party);
            }
            usage.owners.entry(duty.duty.id.clone()).or_default().insert(party.clone());
            let status = evidence.get(&duty.duty.id).and_then(|rows| rows.get(row).copied().flatten());
            let layer: Arc<str> = Arc::from(duty.duty.layer());
            if is_counted_per_row(&duty.duty) {
                tally.layers.entry(layer).or_default().add(party.as_ref(), status, 1);
                continue;
            }
            let key = match duty.duty.per {
                Per::Account => (layer, duty.duty.id.clone(), None, resource.account.clone(), None),
                _ => (layer, duty.duty.id.clone(), Some(service.id.clone()), resource.account.clone(), resource.region.clone()),
            };
            let slot = tally.once.entry(key).or_insert((party, None));
            if let Some(status) = status {
                slot.1 = worse(slot.1, status);
            }
        }
    }
}

fn count_unseen(not_seen: &mut BTreeMap<String, (u64, Option<String>)>, result: &CheckResult) {
    let Some(because) = result.unknown_because.iter().find(|because| because.cause.kind != CauseKind::NotInSource) else { return };
    let place = match (&result.account, &result.region) {
        (Some(account), Some(region)) => format!(" (account {account}, {region})"),
        (Some(account), None) => format!(" (account {account})"),
        _ => String::new(),
    };
    let entry = not_seen.entry(format!("{}{place}", because.cause)).or_insert((0, because.cause.iam_action.clone()));
    entry.0 += 1;
}

fn finding_id(check: &str, resource: &Resource) -> FindingId {
    let mut hash = Sha256::new();
    let file = if resource.source.kind == partywall_model::SourceKind::CloudFormation { &*resource.source.file } else { "" };
    let id = resource.logical_id.as_deref().unwrap_or(&resource.id);
    for part in
        [check, resource.account.as_deref().unwrap_or(""), resource.region.as_deref().unwrap_or(""), &resource.resource_type, id, file]
    {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    id_of(hash)
}

fn id_of(hash: Sha256) -> FindingId {
    let digest = hash.finalize();
    FindingId(digest.iter().take(8).fold(0, |id, byte| id << 8 | u64::from(*byte)))
}

/// A list is shown by what was read of its elements, up to this many of them.
const SHOWN_ELEMENTS: usize = 20;

fn facts(resource: &Resource, paths: &[Arc<str>], reads: &Paths) -> Vec<Fact> {
    let mut found = Vec::with_capacity(paths.len());
    for path in paths {
        if path.starts_with('_') && !path.starts_with("_Derived") && !path.starts_with("_Runtime") && !path.starts_with("_Attached") {
            continue;
        }
        let value = resource.properties.at(path);
        let json = match value {
            None | Some(Value::Null) => "null".to_owned(),
            Some(Value::Unknown(_)) => continue,
            Some(Value::List(items)) => list_json(path, items, reads),
            Some(value) => match canonical_json(value) {
                Some(json) => json,
                None => continue,
            },
        };
        let default_note = resource.defaulted.iter().find(|default| touches(&default.path, path, true)).map(|default| default.note.clone());
        found.push(Fact { path: path.clone(), json, location: resource.position(path), default_note });
    }
    found
}

fn list_json(path: &str, items: &[Value], reads: &Paths) -> String {
    let prefix = format!("{path}[].");
    let members: Vec<&str> =
        reads.iter().filter_map(|read| read.strip_prefix(&prefix)).map(|rest| rest.split(['.', '[']).next().unwrap_or(rest)).collect();
    let mut out = String::from("[");
    for item in items.iter().filter(|item| !item.is_unknown()).take(SHOWN_ELEMENTS) {
        let shown = match item {
            Value::Map(all) if !members.is_empty() => {
                Value::Map(all.iter().filter(|(key, value)| members.contains(&&**key) && !value.holds_unknown()).cloned().collect())
            }
            other => other.clone(),
        };
        if let Some(json) = canonical_json(&shown) {
            if out.len() > 1 {
                out.push(',');
            }
            out.push_str(&json);
        }
    }
    if items.len() > SHOWN_ELEMENTS {
        out.push_str(&format!(",\"… {} more\"", items.len() - SHOWN_ELEMENTS));
    }
    out.push(']');
    out
}

fn because(
    predicates: &CheckPredicates,
    answers: &[Result<BooleanArray, String>],
    batch: &TypeBatch,
    row: usize,
    blind: &[Arc<str>],
    catalog: &Catalog,
) -> Vec<UnknownBecause> {
    let mut found: Vec<UnknownBecause> = Vec::new();
    for index in predicates.applies.into_iter().chain([predicates.pass]) {
        if let Some(Err(message)) = answers.get(index) {
            found.push(UnknownBecause { path: Arc::from(""), cause: Arc::new(Cause::new(CauseKind::EvaluationError, message.clone())) });
        }
    }
    let reads: Vec<&str> =
        predicates.reads.paths.iter().map(String::as_str).chain(predicates.reads.facts.iter().map(|fact| &**fact)).collect();
    for (path, cause) in batch.gaps.get(row).map(Vec::as_slice).unwrap_or_default() {
        let plain = without_indexes(path);
        if reads.iter().any(|read| touches(&plain, read, false)) && !found.iter().any(|known| known.path == *path) {
            found.push(UnknownBecause { path: path.clone(), cause: cause.clone() });
        }
    }
    if found.is_empty() {
        for path in blind {
            if reads.iter().any(|read| touches(path, read, true)) {
                let cause = Cause::new(CauseKind::NotInSource, format!("a {} source never shows `{path}`", batch.kind.as_str()));
                found.push(UnknownBecause { path: path.clone(), cause: Arc::new(cause) });
            }
        }
    }
    if found.is_empty() {
        let date = catalog.eol.as_of().map(|date| date.to_string()).unwrap_or_default();
        let path = predicates.reads.facts.first().cloned().unwrap_or_else(|| Arc::from(""));
        let cause = Cause::new(CauseKind::MissingRow, format!("the version is not in the end-of-life table of {date}"));
        found.push(UnknownBecause { path, cause: Arc::new(cause) });
    }
    found
}

/// `List[2].Member` → `List[].Member`, as predicates' reads are written.
fn without_indexes(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut inside = false;
    for letter in path.chars() {
        match letter {
            '[' => {
                inside = true;
                out.push('[');
            }
            ']' => {
                inside = false;
                out.push(']');
            }
            _ if inside => {}
            letter => out.push(letter),
        }
    }
    out
}
