//! Which checks will be blind, before anything is read: by the policy simulator, and by one cheap call where it has no answer.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::Arc;

use tokio::task::JoinSet;

use super::simulate::{Principal, Simulated, principal_of};
use super::{Need, Purpose, Trial};

/// Actions in one question to the simulator: some ten kilobytes of answer.
const BATCH: usize = 50;
/// Calls that are tried at once.
const AT_ONCE: usize = 16;

/// What a verified permission does not show, whatever the answers.
const ASSUMING: [&str; 4] = [
    "no service control policy with conditions denies: the simulator leaves these out",
    "no resource control policy, VPC endpoint policy or session policy denies: the simulator does not see them",
    "no policy of a resource denies: keys, buckets and queues can shut out whom IAM lets in",
    "what was tried by a call was tried in one Region; a policy may deny it in others",
];

/// Why a question of ours had no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// AWS said that the caller is not authorised.
    pub is_denied: bool,
    /// AWS's error code; empty if there was no answer at all.
    pub code: String,
    /// One line for people.
    pub message: String,
}

/// The calls that verifying makes. Each answers for itself: retries and time limits are the client's.
pub trait Probe: Send + Sync + 'static {
    /// The ARN of `sts:GetCallerIdentity`.
    fn caller(&self) -> impl Future<Output = Result<String, Refusal>> + Send;
    /// The ARN of a role, by `iam:GetRole`.
    fn role_arn(&self, name: &str) -> impl Future<Output = Result<String, Refusal>> + Send;
    /// All pages of `iam:SimulatePrincipalPolicy` for one resource, `*` for any; `{partition}` and `{role}` in it are the caller's.
    fn simulate(
        &self,
        principal: &str,
        actions: &[Arc<str>],
        resource: &str,
    ) -> impl Future<Output = Result<Vec<Simulated>, Refusal>> + Send;
    /// The first page of a listing, in one Region.
    fn call(&self, trial: &Trial) -> impl Future<Output = Result<(), Refusal>> + Send;
}

/// Whether an action is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It is.
    Allowed,
    /// It is not.
    Denied,
    /// Nothing tells; never counted as allowed.
    Unknown,
}

/// How a standing was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// The policy simulator said so.
    Simulated,
    /// It was called.
    Called,
    /// Neither was possible.
    NotAsked,
}

/// What was found of one action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it is allowed.
    pub standing: Standing,
    /// How that was found.
    pub how: How,
    /// Why, in one clause; empty if it is allowed.
    pub why: String,
    /// The checks that need it.
    pub checks: BTreeSet<Arc<str>>,
}

/// What verifying found.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Who asks; empty if AWS did not say.
    pub caller: String,
    /// Whose policies were simulated.
    pub principal: Option<String>,
    /// Why the simulator could not be asked, or not of everything.
    pub notes: BTreeSet<String>,
    /// Action → verdict.
    pub verdicts: BTreeMap<Arc<str>, Verdict>,
    /// Checks that need a denied action: blind, in whole or in part.
    pub blind: BTreeSet<Arc<str>>,
    /// Checks that need no denied action but one of which nothing is known.
    pub unsure: BTreeSet<Arc<str>>,
    /// What the answers rest on.
    pub assuming: &'static [&'static str],
}

impl Report {
    /// Actions of a standing.
    pub fn actions(&self, standing: Standing) -> impl Iterator<Item = &Arc<str>> {
        self.verdicts.iter().filter(move |(_, verdict)| verdict.standing == standing).map(|(action, _)| action)
    }
}

/// Asks which of the needed actions the caller is allowed. Those of an organisation's home are asked too, if they are among the needs.
pub async fn verify<P: Probe>(probe: Arc<P>, needs: &[Need]) -> Report {
    let mut report = Report { assuming: &ASSUMING, ..Report::default() };
    for need in needs {
        let unasked = Verdict { standing: Standing::Unknown, how: How::NotAsked, why: String::new(), checks: need.checks.clone() };
        report.verdicts.insert(need.action.clone(), unasked);
    }
    match probe.caller().await {
        Ok(caller) => {
            settle(&mut report, "sts:GetCallerIdentity", (Standing::Allowed, How::Called, String::new()));
            let principal = principal(&*probe, &caller, &mut report.notes).await;
            report.caller = caller;
            if let Some(principal) = &principal {
                simulate(&*probe, principal, needs, &mut report).await;
            }
            report.principal = principal;
            call(&probe, needs, &mut report).await;
        }
        Err(refusal) => {
            report.notes.insert(format!("AWS does not say who asks, so nothing was tried: {}", refusal.message));
        }
    }
    conclude(&mut report);
    report
}

fn settle(report: &mut Report, action: &str, (standing, how, why): (Standing, How, String)) {
    if let Some(verdict) = report.verdicts.get_mut(action) {
        *verdict = Verdict { standing, how, why, checks: std::mem::take(&mut verdict.checks) };
    }
}

async fn principal<P: Probe>(probe: &P, caller: &str, notes: &mut BTreeSet<String>) -> Option<String> {
    match principal_of(caller) {
        Some(Principal::User(arn)) => Some(arn),
        Some(Principal::Role { name, arn }) => match probe.role_arn(&name).await {
            Ok(whole) => Some(whole),
            Err(refusal) => {
                notes.insert(format!("the role's path could not be read, it is taken to have none: {}", refusal.message));
                Some(arn)
            }
        },
        None => {
            notes.insert("the simulator knows users and roles only; what can be tried by a call was tried".to_owned());
            None
        }
    }
}

async fn simulate<P: Probe>(probe: &P, principal: &str, needs: &[Need], report: &mut Report) {
    let mut by_resources: BTreeMap<&[&'static str], Vec<Arc<str>>> = BTreeMap::new();
    for need in needs {
        by_resources.entry(need.resources).or_default().push(need.action.clone());
    }
    for (resources, actions) in by_resources {
        for batch in actions.chunks(BATCH) {
            let mut answers: BTreeMap<Arc<str>, Vec<(Standing, How, String)>> = BTreeMap::new();
            for resource in resources {
                let simulated = match probe.simulate(principal, batch, resource).await {
                    Ok(simulated) => simulated,
                    Err(refusal) => {
                        report.notes.insert(format!("the simulator did not answer: {}", refusal.message));
                        if refusal.is_denied {
                            return;
                        }
                        Vec::new()
                    }
                };
                for action in batch {
                    let mut lines =
                        simulated.iter().filter(|line| line.action.eq_ignore_ascii_case(action)).map(Simulated::standing).peekable();
                    let heard = answers.entry(action.clone()).or_default();
                    if lines.peek().is_none() {
                        heard.push((Standing::Unknown, How::NotAsked, "the simulator did not answer".to_owned()));
                    }
                    heard.extend(lines);
                }
            }
            for (action, heard) in answers {
                // Of several resources the worst counts: denied before unknown before allowed.
                let order = |standing: Standing| match standing {
                    Standing::Denied => 0,
                    Standing::Unknown => 1,
                    Standing::Allowed => 2,
                };
                if let Some(worst) = heard.into_iter().min_by_key(|(standing, ..)| order(*standing))
                    && report.verdicts.get(&action).is_some_and(|verdict| verdict.how != How::Called)
                {
                    settle(report, &action, worst);
                }
            }
        }
    }
}

/// Tries the listings of actions of which nothing is known.
async fn call<P: Probe>(probe: &Arc<P>, needs: &[Need], report: &mut Report) {
    let is_open = |need: &&Need| report.verdicts.get(&need.action).is_some_and(|verdict| verdict.standing == Standing::Unknown);
    let open: Vec<&Need> = needs.iter().filter(is_open).collect();
    let mut waiting = open.iter().filter_map(|need| Some((need.action.clone(), need.trial.clone()?)));
    let mut running: JoinSet<(Arc<str>, Trial, Result<(), Refusal>)> = JoinSet::new();
    let start = |running: &mut JoinSet<_>, (action, trial): (Arc<str>, Trial)| {
        let probe = probe.clone();
        running.spawn(async move {
            let answer = probe.call(&trial).await;
            (action, trial, answer)
        });
    };
    for one in waiting.by_ref().take(AT_ONCE) {
        start(&mut running, one);
    }
    while let Some(done) = running.join_next().await {
        if let Some(next) = waiting.next() {
            start(&mut running, next);
        }
        let Ok((action, trial, answer)) = done else { continue };
        let found = match answer {
            Ok(()) => (Standing::Allowed, How::Called, String::new()),
            Err(refusal) if refusal.is_denied => (Standing::Denied, How::Called, refusal.message),
            Err(refusal) if trial.absent_on.contains(&refusal.code) => (Standing::Allowed, How::Called, String::new()),
            Err(refusal) => (Standing::Unknown, How::Called, refusal.message),
        };
        settle(report, &action, found);
    }
    for need in open.iter().filter(|need| need.trial.is_none()) {
        let why = match need.purpose {
            Purpose::Organization => "it cannot be tried without doing it",
            Purpose::Account => "it needs a resource to be tried on",
        };
        if let Some(verdict) = report.verdicts.get_mut(&need.action)
            && verdict.why.is_empty()
        {
            why.clone_into(&mut verdict.why);
        }
    }
}

fn conclude(report: &mut Report) {
    let checks_of = |standing: Standing| -> BTreeSet<Arc<str>> {
        report.verdicts.values().filter(|verdict| verdict.standing == standing).flat_map(|verdict| verdict.checks.iter().cloned()).collect()
    };
    let blind = checks_of(Standing::Denied);
    report.unsure = checks_of(Standing::Unknown).difference(&blind).cloned().collect();
    report.blind = blind;
}

#[cfg(test)]
#[path = "verify_tests.rs"]
mod tests;
