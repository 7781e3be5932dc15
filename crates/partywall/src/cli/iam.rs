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

use clap::{Args, Subcommand};

/// Policies: decide requests as AWS does, prove, test and lint them; who can do what in an account
#[derive(Debug, Args)]
pub(crate) struct IamCommand {
    #[command(subcommand)]
    action: Action,
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
    pub(crate) fn run(self, now: chrono::DateTime<chrono::Utc>) -> anyhow::Result<u8> {
        match self.action {
            Action::Simulate(command) => command.run(),
            Action::Test(command) => command.run(),
            Action::Lint(command) => command.run(),
            Action::Diff(command) => command.run(),
            Action::WhoCan(command) => command.run(),
            Action::WhatCan(command) => command.run(),
            Action::Least(command) => command.run(),
            Action::Assert(command) => command.run(now),
            Action::Public(command) => command.run(),
            Action::Paths(command) => command.run(),
        }
    }
}
