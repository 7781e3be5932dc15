use std::sync::Arc;

use partywall_model::Cause;
use serde_json::{Value as Json, json};

use super::input::{Row, caller, set_context};
use crate::eval::{Caller, Check, Request};
use crate::{Answer, Condition, Items, Known, Operator};

/// A key that only operator rows use.
const ASKED: &str = "row:value";

/// Conditions of one statement against a context: all must hold.
pub(super) fn conditions(row: Row<'_>) -> Result<Json, String> {
    let mut request = request(row)?;
    set_context(&mut request, row)?;
    let Some(Json::Array(list)) = row.0.get("conditions") else { return Err("row has no list `conditions`".into()) };
    let mut failing = Vec::new();
    let mut result = Answer::Yes;
    for item in list.iter().map(Row) {
        let (name, key) = (item.text("op")?, item.text("key")?);
        let holds = check(name, key, item.texts("values")?)?.holds(&request);
        if holds != Answer::Yes {
            failing.push(format!("`{name}` of `{key}`"));
        }
        result = result.and(holds);
    }
    let why = if failing.is_empty() { "all conditions hold".to_owned() } else { format!("does not hold: {}", failing.join(", ")) };
    answer(&result, &why)
}

/// One operator with one value of the request against a list of values of the policy.
pub(super) fn operator(row: Row<'_>) -> Result<Json, String> {
    let name = row.text("operator")?;
    let mut request = request(row)?;
    set_context(&mut request, row)?;
    let check = check(name, ASKED, row.texts("policyValues")?)?;
    request.set(ASKED, row.texts("requestValue")?);
    let result = check.holds(&request);
    let word = if result == Answer::Yes { "holds" } else { "does not hold" };
    answer(&result, &format!("`{name}` {word}"))
}

fn request(row: Row<'_>) -> Result<Request, String> {
    let asked = row.0.get("request").map(Row);
    let caller = asked.filter(|asked| asked.0.get("principal").is_some()).map_or(Ok(Caller::Federated("".into())), caller)?;
    Ok(Request::new(caller, "", "*"))
}

/// Some rows spell `…GreaterThanEquals` as `…GreaterEqualsThan`.
fn check(name: &str, key: &str, values: Vec<String>) -> Result<Check, String> {
    let spelled = name.replace("EqualsThan", "ThanEquals");
    let operator = Operator::parse(&spelled).ok_or_else(|| format!("condition operator `{name}` does not exist"))?;
    let values = Items { known: values.into_iter().map(Into::into).collect(), missing: None::<Arc<Cause>> };
    Ok(Check::new(&Condition { operator, key: key.into(), values: Known::Is(values) }, true))
}

pub(super) fn answer(result: &Answer, why: &str) -> Result<Json, String> {
    match result {
        Answer::Unknown(cause) => Err(format!("not decided: {}", cause.detail)),
        known => Ok(json!({ "result": *known == Answer::Yes, "why": why })),
    }
}
