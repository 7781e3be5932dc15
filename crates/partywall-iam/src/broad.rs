//! What a single statement allows more of than a task needs: all of a service, all actions, any role, all rights.

use crate::arn::{covers_every_of, covers_every_resource, covers_every_role, only_stars};
use crate::wildcard::matches_ignore_case;
use crate::{Answer, Element, Statement};

/// Whether the statement is an Allow that takes in the action.
pub(crate) fn allows_action(statement: &Statement, action: &str) -> Answer {
    statement.allows().and(statement.action.takes_in(|pattern| matches_ignore_case(pattern, action)))
}

pub(crate) fn passes_any_role(statement: &Statement) -> Answer {
    // Every request to pass a role to a service names the service, so `IfExists` changes nothing.
    let to_named_services = statement.conditions.any(|condition| {
        let positive = condition.reads("iam:passedtoservice") && condition.operator.compares_text();
        Answer::from(positive).and(condition.all_values(|value| !only_stars(value)))
    });
    allows_action(statement, "iam:PassRole").and(statement.resource.takes_in(covers_every_role)).and(to_named_services.negate())
}

/// What lets its holder raise rights, his own among them, and the kind of IAM resource that it is done to.
const GRANTS: [(&str, &str); 8] = [
    ("iam:AttachUserPolicy", "user"),
    ("iam:PutUserPolicy", "user"),
    ("iam:AttachGroupPolicy", "group"),
    ("iam:PutGroupPolicy", "group"),
    ("iam:AttachRolePolicy", "role"),
    ("iam:PutRolePolicy", "role"),
    ("iam:UpdateAssumeRolePolicy", "role"),
    ("iam:CreatePolicyVersion", "policy"),
];

pub(crate) fn allows_full_admin(statement: &Statement) -> Answer {
    let actions = statement.action.lists(covers_every_action).or(statement.action.is_negated());
    let resources = statement.resource.lists(covers_every_resource).or(statement.resource.is_negated());
    let grants = GRANTS.iter().map(|(action, kind)| {
        let action = statement.action.takes_in(|pattern| matches_ignore_case(pattern, action));
        action.and(statement.resource.takes_in(|pattern| covers_every_of(kind, pattern)))
    });
    statement.allows().and(actions).and(resources).and(Answer::any(grants, None)).and(statement.has_condition().negate())
}

pub(crate) fn takes_in_a_whole_service(statement: &Statement) -> Answer {
    match &statement.action {
        Element::Except(_) => statement.action.takes_in(reaches_into_every_service),
        plain => plain.lists(covers_named_service),
    }
}

/// Whether the pattern matches actions of every service, as `*`, `*:Delete*` and `*Tags` do.
fn reaches_into_every_service(pattern: &str) -> bool {
    match pattern.split_once(':') {
        Some((service, _)) => only_stars(service),
        None => pattern.starts_with('*'),
    }
}

pub(crate) fn covers_every_action(pattern: &str) -> bool {
    only_stars(pattern) || pattern.split_once(':').is_some_and(|(service, action)| only_stars(service) && only_stars(action))
}

fn covers_named_service(pattern: &str) -> bool {
    pattern.split_once(':').is_some_and(|(service, action)| !service.is_empty() && !only_stars(service) && only_stars(action))
}
