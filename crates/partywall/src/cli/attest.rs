mod add;
mod check;
mod expectations;
mod fetch;
mod list;
mod show;

use std::path::PathBuf;

use anyhow::bail;
use clap::{Args, Subcommand};
use partywall_records::Records;

use super::Context;
use super::format::Format;
use crate::run::Sources;

/// Documents that prove a provider's side: reports, certificates, authorizations, agreements
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  partywall attest list examples/harbour-bank\n  partywall attest check examples/harbour-bank --as-of 2027-11-01\n  partywall attest fetch\n  partywall attest add report.pdf --series soc-2-type-2 --from 2025-10-01 --to 2026-09-30 --scope-list aws-soc --records records\n\nThe document itself is not copied: its hash and what it says go into records/attestations/. Documents under terms of confidence are never exported."
)]
pub(crate) struct AttestCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Put a document on file: its hash, dates, scope and opinion
    Add(add::Add),
    /// Every document on file and how it stands
    List(From),
    /// One document with its scope, exceptions, bridge letters and what it expects of you
    Show {
        /// Id of the document: its file's name
        #[arg(value_name = "ID")]
        id: String,
        #[command(flatten)]
        from: From,
    },
    /// What is proven where, how much of the audit period is covered, what lapses soon, which expectations are met
    Check(check::Check),
    /// What reports expect: of you (CUEC) and of your providers (CSOC), and whether it is so
    Expectations(From),
    /// Add what a report expects of you, from a CSV with the columns id, text and, if known, duties, checks, evidence, requirements, owner
    ImportExpectations(expectations::Import),
    /// Get a document from AWS Artifact and put it on file, or list what Artifact has
    Fetch(fetch::Fetch),
}

/// Where records and sources are, and how to print.
#[derive(Debug, Args)]
#[command(mut_arg("sources", |argument| argument.required(false).help("Files and directories that say which services and Regions are in use")))]
struct From {
    #[command(flatten)]
    sources: Sources,

    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

impl AttestCommand {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<u8> {
        match self.action {
            Action::Add(command) => command.run(context),
            Action::List(from) => list::run(context, &from),
            Action::Show { id, from } => show::run(context, &id, &from),
            Action::Check(command) => command.run(context),
            Action::Expectations(from) => expectations::run(context, &from),
            Action::ImportExpectations(command) => command.run(context),
            Action::Fetch(command) => command.run(context),
        }
    }
}

/// The records that a command speaks of; without any there is nothing to say.
fn records(context: &Context, sources: &Sources) -> anyhow::Result<Records> {
    let records = sources.records(context)?;
    if records.directory.is_none() {
        bail!("no records were found; name their directory with --records, or a source that has one called records");
    }
    Ok(records)
}

/// The directory that a new record goes into.
fn directory(named: Option<&PathBuf>) -> PathBuf {
    named.cloned().unwrap_or_else(|| PathBuf::from(partywall_collect::RECORDS))
}
