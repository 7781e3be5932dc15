//! `partywall iam least --unused`: what is allowed and not used.

use std::io::Write;

use partywall_iam::account::{Account, LastAccessed, Observation, Unused};
use partywall_iam::reference;
use partywall_model::plain;
use partywall_report::counted;
use serde_json::json;

use super::account::notes;
use super::actions::Actions;
use crate::cli::format::PlainFormat;
use crate::exit;

/// Answers by each of the sources that are given.
///
/// # Errors
/// The reference data cannot be read, or the output not be written.
pub(super) fn run(
    account: &Account,
    number: usize,
    seen: Option<&[&Observation]>,
    last: Option<&LastAccessed>,
    format: PlainFormat,
) -> anyhow::Result<u8> {
    let actions = Actions::of(reference()?);
    let mut answers = Vec::new();
    if let Some(seen) = seen {
        answers.push(("observations", account.unused(number, actions.known(), seen)?));
    }
    if let Some(last) = last {
        answers.push(("last-accessed", account.unused_since(number, actions.known(), last)?));
    }
    let mut out = anstream::stdout();
    let arn = account.principals().get(number).map_or("", |of| &*of.arn);
    let gaps = account.gaps().iter().map(|cause| cause.detail.clone());
    let mut unknown: Vec<String> = answers.iter().flat_map(|(_, unused)| unused.unread.clone()).chain(gaps).collect();
    unknown.sort();
    unknown.dedup();
    let nothing_seen = seen.is_some_and(<[_]>::is_empty);
    if nothing_seen {
        unknown.push(format!("what `{arn}` does: no observation is of it"));
    }
    let mut some = false;
    for (source, unused) in &answers {
        some |= !unused.services.is_empty() || !unused.actions.is_empty();
        if !unused.not_told.is_empty() {
            unknown
                .push(format!("which actions of {} it uses: AWS's report tells only that it uses the service", unused.not_told.join(", ")));
        }
        match format {
            PlainFormat::Json => writeln!(
                out,
                "{}",
                json!({
                    "principal": arn, "source": source, "allowed": unused.allowed, "services": unused.services, "actions": unused.actions,
                    "notTold": unused.not_told, "notKnown": unused.unread,
                })
            )?,
            PlainFormat::Table => show(&mut out, source, unused)?,
        }
    }
    notes(&mut anstream::stderr(), &unknown, &account.assumptions())?;
    Ok(match (some, unknown.is_empty()) {
        _ if nothing_seen => exit::INCOMPLETE,
        (true, _) => exit::FINDINGS,
        (false, true) => exit::CLEAN,
        (false, false) => exit::INCOMPLETE,
    })
}

fn show(out: &mut dyn Write, source: &str, unused: &Unused) -> std::io::Result<()> {
    writeln!(out, "by {source}: {} allowed", counted(unused.allowed as u64, "action is", "actions are"))?;
    let services = if unused.services.is_empty() { "none".to_owned() } else { unused.services.join(", ") };
    writeln!(out, "  services not used: {}", plain(&services))?;
    for (service, actions) in &unused.actions {
        writeln!(out, "  not used of {}: {}", plain(service), plain(&actions.join(", ")))?;
    }
    Ok(())
}
