use std::collections::{BTreeMap, BTreeSet};

use super::AccountError;
use super::access::Standing;
use super::model::Account;
use super::observed::{LastAccessed, Observation};
use super::what_can::{KnownAction, WhatCan};

/// Permissions of a principal that it was not seen to use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unused {
    /// Services of which it may do something and was seen to do nothing.
    pub services: Vec<String>,
    /// Of the services that it uses: actions that it may take and was not seen to take.
    pub actions: BTreeMap<String, Vec<String>>,
    /// Services that it uses, of which it is not told which actions.
    pub not_told: Vec<String>,
    /// Actions that it may take at all, or may be able to.
    pub allowed: usize,
    /// Policies that are not known, and why.
    pub unread: Vec<String>,
}

impl Account {
    /// What the principal may do and was not seen to do.
    ///
    /// # Errors
    /// As [`Account::what_can`].
    pub fn unused<'k>(
        &self,
        principal: usize,
        actions: impl IntoIterator<Item = KnownAction<'k>>,
        seen: &[&Observation],
    ) -> Result<Unused, AccountError> {
        let used: BTreeSet<String> = seen.iter().map(|seen| seen.action.to_ascii_lowercase()).collect();
        let services = used.iter().filter_map(|action| action.split_once(':').map(|(service, _)| service.to_owned())).collect();
        Ok(left(self.what_can(principal, actions)?, &services, &used, &BTreeSet::new()))
    }

    /// The same by what AWS keeps of last use. Of a service whose actions AWS does not track, only its use is known.
    ///
    /// # Errors
    /// As [`Account::what_can`].
    pub fn unused_since<'k>(
        &self,
        principal: usize,
        actions: impl IntoIterator<Item = KnownAction<'k>>,
        last: &LastAccessed,
    ) -> Result<Unused, AccountError> {
        let (mut services, mut used, mut tracked) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for service in last.services_last_accessed.iter().filter(|service| service.last_authenticated.is_some()) {
            let name = service.service_namespace.to_ascii_lowercase();
            for action in &service.tracked_actions_last_accessed {
                let action_name = format!("{name}:{}", action.action_name.to_ascii_lowercase());
                if action.last_accessed_time.is_some() {
                    used.insert(action_name.clone());
                }
                tracked.insert(action_name);
            }
            services.insert(name);
        }
        let told: BTreeSet<&str> = tracked.iter().filter_map(|action| action.split(':').next()).collect();
        let not_told = services.iter().filter(|service| !told.contains(service.as_str())).cloned().collect();
        let mut found = left(self.what_can(principal, actions)?, &services, &used, &not_told);
        // Of a tracked service, the actions that AWS does not track may have been used.
        for actions in found.actions.values_mut() {
            actions.retain(|action| tracked.contains(&action.to_ascii_lowercase()));
        }
        found.actions.retain(|_, actions| !actions.is_empty());
        Ok(found)
    }
}

fn left(can: WhatCan, services: &BTreeSet<String>, used: &BTreeSet<String>, not_told: &BTreeSet<String>) -> Unused {
    let mut found = Unused { services: Vec::new(), actions: BTreeMap::new(), not_told: Vec::new(), allowed: 0, unread: can.unread };
    for (service, grants) in can.services {
        let open = grants.into_iter().filter(|grant| grant.standing != Standing::Denied);
        let mut actions: Vec<String> = open.flat_map(|grant| grant.actions).collect();
        actions.sort();
        found.allowed = found.allowed.saturating_add(actions.len());
        if actions.is_empty() {
            continue;
        }
        if !services.contains(&service) {
            found.services.push(service);
        } else if not_told.contains(&service) {
            found.not_told.push(service);
        } else {
            actions.retain(|action| !used.contains(&action.to_ascii_lowercase()));
            if !actions.is_empty() {
                found.actions.insert(service, actions);
            }
        }
    }
    found
}
