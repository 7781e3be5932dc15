use std::sync::Arc;

use arrow::array::{ArrayRef, ListBuilder, MapBuilder, RecordBatch, StringBuilder, StructArray, TimestampMicrosecondArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Field, Fields, TimeUnit};
use partywall_catalog::{ResourceType, Schema};
use partywall_model::{Cause, Resource, SourceKind, Value};
use thiserror::Error;

use crate::builder::{Builder, Sink};
use crate::schema;

/// The reasons for a row's unknown paths, in the order met. List elements are written `List[2].Member`.
pub type RowGaps = Vec<(Arc<str>, Arc<Cause>)>;

/// A record batch could not be made.
#[derive(Debug, Error)]
pub enum TableError {
    /// Arrow refused the columns.
    #[error("cannot build a batch of `{resource_type}`: {source}")]
    Arrow {
        /// The type.
        resource_type: Arc<str>,
        /// Arrow's words.
        source: arrow::error::ArrowError,
    },
}

/// The columns that every table has beside its properties.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Envelope {
    /// `_arn`, text.
    Arn,
    /// `_id`, text.
    Id,
    /// `_name`, text.
    Name,
    /// `_account`, text.
    Account,
    /// `_region`, text.
    Region,
    /// `_tags`, string map.
    Tags,
    /// `_source`, struct of kind and file.
    Source,
    /// `_observed_at`, UTC timestamp in microseconds.
    ObservedAt,
    /// `_location`, text `file:line:column`.
    Location,
}

impl Envelope {
    /// All of them, in column order.
    pub const ALL: [Self; 9] =
        [Self::Arn, Self::Id, Self::Name, Self::Account, Self::Region, Self::Tags, Self::Source, Self::ObservedAt, Self::Location];

    /// The column's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Arn => "_arn",
            Self::Id => "_id",
            Self::Name => "_name",
            Self::Account => "_account",
            Self::Region => "_region",
            Self::Tags => "_tags",
            Self::Source => "_source",
            Self::ObservedAt => "_observed_at",
            Self::Location => "_location",
        }
    }

    /// The column of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|column| column.name() == name)
    }

    /// Its Arrow type.
    pub fn data_type(self) -> DataType {
        match self {
            Self::Tags => schema::string_map(),
            Self::Source => DataType::Struct(source_fields()),
            Self::ObservedAt => DataType::Timestamp(TimeUnit::Microsecond, Some(Arc::from("UTC"))),
            _ => DataType::Utf8,
        }
    }
}

fn source_fields() -> Fields {
    Fields::from(vec![Field::new("Kind", DataType::Utf8, true), Field::new("File", DataType::Utf8, true)])
}

/// Rows of one type from one kind of source: the batch, the resources it was made of, and why paths are unknown.
#[derive(Debug, Clone)]
pub struct TypeBatch {
    /// The type.
    pub resource_type: Arc<ResourceType>,
    /// The kind of source of all rows.
    pub kind: SourceKind,
    /// The columns.
    pub batch: RecordBatch,
    /// The rows' resources.
    pub rows: Vec<Arc<Resource>>,
    /// The rows' gaps.
    pub gaps: Vec<RowGaps>,
}

/// Builds a batch with the given property columns (see [`crate::project`]) and envelope columns.
///
/// # Errors
/// Arrow refuses the columns; a defect, not bad input.
pub fn build_batch(
    resource_type: &Arc<ResourceType>,
    kind: SourceKind,
    columns: &Schema,
    envelope: &[Envelope],
    rows: Vec<Arc<Resource>>,
) -> Result<TypeBatch, TableError> {
    let mut builders: Vec<_> = columns.iter().map(|(name, column)| (name.clone(), Builder::new(column))).collect();
    let mut unknown = ListBuilder::new(StringBuilder::new());
    let mut tags = envelope.contains(&Envelope::Tags).then(|| MapBuilder::new(None, StringBuilder::new(), StringBuilder::new()));
    let mut gaps = Vec::with_capacity(rows.len());
    let mut sink = Sink::default();
    for row in &rows {
        sink.begin_row();
        for (name, builder) in &mut builders {
            sink.enter(name);
            builder.append(row.properties.get(name), &mut sink);
            sink.leave();
        }
        if let Some(tags) = &mut tags {
            append_tags(resource_type, row, tags, &mut sink, columns);
        }
        gaps.push(sink.end_row(&mut unknown));
    }
    let mut arrays: Vec<ArrayRef> = builders.into_iter().map(|(_, builder)| builder.finish()).collect();
    for column in envelope {
        arrays.push(match column {
            Envelope::Tags => match tags.take() {
                Some(mut tags) => Arc::new(tags.finish()),
                None => arrow::array::new_null_array(&Envelope::Tags.data_type(), rows.len()),
            },
            other => envelope_array(*other, &rows),
        });
    }
    arrays.push(Arc::new(unknown.finish()));
    let schema = Arc::new(schema::arrow_schema(columns, envelope));
    let batch =
        RecordBatch::try_new(schema, arrays).map_err(|source| TableError::Arrow { resource_type: resource_type.name.clone(), source })?;
    Ok(TypeBatch { resource_type: resource_type.clone(), kind, batch, rows, gaps })
}

fn envelope_array(column: Envelope, rows: &[Arc<Resource>]) -> ArrayRef {
    let text = |get: fn(&Resource) -> Option<String>| -> ArrayRef {
        Arc::new(rows.iter().map(|row| get(row)).collect::<arrow::array::StringArray>())
    };
    match column {
        Envelope::Arn => text(|row| row.arn.as_deref().map(str::to_owned)),
        Envelope::Id => text(|row| Some(row.id.to_string())),
        Envelope::Name => text(|row| row.name.as_deref().map(str::to_owned)),
        Envelope::Account => text(|row| row.account.as_deref().map(str::to_owned)),
        Envelope::Region => text(|row| row.region.as_deref().map(str::to_owned)),
        Envelope::Location => text(|row| row.location.as_ref().map(ToString::to_string)),
        Envelope::ObservedAt => Arc::new(
            rows.iter()
                .map(|row| row.observed_at.map(|time| time.timestamp_micros()))
                .collect::<TimestampMicrosecondArray>()
                .with_timezone("UTC"),
        ),
        Envelope::Source => {
            let kind = text(|row| Some(row.source.kind.as_str().to_owned()));
            let file = text(|row| Some(row.source.file.to_string()));
            let nulls: Option<NullBuffer> = None;
            match StructArray::try_new(source_fields(), vec![kind, file], nulls) {
                Ok(array) => Arc::new(array),
                Err(_) => arrow::array::new_null_array(&column.data_type(), rows.len()),
            }
        }
        Envelope::Tags => arrow::array::new_null_array(&column.data_type(), rows.len()),
    }
}

/// Tags are `[{Key, Value}]` or a string map, by type; `_tags` is always a map with sorted keys.
fn append_tags(
    resource_type: &ResourceType,
    row: &Resource,
    builder: &mut MapBuilder<StringBuilder, StringBuilder>,
    sink: &mut Sink,
    columns: &Schema,
) {
    let value = resource_type.tags_path().and_then(|path| row.properties.at(path));
    let mut pairs: Vec<(&str, String)> = Vec::new();
    let mut cause = None;
    match value {
        Some(Value::Map(members)) => {
            for (key, value) in members {
                match value {
                    Value::Unknown(why) => cause = Some(why.clone()),
                    Value::Str(text) => pairs.push((key, text.to_string())),
                    other => pairs.push((key, crate::canonical_json(other).unwrap_or_default())),
                }
            }
        }
        Some(Value::List(items)) => {
            for item in items {
                match (item.get("Key").and_then(Value::as_str), item.get("Value")) {
                    (Some(key), Some(Value::Str(text))) => pairs.push((key, text.to_string())),
                    (Some(key), None | Some(Value::Null)) => pairs.push((key, String::new())),
                    (Some(key), Some(other)) if !other.holds_unknown() => {
                        pairs.push((key, crate::canonical_json(other).unwrap_or_default()));
                    }
                    _ => cause = cause.or_else(|| item.first_unknown().cloned()),
                }
            }
        }
        Some(Value::Unknown(why)) => cause = Some(why.clone()),
        _ => {}
    }
    pairs.sort();
    pairs.dedup_by(|(a, _), (b, _)| a == b);
    for (key, value) in pairs {
        builder.keys().append_value(key);
        builder.values().append_value(value);
    }
    // A map that lacks entries would read as "no such tag"; with the path in `_unknown` it reads as unknown.
    let _ = builder.append(value.is_some_and(|value| !value.is_null()));
    if let (Some(path), Some(cause)) = (resource_type.tags_path(), cause)
        && columns.get(path).is_none()
    {
        sink.unknown_at(path, &cause);
    }
}
