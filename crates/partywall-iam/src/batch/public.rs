use serde_json::{Value as Json, json};

use super::condition::answer;
use super::input::{Row, document_of};
use super::outside;
use crate::arn::{covers_every_resource, only_stars};
use crate::broad::covers_every_action;
use crate::{Answer, Context, Document, Element, facts_of, matches_ignore_case};

/// Whether a policy is public, by the row's definition: S3's own for `s3-…`, outside the trust of the settings for `outside …`, for
/// all others the rule of this engine for resources in general.
pub(super) fn public(row: Row<'_>) -> Result<Json, String> {
    let definition = row.text("definition")?;
    let document = document_of(row.0.get("policy").unwrap_or(&Json::Null))?;
    if definition.starts_with("outside") {
        let (outside, why) = outside::is_outside(&document, row)?;
        return wrap("outside", &outside, why);
    }
    let account = row.0.get("account").and_then(Json::as_str);
    let service = row.0.get("service").and_then(Json::as_str);
    let service = if definition.starts_with("s3") { Some("s3") } else { service };
    let strangers =
        row.0.get("settings").and_then(|settings| settings.get("is_cross_account_allowed")).and_then(Json::as_bool) == Some(false);
    if strangers {
        let (outside, why) = outside::is_outside(&document, row)?;
        return wrap("public", &outside, why);
    }
    let facts = facts_of(document, &Context { account, service });
    let word = if facts.is_public == Answer::Yes { "an Allow is open to anyone" } else { "every Allow is confined to fixed callers" };
    wrap("public", &facts.is_public, word)
}

fn wrap(name: &str, result: &Answer, why: &str) -> Result<Json, String> {
    let mut answered = answer(result, why)?;
    if let Some(slot) = answered.get_mut("result") {
        *slot = json!({ name: slot.take() });
    }
    Ok(answered)
}

/// Whether one statement allows all actions of the service (`*`: of all services) on all resources.
pub(super) fn grants_all(row: Row<'_>) -> Result<Json, String> {
    let service = row.text("service")?;
    let document = document_of(row.0.get("policy").unwrap_or(&Json::Null))?;
    let result = grants_whole_service(&document, service);
    let word = if result == Answer::Yes { "allows" } else { "no statement allows" };
    answer(&result, &format!("{word} all actions of `{service}` on all resources"))
}

/// Whether one statement without condition allows every action of the service (`*`: of every service) on every resource, and none
/// denies some of them everywhere.
fn grants_whole_service(document: &Document, service: &str) -> Answer {
    let reaches_into = |pattern: &str| pattern.split(':').next().is_some_and(|of| matches_ignore_case(of, service));
    let covers = |pattern: &str| {
        covers_every_action(pattern)
            || pattern.split_once(':').is_some_and(|(of, action)| service != "*" && matches_ignore_case(of, service) && only_stars(action))
    };
    let denied = document.statements.any(|statement| {
        let touches = statement.action.takes_in(|pattern| covers_every_action(pattern) || reaches_into(pattern));
        statement
            .allows()
            .negate()
            .and(touches)
            .and(statement.resource.lists(covers_every_resource))
            .and(statement.has_condition().negate())
    });
    let allowed = document.statements.any(|statement| {
        let actions = match &statement.action {
            Element::Except(_) if service == "*" => Answer::No,
            Element::Except(_) => statement.action.takes_in(reaches_into),
            plain => plain.lists(covers),
        };
        let resources = statement.resource.lists(covers_every_resource);
        statement.allows().and(actions).and(resources).and(statement.has_condition().negate())
    });
    allowed.and(denied.negate())
}

/// Whether a Condition element confines a statement to the account.
pub(super) fn restrictive(row: Row<'_>) -> Result<Json, String> {
    let condition = row.member("condition")?;
    let statement =
        json!({ "Statement": { "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", "Condition": condition.0 } });
    let document = document_of(&statement)?;
    let (outside, why) = outside::is_outside(&document, row)?;
    answer(&outside.negate(), why)
}
