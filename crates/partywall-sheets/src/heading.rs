//! The header row of a sheet that somebody else may have made.

use crate::SheetsError;
use crate::control::plain;
use crate::grid::Row;

/// How many rows from the top are looked at: templates have titles and guidance there.
pub(crate) const NEAR_TOP: usize = 20;

/// A column to find.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    /// Its heading.
    pub(crate) heading: &'static str,
    /// Other spellings of it.
    pub(crate) aliases: &'static [&'static str],
    /// True if more may follow, such as `(Optional/Recommended)`.
    pub(crate) longer: bool,
    /// True if it may stand one row higher, in a cell that is two rows high.
    pub(crate) above: bool,
}

impl Wanted {
    /// A column that is called just so, but for case, spaces and kinds of dash.
    pub(crate) const fn exactly(heading: &'static str) -> Self {
        Self { heading, aliases: &[], longer: false, above: false }
    }

    fn is(&self, cell: &str) -> bool {
        let cell = plain(cell);
        let mut names = std::iter::once(&self.heading).chain(self.aliases).map(|name| plain(name));
        names.any(|name| cell == name || (self.longer && cell.starts_with(&name)))
    }

    /// The first column of a row that is called so.
    pub(crate) fn position<'c>(&self, mut cells: impl Iterator<Item = (usize, &'c str)>) -> Option<usize> {
        cells.find(|(_, cell)| self.is(cell)).map(|(at, _)| at)
    }
}

/// Where the columns are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    /// The index of the header row among the rows.
    pub(crate) index: usize,
    /// The position of each wanted column.
    pub(crate) columns: Vec<usize>,
}

/// Finds the header row among the first rows: the one that has all columns.
///
/// # Errors
/// None has; the message names what the nearest lacks.
pub(crate) fn find(rows: &[Row], wanted: &[Wanted]) -> Result<Header, SheetsError> {
    let mut nearest: Vec<&str> = wanted.iter().map(|one| one.heading).collect();
    for (index, row) in rows.iter().enumerate().take(NEAR_TOP) {
        let above = index.checked_sub(1).and_then(|index| rows.get(index));
        let position =
            |one: &Wanted| one.position(row.cells()).or_else(|| one.position(above.filter(|_| one.above).into_iter().flat_map(Row::cells)));
        let found: Vec<Option<usize>> = wanted.iter().map(position).collect();
        let missing: Vec<&str> = wanted.iter().zip(&found).filter(|(_, at)| at.is_none()).map(|(one, _)| one.heading).collect();
        if missing.is_empty() {
            return Ok(Header { index, columns: found.into_iter().flatten().collect() });
        }
        if missing.len() < nearest.len() {
            nearest = missing;
        }
    }
    Err(SheetsError::Header { rows: NEAR_TOP, missing: nearest.join("`, `") })
}
