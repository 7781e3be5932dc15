use std::cell::OnceCell;
use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::NaiveDate;
use partywall_catalog::{Catalog, front_matter};
use partywall_model::near::did_you_mean;
use partywall_model::plain;
use serde::de::DeserializeOwned;
use toml::Spanned;

use crate::RecordsError;

/// No record is near this; completions of a training for a very large company are some megabytes.
const MAX_FILE: u64 = 50 << 20;

/// A place in a record, for people: file and line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file as the user would name it.
    pub file: Arc<str>,
    /// Line, from 1.
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", plain(&self.file), self.line)
    }
}

/// A file with its text, so that errors point into it.
#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) path: PathBuf,
    #[expect(clippy::struct_field_names, reason = "it is the text of the file that this is")]
    pub(crate) text: String,
    name: Arc<str>,
    /// What stands before the TOML in the file.
    offset: usize,
    /// Where each line but the first begins.
    line_starts: OnceCell<Vec<usize>>,
}

impl Text {
    /// Reads a file; `None` if there is none.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>, RecordsError> {
        if !path.is_file() {
            return Ok(None);
        }
        let failed = |source| RecordsError::Read { path: path.to_owned(), source };
        let mut text = String::new();
        let read = File::open(path).and_then(|file| file.take(MAX_FILE + 1).read_to_string(&mut text)).map_err(failed)?;
        if read as u64 > MAX_FILE {
            return Err(RecordsError::TooLarge { path: path.to_owned(), limit: MAX_FILE });
        }
        // Spreadsheets and some editors put a byte order mark first; it is no part of the text.
        if text.starts_with('\u{FEFF}') {
            text.drain(..'\u{FEFF}'.len_utf8());
        }
        Ok(Some(Self { path: path.to_owned(), text, name: Arc::from(path.display().to_string()), offset: 0, line_starts: OnceCell::new() }))
    }

    /// The files of a directory with this extension, in the order of their names; none if there is no such directory.
    pub(crate) fn all(directory: &Path, extension: &str) -> Result<Vec<Self>, RecordsError> {
        if !directory.is_dir() {
            return Ok(Vec::new());
        }
        let failed = |source| RecordsError::Read { path: directory.to_owned(), source };
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(directory).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.extension().is_some_and(|known| known == extension) && path.file_name().is_none_or(|name| name != "README.md") {
                paths.push(path);
            }
        }
        paths.sort();
        paths.iter().filter_map(|path| Self::read(path).transpose()).collect()
    }

    /// The file's name without its extension.
    pub(crate) fn stem(&self) -> Arc<str> {
        Arc::from(self.path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default())
    }

    pub(crate) fn parse<T: DeserializeOwned>(&self) -> Result<T, RecordsError> {
        self.toml(&self.text)
    }

    /// The TOML at the head of a Markdown file, and the text after it.
    pub(crate) fn parse_head<T: DeserializeOwned>(&mut self) -> Result<(T, String), RecordsError> {
        let Some((head, range, body)) = front_matter(&self.text) else {
            return Err(self.error(&(0..0), "the file begins with TOML between two lines `+++`"));
        };
        self.offset = range.start;
        let (head, body) = (head.to_owned(), body.to_owned());
        Ok((self.toml(&head)?, body))
    }

    fn toml<T: DeserializeOwned>(&self, text: &str) -> Result<T, RecordsError> {
        toml::from_str(text).map_err(|error| self.error(&error.span().unwrap_or_default(), &error.message().replace('\n', " ")))
    }

    /// A place in the file; spans count from where its TOML begins.
    pub(crate) fn place(&self, span: &Range<usize>) -> Place {
        Place { file: self.name.clone(), line: self.line(span).0 }
    }

    pub(crate) fn error(&self, span: &Range<usize>, message: &str) -> RecordsError {
        let (line, start) = self.line(span);
        let column = self.text.get(start..span.start + self.offset).map_or(0, |tail| tail.chars().count()) + 1;
        RecordsError::Broken { place: format!("{}:{line}:{column}", plain(&self.name)), message: plain(message).into_owned() }
    }

    /// The line of a place, from 1, and where in the text it begins. A file has many places; it is looked through for lines once.
    fn line(&self, span: &Range<usize>) -> (usize, usize) {
        let at = span.start + self.offset;
        if at > self.text.len() {
            return (1, 0);
        }
        let starts = self.line_starts.get_or_init(|| self.text.match_indices('\n').map(|(end, _)| end + 1).collect());
        let before = starts.partition_point(|start| *start <= at);
        let start = before.checked_sub(1).and_then(|last| starts.get(last)).copied().unwrap_or(0);
        (before + 1, start)
    }

    /// The day that a TOML date names.
    pub(crate) fn day(&self, date: &Spanned<toml::value::Datetime>) -> Result<NaiveDate, RecordsError> {
        day(date.get_ref()).ok_or_else(|| self.error(&date.span(), "write a day such as 2027-03-31"))
    }

    /// The day that a TOML date names, if there is one.
    pub(crate) fn some_day(&self, date: Option<&Spanned<toml::value::Datetime>>) -> Result<Option<NaiveDate>, RecordsError> {
        date.map(|date| self.day(date)).transpose()
    }

    /// Refuses what is no id of a kind.
    pub(crate) fn known<'a>(
        &self,
        id: &Spanned<String>,
        what: &str,
        ids: impl Iterator<Item = &'a str> + Clone,
    ) -> Result<Arc<str>, RecordsError> {
        let name = id.get_ref().as_str();
        match ids.clone().find(|known| *known == name) {
            Some(known) => Ok(Arc::from(known)),
            None => Err(self.error(&id.span(), &format!("there is no {what} `{name}`{}", did_you_mean(name, ids)))),
        }
    }

    /// Refuses what is neither a duty nor `layer.*`.
    pub(crate) fn known_duty(&self, catalog: &Catalog, pattern: &Spanned<String>) -> Result<Arc<str>, RecordsError> {
        is_duty(catalog, pattern.get_ref()).map_err(|message| self.error(&pattern.span(), &message))?;
        Ok(Arc::from(pattern.get_ref().as_str()))
    }

    /// Refuses duties that nobody knows.
    pub(crate) fn known_duties(&self, catalog: &Catalog, patterns: &[Spanned<String>]) -> Result<Vec<Arc<str>>, RecordsError> {
        patterns.iter().map(|pattern| self.known_duty(catalog, pattern)).collect()
    }

    /// Refuses manual evidence that nobody knows.
    pub(crate) fn known_evidence(&self, catalog: &Catalog, ids: &[Spanned<String>]) -> Result<Vec<Arc<str>>, RecordsError> {
        ids.iter().map(|id| self.known(id, "manual evidence", catalog.evidence.keys().map(|id| &**id))).collect()
    }
}

/// Refuses what is neither a duty nor `layer.*`.
pub(crate) fn is_duty(catalog: &Catalog, pattern: &str) -> Result<(), String> {
    if let Some(layer) = pattern.strip_suffix(".*") {
        if catalog.layer(layer).is_some() {
            return Ok(());
        }
        let near = did_you_mean(layer, catalog.layers.iter().map(|layer| &*layer.id));
        return Err(format!("there is no layer `{layer}`{near}"));
    }
    if catalog.duties.contains_key(pattern) {
        return Ok(());
    }
    let near = did_you_mean(pattern, catalog.duties.keys().map(|id| &**id));
    Err(format!("there is no duty `{pattern}`{near}; write a duty id, or `layer.*` for all of a layer"))
}

/// True if a duty id, `layer.*`, or `*` covers a duty.
pub(crate) fn covers_duty(pattern: &str, duty: &str) -> bool {
    if pattern == "*" {
        return true;
    }
    match pattern.strip_suffix(".*") {
        Some(layer) => duty.strip_prefix(layer).is_some_and(|rest| rest.starts_with('.')),
        None => pattern == duty,
    }
}

/// True if a text is covered by a pattern in which `*` stands for any text.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(head) else { return false };
    let mut pieces = rest.split('*').peekable();
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return text.ends_with(piece);
        }
        match text.find(piece) {
            Some(at) => text = text.get(at + piece.len()..).unwrap_or(""),
            None => return false,
        }
    }
    true
}

/// The day that a TOML date names.
pub(crate) fn day(date: &toml::value::Datetime) -> Option<NaiveDate> {
    let date = date.date?;
    NaiveDate::from_ymd_opt(i32::from(date.year), u32::from(date.month), u32::from(date.day))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_text() {
        for (pattern, text, want) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("*", "", true),
            ("AWS::RDS::*", "AWS::RDS::DBInstance", true),
            ("AWS::RDS::*", "AWS::RDX::DBInstance", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("*end", "the end", true),
            ("aba*aba", "aba", false),
        ] {
            assert_eq!(matches(pattern, text), want, "{pattern} {text}");
        }
    }

    #[test]
    fn layers_cover_their_duties_only() {
        assert!(covers_duty("guest-os.*", "guest-os.harden"));
        assert!(!covers_duty("guest.*", "guest-os.harden"));
        assert!(covers_duty("guest-os.harden", "guest-os.harden"));
        assert!(!covers_duty("guest-os.harden", "guest-os.harden-more"));
    }
}
