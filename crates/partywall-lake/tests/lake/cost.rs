//! What writing and reading cost. Run alone, with optimisation: `cargo test --release -p partywall-lake -- --ignored --nocapture`

use std::sync::Arc;

use partywall_lake::{LakeError, Snapshot};
use partywall_model::{Cause, CauseKind, Resource, Source, SourceKind, Value};

use crate::support::{files, lake, listed};

const TYPE: &str = "AWS::EC2::SecurityGroup";

/// CPU seconds and the most memory in MiB so far, of this process.
fn spent() -> (f64, u64) {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    (ticks as f64 / 100.0, most.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024)
}

/// A security group with six rules and three tags, one fact of which was denied.
fn group(number: u32, size: i64, source: &Arc<Source>) -> Arc<Resource> {
    let map = |members: Vec<(&str, Value)>| Value::Map(members.into_iter().map(|(key, value)| (Arc::from(key), value)).collect());
    let mut row = Resource::new(TYPE, format!("sg-{number:017x}"), source.clone());
    row.account = Some(Arc::from(format!("{:012}", 100 + number % 4)));
    row.region = Some(Arc::from(["eu-central-1", "eu-west-1", "us-east-1"][(number / 4 % 3) as usize]));
    row.arn = Some(Arc::from(format!("arn:aws:ec2:eu-central-1:{:012}:security-group/sg-{number:017x}", 100 + number % 4)));
    row.observed_at = Some(crate::support::day(0));
    let rules = (0..6).map(|rule| {
        map(vec![
            ("IpProtocol", Value::str("tcp")),
            ("FromPort", Value::Int(i64::from(number % 65_536))),
            ("ToPort", Value::Int(size)),
            ("CidrIp", Value::str(format!("10.{}.{rule}.0/24", number % 256))),
            ("Description", Value::str(format!("from subnet {rule} of {number}"))),
        ])
    });
    row.properties = map(vec![
        ("GroupId", Value::str(&*row.id)),
        ("GroupName", Value::str(format!("service-{number}-web"))),
        ("GroupDescription", Value::str("made by the platform team's pipeline")),
        ("VpcId", Value::str(format!("vpc-{:017x}", number / 50))),
        ("SecurityGroupIngress", Value::List(rules.collect())),
        (
            "Tags",
            Value::List(
                (0..3)
                    .map(|tag| map(vec![("Key", Value::str(format!("tag{tag}"))), ("Value", Value::str(format!("v{number}")))]))
                    .collect(),
            ),
        ),
        ("SecurityGroupEgress", Value::unknown(Cause::new(CauseKind::Denied, "DescribeSecurityGroupRules"))),
    ]);
    Arc::new(row)
}

fn count(snapshot: &Snapshot) -> u64 {
    let mut rows = 0;
    snapshot
        .read(
            |_| true,
            |_, chunk| {
                rows += chunk.len() as u64;
                Ok::<(), LakeError>(())
            },
        )
        .unwrap();
    rows
}

#[test]
#[ignore = "measures; says nothing without optimisation"]
fn fifty_thousand_rows() {
    let catalog = partywall_catalog::Catalog::load(None).unwrap();
    let resource_type = catalog.resource_type(TYPE).unwrap();
    let source = Arc::new(Source { kind: SourceKind::Api, file: Arc::from("live") });
    for total in [50_000_u32, 200_000] {
        let (_dir, lake) = lake();
        for (what, changed) in [("all new", total), ("nothing new", 0), ("1 % changed", total / 100)] {
            let base = lake.latest().unwrap().map(|snapshot| snapshot.seq());
            let mut writer = lake.begin(base).unwrap();
            let mut made = 0.0;
            let (begin, _) = spent();
            for first in (0..total).step_by(2000) {
                let (before, _) = spent();
                let rows: Vec<_> =
                    (first..first + 2000).map(|n| group(n, if n < changed && base.is_some() { 9 } else { 1 }, &source)).collect();
                made += spent().0 - before;
                writer.write(&resource_type, &rows).unwrap();
            }
            let snapshot = writer.finish(listed(&[TYPE])).unwrap();
            let (written, memory) = spent();
            let rows = count(&snapshot);
            assert_eq!(rows, u64::from(total));
            let (read, after) = spent();
            let new: u64 = snapshot.manifest().partitions.iter().flat_map(|p| &p.files).filter(|f| f.new).map(|f| f.bytes).sum();
            let text: usize = files(lake.root()).values().map(Vec::len).sum();
            println!(
                "{total} rows, {what}: write {:.1} µs/row ({memory} MiB), read {:.1} µs/row ({after} MiB), {new} bytes new ({:.0} per row), lake {text} bytes",
                (written - begin - made) * 1e6 / f64::from(total),
                (read - written) * 1e6 / f64::from(total),
                new as f64 / f64::from(total),
            );
        }
    }
}
