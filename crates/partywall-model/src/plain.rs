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

/// The text as Markdown that shows it and does nothing: no markup, no HTML, no mention, no link. Line breaks stay: clean the text first.
pub fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // A mention becomes a link without any markup.
            '@' => out.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' | '$' => {
                out.push('\\');
                out.push(letter);
            }
            other => out.push(other),
        }
    }
    // So do bare addresses.
    out.replace("://", "&#58;//").replace("www.", "www&#46;")
}
