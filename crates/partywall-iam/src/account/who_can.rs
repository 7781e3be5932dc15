use std::collections::HashMap;

use super::access::{Access, Part, Question, ResourcePolicy, Standing, open_policy};
use super::document::DocumentId;
use super::model::{Account, Class, Kind, Principal};
use crate::eval::{Caller, Request, Verdict, evaluate};
use crate::{Answer, Known, PrincipalKind, Principals};

/// Who can do something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhoCan {
    /// Every user and role that can, or may be able to, by its number among [`Account::principals`].
    pub holders: Vec<Holder>,
    /// Whom the resource's own policy names beside the account's users and roles: other accounts, services, everyone.
    pub outsiders: Vec<Outsider>,
    /// How many users and roles cannot.
    pub denied: usize,
    /// What the answer takes for granted.
    pub assumptions: Vec<String>,
    /// What keeps the list from being complete: parts of the account that are not in the input.
    pub gaps: Vec<String>,
    /// How many different cases were decided for all principals.
    pub cases: usize,
}

/// One user or role that can, or may be able to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Its number.
    pub principal: usize,
    /// How, by which statement, on which conditions. Never `Denied`.
    pub access: Access,
}

/// Someone outside of the account's users and roles whom the resource's policy lets in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Outsider {
    /// As the policy names it; `*` for everyone.
    pub name: Box<str>,
    /// Allowed, or on open conditions; as far as its own account lets it.
    pub standing: Standing,
}

/// What makes two principals the same case of a question.
#[derive(PartialEq, Eq, Hash)]
struct Case<'c> {
    identity: Vec<DocumentId>,
    boundary: Option<DocumentId>,
    kind: Kind,
    service_linked: bool,
    /// Set where the policies tell callers apart.
    alone: Option<&'c str>,
}

impl Account {
    /// Every principal that can do it, may be able to, or can under conditions.
    ///
    /// Principals whose policies say the same of the action are one case and are decided once.
    pub fn who_can(&self, question: &Question) -> WhoCan {
        let parts = self.parts(question);
        let (holders, cases) = self.holders(question, &parts, 0..self.principals.len());
        let mut outsiders: Vec<Outsider> = parts.iter().flat_map(|part| outsiders(self, &part.question, &part.resource)).collect();
        outsiders.sort();
        outsiders.dedup_by(|other, first| other.name == first.name);
        WhoCan {
            denied: self.principals.len().saturating_sub(holders.len()),
            outsiders,
            assumptions: self.assumptions(),
            gaps: self.gaps.iter().map(|cause| cause.detail.clone()).collect(),
            cases,
            holders,
        }
    }

    /// Who of these principals is not denied, and how many cases were decided.
    pub(crate) fn holders(&self, question: &Question, parts: &[Part], asked: impl Iterator<Item = usize>) -> (Vec<Holder>, usize) {
        let relevant = self.relevant_documents(question);
        let told_apart = self.control_is_about_caller || parts.iter().any(|part| self.tells_apart(&part.resource));
        let mut cases: HashMap<Case<'_>, (usize, Verdict)> = HashMap::new();
        let mut holders = Vec::new();
        for number in asked {
            let Some(principal) = self.principals.get(number) else { continue };
            let Some(class) = self.classes.get(principal.class) else { continue };
            let case = Self::case(principal, class, &relevant, told_apart);
            let (part, verdict) = cases.entry(case).or_insert_with(|| self.decide_parts(principal, parts));
            if verdict.is_allowed() != Answer::No
                && let Some(part) = parts.get(*part)
            {
                let access = self.explain(principal, &part.question, &part.resource, verdict);
                holders.push(Holder { principal: number, access });
            }
        }
        (holders, cases.len())
    }

    /// The part of the question that comes closest to an allow.
    fn decide_parts(&self, principal: &Principal, parts: &[Part]) -> (usize, Verdict) {
        let mut best = (0, Verdict::settled(Answer::No, "nothing was asked"));
        let rank = |verdict: &Verdict| match verdict.is_allowed() {
            Answer::Yes => 2,
            Answer::Unknown(_) => 1,
            Answer::No => 0,
        };
        for (number, part) in parts.iter().enumerate() {
            let verdict = self.decide(principal, &part.question, &part.resource);
            if number == 0 || rank(&verdict) > rank(&best.1) {
                best = (number, verdict);
            }
            if rank(&best.1) == 2 {
                break;
            }
        }
        best
    }

    /// By document: whether it says anything of the action, and whether it then tells callers apart.
    fn relevant_documents(&self, question: &Question) -> Vec<(bool, bool)> {
        let request = Request::new(Caller::Anonymous, question.action.as_str(), question.resource.as_str());
        let relevant = self.documents.iter().map(|ready| {
            let speaks =
                ready.policy.missing.is_some() || ready.policy.rules.iter().any(|rule| rule.action_matches(&request) != Answer::No);
            (speaks, speaks && ready.is_about_caller)
        });
        relevant.collect()
    }

    fn tells_apart(&self, resource: &ResourcePolicy) -> bool {
        match resource {
            ResourcePolicy::Known(_, Some(id)) => self.documents.get(*id).is_none_or(|ready| ready.is_about_caller),
            ResourcePolicy::Known(_, None) | ResourcePolicy::NotGiven(_) => false,
        }
    }

    fn case<'c>(principal: &'c Principal, class: &Class, relevant: &[(bool, bool)], told_apart: bool) -> Case<'c> {
        let of = |id: DocumentId| relevant.get(id).copied().unwrap_or((true, true));
        let ids = class.documents.iter().copied();
        let alone = told_apart || ids.clone().chain(class.boundary).any(|id| of(id).1);
        Case {
            identity: ids.filter(|id| of(*id).0).collect(),
            boundary: class.boundary,
            kind: principal.kind,
            service_linked: principal.caller.is_service_linked(),
            alone: alone.then_some(&*principal.arn),
        }
    }
}

/// Whom the resource's policy names, and how they stand as far as that policy and the control policies go.
fn outsiders(account: &Account, question: &Question, resource: &ResourcePolicy) -> Vec<Outsider> {
    let ResourcePolicy::Known(policies, Some(document)) = resource else { return Vec::new() };
    let Some(document) = account.documents.get(*document) else { return Vec::new() };
    let mut names: Vec<(PrincipalKind, Box<str>)> = Vec::new();
    for statement in &document.document.statements.known {
        match statement.principal.content() {
            Some(Known::Is(Principals::Everyone)) => names.push((PrincipalKind::Aws, "*".into())),
            Some(Known::Is(Principals::Named(named))) => {
                names.extend(named.known.iter().map(|principal| (principal.kind, principal.name.clone())));
            }
            Some(Known::Unknown(_)) | None => {}
        }
    }
    names.sort_by(|one, other| one.1.cmp(&other.1));
    names.dedup();
    let mut found = Vec::new();
    for (kind, name) in names {
        let caller = match kind {
            PrincipalKind::Aws => Caller::parse(&name),
            PrincipalKind::Service => Caller::Service(name.clone()),
            PrincipalKind::Federated => Caller::Federated(name.clone()),
            PrincipalKind::CanonicalUser => Caller::Canonical(name.clone()),
        };
        if caller.account() == Some(&*account.id) {
            continue;
        }
        let mut request = Request::new(caller, question.action.as_str(), question.resource.as_str());
        if request.resource_account().is_none() {
            request.set_resource_account(&*account.id);
        }
        request.wildcard_only = question.wildcard_only;
        for (key, values) in &question.context {
            request.set(key, values.iter().map(String::as_str));
        }
        request.leave_open();
        let open = [open_policy()];
        let mut asked = account.policies(&open, None, policies);
        // The service control policies bind principals of this account only.
        asked.scp = None;
        let standing = match evaluate(&request, &asked).is_allowed() {
            Answer::Yes => Standing::Allowed,
            Answer::Unknown(_) if account.is_whole(None, resource) => Standing::Conditional,
            Answer::Unknown(_) => Standing::Unknown,
            Answer::No => continue,
        };
        found.push(Outsider { name, standing });
    }
    found
}
