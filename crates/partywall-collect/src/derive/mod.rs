//! Computed facts (`_Derived`), the same from every source. A function answers without its unknown inputs only where its proof does not need them.

mod policy;
mod s3;
mod secrets;

use std::sync::Arc;

use partywall_catalog::{Column, Derive, ResourceType, Schema};
use partywall_model::{Cause, CauseKind, Resource, SourceKind, Value};

use crate::defaults::{Lookup, Scope};
use crate::identities;

pub(crate) use secrets::{is_dynamic, is_pointer, is_symbol};

/// What a derive function may look at.
pub(crate) struct Inputs<'a> {
    pub(crate) row: &'a Resource,
    pub(crate) resource_type: &'a ResourceType,
    pub(crate) derive: &'a Derive,
    pub(crate) lookup: &'a Lookup,
    pub(crate) blind: &'a [Arc<str>],
}

/// The columns that a derive function gives; `None` if there is no such function.
pub fn columns_of(function: &str) -> Option<Column> {
    match function {
        "policy-facts" => Some(policy::columns()),
        "external-access" => Some(policy::external_columns()),
        identities::FUNCTION => Some(identities::columns()),
        "s3-effective-public-access-block" => Some(s3::block_columns()),
        "s3-acl-public" => Some(Column::Bool),
        "plaintext-secrets" | "secret-kinds" => Some(Column::List(Box::new(Column::Str))),
        _ => None,
    }
}

/// Which derived facts are computed: those about secrets read texts that the others must not see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    Secrets,
    Else,
}

/// Computes the wanted derived facts of a row.
pub(crate) fn apply(row: &mut Resource, resource_type: &ResourceType, about: About, wanted: &Schema, lookup: &Lookup, blind: &[Arc<str>]) {
    for derive in &resource_type.derives {
        let secrets = matches!(derive.function.as_str(), "plaintext-secrets" | KINDS);
        if secrets != (about == About::Secrets) || !wants(wanted, &derive.path) {
            continue;
        }
        // Found when the answer was shaped, before its secrets were taken out.
        if derive.function == KINDS && row.source.kind == SourceKind::Api && row.properties.at(&derive.path).is_some() {
            continue;
        }
        let inputs = Inputs { row, resource_type, derive, lookup, blind };
        let value = match derive.function.as_str() {
            "policy-facts" => policy::facts(&inputs),
            "external-access" => policy::external(&inputs),
            "s3-effective-public-access-block" => s3::effective_block(&inputs),
            "s3-acl-public" => s3::acl_is_public(&inputs),
            "plaintext-secrets" => secrets::plaintext(&inputs),
            KINDS => secrets::kinds(&inputs),
            _ => continue,
        };
        row.properties.set_at(&derive.path, value);
    }
}

const KINDS: &str = "secret-kinds";

/// Finds the kinds of secrets in what one answer brought, for derived facts of which it brought an input.
pub(crate) fn seal(row: &mut Resource, resource_type: &ResourceType) {
    let lookup = Lookup::default();
    for derive in resource_type.derives.iter().filter(|derive| derive.function == KINDS) {
        let brought = |path: &Arc<str>| row.properties.at(path.split('[').next().unwrap_or(path)).is_some_and(|value| !value.is_null());
        if derive.inputs.iter().any(brought) {
            let kinds = secrets::kinds(&Inputs { row, resource_type, derive, lookup: &lookup, blind: &[] });
            row.properties.set_at(&derive.path, kinds);
        }
    }
}

pub(crate) fn wants(wanted: &Schema, path: &str) -> bool {
    let mut here = Some(wanted);
    for name in path.split('.') {
        match here.and_then(|schema| schema.get(name)) {
            Some(Column::Struct(members)) => here = Some(members),
            Some(_) => return true,
            None => return false,
        }
    }
    true
}

impl Inputs<'_> {
    /// The fact at a path: what the row has, else unknown where the row or its kind of source could not show it, else null.
    fn at(&self, path: &str) -> Value {
        match self.row.properties.at(path) {
            Some(value) if !value.is_null() => return value.clone(),
            _ => {}
        }
        let below =
            |longer: &str, shorter: &str| longer.strip_prefix(shorter).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
        if self.blind.iter().any(|blind| below(path, blind)) {
            return Value::unknown(Cause::new(CauseKind::NotInSource, format!("`{path}` is never in such a source")));
        }
        if self.row.stub {
            return Value::unknown(stub_cause(self.row));
        }
        Value::Null
    }

    pub(crate) fn inputs(&self) -> impl Iterator<Item = (&Arc<str>, Value)> {
        self.derive.inputs.iter().map(|path| (path, self.at(path)))
    }

    fn other(&self, resource_type: &str) -> Option<&Value> {
        self.lookup.find(resource_type, &Scope::of(self.row))
    }

    fn is_template(&self) -> bool {
        self.row.source.kind == SourceKind::CloudFormation
    }
}

/// Why everything but its satellites is unknown of a stub.
pub(crate) fn stub_cause(row: &Resource) -> Cause {
    match &row.unread {
        Some(cause) => Cause::clone(cause),
        None => Cause::new(CauseKind::MissingRow, format!("`{}` itself is not in the input", row.id)),
    }
}
