//! What one finding or one resource says, as plain fields: who owns the duty and why, what decided, what AWS did, what to do.

mod duty;
mod fact;
mod verdict;

use std::collections::BTreeMap;

use partywall_catalog::{Catalog, Check};
use partywall_model::{CheckResult, Location, Resource, Severity, Status};
use serde::Serialize;

pub(crate) use self::duty::Duty;
use self::duty::{aws_beside, tell_duty};
pub(crate) use self::fact::{Missing, Told, shown};
use self::fact::{decided_by, tell};
use self::verdict::verdict;
use crate::cli::Context;
use crate::fill::fill;
use crate::findings::Subject;
use crate::{frameworks, summary};

/// Where and what a resource is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Place {
    #[serde(rename = "type")]
    pub(crate) resource_type: String,
    pub(crate) id: Option<String>,
    pub(crate) logical_id: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) arn: Option<String>,
    pub(crate) account: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) source: Option<String>,
    pub(crate) location: Option<Location>,
}

/// Another answer about the same resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Other {
    pub(crate) id: String,
    pub(crate) check: String,
    pub(crate) title: String,
    pub(crate) severity: Severity,
    pub(crate) status: Status,
    pub(crate) because: String,
}

/// One finding, told.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Finding {
    pub(crate) id: String,
    pub(crate) check: String,
    pub(crate) title: String,
    pub(crate) severity: Severity,
    pub(crate) status: Status,
    pub(crate) why: String,
    pub(crate) resource: Place,
    pub(crate) duty: Duty,
    pub(crate) facts: Vec<Told>,
    pub(crate) decided_by: Vec<String>,
    pub(crate) unknown_because: Vec<Missing>,
    /// One sentence on AWS's side.
    pub(crate) verdict: String,
    pub(crate) fix: String,
    pub(crate) fix_missing: Vec<String>,
    pub(crate) fix_console: String,
    pub(crate) controls: BTreeMap<String, Vec<String>>,
    pub(crate) exception: Option<String>,
    pub(crate) others: Vec<Other>,
}

/// One resource, told.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Whole {
    pub(crate) resource: Place,
    pub(crate) service: String,
    pub(crate) mode: String,
    pub(crate) duties: Vec<Duty>,
    pub(crate) findings: Vec<Other>,
    pub(crate) pass: usize,
    pub(crate) not_applicable: usize,
    /// Unknown only because this kind of source never shows the facts.
    pub(crate) blind: usize,
}

/// Tells a finding; the subject is `None` if the listing of its type failed.
pub(crate) fn finding(context: &Context, check: &Check, result: &CheckResult, subject: Option<&Subject>) -> Finding {
    let catalog = &context.catalog;
    let info = summary::check_info(catalog, check, frameworks::usual_lines(catalog).remove(&check.id).unwrap_or_default());
    let owned = subject.and_then(|subject| subject.duties.iter().find(|duty| *duty.duty == *check.duty));
    let mut duty = match (owned, subject) {
        (Some(owned), Some(subject)) => tell_duty(catalog, subject, owned),
        _ => Duty {
            id: info.duty.clone(),
            layer: info.layer.clone(),
            layer_title: info.layer_title.clone(),
            sentence: info.duty_title.clone(),
            owner: result.party.to_string(),
            when: None,
            facts: Vec::new(),
            settle: Vec::new(),
            aws: info.aws_part.clone(),
            aws_beside: String::new(),
            customer: info.customer_part.clone(),
        },
    };
    duty.owner = result.party.to_string();
    if duty.aws.is_empty()
        && let Some(subject) = subject
    {
        duty.aws_beside = aws_beside(catalog, subject, &duty.layer);
    }
    let in_template = result.resource.as_ref().is_some_and(|resource| resource.logical_id.is_some());
    let (fix, fix_missing) = match subject {
        None => (format!("# Nothing is known to be wrong; {}.", summary::remedy_of(result)), Vec::new()),
        Some(_) if in_template => (check.fix.cloudformation.trim().to_owned(), Vec::new()),
        Some(subject) => {
            let filled = fill(check.fix.cli.trim(), catalog, &subject.resource, &result.facts);
            (filled.text, filled.missing.into_iter().map(|(path, why)| format!("<{path}>: {why}")).collect())
        }
    };
    Finding {
        id: result.id.to_string(),
        check: check.id.to_string(),
        title: check.title.to_string(),
        severity: result.severity,
        status: result.status,
        why: check.why.trim().to_owned(),
        resource: place(result),
        facts: result.facts.iter().map(|fact| tell(catalog, result.resource.as_deref(), fact)).collect(),
        decided_by: decided_by(result),
        unknown_because: result
            .unknown_because
            .iter()
            .map(|because| Missing {
                path: because.path.to_string(),
                cause: because.cause.to_string(),
                iam_action: because.cause.iam_action.clone(),
            })
            .collect(),
        verdict: verdict(check, result),
        fix,
        fix_missing,
        fix_console: if subject.is_some() { check.fix.console.trim().to_owned() } else { String::new() },
        controls: info.controls.into_iter().collect(),
        exception: result
            .exception
            .as_ref()
            .map(|one| format!("{} (owner {}, approved by {}, until {}): {}", one.id, one.owner, one.approver, one.expires, one.reason)),
        duty,
        others: subject.map(|subject| others(catalog, subject, Some(result))).unwrap_or_default(),
    }
}

/// Tells a resource.
pub(crate) fn whole(context: &Context, subject: &Subject) -> Whole {
    let catalog = &context.catalog;
    let service = catalog.service_of(&subject.resource.resource_type);
    let mode = subject.duties.first().map(|duty| duty.mode.clone()).unwrap_or_default();
    let mut duties: Vec<Duty> = subject.duties.iter().map(|owned| tell_duty(catalog, subject, owned)).collect();
    let course = |duty: &Duty| catalog.layers.iter().position(|layer| *layer.id == *duty.layer);
    duties.sort_by(|a, b| course(b).cmp(&course(a)).then_with(|| a.id.cmp(&b.id)));
    let count = |status: Status| subject.results.iter().filter(|result| result.status == status).count();
    Whole {
        resource: place_of(&subject.resource),
        service: service.map(|service| service.title.to_string()).unwrap_or_default(),
        mode: service
            .and_then(|service| service.modes.iter().find(|known| known.id == mode))
            .map(|mode| mode.title.to_string())
            .unwrap_or_default(),
        duties,
        findings: others(catalog, subject, None),
        pass: count(Status::Pass),
        not_applicable: count(Status::NotApplicable),
        blind: subject.results.iter().filter(|result| result.is_blind()).count(),
    }
}

fn others(catalog: &Catalog, subject: &Subject, but: Option<&CheckResult>) -> Vec<Other> {
    subject
        .results
        .iter()
        .filter(|result| {
            matches!(result.status, Status::Fail | Status::Unknown) && !result.is_blind() && but.is_none_or(|but| but.id != result.id)
        })
        .map(|result| Other {
            id: result.id.to_string(),
            check: result.check.to_string(),
            title: catalog.checks.get(&result.check).map(|check| check.title.to_string()).unwrap_or_default(),
            severity: result.severity,
            status: result.status,
            because: match result.unknown_because.first() {
                Some(because) => because.cause.to_string(),
                None => result
                    .facts
                    .iter()
                    .filter(|fact| fact.decided)
                    .take(2)
                    .map(|fact| format!("{} is {}", fact.path, shown(&fact.json, 60)))
                    .collect::<Vec<_>>()
                    .join("; "),
            },
        })
        .collect()
}

fn place(result: &CheckResult) -> Place {
    match &result.resource {
        Some(resource) => place_of(resource),
        None => Place {
            resource_type: result.resource_type.to_string(),
            id: None,
            logical_id: None,
            name: None,
            arn: None,
            account: result.account.as_ref().map(ToString::to_string),
            region: result.region.as_ref().map(ToString::to_string),
            source: None,
            location: None,
        },
    }
}

fn place_of(resource: &Resource) -> Place {
    let text = |text: &Option<std::sync::Arc<str>>| text.as_ref().map(ToString::to_string);
    Place {
        resource_type: resource.resource_type.to_string(),
        id: Some(resource.id.to_string()),
        logical_id: text(&resource.logical_id),
        name: text(&resource.name),
        arn: text(&resource.arn),
        account: text(&resource.account),
        region: text(&resource.region),
        source: Some(resource.source.file.to_string()),
        location: resource.location.clone(),
    }
}
