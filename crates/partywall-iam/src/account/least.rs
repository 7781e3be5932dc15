use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use partywall_model::{Cause, CauseKind};
use serde_json::{Map, Value as Json, json};

use super::AccountError;
use super::access::{Question, ResourcePolicy};
use super::document::Ready;
use super::model::{Account, Attachment, Principal};
use super::observed::Observation;
use super::write::{copy, frame, texts};
use crate::eval::Policy;
use crate::prove::{Attached, Proof, Space, new_access};
use crate::{Answer, Document, Effect, Element, Known, Statement};

/// Resources that a proposed statement spells out; for more, the old patterns stay.
const MAX_RESOURCES: usize = 40;

/// Policies in place of all that are attached to a principal: they allow what was observed, and nothing that the old ones do not.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// The principal's number.
    pub principal: usize,
    /// The documents; two if the old ones have both policy versions, as a version decides what `${…}` means.
    pub documents: Vec<Json>,
    /// For each Allow statement of each document, the old statement that it is a part of: its actions are some of the old one's, its
    /// resources are the old ones or ARNs that these match, its conditions are the old ones. Deny statements are the old ones,
    /// all of them. So each proposed statement, and with that the whole, is subsumed by the old.
    pub origins: Vec<Vec<Origin>>,
    /// Observations that the old policies do not allow, and why: by a policy of the resource, or before a change.
    pub not_allowed: Vec<(Observation, String)>,
    /// How many observations were decided again under the proposal and are allowed for certain, as they were before.
    pub kept: usize,
    /// How many more may be allowed, as before: an observation does not tell what conditions ask for.
    pub open: usize,
}

/// An old statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// What its policy is called: an ARN, or `inline NAME of user X`.
    pub policy: String,
    /// Which statement of it, counted from 0.
    pub statement: usize,
}

/// What a proposed statement acts on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum On {
    /// As the old statement has it.
    AsBefore,
    These(BTreeSet<String>),
}

impl Account {
    /// A least-privilege proposal for a principal from what it was observed to do ([`Account::observations_of`]).
    ///
    /// Every observation is decided again under the proposal before it is handed out.
    ///
    /// # Errors
    /// [`AccountError::NoProposal`] if a policy of the principal, or a statement that the proposal needs, is not known.
    pub fn least_privilege(&self, principal: usize, seen: &[&Observation]) -> Result<Proposal, AccountError> {
        let Some(of) = self.principals.get(principal) else {
            return Err(AccountError::NoPrincipal { name: principal.to_string(), account: self.id.to_string() });
        };
        let refuse = |reason: String| AccountError::NoProposal { principal: of.arn.to_string(), reason };
        if let Some(cause) = self.classes.get(of.class).into_iter().flat_map(|class| &class.policies).find_map(|of| of.missing.as_ref()) {
            return Err(refuse(cause.detail.clone()));
        }
        let mut not_allowed = Vec::new();
        let mut kept: Vec<(&Observation, Answer)> = Vec::new();
        let mut parts: BTreeMap<(usize, usize), BTreeMap<String, On>> = BTreeMap::new();
        for seen in seen.iter().copied() {
            let question = question(seen);
            let identity = self.policies_of(of);
            let verdict = self.decide_with(&self.request(of, &question), &identity, None, &none());
            let answer = verdict.is_allowed();
            if answer == Answer::No {
                let request = self.request(of, &question);
                not_allowed.push((seen.clone(), verdict.explain(&request, &self.policies(&identity, None, &[]))));
                continue;
            }
            for (place, on) in self.grounds(of, seen) {
                let of_statement = parts.entry(place).or_default();
                let slot = of_statement.entry(seen.action.clone()).or_insert_with(|| On::These(BTreeSet::new()));
                join(slot, on);
            }
            kept.push((seen, answer));
        }
        let (documents, origins) = self.write(of, parts).ok_or_else(|| refuse("a statement that it needs is not known".to_owned()))?;
        let proposed = documents.iter().map(|document| Policy::read("proposal", &document.to_string()));
        let proposed: Vec<Policy> = proposed.collect::<Result<_, _>>().map_err(|flaws| refuse(flaws.join("; ")))?;
        let open = kept.iter().filter(|(_, before)| *before != Answer::Yes).count();
        let kept_count = kept.len().saturating_sub(open);
        for (seen, before) in kept {
            let now = self.decide_with(&self.request(of, &question(seen)), &proposed, None, &none()).is_allowed();
            if now == Answer::No || before == Answer::Yes && now != Answer::Yes {
                return Err(refuse(format!("`{}` would not stay allowed", seen.action)));
            }
        }
        Ok(Proposal { principal, documents, origins, not_allowed, kept: kept_count, open })
    }

    /// Whether the documents of the proposal, attached together as they are meant, allow a request of the principal that its old
    /// policies do not. [`Proof::No`] says that they are subsumed by these ([`crate::prove::subsumes`]).
    ///
    /// # Errors
    /// [`AccountError::NoPrincipal`] if the proposal is not one of this account, [`AccountError::NoProposal`] if a document is none.
    pub fn exceeds(&self, proposal: &Proposal) -> Result<Proof, AccountError> {
        let Some(of) = self.principals.get(proposal.principal) else {
            return Err(AccountError::NoPrincipal { name: proposal.principal.to_string(), account: self.id.to_string() });
        };
        let documents = proposal.documents.iter().map(|document| Policy::read("proposal", &document.to_string()));
        let refuse = |flaws: Vec<String>| AccountError::NoProposal { principal: of.arn.to_string(), reason: flaws.join("; ") };
        let proposed: Vec<Policy> = documents.collect::<Result<_, _>>().map_err(refuse)?;
        let space = Space { attached: Attached::Identity(Some(&of.caller)), resources: &[], actions: None };
        Ok(new_access(&self.policies_of(of), &proposed, &space))
    }

    /// The old statements on which an observation rests, by attachment and statement: the first that allows it for certain, or all
    /// that may.
    fn grounds(&self, principal: &Principal, seen: &Observation) -> Vec<((usize, usize), On)> {
        let request = self.request(principal, &question(seen));
        let mut found = Vec::new();
        for (attachment, ready) in self.attached(principal) {
            for (number, (rule, statement)) in ready.policy.rules.iter().zip(&ready.document.statements.known).enumerate() {
                if !matches!(statement.effect, Known::Is(Effect::Allow)) || rule.action_matches(&request) != Answer::Yes {
                    continue;
                }
                let takes_in = if one_resource(seen).is_some() {
                    rule.takes_in(&request)
                } else {
                    // Which resource it was is not known: any statement with the action may be the one.
                    Answer::Unknown(Arc::new(Cause::new(CauseKind::NotRecorded, "the resource of an observation")))
                };
                let on = match takes_in {
                    Answer::No => continue,
                    _ => Self::on(ready, statement, seen, &rule.resource_matches(&request)),
                };
                if takes_in == Answer::Yes {
                    return vec![((attachment, number), on)];
                }
                found.push(((attachment, number), on));
            }
        }
        found
    }

    /// The observed resource alone, where that is surely a part of what the statement has.
    fn on(ready: &Ready, statement: &Statement, seen: &Observation, matches: &Answer) -> On {
        let Some(resource) = one_resource(seen).filter(|_| *matches == Answer::Yes) else { return On::AsBefore };
        let varies = statement
            .resource
            .content()
            .is_some_and(|patterns| texts(patterns).is_none_or(|patterns| patterns.iter().any(|pattern| pattern.contains("${"))));
        let escaped = if version(&ready.document) == "2012-10-17" { resource.replace('$', "${$}") } else { resource.to_owned() };
        let is_arn = crate::arn::fields(resource).is_some();
        if varies || !is_arn { On::AsBefore } else { On::These(BTreeSet::from([escaped])) }
    }

    fn attached<'s>(&'s self, principal: &'s Principal) -> impl Iterator<Item = (usize, &'s Ready)> {
        let attachments = principal.attachments.iter().enumerate();
        attachments.filter_map(|(number, attachment)| Some((number, self.documents.get(attachment.document)?)))
    }

    /// The documents, one for each version, and where their Allow statements come from; `None` if a part of one is not known.
    fn write(&self, principal: &Principal, parts: BTreeMap<(usize, usize), BTreeMap<String, On>>) -> Option<(Vec<Json>, Vec<Vec<Origin>>)> {
        let mut made: BTreeMap<&str, (Vec<Json>, Vec<Origin>)> = BTreeMap::new();
        for ((attachment, number), actions) in parts {
            let (ready, statement, name) = self.statement(principal.attachments.get(attachment)?, number)?;
            let mut by_resource: BTreeMap<On, Vec<String>> = BTreeMap::new();
            for (action, on) in actions {
                by_resource.entry(on).or_default().push(action);
            }
            for (on, actions) in by_resource {
                let mut frame = frame(statement).filter(|_| matches!(statement.principal, Element::Absent))?;
                frame.insert("Action".into(), json!(actions));
                set_resource(&mut frame, statement, &on)?;
                let (statements, origins) = made.entry(version(&ready.document)).or_default();
                statements.push(Json::Object(frame));
                origins.push(Origin { policy: name.to_owned(), statement: number });
            }
        }
        if made.is_empty() {
            return Some((Vec::new(), Vec::new()));
        }
        for (_, ready) in self.attached(principal) {
            for statement in ready.document.statements.known.iter().filter(|of| !matches!(of.effect, Known::Is(Effect::Allow))) {
                let copied = copy(statement).filter(|_| matches!(statement.principal, Element::Absent))?;
                made.entry(version(&ready.document)).or_default().0.push(copied);
            }
        }
        let documents =
            made.into_iter().map(|(version, (statements, origins))| (json!({ "Version": version, "Statement": statements }), origins));
        Some(documents.unzip())
    }

    fn statement<'s>(&'s self, attachment: &'s Attachment, number: usize) -> Option<(&'s Ready, &'s Statement, &'s str)> {
        let ready = self.documents.get(attachment.document)?;
        Some((ready, ready.document.statements.known.get(number)?, &attachment.name))
    }
}

fn question(seen: &Observation) -> Question {
    Question::new(seen.action.as_str(), seen.resource.as_deref().unwrap_or("*"))
}

/// The resource, if it is one: with wildcards, any of a pattern may have been meant.
fn one_resource(seen: &Observation) -> Option<&str> {
    seen.resource.as_deref().filter(|resource| !resource.contains(['*', '?']))
}

/// What the resource's own policy says is not the proposal's matter.
fn none() -> ResourcePolicy {
    ResourcePolicy::Known(Vec::new(), None)
}

/// A document without Version, or with one that is not known, is read as the older (IAM user guide, JSON policy elements: Version).
fn version(document: &Document) -> &'static str {
    match &document.version {
        Some(Known::Is(version)) if &**version == "2012-10-17" => "2012-10-17",
        _ => "2008-10-17",
    }
}

fn join(slot: &mut On, more: On) {
    match (&mut *slot, more) {
        (On::These(all), On::These(more)) => {
            all.extend(more);
            if all.len() > MAX_RESOURCES {
                *slot = On::AsBefore;
            }
        }
        (_, On::AsBefore) => *slot = On::AsBefore,
        (On::AsBefore, On::These(_)) => {}
    }
}

fn set_resource(frame: &mut Map<String, Json>, statement: &Statement, on: &On) -> Option<()> {
    match (on, &statement.resource) {
        (On::These(resources), _) => frame.insert("Resource".into(), json!(resources)),
        (On::AsBefore, Element::Only(patterns)) => frame.insert("Resource".into(), json!(texts(patterns)?)),
        (On::AsBefore, Element::Except(patterns)) => frame.insert("NotResource".into(), json!(texts(patterns)?)),
        (On::AsBefore, Element::Absent) => return None,
    };
    Some(())
}
