//! Words and lines that the matrix and shift share.

use std::io::{self, Write};

use partywall_model::{Fact, Party};

/// The widest line of a table.
pub(crate) const WIDTH: usize = 118;

/// A party in words. Who takes a duty over from the customer stands behind the customer, who stays accountable.
pub(crate) fn party(party: Option<&Party>) -> String {
    match party {
        Some(Party::Aws) => "AWS".to_owned(),
        Some(Party::Customer) => "customer".to_owned(),
        Some(other) => format!("customer → {other}"),
        None => "undetermined".to_owned(),
    }
}

/// A party's word in machine-readable outputs.
pub(crate) fn party_id(party: Option<&Party>) -> String {
    party.map_or_else(|| "undetermined".to_owned(), ToString::to_string)
}

/// A fact as it decided: path, value, where it stands.
pub(crate) fn fact(fact: &Fact) -> String {
    let place = match (&fact.location, &fact.default_note) {
        (_, Some(note)) => format!("  ({note})"),
        (Some(location), None) => format!("  {}:{}", location.file, location.line),
        (None, None) => String::new(),
    };
    let value = if fact.json == "null" { "not set" } else { &fact.json };
    clean(&format!("{} = {}{place}", fact.path, cut(value, 60)))
}

/// One line without control characters: names and values come from files that nobody vouches for.
pub(crate) fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.trim().chars() {
        match letter {
            '\n' | '\t' | '\r' => out.push(' '),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}'..='\u{200f}' => out.push('\u{fffd}'),
            letter if letter.is_control() => out.push('\u{fffd}'),
            letter => out.push(letter),
        }
    }
    out
}

/// A predicate on one line.
pub(crate) fn condition(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// At most so many characters, the last one an ellipsis if something was cut.
pub(crate) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// Writes words in lines of at most [`WIDTH`] columns, all behind the same indent.
pub(crate) fn wrapped(out: &mut dyn Write, indent: usize, text: &str) -> io::Result<()> {
    let mut line = String::new();
    for word in clean(text).split_whitespace() {
        if !line.is_empty() && indent + line.chars().count() + 1 + word.chars().count() > WIDTH {
            writeln!(out, "{:indent$}{line}", "")?;
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if line.is_empty() { Ok(()) } else { writeln!(out, "{:indent$}{line}", "") }
}

/// A plain grid for spreadsheets and pages.
#[derive(Debug, Default)]
pub(crate) struct Sheet {
    /// Column names.
    pub(crate) head: Vec<String>,
    /// Rows of as many cells.
    pub(crate) rows: Vec<Vec<String>>,
}

impl Sheet {
    /// An empty sheet with these columns.
    pub(crate) fn new(head: &[&str]) -> Self {
        Self { head: head.iter().map(ToString::to_string).collect(), rows: Vec::new() }
    }

    /// Comma-separated; a cell that a spreadsheet would run as a formula gets a leading apostrophe.
    pub(crate) fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        for row in std::iter::once(&self.head).chain(&self.rows) {
            let cells: Vec<String> = row.iter().map(|cell| csv_cell(cell)).collect();
            writeln!(out, "{}", cells.join(","))?;
        }
        Ok(())
    }

    /// Columns for a terminal, cut where a cell is very long.
    pub(crate) fn table(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows: Vec<Vec<String>> =
            std::iter::once(&self.head).chain(&self.rows).map(|row| row.iter().map(|cell| cut(&clean(cell), COLUMN)).collect()).collect();
        let mut widths = vec![0; self.head.len()];
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        for row in &rows {
            let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
            writeln!(out, "{}", cells.join("  ").trim_end())?;
        }
        Ok(())
    }

    /// A Markdown table.
    pub(crate) fn md(&self, out: &mut dyn Write) -> io::Result<()> {
        let line = |cells: &[String]| format!("| {} |", cells.iter().map(|cell| md_cell(cell)).collect::<Vec<_>>().join(" | "));
        writeln!(out, "{}", line(&self.head))?;
        writeln!(out, "|{}", "---|".repeat(self.head.len()))?;
        for row in &self.rows {
            writeln!(out, "{}", line(row))?;
        }
        Ok(())
    }
}

/// A column is never wider than this in a terminal; files have all of it.
const COLUMN: usize = 44;

fn csv_cell(text: &str) -> String {
    let mut text = clean(text);
    if text.starts_with(['=', '+', '-', '@']) && text.parse::<f64>().is_err() {
        text.insert(0, '\'');
    }
    if text.contains([',', '"']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// The text as Markdown that shows it and does nothing.
pub(crate) fn md_cell(text: &str) -> String {
    let mut out = String::new();
    for letter in clean(text).chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '\\' | '|' | '`' | '[' | ']' | '!' => {
                out.push('\\');
                out.push(letter);
            }
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parties_are_chained_behind_the_customer() {
        assert_eq!(party(Some(&Party::Msp("harbour-ops".to_owned()))), "customer → msp:harbour-ops");
        assert_eq!(party(None), "undetermined");
        assert_eq!(party_id(Some(&Party::Aws)), "aws");
    }

    #[test]
    fn cells_are_inert() {
        let mut sheet = Sheet::new(&["a", "b"]);
        sheet.rows.push(vec!["=1+1".to_owned(), "x,\"y\"|<b>".to_owned()]);
        let (mut csv, mut md) = (Vec::new(), Vec::new());
        sheet.csv(&mut csv).unwrap();
        sheet.md(&mut md).unwrap();
        assert_eq!(String::from_utf8(csv).unwrap(), "a,b\n'=1+1,\"x,\"\"y\"\"|<b>\"\n");
        assert_eq!(String::from_utf8(md).unwrap(), "| a | b |\n|---|---|\n| =1+1 | x,\"y\"\\|&lt;b> |\n");
    }

    #[test]
    fn lines_are_wrapped_and_clean() {
        let mut out = Vec::new();
        wrapped(&mut out, 4, &"word\u{1b} ".repeat(60)).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH && line.starts_with("    word")));
        assert!(!text.contains('\u{1b}'));
    }
}
