use std::io::Write as _;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use clap::Args;
use partywall_iam::account::{Account, Assertions, Judged, KnownAction, Outcome};
use partywall_iam::reference;
use partywall_model::plain;
use partywall_report::counted;
use serde_json::{Value as Json, json};

use super::account::{AccountFile, notes};
use super::actions::Actions;
use super::files::Inputs;
use crate::cli::format::PlainFormat;
use crate::exit;

/// The longest file of rules that the library reads.
const MAX_BYTES: u64 = 16 << 20;
/// Unknown answers of a rule that the table has lines for.
const SHOWN: usize = 6;

/// Separation of duties: rules of who must not be able to do what, each held, broken by a request, or not to be said
#[derive(Debug, Args)]
#[command(after_help = "A file of rules (TOML):

  [[rule]]
  id      = \"dev-reads-no-financial-data\"
  title   = \"No developer reads financial data\"
  who     = { tags = { team = \"dev\" } }            # or arn, name (patterns), kind; all that are given hold
  except  = { name = [\"dev-lead\"] }                # may be left out
  may_not = { actions = [\"s3:GetObject*\"] }        # or access = [\"Read\"], with services = [\"s3\"]
  on      = { tags = { class = \"financial\" } }     # or arn (patterns); may be left out

Example:
  partywall iam assert duties.toml --account lake --format json > evidence.json

Tags of resources are known of a source such as a snapshot; authorization details have those of users and roles only.

Exit codes: 0 all rules hold, 1 some are broken, 2 a file is wrong, 3 of some it cannot be said, or they are about nobody.")]
pub(crate) struct Assert {
    /// The rules, `-` for standard input
    #[arg(value_name = "FILE")]
    rules: PathBuf,
    #[command(flatten)]
    account: AccountFile,
    /// Output format
    #[arg(long, value_enum, default_value_t = PlainFormat::Table)]
    format: PlainFormat,
}

impl Assert {
    /// `inputs` are the files that were read so far.
    pub(crate) fn run(self, overlay: Option<&Path>, now: DateTime<Utc>, mut inputs: Inputs) -> anyhow::Result<u8> {
        let text = inputs.read(&self.rules, MAX_BYTES)?;
        let rules = Assertions::parse(&text).map_err(|error| anyhow::anyhow!("{}: {error}", self.rules.display()))?;
        let account = self.account.read_noting(overlay, &mut inputs)?;
        let actions = Actions::of(reference()?);
        let judged = account.judge(&rules, &actions.known().collect::<Vec<KnownAction<'_>>>());
        match self.format {
            PlainFormat::Json => writeln!(anstream::stdout(), "{:#}", evidence(&account, &judged, &inputs, now)?)?,
            PlainFormat::Table => table(&account, &judged)?,
        }
        let is = |outcomes: &[Outcome]| judged.iter().any(|rule| outcomes.contains(&rule.outcome));
        Ok(if is(&[Outcome::Fail]) {
            exit::FINDINGS
        } else if is(&[Outcome::Unknown, Outcome::NobodySelected]) {
            exit::INCOMPLETE
        } else {
            exit::CLEAN
        })
    }
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "holds",
        Outcome::Fail => "violated",
        Outcome::Unknown => "unknown",
        Outcome::NobodySelected => "about nobody",
    }
}

fn arn(account: &Account, number: usize) -> &str {
    account.principals().get(number).map_or("", |of| &of.arn)
}

fn table(account: &Account, judged: &[Judged]) -> anyhow::Result<()> {
    let mut out = anstream::stdout();
    for rule in judged {
        let about = counted(rule.selected as u64, "user or role", "users and roles");
        writeln!(out, "{:<12} {}: {} ({about})", word(rule.outcome), plain(&rule.id), plain(&rule.title))?;
        for violation in &rule.violations {
            let who = arn(account, violation.principal);
            writeln!(out, "  {} may do {} on {}", plain(who), plain(&violation.action), plain(&violation.resource))?;
            for (key, values) in &violation.context {
                writeln!(out, "    with {} = {}", plain(key), plain(&values.join(", ")))?;
            }
            writeln!(out, "    {}", plain(&violation.why))?;
        }
        for unknown in rule.unknown.iter().take(SHOWN) {
            writeln!(out, "  not known: {}", plain(unknown))?;
        }
        let more = rule.unknown.len().saturating_sub(SHOWN);
        if more > 0 {
            writeln!(out, "  and {more} more that are not known; `--format json` has all")?;
        }
        if rule.outcome == Outcome::NobodySelected {
            writeln!(out, "  no user or role is meant by `who`: the rule proves nothing")?;
        }
    }
    let count = |outcome: Outcome| judged.iter().filter(|rule| rule.outcome == outcome).count();
    writeln!(
        out,
        "{}: {} hold, {} violated, {} cannot be said, {} about nobody",
        counted(judged.len() as u64, "rule", "rules"),
        count(Outcome::Pass),
        count(Outcome::Fail),
        count(Outcome::Unknown),
        count(Outcome::NobodySelected)
    )?;
    notes(&mut anstream::stderr(), &[], &account.assumptions())?;
    Ok(())
}

/// One object that stands by itself: what was asked, of which bytes, when, and what came out.
fn evidence(account: &Account, judged: &[Judged], inputs: &Inputs, now: DateTime<Utc>) -> anyhow::Result<Json> {
    let reference = reference()?;
    let rules = judged.iter().map(|rule| {
        let witnesses = rule.violations.iter().map(|violation| {
            let context: serde_json::Map<String, Json> =
                violation.context.iter().map(|(key, values)| (key.clone(), json!(values))).collect();
            json!({
                "principal": arn(account, violation.principal), "action": violation.action, "resource": violation.resource,
                "context": context, "why": violation.why,
            })
        });
        json!({
            "id": rule.id, "title": rule.title, "line": rule.line, "outcome": word(rule.outcome), "about": rule.selected,
            "witnesses": witnesses.collect::<Vec<_>>(), "notKnown": rule.unknown, "assumptions": rule.assumptions,
        })
    });
    Ok(json!({
        "date": now.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        "partywall": env!("CARGO_PKG_VERSION"),
        "account": account.id(),
        "inputs": inputs.iter().map(|(file, sha256)| json!({"file": file, "sha256": sha256})).collect::<Vec<_>>(),
        "actions": {"date": reference.date(), "version": reference.version()},
        "rules": rules.collect::<Vec<_>>(),
    }))
}
