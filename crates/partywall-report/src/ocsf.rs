use std::io::{self, Write};

use partywall_model::{CheckResult, Severity, Status};
use serde_json::{Map, Value, json};

use crate::document::{Document, set};
use crate::sink::ResultSink;
use crate::words;
use crate::{CheckInfo, Run, Summary};

/// The version of the Open Cybersecurity Schema Framework whose class 2003 is written.
const OCSF: &str = "1.5.0";

/// OCSF Compliance Finding events (class 2003, profile `cloud`) as one JSON array. Blind results are left out. What OCSF
/// has no attribute for (party, owner, layer, duty, facts, exception) stands in `unmapped`.
#[derive(Debug)]
pub struct Ocsf<W> {
    document: Document<W>,
    run: Option<Run>,
}

impl<W: Write> Ocsf<W> {
    /// Makes the sink.
    pub fn new(out: W) -> Self {
        Self { document: Document::new(out), run: None }
    }
}

fn severity(severity: Severity) -> (u8, &'static str) {
    match severity {
        Severity::Info => (1, "Informational"),
        Severity::Low => (2, "Low"),
        Severity::Medium => (3, "Medium"),
        Severity::High => (4, "High"),
        Severity::Critical => (5, "Critical"),
    }
}

/// The state of the finding as work: what passes is resolved, what an exception covers is suppressed.
fn state(result: &CheckResult) -> (u8, &'static str) {
    match result.status {
        _ if result.exception.is_some() => (3, "Suppressed"),
        Status::Fail | Status::Unknown => (1, "New"),
        Status::Pass | Status::NotApplicable => (4, "Resolved"),
    }
}

fn compliance_status(status: Status) -> (u8, &'static str) {
    match status {
        Status::Pass => (1, "Pass"),
        Status::Fail => (3, "Fail"),
        Status::Unknown => (0, "Unknown"),
        Status::NotApplicable => (99, "Not Applicable"),
    }
}

fn resource(run: &Run, result: &CheckResult) -> Value {
    let mut object = Map::new();
    let known = result.resource.as_deref();
    let name = words::resource_name(result).map_or_else(|| words::resource(result), str::to_owned);
    object.insert("name".to_owned(), name.into());
    object.insert("type".to_owned(), (*result.resource_type).into());
    if let Some(resource) = known {
        object.insert("uid".to_owned(), resource.arn.as_deref().unwrap_or(&resource.id).into());
    }
    if let Some(arn) = known.and_then(|resource| resource.arn.as_deref())
        && let Some(partition) = arn.split(':').nth(1)
    {
        object.insert("cloud_partition".to_owned(), partition.into());
    }
    if let Some(region) = &result.region {
        object.insert("region".to_owned(), (**region).into());
    }
    if let Some(owner) = run.ledger.owner(result) {
        object.insert("owner".to_owned(), json!({ "name": &*owner }));
    }
    Value::Object(object)
}

fn event(run: &Run, check: &CheckInfo, result: &CheckResult) -> Value {
    let (severity_id, severity) = severity(result.severity);
    let (status_id, status) = state(result);
    let (compliance_id, compliance) = compliance_status(result.status);
    let time = run.as_of.timestamp_millis();
    let first_seen = run.ledger.first_seen(result.id).map_or(time, |moment| moment.timestamp_millis());
    let requirements: Vec<String> =
        check.controls.iter().flat_map(|(framework, ids)| ids.iter().map(move |id| format!("{framework} {id}"))).collect();
    let standards: Vec<&str> = check.controls.iter().map(|(framework, _)| framework.as_str()).collect();
    let because = words::because(result);
    let mut cloud = json!({ "provider": "AWS" });
    if let Some(region) = &result.region {
        set(&mut cloud, "region", &**region);
    }
    if let Some(account) = &result.account {
        set(&mut cloud, "account", json!({ "uid": &**account, "type": "AWS Account", "type_id": 10 }));
    }
    let facts: Vec<Value> = result
        .facts
        .iter()
        .map(|fact| {
            let value = serde_json::from_str(&fact.json).unwrap_or(Value::Null);
            let location = fact.location.as_ref().map(ToString::to_string);
            json!({ "path": &*fact.path, "value": value, "location": location, "default": fact.default_note.as_deref() })
        })
        .collect();
    let mut event = json!({
        "activity_id": 1,
        "activity_name": "Create",
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": 2003,
        "class_name": "Compliance Finding",
        "type_uid": 200_301,
        "type_name": "Compliance Finding: Create",
        "time": time,
        "severity_id": severity_id,
        "severity": severity,
        "status_id": status_id,
        "status": status,
        "message": format!("{}: {}", check.title, words::resource(result)),
        "metadata": {
            "version": OCSF,
            "event_code": &*check.id,
            "profiles": ["cloud"],
            "product": { "name": "partywall", "vendor_name": "partywall", "version": run.version },
        },
        "finding_info": {
            "uid": result.id.to_string(),
            "title": check.title,
            "desc": check.why,
            "types": [check.duty],
            "created_time": first_seen,
        },
        "compliance": {
            "control": &*check.id,
            "desc": check.title,
            "requirements": requirements,
            "standards": standards,
            "status": compliance,
            "status_id": compliance_id,
            "status_details": if because.is_empty() { vec![] } else { vec![because] },
        },
        "resources": [resource(run, result)],
        "cloud": cloud,
        "unmapped": {
            "party": &*result.party,
            "owner": run.ledger.owner(result).as_deref(),
            "layer": check.layer,
            "duty": check.duty,
            "due": run.due(result).map(|due| due.to_string()),
            "facts": facts,
            "exception": result.exception.as_deref().map(words::exception_value),
            "snapshot": run.snapshot,
            "catalog": run.catalog,
        },
    });
    if let Some((_, fix)) = check.fixes().next()
        && result.status == Status::Fail
    {
        set(&mut event, "remediation", json!({ "desc": fix }));
    }
    event
}

impl<W: Write> ResultSink for Ocsf<W> {
    fn begin(&mut self, run: &Run) -> io::Result<()> {
        self.run = Some(run.clone());
        self.document.open("[")
    }

    fn result(&mut self, check: &CheckInfo, result: &CheckResult) -> io::Result<()> {
        match &self.run {
            Some(run) if !result.is_blind() => self.document.element(&serde_json::to_vec(&event(run, check, result))?),
            _ => Ok(()),
        }
    }

    fn finish(&mut self, _summary: &Summary) -> io::Result<()> {
        self.document.close("]\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Format, Options, fixture};

    #[test]
    fn events_have_the_class_s_required_attributes() {
        let events: Vec<Value> = serde_json::from_str(&fixture::render(Format::Ocsf, Options::default())).unwrap();
        assert_eq!(events.len(), fixture::sample().results.len() - 1);
        for event in &events {
            for name in ["activity_id", "category_uid", "class_uid", "type_uid", "time", "severity_id"] {
                assert!(event[name].is_u64(), "{name}");
            }
            assert_eq!(event["type_uid"].as_u64().unwrap(), 2003 * 100 + event["activity_id"].as_u64().unwrap());
            for name in ["cloud", "compliance", "finding_info", "metadata"] {
                assert!(event[name].is_object(), "{name}");
            }
            assert!(event["time"].as_u64().unwrap() > 1_700_000_000_000);
        }
    }

    #[test]
    fn unknown_is_no_pass() {
        let events: Vec<Value> = serde_json::from_str(&fixture::render(Format::Ocsf, Options::default())).unwrap();
        let ids: Vec<u64> = events.iter().take(6).map(|event| event["compliance"]["status_id"].as_u64().unwrap()).collect();
        assert_eq!(ids, [3, 3, 0, 99, 1, 0]);
    }
}
