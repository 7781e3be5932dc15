use serde_json::json;

use crate::Prng;
use crate::item::{Item, Place};

/// A database that is not public, encrypted, backed up and patched; `version` is the engine's.
pub(crate) fn db_instance(place: Place, prng: &mut Prng, name: &str, engine: &str, version: &str) -> Item {
    let resource = format!("db-{}", prng.hex(26).to_uppercase());
    let port = if engine.contains("postgres") { 5432 } else { 3306 };
    let arn = place.arn("rds", &format!("db:{name}"));
    let api = json!({
        "DBInstanceIdentifier": name, "DBInstanceClass": "db.r7g.xlarge", "Engine": engine, "DBInstanceStatus": "available", "MasterUsername": "ledger_admin", "DBName": "core",
        "Endpoint": { "Address": format!("{name}.c0ffee.{}.rds.amazonaws.com", place.region), "Port": port, "HostedZoneId": "Z1RLNUO7B9Q6NB" },
        "AllocatedStorage": 200 + prng.below(8) * 100, "InstanceCreateTime": "2026-01-12T09:00:00.000Z", "PreferredBackupWindow": "01:00-02:00", "BackupRetentionPeriod": 14,
        "DBSecurityGroups": [], "VpcSecurityGroups": [{ "VpcSecurityGroupId": "sg-0db00000000000001", "Status": "active" }],
        "DBParameterGroups": [{ "DBParameterGroupName": format!("{engine}-harbour"), "ParameterApplyStatus": "in-sync" }],
        "AvailabilityZone": format!("{}a", place.region),
        "DBSubnetGroup": { "DBSubnetGroupName": "core-data", "DBSubnetGroupDescription": "data subnets", "VpcId": "vpc-0c0ffee0123456789", "SubnetGroupStatus": "Complete",
            "Subnets": [{ "SubnetIdentifier": "subnet-0d10000000000001a", "SubnetStatus": "Active" }, { "SubnetIdentifier": "subnet-0d10000000000001b", "SubnetStatus": "Active" }] },
        "PreferredMaintenanceWindow": "sun:03:00-sun:04:00", "PendingModifiedValues": {}, "LatestRestorableTime": "2026-11-20T05:55:00.000Z", "MultiAZ": true, "EngineVersion": version,
        "AutoMinorVersionUpgrade": true, "ReadReplicaDBInstanceIdentifiers": [], "LicenseModel": if engine == "postgres" { "postgresql-license" } else { "general-public-license" },
        "OptionGroupMemberships": [{ "OptionGroupName": "default", "Status": "in-sync" }], "PubliclyAccessible": false, "StorageType": "gp3", "DbInstancePort": 0, "StorageEncrypted": true,
        "KmsKeyId": place.arn("kms", "key/7d0c1f52-5b3a-4f0e-9a55-2f1d6f3f1a01"), "DbiResourceId": resource, "CACertificateIdentifier": "rds-ca-rsa2048-g1", "DomainMemberships": [],
        "CopyTagsToSnapshot": true, "MonitoringInterval": 60, "MonitoringRoleArn": place.global_arn("iam", "role/rds-monitoring"), "DBInstanceArn": arn,
        "IAMDatabaseAuthenticationEnabled": true, "PerformanceInsightsEnabled": true, "EnabledCloudwatchLogsExports": ["postgresql", "upgrade"], "DeletionProtection": true,
        "AssociatedRoles": [], "MasterUserSecret": { "SecretArn": place.arn("secretsmanager", "secret:rds!db-core"), "SecretStatus": "active" }, "CustomerOwnedIpEnabled": false, "BackupTarget": "region", "NetworkType": "IPV4",
    });
    Item::legacy("AWS::RDS::DBInstance", &resource, arn, api).named(name)
}

pub(crate) fn db_cluster(place: Place, prng: &mut Prng, name: &str) -> Item {
    let resource = format!("cluster-{}", prng.hex(26).to_uppercase());
    let arn = place.arn("rds", &format!("cluster:{name}"));
    let api = json!({
        "DBClusterIdentifier": name, "AllocatedStorage": 1, "AvailabilityZones": [format!("{}a", place.region), format!("{}b", place.region)], "BackupRetentionPeriod": 35, "DatabaseName": "ledger",
        "DBClusterParameterGroup": "default.aurora-postgresql16", "DBSubnetGroup": "core-data", "Status": "available", "Endpoint": format!("{name}.cluster-c0ffee.{}.rds.amazonaws.com", place.region),
        "ReaderEndpoint": format!("{name}.cluster-ro-c0ffee.{}.rds.amazonaws.com", place.region), "MultiAZ": true, "Engine": "aurora-postgresql", "EngineVersion": "16.8", "Port": 5432,
        "MasterUsername": "ledger_admin", "PreferredBackupWindow": "01:00-02:00", "PreferredMaintenanceWindow": "sun:03:00-sun:04:00",
        "DBClusterMembers": [{ "DBInstanceIdentifier": format!("{name}-1"), "IsClusterWriter": true, "PromotionTier": 1 }],
        "VpcSecurityGroups": [{ "VpcSecurityGroupId": "sg-0db00000000000001", "Status": "active" }], "StorageEncrypted": true, "KmsKeyId": place.arn("kms", "key/7d0c1f52-5b3a-4f0e-9a55-2f1d6f3f1a01"),
        "DbClusterResourceId": resource, "DBClusterArn": arn, "AssociatedRoles": [], "IAMDatabaseAuthenticationEnabled": true, "ClusterCreateTime": "2026-01-12T09:00:00.000Z",
        "EnabledCloudwatchLogsExports": ["postgresql"], "EngineMode": "provisioned", "DeletionProtection": true, "HttpEndpointEnabled": false, "CopyTagsToSnapshot": true, "AutoMinorVersionUpgrade": true,
    });
    Item::legacy("AWS::RDS::DBCluster", &resource, arn, api).named(name)
}

/// `shared` lists the accounts that may restore it; `all` is everyone.
pub(crate) fn db_snapshot(place: Place, prng: &mut Prng, name: &str, encrypted: bool, shared: &[&str]) -> Item {
    let arn = place.arn("rds", &format!("snapshot:{name}"));
    let mut api = json!({
        "DBSnapshotIdentifier": name, "DBInstanceIdentifier": "core-ledger", "SnapshotCreateTime": "2026-11-01T02:00:00.000Z", "Engine": "postgres", "AllocatedStorage": 100 + prng.below(20) * 10, "Status": "available",
        "Port": 5432, "AvailabilityZone": format!("{}a", place.region), "VpcId": "vpc-0c0ffee0123456789", "InstanceCreateTime": "2026-01-12T09:00:00.000Z", "MasterUsername": "ledger_admin", "EngineVersion": "16.8",
        "LicenseModel": "postgresql-license", "SnapshotType": "manual", "PercentProgress": 100, "StorageType": "gp3", "Encrypted": encrypted, "DBSnapshotArn": arn, "IAMDatabaseAuthenticationEnabled": true,
    });
    if encrypted {
        crate::item::overlay(&mut api, json!({ "KmsKeyId": place.arn("kms", "key/7d0c1f52-5b3a-4f0e-9a55-2f1d6f3f1a01") }));
    }
    Item::legacy("AWS::RDS::DBSnapshot", name, arn, api)
        .named(name)
        .extra("DBSnapshotAttributes", json!([{ "attributeName": "restore", "attributeValues": shared }]))
}

pub(crate) fn table(place: Place, prng: &mut Prng, name: &str, good: bool) -> Item {
    let arn = place.arn("dynamodb", &format!("table/{name}"));
    let mut api = json!({
        "AttributeDefinitions": [{ "AttributeName": "pk", "AttributeType": "S" }, { "AttributeName": "sk", "AttributeType": "S" }], "TableName": name,
        "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }, { "AttributeName": "sk", "KeyType": "RANGE" }], "TableStatus": "ACTIVE", "CreationDateTime": "2025-11-03T10:00:00.000Z",
        "ProvisionedThroughput": { "NumberOfDecreasesToday": 0, "ReadCapacityUnits": 0, "WriteCapacityUnits": 0 }, "TableSizeBytes": prng.below(9_000_000_000), "ItemCount": prng.below(40_000_000),
        "TableArn": arn, "TableId": prng.uuid(), "BillingModeSummary": { "BillingMode": "PAY_PER_REQUEST" }, "DeletionProtectionEnabled": good,
    });
    if good {
        crate::item::overlay(
            &mut api,
            json!({ "SSEDescription": { "Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": place.arn("kms", "key/7d0c1f52-5b3a-4f0e-9a55-2f1d6f3f1a01") } }),
        );
    }
    let status = if good { "ENABLED" } else { "DISABLED" };
    Item::legacy("AWS::DynamoDB::Table", name, arn, api).named(name).extra(
        "ContinuousBackupsDescription",
        json!({ "continuousBackupsStatus": "ENABLED", "pointInTimeRecoveryDescription": { "pointInTimeRecoveryStatus": status } }),
    )
}

pub(crate) fn redshift(place: Place, name: &str) -> Item {
    let api = json!({
        "ClusterIdentifier": name, "NodeType": "ra3.xlplus", "ClusterStatus": "available", "MasterUsername": "warehouse", "DBName": "risk", "Endpoint": { "Address": format!("{name}.c0ffee.{}.redshift.amazonaws.com", place.region), "Port": 5439 },
        "ClusterCreateTime": "2025-04-01T08:00:00.000Z", "AutomatedSnapshotRetentionPeriod": 7, "ManualSnapshotRetentionPeriod": -1, "ClusterSecurityGroups": [],
        "VpcSecurityGroups": [{ "VpcSecurityGroupId": "sg-0db00000000000001", "Status": "active" }], "ClusterParameterGroups": [{ "ParameterGroupName": "default.redshift-1.0", "ParameterApplyStatus": "in-sync" }],
        "ClusterSubnetGroupName": "core-data", "VpcId": "vpc-0c0ffee0123456789", "AvailabilityZone": format!("{}a", place.region), "PreferredMaintenanceWindow": "sat:02:00-sat:02:30", "ClusterVersion": "1.0",
        "AllowVersionUpgrade": true, "NumberOfNodes": 2, "PubliclyAccessible": false, "Encrypted": true, "KmsKeyId": place.arn("kms", "key/7d0c1f52-5b3a-4f0e-9a55-2f1d6f3f1a01"), "EnhancedVpcRouting": false, "IamRoles": [], "MultiAZ": "Disabled",
    });
    Item::legacy("AWS::Redshift::Cluster", name, place.arn("redshift", &format!("cluster:{name}")), api)
        .named(name)
        .extra("LoggingStatus", json!({ "loggingEnabled": false }))
}
