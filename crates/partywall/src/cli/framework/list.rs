//! All frameworks with their counts.

use std::io::Write as _;

use serde::Serialize;

use crate::cli::Context;
use crate::cli::format::Format;
use crate::cli::matrix::text::Sheet;
use crate::exit;
use crate::frameworks::{MeansCounts, SplitCounts};

#[derive(Serialize)]
struct Listed<'a> {
    id: &'a str,
    title: &'a str,
    version: &'a str,
    noun: &'a str,
    publisher: &'a str,
    aliases: &'a [String],
    requirements: usize,
    #[serde(flatten)]
    split: SplitCounts,
    #[serde(flatten)]
    means: MeansCounts,
    #[serde(skip)]
    line: String,
}

pub(super) fn run(context: &Context, format: Format) -> anyhow::Result<u8> {
    let rows: Vec<Listed<'_>> = context
        .catalog
        .frameworks
        .values()
        .map(|framework| {
            let split = SplitCounts::of(&context.catalog, framework);
            Listed {
                id: &framework.id,
                title: &framework.title,
                version: &framework.version,
                noun: &framework.noun,
                publisher: &framework.publisher,
                aliases: &framework.aliases,
                requirements: framework.requirements.len(),
                split,
                means: MeansCounts::of(&context.catalog, framework),
                line: split.line(framework),
            }
        })
        .collect();
    let mut out = std::io::BufWriter::new(anstream::stdout());
    match format {
        Format::Json => writeln!(out, "{}", serde_json::to_string_pretty(&rows)?)?,
        Format::Csv => sheet(&rows).csv(&mut out)?,
        Format::Md => sheet(&rows).md(&mut out)?,
        Format::Table => {
            for row in &rows {
                let MeansCounts { automated, inherited, manual, open } = row.means;
                writeln!(out, "{} · {}", row.id, row.title)?;
                writeln!(out, "  {}", row.line)?;
                writeln!(
                    out,
                    "  {automated} automated ({})  {manual} manual  {inherited} inherited  {open} open",
                    share(automated, row.requirements)
                )?;
            }
            writeln!(out, "\nautomated: a check is evidence for it, often not for all of it · manual: only documents show it")?;
            writeln!(out, "inherited: AWS's alone, and no check · open: neither check nor document is named yet. The four add up to all.")?;
        }
    }
    out.flush()?;
    Ok(exit::CLEAN)
}

fn sheet(rows: &[Listed<'_>]) -> Sheet {
    let mut sheet =
        Sheet::new(&["id", "title", "version", "requirements", "aws", "shared", "customer", "automated", "manual", "inherited", "open"]);
    for row in rows {
        let SplitCounts { aws, shared, customer } = row.split;
        let MeansCounts { automated, inherited, manual, open } = row.means;
        let counts = [aws.to_string(), shared.to_string(), customer.to_string()];
        let means = [automated, manual, inherited, open].map(|count| count.to_string());
        let words = [row.id, row.title, row.version].map(ToOwned::to_owned);
        sheet.rows.push(words.into_iter().chain([row.requirements.to_string()]).chain(counts).chain(means).collect());
    }
    sheet
}

/// `52 of 106`, in per cent rounded down: the last requirement is never rounded away.
fn share(part: usize, all: usize) -> String {
    format!("{} of {all}, {} %", part, (part * 100).checked_div(all).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_not_rounded_up() {
        assert_eq!(share(105, 106), "105 of 106, 99 %");
        assert_eq!(share(0, 0), "0 of 0, 0 %");
    }
}
