//! The identities of an account: from the file that the AWS CLI prints, or from any source that shows them.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::bail;
use clap::Args;
use partywall_collect::{Need, Options, account};
use partywall_iam::account::{Account, Given, GivenResource};
use partywall_model::{Cause, CauseKind, Resource, Value, plain};
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
    /// What `aws iam get-account-authorization-details` prints; or a directory that `collect` and `assess` read (a snapshot, saved answers,
    /// AWS Config), from which policies and tags of resources are taken too
    #[arg(long, value_name = "FILE|DIR")]
    account: PathBuf,
    /// Which account, if the directory has several
    #[arg(long, value_name = "ACCOUNT")]
    account_id: Option<String>,
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
    pub(super) fn read(&self, overlay: Option<&Path>) -> anyhow::Result<Account> {
        self.read_noting(overlay, &mut Inputs::default())
    }

    /// The same, and notes what was read.
    ///
    /// # Errors
    /// As [`AccountFile::read`].
    pub(super) fn read_noting(&self, overlay: Option<&Path>, inputs: &mut Inputs) -> anyhow::Result<Account> {
        self.account_id.as_deref().map_or(Ok(()), is_account)?;
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
            let policy = Value::str(checked(path, inputs)?);
            given.resources.insert(arn.to_owned(), GivenResource { policy: Some(policy), tags: None });
        }
        if self.account.is_dir() {
            return self.of_source(overlay, given, inputs);
        }
        let text = inputs.read(&self.account, MAX_BYTES)?;
        let account = Account::read(&text, &given).map_err(|error| anyhow::anyhow!("{}: {error}", self.account.display()))?;
        match self.account_id.as_deref() {
            Some(wanted) if wanted != account.id() => {
                bail!("{}: is of account `{}`, not of `{wanted}`", self.account.display(), account.id())
            }
            _ => Ok(account),
        }
    }

    fn of_source(&self, overlay: Option<&Path>, mut given: Given, inputs: &mut Inputs) -> anyhow::Result<Account> {
        let catalog = crate::cli::catalog(overlay)?;
        let paths = std::slice::from_ref(&self.account);
        let mut rows: Vec<Arc<Resource>> = Vec::new();
        let collected = crate::sources::collect(&catalog, paths, &Options::default(), &|_| Need::default(), &mut |batch| {
            rows.extend(batch.rows);
            Ok(())
        })?;
        let identity = crate::sources::fingerprint(paths)?;
        inputs.note(self.account.display().to_string(), identity.trim_start_matches("sha256:").to_owned());
        for line in &collected.warnings {
            writeln!(anstream::stderr(), "note: {}", plain(line))?;
        }
        given.gaps.extend(collected.errors.iter().map(|error| Cause::new(CauseKind::NotLooked, error.as_str())));
        account(&catalog, &rows, &collected.listed, self.account_id.as_deref(), given).map_err(|error| {
            let said = std::iter::once(error.to_string()).chain(collected.errors.iter().cloned()).collect::<Vec<_>>();
            anyhow::anyhow!("{}: {}", self.account.display(), said.join("; "))
        })
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
        writeln!(out, "not known: {}", plain(gap))?;
    }
    for assumption in assumptions {
        writeln!(out, "taken for granted: {}", plain(assumption))?;
    }
    Ok(())
}
