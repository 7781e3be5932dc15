use std::collections::{BTreeMap, BTreeSet};

use super::AccountError;
use super::access::{Question, ResourcePolicy, Standing, condition_text};
use super::model::{Account, Attachment, Principal};
use crate::eval::Request;
use crate::{Answer, Effect, Element, Known, Patterns, Statement};

/// An action that AWS has (service authorization reference).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownAction<'a> {
    /// `service:Name`.
    pub name: &'a str,
    /// It names no resource: only `*` takes it in.
    pub wildcard_only: bool,
    /// Its access level as AWS calls it: `List`, `Read`, `Write`, `Permissions management`, `Tagging`.
    pub access_level: Option<&'a str>,
}

/// What a principal can do, by service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhatCan {
    /// Grants by service; services of which no statement speaks are not there.
    pub services: BTreeMap<String, Vec<Grant>>,
    /// Policies that are not known, and why: they may allow or deny more.
    pub unread: Vec<String>,
    /// What the answer takes for granted.
    pub assumptions: Vec<String>,
    /// Parts of the account that are not in the input.
    pub gaps: Vec<String>,
}

/// Actions of one service for which the policies say the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// Allowed on at least one resource, under conditions, not known, or denied although a statement allows it.
    pub standing: Standing,
    /// Patterns of the statements that allow it; `all but …` for NotResource.
    pub resources: Vec<String>,
    /// Patterns that statements deny, those of the boundary and of control policies too.
    pub except: Vec<String>,
    /// Patterns to which a permissions boundary limits it; empty without boundary.
    pub within: Vec<String>,
    /// Conditions of all these statements; the patterns of one that has conditions are denied only under them.
    pub conditions: Vec<String>,
    /// The actions, ascending.
    pub actions: Vec<String>,
}

impl Account {
    /// What the principal, by its number, can do by its own policies and their ceilings. What policies of resources let it do
    /// besides, only [`Account::who_can`] tells.
    ///
    /// `actions` are those that AWS is known to have; actions that its policies spell out are asked too.
    ///
    /// # Errors
    /// [`AccountError::NoPrincipal`] if there is none of that number.
    pub fn what_can<'k>(&self, principal: usize, actions: impl IntoIterator<Item = KnownAction<'k>>) -> Result<WhatCan, AccountError> {
        let Some(of) = self.principals.get(principal) else {
            return Err(AccountError::NoPrincipal { name: principal.to_string(), account: self.id.to_string() });
        };
        let mut wildcard_only: BTreeMap<String, bool> = BTreeMap::new();
        for action in actions {
            wildcard_only.insert(action.name.to_owned(), action.wildcard_only);
        }
        let known: BTreeSet<String> = wildcard_only.keys().map(|name| name.to_ascii_lowercase()).collect();
        for spelled in self.spelled_actions(of) {
            if !known.contains(&spelled.to_ascii_lowercase()) {
                wildcard_only.insert(spelled, false);
            }
        }
        let mut groups: BTreeMap<(String, Grant), Vec<String>> = BTreeMap::new();
        for (action, wildcard_only) in wildcard_only {
            let Some(service) = action.split_once(':').map(|(service, _)| service.to_ascii_lowercase()) else { continue };
            if let Some(grant) = self.grant(of, &action, wildcard_only) {
                groups.entry((service, grant)).or_default().push(action);
            }
        }
        let mut services: BTreeMap<String, Vec<Grant>> = BTreeMap::new();
        for ((service, grant), actions) in groups {
            services.entry(service).or_default().push(Grant { actions, ..grant });
        }
        Ok(WhatCan {
            services,
            unread: self.unread(of),
            assumptions: self.assumptions(),
            gaps: self.gaps.iter().map(|cause| cause.detail.clone()).collect(),
        })
    }

    /// Actions without wildcards in its policies.
    pub(crate) fn spelled_actions(&self, principal: &Principal) -> BTreeSet<String> {
        let documents = principal.attachments.iter().filter_map(|attachment| self.documents.get(attachment.document));
        let statements = documents.flat_map(|ready| &ready.document.statements.known);
        let listed = statements.filter_map(|statement| match &statement.action {
            Element::Only(Known::Is(patterns)) => Some(&patterns.known),
            _ => None,
        });
        listed.flatten().filter(|action| action.contains(':') && !action.contains(['*', '?'])).map(ToString::to_string).collect()
    }

    /// What the policies say of an action, without the action; `None` if no statement of the identity's policies allows it.
    fn grant(&self, principal: &Principal, action: &str, wildcard_only: bool) -> Option<Grant> {
        let question = Question { wildcard_only, ..Question::new(action, "*") };
        let request = self.request(principal, &question);
        let mut grant = Grant {
            standing: Standing::Denied,
            resources: Vec::new(),
            except: Vec::new(),
            within: Vec::new(),
            conditions: Vec::new(),
            actions: Vec::new(),
        };
        let mut conditions = BTreeSet::new();
        let mut add = |effect: Effect, statement: &Statement| {
            let word = if effect == Effect::Allow { "if" } else { "unless" };
            conditions.extend(statement.conditions.known.iter().map(|condition| format!("{word} {}", condition_text(condition))));
        };
        for (effect, statement) in self.statements_on(&principal.attachments, &request) {
            let list = if effect == Effect::Allow { &mut grant.resources } else { &mut grant.except };
            list.extend(patterns(&statement.resource));
            add(effect, statement);
        }
        let class = self.classes.get(principal.class)?;
        let unread = class.policies.iter().any(|policy| policy.missing.is_some());
        if grant.resources.is_empty() {
            return None;
        }
        for (effect, statement) in self.statements_on(&principal.boundary, &request) {
            let list = if effect == Effect::Allow { &mut grant.within } else { &mut grant.except };
            list.extend(patterns(&statement.resource));
            add(effect, statement);
        }
        // What control policies allow are services and actions rather than resources; what they deny is left out of the rest.
        for (effect, statement) in self.statements_on(self.control_on(principal, request.service()), &request) {
            if effect == Effect::Deny {
                grant.except.extend(patterns(&statement.resource));
                add(effect, statement);
            }
        }
        for list in [&mut grant.resources, &mut grant.except, &mut grant.within] {
            list.sort();
            list.dedup();
        }
        grant.conditions = conditions.into_iter().collect();
        let verdict = self.decide(principal, &question, &ResourcePolicy::Known(Vec::new(), None));
        grant.standing = match verdict.is_allowed() {
            Answer::Yes => Standing::Allowed,
            Answer::No => Standing::Denied,
            Answer::Unknown(_) if unread || !class.is_whole || !self.control_is_whole => Standing::Unknown,
            Answer::Unknown(_) => Standing::Conditional,
        };
        Some(grant)
    }

    /// Statements whose Action takes in the request's, with their effect.
    fn statements_on<'s>(
        &'s self,
        attachments: impl IntoIterator<Item = &'s Attachment>,
        request: &'s Request,
    ) -> impl Iterator<Item = (Effect, &'s Statement)> {
        let documents = attachments.into_iter().filter_map(|attachment| self.documents.get(attachment.document));
        documents.flat_map(|ready| ready.policy.rules.iter().zip(&ready.document.statements.known)).filter_map(|(rule, statement)| {
            match &statement.effect {
                Known::Is(effect) if rule.action_matches(request) != Answer::No => Some((*effect, statement)),
                Known::Is(_) | Known::Unknown(_) => None,
            }
        })
    }
}

fn patterns(resource: &Element<Patterns>) -> Vec<String> {
    let all = |patterns: &Known<Patterns>| match patterns {
        Known::Is(patterns) => patterns.known.iter().map(ToString::to_string).collect(),
        Known::Unknown(_) => vec!["(not known)".to_owned()],
    };
    match resource {
        Element::Absent => vec!["*".to_owned()],
        Element::Only(listed) => all(listed),
        Element::Except(listed) => vec![format!("all but {}", all(listed).join(", "))],
    }
}
