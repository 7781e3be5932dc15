use std::fmt::Write as _;

use crate::permissions::{Names, Policy, Purpose, Statement};

const HEAD: &str = r#"# The role that partywall reads with: settings only, no content, no changes.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "trusted_principal_arn" {
  type        = string
  description = "ARN of the role or user that partywall runs as"
}

variable "external_id" {
  type        = string
  default     = ""
  description = "Set it if somebody else's account runs partywall for you"
}
"#;

const HOME: &str = r#"
variable "is_home" {
  type        = bool
  default     = false
  description = "True in the one account from which partywall goes through the organisation"
}
"#;

const TRUST: &str = r#"
data "aws_partition" "current" {}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "AWS"
      identifiers = [var.trusted_principal_arn]
    }

    dynamic "condition" {
      for_each = var.external_id == "" ? [] : [var.external_id]

      content {
        test     = "StringEquals"
        variable = "sts:ExternalId"
        values   = [condition.value]
      }
    }
  }
}

resource "aws_iam_role" "partywall" {
  name               = var.role_name
  description        = "Read by partywall: settings only"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_policy" "partywall" {
  for_each    = POLICIES
  name        = each.key
  description = "Read by partywall: settings only"
  policy      = each.value
}

resource "aws_iam_role_policy_attachment" "partywall" {
  for_each   = aws_iam_policy.partywall
  role       = aws_iam_role.partywall.name
  policy_arn = each.value.arn
}

output "role_arn" {
  value = aws_iam_role.partywall.arn
}
"#;

/// A Terraform file with the role, its policies and their attachments. Where there is a policy for an organisation, it is attached only
/// in the account that says to be the home of partywall.
pub fn terraform(policies: &[Policy], names: &Names) -> String {
    let is_organization = policies.iter().any(|policy| policy.purpose == Purpose::Organization);
    let mut out = HEAD.to_owned();
    let _ = write!(
        out,
        "\nvariable \"role_name\" {{\n  type        = string\n  default     = {}\n  description = \"The same in every account\"\n}}\n",
        quoted(names.role())
    );
    if is_organization {
        out.push_str(HOME);
    }
    out.push_str("\nlocals {\n");
    policies_of(&mut out, "account_policies", policies, Purpose::Account);
    if is_organization {
        out.push('\n');
        policies_of(&mut out, "organization_policies", policies, Purpose::Organization);
    }
    out.push_str("}\n");
    let all = if is_organization {
        "merge(local.account_policies, { for name, policy in local.organization_policies : name => policy if var.is_home })"
    } else {
        "local.account_policies"
    };
    out.push_str(&TRUST.replace("POLICIES", all));
    out
}

fn policies_of(out: &mut String, name: &str, policies: &[Policy], purpose: Purpose) {
    let _ = writeln!(out, "  {name} = {{");
    for policy in policies.iter().filter(|policy| policy.purpose == purpose) {
        let _ = writeln!(out, "    {} = jsonencode({{\n      Version = \"2012-10-17\"\n      Statement = [", quoted(&policy.name));
        for statement in &policy.statements {
            statement_of(out, statement);
        }
        out.push_str("      ]\n    })\n");
    }
    out.push_str("  }\n");
}

fn statement_of(out: &mut String, statement: &Statement) {
    let _ = writeln!(out, "        {{\n          Sid    = {}\n          Effect = \"Allow\"\n          Action = [", quoted(&statement.sid));
    for action in &statement.actions {
        let _ = writeln!(out, "            {},", quoted(action));
    }
    let resources: Vec<String> = statement.resources.iter().map(|resource| resource_of(resource)).collect();
    let _ = writeln!(out, "          ]\n          Resource = [{}]\n        }},", resources.join(", "));
}

/// A resource as an expression; placeholders are put in after what is written was escaped.
fn resource_of(resource: &str) -> String {
    quoted(resource).replace("{partition}", "${data.aws_partition.current.partition}").replace("{role}", "${var.role_name}")
}

/// A text as Terraform writes it (HCL native syntax, quoted templates).
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            '\n' => out.push_str("\\n"),
            '$' | '%' if characters.peek() == Some(&'{') => out.extend([character, character]),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permissions::needs::bare;
    use crate::permissions::policies;

    #[test]
    fn texts_cannot_leave_their_quotes() {
        assert_eq!(quoted(r#"a"b\c"#), r#""a\"b\\c""#);
        assert_eq!(quoted("${x} %{if} $5"), "\"$${x} %%{if} $5\"");
    }

    #[test]
    fn actions_and_resources_stand_in_the_file() {
        let names = Names::of_role("reader").unwrap();
        let mut gateway = bare("apigateway:GET");
        gateway.resources = &["arn:{partition}:apigateway:*::/account", "arn:{partition}:apigateway:*::/apis*"];
        let text = terraform(&policies(&[bare("s3:GetBucketAcl"), gateway], &names).unwrap(), &names);
        let (_, locals) = text.split_once("locals {\n").unwrap();
        let (locals, rest) = locals.split_once("\n}\n").unwrap();
        assert_eq!(
            locals,
            r#"  account_policies = {
    "reader-1" = jsonencode({
      Version = "2012-10-17"
      Statement = [
        {
          Sid    = "Apigateway"
          Effect = "Allow"
          Action = [
            "apigateway:GET",
          ]
          Resource = ["arn:${data.aws_partition.current.partition}:apigateway:*::/account", "arn:${data.aws_partition.current.partition}:apigateway:*::/apis*"]
        },
        {
          Sid    = "S3"
          Effect = "Allow"
          Action = [
            "s3:GetBucketAcl",
          ]
          Resource = ["*"]
        },
      ]
    })
  }"#
        );
        assert!(rest.contains("for_each    = local.account_policies"));
        assert!(!text.contains("is_home"), "an account alone has no home");
    }
}
