//! Whether the steps of the table of paths are open to a principal, each decided once.

use std::collections::HashMap;
use std::rc::Rc;

use super::bind::{Action, Binding, Place, decide_step};
use super::model::Account;
use super::rules::Rules;
use crate::eval::{Caller, Policy, Request, Rule as Ready};
use crate::{Answer, Effect};

/// Decisions of single steps after which the search stops and says so.
const MAX_DECISIONS: usize = 2_000_000;

/// The action by which roles are assumed: the policy of the role can allow it alone.
pub(super) const ASSUME: &str = "sts:AssumeRole";

/// The class of a principal, or the principal alone (`true`) where policies tell callers apart.
pub(super) type Owner = (usize, bool);

/// What one document says of one action of the table.
struct Said {
    action: usize,
    may_allow: bool,
}

/// What the known policies of a class say of one action.
struct Spoken<'a> {
    policies: Vec<Policy>,
    /// Their statements that may allow it.
    allows: Vec<&'a Ready>,
}

/// Decides steps; remembers what it has decided.
pub(super) struct Steps<'a> {
    account: &'a Account,
    rules: &'a Rules,
    /// Every action of the table once.
    actions: Rc<[Action<'a>]>,
    /// The number of the action by which roles are assumed.
    pub(super) assume: Option<usize>,
    /// By rule, its steps as numbers of actions.
    of_rule: Vec<Rc<[usize]>>,
    /// By document.
    said: Vec<Vec<Said>>,
    spoken: HashMap<(usize, usize), Rc<Spoken<'a>>>,
    /// By class, the rules of which each step may be allowed on something.
    candidates: Vec<Option<Rc<[usize]>>>,
    owners: Vec<Owner>,
    decided: HashMap<(Owner, usize, Option<&'a str>, Option<&'a str>), Answer>,
    open_anywhere: HashMap<(Owner, usize), bool>,
    decisions: usize,
}

impl<'a> Steps<'a> {
    pub(super) fn new(account: &'a Account, rules: &'a Rules) -> Self {
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        let mut actions: Vec<Action<'a>> = Vec::new();
        let mut of_rule = Vec::with_capacity(rules.paths.len());
        for rule in &rules.paths {
            let number = |name: &'a String| {
                *numbers.entry(name).or_insert_with(|| {
                    actions.push(Action::new(account, rules, name));
                    actions.len().saturating_sub(1)
                })
            };
            of_rule.push(rule.steps.iter().map(number).collect());
        }
        let owners = account.principals.iter().enumerate().map(|(number, principal)| {
            let alone = account.tells_apart_class(principal) || principal.caller.is_service_linked();
            if alone { (number, true) } else { (principal.class, false) }
        });
        Self {
            account,
            rules,
            said: said(account, &actions),
            assume: actions.iter().position(|action| action.name == ASSUME),
            actions: actions.into(),
            of_rule,
            spoken: HashMap::new(),
            candidates: vec![None; account.classes.len()],
            owners: owners.collect(),
            decided: HashMap::new(),
            open_anywhere: HashMap::new(),
            decisions: 0,
        }
    }

    /// False once the decisions are used up: further steps may be open.
    pub(super) fn is_complete(&self) -> bool {
        self.decisions <= MAX_DECISIONS
    }

    pub(super) fn owner(&self, from: usize) -> Owner {
        self.owners.get(from).copied().unwrap_or((from, true))
    }

    /// The rules of which a known policy of the principal may allow each step on something, ascending. No other can be open.
    pub(super) fn candidates(&mut self, from: usize) -> Rc<[usize]> {
        let Some(number) = self.account.principals.get(from).map(|of| of.class) else { return Rc::new([]) };
        if let Some(Some(rules)) = self.candidates.get(number) {
            return Rc::clone(rules);
        }
        let mut allowed: Vec<bool> = self.actions.iter().map(|action| action.name == ASSUME).collect();
        if let Some(class) = self.account.classes.get(number) {
            let known = class.documents.iter().zip(&class.policies).filter(|(_, policy)| policy.missing.is_none());
            let said = known.filter_map(|(id, _)| self.said.get(*id)).flatten();
            for said in said.filter(|said| said.may_allow) {
                allowed.get_mut(said.action).into_iter().for_each(|may| *may = true);
            }
        }
        let may = |steps: &[usize]| steps.iter().all(|step| allowed.get(*step) == Some(&true));
        let rules: Rc<[usize]> = self.of_rule.iter().enumerate().filter(|(_, steps)| may(steps)).map(|(rule, _)| rule).collect();
        if let Some(slot) = self.candidates.get_mut(number) {
            *slot = Some(Rc::clone(&rules));
        }
        rules
    }

    /// Whether all steps of the rule are allowed to the principal on what they are bound to.
    pub(super) fn open(&mut self, from: usize, rule: usize, on: &Binding<'a>) -> Answer {
        let Some(steps) = self.of_rule.get(rule).map(Rc::clone) else { return Answer::No };
        // Cheap, and nearly always no.
        if !steps.iter().all(|action| self.may(from, *action, on)) || !self.is_open_anywhere(from, rule) {
            return Answer::No;
        }
        self.all(from, &steps, on)
    }

    /// Whether the steps are allowed with their places open, for one of the rule's services.
    fn is_open_anywhere(&mut self, from: usize, rule: usize) -> bool {
        let key = (self.owner(from), rule);
        if let Some(open) = self.open_anywhere.get(&key) {
            return *open;
        }
        let rules = self.rules;
        let (Some(steps), Some(of)) = (self.of_rule.get(rule).map(Rc::clone), rules.paths.get(rule)) else { return false };
        let services = of.service.iter().map(|service| Some(service.as_str())).chain(of.service.is_empty().then_some(None));
        let mut bindings = services.map(|service| Binding { service, ..Binding::default() });
        let open = bindings.any(|on| self.all(from, &steps, &on) != Answer::No);
        self.open_anywhere.insert(key, open);
        open
    }

    fn all(&mut self, from: usize, steps: &[usize], on: &Binding<'a>) -> Answer {
        let mut all = Answer::Yes;
        for action in steps {
            all = all.and(self.step(from, *action, on));
            if all == Answer::No {
                break;
            }
        }
        all
    }

    /// False only if no statement allows the principal the action on that, whatever the context. Of assuming a role it tells what the
    /// principal's own policies say.
    pub(super) fn may_itself(&mut self, from: usize, action: usize, on: &Binding<'a>) -> bool {
        let Some(place) = self.actions.get(action).map(|action| action.place(on)) else { return false };
        let allows = |spoken: Rc<Spoken<'a>>, arn: &str| spoken.allows.iter().any(|rule| rule.may_be_about(arn));
        match place {
            Place::Nothing => false,
            Place::Any => self.spoken(from, action).is_some_and(|spoken| !spoken.allows.is_empty()),
            Place::Bound(arn) => self.spoken(from, action).is_some_and(|spoken| allows(spoken, arn)),
        }
    }

    fn may(&mut self, from: usize, action: usize, on: &Binding<'a>) -> bool {
        self.assume == Some(action) || self.may_itself(from, action, on)
    }

    fn step(&mut self, from: usize, action: usize, on: &Binding<'a>) -> Answer {
        let (account, actions) = (self.account, Rc::clone(&self.actions));
        let (Some(principal), Some(of)) = (account.principals.get(from), actions.get(action)) else { return Answer::No };
        let bound = match of.place(on) {
            Place::Bound(arn) => Some(arn),
            Place::Any => None,
            Place::Nothing => return Answer::No,
        };
        let owner = if of.name.starts_with("sts:") { (from, true) } else { self.owner(from) };
        let key = (owner, action, bound, of.passes_to(on));
        if let Some(answer) = self.decided.get(&key) {
            return answer.clone();
        }
        if !self.may(from, action, on) {
            return Answer::No;
        }
        let (Some(spoken), Some(question)) = (self.spoken(from, action), of.question(on)) else { return Answer::No };
        self.decisions = self.decisions.saturating_add(1);
        let answer = decide_step(account, principal, &spoken.policies, &question, on).is_allowed();
        self.decided.insert(key, answer.clone());
        answer
    }

    /// Most policies do not speak of the action; weighing each of their patterns would take most of the time.
    fn spoken(&mut self, from: usize, action: usize) -> Option<Rc<Spoken<'a>>> {
        let account = self.account;
        let number = account.principals.get(from)?.class;
        if let Some(spoken) = self.spoken.get(&(number, action)) {
            return Some(Rc::clone(spoken));
        }
        let class = account.classes.get(number)?;
        let request = Request::new(Caller::Anonymous, self.actions.get(action)?.name, "*");
        let mut spoken = Spoken { policies: Vec::new(), allows: Vec::new() };
        for (id, policy) in class.documents.iter().zip(&class.policies).filter(|(_, policy)| policy.missing.is_none()) {
            if self.said.get(*id).is_some_and(|said| said.iter().any(|said| said.action == action)) {
                spoken.allows.extend(policy.rules.iter().filter(|rule| may_allow(rule, &request)));
                spoken.policies.push(policy.clone());
            }
        }
        let spoken = Rc::new(spoken);
        self.spoken.insert((number, action), Rc::clone(&spoken));
        Some(spoken)
    }
}

fn may_allow(rule: &Ready, request: &Request) -> bool {
    rule.has_effect(Effect::Allow).and(rule.action_matches(request)) != Answer::No
}

/// By document, the actions of which it speaks.
fn said(account: &Account, actions: &[Action<'_>]) -> Vec<Vec<Said>> {
    let requests: Vec<Request> = actions.iter().map(|action| Request::new(Caller::Anonymous, action.name, "*")).collect();
    let of_document = |rules: &[Ready]| {
        let of_action = requests.iter().enumerate().filter_map(|(action, request)| {
            let speaks = rules.iter().any(|rule| rule.action_matches(request) != Answer::No);
            speaks.then(|| Said { action, may_allow: rules.iter().any(|rule| may_allow(rule, request)) })
        });
        of_action.collect()
    };
    account.documents.iter().map(|ready| of_document(&ready.policy.rules)).collect()
}
