//! What the steps of a path act on, and whom roles let in.

use std::collections::HashMap;

use super::access::{Question, ResourcePolicy, open_policy};
use super::model::{Account, Kind, Principal};
use super::rules::{Rules, any_of};
use crate::eval::{Caller, Policy, Request, Verdict};
use crate::{Answer, Element, Known, PrincipalKind, Principals};

/// What stands for the places of a rule's resources.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct Binding<'a> {
    pub(super) user: Option<&'a str>,
    pub(super) role: Option<&'a str>,
    pub(super) group: Option<&'a str>,
    pub(super) policy: Option<&'a str>,
    /// The service that a role is passed to.
    pub(super) service: Option<&'a str>,
    /// A place without an ARN stands for nothing, rather than for any.
    pub(super) strict: bool,
}

impl<'a> Binding<'a> {
    /// The user or role, and nothing else.
    pub(super) fn of(principal: &'a Principal) -> Self {
        let name = Some(&*principal.arn);
        let (user, role) = if principal.kind == Kind::User { (name, None) } else { (None, name) };
        Self { user, role, strict: true, ..Self::default() }
    }
}

/// What an action of the table acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Place<'a> {
    Bound(&'a str),
    /// Any of the account.
    Any,
    Nothing,
}

/// An action of the table.
#[derive(Debug)]
pub(super) struct Action<'a> {
    pub(super) name: &'a str,
    template: String,
    any: String,
}

impl<'a> Action<'a> {
    pub(super) fn new(account: &Account, rules: &Rules, name: &'a str) -> Self {
        let template = rules.resource(name, &account.partition, &account.id);
        Self { name, any: any_of(&template, &account.partition, &account.id), template }
    }

    pub(super) fn place<'b>(&self, on: &Binding<'b>) -> Place<'b> {
        let bound = match self.template.as_str() {
            "{user}" => on.user,
            "{role}" => on.role,
            "{group}" => on.group,
            "{policy}" => on.policy,
            _ => return Place::Any,
        };
        match bound {
            Some(arn) => Place::Bound(arn),
            None if on.strict => Place::Nothing,
            None => Place::Any,
        }
    }

    /// The service that the action passes a role to, if it does.
    pub(super) fn passes_to<'b>(&self, on: &Binding<'b>) -> Option<&'b str> {
        on.service.filter(|_| self.name == "iam:PassRole")
    }

    /// What it asks on what it is bound to; `None` if that is nothing.
    pub(super) fn question(&self, on: &Binding<'_>) -> Option<Question> {
        let resource = match self.place(on) {
            Place::Bound(arn) => arn,
            Place::Any => &self.any,
            Place::Nothing => return None,
        };
        let mut question = Question::new(self.name, resource);
        if let Some(service) = self.passes_to(on) {
            question.context.push(("iam:PassedToService".to_owned(), vec![service.to_owned()]));
        }
        Some(question)
    }
}

/// Decides a step with these policies. Whether a role's trust lets in the principal counts where one role is assumed.
pub(super) fn decide_step(account: &Account, principal: &Principal, identity: &[Policy], question: &Question, on: &Binding<'_>) -> Verdict {
    let resource = match (on.role, question.action.as_str()) {
        (Some(_), "sts:AssumeRole") => account.resource_policy(question),
        (None, "sts:AssumeRole") => ResourcePolicy::Known(vec![open_policy()], None),
        _ => ResourcePolicy::Known(Vec::new(), None),
    };
    let request = account.request(principal, question);
    let limit = account.classes.get(principal.class).and_then(|class| class.limit.as_deref());
    account.decide_with(&request, identity, limit, &resource)
}

/// What the principal's own rules act on: its ARN with each customer managed policy attached to it, and its groups.
pub(super) fn own<'a>(account: &'a Account, principal: &'a Principal) -> Vec<Binding<'a>> {
    let base = Binding::of(principal);
    let mut found = vec![base];
    found.extend(with_policies(&base, &account.id, principal));
    let groups = principal.groups.iter().filter_map(|group| account.groups.get(*group));
    found.extend(groups.map(|group| Binding { group: Some(&*group.arn), ..base }));
    found
}

pub(super) fn with_policies<'a>(base: &Binding<'a>, account: &str, principal: &'a Principal) -> Vec<Binding<'a>> {
    let own = principal.attachments.iter().filter_map(|attachment| attachment.arn.as_deref());
    let own = own.filter(|arn| crate::arn::fields(arn).is_some_and(|[_, _, _, _, of, _]| of == account));
    own.map(|arn| Binding { policy: Some(arn), ..*base }).collect()
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
        // Most roles trust few services: what no statement names needs no request.
        let names = |caller: &Caller| ready.policy.rules.iter().any(|rule| rule.reaches(caller, &Answer::No, false).any() != Answer::No);
        callers.retain(|caller| ready.policy.missing.is_some() || names(caller));
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
