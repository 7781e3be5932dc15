use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use partywall_catalog::{Catalog, ResourceType};
use partywall_model::{Resource, SourceKind, Value};

use crate::shape::merge;

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
    /// Adds a row. A live row of a resource that is there already is merged with it: what the newer one knows wins.
    /// Rows of templates are never merged. Unknown types are not added; the answer is then `None`, else the row's place.
    pub(crate) fn add(&mut self, catalog: &Catalog, row: Resource) -> Option<(Arc<str>, usize)> {
        let name = row.resource_type.clone();
        if !self.types.contains_key(&name) {
            let resource_type = catalog.resource_type(&name)?;
            self.types.insert(name.clone(), TypeRows { resource_type, rows: Vec::new(), index: HashMap::new() });
        }
        let rows = self.types.get_mut(&name)?;
        if row.source.kind != SourceKind::CloudFormation {
            let key = (row.account.clone(), row.region.clone(), row.id.clone());
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
    /// If a row of that id is listed without its region, the (absent) region under which it is filed.
    pub(crate) fn listed_without_region(&self, row: &Resource) -> Option<Option<Arc<str>>> {
        let key = (row.account.clone(), None, row.id.clone());
        self.types.get(&row.resource_type)?.index.contains_key(&key).then_some(None)
    }
}

/// Later captures win where they know something; a row of another kind of source only fills what the first left unknown or absent.
fn combine(old: &mut Resource, mut new: Resource) {
    let newer = new.observed_at > old.observed_at;
    let same_kind = new.source.kind == old.source.kind;
    if same_kind && new.source.kind == SourceKind::Config {
        if newer {
            *old = new;
        }
        return;
    }
    if newer && !same_kind {
        std::mem::swap(old, &mut new);
    }
    if same_kind {
        merge(&mut old.properties, std::mem::take(&mut new.properties));
    } else {
        fill(&mut old.properties, new.properties);
    }
    old.stub &= new.stub;
    old.observed_at = old.observed_at.max(new.observed_at);
    old.name = old.name.take().or(new.name);
    old.arn = old.arn.take().or(new.arn);
}

fn fill(base: &mut Value, from: Value) {
    match (base, from) {
        (base @ (Value::Null | Value::Unknown(_)), from) if !from.is_null() => {
            *base = from;
        }
        (Value::Map(base), Value::Map(from)) => {
            for (key, value) in from {
                match base.iter_mut().find(|(known, _)| *known == key) {
                    Some((_, old)) => fill(old, value),
                    None => base.push((key, value)),
                }
            }
        }
        _ => {}
    }
}
