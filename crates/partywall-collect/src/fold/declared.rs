//! What a template declares under the logical ids by which satellites name their parents.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use partywall_catalog::{Catalog, Fold, ResourceType};
use partywall_model::{Condition, Value};

use super::names::key;
use super::{Piece, Store};
use crate::defaults::Scope;

/// Resources by template and logical id.
pub(super) struct Declared(HashMap<(Scope, Box<str>), Found>);

struct Found {
    resource_type: Arc<str>,
    /// The parent that it names as a satellite would: an alias its function.
    names: Option<Box<str>>,
    condition: Option<Condition>,
}

impl Declared {
    pub(super) fn of(store: &Store, pieces: &[Piece], fold: &Fold) -> Self {
        let wanted: HashSet<&str> = pieces.iter().filter_map(|piece| logical_id(piece.parent.as_ref().ok()?)).collect();
        if wanted.is_empty() {
            return Self(HashMap::new());
        }
        let rows = store.types.values().flat_map(|rows| &rows.rows).filter(|row| !row.stub || row.unread.is_some());
        let known = rows.filter_map(|row| Some((row, row.logical_id.as_deref().filter(|id| wanted.contains(id))?)));
        let found = known.map(|(row, id)| {
            let names = fold.key.names().iter().find_map(|name| row.properties.at(name)).and_then(Value::as_str).map(Box::from);
            let found = Found { resource_type: row.resource_type.clone(), names, condition: row.condition.clone() };
            ((Scope::of(row), Box::from(id)), found)
        });
        Self(found.collect())
    }

    fn get(&self, scope: &Scope, name: &str) -> Option<&Found> {
        self.0.get(&(scope.clone(), Box::from(logical_id(name)?)))
    }

    /// The parent's name where the satellite names something that stands between the two.
    pub(super) fn followed(&self, scope: &Scope, name: &str, parent: &ResourceType) -> Option<&str> {
        let found = self.get(scope, name).filter(|found| found.resource_type != parent.name && is_itself(name))?;
        found.names.as_deref()
    }

    /// The condition of the resource that a name stands for.
    pub(super) fn condition(&self, scope: &Scope, name: &str) -> Option<Condition> {
        self.get(scope, name).filter(|_| is_itself(name))?.condition.clone()
    }

    /// True if a parent that is not among its type's rows is something else: declared in the template as another type, or an ARN of another
    /// service. What another resource merely knows, such as a VPC its default security group, may be of this type; so is what the
    /// serverless transform makes of a function.
    pub(super) fn is_of_another_type(&self, catalog: &Catalog, parent: &ResourceType, fold: &Fold, piece: &Piece, name: &str) -> bool {
        if let Some(found) = self.get(&piece.scope, name) {
            let other_parent =
                || catalog.types.get(&found.resource_type).is_some_and(|other| other.folds.iter().any(|own| own.from == fold.from));
            let made = found.resource_type.starts_with("AWS::Serverless::");
            return found.resource_type != parent.name && (other_parent() || is_itself(name) && !made);
        }
        let service = |arn: &str| arn.strip_prefix("arn:*:").and_then(|rest| rest.split(':').next()).map(ToOwned::to_owned);
        let own = parent.arn.as_deref().and_then(|arn| service(&arn.replacen("{partition}", "*", 1)));
        own.is_some() && service(&key(name)).is_some_and(|other| Some(other) != own)
    }
}

/// `Logical` of `{Logical}` and `{Logical.Attribute}`.
fn logical_id(name: &str) -> Option<&str> {
    let inner = name.strip_prefix('{')?.strip_suffix('}')?;
    (!inner.contains(['{', '}', ':'])).then(|| inner.split('.').next().unwrap_or(inner))
}

/// True if a symbol stands for the resource itself, not for something else that it knows.
pub(super) fn is_itself(name: &str) -> bool {
    match name.trim_end_matches('}').split_once('.') {
        Some((_, attribute)) => ["Arn", "ARN", "Id", "Name", "Url", "URL"].iter().any(|end| attribute.ends_with(end)),
        None => true,
    }
}
