//! What reports expect, and whether it is so.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use chrono::NaiveDate;
use clap::Args;
use partywall_catalog::Catalog;
use partywall_engine::Tally;
use partywall_records::{FromCsv, Records};
use serde::Serialize;

use super::{From, directory, records};
use crate::cli::Context;
use crate::cli::format::Format;
use crate::cli::matrix::text::{self, Sheet};
use crate::expectations::{Stand, csoc, cuec};
use crate::proofs::{ProofSets, Proofs};
use crate::{exit, run};

/// An expectation with how it stands.
#[derive(Debug, Serialize)]
pub(super) struct Standing {
    kind: &'static str,
    id: String,
    of: String,
    text: String,
    requirements: Vec<String>,
    stand: Stand,
    why: String,
    response: String,
    owner: String,
}

pub(super) fn run(context: &Context, from: &From) -> anyhow::Result<u8> {
    let records = records(context, &from.sources)?;
    let outcome = if from.sources.sources.is_empty() { None } else { Some(run::judge(context, &from.sources, &records, |_| true)?) };
    let proofs = match &outcome {
        Some(outcome) => ProofSets::met(&context.catalog, &records, &outcome.tally, context.today()),
        None => ProofSets::of_scope(&context.catalog, &records, context.today()),
    };
    let tally = outcome.as_ref().map(|outcome| &outcome.tally);
    let stands = stands(&context.catalog, &records, tally, &proofs.all, context.today());
    let mut out = std::io::BufWriter::new(anstream::stdout());
    match from.format {
        Format::Json => writeln!(out, "{}", serde_json::to_string_pretty(&stands)?)?,
        Format::Table => write(&mut out, &stands)?,
        format => {
            let mut sheet = Sheet::new(&["kind", "id", "of", "expectation", "status", "reason", "response", "owner", "requirements"]);
            for one in &stands {
                let lines = one.requirements.join(", ");
                let cells = [one.kind, &one.id, &one.of, &one.text, one.stand.as_str(), &one.why, &one.response, &one.owner, &lines];
                sheet.rows.push(cells.map(ToOwned::to_owned).to_vec());
            }
            if format == Format::Csv { sheet.csv(&mut out)? } else { sheet.md(&mut out)? }
        }
    }
    out.flush()?;
    if stands.iter().any(|one| one.stand == Stand::NotMet) {
        return Ok(exit::FINDINGS);
    }
    Ok(outcome.map_or(exit::CLEAN, |outcome| run::exit_code(&outcome.collected)))
}

/// All expectations on file with how they stand.
pub(super) fn stands(catalog: &Catalog, records: &Records, tally: Option<&Tally>, proofs: &Proofs, today: NaiveDate) -> Vec<Standing> {
    let mut stands = Vec::new();
    for one in &records.expectations.cuecs {
        let (stand, why) = cuec(catalog, records, one, tally, today);
        let (id, text) = (one.id.clone(), one.text.clone());
        let (of, response, owner) = (one.attestation.to_string(), one.response.clone(), one.owner.clone());
        let requirements = requirements(&one.requirements);
        stands.push(Standing { kind: "CUEC", id, of, text, requirements, stand, why, response, owner });
    }
    for one in &records.expectations.csocs {
        let (stand, why) = csoc(catalog, records, one, proofs, today);
        let (id, text) = (one.id.clone(), one.text.clone());
        stands.push(Standing {
            kind: "CSOC",
            id,
            of: one.provider.to_string(),
            text,
            requirements: requirements(&one.requirements),
            stand,
            why,
            response: String::new(),
            owner: String::new(),
        });
    }
    stands
}

/// `framework:line` of each.
fn requirements(named: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    named.iter().flat_map(|(framework, lines)| lines.iter().map(move |line| format!("{framework}:{line}"))).collect()
}

/// Two lines per expectation, a third where it belongs to lines of frameworks.
pub(super) fn write(out: &mut dyn Write, stands: &[Standing]) -> std::io::Result<()> {
    for one in stands {
        let whom = if one.kind == "CUEC" { format!("{} expects of you", one.of) } else { format!("you expect of {}", one.of) };
        text::wrapped(out, 2, &format!("{} {} · {whom}: {}", one.id, one.stand.as_str().to_uppercase(), one.text))?;
        text::wrapped(out, 6, &one.why)?;
        if !one.requirements.is_empty() {
            text::wrapped(out, 6, &format!("belongs to {}", one.requirements.join(", ")))?;
        }
    }
    Ok(())
}

#[derive(Debug, Args)]
pub(super) struct Import {
    /// CSV file
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The document on file whose report expects it
    #[arg(long, value_name = "ID")]
    attestation: String,

    /// The records directory (default: records)
    #[arg(long, value_name = "DIR")]
    records: Option<PathBuf>,
}

impl Import {
    pub(super) fn run(&self, context: &Context) -> anyhow::Result<u8> {
        let directory = directory(self.records.as_ref());
        let records = Records::read(&context.catalog, &directory)?;
        if !records.attestations.iter().any(|one| *one.id == *self.attestation) {
            bail!("no document `{}` is on file; put it there with `partywall attest add`", self.attestation);
        }
        let shown = self.file.display();
        let bytes = std::fs::read_to_string(&self.file).with_context(|| format!("cannot read `{shown}`"))?;
        let FromCsv { entries, passed_over } =
            partywall_records::expectations_from_csv(&bytes, &self.attestation).map_err(|message| anyhow::anyhow!("{shown}:{message}"))?;
        let path = directory.join("expectations.toml");
        let before = if path.is_file() { Some(std::fs::read_to_string(&path)?) } else { None };
        let mut text = before.clone().unwrap_or_default();
        let known: BTreeSet<&str> = records.expectations.cuecs.iter().map(|known| known.id.as_str()).collect();
        if let Some((id, _)) = entries.iter().find(|(id, _)| known.contains(id.as_str())) {
            bail!("`{id}` is in `{}` already; delete it there, or give the new one another id", path.display());
        }
        for (_, entry) in &entries {
            text.push('\n');
            text.push_str(entry);
        }
        std::fs::write(&path, &text).with_context(|| format!("cannot write `{}`", path.display()))?;
        if let Err(error) = Records::read(&context.catalog, &directory) {
            match before {
                Some(before) => std::fs::write(&path, before)?,
                None => std::fs::remove_file(&path)?,
            }
            return Err(error).context(format!("nothing was imported from `{shown}`: an entry made of it does not fit"));
        }
        if !passed_over.is_empty() {
            exit::note(&format!("{shown}: nothing was taken from {}", passed_over.join(", ")));
        }
        exit::note(&format!(
            "{} expectations were added to `{}`; bind them to duties, checks and evidence there",
            entries.len(),
            path.display()
        ));
        Ok(exit::CLEAN)
    }
}
