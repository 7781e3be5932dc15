use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::sync::Arc;

use clap::Args;
use partywall_catalog::{Catalog, Check, Framework};
use partywall_model::Party;
use partywall_records::{EvidenceState, Records};
use serde::Serialize;

use super::Context;
use super::format::PlainFormat as Format;
use super::matrix::text;
use crate::run::Sources;
use crate::{exit, frameworks};

/// The figures that the model promises, measured on your own wall, each with how it is counted
#[derive(Debug, Args)]
#[command(
    mut_arg("sources", |argument| argument.required(false)),
    after_help = "Examples:\n  partywall figures\n  partywall figures --framework nist-800-53r5-moderate\n  partywall figures examples/harbour-bank --format json"
)]
pub(crate) struct Figures {
    #[command(flatten)]
    sources: Sources,

    /// Only over this framework; may be repeated (default: those in scope)
    #[arg(long = "framework", value_name = "ID")]
    frameworks: Vec<String>,

    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// How many of the customer's technical duties checks speak of.
#[derive(Debug, Serialize)]
struct TechnicalDuties {
    framework: String,
    title: String,
    /// Pairs of a requirement and a technical duty of the customer behind it.
    technical: usize,
    /// Those of them that a check which is evidence for the requirement verifies.
    automated: usize,
    /// Duties that are not, with how many requirements they stand behind.
    left: Vec<(String, usize)>,
}

/// What people have to show, asked for line by line and once each.
#[derive(Debug, Serialize)]
struct Manual {
    /// One question per requirement and document, and per requirement and check.
    before: usize,
    /// Distinct documents.
    after: usize,
    /// Of these kept and in date.
    current: usize,
}

#[derive(Debug, Serialize)]
struct Preparation {
    before_hours: f64,
    now_hours: Option<f64>,
    source: String,
}

impl Figures {
    pub(crate) fn run(&self, context: &Context) -> anyhow::Result<u8> {
        let records = self.sources.records(context)?;
        let chosen = self.chosen(context, &records)?;
        let automated: Vec<TechnicalDuties> = chosen.iter().map(|framework| technical_duties(&context.catalog, framework)).collect();
        let manual = manual(context, &records, &chosen);
        let preparation = records.scope.baseline.as_ref().map(|baseline| Preparation {
            before_hours: baseline.audit_preparation_hours,
            now_hours: baseline.audit_preparation_hours_now,
            source: baseline.source.clone(),
        });
        let mut out = std::io::BufWriter::new(anstream::stdout());
        if self.format == Format::Json {
            let whole = serde_json::json!({"automated": automated, "manual_evidence": manual, "audit_preparation": preparation});
            writeln!(out, "{}", serde_json::to_string_pretty(&whole)?)?;
        } else {
            write(&mut out, &automated, &manual, preparation.as_ref())?;
        }
        out.flush()?;
        Ok(exit::CLEAN)
    }

    fn chosen(&self, context: &Context, records: &Records) -> anyhow::Result<Vec<Arc<Framework>>> {
        if self.frameworks.is_empty() {
            return Ok(frameworks::in_force(&context.catalog, records));
        }
        let of = |id: &String| Ok(frameworks::of_id(&context.catalog, records, id)?.0.clone());
        self.frameworks.iter().map(of).collect()
    }
}

fn technical_duties(catalog: &Catalog, framework: &Framework) -> TechnicalDuties {
    let checks = frameworks::checks(catalog, framework);
    let mut left: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut technical, mut automated) = (0, 0);
    for requirement in &framework.requirements {
        let verified: BTreeSet<&Arc<str>> = frameworks::named(&checks, requirement).iter().map(|check: &&Arc<Check>| &check.duty).collect();
        for duty in frameworks::duties(catalog, requirement) {
            if !duty.technical || duty.owner.iter().all(|rule| rule.party == Party::Aws) {
                continue;
            }
            technical += 1;
            if verified.contains(&duty.id) {
                automated += 1;
            } else {
                *left.entry(&duty.title).or_default() += 1;
            }
        }
    }
    let mut left: Vec<(String, usize)> = left.into_iter().map(|(title, times)| (title.to_owned(), times)).collect();
    left.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    TechnicalDuties { framework: framework.id.to_string(), title: framework.title.to_string(), technical, automated, left }
}

fn manual(context: &Context, records: &Records, chosen: &[Arc<Framework>]) -> Manual {
    let mut before = 0;
    let mut distinct: BTreeSet<&str> = BTreeSet::new();
    for framework in chosen {
        let checks = frameworks::checks(&context.catalog, framework);
        for requirement in &framework.requirements {
            before += requirement.manual.len() + usize::from(!frameworks::named(&checks, requirement).is_empty());
            distinct.extend(requirement.manual.iter().map(String::as_str));
        }
    }
    let current = distinct.iter().filter(|id| matches!(records.evidence.state(id, context.today()), EvidenceState::Current(_))).count();
    Manual { before, after: distinct.len(), current }
}

fn write(
    out: &mut impl std::io::Write,
    automated: &[TechnicalDuties],
    manual: &Manual,
    preparation: Option<&Preparation>,
) -> anyhow::Result<()> {
    /// Duties that a line names; the count has all of them.
    const LEFT: usize = 5;
    let percent = |part: usize, all: usize| (part * 100).checked_div(all).unwrap_or(0);
    writeln!(out, "TECHNICAL DUTIES AUTOMATED   the model promises 90 %")?;
    for one in automated {
        writeln!(out, "  {:3} %  {} of {}  {}", percent(one.automated, one.technical), one.automated, one.technical, one.title)?;
        let left: Vec<String> = one.left.iter().take(LEFT).map(|(title, times)| format!("{title} ({times})")).collect();
        if !left.is_empty() {
            let more = if one.left.len() > LEFT { ", …" } else { "" };
            text::wrapped(out, 9, &format!("left: {}{more}", left.join(", ")))?;
        }
    }
    text::wrapped(
        out,
        2,
        "Counted: every pair of a requirement and a technical duty of yours behind it; automated if a check that is evidence for that requirement verifies that duty. Duties that people alone carry out are not technical; duties whose owner depends on a setting count as yours.",
    )?;
    writeln!(out, "\nMANUAL EVIDENCE   the model promises 60 % less")?;
    if manual.before == 0 {
        writeln!(out, "  no framework is in force, so nothing is asked for")?;
    } else {
        let less = 100 - percent(manual.after, manual.before);
        let Manual { before, after, current } = manual;
        writeln!(out, "  {before} before, {after} after: {less} % less; {current} of the {after} are kept and in date")?;
    }
    text::wrapped(
        out,
        2,
        "Counted before: one question for every document that every requirement asks for, and one for every requirement that checks speak of, as an audit asks line by line. After: each document once, whatever asks for it; nothing for what checks show.",
    )?;
    writeln!(out, "\nAUDIT PREPARATION   the model promises 40 % less")?;
    match preparation {
        None => writeln!(out, "  no baseline: give [baseline] audit_preparation_hours and source in scope.toml")?,
        Some(Preparation { before_hours, now_hours: None, source }) => {
            writeln!(out, "  {before_hours} hours before ({source}); no figure for now: give audit_preparation_hours_now")?;
        }
        Some(Preparation { before_hours, now_hours: Some(now), source }) => {
            let less = if *before_hours > 0.0 { 100.0 - now / before_hours * 100.0 } else { 0.0 };
            writeln!(out, "  {before_hours} hours before, {now} now: {less:.0} % less ({source})")?;
        }
    }
    text::wrapped(out, 2, "Counted: your own hours from scope.toml; nothing is estimated.")?;
    Ok(())
}
