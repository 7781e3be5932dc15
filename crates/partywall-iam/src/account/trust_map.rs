use std::collections::BTreeSet;

use super::access::{ResourcePolicy, Standing, condition_text, open_policy};
use super::model::{Account, Kind, Principal};
use crate::arn::{Account as Owner, principal_account};
use crate::eval::{Caller, Request, evaluate};
use crate::{Answer, Effect, Element, Known, PrincipalKind, Principals};

/// The calls that give out a role's credentials.
const ASSUME: [&str; 3] = ["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"];

/// Whom a role lets in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Trust {
    /// The role's number.
    pub role: usize,
    /// Where the trusted are.
    pub from: From,
    /// As the trust policy names them; `*` for everyone.
    pub name: Box<str>,
    /// Allowed, or on conditions, as far as the trust policy and the control policies go.
    pub standing: Standing,
    /// The conditions of the statements that name them.
    pub conditions: Vec<String>,
}

/// Where those are whom a role trusts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum From {
    /// Everyone.
    Anyone,
    /// Another account.
    OtherAccount,
    /// An identity provider.
    Provider,
    /// An AWS service.
    Service,
    /// This account: all who may by their own policies, or one user or role.
    OwnAccount,
    /// A principal that was deleted: only its id is left, which matches nobody.
    Deleted,
}

impl From {
    /// The words for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Anyone => "anyone",
            Self::OtherAccount => "another account",
            Self::Provider => "an identity provider",
            Self::Service => "an AWS service",
            Self::OwnAccount => "this account",
            Self::Deleted => "a deleted principal",
        }
    }
}

/// The trust of all roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustMap {
    /// Whom each role lets in; nobody whom its trust policy surely keeps out.
    pub trusts: Vec<Trust>,
    /// Roles of whose trust policy a part is not known, with the reason: they may let in others.
    pub unread: Vec<(usize, String)>,
}

impl Account {
    /// Who can take which role, by trust policies: within the account and from outside.
    pub fn trust_map(&self) -> TrustMap {
        let mut map = TrustMap { trusts: Vec::new(), unread: Vec::new() };
        for (number, role) in self.principals.iter().enumerate().filter(|(_, of)| of.kind == Kind::Role) {
            let Some(id) = role.trust else { continue };
            let Some(ready) = self.documents.get(id) else { continue };
            if let Some(cause) = ready.document.flaws().first() {
                map.unread.push((number, cause.detail.clone()));
            }
            let mut names: BTreeSet<(Box<str>, u8)> = BTreeSet::new();
            for statement in &ready.document.statements.known {
                match &statement.principal {
                    Element::Only(Known::Is(Principals::Named(named))) => {
                        names.extend(named.known.iter().map(|of| (of.name.clone(), rank(of.kind))));
                    }
                    // NotPrincipal takes in everyone but a few.
                    Element::Only(Known::Is(Principals::Everyone)) | Element::Except(Known::Is(_)) => drop(names.insert(("*".into(), 0))),
                    Element::Only(Known::Unknown(_)) | Element::Except(Known::Unknown(_)) | Element::Absent => {}
                }
            }
            let trust = ResourcePolicy::Known(vec![ready.policy.clone()], Some(id));
            for (name, kind) in names {
                map.trusts.extend(self.trust(number, role, &trust, &name, kind));
            }
        }
        map.trusts.sort();
        map
    }

    fn trust(&self, number: usize, role: &Principal, trust: &ResourcePolicy, name: &str, kind: u8) -> Option<Trust> {
        let (caller, from) = match kind {
            1 => (Caller::Service(name.into()), From::Service),
            2 => (Caller::Federated(name.into()), From::Provider),
            _ => (self.stand_in(name), self.place(name)),
        };
        if from == From::Deleted {
            return Some(Trust { role: number, from, name: name.into(), standing: Standing::Denied, conditions: Vec::new() });
        }
        let ResourcePolicy::Known(policies, _) = trust else { return None };
        let open = [open_policy()];
        let mut asked = self.policies(&open, None, policies);
        if from != From::OwnAccount {
            asked.scp = None;
        }
        let requests = ASSUME.map(|action| {
            let mut request = Request::new(caller.clone(), action, &*role.arn);
            request.leave_open();
            request
        });
        let answer = Answer::any(requests.iter().map(|request| evaluate(request, &asked).is_allowed()), None);
        let standing = match answer {
            Answer::No => return None,
            Answer::Yes => Standing::Allowed,
            Answer::Unknown(_) if self.is_whole(None, trust) => Standing::Conditional,
            Answer::Unknown(_) => Standing::Unknown,
        };
        let mut conditions = BTreeSet::new();
        let ready = role.trust.and_then(|id| self.documents.get(id))?;
        for (rule, statement) in ready.policy.rules.iter().zip(&ready.document.statements.known) {
            let speaks = requests.iter().any(|request| rule.takes_in(request) != Answer::No);
            if speaks && rule.reaches(&caller, &Answer::No, false).any() != Answer::No {
                let verb = if matches!(statement.effect, Known::Is(Effect::Deny)) { "unless" } else { "if" };
                conditions.extend(statement.conditions.known.iter().map(|of| format!("{verb} {}", condition_text(of))));
            }
        }
        Some(Trust { role: number, from, name: name.into(), standing, conditions: conditions.into_iter().collect() })
    }

    /// Someone whom the name takes in.
    fn stand_in(&self, name: &str) -> Caller {
        match name {
            "*" => Caller::parse(&format!("arn:{}:iam::000000000000:user/anyone", self.partition)),
            other => Caller::parse(other),
        }
    }

    fn place(&self, name: &str) -> From {
        match principal_account(name) {
            Owner::Any => From::Anyone,
            Owner::Id(id) if id == &*self.id => From::OwnAccount,
            Owner::Id(_) | Owner::Symbolic => From::OtherAccount,
            Owner::Own => From::OwnAccount,
            Owner::None => From::Deleted,
        }
    }
}

fn rank(kind: PrincipalKind) -> u8 {
    match kind {
        PrincipalKind::Aws => 0,
        PrincipalKind::Service => 1,
        PrincipalKind::Federated | PrincipalKind::CanonicalUser => 2,
    }
}
