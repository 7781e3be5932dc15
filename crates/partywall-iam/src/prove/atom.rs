//! What the parts of statements ask of a request, each of one of its variables.

use std::sync::Arc;

use partywall_model::Cause;

use super::language::TextSet;
use crate::condition::Comparison;
use crate::eval::{Check, Operand, Request};
use crate::{Answer, Quantifier};

/// The variables of a request, each of which can be chosen freely.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Variable {
    Action,
    Resource,
    /// The caller's own ARN, where it is not given.
    Principal,
    /// A condition key, by its number in the [`super::compile::Compiler`].
    Key(usize),
}

/// What is asked of an atom that may not be known: [`Side::accepts`] says of which answers it is true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Side {
    /// Holds for sure.
    Surely,
    /// Holds or is unknown.
    Maybe,
    /// Does not hold for sure.
    NotSurely,
    /// Surely does not hold.
    SurelyNot,
}

/// One part of a statement: it holds or not by the value of one variable.
#[derive(Debug)]
pub(super) struct Atom<'p> {
    pub(super) variable: Variable,
    pub(super) test: Test<'p>,
    /// Numbers of the parts with variables that it is made of: it holds if one of them does, but these are only known as a whole.
    pub(super) opaque: Vec<usize>,
    /// Why it is not known for every value, if it is not.
    pub(super) doubt: Option<Arc<Cause>>,
}

#[derive(Debug)]
pub(super) enum Test<'p> {
    Text(Texts),
    Key(KeyTest<'p>),
}

/// The texts that surely meet a test, and those that may; `None` if these are the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Texts {
    pub(super) surely: TextSet,
    pub(super) maybe: Option<TextSet>,
}

/// A comparison of a condition key.
#[derive(Debug)]
pub(super) struct KeyTest<'p> {
    pub(super) check: &'p Check,
    /// The single values that meet it, if they are compared as text.
    pub(super) texts: Option<Texts>,
    /// Its values rest on variables that are not chosen.
    pub(super) blurred: bool,
}

impl Side {
    pub(super) fn accepts(self, answer: &Answer) -> bool {
        match self {
            Self::Surely => *answer == Answer::Yes,
            Self::Maybe => *answer != Answer::No,
            Self::NotSurely => *answer != Answer::Yes,
            Self::SurelyNot => *answer == Answer::No,
        }
    }

    pub(super) fn is_positive(self) -> bool {
        matches!(self, Self::Surely | Self::Maybe)
    }
}

impl Texts {
    pub(super) fn exactly(set: TextSet) -> Self {
        Self { surely: set, maybe: None }
    }

    /// The set, and whether a text has to be in it or outside.
    pub(super) fn side(&self, side: Side) -> (&TextSet, bool) {
        let maybe = self.maybe.as_ref().unwrap_or(&self.surely);
        match side {
            Side::Surely => (&self.surely, true),
            Side::Maybe => (maybe, true),
            Side::NotSurely => (&self.surely, false),
            Side::SurelyNot => (maybe, false),
        }
    }
}

impl KeyTest<'_> {
    pub(super) fn is_null_test(&self) -> bool {
        self.check.operator.comparison == Comparison::Null
    }

    pub(super) fn quantifier(&self) -> Option<Quantifier> {
        self.check.operator.quantifier
    }

    /// Whether it holds of a request that lacks the key.
    pub(super) fn without_key(&self, template: &Request) -> Answer {
        self.check.holds(template)
    }

    /// Of a test of presence: whether it holds of a request that has the key.
    pub(super) fn with_key(&self, template: &Request) -> Answer {
        let mut request = template.clone();
        request.set(&self.check.key, ["present"]);
        self.check.holds(&request)
    }

    /// Whether a single value meets it.
    pub(super) fn of_value(&self, value: &str, template: &Request) -> Answer {
        if self.blurred {
            let cause = Cause::new(partywall_model::CauseKind::NotInSource, "a policy variable");
            return Answer::Unknown(Arc::new(cause));
        }
        self.check.holds_of(value, template)
    }

    pub(super) fn operands(&self) -> &[Operand] {
        &self.check.operands
    }
}
