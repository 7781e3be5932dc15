//! Which of the duties of AWS and others are proven, over all places where they were met.

mod asking;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use partywall_catalog::{Catalog, Framework, Service};
use partywall_engine::{Provided, Tally};
use partywall_model::Party;
use partywall_records::{Attestation, ProofState, Records};
use partywall_report::Proof;

use self::asking::ask;
use crate::exit;

/// Proof of one duty over all places where AWS has it.
#[derive(Debug, Clone, Default)]
pub(crate) struct DutyProof {
    /// How many times it is proven how.
    pub(crate) counts: Proof,
    /// The first day on which one of the places is no longer attested.
    pub(crate) until: Option<NaiveDate>,
    /// The worst that was met, for `why`.
    worst: Option<ProofState>,
}

/// Proof of all duties that AWS has.
#[derive(Debug, Clone, Default)]
pub(crate) struct Proofs {
    /// By duty id.
    pub(crate) duties: BTreeMap<Arc<str>, DutyProof>,
    /// By service id and Region: whether every duty there is proven, else the worst with its reason.
    pub(crate) places: BTreeMap<(Arc<str>, Option<Arc<str>>), (ProofState, String)>,
}

/// What is said of a Region that nothing names: only documents without a limit on Regions speak of it.
const UNKNOWN_REGION: &str = "a Region that is not known";

/// Proofs by all documents, and for frameworks whose audits are shown by documents of their own: an attestation of compliance with PCI DSS
/// says nothing of SOC 2 criteria.
#[derive(Debug, Clone, Default)]
pub(crate) struct ProofSets {
    /// By any document.
    pub(crate) all: Proofs,
    /// Framework id → by documents of the series that name it.
    own: BTreeMap<Arc<str>, Proofs>,
}

/// A duty at a place, as often as it was met.
type Asked = (Provided, u64);

impl ProofSets {
    /// Over the duties that were met in sources.
    pub(crate) fn met(catalog: &Catalog, records: &Records, tally: &Tally, today: NaiveDate) -> Self {
        let met = tally.provided.iter().filter(|(provided, _)| provided.party == Party::Aws);
        let asked: Vec<Asked> = met
            .map(|(provided, times)| {
                let mut provided = provided.clone();
                if provided.service.is_some() && provided.region.is_none() {
                    provided.region = Some(Arc::from(UNKNOWN_REGION));
                }
                (provided, *times)
            })
            .collect();
        ask(catalog, records, &asked, today)
    }

    /// Without sources: over the services that the scope names, in the Regions that it names, or in one that is not known; of those duties that every service carries and those that
    /// the service's own file gives AWS.
    pub(crate) fn of_scope(catalog: &Catalog, records: &Records, today: NaiveDate) -> Self {
        let mut asked = Vec::new();
        for service in records.scope.services.iter().filter_map(|id| catalog.services.get(id)) {
            let regions = regions_of(catalog, records, service);
            let of_aws = |owner: &[partywall_catalog::OwnerRule]| owner.iter().any(|rule| rule.party == Party::Aws);
            for duty in catalog.duties.values() {
                let own = service.duties.iter().find(|own| own.id == duty.id);
                let carried = match own {
                    Some(own) if !own.owner.is_empty() => of_aws(&own.owner),
                    Some(_) => of_aws(&duty.owner),
                    None => duty.everywhere && of_aws(&duty.owner),
                };
                if carried {
                    for region in &regions {
                        let (party, service) = (Party::Aws, Some(service.id.clone()));
                        asked.push((Provided { party, duty: duty.id.clone(), service, region: region.clone() }, 1));
                    }
                }
            }
        }
        if records.scope.regions.is_empty() && records.attestations.iter().any(Attestation::is_limited_to_regions) {
            exit::note("no Region known: documents that are limited to some prove nothing here; write `regions` into scope.toml");
        }
        ask(catalog, records, &asked, today)
    }

    /// The proofs that count for a framework.
    pub(crate) fn of(&self, framework: &Framework) -> &Proofs {
        self.own.get(&framework.id).unwrap_or(&self.all)
    }
}

/// Where a service of the scope is used: what has global types alone is in no Region.
fn regions_of(catalog: &Catalog, records: &Records, service: &Service) -> Vec<Option<Arc<str>>> {
    let is_global = |name: &Arc<str>| catalog.resource_type(name).is_some_and(|known| known.global);
    if !service.types.is_empty() && service.types.iter().all(is_global) {
        return vec![None];
    }
    if records.scope.regions.is_empty() {
        return vec![Some(Arc::from(UNKNOWN_REGION))];
    }
    records.scope.regions.iter().cloned().map(Some).collect()
}

impl Proofs {
    /// The sum over some duties.
    pub(crate) fn sum<'d>(&self, duties: impl Iterator<Item = &'d str>) -> DutyProof {
        let mut sum = DutyProof::default();
        for proof in duties.filter_map(|duty| self.duties.get(duty)) {
            let counts = &proof.counts;
            sum.counts.attested += counts.attested;
            sum.counts.lapsed += counts.lapsed;
            sum.counts.out_of_scope += counts.out_of_scope;
            sum.counts.unproven += counts.unproven;
            sum.until = [sum.until, proof.until].into_iter().flatten().min();
            if proof.worst.is_some_and(|worst| sum.worst.is_none_or(|known| worst < known)) {
                sum.worst = proof.worst;
                sum.counts.why.clone_from(&counts.why);
            }
        }
        sum
    }

    /// The sum over all duties.
    pub(crate) fn total(&self) -> Proof {
        self.sum(self.duties.keys().map(|duty| &**duty)).counts
    }
}

impl DutyProof {
    /// `attested until 2027-03-31`, or how much of it is not, and why; `None` if nobody has such a duty here.
    pub(crate) fn line(&self) -> Option<String> {
        let counts = &self.counts;
        let all = counts.attested + counts.lapsed + counts.out_of_scope + counts.unproven;
        let why = counts.why.as_deref().unwrap_or_default();
        let worst = self.worst.unwrap_or(ProofState::Attested).as_str();
        match all {
            0 => None,
            _ if counts.attested == all => Some(match self.until {
                Some(until) => format!("attested until {until}"),
                None => "attested".to_owned(),
            }),
            _ if counts.attested == 0 => Some(format!("{worst}: {why}")),
            _ => Some(format!("attested for {} of {all} duties; {worst}: {why}", counts.attested)),
        }
    }
}

fn count(counts: &mut Proof, state: ProofState, times: u64) {
    match state {
        ProofState::Attested => counts.attested += times,
        ProofState::Lapsed => counts.lapsed += times,
        ProofState::OutOfScope => counts.out_of_scope += times,
        ProofState::Unproven => counts.unproven += times,
    }
}
