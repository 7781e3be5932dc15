use std::sync::Arc;

use partywall_aws::Limits;
use partywall_aws::model::{Protocol, Service};

use crate::buckets::{BucketKey, Limit};
use crate::encode::ServiceFault;

/// The bucket of a call and what AWS documents for it, all of it. `unfiltered`: the input names nothing.
pub(crate) fn bucket(
    limits: &Limits,
    service: &Service,
    operation: &str,
    unfiltered: bool,
    account: &str,
    region: &str,
) -> (BucketKey, Limit) {
    let (row, limit) = limits.of(&service.name, operation, unfiltered);
    let group = if limit.together { format!("{}:limit-{row}", limit.service) } else { format!("{}:{operation}", service.name) };
    let region = if limit.account_wide { "" } else { region };
    let key = BucketKey { account: Arc::from(account), region: Arc::from(region), group: Arc::from(group) };
    (key, Limit { rate: limit.rate, burst: limit.burst })
}

/// How a service asks to slow down. Codes and statuses as botocore's `_retry.json` and the services' API references have them.
pub(crate) fn slow_down(service: &Service) -> ServiceFault {
    let (code, status) = match (&*service.name, service.protocol) {
        (_, Protocol::Ec2) => ("RequestLimitExceeded", 503),
        ("s3" | "s3control", _) => ("SlowDown", 503),
        ("lambda" | "apigateway" | "apigatewayv2" | "organizations", _) => ("TooManyRequestsException", 429),
        ("kinesis", _) => ("LimitExceededException", 400),
        ("sqs", _) => ("RequestThrottled", 403),
        (_, Protocol::Query | Protocol::RestXml) => ("Throttling", 400),
        (_, Protocol::Json) => ("ThrottlingException", 400),
        (_, Protocol::RestJson) => ("ThrottlingException", 429),
    };
    ServiceFault::new(code, "Rate exceeded", status)
}
