use serde_json::{Value, json};

use crate::Prng;
use crate::item::{Item, Place, overlay};

/// A policy that lets the own account use a queue or topic and denies requests without TLS; `anyone` opens it to the world.
fn policy(place: Place, arn: &str, actions: &str, anyone: bool) -> Value {
    let who = if anyone { json!("*") } else { json!({ "AWS": place.global_arn("iam", "root") }) };
    json!({ "Version": "2012-10-17", "Statement": [
        { "Sid": "Use", "Effect": "Allow", "Principal": who, "Action": actions, "Resource": arn },
        { "Sid": "TlsOnly", "Effect": "Deny", "Principal": "*", "Action": actions, "Resource": arn, "Condition": { "Bool": { "aws:SecureTransport": "false" } } },
    ] })
}

/// A queue as the registry and Config have it.
pub(crate) fn queue(place: Place, name: &str, good: bool, anyone: bool) -> Item {
    let arn = place.arn("sqs", name);
    let url = format!("https://sqs.{}.amazonaws.com/{}/{name}", place.region, place.account);
    let mut api = json!({
        "Arn": arn, "QueueName": name, "QueueUrl": url, "DelaySeconds": 0, "MaximumMessageSize": 262_144, "MessageRetentionPeriod": 345_600, "ReceiveMessageWaitTimeSeconds": 20, "VisibilityTimeout": 60,
        "SqsManagedSseEnabled": false,
    });
    if good {
        overlay(&mut api, json!({ "KmsMasterKeyId": "alias/core-messages", "KmsDataKeyReusePeriodSeconds": 300 }));
    }
    if good || anyone {
        overlay(&mut api, json!({ "Policy": policy(place, &arn, "sqs:SendMessage", anyone).to_string() }));
    }
    Item::registry("AWS::SQS::Queue", &url, arn, api).named(name)
}

/// A topic as the registry and Config have it.
pub(crate) fn topic(place: Place, name: &str, good: bool, anyone: bool) -> Item {
    let arn = place.arn("sns", name);
    let mut api = json!({ "TopicArn": arn, "TopicName": name, "DisplayName": "", "FifoTopic": false, "SignatureVersion": "2", "TracingConfig": "PassThrough" });
    if good {
        overlay(&mut api, json!({ "KmsMasterKeyId": "alias/core-messages" }));
    }
    overlay(&mut api, json!({ "Policy": policy(place, &arn, "sns:Publish", anyone).to_string() }));
    Item::registry("AWS::SNS::Topic", &arn.clone(), arn, api).named(name)
}

pub(crate) fn log_group(place: Place, name: &str, retention: Option<u32>, key: bool) -> Item {
    let arn = place.arn("logs", &format!("log-group:{name}"));
    let mut api = json!({ "LogGroupName": name, "LogGroupClass": "STANDARD", "Arn": format!("{arn}:*") });
    if let Some(days) = retention {
        overlay(&mut api, json!({ "RetentionInDays": days }));
    }
    if key {
        overlay(&mut api, json!({ "KmsKeyId": place.arn("kms", "key/7d0c1f52-5b3a-4f0e-9a55-2f1d6f3f1a01") }));
    }
    Item::registry("AWS::Logs::LogGroup", name, arn, api).named(name)
}

pub(crate) fn secret(place: Place, prng: &mut Prng, name: &str, rotates: bool) -> Item {
    let arn = place.arn("secretsmanager", &format!("secret:{name}-{}", prng.hex(6)));
    let mut api = json!({ "Id": arn, "Name": name, "Description": "synthetic" });
    if rotates {
        overlay(
            &mut api,
            json!({ "KmsKeyId": place.arn("kms", "alias/core-secrets"), "RotationEnabled": true, "RotationRules": { "AutomaticallyAfterDays": 30 } }),
        );
    }
    Item::registry("AWS::SecretsManager::Secret", &arn.clone(), arn, api).named(name)
}

pub(crate) fn alarm(place: Place, name: &str, metric: &str, topic: &str) -> Item {
    let arn = place.arn("cloudwatch", &format!("alarm:{name}"));
    let api = json!({
        "AlarmName": name, "AlarmArn": arn, "AlarmDescription": format!("{metric} is too high"), "ActionsEnabled": true, "OKActions": [], "AlarmActions": [topic], "InsufficientDataActions": [],
        "StateValue": "OK", "MetricName": metric, "Namespace": "AWS/RDS", "Statistic": "Average", "Dimensions": [], "Period": 300, "EvaluationPeriods": 2, "Threshold": 80.0,
        "ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "missing",
    });
    Item::legacy("AWS::CloudWatch::Alarm", name, arn, api).named(name)
}
