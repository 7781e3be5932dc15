//! Managed platforms of the digital account, each with another line between the two parties: containers, clusters, SaaS.

use std::io;

use serde_json::{Value, json};

use super::DIGITAL;
use super::dump::Dump;
use crate::Prng;
use crate::item::{Item, Place, camel};
use crate::shapes::{cluster, repository, service, task_definition};

const REGION: &str = "eu-central-1";

pub(super) fn write(dump: &Dump, prng: &mut Prng) -> io::Result<()> {
    let place = Dump::place(REGION);
    containers(dump, place)?;
    kubernetes(dump, place)?;
    spark(dump, prng)?;
    beanstalk(dump)?;
    guards(dump, prng)?;
    saas(dump, prng)
}

/// The registry spelling of a container resource in the API's own.
fn ecs(item: &Item) -> Value {
    let mut answer = camel(item.api.clone());
    if let Some(members) = answer.as_object_mut() {
        members.remove("name");
        if let Some(cluster) = members.remove("cluster") {
            members.insert("clusterArn".to_owned(), cluster);
        }
        if let Some(arn) = members.remove("arn") {
            members.insert("clusterArn".to_owned(), arn);
        }
    }
    answer
}

fn containers(dump: &Dump, place: Place) -> io::Result<()> {
    let clusters = [cluster(place, "channels", &["FARGATE"]), cluster(place, "fraud-ec2", &["fraud-asg"])];
    dump.answer(
        REGION,
        "ecs/list-clusters",
        &json!({ "clusterArns": clusters.iter().map(|cluster| cluster.arn.clone()).collect::<Vec<_>>() }),
    )?;
    for cluster in &clusters {
        let name = cluster.name.as_deref().unwrap_or_default();
        let mut answer = ecs(cluster);
        let settings = answer.as_object_mut().and_then(|members| members.remove("clusterSettings")).unwrap_or_default();
        crate::item::overlay(&mut answer, json!({ "status": "ACTIVE", "settings": settings, "runningTasksCount": 6 }));
        dump.answer(REGION, &format!("ecs/describe-clusters/{name}"), &json!({ "clusters": [answer], "failures": [] }))?;
    }
    for (cluster, name, launch, bad) in [("channels", "mobile-gateway", "FARGATE", false), ("fraud-ec2", "fraud-model", "EC2", true)] {
        dump.answer(
            REGION,
            &format!("ecs/describe-services/{name}"),
            &json!({ "services": [ecs(&service(place, cluster, name, launch, false))], "failures": [] }),
        )?;
        let mut definition = ecs(&task_definition(place, name, 7, launch, 1, bad));
        crate::item::overlay(&mut definition, json!({ "status": "ACTIVE", "revision": 7 }));
        dump.answer(REGION, &format!("ecs/describe-task-definition/{name}"), &json!({ "taskDefinition": definition }))?;
    }
    let repositories: Vec<Item> =
        [("mobile-gateway", true), ("fraud-model", false)].iter().map(|(name, good)| repository(place, name, *good)).collect();
    let answers: Vec<Value> = repositories
        .iter()
        .map(|item| {
            let mut answer = camel(item.api.clone());
            if let Some(members) = answer.as_object_mut() {
                members.remove("lifecyclePolicy");
                members.remove("arn");
                members.insert("repositoryArn".to_owned(), json!(item.arn));
            }
            answer
        })
        .collect();
    dump.answer(REGION, "ecr/describe-repositories", &json!({ "repositories": answers }))?;
    let rule = json!({ "rulePriority": 1, "selection": { "tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 20 }, "action": { "type": "expire" } });
    let lifecycle = json!({ "rules": [rule] }).to_string();
    for item in &repositories {
        let name = &item.id;
        dump.error(
            REGION,
            &format!("ecr/get-repository-policy/{name}"),
            "RepositoryPolicyNotFoundException",
            "GetRepositoryPolicy",
            "Repository policy does not exist",
        )?;
        dump.answer(
            REGION,
            &format!("ecr/get-lifecycle-policy/{name}"),
            &json!({ "registryId": DIGITAL, "repositoryName": name, "lifecyclePolicyText": lifecycle }),
        )?;
    }
    dump.error(
        "eu-west-1",
        "ecr/describe-repositories",
        "AccessDeniedException",
        "DescribeRepositories",
        "User is not authorized to perform: ecr:DescribeRepositories",
    )
}

fn kubernetes(dump: &Dump, place: Place) -> io::Result<()> {
    dump.answer(REGION, "eks/list-clusters", &json!({ "clusters": ["channels", "channels-lab"] }))?;
    for (name, version, good) in [("channels", "1.35", true), ("channels-lab", "1.29", false)] {
        let encryption = if good {
            json!([{ "resources": ["secrets"], "provider": { "keyArn": place.arn("kms", "key/7d0c1f52-5b3a-4f0e-9a55-2f1d6f3f1a01") } }])
        } else {
            json!([])
        };
        let answer = json!({ "cluster": {
            "name": name, "arn": place.arn("eks", &format!("cluster/{name}")), "createdAt": "2025-09-01T08:00:00+00:00", "version": version, "roleArn": place.global_arn("iam", "role/eks-channels"), "status": "ACTIVE", "platformVersion": "eks.9",
            "resourcesVpcConfig": {
                "subnetIds": ["subnet-0d16174100000001a", "subnet-0d16174100000001b"], "securityGroupIds": [], "vpcId": "vpc-0d161741000000001", "endpointPublicAccess": !good, "endpointPrivateAccess": good,
                "publicAccessCidrs": if good { json!([]) } else { json!(["0.0.0.0/0"]) },
            },
            "logging": { "clusterLogging": [{ "types": ["api", "audit", "authenticator", "controllerManager", "scheduler"], "enabled": good }] }, "encryptionConfig": encryption, "tags": {}, "accessConfig": { "authenticationMode": "API" },
        } });
        dump.answer(REGION, &format!("eks/describe-cluster/{name}"), &answer)?;
    }
    let nodes = json!({ "nodegroup": {
        "nodegroupName": "general", "nodegroupArn": place.arn("eks", "nodegroup/channels/general/1ec7"), "clusterName": "channels", "version": "1.35", "releaseVersion": "1.35.1-20261101", "status": "ACTIVE", "capacityType": "ON_DEMAND",
        "scalingConfig": { "minSize": 3, "maxSize": 9, "desiredSize": 3 }, "instanceTypes": ["m7g.large"], "subnets": ["subnet-0d16174100000001a"], "amiType": "BOTTLEROCKET_ARM_64", "nodeRole": place.global_arn("iam", "role/eks-channels"),
    } });
    dump.answer(REGION, "eks/describe-nodegroup/general", &nodes)
}

fn spark(dump: &Dump, prng: &mut Prng) -> io::Result<()> {
    let id = format!("j-{}", prng.hex(13).to_uppercase());
    let status = json!({ "State": "WAITING", "StateChangeReason": {}, "Timeline": { "CreationDateTime": "2026-08-01T05:00:00+00:00" } });
    let arn = format!("arn:aws:elasticmapreduce:{REGION}:{DIGITAL}:cluster/{id}");
    dump.answer(
        REGION,
        "emr/list-clusters",
        &json!({ "Clusters": [{ "Id": id, "Name": "aml-features", "Status": status, "NormalizedInstanceHours": 512, "ClusterArn": arn }] }),
    )?;
    let cluster = json!({ "Cluster": {
        "Id": id, "Name": "aml-features", "Status": status, "Ec2InstanceAttributes": { "Ec2SubnetId": "subnet-0d16174100000001a", "IamInstanceProfile": "emr-nodes" }, "InstanceCollectionType": "INSTANCE_GROUP", "ReleaseLabel": "emr-6.10.0",
        "AutoTerminate": false, "TerminationProtected": true, "VisibleToAllUsers": true, "Applications": [{ "Name": "Spark", "Version": "3.3.1" }], "Tags": [], "ServiceRole": "emr-service", "Configurations": [], "ClusterArn": arn, "StepConcurrencyLevel": 1,
    } });
    dump.answer(REGION, &format!("emr/describe-cluster/{id}"), &cluster)?;
    dump.answer(REGION, "emr/get-block-public-access-configuration", &json!({ "BlockPublicAccessConfiguration": { "BlockPublicSecurityGroupRules": false, "PermittedPublicSecurityGroupRuleRanges": [] } }))
}

fn beanstalk(dump: &Dump) -> io::Result<()> {
    let environments: Vec<Value> = ["branch-finder-prod", "branch-finder-test"]
        .iter()
        .enumerate()
        .map(|(index, name)| {
            json!({
                "EnvironmentName": name, "EnvironmentId": format!("e-branch{index:04}"), "ApplicationName": "branch-finder", "VersionLabel": "v42", "SolutionStackName": "64bit Amazon Linux 2023 v4.3.0 running Python 3.11",
                "PlatformArn": format!("arn:aws:elasticbeanstalk:{REGION}::platform/Python 3.11 running on 64bit Amazon Linux 2023/4.3.0"), "DateCreated": "2025-05-05T05:05:05+00:00", "DateUpdated": "2026-05-05T05:05:05+00:00",
                "Status": "Ready", "Health": "Green", "HealthStatus": "Ok", "Tier": { "Name": "WebServer", "Type": "Standard", "Version": "1.0" }, "EnvironmentArn": format!("arn:aws:elasticbeanstalk:{REGION}:{DIGITAL}:environment/branch-finder/{name}"),
            })
        })
        .collect();
    dump.answer(REGION, "elasticbeanstalk/describe-environments", &json!({ "Environments": environments }))?;
    for (name, managed) in [("branch-finder-prod", "false"), ("branch-finder-test", "true")] {
        let option = |namespace: &str, name: &str, value: &str| json!({ "Namespace": format!("aws:elasticbeanstalk:{namespace}"), "OptionName": name, "Value": value });
        let settings = json!([
            option("managedactions", "ManagedActionsEnabled", managed),
            option("managedactions:platformupdate", "UpdateLevel", "minor"),
            option("healthreporting:system", "SystemType", "enhanced"),
            option("cloudwatch:logs", "StreamLogs", managed),
            option("environment", "ServiceRole", "beanstalk"),
        ]);
        let answer = json!({ "ConfigurationSettings": [{ "ApplicationName": "branch-finder", "EnvironmentName": name, "DeploymentStatus": "deployed", "OptionSettings": settings }] });
        dump.answer(REGION, &format!("elasticbeanstalk/describe-configuration-settings/{name}"), &answer)?;
    }
    Ok(())
}

/// What watches the account: on in one Region, off in another.
fn guards(dump: &Dump, prng: &mut Prng) -> io::Result<()> {
    let detector = prng.hex(32);
    dump.answer(REGION, "guardduty/list-detectors", &json!({ "DetectorIds": [detector] }))?;
    let source = |status: &str| json!({ "Status": status });
    let answer = json!({
        "CreatedAt": "2025-01-01T00:00:00.000Z", "FindingPublishingFrequency": "SIX_HOURS", "ServiceRole": format!("arn:aws:iam::{DIGITAL}:role/aws-service-role/guardduty.amazonaws.com/AWSServiceRoleForAmazonGuardDuty"), "Status": "ENABLED",
        "DataSources": { "S3Logs": source("ENABLED"), "Kubernetes": { "AuditLogs": source("DISABLED") }, "MalwareProtection": { "ScanEc2InstanceWithFindings": { "EbsVolumes": source("DISABLED") } } }, "Tags": {},
        "Features": [{ "Name": "S3_DATA_EVENTS", "Status": "ENABLED" }, { "Name": "EKS_AUDIT_LOGS", "Status": "DISABLED" }, { "Name": "RDS_LOGIN_EVENTS", "Status": "DISABLED" }],
    });
    dump.answer(REGION, &format!("guardduty/get-detector/{detector}"), &answer)?;
    dump.answer("us-east-1", "guardduty/list-detectors", &json!({ "DetectorIds": [] }))?;
    dump.answer(REGION, "configservice/describe-configuration-recorders", &json!({ "ConfigurationRecorders": [] }))?;
    dump.answer(REGION, "securityhub/describe-hub", &json!({ "HubArn": format!("arn:aws:securityhub:{REGION}:{DIGITAL}:hub/default"), "SubscribedAt": "2025-01-01T00:00:00.000Z", "AutoEnableControls": true, "ControlFindingGenerator": "SECURITY_CONTROL" }))
}

/// Services that AWS runs nearly whole: what is left to the customer is short, and one of them ends.
fn saas(dump: &Dump, prng: &mut Prng) -> io::Result<()> {
    let organization = json!({ "OrganizationId": format!("m-{}", prng.hex(32)), "Alias": "harbour-bank", "DefaultMailDomain": "harbour-bank.awsapps.com", "State": "Active" });
    dump.answer("eu-west-1", "workmail/list-organizations", &json!({ "OrganizationSummaries": [organization] }))?;
    let id = prng.uuid();
    let instance = json!({
        "Id": id, "Arn": format!("arn:aws:connect:{REGION}:{DIGITAL}:instance/{id}"), "IdentityManagementType": "SAML", "InstanceAlias": "harbour-bank-service", "CreatedTime": "2025-07-01T08:00:00+00:00",
        "ServiceRole": format!("arn:aws:iam::{DIGITAL}:role/aws-service-role/connect.amazonaws.com/AWSServiceRoleForAmazonConnect"), "InstanceStatus": "ACTIVE", "InboundCallsEnabled": true, "OutboundCallsEnabled": true,
    });
    dump.answer(REGION, "connect/list-instances", &json!({ "InstanceSummaryList": [instance] }))?;
    dump.answer(REGION, "bedrock/get-model-invocation-logging-configuration", &json!({}))
}
