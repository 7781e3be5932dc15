use crate::cell::{clean, defuse};
use crate::{About, SheetsError};

/// A column: its heading and its width in a workbook, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) heading: &'static str,
    pub(crate) width: u16,
}

/// A heading over several columns, which a workbook shows above theirs: its text, the first column, how many columns.
pub(crate) type Band = (&'static str, u16, u16);

/// A sheet, ready to be written. The CSV has the header row and the rows and nothing else, so that every reader finds its columns; the
/// workbook says above them what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// What it is, in few words.
    pub(crate) title: String,
    /// The name on the worksheet's tab: at most 31 characters.
    pub(crate) tab: &'static str,
    pub(crate) about: About,
    pub(crate) columns: Vec<Column>,
    pub(crate) bands: &'static [Band],
    /// Columns that stay in sight when a workbook is scrolled to the right.
    pub(crate) fixed: u16,
    /// As many cells in each as there are columns.
    pub(crate) rows: Vec<Vec<String>>,
}

impl Sheet {
    /// The headings, in order.
    pub fn headings(&self) -> impl Iterator<Item = &'static str> {
        self.columns.iter().map(|column| column.heading)
    }

    /// The cells as they are meant, before any is made safe.
    pub fn rows(&self) -> &[Vec<String>] {
        &self.rows
    }

    /// What it is and what it is about, one line each.
    pub(crate) fn caption(&self) -> [String; 2] {
        let About { system, as_of, synthetic } = &self.about;
        let note = synthetic.as_deref().map(|note| format!(" · {note}")).unwrap_or_default();
        [clean(&self.title).into_owned(), clean(&format!("{system} · as of {as_of}{note}")).into_owned()]
    }

    /// CSV in UTF-8 with one header row. A cell that a spreadsheet would run gets a leading apostrophe.
    ///
    /// # Errors
    /// None that writing to memory can give.
    pub fn to_csv(&self) -> Result<Vec<u8>, SheetsError> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(self.headings())?;
        for row in &self.rows {
            writer.write_record(row.iter().map(|text| defuse(text).into_owned()))?;
        }
        writer.into_inner().map_err(|error| SheetsError::Csv(csv::Error::from(error.into_error())))
    }

    /// A workbook with this one worksheet. Every cell is text. The same sheet gives the same bytes.
    ///
    /// # Errors
    /// A cell has more text than a workbook can hold, or the day is none that a workbook knows.
    pub fn to_xlsx(&self) -> Result<Vec<u8>, SheetsError> {
        crate::xlsx::write(self)
    }
}
