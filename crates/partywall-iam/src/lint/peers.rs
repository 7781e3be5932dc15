//! Findings under the names that parliament has for them, to compare the two on rows of its own tests.
//!
//! A row is one JSON object with `policy` (text or a tree), `settings` of the run, and `expected.findings`, a count for each of
//! parliament's ids. Where parliament stops at the first fault of a statement, so does the comparison.

use std::collections::BTreeMap;

use partywall_model::Value;

use super::{Finding, PolicyKind, Rule, lint};
use crate::{Reference, value_from_json};

/// The answer to one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerAnswer {
    /// How many findings there are for each of parliament's ids.
    pub findings: BTreeMap<&'static str, usize>,
    /// Our own findings, as `rule at path: message`, one line each.
    pub why: Vec<String>,
}

/// Answers a row of kind `lint`. `policy` is its member of that name; `community` is true if `settings.include_community_auditors` is.
pub fn answer_row(policy: &Value, community: bool, reference: &Reference) -> PeerAnswer {
    let tree = match policy {
        Value::Str(text) => value_from_json(text).unwrap_or_default(),
        tree => tree.clone(),
    };
    // It knows no trust policies: without a resource a statement is broken for it.
    let kind = Some(PolicyKind::guess(&tree)).map(|kind| if kind == PolicyKind::Trust { PolicyKind::Resource } else { kind });
    let findings = lint(policy, kind, reference);
    let why = findings.iter().map(|finding| format!("{} at {}: {}", finding.rule.id(), finding.path, finding.message)).collect();
    PeerAnswer { findings: translate(&findings, &tree, community), why }
}

/// The steps in which parliament looks at a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// Of the document: ends everything.
    Document,
    /// Form of a statement: the first such fault ends it.
    Form,
    /// Notes on the way.
    Note,
    /// Unknown actions end a statement.
    Action,
    /// Broken resources: no comparison with actions.
    Resource,
    /// Actions against resources.
    Match,
    Condition,
    /// Of all statements, if none is broken.
    Whole,
    /// Only with the auditors of its community.
    Community,
}

/// Parliament's id, when it looks, and how many it counts.
fn translate_one(finding: &Finding, tree: &Value) -> Option<(&'static str, Step, usize)> {
    let in_condition = finding.path.contains(".Condition");
    let global = finding.path.rsplit_once('.').is_some_and(|_| finding.path.to_ascii_lowercase().contains(".aws:"));
    let many = finding.subjects.len();
    Some(match finding.rule {
        Rule::NotJson => ("MALFORMED_JSON", Step::Document, 1),
        Rule::NotADocument => ("MALFORMED", Step::Document, 1),
        Rule::UnknownElement if !finding.path.contains('.') && !finding.path.contains('[') => ("MALFORMED", Step::Document, 1),
        Rule::MissingStatement if finding.path.is_empty() => ("MALFORMED", Step::Document, 1),
        Rule::UnknownElement
        | Rule::ElementAndItsOpposite
        | Rule::MissingEffect
        | Rule::BadEffect
        | Rule::MissingAction
        | Rule::MissingResource => ("MALFORMED", Step::Form, 1),
        Rule::WrongType if finding.path.ends_with("Condition") => ("MALFORMED", Step::Form, 1),
        Rule::BadSid => ("INVALID_SID", Step::Form, 1),
        Rule::VersionMissing => ("NO_VERSION", Step::Note, 1),
        Rule::BadVersion => ("INVALID_VERSION", Step::Note, 1),
        Rule::VersionOld => ("OLD_VERSION", Step::Note, 1),
        Rule::BadPrincipal | Rule::PrincipalDeleted => ("UNKNOWN_PRINCIPAL", Step::Note, 1),
        Rule::UnknownIdentityProvider => ("UNKNOWN_FEDERATION_SOURCE", Step::Note, 1),
        Rule::DuplicateSid => ("DUPLICATE_SID", Step::Note, 1),
        Rule::UnknownService => ("UNKNOWN_PREFIX", Step::Action, 1),
        Rule::UnknownAction | Rule::PatternMatchesNothing => ("UNKNOWN_ACTION", Step::Action, 1),
        Rule::BadAction if finding.message.matches(':').count() == 2 => ("UNKNOWN_ACTION", Step::Action, 1),
        Rule::BadAction => ("EXCEPTION", Step::Action, 1),
        Rule::BadArn | Rule::ShortArn => ("INVALID_ARN", Step::Resource, 1),
        Rule::WrongType if finding.path.contains("Resource") && !in_condition => ("INVALID_ARN", Step::Resource, 1),
        // It looks at `Allow` only.
        Rule::ResourceMismatch if finding.path.ends_with("Resource") => return None,
        Rule::ResourceMismatch
        | Rule::WildcardOnlyAction
        | Rule::PatternBeyondResources
        | Rule::ResourceIncomplete
        | Rule::ResourceTypeWildcard => ("RESOURCE_MISMATCH", Step::Match, 1),
        Rule::ResourceStar => ("RESOURCE_STAR", Step::Match, 1),
        // It asks for any partition; a star for the Region and the account alone is not enough for it.
        Rule::ResourceEffectivelyStar if finding.subjects.iter().all(|pattern| pattern.starts_with("arn:*:")) => {
            ("RESOURCE_EFFECTIVELY_STAR", Step::Match, 1)
        }
        Rule::UnknownOperator => ("UNKNOWN_OPERATOR", Step::Condition, 1),
        Rule::BadValue if finding.message.contains("`true` or `false`") => ("MISMATCHED_TYPE_OPERATION_TO_NULL", Step::Condition, 1),
        Rule::BadValue => ("MISMATCHED_TYPE", Step::Condition, 1),
        Rule::OperatorTypeMismatch if !global => ("MISMATCHED_TYPE", Step::Condition, 1),
        Rule::StringOperatorOnArn if !global => ("MISMATCHED_TYPE_BUT_USABLE", Step::Condition, 1),
        Rule::UnknownConditionKey if many > 0 => ("UNKNOWN_CONDITION_FOR_ACTION", Step::Condition, many),
        Rule::ConditionKeyNotForAction if !global => ("UNKNOWN_CONDITION_FOR_ACTION", Step::Condition, many),
        Rule::MfaBoolWithoutIfExists => ("BAD_PATTERN_FOR_MFA", Step::Condition, 1),
        Rule::BucketPolicyEscalation => ("RESOURCE_POLICY_PRIVILEGE_ESCALATION", Step::Whole, 1),
        Rule::SingleValuedSetOperator if finding.path.contains(".aws:") => ("SINGLE_VALUE_CONDITION_TOO_PERMISSIVE", Step::Community, 1),
        Rule::NotPrincipalWithAllow => ("NOTPRINCIPAL_WITH_ALLOW", Step::Community, 1),
        Rule::NotResourceWithAllow if !has_not_principal(finding, tree) => ("NOTRESOURCE_WITH_ALLOW", Step::Community, 1),
        Rule::PermissionsManagement => ("PERMISSIONS_MANAGEMENT_ACTIONS", Step::Community, 1),
        Rule::CredentialsExposure => ("CREDENTIALS_EXPOSURE", Step::Community, 1),
        _ => return None,
    })
}

fn translate(findings: &[Finding], tree: &Value, community: bool) -> BTreeMap<&'static str, usize> {
    // Of a global key it compares the value with the key's type, never the operator.
    let mistyped: Vec<&str> =
        findings.iter().filter(|finding| finding.rule == Rule::OperatorTypeMismatch).map(|finding| finding.path.as_str()).collect();
    let excused = |finding: &Finding| {
        let global = finding.path.to_ascii_lowercase().contains(".aws:");
        finding.rule == Rule::BadValue && global && mistyped.iter().any(|path| finding.path.starts_with(path))
    };
    let mut named: Vec<(&str, &'static str, Step, usize)> = findings
        .iter()
        .filter(|finding| !excused(finding))
        .filter_map(|finding| {
            let (id, step, count) = translate_one(finding, tree)?;
            Some((statement_of(&finding.path), id, step, count))
        })
        .collect();
    if let Some((_, id, _, _)) = named.iter().find(|(_, _, step, _)| *step == Step::Document) {
        return BTreeMap::from([(*id, 1)]);
    }
    let broken: Vec<(String, Step)> = named
        .iter()
        .filter(|(_, _, step, _)| matches!(step, Step::Form | Step::Action | Step::Resource))
        .map(|(statement, _, step, _)| ((*statement).to_owned(), *step))
        .collect();
    let stops = |statement: &str, at: Step| broken.iter().any(|(of, step)| of == statement && *step == at);
    let mut form_seen: Vec<String> = Vec::new();
    named.retain(|(statement, _, step, _)| match step {
        Step::Form => {
            let first = !form_seen.iter().any(|seen| seen == statement);
            form_seen.push((*statement).to_owned());
            first
        }
        Step::Action => !stops(statement, Step::Form),
        Step::Resource | Step::Condition => !stops(statement, Step::Form) && !stops(statement, Step::Action),
        Step::Match => ![Step::Form, Step::Action, Step::Resource].iter().any(|step| stops(statement, *step)),
        Step::Whole => broken.is_empty(),
        Step::Community => community && broken.is_empty(),
        Step::Document | Step::Note => true,
    });
    let mut counts = BTreeMap::new();
    let mut once: Vec<(&str, &str)> = Vec::new();
    for (statement, id, step, count) in named {
        // What it says once for a statement, we say for each place.
        if matches!(step, Step::Match | Step::Community) {
            if once.contains(&(statement, id)) {
                continue;
            }
            once.push((statement, id));
        }
        *counts.entry(id).or_default() += count;
    }
    counts
}

/// The part of a path that names the statement: `Statement[1]`.
fn statement_of(path: &str) -> &str {
    path.split('.').next().unwrap_or_default()
}

/// Whether the finding's statement has `NotPrincipal`, which parliament reports in place of the rest.
fn has_not_principal(finding: &Finding, tree: &Value) -> bool {
    let index = statement_of(&finding.path).split(['[', ']']).nth(1).and_then(|number| number.parse::<usize>().ok());
    let statements = tree.get("Statement");
    let statement = match index {
        Some(index) => statements.and_then(Value::as_list).and_then(|list| list.get(index)),
        None => statements,
    };
    statement.is_some_and(|statement| statement.get("NotPrincipal").is_some())
}
