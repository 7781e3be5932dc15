//! An earlier run, so that only what is new counts.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use anyhow::{Context as _, anyhow};
use partywall_model::{CheckResult, Status};

/// How a result stood in an earlier run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    /// It failed, and nobody had accepted it.
    Failed,
    /// It failed under an exception.
    Excepted,
    /// It was not seen.
    Unknown,
}

impl Before {
    /// True if the result is no news: what was unknown and now fails is news, and so is a failure whose exception is gone.
    pub(super) fn hides(self, result: &CheckResult) -> bool {
        match result.status {
            Status::Fail => self == Self::Failed || self == Self::Excepted && result.exception.is_some(),
            _ => true,
        }
    }
}

pub(super) fn read(path: &Path) -> anyhow::Result<HashMap<String, Before>> {
    let file = File::open(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let mut ids = HashMap::new();
    for (number, line) in BufReader::new(file).lines().enumerate() {
        let line = line.with_context(|| format!("{}:{}", path.display(), number + 1))?;
        if line.is_empty() {
            continue;
        }
        let parsed: serde_json::Value = serde_json::from_str(&line)
            .map_err(|error| anyhow!("{}:{}: {error}; a baseline is a results.jsonl of an earlier run", path.display(), number + 1))?;
        let word = |name: &str| parsed.get(name).and_then(serde_json::Value::as_str);
        let excepted = parsed.get("exception").is_some_and(|exception| !exception.is_null());
        let before = match word("status") {
            Some("fail") if excepted => Before::Excepted,
            Some("fail") => Before::Failed,
            Some("unknown") => Before::Unknown,
            _ => continue,
        };
        if let Some(id) = word("id") {
            ids.insert(id.to_owned(), before);
        }
    }
    Ok(ids)
}
