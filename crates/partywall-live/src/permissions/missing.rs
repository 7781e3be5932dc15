//! What was denied in a run, and whether a policy for the role can mend it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Need;

/// A denied action of a results file or snapshot. Everything in it comes from outside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Denial {
    /// Such as `kms:GetKeyRotationStatus`.
    pub action: String,
    /// Where known.
    pub account: Option<String>,
    /// Where known.
    pub region: Option<String>,
    /// AWS's words, if they were kept.
    pub message: String,
    /// How many facts were not seen for it.
    pub count: u64,
}

/// What stands between a role and an action, by AWS's own words (IAM user guide, "Troubleshoot access denied error messages").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Barrier {
    /// The role's policies do not allow it, or AWS did not say: the policy that is printed may mend it.
    Policy,
    /// A policy of the role denies it by name.
    ExplicitDeny,
    /// A service control policy of the organisation.
    ServiceControlPolicy,
    /// A resource control policy of the organisation.
    ResourceControlPolicy,
    /// The role's permissions boundary.
    Boundary,
    /// The policy that the session was begun with.
    SessionPolicy,
    /// The policy of a VPC endpoint.
    EndpointPolicy,
    /// The policy of the resource itself, such as a key's.
    ResourcePolicy,
}

/// AWS's words, the more special ones first.
const WORDS: [(&str, Barrier); 8] = [
    ("service control policy", Barrier::ServiceControlPolicy),
    ("resource control policy", Barrier::ResourceControlPolicy),
    ("permissions boundary", Barrier::Boundary),
    ("session policy", Barrier::SessionPolicy),
    ("endpoint policy", Barrier::EndpointPolicy),
    ("explicit deny in an identity-based policy", Barrier::ExplicitDeny),
    ("explicit deny in a resource-based policy", Barrier::ResourcePolicy),
    ("no resource-based policy allows", Barrier::ResourcePolicy),
];

impl Barrier {
    fn of(message: &str) -> Self {
        let message = message.to_ascii_lowercase();
        WORDS.iter().find(|(words, _)| message.contains(words)).map_or(Self::Policy, |(_, barrier)| *barrier)
    }

    /// Where to mend it, as one clause.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Policy => "attach the policy; if it stays denied, a service control policy or a permissions boundary stands above it",
            Self::ExplicitDeny => "a policy of the role denies it by name; allowing it does not help, the denial has to go",
            Self::ServiceControlPolicy => {
                "a service control policy of the organisation stands above the role; its owner has to except the role"
            }
            Self::ResourceControlPolicy => {
                "a resource control policy of the organisation stands above it; its owner has to except the role"
            }
            Self::Boundary => "the permissions boundary of the role has to allow it too",
            Self::SessionPolicy => "the session was begun with a policy that leaves it out; begin it without one",
            Self::EndpointPolicy => "the policy of the VPC endpoint leaves it out; change it, or read from elsewhere",
            Self::ResourcePolicy => "the policy of the resource itself has to let the role in",
        }
    }
}

/// One denied action in one account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Denied {
    /// Regions, where known.
    pub regions: BTreeSet<String>,
    /// How many facts were not seen for it.
    pub count: u64,
    /// What stood in the way.
    pub barriers: BTreeSet<Barrier>,
}

/// What was denied.
#[derive(Debug, Clone, Default)]
pub struct Missing {
    /// The needs that a policy of the role can mend, for [`super::policies`].
    pub needs: Vec<Need>,
    /// Account → action → where and why. No account: the source does not say.
    pub accounts: BTreeMap<Option<String>, BTreeMap<Arc<str>, Denied>>,
    /// Actions that the catalogue never asks for. They are put into no policy: who writes a results file would choose what is granted.
    pub foreign: BTreeSet<String>,
}

/// Of all `needs`, those that were denied.
pub fn missing(needs: &[Need], denials: impl IntoIterator<Item = Denial>) -> Missing {
    let known: BTreeMap<String, &Need> = needs.iter().map(|need| (need.action.to_ascii_lowercase(), need)).collect();
    let mut found = Missing::default();
    let mut mendable: BTreeSet<Arc<str>> = BTreeSet::new();
    for denial in denials {
        let Some(need) = known.get(&denial.action.to_ascii_lowercase()) else {
            found.foreign.insert(denial.action);
            continue;
        };
        let barrier = Barrier::of(&denial.message);
        if barrier == Barrier::Policy {
            mendable.insert(need.action.clone());
        }
        let denied = found.accounts.entry(denial.account).or_default().entry(need.action.clone()).or_default();
        denied.regions.extend(denial.region);
        denied.count += denial.count;
        denied.barriers.insert(barrier);
    }
    found.needs = needs.iter().filter(|need| mendable.contains(&need.action)).cloned().collect();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permissions::needs::bare;

    fn denial(action: &str, account: &str, region: &str, message: &str) -> Denial {
        Denial {
            action: action.to_owned(),
            account: Some(account.to_owned()),
            region: Some(region.to_owned()),
            message: message.to_owned(),
            count: 2,
        }
    }

    #[test]
    fn only_what_a_policy_can_mend_is_printed() {
        let needs = ["kms:GetKeyPolicy", "s3:GetBucketAcl", "ec2:DescribeVpcs"].map(bare);
        let scp = "not authorized to perform: ec2:DescribeVpcs with an explicit deny in a service control policy";
        let found = missing(
            &needs,
            [
                denial("kms:GetKeyPolicy", "111122223333", "eu-west-1", "because no identity-based policy allows the action"),
                denial("KMS:getkeypolicy", "111122223333", "eu-west-2", ""),
                denial("ec2:DescribeVpcs", "444455556666", "eu-west-1", scp),
                denial("iam:PassRole", "111122223333", "eu-west-1", ""),
                denial("*", "111122223333", "eu-west-1", ""),
            ],
        );
        let actions: Vec<&str> = found.needs.iter().map(|need| &*need.action).collect();
        assert_eq!(actions, ["kms:GetKeyPolicy"]);
        let one = &found.accounts[&Some("111122223333".to_owned())];
        assert_eq!(one.len(), 1);
        assert_eq!(one["kms:GetKeyPolicy"].count, 4);
        assert_eq!(one["kms:GetKeyPolicy"].regions.len(), 2);
        let other = &found.accounts[&Some("444455556666".to_owned())]["ec2:DescribeVpcs"];
        assert_eq!(other.barriers, [Barrier::ServiceControlPolicy].into());
        assert_eq!(found.foreign, ["*", "iam:PassRole"].map(str::to_owned).into(), "the file does not choose what is granted");
    }

    #[test]
    fn aws_says_what_stands_in_the_way() {
        for (message, want) in [
            ("because no service control policy allows the kms:X action", Barrier::ServiceControlPolicy),
            ("with an explicit deny in a resource control policy", Barrier::ResourceControlPolicy),
            ("because no permissions boundary allows the kms:X action", Barrier::Boundary),
            ("because no session policy allows the kms:X action", Barrier::SessionPolicy),
            ("because no VPC endpoint policy allows the kms:X action", Barrier::EndpointPolicy),
            ("with an explicit deny in an identity-based policy", Barrier::ExplicitDeny),
            ("because no resource-based policy allows the kms:X action", Barrier::ResourcePolicy),
            ("because no identity-based policy allows the kms:X action", Barrier::Policy),
            ("Access Denied", Barrier::Policy),
        ] {
            assert_eq!(Barrier::of(message), want, "{message}");
            assert!(!want.hint().is_empty());
        }
    }
}
