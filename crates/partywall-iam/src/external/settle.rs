//! References of a template, short forms of ARNs, and texts that AWS would refuse.

use std::sync::Arc;

use partywall_model::{Cause, CauseKind};

use crate::arn::{OWN_ACCOUNT, is_symbol};
use crate::{Element, Known, Patterns, Principals, Statement};

/// Puts to unknown what only a deployment knows, where it says who gets in, and what AWS would refuse. What the statement acts on is
/// the resource, however it is written.
pub(super) fn settle(statement: &mut Statement, owner: Option<&str>) {
    settle_patterns(&mut statement.resource, |pattern| match named_arn(pattern) {
        Some(arn) => Ok(Some(arn)),
        None if pattern.starts_with("arn:") || pattern.starts_with(['*', '?']) => Ok(None),
        None => Err(refused(format!("resource `{pattern}` is no ARN"))),
    });
    settle_patterns(&mut statement.action, |pattern| {
        if pattern.contains([':', '*']) { Ok(None) } else { Err(refused(format!("action `{pattern}` names no service"))) }
    });
    if let Element::Only(Known::Is(Principals::Named(named))) | Element::Except(Known::Is(Principals::Named(named))) =
        &mut statement.principal
    {
        let mut unresolved = None;
        named.known.retain_mut(|principal| match settled(&principal.name, owner) {
            Ok(None) => true,
            Ok(Some(name)) => {
                principal.name = name;
                true
            }
            Err(cause) => {
                unresolved = Some(cause);
                false
            }
        });
        named.missing = named.missing.take().or(unresolved);
    }
    for condition in &mut statement.conditions.known {
        if let Known::Is(values) = &mut condition.values {
            for value in &mut values.known {
                match settled(value, owner) {
                    Ok(None) => {}
                    Ok(Some(name)) => *value = name,
                    Err(cause) => {
                        condition.values = Known::Unknown(cause);
                        break;
                    }
                }
            }
        }
    }
}

/// Puts other patterns in the places of those for which there is one; those that are refused are not known.
fn settle_patterns(element: &mut Element<Patterns>, other: impl Fn(&str) -> Result<Option<Box<str>>, Arc<Cause>>) {
    let (Element::Only(Known::Is(patterns)) | Element::Except(Known::Is(patterns))) = element else { return };
    let mut wrong = None;
    patterns.known.retain_mut(|pattern| match other(pattern) {
        Ok(new) => {
            *pattern = new.unwrap_or_else(|| std::mem::take(pattern));
            true
        }
        Err(cause) => {
            wrong = Some(cause);
            false
        }
    });
    patterns.missing = patterns.missing.take().or(wrong);
}

fn refused(detail: String) -> Arc<Cause> {
    Arc::new(Cause::new(CauseKind::WrongType, detail))
}

/// `{Bucket.Arn}/*` and `arn:aws:s3:::{Bucket}/*` with an ARN in the place of the symbol, the same for both; API Gateway's short form
/// `execute-api:/*` (API Gateway developer guide, API Gateway resource policy examples) with one before it.
fn named_arn(pattern: &str) -> Option<Box<str>> {
    if pattern.starts_with("execute-api:/") {
        return Some(format!("arn:aws:any:::{pattern}").into());
    }
    let symbol = pattern.strip_prefix("arn:aws:s3:::").unwrap_or(pattern);
    let (name, rest) = symbol.strip_prefix('{')?.split_once('}')?;
    (!name.starts_with("AWS::")).then(|| format!("arn:aws:any:::{}{rest}", name.strip_suffix(".Arn").unwrap_or(name)).into())
}

/// The text with the own account's symbols in its own words; `None` if it can stay as it is.
fn settled(text: &str, owner: Option<&str>) -> Result<Option<Box<str>>, Arc<Cause>> {
    let own = owner.unwrap_or(OWN_ACCOUNT);
    if is_symbol(text)
        && let Some(name) = text.strip_prefix('{').and_then(|text| text.strip_suffix(".Arn}"))
    {
        return Ok(Some(format!("arn:aws:iam::{own}:role/{name}").into()));
    }
    let with_owner = text.replace(OWN_ACCOUNT, own);
    if with_owner.replace("${", "").replace(OWN_ACCOUNT, "").replace("{AWS::Region}", "").replace("{AWS::Partition}", "").contains('{') {
        let detail = format!("`{text}` is a reference that only a deployment resolves");
        return Err(Arc::new(Cause::new(CauseKind::UnresolvedReference, detail)));
    }
    Ok((with_owner != text).then(|| with_owner.into()))
}
