//! `evidence/*.toml`: manual evidence that was made, with who approved it and when it is due again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{Days, NaiveDate};
use partywall_catalog::Catalog;
use partywall_model::Severity;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::text::Text;
use crate::{FindingKind, Place, RecordFinding, RecordsError};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EvidenceFile {
    record: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    evidence: Vec<Spanned<String>>,
    title: String,
    owner: String,
    #[serde(default)]
    approver: String,
    made: Spanned<toml::value::Datetime>,
    #[serde(default)]
    due: Option<Spanned<toml::value::Datetime>>,
    #[serde(default)]
    from: Option<Spanned<toml::value::Datetime>>,
    #[serde(default)]
    to: Option<Spanned<toml::value::Datetime>>,
    #[serde(default)]
    failed: String,
    #[serde(default)]
    link: String,
    #[serde(default)]
    note: String,
}

/// Which part of the records keeps a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum KeptAs {
    /// An entry of `evidence/`.
    #[default]
    Record,
    /// A document on a provider that is evidence by being there.
    Agreement,
    /// A policy or procedure.
    Policy,
    /// A campaign of training.
    Training,
    /// An exercise of a runbook.
    Exercise,
    /// A review.
    Review,
}

impl KeptAs {
    /// The word used in outputs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Agreement => "agreement",
            Self::Policy => "policy",
            Self::Training => "training",
            Self::Exercise => "exercise",
            Self::Review => "review",
        }
    }
}

/// A document or record that is kept: an entry of `evidence/`, a policy, a campaign of training, an exercise of a runbook, a review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// The manual evidence that it is, as an evidence id.
    pub evidence: Arc<str>,
    /// For people.
    pub title: String,
    /// Who answers for it.
    pub owner: String,
    /// Who approved it; empty if nobody had to.
    pub approver: String,
    /// The day it was made or approved.
    #[serde(serialize_with = "crate::serial::day")]
    pub made: NaiveDate,
    /// The last day on which it is current; `None`: it has no term.
    #[serde(serialize_with = "crate::serial::some_day")]
    pub due: Option<NaiveDate>,
    /// The period that it speaks of.
    #[serde(serialize_with = "crate::serial::period")]
    pub period: Option<(NaiveDate, NaiveDate)>,
    /// Why it shows nothing although it is there: an exercise that failed, completions that are missing. Empty if it does.
    pub failed: String,
    /// Where the thing itself lies.
    pub link: String,
    /// What limits it, or anything else; may be empty.
    pub note: String,
    /// The day from which something else takes its place.
    #[serde(skip)]
    pub replaced: Option<NaiveDate>,
    /// What it is kept as.
    pub kept_as: KeptAs,
    /// Where it is written.
    #[serde(skip)]
    pub place: Place,
}

/// How manual evidence stands on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EvidenceState<'a> {
    /// Nothing is kept.
    Missing,
    /// What is kept shows that it was not done well.
    Failed(&'a Kept),
    /// What is kept is out of date.
    Overdue(&'a Kept),
    /// Kept, and in date.
    Current(&'a Kept),
}

impl<'a> EvidenceState<'a> {
    /// What is kept, however it stands.
    pub fn kept(self) -> Option<&'a Kept> {
        match self {
            Self::Missing => None,
            Self::Failed(kept) | Self::Overdue(kept) | Self::Current(kept) => Some(kept),
        }
    }

    /// The word used in outputs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Failed(_) => "failed",
            Self::Overdue(_) => "overdue",
            Self::Current(_) => "current",
        }
    }
}

/// All manual evidence that is kept, by evidence id.
#[derive(Debug, Clone, Default)]
pub struct Cabinet {
    kept: BTreeMap<Arc<str>, Vec<Kept>>,
}

impl Cabinet {
    pub(crate) fn read(&mut self, catalog: &Catalog, file: &Text) -> Result<(), RecordsError> {
        for entry in file.parse::<EvidenceFile>()?.record {
            let made = file.day(&entry.made)?;
            let due = file.some_day(entry.due.as_ref())?;
            let period = match (file.some_day(entry.from.as_ref())?, file.some_day(entry.to.as_ref())?) {
                (Some(from), Some(to)) if from <= to => Some((from, to)),
                (None, None) => None,
                _ => return Err(file.error(&entry.made.span(), "a period has `from` and `to`, the earlier day first")),
            };
            let Some(first) = entry.evidence.first().map(Spanned::span) else {
                return Err(file.error(&entry.made.span(), "a record names the manual evidence that it is"));
            };
            for id in file.known_evidence(catalog, &entry.evidence)? {
                let due = within_term(catalog, &id, made, due).map_err(|message| file.error(&first, &message))?;
                self.keep(Kept {
                    evidence: id,
                    title: entry.title.clone(),
                    owner: entry.owner.clone(),
                    approver: entry.approver.clone(),
                    made,
                    due,
                    period,
                    failed: entry.failed.clone(),
                    link: entry.link.clone(),
                    note: entry.note.clone(),
                    replaced: None,
                    kept_as: KeptAs::Record,
                    place: file.place(&first),
                });
            }
        }
        Ok(())
    }

    /// Keeps one thing as every manual evidence that it is, for each no longer than its term.
    pub(crate) fn keep_each(&mut self, catalog: &Catalog, ids: &[Arc<str>], kept: &Kept) {
        for id in ids {
            let due = within_term(catalog, id, kept.made, kept.due).or_else(|_| within_term(catalog, id, kept.made, None)).ok().flatten();
            self.keep(Kept { evidence: id.clone(), due, ..kept.clone() });
        }
    }

    pub(crate) fn keep(&mut self, kept: Kept) {
        self.kept.entry(kept.evidence.clone()).or_default().push(kept);
    }

    /// Everything kept, by evidence id.
    pub fn all(&self) -> impl Iterator<Item = &Kept> {
        self.kept.values().flatten()
    }

    /// How manual evidence stands on a day: the last that was made by then decides, and of one day the one that failed. What was replaced
    /// by then is kept no longer.
    pub fn state(&self, evidence: &str, day: NaiveDate) -> EvidenceState<'_> {
        let made = self
            .kept
            .get(evidence)
            .into_iter()
            .flatten()
            .filter(|kept| kept.made <= day && kept.replaced.is_none_or(|replaced| day < replaced));
        match made.max_by_key(|kept| (kept.made, !kept.failed.is_empty(), kept.due)) {
            None => EvidenceState::Missing,
            Some(kept) if !kept.failed.is_empty() => EvidenceState::Failed(kept),
            Some(kept) if kept.due.is_some_and(|due| due < day) => EvidenceState::Overdue(kept),
            Some(kept) => EvidenceState::Current(kept),
        }
    }

    /// What is kept as each evidence on a day: the last that was made by then.
    pub(crate) fn last(&self, day: NaiveDate) -> impl Iterator<Item = &Kept> {
        self.kept.keys().filter_map(move |id| self.state(id, day).kept())
    }

    /// What is overdue or shows a failure. What was never made is no finding of its own: requirements say so. Policies, exercises and
    /// reviews speak for themselves, also where something newer is kept as the same evidence.
    pub(crate) fn findings(&self, today: NaiveDate, found: &mut Vec<RecordFinding>) {
        let mut told = BTreeSet::new();
        for id in self.kept.keys() {
            let (kept, message) = match self.state(id, today) {
                EvidenceState::Overdue(kept) => {
                    let due = kept.due.map(|due| due.to_string()).unwrap_or_default();
                    (kept, format!("{} was due again on {due}; make it anew", kept.title))
                }
                EvidenceState::Failed(kept) => (kept, format!("{}: {}", kept.title, kept.failed)),
                _ => continue,
            };
            let kind = match kept.kept_as {
                KeptAs::Record | KeptAs::Agreement => FindingKind::Evidence,
                KeptAs::Training => FindingKind::Training,
                KeptAs::Policy | KeptAs::Exercise | KeptAs::Review => continue,
            };
            // One campaign may be several pieces of evidence; it failed once.
            if kind == FindingKind::Training && !told.insert((kept.place.clone(), message.clone())) {
                continue;
            }
            found.push(RecordFinding {
                kind,
                severity: Severity::Medium,
                subject: id.to_string(),
                message,
                owner: Some(kept.owner.clone()).filter(|owner| !owner.is_empty()),
                due: kept.due,
                place: Some(kept.place.clone()),
            });
        }
    }
}

/// The day until which evidence is current: as said, else by its term. A day after the term is refused: the catalogue's term is the longest.
pub(crate) fn within_term(catalog: &Catalog, id: &str, made: NaiveDate, due: Option<NaiveDate>) -> Result<Option<NaiveDate>, String> {
    let term = catalog.evidence.get(id).and_then(|evidence| evidence.renew_days);
    let last = term.and_then(|days| made.checked_add_days(Days::new(u64::from(days))));
    match (due, last) {
        (Some(due), _) if due < made => Err(format!("`{id}` is due before it was made")),
        // A year has one day more in leap years, and people write "the same day next year".
        (Some(due), Some(last)) if due > last + Days::new(1) => {
            Err(format!("`{id}` is made again after {} days, on {last} at the latest; {due} is later", term.unwrap_or_default()))
        }
        (Some(due), _) => Ok(Some(due)),
        (None, last) => Ok(last),
    }
}
