//! One framework, requirement by requirement.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::sync::Arc;

use anyhow::bail;
use partywall_catalog::{Check, Framework, Requirement};
use partywall_records::Records;
use partywall_report::{Answer, ManualLine, RequirementLine, Split};
use serde::Serialize;

use super::{Show, page};
use crate::cli::Context;
use crate::cli::format::Format;
use crate::frameworks::{self, MeansCounts, Reading};
use crate::proofs::ProofSets;
use crate::run::{Outcome, Sources};
use crate::{exit, run};

/// One requirement with everything that is known of it.
#[derive(Serialize)]
pub(super) struct Shown<'a> {
    pub(super) id: String,
    pub(super) group: &'a str,
    pub(super) title: &'a str,
    pub(super) text: &'a str,
    pub(super) split: Split,
    pub(super) means: &'static str,
    pub(super) aws: &'a str,
    pub(super) aws_proof: Option<String>,
    pub(super) customer: &'a str,
    pub(super) duties: &'a [String],
    pub(super) checks: Vec<&'a str>,
    /// With sources, the checks that fail, each with how often.
    pub(super) failing: Option<Vec<String>>,
    pub(super) manual: &'a [ManualLine],
    pub(super) owners: &'a [String],
    pub(super) others: &'a [String],
    /// What is left to do; `null` where nothing is judged.
    pub(super) remaining: Option<u64>,
    /// The next day on which manual evidence is due.
    pub(super) due: Option<String>,
    /// What a selection adds to the line.
    pub(super) note: &'a str,
    pub(super) confidence: Option<&'static str>,
    pub(super) nothing_technical: &'a str,
    pub(super) aliases: &'a BTreeMap<String, Vec<String>>,
    /// `null` without sources and records.
    pub(super) answer: Option<Answer>,
    pub(super) pass: u64,
    pub(super) fail: u64,
    pub(super) unknown: u64,
}

impl Show {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<u8> {
        let records = self.sources.records(context)?;
        let (framework, through) = frameworks::of_id(&context.catalog, &records, &self.framework)?;
        if let Some(name) = &through {
            exit::note(&format!("`{name}` is shown through {}: its ids, those lines that both have", framework.title));
        }
        let outcome = if self.sources.sources.is_empty() { None } else { Some(judge(context, &self.sources, &records, framework)?) };
        let is_judged = outcome.is_some() || records.directory.is_some();
        let proofs = match &outcome {
            Some(outcome) => ProofSets::met(&context.catalog, &records, &outcome.tally, context.today()),
            None => ProofSets::of_scope(&context.catalog, &records, context.today()),
        };
        let reading = Reading { outcome: outcome.as_ref(), asked: &|_| true, records: &records, proofs: &proofs };
        let line = frameworks::line(context, framework, reading);
        let checks = frameworks::checks(&context.catalog, framework);
        let mut rows: Vec<Shown<'_>> = Vec::new();
        for (requirement, line) in framework.requirements.iter().zip(&line.requirements) {
            let Some(id) = id_through(requirement, through.as_deref()) else { continue };
            if !self.requirements.is_empty() && !self.requirements.iter().any(|wanted| is_called(requirement, wanted)) {
                continue;
            }
            if self.remaining && !is_remaining(line, is_judged, requirement) {
                continue;
            }
            let named = frameworks::named(&checks, requirement);
            rows.push(Shown {
                id,
                group: &requirement.group,
                title: &requirement.title,
                text: &requirement.text,
                split: line.split,
                means: frameworks::means(&context.catalog, requirement, named).as_str(),
                aws: &requirement.aws,
                aws_proof: line.aws_proof.clone(),
                customer: &requirement.customer,
                duties: &requirement.duties,
                checks: named.iter().map(|check| &*check.id).collect(),
                failing: outcome.as_ref().filter(|_| !named.is_empty()).map(|outcome| failing(outcome, named)),
                manual: &line.manual,
                owners: &line.owners,
                others: &line.others,
                remaining: is_judged.then_some(line.remaining),
                due: line.due.map(|due| due.to_string()),
                note: framework.notes.get(&requirement.id).map_or("", String::as_str),
                confidence: requirement.confidence.map(partywall_catalog::Confidence::as_str),
                nothing_technical: &requirement.nothing_technical,
                aliases: &requirement.aliases,
                answer: is_judged.then_some(line.answer),
                pass: line.pass,
                fail: line.fail,
                unknown: line.unknown,
            });
        }
        for wanted in &self.requirements {
            if !framework.requirements.iter().any(|requirement| is_called(requirement, wanted)) {
                bail!("`{}` has no requirement `{wanted}`; see `partywall framework show {}`", framework.id, framework.id);
            }
        }
        let mut out = std::io::BufWriter::new(anstream::stdout());
        match self.format {
            Format::Json => {
                let mut whole = serde_json::to_value(&line)?;
                if let Some(whole) = whole.as_object_mut() {
                    if !is_judged {
                        for name in ["met", "not_met", "partly", "no_evidence", "nothing_in_scope"] {
                            whole.insert(name.to_owned(), serde_json::Value::Null);
                        }
                    }
                    whole.insert("means".to_owned(), serde_json::to_value(MeansCounts::of(&context.catalog, framework))?);
                    whole.insert("total".to_owned(), framework.requirements.len().into());
                    whole.insert("requirements".to_owned(), serde_json::to_value(&rows)?);
                }
                writeln!(out, "{}", serde_json::to_string_pretty(&whole)?)?;
            }
            Format::Csv => page::csv(&mut out, &rows)?,
            Format::Md => {
                writeln!(out, "# {}\n", framework.title)?;
                for line in page::totals(context, framework, &line, is_judged, rows.len()) {
                    writeln!(out, "{line}  ")?;
                }
                page::body(&mut out, framework, &rows, true)?;
            }
            Format::Table => {
                writeln!(out, "{} · {}", framework.title, framework.id)?;
                for line in page::totals(context, framework, &line, is_judged, rows.len()) {
                    writeln!(out, "{line}")?;
                }
                page::body(&mut out, framework, &rows, false)?;
            }
        }
        out.flush()?;
        Ok(outcome.map_or(exit::CLEAN, |outcome| run::exit_code(&outcome.collected)))
    }
}

/// The checks that fail with no exception, each with how often, most first.
fn failing(outcome: &Outcome, checks: &[&Arc<Check>]) -> Vec<String> {
    let open = |check: &Arc<Check>| outcome.tally.checks.get(&check.id).map_or(0, |counts| counts.fail.saturating_sub(counts.excepted));
    let mut failing: Vec<(u64, &str)> = checks.iter().map(|check| (open(check), &*check.id)).filter(|(times, _)| *times > 0).collect();
    failing.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    failing.into_iter().map(|(times, id)| format!("{id} ({times})")).collect()
}

/// The checks that are evidence for a framework, asked of the sources.
fn judge(context: &Context, sources: &Sources, records: &Records, framework: &Framework) -> anyhow::Result<Outcome> {
    let named: BTreeSet<Arc<str>> =
        frameworks::checks(&context.catalog, framework).into_values().flatten().map(|check| check.id.clone()).collect();
    run::judge(context, sources, records, |check| named.contains(&check.id))
}

/// The id by which a requirement is shown; `None` if the other framework has no such line.
fn id_through(requirement: &Requirement, through: Option<&str>) -> Option<String> {
    match through {
        None => Some(requirement.id.to_string()),
        Some(name) => requirement.aliases.get(name).map(|ids| ids.join(", ")),
    }
}

fn is_called(requirement: &Requirement, name: &str) -> bool {
    requirement.id.eq_ignore_ascii_case(name)
        || requirement.aliases.iter().any(|(framework, ids)| ids.iter().any(|id| format!("{framework}:{id}").eq_ignore_ascii_case(name)))
}

/// True if the customer still has something to do or to show. Where nothing is judged only documents are known to be left.
fn is_remaining(line: &RequirementLine, judged: bool, requirement: &Requirement) -> bool {
    match (line.split, line.answer) {
        (Split::Inherited, _) | (_, Answer::Met | Answer::NothingInScope) => false,
        (_, Answer::NotMet | Answer::Partly) => true,
        (_, Answer::NoEvidence) => judged || !requirement.manual.is_empty(),
    }
}
