use serde_json::{Value, json};

use crate::item::{Item, Place};

pub(crate) fn repository(place: Place, name: &str, good: bool) -> Item {
    let arn = place.arn("ecr", &format!("repository/{name}"));
    let mut api = json!({
        "RepositoryName": name, "Arn": arn, "RepositoryUri": format!("{}.dkr.ecr.{}.amazonaws.com/{name}", place.account, place.region),
        "ImageTagMutability": if good { "IMMUTABLE" } else { "MUTABLE" }, "ImageScanningConfiguration": { "ScanOnPush": good }, "EncryptionConfiguration": { "EncryptionType": "AES256" },
    });
    if good {
        let lifecycle = json!({ "rules": [{ "rulePriority": 1, "selection": { "tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 14 }, "action": { "type": "expire" } }] });
        let key = place.arn("kms", "key/7d0c1f52-5b3a-4f0e-9a55-2f1d6f3f1a01");
        crate::item::overlay(
            &mut api,
            json!({ "LifecyclePolicy": { "LifecyclePolicyText": lifecycle.to_string() }, "EncryptionConfiguration": { "EncryptionType": "KMS", "KmsKey": key } }),
        );
    }
    Item::registry("AWS::ECR::Repository", name, arn, api).named(name)
}

pub(crate) fn cluster(place: Place, name: &str, providers: &[&str]) -> Item {
    let arn = place.arn("ecs", &format!("cluster/{name}"));
    let api = json!({
        "ClusterName": name, "Arn": arn, "CapacityProviders": providers, "ClusterSettings": [{ "Name": "containerInsights", "Value": "enabled" }], "DefaultCapacityProviderStrategy": [],
        "Configuration": { "ExecuteCommandConfiguration": { "Logging": "DEFAULT" } },
    });
    Item::registry("AWS::ECS::Cluster", &arn.clone(), arn, api).named(name)
}

/// `launch` is `EC2` or `FARGATE`; `public` gives its tasks public addresses.
pub(crate) fn service(place: Place, cluster: &str, name: &str, launch: &str, public: bool) -> Item {
    let arn = place.arn("ecs", &format!("service/{cluster}/{name}"));
    let mut api = json!({
        "ServiceArn": arn, "ServiceName": name, "Name": name, "Cluster": place.arn("ecs", &format!("cluster/{cluster}")), "LaunchType": launch, "DesiredCount": 3, "SchedulingStrategy": "REPLICA",
        "TaskDefinition": place.arn("ecs", &format!("task-definition/{name}:7")), "EnableExecuteCommand": false, "EnableECSManagedTags": true, "PropagateTags": "SERVICE",
        "DeploymentConfiguration": { "MaximumPercent": 200, "MinimumHealthyPercent": 100, "DeploymentCircuitBreaker": { "Enable": true, "Rollback": true } }, "LoadBalancers": [],
        "NetworkConfiguration": { "AwsvpcConfiguration": { "AssignPublicIp": if public { "ENABLED" } else { "DISABLED" }, "Subnets": ["subnet-0a00000000000001a"], "SecurityGroups": ["sg-0aa11bb22cc33dd44"] } },
    });
    if launch == "FARGATE" {
        crate::item::overlay(&mut api, json!({ "PlatformVersion": "LATEST" }));
    }
    Item::registry("AWS::ECS::Service", &arn.clone(), arn, api).named(name)
}

/// `bad`: privileged, writable, no log, the host's network.
pub(crate) fn task_definition(place: Place, family: &str, revision: u64, launch: &str, containers: u64, bad: bool) -> Item {
    let arn = place.arn("ecs", &format!("task-definition/{family}:{revision}"));
    let definitions: Vec<Value> = (0..containers)
        .map(|index| {
            let mut container = json!({
                "Name": if index == 0 { "app".to_owned() } else { format!("sidecar-{index}") }, "Image": format!("{}.dkr.ecr.{}.amazonaws.com/{family}:{revision}", place.account, place.region),
                "Cpu": 256, "Memory": 512, "Essential": index == 0, "PortMappings": [{ "ContainerPort": 8080 + index, "HostPort": 8080 + index, "Protocol": "tcp" }],
                "Environment": [{ "Name": "STAGE", "Value": "prod" }, { "Name": "LOG_LEVEL", "Value": "info" }, { "Name": "REGION", "Value": place.region }],
                "Secrets": [{ "Name": "DB_PASSWORD", "ValueFrom": place.arn("secretsmanager", "secret:core/ledger") }],
                "ReadonlyRootFilesystem": !bad, "Privileged": bad && launch == "EC2", "User": if bad { "0" } else { "10001" },
                "HealthCheck": { "Command": ["CMD-SHELL", "curl -f http://localhost:8080/health || exit 1"], "Interval": 30, "Retries": 3, "Timeout": 5 },
            });
            if !bad {
                let options = json!({ "awslogs-group": format!("/ecs/{family}"), "awslogs-region": place.region, "awslogs-stream-prefix": "app" });
                crate::item::overlay(&mut container, json!({ "LogConfiguration": { "LogDriver": "awslogs", "Options": options } }));
            }
            container
        })
        .collect();
    let api = json!({
        "TaskDefinitionArn": arn, "Family": family, "ContainerDefinitions": definitions, "NetworkMode": if bad && launch == "EC2" { "host" } else { "awsvpc" }, "RequiresCompatibilities": [launch], "Cpu": "512", "Memory": "1024",
        "TaskRoleArn": place.global_arn("iam", &format!("role/{family}-task")), "ExecutionRoleArn": place.global_arn("iam", "role/ecs-execution"), "Volumes": [], "PlacementConstraints": [],
    });
    Item::registry("AWS::ECS::TaskDefinition", &arn.clone(), arn, api)
}
