//! The texts that meet a comparison, or that a list takes in.

use super::atom::Texts;
use super::case::{Case, Projection};
use super::language::{Class, Glob, Step, TextSet};
use crate::Comparison;
use crate::eval::{ArnPattern, Case as Letters, Check, Match, Operand, Pattern};

/// A list, of which more may be missing, or all that is not on it.
pub(super) fn open_ended(globs: Vec<Glob>, negated: bool, missing: bool) -> Texts {
    match (negated, missing) {
        (false, false) => Texts::exactly(TextSet::of(globs)),
        (true, false) => Texts::exactly(TextSet::except(globs)),
        (false, true) => Texts { surely: TextSet::of(globs), maybe: Some(TextSet::everything()) },
        (true, true) => Texts { surely: TextSet::nothing(), maybe: Some(TextSet::except(globs)) },
    }
}

/// A list of which the second part may be on it, or all that is not on it.
pub(super) fn between(surely: Vec<Glob>, also: Vec<Glob>, negated: bool) -> Texts {
    let all: Vec<Glob> = surely.iter().cloned().chain(also).collect();
    if negated {
        Texts { surely: TextSet::except(all), maybe: Some(TextSet::except(surely)) }
    } else {
        Texts { surely: TextSet::of(surely), maybe: Some(TextSet::of(all)) }
    }
}

/// The single values that meet a comparison of texts or ARNs; `None` for other comparisons.
pub(super) fn texts_of(check: &Check, case: &Case) -> Option<Texts> {
    let negated = check.operator.is_negated();
    if check.operator.comparison == Comparison::Null {
        return None;
    }
    let (mut globs, mut also) = (Vec::new(), Vec::new());
    let mut arns_only = false;
    for operand in &check.operands {
        let found = match operand {
            Operand::Text(pattern, letters) => {
                pattern.resolve(&case.template).map(|tokens| Glob::of_tokens(&tokens, *letters == Letters::Ignored))
            }
            Operand::Arn(pattern) => {
                arns_only = true;
                pattern.as_ref().map_or(Err(Match::NoValue), |pattern| arn_glob(pattern, case))
            }
            Operand::Number(..) | Operand::Date(..) | Operand::Bool(_) | Operand::Binary(_) | Operand::Network(_) | Operand::Absent(_) => {
                return None;
            }
        };
        match found {
            Ok(glob) => match case.without_symbols(&glob) {
                Some(wide) => also.push(wide),
                None => globs.push(glob),
            },
            // Without a value for a variable the comparison does not hold, negated or not.
            Err(_) if negated => return Some(Texts::exactly(TextSet::nothing())),
            Err(_) => {}
        }
    }
    let missing = check.missing.is_some();
    let mut texts = if also.is_empty() || missing { open_ended(globs, negated, missing) } else { between(globs, also, negated) };
    texts.surely.arns_only = arns_only;
    if let Some(maybe) = &mut texts.maybe {
        maybe.arns_only = arns_only;
    }
    Some(texts)
}

/// A value that is not what its operator compares: never met in a request, or a reference that only a deployment resolves.
pub(super) fn is_unreadable(operand: &Operand) -> bool {
    matches!(
        operand,
        Operand::Number(None, _)
            | Operand::Date(None, _)
            | Operand::Bool(None)
            | Operand::Binary(None)
            | Operand::Network(None)
            | Operand::Absent(None)
    )
}

fn arn_glob(pattern: &ArnPattern, case: &Case) -> Result<Glob, Match> {
    let fields = match pattern {
        ArnPattern::Any => return Ok(Glob { steps: vec![Step::Star(Class::Any)], ignore_case: false }),
        ArnPattern::Fields(patterns) => patterns
            .iter()
            .map(|pattern| Ok(Glob::of_tokens(&pattern.resolve(&case.template)?, false)))
            .collect::<Result<Vec<_>, Match>>()?,
        ArnPattern::Whole(pattern) => {
            let steps = Glob::of_tokens(&pattern.resolve(&case.template)?, false).steps;
            let fields: Vec<Glob> =
                steps.splitn(6, |step| *step == Step::Char(':')).map(|field| Glob { steps: field.to_vec(), ignore_case: false }).collect();
            if fields.len() < 6 {
                return Err(Match::NoValue);
            }
            fields
        }
    };
    let mut steps = Vec::new();
    for (place, field) in fields.into_iter().enumerate() {
        if place > 0 {
            steps.push(Step::Char(':'));
        }
        steps.extend(field.steps.into_iter().map(|step| if place < 5 { step.within(Class::InField) } else { step }));
    }
    Ok(Glob { steps, ignore_case: false })
}

pub(super) fn variables(operand: &Operand) -> Vec<&str> {
    match operand {
        Operand::Text(pattern, _) | Operand::Arn(Some(ArnPattern::Whole(pattern))) => pattern.variable_keys().collect(),
        Operand::Arn(Some(ArnPattern::Fields(patterns))) => patterns.iter().flat_map(Pattern::variable_keys).collect(),
        _ => Vec::new(),
    }
}

impl Projection {
    pub(super) fn of_set(&self, set: &TextSet) -> TextSet {
        if set.arns_only && self.class != Class::Any {
            return TextSet::nothing();
        }
        let any_of = set.any_of.iter().flat_map(|glob| self.of_glob(glob)).collect();
        TextSet { any_of, arns_only: set.arns_only, negated: set.negated }
    }
}
