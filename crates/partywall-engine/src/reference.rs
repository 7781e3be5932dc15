//! Duties without any resource: what a service's file says of one of its modes.

use std::sync::Arc;

use partywall_catalog::{Catalog, Duty, Mode, OwnerRule, Service, ServiceDuty};

use crate::plan::carries;

/// A duty of a service in one mode, with every owner that a condition can lead to.
#[derive(Debug, Clone, Copy)]
pub struct ReferenceDuty<'a> {
    /// The duty.
    pub duty: &'a Arc<Duty>,
    /// The service's own row; `None` for a duty that every service carries as it is.
    pub own: Option<&'a ServiceDuty>,
    /// Its owners in the order in which they are tried.
    pub owners: &'a [OwnerRule],
}

/// The duties that a resource of the mode's type carries in that mode, in the order of `duties.toml`: the rows that
/// [`crate::Assessor::duties`] asks for real resources.
pub fn reference_duties<'a>(catalog: &'a Catalog, service: &'a Service, mode: &Mode) -> Vec<ReferenceDuty<'a>> {
    let resource = mode.resource.as_deref().unwrap_or_default();
    catalog
        .duties
        .values()
        .filter_map(|duty| {
            let own = service.duties.iter().find(|own| own.id == duty.id && carries(own, resource, &mode.id, true));
            if own.is_none() && !duty.everywhere {
                return None;
            }
            let owners = own.map(|own| own.owner.as_slice()).filter(|owners| !owners.is_empty()).unwrap_or(&duty.owner);
            Some(ReferenceDuty { duty, own, owners })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use partywall_model::Party;

    use super::*;

    #[test]
    fn a_database_names_the_condition_of_its_patches() {
        let catalog = Catalog::load(None).unwrap();
        let service = &catalog.services["rds"];
        let mode = service.modes.iter().find(|mode| &*mode.id == "standard").unwrap();
        let duties = reference_duties(&catalog, service, mode);
        let patch = duties.iter().find(|duty| &*duty.duty.id == "engine-runtime.apply-minor-patch").unwrap();
        assert!(patch.owners.first().unwrap().when.as_deref().unwrap().contains("AutoMinorVersionUpgrade"));
        assert!(patch.owners.last().unwrap().when.is_none());
        let sites = duties.iter().find(|duty| &*duty.duty.id == "facilities.guard-sites").unwrap();
        assert_eq!(sites.owners.iter().map(|rule| &rule.party).collect::<Vec<_>>(), [&Party::Aws]);
    }
}
