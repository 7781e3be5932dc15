//! Single steps from one principal to the rights of another, by the table of paths.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use partywall_model::{Cause, CauseKind};

use super::access::Question;
use super::admin::{Rights, known_policies};
use super::bind::{Binding, LetsIn, OpenRole, decide_step, open_roles, own, question_of, with_policies};
use super::model::{Account, Kind, Principal};
use super::rules::{Gain, Rule, Rules};
use crate::eval::{Caller, Policy, Request};
use crate::{Answer, Effect};

/// Decisions of single steps after which the search stops and says so.
const MAX_DECISIONS: usize = 2_000_000;

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
pub(crate) struct Edge {
    pub(crate) from: usize,
    pub(crate) to: Target,
    /// The number of the rule.
    pub(crate) rule: usize,
    /// The ARNs in the places of `{user}`, `{role}`, `{group}` and `{policy}`; any, if empty.
    pub(crate) on: Binding,
    pub(crate) certain: bool,
    /// What it depends on, unless certain.
    pub(crate) depends: Vec<String>,
}

/// Looks for edges; remembers what it has decided.
pub(crate) struct Search<'a> {
    account: &'a Account,
    rules: &'a Rules,
    /// By class, or by principal where policies tell callers apart.
    decided: HashMap<((usize, bool), Box<str>, Box<str>, Box<str>), Answer>,
    known: HashMap<usize, (Vec<Policy>, Option<Arc<Cause>>)>,
    /// By service, whether a role trusts it.
    trusting: HashMap<Box<str>, HashMap<usize, Answer>>,
    open_roles: HashMap<usize, OpenRole>,
    may_assume: HashMap<(usize, bool), bool>,
    raised: HashMap<(usize, Rights), Answer>,
    /// By owner, the rules whose steps are each allowed on something.
    open_rules: HashMap<(usize, bool), Arc<[usize]>>,
    /// Every action of the table, in a request by nobody.
    actions: BTreeMap<&'a str, Request>,
    /// Of each principal: its class, or itself where policies tell callers apart.
    owners: Vec<(usize, bool)>,
    decisions: usize,
    found: Vec<Edge>,
}

impl<'a> Search<'a> {
    pub(crate) fn new(account: &'a Account, rules: &'a Rules) -> Self {
        let mut search = Self {
            account,
            rules,
            decided: HashMap::new(),
            known: HashMap::new(),
            trusting: HashMap::new(),
            open_roles: HashMap::new(),
            may_assume: HashMap::new(),
            raised: HashMap::new(),
            open_rules: HashMap::new(),
            actions: BTreeMap::new(),
            owners: Vec::new(),
            decisions: 0,
            found: Vec::new(),
        };
        search.open_roles = open_roles(account);
        for action in rules.paths.iter().flat_map(|rule| &rule.steps) {
            search.actions.entry(action).or_insert_with(|| Request::new(Caller::Anonymous, action.as_str(), "*"));
        }
        search.owners.extend(account.principals.iter().enumerate().map(|(number, principal)| {
            let alone = account.tells_apart_class(principal) || principal.caller.is_service_linked();
            if alone { (number, true) } else { (principal.class, false) }
        }));
        search
    }

    /// False once the search has used up its decisions: further steps may be open.
    pub(crate) fn is_complete(&self) -> bool {
        self.decisions <= MAX_DECISIONS
    }

    /// The rules whose steps are each allowed to the principal on something.
    fn open_rules(&mut self, from: usize) -> Arc<[usize]> {
        let owner = self.owner(from);
        if let Some(open) = self.open_rules.get(&owner) {
            return Arc::clone(open);
        }
        let spoken = self.spoken(from);
        let rules = self.rules;
        let may = |rule: &Rule| rule.steps.iter().all(|step| step == "sts:AssumeRole" || spoken.contains(step.as_str()));
        let candidates: Vec<usize> = rules.paths.iter().enumerate().filter(|(_, rule)| may(rule)).map(|(number, _)| number).collect();
        let open: Arc<[usize]> = candidates.into_iter().filter(|number| self.may_be_open(from, *number)).collect();
        self.open_rules.insert(owner, Arc::clone(&open));
        open
    }

    /// Actions of the table of which a known policy of the principal speaks: without one, no step is open.
    fn spoken(&self, from: usize) -> BTreeSet<&'a str> {
        let class = self.account.principals.get(from).and_then(|of| self.account.classes.get(of.class));
        let policies = || class.into_iter().flat_map(|class| &class.policies);
        let speaks =
            |request: &Request| policies().any(|policy| policy.rules.iter().any(|rule| rule.action_matches(request) != Answer::No));
        self.actions.iter().filter(|(_, request)| speaks(request)).map(|(action, _)| *action).collect()
    }

    /// Steps that lead to all rights at once.
    pub(crate) fn direct(&mut self, from: usize) -> Vec<Edge> {
        let Some(principal) = self.account.principals.get(from) else { return Vec::new() };
        for number in self.open_rules(from).iter().copied() {
            let Some(rule) = self.rules.paths.get(number) else { continue };
            match rule.gain {
                Gain::Own => self.raise_itself(from, principal, number, rule),
                Gain::Group => self.join(from, principal, number, rule),
                Gain::Unbounded if principal.boundary.is_some() => self.shed(from, principal, number, rule, Rights::Unbounded),
                Gain::WithoutDenies => self.shed(from, principal, number, rule, Rights::WithoutDenies),
                Gain::New | Gain::Unseen => self.add(from, Target::Admin, number, Binding::default(), &Answer::Yes),
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
        }
        std::mem::take(&mut self.found)
    }

    /// Steps that lead to the rights of that other principal.
    pub(crate) fn takes(&mut self, from: usize, target: usize) -> Vec<Edge> {
        for number in self.open_rules(from).iter().copied() {
            let Some(rule) = self.rules.paths.get(number) else { continue };
            if matches!(rule.gain, Gain::User | Gain::Role | Gain::FederatedRole) {
                self.take(from, target, number, rule);
            }
        }
        std::mem::take(&mut self.found)
    }

    /// Cheap, and nearly always no: is each step allowed on anything at all?
    fn may_be_open(&mut self, from: usize, rule: usize) -> bool {
        let Some(rule) = self.rules.paths.get(rule) else { return false };
        let services = rule.service.iter().map(|service| Some(Box::from(service.as_str()))).chain(rule.service.is_empty().then_some(None));
        let bindings: Vec<Binding> = services.map(|service| Binding { service, ..Binding::default() }).collect();
        bindings.iter().any(|on| self.steps(from, rule, on) != Answer::No)
    }

    /// The class, or the principal alone where policies tell callers apart.
    fn owner(&self, from: usize) -> (usize, bool) {
        self.owners.get(from).copied().unwrap_or((from, true))
    }

    /// Widens its own policies: on its own ARN, on a policy attached to it, on a group that it is in.
    fn raise_itself(&mut self, from: usize, principal: &'a Principal, number: usize, rule: &'a Rule) {
        let ceiling = self.raised(from, Rights::AnyPolicy);
        for on in own(self.account, principal) {
            if self.steps(from, rule, &on) != Answer::No {
                self.add(from, Target::Admin, number, on, &ceiling);
                return;
            }
        }
        // Someone else may be raised, who then is of use to whoever can act as them.
        if rule.steps.iter().all(|step| !matches!(self.rules.resources.get(step).map(String::as_str), Some("{policy}"))) {
            let other = open("another user or role that it can act as, to which this is done");
            self.add(from, Target::Admin, number, Binding::default(), &other);
        }
    }

    fn join(&mut self, from: usize, principal: &'a Principal, number: usize, rule: &'a Rule) {
        for (group, of) in self.account.groups.iter().enumerate() {
            let on = Binding { group: Some(of.arn.clone()), ..Binding::default() };
            if principal.groups.contains(&group) || self.steps(from, rule, &on) == Answer::No {
                continue;
            }
            let admin = self.account.group_makes_admin(group, principal, self.rules);
            let admin = if principal.kind == Kind::User {
                admin
            } else {
                admin.and(open("a user that it can act as, to put into the group: a role is in no group"))
            };
            self.add(from, Target::Admin, number, on, &admin);
        }
    }

    fn shed(&mut self, from: usize, principal: &'a Principal, number: usize, rule: &'a Rule, rights: Rights) {
        let on = own(self.account, principal).into_iter().next().unwrap_or_default();
        if self.raised(from, Rights::AsIs) == Answer::No && self.steps(from, rule, &on) != Answer::No {
            let admin = self.raised(from, rights);
            self.add(from, Target::Admin, number, on, &admin);
        }
    }

    /// Takes over another principal, as it is or raised, if the rule is about its kind.
    fn take(&mut self, from: usize, target: usize, number: usize, rule: &'a Rule) {
        let Some(other) = self.account.principals.get(target).filter(|_| target != from) else { return };
        let (kind, raises) = match rule.gain {
            Gain::User => (Kind::User, false),
            Gain::RaisedUser => (Kind::User, true),
            Gain::RaisedRole => (Kind::Role, true),
            _ => (Kind::Role, false),
        };
        let assumes = rule.steps.iter().any(|step| step == "sts:AssumeRole");
        if other.kind != kind || assumes && !self.may_let_in(target, from) {
            return;
        }
        if rule.service.is_empty() {
            self.take_for(from, target, number, rule, None);
        }
        for service in &rule.service {
            self.take_for(from, target, number, rule, Some(service));
        }
        if raises {
            // What was found leads on to all rights, not to the rights that the other has now.
            let mut found = std::mem::take(&mut self.found);
            found.retain_mut(|edge| {
                edge.rule != number || edge.from != from || edge.to == Target::Admin || {
                    let raised = self.raised(target, Rights::AnyPolicy);
                    edge.to = Target::Admin;
                    if let Answer::Unknown(cause) = &raised {
                        edge.certain = false;
                        edge.depends.push(cause.detail.clone());
                    }
                    raised != Answer::No
                }
            });
            self.found = found;
        }
    }

    fn take_for(&mut self, from: usize, target: usize, number: usize, rule: &'a Rule, service: Option<&str>) {
        let Some(other) = self.account.principals.get(target) else { return };
        let needs_policy = rule.steps.iter().any(|step| self.rules.resources.get(step).is_some_and(|on| on == "{policy}"));
        let name = Some(other.arn.clone());
        let (user, role) = if other.kind == Kind::User { (name, None) } else { (None, name) };
        let on = Binding { user, role, service: service.map(Box::from), strict: true, ..Binding::default() };
        let mut holds = service.map_or(Answer::Yes, |service| self.trusts(target, service));
        if rule.profile && other.profiles.is_empty() {
            holds = holds.and(open(format!("an instance profile that holds role `{}`: there is none now", other.name)));
        }
        if holds == Answer::No {
            return;
        }
        let bindings = if needs_policy { with_policies(&on, &self.account.id, other) } else { vec![on] };
        for on in bindings {
            if self.steps(from, rule, &on) != Answer::No {
                self.add(from, Target::Principal(target), number, on, &holds);
                return;
            }
        }
    }

    /// Whether the role's trust, as far as its names go, may let the principal in.
    fn may_let_in(&mut self, role: usize, from: usize) -> bool {
        let by_identity = self.may_assume(from);
        self.open_roles.get(&role).is_some_and(|open| match open.lets_in {
            LetsIn::Anyone => true,
            LetsIn::Account => by_identity || open.named.contains(&from),
            LetsIn::Named => open.named.contains(&from),
        })
    }

    /// Keeps an edge whose steps are open, if what else it needs may hold.
    fn add(&mut self, from: usize, to: Target, number: usize, on: Binding, holds: &Answer) {
        let Some(rule) = self.rules.paths.get(number) else { return };
        let steps = self.steps(from, rule, &on);
        let mut depends = Vec::new();
        for answer in [&steps, holds] {
            match answer {
                Answer::Yes => {}
                Answer::No => return,
                Answer::Unknown(cause) => depends.push(cause.detail.clone()),
            }
        }
        depends.extend(rule.exists.clone());
        if let Some((_, Some(cause))) = self.account.principals.get(from).and_then(|of| self.known.get(&of.class)) {
            depends.push(cause.detail.clone());
        }
        depends.dedup();
        self.found.push(Edge { from, to, rule: number, on, certain: depends.is_empty(), depends });
    }

    /// Whether all steps of the rule are allowed on what they are bound to.
    fn steps(&mut self, from: usize, rule: &'a Rule, on: &Binding) -> Answer {
        let mut all = Answer::Yes;
        for action in &rule.steps {
            all = all.and(self.step(from, action, on));
            if all == Answer::No {
                break;
            }
        }
        all
    }

    fn step(&mut self, from: usize, action: &str, on: &Binding) -> Answer {
        let account = self.account;
        let Some(principal) = account.principals.get(from) else { return Answer::No };
        let Some(question) = question_of(account, self.rules, action, on) else { return Answer::No };
        let passed: Box<str> = question.context.first().and_then(|(_, values)| values.first()).map_or("".into(), |of| of.as_str().into());
        let owner = if action.starts_with("sts:") { (from, true) } else { self.owner(from) };
        let key = (owner, Box::from(action), Box::from(question.resource.as_str()), passed);
        if let Some(answer) = self.decided.get(&key) {
            return answer.clone();
        }
        let class = account.classes.get(principal.class);
        let (identity, _) = self.known.entry(principal.class).or_insert_with(|| class.map_or_else(Default::default, known_policies));
        // Most policies do not speak of the action; weighing each of their patterns would take most of the time.
        let request = account.request(principal, &question);
        let speaks = |policy: &&Policy| policy.rules.iter().any(|rule| rule.action_matches(&request) != Answer::No);
        let speaking: Vec<Policy> = identity.iter().filter(speaks).cloned().collect();
        let answer = if speaking.is_empty() && action != "sts:AssumeRole" {
            Answer::No
        } else {
            self.decisions = self.decisions.saturating_add(1);
            decide_step(account, principal, &speaking, &question, on).is_allowed()
        };
        self.decided.insert(key, answer.clone());
        answer
    }

    /// Whether its own policies may let it assume a role that trusts the account.
    fn may_assume(&mut self, from: usize) -> bool {
        let owner = self.owner(from);
        if let Some(may) = self.may_assume.get(&owner) {
            return *may;
        }
        let Some(principal) = self.account.principals.get(from) else { return false };
        let Some(class) = self.account.classes.get(principal.class) else { return false };
        let question = Question::new("sts:AssumeRole", "*");
        let request = self.account.request(principal, &question);
        let may =
            class.policies.iter().filter(|policy| policy.missing.is_none()).any(|policy| {
                policy.rules.iter().any(|rule| rule.has_effect(Effect::Allow).and(rule.action_matches(&request)) != Answer::No)
            });
        self.may_assume.insert(owner, may);
        may
    }

    fn raised(&mut self, principal: usize, rights: Rights) -> Answer {
        if let Some(answer) = self.raised.get(&(principal, rights)) {
            return answer.clone();
        }
        let of = self.account.principals.get(principal);
        let answer = of.map_or(Answer::No, |of| self.account.is_admin(of, rights, self.rules));
        self.raised.insert((principal, rights), answer.clone());
        answer
    }

    /// Whether the role trusts the service or kind of provider.
    fn trusts(&mut self, role: usize, service: &str) -> Answer {
        let Some(of) = self.account.principals.get(role) else { return Answer::No };
        let by_service = self.trusting.entry(service.into()).or_default();
        by_service.entry(role).or_insert_with(|| self.account.role_trusts(of, service)).clone()
    }
}

/// What the input does not show.
fn open(detail: impl Into<String>) -> Answer {
    Answer::Unknown(Arc::new(Cause::new(CauseKind::NotInSource, detail)))
}
