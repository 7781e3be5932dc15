use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::BooleanArray;
use partywall_catalog::{Catalog, Check, Per, ResourceType};
use partywall_model::{Cause, CauseKind, CheckResult, Fact, FindingId, Gap, Party, Resource, Status, UnknownBecause, Value};
use partywall_table::{Envelope, Paths, TypeBatch, canonical_json};
use sha2::{Digest, Sha256};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::join::JoinPlan;
use crate::joined::{Evidence, Kept};
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

/// The answers of one check for the rows of a batch; NULL is unknown.
#[derive(Debug, Clone)]
pub struct CheckMask {
    /// The check.
    pub check: Arc<Check>,
    /// Does it apply? `None`: always.
    pub applies: Option<BooleanArray>,
    /// Does the row pass?
    pub pass: BooleanArray,
}

/// Answers checks and finds duty owners, batch by batch, for one run.
pub struct Assessor<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) engine: &'a Engine,
    selected: Box<dyn Fn(&Check) -> bool + 'a>,
    pub(crate) parties: Option<Box<Parties<'a>>>,
    pub(crate) plans: HashMap<Arc<str>, TypePlan>,
    /// The selected checks with a `[join]`; `None` until they are first needed.
    joins: Option<Vec<JoinPlan>>,
    /// Batches of the types that joins read.
    pub(crate) kept: BTreeMap<Arc<str>, Vec<Kept>>,
    /// Sums so far.
    pub tally: Tally,
}

impl fmt::Debug for Assessor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Assessor").field("types", &self.plans.len()).finish_non_exhaustive()
    }
}

impl<'a> Assessor<'a> {
    /// Makes an assessor for the checks that `selected` chooses. Without `parties` every customer duty stays with the customer.
    pub fn new(
        catalog: &'a Catalog,
        engine: &'a Engine,
        selected: impl Fn(&Check) -> bool + 'a,
        parties: Option<Box<Parties<'a>>>,
    ) -> Self {
        Self {
            catalog,
            engine,
            selected: Box::new(selected),
            parties,
            plans: HashMap::new(),
            joins: None,
            kept: BTreeMap::new(),
            tally: Tally::default(),
        }
    }

    fn plan(&mut self, resource_type: &ResourceType) -> Result<&mut TypePlan, EngineError> {
        if !self.plans.contains_key(&resource_type.name) {
            let plan = TypePlan::new(self.engine, self.catalog, resource_type, &self.selected)?;
            self.plans.insert(resource_type.name.clone(), plan);
        }
        self.plans.get_mut(&resource_type.name).ok_or_else(|| EngineError::Query("a plan is missing".to_owned()))
    }

    pub(crate) fn join_plans(&mut self) -> Result<&[JoinPlan], EngineError> {
        if self.joins.is_none() {
            let mut plans = Vec::new();
            for check in self.catalog.checks.values().filter(|check| check.join.is_some() && (self.selected)(check)) {
                plans.extend(JoinPlan::new(self.engine, self.catalog, check)?);
            }
            self.joins = Some(plans);
        }
        Ok(self.joins.as_deref().unwrap_or_default())
    }

    fn is_joined(&mut self, name: &str) -> Result<bool, EngineError> {
        Ok(self.join_plans()?.iter().any(|plan| plan.types().any(|known| &*known.name == name)))
    }

    /// What of a type's rows must be built: property paths (`None` is everything, for types that joins read) and envelope columns.
    ///
    /// # Errors
    /// A predicate or join of the catalogue is broken.
    pub fn need(&mut self, resource_type: &ResourceType) -> Result<(Option<Paths>, Vec<Envelope>), EngineError> {
        if self.is_joined(&resource_type.name)? {
            return Ok((None, Envelope::ALL.to_vec()));
        }
        let (paths, envelope) = self.plan(resource_type)?.need();
        Ok((Some(paths), envelope.into_iter().collect()))
    }

    /// Answers all selected checks of a batch's type for all of its rows, and counts duties.
    ///
    /// Results come check by check, rows in order. Facts are given for failed and unknown results. Checks with a `[join]` wait for
    /// [`Assessor::assess_joined`], and so do the duties of the types that joins read.
    ///
    /// # Errors
    /// A predicate of the catalogue is broken, or `emit` fails.
    pub fn assess<E: From<EngineError>>(&mut self, batch: &TypeBatch, emit: &mut dyn FnMut(CheckResult) -> Result<(), E>) -> Result<(), E> {
        let engine = self.engine;
        let keep = self.is_joined(&batch.resource_type.name).map_err(E::from)?;
        let plan = self.plan(&batch.resource_type).map_err(E::from)?;
        let answers = plan.evaluate(engine, batch).map_err(E::from)?;
        let Some(plan) = self.plans.get(&batch.resource_type.name) else { return Ok(()) };
        let (modes, evidence) = answer_checks(&mut self.tally, plan, &answers, batch, self.parties.as_deref(), self.catalog, emit)?;
        if keep {
            let kept = Kept { batch: batch.clone(), answers, modes, evidence };
            self.kept.entry(batch.resource_type.name.clone()).or_default().push(kept);
        } else {
            count_duties(&mut self.tally, plan, batch, &modes, &answers, &evidence, self.parties.as_deref());
        }
        Ok(())
    }

    /// The answers of the selected checks for a batch's rows, without results: for callers that only count.
    ///
    /// # Errors
    /// A predicate of the catalogue is broken.
    pub fn masks(&mut self, batch: &TypeBatch) -> Result<Vec<CheckMask>, EngineError> {
        let engine = self.engine;
        let plan = self.plan(&batch.resource_type)?;
        let answers = plan.evaluate(engine, batch)?;
        let mask = |index: usize| match answers.get(index) {
            Some(Ok(array)) => array.clone(),
            _ => BooleanArray::new_null(batch.rows.len()),
        };
        let plan = self.plan(&batch.resource_type)?;
        Ok(plan
            .checks
            .iter()
            .map(|predicates| CheckMask {
                check: predicates.check.clone(),
                applies: predicates.applies.map(mask),
                pass: mask(predicates.pass),
            })
            .collect())
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
            let place = [gap.account.as_deref().unwrap_or(""), gap.region.as_deref().unwrap_or(""), "listing"];
            let result = CheckResult {
                id: FindingId(mix(half(&[&check.id]), half(&place))),
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
                        party = self.parties.as_ref().and_then(|parties| parties(resource, &duty.duty.id)).or(party);
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
                        facts: facts(resource, &batch.resource_type, &paths, &Paths::new()),
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

/// Emits the results of a plan's checks; gives the rows' possible modes and what the checks say of duties.
pub(crate) fn answer_checks<E>(
    tally: &mut Tally,
    plan: &TypePlan,
    answers: &[Result<BooleanArray, String>],
    batch: &TypeBatch,
    parties: Option<&Parties<'_>>,
    catalog: &Catalog,
    emit: &mut dyn FnMut(CheckResult) -> Result<(), E>,
) -> Result<(Vec<Vec<usize>>, Evidence), E> {
    let blind = batch.resource_type.blind_paths(batch.kind);
    let modes: Vec<Vec<usize>> = (0..batch.rows.len()).map(|row| possible_modes(plan, answers, row)).collect();
    let halves: Vec<u64> = batch.rows.iter().map(|row| resource_half(row)).collect();
    let mut evidence: Evidence = BTreeMap::new();
    for predicates in &plan.checks {
        let check = &predicates.check;
        let counts = tally.checks.entry(check.id.clone()).or_default();
        let half = half(&[&check.id]);
        let steady = steady_owner(plan, &check.duty).filter(|_| parties.is_none());
        let duty = evidence.entry(check.duty.clone()).or_insert_with(|| vec![None; batch.rows.len()]);
        for (row, resource) in batch.rows.iter().enumerate() {
            let status = status(predicates, answers, row);
            if let Some(slot) = duty.get_mut(row) {
                *slot = worse(*slot, status);
            }
            let party = match &steady {
                Some(party) => party.clone(),
                None => party_of(plan, modes.get(row), answers, row, check, resource, parties),
            };
            let mut result = CheckResult {
                id: FindingId(mix(half, halves.get(row).copied().unwrap_or_default())),
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
                    result.facts = facts(resource, &batch.resource_type, &predicates.reads.facts, &predicates.reads.paths);
                }
                Status::Unknown => {
                    counts.unknown += 1;
                    result.facts = facts(resource, &batch.resource_type, &predicates.reads.facts, &predicates.reads.paths);
                    result.unknown_because = because(predicates, answers, batch, row, &blind, catalog);
                    if result.is_blind() {
                        counts.blind += 1;
                    } else {
                        count_unseen(&mut tally.not_seen, &result);
                    }
                }
            }
            emit(result)?;
        }
    }
    Ok((modes, evidence))
}

fn party_of(
    plan: &TypePlan,
    modes: Option<&Vec<usize>>,
    answers: &[Result<BooleanArray, String>],
    row: usize,
    check: &Check,
    resource: &Resource,
    parties: Option<&Parties<'_>>,
) -> Arc<str> {
    match duty_owner(plan, modes.map(Vec::as_slice).unwrap_or_default(), answers, row, &check.duty) {
        Some(Some(Party::Customer)) | None => match parties.and_then(|parties| parties(resource, &check.duty)) {
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

/// The owner's name where no row can change it: one mode, no condition.
fn steady_owner(plan: &TypePlan, duty: &str) -> Option<Arc<str>> {
    let [mode] = plan.modes.as_slice() else { return None };
    let Some(known) = mode.duties.iter().find(|known| &*known.duty.id == duty) else { return Some(words("customer")) };
    match known.rules.first() {
        Some((None, Party::Aws)) => Some(words("aws")),
        Some((None, Party::Customer)) => Some(words("customer")),
        _ => None,
    }
}

/// Counts the duties of a batch. What no row can change is added once for all rows of a mode.
pub(crate) fn count_duties(
    tally: &mut Tally,
    plan: &TypePlan,
    batch: &TypeBatch,
    modes: &[Vec<usize>],
    answers: &[Result<BooleanArray, String>],
    evidence: &Evidence,
    parties: Option<&Parties<'_>>,
) {
    let Some(service) = &plan.service else { return };
    let mut groups: BTreeMap<&[usize], Vec<usize>> = BTreeMap::new();
    for (row, possible) in modes.iter().enumerate() {
        groups.entry(possible).or_default().push(row);
    }
    for (possible, rows) in groups {
        let Some(first) = possible.first().and_then(|mode| plan.modes.get(*mode)) else { continue };
        let known = possible.len() == 1;
        let mode_id = if known { first.id.clone() } else { Arc::from("?") };
        let places: BTreeSet<(Option<Arc<str>>, Option<Arc<str>>)> =
            rows.iter().filter_map(|row| batch.rows.get(*row)).map(|row| (row.account.clone(), row.region.clone())).collect();
        let mut owners: Vec<(Arc<str>, Option<Party>)> = Vec::new();
        for duty in &first.duties {
            let id = &duty.duty.id;
            let layer: Arc<str> = Arc::from(duty.duty.layer());
            let steady = known && parties.is_none() && duty.rules.first().is_some_and(|(condition, _)| condition.is_none());
            let statuses = evidence.get(id);
            let per_row = is_counted_per_row(&duty.duty);
            if steady && (statuses.is_none() || !per_row) {
                let party = duty.rules.first().map(|(_, party)| party.clone());
                owners.push((id.clone(), party.clone()));
                if per_row {
                    tally.layers.entry(layer).or_default().add(party.as_ref(), None, rows.len() as u64);
                    continue;
                }
                let worst = statuses.and_then(|all| rows.iter().filter_map(|row| all.get(*row).copied().flatten()).fold(None, worse));
                for (account, region) in &places {
                    once(tally, &duty.duty, &layer, &service.id, (account, region), party.clone(), worst);
                }
                continue;
            }
            for row in &rows {
                let Some(resource) = batch.rows.get(*row) else { continue };
                let mut party = duty_owner(plan, possible, answers, *row, id).flatten().cloned();
                if party == Some(Party::Customer) {
                    party = parties.and_then(|parties| parties(resource, id)).or(party);
                }
                let status = statuses.and_then(|all| all.get(*row).copied().flatten());
                if !owners.iter().any(|(other, owner)| other == id && *owner == party) {
                    owners.push((id.clone(), party.clone()));
                }
                if per_row {
                    tally.layers.entry(layer.clone()).or_default().add(party.as_ref(), status, 1);
                } else {
                    once(tally, &duty.duty, &layer, &service.id, (&resource.account, &resource.region), party, status);
                }
            }
        }
        let usage = tally.modes.entry((service.id.clone(), mode_id)).or_default();
        usage.resources += rows.len() as u64;
        usage.title = if known { first.title.clone() } else { Arc::from(format!("{}, mode not known", service.title)) };
        for (id, party) in owners {
            usage.owners.entry(id).or_default().insert(party);
        }
    }
}

/// Counts a duty that is counted once per account, or per service and place.
fn once(
    tally: &mut Tally,
    duty: &partywall_catalog::Duty,
    layer: &Arc<str>,
    service: &Arc<str>,
    place: (&Option<Arc<str>>, &Option<Arc<str>>),
    party: Option<Party>,
    status: Option<Status>,
) {
    let key = match duty.per {
        Per::Account => (layer.clone(), duty.id.clone(), None, place.0.clone(), None),
        _ => (layer.clone(), duty.id.clone(), Some(service.clone()), place.0.clone(), place.1.clone()),
    };
    let slot = tally.once.entry(key).or_insert((party, None));
    if let Some(status) = status {
        slot.1 = worse(slot.1, status);
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

/// A finding's id is made of two halves, one of the check and one of the resource, so that neither is hashed again for every result.
fn half(parts: &[&str]) -> u64 {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().take(8).fold(0, |half, byte| half << 8 | u64::from(*byte))
}

fn resource_half(resource: &Resource) -> u64 {
    let file = if resource.source.kind == partywall_model::SourceKind::CloudFormation { &*resource.source.file } else { "" };
    let id = resource.logical_id.as_deref().unwrap_or(&resource.id);
    half(&[resource.account.as_deref().unwrap_or(""), resource.region.as_deref().unwrap_or(""), &resource.resource_type, id, file])
}

/// The finaliser of SplitMix64 over both halves: every bit of either changes about half of the id's.
fn mix(check: u64, resource: u64) -> u64 {
    let mut id = check.rotate_left(32) ^ resource;
    id = (id ^ (id >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    id = (id ^ (id >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    id ^ (id >> 31)
}

/// A list is shown by what was read of its elements, up to this many of them.
const SHOWN_ELEMENTS: usize = 20;

/// The facts at the paths; after a computed fact, what it was computed from, so that its position is seen too.
fn facts(resource: &Resource, resource_type: &ResourceType, paths: &[Arc<str>], reads: &Paths) -> Vec<Fact> {
    let mut all: Vec<Arc<str>> = Vec::with_capacity(paths.len());
    for path in paths {
        all.push(path.clone());
    }
    for path in paths.iter().filter(|path| path.starts_with("_Derived")) {
        for input in resource_type.derives.iter().filter(|derive| touches(&derive.path, path, false)).flat_map(|derive| &derive.inputs) {
            let present = resource.properties.at(input).is_some_and(|value| !value.is_null() && !value.is_unknown());
            if present && !all.contains(input) {
                all.push(input.clone());
            }
        }
    }
    plain_facts(resource, &all, reads)
}

fn plain_facts(resource: &Resource, paths: &[Arc<str>], reads: &Paths) -> Vec<Fact> {
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
        let satellite = resource
            .satellites
            .iter()
            .find(|satellite| touches(&satellite.path, path, false))
            .and_then(|satellite| satellite.location.clone());
        let default_note = resource.defaulted.iter().find(|default| touches(&default.path, path, true)).map(|default| default.note.clone());
        found.push(Fact { path: path.clone(), json, location: satellite.or_else(|| resource.position(path)), default_note });
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
