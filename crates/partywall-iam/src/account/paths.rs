//! Who can become an administrator, and how.

use std::collections::{HashMap, VecDeque};
use std::fmt::Write as _;
use std::sync::Arc;

use partywall_model::Cause;

use super::admin::Rights;
use super::bind::{Action, decide_step};
use super::edges::{Edge, Search, Target, Wanted};
use super::model::{Account, Principal};
use super::rules::{Rule, Rules};
use crate::Answer;

/// What the table of paths finds in an account.
#[derive(Debug, Clone)]
pub struct Escalations {
    /// Users and roles that may do everything as they are.
    pub admins: Vec<Admin>,
    /// For every other that can, or may, become an administrator: its shortest path; a certain one before a possible one.
    pub paths: Vec<Path>,
    /// Users and roles of which policies are not known, with what: more may be open to them.
    pub undecided: Vec<(usize, Arc<Cause>)>,
    /// What the answer takes for granted.
    pub assumptions: Vec<String>,
    /// Parts of the account that are not in the input.
    pub gaps: Vec<String>,
    /// False if the search stopped at its limit: further steps may be open.
    pub is_complete: bool,
}

/// An administrator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admin {
    /// Its number.
    pub principal: usize,
    /// What it depends on; `None` if certain.
    pub depends: Option<Arc<Cause>>,
}

/// A path to all rights.
#[derive(Debug, Clone)]
pub struct Path {
    /// Where it begins.
    pub principal: usize,
    /// False if a step depends on something that is not known.
    pub certain: bool,
    /// The steps; the last leads to all rights or to an administrator.
    pub steps: Vec<Step>,
}

/// One step of a path.
#[derive(Debug, Clone)]
pub struct Step {
    /// Who takes it, by number.
    pub from: usize,
    /// Whose rights it leads to.
    pub to: Target,
    /// The way.
    pub rule: &'static str,
    /// What is done.
    pub title: &'static str,
    /// The calls that it takes.
    pub calls: Vec<Call>,
    /// What it depends on; empty if certain.
    pub depends: Vec<String>,
    /// What closes it.
    pub fix: &'static str,
    /// Where the way is published.
    pub source: &'static str,
}

/// One call of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The action.
    pub action: String,
    /// What it acts on; with wildcards, any of that pattern.
    pub resource: String,
    /// The statement that allows it, or what is not known.
    pub why: String,
}

/// A step that is open to one principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenStep {
    /// Whose rights it leads to.
    pub to: Target,
    /// The way's id.
    pub rule: &'static str,
    /// False if it depends on something that is not known.
    pub certain: bool,
}

impl Account {
    /// The administrators, and every way by which others can become one, by the built-in table of paths.
    ///
    /// # Errors
    /// [`AccountError::Rules`](super::AccountError::Rules) if the table does not hold together, which a test rules out.
    pub fn escalations(&self) -> Result<Escalations, super::AccountError> {
        let rules = Rules::built_in()?;
        let mut admins: Vec<Admin> = Vec::new();
        let mut undecided = Vec::new();
        let mut by_class: HashMap<usize, Answer> = HashMap::new();
        for (number, principal) in self.principals.iter().enumerate() {
            let answer = if self.tells_apart_class(principal) {
                self.is_admin(principal, Rights::AsIs, rules)
            } else {
                by_class.entry(principal.class).or_insert_with(|| self.is_admin(principal, Rights::AsIs, rules)).clone()
            };
            let unread = self.missing_policy(principal);
            match answer {
                Answer::No => {}
                Answer::Yes => admins.push(Admin { principal: number, depends: unread.clone() }),
                Answer::Unknown(cause) => admins.push(Admin { principal: number, depends: Some(cause) }),
            }
            undecided.extend(unread.map(|cause| (number, cause)));
        }
        let mut search = Search::new(self, rules, Wanted::Best);
        let by_number: HashMap<usize, &Admin> = admins.iter().map(|admin| (admin.principal, admin)).collect();
        let next = nearest(&mut search, &by_number, self.principals.len());
        let mut steps = HashMap::new();
        let mut paths = Vec::new();
        for number in 0..self.principals.len() {
            let is_admin = by_number.get(&number).is_some_and(|admin| admin.depends.is_none());
            if !is_admin && let Some(path) = self.path(number, &next, &by_number, rules, &mut steps) {
                paths.push(path);
            }
        }
        Ok(Escalations {
            admins,
            paths,
            undecided,
            assumptions: self.assumptions(),
            gaps: self.gaps.iter().map(|cause| cause.detail.clone()).collect(),
            is_complete: search.is_complete(),
        })
    }

    /// Every step to another principal, or to all rights, that is open to one principal, by its number.
    ///
    /// # Errors
    /// As [`Account::escalations`].
    pub fn open_steps(&self, principal: usize) -> Result<Vec<OpenStep>, super::AccountError> {
        let rules = Rules::built_in()?;
        let mut search = Search::new(self, rules, Wanted::All);
        let mut edges = search.direct(principal);
        for target in 0..self.principals.len() {
            let ways = search.ways_to(target);
            edges.extend(search.takes(principal, target, &ways));
        }
        let steps = edges.into_iter().filter_map(|edge| {
            let rule = rules.paths.get(edge.rule)?;
            Some(OpenStep { to: edge.to, rule: rule.id.as_str(), certain: edge.certain })
        });
        Ok(steps.collect())
    }

    /// Why a policy attached to the principal is not known at all, or has a statement that is not.
    pub(super) fn missing_policy(&self, principal: &Principal) -> Option<Arc<Cause>> {
        let class = self.classes.get(principal.class)?;
        class.policies.iter().find_map(|policy| policy.missing.clone())
    }

    /// The path that begins with the principal's step; `told` keeps each step, which many paths have in common.
    fn path(
        &self,
        from: usize,
        next: &[Option<Edge<'_>>],
        admins: &HashMap<usize, &Admin>,
        rules: &'static Rules,
        told: &mut HashMap<usize, Step>,
    ) -> Option<Path> {
        let mut steps = Vec::new();
        let mut certain = true;
        let mut here = from;
        while steps.len() < self.principals.len() {
            let edge = next.get(here)?.as_ref()?;
            let mut step = match told.get(&here) {
                Some(step) => step.clone(),
                None => told.entry(here).insert_entry(self.step(edge, rules.paths.get(edge.rule)?, rules)?).get().clone(),
            };
            certain &= edge.certain;
            let Target::Principal(to) = edge.to else {
                steps.push(step);
                return Some(Path { principal: from, certain, steps });
            };
            // Who may be an administrator already, and can certainly become one, goes on.
            let goes_on = next.get(to).and_then(Option::as_ref).is_some_and(|edge| edge.certain);
            if let Some(admin) = admins.get(&to).filter(|admin| admin.depends.is_none() || !goes_on) {
                certain &= admin.depends.is_none();
                step.depends.extend(admin.depends.iter().map(|cause| cause.detail.clone()));
                steps.push(step);
                return Some(Path { principal: from, certain, steps });
            }
            steps.push(step);
            here = to;
        }
        None
    }

    fn step(&self, edge: &Edge<'_>, rule: &'static Rule, rules: &Rules) -> Option<Step> {
        let principal = self.principals.get(edge.from)?;
        let identity = self.policies_of(principal);
        let boundary = self.boundary_of(principal);
        let calls = rule.steps.iter().filter_map(|action| {
            let question = Action::new(self, rules, action).question(&edge.on)?;
            let known: Vec<_> = identity.iter().filter(|policy| policy.missing.is_none()).cloned().collect();
            let verdict = decide_step(self, principal, &known, &question, &edge.on);
            let resource = match self.resource_policy(&question) {
                super::access::ResourcePolicy::Known(policies, _) if action.starts_with("sts:") => policies,
                _ => Vec::new(),
            };
            let policies = self.policies(&known, boundary.as_deref(), &resource);
            let why = verdict.explain(&self.request(principal, &question), &policies);
            Some(Call { action: action.clone(), resource: question.resource, why })
        });
        Some(Step {
            from: edge.from,
            to: edge.to,
            rule: &rule.id,
            title: &rule.title,
            calls: calls.collect(),
            depends: edge.depends.clone(),
            fix: &rule.fix,
            source: &rule.source,
        })
    }

    /// The path in words, one line a step and a call.
    pub fn describe(&self, path: &Path) -> String {
        let name = |number: usize| self.principals.get(number).map_or_else(String::new, |of| format!("{} {}", of.kind.name(), of.name));
        let mut text = String::new();
        let certainty = if path.certain { "can" } else { "may be able to" };
        let _ = writeln!(text, "{} {certainty} become administrator", name(path.principal));
        for (number, step) in path.steps.iter().enumerate() {
            let to = match step.to {
                Target::Admin => "all rights".to_owned(),
                Target::Principal(number) => format!("the rights of {}", name(number)),
            };
            let _ = writeln!(text, "  {}. {}: {} [{}]: {to}", number.saturating_add(1), name(step.from), step.title, step.rule);
            for call in &step.calls {
                let _ = writeln!(text, "     {} on {}: {}", call.action, call.resource, call.why);
            }
            for depends in &step.depends {
                let _ = writeln!(text, "     depends on: {depends}");
            }
            let _ = writeln!(text, "     fix: {}", step.fix);
        }
        text
    }
}

/// For every principal the step that its best path begins with: fewest steps, over certain ones if there is such a path. Only steps to
/// administrators, and to those who have a path themselves, are looked for.
fn nearest<'a>(search: &mut Search<'a>, admins: &HashMap<usize, &Admin>, count: usize) -> Vec<Option<Edge<'a>>> {
    let mut settled: Vec<Option<Edge<'a>>> = vec![None; count];
    let mut possible: Vec<Option<Edge<'a>>> = vec![None; count];
    let is_certain = |number: &usize| admins.get(number).is_some_and(|admin| admin.depends.is_none());
    let mut queue: VecDeque<usize> = (0..count).filter(is_certain).collect();
    let sources: Vec<usize> = (0..count).filter(|number| !is_certain(number)).collect();
    let mut takers = Vec::new();
    for from in sources.iter().copied() {
        if !keep(search.direct(from), from, &mut settled, &mut possible, &mut queue) && search.may_take(from) {
            takers.push(from);
        }
    }
    while let Some(target) = queue.pop_front() {
        let ways = search.ways_to(target);
        takers.retain(|from| {
            search.wanted = if is_some(&possible, *from) { Wanted::Certain } else { Wanted::Best };
            !keep(search.takes(*from, target, &ways), *from, &mut settled, &mut possible, &mut queue)
        });
        if !search.is_complete() {
            break;
        }
    }
    // From here on a possible step is enough.
    search.wanted = Wanted::Best;
    let is_possible = |number: &usize| admins.get(number).is_some_and(|admin| admin.depends.is_some());
    let mut queue: VecDeque<usize> = (0..count).filter(is_possible).collect();
    let open = |from: &usize| !is_possible(from) && !is_some(&settled, *from);
    queue.extend(sources.iter().copied().filter(|from| open(from) && is_some(&possible, *from)));
    takers.retain(|from| open(from) && !is_some(&possible, *from));
    while let Some(target) = queue.pop_front() {
        if !search.is_complete() {
            break;
        }
        let ways = search.ways_to(target);
        takers.retain(|from| {
            let Some(edge) = search.takes(*from, target, &ways).into_iter().min_by_key(|edge| !edge.certain) else { return true };
            if let Some(slot) = possible.get_mut(*from) {
                *slot = Some(edge);
            }
            queue.push_back(*from);
            false
        });
    }
    settled.into_iter().zip(possible).map(|(settled, possible)| settled.or(possible)).collect()
}

fn is_some(edges: &[Option<Edge<'_>>], number: usize) -> bool {
    edges.get(number).is_some_and(Option::is_some)
}

/// Keeps the first certain step and says whether there was one; keeps the first possible one besides.
fn keep<'a>(
    found: Vec<Edge<'a>>,
    from: usize,
    settled: &mut [Option<Edge<'a>>],
    possible: &mut [Option<Edge<'a>>],
    queue: &mut VecDeque<usize>,
) -> bool {
    for edge in found {
        let certain = edge.certain;
        let slot = if certain { settled.get_mut(from) } else { possible.get_mut(from) };
        if let Some(slot) = slot.filter(|slot| slot.is_none()) {
            *slot = Some(edge);
        }
        if certain {
            queue.push_back(from);
            return true;
        }
    }
    false
}
