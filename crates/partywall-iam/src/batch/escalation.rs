use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::input::{Row, document_of, policy_set};
use crate::Answer;
use crate::account::{Rule, Rules, any_of};
use crate::arn::fields;
use crate::eval::{Caller, Policies, Policy, Request, evaluate};

/// One way that is open to a principal.
#[derive(Debug, Clone)]
pub struct Escalation {
    /// The way.
    pub rule: &'static Rule,
    /// True if every step is allowed whatever the context; false if a condition, or a part that is not known, may prevent it.
    pub certain: bool,
}

/// The ways to more rights that its policies leave open to a principal, as far as they can be seen without the rest of the
/// account: what the table of paths asks to exist does, and a role worth taking trusts the service or the account. Conditions on
/// keys that are not known count as met. With the account, [`crate::account::Account::escalations`] knows more.
///
/// # Errors
/// The table of paths cannot be read.
pub fn escalations(caller: &Caller, policies: &Policies<'_>) -> Result<Vec<Escalation>, String> {
    let Some(identity) = caller.identity() else { return Ok(Vec::new()) };
    let account = &*identity.account;
    let partition = fields(&identity.arn).map_or("aws", |[_, partition, ..]| partition);
    let rules = Rules::built_in().map_err(|error| error.to_string())?;
    let trust = json!({ "Statement": { "Effect": "Allow", "Principal": { "AWS": account }, "Action": "*", "Resource": "*" } });
    let trusting = [Policy::new("", &document_of(&trust)?)];
    let policies = Policies { resource: &trusting, ..*policies };
    let mut asked: BTreeMap<(&str, &str), Answer> = BTreeMap::new();
    let mut ask = |action: &'static str, service: &'static str| {
        let answer = asked.entry((action, service)).or_insert_with(|| {
            let resource = any_of(&rules.resource(action, partition, account), partition, account);
            let mut request = Request::new(caller.clone(), action, resource);
            request.set_resource_account(account);
            request.leave_open();
            if !service.is_empty() {
                request.set("iam:PassedToService", [service]);
            }
            evaluate(&request, &policies).is_allowed()
        });
        answer.clone()
    };
    let mut found = Vec::new();
    for rule in &rules.paths {
        let mut open = Answer::Yes;
        for action in &rule.steps {
            let allowed = if action == "iam:PassRole" {
                Answer::any(rule.service.iter().map(|service| ask(action, service)), None)
            } else {
                ask(action, "")
            };
            open = open.and(allowed);
        }
        if open != Answer::No {
            found.push(Escalation { rule, certain: open == Answer::Yes });
        }
    }
    Ok(found)
}

/// Whether the principal of the row can raise its rights.
pub(super) fn privesc(row: Row<'_>) -> Result<Json, String> {
    let set = policy_set(row)?;
    let found = escalations(&Caller::parse(row.text("principal")?), &set.policies())?;
    let ways: Vec<&str> = found.iter().map(|way| way.rule.id.as_str()).collect();
    let why = if ways.is_empty() { "no known way is open".to_owned() } else { format!("open: {}", ways.join(", ")) };
    Ok(json!({ "result": { "escalates": !found.is_empty() }, "why": why }))
}

/// Whether the required actions of a rule take in a known way.
pub(super) fn rule(row: Row<'_>) -> Result<Json, String> {
    let required = row.texts("required")?;
    let rules = Rules::built_in().map_err(|error| error.to_string())?;
    let is_required = |action: &String| required.iter().any(|have| have.eq_ignore_ascii_case(action));
    let way = rules.paths.iter().find(|rule| rule.steps.iter().all(is_required));
    let why = way.map_or_else(|| "no known way among these actions".to_owned(), |way| format!("a known way: {}: {}", way.id, way.title));
    Ok(json!({ "result": { "escalates": way.is_some() }, "why": why }))
}
