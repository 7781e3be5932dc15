//! Requests for a pattern of resources: is there one for which the answer is yes?

use std::collections::HashSet;
use std::sync::Arc;

use super::decide::{Policies, decide_single};
use super::pattern::{Pattern, Wildcards};
use super::policy::Policy;
use super::request::Request;
use super::verdict::Verdict;
use crate::error::wrong_type;
use crate::wildcard::Token;
use crate::{Answer, Items};

/// Candidates that are tried; more only if the policies of one request hold hundreds of patterns that overlap.
const MAX_CANDIDATES: usize = 512;
/// Steps of laying patterns over each other, all in all: a few tenths of a second.
const MAX_STEPS: usize = 1 << 22;
/// A character for text that no pattern spells out.
const ANYTHING: char = '\u{E000}';
/// Longer than what question marks of one pattern take up.
const ANY_LENGTH: usize = 24;

/// Decides a request (IAM user guide, policy evaluation logic).
///
/// If its resource has wildcards, the question is whether some resource of that pattern gets an allow: the patterns of the policies
/// are laid over the asked one, and a text that stands for each overlap is decided on its own. Without an allow, the answer is
/// that for the overlap that comes closest to one.
pub fn evaluate(request: &Request, policies: &Policies<'_>) -> Verdict {
    if request.wildcard_only || !request.resource.contains(['*', '?']) {
        return decide_single(request, policies);
    }
    let asked = tokens(&request.resource, request);
    let mut best: Option<Verdict> = None;
    let candidates = candidates(asked, request, policies);
    let anything = ANYTHING.to_string().repeat(ANY_LENGTH);
    let mut single = request.clone();
    for candidate in candidates.known {
        single.resource = spell(&candidate, &anything);
        let mut verdict = decide_single(&single, policies);
        verdict.witness = Some(spell(&candidate, "*"));
        if verdict.is_allowed() == Answer::Yes {
            return verdict;
        }
        if best.as_ref().is_none_or(|best| rank(&verdict) > rank(best)) {
            best = Some(verdict);
        }
    }
    let mut best = best.unwrap_or_else(|| decide_single(request, policies));
    if let Some(cause) = candidates.missing {
        // A pattern that is not known may take in a resource that gets an allow.
        best.denied = Answer::Unknown(Arc::clone(&cause));
        best.granted = Answer::Unknown(cause);
    }
    best
}

/// What is closest to an allow: may be allowed; granted, and denied by a statement; not granted; neither.
fn rank(verdict: &Verdict) -> u8 {
    match (verdict.is_allowed(), &verdict.denied, &verdict.granted) {
        (Answer::Yes | Answer::Unknown(_), ..) => 3,
        (Answer::No, Answer::Yes, Answer::No) => 0,
        (Answer::No, Answer::Yes, _) => 2,
        (Answer::No, ..) => 1,
    }
}

fn tokens(text: &str, request: &Request) -> Vec<Token> {
    Pattern::new(text, Wildcards::Plain, false).resolve(request).unwrap_or_default()
}

/// The asked pattern, and what is left of it under each combination of patterns of the policies.
fn candidates(asked: Vec<Token>, request: &Request, policies: &Policies<'_>) -> Items<Vec<Token>> {
    let single = [Some(policies.identity), Some(policies.resource), policies.boundary, policies.session, policies.endpoint];
    let organization = [policies.scp, policies.rcp].into_iter().flatten().flatten();
    let all = single.into_iter().flatten().chain(organization.map(Vec::as_slice)).flatten();
    let mut patterns: Vec<Vec<Token>> = Vec::new();
    let mut found = Items { known: vec![asked], missing: None };
    for policy in all {
        let of_policy = Policy::resource_patterns(policy, request);
        patterns.extend(of_policy.known);
        if let Some(cause) = &of_policy.missing {
            found.miss(cause);
        }
    }
    patterns.sort_by_cached_key(|pattern| spell(pattern, "*"));
    patterns.dedup();
    let mut steps = MAX_STEPS;
    for pattern in patterns {
        for place in 0..found.known.len() {
            let Some(candidate) = found.known.get(place) else { continue };
            let both = overlap(candidate, &pattern, &mut steps);
            if steps == 0 || found.known.len() >= MAX_CANDIDATES {
                found.miss(&wrong_type("the policies have more resource patterns than can be weighed: ask for one resource"));
                return found;
            }
            if let Some(both) = both
                && !found.known.contains(&both)
            {
                found.known.push(both);
            }
        }
    }
    found
}

/// A pattern of texts that match both; `None` if there are none. Where several would do it is one that keeps wildcards.
/// Takes what it needs from `steps` and gives up when none is left.
fn overlap(one: &[Token], other: &[Token], steps: &mut usize) -> Option<Vec<Token>> {
    // Most patterns part where both still spell out their text, and there is one way only.
    let mut beginnings = one.iter().zip(other).take_while(|pair| matches!(pair, (Token::Char(_), Token::Char(_))));
    if beginnings.any(|(one, other)| one != other) {
        return None;
    }
    let mut dead: HashSet<(usize, usize)> = HashSet::new();
    // Places in both, how many ways from here were tried, and how long the result was before.
    let mut path: Vec<(usize, usize, usize, usize)> = vec![(0, 0, 0, 0)];
    let mut result: Vec<Token> = Vec::new();
    while let Some(last) = path.last_mut() {
        *steps = steps.checked_sub(1)?;
        let (at, to, way, length) = *last;
        last.2 = way.saturating_add(1);
        result.truncate(length);
        if at == one.len() && to == other.len() {
            return Some(result);
        }
        let step = if dead.contains(&(at, to)) { None } else { ways(one.get(at), other.get(to)).into_iter().flatten().nth(way) };
        match step {
            None => {
                dead.insert((at, to));
                path.pop();
            }
            Some((token, advance_one, advance_other)) => {
                result.extend(token);
                let next = (at.saturating_add(advance_one.into()), to.saturating_add(advance_other.into()));
                if !dead.contains(&next) {
                    path.push((next.0, next.1, 0, result.len()));
                }
            }
        }
    }
    None
}

/// What two steps of patterns are together, and which of the two is then done.
type Way = (Option<Token>, bool, bool);

/// How two steps of patterns can be taken together.
fn ways(one: Option<&Token>, other: Option<&Token>) -> [Option<Way>; 3] {
    let star = |token: Option<&Token>| token.copied().filter(|token| token.is_star());
    match (star(one), star(other)) {
        (Some(one), Some(other)) => {
            let common = if one == Token::Star { other } else { one };
            [(true, true), (true, false), (false, true)].map(|(one, other)| Some((Some(common), one, other)))
        }
        (Some(wide), None) => absorb(wide, other, |done| (done, !done)),
        (None, Some(wide)) => absorb(wide, one, |done| (!done, done)),
        (None, None) => match (one, other) {
            (Some(one), Some(other)) => [both(*one, *other).map(|token| (Some(token), true, true)), None, None],
            _ => [None; 3],
        },
    }
}

/// A `*` beside a single step, or beside the end: it takes the step in, or ends.
fn absorb(wide: Token, step: Option<&Token>, sides: impl Fn(bool) -> (bool, bool)) -> [Option<Way>; 3] {
    let (wide_done, step_waits) = sides(true);
    let (wide_stays, step_done) = sides(false);
    let single = if wide == Token::Star { Token::One } else { Token::OneInField };
    let taken_in = step.and_then(|step| both(single, *step)).map(|token| (Some(token), wide_stays, step_done));
    [taken_in, Some((None, wide_done, step_waits)), None]
}

/// What single characters have in common.
fn both(one: Token, other: Token) -> Option<Token> {
    match (one, other) {
        (Token::Char(one), Token::Char(other)) => (one == other).then_some(Token::Char(one)),
        (Token::Char(character), wild) | (wild, Token::Char(character)) => {
            (wild != Token::OneInField || character != ':').then_some(Token::Char(character))
        }
        (Token::One, Token::One) => Some(Token::One),
        _ => Some(Token::OneInField),
    }
}

/// The pattern as text, with that for each `*`.
fn spell(pattern: &[Token], any: &str) -> Box<str> {
    let mut text = String::with_capacity(pattern.len());
    for token in pattern {
        match token {
            Token::Star | Token::StarInField => text.push_str(any),
            Token::One | Token::OneInField if any == "*" => text.push('?'),
            Token::One | Token::OneInField => text.push(ANYTHING),
            Token::Char(character) => text.push(*character),
        }
    }
    text.into()
}
