use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::Arc;

use anyhow::bail;
use clap::Args;
use partywall_model::Party;
use partywall_records::Reason;
use serde_json::json;

use super::Context;
use super::format::TextFormat as Format;
use super::matrix::text;
use crate::run::Sources;
use crate::wall::Wall;
use crate::{exit, run};

/// What is in scope and why: frameworks, services, duties, evidence
///
/// Reads records/scope.toml: data, laws, contracts, objectives, services, accounts, own requirements. With sources it also says what is in
/// use and not named in the scope, and what is named and not in use.
#[derive(Debug, Args)]
#[command(
    mut_arg("sources", |argument| argument.required(false)),
    after_help = "Examples:\n  partywall scope examples/harbour-bank\n  partywall scope --records records --format json"
)]
pub(crate) struct Scope {
    #[command(flatten)]
    sources: Sources,

    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

impl Scope {
    pub(crate) fn run(&self, context: &Context) -> anyhow::Result<u8> {
        let records = self.sources.records(context)?;
        let scope = &records.scope;
        if !scope.is_given() {
            bail!("there is no scope.toml among the records; write one: docs, \"Records\"");
        }
        let outcome = if self.sources.sources.is_empty() { None } else { Some(run::judge(context, &self.sources, &records, |_| false)?) };
        let wall = Wall::of(context, &records, outcome.as_ref());
        let found = outcome.as_ref().map(|outcome| crate::scope::findings(&context.catalog, &records, outcome)).unwrap_or_default();
        let met: BTreeSet<&Arc<str>> = outcome.iter().flat_map(|outcome| outcome.tally.modes.keys().map(|(service, _)| service)).collect();
        let idle: Vec<&str> =
            if outcome.is_some() { scope.services.iter().filter(|id| !met.contains(id)).map(|id| &**id).collect() } else { Vec::new() };
        let mut out = std::io::BufWriter::new(anstream::stdout());
        if self.format == Format::Json {
            let accounts: Vec<_> = scope.accounts.iter().map(|one| json!({"id": one.id, "title": one.title, "ou": one.unit})).collect();
            let whole = json!({
                "title": scope.title, "accounts": accounts, "regions": scope.regions, "frameworks": scope.frameworks, "left_out": scope.left_out,
                "services": wall.services, "duties": wall.counts(), "duties_by_word": scope.duties, "evidence_by_word": scope.evidence,
                "evidence": wall.evidence, "not_in_scope": found, "not_in_use": idle,
                "own_requirements": scope.own.as_ref().map_or(0, |own| own.requirements.len()),
            });
            writeln!(out, "{}", serde_json::to_string_pretty(&whole)?)?;
        } else {
            let (head, item) = if self.format == Format::Md { ("## ", "- ") } else { ("", "  ") };
            let md = self.format == Format::Md;
            let mut say =
                |indent: usize, line: &str| text::wrapped(&mut out, indent, &if md { text::md_cell(line) } else { line.to_owned() });
            say(0, &format!("{head}{}", if scope.title.is_empty() { "Scope" } else { &scope.title }))?;
            for account in &scope.accounts {
                let unit = if account.unit.is_empty() { String::new() } else { format!(", in {}", account.unit) };
                say(2, &format!("{item}account {} {}{unit}", account.id, account.title))?;
            }
            say(0, &format!("{head}Frameworks: {}", scope.frameworks.len() + usize::from(scope.own.is_some())))?;
            for (id, reasons) in &scope.frameworks {
                let framework = context.catalog.frameworks.get(id);
                let lines = framework.map_or(0, |framework| framework.requirements.len());
                say(2, &format!("{item}{id} · {} ({lines} lines)", framework.map_or("", |framework| &framework.title)))?;
                for reason in reasons {
                    say(6, &because(reason))?;
                }
            }
            if let Some(own) = &scope.own {
                say(2, &format!("{item}own · {} ({} lines)", own.title, own.requirements.len()))?;
            }
            for (id, why) in &scope.left_out {
                say(2, &format!("{item}left out: {id}: {why}"))?;
            }
            let counts = wall.counts();
            say(
                0,
                &format!(
                    "{head}Services: {}, with {} duties: {} AWS's, {} yours, {} by setting",
                    wall.services.len(),
                    counts.all,
                    counts.aws,
                    counts.customer,
                    counts.shared
                ),
            )?;
            say(2, &wall.services.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(", "))?;
            if !scope.regions.is_empty() {
                say(2, &format!("{item}in {}", scope.regions.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(", ")))?;
            }
            for finding in &found {
                say(2, &format!("{item}{}", finding.message))?;
            }
            if !idle.is_empty() {
                say(2, &format!("{item}named, and nothing of it was read: {}", idle.join(", ")))?;
            }
            say(0, &format!("{head}Duties that follow whatever the frameworks say: {}", scope.duties.len()))?;
            for (id, reasons) in &scope.duties {
                say(2, &format!("{item}{id}: {}", reasons.iter().map(because).collect::<Vec<_>>().join(" ")))?;
            }
            say(0, &format!("{head}Manual evidence: {} kinds", wall.evidence.len()))?;
            for (id, reasons) in &scope.evidence {
                let title = context.catalog.evidence.get(id).map_or("", |evidence| &evidence.title);
                say(2, &format!("{item}{title} ({id}): {}", reasons.iter().map(because).collect::<Vec<_>>().join(" ")))?;
            }
            let by_frameworks = wall.evidence.iter().filter(|id| !scope.evidence.contains_key(**id)).count();
            say(2, &format!("{item}{by_frameworks} more from the frameworks: partywall framework show ID --remaining"))?;
        }
        out.flush()?;
        Ok(outcome.map_or(exit::CLEAN, |outcome| run::exit_code(&outcome.collected)))
    }
}

fn because(reason: &Reason) -> String {
    format!("{} {}: {}", reason.list, reason.word, reason.because)
}

/// Owners in one word for screens: who may have a duty.
pub(crate) fn owners(owners: &BTreeSet<Option<Party>>) -> String {
    let words: BTreeSet<String> = owners.iter().map(|owner| text::party(owner.as_ref())).collect();
    words.into_iter().collect::<Vec<_>>().join(" or ")
}
