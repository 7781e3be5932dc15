use std::io::Write as _;
use std::path::PathBuf;

use anyhow::bail;
use clap::{Args, Subcommand};
use partywall_model::{Severity, plain};
use partywall_records::Records;
use partywall_report::counted;
use serde_json::json;

use super::Context;
use super::format::Format;
use super::matrix::text::Sheet;
use crate::exit;

/// What people decided and keep: whether it holds together, and what is due
///
/// Records are files in one directory, fit for git: scope, owners, teams, parties, exceptions, attestations, expectations, evidence,
/// policies, training, runbooks, reviews.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  partywall records lint examples/harbour-bank\n  partywall records due examples/harbour-bank --days 120 --format md\n  partywall records evidence examples/harbour-bank --missing"
)]
pub(crate) struct RecordsCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Everything in the records that needs a person; 1 if anything does
    Lint(From),
    /// What is due, and what is overdue, by day
    Due {
        #[command(flatten)]
        from: From,
        /// How far to look ahead
        #[arg(long, default_value_t = 90, value_name = "DAYS")]
        days: u32,
    },
    /// Every kind of manual evidence: what is kept, how it stands
    Evidence {
        #[command(flatten)]
        from: From,
        /// Only what is missing, failed or overdue
        #[arg(long)]
        missing: bool,
    },
}

#[derive(Debug, Args)]
struct From {
    /// The directory of records, or one that has a directory `records`
    #[arg(value_name = "DIR", default_value = ".")]
    directory: PathBuf,

    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

impl RecordsCommand {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<u8> {
        match self.action {
            Action::Lint(from) => lint(context, &from),
            Action::Due { from, days } => due(context, &from, days),
            Action::Evidence { from, missing } => evidence(context, &from, missing),
        }
    }
}

/// The records of a directory, or of the directory `records` in it.
pub(super) fn read(context: &Context, directory: &PathBuf) -> anyhow::Result<Records> {
    let inner = directory.join(partywall_collect::RECORDS);
    let chosen = if inner.is_dir() { &inner } else { directory };
    let records = Records::read(&context.catalog, chosen)?;
    let has_any = std::fs::read_dir(chosen).is_ok_and(|mut entries| entries.next().is_some());
    if !has_any {
        bail!("`{}` is empty; records are scope.toml, owners, teams.toml and so on", plain(&chosen.display().to_string()));
    }
    Ok(records)
}

/// Writes a sheet, or its rows as objects named by the head.
pub(super) fn write(sheet: &Sheet, format: Format, empty: &str) -> anyhow::Result<()> {
    let mut out = std::io::BufWriter::new(anstream::stdout());
    match format {
        Format::Json => {
            let object = |row: &Vec<String>| sheet.head.iter().zip(row).map(|(name, cell)| (name.clone(), json!(cell))).collect();
            let rows: Vec<serde_json::Map<String, serde_json::Value>> = sheet.rows.iter().map(object).collect();
            writeln!(out, "{}", serde_json::to_string_pretty(&rows)?)?;
        }
        Format::Csv => sheet.csv(&mut out)?,
        Format::Md => sheet.md(&mut out)?,
        Format::Table if sheet.rows.is_empty() => writeln!(out, "{empty}")?,
        Format::Table => sheet.table(&mut out)?,
    }
    out.flush()?;
    Ok(())
}

fn lint(context: &Context, from: &From) -> anyhow::Result<u8> {
    let records = read(context, &from.directory)?;
    // Whether an exception matches anything is seen with sources only.
    let found = records.findings_of_records(context.today());
    let mut sheet = Sheet::new(&["severity", "kind", "subject", "finding", "owner", "due", "place"]);
    for finding in &found {
        sheet.rows.push(vec![
            finding.severity.to_string(),
            finding.kind.as_str().to_owned(),
            finding.subject.clone(),
            finding.message.clone(),
            finding.owner.clone().unwrap_or_default(),
            finding.due.map(|due| due.to_string()).unwrap_or_default(),
            finding.place.as_ref().map(ToString::to_string).unwrap_or_default(),
        ]);
    }
    if from.format == Format::Table {
        let mut out = std::io::BufWriter::new(anstream::stdout());
        for finding in &found {
            let place = finding.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
            writeln!(out, "{place}{}: {}", finding.severity, plain(&finding.message))?;
        }
        let high = found.iter().filter(|finding| finding.severity >= Severity::High).count();
        writeln!(out, "{}, {high} of them high or worse", counted(found.len() as u64, "finding", "findings"))?;
        out.flush()?;
    } else {
        write(&sheet, from.format, "")?;
    }
    Ok(if found.is_empty() { exit::CLEAN } else { exit::FINDINGS })
}

fn due(context: &Context, from: &From, days: u32) -> anyhow::Result<u8> {
    let records = read(context, &from.directory)?;
    let today = context.today();
    let mut sheet = Sheet::new(&["day", "in days", "kind", "subject", "what", "owner"]);
    for due in records.due(today, days) {
        sheet.rows.push(vec![
            due.day.to_string(),
            (due.day - today).num_days().to_string(),
            due.kind.as_str().to_owned(),
            due.subject,
            due.title,
            due.owner.unwrap_or_default(),
        ]);
    }
    write(&sheet, from.format, "nothing is due")?;
    Ok(exit::CLEAN)
}

fn evidence(context: &Context, from: &From, missing: bool) -> anyhow::Result<u8> {
    let records = read(context, &from.directory)?;
    let asked = crate::wall::Wall::of(context, &records, None).evidence;
    let mut sheet = Sheet::new(&["id", "kind", "what", "state", "kept", "owner", "made", "due", "asked for"]);
    for evidence in context.catalog.evidence.values() {
        let state = records.evidence.state(&evidence.id, context.today());
        let kept = state.kept();
        let is_asked = asked.contains(&*evidence.id);
        if missing && (state.as_str() == "current" || !is_asked) {
            continue;
        }
        sheet.rows.push(vec![
            evidence.id.to_string(),
            evidence.kind.as_str().to_owned(),
            evidence.title.to_string(),
            state.as_str().to_owned(),
            kept.map(|kept| kept.title.clone()).unwrap_or_default(),
            records.owner_of(evidence, context.today()).unwrap_or_else(|| "nobody".to_owned()),
            kept.map(|kept| kept.made.to_string()).unwrap_or_default(),
            kept.and_then(|kept| kept.due).map(|due| due.to_string()).unwrap_or_default(),
            if is_asked { "yes".to_owned() } else { "no".to_owned() },
        ]);
    }
    write(&sheet, from.format, "nothing that is asked for is missing")?;
    Ok(exit::CLEAN)
}
