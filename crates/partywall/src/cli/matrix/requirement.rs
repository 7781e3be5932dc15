//! Requirement × party: AWS's part and the customer's part of each line of a framework, and who owns the duties behind it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::Arc;

use partywall_catalog::{Catalog, Framework, Requirement};
use partywall_model::Party;
use serde::Serialize;

use super::Format;
use super::model::{Kind, Row};
use super::text::{self, Sheet};

/// A requirement with its parties.
#[derive(Serialize)]
struct Line<'a> {
    requirement: &'a str,
    title: &'a str,
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
        Format::Table => {
            let from = if rows.iter().any(|row| row.resources.is_some()) { "owners met here" } else { "owners by reference" };
            writeln!(out, "{} · {} {}s · {from}", framework.title, lines.len(), framework.noun)?;
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
    let named = |id: &str, layer: &str| {
        requirement.duties.iter().any(|pattern| match pattern.strip_suffix(".*") {
            Some(whole) => whole == layer,
            None => pattern == id,
        })
    };
    let duties: Vec<Owned<'_>> = catalog
        .duties
        .values()
        .filter(|duty| named(&duty.id, duty.layer()))
        .map(|duty| {
            let owners = met.get(&duty.id).cloned().unwrap_or_default();
            Owned { id: &duty.id, title: &duty.title, parties: owners.iter().map(|owner| text::party_id(owner.as_ref())).collect(), owners }
        })
        .collect();
    let kind = match Kind::of(duties.iter().flat_map(|duty| &duty.owners).map(Option::as_ref)) {
        Kind::None => match (requirement.aws.is_empty(), requirement.customer.is_empty()) {
            (false, false) => Kind::Shared,
            (false, true) => Kind::Inherited,
            (true, false) => Kind::Customer,
            (true, true) => Kind::None,
        },
        kind => kind,
    };
    Line {
        requirement: &requirement.id,
        title: &requirement.title,
        kind: kind.word(),
        aws: &requirement.aws,
        customer: &requirement.customer,
        duties,
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::reference;
    use super::*;

    #[test]
    fn every_requirement_has_its_line() {
        let catalog = Catalog::load(None).unwrap();
        let framework = catalog.framework("nist-csf-2.0").unwrap();
        let rows = reference(&catalog, &[]).unwrap();
        let mut out = Vec::new();
        write(&catalog, framework, &rows, Format::Json, &mut out).unwrap();
        let lines: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(lines.as_array().unwrap().len(), framework.requirements.len());
        assert!(lines.as_array().unwrap().iter().any(|line| line["kind"] == "shared"));
    }
}
