//! What each statement contributes to its policies.

use std::sync::Arc;

use partywall_model::Cause;

use super::question::{Asks, Entry, Question};
use super::{Proof, Space, Witness};
use crate::eval::{Policy, Request, Rule, Site};
use crate::{Answer, Effect};

/// What a statement contributes, among the policies that it was asked of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Without it this request would be decided otherwise.
    Effective(Box<Witness>),
    /// All that it decides is decided the same without it, though not all without the others. Of two statements that say the same, each is.
    Shadowed,
    /// It takes in requests, but none of them is allowed by it (denied although allowed by another, for a Deny).
    NeverEffective,
    /// It takes in no request.
    MatchesNothing,
    /// Not shown; the cause names the statement.
    Undecided(Arc<Cause>),
}

/// What each statement of the policies contributes, in their order.
///
/// A Deny counts against the Allows of these policies only; one that guards against others is [`Part::NeverEffective`] here.
pub fn parts(policies: &[Policy], space: &Space<'_>) -> Vec<(Site, Part)> {
    let level = space.attached.level();
    let mut found = Vec::new();
    for (policy, of) in policies.iter().enumerate() {
        for (statement, rule) in of.rules.iter().enumerate() {
            let site = Site { level, number: 0, policy, statement };
            found.push((site, part(policies, space, site, rule)));
        }
    }
    found
}

fn part(policies: &[Policy], space: &Space<'_>, site: Site, rule: &Rule) -> Part {
    let effect = match rule.has_effect(Effect::Allow) {
        Answer::Yes => Effect::Allow,
        Answer::No => Effect::Deny,
        Answer::Unknown(cause) => return Part::Undecided(cause),
    };
    let mut without = policies.to_vec();
    if let Some(policy) = without.get_mut(site.policy) {
        let others = policy.rules.iter().enumerate().filter(|(place, _)| *place != site.statement);
        policy.rules = others.map(|(_, rule)| rule.clone()).collect();
    }
    let mut question = Question::new(space, None, &[policies]);
    question.of_allowed = false;
    // Requests that it takes in, that nothing denies (or, of a Deny, that another allows), and that no other of its kind takes in.
    let ask = |decides: bool, alone: bool, confirm: &dyn Fn(&Request, super::case::Ways) -> Answer| {
        question.decide(
            |compiler| {
                let mut asks = Asks::default();
                let (allows, denies) =
                    (question.entries(compiler, policies, Effect::Allow), question.entries(compiler, policies, Effect::Deny));
                let (same, opposite) = if effect == Effect::Allow { (allows, denies) } else { (denies, allows) };
                let (own, others): (Vec<Entry<'_>>, Vec<Entry<'_>>) = same.into_iter().partition(|entry| entry.site == site);
                let mut outside = if alone { asks.exclude(compiler, &others) } else { Vec::new() };
                if decides {
                    outside.extend(asks.kept(compiler, &question));
                }
                if decides && effect == Effect::Allow {
                    outside.extend(asks.exclude(compiler, &opposite));
                }
                for entry in &own {
                    if decides && effect == Effect::Deny {
                        for other in &opposite {
                            asks.pair(compiler, other, entry, &outside);
                        }
                    } else {
                        asks.each(compiler, entry, &outside);
                    }
                }
                asks
            },
            confirm,
        )
    };
    let takes_in = |request: &Request| {
        let absent = matches!(space.attached, super::Attached::Identity(_)).into();
        rule.takes_in(request).and(rule.reaches(&request.caller, &absent, false).any())
    };
    let decides_alone = ask(true, true, &|request, ways| {
        let (with, without) = (question.allows(policies, request, ways), question.allows(&without, request, ways));
        if effect == Effect::Allow { with.and(without.negate()) } else { without.and(with.negate()) }
    });
    match decides_alone {
        Proof::Yes(witness) => return Part::Effective(Box::new(Witness { statement: site, ..*witness })),
        Proof::Undecided(cause) => return Part::Undecided(cause),
        Proof::No => {}
    }
    let decides = ask(true, false, &|request, ways| {
        let allowed = question.allows(policies, request, ways);
        takes_in(request).and(if effect == Effect::Allow { allowed } else { allowed.negate() })
    });
    match decides {
        Proof::Yes(_) => return Part::Shadowed,
        Proof::Undecided(cause) => return Part::Undecided(cause),
        Proof::No => {}
    }
    match ask(false, false, &|request, _| takes_in(request)) {
        Proof::Yes(_) => Part::NeverEffective,
        Proof::No => Part::MatchesNothing,
        Proof::Undecided(cause) => Part::Undecided(cause),
    }
}
