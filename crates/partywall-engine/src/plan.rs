use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use datafusion::arrow::array::{Array, BooleanArray};
use partywall_catalog::{Catalog, Check, Duty, Per, ResourceType, Schema, Service, ServiceDuty};
use partywall_model::{Party, SourceKind};
use partywall_table::{Envelope, Paths, TypeBatch};

use crate::answers::Answers;
use crate::assess::CheckMask;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::join::JoinPlan;
use crate::predicate::{Predicate, Reads, plan_all};
use crate::sheet::Sheet;

/// A check with its predicates parsed.
#[derive(Debug)]
pub(crate) struct CheckPredicates {
    pub(crate) check: Arc<Check>,
    pub(crate) applies: Option<usize>,
    pub(crate) pass: usize,
    /// Facts of `applies` and `pass`, in reading order, with full paths.
    pub(crate) reads: Reads,
}

/// Who owns a duty: rules whose conditions are indexes into the type's predicates.
#[derive(Debug)]
pub(crate) struct DutyPredicates {
    pub(crate) duty: Arc<Duty>,
    /// Index of the row in the service file; `None` for a duty that every service carries as it is.
    pub(crate) row: Option<usize>,
    pub(crate) rules: Vec<(Option<usize>, Party)>,
}

/// A mode and the duties that its resources carry.
#[derive(Debug)]
pub(crate) struct ModePredicates {
    pub(crate) id: Arc<str>,
    pub(crate) title: Arc<str>,
    pub(crate) matches: Option<usize>,
    pub(crate) duties: Vec<DutyPredicates>,
}

/// Everything that is asked of one type's rows. Equal predicate texts are asked once.
#[derive(Debug)]
pub(crate) struct TypePlan {
    pub(crate) service: Option<Arc<Service>>,
    pub(crate) checks: Vec<CheckPredicates>,
    pub(crate) modes: Vec<ModePredicates>,
    /// Joined columns beside the type's own.
    columns: Schema,
    predicates: Vec<Predicate>,
    texts: Vec<Arc<str>>,
    sheets: HashMap<SourceKind, Sheet>,
}

impl TypePlan {
    fn empty(catalog: &Catalog, resource_type: &ResourceType) -> Self {
        Self {
            service: catalog.service_of(&resource_type.name).cloned(),
            checks: Vec::new(),
            modes: Vec::new(),
            columns: Schema::default(),
            predicates: Vec::new(),
            texts: Vec::new(),
            sheets: HashMap::new(),
        }
    }

    /// Parses what the catalogue asks of a type.
    ///
    /// # Errors
    /// A predicate of the catalogue is broken.
    pub(crate) fn new(
        engine: &Engine,
        catalog: &Catalog,
        resource_type: &ResourceType,
        selected: &dyn Fn(&Check) -> bool,
    ) -> Result<Self, EngineError> {
        let mut plan = Self::empty(catalog, resource_type);
        for check in catalog.checks.values().filter(|check| check.resource == resource_type.name && check.join.is_none() && selected(check))
        {
            plan.add_check(engine, resource_type, check)?;
        }
        plan.add_modes(engine, catalog, resource_type)?;
        Ok(plan)
    }

    /// What one check with a `[join]` asks of its type's rows, beside modes and owners.
    ///
    /// # Errors
    /// A predicate of the catalogue is broken.
    pub(crate) fn joined(engine: &Engine, catalog: &Catalog, resource_type: &ResourceType, join: &JoinPlan) -> Result<Self, EngineError> {
        let mut plan = Self::empty(catalog, resource_type);
        plan.columns = join.columns().clone();
        plan.add_check(engine, resource_type, &join.check)?;
        plan.add_modes(engine, catalog, resource_type)?;
        Ok(plan)
    }

    fn add_check(&mut self, engine: &Engine, resource_type: &ResourceType, check: &Arc<Check>) -> Result<(), EngineError> {
        let applies = match &check.applies {
            Some(text) => Some(self.predicate(engine, resource_type, &check.id, text)?),
            None => None,
        };
        let pass = self.predicate(engine, resource_type, &check.id, &check.pass)?;
        let mut reads = Reads::default();
        // What decides comes before what only says that the check applies.
        for index in std::iter::once(pass).chain(applies) {
            if let Some(predicate) = self.predicates.get(index) {
                let more = predicate.reads();
                reads.versions.extend(more.versions.iter().cloned());
                reads.paths.extend(more.paths.iter().cloned());
                reads.envelope.extend(more.envelope.iter().copied());
                for fact in &more.facts {
                    if !reads.facts.contains(fact) {
                        reads.facts.push(fact.clone());
                    }
                }
            }
        }
        self.checks.push(CheckPredicates { check: check.clone(), applies, pass, reads });
        Ok(())
    }

    fn predicate(&mut self, engine: &Engine, resource_type: &ResourceType, id: &Arc<str>, text: &str) -> Result<usize, EngineError> {
        if let Some(index) = self.texts.iter().position(|known| &**known == text) {
            return Ok(index);
        }
        let predicate = engine
            .predicate_with(resource_type, &self.columns, text)
            .map_err(|source| EngineError::Predicate { id: id.clone(), source })?;
        self.predicates.push(predicate);
        self.texts.push(Arc::from(text));
        Ok(self.predicates.len() - 1)
    }

    fn add_modes(&mut self, engine: &Engine, catalog: &Catalog, resource_type: &ResourceType) -> Result<(), EngineError> {
        let Some(service) = self.service.clone() else { return Ok(()) };
        let own: Vec<_> = service.modes.iter().filter(|mode| mode.resource.as_ref() == Some(&resource_type.name)).collect();
        let carries_mode = !own.is_empty();
        let modes: Vec<(Arc<str>, Arc<str>, Option<String>)> = if carries_mode {
            own.iter().map(|mode| (mode.id.clone(), mode.title.clone(), mode.matches.clone())).collect()
        } else {
            vec![(Arc::from(""), service.title.clone(), None)]
        };
        for (id, title, matches) in modes {
            let matches = match matches {
                Some(text) => Some(self.predicate(engine, resource_type, &service.id, &text)?),
                None => None,
            };
            let mut duties: Vec<DutyPredicates> = Vec::new();
            for (row, own) in service.duties.iter().enumerate() {
                if !carries(own, &resource_type.name, &id, carries_mode) {
                    continue;
                }
                let Some(duty) = catalog.duties.get(&own.id) else { continue };
                if duties.iter().any(|known| known.duty.id == duty.id) {
                    continue;
                }
                let owner = if own.owner.is_empty() { &duty.owner } else { &own.owner };
                let mut rules = Vec::new();
                for rule in owner {
                    let condition = match &rule.when {
                        Some(text) => Some(self.predicate(engine, resource_type, &own.id, text)?),
                        None => None,
                    };
                    rules.push((condition, rule.party.clone()));
                }
                duties.push(DutyPredicates { duty: duty.clone(), row: Some(row), rules });
            }
            for duty in catalog.duties.values().filter(|duty| duty.everywhere) {
                if !duties.iter().any(|known| known.duty.id == duty.id) {
                    let rules = duty.owner.iter().map(|rule| (None, rule.party.clone())).collect();
                    duties.push(DutyPredicates { duty: duty.clone(), row: None, rules });
                }
            }
            self.modes.push(ModePredicates { id, title, matches, duties });
        }
        Ok(())
    }

    /// A condition as it is written; `None` for the last rule, which has none.
    pub(crate) fn text(&self, index: Option<usize>) -> Option<String> {
        self.texts.get(index?).map(|text| text.trim().to_owned())
    }

    /// The facts that a condition reads.
    pub(crate) fn facts_of(&self, index: usize) -> Vec<Arc<str>> {
        self.predicates.get(index).map(|predicate| predicate.reads().facts.clone()).unwrap_or_default()
    }

    /// What of a row must be built so that everything can be asked.
    pub(crate) fn need(&self) -> (Paths, BTreeSet<Envelope>) {
        let mut paths = Paths::new();
        let mut envelope = BTreeSet::new();
        for predicate in &self.predicates {
            paths.extend(predicate.reads().paths.iter().cloned());
            envelope.extend(predicate.reads().envelope.iter().copied());
        }
        (paths, envelope)
    }

    /// Plans all predicates for batches of this one's kind of source, if that was not done yet.
    ///
    /// # Errors
    /// A predicate of the catalogue does not fit the batch's columns.
    pub(crate) fn prepare(&mut self, engine: &Engine, batch: &TypeBatch) -> Result<(), EngineError> {
        if !self.sheets.contains_key(&batch.kind) {
            let blind = batch.resource_type.blind_paths(batch.kind);
            let sheet = plan_all(engine, &self.predicates, &batch.batch.schema(), &blind)
                .map_err(|source| EngineError::Predicate { id: batch.resource_type.name.clone(), source })?;
            self.sheets.insert(batch.kind, sheet);
        }
        Ok(())
    }

    /// Asks a batch that [`TypePlan::prepare`] was called for.
    ///
    /// # Errors
    /// It was not.
    pub(crate) fn ask<'a>(&'a self, batch: &'a TypeBatch) -> Result<Answers<'a>, EngineError> {
        let sheet = self.sheets.get(&batch.kind).ok_or_else(|| EngineError::Query("a plan is missing".to_owned()))?;
        Ok(Answers::new(sheet, &batch.batch))
    }

    /// The answers of all predicates, by index. A predicate that fails at run time gives its message instead.
    pub(crate) fn all(&self, answers: &mut Answers<'_>) -> Vec<Result<BooleanArray, String>> {
        (0..self.predicates.len()).map(|index| answers.of(index)).collect()
    }

    /// The answers of the predicates of checks alone, without those that say which mode a row is in and who owns what.
    pub(crate) fn masks(&self, batch: &TypeBatch) -> Result<Vec<CheckMask>, EngineError> {
        let mut answers = self.ask(batch)?;
        let mut mask = |index: usize| answers.of(index).unwrap_or_else(|_| BooleanArray::new_null(batch.rows.len()));
        let check = |predicates: &CheckPredicates| CheckMask {
            check: predicates.check.clone(),
            applies: predicates.applies.map(&mut mask),
            pass: mask(predicates.pass),
        };
        Ok(self.checks.iter().map(check).collect())
    }
}

/// Does a row of the service file hold for this type in this mode?
pub(crate) fn carries(own: &ServiceDuty, type_name: &str, mode: &str, carries_mode: bool) -> bool {
    let of_type = if own.types.is_empty() { carries_mode } else { own.types.iter().any(|name| &**name == type_name) };
    let of_mode = own.modes.is_empty() || !carries_mode || own.modes.iter().any(|name| &**name == mode);
    of_type && of_mode
}

/// The value at a row: `None` is unknown. A predicate that failed is unknown everywhere.
pub(crate) fn answer(answers: &[Result<BooleanArray, String>], index: usize, row: usize) -> Option<bool> {
    match answers.get(index) {
        Some(Ok(array)) if row < array.len() && array.is_valid(row) => Some(array.value(row)),
        _ => None,
    }
}

/// Owner of a duty on a row: `None` is undetermined. The first condition known true decides if all before it are known
/// false; else the owner is undetermined, unless every entry that is still possible names the same party.
pub(crate) fn owner<'a>(rules: &'a [(Option<usize>, Party)], answers: &[Result<BooleanArray, String>], row: usize) -> Option<&'a Party> {
    let mut possible: Option<&Party> = None;
    for (condition, party) in rules {
        let holds = match condition {
            None => Some(true),
            Some(index) => answer(answers, *index, row),
        };
        if holds == Some(false) {
            continue;
        }
        match possible {
            None => possible = Some(party),
            Some(other) if other == party => {}
            Some(_) => return None,
        }
        if holds == Some(true) {
            return possible;
        }
    }
    possible
}

/// How often duties of that kind are counted.
pub(crate) fn is_counted_per_row(duty: &Duty) -> bool {
    duty.per == Per::Resource
}
