//! The IAM credential report: CSV as the console saves it, or the CLI's JSON with the CSV in base64.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use partywall_catalog::{Column, ResourceType};
use partywall_model::{Cause, CauseKind, Resource, Source, Value};

/// First columns of every report (IAM user guide, "Generate credential reports for your AWS account").
pub(crate) const HEAD: &str = "user,arn,user_creation_time";

/// The pseudo-type that reports become: one row per user and one for `<root_account>`.
pub(crate) const TYPE: &str = "Partywall::IAM::CredentialReport";

/// Reads a report: its rows, and a line for each record that is no whole one.
pub(crate) fn read(text: &str, resource_type: &ResourceType, source: &Arc<Source>) -> (Vec<Resource>, Vec<String>) {
    let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
    let headers = reader.headers().cloned().unwrap_or_default();
    let (mut rows, mut errors) = (Vec::new(), Vec::new());
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                errors.push(error.to_string());
                continue;
            }
        };
        let user = record.get(0).unwrap_or_default();
        let mut row = Resource::new(resource_type.name.clone(), user, source.clone());
        row.name = Some(Arc::from(user));
        for (header, field) in headers.iter().zip(record.iter()) {
            let name = pascal(header);
            if let Some((key, column)) = resource_type.schema.entry_ignoring_case(&name)
                && let Some(value) = cell(header, field, column)
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
    (rows, errors)
}

/// When the report in an answer was made (IAM API reference, GetCredentialReport): its facts are as old as that.
pub(crate) fn generated(answer: &Value) -> Option<DateTime<Utc>> {
    let at = DateTime::parse_from_rfc3339(answer.get("GeneratedTime")?.as_str()?).ok()?;
    Some(at.with_timezone(&Utc))
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

/// `N/A`, `no_information`, `not_supported` say that there is no such thing. A cell that is neither that nor of its column's kind was
/// written by something else than AWS, such as a spreadsheet with dates of its own.
fn cell(header: &str, field: &str, column: &Column) -> Option<Value> {
    let known = match (field, column) {
        ("N/A" | "no_information" | "not_supported" | "", _) => return None,
        ("true" | "TRUE", Column::Bool) => Some(Value::Bool(true)),
        ("false" | "FALSE", Column::Bool) => Some(Value::Bool(false)),
        (_, Column::Bool) => None,
        _ if ["user", "arn"].contains(&header) => Some(Value::str(field)),
        _ => DateTime::parse_from_rfc3339(field).ok().map(|_| Value::str(field)),
    };
    let cause =
        || Cause::new(CauseKind::CallFailed, format!("`{field}` is not what AWS writes into `{header}`; download the report again"));
    Some(known.unwrap_or_else(|| Value::unknown(cause())))
}
