//! The answer of `GetAccountAuthorizationDetails`, as the AWS CLI prints it (IAM API reference, GetAccountAuthorizationDetails).

use serde::Deserialize;
use serde_json::Value as Json;

use super::AccountError;

/// Longest text of authorization details that is read, in bytes.
const MAX_TEXT: usize = 512 << 20;

/// One page, or several joined.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Details {
    pub(super) user_detail_list: Option<Vec<UserDetail>>,
    pub(super) group_detail_list: Option<Vec<GroupDetail>>,
    pub(super) role_detail_list: Option<Vec<RoleDetail>>,
    pub(super) policies: Option<Vec<ManagedPolicy>>,
    #[serde(default)]
    pub(super) is_truncated: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UserDetail {
    pub(super) user_name: String,
    pub(super) user_id: Option<String>,
    pub(super) arn: String,
    #[serde(default)]
    pub(super) user_policy_list: Vec<InlinePolicy>,
    #[serde(default)]
    pub(super) group_list: Vec<String>,
    #[serde(default)]
    pub(super) attached_managed_policies: Vec<AttachedPolicy>,
    pub(super) permissions_boundary: Option<Boundary>,
    pub(super) tags: Option<Vec<Tag>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GroupDetail {
    pub(super) group_name: String,
    pub(super) arn: String,
    #[serde(default)]
    pub(super) group_policy_list: Vec<InlinePolicy>,
    #[serde(default)]
    pub(super) attached_managed_policies: Vec<AttachedPolicy>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RoleDetail {
    pub(super) role_name: String,
    pub(super) role_id: Option<String>,
    pub(super) arn: String,
    pub(super) assume_role_policy_document: Option<Json>,
    #[serde(default)]
    pub(super) instance_profile_list: Vec<InstanceProfile>,
    #[serde(default)]
    pub(super) role_policy_list: Vec<InlinePolicy>,
    #[serde(default)]
    pub(super) attached_managed_policies: Vec<AttachedPolicy>,
    pub(super) permissions_boundary: Option<Boundary>,
    pub(super) tags: Option<Vec<Tag>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct InlinePolicy {
    pub(super) policy_name: String,
    pub(super) policy_document: Option<Json>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AttachedPolicy {
    pub(super) policy_arn: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Boundary {
    pub(super) permissions_boundary_arn: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct InstanceProfile {
    pub(super) arn: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tag {
    pub(super) key: String,
    pub(super) value: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ManagedPolicy {
    pub(super) arn: String,
    pub(super) default_version_id: Option<String>,
    #[serde(default)]
    pub(super) policy_version_list: Vec<PolicyVersion>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PolicyVersion {
    pub(super) document: Option<Json>,
    pub(super) version_id: Option<String>,
    #[serde(default)]
    pub(super) is_default_version: bool,
}

impl ManagedPolicy {
    /// The document that is in force.
    pub(super) fn document(&self) -> Option<&Json> {
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
    }
}

fn join<T>(list: &mut Option<Vec<T>>, more: Option<Vec<T>>) {
    match (list, more) {
        (Some(list), Some(more)) => list.extend(more),
        (list @ None, more) => *list = more,
        (Some(_), None) => {}
    }
}
