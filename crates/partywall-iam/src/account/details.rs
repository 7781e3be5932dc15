//! The answer of `GetAccountAuthorizationDetails`, as the AWS CLI prints it (IAM API reference, GetAccountAuthorizationDetails).

use partywall_model::Value;
use serde::{Deserialize, Deserializer};
use serde_json::Value as Json;

use super::AccountError;
use super::document::tree;

/// Longest text of authorization details that is read, in bytes.
const MAX_TEXT: usize = 512 << 20;

/// Users, groups, roles and policies of one account: one page of the answer, several joined, or the same made from another source.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Details {
    /// Users; `None` if they were not asked for.
    pub user_detail_list: Option<Vec<UserDetail>>,
    /// Groups; `None` if they were not asked for.
    pub group_detail_list: Option<Vec<GroupDetail>>,
    /// Roles; `None` if they were not asked for.
    pub role_detail_list: Option<Vec<RoleDetail>>,
    /// Managed policies; `None` if they were not asked for.
    pub policies: Option<Vec<ManagedPolicy>>,
    /// There are more pages.
    #[serde(default)]
    pub is_truncated: bool,
    /// What the AWS CLI prints in place of `IsTruncated` if `--max-items` ended its list (AWS CLI user guide, using
    /// the pagination options in the AWS CLI).
    pub next_token: Option<String>,
}

/// A user.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UserDetail {
    /// Its name, without path.
    pub user_name: String,
    /// Its unique id, `AIDA…`.
    pub user_id: Option<String>,
    /// Its ARN.
    pub arn: String,
    /// Inline policies.
    #[serde(default)]
    pub user_policy_list: Vec<InlinePolicy>,
    /// Names of its groups.
    #[serde(default)]
    pub group_list: Vec<String>,
    /// Managed policies attached.
    #[serde(default)]
    pub attached_managed_policies: Vec<AttachedPolicy>,
    /// Its boundary, if it has one.
    pub permissions_boundary: Option<Boundary>,
    /// Its tags; `None` if they were not read.
    pub tags: Option<Vec<Tag>>,
}

/// A group.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GroupDetail {
    /// Its name, without path.
    pub group_name: String,
    /// Its ARN.
    pub arn: String,
    /// Inline policies.
    #[serde(default)]
    pub group_policy_list: Vec<InlinePolicy>,
    /// Managed policies attached.
    #[serde(default)]
    pub attached_managed_policies: Vec<AttachedPolicy>,
}

/// A role.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RoleDetail {
    /// Its name, without path.
    pub role_name: String,
    /// Its unique id, `AROA…`.
    pub role_id: Option<String>,
    /// Its ARN.
    pub arn: String,
    /// Its trust policy: a tree, or JSON text, plain or percent-encoded.
    #[serde(default, deserialize_with = "document")]
    pub assume_role_policy_document: Option<Value>,
    /// Instance profiles that hold it.
    #[serde(default)]
    pub instance_profile_list: Vec<InstanceProfile>,
    /// Inline policies.
    #[serde(default)]
    pub role_policy_list: Vec<InlinePolicy>,
    /// Managed policies attached.
    #[serde(default)]
    pub attached_managed_policies: Vec<AttachedPolicy>,
    /// Its boundary, if it has one.
    pub permissions_boundary: Option<Boundary>,
    /// Its tags; `None` if they were not read.
    pub tags: Option<Vec<Tag>>,
}

/// A policy that is a part of its user, group or role.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct InlinePolicy {
    /// Its name.
    pub policy_name: String,
    /// The document: a tree, or JSON text, plain or percent-encoded.
    #[serde(default, deserialize_with = "document")]
    pub policy_document: Option<Value>,
}

/// A managed policy by its ARN.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AttachedPolicy {
    /// Its ARN.
    pub policy_arn: String,
}

/// A permissions boundary.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Boundary {
    /// The ARN of the managed policy that is the boundary.
    pub permissions_boundary_arn: String,
}

/// An instance profile.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct InstanceProfile {
    /// Its ARN.
    pub arn: String,
}

/// A tag.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: String,
}

/// A managed policy.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ManagedPolicy {
    /// Its ARN.
    pub arn: String,
    /// Which version is in force.
    pub default_version_id: Option<String>,
    /// Its versions.
    #[serde(default)]
    pub policy_version_list: Vec<PolicyVersion>,
}

/// A version of a managed policy.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyVersion {
    /// The document: a tree, or JSON text, plain or percent-encoded.
    #[serde(default, deserialize_with = "document")]
    pub document: Option<Value>,
    /// Its id, `v1`.
    pub version_id: Option<String>,
    /// It is in force.
    #[serde(default)]
    pub is_default_version: bool,
}

impl ManagedPolicy {
    /// The document that is in force.
    pub(super) fn document(&self) -> Option<&Value> {
        let version = self
            .policy_version_list
            .iter()
            .find(|version| version.is_default_version || version.version_id.is_some() && version.version_id == self.default_version_id)?;
        version.document.as_ref()
    }
}

impl Details {
    /// Reads pages one after another, or lists of pages, and joins them.
    pub(super) fn read(text: &str) -> Result<Self, AccountError> {
        if text.len() > MAX_TEXT {
            return Err(AccountError::TooLarge { length: text.len(), limit: MAX_TEXT });
        }
        let pages: Vec<Self> = if text.trim_start().starts_with('[') {
            serde_json::from_str(text)?
        } else {
            serde_json::Deserializer::from_str(text).into_iter().collect::<Result<_, _>>()?
        };
        let joined = pages.into_iter().reduce(|mut joined, page| {
            joined.join(page);
            joined
        });
        let joined = joined.ok_or(AccountError::Empty)?;
        if joined.user_detail_list.is_none() && joined.role_detail_list.is_none() && joined.group_detail_list.is_none() {
            return Err(AccountError::Empty);
        }
        Ok(joined)
    }

    fn join(&mut self, page: Self) {
        join(&mut self.user_detail_list, page.user_detail_list);
        join(&mut self.group_detail_list, page.group_detail_list);
        join(&mut self.role_detail_list, page.role_detail_list);
        join(&mut self.policies, page.policies);
        self.is_truncated = page.is_truncated;
        self.next_token = page.next_token;
    }
}

fn document<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Ok(Option::<Json>::deserialize(deserializer)?.as_ref().map(tree))
}

fn join<T>(list: &mut Option<Vec<T>>, more: Option<Vec<T>>) {
    match (list, more) {
        (Some(list), Some(more)) => list.extend(more),
        (list @ None, more) => *list = more,
        (Some(_), None) => {}
    }
}
