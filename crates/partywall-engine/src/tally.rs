use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use partywall_model::{Cause, CauseKind, CheckResult, Party, Status};

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
    /// By reason: how many unknown results, blind ones left out, and the IAM action that is missing.
    pub not_seen: BTreeMap<String, (u64, Option<String>)>,
    pub(crate) once: BTreeMap<OnceKey, (Option<Party>, Option<Status>)>,
    /// The reason counted last and its words: neighbours mostly have the same.
    last_unseen: Option<(Arc<Cause>, Place, String)>,
}

type Place = (Option<Arc<str>>, Option<Arc<str>>);

/// A duty that is counted once per service and place, or once per account: layer, duty, service, account, region.
pub(crate) type OnceKey = (Arc<str>, Arc<str>, Option<Arc<str>>, Option<Arc<str>>, Option<Arc<str>>);

impl Tally {
    /// Counts an unknown result by its first reason that a better reading would mend.
    pub(crate) fn count_unseen(&mut self, result: &CheckResult) {
        let Some(because) = result.unknown_because.iter().find(|because| because.cause.kind != CauseKind::NotInSource) else { return };
        let place = (result.account.clone(), result.region.clone());
        if let Some((cause, known, words)) = &self.last_unseen
            && Arc::ptr_eq(cause, &because.cause)
            && *known == place
            && let Some((count, _)) = self.not_seen.get_mut(words)
        {
            *count += 1;
            return;
        }
        let words = match &place {
            (Some(account), Some(region)) => format!("{} (account {account}, {region})", because.cause),
            (Some(account), None) => format!("{} (account {account})", because.cause),
            _ => because.cause.to_string(),
        };
        self.not_seen.entry(words.clone()).or_insert((0, because.cause.iam_action.clone())).0 += 1;
        self.last_unseen = Some((because.cause.clone(), place, words));
    }

    /// Counts the duties that are counted once, after the last row.
    pub(crate) fn settle(&mut self) {
        for ((layer, ..), (owner, evidence)) in std::mem::take(&mut self.once) {
            self.layers.entry(layer).or_default().add(owner.as_ref(), evidence, 1);
        }
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
