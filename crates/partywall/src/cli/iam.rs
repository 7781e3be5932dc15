mod account;
mod actions;
mod assert;
mod diff;
mod files;
mod ids;
mod least;
mod lint;
mod paths;
mod policies;
mod public;
mod question;
mod simulate;
mod test;
mod unused;
mod what_can;
mod who_can;
mod witness;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use partywall_iam::{Reference, use_reference};

use files::Inputs;

/// A file of reference data has some hundred kilobytes; how much it may unpack to, its reader limits.
const MAX_REFERENCE: u64 = 32 << 20;

/// Policies: decide requests as AWS does, prove, test and lint them; who can do what in an account
#[derive(Debug, Args)]
pub(crate) struct IamCommand {
    #[command(subcommand)]
    action: Action,
    /// Other data of actions and condition keys than the built-in ones: a file that `cargo xtask iam-data` made
    #[arg(long, global = true, value_name = "FILE", help_heading = "Everywhere")]
    reference: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Action {
    Simulate(Box<simulate::Simulate>),
    Test(test::Test),
    Lint(lint::Lint),
    Diff(diff::Diff),
    WhoCan(who_can::WhoCan),
    WhatCan(what_can::WhatCan),
    Least(least::Least),
    Assert(assert::Assert),
    Public(public::Public),
    Paths(paths::Paths),
}

impl IamCommand {
    pub(crate) fn run(self, overlay: Option<&Path>, now: chrono::DateTime<chrono::Utc>) -> anyhow::Result<u8> {
        let mut inputs = Inputs::default();
        if let Some(path) = &self.reference {
            let table = Reference::from_bytes(&inputs.read_bytes(path, MAX_REFERENCE)?).with_context(|| path.display().to_string())?;
            use_reference(table)?;
        }
        match self.action {
            Action::Simulate(command) => command.run(),
            Action::Test(command) => command.run(),
            Action::Lint(command) => command.run(),
            Action::Diff(command) => command.run(),
            Action::WhoCan(command) => command.run(overlay),
            Action::WhatCan(command) => command.run(overlay),
            Action::Least(command) => command.run(overlay),
            Action::Assert(command) => command.run(overlay, now, inputs),
            Action::Public(command) => command.run(),
            Action::Paths(command) => command.run(overlay),
        }
    }
}
