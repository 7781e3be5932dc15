//! What IAM's policy simulator says of an action, and of whom it is asked.

use super::verify::{How, Standing};

/// One line of the answer of `iam:SimulatePrincipalPolicy`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Simulated {
    /// `EvalActionName`.
    pub action: String,
    /// `EvalDecision`: `allowed`, `explicitDeny`, `implicitDeny`.
    pub decision: String,
    /// `MissingContextValues`: keys of conditions that the simulator was not told.
    pub missing_context: Vec<String>,
    /// `OrganizationsDecisionDetail.AllowedByOrganizations`, if the answer has it.
    pub allowed_by_organizations: Option<bool>,
}

impl Simulated {
    /// What this says of the action. A decision that hangs on conditions which the simulator was not told says nothing.
    pub(super) fn standing(&self) -> (Standing, How, String) {
        let how = How::Simulated;
        if !self.missing_context.is_empty() {
            return (
                Standing::Unknown,
                how,
                format!("a policy asks for {}, which the simulator does not know", self.missing_context.join(", ")),
            );
        }
        match (self.decision.as_str(), self.allowed_by_organizations) {
            (_, Some(false)) => (Standing::Denied, how, "a service control policy of the organisation does not allow it".to_owned()),
            ("allowed", _) => (Standing::Allowed, how, String::new()),
            ("explicitDeny", _) => (Standing::Denied, how, "a policy denies it by name; allowing it elsewhere does not help".to_owned()),
            ("implicitDeny", _) => (Standing::Denied, how, "no policy allows it".to_owned()),
            (other, _) => (Standing::Unknown, how, format!("the simulator answered `{}`", partywall_model::plain(other))),
        }
    }
}

/// Whose policies count for a caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// A user: its ARN.
    User(String),
    /// A session of a role: the role's name, and its ARN if it stands in no path.
    Role {
        /// The name, by which `iam:GetRole` finds the whole ARN.
        name: String,
        /// The ARN that a role without a path has.
        arn: String,
    },
}

/// Of whom the simulator can be asked for a caller, by the ARN of `sts:GetCallerIdentity` (IAM user guide, "IAM identifiers"). `None` for
/// the root user and for federated users, whom it does not know.
pub fn principal_of(caller: &str) -> Option<Principal> {
    let mut parts = caller.splitn(6, ':');
    let (Some("arn"), Some(partition), Some(service), Some(_), Some(account), Some(resource)) =
        (parts.next(), parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    let (kind, rest) = resource.split_once('/')?;
    match (service, kind) {
        ("iam", "user") if !rest.is_empty() => Some(Principal::User(caller.to_owned())),
        ("sts", "assumed-role") => {
            // The session's ARN leaves the path of the role out.
            let (name, session) = rest.split_once('/')?;
            let is_whole = !name.is_empty() && !session.is_empty();
            is_whole.then(|| Principal::Role { name: name.to_owned(), arn: format!("arn:{partition}:iam::{account}:role/{name}") })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_leads_to_its_role() {
        let role = |arn: &str| match principal_of(arn) {
            Some(Principal::Role { name, arn }) => Some((name, arn)),
            _ => None,
        };
        assert_eq!(
            role("arn:aws-us-gov:sts::111122223333:assumed-role/partywall-read/session@x"),
            Some(("partywall-read".to_owned(), "arn:aws-us-gov:iam::111122223333:role/partywall-read".to_owned()))
        );
        let user = "arn:aws:iam::111122223333:user/team/ann";
        assert_eq!(principal_of(user), Some(Principal::User(user.to_owned())));
        for nobody in [
            "arn:aws:iam::111122223333:root",
            "arn:aws:sts::111122223333:federated-user/ann",
            "arn:aws:sts::111122223333:assumed-role/only",
            "arn:aws:sts::111122223333:assumed-role//s",
            "",
            "arn",
        ] {
            assert_eq!(principal_of(nobody), None, "{nobody}");
        }
    }

    #[test]
    fn only_a_whole_decision_counts() {
        let of = |decision: &str, missing: &[&str], organization| {
            let missing_context = missing.iter().map(|&key| key.to_owned()).collect();
            let simulated =
                Simulated { action: String::new(), decision: decision.to_owned(), missing_context, allowed_by_organizations: organization };
            simulated.standing().0
        };
        assert_eq!(of("allowed", &[], None), Standing::Allowed);
        assert_eq!(of("allowed", &[], Some(true)), Standing::Allowed);
        assert_eq!(of("allowed", &[], Some(false)), Standing::Denied);
        assert_eq!(of("allowed", &["aws:SourceVpc"], None), Standing::Unknown);
        assert_eq!(of("implicitDeny", &["aws:SourceVpc"], None), Standing::Unknown);
        assert_eq!(of("implicitDeny", &[], None), Standing::Denied);
        assert_eq!(of("explicitDeny", &[], None), Standing::Denied);
        assert_eq!(of("Allowed?", &[], None), Standing::Unknown);
    }
}
