//! Reading the members of a row.

use partywall_model::{Key, Value};
use serde_json::Value as Json;

use crate::eval::{Caller, Policy, PolicySet, Request};
use crate::{Document, value_from_json};

/// Deeper than any policy; the reader of JSON text has the same limit.
const MAX_DEPTH: usize = 127;

/// A row, or an object in it.
#[derive(Clone, Copy)]
pub(super) struct Row<'j>(pub(super) &'j Json);

impl<'j> Row<'j> {
    pub(super) fn text(self, name: &str) -> Result<&'j str, String> {
        match self.0.get(name) {
            Some(Json::String(text)) => Ok(text),
            Some(other) => Err(format!("`{name}` is {other}, not text")),
            None => Err(format!("row has no `{name}`")),
        }
    }

    pub(super) fn member(self, name: &str) -> Result<Self, String> {
        self.0.get(name).map(Row).ok_or_else(|| format!("row has no `{name}`"))
    }

    pub(super) fn flag(self, name: &str) -> bool {
        self.0.get(name).and_then(Json::as_bool).unwrap_or_default()
    }

    /// One text or a list of texts; numbers and booleans as JSON writes them. Absent and null are no text.
    pub(super) fn texts(self, name: &str) -> Result<Vec<String>, String> {
        match self.0.get(name) {
            None | Some(Json::Null) => Ok(Vec::new()),
            Some(Json::Array(items)) => items.iter().map(|item| scalar(name, item)).collect(),
            Some(single) => Ok(vec![scalar(name, single)?]),
        }
    }

    /// The management account of the organization: named, or said to be the caller's, or the resource's where nobody's.
    pub(super) fn management_account(self, request: &Request) -> Option<String> {
        let flag = [self.0.get("managementAccount"), self.0.get("request").and_then(|request| request.get("managementAccount"))];
        match flag.into_iter().flatten().next() {
            Some(Json::String(account)) => Some(account.clone()),
            Some(Json::Bool(true)) => request.caller.account().or(request.resource_account()).map(str::to_owned),
            _ => None,
        }
    }
}

fn scalar(name: &str, value: &Json) -> Result<String, String> {
    match value {
        Json::String(text) => Ok(text.clone()),
        Json::Bool(_) | Json::Number(_) => Ok(value.to_string()),
        other => Err(format!("`{name}` holds {other}, not text")),
    }
}

/// The caller of a row: an ARN, a name, or `{type: Anonymous}`.
pub(super) fn caller(request: Row<'_>) -> Result<Caller, String> {
    match request.0.get("principal") {
        None | Some(Json::Null) => Ok(Caller::Anonymous),
        Some(Json::String(text)) => Ok(Caller::parse(text)),
        Some(other) => match (other.get("type").and_then(Json::as_str), other.get("value").and_then(Json::as_str)) {
            (Some(kind), _) if kind.eq_ignore_ascii_case("anonymous") => Ok(Caller::Anonymous),
            (_, Some(text)) => Ok(Caller::parse(text)),
            _ => Err(format!("principal {other} is neither text nor `{{\"type\": \"Anonymous\"}}`")),
        },
    }
}

/// The request of a row that has a caller, an action and a resource.
pub(super) fn request(row: Row<'_>) -> Result<Request, String> {
    let asked = row.member("request")?;
    let mut request = Request::new(caller(asked)?, asked.text("action")?, asked.text("resource")?);
    if let Some(account) = asked.0.get("resourceAccount").and_then(Json::as_str).filter(|account| !account.is_empty()) {
        request.set_resource_account(account);
    }
    request.wildcard_only = asked.flag("wildcardOnlyAction") || row.flag("wildcardOnlyAction");
    set_context(&mut request, asked)?;
    Ok(request)
}

/// Fills the context from the member `context`.
pub(super) fn set_context(request: &mut Request, from: Row<'_>) -> Result<(), String> {
    match from.0.get("context") {
        None | Some(Json::Null) => Ok(()),
        Some(Json::Object(members)) => {
            for name in members.keys() {
                let values = Row(from.0.get("context").unwrap_or(&Json::Null)).texts(name)?;
                request.set(name, values);
            }
            Ok(())
        }
        Some(other) => Err(format!("`context` is {other}, not an object")),
    }
}

/// The policies of a row, made ready. The management account is a matter of its request ([`Row::management_account`]).
pub(super) fn policy_set(row: Row<'_>) -> Result<PolicySet, String> {
    let given = row.member("policies")?;
    let list = |name: &str| given.0.get(name).filter(|value| !value.is_null()).map(policies).transpose();
    let levels = |name: &str| given.0.get(name).filter(|value| !value.is_null()).map(levels).transpose();
    let settings = [row.0.get("settings"), given.0.get("settings"), row.0.get("request")];
    Ok(PolicySet {
        identity: list("identity")?.unwrap_or_default(),
        resource: list("resource")?.unwrap_or_default(),
        boundary: list("boundary")?,
        session: list("session")?.filter(|policies| !policies.is_empty()),
        scp: levels("scp")?,
        rcp: levels("rcp")?,
        endpoint: list("endpoint")?.filter(|policies| !policies.is_empty()),
        management_account: None,
        restrict_public_buckets: settings.into_iter().flatten().any(restricts_public_buckets),
    })
}

/// The settings of Block Public Access, of the bucket or the account, in the spelling of the API or of this engine.
fn restricts_public_buckets(settings: &Json) -> bool {
    let on = |settings: &Json| {
        ["RestrictPublicBuckets", "restrictPublicBuckets"].iter().any(|name| settings.get(name).and_then(Json::as_bool) == Some(true))
    };
    on(settings) || ["blockPublicAccess", "publicAccessBlock"].iter().filter_map(|name| settings.get(name)).any(on)
}

/// One policy or a list of policies.
fn policies(value: &Json) -> Result<Vec<Policy>, String> {
    match value {
        Json::Array(items) => items.iter().enumerate().map(|(number, item)| policy(number, item)).collect(),
        single => Ok(vec![policy(0, single)?]),
    }
}

/// A list of levels, each a list of policies.
fn levels(value: &Json) -> Result<Vec<Vec<Policy>>, String> {
    match value {
        Json::Array(items) => items.iter().map(policies).collect(),
        other => Err(format!("control policies are {other}, not a list of levels")),
    }
}

fn policy(number: usize, value: &Json) -> Result<Policy, String> {
    // A policy of a list may come with its name.
    let (name, document) = match value.get("policy") {
        Some(document) if value.get("Statement").is_none() => {
            (value.get("name").and_then(Json::as_str).unwrap_or_default().to_owned(), document)
        }
        _ => (format!("{}", number.saturating_add(1)), value),
    };
    Ok(Policy::new(name, &document_of(document)?))
}

/// The document that a row gives as an object or as its text.
///
/// Rows from engines that take `"Principal": "<ARN>"` for `{"AWS": "<ARN>"}` are read as these meant it; IAM itself refuses
/// such a text, and so does the reader of documents.
pub(super) fn document_of(value: &Json) -> Result<Document, String> {
    let mut tree = match value {
        Json::String(text) => value_from_json(text).map_err(|error| error.to_string())?,
        other => tree_of(other, 0)?,
    };
    name_principals(&mut tree);
    Document::parse(&tree).map_err(|cause| cause.detail.clone())
}

fn name_principals(document: &mut Value) {
    let Value::Map(members) = document else { return };
    for (name, statements) in members {
        if !name.eq_ignore_ascii_case("Statement") {
            continue;
        }
        match statements {
            Value::List(list) => list.iter_mut().for_each(name_principal),
            single => name_principal(single),
        }
    }
}

fn name_principal(statement: &mut Value) {
    let Value::Map(members) = statement else { return };
    for (name, principal) in members {
        let named = ["Principal", "NotPrincipal"].iter().any(|element| element.eq_ignore_ascii_case(name));
        let bare = principal.as_str().is_some_and(|text| text != "*") || principal.as_list().is_some();
        if named && bare {
            *principal = Value::Map(vec![(Key::from("AWS"), principal.clone())]);
        }
    }
}

pub(crate) fn tree_of(value: &Json, depth: usize) -> Result<Value, String> {
    if depth > MAX_DEPTH {
        return Err("a policy is nested too deep".into());
    }
    let deeper = depth.saturating_add(1);
    Ok(match value {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => number.as_i64().map_or_else(|| Value::Float(number.as_f64().unwrap_or(f64::INFINITY)), Value::Int),
        Json::String(text) => Value::str(text.as_str()),
        Json::Array(items) => Value::List(items.iter().map(|item| tree_of(item, deeper)).collect::<Result<_, _>>()?),
        Json::Object(members) => {
            let members = members.iter().map(|(name, value)| Ok((Key::from(name.as_str()), tree_of(value, deeper)?)));
            Value::Map(members.collect::<Result<_, String>>()?)
        }
    })
}
