use std::sync::Arc;

use serde::Deserialize;

use crate::{DutyCase, OwnerRule, Position};

/// How much of the stack AWS runs, in the model's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ServiceClass {
    /// Infrastructure: EC2, EBS, VPC.
    Iaas,
    /// Platform: RDS, Beanstalk, EMR.
    Paas,
    /// Functions: Lambda.
    Faas,
    /// Software: Connect, WorkMail.
    Saas,
}

/// Whether a service can still be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lifecycle {
    /// Open to all.
    #[default]
    Available,
    /// Existing customers only.
    ClosedToNew,
    /// Has an end date ahead.
    Ending,
    /// Is over.
    Ended,
}

/// How sure a row is (`research`: high = read on AWS's page for that service and mode).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Inference; printed as unverified.
    Low,
    /// Generic AWS text and a known field.
    Medium,
    /// Read for that service and mode.
    High,
}

impl Confidence {
    /// The word used in files and outputs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// Where a row comes from.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowSource {
    /// Title of the page.
    pub title: String,
    /// The day it was read.
    pub as_of: toml::value::Datetime,
    /// How sure.
    pub confidence: Confidence,
}

/// A way in which a service is run.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mode {
    /// Such as `fargate`.
    pub id: Arc<str>,
    /// For people.
    pub title: Arc<str>,
    /// The type whose rows carry the mode.
    #[serde(default)]
    pub resource: Option<Arc<str>>,
    /// A predicate over that type; the last mode of a type has none.
    #[serde(default, rename = "match")]
    pub matches: Option<String>,
}

/// A duty as one service knows it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceDuty {
    /// Id of a duty of `duties.toml`.
    pub id: Arc<str>,
    /// Modes that carry it; all if empty.
    #[serde(default)]
    pub modes: Vec<Arc<str>>,
    /// Types that carry it; the mode's own if empty.
    #[serde(default)]
    pub types: Vec<Arc<str>>,
    /// Owners; the duty's own if empty.
    #[serde(default)]
    pub owner: Vec<OwnerRule>,
    /// What AWS does here; the duty's own sentence if empty.
    #[serde(default)]
    pub aws: String,
    /// What the customer does here; the duty's own sentence if empty.
    #[serde(default)]
    pub customer: String,
    /// Where the row comes from.
    #[serde(default)]
    pub source: Option<RowSource>,
    /// Tests.
    #[serde(default, rename = "case")]
    pub cases: Vec<DutyCase>,
}

/// How to see that a security service is on.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceStatus {
    /// The type to look at.
    pub resource: Arc<str>,
    /// Known true on some row: on.
    pub on: String,
}

/// One AWS service: its modes and who owns which duty in each. One file, `services/<service>.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Such as `rds`; equals the file name.
    pub id: Arc<str>,
    /// Where the file is; filled in.
    #[serde(skip)]
    pub position: Option<Position>,
    /// For people.
    pub title: Arc<str>,
    /// How much AWS runs.
    pub class: ServiceClass,
    /// Whether it can still be had.
    #[serde(default)]
    pub lifecycle: Lifecycle,
    /// The day on which it ends or ended.
    #[serde(default)]
    pub ends: Option<toml::value::Datetime>,
    /// Title of AWS's security chapter.
    #[serde(default)]
    pub security_chapter: String,
    /// Types that belong to it.
    #[serde(default)]
    pub types: Vec<Arc<str>>,
    /// Duties that this service helps with elsewhere.
    #[serde(default)]
    pub helps: Vec<Arc<str>>,
    /// How to see that it is on.
    #[serde(default)]
    pub status: Option<ServiceStatus>,
    /// Ways in which it is run.
    #[serde(default, rename = "mode")]
    pub modes: Vec<Mode>,
    /// Who owns what.
    #[serde(default, rename = "duty")]
    pub duties: Vec<ServiceDuty>,
}
