//! Account-wide questions on a synthetic account. `cargo bench -p partywall-iam --bench account -- [PRINCIPALS] [SHARED]`
//!
//! The account is made up: two fifths users, the others roles; each has up to three of 300 shared managed policies, one in
//! four a boundary, and but for one in `SHARED` (default 2) an inline policy of its own; a few statements have conditions or
//! variables, and ten roles may do everything. Times are on the processor, of one thread; wall-clock time where Linux does not
//! tell.

#![expect(clippy::indexing_slicing, reason = "sets members of JSON objects that it makes")]

use std::error::Error;
use std::io::Write as _;
use std::time::Instant;

use partywall_iam::account::{Account, Given, KnownAction, Question};
use serde_json::{Value, json};

const ID: &str = "111122223333";
const SERVICES: [&str; 12] = ["s3", "sqs", "sns", "ec2", "lambda", "dynamodb", "kms", "iam", "sts", "logs", "ecs", "glue"];
const VERBS: [&str; 6] = ["Get", "List", "Create", "Update", "Delete", "Describe"];

/// A fixed sequence of numbers that look random (Knuth's MMIX generator).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or_default().checked_rem(end).unwrap_or_default()
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    fn of<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts.get(self.below(texts.len())).copied().unwrap_or_default()
    }
}

fn statement(numbers: &mut Numbers) -> Value {
    let service = numbers.of(&SERVICES);
    let count = 1 + numbers.below(8);
    let actions: Vec<String> = (0..count).map(|_| format!("{service}:{}Thing{}", numbers.of(&VERBS), numbers.below(20))).collect();
    let resource = match numbers.below(4) {
        0 => "*".to_owned(),
        1 => format!("arn:aws:{service}:*:{ID}:team{}-*", numbers.below(50)),
        2 => format!("arn:aws:{service}:eu-west-1:{ID}:thing/{}", numbers.below(500)),
        _ => format!("arn:aws:{service}:*:{ID}:*"),
    };
    let mut made = json!({ "Effect": if numbers.one_in(12) { "Deny" } else { "Allow" }, "Action": actions, "Resource": resource });
    if numbers.one_in(20) {
        made["Condition"] = json!({ "StringEquals": { "aws:RequestedRegion": ["eu-west-1", "eu-central-1"] } });
    }
    if numbers.one_in(40) {
        made["Resource"] = json!(format!("arn:aws:{service}:*:{ID}:${{aws:username}}/*"));
    }
    made
}

fn document(numbers: &mut Numbers, most: usize) -> Value {
    let count = 1 + numbers.below(most);
    let mut statements: Vec<Value> = (0..count).map(|_| statement(numbers)).collect();
    if numbers.one_in(60) {
        statements.push(json!({ "Effect": "Allow", "Action": ["iam:PassRole", "lambda:*"], "Resource": "*" }));
    }
    if numbers.one_in(40) {
        statements.push(json!({ "Effect": "Allow", "Action": "s3:*", "Resource": "*" }));
    }
    json!({ "Version": "2012-10-17", "Statement": statements })
}

fn account(principals: usize, shared: usize) -> String {
    let mut numbers = Numbers(7);
    let arn = |number: usize| format!("arn:aws:iam::{ID}:policy/p{number}");
    let mut policies: Vec<Value> = Vec::new();
    for number in 0..300 {
        let document = if number == 0 {
            json!({ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*" } })
        } else {
            document(&mut numbers, 12)
        };
        policies.push(json!({ "Arn": arn(number), "DefaultVersionId": "v1", "PolicyVersionList": [{ "VersionId": "v1", "IsDefaultVersion": true, "Document": document }] }));
    }
    let (mut users, mut roles) = (Vec::new(), Vec::new());
    for number in 0..principals {
        let attached: Vec<Value> =
            (0..numbers.below(4)).map(|_| json!({ "PolicyName": "p", "PolicyArn": arn(1 + numbers.below(299)) })).collect();
        let inline: Vec<Value> = if numbers.below(shared) == 0 {
            Vec::new()
        } else {
            vec![json!({ "PolicyName": "own", "PolicyDocument": document(&mut numbers, 4) })]
        };
        let is_user = number % 5 < 2;
        let kind = if is_user { "user" } else { "role" };
        let mut principal = json!({
            "Arn": format!("arn:aws:iam::{ID}:{kind}/n{number}"), "Tags": [{ "Key": "team", "Value": format!("t{}", number % 50) }],
            "AttachedManagedPolicies": attached, "InstanceProfileList": [],
        });
        if number % 1_000 == 2 {
            principal["AttachedManagedPolicies"] = json!([{ "PolicyName": "p", "PolicyArn": arn(0) }]);
        }
        if numbers.one_in(4) {
            principal["PermissionsBoundary"] = json!({ "PermissionsBoundaryArn": arn(1 + numbers.below(20)) });
        }
        if is_user {
            principal["UserName"] = json!(format!("n{number}"));
            principal["UserPolicyList"] = json!(inline);
            users.push(principal);
        } else {
            let trusted = match numbers.below(5) {
                0 => json!({ "Service": "lambda.amazonaws.com" }),
                1 => json!({ "Service": "ec2.amazonaws.com" }),
                2 => json!({ "AWS": format!("arn:aws:iam::{ID}:root") }),
                3 => json!({ "AWS": "arn:aws:iam::444455556666:root" }),
                _ => json!({ "Service": "ecs-tasks.amazonaws.com" }),
            };
            principal["RoleName"] = json!(format!("n{number}"));
            principal["RolePolicyList"] = json!(inline);
            principal["AssumeRolePolicyDocument"] =
                json!({ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole" } });
            roles.push(principal);
        }
    }
    json!({ "UserDetailList": users, "GroupDetailList": [], "RoleDetailList": roles, "Policies": policies }).to_string()
}

struct Timer {
    start: Instant,
    busy: Option<f64>,
}

impl Timer {
    fn start() -> Self {
        Self { start: Instant::now(), busy: processor() }
    }

    /// Milliseconds since the start.
    fn ms(&self) -> f64 {
        match (self.busy, processor()) {
            (Some(before), Some(after)) => after - before,
            _ => self.start.elapsed().as_secs_f64() * 1e3,
        }
    }
}

/// Milliseconds that this process has been on a processor.
fn processor() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/schedstat").ok()?;
    text.split_whitespace().next()?.parse::<f64>().ok().map(|nanoseconds| nanoseconds / 1e6)
}

/// The most memory that the process has held, in megabytes (Linux).
fn peak_megabytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").trim().parse::<f64>().ok()).unwrap_or_default() / 1024.0
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse::<usize>().ok());
    let principals = numbers.next().unwrap_or(10_000);
    let shared = numbers.next().unwrap_or(2);
    let mut out = std::io::stdout().lock();
    let text = account(principals, shared);
    writeln!(
        out,
        "synthetic account: {principals} principals, {:.1} MB of JSON, peak {:.0} MB before reading",
        text.len() as f64 / 1e6,
        peak_megabytes()
    )?;
    let start = Timer::start();
    let account = Account::read(&text, &Given { resources_complete: true, ..Given::default() })?;
    writeln!(out, "read: {:.0} ms, {} documents, peak {:.0} MB", start.ms(), account.document_count(), peak_megabytes())?;
    for (action, resource) in [
        ("s3:GetObject", "arn:aws:s3:::bucket/key".to_owned()),
        ("s3:GetObject", "arn:aws:s3:::*".to_owned()),
        ("sqs:CreateThing3", format!("arn:aws:sqs:eu-west-1:{ID}:team7-x")),
        ("iam:PassRole", format!("arn:aws:iam::{ID}:role/n3")),
        ("ec2:DescribeThing1", "*".to_owned()),
    ] {
        let start = Timer::start();
        let found = account.who_can(&Question::new(action, resource.as_str()));
        writeln!(out, "who-can {action} {resource}: {:.1} ms, {} holders, {} cases", start.ms(), found.holders.len(), found.cases)?;
    }
    let names: Vec<String> = SERVICES
        .iter()
        .flat_map(|service| VERBS.iter().flat_map(move |verb| (0..20).map(move |number| format!("{service}:{verb}Thing{number}"))))
        .collect();
    let actions = || names.iter().map(|name| KnownAction { name, wildcard_only: false, access_level: None });
    let start = Timer::start();
    for number in 0..100 {
        account.what_can(number, actions())?;
    }
    writeln!(out, "what-can over {} actions: {:.2} ms a principal", names.len(), start.ms() / 100.0)?;
    let start = Timer::start();
    let map = account.trust_map();
    writeln!(out, "trust map: {:.1} ms, {} entries", start.ms(), map.trusts.len())?;
    let start = Timer::start();
    let found = account.escalations()?;
    writeln!(
        out,
        "paths: {:.0} ms, {} administrators, {} paths of which {} certain, complete: {}",
        start.ms(),
        found.admins.len(),
        found.paths.len(),
        found.paths.iter().filter(|path| path.certain).count(),
        found.is_complete
    )?;
    writeln!(out, "peak {:.0} MB", peak_megabytes())?;
    Ok(())
}
