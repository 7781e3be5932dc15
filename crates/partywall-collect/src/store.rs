use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use partywall_catalog::{Catalog, ResourceType};
use partywall_model::{Cause, CauseKind, Resource, SourceKind, Value};

/// Rows of one type, from any source.
#[derive(Debug)]
pub(crate) struct TypeRows {
    pub(crate) resource_type: Arc<ResourceType>,
    pub(crate) rows: Vec<Resource>,
    /// Live rows by account, region and id.
    index: HashMap<(Option<Arc<str>>, Option<Arc<str>>, Arc<str>), usize>,
}

/// All rows that are still being completed.
#[derive(Debug, Default)]
pub(crate) struct Store {
    pub(crate) types: BTreeMap<Arc<str>, TypeRows>,
}

impl Store {
    /// Adds a row. A live row of a resource that is there already is united with it.
    /// Rows of templates are never merged. Unknown types are not added; the answer is then `None`, else the row's place.
    pub(crate) fn add(&mut self, catalog: &Catalog, row: Resource) -> Option<(Arc<str>, usize)> {
        let name = row.resource_type.clone();
        if !self.types.contains_key(&name) {
            let resource_type = catalog.resource_type(&name)?;
            self.types.insert(name.clone(), TypeRows { resource_type, rows: Vec::new(), index: HashMap::new() });
        }
        let rows = self.types.get_mut(&name)?;
        if row.source.kind != SourceKind::CloudFormation {
            let key = (row.account.clone(), row.region.clone(), identity(&rows.resource_type, &row));
            if let Some(place) = rows.index.get(&key).copied()
                && let Some(old) = rows.rows.get_mut(place)
            {
                combine(old, row);
                return Some((name, place));
            }
            rows.index.insert(key, rows.rows.len());
        }
        rows.rows.push(row);
        Some((name, rows.rows.len().saturating_sub(1)))
    }
}

impl Store {
    /// Takes out the rows of some types.
    pub(crate) fn take(&mut self, types: &BTreeSet<Arc<str>>) -> Self {
        Self { types: self.types.extract_if(.., |name, _| types.contains(name)).collect() }
    }

    /// If a row of that id is listed without its region, the (absent) region under which it is filed.
    pub(crate) fn listed_without_region(&self, row: &Resource) -> Option<Option<Arc<str>>> {
        let rows = self.types.get(&row.resource_type)?;
        let key = (row.account.clone(), None, identity(&rows.resource_type, row));
        rows.index.contains_key(&key).then_some(None)
    }

    /// Puts the rows of each type into the order of account, Region and identity, and their members into that of their names, so that
    /// nothing depends on which answer came first. Places of rows, and so the merging of further ones, end here.
    pub(crate) fn order(&mut self) {
        for rows in self.types.values_mut() {
            rows.index.clear();
            let resource_type = &rows.resource_type;
            rows.rows.sort_by(|one, other| {
                let own = (&one.account, &one.region, &one.id).cmp(&(&other.account, &other.region, &other.id));
                own.then_with(|| identity(resource_type, one).cmp(&identity(resource_type, other)))
            });
            rows.rows.iter_mut().for_each(|row| row.properties.sort_members());
        }
    }

    /// Takes out what AWS Config recorded of resources before they were deleted. The record of a deletion names its resource by Config's
    /// id, which need not be the registry's.
    pub(crate) fn forget(&mut self, deleted: &[Resource]) {
        for gone in deleted {
            let Some(rows) = self.types.get_mut(&gone.resource_type) else { continue };
            rows.rows.retain(|row| {
                let named = row.id == gone.id || row.arn.is_some() && row.arn == gone.arn || row.name.is_some() && row.name == gone.name;
                let here = row.source.kind == SourceKind::Config && row.account == gone.account && row.region == gone.region;
                !(named && here && row.observed_at <= gone.observed_at)
            });
        }
    }
}

/// What tells a row from others of its type: its id, with what it lies in where that alone is not enough, such as the API of a stage.
fn identity(resource_type: &ResourceType, row: &Resource) -> Arc<str> {
    let paths = resource_type.identity();
    let parts: Option<Vec<&str>> = paths.iter().map(|path| row.properties.at(path)?.as_str()).collect();
    match parts {
        Some(parts) if !parts.is_empty() => Arc::from(parts.join("|")),
        _ => row.id.clone(),
    }
}

/// Later captures win. Where nothing says which of two inputs is the later one, what they know differently is unknown.
fn combine(old: &mut Resource, mut new: Resource) {
    let dated = old.observed_at.is_some() && new.observed_at.is_some() && old.observed_at != new.observed_at;
    if dated && old.observed_at < new.observed_at {
        std::mem::swap(old, &mut new);
    }
    let of_config = old.source.kind == SourceKind::Config && new.source.kind == SourceKind::Config;
    if dated && of_config {
        return;
    }
    let disagree = || {
        let inputs = if old.source.file == new.source.file {
            old.source.file.to_string()
        } else {
            format!("{} and {}", old.source.file, new.source.file)
        };
        Arc::new(Cause::new(CauseKind::SourcesDisagree, format!("nothing says what is newer of {inputs}")))
    };
    let cause = (!dated).then(disagree);
    unite(&mut old.properties, new.properties, cause.as_ref());
    old.stub &= new.stub;
    old.observed_at = old.observed_at.max(new.observed_at);
    old.name = old.name.take().or(new.name);
    old.arn = old.arn.take().or(new.arn);
}

/// Fills what is not known. Where both know something else, it is unknown for the cause, if there is one.
fn unite(base: &mut Value, from: Value, cause: Option<&Arc<Cause>>) {
    match (base, from) {
        (_, Value::Null | Value::Unknown(_)) => {}
        (base @ (Value::Null | Value::Unknown(_)), from) => *base = from,
        (Value::Map(base), Value::Map(from)) => {
            for (key, value) in from {
                match base.iter_mut().find(|(known, _)| *known == key) {
                    Some((_, old)) => unite(old, value, cause),
                    None => base.push((key, value)),
                }
            }
        }
        (base, from) => {
            if let Some(cause) = cause
                && !same(base, &from)
            {
                *base = Value::Unknown(cause.clone());
            }
        }
    }
}

/// Equal, whatever the order of lists and members: services list what they hold in no order.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::List(one), Value::List(other)) => {
            one.len() == other.len() && one.iter().all(|item| other.iter().any(|known| same(item, known)))
        }
        (Value::Map(one), Value::Map(other)) => {
            one.len() == other.len() && one.iter().all(|(key, value)| other.iter().any(|(known, found)| known == key && same(value, found)))
        }
        (one, other) => one == other,
    }
}
