use std::io::{self, Write};
use std::str::FromStr;

use partywall_model::CheckResult;
use thiserror::Error;

use crate::{Asff, Csv, Html, Json, Jsonl, Junit, Markdown, Ocsf, Sarif, Table};
use crate::{CheckInfo, Run, Summary};

/// Where results go. Called in this order: [`begin`](Self::begin) once, [`result`](Self::result) for every result,
/// [`finish`](Self::finish) once. Errors are those of the writer.
pub trait ResultSink {
    /// Takes what is known before the first result.
    fn begin(&mut self, run: &Run) -> io::Result<()>;
    /// Takes one result and the check that gave it.
    fn result(&mut self, check: &CheckInfo, result: &CheckResult) -> io::Result<()>;
    /// Takes what is known after the last result, writes what is left and flushes.
    fn finish(&mut self, summary: &Summary) -> io::Result<()>;
}

/// The output formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// The first screen, for a terminal.
    Table,
    /// One document with run, results and summary.
    Json,
    /// One result per line: the public contract.
    Jsonl,
    /// One result per row, for a spreadsheet.
    Csv,
    /// One self-contained page.
    Html,
    /// For a pull request or a ticket.
    Markdown,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// OCSF compliance findings, for a data lake.
    Ocsf,
    /// AWS Security Finding Format, for Security Hub.
    Asff,
    /// `JUnit` XML, for a build server.
    Junit,
}

/// The text names no format.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is no format: write table, json, jsonl, csv, html, md, sarif, ocsf, asff or junit")]
pub struct ParseFormatError(String);

impl Format {
    /// All formats, in the order in which help lists them.
    pub const ALL: [Self; 10] =
        [Self::Table, Self::Json, Self::Jsonl, Self::Csv, Self::Html, Self::Markdown, Self::Sarif, Self::Ocsf, Self::Asff, Self::Junit];

    /// The word on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Html => "html",
            Self::Markdown => "md",
            Self::Sarif => "sarif",
            Self::Ocsf => "ocsf",
            Self::Asff => "asff",
            Self::Junit => "junit",
        }
    }

    /// The name of the file that a directory of all formats holds.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Table => "wall.txt",
            Self::Json => "report.json",
            Self::Jsonl => "results.jsonl",
            Self::Csv => "results.csv",
            Self::Html => "wall.html",
            Self::Markdown => "wall.md",
            Self::Sarif => "results.sarif",
            Self::Ocsf => "results.ocsf.json",
            Self::Asff => "results.asff.jsonl",
            Self::Junit => "results.junit.xml",
        }
    }
}

impl FromStr for Format {
    type Err = ParseFormatError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|format| format.as_str() == text).ok_or_else(|| ParseFormatError(text.to_owned()))
    }
}

/// What the terminal format may do; the others have no options.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// Colour, beside words that already say it.
    pub color: bool,
    /// Every failed result rather than the worst few.
    pub all: bool,
}

/// Makes the sink of a format. The writer should be buffered or take writes of any size well.
pub fn sink<'w, W: Write + 'w>(format: Format, out: W, options: Options) -> Box<dyn ResultSink + 'w> {
    match format {
        Format::Table => Box::new(Table::new(out, options)),
        Format::Json => Box::new(Json::new(out)),
        Format::Jsonl => Box::new(Jsonl::new(out)),
        Format::Csv => Box::new(Csv::new(out)),
        Format::Html => Box::new(Html::new(out)),
        Format::Markdown => Box::new(Markdown::new(out)),
        Format::Sarif => Box::new(Sarif::new(out)),
        Format::Ocsf => Box::new(Ocsf::new(out)),
        Format::Asff => Box::new(Asff::new(out)),
        Format::Junit => Box::new(Junit::new(out)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn formats_round_trip() {
        for format in Format::ALL {
            assert_eq!(format.as_str().parse(), Ok(format));
        }
        assert!("xml".parse::<Format>().is_err());
    }

    #[test]
    fn the_same_run_gives_the_same_bytes() {
        for format in Format::ALL {
            let first = fixture::render(format, Options { color: true, all: true });
            assert!(!first.is_empty());
            assert_eq!(first, fixture::render(format, Options { color: true, all: true }), "{}", format.as_str());
        }
    }

    #[test]
    fn every_format_keeps_a_finding_that_an_exception_covers() {
        for format in Format::ALL {
            let text = fixture::render(format, Options { color: false, all: true });
            assert!(text.contains("risk accepted") || text.contains("risk-accepted"), "{}", format.as_str());
        }
    }
}
