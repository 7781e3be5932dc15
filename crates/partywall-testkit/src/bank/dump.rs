use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::DIGITAL;
use crate::item::Place;

/// Answers of the AWS CLI as files: `<region>/<service>/<operation>.json`, per resource `<region>/<service>/<operation>/<resource>.json`.
#[derive(Debug)]
pub(crate) struct Dump {
    root: PathBuf,
}

impl Dump {
    pub(crate) fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// The account's place in a Region.
    pub(crate) fn place(region: &'static str) -> Place {
        Place { account: DIGITAL, region }
    }

    /// Writes one answer, indented as the CLI does.
    pub(crate) fn answer(&self, region: &str, call: &str, answer: &Value) -> io::Result<()> {
        self.text(region, &format!("{call}.json"), &format!("{answer:#}\n"))
    }

    /// Writes what the CLI says when a call fails.
    pub(crate) fn error(&self, region: &str, call: &str, code: &str, operation: &str, message: &str) -> io::Result<()> {
        let line = format!("\nAn error occurred ({code}) when calling the {operation} operation: {message}\n");
        self.text(region, &format!("{call}.json"), &line)
    }

    pub(crate) fn text(&self, region: &str, file: &str, text: &str) -> io::Result<()> {
        let path = self.root.join(region).join(file);
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory)?;
        }
        std::fs::write(path, text)
    }
}
