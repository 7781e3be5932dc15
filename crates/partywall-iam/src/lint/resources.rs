//! Which resources a statement names, and whether its actions act on them.

use std::collections::BTreeMap;

use partywall_model::Severity;

use super::actions::redundant;
use super::report::{At, Report};
use super::statement::{Patterns, Statement, is_pattern};
use super::{Rule, whole};
use crate::arn::{is_symbol, only_stars};
use crate::reference::ResourcePattern;
use crate::{Action, Effect, Fit, Reference, ResourceType, matches_ignore_case};

/// `current` says whether policy variables work.
pub(super) fn check(statement: &Statement<'_, '_>, current: bool, reference: &Reference, at: At<'_>, report: &mut Report) {
    let Some(patterns) = &statement.resource else { return };
    let place = at.member(patterns.name);
    let mut sound = true;
    for (index, text) in &patterns.items {
        let here = place.item(*index);
        sound &= well_formed(text, here, report);
        variables(text, current, reference, here, report);
    }
    if patterns.negated {
        if statement.grants() {
            report.add(Rule::NotResourceWithAllow, place, "`NotResource` with `Allow` allows all resources but those listed".to_owned());
        }
        return;
    }
    redundant(patterns, Rule::RedundantResource, "resource", covers, place, report);
    if sound && patterns.whole {
        Match::new(patterns).check(statement, at, report);
    }
    wide(statement, patterns, at, report);
}

/// Whether the wider pattern matches all that the other does. Letters of resources count, so both have to be spelled alike.
fn covers(wider: &str, text: &str) -> bool {
    matches_ignore_case(wider, text) && same_case(wider, text)
}

/// Whether the plain pieces of the pattern stand in the text letter by letter.
fn same_case(pattern: &str, text: &str) -> bool {
    let mut rest = text;
    for piece in pattern.split(['*', '?']).filter(|piece| !piece.is_empty()) {
        match rest.find(piece).and_then(|at| rest.get(at + piece.len()..)) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    true
}

const PARTITIONS: &[&str] = &["aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc"];

/// Reports what is no ARN; true if nothing was.
fn well_formed(text: &str, at: At<'_>, report: &mut Report) -> bool {
    if only_stars(text) || is_symbol(text) || text.starts_with(['{', '$']) {
        return true;
    }
    let open = |field: &str| field.is_empty() || field.contains(['*', '?', '{']);
    let reason = match crate::arn::fields(text) {
        None if text.starts_with("arn:") && text.ends_with('*') => {
            report.add(Rule::ShortArn, at, format!("`{text}` is an ARN with less than six parts"));
            return true;
        }
        None if text.starts_with("arn:") => "is an ARN with less than six parts",
        None => "is no ARN and not `*`",
        Some([_, partition, service, region, account, resource]) => {
            let region_form = |region: &str| {
                let parts: Vec<&str> = region.split('-').collect();
                (3..=5).contains(&parts.len()) && parts.last().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()))
            };
            if !partition.contains(['*', '?', '{']) && !PARTITIONS.contains(&partition) {
                "names a partition that does not exist"
            } else if service.is_empty() {
                "names no service"
            } else if !open(region) && !region_form(region) {
                "names a Region of another form than `eu-west-1`"
            } else if !open(account) && !is_account(account) {
                "names an account of another form than twelve digits"
            } else if resource.is_empty() {
                "names no resource"
            } else {
                return true;
            }
        }
    };
    report.add(Rule::BadArn, at, format!("resource `{text}` {reason}"));
    false
}

/// Twelve digits, or the word that AWS's own resources have in their place.
fn is_account(field: &str) -> bool {
    (field.len() == 12 && field.bytes().all(|byte| byte.is_ascii_digit())) || matches!(field, "aws" | "cloudfront" | "aws-marketplace")
}

/// Looks at the policy variables in a text.
pub(super) fn variables(text: &str, current: bool, reference: &Reference, at: At<'_>, report: &mut Report) {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("${") {
        let Some((inside, next)) = after.split_once('}') else { return };
        rest = next;
        let name = inside.split(',').next().unwrap_or_default().trim();
        if matches!(name, "*" | "?" | "$") {
            continue;
        }
        if !current {
            report.add(Rule::VariableInOldVersion, at, format!("`${{{inside}}}` is plain text in the version of this policy"));
            return;
        }
        let provider = name.split_once(':').is_some_and(|(provider, _)| provider.contains('.'));
        match reference.condition_key(name) {
            None if provider => {}
            None => drop(report.add(
                Rule::UnknownVariable,
                at,
                format!("variable `{name}` is not in the reference data of {}", reference.date()),
            )),
            Some(key) if key.is_multi_valued() => {
                report.add(Rule::UnknownVariable, at, format!("variable `{name}` can have several values, so it cannot be used as one"));
            }
            Some(_) => {}
        }
    }
}

/// What a statement's patterns of resources match, type by type.
pub(super) struct Match<'p, 'v> {
    patterns: &'p Patterns<'v>,
    taken_apart: Vec<ResourcePattern<'v>>,
    star: bool,
    known: BTreeMap<u32, Fit>,
}

impl<'p, 'v> Match<'p, 'v> {
    pub(super) fn new(patterns: &'p Patterns<'v>) -> Self {
        Self {
            patterns,
            taken_apart: patterns.items.iter().map(|(_, text)| ResourcePattern::new(text)).collect(),
            star: patterns.items.iter().any(|(_, text)| only_stars(text)),
            known: BTreeMap::new(),
        }
    }

    /// The best fit of a type.
    pub(super) fn fit(&mut self, of: ResourceType<'_>) -> Fit {
        if self.star {
            return Fit::Every;
        }
        let patterns = &self.taken_apart;
        let best = || patterns.iter().map(|pattern| pattern.fit(of.arn())).max().unwrap_or(Fit::None);
        *self.known.entry(of.number()).or_insert_with(best)
    }

    /// The best fit of an action's types; of an action without types whether there is a star.
    pub(super) fn best(&mut self, action: Action<'_>) -> Fit {
        if action.is_wildcard_only() {
            return if self.star { Fit::Every } else { Fit::None };
        }
        action.resource_types().map(|of| self.fit(of)).max().unwrap_or(Fit::None)
    }

    fn check(&mut self, statement: &Statement<'_, '_>, at: At<'_>, report: &mut Report) {
        if statement.effect == Some(Effect::Deny) {
            self.check_deny(statement, at, report);
        }
        if !statement.allows() {
            return;
        }
        let named = statement.actions().map_or("Action", |patterns| patterns.name);
        let place = at.member(named);
        for expanded in &statement.expanded {
            if report.is_full() {
                return;
            }
            let here = place.item(expanded.index);
            let (mut out, mut wild): (Vec<Action<'_>>, Vec<Action<'_>>) = (Vec::new(), Vec::new());
            for action in &expanded.actions {
                match self.best(*action) {
                    Fit::None => out.push(*action),
                    Fit::TypeWildcard => wild.push(*action),
                    Fit::Some | Fit::Every => {}
                }
            }
            let subjects = |actions: &[Action<'_>]| actions.iter().map(|action| action.full_name().into()).collect::<Vec<Box<str>>>();
            match out.first() {
                None => {}
                Some(first) if expanded.is_exact() && first.is_wildcard_only() => {
                    let message = format!("`{}` takes only `\"Resource\": \"*\"`, so these resources do not allow it", expanded.pattern);
                    report.about(Rule::WildcardOnlyAction, here, message, subjects(&out));
                }
                Some(first) if out.len() == expanded.actions.len() => {
                    let message = format!("`{}` acts on {}, and no resource here can be one", expanded.pattern, shapes(*first));
                    report.about(Rule::ResourceMismatch, here, message, subjects(&out));
                }
                Some(first) => {
                    let message = format!(
                        "{} of {} actions of `{}`, such as `{}`, act on none of these resources",
                        out.len(),
                        expanded.actions.len(),
                        expanded.pattern,
                        first.full_name()
                    );
                    report.about(Rule::PatternBeyondResources, here, message, subjects(&out));
                }
            }
            if let Some(first) = wild.first() {
                let message =
                    format!("the resources for `{}` have a wildcard in the part that names {}", first.full_name(), shapes(*first));
                report.about(Rule::ResourceTypeWildcard, here, message, subjects(&wild));
            }
        }
        if statement.grants() {
            self.star(statement, at, report);
        }
    }

    /// A `Deny` that matches nothing at all was meant to do something.
    fn check_deny(&mut self, statement: &Statement<'_, '_>, at: At<'_>, report: &mut Report) {
        let actions = statement.all_actions();
        let idle = !actions.is_empty() && !statement.has_every_action() && actions.iter().all(|action| self.best(*action) == Fit::None);
        if idle {
            let message = "none of the actions acts on any of these resources, so the statement denies nothing".to_owned();
            let subjects = actions.iter().map(|action| action.full_name().into()).collect();
            report.about(Rule::ResourceMismatch, at.member(self.patterns.name), message, subjects);
        }
    }

    /// A star, or patterns that are as wide, where resources could be named.
    fn star(&mut self, statement: &Statement<'_, '_>, at: At<'_>, report: &mut Report) {
        let actions = statement.all_actions();
        let place = at.member(self.patterns.name);
        if self.star {
            let narrow: Vec<Box<str>> =
                actions.iter().filter(|action| !action.is_wildcard_only()).map(|action| action.full_name().into()).collect();
            let Some(first) = narrow.first() else { return };
            let message = match narrow.len() {
                1 => format!("all resources are allowed, although `{first}` can be allowed for single ones"),
                many => format!("all resources are allowed, although {many} actions, such as `{first}`, can be allowed for single ones"),
            };
            let finding = report.about(Rule::ResourceStar, place, message, narrow);
            if statement.principal.is_some() {
                // In a policy on a resource the star is that resource.
                finding.severity = Severity::Info;
            }
        } else if !actions.is_empty()
            && actions.iter().all(|action| !action.is_wildcard_only() && action.resource_types().all(|of| self.fit(of) == Fit::Every))
        {
            let subjects = self.patterns.items.iter().map(|(_, text)| Box::from(*text)).collect();
            report.about(
                Rule::ResourceEffectivelyStar,
                place,
                "these patterns match all that the actions act on, as `*` does".to_owned(),
                subjects,
            );
        }
    }
}

/// The resource types of an action, for a message.
fn shapes(action: Action<'_>) -> String {
    if action.is_wildcard_only() {
        return "`*` only".to_owned();
    }
    let types: Vec<String> = action.resource_types().take(3).map(|of| format!("`{}`", of.arn())).collect();
    types.join(" or ")
}

/// Grants that are wide in themselves.
fn wide(statement: &Statement<'_, '_>, patterns: &Patterns<'_>, at: At<'_>, report: &mut Report) {
    if !statement.grants() {
        return;
    }
    let star = patterns.items.iter().find(|(_, text)| crate::arn::covers_every_resource(text));
    if statement.has_every_action() && star.is_some() && statement.condition.is_none() && statement.principal.is_none() {
        report.add(Rule::EverythingAllowed, at, "every action is allowed on every resource".to_owned());
    }
    let passes = statement.actions().is_some_and(|actions| {
        let pass =
            |text: &str| matches_ignore_case(text, "iam:PassRole") && (!is_pattern(text) || text.to_ascii_lowercase().starts_with("iam:"));
        actions.items.iter().any(|(_, text)| pass(text))
    });
    let roles = patterns.items.iter().find(|(_, text)| crate::arn::covers_every_role(text));
    if let (true, Some((index, text))) = (passes && !whole::names_key(statement.condition, "iam:PassedToService"), roles) {
        let place = at.member(patterns.name);
        report.add(
            Rule::PassRoleWildcard,
            place.item(*index),
            format!("any role can be passed to any service: `iam:PassRole` on `{text}`"),
        );
    }
}
