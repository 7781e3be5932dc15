//! How long it takes to decode the reference data and to look at 500 policies, on one core: `cargo bench -p partywall-iam --bench lint`.
//!
//! The policies are synthetic: 500 with three statements each, of actions, patterns, resources and conditions of ten services.
//! `PARTYWALL_IAM_POLICIES` may name a file of JSON lines with a `policy` each; they are repeated up to 500.

#![expect(clippy::expect_used, clippy::indexing_slicing, clippy::string_slice, reason = "a bench stops where its own data is wrong")]

use std::io::Write as _;
use std::time::{Duration, Instant};
use std::{env, fs, io};

use partywall_iam::lint::{PolicyKind, lint};
use partywall_iam::{Reference, reference};
use partywall_model::Value;

const POLICIES: usize = 500;
const ROUNDS: usize = 11;
const FILE: &[u8] = include_bytes!("../../../catalog/reference/iam-data.zst");

/// A generator of numbers that is the same everywhere (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap_or_default()
    }
}

fn synthetic(table: &Reference) -> Vec<String> {
    let services = ["s3", "ec2", "iam", "kms", "sqs", "sns", "dynamodb", "lambda", "logs", "secretsmanager"];
    let conditions = [
        "",
        r#","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}"#,
        r#","Condition":{"StringEquals":{"aws:ResourceTag/team":"${aws:PrincipalTag/team}"},"Bool":{"aws:SecureTransport":"true"}}"#,
        r#","Condition":{"IpAddress":{"aws:SourceIp":["203.0.113.0/24","198.51.100.0/24"]}}"#,
    ];
    let mut numbers = Numbers(7);
    let mut policies = Vec::new();
    for _ in 0..POLICIES {
        let mut statements = Vec::new();
        for _ in 0..3 {
            let service = table.service(services[numbers.below(services.len())]).expect("a service of the table");
            let actions: Vec<_> = service.actions().collect();
            let mut names = Vec::new();
            for _ in 0..8 {
                let name = actions[numbers.below(actions.len())].name();
                names.push(match numbers.below(6) {
                    0 => format!("\"{}:{}*\"", service.prefix(), &name[..3]),
                    _ => format!("\"{}:{name}\"", service.prefix()),
                });
            }
            let types: Vec<_> = service.resource_types().collect();
            let arn = types[numbers.below(types.len())].1.replace("${Partition}", "aws").replace("${Region}", "eu-west-1");
            let arn = arn.replace("${Account}", "111122223333").replace("${", "x").replace('}', "");
            let resource = if numbers.below(3) == 0 { "*" } else { &arn };
            let condition = conditions[numbers.below(conditions.len())];
            statements.push(format!(r#"{{"Effect":"Allow","Action":[{}],"Resource":["{resource}"]{condition}}}"#, names.join(",")));
        }
        policies.push(format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(",")));
    }
    policies
}

fn given(path: &std::ffi::OsStr) -> Vec<String> {
    let text = fs::read_to_string(path).expect("the file of PARTYWALL_IAM_POLICIES");
    let rows = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("a line of JSON"));
    let policies: Vec<String> = rows.map(|row| row["policy"].as_str().map_or_else(|| row["policy"].to_string(), str::to_owned)).collect();
    policies.iter().cycle().take(POLICIES).cloned().collect()
}

/// Median and least time on the processor of some rounds; wall-clock time where Linux does not tell.
fn time(mut work: impl FnMut()) -> (Duration, Duration) {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let (start, busy) = (Instant::now(), processor());
            work();
            match (busy, processor()) {
                (Some(before), Some(after)) => after.saturating_sub(before),
                _ => start.elapsed(),
            }
        })
        .collect();
    times.sort();
    (times[ROUNDS / 2], times[0])
}

/// Time that this process has been on a processor.
fn processor() -> Option<Duration> {
    let text = fs::read_to_string("/proc/self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

/// Memory of this process in KiB, where Linux says it.
fn resident() -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0");
    line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn say(line: &str) {
    drop(io::stdout().write_all(format!("{line}\n").as_bytes()));
}

fn main() {
    let before = resident();
    let start = Instant::now();
    let table = reference().expect("the built-in table");
    let first = start.elapsed();
    say(&format!("decode, first: {first:?}; memory grew by {} KiB", resident().saturating_sub(before)));
    let (median, least) = time(|| drop(Reference::from_bytes(FILE).expect("the built-in table")));
    say(&format!("decode: median {median:?}, least {least:?}"));

    let texts = env::var_os("PARTYWALL_IAM_POLICIES").map_or_else(|| synthetic(table), |path| given(&path));
    let policies: Vec<Value> = texts.iter().map(|text| Value::str(text.as_str())).collect();
    let mut findings = 0;
    let (median, least) = time(|| findings = policies.iter().map(|policy| lint(policy, Some(PolicyKind::Identity), table).len()).sum());
    let bytes: usize = texts.iter().map(String::len).sum();
    say(&format!("lint of {POLICIES} policies ({bytes} bytes of JSON, {findings} findings): median {median:?}, least {least:?}"));
}
