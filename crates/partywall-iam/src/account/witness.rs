//! A whole request that is allowed, in place of "allowed under conditions".

use super::access::{Part, ResourcePolicy};
use super::model::{Account, Principal};
use crate::condition::{Comparison, Condition, Quantifier};
use crate::eval::Request;
use crate::{Answer, Effect, Known};

/// Contexts that are tried for one principal and question.
const MAX_TRIES: usize = 256;

/// Condition keys with their values; keys that are not here are absent.
pub(crate) type Context = Vec<(String, Vec<String>)>;

/// An allowed request.
pub(crate) struct Shown {
    pub(crate) context: Context,
    /// With wildcards, any of that pattern.
    pub(crate) resource: String,
    /// The statement that allows it.
    pub(crate) why: String,
}

/// What one condition asks of its key: a value, or that it is absent.
type Setting = (String, Option<String>);

impl Account {
    /// A request of the principal that is allowed, decided by the evaluator with every key absent that it does not name.
    pub(crate) fn witness(&self, principal: &Principal, part: &Part) -> Option<Shown> {
        let identity = self.policies_of(principal);
        let boundary = self.boundary_of(principal);
        let of_resource = match &part.resource {
            ResourcePolicy::Known(policies, _) => policies.clone(),
            ResourcePolicy::NotGiven(_) => Vec::new(),
        };
        let open = self.request(principal, &part.question);
        let free = |key: &str| matches!(open.value(&key.to_ascii_lowercase()), crate::eval::Lookup::Unknown(_));
        let closest = self.decide(principal, &part.question, &part.resource).witness;
        let met = closest.as_deref().map_or_else(|| open.clone(), |found| open.with_resource(found.into()));
        let (meet, avoid) = self.settings(principal, part, &met);
        let mut tries: Vec<Vec<&Setting>> = vec![Vec::new()];
        tries.push(avoid.iter().collect());
        for of_statement in &meet {
            tries.push(of_statement.iter().collect());
            tries.push(of_statement.iter().chain(&avoid).collect());
        }
        tries.push(meet.iter().flatten().chain(&avoid).collect());
        for settings in tries.into_iter().take(MAX_TRIES) {
            let mut request = self.closed_request(principal, &part.question);
            let mut context = Context::new();
            for (key, value) in settings {
                let is_set = context.iter().any(|(have, _)| have.eq_ignore_ascii_case(key));
                if let Some(value) = value.as_ref().filter(|_| free(key) && !is_set) {
                    request.set(key, [value.as_str()]);
                    context.push((key.clone(), vec![value.clone()]));
                }
            }
            let resource = ResourcePolicy::Known(of_resource.clone(), None);
            let verdict = self.decide_with(&request, &identity, boundary.as_deref(), &resource);
            if verdict.is_allowed() == Answer::Yes {
                let policies = self.policies(&identity, boundary.as_deref(), &of_resource);
                let why = verdict.explain(&request, &policies);
                return Some(Shown { context, resource: verdict.witness.unwrap_or(request.resource).into(), why });
            }
        }
        None
    }

    /// What would meet the conditions of each Allow, and what would escape those of every Deny, among statements that are open.
    fn settings(&self, principal: &Principal, part: &Part, open: &Request) -> (Vec<Vec<Setting>>, Vec<Setting>) {
        let mut ids: Vec<usize> = principal.attachments.iter().chain(&principal.boundary).map(|of| of.document).collect();
        if let ResourcePolicy::Known(_, Some(id)) = part.resource {
            ids.push(id);
        }
        let (mut meet, mut avoid) = (Vec::new(), Vec::new());
        for ready in ids.into_iter().filter_map(|id| self.documents.get(id)) {
            for (rule, statement) in ready.policy.rules.iter().zip(&ready.document.statements.known) {
                if rule.takes_in(open) == Answer::No {
                    continue;
                }
                let conditions = &statement.conditions.known;
                match statement.effect {
                    Known::Is(Effect::Allow) => meet.push(conditions.iter().filter_map(|of| setting(of, true)).collect()),
                    Known::Is(Effect::Deny) => avoid.extend(conditions.iter().filter_map(|of| setting(of, false))),
                    Known::Unknown(_) => {}
                }
            }
        }
        let control = self.control_on(principal, open.service()).filter_map(|of| self.documents.get(of.document));
        let statements = control.flat_map(|ready| &ready.document.statements.known);
        let denies = statements.filter(|statement| matches!(statement.effect, Known::Is(Effect::Deny)));
        avoid.extend(denies.flat_map(|statement| &statement.conditions.known).filter_map(|condition| setting(condition, false)));
        (meet, avoid)
    }
}

/// A value of the key with which the condition holds, or does not. Nothing where an absent key does it.
fn setting(condition: &Condition, holds: bool) -> Option<Setting> {
    use Comparison as C;
    let Known::Is(values) = &condition.values else { return None };
    let value = values.known.first().filter(|value| !value.contains("${"))?;
    let operator = condition.operator;
    let set = |value: String| Some((condition.key.to_string(), Some(value)));
    if operator.comparison == C::Null {
        let absent = value.eq_ignore_ascii_case("true");
        return if absent == holds { None } else { set("partywall-any".to_owned()) };
    }
    let lenient = operator.if_exists || operator.quantifier == Some(Quantifier::All);
    if operator.comparison == C::Bool && (!holds || !lenient) {
        let wanted = value.eq_ignore_ascii_case("true") == holds;
        return set(wanted.to_string());
    }
    // A negated operator holds of an absent key, a positive one does not; `IfExists` and `ForAllValues` hold of one.
    if operator.is_negated() != holds && !(holds && lenient) {
        return set(instance(operator.comparison, value)?);
    }
    if !holds && lenient && !operator.is_negated() { set("partywall-any".to_owned()) } else { None }
}

/// A value that the positive form of the comparison takes for the policy's.
fn instance(comparison: Comparison, value: &str) -> Option<String> {
    use Comparison as C;
    Some(match comparison {
        C::StringLike | C::StringNotLike | C::ArnLike | C::ArnNotLike | C::ArnEquals | C::ArnNotEquals => value.replace(['*', '?'], "x"),
        C::NumericLessThan => value.parse::<i64>().ok()?.checked_sub(1)?.to_string(),
        C::NumericGreaterThan => value.parse::<i64>().ok()?.checked_add(1)?.to_string(),
        C::DateLessThan => "1971-01-01T00:00:00Z".to_owned(),
        C::DateGreaterThan => "2999-01-01T00:00:00Z".to_owned(),
        C::IpAddress | C::NotIpAddress => value.split('/').next()?.to_owned(),
        _ => value.to_owned(),
    })
}
