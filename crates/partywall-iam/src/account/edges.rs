//! Single steps from one principal to the rights of another, by the table of paths.

use std::collections::HashMap;
use std::sync::Arc;

use partywall_model::{Cause, CauseKind};

use super::admin::Rights;
use super::bind::{Binding, LetsIn, OpenRole, open_roles, own, with_policies};
use super::model::{Account, Kind, Principal};
use super::rules::{Gain, Rule, Rules};
use super::steps::{ASSUME, Owner, Steps};
use crate::Answer;

/// Where a step leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target {
    /// All rights that the account's ceilings leave.
    Admin,
    /// The rights of a user or role, by its number.
    Principal(usize),
}

/// One way, open from one principal.
#[derive(Debug, Clone)]
pub(crate) struct Edge<'a> {
    pub(crate) from: usize,
    pub(crate) to: Target,
    /// The number of the rule.
    pub(crate) rule: usize,
    /// The ARNs in the places of `{user}`, `{role}`, `{group}` and `{policy}`; any, if empty.
    pub(crate) on: Binding<'a>,
    pub(crate) certain: bool,
    /// What it depends on, unless certain.
    pub(crate) depends: Vec<String>,
}

/// Which edges are wanted of those that one question finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    All,
    /// The first certain one and, before it, the first possible one.
    Best,
    /// The first certain one.
    Certain,
}

/// Looks for edges; remembers what it has decided.
pub(crate) struct Search<'a> {
    account: &'a Account,
    rules: &'a Rules,
    pub(crate) wanted: Wanted,
    steps: Steps<'a>,
    /// Whether a role trusts a service.
    trusting: HashMap<(&'a str, usize), Answer>,
    open_roles: HashMap<usize, OpenRole>,
    raised: HashMap<(Owner, Rights), Answer>,
    found: Vec<Edge<'a>>,
}

impl<'a> Search<'a> {
    pub(crate) fn new(account: &'a Account, rules: &'a Rules, wanted: Wanted) -> Self {
        Self {
            account,
            rules,
            wanted,
            steps: Steps::new(account, rules),
            trusting: HashMap::new(),
            open_roles: open_roles(account),
            raised: HashMap::new(),
            found: Vec::new(),
        }
    }

    /// False once the search has used up its decisions: further steps may be open.
    pub(crate) fn is_complete(&self) -> bool {
        self.steps.is_complete()
    }

    /// True if what is wanted has been found.
    fn is_done(&self) -> bool {
        self.wanted != Wanted::All && self.found.last().is_some_and(|edge| edge.certain)
    }

    /// True if an edge that is only possible is of no use any more.
    fn has_to_be_certain(&self) -> bool {
        match self.wanted {
            Wanted::All => false,
            Wanted::Best => !self.found.is_empty(),
            Wanted::Certain => true,
        }
    }

    /// The rule, if edges by it are wanted.
    fn wanted(&self, from: usize, number: usize) -> Option<&'a Rule> {
        let rule = self.rules.paths.get(number)?;
        let is_certain = || rule.exists.is_none() && self.unread(from).is_none();
        (!self.has_to_be_certain() || is_certain()).then_some(rule)
    }

    /// Steps that lead to all rights at once.
    pub(crate) fn direct(&mut self, from: usize) -> Vec<Edge<'a>> {
        let Some(principal) = self.account.principals.get(from) else { return Vec::new() };
        for number in self.steps.candidates(from).iter().copied() {
            let Some(rule) = self.wanted(from, number) else { continue };
            match rule.gain {
                Gain::Own => self.raise_itself(from, principal, number, rule),
                Gain::Group => self.join(from, principal, number),
                Gain::Unbounded if principal.boundary.is_some() => self.shed(from, principal, number, Rights::Unbounded),
                Gain::WithoutDenies => self.shed(from, principal, number, Rights::WithoutDenies),
                Gain::New | Gain::Unseen => {
                    let steps = self.steps.open(from, number, &Binding::default());
                    self.add(from, Target::Admin, number, Binding::default(), &[steps]);
                }
                Gain::RaisedUser | Gain::RaisedRole => {
                    for target in 0..self.account.principals.len() {
                        self.take(from, target, number, rule);
                        if self.found.last().is_some_and(|edge| edge.rule == number && edge.certain) || !self.is_complete() {
                            break;
                        }
                    }
                }
                Gain::Unbounded | Gain::User | Gain::Role | Gain::FederatedRole => {}
            }
            if self.is_done() {
                break;
            }
        }
        std::mem::take(&mut self.found)
    }

    /// Whether a rule that leads to the rights of others may be open to the principal.
    pub(crate) fn may_take(&mut self, from: usize) -> bool {
        self.steps.candidates(from).iter().any(|number| self.rules.paths.get(*number).is_some_and(takes_another))
    }

    /// By rule, whether it leads to the rights of that principal, whoever takes the steps.
    pub(crate) fn ways_to(&mut self, target: usize) -> Vec<bool> {
        let rules = self.rules;
        let ways = rules.paths.iter().map(|rule| {
            takes_another(rule)
                && self.account.principals.get(target).is_some_and(|other| other.kind == kind_of(rule))
                && (rule.service.is_empty() || rule.service.iter().any(|service| self.trusts(target, service) != Answer::No))
        });
        ways.collect()
    }

    /// Steps that lead to the rights of that other principal, by [`Search::ways_to`] it.
    pub(crate) fn takes(&mut self, from: usize, target: usize, ways: &[bool]) -> Vec<Edge<'a>> {
        for number in self.steps.candidates(from).iter().copied() {
            if ways.get(number) != Some(&true) {
                continue;
            }
            let Some(rule) = self.wanted(from, number) else { continue };
            self.take(from, target, number, rule);
            if self.is_done() {
                break;
            }
        }
        std::mem::take(&mut self.found)
    }

    /// Widens its own policies: on its own ARN, on a policy attached to it, on a group that it is in.
    fn raise_itself(&mut self, from: usize, principal: &'a Principal, number: usize, rule: &'a Rule) {
        for on in own(self.account, principal) {
            let steps = self.steps.open(from, number, &on);
            if steps != Answer::No {
                let ceiling = self.raised(from, Rights::AnyPolicy);
                self.add(from, Target::Admin, number, on, &[steps, ceiling]);
                return;
            }
        }
        // Someone else may be raised, who then is of use to whoever can act as them.
        if rule.steps.iter().all(|step| !matches!(self.rules.resources.get(step).map(String::as_str), Some("{policy}"))) {
            let other = open("another user or role that it can act as, to which this is done");
            let steps = self.steps.open(from, number, &Binding::default());
            self.add(from, Target::Admin, number, Binding::default(), &[steps, other]);
        }
    }

    fn join(&mut self, from: usize, principal: &'a Principal, number: usize) {
        for (group, of) in self.account.groups.iter().enumerate() {
            let on = Binding { group: Some(&*of.arn), ..Binding::default() };
            if principal.groups.contains(&group) {
                continue;
            }
            let steps = self.steps.open(from, number, &on);
            if steps == Answer::No {
                continue;
            }
            let admin = self.account.group_makes_admin(group, principal, self.rules);
            let admin = if principal.kind == Kind::User {
                admin
            } else {
                admin.and(open("a user that it can act as, to put into the group: a role is in no group"))
            };
            self.add(from, Target::Admin, number, on, &[steps, admin]);
            if self.is_done() {
                return;
            }
        }
    }

    fn shed(&mut self, from: usize, principal: &'a Principal, number: usize, rights: Rights) {
        let on = Binding::of(principal);
        let steps = self.steps.open(from, number, &on);
        if steps != Answer::No && self.raised(from, Rights::AsIs) != Answer::Yes {
            let admin = self.raised(from, rights);
            self.add(from, Target::Admin, number, on, &[steps, admin]);
        }
    }

    /// Takes over another principal, as it is or raised, if the rule is about its kind.
    fn take(&mut self, from: usize, target: usize, number: usize, rule: &'a Rule) {
        let Some(other) = self.account.principals.get(target).filter(|_| target != from) else { return };
        if other.kind != kind_of(rule) || rule.steps.iter().any(|step| step == ASSUME) && !self.may_let_in(target, from) {
            return;
        }
        let before = self.found.len();
        if rule.service.is_empty() {
            self.take_for(from, target, number, rule, None);
        }
        for service in &rule.service {
            self.take_for(from, target, number, rule, Some(service));
        }
        if self.found.len() > before && matches!(rule.gain, Gain::RaisedUser | Gain::RaisedRole) {
            // What was found leads on to all rights, not to the rights that the other has now.
            let raised = self.raised(target, Rights::AnyPolicy);
            if raised == Answer::No {
                self.found.truncate(before);
            }
            for edge in self.found.iter_mut().skip(before) {
                edge.to = Target::Admin;
                if let Answer::Unknown(cause) = &raised {
                    edge.certain = false;
                    edge.depends.push(cause.detail.clone());
                }
            }
        }
    }

    fn take_for(&mut self, from: usize, target: usize, number: usize, rule: &'a Rule, service: Option<&'a str>) {
        let Some(other) = self.account.principals.get(target) else { return };
        let needs_policy = rule.steps.iter().any(|step| self.rules.resources.get(step).is_some_and(|on| on == "{policy}"));
        let on = Binding { service, ..Binding::of(other) };
        let trusts = service.map_or(Answer::Yes, |service| self.trusts(target, service));
        let lacks_profile = rule.profile && other.profiles.is_empty();
        if trusts == Answer::No || self.has_to_be_certain() && (trusts != Answer::Yes || lacks_profile) {
            return;
        }
        let bindings = if needs_policy { with_policies(&on, &self.account.id, other) } else { vec![on] };
        for on in bindings {
            let steps = self.steps.open(from, number, &on);
            if steps == Answer::No {
                continue;
            }
            let mut holds = trusts;
            if lacks_profile {
                holds = holds.and(open(format!("an instance profile that holds role `{}`: there is none now", other.name)));
            }
            self.add(from, Target::Principal(target), number, on, &[steps, holds]);
            return;
        }
    }

    /// Whether the role's trust, as far as its names go, may let the principal in.
    fn may_let_in(&mut self, role: usize, from: usize) -> bool {
        let Some(open) = self.open_roles.get(&role) else { return false };
        match open.lets_in {
            LetsIn::Anyone => true,
            _ if open.named.contains(&from) => true,
            LetsIn::Named => false,
            // Its own policies have to allow it.
            LetsIn::Account => {
                let (Some(assume), Some(of)) = (self.steps.assume, self.account.principals.get(role)) else { return false };
                self.steps.may_itself(from, assume, &Binding::of(of))
            }
        }
    }

    /// Keeps an edge, if all that it needs may hold.
    fn add(&mut self, from: usize, to: Target, rule: usize, on: Binding<'a>, needs: &[Answer]) {
        let Some(exists) = self.rules.paths.get(rule).map(|rule| &rule.exists) else { return };
        if needs.contains(&Answer::No) {
            return;
        }
        let causes = needs.iter().filter_map(|answer| if let Answer::Unknown(cause) = answer { Some(cause.detail.clone()) } else { None });
        let mut depends: Vec<String> = causes.chain(exists.clone()).chain(self.unread(from)).collect();
        depends.dedup();
        let certain = depends.is_empty();
        if certain || !self.has_to_be_certain() {
            self.found.push(Edge { from, to, rule, on, certain, depends });
        }
    }

    /// What of the principal's policies is not known at all.
    fn unread(&self, from: usize) -> Option<String> {
        self.account.principals.get(from).and_then(|of| self.account.missing_policy(of)).map(|cause| cause.detail.clone())
    }

    fn raised(&mut self, principal: usize, rights: Rights) -> Answer {
        // Which attachments a principal can take away is its own affair, whatever its class.
        let owner = if rights == Rights::WithoutDenies { (principal, true) } else { self.steps.owner(principal) };
        if let Some(answer) = self.raised.get(&(owner, rights)) {
            return answer.clone();
        }
        let of = self.account.principals.get(principal);
        let answer = of.map_or(Answer::No, |of| self.account.is_admin(of, rights, self.rules));
        self.raised.insert((owner, rights), answer.clone());
        answer
    }

    /// Whether the role trusts the service or kind of provider.
    fn trusts(&mut self, role: usize, service: &'a str) -> Answer {
        let Some(of) = self.account.principals.get(role) else { return Answer::No };
        self.trusting.entry((service, role)).or_insert_with(|| self.account.role_trusts(of, service)).clone()
    }
}

fn takes_another(rule: &Rule) -> bool {
    matches!(rule.gain, Gain::User | Gain::Role | Gain::FederatedRole)
}

/// Whom the rule takes over.
fn kind_of(rule: &Rule) -> Kind {
    if matches!(rule.gain, Gain::User | Gain::RaisedUser) { Kind::User } else { Kind::Role }
}

/// What the input does not show.
fn open(detail: impl Into<String>) -> Answer {
    Answer::Unknown(Arc::new(Cause::new(CauseKind::NotInSource, detail)))
}
