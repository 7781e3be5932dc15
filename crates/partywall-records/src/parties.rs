//! `parties.toml`: providers and vendors, their contracts, and the duties that they take over.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;
use partywall_catalog::Catalog;
use partywall_model::near::did_you_mean;
use partywall_model::{Party, Resource, Severity};
use serde::Deserialize;
use toml::Spanned;

use crate::text::{Text, covers_duty};
use crate::{FindingKind, Place, RecordFinding, RecordsError, has_tag};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PartiesFile {
    #[serde(default)]
    party: Vec<PartyEntry>,
    #[serde(default)]
    takes: Vec<TakesEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PartyEntry {
    id: Spanned<Party>,
    title: String,
    #[serde(default)]
    contract: String,
    #[serde(default)]
    contract_until: Option<Spanned<toml::value::Datetime>>,
    #[serde(default)]
    contact: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TakesEntry {
    party: Spanned<Party>,
    duties: Vec<Spanned<String>>,
    #[serde(default)]
    accounts: Vec<String>,
    #[serde(default)]
    types: Vec<Spanned<String>>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

/// Somebody other than AWS and the customer who has a part in the wall.
#[derive(Debug, Clone)]
pub struct ThirdParty {
    /// `msp:<id>` or `vendor:<id>`.
    pub id: Party,
    /// For people.
    pub title: String,
    /// Where it is written what they do.
    pub contract: String,
    /// The last day of the contract; `None`: no end.
    pub contract_until: Option<NaiveDate>,
    /// How they are reached.
    pub contact: String,
    /// Where it is written.
    pub place: Place,
}

/// Duties that a party takes over from the customer.
#[derive(Debug, Clone)]
pub struct Takes {
    /// Who.
    pub party: Party,
    /// Duty ids, or `layer.*`.
    pub duties: Vec<Arc<str>>,
    /// Where; empty: everywhere.
    pub accounts: Vec<String>,
    /// Of which types; empty: of all.
    pub types: Vec<String>,
    /// Tags that the resource must have.
    pub tags: BTreeMap<String, String>,
}

/// Providers and vendors.
#[derive(Debug, Clone, Default)]
pub struct Parties {
    /// In the file's order.
    pub all: Vec<ThirdParty>,
    /// In the file's order; the first that matches holds.
    pub takes: Vec<Takes>,
}

impl Parties {
    pub(crate) fn read(catalog: &Catalog, file: &Text) -> Result<Self, RecordsError> {
        let parsed = file.parse::<PartiesFile>()?;
        let mut parties = Self::default();
        let mut ids = BTreeSet::new();
        for entry in parsed.party {
            let span = entry.id.span();
            let id = entry.id.into_inner();
            if matches!(id, Party::Aws | Party::Customer) {
                return Err(file.error(&span, &format!("`{id}` is always there; list only msp:<id> and vendor:<id>")));
            }
            if !ids.insert(id.clone()) {
                return Err(file.error(&span, &format!("`{id}` is listed twice")));
            }
            parties.all.push(ThirdParty {
                contract_until: file.some_day(entry.contract_until.as_ref())?,
                id,
                title: entry.title,
                contract: entry.contract,
                contact: entry.contact,
                place: file.place(&span),
            });
        }
        for entry in parsed.takes {
            let party = entry.party.get_ref();
            if !ids.contains(party) {
                return Err(file.error(&entry.party.span(), &format!("`{party}` takes duties but is not listed as a party; add [[party]]")));
            }
            for name in &entry.types {
                if catalog.resource_type(name.get_ref()).is_none() {
                    let near = did_you_mean(name.get_ref(), catalog.registry().names().chain(catalog.types.keys().map(|name| &**name)));
                    return Err(file.error(&name.span(), &format!("nobody knows the type `{}`{near}", name.get_ref())));
                }
            }
            parties.takes.push(Takes {
                duties: file.known_duties(catalog, &entry.duties)?,
                party: entry.party.into_inner(),
                accounts: entry.accounts,
                types: entry.types.into_iter().map(Spanned::into_inner).collect(),
                tags: entry.tags,
            });
        }
        Ok(parties)
    }

    /// The ids of all of them.
    pub fn ids(&self) -> BTreeSet<Party> {
        self.all.iter().map(|party| party.id.clone()).collect()
    }

    /// The party that takes over a customer duty of a resource.
    pub fn taking(&self, resource: &Resource, duty: &str) -> Option<&Party> {
        let takes = self.takes.iter().find(|takes| {
            takes.duties.iter().any(|pattern| covers_duty(pattern, duty))
                && (takes.accounts.is_empty() || takes.accounts.iter().any(|account| resource.account.as_deref() == Some(account)))
                && (takes.types.is_empty() || takes.types.iter().any(|name| **name == *resource.resource_type))
                && takes.tags.iter().all(|(key, value)| has_tag(resource, key, value))
        })?;
        Some(&takes.party)
    }

    /// Contracts that ended, and parties with duties but without a contract on file.
    pub(crate) fn findings(&self, today: NaiveDate, found: &mut Vec<RecordFinding>) {
        for party in &self.all {
            let takes = self.takes.iter().any(|takes| takes.party == party.id);
            let (severity, message, due) = match party.contract_until {
                Some(until) if until < today => (
                    Severity::High,
                    format!("the contract with {} ended on {until}; renew it or take the duties back", party.title),
                    Some(until),
                ),
                _ if party.contract.is_empty() && takes => {
                    (Severity::Medium, format!("{} takes duties over, and no contract is named; add contract", party.title), None)
                }
                _ => continue,
            };
            found.push(RecordFinding {
                kind: FindingKind::Party,
                severity,
                subject: party.id.to_string(),
                message,
                owner: None,
                due,
                place: Some(party.place.clone()),
            });
        }
    }
}
