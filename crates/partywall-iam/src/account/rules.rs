//! The table of escalation paths: `catalog/reference/iam-paths.toml`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Deserialize;

use super::AccountError;

static DATA: &str = include_str!("../../../../catalog/reference/iam-paths.toml");

static BUILT_IN: LazyLock<Result<Rules, String>> = LazyLock::new(|| Rules::parse(DATA).map_err(|error| error.to_string()));

/// Ways from some permissions to the rights of another identity.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// The day on which the table was last gone through.
    pub as_of: toml::value::Datetime,
    /// Actions that, all allowed on any resource, make an administrator.
    pub admin: Vec<String>,
    /// What a step acts on, by action: `{user}`, `{role}`, `{group}`, `{policy}` or an ARN with `{partition}` and `{account}`.
    pub resources: BTreeMap<String, String>,
    /// The ways.
    #[serde(rename = "path")]
    pub paths: Vec<Rule>,
}

/// One way.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its name in this project.
    pub id: String,
    /// What is done, in words.
    pub title: String,
    /// The actions that it takes, all of them.
    pub steps: Vec<String>,
    /// Whose rights one has then.
    pub gain: Gain,
    /// The role gained must trust one of these services; of a federated role, a kind of provider.
    #[serde(default)]
    pub service: Vec<String>,
    /// An instance profile has to hold the role.
    #[serde(default)]
    pub profile: bool,
    /// What has to exist besides.
    pub exists: Option<String>,
    /// What closes it.
    pub fix: String,
    /// Where the fact is published.
    pub source: String,
}

/// Whose rights a way leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gain {
    /// Its own, widened at will.
    #[serde(rename = "self")]
    Own,
    /// Those of a group.
    Group,
    /// Its own without the permissions boundary.
    Unbounded,
    /// Its own without the policies that deny.
    WithoutDenies,
    /// All: those of a new user or role.
    New,
    /// Another user's.
    User,
    /// Another role's.
    Role,
    /// Another user's, widened at will.
    RaisedUser,
    /// Another role's, widened at will.
    RaisedRole,
    /// Those of a role that trusts an identity provider.
    FederatedRole,
    /// What the authorization details do not show.
    Unseen,
}

impl Rules {
    /// The table that comes with partywall.
    ///
    /// # Errors
    /// [`AccountError::Rules`] if it does not hold together, which a test rules out.
    pub fn built_in() -> Result<&'static Self, AccountError> {
        BUILT_IN.as_ref().map_err(|reason| AccountError::Rules(reason.clone()))
    }

    /// Reads a table.
    ///
    /// # Errors
    /// [`AccountError::Rules`] with line and column, or the path that is not complete.
    pub fn parse(text: &str) -> Result<Self, AccountError> {
        let rules: Self = toml::from_str(text).map_err(|error| AccountError::Rules(error.to_string().replace('\n', " ")))?;
        let mut ids = BTreeSet::new();
        for rule in &rules.paths {
            let wrong = |reason: &str| Err(AccountError::Rules(format!("path `{}` {reason}", rule.id)));
            let passes = rule.steps.iter().any(|step| step == "iam:PassRole");
            if !ids.insert(&rule.id) {
                return wrong("is there twice");
            }
            if rule.steps.is_empty() || rule.title.is_empty() || rule.fix.is_empty() || rule.source.is_empty() {
                return wrong("lacks steps, a title, a fix or a source");
            }
            if passes && rule.service.is_empty() {
                return wrong("passes a role, but names no service that gets it");
            }
        }
        Ok(rules)
    }

    /// What a step acts on, with the account filled in.
    pub(crate) fn resource(&self, action: &str, partition: &str, account: &str) -> String {
        let resource = self.resources.get(action).map_or("*", String::as_str);
        resource.replace("{partition}", partition).replace("{account}", account)
    }
}

/// The resource with any user, role, group or policy of the account in its place.
pub(crate) fn any_of(resource: &str, partition: &str, account: &str) -> String {
    for kind in ["user", "role", "group", "policy"] {
        if resource.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) == Some(kind) {
            return format!("arn:{partition}:iam::{account}:{kind}/*");
        }
    }
    resource.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_holds_together() {
        let rules = Rules::built_in().unwrap();
        assert!(rules.paths.len() >= 60, "{}", rules.paths.len());
        let used: BTreeSet<&str> = rules.paths.iter().flat_map(|rule| &rule.steps).map(String::as_str).collect();
        for action in rules.resources.keys() {
            assert!(used.contains(action.as_str()), "no path takes `{action}`");
        }
        for rule in rules.paths.iter().filter(|rule| matches!(rule.gain, Gain::Unseen)) {
            assert!(rule.exists.is_some(), "{}", rule.id);
        }
    }

    #[test]
    fn a_table_that_is_wrong_says_where() {
        let reason = |text: &str| Rules::parse(text).unwrap_err().to_string();
        assert!(reason("as_of = 2026-01-01\nadmin = 1").contains("line 2"));
        let path = "as_of = 2026-01-01\nadmin = []\n[resources]\n[[path]]\nid = 'a'\ntitle = 'b'\ngain = 'role'\nfix = 'c'\nsource = 'd'\n";
        assert!(reason(&format!("{path}steps = []")).contains("`a` lacks"));
        assert!(reason(&format!("{path}steps = ['iam:PassRole']")).contains("names no service"));
    }
}
