use std::sync::Arc;

use partywall_model::{Cause, Key, Value};

use crate::error::wrong_type;
use crate::{
    Condition, Document, Effect, Element, Items, Known, Operator, Patterns, Principal, PrincipalKind, Principals, Statement,
    value_from_json,
};

/// More statements than any policy within AWS's size quotas can hold; the rest is not read and counts as not known.
const MAX_STATEMENTS: usize = 10_000;

impl Document {
    /// Reads a document from a tree, or from the JSON text in it.
    ///
    /// Element names match in either case: IAM accepts that, and reading more strictly would overlook what is in force. An
    /// element that policies do not have, or one that is written twice, makes its statement unknown (above statements: the
    /// document), because AWS would refuse the policy and a reader cannot tell what was meant.
    ///
    /// # Errors
    /// The cause, if the whole is unknown or is not a document; `wrong type` names what is the matter.
    pub fn parse(value: &Value) -> Result<Self, Arc<Cause>> {
        match value {
            Value::Unknown(cause) => Err(Arc::clone(cause)),
            Value::Str(text) => Self::parse_tree(&value_from_json(text).map_err(|error| Arc::<Cause>::from(&error))?),
            tree => Self::parse_tree(tree),
        }
    }

    fn parse_tree(value: &Value) -> Result<Self, Arc<Cause>> {
        let members = value.as_map().ok_or_else(|| wrong_type(format!("policy document is {}, not a map", kind_of(value))))?;
        let [version, id, statement] = elements(members, ["Version", "Id", "Statement"], "policy document")?;
        let mut statements = Items::default();
        match statement {
            None => statements.miss(&wrong_type("policy document has no `Statement`")),
            Some(Value::List(list)) => {
                for item in list.iter().take(MAX_STATEMENTS) {
                    statements.push(Statement::parse(item));
                }
                if list.len() > MAX_STATEMENTS {
                    statements.miss(&wrong_type(format!("policy document has more than {MAX_STATEMENTS} statements")));
                }
            }
            Some(single) => statements.push(Statement::parse(single)),
        }
        Ok(Self { version: version.map(text), id: id.map(text), statements })
    }
}

impl Statement {
    fn parse(value: &Value) -> Result<Self, Arc<Cause>> {
        const NAMES: [&str; 9] =
            ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];
        let members = match value {
            Value::Map(members) => members,
            Value::Unknown(cause) => return Err(Arc::clone(cause)),
            other => return Err(wrong_type(format!("policy statement is {}, not a map", kind_of(other)))),
        };
        let [sid, effect, principal, not_principal, action, not_action, resource, not_resource, condition] =
            elements(members, NAMES, "policy statement")?;
        let action = match either(action, not_action, "Action", texts)? {
            Element::Absent => Element::Only(Known::Unknown(wrong_type("policy statement has neither `Action` nor `NotAction`"))),
            written => written,
        };
        Ok(Self {
            sid: sid.map(text),
            effect: parse_effect(effect),
            principal: either(principal, not_principal, "Principal", parse_principals)?,
            action,
            resource: either(resource, not_resource, "Resource", texts)?,
            conditions: condition.map(parse_conditions).unwrap_or_default(),
        })
    }
}

/// Reads documents in every shape that sources hold them: a document, its text, a `{PolicyName, PolicyDocument}` pair, or a
/// list of these. Null and blank text are no document.
pub fn read_documents(values: &[&Value]) -> Items<Document> {
    let mut documents = Items::default();
    for value in values {
        match value {
            Value::List(list) => {
                for item in list {
                    read_document(item, &mut documents);
                }
            }
            single => read_document(single, &mut documents),
        }
    }
    documents
}

fn read_document(value: &Value, documents: &mut Items<Document>) {
    let document = value.get("PolicyDocument").unwrap_or(value);
    let absent = document.is_null() || document.as_str().is_some_and(|text| text.trim().is_empty());
    if !absent {
        documents.push(Document::parse(document));
    }
}

/// The members of those names, in that order; null counts as absent.
fn elements<'v, const N: usize>(members: &'v [(Key, Value)], names: [&str; N], what: &str) -> Result<[Option<&'v Value>; N], Arc<Cause>> {
    let mut found = [None; N];
    for (key, value) in members {
        let slot = names.iter().position(|name| name.eq_ignore_ascii_case(key)).and_then(|position| found.get_mut(position));
        match slot {
            None => return Err(wrong_type(format!("{what} has an element `{key}` that policies do not have"))),
            Some(Some(_)) => return Err(wrong_type(format!("{what} has `{key}` twice"))),
            Some(free) => *free = Some(value),
        }
    }
    Ok(found.map(|value| value.filter(|value| !value.is_null())))
}

fn either<T>(
    plain: Option<&Value>,
    negated: Option<&Value>,
    name: &str,
    parse: impl FnOnce(&Value) -> Known<T>,
) -> Result<Element<T>, Arc<Cause>> {
    Ok(match (plain, negated) {
        (None, None) => Element::Absent,
        (Some(plain), None) => Element::Only(parse(plain)),
        (None, Some(negated)) => Element::Except(parse(negated)),
        // An unknown one of the two may turn out to be absent.
        (Some(Value::Unknown(cause)), Some(_)) | (Some(_), Some(Value::Unknown(cause))) => return Err(Arc::clone(cause)),
        (Some(_), Some(_)) => return Err(wrong_type(format!("policy statement has both `{name}` and `Not{name}`"))),
    })
}

fn parse_effect(value: Option<&Value>) -> Known<Effect> {
    match value {
        None => Known::Unknown(wrong_type("policy statement has no `Effect`")),
        Some(Value::Unknown(cause)) => Known::Unknown(Arc::clone(cause)),
        Some(value) => match value.as_str() {
            Some("Allow") => Known::Is(Effect::Allow),
            Some("Deny") => Known::Is(Effect::Deny),
            Some(other) => Known::Unknown(wrong_type(format!("effect `{other}` is neither `Allow` nor `Deny`"))),
            None => Known::Unknown(wrong_type(format!("effect is {}, not text", kind_of(value)))),
        },
    }
}

fn parse_principals(value: &Value) -> Known<Principals> {
    let members = match value {
        Value::Str(name) if &**name == "*" => return Known::Is(Principals::Everyone),
        Value::Map(members) => members,
        Value::Unknown(cause) => return Known::Unknown(Arc::clone(cause)),
        other => return Known::Unknown(wrong_type(format!("principal is {}, neither `*` nor a map", kind_of(other)))),
    };
    let kinds = [PrincipalKind::Aws, PrincipalKind::Service, PrincipalKind::Federated, PrincipalKind::CanonicalUser];
    let found = match elements(members, ["AWS", "Service", "Federated", "CanonicalUser"], "principal") {
        Ok(found) => found,
        Err(cause) => return Known::Unknown(cause),
    };
    let mut named = Items::default();
    for (kind, value) in kinds.into_iter().zip(found) {
        match value.map(texts) {
            None => {}
            Some(Known::Unknown(cause)) => named.miss(&cause),
            Some(Known::Is(items)) => {
                named.known.extend(items.known.into_iter().map(|name| Principal { kind, name }));
                if let Some(cause) = &items.missing {
                    named.miss(cause);
                }
            }
        }
    }
    Known::Is(Principals::Named(named))
}

fn parse_conditions(value: &Value) -> Items<Condition> {
    let mut conditions = Items::default();
    let operators = match value {
        Value::Map(operators) => operators,
        Value::Unknown(cause) => {
            conditions.miss(cause);
            return conditions;
        }
        other => {
            conditions.miss(&wrong_type(format!("condition is {}, not a map", kind_of(other))));
            return conditions;
        }
    };
    for (name, keys) in operators {
        let Some(operator) = Operator::parse(name) else {
            conditions.miss(&wrong_type(format!("condition operator `{name}` does not exist")));
            continue;
        };
        match keys {
            Value::Null => {}
            Value::Unknown(cause) => conditions.miss(cause),
            Value::Map(keys) => {
                conditions.known.extend(keys.iter().map(|(key, values)| Condition {
                    operator,
                    key: Box::from(&**key),
                    values: texts(values),
                }));
            }
            other => conditions.miss(&wrong_type(format!("condition `{name}` is {}, not a map of keys", kind_of(other)))),
        }
    }
    conditions
}

/// A text or a list of texts.
fn texts(value: &Value) -> Known<Patterns> {
    let mut items = Items::default();
    match value {
        Value::List(list) => {
            for item in list {
                items.push(scalar(item));
            }
        }
        single => match scalar(single) {
            Ok(text) => items.known.push(text),
            Err(cause) => return Known::Unknown(cause),
        },
    }
    Known::Is(items)
}

fn text(value: &Value) -> Known<Box<str>> {
    match scalar(value) {
        Ok(text) => Known::Is(text),
        Err(cause) => Known::Unknown(cause),
    }
}

/// Text as a policy spells it. Templates may write account ids as numbers, which lose their leading zeros, and booleans bare.
fn scalar(value: &Value) -> Result<Box<str>, Arc<Cause>> {
    match value {
        Value::Str(text) => Ok(text.clone()),
        Value::Bool(value) => Ok(value.to_string().into()),
        Value::Int(number @ 1_000_000_000..=999_999_999_999) => Ok(format!("{number:012}").into()),
        Value::Int(number) => Ok(number.to_string().into()),
        Value::Float(number) => Ok(number.to_string().into()),
        Value::Unknown(cause) => Err(Arc::clone(cause)),
        other => Err(wrong_type(format!("expected text, found {}", kind_of(other)))),
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Int(_) | Value::Float(_) => "a number",
        Value::Str(_) => "text",
        Value::List(_) => "a list",
        Value::Map(_) => "a map",
        Value::Unknown(_) => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use partywall_model::CauseKind;

    use super::*;
    use crate::Answer;

    fn parse(json: &str) -> Result<Document, Arc<Cause>> {
        Document::parse(&Value::str(json))
    }

    fn reason(result: Result<Document, Arc<Cause>>) -> String {
        let cause = match result {
            Err(cause) => cause,
            Ok(document) => document.statements.missing.unwrap(),
        };
        assert_eq!(cause.kind, CauseKind::WrongType);
        cause.detail.clone()
    }

    #[test]
    fn a_whole_document_is_read() {
        let document = parse(
            r#"{"Version":"2012-10-17","Id":"x","Statement":{"Sid":"a","effect":"Allow","Principal":{"AWS":["111122223333","*"],"Service":"sns.amazonaws.com"},
            "NotAction":"s3:*","Resource":["*"],"Condition":{"Bool":{"aws:SecureTransport":false},"NumericLessThan":{"a:b":[1,2.5]}}}}"#,
        )
        .unwrap();
        let [statement] = document.statements.known.as_slice() else { unreachable!() };
        assert_eq!(statement.allows(), Answer::Yes);
        assert_eq!(statement.action.is_negated(), Answer::Yes);
        assert_eq!(statement.resource.is_negated(), Answer::No);
        let Element::Only(Known::Is(Principals::Named(named))) = &statement.principal else { unreachable!() };
        assert_eq!(named.known.len(), 3);
        let values: Vec<_> = statement.conditions.known.iter().map(|condition| &condition.values).collect();
        let Known::Is(numbers) = values[1] else { unreachable!() };
        assert_eq!(numbers.known, ["1".into(), "2.5".into()]);
        assert_eq!(document.version, Some(Known::Is("2012-10-17".into())));
    }

    #[test]
    fn what_aws_refuses_is_unknown_with_the_reason() {
        for (json, want) in [
            ("{}", "has no `Statement`"),
            ("[]", "is a list"),
            ("{", "not JSON"),
            (r#"{"Statement":[],"Rules":[]}"#, "`Rules`"),
            (r#"{"Statement":"x"}"#, "is text"),
            (r#"{"Statement":[{"Effect":"Allow","Action":"*","NotAction":"*","Resource":"*"}]}"#, "both `Action` and `NotAction`"),
            (r#"{"Statement":[{"Effect":"Allow","effect":"Deny","Action":"*"}]}"#, "twice"),
            (r#"{"Statement":[{"Effect":"Allow","Action":"*","Conditions":{}}]}"#, "`Conditions`"),
        ] {
            let reason = reason(parse(json));
            assert!(reason.contains(want), "{json}: {reason}");
        }
    }

    #[test]
    fn one_bad_element_leaves_the_others_known() {
        let document =
            parse(r#"{"Statement":[{"Effect":"allow","Principal":"nobody","Resource":{"a":1},"Condition":{"Same":{"a":"b"}}}]}"#).unwrap();
        let [statement] = document.statements.known.as_slice() else { unreachable!() };
        assert!(matches!(statement.effect, Known::Unknown(_)));
        assert!(matches!(statement.principal, Element::Only(Known::Unknown(_))));
        assert!(matches!(statement.action, Element::Only(Known::Unknown(_))));
        assert!(matches!(statement.resource, Element::Only(Known::Unknown(_))));
        assert!(statement.conditions.missing.is_some());
    }

    #[test]
    fn documents_come_in_many_shapes() {
        let text = r#"{"Statement":[]}"#;
        let pair = Value::Map(vec![(Key::from("PolicyName"), Value::str("a")), (Key::from("PolicyDocument"), Value::str(text))]);
        let list = Value::List(vec![pair, Value::str("%7B%22Statement%22%3A%5B%5D%7D"), Value::Null, Value::str(" ")]);
        let documents = read_documents(&[&list, &Value::str(text), &Value::Null]);
        assert_eq!(documents.known.len(), 3);
        assert_eq!(documents.missing, None);
        assert_eq!(read_documents(&[]), Items::default());
    }

    #[test]
    fn numbers_keep_the_digits_of_account_ids() {
        assert_eq!(scalar(&Value::Int(12_345_678_901)).unwrap(), "012345678901".into());
        assert_eq!(scalar(&Value::Int(443)).unwrap(), "443".into());
    }

    #[test]
    fn size_is_capped() {
        let statement = value_from_json(r#"{"Effect":"Deny","Action":"*"}"#).unwrap();
        let mut document = Value::default();
        document.set("Statement", Value::List(vec![statement; MAX_STATEMENTS + 1]));
        let document = Document::parse(&document).unwrap();
        assert_eq!(document.statements.known.len(), MAX_STATEMENTS);
        assert!(document.statements.missing.is_some());
    }
}
