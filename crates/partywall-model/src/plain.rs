use std::borrow::Cow;

/// The text without characters that move a terminal's cursor or turn the direction of reading: names in an account are untrusted.
pub fn plain(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_safe) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|letter| if is_safe(letter) { letter } else { '\u{FFFD}' }).collect())
}

/// False for control characters, line breaks among them, and for direction marks.
pub fn is_safe(letter: char) -> bool {
    !letter.is_control() && !matches!(letter, '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}
