//! `reviews.toml`: who looked at what, when, and whether it was accepted.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use chrono::NaiveDate;
use partywall_catalog::{Catalog, Framework};
use partywall_model::Severity;
use partywall_model::near::did_you_mean;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::evidence::within_term;
use crate::text::Text;
use crate::{Cabinet, FindingKind, Kept, KeptAs, Place, RecordFinding, RecordsError};

/// What a review came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub enum Verdict {
    /// As it is.
    #[serde(rename = "accepted")]
    Accepted,
    /// Not before something was changed.
    #[serde(rename = "changes asked")]
    ChangesAsked,
}

impl Verdict {
    /// The words used in files and outputs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::ChangesAsked => "changes asked",
        }
    }
}

/// What was looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reviewed {
    /// How a framework stands as a whole.
    Framework(Arc<str>),
    /// One requirement of a framework.
    Requirement {
        /// The framework.
        framework: Arc<str>,
        /// The framework's id of it.
        requirement: Arc<str>,
    },
    /// A duty, or `layer.*`.
    Duty(Arc<str>),
    /// A document on a provider.
    Attestation(Arc<str>),
    /// Anything else, in words.
    Words(Arc<str>),
}

impl fmt::Display for Reviewed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Framework(id) | Self::Duty(id) | Self::Attestation(id) | Self::Words(id) => f.write_str(id),
            Self::Requirement { framework, requirement } => write!(f, "{framework}:{requirement}"),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReviewsFile {
    #[serde(default)]
    review: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    what: Spanned<String>,
    #[serde(default)]
    evidence: Vec<Spanned<String>>,
    by: String,
    day: Spanned<toml::value::Datetime>,
    #[serde(default)]
    next: Option<Spanned<toml::value::Datetime>>,
    result: Verdict,
    #[serde(default)]
    notes: String,
}

/// One review.
#[derive(Debug, Clone, Serialize)]
pub struct Review {
    /// What was looked at.
    pub what: Reviewed,
    /// The manual evidence that it is.
    pub evidence: Vec<Arc<str>>,
    /// The office that looked.
    pub by: String,
    /// When.
    #[serde(serialize_with = "crate::serial::day")]
    pub day: NaiveDate,
    /// The last day for the next one; `None`: once was enough.
    #[serde(serialize_with = "crate::serial::some_day")]
    pub next: Option<NaiveDate>,
    /// What it came to.
    pub result: Verdict,
    /// What was said.
    pub notes: String,
    /// Where it is written.
    #[serde(skip)]
    pub place: Place,
}

/// What reviews may speak of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subjects<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) own: Option<&'a Framework>,
    pub(crate) attestations: &'a [crate::Attestation],
}

impl<'a> Subjects<'a> {
    fn framework(&self, id: &str) -> Option<&'a Framework> {
        self.own.filter(|own| *own.id == *id).or_else(|| self.catalog.framework(id).map(AsRef::as_ref))
    }

    fn frameworks(&self) -> impl Iterator<Item = &'a str> {
        self.catalog.frameworks.keys().map(|id| &**id).chain(self.own.map(|own| &*own.id))
    }

    /// One word is an id, or an error; more words are words.
    fn reviewed(&self, what: &str) -> Result<Reviewed, String> {
        let what = what.trim();
        if what.is_empty() {
            return Err("a review says what was looked at".to_owned());
        }
        if what.contains(char::is_whitespace) {
            return Ok(Reviewed::Words(Arc::from(what)));
        }
        if let Some((framework, requirement)) = what.split_once(':') {
            let Some(known) = self.framework(framework) else {
                return Err(format!("there is no framework `{framework}`{}", did_you_mean(framework, self.frameworks())));
            };
            let Some(line) = known.requirements.iter().find(|line| *line.id == *requirement) else {
                let near = did_you_mean(requirement, known.requirements.iter().map(|line| &*line.id));
                return Err(format!("`{}` has no requirement `{requirement}`{near}", known.id));
            };
            return Ok(Reviewed::Requirement { framework: known.id.clone(), requirement: line.id.clone() });
        }
        if crate::text::is_duty(self.catalog, what).is_ok() {
            return Ok(Reviewed::Duty(Arc::from(what)));
        }
        if let Some(framework) = self.framework(what) {
            return Ok(Reviewed::Framework(framework.id.clone()));
        }
        if let Some(attestation) = self.attestations.iter().find(|attestation| *attestation.id == *what) {
            return Ok(Reviewed::Attestation(attestation.id.clone()));
        }
        let attestations = self.attestations.iter().map(|attestation| &*attestation.id);
        let near = did_you_mean(what, self.frameworks().chain(attestations).chain(self.catalog.duties.keys().map(|id| &**id)));
        Err(format!("`{what}` is no framework, requirement, duty or attestation{near}; for anything else write more than one word"))
    }
}

/// All entries of `reviews.toml`, in the order of their days.
pub(crate) fn read(subjects: Subjects<'_>, file: &Text, cabinet: &mut Cabinet) -> Result<Vec<Review>, RecordsError> {
    let catalog = subjects.catalog;
    let mut reviews = Vec::new();
    for entry in file.parse::<ReviewsFile>()?.review {
        let span = entry.what.span();
        let what = subjects.reviewed(entry.what.get_ref()).map_err(|message| file.error(&span, &message))?;
        let day = file.day(&entry.day)?;
        let next = file.some_day(entry.next.as_ref())?;
        let evidence = file.known_evidence(catalog, &entry.evidence)?;
        let next_span = entry.next.as_ref().map_or(span.clone(), Spanned::span);
        if next.is_some_and(|next| next <= day) {
            return Err(file.error(&next_span, "the next review is after this one"));
        }
        for id in &evidence {
            within_term(catalog, id, day, next).map_err(|message| file.error(&next_span, &message))?;
        }
        let review = Review { what, evidence, by: entry.by, day, next, result: entry.result, notes: entry.notes, place: file.place(&span) };
        cabinet.keep_each(catalog, &review.evidence, &review.kept());
        reviews.push(review);
    }
    reviews.sort_by_key(|review| review.day);
    Ok(reviews)
}

impl Review {
    /// That changes were asked shows that somebody looked: it is no failure of the review.
    fn kept(&self) -> Kept {
        Kept {
            evidence: Arc::default(),
            title: format!("Review of {}", self.what),
            owner: self.by.clone(),
            approver: self.by.clone(),
            made: self.day,
            due: self.next,
            period: None,
            failed: String::new(),
            link: String::new(),
            note: self.notes.clone(),
            replaced: None,
            kept_as: KeptAs::Review,
            place: self.place.clone(),
        }
    }
}

/// The last review of each thing by a day, in the order of the things.
pub(crate) fn last(reviews: &[Review], day: NaiveDate) -> impl Iterator<Item = &Review> {
    // They stand in the order of their days, so that a later one takes the place of an earlier one.
    let last: BTreeMap<&Reviewed, &Review> =
        reviews.iter().filter(|review| review.day <= day).map(|review| (&review.what, review)).collect();
    last.into_values()
}

/// Reviews that are overdue, and changes that were asked and that no later review accepted.
pub(crate) fn findings(reviews: &[Review], today: NaiveDate, found: &mut Vec<RecordFinding>) {
    for review in last(reviews, today) {
        let mut add = |message: String, due| {
            found.push(RecordFinding {
                kind: FindingKind::Review,
                severity: Severity::Medium,
                subject: review.what.to_string(),
                message,
                owner: Some(review.by.clone()).filter(|by| !by.is_empty()),
                due,
                place: Some(review.place.clone()),
            });
        };
        let (what, day) = (&review.what, review.day);
        if review.result == Verdict::ChangesAsked {
            let notes = if review.notes.is_empty() { String::new() } else { format!(": {}", review.notes) };
            add(format!("changes were asked in the review of {what} on {day}, and none accepted it since{notes}"), review.next);
        }
        if let Some(next) = review.next.filter(|next| *next < today) {
            add(format!("the next review of {what} was due by {next}; the last was on {day}"), Some(next));
        }
    }
}
