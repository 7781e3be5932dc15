use std::io::{self, Write};

use partywall_model::CheckResult;

use crate::document::Document;
use crate::object::Objects;
use crate::sink::ResultSink;
use crate::{CheckInfo, Run, Summary};

/// One document: `schema`, `run`, `results` as in jsonl, and `summary` last, because it is known last.
#[derive(Debug)]
pub struct Json<W> {
    document: Document<W>,
    objects: Option<Objects>,
    object: Vec<u8>,
}

impl<W: Write> Json<W> {
    /// Makes the sink.
    pub fn new(out: W) -> Self {
        Self { document: Document::new(out), objects: None, object: Vec::new() }
    }
}

impl<W: Write> ResultSink for Json<W> {
    fn begin(&mut self, run: &Run) -> io::Result<()> {
        self.objects = Some(Objects::new(run));
        let run = serde_json::to_string(run)?;
        self.document.open(&format!("{{\"schema\":\"partywall.report/1\",\"run\":{run},\"results\":["))
    }

    fn result(&mut self, check: &CheckInfo, result: &CheckResult) -> io::Result<()> {
        self.object.clear();
        if let Some(objects) = &mut self.objects {
            objects.append(&mut self.object, check, result);
        }
        self.document.element(&self.object)
    }

    fn finish(&mut self, summary: &Summary) -> io::Result<()> {
        let summary = serde_json::to_string(summary)?;
        self.document.close(&format!("],\"summary\":{summary}}}\n"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use crate::{Format, Options, fixture};

    #[test]
    fn the_document_holds_run_results_and_summary() {
        let text = fixture::render(Format::Json, Options::default());
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["schema"], "partywall.report/1");
        assert_eq!(value["run"]["as_of"], "2026-11-20T06:00:00Z");
        assert_eq!(value["results"].as_array().unwrap().len(), fixture::sample().results.len());
        assert_eq!(value["summary"]["exit"]["code"], 1);
        let lines = fixture::render(Format::Jsonl, Options::default());
        for (line, object) in lines.lines().zip(value["results"].as_array().unwrap()) {
            assert_eq!(&serde_json::from_str::<Value>(line).unwrap(), object);
        }
    }
}
