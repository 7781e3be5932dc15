//! The elements of a document and of its statements: which there are, and of what type.

use partywall_model::{Key, Value};

use super::report::{At, Report};
use super::statement::{Named, Patterns, Statement, is_every_action, items};
use super::{PolicyKind, Rule, actions, conditions, principals, resources, size, whole};
use crate::node::kind_of;
use crate::{Effect, Reference};

const STATEMENT: &[&str] = &["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];

/// Looks at a whole document.
pub(super) fn document(tree: &Value, kind: Option<PolicyKind>, reference: &Reference, report: &mut Report) {
    let root = At::ROOT;
    let Value::Map(members) = tree else {
        report.add(Rule::NotADocument, root, format!("policy document is {}, not an object", kind_of(tree)));
        return;
    };
    let kind = kind.unwrap_or_else(|| PolicyKind::guess(tree));
    if !size::check(tree, kind, report) {
        return;
    }
    names(members, &["Version", "Id", "Statement"], "a policy document", root, report);
    let current = version(find(members, "Version"), report);
    if let Some((name, id)) = find(members, "Id")
        && !matches!(id, Value::Str(_) | Value::Unknown(_))
    {
        report.add(Rule::WrongType, root.member(name), format!("`{name}` is {}, not text", kind_of(id)));
    }
    let Some((name, list)) = find(members, "Statement") else {
        report.add(Rule::MissingStatement, root, "policy document has no `Statement`".to_owned());
        return;
    };
    let at = root.member(name);
    if list.as_list().is_some_and(<[Value]>::is_empty) {
        report.add(Rule::MissingStatement, at, "`Statement` has no statement in it".to_owned());
    }
    let mut read = Vec::new();
    for (index, value) in items(list) {
        if report.is_full() {
            return;
        }
        let at = at.item(index);
        match value {
            Value::Unknown(_) => {}
            Value::Map(members) => {
                let statement = statement(members, index, kind, reference, at, report);
                actions::check(&statement, kind, reference, at, report);
                resources::check(&statement, current, reference, at, report);
                conditions::check(&statement, current, reference, at, report);
                read.push(statement);
            }
            other => drop(report.add(Rule::WrongType, at, format!("statement is {}, not an object", kind_of(other)))),
        }
    }
    whole::check(&read, list, reference, at, report);
}

/// Whether policy variables work: true also if the version is unknown.
fn version(element: Option<(&str, &Value)>, report: &mut Report) -> bool {
    let Some((name, value)) = element else {
        report.add(Rule::VersionMissing, At::ROOT, "policy document has no `Version`, so AWS reads it as of 2008-10-17".to_owned());
        return false;
    };
    let root = At::ROOT;
    let at = root.member(name);
    match value {
        Value::Unknown(_) => true,
        Value::Str(text) if &**text == "2012-10-17" => true,
        Value::Str(text) if &**text == "2008-10-17" => {
            report.add(Rule::VersionOld, at, "`Version` is `2008-10-17`, in which policy variables are plain text".to_owned());
            false
        }
        Value::Str(text) => {
            report.add(Rule::BadVersion, at, format!("version `{text}` does not exist: there are `2012-10-17` and `2008-10-17`"));
            true
        }
        other => {
            report.add(Rule::BadVersion, at, format!("`Version` is {}, not text", kind_of(other)));
            true
        }
    }
}

fn statement<'v, 'r>(
    members: &'v [(Key, Value)],
    index: Option<usize>,
    kind: PolicyKind,
    reference: &'r Reference,
    at: At<'_>,
    report: &mut Report,
) -> Statement<'v, 'r> {
    names(members, STATEMENT, "a statement", at, report);
    if let Some((name, sid)) = find(members, "Sid") {
        check_sid(sid, kind, at.member(name), report);
    }
    let effect = effect(find(members, "Effect"), at, report);
    let principal = twin(members, "Principal", "NotPrincipal", at, report);
    principals::check(principal, effect, kind, find(members, "Condition").is_some(), at, report);
    let action = twin(members, "Action", "NotAction", at, report);
    if action.is_none() {
        report.add(Rule::MissingAction, at, "statement has neither `Action` nor `NotAction`".to_owned());
    }
    let action = action.map(|action| Patterns::read(action, at, report));
    let resource = twin(members, "Resource", "NotResource", at, report);
    match (resource, kind) {
        (None, PolicyKind::Trust) => {}
        (None, _) => drop(report.add(Rule::MissingResource, at, "statement has neither `Resource` nor `NotResource`".to_owned())),
        (Some(resource), PolicyKind::Trust) => {
            report.add(Rule::ResourceNotAllowed, at.member(resource.name), format!("trust policy has `{}`", resource.name));
        }
        (Some(_), _) => {}
    }
    let resource = resource.map(|resource| Patterns::read(resource, at, report));
    let condition = find(members, "Condition").map(|(name, value)| Named { name, negated: false, value });
    let expanded = action.as_ref().filter(|action| !action.negated).map(|action| {
        let patterns = action.items.iter().filter(|(_, text)| !is_every_action(text));
        patterns.map(|(index, pattern)| super::statement::Expanded { index: *index, pattern, actions: reference.expand(pattern) }).collect()
    });
    let giving = kind.gives();
    Statement { index, giving, effect, principal, action, resource, condition, expanded: expanded.unwrap_or_default() }
}

fn effect(element: Option<(&str, &Value)>, at: At<'_>, report: &mut Report) -> Option<Effect> {
    let Some((name, value)) = element else {
        report.add(Rule::MissingEffect, at, "statement has no `Effect`".to_owned());
        return None;
    };
    match value.as_str() {
        Some("Allow") => Some(Effect::Allow),
        Some("Deny") => Some(Effect::Deny),
        _ if value.is_unknown() => None,
        Some(other) => {
            report.add(Rule::BadEffect, at.member(name), format!("effect `{other}` is neither `Allow` nor `Deny`"));
            None
        }
        None => {
            report.add(Rule::BadEffect, at.member(name), format!("effect is {}, not text", kind_of(value)));
            None
        }
    }
}

/// Sids of identity and organization policies are letters and digits; policies on resources may have more, by service.
fn check_sid(sid: &Value, kind: PolicyKind, at: At<'_>, report: &mut Report) {
    match sid {
        Value::Unknown(_) => {}
        Value::Str(text) => {
            let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric());
            let printable = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" _.-".contains(&byte));
            if !plain && (!printable || !matches!(kind, PolicyKind::Resource | PolicyKind::Endpoint)) {
                report.add(Rule::BadSid, at, format!("sid `{text}` has characters other than letters and digits"));
            }
        }
        other => drop(report.add(Rule::WrongType, at, format!("sid is {}, not text", kind_of(other)))),
    }
}

/// An element or its twin with `Not`; both at once are reported, and the plain one is taken.
fn twin<'v>(members: &'v [(Key, Value)], plain: &str, negated: &str, at: At<'_>, report: &mut Report) -> Option<Named<'v>> {
    match (find(members, plain), find(members, negated)) {
        (Some((name, value)), None) => Some(Named { name, negated: false, value }),
        (None, Some((name, value))) => Some(Named { name, negated: true, value }),
        (None, None) => None,
        (Some((name, value)), Some((other, _))) => {
            report.add(Rule::ElementAndItsOpposite, at, format!("statement has both `{name}` and `{other}`"));
            Some(Named { name, negated: false, value })
        }
    }
}

/// Reports members that are not of those names, and those that are there twice.
fn names(members: &[(Key, Value)], known: &[&str], what: &str, at: At<'_>, report: &mut Report) {
    for (position, (name, _)) in members.iter().enumerate() {
        if !known.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            let known = known.join("`, `");
            report.add(Rule::UnknownElement, at.member(name), format!("`{name}` is no element of {what}, which has `{known}`"));
        } else if members.iter().take(position).any(|(before, _)| before.eq_ignore_ascii_case(name)) {
            report.add(Rule::DuplicateElement, at.member(name), format!("`{name}` is there twice"));
        }
    }
}

/// A member with its name as written, in either case; null counts as absent.
fn find<'v>(members: &'v [(Key, Value)], name: &str) -> Option<(&'v str, &'v Value)> {
    members.iter().find(|(key, value)| key.eq_ignore_ascii_case(name) && !value.is_null()).map(|(key, value)| (&**key, value))
}
