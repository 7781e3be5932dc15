use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use partywall_model::{Key, Value};

use super::answers::Question;
use super::explorer::explorer;
use super::tagging::tagged;
use super::{Form, HOME, Row, World, partition};
use crate::encode::ServiceFault;

/// What is written by hand because its meaning goes beyond its shape.
#[derive(Debug)]
pub(crate) enum Handled {
    /// Not here: the shape says it all.
    No,
    /// The whole answer.
    Answer(Value),
    /// All items at a path, to be paged.
    Listing(&'static str, Vec<Value>),
}

/// Regions of the commercial partition: always on, and off until an account opts in. AWS, "Specify which AWS Regions your account can use".
const ALWAYS_ON: [&str; 17] = [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];
const OPT_IN: [&str; 4] = ["af-south-1", "ap-east-1", "eu-south-1", "me-south-1"];

/// The second snapshot of each Region is everybody's.
fn public_snapshot(world: &World, question: Question<'_>) -> Option<String> {
    let Question { account, region, .. } = question;
    let kind = world.position("Partywall::EC2::Snapshot")?;
    (world.count(kind, account, region) > 1).then(|| world.name_of(Row { account, region, kind, index: 1 }, Form::Id))
}

/// The call's answer, where it is written by hand.
pub(crate) fn handled(world: &World, question: Question<'_>) -> Result<Handled, ServiceFault> {
    let Question { account, region, .. } = question;
    if OPT_IN.contains(&region) {
        return Err(region_off(question));
    }
    Ok(match (&*question.service.name, &*question.operation.name) {
        ("sts", "GetCallerIdentity") => Handled::Answer(identity(question)),
        ("sts", "AssumeRole") => Handled::Answer(assumed(world, question)?),
        ("organizations", name) if account != first(world) && name != "DescribeOrganization" => {
            return Err(ServiceFault::new("AccessDeniedException", "you don't have permissions to access this resource", 400));
        }
        ("organizations", "ListAccounts") => Handled::Listing("Accounts", world.accounts().map(|id| member(&id, &first(world))).collect()),
        ("organizations", "DescribeOrganization") => match world.accounts().nth(1) {
            Some(_) => Handled::Answer(organization(&first(world))),
            None => {
                return Err(ServiceFault::new("AWSOrganizationsNotInUseException", "the account is not a member of an organization", 400));
            }
        },
        ("ecs", "ListTaskDefinitionFamilies") => Handled::Listing("families", families(world, question)),
        ("ec2", "DescribeRegions") => Handled::Answer(map([("Regions", Value::List(regions(question)))])),
        ("account", "ListRegions") => Handled::Listing("Regions", account_regions()),
        ("ec2", "DescribeSnapshots") if question.input.get("RestorableByUserIds").is_some() => {
            let public = public_snapshot(world, question).map(|id| map([("SnapshotId", Value::str(id))]));
            Handled::Listing("Snapshots", public.into_iter().collect())
        }
        ("ec2", "DescribeSnapshotAttribute") => {
            let id = question.input.get("SnapshotId").cloned().unwrap_or_default();
            let public = public_snapshot(world, question).is_some_and(|public| id.as_str() == Some(&public));
            let permissions = public.then(|| map([("Group", Value::str("all"))])).into_iter().collect();
            Handled::Answer(map([("SnapshotId", id), ("CreateVolumePermissions", Value::List(permissions))]))
        }
        ("iam", "SimulatePrincipalPolicy") => Handled::Listing("EvaluationResults", simulated(question)),
        ("iam", "GenerateCredentialReport") => {
            Handled::Answer(map([("State", Value::str("COMPLETE")), ("Description", Value::str("the report is there"))]))
        }
        ("iam", "GetCredentialReport") => Handled::Answer(map([
            ("Content", Value::str(STANDARD.encode(credential_report(world, account)))),
            ("ReportFormat", Value::str("text/csv")),
            ("GeneratedTime", Value::str("2026-11-01T06:00:00+00:00")),
        ])),
        ("wafv2", "ListWebACLs" | "ListLoggingConfigurations")
            if question.input.get("Scope").and_then(Value::as_str) == Some("CLOUDFRONT") =>
        {
            let list = if question.operation.name.starts_with("ListWeb") { "WebACLs" } else { "LoggingConfigurations" };
            Handled::Answer(map([(list, Value::List(Vec::new()))]))
        }
        ("cloudcontrol", "ListResources") => Handled::Listing("ResourceDescriptions", cloud_control(question)?),
        ("cloudcontrol", "GetResource") => {
            let wanted = question.input.get("Identifier");
            let found = cloud_control(question)?.into_iter().find(|one| one.get("Identifier") == wanted);
            let found = found.ok_or_else(|| ServiceFault::new("ResourceNotFoundException", "there is no such resource", 400))?;
            Handled::Answer(map([("TypeName", Value::str(APPLICATION)), ("ResourceDescription", found)]))
        }
        ("resource-explorer-2", _) => explorer(world, question),
        ("resourcegroupstaggingapi", "GetResources") => Handled::Listing("ResourceTagMappingList", tagged(world, question)),
        ("s3", _) => bucket(world, question)?,
        _ => Handled::No,
    })
}

/// The only type that Cloud Control knows here.
const APPLICATION: &str = "AWS::AppConfig::Application";

/// Two applications; a listing tells nothing of them but who they are.
fn cloud_control(question: Question<'_>) -> Result<Vec<Value>, ServiceFault> {
    let of_type = question.input.get("TypeName").and_then(Value::as_str).unwrap_or_default();
    if of_type != APPLICATION {
        let message = format!("Resource type {of_type} does not support LIST action");
        return Err(ServiceFault::new("UnsupportedActionException", &message, 400));
    }
    let whole = &*question.operation.name == "GetResource";
    let one = |id: &str| {
        let properties = if whole {
            format!(r#"{{"ApplicationId":"{id}","Name":"application {id}","Tags":[{{"Key":"team","Value":"web"}}]}}"#)
        } else {
            format!(r#"{{"ApplicationId":"{id}"}}"#)
        };
        map([("Identifier", Value::str(id)), ("Properties", Value::str(properties))])
    };
    Ok(["abc1234", "def5678"].map(one).into_iter().collect())
}

/// Every fifth task definition is the latest of its family, and so is the last.
fn families(world: &World, question: Question<'_>) -> Vec<Value> {
    let Question { account, region, .. } = question;
    let Some(kind) = world.position("AWS::ECS::TaskDefinition") else { return Vec::new() };
    let count = world.count(kind, account, region);
    let latest = (0..count).filter(|index| index % 5 == 4 || index + 1 == count);
    latest.map(|index| Value::str(world.name_of(Row { account, region, kind, index }, Form::Name))).collect()
}

/// The caller may do everything here.
fn simulated(question: Question<'_>) -> Vec<Value> {
    let texts = |name: &str| question.input.get(name).and_then(Value::as_list).into_iter().flatten().cloned().collect::<Vec<_>>();
    let resources = texts("ResourceArns");
    let line = |action: Value| {
        let resource = resources.first().cloned().unwrap_or_else(|| Value::str("*"));
        map([("EvalActionName", action), ("EvalResourceName", resource), ("EvalDecision", Value::str("allowed"))])
    };
    texts("ActionNames").into_iter().map(line).collect()
}

fn map<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::Map(members.into_iter().map(|(name, value)| (Key::from(name), value)).collect())
}

fn first(world: &World) -> String {
    world.accounts().next().unwrap_or_default()
}

/// What services say in a Region that the account has not turned on.
fn region_off(question: Question<'_>) -> ServiceFault {
    match &*question.service.name {
        "ec2" => ServiceFault::new("AuthFailure", "AWS was not able to validate the provided access credentials", 401),
        "s3" => ServiceFault::new("InvalidAccessKeyId", "the access key id does not exist in our records", 403),
        "sts" | "iam" | "rds" | "sns" => {
            ServiceFault::new("InvalidClientTokenId", "the security token included in the request is invalid", 403)
        }
        _ => ServiceFault::new("UnrecognizedClientException", "the security token included in the request is invalid", 400),
    }
}

fn identity(question: Question<'_>) -> Value {
    let account = question.account;
    let partition = partition(question.region);
    let (id, arn) = match question.role {
        Some(role) => ("AROAFAKEFAKEFAKEFAKE:reader".to_owned(), format!("arn:{partition}:sts::{account}:assumed-role/{role}/reader")),
        None => ("AIDAFAKEFAKEFAKEFAKE".to_owned(), format!("arn:{partition}:iam::{account}:user/reader")),
    };
    map([("UserId", Value::str(id)), ("Account", Value::str(account)), ("Arn", Value::str(arn))])
}

fn assumed(world: &World, question: Question<'_>) -> Result<Value, ServiceFault> {
    let arn = question.input.get("RoleArn").and_then(Value::as_str).unwrap_or_default();
    let mut parts = arn.splitn(6, ':').skip(4);
    let (account, role) = (parts.next().unwrap_or_default(), parts.next().and_then(|role| role.strip_prefix("role/")).unwrap_or_default());
    if !world.has_account(account) || role.is_empty() {
        let message = format!("not authorized to perform: sts:AssumeRole on resource: {}", partywall_model::plain(arn));
        return Err(ServiceFault::new("AccessDenied", message, 403));
    }
    let session = question.input.get("RoleSessionName").and_then(Value::as_str).unwrap_or_default();
    let credentials = map([
        ("AccessKeyId", Value::str(format!("ASIAFAKE{account}"))),
        ("SecretAccessKey", Value::str("synthetic")),
        ("SessionToken", Value::str(format!("fake:{role}"))),
        ("Expiration", Value::str("2036-11-01T06:00:00+00:00")),
    ]);
    let user = map([
        ("AssumedRoleId", Value::str(format!("AROAFAKEFAKEFAKEFAKE:{session}"))),
        ("Arn", Value::str(format!("arn:{}:sts::{account}:assumed-role/{role}/{session}", partition(question.region)))),
    ]);
    Ok(map([("Credentials", credentials), ("AssumedRoleUser", user)]))
}

fn member(id: &str, management: &str) -> Value {
    map([
        ("Id", Value::str(id)),
        ("Arn", Value::str(format!("arn:aws:organizations::{management}:account/o-fakeorg000/{id}"))),
        ("Email", Value::str(format!("aws-{id}@example.com"))),
        ("Name", Value::str(format!("account-{id}"))),
        ("Status", Value::str("ACTIVE")),
        ("State", Value::str("ACTIVE")),
        ("JoinedMethod", Value::str("CREATED")),
        ("JoinedTimestamp", Value::str("2024-01-01T06:00:00+00:00")),
    ])
}

fn organization(management: &str) -> Value {
    let organization = map([
        ("Id", Value::str("o-fakeorg000")),
        ("Arn", Value::str(format!("arn:aws:organizations::{management}:organization/o-fakeorg000"))),
        ("FeatureSet", Value::str("ALL")),
        ("MasterAccountArn", Value::str(format!("arn:aws:organizations::{management}:account/o-fakeorg000/{management}"))),
        ("MasterAccountId", Value::str(management)),
        ("MasterAccountEmail", Value::str(format!("aws-{management}@example.com"))),
    ]);
    map([("Organization", organization)])
}

fn regions(question: Question<'_>) -> Vec<Value> {
    let all = matches!(question.input.get("AllRegions"), Some(Value::Bool(true)));
    let one = |name: &str, state: &str| {
        map([
            ("OptInStatus", Value::str(state)),
            ("RegionName", Value::str(name)),
            ("Endpoint", Value::str(format!("ec2.{name}.amazonaws.com"))),
        ])
    };
    let off = OPT_IN.iter().filter(|_| all).map(|name| one(name, "not-opted-in"));
    ALWAYS_ON.iter().map(|name| one(name, "opt-in-not-required")).chain(off).collect()
}

fn account_regions() -> Vec<Value> {
    let one = |name: &&str, state: &str| map([("RegionName", Value::str(*name)), ("RegionOptStatus", Value::str(state))]);
    ALWAYS_ON.iter().map(|name| one(name, "ENABLED_BY_DEFAULT")).chain(OPT_IN.iter().map(|name| one(name, "DISABLED"))).collect()
}

/// The report on the root user and every user of the account.
fn credential_report(world: &World, account: &str) -> String {
    let mut out = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated\n".to_owned();
    let day = "2026-11-01T06:00:00+00:00";
    let mut line = |user: &str, arn: &str, password: &str| {
        out.push_str(&format!(
            "{user},{arn},{day},{password},{day},{day},N/A,true,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A\n"
        ));
    };
    line("<root_account>", &format!("arn:aws:iam::{account}:root"), "not_supported");
    if let Some(kind) = world.position("AWS::IAM::User") {
        for index in 0..world.count(kind, account, HOME) {
            let row = Row { account, region: HOME, kind, index };
            line(&world.name_of(row, Form::Name), &world.name_of(row, Form::Arn), "true");
        }
    }
    out
}

/// Buckets are asked in their own Region, and S3 says which that is.
fn bucket(world: &World, question: Question<'_>) -> Result<Handled, ServiceFault> {
    let Question { account, region, .. } = question;
    let Some(name) = question.input.get("Bucket").and_then(Value::as_str) else { return Ok(Handled::No) };
    let found = world.position("AWS::S3::Bucket").and_then(|kind| world.find(kind, account, region, name));
    let Some(row) = found else { return Ok(Handled::No) };
    let home = world.bucket_region(account, row.index);
    if &*question.operation.name == "GetBucketLocation" {
        let place = if home == HOME { map([]) } else { map([("LocationConstraint", Value::str(home))]) };
        return Ok(Handled::Answer(place));
    }
    if home == region {
        return Ok(Handled::No);
    }
    let mut fault = ServiceFault::new("PermanentRedirect", "the bucket must be addressed at its own endpoint", 301);
    fault.headers.push(("x-amz-bucket-region".to_owned(), home.to_owned()));
    Err(fault)
}
