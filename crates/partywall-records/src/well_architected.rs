//! `well-architected.toml`: what people answered in a Well-Architected review, and when its state was saved.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::NaiveDate;
use partywall_catalog::{Catalog, Framework};
use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::text::Text;
use crate::{Place, RecordsError};

/// The framework whose questions and practices are answered.
const FRAMEWORK: &str = "aws-well-architected";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReviewFile {
    #[serde(default)]
    answer: Vec<AnswerEntry>,
    #[serde(default)]
    milestone: Vec<MilestoneEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerEntry {
    #[serde(default)]
    question: Option<Spanned<String>>,
    #[serde(default)]
    practice: Option<Spanned<String>>,
    status: Spanned<AnswerStatus>,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    owner: String,
    #[serde(default)]
    target: Option<Spanned<toml::value::Datetime>>,
    #[serde(default)]
    notes: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MilestoneEntry {
    name: Spanned<String>,
    day: Spanned<toml::value::Datetime>,
    #[serde(default)]
    high: u64,
    #[serde(default)]
    medium: u64,
    #[serde(default)]
    low: u64,
    #[serde(default)]
    unanswered: u64,
    #[serde(default)]
    none: u64,
}

/// What people say of a question or practice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub enum AnswerStatus {
    /// It is done.
    #[serde(rename = "in place")]
    InPlace,
    /// It is not done, or not wholly.
    #[serde(rename = "not in place")]
    NotInPlace,
    /// It does not concern this workload.
    #[serde(rename = "not applicable")]
    NotApplicable,
}

impl AnswerStatus {
    /// The words used in files and outputs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InPlace => "in place",
            Self::NotInPlace => "not in place",
            Self::NotApplicable => "not applicable",
        }
    }
}

/// What an answer is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Asked {
    /// All practices of a question, such as `SEC01`.
    Question(Arc<str>),
    /// One practice, such as `SEC01-BP01`.
    Practice(Arc<str>),
}

impl Asked {
    /// The framework's id.
    pub fn id(&self) -> &Arc<str> {
        match self {
            Self::Question(id) | Self::Practice(id) => id,
        }
    }
}

/// One answer.
#[derive(Debug, Clone, Serialize)]
pub struct Answer {
    /// What it is about.
    pub asked: Asked,
    /// What people say.
    pub status: AnswerStatus,
    /// Why it does not apply.
    pub reason: String,
    /// Who answers for the improvement.
    pub owner: String,
    /// The day by which it is to be in place.
    #[serde(serialize_with = "crate::serial::some_day")]
    pub target: Option<NaiveDate>,
    /// Anything else.
    pub notes: String,
    /// Where it is written.
    #[serde(skip)]
    pub place: Place,
}

/// A day on which the state of the review was saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Milestone {
    /// For people.
    pub name: String,
    /// When.
    #[serde(serialize_with = "crate::serial::day")]
    pub day: NaiveDate,
    /// Questions of high, medium and low risk, unanswered, and without risk.
    pub counts: [u64; 5],
}

/// A Well-Architected review, as far as people make it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct WellArchitected {
    /// In the file's order.
    pub answers: Vec<Answer>,
    /// In the order of their days.
    pub milestones: Vec<Milestone>,
}

impl WellArchitected {
    pub(crate) fn read(catalog: &Catalog, file: &Text) -> Result<Self, RecordsError> {
        let parsed = file.parse::<ReviewFile>()?;
        let Some(framework) = catalog.framework(FRAMEWORK) else {
            return Err(file.error(&(0..0), &format!("the catalogue has no framework `{FRAMEWORK}`, so no answer can be placed; add it")));
        };
        let mut review = Self::default();
        let mut seen = BTreeSet::new();
        for entry in &parsed.answer {
            let answer = answer(framework, file, entry)?;
            if !seen.insert(answer.asked.clone()) {
                return Err(file.error(&entry.status.span(), &format!("`{}` is answered twice; keep one answer", answer.asked.id())));
            }
            review.answers.push(answer);
        }
        for entry in parsed.milestone {
            let name = entry.name.get_ref();
            if review.milestones.iter().any(|known| known.name == *name) {
                return Err(file.error(&entry.name.span(), &format!("`{name}` is the name of an earlier milestone; give each its own")));
            }
            let counts = [entry.high, entry.medium, entry.low, entry.unanswered, entry.none];
            review.milestones.push(Milestone { day: file.day(&entry.day)?, name: entry.name.into_inner(), counts });
        }
        review.milestones.sort_by_key(|milestone| milestone.day);
        Ok(review)
    }

    /// The answer that holds for a practice: its own, else that of its question.
    pub fn answer(&self, question: &str, practice: &str) -> Option<&Answer> {
        let of = |wanted: &dyn Fn(&Asked) -> bool| self.answers.iter().find(|answer| wanted(&answer.asked));
        of(&|asked| matches!(asked, Asked::Practice(id) if **id == *practice))
            .or_else(|| of(&|asked| matches!(asked, Asked::Question(id) if **id == *question)))
    }
}

fn answer(framework: &Framework, file: &Text, entry: &AnswerEntry) -> Result<Answer, RecordsError> {
    let (asked, place) = match (&entry.question, &entry.practice) {
        // Questions are the groups that have lines; pillars are groups of groups.
        (Some(id), None) => {
            let questions = framework.requirements.iter().map(|line| &*line.group);
            (Asked::Question(file.known(id, "question of the framework", questions)?), file.place(&id.span()))
        }
        (None, Some(id)) => {
            let practices = framework.requirements.iter().map(|line| &*line.id);
            (Asked::Practice(file.known(id, "practice of the framework", practices)?), file.place(&id.span()))
        }
        _ => return Err(file.error(&entry.status.span(), "an answer has either `question` or `practice`")),
    };
    let status = *entry.status.get_ref();
    if status == AnswerStatus::NotApplicable && entry.reason.trim().is_empty() {
        return Err(file.error(&entry.status.span(), &format!("`{}` is not applicable without a `reason`; write one", asked.id())));
    }
    Ok(Answer {
        asked,
        status,
        reason: entry.reason.clone(),
        owner: entry.owner.clone(),
        target: file.some_day(entry.target.as_ref())?,
        notes: entry.notes.clone(),
        place,
    })
}
