//! Tables that programs write and people keep beside their records, as CSV: who belongs to which team, who acknowledged a policy, who
//! completed a training.

use std::ops::Range;
use std::sync::Arc;

use chrono::NaiveDate;
use partywall_model::near::did_you_mean;
use partywall_model::{is_safe, plain};

use crate::RecordsError;
use crate::text::Text;

/// No id, team, day or version is near this; a quotation mark that is never closed makes one cell of the rest of the file.
const MAX_CELL: usize = 1000;

/// Spreadsheets run a cell as a formula that begins with one of these.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// A line of a table: its cells in the order that was asked for.
#[derive(Debug)]
pub(crate) struct Row<const N: usize> {
    at: usize,
    pub(crate) cells: [Arc<str>; N],
}

impl<const N: usize> Row<N> {
    /// Where it begins.
    pub(crate) fn span(&self) -> Range<usize> {
        self.at..self.at
    }
}

/// The rows of a table that has these columns, in any order, and no others.
pub(crate) fn rows<const N: usize>(file: &Text, columns: [&str; N]) -> Result<Vec<Row<N>>, RecordsError> {
    let broken = |at: usize, message: &str| file.error(&(at..at), message);
    // Rows of another length are told in our own words.
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).trim(csv::Trim::All).from_reader(file.text.as_bytes());
    let mut record = csv::StringRecord::new();
    let mut order: Option<[usize; N]> = None;
    let mut rows = Vec::new();
    loop {
        let at = start(&file.text, reader.position().byte());
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => return Err(broken(at, &format!("this is no CSV: {error}"))),
        }
        if record.iter().all(str::is_empty) {
            continue;
        }
        let Some(order) = &order else {
            order = Some(header(file, at, &record, columns)?);
            continue;
        };
        if record.len() != N {
            return Err(broken(at, &format!("{} cells stand under {N} columns; a cell with a comma needs quotation marks", record.len())));
        }
        if record.iter().any(|cell| cell.chars().count() > MAX_CELL) {
            return Err(broken(at, &format!("a cell is longer than {MAX_CELL} characters; is a quotation mark never closed?")));
        }
        let mut cells = order.map(|index| Arc::from(bare(record.get(index).unwrap_or_default())));
        if cells.iter().any(|cell: &Arc<str>| !cell.chars().all(is_safe)) {
            cells = cells.map(|cell| Arc::from(plain(&cell)));
        }
        rows.push(Row { at, cells });
    }
    if order.is_none() {
        return Err(broken(0, &format!("the first line names the columns: {}", columns.join(","))));
    }
    Ok(rows)
}

/// Where the next row begins: the reader stands before the line breaks that ended the last one.
fn start(text: &str, byte: u64) -> usize {
    let byte = usize::try_from(byte).unwrap_or(text.len());
    let rest = text.get(byte..).unwrap_or_default();
    byte + rest.len() - rest.trim_start_matches(['\r', '\n']).len()
}

/// For each column that was asked for, where it stands.
fn header<const N: usize>(file: &Text, at: usize, record: &csv::StringRecord, columns: [&str; N]) -> Result<[usize; N], RecordsError> {
    let broken = |message: String| file.error(&(at..at), &message);
    let named = |column: &str| record.iter().position(|cell| cell.eq_ignore_ascii_case(column));
    if let Some(missing) = columns.iter().find(|column| named(column).is_none()) {
        return Err(broken(format!("the column `{missing}` is missing; the columns are {}", columns.join(","))));
    }
    // What nobody reads here is personal data that need not be kept.
    if let Some(other) = record.iter().find(|cell| !columns.iter().any(|column| cell.eq_ignore_ascii_case(column))) {
        let near = did_you_mean(other, columns);
        return Err(broken(format!("`{other}` is no column of this table{near}; the columns are {}", columns.join(","))));
    }
    if record.len() != N {
        return Err(broken("a column is named twice".to_owned()));
    }
    Ok(columns.map(|column| named(column).unwrap_or_default()))
}

/// The day in a cell.
pub(crate) fn day<const N: usize>(file: &Text, row: &Row<N>, cell: &str) -> Result<NaiveDate, RecordsError> {
    // chrono reads shorter spellings too, such as `2027-3-1`; they sort wrongly in other programs.
    let day = cell.parse::<NaiveDate>().ok().filter(|day| day.to_string() == cell);
    day.ok_or_else(|| file.error(&row.span(), &format!("`{cell}` is no day; write one such as 2027-03-31")))
}

/// Refuses an empty cell.
pub(crate) fn filled<const N: usize>(file: &Text, row: &Row<N>, cell: &Arc<str>, column: &str) -> Result<Arc<str>, RecordsError> {
    if cell.is_empty() { Err(file.error(&row.span(), &format!("`{column}` is empty"))) } else { Ok(cell.clone()) }
}

/// A cell as it should be written: a spreadsheet shows it and runs nothing.
pub(crate) fn inert(text: &str) -> String {
    let clean = plain(text);
    if text.starts_with(FORMULA) { format!("'{clean}") } else { clean.into_owned() }
}

/// A cell without the apostrophe that [`inert`] put before it.
fn bare(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| rest.starts_with(FORMULA)).unwrap_or(cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<[String; 2]>, String> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("t.csv");
        std::fs::write(&path, text).unwrap();
        let file = Text::read(&path).unwrap().unwrap();
        match rows(&file, ["person", "team"]) {
            Ok(rows) => Ok(rows.into_iter().map(|row| row.cells.map(|cell| cell.to_string())).collect()),
            Err(error) => Err(error.to_string().rsplit_once("t.csv:").unwrap().1.to_owned()),
        }
    }

    #[test]
    fn spreadsheets_dialects_are_read() {
        let want = Ok(vec![["p-1".to_owned(), "core, banking".to_owned()], ["p-2".to_owned(), String::new()]]);
        assert_eq!(read("person,team\np-1,\"core, banking\"\np-2,\n"), want);
        assert_eq!(read("\u{FEFF}Team , Person\r\n\"core, banking\", p-1\r\n\r\n,p-2"), want);
        // Spreadsheets leave empty rows behind.
        assert_eq!(read("person,team\n\n,,\n,\n"), Ok(Vec::new()));
    }

    #[test]
    fn errors_point_at_their_line() {
        for (text, want) in [
            ("", "1:1: the first line names the columns: person,team"),
            ("person,team\r\np-1,a\r\n\r\np-2,b,c\r\n", "4:1: 3 cells"),
            ("person,team\np-1\n", "2:1: 1 cells"),
            ("person,tem\n", "1:1: the column `team` is missing"),
            ("person,team,mail\n", "1:1: `mail` is no column of this table"),
            ("person,team,team\n", "1:1: a column is named twice"),
            ("person,team\np-1,a\np-2,\"b\n", "3:1: a cell is longer"),
        ] {
            let text = if text.ends_with("\"b\n") { format!("{text}{}", "p-3,c\n".repeat(200)) } else { text.to_owned() };
            let message = read(&text).unwrap_err();
            assert!(message.starts_with(want), "{text:?}: {message}");
        }
    }

    #[test]
    fn formulas_are_text_here_and_inert_elsewhere() {
        for name in ["=cmd|'/c calc'!A1", "+49", "-1", "@handle", "＝1"] {
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record([&inert(name), "a"]).unwrap();
            let line = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            assert!(line.trim_start_matches('"').starts_with('\''), "{line}");
            assert_eq!(read(&format!("person,team\n{line}")).unwrap(), [[name.to_owned(), "a".to_owned()]]);
        }
        assert_eq!(inert("p-1"), "p-1");
        assert_eq!(read("person,team\n'quoted',a\n").unwrap(), [["'quoted'".to_owned(), "a".to_owned()]]);
    }

    #[test]
    fn days_have_one_spelling() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("t.csv");
        std::fs::write(&path, "day\n2027-3-1\n2027-03-01\n").unwrap();
        let file = Text::read(&path).unwrap().unwrap();
        let rows = rows(&file, ["day"]).unwrap();
        let read = |row: &Row<1>| day(&file, row, &row.cells[0]);
        assert!(read(&rows[0]).unwrap_err().to_string().ends_with("t.csv:2:1: `2027-3-1` is no day; write one such as 2027-03-31"));
        assert_eq!(read(&rows[1]).unwrap(), NaiveDate::from_ymd_opt(2027, 3, 1).unwrap());
    }

    #[test]
    fn what_is_no_record_is_refused_for_its_size() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("t.csv");
        std::fs::File::create(&path).unwrap().set_len((50 << 20) + 1).unwrap();
        assert!(matches!(Text::read(&path), Err(RecordsError::TooLarge { limit, .. }) if limit == 50 << 20));
    }
}
