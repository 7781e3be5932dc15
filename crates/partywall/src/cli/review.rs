mod page;
mod risk;

use std::io::Write as _;

use anyhow::bail;
use clap::Args;
use partywall_model::near::did_you_mean;

use super::Context;
use super::format::Format;
use crate::frameworks::{self, Reading};
use crate::proofs::ProofSets;
use crate::run::Sources;
use crate::{exit, run};

/// The framework whose groups are the pillars and questions of the review, and whose lines are the practices.
const FRAMEWORK: &str = "aws-well-architected";

/// Well-Architected review: six pillars, answered from findings and records, with risks and an improvement plan
///
/// A practice is in place where its checks pass and its evidence is kept, not in place where something speaks against it, unanswered where
/// nothing speaks at all. Answers that people give stand in records/well-architected.toml.
#[derive(Debug, Args)]
#[command(
    mut_arg("sources", |argument| argument.required(false)),
    after_help = "Examples:\n  partywall review examples/harbour-bank\n  partywall review examples/harbour-bank --question SEC08\n  partywall review examples/harbour-bank --pillar REL --format md > review.md\n  partywall review examples/harbour-bank --milestone 2026-q4\n\nRisk of a question: that of its weightiest practice that is not in place. Exit codes: 0 · 2 nothing read · 3 a file could not be read."
)]
pub(crate) struct Review {
    #[command(flatten)]
    sources: Sources,

    /// Only this pillar: OPS, SEC, REL, PERF, COST, SUS; may be repeated
    #[arg(long = "pillar", value_name = "ID", ignore_case = true)]
    pillars: Vec<String>,

    /// Only this question, with every practice and its facts, such as SEC08; may be repeated
    #[arg(long = "question", value_name = "ID")]
    questions: Vec<String>,

    /// Write the counts of today into records/well-architected.toml under this name
    #[arg(long, value_name = "NAME")]
    milestone: Option<String>,

    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

impl Review {
    pub(crate) fn run(&self, context: &Context) -> anyhow::Result<u8> {
        let Some(framework) = context.catalog.framework(FRAMEWORK) else { bail!("the catalogue has no framework `{FRAMEWORK}`") };
        let records = self.sources.records(context)?;
        let outcome = if self.sources.sources.is_empty() {
            None
        } else {
            let checks = frameworks::checks(&context.catalog, framework);
            let named = |id: &str| checks.values().flatten().any(|check| *check.id == *id);
            Some(run::judge(context, &self.sources, &records, |check| named(&check.id))?)
        };
        let proofs = match &outcome {
            Some(outcome) => ProofSets::met(&context.catalog, &records, &outcome.tally, context.today()),
            None => ProofSets::of_scope(&context.catalog, &records, context.today()),
        };
        let reading = Reading { outcome: outcome.as_ref(), asked: &|_| true, records: &records, proofs: &proofs };
        let line = frameworks::line(context, framework, reading);
        let mut pillars = risk::pillars(context, framework, &line, reading);
        for wanted in &self.pillars {
            if !pillars.iter().any(|pillar| pillar.id.eq_ignore_ascii_case(wanted)) {
                bail!("there is no pillar `{wanted}`{}", did_you_mean(wanted, pillars.iter().map(|pillar| &*pillar.id)));
            }
        }
        for wanted in &self.questions {
            let ids = || pillars.iter().flat_map(|pillar| &pillar.questions).map(|question| &*question.id);
            if !ids().any(|id| id.eq_ignore_ascii_case(wanted)) {
                bail!("there is no question `{wanted}`{}", did_you_mean(wanted, ids()));
            }
        }
        if let Some(name) = &self.milestone {
            page::save_milestone(context, &records, name, &pillars)?;
        }
        let is_named = |names: &[String], id: &str| names.is_empty() || names.iter().any(|name| name.eq_ignore_ascii_case(id));
        pillars.retain(|pillar| is_named(&self.pillars, &pillar.id));
        for pillar in &mut pillars {
            pillar.questions.retain(|question| is_named(&self.questions, &question.id));
        }
        pillars.retain(|pillar| !pillar.questions.is_empty());
        let mut out = std::io::BufWriter::new(anstream::stdout());
        page::write(&mut out, &records, &pillars, self.format, !self.questions.is_empty())?;
        out.flush()?;
        Ok(outcome.map_or(exit::CLEAN, |outcome| run::exit_code(&outcome.collected)))
    }
}
