use std::sync::Arc;

use partywall_model::{Cause, CauseKind, Value};

use crate::derive::{is_dynamic, is_pointer};

/// What stands where a secret was.
const REDACTED: &str = "[redacted]";

/// Takes the values at the secrets' paths out: what is computed from them has been computed, and nothing after the collector holds
/// one. Names, list lengths, pointers to a secret store and unknowns stay, so that presence can still be told.
///
/// Paths are written as in a type file: `Name`, `List[].Name`, or `List[Member=text].Name` for the elements with that member.
pub(crate) fn redact(properties: &mut Value, secrets: &[Arc<str>]) {
    for path in secrets {
        descend(properties, path);
    }
}

fn descend(value: &mut Value, path: &str) {
    let end = path.find(['.', '[']).unwrap_or(path.len());
    let (name, mut rest) = path.split_at_checked(end).unwrap_or((path, ""));
    let mut condition = None;
    if let Some((inside, after)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        condition = inside.split_once('=');
        rest = after;
    }
    let rest = rest.strip_prefix('.').unwrap_or_default();
    let Value::Map(members) = value else { return };
    let Some((_, member)) = members.iter_mut().find(|(key, _)| &**key == name) else { return };
    let each = |element: &mut Value| {
        let cause = match condition.map(|(key, text)| (element.get(key), text)) {
            None | Some((None, _)) => None,
            Some((Some(Value::Unknown(cause)), _)) => Some(cause.clone()),
            Some((Some(found), text)) if found.as_str().is_none_or(|found| found == text) => None,
            Some(_) => return,
        };
        match (rest, cause) {
            ("", None) => blank(element),
            (rest, None) => descend(element, rest),
            // It may be a secret and it may be what a predicate asks for: what cannot be shown cannot be known.
            ("", Some(cause)) => *element = Value::Unknown(cause),
            (rest, Some(cause)) => element.set_at(rest, Value::Unknown(cause)),
        }
    };
    match member {
        Value::List(items) => items.iter_mut().for_each(each),
        one => each(one),
    }
}

fn blank(value: &mut Value) {
    match value {
        Value::Str(text) if text.is_empty() || is_pointer(text) => {}
        Value::Str(_) | Value::Int(_) | Value::Float(_) => *value = Value::str(REDACTED),
        Value::List(items) => items.iter_mut().for_each(blank),
        Value::Map(members) => members.iter_mut().for_each(|(_, value)| blank(value)),
        Value::Null | Value::Bool(_) | Value::Unknown(_) => {}
    }
}

/// What a dynamic reference stands for is not in the template. At a secret's path it stays: there one may only ask whether anything is.
pub(crate) fn open_dynamic(properties: &mut Value, secrets: &[Arc<str>]) {
    let secrets: Vec<String> = secrets.iter().map(|path| plain(path)).collect();
    open_below(properties, &mut String::new(), &secrets);
}

fn open_below(value: &mut Value, path: &mut String, secrets: &[String]) {
    match value {
        Value::Str(text) if is_dynamic(text) && !secrets.iter().any(|secret| holds(secret, path)) => {
            let detail = "a dynamic reference (`{{resolve:…}}`) is resolved at deployment";
            *value = Value::unknown(Cause::new(CauseKind::UnresolvedReference, detail));
        }
        Value::List(items) => {
            let before = path.len();
            path.push_str("[]");
            for item in items {
                open_below(item, path, secrets);
            }
            path.truncate(before);
        }
        Value::Map(members) => {
            for (name, member) in members {
                let before = path.len();
                if before > 0 {
                    path.push('.');
                }
                path.push_str(name);
                open_below(member, path, secrets);
                path.truncate(before);
            }
        }
        _ => {}
    }
}

/// True if the inner path is the outer one or lies in it.
pub(crate) fn holds(outer: &str, inner: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// `List[Member=text].Name` → `List[].Name`, as inputs are written.
pub(crate) fn plain(secret: &str) -> String {
    let mut parts = secret.split('[');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str("[]");
        out.push_str(part.split_once(']').map_or("", |(_, rest)| rest));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(json: &str, path: &str) -> String {
        let mut value = crate::json::value_from_slice(json.as_bytes(), &mut crate::json::Names::default()).unwrap();
        redact(&mut value, &[Arc::from(path)]);
        partywall_table::canonical_json(&value).unwrap()
    }

    #[test]
    fn dynamic_references_stay_where_only_their_presence_counts() {
        let mut value = crate::json::value_from_slice(
            br#"{"Password":"{{resolve:ssm:p}}","Users":[{"Password":"{{resolve:ssm:p}}","Name":"x-{{resolve:ssm:n}}"}],"Plain":"p"}"#,
            &mut crate::json::Names::default(),
        )
        .unwrap();
        open_dynamic(&mut value, &[Arc::from("Password"), Arc::from("Users[Kind=a].Password")]);
        let user = value.get("Users").and_then(Value::as_list).unwrap()[0].clone();
        let known = [value.get("Password"), user.get("Password"), user.get("Name"), value.get("Plain")];
        assert_eq!(known.map(|value| value.unwrap().is_unknown()), [false, false, true, false]);
    }

    #[test]
    fn conditions_are_left_out_of_paths() {
        assert_eq!(plain("A[N=x].B[M=y].C"), "A[].B[].C");
        assert_eq!(plain("A.B"), "A.B");
    }

    #[test]
    fn secrets_go_and_their_presence_stays() {
        for (given, path, left) in [
            (r#"{"Password":"hunter2","User":"u"}"#, "Password", r#"{"Password":"[redacted]","User":"u"}"#),
            (r#"{"Password":""}"#, "Password", r#"{"Password":""}"#),
            (r#"{"Password":"{{resolve:ssm-secure:p}}"}"#, "Password", r#"{"Password":"{{resolve:ssm-secure:p}}"}"#),
            (
                r#"{"Environment":{"Variables":{"A":"x","B":7}}}"#,
                "Environment.Variables",
                r#"{"Environment":{"Variables":{"A":"[redacted]","B":"[redacted]"}}}"#,
            ),
            (
                r#"{"Users":[{"Name":"a","Password":"x"},{"Name":"b"}]}"#,
                "Users[].Password",
                r#"{"Users":[{"Name":"a","Password":"[redacted]"},{"Name":"b"}]}"#,
            ),
            (r#"{"Passwords":["x","y"]}"#, "Passwords", r#"{"Passwords":["[redacted]","[redacted]"]}"#),
            (
                r#"{"O":[{"N":"env","V":"x"},{"N":"asg","V":"y"}]}"#,
                "O[N=env].V",
                r#"{"O":[{"N":"env","V":"[redacted]"},{"N":"asg","V":"y"}]}"#,
            ),
        ] {
            assert_eq!(redacted(given, path), left, "{path}");
        }
    }
}
