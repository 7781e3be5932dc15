//! `runbooks/*.md`: the customer's own runbooks and incident plans, with the days on which they were exercised.

use std::sync::Arc;

use chrono::{Days, NaiveDate};
use partywall_catalog::{Catalog, Runbook};
use partywall_model::Severity;
use partywall_model::near::did_you_mean;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::text::Text;
use crate::{Cabinet, FindingKind, Kept, KeptAs, Place, RecordFinding, RecordsError};

/// Where neither the file nor the runbook that it is based on says anything else.
const EXERCISE_DAYS: u32 = 365;

/// How a runbook was exercised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ExerciseKind {
    /// Talked through.
    Tabletop,
    /// Carried out, in an exercise or for real.
    Live,
    /// Data were restored.
    Restore,
    /// Work was moved to the standby.
    Failover,
}

impl ExerciseKind {
    /// The word used in files and outputs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tabletop => "tabletop",
            Self::Live => "live",
            Self::Restore => "restore",
            Self::Failover => "failover",
        }
    }
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Passed,
    Failed,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    title: String,
    #[serde(default)]
    based_on: Option<Spanned<String>>,
    #[serde(default)]
    duties: Option<Vec<Spanned<String>>>,
    #[serde(default)]
    evidence: Option<Vec<Spanned<String>>>,
    #[serde(default)]
    owner: String,
    #[serde(default)]
    exercise_days: Option<Spanned<u32>>,
    #[serde(default)]
    exercise: Vec<ExerciseEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExerciseEntry {
    day: Spanned<toml::value::Datetime>,
    kind: ExerciseKind,
    result: Outcome,
    #[serde(default)]
    minutes: Option<u32>,
    #[serde(default)]
    notes: String,
    #[serde(default)]
    link: String,
}

/// One exercise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exercise {
    /// When.
    #[serde(serialize_with = "crate::serial::day")]
    pub day: NaiveDate,
    /// How.
    pub kind: ExerciseKind,
    /// True if what was to be reached was reached.
    pub passed: bool,
    /// How long it took, in minutes.
    pub minutes: Option<u32>,
    /// What was learnt.
    pub notes: String,
    /// Where its record lies.
    pub link: String,
    /// Where it is written.
    #[serde(skip)]
    pub place: Place,
}

/// A runbook of the customer's own.
#[derive(Debug, Clone, Serialize)]
pub struct OwnRunbook {
    /// The file's name.
    pub id: Arc<str>,
    /// For people.
    pub title: String,
    /// The runbook of the catalogue that it was made from.
    pub based_on: Option<Arc<str>>,
    /// The duties that it carries out, as duty ids or `layer.*`.
    pub duties: Vec<Arc<str>>,
    /// The manual evidence that an exercise of it is.
    pub evidence: Vec<Arc<str>>,
    /// Who answers for it; empty if nobody does.
    pub owner: String,
    /// How many days may pass between two exercises.
    pub exercise_days: u32,
    /// In the order of their days.
    pub exercises: Vec<Exercise>,
    /// The steps, as Markdown.
    pub body: String,
    /// Where it is written.
    #[serde(skip)]
    pub place: Place,
}

impl OwnRunbook {
    pub(crate) fn read(catalog: &Catalog, file: &mut Text, cabinet: &mut Cabinet) -> Result<Self, RecordsError> {
        let (head, body) = file.parse_head::<Head>()?;
        let based_on = match &head.based_on {
            Some(id) => Some(file.known(id, "runbook", catalog.runbooks.keys().map(|id| &**id))?),
            None => None,
        };
        let base = based_on.as_ref().and_then(|id| catalog.runbooks.get(id));
        let of_base = |ids: fn(&Runbook) -> &Vec<String>| base.map(|base| ids(base).iter().map(|id| Arc::from(id.as_str())).collect());
        let duties = match &head.duties {
            Some(duties) => file.known_duties(catalog, duties)?,
            None => of_base(|base| &base.duties).unwrap_or_default(),
        };
        let evidence = match &head.evidence {
            Some(ids) => file.known_evidence(catalog, ids)?,
            None => of_base(|base| &base.evidence).unwrap_or_default(),
        };
        if let Some(days) = head.exercise_days.as_ref().filter(|days| *days.get_ref() == 0) {
            return Err(file.error(&days.span(), "exercise_days is at least 1"));
        }
        let mut exercises = Vec::new();
        for entry in head.exercise {
            exercises.push(Exercise {
                day: file.day(&entry.day)?,
                kind: entry.kind,
                passed: matches!(entry.result, Outcome::Passed),
                minutes: entry.minutes,
                notes: entry.notes,
                link: entry.link,
                place: file.place(&entry.day.span()),
            });
        }
        exercises.sort_by_key(|exercise| (exercise.day, !exercise.passed));
        let given = head.exercise_days.map(Spanned::into_inner);
        let runbook = Self {
            id: file.stem(),
            title: head.title,
            based_on,
            duties,
            evidence,
            owner: head.owner.trim().to_owned(),
            exercise_days: given.or(base.map(|base| base.exercise_days)).unwrap_or(EXERCISE_DAYS),
            exercises,
            body,
            place: file.place(&(0..0)),
        };
        for exercise in &runbook.exercises {
            // Talking about a restore restores nothing.
            let shows = |id: &&Arc<str>| exercise.kind != ExerciseKind::Tabletop || &***id != "continuity.restore-test";
            let evidence: Vec<Arc<str>> = runbook.evidence.iter().filter(shows).cloned().collect();
            cabinet.keep_each(catalog, &evidence, &runbook.kept(exercise));
        }
        Ok(runbook)
    }

    fn kept(&self, exercise: &Exercise) -> Kept {
        Kept {
            evidence: Arc::default(),
            title: self.title.clone(),
            owner: self.owner.clone(),
            approver: String::new(),
            made: exercise.day,
            due: self.due_after(exercise),
            period: None,
            failed: if exercise.passed { String::new() } else { failure(exercise) },
            link: exercise.link.clone(),
            note: exercise.notes.clone(),
            replaced: None,
            kept_as: KeptAs::Exercise,
            place: exercise.place.clone(),
        }
    }

    fn due_after(&self, exercise: &Exercise) -> Option<NaiveDate> {
        exercise.day.checked_add_days(Days::new(u64::from(self.exercise_days)))
    }

    /// The last exercise by a day.
    pub fn last_exercise(&self, day: NaiveDate) -> Option<&Exercise> {
        self.exercises.iter().rfind(|exercise| exercise.day <= day)
    }

    /// The last day for the next exercise; `None` if there was none by that day: it is due now.
    pub fn next_exercise(&self, day: NaiveDate) -> Option<NaiveDate> {
        self.last_exercise(day).and_then(|last| self.due_after(last))
    }

    /// Runbooks that nobody exercised in time, or that failed, have no owner or lack a section.
    pub(crate) fn findings(&self, today: NaiveDate, found: &mut Vec<RecordFinding>) {
        let mut add = |severity, message: String, due, place: &Place| {
            found.push(RecordFinding {
                kind: FindingKind::Exercise,
                severity,
                subject: self.id.to_string(),
                message,
                owner: Some(self.owner.clone()).filter(|owner| !owner.is_empty()),
                due,
                place: Some(place.clone()),
            });
        };
        let title = &self.title;
        match (self.last_exercise(today), self.next_exercise(today)) {
            (None, _) => add(Severity::Medium, format!("{title} was never exercised; exercise it and add [[exercise]]"), None, &self.place),
            (Some(last), _) if !last.passed => {
                let message = format!("{title}: {}; mend what failed and exercise it again", failure(last));
                add(Severity::Medium, message, None, &last.place);
            }
            (Some(last), Some(due)) if due < today => {
                let message = format!("{title} was last exercised on {}, and again due by {due}", last.day);
                add(Severity::Medium, message, Some(due), &last.place);
            }
            _ => {}
        }
        if self.owner.is_empty() {
            add(Severity::Medium, format!("{title} has no owner; nobody would lead"), None, &self.place);
        }
        if let Some(section) = Runbook::missing_section(&self.body) {
            let order = Runbook::SECTIONS.join(", ");
            add(Severity::Low, format!("{title} lacks the section `## {section}`, or has it elsewhere than in {order}"), None, &self.place);
        }
    }
}

fn failure(exercise: &Exercise) -> String {
    let notes = if exercise.notes.is_empty() { String::new() } else { format!(": {}", exercise.notes) };
    format!("the {} exercise of {} failed{notes}", exercise.kind.as_str(), exercise.day)
}

/// The text of a new file of `runbooks/` from a runbook of the catalogue: its head to be filled in, its body as it is.
///
/// # Errors
/// The catalogue has no such runbook.
pub fn new_runbook(catalog: &Catalog, id: &str) -> Result<String, RecordsError> {
    let Some(runbook) = catalog.runbooks.get(id) else {
        let near = did_you_mean(id, catalog.runbooks.keys().map(|id| &**id));
        return Err(RecordsError::Unknown { what: "runbook", id: id.to_owned(), near });
    };
    let text = |value: &str| toml::Value::String(value.to_owned()).to_string();
    let list = |ids: &[String]| format!("[{}]", ids.iter().map(|id| text(id)).collect::<Vec<_>>().join(", "));
    let body = runbook.body.trim_start_matches(['\r', '\n']);
    Ok(format!(
        "+++\n\
         title         = {}\n\
         based_on      = {}\n\
         duties        = {}\n\
         evidence      = {}\n\
         # Who leads: an office or a team.\n\
         owner         = \"\"\n\
         exercise_days = {}\n\
         \n\
         # One for each exercise:\n\
         # [[exercise]]\n\
         # day     = 2027-03-31\n\
         # kind    = \"tabletop\"   # or live, restore, failover\n\
         # result  = \"passed\"     # or failed\n\
         # minutes = 90\n\
         # notes   = \"\"\n\
         # link    = \"\"\n\
         +++\n\
         \n\
         {body}",
        text(&runbook.title),
        text(id),
        list(&runbook.duties),
        list(&runbook.evidence),
        runbook.exercise_days,
    ))
}
