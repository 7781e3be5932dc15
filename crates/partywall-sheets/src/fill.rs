//! Filling the user's own copy of the CAIQ.

use std::collections::BTreeMap;

use crate::caiq::{ANSWER, CUSTOMER, Csp, OWNERSHIP, PROVIDER, QUESTION_ID, Reply, reply};
use crate::cell::{clean, defuse, letters};
use crate::control::plain;
use crate::grid::{DELIMITERS, Lines, text_of};
use crate::heading::{NEAR_TOP, Wanted};
use crate::{MAX_BYTES, MAX_ROWS, Matrix, MatrixLine, SheetsError};

/// A filled questionnaire and what was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilledCaiq {
    /// The sheet: the user's, with blank cells filled.
    pub csv: Vec<u8>,
    /// Questions whose control is in the matrix.
    pub questions: usize,
    /// Cells that were filled.
    pub filled: usize,
    /// Cells in which somebody had written something else; they were left.
    pub kept: Vec<KeptCell>,
    /// Ids of questions whose control is not in the matrix.
    pub unknown: Vec<String>,
}

/// A cell that was left as it is although the matrix says something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptCell {
    /// The line of the file on which its row begins.
    pub line: u64,
    /// The column's letter and heading.
    pub column: String,
    /// The question.
    pub question: String,
    /// What stands there.
    pub theirs: String,
    /// What would have been written.
    pub ours: String,
}

/// The four columns that are filled. Templates add `(Optional/Recommended)` and the like.
const FILLED: [Wanted; 4] = [
    Wanted { heading: ANSWER, aliases: &["CAIQ Answer"], longer: false, above: false },
    Wanted::exactly(OWNERSHIP),
    Wanted { heading: PROVIDER, aliases: &[], longer: true, above: false },
    Wanted { heading: CUSTOMER, aliases: &[], longer: true, above: false },
];
const ID: Wanted = Wanted::exactly(QUESTION_ID);

/// Fills the answer, ownership and description columns of the user's own CAIQ, a CSV file in UTF-8, for each question by its control:
/// `IAM-05.1` asks about `IAM-05`. Columns are found by their headings. Only blank cells are filled: what somebody wrote stays and is told,
/// where it differs. All other cells stay as they are.
///
/// # Errors
/// The file is too large, no CSV in UTF-8, or has no column of ids or none to fill.
pub fn fill_caiq(theirs: &[u8], matrix: &Matrix, csp: Csp) -> Result<FilledCaiq, SheetsError> {
    if theirs.len() > MAX_BYTES {
        return Err(SheetsError::TooLarge { limit: MAX_BYTES as u64, what: "content" });
    }
    let text = text_of(theirs)?;
    let mut missing = None;
    for delimiter in DELIMITERS {
        let rows = records(text, delimiter)?;
        match header(&rows) {
            Ok(columns) => return fill((theirs, text), rows, &columns, delimiter, matrix, csp),
            Err(error) => missing = missing.or(Some(error)),
        }
    }
    Err(missing.unwrap_or(SheetsError::Format))
}

fn records(text: &str, delimiter: u8) -> Result<Vec<csv::StringRecord>, SheetsError> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes());
    let rows: Vec<_> = reader.records().take(MAX_ROWS + 1).collect::<Result<_, _>>()?;
    if rows.len() > MAX_ROWS { Err(SheetsError::TooManyRows { limit: MAX_ROWS }) } else { Ok(rows) }
}

/// Where the columns of a questionnaire are.
struct Columns {
    header: usize,
    id: usize,
    filled: [Option<usize>; FILLED.len()],
}

fn header(rows: &[csv::StringRecord]) -> Result<Columns, SheetsError> {
    let mut missing = QUESTION_ID;
    for (header, row) in rows.iter().enumerate().take(NEAR_TOP) {
        let Some(id) = ID.position(row.iter().enumerate()) else { continue };
        let filled = FILLED.map(|one| one.position(row.iter().enumerate()));
        if filled.iter().any(Option::is_some) {
            return Ok(Columns { header, id, filled });
        }
        missing = ANSWER;
    }
    Err(SheetsError::Header { rows: NEAR_TOP, missing: missing.to_owned() })
}

fn fill(
    (theirs, text): (&[u8], &str),
    rows: Vec<csv::StringRecord>,
    columns: &Columns,
    delimiter: u8,
    matrix: &Matrix,
    csp: Csp,
) -> Result<FilledCaiq, SheetsError> {
    let lines: BTreeMap<String, &MatrixLine> = matrix.lines.iter().map(|line| (plain(&line.id), line)).collect();
    let mut done = FilledCaiq { csv: Vec::new(), questions: 0, filled: 0, kept: Vec::new(), unknown: Vec::new() };
    let (mut out, mut line_of_file) = (Vec::new(), Lines::new(text));
    if theirs.starts_with("\u{FEFF}".as_bytes()) {
        out.extend_from_slice("\u{FEFF}".as_bytes());
    }
    let ending = if theirs.windows(2).any(|two| two == b"\r\n") { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
    let mut writer = csv::WriterBuilder::new().flexible(true).delimiter(delimiter).terminator(ending).from_writer(out);
    for (index, row) in rows.into_iter().enumerate() {
        let at = line_of_file.of(&row);
        let question = row.get(columns.id).unwrap_or_default().trim();
        if index <= columns.header || question.is_empty() {
            writer.write_record(&row)?;
            continue;
        }
        let Some(line) = line_of(&lines, question) else {
            done.unknown.push(clean(question).into_owned());
            writer.write_record(&row)?;
            continue;
        };
        done.questions += 1;
        let cells = filled((at, &row), columns, &reply(line, csp), &mut done);
        writer.write_record(&cells)?;
    }
    done.csv = writer.into_inner().map_err(|error| SheetsError::Csv(csv::Error::from(error.into_error())))?;
    Ok(done)
}

/// The line of a question's control: its own id, or the id before the last dot.
fn line_of<'m>(lines: &BTreeMap<String, &'m MatrixLine>, question: &str) -> Option<&'m MatrixLine> {
    let question = plain(question);
    let control = question.rsplit_once('.').map(|(control, _)| control);
    lines.get(&question).or_else(|| lines.get(control?)).copied()
}

/// The cells of a row, blank ones filled; counts and tells what it does.
fn filled((line, row): (u64, &csv::StringRecord), columns: &Columns, reply: &Reply, done: &mut FilledCaiq) -> Vec<String> {
    let mut cells: Vec<String> = row.iter().map(ToOwned::to_owned).collect();
    let ours = [reply.answer, reply.ownership, &reply.provider, &reply.customer];
    for ((at, ours), wanted) in columns.filled.iter().zip(ours).zip(&FILLED) {
        let Some(at) = at.filter(|_| !ours.is_empty()) else { continue };
        if cells.len() <= at {
            cells.resize(at + 1, String::new());
        }
        let ours = defuse(ours).into_owned();
        let Some(cell) = cells.get_mut(at) else { continue };
        if cell.trim().is_empty() {
            *cell = ours;
            done.filled += 1;
        } else if plain(cell) != plain(&ours) {
            done.kept.push(KeptCell {
                line,
                column: format!("{} `{}`", letters(at), wanted.heading),
                question: clean(row.get(columns.id).unwrap_or_default().trim()).into_owned(),
                theirs: clean(cell).into_owned(),
                ours,
            });
        }
    }
    cells
}
