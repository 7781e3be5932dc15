//! Actions and the types of resources that they act on.

use super::resource::fit;
use super::{AccessLevel, Action, ConditionKey, EMPTY, Fit, ResourceType, Service, slice};

impl<'r> Action<'r> {
    /// Its name without the prefix: `GetObject`.
    pub fn name(self) -> &'r str {
        self.reference.get(self.row.name)
    }

    /// `s3:GetObject`.
    pub fn full_name(self) -> String {
        [self.service().prefix(), ":", self.name()].concat()
    }

    /// The service that has it.
    pub fn service(self) -> Service<'r> {
        // The decoder numbers actions while it reads their service, so the number is always one of a row.
        let row = self.reference.services.get(usize::from(self.row.service)).unwrap_or(&EMPTY);
        Service { reference: self.reference, row }
    }

    /// What it does.
    pub fn access_level(self) -> AccessLevel {
        self.row.level
    }

    /// The types of resources that it acts on; none if it takes `*` only.
    pub fn resource_types(self) -> impl Iterator<Item = ResourceType<'r>> {
        let reference = self.reference;
        slice(&reference.links, &self.row.links)
            .iter()
            .filter_map(move |link| reference.types.get(link.kind as usize).map(|row| ResourceType { reference, row, link }))
    }

    /// A number that no other action of the table has; numbers are in the order of services and names.
    pub(crate) fn number(self) -> u32 {
        self.row.number
    }

    /// Whether no resource can be named for it, so that only `"Resource": "*"` matches.
    pub fn is_wildcard_only(self) -> bool {
        self.row.links.is_empty()
    }

    /// Actions that a caller needs beside it.
    pub fn dependent_actions(self) -> impl Iterator<Item = &'r str> {
        self.reference.get(self.row.dependent).split(',').filter(|name| !name.is_empty())
    }

    /// Whether a request of this action can carry the condition key: one of the action, of its use of a resource type, or of the type.
    pub fn supports(self, key: &str) -> bool {
        self.supports_any(&self.reference.key_numbers(key))
    }

    pub(crate) fn supports_any(self, numbers: &[u16]) -> bool {
        let holds = |set: u16| {
            let set = self.reference.keys_of(set);
            numbers.iter().any(|number| set.binary_search(number).is_ok())
        };
        holds(self.row.set) || self.resource_types().any(|of| holds(of.link.set) || holds(of.row.set))
    }

    /// The condition keys of the action itself, without those of its resource types.
    pub fn condition_keys(self) -> impl Iterator<Item = ConditionKey<'r>> {
        self.reference.of_set(self.row.set)
    }
}

impl<'r> ResourceType<'r> {
    /// Its name in the service's table: `bucket`.
    pub fn name(self) -> &'r str {
        self.reference.get(self.row.name)
    }

    /// The template of its ARNs: `arn:${Partition}:s3:::${BucketName}`.
    pub fn arn(self) -> &'r str {
        self.reference.get(self.row.arn)
    }

    /// Whether every request of the action names one.
    pub fn is_required(self) -> bool {
        self.link.required
    }

    /// The condition keys of the type, and those of the action that go with it.
    pub fn condition_keys(self) -> impl Iterator<Item = ConditionKey<'r>> {
        let both: std::collections::BTreeSet<u16> =
            self.reference.keys_of(self.link.set).iter().chain(self.reference.keys_of(self.row.set)).copied().collect();
        let reference = self.reference;
        both.into_iter().filter_map(move |number| reference.keys.get(usize::from(number)).map(|row| ConditionKey { reference, row }))
    }

    /// How much of the type's ARNs a pattern of a policy can match.
    pub fn fit(self, pattern: &str) -> Fit {
        fit(self.arn(), pattern)
    }

    /// A number for this type that no other one of the table has.
    pub(crate) fn number(self) -> u32 {
        self.link.kind
    }
}
