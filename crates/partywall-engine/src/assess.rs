use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::BooleanArray;
use partywall_catalog::{Catalog, Check, ResourceType};
use partywall_model::{CheckResult, Gap, Party, Resource, Status, UnknownBecause};
use partywall_table::{Envelope, Paths, TypeBatch};

use crate::answers::Answers;
use crate::elements::Deciding;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::facts::{because, facts, unseen};
use crate::finding_id::{half, mix, resource_half};
use crate::join::JoinPlan;
use crate::joined::{Evidence, Kept};
use crate::ownership::{count_duties, duty_owner, possible_modes, steady_owner};
use crate::plan::{CheckPredicates, TypePlan, answer};
use crate::tally::{StatusCounts, Tally, worse};

/// Names another party for a customer duty of a resource; `None` leaves it with the customer.
pub type Parties<'a> = dyn Fn(&Resource, &str) -> Option<Party> + 'a;

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

    pub(crate) fn plan(&mut self, resource_type: &ResourceType) -> Result<&mut TypePlan, EngineError> {
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
        self.plan(&batch.resource_type)?.prepare(engine, batch)?;
        let Some(plan) = self.plans.get(&batch.resource_type.name) else { return Ok(()) };
        let mut asked = plan.ask(batch)?;
        let answers = plan.all(&mut asked);
        let (modes, evidence) =
            answer_checks(&mut self.tally, plan, &mut asked, &answers, batch, self.parties.as_deref(), self.catalog, emit)?;
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
        plan.prepare(engine, batch)?;
        plan.masks(batch)
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
                id: mix(half(&[&check.id]), half(&place)),
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
            emit(result)?;
        }
        Ok(())
    }

    /// Ends the run: counts what is counted once.
    pub fn finish(&mut self) {
        self.tally.settle();
    }
}

/// Emits the results of a plan's checks; gives the rows' possible modes and what the checks say of duties.
#[expect(clippy::too_many_arguments, reason = "parts of one assessor, borrowed apart because a plan of it is borrowed too")]
pub(crate) fn answer_checks<E>(
    tally: &mut Tally,
    plan: &TypePlan,
    asked: &mut Answers<'_>,
    answers: &[Result<BooleanArray, String>],
    batch: &TypeBatch,
    parties: Option<&Parties<'_>>,
    catalog: &Catalog,
    emit: &mut dyn FnMut(CheckResult) -> Result<(), E>,
) -> Result<(Vec<Vec<usize>>, Evidence), E> {
    let blind = unseen(batch);
    let modes: Vec<Vec<usize>> = (0..batch.rows.len()).map(|row| possible_modes(plan, answers, row)).collect();
    let halves: Vec<u64> = batch.rows.iter().map(|row| resource_half(row)).collect();
    let mut evidence: Evidence = BTreeMap::new();
    for predicates in &plan.checks {
        let check = &predicates.check;
        let mut counts = StatusCounts::default();
        let half = half(&[&check.id]);
        let steady = steady_owner(plan, &check.duty).filter(|_| parties.is_none());
        let duty = evidence.entry(check.duty.clone()).or_insert_with(|| vec![None; batch.rows.len()]);
        let statuses: Vec<Status> = (0..batch.rows.len()).map(|row| status(predicates, answers, row)).collect();
        let deciding = if statuses.contains(&Status::Fail) { asked.deciding(predicates.pass) } else { Deciding::default() };
        for ((row, resource), status) in batch.rows.iter().enumerate().zip(statuses) {
            if let Some(slot) = duty.get_mut(row) {
                *slot = worse(*slot, status);
            }
            let party = match &steady {
                Some(party) => party.clone(),
                None => party_of(plan, modes.get(row), answers, row, check, resource, parties),
            };
            let mut result = CheckResult {
                id: mix(half, halves.get(row).copied().unwrap_or_default()),
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
                    let reads = &predicates.reads;
                    let mut deciders = asked.deciders(predicates.pass, row);
                    deciders.retain(|path| reads.facts.contains(path));
                    result.facts = facts(resource, &batch.resource_type, &deciders, &reads.facts, &reads.paths, &deciding.of_row(row));
                }
                Status::Unknown => {
                    counts.unknown += 1;
                    let reads = &predicates.reads;
                    let open = first(asked.deciders(predicates.pass, row), &reads.facts);
                    result.facts = facts(resource, &batch.resource_type, &[], &open, &reads.paths, &[]);
                    result.unknown_because = because(predicates, answers, batch, row, &blind, catalog);
                    if result.is_blind() {
                        counts.blind += 1;
                    }
                }
            }
            emit(result)?;
        }
        tally.checks.entry(check.id.clone()).or_default().add(counts);
    }
    Ok((modes, evidence))
}

/// All paths, those on which the open answer rests before the others.
fn first(mut deciders: Vec<Arc<str>>, all: &[Arc<str>]) -> Vec<Arc<str>> {
    deciders.retain(|path| all.contains(path));
    let rest: Vec<_> = all.iter().filter(|path| !deciders.contains(path)).cloned().collect();
    deciders.extend(rest);
    deciders
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

pub(crate) fn words(word: &'static str) -> Arc<str> {
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
