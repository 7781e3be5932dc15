//! Small questions about resolved values.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use partywall_model::{Cause, Value};

use crate::derive::is_pointer;

/// A scalar as CloudFormation would hand it to a text property.
pub(super) fn text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Str(text) => Some(Cow::Borrowed(text)),
        Value::Bool(value) => Some(Cow::Borrowed(if *value { "true" } else { "false" })),
        Value::Int(value) => Some(Cow::Owned(value.to_string())),
        Value::Float(value) => Some(Cow::Owned(value.to_string())),
        Value::Null | Value::List(_) | Value::Map(_) | Value::Unknown(_) => None,
    }
}

/// Equality as `Fn::Equals` sees it, where `22` and `"22"` are the same; for values without unknowns.
pub(super) fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::List(left), Value::List(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Map(left), Value::Map(right)) => {
            let right: HashMap<_, _> = right.iter().map(|(key, value)| (key, value)).collect();
            left.len() == right.len() && left.iter().all(|(key, value)| right.get(key).is_some_and(|other| same(value, other)))
        }
        _ => match (text(left), text(right)) {
            (Some(left), Some(right)) => left == right,
            _ => left.is_null() && right.is_null(),
        },
    }
}

/// What is known of a value that is one of two; `None` is a property that is taken away.
pub(super) fn either(first: Option<Value>, second: Option<Value>, cause: &Arc<Cause>) -> Option<Value> {
    let stating = Arc::new(Cause::clone(cause).stating_text());
    one_of(first, second, [cause, &stating])
}

/// As [`either`], with the cause for where neither states a text and that for where one does.
fn one_of(first: Option<Value>, second: Option<Value>, causes: [&Arc<Cause>; 2]) -> Option<Value> {
    let [cause, stating] = causes;
    let open = |first: Option<&Value>, second: Option<&Value>| {
        let stated = [first, second].into_iter().flatten().any(states_text);
        Value::Unknown(if stated { stating.clone() } else { cause.clone() })
    };
    match (first, second) {
        (None, None) => None,
        (Some(Value::Map(first)), Some(Value::Map(second))) => {
            let mut others: HashMap<_, _> = second.iter().cloned().collect();
            let mut members = Vec::with_capacity(first.len());
            for (key, value) in first {
                let other = others.remove(&key);
                members.extend(one_of(Some(value), other, causes).map(|value| (key, value)));
            }
            let only_second = second.into_iter().filter(|(key, _)| others.contains_key(key));
            members.extend(only_second.map(|(key, value)| (key, open(None, Some(&value)))));
            Some(Value::Map(members))
        }
        (Some(Value::List(first)), Some(Value::List(second))) if first.len() == second.len() => {
            let items = first.into_iter().zip(second).filter_map(|(first, second)| one_of(Some(first), Some(second), causes));
            Some(Value::List(items.collect()))
        }
        (Some(first), Some(second)) if !first.is_unknown() && first == second => Some(first),
        (first, second) => Some(open(first.as_ref(), second.as_ref())),
    }
}

/// True for a text or number that the template states itself, and for an unknown that may be one.
pub(super) fn states_text(value: &Value) -> bool {
    match value {
        Value::Str(text) => !text.is_empty() && !is_pointer(text),
        Value::Int(_) | Value::Float(_) => true,
        Value::Unknown(cause) => cause.states_text,
        _ => false,
    }
}

/// How many values and how many bytes of text a value holds.
pub(super) fn weight(value: &Value) -> (usize, usize) {
    let sum = |(nodes, bytes): (usize, usize), (more_nodes, more_bytes): (usize, usize)| (nodes + more_nodes, bytes + more_bytes);
    match value {
        Value::Str(text) => (1, text.len()),
        Value::List(items) => items.iter().map(weight).fold((1, 0), sum),
        Value::Map(members) => members.iter().map(|(_, value)| weight(value)).fold((1, 0), sum),
        _ => (1, 0),
    }
}

/// The value as JSON; for values without unknowns.
pub(super) fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null | Value::Unknown(_) => serde_json::Value::Null,
        Value::Bool(value) => (*value).into(),
        Value::Int(value) => (*value).into(),
        Value::Float(value) => (*value).into(),
        Value::Str(text) => text.as_ref().into(),
        Value::List(items) => items.iter().map(json).collect(),
        Value::Map(members) => members.iter().map(|(key, value)| (key.to_string(), json(value))).collect(),
    }
}

#[cfg(test)]
mod tests {
    use partywall_model::CauseKind;

    use super::*;

    fn map(members: &[(&str, Value)]) -> Value {
        Value::Map(members.iter().map(|(key, value)| (Arc::from(*key), value.clone())).collect())
    }

    #[test]
    fn numbers_equal_their_text() {
        assert!(same(&Value::Int(22), &Value::str("22")));
        assert!(same(&Value::Bool(true), &Value::str("true")));
        assert!(!same(&Value::str("True"), &Value::Bool(true)));
        assert!(!same(&Value::List(vec![]), &Value::str("")));
        assert!(same(&map(&[("a", Value::Int(1)), ("b", Value::Null)]), &map(&[("b", Value::Null), ("a", Value::str("1"))])));
    }

    #[test]
    fn of_two_values_the_common_part_is_known() {
        let cause = Arc::new(Cause::new(CauseKind::UnresolvedReference, "x"));
        let unknown = Value::Unknown(cause.clone());
        let stating = Value::unknown(Cause::clone(&cause).stating_text());
        let first = map(&[
            ("same", Value::Int(1)),
            ("on", Value::Bool(true)),
            ("other", Value::Int(1)),
            ("first", Value::Int(1)),
            ("list", Value::List(vec![Value::Int(1), Value::Int(2)])),
        ]);
        let second = map(&[
            ("same", Value::Int(1)),
            ("other", Value::Int(2)),
            ("list", Value::List(vec![Value::Int(1), Value::Int(3)])),
            ("second", Value::Int(1)),
        ]);
        let want = map(&[
            ("same", Value::Int(1)),
            ("on", unknown),
            ("other", stating.clone()),
            ("first", stating.clone()),
            ("list", Value::List(vec![Value::Int(1), stating.clone()])),
            ("second", stating.clone()),
        ]);
        assert_eq!(either(Some(first), Some(second), &cause), Some(want));
        assert_eq!(either(None, None, &cause), None);
        assert_eq!(either(Some(Value::Int(1)), None, &cause), Some(stating));
    }
}
