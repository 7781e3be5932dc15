//! Statements as JSON text again.

use serde_json::{Map, Value as Json, json};

use crate::{Condition, Effect, Element, Items, Known, Operator, Patterns, Quantifier, Statement};

/// `ForAnyValue:StringLikeIfExists`, as policies spell it.
pub(crate) fn operator_name(operator: Operator) -> String {
    let quantifier = match operator.quantifier {
        Some(Quantifier::All) => "ForAllValues:",
        Some(Quantifier::Any) => "ForAnyValue:",
        None => "",
    };
    format!("{quantifier}{:?}{}", operator.comparison, if operator.if_exists { "IfExists" } else { "" })
}

/// The patterns, if all are known.
pub(crate) fn texts(patterns: &Known<Patterns>) -> Option<&[Box<str>]> {
    match patterns {
        Known::Is(Items { known, missing: None }) => Some(known),
        Known::Is(_) | Known::Unknown(_) => None,
    }
}

/// A statement of an identity policy without its Action and Resource elements; `None` if a part of it is not known.
pub(crate) fn frame(statement: &Statement) -> Option<Map<String, Json>> {
    let Known::Is(effect) = statement.effect else { return None };
    let mut made = Map::new();
    made.insert("Effect".into(), json!(if effect == Effect::Allow { "Allow" } else { "Deny" }));
    if !statement.conditions.known.is_empty() {
        made.insert("Condition".into(), conditions(&statement.conditions)?);
    }
    statement.conditions.missing.is_none().then_some(made)
}

/// The statement as it is, but for its Sid, of which a document may hold each once; `None` if a part of it is not known.
pub(crate) fn copy(statement: &Statement) -> Option<Json> {
    let mut made = frame(statement)?;
    for (name, element) in [("Action", &statement.action), ("Resource", &statement.resource)] {
        match element {
            Element::Absent => {}
            Element::Only(patterns) => drop(made.insert(name.into(), json!(texts(patterns)?))),
            Element::Except(patterns) => drop(made.insert(format!("Not{name}"), json!(texts(patterns)?))),
        }
    }
    Some(Json::Object(made))
}

fn conditions(conditions: &Items<Condition>) -> Option<Json> {
    let mut made = Map::new();
    for condition in &conditions.known {
        let of_operator = made.entry(operator_name(condition.operator)).or_insert_with(|| json!({}));
        let twice = of_operator.as_object_mut()?.insert(condition.key.to_string(), json!(texts(&condition.values)?));
        // One would take the other's place, and the statement would say less.
        if twice.is_some() {
            return None;
        }
    }
    Some(Json::Object(made))
}
