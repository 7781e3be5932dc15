//! What one call is asked about: its input from the row, whether it need be asked, and several rows in one.

use std::collections::BTreeMap;
use std::sync::Arc;

use partywall_catalog::{Read, ResourceType};
use partywall_collect::{Asked, Failure};
use partywall_model::{CauseKind, Resource, Value};

use crate::input::InputError;

/// A resource that a question is about.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub(crate) identity: Vec<(Arc<str>, Arc<str>)>,
    pub(crate) region: Arc<str>,
    /// What the property is that the read is asked with.
    pub(crate) value: Option<String>,
    /// A listing said in which Region it lies, or it lies in none.
    pub(crate) is_placed: bool,
}

impl Subject {
    /// The resource's id.
    pub(crate) fn id(&self) -> Option<&str> {
        self.identity.first().map(|(_, id)| &**id)
    }
}

/// A question: the resources that it is about, and its input or why there can be none.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) subjects: Vec<Subject>,
    /// Region that is asked.
    pub(crate) region: Arc<str>,
    pub(crate) input: Result<Value, Failure>,
}

/// Where a call can be made.
pub(crate) enum Where {
    Everywhere,
    In(Arc<str>),
    Nowhere,
}

impl Where {
    /// By [`Read::asked_in`], in a partition.
    pub(crate) fn of(asked_in: &BTreeMap<String, Arc<str>>, partition: &str) -> Self {
        match asked_in.get(partition) {
            Some(region) => Self::In(region.clone()),
            None if asked_in.is_empty() => Self::Everywhere,
            None => Self::Nowhere,
        }
    }
}

pub(crate) fn asked(
    resource_type: &Arc<ResourceType>,
    read: usize,
    account: &Arc<str>,
    region: &Arc<str>,
    subject: Option<&Subject>,
) -> Asked {
    Asked {
        resource_type: resource_type.clone(),
        read,
        account: account.clone(),
        region: region.clone(),
        identity: subject.map(|subject| subject.identity.clone()).unwrap_or_default(),
        subject: subject.and_then(|subject| subject.value.clone()),
    }
}

/// What an answer about one resource need not repeat.
pub(crate) fn identity(resource_type: &ResourceType, row: &Resource) -> Vec<(Arc<str>, Arc<str>)> {
    let own = resource_type.id_path().map(|path| (Arc::from(path), row.id.clone()));
    let within = resource_type.identity().iter().filter_map(|path| Some((path.clone(), Arc::from(row.properties.at(path)?.as_str()?))));
    own.into_iter().chain(within).collect()
}

pub(crate) fn text_at(row: &Resource, path: &str) -> Option<String> {
    match row.properties.at(path) {
        Some(Value::Str(text)) => Some(text.to_string()),
        Some(Value::Int(number)) => Some(number.to_string()),
        _ => (path == "Arn").then(|| row.arn.as_deref().map(ToOwned::to_owned)).flatten(),
    }
}

/// False if what was read before says that there is nothing to ask for. What is unknown does not, nor what no answer was about: `told` says
/// whether the read that tells a property was answered for the row.
pub(crate) fn wanted(row: &Resource, read: &Read, told: impl Fn(&str) -> bool) -> bool {
    read.only.iter().all(|(path, values)| match row.properties.at(path) {
        Some(Value::Unknown(_)) => true,
        Some(found) => values.iter().any(|value| match (value, found) {
            (toml::Value::String(text), Value::Str(found)) => **text == **found,
            (toml::Value::Boolean(flag), Value::Bool(found)) => flag == found,
            (toml::Value::Integer(number), Value::Int(found)) => number == found,
            _ => false,
        }),
        None => !told(path),
    })
}

pub(crate) fn unaskable(error: &InputError) -> Failure {
    Failure {
        kind: CauseKind::CallFailed,
        code: None,
        words: format!("nothing: it could not be asked, {error}"),
        operation: None,
        action: None,
    }
}

/// One question for all resources of a Region.
pub(crate) fn together(asked_of: Vec<(Subject, Arc<str>, Result<Value, Failure>)>) -> Vec<Question> {
    let mut by_region: BTreeMap<Arc<str>, Question> = BTreeMap::new();
    for (subject, region, input) in asked_of {
        let question = by_region.entry(region.clone()).or_insert_with(|| Question { subjects: Vec::new(), region, input });
        question.subjects.push(subject);
    }
    by_region.into_values().collect()
}

/// Puts questions together that may be asked at once: what they have in common stays, the lists in them are joined.
pub(crate) fn batches(asked_of: Vec<(Subject, Arc<str>, Result<Value, Failure>)>, size: usize) -> Vec<Question> {
    let mut questions: Vec<Question> = Vec::new();
    let mut open: BTreeMap<Arc<str>, usize> = BTreeMap::new();
    for (subject, region, input) in asked_of {
        let Ok(input) = input else {
            questions.push(Question { subjects: vec![subject], region, input });
            continue;
        };
        let last = open.get(&region).and_then(|place| questions.get_mut(*place)).filter(|question| question.subjects.len() < size.max(1));
        match last {
            Some(question) => {
                if let Ok(joined) = &mut question.input {
                    join(joined, input);
                }
                question.subjects.push(subject);
            }
            None => {
                open.insert(region.clone(), questions.len());
                questions.push(Question { subjects: vec![subject], region, input: Ok(input) });
            }
        }
    }
    questions
}

fn join(base: &mut Value, more: Value) {
    let (Value::Map(base), Value::Map(more)) = (base, more) else { return };
    for (name, value) in more {
        if let (Some((_, Value::List(items))), Value::List(further)) = (base.iter_mut().find(|(known, _)| *known == name), value) {
            items.extend(further.into_iter().filter(|item| !items.contains(item)).collect::<Vec<_>>());
        }
    }
}

#[cfg(test)]
mod tests {
    use partywall_model::{Cause, Source, SourceKind};

    use super::*;

    #[test]
    fn a_call_is_spared_only_for_what_was_told() {
        let read: Read = toml::from_str(
            "operation = 'GetThing'\nservice = 's3'\naction = 's3:GetThing'\nper = 'Name'\nonly = { 'Kind.Of' = ['a', true] }",
        )
        .unwrap();
        let row = |value: Option<Value>| {
            let mut row = Resource::new("AWS::ECS::Cluster", "c", Arc::new(Source { kind: SourceKind::Api, file: Arc::from("aws") }));
            if let Some(value) = value {
                row.properties.set_at("Kind.Of", value);
            }
            row
        };
        assert!(wanted(&row(Some(Value::str("a"))), &read, |_| true));
        assert!(wanted(&row(Some(Value::Bool(true))), &read, |_| true));
        assert!(!wanted(&row(Some(Value::str("b"))), &read, |_| true));
        let unknown = Value::unknown(Cause::new(CauseKind::Throttled, "ListThings answered Throttling"));
        assert!(wanted(&row(Some(unknown)), &read, |_| true));
        assert!(!wanted(&row(None), &read, |path| path == "Kind.Of"), "the answer left it out");
        assert!(wanted(&row(None), &read, |_| false), "no answer was about this row");
    }
}
