//! An AWS Config snapshot of any size with the types of a large account in their usual proportions.
//!
//! The proportions are those of a reference account of about 12,500 resources: many snapshots, log groups and functions, few load balancers.
//! Database snapshots stand for all snapshots, because AWS Config records no others. About two fifths of the resources are set up badly, and
//! three in a hundred are of a kind that the recorder leaves out, so that nothing about them is known.

use std::io;
use std::path::Path;

use serde_json::json;

use crate::Prng;
use crate::item::{Item, Place};
use crate::shapes::{
    Attached, Bucket, PRIVATE, Rule, alarm, bucket, classic_load_balancer, cluster, db_instance, db_snapshot, exposed, function, instance,
    key, load_balancer, log_group, managed_policy, network_acl, queue, repository, role, route_table, secret, security_group, service,
    subnet, table, task_definition, topic, trail, trust, user, volume, vpc,
};
use crate::snapshot::SnapshotWriter;

const PLACES: [Place; 3] = [
    Place { account: "111122223333", region: "eu-central-1" },
    Place { account: "111122223333", region: "eu-west-1" },
    Place { account: "111122223333", region: "us-east-1" },
];

/// Of a hundred resources, how many are set up badly.
const BAD: u64 = 42;
/// Of a hundred resources, how many are not recorded.
const HIDDEN: u64 = 3;
/// Rules of a security group: from, and how many more at most.
const RULES: (u64, u64) = (4, 57);

#[derive(Debug, Clone, Copy, Default)]
enum Kind {
    #[default]
    Snapshot,
    Alarm,
    Bucket,
    ClassicBalancer,
    Cluster,
    Database,
    Function,
    Instance,
    Key,
    LoadBalancer,
    LogGroup,
    NetworkAcl,
    Policy,
    Queue,
    Repository,
    Role,
    RouteTable,
    Secret,
    SecurityGroup,
    Service,
    Subnet,
    Table,
    TaskDefinition,
    Topic,
    Trail,
    User,
    Volume,
    Vpc,
}

/// How many of each type the reference account has.
const MIX: [(Kind, u64); 28] = [
    (Kind::Snapshot, 2500),
    (Kind::LogGroup, 1200),
    (Kind::Volume, 900),
    (Kind::Function, 600),
    (Kind::TaskDefinition, 600),
    (Kind::Instance, 500),
    (Kind::SecurityGroup, 400),
    (Kind::Alarm, 400),
    (Kind::Bucket, 300),
    (Kind::Role, 200),
    (Kind::Topic, 200),
    (Kind::Queue, 200),
    (Kind::Service, 200),
    (Kind::Key, 150),
    (Kind::Table, 150),
    (Kind::Repository, 150),
    (Kind::Policy, 150),
    (Kind::Secret, 150),
    (Kind::Subnet, 100),
    (Kind::Database, 80),
    (Kind::LoadBalancer, 55),
    (Kind::User, 50),
    (Kind::RouteTable, 30),
    (Kind::Cluster, 20),
    (Kind::NetworkAcl, 15),
    (Kind::Vpc, 12),
    (Kind::ClassicBalancer, 5),
    (Kind::Trail, 3),
];

/// Writes a snapshot of `resources` items; the same number and seed give the same bytes. Gives the number of items.
///
/// # Errors
/// The file cannot be written.
pub fn write(path: &Path, resources: u64, seed: u64) -> io::Result<u64> {
    let mut prng = Prng::new(seed);
    let mut writer = SnapshotWriter::create(path, &mut prng)?;
    for index in 0..resources {
        let place = PLACES
            .iter()
            .copied()
            .nth(usize::try_from(prng.below(6)).unwrap_or(0).saturating_sub(3))
            .unwrap_or(Place { account: "111122223333", region: "eu-central-1" });
        let kind = draw(&mut prng);
        let good = !prng.chance(BAD);
        let mut item = item(kind, place, &mut prng, index, good);
        for (tag, values) in [
            ("team", ["core", "cards", "channels", "risk"]),
            ("stage", ["prod", "prod", "test", "dev"]),
            ("cost-centre", ["4711", "4712", "4713", "4714"]),
        ] {
            item = item.tag(tag, prng.pick(&values));
        }
        if prng.chance(HIDDEN) {
            item = item.not_recorded();
        }
        writer.write(item, place, &mut prng)?;
    }
    writer.finish()
}

fn draw(prng: &mut Prng) -> Kind {
    let mut rest = prng.below(MIX.iter().map(|(_, weight)| weight).sum());
    for (kind, weight) in MIX {
        if rest < weight {
            return kind;
        }
        rest -= weight;
    }
    Kind::default()
}

fn item(kind: Kind, place: Place, prng: &mut Prng, index: u64, good: bool) -> Item {
    let name = format!("r{index:07}");
    let network = "vpc-0c0ffee0123456789";
    let group = "sg-0aa11bb22cc33dd44";
    let subnets = ["subnet-0e00000000000001a".to_owned(), "subnet-0e00000000000001b".to_owned()];
    let made_id = |prefix: &str| format!("{prefix}-{index:017x}");
    let data_key = place.arn("kms", "key/7d0c1f52-5b3a-4f0e-9a55-2f1d6f3f1a01");
    match kind {
        Kind::Snapshot => db_snapshot(place, prng, &name, good, if good { &[] } else { &["all"] }),
        Kind::LogGroup => log_group(place, &format!("/aws/lambda/{name}"), good.then_some(400), good),
        Kind::Volume => volume(place, prng, Some(&made_id("i")), good.then_some(data_key.as_str())),
        Kind::Function => {
            let runtime =
                if good { prng.pick(&["python3.13", "nodejs22.x", "java21"]) } else { prng.pick(&["python3.7", "nodejs14.x", "java8"]) };
            let made = function(place, prng, &name, runtime);
            if good {
                made
            } else {
                made.with(
                    json!({ "VpcConfig": null, "DeadLetterConfig": null, "TracingConfig": { "Mode": "PassThrough" }, "KMSKeyArn": null }),
                )
            }
        }
        Kind::TaskDefinition => {
            let containers = 1 + prng.below(4);
            task_definition(place, &name, 1 + prng.below(90), if prng.chance(30) { "EC2" } else { "FARGATE" }, containers, !good)
        }
        Kind::Instance => {
            let made = instance(place, prng, &name, "subnet-0a00000000000001a", group);
            if good { made } else { made.with(exposed("203.0.113.25")).with(json!({ "IamInstanceProfile": null })) }
        }
        Kind::SecurityGroup => security_group(place, &made_id("sg"), &name, "application", network, &rules(prng, good)),
        Kind::Alarm => alarm(place, &name, "CPUUtilization", &place.arn("sns", "alarms"))
            .with(json!({ "AlarmActions": if good { vec![place.arn("sns", "alarms")] } else { Vec::new() } })),
        Kind::Bucket => {
            let open = Bucket {
                blocks: None,
                public_policy: prng.chance(20),
                requires_tls: false,
                versions: false,
                logs: false,
                kms: false,
                lifecycle: false,
                public_acl: prng.chance(10),
            };
            bucket(place, prng, &format!("harbour-{name}"), if good { PRIVATE } else { open })
        }
        Kind::Role => {
            let wide = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] });
            let attached = if good {
                Attached { managed: vec!["ReadOnlyAccess"], inline: Vec::new() }
            } else {
                Attached { managed: vec!["AdministratorAccess"], inline: vec![("wide", wide)] }
            };
            role(place, prng, &name, &trust("lambda", place.account), &attached)
        }
        Kind::Topic => topic(place, &name, good, !good),
        Kind::Queue => queue(place, &name, good, !good),
        Kind::Service => service(place, "core", &name, if prng.chance(30) { "EC2" } else { "FARGATE" }, !good),
        Kind::Key => key(place, prng, &name, good),
        Kind::Table => table(place, prng, &name, good),
        Kind::Repository => repository(place, &name, good),
        Kind::Policy => {
            let action = if good { "s3:GetObject" } else { "*" };
            managed_policy(
                place,
                prng,
                &name,
                &json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": action, "Resource": "*" }] }),
            )
        }
        Kind::Secret => secret(place, prng, &name, good),
        Kind::Subnet => subnet(place, &made_id("subnet"), network, &format!("10.{}.{}.0/24", index / 256 % 256, index % 256), 'a', !good),
        Kind::Database => {
            let made = db_instance(place, prng, &name, "postgres", if good { "17.4" } else { "12.19" });
            if good {
                made
            } else {
                made.with(json!({ "AutoMinorVersionUpgrade": false, "PubliclyAccessible": true, "StorageEncrypted": false, "BackupRetentionPeriod": 0, "MultiAZ": false, "DeletionProtection": false }))
            }
        }
        Kind::LoadBalancer => load_balancer(place, prng, &name, network, &subnets, good),
        Kind::User => {
            let attached = if good { Attached::default() } else { Attached { managed: vec!["AdministratorAccess"], inline: Vec::new() } };
            user(place, prng, &name, if good { &["operators"] } else { &[] }, &attached)
        }
        Kind::RouteTable => route_table(place, &made_id("rtb"), network, (!good).then_some("igw-0d312e00000000001"), &subnets),
        Kind::Cluster => cluster(place, &name, &["FARGATE"]),
        Kind::NetworkAcl => network_acl(place, &made_id("acl"), network, !good),
        Kind::Vpc => vpc(place, &made_id("vpc"), "10.20.0.0/16", false),
        Kind::ClassicBalancer => classic_load_balancer(place, &name, network, &subnets),
        Kind::Trail => trail(place, &name, "harbour-bank-cloudtrail", good.then_some(data_key.as_str()), good),
    }
}

fn rules(prng: &mut Prng, good: bool) -> Vec<Rule> {
    let number = RULES.0 + prng.below(RULES.1);
    let mut rules: Vec<Rule> = (0..number)
        .map(|_| {
            let source = match prng.below(10) {
                0..=5 => format!("10.{}.{}.0/24", prng.below(256), prng.below(256)),
                6..=7 => format!("203.0.113.{}/32", prng.below(256)),
                8 => format!("2001:db8:{:x}::/64", prng.below(65536)),
                _ => format!("sg-{}", prng.hex(17)),
            };
            Rule::tcp(prng.pick(&[443, 5432, 8080, 8443, 9092, 6379]), &source, "application")
        })
        .collect();
    if !good {
        rules.push(Rule { description: None, ..Rule::tcp(prng.pick(&[22, 3389]), "0.0.0.0/0", "") });
    }
    rules
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::Read as _;

    use serde_json::Value;

    use super::*;

    #[test]
    fn keeps_its_promises_about_the_mix() {
        let path = std::env::temp_dir().join(format!("partywall-mix-{}.json.gz", std::process::id()));
        assert_eq!(write(&path, 3000, 1).unwrap(), 3000);
        let mut text = String::new();
        flate2::read::GzDecoder::new(std::fs::File::open(&path).unwrap()).read_to_string(&mut text).unwrap();
        std::fs::remove_file(&path).unwrap();
        let snapshot: Value = serde_json::from_str(&text).unwrap();
        let items = snapshot.get("configurationItems").and_then(Value::as_array).unwrap();
        let hidden = items.iter().filter(|item| item.get("configuration").is_some_and(Value::is_null)).count();
        assert!(hidden * 100 >= items.len() * 2, "{hidden} of {} are hidden", items.len());
        let mut types: BTreeMap<&str, usize> = BTreeMap::new();
        for item in items {
            *types.entry(item.get("resourceType").and_then(Value::as_str).unwrap()).or_default() += 1;
        }
        assert!(types.len() >= 26, "{types:?}");
        assert!(types["AWS::RDS::DBSnapshot"] > 5 * types["AWS::S3::Bucket"]);
    }

    #[test]
    fn groups_have_many_rules() {
        let mut prng = Prng::new(5);
        let sizes: Vec<usize> = (0..200).map(|_| rules(&mut prng, true).len()).collect();
        assert!(sizes.iter().all(|size| (4..=60).contains(size)) && sizes.iter().any(|size| *size > 45));
    }
}
