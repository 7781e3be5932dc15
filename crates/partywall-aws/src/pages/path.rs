use partywall_model::Value;

/// What a path of botocore's paginators finds: members by dots, `[-1]` for the last element, `||` for another try where the first gives
/// nothing. Nothing else of JMESPath occurs in the models.
pub(super) fn search<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    let mut last = None;
    for choice in path.split("||") {
        last = follow(value, choice.trim());
        if last.is_some_and(is_true) {
            break;
        }
    }
    last
}

fn follow<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |here, part| match part.strip_suffix("[-1]") {
        Some(name) => here.get(name)?.as_list()?.last(),
        None => here.get(part),
    })
}

/// JMESPath's and Python's idea of truth: empty things are false.
pub(super) fn is_true(value: &Value) -> bool {
    match value {
        Value::Null | Value::Unknown(_) => false,
        Value::Bool(value) => *value,
        Value::Int(number) => *number != 0,
        Value::Float(number) => *number != 0.0,
        Value::Str(text) => !text.is_empty(),
        Value::List(items) => !items.is_empty(),
        Value::Map(members) => !members.is_empty(),
    }
}

/// The place that a plain path names, for changing it.
pub(super) fn place<'a>(value: &'a mut Value, path: &str) -> Option<&'a mut Value> {
    path.split('.').try_fold(value, |here, part| match here {
        Value::Map(members) => members.iter_mut().find(|(key, _)| &**key == part).map(|(_, child)| child),
        _ => None,
    })
}
