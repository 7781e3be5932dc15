use serde_json::{Value as Json, json};

use super::condition::answer;
use super::input::{Row, caller, set_context};
use crate::eval::{Caller, Policies, Policy, Reach, Request, Rule, evaluate};
use crate::{Answer, Document, Effect, Element, Items, Known, Principal, PrincipalKind, Statement};

/// One element of a statement against a request.
pub(super) fn element(row: Row<'_>) -> Result<Json, String> {
    let name = row.text("element")?;
    let asked = row.member("request")?;
    match name {
        "Principal" | "NotPrincipal" => return principal(row, asked, name == "NotPrincipal"),
        _ => {}
    }
    let optional = |member: &str| asked.0.get(member).and_then(Json::as_str).unwrap_or_default();
    let who =
        if asked.0.get("principal").is_some_and(|principal| !principal.is_null()) { caller(asked)? } else { Caller::Federated("".into()) };
    let mut request = Request::new(who, optional("action"), optional("resource"));
    set_context(&mut request, asked)?;
    set_context(&mut request, row)?;
    let values = Items { known: row.texts("values")?.into_iter().map(Into::into).collect(), missing: None };
    let (action, resource) = match name {
        "Action" => (Element::Only(Known::Is(values)), Element::Absent),
        "NotAction" => (Element::Except(Known::Is(values)), Element::Absent),
        "Resource" => (Element::Absent, Element::Only(Known::Is(values))),
        "NotResource" => (Element::Absent, Element::Except(Known::Is(values))),
        other => return Err(format!("element `{other}` is not one that matches requests")),
    };
    let statement = Statement {
        at: None,
        sid: None,
        effect: Known::Is(Effect::Allow),
        principal: Element::Absent,
        action,
        resource,
        conditions: Items::default(),
    };
    if request.resource.contains(['*', '?']) && name.ends_with("Resource") {
        return some_resource(row, &request, statement);
    }
    let rule = Rule::new(&statement, true);
    let result = if name.ends_with("Action") { rule.action_matches(&request) } else { rule.resource_matches(&request) };
    let word = if result == Answer::Yes { "takes in" } else { "does not take in" };
    answer(&result, &format!("{name} {word} the request"))
}

/// Of a request for a pattern of resources: an Allow takes it in if it does one of them, a Deny only if it does all.
fn some_resource(row: Row<'_>, request: &Request, mut statement: Statement) -> Result<Json, String> {
    statement.action = Element::Except(Known::Is(Items::default()));
    let denies = row.0.get("effect").and_then(Json::as_str) == Some("Deny");
    let everything = Statement { effect: Known::Is(Effect::Allow), resource: Element::Absent, ..statement.clone() };
    let statements = if denies { vec![everything, Statement { effect: Known::Is(Effect::Deny), ..statement }] } else { vec![statement] };
    let version = Some(Known::Is("2012-10-17".into()));
    let document = Document { version, id: None, statements: Items { known: statements, missing: None } };
    let identity = [Policy::new("", &document)];
    let mut request = request.clone();
    request.caller = Caller::parse("arn:aws:iam::000000000000:user/row");
    request.set_resource_account("000000000000");
    let allowed = evaluate(&request, &Policies { identity: &identity, ..Policies::default() }).is_allowed();
    let result = if denies { allowed.negate() } else { allowed };
    answer(&result, if result == Answer::Yes { "takes in the request" } else { "does not take in the request" })
}

const KINDS: [PrincipalKind; 4] = [PrincipalKind::Aws, PrincipalKind::Service, PrincipalKind::Federated, PrincipalKind::CanonicalUser];

/// Principals answer how they match: the caller itself, the role of its session, its account. If the row gives mere texts, whether
/// they do.
fn principal(row: Row<'_>, asked: Row<'_>, negated: bool) -> Result<Json, String> {
    let who = caller(asked)?;
    let Some(Json::Array(values)) = row.0.get("values") else { return Err("row has no list `values`".into()) };
    let mut named = Vec::with_capacity(values.len());
    let mut texts = false;
    for value in values.iter().map(Row) {
        if let Json::String(name) = value.0 {
            texts = true;
            named.extend(KINDS.map(|kind| Principal { kind, name: name.as_str().into() }));
            continue;
        }
        let kind = match value.text("type")? {
            "AWS" => PrincipalKind::Aws,
            "Service" => PrincipalKind::Service,
            "Federated" => PrincipalKind::Federated,
            "CanonicalUser" => PrincipalKind::CanonicalUser,
            other => return Err(format!("principal type `{other}` does not exist")),
        };
        named.push(Principal { kind, name: value.text("value")?.into() });
    }
    let result = if negated {
        let denies = row.0.get("effect").and_then(Json::as_str) == Some("Deny");
        let left_out = who.is_left_out(denies, named.iter().map(|principal| (principal.kind, &*principal.name)));
        if left_out == Answer::Yes { "NoMatch" } else { "Match" }
    } else {
        let reach = named.iter().filter_map(|principal| who.reached_by(principal.kind, &principal.name)).max();
        match (reach, &who) {
            (Some(Reach::Direct), _) => "Match",
            (Some(Reach::Parent), Caller::FederatedUser(_)) => "SessionUserMatch",
            (Some(Reach::Parent), _) => "SessionRoleMatch",
            (Some(Reach::Account), _) => "AccountLevelMatch",
            (None, _) => "NoMatch",
        }
    };
    let why = format!("{result} among {} principals", values.len());
    if texts {
        return Ok(json!({ "result": result != "NoMatch", "why": why }));
    }
    Ok(json!({ "result": result, "why": why }))
}
