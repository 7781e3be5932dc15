//! The actions that AWS is known to have, as the questions about whole accounts take them.

use partywall_iam::account::KnownAction;
use partywall_iam::{Action, Reference, Service};

/// Every action of the reference data.
#[derive(Debug)]
pub(super) struct Actions<'r> {
    rows: Vec<(String, Action<'r>)>,
}

impl<'r> Actions<'r> {
    pub(super) fn of(reference: &'r Reference) -> Self {
        Self { rows: reference.services().flat_map(Service::actions).map(|action| (action.full_name(), action)).collect() }
    }

    pub(super) fn known(&self) -> impl Iterator<Item = KnownAction<'_>> {
        self.rows.iter().map(|(name, action)| KnownAction {
            name,
            wildcard_only: action.is_wildcard_only(),
            access_level: Some(action.access_level().name()),
        })
    }

    pub(super) fn names(&self) -> Vec<&str> {
        self.rows.iter().map(|(name, _)| name.as_str()).collect()
    }
}
