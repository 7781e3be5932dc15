//! The manual side of the records, read from directories as people keep them.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests: a wrong shape should stop them")]

mod documented;
mod due;
mod future;
mod inherited;
mod kinds;
mod policies;
mod quiz;
mod reviews;
mod runbooks;
mod training;
mod well_architected;

use std::sync::OnceLock;

use chrono::NaiveDate;
use partywall_catalog::Catalog;
use partywall_records::{FindingKind, Records};
use tempfile::TempDir;

/// The built-in catalogue with one runbook more.
fn catalog() -> &'static Catalog {
    static CATALOG: OnceLock<Catalog> = OnceLock::new();
    CATALOG.get_or_init(|| {
        let overlay = directory(&[("runbooks/test-drill.md", RUNBOOK)]);
        Catalog::load(Some(overlay.path())).unwrap()
    })
}

const RUNBOOK: &str = "+++\ntitle = \"A \\\"drill\\\"\"\nduties = [\"incident-response.practise-response\"]\nevidence = [\"continuity.exercise\"]\n\
                       exercise_days = 100\n+++\n\n## Signs\n\n## Whose side\n\n## Steps\n\n## Evidence to capture\n\n## Afterwards\n";

const TEAMS: &str =
    "[[team]]\nid = \"core\"\ntitle = \"Core\"\ncontact = \"#core\"\n[[team]]\nid = \"web\"\ntitle = \"Web\"\ncontact = \"#web\"\n";
const PEOPLE: &str = "person,team,active\np-1,core,yes\np-2,core,yes\np-3,web,yes\np-4,web,no\np-1,web,yes\n";

fn directory(files: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    directory
}

fn read(files: &[(&str, &str)]) -> Records {
    Records::read(catalog(), directory(files).path()).unwrap_or_else(|error| panic!("{error}"))
}

/// What is wrong, from the directory's inside.
fn error(files: &[(&str, &str)]) -> String {
    let directory = directory(files);
    let error = Records::read(catalog(), directory.path()).expect_err("the records are read").to_string();
    error.replace(&format!("{}/", directory.path().display()), "")
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Messages of a kind of finding on a day, but those on records of later days: most tests look at several days.
fn found(records: &Records, kind: FindingKind, today: &str) -> Vec<String> {
    let all = records.findings(day(today), &|_| true).into_iter();
    all.filter(|finding| finding.kind == kind).map(|finding| finding.message).filter(|message| !is_of_a_later_day(message)).collect()
}

fn is_of_a_later_day(message: &str) -> bool {
    message.contains(" not count before ")
}

#[test]
fn the_records_of_the_example_can_be_read() {
    let example = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/harbour-bank/records");
    let records = Records::read(catalog(), &example).unwrap_or_else(|error| panic!("{error}"));
    assert!(!records.due(day("2026-11-20"), 365).is_empty());
}
