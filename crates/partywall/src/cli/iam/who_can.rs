use std::io::Write as _;
use std::path::Path;

use clap::Args;
use partywall_iam::account::{Question, Standing};
use partywall_iam::reference;
use partywall_report::counted;
use serde_json::json;

use super::account::{AccountFile, notes};
use crate::cli::format::PlainFormat;
use crate::exit;

/// Every user and role of an account that can do something, and whom else the resource lets in
#[derive(Debug, Args)]
#[command(after_help = "Example:
  partywall iam who-can s3:GetObject 'arn:aws:s3:::harbour-data/*' --account details.json --resource-policy arn:aws:s3:::harbour-data=bucket.json

Exit codes: 0 the answer is whole, 3 parts of the account are not known.")]
pub(crate) struct WhoCan {
    /// What, such as `s3:GetObject`
    #[arg(value_name = "ACTION")]
    action: String,
    /// On what: an ARN, with `*` for some resource of that pattern
    #[arg(value_name = "ARN", default_value = "*")]
    resource: String,
    #[command(flatten)]
    account: AccountFile,
    /// Output format
    #[arg(long, value_enum, default_value_t = PlainFormat::Table)]
    format: PlainFormat,
}

impl WhoCan {
    pub(crate) fn run(self, overlay: Option<&Path>) -> anyhow::Result<u8> {
        super::question::is_action(&self.action)?;
        let account = self.account.read(overlay)?;
        let mut question = Question::new(self.action.as_str(), self.resource.as_str());
        question.wildcard_only = reference()?.action(&self.action).is_some_and(partywall_iam::Action::is_wildcard_only);
        let found = account.who_can(&question);
        let mut out = anstream::stdout();
        let principal = |number: usize| account.principals().get(number);
        let mut unknown = !found.gaps.is_empty();
        for holder in &found.holders {
            let Some(of) = principal(holder.principal) else { continue };
            unknown |= holder.access.standing == Standing::Unknown;
            let (standing, why) = (holder.access.standing.name(), partywall_model::plain(&holder.access.why));
            match self.format {
                PlainFormat::Json => {
                    let line = json!({"principal": of.arn, "standing": standing, "why": holder.access.why, "conditions": holder.access.conditions});
                    writeln!(out, "{line}")?;
                }
                PlainFormat::Table => {
                    writeln!(out, "{standing:<12} {}: {why}", partywall_model::plain(&of.arn))?;
                    for condition in &holder.access.conditions {
                        writeln!(out, "             if {}", partywall_model::plain(condition))?;
                    }
                }
            }
        }
        for outsider in &found.outsiders {
            let standing = outsider.standing.name();
            match self.format {
                PlainFormat::Json => writeln!(out, "{}", json!({"outsider": outsider.name, "standing": standing}))?,
                PlainFormat::Table => {
                    writeln!(out, "{standing:<12} {} (by the resource's policy)", partywall_model::plain(&outsider.name))?;
                }
            }
        }
        if self.format == PlainFormat::Json {
            for gap in &found.gaps {
                writeln!(out, "{}", json!({"notKnown": gap}))?;
            }
        }
        let mut rest = anstream::stderr();
        writeln!(rest, "{} cannot", counted(found.denied as u64, "other user or role", "other users and roles"))?;
        notes(&mut rest, &found.gaps, &found.assumptions)?;
        Ok(if unknown { exit::INCOMPLETE } else { exit::CLEAN })
    }
}
