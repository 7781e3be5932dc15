//! The matrix as it is used: owners met on real resources.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::bail;
use partywall_catalog::{ResourceType, Service};
use partywall_collect::{CollectError, Collected, Need};
use partywall_engine::{Assessor, Engine, EngineError, OwnedDuty};
use partywall_model::{Party, Resource};
use partywall_table::{Paths, TypeBatch, build_batch, project};

use super::model::{Entry, Owner, Row};
use crate::cli::{Context, assess};
use crate::exit;
use crate::run::Sources;
use crate::state::State;

/// A resource with its duties.
pub(crate) struct Held {
    /// The resource.
    pub(crate) resource: Arc<Resource>,
    /// `service/mode`.
    pub(crate) mode: String,
    /// Its duties.
    pub(crate) duties: Vec<OwnedDuty>,
}

/// Where a service is on: places by answer.
#[derive(Debug, Default)]
pub(crate) struct Places {
    /// Known to be on.
    pub(crate) on: BTreeSet<String>,
    /// Known to be off.
    pub(crate) off: BTreeSet<String>,
    /// Not known.
    pub(crate) unknown: BTreeSet<String>,
}

/// What a run over sources gives the matrix.
pub(crate) struct Used<'a> {
    /// One line per service and mode met.
    pub(crate) rows: Vec<Row<'a>>,
    /// The resources asked for.
    pub(crate) held: Vec<Held>,
    /// Service id → where it is on; services whose status can be read.
    pub(crate) places: BTreeMap<Arc<str>, Places>,
    /// Resources of types that no service file claims.
    pub(crate) unclaimed: u64,
    /// What was read.
    pub(crate) collected: Collected,
}

type Met = BTreeMap<Arc<str>, (BTreeSet<Owner>, Option<usize>)>;

/// Reads the sources; keeps the duties of each resource that `wanted` chooses.
pub(crate) fn read<'a>(context: &'a Context, sources: &Sources, wanted: &dyn Fn(&Arc<Resource>) -> bool) -> anyhow::Result<Used<'a>> {
    let catalog = &context.catalog;
    let state_files = assess::state_files(sources);
    let parties = sources.parties.as_deref().or(state_files.get("parties.toml").map(PathBuf::as_path));
    let state = State::load(None, parties, context.today())?;
    let engine = Engine::new(catalog, context.today())?;
    let mut met: BTreeMap<(Arc<str>, Arc<str>), (u64, Met)> = BTreeMap::new();
    let mut held = Vec::new();
    let mut places: BTreeMap<Arc<str>, Places> = BTreeMap::new();
    let mut unclaimed = 0;
    let assessor = RefCell::new(Assessor::new(catalog, &engine, |_| false, Some(Box::new(|resource, duty| state.party(resource, duty)))));
    let broken: RefCell<Option<EngineError>> = RefCell::default();
    let need = |resource_type: &ResourceType| {
        needed(context, &engine, &mut assessor.borrow_mut(), resource_type).unwrap_or_else(|error| {
            broken.borrow_mut().get_or_insert(error);
            Need { paths: Some(Paths::new()), envelope: Vec::new() }
        })
    };
    let mut look = |batch: &TypeBatch| -> anyhow::Result<()> {
        look_for_status(context, &engine, batch, &mut places)?;
        let Some(service) = catalog.service_of(&batch.resource_type.name) else {
            unclaimed += batch.rows.len() as u64;
            return Ok(());
        };
        let has_modes = service.modes.iter().any(|mode| mode.resource.as_ref() == Some(&batch.resource_type.name));
        for (resource, duties) in batch.rows.iter().zip(assessor.borrow_mut().duties(batch)?) {
            let mode = duties.iter().map(|duty| &duty.mode).find(|mode| !mode.is_empty()).cloned();
            let mode = mode.unwrap_or_else(|| Arc::from(if has_modes { "?" } else { "" }));
            let (count, duties_met) = met.entry((service.id.clone(), mode.clone())).or_default();
            *count += 1;
            for duty in &duties {
                let (owners, _) = duties_met.entry(duty.duty.clone()).or_insert_with(|| (BTreeSet::new(), duty.row));
                owners.insert(Owner { party: duty.owner.clone(), when: duty.when.clone() });
            }
            if wanted(resource) {
                let name = if mode.is_empty() { service.id.to_string() } else { format!("{}/{mode}", service.id) };
                held.push(Held { resource: resource.clone(), mode: name, duties });
            }
        }
        Ok(())
    };
    let mut failure: Option<anyhow::Error> = None;
    let mut emit = |batch: TypeBatch| {
        look(&batch).map_err(|error| {
            failure = Some(error);
            CollectError::Sink("stopped".to_owned())
        })
    };
    let collected = partywall_collect::collect(catalog, &sources.sources, &sources.options(), &need, &mut emit);
    if let Some(error) = failure {
        return Err(error);
    }
    if let Some(error) = broken.take() {
        return Err(error.into());
    }
    let collected = collected?;
    for line in collected.warnings.iter().chain(&collected.errors) {
        exit::note(line);
    }
    if collected.files.is_empty() {
        bail!("none of the sources could be read");
    }
    for gap in &collected.gaps {
        for service in catalog.services.values() {
            if service.status.as_ref().is_some_and(|status| gap.resource_type.is_empty() || status.resource == gap.resource_type) {
                let place = place(gap.account.as_deref(), gap.region.as_deref());
                places.entry(service.id.clone()).or_default().unknown.insert(place);
            }
        }
    }
    let rows = met
        .into_iter()
        .filter_map(|((service, mode), (count, duties))| row(context, catalog.services.get(&service)?, mode, count, duties))
        .collect();
    held.sort_by(|a, b| (&a.mode, &a.resource.resource_type, &a.resource.id).cmp(&(&b.mode, &b.resource.resource_type, &b.resource.id)));
    Ok(Used { rows, held, places, unclaimed, collected })
}

fn row<'a>(context: &'a Context, service: &'a Arc<Service>, mode: Arc<str>, count: u64, mut duties: Met) -> Option<Row<'a>> {
    let title = match &*mode {
        "?" => format!("{}, mode not known", service.title),
        "" => format!("{}, other resources", service.title),
        id => service.modes.iter().find(|mode| &*mode.id == id)?.title.to_string(),
    };
    let entries = context
        .catalog
        .duties
        .values()
        .filter_map(|duty| {
            let (owners, row) = duties.remove(&duty.id)?;
            let own = row.and_then(|row| service.duties.get(row));
            Some(Entry { duty: duty.as_ref(), own, owners: owners.into_iter().collect() })
        })
        .collect();
    Some(Row { service: service.as_ref(), mode, title, resources: Some(count), entries })
}

/// What of a type's rows must be kept: what its duties ask, and what shows that a service is on.
fn needed(context: &Context, engine: &Engine, assessor: &mut Assessor<'_>, resource_type: &ResourceType) -> Result<Need, EngineError> {
    let (mut paths, mut envelope) = assessor.need(resource_type)?;
    for service in context.catalog.services.values() {
        let Some(status) = service.status.as_ref().filter(|status| status.resource == resource_type.name) else { continue };
        let broken = |source| EngineError::Predicate { id: service.id.clone(), source };
        let predicate = engine.predicate(resource_type, &status.on).map_err(broken)?;
        if let Some(paths) = &mut paths {
            paths.extend(predicate.reads().paths.iter().cloned());
        }
        envelope.extend(predicate.reads().envelope.iter().copied());
    }
    envelope.sort();
    envelope.dedup();
    Ok(Need { paths, envelope })
}

/// Account and region in words.
fn place(account: Option<&str>, region: Option<&str>) -> String {
    match (account, region) {
        (Some(account), Some(region)) => format!("{account} {region}"),
        (Some(only), None) | (None, Some(only)) => only.to_owned(),
        (None, None) => "here".to_owned(),
    }
}

/// Asks every service whose status stands on this type whether a row shows it on.
fn look_for_status(context: &Context, engine: &Engine, batch: &TypeBatch, places: &mut BTreeMap<Arc<str>, Places>) -> anyhow::Result<()> {
    for service in context.catalog.services.values() {
        let Some(status) = service.status.as_ref().filter(|status| status.resource == batch.resource_type.name) else { continue };
        let predicate = engine.predicate(&batch.resource_type, &status.on)?;
        let columns = project(&batch.resource_type.schema, &predicate.reads().paths);
        let envelope: Vec<_> = predicate.reads().envelope.iter().copied().collect();
        let asked = build_batch(&batch.resource_type, batch.kind, &columns, &envelope, batch.rows.clone())?;
        let plan = predicate.plan(engine, &asked.batch.schema(), &batch.resource_type.blind_paths(batch.kind))?;
        let answers = plan.evaluate(&asked.batch);
        let found = places.entry(service.id.clone()).or_default();
        for (index, row) in batch.rows.iter().enumerate() {
            let answer = answers.as_ref().ok().and_then(|answers| answers.iter().nth(index).flatten());
            let place = place(row.account.as_deref(), row.region.as_deref());
            match answer {
                Some(true) => found.on.insert(place),
                Some(false) => found.off.insert(place),
                None => found.unknown.insert(place),
            };
        }
    }
    Ok(())
}

impl Places {
    /// `on`, `off` or `unknown` over all places: on somewhere is on, off needs every answer.
    pub(crate) fn word(&self) -> &'static str {
        if !self.on.is_empty() {
            "on"
        } else if self.off.is_empty() || !self.unknown.is_empty() {
            "unknown"
        } else {
            "off"
        }
    }

    /// The answer with its places.
    pub(crate) fn phrase(&self) -> String {
        let part = |word: &str, places: Vec<&String>| match places.len() {
            0 => None,
            1..=3 => Some(format!("{word}: {}", places.into_iter().cloned().collect::<Vec<_>>().join(", "))),
            many => Some(format!("{word} in {many} places")),
        };
        let off: Vec<&String> = self.off.difference(&self.on).collect();
        let unknown: Vec<&String> = self.unknown.difference(&self.on).collect();
        [part("on", self.on.iter().collect()), part("off", off), part("unknown", unknown)]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" · ")
    }
}

/// True if the duty is not AWS's.
pub(crate) fn is_yours(owner: Option<&Party>) -> bool {
    owner != Some(&Party::Aws)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_somewhere_is_on_and_off_needs_every_answer() {
        let mut places = Places::default();
        assert_eq!(places.word(), "unknown");
        places.off.insert("a".to_owned());
        assert_eq!(places.word(), "off");
        places.unknown.insert("b".to_owned());
        assert_eq!(places.word(), "unknown");
        places.on.insert("c".to_owned());
        assert_eq!(places.word(), "on");
        assert_eq!(places.phrase(), "on: c · off: a · unknown: b");
    }
}
