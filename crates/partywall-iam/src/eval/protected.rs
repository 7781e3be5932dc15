//! What AWS decides before any policy is read.

use super::caller::Caller;
use super::request::Request;
use crate::arn::fields;

/// What a customer may do with a service-linked role.
pub(crate) const CHANGES_OF_SERVICE_LINKED_ROLES: [&str; 7] =
    ["PassRole", "CreateServiceLinkedRole", "DeleteServiceLinkedRole", "TagRole", "UntagRole", "UpdateRole", "UpdateRoleDescription"];

/// True for calls that every signed request may make, whatever policies say (STS API reference, GetCallerIdentity).
pub(crate) fn needs_no_permission(request: &Request) -> bool {
    request.action.eq_ignore_ascii_case("sts:GetCallerIdentity") && request.caller != Caller::Anonymous
}

/// Why the resource cannot be changed by a customer, if it cannot: AWS managed policies (IAM user guide, managed policies and inline
/// policies), roles of IAM Identity Center, and service-linked roles, of which a customer edits the description and tags and may
/// ask for deletion (IAM user guide, create a service-linked role). Reading them, and passing a service-linked
/// role, is up to policies.
pub(crate) fn is_kept_by_aws(request: &Request) -> Option<&'static str> {
    let (service, operation) = request.action.split_once(':')?;
    let [_, _, of, _, account, resource] = fields(&request.resource)?;
    if !service.eq_ignore_ascii_case("iam") || of != "iam" || reads(operation) {
        return None;
    }
    let is = |names: &[&str]| names.iter().any(|name| name.eq_ignore_ascii_case(operation));
    if account == "aws" && resource.starts_with("policy/") {
        return Some("an AWS managed policy can only be changed by AWS");
    }
    if resource.starts_with("role/aws-reserved/") {
        return Some("a role of IAM Identity Center can only be changed there, and trusts no service");
    }
    (resource.starts_with("role/aws-service-role/") && !is(&CHANGES_OF_SERVICE_LINKED_ROLES))
        .then_some("a service-linked role can only be changed by its service")
}

fn reads(operation: &str) -> bool {
    ["Get", "List", "Generate", "Simulate"]
        .iter()
        .any(|verb| operation.get(..verb.len()).is_some_and(|start| start.eq_ignore_ascii_case(verb)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aws_keeps_its_own() {
        let kept = |action: &str, resource: &str| {
            is_kept_by_aws(&Request::new(Caller::parse("arn:aws:iam::111122223333:user/a"), action, resource)).is_some()
        };
        let managed = "arn:aws:iam::aws:policy/AdministratorAccess";
        let reserved = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_x_1";
        let linked = "arn:aws:iam::111122223333:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS";
        for (action, resource, want) in [
            ("iam:CreatePolicyVersion", managed, true),
            ("iam:GetPolicy", managed, false),
            ("iam:TagPolicy", "arn:aws:iam::111122223333:policy/own", false),
            ("iam:PutRolePolicy", reserved, true),
            ("iam:getrole", reserved, false),
            ("iam:PassRole", reserved, true),
            ("iam:PassRole", linked, false),
            ("iam:PutRolePolicy", linked, true),
            ("iam:DeleteServiceLinkedRole", linked, false),
            ("iam:PutRolePolicy", "arn:aws:iam::111122223333:role/own", false),
            ("sts:AssumeRole", linked, false),
        ] {
            assert_eq!(kept(action, resource), want, "{action} {resource}");
        }
    }
}
