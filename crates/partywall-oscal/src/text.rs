//! Words of other people, made fit for a framework file.

use std::borrow::Cow;

use partywall_model::plain;

/// The text on one line: runs of white space become one space, none at the ends.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The text on one line, otherwise as it is: a single space at its beginning stays, as publishers' texts have it.
pub(crate) fn without_breaks(text: &str) -> Cow<'_, str> {
    if text.contains(['\n', '\r', '\t']) { Cow::Owned(one_line(text)) } else { Cow::Borrowed(text) }
}

/// The text without characters that move a cursor or turn the direction of reading; its lines stay lines.
pub(crate) fn tidy(text: &str) -> String {
    text.split('\n').map(plain).collect::<Vec<_>>().join("\n")
}

/// Lower-case letters and digits of a text, in words joined by dashes; dots between digits stay. Fit for an id and a file name.
pub(crate) fn slug(text: &str) -> String {
    let mut slug = String::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter.is_ascii_alphanumeric() {
            slug.push(letter.to_ascii_lowercase());
        } else if letter == '.' && slug.ends_with(|last: char| last.is_ascii_digit()) && letters.peek().is_some_and(char::is_ascii_digit) {
            slug.push('.');
        } else if !slug.is_empty() && !slug.ends_with(['-', '.']) {
            slug.push('-');
        }
        if slug.len() >= MAX_ID {
            break;
        }
    }
    slug.trim_end_matches(['-', '.']).to_owned()
}

/// Longer ids are not written by anybody.
pub(crate) const MAX_ID: usize = 128;

/// What makes a text unfit as the id of a requirement; `None` if it is fit.
pub(crate) fn unfit(id: &str) -> Option<&'static str> {
    if id.is_empty() {
        Some("which is empty; every control needs an id")
    } else if id.len() > MAX_ID {
        Some("which is longer than 128 bytes; shorten it")
    } else if id.contains('*') {
        Some("which has a `*`, the sign for the beginnings of ids; rename it")
    } else if id.chars().any(|letter| letter.is_whitespace() || !partywall_model::is_safe(letter)) {
        Some("which has white space or invisible characters; rename it")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_file_names() {
        for (text, want) in [
            ("NIST Cybersecurity Framework 2.0", "nist-cybersecurity-framework-2.0"),
            ("../../etc/passwd", "etc-passwd"),
            ("A. B. 1.", "a-b-1"),
            ("S3_BUCKET_LEVEL", "s3-bucket-level"),
            ("Ä", ""),
        ] {
            assert_eq!(slug(text), want, "{text}");
        }
        assert!(slug(&"a.1".repeat(1000)).len() <= MAX_ID);
    }

    #[test]
    fn texts_lose_what_moves_a_cursor() {
        assert_eq!(tidy("a\u{1b}[2J\nb\u{202e}c\td"), "a\u{fffd}[2J\nb\u{fffd}c\u{fffd}d");
        assert_eq!(without_breaks(" a\n\n b"), "a b");
        assert_eq!(without_breaks(" a  b"), " a  b");
    }

    #[test]
    fn ids_that_a_selection_could_not_name_are_unfit() {
        for id in ["", "a b", "a*", "a\u{202e}", &"a".repeat(129)] {
            assert!(unfit(id).is_some(), "{id:?}");
        }
        assert_eq!(unfit("AC.L2-3.1.1(a)"), None);
    }
}
