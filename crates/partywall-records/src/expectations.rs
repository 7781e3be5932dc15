//! `expectations.toml`: what a provider's report expects of the customer (CUEC), and what the customer's own report expects of a provider
//! (CSOC). Two lists, both bound to duties.

use std::collections::BTreeMap;
use std::sync::Arc;

use partywall_catalog::Catalog;
use partywall_model::Party;
use partywall_model::near::did_you_mean;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::text::Text;
use crate::{Place, RecordsError};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectationsFile {
    #[serde(default)]
    cuec: Vec<CuecEntry>,
    #[serde(default)]
    csoc: Vec<CsocEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CuecEntry {
    id: Spanned<String>,
    attestation: Spanned<String>,
    text: String,
    #[serde(default)]
    duties: Vec<Spanned<String>>,
    #[serde(default)]
    checks: Vec<Spanned<String>>,
    #[serde(default)]
    evidence: Vec<Spanned<String>>,
    #[serde(default)]
    requirements: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    response: String,
    #[serde(default)]
    owner: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CsocEntry {
    id: Spanned<String>,
    provider: Spanned<Party>,
    text: String,
    duties: Vec<Spanned<String>>,
    #[serde(default)]
    services: Vec<Spanned<String>>,
    #[serde(default)]
    requirements: BTreeMap<String, Vec<String>>,
}

/// A complementary user entity control: what a report expects of its reader.
#[derive(Debug, Clone, Serialize)]
pub struct Cuec {
    /// The report's id, or one's own.
    pub id: String,
    /// The attestation whose report says it.
    pub attestation: Arc<str>,
    /// What is expected, in own words where the report is confidential.
    pub text: String,
    /// The customer's duties behind it.
    pub duties: Vec<Arc<str>>,
    /// Checks that show it, as patterns.
    pub checks: Vec<String>,
    /// Manual evidence that shows it.
    pub evidence: Vec<Arc<str>>,
    /// Framework → requirements that it belongs to.
    pub requirements: BTreeMap<String, Vec<String>>,
    /// How the customer answers it, in its own words.
    pub response: String,
    /// Who answers.
    pub owner: String,
    /// Where it is written.
    #[serde(skip)]
    pub place: Place,
}

/// A complementary subservice organization control: what the customer's own report expects of a provider.
#[derive(Debug, Clone, Serialize)]
pub struct Csoc {
    /// One's own id.
    pub id: String,
    /// Who is expected to do it.
    pub provider: Party,
    /// What is expected.
    pub text: String,
    /// The provider's duties behind it.
    pub duties: Vec<Arc<str>>,
    /// The services that it is about; empty: all in use.
    pub services: Vec<Arc<str>>,
    /// Framework → requirements that it belongs to.
    pub requirements: BTreeMap<String, Vec<String>>,
    /// Where it is written.
    #[serde(skip)]
    pub place: Place,
}

/// Both lists.
#[derive(Debug, Clone, Default)]
pub struct Expectations {
    /// What reports expect of the customer.
    pub cuecs: Vec<Cuec>,
    /// What the customer's report expects of providers.
    pub csocs: Vec<Csoc>,
}

impl Expectations {
    pub(crate) fn read<'a>(
        catalog: &Catalog,
        attestations: impl Iterator<Item = &'a str> + Clone,
        file: &Text,
    ) -> Result<Self, RecordsError> {
        let parsed = file.parse::<ExpectationsFile>()?;
        let mut lists = Self::default();
        let requirements =
            |ids: BTreeMap<String, Vec<String>>, id: &Spanned<String>| -> Result<BTreeMap<String, Vec<String>>, RecordsError> {
                for (framework, ids) in &ids {
                    let Some(known) = catalog.framework(framework) else {
                        let near = did_you_mean(framework, catalog.frameworks.keys().map(|id| &**id));
                        return Err(file.error(&id.span(), &format!("there is no framework `{framework}`{near}")));
                    };
                    if let Some(missing) = ids.iter().find(|id| !known.requirements.iter().any(|requirement| *requirement.id == ***id)) {
                        return Err(file.error(&id.span(), &format!("`{}` has no requirement `{missing}`", known.id)));
                    }
                }
                Ok(ids)
            };
        for entry in parsed.cuec {
            if lists.cuecs.iter().any(|known| known.id == *entry.id.get_ref()) {
                return Err(file.error(&entry.id.span(), &format!("`{}` is the id of an earlier expectation", entry.id.get_ref())));
            }
            for pattern in &entry.checks {
                if catalog.checks_of(pattern.get_ref()).next().is_none() {
                    let near = did_you_mean(pattern.get_ref(), catalog.checks.keys().chain(catalog.duties.keys()).map(|id| &**id));
                    return Err(file.error(&pattern.span(), &format!("`{}` names no check{near}", pattern.get_ref())));
                }
            }
            lists.cuecs.push(Cuec {
                attestation: file.known(&entry.attestation, "attestation", attestations.clone())?,
                duties: file.known_duties(catalog, &entry.duties)?,
                evidence: file.known_evidence(catalog, &entry.evidence)?,
                requirements: requirements(entry.requirements, &entry.id)?,
                place: file.place(&entry.id.span()),
                checks: entry.checks.into_iter().map(Spanned::into_inner).collect(),
                id: entry.id.into_inner(),
                text: entry.text,
                response: entry.response,
                owner: entry.owner,
            });
        }
        for entry in parsed.csoc {
            if lists.csocs.iter().any(|known| known.id == *entry.id.get_ref()) {
                return Err(file.error(&entry.id.span(), &format!("`{}` is the id of an earlier expectation", entry.id.get_ref())));
            }
            let services = || catalog.services.keys().map(|id| &**id);
            lists.csocs.push(Csoc {
                provider: entry.provider.get_ref().clone(),
                duties: file.known_duties(catalog, &entry.duties)?,
                services: entry.services.iter().map(|id| file.known(id, "service", services())).collect::<Result<_, _>>()?,
                requirements: requirements(entry.requirements, &entry.id)?,
                place: file.place(&entry.id.span()),
                id: entry.id.into_inner(),
                text: entry.text,
            });
        }
        Ok(lists)
    }
}
