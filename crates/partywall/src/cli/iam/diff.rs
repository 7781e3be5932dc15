use std::path::PathBuf;

use clap::Args;
use partywall_iam::eval::Policy;
use partywall_iam::prove::{Attached, Proof, Space, new_access};
use partywall_iam::reference;

use super::actions::Actions;
use super::policies::policy;
use super::witness::words;
use crate::exit;

/// What a changed policy allows that the old one did not, and the other way round, each proved by a request
#[derive(Debug, Args)]
#[command(after_help = "Example:
  partywall iam diff old.json new.json
  partywall iam diff old-bucket.json new-bucket.json --of-resource --resource-account 111122223333

Exit codes: 0 nothing new is allowed, 1 something is, 3 neither could be shown.")]
pub(crate) struct Diff {
    /// The policy as it was
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// The policy as it is to be
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// They are policies of a resource, not of users or roles
    #[arg(long)]
    of_resource: bool,
    /// The account that the resource is in
    #[arg(long, value_name = "ACCOUNT", requires = "of_resource")]
    resource_account: Option<String>,
}

impl Diff {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        let (old, new) = ([policy(&self.old)?], [policy(&self.new)?]);
        let attached = if self.of_resource { Attached::Resource(self.resource_account.as_deref()) } else { Attached::Identity(None) };
        let actions = Actions::of(reference()?);
        let known = actions.names();
        let all = Space { attached, resources: &[], actions: None };
        // Newer actions than the data count, but one that exists makes the better example.
        let example = |from: &[Policy], to: &[Policy]| match new_access(from, to, &all) {
            Proof::Yes(found) => match new_access(from, to, &Space { actions: Some(&known), ..all }) {
                Proof::Yes(better) => Proof::Yes(better),
                Proof::No | Proof::Undecided(_) => Proof::Yes(found),
            },
            other => other,
        };
        let mut out = anstream::stdout();
        let more = example(&old, &new);
        show(&mut out, "new: allowed now and not before", &more, &new)?;
        show(&mut out, "gone: allowed before and not now", &example(&new, &old), &old)?;
        Ok(match more {
            Proof::Yes(_) => exit::FINDINGS,
            Proof::No => exit::CLEAN,
            Proof::Undecided(_) => exit::INCOMPLETE,
        })
    }
}

fn show(out: &mut dyn std::io::Write, what: &str, proof: &Proof, policies: &[Policy]) -> std::io::Result<()> {
    match proof {
        Proof::Yes(witness) => writeln!(out, "{what}: yes, for one\n{}", words(witness, policies)),
        Proof::No => writeln!(out, "{what}: nothing"),
        Proof::Undecided(cause) => writeln!(out, "{what}: not decided: {}", partywall_model::plain(&cause.detail)),
    }
}
