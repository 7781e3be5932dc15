//! Facts told: value, position, what they were computed from.

use partywall_catalog::Catalog;
use partywall_model::{CheckResult, Fact, Location, Resource, Value};
use serde::Serialize;

/// One fact with its position and what it was computed from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Told {
    pub(crate) path: String,
    pub(crate) value: serde_json::Value,
    pub(crate) location: Option<Location>,
    pub(crate) default: Option<String>,
    pub(crate) computed_from: Vec<String>,
    /// True if the answer rests on it.
    pub(crate) decided: bool,
}

/// A fact that is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Missing {
    pub(crate) path: String,
    pub(crate) cause: String,
    pub(crate) iam_action: Option<String>,
}

pub(super) fn tell(catalog: &Catalog, resource: Option<&Resource>, fact: &Fact) -> Told {
    let computed_from = resource
        .filter(|_| fact.path.starts_with("_Derived"))
        .map(|resource| sources_of(catalog, resource, &fact.path))
        .unwrap_or_default();
    Told {
        path: fact.path.to_string(),
        value: serde_json::from_str(&fact.json).unwrap_or_else(|_| serde_json::Value::String(fact.json.clone())),
        location: fact.location.clone(),
        default: fact.default_note.as_ref().map(ToString::to_string),
        computed_from,
        decided: fact.decided,
    }
}

/// The settings that a computed fact rests on, each with its position where it has one.
fn sources_of(catalog: &Catalog, resource: &Resource, path: &str) -> Vec<String> {
    let Some(resource_type) = catalog.resource_type(&resource.resource_type) else { return Vec::new() };
    let Some(derive) = resource_type
        .derives
        .iter()
        .find(|derive| path.strip_prefix(&*derive.path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
    else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for input in &derive.inputs {
        let satellite = resource.satellites.iter().find(|one| holds(&one.path, input) || holds(input, &one.path));
        let set = resource.properties.at(input).is_some_and(|value| !value.is_null() && !value.is_unknown());
        match (satellite, resource.position(input)) {
            (Some(one), _) => found.push(format!(
                "{}{}",
                one.resource_type,
                one.location.as_ref().map(|at| format!(" at {}:{}", at.file, at.line)).unwrap_or_default()
            )),
            (None, Some(at)) if set => found.push(format!("{input} at {}:{}", at.file, at.line)),
            (None, None) if set => found.push(input.to_string()),
            _ if resource.properties.at(input).is_some_and(Value::is_unknown) => found.push(format!("{input}, which could not be read")),
            _ => found.push(format!("{input}, which is not set")),
        }
    }
    found.extend(derive.tables.iter().map(|table| format!("the account's {table}")));
    found
}

fn holds(outer: &str, path: &str) -> bool {
    path.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// The smaller resources whose facts decided.
pub(super) fn decided_by(result: &CheckResult) -> Vec<String> {
    let Some(resource) = &result.resource else { return Vec::new() };
    resource
        .satellites
        .iter()
        .filter(|one| result.facts.iter().any(|fact| holds(&one.path, &fact.path) || holds(&fact.path, &one.path)))
        .map(|one| match &one.location {
            Some(at) => format!("{} {} at {}:{}", one.resource_type, one.id, at.file, at.line),
            None => format!("{} {}", one.resource_type, one.id),
        })
        .collect()
}

/// JSON text as a person reads it, cut.
pub(crate) fn shown(json: &str, most: usize) -> String {
    if json == "null" {
        return "not set".to_owned();
    }
    if json.chars().count() <= most {
        return json.to_owned();
    }
    json.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}
