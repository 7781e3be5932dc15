use std::sync::Arc;

use serde::Deserialize;

use crate::Position;

/// What an attestation is: that decides what its dates mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttestationKind {
    /// Speaks of a period that has passed: SOC 1 and SOC 2 type 2, C5 type 2.
    PeriodReport,
    /// Speaks of one day: SOC type 1, PCI DSS attestation of compliance.
    PointInTime,
    /// Holds until a day: ISO certificates.
    Certificate,
    /// A permission by an authority: `FedRAMP`.
    Authorization,
    /// What two parties signed: business associate addendum, data processing addendum.
    Agreement,
}

impl AttestationKind {
    /// The words used in files and outputs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PeriodReport => "period-report",
            Self::PointInTime => "point-in-time",
            Self::Certificate => "certificate",
            Self::Authorization => "authorization",
            Self::Agreement => "agreement",
        }
    }
}

/// A family of documents that providers issue again and again.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Series {
    /// Such as `soc-2-type-2`.
    pub id: Arc<str>,
    /// Where it is; filled in.
    #[serde(skip)]
    pub position: Option<Position>,
    /// For people.
    pub title: Arc<str>,
    /// What its dates mean.
    pub kind: AttestationKind,
    /// True if it speaks of how duties are carried out; agreements do not.
    pub proves_duties: bool,
    /// Days after its period or day for which it is still taken as proof, unless the customer's policy says otherwise. Documents that say
    /// themselves until when they hold have none.
    #[serde(default)]
    pub accept_days: Option<u32>,
    /// Days before it lapses from which it is warned of.
    pub warn_days: u32,
    /// Frameworks whose auditors ask for it.
    #[serde(default)]
    pub frameworks: Vec<String>,
    /// Manual evidence that having it is, as evidence ids.
    #[serde(default)]
    pub evidence: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeriesFile {
    pub(crate) series: Vec<Series>,
}
