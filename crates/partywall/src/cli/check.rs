use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, anyhow, bail};
use clap::{Args, Subcommand, ValueEnum};
use partywall_catalog::Check;
use partywall_collect::Need;
use partywall_engine::{Assessor, Engine, EngineError};
use partywall_model::{CheckResult, Status};
use partywall_report::counted;
use serde::Serialize;

use super::Context;
use crate::exit;
use crate::frameworks;
use partywall_model::near::did_you_mean;

/// List, show, test and start checks
#[derive(Debug, Args)]
pub(crate) struct CheckCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// All checks, or those whose id begins with a text
    List {
        /// Beginning of the id, such as `s3.`
        prefix: Option<String>,
        /// Output format
        #[arg(long, value_enum, default_value_t = ListFormat::Table)]
        format: ListFormat,
    },
    /// One check: why, predicate, fixes, cases
    Show {
        /// Check id
        id: String,
    },
    /// Run the cases of checks
    Test {
        /// Check ids or beginnings of ids; all if none is given
        ids: Vec<String>,
    },
    /// Write a new check file to start from
    New {
        /// Id: `<service>.<name of the good state>`
        id: String,
        /// Resource type
        #[arg(long)]
        resource: String,
        /// Catalogue directory to write into
        #[arg(long, default_value = "catalog")]
        into: PathBuf,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ListFormat {
    /// One line per check
    Table,
    /// An array of objects
    Json,
}

#[derive(Serialize)]
struct Listed<'a> {
    id: &'a str,
    title: &'a str,
    resource: &'a str,
    severity: partywall_model::Severity,
    duty: &'a str,
    controls: BTreeMap<String, Vec<String>>,
    equivalents: &'a BTreeMap<String, Vec<String>>,
}

impl CheckCommand {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<u8> {
        match self.action {
            Action::List { prefix, format } => list(context, prefix.as_deref().unwrap_or(""), format),
            Action::Show { id } => show(context, &id),
            Action::Test { ids } => test(context, &ids),
            Action::New { id, resource, into } => start(context, &id, &resource, &into),
        }
    }
}

fn list(context: &Context, prefix: &str, format: ListFormat) -> anyhow::Result<u8> {
    some_begin_with(context, prefix)?;
    let checks: Vec<&Check> = context.catalog.checks.values().map(AsRef::as_ref).filter(|check| check.id.starts_with(prefix)).collect();
    let mut out = std::io::BufWriter::new(anstream::stdout());
    match format {
        ListFormat::Json => {
            let mut lines = frameworks::usual_lines(&context.catalog);
            let rows: Vec<_> = checks
                .iter()
                .map(|check| Listed {
                    id: &check.id,
                    title: &check.title,
                    resource: &check.resource,
                    severity: check.severity,
                    duty: &check.duty,
                    controls: lines.remove(&check.id).into_iter().flatten().collect(),
                    equivalents: &check.equivalents,
                })
                .collect();
            serde_json::to_writer_pretty(&mut out, &rows)?;
            writeln!(out)?;
        }
        ListFormat::Table => {
            let width = checks.iter().map(|check| check.id.len()).max().unwrap_or(0);
            for check in &checks {
                writeln!(out, "{:width$}  {:8}  {}", check.id, check.severity, check.title)?;
            }
            out.flush()?;
            exit::note(&counted(checks.len() as u64, "check", "checks"));
        }
    }
    out.flush()?;
    Ok(exit::CLEAN)
}

fn find<'a>(context: &'a Context, id: &str) -> anyhow::Result<&'a Check> {
    context.catalog.checks.get(id).map(AsRef::as_ref).ok_or_else(|| anyhow!("there is no check `{id}`{}", meant(context, id)))
}

/// Refuses a beginning that no check's id has.
pub(crate) fn some_begin_with(context: &Context, prefix: &str) -> anyhow::Result<()> {
    if context.catalog.checks.keys().any(|id| id.starts_with(prefix)) {
        return Ok(());
    }
    bail!("no check is `{prefix}` or begins with it{}", meant(context, prefix))
}

/// Ids like the one that no check has, and where all are.
pub(crate) fn meant(context: &Context, id: &str) -> String {
    let ids = context.catalog.checks.keys().map(|id| &**id);
    let services = context.catalog.checks.keys().filter_map(|id| id.split('.').next());
    format!("{}; see `partywall check list`", did_you_mean(id, ids.chain(services)))
}

fn show(context: &Context, id: &str) -> anyhow::Result<u8> {
    let check = find(context, id)?;
    let mut out = std::io::BufWriter::new(anstream::stdout());
    let duty = context.catalog.duties.get(&check.duty).map_or("", |duty| &duty.title);
    writeln!(out, "{} · {} · {}\n{}\n", check.id, check.severity, check.resource, check.title)?;
    writeln!(out, "Duty      {duty} ({})", check.duty)?;
    let lines = frameworks::usual_lines(&context.catalog).remove(&check.id).into_iter().flatten().collect();
    for (name, map) in [("Controls", &lines), ("Elsewhere", &check.equivalents)] {
        for (index, (key, ids)) in map.iter().enumerate() {
            writeln!(out, "{:9} {key}: {}", if index == 0 { name } else { "" }, ids.join(", "))?;
        }
    }
    writeln!(out, "\nWhy\n  {}", indent(&check.why))?;
    if let Some(applies) = &check.applies {
        writeln!(out, "\nApplies if\n  {}", indent(applies))?;
    }
    writeln!(out, "\nPasses if\n  {}", indent(&check.pass))?;
    if let Some(join) = &check.join {
        writeln!(out, "\nJoined by\n  {}", indent(&join.sql))?;
    }
    for (tool, text) in [
        ("Console", &check.fix.console),
        ("AWS CLI", &check.fix.cli),
        ("CloudFormation", &check.fix.cloudformation),
        ("Terraform", &check.fix.terraform),
    ] {
        writeln!(out, "\nFix: {tool}\n  {}", indent(text))?;
    }
    writeln!(out, "\nExamples")?;
    for case in check.cases()? {
        writeln!(out, "  {:14} {}", case.want, case.name)?;
    }
    out.flush()?;
    Ok(exit::CLEAN)
}

fn indent(text: &str) -> String {
    text.trim().replace('\n', "\n  ")
}

fn test(context: &Context, ids: &[String]) -> anyhow::Result<u8> {
    for id in ids {
        some_begin_with(context, id)?;
    }
    let mut out = std::io::BufWriter::new(anstream::stdout());
    let (mut passed, mut failed) = (0_u64, 0_u64);
    let wanted = |check: &Check| ids.is_empty() || ids.iter().any(|id| check.id.starts_with(id.as_str()));
    for check in context.catalog.checks.values().filter(|check| wanted(check)) {
        for case in check.cases()? {
            let verdict = judge(context, check, case);
            match verdict {
                Ok(status) if status == case.want => passed += 1,
                Ok(status) => {
                    failed += 1;
                    writeln!(out, "FAILED  {}/{}: wanted {}, got {status}", check.id, case.name, case.want)?;
                }
                Err(error) => {
                    failed += 1;
                    writeln!(out, "FAILED  {}/{}: {error:#}", check.id, case.name)?;
                }
            }
        }
    }
    if passed + failed == 0 {
        bail!("no check matches; see `partywall check list`");
    }
    writeln!(out, "{passed} passed, {failed} failed")?;
    out.flush()?;
    Ok(if failed == 0 { exit::CLEAN } else { exit::FINDINGS })
}

/// The answer of a check for the row of one of its cases.
fn judge(context: &Context, check: &Check, case: &partywall_catalog::Case) -> anyhow::Result<Status> {
    let as_of = case
        .as_of
        .and_then(|date| date.to_string().parse().ok())
        .or_else(|| context.catalog.eol.as_of())
        .unwrap_or_else(|| context.today());
    let engine = Engine::new(&context.catalog, as_of)?;
    let resource_type = context.catalog.resource_type(&check.resource).ok_or_else(|| anyhow!("unknown type `{}`", check.resource))?;
    let mut assessor = Assessor::new(&context.catalog, &engine, |other| other.id == check.id, None);
    let (paths, envelope) = assessor.need(&resource_type)?;
    let (batches, collected) =
        partywall_collect::prepare_case(&context.catalog, &resource_type, case, &Need { paths, envelope, no_rows: false })?;
    let mut found: Option<CheckResult> = None;
    let mut take = |result: CheckResult| {
        if result.resource.as_ref().is_some_and(|resource| &*resource.id == "case") {
            found = Some(result);
        }
        Ok(())
    };
    for batch in batches.iter().filter(|batch| batch.resource_type.name == check.resource || check.join.is_some()) {
        assessor.assess::<EngineError>(batch, &mut take)?;
    }
    assessor.assess_joined::<EngineError>(&collected.gaps, &collected.listed, &mut take)?;
    found.map(|result| result.status).context("the case gave no result")
}

fn start(context: &Context, id: &str, resource: &str, into: &std::path::Path) -> anyhow::Result<u8> {
    let Some((service, name)) = id.split_once('.') else {
        bail!("`{id}` is no check id; write <service>.<name>, such as s3.bucket-blocks-public-access")
    };
    let plain =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if !plain(service) || !plain(name) {
        bail!("`{id}` may hold lower-case letters, digits and hyphens around one dot");
    }
    if context.catalog.resource_type(resource).is_none() {
        bail!("nobody knows the type `{resource}`; write it as AWS does, such as AWS::S3::Bucket");
    }
    if context.catalog.checks.contains_key(id) {
        bail!("there is a check `{id}`, which the new file would replace; choose another name, see `partywall check show {id}`");
    }
    let path = into.join("checks").join(service).join(format!("{name}.toml"));
    if path.exists() {
        bail!("`{}` is there already", path.display());
    }
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory).with_context(|| format!("cannot make `{}`", directory.display()))?;
    }
    let text = include_str!("new-check.toml").replace("{resource}", resource).replace("{version}", env!("CARGO_PKG_VERSION"));
    std::fs::write(&path, text).with_context(|| format!("cannot write `{}`", path.display()))?;
    writeln!(anstream::stdout(), "{}", path.display())?;
    exit::note(&format!("next: fill it in, then `partywall --catalog {} check test {id}`", into.display()));
    Ok(exit::CLEAN)
}
