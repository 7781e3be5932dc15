//! `reference/resource-explorer.toml`: what the index of AWS Resource Explorer calls types.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::ResourceType;

/// Names in the index by type of ours.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(transparent)]
pub struct IndexNames(BTreeMap<Arc<str>, Vec<Arc<str>>>);

impl IndexNames {
    /// What the index calls a type; `None` where that it shows none of them does not say that there are none.
    pub fn of(&self, resource_type: &ResourceType) -> Option<&[Arc<str>]> {
        self.0.get(&resource_type.name).map(Vec::as_slice).filter(|names| !names.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use crate::Catalog;

    #[test]
    fn each_is_a_type_that_is_listed_in_every_region() {
        let catalog = Catalog::load(None).unwrap();
        for (name, names) in &catalog.index_names.0 {
            let known = catalog.types.get(name).unwrap_or_else(|| panic!("{name} has no file"));
            assert!(known.listing().is_some() && !known.global && known.region.is_none(), "{name}");
            assert!(known.reads.iter().all(|read| read.of.is_none()), "{name} is listed within others");
            assert!(
                !names.is_empty()
                    && names.iter().all(|name| name.split_once(':').is_some_and(|(service, kind)| !service.is_empty() && !kind.is_empty())),
                "{name}"
            );
        }
        assert!(catalog.index_names.0.len() > 100);
    }
}
