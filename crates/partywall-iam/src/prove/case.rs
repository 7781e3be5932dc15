//! The requests of a question, cut into cases: in each, who calls is given or of one kind, and so are the keys that follow from it.

use super::atom::Variable;
use super::language::{Class, Glob, Step, TextSet};
use crate::eval::{Caller, Lookup, Request, Rule};
use crate::{Answer, Effect, Element, Known, Principals};

/// Sets that a text has to lie in, or outside of.
pub(super) type Bounds = Vec<(TextSet, bool)>;

/// Requests that are alike in all but the values of a few variables.
#[derive(Debug, Clone)]
pub(super) struct Case {
    /// The caller (if it is not given: one like it), and all keys that are settled.
    pub(super) template: Request,
    /// What the caller's own ARN can be; `None` if the caller is given.
    pub(super) principal: Option<Bounds>,
    pub(super) actions: Bounds,
    pub(super) resources: Resources,
    pub(super) ways: Ways,
    /// What Principal says of a statement that has none.
    pub(super) without_principal: Answer,
    /// The account that owns the resources.
    pub(super) owner: Option<Box<str>>,
    /// Keys that follow from variables of the request.
    pub(super) projections: Vec<(&'static str, Projection)>,
    /// Keys that can have several values.
    pub(super) sets: Vec<Box<str>>,
    /// Keys whose value, or absence, is settled to see what follows.
    pub(super) guessed: Vec<(Box<str>, Option<Box<str>>)>,
    /// References of a template stand for themselves.
    pub(super) symbols_are_texts: bool,
}

#[derive(Debug, Clone)]
pub(super) enum Resources {
    /// The action names none.
    None,
    Texts(Bounds),
}

/// Which ways of reaching the caller count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ways {
    Any,
    /// By its own name, or its role's: what a policy of a resource needs to allow by itself within one account.
    Named,
}

/// Where a key's value stands within the text of a variable: behind one of `before`, and before `after`.
#[derive(Debug, Clone)]
pub(super) struct Projection {
    pub(super) variable: Variable,
    pub(super) before: Vec<Vec<Step>>,
    /// The characters that the value can have.
    pub(super) class: Class,
    pub(super) after: Vec<Step>,
}

impl Case {
    /// Whether Principal takes in the caller in a way that counts for the effect: a Deny always does.
    pub(super) fn reaches(&self, rule: &Rule, effect: Effect) -> Answer {
        let ways = if effect == Effect::Allow { self.ways } else { Ways::Any };
        reaches(rule, &self.template.caller, ways, &self.without_principal, self.symbols_are_texts)
    }

    /// True if the key has the same values in all requests of the case.
    pub(super) fn is_settled(&self, key: &str) -> bool {
        self.projection(key).is_none() && (matches!(self.template.value(key), Lookup::Values(_)) || self.is_absent(key))
    }

    pub(super) fn projection(&self, key: &str) -> Option<&Projection> {
        self.projections.iter().find(|(name, _)| *name == key).map(|(_, projection)| projection)
    }

    /// True for keys that no request of the case has: those that tell of users and roles, if another one calls (IAM user guide,
    /// AWS global condition context keys: properties of the principal).
    pub(super) fn is_absent(&self, key: &str) -> bool {
        if self.projection(key).is_some() || matches!(self.template.value(key), Lookup::Values(_)) {
            return false;
        }
        let of_principal = key.starts_with("aws:principal");
        let of_service = key.starts_with("aws:principalservicename");
        let of_account = matches!(key, "aws:username" | "aws:userid" | "kms:calleraccount");
        let by_caller = match &self.template.caller {
            Caller::User(_) => of_service,
            Caller::Role(_) | Caller::Session(_) | Caller::FederatedUser(_) | Caller::Root(_) => of_service || key == "aws:username",
            Caller::Service(_) => of_principal && !of_service || of_account,
            Caller::Federated(_) | Caller::Canonical(_) | Caller::Anonymous => of_principal || of_account,
        };
        let by_service = OF_SERVICES.iter().any(|(name, service)| *name == key && !self.template.service().eq_ignore_ascii_case(service));
        by_caller || by_service || self.guessed.iter().any(|(guessed, value)| **guessed == *key && value.is_none())
    }

    /// The pattern with anything in the places of references that only a deployment resolves; `None` if it holds none.
    pub(super) fn without_symbols(&self, glob: &Glob) -> Option<Glob> {
        if self.symbols_are_texts || !glob.steps.contains(&Step::Char('{')) {
            return None;
        }
        let mut steps = Vec::new();
        let mut depth = 0_usize;
        for step in &glob.steps {
            match step {
                Step::Char('{') => {
                    if depth == 0 {
                        steps.push(Step::Star(Class::Any));
                    }
                    depth = depth.saturating_add(1);
                }
                Step::Char('}') if depth > 0 => depth = depth.saturating_sub(1),
                other if depth == 0 => steps.push(*other),
                _ => {}
            }
        }
        Some(Glob { steps, ignore_case: glob.ignore_case })
    }
}

/// Whether Principal takes in the caller in one of the ways; a reference of a template may stand for anyone.
pub(super) fn reaches(rule: &Rule, caller: &Caller, ways: Ways, absent: &Answer, symbols_are_texts: bool) -> Answer {
    let reached = rule.reaches(caller, absent, false);
    let answer = match ways {
        Ways::Any => reached.any(),
        Ways::Named => reached.direct.or(reached.parent),
    };
    let (named, settled) = match &rule.principal {
        Element::Only(Known::Is(Principals::Named(named))) => (named, Answer::Yes),
        Element::Except(Known::Is(Principals::Named(named))) => (named, Answer::No),
        _ => return answer,
    };
    let symbol = named.known.iter().find(|principal| !symbols_are_texts && principal.name.contains('{'));
    match symbol {
        Some(principal) if answer != settled => Answer::Unknown(super::unresolved(&principal.name)),
        _ => answer,
    }
}

/// Keys that only requests to one service have, and which that is.
pub(super) const OF_SERVICES: [(&str, &str); 2] = [("kms:calleraccount", "kms"), ("s3:resourceaccount", "s3")];

impl Step {
    /// The step over no more than the class.
    pub(super) fn within(self, class: Class) -> Self {
        match self {
            Self::One(own) => Self::One(own.min(class)),
            Self::Star(own) => Self::Star(own.min(class)),
            literal @ Self::Char(_) => literal,
        }
    }
}

impl Class {
    /// The narrower of two classes, one of which holds the other.
    fn min(self, other: Self) -> Self {
        match (self, other) {
            (Self::Any, narrower) | (narrower, Self::Any) => narrower,
            (Self::Digit, _) | (_, Self::Digit) => Self::Digit,
            (Self::InName, _) | (_, Self::InName) => Self::InName,
            (Self::InField, Self::InField) => Self::InField,
        }
    }
}

impl Projection {
    /// The texts of the variable for which the value matches; none for a pattern with characters that no value has.
    pub(super) fn of_glob(&self, glob: &Glob) -> Vec<Glob> {
        let possible = glob.steps.iter().all(|step| match step {
            Step::Char(character) => self.class.takes(*character),
            Step::One(_) | Step::Star(_) => true,
        });
        if !possible {
            return Vec::new();
        }
        let inner = || glob.steps.iter().map(|step| step.within(self.class));
        let around = |before: &Vec<Step>| before.iter().copied().chain(inner()).chain(self.after.iter().copied()).collect();
        self.before.iter().map(|before| Glob { steps: around(before), ignore_case: glob.ignore_case }).collect()
    }
}
