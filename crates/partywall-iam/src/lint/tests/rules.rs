use super::{allow, found, has, statement};
use crate::lint::{PolicyKind, Rule};

/// Each rule: a policy that it finds, and the nearest one that it does not.
#[test]
fn each_rule_finds_and_leaves() {
    use PolicyKind::{Boundary, Identity, Rcp, Resource, Scp, Trust};
    const GET: &str = r#""Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*""#;
    const EVERYBODY: &str = r#""Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*""#;
    const ASSUME: &str = r#""Effect":"Allow","Action":"sts:AssumeRole","Principal":"#;
    let object = |condition: &str| allow(r#""s3:GetObject""#, r#""arn:aws:s3:::b/*""#, condition);
    let deny = |elements: &str| statement(&format!(r#""Effect":"Deny",{elements}"#));
    let on = |action: &str, resource: &str| allow(action, resource, "");
    let principal = |who: &str| statement(&format!("{ASSUME}{who}"));
    let two =
        |one: &str, other: &str| format!(r#"{{"Version":"2012-10-17","Statement":[{{{GET},"Sid":"{one}"}},{{{GET},"Sid":"{other}"}}]}}"#);
    let good = statement(GET);
    let long = |count: usize| on(&format!("[{}]", vec![r#""s3:GetObject""#; count].join(",")), r#""arn:aws:s3:::b/*""#);
    let cases: Vec<(Rule, PolicyKind, String, String)> = vec![
        (Rule::NotJson, Identity, "{".into(), good.clone()),
        (Rule::NotADocument, Identity, "[]".into(), good.clone()),
        (Rule::UnknownElement, Identity, statement(&format!(r#"{GET},"Resources":"*""#)), good.clone()),
        (Rule::WrongType, Identity, on(r#"["s3:GetObject",7]"#, r#""*""#), good.clone()),
        (Rule::EmptyList, Identity, on("[]", r#""*""#), good.clone()),
        (Rule::MissingStatement, Identity, r#"{"Version":"2012-10-17"}"#.into(), good.clone()),
        (Rule::BadVersion, Identity, good.replace("2012-10-17", "2012-10-18"), good.clone()),
        (Rule::MissingEffect, Identity, statement(r#""Action":"s3:GetObject","Resource":"*""#), good.clone()),
        (Rule::BadEffect, Identity, good.replace("Allow", "allow"), good.clone()),
        (Rule::MissingAction, Identity, statement(r#""Effect":"Deny","Resource":"*""#), good.clone()),
        (Rule::MissingResource, Identity, statement(r#""Effect":"Deny","Action":"s3:GetObject""#), good.clone()),
        (Rule::MissingPrincipal, Resource, good.clone(), statement(EVERYBODY)),
        (Rule::PrincipalNotAllowed, Identity, statement(EVERYBODY), good.clone()),
        (Rule::ResourceNotAllowed, Trust, statement(&format!(r#"{ASSUME}"*","Resource":"*""#)), principal(r#""*""#)),
        (Rule::ElementAndItsOpposite, Identity, statement(&format!(r#"{GET},"NotAction":"s3:PutObject""#)), good.clone()),
        (Rule::DuplicateSid, Identity, two("a", "a"), two("a", "b")),
        (Rule::BadSid, Identity, two("a b", "c"), two("ab", "c")),
        (Rule::BadAction, Identity, on(r#""GetObject""#, r#""*""#), good.clone()),
        (Rule::BadArn, Identity, on(r#""s3:GetObject""#, r#""b/*""#), on(r#""s3:GetObject""#, r#""arn:aws:s3*""#)),
        (
            Rule::BadArn,
            Identity,
            on(r#""sqs:SendMessage""#, r#""arn:aws:sqs:europe:1:q""#),
            on(r#""sqs:SendMessage""#, r#""arn:aws:sqs:eu-west-1:111122223333:q""#),
        ),
        (
            Rule::BadPrincipal,
            Trust,
            principal(r#"{"AWS":"arn:aws:iam::111122223333:role/*"}"#),
            principal(r#"{"AWS":"arn:aws:iam::111122223333:role/a"}"#),
        ),
        (Rule::BadPrincipal, Trust, principal(r#"{"Service":"lambda"}"#), principal(r#"{"Service":"lambda.amazonaws.com"}"#)),
        (
            Rule::BadPrincipal,
            Trust,
            principal(r#""arn:aws:iam::111122223333:root""#),
            principal(r#"{"AWS":["111122223333","arn:aws:iam::111122223333:root"]}"#),
        ),
        (
            Rule::UnknownOperator,
            Identity,
            object(r#""StringSame":{"aws:PrincipalOrgID":"o-1"}"#),
            object(r#""stringlike":{"aws:PrincipalOrgID":"o-1"}"#),
        ),
        (
            Rule::BadValue,
            Identity,
            object(r#""IpAddress":{"aws:SourceIp":"203.0.113"}"#),
            object(r#""IpAddress":{"aws:SourceIp":["203.0.113.0/24","2001:db8::/32"]}"#),
        ),
        (Rule::BadValue, Identity, object(r#""Null":{"aws:SourceIp":"maybe"}"#), object(r#""Null":{"aws:SourceIp":true}"#)),
        (Rule::TooLarge, Boundary, long(600), long(200)),
        (Rule::TooLarge, Identity, long(5_000), long(600)),
        (Rule::TrustAction, Trust, principal(r#""*""#).replace("sts:AssumeRole", "s3:GetObject"), principal(r#""*""#)),
        (Rule::RcpForm, Rcp, statement(EVERYBODY), statement(EVERYBODY).replace("Allow", "Deny")),
        (
            Rule::RcpForm,
            Rcp,
            statement(EVERYBODY).replace("Allow", "Deny").replace("s3:GetObject", "iam:GetUser"),
            statement(EVERYBODY).replace("Allow", "Deny"),
        ),
        (Rule::VersionMissing, Identity, good.replace(r#""Version":"2012-10-17","#, ""), good.clone()),
        (Rule::VersionOld, Identity, good.replace("2012", "2008"), good.clone()),
        (
            Rule::VariableInOldVersion,
            Identity,
            on(r#""s3:GetObject""#, r#""arn:aws:s3:::b/${aws:username}/*""#).replace("2012", "2008"),
            on(r#""s3:GetObject""#, r#""arn:aws:s3:::b/${aws:username}/*""#),
        ),
        (
            Rule::UnknownVariable,
            Identity,
            on(r#""s3:GetObject""#, r#""arn:aws:s3:::b/${aws:usrname}/*""#),
            on(r#""s3:GetObject""#, r#""arn:aws:s3:::b/${aws:PrincipalTag/team, 'none'}/${*}""#),
        ),
        (Rule::UnknownService, Identity, on(r#""s33:GetObject""#, r#""*""#), good.clone()),
        (Rule::UnknownAction, Identity, on(r#""s3:GetObjects""#, r#""*""#), good.clone()),
        (Rule::PatternMatchesNothing, Identity, on(r#""s3:Fetch*""#, r#""*""#), on(r#""s3:GetObj*""#, r#""*""#)),
        (
            Rule::UnknownConditionKey,
            Identity,
            object(r#""StringEquals":{"aws:PrincipalOrg":"o-1"}"#),
            object(r#""StringEquals":{"aws:PrincipalOrgID":"o-1"}"#),
        ),
        (
            Rule::UnknownConditionKey,
            Trust,
            statement(&format!(r#"{ASSUME}"*","Condition":{{"StringEquals":{{"sts:External":"x"}}}}"#)),
            statement(&format!(r#"{ASSUME}"*","Condition":{{"StringEquals":{{"oidc.example.com/id/1:sub":"x"}}}}"#)),
        ),
        (
            Rule::ConditionKeyNotForAction,
            Identity,
            object(r#""StringEquals":{"s3:prefix":"a"}"#),
            allow(r#""s3:ListBucket""#, r#""arn:aws:s3:::b""#, r#""StringEquals":{"s3:prefix":"a"}"#),
        ),
        (
            Rule::OperatorTypeMismatch,
            Identity,
            object(r#""NumericEquals":{"aws:SourceIp":"1"}"#),
            object(r#""IpAddress":{"aws:SourceIp":"203.0.113.1"}"#),
        ),
        (
            Rule::OperatorTypeMismatch,
            Identity,
            object(r#""StringEquals":{"aws:CurrentTime":"2026-01-01"}"#),
            object(r#""NumericLessThan":{"aws:EpochTime":"1767225600"}"#),
        ),
        (
            Rule::StringOperatorOnArn,
            Identity,
            object(r#""StringLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/a"}"#),
            object(r#""ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/a"}"#),
        ),
        (
            Rule::SingleValuedSetOperator,
            Identity,
            object(r#""ForAnyValue:StringEquals":{"aws:PrincipalTag/a":"b"}"#),
            object(r#""ForAnyValue:StringEquals":{"aws:PrincipalOrgPaths":"o-1/r-1/"}"#),
        ),
        (
            Rule::ForAllValuesWithoutNull,
            Identity,
            object(r#""ForAllValues:StringEquals":{"aws:CalledVia":"athena.amazonaws.com"}"#),
            object(r#""ForAllValues:StringEquals":{"aws:CalledVia":"athena.amazonaws.com"},"Null":{"aws:calledvia":"false"}"#),
        ),
        (
            Rule::SetOperatorMissing,
            Identity,
            object(r#""StringEquals":{"aws:CalledVia":"athena.amazonaws.com"}"#),
            object(r#""ForAnyValue:StringEquals":{"aws:CalledVia":"athena.amazonaws.com"}"#),
        ),
        (
            Rule::WildcardInEquals,
            Identity,
            object(r#""StringEquals":{"aws:PrincipalOrgID":"o-*"}"#),
            object(r#""StringLike":{"aws:PrincipalOrgID":"o-*"}"#),
        ),
        (
            Rule::MfaBoolWithoutIfExists,
            Identity,
            object(r#""Bool":{"aws:MultiFactorAuthPresent":"false"}"#),
            object(r#""BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}"#),
        ),
        (
            Rule::MfaNull,
            Identity,
            object(r#""Null":{"aws:MultiFactorAuthPresent":"false"}"#),
            object(r#""Null":{"aws:MultiFactorAuthPresent":"true"}"#),
        ),
        (
            Rule::PrivateSourceIp,
            Identity,
            object(r#""IpAddress":{"aws:SourceIp":"10.0.0.0/8"}"#),
            object(r#""IpAddress":{"aws:VpcSourceIp":"10.0.0.0/8"}"#),
        ),
        (Rule::ResourceMismatch, Identity, on(r#""s3:GetObject""#, r#""arn:aws:s3:::b""#), good.clone()),
        (
            Rule::ResourceMismatch,
            Identity,
            deny(r#""Action":"s3:GetObject","Resource":"arn:aws:s3:::b""#),
            deny(r#""Action":["s3:GetObject","s3:ListBucket"],"Resource":"arn:aws:s3:::b""#),
        ),
        (
            Rule::WildcardOnlyAction,
            Identity,
            on(r#""s3:ListAllMyBuckets""#, r#""arn:aws:s3:::*""#),
            on(r#""s3:ListAllMyBuckets""#, r#""*""#),
        ),
        (
            Rule::PatternBeyondResources,
            Identity,
            on(r#""s3:*""#, r#""arn:aws:s3:::b/*""#),
            on(r#""s3:GetObjec?""#, r#""arn:aws:s3:::b/*""#),
        ),
        (
            Rule::ResourceIncomplete,
            Identity,
            on(r#""ec2:RunInstances""#, r#""arn:aws:ec2:*:*:instance/*""#),
            on(r#""ec2:RunInstances""#, r#"["arn:aws:ec2:*:*:*"]"#),
        ),
        (
            Rule::ResourceTypeWildcard,
            Identity,
            on(r#""iam:GetUser""#, r#""arn:aws:iam::111122223333:u*""#),
            on(r#""iam:GetUser""#, r#""arn:aws:iam::111122223333:user/*""#),
        ),
        (Rule::ShortArn, Identity, on(r#""s3:GetObject""#, r#""arn:aws:s3*""#), good.clone()),
        (Rule::ResourceStar, Identity, on(r#""s3:GetObject""#, r#""*""#), on(r#""s3:ListAllMyBuckets""#, r#""*""#)),
        (
            Rule::ResourceEffectivelyStar,
            Identity,
            on(r#""s3:GetObject""#, r#"["arn:aws:s3:::*","arn:aws:s3:*:*:*"]"#),
            on(r#""s3:GetObject""#, r#""arn:aws:s3:::b*""#),
        ),
        (
            Rule::EverythingAllowed,
            Identity,
            statement(r#""Effect":"Allow","Action":"*","Resource":"*""#),
            statement(r#""Effect":"Deny","Action":"*","Resource":"*""#),
        ),
        (Rule::NotPrincipalWithAllow, Resource, statement(EVERYBODY).replace("Principal", "NotPrincipal"), statement(EVERYBODY)),
        (
            Rule::NotActionWithAllow,
            Identity,
            good.replace("Action", "NotAction"),
            good.replace("Action", "NotAction").replace("Allow", "Deny"),
        ),
        (
            Rule::NotResourceWithAllow,
            Identity,
            good.replace("Resource", "NotResource"),
            good.replace("Resource", "NotResource").replace("Allow", "Deny"),
        ),
        (
            Rule::PrincipalEveryone,
            Resource,
            statement(EVERYBODY),
            statement(&format!(r#"{EVERYBODY},"Condition":{{"StringEquals":{{"aws:PrincipalOrgID":"o-1"}}}}"#)),
        ),
        (Rule::PrincipalDeleted, Trust, principal(r#"{"AWS":"AROAEXAMPLEEXAMPLE123"}"#), principal(r#"{"AWS":"111122223333"}"#)),
        (
            Rule::UnknownIdentityProvider,
            Trust,
            principal(r#"{"Federated":"login.example.com"}"#),
            principal(r#"{"Federated":["arn:aws:iam::111122223333:oidc-provider/login.example.com","accounts.google.com"]}"#),
        ),
        (
            Rule::PassRoleWildcard,
            Identity,
            on(r#""iam:PassRole""#, r#""*""#),
            allow(r#""iam:PassRole""#, r#""*""#, r#""StringEquals":{"iam:PassedToService":"ec2.amazonaws.com"}"#),
        ),
        (
            Rule::BucketPolicyEscalation,
            Identity,
            on(r#""s3:PutBucketPolicy""#, r#""arn:aws:s3:::b""#),
            on(r#"["s3:PutBucketPolicy","s3:*Object"]"#, r#"["arn:aws:s3:::b","arn:aws:s3:::b/*"]"#),
        ),
        (Rule::PermissionsManagement, Identity, on(r#""s3:PutBucketPolicy""#, r#""*""#), good.clone()),
        (Rule::CredentialsExposure, Identity, on(r#""iam:Create*""#, r#""*""#), good.clone()),
        (Rule::RedundantAction, Identity, on(r#"["s3:Get*","s3:GetObject"]"#, r#""*""#), on(r#"["s3:Get*","s3:PutObject"]"#, r#""*""#)),
        (
            Rule::RedundantResource,
            Identity,
            on(r#""s3:GetObject""#, r#"["arn:aws:s3:::b*","arn:aws:s3:::bc/*"]"#),
            on(r#""s3:GetObject""#, r#"["arn:aws:s3:::b*","arn:aws:s3:::B/*"]"#),
        ),
        (Rule::MoreFindings, Identity, on(&format!("[{}]", vec![r#""x:y""#; 1_500].join(",")), r#""*""#), good.clone()),
        (
            Rule::EverythingAllowed,
            Identity,
            statement(r#""Effect":"Allow","Action":"*:*","Resource":"arn:aws:*""#),
            statement(r#""Effect":"Allow","Action":"s3:*","Resource":"*""#),
        ),
        (Rule::EverythingAllowed, Identity, statement(r#""Effect":"Allow","Action":"*","Resource":"*""#), good.clone()),
    ];
    for (rule, kind, bad, near) in &cases {
        assert!(has(bad, *kind, *rule), "{} is not found in {bad}: {:#?}", rule.id(), found(bad, *kind));
        assert!(!has(near, *kind, *rule), "{} is found in {near}", rule.id());
    }
    assert!(!has(&statement(r#""Effect":"Allow","Action":"*","Resource":"*""#), Scp, Rule::EverythingAllowed), "an SCP gives nothing");
    let tested: std::collections::BTreeSet<Rule> = cases.iter().map(|(rule, ..)| *rule).collect();
    let rest: Vec<&Rule> = Rule::ALL.iter().filter(|rule| !tested.contains(*rule)).collect();
    assert_eq!(rest, [&Rule::DuplicateElement], "tested below");
}
