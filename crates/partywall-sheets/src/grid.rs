//! The cells of a sheet that is read: CSV or workbook, as text, with a cap on everything.

use std::io::{Cursor, Read};

use calamine::{Data, Reader, SheetType, Xlsx, XlsxFormulaMetadata};
use zip::ZipArchive;

use crate::cell::{letters, restore, shown};
use crate::heading::{Header, NEAR_TOP, Wanted, find};
use crate::{MAX_BYTES, MAX_ROWS, MAX_UNPACKED, SheetsError};

/// Columns that are looked at.
const MAX_COLUMNS: usize = 256;
/// Worksheets of a workbook that are looked at.
const MAX_SHEETS: usize = 64;

/// A row with its number, counted as the reader's tool counts, and the cells that are not blank.
#[derive(Debug, Default)]
pub(crate) struct Row {
    number: u64,
    cells: Vec<(usize, String)>,
}

impl Row {
    /// Positions and texts of the cells that are not blank.
    pub(crate) fn cells(&self) -> impl Iterator<Item = (usize, &str)> {
        self.cells.iter().map(|(at, text)| (*at, text.as_str()))
    }

    fn get(&self, column: usize) -> &str {
        self.cells().find(|(at, _)| *at == column).map_or("", |(_, text)| text)
    }
}

/// The rows below the header of the first worksheet that has the wanted columns.
#[derive(Debug)]
pub(crate) struct Grid {
    unit: &'static str,
    header: Header,
    rows: Vec<Row>,
    wanted: &'static [Wanted],
}

/// One row and where its columns are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Record<'g> {
    grid: &'g Grid,
    row: &'g Row,
}

impl Grid {
    /// Reads what is a workbook as a workbook and everything else as CSV.
    ///
    /// # Errors
    /// The file is too large, is neither, or no worksheet has the columns.
    pub(crate) fn read(bytes: &[u8], wanted: &'static [Wanted]) -> Result<Self, SheetsError> {
        if bytes.len() > MAX_BYTES {
            return Err(SheetsError::TooLarge { limit: MAX_BYTES as u64, what: "content" });
        }
        let (unit, header, rows) = if bytes.starts_with(b"PK\x03\x04") {
            let (header, rows) = of_workbook(bytes, wanted)?;
            ("row", header, rows)
        } else {
            let (header, rows) = of_csv(bytes, wanted)?;
            ("line", header, rows)
        };
        Ok(Self { unit, header, rows, wanted })
    }

    /// The rows below the header in which one of the wanted columns is not blank.
    pub(crate) fn records(&self) -> impl Iterator<Item = Record<'_>> {
        let below = self.rows.iter().skip(self.header.index + 1);
        below
            .map(|row| Record { grid: self, row })
            .filter(|record| self.header.columns.iter().any(|at| !record.row.get(*at).trim().is_empty()))
    }
}

impl<'g> Record<'g> {
    /// The text of a wanted column.
    pub(crate) fn get(self, wanted: usize) -> &'g str {
        self.grid.header.columns.get(wanted).map_or("", |at| self.row.get(*at))
    }

    /// An error about a wanted column of this row.
    pub(crate) fn error(self, wanted: usize, message: String) -> SheetsError {
        let heading = self.grid.wanted.get(wanted).map_or("", |one| one.heading);
        let column = self.grid.header.columns.get(wanted).map(|at| letters(*at)).unwrap_or_default();
        SheetsError::Cell { unit: self.grid.unit, row: self.row.number, column: format!("{column} `{heading}`"), message }
    }

    /// An error about a cell that is none of what its column can hold.
    pub(crate) fn unknown(self, wanted: usize, may_be: &str) -> SheetsError {
        self.error(wanted, format!("`{}` is not {may_be}", shown(self.get(wanted))))
    }
}

/// Rows in the making; what is kept is counted.
#[derive(Default)]
struct Rows {
    rows: Vec<Row>,
    kept: u64,
}

impl Rows {
    /// Adds a cell; cells come row by row.
    fn push(&mut self, number: u64, column: usize, text: &str) -> Result<(), SheetsError> {
        if text.is_empty() || column >= MAX_COLUMNS {
            return Ok(());
        }
        self.kept = self.kept.saturating_add(text.len() as u64);
        if self.kept > MAX_UNPACKED {
            return Err(SheetsError::TooLarge { limit: MAX_UNPACKED, what: "text" });
        }
        if self.rows.last().is_none_or(|row| row.number != number) {
            if self.rows.len() >= MAX_ROWS {
                return Err(SheetsError::TooManyRows { limit: MAX_ROWS });
            }
            self.rows.push(Row { number, cells: Vec::new() });
        }
        if let Some(row) = self.rows.last_mut() {
            row.cells.push((column, restore(text).into_owned()));
        }
        Ok(())
    }
}

/// Text without the mark that some tools put before it.
pub(crate) fn text_of(bytes: &[u8]) -> Result<&str, SheetsError> {
    let text = std::str::from_utf8(bytes).map_err(|_| SheetsError::Format)?;
    if text.contains('\0') { Err(SheetsError::Format) } else { Ok(text.strip_prefix('\u{FEFF}').unwrap_or(text)) }
}

/// What CSV files have between their cells: some countries' spreadsheets write semicolons, and tabs come from the clipboard.
pub(crate) const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

fn of_csv(bytes: &[u8], wanted: &[Wanted]) -> Result<(Header, Vec<Row>), SheetsError> {
    let text = text_of(bytes)?;
    let mut first_error = None;
    for delimiter in DELIMITERS {
        match find(&csv_rows(text, delimiter, NEAR_TOP)?, wanted) {
            Ok(header) => return Ok((header, csv_rows(text, delimiter, usize::MAX)?)),
            Err(error) => first_error = first_error.or(Some(error)),
        }
    }
    Err(first_error.unwrap_or(SheetsError::Format))
}

/// The line on which a record begins. The reader's own count is one too low where lines end in CR LF, and at blank lines.
pub(crate) struct Lines<'t> {
    text: &'t [u8],
    at: usize,
    line: u64,
}

impl<'t> Lines<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self { text: text.as_bytes(), at: 0, line: 1 }
    }

    /// The line of a record, counted from one; records come in the order of the file.
    pub(crate) fn of(&mut self, record: &csv::StringRecord) -> u64 {
        let start = record.position().and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or(self.at);
        let blank = self.text.iter().skip(start).take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let end = start + blank;
        let passed = self.text.iter().take(end).skip(self.at);
        self.line += passed.map(|byte| u64::from(*byte == b'\n')).sum::<u64>();
        self.at = self.at.max(end);
        self.line
    }
}

fn csv_rows(text: &str, delimiter: u8, most: usize) -> Result<Vec<Row>, SheetsError> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes());
    let mut rows = Rows::default();
    let (mut record, mut lines) = (csv::StringRecord::new(), Lines::new(text));
    for _ in 0..most {
        if !reader.read_record(&mut record)? {
            break;
        }
        let line = lines.of(&record);
        for (column, cell) in record.iter().enumerate() {
            rows.push(line, column, cell)?;
        }
    }
    Ok(rows.rows)
}

fn of_workbook(bytes: &[u8], wanted: &[Wanted]) -> Result<(Header, Vec<Row>), SheetsError> {
    unpacks_within_limits(bytes)?;
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|error| damaged(&error))?;
    let sheets = workbook.sheets_metadata().iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
    let names: Vec<String> = sheets.map(|sheet| sheet.name.clone()).take(MAX_SHEETS).collect();
    let mut first_error = None;
    for name in names {
        match find(&sheet_rows(&mut workbook, &name, NEAR_TOP)?, wanted) {
            Ok(header) => return Ok((header, sheet_rows(&mut workbook, &name, usize::MAX)?)),
            Err(error) => first_error = first_error.or(Some(error)),
        }
    }
    Err(first_error.unwrap_or_else(|| SheetsError::Workbook("it has no worksheet".to_owned())))
}

/// The first `most` rows of a worksheet. A formula is read as the value that was last seen, or as its own text; none is computed.
fn sheet_rows(workbook: &mut Xlsx<Cursor<&[u8]>>, name: &str, most: usize) -> Result<Vec<Row>, SheetsError> {
    let mut rows = Rows::default();
    // Streamed: one cell in the last row and column would otherwise fill the memory with blank ones.
    let mut cells = workbook.worksheet_cells_reader(name).map_err(|error| damaged(&error))?;
    while let Some(cell) = cells.next_cell_with_formula_metadata().map_err(|error| damaged(&error))? {
        let (row, column) = cell.pos;
        let value = Data::from(cell.value).to_string();
        let text = match cell.formula {
            Some(formula) if value.is_empty() => match formula {
                XlsxFormulaMetadata::Normal { formula } | XlsxFormulaMetadata::Shared { formula, .. } => format!("={formula}"),
                _ => "=".to_owned(),
            },
            _ => value,
        };
        if usize::try_from(row).is_ok_and(|row| row >= most) {
            break;
        }
        rows.push(u64::from(row) + 1, usize::try_from(column).unwrap_or(usize::MAX), &text)?;
    }
    Ok(rows.rows)
}

/// Counts what a workbook unpacks to before anything is kept of it: sizes that it states itself need not be true.
fn unpacks_within_limits(bytes: &[u8]) -> Result<(), SheetsError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| SheetsError::Workbook(error.to_string()))?;
    let mut left = MAX_UNPACKED;
    for index in 0..archive.len() {
        let file = archive.by_index(index).map_err(|error| SheetsError::Workbook(error.to_string()))?;
        let unpacked = std::io::copy(&mut file.take(left + 1), &mut std::io::sink());
        let unpacked = unpacked.map_err(|error| SheetsError::Workbook(error.to_string()))?;
        left = left.checked_sub(unpacked).ok_or(SheetsError::TooLarge { limit: MAX_UNPACKED, what: "unpacked content" })?;
    }
    Ok(())
}

fn damaged(error: &calamine::XlsxError) -> SheetsError {
    SheetsError::Workbook(shown(&error.to_string()))
}
