use std::collections::BTreeSet;
use std::fmt::Write as _;

use partywall_model::plain;

use crate::permissions::{Barrier, Missing};

/// What was denied: account by account, then what mends it.
pub fn denied(missing: &Missing) -> String {
    let mut out = String::new();
    let mut barriers: BTreeSet<Barrier> = BTreeSet::new();
    for (account, actions) in &missing.accounts {
        let _ = writeln!(out, "account {}", plain(account.as_deref().unwrap_or("not said")));
        for (action, denied) in actions {
            let regions: Vec<&str> = denied.regions.iter().map(String::as_str).collect();
            let places = if regions.is_empty() { String::new() } else { format!(" in {}", plain(&regions.join(", "))) };
            let _ = writeln!(out, "  {action}: {} not seen{places}", denied.count);
            barriers.extend(&denied.barriers);
        }
    }
    for barrier in barriers {
        let denied = |actions: &&_| missing.accounts.values().any(|of| of.get(*actions).is_some_and(|one| one.barriers.contains(&barrier)));
        let actions: BTreeSet<_> = missing.accounts.values().flat_map(|of| of.keys()).filter(denied).map(|action| &**action).collect();
        let _ = writeln!(out, "{}: {}", actions.into_iter().collect::<Vec<_>>().join(", "), barrier.hint());
    }
    if !missing.foreign.is_empty() {
        let foreign = missing.foreign.iter().map(|action| plain(action)).collect::<Vec<_>>().join(", ");
        let _ = writeln!(out, "not among what partywall asks for, so in no policy: {foreign}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permissions::needs::bare;
    use crate::permissions::{Denial, missing};

    #[test]
    fn accounts_come_first_and_what_mends_it_last() {
        let denial = |action: &str, region: Option<&str>, message: &str| Denial {
            action: action.to_owned(),
            account: Some("111122223333".to_owned()),
            region: region.map(str::to_owned),
            message: message.to_owned(),
            count: 3,
        };
        let found = missing(
            &[bare("kms:GetKeyPolicy"), bare("ec2:DescribeVpcs")],
            [
                denial("kms:GetKeyPolicy", Some("eu-west-1"), ""),
                denial("ec2:DescribeVpcs", None, "with an explicit deny in a service control policy"),
                denial("a\u{1b}[2J:b", None, ""),
            ],
        );
        assert_eq!(
            denied(&found),
            format!(
                "account 111122223333\n  ec2:DescribeVpcs: 3 not seen\n  kms:GetKeyPolicy: 3 not seen in eu-west-1\n\
                 kms:GetKeyPolicy: {}\nec2:DescribeVpcs: {}\nnot among what partywall asks for, so in no policy: {}\n",
                Barrier::Policy.hint(),
                Barrier::ServiceControlPolicy.hint(),
                plain("a\u{1b}[2J:b")
            )
        );
        assert!(!denied(&found).contains('\u{1b}'));
    }
}
