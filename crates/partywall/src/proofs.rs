//! Which of the duties of AWS and others are proven, over all places where they were met.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use partywall_catalog::Catalog;
use partywall_engine::{Provided, Tally};
use partywall_model::Party;
use partywall_records::{ProofState, Records};
use partywall_report::Proof;

use crate::sight::in_region;

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

impl Proofs {
    /// Over the duties that were met in sources.
    pub(crate) fn met(records: &Records, tally: &Tally, today: NaiveDate) -> Self {
        let met = tally.provided.iter().filter(|(provided, _)| provided.party == Party::Aws);
        Self::over(records, met.map(|(provided, times)| (provided, *times)), today)
    }

    /// Without sources: over the services that the scope names, in no Region; of those duties that every service carries and those that
    /// the service's own file gives AWS.
    pub(crate) fn of_scope(catalog: &Catalog, records: &Records, today: NaiveDate) -> Self {
        let mut provided = Vec::new();
        for service in records.scope.services.iter().filter_map(|id| catalog.services.get(id)) {
            let of_aws = |owner: &[partywall_catalog::OwnerRule]| owner.iter().any(|rule| rule.party == Party::Aws);
            for duty in catalog.duties.values() {
                let own = service.duties.iter().find(|own| own.id == duty.id);
                let carried = match own {
                    Some(own) if !own.owner.is_empty() => of_aws(&own.owner),
                    Some(_) => of_aws(&duty.owner),
                    None => duty.everywhere && of_aws(&duty.owner),
                };
                if carried {
                    provided.push(Provided { party: Party::Aws, duty: duty.id.clone(), service: Some(service.id.clone()), region: None });
                }
            }
        }
        Self::over(records, provided.iter().map(|provided| (provided, 1)), today)
    }

    fn over<'p>(records: &Records, provided: impl Iterator<Item = (&'p Provided, u64)>, today: NaiveDate) -> Self {
        let mut proofs = Self::default();
        for (provided, times) in provided {
            let (service, region) = (provided.service.as_deref(), in_region(provided.region.as_ref()));
            let proof = records.proof(&provided.party, &provided.duty, service, region.as_deref(), today);
            let why = || proof.why(&provided.party, service, region.as_deref());
            let duty = proofs.duties.entry(provided.duty.clone()).or_default();
            count(&mut duty.counts, proof.state, times);
            if proof.state == ProofState::Attested {
                duty.until = [duty.until, proof.until].into_iter().flatten().min();
            } else if duty.worst.is_none_or(|worst| proof.state < worst) {
                duty.worst = Some(proof.state);
                duty.counts.why = Some(why());
            }
            if let Some(service) = &provided.service {
                let place = proofs.places.entry((service.clone(), region.clone()));
                let known = place.or_insert_with(|| (proof.state, why()));
                if proof.state < known.0 {
                    *known = (proof.state, why());
                }
            }
        }
        proofs
    }

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
