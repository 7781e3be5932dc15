use partywall_model::Value;

use crate::model::{Kind, Operation, Service};

/// No page is larger: where the models allow more, services give no more all the same.
const LARGEST: i64 = 1000;

/// Sizes of pages that AWS documents only in words, by service and operation; an empty operation is any other of the service. Nought:
/// nothing is documented, and the service's own size is best. From the API models of botocore 1.44.5, documentation of the members.
const WORDS: &[(&str, &str, i64)] = &[
    ("apigateway", "", 500),
    ("apigatewayv2", "", 500),
    ("autoscaling", "DescribeAutoScalingInstances", 50),
    ("autoscaling", "DescribeWarmPool", 50),
    ("autoscaling", "", 100),
    ("cloudfront", "", 100),
    ("dms", "", 100),
    ("docdb", "", 100),
    ("ec2", "DescribeHostReservations", 500),
    ("ec2", "DescribeHosts", 500),
    ("ec2", "DescribeImageReferences", 0),
    ("ec2", "DescribeImageUsageReportEntries", 0),
    ("ec2", "DescribeImageUsageReports", 0),
    ("ec2", "DescribeLaunchTemplateVersions", 200),
    ("ec2", "DescribeReservedInstancesOfferings", 100),
    ("ec2", "DescribeScheduledInstances", 300),
    ("ec2", "DescribeVolumesModifications", 500),
    ("ec2", "GetAwsNetworkPerformanceData", 0),
    ("ec2", "GetCapacityManagerMetricData", 0),
    ("ec2", "", 1000),
    ("ecs", "ListAccountSettings", 10),
    ("ecs", "", 100),
    ("efs", "", 100),
    ("elasticache", "DescribeServerlessCacheSnapshots", 50),
    ("elasticache", "DescribeSnapshots", 50),
    ("elasticache", "", 100),
    ("neptune", "", 100),
    ("rds", "", 100),
    ("redshift", "", 100),
    ("resourcegroupstaggingapi", "", 100),
    ("route53", "ListHostedZones", 100),
    ("route53", "ListQueryLoggingConfigs", 100),
    ("route53", "ListResourceRecordSets", 300),
];

/// The largest page that AWS gives, as the request wants it written; `None` where that is not known or must not be said.
pub(super) fn largest(service: &Service, operation: &Operation, limit_key: &str, input: &Value) -> Option<Value> {
    // EC2 refuses the size of a page beside ids.
    let by_ids = |name: &str| name.ends_with("Ids") || name.ends_with("Names");
    if &*service.name == "ec2" && input.as_map().is_some_and(|members| members.iter().any(|(name, _)| by_ids(name))) {
        return None;
    }
    let member = service.input(operation)?.member(limit_key)?;
    let kind = service.kind(&member.target);
    let words = || {
        let of = WORDS.iter().find(|(name, action, _)| *name == &*service.name && (*action == &*operation.name || action.is_empty()));
        of.map(|(_, _, size)| *size).filter(|size| *size > 0)
    };
    match kind {
        Kind::Integer { max } => max.or_else(words).map(|size| Value::Int(size.min(LARGEST))),
        Kind::String => words().map(|size| Value::str(size.to_string())),
        _ => None,
    }
}
