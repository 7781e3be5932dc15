//! Made-up types, rows and lakes.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use partywall_catalog::{Column, ResourceType};
use partywall_lake::{Lake, LakeError, Meta, Snapshot};
use partywall_model::{Listing, Resource, Source, SourceKind, Value};
use tempfile::TempDir;

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const REGION: &str = "eu-central-1";

/// A type with a column of every kind.
pub(crate) fn thing(name: &str) -> Arc<ResourceType> {
    let mut made: ResourceType = serde_json::from_str(r#"{"type":"","title":"thing"}"#).unwrap();
    made.name = Arc::from(name);
    let columns = r#"{"Flag":"b","Name":"s","Size":"i","Rate":"n","Doc":"j","Map":"m","Names":["s"],
        "Opt":{"On":"b","Deep":{"Level":"s"}},"Rules":[{"Port":"i","Inner":[{"Key":"s"}]}],"Tags":[{"Key":"s","Value":"s"}]}"#;
    let Column::Struct(schema) = serde_json::from_str(columns).unwrap() else { panic!("the columns are members") };
    made.schema = Arc::new(schema);
    Arc::new(made)
}

/// Midnight of a day.
pub(crate) fn day(days: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap() + TimeDelta::days(days)
}

/// A row seen on a day.
pub(crate) fn row(resource_type: &str, id: &str, size: i64, days: i64) -> Resource {
    let source = Arc::new(Source { kind: SourceKind::Api, file: Arc::from(format!("run {days}")) });
    let mut row = Resource::new(resource_type, id, source);
    row.account = Some(Arc::from(ACCOUNT));
    row.region = Some(Arc::from(REGION));
    row.observed_at = Some(day(days));
    row.properties.set("Size", Value::Int(size));
    row.properties.set("Name", Value::str(format!("name of {id}")));
    row
}

pub(crate) fn listing(resource_type: &str, region: &str) -> Listing {
    Listing { resource_type: Arc::from(resource_type), account: Some(Arc::from(ACCOUNT)), region: Some(Arc::from(region)) }
}

/// What a run says that listed these types.
pub(crate) fn listed(types: &[&str]) -> Meta {
    Meta { listed: types.iter().map(|name| listing(name, REGION)).collect(), tool: "test".to_owned(), ..Meta::default() }
}

pub(crate) fn lake() -> (TempDir, Lake) {
    let dir = tempfile::tempdir().unwrap();
    let lake = Lake::create_or_open(dir.path().join("lake")).unwrap();
    (dir, lake)
}

/// Records rows, by type, against the last snapshot.
pub(crate) fn record(lake: &Lake, rows: &[Resource], meta: Meta) -> Snapshot {
    let base = lake.latest().unwrap().map(|snapshot| snapshot.seq());
    let mut writer = lake.begin(base).unwrap();
    for row in rows {
        writer.write(&thing(&row.resource_type), &[Arc::new(row.clone())]).unwrap();
    }
    writer.finish(meta).unwrap()
}

/// All rows, by type, account, Region and id.
pub(crate) fn rows(snapshot: &Snapshot) -> Result<Vec<Resource>, LakeError> {
    let mut all = Vec::new();
    snapshot.read(
        |_| true,
        |_, rows| {
            all.extend(rows);
            Ok::<(), LakeError>(())
        },
    )?;
    all.sort_by(|a, b| (&a.resource_type, &a.account, &a.region, &a.id).cmp(&(&b.resource_type, &b.account, &b.region, &b.id)));
    Ok(all)
}

/// Id, size and day of observation of each row.
pub(crate) fn told(snapshot: &Snapshot) -> Vec<(String, i64, i64)> {
    let told = rows(snapshot).unwrap().into_iter().map(|row| {
        let Some(Value::Int(size)) = row.properties.get("Size") else { panic!("no size") };
        (row.id.to_string(), *size, (row.observed_at.unwrap() - day(0)).num_days())
    });
    told.collect()
}

/// Every file of a directory with its bytes, by relative path.
pub(crate) fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    fn below(root: &Path, dir: &Path, all: &mut BTreeMap<String, Vec<u8>>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                below(root, &path, all);
            } else {
                all.insert(path.strip_prefix(root).unwrap().display().to_string(), std::fs::read(&path).unwrap());
            }
        }
    }
    let mut all = BTreeMap::new();
    below(root, root, &mut all);
    all
}
