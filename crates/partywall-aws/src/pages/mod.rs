//! Listings that come in pages: what to ask first, what to ask next, and the pages as one answer, as the AWS CLI prints it.

mod path;
mod size;
#[cfg(test)]
mod tests;

use partywall_model::Value;

use crate::model::{Operation, Paginator, Service};
use path::{is_true, place, search};

/// Why a listing cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// The service would go round in circles.
    #[error("`{0}` gave the same page token twice; the listing is not whole")]
    SameToken(String),
}

/// The input of the first page: as given, with the largest page that AWS allows unless the caller set a size.
pub fn first_input(service: &Service, operation: &Operation, input: &Value) -> Value {
    let mut first = input.clone();
    if first.is_null() {
        first = Value::Map(Vec::new());
    }
    if let Some(key) = operation.paginator.as_ref().and_then(|paginator| paginator.limit_key.as_ref())
        && first.get(key).is_none()
        && let Some(size) = size::largest(service, operation, key, &first)
    {
        first.set(key, size);
    }
    first
}

/// The input of the page after this answer; `None` after the last.
pub fn next_input(operation: &Operation, input: &Value, answer: &Value) -> Result<Option<Value>, PageError> {
    let Some(paginator) = &operation.paginator else { return Ok(None) };
    if paginator.more_results.as_ref().is_some_and(|more| !search(answer, more).is_some_and(is_true)) {
        return Ok(None);
    }
    let tokens: Vec<_> = paginator
        .input_tokens
        .iter()
        .zip(&paginator.output_tokens)
        .map(|(member, token)| (member, search(answer, token).filter(|token| is_true(token))))
        .collect();
    if tokens.iter().all(|(_, token)| token.is_none()) {
        return Ok(None);
    }
    if tokens.iter().all(|(member, token)| input.get(member) == *token) {
        return Err(PageError::SameToken(operation.name.to_string()));
    }
    let mut next = input.clone();
    for (member, token) in tokens {
        match token {
            Some(token) => next.set(member, token.clone()),
            None => {
                if let Value::Map(members) = &mut next {
                    members.retain(|(name, _)| name != member);
                }
            }
        }
    }
    Ok(Some(next))
}

/// All pages as one answer: what is paged put together, then what is the same on every page. An operation that does not page gives its
/// answer as it is.
pub fn merge(operation: &Operation, pages: impl IntoIterator<Item = Value>) -> Value {
    let mut pages = pages.into_iter();
    let Some(paginator) = &operation.paginator else { return pages.next().unwrap_or_default() };
    let mut whole = Value::Map(Vec::new());
    let mut same = Vec::new();
    for (number, mut page) in pages.enumerate() {
        if number == 0 {
            same = paginator.non_aggregate_keys.iter().map(|key| search(&page, key).cloned().unwrap_or_default()).collect();
        }
        add(paginator, &mut whole, &mut page);
    }
    for (key, value) in paginator.non_aggregate_keys.iter().zip(same) {
        whole.set_at(key, value);
    }
    whole
}

fn add(paginator: &Paginator, whole: &mut Value, page: &mut Value) {
    for key in &paginator.result_keys {
        let Some(found) = place(page, key).filter(|found| !found.is_null()).map(std::mem::take) else { continue };
        match (place(whole, key), found) {
            (None | Some(Value::Null), found) => whole.set_at(key, found),
            (Some(Value::List(items)), Value::List(more)) => items.extend(more),
            (Some(Value::Int(sum)), Value::Int(more)) => *sum = sum.saturating_add(more),
            (Some(Value::Float(sum)), Value::Float(more)) => *sum += more,
            (Some(Value::Str(text)), Value::Str(more)) => *text = format!("{text}{more}").into(),
            // As botocore has it: structures are those of the first page.
            _ => {}
        }
    }
}
