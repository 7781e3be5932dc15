use std::borrow::Cow;
use std::sync::Arc;

use datafusion::arrow::array::BooleanArray;
use partywall_catalog::{Catalog, ResourceType};
use partywall_model::{Cause, CauseKind, Fact, Resource, UnknownBecause, Value};
use partywall_table::{Paths, TypeBatch, canonical_json};

use crate::plan::CheckPredicates;
use crate::unknowns::touches;

/// A list is shown by what was read of its elements, up to this many of them.
const SHOWN_ELEMENTS: usize = 20;

/// The facts at the paths that decided, then those at the paths beside them; after computed facts, what these were computed from, so that
/// its position is seen too.
///
/// Of the lists in `deciding` only the elements that decided are facts, each with its own path and position.
pub(crate) fn facts(
    resource: &Resource,
    resource_type: &ResourceType,
    deciders: &[Arc<str>],
    beside: &[Arc<str>],
    reads: &Paths,
    deciding: &[(Arc<str>, Vec<usize>)],
) -> Vec<Fact> {
    let mut all: Vec<Arc<str>> = Vec::with_capacity(deciders.len() + beside.len());
    let mut found = Vec::new();
    for (paths, decided) in [(deciders, true), (beside, false)] {
        let before = all.len();
        for path in paths {
            if !all.contains(path) {
                all.push(path.clone());
            }
        }
        for path in paths.iter().filter(|path| path.starts_with("_Derived")) {
            for input in resource_type.derives.iter().filter(|derive| touches(&derive.path, path, false)).flat_map(|derive| &derive.inputs)
            {
                let present = resource.properties.at(input).is_some_and(|value| !value.is_null() && !value.is_unknown());
                if present && !all.contains(input) {
                    all.push(input.clone());
                }
            }
        }
        let facts = plain_facts(resource, all.get(before..).unwrap_or_default(), reads, deciding);
        found.extend(facts.into_iter().map(|fact| Fact { decided, ..fact }));
    }
    found
}

fn plain_facts(resource: &Resource, paths: &[Arc<str>], reads: &Paths, deciding: &[(Arc<str>, Vec<usize>)]) -> Vec<Fact> {
    let mut found = Vec::with_capacity(paths.len());
    for path in paths {
        if path.starts_with('_') && !path.starts_with("_Derived") && !path.starts_with("_Runtime") && !path.starts_with("_Attached") {
            continue;
        }
        let value = resource.properties.at(path);
        if let (Some((_, chosen)), Some(Value::List(items))) = (deciding.iter().find(|(list, _)| list == path), value) {
            found.extend(elements(resource, path, items, chosen, reads));
            continue;
        }
        let json = match value {
            None | Some(Value::Null) => "null".to_owned(),
            Some(Value::Unknown(_)) => continue,
            Some(Value::List(items)) => list_json(path, items, reads),
            Some(value) => match canonical_json(value) {
                Some(json) => json,
                None => continue,
            },
        };
        found.push(placed(resource, path.clone(), json));
    }
    found
}

/// A fact with its position and what is to be said of it.
fn placed(resource: &Resource, path: Arc<str>, json: String) -> Fact {
    let satellite = resource
        .satellites
        .iter()
        .find(|satellite| touches(&satellite.path, &path, false))
        .and_then(|satellite| satellite.location.clone());
    let default_note = resource.defaulted.iter().find(|default| touches(&default.path, &path, true)).map(|default| default.note.clone());
    let location = satellite.or_else(|| resource.position(&path));
    Fact { path, json, location, default_note, decided: false }
}

/// The chosen elements of a list, by their place among the elements that are known.
fn elements(resource: &Resource, path: &str, items: &[Value], chosen: &[usize], reads: &Paths) -> Vec<Fact> {
    let known: Vec<(usize, &Value)> = items.iter().enumerate().filter(|(_, item)| !item.is_unknown() && !item.is_null()).collect();
    let members = members_read(path, reads);
    let mut found: Vec<Fact> = Vec::new();
    for (index, item) in chosen.iter().take(SHOWN_ELEMENTS).filter_map(|place| known.get(*place)) {
        if let Some(json) = canonical_json(&narrowed(item, &members)) {
            found.push(placed(resource, Arc::from(format!("{path}[{index}]")), json));
        }
    }
    if chosen.len() > SHOWN_ELEMENTS {
        let json = format!("\"… {} more\"", chosen.len() - SHOWN_ELEMENTS);
        found.push(Fact { path: Arc::from(path), json, location: None, default_note: None, decided: false });
    }
    found
}

/// The members of a list's elements that a predicate reads; none if it reads elements as a whole.
fn members_read<'r>(path: &str, reads: &'r Paths) -> Vec<&'r str> {
    let prefix = format!("{path}[].");
    reads.iter().filter_map(|read| read.strip_prefix(&prefix)).map(|rest| rest.split(['.', '[']).next().unwrap_or(rest)).collect()
}

fn narrowed(item: &Value, members: &[&str]) -> Value {
    match item {
        Value::Map(all) if !members.is_empty() => {
            Value::Map(all.iter().filter(|(key, value)| members.contains(&&**key) && !value.holds_unknown()).cloned().collect())
        }
        other => other.clone(),
    }
}

fn list_json(path: &str, items: &[Value], reads: &Paths) -> String {
    let members = members_read(path, reads);
    let mut out = String::from("[");
    for item in items.iter().filter(|item| !item.is_unknown()).take(SHOWN_ELEMENTS) {
        if let Some(json) = canonical_json(&narrowed(item, &members)) {
            if out.len() > 1 {
                out.push(',');
            }
            out.push_str(&json);
        }
    }
    if items.len() > SHOWN_ELEMENTS {
        out.push_str(&format!(",\"… {} more\"", items.len() - SHOWN_ELEMENTS));
    }
    out.push(']');
    out
}

/// Why a result is unknown: what of the row could not be read, else what this kind of source never shows.
pub(crate) fn because(
    predicates: &CheckPredicates,
    answers: &[Result<BooleanArray, String>],
    batch: &TypeBatch,
    row: usize,
    blind: &[UnknownBecause],
    catalog: &Catalog,
) -> Vec<UnknownBecause> {
    let mut found: Vec<UnknownBecause> = Vec::new();
    for index in predicates.applies.into_iter().chain([predicates.pass]) {
        if let Some(Err(message)) = answers.get(index) {
            found.push(UnknownBecause { path: Arc::from(""), cause: Arc::new(Cause::new(CauseKind::EvaluationError, message.clone())) });
        }
    }
    let reads: Vec<&str> =
        predicates.reads.paths.iter().map(String::as_str).chain(predicates.reads.facts.iter().map(|fact| &**fact)).collect();
    for (path, cause) in batch.gaps.get(row).map(Vec::as_slice).unwrap_or_default() {
        let plain = without_indexes(path);
        if reads.iter().any(|read| touches(&plain, read, false)) && !found.iter().any(|known| known.path == *path) {
            found.push(UnknownBecause { path: path.clone(), cause: cause.clone() });
        }
    }
    if found.is_empty() {
        let read = |unseen: &&UnknownBecause| reads.iter().any(|read| touches(&unseen.path, read, true));
        found.extend(blind.iter().filter(read).cloned());
    }
    if found.is_empty() {
        found.extend(batch.rows.get(row).into_iter().flat_map(|row| unlisted(&predicates.reads.versions, row, catalog)));
    }
    found
}

/// What a kind of source never shows of a type, as reasons.
pub(crate) fn unseen(batch: &TypeBatch) -> Vec<UnknownBecause> {
    let because = |path: Arc<str>| {
        let cause = Cause::new(CauseKind::NotInSource, format!("a {} source never shows `{path}`", batch.kind.as_str()));
        UnknownBecause { path, cause: Arc::new(cause) }
    };
    batch.resource_type.blind_paths(batch.kind).into_iter().map(because).collect()
}

/// Versions that the end-of-life table does not have.
fn unlisted(versions: &[(Arc<str>, Arc<str>)], row: &Resource, catalog: &Catalog) -> Vec<UnknownBecause> {
    let date = catalog.eol.as_of().map(|date| format!(" of {date}")).unwrap_or_default();
    let because = |(table, path): &(Arc<str>, Arc<str>)| {
        let version = row.properties.at(path).and_then(Value::as_str)?;
        let missing = catalog.eol.date(table, version).is_none();
        let message = format!("version `{version}` is not in the end-of-life table `{table}`{date}");
        missing.then(|| UnknownBecause { path: path.clone(), cause: Arc::new(Cause::new(CauseKind::MissingRow, message)) })
    };
    versions.iter().filter_map(because).collect()
}

/// `List[2].Member` → `List[].Member`, as predicates' reads are written.
fn without_indexes(path: &str) -> Cow<'_, str> {
    if !path.contains('[') {
        return Cow::Borrowed(path);
    }
    let parts = path.split('[').enumerate().map(|(at, part)| match part.split_once(']') {
        Some((_, rest)) if at > 0 => format!("[]{rest}"),
        _ => part.to_owned(),
    });
    Cow::Owned(parts.collect())
}
