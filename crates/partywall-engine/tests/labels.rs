//! Agreement with other tools' labels (`ARCHITECTURE.md` §12): the templates of their test suites, every second one rewritten as
//! YAML, through the real collector and engine.
//!
//! A label is judged if a check claims the tool's id in `equivalents`. `tests/data/label-disagreements.tsv` holds every reviewed
//! disagreement with its reason; a reason that begins with `excluded:` takes the label out of the count, any other does not.
//! `PARTYWALL_LABELS_LIST=FILE` writes all disagreements, worst first; `PARTYWALL_LABELS_TSV=FILE` those that nobody has reviewed.

mod judge;
mod report;
mod run;
mod yaml;

use libtest_mimic::{Failed, Trial};

use crate::support;

/// The aims, all reached: 96.5 % of 1,081 labels, with 79.4 % of the other tools' ids claimed.
const AGREEMENT: f64 = 95.0;
const LABELS: usize = 600;
const CLAIMED: f64 = 60.0;

pub(crate) fn trials() -> Vec<Trial> {
    let data = support::shared().join("data/iac");
    let here = data.join("guard-registry-cfn.jsonl").is_file();
    let skipped = if here { String::new() } else { format!(" (no labels in {}; set PARTYWALL_SHARED)", data.display()) };
    vec![Trial::test(format!("labels/agreement with other tools{skipped}"), move || agreement(&data)).with_ignored_flag(!here)]
}

fn agreement(data: &std::path::Path) -> Result<(), Failed> {
    let rows = judge::rows(data)?;
    let claims = judge::claims(support::catalog());
    let results = run::results(&rows, &claims)?;
    let reviewed = report::reviewed(&support::repository().join("crates/partywall-engine/tests/data/label-disagreements.tsv"))?;
    let mut verdicts = Vec::new();
    for (row, results) in rows.iter().zip(&results) {
        if let Some(checks) = claims.get(&(row.tool, row.check.clone())) {
            verdicts.extend(judge::judge(row, checks, results));
        }
    }
    let summary = report::summary(&rows, &claims, &verdicts, &reviewed);
    println!("{}", summary.text);
    for (variable, text) in [
        ("PARTYWALL_LABELS_LIST", report::list(&rows, &claims, &verdicts, &reviewed)),
        ("PARTYWALL_LABELS_TSV", report::unreviewed(&rows, &verdicts, &reviewed)),
    ] {
        if let Some(path) = std::env::var_os(variable) {
            std::fs::write(path, text)?;
        }
    }
    let mut failures = Vec::new();
    if summary.judged < LABELS {
        failures.push(format!("{} labels judged, {LABELS} wanted", summary.judged));
    }
    if summary.claimed < CLAIMED {
        failures.push(format!("{:.1} % of the ids claimed, {CLAIMED} % wanted", summary.claimed));
    }
    if summary.agreement < AGREEMENT {
        failures.push(format!("{:.2} % agreement, {AGREEMENT} % wanted", summary.agreement));
    }
    let unreviewed = report::unreviewed(&rows, &verdicts, &reviewed);
    if unreviewed.lines().count() > 1 {
        failures.push(format!("disagreements that nobody has reviewed, to be mended or put into the file with a reason:\n{unreviewed}"));
    }
    if failures.is_empty() { Ok(()) } else { Err(failures.join("; ").into()) }
}
