//! A small JSON reader that keeps the place of every key and value, which general readers do not.

use std::borrow::Cow;

use super::document::{Fault, Kind, MAX_DEPTH, MAX_NODES, Member, Node, Position, json_number, reject_duplicates, shown};

/// Reads one JSON document.
pub(super) fn parse(text: &str) -> Result<Node, Fault> {
    let mut reader = Reader { text, pos: 0, line: 1, mark: 0, mark_column: 1, nodes: 0 };
    let root = reader.value(1)?;
    reader.skip_space();
    match reader.peek() {
        None => Ok(root),
        Some(_) => Err(reader.fault("expected the end of the file after the template")),
    }
}

struct Reader<'a> {
    text: &'a str,
    /// Byte offset of the next character.
    pos: usize,
    line: u32,
    /// A byte offset on the current line whose column is known: columns are counted on from it, so one long line costs one pass.
    mark: usize,
    mark_column: u32,
    nodes: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.pos).copied()
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.pos..).unwrap_or_default()
    }

    fn here(&mut self) -> Position {
        let passed = self.text.get(self.mark..self.pos).unwrap_or_default().chars().count();
        self.mark_column = self.mark_column.saturating_add(u32::try_from(passed).unwrap_or(u32::MAX));
        self.mark = self.pos;
        Position { line: self.line, column: self.mark_column }
    }

    fn fault(&mut self, message: &str) -> Fault {
        Fault::syntax(self.here(), message)
    }

    fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\r' => self.pos += 1,
                b'\n' => {
                    self.pos += 1;
                    self.line = self.line.saturating_add(1);
                    self.mark = self.pos;
                    self.mark_column = 1;
                }
                _ => break,
            }
        }
    }

    fn value(&mut self, depth: usize) -> Result<Node, Fault> {
        self.skip_space();
        let at = self.here();
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(Fault::too_many(at));
        }
        if depth > MAX_DEPTH {
            return Err(Fault::too_deep(at));
        }
        let kind = match self.peek() {
            Some(b'{') => self.object(depth)?,
            Some(b'[') => self.array(depth)?,
            Some(b'"') => Kind::Str(self.string()?.into()),
            Some(_) => self.word()?,
            None => return Err(Fault::syntax(at, "the file ends where a value is expected")),
        };
        Ok(Node { at, kind })
    }

    fn object(&mut self, depth: usize) -> Result<Kind, Fault> {
        self.pos += 1;
        let mut members = Vec::new();
        self.skip_space();
        if self.peek() == Some(b'}') {
            self.pos += 1;
            return Ok(Kind::Map(members));
        }
        loop {
            self.skip_space();
            let at = self.here();
            if self.peek() != Some(b'"') {
                return Err(self.fault("expected a key in double quotes"));
            }
            let name = self.string()?;
            self.skip_space();
            if self.peek() != Some(b':') {
                return Err(self.fault("expected `:` after the key"));
            }
            self.pos += 1;
            let value = self.value(depth + 1)?;
            members.push(Member { name: name.into(), at, value });
            self.skip_space();
            match self.peek() {
                Some(b',') => self.pos += 1,
                Some(b'}') => {
                    self.pos += 1;
                    reject_duplicates(&members)?;
                    return Ok(Kind::Map(members));
                }
                _ => return Err(self.fault("expected `,` or `}`")),
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Kind, Fault> {
        self.pos += 1;
        let mut items = Vec::new();
        self.skip_space();
        if self.peek() == Some(b']') {
            self.pos += 1;
            return Ok(Kind::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.skip_space();
            match self.peek() {
                Some(b',') => self.pos += 1,
                Some(b']') => {
                    self.pos += 1;
                    return Ok(Kind::List(items));
                }
                _ => return Err(self.fault("expected `,` or `]`")),
            }
        }
    }

    /// A number, `true`, `false` or `null`.
    fn word(&mut self) -> Result<Kind, Fault> {
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))).unwrap_or(rest.len());
        let word = rest.get(..end).unwrap_or_default();
        let kind = match word {
            "true" => Kind::Bool(true),
            "false" => Kind::Bool(false),
            "null" => Kind::Null,
            "" => return Err(self.fault("expected a value")),
            _ => json_number(word).ok_or_else(|| self.fault(&format!("`{}` is no JSON value", shown(word))))?,
        };
        self.pos += end;
        Ok(kind)
    }

    fn string(&mut self) -> Result<Cow<'a, str>, Fault> {
        self.pos += 1;
        let mut text = Cow::Borrowed("");
        loop {
            let rest = self.rest();
            let Some(end) = rest.bytes().position(|byte| matches!(byte, b'"' | b'\\' | ..=0x1f)) else {
                self.pos = self.text.len();
                return Err(self.fault("the file ends inside a text: the closing `\"` is missing"));
            };
            let run = rest.get(..end).unwrap_or_default();
            if text.is_empty() {
                text = Cow::Borrowed(run);
            } else {
                text.to_mut().push_str(run);
            }
            self.pos += end;
            match self.peek() {
                Some(b'"') => {
                    self.pos += 1;
                    return Ok(text);
                }
                Some(b'\\') => {
                    let character = self.escape()?;
                    text.to_mut().push(character);
                }
                _ => return Err(self.fault("a text holds a control character: write it as an escape such as `\\n`")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Fault> {
        let character = match self.text.as_bytes().get(self.pos + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(),
            _ => return Err(self.fault("unknown escape after `\\`")),
        };
        self.pos += 2;
        Ok(character)
    }

    fn unicode_escape(&mut self) -> Result<char, Fault> {
        let unit = |at: usize| {
            let digits = self.text.get(at..at + 6)?.strip_prefix("\\u")?;
            digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
        };
        let units = [unit(self.pos), unit(self.pos + 6)];
        let decoded = char::decode_utf16(units.into_iter().map_while(|unit| unit)).next();
        match decoded {
            Some(Ok(character)) => {
                self.pos += 6 * character.len_utf16();
                Ok(character)
            }
            Some(Err(_)) => Err(self.fault("half of a surrogate pair: `\\uD800` to `\\uDFFF` come in twos")),
            None => Err(self.fault("expected four hexadecimal digits after `\\u`")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> (u32, u32, String) {
        let fault = parse(text).unwrap_err();
        (fault.at.line, fault.at.column, fault.message)
    }

    #[test]
    fn keeps_places_of_keys_and_values() {
        let root = parse("{\n\t\"ä\": {\"b\": [1,\r\n  true]}}").unwrap();
        let outer = &root.members().unwrap()[0];
        assert_eq!((outer.at.line, outer.at.column), (2, 2));
        assert_eq!((outer.value.at.line, outer.value.at.column), (2, 7));
        let inner = &outer.value.members().unwrap()[0];
        assert_eq!((inner.at.line, inner.at.column), (2, 8));
        let items = inner.value.items().unwrap();
        assert_eq!((items[0].at.line, items[0].at.column), (2, 14));
        assert_eq!((items[1].at.line, items[1].at.column), (3, 3));
    }

    #[test]
    fn reads_escapes() {
        let root = parse(r#"["\/\"\\\b\f\n\r\t\u0041\uD83D\uDE00é", "", "\u00e9x"]"#).unwrap();
        let texts: Vec<_> = root.items().unwrap().iter().map(|item| item.text().unwrap().into_owned()).collect();
        assert_eq!(texts, ["/\"\\\u{8}\u{c}\n\r\tA😀é", "", "éx"]);
    }

    #[test]
    fn names_the_place_of_what_is_wrong() {
        for (text, line, column) in [
            ("", 1, 1),
            ("{", 1, 2),
            ("{\"a\" 1}", 1, 6),
            ("{\"a\": 1,}", 1, 9),
            ("{\"a\":\n 012}", 2, 2),
            ("[1 2]", 1, 4),
            ("[\"a\tb\"]", 1, 4),
            ("[\"a", 1, 4),
            ("[\"\\x\"]", 1, 3),
            ("[\"\\ud800\"]", 1, 3),
            ("[\"\\u12é4\"]", 1, 3),
            ("[\"\\u+123\"]", 1, 3),
            ("{} x", 1, 4),
            ("[é]", 1, 2),
        ] {
            let (got_line, got_column, message) = fault(text);
            assert_eq!((got_line, got_column), (line, column), "{text}: {message}");
        }
    }

    #[test]
    fn refuses_what_is_twice_or_too_deep() {
        assert_eq!(fault("{\"a\": 1,\n \"a\": 2}"), (2, 2, "key `a` is there twice".to_owned()));
        for levels in [1_000, 200_000] {
            assert!(fault(&"[".repeat(levels)).2.contains("deeper"));
            assert!(fault(&"{\"a\":".repeat(levels)).2.contains("deeper"));
        }
        let allowed = format!("{}{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
        assert_eq!(parse(&allowed).unwrap().depth(), MAX_DEPTH);
        assert!(fault(&format!("[{}0]", "0,".repeat(MAX_NODES))).2.contains("more than"));
    }
}
