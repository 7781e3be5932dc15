//! Two frameworks, or two editions of one, line by line.

use std::io::Write as _;
use std::sync::Arc;

use anyhow::bail;
use clap::Args;
use partywall_oscal::{Difference, Reworded, difference};
use partywall_records::Records;

use crate::cli::Context;
use crate::cli::format::Format;
use crate::cli::matrix::text::{self, Sheet};
use crate::{exit, frameworks};

#[derive(Debug, Args)]
pub(super) struct Diff {
    /// The earlier one
    #[arg(value_name = "BEFORE")]
    before: String,

    /// The later one
    #[arg(value_name = "AFTER")]
    after: String,

    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

impl Diff {
    pub(super) fn run(&self, context: &Context) -> anyhow::Result<u8> {
        let records = Records::default();
        let (before, through_before) = frameworks::of_id(&context.catalog, &records, &self.before)?;
        let (after, through_after) = frameworks::of_id(&context.catalog, &records, &self.after)?;
        if let Some(name) = through_before.or(through_after) {
            bail!("`{name}` is only known by the ids that another framework's lines carry, so it cannot be compared line by line");
        }
        let found = difference(before, after);
        let mut out = std::io::BufWriter::new(anstream::stdout());
        match self.format {
            Format::Json => writeln!(out, "{}", serde_json::to_string_pretty(&found)?)?,
            Format::Csv => sheet(&found).csv(&mut out)?,
            Format::Md => sheet(&found).md(&mut out)?,
            Format::Table => {
                writeln!(out, "{} → {}", before.title, after.title)?;
                if found.is_empty() {
                    writeln!(out, "no line differs")?;
                }
                for (what, ids) in [("only before", &found.only_a), ("only after", &found.only_b)] {
                    if !ids.is_empty() {
                        text::wrapped(&mut out, 2, &format!("{what} ({}): {}", ids.len(), list(ids)))?;
                    }
                }
                for row in sheet(&found).rows.iter().filter(|row| !row.first().is_some_and(|kind| kind.starts_with("only"))) {
                    text::wrapped(&mut out, 2, &row.iter().filter(|cell| !cell.is_empty()).cloned().collect::<Vec<_>>().join(" · "))?;
                }
            }
        }
        out.flush()?;
        Ok(exit::CLEAN)
    }
}

fn list(ids: &[Arc<str>]) -> String {
    ids.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(", ")
}

fn sheet(found: &Difference) -> Sheet {
    let mut sheet = Sheet::new(&["difference", "requirement", "before", "after"]);
    let mut add =
        |kind: &str, id: &str, before: String, after: String| sheet.rows.push(vec![kind.to_owned(), id.to_owned(), before, after]);
    for id in &found.only_a {
        add("only before", id, String::new(), String::new());
    }
    for id in &found.only_b {
        add("only after", id, String::new(), String::new());
    }
    for moved in &found.moved {
        add("moved", &moved.id, String::new(), list(&moved.to));
    }
    let worded = |one: &Reworded| (one.a.clone(), one.b.clone());
    for (kind, lines) in [("title", &found.retitled), ("text", &found.reworded), ("note", &found.noted)] {
        for one in lines {
            let (before, after) = worded(one);
            add(kind, &one.id, before, after);
        }
    }
    for one in &found.remapped {
        for (kind, change) in [("duties", &one.duties), ("checks", &one.checks), ("manual evidence", &one.manual)] {
            if !change.only_a.is_empty() || !change.only_b.is_empty() {
                add(kind, &one.id, change.only_a.join(" "), change.only_b.join(" "));
            }
        }
    }
    sheet
}
