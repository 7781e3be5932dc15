//! What an interrupted reading had already been told, page by page, so that the next one need not ask again.
//!
//! One file per account: a line with the fingerprint of the plan, then one JSON line per page: the key of the question, when it was answered, what the answer said (shaped, without its
//! secrets) and the input of the next page. A last line that a crash cut off is passed over; a line that is broken in any other way ends the
//! reading of the journal there, and the rest is asked again. Failures are not kept: they are asked again.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use partywall_collect::Shaped;
use partywall_lake::{RowReader, RowWriter};
use partywall_model::{Resource, Source, SourceKind, Value};
use partywall_table::canonical_json;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use crate::ask::Target;

/// Identity of a question: what it is asked for, account, Region, service, operation and input, hashed. Two that ask the same of AWS make
/// different things of the answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct QuestionKey(String);

impl QuestionKey {
    pub(crate) fn new(purpose: &str, account: &str, region: &str, target: &Target, input: &Value) -> Self {
        let mut hash = Sha256::new();
        for part in [purpose, account, region, &*target.service.name, &*target.operation] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        hash.update(canonical_json(input).unwrap_or_default().as_bytes());
        Self(hex(&hash.finalize()))
    }
}

/// Half of a SHA-256, in hexadecimal: enough to tell questions and plans apart.
pub(crate) fn hex(hash: &[u8]) -> String {
    let mut text = String::new();
    for byte in hash.iter().take(16) {
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

/// A page as it was recorded.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Record {
    pub(crate) shaped: Vec<Shaped>,
    pub(crate) at: DateTime<Utc>,
    pub(crate) next: Option<Value>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Line {
    key: String,
    #[serde(with = "time")]
    at: DateTime<Utc>,
    shaped: Vec<ShapedLine>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next: Option<Box<RawValue>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct ShapedLine {
    found: Vec<Box<RawValue>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    lost: Vec<String>,
    /// As RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<String>,
}

/// The journal of one account.
#[derive(Debug)]
pub(crate) struct Journal {
    recorded: Mutex<HashMap<String, Record>>,
    file: Mutex<File>,
}

impl Journal {
    /// Opens the journal of an account, with what an interrupted reading left if `resume`, else empty.
    ///
    /// # Errors
    /// The file cannot be opened or written.
    pub(crate) fn open(path: &Path, resume: bool, plan: &str) -> std::io::Result<Self> {
        let mut recorded = HashMap::new();
        let mut whole = 0;
        if resume && path.exists() {
            let mut reader = BufReader::new(File::open(path)?);
            let mut text = Vec::new();
            let length = reader.read_until(b'\n', &mut text)?;
            // What another catalogue made of an answer is not what this one would.
            let same = text.strip_suffix(b"\n") == Some(plan.as_bytes());
            whole = if same { length as u64 } else { 0 };
            if same {
                loop {
                    text.clear();
                    let length = reader.read_until(b'\n', &mut text)?;
                    let line = text.strip_suffix(b"\n").and_then(|line| serde_json::from_slice::<Line>(line).ok());
                    let Some((key, record)) = line.and_then(record) else { break };
                    recorded.insert(key, record);
                    whole += length as u64;
                }
            }
        }
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        file.set_len(whole)?;
        if whole == 0 {
            file.write_all(format!("{plan}\n").as_bytes())?;
        }
        Ok(Self { recorded: Mutex::new(recorded), file: Mutex::new(file) })
    }

    /// What is recorded of a question; each page is asked for once.
    pub(crate) fn take(&self, key: &QuestionKey) -> Option<Record> {
        self.recorded.lock().ok()?.remove(&key.0)
    }

    /// Records a page: one write, so that a crash leaves it whole or cut off at the end.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn record(&self, key: &QuestionKey, shaped: &[Shaped], at: DateTime<Utc>, next: Option<&Value>) -> std::io::Result<()> {
        let mut writer = Writer::default();
        let shaped = shaped
            .iter()
            .map(|shaped| {
                let found = shaped.found.iter().map(|value| writer.text(value)).collect::<std::io::Result<_>>()?;
                Ok(ShapedLine { found, lost: shaped.lost.clone(), at: shaped.at.map(time::text) })
            })
            .collect::<std::io::Result<_>>()?;
        let next = next.map(|next| writer.text(next)).transpose()?;
        let line = Line { key: key.0.clone(), at, shaped, next };
        let mut text = serde_json::to_vec(&line)?;
        text.push(b'\n');
        let mut file = self.file.lock().map_err(|_| std::io::Error::other("the journal's writer failed before"))?;
        file.write_all(&text)
    }
}

/// Writes values as the lake writes rows, so that nothing is lost on the way: unknowns with their causes, the order of members.
#[derive(Default)]
struct Writer {
    rows: RowWriter,
}

impl Writer {
    fn text(&mut self, value: &Value) -> std::io::Result<Box<RawValue>> {
        let mut row = Resource::new("", "", Arc::new(Source { kind: SourceKind::Api, file: Arc::from("") }));
        row.properties = value.clone();
        Ok(RawValue::from_string(self.rows.write(&row).map_err(std::io::Error::other)?.text)?)
    }
}

fn record(line: Line) -> Option<(String, Record)> {
    let mut reader = RowReader::new();
    let mut value = |text: &RawValue| Some(reader.read(text.get()).ok()?.properties);
    let mut shaped = Vec::with_capacity(line.shaped.len());
    for part in line.shaped {
        let found = part.found.iter().map(|text| value(text)).collect::<Option<_>>()?;
        let at = match &part.at {
            Some(text) => Some(time::of(text)?),
            None => None,
        };
        shaped.push(Shaped { found, lost: part.lost, at });
    }
    let next = match &line.next {
        Some(next) => Some(value(next)?),
        None => None,
    };
    Some((line.key, Record { shaped, at: line.at, next }))
}

/// Moments as RFC 3339, to the nanosecond.
mod time {
    use chrono::{DateTime, SecondsFormat, Utc};
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn text(at: DateTime<Utc>) -> String {
        at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
    }

    pub(super) fn of(text: &str) -> Option<DateTime<Utc>> {
        DateTime::parse_from_rfc3339(text).ok().map(|at| at.with_timezone(&Utc))
    }

    pub(super) fn serialize<S: Serializer>(at: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&text(*at))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
        let written = std::borrow::Cow::<str>::deserialize(deserializer)?;
        of(&written).ok_or_else(|| D::Error::custom("no moment"))
    }
}

#[cfg(test)]
mod tests {
    use partywall_model::{Cause, CauseKind};

    use super::*;

    const PLAN: &str = "0123456789abcdef";

    fn key(number: usize) -> QuestionKey {
        QuestionKey(format!("{number:032x}"))
    }

    /// Three pages, each with something that plain JSON would lose.
    fn records() -> Vec<Record> {
        let at = DateTime::parse_from_rfc3339("2026-11-23T01:02:03.123456789Z").unwrap().with_timezone(&Utc);
        let mut found = Value::Map(Vec::new());
        found.set("Zeta", Value::Float(1.0));
        found.set("Alpha", Value::unknown(Cause::new(CauseKind::Denied, "line\nbreak").with_action("s3:GetThing")));
        let mut next = Value::Map(Vec::new());
        next.set("Token", Value::str("t"));
        let shaped = Shaped { found: vec![found], lost: vec!["an item".to_owned()], at: Some(at) };
        vec![
            Record { shaped: vec![shaped.clone(), Shaped::default()], at, next: Some(next) },
            Record { shaped: vec![shaped], at, next: None },
            Record { shaped: Vec::new(), at, next: None },
        ]
    }

    fn write(path: &Path) {
        let journal = Journal::open(path, false, PLAN).unwrap();
        for (number, Record { shaped, at, next }) in records().iter().enumerate() {
            journal.record(&key(number), shaped, *at, next.as_ref()).unwrap();
        }
    }

    fn read(journal: &Journal) -> Vec<Option<Record>> {
        (0..3).map(|number| journal.take(&key(number))).collect()
    }

    #[test]
    fn cut_off_anywhere_it_has_every_page_before_the_cut_and_goes_on_from_there() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("journal");
        write(&path);
        let whole = std::fs::read(&path).unwrap();
        let ends: Vec<usize> = whole.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(place, _)| place + 1).collect();
        assert_eq!(ends.len(), 4);
        for cut in 0..=whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let journal = Journal::open(&path, true, PLAN).unwrap();
            let pages = ends.iter().filter(|end| **end <= cut).count().saturating_sub(1);
            let wanted: Vec<Option<Record>> =
                records().into_iter().enumerate().map(|(number, record)| (number < pages).then_some(record)).collect();
            assert_eq!(read(&journal), wanted, "cut after {cut} bytes");
            let Record { shaped, at, next } = &records()[2];
            journal.record(&key(2), shaped, *at, next.as_ref()).unwrap();
            let again = Journal::open(&path, true, PLAN).unwrap();
            assert_eq!(read(&again)[2], Some(records()[2].clone()), "what is written after a cut after {cut} bytes");
        }
    }

    #[test]
    fn of_another_plan_or_without_resume_nothing_is_taken() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("journal");
        for (resume, plan) in [(true, "fedcba9876543210"), (false, PLAN)] {
            write(&path);
            assert_eq!(read(&Journal::open(&path, resume, plan).unwrap()), [None, None, None]);
            assert_eq!(std::fs::read_to_string(&path).unwrap(), format!("{plan}\n"));
        }
        write(&path);
        assert!(read(&Journal::open(&path, true, PLAN).unwrap()).iter().all(Option::is_some));
    }
}
