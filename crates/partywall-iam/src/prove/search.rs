//! A request that some statements take in and others do not.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use partywall_model::{Cause, CauseKind};

use super::atom::{KeyTest, Side, Test, Variable};
use super::case::Resources;
use super::compile::{Clause, Compiler};
use super::language::{Budget, TextSet, find};
use super::values::{KeyState, Trouble, solve};

/// Choices between the parts of statements that a search may try.
const MAX_CHOICES: usize = 100_000;
/// Parts of statements that it may look at.
const MAX_STEPS: usize = 20_000_000;
/// Choices that may rest on each other.
const MAX_DEPTH: usize = 500;

/// Whether what is not known counts as met or as not met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// All requests that may be meant: if there is none, there is none whatever the unknown parts are.
    Possible,
    /// Only requests that are meant whatever the unknown parts are.
    Certain,
}

/// A value for each variable that was asked about.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    pub(super) action: String,
    pub(super) resource: String,
    pub(super) principal: Option<String>,
    /// By the number of the key.
    pub(super) keys: Vec<(usize, KeyState)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Text(String),
    State(KeyState),
}

type Asked = Vec<(usize, Side)>;

/// What was asked of each variable so far.
#[derive(Debug, Clone, Default)]
struct Chosen {
    asked: Vec<(Variable, Asked)>,
    /// Parts with open variables that have to hold.
    opaque: HashSet<usize>,
}

/// The search within one case.
#[derive(Debug)]
pub(super) struct Search<'s, 'c, 'p> {
    compiler: &'s Compiler<'c, 'p>,
    /// The actions that exist, if only these are meant.
    actions: Option<&'s [&'s str]>,
    mode: Mode,
    budget: &'s mut Budget,
    choices: usize,
    steps: usize,
    known: HashMap<(Variable, Asked), Result<Option<Value>, Trouble>>,
    /// Why a "none" would not be sure.
    pub(super) trouble: Option<Arc<Cause>>,
}

impl<'s, 'c, 'p> Search<'s, 'c, 'p> {
    pub(super) fn new(compiler: &'s Compiler<'c, 'p>, actions: Option<&'s [&'s str]>, mode: Mode, budget: &'s mut Budget) -> Self {
        Self { compiler, actions, mode, budget, choices: 0, steps: 0, known: HashMap::new(), trouble: None }
    }

    /// A request that all of `inside` take in and none of `outside` does.
    pub(super) fn run(&mut self, inside: &[&Clause], outside: &[&Clause]) -> Option<Found> {
        let (holds, fails) = match self.mode {
            Mode::Possible => (Side::Maybe, Side::NotSurely),
            Mode::Certain => (Side::Surely, Side::SurelyNot),
        };
        if self.mode == Mode::Certain && inside.iter().any(|clause| clause.doubt.is_some()) {
            return None;
        }
        let mut chosen = Chosen::default();
        for atom in inside.iter().flat_map(|clause| &clause.atoms) {
            if !self.ask(&mut chosen, *atom, holds) {
                return None;
            }
        }
        // A statement that may not apply anyway: in doubt it does not.
        let outside = outside.iter().filter(|clause| self.mode == Mode::Certain || clause.doubt.is_none());
        self.exclude(chosen, outside.map(|clause| clause.atoms.as_slice()).collect(), fails, 0)
    }

    /// Adds to what is asked; false if nothing is left.
    fn ask(&mut self, chosen: &mut Chosen, number: usize, side: Side) -> bool {
        let Some(atom) = self.compiler.atoms.get(number) else { return false };
        if side.is_positive() {
            // One part alone can be meant only if nothing is on its list for sure.
            if let [single] = atom.opaque.as_slice()
                && self.only_opaque(number)
            {
                chosen.opaque.insert(*single);
            }
        } else if atom.opaque.iter().any(|part| chosen.opaque.contains(part)) {
            return false;
        }
        let slot = match chosen.asked.iter_mut().find(|(variable, _)| *variable == atom.variable) {
            Some((_, asked)) => asked,
            None => {
                chosen.asked.push((atom.variable, Vec::new()));
                let Some((_, asked)) = chosen.asked.last_mut() else { return false };
                asked
            }
        };
        if let Err(at) = slot.binary_search(&(number, side)) {
            slot.insert(at, (number, side));
        }
        let asked = slot.clone();
        self.value(atom.variable, asked).is_some()
    }

    fn only_opaque(&self, number: usize) -> bool {
        self.compiler.atoms.get(number).is_some_and(|atom| match &atom.test {
            Test::Text(texts) => texts.surely == TextSet::nothing(),
            Test::Key(test) => test.blurred,
        })
    }

    /// Whether the atom, as far as it counts for statements to be left out, is bound to fail.
    fn is_out(&mut self, chosen: &Chosen, number: usize) -> bool {
        let Some(atom) = self.compiler.atoms.get(number) else { return false };
        if atom.opaque.iter().any(|part| chosen.opaque.contains(part)) {
            return false;
        }
        let side = if self.mode == Mode::Possible { Side::Surely } else { Side::Maybe };
        let mut asked =
            chosen.asked.iter().find(|(variable, _)| *variable == atom.variable).map(|(_, asked)| asked.clone()).unwrap_or_default();
        if let Err(at) = asked.binary_search(&(number, side)) {
            asked.insert(at, (number, side));
        }
        // Not being able to tell is no trouble here: the statement is kept in view.
        self.lookup(atom.variable, asked) == Ok(None)
    }

    /// Chooses for each statement an atom that is to fail, those with the fewest choices first.
    fn exclude(&mut self, mut chosen: Chosen, mut open: Vec<&[usize]>, fails: Side, depth: usize) -> Option<Found> {
        loop {
            let mut left: Vec<(&[usize], Vec<Chosen>)> = Vec::new();
            let mut forced = None;
            self.steps = self.steps.saturating_add(open.len());
            for (place, atoms) in open.iter().enumerate() {
                if atoms.iter().any(|atom| self.is_out(&chosen, *atom)) {
                    continue;
                }
                let mut ways = Vec::new();
                for atom in *atoms {
                    let mut next = chosen.clone();
                    if self.ask(&mut next, *atom, fails) {
                        ways.push(next);
                    }
                }
                match ways.len() {
                    0 => return None,
                    1 => {
                        forced = ways.pop();
                        let rest = open.get(place.saturating_add(1)..).unwrap_or_default();
                        left.extend(rest.iter().map(|atoms| (*atoms, Vec::new())));
                        break;
                    }
                    _ => left.push((*atoms, ways)),
                }
            }
            if let Some(next) = forced {
                chosen = next;
                open = left.into_iter().map(|(atoms, _)| atoms).collect();
                continue;
            }
            let Some(fewest) = (0..left.len()).min_by_key(|place| left.get(*place).map(|(_, ways)| ways.len())) else {
                return self.finish(&chosen);
            };
            let (_, ways) = left.swap_remove(fewest);
            let rest: Vec<&[usize]> = left.into_iter().map(|(atoms, _)| atoms).collect();
            for way in ways {
                self.choices = self.choices.saturating_add(1);
                if self.choices > MAX_CHOICES || self.steps > MAX_STEPS || depth > MAX_DEPTH {
                    self.note("more combinations of statements than may be tried");
                    return None;
                }
                if let Some(found) = self.exclude(way, rest.clone(), fails, depth.saturating_add(1)) {
                    return Some(found);
                }
            }
            return None;
        }
    }

    fn finish(&mut self, chosen: &Chosen) -> Option<Found> {
        let asked = |variable: Variable| {
            chosen.asked.iter().find(|(have, _)| *have == variable).map(|(_, asked)| asked.clone()).unwrap_or_default()
        };
        let (action, resource, principal) = (asked(Variable::Action), asked(Variable::Resource), asked(Variable::Principal));
        let mut found = Found { action: self.text(Variable::Action, action)?, ..Found::default() };
        if matches!(self.compiler.case.resources, Resources::Texts(_)) {
            found.resource = self.text(Variable::Resource, resource)?;
        }
        if self.compiler.case.principal.is_some() {
            found.principal = Some(self.text(Variable::Principal, principal)?);
        }
        for (variable, asked) in &chosen.asked {
            if let Variable::Key(number) = variable
                && let Some(Value::State(state)) = self.value(*variable, asked.clone())
            {
                found.keys.push((*number, state));
            }
        }
        Some(found)
    }

    fn text(&mut self, variable: Variable, asked: Asked) -> Option<String> {
        match self.value(variable, asked)? {
            Value::Text(text) => Some(text),
            Value::State(_) => None,
        }
    }

    /// A value of the variable of which everything asked is true. Not being able to tell is noted, and no value.
    fn value(&mut self, variable: Variable, asked: Asked) -> Option<Value> {
        let count = asked.len();
        match self.lookup(variable, asked) {
            Ok(value) => value,
            Err(trouble) => {
                self.trouble_with(trouble, variable, count);
                None
            }
        }
    }

    fn lookup(&mut self, variable: Variable, asked: Asked) -> Result<Option<Value>, Trouble> {
        let question = (variable, asked);
        if let Some(known) = self.known.get(&question) {
            return known.clone();
        }
        let case = self.compiler.case;
        let asked = &question.1;
        let result = match variable {
            Variable::Action => self.text_of(&case.actions, asked, self.actions),
            Variable::Resource => match &case.resources {
                Resources::Texts(bounds) => self.text_of(bounds, asked, None),
                Resources::None => Ok(Some(Value::Text("*".to_owned()))),
            },
            Variable::Principal => self.text_of(case.principal.as_deref().unwrap_or_default(), asked, None),
            Variable::Key(number) => self.state_of(number, asked),
        };
        self.known.insert(question, result.clone());
        result
    }

    fn text_of(&mut self, bounds: &[(TextSet, bool)], asked: &Asked, list: Option<&[&str]>) -> Result<Option<Value>, Trouble> {
        let mut sets: Vec<(&TextSet, bool)> = Vec::with_capacity(bounds.len().saturating_add(asked.len()));
        for (number, side) in asked {
            if let Some(Test::Text(texts)) = self.compiler.atoms.get(*number).map(|atom| &atom.test) {
                sets.push(texts.side(*side));
            }
        }
        sets.extend(bounds.iter().map(|(set, inside)| (set, *inside)));
        if let Some(list) = list {
            let fits = |action: &&&str| sets.iter().all(|(set, inside)| set.contains(action) == *inside);
            return Ok(list.iter().find(fits).map(|action| Value::Text((*action).to_owned())));
        }
        Ok(find(&sets, self.budget)?.map(Value::Text))
    }

    fn state_of(&mut self, number: usize, asked: &Asked) -> Result<Option<Value>, Trouble> {
        let tests: Vec<(&KeyTest<'p>, Side)> = asked
            .iter()
            .filter_map(|(number, side)| match self.compiler.atoms.get(*number).map(|atom| &atom.test) {
                Some(Test::Key(test)) => Some((test, *side)),
                _ => None,
            })
            .collect();
        let name = self.compiler.keys.get(number).map(|name| &**name).unwrap_or_default();
        let case = self.compiler.case;
        let is_set = case.sets.iter().any(|set| **set == *name);
        Ok(solve((name, is_set), &tests, &case.template, self.budget)?.map(Value::State))
    }

    fn trouble_with(&mut self, trouble: Trouble, variable: Variable, count: usize) {
        let what = match variable {
            Variable::Action => "actions".to_owned(),
            Variable::Resource => "resources".to_owned(),
            Variable::Principal => "callers".to_owned(),
            Variable::Key(number) => format!("values of `{}`", self.compiler.keys.get(number).map(|name| &**name).unwrap_or_default()),
        };
        match trouble {
            Trouble::Exhausted => self.note(&format!("{count} comparisons of {what} need more than the states that may be visited")),
            Trouble::Mixed => self.note(&format!("{what} are compared both as text and as numbers, dates or addresses")),
        }
    }

    fn note(&mut self, detail: &str) {
        self.trouble.get_or_insert_with(|| Arc::new(Cause::new(CauseKind::EvaluationError, detail)));
    }
}
