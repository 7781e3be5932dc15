use std::collections::HashMap;

use super::*;
use crate::{Need, Options};

/// The rows of a type after everything, by logical id, stubs by id, as a template makes them.
pub(super) fn rows(name: &str, resource_type: &str, resources: &str) -> HashMap<String, Arc<Resource>> {
    let catalog = Catalog::load(None).unwrap().with_derived(crate::derived_columns).unwrap();
    let path = std::env::temp_dir().join(format!("partywall-fold-{}-{name}.yaml", std::process::id()));
    std::fs::write(&path, format!("Resources:\n{resources}")).unwrap();
    let mut found = HashMap::new();
    let mut emit = |batch: partywall_table::TypeBatch| {
        if &*batch.resource_type.name == resource_type {
            let key = |row: &Resource| row.logical_id.as_ref().unwrap_or(&row.id).to_string();
            found.extend(batch.rows.iter().map(|row| (key(row), Arc::clone(row))));
        }
        Ok(())
    };
    crate::collect(&catalog, std::slice::from_ref(&path), &Options::default(), &|_| Need::default(), &mut emit).unwrap();
    std::fs::remove_file(path).unwrap();
    found
}

/// What is at a path: `-` for nothing, `?` for an unknown, `+` for a value, of a list one of them for each element.
fn seen(row: &Resource, path: &str) -> String {
    match row.properties.at(path) {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::Unknown(_)) => "?".to_owned(),
        Some(Value::List(items)) => items.iter().map(|item| if item.is_unknown() { '?' } else { '+' }).collect(),
        Some(_) => "+".to_owned(),
    }
}

fn all_seen(rows: &HashMap<String, Arc<Resource>>, path: &str) -> String {
    let mut shown: Vec<_> = rows.iter().map(|(id, row)| format!("{id} {}", seen(row, path))).collect();
    shown.sort();
    shown.join(", ")
}

const CONDITIONS: &str = "
Parameters: {E: {Type: String}}
Conditions: {C: !Equals [!Ref E, x], N: !Not [!Condition C]}
";

const POLICY: &str = "_Attached.Policy";
const INGRESS: &str = "SecurityGroupIngress";
const PERMISSIONS: &str = "_Attached.Permissions";

#[test]
fn a_satellite_that_may_not_exist_makes_nothing_certain() {
    let buckets = format!(
        "
  B: {{Type: AWS::S3::Bucket}}
  Both: {{Type: AWS::S3::Bucket, Condition: C}}
  Other: {{Type: AWS::S3::Bucket, Condition: N}}
  P: {{Type: AWS::S3::BucketPolicy, Condition: C, Properties: {{Bucket: !Ref B, PolicyDocument: {{Statement: []}}}}}}
  Q: {{Type: AWS::S3::BucketPolicy, Condition: C, Properties: {{Bucket: !Ref Both, PolicyDocument: {{Statement: []}}}}}}
  R: {{Type: AWS::S3::BucketPolicy, Condition: C, Properties: {{Bucket: !Ref Other, PolicyDocument: {{Statement: []}}}}}}
  S: {{Type: AWS::S3::BucketPolicy, Condition: C, Properties: {{Bucket: elsewhere, PolicyDocument: {{Statement: []}}}}}}
{CONDITIONS}"
    );
    let found = rows("condition", "AWS::S3::Bucket", &buckets);
    assert_eq!(all_seen(&found, POLICY), "B ?, Both +, Other ?, elsewhere ?");
    let Some(Value::Unknown(cause)) = found["B"].properties.at(POLICY) else { panic!() };
    assert!(cause.detail.starts_with("`P` may not exist: condition `C` is unknown: parameter `E`"), "{}", cause.detail);
    let groups = format!(
        "
  G: {{Type: AWS::EC2::SecurityGroup, Properties: {{SecurityGroupIngress: [{{CidrIp: 10.0.0.0/8}}]}}}}
  I: {{Type: AWS::EC2::SecurityGroupIngress, Condition: C, Properties: {{GroupId: !Ref G, CidrIp: 0.0.0.0/0}}}}
{CONDITIONS}"
    );
    assert_eq!(all_seen(&rows("rule", "AWS::EC2::SecurityGroup", &groups), INGRESS), "G +?");
}

#[test]
fn parents_go_by_all_their_names() {
    let queues = r"
  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: q}}
  P: {Type: AWS::SQS::QueuePolicy, Properties: {Queues: [!Sub 'https://sqs.${AWS::Region}.amazonaws.com/${AWS::AccountId}/q'], PolicyDocument: {Statement: []}}}
";
    assert_eq!(all_seen(&rows("queue", "AWS::SQS::Queue", queues), POLICY), "Q +");
    let topics = r"
  T: {Type: AWS::SNS::Topic, Properties: {TopicName: t}}
  P: {Type: AWS::SNS::TopicPolicy, Properties: {Topics: [!Sub 'arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:t'], PolicyDocument: {Statement: []}}}
";
    assert_eq!(all_seen(&rows("topic", "AWS::SNS::Topic", topics), POLICY), "T +");
    let secrets = r"
  S: {Type: AWS::SecretsManager::Secret, Properties: {Name: s}}
  P: {Type: AWS::SecretsManager::ResourcePolicy, Properties: {SecretId: s, ResourcePolicy: {Statement: []}}}
";
    assert_eq!(all_seen(&rows("secret", "AWS::SecretsManager::Secret", secrets), POLICY), "S +");
    let buckets = r"
  B: {Type: AWS::S3::Bucket, Properties: {BucketName: 20240101}}
  P: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: 20240101, PolicyDocument: {Statement: []}}}
";
    assert_eq!(all_seen(&rows("number", "AWS::S3::Bucket", buckets), POLICY), "B +");
    let groups = r"
  G: {Type: AWS::EC2::SecurityGroup, Properties: {GroupName: named}}
  I: {Type: AWS::EC2::SecurityGroupIngress, Properties: {GroupName: named, CidrIp: 0.0.0.0/0}}
";
    assert_eq!(all_seen(&rows("group", "AWS::EC2::SecurityGroup", groups), INGRESS), "G +");
    let functions = r"
  Arn: {Type: AWS::Lambda::Function, Properties: {FunctionName: arn}}
  PArn: {Type: AWS::Lambda::Permission, Properties: {FunctionName: !Sub 'arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:arn'}}
  Live: {Type: AWS::Lambda::Function, Properties: {FunctionName: live}}
  PLive: {Type: AWS::Lambda::Permission, Properties: {FunctionName: 'live:prod'}}
  Unnamed: {Type: AWS::Lambda::Function, Properties: {}}
  PUnnamed: {Type: AWS::Lambda::Permission, Properties: {FunctionName: !Sub '${Unnamed.Arn}'}}
  Aliased: {Type: AWS::Lambda::Function, Properties: {}}
  Alias: {Type: AWS::Lambda::Alias, Properties: {FunctionName: !Ref Aliased, FunctionVersion: '1', Name: a}}
  PAlias: {Type: AWS::Lambda::Permission, Properties: {FunctionName: !Ref Alias}}
  Bare: {Type: AWS::Lambda::Function, Properties: {}}
";
    let found = rows("function", "AWS::Lambda::Function", functions);
    assert_eq!(all_seen(&found, PERMISSIONS), "Aliased +, Arn +, Bare -, Live +, Unnamed +");
}

#[test]
fn a_logical_id_is_no_name() {
    let buckets = r"
  Logs: {Type: AWS::S3::Bucket}
  P: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: Logs, PolicyDocument: {Statement: []}}}
";
    let found = rows("logical", "AWS::S3::Bucket", buckets);
    assert_eq!(all_seen(&found, POLICY), "Logs (by name) +, Logs -");
    assert!(found["Logs (by name)"].stub);
}

#[test]
fn what_may_be_the_same_name_is_not_certain() {
    let buckets = format!(
        "
  Account: {{Type: AWS::S3::Bucket, Properties: {{BucketName: logs-111122223333}}}}
  Given: {{Type: AWS::S3::Bucket, Properties: {{BucketName: !Ref E}}}}
  Unnamed: {{Type: AWS::S3::Bucket}}
  Other: {{Type: AWS::S3::Bucket, Properties: {{BucketName: data}}}}
  P: {{Type: AWS::S3::BucketPolicy, Properties: {{Bucket: !Sub 'logs-${{AWS::AccountId}}', PolicyDocument: {{Statement: []}}}}}}
{CONDITIONS}"
    );
    let found = rows("account", "AWS::S3::Bucket", &buckets);
    assert_eq!(all_seen(&found, POLICY), "Account ?, Given ?, Other -, Unnamed -, logs-{AWS::AccountId} +");
    let functions = r"
  F: {Type: AWS::Lambda::Function, Properties: {FunctionName: f}}
  P: {Type: AWS::Lambda::Permission, Properties: {FunctionName: 'arn:aws:lambda:eu-west-1:111122223333:function:f'}}
";
    let found = rows("elsewhere", "AWS::Lambda::Function", functions);
    assert_eq!(seen(&found["F"], PERMISSIONS), "?", "nobody says in which account and region it will be");
    assert_eq!(found.len(), 2);
}

#[test]
fn of_two_resources_with_one_name_both_may_be_meant() {
    let buckets = format!(
        "
  B1: {{Type: AWS::S3::Bucket, Condition: C, Properties: {{BucketName: same}}}}
  B2: {{Type: AWS::S3::Bucket, Condition: N, Properties: {{BucketName: same}}}}
  P: {{Type: AWS::S3::BucketPolicy, Condition: N, Properties: {{Bucket: !Ref B2, PolicyDocument: {{Statement: []}}}}}}
{CONDITIONS}"
    );
    assert_eq!(all_seen(&rows("same", "AWS::S3::Bucket", &buckets), POLICY), "B1 ?, B2 +");
}

#[test]
fn what_another_resource_knows_is_a_parent_of_its_own() {
    let groups = r"
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  I: {Type: AWS::EC2::SecurityGroupIngress, Properties: {GroupId: !GetAtt Vpc.DefaultSecurityGroup, CidrIp: 0.0.0.0/0}}
  G: {Type: AWS::EC2::SecurityGroup, Properties: {}}
";
    assert_eq!(all_seen(&rows("default", "AWS::EC2::SecurityGroup", groups), INGRESS), "G -, Vpc.DefaultSecurityGroup +?");
    let associations = r"
  Pool: {Type: AWS::Cognito::UserPool}
  A: {Type: AWS::WAFv2::WebACLAssociation, Properties: {ResourceArn: !GetAtt Pool.Arn, WebACLArn: x}}
";
    assert!(rows("pool", "AWS::ElasticLoadBalancingV2::LoadBalancer", associations).is_empty(), "a user pool is no load balancer");
    let functions = r"
  F: {Type: 'AWS::Serverless::Function', Properties: {FunctionUrlConfig: {AuthType: NONE}}}
";
    let function = &rows("url", "AWS::Lambda::Function", functions)["F"];
    assert!(function.stub);
    assert_eq!((&*seen(function, "_Attached.Urls"), &*seen(function, PERMISSIONS)), ("+?", "+?"));
}

#[test]
fn dynamic_references_name_nobody() {
    let groups = r"
  G: {Type: AWS::EC2::SecurityGroup, Properties: {SecurityGroupIngress: [{CidrIp: '{{resolve:ssm:/net}}'}]}}
  I: {Type: AWS::EC2::SecurityGroupIngress, Properties: {GroupId: '{{resolve:ssm:/group}}', CidrIp: 0.0.0.0/0}}
  J: {Type: AWS::EC2::SecurityGroupIngress, Properties: {GroupId: !ImportValue group, CidrIp: 0.0.0.0/0}}
";
    let group = &rows("dynamic", "AWS::EC2::SecurityGroup", groups)["G"];
    assert_eq!(seen(group, INGRESS), "+?");
    let rule = &group.properties.at(INGRESS).and_then(Value::as_list).unwrap()[0];
    assert!(rule.at("CidrIp").unwrap().is_unknown());
}
