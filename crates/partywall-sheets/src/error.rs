use thiserror::Error;

use crate::cell::shown;

/// What can be wrong with a sheet. The caller adds the name of the file.
#[derive(Debug, Error)]
pub enum SheetsError {
    /// A text that is no control id of NIST SP 800-53.
    #[error("`{}` is no control id of NIST SP 800-53; write one such as `AC-02`, `AC-02(03)` or `AC-02 (a)`", shown(.0))]
    Control(String),
    /// A cell holds what its column cannot.
    #[error("{unit} {row}, column {column}: {message}")]
    Cell {
        /// `line` in CSV, `row` in a workbook.
        unit: &'static str,
        /// Counted from one.
        row: u64,
        /// The column's letter and heading.
        column: String,
        /// What is wrong and what to write.
        message: String,
    },
    /// No row near the top is the header row.
    #[error("no header row within the first {rows} rows; a column `{missing}` is missing")]
    Header {
        /// How many rows were looked at.
        rows: usize,
        /// Headings that the nearest row lacks, joined.
        missing: String,
    },
    /// The file is larger than any such sheet, packed or unpacked.
    #[error("the file has more than {limit} bytes of {what}; split it")]
    TooLarge {
        /// The most that is read.
        limit: u64,
        /// Of what: packed or unpacked.
        what: &'static str,
    },
    /// The sheet has more rows than any such sheet.
    #[error("the sheet has more than {limit} rows; split it")]
    TooManyRows {
        /// The most that is read.
        limit: usize,
    },
    /// Neither a workbook nor text.
    #[error("the file is neither an .xlsx workbook nor CSV in UTF-8; save it as one of the two")]
    Format,
    /// A cell has more text than a workbook can hold.
    #[error("row {row}, column `{column}`: {length} characters, and a cell of a workbook holds 32767; write the sheet as CSV")]
    LongText {
        /// Counted from one, over the rows below the header.
        row: usize,
        /// The heading.
        column: &'static str,
        /// UTF-16 units of the text.
        length: usize,
    },
    /// The text is no CSV.
    #[error("the file is no CSV that can be read: {0}")]
    Csv(#[from] csv::Error),
    /// The workbook is damaged, or of a kind that cannot be read.
    #[error("the workbook cannot be read: {0}; save it anew as .xlsx or as CSV in UTF-8")]
    Workbook(String),
    /// The workbook cannot be written.
    #[error("the workbook cannot be written: {0}")]
    Write(String),
    /// The page cannot be written.
    #[error("the page cannot be written: {0}")]
    Page(#[from] askama::Error),
}
