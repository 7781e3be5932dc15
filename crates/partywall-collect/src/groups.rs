//! Which types' rows change or read those of others.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use partywall_catalog::{Catalog, Derive, ResourceType};

use crate::identities;

/// All types, in groups: the rows of a group are made without those of any other. Together are satellites and their parents, rows and
/// those that their defaults and derive functions look up, and rows and the listings from which they follow.
pub(crate) fn groups(catalog: &Catalog) -> Vec<BTreeSet<Arc<str>>> {
    let mut group_of: BTreeMap<&Arc<str>, usize> = catalog.types.keys().enumerate().map(|(place, name)| (name, place)).collect();
    for file in catalog.types.values() {
        let folds = file.folds.iter().map(|fold| &fold.from);
        for other in folds.chain(lookups(file, |_| true)).chain(&file.implied_by) {
            let (Some(own), Some(others)) = (group_of.get(&file.name).copied(), group_of.get(other).copied()) else { continue };
            group_of.values_mut().filter(|group| **group == others).for_each(|group| *group = own);
        }
    }
    let mut groups: BTreeMap<usize, BTreeSet<Arc<str>>> = BTreeMap::new();
    for (name, group) in group_of {
        groups.entry(group).or_default().insert(name.clone());
    }
    groups.into_values().collect()
}

/// The types of which defaults and derive functions of others look up single rows.
pub(crate) fn looked_up(catalog: &Catalog) -> BTreeSet<&Arc<str>> {
    catalog.types.values().flat_map(|file| lookups(file, |derive| derive.function != identities::FUNCTION)).collect()
}

fn lookups(file: &ResourceType, by: impl Fn(&Derive) -> bool) -> impl Iterator<Item = &Arc<str>> {
    let tables = file.derives.iter().filter(move |derive| by(derive)).flat_map(|derive| &derive.tables);
    tables.chain(file.defaults.iter().filter_map(|default| default.depends_on.as_ref()).map(|depends| &depends.resource_type))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_with_what_it_is_made_of_and_alone_otherwise() {
        let catalog = Catalog::load(None).unwrap();
        let groups = groups(&catalog);
        let of = |name: &str| groups.iter().find(|group| group.contains(name)).unwrap();
        assert_eq!(groups.iter().map(BTreeSet::len).sum::<usize>(), catalog.types.len());
        assert!(
            of("AWS::S3::Bucket").is_superset(&["AWS::S3::BucketPolicy", "Partywall::S3::AccountPublicAccessBlock"].map(Arc::from).into())
        );
        assert!(of("AWS::CloudTrail::Trail").contains("Partywall::Region"));
        assert_eq!(of("Partywall::EC2::Snapshot").len(), 1);
        assert!(!of("AWS::S3::Bucket").contains("AWS::IAM::Role"));
    }
}
