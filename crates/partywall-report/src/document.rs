use std::io::{self, Write};

use serde_json::Value;

/// Sets a member of a JSON object.
pub(crate) fn set(object: &mut Value, name: &str, value: impl Into<Value>) {
    if let Some(members) = object.as_object_mut() {
        members.insert(name.to_owned(), value.into());
    }
}

/// A JSON document around one long list, written element by element, one element per line.
#[derive(Debug)]
pub(crate) struct Document<W> {
    out: W,
    elements: u64,
}

impl<W: Write> Document<W> {
    pub(crate) fn new(out: W) -> Self {
        Self { out, elements: 0 }
    }

    /// Writes everything up to and including the list's bracket.
    pub(crate) fn open(&mut self, head: &str) -> io::Result<()> {
        self.out.write_all(head.as_bytes())
    }

    /// Writes one element.
    pub(crate) fn element(&mut self, json: &[u8]) -> io::Result<()> {
        self.out.write_all(if self.elements == 0 { b"\n" } else { b",\n" })?;
        self.elements += 1;
        self.out.write_all(json)
    }

    /// Writes everything from the list's bracket on, and flushes.
    pub(crate) fn close(&mut self, tail: &str) -> io::Result<()> {
        self.out.write_all(b"\n")?;
        self.out.write_all(tail.as_bytes())?;
        self.out.flush()
    }
}
