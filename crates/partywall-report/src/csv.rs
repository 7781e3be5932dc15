use std::borrow::Cow;
use std::io::{self, Write};

use partywall_model::CheckResult;

use crate::sink::ResultSink;
use crate::text::clean;
use crate::view::timestamp;
use crate::words;
use crate::{CheckInfo, Run, Summary};

const COLUMNS: [&str; 30] = [
    "id",
    "check",
    "title",
    "status",
    "severity",
    "resource_type",
    "resource_id",
    "resource_name",
    "logical_id",
    "arn",
    "account",
    "region",
    "source",
    "file",
    "line",
    "column",
    "decided_by",
    "duty",
    "layer",
    "party",
    "owner",
    "controls",
    "facts",
    "unknown_because",
    "snapshot",
    "observed_at",
    "first_seen",
    "due",
    "exception",
    "catalog",
];

/// One result per row under a header row, for a spreadsheet. Lists are joined with `; `. A cell that a spreadsheet would
/// read as a formula gets a leading apostrophe.
#[derive(Debug)]
pub struct Csv<W: Write> {
    writer: csv::Writer<W>,
    run: Option<Run>,
}

impl<W: Write> Csv<W> {
    /// Makes the sink.
    pub fn new(out: W) -> Self {
        Self { writer: csv::Writer::from_writer(out), run: None }
    }
}

/// The cell, made inert: spreadsheets run what starts with one of these characters, terminals obey control characters.
pub(crate) fn cell(text: &str) -> Cow<'_, str> {
    let clean = clean(text);
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
        Cow::Owned(format!("'{clean}"))
    } else {
        clean
    }
}

impl<W: Write> ResultSink for Csv<W> {
    fn begin(&mut self, run: &Run) -> io::Result<()> {
        self.run = Some(run.clone());
        self.writer.write_record(COLUMNS).map_err(io::Error::from)
    }

    fn result(&mut self, check: &CheckInfo, result: &CheckResult) -> io::Result<()> {
        let Some(run) = &self.run else { return Ok(()) };
        let resource = result.resource.as_deref();
        let id = result.id.to_string();
        let position = words::position(result);
        let file = position.map(|at| &at.file).or(resource.map(|one| &one.source.file));
        let line = position.map(|at| at.line.to_string()).unwrap_or_default();
        let column = position.map(|at| at.column.to_string()).unwrap_or_default();
        let decided_by = words::decided_by(result).map(|one| format!("{} {}", one.resource_type, one.id)).unwrap_or_default();
        let controls: Vec<String> = check.controls.iter().map(|(name, ids)| format!("{name}: {}", ids.join(", "))).collect();
        let facts: Vec<String> = result.facts.iter().map(words::fact).collect();
        let missing: Vec<String> = result.unknown_because.iter().map(words::missing).collect();
        let exception = result.exception.as_deref().map(|one| format!("{}: {} ({})", one.id, words::exception(one), one.reason));
        let row: [&str; COLUMNS.len()] = [
            &id,
            &check.id,
            &check.title,
            result.status.as_str(),
            result.severity.as_str(),
            &result.resource_type,
            resource.map_or("", |one| &one.id),
            resource.and_then(|one| one.name.as_deref()).unwrap_or_default(),
            resource.and_then(|one| one.logical_id.as_deref()).unwrap_or_default(),
            resource.and_then(|one| one.arn.as_deref()).unwrap_or_default(),
            result.account.as_deref().unwrap_or_default(),
            result.region.as_deref().unwrap_or_default(),
            resource.map_or("", |one| one.source.kind.as_str()),
            file.map_or("", |one| one),
            &line,
            &column,
            &decided_by,
            &check.duty,
            &check.layer,
            &result.party,
            &run.ledger.owner(result).unwrap_or_default(),
            &controls.join("; "),
            &facts.join("; "),
            &missing.join("; "),
            &run.snapshot,
            &resource.and_then(|one| one.observed_at).map(timestamp).unwrap_or_default(),
            &run.ledger.first_seen(result.id).map(timestamp).unwrap_or_default(),
            &run.due(result).map(|due| due.to_string()).unwrap_or_default(),
            &exception.unwrap_or_default(),
            &run.catalog,
        ];
        self.writer.write_record(row.map(|text| cell(text).into_owned())).map_err(io::Error::from)
    }

    fn finish(&mut self, _summary: &Summary) -> io::Result<()> {
        self.writer.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Format, Options, fixture};

    #[test]
    fn formulas_are_inert() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "＝1"] {
            assert_eq!(cell(text), format!("'{text}"));
        }
        assert_eq!([cell("\tx"), cell("\rx"), cell("a\u{1b}[2J")], ["' x", "' x", "a\u{fffd}[2J"]);
        assert_eq!(cell("a=1"), "a=1");
    }

    #[test]
    fn every_cell_of_a_hostile_run_is_inert() {
        let text = fixture::render(Format::Csv, Options::default());
        let mut reader = ::csv::Reader::from_reader(text.as_bytes());
        assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>(), COLUMNS);
        let rows: Vec<::csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), fixture::sample().results.len());
        let formula = rows.iter().find(|row| row.iter().any(|cell| cell.starts_with("'=HYPERLINK")));
        assert!(formula.is_some());
        for row in &rows {
            assert!(row.iter().all(|cell| !cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n'])));
        }
    }
}
