use std::sync::Arc;

use partywall_model::Cause;

use crate::json::Position;
use crate::{Answer, Condition, Items, Known};

/// A policy document. Parts that are unknown, or not what AWS accepts, are unknown one by one; the others stay usable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The Version element.
    pub version: Option<Known<Box<str>>>,
    /// The Id element.
    pub id: Option<Known<Box<str>>>,
    /// The statements, also if the document holds a single one outside of a list.
    pub statements: Items<Statement>,
}

/// One statement of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Where it begins, if the document was read from text.
    pub at: Option<Position>,
    /// The Sid element.
    pub sid: Option<Known<Box<str>>>,
    /// Allow or Deny.
    pub effect: Known<Effect>,
    /// Principal or NotPrincipal; absent in identity policies.
    pub principal: Element<Principals>,
    /// Action or NotAction; an unknown Action if the statement has neither.
    pub action: Element<Patterns>,
    /// Resource or NotResource; absent in role trust policies.
    pub resource: Element<Patterns>,
    /// The comparisons, all of which must hold.
    pub conditions: Items<Condition>,
}

/// What a statement does to the requests it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Permits them, unless another statement denies.
    Allow,
    /// Forbids them.
    Deny,
}

/// Patterns of actions or resources, as written.
pub type Patterns = Items<Box<str>>;

/// An element that has a negated twin, such as Action and NotAction. Both at once make the statement unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Element<T> {
    /// Neither is written.
    Absent,
    /// The plain element. If its content is unknown, it may also be absent.
    Only(Known<T>),
    /// The element with `Not`: everything but its content. If that is unknown, it may also be absent.
    Except(Known<T>),
}

/// Who a statement is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principals {
    /// `"Principal": "*"`.
    Everyone,
    /// Principals by kind.
    Named(Items<Principal>),
}

/// One principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The member of the Principal element that names it.
    pub kind: PrincipalKind,
    /// ARN, account id, service name, provider or `*`, as written.
    pub name: Box<str>,
}

/// The kinds of principals of IAM (user guide, JSON policy elements: Principal).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrincipalKind {
    /// Accounts, users, roles and their sessions.
    Aws,
    /// AWS services.
    Service,
    /// SAML and web identity providers.
    Federated,
    /// S3 accounts by their canonical id.
    CanonicalUser,
}

impl Document {
    /// What of it AWS would refuse or what could not be read, in document order; each names its place if the document was read
    /// from text. Empty for a document that is known as a whole.
    pub fn flaws(&self) -> Vec<&Arc<Cause>> {
        let mut flaws = Vec::new();
        flaws.extend([&self.version, &self.id].into_iter().flatten().filter_map(Known::cause));
        for statement in &self.statements.known {
            flaws.extend(statement.flaws());
        }
        flaws.extend(&self.statements.missing);
        flaws
    }
}

impl<T> Element<T> {
    /// The content, with or without `Not`.
    pub(crate) fn content(&self) -> Option<&Known<T>> {
        match self {
            Self::Absent => None,
            Self::Only(content) | Self::Except(content) => Some(content),
        }
    }

    /// Whether the element with `Not` is written.
    pub fn is_negated(&self) -> Answer {
        match self {
            Self::Absent | Self::Only(_) => Answer::No,
            Self::Except(content) => content.judge(|_| Answer::Yes),
        }
    }
}

impl Element<Patterns> {
    /// Whether the plain element lists a pattern with the property. The element with `Not` lists none.
    pub(crate) fn lists(&self, question: impl Fn(&str) -> bool) -> Answer {
        match self {
            Self::Absent => Answer::No,
            Self::Only(patterns) => patterns.judge(|patterns| patterns.any(|pattern| question(pattern).into())),
            Self::Except(patterns) => patterns.judge(|_| Answer::No),
        }
    }

    /// Whether the element takes in what the property describes: a plain pattern has it, or no excepted one does.
    pub(crate) fn takes_in(&self, question: impl Fn(&str) -> bool) -> Answer {
        match self {
            Self::Except(patterns) => patterns.judge(|patterns| patterns.any(|pattern| question(pattern).into()).negate()),
            plain => plain.lists(question),
        }
    }
}

impl Element<Principals> {
    /// Whether it takes in a principal with the property. `Principal: "*"` does, and so does NotPrincipal: it leaves out a few.
    pub(crate) fn takes_in_principal(&self, question: impl Fn(&Principal) -> Answer) -> Answer {
        match self {
            Self::Absent => Answer::No,
            Self::Except(principals) => principals.judge(|_| Answer::Yes),
            Self::Only(principals) => principals.judge(|principals| match principals {
                Principals::Everyone => Answer::Yes,
                Principals::Named(named) => named.any(question),
            }),
        }
    }
}

impl Statement {
    fn flaws(&self) -> Vec<&Arc<Cause>> {
        let mut flaws = Vec::new();
        flaws.extend(self.sid.as_ref().and_then(Known::cause));
        flaws.extend(self.effect.cause());
        match self.principal.content() {
            Some(Known::Unknown(cause)) => flaws.push(cause),
            Some(Known::Is(Principals::Named(named))) => flaws.extend(&named.missing),
            Some(Known::Is(Principals::Everyone)) | None => {}
        }
        for patterns in [&self.action, &self.resource] {
            match patterns.content() {
                Some(Known::Unknown(cause)) => flaws.push(cause),
                Some(Known::Is(patterns)) => flaws.extend(&patterns.missing),
                None => {}
            }
        }
        for condition in &self.conditions.known {
            match &condition.values {
                Known::Unknown(cause) => flaws.push(cause),
                Known::Is(values) => flaws.extend(&values.missing),
            }
        }
        flaws.extend(&self.conditions.missing);
        flaws
    }

    /// Whether the effect is Allow.
    pub fn allows(&self) -> Answer {
        self.effect.judge(|effect| (*effect == Effect::Allow).into())
    }

    /// Whether at least one comparison is written in the Condition element.
    pub fn has_condition(&self) -> Answer {
        self.conditions.any(|_| Answer::Yes)
    }
}
