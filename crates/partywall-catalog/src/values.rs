use std::sync::Arc;

use chrono::NaiveDate;
use partywall_model::Value;

/// Turns a TOML value of a case or default into facts. Dates become their text.
pub fn to_value(value: &toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::str(text.as_str()),
        toml::Value::Integer(number) => Value::Int(*number),
        toml::Value::Float(number) => Value::Float(*number),
        toml::Value::Boolean(value) => Value::Bool(*value),
        toml::Value::Datetime(date) => Value::str(date.to_string()),
        toml::Value::Array(items) => Value::List(items.iter().map(to_value).collect()),
        toml::Value::Table(table) => table_to_value(table),
    }
}

/// Turns a TOML table into a map of facts.
pub fn table_to_value(table: &toml::Table) -> Value {
    Value::Map(table.iter().map(|(key, value)| (Arc::from(key.as_str()), to_value(value))).collect())
}

pub(crate) fn to_date(date: toml::value::Datetime) -> Option<NaiveDate> {
    let date = date.date?;
    NaiveDate::from_ymd_opt(i32::from(date.year), u32::from(date.month), u32::from(date.day))
}
