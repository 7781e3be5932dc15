use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use datafusion::arrow::array::BooleanArray;
use partywall_catalog::Per;
use partywall_model::{Fact, Party, Status};
use partywall_table::{Paths, TypeBatch};

use crate::assess::{Assessor, Parties, words};
use crate::error::EngineError;
use crate::facts::facts;
use crate::joined::Evidence;
use crate::plan::{TypePlan, answer, is_counted_per_row, owner};
use crate::tally::{Tally, worse};

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

impl Assessor<'_> {
    /// The duties of each row of a batch, with what decided. For `matrix` and `explain`.
    ///
    /// # Errors
    /// A predicate of the catalogue is broken.
    pub fn duties(&mut self, batch: &TypeBatch) -> Result<Vec<Vec<OwnedDuty>>, EngineError> {
        let engine = self.engine;
        let plan = self.plan(&batch.resource_type)?;
        plan.prepare(engine, batch)?;
        let answers = plan.all(&mut plan.ask(batch)?);
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
                        facts: facts(resource, &batch.resource_type, &paths, &[], &Paths::new(), &[]),
                        row: duty.row,
                    });
                }
            }
            all.push(owned);
        }
        Ok(all)
    }
}

/// Modes that the row may be in: one if that is known.
pub(crate) fn possible_modes(plan: &TypePlan, answers: &[Result<BooleanArray, String>], row: usize) -> Vec<usize> {
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
pub(crate) fn duty_owner<'p>(
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
pub(crate) fn steady_owner(plan: &TypePlan, duty: &str) -> Option<Arc<str>> {
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
        let mut regions: BTreeMap<Option<Arc<str>>, u64> = BTreeMap::new();
        for row in rows.iter().filter_map(|row| batch.rows.get(*row)) {
            *regions.entry(row.region.clone()).or_default() += 1;
        }
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
                    for (region, times) in &regions {
                        tally.provide(party.as_ref(), id, Some(&service.id), region.as_ref(), *times);
                    }
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
                    tally.provide(party.as_ref(), id, Some(&service.id), resource.region.as_ref(), 1);
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
