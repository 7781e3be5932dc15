//! The last stage of a run: checks with `[join]`, once all rows are in.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use datafusion::arrow::array::{BooleanArray, RecordBatch};
use partywall_model::{Cause, CauseKind, CheckResult, Gap, Listing, Resource, SourceKind, Status, Value};
use partywall_table::{TypeBatch, build_batch, project};

use crate::assess::{Assessor, answer_checks};
use crate::error::EngineError;
use crate::join::{JoinPlan, JoinTable};
use crate::ownership::count_duties;
use crate::plan::TypePlan;
use crate::tally::worse;

/// The worst answer by duty and row.
pub(crate) type Evidence = BTreeMap<Arc<str>, Vec<Option<Status>>>;

/// A batch that joins read, with what its own pass found; its duties are counted when the joins have answered too.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) batch: TypeBatch,
    pub(crate) answers: Vec<Result<BooleanArray, String>>,
    pub(crate) modes: Vec<Vec<usize>>,
    pub(crate) evidence: Evidence,
}

/// Something in a joined table that is not known, and the place where it matters.
#[derive(Debug)]
struct Trouble {
    account: Option<Arc<str>>,
    region: Option<Arc<str>>,
    cause: Arc<Cause>,
}

/// What is known of the completeness of one joined table.
#[derive(Debug)]
struct Sight<'a> {
    table: &'a JoinTable,
    own: bool,
    troubles: Vec<Trouble>,
    /// Places where AWS Config recorded a row of the type.
    recorded: BTreeSet<(Option<Arc<str>>, Option<Arc<str>>)>,
    listed: Vec<&'a Listing>,
}

fn is_wide(region: Option<&str>) -> bool {
    region.is_none_or(|region| region == "global")
}

/// Same account and region; an unknown account, and an unknown or global region, may be anywhere.
fn in_scope(row: &Resource, account: Option<&str>, region: Option<&str>) -> bool {
    let same_account = row.account.is_none() || account.is_none() || row.account.as_deref() == account;
    same_account && (is_wide(row.region.as_deref()) || is_wide(region) || row.region.as_deref() == region)
}

impl<'a> Sight<'a> {
    fn new(table: &'a JoinTable, plan: &JoinPlan, kept: &[Kept], gaps: &[Gap], listed: &'a BTreeSet<Listing>) -> Self {
        let resource_type = &table.resource_type;
        let name = &resource_type.name;
        let mut sight = Self {
            table,
            own: *name == plan.check.resource,
            troubles: Vec::new(),
            recorded: BTreeSet::new(),
            listed: listed.iter().filter(|listing| listing.resource_type == *name).collect(),
        };
        let live =
            |gap: &&Gap| gap.source.kind != SourceKind::CloudFormation && (gap.resource_type == *name || gap.resource_type.is_empty());
        for gap in gaps.iter().filter(live) {
            sight.troubles.push(Trouble { account: gap.account.clone(), region: gap.region.clone(), cause: gap.cause.clone() });
        }
        for kept in kept.iter().filter(|kept| kept.batch.kind != SourceKind::CloudFormation) {
            let blind = resource_type.blind_paths(kept.batch.kind);
            for (row, gaps) in kept.batch.rows.iter().zip(&kept.batch.gaps) {
                if kept.batch.kind == SourceKind::Config {
                    sight.recorded.insert((row.account.clone(), row.region.clone()));
                }
                let unknown = gaps.iter().find(|(path, _)| sight.reads(path)).map(|(_, cause)| cause.clone());
                if let Some(cause) = unknown.or_else(|| sight.unplaced(row)).or_else(|| sight.unseen(row, &blind)) {
                    sight.troubles.push(Trouble { account: row.account.clone(), region: row.region.clone(), cause });
                }
            }
        }
        sight
    }

    fn reads(&self, path: &str) -> bool {
        let first = path.split(['.', '[']).next().unwrap_or_default();
        let tags = self.table.columns.contains("_tags") && self.table.resource_type.tags_path() == Some(first);
        tags || self.table.columns.contains(first)
    }

    /// A row whose place is not known joins nothing, though it may belong here.
    fn unplaced(&self, row: &Resource) -> Option<Arc<Cause>> {
        let missing = |column: &str, value: Option<&Arc<str>>| value.is_none() && self.table.columns.contains(column);
        let what = if missing("_account", row.account.as_ref()) {
            "account"
        } else if missing("_region", row.region.as_ref()) {
            "Region"
        } else {
            return None;
        };
        Some(Arc::new(Cause::new(CauseKind::NotLooked, format!("the {what} of `{}` ({}) is not known", row.id, row.resource_type))))
    }

    /// A column that this kind of source never shows, where the row has no value for it.
    fn unseen(&self, row: &Resource, blind: &[Arc<str>]) -> Option<Arc<Cause>> {
        let path = blind.iter().find(|path| {
            let inside = path.contains("[]");
            let value = row.properties.at(path.split("[]").next().unwrap_or_default());
            self.reads(path)
                && match value {
                    None | Some(Value::Null) => true,
                    Some(Value::List(items)) => inside && !items.is_empty(),
                    Some(_) => false,
                }
        })?;
        let detail = format!("a {} source never shows `{path}` of {}", row.source.kind.as_str(), row.resource_type);
        Some(Arc::new(Cause::new(CauseKind::NotInSource, detail)))
    }

    /// Why the table is not known as a whole where the row is.
    fn cause(&self, row: &Resource) -> Option<Arc<Cause>> {
        let here = |trouble: &&Trouble| in_scope(row, trouble.account.as_deref(), trouble.region.as_deref());
        if let Some(trouble) = self.troubles.iter().find(here) {
            return Some(trouble.cause.clone());
        }
        let resource_type = &self.table.resource_type;
        let covers = |account: Option<&Arc<str>>, region: Option<&str>| {
            account.is_some()
                && account == row.account.as_ref()
                && (region == Some("global") || region.is_some() && region == row.region.as_deref())
        };
        // A row of the own table that is no stub comes from an answered listing itself.
        let complete = self.own && !row.stub
            || self.listed.iter().any(|listing| covers(listing.account.as_ref(), listing.region.as_deref()))
            || self.recorded.iter().any(|(account, region)| covers(account.as_ref(), region.as_deref()));
        if complete {
            return None;
        }
        let cause = match (row.source.kind, resource_type.listing()) {
            (SourceKind::Config, _) => Cause::new(CauseKind::NotRecorded, format!("no item of {} in the input", resource_type.name)),
            (_, Some(listing)) => Cause::new(CauseKind::NotLooked, format!("no answer of {} in the input", listing.operation))
                .with_action(listing.action.clone()),
            (_, None) => Cause::new(CauseKind::NotLooked, format!("no listing of {} in the input", resource_type.name)),
        };
        Some(Arc::new(cause))
    }
}

impl Assessor<'_> {
    /// Answers the selected checks that have a `[join]`, and counts the duties of all batches that were kept for them. To be called once,
    /// after the last batch; `gaps` and `listed` are the collector's.
    ///
    /// A joined column is unknown for a row if a table that the join reads has, in the row's account and Region, a failed listing, a row
    /// with an unknown among the columns that the join reads, or no answered listing at all.
    ///
    /// # Errors
    /// A predicate or a join of the catalogue is broken, or `emit` fails.
    pub fn assess_joined<E: From<EngineError>>(
        &mut self,
        gaps: &[Gap],
        listed: &BTreeSet<Listing>,
        emit: &mut dyn FnMut(CheckResult) -> Result<(), E>,
    ) -> Result<(), E> {
        let plans = self.join_plans().map_err(E::from)?.to_vec();
        let mut kept = std::mem::take(&mut self.kept);
        // A template shows what will be: it is never joined with what is.
        let tables: HashMap<Arc<str>, Vec<RecordBatch>> = kept
            .iter()
            .map(|(name, batches)| {
                let live = batches.iter().filter(|kept| kept.batch.kind != SourceKind::CloudFormation);
                (name.clone(), live.map(|kept| kept.batch.batch.clone()).collect())
            })
            .collect();
        for plan in &plans {
            let own = kept.get(&plan.check.resource).map(Vec::as_slice).unwrap_or_default();
            if own.is_empty() {
                continue;
            }
            let batches = joined_rows(self.engine, plan, own, &kept, &tables, gaps, listed);
            let mut answered = Vec::with_capacity(batches.len());
            for (source, rows) in own.iter().zip(batches) {
                answered.push(self.answer_joined(plan, &source.batch, rows, emit)?);
            }
            for (kept, evidence) in kept.get_mut(&plan.check.resource).into_iter().flatten().zip(answered) {
                merge(&mut kept.evidence, evidence);
            }
        }
        for (name, batches) in &kept {
            let Some(plan) = self.plans.get(name) else { continue };
            for kept in batches {
                count_duties(&mut self.tally, plan, &kept.batch, &kept.modes, &kept.answers, &kept.evidence, self.parties.as_deref());
            }
        }
        Ok(())
    }

    fn answer_joined<E: From<EngineError>>(
        &mut self,
        plan: &JoinPlan,
        batch: &TypeBatch,
        rows: Vec<Arc<Resource>>,
        emit: &mut dyn FnMut(CheckResult) -> Result<(), E>,
    ) -> Result<Evidence, E> {
        let mut own = TypePlan::joined(self.engine, self.catalog, &batch.resource_type, plan).map_err(E::from)?;
        let (paths, envelope) = own.need();
        let mut columns = batch.resource_type.schema.as_ref().clone();
        for (name, column) in plan.columns().iter() {
            columns.insert(name.clone(), column.clone());
        }
        let envelope: Vec<_> = envelope.into_iter().collect();
        let batch = build_batch(&batch.resource_type, batch.kind, &project(&columns, &paths), &envelope, rows)
            .map_err(|error| E::from(error.into()))?;
        own.prepare(self.engine, &batch)?;
        let mut asked = own.ask(&batch)?;
        let answers = own.all(&mut asked);
        Ok(answer_checks(&mut self.tally, &own, &mut asked, &answers, &batch, self.parties.as_deref(), self.catalog, emit)?.1)
    }
}

/// Copies of the rows with the joined columns, batch by batch.
fn joined_rows(
    engine: &crate::engine::Engine,
    plan: &JoinPlan,
    own: &[Kept],
    kept: &BTreeMap<Arc<str>, Vec<Kept>>,
    tables: &HashMap<Arc<str>, Vec<RecordBatch>>,
    gaps: &[Gap],
    listed: &BTreeSet<Listing>,
) -> Vec<Vec<Arc<Resource>>> {
    let sights: Vec<Sight<'_>> = plan
        .tables
        .iter()
        .map(|table| Sight::new(table, plan, kept.get(&table.resource_type.name).map(Vec::as_slice).unwrap_or_default(), gaps, listed))
        .collect();
    let live = || own.iter().filter(|kept| kept.batch.kind != SourceKind::CloudFormation).flat_map(|kept| &kept.batch.rows);
    let mut found = plan.run(engine, tables);
    let mut twice: HashMap<&str, usize> = HashMap::new();
    for arn in live().filter_map(|row| row.arn.as_deref()) {
        *twice.entry(arn).or_default() += 1;
    }
    let lost = found.as_ref().ok().and_then(|rows| live().filter_map(|row| row.arn.as_deref()).find(|arn| !rows.contains_key(*arn)));
    if let Some(arn) = lost {
        found = Err(format!("the join gives no row for `{arn}`; begin with the check's own table and left join the others"));
    }
    let found = found.map_err(|message| Arc::new(Cause::new(CauseKind::EvaluationError, message)));
    let mut causes: HashMap<(Option<Arc<str>>, Option<Arc<str>>, SourceKind, bool), Option<Arc<Cause>>> = HashMap::new();
    let mut values_of = |row: &Resource| -> Result<Vec<Value>, Arc<Cause>> {
        if row.source.kind == SourceKind::CloudFormation {
            return Err(Arc::new(Cause::new(CauseKind::NotInSource, "a template does not show what else there is in the account")));
        }
        let rows = found.as_ref().map_err(Arc::clone)?;
        let Some(arn) = row.arn.as_deref() else {
            return Err(Arc::new(Cause::new(
                CauseKind::NotLooked,
                format!("the account or ARN of `{}` is not known, so nothing can be joined to it", row.id),
            )));
        };
        if twice.get(arn).is_some_and(|times| *times > 1) {
            return Err(Arc::new(Cause::new(CauseKind::EvaluationError, format!("two rows have the ARN `{arn}`"))));
        }
        let place = (row.account.clone(), row.region.clone(), row.source.kind, row.stub);
        match causes.entry(place).or_insert_with(|| sights.iter().find_map(|sight| sight.cause(row))) {
            Some(cause) => Err(cause.clone()),
            None => Ok(rows.get(arn).cloned().unwrap_or_default()),
        }
    };
    let copy = |row: &Arc<Resource>, values: Result<Vec<Value>, Arc<Cause>>| {
        let mut copy = Resource::clone(row);
        for (index, (name, _)) in plan.columns().iter().enumerate() {
            let value = match &values {
                Ok(values) => values.get(index).cloned().unwrap_or_default(),
                Err(cause) => Value::Unknown(cause.clone()),
            };
            copy.properties.set(name, value);
        }
        Arc::new(copy)
    };
    own.iter().map(|kept| kept.batch.rows.iter().map(|row| copy(row, values_of(row))).collect()).collect()
}

fn merge(all: &mut Evidence, more: Evidence) {
    for (duty, rows) in more {
        let known = all.entry(duty).or_insert_with(|| vec![None; rows.len()]);
        for (slot, status) in known.iter_mut().zip(rows) {
            if let Some(status) = status {
                *slot = worse(*slot, status);
            }
        }
    }
}
