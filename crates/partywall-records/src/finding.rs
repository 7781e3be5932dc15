use chrono::NaiveDate;
use partywall_model::Severity;
use serde::Serialize;

use crate::Place;

/// What a finding of the records is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingKind {
    /// An exception that expired or covers nothing.
    Exception,
    /// A duty that nobody is named for.
    Owner,
    /// A contract with a provider or vendor that ended or has no attestation.
    Party,
    /// An attestation that lapsed, is about to, or whose file is not the one that was recorded.
    Attestation,
    /// What a report expects of the customer, and that is not so.
    Expectation,
    /// A document or record that is overdue.
    Evidence,
    /// A plan or runbook that was not exercised in time.
    Exercise,
    /// Something in use that the scope does not name.
    Scope,
    /// A policy whose review is overdue, that staff have not acknowledged, or that says nothing.
    Policy,
    /// A training that too few completed.
    Training,
    /// A review that is overdue, or whose changes were not accepted yet.
    Review,
}

impl FindingKind {
    /// The word used in outputs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exception => "exception",
            Self::Owner => "owner",
            Self::Party => "party",
            Self::Attestation => "attestation",
            Self::Expectation => "expectation",
            Self::Evidence => "evidence",
            Self::Exercise => "exercise",
            Self::Scope => "scope",
            Self::Policy => "policy",
            Self::Training => "training",
            Self::Review => "review",
        }
    }
}

/// Something in the records that needs a person. Findings of checks are about resources; these are about promises and papers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecordFinding {
    /// What it is about.
    pub kind: FindingKind,
    /// How much it hurts.
    pub severity: Severity,
    /// The id of the exception, duty, attestation …
    pub subject: String,
    /// One line: what is wrong and what to do.
    pub message: String,
    /// Who answers for it, if somebody is named.
    pub owner: Option<String>,
    /// The day by which it is due or was.
    #[serde(serialize_with = "crate::serial::some_day")]
    pub due: Option<NaiveDate>,
    /// Where it is written.
    #[serde(skip)]
    pub place: Option<Place>,
}
