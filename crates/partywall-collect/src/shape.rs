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
pub(crate) fn items(value: Value, path: &str) -> Vec<Value> {
    let mut found = vec![value];
    for step in path.split('.').filter(|step| !step.is_empty()) {
        let name = step.trim_end_matches("[]");
        found = found
            .into_iter()
            .flat_map(|value| match take(value, name) {
                Some(Value::List(items)) => items,
                Some(Value::Null) | None => Vec::new(),
                Some(one) => vec![one],
            })
            .collect();
    }
    found
}

fn take(value: Value, name: &str) -> Option<Value> {
    match value {
        Value::Map(members) => members.into_iter().find(|(key, _)| &**key == name).map(|(_, value)| value),
        _ => None,
    }
}
