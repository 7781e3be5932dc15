use partywall_model::Value;

use super::Rule;
use super::report::{At, Report};
use super::statement::{items, member};

/// Where a policy is attached: decides which elements it needs and how long it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyKind {
    /// Attached to users, groups or roles.
    Identity,
    /// A permissions boundary.
    Boundary,
    /// Passed when a session begins.
    Session,
    /// On a resource.
    Resource,
    /// On a role: who may assume it.
    Trust,
    /// A service control policy of AWS Organizations.
    Scp,
    /// A resource control policy of AWS Organizations.
    Rcp,
    /// On a VPC endpoint.
    Endpoint,
}

/// No policy of AWS is longer; what is, is not examined.
const MAX_EXAMINED: usize = 65_536;

impl PolicyKind {
    /// All kinds, in the order of the enumeration.
    pub const ALL: [Self; 8] =
        [Self::Identity, Self::Boundary, Self::Session, Self::Resource, Self::Trust, Self::Scp, Self::Rcp, Self::Endpoint];

    /// The word that options and files have for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Boundary => "boundary",
            Self::Session => "session",
            Self::Resource => "resource",
            Self::Trust => "trust",
            Self::Scp => "scp",
            Self::Rcp => "rcp",
            Self::Endpoint => "endpoint",
        }
    }

    /// What it is, for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Identity => "Users, groups or roles",
            Self::Boundary => "A permissions boundary",
            Self::Session => "Passed when a session begins",
            Self::Resource => "A resource",
            Self::Trust => "Who may assume a role",
            Self::Scp => "Service control policy",
            Self::Rcp => "Resource control policy",
            Self::Endpoint => "VPC endpoint",
        }
    }

    /// The kind that a document looks like: without principals an identity policy; with principals and without resources, if
    /// all actions are of STS, a trust policy; else a policy on a resource.
    pub fn guess(document: &Value) -> Self {
        let statements = items(member(document, "Statement").unwrap_or(&Value::Null));
        let has = |name: &str| statements.iter().any(|(_, statement)| member(statement, name).is_some());
        if !has("Principal") && !has("NotPrincipal") {
            return Self::Identity;
        }
        let actions: Vec<&Value> = statements.iter().filter_map(|(_, statement)| member(statement, "Action")).collect();
        let of_sts = |action: &Value| {
            let all = items(action);
            !all.is_empty() && all.iter().all(|(_, text)| text.as_str().is_some_and(|text| text.to_ascii_lowercase().starts_with("sts:")))
        };
        let trust = !has("Resource") && !has("NotResource") && !actions.is_empty() && actions.iter().all(|action| of_sts(action));
        if trust { Self::Trust } else { Self::Resource }
    }

    /// Whether its statements name principals.
    pub(super) fn has_principal(self) -> bool {
        matches!(self, Self::Resource | Self::Trust | Self::Rcp | Self::Endpoint)
    }

    /// Whether it gives permissions, rather than only bounding those that others give.
    pub(super) fn gives(self) -> bool {
        matches!(self, Self::Identity | Self::Resource | Self::Trust)
    }

    /// Most characters that AWS takes, with the words that name the quota. White space does not count for IAM.
    fn quota(self) -> (usize, &'static str) {
        match self {
            Self::Identity => (10_240, "the largest inline policy; a managed one has 6,144 at most"),
            Self::Boundary => (6_144, "a managed policy"),
            Self::Session => (2_048, "a session policy"),
            Self::Trust => (8_192, "the largest trust policy; 2,048 unless the quota was raised"),
            Self::Scp => (10_240, "a service control policy"),
            Self::Rcp => (5_120, "a resource control policy"),
            Self::Endpoint => (20_480, "an endpoint policy"),
            // Each service has its own; KMS takes the longest.
            Self::Resource => (40_000, "the longest policy on a resource, the delegation policy of AWS Organizations"),
        }
    }
}

/// Reports a document that is too long; false if it is so long that nothing else is to be looked at.
pub(super) fn check(document: &Value, kind: PolicyKind, report: &mut Report) -> bool {
    let length = length(document);
    let (limit, what) = kind.quota();
    if length > limit {
        report.add(
            Rule::TooLarge,
            At::ROOT,
            format!("policy has {length} characters without white space, more than the {limit} of {what}"),
        );
    }
    if length > MAX_EXAMINED {
        report.add(Rule::TooLarge, At::ROOT, format!("policy has {length} characters: beyond {MAX_EXAMINED} it is not examined"));
    }
    length <= MAX_EXAMINED
}

/// Characters of the document as JSON without white space between its parts; escapes count as what they stand for.
fn length(value: &Value) -> usize {
    match value {
        Value::Null => 4,
        Value::Bool(value) => {
            if *value {
                4
            } else {
                5
            }
        }
        Value::Int(number) => number.to_string().len(),
        Value::Float(number) => number.to_string().len(),
        Value::Str(text) => text.chars().filter(|character| !character.is_whitespace()).count() + 2,
        Value::List(items) => 2 + items.iter().map(length).sum::<usize>() + items.len().saturating_sub(1),
        Value::Map(members) => {
            let each = |(name, value): &(partywall_model::Key, Value)| name.chars().count() + 3 + length(value);
            2 + members.iter().map(each).sum::<usize>() + members.len().saturating_sub(1)
        }
        Value::Unknown(_) => 0,
    }
}
