//! The command line: one file per command.

pub(crate) mod assess;
mod attest;
mod aws;
mod catalog;
pub(crate) mod check;
pub(crate) mod collect;
mod completions;
mod diff;
mod explain;
mod export;
mod figures;
mod fix;
mod format;
mod framework;
mod iam;
mod import;
mod matrix;
mod permissions;
mod query;
mod records;
mod review;
mod runbook;
mod scope;
mod shift;
mod training;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use chrono::NaiveDate;
use clap::{Parser, Subcommand};
use partywall_catalog::Catalog;

use crate::fill::word;

/// Who secures what in your AWS account: reads real files, says whose duty each thing is, checks your side.
#[derive(Debug, Parser)]
#[command(name = "partywall", version, about, max_term_width = 100, help_template = HELP)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,

    /// A directory of the catalogue's layout whose files go over the built-in ones
    #[arg(long, global = true, value_name = "DIR", env = "PARTYWALL_CATALOG", help_heading = "Everywhere")]
    catalog: Option<PathBuf>,

    /// The day to which every answer refers (default: today)
    #[arg(long, global = true, value_name = "YYYY-MM-DD", help_heading = "Everywhere")]
    as_of: Option<NaiveDate>,
}

const HELP: &str = "\
{about}

{usage-heading} {usage}

Every day
  assess       Read sources, check your side, show the wall
  matrix       Who owns which duty: per service and layer, per resource, per requirement
  explain      One finding or resource: layer, duty, owner, deciding facts, fix
  shift        What moves, stays and appears when a service, mode or setting changes
  fix          Print the fix of one finding, with the real ids filled in
Proof
  framework    Frameworks with their whole denominator
  scope        What is in scope and why
  attest       Documents that prove a provider's side, and what they expect of you
  records      What people decided and keep: whether it holds together, what is due
  runbook      Steps for a trouble; yours with owner and exercises
  training     Training records, and a quiz made from your own wall
  review       Well-Architected review, answered from findings
  export       Sheets that auditors and customers ask for
  diff         Which duties come, go and change hands
  figures      What the model promises, measured on your own wall
Reading
  collect      Read an account or an organisation through AWS's APIs into a snapshot
  permissions  The exact read-only permissions for the chosen checks
  query        SQL over everything that was read
  import       OSCAL catalogues and conformance packs as frameworks, sheets as records
Identity
  iam          Policies: decide, prove, test, lint; who can do what in an account
Expert
  aws          One call of any AWS API, answered as the AWS CLI prints it
  check        List, show, test and start checks
  catalog      Lint the catalogue
  completions  Shell completions
  help         What a command does

Options
{options}";

#[derive(Debug, Subcommand)]
enum Command {
    Assess(assess::Assess),
    Matrix(matrix::Matrix),
    Explain(explain::Explain),
    Shift(shift::Shift),
    Fix(fix::Fix),
    Framework(framework::FrameworkCommand),
    Scope(scope::Scope),
    Attest(attest::AttestCommand),
    Records(records::RecordsCommand),
    Runbook(runbook::RunbookCommand),
    Training(training::TrainingCommand),
    Review(review::Review),
    Export(export::Export),
    Import(import::ImportCommand),
    Diff(diff::Diff),
    Figures(figures::Figures),
    Collect(collect::Collect),
    Permissions(permissions::Permissions),
    Query(query::Query),
    Iam(iam::IamCommand),
    Aws(aws::AwsCommand),
    Check(check::CheckCommand),
    Catalog(catalog::CatalogCommand),
    Completions(completions::Completions),
}

/// What every command needs.
pub(crate) struct Context {
    /// The catalogue, computed columns included.
    pub(crate) catalog: Catalog,
    /// The moment to which every answer refers.
    pub(crate) now: chrono::DateTime<chrono::Utc>,
    /// The options of all commands as they were given, each word as a shell takes it: a command that is printed needs them too.
    pub(crate) options: Vec<String>,
}

impl Context {
    /// The day of `now`.
    pub(crate) fn today(&self) -> NaiveDate {
        self.now.date_naive()
    }
}

/// Refuses a directory that lays nothing over the built-in catalogue.
fn is_catalog(directory: &Path) -> anyhow::Result<()> {
    const LAYOUT: [&str; 10] = [
        "checks",
        "resources",
        "services",
        "frameworks",
        "evidence",
        "runbooks",
        "reference",
        "duties.toml",
        "attestations.toml",
        "scope.toml",
    ];
    if directory.is_dir() && !LAYOUT.iter().any(|name| directory.join(name).exists()) {
        bail!("`{}` holds nothing of a catalogue; name the directory that has {}", directory.display(), LAYOUT.join(", "));
    }
    Ok(())
}

/// Tells below the version of what day the built-in data are.
pub(crate) fn data_dates() -> anyhow::Result<()> {
    let date = partywall_iam::built_in_date().context("the built-in data of actions cannot be read")?;
    writeln!(anstream::stdout(), "actions and condition keys of policies: as AWS documented them up to {date}")?;
    Ok(())
}

/// The catalogue, with what a directory of the user's puts over it.
///
/// # Errors
/// The directory is no catalogue, or a file does not hold together.
fn catalog(overlay: Option<&Path>) -> anyhow::Result<Catalog> {
    overlay.map_or(Ok(()), is_catalog)?;
    Ok(Catalog::load(overlay)?.with_derived(partywall_collect::derived_columns)?)
}

/// Runs the chosen command and gives its exit code.
pub(crate) fn run(arguments: Arguments) -> anyhow::Result<u8> {
    if let Command::Completions(command) = arguments.command {
        return command.run();
    }
    if let Command::Aws(command) = &arguments.command {
        return command.run();
    }
    let (overlay, now) = (arguments.catalog.as_deref(), crate::clock::moment(arguments.as_of));
    if let Command::Iam(command) = arguments.command {
        return command.run(overlay, now);
    }
    let mut catalog = catalog(overlay)?;
    if let Command::Collect(command) = &arguments.command {
        catalog = catalog.with_cloud_control(command.cloud_control())?;
    }
    let directory = overlay.iter().flat_map(|directory| ["--catalog".to_owned(), word(&directory.to_string_lossy())]);
    let day = arguments.as_of.iter().flat_map(|day| ["--as-of".to_owned(), day.to_string()]);
    let context = Context { catalog, now, options: directory.chain(day).collect() };
    match arguments.command {
        Command::Assess(command) => command.run(&context),
        Command::Matrix(command) => command.run(&context),
        Command::Explain(command) => command.run(&context),
        Command::Shift(command) => command.run(&context),
        Command::Fix(command) => command.run(&context),
        Command::Framework(command) => command.run(&context),
        Command::Scope(command) => command.run(&context),
        Command::Attest(command) => command.run(&context),
        Command::Records(command) => command.run(&context),
        Command::Runbook(command) => command.run(&context),
        Command::Training(command) => command.run(&context),
        Command::Review(command) => command.run(&context),
        Command::Export(command) => command.run(&context),
        Command::Import(command) => command.run(&context),
        Command::Diff(command) => command.run(&context),
        Command::Figures(command) => command.run(&context),
        Command::Collect(command) => command.run(&context),
        Command::Permissions(command) => command.run(&context),
        Command::Query(command) => command.run(&context),
        Command::Check(command) => command.run(&context),
        Command::Catalog(command) => command.run(&context),
        Command::Completions(_) | Command::Aws(_) | Command::Iam(_) => Ok(crate::exit::CLEAN),
    }
}
