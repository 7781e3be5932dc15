//! Cells that are safe to open: no formula runs, no terminal obeys, and the text that was meant comes back when a sheet is read.

use std::borrow::Cow;

/// What makes a spreadsheet run a cell; the wide forms are turned into the plain ones by some.
const RUN: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// What makes the writer of workbooks take a text for marked-up text.
const RICH: &str = "<r>";

/// True for characters that must not reach a terminal, a page or a workbook: control characters, which move the cursor, direction marks,
/// which make text read differently from what it is, and those that no workbook can hold. Tabs and line ends are left: they are text here.
fn is_unsafe(character: char) -> bool {
    match character {
        '\t' | '\n' | '\r' => false,
        '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}' => true,
        other => other.is_control(),
    }
}

/// The text with every unsafe character replaced by U+FFFD.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    if text.contains(is_unsafe) { Cow::Owned(text.replace(is_unsafe, "\u{FFFD}")) } else { Cow::Borrowed(text) }
}

/// The text for one line of a message: clean, on one line, at most sixty characters.
pub(crate) fn shown(text: &str) -> String {
    let line: String = clean(text).trim().chars().map(|one| if one.is_whitespace() { ' ' } else { one }).take(61).collect();
    match line.char_indices().nth(60) {
        Some((at, _)) => format!("{}…", line.get(..at).unwrap_or_default()),
        None => line,
    }
}

/// True if the text, apostrophes before it aside, begins like something that would be run.
fn begins_to_run(text: &str) -> bool {
    let bare = text.trim_start_matches('\'');
    bare.starts_with(RUN) || bare.starts_with(RICH)
}

/// The cell of a CSV file: clean, and with one more apostrophe before what would be run.
pub(crate) fn defuse(text: &str) -> Cow<'_, str> {
    let clean = clean(text);
    if begins_to_run(&clean) { Cow::Owned(format!("'{clean}")) } else { clean }
}

/// The cell of a workbook, and whether it needs the mark that says "this is text", which a workbook has for itself. The apostrophe stands
/// only where it has to be told from one of the text's own, and before what the writer would take for markup.
pub(crate) fn defuse_marked(text: &str) -> (Cow<'_, str>, bool) {
    let clean = clean(text);
    match () {
        () if clean.starts_with(RUN) => (clean, true),
        () if begins_to_run(&clean) => (Cow::Owned(format!("'{clean}")), true),
        () => (clean, false),
    }
}

/// The text that a cell was made of: takes one apostrophe from before what would be run.
pub(crate) fn restore(cell: &str) -> Cow<'_, str> {
    match clean(cell) {
        Cow::Borrowed(text) => match text.strip_prefix('\'') {
            Some(rest) if begins_to_run(rest) => Cow::Borrowed(rest),
            _ => Cow::Borrowed(text),
        },
        Cow::Owned(text) => match text.strip_prefix('\'') {
            Some(rest) if begins_to_run(rest) => Cow::Owned(rest.to_owned()),
            _ => Cow::Owned(text),
        },
    }
}

/// The letters of a column, counted from zero: `A`, `Z`, `AA`.
pub(crate) fn letters(column: usize) -> String {
    let mut rest = column;
    let mut reversed = Vec::new();
    loop {
        reversed.push(u8::try_from(rest % 26).map_or('?', |digit| char::from(b'A' + digit)));
        match (rest / 26).checked_sub(1) {
            Some(next) => rest = next,
            None => return reversed.into_iter().rev().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_would_run_gets_an_apostrophe() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "＝1", "'=1", "''-1", "<r><t>x</t></r>"] {
            assert_eq!(defuse(text), format!("'{text}"), "{text:?}");
        }
        for text in ["a=1", "", "'quoted'", " =1", "R&D"] {
            assert_eq!(defuse(text), text, "{text:?}");
        }
    }

    #[test]
    fn a_workbook_marks_instead() {
        assert_eq!(defuse_marked("=1"), (Cow::Borrowed("=1"), true));
        assert_eq!(defuse_marked("'=1"), (Cow::Borrowed("''=1"), true));
        assert_eq!(defuse_marked("<r>x</r>"), (Cow::Borrowed("'<r>x</r>"), true));
        assert_eq!(defuse_marked("plain"), (Cow::Borrowed("plain"), false));
    }

    #[test]
    fn terminals_and_readers_are_not_led_astray() {
        assert_eq!(clean("a\u{1b}[2Jb\u{202e}c\u{FFFF}\r\nd"), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}\r\nd");
        assert_eq!(shown(&format!(" a\n{}", "x".repeat(80))), format!("a {}…", "x".repeat(58)));
        assert_eq!(shown("\u{1b}[2J"), "\u{fffd}[2J");
    }

    #[test]
    fn columns_have_letters() {
        let columns = [0, 25, 26, 51, 52, 701, 702].map(letters);
        assert_eq!(columns, ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
    }

    proptest! {
        #[test]
        fn the_text_comes_back(text in "['=+@<r>\t\r\na-]{0,6}|\\PC{0,20}") {
            let (meant, cell, marked) = (clean(&text), defuse(&text), defuse_marked(&text).0);
            prop_assert_eq!(&restore(&cell), &meant);
            prop_assert_eq!(&restore(&marked), &meant);
            prop_assert!(!cell.starts_with(RUN) && !marked.starts_with(RICH));
        }
    }
}
