use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use partywall_aws::model::{Kind, Operation, Paginator, Service};
use partywall_model::Value;
use serde::Deserialize;
use std::collections::BTreeMap;

use super::Seed;
use crate::FakeError;

/// Which part of a listing is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Page {
    /// Items before it.
    pub(crate) start: u64,
    /// Items on it at most.
    pub(crate) size: u64,
    /// Which page it is; the first is 1.
    pub(crate) number: u64,
}

/// The largest pages that AWS gives: `worlds/pages.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageSizes {
    default: u64,
    most: BTreeMap<String, u64>,
}

impl PageSizes {
    /// Reads the built-in table.
    pub(crate) fn builtin() -> Result<Self, FakeError> {
        toml::from_str(include_str!("../../worlds/pages.toml")).map_err(|error| FakeError::Data(format!("worlds/pages.toml: {error}")))
    }

    /// The largest page of an operation: the table's, the model's, or the default.
    fn most(&self, service: &Service, operation: &Operation, limit_key: Option<&str>) -> u64 {
        let model = limit_key.and_then(|key| service.input(operation)?.member(key)).and_then(|member| match service.kind(&member.target) {
            Kind::Integer { max } => max.and_then(|max| u64::try_from(max).ok()),
            _ => None,
        });
        let own = self.most.get(&format!("{}:{}", service.name, operation.name)).or_else(|| self.most.get(&*service.name)).copied();
        own.or(model).unwrap_or(self.default).max(1)
    }

    /// The page that an input asks for.
    ///
    /// # Errors
    /// A token that no answer to this query gave.
    pub(crate) fn asked(&self, service: &Service, operation: &Operation, input: &Value, query: Seed) -> Result<Page, String> {
        let Some(paginator) = &operation.paginator else { return Ok(Page { start: 0, size: u64::MAX, number: 1 }) };
        let limit_key = paginator.limit_key.as_deref();
        let most = self.most(service, operation, limit_key);
        let wanted = match limit_key.and_then(|key| input.get(key)) {
            Some(Value::Int(wanted)) => u64::try_from(*wanted).unwrap_or(1).max(1),
            Some(Value::Str(wanted)) => wanted.parse().unwrap_or(most),
            _ => most,
        };
        let size = wanted.min(most);
        match paginator.input_tokens.first().and_then(|name| input.get(name)).and_then(Value::as_str) {
            None => Ok(Page { start: 0, size, number: 1 }),
            Some(token) => {
                let (start, number) = opened(token, query).ok_or_else(|| "the token was not given for this query".to_owned())?;
                Ok(Page { start, size, number })
            }
        }
    }
}

/// Says in an answer whether there is more, and by which token it is got.
pub(crate) fn continued(paginator: &Paginator, output: &mut Value, page: Page, total: u64, query: Seed) {
    let next = page.start.saturating_add(page.size);
    let more = next < total;
    if let Some(path) = paginator.more_results.as_deref().filter(|path| plain(path)) {
        output.set_at(path, Value::Bool(more));
    }
    if !more {
        return;
    }
    for path in &paginator.output_tokens {
        // `NextMarker || Contents[-1].Key`: the first way is taken.
        let path = path.split("||").next().unwrap_or(path).trim();
        if plain(path) {
            output.set_at(path, Value::str(sealed(next, page.number + 1, query)));
        }
    }
}

fn plain(path: &str) -> bool {
    path.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'_')
}

/// A token that says nothing to people and fits one query only.
fn sealed(start: u64, number: u64, query: Seed) -> String {
    let proof = query.number(start).number(number).bits();
    URL_SAFE_NO_PAD.encode(format!("{start}.{number}.{proof:016x}"))
}

fn opened(token: &str, query: Seed) -> Option<(u64, u64)> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    let mut parts = text.split('.');
    let (start, number) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    (sealed(start, number, query) == token).then_some((start, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_fit_their_own_query_only() {
        let token = sealed(100, 2, Seed::new(1));
        assert_eq!(opened(&token, Seed::new(1)), Some((100, 2)));
        assert_eq!(opened(&token, Seed::new(2)), None);
        assert_eq!(opened("MTAwLjIuMA", Seed::new(1)), None);
    }
}
