//! A request that shows what was asked, as people and programs read it.

use partywall_iam::eval::{Caller, Policy, Request};
use partywall_iam::prove::Witness;
use serde_json::{Value as Json, json};

/// The request in words, indented, with the statement of the policies that takes it in.
pub(super) fn words(witness: &Witness, policies: &[Policy]) -> String {
    let request = &witness.request;
    let name = policies.get(witness.statement.policy).map_or("", |policy| &*policy.name);
    let mut lines = vec![
        format!("  {} asks for {} on {}", who(&request.caller), request.action, request.resource),
        format!("  by statement {} of `{name}`", witness.statement.statement.saturating_add(1)),
    ];
    lines.extend(present(request).map(|(key, values)| format!("  with {key} = {}", values.join(", "))));
    lines.iter().map(|line| partywall_model::plain(line).into_owned()).collect::<Vec<_>>().join("\n")
}

/// The same for programs; statements are counted from 1.
pub(super) fn object(witness: &Witness) -> Json {
    let request = &witness.request;
    let context: serde_json::Map<String, Json> = present(request).map(|(key, values)| (key.to_owned(), json!(values))).collect();
    json!({
        "principal": who(&request.caller), "action": &*request.action, "resource": &*request.resource, "context": context,
        "statement": witness.statement.statement.saturating_add(1),
    })
}

/// The keys that the request has; those without a value are absent.
fn present(request: &Request) -> impl Iterator<Item = (&str, &[Box<str>])> {
    request.context().filter(|(_, values)| !values.is_empty())
}

fn who(caller: &Caller) -> &str {
    match caller {
        Caller::User(of) | Caller::Role(of) | Caller::Session(of) | Caller::FederatedUser(of) | Caller::Root(of) => &of.arn,
        Caller::Service(name) | Caller::Federated(name) | Caller::Canonical(name) => name,
        Caller::Anonymous => "anybody",
    }
}
