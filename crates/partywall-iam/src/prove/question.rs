//! One question over all cases, and the evaluator's word on each request that is found.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::sync::Arc;

use partywall_model::{Cause, CauseKind, Key, Value};

use super::atom::{Texts, Variable};
use super::case::{Case, Ways};
use super::compile::{Clause, Compiler, named};
use super::language::{Budget, Class, Glob, Step, TextSet};
use super::search::{Found, Mode, Search};
use super::space::{Plan, Scene};
use super::values::KeyState;
use super::{Attached, Proof, Space, TrustZone, Witness};
use crate::eval::{Caller, Check, Level, Policies, Policy, Request, Rule, Site, decide_single};
use crate::{Answer, Document, Effect};

/// States of automata that one question may visit.
const MAX_STATES: usize = 2_000_000;

/// A question about some sets of policies.
#[derive(Debug)]
pub(super) struct Question<'a, 'p> {
    pub(super) scene: Scene<'a, 'p>,
    /// Only requests that are allowed are of interest.
    pub(super) of_allowed: bool,
    budget: RefCell<Budget>,
}

/// A statement that may bear on the case, with why it may not.
#[derive(Debug, Clone)]
pub(super) struct Entry<'p> {
    /// `None`: statements that are not known.
    rule: Option<&'p Rule>,
    doubt: Option<Arc<Cause>>,
    pub(super) site: Site,
    label: String,
}

/// What is to be found within one case: a request that one clause takes in and others do not.
#[derive(Debug, Default)]
pub(super) struct Asks {
    pool: Vec<Clause>,
    list: Vec<Ask>,
}

#[derive(Debug)]
struct Ask {
    inside: Clause,
    outside: Vec<usize>,
    site: Site,
    label: String,
}

/// What came of one case.
enum Outcome {
    Shown(Box<Witness>),
    None,
    Doubtful(Arc<Cause>),
}

impl<'a, 'p> Question<'a, 'p> {
    pub(super) fn new(space: &'a Space<'a>, zone: Option<&'a TrustZone>, sets: &[&'p [Policy]]) -> Self {
        Self { scene: Scene::new(space, zone, sets), of_allowed: true, budget: RefCell::new(Budget { left: MAX_STATES }) }
    }

    #[cfg(test)]
    pub(super) fn allow_states(&self, states: usize) {
        self.budget.borrow_mut().left = states;
    }

    /// The statements with that effect, or that may have it, which reach or may reach the caller.
    pub(super) fn entries(&self, compiler: &Compiler<'_, 'p>, policies: &'p [Policy], effect: Effect) -> Vec<Entry<'p>> {
        let level = self.scene.space.attached.level();
        let mut entries = Vec::new();
        for (policy, of) in policies.iter().enumerate() {
            for (statement, rule) in of.rules.iter().enumerate() {
                let applies = rule.has_effect(effect).and(compiler.case.reaches(rule, effect));
                if applies == Answer::No {
                    continue;
                }
                let site = Site { level, number: 0, policy, statement };
                let label = label(of, rule, site);
                let doubt = if let Answer::Unknown(cause) = &applies { Some(named(&label, cause)) } else { None };
                entries.push(Entry { rule: Some(rule), doubt, site, label });
            }
            if let Some(cause) = &of.missing {
                let label = format!("statements of policy `{}` that are not known", of.name);
                let site = Site { level, number: 0, policy, statement: of.rules.len() };
                entries.push(Entry { rule: None, doubt: Some(named(&label, cause)), site, label });
            }
        }
        entries
    }

    /// Goes through all cases. A request that is found counts if `confirm` says yes of it.
    pub(super) fn decide(&self, make: impl for<'c> Fn(&mut Compiler<'c, 'p>) -> Asks, confirm: impl Fn(&Request, Ways) -> Answer) -> Proof {
        let mut doubt = None;
        for plan in self.scene.plans() {
            match self.in_plan(&plan, &make, &confirm) {
                Outcome::Shown(witness) => return Proof::Yes(witness),
                Outcome::Doubtful(cause) => {
                    doubt.get_or_insert(cause);
                }
                Outcome::None => {}
            }
        }
        doubt.map_or(Proof::No, Proof::Undecided)
    }

    fn in_plan(
        &self,
        plan: &Plan,
        make: &impl for<'c> Fn(&mut Compiler<'c, 'p>) -> Asks,
        confirm: &impl Fn(&Request, Ways) -> Answer,
    ) -> Outcome {
        if self.of_allowed && !self.scene.may_be_allowed(plan) {
            return Outcome::None;
        }
        let first = self.in_case(&self.scene.case(plan), Mode::Possible, make, confirm);
        if let Outcome::Doubtful(cause) = &first {
            let mut plans = self.scene.guesses(plan);
            if plans.is_empty() {
                plans.push(plan.clone());
            }
            for plan in plans {
                let shown = self.in_case(&self.scene.case(&plan), Mode::Certain, make, confirm);
                if matches!(shown, Outcome::Shown(_)) {
                    return shown;
                }
            }
            return Outcome::Doubtful(Arc::clone(cause));
        }
        first
    }

    fn in_case(
        &self,
        case: &Case,
        mode: Mode,
        make: &impl for<'c> Fn(&mut Compiler<'c, 'p>) -> Asks,
        confirm: &impl Fn(&Request, Ways) -> Answer,
    ) -> Outcome {
        let mut compiler = Compiler::new(case);
        let asks = make(&mut compiler);
        if asks.list.is_empty() {
            return Outcome::None;
        }
        let mut budget = self.budget.borrow_mut();
        let mut search = Search::new(&compiler, self.scene.space.actions, mode, &mut budget);
        let mut doubtful = None;
        for ask in &asks.list {
            let outside: Vec<&Clause> = ask.outside.iter().filter_map(|number| asks.pool.get(*number)).collect();
            search.trouble = None;
            match search.run(&[&ask.inside], &outside) {
                Some(found) => {
                    let request = request_of(&compiler, &found);
                    if confirm(&request, case.ways) == Answer::Yes {
                        return Outcome::Shown(Box::new(Witness { request, statement: ask.site }));
                    }
                    let cause = doubt(&compiler, &ask.inside, &outside).unwrap_or_else(|| unconfirmed(&ask.label, &request));
                    doubtful.get_or_insert(cause);
                }
                None => {
                    if let Some(cause) = &search.trouble {
                        doubtful.get_or_insert(named(&ask.label, cause));
                    }
                }
            }
        }
        doubtful.map_or(Outcome::None, Outcome::Doubtful)
    }

    /// Whether the evaluator lets the policies allow the request, the other side allowing what it can.
    pub(super) fn allows(&self, policies: &[Policy], request: &Request, ways: Ways) -> Answer {
        let Attached::Resource(owner) = self.scene.space.attached else {
            let trust = trusting(request.caller.account().unwrap_or_default());
            let both = Policies { identity: policies, resource: trust.as_slice(), ..Policies::default() };
            return decide_single(request, &both).is_allowed();
        };
        let own = if ways == Ways::Named { Vec::new() } else { everything() };
        let identity = own.as_slice();
        let verdict = decide_single(request, &Policies { identity, resource: policies, ..Policies::default() });
        if ways == Ways::Any && owner.is_some() && request.caller.account() == owner {
            // Within one account the caller's own policies would be enough: the question is what these say.
            let own = verdict.levels.iter().find(|result| result.level == Level::Resource);
            return own.map_or(Answer::No, |own| own.allowed.clone().and(own.denied.clone().negate()));
        }
        verdict.is_allowed()
    }
}

impl Asks {
    fn keep(&mut self, clause: Option<Clause>) -> Option<usize> {
        self.pool.push(clause?);
        self.pool.len().checked_sub(1)
    }

    /// The statements, as ones that the request is to be outside of.
    pub(super) fn exclude<'p>(&mut self, compiler: &mut Compiler<'_, 'p>, entries: &[Entry<'p>]) -> Vec<usize> {
        entries.iter().filter_map(|entry| self.keep(entry.whole(compiler))).collect()
    }

    /// The same of single comparisons.
    pub(super) fn exclude_checks<'p>(&mut self, compiler: &mut Compiler<'_, 'p>, checks: &'p [Check]) -> Vec<usize> {
        checks.iter().filter_map(|check| self.keep(compiler.comparison(check, "trust zone"))).collect()
    }

    /// What AWS keeps for itself, as statements that deny it: see [`crate::eval`].
    pub(super) fn kept(&mut self, compiler: &mut Compiler<'_, '_>, question: &Question<'_, '_>) -> Vec<usize> {
        if !question.scene.may_concern_iam() || compiler.case.template.wildcard_only {
            return Vec::new();
        }
        let loose = |name: &str, rest: bool| {
            let ending = rest.then_some(Step::Star(Class::Any));
            Glob { ignore_case: true, ..Glob::literal("iam:").then_text(name).then(ending) }
        };
        let reads: Vec<Glob> = ["Get", "List", "Generate", "Simulate"].map(|verb| loose(verb, true)).to_vec();
        let field = [Step::Star(Class::InField), Step::Char(':')];
        let of_iam = || Glob::literal("arn:").then(field).then_text("iam:").then(field);
        let any_account = || of_iam().then(field);
        let customers: Vec<Glob> = crate::eval::CHANGES_OF_SERVICE_LINKED_ROLES.iter().map(|name| loose(name, false)).collect();
        let rest = [Step::Star(Class::Any)];
        let cases = [
            (of_iam().then_text("aws:policy/").then(rest), reads.clone()),
            (any_account().then_text("role/aws-reserved/").then(rest), reads.clone()),
            (any_account().then_text("role/aws-service-role/").then(rest), reads.into_iter().chain(customers).collect()),
        ];
        let mut kept = Vec::new();
        for (resource, except) in cases {
            let mut text = |variable, set| compiler.text(variable, Texts::exactly(set), None);
            let atoms = vec![
                text(Variable::Action, TextSet::of(vec![loose("", true)])),
                text(Variable::Action, TextSet::except(except)),
                text(Variable::Resource, TextSet::of(vec![resource])),
            ];
            kept.extend(self.keep(Some(Clause { atoms, doubt: None })));
        }
        kept
    }

    /// A request that the statement takes in, outside of others.
    pub(super) fn each<'p>(&mut self, compiler: &mut Compiler<'_, 'p>, entry: &Entry<'p>, outside: &[usize]) {
        for inside in entry.split(compiler) {
            self.list.push(Ask { inside, outside: outside.to_vec(), site: entry.site, label: entry.label.clone() });
        }
    }

    /// A request that both statements take in, outside of others.
    pub(super) fn pair<'p>(&mut self, compiler: &mut Compiler<'_, 'p>, entry: &Entry<'p>, other: &Entry<'p>, outside: &[usize]) {
        let Some(second) = other.whole(compiler) else { return };
        for mut inside in entry.split(compiler) {
            inside.atoms.extend(&second.atoms);
            inside.doubt = inside.doubt.or_else(|| second.doubt.clone());
            self.list.push(Ask { inside, outside: outside.to_vec(), site: entry.site, label: entry.label.clone() });
        }
    }
}

impl<'p> Entry<'p> {
    fn whole(&self, compiler: &mut Compiler<'_, 'p>) -> Option<Clause> {
        match self.rule {
            Some(rule) => compiler.whole(rule, self.doubt.clone(), &self.label),
            None => Some(Clause { atoms: Vec::new(), doubt: self.doubt.clone() }),
        }
    }

    fn split(&self, compiler: &mut Compiler<'_, 'p>) -> Vec<Clause> {
        match self.rule {
            Some(rule) => compiler.split(rule, self.doubt.as_ref(), &self.label),
            None => vec![Clause { atoms: Vec::new(), doubt: self.doubt.clone() }],
        }
    }
}

/// The request with the values that were found.
fn request_of(compiler: &Compiler<'_, '_>, found: &Found) -> Request {
    let case = compiler.case;
    let caller = found.principal.as_ref().map_or_else(|| case.template.caller.clone(), |arn| Caller::parse(arn));
    let resource = if case.template.wildcard_only { "*" } else { found.resource.as_str() };
    let mut request = Request::new(caller, found.action.as_str(), resource);
    request.wildcard_only = case.template.wildcard_only;
    let values = |state: &KeyState| match state {
        KeyState::Absent => Vec::new(),
        KeyState::Values(values) => values.clone(),
    };
    let keys: Vec<(&str, Vec<String>)> =
        found.keys.iter().filter_map(|(number, state)| Some((&**compiler.keys.get(*number)?, values(state)))).collect();
    if let Some(owner) = &case.owner {
        let chosen = keys.iter().find(|(key, _)| *key == "aws:resourceaccount").and_then(|(_, values)| values.first());
        request.set_resource_account(chosen.map_or_else(|| owner.clone(), |chosen| chosen.as_str().into()));
    }
    for (key, value) in &case.guessed {
        request.set(key, value.iter().cloned());
    }
    for (key, values) in keys {
        request.set(key, values);
    }
    request
}

/// The statement, as a person finds it.
fn label(policy: &Policy, rule: &Rule, site: Site) -> String {
    let mut text = format!("statement {}", site.statement.saturating_add(1));
    if let Some(sid) = &rule.sid {
        let _ = write!(text, " `{sid}`");
    }
    if let Some(at) = rule.at {
        let _ = write!(text, " ({at})");
    }
    if !policy.name.is_empty() {
        let _ = write!(text, " of policy `{}`", policy.name);
    }
    text
}

/// Why the clauses may mean another thing than was searched for.
fn doubt(compiler: &Compiler<'_, '_>, inside: &Clause, outside: &[&Clause]) -> Option<Arc<Cause>> {
    let of = |clause: &Clause| {
        let of_atoms = clause.atoms.iter().find_map(|atom| compiler.atoms.get(*atom).and_then(|atom| atom.doubt.clone()));
        clause.doubt.clone().or(of_atoms)
    };
    of(inside).or_else(|| outside.iter().find_map(|clause| of(clause)))
}

/// The search and the evaluator do not agree: an error in one of them, and no answer.
fn unconfirmed(label: &str, request: &Request) -> Arc<Cause> {
    let detail = format!("{label}: the evaluator does not confirm `{}` on `{}`; please report this", request.action, request.resource);
    Arc::new(Cause::new(CauseKind::EvaluationError, detail))
}

fn map(members: &[(&str, Value)]) -> Value {
    Value::Map(members.iter().map(|(name, value)| (Key::from(*name), value.clone())).collect())
}

fn policy(principal: Option<Value>) -> Option<Policy> {
    let mut members = vec![("Effect", Value::str("Allow")), ("Action", Value::str("*")), ("Resource", Value::str("*"))];
    members.extend(principal.map(|principal| ("Principal", principal)));
    Document::parse(&map(&[("Statement", map(&members))])).ok().map(|document| Policy::new("", &document))
}

/// A policy of a resource that leaves everything to the account.
fn trusting(account: &str) -> Vec<Policy> {
    policy(Some(map(&[("AWS", Value::str(account))]))).into_iter().collect()
}

/// A policy that allows everything.
fn everything() -> Vec<Policy> {
    policy(None).into_iter().collect()
}
