//! Policies within IAM's quotas (IAM user guide, "IAM and AWS STS quotas").

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::{Need, PermissionsError, Purpose};

/// Characters of a managed policy; white space is not counted.
pub const POLICY_SIZE: usize = 6_144;
/// Managed policies that a role takes unless AWS was asked for more.
pub const POLICIES_PER_ROLE: usize = 10;
/// Characters of a role's name.
const ROLE_NAME: usize = 64;
/// Characters that are kept of a policy's name for what is put behind the role's.
const POLICY_SUFFIX: usize = 16;
/// The longest partition in use, to be counted in place of `{partition}`.
const LONGEST_PARTITION: &str = "aws-us-gov";

/// How the role and its policies are called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    role: String,
}

impl Default for Names {
    fn default() -> Self {
        Self { role: "partywall-read".to_owned() }
    }
}

impl Names {
    /// The names that follow from a role's.
    ///
    /// # Errors
    /// IAM takes no such name.
    pub fn of_role(role: &str) -> Result<Self, PermissionsError> {
        let most = ROLE_NAME - POLICY_SUFFIX;
        let is_name =
            (1..=most).contains(&role.len()) && role.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte));
        if is_name {
            return Ok(Self { role: role.to_owned() });
        }
        Err(PermissionsError::Name { name: partywall_model::plain(role).to_string(), most })
    }

    /// The role's name.
    pub fn role(&self) -> &str {
        &self.role
    }
}

/// One policy document and its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// `<role>-1`, `<role>-2` …, `<role>-organization`.
    pub name: String,
    /// Where it is needed.
    pub purpose: Purpose,
    /// One or more per service, in the order of the services' names.
    pub statements: Vec<Statement>,
}

/// What of one service is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The service's prefix in capitals and letters only; a number where the service has several statements.
    pub sid: String,
    /// Exact actions, sorted.
    pub actions: Vec<Arc<str>>,
    /// Where; `{partition}` and `{role}` are to be filled in.
    pub resources: Vec<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Document<'a> {
    version: &'static str,
    statement: Vec<Entry<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Entry<'a> {
    sid: &'a str,
    effect: &'static str,
    action: &'a [Arc<str>],
    resource: Vec<String>,
}

impl Policy {
    /// The document as JSON.
    ///
    /// # Errors
    /// None that a document of texts can have; those of the serialiser.
    pub fn document(&self, partition: &str, names: &Names, pretty: bool) -> Result<String, serde_json::Error> {
        let statement = self.statements.iter().map(|statement| statement.entry(partition, names)).collect();
        let document = Document { version: "2012-10-17", statement };
        if pretty { serde_json::to_string_pretty(&document) } else { serde_json::to_string(&document) }
    }

    /// Characters as IAM counts them, with the longest partition there is.
    pub fn size(&self, names: &Names) -> usize {
        ENVELOPE + self.statements.iter().map(|statement| statement.size(names) + 1).sum::<usize>().saturating_sub(1)
    }
}

/// Characters of a document without statements.
const ENVELOPE: usize = r#"{"Version":"2012-10-17","Statement":[]}"#.len();
/// Characters of a statement beside its texts.
const FRAME: usize = r#"{"Sid":"","Effect":"Allow","Action":[],"Resource":[]}"#.len();

impl Statement {
    fn entry(&self, partition: &str, names: &Names) -> Entry<'_> {
        let resource = self.resources.iter().map(|resource| filled(resource, partition, names)).collect();
        Entry { sid: &self.sid, effect: "Allow", action: &self.actions, resource }
    }

    fn size(&self, names: &Names) -> usize {
        let quoted = |length: usize| length + r#""","#.len();
        let actions: usize = self.actions.iter().map(|action| quoted(action.len())).sum();
        let resources: usize = self.resources.iter().map(|resource| quoted(filled(resource, LONGEST_PARTITION, names).len())).sum();
        FRAME + self.sid.len() + actions.saturating_sub(1) + resources.saturating_sub(1)
    }
}

fn filled(resource: &str, partition: &str, names: &Names) -> String {
    resource.replace("{partition}", partition).replace("{role}", names.role())
}

/// The policies that allow what is needed: as few statements as services, whole services together where they fit, the same split for the
/// same needs.
///
/// # Errors
/// There would be more policies than a role takes.
pub fn policies(needs: &[Need], names: &Names) -> Result<Vec<Policy>, PermissionsError> {
    let mut policies = Vec::new();
    for purpose in [Purpose::Account, Purpose::Organization] {
        let mut groups: BTreeMap<(&str, &[&'static str]), Vec<Arc<str>>> = BTreeMap::new();
        for need in needs.iter().filter(|need| need.purpose == purpose) {
            let service = need.action.split(':').next().unwrap_or_default();
            groups.entry((service, need.resources)).or_default().push(need.action.clone());
        }
        let mut open: Option<Policy> = None;
        let mut count = 0;
        let mut used: BTreeMap<String, usize> = BTreeMap::new();
        for ((service, resources), mut actions) in groups {
            actions.sort();
            for actions in chunks(service, resources, actions, names) {
                let sid = numbered(sid(service), &mut used);
                let statement = Statement { sid, actions, resources: resources.to_vec() };
                match &mut open {
                    Some(policy) if policy.size(names) + 1 + statement.size(names) <= POLICY_SIZE => policy.statements.push(statement),
                    full => {
                        count += 1;
                        let name = match purpose {
                            Purpose::Account => format!("{}-{count}", names.role()),
                            Purpose::Organization if count == 1 => format!("{}-organization", names.role()),
                            Purpose::Organization => format!("{}-organization-{count}", names.role()),
                        };
                        policies.extend(full.replace(Policy { name, purpose, statements: vec![statement] }));
                    }
                }
            }
        }
        policies.extend(open);
    }
    if policies.len() > POLICIES_PER_ROLE {
        return Err(PermissionsError::TooMany { policies: policies.len(), most: POLICIES_PER_ROLE });
    }
    Ok(policies)
}

/// A service's actions in parts each of which fits a policy of its own.
fn chunks(service: &str, resources: &[&'static str], actions: Vec<Arc<str>>, names: &Names) -> Vec<Vec<Arc<str>>> {
    let empty = Statement { sid: sid(service), actions: Vec::new(), resources: resources.to_vec() };
    // Room for the number behind the Sid.
    let frame = ENVELOPE + empty.size(names) + 3;
    let mut parts: Vec<Vec<Arc<str>>> = Vec::new();
    let mut size = POLICY_SIZE;
    for action in actions {
        let length = action.len() + r#""","#.len();
        match parts.last_mut() {
            Some(part) if size + length <= POLICY_SIZE => {
                part.push(action);
                size += length;
            }
            _ => {
                parts.push(vec![action]);
                size = frame + length;
            }
        }
    }
    parts
}

/// `access-analyzer` → `AccessAnalyzer`; IAM takes letters and digits only.
fn sid(service: &str) -> String {
    let parts = service.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    let capital = |part: &str| {
        let mut letters = part.chars();
        letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect::<String>()
    };
    parts.map(capital).collect()
}

fn numbered(sid: String, used: &mut BTreeMap<String, usize>) -> String {
    let count = used.entry(sid.clone()).or_default();
    *count += 1;
    if *count == 1 { sid } else { format!("{sid}Part{count}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permissions::needs::bare;

    #[test]
    fn what_is_counted_is_what_is_written() {
        let names = Names::default();
        let needs = [bare("s3:GetBucketAcl"), bare("s3:GetBucketPolicy"), bare("access-analyzer:ListAnalyzers")];
        let policies = policies(&needs, &names).unwrap();
        assert_eq!(policies.len(), 1);
        let written = policies[0].document(LONGEST_PARTITION, &names, false).unwrap();
        assert_eq!(policies[0].size(&names), written.len());
        assert_eq!(
            written,
            r#"{"Version":"2012-10-17","Statement":[{"Sid":"AccessAnalyzer","Effect":"Allow","Action":["access-analyzer:ListAnalyzers"],"Resource":["*"]},{"Sid":"S3","Effect":"Allow","Action":["s3:GetBucketAcl","s3:GetBucketPolicy"],"Resource":["*"]}]}"#
        );
    }

    #[test]
    fn a_service_that_fills_more_than_a_policy_is_split() {
        let names = Names::default();
        let needs: Vec<Need> = (0..400).map(|number| bare(&format!("ec2:DescribeSomethingOfNumber{number:03}"))).collect();
        let policies = policies(&needs, &names).unwrap();
        assert!(policies.len() > 2);
        let sids: Vec<&str> = policies.iter().flat_map(|policy| &policy.statements).map(|statement| statement.sid.as_str()).collect();
        assert_eq!(&sids[..2], ["Ec2", "Ec2Part2"]);
        assert!(policies.iter().all(|policy| policy.size(&names) <= POLICY_SIZE));
        let actions = policies.iter().flat_map(|policy| &policy.statements).map(|statement| statement.actions.len()).sum::<usize>();
        assert_eq!(actions, 400);
        assert_eq!(policies[1].name, "partywall-read-2");
    }

    #[test]
    fn more_than_a_role_takes_is_an_error() {
        let needs: Vec<Need> = (0..2_000).map(|number| bare(&format!("ec2:DescribeSomethingOfNumber{number:04}"))).collect();
        assert!(matches!(policies(&needs, &Names::default()), Err(PermissionsError::TooMany { most: 10, .. })));
    }

    #[test]
    fn names_are_those_that_iam_takes() {
        assert_eq!(Names::of_role("audit@bank").unwrap().role(), "audit@bank");
        for bad in ["", "a b", "${x}", "a\"b", &"a".repeat(49)] {
            assert!(Names::of_role(bad).is_err(), "{bad}");
        }
    }
}
