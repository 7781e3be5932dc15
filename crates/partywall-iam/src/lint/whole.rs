//! What only the statements together show.

use std::collections::{BTreeMap, BTreeSet};

use partywall_model::Value;

use super::report::{At, Report};
use super::resources::Match;
use super::statement::{Expanded, Named, Statement, items};
use super::{Rule, statement};
use crate::arn::only_stars;
use crate::reference::Gain;
use crate::{AccessLevel, Effect, Fit, Reference, matches_ignore_case};

/// `at` is the Statement element, `list` its content.
pub(super) fn check(statements: &[Statement<'_, '_>], list: &Value, reference: &Reference, at: At<'_>, report: &mut Report) {
    sids(list, at, report);
    incomplete(statements, at, report);
    escalation(statements, reference, at, report);
    powers(statements, reference, at, report);
}

/// What the permissions that are given amount to. Trust policies, which name no resource, give none by themselves.
fn powers(statements: &[Statement<'_, '_>], reference: &Reference, at: At<'_>, report: &mut Report) {
    let granting: Vec<&Statement<'_, '_>> =
        statements.iter().filter(|statement| statement.grants() && statement.resource.is_some()).collect();
    let every = granting.iter().any(|statement| statement.has_every_action());
    let managing: BTreeSet<String> = granting
        .iter()
        .flat_map(|statement| statement.expanded.iter().flat_map(|expanded| &expanded.actions))
        .filter(|action| action.access_level() == AccessLevel::PermissionsManagement)
        .map(|action| action.full_name())
        .collect();
    let is = |expanded: &Expanded<'_, '_>, name: &str| {
        if expanded.is_exact() { expanded.pattern.eq_ignore_ascii_case(name) } else { matches_ignore_case(expanded.pattern, name) }
    };
    let matched = |name: &str| granting.iter().any(|statement| statement.expanded.iter().any(|expanded| is(expanded, name)));
    let exposing: Vec<String> = reference.lists().credentials.actions.iter().filter(|name| matched(name)).cloned().collect();
    let found = [
        (Rule::PermissionsManagement, managing.into_iter().collect(), "change permissions"),
        (Rule::CredentialsExposure, exposing, "answer with credentials"),
    ];
    for (rule, subjects, what) in found {
        let subjects: Vec<String> = subjects;
        let message = match subjects.as_slice() {
            _ if every => format!("every action is allowed, also those that {what}"),
            [] => continue,
            [one] => format!("`{one}` is allowed, one of the actions that {what}"),
            [first, ..] => format!("{} actions, such as `{first}`, are allowed that {what}", subjects.len()),
        };
        report.about(rule, at, message, subjects.into_iter().map(String::into_boxed_str).collect());
    }
}

/// Sids that are there twice, each once.
fn sids(list: &Value, at: At<'_>, report: &mut Report) {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, statement) in items(list) {
        let Some(Value::Str(sid)) = statement::member(statement, "Sid") else { continue };
        let count = seen.entry(sid).or_default();
        *count += 1;
        if *count == 2 && !sid.is_empty() {
            report.add(Rule::DuplicateSid, at.item(index).member("Sid"), format!("sid `{sid}` is there more than once"));
        }
    }
}

/// Actions that are allowed on one of the types that each request names, and on no resource of another.
fn incomplete(statements: &[Statement<'_, '_>], at: At<'_>, report: &mut Report) {
    for statement in statements.iter().filter(|statement| statement.allows()) {
        let (Some(own), Some(actions)) = (statement.resources().filter(|resources| resources.whole), statement.actions()) else { continue };
        let mut fits = Match::new(own);
        for expanded in statement.expanded.iter().filter(|expanded| expanded.is_exact()) {
            // With one type alone, an action that fits at all is complete.
            let Some(action) = expanded.actions.first().filter(|action| action.resource_types().nth(1).is_some()) else { continue };
            if fits.best(*action) == Fit::None {
                continue;
            }
            let missing = action.resource_types().find(|of| {
                let elsewhere = |other: &Statement<'_, '_>| {
                    let named = other.has_every_action()
                        || other.expanded.iter().any(|expanded| expanded.actions.iter().any(|known| known.number() == action.number()));
                    let reaches = other.resources().is_none_or(|resources| !resources.whole || Match::new(resources).fit(*of) > Fit::None);
                    other.allows() && (named || other.actions().is_none()) && reaches
                };
                of.is_required() && fits.fit(*of) == Fit::None && !statements.iter().any(elsewhere)
            });
            if let Some(of) = missing {
                let item = at.item(statement.index);
                let place = item.member(actions.name);
                let message =
                    format!("each request of `{}` also names a `{}`, and no statement allows it on one", expanded.pattern, of.arn());
                report.about(Rule::ResourceIncomplete, place.item(expanded.index), message, vec![action.full_name().into()]);
            }
        }
    }
}

/// Actions on buckets with which those on their objects, which are not allowed, can be gained.
fn escalation(statements: &[Statement<'_, '_>], reference: &Reference, at: At<'_>, report: &mut Report) {
    if !statements.iter().any(|statement| statement.grants() && statement.principal.is_none()) {
        return;
    }
    let mut known: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for Gain { with: bucket, gained: object } in &reference.lists().gained.pairs {
        for name in [bucket, object] {
            if !known.contains_key(name.as_str()) {
                known.insert(name, allowed(statements, name, reference));
            }
        }
        let (Some(buckets), Some(objects)) = (known.get(bucket.as_str()), known.get(object.as_str())) else { continue };
        for resource in
            buckets.iter().filter(|resource| !objects.contains(**resource) && !objects.contains(format!("{resource}/*").as_str()))
        {
            let message = format!("`{bucket}` is allowed on `{resource}`, with which `{object}`, which is not, can be gained");
            report.about(Rule::BucketPolicyEscalation, at, message, vec![Box::from(*resource)]);
        }
    }
}

/// The resources, as written, on which an action is allowed and not denied without condition.
fn allowed<'v>(statements: &[Statement<'v, '_>], name: &str, reference: &Reference) -> BTreeSet<&'v str> {
    let Some(action) = reference.action(name) else { return BTreeSet::new() };
    let (mut yes, mut no) = (BTreeSet::new(), BTreeSet::new());
    for statement in statements {
        let Some(patterns) = &statement.action else { continue };
        let listed = patterns.items.iter().any(|(_, text)| statement::is_every_action(text) || matches_ignore_case(text, name));
        if listed == patterns.negated {
            continue;
        }
        let into = match statement.effect {
            Some(Effect::Allow) => &mut yes,
            Some(Effect::Deny) if statement.condition.is_none() => &mut no,
            _ => continue,
        };
        match &statement.resource {
            Some(resources) if !resources.negated => {
                let reached = resources
                    .items
                    .iter()
                    .map(|(_, text)| *text)
                    .filter(|text| only_stars(text) || action.resource_types().any(|of| of.fit(text) != Fit::None));
                into.extend(reached);
            }
            Some(_) => drop(into.insert("*")),
            None => {}
        }
    }
    if no.contains("*") {
        return BTreeSet::new();
    }
    yes.difference(&no).copied().collect()
}

/// Whether a condition compares a key.
pub(super) fn names_key(condition: Option<Named<'_>>, key: &str) -> bool {
    let operators = condition.and_then(|condition| condition.value.as_map()).unwrap_or_default();
    operators.iter().any(|(_, keys)| keys.as_map().unwrap_or_default().iter().any(|(name, _)| name.eq_ignore_ascii_case(key)))
}
