//! What is proven where, the coverage of the audit period, and what lapses soon.

use std::collections::BTreeMap;
use std::io::Write as _;

use anyhow::bail;
use chrono::NaiveDate;
use clap::Args;
use partywall_catalog::AttestationKind;
use partywall_model::{Party, Severity};
use partywall_records::{Cover, Coverage, FindingKind, ProofState, RecordFinding, Records};
use partywall_report::counted;
use serde_json::json;

use super::{From, expectations, records};
use crate::cli::Context;
use crate::cli::format::Format;
use crate::cli::matrix::text;
use crate::proofs::{ProofSets, Proofs};
use crate::{exit, run};

/// Marks of the picture of an audit period.
const PICTURE: usize = 73;

#[derive(Debug, Args)]
pub(super) struct Check {
    #[command(flatten)]
    from: From,

    /// First day of the audit period (default: that of the scope, else a year back)
    #[arg(long, value_name = "YYYY-MM-DD", requires = "to")]
    since: Option<NaiveDate>,

    /// Last day of the audit period
    #[arg(long, value_name = "YYYY-MM-DD", requires = "since")]
    to: Option<NaiveDate>,
}

impl Check {
    pub(super) fn run(&self, context: &Context) -> anyhow::Result<u8> {
        let records = records(context, &self.from.sources)?;
        let today = context.today();
        let outcome =
            if self.from.sources.sources.is_empty() { None } else { Some(run::judge(context, &self.from.sources, &records, |_| true)?) };
        let proofs = match &outcome {
            Some(outcome) => ProofSets::met(&context.catalog, &records, &outcome.tally, today),
            None => ProofSets::of_scope(&context.catalog, &records, today),
        };
        let (since, to) = self.period(&records, today)?;
        let coverage = coverages(&records, since, to, today);
        let mut found: Vec<RecordFinding> =
            records.findings(today, &|_| false).into_iter().filter(|finding| finding.kind == FindingKind::Attestation).collect();
        let stands = expectations::stands(&context.catalog, &records, outcome.as_ref().map(|outcome| &outcome.tally), &proofs.all, today);
        if let Some(outcome) = &outcome {
            found.extend(crate::expectations::findings(&context.catalog, &records, &outcome.tally, today));
        }
        found.extend(gaps(&records, &coverage, today));
        if matches!(self.from.format, Format::Csv | Format::Md) {
            bail!("what is checked is no table; write --format json, or `partywall attest list` for one");
        }
        let mut out = std::io::BufWriter::new(anstream::stdout());
        if self.from.format == Format::Json {
            let places: Vec<_> = proofs
                .all
                .places
                .iter()
                .map(|((service, region), (state, why))| json!({"service": service, "region": region, "state": state, "why": why}))
                .collect();
            let coverage: Vec<_> = coverage
                .iter()
                .map(|((party, series), coverage)| json!({"provider": party, "series": series, "coverage": coverage}))
                .collect();
            let whole = json!({
                "as_of": today.to_string(), "from": since.to_string(), "to": to.to_string(),
                "proof": proofs.all.total(), "places": places, "coverage": coverage, "expectations": stands, "findings": found,
            });
            writeln!(out, "{}", serde_json::to_string_pretty(&whole)?)?;
        } else {
            write(&mut out, &proofs.all, (since, to), &coverage, &stands, &found)?;
        }
        out.flush()?;
        if found.iter().any(|finding| finding.severity >= Severity::High) {
            exit::note(&format!("exit {}: {} on file need a person", exit::FINDINGS, counted(found.len() as u64, "thing", "things")));
            return Ok(exit::FINDINGS);
        }
        Ok(outcome.map_or(exit::CLEAN, |outcome| run::exit_code(&outcome.collected)))
    }

    fn period(&self, records: &Records, today: NaiveDate) -> anyhow::Result<(NaiveDate, NaiveDate)> {
        let year_back = today.checked_sub_days(chrono::Days::new(364)).unwrap_or(today);
        let (since, to) = self.since.zip(self.to).or(records.scope.audit).unwrap_or((year_back, today));
        if to < since || (to - since).num_days() > 3660 {
            bail!("the audit period must end after it begins, within ten years");
        }
        Ok((since, to))
    }
}

/// Provider and series → how much of a period its documents cover.
fn coverages(records: &Records, since: NaiveDate, to: NaiveDate, today: NaiveDate) -> BTreeMap<(Party, String), Coverage> {
    let mut keys: Vec<(Party, String)> = records
        .attestations
        .iter()
        .filter(|one| one.series.proves_duties)
        .map(|one| (one.provider.clone(), one.series.title.to_string()))
        .collect();
    keys.sort();
    keys.dedup();
    let cover = |(party, series): (Party, String)| {
        let of = records.attestations.iter().filter(|one| one.provider == party && *one.series.title == *series);
        let coverage = Coverage::of(of, since, to, today);
        ((party, series), coverage)
    };
    keys.into_iter().map(cover).collect()
}

/// Days of the audit period until today that no period report covers or bridges. Days to come are nobody's gap yet.
fn gaps(records: &Records, coverage: &BTreeMap<(Party, String), Coverage>, today: NaiveDate) -> Vec<RecordFinding> {
    let is_periodic = |title: &str| {
        records.attestations.iter().any(|one| one.series.kind == AttestationKind::PeriodReport && *one.series.title == *title)
    };
    let mut found = Vec::new();
    for ((party, series), coverage) in coverage.iter().filter(|((_, series), _)| is_periodic(series)) {
        let past = coverage.stretches.iter().filter(|stretch| stretch.cover == Cover::Uncovered && stretch.from <= today);
        let days: i64 = past.map(|stretch| (stretch.to.min(today) - stretch.from).num_days() + 1).sum();
        if days > 0 {
            found.push(RecordFinding {
                kind: FindingKind::Attestation,
                severity: Severity::Medium,
                subject: series.clone(),
                message: format!(
                    "{days} days of the audit period until today are uncovered by {series} of {party}; ask for the report or a bridge letter"
                ),
                owner: None,
                due: None,
                place: None,
            });
        }
    }
    found
}

fn write(
    out: &mut impl std::io::Write,
    proofs: &Proofs,
    (since, to): (NaiveDate, NaiveDate),
    coverage: &BTreeMap<(Party, String), Coverage>,
    stands: &[expectations::Standing],
    found: &[RecordFinding],
) -> anyhow::Result<()> {
    let total = proofs.total();
    let all = total.attested + total.lapsed + total.out_of_scope + total.unproven;
    writeln!(
        out,
        "AWS's {all} duties: {} attested, {} lapsed, {} out of scope, {} unproven",
        total.attested, total.lapsed, total.out_of_scope, total.unproven
    )?;
    let mut reasons: BTreeMap<(ProofState, &str), Vec<String>> = BTreeMap::new();
    for ((service, region), (state, why)) in proofs.places.iter().filter(|(_, (state, _))| *state != ProofState::Attested) {
        let place = region.as_deref().map_or_else(|| service.to_string(), |region| format!("{service} {region}"));
        reasons.entry((*state, why)).or_default().push(place);
    }
    for ((state, why), places) in reasons {
        text::wrapped(out, 2, &format!("{} in {}: {why}", state.as_str(), places.join(", ")))?;
    }
    writeln!(out, "\nAUDIT PERIOD {since} to {to}   # covered  = bridged  . uncovered")?;
    for ((party, series), coverage) in coverage {
        writeln!(
            out,
            "  {party} {series}: {} days covered, {} bridged, {} uncovered",
            coverage.covered, coverage.bridged, coverage.uncovered
        )?;
        writeln!(out, "    {}", coverage.picture(PICTURE))?;
        for gap in coverage.stretches.iter().filter(|stretch| stretch.cover == Cover::Uncovered) {
            writeln!(out, "    uncovered: {} to {}", gap.from, gap.to)?;
        }
    }
    if !stands.is_empty() {
        writeln!(out, "\nEXPECTATIONS")?;
        expectations::write(out, stands)?;
    }
    writeln!(out, "\nAHEAD")?;
    if found.is_empty() {
        writeln!(out, "  nothing lapsed, nothing lapses soon")?;
    }
    for finding in found {
        text::wrapped(out, 2, &format!("{}: {}", finding.severity, finding.message))?;
    }
    Ok(())
}
