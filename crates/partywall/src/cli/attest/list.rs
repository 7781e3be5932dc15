//! Every document on file and how it stands.

use std::io::Write as _;

use chrono::NaiveDate;
use partywall_records::Attestation;
use serde_json::json;

use super::{From, records};
use crate::cli::Context;
use crate::cli::format::Format;
use crate::cli::matrix::text::Sheet;
use crate::exit;

pub(super) fn run(context: &Context, from: &From) -> anyhow::Result<u8> {
    let records = records(context, &from.sources)?;
    let today = context.today();
    let mut out = std::io::BufWriter::new(anstream::stdout());
    match from.format {
        Format::Json => {
            let all: Vec<_> = records.attestations.iter().map(|one| json!({"attestation": one, "state": state(one, today)})).collect();
            writeln!(out, "{}", serde_json::to_string_pretty(&all)?)?;
        }
        format => {
            let mut sheet = Sheet::new(&["id", "provider", "series", "issuer", "from", "to", "accepted until", "opinion", "state"]);
            for one in &records.attestations {
                let day = |day: Option<NaiveDate>| day.map_or_else(|| "no end".to_owned(), |day| day.to_string());
                sheet.rows.push(vec![
                    one.id.to_string(),
                    one.provider.to_string(),
                    one.series.title.to_string(),
                    one.issuer.clone(),
                    one.from.to_string(),
                    day(one.to),
                    day(one.accepted_until),
                    one.opinion.as_str().to_owned(),
                    state(one, today),
                ]);
            }
            match format {
                Format::Csv => sheet.csv(&mut out)?,
                Format::Md => sheet.md(&mut out)?,
                _ => sheet.table(&mut out)?,
            }
        }
    }
    out.flush()?;
    Ok(exit::CLEAN)
}

/// How a document stands by its dates alone.
pub(super) fn state(one: &Attestation, today: NaiveDate) -> String {
    if !one.is_on_file(today) {
        return format!("not on file before {}", one.received);
    }
    match one.accepted_until_on(today) {
        Some(until) if until < today => format!("lapsed on {until}"),
        Some(until) if (until - today).num_days() <= i64::from(one.series.warn_days) => {
            format!("lapses in {} days", (until - today).num_days())
        }
        _ if one.from > today => format!("begins on {}", one.from),
        _ if !one.proves_anything() && one.series.proves_duties => format!("proves nothing: {}", one.opinion.as_str()),
        _ => "holds".to_owned(),
    }
}
