//! The Serverless Application Model: `Globals`, the properties that its resources share, and what a function makes beside itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use partywall_model::{Cause, CauseKind, Condition, Resource, Value};

use super::document::Node;

/// The shared properties by resource type. Only templates with the serverless transform may have the section.
pub(super) fn globals(root: &Node) -> BTreeMap<String, &Node> {
    let sections = root.get("Globals").and_then(Node::members).unwrap_or_default();
    sections.iter().map(|member| (format!("AWS::Serverless::{}", member.name), &member.value)).collect()
}

/// Adds shared properties to a resource's own: its own scalars win, mappings are united, lists are put behind the shared ones.
/// An unknown that would be united with leaves a mapping unknown and a list incomplete.
pub(super) fn apply(own: &mut Value, shared: Value) {
    match (own, shared) {
        (Value::Map(own), Value::Map(shared)) => {
            for (key, value) in shared {
                match own.iter_mut().find(|(name, _)| *name == key) {
                    Some((_, own)) => apply(own, value),
                    None => own.push((key, value)),
                }
            }
        }
        (Value::List(own), Value::List(mut shared)) => {
            shared.append(own);
            *own = shared;
        }
        (Value::List(own), unknown @ Value::Unknown(_)) => own.insert(0, unknown),
        (own @ Value::Map(_), unknown @ Value::Unknown(_)) => *own = unknown,
        _ => {}
    }
}

/// The URL of a function and the permission that a URL without authorisation gets, as the transform names them.
pub(super) fn made_by(function: &Resource) -> Vec<Resource> {
    const CONFIG: &str = "FunctionUrlConfig";
    let (true, Some(logical), Some(config)) =
        (&*function.resource_type == "AWS::Serverless::Function", &function.logical_id, function.properties.get(CONFIG))
    else {
        return Vec::new();
    };
    let auth = match config.at("AuthType") {
        None => Value::unknown(Cause::new(CauseKind::UnresolvedReference, format!("`{CONFIG}` of `{logical}` has no `AuthType`"))),
        Some(auth) => auth.clone(),
    };
    let make = |resource_type: &str, suffix: &str, properties: &[(&str, Value)]| {
        let id: Arc<str> = format!("{logical}{suffix}").into();
        let mut row = Resource::new(resource_type, id.clone(), function.source.clone());
        row.logical_id = Some(id);
        row.account.clone_from(&function.account);
        row.region.clone_from(&function.region);
        row.location = function.position(CONFIG);
        row.condition.clone_from(&function.condition);
        for (name, value) in properties {
            row.properties.set(name, value.clone());
        }
        if let Value::Unknown(cause) = config {
            row.condition = Some(Condition { name: format!("{logical}.{CONFIG}").into(), cause: cause.clone() });
        }
        row
    };
    let target = Value::str(format!("{{{logical}}}"));
    let mut url = make("AWS::Lambda::Url", "Url", &[("TargetFunctionArn", target.clone()), ("AuthType", auth.clone())]);
    for name in ["Cors", "InvokeMode"] {
        if let Some(value) = config.at(name) {
            url.properties.set(name, value.clone());
        }
    }
    let granted = [
        ("FunctionName", target),
        ("Action", Value::str("lambda:InvokeFunctionUrl")),
        ("Principal", Value::str("*")),
        ("FunctionUrlAuthType", Value::str("NONE")),
    ];
    let mut permission = make("AWS::Lambda::Permission", "UrlPublicPermissions", &granted);
    match auth {
        Value::Str(auth) if &*auth != "NONE" => return vec![url],
        Value::Unknown(cause) => permission.condition = Some(Condition { name: format!("{logical}.AuthType").into(), cause }),
        _ => {}
    }
    vec![url, permission]
}

#[cfg(test)]
mod tests {
    use super::super::tests::read;
    use super::*;

    #[test]
    fn a_function_makes_its_url_and_who_may_call_it() {
        let made = |config: &str| {
            let text = format!(
                "Transform: AWS::Serverless-2016-10-31\nParameters: {{P: {{Type: String}}}}\nConditions: {{C: !Equals [!Ref P, x]}}\nResources: {{F: {{Type: 'AWS::Serverless::Function', Properties: {{FunctionUrlConfig: {config}}}}}}}\n"
            );
            let rows = read(&text).resources;
            rows.iter().skip(1).map(|row| format!("{} {}", row.id, row.condition.is_some())).collect::<Vec<_>>()
        };
        assert_eq!(made("{AuthType: NONE}"), ["FUrl false", "FUrlPublicPermissions false"]);
        assert_eq!(made("{AuthType: AWS_IAM}"), ["FUrl false"]);
        assert_eq!(made("{AuthType: !Ref P}"), ["FUrl false", "FUrlPublicPermissions true"]);
        assert_eq!(made("!If [C, {AuthType: NONE}, !Ref AWS::NoValue]"), ["FUrl true", "FUrlPublicPermissions true"]);
        assert_eq!(made("!Ref AWS::NoValue"), [""; 0]);
    }

    #[test]
    fn own_values_win_and_collections_unite() {
        let mut own = Value::default();
        own.set("Runtime", Value::str("a"));
        own.set_at("Environment.Variables.A", Value::str("own"));
        own.set("Layers", Value::List(vec![Value::str("own")]));
        let mut shared = Value::default();
        shared.set("Runtime", Value::str("b"));
        shared.set("Timeout", Value::Int(3));
        shared.set_at("Environment.Variables.A", Value::str("shared"));
        shared.set_at("Environment.Variables.B", Value::str("shared"));
        shared.set("Layers", Value::List(vec![Value::str("shared")]));
        let unknown = Value::unknown(Cause::new(CauseKind::UnresolvedReference, "x"));
        own.set("Tags", Value::Map(vec![]));
        shared.set("Tags", unknown.clone());
        own.set("Architectures", Value::List(vec![Value::Int(1)]));
        shared.set("Architectures", unknown.clone());
        apply(&mut own, shared);
        assert_eq!(own.at("Tags"), Some(&unknown));
        assert_eq!(own.at("Architectures"), Some(&Value::List(vec![unknown, Value::Int(1)])));
        assert_eq!(own.at("Runtime").and_then(Value::as_str), Some("a"));
        assert_eq!(own.at("Timeout"), Some(&Value::Int(3)));
        assert_eq!(own.at("Environment.Variables.A").and_then(Value::as_str), Some("own"));
        assert_eq!(own.at("Environment.Variables.B").and_then(Value::as_str), Some("shared"));
        assert_eq!(own.at("Layers"), Some(&Value::List(vec![Value::str("shared"), Value::str("own")])));
    }
}
