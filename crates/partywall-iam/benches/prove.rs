//! How long proofs take: `cargo bench -p partywall-iam --bench prove`.
//!
//! The policies are made up after those that accounts hold: buckets, keys, queues and role trusts with conditions, denies and lists of
//! principals. All but one in ten let nobody in from outside, so that most answers are proofs rather than witnesses.

use std::time::Instant;

use partywall_iam::eval::Policy;
use partywall_iam::prove::{Attached, Proof, Space, TrustZone, new_access, outside_access};

const OWNER: &str = "111122223333";
const COUNT: usize = 10_000;

/// The policy's text, and the resources that it is attached to.
fn policy(number: usize) -> (String, Vec<String>) {
    let bucket = format!("arn:aws:s3:::bucket-{number}");
    let of_bucket = vec![bucket.clone(), format!("{bucket}/*")];
    let secure = format!(
        r#"{{"Sid":"Tls","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["{bucket}","{bucket}/*"],"Condition":{{"Bool":{{"aws:SecureTransport":"false"}}}}}}"#
    );
    let organization = format!(
        r#"{{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["{bucket}","{bucket}/*"],"Condition":{{"StringNotEquals":{{"aws:PrincipalOrgID":"o-own"}},"BoolIfExists":{{"aws:PrincipalIsAWSService":"false"}}}}}}"#
    );
    let key = format!("arn:aws:kms:eu-west-1:{OWNER}:key/{number}");
    let queue = format!("arn:aws:sqs:eu-west-1:{OWNER}:queue-{number}");
    let (statements, resources) = match number % 10 {
        0 => (format!(r#"{{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"{bucket}/*"}},{secure}"#), of_bucket),
        1 => (
            format!(
                r#"{{"Effect":"Allow","Principal":"*","Action":["s3:GetObject","s3:ListBucket"],"Resource":["{bucket}","{bucket}/*"]}},{secure},{organization}"#
            ),
            of_bucket,
        ),
        2 => (
            format!(
                r#"{{"Effect":"Allow","Principal":{{"AWS":["arn:aws:iam::{OWNER}:role/app-{number}","arn:aws:iam::444455556666:root"]}},"Action":"s3:*Object*","Resource":"{bucket}/*"}},{secure}"#
            ),
            of_bucket,
        ),
        3 => (
            format!(
                r#"{{"Effect":"Allow","Principal":{{"Service":"cloudtrail.amazonaws.com"}},"Action":"s3:PutObject","Resource":"{bucket}/AWSLogs/*","Condition":{{"StringEquals":{{"s3:x-amz-acl":"bucket-owner-full-control","aws:SourceArn":"arn:aws:cloudtrail:eu-west-1:{OWNER}:trail/t"}}}}}},{secure}"#
            ),
            of_bucket,
        ),
        4 => (
            format!(
                r#"{{"Effect":"Allow","Principal":{{"AWS":"*"}},"Action":"s3:Get*","Resource":"{bucket}/*","Condition":{{"StringEquals":{{"aws:SourceVpce":["vpce-1","vpce-2"]}}}}}},{secure}"#
            ),
            of_bucket,
        ),
        5 => (
            format!(
                r#"{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{OWNER}:root"}},"Action":"kms:*","Resource":"*"}},{{"Effect":"Allow","Principal":{{"AWS":"*"}},"Action":["kms:Encrypt","kms:Decrypt","kms:ReEncrypt*","kms:GenerateDataKey*","kms:DescribeKey"],"Resource":"*","Condition":{{"StringEquals":{{"kms:CallerAccount":"{OWNER}","kms:ViaService":"ec2.eu-west-1.amazonaws.com"}}}}}}"#
            ),
            vec![key],
        ),
        6 => (
            format!(
                r#"{{"Effect":"Allow","Principal":"*","Action":"sqs:SendMessage","Resource":"{queue}","Condition":{{"ArnEquals":{{"aws:SourceArn":"arn:aws:sns:eu-west-1:{OWNER}:topic"}}}}}}"#
            ),
            vec![queue],
        ),
        7 => (
            format!(
                r#"{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::444455556666:root"}},"Action":"sts:AssumeRole","Condition":{{"StringEquals":{{"sts:ExternalId":"x-{number}"}},"Bool":{{"aws:MultiFactorAuthPresent":"true"}}}}}}"#
            ),
            vec![format!("arn:aws:iam::{OWNER}:role/r-{number}")],
        ),
        8 => (
            format!(
                r#"{{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":["{bucket}","{bucket}/*"],"Condition":{{"ArnLike":{{"aws:PrincipalArn":["arn:aws:iam::{OWNER}:role/team-*","arn:aws:iam::444455556666:role/*"]}}}}}},{{"Effect":"Deny","NotPrincipal":{{"AWS":["arn:aws:iam::{OWNER}:role/admin","{OWNER}"]}},"Action":"s3:Delete*","Resource":"{bucket}/*"}},{secure}"#
            ),
            of_bucket,
        ),
        _ => (
            format!(
                r#"{{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"{bucket}/*","Condition":{{"IpAddress":{{"aws:SourceIp":["203.0.113.0/25","203.0.113.128/25"]}}}}}},{organization},{secure}"#
            ),
            of_bucket,
        ),
    };
    (format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#), resources)
}

fn zone() -> TrustZone {
    TrustZone {
        accounts: vec!["444455556666".into()],
        organizations: vec!["o-own".into()],
        endpoints: vec!["vpce-1".into(), "vpce-2".into()],
        networks: vec!["203.0.113.0/24".into()],
        services: true,
        ..TrustZone::default()
    }
}

#[expect(clippy::print_stdout, reason = "what a benchmark is for")]
fn main() {
    let made: Vec<(Vec<Policy>, Vec<String>)> = (0..COUNT)
        .map(|number| {
            let (text, resources) = policy(number);
            (Policy::read("p", &text).map(|policy| vec![policy]).unwrap_or_default(), resources)
        })
        .collect();
    let zone = zone();
    let (mut yes, mut no, mut undecided) = (0, 0, 0);
    let started = Instant::now();
    for (policies, resources) in &made {
        let resources: Vec<&str> = resources.iter().map(String::as_str).collect();
        let space = Space { attached: Attached::Resource(Some(OWNER)), resources: &resources, actions: None };
        match outside_access(policies, &space, &zone) {
            Proof::Yes(_) => yes += 1,
            Proof::No => no += 1,
            Proof::Undecided(_) => undecided += 1,
        }
    }
    println!("outside access of {COUNT} policies: {:?} ({yes} yes, {no} no, {undecided} undecided)", started.elapsed());

    let statement = |number: usize| {
        format!(
            r#"{{"Effect":"Allow","Action":["s3:Get*","s3:List*","dynamodb:*","ec2:Describe{number}*"],"Resource":["arn:aws:s3:::b-{number}/*","arn:aws:dynamodb:*:{OWNER}:table/t-{number}"]}}"#
        )
    };
    let text =
        |count: usize| format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, (0..count).map(statement).collect::<Vec<_>>().join(","));
    let read = |count: usize| Policy::read("p", &text(count)).map(|policy| vec![policy]).unwrap_or_default();
    let (old, new) = (read(50), read(49));
    let space = Space { attached: Attached::Identity(None), resources: &[], actions: None };
    let started = Instant::now();
    let proof = new_access(&old, &new, &space);
    println!("49 of 50 identity statements have no new access: {:?} ({:?})", started.elapsed(), proof.answer());
    let started = Instant::now();
    let proof = new_access(&new, &old, &space);
    println!("50 statements over 49: {:?} (witness: {})", started.elapsed(), matches!(proof, Proof::Yes(_)));
}
