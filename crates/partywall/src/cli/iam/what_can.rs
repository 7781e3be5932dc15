use std::io::Write;
use std::path::Path;

use clap::Args;
use partywall_iam::account::{Grant, Standing};
use partywall_iam::reference;
use partywall_model::plain;
use partywall_report::counted;
use serde_json::json;

use super::account::{AccountFile, notes};
use super::actions::Actions;
use crate::cli::format::PlainFormat;
use crate::exit;

/// Actions that a line of the table names; `--format json` has all.
const SHOWN: usize = 12;

/// What a user or role can do by its policies, service by service, on which resources and under which conditions
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  partywall iam what-can role/deploy --account details.json
  partywall iam what-can arn:aws:iam::111122223333:user/ann --account details.json --format json

What policies of resources let it do besides, `partywall iam who-can` tells of each action and resource.

Exit codes: 0 the answer is whole, 3 parts of the account or of its policies are not known.")]
pub(crate) struct WhatCan {
    /// A user or role: its ARN, its name, `user/NAME` or `role/NAME`
    #[arg(value_name = "PRINCIPAL")]
    principal: String,
    #[command(flatten)]
    account: AccountFile,
    /// Output format
    #[arg(long, value_enum, default_value_t = PlainFormat::Table)]
    format: PlainFormat,
}

impl WhatCan {
    pub(crate) fn run(self, overlay: Option<&Path>) -> anyhow::Result<u8> {
        let reference = reference()?;
        let account = self.account.read(overlay)?;
        let number = account.find(&self.principal)?;
        let found = account.what_can(number, Actions::of(reference).known())?;
        let arn = account.principals().get(number).map_or("", |of| &*of.arn);
        let mut out = std::io::BufWriter::new(anstream::stdout());
        let mut unknown = !found.unread.is_empty() || !found.gaps.is_empty();
        let mut actions = 0;
        for (service, grants) in &found.services {
            if self.format == PlainFormat::Table {
                writeln!(out, "{}", plain(service))?;
            }
            for grant in grants {
                unknown |= grant.standing == Standing::Unknown;
                if grant.standing != Standing::Denied {
                    actions += grant.actions.len();
                }
                match self.format {
                    PlainFormat::Json => writeln!(out, "{}", line(arn, service, grant))?,
                    PlainFormat::Table => {
                        let all = reference.service(service).map_or(0, |of| of.actions().count());
                        show(&mut out, grant, all)?;
                    }
                }
            }
        }
        if self.format == PlainFormat::Json {
            for cause in found.unread.iter().chain(&found.gaps) {
                writeln!(out, "{}", json!({"principal": arn, "notKnown": cause}))?;
            }
        }
        out.flush()?;
        let mut rest = anstream::stderr();
        writeln!(
            rest,
            "{}: {} that it can take, or may{}; actions as AWS documented them up to {}",
            plain(arn),
            counted(actions as u64, "action", "actions"),
            if found.unread.is_empty() { "" } else { ", by the policies that are known" },
            reference.date()
        )?;
        notes(&mut rest, &[&*found.unread, &*found.gaps].concat(), &found.assumptions)?;
        Ok(if unknown { exit::INCOMPLETE } else { exit::CLEAN })
    }
}

fn line(arn: &str, service: &str, grant: &Grant) -> serde_json::Value {
    json!({
        "principal": arn, "service": service, "standing": grant.standing.name(), "actions": grant.actions, "resources": grant.resources,
        "except": grant.except, "within": grant.within, "conditions": grant.conditions,
    })
}

fn show(out: &mut dyn Write, grant: &Grant, all: usize) -> std::io::Result<()> {
    let shown = grant.actions.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    let actions = match grant.actions.len() {
        count if count > SHOWN && count >= all => format!("all {count} known actions"),
        count if count > SHOWN => format!("{shown} and {} more", count.saturating_sub(SHOWN)),
        _ => shown,
    };
    writeln!(out, "  {:<12} {}", grant.standing.name(), plain(&actions))?;
    for (word, patterns) in [("on", &grant.resources), ("except", &grant.except), ("within", &grant.within)] {
        if !patterns.is_empty() {
            writeln!(out, "               {word} {}", plain(&patterns.join(", ")))?;
        }
    }
    for condition in &grant.conditions {
        writeln!(out, "               {}", plain(condition))?;
    }
    Ok(())
}
