use partywall_model::Value;
use serde_json::{Value as Json, json};

use super::input::{Row, policy_set, request, tree_of};
use super::{condition, element, escalation, public};
use crate::eval::{Decision, Level, PolicySet, evaluate};
use crate::lint::answer_row;
use crate::{Answer, reference};

/// Answers one row; see the module for its forms. Never panics: what cannot be answered gets `{id, error}`.
pub fn judge_row(row: &Json) -> Json {
    let id = row.get("id").cloned().unwrap_or(Json::Null);
    let row = Row(row);
    let judged = match row.text("kind") {
        Ok("decision") => decision(row),
        Ok("conditions") => condition::conditions(row),
        Ok("operator") => condition::operator(row),
        Ok("element") => element::element(row),
        Ok("public") => public::public(row),
        Ok("grants-all") => public::grants_all(row),
        Ok("restrictive-condition") => public::restrictive(row),
        Ok("privesc") => escalation::privesc(row),
        Ok("privesc-rule") => escalation::rule(row),
        Ok("lint") => lint(row),
        Ok(other) => Err(format!("kind `{other}` does not exist")),
        Err(error) => Err(error),
    };
    match judged {
        Ok(mut answer) => {
            if let Some(members) = answer.as_object_mut() {
                members.insert("id".into(), id);
            }
            answer
        }
        Err(error) => json!({ "id": id, "error": error }),
    }
}

/// A request decided. With `symbolicContext` the keys that the row does not give may have any value, and the question is whether
/// the request can be allowed. What cannot be decided is not allowed, and says so in `undecided`.
fn decision(row: Row<'_>) -> Result<Json, String> {
    let mut request = request(row)?;
    let symbolic = row.flag("symbolicContext");
    if symbolic {
        request.leave_open();
    }
    let set = PolicySet { management_account: row.management_account(&request), ..policy_set(row)? };
    let policies = set.policies();
    let verdict = evaluate(&request, &policies);
    let why = verdict.explain(&request, &policies);
    let blocked: Vec<&str> = verdict.blocked_by().into_iter().map(short_name).collect();
    let decision = match verdict.decision() {
        Ok(decision) => decision,
        Err(_) if symbolic && verdict.is_allowed() != Answer::No => Decision::Allow,
        Err(cause) => {
            return Ok(json!({
                "decision": Decision::ImplicitDeny.name(), "why": why, "blockedBy": blocked, "undecided": cause.detail,
            }));
        }
    };
    Ok(json!({ "decision": decision.name(), "why": why, "blockedBy": blocked }))
}

/// Findings of a policy under parliament's names, as its rows have them.
fn lint(row: Row<'_>) -> Result<Json, String> {
    let policy = match row.member("policy")?.0 {
        Json::String(text) => Value::str(text.as_str()),
        tree => tree_of(tree, 0)?,
    };
    let reference = reference().map_err(ToString::to_string)?;
    let community = row.0.get("settings").and_then(|settings| settings.get("include_community_auditors"));
    let community = community.is_some_and(|value| value == true || value == "True");
    let answer = answer_row(&policy, community, reference);
    Ok(json!({ "result": { "findings": answer.findings }, "why": answer.why.join("; ") }))
}

fn short_name(level: Level) -> &'static str {
    match level {
        Level::Identity => "identity",
        Level::Resource => "resource",
        Level::Boundary => "pb",
        Level::Session => "session",
        Level::Scp => "scp",
        Level::Rcp => "rcp",
        Level::Endpoint => "vpce",
    }
}
