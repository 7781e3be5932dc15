//! Rows on their way from the readers to batches: what waits, what is folded, what is handed over.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use partywall_catalog::{Catalog, ResourceType, Schema};
use partywall_model::{Gap, Resource, Source, SourceKind, Value};
use partywall_table::{Envelope, TypeBatch, build_batch, project};

use crate::CollectError;
use crate::api::{Call, Operations, Seen};
use crate::collected::{Collected, Need, Options};
use crate::complete::{complete, kept_columns, prune};
use crate::defaults::Lookup;
use crate::groups::{groups, looked_up};
use crate::jq::Programs;
use crate::store::Store;
use crate::{derive, fold, identities, input};

/// Rows per batch: large enough for the kernels, small enough to stay in cache.
const BATCH_ROWS: usize = 2048;

/// Reads all inputs and hands over their rows in batches, type by type.
///
/// Rows of one batch are of one type and one kind of source. Types that no other row can change are handed over while reading, once
/// there are enough of them if the input is one Config snapshot, so that memory does not grow with it.
///
/// # Errors
/// A path does not exist, a jq program of the catalogue is broken, or `emit` fails. Broken files are told in [`Collected::errors`].
pub fn collect(
    catalog: &Catalog,
    paths: &[PathBuf],
    options: &Options,
    need: &dyn Fn(&ResourceType) -> Need,
    emit: &mut dyn FnMut(TypeBatch) -> Result<(), CollectError>,
) -> Result<Collected, CollectError> {
    let mut build = |rows: Rows<'_>| emit(build_batch(rows.resource_type, rows.kind, rows.columns, rows.envelope, rows.rows)?);
    let mut collector = Collector::new(catalog, options, need, &mut build);
    let (files, errors) = input::files(paths)?;
    for message in errors {
        collector.unreadable(message, Arc::new(Source { kind: SourceKind::Api, file: Arc::from("") }));
    }
    collector.alone = files.len() == 1;
    for path in files {
        collector.file(&path)?;
    }
    for (call, answer, source) in std::mem::take(&mut collector.waiting) {
        collector.place(&call, answer, &source);
    }
    collector.finish()
}

/// Whole rows of one type and one kind of source, and what whoever takes them wants to see of the type.
#[derive(Debug)]
pub struct Rows<'a> {
    /// The type.
    pub resource_type: &'a Arc<ResourceType>,
    /// The kind of source of all rows.
    pub kind: SourceKind,
    /// Property columns.
    pub columns: &'a Schema,
    /// Envelope columns.
    pub envelope: &'a [Envelope],
    /// The rows.
    pub rows: Vec<Arc<Resource>>,
}

fn gap_order(gap: &Gap) -> (&Arc<str>, &Option<Arc<str>>, &Option<Arc<str>>, &Option<Arc<str>>, &str) {
    (&gap.resource_type, &gap.account, &gap.region, &gap.id, &gap.cause.detail)
}

pub(crate) struct Collector<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) options: &'a Options,
    need: &'a dyn Fn(&ResourceType) -> Need,
    emit: &'a mut dyn FnMut(Rows<'_>) -> Result<(), CollectError>,
    pub(crate) out: Collected,
    pub(crate) store: Store,
    pub(crate) seen: Seen,
    pub(crate) operations: Operations,
    pub(crate) programs: Programs,
    /// Types whose rows have to do with those of others.
    entangled: BTreeSet<Arc<str>>,
    needs: BTreeMap<Arc<str>, Arc<TypeNeed>>,
    /// There is one input file.
    pub(crate) alone: bool,
    /// No later row can be of a resource that was met before, so full batches need not wait: the input is one Config snapshot.
    pub(crate) streams: bool,
    /// Rows came in no order, so that they are put into one before anything is made of them.
    pub(crate) ordered: bool,
    /// Resources of which the input says that, and when, they were deleted.
    pub(crate) deleted: Vec<Resource>,
    /// How many rows of a type wait in the store.
    waiting_rows: BTreeMap<Arc<str>, usize>,
    /// Answers, or error codes, of per-resource calls: they are added when all listings are in.
    pub(crate) waiting: Vec<(Call, Result<Value, String>, Arc<Source>)>,
}

/// What of a type is kept and built.
struct TypeNeed {
    columns: Schema,
    envelope: Vec<Envelope>,
    /// What rows keep while they wait: the columns and what folding, defaults and derive functions read.
    kept: Option<Schema>,
}

impl<'a> Collector<'a> {
    pub(crate) fn new(
        catalog: &'a Catalog,
        options: &'a Options,
        need: &'a dyn Fn(&ResourceType) -> Need,
        emit: &'a mut dyn FnMut(Rows<'_>) -> Result<(), CollectError>,
    ) -> Self {
        Self {
            catalog,
            options,
            need,
            emit,
            out: Collected::default(),
            store: Store::default(),
            seen: Seen::default(),
            operations: Operations::new(catalog),
            programs: Programs::default(),
            entangled: groups(catalog).into_iter().filter(|group| group.len() > 1).flatten().collect(),
            needs: BTreeMap::new(),
            alone: false,
            streams: false,
            ordered: false,
            deleted: Vec::new(),
            waiting_rows: BTreeMap::new(),
            waiting: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, mut row: Resource) -> Result<(), CollectError> {
        let name = row.resource_type.clone();
        let Some(resource_type) = self.catalog.resource_type(&name) else {
            *self.out.unmodelled.entry(name).or_default() += 1;
            return Ok(());
        };
        let need = self.need_of(&resource_type);
        if let Some(kept) = &need.kept
            && row.source.kind != SourceKind::Api
        {
            prune(&mut row.properties, kept);
            row.positions.retain(|(path, _, _)| path.split(['.', '[']).next().is_some_and(|first| kept.get(first).is_some()));
        }
        self.store.add(self.catalog, row);
        let waiting = self.waiting_rows.entry(name.clone()).or_default();
        *waiting += 1;
        if self.streams && *waiting >= BATCH_ROWS && !self.entangled.contains(&name) {
            *waiting = 0;
            if let Some(rows) = self.store.types.get_mut(&name) {
                let rows = std::mem::take(&mut rows.rows);
                if let Some(empty) = self.store.types.remove(&name) {
                    drop(empty);
                }
                self.hand_over(&resource_type, rows, &Lookup::default())?;
            }
        }
        Ok(())
    }

    fn need_of(&mut self, resource_type: &ResourceType) -> Arc<TypeNeed> {
        if let Some(known) = self.needs.get(&resource_type.name) {
            return known.clone();
        }
        let need = (self.need)(resource_type);
        let made = Arc::new(match need.paths {
            None => TypeNeed { columns: Schema::clone(&resource_type.schema), envelope: need.envelope, kept: None },
            Some(paths) => {
                let columns = project(&resource_type.schema, &paths);
                let kept = kept_columns(self.catalog, resource_type, &columns);
                TypeNeed { columns, envelope: need.envelope, kept: Some(kept) }
            }
        });
        self.needs.insert(resource_type.name.clone(), made.clone());
        made
    }

    /// Hands over all rows that waited.
    pub(crate) fn finish(mut self) -> Result<Collected, CollectError> {
        let all = self.catalog.types.keys().chain(self.store.types.keys()).cloned().collect();
        self.settle(&all)?;
        if self.ordered {
            self.out.gaps.sort_by(|one, other| gap_order(one).cmp(&gap_order(other)));
            self.out.errors.sort();
        }
        Ok(self.out)
    }

    /// Rows that follow from answers, what no answer told, folding; then hands over the rows of some types, of which nothing more will come.
    pub(crate) fn settle(&mut self, types: &BTreeSet<Arc<str>>) -> Result<(), CollectError> {
        let mut seen = self.seen.take(types);
        let mut store = self.store.take(types);
        seen.withdraw(&self.out.gaps);
        for row in seen.implied(self.catalog) {
            store.add(self.catalog, row);
        }
        seen.mark_unseen(self.catalog, &mut store);
        let listed = seen.listed(self.catalog);
        self.out.regions.extend(listed.iter().filter_map(|listing| listing.region.clone()).filter(|region| &**region != "global"));
        self.out.listed.extend(listed);
        if self.ordered {
            store.order();
        }
        store.forget(&self.deleted);
        fold::fold(&mut store, self.catalog, &self.out.gaps);
        self.tell_identities(&mut store);
        let mut lookup = Lookup::default();
        for name in looked_up(self.catalog) {
            for row in store.types.get(name).map(|rows| rows.rows.as_slice()).unwrap_or_default() {
                lookup.add(row);
            }
        }
        for (_, rows) in store.types {
            self.hand_over(&rows.resource_type, rows.rows, &lookup)?;
        }
        Ok(())
    }

    /// Facts that follow from all identities of an account, where they are wanted.
    fn tell_identities(&mut self, store: &mut Store) {
        let types: Vec<_> = store.types.values().map(|rows| rows.resource_type.clone()).collect();
        let mut paths: BTreeSet<Arc<str>> = BTreeSet::new();
        for resource_type in types {
            let columns = &self.need_of(&resource_type).columns;
            let derives = resource_type.derives.iter().filter(|derive| derive.function == identities::FUNCTION);
            paths.extend(derives.filter(|derive| derive::wants(columns, &derive.path)).map(|derive| derive.path.clone()));
        }
        for path in paths {
            identities::apply(store, &path, &self.out.listed);
        }
    }

    fn hand_over(&mut self, resource_type: &Arc<ResourceType>, rows: Vec<Resource>, lookup: &Lookup) -> Result<(), CollectError> {
        let need = self.need_of(resource_type);
        let mut by_kind: BTreeMap<SourceKind, Vec<Arc<Resource>>> = BTreeMap::new();
        *self.out.types.entry(resource_type.name.clone()).or_default() += rows.len() as u64;
        for mut row in rows {
            complete(&mut row, resource_type, &need.columns, lookup);
            if let Some(account) = &row.account
                && !self.out.accounts.contains(account)
            {
                self.out.accounts.insert(account.clone());
            }
            // That AWS names a Region does not say that anybody looked there.
            if resource_type.region.is_none() || resource_type.id_path() != resource_type.region.as_deref() {
                self.out.regions.extend(row.region.clone().filter(|region| &**region != "global"));
            }
            self.out.observed_at = self.out.observed_at.max(row.observed_at);
            by_kind.entry(row.source.kind).or_default().push(Arc::new(row));
        }
        for (kind, rows) in by_kind {
            let mut rows = rows.into_iter();
            loop {
                let chunk: Vec<_> = rows.by_ref().take(BATCH_ROWS).collect();
                if chunk.is_empty() {
                    break;
                }
                (self.emit)(Rows { resource_type, kind, columns: &need.columns, envelope: &need.envelope, rows: chunk })?;
            }
        }
        Ok(())
    }
}
