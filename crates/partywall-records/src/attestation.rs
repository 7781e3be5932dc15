//! `attestations/*.toml`: what a provider was attested, by whom, for which services, Regions and dates. The document itself stays where its
//! terms allow it; here are its hash and what it says.

mod document;
mod judging;
mod reading;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::NaiveDate;
use partywall_catalog::Series;
use partywall_model::Party;
use serde::{Deserialize, Serialize};

pub use self::document::sha256_of;
pub(crate) use self::reading::ScopeListFile;
use crate::Place;

/// What the auditor concluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Opinion {
    /// Without reservation.
    #[default]
    Unqualified,
    /// With reservations: the duties of the exceptions are not proven.
    Qualified,
    /// The controls do not work: proves nothing.
    Adverse,
    /// The auditor could not tell: proves nothing.
    Disclaimer,
}

impl Opinion {
    /// The word used in files and outputs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unqualified => "unqualified",
            Self::Qualified => "qualified",
            Self::Adverse => "adverse",
            Self::Disclaimer => "disclaimer",
        }
    }
}

/// Under which terms a document was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Terms {
    /// Anyone may have it.
    Public,
    /// Confidential: never exported, only its hash and what is written here.
    Nda,
}

/// A finding of the auditor.
#[derive(Debug, Clone, Serialize)]
pub struct NotedException {
    /// The report's id of the control.
    pub control: String,
    /// What was found, in own words.
    pub text: String,
    /// Duties that are not proven for it, as duty ids, `layer.*` or `*` for all.
    pub duties: Vec<Arc<str>>,
}

/// What another organization does for the provider and the report leaves out.
#[derive(Debug, Clone, Serialize)]
pub struct CarveOut {
    /// Who.
    pub organization: String,
    /// What.
    pub text: String,
    /// Services that are left out; empty: not limited to some.
    pub services: BTreeSet<Arc<str>>,
    /// Duties that are left out, as duty ids, `layer.*` or `*` for all; empty: all of those services.
    pub duties: Vec<Arc<str>>,
}

/// A letter that carries a period report on until the next.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Bridge {
    /// First day.
    #[serde(serialize_with = "crate::serial::day")]
    pub from: NaiveDate,
    /// Last day.
    #[serde(serialize_with = "crate::serial::day")]
    pub to: NaiveDate,
    /// The day it came.
    #[serde(serialize_with = "crate::serial::day")]
    pub received: NaiveDate,
}

/// One document.
#[derive(Debug, Clone, Serialize)]
pub struct Attestation {
    /// The file's name.
    pub id: Arc<str>,
    /// The family of documents that it is of.
    #[serde(serialize_with = "series_id")]
    pub series: Arc<Series>,
    /// Whom it speaks of.
    pub provider: Party,
    /// For people.
    pub title: String,
    /// Auditor, certification body or authority.
    pub issuer: String,
    /// The issuer's id of it.
    pub report: String,
    /// Its version.
    pub version: String,
    /// Level of an authorization.
    pub level: String,
    /// The first day that it speaks of.
    #[serde(serialize_with = "crate::serial::day")]
    pub from: NaiveDate,
    /// The last day that it speaks of itself; `None`: no end.
    #[serde(serialize_with = "crate::serial::some_day")]
    pub to: Option<NaiveDate>,
    /// What the auditor concluded.
    pub opinion: Opinion,
    /// The day it came.
    #[serde(serialize_with = "crate::serial::day")]
    pub received: NaiveDate,
    /// Hash of the document, lower case hexadecimal.
    pub sha256: String,
    /// Where the document lies, beside this file; never exported under terms of confidence.
    #[serde(skip)]
    pub file: Option<PathBuf>,
    /// Terms under which it was received.
    pub terms: Terms,
    /// Services it speaks of; `None`: it names none, and speaks of all of the provider's.
    pub services: Option<BTreeSet<Arc<str>>>,
    /// Regions it speaks of, `*` for any text.
    pub regions: Vec<String>,
    /// Accounts that an agreement is for; empty: all.
    pub accounts: Vec<String>,
    /// What the auditor noted.
    pub exceptions: Vec<NotedException>,
    /// What it leaves out.
    pub carve_outs: Vec<CarveOut>,
    /// Letters that carry it on.
    pub bridges: Vec<Bridge>,
    /// Anything else.
    pub note: String,
    /// The last day on which it is taken as proof, with every bridge letter that connects to it, also those that came later than a day
    /// that is asked about: see [`Attestation::accepted_until_on`].
    #[serde(serialize_with = "crate::serial::some_day")]
    pub accepted_until: Option<NaiveDate>,
    /// The last day on which it is taken as proof without any bridge letter.
    #[serde(skip)]
    pub(crate) accepted_alone: Option<NaiveDate>,
    /// Where it is written.
    #[serde(skip)]
    pub place: Place,
}

fn series_id<S: serde::Serializer>(series: &Arc<Series>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&series.id)
}
