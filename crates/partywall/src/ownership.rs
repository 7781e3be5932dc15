//! Who answers for what was met: duties per owner, and those that nobody is named for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use partywall_catalog::{Catalog, Duty, Per, Service};
use partywall_model::{CheckResult, FindingId, Party, Resource, Severity};
use partywall_records::{FindingKind, Owner, Owners, RecordFinding, Records, Subject, tag};
use partywall_report::{Ledger, OwnerLine, counted};
use partywall_table::TypeBatch;

/// Says who answers for a result: for its duty, on its resource.
#[derive(Debug)]
pub(crate) struct OwnerLedger {
    owners: Owners,
    duties: BTreeMap<Arc<str>, Arc<str>>,
}

impl OwnerLedger {
    /// Of these records.
    pub(crate) fn new(catalog: &Catalog, records: &Records) -> Self {
        let duties = catalog.checks.values().map(|check| (check.id.clone(), check.duty.clone())).collect();
        Self { owners: records.owners.clone(), duties }
    }
}

impl Ledger for OwnerLedger {
    fn owner(&self, result: &CheckResult) -> Option<Arc<str>> {
        if !self.owners.present {
            return None;
        }
        let tags = result.resource.as_deref().map(|resource| tags(&self.owners, resource));
        let subject = Subject {
            account: result.account.as_deref(),
            resource_type: Some(&result.resource_type),
            tags: tags.as_ref().map(|tags| tags as &dyn partywall_records::Tags),
            duty: self.duties.get(&result.check)?,
        };
        self.owners.of(subject)?.first().map(|owner| Arc::from(owner.to_string()))
    }

    fn first_seen(&self, _id: FindingId) -> Option<chrono::DateTime<chrono::Utc>> {
        None
    }
}

/// The tags of a resource that the owners file looks at.
fn tags(owners: &Owners, resource: &Resource) -> BTreeMap<String, String> {
    owners.tag_keys().into_iter().filter_map(|key| Some((key.to_owned(), tag(resource, key)?.to_owned()))).collect()
}

/// Resources that no line of the owners file can tell apart.
type Group = (Arc<str>, Option<Arc<str>>, BTreeMap<String, String>);

/// Counts resources while they stream by; owners are looked up once per group, not once per resource.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    groups: BTreeMap<Group, u64>,
}

/// What the owners file says of everything that was met.
#[derive(Debug, Default)]
pub(crate) struct Owned {
    /// Duties per owner, most first, those of nobody last.
    pub(crate) lines: Vec<OwnerLine>,
    /// Duties that nobody is named for, and teams that answer for nothing.
    pub(crate) findings: Vec<RecordFinding>,
}

impl Watch {
    /// Takes the resources of a batch.
    pub(crate) fn look(&mut self, records: &Records, batch: &TypeBatch) {
        if !records.owners.present {
            return;
        }
        for row in &batch.rows {
            let group = (batch.resource_type.name.clone(), row.account.clone(), tags(&records.owners, row));
            *self.groups.entry(group).or_default() += 1;
        }
    }

    /// Counts the duties that may fall to the customer, per owner. What is counted once per service or account is counted so here too.
    pub(crate) fn owned(&self, catalog: &Catalog, records: &Records) -> Owned {
        if !records.owners.present {
            return Owned::default();
        }
        let mut counts: BTreeMap<Option<Owner>, u64> = BTreeMap::new();
        let mut nobody: BTreeMap<&Arc<str>, (u64, BTreeSet<String>)> = BTreeMap::new();
        let mut once: BTreeSet<(Arc<str>, Arc<str>, Option<Arc<str>>)> = BTreeSet::new();
        for ((resource_type, account, tags), resources) in &self.groups {
            let Some(service) = catalog.service_of(resource_type) else { continue };
            for duty in duties_of(catalog, service, resource_type) {
                let times = match duty.per {
                    Per::Resource => *resources,
                    Per::Service if once.insert((duty.id.clone(), service.id.clone(), account.clone())) => 1,
                    Per::Account if once.insert((duty.id.clone(), Arc::default(), account.clone())) => 1,
                    Per::Service | Per::Account => continue,
                };
                let subject = Subject { account: account.as_deref(), resource_type: Some(resource_type), tags: Some(tags), duty: &duty.id };
                let owner = records.owners.of(subject).and_then(<[Owner]>::first).cloned();
                if owner.is_none() {
                    let place =
                        account.as_deref().map_or_else(|| service.title.to_string(), |account| format!("{} in {account}", service.title));
                    let known = nobody.entry(&duty.id).or_default();
                    known.0 += times;
                    known.1.insert(place);
                }
                *counts.entry(owner).or_default() += times;
            }
        }
        let mut lines: Vec<OwnerLine> = counts
            .into_iter()
            .map(|(owner, duties)| OwnerLine {
                owner: owner.as_ref().map(ToString::to_string),
                contact: contact(records, owner.as_ref()),
                duties,
                failing: 0,
            })
            .collect();
        lines.sort_by(|a, b| a.owner.is_none().cmp(&b.owner.is_none()).then_with(|| b.duties.cmp(&a.duties)));
        Owned { lines, findings: findings(catalog, records, &nobody) }
    }
}

fn contact(records: &Records, owner: Option<&Owner>) -> Option<String> {
    match owner? {
        Owner::Team(id) => records.owners.teams.get(id).map(|team| team.contact.clone()),
        Owner::Party(party) => records.parties.all.iter().find(|known| known.id == *party).map(|known| known.contact.clone()),
    }
    .filter(|contact| !contact.is_empty())
}

/// The duties of a type that may fall to the customer.
pub(crate) fn duties_of<'a>(catalog: &'a Catalog, service: &'a Service, resource_type: &'a str) -> impl Iterator<Item = &'a Arc<Duty>> {
    let modes = move || service.modes.iter().filter(move |mode| mode.resource.as_deref() == Some(resource_type));
    catalog.duties.values().filter(move |duty| {
        let own = service.duties.iter().filter(|own| own.id == duty.id);
        let mut carried = own.filter(|own| {
            own.types.iter().any(|name| **name == *resource_type)
                || own.types.is_empty() && modes().any(|mode| own.modes.is_empty() || own.modes.contains(&mode.id))
        });
        let may_be = |rules: &[partywall_catalog::OwnerRule]| rules.iter().any(|rule| rule.party != Party::Aws);
        match carried.next() {
            Some(own) => may_be(if own.owner.is_empty() { &duty.owner } else { &own.owner }),
            None => duty.everywhere && may_be(&duty.owner),
        }
    })
}

fn findings(catalog: &Catalog, records: &Records, nobody: &BTreeMap<&Arc<str>, (u64, BTreeSet<String>)>) -> Vec<RecordFinding> {
    /// Places that a line names; the count has all of them.
    const PLACES: usize = 3;
    let mut found = Vec::new();
    for (duty, (times, places)) in nobody {
        let title = catalog.duties.get(*duty).map_or("", |duty| &duty.title);
        let mut named: Vec<&str> = places.iter().take(PLACES).map(String::as_str).collect();
        if places.len() > PLACES {
            named.push("…");
        }
        found.push(RecordFinding {
            kind: FindingKind::Owner,
            severity: Severity::Medium,
            subject: duty.to_string(),
            message: format!("nobody is named to {title}: {} ({})", counted(*times, "duty", "duties"), named.join(", ")),
            owner: None,
            due: None,
            place: None,
        });
    }
    for team in records.owners.idle_teams() {
        found.push(RecordFinding {
            kind: FindingKind::Owner,
            severity: Severity::Low,
            subject: team.id.clone(),
            message: format!("no line of the owners file names the team `{}`; give it duties or delete it", team.id),
            owner: Some(team.id.clone()),
            due: None,
            place: None,
        });
    }
    found
}
