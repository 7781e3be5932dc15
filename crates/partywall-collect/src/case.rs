use std::sync::Arc;

use chrono::{NaiveDate, NaiveTime};
use partywall_catalog::{Case, CaseSource, Catalog, ResourceType, table_to_value};
use partywall_model::{Cause, CauseKind, Listing, Resource, Source, SourceKind, Value};
use partywall_table::{Envelope, TypeBatch, build_batch};

use crate::CollectError;
use crate::collected::{Collected, Need, Options};
use crate::collector::{Collector, Rows};

/// Makes the batches of a check's case: its row and the rows of other types, as if read from the case's kind of source. The types that
/// the case names in `tables`, also with no rows, count as listed; satellites that nothing in the case names, the row does not have.
///
/// # Errors
/// A batch cannot be built.
pub fn prepare_case(
    catalog: &Catalog,
    resource_type: &Arc<ResourceType>,
    case: &Case,
    need: &Need,
) -> Result<(Vec<TypeBatch>, Collected), CollectError> {
    prepare_case_with(catalog, resource_type, case, need, &mut |_| {})
}

/// As [`prepare_case`], after `change` has seen every row as it was read: before folding, defaults and derive functions. The case's own
/// row has the id `case`. For tests that ask what a result becomes when less is known.
///
/// # Errors
/// A batch cannot be built.
pub fn prepare_case_with(
    catalog: &Catalog,
    resource_type: &Arc<ResourceType>,
    case: &Case,
    need: &Need,
    change: &mut dyn FnMut(&mut Resource),
) -> Result<(Vec<TypeBatch>, Collected), CollectError> {
    let kind = match case.source {
        CaseSource::Api => SourceKind::Api,
        CaseSource::CloudFormation => SourceKind::CloudFormation,
        CaseSource::Config => SourceKind::Config,
    };
    let source = Arc::new(Source { kind, file: Arc::from("case") });
    let cause = Cause::new(CauseKind::Denied, "the case says that it could not be read");
    let account: Option<Arc<str>> = Some(Arc::from("111122223333"));
    let own_region = resource_type.region.as_ref().and_then(|path| case.given.get(path)?.as_str());
    let region: Option<Arc<str>> = Some(Arc::from(own_region.unwrap_or("eu-central-1")));
    let read_on: Option<NaiveDate> = case.read_on.and_then(|date| date.to_string().parse().ok());
    let make = |name: &str, id: &str, given: &toml::Table| {
        let mut row = Resource::new(name, id, source.clone());
        row.account.clone_from(&account);
        row.region.clone_from(&region);
        row.properties = table_to_value(given);
        row.observed_at = read_on.map(|day| day.and_time(NaiveTime::MIN).and_utc());
        row
    };
    let mut row = make(&resource_type.name, "case", &case.given);
    for path in &case.unknown {
        hide(&mut row.properties, path, &cause);
    }
    let mut collector_out = Vec::new();
    let mut emit = |rows: Rows<'_>| {
        collector_out.push(build_batch(rows.resource_type, rows.kind, rows.columns, rows.envelope, rows.rows)?);
        Ok(())
    };
    let needed = need.clone();
    let need_of = move |wanted: &ResourceType| {
        if wanted.name == resource_type.name { needed.clone() } else { Need { envelope: Envelope::ALL.to_vec(), ..Need::default() } }
    };
    let options = Options::default();
    let mut collector = Collector::new(catalog, &options, &need_of, &mut emit);
    collector.seen.satellites_complete = true;
    change(&mut row);
    collector.store.add(catalog, row);
    for (name, rows) in &case.tables {
        let global = catalog.resource_type(name).is_some_and(|known| known.global);
        let region = if global { Some(Arc::from("global")) } else { region.clone() };
        collector.out.listed.insert(Listing { resource_type: Arc::from(name.as_str()), account: account.clone(), region });
        for (index, given) in rows.iter().enumerate() {
            let mut row = make(name, &format!("row-{index}"), given);
            change(&mut row);
            collector.store.add(catalog, row);
        }
    }
    let collected = collector.finish()?;
    Ok((collector_out, collected))
}

/// Puts an unknown at a path; `List[0].Member` goes into an element, a list's path makes the list incomplete.
fn hide(properties: &mut Value, path: &str, cause: &Cause) {
    let (first, rest) = match path.find(['.', '[']) {
        Some(at) => (path.get(..at).unwrap_or(path), path.get(at..).unwrap_or_default()),
        None => (path, ""),
    };
    if rest.is_empty() {
        let value = match properties.get(first) {
            Some(Value::List(items)) => {
                let mut items = items.clone();
                items.push(Value::unknown(cause.clone()));
                Value::List(items)
            }
            _ => Value::unknown(cause.clone()),
        };
        properties.set(first, value);
        return;
    }
    if let Some(rest) = rest.strip_prefix('[') {
        let Some((index, rest)) = rest.split_once(']') else { return };
        if let (Value::Map(members), Ok(index)) = (properties, index.parse::<usize>())
            && let Some((_, Value::List(items))) = members.iter_mut().find(|(key, _)| &**key == first)
            && let Some(item) = items.get_mut(index)
        {
            match rest.strip_prefix('.') {
                Some(rest) => hide(item, rest, cause),
                None => *item = Value::unknown(cause.clone()),
            }
        }
        return;
    }
    let rest = rest.trim_start_matches('.');
    if properties.get(first).is_none() {
        properties.set(first, Value::Map(Vec::new()));
    }
    if let Value::Map(members) = properties
        && let Some((_, inner)) = members.iter_mut().find(|(key, _)| &**key == first)
    {
        hide(inner, rest, cause);
    }
}
