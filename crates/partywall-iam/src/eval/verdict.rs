use std::fmt::Write as _;
use std::sync::Arc;

use partywall_model::Cause;

use super::decide::Policies;
use super::policy::Policy;
use super::request::Request;
use crate::Answer;

/// The decision on a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Allowed.
    Allow,
    /// A statement forbids it.
    ExplicitDeny,
    /// Nothing forbids it and not all that would have to allow it do.
    ImplicitDeny,
}

impl Decision {
    /// `allow`, `deny` or `implicitDeny`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::ExplicitDeny => "deny",
            Self::ImplicitDeny => "implicitDeny",
        }
    }
}

/// The kinds of policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Of the caller.
    Identity,
    /// Of the resource.
    Resource,
    /// Permissions boundary of the caller.
    Boundary,
    /// Session policies.
    Session,
    /// Service control policies, one level of the organization.
    Scp,
    /// Resource control policies, one level of the organization.
    Rcp,
    /// VPC endpoint policy.
    Endpoint,
}

impl Level {
    /// The words for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Identity => "identity policy",
            Self::Resource => "resource policy",
            Self::Boundary => "permissions boundary",
            Self::Session => "session policy",
            Self::Scp => "service control policy",
            Self::Rcp => "resource control policy",
            Self::Endpoint => "VPC endpoint policy",
        }
    }
}

/// A statement among the policies of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Site {
    /// The kind of its policy.
    pub level: Level,
    /// Which level of the organization, from its root, counted from 0; 0 for all other kinds.
    pub number: usize,
    /// Which policy of that level, counted from 0.
    pub policy: usize,
    /// Which statement of it, counted from 0.
    pub statement: usize,
}

/// What the policies of one level say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelResult {
    /// Which.
    pub level: Level,
    /// Whether one of its statements forbids the request.
    pub denied: Answer,
    /// The statement that does, or may.
    pub denied_by: Option<Site>,
    /// Whether one of its statements allows the request, to the caller, its role or its account.
    pub allowed: Answer,
    /// The statement that does, or may.
    pub allowed_by: Option<Site>,
}

/// The decision with what led to it. Allowed is what is granted and not denied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether a statement forbids the request.
    pub denied: Answer,
    /// Whether all that have to allow it do.
    pub granted: Answer,
    /// Each kind of policy that was asked, control policies by level.
    pub levels: Vec<LevelResult>,
    /// Why AWS decides without the policies, if it does.
    pub settled: Option<&'static str>,
    /// Of a request for a pattern of resources: the resource, with `*` for any text, that the answer is about.
    pub witness: Option<Box<str>>,
}

impl Verdict {
    pub(crate) fn settled(granted: Answer, reason: &'static str) -> Self {
        Self { denied: Answer::No, granted, levels: Vec::new(), settled: Some(reason), witness: None }
    }

    /// The decision.
    ///
    /// # Errors
    /// The first reason why it is not known: a part of a policy, or a key of an open context, on which it depends.
    pub fn decision(&self) -> Result<Decision, &Arc<Cause>> {
        match (&self.denied, &self.granted) {
            (Answer::Yes, _) => Ok(Decision::ExplicitDeny),
            (Answer::No, Answer::Yes) => Ok(Decision::Allow),
            (Answer::No, Answer::No) => Ok(Decision::ImplicitDeny),
            (Answer::Unknown(cause), _) | (_, Answer::Unknown(cause)) => Err(cause),
        }
    }

    /// Whether the request is allowed: known more often than the decision, as both ways of denying are a no.
    pub fn is_allowed(&self) -> Answer {
        self.granted.clone().and(self.denied.clone().negate())
    }

    /// In words: what decides, by statement, and what to do about it.
    pub fn explain(&self, request: &Request, policies: &Policies<'_>) -> String {
        let words = self.reason(request, policies);
        match &self.witness {
            Some(witness) => format!("{words} (asked of `{witness}`)"),
            None => words,
        }
    }

    fn reason(&self, request: &Request, policies: &Policies<'_>) -> String {
        if let Some(denying) = self.levels.iter().find(|level| level.denied == Answer::Yes) {
            return format!("denied by {}", denying.denied_by.map_or_else(String::new, |site| place(site, policies)));
        }
        match self.is_allowed() {
            Answer::Unknown(cause) => format!("not decided: {}", cause.detail),
            _ if self.settled.is_some() => self.settled.unwrap_or_default().to_owned(),
            Answer::Yes => {
                let by = self.levels.iter().filter(|level| level.allowed == Answer::Yes).filter_map(|level| level.allowed_by);
                let places: Vec<String> = by.map(|site| place(site, policies)).collect();
                if places.is_empty() {
                    "allowed to the root user of the account".to_owned()
                } else {
                    format!("allowed by {}", places.join(", "))
                }
            }
            Answer::No => self.what_is_missing(request),
        }
    }

    fn what_is_missing(&self, request: &Request) -> String {
        let silent = |level: Level| self.levels.iter().any(|result| result.level == level && result.allowed == Answer::No);
        let asked = format!("`{}` on `{}`", request.action, request.resource);
        let ceilings = [Level::Scp, Level::Endpoint, Level::Boundary, Level::Session].into_iter().filter(|level| silent(*level));
        let titles: Vec<&str> = ceilings.map(Level::title).collect();
        if !titles.is_empty() {
            return format!("nothing denies it, but no statement of the {} allows {asked}", titles.join(" or the "));
        }
        let (identity, resource) = (silent(Level::Identity), silent(Level::Resource));
        let own = request.caller.account();
        if own.is_none() {
            return format!("no statement of the resource policy allows {asked} to this caller");
        }
        if own != request.resource_account() && request.resource_account().is_some() {
            let sides = match (identity, resource) {
                (true, true) => "neither does",
                (true, false) => "no identity policy does",
                _ => "the resource policy does not, for this caller or its account",
            };
            return format!(
                "the request crosses accounts, so an identity policy and the resource policy have to allow {asked}, and {sides}"
            );
        }
        match (identity, resource) {
            (true, true) => format!("no statement of an identity policy or of the resource policy allows {asked}"),
            (true, false) => format!("the resource policy leaves it to the account or to the role, and no identity policy allows {asked}"),
            _ => format!("the resource policy has to let in the caller or its account for {asked}, and does not"),
        }
    }

    /// The kinds of policies that keep the request from being allowed although something grants it: those that deny, and the
    /// ceilings that are silent.
    pub fn blocked_by(&self) -> Vec<Level> {
        let mut levels: Vec<Level> = Vec::new();
        for result in &self.levels {
            let ceiling = !matches!(result.level, Level::Identity | Level::Resource);
            if (result.denied == Answer::Yes || ceiling && result.allowed == Answer::No) && !levels.contains(&result.level) {
                levels.push(result.level);
            }
        }
        levels
    }
}

/// The statement, as a person finds it.
fn place<'p>(site: Site, policies: &Policies<'p>) -> String {
    let of_level = |levels: &'p [Vec<Policy>]| levels.get(site.number).map(Vec::as_slice);
    let list = match site.level {
        Level::Identity => Some(policies.identity),
        Level::Resource => Some(policies.resource),
        Level::Boundary => policies.boundary,
        Level::Session => policies.session,
        Level::Endpoint => policies.endpoint,
        Level::Scp => policies.scp.and_then(of_level),
        Level::Rcp => policies.rcp.and_then(of_level),
    };
    let policy = list.and_then(|list| list.get(site.policy));
    let mut text = String::new();
    let rule = policy.and_then(|policy| policy.rules.get(site.statement));
    let _ = write!(text, "statement {}", site.statement.saturating_add(1));
    if let Some(sid) = rule.and_then(|rule| rule.sid.as_ref()) {
        let _ = write!(text, " `{sid}`");
    }
    if let Some(at) = rule.and_then(|rule| rule.at) {
        let _ = write!(text, " ({at})");
    }
    let _ = write!(text, " of the {}", site.level.title());
    if let Some(policy) = policy.filter(|policy| !policy.name.is_empty()) {
        let _ = write!(text, " `{}`", policy.name);
    }
    text
}
