//! JSON written straight into a byte buffer: results are many, and building a tree for each costs more than all the rest.

const HEX: &[u8; 16] = b"0123456789abcdef";

/// The letter after the backslash for a byte that may not stand in a JSON string as it is; `u` stands for `\u00XX`.
fn escape(byte: u8) -> Option<u8> {
    match byte {
        b'"' | b'\\' => Some(byte),
        0x08 => Some(b'b'),
        0x09 => Some(b't'),
        0x0A => Some(b'n'),
        0x0C => Some(b'f'),
        0x0D => Some(b'r'),
        // DEL is legal JSON, but terminals and log viewers act on it.
        0x00..=0x1F | 0x7F => Some(b'u'),
        _ => None,
    }
}

/// Appends `text` as a JSON string, quotes included.
pub(crate) fn string(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    out.push(b'"');
    // Nearly all strings are plain; a test without an early exit is one that the compiler turns into vector code.
    let special = bytes
        .iter()
        .fold(0, |found, &byte| found | u8::from(byte < 0x20) | u8::from(byte == b'"') | u8::from(byte == b'\\') | u8::from(byte == 0x7F));
    if special != 0 {
        escaped(out, bytes);
    } else {
        out.extend_from_slice(bytes);
    }
    out.push(b'"');
}

fn escaped(out: &mut Vec<u8>, bytes: &[u8]) {
    for &byte in bytes {
        match escape(byte) {
            None => out.push(byte),
            Some(b'u') => {
                let digit = |nibble: u8| HEX.get(usize::from(nibble)).copied().unwrap_or(b'0');
                out.extend_from_slice(&[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 15)]);
            }
            Some(letter) => out.extend_from_slice(&[b'\\', letter]),
        }
    }
}

/// Appends a JSON string, or `null`.
pub(crate) fn optional(out: &mut Vec<u8>, text: Option<&str>) {
    match text {
        Some(text) => string(out, text),
        None => out.extend_from_slice(b"null"),
    }
}

/// Appends a number.
pub(crate) fn number(out: &mut Vec<u8>, value: u32) {
    let mut digits = [0_u8; 10];
    let mut rest = value;
    let mut length = 0;
    for slot in digits.iter_mut().rev() {
        *slot = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
        length += 1;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(digits.len() - length..).unwrap_or_default());
}

/// Appends text that is JSON already. Line breaks between tokens become spaces, so that one result stays one line; empty
/// text becomes `null`.
pub(crate) fn raw(out: &mut Vec<u8>, json: &str) {
    if json.is_empty() {
        out.extend_from_slice(b"null");
        return;
    }
    let start = out.len();
    out.extend_from_slice(json.as_bytes());
    for byte in out.iter_mut().skip(start) {
        if matches!(byte, b'\n' | b'\r') {
            *byte = b' ';
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_survives_a_json_reader() {
        for code in (0..0x3000).chain([0x1_F600, 0x10_FFFF]).filter_map(char::from_u32) {
            let text = format!("a{code}b");
            let mut out = Vec::new();
            string(&mut out, &text);
            assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
            assert!(out.iter().all(|byte| *byte >= 0x20 && *byte != 0x7F));
        }
    }

    #[test]
    fn separators_stay_as_they_are() {
        let mut out = Vec::new();
        string(&mut out, "\u{2028}<\u{7}\n\"");
        assert_eq!(String::from_utf8(out).unwrap(), "\"\u{2028}<\\u0007\\n\\\"\"");
    }

    #[test]
    fn numbers_are_decimal() {
        for value in [0, 7, 10, 4_294_967_295] {
            let mut out = Vec::new();
            number(&mut out, value);
            assert_eq!(String::from_utf8(out).unwrap(), value.to_string());
        }
    }

    #[test]
    fn raw_json_stays_on_one_line() {
        let mut out = Vec::new();
        raw(&mut out, "{\n\"a\": \"\\n\"\r\n}");
        assert_eq!(String::from_utf8(out).unwrap(), "{ \"a\": \"\\n\"  }");
    }
}
