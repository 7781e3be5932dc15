//! Text for people: safe on a terminal, cut to a width, numbers with separators.

use std::borrow::Cow;

/// True for characters that must never reach a terminal or a page from a name in somebody's account: control characters,
/// which move the cursor, and direction marks, which make text read differently from what it is.
fn is_unsafe(character: char) -> bool {
    character.is_control() || matches!(character, '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// The text with every unsafe character replaced by U+FFFD and line breaks and tabs by spaces.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(
        text.chars()
            .map(|character| match character {
                '\n' | '\r' | '\t' => ' ',
                other if is_unsafe(other) => '\u{FFFD}',
                other => other,
            })
            .collect(),
    )
}

/// Columns that a character takes on a terminal: marks and joiners none, East Asian wide forms and pictographs two.
fn columns(character: char) -> usize {
    match character {
        '\u{300}'..='\u{36F}' | '\u{200B}'..='\u{200D}' | '\u{FE00}'..='\u{FE0F}' | '\u{20D0}'..='\u{20FF}' => 0,
        '\u{1100}'..='\u{115F}'
        | '\u{2E80}'..='\u{A4CF}'
        | '\u{AC00}'..='\u{D7A3}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{FE30}'..='\u{FE6F}'
        | '\u{FF00}'..='\u{FF60}'
        | '\u{FFE0}'..='\u{FFE6}'
        | '\u{1F300}'..='\u{1F64F}'
        | '\u{1F680}'..='\u{1F6FF}'
        | '\u{1F900}'..='\u{1F9FF}'
        | '\u{20000}'..='\u{3FFFD}' => 2,
        _ => 1,
    }
}

/// Columns that a text takes on a terminal.
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(columns).sum()
}

/// The text, cut at the end with an ellipsis so that it takes at most `most` columns.
pub(crate) fn cut(text: &str, most: usize) -> Cow<'_, str> {
    if width(text) <= most {
        return Cow::Borrowed(text);
    }
    let mut kept = String::new();
    let mut used = 1;
    for character in text.chars() {
        used += columns(character);
        if used > most {
            break;
        }
        kept.push(character);
    }
    kept.push('…');
    Cow::Owned(kept)
}

/// The text, cut at the front with an ellipsis: the end of a path or ARN tells more than its start.
pub(crate) fn cut_front(text: &str, most: usize) -> Cow<'_, str> {
    if width(text) <= most {
        return Cow::Borrowed(text);
    }
    let mut kept = Vec::new();
    let mut used = 1;
    for character in text.chars().rev() {
        used += columns(character);
        if used > most {
            break;
        }
        kept.push(character);
    }
    kept.push('…');
    Cow::Owned(kept.into_iter().rev().collect())
}

/// At most `most` characters, cut at the end with an ellipsis; for formats that limit characters.
pub(crate) fn at_most(text: &str, most: usize) -> Cow<'_, str> {
    if text.chars().count() <= most {
        return Cow::Borrowed(text);
    }
    let mut kept: String = text.chars().take(most.saturating_sub(1)).collect();
    kept.push('…');
    Cow::Owned(kept)
}

/// The number with a comma every three digits.
pub(crate) fn thousands(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The number, or a dash for none: a zero in a table of counts is noise.
pub(crate) fn dash(value: u64) -> String {
    if value == 0 { "–".to_owned() } else { thousands(value) }
}

/// `1 account`, `2 accounts`, `1,000 accounts`: every count with its noun in every output is made here.
pub fn counted(value: u64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(value), if value == 1 { one } else { many })
}

/// The text with a capital first letter, as a sentence begins.
pub(crate) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_sequences_are_neutralised() {
        assert_eq!(clean("a\u{1b}[31mb\u{202e}c\nd"), "a\u{fffd}[31mb\u{fffd}c d");
        assert_eq!(clean("plain – ünïcode 🧱"), "plain – ünïcode 🧱");
    }

    #[test]
    fn cuts_respect_columns() {
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(cut_front("abcdef", 4), "…def");
        assert_eq!(cut("🧱🧱🧱", 4), "🧱…");
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(at_most("abcdef", 4), "abc…");
    }

    #[test]
    fn numbers_have_separators() {
        for (value, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(thousands(value), text);
        }
        assert_eq!((dash(0), dash(12)), ("–".to_owned(), "12".to_owned()));
        for (value, text) in [(0, "0 duties"), (1, "1 duty"), (2_000, "2,000 duties")] {
            assert_eq!(counted(value, "duty", "duties"), text);
        }
    }
}
