//! One document with everything that is on file of it.

use std::io::Write as _;

use anyhow::bail;
use partywall_model::near::did_you_mean;
use partywall_records::{Attestation, Records, Terms};
use serde_json::json;

use super::{From, list, records};
use crate::cli::Context;
use crate::cli::format::Format;
use crate::cli::matrix::text;
use crate::exit;

pub(super) fn run(context: &Context, id: &str, from: &From) -> anyhow::Result<u8> {
    let records = records(context, &from.sources)?;
    let Some(one) = records.attestations.iter().find(|one| *one.id == *id) else {
        bail!("no document `{id}` is on file{}", did_you_mean(id, records.attestations.iter().map(|one| &*one.id)));
    };
    if matches!(from.format, Format::Csv | Format::Md) {
        bail!("one document is no table; write --format json, or `partywall attest list` for one");
    }
    let mut out = std::io::BufWriter::new(anstream::stdout());
    if from.format == Format::Json {
        let expects: Vec<_> = records.expectations.cuecs.iter().filter(|cuec| *cuec.attestation == *one.id).collect();
        let whole = json!({"attestation": one, "state": list::state(one, context.today()), "expects": expects});
        writeln!(out, "{}", serde_json::to_string_pretty(&whole)?)?;
    } else {
        for line in lines(context, &records, one) {
            text::wrapped(&mut out, 0, &line)?;
        }
    }
    out.flush()?;
    Ok(exit::CLEAN)
}

fn lines(context: &Context, records: &Records, one: &Attestation) -> Vec<String> {
    let day = |day: Option<chrono::NaiveDate>| day.map_or_else(|| "no end".to_owned(), |day| day.to_string());
    let mut lines = vec![
        format!("{} · {}", one.id, one.title),
        format!("{} of {}, by {}, {} {}", one.series.title, one.provider, one.issuer, one.report, one.version),
        format!(
            "speaks of {} to {}; taken as proof until {}: {}",
            one.from,
            day(one.to),
            day(one.accepted_until),
            list::state(one, context.today())
        ),
        format!("opinion {}; received {}; sha256 {}", one.opinion.as_str(), one.received, one.sha256),
        match one.terms {
            Terms::Nda => "terms: confidential; only hash and metadata leave this directory".to_owned(),
            Terms::Public => "terms: public".to_owned(),
        },
    ];
    if !one.level.is_empty() {
        lines.push(format!("level: {}", one.level));
    }
    lines.push(match &one.services {
        Some(services) => format!("{} services: {}", services.len(), services.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(", ")),
        None => "services: all of the provider's".to_owned(),
    });
    lines.push(if one.regions.is_empty() { "Regions: all".to_owned() } else { format!("Regions: {}", one.regions.join(", ")) });
    for bridge in &one.bridges {
        lines.push(format!("bridge letter for {} to {}, received {}", bridge.from, bridge.to, bridge.received));
    }
    for noted in &one.exceptions {
        lines.push(format!("exception noted at {}: {} (not proven: {})", noted.control, noted.text, noted.duties.join(", ")));
    }
    for carve in &one.carve_outs {
        lines.push(format!("leaves out what {} does: {}", carve.organization, carve.text));
    }
    for cuec in records.expectations.cuecs.iter().filter(|cuec| *cuec.attestation == *one.id) {
        lines.push(format!("expects of you ({}): {}", cuec.id, cuec.text));
    }
    if !one.note.is_empty() {
        lines.push(one.note.clone());
    }
    lines
}
