use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use partywall_iam::account::{Account, LastAccessed, Observation, Proposal, read_observations};
use partywall_iam::prove::Proof;
use partywall_model::plain;
use partywall_report::counted;

use super::account::{AccountFile, notes};
use super::files;
use super::unused;
use crate::cli::format::PlainFormat;
use crate::exit;

/// As much as is read of observations and of reports of last use.
const MAX_BYTES: u64 = 512 << 20;

/// Policies that allow a user or role what it was seen to do and nothing more, proved; or what it is allowed and does not use
#[derive(Debug, Args)]
#[command(
    after_help = "Observations are one JSON object a line; `principal` is the ARN of a user, role or session of a role, `resource`, `count` and
`last` may be left out:

  {\"principal\": \"arn:aws:sts::111122223333:assumed-role/deploy/i-1\", \"action\": \"s3:GetObject\",
   \"resource\": \"arn:aws:s3:::harbour-data/a.csv\", \"count\": 3, \"last\": \"2026-11-01T10:00:00Z\"}

Examples:
  partywall iam least role/deploy --account details.json --observed seen.jsonl > deploy.json
  partywall iam least role/deploy --account details.json --unused --last-accessed last.json

Exit codes of a proposal: 0 it is proven to allow nothing new, 3 that is not shown, nothing can be
proposed, or AWS saw more use than was observed.
With --unused: 0 all is used, 1 some is not, 3 parts of the policies are not known, or nothing of the principal was observed."
)]
pub(crate) struct Least {
    /// A user or role: its ARN, its name, `user/NAME` or `role/NAME`
    #[arg(value_name = "PRINCIPAL")]
    principal: String,
    #[command(flatten)]
    account: AccountFile,
    /// What principals were seen to do, `-` for standard input
    #[arg(long, value_name = "FILE.jsonl", required_unless_present = "last_accessed")]
    observed: Option<PathBuf>,
    /// What `aws iam get-service-last-accessed-details` prints for this principal
    #[arg(long, value_name = "FILE")]
    last_accessed: Option<PathBuf>,
    /// Tell what is allowed and not used, in place of a proposal
    #[arg(long)]
    unused: bool,
    /// Output format of `--unused`; proposals are policy documents
    #[arg(long, value_enum, default_value_t = PlainFormat::Table, requires = "unused")]
    format: PlainFormat,
}

impl Least {
    pub(crate) fn run(self, overlay: Option<&Path>) -> anyhow::Result<u8> {
        let account = self.account.read(overlay)?;
        let number = account.find(&self.principal)?;
        let observations = match &self.observed {
            None => None,
            Some(path) => {
                let text = files::read(path, MAX_BYTES)?;
                Some((path, read_observations(&text).map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))?))
            }
        };
        let last = match &self.last_accessed {
            None => None,
            Some(path) => Some(LastAccessed::read(&files::read(path, MAX_BYTES)?).with_context(|| path.display().to_string())?),
        };
        let seen = observations.as_ref().map(|(_, all)| account.observations_of(number, all));
        if let (Some(seen), Some((path, all))) = (&seen, &observations)
            && seen.len() < all.len()
        {
            exit::note(&format!(
                "{}: {} of others",
                path.display(),
                counted((all.len() - seen.len()) as u64, "observation is", "observations are")
            ));
        }
        if self.unused {
            return unused::run(&account, number, seen.as_deref(), last.as_ref(), self.format);
        }
        let (Some(seen), Some((path, _))) = (seen, &observations) else {
            bail!("without observations there is nothing to propose; give `--observed FILE.jsonl`, or ask with `--unused`");
        };
        if seen.is_empty() {
            bail!(
                "`{}` has no observation of `{}`: a proposal would take everything away; observe it for longer, or ask with `--unused`",
                path.display(),
                self.principal
            );
        }
        propose(&account, number, &seen, last.as_ref())
    }
}

fn propose(account: &Account, number: usize, seen: &[&Observation], last: Option<&LastAccessed>) -> anyhow::Result<u8> {
    let proposal = account.least_privilege(number, seen)?;
    let mut rest = anstream::stderr();
    told(&mut rest, seen.len(), &proposal)?;
    if proposal.documents.is_empty() {
        writeln!(rest, "nothing is proposed: its policies now allow none of what was observed")?;
        return Ok(exit::INCOMPLETE);
    }
    let proof = account.exceeds(&proposal)?;
    if let Proof::Yes(witness) = &proof {
        let request = &witness.request;
        bail!(
            "the proposal would allow `{}` on `{}`, which the policies do not; it is not handed out: please report this",
            request.action,
            request.resource
        );
    }
    let mut out = anstream::stdout();
    for document in &proposal.documents {
        writeln!(out, "{document:#}")?;
    }
    let proven = match &proof {
        Proof::Undecided(cause) => {
            writeln!(rest, "not proven that nothing new is allowed: {}", plain(&cause.detail))?;
            false
        }
        Proof::No | Proof::Yes(_) => {
            writeln!(rest, "proven: of all requests, the proposal allows none that the policies now attached do not")?;
            true
        }
    };
    let missed = last.map(|last| last.not_observed(seen)).unwrap_or_default();
    for used in &missed {
        writeln!(rest, "AWS saw used and no observation shows: {}; the proposal does not allow it for that", plain(used))?;
    }
    let gaps: Vec<String> = account.gaps().iter().map(|cause| cause.detail.clone()).collect();
    notes(&mut rest, &gaps, &account.assumptions())?;
    Ok(if proven && missed.is_empty() && gaps.is_empty() { exit::CLEAN } else { exit::INCOMPLETE })
}

fn told(rest: &mut dyn std::io::Write, seen: usize, proposal: &Proposal) -> std::io::Result<()> {
    writeln!(
        rest,
        "{} replayed: {} allowed as before, {} on conditions as before, {} not allowed by its policies now",
        counted(seen as u64, "observation", "observations"),
        proposal.kept,
        proposal.open,
        proposal.not_allowed.len()
    )?;
    for (seen, why) in &proposal.not_allowed {
        let on = seen.resource.as_deref().unwrap_or("*");
        writeln!(rest, "not allowed now: {} on {}: {}", plain(&seen.action), plain(on), plain(why))?;
    }
    let count = proposal.documents.len();
    if count > 1 {
        writeln!(rest, "{count} documents, as the policies have both versions, which differ in what `${{…}}` means: attach all")?;
    }
    Ok(())
}
