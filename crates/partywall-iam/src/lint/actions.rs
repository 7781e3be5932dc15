//! Which actions a statement names.

use super::report::{At, Report};
use super::statement::{Patterns, Statement, is_every_action, is_pattern};
use super::{PolicyKind, Rule};
use crate::reference::Reference;
use crate::{Effect, matches_ignore_case};

/// What a trust policy may be about (IAM user guide, update a role trust policy).
const TRUST: &[&str] = &[
    "sts:AssumeRole",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
    "sts:TagSession",
    "sts:SetSourceIdentity",
    "sts:SetContext",
];

pub(super) fn check(statement: &Statement<'_, '_>, kind: PolicyKind, reference: &Reference, at: At<'_>, report: &mut Report) {
    let Some(patterns) = &statement.action else { return };
    let place = at.member(patterns.name);
    for (index, text) in &patterns.items {
        if report.is_full() {
            return;
        }
        let here = place.item(*index);
        if is_every_action(text) || text.contains("${") || text.contains('{') {
            continue;
        }
        if !well_formed(text) {
            report.add(Rule::BadAction, here, format!("action `{text}` is not of the form `service:Action`"));
            continue;
        }
        known(text, reference, here, report);
        if kind == PolicyKind::Trust && !TRUST.iter().any(|allowed| matches_ignore_case(text, allowed)) {
            report.add(Rule::TrustAction, here, format!("trust policy is about `{text}`"));
        }
    }
    if kind == PolicyKind::Rcp {
        rcp(statement, patterns, reference, at, report);
    }
    if patterns.negated {
        if statement.grants() {
            let message = "`NotAction` with `Allow` allows everything but what is listed".to_owned();
            report.add(Rule::NotActionWithAllow, place, message);
        }
    } else {
        redundant(patterns, Rule::RedundantAction, "action", matches_ignore_case, place, report);
    }
}

/// Letters, digits, hyphens and wildcards around one colon. Names with an underscore or a slash do not exist.
fn well_formed(text: &str) -> bool {
    let part = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_*?".contains(&byte));
    text.split_once(':').is_some_and(|(service, name)| part(service) && part(name))
}

fn known(text: &str, reference: &Reference, at: At<'_>, report: &mut Report) {
    let services = reference.services_of(text);
    let name = text.split_once(':').map_or("", |(_, name)| name);
    let data = reference.date();
    if services.is_empty() {
        let (prefix, _) = text.split_once(':').unwrap_or((text, ""));
        report.add(Rule::UnknownService, at, format!("service `{prefix}` is not in the reference data of {data}"));
    } else if !services.iter().any(|service| service.has_match(name)) {
        // A service without actions in the data is not known well enough to say more.
        if services.iter().all(|service| service.actions().next().is_none()) {
            return;
        }
        if is_pattern(text) {
            report.add(Rule::PatternMatchesNothing, at, format!("no action in the reference data of {data} matches `{text}`"));
        } else {
            report.add(Rule::UnknownAction, at, format!("action `{text}` is not in the reference data of {data}"));
        }
    }
}

fn rcp(statement: &Statement<'_, '_>, patterns: &Patterns<'_>, reference: &Reference, at: At<'_>, report: &mut Report) {
    if statement.effect == Some(Effect::Allow) {
        report.add(Rule::RcpForm, at, "resource control policy allows; such a policy can only deny".to_owned());
    }
    let place = at.member(patterns.name);
    if patterns.negated {
        report.add(Rule::RcpForm, place, "resource control policy has `NotAction`".to_owned());
    }
    for (index, text) in &patterns.items {
        if is_every_action(text) {
            report.add(Rule::RcpForm, place.item(*index), format!("resource control policy is about `{text}` without a service"));
            continue;
        }
        let services = reference.services_of(text);
        if !services.is_empty() && !services.iter().any(|service| service.supports_rcp()) {
            let message = format!("resource control policies do not reach the service of `{text}`");
            report.add(Rule::RcpForm, place.item(*index), message);
        }
    }
}

/// Reports texts that another one of the list covers; of equal ones all but the first.
pub(super) fn redundant(
    patterns: &Patterns<'_>,
    rule: Rule,
    what: &str,
    matches: impl Fn(&str, &str) -> bool,
    at: At<'_>,
    report: &mut Report,
) {
    let wide: Vec<usize> =
        patterns.items.iter().enumerate().filter(|(_, (_, text))| is_pattern(text)).map(|(position, _)| position).take(MAX_WIDE).collect();
    let mut seen = std::collections::BTreeSet::new();
    for (position, (index, text)) in patterns.items.iter().enumerate() {
        if report.is_full() {
            return;
        }
        let cover = wide.iter().find_map(|other| {
            let (_, wider) = patterns.items.get(*other)?;
            // Of two that cover each other the first stays.
            let covers = wider != text && matches(wider, text) && (*other < position || !matches(text, wider));
            covers.then_some(wider)
        });
        if !seen.insert(*text) {
            report.add(rule, at.item(*index), format!("{what} `{text}` is there twice"));
        } else if let Some(cover) = cover {
            report.add(rule, at.item(*index), format!("{what} `{text}` is covered by `{cover}`"));
        }
    }
}

/// Most patterns of a list that others are compared with.
const MAX_WIDE: usize = 200;
