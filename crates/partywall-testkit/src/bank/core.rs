//! Core banking in eu-central-1: the ledger, statements, the batch fleet that a managed service provider looks after.

use serde_json::json;

use crate::Prng;
use crate::item::{Item, Place};
use crate::shapes::{
    Attached, Bucket, PRIVATE, Rule, alarm, bucket, classic_load_balancer, cluster, db_cluster, db_instance, db_snapshot, exposed,
    function, group, instance, key, load_balancer, log_group, managed_policy, network_acl, public_access_block, queue, redshift,
    repository, role, route_table, secret, security_group, service, subnet, table, task_definition, topic, trail, trust, user, volume, vpc,
};

const VPC: &str = "vpc-0c0ffee0123456789";
const DMZ: &str = "vpc-0d312e00000000001";

pub(super) fn items(place: Place, prng: &mut Prng) -> Vec<Item> {
    let mut items = Vec::new();
    network(place, prng, &mut items);
    compute(place, prng, &mut items);
    containers(place, &mut items);
    data(place, prng, &mut items);
    objects(place, prng, &mut items);
    identity(place, prng, &mut items);
    watch(place, prng, &mut items);
    items
}

fn network(place: Place, prng: &mut Prng, items: &mut Vec<Item>) {
    items.push(vpc(place, VPC, "10.20.0.0/16", false).tag("Name", "core"));
    items.push(vpc(place, DMZ, "10.30.0.0/16", false).tag("Name", "dmz"));
    let flow = json!({
        "Id": "fl-0c0ffee0000000001", "ResourceId": VPC, "ResourceType": "VPC", "TrafficType": "ALL", "LogDestinationType": "s3",
        "LogDestination": "arn:aws:s3:::harbour-bank-flow-logs", "MaxAggregationInterval": 600, "LogFormat": "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${action}",
    });
    items.push(Item::registry("AWS::EC2::FlowLog", "fl-0c0ffee0000000001", place.arn("ec2", "vpc-flow-log/fl-0c0ffee0000000001"), flow));
    let mut private = Vec::new();
    for (index, zone) in ['a', 'b', 'c'].into_iter().enumerate() {
        for (tier, block) in [("app", 0), ("data", 64), ("batch", 128)] {
            let id = format!("subnet-0{}{}0000000000001{zone}", if tier == "app" { "a" } else { "d" }, block / 64);
            items.push(
                subnet(place, &id, VPC, &format!("10.20.{}.0/24", block + index), zone, false).tag("Name", &format!("{tier}-{zone}")),
            );
            private.push(id);
        }
    }
    let open = vec!["subnet-0e00000000000001a".to_owned(), "subnet-0e00000000000001b".to_owned()];
    for (index, (id, zone)) in open.iter().zip(['a', 'b']).enumerate() {
        items.push(subnet(place, id, DMZ, &format!("10.30.{index}.0/24"), zone, true).tag("Name", &format!("dmz-{zone}")));
    }
    items.push(route_table(place, "rtb-0c0ffee0000000001", VPC, None, &private));
    items.push(route_table(place, "rtb-0d312e00000000001", DMZ, Some("igw-0d312e00000000001"), &open));
    items.push(network_acl(place, "acl-0c0ffee0000000001", VPC, false));
    items.push(network_acl(place, "acl-0d312e00000000001", DMZ, true));

    let inside = "10.20.0.0/16";
    for (id, name, description, rules) in [
        ("sg-0aa11bb22cc33dd44", "api-edge", "public entry of the payments page", vec![Rule::tcp(443, "0.0.0.0/0", "customers")]),
        (
            "sg-0ba5710e000000001",
            "bastion",
            "administrators' way in",
            vec![Rule::tcp(22, "0.0.0.0/0", "temporary, to be closed"), Rule::tcp(3389, "0.0.0.0/0", "temporary, to be closed")],
        ),
        (
            "sg-0db00000000000001",
            "core-ledger-db",
            "databases of the ledger",
            vec![Rule::tcp(5432, "sg-0c0e0000000000001", "ledger service")],
        ),
        ("sg-0c0e0000000000001", "core-ledger-app", "ledger service", vec![Rule::tcp(8443, "sg-0aa11bb22cc33dd44", "from the edge")]),
        ("sg-0ba7c400000000001", "batch", "nightly batch", vec![Rule::tcp(8080, inside, "scheduler")]),
        (
            "sg-04e90000000000001",
            "reporting",
            "reporting tools",
            vec![Rule::tcp(443, inside, "analysts"), Rule { description: None, ..Rule::tcp(8080, inside, "") }],
        ),
        (
            "sg-0f11e0000000000a1",
            "file-transfer",
            "files from clearing houses",
            vec![Rule::tcp(22, "203.0.113.10/32", "clearing house A"), Rule::tcp(22, "198.51.100.7/32", "clearing house B")],
        ),
        ("sg-0cafe00000000000a", "legacy-front", "old branch terminals", vec![Rule::tcp(80, "0.0.0.0/0", "branches")]),
    ] {
        items.push(security_group(place, id, name, description, VPC, &rules));
    }
    items.push(security_group(place, "sg-0defa170000000001", "default", "default VPC security group", VPC, &[]));
    items.push(security_group(
        place,
        "sg-0defa170000000002",
        "default",
        "default VPC security group",
        DMZ,
        &[Rule { protocol: "-1", ..Rule::tcp(0, "sg-0defa170000000002", "members") }],
    ));
    items.push(load_balancer(place, prng, "payments-edge", DMZ, &open, true));
    items.push(load_balancer(place, prng, "branch-portal", DMZ, &open, false));
    items.push(classic_load_balancer(place, "legacy-terminals", DMZ, &open));
}

fn compute(place: Place, prng: &mut Prng, items: &mut Vec<Item>) {
    let data_key = place.arn("kms", "key/7d0c1f52-5b3a-4f0e-9a55-2f1d6f3f1a01");
    for index in 1..=12 {
        let name = format!("batch-{index:02}");
        let server = instance(place, prng, &name, "subnet-0d20000000000001a", "sg-0ba7c400000000001").tag("team", "core-batch");
        // One forgotten disk is not encrypted.
        items.push(volume(place, prng, Some(&server.id), (index != 7).then_some(data_key.as_str())).tag("Name", &name));
        items.push(server);
    }
    for name in ["hsm-proxy-01", "hsm-proxy-02", "file-transfer-01"] {
        let server = instance(place, prng, name, "subnet-0a00000000000001b", "sg-0f11e0000000000a1").tag("team", "payments");
        items.push(volume(place, prng, Some(&server.id), Some(&data_key)));
        items.push(server);
    }
    let bastion = instance(place, prng, "bastion", "subnet-0e00000000000001a", "sg-0ba5710e000000001")
        .with(exposed("203.0.113.25"))
        .with(json!({ "LaunchTime": "2024-02-03T10:00:00.000Z" }))
        .tag("team", "platform");
    items.push(volume(place, prng, Some(&bastion.id), None).tag("Name", "bastion"));
    items.push(bastion);
    items.push(volume(place, prng, None, None).tag("Name", "old-core-export"));

    for (name, runtime) in [
        ("statement-render", "python3.13"),
        ("interest-accrual", "java21"),
        ("fx-rates-import", "nodejs22.x"),
        ("card-limits", "python3.12"),
        ("ledger-events", "nodejs22.x"),
        ("dormant-accounts", "python3.13"),
        ("iso20022-parse", "java21"),
    ] {
        items.push(function(place, prng, name, runtime));
    }
    items.push(function(place, prng, "branch-hours", "nodejs14.x"));
    items.push(function(place, prng, "cheque-image-resize", "python3.7").with(json!({ "VpcConfig": { "SubnetIds": [] }, "TracingConfig": { "Mode": "PassThrough" }, "Environment": { "Variables": { "IMAGE_BUCKET": "harbour-bank-cheques" } } })));
    items.push(
        function(place, prng, "sanctions-screen", "provided.al2023")
            .with(json!({ "PackageType": "Image" }))
            .tag("supplier", "lantern-screening"),
    );
}

fn containers(place: Place, items: &mut Vec<Item>) {
    items.push(cluster(place, "core", &["FARGATE", "FARGATE_SPOT"]));
    items.push(cluster(place, "legacy-adapters", &["legacy-adapters-ec2"]));
    for (name, launch, containers, bad) in [
        ("ledger-api", "FARGATE", 2, false),
        ("balance-query", "FARGATE", 2, false),
        ("mainframe-bridge", "EC2", 1, true),
        ("print-spool", "EC2", 1, false),
    ] {
        items.push(task_definition(place, name, 7, launch, containers, bad));
        items.push(service(place, if launch == "EC2" { "legacy-adapters" } else { "core" }, name, launch, name == "balance-query"));
        items.push(repository(place, &format!("core/{name}"), !bad));
    }
}

fn data(place: Place, prng: &mut Prng, items: &mut Vec<Item>) {
    // The story's first lesson: one switch decides whose work minor patches are.
    items.push(
        db_instance(place, prng, "core-ledger", "postgres", "16.8")
            .with(json!({ "AutoMinorVersionUpgrade": false }))
            .tag("team", "core-ledger"),
    );
    items.push(db_instance(place, prng, "limits", "postgres", "16.8"));
    items.push(db_instance(place, prng, "customer-master", "postgres", "17.4"));
    items.push(db_instance(place, prng, "branch-rota", "mysql", "5.7.44").with(json!({ "StorageEncrypted": false, "KmsKeyId": null, "BackupRetentionPeriod": 1, "MultiAZ": false, "DeletionProtection": false, "MasterUserSecret": null })));
    items.push(
        db_instance(place, prng, "reporting-replica", "postgres", "16.8")
            .with(json!({ "MultiAZ": false, "ReadReplicaSourceDBInstanceIdentifier": "limits" })),
    );
    items.push(db_cluster(place, prng, "ledger-archive"));
    items.push(db_snapshot(place, prng, "core-ledger-before-cutover", true, &[]));
    items.push(db_snapshot(place, prng, "limits-2026-10", true, &[super::DIGITAL]));
    items.push(db_snapshot(place, prng, "branch-rota-migration-test", false, &["all"]));
    items.push(redshift(place, "risk-warehouse"));
    for name in ["sessions", "idempotency-keys", "fx-quotes", "consents"] {
        items.push(table(place, prng, name, true));
    }
    items.push(table(place, prng, "branch-queue", false));
    for (name, good, anyone) in [
        ("ledger-commands", true, false),
        ("ledger-dead-letters", true, false),
        ("statement-jobs", true, false),
        ("branch-printer", false, false),
        ("partner-inbox", true, true),
    ] {
        items.push(queue(place, name, good, anyone));
    }
    for (name, good) in [("ledger-events", true), ("alarms", true), ("statements-ready", true), ("branch-news", false)] {
        items.push(topic(place, name, good, false));
    }
    for (name, rotates) in [("core/ledger", true), ("core/limits", true), ("swift/gateway", true), ("branch/rota-password", false)] {
        items.push(secret(place, prng, name, rotates));
    }
    let hidden = Item::registry(
        "AWS::EFS::FileSystem",
        "fs-0c0ffee0000000001",
        place.arn("elasticfilesystem", "file-system/fs-0c0ffee0000000001"),
        json!({}),
    )
    .not_recorded();
    items.push(hidden.named("statement-archive"));
}

fn objects(place: Place, prng: &mut Prng, items: &mut Vec<Item>) {
    let block = Item::legacy("AWS::S3::AccountPublicAccessBlock", place.account, String::new(), public_access_block(false));
    items.push(Item { arn: place.global_arn("s3", "account"), ..block });
    let open = Bucket { blocks: Some(false), public_policy: true, requires_tls: false, kms: false, ..PRIVATE };
    items.push(bucket(place, prng, "harbour-bank-statements", open).tag("data", "customer-statements").tag("team", "statements"));
    for name in [
        "harbour-bank-ledger-exports",
        "harbour-bank-regulatory-reports",
        "harbour-bank-iso20022-inbound",
        "harbour-bank-iso20022-outbound",
        "harbour-bank-cheques",
        "harbour-bank-card-files",
        "harbour-bank-config-history",
        "harbour-bank-cloudtrail",
        "harbour-bank-flow-logs",
        "harbour-bank-access-logs",
        "harbour-bank-backups",
    ] {
        items.push(bucket(place, prng, name, PRIVATE));
    }
    items.push(bucket(
        place,
        prng,
        "harbour-bank-branch-photos",
        Bucket { kms: false, versions: false, logs: false, lifecycle: false, ..PRIVATE },
    ));
    items.push(bucket(
        place,
        prng,
        "harbour-bank-migration-scratch",
        Bucket {
            blocks: None,
            requires_tls: false,
            versions: false,
            logs: false,
            kms: false,
            lifecycle: false,
            public_policy: false,
            public_acl: false,
        },
    ));
}

fn identity(place: Place, prng: &mut Prng, items: &mut Vec<Item>) {
    for (name, service) in [
        ("ledger-api-task", "ecs-tasks"),
        ("balance-query-task", "ecs-tasks"),
        ("ecs-execution", "ecs-tasks"),
        ("statement-render-role", "lambda"),
        ("interest-accrual-role", "lambda"),
        ("fx-rates-import-role", "lambda"),
        ("rds-monitoring", "monitoring.rds"),
        ("config-recorder", "config"),
        ("cloudtrail-to-logs", "cloudtrail"),
        ("backup", "backup"),
    ] {
        let attached = if service == "lambda" { vec!["service-role/AWSLambdaVPCAccessExecutionRole"] } else { Vec::new() };
        items.push(role(place, prng, name, &trust(service, place.account), &Attached { managed: attached, inline: Vec::new() }));
    }
    let partner = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::777788889999:root" }, "Action": "sts:AssumeRole" }] });
    items.push(role(
        place,
        prng,
        "quayside-ops",
        &partner,
        &Attached { managed: vec!["AmazonSSMManagedInstanceCore"], inline: Vec::new() },
    ));
    let admin = Attached { managed: vec!["AdministratorAccess"], inline: Vec::new() };
    items.push(role(place, prng, "migration-factory", &trust("mgn", place.account), &admin));
    let wide = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "s3:*", "Resource": "*" }] });
    items.push(role(
        place,
        prng,
        "branch-hours-role",
        &trust("lambda", place.account),
        &Attached { managed: Vec::new(), inline: vec![("everything-in-s3", wide)] },
    ));
    items.push(group(place, prng, "operators", &Attached { managed: vec!["ReadOnlyAccess"], inline: Vec::new() }));
    items.push(user(place, prng, "break-glass-1", &["operators"], &Attached::default()));
    items.push(user(place, prng, "legacy-file-sync", &[], &Attached { managed: vec!["AmazonS3FullAccess"], inline: Vec::new() }));
    let read = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::harbour-bank-ledger-exports/*" }] });
    items.push(managed_policy(place, prng, "read-ledger-exports", &read));
    let any = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] });
    items.push(managed_policy(place, prng, "cutover-weekend", &any));
    for (description, rotates) in
        [("core data", true), ("core secrets", true), ("core messages", true), ("backups", true), ("card files", false)]
    {
        items.push(key(place, prng, description, rotates));
    }
}

fn watch(place: Place, prng: &mut Prng, items: &mut Vec<Item>) {
    let recorder = json!({ "Name": "default", "RoleARN": place.global_arn("iam", "role/config-recorder"), "RecordingGroup": { "AllSupported": true, "IncludeGlobalResourceTypes": true, "ResourceTypes": [] } });
    items.push(
        Item::legacy("AWS::Config::ConfigurationRecorder", "default", place.arn("config", "configuration-recorder/default"), recorder)
            .named("default"),
    );
    items.push(trail(
        place,
        "harbour-bank",
        "harbour-bank-cloudtrail",
        Some(&place.arn("kms", "key/7d0c1f52-5b3a-4f0e-9a55-2f1d6f3f1a01")),
        true,
    ));
    let topic = place.arn("sns", "alarms");
    for (name, metric) in [("ledger-cpu", "CPUUtilization"), ("ledger-storage", "FreeStorageSpace"), ("limits-cpu", "CPUUtilization")] {
        items.push(alarm(place, name, metric, &topic));
    }
    for (name, days, key) in [
        ("/ecs/ledger-api", Some(400), true),
        ("/ecs/balance-query", Some(400), true),
        ("cloudtrail", Some(731), true),
        ("/aws/lambda/branch-hours", None, false),
    ] {
        items.push(log_group(place, name, days, key));
    }
    let detector = prng.hex(32);
    let guard = json!({ "Id": detector, "Enable": true, "FindingPublishingFrequency": "FIFTEEN_MINUTES", "Features": [{ "Name": "S3_DATA_EVENTS", "Status": "ENABLED" }, { "Name": "EKS_AUDIT_LOGS", "Status": "DISABLED" }] });
    items.push(Item::registry("AWS::GuardDuty::Detector", &detector, place.arn("guardduty", &format!("detector/{detector}")), guard));
}
