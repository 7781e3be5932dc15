//! A small made-up run with hostile names, shared by the tests of all formats.

mod figures;

use std::io;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, NaiveDate, Utc};
use partywall_model::{
    Cause, CauseKind, CheckResult, Exception, ExceptionKind, Fact, FindingId, Location, Resource, Satellite, Severity, Source, SourceKind,
    Status, UnknownBecause,
};

use crate::{CheckInfo, DueDays, Format, Ledger, Options, Run, Side, Summary, sink};

/// Everything that a sink is told.
pub(crate) struct Sample {
    pub(crate) run: Run,
    pub(crate) results: Vec<(Arc<CheckInfo>, CheckResult)>,
    pub(crate) summary: Summary,
}

/// Names that have broken reports elsewhere.
pub(crate) const HOSTILE: [&str; 6] = [
    "<img src=x onerror=alert(1)></script><script>alert(2)</script><!--",
    "=HYPERLINK(\"http://example.invalid\")",
    "esc\u{1b}[31mred\u{7}\u{0} bidi\u{202e}txt",
    "🧱 mauer 壁 | `code` *bold* [x](javascript:alert(1)) @team",
    "a\"b'c\\d\r\ne&amp;{{ 7*7 }}{% raw %}]]>",
    "-very-long-",
];

struct Owners;

impl Ledger for Owners {
    fn owner(&self, result: &CheckResult) -> Option<Arc<str>> {
        (result.resource_type.as_ref() == "AWS::S3::Bucket").then(|| Arc::from("team-data"))
    }

    fn first_seen(&self, id: FindingId) -> Option<DateTime<Utc>> {
        (id.0 == 1).then(|| moment(19))
    }
}

fn moment(day: u32) -> DateTime<Utc> {
    NaiveDate::from_ymd_opt(2026, 11, day).unwrap().and_hms_opt(6, 0, 0).unwrap().and_utc()
}

pub(crate) fn check(id: &str, severity: Severity, resource_type: &str, title: &str, layer: &str, layer_title: &str) -> Arc<CheckInfo> {
    Arc::new(CheckInfo {
        id: Arc::from(id),
        title: title.to_owned(),
        severity,
        resource_type: resource_type.to_owned(),
        duty: format!("{layer}.restrict-exposure"),
        duty_title: "Decide who can reach it.".to_owned(),
        layer: layer.to_owned(),
        layer_title: layer_title.to_owned(),
        course: 0,
        side: Side::In,
        controls: vec![
            ("cis-aws-5.0".to_owned(), vec!["2.1.4".to_owned()]),
            ("nist-csf-2.0".to_owned(), vec!["PR.AA-05".to_owned(), "PR.DS-01".to_owned()]),
        ],
        equivalents: vec![("securityhub".to_owned(), vec!["S3.8".to_owned()])],
        why: "Anyone on the internet can list and read what is stored.\n\nA mistake in one policy is then enough.".to_owned(),
        aws_part: "Offers the setting and enforces it.".to_owned(),
        customer_part: "Turns it on and keeps it on.".to_owned(),
        fix_console: Some("Open the bucket, Permissions, Block public access, Edit, select all four, Save.".to_owned()),
        fix_cli: Some("aws s3api put-public-access-block --bucket BUCKET --public-access-block-configuration …".to_owned()),
        fix_cloudformation: None,
        fix_terraform: None,
    })
}

pub(crate) fn resource(resource_type: &str, id: &str, kind: SourceKind, file: &str) -> Resource {
    let mut resource = Resource::new(resource_type, id, Arc::new(Source { kind, file: Arc::from(file) }));
    resource.account = Some(Arc::from("111111111111"));
    resource.region = Some(Arc::from("eu-central-1"));
    resource.observed_at = Some(moment(20));
    resource
}

pub(crate) fn location(file: &str, line: u32, column: u32) -> Location {
    Location { file: Arc::from(file), line, column }
}

pub(crate) fn fact(path: &str, json: &str, location: Option<Location>) -> Fact {
    Fact { path: Arc::from(path), json: json.to_owned(), location, default_note: None, decided: true }
}

pub(crate) fn result(id: u64, check: &CheckInfo, status: Status, resource: &Arc<Resource>, facts: Vec<Fact>) -> CheckResult {
    CheckResult {
        id: FindingId(id),
        check: check.id.clone(),
        severity: check.severity,
        status,
        resource_type: resource.resource_type.clone(),
        account: resource.account.clone(),
        region: resource.region.clone(),
        resource: Some(resource.clone()),
        facts,
        unknown_because: Vec::new(),
        exception: None,
        party: Arc::from("customer"),
    }
}

fn unknown(id: u64, check: &CheckInfo, resource: &Arc<Resource>, path: &str, cause: Cause) -> CheckResult {
    let mut result = result(id, check, Status::Unknown, resource, Vec::new());
    result.unknown_because = vec![UnknownBecause { path: Arc::from(path), cause: Arc::new(cause) }];
    result
}

/// The sample.
pub(crate) fn sample() -> Sample {
    let public = check(
        "s3.bucket-blocks-public-access",
        Severity::Critical,
        "AWS::S3::Bucket",
        "S3 bucket blocks public access",
        "network-config",
        "Network configuration",
    );
    let minor = check(
        "rds.instance-minor-upgrades",
        Severity::High,
        "AWS::RDS::DBInstance",
        "Minor patches are applied",
        "engine-runtime",
        "Engine and runtime",
    );
    let logs = check(
        "s3.bucket-logs-access",
        Severity::Low,
        "AWS::S3::Bucket",
        "Access to the bucket is logged",
        "logging-monitoring",
        "Logging and monitoring",
    );

    let mut bucket = resource("AWS::S3::Bucket", "statements-prod", SourceKind::CloudFormation, "templates/storage.yaml");
    bucket.logical_id = Some(Arc::from("Statements"));
    bucket.arn = Some(Arc::from("arn:aws:s3:::statements-prod"));
    bucket.location = Some(location("templates/storage.yaml", 10, 3));
    bucket.satellites = vec![Satellite {
        path: Arc::from("_Policy"),
        resource_type: Arc::from("AWS::S3::BucketPolicy"),
        id: Arc::from("StatementsPolicy"),
        location: Some(location("templates/policy.json", 12, 5)),
    }];
    let bucket = Arc::new(bucket);
    let mut database = resource("AWS::RDS::DBInstance", "core-ledger", SourceKind::Config, "config/snapshot.json.gz");
    database.arn = Some(Arc::from("arn:aws:rds:eu-central-1:111111111111:db:core-ledger"));
    let database = Arc::new(database);

    let open = fact("_Policy.Statement", "[{\"Effect\":\"Allow\",\"Principal\":\"*\"}]", Some(location("templates/policy.json", 14, 7)));
    let mut block = fact("PublicAccessBlockConfiguration.BlockPublicAcls", "null", Some(location("templates/storage.yaml", 10, 3)));
    block.default_note = Some(Arc::from("on for new buckets since April 2023"));
    let mut results = vec![
        (public.clone(), result(1, &public, Status::Fail, &bucket, vec![open, block])),
        (minor.clone(), result(2, &minor, Status::Fail, &database, vec![fact("AutoMinorVersionUpgrade", "false", None)])),
        (
            public.clone(),
            unknown(
                3,
                &public,
                &database,
                "PublicAccessBlockConfiguration",
                Cause::new(CauseKind::Denied, "s3:GetBucketPublicAccessBlock").with_action("s3:GetBucketPublicAccessBlock"),
            ),
        ),
        (
            logs.clone(),
            unknown(4, &logs, &bucket, "_Runtime.LastDelivery", Cause::new(CauseKind::NotInSource, "templates show no deliveries")),
        ),
        (logs.clone(), result(5, &logs, Status::NotApplicable, &bucket, Vec::new())),
        (minor.clone(), result(6, &minor, Status::Pass, &database, vec![fact("AutoMinorVersionUpgrade", "true", None)])),
    ];
    let mut listing =
        unknown(7, &public, &bucket, "", Cause::new(CauseKind::Denied, "s3:ListAllMyBuckets").with_action("s3:ListAllMyBuckets"));
    listing.resource = None;
    listing.account = Some(Arc::from("222222222222"));
    results.push((public.clone(), listing));
    for (at, name) in HOSTILE.into_iter().enumerate() {
        let long = if name == "-very-long-" { name.repeat(400) } else { name.to_owned() };
        let mut bucket = resource("AWS::S3::Bucket", &long, SourceKind::CloudFormation, "templates/hostile name.yaml");
        bucket.name = Some(Arc::from(long.as_str()));
        bucket.location = Some(location("templates/hostile name.yaml", 7, 1));
        let json = serde_json::to_string(&long).unwrap();
        let mut one = result(100 + at as u64, &logs, Status::Fail, &Arc::new(bucket), vec![fact("LoggingConfiguration", &json, None)]);
        if at == 0 {
            one.exception = Some(Arc::new(Exception {
                id: "EX-1".to_owned(),
                kind: ExceptionKind::RiskAccepted,
                reason: "Holds <b>nothing</b> of value | =1+1".to_owned(),
                owner: "team-data".to_owned(),
                approver: "security-board".to_owned(),
                expires: NaiveDate::from_ymd_opt(2027, 3, 31).unwrap(),
            }));
        }
        results.push((logs.clone(), one));
    }

    let run = Run {
        title: "examples/harbour-bank".to_owned(),
        again: Some("examples/harbour-bank".to_owned()),
        synthetic: Some("synthetic: a mid-sized bank on AWS".to_owned()),
        narrowed: None,
        as_of: moment(20),
        snapshot: "S-2026-11-20T06".to_owned(),
        catalog: "0.1.0".to_owned(),
        version: "0.1.0".to_owned(),
        due_days: DueDays::default(),
        ledger: Arc::new(Owners),
    };
    let summary = figures::summary(&run, &results);
    Sample { run, results, summary }
}

/// A writer whose bytes can be read after the sink is gone.
#[derive(Clone, Default)]
pub(crate) struct Shared(Arc<Mutex<Vec<u8>>>);

impl io::Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Renders a sample.
pub(crate) fn render_sample(sample: &Sample, format: Format, options: Options) -> String {
    let out = Shared::default();
    let mut sink = sink(format, out.clone(), options);
    sink.begin(&sample.run).unwrap();
    for (check, result) in &sample.results {
        sink.result(check, result).unwrap();
    }
    sink.finish(&sample.summary).unwrap();
    drop(sink);
    String::from_utf8(Arc::try_unwrap(out.0).unwrap().into_inner().unwrap()).unwrap()
}

/// Renders the sample.
pub(crate) fn render(format: Format, options: Options) -> String {
    render_sample(&sample(), format, options)
}
