"""A small account for moto: a few resources of many services, good and bad ones, the same at each run.

    seed(url)      fills the account behind the endpoint, and returns boto3's clients for it

Everything is synthetic. The names say what is wrong, so that a person who reads a result can tell whether it is right.
"""

import io
import json
import urllib.request
import zipfile

import boto3
from botocore.config import Config

ACCOUNT, REGION = "123456789012", "us-east-1"
CREDENTIALS = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}


def clients(url, region=REGION):
    """A function from a service's name to its boto3 client on `url`."""
    session = boto3.Session(region_name=region, **CREDENTIALS)
    config = Config(s3={"addressing_style": "path"}, inject_host_prefix=False, retries={"max_attempts": 1})
    made = {}

    def client(service):
        if service not in made:
            made[service] = session.client(service, endpoint_url=url, config=config)
        return made[service]

    # S3 Control's endpoint rules put the account before the host, also before `127.0.0.1`, and no switch of botocore keeps them from it.
    client("s3control").meta.events.register("before-sign.s3-control", lambda request, **_: setattr(request, "url", request.url.replace(f"//{ACCOUNT}.", "//")))
    return client


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource, principal=None, **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **({"Principal": principal} if principal else {}), **more}


def trusts(service):
    return policy({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"})


def archive():
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as zipped:
        # A fixed date: the hash of the code is the same at each run.
        zipped.writestr(zipfile.ZipInfo("index.py", (2026, 1, 1, 0, 0, 0)), "def handler(event, context):\n    return 1\n")
    return held.getvalue()


def seed(url):
    """Fills the account at `url`. Raises boto3's error where moto refuses: then the pinned version is another one."""
    # The ids that moto makes up.
    urllib.request.urlopen(urllib.request.Request(f"{url}/moto-api/seed?a=42", method="POST"), timeout=30).read()
    aws = clients(url)
    keys = encryption_keys(aws("kms"))
    storage(aws, keys)
    roles = identities(aws("iam"))
    network = networks(aws("ec2"))
    machines(aws, network, keys)
    databases(aws, network, keys)
    functions(aws, roles, network, keys)
    messages(aws, keys)
    containers(aws, roles, network, keys)
    watching(aws, roles, keys)
    edge(aws, network)
    rest(aws, roles, network, keys)
    return aws


def encryption_keys(kms):
    keys = {}
    for name, rotates in [("rotated", True), ("not-rotated", False), ("open", False)]:
        who = "*" if name == "open" else f"arn:aws:iam::{ACCOUNT}:root"
        key = kms.create_key(Description=name, Policy=policy(allow("kms:*", "*", {"AWS": who})), Tags=[{"TagKey": "owner", "TagValue": "security"}])
        keys[name] = key["KeyMetadata"]["Arn"]
        kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=keys[name])
        if rotates:
            kms.enable_key_rotation(KeyId=keys[name])
    gone = kms.create_key(Description="scheduled for deletion")["KeyMetadata"]["KeyId"]
    kms.schedule_key_deletion(KeyId=gone, PendingWindowInDays=7)
    kms.create_key(Description="signing", KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    return keys


def storage(aws, keys):
    s3 = aws("s3")
    for name in ["harbour-plain", "harbour-public", "harbour-locked", "harbour-logs", "harbour-trail"]:
        s3.create_bucket(Bucket=name)
    s3.put_bucket_acl(Bucket="harbour-public", ACL="public-read")
    s3.put_bucket_policy(Bucket="harbour-public", Policy=policy(allow("s3:GetObject", "arn:aws:s3:::harbour-public/*", "*")))
    s3.put_bucket_website(Bucket="harbour-public", WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})
    s3.put_bucket_cors(Bucket="harbour-public", CORSConfiguration={"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]})
    locked = "harbour-locked"
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": keys["rotated"]}, "BucketKeyEnabled": True}
    s3.put_bucket_encryption(Bucket=locked, ServerSideEncryptionConfiguration={"Rules": [rule]})
    s3.put_bucket_versioning(Bucket=locked, VersioningConfiguration={"Status": "Enabled"})
    blocks = {name: True for name in ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"]}
    s3.put_public_access_block(Bucket=locked, PublicAccessBlockConfiguration=blocks)
    insecure = allow("s3:*", ["arn:aws:s3:::harbour-locked", "arn:aws:s3:::harbour-locked/*"], "*", Condition={"Bool": {"aws:SecureTransport": "false"}})
    s3.put_bucket_policy(Bucket=locked, Policy=policy({**insecure, "Effect": "Deny"}))
    s3.put_bucket_ownership_controls(Bucket=locked, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]})
    s3.put_bucket_tagging(Bucket=locked, Tagging={"TagSet": [{"Key": "owner", "Value": "payments"}]})
    expiry = {"ID": "expire", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 400}}
    s3.put_bucket_lifecycle_configuration(Bucket=locked, LifecycleConfiguration={"Rules": [expiry]})
    log_group = {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/s3/LogDelivery"}
    owner = s3.get_bucket_acl(Bucket="harbour-logs")["Owner"]
    grants = [{"Grantee": log_group, "Permission": permission} for permission in ["WRITE", "READ_ACP"]]
    s3.put_bucket_acl(Bucket="harbour-logs", AccessControlPolicy={"Owner": owner, "Grants": grants})
    s3.put_bucket_logging(Bucket=locked, BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": "harbour-logs", "TargetPrefix": "locked/"}})
    s3.put_object(Bucket="harbour-plain", Key="a.txt", Body=b"synthetic")
    aws("s3control").put_public_access_block(AccountId=ACCOUNT, PublicAccessBlockConfiguration={**blocks, "BlockPublicAcls": False})


def identities(iam):
    everything = policy(allow("*", "*"))
    iam.update_account_password_policy(MinimumPasswordLength=8, RequireSymbols=True, MaxPasswordAge=90, PasswordReusePrevention=5)
    iam.create_account_alias(AccountAlias="harbour")
    admin = iam.create_policy(PolicyName="harbour-everything", PolicyDocument=everything)["Policy"]["Arn"]
    narrow = policy(allow("s3:GetObject", "arn:aws:s3:::harbour-plain/*"))
    reader = iam.create_policy(PolicyName="harbour-reader", PolicyDocument=narrow)["Policy"]["Arn"]
    iam.create_group(GroupName="admins")
    iam.attach_group_policy(GroupName="admins", PolicyArn=admin)
    iam.create_group(GroupName="empty")
    for name in ["with-keys", "with-password", "with-inline-policy", "with-device"]:
        iam.create_user(UserName=name, Tags=[{"Key": "owner", "Value": "people"}])
    for _ in range(2):
        key = iam.create_access_key(UserName="with-keys")["AccessKey"]["AccessKeyId"]
    iam.update_access_key(UserName="with-keys", AccessKeyId=key, Status="Inactive")
    iam.attach_user_policy(UserName="with-keys", PolicyArn=admin)
    iam.create_login_profile(UserName="with-password", Password="Synthetic-1")
    iam.add_user_to_group(UserName="with-password", GroupName="admins")
    iam.put_user_policy(UserName="with-inline-policy", PolicyName="inline", PolicyDocument=narrow)
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="with-device")["VirtualMFADevice"]["SerialNumber"]
    iam.enable_mfa_device(UserName="with-device", SerialNumber=device, AuthenticationCode1="123456", AuthenticationCode2="234567")
    roles = {}
    for service in ["lambda", "ec2", "ecs-tasks", "eks", "config", "codebuild", "states", "vpc-flow-logs", "backup", "glue", "batch"]:
        made = iam.create_role(RoleName=f"harbour-{service}", AssumeRolePolicyDocument=trusts(f"{service}.amazonaws.com"))
        roles[service] = made["Role"]["Arn"]
        iam.attach_role_policy(RoleName=f"harbour-{service}", PolicyArn=reader)
    anyone = policy({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"})
    iam.create_role(RoleName="harbour-anyone", AssumeRolePolicyDocument=anyone)
    iam.put_role_policy(RoleName="harbour-anyone", PolicyName="inline", PolicyDocument=everything)
    iam.create_instance_profile(InstanceProfileName="harbour-ec2")
    iam.add_role_to_instance_profile(InstanceProfileName="harbour-ec2", RoleName="harbour-ec2")
    iam.create_open_id_connect_provider(Url="https://token.actions.githubusercontent.com", ClientIDList=["sts.amazonaws.com"], ThumbprintList=["f" * 40])
    return roles


def networks(ec2):
    vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    subnets = []
    for index, zone in enumerate(["us-east-1a", "us-east-1b"]):
        made = ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.20.{index}.0/24", AvailabilityZone=zone)
        subnets.append(made["Subnet"]["SubnetId"])
    ec2.modify_subnet_attribute(SubnetId=subnets[0], MapPublicIpOnLaunch={"Value": True})
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnets[0])
    groups = {}
    for name, rules in [
        ("open-ssh", [("tcp", 22, 22, "0.0.0.0/0"), ("tcp", 443, 443, "10.0.0.0/8")]),
        ("open-everything", [("-1", -1, -1, "0.0.0.0/0")]),
        ("closed", [("tcp", 5432, 5432, "10.20.0.0/16")]),
        ("empty", []),
    ]:
        group = groups[name] = ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
        for protocol, first, last, cidr in rules:
            rule = {"IpProtocol": protocol, "IpRanges": [{"CidrIp": cidr, "Description": name}]}
            ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[{**rule, **({"FromPort": first, "ToPort": last} if first >= 0 else {})}])
    same = {"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8090, "UserIdGroupPairs": [{"GroupId": groups["closed"]}]}
    ec2.authorize_security_group_ingress(GroupId=groups["closed"], IpPermissions=[same])
    acl = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    entry = {"RuleNumber": 100, "Protocol": "6", "RuleAction": "allow", "Egress": False, "CidrBlock": "0.0.0.0/0", "PortRange": {"From": 22, "To": 22}}
    ec2.create_network_acl_entry(NetworkAclId=acl, **entry)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    ec2.create_nat_gateway(SubnetId=subnets[0], AllocationId=address)
    ec2.allocate_address(Domain="vpc")
    ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=f"com.amazonaws.{REGION}.s3", RouteTableIds=[table], PolicyDocument=policy(allow("*", "*", "*")))
    peer = ec2.create_vpc(CidrBlock="10.30.0.0/16")["Vpc"]["VpcId"]
    peering = ec2.create_vpc_peering_connection(VpcId=vpc, PeerVpcId=peer)["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=peering)
    ec2.create_transit_gateway(Description="harbour", Options={"AutoAcceptSharedAttachments": "enable"})
    customer = ec2.create_customer_gateway(Type="ipsec.1", PublicIp="198.51.100.1", BgpAsn=65000)["CustomerGateway"]["CustomerGatewayId"]
    private = ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
    ec2.create_vpn_connection(Type="ipsec.1", CustomerGatewayId=customer, VpnGatewayId=private)
    return {"vpc": vpc, "subnets": subnets, "groups": groups}


def machines(aws, network, keys):
    ec2 = aws("ec2")
    image = ec2.register_image(Name="harbour-image", Architecture="x86_64", RootDeviceName="/dev/sda1")["ImageId"]
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "harbour"}]}]
    common = {"ImageId": image, "MinCount": 1, "MaxCount": 1, "InstanceType": "t3.micro", "TagSpecifications": tags}
    groups = network["groups"]
    ec2.run_instances(**common, SubnetId=network["subnets"][0], SecurityGroupIds=[groups["open-ssh"]], UserData="#!/bin/sh\nexport PASSWORD=synthetic-only\n")
    strict = {"HttpTokens": "required", "HttpEndpoint": "enabled", "HttpPutResponseHopLimit": 1}
    profile = {"Name": "harbour-ec2"}
    second = ec2.run_instances(
        **common, SubnetId=network["subnets"][1], SecurityGroupIds=[groups["closed"]], MetadataOptions=strict, IamInstanceProfile=profile
    )
    ec2.stop_instances(InstanceIds=[second["Instances"][0]["InstanceId"]])
    zone = f"{REGION}a"
    plain = ec2.create_volume(AvailabilityZone=zone, Size=8)["VolumeId"]
    sealed = ec2.create_volume(AvailabilityZone=zone, Size=8, Encrypted=True, KmsKeyId=keys["rotated"])["VolumeId"]
    public = ec2.create_snapshot(VolumeId=plain, Description="public")["SnapshotId"]
    ec2.modify_snapshot_attribute(SnapshotId=public, Attribute="createVolumePermission", OperationType="add", GroupNames=["all"])
    ec2.create_snapshot(VolumeId=sealed, Description="private")
    ec2.create_launch_template(LaunchTemplateName="harbour", LaunchTemplateData={"ImageId": image, "InstanceType": "t3.micro", "MetadataOptions": strict})
    ec2.create_key_pair(KeyName="harbour")
    scaling = aws("autoscaling")
    scaling.create_launch_configuration(LaunchConfigurationName="harbour", ImageId=image, InstanceType="t3.micro")
    scaling.create_auto_scaling_group(
        AutoScalingGroupName="harbour", LaunchConfigurationName="harbour", MinSize=0, MaxSize=1, DesiredCapacity=0, VPCZoneIdentifier=network["subnets"][0]
    )


def databases(aws, network, keys):
    rds = aws("rds")
    rds.create_db_subnet_group(DBSubnetGroupName="harbour", DBSubnetGroupDescription="harbour", SubnetIds=network["subnets"])
    common = {
        "DBInstanceClass": "db.t3.micro",
        "AllocatedStorage": 20,
        "MasterUsername": "harbour",
        "MasterUserPassword": "synthetic-only",
        "DBSubnetGroupName": "harbour",
    }
    rds.create_db_instance(**common, DBInstanceIdentifier="open", Engine="mysql", PubliclyAccessible=True, BackupRetentionPeriod=0)
    good = {
        "StorageEncrypted": True,
        "KmsKeyId": keys["rotated"],
        "MultiAZ": True,
        "DeletionProtection": True,
        "BackupRetentionPeriod": 14,
        "PubliclyAccessible": False,
    }
    rds.create_db_instance(**common, DBInstanceIdentifier="sealed", Engine="postgres", EngineVersion="16.3", EnableIAMDatabaseAuthentication=True, **good)
    for name in ["public", "private"]:
        rds.create_db_snapshot(DBSnapshotIdentifier=f"snapshot-{name}", DBInstanceIdentifier="open")
    rds.modify_db_snapshot_attribute(DBSnapshotIdentifier="snapshot-public", AttributeName="restore", ValuesToAdd=["all"])
    rds.create_db_cluster(
        DBClusterIdentifier="cluster", Engine="aurora-postgresql", MasterUsername="harbour", MasterUserPassword="synthetic-only", StorageEncrypted=False
    )
    rds.create_db_cluster_snapshot(DBClusterSnapshotIdentifier="cluster-snapshot", DBClusterIdentifier="cluster")
    rds.create_db_parameter_group(DBParameterGroupName="harbour", DBParameterGroupFamily="postgres16", Description="harbour")
    rds.create_event_subscription(SubscriptionName="harbour", SnsTopicArn=f"arn:aws:sns:{REGION}:{ACCOUNT}:topic", SourceType="db-instance", Enabled=True)
    dynamo = aws("dynamodb")
    for name, more in [
        ("plain", {}),
        ("sealed", {"SSESpecification": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": keys["rotated"]}, "DeletionProtectionEnabled": True}),
    ]:
        dynamo.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            **more,
        )
    dynamo.update_continuous_backups(TableName="sealed", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    redshift = aws("redshift")
    redshift.create_cluster(
        ClusterIdentifier="harbour", NodeType="ra3.large", MasterUsername="harbour", MasterUserPassword="Synthetic-1", PubliclyAccessible=True, Encrypted=False
    )
    cache = aws("elasticache")
    cache.create_cache_cluster(CacheClusterId="harbour", Engine="redis", CacheNodeType="cache.t3.micro", NumCacheNodes=1)
    cache.create_replication_group(
        ReplicationGroupId="sealed", ReplicationGroupDescription="sealed", TransitEncryptionEnabled=True, AtRestEncryptionEnabled=True
    )
    aws("opensearch").create_domain(
        DomainName="harbour", EngineVersion="OpenSearch_2.11", EncryptionAtRestOptions={"Enabled": True}, NodeToNodeEncryptionOptions={"Enabled": False}
    )
    aws("efs").create_file_system(CreationToken="plain", Encrypted=False)
    aws("efs").create_file_system(CreationToken="sealed", Encrypted=True, KmsKeyId=keys["rotated"])


def functions(aws, roles, network, keys):
    made = aws("lambda")
    common = {"Role": roles["lambda"], "Handler": "index.handler", "Code": {"ZipFile": archive()}}
    made.create_function(FunctionName="old", Runtime="python3.8", Environment={"Variables": {"PASSWORD": "synthetic-only"}}, **common)
    inside = {"SubnetIds": network["subnets"], "SecurityGroupIds": [network["groups"]["closed"]]}
    made.create_function(FunctionName="new", Runtime="python3.12", TracingConfig={"Mode": "Active"}, VpcConfig=inside, KMSKeyArn=keys["rotated"], **common)
    made.add_permission(FunctionName="old", StatementId="anyone", Action="lambda:InvokeFunction", Principal="*")
    made.create_function_url_config(FunctionName="old", AuthType="NONE")
    made.put_function_concurrency(FunctionName="new", ReservedConcurrentExecutions=5)
    states = aws("stepfunctions")
    states.create_state_machine(
        name="harbour", roleArn=roles["states"], definition=json.dumps({"StartAt": "a", "States": {"a": {"Type": "Pass", "End": True}}})
    )
    api = aws("apigateway")
    rest_api = api.create_rest_api(name="harbour")["id"]
    root = api.get_resources(restApiId=rest_api)["items"][0]["id"]
    api.put_method(restApiId=rest_api, resourceId=root, httpMethod="GET", authorizationType="NONE")
    api.put_integration(restApiId=rest_api, resourceId=root, httpMethod="GET", type="MOCK", integrationHttpMethod="GET")
    api.create_deployment(restApiId=rest_api, stageName="live")
    http_api = aws("apigatewayv2").create_api(Name="harbour", ProtocolType="HTTP")["ApiId"]
    aws("apigatewayv2").create_stage(ApiId=http_api, StageName="live")


def messages(aws, keys):
    sqs, sns = aws("sqs"), aws("sns")
    for name, attributes in [
        ("plain", {}),
        ("open", {"Policy": policy(allow("sqs:*", "*", "*"))}),
        ("sealed.fifo", {"FifoQueue": "true", "KmsMasterKeyId": keys["rotated"]}),
    ]:
        sqs.create_queue(QueueName=name, Attributes=attributes, tags={"owner": "messages"})
    topic = sns.create_topic(Name="topic", Attributes={"KmsMasterKeyId": keys["rotated"]})["TopicArn"]
    sns.create_topic(Name="open", Attributes={"Policy": policy(allow("sns:Publish", "*", "*"))})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT}:plain")
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint="http://example.com/plain-text")
    kinesis = aws("kinesis")
    for name in ["plain", "sealed"]:
        kinesis.create_stream(StreamName=name, ShardCount=1)
    kinesis.start_stream_encryption(StreamName="sealed", EncryptionType="KMS", KeyId=keys["rotated"])
    target = {"RoleARN": f"arn:aws:iam::{ACCOUNT}:role/harbour-glue", "BucketARN": "arn:aws:s3:::harbour-plain"}
    aws("firehose").create_delivery_stream(DeliveryStreamName="harbour", DeliveryStreamType="DirectPut", ExtendedS3DestinationConfiguration=target)
    events = aws("events")
    events.create_event_bus(Name="open")
    events.put_permission(EventBusName="open", StatementId="anyone", Action="events:PutEvents", Principal="*")
    events.put_rule(Name="root-login", EventPattern=json.dumps({"source": ["aws.signin"]}), State="ENABLED")
    aws("mq").create_broker(
        BrokerName="harbour",
        DeploymentMode="SINGLE_INSTANCE",
        EngineType="ACTIVEMQ",
        EngineVersion="5.16.7",
        HostInstanceType="mq.t3.micro",
        PubliclyAccessible=True,
        AutoMinorVersionUpgrade=False,
        Users=[{"Username": "harbour", "Password": "synthetic-only-1"}],
    )
    aws("kafka").create_cluster(
        ClusterName="harbour",
        KafkaVersion="3.5.1",
        NumberOfBrokerNodes=2,
        BrokerNodeGroupInfo={"InstanceType": "kafka.m5.large", "ClientSubnets": ["subnet-1", "subnet-2"]},
    )


def containers(aws, roles, network, keys):
    ecr = aws("ecr")
    ecr.create_repository(repositoryName="plain")
    ecr.create_repository(
        repositoryName="sealed",
        imageTagMutability="IMMUTABLE",
        imageScanningConfiguration={"scanOnPush": True},
        encryptionConfiguration={"encryptionType": "KMS", "kmsKey": keys["rotated"]},
    )
    ecr.set_repository_policy(repositoryName="plain", policyText=policy({"Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"}))
    rule = {"rulePriority": 1, "selection": {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 5}, "action": {"type": "expire"}}
    ecr.put_lifecycle_policy(repositoryName="sealed", lifecyclePolicyText=json.dumps({"rules": [rule]}))
    ecs = aws("ecs")
    ecs.create_cluster(clusterName="harbour", settings=[{"name": "containerInsights", "value": "enabled"}])
    container = {"name": "web", "image": "nginx", "memory": 128, "privileged": True, "environment": [{"name": "PASSWORD", "value": "synthetic-only"}]}
    ecs.register_task_definition(family="harbour", networkMode="host", containerDefinitions=[container], executionRoleArn=roles["ecs-tasks"])
    ecs.create_service(cluster="harbour", serviceName="web", taskDefinition="harbour", desiredCount=0, launchType="EC2")
    subnets = {"subnetIds": network["subnets"], "endpointPublicAccess": True, "publicAccessCidrs": ["0.0.0.0/0"]}
    eks = aws("eks")
    eks.create_cluster(name="harbour", version="1.30", roleArn=roles["eks"], resourcesVpcConfig=subnets)
    eks.create_nodegroup(clusterName="harbour", nodegroupName="workers", subnets=network["subnets"], nodeRole=roles["ec2"])
    eks.create_fargate_profile(fargateProfileName="harbour", clusterName="harbour", podExecutionRoleArn=roles["eks"], selectors=[{"namespace": "default"}])
    aws("batch").create_compute_environment(computeEnvironmentName="harbour", type="UNMANAGED", state="ENABLED", serviceRole=roles["batch"])


def watching(aws, roles, keys):
    trail = aws("cloudtrail")
    trail.create_trail(Name="harbour", S3BucketName="harbour-trail", IsMultiRegionTrail=True, EnableLogFileValidation=True, KmsKeyId=keys["rotated"])
    trail.start_logging(Name="harbour")
    trail.create_trail(Name="stopped", S3BucketName="harbour-trail")
    logs = aws("logs")
    for name in ["kept", "forever"]:
        logs.create_log_group(logGroupName=name)
    logs.put_retention_policy(logGroupName="kept", retentionInDays=365)
    change = {"metricName": "root", "metricNamespace": "harbour", "metricValue": "1"}
    logs.put_metric_filter(logGroupName="kept", filterName="root", filterPattern='{ $.userIdentity.type = "Root" }', metricTransformations=[change])
    topic = f"arn:aws:sns:{REGION}:{ACCOUNT}:topic"
    alarm = {
        "MetricName": "root",
        "Namespace": "harbour",
        "Statistic": "Sum",
        "Period": 300,
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    }
    watch = aws("cloudwatch")
    watch.put_metric_alarm(AlarmName="root", AlarmActions=[topic], **alarm)
    watch.put_metric_alarm(AlarmName="silent", ActionsEnabled=False, **alarm)
    config = aws("config")
    recorder = {"name": "default", "roleARN": roles["config"], "recordingGroup": {"allSupported": True, "includeGlobalResourceTypes": True}}
    config.put_configuration_recorder(ConfigurationRecorder=recorder)
    config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": "harbour-logs"})
    config.start_configuration_recorder(ConfigurationRecorderName="default")
    aws("guardduty").create_detector(Enable=True)
    aws("securityhub").enable_security_hub()
    aws("inspector2").enable(accountIds=[ACCOUNT], resourceTypes=["EC2", "ECR"])
    aws("macie2").enable_macie()


def edge(aws, network):
    certificate = aws("acm").request_certificate(DomainName="harbour.example", ValidationMethod="DNS")["CertificateArn"]
    balancers = aws("elbv2")
    balancer = balancers.create_load_balancer(Name="harbour", Subnets=network["subnets"], SecurityGroups=[network["groups"]["open-everything"]])[
        "LoadBalancers"
    ][0]["LoadBalancerArn"]
    group = balancers.create_target_group(Name="harbour", Protocol="HTTP", Port=80, VpcId=network["vpc"])["TargetGroups"][0]["TargetGroupArn"]
    forward = [{"Type": "forward", "TargetGroupArn": group}]
    balancers.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=forward)
    balancers.create_listener(
        LoadBalancerArn=balancer,
        Protocol="HTTPS",
        Port=443,
        Certificates=[{"CertificateArn": certificate}],
        SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06",
        DefaultActions=forward,
    )
    listener = {"Protocol": "HTTP", "LoadBalancerPort": 80, "InstancePort": 80}
    aws("elb").create_load_balancer(LoadBalancerName="classic", Listeners=[listener], Subnets=network["subnets"][:1])
    zones = aws("route53")
    zones.create_hosted_zone(Name="harbour.example", CallerReference="public")
    zones.create_hosted_zone(Name="harbour.internal", CallerReference="private", VPC={"VPCRegion": REGION, "VPCId": network["vpc"]})
    origin = {"Id": "plain", "DomainName": "harbour-plain.s3.amazonaws.com", "S3OriginConfig": {"OriginAccessIdentity": ""}}
    behaviour = {
        "TargetOriginId": "plain",
        "ViewerProtocolPolicy": "allow-all",
        "MinTTL": 0,
        "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}},
    }
    aws("cloudfront").create_distribution(
        DistributionConfig={
            "CallerReference": "harbour",
            "Comment": "harbour",
            "Enabled": True,
            "Origins": {"Quantity": 1, "Items": [origin]},
            "DefaultCacheBehavior": behaviour,
        }
    )
    seen = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "harbour"}
    aws("wafv2").create_web_acl(Name="harbour", Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig=seen, Rules=[])


def rest(aws, roles, network, keys):
    secrets = aws("secretsmanager")
    secrets.create_secret(Name="plain", SecretString="synthetic-only")
    secrets.create_secret(Name="open", SecretString="synthetic-only", KmsKeyId=keys["rotated"])
    secrets.put_resource_policy(SecretId="open", ResourcePolicy=policy(allow("secretsmanager:GetSecretValue", "*", "*")))
    ssm = aws("ssm")
    ssm.put_parameter(Name="plain", Value="synthetic", Type="String")
    ssm.put_parameter(Name="sealed", Value="synthetic-only", Type="SecureString")
    ssm.create_document(Name="harbour", Content=json.dumps({"schemaVersion": "2.2", "mainSteps": []}), DocumentType="Command", DocumentFormat="JSON")
    backup = aws("backup")
    backup.create_backup_vault(BackupVaultName="harbour")
    rule = {"RuleName": "daily", "TargetBackupVaultName": "harbour", "ScheduleExpression": "cron(0 5 ? * * *)", "Lifecycle": {"DeleteAfterDays": 35}}
    backup.create_backup_plan(BackupPlan={"BackupPlanName": "harbour", "Rules": [rule]})
    template = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "of-the-stack"}}}}
    aws("cloudformation").create_stack(StackName="harbour", TemplateBody=json.dumps(template))
    source = {"type": "GITHUB", "location": "https://github.com/example/harbour"}
    machine = {"type": "LINUX_CONTAINER", "image": "aws/codebuild/standard:7.0", "computeType": "BUILD_GENERAL1_SMALL", "privilegedMode": True}
    aws("codebuild").create_project(name="harbour", source=source, artifacts={"type": "NO_ARTIFACTS"}, environment=machine, serviceRole=roles["codebuild"])
    glue = aws("glue")
    glue.create_database(DatabaseInput={"Name": "harbour"})
    glue.create_job(Name="harbour", Role=roles["glue"], Command={"Name": "glueetl", "ScriptLocation": "s3://harbour-plain/job.py"})
    glue.create_crawler(Name="harbour", Role=roles["glue"], Targets={"S3Targets": [{"Path": "s3://harbour-plain"}]})
    aws("athena").create_work_group(Name="harbour", Configuration={"EnforceWorkGroupConfiguration": False})
    users = aws("cognito-idp").create_user_pool(PoolName="harbour", MfaConfiguration="OFF", Policies={"PasswordPolicy": {"MinimumLength": 6}})["UserPool"]["Id"]
    aws("cognito-idp").create_user_pool_client(UserPoolId=users, ClientName="harbour")
    aws("cognito-identity").create_identity_pool(IdentityPoolName="harbour", AllowUnauthenticatedIdentities=True)
    aws("emr").run_job_flow(
        Name="harbour",
        ReleaseLabel="emr-6.15.0",
        Instances={"MasterInstanceType": "m5.xlarge", "InstanceCount": 1, "KeepJobFlowAliveWhenNoSteps": True},
        JobFlowRole="harbour-ec2",
        ServiceRole="harbour-ec2",
    )
    aws("sagemaker").create_notebook_instance(
        NotebookInstanceName="harbour", InstanceType="ml.t3.medium", RoleArn=roles["glue"], DirectInternetAccess="Enabled", RootAccess="Enabled"
    )
    aws("transfer").create_server(Protocols=["FTP"], EndpointType="PUBLIC", IdentityProviderType="SERVICE_MANAGED")
    aws("fsx").create_file_system(FileSystemType="LUSTRE", StorageCapacity=1200, SubnetIds=network["subnets"][:1])
    aws("dax").create_cluster(ClusterName="harbour", NodeType="dax.r5.large", ReplicationFactor=1, IamRoleArn=roles["glue"])
    aws("acm-pca").create_certificate_authority(
        CertificateAuthorityType="ROOT",
        CertificateAuthorityConfiguration={"KeyAlgorithm": "RSA_2048", "SigningAlgorithm": "SHA256WITHRSA", "Subject": {"CommonName": "harbour"}},
    )
    aws("appsync").create_graphql_api(name="harbour", authenticationType="API_KEY")
    aws("timestream-write").create_database(DatabaseName="harbour")
    aws("ses").verify_domain_identity(Domain="harbour.example")
    aws("ds").create_directory(
        Name="harbour.internal", Password="Synthetic-1", Size="Small", VpcSettings={"VpcId": network["vpc"], "SubnetIds": network["subnets"]}
    )
    aws("memorydb").create_cluster(ClusterName="harbour", NodeType="db.t4g.small", ACLName="open-access", TLSEnabled=False)


if __name__ == "__main__":
    import sys

    seed(sys.argv[1])
