use crate::arn::fields;
use crate::{Answer, PrincipalKind};

/// Who makes a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// An IAM user, by ARN.
    User(Identity),
    /// A role whose session is not named, by the role's ARN.
    Role(Identity),
    /// A session of a role, by the ARN that STS gives it.
    Session(Identity),
    /// A session of GetFederationToken, by the ARN that STS gives it.
    FederatedUser(Identity),
    /// The root user of an account.
    Root(Identity),
    /// An AWS service, such as `lambda.amazonaws.com`.
    Service(Box<str>),
    /// A web identity or SAML provider, as the one who asks for a role's credentials.
    Federated(Box<str>),
    /// An S3 account by its canonical id.
    Canonical(Box<str>),
    /// Nobody: a request without a signature.
    Anonymous,
}

/// A principal with an ARN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// As in `aws:PrincipalArn` for users, for sessions the ARN of the session.
    pub arn: Box<str>,
    /// Twelve digits.
    pub account: Box<str>,
    /// The user's or role's own name, without path.
    pub name: Box<str>,
    /// The session's name.
    pub session: Option<Box<str>>,
}

/// How a principal of a policy takes in the caller, from the closest to the widest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// The caller's account.
    Account,
    /// The role of the caller's session, or the user that a federated session stems from.
    Parent,
    /// The caller itself, or everyone.
    Direct,
}

impl Caller {
    /// Reads a principal: an ARN of a user, role, session or root user, an account id (its root user), a service name, a provider
    /// or a canonical id. `anonymous` and `*` are nobody in particular. A text of no known form is taken as a federated name.
    pub fn parse(text: &str) -> Self {
        if text == "*" || text.eq_ignore_ascii_case("anonymous") {
            return Self::Anonymous;
        }
        let Some([_, _, service, _, account, resource]) = fields(text) else { return Self::named(text) };
        let identity = |name: &str, session: Option<&str>| Identity {
            arn: text.into(),
            account: account.into(),
            name: name.into(),
            session: session.map(Box::from),
        };
        let (kind, rest) = resource.split_once('/').unwrap_or((resource, ""));
        let last = rest.rsplit('/').next().unwrap_or_default();
        match (service, kind) {
            ("iam", "user") => Self::User(identity(last, None)),
            ("iam", "role") => Self::Role(identity(last, None)),
            ("iam" | "sts", "root") => Self::Root(identity("root", None)),
            ("sts", "assumed-role") => {
                let (role, session) = rest.split_once('/').unwrap_or((rest, ""));
                Self::Session(identity(role, Some(session).filter(|session| !session.is_empty())))
            }
            ("sts", "federated-user") => Self::FederatedUser(identity(rest, Some(rest))),
            _ => Self::Federated(text.into()),
        }
    }

    fn named(text: &str) -> Self {
        const SUFFIXES: [&str; 2] = [".amazonaws.com", ".amazonaws.com.cn"];
        const PROVIDERS: [&str; 2] = ["cognito-identity.amazonaws.com", "www.amazon.com"];
        if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            let arn = format!("arn:aws:iam::{text}:root");
            return Self::Root(Identity { arn: arn.into(), account: text.into(), name: "root".into(), session: None });
        }
        if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Self::Canonical(text.into());
        }
        if SUFFIXES.iter().any(|suffix| text.ends_with(suffix)) && !PROVIDERS.contains(&text) {
            return Self::Service(text.into());
        }
        Self::Federated(text.into())
    }

    /// The caller's ARN and account, if it has one.
    pub fn identity(&self) -> Option<&Identity> {
        match self {
            Self::User(identity)
            | Self::Role(identity)
            | Self::Session(identity)
            | Self::FederatedUser(identity)
            | Self::Root(identity) => Some(identity),
            Self::Service(_) | Self::Federated(_) | Self::Canonical(_) | Self::Anonymous => None,
        }
    }

    /// The account whose policies bind the caller.
    pub fn account(&self) -> Option<&str> {
        self.identity().map(|identity| &*identity.account)
    }

    /// True for a role that a service created for itself, and for its sessions, which show no path (IAM user guide, create a
    /// service-linked role).
    pub fn is_service_linked(&self) -> bool {
        match self {
            Self::Role(identity) => identity.arn.contains(":role/aws-service-role/") || identity.name.starts_with("AWSServiceRoleFor"),
            Self::Session(identity) => identity.name.starts_with("AWSServiceRoleFor"),
            _ => false,
        }
    }

    /// True for users and roles: only these can have a permissions boundary.
    pub(crate) fn can_have_boundary(&self) -> bool {
        matches!(self, Self::User(_) | Self::Role(_) | Self::Session(_))
    }

    /// How the principal takes in the caller; `None` if it does not (IAM user guide, JSON policy elements: Principal).
    ///
    /// An ARN names one principal and knows no wildcards; the ARN of a role also its sessions, which do not tell the role's
    /// path; an account id or the account's root ARN everyone in the account. `*` of the kind `AWS` is everyone.
    pub fn reached_by(&self, kind: PrincipalKind, name: &str) -> Option<Reach> {
        let equal = |own: &str| (own == name).then_some(Reach::Direct);
        match (kind, self) {
            (PrincipalKind::Aws, _) if name == "*" => Some(Reach::Direct),
            (PrincipalKind::Aws, caller) => caller.identity().and_then(|identity| self.reached_by_arn(identity, name)),
            (PrincipalKind::Service, Self::Service(own)) if name != "*" => equal(own),
            (PrincipalKind::Service, Self::Service(_))
            | (PrincipalKind::Federated, Self::Federated(_))
            | (PrincipalKind::CanonicalUser, Self::Canonical(_))
                if name == "*" =>
            {
                Some(Reach::Direct)
            }
            (PrincipalKind::Federated, Self::Federated(own) | Self::Service(own))
            | (PrincipalKind::CanonicalUser, Self::Canonical(own) | Self::Federated(own)) => equal(own),
            _ => None,
        }
    }

    fn reached_by_arn(&self, identity: &Identity, name: &str) -> Option<Reach> {
        if name == &*identity.account {
            return Some(Reach::Account);
        }
        if name == &*identity.arn && !matches!(self, Self::Root(_)) {
            return Some(Reach::Direct);
        }
        let [_, _, service, _, account, resource] = fields(name)?;
        if account != &*identity.account {
            return None;
        }
        if resource == "root" {
            return Some(Reach::Account);
        }
        let last = resource.rsplit('/').next()?;
        match self {
            Self::Session(_) if service == "iam" && resource.starts_with("role/") => {
                last.eq_ignore_ascii_case(&identity.name).then_some(Reach::Parent)
            }
            Self::FederatedUser(_) if service == "iam" && resource.starts_with("user/") => {
                (last == &*identity.name).then_some(Reach::Parent)
            }
            _ => None,
        }
    }

    /// Whether NotPrincipal with these names leaves the caller out. An Allow leaves out whom Principal would take in. A Deny also
    /// applies to a listed user unless the account is listed too, and to a listed role's session unless the session and the
    /// account are: AWS checks them one after the other (IAM user guide, JSON policy elements: NotPrincipal).
    pub(crate) fn is_left_out<'n>(&self, denies: bool, names: impl Iterator<Item = (PrincipalKind, &'n str)>) -> Answer {
        let (mut account, mut parent, mut direct) = (false, false, false);
        for (kind, name) in names {
            match self.reached_by(kind, name) {
                Some(Reach::Direct) if name == "*" => return Answer::Yes,
                Some(Reach::Direct) => direct = true,
                Some(Reach::Parent) => parent = true,
                Some(Reach::Account) => account = true,
                None => {}
            }
        }
        let left_out = match self {
            _ if !denies => account || parent || direct,
            Self::User(_) | Self::Role(_) => account && direct,
            Self::Session(_) | Self::FederatedUser(_) => account && parent && direct,
            _ => account || direct,
        };
        left_out.into()
    }

    /// The keys that AWS fills in from who calls (IAM user guide, AWS global condition context keys: properties of the principal).
    /// A session does not tell the path of its role, so its `aws:PrincipalArn` is that of a role without path.
    pub(crate) fn implied(&self) -> Vec<(&'static str, Box<str>)> {
        let mut keys: Vec<(&'static str, Box<str>)> = Vec::with_capacity(5);
        if let Some(identity) = self.identity() {
            keys.push(("aws:principalaccount", identity.account.clone()));
            let arn = match self {
                Self::Session(_) => {
                    let partition = identity.arn.split(':').nth(1).unwrap_or("aws");
                    format!("arn:{partition}:iam::{}:role/{}", identity.account, identity.name).into()
                }
                _ => identity.arn.clone(),
            };
            keys.push(("aws:principalarn", arn));
            keys.push(("aws:principalisawsservice", "false".into()));
        }
        let kind = match self {
            Self::User(identity) => {
                keys.push(("aws:username", identity.name.clone()));
                "User"
            }
            Self::Role(_) | Self::Session(_) => "AssumedRole",
            Self::FederatedUser(_) => "FederatedUser",
            Self::Root(identity) => {
                keys.push(("aws:userid", identity.account.clone()));
                "Account"
            }
            Self::Anonymous => {
                keys.push(("aws:userid", "anonymous".into()));
                "Anonymous"
            }
            Self::Service(name) => {
                keys.push(("aws:principalisawsservice", "true".into()));
                keys.push(("aws:principalservicename", name.clone()));
                return keys;
            }
            Self::Federated(_) | Self::Canonical(_) => return keys,
        };
        keys.push(("aws:principaltype", kind.into()));
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn principals_are_told_apart() {
        for (text, account, service_linked) in [
            ("arn:aws:iam::111122223333:user/a/b/Bob", Some("111122223333"), false),
            ("arn:aws:iam::111122223333:role/aws-service-role/ec2.amazonaws.com/x", Some("111122223333"), true),
            ("arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForSupport/s", Some("111122223333"), true),
            ("111122223333", Some("111122223333"), false),
            ("lambda.amazonaws.com", None, false),
            ("accounts.google.com", None, false),
            ("arn:aws:iam::111122223333:saml-provider/x", None, false),
        ] {
            let caller = Caller::parse(text);
            assert_eq!(caller.account(), account, "{text}");
            assert_eq!(caller.is_service_linked(), service_linked, "{text}");
        }
        assert!(matches!(Caller::parse("arn:aws:iam::111122223333:user/a/b/Bob"), Caller::User(identity) if &*identity.name == "Bob"));
        assert!(matches!(Caller::parse("www.amazon.com"), Caller::Federated(_)));
        assert!(matches!(Caller::parse("*"), Caller::Anonymous));
    }

    #[test]
    fn deny_with_not_principal_asks_for_the_whole_chain() {
        let session = Caller::parse("arn:aws:sts::111122223333:assumed-role/app/s");
        let names = ["arn:aws:sts::111122223333:assumed-role/app/s", "arn:aws:iam::111122223333:role/app", "111122223333"];
        let left_out = |denies: bool, names: &[&str]| session.is_left_out(denies, names.iter().map(|name| (PrincipalKind::Aws, *name)));
        assert_eq!(left_out(true, &names), Answer::Yes);
        assert_eq!(left_out(true, &names[..2]), Answer::No);
        assert_eq!(left_out(true, &names[1..]), Answer::No);
        assert_eq!(left_out(false, &names[1..2]), Answer::Yes);
        assert_eq!(left_out(true, &["*"]), Answer::Yes);
    }
}
