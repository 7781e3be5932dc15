//! `Globals` of the Serverless Application Model: properties that its resources share.

use std::collections::BTreeMap;

use partywall_model::Value;

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

#[cfg(test)]
mod tests {
    use partywall_model::{Cause, CauseKind};

    use super::*;

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
