//! Whether a policy refuses requests without TLS.

use crate::arn::{covers_every_resource, only_stars};
use crate::condition::Comparison;
use crate::facts::Statements;
use crate::public::concerns_s3;
use crate::{Answer, Condition, Context, Effect, Element, Known, PrincipalKind, Principals, Statement};

/// Whether every request without TLS is denied: Deny statements for everyone and all actions of a service, under no other
/// condition than `aws:SecureTransport` being false, that together cover the resource. For a bucket this takes the bucket's
/// own ARN and its objects (`…/*`, `…*`); of a resource in any other service, naming one at all is enough, as such
/// policies can name no other. An absent Resource covers everything.
pub(crate) fn denies_insecure_transport(statements: &Statements<'_>, context: &Context<'_>) -> Answer {
    let covered = |part: fn(&str) -> bool| {
        statements.any(|statement| {
            let named = match &statement.resource {
                Element::Absent => Answer::Yes,
                written => concerns_s3(statement, context).choose(written.lists(part), written.lists(|_| true)),
            };
            refuses_plain_text(statement).and(named)
        })
    };
    covered(covers_objects).and(covered(covers_bucket))
}

fn refuses_plain_text(statement: &Statement) -> Answer {
    let denies = statement.effect.judge(|effect| (*effect == Effect::Deny).into());
    denies.and(is_for_everyone(statement)).and(statement.action.lists(covers_service)).and(statement.conditions.all(holds_without_tls))
}

/// NotPrincipal leaves someone out, so it is not everyone.
fn is_for_everyone(statement: &Statement) -> Answer {
    match &statement.principal {
        Element::Absent => Answer::No,
        Element::Except(principals) => principals.judge(|_| Answer::No),
        Element::Only(Known::Unknown(cause)) => Answer::Unknown(cause.clone()),
        Element::Only(Known::Is(Principals::Everyone)) => Answer::Yes,
        Element::Only(Known::Is(Principals::Named(named))) => {
            named.any(|principal| (principal.kind == PrincipalKind::Aws && only_stars(&principal.name)).into())
        }
    }
}

fn covers_service(pattern: &str) -> bool {
    only_stars(pattern) || pattern.split_once(':').is_some_and(|(service, action)| !service.is_empty() && only_stars(action))
}

/// Every request carries the key, so `IfExists` and the set prefixes change nothing.
fn holds_without_tls(condition: &Condition) -> Answer {
    if !condition.reads("aws:securetransport") {
        return Answer::No;
    }
    match condition.operator.comparison {
        Comparison::Bool | Comparison::StringEqualsIgnoreCase => condition.any_value(|value| value.eq_ignore_ascii_case("false")),
        Comparison::StringEquals | Comparison::StringLike => condition.any_value(|value| value == "false"),
        _ => Answer::No,
    }
}

fn covers_objects(pattern: &str) -> bool {
    covers_every_resource(pattern)
        || match pattern.split_once('/') {
            Some((_, object)) => only_stars(object),
            None => pattern.ends_with('*'),
        }
}

fn covers_bucket(pattern: &str) -> bool {
    !pattern.contains('/')
}

#[cfg(test)]
mod tests {
    use partywall_model::{Cause, CauseKind, Value};

    use super::*;
    use crate::{policy_facts, value_from_json};

    const BOTH: &str = r#"["arn:aws:s3:::b","arn:aws:s3:::b/*"]"#;

    fn denies(service: Option<&str>, document: &Value) -> Answer {
        policy_facts(&[document], &Context { account: None, service }).denies_insecure_transport
    }

    fn bucket(principal: &str, action: &str, resource: &str, condition: &str) -> Answer {
        let text = format!(
            r#"{{"Statement":[{{"Effect":"Deny","Principal":{principal},"Action":{action},"Resource":{resource},"Condition":{{{condition}}}}}]}}"#
        );
        denies(Some("s3"), &Value::str(text))
    }

    #[test]
    fn the_usual_statement_in_its_spellings() {
        let tls = r#""Bool":{"aws:SecureTransport":"false"}"#;
        for (principal, action, resource, condition, want) in [
            (r#""*""#, r#""s3:*""#, BOTH, tls, Answer::Yes),
            (r#"{"AWS":"*"}"#, r#"["s3:*"]"#, BOTH, tls, Answer::Yes),
            (r#""*""#, r#""*""#, r#""*""#, r#""bool":{"AWS:securetransport":[false]}"#, Answer::Yes),
            (r#""*""#, r#""s3:*""#, r#""arn:aws:s3:::b*""#, r#""BoolIfExists":{"aws:SecureTransport":"false"}"#, Answer::Yes),
            (r#""*""#, r#""s3:*""#, r#"["{B.Arn}","{B.Arn}/*"]"#, r#""StringEquals":{"aws:SecureTransport":"false"}"#, Answer::Yes),
            (r#""*""#, r#""s3:*""#, r#""arn:aws:s3:::b/*""#, tls, Answer::No),
            (r#""*""#, r#""s3:*""#, r#""arn:aws:s3:::b""#, tls, Answer::No),
            (r#""*""#, r#""s3:*""#, r#"["arn:aws:s3:::b","arn:aws:s3:::b/logs/*"]"#, tls, Answer::No),
            (r#""*""#, r#""s3:PutObject""#, BOTH, tls, Answer::No),
            (r#"{"AWS":"111122223333"}"#, r#""s3:*""#, BOTH, tls, Answer::No),
            (r#""*""#, r#""s3:*""#, BOTH, r#""Bool":{"aws:SecureTransport":"true"}"#, Answer::No),
            (r#""*""#, r#""s3:*""#, BOTH, r#""Bool":{"aws:SecureTransport":"false"},"StringEquals":{"aws:SourceVpc":"vpc-1"}"#, Answer::No),
        ] {
            assert_eq!(bucket(principal, action, resource, condition), want, "{principal} {action} {resource} {condition}");
        }
    }

    #[test]
    fn two_statements_may_share_the_work() {
        let statement = |resource: &str| {
            format!(
                r#"{{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"{resource}","Condition":{{"Bool":{{"aws:SecureTransport":"false"}}}}}}"#
            )
        };
        let text = format!(r#"{{"Statement":[{},{}]}}"#, statement("arn:aws:s3:::b"), statement("arn:aws:s3:::b/*"));
        assert_eq!(denies(None, &Value::str(text)), Answer::Yes);
    }

    #[test]
    fn a_queue_has_no_objects() {
        let text = r#"{"Statement":[{"Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"arn:aws:sqs:eu-west-1:111122223333:q","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}"#;
        assert_eq!(denies(Some("sqs"), &Value::str(text)), Answer::Yes);
        assert_eq!(denies(None, &Value::str(text)), Answer::Yes);
    }

    #[test]
    fn an_unknown_resource_proves_nothing() {
        let text =
            r#"{"Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}"#;
        let mut document = value_from_json(text).unwrap();
        assert_eq!(denies(Some("s3"), &document), Answer::Yes);
        if let Value::Map(members) = &mut document
            && let Some((_, Value::List(statements))) = members.first_mut()
        {
            statements[0].set("Resource", Value::unknown(Cause::new(CauseKind::UnresolvedReference, "x")));
        }
        assert!(matches!(denies(Some("s3"), &document), Answer::Unknown(_)));
    }
}
