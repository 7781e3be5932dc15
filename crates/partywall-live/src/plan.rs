//! Which calls read which types, and in which order: the catalogue's reads, calls that several types share made once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use partywall_catalog::{Catalog, Names, Prepare, Read, ResourceType};

use sha2::{Digest as _, Sha256};

use crate::input::placeholders;

/// Where a listing is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    /// In each Region.
    Regional,
    /// Once in an account: things without a Region, or a listing that shows those of all Regions.
    Account,
}

/// A call that lists resources of one or several types.
#[derive(Debug, Clone)]
pub(crate) struct Listing {
    pub(crate) service: String,
    pub(crate) operation: String,
    pub(crate) input: BTreeMap<String, toml::Value>,
    pub(crate) asked_in: BTreeMap<String, Arc<str>>,
    pub(crate) of_organization: bool,
    pub(crate) of: Option<Arc<str>>,
    pub(crate) names: Option<Names>,
    pub(crate) prepare: Option<Prepare>,
    pub(crate) scope: Scope,
    /// Of one within a type: its request needs what a read of each resource of that type brings, so that it waits for those.
    pub(crate) waits: bool,
    /// The types and the places of their reads that it serves.
    pub(crate) reads: Vec<(Arc<ResourceType>, usize)>,
}

/// A read that is made for each resource.
#[derive(Debug, Clone)]
pub(crate) struct Detail {
    pub(crate) read: usize,
    /// Reads of a level need nothing but what lower levels bring; the listing is level 0.
    pub(crate) level: usize,
}

/// How a type is read.
#[derive(Debug, Clone)]
pub(crate) struct TypePlan {
    pub(crate) resource_type: Arc<ResourceType>,
    pub(crate) scope: Scope,
    /// Places in [`Plan::listings`].
    pub(crate) listings: Vec<usize>,
    pub(crate) details: Vec<Detail>,
}

/// A type that another source has: it is not read, and what lies within it is listed by the rows of that source.
#[derive(Debug, Clone)]
pub(crate) struct Provided {
    pub(crate) resource_type: Arc<ResourceType>,
    pub(crate) scope: Scope,
    /// All of its rows are there.
    pub(crate) whole: bool,
}

/// All calls of a reading.
#[derive(Debug, Clone)]
pub struct Plan {
    pub(crate) listings: Vec<Listing>,
    pub(crate) types: BTreeMap<Arc<str>, TypePlan>,
    /// Types that have reads, but were left out on request.
    pub(crate) left_out: Vec<Arc<ResourceType>>,
    pub(crate) provided: BTreeMap<Arc<str>, Provided>,
}

impl Plan {
    /// Plans the reading of the wanted types and of what they rest on: the types within which they are listed, satellites, and rows that
    /// defaults and derived facts look up.
    ///
    /// Of what tells more of listed resources, only the reads in `details`: type and place among the type's reads; all if `None`.
    pub fn new(catalog: &Catalog, wanted: impl Fn(&ResourceType) -> bool, details: Option<&BTreeSet<(Arc<str>, usize)>>) -> Self {
        Self::beside(catalog, wanted, details, &BTreeSet::new())
    }

    /// As [`Plan::new`], without the types that another source provides.
    pub(crate) fn beside(
        catalog: &Catalog,
        wanted: impl Fn(&ResourceType) -> bool,
        details: Option<&BTreeSet<(Arc<str>, usize)>>,
        provided: &BTreeSet<Arc<str>>,
    ) -> Self {
        // Rows that no wanted read is for are of no use to the facts that are wanted.
        let rested_on = |name: &Arc<str>| details.is_none_or(|details| details.iter().any(|(of, _)| of == name));
        let mut names: BTreeSet<Arc<str>> = catalog.types.values().filter(|file| wanted(file)).map(|file| file.name.clone()).collect();
        loop {
            let more: BTreeSet<Arc<str>> = names
                .iter()
                .filter_map(|name| catalog.types.get(name))
                .flat_map(|file| rests_on(file))
                .filter(|name| !names.contains(name) && rested_on(name))
                .collect();
            if more.is_empty() {
                break;
            }
            names.extend(more);
        }
        let mut plan = Self { listings: Vec::new(), types: BTreeMap::new(), left_out: Vec::new(), provided: BTreeMap::new() };
        for file in provided.iter().filter_map(|name| catalog.types.get(name)) {
            let provided = Provided { resource_type: file.clone(), scope: scope(catalog, file, 0), whole: true };
            plan.provided.insert(file.name.clone(), provided);
        }
        for file in catalog.types.values().filter(|file| !file.reads.is_empty() && !provided.contains(&file.name)) {
            if names.contains(&file.name) { plan.add(catalog, file, details) } else { plan.left_out.push(file.clone()) }
        }
        let waits: Vec<bool> = plan.listings.iter().map(|listing| plan.needs_details(listing)).collect();
        for (listing, waits) in plan.listings.iter_mut().zip(waits) {
            listing.waits = waits;
        }
        plan
    }

    fn needs_details(&self, listing: &Listing) -> bool {
        let Some(parent) = listing.of.as_ref().and_then(|of| self.types.get(of)) else { return false };
        let inputs = std::iter::once(&listing.input).chain(listing.names.iter().map(|names| &names.input));
        let needs: Vec<String> = inputs.flat_map(placeholders).collect();
        let mut told = parent.details.iter().filter_map(|detail| parent.resource_type.reads.get(detail.read)).flat_map(Read::told);
        told.any(|own| needs.iter().any(|path| within(path, own) || within(own, path)))
    }

    /// How many types it reads.
    pub fn types(&self) -> usize {
        self.types.len()
    }

    /// In how many places types are read when there are that many Regions.
    pub(crate) fn places(&self, regions: usize) -> usize {
        self.types.values().map(|plan| if plan.scope == Scope::Regional { regions } else { 1 }).sum()
    }

    /// Equal for plans that ask the same and make the same of the answers.
    pub(crate) fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(env!("CARGO_PKG_VERSION"));
        for plan in self.types.values() {
            let details: Vec<usize> = plan.details.iter().map(|detail| detail.read).collect();
            hash.update(format!("{:?}{:?}{:?}{details:?}", plan.resource_type.name, plan.resource_type.reads, plan.resource_type.secrets));
        }
        for name in self.provided.keys() {
            hash.update(format!("{name} is provided"));
        }
        crate::journal::hex(&hash.finalize())
    }

    fn add(&mut self, catalog: &Catalog, file: &Arc<ResourceType>, wanted: Option<&BTreeSet<(Arc<str>, usize)>>) {
        let scope = scope(catalog, file, 0);
        let mut listings = Vec::new();
        let mut details: Vec<Detail> = Vec::new();
        for (place, read) in file.reads.iter().enumerate() {
            if read.lists() {
                listings.push(self.listing(file, place, read, scope));
            } else if !file.is_told_at_once(read) && wanted.is_none_or(|wanted| wanted.contains(&(file.name.clone(), place))) {
                let level =
                    details.iter().filter(|earlier| file.reads.get(earlier.read).is_some_and(|earlier| rests_on_read(read, earlier)));
                details.push(Detail { read: place, level: level.map(|earlier| earlier.level).max().unwrap_or(0) + 1 });
            }
        }
        listings.sort_unstable();
        listings.dedup();
        self.types.insert(file.name.clone(), TypePlan { resource_type: file.clone(), scope, listings, details });
    }

    fn listing(&mut self, file: &Arc<ResourceType>, place: usize, read: &Read, scope: Scope) -> usize {
        let same = |known: &Listing| {
            known.service == read.service
                && known.operation == read.operation
                && known.input == read.input
                && known.asked_in == read.asked_in
                && known.of == read.of
                && known.scope == scope
                && known.names.is_none()
                && read.names.is_none()
        };
        if let Some((found, listing)) = self.listings.iter_mut().enumerate().find(|(_, known)| same(known)) {
            listing.reads.push((file.clone(), place));
            return found;
        }
        self.listings.push(Listing {
            service: read.service.clone(),
            operation: read.operation.clone(),
            input: read.input.clone(),
            asked_in: read.asked_in.clone(),
            of_organization: read.of_organization,
            of: read.of.clone(),
            names: read.names.clone(),
            prepare: read.prepare.clone(),
            scope,
            waits: false,
            reads: vec![(file.clone(), place)],
        });
        self.listings.len() - 1
    }
}

/// Things within others are listed where those are.
fn scope(catalog: &Catalog, file: &ResourceType, depth: usize) -> Scope {
    let parent = file.reads.iter().find_map(|read| read.of.as_ref()).and_then(|of| catalog.types.get(of));
    match parent {
        // Depth keeps a catalogue in which two types are listed within each other from running for ever.
        Some(parent) if depth < 8 => scope(catalog, parent, depth + 1),
        _ if file.global || file.region.is_some() => Scope::Account,
        _ => Scope::Regional,
    }
}

fn rests_on(file: &ResourceType) -> impl Iterator<Item = Arc<str>> + '_ {
    let of = file.reads.iter().filter_map(|read| read.of.clone());
    let folded = file.folds.iter().map(|fold| fold.from.clone());
    let defaults = file.defaults.iter().filter_map(|default| default.depends_on.as_ref()).map(|depends| depends.resource_type.clone());
    let derived = file.derives.iter().flat_map(|derive| derive.tables.iter().cloned());
    of.chain(folded).chain(defaults).chain(derived)
}

fn within(path: &str, owned: &str) -> bool {
    path.strip_prefix(owned).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// True if a read's request or condition needs what an earlier read of the same resource brings.
fn rests_on_read(read: &Read, earlier: &Read) -> bool {
    let wanted = read.only.keys().cloned().chain(placeholders(&read.input)).chain(read.per.clone());
    wanted.into_iter().any(|path| earlier.told().any(|owned| within(&path, owned) || within(owned, &path)))
}
