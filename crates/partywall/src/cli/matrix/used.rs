//! The matrix as it is used: owners met on real resources.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use partywall_catalog::{ResourceType, Service};
use partywall_collect::{CollectError, Collected, Need};
use partywall_engine::{Assessor, Engine, EngineError, OwnedDuty};
use partywall_model::{Party, Resource};
use partywall_table::{Paths, TypeBatch};

use super::model::{Entry, Owner, Row};
use super::places::{Places, Watch};
use crate::cli::Context;
use crate::run::Sources;

/// A resource with its duties.
pub(crate) struct Held {
    /// The resource.
    pub(crate) resource: Arc<Resource>,
    /// `service/mode`.
    pub(crate) mode: String,
    /// Its duties.
    pub(crate) duties: Vec<OwnedDuty>,
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
    let records = sources.records(context)?;
    let engine = Engine::new(catalog, context.today())?;
    let mut met: BTreeMap<(Arc<str>, Arc<str>), (u64, Met)> = BTreeMap::new();
    let mut held = Vec::new();
    let watch = RefCell::new(Watch::new(context, &engine));
    let mut unclaimed = 0;
    let assessor = RefCell::new(Assessor::new(catalog, &engine, |_| false, crate::run::parties(&records)));
    let broken: RefCell<Option<EngineError>> = RefCell::default();
    let duties_need = |resource_type: &ResourceType| -> Result<Need, EngineError> {
        let (paths, envelope) = assessor.borrow_mut().need(resource_type)?;
        let mut need = Need { paths, envelope, no_rows: false };
        watch.borrow().need(resource_type, &mut need)?;
        Ok(need)
    };
    let need = |resource_type: &ResourceType| {
        duties_need(resource_type).unwrap_or_else(|error| {
            broken.borrow_mut().get_or_insert(error);
            Need { paths: Some(Paths::new()), ..Need::default() }
        })
    };
    let mut look = |batch: &TypeBatch| -> anyhow::Result<()> {
        watch.borrow_mut().look(batch)?;
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
    let collected = crate::sources::collect(catalog, &sources.sources, &sources.options(), &need, &mut emit);
    if let Some(error) = failure {
        return Err(error);
    }
    if let Some(error) = broken.take() {
        return Err(error.into());
    }
    let collected = collected?;
    sources.read_something(&collected)?;
    let rows = met
        .into_iter()
        .filter_map(|((service, mode), (count, duties))| row(context, catalog.services.get(&service)?, mode, count, duties))
        .collect();
    held.sort_by(|a, b| (&a.mode, &a.resource.resource_type, &a.resource.id).cmp(&(&b.mode, &b.resource.resource_type, &b.resource.id)));
    let places = watch.into_inner().answers(&collected);
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

/// True if the duty is not AWS's.
pub(crate) fn is_yours(owner: Option<&Party>) -> bool {
    owner != Some(&Party::Aws)
}
