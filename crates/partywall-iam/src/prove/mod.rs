//! Statements about all requests at once: proved, or refuted by a request.
//!
//! A request is a handful of variables that can be chosen freely (caller, action, resource, condition keys), and every part of a
//! statement looks at one of them: a text against patterns, an address against networks, a number or date against bounds. So a
//! question such as "does anyone outside get in?" is whether some values meet the parts of one Allow and, for each Deny, fail one of
//! its parts. Sets of texts are handled by automata that run side by side, all other values by one sample of each class that the
//! policies tell apart; callers are gone through by kind. After Backes et al., Semantic-based automated reasoning for AWS access
//! policies using SMT (FMCAD 2018), and Stratified abstraction of access control policies (CAV 2020), without a solver.
//!
//! A yes comes with a request that [`crate::eval`] has decided as claimed. A no is meant for every request of the [`Space`]; what
//! stands in the way of one makes the answer [`Proof::Undecided`]: parts of policies that are not known, references of a template,
//! policy variables whose value is left open, and questions too large.
//!
//! What a request can be: actions have a service and a name; resources without wildcard are meant; keys that tell of users and roles
//! are absent if another one calls; a key whose values are numbers, dates, booleans or addresses holds such a value; a global key has
//! several values only if AWS says so, another key only if a policy compares it as a set. Keys are free of each other: the two
//! keys of the time may differ.

mod atom;
mod caller_kinds;
mod case;
mod compile;
mod language;
mod machine;
mod operand_texts;
mod question;
mod samples;
mod search;
mod space;
mod statements;
mod values;

use std::sync::Arc;

use partywall_model::{Cause, CauseKind};

pub use statements::{Part, parts};

use crate::eval::{Caller, Check, Level, Policy, Request, Site};
use crate::{Answer, Effect};
use question::{Asks, Question};

/// Which requests a question is about.
#[derive(Debug, Clone, Copy)]
pub struct Space<'a> {
    /// What kind of policies are asked about, and what is known of the other side.
    pub attached: Attached<'a>,
    /// Patterns of the resources' ARNs, with `*` and `?`. Empty: every ARN and, of identity policies, requests without resource.
    pub resources: &'a [&'a str],
    /// The actions that exist, or the ones of interest. `None`: every text that is an action.
    pub actions: Option<&'a [&'a str]>,
}

/// What policies are attached to.
#[derive(Debug, Clone, Copy)]
pub enum Attached<'a> {
    /// To a user or role: the one that is given, or any. The resource's side is taken to allow.
    Identity(Option<&'a Caller>),
    /// To a resource of an account; `None`: of an account that is not known. The caller's side is taken to allow.
    Resource(Option<&'a str>),
}

/// Who and what counts as inside.
#[derive(Debug, Clone, Default)]
pub struct TrustZone {
    /// Account ids and canonical ids; the resource's own account is always inside.
    pub accounts: Vec<String>,
    /// Organization ids.
    pub organizations: Vec<String>,
    /// VPC ids.
    pub vpcs: Vec<String>,
    /// VPC endpoint ids.
    pub endpoints: Vec<String>,
    /// Networks and addresses.
    pub networks: Vec<String>,
    /// Identity providers, as policies name them.
    pub providers: Vec<String>,
    /// AWS services are inside, whomever they act for.
    pub services: bool,
}

/// The answer to a question about all requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// There is such a request: this one, for one.
    Yes(Box<Witness>),
    /// There is none.
    No,
    /// Neither was shown; the cause names the statement.
    Undecided(Arc<Cause>),
}

/// A request that shows what was asked, as the evaluator has decided it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// The request. Keys that it does not name are absent.
    pub request: Request,
    /// The statement that takes it in.
    pub statement: Site,
}

impl Proof {
    /// The answer without its witness.
    pub fn answer(&self) -> Answer {
        match self {
            Self::Yes(_) => Answer::Yes,
            Self::No => Answer::No,
            Self::Undecided(cause) => Answer::Unknown(Arc::clone(cause)),
        }
    }
}

/// Whether anyone outside of the zone can do anything (of [`Space::actions`]) with the resources by these policies of theirs.
///
/// Inside is a caller of one of the accounts, and a request whose keys name one of the accounts, organizations or networks; for
/// everyone else the caller's own policies are taken to allow everything.
pub fn outside_access(policies: &[Policy], space: &Space<'_>, zone: &TrustZone) -> Proof {
    let Attached::Resource(owner) = space.attached else {
        return Proof::Undecided(Arc::new(Cause::new(CauseKind::WrongType, "outside access is asked of policies of resources")));
    };
    let inside = zone.checks(owner);
    outside(&Question::new(space, Some(zone), &[policies]), policies, &inside)
}

fn outside<'p>(question: &Question<'_, 'p>, policies: &'p [Policy], inside: &'p [Check]) -> Proof {
    question.decide(
        |compiler| {
            let mut asks = Asks::default();
            let allows = question.entries(compiler, policies, Effect::Allow);
            let mut outside = asks.exclude(compiler, &question.entries(compiler, policies, Effect::Deny));
            if !allows.is_empty() {
                outside.extend(asks.exclude_checks(compiler, inside));
                outside.extend(asks.kept(compiler, question));
            }
            for allow in &allows {
                asks.each(compiler, allow, &outside);
            }
            asks
        },
        |request, ways| {
            let within = inside.iter().map(|check| check.holds(request));
            question.allows(policies, request, ways).and(Answer::any(within, None).negate())
        },
    )
}

/// Whether `new` allows a request that `old` does not.
///
/// For policies of resources, what is allowed within their own account is asked twice: by name, which is enough by itself, and by
/// way of the account, which needs the caller's own policies as well.
pub fn new_access(old: &[Policy], new: &[Policy], space: &Space<'_>) -> Proof {
    if let Attached::Identity(Some(caller)) = space.attached
        && (matches!(caller, Caller::Root(_)) || caller.identity().is_none())
    {
        return Proof::Undecided(Arc::new(Cause::new(CauseKind::WrongType, "identity policies bind users and roles: name one of these")));
    }
    let question = Question::new(space, None, &[old, new]);
    question.decide(
        |compiler| {
            let mut asks = Asks::default();
            let allows = question.entries(compiler, new, Effect::Allow);
            if allows.is_empty() {
                return asks;
            }
            let mut denied = asks.exclude(compiler, &question.entries(compiler, new, Effect::Deny));
            denied.extend(asks.kept(compiler, &question));
            let mut without = denied.clone();
            without.extend(asks.exclude(compiler, &question.entries(compiler, old, Effect::Allow)));
            let lifted = question.entries(compiler, old, Effect::Deny);
            for allow in &allows {
                asks.each(compiler, allow, &without);
                for deny in &lifted {
                    asks.pair(compiler, allow, deny, &denied);
                }
            }
            asks
        },
        |request, ways| question.allows(new, request, ways).and(question.allows(old, request, ways).negate()),
    )
}

/// Whether everything that `narrow` allows is allowed by `wide` too. A no is [`new_access`] of `narrow` over `wide`, which shows
/// a request.
pub fn subsumes(wide: &[Policy], narrow: &[Policy], space: &Space<'_>) -> Answer {
    new_access(wide, narrow, space).answer().negate()
}

fn unresolved(name: &str) -> Arc<Cause> {
    Arc::new(Cause::new(CauseKind::UnresolvedReference, format!("principal `{name}` is a reference that only a deployment resolves")))
}

impl Attached<'_> {
    fn level(self) -> Level {
        match self {
            Self::Identity(_) => Level::Identity,
            Self::Resource(_) => Level::Resource,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_that_is_too_large_is_not_answered() {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":[
                {{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b/*a{many}"}},
                {{"Effect":"Deny","Principal":"*","Action":"s3:*","NotResource":"arn:aws:s3:::b/*c{many}?"}},
                {{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b/*"}}]}}"#,
            many = "?".repeat(20)
        );
        let policies = [Policy::read("large", &text).unwrap()];
        let space = Space { attached: Attached::Resource(Some("111122223333")), resources: &["arn:aws:s3:::b/*"], actions: None };
        let zone = TrustZone::default();
        let inside = zone.checks(None);
        let ask = |states: usize| {
            let question = Question::new(&space, Some(&zone), &[&policies]);
            question.allow_states(states);
            outside(&question, &policies, &inside)
        };
        assert!(matches!(ask(1_000), Proof::Undecided(cause) if cause.detail.contains("statement 1") && cause.detail.contains("states")));
    }
}
