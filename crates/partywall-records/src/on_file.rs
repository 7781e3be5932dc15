//! What the documents on file say of a provider's duties at one place. Most say the same of every duty there, so they are asked once.

use std::cmp::Reverse;

use chrono::NaiveDate;
use partywall_model::Party;

use crate::Attestation;
use crate::proof::Proof;

/// Documents of a provider at a service and Region on a day. Without a service or a Region the question is about the provider as a whole.
#[derive(Debug, Clone)]
pub struct OnFile<'a> {
    service: Option<&'a str>,
    day: NaiveDate,
    /// One per document, in the documents' order; `None`: it says nothing of this provider.
    said: Vec<Option<Proof<'a>>>,
    /// The best of those that say the same of every duty, with its position.
    best: Option<(usize, Proof<'a>)>,
    /// Positions of those that say the same of every duty and found them wanting.
    against: Vec<usize>,
    /// Positions of those that leave out or found wanting some duties.
    particular: Vec<usize>,
}

impl<'a> OnFile<'a> {
    /// Asks every document.
    pub fn new(documents: &'a [Attestation], party: &Party, service: Option<&'a str>, region: Option<&str>, day: NaiveDate) -> Self {
        Self::of(service, day, documents.iter().map(|document| document.at_place(party, service, region, day)).collect())
    }

    /// The same of some of the documents, by their positions in the order that they were given in.
    #[must_use]
    pub fn among(&self, positions: &[usize]) -> Self {
        Self::of(self.service, self.day, positions.iter().map(|at| self.said.get(*at).copied().flatten()).collect())
    }

    fn of(service: Option<&'a str>, day: NaiveDate, said: Vec<Option<Proof<'a>>>) -> Self {
        let (mut best, mut against, mut particular) = (None::<(usize, Proof<'a>)>, Vec::new(), Vec::new());
        for (at, proof) in said.iter().enumerate() {
            let Some(proof) = *proof else { continue };
            if proof.has_exceptions() {
                particular.push(at);
                continue;
            }
            if proof.is_against(day) {
                against.push(at);
            }
            if best.is_none_or(|(_, best)| proof.rank() > best.rank()) {
                best = Some((at, proof));
            }
        }
        Self { service, day, said, best, against, particular }
    }

    /// The best proof of a duty.
    pub fn proof(&self, duty: &str) -> Proof<'a> {
        let at_duty = |at: usize| self.said.get(at).copied().flatten().map(|proof| proof.at_duty(duty, self.service));
        let own: Vec<(usize, Proof<'a>)> = self.particular.iter().filter_map(|at| Some((*at, at_duty(*at)?))).collect();
        let wanting = own.iter().filter(|(_, proof)| proof.is_against(self.day)).map(|(at, _)| *at).chain(self.against.iter().copied());
        let is_followed = |proof: &Proof<'a>| (0..self.said.len()).filter_map(at_duty).any(|other| proof.is_followed_by(&other));
        let first = wanting.filter(|at| at_duty(*at).is_some_and(|proof| !is_followed(&proof))).min();
        if let Some(proof) = first.and_then(at_duty) {
            return proof;
        }
        let best = own.into_iter().chain(self.best).max_by_key(|(at, proof)| (proof.rank(), Reverse(*at)));
        best.map_or_else(Proof::nothing, |(_, proof)| proof)
    }
}
