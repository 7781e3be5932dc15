//! The wall as a whole, without single resources: which services, frameworks, duties and evidence there are. What two scopes or two readings
//! differ in is seen here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use partywall_model::Party;
use partywall_records::Records;
use serde::Serialize;

use crate::cli::Context;
use crate::frameworks;
use crate::run::Outcome;

/// Who may have a duty.
pub(crate) type Owners = BTreeSet<Option<Party>>;

/// Services, frameworks, duties and evidence.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wall<'a> {
    /// Ids of the services that are in use or in scope.
    pub(crate) services: BTreeSet<&'a str>,
    /// Ids of the frameworks in force.
    pub(crate) frameworks: BTreeSet<Arc<str>>,
    /// Service and duty → owners met, or for a service of which nothing was read those that its settings can lead to.
    pub(crate) duties: BTreeMap<(&'a str, Arc<str>), Owners>,
    /// Manual evidence that frameworks or the scope ask for.
    pub(crate) evidence: BTreeSet<&'a str>,
}

/// How many duties may be whose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub(crate) struct DutyCounts {
    /// All of them, one per service and duty.
    pub(crate) all: usize,
    /// AWS's in every mode and setting.
    pub(crate) aws: usize,
    /// The customer's, or of those whom it hired.
    pub(crate) customer: usize,
    /// One or the other, by mode or setting, or not determined.
    pub(crate) shared: usize,
}

impl<'a> Wall<'a> {
    /// Of what is in scope and what was read.
    pub(crate) fn of(context: &'a Context, records: &Records, outcome: Option<&Outcome>) -> Self {
        let catalog = &context.catalog;
        let mut wall = Self::default();
        for ((service, _), usage) in outcome.iter().flat_map(|outcome| &outcome.tally.modes) {
            let Some((service, _)) = catalog.services.get_key_value(service) else { continue };
            wall.services.insert(service);
            for (duty, owners) in &usage.owners {
                wall.duties.entry((service, duty.clone())).or_default().extend(owners.iter().cloned());
            }
        }
        for service in records.scope.services.iter().filter_map(|id| catalog.services.get(id)) {
            if !wall.services.insert(&service.id) {
                continue;
            }
            for duty in catalog.duties.values() {
                let own: Vec<_> = service.duties.iter().filter(|own| own.id == duty.id).collect();
                if own.is_empty() && !duty.everywhere {
                    continue;
                }
                let rules = own.iter().flat_map(|own| if own.owner.is_empty() { &duty.owner } else { &own.owner });
                let rules: Vec<_> = if own.is_empty() { duty.owner.iter().collect() } else { rules.collect() };
                wall.duties.insert((&service.id, duty.id.clone()), rules.into_iter().map(|rule| Some(rule.party.clone())).collect());
            }
        }
        for framework in frameworks::in_force(catalog, records) {
            for id in framework.requirements.iter().flat_map(|requirement| &requirement.manual) {
                wall.evidence.extend(catalog.evidence.get_key_value(id.as_str()).map(|(id, _)| &**id));
            }
            wall.frameworks.insert(framework.id.clone());
        }
        for id in records.scope.evidence.keys() {
            wall.evidence.extend(catalog.evidence.get_key_value(id).map(|(id, _)| &**id));
        }
        wall
    }

    /// How many duties may be whose; the three add up to all.
    pub(crate) fn counts(&self) -> DutyCounts {
        let mut counts = DutyCounts { all: self.duties.len(), ..DutyCounts::default() };
        for owners in self.duties.values() {
            let aws = owners.contains(&Some(Party::Aws));
            match (aws, owners.len()) {
                (true, 1) => counts.aws += 1,
                (false, _) if !owners.contains(&None) => counts.customer += 1,
                _ => counts.shared += 1,
            }
        }
        counts
    }
}
