//! Synthetic accounts.

use partywall_iam::account::{Account, Escalations, Given, Path};
use serde_json::{Value, json};

pub(crate) const ID: &str = "111122223333";

/// Authorization details of a synthetic account.
pub(crate) struct Details {
    users: Vec<Value>,
    groups: Vec<Value>,
    roles: Vec<Value>,
    policies: Vec<Value>,
}

pub(crate) fn allow(actions: &[&str], resource: &str) -> Value {
    json!({ "Effect": "Allow", "Action": actions, "Resource": resource })
}

pub(crate) fn deny(actions: &[&str], resource: &str) -> Value {
    json!({ "Effect": "Deny", "Action": actions, "Resource": resource })
}

pub(crate) fn document(statements: &[Value]) -> Value {
    json!({ "Version": "2012-10-17", "Statement": statements })
}

pub(crate) fn trusts_service(service: &str) -> Value {
    json!({ "Effect": "Allow", "Principal": { "Service": service }, "Action": "sts:AssumeRole" })
}

pub(crate) fn trusts(principal: &str) -> Value {
    json!({ "Effect": "Allow", "Principal": { "AWS": principal }, "Action": "sts:AssumeRole" })
}

pub(crate) fn arn(kind: &str, name: &str) -> String {
    format!("arn:aws:iam::{ID}:{kind}/{name}")
}

impl Details {
    /// With a role `boss` that may do everything and that Lambda and EC2 may take.
    pub(crate) fn new() -> Self {
        let mut details = Self { users: Vec::new(), groups: Vec::new(), roles: Vec::new(), policies: Vec::new() };
        details.role("boss", &[allow(&["*"], "*")], &[trusts_service("lambda.amazonaws.com"), trusts_service("ec2.amazonaws.com")]);
        details
    }

    pub(crate) fn user(&mut self, name: &str, statements: &[Value]) -> &mut Value {
        self.users.push(json!({
            "Path": "/", "UserName": name, "UserId": format!("AIDA{name}"), "Arn": arn("user", name), "GroupList": [], "Tags": [],
            "AttachedManagedPolicies": [],
            "UserPolicyList": [{ "PolicyName": "own", "PolicyDocument": document(statements) }],
        }));
        self.users.last_mut().unwrap()
    }

    pub(crate) fn role(&mut self, name: &str, statements: &[Value], trust: &[Value]) -> &mut Value {
        self.roles.push(json!({
            "Path": "/", "RoleName": name, "RoleId": format!("AROA{name}"), "Arn": arn("role", name), "Tags": [],
            "AssumeRolePolicyDocument": document(trust), "InstanceProfileList": [], "AttachedManagedPolicies": [],
            "RolePolicyList": [{ "PolicyName": "own", "PolicyDocument": document(statements) }],
        }));
        self.roles.last_mut().unwrap()
    }

    pub(crate) fn group(&mut self, name: &str, statements: &[Value]) {
        self.groups.push(json!({
            "GroupName": name, "Arn": arn("group", name), "AttachedManagedPolicies": [],
            "GroupPolicyList": [{ "PolicyName": "own", "PolicyDocument": document(statements) }],
        }));
    }

    pub(crate) fn policy(&mut self, name: &str, statements: &[Value]) -> String {
        let version = json!({ "VersionId": "v1", "IsDefaultVersion": true, "Document": document(statements) });
        self.policies.push(json!({
            "PolicyName": name, "Arn": arn("policy", name), "DefaultVersionId": "v1", "PolicyVersionList": [version],
        }));
        arn("policy", name)
    }

    pub(crate) fn text(&self) -> String {
        json!({
            "UserDetailList": self.users, "GroupDetailList": self.groups, "RoleDetailList": self.roles, "Policies": self.policies,
        })
        .to_string()
    }

    pub(crate) fn read(&self, given: &Given) -> Account {
        Account::read(&self.text(), given).unwrap()
    }
}

pub(crate) fn attach(principal: &mut Value, policy: &str) {
    principal["AttachedManagedPolicies"].as_array_mut().unwrap().push(json!({ "PolicyName": "p", "PolicyArn": policy }));
}

pub(crate) fn bound(principal: &mut Value, policy: &str) {
    principal["PermissionsBoundary"] = json!({ "PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": policy });
}

/// The path of a principal, if it has one.
pub(crate) fn path_of<'e>(account: &Account, found: &'e Escalations, name: &str) -> Option<&'e Path> {
    let number = account.find(name).unwrap();
    found.paths.iter().find(|path| path.principal == number)
}
