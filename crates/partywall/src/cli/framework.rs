use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

use anyhow::{anyhow, bail};
use clap::{Args, Subcommand, ValueEnum};
use partywall_catalog::{Framework, Requirement};
use partywall_engine::Tally;
use partywall_model::{CheckResult, Gap};
use partywall_report::{Answer, RequirementLine, Split};
use serde::Serialize;

use super::Context;
use crate::findings::{self, plain};
use crate::frameworks::{self, Means, MeansCounts};
use crate::run::Sources;
use crate::{exit, run};

/// Frameworks with their whole denominator
#[derive(Debug, Args)]
pub(crate) struct FrameworkCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// All frameworks: how many requirements, and how each could be shown
    List {
        /// Output format
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Every requirement of a framework: AWS's part, your part, checks, evidence; with sources, where each stands
    Show(Show),
}

#[derive(Debug, Args)]
struct Show {
    /// Framework id, another id of it, or a framework whose ids its requirements carry, such as cis-aws-3.0
    #[arg(value_name = "FRAMEWORK")]
    framework: String,

    /// Only this requirement, by any of its ids; may be repeated
    #[arg(long = "requirement", value_name = "ID")]
    requirements: Vec<String>,

    /// Only what is left for you to do: not met, partly evidenced, no evidence
    #[arg(long)]
    remaining: bool,

    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,

    #[command(flatten)]
    sources: OptionalSources,
}

/// As [`Sources`], but a framework can be read without any.
#[derive(Debug, Args)]
struct OptionalSources {
    /// Files and directories to judge by; without any, only the framework is shown
    #[arg(value_name = "SOURCE")]
    sources: Vec<std::path::PathBuf>,

    /// Value of a template parameter; may be repeated
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = run::parameter)]
    parameters: Vec<(String, String)>,

    /// Account that templates are meant for
    #[arg(long, value_name = "ID")]
    account: Option<String>,

    /// Region that templates are meant for
    #[arg(long, value_name = "CODE")]
    region: Option<String>,

    /// Parties file (default: parties.toml among the sources)
    #[arg(long, value_name = "FILE")]
    parties: Option<std::path::PathBuf>,

    /// Exceptions file (default: exceptions.toml among the sources)
    #[arg(long, value_name = "FILE")]
    exceptions: Option<std::path::PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Text for a terminal
    Table,
    /// An array of objects, or one object
    Json,
    /// Markdown
    Md,
    /// One line per framework or requirement
    Csv,
}

#[derive(Serialize)]
struct Listed<'a> {
    id: &'a str,
    title: &'a str,
    version: &'a str,
    noun: &'a str,
    publisher: &'a str,
    aliases: &'a [String],
    requirements: usize,
    #[serde(flatten)]
    means: MeansCounts,
}

/// One requirement with everything that is known of it.
#[derive(Serialize)]
struct Shown<'a> {
    id: String,
    group: &'a str,
    title: &'a str,
    text: &'a str,
    split: Split,
    means: &'static str,
    aws: &'a str,
    aws_proof: Option<String>,
    customer: &'a str,
    duties: &'a [String],
    checks: Vec<&'a str>,
    manual: &'a [String],
    nothing_technical: &'a str,
    aliases: &'a BTreeMap<String, Vec<String>>,
    /// `null` without sources.
    answer: Option<Answer>,
    pass: u64,
    fail: u64,
    unknown: u64,
}

impl FrameworkCommand {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<u8> {
        match self.action {
            Action::List { format } => list(context, format),
            Action::Show(show) => show.run(context),
        }
    }
}

fn list(context: &Context, format: Format) -> anyhow::Result<u8> {
    let rows: Vec<Listed<'_>> = context
        .catalog
        .frameworks
        .values()
        .map(|framework| Listed {
            id: &framework.id,
            title: &framework.title,
            version: &framework.version,
            noun: &framework.noun,
            publisher: &framework.publisher,
            aliases: &framework.aliases,
            requirements: framework.requirements.len(),
            means: MeansCounts::of(&context.catalog, framework),
        })
        .collect();
    let mut out = std::io::BufWriter::new(anstream::stdout());
    match format {
        Format::Json => writeln!(out, "{}", serde_json::to_string_pretty(&rows)?)?,
        Format::Csv => {
            writeln!(out, "id,title,version,requirements,automated,manual,inherited,open")?;
            for row in &rows {
                let MeansCounts { automated, inherited, manual, open } = row.means;
                writeln!(
                    out,
                    "{},{},{},{},{automated},{manual},{inherited},{open}",
                    cell(row.id),
                    cell(row.title),
                    cell(row.version),
                    row.requirements
                )?;
            }
        }
        Format::Md => {
            writeln!(out, "| framework | version | requirements | automated | manual | inherited | open |\n|---|---|--:|--:|--:|--:|--:|")?;
            for row in &rows {
                let MeansCounts { automated, inherited, manual, open } = row.means;
                writeln!(
                    out,
                    "| {} (`{}`) | {} | {} | {automated} | {manual} | {inherited} | {open} |",
                    row.title, row.id, row.version, row.requirements
                )?;
            }
        }
        Format::Table => {
            for row in &rows {
                let MeansCounts { automated, inherited, manual, open } = row.means;
                writeln!(out, "{} · {} {} · {} {}s", row.id, row.title, row.version, row.requirements, row.noun)?;
                writeln!(
                    out,
                    "  {automated} automated ({})  {manual} manual  {inherited} inherited  {open} open",
                    share(automated, row.requirements)
                )?;
            }
            writeln!(out, "\nautomated: a check is evidence for it, often not for all of it · manual: only documents show it")?;
            writeln!(out, "inherited: AWS's alone · open: neither check nor document is named yet. The four add up to all.")?;
        }
    }
    out.flush()?;
    Ok(exit::CLEAN)
}

/// `52 of 106`, in per cent rounded down: the last requirement is never rounded away.
fn share(part: usize, all: usize) -> String {
    format!("{} of {all}, {} %", part, (part * 100).checked_div(all).unwrap_or(0))
}

impl Show {
    fn run(self, context: &Context) -> anyhow::Result<u8> {
        let (framework, through) = find(context, &self.framework)?;
        let judged = if self.sources.sources.is_empty() { None } else { Some(self.judge(context, &framework)?) };
        let (tally, gaps) = match &judged {
            Some((tally, gaps)) => (Some(tally), gaps.as_slice()),
            None => (None, [].as_slice()),
        };
        let line = frameworks::line(context, &framework, tally, gaps);
        let checks = frameworks::checks(&context.catalog, &framework);
        let mut rows: Vec<Shown<'_>> = Vec::new();
        for (requirement, line) in framework.requirements.iter().zip(&line.requirements) {
            let Some(id) = id_through(requirement, through.as_deref()) else { continue };
            if !self.requirements.is_empty() && !self.requirements.iter().any(|wanted| is_called(requirement, wanted)) {
                continue;
            }
            if self.remaining && !is_remaining(line, judged.is_some(), requirement) {
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
                manual: &requirement.manual,
                nothing_technical: &requirement.nothing_technical,
                aliases: &requirement.aliases,
                answer: judged.is_some().then_some(line.answer),
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
                    if judged.is_none() {
                        for name in ["met", "not_met", "partly", "no_evidence", "nothing_in_scope"] {
                            whole.insert(name.to_owned(), serde_json::Value::Null);
                        }
                    }
                    whole.insert("means".to_owned(), serde_json::to_value(MeansCounts::of(&context.catalog, &framework))?);
                    whole.insert("total".to_owned(), framework.requirements.len().into());
                    whole.insert("requirements".to_owned(), serde_json::to_value(&rows)?);
                }
                writeln!(out, "{}", serde_json::to_string_pretty(&whole)?)?;
            }
            Format::Csv => csv(&mut out, &rows)?,
            Format::Md => {
                writeln!(out, "# {}\n", framework.title)?;
                for line in totals(context, &framework, &line, judged.is_some(), rows.len()) {
                    writeln!(out, "{line}  ")?;
                }
                body(&mut out, &framework, &rows, true)?;
            }
            Format::Table => {
                writeln!(out, "{} · {}", framework.title, framework.id)?;
                for line in totals(context, &framework, &line, judged.is_some(), rows.len()) {
                    writeln!(out, "{line}")?;
                }
                body(&mut out, &framework, &rows, false)?;
            }
        }
        out.flush()?;
        Ok(exit::CLEAN)
    }

    /// All checks that name the framework, asked of the sources.
    fn judge(&self, context: &Context, framework: &Framework) -> anyhow::Result<(Tally, Vec<Gap>)> {
        let own = &self.sources;
        let sources = Sources {
            sources: own.sources.clone(),
            parameters: own.parameters.clone(),
            account: own.account.clone(),
            region: own.region.clone(),
            parties: own.parties.clone(),
            exceptions: own.exceptions.clone(),
        };
        let parties = findings::state(context, &sources)?;
        let mut state = findings::state(context, &sources)?;
        let mut excepted: BTreeMap<Arc<str>, u64> = BTreeMap::new();
        let mut take = |mut result: CheckResult| -> anyhow::Result<()> {
            if result.status == partywall_model::Status::Fail {
                state.cover(&mut result);
                if result.exception.is_some() {
                    *excepted.entry(result.check.clone()).or_default() += 1;
                }
            }
            Ok(())
        };
        let named = frameworks::checks(&context.catalog, framework);
        let selected = |check: &partywall_catalog::Check| named.values().flatten().any(|known| known.id == check.id);
        let mut outcome = run::assess(context, &sources, &parties, selected, &mut take, &mut |_, _| Ok(()))?;
        for line in outcome.collected.warnings.iter().chain(&outcome.collected.errors) {
            exit::note(line);
        }
        if outcome.collected.files.is_empty() {
            bail!("none of the sources could be read; nothing was evaluated");
        }
        for (check, count) in excepted {
            outcome.tally.checks.entry(check).or_default().excepted += count;
        }
        Ok((outcome.tally, outcome.collected.gaps))
    }
}

/// A framework by its ids, or through another framework's ids that its requirements carry; that name is then the second.
fn find(context: &Context, name: &str) -> anyhow::Result<(Arc<Framework>, Option<String>)> {
    if let Some(framework) = context.catalog.framework(name) {
        return Ok((framework.clone(), None));
    }
    let through = context
        .catalog
        .frameworks
        .values()
        .find(|framework| framework.requirements.iter().any(|requirement| requirement.aliases.contains_key(name)));
    match through {
        Some(framework) => {
            exit::note(&format!("`{name}` is shown through {}: its ids, those lines that both have", framework.title));
            Ok((framework.clone(), Some(name.to_owned())))
        }
        None => {
            let known: Vec<&str> = context.catalog.frameworks.keys().map(AsRef::as_ref).collect();
            Err(anyhow!("there is no framework `{name}`; known are {}", known.join(", ")))
        }
    }
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

/// True if the customer still has something to do or to show.
fn is_remaining(line: &RequirementLine, judged: bool, requirement: &Requirement) -> bool {
    if line.split == Split::Inherited {
        return false;
    }
    match line.answer {
        Answer::Met => false,
        Answer::NothingInScope => !requirement.manual.is_empty(),
        Answer::NotMet | Answer::Partly => true,
        // Without sources nothing is judged: only documents are then known to be left.
        Answer::NoEvidence => judged || !requirement.manual.is_empty(),
    }
}

fn totals(context: &Context, framework: &Framework, line: &partywall_report::FrameworkLine, judged: bool, shown: usize) -> Vec<String> {
    let MeansCounts { automated, inherited, manual, open } = MeansCounts::of(&context.catalog, framework);
    let all = framework.requirements.len();
    let mut lines = vec![
        format!("{all} {} = {} AWS + {} shared + {} yours", line.noun, line.aws, line.shared, line.customer),
        format!("{all} {} = {automated} automated + {manual} manual + {inherited} inherited + {open} open", line.noun),
    ];
    if judged {
        lines.push(format!(
            "{} met · {} not met · {} partly evidenced · {} no evidence · {} nothing in scope",
            line.met, line.not_met, line.partly, line.no_evidence, line.nothing_in_scope
        ));
    }
    if shown < all {
        lines.push(format!("{shown} of them shown"));
    }
    lines
}

fn body(out: &mut impl Write, framework: &Framework, rows: &[Shown<'_>], md: bool) -> std::io::Result<()> {
    let mut group = "";
    for row in rows {
        if row.group != group {
            group = row.group;
            let title = framework.groups.iter().find(|known| &*known.id == group).map_or("", |known| &known.title);
            writeln!(out, "\n{}{group}  {title}", if md { "## " } else { "" })?;
        }
        let state = row.answer.map_or_else(String::new, |answer| format!(" · {}", words(answer)));
        let counts = if row.answer.is_some() && !row.checks.is_empty() {
            format!(" ({} pass, {} fail, {} unknown)", row.pass, row.fail, row.unknown)
        } else {
            String::new()
        };
        let (head, item) = if md { ("\n### ", "- ") } else { (" ", "      ") };
        writeln!(out, "{head}{}  {}{state}{counts}", row.id, row.title)?;
        if md {
            writeln!(out)?;
        }
        let proof = row.aws_proof.as_deref().map(|proof| format!(" [{proof}]")).unwrap_or_default();
        if row.split != Split::Customer || !row.aws.is_empty() {
            writeln!(out, "{item}AWS: {}{proof}", if row.aws.is_empty() { "its duties below this line" } else { row.aws })?;
        }
        if !row.customer.is_empty() {
            writeln!(out, "{item}You: {}", row.customer)?;
        }
        if !row.checks.is_empty() {
            writeln!(out, "{item}Checks: {}", row.checks.join(", "))?;
        }
        for evidence in row.manual {
            writeln!(out, "{item}Keep: {evidence}")?;
        }
        if !row.nothing_technical.is_empty() {
            writeln!(out, "{item}No check can show it: {}", row.nothing_technical)?;
        }
        if row.means == Means::Open.as_str() {
            writeln!(out, "{item}Open: neither a check nor a document is named yet")?;
        }
    }
    Ok(())
}

fn words(answer: Answer) -> &'static str {
    match answer {
        Answer::Met => "met",
        Answer::NotMet => "NOT MET",
        Answer::Partly => "partly evidenced",
        Answer::NoEvidence => "no evidence",
        Answer::NothingInScope => "nothing in scope",
    }
}

fn csv(out: &mut impl Write, rows: &[Shown<'_>]) -> std::io::Result<()> {
    writeln!(out, "id,group,title,split,means,answer,pass,fail,unknown,aws,customer,checks,manual,nothing_technical")?;
    for row in rows {
        let split = match row.split {
            Split::Inherited => "inherited",
            Split::Shared => "shared",
            Split::Customer => "customer",
        };
        let fields = [
            row.id.clone(),
            row.group.to_owned(),
            row.title.to_owned(),
            split.to_owned(),
            row.means.to_owned(),
            row.answer.map_or("", words).to_lowercase(),
            row.pass.to_string(),
            row.fail.to_string(),
            row.unknown.to_string(),
            row.aws.to_owned(),
            row.customer.to_owned(),
            row.checks.join(" "),
            row.manual.join("; "),
            row.nothing_technical.to_owned(),
        ];
        writeln!(out, "{}", fields.iter().map(|field| cell(field)).collect::<Vec<_>>().join(","))?;
    }
    Ok(())
}

/// A CSV cell; one that a spreadsheet would take for a formula gets an apostrophe.
fn cell(text: &str) -> String {
    let text = plain(text);
    let guarded = if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text.into_owned() };
    if guarded.contains([',', '"', '\n', ';']) { format!("\"{}\"", guarded.replace('"', "\"\"")) } else { guarded }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_safe() {
        assert_eq!(cell("a,b"), "\"a,b\"");
        assert_eq!(cell("=1+1"), "'=1+1");
        assert_eq!(cell("say \"x\""), "\"say \"\"x\"\"\"");
    }

    #[test]
    fn shares_are_not_rounded_up() {
        assert_eq!(share(105, 106), "105 of 106, 99 %");
        assert_eq!(share(0, 0), "0 of 0, 0 %");
    }
}
