//! One question about one principal: may it do this to that?

use std::collections::BTreeSet;
use std::sync::Arc;

use partywall_model::{Cause, CauseKind};

use super::document::DocumentId;
use super::model::{Account, Class, Kind, Principal};
use super::write::operator_name;
use crate::arn::fields;
use crate::eval::{Policies, Policy, Request, Verdict, evaluate};
use crate::reference::Lists;
use crate::wildcard::{Token, matches, plain_token};
use crate::{Answer, Condition, Effect, Items, Known};

/// What is asked of each principal.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// The action, `service:Name`.
    pub action: String,
    /// An ARN; with wildcards: is there a resource of that pattern? `*` for any.
    pub resource: String,
    /// The action names no resource (service authorization reference), so only `*` in a policy takes it in.
    pub wildcard_only: bool,
    /// Condition keys with values; no value at all says that the key is absent. Keys that are not here may have any value.
    pub context: Vec<(String, Vec<String>)>,
}

impl Question {
    /// A question without anything known of the context.
    pub fn new(action: impl Into<String>, resource: impl Into<String>) -> Self {
        Self { action: action.into(), resource: resource.into(), wildcard_only: false, context: Vec::new() }
    }
}

/// How a principal stands to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// Allowed, whatever the context.
    Allowed,
    /// Allowed if conditions are met that the question leaves open.
    Conditional,
    /// A policy that could not be read may allow or deny it.
    Unknown,
    /// Not allowed.
    Denied,
}

impl Standing {
    /// `allowed`, `conditional`, `unknown` or `denied`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Conditional => "conditional",
            Self::Unknown => "unknown",
            Self::Denied => "denied",
        }
    }
}

/// The answer for one principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// How it stands.
    pub standing: Standing,
    /// The statement that decides, or what is not known.
    pub why: String,
    /// Conditions that are open, each with its statement: allows that need them, denies that need them not to hold.
    pub conditions: Vec<String>,
}

/// Given resources that a pattern is asked of one by one; more are only told from their identity policies.
const MAX_PARTS: usize = 1_000;

/// A question about resources that have one policy.
pub(crate) struct Part {
    pub(crate) question: Question,
    pub(crate) resource: ResourcePolicy,
}

/// What is known of the policy of the resource asked about.
pub(crate) enum ResourcePolicy {
    /// These, or none.
    Known(Vec<Policy>, Option<DocumentId>),
    /// One that was not read may let the principal in, or be needed to.
    NotGiven(Arc<Cause>),
}

impl Account {
    /// Whether the principal, by its number, may do it. Ceilings that were not given are assumed not to deny
    /// ([`Account::assumptions`]); a resource policy that was not given makes a no unknown.
    pub fn access(&self, principal: usize, question: &Question) -> Option<Access> {
        let principal = self.principals.get(principal)?;
        let asked = self.parts(question);
        let accesses = asked.iter().map(|part| {
            let verdict = self.decide(principal, &part.question, &part.resource);
            self.explain(principal, &part.question, &part.resource, &verdict)
        });
        accesses.min_by_key(|access| access.standing)
    }

    /// The question, and where it is about a pattern of resources, the same about each given resource of the pattern that has a
    /// policy of its own.
    pub(crate) fn parts(&self, question: &Question) -> Vec<Part> {
        let mut parts = vec![Part { resource: self.resource_policy(question), question: question.clone() }];
        if !question.resource.contains(['*', '?']) {
            return parts;
        }
        let pattern: Vec<Token> = question.resource.chars().map(plain_token).collect();
        for (arn, resource) in &self.resources {
            // Of the resource itself, and of what is in it: the objects of a bucket.
            let inner = matches(&pattern, &format!("{arn}/x"), false).then(|| format!("{arn}/*"));
            let own = matches(&pattern, arn, false).then(|| arn.to_string());
            for asked in own.into_iter().chain(inner) {
                if resource.policy.is_none() {
                    continue;
                }
                let question = Question { resource: asked, ..question.clone() };
                if parts.len() == MAX_PARTS {
                    let detail = format!("the pattern takes in more than {MAX_PARTS} resources with policies: ask about fewer at a time");
                    let cause = Cause::new(CauseKind::NotLooked, detail);
                    parts.push(Part { resource: ResourcePolicy::NotGiven(Arc::new(cause)), question });
                    return parts;
                }
                parts.push(Part { resource: self.resource_policy(&question), question });
            }
        }
        parts
    }

    /// The request that a principal would make. Condition keys that neither the account nor the question tell are left open.
    pub(crate) fn request(&self, principal: &Principal, question: &Question) -> Request {
        let mut request = self.closed_request(principal, question);
        request.leave_open();
        request
    }

    /// The same, with every key that is not told absent.
    pub(crate) fn closed_request(&self, principal: &Principal, question: &Question) -> Request {
        let mut request = Request::new(principal.caller.clone(), question.action.as_str(), question.resource.as_str());
        request.wildcard_only = question.wildcard_only;
        if request.resource_account().is_none() {
            request.set_resource_account(&*self.id);
        }
        if let Some(organization) = &self.organization {
            request.set("aws:PrincipalOrgID", [&**organization]);
        }
        if let (Kind::User, Some(id)) = (principal.kind, &principal.unique_id) {
            request.set("aws:userid", [&**id]);
        }
        let asks_for_tags = self.tag_keys.iter().any(|key| key.starts_with("aws:principaltag/"));
        if asks_for_tags && !self.may_bring_tags(principal) {
            self.set_tags(&mut request, "aws:principaltag/", principal.tags.as_deref());
        }
        if let Some(resource) = self.resources.get(question.resource.as_str()) {
            self.set_tags(&mut request, "aws:resourcetag/", resource.tags.as_deref());
        }
        for (key, values) in &question.context {
            request.set(key, values.iter().map(String::as_str));
        }
        request
    }

    fn set_tags(&self, request: &mut Request, start: &str, tags: Option<&[(Box<str>, Box<str>)]>) {
        let Some(tags) = tags else { return };
        for key in self.tag_keys.iter().filter_map(|key| key.strip_prefix(start)) {
            let value = tags.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| &**value);
            request.set(&format!("{start}{key}"), value);
        }
    }

    /// True if sessions of the role can have tags of their own in place of the role's (IAM user guide, pass session tags in
    /// AWS STS).
    fn may_bring_tags(&self, principal: &Principal) -> bool {
        let Some(trust) = principal.trust.and_then(|id| self.documents.get(id)) else { return false };
        let request = Request::new(principal.caller.clone(), "sts:TagSession", &*principal.arn);
        let allows = |rule: &crate::eval::Rule| rule.has_effect(Effect::Allow).and(rule.action_matches(&request)) != Answer::No;
        trust.policy.missing.is_some() || trust.policy.rules.iter().any(allows)
    }

    /// Whether every resource is given that an ARN, or a pattern of them, can mean.
    pub(crate) fn has_all(&self, resource: &str) -> bool {
        self.resources_complete || self.listed.iter().any(|start| resource.starts_with(&**start))
    }

    /// What is known of the policy of the resource: that of the ARN, of the bucket of an object, or of the role.
    pub(crate) fn resource_policy(&self, question: &Question) -> ResourcePolicy {
        let named = |id: DocumentId, name: &str| ResourcePolicy::Known(self.documents.named(id, name).into_iter().collect(), Some(id));
        let Some([_, _, service, _, account, resource]) = fields(&question.resource) else {
            return ResourcePolicy::Known(Vec::new(), None);
        };
        if service == "iam" && resource.starts_with("role/") && question.action.to_ascii_lowercase().starts_with("sts:") {
            let role = self.principals.iter().find(|principal| *principal.arn == *question.resource);
            return match role.and_then(|role| Some((role, role.trust?))) {
                Some((role, trust)) => named(trust, &format!("trust of role {}", role.name)),
                None => not_given(&question.resource),
            };
        }
        let at = || self.resources.range(..=Box::from(question.resource.as_str())).rev().take(64);
        let holds = |arn: &str| question.resource.strip_prefix(arn).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', ':']));
        if let Some((arn, found)) = at().find(|(arn, _)| holds(arn)) {
            // Versions and aliases have policies of their own (AWS Lambda API Reference, GetPolicy: `Qualifier`).
            if service == "lambda" && **arn != *question.resource {
                let none = ResourcePolicy::Known(Vec::new(), None);
                return if self.resources_complete { none } else { not_given(&question.resource) };
            }
            return match found.policy {
                Some(id) => named(id, arn),
                None => ResourcePolicy::Known(Vec::new(), None),
            };
        }
        let foreign = account.len() == 12 && account != &*self.id;
        let may_have = Lists::built_in().map_or(true, |lists| lists.have_resource_policies(service));
        if foreign || may_have && !self.has_all(&question.resource) {
            return not_given(&question.resource);
        }
        ResourcePolicy::Known(Vec::new(), None)
    }

    pub(crate) fn decide(&self, principal: &Principal, question: &Question, resource: &ResourcePolicy) -> Verdict {
        let request = self.request(principal, question);
        match self.classes.get(principal.class) {
            Some(class) => self.decide_with(&request, &class.policies, class.limit.as_deref(), resource),
            None => self.decide_with(&request, &[], None, resource),
        }
    }

    /// Decides under these policies of the identity.
    pub(crate) fn decide_with(
        &self,
        request: &Request,
        identity: &[Policy],
        boundary: Option<&[Policy]>,
        resource: &ResourcePolicy,
    ) -> Verdict {
        let of_resource = match resource {
            ResourcePolicy::Known(policies, _) => policies.as_slice(),
            ResourcePolicy::NotGiven(_) => &[],
        };
        let policies = self.policies(identity, boundary, of_resource);
        let verdict = evaluate(request, &policies);
        let ResourcePolicy::NotGiven(cause) = resource else { return verdict };
        if verdict.denied == Answer::Yes || verdict.is_allowed() != Answer::No {
            return verdict;
        }
        let open = [open_policy()];
        let mut best = evaluate(request, &self.policies(identity, boundary, &open));
        if best.is_allowed() == Answer::No {
            return verdict;
        }
        best.granted = Answer::Unknown(Arc::clone(cause));
        best
    }

    pub(crate) fn policies<'p>(&'p self, identity: &'p [Policy], boundary: Option<&'p [Policy]>, resource: &'p [Policy]) -> Policies<'p> {
        Policies {
            identity,
            resource,
            boundary,
            scp: self.scp.as_deref(),
            rcp: self.rcp.as_deref(),
            management_account: self.management.as_deref(),
            ..Policies::default()
        }
    }

    /// The standing with its reasons, under the names that the principal's policies have.
    pub(crate) fn explain(&self, principal: &Principal, question: &Question, resource: &ResourcePolicy, verdict: &Verdict) -> Access {
        let request = self.request(principal, question);
        let identity = self.policies_of(principal);
        let boundary = self.boundary_of(principal);
        let of_resource = match resource {
            ResourcePolicy::Known(policies, _) => policies.as_slice(),
            ResourcePolicy::NotGiven(_) => &[],
        };
        let policies = self.policies(&identity, boundary.as_deref(), of_resource);
        let standing = match verdict.is_allowed() {
            Answer::Yes => Standing::Allowed,
            Answer::No => Standing::Denied,
            Answer::Unknown(_) if self.is_whole(self.classes.get(principal.class), resource) => Standing::Conditional,
            Answer::Unknown(_) => Standing::Unknown,
        };
        let mut conditions = Vec::new();
        if matches!(standing, Standing::Conditional | Standing::Unknown) {
            // Of a pattern, the conditions are those of the resource that comes closest to an allow.
            let met = verdict.witness.as_deref().map_or_else(|| request.clone(), |found| request.with_resource(found.into()));
            let mut seen = BTreeSet::new();
            let control = self.control_on(principal, request.service());
            let ids = principal.attachments.iter().chain(&principal.boundary).chain(control);
            for (document, name) in ids.map(|attachment| (attachment.document, &attachment.name)) {
                self.open_conditions(document, name, &met, &mut seen);
            }
            conditions.extend(seen);
        }
        Access { standing, why: verdict.explain(&request, &policies), conditions }
    }

    /// True if an unknown answer can only come from what the request leaves open.
    pub(crate) fn is_whole(&self, class: Option<&Class>, resource: &ResourcePolicy) -> bool {
        let resource_is_whole = match resource {
            ResourcePolicy::Known(_, document) => document.is_none_or(|id| self.documents.get(id).is_some_and(|ready| ready.is_whole)),
            ResourcePolicy::NotGiven(_) => false,
        };
        class.is_none_or(|class| class.is_whole) && resource_is_whole && self.control_is_whole
    }

    /// Conditions of the document that would have to be known, in words.
    fn open_conditions(&self, document: DocumentId, name: &str, request: &Request, found: &mut BTreeSet<String>) {
        let Some(ready) = self.documents.get(document) else { return };
        for (number, (rule, statement)) in ready.policy.rules.iter().zip(&ready.document.statements.known).enumerate() {
            if matches!(rule.takes_in(request), Answer::Unknown(_)) && !statement.conditions.known.is_empty() {
                let all: Vec<String> = statement.conditions.known.iter().map(condition_text).collect();
                let verb = if rule.has_effect(Effect::Deny) == Answer::Yes { "unless" } else { "if" };
                found.insert(format!("{verb} {} (statement {} of {name})", all.join(" and "), number.saturating_add(1)));
            }
        }
    }
}

fn not_given(resource: &str) -> ResourcePolicy {
    ResourcePolicy::NotGiven(Arc::new(Cause::new(
        CauseKind::NotLooked,
        format!("the policy of `{resource}` itself: not given, and it may let the principal in, or have to"),
    )))
}

/// A resource policy that lets everyone do everything.
pub(crate) fn open_policy() -> Policy {
    use crate::{Document, Element, Principals, Statement};
    let any = || Element::Only(Known::Is(Items { known: vec![Box::from("*")], missing: None }));
    let statement = Statement {
        at: None,
        sid: None,
        effect: Known::Is(Effect::Allow),
        principal: Element::Only(Known::Is(Principals::Everyone)),
        action: any(),
        resource: any(),
        conditions: Items::default(),
    };
    Policy::new("", &Document { version: None, id: None, statements: Items { known: vec![statement], missing: None } })
}

/// `StringEquals aws:RequestedRegion = eu-west-1`.
pub(crate) fn condition_text(condition: &Condition) -> String {
    let values = match &condition.values {
        Known::Is(values) => values.known.join(" or "),
        Known::Unknown(_) => "(not known)".to_owned(),
    };
    format!("{} {} = {values}", operator_name(condition.operator), condition.key)
}
