//! Asks about single rows once more after a run: everything that the run said of them, or would say of other settings.

use std::collections::BTreeSet;
use std::sync::Arc;

use partywall_catalog::{Catalog, Check};
use partywall_collect::Collected;
use partywall_engine::{Assessor, Engine, EngineError, OwnedDuty};
use partywall_model::{CheckResult, Resource};
use partywall_table::{Envelope, RowGaps, TypeBatch, build_batch, project};

use crate::cli::Context;
use partywall_records::Records;

use crate::run;

/// What is kept of a run, because answers about one row rest on it.
pub(crate) struct Memory {
    /// Batches of the types that joins read.
    tables: Vec<TypeBatch>,
    /// Types that derive functions look up.
    looked_up: BTreeSet<Arc<str>>,
    /// Their rows.
    pub(crate) others: Vec<Arc<Resource>>,
}

/// Everything that is said of one row.
pub(crate) struct Answers {
    /// The results of all checks of its type.
    pub(crate) results: Vec<CheckResult>,
    /// Its duties and who owns them.
    pub(crate) duties: Vec<OwnedDuty>,
    /// Paths that are not known, and why.
    pub(crate) gaps: RowGaps,
}

/// Asks about single rows.
pub(crate) struct Asker<'a> {
    context: &'a Context,
    engine: &'a Engine,
    records: &'a Records,
    memory: &'a Memory,
    collected: &'a Collected,
    /// Has only checks without a join, so that it keeps no row of one question for the next.
    alone: Assessor<'a>,
}

impl Memory {
    pub(crate) fn new(catalog: &Catalog) -> Self {
        let looked_up = catalog.types.values().flat_map(|file| &file.derives).flat_map(|derive| &derive.tables).cloned().collect();
        Self { tables: Vec::new(), looked_up, others: Vec::new() }
    }

    /// Keeps what later questions need of a batch; the assessor is the run's, with all checks selected.
    pub(crate) fn keep(&mut self, batch: &TypeBatch, assessor: &mut Assessor<'_>) -> anyhow::Result<()> {
        if is_read_by_joins(batch, assessor)? {
            self.tables.push(batch.clone());
        }
        if self.looked_up.contains(&batch.resource_type.name) {
            self.others.extend(batch.rows.iter().cloned());
        }
        Ok(())
    }

    /// The batch and row of which a joined result carries a copy.
    pub(crate) fn original(&self, copy: &Resource) -> Option<(&TypeBatch, Arc<Resource>)> {
        self.tables.iter().find_map(|batch| Some((batch, batch.rows.iter().find(|row| is_same(row, copy))?.clone())))
    }
}

/// Joins are the only readers that need a type as a whole.
fn is_read_by_joins(batch: &TypeBatch, assessor: &mut Assessor<'_>) -> Result<bool, EngineError> {
    Ok(assessor.need(&batch.resource_type)?.0.is_none())
}

/// True if both are of one resource, although one may carry joined columns.
fn is_same(a: &Resource, b: &Resource) -> bool {
    (&a.resource_type, &a.account, &a.region, &a.id, &a.logical_id, &a.source.file)
        == (&b.resource_type, &b.account, &b.region, &b.id, &b.logical_id, &b.source.file)
}

impl<'a> Asker<'a> {
    pub(crate) fn new(
        context: &'a Context,
        engine: &'a Engine,
        records: &'a Records,
        memory: &'a Memory,
        collected: &'a Collected,
    ) -> Self {
        let alone = Assessor::new(&context.catalog, engine, |check| check.join.is_none(), run::parties(records));
        Self { context, engine, records, memory, collected, alone }
    }

    /// Everything about a row of a batch; with `changed`, as if the row were that.
    pub(crate) fn ask(&mut self, batch: &TypeBatch, row: &Arc<Resource>, changed: Option<&Arc<Resource>>) -> anyhow::Result<Answers> {
        let single = self.single(batch, changed.unwrap_or(row).clone())?;
        let mut results = Vec::new();
        self.alone.assess::<EngineError>(&single, &mut |result| {
            results.push(result);
            Ok(())
        })?;
        let duties = self.alone.duties(&single)?.into_iter().next().unwrap_or_default();
        results.extend(self.joined(row, changed)?);
        Ok(Answers { results, duties, gaps: single.gaps.into_iter().next().unwrap_or_default() })
    }

    /// The duties alone.
    pub(crate) fn duties(&mut self, batch: &TypeBatch, row: Arc<Resource>) -> anyhow::Result<Vec<OwnedDuty>> {
        let single = self.single(batch, row)?;
        Ok(self.alone.duties(&single)?.into_iter().next().unwrap_or_default())
    }

    /// A batch of this one row with the columns that are asked.
    fn single(&mut self, batch: &TypeBatch, row: Arc<Resource>) -> anyhow::Result<TypeBatch> {
        let (paths, envelope) = self.alone.need(&batch.resource_type)?;
        let schema = batch.resource_type.schema.as_ref();
        let columns = paths.map_or_else(|| schema.clone(), |paths| project(schema, &paths));
        Ok(build_batch(&batch.resource_type, batch.kind, &columns, &envelope, vec![row])?)
    }

    /// The results of the checks with a join: all tables are joined again, with the changed row in its place.
    fn joined(&self, row: &Arc<Resource>, changed: Option<&Arc<Resource>>) -> anyhow::Result<Vec<CheckResult>> {
        let is_asked = |check: &Check| check.join.is_some() && check.resource == row.resource_type;
        let mut found = Vec::new();
        if !self.context.catalog.checks.values().any(|check| is_asked(check)) {
            return Ok(found);
        }
        let mut assessor = Assessor::new(&self.context.catalog, self.engine, is_asked, run::parties(self.records));
        for batch in &self.memory.tables {
            if !is_read_by_joins(batch, &mut assessor)? {
                continue;
            }
            let place = batch.rows.iter().position(|known| Arc::ptr_eq(known, row));
            let mut put = None;
            if let (Some(place), Some(changed)) = (place, changed) {
                let mut rows = batch.rows.clone();
                rows.splice(place..=place, [changed.clone()]);
                put = Some(build_batch(&batch.resource_type, batch.kind, &batch.resource_type.schema, &Envelope::ALL, rows)?);
            }
            assessor.assess::<EngineError>(put.as_ref().unwrap_or(batch), &mut |_| Ok(()))?;
        }
        assessor.assess_joined::<EngineError>(&self.collected.gaps, &self.collected.listed, &mut |result| {
            if result.resource.as_ref().is_some_and(|own| is_same(own, row)) {
                found.push(result);
            }
            Ok(())
        })?;
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use partywall_catalog::CaseSource;
    use partywall_collect::Need;
    use partywall_model::{Status, Value};

    use super::*;

    /// Runs a catalogue case and asks about its row again, as it is and with one property changed.
    fn asked(id: &str, case: &str, set: Option<(&str, Value)>) -> Vec<CheckResult> {
        let catalog = Catalog::load(None).unwrap().with_derived(partywall_collect::derived_columns).unwrap();
        let context = Context { catalog, now: "2026-11-22T00:00:00Z".parse().unwrap(), options: Vec::new() };
        let check = &context.catalog.checks[id];
        let case = check.cases().unwrap().iter().find(|one| one.name == case).unwrap();
        assert_eq!(case.source, CaseSource::Api);
        let resource_type = context.catalog.resource_type(&check.resource).unwrap();
        let engine = Engine::new(&context.catalog, context.today()).unwrap();
        let mut run = Assessor::new(&context.catalog, &engine, |_| true, None);
        let need = Need { envelope: Envelope::ALL.to_vec(), ..Need::default() };
        let (batches, collected) = partywall_collect::prepare_case(&context.catalog, &resource_type, case, &need).unwrap();
        let mut memory = Memory::new(&context.catalog);
        for batch in &batches {
            memory.keep(batch, &mut run).unwrap();
        }
        let records = Records::default();
        let mut asker = Asker::new(&context, &engine, &records, &memory, &collected);
        let (batch, row) = batches.iter().find_map(|batch| Some((batch, batch.rows.iter().find(|row| &*row.id == "case")?))).unwrap();
        let changed = set.map(|(path, value)| {
            let mut changed = Resource::clone(row);
            changed.properties.set_at(path, value);
            Arc::new(changed)
        });
        asker.ask(batch, row, changed.as_ref()).unwrap().results
    }

    #[test]
    fn joined_checks_answer_with_their_facts() {
        let results = asked("guardduty.region-has-detector", "no detector", None);
        let detector = results.iter().find(|result| &*result.check == "guardduty.region-has-detector").unwrap();
        assert_eq!(detector.status, Status::Fail);
        assert!(detector.facts.iter().any(|fact| &*fact.path == "Detectors" && fact.json == "0"), "{:?}", detector.facts);
        let hub = results.iter().find(|result| &*result.check == "securityhub.region-has-hub").unwrap();
        assert_eq!(hub.status, Status::Unknown, "hubs were not listed");
        assert_eq!(results.iter().filter(|result| result.check == detector.check).count(), 1);
    }

    #[test]
    fn a_changed_row_is_joined_in_its_place() {
        let status = |set| {
            let results = asked("guardduty.region-has-detector", "on", set);
            results.iter().find(|result| &*result.check == "guardduty.region-has-detector").unwrap().status
        };
        assert_eq!(status(None), Status::Pass);
        assert_eq!(status(Some(("OptInStatus", Value::str("not-opted-in")))), Status::NotApplicable);
        assert_eq!(status(Some(("RegionName", Value::str("eu-west-1")))), Status::Fail, "its detector is in another Region");
    }
}
