use std::collections::HashMap;

use chrono::NaiveDate;
use serde::Deserialize;

/// End-of-support dates of runtimes, engines and platform versions: static world knowledge with a date.
#[derive(Debug, Clone, Default)]
pub struct EolTable {
    dates: HashMap<(String, String), NaiveDate>,
    as_of: Option<NaiveDate>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EolFile {
    as_of: toml::value::Datetime,
    #[serde(rename = "eol")]
    rows: Vec<EolRow>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EolRow {
    table: String,
    version: String,
    date: toml::value::Datetime,
    #[expect(dead_code, reason = "read by people and by the lint of the file's syntax, not by the program")]
    source: String,
}

impl EolTable {
    pub(crate) fn new(file: EolFile) -> Self {
        let dates = file.rows.into_iter().filter_map(|row| Some(((row.table, row.version), crate::values::to_date(row.date)?))).collect();
        Self { dates, as_of: crate::values::to_date(file.as_of) }
    }

    /// The last day of support, if the table lists the version; exact match, then by dotted prefixes (`16.3` → `16`).
    pub fn date(&self, table: &str, version: &str) -> Option<NaiveDate> {
        let mut version = version;
        loop {
            if let Some(date) = self.dates.get(&(table.to_owned(), version.to_owned())) {
                return Some(*date);
            }
            version = version.rsplit_once('.')?.0;
        }
    }

    /// The day on which the table was made.
    pub fn as_of(&self) -> Option<NaiveDate> {
        self.as_of
    }

    /// True if the table lists any version under that name.
    pub fn has_table(&self, table: &str) -> bool {
        self.dates.keys().any(|(name, _)| name == table)
    }
}
