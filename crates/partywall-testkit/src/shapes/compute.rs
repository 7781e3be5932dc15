use serde_json::{Value, json};

use crate::Prng;
use crate::item::{Item, Place};

pub(crate) fn instance(place: Place, prng: &mut Prng, name: &str, subnet: &str, group: &str) -> Item {
    let id = format!("i-{}", prng.hex(17));
    let volume = format!("vol-{}", prng.hex(17));
    let interface = format!("eni-{}", prng.hex(17));
    let address = format!("10.20.{}.{}", prng.below(32), 10 + prng.below(240));
    let groups = json!([{ "GroupName": format!("{name}-sg"), "GroupId": group }]);
    let api = json!({
        "AmiLaunchIndex": 0,
        "ImageId": "ami-0b1c2d3e4f5061728",
        "InstanceId": id,
        "InstanceType": prng.pick(&["m7g.large", "m7g.xlarge", "c7g.large", "r7g.large"]),
        "LaunchTime": "2026-09-14T07:31:22.000Z",
        "Monitoring": { "State": "enabled" },
        "Placement": { "AvailabilityZone": format!("{}a", place.region), "GroupName": "", "Tenancy": "default" },
        "PlatformDetails": "Linux/UNIX",
        "PrivateDnsName": format!("ip-{}.{}.compute.internal", address.replace('.', "-"), place.region),
        "PrivateIpAddress": address,
        "ProductCodes": [],
        "PublicDnsName": "",
        "State": { "Code": 16, "Name": "running" },
        "StateTransitionReason": "",
        "SubnetId": subnet,
        "VpcId": "vpc-0c0ffee0123456789",
        "Architecture": "arm64",
        "BlockDeviceMappings": [{ "DeviceName": "/dev/xvda", "Ebs": { "AttachTime": "2026-09-14T07:31:23.000Z", "DeleteOnTermination": true, "Status": "attached", "VolumeId": volume } }],
        "EbsOptimized": true,
        "EnaSupport": true,
        "Hypervisor": "xen",
        "IamInstanceProfile": { "Arn": place.global_arn("iam", "instance-profile/managed-instance"), "Id": format!("AIPA{}", prng.hex(17).to_uppercase()) },
        "NetworkInterfaces": [{
            "Attachment": { "AttachTime": "2026-09-14T07:31:22.000Z", "AttachmentId": format!("eni-attach-{}", prng.hex(17)), "DeleteOnTermination": true, "DeviceIndex": 0, "Status": "attached", "NetworkCardIndex": 0 },
            "Description": "", "Groups": groups, "Ipv6Addresses": [], "MacAddress": "02:1a:2b:3c:4d:5e", "NetworkInterfaceId": interface, "OwnerId": place.account,
            "PrivateIpAddress": address, "PrivateIpAddresses": [{ "Primary": true, "PrivateIpAddress": address }],
            "SourceDestCheck": true, "Status": "in-use", "SubnetId": subnet, "VpcId": "vpc-0c0ffee0123456789", "InterfaceType": "interface",
        }],
        "RootDeviceName": "/dev/xvda",
        "RootDeviceType": "ebs",
        "SecurityGroups": groups,
        "SourceDestCheck": true,
        "VirtualizationType": "hvm",
        "CpuOptions": { "CoreCount": 2, "ThreadsPerCore": 1 },
        "CapacityReservationSpecification": { "CapacityReservationPreference": "open" },
        "HibernationOptions": { "Configured": false },
        "MetadataOptions": { "State": "applied", "HttpTokens": "required", "HttpPutResponseHopLimit": 2, "HttpEndpoint": "enabled", "HttpProtocolIpv6": "disabled", "InstanceMetadataTags": "disabled" },
        "EnclaveOptions": { "Enabled": false },
        "BootMode": "uefi",
        "MaintenanceOptions": { "AutoRecovery": "default" },
    });
    Item::legacy("AWS::EC2::Instance", &id, place.arn("ec2", &format!("instance/{id}")), api).tag("Name", name)
}

/// Makes an instance reachable: a public address, and metadata that needs no token.
pub(crate) fn exposed(address: &str) -> Value {
    json!({ "PublicIpAddress": address, "MetadataOptions": { "HttpTokens": "optional" }, "Monitoring": { "State": "disabled" } })
}

pub(crate) fn volume(place: Place, prng: &mut Prng, instance: Option<&str>, key: Option<&str>) -> Item {
    let id = format!("vol-{}", prng.hex(17));
    let attachments: Vec<Value> = instance
        .iter()
        .map(|instance| json!({ "AttachTime": "2026-09-14T07:31:23.000Z", "Device": "/dev/xvda", "InstanceId": instance, "State": "attached", "VolumeId": id, "DeleteOnTermination": true }))
        .collect();
    let mut api = json!({
        "Attachments": attachments,
        "AvailabilityZone": format!("{}a", place.region),
        "CreateTime": "2026-09-14T07:31:22.500Z",
        "Encrypted": key.is_some(),
        "Size": 50 + prng.below(8) * 50,
        "SnapshotId": "",
        "State": if instance.is_some() { "in-use" } else { "available" },
        "VolumeId": id,
        "Iops": 3000,
        "VolumeType": "gp3",
        "MultiAttachEnabled": false,
        "Throughput": 125,
    });
    if let Some(key) = key {
        crate::item::overlay(&mut api, json!({ "KmsKeyId": key }));
    }
    Item::legacy("AWS::EC2::Volume", &id, place.arn("ec2", &format!("volume/{id}")), api)
}

pub(crate) fn function(place: Place, prng: &mut Prng, name: &str, runtime: &str) -> Item {
    let arn = place.arn("lambda", &format!("function:{name}"));
    let api = json!({
        "FunctionName": name,
        "FunctionArn": arn,
        "Runtime": runtime,
        "Role": place.global_arn("iam", &format!("role/{name}-role")),
        "Handler": if runtime.starts_with("java") { "com.harbour.Handler::handle" } else { "app.handler" },
        "CodeSize": 1_000_000 + prng.below(9_000_000),
        "Description": "",
        "Timeout": 30,
        "MemorySize": 512,
        "LastModified": "2026-10-02T11:20:41.000+0000",
        "CodeSha256": format!("{}=", prng.hex(43)),
        "Version": "$LATEST",
        "VpcConfig": { "SubnetIds": ["subnet-0a00000000000001a", "subnet-0a00000000000001b"], "SecurityGroupIds": ["sg-0aa11bb22cc33dd44"], "VpcId": "vpc-0c0ffee0123456789", "Ipv6AllowedForDualStack": false },
        "DeadLetterConfig": { "TargetArn": place.arn("sqs", &format!("{name}-dead-letters")) },
        "Environment": { "Variables": { "LOG_LEVEL": "info", "STAGE": "prod" } },
        "KMSKeyArn": place.arn("kms", "key/7d0c1f52-5b3a-4f0e-9a55-2f1d6f3f1a01"),
        "TracingConfig": { "Mode": "Active" },
        "RevisionId": prng.uuid(),
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "PackageType": "Zip",
        "Architectures": ["arm64"],
        "EphemeralStorage": { "Size": 512 },
        "SnapStart": { "ApplyOn": "None", "OptimizationStatus": "Off" },
        "LoggingConfig": { "LogFormat": "JSON", "LogGroup": format!("/aws/lambda/{name}") },
        "Layers": [],
    });
    Item::legacy("AWS::Lambda::Function", name, arn, api).named(name).extra("Concurrency", json!({ "reservedConcurrentExecutions": 50 }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_volume_without_key_is_not_encrypted() {
        let place = Place { account: "111122223333", region: "eu-central-1" };
        let plain = volume(place, &mut Prng::new(1), None, None);
        assert_eq!(plain.api.pointer("/Encrypted"), Some(&json!(false)));
        assert_eq!(plain.api.pointer("/KmsKeyId"), None);
    }
}
