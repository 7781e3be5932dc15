//! What people have to do by when, over all records.

use chrono::{Days, NaiveDate};
use serde::Serialize;

use crate::{AnswerStatus, KeptAs, Records, policies, reviews};

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DueKind {
    /// A record is to be made again.
    Evidence,
    /// A policy is to be reviewed.
    Policy,
    /// A training is to be completed, or held again.
    Training,
    /// A runbook is to be exercised.
    Exercise,
    /// A review is to be made.
    Review,
    /// A contract ends.
    Contract,
    /// An attestation lapses.
    Attestation,
    /// An exception expires.
    Exception,
    /// An improvement of a Well-Architected review is to be in place.
    Improvement,
}

impl DueKind {
    /// The word used in outputs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Evidence => "evidence",
            Self::Policy => "policy",
            Self::Training => "training",
            Self::Exercise => "exercise",
            Self::Review => "review",
            Self::Contract => "contract",
            Self::Attestation => "attestation",
            Self::Exception => "exception",
            Self::Improvement => "improvement",
        }
    }
}

/// Something that is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Due {
    /// What it is.
    pub kind: DueKind,
    /// Its id.
    pub subject: String,
    /// For people.
    pub title: String,
    /// Who answers for it, if somebody is named.
    pub owner: Option<String>,
    /// The last day.
    #[serde(serialize_with = "crate::serial::day")]
    pub day: NaiveDate,
}

impl Records {
    /// Everything that is due from `today` on within so many days, and everything that is overdue since before: by day, then by kind and
    /// subject. What something newer replaced is not due any more. What failed is due since
    /// that day; a runbook that was never exercised is due today.
    pub fn due(&self, today: NaiveDate, days: u32) -> Vec<Due> {
        let last = today.checked_add_days(Days::new(u64::from(days))).unwrap_or(NaiveDate::MAX);
        let mut due = Vec::new();
        let mut add = |kind, subject: &str, title: &str, owner: &str, day: Option<NaiveDate>| {
            if let Some(day) = day.filter(|day| *day <= last) {
                let owner = Some(owner.trim().to_owned()).filter(|owner| !owner.is_empty());
                due.push(Due { kind, subject: subject.to_owned(), title: title.to_owned(), owner, day });
            }
        };
        for kept in self.evidence.last(today) {
            let day = if kept.failed.is_empty() { kept.due } else { Some(kept.made) };
            // The others are told by what they are, with their own ids.
            match kept.kept_as {
                KeptAs::Record => add(DueKind::Evidence, &kept.evidence, &kept.title, &kept.owner, day),
                KeptAs::Training => add(DueKind::Training, &kept.evidence, &kept.title, &kept.owner, day),
                KeptAs::Agreement | KeptAs::Policy | KeptAs::Exercise | KeptAs::Review => {}
            }
        }
        for policy in policies::in_force(&self.policies, today) {
            add(DueKind::Policy, &policy.id, &policy.title, &policy.owner, policy.review_by);
        }
        for campaign in self.campaigns.iter().filter(|campaign| campaign.starts <= last && campaign.due >= today) {
            let done = campaign.standing(self.people.as_ref(), today).reached.is_some();
            add(DueKind::Training, &campaign.id, &campaign.title, &campaign.owner, Some(campaign.due).filter(|_| !done));
        }
        for runbook in &self.runbooks {
            let day = match runbook.last_exercise(today) {
                None => Some(today),
                Some(last) if !last.passed => Some(last.day),
                Some(_) => runbook.next_exercise(today),
            };
            add(DueKind::Exercise, &runbook.id, &runbook.title, &runbook.owner, day);
        }
        for review in reviews::last(&self.reviews, today) {
            let what = review.what.to_string();
            add(DueKind::Review, &what, &format!("Review of {what}"), &review.by, review.next);
        }
        for party in &self.parties.all {
            add(DueKind::Contract, &party.id.to_string(), &party.title, "", party.contract_until);
        }
        for document in self.attestations.iter().filter(|document| document.is_on_file(today) && !self.is_followed(document, today)) {
            add(DueKind::Attestation, &document.id, &document.title, "", document.accepted_until_on(today));
        }
        for exception in self.exceptions.all() {
            add(DueKind::Exception, &exception.id, &exception.reason, &exception.owner, Some(exception.expires));
        }
        for answer in self.well_architected.answers.iter().filter(|answer| answer.status == AnswerStatus::NotInPlace) {
            let id = answer.asked.id();
            add(DueKind::Improvement, id, &format!("Put {id} in place"), &answer.owner, answer.target);
        }
        due.sort_by(|a, b| (a.day, a.kind, &a.subject).cmp(&(b.day, b.kind, &b.subject)));
        due
    }
}
