use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, Schema as ArrowSchema};
use partywall_catalog::{Column, Schema};

use crate::Envelope;

/// Name of the list of unknown paths, in rows and in struct elements of lists.
pub const UNKNOWN: &str = "_unknown";

/// Name of a list's element field, as Arrow and DataFusion expect it.
pub const ELEMENT: &str = "item";

/// The Arrow type of a column. Structs below a list get an `_unknown` member.
pub fn arrow_type(column: &Column) -> DataType {
    match column {
        Column::Str | Column::Json => DataType::Utf8,
        Column::Bool => DataType::Boolean,
        Column::Int => DataType::Int64,
        Column::Num => DataType::Float64,
        Column::Map => string_map(),
        Column::List(element) => DataType::List(Arc::new(Field::new(ELEMENT, element_type(element), true))),
        Column::Struct(members) => DataType::Struct(fields(members, false)),
    }
}

fn element_type(column: &Column) -> DataType {
    match column {
        Column::Struct(members) => DataType::Struct(fields(members, true)),
        other => arrow_type(other),
    }
}

pub(crate) fn fields(members: &Schema, with_unknown: bool) -> Fields {
    let own = members.iter().map(|(name, column)| Arc::new(Field::new(&**name, arrow_type(column), true)));
    let unknown = with_unknown.then(|| Arc::new(Field::new(UNKNOWN, path_list(), true)));
    own.chain(unknown).collect()
}

pub(crate) fn path_list() -> DataType {
    DataType::List(Arc::new(Field::new(ELEMENT, DataType::Utf8, true)))
}

pub(crate) fn string_map() -> DataType {
    let entries =
        DataType::Struct(Fields::from(vec![Field::new("keys", DataType::Utf8, false), Field::new("values", DataType::Utf8, true)]));
    DataType::Map(Arc::new(Field::new("entries", entries, false)), false)
}

/// The schema of a table: properties by name, then the wanted envelope columns, `_unknown` always last.
pub fn arrow_schema(columns: &Schema, envelope: &[Envelope]) -> ArrowSchema {
    let properties = columns.iter().map(|(name, column)| Field::new(&**name, arrow_type(column), true));
    let envelope = envelope.iter().map(|column| Field::new(column.name(), column.data_type(), true));
    let unknown = std::iter::once(Field::new(UNKNOWN, path_list(), true));
    ArrowSchema::new(properties.chain(envelope).chain(unknown).collect::<Vec<_>>())
}
