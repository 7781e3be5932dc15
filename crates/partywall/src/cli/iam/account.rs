//! The identities of an account, from the file that the AWS CLI prints.

use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::Args;
use partywall_iam::account::{Account, Given, GivenResource};
use serde_json::Value as Json;

use super::files::Inputs;
use super::ids::{is_account, is_organization};
use super::policies::{checked, levels};

/// As much as the reader of accounts takes.
const MAX_BYTES: u64 = 512 << 20;

/// Which account.
#[derive(Debug, Args)]
#[command(next_help_heading = "The account")]
pub(super) struct AccountFile {
    /// What `aws iam get-account-authorization-details` prints
    #[arg(long, value_name = "FILE")]
    account: PathBuf,
    /// Document of a managed policy that the details lack: its ARN, `=`, the file; once for each
    #[arg(long, value_name = "ARN=FILE")]
    managed_policy: Vec<String>,
    /// Policy of a resource: its ARN, `=`, the file; once for each
    #[arg(long, value_name = "ARN=FILE")]
    resource_policy: Vec<String>,
    /// No other resource of the account has a policy of its own
    #[arg(long)]
    no_other_resource_policies: bool,
    /// Service control policies of one level, from the root of the organization: once for each level, files separated by commas
    #[arg(long, value_name = "FILE,…")]
    scp: Vec<String>,
    /// Resource control policies, likewise
    #[arg(long, value_name = "FILE,…")]
    rcp: Vec<String>,
    /// The management account of the organization: control policies do not bind it
    #[arg(long, value_name = "ACCOUNT")]
    management_account: Option<String>,
    /// The organization that the account is in
    #[arg(long, value_name = "o-…")]
    organization: Option<String>,
}

impl AccountFile {
    /// Reads the files.
    ///
    /// # Errors
    /// One cannot be read, or is not what it should be.
    pub(super) fn read(&self) -> anyhow::Result<Account> {
        self.read_noting(&mut Inputs::default())
    }

    /// The same, and notes what was read.
    ///
    /// # Errors
    /// As [`AccountFile::read`].
    pub(super) fn read_noting(&self, inputs: &mut Inputs) -> anyhow::Result<Account> {
        let text = inputs.read(&self.account, MAX_BYTES)?;
        self.management_account.as_deref().map_or(Ok(()), is_account)?;
        self.organization.as_deref().map_or(Ok(()), is_organization)?;
        let mut given = Given {
            resources_complete: self.no_other_resource_policies,
            scp: control(&self.scp, inputs)?,
            rcp: control(&self.rcp, inputs)?,
            management_account: self.management_account.clone(),
            organization: self.organization.clone(),
            ..Given::default()
        };
        for pair in &self.managed_policy {
            let (arn, path) = of_arn(pair)?;
            given.managed_policies.insert(arn.to_owned(), Json::String(checked(path, inputs)?));
        }
        for pair in &self.resource_policy {
            let (arn, path) = of_arn(pair)?;
            let policy = Json::String(checked(path, inputs)?);
            given.resources.insert(arn.to_owned(), GivenResource { policy: Some(policy), tags: None });
        }
        Account::read(&text, &given).map_err(|error| anyhow::anyhow!("{}: {error}", self.account.display()))
    }
}

/// An ARN and the file of its policy.
fn of_arn(pair: &str) -> anyhow::Result<(&str, &Path)> {
    match pair.split_once('=').filter(|(arn, _)| arn.starts_with("arn:")) {
        Some((arn, path)) => Ok((arn, Path::new(path))),
        None => bail!("`{pair}` is no ARN with its policy; write it as `arn:aws:s3:::bucket=policy.json`"),
    }
}

/// Control policies by level, each with its file's name; `None` if none are given.
fn control(given: &[String], inputs: &mut Inputs) -> anyhow::Result<Option<Vec<Vec<(String, Json)>>>> {
    let mut read = |file: &PathBuf| Ok((file.display().to_string(), Json::String(checked(file, inputs)?)));
    let mut level = |files: &Vec<PathBuf>| files.iter().map(&mut read).collect::<anyhow::Result<Vec<_>>>();
    levels(given).map(|levels| levels.iter().map(&mut level).collect()).transpose()
}

/// What an answer rests on, one line each.
pub(super) fn notes(out: &mut dyn std::io::Write, gaps: &[String], assumptions: &[String]) -> std::io::Result<()> {
    for gap in gaps {
        writeln!(out, "not known: {}", partywall_model::plain(gap))?;
    }
    for assumption in assumptions {
        writeln!(out, "taken for granted: {}", partywall_model::plain(assumption))?;
    }
    Ok(())
}
