//! Is a duty of a provider proven, for a service, a Region and a day? (`ARCHITECTURE.md` §1, proof of AWS's part.)

use chrono::NaiveDate;
use partywall_model::Party;
use serde::Serialize;

use crate::Attestation;
use crate::attestation::{CarveOut, NotedException, Opinion};
use crate::text::covers_duty;

/// How a provider's duty is proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProofState {
    /// Nothing is on file that speaks of it.
    Unproven,
    /// What is on file leaves this service, Region or duty out.
    OutOfScope,
    /// A document spoke of it until its dates ran out.
    Lapsed,
    /// A document covers duty, service, Region and date.
    Attested,
}

impl ProofState {
    /// The words used in outputs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unproven => "unproven",
            Self::OutOfScope => "out of scope",
            Self::Lapsed => "lapsed",
            Self::Attested => "attested",
        }
    }
}

/// What decided a proof.
#[derive(Debug, Clone, Copy)]
enum Ground<'a> {
    Nothing,
    Opinion,
    Service,
    Region,
    CarvedOut(&'a CarveOut),
    Noted(&'a NotedException),
    NotBegun,
    Dates,
}

/// The best that is on file for a duty.
#[derive(Debug, Clone, Copy)]
pub struct Proof<'a> {
    /// How it is proven.
    pub state: ProofState,
    /// The document that decided.
    pub by: Option<&'a Attestation>,
    /// The last day on which that document is taken as proof.
    pub until: Option<NaiveDate>,
    ground: Ground<'a>,
}

impl Proof<'_> {
    /// Nothing is on file.
    pub(crate) fn nothing() -> Self {
        Self { state: ProofState::Unproven, by: None, until: None, ground: Ground::Nothing }
    }

    /// True if what is said of a place may differ from duty to duty.
    pub(crate) fn has_exceptions(&self) -> bool {
        self.by.is_some_and(|by| self.speaks_of_the_place() && (!by.carve_outs.is_empty() || !by.exceptions.is_empty()))
    }

    fn speaks_of_the_place(&self) -> bool {
        !matches!(self.ground, Ground::Opinion | Ground::Service | Ground::Region)
    }

    /// What was said of a place, for one duty there.
    pub(crate) fn at_duty(self, duty: &str, service: Option<&str>) -> Self {
        let by = self.by.filter(|_| self.speaks_of_the_place());
        match by.and_then(|by| by.except(duty, service)) {
            Some((state, ground)) => Self { state, ground, ..self },
            None => self,
        }
    }

    pub(crate) fn rank(&self) -> (ProofState, bool, Option<NaiveDate>) {
        // Among equals the one that holds longest; without an end is longest.
        (self.state, self.by.is_some() && self.until.is_none(), self.until)
    }

    /// True if the auditor found the duty wanting in a document that holds. What another document says does not undo that, unless it is the
    /// next of the same series.
    pub(crate) fn is_against(&self, day: NaiveDate) -> bool {
        matches!(self.ground, Ground::Noted(_) | Ground::Opinion) && self.by.is_some_and(|by| by.holds_on(day))
    }

    pub(crate) fn is_followed_by(&self, other: &Self) -> bool {
        let (Some(by), Some(next)) = (self.by, other.by) else { return false };
        other.state == ProofState::Attested && next.series.id == by.series.id && next.from > by.from
    }

    /// One line that says why, for the place that was asked about.
    pub fn why(&self, party: &Party, service: Option<&str>, region: Option<&str>) -> String {
        let Some(by) = self.by else {
            let whom = if *party == Party::Aws { "AWS".to_owned() } else { party.to_string() };
            return format!("no attestation of {whom} is on file");
        };
        let title = &by.title;
        match self.ground {
            Ground::Nothing => format!("{title} says nothing of it"),
            Ground::Opinion => format!("{title}: the opinion is {}", by.opinion.as_str()),
            Ground::Service => format!("{} is not among the services in scope of {title}", service.unwrap_or_default()),
            Ground::Region => format!("{} is not among the Regions of {title}", region.unwrap_or_default()),
            Ground::CarvedOut(carve) => format!("{title} leaves out what {} does: {}", carve.organization, carve.text),
            Ground::Noted(noted) => format!("{title} notes an exception at {}: {}", noted.control, noted.text),
            Ground::NotBegun => format!("{title} begins on {}", by.from),
            Ground::Dates => match (self.state, self.until) {
                (ProofState::Lapsed, Some(until)) => format!("{title} was accepted until {until}"),
                (_, Some(until)) => format!("{title}, accepted until {until}"),
                (_, None) => format!("{title}, without end"),
            },
        }
    }
}

impl Attestation {
    /// False for opinions that say that controls do not work or could not be judged, and for agreements, which promise and do not show.
    pub fn proves_anything(&self) -> bool {
        self.series.proves_duties && matches!(self.opinion, Opinion::Unqualified | Opinion::Qualified)
    }

    /// What this document says of all duties at a place, before what it says of some alone; `None` if it is of another provider, shows
    /// nothing, or was not on file yet.
    pub(crate) fn at_place(&self, party: &Party, service: Option<&str>, region: Option<&str>, day: NaiveDate) -> Option<Proof<'_>> {
        if self.provider != *party || !self.series.proves_duties || !self.is_on_file(day) {
            return None;
        }
        let (state, ground) = if !self.proves_anything() {
            (ProofState::Unproven, Ground::Opinion)
        } else if service.is_some_and(|service| !self.names_service(service)) {
            (ProofState::OutOfScope, Ground::Service)
        } else if !self.names_region(region) {
            (ProofState::OutOfScope, Ground::Region)
        } else if day < self.from {
            (ProofState::Unproven, Ground::NotBegun)
        } else if self.has_lapsed(day) {
            (ProofState::Lapsed, Ground::Dates)
        } else {
            (ProofState::Attested, Ground::Dates)
        };
        Some(Proof { state, by: Some(self), until: self.accepted_until_on(day), ground })
    }

    /// What it leaves out, or found wanting, of one duty.
    fn except(&self, duty: &str, service: Option<&str>) -> Option<(ProofState, Ground<'_>)> {
        let carved = self.carve_outs.iter().find(|carve| {
            let of_service = service.is_some_and(|service| carve.services.contains(service));
            (of_service || carve.services.is_empty() && !carve.duties.is_empty())
                && (carve.duties.is_empty() || carve.duties.iter().any(|pattern| covers_duty(pattern, duty)))
        });
        let noted = || self.exceptions.iter().find(|noted| noted.duties.iter().any(|pattern| covers_duty(pattern, duty)));
        match carved {
            Some(carve) => Some((ProofState::OutOfScope, Ground::CarvedOut(carve))),
            None => noted().map(|noted| (ProofState::Unproven, Ground::Noted(noted))),
        }
    }
}
