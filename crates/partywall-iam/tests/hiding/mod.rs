//! Parts of a tree made unknown, one at a time.

use partywall_model::{Cause, CauseKind, Value};

/// What could not be read.
pub(crate) fn hidden() -> Value {
    Value::unknown(Cause::new(CauseKind::Denied, "hidden"))
}

/// The number of subtrees, the whole included.
pub(crate) fn size(value: &Value) -> usize {
    1 + match value {
        Value::List(items) => items.iter().map(size).sum(),
        Value::Map(members) => members.iter().map(|(_, value)| size(value)).sum(),
        _ => 0,
    }
}

/// Hides the subtree of that number, counted from the front; returns what is left to count.
pub(crate) fn hide(value: &mut Value, number: usize) -> usize {
    if number == 0 {
        *value = hidden();
        return usize::MAX;
    }
    let mut left = number - 1;
    let children: Vec<&mut Value> = match value {
        Value::List(items) => items.iter_mut().collect(),
        Value::Map(members) => members.iter_mut().map(|(_, value)| value).collect(),
        _ => vec![],
    };
    for child in children {
        left = hide(child, left);
        if left == usize::MAX {
            break;
        }
    }
    left
}
