//! AWS Config: snapshot and history files, single configuration items, answers of `get-resource-config-history`,
//! `select-resource-config` and `select-aggregate-resource-config`.

mod file;
mod query;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use partywall_catalog::{Catalog, ResourceType, Schema};
use partywall_model::{Cause, CauseKind, Key, Resource, Source, Value};

use self::file::{Selected, each_item};
use crate::jq::Programs;
use crate::json::{Names, object_without, value_from_slice};
use crate::shape::{conform, drop_nulls, merge, missing};

/// Members of an item that nothing reads; some are longer than the configuration.
const UNUSED: [&str; 2] = ["relationships", "relatedEvents"];

/// Reads items of AWS Config as resources.
pub(crate) struct ConfigReader<'a> {
    catalog: &'a Catalog,
    programs: &'a mut Programs,
    names: Names,
    /// Config's type name → our types, where the names differ.
    aliases: HashMap<Box<str>, Vec<Arc<ResourceType>>>,
}

/// What one file held.
#[derive(Default)]
pub(crate) struct ConfigItems {
    /// Types that nobody modelled, with their number of items.
    pub(crate) unmodelled: BTreeMap<Arc<str>, u64>,
    /// One line each.
    pub(crate) errors: Vec<String>,
    /// Items that may have been of any type, one line each.
    pub(crate) unreadable: Vec<String>,
    /// Resources that were deleted when the item was captured.
    pub(crate) deleted: Vec<Resource>,
}

/// Looks at the beginning of a JSON text: is it of AWS Config?
pub(crate) fn looks_like_config(head: &str) -> bool {
    [
        "\"configurationItems\"",
        "\"configurationItemCaptureTime\"",
        "\"configurationItemStatus\"",
        "\"configurationStateId\"",
        "\"configurationStateMd5Hash\"",
    ]
    .iter()
    .any(|word| head.contains(word))
        || (head.contains("\"Results\"") && (head.contains("\"QueryInfo\"") || head.contains("resourceType")))
}

impl<'a> ConfigReader<'a> {
    pub(crate) fn new(catalog: &'a Catalog, programs: &'a mut Programs) -> Self {
        let mut aliases: HashMap<Box<str>, Vec<_>> = HashMap::new();
        for file in catalog.types.values() {
            for name in &file.config.types {
                aliases.entry(Box::from(&**name)).or_default().push(file.clone());
            }
        }
        Self { catalog, programs, names: Names::default(), aliases }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// The text is no JSON of Config; with line and column.
    pub(crate) fn read(
        &mut self,
        text: &str,
        source: &Arc<Source>,
        emit: &mut dyn FnMut(Resource) -> Result<(), crate::CollectError>,
        out: &mut ConfigItems,
    ) -> Result<(), ReadError> {
        let beside = each_item(text, &mut |item, selected| self.item(item, selected, source, emit, out))?;
        out.unreadable.extend(beside.more.map(|more| format!("{}: {more}", source.file)));
        Ok(())
    }

    fn item(
        &mut self,
        text: &str,
        selected: &Selected,
        source: &Arc<Source>,
        emit: &mut dyn FnMut(Resource) -> Result<(), crate::CollectError>,
        out: &mut ConfigItems,
    ) -> Result<(), ReadError> {
        let mut item = match object_without(text.as_bytes(), &UNUSED, &mut self.names) {
            Ok(item) => item,
            Err(error) => {
                out.unreadable.push(format!("{}: an item could not be read: {error}", source.file));
                return Ok(());
            }
        };
        self.decode(&mut item);
        let word = |names: &[&str]| names.iter().find_map(|name| item.get(name)).and_then(Value::as_str);
        let Some(type_name) = word(&["resourceType"]) else {
            out.unreadable.push(format!("{}: an item without resourceType is passed over; select it too", source.file));
            return Ok(());
        };
        let status = word(&["configurationItemStatus"]).unwrap_or_default();
        let Some(resource_type) = self.type_of(type_name, &item) else {
            *out.unmodelled.entry(Arc::from(type_name)).or_default() += 1;
            return Ok(());
        };
        let Some(id) = word(&["resourceId", "ARN", "arn", "resourceName"]).map(Arc::<str>::from) else {
            out.unreadable.push(format!("{}: an item of {type_name} without resourceId is passed over; select it too", source.file));
            return Ok(());
        };
        let mut row = Resource::new(resource_type.name.clone(), id.clone(), source.clone());
        row.name = word(&["resourceName"]).map(Arc::from);
        row.arn = word(&["ARN", "arn"]).map(Arc::from);
        row.account = word(&["awsAccountId", "accountId"]).map(Arc::from);
        row.region = word(&["awsRegion"]).map(Arc::from);
        row.observed_at = item.get("configurationItemCaptureTime").and_then(capture_time);
        if status.starts_with("ResourceDeleted") {
            out.deleted.push(row);
            return Ok(());
        }
        if status == "ResourceNotRecorded" {
            unknown_all(&mut row, &resource_type.schema, &Cause::new(CauseKind::NotRecorded, "the recorder does not record this type"));
        } else {
            match self.properties(item, selected, &resource_type) {
                Ok(properties) => row.properties = properties,
                Err(message) => {
                    out.errors.push(format!("{}: `{id}`: {message}", source.file));
                    unknown_all(
                        &mut row,
                        &resource_type.schema,
                        &Cause::new(CauseKind::CallFailed, format!("the item could not be read: {message}")),
                    );
                }
            }
        }
        if let Some(Value::Str(id)) = resource_type.id_path().and_then(|path| row.properties.at(path)) {
            row.id = Arc::from(&**id);
        }
        emit(row).map_err(ReadError::Sink)
    }

    fn type_of(&mut self, name: &str, item: &Value) -> Option<Arc<ResourceType>> {
        let others = self.aliases.get(name).cloned().unwrap_or_default();
        others.into_iter().chain(self.catalog.resource_type(name)).find(|resource_type| {
            resource_type.config.when.as_ref().is_none_or(|when| self.programs.run(when, item) == Ok(Value::Bool(true)))
        })
    }

    /// What an item says of its resource. Of a query's answer, only what was selected whole is known.
    ///
    /// # Errors
    /// The item does not hold what every item of its type holds, or its shape is another; one line.
    fn properties(&mut self, item: Value, selected: &Selected, resource_type: &ResourceType) -> Result<Value, String> {
        let shape = &resource_type.config;
        let whole = selected.has("configuration") && shape.holds.iter().all(|path| selected.has(path));
        if whole {
            if let Some(path) = missing(&item, &["configuration".to_owned()]).or_else(|| missing(&item, &shape.holds)) {
                return Err(format!("there is no `{path}` in it"));
            }
            if !matches!(item.get("configuration"), Some(Value::Map(members)) if !members.is_empty()) {
                return Err("its `configuration` is no object with members".to_owned());
            }
        }
        let shaped = match &shape.jq {
            Some(program) => match self.programs.run(program, &item) {
                Ok(shaped) => conform(shaped, &resource_type.schema, &BTreeMap::new()),
                Err(message) if whole => return Err(message),
                Err(_) => Value::Map(Vec::new()),
            },
            None => Value::Map(Vec::new()),
        };
        let tags = tags_of(&item, resource_type);
        let Value::Map(members) = item else { return Err("no JSON object".to_owned()) };
        let configuration = members.into_iter().find(|(key, _)| &**key == "configuration").map(|(_, value)| value).unwrap_or_default();
        let mut properties = conform(configuration, &resource_type.schema, &shape.rename);
        if let (Some(path), Some(tags)) = (resource_type.tags_path(), tags)
            && properties.at(path).is_none()
        {
            properties.set_at(path, tags);
        }
        let copied: Vec<Key> = match &properties {
            Value::Map(members) if !whole => members.iter().map(|(name, _)| name.clone()).collect(),
            _ => Vec::new(),
        };
        merge(&mut properties, shaped);
        drop_nulls(&mut properties);
        if !whole {
            leave_unselected(&mut properties, &copied, selected, resource_type);
        }
        if !selected.has("tags")
            && let Some(path) = resource_type.tags_path()
        {
            properties.set_at(path, Value::Unknown(Arc::new(Cause::new(CauseKind::NotRecorded, "the query did not select the tags"))));
        }
        Ok(properties)
    }

    /// Config writes some members as JSON texts, some of those twice.
    fn decode(&mut self, item: &mut Value) {
        let Value::Map(members) = item else { return };
        for (key, value) in members.iter_mut() {
            match (&**key, &mut *value) {
                ("configuration", Value::Str(text)) => {
                    if let Ok(parsed) = value_from_slice(text.as_bytes(), &mut self.names) {
                        *value = parsed;
                    }
                }
                ("supplementaryConfiguration", Value::Map(parts)) => {
                    for (_, part) in parts.iter_mut() {
                        for _ in 0..2 {
                            if let Value::Str(text) = part
                                && text.starts_with(['{', '[', '"'])
                                && let Ok(parsed) = value_from_slice(text.as_bytes(), &mut self.names)
                            {
                                *part = parsed;
                            }
                        }
                    }
                }
                // Files have tags as an object, answers of queries as a list.
                ("tags", Value::List(tags)) => *value = tags_of_list(tags),
                _ => {}
            }
        }
    }
}

/// Why a file could not be read to its end.
#[derive(Debug)]
pub(crate) enum ReadError {
    Json(serde_json::Error),
    Sink(crate::CollectError),
}

impl From<serde_json::Error> for ReadError {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error)
    }
}

/// A time as text (snapshots) or as seconds since 1970 (API).
fn capture_time(value: &Value) -> Option<DateTime<Utc>> {
    let seconds = match value {
        Value::Str(text) => return DateTime::parse_from_rfc3339(text).ok().map(|time| time.with_timezone(&Utc)),
        Value::Int(seconds) => return DateTime::from_timestamp(*seconds, 0),
        Value::Float(seconds) => *seconds,
        _ => return None,
    };
    DateTime::from_timestamp_millis(format!("{:.0}", seconds * 1000.0).parse().ok()?)
}

/// `[{ "key": "team", "value": "data", "tag": "team=data" }]` as `{ "team": "data" }`, in the order of the keys: that of the list says nothing.
fn tags_of_list(tags: &[Value]) -> Value {
    let tag = |tag: &Value| Some((Key::from(tag.get("key")?.as_str()?), tag.get("value").cloned().unwrap_or_default()));
    let sorted: BTreeMap<Key, Value> = tags.iter().filter_map(tag).collect();
    Value::Map(sorted.into_iter().collect())
}

fn tags_of(item: &Value, resource_type: &ResourceType) -> Option<Value> {
    let Value::Map(tags) = item.get("tags")? else { return None };
    if tags.is_empty() {
        return None;
    }
    let column = resource_type.tags_path().and_then(|path| resource_type.schema.at(path))?;
    Some(match column {
        partywall_catalog::Column::Map => Value::Map(tags.clone()),
        _ => Value::List(
            tags.iter()
                .map(|(key, value)| Value::Map(vec![(Arc::from("Key"), Value::str(&**key)), (Arc::from("Value"), value.clone())]))
                .collect(),
        ),
    })
}

fn unknown_all(row: &mut Resource, schema: &Schema, cause: &Cause) {
    let cause = Arc::new(cause.clone());
    for (name, _) in schema.iter() {
        if &**name != "_Derived" {
            row.properties.set(name, Value::Unknown(cause.clone()));
        }
    }
}

/// A property is known if the member of `configuration` that bears its name is there and was selected, and not only a part of it.
fn leave_unselected(properties: &mut Value, copied: &[Key], selected: &Selected, resource_type: &ResourceType) {
    let cause = Arc::new(Cause::new(
        CauseKind::NotRecorded,
        "the query did not select it; select `configuration` and `supplementaryConfiguration`",
    ));
    let member = |name: &str| {
        let mut letters = name.chars();
        let small = letters.next().map(|first| first.to_ascii_lowercase().to_string() + letters.as_str()).unwrap_or_default();
        let renamed = resource_type.config.rename.iter().find(|(_, to)| **to == *name).map(|(from, _)| from.clone());
        [Some(name.to_owned()), Some(small), renamed].into_iter().flatten().any(|name| selected.has(&format!("configuration.{name}")))
    };
    for (name, _) in resource_type.schema.iter() {
        if &**name != "_Derived" && !(copied.contains(name) && member(name)) {
            properties.set(name, Value::Unknown(cause.clone()));
        }
    }
}
