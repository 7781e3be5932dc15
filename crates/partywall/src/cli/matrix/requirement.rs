//! Requirement × party: AWS's part and the customer's part of each line of a framework, and who owns the duties behind it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::Arc;

use partywall_catalog::{Catalog, Framework, Requirement};
use partywall_model::Party;
use serde::Serialize;

use super::Format;
use super::model::Row;
use super::text::{self, Sheet};
use crate::frameworks::{self, SplitCounts};

/// A requirement with its parties.
#[derive(Serialize)]
struct Line<'a> {
    requirement: &'a str,
    title: &'a str,
    /// The split, from the owners that its duties have in general.
    kind: &'static str,
    aws: &'a str,
    customer: &'a str,
    duties: Vec<Owned<'a>>,
}

/// A duty behind a requirement.
#[derive(Serialize)]
struct Owned<'a> {
    id: &'a str,
    title: &'a str,
    parties: Vec<String>,
    #[serde(skip)]
    owners: BTreeSet<Option<Party>>,
}

/// Writes the lines of a framework over the rows of a matrix: those met on real resources, or those of the reference.
pub(super) fn write(catalog: &Catalog, framework: &Framework, rows: &[Row<'_>], format: Format, out: &mut dyn Write) -> anyhow::Result<()> {
    let met = owners(rows);
    let lines: Vec<Line<'_>> = framework.requirements.iter().map(|requirement| line(catalog, requirement, &met)).collect();
    match format {
        Format::Json => {
            serde_json::to_writer_pretty(&mut *out, &lines)?;
            writeln!(out)?;
        }
        Format::Csv | Format::Md => {
            let mut sheet = Sheet::new(&["requirement", "title", "kind", "aws", "customer", "duties"]);
            for line in &lines {
                let duties: Vec<String> = line.duties.iter().map(|duty| format!("{}: {}", duty.title, duty.parties.join(" or "))).collect();
                sheet.rows.push(
                    [line.requirement, line.title, line.kind, line.aws, line.customer, &duties.join("; ")].map(ToOwned::to_owned).to_vec(),
                );
            }
            if format == Format::Csv { sheet.csv(out)? } else { sheet.md(out)? }
        }
        Format::Table | Format::Html => {
            let from = if rows.iter().any(|row| row.resources.is_some()) { "owners met here" } else { "owners by reference" };
            writeln!(out, "{} · {from}", framework.title)?;
            writeln!(out, "{}", SplitCounts::of(catalog, framework).line(framework))?;
            for line in &lines {
                writeln!(
                    out,
                    "\n{}",
                    text::cut(&format!("{}  {}  ({})", line.requirement, text::clean(line.title), line.kind), text::WIDTH)
                )?;
                for (who, part) in [("AWS", line.aws), ("customer", line.customer)] {
                    if !part.is_empty() {
                        text::wrapped(out, 2, &format!("{who}: {part}"))?;
                    }
                }
                let mut by_owners: BTreeMap<String, Vec<&str>> = BTreeMap::new();
                for duty in &line.duties {
                    let who: Vec<String> = duty.owners.iter().rev().map(|owner| text::party(owner.as_ref())).collect();
                    let who = if who.is_empty() { "not met here".to_owned() } else { who.join(" or ") };
                    by_owners.entry(who).or_default().push(duty.title);
                }
                for (who, duties) in by_owners {
                    text::wrapped(out, 4, &format!("{who}: {}", duties.join(", ")))?;
                }
            }
        }
    }
    Ok(())
}

fn owners(rows: &[Row<'_>]) -> BTreeMap<Arc<str>, BTreeSet<Option<Party>>> {
    let mut met: BTreeMap<Arc<str>, BTreeSet<Option<Party>>> = BTreeMap::new();
    for entry in rows.iter().flat_map(|row| &row.entries) {
        met.entry(entry.duty.id.clone()).or_default().extend(entry.owners.iter().map(|owner| owner.party.clone()));
    }
    met
}

fn line<'a>(catalog: &'a Catalog, requirement: &'a Requirement, met: &BTreeMap<Arc<str>, BTreeSet<Option<Party>>>) -> Line<'a> {
    let duties = frameworks::duties(catalog, requirement).map(|duty| {
        let owners = met.get(&duty.id).cloned().unwrap_or_default();
        Owned { id: &duty.id, title: &duty.title, parties: owners.iter().map(|owner| text::party_id(owner.as_ref())).collect(), owners }
    });
    Line {
        requirement: &requirement.id,
        title: &requirement.title,
        kind: frameworks::word(frameworks::split(catalog, requirement)),
        aws: &requirement.aws,
        customer: &requirement.customer,
        duties: duties.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::reference;
    use super::*;
    use crate::cli::Context;

    fn kinds(catalog: &Catalog, framework: &Framework, rows: &[Row<'_>]) -> SplitCounts {
        let mut out = Vec::new();
        write(catalog, framework, rows, Format::Json, &mut out).unwrap();
        let lines: serde_json::Value = serde_json::from_slice(&out).unwrap();
        let count = |kind: &str| lines.as_array().unwrap().iter().filter(|line| line["kind"] == kind).count() as u64;
        let counts = SplitCounts { aws: count("inherited"), shared: count("shared"), customer: count("customer") };
        assert_eq!(lines.as_array().unwrap().len(), framework.requirements.len());
        assert_eq!(counts.aws + counts.shared + counts.customer, framework.requirements.len() as u64);
        counts
    }

    #[test]
    fn the_matrix_splits_as_every_other_output() {
        let catalog = Catalog::load(None).unwrap().with_derived(partywall_collect::derived_columns).unwrap();
        let context = Context { catalog, now: chrono::DateTime::UNIX_EPOCH, options: Vec::new() };
        let catalog = &context.catalog;
        for framework in catalog.frameworks.values() {
            let counts = SplitCounts::of(catalog, framework);
            assert_eq!(kinds(catalog, framework, &reference(catalog, &[]).unwrap()), counts, "{}", framework.id);
            assert_eq!(kinds(catalog, framework, &[]), counts, "whatever is met in sources");
            // The first screen and `framework show` print this line, `framework list` the counts.
            let (records, proofs) = (partywall_records::Records::default(), crate::proofs::ProofSets::default());
            let nothing = frameworks::Reading { outcome: None, asked: &|_| true, records: &records, proofs: &proofs };
            let line = frameworks::line(&context, framework, nothing);
            assert_eq!((line.aws, line.shared, line.customer), (counts.aws, counts.shared, counts.customer));
        }
    }
}
