//! One request as people write it: who, what, on what, in which circumstances.

use std::collections::BTreeMap;

use anyhow::bail;
use partywall_iam::eval::{Caller, Decision, Policies, PolicySet, Request, Verdict, evaluate};
use partywall_iam::reference;
use serde::Deserialize;

use crate::exit;

/// One text or several.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(super) enum Texts {
    One(String),
    Many(Vec<String>),
}

impl Texts {
    pub(super) fn list(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Many(texts) => texts,
        }
    }
}

/// What is known of a request beside principal, action and resource.
#[derive(Debug, Clone, Default)]
pub(super) struct Circumstances {
    pub(super) context: BTreeMap<String, Texts>,
    pub(super) open_context: bool,
    pub(super) resource_account: Option<String>,
    pub(super) management_account: Option<String>,
    pub(super) restrict_public_buckets: bool,
}

/// A decided request.
#[derive(Debug)]
pub(super) struct Decided {
    /// `None`: it cannot be said.
    pub(super) decision: Option<Decision>,
    pub(super) why: String,
    pub(super) verdict: Verdict,
}

impl Decided {
    pub(super) fn word(&self) -> &'static str {
        self.decision.map_or("unknown", Decision::name)
    }

    /// Allowed is clean, denied a finding, not decided incomplete.
    pub(super) fn exit(&self) -> u8 {
        match self.decision {
            Some(Decision::Allow) => exit::CLEAN,
            Some(_) => exit::FINDINGS,
            None => exit::INCOMPLETE,
        }
    }
}

/// Refuses what has not the form of an action.
pub(super) fn is_action(action: &str) -> anyhow::Result<()> {
    if !action.split_once(':').is_some_and(|(service, name)| !service.is_empty() && !name.is_empty()) {
        bail!("`{action}` is no action; write service and name, such as `s3:GetObject`");
    }
    Ok(())
}

impl Circumstances {
    /// Decides one request. An action that the reference data does not know is told on standard error and decided all the same.
    ///
    /// # Errors
    /// The action or the resource is not of the form that AWS's have.
    pub(super) fn decide(&self, principal: &str, action: &str, resource: &str, set: &PolicySet) -> anyhow::Result<Decided> {
        is_action(action)?;
        if resource != "*" && !resource.starts_with("arn:") {
            bail!("`{resource}` is no resource; write its ARN, or `*` for an action that names none");
        }
        let mut request = Request::new(Caller::parse(principal), action, resource);
        match reference()?.action(action) {
            Some(known) => request.wildcard_only = known.is_wildcard_only(),
            None => exit::note(&format!("note: `{action}` is not among the actions that AWS documented up to {}", reference()?.date())),
        }
        for (key, values) in &self.context {
            request.set(key, values.list().iter().map(String::as_str));
        }
        if let Some(account) = &self.resource_account {
            request.set_resource_account(account.as_str());
        }
        if self.open_context {
            request.leave_open();
        }
        let policies = Policies {
            management_account: self.management_account.as_deref(),
            restrict_public_buckets: self.restrict_public_buckets,
            ..set.policies()
        };
        let verdict = evaluate(&request, &policies);
        let why = verdict.explain(&request, &policies);
        Ok(Decided { decision: verdict.decision().ok(), why, verdict })
    }
}
