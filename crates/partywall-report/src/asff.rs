use std::collections::BTreeMap;
use std::io::{self, Write};

use partywall_model::{CheckResult, Severity, Status};
use serde_json::{Map, Value, json};

use crate::document::set;
use crate::sink::ResultSink;
use crate::text::at_most;
use crate::view::timestamp;
use crate::words;
use crate::{CheckInfo, Run, Summary};

/// `BatchImportFindings` takes at most so many findings per call.
const BATCH: usize = 100;
/// AWS Security Finding Format: each line is one complete `BatchImportFindings` request
/// (`aws securityhub batch-import-findings --cli-input-json`), of one account and region and at most 100 findings. Blind
/// results are left out, and so is what names no account or region, as in most templates: [`fits_asff`].
#[derive(Debug)]
pub struct Asff<W> {
    out: W,
    run: Option<Run>,
    batches: BTreeMap<(String, String), Vec<Value>>,
}

impl<W: Write> Asff<W> {
    /// Makes the sink.
    pub fn new(out: W) -> Self {
        Self { out, run: None, batches: BTreeMap::new() }
    }
}

fn write<W: Write>(out: &mut W, findings: &[Value]) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &json!({ "Findings": findings }))?;
    out.write_all(b"\n")
}

/// True if ASFF can hold the result: it needs an account and a region, and none is made up.
pub fn fits_asff(result: &CheckResult) -> bool {
    place(result).is_some()
}

/// The account and region of a result. What is global stands in the region in which its partition keeps it.
fn place(result: &CheckResult) -> Option<(&str, &str)> {
    let account = result.account.as_deref()?;
    let region = match result.region.as_deref()? {
        "global" => match result.resource.as_deref().and_then(|resource| resource.arn.as_deref()?.split(':').nth(1)) {
            Some("aws-cn") => "cn-north-1",
            Some("aws-us-gov") => "us-gov-west-1",
            Some("aws-eusc") => "eusc-de-east-1",
            _ => "us-east-1",
        },
        region => region,
    };
    Some((account, region))
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "INFORMATIONAL",
        Severity::Low => "LOW",
        Severity::Medium => "MEDIUM",
        Severity::High => "HIGH",
        Severity::Critical => "CRITICAL",
    }
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Pass => "PASSED",
        Status::Fail => "FAILED",
        Status::Unknown => "WARNING",
        Status::NotApplicable => "NOT_AVAILABLE",
    }
}

/// The partition that a region belongs to, by its prefix.
fn partition(region: &str) -> &'static str {
    const PREFIXES: [(&str, &str); 6] = [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("eusc-", "aws-eusc"),
        ("us-iso-", "aws-iso"),
        ("us-isob-", "aws-iso-b"),
        ("eu-isoe-", "aws-iso-e"),
    ];
    PREFIXES.iter().find(|(prefix, _)| region.starts_with(prefix)).map_or("aws", |(_, partition)| partition)
}

/// The type as ASFF names it: `AWS::S3::Bucket` is `AwsS3Bucket`; what Security Hub does not know is `Other`.
fn resource_type(registry: &str) -> String {
    match registry.strip_prefix("AWS::").and_then(|rest| rest.split_once("::")) {
        Some((service, name)) => {
            let mut letters = service.chars();
            let first: String = letters.next().into_iter().collect();
            let tail = letters.as_str();
            // Acronyms are spelled as words (`AwsRdsDbInstance`); two-letter names keep only their first capital.
            let service = if tail.chars().all(|one| !one.is_lowercase()) { first + &tail.to_lowercase() } else { first + tail };
            format!("Aws{service}{}", name.replace("DB", "Db"))
        }
        None => "Other".to_owned(),
    }
}

fn finding(run: &Run, check: &CheckInfo, result: &CheckResult, account: &str, region: &str) -> Value {
    let known = result.resource.as_deref();
    let partition = partition(region);
    let id = match known {
        Some(resource) => resource.arn.as_deref().unwrap_or(&resource.id).to_owned(),
        None => format!("{partition}:{account}:{region}:{}", result.resource_type),
    };
    let mut resource = json!({
        "Type": resource_type(&result.resource_type),
        "Id": at_most(&id, 512),
        "Partition": partition,
        "Region": region,
    });
    let details: Map<String, Value> =
        result.facts.iter().take(16).map(|fact| (at_most(&fact.path, 128).into_owned(), Value::from(at_most(&fact.json, 256)))).collect();
    if !details.is_empty() {
        set(&mut resource, "Details", json!({ "Other": details }));
    }
    let because = words::because(result);
    let mut fields = Map::new();
    let mut field = |name: &str, value: &str| {
        if !value.is_empty() {
            fields.insert(name.to_owned(), at_most(value, 1024).into());
        }
    };
    field("party", &result.party);
    field("owner", &run.ledger.owner(result).unwrap_or_default());
    field("layer", &check.layer);
    field("duty", &check.duty);
    field("because", &because);
    field("due", &run.due(result).map(|due| due.to_string()).unwrap_or_default());
    if let Some(exception) = &result.exception {
        field("exception", &format!("{}: {} ({})", exception.id, words::exception(exception), exception.reason));
    }
    let mut compliance = json!({ "Status": status(result.status), "SecurityControlId": at_most(&check.id, 64) });
    let related: Vec<String> =
        check.controls.iter().flat_map(|(framework, ids)| ids.iter().map(move |id| format!("{framework} {id}"))).take(32).collect();
    if !related.is_empty() {
        set(&mut compliance, "RelatedRequirements", related);
    }
    let first_seen = run.ledger.first_seen(result.id).unwrap_or(run.as_of);
    let description = if because.is_empty() { check.why.clone() } else { format!("{because}\n\n{}", check.why) };
    let workflow = match result.status {
        Status::Fail | Status::Unknown if result.exception.is_some() => "SUPPRESSED",
        Status::Fail | Status::Unknown => "NEW",
        Status::Pass | Status::NotApplicable => "RESOLVED",
    };
    let mut finding = json!({
        "SchemaVersion": "2018-10-08",
        "Id": format!("partywall/{}", result.id),
        "ProductArn": format!("arn:{partition}:securityhub:{region}:{account}:product/{account}/default"),
        "ProductName": "partywall",
        "CompanyName": "partywall",
        "GeneratorId": at_most(&format!("partywall/{}", check.id), 512),
        "AwsAccountId": account,
        "Types": ["Software and Configuration Checks/AWS Security Best Practices"],
        "FirstObservedAt": timestamp(first_seen),
        "CreatedAt": timestamp(first_seen),
        "UpdatedAt": timestamp(run.as_of),
        "Severity": { "Label": severity(result.severity), "Original": result.severity.as_str() },
        "Title": at_most(&check.title, 256),
        "Description": at_most(&description, 1024),
        "Resources": [resource],
        "Compliance": compliance,
        "Workflow": { "Status": workflow },
        "RecordState": "ACTIVE",
        "ProductFields": {
            "partywall/version": run.version,
            "partywall/catalog": run.catalog,
            "partywall/snapshot": run.snapshot,
        },
        "UserDefinedFields": fields,
    });
    if let Some((_, fix)) = check.fixes().next()
        && result.status == Status::Fail
    {
        set(&mut finding, "Remediation", json!({ "Recommendation": { "Text": at_most(fix, 512) } }));
    }
    finding
}

impl<W: Write> ResultSink for Asff<W> {
    fn begin(&mut self, run: &Run) -> io::Result<()> {
        self.run = Some(run.clone());
        Ok(())
    }

    fn result(&mut self, check: &CheckInfo, result: &CheckResult) -> io::Result<()> {
        let Some(run) = &self.run else { return Ok(()) };
        if result.is_blind() {
            return Ok(());
        }
        let Some((account, region)) = place(result) else { return Ok(()) };
        let finding = finding(run, check, result, account, region);
        let batch = self.batches.entry((account.to_owned(), region.to_owned())).or_default();
        batch.push(finding);
        if batch.len() == BATCH {
            write(&mut self.out, batch)?;
            batch.clear();
        }
        Ok(())
    }

    fn finish(&mut self, _summary: &Summary) -> io::Result<()> {
        for batch in std::mem::take(&mut self.batches).into_values().filter(|batch| !batch.is_empty()) {
            write(&mut self.out, &batch)?;
        }
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Format, Options, fixture};

    fn findings() -> Vec<Value> {
        let text = fixture::render(Format::Asff, Options::default());
        let requests = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        requests.flat_map(|request| request["Findings"].as_array().unwrap().clone()).collect()
    }

    #[test]
    fn findings_keep_the_limits() {
        let findings = findings();
        assert_eq!(findings.len(), fixture::sample().results.len() - 1);
        for finding in &findings {
            for (field, most) in [("Title", 256), ("Description", 1024), ("GeneratorId", 512)] {
                let length = finding[field].as_str().unwrap().chars().count();
                assert!((1..=most).contains(&length), "{field}");
            }
            assert!(finding["Resources"][0]["Id"].as_str().unwrap().chars().count() <= 512);
            assert_eq!(finding["AwsAccountId"].as_str().unwrap().len(), 12);
        }
    }

    #[test]
    fn accounts_travel_apart() {
        let text = fixture::render(Format::Asff, Options::default());
        assert_eq!(text.lines().count(), 2);
        for line in text.lines() {
            let request: Value = serde_json::from_str(line).unwrap();
            let findings = request["Findings"].as_array().unwrap();
            let first = findings.first().unwrap();
            assert!(findings.iter().all(|finding| finding["ProductArn"] == first["ProductArn"]));
        }
    }

    #[test]
    fn no_account_or_region_is_made_up() {
        let mut sample = fixture::sample();
        let (check, one) = sample.results.swap_remove(1);
        let with = |account: Option<&str>, region: Option<&str>| {
            let (account, region) = (account.map(Into::into), region.map(Into::into));
            (check.clone(), CheckResult { account, region, ..one.clone() })
        };
        let account = Some("111122223333");
        sample.results = vec![with(None, None), with(None, Some("eu-west-1")), with(account, None), with(account, Some("global"))];
        assert!(!fits_asff(&sample.results[0].1) && fits_asff(&sample.results[3].1));
        let text = fixture::render_sample(&sample, Format::Asff, Options::default());
        assert_eq!(text.matches("\"AwsAccountId\"").count(), 1, "{text}");
        assert!(text.contains("us-east-1"), "what is global: {text}");
    }

    #[test]
    fn a_batch_holds_one_hundred() {
        let mut sample = fixture::sample();
        let one = sample.results.swap_remove(1);
        sample.results = (0..250).map(|_| one.clone()).collect();
        let text = fixture::render_sample(&sample, Format::Asff, Options::default());
        assert_eq!(text.lines().count(), 3);
    }

    #[test]
    fn types_and_partitions_have_aws_s_names() {
        assert_eq!(resource_type("AWS::S3::Bucket"), "AwsS3Bucket");
        assert_eq!(resource_type("AWS::RDS::DBInstance"), "AwsRdsDbInstance");
        assert_eq!(resource_type("Partywall::Region"), "Other");
        assert_eq!(partition("us-gov-west-1"), "aws-us-gov");
        assert_eq!(partition("us-isob-east-1"), "aws-iso-b");
    }
}
