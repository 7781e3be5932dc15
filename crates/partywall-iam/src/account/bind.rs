//! What the steps of a path act on, and whom roles let in.

use std::collections::HashMap;

use super::access::{Question, ResourcePolicy, open_policy};
use super::model::{Account, Kind, Principal};
use super::rules::{Rules, any_of};
use crate::eval::{Caller, Policy, Request, Verdict};
use crate::{Answer, Element, Known, PrincipalKind, Principals};

/// What stands for the places of a rule's resources.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Binding {
    pub(super) user: Option<Box<str>>,
    pub(super) role: Option<Box<str>>,
    pub(super) group: Option<Box<str>>,
    pub(super) policy: Option<Box<str>>,
    /// The service that a role is passed to.
    pub(super) service: Option<Box<str>>,
    /// A place without an ARN stands for nothing, rather than for any.
    pub(super) strict: bool,
}

impl Binding {
    fn fill(&self, resource: &str) -> Option<String> {
        let of = |text: &Option<Box<str>>| text.as_deref().map(str::to_owned);
        match resource {
            "{user}" => of(&self.user),
            "{role}" => of(&self.role),
            "{group}" => of(&self.group),
            "{policy}" => of(&self.policy),
            _ => None,
        }
    }
}

/// What a step asks, on what it is bound to; `None` if that is nothing.
pub(super) fn question_of(account: &Account, rules: &Rules, action: &str, on: &Binding) -> Option<Question> {
    let template = rules.resource(action, &account.partition, &account.id);
    let resource = match on.fill(&template) {
        Some(resource) => resource,
        None if on.strict && template.starts_with('{') => return None,
        None => any_of(&template, &account.partition, &account.id),
    };
    let mut question = Question::new(action, resource);
    if let ("iam:PassRole", Some(service)) = (action, &on.service) {
        question.context.push(("iam:PassedToService".to_owned(), vec![service.to_string()]));
    }
    Some(question)
}

/// Decides a step with these policies. Whether a role's trust lets in the principal counts where one role is assumed.
pub(super) fn decide_step(account: &Account, principal: &Principal, identity: &[Policy], question: &Question, on: &Binding) -> Verdict {
    let resource = match (&on.role, question.action.as_str()) {
        (Some(_), "sts:AssumeRole") => account.resource_policy(question),
        (None, "sts:AssumeRole") => ResourcePolicy::Known(vec![open_policy()], None),
        _ => ResourcePolicy::Known(Vec::new(), None),
    };
    let request = account.request(principal, question);
    let limit = account.classes.get(principal.class).and_then(|class| class.limit.as_deref());
    account.decide_with(&request, identity, limit, &resource)
}

/// What the principal's own rules act on: its ARN with each customer managed policy attached to it, and its groups.
pub(super) fn own(account: &Account, principal: &Principal) -> Vec<Binding> {
    let name = Some(principal.arn.clone());
    let (user, role) = if principal.kind == Kind::User { (name, None) } else { (None, name) };
    let base = Binding { user, role, strict: true, ..Binding::default() };
    let mut found = vec![base.clone()];
    found.extend(with_policies(&base, &account.id, principal));
    let groups = principal.groups.iter().filter_map(|group| account.groups.get(*group));
    found.extend(groups.map(|group| Binding { group: Some(group.arn.clone()), ..base.clone() }));
    found
}

pub(super) fn with_policies(base: &Binding, account: &str, principal: &Principal) -> Vec<Binding> {
    let own = principal.attachments.iter().filter_map(|attachment| attachment.arn.as_ref());
    let own = own.filter(|arn| crate::arn::fields(arn).is_some_and(|[_, _, _, _, of, _]| of == account));
    own.map(|arn| Binding { policy: Some(arn.clone()), ..base.clone() }).collect()
}

/// A role that others of the account may be able to assume, as far as the names in its trust go.
pub(super) struct OpenRole {
    pub(super) lets_in: LetsIn,
    /// Users and roles of the account that its trust names.
    pub(super) named: Vec<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LetsIn {
    Named,
    /// Everyone in the account whose own policies allow it.
    Account,
    Anyone,
}

pub(super) fn open_roles(account: &Account) -> HashMap<usize, OpenRole> {
    let by_arn: HashMap<&str, usize> = account.principals.iter().enumerate().map(|(number, principal)| (&*principal.arn, number)).collect();
    let mut found = HashMap::new();
    for (number, role) in account.principals.iter().enumerate() {
        let Some(ready) = role.trust.and_then(|trust| account.documents.get(trust)) else { continue };
        let mut open = OpenRole { lets_in: LetsIn::Named, named: Vec::new() };
        if ready.document.statements.missing.is_some() {
            open.lets_in = LetsIn::Anyone;
        }
        for statement in &ready.document.statements.known {
            let Element::Only(Known::Is(Principals::Named(list))) = &statement.principal else {
                open.lets_in = LetsIn::Anyone;
                continue;
            };
            if list.missing.is_some() {
                open.lets_in = LetsIn::Anyone;
            }
            for principal in list.known.iter().filter(|principal| principal.kind == PrincipalKind::Aws) {
                match by_arn.get(&*principal.name) {
                    Some(known) => open.named.push(*known),
                    None if &*principal.name == "*" => open.lets_in = LetsIn::Anyone,
                    None if principal.name.contains(&*account.id) => open.lets_in = open.lets_in.max(LetsIn::Account),
                    None => {}
                }
            }
        }
        if open.lets_in != LetsIn::Named || !open.named.is_empty() {
            found.insert(number, open);
        }
    }
    found
}

impl Account {
    /// True if the class's policies, or those of the organization, tell callers apart.
    pub(super) fn tells_apart_class(&self, principal: &Principal) -> bool {
        let Some(class) = self.classes.get(principal.class) else { return true };
        let ids = class.documents.iter().chain(&class.boundary);
        self.control_is_about_caller || ids.filter_map(|id| self.documents.get(*id)).any(|ready| ready.is_about_caller)
    }

    /// Whether the role's trust lets the service take it; `saml-provider` and `oidc-provider` are any provider of the kind.
    pub(super) fn role_trusts(&self, role: &Principal, service: &str) -> Answer {
        let Some(ready) = role.trust.and_then(|trust| self.documents.get(trust)) else { return Answer::No };
        let provider = match service {
            "saml-provider" | "oidc-provider" => Some(service),
            _ => None,
        };
        let mut callers: Vec<Caller> = Vec::new();
        if let Some(kind) = provider {
            for statement in &ready.document.statements.known {
                if let Some(Known::Is(Principals::Named(named))) = statement.principal.content() {
                    let of_kind = named.known.iter().filter(|principal| principal.name.contains(kind));
                    callers.extend(of_kind.map(|principal| Caller::Federated(principal.name.clone())));
                }
            }
        } else if service == "cognito-identity.amazonaws.com" {
            callers.push(Caller::Federated(service.into()));
        } else {
            callers.push(Caller::Service(service.into()));
        }
        let unknown = ready.document.statements.missing.as_ref();
        let actions = ["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"];
        let trust = [ready.policy.clone()];
        let answers = callers.iter().flat_map(|caller| actions.map(|action| (caller, action))).map(|(caller, action)| {
            let mut request = Request::new(caller.clone(), action, &*role.arn);
            request.set("aws:SourceAccount", [&*self.id]);
            request.leave_open();
            self.decide_with(&request, &[], None, &ResourcePolicy::Known(trust.to_vec(), None)).is_allowed()
        });
        Answer::any(answers, unknown)
    }
}
