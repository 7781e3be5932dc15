//! Which reads an answer rests on: from the words of a predicate over computed columns, defaults and satellites to calls.

use std::collections::BTreeSet;
use std::sync::Arc;

use partywall_catalog::{Catalog, Check, DefaultOn, Read, ResourceType};

use super::mentions::{mentions, overlap};
use super::needs::Chosen;
use crate::input::placeholders;

/// The reads found so far: type and index among the type's reads.
#[derive(Debug)]
pub(super) struct Reads<'c> {
    catalog: &'c Catalog,
    pub(super) found: BTreeSet<(Arc<str>, usize)>,
    /// What was followed already: type and path, without a path for the rows themselves.
    followed: BTreeSet<(Arc<str>, Option<String>)>,
}

impl<'c> Reads<'c> {
    pub(super) fn new(catalog: &'c Catalog) -> Self {
        Self { catalog, found: BTreeSet::new(), followed: BTreeSet::new() }
    }

    /// The reads without which a check is blind, in whole or in part.
    pub(super) fn of_check(catalog: &'c Catalog, check: &Check) -> Self {
        let mut reads = Self::new(catalog);
        reads.rows(&check.resource);
        for predicate in check.applies.iter().chain([&check.pass]) {
            for path in mentions(predicate) {
                reads.path(&check.resource, &path);
            }
        }
        if let Some(join) = &check.join {
            let words = mentions(&join.sql);
            let joined: Vec<Arc<str>> =
                catalog.types.values().filter(|file| words.contains(&file.table())).map(|file| file.name.clone()).collect();
            for name in &joined {
                reads.rows(name);
                for path in &words {
                    reads.path(name, path);
                }
            }
        }
        reads
    }

    /// What the chosen checks rest on, and beside them what everyone is shown of a resource: who owns its duties, its name and its tags.
    /// Of types that no chosen check rests on, only where all are chosen.
    pub(super) fn judged(catalog: &'c Catalog, chosen: Chosen<'_>) -> Self {
        let mut reads = Self::new(catalog);
        for check in catalog.checks.values().filter(|check| chosen.has(check)) {
            reads.found.extend(Self::of_check(catalog, check).found);
        }
        let of: BTreeSet<Arc<str>> = reads.found.iter().map(|(name, _)| name.clone()).collect();
        for (name, file) in catalog.types.iter().filter(|(name, _)| matches!(chosen, Chosen::Everything) || of.contains(*name)) {
            let service = catalog.service_of(name);
            let modes = service.iter().flat_map(|service| &service.modes).filter(|mode| mode.resource.as_ref().is_none_or(|of| of == name));
            let owners = service.iter().flat_map(|service| &service.duties).flat_map(|duty| &duty.owner);
            let general = catalog.duties.values().flat_map(|duty| &duty.owner);
            let predicates =
                modes.filter_map(|mode| mode.matches.as_ref()).chain(owners.chain(general).filter_map(|rule| rule.when.as_ref()));
            for path in predicates.flat_map(|predicate| mentions(predicate)).chain(["_tags".to_owned(), "_name".to_owned()]) {
                reads.path(&file.name, &path);
            }
        }
        reads
    }

    /// Everything that is read of a type.
    pub(super) fn whole(&mut self, name: &str) {
        self.rows(name);
        if let Some(file) = self.catalog.resource_type(name) {
            let computed = file.derives.iter().map(|derive| &derive.path).chain(file.folds.iter().map(|fold| &fold.into));
            let paths: BTreeSet<&Arc<str>> = file.reads.iter().flat_map(|read| &read.paths).chain(computed).collect();
            for path in paths {
                self.path(name, path);
            }
        }
    }

    /// The calls that say which resources of a type there are.
    fn rows(&mut self, name: &str) {
        let Some(file) = self.catalog.resource_type(name) else { return };
        if !self.followed.insert((file.name.clone(), None)) {
            return;
        }
        let has_listing = file.listing().is_some();
        for (index, read) in file.reads.iter().enumerate() {
            if read.lists() || !has_listing {
                self.take(&file, index, read);
            }
        }
    }

    /// What a property of a type's rows rests on. Words that are no property lead nowhere.
    fn path(&mut self, name: &str, path: &str) {
        let Some(file) = self.catalog.resource_type(name) else { return };
        let path = match path {
            "_tags" => file.tags_path().unwrap_or(path),
            "_name" => file.display_name.as_deref().unwrap_or(path),
            other => other,
        };
        if !self.followed.insert((file.name.clone(), Some(path.to_owned()))) {
            return;
        }
        // One call for all resources tells as much as one call for each.
        let told_at_once = file.reads.iter().any(|read| read.silent.keys().any(|own| path == &**own));
        for (index, read) in file.reads.iter().enumerate() {
            let of_one = read.per.is_some()
                && !told_at_once
                && !file.is_told_at_once(read)
                && (read.paths.is_empty() || read.paths.iter().any(|own| overlap(own, path)));
            if of_one || read.silent.keys().any(|own| overlap(own, path)) {
                self.take(&file, index, read);
            }
        }
        for derive in file.derives.iter().filter(|derive| overlap(&derive.path, path)) {
            for input in &derive.inputs {
                self.path(name, input);
            }
            for table in &derive.tables {
                self.whole(table);
            }
        }
        for fold in file.folds.iter().filter(|fold| overlap(&fold.into, path)) {
            self.whole(&fold.from);
        }
        for default in file.defaults.iter().filter(|default| default.on == DefaultOn::Read && overlap(&default.path, path)) {
            if let Some(depends) = &default.depends_on {
                self.rows(&depends.resource_type);
                self.path(&depends.resource_type, &depends.path);
            }
        }
    }

    /// One read, and what must be read before it can be asked.
    fn take(&mut self, file: &Arc<ResourceType>, index: usize, read: &Read) {
        if !self.found.insert((file.name.clone(), index)) {
            return;
        }
        let about = read.of.as_ref().unwrap_or(&file.name);
        if let Some(parent) = &read.of {
            self.rows(parent);
        } else if read.per.is_some() {
            self.rows(&file.name);
        }
        for input in std::iter::once(&read.input).chain(read.names.iter().map(|names| &names.input)) {
            for path in placeholders(input) {
                self.path(about, &path);
            }
        }
        for path in read.only.keys() {
            self.path(&file.name, path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actions(check: &str) -> BTreeSet<String> {
        let catalog = Catalog::load(None).unwrap().with_derived(partywall_collect::derived_columns).unwrap();
        let check = catalog.checks.get(check).unwrap_or_else(|| panic!("no check {check}"));
        let reads = Reads::of_check(&catalog, check);
        reads.found.iter().map(|(name, index)| catalog.types[name].reads[*index].action.clone()).collect()
    }

    #[test]
    fn a_computed_column_leads_to_its_inputs_and_tables() {
        let found = actions("s3.bucket-blocks-public-access");
        for action in ["s3:ListAllMyBuckets", "s3:GetBucketPublicAccessBlock", "s3:GetAccountPublicAccessBlock"] {
            assert!(found.contains(action), "{action} in {found:?}");
        }
        assert!(!found.contains("s3:GetBucketWebsite"), "{found:?}");
    }
}
