//! Machines, functions, keys and data of the digital account in eu-central-1.

use std::io;

use serde_json::{Value, json};

use super::dump::Dump;
use crate::Prng;
use crate::item::{Item, Place, camel, overlay};
use crate::shapes::{
    Rule, db_instance, exposed, function, instance, key, log_group, queue, secret, security_group, subnet, table, topic, trail, volume, vpc,
};

const REGION: &str = "eu-central-1";
const VPC: &str = "vpc-0d161741000000001";

pub(super) fn write(dump: &Dump, prng: &mut Prng) -> io::Result<()> {
    let place = Dump::place(REGION);
    network(dump, place)?;
    machines(dump, place, prng)?;
    functions(dump, place, prng)?;
    keys(dump, place, prng)?;
    data(dump, place, prng)?;
    messages(dump, place, prng)
}

fn list(items: &[Item]) -> Value {
    items.iter().map(Item::answer).collect()
}

fn network(dump: &Dump, place: Place) -> io::Result<()> {
    dump.answer(REGION, "ec2/describe-vpcs", &json!({ "Vpcs": list(&[vpc(place, VPC, "10.60.0.0/16", false).tag("Name", "channels")]) }))?;
    let subnets: Vec<Item> = ['a', 'b', 'c']
        .into_iter()
        .enumerate()
        .map(|(index, zone)| {
            subnet(place, &format!("subnet-0d16174100000001{zone}"), VPC, &format!("10.60.{index}.0/24"), zone, zone == 'c')
        })
        .collect();
    dump.answer(REGION, "ec2/describe-subnets", &json!({ "Subnets": list(&subnets) }))?;
    dump.answer(REGION, "ec2/describe-flow-logs", &json!({ "FlowLogs": [] }))?;
    let groups = [
        security_group(
            place,
            "sg-0d161741000000001",
            "channels-app",
            "mobile and web channels",
            VPC,
            &[Rule::tcp(8443, "10.60.0.0/16", "load balancer")],
        ),
        security_group(
            place,
            "sg-0d161741000000002",
            "hackathon",
            "created by the launch wizard",
            VPC,
            &[Rule::tcp(22, "0.0.0.0/0", ""), Rule::tcp(3389, "::/0", ""), Rule::tcp(3306, "0.0.0.0/0", "")],
        ),
        security_group(place, "sg-0d161741000000003", "default", "default VPC security group", VPC, &[]),
    ];
    dump.answer(REGION, "ec2/describe-security-groups", &json!({ "SecurityGroups": list(&groups) }))?;
    dump.answer(REGION, "ec2/get-ebs-encryption-by-default", &json!({ "EbsEncryptionByDefault": false, "SseType": "none" }))?;
    dump.answer(REGION, "ec2/get-snapshot-block-public-access-state", &json!({ "State": "unblocked", "ManagedBy": "account" }))
}

fn machines(dump: &Dump, place: Place, prng: &mut Prng) -> io::Result<()> {
    let data_key = place.arn("kms", "key/7d0c1f52-5b3a-4f0e-9a55-2f1d6f3f1a01");
    let mut servers = Vec::new();
    let mut volumes = Vec::new();
    for name in ["channels-web-1", "channels-web-2", "channels-web-3", "fraud-scoring-1"] {
        let server = instance(place, prng, name, "subnet-0d16174100000001a", "sg-0d161741000000001");
        volumes.push(volume(place, prng, Some(&server.id), Some(&data_key)));
        servers.push(server);
    }
    let demo = instance(place, prng, "hackathon-demo", "subnet-0d16174100000001c", "sg-0d161741000000002")
        .with(exposed("198.51.100.77"))
        .with(json!({ "IamInstanceProfile": null, "LaunchTime": "2025-06-14T18:00:00+00:00" }));
    volumes.push(volume(place, prng, Some(&demo.id), None));
    servers.push(demo);
    // `describe-instances` shows no user data: that is another call, and one of them was refused.
    for (index, server) in servers.iter().enumerate() {
        let call = format!("ec2/describe-instance-attribute/{}", server.id);
        if index == 3 {
            dump.error(
                REGION,
                &call,
                "UnauthorizedOperation",
                "DescribeInstanceAttribute",
                "You are not authorized to perform this operation.",
            )?;
        } else {
            dump.answer(REGION, &call, &json!({ "InstanceId": server.id, "UserData": {} }))?;
        }
    }
    dump.answer(REGION, "ec2/describe-instances", &json!({ "Reservations": servers.iter().map(|server| json!({ "ReservationId": format!("r-{}", server.id.trim_start_matches("i-")), "OwnerId": place.account, "Groups": [], "Instances": [server.answer()] })).collect::<Vec<_>>() }))?;
    dump.answer(REGION, "ec2/describe-volumes", &json!({ "Volumes": list(&volumes) }))?;
    let mut snapshots = Vec::new();
    for (id, note, encrypted, public) in [
        ("snap-0d161741000000001", "nightly", true, false),
        ("snap-0d161741000000002", "nightly", true, false),
        ("snap-0d161741000000003", "customer test data, for the hackathon", false, true),
    ] {
        let mut snapshot = json!({
            "Description": note, "Encrypted": encrypted, "OwnerId": place.account, "Progress": "100%", "SnapshotId": id, "StartTime": "2026-06-14T19:00:00+00:00", "State": "completed",
            "VolumeId": volumes.first().map(|volume| volume.id.clone()), "VolumeSize": 50, "StorageTier": "standard", "Tags": [],
        });
        if encrypted {
            crate::item::overlay(&mut snapshot, json!({ "KmsKeyId": data_key }));
        }
        snapshots.push(snapshot);
        let permissions = if public { json!([{ "Group": "all" }]) } else { json!([]) };
        dump.answer(
            REGION,
            &format!("ec2/describe-snapshot-attribute/{id}"),
            &json!({ "SnapshotId": id, "CreateVolumePermissions": permissions }),
        )?;
    }
    dump.answer(REGION, "ec2/describe-snapshots", &json!({ "Snapshots": snapshots }))
}

fn functions(dump: &Dump, place: Place, prng: &mut Prng) -> io::Result<()> {
    let functions = [
        function(place, prng, "payments-authorise", "nodejs22.x"),
        function(place, prng, "payments-settle", "nodejs22.x"),
        function(place, prng, "push-notify", "python3.13"),
        function(place, prng, "card-freeze", "python3.13"),
        function(place, prng, "app-config", "nodejs16.x")
            .with(json!({ "Environment": { "Variables": { "FEATURE_FLAGS": "on" } }, "KMSKeyArn": null })),
        function(place, prng, "hackathon-chat", "python3.9")
            .with(json!({ "VpcConfig": null, "DeadLetterConfig": null, "KMSKeyArn": null })),
    ];
    dump.answer(REGION, "lambda/list-functions", &json!({ "Functions": list(&functions) }))?;
    for item in &functions {
        let name = item.name.as_deref().unwrap_or_default();
        let open = name == "hackathon-chat";
        let who = if open { json!("*") } else { json!({ "Service": "apigateway.amazonaws.com" }) };
        let mut statement =
            json!({ "Sid": "invoke", "Effect": "Allow", "Principal": who, "Action": "lambda:InvokeFunction", "Resource": item.arn });
        if !open {
            crate::item::overlay(
                &mut statement,
                json!({ "Condition": { "ArnLike": { "AWS:SourceArn": place.arn("execute-api", "a1b2c3d4e5/*") } } }),
            );
        }
        let policy = json!({ "Version": "2012-10-17", "Id": "default", "Statement": [statement] });
        dump.answer(REGION, &format!("lambda/get-policy/{name}"), &json!({ "Policy": policy.to_string(), "RevisionId": prng.uuid() }))?;
        let concurrency = if open { json!({}) } else { json!({ "ReservedConcurrentExecutions": 50 }) };
        dump.answer(REGION, &format!("lambda/get-function-concurrency/{name}"), &concurrency)?;
        dump.answer(REGION, &format!("lambda/get-function-code-signing-config/{name}"), &json!({ "FunctionName": name }))?;
        dump.answer(
            REGION,
            &format!("lambda/get-runtime-management-config/{name}"),
            &json!({ "UpdateRuntimeOn": "Auto", "FunctionArn": item.arn }),
        )?;
    }
    Ok(())
}

fn keys(dump: &Dump, place: Place, prng: &mut Prng) -> io::Result<()> {
    let keys = [key(place, prng, "channels data", true), key(place, prng, "payment tokens", false), key(place, prng, "card vault", true)];
    dump.answer(
        REGION,
        "kms/list-keys",
        &json!({ "Keys": keys.iter().map(|key| json!({ "KeyId": key.id, "KeyArn": key.arn })).collect::<Vec<_>>() }),
    )?;
    for key in &keys {
        dump.answer(REGION, &format!("kms/describe-key/{}", key.id), &json!({ "KeyMetadata": key.api }))?;
        let policy = key.supplementary.get("Policy").cloned().unwrap_or_default();
        dump.answer(REGION, &format!("kms/get-key-policy/{}", key.id), &json!({ "Policy": policy, "PolicyName": "default" }))?;
        let call = format!("kms/get-key-rotation-status/{}", key.id);
        if key.api.get("Description").and_then(Value::as_str) == Some("card vault") {
            let message = format!(
                "User: arn:aws:sts::{}:assumed-role/partywall-reader/reader is not authorized to perform: kms:GetKeyRotationStatus on resource: {}",
                place.account, key.arn
            );
            dump.error(REGION, &call, "AccessDeniedException", "GetKeyRotationStatus", &message)?;
        } else {
            let rotates = key.supplementary.get("KeyRotationStatus").and_then(Value::as_str) == Some("true");
            dump.answer(REGION, &call, &json!({ "KeyRotationEnabled": rotates, "KeyId": key.id }))?;
        }
        dump.answer(REGION, &format!("kms/list-resource-tags/{}", key.id), &json!({ "Tags": [], "Truncated": false }))?;
    }
    Ok(())
}

fn data(dump: &Dump, place: Place, prng: &mut Prng) -> io::Result<()> {
    let instances = [
        db_instance(place, prng, "channels-profile", "postgres", "17.4"),
        db_instance(place, prng, "hackathon-db", "mysql", "8.0.41").with(json!({ "PubliclyAccessible": true, "StorageEncrypted": false, "KmsKeyId": null, "BackupRetentionPeriod": 0, "DeletionProtection": false, "MasterUserSecret": null })),
    ];
    dump.answer(REGION, "rds/describe-db-instances", &json!({ "DBInstances": list(&instances) }))?;
    dump.answer(REGION, "rds/describe-db-clusters", &json!({ "DBClusters": [] }))?;
    let tables =
        [table(place, prng, "payments", true), table(place, prng, "device-tokens", true), table(place, prng, "hackathon-votes", false)];
    dump.answer(REGION, "dynamodb/list-tables", &json!({ "TableNames": tables.iter().map(|table| table.id.clone()).collect::<Vec<_>>() }))?;
    for table in &tables {
        dump.answer(REGION, &format!("dynamodb/describe-table/{}", table.id), &json!({ "Table": table.api }))?;
        let recovery = if table.id == "hackathon-votes" { "DISABLED" } else { "ENABLED" };
        let backups =
            json!({ "ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": { "PointInTimeRecoveryStatus": recovery } });
        dump.answer(
            REGION,
            &format!("dynamodb/describe-continuous-backups/{}", table.id),
            &json!({ "ContinuousBackupsDescription": backups }),
        )?;
        dump.answer(
            REGION,
            &format!("dynamodb/describe-time-to-live/{}", table.id),
            &json!({ "TimeToLiveDescription": { "TimeToLiveStatus": "DISABLED" } }),
        )?;
    }
    Ok(())
}

fn messages(dump: &Dump, place: Place, prng: &mut Prng) -> io::Result<()> {
    let queues = [
        queue(place, "payments-inbound", true, false),
        queue(place, "push-outbound", true, false),
        queue(place, "hackathon-events", false, true),
    ];
    dump.answer(REGION, "sqs/list-queues", &json!({ "QueueUrls": queues.iter().map(|queue| queue.id.clone()).collect::<Vec<_>>() }))?;
    for queue in &queues {
        let name = queue.name.as_deref().unwrap_or_default();
        let mut of_queue = attributes(&queue.api, &["QueueName", "QueueUrl"], "QueueArn");
        overlay(&mut of_queue, json!({ "CreatedTimestamp": "1756684800", "LastModifiedTimestamp": "1756684800" }));
        dump.answer(REGION, &format!("sqs/get-queue-attributes/{name}"), &json!({ "Attributes": of_queue }))?;
    }
    let topics = [topic(place, "payments-events", true, false), topic(place, "app-news", false, false)];
    dump.answer(
        REGION,
        "sns/list-topics",
        &json!({ "Topics": topics.iter().map(|topic| json!({ "TopicArn": topic.arn })).collect::<Vec<_>>() }),
    )?;
    for topic in &topics {
        let name = topic.name.as_deref().unwrap_or_default();
        dump.answer(
            REGION,
            &format!("sns/get-topic-attributes/{name}"),
            &json!({ "Attributes": attributes(&topic.api, &["TopicName"], "") }),
        )?;
    }
    let groups = [
        log_group(place, "/aws/lambda/payments-authorise", Some(400), true),
        log_group(place, "/aws/lambda/payments-settle", Some(400), true),
        log_group(place, "/aws/lambda/hackathon-chat", None, false),
    ];
    dump.answer(
        REGION,
        "logs/describe-log-groups",
        &json!({ "logGroups": groups.iter().map(|group| camel(group.api.clone())).collect::<Vec<_>>() }),
    )?;
    dump.answer(
        REGION,
        "cloudtrail/describe-trails",
        &json!({ "trailList": list(&[trail(place, "channels", "harbour-digital-analytics", None, false)]) }),
    )?;
    dump.answer(
        REGION,
        "cloudtrail/get-trail-status/channels",
        &json!({ "IsLogging": true, "LatestDeliveryTime": "2026-11-20T05:51:00+00:00" }),
    )?;
    let selector =
        json!({ "ReadWriteType": "All", "IncludeManagementEvents": true, "DataResources": [], "ExcludeManagementEventSources": [] });
    dump.answer(
        REGION,
        "cloudtrail/get-event-selectors/channels",
        &json!({ "TrailARN": place.arn("cloudtrail", "trail/channels"), "EventSelectors": [selector] }),
    )?;
    let secrets = [secret(place, prng, "channels-profile-db", true), secret(place, prng, "push-provider-token", false)];
    for secret in &secrets {
        let name = secret.name.as_deref().unwrap_or_default();
        dump.answer(REGION, &format!("secretsmanager/get-resource-policy/{name}"), &json!({ "ARN": secret.arn, "Name": name }))?;
    }
    let secrets: Vec<Value> = secrets
        .iter()
        .map(|item| {
            let mut answer = item.api.clone();
            crate::item::overlay(
                &mut answer,
                json!({ "ARN": item.arn, "LastChangedDate": "2026-11-01T04:00:00+00:00", "CreatedDate": "2025-02-01T04:00:00+00:00" }),
            );
            if let Some(members) = answer.as_object_mut() {
                members.remove("Id");
            }
            answer
        })
        .collect();
    dump.answer(REGION, "secretsmanager/list-secrets", &json!({ "SecretList": secrets }))
}

/// Attributes as SQS and SNS answer them: a flat map of texts. `arn` is what the answer calls the ARN.
fn attributes(api: &Value, without: &[&str], arn: &str) -> Value {
    let members = api.as_object().into_iter().flatten().filter(|(name, _)| !without.contains(&name.as_str()));
    members
        .map(|(name, value)| {
            let name = if name == "Arn" { arn.to_owned() } else { name.clone() };
            (name, value.as_str().map_or_else(|| Value::from(value.to_string()), Value::from))
        })
        .collect()
}
