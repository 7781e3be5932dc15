//! What AWS's Service Authorization Reference says of actions, resource types and condition keys, as data of a known day.
//!
//! [`reference()`] is the table that is built in (`catalog/reference/iam-data.zst`, made by `cargo xtask iam-data`);
//! [`Reference::from_bytes`] reads another one, and [`use_reference`] puts it in that one's place. What a table does not list is not known to it: newer than its date, or wrong.

mod action;
mod decode;
mod expand;
mod lists;
mod managed_policies;
mod resource;

use std::ops::Range;
use std::sync::OnceLock;

use crate::matches_ignore_case;

pub use decode::ReferenceError;
pub use lists::{ActionList, Gain, GainList, Lists, ServiceList};
pub use managed_policies::{ManagedPolicies, managed_policies};
pub use resource::Fit;
pub(crate) use resource::ResourcePattern;

static BUILT_IN: &[u8] = include_bytes!("../../../../catalog/reference/iam-data.zst");

static IN_USE: OnceLock<Result<Reference, ReferenceError>> = OnceLock::new();

/// The table in use: the one that [`use_reference`] named, or else the built-in one, decoded at the first call.
///
/// # Errors
/// [`ReferenceError`], which for the built-in file a test excludes.
pub fn reference() -> Result<&'static Reference, &'static ReferenceError> {
    IN_USE.get_or_init(|| Reference::from_bytes(BUILT_IN)).as_ref()
}

/// The day of the built-in table, from its first line alone: to unpack all of it takes as long as a program may take to start.
pub fn built_in_date() -> Option<String> {
    decode::date_of(BUILT_IN)
}

/// Puts a table in the place of the built-in one, for everything that this process asks from now on.
///
/// # Errors
/// [`ReferenceError::InUse`] if something was asked already: answers would rest on two tables.
pub fn use_reference(table: Reference) -> Result<(), ReferenceError> {
    IN_USE.set(Ok(table)).map_err(|_| ReferenceError::InUse)
}

/// A table of services, their actions and resource types, and of condition keys.
#[derive(Debug)]
pub struct Reference {
    /// The decoded file; rows point into it.
    text: Box<str>,
    version: Span,
    date: Span,
    keys: Vec<KeyRow>,
    /// Numbers of the keys that are patterns.
    patterns: Vec<u16>,
    /// Condition keys of each set, sorted.
    sets: Vec<Box<[u16]>>,
    services: Vec<ServiceRow>,
    types: Vec<TypeRow>,
    actions: Vec<ActionRow>,
    links: Vec<LinkRow>,
    /// What the table itself does not say.
    lists: &'static Lists,
}

/// A place in the text.
#[derive(Debug, Clone, Copy)]
struct Span {
    start: u32,
    end: u32,
}

#[derive(Debug)]
struct KeyRow {
    name: Span,
    kind: KeyType,
    multi_valued: bool,
    global: bool,
}

#[derive(Debug)]
struct ServiceRow {
    prefix: Span,
    title: Span,
    rcp: bool,
    types: Range<u32>,
    actions: Range<u32>,
}

#[derive(Debug)]
struct TypeRow {
    name: Span,
    arn: Span,
    set: u16,
}

#[derive(Debug)]
struct ActionRow {
    number: u32,
    name: Span,
    service: u16,
    level: AccessLevel,
    set: u16,
    links: Range<u32>,
    dependent: Span,
}

#[derive(Debug)]
struct LinkRow {
    kind: u32,
    required: bool,
    set: u16,
}

/// What an action does to what it acts on (Service Authorization Reference, access levels in policy summaries).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AccessLevel {
    /// Lists resources, without their content.
    List,
    /// Reads content or attributes.
    Read,
    /// Creates, changes or deletes.
    Write,
    /// Changes tags only.
    Tagging,
    /// Grants or changes permissions.
    PermissionsManagement,
}

impl AccessLevel {
    /// As AWS calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::List => "List",
            Self::Read => "Read",
            Self::Write => "Write",
            Self::Tagging => "Tagging",
            Self::PermissionsManagement => "Permissions management",
        }
    }
}

/// The type of a condition key's values, as the Service Authorization Reference gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyType {
    /// Text.
    String,
    /// An ARN.
    Arn,
    /// `true` or `false`.
    Bool,
    /// A number.
    Numeric,
    /// A time, as ISO 8601 or in seconds since 1970.
    Date,
    /// An address or a network.
    IpAddress,
    /// Bytes, as base64.
    Binary,
}

/// A service: what stands before the colon of an action.
#[derive(Debug, Clone, Copy)]
pub struct Service<'r> {
    reference: &'r Reference,
    row: &'r ServiceRow,
}

/// An action.
#[derive(Debug, Clone, Copy)]
pub struct Action<'r> {
    reference: &'r Reference,
    row: &'r ActionRow,
}

/// A resource type of an action.
#[derive(Debug, Clone, Copy)]
pub struct ResourceType<'r> {
    reference: &'r Reference,
    row: &'r TypeRow,
    link: &'r LinkRow,
}

/// A condition key, or a family of keys such as `aws:RequestTag/*`.
#[derive(Debug, Clone, Copy)]
pub struct ConditionKey<'r> {
    reference: &'r Reference,
    row: &'r KeyRow,
}

impl Reference {
    /// What is known besides of services and actions.
    pub fn lists(&self) -> &'static Lists {
        self.lists
    }

    /// The version of the package that the table was made from.
    pub fn version(&self) -> &str {
        self.get(self.version)
    }

    /// The day of the data, `YYYY-MM-DD`.
    pub fn date(&self) -> &str {
        self.get(self.date)
    }

    /// All services, by prefix.
    pub fn services(&self) -> impl Iterator<Item = Service<'_>> {
        self.services.iter().map(|row| Service { reference: self, row })
    }

    /// The service of that prefix, in either case.
    pub fn service(&self, prefix: &str) -> Option<Service<'_>> {
        let position = self.services.binary_search_by(|row| compare(self.get(row.prefix), prefix)).ok()?;
        self.services.get(position).map(|row| Service { reference: self, row })
    }

    /// The action of that name, `service:Action` in either case; `None` for patterns and for what the table does not list.
    pub fn action(&self, name: &str) -> Option<Action<'_>> {
        let (prefix, name) = name.split_once(':')?;
        self.service(prefix)?.action(name)
    }

    /// The condition key of that name in either case; for `aws:RequestTag/team` the family `aws:RequestTag/*`.
    pub fn condition_key(&self, name: &str) -> Option<ConditionKey<'_>> {
        self.key(&self.key_numbers(name))
    }

    /// Numbers of the keys that a name can mean, for [`Action::supports_any`]: the key itself, then families.
    pub(crate) fn key_numbers(&self, name: &str) -> Vec<u16> {
        let own = self.keys.binary_search_by(|row| compare(self.get(row.name), name)).ok().and_then(|number| u16::try_from(number).ok());
        let family = |number: &&u16| {
            let Some(row) = self.keys.get(usize::from(**number)) else { return false };
            let pattern = self.get(row.name);
            // The star stands for at least one character.
            pattern.len() <= name.len() && Some(**number) != own && matches_ignore_case(pattern, name)
        };
        own.into_iter().chain(self.patterns.iter().filter(family).copied()).collect()
    }

    /// The first of the keys with those numbers.
    pub(crate) fn key(&self, numbers: &[u16]) -> Option<ConditionKey<'_>> {
        self.keys.get(usize::from(*numbers.first()?)).map(|row| ConditionKey { reference: self, row })
    }

    fn get(&self, span: Span) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    fn keys_of(&self, set: u16) -> &[u16] {
        self.sets.get(usize::from(set)).map(|set| &**set).unwrap_or_default()
    }
}

impl<'r> Service<'r> {
    /// What stands before the colon: `s3`.
    pub fn prefix(self) -> &'r str {
        self.reference.get(self.row.prefix)
    }

    /// The name for people.
    pub fn title(self) -> &'r str {
        self.reference.get(self.row.title)
    }

    /// Whether resource control policies apply to it (AWS Organizations, services that support RCPs).
    pub fn supports_rcp(self) -> bool {
        self.row.rcp
    }

    /// Its actions, by name.
    pub fn actions(self) -> impl Iterator<Item = Action<'r>> {
        let reference = self.reference;
        slice(&reference.actions, &self.row.actions).iter().map(move |row| Action { reference, row })
    }

    /// The action of that name, without the prefix, in either case.
    pub fn action(self, name: &str) -> Option<Action<'r>> {
        let rows = slice(&self.reference.actions, &self.row.actions);
        let position = rows.binary_search_by(|row| compare(self.reference.get(row.name), name)).ok()?;
        rows.get(position).map(|row| Action { reference: self.reference, row })
    }

    /// The names of its resource types with their ARN templates.
    pub fn resource_types(self) -> impl Iterator<Item = (&'r str, &'r str)> {
        let reference = self.reference;
        slice(&reference.types, &self.row.types).iter().map(|row| (reference.get(row.name), reference.get(row.arn)))
    }
}

impl<'r> ConditionKey<'r> {
    /// Its name, with `*` for what differs within a family.
    pub fn name(self) -> &'r str {
        self.reference.get(self.row.name)
    }

    /// The type of its values.
    pub fn kind(self) -> KeyType {
        self.row.kind
    }

    /// Whether a request can carry several values of it.
    pub fn is_multi_valued(self) -> bool {
        self.row.multi_valued
    }

    /// Whether requests of every action can carry it: what AWS fills in of the caller, the session, the network and the time.
    /// Tag keys (`aws:ResourceTag/*`, `aws:RequestTag/*`, `aws:TagKeys`) come with some actions only, although they begin with `aws:`.
    pub fn is_global(self) -> bool {
        self.row.global
    }
}

impl Reference {
    fn of_set(&self, set: u16) -> impl Iterator<Item = ConditionKey<'_>> {
        self.keys_of(set).iter().filter_map(|number| self.keys.get(usize::from(*number)).map(|row| ConditionKey { reference: self, row }))
    }
}

static EMPTY: ServiceRow =
    ServiceRow { prefix: Span { start: 0, end: 0 }, title: Span { start: 0, end: 0 }, rcp: false, types: 0..0, actions: 0..0 };

fn slice<'v, T>(rows: &'v [T], range: &Range<u32>) -> &'v [T] {
    rows.get(range.start as usize..range.end as usize).unwrap_or_default()
}

/// Order of names without regard to case.
fn compare(one: &str, other: &str) -> std::cmp::Ordering {
    one.bytes().map(|byte| byte.to_ascii_lowercase()).cmp(other.bytes().map(|byte| byte.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests;
