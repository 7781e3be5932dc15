//! The IAM credential report: CSV as the console saves it, or the CLI's JSON with the CSV in base64.

use std::sync::Arc;

use partywall_catalog::{Column, ResourceType};
use partywall_model::{Resource, Source, Value};

/// First columns of every report (IAM user guide, "Generate credential reports for your AWS account").
pub(crate) const HEAD: &str = "user,arn,user_creation_time";

/// The pseudo-type that reports become: one row per user and one for `<root_account>`.
pub(crate) const TYPE: &str = "Partywall::IAM::CredentialReport";

/// Reads a report.
///
/// # Errors
/// The text is no CSV of that kind; with its line.
pub(crate) fn read(text: &str, resource_type: &ResourceType, source: &Arc<Source>) -> Result<Vec<Resource>, String> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let headers = reader.headers().map_err(|error| error.to_string())?.clone();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| error.to_string())?;
        let user = record.get(0).unwrap_or_default();
        let mut row = Resource::new(resource_type.name.clone(), user, source.clone());
        row.name = Some(Arc::from(user));
        for (header, field) in headers.iter().zip(record.iter()) {
            let name = pascal(header);
            if let Some((key, column)) = resource_type.schema.entry_ignoring_case(&name)
                && let Some(value) = cell(field, column)
            {
                row.properties.set(key, value);
            }
        }
        if let Some(arn) = record.get(1).filter(|arn| arn.starts_with("arn:")) {
            row.account = arn.split(':').nth(4).map(Arc::from);
            row.arn = Some(Arc::from(arn));
        }
        if resource_type.schema.get("IsRoot").is_some() {
            row.properties.set("IsRoot", Value::Bool(user == "<root_account>"));
        }
        row.region = Some(Arc::from("global"));
        rows.push(row);
    }
    Ok(rows)
}

/// `access_key_1_active` → `AccessKey1Active`.
fn pascal(header: &str) -> String {
    header
        .split('_')
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
        })
        .collect()
}

/// `N/A`, `no_information`, `not_supported` say that there is no such thing.
fn cell(field: &str, column: &Column) -> Option<Value> {
    match (field, column) {
        ("N/A" | "no_information" | "not_supported" | "", _) => None,
        (_, Column::Bool) => Some(Value::Bool(field.eq_ignore_ascii_case("true"))),
        _ => Some(Value::str(field)),
    }
}
