//! Buckets of the digital account: one call after the other for each, as the S3 API wants it.

use std::io;

use serde_json::json;

use super::DIGITAL;
use super::dump::Dump;
use crate::shapes::{Bucket, PRIVATE, bucket_policy};

const REGION: &str = "eu-central-1";

pub(super) fn write(dump: &Dump) -> io::Result<()> {
    let open_acl = Bucket {
        public_acl: true,
        blocks: None,
        kms: false,
        requires_tls: false,
        versions: false,
        logs: false,
        lifecycle: false,
        public_policy: false,
    };
    let buckets = [
        ("harbour-digital-app-assets", PRIVATE),
        ("harbour-digital-uploads", Bucket { logs: false, kms: false, ..PRIVATE }),
        ("harbour-digital-analytics", PRIVATE),
        ("harbour-digital-hackathon", open_acl),
    ];
    let list: Vec<_> = buckets
        .iter()
        .map(|(name, _)| json!({ "Name": name, "CreationDate": "2025-05-06T07:08:09+00:00", "BucketRegion": REGION }))
        .collect();
    dump.answer(REGION, "s3api/list-buckets", &json!({ "Buckets": list, "Owner": { "ID": "9f".repeat(32) } }))?;
    let all = json!({ "BlockPublicAcls": true, "IgnorePublicAcls": true, "BlockPublicPolicy": true, "RestrictPublicBuckets": true });
    dump.answer(REGION, "s3control/get-public-access-block", &json!({ "PublicAccessBlockConfiguration": all }))?;
    for (name, bucket) in buckets {
        calls(dump, name, bucket)?;
    }
    Ok(())
}

fn calls(dump: &Dump, name: &str, bucket: Bucket) -> io::Result<()> {
    let call = |operation: &str| format!("s3api/{operation}/{name}");
    let absent = |operation: &str, code: &str, api: &str, message: &str| dump.error(REGION, &call(operation), code, api, message);
    let settings =
        |on: bool| json!({ "BlockPublicAcls": on, "IgnorePublicAcls": on, "BlockPublicPolicy": on, "RestrictPublicBuckets": on });
    match bucket.blocks {
        Some(on) => dump.answer(REGION, &call("get-public-access-block"), &json!({ "PublicAccessBlockConfiguration": settings(on) }))?,
        None => absent(
            "get-public-access-block",
            "NoSuchPublicAccessBlockConfiguration",
            "GetPublicAccessBlock",
            "The public access block configuration was not found",
        )?,
    }
    if let Some(policy) = bucket_policy(name, bucket) {
        dump.answer(REGION, &call("get-bucket-policy"), &json!({ "Policy": policy.to_string() }))?;
        dump.answer(REGION, &call("get-bucket-policy-status"), &json!({ "PolicyStatus": { "IsPublic": bucket.public_policy } }))?;
    } else {
        absent("get-bucket-policy", "NoSuchBucketPolicy", "GetBucketPolicy", "The bucket policy does not exist")?;
        absent("get-bucket-policy-status", "NoSuchBucketPolicy", "GetBucketPolicyStatus", "The bucket policy does not exist")?;
    }
    let owner = "9f".repeat(32);
    let mut grants = vec![json!({ "Grantee": { "ID": owner, "Type": "CanonicalUser" }, "Permission": "FULL_CONTROL" })];
    if bucket.public_acl {
        grants.push(
            json!({ "Grantee": { "Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers" }, "Permission": "READ" }),
        );
    }
    dump.answer(REGION, &call("get-bucket-acl"), &json!({ "Owner": { "ID": owner }, "Grants": grants }))?;
    let ownership = if bucket.public_acl { "ObjectWriter" } else { "BucketOwnerEnforced" };
    dump.answer(
        REGION,
        &call("get-bucket-ownership-controls"),
        &json!({ "OwnershipControls": { "Rules": [{ "ObjectOwnership": ownership }] } }),
    )?;
    let encryption = if bucket.kms {
        json!({ "SSEAlgorithm": "aws:kms", "KMSMasterKeyID": format!("arn:aws:kms:{REGION}:{DIGITAL}:key/7d0c1f52-5b3a-4f0e-9a55-2f1d6f3f1a01") })
    } else {
        json!({ "SSEAlgorithm": "AES256" })
    };
    let rules = json!([{ "ApplyServerSideEncryptionByDefault": encryption, "BucketKeyEnabled": bucket.kms }]);
    dump.answer(REGION, &call("get-bucket-encryption"), &json!({ "ServerSideEncryptionConfiguration": { "Rules": rules } }))?;
    dump.answer(REGION, &call("get-bucket-versioning"), &if bucket.versions { json!({ "Status": "Enabled" }) } else { json!({}) })?;
    let logging = json!({ "LoggingEnabled": { "TargetBucket": "harbour-digital-analytics", "TargetPrefix": format!("access/{name}/") } });
    dump.answer(REGION, &call("get-bucket-logging"), &if bucket.logs { logging } else { json!({}) })?;
    if bucket.lifecycle {
        let rule = json!({ "ID": "tidy", "Status": "Enabled", "Filter": { "Prefix": "" }, "NoncurrentVersionExpiration": { "NoncurrentDays": 90 }, "AbortIncompleteMultipartUpload": { "DaysAfterInitiation": 7 } });
        dump.answer(REGION, &call("get-bucket-lifecycle-configuration"), &json!({ "Rules": [rule] }))?;
    } else {
        absent(
            "get-bucket-lifecycle-configuration",
            "NoSuchLifecycleConfiguration",
            "GetBucketLifecycleConfiguration",
            "The lifecycle configuration does not exist",
        )?;
    }
    dump.answer(REGION, &call("get-bucket-notification-configuration"), &json!({}))?;
    absent(
        "get-bucket-replication",
        "ReplicationConfigurationNotFoundError",
        "GetBucketReplication",
        "The replication configuration was not found",
    )?;
    absent(
        "get-object-lock-configuration",
        "ObjectLockConfigurationNotFoundError",
        "GetObjectLockConfiguration",
        "Object Lock configuration does not exist for this bucket",
    )?;
    absent(
        "get-bucket-website",
        "NoSuchWebsiteConfiguration",
        "GetBucketWebsite",
        "The specified bucket does not have a website configuration",
    )?;
    absent("get-bucket-cors", "NoSuchCORSConfiguration", "GetBucketCors", "The CORS configuration does not exist")?;
    // This one was refused, which is not the same as "no tags".
    absent(
        "get-bucket-tagging",
        if name.ends_with("analytics") { "AccessDenied" } else { "NoSuchTagSet" },
        "GetBucketTagging",
        "see the code",
    )
}
