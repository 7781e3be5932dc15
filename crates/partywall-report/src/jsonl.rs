use std::io::{self, Write};

use partywall_model::CheckResult;

use crate::object::Objects;
use crate::sink::ResultSink;
use crate::{CheckInfo, Run, Summary};

/// Bytes that are gathered before the writer is called.
const BLOCK: usize = 64 * 1024;

/// One result per line, nothing else: `docs/src/reference/jsonl.md`.
#[derive(Debug)]
pub struct Jsonl<W> {
    out: W,
    block: Vec<u8>,
    objects: Option<Objects>,
}

impl<W: Write> Jsonl<W> {
    /// Makes the sink; it gathers its own blocks, so the writer needs no buffer.
    pub fn new(out: W) -> Self {
        Self { out, block: Vec::with_capacity(BLOCK + 4096), objects: None }
    }

    fn write(&mut self) -> io::Result<()> {
        self.out.write_all(&self.block)?;
        self.block.clear();
        Ok(())
    }
}

impl<W: Write> ResultSink for Jsonl<W> {
    fn begin(&mut self, run: &Run) -> io::Result<()> {
        self.objects = Some(Objects::new(run));
        Ok(())
    }

    fn result(&mut self, check: &CheckInfo, result: &CheckResult) -> io::Result<()> {
        if let Some(objects) = &mut self.objects {
            objects.append(&mut self.block, check, result);
            self.block.push(b'\n');
        }
        if self.block.len() < BLOCK { Ok(()) } else { self.write() }
    }

    fn finish(&mut self, _summary: &Summary) -> io::Result<()> {
        self.write()?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use crate::{Format, Options, fixture};

    fn lines() -> Vec<String> {
        fixture::render(Format::Jsonl, Options::default()).lines().map(str::to_owned).collect()
    }

    #[test]
    fn every_line_has_the_contract_s_fields_in_order() {
        let want = [
            "schema",
            "id",
            "check",
            "title",
            "status",
            "severity",
            "resource",
            "decided_by",
            "duty",
            "layer",
            "party",
            "owner",
            "controls",
            "facts",
            "unknown_because",
            "fix_ref",
            "snapshot",
            "observed_at",
            "first_seen",
            "due",
            "exception",
            "catalog",
        ];
        let lines = lines();
        assert_eq!(lines.len(), fixture::sample().results.len());
        for line in &lines {
            let value: Value = serde_json::from_str(line).unwrap();
            let fields = value.as_object().unwrap();
            assert_eq!(fields.len(), want.len());
            let mut rest = line.as_str();
            for field in want {
                assert!(fields.contains_key(field), "{field}");
                let (_, after) = rest.split_once(&format!("\"{field}\":")).unwrap();
                rest = after;
            }
            let resource: Vec<&str> = value["resource"].as_object().unwrap().keys().map(String::as_str).collect();
            let mut want = ["type", "id", "logical_id", "arn", "account", "region", "source", "location"];
            want.sort_unstable();
            assert_eq!(resource, want);
        }
    }

    #[test]
    fn the_first_line_is_this() {
        insta::assert_snapshot!(lines().first().unwrap());
    }

    #[test]
    fn hostile_names_come_back_unchanged() {
        let sample = fixture::sample();
        for (line, (_, result)) in lines().iter().zip(&sample.results) {
            let value: Value = serde_json::from_str(line).unwrap();
            assert_eq!(value["resource"]["id"].as_str(), result.resource.as_ref().map(|resource| &*resource.id));
        }
    }

    #[test]
    fn only_open_failures_are_due() {
        for line in lines() {
            let value: Value = serde_json::from_str(&line).unwrap();
            let open = value["status"] == "fail" && value["exception"].is_null();
            assert_eq!(value["due"].is_string(), open, "{line}");
        }
    }
}
