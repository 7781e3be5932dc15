//! The meaning of "public" for resource policies.
//!
//! S3 defines it by syntax (S3 user guide, blocking public access to your Amazon S3 storage: the meaning of "public"): a policy
//! is public until every Allow statement is confined to fixed principals or by a condition with fixed values of one of a few
//! keys. Fixed means without wildcard and without policy variable; networks must not be wider than /8 (IPv4) or /32 (IPv6).
//! Deny statements do not count. SQS, SNS, KMS, Lambda, ECR, Secrets Manager, EFS and OpenSearch have no definition, or a like
//! one; for them the same rule holds with one relief: a pattern that fixes the owner (the account of an ARN, the role of a
//! user id) confines as well, because nobody else can make a matching name.

use ipnet::IpNet;

use crate::arn::{Account, fields, is_fixed, is_symbol, only_stars, principal_account};
use crate::condition::Comparison;
use crate::wildcard::matches_ignore_case;
use crate::{Answer, Condition, Context, Document, Element, Principal, PrincipalKind, Statement};

/// Which values of a condition confine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// S3's own: fixed values only.
    S3,
    /// Also patterns that fix the owner.
    Owner,
}

/// What the values of a condition key are.
#[derive(Debug, Clone, Copy)]
enum Shape {
    /// An id: account, organisation, VPC, endpoint, key, service.
    Id,
    Arn,
    AccessPointArn,
    OrganizationPath,
    UserId,
    Network,
}

/// Whether the statement makes a resource public. Yes means that S3, or S3's rule, calls it public; account and bucket
/// settings that block public access are not part of it.
pub(crate) fn statement_is_public(statement: &Statement, context: &Context<'_>) -> Answer {
    let open = |rule| open_to_anyone(statement, rule).and(is_confined(statement, rule).negate());
    statement.allows().and(concerns_s3(statement, context).choose(open(Rule::S3), open(Rule::Owner)))
}

/// Whether the statement is about a bucket: as the context says, else by its actions and resources.
pub(crate) fn concerns_s3(statement: &Statement, context: &Context<'_>) -> Answer {
    if let Some(service) = context.service {
        return service.eq_ignore_ascii_case("s3").into();
    }
    let action = |pattern: &str| pattern.split(':').next().is_some_and(|service| matches_ignore_case(service, "s3"));
    let resource = |pattern: &str| fields(pattern).is_none_or(|[_, _, service, ..]| matches_ignore_case(service, "s3"));
    let either = |element: &Element<_>, question: &dyn Fn(&str) -> bool| element.lists(question).or(element.is_negated());
    either(&statement.action, &action).and(either(&statement.resource, &resource))
}

/// Whether S3's own definition is the one for this policy: each of its statements is about buckets, as far as actions and resources
/// tell.
pub fn is_about_buckets(document: &Document) -> Answer {
    let elsewhere = document.statements.any(|statement| concerns_s3(statement, &Context::default()).negate());
    elsewhere.negate()
}

fn open_to_anyone(statement: &Statement, rule: Rule) -> Answer {
    statement.principal.takes_in_principal(|principal| match principal.kind {
        PrincipalKind::Federated => open_federation(principal, statement, rule),
        PrincipalKind::Aws if rule == Rule::Owner && !matches!(principal_account(&principal.name), Account::Any) => Answer::No,
        _ => (!is_fixed(&principal.name)).into(),
    })
}

/// A provider set up in an account is fixed by its ARN. The public ones (`accounts.google.com`) sign anyone in, so only a
/// condition on the application or the user confines them; S3's rule knows no such condition.
fn open_federation(principal: &Principal, statement: &Statement, rule: Rule) -> Answer {
    let name = &*principal.name;
    if is_fixed(name) && (fields(name).is_some() || is_symbol(name)) {
        return Answer::No;
    }
    if rule == Rule::S3 {
        return Answer::Yes;
    }
    statement.conditions.any(|condition| is_confined_by_application(condition, name)).negate()
}

/// Whether the condition fixes the application, or the user, of a public web identity provider.
pub(crate) fn is_confined_by_application(condition: &Condition, provider: &str) -> Answer {
    const CLAIMS: [&str; 6] = ["aud", "sub", "app_id", "user_id", "id", "oaud"];
    let claim = condition.key.rsplit_once(':').filter(|(host, _)| host.eq_ignore_ascii_case(provider)).map(|(_, claim)| claim);
    if claim.is_none_or(|claim| !CLAIMS.contains(&claim.to_ascii_lowercase().as_str())) || !condition.operator.confines() {
        return Answer::No;
    }
    condition.all_values(is_fixed)
}

fn is_confined(statement: &Statement, rule: Rule) -> Answer {
    statement.conditions.any(|condition| confines(condition, rule))
}

fn confines(condition: &Condition, rule: Rule) -> Answer {
    // EFS: clients that come through a mount target are in the VPC; its own definition of public says so.
    if condition.reads("elasticfilesystem:accessedviamounttarget") {
        let demands = condition.operator.comparison == Comparison::Bool && condition.operator.quantifier.is_none();
        return Answer::from(demands && !condition.operator.if_exists)
            .and(condition.all_values(|value| value.eq_ignore_ascii_case("true")));
    }
    let Some(shape) = shape_of(&condition.key) else { return Answer::No };
    Answer::from(condition.operator.confines()).and(condition.all_values(|value| names_someone(shape, value, rule)))
}

/// The keys that say who calls, from where, or on whose behalf; `None` for all others, which anyone can satisfy. So
/// `kms:ViaService` alone confines nothing: anyone's use of the service passes it.
fn shape_of(key: &str) -> Option<Shape> {
    Some(match key.to_ascii_lowercase().as_str() {
        "aws:sourcevpc"
        | "aws:sourcevpce"
        | "aws:sourceowner"
        | "aws:sourceaccount"
        | "aws:sourceorgid"
        | "aws:principalorgid"
        | "aws:principalaccount"
        | "aws:principalservicename"
        | "aws:principalservicenameslist"
        | "aws:vpceaccount"
        | "aws:vpceorgid"
        | "kms:calleraccount"
        | "s3:dataaccesspointaccount"
        | "s3:x-amz-server-side-encryption-aws-kms-key-id" => Shape::Id,
        "aws:sourcearn" | "aws:principalarn" | "aws:sourcevpcarn" | "elasticfilesystem:accesspointarn" => Shape::Arn,
        "s3:dataaccesspointarn" => Shape::AccessPointArn,
        "aws:principalorgpaths" | "aws:sourceorgpaths" | "aws:vpceorgpaths" => Shape::OrganizationPath,
        "aws:userid" => Shape::UserId,
        "aws:sourceip" => Shape::Network,
        _ => return None,
    })
}

fn names_someone(shape: Shape, value: &str, rule: Rule) -> bool {
    let fixed = is_fixed(value);
    match shape {
        Shape::Id => fixed,
        Shape::Arn => fixed || rule == Rule::Owner && fixes_owner(value),
        // S3 says that the name of the access point may be a pattern if the account is fixed.
        Shape::AccessPointArn => fixed || fixes_owner(value),
        // A path names the organisation first; below it a pattern is how paths are meant to be used.
        Shape::OrganizationPath => value.split('/').next().is_some_and(|id| !id.is_empty() && is_fixed(id)),
        // `AROA…:*` means all sessions of a role, which S3 does not take as fixed.
        Shape::UserId => fixed || rule == Rule::Owner && value.split_once(':').is_some_and(|(id, _)| !id.is_empty() && is_fixed(id)),
        Shape::Network => is_narrow_network(value),
    }
}

/// True if the ARN pattern fixes the account, or the bucket where ARNs have no account.
fn fixes_owner(pattern: &str) -> bool {
    fields(pattern).is_some_and(|[_, _, service, _, account, resource]| {
        let account_fixed = !account.is_empty() && is_fixed(account);
        let is_bucket = service == "s3" && (account.is_empty() || only_stars(account)) && !resource.contains('/');
        account_fixed || is_bucket && !resource.is_empty() && is_fixed(resource)
    })
}

/// An address, or a network not wider than S3 takes for one owner's. A reference within a template names one address or VPC.
fn is_narrow_network(value: &str) -> bool {
    if is_symbol(value) {
        return true;
    }
    let network = value.parse::<IpNet>().or_else(|_| value.parse().map(|address: std::net::IpAddr| IpNet::from(address)));
    match network {
        Ok(IpNet::V4(network)) => network.prefix_len() >= 8,
        Ok(IpNet::V6(network)) => network.prefix_len() >= 32,
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use partywall_model::Value;

    use super::*;
    use crate::policy_facts;

    fn public(service: &str, statement: &str) -> Answer {
        let document = Value::str(format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#));
        policy_facts(&[&document], &Context { account: None, service: Some(service) }).is_public
    }

    fn with(service: &str, condition: &str) -> Answer {
        public(
            service,
            &format!(r#"{{"Effect":"Allow","Principal":"*","Action":"{service}:*","Resource":"*","Condition":{{{condition}}}}}"#),
        )
    }

    #[test]
    fn principals_of_a_bucket_policy() {
        for (principal, want) in [
            (r#""Principal":"*""#, Answer::Yes),
            (r#""Principal":{"AWS":"*"}"#, Answer::Yes),
            (r#""Principal":{"CanonicalUser":"*"}"#, Answer::Yes),
            (r#""NotPrincipal":{"AWS":"111122223333"}"#, Answer::Yes),
            (r#""Principal":{"AWS":["111122223333","*"]}"#, Answer::Yes),
            (r#""Principal":{"Federated":"accounts.google.com"}"#, Answer::Yes),
            (r#""Principal":{"AWS":"arn:aws:iam::111122223333:root"}"#, Answer::No),
            (r#""Principal":{"AWS":"arn:aws:iam::tenant:root"}"#, Answer::No),
            (r#""Principal":{"Service":"cloudtrail.amazonaws.com"}"#, Answer::No),
            (r#""Principal":{"CanonicalUser":"79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}"#, Answer::No),
            (r#""Principal":{"Federated":"arn:aws:iam::111122223333:saml-provider/x"}"#, Answer::No),
            (r#""Principal":{"AWS":"arn:{AWS::Partition}:iam::{AWS::AccountId}:root"}"#, Answer::No),
        ] {
            let statement = format!(r#"{{"Effect":"Allow",{principal},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}}"#);
            assert_eq!(public("s3", &statement), want, "{principal}");
            let deny = statement.replace("Allow", "Deny");
            assert_eq!(public("s3", &deny), Answer::No, "{deny}");
        }
    }

    #[test]
    fn conditions_of_a_bucket_policy() {
        for (condition, want) in [
            (r#""IpAddress":{"aws:SourceIp":"10.0.0.0/32"}"#, Answer::No),
            (r#""IpAddress":{"AWS:sourceip":["203.0.113.0/24","2001:db8::/32"]}"#, Answer::No),
            (r#""IpAddress":{"aws:SourceIp":"203.0.113.7"}"#, Answer::No),
            (r#""IpAddress":{"aws:SourceIp":"44.0.0.0/8"}"#, Answer::No),
            (r#""IpAddress":{"aws:SourceIp":"44.0.0.0/7"}"#, Answer::Yes),
            (r#""IpAddress":{"aws:SourceIp":["203.0.113.0/24","0.0.0.0/1"]}"#, Answer::Yes),
            (r#""IpAddress":{"aws:SourceIp":"2000::/31"}"#, Answer::Yes),
            (r#""NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}"#, Answer::Yes),
            (r#""IpAddressIfExists":{"aws:SourceIp":"203.0.113.0/24"}"#, Answer::Yes),
            (r#""StringEquals":{"aws:SourceVpc":"vpc-91237329"}"#, Answer::No),
            (r#""StringLike":{"aws:SourceVpc":"vpc-91237329"}"#, Answer::No),
            (r#""StringLike":{"aws:SourceVpc":"vpc-*"}"#, Answer::Yes),
            (r#""StringEquals":{"aws:SourceVpce":["vpce-1","vpce-2"]}"#, Answer::No),
            (r#""StringNotEquals":{"aws:SourceVpce":"vpce-1"}"#, Answer::Yes),
            (r#""StringEqualsIfExists":{"aws:SourceVpce":"vpce-1"}"#, Answer::Yes),
            (r#""ForAllValues:StringEquals":{"aws:SourceVpce":"vpce-1"}"#, Answer::Yes),
            (r#""StringEquals":{"aws:SourceOwner":"111122223333"}"#, Answer::No),
            (r#""StringEquals":{"aws:SourceAccount":"111122223333"}"#, Answer::No),
            (r#""StringEquals":{"aws:SourceAccount":"${aws:PrincipalAccount}"}"#, Answer::Yes),
            (r#""ArnEquals":{"aws:SourceArn":"arn:aws:sns:us-east-1:111122223333:t"}"#, Answer::No),
            (r#""ArnLike":{"aws:SourceArn":"arn:aws:sns:us-east-1:111122223333:*"}"#, Answer::Yes),
            (r#""StringEquals":{"aws:userid":"AIDAEXAMPLE"}"#, Answer::No),
            (r#""StringLike":{"aws:userid":"AROAEXAMPLE:*"}"#, Answer::Yes),
            (r#""StringLike":{"aws:userid":"*"}"#, Answer::Yes),
            (r#""StringEquals":{"s3:x-amz-server-side-encryption-aws-kms-key-id":"arn:aws:kms:us-east-1:111122223333:key/1"}"#, Answer::No),
            (r#""StringLike":{"s3:DataAccessPointArn":"arn:aws:s3:us-west-2:111122223333:accesspoint/*"}"#, Answer::No),
            (r#""StringLike":{"s3:DataAccessPointArn":"arn:aws:s3:us-west-2:*:accesspoint/a"}"#, Answer::Yes),
            (r#""StringEquals":{"s3:DataAccessPointAccount":"111122223333"}"#, Answer::No),
            (r#""StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}"#, Answer::No),
            (r#""StringLike":{"aws:PrincipalOrgID":"o-*"}"#, Answer::Yes),
            (r#""Null":{"aws:PrincipalOrgID":"false"}"#, Answer::Yes),
            (r#""ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-a1b2c3d4e5/r-ab12/*"}"#, Answer::No),
            (r#""StringEquals":{"aws:PrincipalAccount":"111122223333"}"#, Answer::No),
            (r#""StringEquals":{"aws:PrincipalTag/team":"a"}"#, Answer::Yes),
            (r#""StringLike":{"aws:Referer":"https://example.com/"}"#, Answer::Yes),
            (r#""Bool":{"aws:SecureTransport":"true"}"#, Answer::Yes),
            (r#""Bool":{"aws:SecureTransport":"true"},"StringEquals":{"aws:SourceVpc":"vpc-1"}"#, Answer::No),
            (r#""IpAddress":{"aws:SourceIp":"{Address}"}"#, Answer::No),
        ] {
            assert_eq!(with("s3", condition), want, "{condition}");
        }
    }

    #[test]
    fn other_services_also_trust_fixed_owners() {
        for (condition, want) in [
            (r#""ArnLike":{"aws:SourceArn":"arn:aws:sns:*:111122223333:*"}"#, Answer::No),
            (r#""ArnLike":{"aws:SourceArn":"arn:aws:s3:*:*:my-bucket"}"#, Answer::No),
            (r#""ArnLike":{"aws:SourceArn":"arn:aws:s3:*:*:my-*"}"#, Answer::Yes),
            (r#""ArnLike":{"aws:SourceArn":"arn:aws:sns:*:*:topic"}"#, Answer::Yes),
            (r#""StringLike":{"aws:userid":"AROAEXAMPLE:*"}"#, Answer::No),
            (r#""StringEquals":{"kms:CallerAccount":"111122223333","kms:ViaService":"ec2.eu-west-1.amazonaws.com"}"#, Answer::No),
            (r#""StringEquals":{"kms:ViaService":"ec2.eu-west-1.amazonaws.com"}"#, Answer::Yes),
            (r#""StringEquals":{"lambda:FunctionUrlAuthType":"AWS_IAM"}"#, Answer::Yes),
            (r#""StringEquals":{"AWS:SourceOwner":"111122223333"}"#, Answer::No),
            (r#""Bool":{"elasticfilesystem:AccessedViaMountTarget":"true"}"#, Answer::No),
            (r#""BoolIfExists":{"elasticfilesystem:AccessedViaMountTarget":"true"}"#, Answer::Yes),
        ] {
            assert_eq!(with("sqs", condition), want, "{condition}");
        }
        let federated = |condition: &str| {
            public(
                "iam",
                &format!(
                    r#"{{"Effect":"Allow","Principal":{{"Federated":"cognito-identity.amazonaws.com"}},"Action":"sts:AssumeRoleWithWebIdentity"{condition}}}"#
                ),
            )
        };
        assert_eq!(federated(""), Answer::Yes);
        assert_eq!(federated(r#","Condition":{"StringEquals":{"cognito-identity.amazonaws.com:aud":"eu-west-1:pool"}}"#), Answer::No);
    }

    #[test]
    fn without_a_context_the_statement_tells_the_service() {
        let document = |action: &str, resource: &str| {
            let text = format!(
                r#"{{"Statement":{{"Effect":"Allow","Principal":"*","Action":"{action}","Resource":"{resource}",
                "Condition":{{"ArnLike":{{"aws:SourceArn":"arn:aws:sns:*:111122223333:*"}}}}}}}}"#
            );
            policy_facts(&[&Value::str(text)], &Context::default()).is_public
        };
        assert_eq!(document("s3:GetObject", "arn:aws:s3:::b/*"), Answer::Yes);
        assert_eq!(document("*", "{Bucket.Arn}"), Answer::Yes);
        assert_eq!(document("*", "arn:aws:sqs:eu-west-1:111122223333:q"), Answer::No);
        assert_eq!(document("sqs:SendMessage", "{Queue.Arn}"), Answer::No);
    }
}
