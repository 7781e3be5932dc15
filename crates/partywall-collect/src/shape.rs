use std::collections::BTreeMap;
use std::sync::Arc;

use partywall_catalog::{Column, Schema};
use partywall_model::Value;

/// Copies what the schema knows, member by member, whatever the case of the names; everything else is dropped.
pub(crate) fn conform(value: Value, schema: &Schema, rename: &BTreeMap<String, String>) -> Value {
    let Value::Map(members) = value else { return Value::Map(Vec::new()) };
    let mut kept: Vec<(Arc<str>, Value)> = Vec::with_capacity(members.len());
    for (name, value) in members {
        let wanted = rename.get(&*name).map_or(&*name, String::as_str);
        if let Some((key, column)) = schema.entry_ignoring_case(wanted) {
            let value = conform_value(value, column);
            if !kept.iter().any(|(known, _)| known == key) {
                kept.push((key.clone(), value));
            }
        }
    }
    Value::Map(kept)
}

fn conform_value(value: Value, column: &Column) -> Value {
    match (value, column) {
        (value @ Value::Map(_), Column::Struct(members)) => conform(value, members, &BTreeMap::new()),
        (Value::List(items), Column::List(element)) => Value::List(items.into_iter().map(|item| conform_value(item, element)).collect()),
        (value, _) => value,
    }
}

/// Merges a map over another: members of `over` win, maps are merged, null erases.
pub(crate) fn merge(base: &mut Value, over: Value) {
    match (base, over) {
        (Value::Map(base), Value::Map(over)) => {
            for (key, value) in over {
                match base.iter_mut().find(|(known, _)| *known == key) {
                    Some((_, old)) => merge(old, value),
                    None => base.push((key, value)),
                }
            }
        }
        (base, over) => *base = over,
    }
}

/// Drops null members and members that are maps of nothing but nulls, so that absent is absent.
pub(crate) fn drop_nulls(value: &mut Value) {
    match value {
        Value::Map(members) => {
            for (_, value) in members.iter_mut() {
                let had_members = matches!(value, Value::Map(inner) if !inner.is_empty());
                drop_nulls(value);
                if had_members && matches!(value, Value::Map(inner) if inner.is_empty()) {
                    *value = Value::Null;
                }
            }
            members.retain(|(_, value)| !value.is_null());
        }
        Value::List(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

/// The items at a path such as `Reservations[].Instances`; an empty path is the value itself.
///
/// # Errors
/// The value has not the members that the path names, so that nothing can be said of how many items there are.
pub fn items(value: Value, path: &str) -> Result<Vec<Value>, String> {
    let mut found = vec![value];
    for step in path.split('.').filter(|step| !step.is_empty()) {
        let name = step.trim_end_matches("[]");
        let mut inner = Vec::new();
        for value in found {
            let Value::Map(members) = value else { return Err(format!("there is no `{name}` in it")) };
            // CloudFront leaves the list out where it has no elements, and says so.
            let none = members.iter().any(|(key, value)| &**key == "Quantity" && *value == Value::Int(0));
            match members.into_iter().find(|(key, _)| &**key == name).map(|(_, value)| value) {
                Some(Value::List(items)) => inner.extend(items),
                Some(one @ Value::Map(_)) => inner.push(one),
                _ if none => {}
                Some(_) => return Err(format!("`{name}` is no list")),
                None => return Err(format!("there is no `{name}` in it")),
            }
        }
        found = inner;
    }
    Ok(found)
}

/// The first of the paths at which nothing stands.
pub(crate) fn missing<'a>(item: &Value, paths: &'a [String]) -> Option<&'a str> {
    paths.iter().map(String::as_str).find(|path| item.at(path).is_none_or(Value::is_null))
}

/// What the services call the place where the next page begins.
const PAGE_TOKENS: [&str; 8] = [
    "NextToken",
    "NextPageToken",
    "PaginationToken",
    "NextContinuationToken",
    "NextMarker",
    "Marker",
    "Position",
    "LastEvaluatedTableName",
];

/// The member by which an answer says that it is only one page of several, on the way to its items. Where a service says so outright
/// (`IsTruncated`), that decides; some name a next page also on the last.
pub fn next_page<'a>(answer: &'a Value, path: &str) -> Option<&'a str> {
    let mut holder = answer;
    let mut steps = path.split('.').filter(|step| !step.is_empty());
    loop {
        let Value::Map(members) = holder else { return None };
        let outright = members.iter().find(|(name, _)| ["IsTruncated", "isTruncated", "Truncated"].contains(&&**name));
        let token = |name: &str| PAGE_TOKENS.iter().any(|token| token.eq_ignore_ascii_case(name));
        let found = match outright {
            Some((name, value)) => (*value == Value::Bool(true)).then_some(name),
            None => members
                .iter()
                .find(|(name, value)| token(name) && value.as_str().is_some_and(|text| !text.is_empty()))
                .map(|(name, _)| name),
        };
        if let Some(name) = found {
            return Some(name);
        }
        match steps.next().and_then(|step| holder.get(step.trim_end_matches("[]"))) {
            Some(inner @ Value::Map(_)) => holder = inner,
            _ => return None,
        }
    }
}
