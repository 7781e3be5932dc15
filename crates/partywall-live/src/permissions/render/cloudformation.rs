use std::fmt::Write as _;

use crate::permissions::{Names, Policy, Purpose, Statement};

const HEAD: &str = r#"# The role that partywall reads with: settings only, no content, no changes.
# One account:
#   aws cloudformation deploy --template-file partywall.yaml --stack-name partywall \
#     --capabilities CAPABILITY_NAMED_IAM --parameter-overrides TrustedPrincipalArn=ARN
# An organisation, from its management account or a delegated administrator, in one Region:
#   aws cloudformation create-stack-set --template-body file://partywall.yaml --stack-set-name partywall \
#     --capabilities CAPABILITY_NAMED_IAM --permission-model SERVICE_MANAGED \
#     --auto-deployment Enabled=true,RetainStacksOnAccountRemoval=false \
#     --parameters ParameterKey=TrustedPrincipalArn,ParameterValue=ARN
#   aws cloudformation create-stack-instances --stack-set-name partywall --regions REGION \
#     --deployment-targets OrganizationalUnitIds=ROOT
# A stack set with service-managed permissions leaves the management account out: deploy the template there as for one account.
AWSTemplateFormatVersion: "2010-09-09"
Description: "The role that partywall reads with: settings only, no content, no changes"
Parameters:
  TrustedPrincipalArn:
    Type: String
    Description: ARN of the role or user that partywall runs as
    AllowedPattern: "arn:[a-z-]+:iam::[0-9]{12}:(root|role/.+|user/.+)"
  ExternalId:
    Type: String
    Default: ""
    Description: Set it if somebody else's account runs partywall for you
"#;

const CONDITIONS: &str = r#"Conditions:
  HasExternalId: !Not [!Equals [!Ref ExternalId, ""]]
"#;

const ROLE: &str = r#"  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !Ref RoleName
      Description: "Read by partywall: settings only"
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Action: "sts:AssumeRole"
            Principal:
              AWS: !Ref TrustedPrincipalArn
            Condition: !If
              - HasExternalId
              - StringEquals:
                  "sts:ExternalId": !Ref ExternalId
              - !Ref AWS::NoValue
      ManagedPolicyArns:
"#;

const OUTPUTS: &str = "Outputs:\n  RoleArn:\n    Value: !GetAtt Role.Arn\n";

/// A CloudFormation template with the role and its policies, for one account and for a stack set alike. Where there is a policy for an
/// organisation, it is made only in the account that a parameter names.
pub fn cloudformation(policies: &[Policy], names: &Names) -> String {
    let is_organization = policies.iter().any(|policy| policy.purpose == Purpose::Organization);
    let mut out = HEAD.to_owned();
    let _ = writeln!(
        out,
        "  RoleName:\n    Type: String\n    Default: {}\n    Description: The same in every account\n    \
         AllowedPattern: \"[A-Za-z0-9+=,.@_-]{{1,64}}\"",
        quoted(names.role())
    );
    if is_organization {
        out.push_str(
            "  HomeAccountId:\n    Type: String\n    Description: The account from which partywall goes through the organisation\n    \
             AllowedPattern: \"[0-9]{12}\"\n",
        );
    }
    out.push_str(CONDITIONS);
    if is_organization {
        out.push_str("  IsHome: !Equals [!Ref AWS::AccountId, !Ref HomeAccountId]\n");
    }
    out.push_str("Resources:\n");
    let mut attached = String::new();
    for (index, policy) in policies.iter().enumerate() {
        let id = format!("Policy{}", index + 1);
        let _ = writeln!(out, "  {id}:\n    Type: AWS::IAM::ManagedPolicy");
        let _ = match policy.purpose {
            Purpose::Account => writeln!(attached, "        - !Ref {id}"),
            Purpose::Organization => {
                out.push_str("    Condition: IsHome\n");
                writeln!(attached, "        - !If [IsHome, !Ref {id}, !Ref AWS::NoValue]")
            }
        };
        out.push_str("    Properties:\n      Description: \"Read by partywall: settings only\"\n      PolicyDocument:\n");
        out.push_str("        Version: \"2012-10-17\"\n        Statement:\n");
        for statement in &policy.statements {
            statement_of(&mut out, statement);
        }
    }
    out.push_str(ROLE);
    out.push_str(&attached);
    out.push_str(OUTPUTS);
    out
}

fn statement_of(out: &mut String, statement: &Statement) {
    let _ = writeln!(out, "          - Sid: {}\n            Effect: Allow\n            Action:", quoted(&statement.sid));
    for action in &statement.actions {
        let _ = writeln!(out, "              - {}", quoted(action));
    }
    out.push_str("            Resource:\n");
    for resource in &statement.resources {
        let _ = writeln!(out, "              - {}", resource_of(resource));
    }
}

fn resource_of(resource: &str) -> String {
    let filled = resource.replace("${", "${!").replace("{partition}", "${AWS::Partition}").replace("{role}", "${RoleName}");
    if filled == resource { quoted(resource) } else { format!("!Sub {}", quoted(&filled)) }
}

/// A text in double quotes, as YAML takes it: JSON's escapes are YAML's.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permissions::needs::bare;
    use crate::permissions::policies;

    #[test]
    fn a_policy_stands_in_the_template() {
        let names = Names::default();
        let mut needs = vec![bare("s3:GetBucketAcl"), bare("sts:AssumeRole")];
        needs[1].purpose = Purpose::Organization;
        needs[1].resources = &["arn:{partition}:iam::*:role/{role}"];
        let text = cloudformation(&policies(&needs, &names).unwrap(), &names);
        let (_, resources) = text.split_once("Resources:\n").unwrap();
        let (resources, role) = resources.split_once("  Role:\n").unwrap();
        assert_eq!(
            resources,
            r#"  Policy1:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      Description: "Read by partywall: settings only"
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Sid: "S3"
            Effect: Allow
            Action:
              - "s3:GetBucketAcl"
            Resource:
              - "*"
  Policy2:
    Type: AWS::IAM::ManagedPolicy
    Condition: IsHome
    Properties:
      Description: "Read by partywall: settings only"
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Sid: "Sts"
            Effect: Allow
            Action:
              - "sts:AssumeRole"
            Resource:
              - !Sub "arn:${AWS::Partition}:iam::*:role/${RoleName}"
"#
        );
        assert!(role.contains("        - !Ref Policy1\n        - !If [IsHome, !Ref Policy2, !Ref AWS::NoValue]\nOutputs:"));
    }

    #[test]
    fn what_is_no_placeholder_stays_a_text() {
        assert_eq!(resource_of("arn:aws:s3:::a"), "\"arn:aws:s3:::a\"");
        assert_eq!(resource_of("a${b}{role}"), "!Sub \"a${!b}${RoleName}\"");
    }
}
