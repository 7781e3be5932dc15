//! The overview: one line per service and mode, one column per layer of the wall.

use std::collections::BTreeSet;
use std::io::{self, Write};

use partywall_catalog::Catalog;
use serde::Serialize;

use super::model::{self, Entry, Kind, Row};
use super::text::{self, Sheet};
use super::{Ages, Format};

/// A layer of a service in one mode; a public contract.
#[derive(Serialize)]
struct Cell<'a> {
    service: &'a str,
    mode: &'a str,
    layer: &'a str,
    kind: &'static str,
    duties: Vec<CellDuty<'a>>,
}

/// A duty with one possible or met owner.
#[derive(Serialize)]
pub(super) struct CellDuty<'a> {
    id: &'a str,
    sentence: &'a str,
    party: String,
    when: Option<&'a str>,
}

/// One object per owner of each duty.
pub(super) fn duties<'e>(entries: impl Iterator<Item = &'e Entry<'e>>) -> Vec<CellDuty<'e>> {
    entries
        .flat_map(|entry| {
            entry.owners.iter().map(move |owner| CellDuty {
                id: &entry.duty.id,
                sentence: entry.sentence(owner.party.as_ref()),
                party: text::party_id(owner.party.as_ref()),
                when: owner.when.as_deref(),
            })
        })
        .collect()
}

/// Writes the overview.
pub(super) fn write(catalog: &Catalog, rows: &[Row<'_>], ages: Ages, format: Format, out: &mut dyn Write) -> anyhow::Result<()> {
    let courses = model::courses(catalog);
    match format {
        Format::Table | Format::Html => table(rows, &courses, ages, out)?,
        Format::Json => {
            let cells: Vec<Cell<'_>> = rows
                .iter()
                .flat_map(|row| {
                    courses.iter().flat_map(|(_, layers)| layers).map(move |layer| Cell {
                        service: &row.service.id,
                        mode: &row.mode,
                        layer: &layer.id,
                        kind: row.kind(&layer.id).word(),
                        duties: duties(row.layer(&layer.id)),
                    })
                })
                .collect();
            serde_json::to_writer_pretty(&mut *out, &cells)?;
            writeln!(out)?;
        }
        Format::Csv => {
            let mut sheet = Sheet::new(&[
                "service",
                "mode",
                "resources",
                "layer",
                "kind",
                "duty",
                "sentence",
                "party",
                "when",
                "source",
                "as_of",
                "confidence",
                "age",
            ]);
            for row in rows {
                for entry in courses.iter().flat_map(|(_, layers)| layers).flat_map(|layer| row.layer(&layer.id)) {
                    for owner in &entry.owners {
                        sheet.rows.push(vec![
                            row.service.id.to_string(),
                            row.mode.to_string(),
                            row.resources.map(|count| count.to_string()).unwrap_or_default(),
                            entry.duty.layer().to_owned(),
                            row.kind(entry.duty.layer()).word().to_owned(),
                            entry.duty.id.to_string(),
                            entry.sentence(owner.party.as_ref()).to_owned(),
                            text::party_id(owner.party.as_ref()),
                            owner.when.clone().unwrap_or_default(),
                            entry.source().map(|source| source.title.clone()).unwrap_or_default(),
                            entry.source().map(|source| source.as_of.to_string()).unwrap_or_default(),
                            entry.source().map(|source| format!("{:?}", source.confidence).to_lowercase()).unwrap_or_default(),
                            if entry.is_stale(ages.today, ages.stale_after) { "stale".to_owned() } else { String::new() },
                        ]);
                    }
                }
            }
            sheet.csv(out)?;
        }
        Format::Md => {
            let mut head = vec!["service/mode".to_owned()];
            head.extend(courses.iter().flat_map(|(_, layers)| layers).map(|layer| layer.title.to_string()));
            let mut sheet = Sheet { head, rows: Vec::new() };
            for row in rows {
                let mut cells = vec![row.name()];
                cells.extend(courses.iter().flat_map(|(_, layers)| layers).map(|layer| row.kind(&layer.id).letter().to_string()));
                sheet.rows.push(cells);
            }
            sheet.md(out)?;
            writeln!(out, "\nA: AWS · C: customer · S: shared · ?: not known · n: the service has no such layer\n")?;
            for line in lives(rows, ages) {
                writeln!(out, "* {line}")?;
            }
        }
    }
    Ok(())
}

/// The label column is as wide as its widest name, up to this.
const LABEL: usize = 31;

fn table(
    rows: &[Row<'_>],
    courses: &[(String, Vec<std::sync::Arc<partywall_catalog::Layer>>)],
    ages: Ages,
    out: &mut dyn Write,
) -> io::Result<()> {
    let counted = rows.iter().any(|row| row.resources.is_some());
    let label = rows.iter().map(|row| row.name().chars().count()).max().unwrap_or(0).clamp(12, LABEL);
    let edge = |index: usize| {
        if index == 0 {
            " "
        } else if courses.get(index).is_some_and(|(_, layers)| layers.iter().any(|layer| layer.side == partywall_catalog::Side::Of)) {
            "║"
        } else {
            "│"
        }
    };
    let line = |name: &str, count: &str, cell: &dyn Fn(&str) -> String| {
        let mut text = format!("{:label$}", text::cut(name, label));
        if counted {
            text.push_str(&format!(" {count:>6}"));
        }
        for (index, (_, layers)) in courses.iter().enumerate() {
            text.push_str(edge(index));
            for layer in layers {
                text.push_str(&format!("{:<3}", cell(&layer.id)));
            }
        }
        text.trim_end().to_owned()
    };
    writeln!(out, "{}", line("service/mode", "number", &model::code))?;
    let (mut unverified, mut stale) = (false, false);
    for row in rows {
        let cell = |layer: &str| {
            let mark = if row.layer(layer).any(|entry| entry.is_stale(ages.today, ages.stale_after)) {
                "!"
            } else if row.layer(layer).any(Entry::is_unverified) {
                "*"
            } else {
                ""
            };
            format!("{}{mark}", row.kind(layer).letter())
        };
        unverified |= row.entries.iter().any(Entry::is_unverified);
        stale |= row.entries.iter().any(|entry| entry.is_stale(ages.today, ages.stale_after));
        let count = row.resources.map(|count| count.to_string()).unwrap_or_default();
        writeln!(out, "{}", line(&row.name(), &count, &cell))?;
    }
    writeln!(out, "\nA AWS · C customer · S shared: parts or conditions for both · n the service has no such layer")?;
    if rows.iter().any(|row| courses.iter().flat_map(|(_, layers)| layers).any(|layer| row.kind(&layer.id) == Kind::Undetermined)) {
        writeln!(out, "? undetermined: a fact that decides could not be read")?;
    }
    if unverified {
        writeln!(out, "* unverified: rests on a row with low confidence")?;
    }
    if stale {
        writeln!(out, "! stale: a row was read more than {} days ago", ages.stale_after)?;
    }
    writeln!(out)?;
    for (course, layers) in courses {
        let names: Vec<String> = layers.iter().map(|layer| format!("{} {}", model::code(&layer.id), layer.title.to_lowercase())).collect();
        let of = layers.iter().any(|layer| layer.side == partywall_catalog::Side::Of);
        let head = format!(" {}  {}", if of { "OF" } else { "IN" }, text::cut(course, 29));
        let mut line = format!("{head:35}");
        for name in names {
            if line.chars().count() + name.chars().count() > text::WIDTH {
                writeln!(out, "{}", line.trim_end())?;
                line = format!("{:35}", "");
            }
            line.push_str(&name);
            line.push_str("  ");
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    let lives = lives(rows, ages);
    if !lives.is_empty() {
        writeln!(out)?;
    }
    for life in lives {
        writeln!(out, "{life}")?;
    }
    Ok(())
}

fn lives(rows: &[Row<'_>], ages: Ages) -> BTreeSet<String> {
    rows.iter()
        .filter_map(|row| {
            model::lifecycle(row.service, ages.today).map(|life| format!("{} ({}): {life}", row.service.title, row.service.id))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    fn written(format: Format, names: &[&str]) -> String {
        let catalog = Catalog::load(None).unwrap();
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let rows = model::reference(&catalog, &names).unwrap();
        let mut out = Vec::new();
        let ages = Ages { today: NaiveDate::from_ymd_opt(2026, 11, 22).unwrap(), stale_after: 365 };
        write(&catalog, &rows, ages, format, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_table_fits_a_terminal() {
        let text = written(Format::Table, &[]);
        for line in text.lines() {
            assert!(line.chars().count() <= 120, "{line}");
        }
        assert!(text.contains("ended on 2026-02-20") && text.contains("ends on 2027-03-31"));
    }

    #[test]
    fn json_has_the_promised_shape() {
        let value: serde_json::Value = serde_json::from_str(&written(Format::Json, &["rds/standard"])).unwrap();
        let cells = value.as_array().unwrap();
        assert_eq!(cells.len(), 22);
        let engine = cells.iter().find(|cell| cell["layer"] == "engine-runtime").unwrap();
        assert_eq!(engine["kind"], "shared");
        let patches: Vec<_> =
            engine["duties"].as_array().unwrap().iter().filter(|duty| duty["id"] == "engine-runtime.apply-minor-patch").collect();
        assert_eq!(patches.first().unwrap()["party"], "aws");
        assert_eq!(patches.last().unwrap()["when"], "otherwise");
    }
}
