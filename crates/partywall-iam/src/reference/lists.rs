//! What the Service Authorization Reference does not say of services and actions: `catalog/reference/iam-lists.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

use super::ReferenceError;

static DATA: &str = include_str!("../../../../catalog/reference/iam-lists.toml");

static BUILT_IN: LazyLock<Result<Lists, String>> =
    LazyLock::new(|| toml::from_str(DATA).map_err(|error| error.to_string().replace('\n', " ")));

/// The lists.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lists {
    /// The day on which the lists were last gone through.
    pub as_of: toml::value::Datetime,
    /// Services whose resources can carry policies of their own.
    pub resource_policies: ServiceList,
    /// Actions whose answers hold credentials, or stand for signing in.
    pub credentials: ActionList,
    /// What one action gives beyond itself.
    pub gained: GainList,
}

/// Services with the page they are taken from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceList {
    /// The AWS page.
    pub source: String,
    /// Their prefixes in ARNs.
    pub services: Vec<String>,
}

/// Actions with the page they are taken from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActionList {
    /// The AWS pages.
    pub source: String,
    /// `service:Name`.
    pub actions: Vec<String>,
}

/// Pairs with the page they are taken from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GainList {
    /// The AWS pages.
    pub source: String,
    /// The pairs.
    pub pairs: Vec<Gain>,
}

/// Two actions: who has the first gives himself the second.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gain {
    /// On a container, such as a bucket.
    pub with: String,
    /// On what is in it.
    pub gained: String,
}

impl Lists {
    /// The lists that come with partywall.
    ///
    /// # Errors
    /// [`ReferenceError::Lists`], which a test rules out.
    pub fn built_in() -> Result<&'static Self, ReferenceError> {
        BUILT_IN.as_ref().map_err(|reason| ReferenceError::Lists { reason: reason.clone() })
    }

    /// Whether resources of a service, by its prefix in ARNs, can carry policies of their own.
    pub fn have_resource_policies(&self, service: &str) -> bool {
        self.resource_policies.services.iter().any(|known| known == service)
    }
}

#[cfg(test)]
mod tests {
    use super::Lists;
    use crate::reference::reference;

    #[test]
    fn every_entry_is_known_to_the_reference_and_has_a_source() {
        let (lists, reference) = (Lists::built_in().unwrap(), reference().unwrap());
        for name in lists.credentials.actions.iter().chain(lists.gained.pairs.iter().flat_map(|pair| [&pair.with, &pair.gained])) {
            assert!(reference.action(name).is_some(), "`{name}` is no action");
        }
        for service in &lists.resource_policies.services {
            assert!(reference.service(service).is_some(), "`{service}` is no service");
        }
        assert!(lists.resource_policies.services.is_sorted() && lists.as_of.date.is_some());
        for source in [&lists.resource_policies.source, &lists.credentials.source, &lists.gained.source] {
            assert!(!source.is_empty());
        }
    }
}
