//! From statements to atoms: what a statement asks of each variable of the requests of one [`Case`].

use std::collections::HashMap;
use std::sync::Arc;

use partywall_model::{Cause, CauseKind};

use super::atom::{Atom, KeyTest, Test, Texts, Variable};
use super::case::{Case, Resources};
use super::language::{Class, Glob, Step, TextSet};
use super::operand_texts::{between, is_unreadable, open_ended, texts_of, variables};
use crate::condition::Comparison;
use crate::eval::{Check, Pattern, Piece, Rule};
use crate::{Answer, Element, Known};

/// A statement, or one of the cases that it is split into: it takes in a request if all its atoms hold.
#[derive(Debug, Clone, Default)]
pub(super) struct Clause {
    /// By number.
    pub(super) atoms: Vec<usize>,
    /// Why it may not apply even so, if it may not.
    pub(super) doubt: Option<Arc<Cause>>,
}

/// The atoms of all statements of a question, within one case.
#[derive(Debug)]
pub(super) struct Compiler<'c, 'p> {
    pub(super) case: &'c Case,
    pub(super) atoms: Vec<Atom<'p>>,
    /// Condition keys that can be chosen, in lower case.
    pub(super) keys: Vec<Box<str>>,
    opaque: Vec<Opaque<'p>>,
    /// Atoms that many statements have, such as the same list of actions.
    same: HashMap<(Variable, Texts), usize>,
}

/// A part whose meaning rests on a variable that is not chosen: the same part means the same in all statements.
#[derive(Debug, PartialEq)]
enum Opaque<'p> {
    Pattern(&'p Pattern),
    /// All but what the patterns match.
    Exception(&'p [Piece]),
    Check(&'p Check),
}

/// A statement takes in no request of the case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Never;

impl<'c, 'p> Compiler<'c, 'p> {
    pub(super) fn new(case: &'c Case) -> Self {
        Self { case, atoms: Vec::new(), keys: Vec::new(), opaque: Vec::new(), same: HashMap::new() }
    }

    /// The statement as a whole, or nothing if it takes in no request.
    pub(super) fn whole(&mut self, rule: &'p Rule, doubt: Option<Arc<Cause>>, label: &str) -> Option<Clause> {
        let mut clause = Clause { atoms: Vec::new(), doubt };
        self.actions(rule, None, &mut clause, label).ok()?;
        self.resources(rule, None, &mut clause, label).ok()?;
        self.conditions(rule, &mut clause, label).ok()?;
        Some(clause)
    }

    /// The statement, split by the patterns of its Action and Resource elements.
    pub(super) fn split(&mut self, rule: &'p Rule, doubt: Option<&Arc<Cause>>, label: &str) -> Vec<Clause> {
        let places = |count: usize, open: bool| (0..count).map(Some).chain((open || count == 0).then_some(None)).collect::<Vec<_>>();
        let actions = match &rule.action {
            Element::Only(Known::Is(patterns)) => places(patterns.len(), rule.missing_action.is_some()),
            _ => vec![None],
        };
        let resources = match &rule.resource {
            Element::Only(Known::Is(pieces)) if pieces.len() > 1 && pieces.iter().any(has_variable) => {
                places(pieces.len(), rule.missing_resource.is_some())
            }
            _ => vec![None],
        };
        let mut common = Clause { atoms: Vec::new(), doubt: doubt.cloned() };
        if self.conditions(rule, &mut common, label).is_err() {
            return Vec::new();
        }
        let mut clauses = Vec::new();
        for action in &actions {
            for resource in &resources {
                let mut clause = common.clone();
                let met =
                    self.actions(rule, *action, &mut clause, label).and_then(|()| self.resources(rule, *resource, &mut clause, label));
                if met.is_ok() {
                    clauses.push(clause);
                }
            }
        }
        clauses
    }

    /// The comparison alone as a clause; nothing if it does not hold of any request of the case.
    pub(super) fn comparison(&mut self, check: &'p Check, label: &str) -> Option<Clause> {
        let mut clause = Clause::default();
        self.condition(check, &mut clause, label).ok()?;
        Some(clause)
    }

    pub(super) fn text(&mut self, variable: Variable, texts: Texts, doubt: Option<Arc<Cause>>) -> usize {
        if let Some(known) = self.same.get(&(variable, texts.clone())).filter(|_| doubt.is_none()) {
            return *known;
        }
        let key = doubt.is_none().then(|| (variable, texts.clone()));
        let number = self.push(Atom { variable, test: Test::Text(texts), opaque: Vec::new(), doubt });
        self.same.extend(key.map(|key| (key, number)));
        number
    }

    fn push(&mut self, atom: Atom<'p>) -> usize {
        self.atoms.push(atom);
        self.atoms.len().saturating_sub(1)
    }

    fn actions(&mut self, rule: &'p Rule, only: Option<usize>, clause: &mut Clause, label: &str) -> Result<(), Never> {
        let (patterns, negated) = match &rule.action {
            Element::Absent => return Err(Never),
            Element::Only(Known::Is(patterns)) => (patterns, false),
            Element::Except(Known::Is(patterns)) => (patterns, true),
            Element::Only(Known::Unknown(cause)) | Element::Except(Known::Unknown(cause)) => {
                clause.doubt.get_or_insert_with(|| named(label, cause));
                return Ok(());
            }
        };
        let chosen = patterns.iter().enumerate().filter(|(place, _)| only.is_none_or(|only| only == *place));
        let template = &self.case.template;
        let globs = chosen.filter_map(|(_, pattern)| pattern.resolve(template).ok()).map(|tokens| Glob::of_tokens(&tokens, true)).collect();
        let missing = rule.missing_action.as_ref().filter(|_| only.is_none());
        let texts = open_ended(globs, negated, missing.is_some());
        clause.atoms.push(self.text(Variable::Action, texts, missing.map(|cause| named(label, cause))));
        Ok(())
    }

    fn resources(&mut self, rule: &'p Rule, only: Option<usize>, clause: &mut Clause, label: &str) -> Result<(), Never> {
        if matches!(self.case.resources, Resources::None) {
            return settle(&rule.resource_matches(&self.case.template), clause, label);
        }
        let (pieces, negated) = match &rule.resource {
            Element::Absent => return Ok(()),
            Element::Only(Known::Is(pieces)) => (pieces, false),
            Element::Except(Known::Is(pieces)) => (pieces, true),
            Element::Only(Known::Unknown(cause)) | Element::Except(Known::Unknown(cause)) => {
                clause.doubt.get_or_insert_with(|| named(label, cause));
                return Ok(());
            }
        };
        let (mut surely, mut also, mut opaque) = (Vec::new(), Vec::new(), Vec::new());
        let missing = rule.missing_resource.as_ref().filter(|_| only.is_none());
        let mut doubt = missing.map(|cause| named(label, cause));
        let mut varies = false;
        for (_, piece) in pieces.iter().enumerate().filter(|(place, _)| only.is_none_or(|only| only == *place)) {
            match piece {
                Piece::Short(start, cause) => {
                    also.push(Glob::literal(start).then_text(":").then([Step::Star(Class::Any)]));
                    doubt.get_or_insert_with(|| named(label, cause));
                }
                Piece::Pattern(pattern) if pattern.variable_keys().all(|key| self.case.is_settled(key)) => {
                    match pattern.resolve(&self.case.template) {
                        Ok(tokens) => {
                            let glob = Glob::of_tokens(&tokens, false);
                            match self.case.without_symbols(&glob) {
                                Some(wide) => {
                                    also.push(wide);
                                    doubt.get_or_insert_with(|| symbol(label));
                                }
                                None => surely.push(glob),
                            }
                        }
                        // Of NotResource: a variable without value keeps the statement from taking in anything that is not listed.
                        Err(_) if negated => return Err(Never),
                        Err(_) => {}
                    }
                }
                Piece::Pattern(pattern) => {
                    varies = true;
                    also.push(Glob::of_tokens(&pattern.widest(), false));
                    doubt.get_or_insert_with(|| joined(label, pattern.variable_keys()));
                    if !negated {
                        opaque.push(self.number(Opaque::Pattern(pattern)));
                    }
                }
            }
        }
        if negated && varies {
            opaque.push(self.number(Opaque::Exception(pieces)));
        }
        let texts = match (negated, missing.is_some()) {
            // A variable without value would keep it from taking in anything.
            (true, _) if varies => Texts { surely: TextSet::nothing(), maybe: Some(TextSet::except(surely)) },
            (negated, false) if !also.is_empty() => between(surely, also, negated),
            (negated, missing) => open_ended(surely, negated, missing),
        };
        let atom = if opaque.is_empty() {
            self.text(Variable::Resource, texts, doubt)
        } else {
            self.push(Atom { variable: Variable::Resource, test: Test::Text(texts), opaque, doubt })
        };
        clause.atoms.push(atom);
        Ok(())
    }

    fn conditions(&mut self, rule: &'p Rule, clause: &mut Clause, label: &str) -> Result<(), Never> {
        if let Some(cause) = &rule.missing_check {
            clause.doubt.get_or_insert_with(|| named(label, cause));
        }
        rule.checks.iter().try_for_each(|check| self.condition(check, clause, label))
    }

    fn condition(&mut self, check: &'p Check, clause: &mut Clause, label: &str) -> Result<(), Never> {
        let template = &self.case.template;
        let key = &*check.key;
        if self.case.is_absent(key) {
            return settle(&check.holds(template), clause, label);
        }
        if check.operands.iter().any(is_unreadable) {
            let cause = Cause::new(CauseKind::WrongType, format!("a value that `{key}` is compared with is not of the operator's kind"));
            clause.doubt.get_or_insert_with(|| named(label, &Arc::new(cause)));
            return Ok(());
        }
        let free: Vec<&str> = check.operands.iter().flat_map(variables).filter(|key| !self.case.is_settled(key)).collect();
        if free.is_empty() && self.case.is_settled(key) {
            return settle(&check.holds(template), clause, label);
        }
        let projection = self.case.projection(key);
        if projection.is_some() && check.operator.comparison == Comparison::Null {
            return settle(&check.holds(template), clause, label);
        }
        let texts = if free.is_empty() { texts_of(check, self.case) } else { None };
        if self.case.is_settled(key) || projection.is_some() && texts.is_none() {
            clause.doubt.get_or_insert_with(|| joined(label, free.iter().copied().chain([key])));
            return Ok(());
        }
        let doubt = match &check.missing {
            Some(cause) => Some(named(label, cause)),
            None if !free.is_empty() => Some(joined(label, free.iter().copied())),
            None => texts.as_ref().and_then(|texts| texts.maybe.as_ref()).map(|_| symbol(label)),
        };
        if let (Some(projection), Some(texts)) = (projection, &texts) {
            let texts = Texts { surely: projection.of_set(&texts.surely), maybe: texts.maybe.as_ref().map(|set| projection.of_set(set)) };
            clause.atoms.push(self.text(projection.variable, texts, doubt));
            return Ok(());
        }
        let blurred = !free.is_empty();
        let opaque = if blurred { vec![self.number(Opaque::Check(check))] } else { Vec::new() };
        let variable = Variable::Key(self.key(key));
        clause.atoms.push(self.push(Atom { variable, test: Test::Key(KeyTest { check, texts, blurred }), opaque, doubt }));
        Ok(())
    }

    fn key(&mut self, name: &str) -> usize {
        self.keys.iter().position(|have| **have == *name).unwrap_or_else(|| {
            self.keys.push(name.into());
            self.keys.len().saturating_sub(1)
        })
    }

    fn number(&mut self, part: Opaque<'p>) -> usize {
        self.opaque.iter().position(|have| *have == part).unwrap_or_else(|| {
            self.opaque.push(part);
            self.opaque.len().saturating_sub(1)
        })
    }
}

/// An answer that is the same for all requests of the case.
fn settle(answer: &Answer, clause: &mut Clause, label: &str) -> Result<(), Never> {
    match answer {
        Answer::Yes => Ok(()),
        Answer::No => Err(Never),
        Answer::Unknown(cause) => {
            clause.doubt.get_or_insert_with(|| named(label, cause));
            Ok(())
        }
    }
}

fn has_variable(piece: &Piece) -> bool {
    matches!(piece, Piece::Pattern(pattern) if pattern.variable_keys().next().is_some())
}

/// The keys of all policy variables of a statement.
pub(super) fn variables_of(rule: &Rule) -> Vec<&str> {
    let pieces = match &rule.resource {
        Element::Only(Known::Is(pieces)) | Element::Except(Known::Is(pieces)) => pieces.as_slice(),
        _ => &[],
    };
    let of_pieces = pieces.iter().filter_map(|piece| match piece {
        Piece::Pattern(pattern) => Some(pattern.variable_keys()),
        Piece::Short(..) => None,
    });
    let of_checks = rule.checks.iter().flat_map(|check| &check.operands).flat_map(variables);
    of_pieces.flatten().chain(of_checks).collect()
}

/// The cause with the statement that it is about.
pub(super) fn named(label: &str, cause: &Arc<Cause>) -> Arc<Cause> {
    let mut named = Cause::clone(cause);
    named.detail = format!("{label}: {}", cause.detail);
    Arc::new(named)
}

fn joined<'k>(label: &str, keys: impl Iterator<Item = &'k str>) -> Arc<Cause> {
    let names: Vec<String> = keys.map(|key| format!("`${{{key}}}`")).collect();
    let detail = format!("{label}: rests on the value of {}, which the question leaves open", names.join(", "));
    Arc::new(Cause::new(CauseKind::NotInSource, detail))
}

fn symbol(label: &str) -> Arc<Cause> {
    let detail = format!("{label}: holds a reference that only a deployment resolves");
    Arc::new(Cause::new(CauseKind::UnresolvedReference, detail))
}
