use std::sync::Arc;

use partywall_model::{Cause, Value};

use crate::node::{Node, elements, kind_of, text, texts};
use crate::text::placed_from_json;
use crate::{Condition, Document, Effect, Element, Items, Known, Operator, Principal, PrincipalKind, Principals, Statement};

/// More statements than any policy within AWS's size quotas can hold; the rest is not read and counts as not known.
const MAX_STATEMENTS: usize = 10_000;

impl Document {
    /// Reads a document from a tree, or from the JSON text in it; of text, causes and statements name their place.
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
            Value::Str(text) => {
                let (tree, places) = placed_from_json(text).map_err(|error| Arc::<Cause>::from(&error))?;
                Self::parse_tree(Node { value: &tree, places: Some(&places) })
            }
            tree => Self::parse_tree(Node { value: tree, places: None }),
        }
    }

    fn parse_tree(node: Node<'_>) -> Result<Self, Arc<Cause>> {
        let [version, id, statement] = elements(node, ["Version", "Id", "Statement"], "policy document")?;
        let mut statements = Items::default();
        match statement {
            None => statements.miss(&node.wrong("policy document has no `Statement`")),
            Some(node) => match node.value {
                Value::List(list) => {
                    for item in node.items(list).take(MAX_STATEMENTS) {
                        statements.push(Statement::parse(item));
                    }
                    if list.len() > MAX_STATEMENTS {
                        statements.miss(&node.wrong(format_args!("policy document has more than {MAX_STATEMENTS} statements")));
                    }
                }
                _ => statements.push(Statement::parse(node)),
            },
        }
        Ok(Self { version: version.map(parse_version), id: id.map(text), statements })
    }
}

/// AWS knows two versions of the language (IAM user guide, JSON policy elements: Version).
fn parse_version(node: Node<'_>) -> Known<Box<str>> {
    match text(node) {
        Known::Is(version) if !matches!(&*version, "2012-10-17" | "2008-10-17") => {
            Known::Unknown(node.wrong(format_args!("policy version `{version}` does not exist: write `2012-10-17`")))
        }
        version => version,
    }
}

impl Statement {
    fn parse(node: Node<'_>) -> Result<Self, Arc<Cause>> {
        const NAMES: [&str; 9] =
            ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];
        let [sid, effect, principal, not_principal, action, not_action, resource, not_resource, condition] =
            elements(node, NAMES, "policy statement")?;
        let action = match either(action, not_action, "Action", texts)? {
            Element::Absent => Element::Only(Known::Unknown(node.wrong("policy statement has neither `Action` nor `NotAction`"))),
            written => written,
        };
        Ok(Self {
            at: node.at(),
            sid: sid.map(text),
            effect: effect.map_or_else(|| Known::Unknown(node.wrong("policy statement has no `Effect`")), parse_effect),
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

fn either<'v, T>(
    plain: Option<Node<'v>>,
    negated: Option<Node<'v>>,
    name: &str,
    parse: impl FnOnce(Node<'v>) -> Known<T>,
) -> Result<Element<T>, Arc<Cause>> {
    Ok(match (plain, negated) {
        (None, None) => Element::Absent,
        (Some(plain), None) => Element::Only(parse(plain)),
        (None, Some(negated)) => Element::Except(parse(negated)),
        // An unknown one of the two may turn out to be absent.
        (Some(Node { value: Value::Unknown(cause), .. }), Some(_)) | (Some(_), Some(Node { value: Value::Unknown(cause), .. })) => {
            return Err(Arc::clone(cause));
        }
        (Some(_), Some(negated)) => return Err(negated.wrong(format_args!("policy statement has both `{name}` and `Not{name}`"))),
    })
}

fn parse_effect(node: Node<'_>) -> Known<Effect> {
    match node.value {
        Value::Unknown(cause) => Known::Unknown(Arc::clone(cause)),
        value => match value.as_str() {
            Some("Allow") => Known::Is(Effect::Allow),
            Some("Deny") => Known::Is(Effect::Deny),
            Some(other) => Known::Unknown(node.wrong(format_args!("effect `{other}` is neither `Allow` nor `Deny`"))),
            None => Known::Unknown(node.wrong(format_args!("effect is {}, not text", kind_of(value)))),
        },
    }
}

fn parse_principals(node: Node<'_>) -> Known<Principals> {
    match node.value {
        Value::Str(name) if &**name == "*" => return Known::Is(Principals::Everyone),
        Value::Map(_) => {}
        Value::Unknown(cause) => return Known::Unknown(Arc::clone(cause)),
        other => return Known::Unknown(node.wrong(format_args!("principal is {}, neither `*` nor an object", kind_of(other)))),
    }
    let kinds = [PrincipalKind::Aws, PrincipalKind::Service, PrincipalKind::Federated, PrincipalKind::CanonicalUser];
    let found = match elements(node, ["AWS", "Service", "Federated", "CanonicalUser"], "principal") {
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

fn parse_conditions(node: Node<'_>) -> Items<Condition> {
    let mut conditions = Items::default();
    let operators = match node.value {
        Value::Map(operators) => operators,
        Value::Unknown(cause) => {
            conditions.miss(cause);
            return conditions;
        }
        other => {
            conditions.miss(&node.wrong(format_args!("condition is {}, not an object", kind_of(other))));
            return conditions;
        }
    };
    for (name, keys) in node.members(operators) {
        let Some(operator) = Operator::parse(name) else {
            conditions.miss(&keys.wrong(format_args!("condition operator `{name}` does not exist")));
            continue;
        };
        match keys.value {
            Value::Null => {}
            Value::Unknown(cause) => conditions.miss(cause),
            Value::Map(members) => {
                conditions.known.extend(keys.members(members).map(|(key, values)| Condition {
                    operator,
                    key: Box::from(&**key),
                    values: texts(values),
                }));
            }
            other => conditions.miss(&keys.wrong(format_args!("condition `{name}` is {}, not an object of keys", kind_of(other)))),
        }
    }
    conditions
}

#[cfg(test)]
mod tests {
    use partywall_model::{CauseKind, Key};

    use super::*;
    use crate::json::Position;
    use crate::{Answer, value_from_json};

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
    fn what_aws_refuses_is_named_with_its_place() {
        let document =
            parse("{\n \"Version\": \"2012-10-08\",\n \"Statement\": [\n  {\"Effect\": \"allow\", \"Action\": [\"s3:*\", {}]}\n ]\n}")
                .unwrap();
        let flaws: Vec<&str> = document.flaws().into_iter().map(|cause| cause.detail.as_str()).collect();
        assert_eq!(
            flaws,
            [
                "policy version `2012-10-08` does not exist: write `2012-10-17` (line 2, column 13)",
                "effect `allow` is neither `Allow` nor `Deny` (line 4, column 14)",
                "expected text, found an object (line 4, column 42)",
            ]
        );
        assert_eq!(document.statements.known[0].at, Some(Position { line: 4, column: 3 }));
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
    fn size_is_capped() {
        let statement = value_from_json(r#"{"Effect":"Deny","Action":"*"}"#).unwrap();
        let mut document = Value::default();
        document.set("Statement", Value::List(vec![statement; MAX_STATEMENTS + 1]));
        let document = Document::parse(&document).unwrap();
        assert_eq!(document.statements.known.len(), MAX_STATEMENTS);
        assert!(document.statements.missing.is_some());
    }
}
