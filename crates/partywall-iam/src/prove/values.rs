//! Values of one condition key that meet some comparisons and fail others.

use super::atom::{KeyTest, Side};
use super::language::{Budget, Exhausted, Glob, TextSet, find};
use super::samples::samples;
use crate::eval::{Operand, Request};
use crate::{Operator, Quantifier};

/// What a request says of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum KeyState {
    Absent,
    Values(Vec<String>),
}

/// Why no answer was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    Exhausted,
    /// Values are compared in ways that are not reasoned about together, as patterns of text and as numbers.
    Mixed,
}

impl From<Exhausted> for Trouble {
    fn from(_: Exhausted) -> Self {
        Self::Exhausted
    }
}

/// Comparisons of one key, each with what is asked of it.
pub(super) type Asked<'t, 'p> = [(&'t KeyTest<'p>, Side)];

/// A state of the key with which every comparison answers as asked; `None` if there is none.
///
/// Absent, one value and several values are tried in turn. Of several, each comparison with `ForAnyValue` needs a value that meets it
/// or none that does, and one with `ForAllValues` the reverse; without either it holds of no set (see [`crate::eval`]). A state with
/// more values than the comparisons ask for is never needed.
pub(super) fn solve(
    (key, is_set): (&str, bool),
    asked: &Asked<'_, '_>,
    template: &Request,
    budget: &mut Budget,
) -> Result<Option<KeyState>, Trouble> {
    let absent = || asked.iter().all(|(test, side)| side.accepts(&test.without_key(template)));
    let always = is_always_present(key);
    if !always && absent() {
        return Ok(Some(KeyState::Absent));
    }
    let (presence, asked): (Vec<_>, Vec<_>) = asked.iter().copied().partition(|(test, _)| test.is_null_test());
    if !presence.iter().all(|(test, side)| side.accepts(&test.with_key(template))) {
        return Ok(None);
    }
    let mut trouble = None;
    match one(key, &asked, None, template, budget) {
        Ok(Some(value)) => return Ok(Some(KeyState::Values(vec![value]))),
        Ok(None) => {}
        Err(found) => trouble = Some(found),
    }
    if is_set {
        match several(key, &asked, template, budget) {
            Ok(Some(values)) => return Ok(Some(KeyState::Values(values))),
            Ok(None) => {}
            Err(found) => trouble = Some(found),
        }
    }
    trouble.map_or(Ok(None), Err)
}

/// Keys that every request has (IAM user guide, AWS global condition context keys).
fn is_always_present(key: &str) -> bool {
    matches!(key, "aws:currenttime" | "aws:epochtime" | "aws:securetransport" | "aws:viaawsservice" | "aws:requestedregion")
}

/// A global key has several values if it is one of a few; any other key, if a policy compares it as a set.
pub(super) fn is_set(key: &str, checks: impl Iterator<Item = Operator>) -> bool {
    if !key.starts_with("aws:") {
        return checks.into_iter().any(|operator| operator.quantifier.is_some());
    }
    matches!(
        key,
        "aws:calledvia"
            | "aws:principalorgpaths"
            | "aws:principalservicenameslist"
            | "aws:resourceorgpaths"
            | "aws:sourceorgpaths"
            | "aws:tagkeys"
    )
}

/// At least two values.
fn several(key: &str, asked: &Asked<'_, '_>, template: &Request, budget: &mut Budget) -> Result<Option<Vec<String>>, Trouble> {
    // What all values have to do, and what one of them has to.
    let (mut all, mut some) = (Vec::new(), Vec::new());
    for (test, side) in asked {
        match (test.quantifier(), side.is_positive()) {
            (None, true) => return Ok(None),
            (None, false) => {}
            (Some(Quantifier::Any), true) | (Some(Quantifier::All), false) => some.push((*test, *side)),
            (Some(Quantifier::Any), false) | (Some(Quantifier::All), true) => all.push((*test, *side)),
        }
    }
    let mut values: Vec<String> = Vec::new();
    for wanted in some {
        let both: Vec<_> = all.iter().copied().chain([wanted]).collect();
        match one(key, &both, None, template, budget)? {
            None => return Ok(None),
            Some(value) if !values.contains(&value) => values.push(value),
            Some(_) => {}
        }
    }
    while values.len() < 2 {
        match one(key, &all, values.first().map(String::as_str), template, budget)? {
            Some(value) => values.push(value),
            None => return Ok(None),
        }
    }
    Ok(Some(values))
}

/// A single value, other than the one given.
fn one(key: &str, asked: &Asked<'_, '_>, except: Option<&str>, template: &Request, budget: &mut Budget) -> Result<Option<String>, Trouble> {
    let (blurred, asked): (Vec<_>, Vec<_>) = asked.iter().copied().partition(|(test, _)| test.blurred);
    if !blurred.iter().all(|(test, side)| side.accepts(&test.of_value("", template))) {
        return Ok(None);
    }
    let other = TextSet::of(except.map(Glob::literal).into_iter().collect());
    if let Some(mut sets) = asked.iter().map(|(test, side)| Some(test.texts.as_ref()?.side(*side))).collect::<Option<Vec<_>>>() {
        sets.push((&other, false));
        return Ok(find(&sets, budget)?);
    }
    let candidates = samples(key, asked.iter().flat_map(|(test, _)| test.operands()));
    let fits =
        |value: &&String| except != Some(value.as_str()) && asked.iter().all(|(test, side)| side.accepts(&test.of_value(value, template)));
    if let Some(value) = candidates.texts.iter().find(fits) {
        return Ok(Some(value.clone()));
    }
    if candidates.is_complete { Ok(None) } else { Err(Trouble::Mixed) }
}

/// The kinds of values that are compared as such rather than as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    Date,
    Bool,
    Binary,
    Network,
}

impl Kind {
    pub(super) fn of(operand: &Operand) -> Option<Self> {
        match operand {
            Operand::Number(..) => Some(Self::Number),
            Operand::Date(..) => Some(Self::Date),
            Operand::Bool(_) => Some(Self::Bool),
            Operand::Binary(_) => Some(Self::Binary),
            Operand::Network(_) => Some(Self::Network),
            Operand::Text(..) | Operand::Arn(_) | Operand::Absent(_) => None,
        }
    }
}
