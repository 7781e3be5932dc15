//! Asks the documents on file of each duty at each place. Many duties are met at few places, and most documents say the same of all duties
//! at one: a place is asked once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;
use partywall_catalog::Catalog;
use partywall_engine::Provided;
use partywall_model::Party;
use partywall_records::{OnFile, Proof, ProofState, Records};

use super::{Asked, ProofSets, Proofs, count};
use crate::sight::in_region;

/// Service and Region.
type Place<'a> = (Option<&'a str>, Option<&'a str>);

/// The documents on file: all, and those that count for each framework whose audits are shown by documents of their own.
struct Documents<'a> {
    records: &'a Records,
    today: NaiveDate,
    /// Framework id and positions of its documents.
    own: Vec<(Arc<str>, Vec<usize>)>,
    /// What was asked already: of all documents, then of those of each framework in turn.
    known: BTreeMap<Place<'a>, Vec<OnFile<'a>>>,
}

impl<'a> Documents<'a> {
    fn new(catalog: &Catalog, records: &'a Records, today: NaiveDate) -> Self {
        let named = catalog.series.values().filter(|series| series.proves_duties).flat_map(|series| &series.frameworks);
        let frameworks: BTreeSet<Arc<str>> = named.filter_map(|id| catalog.framework(id)).map(|framework| framework.id.clone()).collect();
        let positions = |id: &str| {
            let documents = records.attestations.iter().enumerate();
            documents.filter(|(_, one)| one.series.frameworks.iter().any(|name| &**name == id)).map(|(at, _)| at).collect()
        };
        let own = frameworks.into_iter().map(|id| (id.clone(), positions(&id))).collect();
        Self { records, today, own, known: BTreeMap::new() }
    }

    /// Proofs of a duty that AWS has: by all documents, then by those of each framework in turn.
    fn proofs(&mut self, duty: &str, (service, region): Place<'a>) -> Vec<Proof<'a>> {
        let sets = self.known.entry((service, region)).or_insert_with(|| {
            let all = OnFile::new(&self.records.attestations, &Party::Aws, service, region, self.today);
            let own: Vec<OnFile<'a>> = self.own.iter().map(|(_, positions)| all.among(positions)).collect();
            std::iter::once(all).chain(own).collect()
        });
        let mut proofs: Vec<Proof<'a>> = sets.iter().map(|set| set.proof(duty)).collect();
        // What any auditor found wanting counts against the duty, whatever else is asked for.
        if let Some(any) = proofs.first().copied().filter(|any| any.state == ProofState::Unproven && any.by.is_some()) {
            proofs.fill(any);
        }
        proofs
    }
}

/// The proofs of duties at places where they were met.
pub(super) fn ask(catalog: &Catalog, records: &Records, asked: &[Asked], today: NaiveDate) -> ProofSets {
    let mut documents = Documents::new(catalog, records, today);
    let mut sets = vec![Proofs::default(); documents.own.len() + 1];
    let services: BTreeSet<&str> = asked.iter().filter_map(|(provided, _)| provided.service.as_deref()).collect();
    for (provided, times) in asked {
        let region = in_region(provided.region.as_ref()).map(|region| &**region);
        // What the organization does once is proven where it is for every service in use.
        let places: Vec<Option<&str>> = match provided.service.as_deref() {
            Some(service) => vec![Some(service)],
            None if services.is_empty() => vec![None],
            None => services.iter().copied().map(Some).collect(),
        };
        let told: Vec<_> = places.iter().map(|service| (*service, documents.proofs(&provided.duty, (*service, region)))).collect();
        for (at, proofs) in sets.iter_mut().enumerate() {
            let of_set = told.iter().filter_map(|(service, told)| Some((*service, told.get(at)?)));
            if let Some((service, proof)) = of_set.min_by_key(|(_, proof)| proof.state) {
                proofs.add(provided, *times, (service, region), proof);
            }
        }
    }
    let mut sets = sets.into_iter();
    let all = sets.next().unwrap_or_default();
    ProofSets { all, own: documents.own.into_iter().map(|(id, _)| id).zip(sets).collect() }
}

impl Proofs {
    /// Counts what was found at the worst of the places where a duty was met.
    fn add(&mut self, provided: &Provided, times: u64, (service, region): Place<'_>, proof: &Proof<'_>) {
        let state = proof.state;
        let why = || proof.why(&provided.party, service, region);
        let duty = self.duties.entry(provided.duty.clone()).or_default();
        count(&mut duty.counts, state, times);
        if state == ProofState::Attested {
            duty.until = [duty.until, proof.until].into_iter().flatten().min();
        } else if duty.worst.is_none_or(|worst| state < worst) {
            duty.worst = Some(state);
            duty.counts.why = Some(why());
        }
        if let Some(service) = &provided.service {
            let place = self.places.entry((service.clone(), region.map(Arc::from)));
            let known = place.or_insert_with(|| (state, why()));
            if state < known.0 {
                *known = (state, why());
            }
        }
    }
}
