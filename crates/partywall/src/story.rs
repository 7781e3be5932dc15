//! What one finding or one resource says, as plain fields: who owns the duty and why, what decided, what AWS did, what to do.

use std::collections::BTreeMap;

use partywall_catalog::{Catalog, Check};
use partywall_engine::OwnedDuty;
use partywall_model::{CheckResult, Fact, Location, Party, Resource, Severity, Status, Value};
use serde::Serialize;

use crate::cli::Context;
use crate::fill::fill;
use crate::findings::Subject;
use crate::summary;

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

/// One fact with its position and what it was computed from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Told {
    pub(crate) path: String,
    pub(crate) value: serde_json::Value,
    pub(crate) location: Option<Location>,
    pub(crate) default: Option<String>,
    pub(crate) computed_from: Vec<String>,
}

/// A fact that is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Missing {
    pub(crate) path: String,
    pub(crate) cause: String,
    pub(crate) iam_action: Option<String>,
}

/// A duty of a resource and its owner.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Duty {
    pub(crate) id: String,
    pub(crate) layer: String,
    pub(crate) layer_title: String,
    pub(crate) sentence: String,
    /// A party, or `undetermined`.
    pub(crate) owner: String,
    /// The condition that decided, if the owner depends on a setting.
    pub(crate) when: Option<String>,
    pub(crate) facts: Vec<Told>,
    /// What would settle an owner that is undetermined.
    pub(crate) settle: Vec<Missing>,
    /// What AWS does for this duty; empty if it has no part.
    pub(crate) aws: String,
    /// Then, what it does next to it.
    pub(crate) aws_beside: String,
    pub(crate) customer: String,
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
    let info = summary::check_info(catalog, check);
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
        None => {
            let action = result.unknown_because.iter().find_map(|because| because.cause.iam_action.as_deref()).unwrap_or("the call");
            (format!("# Nothing is known to be wrong. Allow {action} and read again."), Vec::new())
        }
        Some(_) if in_template => (check.fix.cloudformation.trim().to_owned(), Vec::new()),
        Some(subject) => {
            let filled = fill(check.fix.cli.trim(), catalog, &subject.resource);
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
        controls: check.controls.clone(),
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
                    .take(2)
                    .map(|fact| format!("{} is {}", fact.path, shown(&fact.json, 60)))
                    .collect::<Vec<_>>()
                    .join("; "),
            },
        })
        .collect()
}

fn tell_duty(catalog: &Catalog, subject: &Subject, owned: &OwnedDuty) -> Duty {
    let duty = catalog.duties.get(&owned.duty);
    let own = owned.row.and_then(|row| catalog.services.get(&owned.service)?.duties.get(row));
    let sentence =
        |own: Option<&String>, general: Option<&String>| own.filter(|text| !text.is_empty()).or(general).cloned().unwrap_or_default();
    let layer = duty.and_then(|duty| catalog.layer(duty.layer()));
    Duty {
        id: owned.duty.to_string(),
        layer: layer.map(|layer| layer.id.to_string()).unwrap_or_default(),
        layer_title: layer.map(|layer| layer.title.to_string()).unwrap_or_default(),
        sentence: duty.map(|duty| duty.title.to_string()).unwrap_or_default(),
        owner: owned.owner.as_ref().map_or_else(|| "undetermined".to_owned(), Party::to_string),
        when: owned.when.clone(),
        facts: owned.facts.iter().map(|fact| tell(catalog, Some(&subject.resource), fact)).collect(),
        settle: if owned.owner.is_none() { settle(catalog, subject, owned) } else { Vec::new() },
        aws: sentence(own.map(|own| &own.aws), duty.map(|duty| &duty.aws)),
        aws_beside: String::new(),
        customer: sentence(own.map(|own| &own.customer), duty.map(|duty| &duty.customer)),
    }
}

/// What an undetermined owner lacks: the gaps of the row that its conditions, or those of the modes, speak of.
fn settle(catalog: &Catalog, subject: &Subject, owned: &OwnedDuty) -> Vec<Missing> {
    let Some(service) = catalog.services.get(&owned.service) else { return Vec::new() };
    let mut texts: Vec<&str> = service
        .modes
        .iter()
        .filter(|mode| mode.resource.as_deref() == Some(&*subject.resource.resource_type))
        .filter_map(|mode| mode.matches.as_deref())
        .collect();
    texts.extend(
        owned
            .row
            .and_then(|row| service.duties.get(row))
            .map(|row| row.owner.as_slice())
            .unwrap_or_default()
            .iter()
            .filter_map(|rule| rule.when.as_deref()),
    );
    let named = |path: &str| {
        let first = path.split(['.', '[']).next().unwrap_or(path);
        texts.iter().any(|text| text.split(|letter: char| !letter.is_alphanumeric() && letter != '_').any(|word| word == first))
    };
    let mut found: Vec<Missing> = subject
        .gaps
        .iter()
        .filter(|(path, _)| named(path))
        .map(|(path, cause)| Missing { path: path.to_string(), cause: cause.to_string(), iam_action: cause.iam_action.clone() })
        .collect();
    if found.is_empty() {
        let kind = subject.resource.source.kind;
        let blind = catalog.resource_type(&subject.resource.resource_type).map(|known| known.blind_paths(kind)).unwrap_or_default();
        found.extend(blind.iter().filter(|path| named(path)).map(|path| Missing {
            path: path.to_string(),
            cause: format!("not in this source: a {} source never shows it", kind.as_str()),
            iam_action: None,
        }));
    }
    found
}

/// More of AWS's sentences than these tell nothing more.
const MOST_SENTENCES: usize = 3;

/// What AWS does beside a duty in which it has no part: its own duties of the same layer, else those that the service's file words itself.
fn aws_beside(catalog: &Catalog, subject: &Subject, layer: &str) -> String {
    let own: Vec<Duty> =
        subject.duties.iter().filter(|owned| owned.owner == Some(Party::Aws)).map(|owned| tell_duty(catalog, subject, owned)).collect();
    let worded = |duty: &Duty| catalog.duties.get(&*duty.id).is_none_or(|general| general.aws != duty.aws);
    let mut chosen: Vec<&Duty> = own.iter().filter(|duty| duty.layer == layer).collect();
    if chosen.is_empty() {
        chosen = own.iter().filter(|duty| worded(duty)).collect();
    }
    let mut sentences: Vec<&str> = chosen.iter().map(|duty| duty.aws.as_str()).filter(|text| !text.is_empty()).collect();
    sentences.dedup();
    sentences.truncate(MOST_SENTENCES);
    sentences.join(" ")
}

fn tell(catalog: &Catalog, resource: Option<&Resource>, fact: &Fact) -> Told {
    let computed_from = resource
        .filter(|_| fact.path.starts_with("_Derived"))
        .map(|resource| sources_of(catalog, resource, &fact.path))
        .unwrap_or_default();
    Told {
        path: fact.path.to_string(),
        value: serde_json::from_str(&fact.json).unwrap_or_else(|_| serde_json::Value::String(fact.json.clone())),
        location: fact.location.clone(),
        default: fact.default_note.as_ref().map(ToString::to_string),
        computed_from,
    }
}

/// The settings that a computed fact rests on, each with its position where it has one.
fn sources_of(catalog: &Catalog, resource: &Resource, path: &str) -> Vec<String> {
    let Some(resource_type) = catalog.resource_type(&resource.resource_type) else { return Vec::new() };
    let Some(derive) = resource_type
        .derives
        .iter()
        .find(|derive| path.strip_prefix(&*derive.path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
    else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for input in &derive.inputs {
        let satellite = resource.satellites.iter().find(|one| holds(&one.path, input) || holds(input, &one.path));
        let set = resource.properties.at(input).is_some_and(|value| !value.is_null() && !value.is_unknown());
        match (satellite, resource.position(input)) {
            (Some(one), _) => found.push(format!(
                "{}{}",
                one.resource_type,
                one.location.as_ref().map(|at| format!(" at {}:{}", at.file, at.line)).unwrap_or_default()
            )),
            (None, Some(at)) if set => found.push(format!("{input} at {}:{}", at.file, at.line)),
            (None, None) if set => found.push(input.to_string()),
            _ if resource.properties.at(input).is_some_and(Value::is_unknown) => found.push(format!("{input}, which could not be read")),
            _ => found.push(format!("{input}, which is not set")),
        }
    }
    found.extend(derive.tables.iter().map(|table| format!("the account's {table}")));
    found
}

fn holds(outer: &str, path: &str) -> bool {
    path.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// The smaller resources whose facts decided.
fn decided_by(result: &CheckResult) -> Vec<String> {
    let Some(resource) = &result.resource else { return Vec::new() };
    resource
        .satellites
        .iter()
        .filter(|one| result.facts.iter().any(|fact| holds(&one.path, &fact.path) || holds(&fact.path, &one.path)))
        .map(|one| match &one.location {
            Some(at) => format!("{} {} at {}:{}", one.resource_type, one.id, at.file, at.line),
            None => format!("{} {}", one.resource_type, one.id),
        })
        .collect()
}

/// One sentence on AWS's side. Exposure is computed from settings, so it is "readable", never "was read".
pub(crate) fn verdict(check: &Check, result: &CheckResult) -> String {
    match &*result.party {
        "aws" => return "This duty is AWS's: nothing here is yours to mend.".to_owned(),
        "undetermined" => return "Whose duty this is could not be determined; until it is, it counts as yours.".to_owned(),
        _ => {}
    }
    let whose = if &*result.party == "customer" { "yours".to_owned() } else { format!("{}'s", result.party) };
    match result.status {
        Status::Pass | Status::NotApplicable => "Nothing failed on either side.".to_owned(),
        Status::Unknown => "Nothing is known to have failed on either side; what could not be read is not counted as met.".to_owned(),
        Status::Fail => match effect(check, result) {
            Some(effect) => format!("AWS did not fail; the infrastructure was secure; this setting, {whose}, {effect}."),
            None => format!("AWS did not fail; the infrastructure was secure; this setting is {whose}."),
        },
    }
}

/// What a setting that exposes did, if this is one.
fn effect(check: &Check, result: &CheckResult) -> Option<&'static str> {
    const EXPOSING: [&str; 4] = [
        "network-config.restrict-exposure",
        "network-config.restrict-ingress",
        "identity-access.restrict-resource-policy",
        "customer-data.limit-sharing",
    ];
    if !EXPOSING.contains(&&*check.duty) {
        return None;
    }
    let resource = result.resource.as_deref()?;
    let on = |path: &str| resource.properties.at(path).and_then(Value::as_bool) == Some(true);
    let reads = |end: &str| result.facts.iter().any(|fact| fact.path.ends_with(end) || fact.path.contains(&format!("{end}.")));
    if &*resource.resource_type == "AWS::S3::Bucket" {
        let open = on("_Derived.Policy.IsPublic") && !on("_Derived.EffectivePublicAccessBlock.RestrictPublicBuckets")
            || on("_Derived.AclIsPublic") && !on("_Derived.EffectivePublicAccessBlock.IgnorePublicAcls");
        let about = reads("IsPublic") || reads("AclIsPublic") || result.facts.iter().any(|fact| fact.path.contains("PublicAccessBlock"));
        return match (about, open) {
            (true, true) => Some("made it readable"),
            (true, false) => Some("leaves it one careless policy away from being readable"),
            (false, _) => None,
        };
    }
    if check.id.ends_with("-is-not-public") && &*check.duty == "customer-data.limit-sharing" {
        return Some("made it readable");
    }
    if reads("IsPublic") {
        return Some("opened it to everyone");
    }
    (check.duty.starts_with("network-config.") && resource.resource_type.starts_with("AWS::")).then_some("opened it")
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

/// JSON text as a person reads it, cut.
pub(crate) fn shown(json: &str, most: usize) -> String {
    if json == "null" {
        return "not set".to_owned();
    }
    if json.chars().count() <= most {
        return json.to_owned();
    }
    json.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use partywall_model::{FindingId, Source, SourceKind};

    use super::*;

    fn told(id: &str, party: &str, facts: &[(&str, bool)]) -> String {
        let catalog = Catalog::load(None).unwrap();
        let check = catalog.checks.get(id).unwrap();
        let source = Arc::new(Source { kind: SourceKind::Api, file: Arc::from("x.json") });
        let mut resource = Resource::new(check.resource.clone(), "one", source);
        for (path, value) in facts {
            resource.properties.set_at(path, Value::Bool(*value));
        }
        let facts = facts
            .iter()
            .map(|(path, value)| Fact { path: Arc::from(*path), json: value.to_string(), location: None, default_note: None })
            .collect();
        let result = CheckResult {
            id: FindingId(1),
            check: check.id.clone(),
            severity: check.severity,
            status: Status::Fail,
            resource_type: check.resource.clone(),
            resource: Some(Arc::new(resource)),
            account: None,
            region: None,
            facts,
            unknown_because: Vec::new(),
            exception: None,
            party: Arc::from(party),
        };
        verdict(check, &result)
    }

    #[test]
    fn a_public_bucket_has_the_models_sentence() {
        let public = [("_Derived.Policy.IsPublic", true), ("_Derived.EffectivePublicAccessBlock.RestrictPublicBuckets", false)];
        let sentence = told("s3.bucket-is-not-public", "customer", &public);
        assert_eq!(sentence, "AWS did not fail; the infrastructure was secure; this setting, yours, made it readable.");
        let sentence = told("s3.bucket-is-not-public", "msp:harbour-ops", &public);
        assert_eq!(sentence, "AWS did not fail; the infrastructure was secure; this setting, msp:harbour-ops's, made it readable.");
    }

    #[test]
    fn nothing_is_called_readable_that_is_not() {
        let blocked = [("_Derived.Policy.IsPublic", true), ("_Derived.EffectivePublicAccessBlock.RestrictPublicBuckets", true)];
        assert!(!told("s3.bucket-policy-is-not-public", "customer", &blocked).contains("made it readable"));
        assert!(
            !told("s3.bucket-blocks-public-access", "customer", &[("_Derived.EffectivePublicAccessBlock.BlockPublicAcls", false)])
                .contains("made it")
        );
        assert!(!told("rds.instance-storage-is-encrypted", "customer", &[("StorageEncrypted", false)]).contains("made it"));
        assert!(told("s3.bucket-is-not-public", "aws", &blocked).contains("AWS's"));
        assert!(told("s3.bucket-is-not-public", "undetermined", &blocked).contains("could not be determined"));
    }
}
