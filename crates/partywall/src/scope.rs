//! What is in use beside what the scope says.

use std::collections::BTreeSet;

use partywall_catalog::Catalog;
use partywall_model::Severity;
use partywall_records::{FindingKind, RecordFinding, Records};

use crate::run::Outcome;

/// Accounts and services that were met and that the scope does not name. Without a scope nothing is expected.
pub(crate) fn findings(catalog: &Catalog, records: &Records, outcome: &Outcome) -> Vec<RecordFinding> {
    let scope = &records.scope;
    let mut found = Vec::new();
    let mut add = |subject: &str, message: String| {
        found.push(RecordFinding {
            kind: FindingKind::Scope,
            severity: Severity::Medium,
            subject: subject.to_owned(),
            message,
            owner: None,
            due: None,
            place: scope.place.clone(),
        });
    };
    if !scope.accounts.is_empty() {
        for account in outcome.collected.accounts.iter().filter(|id| !scope.accounts.iter().any(|known| known.id == ***id)) {
            add(account, format!("account {account} was read, and the scope does not name it; add [[account]]"));
        }
    }
    if !scope.services.is_empty() {
        let met: BTreeSet<_> = outcome.tally.modes.keys().map(|(service, _)| service).collect();
        for service in met.into_iter().filter(|id| !scope.services.contains(id)) {
            let title = catalog.services.get(service).map_or(&**service, |service| &service.title);
            add(service, format!("{title} is in use, and the scope does not name it; add `{service}` to services, or stop using it"));
        }
    }
    found
}
