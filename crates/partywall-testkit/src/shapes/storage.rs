use serde_json::{Value, json};

use crate::Prng;
use crate::item::{Item, Place};

/// How a bucket is set up.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "settings that a bucket really has, each on its own")]
pub(crate) struct Bucket {
    /// All four settings of the public access block; `None`: it has none.
    pub(crate) blocks: Option<bool>,
    /// Anyone may read its objects, by its policy.
    pub(crate) public_policy: bool,
    /// Requests without TLS are denied.
    pub(crate) requires_tls: bool,
    pub(crate) versions: bool,
    pub(crate) logs: bool,
    pub(crate) kms: bool,
    pub(crate) lifecycle: bool,
    /// Anyone may read it, by its access control list.
    pub(crate) public_acl: bool,
}

/// A bucket as it should be.
pub(crate) const PRIVATE: Bucket = Bucket {
    blocks: Some(true),
    public_policy: false,
    requires_tls: true,
    versions: true,
    logs: true,
    kms: true,
    lifecycle: true,
    public_acl: false,
};

/// The four settings as Config has them.
pub(crate) fn public_access_block(on: bool) -> Value {
    json!({ "blockPublicAcls": on, "ignorePublicAcls": on, "blockPublicPolicy": on, "restrictPublicBuckets": on })
}

/// The policy of a bucket; `None` if it has none.
pub(crate) fn bucket_policy(name: &str, bucket: Bucket) -> Option<Value> {
    let mut statements = Vec::new();
    if bucket.public_policy {
        statements.push(json!({ "Sid": "Statements", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": format!("arn:aws:s3:::{name}/*") }));
    }
    if bucket.requires_tls {
        statements.push(json!({
            "Sid": "TlsOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [format!("arn:aws:s3:::{name}"), format!("arn:aws:s3:::{name}/*")],
            "Condition": { "Bool": { "aws:SecureTransport": "false" } },
        }));
    }
    (!statements.is_empty()).then(|| json!({ "Version": "2012-10-17", "Statement": statements }))
}

/// A bucket as Config records it: little in `configuration`, the rest in supplementary parts, some of them JSON in JSON text.
pub(crate) fn bucket(place: Place, prng: &mut Prng, name: &str, bucket: Bucket) -> Item {
    let owner = prng.hex(64);
    let api = json!({ "Name": name, "Owner": { "DisplayName": null, "Id": owner }, "CreationDate": "2025-03-04T10:11:12.000Z", "Region": place.region });
    let mut grants = vec![json!({ "grantee": { "id": owner, "displayName": null }, "permission": "FullControl" })];
    if bucket.public_acl {
        grants.push(json!({ "grantee": "AllUsers", "permission": "Read" }));
    }
    let acl = json!({ "grantSet": null, "grantList": grants, "owner": { "displayName": null, "id": owner }, "isRequesterCharged": false })
        .to_string();
    let rule = json!({ "applyServerSideEncryptionByDefault": if bucket.kms {
        json!({ "sseAlgorithm": "aws:kms", "kmsMasterKeyID": place.arn("kms", "key/7d0c1f52-5b3a-4f0e-9a55-2f1d6f3f1a01") })
    } else {
        json!({ "sseAlgorithm": "AES256", "kmsMasterKeyID": null })
    }, "bucketKeyEnabled": bucket.kms });
    let mut item = Item::legacy("AWS::S3::Bucket", name, format!("arn:aws:s3:::{name}"), api)
        .named(name)
        // Config writes this one as a text that holds a text that holds JSON.
        .extra("AccessControlList", json!(json!(acl).to_string()))
        .extra("BucketAccelerateConfiguration", json!({ "status": null }))
        .extra(
            "BucketLoggingConfiguration",
            if bucket.logs {
                json!({ "destinationBucketName": "harbour-bank-access-logs", "logFilePrefix": format!("{name}/") })
            } else {
                json!({ "destinationBucketName": null, "logFilePrefix": null })
            },
        )
        .extra("BucketNotificationConfiguration", json!({ "configurations": {} }))
        .extra("BucketPolicy", json!({ "policyText": bucket_policy(name, bucket).map(|policy| policy.to_string()) }))
        .extra(
            "BucketVersioningConfiguration",
            json!({ "status": if bucket.versions { "Enabled" } else { "Off" }, "isMfaDeleteEnabled": null }),
        )
        .extra("IsRequesterPaysEnabled", json!(false))
        .extra("ServerSideEncryptionConfiguration", json!({ "rules": [rule] }));
    if bucket.lifecycle {
        let rule = json!({
            "id": "tidy", "status": "Enabled", "prefix": null, "expirationInDays": -1, "noncurrentVersionExpirationInDays": 90, "expirationDate": null, "transitions": null,
            "abortIncompleteMultipartUpload": { "daysAfterInitiation": 7 }, "expiredObjectDeleteMarker": false, "filter": { "predicate": { "type": "LifecyclePrefixPredicate", "prefix": "" } },
        });
        item = item.extra("BucketLifecycleConfiguration", json!({ "rules": [rule] }));
    }
    if let Some(blocks) = bucket.blocks {
        item = item.extra("PublicAccessBlockConfiguration", public_access_block(blocks));
    }
    item
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_bucket_says_so_twice() {
        let place = Place { account: "111122223333", region: "eu-central-1" };
        let open = Bucket { public_policy: true, public_acl: true, blocks: None, ..PRIVATE };
        let item = bucket(place, &mut Prng::new(1), "statements", open);
        let policy =
            item.supplementary.get("BucketPolicy").and_then(|policy| policy.pointer("/policyText")).and_then(Value::as_str).unwrap();
        assert!(policy.contains("s3:GetObject"));
        let acl: String = serde_json::from_str(item.supplementary.get("AccessControlList").and_then(Value::as_str).unwrap()).unwrap();
        assert!(acl.contains("AllUsers"));
        assert!(!item.supplementary.contains_key("PublicAccessBlockConfiguration"));
        assert!(bucket_policy("b", Bucket { requires_tls: false, ..PRIVATE }).is_none());
    }
}
