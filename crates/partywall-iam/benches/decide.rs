//! Time per decision, and per reading and deciding, on synthetic policies: `cargo bench -p partywall-iam`.
//!
//! Each figure is the least mean of many short batches, so that other work on the machine shows as little as possible.

use std::hint::black_box;
use std::io::Write;
use std::time::Instant;

use partywall_iam::Document;
use partywall_iam::eval::{Caller, Decision, Policies, Policy, Request, evaluate};
use partywall_model::Value;

const IDENTITY: &str = r#"{"Version":"2012-10-17","Statement":[
 {"Sid":"Read","Effect":"Allow","Action":["s3:GetObject","s3:ListBucket","s3:GetBucketLocation"],"Resource":["arn:aws:s3:::data","arn:aws:s3:::data/*"]},
 {"Sid":"Own","Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::home/${aws:username}/*"},
 {"Sid":"Keys","Effect":"Allow","Action":["kms:Decrypt","kms:GenerateDataKey*"],"Resource":"arn:aws:kms:*:111122223333:key/*",
  "Condition":{"StringLike":{"kms:ViaService":"s3.*.amazonaws.com"}}},
 {"Sid":"Logs","Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"},
 {"Sid":"NoDelete","Effect":"Deny","Action":"s3:Delete*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"false"}}}]}"#;
const BUCKET: &str = r#"{"Version":"2012-10-17","Statement":[
 {"Sid":"Tls","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::data","arn:aws:s3:::data/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}},
 {"Sid":"Partner","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::444455556666:role/reader","arn:aws:iam::777788889999:root"]},"Action":"s3:GetObject",
  "Resource":"arn:aws:s3:::data/shared/*","Condition":{"IpAddress":{"aws:SourceIp":["203.0.113.0/24","198.51.100.0/24"]}}}]}"#;
const CONTROL: &str = r#"{"Version":"2012-10-17","Statement":[
 {"Effect":"Allow","Action":"*","Resource":"*"},
 {"Sid":"Regions","Effect":"Deny","NotAction":["iam:*","sts:*","organizations:*","route53:*","cloudfront:*","s3:*"],"Resource":"*",
  "Condition":{"StringNotEquals":{"aws:RequestedRegion":["eu-west-1","eu-central-1"]}}}]}"#;

fn main() -> Result<(), Vec<String>> {
    let read = Policy::read;
    let mut request =
        Request::new(Caller::parse("arn:aws:iam::111122223333:user/alice"), "s3:GetObject", "arn:aws:s3:::data/reports/2026/11.csv");
    request.set_resource_account("111122223333");
    request.set("aws:SecureTransport", ["true"]);
    request.set("aws:SourceIp", ["203.0.113.9"]);
    request.set("aws:RequestedRegion", ["eu-west-1"]);
    let pattern = {
        let mut pattern = Request::new(Caller::parse("arn:aws:iam::111122223333:user/alice"), "s3:GetObject", "arn:aws:s3:::data/*");
        pattern.set_resource_account("111122223333");
        pattern
    };

    let (identity, bucket, control) = ([read("identity", IDENTITY)?], [read("bucket", BUCKET)?], [vec![read("control", CONTROL)?]]);
    let policies = Policies { identity: &identity, resource: &bucket, scp: Some(&control), ..Policies::default() };
    assert_eq!(evaluate(&request, &policies).decision().map(Decision::name), Ok("allow"));

    report("decide, policies ready", || {
        black_box(evaluate(black_box(&request), &policies));
    });
    report("decide and explain", || {
        black_box(evaluate(black_box(&request), &policies).explain(&request, &policies));
    });
    report("read 3 policies", || {
        for text in [IDENTITY, BUCKET, CONTROL] {
            black_box(Document::parse(&Value::str(black_box(text))).is_ok());
        }
    });
    report("read, make ready and decide, 3 policies", || {
        let ready = [("identity", IDENTITY), ("bucket", BUCKET), ("control", CONTROL)].map(|(name, text)| read(name, black_box(text)));
        if let [Ok(identity), Ok(bucket), Ok(control)] = ready {
            let control = [vec![control]];
            let policies = Policies { identity: &[identity], resource: &[bucket], scp: Some(&control), ..Policies::default() };
            black_box(evaluate(&request, &policies));
        }
    });
    report("decide for a pattern of resources", || {
        black_box(evaluate(black_box(&pattern), &policies));
    });
    Ok(())
}

fn report(name: &str, mut work: impl FnMut()) {
    const BATCH: u32 = 20;
    let mut least = f64::INFINITY;
    for _ in 0..3_000 {
        let start = Instant::now();
        for _ in 0..BATCH {
            work();
        }
        least = least.min(start.elapsed().as_secs_f64() * 1e6 / f64::from(BATCH));
    }
    drop(writeln!(std::io::stdout(), "{name}: {least:.2} µs"));
}
