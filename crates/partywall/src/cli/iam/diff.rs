use std::path::PathBuf;

use clap::Args;
use partywall_iam::eval::{Caller, Policy};
use partywall_iam::prove::{Attached, Proof, Space, Witness, new_access};
use partywall_iam::reference;

use super::policies::policy;
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
        let known: Vec<String> =
            reference()?.services().flat_map(partywall_iam::Service::actions).map(partywall_iam::Action::full_name).collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
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
        Proof::Yes(witness) => writeln!(out, "{what}: yes, for one\n{}", request(witness, policies)),
        Proof::No => writeln!(out, "{what}: nothing"),
        Proof::Undecided(cause) => writeln!(out, "{what}: not decided: {}", partywall_model::plain(&cause.detail)),
    }
}

fn request(witness: &Witness, policies: &[Policy]) -> String {
    let request = &witness.request;
    let name = policies.get(witness.statement.policy).map_or("", |policy| &*policy.name);
    let mut lines = vec![
        format!("  {} asks for {} on {}", who(&request.caller), request.action, request.resource),
        format!("  by statement {} of `{name}`", witness.statement.statement.saturating_add(1)),
    ];
    lines.extend(request.context().map(|(key, values)| format!("  with {key} = {}", values.join(", "))));
    lines.iter().map(|line| partywall_model::plain(line).into_owned()).collect::<Vec<_>>().join("\n")
}

fn who(caller: &Caller) -> &str {
    match caller {
        Caller::User(of) | Caller::Role(of) | Caller::Session(of) | Caller::FederatedUser(of) | Caller::Root(of) => &of.arn,
        Caller::Service(name) | Caller::Federated(name) | Caller::Canonical(name) => name,
        Caller::Anonymous => "anybody",
    }
}
