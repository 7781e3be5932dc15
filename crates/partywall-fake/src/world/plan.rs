use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use partywall_aws::model::{Models, Service};
use partywall_catalog::{Catalog, Read, ResourceType};
use partywall_model::Key;

use super::{Form, World};
use crate::FakeError;

/// Services that a reader needs beside those of the catalogue.
const ALWAYS: [&str; 9] =
    ["account", "cloudcontrol", "config", "ec2", "iam", "organizations", "resource-explorer-2", "resourcegroupstaggingapi", "sts"];

/// Which rows a call tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    /// All, or those that the input names.
    All,
    /// Those within the row of another type that the input names; all if it names none.
    Within(usize),
    /// Those that the input names and no others.
    Named,
}

/// What of one type an operation's answer holds.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    /// The type.
    pub(crate) kind: usize,
    /// Which rows.
    pub(crate) asked: Asked,
    /// Path to the items, as [`Read::items`].
    pub(crate) items: String,
    /// What a row is called by an item that is a text and nothing else.
    pub(crate) text: Option<Form>,
    /// The call finds names for another.
    pub(crate) finds: bool,
    /// Keys of an item that is a map.
    pub(crate) keys: Vec<String>,
    /// Error codes that mean that a row lacks what is asked for.
    pub(crate) absent_on: Vec<String>,
}

/// What every operation that the catalogue names answers, and the services that are served.
#[derive(Debug)]
pub(crate) struct Plan {
    parts: BTreeMap<(Key, String), Vec<Part>>,
    services: BTreeMap<Box<str>, Vec<Arc<Service>>>,
}

impl Plan {
    /// Reads the catalogue.
    pub(crate) fn new(catalog: &Catalog, world: &World) -> Result<Self, FakeError> {
        let models = Models::builtin();
        let mut names: BTreeSet<String> = ALWAYS.iter().map(|name| (*name).to_owned()).collect();
        let mut found: Vec<(Arc<Service>, &str, Part)> = Vec::new();
        for (kind, of) in catalog.types.values().filter_map(|of| Some((world.position(&of.name)?, of))) {
            for read in &of.reads {
                let service = models.service(&read.service).map_err(|error| FakeError::Model(format!("{}: {error}", of.name)))?;
                names.insert(service.name.to_string());
                for (operation, part) in parts(world, kind, of, read) {
                    found.push((Arc::clone(&service), operation, part));
                }
            }
        }
        // The listing of a type goes before calls that find names for another, so that one answer tells the same rows to both.
        found.sort_by_key(|(_, _, part)| part.finds);
        let mut parts: BTreeMap<(Key, String), Vec<Part>> = BTreeMap::new();
        for (service, operation, part) in found {
            let known = parts.entry((service.name.clone(), operation.to_owned())).or_default();
            let told_apart = |other: &Part| {
                other.kind != part.kind && other.items == part.items && world.told_apart(other.kind) && world.told_apart(part.kind)
            };
            if known.iter().all(|other| other.items != part.items || told_apart(other)) {
                known.push(part);
            }
        }
        let mut services: BTreeMap<Box<str>, Vec<Arc<Service>>> = BTreeMap::new();
        for name in names {
            let service = models.service(&name).map_err(|error| FakeError::Model(error.to_string()))?;
            services.entry(service.signing_name.clone()).or_default().push(service);
        }
        Ok(Self { parts, services })
    }

    /// What an operation's answer holds; nothing for those that the catalogue does not name.
    pub(crate) fn parts(&self, service: &Key, operation: &str) -> &[Part] {
        self.parts.get(&(service.clone(), operation.to_owned())).map_or(&[], Vec::as_slice)
    }

    /// The services of a signing name.
    pub(crate) fn services(&self, signing_name: &str) -> impl Iterator<Item = &Arc<Service>> {
        self.services.get(signing_name).into_iter().flatten()
    }
}

/// What one read says of its operation, and of the one that finds its names.
fn parts<'a>(world: &World, kind: usize, of: &'a ResourceType, read: &'a Read) -> Vec<(&'a str, Part)> {
    let parent = read.of.as_deref().and_then(|name| world.position(name));
    let within = parent.map_or(Asked::All, Asked::Within);
    let keys = read.holds.iter().map(|path| path.split('.').next().unwrap_or(path).to_owned());
    let columns = of.schema.iter().map(|(name, _)| name.to_string()).filter(|name| !name.starts_with('_'));
    let mut keys: Vec<String> = keys.chain(read.rename.keys().cloned()).chain(columns).collect();
    let mut seen = BTreeSet::new();
    keys.retain(|key| seen.insert(key.to_ascii_lowercase()));
    let asked = match (&read.names, &read.per) {
        (Some(_), _) => Asked::Named,
        (None, Some(_)) if parent.is_none() => Asked::Named,
        _ => within.clone(),
    };
    // A listing whose items are texts gives names; what a call tells of one row is no name of it.
    let text = (asked != Asked::Named && of.id.is_some()).then(|| form_of_last(&read.items));
    let part = Part { kind, asked, items: read.items.clone(), text, finds: false, keys, absent_on: read.absent_on.clone() };
    let mut all = vec![(read.operation.as_str(), part)];
    if let Some(names) = &read.names {
        let text = Some(form_of_last(&names.into));
        let finder = Part { kind, asked: within, items: names.items.clone(), text, finds: true, keys: Vec::new(), absent_on: Vec::new() };
        all.push((names.operation.as_str(), finder));
    }
    all
}

/// The form that the last member of a path asks for.
fn form_of_last(path: &str) -> Form {
    Form::of_member(path.rsplit('.').next().unwrap_or(path)).0
}
