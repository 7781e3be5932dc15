use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::message::Malformed;

/// No answer of AWS is near this deep.
const MAX_DEPTH: usize = 64;

/// A part of a document that matters.
#[derive(Debug)]
pub(super) enum Token<'a> {
    /// An element begins.
    Start(BytesStart<'a>),
    /// The element that was begun last ends.
    End,
    /// Content.
    Text(Cow<'a, str>),
    /// The document ends.
    Eof,
}

/// A document read from front to back. Entities other than XML's own five are refused, as are document types.
pub(super) struct Xml<'a> {
    reader: Reader<&'a [u8]>,
    depth: usize,
}

impl<'a> Xml<'a> {
    /// Begins a document.
    pub(super) fn new(body: &'a [u8]) -> Result<Self, Malformed> {
        let text = std::str::from_utf8(body).map_err(|_| Malformed::new("not UTF-8"))?;
        let mut reader = Reader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        Ok(Self { reader, depth: 0 })
    }

    /// The next part.
    pub(super) fn next(&mut self) -> Result<Token<'a>, Malformed> {
        loop {
            let event = self
                .reader
                .read_event()
                .map_err(|error| Malformed::new(format!("not XML: {}", partywall_model::plain(&error.to_string()))))?;
            return Ok(match event {
                Event::Start(start) => {
                    self.depth += 1;
                    if self.depth > MAX_DEPTH {
                        return Err(Malformed::new("XML too deep"));
                    }
                    Token::Start(start)
                }
                Event::End(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    Token::End
                }
                Event::Text(text) => Token::Text(unix_lines(text.into_inner())),
                Event::CData(text) => Token::Text(unix_lines(text.into_inner())),
                Event::GeneralRef(reference) => Token::Text(entity(&reference)?),
                Event::Eof if self.depth > 0 => return Err(Malformed::new("XML ends too early")),
                Event::Eof => Token::Eof,
                Event::DocType(_) => return Err(Malformed::new("XML with a document type")),
                Event::Empty(_) | Event::Comment(_) | Event::PI(_) | Event::Decl(_) => continue,
            });
        }
    }

    /// The element around all others.
    pub(super) fn root(&mut self) -> Result<BytesStart<'a>, Malformed> {
        loop {
            match self.next()? {
                Token::Start(start) => return Ok(start),
                Token::Text(text) if text.trim().is_empty() => {}
                Token::Text(_) | Token::End => return Err(Malformed::new("not XML: text before the first element")),
                Token::Eof => return Err(Malformed::new("not XML: no element")),
            }
        }
    }

    /// Reads what comes after the element around all others: nothing.
    pub(super) fn end(&mut self) -> Result<(), Malformed> {
        loop {
            match self.next()? {
                Token::Eof => return Ok(()),
                Token::Text(text) if text.trim().is_empty() => {}
                _ => return Err(Malformed::new("not XML: something after the last element")),
            }
        }
    }

    /// Text of the element that was begun last up to its first child, as Python's `node.text`; reads to the element's end.
    pub(super) fn text(&mut self) -> Result<Cow<'a, str>, Malformed> {
        let mut found = Cow::Borrowed("");
        let mut childless = true;
        loop {
            match self.next()? {
                Token::Text(text) if childless && found.is_empty() => found = text,
                Token::Text(text) if childless => found.to_mut().push_str(&text),
                Token::Text(_) => {}
                Token::Start(_) => {
                    childless = false;
                    self.skip()?;
                }
                Token::End => return Ok(found),
                Token::Eof => return Err(Malformed::new("XML ends too early")),
            }
        }
    }

    /// Reads to the end of the element that was begun last.
    pub(super) fn skip(&mut self) -> Result<(), Malformed> {
        let outside = self.depth.saturating_sub(1);
        while self.depth > outside {
            self.next()?;
        }
        Ok(())
    }

    /// The next child of the element that was begun last, or its end.
    pub(super) fn child(&mut self) -> Result<Option<BytesStart<'a>>, Malformed> {
        loop {
            match self.next()? {
                Token::Start(start) => return Ok(Some(start)),
                Token::End => return Ok(None),
                Token::Text(_) => {}
                Token::Eof => return Err(Malformed::new("XML ends too early")),
            }
        }
    }
}

/// An element's name without its prefix.
pub(super) fn local<'s>(start: &'s BytesStart<'_>) -> &'s str {
    let name = start.name().into_inner();
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

fn unix_lines(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.contains('\r') { Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n")) } else { text }
}

fn entity(reference: &quick_xml::events::BytesRef<'_>) -> Result<Cow<'static, str>, Malformed> {
    let resolved = reference.resolve_char_ref().map_err(|_| Malformed::new("XML with a bad character reference"))?;
    Ok(match (resolved, &**reference) {
        (Some(letter), _) => Cow::Owned(letter.to_string()),
        (None, "lt") => Cow::Borrowed("<"),
        (None, "gt") => Cow::Borrowed(">"),
        (None, "amp") => Cow::Borrowed("&"),
        (None, "apos") => Cow::Borrowed("'"),
        (None, "quot") => Cow::Borrowed("\""),
        _ => return Err(Malformed::new("XML with an entity that is not XML's own")),
    })
}
