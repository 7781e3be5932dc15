//! Whether an account keeps its assertions.

use std::collections::{BTreeMap, BTreeSet};

use super::access::{Question, Standing};
use super::assertions::{Actions, Assertion, Assertions, Resources, Select};
use super::model::Account;
use super::what_can::KnownAction;
use super::witness::{Context, Shown};
use crate::wildcard::{Token, matches, matches_ignore_case, plain_token};

/// Whether a rule is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nobody whom it is about can.
    Pass,
    /// Somebody can; the witnesses say how.
    Fail,
    /// Something is not known on which it depends.
    Unknown,
    /// It is about nobody in this account: it proves nothing.
    NobodySelected,
}

/// One rule, judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The rule's id.
    pub id: String,
    /// What it says.
    pub title: String,
    /// Its line in the file.
    pub line: usize,
    /// Whether it is kept.
    pub outcome: Outcome,
    /// How many principals it is about.
    pub selected: usize,
    /// Requests that are allowed and must not be; one for each principal.
    pub violations: Vec<Violation>,
    /// What is not known, if that alone decides.
    pub unknown: Vec<String>,
    /// What the outcome takes for granted.
    pub assumptions: Vec<String>,
}

/// A request that is allowed and must not be. The evaluator allows it with exactly this context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The principal's number.
    pub principal: usize,
    /// The action.
    pub action: String,
    /// The resource; with wildcards, some resource of the pattern.
    pub resource: String,
    /// Condition keys that the request needs.
    pub context: Context,
    /// The statement that allows it.
    pub why: String,
}

/// A question of a rule, and why an allow would prove nothing, if it would not.
struct Asked {
    question: Question,
    only_possible: Option<String>,
}

impl Account {
    /// Judges every rule. `actions` are those that AWS is known to have: patterns and access levels stand for those among them.
    pub fn judge(&self, assertions: &Assertions, actions: &[KnownAction<'_>]) -> Vec<Judged> {
        assertions.rules.iter().map(|rule| self.judge_rule(rule, actions)).collect()
    }

    fn judge_rule(&self, rule: &Assertion, actions: &[KnownAction<'_>]) -> Judged {
        let mut unknown: BTreeSet<String> = self.gaps.iter().map(|cause| cause.detail.clone()).collect();
        let (selected, unsure) = self.select(rule);
        let mut violations: BTreeMap<usize, Violation> = BTreeMap::new();
        let expanded = self.expand(&rule.may_not, actions, &selected);
        unknown.extend(
            unmet(&rule.may_not, actions).map(|of| format!("no known action is meant by `{of}`: give the list of actions, or correct it")),
        );
        for (action, wildcard_only) in expanded {
            for asked in self.questions(&action, wildcard_only, &rule.on) {
                let left = selected.iter().copied().filter(|number| !violations.contains_key(number));
                let parts = self.parts(&asked.question);
                let (holders, _) = self.holders(&asked.question, &parts, left.collect::<Vec<_>>().into_iter());
                for holder in holders {
                    let Some(principal) = self.principals.get(holder.principal) else { continue };
                    let doubt = match (&asked.only_possible, holder.access.standing) {
                        (Some(reason), _) => Some(reason.clone()),
                        (None, Standing::Unknown) => Some(holder.access.why.clone()),
                        (None, _) if unsure.contains(&holder.principal) => Some("its tags are not in the input".to_owned()),
                        (None, _) => None,
                    };
                    let found = if doubt.is_some() { None } else { parts.iter().find_map(|part| self.witness(principal, part)) };
                    match found {
                        Some(Shown { context, resource, why }) => {
                            let action = action.clone();
                            violations.insert(holder.principal, Violation { principal: holder.principal, action, resource, context, why });
                        }
                        None => {
                            let open = Some(holder.access.conditions.join("; ")).filter(|conditions| !conditions.is_empty());
                            let reason = doubt.or(open).unwrap_or(holder.access.why);
                            unknown.insert(format!("whether {} {} may do `{action}`: {reason}", principal.kind.name(), principal.name));
                        }
                    }
                }
            }
        }
        let outcome = if !violations.is_empty() {
            Outcome::Fail
        } else if !unknown.is_empty() {
            Outcome::Unknown
        } else if selected.is_empty() {
            Outcome::NobodySelected
        } else {
            Outcome::Pass
        };
        Judged {
            id: rule.id.clone(),
            title: rule.title.clone(),
            line: rule.line,
            outcome,
            selected: selected.len(),
            violations: violations.into_values().collect(),
            unknown: unknown.into_iter().collect(),
            assumptions: self.assumptions(),
        }
    }

    /// Whom the rule is about, and those of them whose tags are not known.
    fn select(&self, rule: &Assertion) -> (Vec<usize>, BTreeSet<usize>) {
        let (mut selected, mut unsure) = (Vec::new(), BTreeSet::new());
        for number in 0..self.principals.len() {
            let excepted = rule.except.as_ref().map_or(Some(false), |except| self.is_selected(number, except));
            match (self.is_selected(number, &rule.who), excepted) {
                (Some(false), _) | (_, Some(true)) => {}
                (Some(true), Some(false)) => selected.push(number),
                _ => {
                    selected.push(number);
                    unsure.insert(number);
                }
            }
        }
        (selected, unsure)
    }

    /// `None` if tags decide that are not known.
    fn is_selected(&self, number: usize, select: &Select) -> Option<bool> {
        let of = self.principals.get(number)?;
        let any = |patterns: &[String], text: &str| patterns.is_empty() || patterns.iter().any(|pattern| glob(pattern, text));
        if !any(&select.arn, &of.arn) || !any(&select.name, &of.name) || select.kind.is_some_and(|kind| kind != of.kind) {
            return Some(false);
        }
        has_tags(of.tags.as_deref(), &select.tags)
    }

    /// The actions that are meant, each with whether it takes no resource.
    fn expand(&self, meant: &Actions, known: &[KnownAction<'_>], selected: &[usize]) -> BTreeMap<String, bool> {
        let mut found = BTreeMap::new();
        let listed = |name: &str| meant.actions.iter().any(|pattern| matches_ignore_case(pattern, name));
        for action in known {
            let level = action.access_level.is_some_and(|level| meant.access.iter().any(|of| of.eq_ignore_ascii_case(level)));
            let service = action.name.split(':').next().unwrap_or_default();
            let of_service = meant.services.is_empty() || meant.services.iter().any(|of| of.eq_ignore_ascii_case(service));
            if listed(action.name) || level && of_service {
                found.insert(action.name.to_owned(), action.wildcard_only);
            }
        }
        let have: BTreeSet<String> = found.keys().map(|name: &String| name.to_ascii_lowercase()).collect();
        let spelled = meant.actions.iter().filter(|action| !action.contains(['*', '?'])).cloned();
        let of_policies = selected.iter().filter_map(|number| self.principals.get(*number)).flat_map(|of| self.spelled_actions(of));
        for action in spelled.chain(of_policies.filter(|action| listed(action))) {
            if !have.contains(&action.to_ascii_lowercase()) {
                found.insert(action, false);
            }
        }
        found
    }

    /// The resources that are meant, as questions about the action.
    fn questions(&self, action: &str, wildcard_only: bool, on: &Resources) -> Vec<Asked> {
        let ask = |resource: &str, only_possible: Option<String>| Asked {
            question: Question { wildcard_only, ..Question::new(action, resource) },
            only_possible,
        };
        let patterns: Vec<&str> = if on.arn.is_empty() { vec!["*"] } else { on.arn.iter().map(String::as_str).collect() };
        if on.tags.is_empty() {
            return patterns.into_iter().map(|pattern| ask(pattern, None)).collect();
        }
        let mut asked = Vec::new();
        for (arn, resource) in &self.resources {
            if !patterns.iter().any(|pattern| glob(pattern, arn)) {
                continue;
            }
            let doubt = match has_tags(resource.tags.as_deref(), &on.tags) {
                Some(false) => continue,
                Some(true) => None,
                None => Some(format!("the tags of `{arn}` are not in the input")),
            };
            // What is in a tagged resource, such as the objects of a bucket, is meant too.
            asked.push(ask(arn, doubt.clone()));
            asked.push(ask(&format!("{arn}/*"), doubt));
        }
        for pattern in patterns.into_iter().filter(|pattern| !self.has_all(pattern)) {
            let mut further = ask(pattern, Some("resources with these tags that are not in the input".to_owned()));
            for (key, value) in &on.tags {
                further.question.context.push((format!("aws:ResourceTag/{key}"), vec![value.clone()]));
            }
            asked.push(further);
        }
        asked
    }
}

/// Patterns and access levels that stand for no known action: what they were meant to forbid is not asked.
fn unmet<'m>(meant: &'m Actions, known: &'m [KnownAction<'_>]) -> impl Iterator<Item = &'m str> {
    let patterns = meant
        .actions
        .iter()
        .filter(|pattern| pattern.contains(['*', '?']) && !known.iter().any(|action| matches_ignore_case(pattern, action.name)));
    let levels = meant
        .access
        .iter()
        .filter(|level| !known.iter().any(|action| action.access_level.is_some_and(|of| of.eq_ignore_ascii_case(level))));
    patterns.chain(levels).map(String::as_str)
}

/// Whether all wanted tags are there; `None` if the tags are not known.
fn has_tags(tags: Option<&[(Box<str>, Box<str>)]>, wanted: &BTreeMap<String, String>) -> Option<bool> {
    if wanted.is_empty() {
        return Some(true);
    }
    let tags = tags?;
    Some(wanted.iter().all(|(key, value)| tags.iter().any(|(have, of)| **have == **key && glob(value, of))))
}

fn glob(pattern: &str, text: &str) -> bool {
    let tokens: Vec<Token> = pattern.chars().map(plain_token).collect();
    matches(&tokens, text, false)
}
