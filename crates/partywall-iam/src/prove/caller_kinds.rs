//! Who may call: every principal that the policies name, and for each kind of caller one that they do not.

use super::atom::Variable;
use super::case::{Bounds, Projection};
use super::language::{Class, Glob, Step, TextSet};
use crate::arn::fields;
use crate::eval::{Caller, Rule};
use crate::{Element, Known, PrincipalKind, Principals};

/// A caller, or all callers of one kind that policies tell apart only by what they ask of the caller's ARN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Who {
    Given(Caller),
    Some(Kind),
}

impl Who {
    /// The caller, or one of them.
    pub(super) fn example(&self) -> Caller {
        match self {
            Self::Given(caller) => caller.clone(),
            Self::Some(kind) => kind.example(),
        }
    }
}

/// Principals of an account, of any or of a given one, but those that are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) form: Form,
    /// `None`: any account but `not_accounts`.
    pub(super) account: Option<Box<str>>,
    pub(super) not_accounts: Vec<Box<str>>,
    pub(super) not_arns: Vec<Box<str>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    User,
    Role,
    Root,
    FederatedUser,
}

/// What the Principal elements of all policies name.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Account ids.
    pub(super) accounts: Vec<Box<str>>,
    pub(super) arns: Vec<Box<str>>,
    pub(super) others: Vec<Caller>,
}

/// Names that no policy uses.
const UNNAMED: &str = "unnamed";
pub(super) const OTHER_SERVICE: &str = "unnamed.amazonaws.com";
pub(super) const OTHER_PROVIDER: &str = "unnamed.example.com";

impl Names {
    pub(super) fn of<'p>(rules: impl Iterator<Item = &'p Rule>) -> Self {
        let mut names = Self::default();
        for rule in rules {
            if let Element::Only(Known::Is(Principals::Named(named))) | Element::Except(Known::Is(Principals::Named(named))) =
                &rule.principal
            {
                for principal in &named.known {
                    names.add(principal.kind, &principal.name);
                }
            }
        }
        names
    }

    fn add(&mut self, kind: PrincipalKind, name: &str) {
        if name == "*" {
            return;
        }
        match kind {
            PrincipalKind::Aws => {
                let caller = Caller::parse(name);
                let Some(identity) = caller.identity() else { return };
                if is_account(&identity.account) {
                    include(&mut self.accounts, identity.account.clone());
                }
                match &caller {
                    Caller::Root(_) => {}
                    // A session of GetFederationToken is taken in with the user that asked for it.
                    Caller::User(user) => {
                        let session = format!("arn:aws:sts::{}:federated-user/{}", user.account, user.name);
                        include(&mut self.arns, name.into());
                        include(&mut self.arns, session.into());
                    }
                    _ => include(&mut self.arns, name.into()),
                }
            }
            PrincipalKind::Service => include(&mut self.others, Caller::Service(name.into())),
            PrincipalKind::Federated => include(&mut self.others, Caller::Federated(name.into())),
            PrincipalKind::CanonicalUser => include(&mut self.others, Caller::Canonical(name.into())),
        }
    }
}

fn include<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

pub(super) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// An account id that is none of these.
pub(super) fn other_account(taken: &[Box<str>]) -> Box<str> {
    let ids = (0..=taken.len()).map(|less| Box::from(format!("{:012}", 999_999_999_999_u64.saturating_sub(less as u64))));
    ids.into_iter().find(|id| !taken.contains(id)).unwrap_or_default()
}

impl Kind {
    /// One of them.
    pub(super) fn example(&self) -> Caller {
        let account = self.account.clone().unwrap_or_else(|| other_account(&self.not_accounts));
        let free = |name: &String| !self.not_arns.iter().any(|arn| **arn == *name);
        let number = (0..=self.not_arns.len()).map(|number| match (number, self.form) {
            (0, form) => format!("{}{}", form.prefix(&account), form.name(UNNAMED)),
            (number, form) => format!("{}{}", form.prefix(&account), form.name(&format!("{UNNAMED}-{number}"))),
        });
        Caller::parse(&number.into_iter().find(free).unwrap_or_default())
    }

    /// What their own ARN can be.
    pub(super) fn arns(&self) -> Bounds {
        let account =
            self.account.as_ref().map_or_else(|| vec![Step::One(Class::Digit); 12], |account| account.chars().map(Step::Char).collect());
        let start = self.form.service().then(account);
        let name = [Step::One(Class::InName), Step::Star(Class::InName)];
        let ending = |text: &str| start.clone().then_text(text);
        let any_of = match self.form {
            Form::Root => vec![ending(":root")],
            Form::FederatedUser => vec![ending(":federated-user/").then(name)],
            Form::User | Form::Role => {
                let of = if self.form == Form::User { ":user/" } else { ":role/" };
                let path = [Step::One(Class::InName), Step::Star(Class::InField), Step::Char('/')];
                vec![ending(of).then(name), ending(of).then(path).then(name)]
            }
        };
        let mut bounds = vec![(TextSet::of(any_of), true)];
        if !self.not_accounts.is_empty() {
            let of_account = |account: &str| self.form.service().then_text(account).then([Step::Char(':'), Step::Star(Class::Any)]);
            bounds.push((TextSet::of(self.not_accounts.iter().map(|account| of_account(account)).collect()), false));
        }
        let own: Vec<Glob> = self.not_arns.iter().filter(|arn| self.may_be(arn)).map(|arn| Glob::literal(arn)).collect();
        if !own.is_empty() {
            bounds.push((TextSet::of(own), false));
        }
        bounds
    }

    fn may_be(&self, arn: &str) -> bool {
        let kind = fields(arn).and_then(|[_, _, _, _, _, resource]| resource.split('/').next());
        let own = match self.form {
            Form::User => "user",
            Form::Role => "role",
            Form::Root => "root",
            Form::FederatedUser => "federated-user",
        };
        kind == Some(own)
    }

    /// The keys that follow from the ARN.
    pub(super) fn projections(&self) -> Vec<(&'static str, Projection)> {
        let whole = Projection { variable: Variable::Principal, before: vec![Vec::new()], class: Class::Any, after: Vec::new() };
        let mut keys = vec![("aws:principalarn", whole), ("aws:principalaccount", self.account_projection())];
        match self.form {
            Form::User => {
                let start = self.form.service().then([Step::Star(Class::InField)]).then_text(":user/");
                let path = start.clone().then([Step::Star(Class::InField), Step::Char('/')]);
                let before = vec![start.steps, path.steps];
                keys.push(("aws:username", Projection { variable: Variable::Principal, before, class: Class::InName, after: Vec::new() }));
            }
            Form::Root => keys.push(("aws:userid", self.account_projection())),
            Form::Role | Form::FederatedUser => {}
        }
        keys
    }

    /// Where the account stands in the caller's ARN.
    pub(super) fn account_projection(&self) -> Projection {
        Projection {
            variable: Variable::Principal,
            before: vec![self.form.service().steps],
            class: Class::InField,
            after: vec![Step::Char(':'), Step::Star(Class::Any)],
        }
    }
}

impl Form {
    pub(super) const ALL: [Self; 4] = [Self::User, Self::Role, Self::Root, Self::FederatedUser];

    /// `arn`, any partition, service and Region: all that comes before the account.
    fn service(self) -> Glob {
        let service = if self == Self::FederatedUser { ":sts::" } else { ":iam::" };
        Glob::literal("arn:aws").then([Step::Star(Class::InField)]).then_text(service)
    }

    fn prefix(self, account: &str) -> String {
        match self {
            Self::FederatedUser => format!("arn:aws:sts::{account}:"),
            Self::User | Self::Role | Self::Root => format!("arn:aws:iam::{account}:"),
        }
    }

    fn name(self, name: &str) -> String {
        match self {
            Self::User => format!("user/{name}"),
            Self::Role => format!("role/{name}"),
            Self::Root => "root".to_owned(),
            Self::FederatedUser => format!("federated-user/{name}"),
        }
    }
}
