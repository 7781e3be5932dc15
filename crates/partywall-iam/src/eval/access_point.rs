use super::decide::{Policies, decide_single};
use super::policy::Policy;
use super::request::Request;
use super::verdict::{Level, Verdict};
use crate::Answer;

/// The access point that an S3 request comes through.
#[derive(Debug, Clone, Copy)]
pub struct AccessPoint<'p> {
    /// Its own policy.
    pub policies: &'p [Policy],
    /// What the request is about in the bucket: `arn:aws:s3:::bucket/key`.
    pub resource: &'p str,
    /// The account that owns the access point.
    pub account: &'p str,
}

/// Decides a request through an access point, whose resource is the access point's ARN (S3 user guide, configuring IAM policies for
/// using access points).
///
/// What the policy of the access point allows counts only as far as the bucket policy, which can delegate to it by
/// `s3:DataAccessPointArn` and `s3:DataAccessPointAccount`, allows it too. Within the account of the bucket an identity policy that
/// allows the access point is enough; denials of every policy count. `policies.resource` is the bucket's policy.
pub fn evaluate_through(request: &Request, point: &AccessPoint<'_>, policies: &Policies<'_>) -> Verdict {
    let arn = access_point_arn(&request.resource);
    let mut at_bucket = request.with_resource(point.resource.into());
    at_bucket.set("s3:DataAccessPointArn", [arn]);
    at_bucket.set("s3:DataAccessPointAccount", [point.account]);
    let by_identity = decide_single(request, &Policies { resource: &[], ..*policies });
    let by_point = decide_single(request, &Policies { resource: point.policies, ..*policies });
    let bucket = decide_single(&at_bucket, policies);
    let bucket_allows = bucket.levels.iter().find(|level| level.level == Level::Resource).map_or(Answer::No, |level| level.allowed.clone());
    let across = by_point.granted.clone().and(bucket_allows);
    let granted = match request.caller.account() {
        Some(own) if Some(own) == request.resource_account() => by_identity.granted.or(across),
        _ => across,
    };
    let denied = by_point.denied.clone().or(bucket.denied.clone());
    let mut levels = by_point.levels;
    levels.extend(bucket.levels.into_iter().filter(|level| level.level == Level::Resource));
    Verdict { denied, granted, levels, settled: None, witness: None }
}

/// The ARN of the access point, without the object.
fn access_point_arn(resource: &str) -> &str {
    let slash = resource.match_indices('/').nth(1).map_or(resource.len(), |(at, _)| at);
    resource.get(..slash).unwrap_or(resource)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::{Caller, Decision};

    const POINT: &str = "arn:aws:s3:eu-west-1:111122223333:accesspoint/data";

    fn policy(statement: &str) -> Vec<Policy> {
        vec![Policy::read("p", &format!(r#"{{"Version":"2012-10-17","Statement":{statement}}}"#)).unwrap()]
    }

    #[test]
    fn the_bucket_has_to_delegate() {
        let point = policy(&format!(
            r#"{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::444455556666:user/bob"}},"Action":"s3:GetObject","Resource":"{POINT}/object/*"}}"#
        ));
        let delegating = policy(
            r#"{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b/*","Condition":{"StringEquals":{"s3:DataAccessPointAccount":"111122223333"}}}"#,
        );
        let identity = policy(r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#);
        let denying = policy(r#"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b/*"}"#);
        let decide = |caller: &str, bucket: &[Policy], identity: &[Policy]| {
            let mut request = Request::new(Caller::parse(caller), "s3:GetObject", format!("{POINT}/object/k"));
            request.set_resource_account("111122223333");
            let through = AccessPoint { policies: &point, resource: "arn:aws:s3:::b/k", account: "111122223333" };
            let policies = Policies { identity, resource: bucket, ..Policies::default() };
            evaluate_through(&request, &through, &policies).decision().unwrap()
        };
        let (bob, own) = ("arn:aws:iam::444455556666:user/bob", "arn:aws:iam::111122223333:user/own");
        assert_eq!(decide(bob, &delegating, &identity), Decision::Allow);
        assert_eq!(decide(bob, &[], &identity), Decision::ImplicitDeny);
        assert_eq!(decide(bob, &delegating, &[]), Decision::ImplicitDeny);
        assert_eq!(decide("arn:aws:iam::444455556666:user/eve", &delegating, &identity), Decision::ImplicitDeny);
        assert_eq!(decide(own, &[], &identity), Decision::Allow);
        assert_eq!(decide(own, &denying, &identity), Decision::ExplicitDeny);
    }
}
