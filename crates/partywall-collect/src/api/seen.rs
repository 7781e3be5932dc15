//! Which calls the input answered, and what stays unknown because it did not.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use partywall_catalog::{Catalog, Read, ResourceType};
use partywall_model::{Cause, CauseKind, Gap, Listing, Resource, Source, SourceKind, Value};

use super::call::{Call, kebab};
use crate::store::Store;

/// What the input answered: what it did not is unknown.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// By type and place of the row, a bit for each read that an answer was of; a type has fewer than 64.
    reads: HashMap<Arc<str>, Vec<u64>>,
    /// Type, operation, account, region of calls that were answered, also with nothing, and the first file that shows it.
    calls: BTreeMap<(Arc<str>, String, Option<Arc<str>>, Option<Arc<str>>), Arc<Source>>,
    /// The input has all satellites of its rows: a row without any has none. True of a check's case alone.
    pub(crate) satellites_complete: bool,
    /// Which types AWS Config records where is told like answered listings. Of a file nobody can say it.
    pub(crate) recording_told: bool,
}

impl Seen {
    pub(super) fn add(&mut self, resource_type: &ResourceType, place: usize, read: &Read) {
        let rows = self.reads.entry(resource_type.name.clone()).or_default();
        if rows.len() <= place {
            rows.resize(place.saturating_add(1), 0);
        }
        if let Some(bits) = rows.get_mut(place) {
            *bits |= bit(resource_type, read);
        }
    }

    /// Whether an answer of a read was about the row at a place.
    pub(crate) fn has(&self, resource_type: &ResourceType, place: usize, read: &Read) -> bool {
        self.reads.get(&resource_type.name).and_then(|rows| rows.get(place)).is_some_and(|bits| bits & bit(resource_type, read) != 0)
    }

    /// Takes out what is known of some types.
    pub(crate) fn take(&mut self, types: &BTreeSet<Arc<str>>) -> Self {
        let reads = types.iter().filter_map(|name| self.reads.remove_entry(name)).collect();
        let calls = self.calls.extract_if(.., |(name, ..), _| types.contains(name)).collect();
        Self { reads, calls, satellites_complete: self.satellites_complete, recording_told: self.recording_told }
    }

    pub(crate) fn answered(&mut self, resource_type: &ResourceType, call: &Call, source: &Arc<Source>) {
        if let Some(operation) = &call.operation {
            let key = (resource_type.name.clone(), operation.clone(), call.account.clone(), call.region.clone());
            self.calls.entry(key).or_insert_with(|| source.clone());
        }
    }

    /// Takes back what a gap contradicts: of several listings of a type in a place, or of several pages and parents, one was not whole.
    pub(crate) fn withdraw(&mut self, gaps: &[Gap]) {
        let everywhere = |region: &Option<Arc<str>>| region.as_deref().is_none_or(|region| region == "global");
        self.calls.retain(|(name, _, account, region), _| {
            !gaps.iter().any(|gap| {
                gap.resource_type == *name
                    && gap.id.is_none()
                    && gap.path.is_none()
                    && gap.account == *account
                    && (gap.region == *region || everywhere(&gap.region) || everywhere(region))
            })
        });
    }

    /// Rows that follow from answered listings: a Region that answered what trails it has is in use, whether or not it has any.
    pub(crate) fn implied(&self, catalog: &Catalog) -> Vec<Resource> {
        let mut rows = Vec::new();
        for file in catalog.types.values() {
            for name in &file.implied_by {
                let Some(listing) = catalog.resource_type(name).and_then(|by| by.listing().map(|read| kebab(&read.operation))) else {
                    continue;
                };
                for ((of_type, operation, account, region), source) in &self.calls {
                    let (true, Some(account), Some(region)) = (of_type == name && *operation == listing, account, region) else { continue };
                    if &**region == "global" {
                        continue;
                    }
                    let mut row = Resource::new(file.name.clone(), region.clone(), source.clone());
                    row.account = Some(account.clone());
                    row.region = Some(region.clone());
                    if let Some(path) = file.id_path() {
                        row.properties.set_at(path, Value::str(&**region));
                    }
                    rows.push(row);
                }
            }
        }
        rows
    }

    /// The listings that were answered. A listing of something global, or one that shows all Regions, covers the account.
    pub(crate) fn listed(&self, catalog: &Catalog) -> BTreeSet<Listing> {
        let mut listed = BTreeSet::new();
        for file in catalog.types.values() {
            let Some(listing) = file.listing() else { continue };
            let operation = kebab(&listing.operation);
            let whole = file.global || file.region.is_some();
            for (_, _, account, region) in self.calls.keys().filter(|(name, known, ..)| *name == file.name && *known == operation) {
                let region = if whole { Some(Arc::from("global")) } else { region.clone() };
                listed.insert(Listing { resource_type: file.name.clone(), account: account.clone(), region });
            }
        }
        listed
    }

    fn has_call(&self, resource_type: &str, operation: &str, account: Option<&Arc<str>>, region: Option<&Arc<str>>) -> bool {
        self.calls.keys().any(|(name, known, of_account, of_region)| {
            &**name == resource_type
                && known == operation
                && (of_account.is_none() || of_account.as_ref() == account)
                && (of_region.is_none() || of_region.as_deref() == Some("global") || of_region.as_ref() == region)
        })
    }

    /// Marks what no answer in the input could tell.
    pub(crate) fn mark_unseen(&self, catalog: &Catalog, store: &mut Store) {
        if !self.satellites_complete {
            self.mark_unlisted_satellites(catalog, store);
        }
        for rows in store.types.values_mut() {
            let resource_type = &rows.resource_type;
            let reads = &resource_type.reads;
            for (place, row) in rows.rows.iter_mut().enumerate() {
                if row.source.kind != SourceKind::Api || reads.is_empty() {
                    continue;
                }
                let was_seen = |read: &Read| self.has(resource_type, place, read);
                if !reads.iter().any(&was_seen) {
                    continue;
                }
                let mut listed = false;
                let told: BTreeSet<&Arc<str>> = reads.iter().filter(|read| was_seen(read)).flat_map(Read::told).collect();
                for read in reads {
                    if was_seen(read) {
                        listed |= read.lists() && (read.paths.is_empty() || read.of.is_some());
                        continue;
                    }
                    let cause = Arc::new(
                        Cause::new(CauseKind::NotLooked, format!("no answer of {} in the input", read.operation))
                            .with_action(read.action.clone()),
                    );
                    for path in read.told().filter(|path| !told.contains(path)) {
                        if row.properties.at(path).is_none() {
                            row.properties.set_at(path, Value::Unknown(cause.clone()));
                        }
                    }
                }
                row.stub |= !listed;
            }
        }
    }

    /// "No flow logs" is only known of a VPC if the listing of flow logs was answered there.
    fn mark_unlisted_satellites(&self, catalog: &Catalog, store: &mut Store) {
        for rows in store.types.values_mut() {
            let resource_type = rows.resource_type.clone();
            for fold in &resource_type.folds {
                let owned = resource_type.reads.iter().flat_map(|read| &read.paths).any(|path| *path == fold.into);
                let Some(listing) = catalog.types.get(&fold.from).and_then(|satellite| satellite.listing().cloned()) else { continue };
                if owned || !fold.into.starts_with("_Attached") {
                    continue;
                }
                let operation = kebab(&listing.operation);
                let told = |kind| kind == SourceKind::Api || self.recording_told && kind == SourceKind::Config;
                for row in rows.rows.iter_mut().filter(|row| told(row.source.kind)) {
                    let known = row.properties.at(&fold.into).is_some()
                        || self.has_call(&fold.from, &operation, row.account.as_ref(), row.region.as_ref());
                    if !known {
                        let cause = Cause::new(CauseKind::NotLooked, format!("no answer of {} in the input", listing.operation));
                        row.properties.set_at(&fold.into, Value::unknown(cause.with_action(listing.action.clone())));
                    }
                }
            }
        }
    }
}

/// The bit of a read: that of the first read of its type which asks the same.
fn bit(resource_type: &ResourceType, read: &Read) -> u64 {
    let place = resource_type.reads.iter().position(|known| known.key() == read.key());
    place.and_then(|place| u32::try_from(place).ok()).and_then(|place| 1u64.checked_shl(place)).unwrap_or_default()
}
