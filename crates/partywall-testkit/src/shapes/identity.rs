use serde_json::{Value, json};

use crate::Prng;
use crate::item::{Item, Place, url_encoded};

/// What an identity may do: names of AWS managed policies and inline policies.
#[derive(Debug, Clone, Default)]
pub(crate) struct Attached {
    pub(crate) managed: Vec<&'static str>,
    pub(crate) inline: Vec<(&'static str, Value)>,
}

/// A trust policy for a service.
pub(crate) fn trust(service: &str, account: &str) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "Service": format!("{service}.amazonaws.com") }, "Action": "sts:AssumeRole",
        "Condition": { "StringEquals": { "aws:SourceAccount": account } },
    }] })
}

fn managed(attached: &Attached) -> Value {
    attached
        .managed
        .iter()
        .map(|name| json!({ "PolicyName": name.rsplit('/').next(), "PolicyArn": format!("arn:aws:iam::aws:policy/{name}") }))
        .collect()
}

fn inline(attached: &Attached) -> Value {
    attached.inline.iter().map(|(name, document)| json!({ "PolicyName": name, "PolicyDocument": document })).collect()
}

pub(crate) fn role(place: Place, prng: &mut Prng, name: &str, trust: &Value, attached: &Attached) -> Item {
    let id = format!("AROA{}", prng.hex(17).to_uppercase());
    let arn = place.global_arn("iam", &format!("role/{name}"));
    let api = json!({
        "Path": "/", "RoleName": name, "RoleId": id, "Arn": arn, "CreateDate": "2025-01-20T08:00:00.000Z", "AssumeRolePolicyDocument": trust,
        "InstanceProfileList": [], "RolePolicyList": inline(attached), "AttachedManagedPolicies": managed(attached),
        "RoleLastUsed": { "LastUsedDate": "2026-11-18T21:04:11.000Z", "Region": place.region },
    });
    Item::legacy("AWS::IAM::Role", &id, arn, api).named(name)
}

pub(crate) fn user(place: Place, prng: &mut Prng, name: &str, groups: &[&str], attached: &Attached) -> Item {
    let id = format!("AIDA{}", prng.hex(17).to_uppercase());
    let arn = place.global_arn("iam", &format!("user/{name}"));
    let api = json!({
        "Path": "/", "UserName": name, "UserId": id, "Arn": arn, "CreateDate": "2024-06-03T08:00:00.000Z",
        "UserPolicyList": inline(attached), "GroupList": groups, "AttachedManagedPolicies": managed(attached),
    });
    Item::legacy("AWS::IAM::User", &id, arn, api).named(name)
}

pub(crate) fn group(place: Place, prng: &mut Prng, name: &str, attached: &Attached) -> Item {
    let id = format!("AGPA{}", prng.hex(17).to_uppercase());
    let arn = place.global_arn("iam", &format!("group/{name}"));
    let api = json!({
        "Path": "/", "GroupName": name, "GroupId": id, "Arn": arn, "CreateDate": "2024-06-03T08:00:00.000Z",
        "GroupPolicyList": inline(attached), "AttachedManagedPolicies": managed(attached),
    });
    Item::legacy("AWS::IAM::Group", &id, arn, api).named(name)
}

pub(crate) fn managed_policy(place: Place, prng: &mut Prng, name: &str, document: &Value) -> Item {
    let id = format!("ANPA{}", prng.hex(17).to_uppercase());
    let arn = place.global_arn("iam", &format!("policy/{name}"));
    let api = json!({
        "PolicyName": name, "PolicyId": id, "Arn": arn, "Path": "/", "DefaultVersionId": "v1", "AttachmentCount": 1, "PermissionsBoundaryUsageCount": 0, "IsAttachable": true,
        "CreateDate": "2025-01-20T08:00:00.000Z", "UpdateDate": "2025-01-20T08:00:00.000Z",
        "PolicyVersionList": [{ "Document": document, "VersionId": "v1", "IsDefaultVersion": true, "CreateDate": "2025-01-20T08:00:00.000Z" }],
    });
    Item::legacy("AWS::IAM::Policy", &id, arn, api).named(name)
}

/// Writes the documents of an IAM item as Config has them: percent-encoded text.
pub(crate) fn encode_documents(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                if matches!(name.as_str(), "AssumeRolePolicyDocument" | "PolicyDocument" | "Document") && member.is_object() {
                    *member = Value::String(url_encoded(&member.to_string()));
                } else {
                    encode_documents(member);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(encode_documents),
        _ => {}
    }
}

pub(crate) fn key(place: Place, prng: &mut Prng, description: &str, rotates: bool) -> Item {
    let id = prng.uuid();
    let arn = place.arn("kms", &format!("key/{id}"));
    let policy = json!({ "Version": "2012-10-17", "Id": "key", "Statement": [{
        "Sid": "Account", "Effect": "Allow", "Principal": { "AWS": place.global_arn("iam", "root") }, "Action": "kms:*", "Resource": "*",
    }] });
    let api = json!({
        "AWSAccountId": place.account, "KeyId": id, "Arn": arn, "CreationDate": "2025-02-02T12:00:00.000Z", "Enabled": true, "Description": description,
        "KeyUsage": "ENCRYPT_DECRYPT", "KeyState": "Enabled", "Origin": "AWS_KMS", "KeyManager": "CUSTOMER", "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "KeySpec": "SYMMETRIC_DEFAULT", "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"], "MultiRegion": false,
    });
    Item::legacy("AWS::KMS::Key", &id, arn, api)
        .extra("KeyRotationStatus", json!(rotates.to_string()))
        .extra("Policy", json!(policy.to_string()))
}

pub(crate) fn trail(place: Place, name: &str, bucket: &str, key: Option<&str>, validates: bool) -> Item {
    let arn = place.arn("cloudtrail", &format!("trail/{name}"));
    let mut api = json!({
        "Name": name, "S3BucketName": bucket, "IncludeGlobalServiceEvents": true, "IsMultiRegionTrail": true, "HomeRegion": place.region, "TrailARN": arn,
        "LogFileValidationEnabled": validates, "HasCustomEventSelectors": true, "HasInsightSelectors": false, "IsOrganizationTrail": false,
    });
    if let Some(key) = key {
        let group = place.arn("logs", "log-group:cloudtrail:*");
        crate::item::overlay(
            &mut api,
            json!({ "KmsKeyId": key, "CloudWatchLogsLogGroupArn": group, "CloudWatchLogsRoleArn": place.global_arn("iam", "role/cloudtrail-to-logs") }),
        );
    }
    Item::legacy("AWS::CloudTrail::Trail", name, arn, api).named(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_encoded_for_config() {
        let place = Place { account: "111122223333", region: "eu-central-1" };
        let mut item = role(place, &mut Prng::new(1), "app", &trust("lambda", place.account), &Attached::default());
        encode_documents(&mut item.api);
        let text = item.api.pointer("/AssumeRolePolicyDocument").and_then(Value::as_str).unwrap();
        assert!(text.starts_with("%7B") && text.contains("lambda.amazonaws.com"));
    }
}
