use std::sync::Arc;

use partywall_model::{Cause, Value};

use super::caller::{Caller, Reach};
use super::check::Check;
use super::pattern::{Match, Pattern, Wildcards};
use super::request::Request;
use crate::error::wrong_type;
use crate::json::Position;
use crate::public::statement_is_public;
use crate::wildcard::Token;
use crate::{Answer, Context, Document, Effect, Element, Items, Known, Patterns, Principal, PrincipalKind, Principals, Statement};

/// A policy made ready for many requests; a copy shares its statements.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// What explanations call it.
    pub name: Box<str>,
    /// Shared: a managed policy is attached to many principals.
    pub(crate) rules: Arc<[Rule]>,
    /// Statements that are not known.
    pub(crate) missing: Option<Arc<Cause>>,
    /// Whether S3 would call it public, which only Block Public Access asks.
    pub(crate) is_public: Answer,
}

/// A statement made ready.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rule {
    pub(crate) sid: Option<Box<str>>,
    pub(crate) at: Option<Position>,
    pub(crate) effect: Known<Effect>,
    pub(crate) principal: Element<Principals>,
    pub(crate) action: Element<Vec<Pattern>>,
    pub(crate) missing_action: Option<Arc<Cause>>,
    pub(crate) resource: Element<Vec<Piece>>,
    pub(crate) missing_resource: Option<Arc<Cause>>,
    pub(crate) checks: Vec<Check>,
    pub(crate) missing_check: Option<Arc<Cause>>,
}

/// One pattern of a Resource or NotResource element.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Piece {
    Pattern(Pattern),
    /// Too few fields for an ARN and no `*` at the end: IAM refuses it; what begins like it may be meant.
    Short(Box<str>, Arc<Cause>),
}

/// How a statement takes in a request, by the closest way that its Principal reaches the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reached {
    pub(crate) direct: Answer,
    pub(crate) parent: Answer,
    pub(crate) account: Answer,
}

impl Reached {
    fn all(answer: &Answer) -> Self {
        Self { direct: answer.clone(), parent: Answer::No, account: Answer::No }
    }

    /// Whether it takes in the request at all.
    pub(crate) fn any(&self) -> Answer {
        self.direct.clone().or(self.parent.clone()).or(self.account.clone())
    }
}

impl Policy {
    /// Makes a document ready. Parts of it that are not known stay so, and make unknown what rests on them.
    pub fn new(name: impl Into<Box<str>>, document: &Document) -> Self {
        let variables = matches!(&document.version, Some(Known::Is(version)) if &**version == "2012-10-17");
        let s3 = Context { account: None, service: Some("s3") };
        let known = document.statements.known.iter();
        Self {
            name: name.into(),
            rules: known.clone().map(|statement| Rule::new(statement, variables)).collect(),
            missing: document.statements.missing.clone(),
            is_public: Answer::any(
                known.filter(|statement| statement.allows() != Answer::No).map(|statement| statement_is_public(statement, &s3)),
                document.statements.missing.as_ref(),
            ),
        }
    }

    /// Reads the JSON text of a policy, as a file holds it, and makes it ready.
    ///
    /// # Errors
    /// Every part that AWS would refuse, in document order, each in one line with its place in the text.
    pub fn read(name: impl Into<Box<str>>, text: &str) -> Result<Self, Vec<String>> {
        let document = Document::parse(&Value::str(text)).map_err(|cause| vec![cause.detail.clone()])?;
        let flaws: Vec<String> = document.flaws().into_iter().map(|cause| cause.detail.clone()).collect();
        if flaws.is_empty() { Ok(Self::new(name, &document)) } else { Err(flaws) }
    }

    /// The patterns of the resource elements of all statements that speak of the request's action, with the values of the request in
    /// the places of variables. `missing` is set if there are, or may be, others.
    pub(crate) fn resource_patterns(&self, request: &Request) -> Items<Vec<Token>> {
        let mut found = Items { known: Vec::new(), missing: self.missing.clone() };
        for rule in self.rules.iter().filter(|rule| rule.action_matches(request) != Answer::No) {
            if let Some(cause) = &rule.missing_resource {
                found.miss(cause);
            }
            let pieces = match rule.resource.content() {
                Some(Known::Is(pieces)) => pieces,
                Some(Known::Unknown(cause)) => {
                    found.miss(cause);
                    continue;
                }
                None => continue,
            };
            for piece in pieces {
                match piece {
                    Piece::Pattern(pattern) => match pattern.resolve(request) {
                        Ok(tokens) => found.known.push(tokens),
                        Err(Match::Unknown(cause)) => found.miss(&cause),
                        Err(_) => {}
                    },
                    Piece::Short(_, cause) => found.miss(cause),
                }
            }
        }
        found
    }
}

/// The known patterns made ready, and why there may be more.
fn prepared<T>(element: &Element<Patterns>, prepare: impl Fn(&str) -> T) -> (Element<Vec<T>>, Option<Arc<Cause>>) {
    let ready = |patterns: &Known<Patterns>| match patterns {
        Known::Is(patterns) => (Known::Is(patterns.known.iter().map(|text| prepare(text)).collect()), patterns.missing.clone()),
        Known::Unknown(cause) => (Known::Unknown(Arc::clone(cause)), None),
    };
    match element {
        Element::Absent => (Element::Absent, None),
        Element::Only(patterns) => {
            let (patterns, missing) = ready(patterns);
            (Element::Only(patterns), missing)
        }
        Element::Except(patterns) => {
            let (patterns, missing) = ready(patterns);
            (Element::Except(patterns), missing)
        }
    }
}

fn prepare_resource(text: &str, variables: bool) -> Piece {
    let is_short = text.starts_with("arn:") && !text.ends_with('*') && crate::arn::fields(text).is_none();
    if is_short {
        let cause = wrong_type(format!("resource `{text}` has too few fields for an ARN: write all six, or end it with `*`"));
        return Piece::Short(text.into(), cause);
    }
    Piece::Pattern(Pattern::new(text, Wildcards::Arn, variables))
}

impl Rule {
    pub(crate) fn new(statement: &Statement, variables: bool) -> Self {
        let (action, missing_action) = prepared(&statement.action, |text| Pattern::new(text, Wildcards::Plain, false));
        let (resource, missing_resource) = prepared(&statement.resource, |text| prepare_resource(text, variables));
        Self {
            sid: match &statement.sid {
                Some(Known::Is(sid)) if !sid.is_empty() => Some(sid.clone()),
                _ => None,
            },
            at: statement.at,
            effect: statement.effect.clone(),
            principal: statement.principal.clone(),
            action,
            missing_action,
            resource,
            missing_resource,
            checks: statement.conditions.known.iter().map(|condition| Check::new(condition, variables)).collect(),
            missing_check: statement.conditions.missing.clone(),
        }
    }

    /// Whether the statement has the effect.
    pub(crate) fn has_effect(&self, effect: Effect) -> Answer {
        self.effect.judge(|own| (*own == effect).into())
    }

    /// Whether action, resource and conditions take in the request, whoever calls.
    pub(crate) fn takes_in(&self, request: &Request) -> Answer {
        let action = self.action_matches(request);
        if action == Answer::No {
            return action;
        }
        let resource = self.resource_matches(request);
        if resource == Answer::No {
            return resource;
        }
        let mut checks = match &self.missing_check {
            Some(cause) => Answer::Unknown(Arc::clone(cause)),
            None => Answer::Yes,
        };
        for check in &self.checks {
            checks = checks.and(check.holds(request));
            if checks == Answer::No {
                return checks;
            }
        }
        action.and(resource).and(checks)
    }

    /// IAM user guide, JSON policy elements: Action and NotAction. Letters match in either case.
    pub(crate) fn action_matches(&self, request: &Request) -> Answer {
        let listed = |patterns: &Vec<Pattern>| {
            let any = patterns.iter().any(|pattern| pattern.matches(&request.action, true, request) == Match::Yes);
            if any { Answer::Yes } else { unless(self.missing_action.as_ref()) }
        };
        match &self.action {
            Element::Absent => Answer::No,
            Element::Only(patterns) => patterns.judge(listed),
            Element::Except(patterns) => patterns.judge(|patterns| listed(patterns).negate()),
        }
    }

    /// IAM user guide, JSON policy elements: Resource and NotResource. Without either, as in role trust, every resource.
    pub(crate) fn resource_matches(&self, request: &Request) -> Answer {
        match &self.resource {
            Element::Absent => Answer::Yes,
            Element::Only(pieces) => pieces.judge(|pieces| match self.listed(pieces, request) {
                Match::Yes => Answer::Yes,
                Match::No | Match::NoValue => Answer::No,
                Match::Unknown(cause) => Answer::Unknown(cause),
            }),
            Element::Except(pieces) => pieces.judge(|pieces| match self.listed(pieces, request) {
                Match::Yes | Match::NoValue => Answer::No,
                Match::No => Answer::Yes,
                Match::Unknown(cause) => Answer::Unknown(cause),
            }),
        }
    }

    /// False only if the Resource element leaves the ARN out whatever the request says.
    pub(crate) fn may_be_about(&self, arn: &str) -> bool {
        let Element::Only(Known::Is(pieces)) = &self.resource else { return true };
        let may = |piece: &Piece| match piece {
            Piece::Pattern(pattern) => pattern.may_match(arn),
            Piece::Short(..) => true,
        };
        self.missing_resource.is_some() || pieces.iter().any(may)
    }

    /// Whether one of the patterns matches. If none does and one has a variable without value, that is the answer.
    fn listed(&self, pieces: &[Piece], request: &Request) -> Match {
        let mut result = self.missing_resource.as_ref().map_or(Match::No, |cause| Match::Unknown(Arc::clone(cause)));
        for piece in pieces {
            let found = match piece {
                Piece::Pattern(pattern) if request.wildcard_only => {
                    if pattern.is_any() {
                        Match::Yes
                    } else {
                        Match::No
                    }
                }
                Piece::Pattern(pattern) => pattern.matches(&request.resource, false, request),
                Piece::Short(start, cause) => match request.resource.strip_prefix(&**start) {
                    Some(rest) if rest.starts_with(':') => Match::Unknown(Arc::clone(cause)),
                    _ => Match::No,
                },
            };
            match found {
                Match::Yes => return Match::Yes,
                Match::NoValue if result == Match::No => result = Match::NoValue,
                unknown @ Match::Unknown(_) if !matches!(result, Match::Unknown(_)) => result = unknown,
                Match::No | Match::NoValue | Match::Unknown(_) => {}
            }
        }
        result
    }

    /// Whether Principal or NotPrincipal takes in the caller. `absent` is the answer for a statement without either: no in a
    /// policy of a resource, yes in policies that are attached to whom they are about.
    ///
    /// A Deny with NotPrincipal always takes in a user or role that has a permissions boundary (IAM user guide, JSON policy
    /// elements: NotPrincipal).
    pub(crate) fn reaches(&self, caller: &Caller, absent: &Answer, bounded: bool) -> Reached {
        match &self.principal {
            Element::Absent => Reached::all(absent),
            Element::Only(Known::Is(Principals::Everyone)) => Reached::all(&Answer::Yes),
            Element::Only(Known::Is(Principals::Named(named))) => {
                let mut reached = Reached::all(&unless(named.missing.as_ref()));
                for principal in &named.known {
                    match reach(caller, principal) {
                        Some(Reach::Direct) => reached.direct = Answer::Yes,
                        Some(Reach::Parent) => reached.parent = Answer::Yes,
                        Some(Reach::Account) => reached.account = Answer::Yes,
                        None => {}
                    }
                }
                reached
            }
            Element::Except(Known::Is(principals)) => Reached::all(&self.does_not_leave_out(principals, caller, bounded)),
            Element::Only(Known::Unknown(cause)) | Element::Except(Known::Unknown(cause)) => {
                Reached::all(&Answer::Unknown(Arc::clone(cause)))
            }
        }
    }

    fn does_not_leave_out(&self, principals: &Principals, caller: &Caller, bounded: bool) -> Answer {
        let named = match principals {
            Principals::Everyone => return Answer::No,
            Principals::Named(named) => named,
        };
        let denies = self.has_effect(Effect::Deny);
        let listed = |denies: bool| {
            if denies && bounded && caller.can_have_boundary() {
                return Answer::Yes;
            }
            let names = || named.known.iter().map(|principal| (principal.kind, &*principal.name));
            match caller.is_left_out(denies, names()) {
                Answer::No => unless(named.missing.as_ref()).negate(),
                left_out => left_out.negate(),
            }
        };
        denies.choose(listed(true), listed(false))
    }
}

/// A role that calls as such stands for its sessions: its own ARN is then that of the parent.
fn reach(caller: &Caller, principal: &Principal) -> Option<Reach> {
    match (caller.reached_by(principal.kind, &principal.name)?, caller) {
        (Reach::Direct, Caller::Role(_)) if principal.kind == PrincipalKind::Aws && &*principal.name != "*" => Some(Reach::Parent),
        (reach, _) => Some(reach),
    }
}

/// No, unless something is missing.
fn unless(missing: Option<&Arc<Cause>>) -> Answer {
    missing.map_or(Answer::No, |cause| Answer::Unknown(Arc::clone(cause)))
}
