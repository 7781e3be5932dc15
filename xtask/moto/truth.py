"""What boto3 says of the seeded account: ids of each table, and facts of some, in the form in which SQL shows them as text.

An entry is the table, SQL for the id, SQL for each fact, and a function from boto3's clients to `{id: (fact, …)}`.
"""

import json
from collections import namedtuple

Question = namedtuple("Question", "table id facts truth where", defaults=["true"])


def pages(client, operation, items, **arguments):
    """All elements of a listing."""
    if client.can_paginate(operation):
        answers = client.get_paginator(operation).paginate(**arguments)
    else:
        answers = [getattr(client, operation)(**arguments)]
    return [item for answer in answers for item in answer.get(items, [])]


def text(value):
    """As `cast(x as varchar)` writes it."""
    return value if value is None or isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)


def listed(table, service, operation, items, member=None, id="_id", facts=(), **arguments):
    """A table whose rows are the elements of one listing. `member` is where the id stands; `facts` are pairs of SQL and member."""

    def truth(aws):
        found = {}
        for item in pages(aws(service), operation, items, **arguments):
            name = item if member is None else member(item) if callable(member) else item[member]
            found[name] = tuple(text(known(item)) if callable(known) else text(item.get(known)) for _, known in facts)
        return found

    return Question(table, id, [sql for sql, _ in facts], truth)


def asked(call, read, *none):
    """`read` of the answer, or nothing where AWS answers with one of the codes `none`."""
    try:
        return read(call())
    except Exception as error:
        if getattr(error, "response", {}).get("Error", {}).get("Code") in none:
            return None
        raise


def sorted_json(document):
    """As a column of JSON shows it."""
    return json.dumps(json.loads(document) if isinstance(document, str) else document, sort_keys=True, separators=(",", ":"))


def first(rules):
    return rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"]


def buckets(aws):
    s3, found = aws("s3"), {}
    for bucket in s3.list_buckets()["Buckets"]:
        name = {"Bucket": bucket["Name"]}
        block = asked(
            lambda: s3.get_public_access_block(**name),
            lambda got: got["PublicAccessBlockConfiguration"]["BlockPublicPolicy"],
            "NoSuchPublicAccessBlockConfiguration",
        )
        policy = asked(lambda: s3.get_bucket_policy(**name), lambda got: sorted_json(got["Policy"]), "NoSuchBucketPolicy")
        algorithm = asked(
            lambda: s3.get_bucket_encryption(**name),
            lambda got: first(got["ServerSideEncryptionConfiguration"]["Rules"]),
            "ServerSideEncryptionConfigurationNotFoundError",
        )
        owner = asked(
            lambda: s3.get_bucket_ownership_controls(**name),
            lambda got: got["OwnershipControls"]["Rules"][0]["ObjectOwnership"],
            "OwnershipControlsNotFoundError",
        )
        facts = (
            s3.get_bucket_versioning(**name).get("Status"),
            s3.get_bucket_logging(**name).get("LoggingEnabled", {}).get("TargetBucket"),
            # Where no block is set nothing is blocked, and where nobody chose an owner it is the writer.
            block or False,
            policy,
            algorithm,
            owner or "ObjectWriter",
        )
        found[bucket["Name"]] = tuple(text(fact) for fact in facts)
    return found


def queues(aws):
    found = {}
    for url in aws("sqs").list_queues().get("QueueUrls", []):
        facts = aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        policy = sorted_json(facts["Policy"]) if "Policy" in facts else None
        found[url.rsplit("/", 1)[1]] = (facts.get("KmsMasterKeyId"), facts["VisibilityTimeout"], facts.get("FifoQueue", "false"), policy)
    return found


def topics(aws):
    found = {}
    for topic in pages(aws("sns"), "list_topics", "Topics"):
        facts = aws("sns").get_topic_attributes(TopicArn=topic["TopicArn"])["Attributes"]
        found[topic["TopicArn"]] = (facts.get("KmsMasterKeyId"),)
    return found


def keys(aws):
    kms, found = aws("kms"), {}
    for key in pages(kms, "list_keys", "Keys"):
        known = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
        symmetric = known["KeyManager"] == "CUSTOMER" and known["KeySpec"] == "SYMMETRIC_DEFAULT"
        policy = sorted_json(kms.get_key_policy(KeyId=key["KeyId"], PolicyName="default")["Policy"])
        rotates = kms.get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"] if symmetric else None
        found[key["KeyId"]] = tuple(text(fact) for fact in (known["KeyState"], known["KeySpec"], known["KeyManager"], rotates, policy))
    return found


def users(aws):
    iam, found = aws("iam"), {}
    for user in pages(iam, "list_users", "Users"):
        name = {"UserName": user["UserName"]}
        attached = len(iam.list_attached_user_policies(**name)["AttachedPolicies"])
        found[user["UserName"]] = (str(attached), str(len(iam.list_user_policies(**name)["PolicyNames"])), str(len(iam.list_groups_for_user(**name)["Groups"])))
    return found


def access_keys(aws):
    iam = aws("iam")
    known = (key for user in pages(iam, "list_users", "Users") for key in iam.list_access_keys(UserName=user["UserName"])["AccessKeyMetadata"])
    return {key["AccessKeyId"]: (key["UserName"], key["Status"]) for key in known}


def roles(aws):
    found = {}
    for role in pages(aws("iam"), "list_roles", "Roles"):
        attached = aws("iam").list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"]
        found[role["RoleName"]] = (sorted_json(role["AssumeRolePolicyDocument"]), str(len(attached)))
    return found


def functions(aws):
    found = {}
    for known in pages(aws("lambda"), "list_functions", "Functions"):
        name = {"FunctionName": known["FunctionName"]}
        reserved = aws("lambda").get_function_concurrency(**name).get("ReservedConcurrentExecutions")
        found[known["FunctionName"]] = tuple(text(fact) for fact in (known["Runtime"], known["TracingConfig"]["Mode"], known.get("KMSKeyArn"), reserved))
    return found


def trails(aws):
    trail = aws("cloudtrail")
    known = trail.describe_trails()["trailList"]
    return {
        one["Name"]: (text(trail.get_trail_status(Name=one["TrailARN"])["IsLogging"]), text(one["IsMultiRegionTrail"]), text(one["LogFileValidationEnabled"]))
        for one in known
    }


def instances(aws):
    found = {}
    for reservation in pages(aws("ec2"), "describe_instances", "Reservations"):
        for one in reservation["Instances"]:
            tokens, profile = one.get("MetadataOptions", {}).get("HttpTokens"), one.get("IamInstanceProfile", {}).get("Arn")
            found[one["InstanceId"]] = (one["State"]["Name"], tokens, one.get("PublicIpAddress"), profile and profile.rsplit("/", 1)[1])
    return found


def tables(aws):
    dynamo, found = aws("dynamodb"), {}
    for name in pages(dynamo, "list_tables", "TableNames"):
        known = dynamo.describe_table(TableName=name)["Table"]
        backups = dynamo.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
        found[name] = (text(backups["PointInTimeRecoveryStatus"] == "ENABLED"), text(known.get("DeletionProtectionEnabled", False)))
    return found


def restorable(operation, outer, attributes, named):
    """With how many accounts, or all, a database snapshot is shared, by its ARN."""

    def truth(aws):
        rds, found = aws("rds"), {}
        for one in pages(rds, operation, outer):
            name = {f"{named}Identifier": one[f"{named}Identifier"]}
            # Only snapshots taken by hand can be shared; of others there is nothing to ask.
            if one["SnapshotType"] == "manual":
                known = getattr(rds, attributes)(**name)[f"{named}AttributesResult"][f"{named}Attributes"]
                shared = [value for item in known if item["AttributeName"] == "restore" for value in item.get("AttributeValues", [])]
            else:
                shared = []
            found[one[f"{named}Arn"]] = (str(len(shared)),)
        return found

    return truth


def within(service, listing, items, argument, operation, inner, id, key=None):
    """Ids of things that AWS lists only within another; `id` makes one of the outer name and the inner element."""

    def truth(aws):
        client, found = aws(service), {}
        for outer in pages(client, listing, items):
            name = outer if key is None else outer[key]
            for one in pages(client, operation, inner, **{argument: name}):
                found[id(name, one)] = ()
        return found

    return truth


def stages(aws):
    api, found = aws("apigateway"), {}
    for one in pages(api, "get_rest_apis", "items"):
        for stage in api.get_stages(restApiId=one["id"])["item"]:
            facts = (stage.get("tracingEnabled", False), stage["cacheClusterEnabled"])
            found[f"{one['id']}/{stage['stageName']}"] = tuple(text(fact) for fact in facts)
    return found


def user_pool_clients(aws):
    cognito = aws("cognito-idp")
    pools = [pool["Id"] for pool in pages(cognito, "list_user_pools", "UserPools", MaxResults=60)]
    return {one["ClientId"]: () for pool in pools for one in pages(cognito, "list_user_pool_clients", "UserPoolClients", UserPoolId=pool)}


def task_definitions(aws):
    ecs, found = aws("ecs"), {}
    for arn in pages(ecs, "list_task_definitions", "taskDefinitionArns"):
        known = ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
        found[arn] = (known["networkMode"], text(known["containerDefinitions"][0]["privileged"]))
    return found


def eks(aws):
    known = [aws("eks").describe_cluster(name=name)["cluster"] for name in pages(aws("eks"), "list_clusters", "clusters")]
    return {one["name"]: (one["version"], text(one["resourcesVpcConfig"]["endpointPublicAccess"])) for one in known}


def secrets(aws):
    return {
        one["ARN"]: (one["Name"], text(one.get("KmsKeyId")), text(one.get("RotationEnabled", False)))
        for one in pages(aws("secretsmanager"), "list_secrets", "SecretList")
    }


def rules(side):
    """Ingress or egress rules of a group, one for each range or peer as CloudFormation counts them."""
    return lambda group: sum(len(rule[kind]) for rule in group[side] for kind in ["IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs"])


def count(path):
    return f"coalesce(cardinality({path}), 0)"


def names(table, service, operation, items, member=None, id="_id", **arguments):
    return listed(table, service, operation, items, member, id, (), **arguments)


def image_scan(item):
    return item["imageScanningConfiguration"]["scanOnPush"]


# Moto lists aliases of keys that AWS manages, but not these keys.
LISTED_THEMSELVES = "_arn is not null"
ALGORITHM = "BucketEncryption['ServerSideEncryptionConfiguration'][1]['ServerSideEncryptionByDefault']['SSEAlgorithm']"
QUESTIONS = [
    Question(
        "aws_s3_bucket",
        "_id",
        [
            "VersioningConfiguration['Status']",
            "LoggingConfiguration['DestinationBucketName']",
            "PublicAccessBlockConfiguration['BlockPublicPolicy']",
            "_Attached['Policy']",
            ALGORITHM,
            "OwnershipControls['Rules'][1]['ObjectOwnership']",
        ],
        buckets,
    ),
    Question("aws_sqs_queue", "_id", ["KmsMasterKeyId", "VisibilityTimeout", "FifoQueue", "_Attached['Policy']"], queues),
    Question("aws_sns_topic", "_id", ["KmsMasterKeyId"], topics),
    Question("aws_kms_key", "_id", ["_Runtime['KeyState']", "KeySpec", "_Runtime['KeyManager']", "EnableKeyRotation", "KeyPolicy"], keys, LISTED_THEMSELVES),
    Question("aws_iam_user", "_id", [count("ManagedPolicyArns"), count("Policies"), count("Groups")], users),
    Question("aws_iam_accesskey", "_id", ["UserName", "Status"], access_keys),
    Question("aws_iam_role", "_id", ["AssumeRolePolicyDocument", count("ManagedPolicyArns")], roles),
    Question("aws_lambda_function", "_id", ["Runtime", "TracingConfig['Mode']", "KmsKeyArn", "ReservedConcurrentExecutions"], functions),
    Question("aws_cloudtrail_trail", "_id", ["IsLogging", "IsMultiRegionTrail", "EnableLogFileValidation"], trails),
    Question("aws_ec2_instance", "_id", ["State['Name']", "MetadataOptions['HttpTokens']", "PublicIp", "IamInstanceProfile"], instances),
    Question("aws_dynamodb_table", "_id", ["PointInTimeRecoverySpecification['PointInTimeRecoveryEnabled']", "DeletionProtectionEnabled"], tables),
    Question(
        "aws_rds_dbsnapshot",
        "_id",
        [count("_Runtime['SharedWith']")],
        restorable("describe_db_snapshots", "DBSnapshots", "describe_db_snapshot_attributes", "DBSnapshot"),
    ),
    Question(
        "partywall_rds_dbclustersnapshot",
        "_id",
        [count("SharedWith")],
        restorable("describe_db_cluster_snapshots", "DBClusterSnapshots", "describe_db_cluster_snapshot_attributes", "DBClusterSnapshot"),
    ),
    Question("aws_ecs_taskdefinition", "_id", ["NetworkMode", "ContainerDefinitions[1]['Privileged']"], task_definitions),
    Question("aws_eks_cluster", "_id", ["Version", "ResourcesVpcConfig['EndpointPublicAccess']"], eks),
    Question("aws_secretsmanager_secret", "_id", ["Name", "KmsKeyId", "_Runtime['RotationEnabled']"], secrets),
    listed(
        "aws_rds_dbinstance",
        "rds",
        "describe_db_instances",
        "DBInstances",
        "DBInstanceIdentifier",
        facts=[
            ("PubliclyAccessible", "PubliclyAccessible"),
            ("StorageEncrypted", "StorageEncrypted"),
            ("BackupRetentionPeriod", "BackupRetentionPeriod"),
            ("MultiAZ", "MultiAZ"),
            ("DeletionProtection", "DeletionProtection"),
            ("EngineVersion", "EngineVersion"),
        ],
    ),
    listed(
        "aws_rds_dbcluster",
        "rds",
        "describe_db_clusters",
        "DBClusters",
        "DBClusterIdentifier",
        facts=[("StorageEncrypted", "StorageEncrypted"), ("Engine", "Engine")],
    ),
    listed(
        "aws_ec2_securitygroup",
        "ec2",
        "describe_security_groups",
        "SecurityGroups",
        "GroupId",
        facts=[
            ("GroupName", "GroupName"),
            (count("SecurityGroupIngress"), rules("IpPermissions")),
            (count("SecurityGroupEgress"), rules("IpPermissionsEgress")),
        ],
    ),
    listed("aws_ec2_volume", "ec2", "describe_volumes", "Volumes", "VolumeId", facts=[("Encrypted", "Encrypted"), ("KmsKeyId", "KmsKeyId"), ("Size", "Size")]),
    listed(
        "partywall_ec2_snapshot",
        "ec2",
        "describe_snapshots",
        "Snapshots",
        "SnapshotId",
        facts=[("Encrypted", "Encrypted"), ("VolumeSize", "VolumeSize")],
        OwnerIds=["self"],
    ),
    listed(
        "aws_ec2_subnet", "ec2", "describe_subnets", "Subnets", "SubnetId", facts=[("MapPublicIpOnLaunch", "MapPublicIpOnLaunch"), ("CidrBlock", "CidrBlock")]
    ),
    listed(
        "aws_ec2_networkacl",
        "ec2",
        "describe_network_acls",
        "NetworkAcls",
        "NetworkAclId",
        facts=[(count("_Attached['Entries']"), lambda acl: len(acl["Entries"]))],
    ),
    listed(
        "aws_ec2_routetable",
        "ec2",
        "describe_route_tables",
        "RouteTables",
        "RouteTableId",
        facts=[(count("_Attached['Routes']"), lambda table: len(table["Routes"]))],
    ),
    listed("aws_logs_loggroup", "logs", "describe_log_groups", "logGroups", "logGroupName", facts=[("RetentionInDays", "retentionInDays")]),
    listed(
        "aws_cloudwatch_alarm",
        "cloudwatch",
        "describe_alarms",
        "MetricAlarms",
        "AlarmName",
        facts=[("ActionsEnabled", "ActionsEnabled"), ("Threshold", "Threshold")],
    ),
    listed(
        "aws_ecr_repository",
        "ecr",
        "describe_repositories",
        "repositories",
        "repositoryName",
        facts=[("ImageTagMutability", "imageTagMutability"), ("ImageScanningConfiguration['ScanOnPush']", image_scan)],
    ),
    listed(
        "aws_elasticache_replicationgroup",
        "elasticache",
        "describe_replication_groups",
        "ReplicationGroups",
        "ReplicationGroupId",
        facts=[
            ("TransitEncryptionEnabled", "TransitEncryptionEnabled"),
            ("AtRestEncryptionEnabled", "AtRestEncryptionEnabled"),
        ],
    ),
    listed("aws_efs_filesystem", "efs", "describe_file_systems", "FileSystems", "FileSystemId", facts=[("Encrypted", "Encrypted"), ("KmsKeyId", "KmsKeyId")]),
    listed(
        "aws_redshift_cluster",
        "redshift",
        "describe_clusters",
        "Clusters",
        "ClusterIdentifier",
        facts=[("PubliclyAccessible", "PubliclyAccessible"), ("Encrypted", "Encrypted")],
    ),
    listed(
        "aws_elasticloadbalancingv2_loadbalancer",
        "elbv2",
        "describe_load_balancers",
        "LoadBalancers",
        "LoadBalancerArn",
        facts=[("Scheme", "Scheme"), ("Type", "Type")],
    ),
    listed(
        "aws_route53_hostedzone",
        "route53",
        "list_hosted_zones",
        "HostedZones",
        facts=[("_Runtime['PrivateZone']", lambda zone: zone["Config"]["PrivateZone"])],
        member=lambda zone: zone["Id"].rsplit("/", 1)[1],
    ),
    names("aws_acmpca_certificateauthority", "acm-pca", "list_certificate_authorities", "CertificateAuthorities", "Arn"),
    names("aws_amazonmq_broker", "mq", "list_brokers", "BrokerSummaries", "BrokerId"),
    names("aws_apigateway_restapi", "apigateway", "get_rest_apis", "items", "id"),
    names("aws_apigatewayv2_api", "apigatewayv2", "get_apis", "Items", "ApiId"),
    Question(
        "aws_apigateway_stage",
        "RestApiId || '/' || StageName",
        ["TracingEnabled", "CacheClusterEnabled"],
        stages,
    ),
    Question(
        "aws_apigatewayv2_stage",
        "ApiId || '/' || StageName",
        [],
        within("apigatewayv2", "get_apis", "Items", "ApiId", "get_stages", "Items", lambda api, stage: f"{api}/{stage['StageName']}", "ApiId"),
    ),
    names("aws_appsync_graphqlapi", "appsync", "list_graphql_apis", "graphqlApis", "apiId"),
    names("aws_athena_workgroup", "athena", "list_work_groups", "WorkGroups", "Name"),
    names("aws_autoscaling_autoscalinggroup", "autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups", "AutoScalingGroupName"),
    names("aws_autoscaling_launchconfiguration", "autoscaling", "describe_launch_configurations", "LaunchConfigurations", "LaunchConfigurationName"),
    names("aws_backup_backupplan", "backup", "list_backup_plans", "BackupPlansList", "BackupPlanId"),
    names("aws_backup_backupvault", "backup", "list_backup_vaults", "BackupVaultList", "BackupVaultName"),
    names("aws_batch_computeenvironment", "batch", "describe_compute_environments", "computeEnvironments", "computeEnvironmentArn"),
    names("aws_certificatemanager_certificate", "acm", "list_certificates", "CertificateSummaryList", "CertificateArn"),
    names("aws_cloudformation_stack", "cloudformation", "describe_stacks", "Stacks", "StackId"),
    Question(
        "aws_cloudfront_distribution",
        "_id",
        [],
        lambda aws: {one["Id"]: () for one in aws("cloudfront").list_distributions()["DistributionList"].get("Items", [])},
    ),
    names("aws_codebuild_project", "codebuild", "list_projects", "projects"),
    names("aws_cognito_userpool", "cognito-idp", "list_user_pools", "UserPools", "Id", MaxResults=60),
    Question("aws_cognito_userpoolclient", "_id", [], user_pool_clients),
    names("aws_cognito_identitypool", "cognito-identity", "list_identity_pools", "IdentityPools", "IdentityPoolId", MaxResults=60),
    names("aws_config_configurationrecorder", "config", "describe_configuration_recorders", "ConfigurationRecorders", "name"),
    names("aws_config_deliverychannel", "config", "describe_delivery_channels", "DeliveryChannels", "name"),
    names("aws_dax_cluster", "dax", "describe_clusters", "Clusters", "ClusterName"),
    names("aws_directoryservice_simplead", "ds", "describe_directories", "DirectoryDescriptions", "DirectoryId"),
    names("aws_ec2_customergateway", "ec2", "describe_customer_gateways", "CustomerGateways", "CustomerGatewayId"),
    names("aws_ec2_eip", "ec2", "describe_addresses", "Addresses", "AllocationId"),
    names("aws_ec2_internetgateway", "ec2", "describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    names("aws_ec2_keypair", "ec2", "describe_key_pairs", "KeyPairs", "KeyName"),
    names("aws_ec2_launchtemplate", "ec2", "describe_launch_templates", "LaunchTemplates", "LaunchTemplateId"),
    names("aws_ec2_natgateway", "ec2", "describe_nat_gateways", "NatGateways", "NatGatewayId"),
    names("aws_ec2_networkinterface", "ec2", "describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId"),
    names("aws_ec2_transitgateway", "ec2", "describe_transit_gateways", "TransitGateways", "TransitGatewayId"),
    names("aws_ec2_vpc", "ec2", "describe_vpcs", "Vpcs", "VpcId"),
    names("aws_ec2_vpcendpoint", "ec2", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
    names("aws_ec2_vpcpeeringconnection", "ec2", "describe_vpc_peering_connections", "VpcPeeringConnections", "VpcPeeringConnectionId"),
    names("aws_ec2_vpnconnection", "ec2", "describe_vpn_connections", "VpnConnections", "VpnConnectionId"),
    names("aws_ec2_vpngateway", "ec2", "describe_vpn_gateways", "VpnGateways", "VpnGatewayId"),
    names("partywall_ec2_image", "ec2", "describe_images", "Images", "ImageId", Owners=["self"]),
    names("aws_ecs_cluster", "ecs", "list_clusters", "clusterArns", id="_arn"),
    Question("aws_ecs_service", "_id", [], within("ecs", "list_clusters", "clusterArns", "cluster", "list_services", "serviceArns", lambda _, arn: arn)),
    Question(
        "aws_eks_nodegroup",
        "_id",
        [],
        within("eks", "list_clusters", "clusters", "clusterName", "list_nodegroups", "nodegroups", lambda cluster, name: f"{cluster}/{name}"),
    ),
    Question(
        "aws_eks_fargateprofile",
        "FargateProfileName",
        [],
        within("eks", "list_clusters", "clusters", "clusterName", "list_fargate_profiles", "fargateProfileNames", lambda _, name: name),
    ),
    names("aws_elasticache_cachecluster", "elasticache", "describe_cache_clusters", "CacheClusters", "CacheClusterId"),
    names("aws_elasticloadbalancing_loadbalancer", "elb", "describe_load_balancers", "LoadBalancerDescriptions", "LoadBalancerName"),
    Question(
        "aws_elasticloadbalancingv2_listener",
        "_id",
        [],
        within(
            "elbv2",
            "describe_load_balancers",
            "LoadBalancers",
            "LoadBalancerArn",
            "describe_listeners",
            "Listeners",
            lambda _, one: one["ListenerArn"],
            "LoadBalancerArn",
        ),
    ),
    names("aws_elasticloadbalancingv2_targetgroup", "elbv2", "describe_target_groups", "TargetGroups", "TargetGroupArn"),
    names("aws_emr_cluster", "emr", "list_clusters", "Clusters", "Id"),
    names("aws_events_eventbus", "events", "list_event_buses", "EventBuses", "Name"),
    names("aws_events_rule", "events", "list_rules", "Rules", "Arn"),
    names("aws_fsx_filesystem", "fsx", "describe_file_systems", "FileSystems", "FileSystemId"),
    names("aws_glue_crawler", "glue", "list_crawlers", "CrawlerNames"),
    names("aws_glue_database", "glue", "get_databases", "DatabaseList", "Name"),
    names("aws_glue_job", "glue", "list_jobs", "JobNames"),
    names("aws_guardduty_detector", "guardduty", "list_detectors", "DetectorIds"),
    names("aws_iam_group", "iam", "list_groups", "Groups", "GroupName"),
    names("aws_iam_instanceprofile", "iam", "list_instance_profiles", "InstanceProfiles", "InstanceProfileName"),
    names("aws_iam_managedpolicy", "iam", "list_policies", "Policies", "Arn", Scope="Local"),
    names("aws_iam_oidcprovider", "iam", "list_open_id_connect_providers", "OpenIDConnectProviderList", "Arn"),
    names("aws_iam_virtualmfadevice", "iam", "list_virtual_mfa_devices", "VirtualMFADevices", "SerialNumber"),
    names("aws_kinesis_stream", "kinesis", "list_streams", "StreamNames"),
    names("aws_kinesisfirehose_deliverystream", "firehose", "list_delivery_streams", "DeliveryStreamNames"),
    names("aws_kms_alias", "kms", "list_aliases", "Aliases", "AliasName"),
    names("aws_logs_metricfilter", "logs", "describe_metric_filters", "metricFilters", "filterName"),
    names("aws_memorydb_cluster", "memorydb", "describe_clusters", "Clusters", "Name"),
    names("aws_msk_cluster", "kafka", "list_clusters_v2", "ClusterInfoList", "ClusterArn"),
    names("aws_opensearchservice_domain", "opensearch", "list_domain_names", "DomainNames", "DomainName"),
    names("aws_rds_dbparametergroup", "rds", "describe_db_parameter_groups", "DBParameterGroups", "DBParameterGroupName"),
    names("aws_rds_dbsubnetgroup", "rds", "describe_db_subnet_groups", "DBSubnetGroups", "DBSubnetGroupName"),
    names("aws_rds_eventsubscription", "rds", "describe_event_subscriptions", "EventSubscriptionsList", "CustSubscriptionId"),
    names("aws_sagemaker_notebookinstance", "sagemaker", "list_notebook_instances", "NotebookInstances", "NotebookInstanceName"),
    names("aws_ses_emailidentity", "ses", "list_identities", "Identities"),
    names("aws_sns_subscription", "sns", "list_subscriptions", "Subscriptions", "SubscriptionArn"),
    names("aws_ssm_document", "ssm", "list_documents", "DocumentIdentifiers", "Name", Filters=[{"Key": "Owner", "Values": ["Self"]}]),
    names("aws_ssm_parameter", "ssm", "describe_parameters", "Parameters", "Name"),
    names("aws_stepfunctions_statemachine", "stepfunctions", "list_state_machines", "stateMachines", "stateMachineArn"),
    names("aws_timestream_database", "timestream-write", "list_databases", "Databases", "DatabaseName"),
    names("aws_transfer_server", "transfer", "list_servers", "Servers", "ServerId"),
    names("aws_wafv2_webacl", "wafv2", "list_web_acls", "WebACLs", "Id", Scope="REGIONAL"),
]
