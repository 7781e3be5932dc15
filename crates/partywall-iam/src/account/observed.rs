//! What principals were seen to do.

use serde::Deserialize;

use super::AccountError;
use super::model::Account;
use crate::arn::fields;

/// Lines that are read; a longer list is refused rather than cut.
const MAX_LINES: usize = 20_000_000;

/// One action that a principal was seen to take, as one line of JSON:
/// `{"principal": ARN, "action": "s3:GetObject", "resource": ARN?, "count": n?, "last": time?}`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Observation {
    /// The ARN of a user or role, or of a role's session.
    pub principal: String,
    /// `service:Name`, without wildcards.
    pub action: String,
    /// The resource, if it is known; with wildcards, one of that pattern.
    pub resource: Option<String>,
    /// How often.
    pub count: Option<u64>,
    /// When last, as written.
    pub last: Option<String>,
}

/// Reads observations, one JSON object a line; empty lines are skipped.
///
/// # Errors
/// [`AccountError::Line`] with line and column of what is no observation.
pub fn read_observations(text: &str) -> Result<Vec<Observation>, AccountError> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let place = |column: usize, reason: String| AccountError::Line { line: number.saturating_add(1), column, reason };
        if line.trim().is_empty() {
            continue;
        }
        if number >= MAX_LINES {
            return Err(place(1, format!("more than {MAX_LINES} lines: give one line for each principal, action and resource")));
        }
        let seen: Observation = serde_json::from_str(line).map_err(|error| {
            let words = error.to_string();
            let reason = words.split(" at line ").next().unwrap_or(&words);
            place(error.column(), format!("{reason}: write {{\"principal\": ARN, \"action\": \"service:Name\"}}"))
        })?;
        let named = seen.action.split_once(':').is_some_and(|(service, name)| !service.is_empty() && !name.is_empty());
        if !named || seen.action.contains(['*', '?']) {
            return Err(place(1, format!("action `{}` is not one action: write `service:Name`", seen.action)));
        }
        found.push(seen);
    }
    Ok(found)
}

/// When a principal last used each service (IAM API reference, GetServiceLastAccessedDetails).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LastAccessed {
    /// By service.
    pub services_last_accessed: Vec<ServiceUse>,
    /// `COMPLETED`, if the report was made to its end.
    pub job_status: Option<String>,
    /// More of the list was not asked for.
    #[serde(default)]
    pub is_truncated: bool,
}

/// When a service was last used.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ServiceUse {
    /// The prefix of its actions.
    pub service_namespace: String,
    /// When; `None` if not within the tracking period.
    pub last_authenticated: Option<String>,
    /// Actions of it that AWS tracks.
    #[serde(default)]
    pub tracked_actions_last_accessed: Vec<ActionUse>,
}

/// When an action was last used.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ActionUse {
    /// Its name without the service.
    pub action_name: String,
    /// When; `None` if not within the tracking period.
    pub last_accessed_time: Option<String>,
}

impl LastAccessed {
    /// Reads what `aws iam get-service-last-accessed-details` prints.
    ///
    /// # Errors
    /// [`AccountError::LastAccessed`], of what is no such JSON with line and column; also of a report that is not whole: what it does not
    /// list would read as not used.
    pub fn read(text: &str) -> Result<Self, AccountError> {
        let read: Self = serde_json::from_str(text).map_err(|error| AccountError::LastAccessed(error.to_string()))?;
        match read.job_status.as_deref() {
            None | Some("COMPLETED") if !read.is_truncated => Ok(read),
            None | Some("COMPLETED") => Err(AccountError::LastAccessed("`IsTruncated` says that there is more".to_owned())),
            Some(status) => Err(AccountError::LastAccessed(format!("its `JobStatus` is `{status}`, not `COMPLETED`"))),
        }
    }

    /// What AWS saw used and no observation shows: a service, or an action of one that the observations do show.
    pub fn not_observed(&self, seen: &[&Observation]) -> Vec<String> {
        let is_seen = |name: &str| seen.iter().any(|seen| seen.action.eq_ignore_ascii_case(name));
        let mut found = Vec::new();
        for service in &self.services_last_accessed {
            let Some(when) = &service.last_authenticated else { continue };
            let name = &service.service_namespace;
            let of_service = |seen: &&Observation| seen.action.split(':').next().is_some_and(|of| of.eq_ignore_ascii_case(name));
            if !seen.iter().any(of_service) {
                found.push(format!("`{name}`, last used {when}"));
                continue;
            }
            for action in &service.tracked_actions_last_accessed {
                let full = format!("{name}:{}", action.action_name);
                if let Some(when) = action.last_accessed_time.as_ref().filter(|_| !is_seen(&full)) {
                    found.push(format!("`{full}`, last used {when}"));
                }
            }
        }
        found
    }
}

impl Account {
    /// The observations of a principal; those of a role's sessions are the role's.
    pub fn observations_of<'o>(&self, principal: usize, all: &'o [Observation]) -> Vec<&'o Observation> {
        let Some(of) = self.principals.get(principal) else { return Vec::new() };
        let is_session = |arn: &str| match fields(arn) {
            Some([_, _, "sts", _, account, resource]) => {
                let mut parts = resource.split('/');
                of.kind == super::Kind::Role
                    && account == &*self.id
                    && parts.next() == Some("assumed-role")
                    && parts.next() == Some(&*of.name)
            }
            _ => false,
        };
        all.iter().filter(|seen| seen.principal == *of.arn || is_session(&seen.principal)).collect()
    }
}
