//! Of which types AWS Config has everything that an account has, and why not of the others.

use std::collections::BTreeMap;
use std::sync::Arc;

use partywall_catalog::ResourceType;
use partywall_model::{Cause, CauseKind};

use super::inventory::{Health, Inventory};
use super::recording::IAM;

/// Region under which things are filed that have none.
const GLOBAL: &str = "global";

/// Config's names of a type.
pub(super) fn names(resource_type: &ResourceType) -> &[Arc<str>] {
    if resource_type.config.types.is_empty() { std::slice::from_ref(&resource_type.name) } else { &resource_type.config.types }
}

/// An account as the aggregator has it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Recorded<'a> {
    pub(super) inventory: &'a Inventory,
    pub(super) account: &'a str,
    pub(super) regions: &'a BTreeMap<Arc<str>, Health>,
    /// Rows by Config's name of the type.
    pub(super) counts: &'a BTreeMap<Arc<str>, u64>,
}

impl Recorded<'_> {
    /// Where a type has its resources, and for each such place why not all of them are known to be recorded, if they are not.
    pub(super) fn places(&self, resource_type: &ResourceType) -> Vec<(Arc<str>, Health)> {
        let all = |check: &dyn Fn(&str) -> Health| names(resource_type).iter().find_map(|name| check(name));
        if resource_type.global {
            return vec![(Arc::from(GLOBAL), all(&|name| self.without_region(name)))];
        }
        let at =
            |(region, health): (&Arc<str>, &Health)| (region.clone(), health.clone().or_else(|| all(&|name| self.in_region(region, name))));
        self.regions.iter().map(at).collect()
    }

    /// True if all resources of the type are recorded in all of the account's places.
    pub(super) fn has_all(&self, resource_type: &ResourceType) -> bool {
        self.places(resource_type).iter().all(|(_, health)| health.is_none())
    }

    fn in_region(&self, region: &Arc<str>, name: &str) -> Health {
        if !self.inventory.records(self.account, region, name) {
            return Some(unrecorded(name));
        }
        let shown = self.inventory.shown.get(region).is_some_and(|names| names.contains(name));
        (!shown).then(|| {
            Cause::new(
                CauseKind::NotLooked,
                format!("no account has a record of {name} there: nothing shows that AWS Config can record it"),
            )
        })
    }

    /// Things without a Region are recorded in one that the items do not name: those of IAM wherever a recorder is told so; of others
    /// only that there are some shows it.
    fn without_region(&self, name: &str) -> Health {
        let healthy = || self.regions.iter().filter(|(_, health)| health.is_none()).map(|(region, _)| region);
        if !healthy().any(|region| self.inventory.records(self.account, region, name)) {
            return Some(unrecorded(name));
        }
        let counted = self.counts.contains_key(name);
        let shown = counted || IAM.contains(&name) && self.inventory.shown.values().any(|names| names.contains(name));
        (!shown).then(|| {
            Cause::new(CauseKind::NotLooked, format!("there is no record of {name}: nothing shows that AWS Config records it here"))
        })
    }
}

fn unrecorded(name: &str) -> Cause {
    Cause::new(CauseKind::NotLooked, format!("no running recorder there records {name}"))
}
