//! One label against our answers.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use libtest_mimic::Failed;
use partywall_catalog::Catalog;
use partywall_model::{CauseKind, CheckResult, Status};
use serde_json::Value as Json;

/// Files of labels and the tool's name in `equivalents`.
pub(crate) const FILES: [(&str, &str); 5] = [
    ("guard-registry-cfn.jsonl", "cfn-guard"),
    ("cfn_nag-cfn.jsonl", "cfn-nag"),
    ("kics-cfn.jsonl", "kics"),
    ("checkov-cfn.jsonl", "checkov"),
    ("trivy-cfn.jsonl", "trivy"),
];

/// Tool and its id → our checks that claim to be the same.
pub(crate) type Claims = BTreeMap<(&'static str, String), BTreeSet<Arc<str>>>;

/// What another tool says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Label {
    Fail,
    /// PASS, or NOT_FLAGGED where a tool only lists what fails.
    Pass,
    /// No resource in scope.
    Skip,
}

impl Label {
    fn of(text: &str) -> Result<Option<Self>, Failed> {
        match text {
            "FAIL" => Ok(Some(Self::Fail)),
            "PASS" | "NOT_FLAGGED" => Ok(Some(Self::Pass)),
            "SKIP" => Ok(Some(Self::Skip)),
            "NO_LABEL" => Ok(None),
            other => Err(format!("`{other}` is no known label").into()),
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Fail => "FAIL",
            Self::Pass => "PASS",
            Self::Skip => "SKIP",
        }
    }
}

/// One labelled template.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) tool: &'static str,
    /// The tool's id.
    pub(crate) check: String,
    /// The tool's name for it, if the data has one.
    pub(crate) title: String,
    /// Path in the tool's repository, with `#case` where one file holds several.
    pub(crate) path: String,
    pub(crate) template: Json,
    /// The whole template's label.
    pub(crate) case: Option<Label>,
    /// Labels by logical id.
    pub(crate) resources: Vec<(String, Label)>,
}

/// A label and what we say.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) tool: &'static str,
    pub(crate) check: String,
    pub(crate) path: String,
    /// Logical id; `*` for the template's own label.
    pub(crate) resource: String,
    pub(crate) label: Label,
    pub(crate) agrees: bool,
    /// We do not know, and only because of references that a deployment resolves.
    pub(crate) unresolvable: bool,
    /// Our answers, such as `fail,pass`, or `none`.
    pub(crate) ours: String,
    /// Which checks said so, with what they lack.
    pub(crate) detail: String,
}

/// All labelled rows.
pub(crate) fn rows(data: &Path) -> Result<Vec<Row>, Failed> {
    let mut rows = Vec::new();
    for (file, tool) in FILES {
        for line in std::fs::read_to_string(data.join(file))?.lines() {
            let row: Json = serde_json::from_str(line)?;
            let text = |name: &str| row.get(name).and_then(Json::as_str).unwrap_or_default().to_owned();
            let case = match row.get("expected").and_then(Json::as_str) {
                Some(label) => Label::of(label)?,
                None => None,
            };
            let mut resources = Vec::new();
            for resource in row.get("resources").and_then(Json::as_array).into_iter().flatten() {
                let member = |name: &str| resource.get(name).and_then(Json::as_str).unwrap_or_default();
                if let Some(label) = Label::of(member("expected"))? {
                    resources.push((member("id").to_owned(), label));
                }
            }
            let number = row.get("case").map(|case| format!("#{}", case.to_string().trim_matches('"'))).unwrap_or_default();
            rows.push(Row {
                tool,
                check: text("check"),
                title: ["check_name", "check_class"].map(text).join(""),
                path: text("path") + &number,
                template: row.get("template").cloned().unwrap_or_default(),
                case,
                resources,
            });
        }
    }
    Ok(rows)
}

/// Who claims what.
pub(crate) fn claims(catalog: &Catalog) -> Claims {
    let mut claims = Claims::new();
    for check in catalog.checks.values() {
        for (_, tool) in FILES {
            for id in check.equivalents.get(tool).into_iter().flatten() {
                claims.entry((tool, id.clone())).or_default().insert(check.id.clone());
            }
        }
    }
    claims
}

/// Compares all labels of a row with the results of the checks that claim its id.
pub(crate) fn judge(row: &Row, checks: &BTreeSet<Arc<str>>, results: &[CheckResult]) -> Vec<Verdict> {
    let results: Vec<&CheckResult> = results.iter().filter(|result| checks.contains(&result.check)).collect();
    let mut verdicts = Vec::new();
    if let Some(label) = row.case {
        verdicts.push(verdict(row, "*", label, &results));
    }
    let failing: Vec<&str> = row.resources.iter().filter(|(_, label)| *label == Label::Fail).map(|(id, _)| id.as_str()).collect();
    for (id, label) in &row.resources {
        // A failure that a satellite decided is the satellite's: it does not speak against the parent, nor the other way round.
        let elsewhere = |result: &CheckResult| {
            let holders = holders(result);
            *label != Label::Fail && result.status == Status::Fail && holders.iter().any(|holder| failing.contains(&holder.as_str()))
        };
        let own: Vec<&CheckResult> = results.iter().filter(|result| holders(result).contains(id) && !elsewhere(result)).copied().collect();
        verdicts.push(verdict(row, id, *label, &own));
    }
    verdicts
}

fn verdict(row: &Row, resource: &str, label: Label, results: &[&CheckResult]) -> Verdict {
    let is = |status: Status| results.iter().any(|result| result.status == status);
    let agrees = match label {
        Label::Fail => is(Status::Fail),
        Label::Pass => !is(Status::Fail) && !is(Status::Unknown),
        Label::Skip => results.iter().all(|result| result.status == Status::NotApplicable),
    };
    let unknown: Vec<_> = results.iter().filter(|result| result.status == Status::Unknown).collect();
    let unresolvable = !agrees
        && !unknown.is_empty()
        && (label == Label::Fail || !is(Status::Fail))
        && unknown.iter().all(|result| result.unknown_because.iter().all(|because| because.cause.kind == CauseKind::UnresolvedReference));
    let statuses: BTreeSet<Status> = results.iter().map(|result| result.status).collect();
    let ours =
        if statuses.is_empty() { "none".to_owned() } else { statuses.iter().map(|status| status.as_str()).collect::<Vec<_>>().join(",") };
    let mut details: Vec<String> = Vec::new();
    for result in results.iter().filter(|result| matches!(result.status, Status::Fail | Status::Unknown)) {
        let id = result.resource.as_ref().map_or("", |resource| resource.logical_id.as_deref().unwrap_or(&resource.id));
        let because: Vec<_> = result.unknown_because.iter().map(|because| format!("{}: {}", because.path, because.cause)).collect();
        details.push(format!("{} {} {id} {}", result.check, result.status, because.join("; ")).trim_end().to_owned());
    }
    details.dedup();
    Verdict {
        tool: row.tool,
        check: row.check.clone(),
        path: row.path.clone(),
        resource: resource.to_owned(),
        label,
        agrees,
        unresolvable,
        ours,
        detail: details.join(" | "),
    }
}

/// Logical ids that a result speaks about: the resource, and the satellites whose facts the check read.
fn holders(result: &CheckResult) -> Vec<String> {
    let Some(resource) = &result.resource else { return Vec::new() };
    let mut holders = vec![resource.logical_id.as_deref().unwrap_or(&resource.id).to_owned()];
    let resource_type = crate::support::catalog().resource_type(&resource.resource_type);
    let mut read: Vec<Arc<str>> = result.facts.iter().map(|fact| fact.path.clone()).collect();
    read.extend(result.unknown_because.iter().map(|because| because.path.clone()));
    for derive in resource_type.iter().flat_map(|resource_type| &resource_type.derives) {
        if read.iter().any(|path| path.starts_with(&*derive.path)) {
            read.extend(derive.inputs.iter().cloned());
        }
    }
    for satellite in &resource.satellites {
        if read.iter().any(|path| path.starts_with(&*satellite.path) || satellite.path.starts_with(&**path)) {
            holders.push(satellite.id.to_string());
        }
    }
    holders
}
