//! Runs the binary on files made for one test.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

/// A directory of sources that goes away with the test.
pub(crate) struct Sources {
    directory: TempDir,
}

impl Sources {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let sources = Self { directory: tempfile::tempdir().expect("a temporary directory") };
        for (name, text) in files {
            sources.write(name, text.as_bytes());
        }
        sources
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.directory.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("directories can be made");
        std::fs::write(&path, bytes).expect("files can be written");
        path
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Runs `partywall` in this directory.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        run_in(self.path(), arguments)
    }

    /// All results of `assess .` as JSON, and the run itself.
    pub(crate) fn results(&self) -> (Vec<Value>, Ran) {
        let ran = self.run(&["assess", ".", "--format", "jsonl", "--as-of", "2026-11-20"]);
        let results = ran.out.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect();
        (results, ran)
    }
}

/// What a run left.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// Fails the test if the run ended in anything but one of our own exit codes.
    pub(crate) fn must_end_well(&self, what: &str) {
        assert!((0..=3).contains(&self.code), "{what}: exit {}\n{}", self.code, self.err);
        assert!(!self.err.contains("panicked"), "{what}: {}", self.err);
    }
}

pub(crate) fn run_in(directory: &Path, arguments: &[&str]) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_partywall"))
        .args(arguments)
        .current_dir(directory)
        .env("NO_COLOR", "1")
        .output()
        .expect("the binary runs");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ran { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository")
}

/// The answer of a check for the one resource that it was asked of.
pub(crate) fn status_of<'r>(results: &'r [Value], check: &str) -> &'r str {
    let found: Vec<&Value> = results.iter().filter(|result| result["check"] == check).collect();
    assert_eq!(found.len(), 1, "{check}: {found:?}");
    found[0]["status"].as_str().expect("a status")
}
