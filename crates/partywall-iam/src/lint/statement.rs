//! One statement, taken apart as far as it can be.

use crate::node::kind_of;
use partywall_model::Value;

use super::Rule;
use super::report::{At, Report};
use crate::{Action, Effect};

/// The parts of a statement that the rules look at; what is broken was reported and is left out.
#[derive(Debug)]
pub(super) struct Statement<'v, 'r> {
    /// Its number in the list of statements.
    pub(super) index: Option<usize>,
    /// Whether the kind of policy gives permissions; organization policies, boundaries and the like only take them away.
    pub(super) giving: bool,
    pub(super) effect: Option<Effect>,
    pub(super) principal: Option<Named<'v>>,
    pub(super) action: Option<Patterns<'v>>,
    pub(super) resource: Option<Patterns<'v>>,
    pub(super) condition: Option<Named<'v>>,
    /// The patterns of `Action`, and the actions that the reference data knows for each; not for `*` alone.
    pub(super) expanded: Vec<Expanded<'v, 'r>>,
}

/// An element that has a twin with `Not`, as it is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named<'v> {
    pub(super) name: &'v str,
    pub(super) negated: bool,
    pub(super) value: &'v Value,
}

/// The texts of an element, each with its number in the list.
#[derive(Debug)]
pub(super) struct Patterns<'v> {
    pub(super) name: &'v str,
    pub(super) negated: bool,
    pub(super) items: Vec<(Option<usize>, &'v str)>,
    /// True if every item is a known text.
    pub(super) whole: bool,
}

/// A pattern of actions, and what it matches.
#[derive(Debug)]
pub(super) struct Expanded<'v, 'r> {
    pub(super) index: Option<usize>,
    pub(super) pattern: &'v str,
    pub(super) actions: Vec<Action<'r>>,
}

impl Expanded<'_, '_> {
    /// True if the policy names an action, not several.
    pub(super) fn is_exact(&self) -> bool {
        !is_pattern(self.pattern)
    }
}

impl<'v, 'r> Statement<'v, 'r> {
    pub(super) fn allows(&self) -> bool {
        self.effect == Some(Effect::Allow)
    }

    /// True if it gives permissions.
    pub(super) fn grants(&self) -> bool {
        self.giving && self.allows()
    }

    /// The patterns of `Action`; none for `NotAction`.
    pub(super) fn actions(&self) -> Option<&Patterns<'v>> {
        self.action.as_ref().filter(|action| !action.negated)
    }

    /// The patterns of `Resource`; none for `NotResource`.
    pub(super) fn resources(&self) -> Option<&Patterns<'v>> {
        self.resource.as_ref().filter(|resource| !resource.negated)
    }

    /// All actions of all patterns, each once, in the order of the data.
    pub(super) fn all_actions(&self) -> Vec<Action<'r>> {
        let mut all: Vec<Action<'r>> = self.expanded.iter().flat_map(|expanded| expanded.actions.iter().copied()).collect();
        if self.expanded.len() > 1 {
            all.sort_by_key(|action| action.number());
            all.dedup_by_key(|action| action.number());
        }
        all
    }

    /// True if `Action` has a star alone.
    pub(super) fn has_every_action(&self) -> bool {
        self.actions().is_some_and(|patterns| patterns.items.iter().any(|(_, text)| is_every_action(text)))
    }
}

impl<'v> Patterns<'v> {
    /// The texts of an element; reports what is not text and an empty list.
    pub(super) fn read(element: Named<'v>, at: At<'_>, report: &mut Report) -> Self {
        let at = at.member(element.name);
        let mut patterns = Self { name: element.name, negated: element.negated, items: Vec::new(), whole: true };
        for (index, item) in items(element.value) {
            match item {
                Value::Str(text) => patterns.items.push((index, text)),
                Value::Unknown(_) => patterns.whole = false,
                other => {
                    patterns.whole = false;
                    report.add(Rule::WrongType, at.item(index), format!("`{}` holds {}, not text", element.name, kind_of(other)));
                }
            }
        }
        if element.value.as_list().is_some_and(<[Value]>::is_empty) {
            patterns.whole = false;
            report.add(Rule::EmptyList, at, format!("`{}` is empty, so the statement matches nothing", element.name));
        }
        patterns
    }
}

/// The elements of a list with their numbers; what is no list stands for itself.
pub(super) fn items(value: &Value) -> Vec<(Option<usize>, &Value)> {
    match value {
        Value::List(list) => list.iter().enumerate().map(|(index, item)| (Some(index), item)).collect(),
        single => vec![(None, single)],
    }
}

/// The member of an object, its name in either case.
pub(super) fn member<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    value.as_map()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// True for `*`, and for `*:*`, which IAM takes for the same.
pub(super) fn is_every_action(text: &str) -> bool {
    text == "*:*" || crate::arn::only_stars(text)
}

pub(super) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}
