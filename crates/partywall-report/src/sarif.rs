use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::Arc;

use partywall_model::{CheckResult, Location, Severity, Status};
use serde_json::{Value, json};

use crate::document::{Document, set};
use crate::sink::ResultSink;
use crate::view::timestamp;
use crate::words;
use crate::{CheckInfo, Run, Summary};

/// SARIF 2.1.0 for code scanning: failed checks as results of kind `fail`, unknown ones as kind `review` (SARIF §3.27.9;
/// such results have level `none`, §3.27.10). Passed, not applicable and blind results are left out; the run's properties
/// count the blind ones. Sources with lines give a physical location, live resources a logical one.
#[derive(Debug)]
pub struct Sarif<W> {
    document: Document<W>,
    run: Option<Run>,
    rules: Vec<Value>,
    index: HashMap<Arc<str>, usize>,
}

impl<W: Write> Sarif<W> {
    /// Makes the sink.
    pub fn new(out: W) -> Self {
        Self { document: Document::new(out), run: None, rules: Vec::new(), index: HashMap::new() }
    }

    /// The index of the check's rule, which is made when the check first occurs.
    fn rule(&mut self, check: &CheckInfo) -> usize {
        let rules = &mut self.rules;
        *self.index.entry(check.id.clone()).or_insert_with(|| {
            rules.push(rule(check));
            rules.len() - 1
        })
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// The score by which code scanning sorts; the middle of each band of CVSS 3.
fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
        Severity::Info => "0.0",
    }
}

fn rule(check: &CheckInfo) -> Value {
    let mut help = check.why.clone();
    for (tool, text) in check.fixes() {
        help.push_str("\n\n");
        help.push_str(tool);
        help.push_str(": ");
        help.push_str(text);
    }
    let controls = check.controls.iter().flat_map(|(framework, ids)| ids.iter().map(move |id| format!("{framework}/{id}")));
    let mut tags = vec!["security".to_owned(), check.layer.clone()];
    tags.extend(controls);
    json!({
        "id": &*check.id,
        "name": &*check.id,
        "shortDescription": { "text": check.title },
        "fullDescription": { "text": check.why },
        "help": { "text": help },
        "defaultConfiguration": { "level": level(check.severity) },
        "properties": {
            "tags": tags,
            "security-severity": score(check.severity),
            "severity": check.severity.as_str(),
            "duty": check.duty,
            "layer": check.layer,
            "awsPart": check.aws_part,
            "customerPart": check.customer_part,
        },
    })
}

/// A path as a relative URI reference: forward slashes, no leading `./`, everything else than plain characters encoded.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    let path = path.replace('\\', "/");
    let path = path.strip_prefix("./").unwrap_or(&path);
    if path.starts_with('/') {
        uri.push_str("file://");
    }
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            other => {
                uri.push('%');
                for nibble in [other >> 4, other & 15] {
                    uri.extend(char::from_digit(nibble.into(), 16).map(|digit| digit.to_ascii_uppercase()));
                }
            }
        }
    }
    uri
}

fn physical(location: &Location) -> Value {
    json!({
        "artifactLocation": { "uri": uri(&location.file) },
        "region": { "startLine": location.line.max(1), "startColumn": location.column.max(1) },
    })
}

fn logical(result: &CheckResult) -> Value {
    let resource = result.resource.as_deref();
    let name = words::resource_name(result).map_or_else(|| words::resource(result), str::to_owned);
    let scope = [result.account.as_deref(), result.region.as_deref()].map(Option::unwrap_or_default).join("/");
    let full = match resource {
        Some(resource) => match &resource.arn {
            Some(arn) => arn.to_string(),
            None => format!("{scope}/{}/{}", result.resource_type, resource.id),
        },
        None => format!("{scope}/{}", result.resource_type),
    };
    json!({ "name": name, "fullyQualifiedName": full, "kind": "resource" })
}

fn result_object(run: &Run, rule: usize, check: &CheckInfo, result: &CheckResult) -> Value {
    let failed = result.status == Status::Fail;
    let because = words::because(result);
    let said = if failed { "not so" } else { "could not be judged" };
    let message = format!("{}: {}: {said}. {because}", words::resource(result), check.title);
    let mut location = json!({ "logicalLocations": [logical(result)] });
    let position = words::position(result);
    if let Some(position) = position {
        set(&mut location, "physicalLocation", physical(position));
    }
    let related: Vec<Value> = result
        .facts
        .iter()
        .filter(|fact| fact.location.is_some() && fact.location.as_ref() != position)
        .filter_map(|fact| Some(json!({ "physicalLocation": physical(fact.location.as_ref()?), "message": { "text": words::fact(fact) } })))
        .collect();
    let mut object = json!({
        "ruleId": &*check.id,
        "ruleIndex": rule,
        "kind": if failed { "fail" } else { "review" },
        "level": if failed { level(result.severity) } else { "none" },
        "message": { "text": message },
        "locations": [location],
        "partialFingerprints": { "partywall/v1": result.id.to_string() },
        "properties": {
            "party": &*result.party,
            "owner": run.ledger.owner(result).as_deref(),
            "duty": check.duty,
            "layer": check.layer,
            "due": run.due(result).map(|due| due.to_string()),
        },
    });
    if !related.is_empty() {
        set(&mut object, "relatedLocations", related);
    }
    if let Some(exception) = &result.exception {
        let suppression = json!({
            "kind": "external",
            "status": "accepted",
            "justification": exception.reason,
            "properties": words::exception_value(exception),
        });
        set(&mut object, "suppressions", vec![suppression]);
    }
    object
}

impl<W: Write> ResultSink for Sarif<W> {
    fn begin(&mut self, run: &Run) -> io::Result<()> {
        self.run = Some(run.clone());
        self.document.open(
            "{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\",\"runs\":[{\"columnKind\":\"unicodeCodePoints\",\"results\":[",
        )
    }

    fn result(&mut self, check: &CheckInfo, result: &CheckResult) -> io::Result<()> {
        if !matches!(result.status, Status::Fail | Status::Unknown) || result.is_blind() {
            return Ok(());
        }
        let rule = self.rule(check);
        let Some(run) = &self.run else { return Ok(()) };
        self.document.element(&serde_json::to_vec(&result_object(run, rule, check, result))?)
    }

    fn finish(&mut self, summary: &Summary) -> io::Result<()> {
        let Some(run) = &self.run else { return Ok(()) };
        let driver = json!({ "name": "partywall", "version": run.version, "rules": self.rules });
        let invocation = json!([{
            "executionSuccessful": summary.exit.code != 2,
            "exitCode": summary.exit.code,
            "exitCodeDescription": summary.exit.words,
            "endTimeUtc": timestamp(run.as_of),
        }]);
        let properties = json!({ "snapshot": run.snapshot, "catalog": run.catalog, "blind": summary.blind, "unseen": summary.unseen() });
        self.document.close(&format!(
            "],\"tool\":{{\"driver\":{driver}}},\"invocations\":{invocation},\"automationDetails\":{{\"id\":\"partywall/\"}},\"properties\":{properties}}}]}}\n"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Format, Options, fixture};

    fn document() -> Value {
        serde_json::from_str(&fixture::render(Format::Sarif, Options::default())).unwrap()
    }

    #[test]
    fn the_document_is_valid() {
        let mut schema: Value = serde_json::from_str(include_str!("../tests/data/sarif-schema-2.1.0.json")).unwrap();
        // The published pattern of this unused property has a stray bracket that strict regular expressions refuse.
        for owner in ["run", "toolComponent"] {
            schema["definitions"][owner]["properties"]["language"].as_object_mut().unwrap().remove("pattern");
        }
        let validator = jsonschema::draft7::options().should_validate_formats(true).build(&schema).unwrap();
        let document = document();
        let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new());
        let mut broken = document;
        broken["runs"][0]["results"][0]["level"] = json!("severe");
        assert!(!validator.is_valid(&broken));
    }

    #[test]
    fn results_point_at_the_deciding_line() {
        let document = document();
        let first = &document["runs"][0]["results"][0];
        assert_eq!(first["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "templates/policy.json");
        assert_eq!(first["locations"][0]["physicalLocation"]["region"]["startLine"], 14);
        assert_eq!(first["relatedLocations"].as_array().unwrap().len(), 1);
        assert_eq!(first["partialFingerprints"]["partywall/v1"], "F-0000000000001");
        let live = &document["runs"][0]["results"][1]["locations"][0];
        assert!(live["physicalLocation"].is_null());
        assert_eq!(live["logicalLocations"][0]["fullyQualifiedName"], "arn:aws:rds:eu-central-1:111111111111:db:core-ledger");
    }

    #[test]
    fn only_open_questions_and_failures_are_listed() {
        let document = document();
        let results = document["runs"][0]["results"].as_array().unwrap();
        assert_eq!(results.len(), 10);
        assert_eq!(results.iter().filter(|one| one["kind"] == "review" && one["level"] == "none").count(), 2);
        assert_eq!(results.iter().filter(|one| one["suppressions"].is_array()).count(), 1);
        for one in results {
            let rule = usize::try_from(one["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(document["runs"][0]["tool"]["driver"]["rules"][rule]["id"], one["ruleId"]);
        }
    }

    #[test]
    fn paths_become_uri_references() {
        assert_eq!(uri("./a b/ü#?.yaml"), "a%20b/%C3%BC%23%3F.yaml");
        assert_eq!(uri("a\\b.json"), "a/b.json");
        assert_eq!(uri("/tmp/x"), "file:///tmp/x");
    }
}
