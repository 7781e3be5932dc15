use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use partywall_model::{Party, Status};

/// How many duties stand where, for one layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DutyCounts {
    /// Owned by AWS.
    pub aws: u64,
    /// Owned by the customer, a provider or a vendor.
    pub customer: u64,
    /// Owner undetermined.
    pub undetermined: u64,
    /// Not AWS's, and every check of it passes.
    pub met: u64,
    /// Not AWS's, and a check of it fails.
    pub fail: u64,
    /// Not AWS's, and a fact could not be read.
    pub unseen: u64,
    /// Not AWS's, and no check speaks of it.
    pub no_evidence: u64,
}

impl DutyCounts {
    pub(crate) fn add(&mut self, owner: Option<&Party>, evidence: Option<Status>, times: u64) {
        match owner {
            Some(Party::Aws) => self.aws += times,
            Some(_) => self.customer += times,
            None => self.undetermined += times,
        }
        if owner == Some(&Party::Aws) || owner.is_none() {
            return;
        }
        match evidence {
            Some(Status::Fail) => self.fail += times,
            Some(Status::Unknown) => self.unseen += times,
            Some(Status::Pass) => self.met += times,
            Some(Status::NotApplicable) | None => self.no_evidence += times,
        }
    }
}

/// How many results of a check gave which answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StatusCounts {
    /// Passed.
    pub pass: u64,
    /// Failed.
    pub fail: u64,
    /// Unknown, blind ones included.
    pub unknown: u64,
    /// Unknown only because this kind of source can never show the facts.
    pub blind: u64,
    /// Did not apply.
    pub not_applicable: u64,
    /// Failed and covered by an exception that holds.
    pub excepted: u64,
}

impl StatusCounts {
    pub(crate) fn add(&mut self, other: Self) {
        self.pass += other.pass;
        self.fail += other.fail;
        self.unknown += other.unknown;
        self.blind += other.blind;
        self.not_applicable += other.not_applicable;
        self.excepted += other.excepted;
    }
}

/// How a service is used in one mode, over all resources: which parties own duties in which layer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ModeUse {
    /// For people.
    pub title: Arc<str>,
    /// Resources in this mode.
    pub resources: u64,
    /// Duty id → owners met; `None` is undetermined.
    pub owners: BTreeMap<Arc<str>, BTreeSet<Option<Party>>>,
}

/// Sums over all results, made while they stream by.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// By check id.
    pub checks: BTreeMap<Arc<str>, StatusCounts>,
    /// By layer id.
    pub layers: BTreeMap<Arc<str>, DutyCounts>,
    /// By service and mode id.
    pub modes: BTreeMap<(Arc<str>, Arc<str>), ModeUse>,
    /// Duties of everybody but the customer, by whose they are, where they are: what attestations have to prove.
    pub provided: BTreeMap<Provided, u64>,
    pub(crate) once: BTreeMap<OnceKey, (Option<Party>, Option<Status>)>,
}

/// A duty that AWS, a provider or a vendor owns.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Provided {
    /// Who owns it.
    pub party: Party,
    /// Duty id.
    pub duty: Arc<str>,
    /// Service id; `None` for duties that are counted once per account.
    pub service: Option<Arc<str>>,
    /// Region; `None` where there is none.
    pub region: Option<Arc<str>>,
}

/// A duty that is counted once per service and place, or once per account: layer, duty, service, account, region.
pub(crate) type OnceKey = (Arc<str>, Arc<str>, Option<Arc<str>>, Option<Arc<str>>, Option<Arc<str>>);

impl Tally {
    /// Counts the duties that are counted once, after the last row.
    pub(crate) fn settle(&mut self) {
        for ((layer, duty, service, _, region), (owner, evidence)) in std::mem::take(&mut self.once) {
            self.layers.entry(layer).or_default().add(owner.as_ref(), evidence, 1);
            self.provide(owner.as_ref(), &duty, service.as_ref(), region.as_ref(), 1);
        }
    }

    /// Counts a duty for whoever provides it; the customer's own are not provided.
    pub(crate) fn provide(
        &mut self,
        owner: Option<&Party>,
        duty: &Arc<str>,
        service: Option<&Arc<str>>,
        region: Option<&Arc<str>>,
        times: u64,
    ) {
        let Some(party) = owner.filter(|party| **party != Party::Customer) else { return };
        let key = Provided { party: party.clone(), duty: duty.clone(), service: service.cloned(), region: region.cloned() };
        *self.provided.entry(key).or_default() += times;
    }

    /// Sum over all checks.
    pub fn total(&self) -> StatusCounts {
        let mut sum = StatusCounts::default();
        self.checks.values().for_each(|counts| sum.add(*counts));
        sum
    }
}

/// The worse of two answers for a duty: fail, then unknown, then pass, then not applicable.
#[expect(clippy::unnecessary_wraps, reason = "a fold step: takes and gives the same slot")]
pub(crate) fn worse(a: Option<Status>, b: Status) -> Option<Status> {
    let rank = |status: Status| match status {
        Status::Fail => 3,
        Status::Unknown => 2,
        Status::Pass => 1,
        Status::NotApplicable => 0,
    };
    match a {
        Some(a) if rank(a) >= rank(b) => Some(a),
        _ => Some(b),
    }
}
