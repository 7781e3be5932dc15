//! From the lines of the framework to pillars, questions and practices with their risks.

use std::sync::Arc;

use partywall_catalog::{Check, Framework};
use partywall_model::Severity;
use partywall_records::{Answer as Given, AnswerStatus};
use partywall_report::{Answer, FrameworkLine, ManualLine};
use serde::Serialize;

use crate::cli::Context;
use crate::frameworks::{self, Reading};

/// How a practice stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    /// Something speaks against it, or people say so.
    NotInPlace,
    /// Something is missing or was not seen.
    Partly,
    /// Nothing speaks for or against it.
    Unanswered,
    /// All that speaks of it speaks for it, or people say so.
    InPlace,
    /// It does not concern this workload.
    NotApplicable,
}

impl State {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::NotInPlace => "not in place",
            Self::Partly => "partly",
            Self::Unanswered => "unanswered",
            Self::InPlace => "in place",
            Self::NotApplicable => "not applicable",
        }
    }
}

/// The risk of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Risk {
    /// A practice of high risk is not in place.
    High,
    /// One of medium risk is not.
    Medium,
    /// One of low risk is not.
    Low,
    /// Nothing is known against it, but not all is known.
    Unanswered,
    /// All practices that apply are in place.
    None,
}

impl Risk {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::High => "HIGH",
            Self::Medium => "MEDIUM",
            Self::Low => "LOW",
            Self::Unanswered => "unanswered",
            Self::None => "none",
        }
    }
}

/// A check that speaks of a practice, with what it said.
#[derive(Debug, Serialize)]
pub(super) struct Fact {
    pub(super) check: Arc<str>,
    pub(super) title: Arc<str>,
    pub(super) pass: u64,
    pub(super) fail: u64,
    pub(super) unknown: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct Practice {
    pub(super) id: String,
    pub(super) title: String,
    /// The publisher's rating of not having it.
    pub(super) risk: &'static str,
    pub(super) state: State,
    /// `findings`, `records` or `answer`: what the state rests on.
    pub(super) from: &'static str,
    pub(super) facts: Vec<Fact>,
    pub(super) evidence: Vec<ManualLine>,
    pub(super) customer: String,
    pub(super) owner: String,
    pub(super) target: Option<String>,
    pub(super) notes: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Question {
    pub(super) id: Arc<str>,
    pub(super) title: Arc<str>,
    pub(super) risk: Risk,
    pub(super) practices: Vec<Practice>,
}

#[derive(Debug, Serialize)]
pub(super) struct Pillar {
    pub(super) id: Arc<str>,
    pub(super) title: Arc<str>,
    pub(super) questions: Vec<Question>,
}

/// Groups whose id is the beginning of a question's id are pillars.
pub(super) fn pillars(context: &Context, framework: &Framework, line: &FrameworkLine, read: Reading<'_>) -> Vec<Pillar> {
    let practices = practices(context, framework, line, read);
    let is_question = |id: &str| framework.requirements.iter().any(|requirement| *requirement.group == *id);
    let mut pillars: Vec<Pillar> = Vec::new();
    for group in framework.groups.iter().filter(|group| !is_question(&group.id)) {
        pillars.push(Pillar { id: group.id.clone(), title: group.title.clone(), questions: Vec::new() });
    }
    let mut by_question: Vec<(Arc<str>, Practice)> = practices;
    for group in framework.groups.iter().filter(|group| is_question(&group.id)) {
        let Some(pillar) = pillars.iter_mut().find(|pillar| group.id.starts_with(&*pillar.id)) else { continue };
        let practices: Vec<Practice> =
            by_question.extract_if(.., |(question, _)| *question == group.id).map(|(_, practice)| practice).collect();
        pillar.questions.push(Question { id: group.id.clone(), title: group.title.clone(), risk: risk(&practices), practices });
    }
    pillars
}

fn practices(context: &Context, framework: &Framework, line: &FrameworkLine, read: Reading<'_>) -> Vec<(Arc<str>, Practice)> {
    let checks = frameworks::checks(&context.catalog, framework);
    let practice = |(requirement, line): (&Arc<partywall_catalog::Requirement>, &partywall_report::RequirementLine)| {
        let named = frameworks::named(&checks, requirement);
        let fact = |check: &&Arc<Check>| {
            let counts = read.outcome.map(|outcome| frameworks::sum(&outcome.tally, &[*check])).unwrap_or_default();
            Fact { check: check.id.clone(), title: check.title.clone(), pass: counts.pass, fail: counts.fail, unknown: counts.unknown }
        };
        let given = read.records.well_architected.answer(&requirement.group, &requirement.id);
        let (state, from) = state(line.answer, given, named.is_empty());
        let practice = Practice {
            id: requirement.id.to_string(),
            title: requirement.title.to_string(),
            risk: requirement.risk.map_or("", Severity::as_str),
            state,
            from,
            facts: named.iter().map(fact).filter(|fact| fact.pass + fact.fail + fact.unknown > 0).collect(),
            evidence: line.manual.clone(),
            customer: requirement.customer.clone(),
            owner: given.map(|given| given.owner.clone()).filter(|owner| !owner.is_empty()).unwrap_or_else(|| line.owners.join(", ")),
            target: given.and_then(|given| given.target).map(|day| day.to_string()),
            notes: given.map(|given| [given.reason.as_str(), given.notes.as_str()].join(" ").trim().to_owned()).unwrap_or_default(),
        };
        (requirement.group.clone(), practice)
    };
    framework.requirements.iter().zip(&line.requirements).map(practice).collect()
}

/// What people answer counts where nothing that was read speaks against it: a failed check is not answered away.
fn state(answer: Answer, given: Option<&Given>, no_checks: bool) -> (State, &'static str) {
    let found = match answer {
        Answer::NotMet => State::NotInPlace,
        Answer::Partly => State::Partly,
        Answer::NoEvidence => State::Unanswered,
        Answer::Met => State::InPlace,
        Answer::NothingInScope => State::NotApplicable,
    };
    let from = if no_checks { "records" } else { "findings" };
    match (given.map(|given| given.status), found) {
        // Partly may hold failures under an exception and what was not seen: no word makes them good.
        (None, _)
        | (Some(AnswerStatus::InPlace), State::NotInPlace | State::Partly)
        | (Some(AnswerStatus::NotApplicable), State::NotInPlace) => (found, from),
        (Some(AnswerStatus::InPlace), _) => (State::InPlace, "answer"),
        (Some(AnswerStatus::NotInPlace), _) => (State::NotInPlace, "answer"),
        (Some(AnswerStatus::NotApplicable), _) => (State::NotApplicable, "answer"),
    }
}

fn risk(practices: &[Practice]) -> Risk {
    let open = practices.iter().filter(|practice| matches!(practice.state, State::NotInPlace | State::Partly));
    let worst = open.map(|practice| match practice.risk {
        "high" | "critical" => Risk::High,
        "medium" => Risk::Medium,
        _ => Risk::Low,
    });
    let unanswered = practices.iter().any(|practice| practice.state == State::Unanswered);
    worst.min().unwrap_or(if unanswered { Risk::Unanswered } else { Risk::None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn practice(risk: &'static str, state: State) -> Practice {
        Practice {
            id: String::new(),
            title: String::new(),
            risk,
            state,
            from: "findings",
            facts: Vec::new(),
            evidence: Vec::new(),
            customer: String::new(),
            owner: String::new(),
            target: None,
            notes: String::new(),
        }
    }

    #[test]
    fn the_weightiest_open_practice_is_the_risk() {
        let of = |list: &[(&'static str, State)]| risk(&list.iter().map(|(risk, state)| practice(risk, *state)).collect::<Vec<_>>());
        assert_eq!(of(&[("high", State::InPlace), ("medium", State::NotInPlace), ("low", State::NotInPlace)]), Risk::Medium);
        assert_eq!(of(&[("high", State::Partly), ("medium", State::NotInPlace)]), Risk::High);
        assert_eq!(of(&[("high", State::Unanswered), ("low", State::NotInPlace)]), Risk::Low);
        assert_eq!(of(&[("high", State::Unanswered), ("low", State::InPlace)]), Risk::Unanswered);
        assert_eq!(of(&[("high", State::NotApplicable), ("low", State::InPlace)]), Risk::None);
    }
}
