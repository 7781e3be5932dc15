//! Who is an administrator, whatever their policies are called.

use std::sync::Arc;

use partywall_model::Cause;

use super::access::{Question, ResourcePolicy, open_policy};
use super::model::{Account, Class, Principal};
use super::rules::Rules;
use crate::eval::{Policy, Request};
use crate::{Answer, Known};

/// A name that no resource has: what is allowed on it is allowed on any.
pub(crate) const ANY_NAME: &str = "partywall-any-7f3a9c";

/// Regions that are tried one by one.
const MAX_REGIONS: usize = 8;

/// What of a principal's identity policies and ceilings counts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Rights {
    /// All as they are.
    AsIs,
    /// Any identity policy, under the ceilings.
    AnyPolicy,
    /// The identity policies without boundary.
    Unbounded,
    /// Without the policies that hold a Deny and that the principal can take away.
    WithoutDenies,
}

/// The policies of a class that are known at all, and why others are not.
pub(crate) fn known_policies(class: &Class) -> (Vec<Policy>, Option<Arc<Cause>>) {
    let missing = class.policies.iter().find_map(|policy| policy.missing.clone());
    (class.policies.iter().filter(|policy| policy.missing.is_none()).cloned().collect(), missing)
}

impl Account {
    /// Whether the principal, with these rights, may do all that makes an administrator; unknown where a policy of which nothing is
    /// known may give it.
    pub(crate) fn is_admin(&self, principal: &Principal, rights: Rights, rules: &Rules) -> Answer {
        let Some(class) = self.classes.get(principal.class) else { return Answer::No };
        let identity = match rights {
            Rights::AnyPolicy => vec![open_policy()],
            Rights::AsIs | Rights::Unbounded => known_policies(class).0,
            Rights::WithoutDenies => {
                let direct = principal.attachments.iter().zip(&class.policies);
                let kept = direct.filter(|(attachment, policy)| {
                    let denies = policy.rules.iter().any(|rule| rule.has_effect(crate::Effect::Deny) != Answer::No);
                    policy.missing.is_none() && (attachment.by_group || !denies)
                });
                kept.map(|(_, policy)| policy.clone()).collect()
            }
        };
        let limit = if rights == Rights::Unbounded { None } else { class.limit.as_deref() };
        let answer = self.allows_all(principal, &identity, limit, rules);
        let missing = if rights == Rights::AnyPolicy { None } else { known_policies(class).1 };
        self.or_by_missing(answer, missing, principal, limit, rules)
    }

    /// A policy of which nothing is known may give everything, as far as the ceilings go.
    fn or_by_missing(
        &self,
        answer: Answer,
        missing: Option<Arc<Cause>>,
        principal: &Principal,
        limit: Option<&[Policy]>,
        rules: &Rules,
    ) -> Answer {
        match missing {
            Some(cause) if answer == Answer::No && self.allows_all(principal, &[open_policy()], limit, rules) != Answer::No => {
                Answer::Unknown(cause)
            }
            _ => answer,
        }
    }

    /// Whether the policies of a group make an administrator of who joins it.
    pub(crate) fn group_makes_admin(&self, group: usize, principal: &Principal, rules: &Rules) -> Answer {
        let (Some(group), Some(class)) = (self.groups.get(group), self.classes.get(principal.class)) else { return Answer::No };
        let (mut identity, own_missing) = known_policies(class);
        let (known, unread): (Vec<Policy>, Vec<Policy>) =
            self.named(&group.attachments).into_iter().partition(|policy| policy.missing.is_none());
        identity.extend(known);
        let missing = own_missing.or_else(|| unread.into_iter().find_map(|policy| policy.missing));
        let limit = class.limit.as_deref();
        self.or_by_missing(self.allows_all(principal, &identity, limit, rules), missing, principal, limit, rules)
    }

    fn allows_all(&self, principal: &Principal, identity: &[Policy], limit: Option<&[Policy]>, rules: &Rules) -> Answer {
        let regions = self.classes.get(principal.class).map(|class| self.regions(class)).unwrap_or_default();
        let places = std::iter::once(None).chain(regions.iter().map(|region| Some(&**region)));
        Answer::any(places.map(|region| self.allows_all_in(region, principal, identity, limit, rules)), None)
    }

    fn allows_all_in(
        &self,
        region: Option<&str>,
        principal: &Principal,
        identity: &[Policy],
        limit: Option<&[Policy]>,
        rules: &Rules,
    ) -> Answer {
        let mut all = Answer::Yes;
        for action in &rules.admin {
            let resource = rules.resource(action, &self.partition, &self.id);
            let resource = match resource.as_str() {
                "*" => format!("arn:{}:partywall::{}:{ANY_NAME}", self.partition, self.id),
                template => template.replace(['{', '}'], "").replace('*', ANY_NAME),
            };
            let resource = match resource.as_str() {
                kind @ ("user" | "role" | "group" | "policy") => {
                    format!("arn:{}:iam::{}:{kind}/{ANY_NAME}", self.partition, self.id)
                }
                other => other.to_owned(),
            };
            let request = self.signed_in(region, principal, &Question::new(action.as_str(), resource));
            let none = ResourcePolicy::Known(Vec::new(), None);
            all = all.and(self.decide_with(&request, identity, limit, &none).is_allowed());
            if all == Answer::No {
                break;
            }
        }
        all
    }

    /// The request of a caller who signed in with a second factor just now and calls over TLS, in a Region or in any: what everyone can
    /// bring about who has the rights at all. Other keys are left open.
    pub(crate) fn signed_in(&self, region: Option<&str>, principal: &Principal, question: &Question) -> Request {
        let mut request = self.request(principal, question);
        request.set("aws:SecureTransport", ["true"]);
        request.set("aws:MultiFactorAuthPresent", ["true"]);
        request.set("aws:MultiFactorAuthAge", ["1"]);
        if let Some(region) = region {
            request.set("aws:RequestedRegion", [region]);
        }
        request
    }

    /// Regions that conditions of the class's policies name: a policy may confine rights to them, or spare them from a Deny.
    pub(crate) fn regions(&self, class: &Class) -> Vec<Box<str>> {
        let documents = class.documents.iter().chain(&class.boundary).filter_map(|id| self.documents.get(*id));
        let conditions = documents.flat_map(|ready| &ready.document.statements.known).flat_map(|statement| &statement.conditions.known);
        let of_region = conditions.filter(|condition| condition.key.eq_ignore_ascii_case("aws:RequestedRegion"));
        let mut found: Vec<Box<str>> = of_region
            .filter_map(|condition| if let Known::Is(values) = &condition.values { Some(&values.known) } else { None })
            .flatten()
            .filter(|region| !region.contains(['*', '?', '$']))
            .cloned()
            .collect();
        found.sort();
        found.dedup();
        found.truncate(MAX_REGIONS);
        found
    }
}
