//! What AWS refuses in a policy, and what it accepts although it cannot be meant.
//!
//! [`lint`] looks at a document as it is written, so a broken part hides nothing else. It never says what is not sure: a part
//! that is unknown, such as a reference of a template, is left alone, and an action that the reference data does not list is a
//! finding of its own and no reason to skip the other rules.

mod actions;
mod conditions;
mod elements;
mod peers;
mod principals;
mod report;
mod resources;
mod rules;
mod size;
mod statement;
mod values;
mod whole;

use partywall_model::Value;

use crate::{Reference, json, value_from_json};

pub use peers::{PeerAnswer, answer_row};
pub use report::{Finding, locate};
pub use rules::Rule;
pub use size::PolicyKind;

use report::{At, Report};

/// Looks at a policy document: a tree, or the JSON text of one (also percent-encoded, as IAM's API returns it).
///
/// `kind` says where the policy is attached; without it, it is guessed from the document ([`PolicyKind::guess`]). Findings come
/// in the order of the document, those about the whole last; at most 1,000, then `more-findings`.
pub fn lint(policy: &Value, kind: Option<PolicyKind>, reference: &Reference) -> Vec<Finding> {
    let mut report = Report::default();
    match policy {
        Value::Unknown(_) => {}
        Value::Str(text) => match value_from_json(text) {
            Ok(tree) => elements::document(&tree, kind, reference, &mut report),
            Err(error) => drop(report.add(Rule::NotJson, At::ROOT, error.to_string())),
        },
        tree => elements::document(tree, kind, reference, &mut report),
    }
    report.finish()
}

/// The same for the text of a file, each finding with the line and column of what it is about.
pub fn lint_text(text: &str, kind: Option<PolicyKind>, reference: &Reference) -> Vec<Finding> {
    match json::read(text) {
        Ok((tree, places)) => {
            let mut findings = lint(&tree, kind, reference);
            locate(&mut findings, |path| places.find(&tree, path).map(|at| (at.line, at.column)));
            findings
        }
        Err(_) => lint(&Value::str(text), kind, reference),
    }
}

#[cfg(test)]
mod tests;
