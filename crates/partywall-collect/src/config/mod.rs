//! AWS Config: snapshot and history files, single configuration items, answers of `get-resource-config-history`,
//! `select-resource-config` and `select-aggregate-resource-config`.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use partywall_catalog::{Catalog, ResourceType, Schema};
use partywall_model::{Cause, CauseKind, Resource, Source, Value};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::jq::Programs;
use crate::json::{Names, object_without, value_from_slice};
use crate::shape::{conform, drop_nulls, merge};

#[derive(Deserialize)]
struct ItemsFile<'a> {
    #[serde(rename = "configurationItems", borrow)]
    items: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct SelectFile<'a> {
    #[serde(rename = "Results", borrow)]
    results: Vec<Cow<'a, str>>,
    #[serde(rename = "QueryInfo")]
    info: Option<QueryInfo>,
}

#[derive(Deserialize)]
struct QueryInfo {
    #[serde(rename = "SelectFields", default)]
    fields: Vec<SelectField>,
}

#[derive(Deserialize)]
struct SelectField {
    #[serde(rename = "Name")]
    name: String,
}

/// Members of an item that nothing reads; some are longer than the configuration.
const UNUSED: [&str; 2] = ["relationships", "relatedEvents"];

/// Reads items of AWS Config as resources.
pub(crate) struct ConfigReader<'a> {
    catalog: &'a Catalog,
    programs: &'a mut Programs,
    names: Names,
    /// Config's type name → our type, for the names that differ.
    aliases: HashMap<Box<str>, Arc<ResourceType>>,
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
        let aliases =
            catalog.types.values().flat_map(|file| file.config.types.iter().map(|name| (Box::from(&**name), file.clone()))).collect();
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
        let head = text.get(..4096.min(text.len())).or_else(|| text.get(..4093.min(text.len()))).unwrap_or(text);
        if head.contains("\"Results\"") && !head.contains("\"configurationItems\"") {
            let file: SelectFile<'_> = serde_json::from_str(text)?;
            let partial = partial_fields(file.info.as_ref());
            for result in &file.results {
                self.item(result, source, partial.as_deref(), emit, out)?;
            }
            return Ok(());
        }
        if let Ok(file) = serde_json::from_str::<ItemsFile<'_>>(text) {
            for item in file.items {
                self.item(item.get(), source, None, emit, out)?;
            }
            return Ok(());
        }
        // One item, or an event of Config that wraps one.
        let whole: Value = value_from_slice(text.as_bytes(), &mut self.names)?;
        let inner = ["configurationItem", "detail.configurationItem", "invokingEvent.configurationItem"]
            .iter()
            .find_map(|path| whole.at(path))
            .and_then(partywall_table::canonical_json);
        match inner {
            Some(inner) => self.item(&inner, source, None, emit, out)?,
            None if whole.as_list().is_some() => {
                for item in whole.as_list().unwrap_or_default() {
                    if let Some(item) = partywall_table::canonical_json(item) {
                        self.item(&item, source, None, emit, out)?;
                    }
                }
            }
            None => self.item(text, source, None, emit, out)?,
        }
        Ok(())
    }

    fn item(
        &mut self,
        text: &str,
        source: &Arc<Source>,
        partial: Option<&[String]>,
        emit: &mut dyn FnMut(Resource) -> Result<(), crate::CollectError>,
        out: &mut ConfigItems,
    ) -> Result<(), ReadError> {
        let item = match object_without(text.as_bytes(), &UNUSED, &mut self.names) {
            Ok(item) => item,
            Err(error) => {
                out.unreadable.push(format!("{}: an item could not be read: {error}", source.file));
                return Ok(());
            }
        };
        let word = |names: &[&str]| names.iter().find_map(|name| item.get(name)).and_then(Value::as_str);
        let Some(type_name) = word(&["resourceType"]) else {
            out.errors.push(format!("{}: an item without resourceType is passed over; select it too", source.file));
            return Ok(());
        };
        let status = word(&["configurationItemStatus"]).unwrap_or_default();
        if status.starts_with("ResourceDeleted") {
            return Ok(());
        }
        let Some(resource_type) = self.aliases.get(type_name).cloned().or_else(|| self.catalog.resource_type(type_name)) else {
            *out.unmodelled.entry(Arc::from(type_name)).or_default() += 1;
            return Ok(());
        };
        let id: Arc<str> = Arc::from(word(&["resourceId"]).unwrap_or("?"));
        let mut row = Resource::new(resource_type.name.clone(), id.clone(), source.clone());
        row.name = word(&["resourceName"]).map(Arc::from);
        row.arn = word(&["ARN", "arn"]).map(Arc::from);
        row.account = word(&["awsAccountId", "accountId"]).map(Arc::from);
        row.region = word(&["awsRegion"]).map(Arc::from);
        row.observed_at = item.get("configurationItemCaptureTime").and_then(capture_time);
        if status == "ResourceNotRecorded" {
            unknown_all(&mut row, &resource_type.schema, &Cause::new(CauseKind::NotRecorded, "the recorder does not record this type"));
        } else {
            match self.properties(item, &resource_type) {
                Ok(Some(properties)) => row.properties = properties,
                Ok(None) => return Ok(()),
                Err(message) => {
                    out.errors.push(format!("{}: `{id}`: {message}", source.file));
                    unknown_all(
                        &mut row,
                        &resource_type.schema,
                        &Cause::new(CauseKind::CallFailed, format!("the item could not be read: {message}")),
                    );
                }
            }
            if let Some(fields) = partial {
                unknown_unselected(&mut row, &resource_type.schema, fields);
            }
        }
        if let Some(Value::Str(id)) = resource_type.id_path().and_then(|path| row.properties.at(path)) {
            row.id = Arc::from(&**id);
        }
        emit(row).map_err(ReadError::Sink)
    }

    /// `None` if the type's program passes the item over.
    fn properties(&mut self, mut item: Value, resource_type: &ResourceType) -> Result<Option<Value>, String> {
        self.decode(&mut item);
        let mut shaped = match &resource_type.config.jq {
            Some(program) => match self.programs.run(program, &item)? {
                Some(shaped) => Some(conform(shaped, &resource_type.schema, &BTreeMap::new())),
                None => return Ok(None),
            },
            None => None,
        };
        let tags = tags_of(&item, resource_type);
        let Value::Map(members) = item else { return Err("no JSON object".to_owned()) };
        let configuration = members.into_iter().find(|(key, _)| &**key == "configuration").map(|(_, value)| value).unwrap_or_default();
        let mut properties = conform(configuration, &resource_type.schema, &resource_type.config.rename);
        if let (Some(path), Some(tags)) = (resource_type.tags_path(), tags)
            && properties.at(path).is_none()
        {
            properties.set_at(path, tags);
        }
        if let Some(shaped) = shaped.take() {
            merge(&mut properties, shaped);
        }
        drop_nulls(&mut properties);
        Ok(Some(properties))
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

/// `None` if the query selected whole configurations; else the selected fields below `configuration`.
fn partial_fields(info: Option<&QueryInfo>) -> Option<Vec<String>> {
    let fields = &info?.fields;
    if fields.is_empty() || fields.iter().any(|field| field.name == "configuration" || field.name == "*") {
        return None;
    }
    Some(fields.iter().filter_map(|field| field.name.strip_prefix("configuration.").map(str::to_owned)).collect())
}

fn unknown_all(row: &mut Resource, schema: &Schema, cause: &Cause) {
    let cause = Arc::new(cause.clone());
    for (name, _) in schema.iter() {
        if &**name != "_Derived" {
            row.properties.set(name, Value::Unknown(cause.clone()));
        }
    }
}

fn unknown_unselected(row: &mut Resource, schema: &Schema, fields: &[String]) {
    let cause = Arc::new(Cause::new(
        CauseKind::NotRecorded,
        "the query did not select it; select `configuration` and `supplementaryConfiguration`",
    ));
    for (name, _) in schema.iter() {
        let selected = fields.iter().any(|field| field.split('.').next().is_some_and(|first| first.eq_ignore_ascii_case(name)));
        let present = row.properties.get(name).is_some();
        if !selected && !present && &**name != "_Derived" {
            row.properties.set(name, Value::Unknown(cause.clone()));
        }
    }
}
