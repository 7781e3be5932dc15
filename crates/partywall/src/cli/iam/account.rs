//! The identities of an account, from the file that the AWS CLI prints.

use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use partywall_iam::account::{Account, Given, GivenResource};

use super::policies::read;

/// As much as the reader of accounts takes.
const MAX_BYTES: u64 = 512 << 20;

/// Which account.
#[derive(Debug, Args)]
#[command(next_help_heading = "The account")]
pub(super) struct AccountFile {
    /// What `aws iam get-account-authorization-details` prints
    #[arg(long, value_name = "FILE")]
    account: PathBuf,
    /// Policy of a resource: its ARN, `=`, the file; once for each
    #[arg(long, value_name = "ARN=FILE")]
    resource_policy: Vec<String>,
}

impl AccountFile {
    /// Reads the files.
    ///
    /// # Errors
    /// One cannot be read, or is not what it should be.
    pub(super) fn read(&self) -> anyhow::Result<Account> {
        let shown = self.account.display();
        let file = File::open(&self.account).with_context(|| format!("`{shown}` cannot be read"))?;
        let mut text = String::new();
        file.take(MAX_BYTES + 1).read_to_string(&mut text).with_context(|| format!("`{shown}` cannot be read as text"))?;
        let mut given = Given::default();
        for pair in &self.resource_policy {
            let Some((arn, path)) = pair.split_once('=').filter(|(arn, _)| arn.starts_with("arn:")) else {
                bail!("`{pair}` is no resource with its policy; write it as `arn:aws:s3:::bucket=policy.json`");
            };
            let policy = serde_json::from_str(&read(path.as_ref())?).with_context(|| format!("`{path}` is no JSON"))?;
            given.resources.insert(arn.to_owned(), GivenResource { policy: Some(policy), tags: None });
        }
        Account::read(&text, &given).map_err(|error| anyhow::anyhow!("{shown}: {error}"))
    }
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
