//! One owner's duties as a checklist with due dates.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::Arc;

use anyhow::bail;
use partywall_catalog::Per;
use partywall_model::near::did_you_mean;
use partywall_model::{CheckResult, Party, Resource, Status};
use partywall_records::{DueKind, EvidenceState, Owner, Records, Subject, tag};
use partywall_report::{Checklist, DueDays, FindingLine, Ledger as _, Run, Task, counted};
use partywall_table::Paths;

use super::Format;
use crate::cli::Context;
use crate::ownership::{OwnerLedger, duties_of};
use crate::run::{self, Outcome, Sources};
use crate::wall::Wall;
use crate::{expectations, summary};

/// How outputs call the owner of what has none.
const NOBODY: &str = "nobody";

/// Writes the checklist of a team, a party, or an office that papers name; gives what was read.
pub(super) fn write(context: &Context, sources: &Sources, owner: &str, format: Format, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let records = sources.records(context)?;
    let owner = owner.strip_prefix('@').unwrap_or(owner);
    let contact = contact(&records, owner)?;
    let mut list = Checklist {
        owner: owner.to_owned(),
        contact,
        as_of: context.today().to_string(),
        synthetic: sources.synthetic(),
        tasks: Vec::new(),
    };
    let outcome = results(context, sources, &records, owner, &mut list)?;
    papers(context, &records, owner, &outcome, &mut list);
    list.sort();
    match format {
        Format::Json => writeln!(out, "{}", serde_json::to_string_pretty(&list)?)?,
        Format::Csv => list.csv(out)?,
        Format::Html => list.html(out)?,
        Format::Md | Format::Table => list.md(out)?,
    }
    Ok(outcome)
}

fn contact(records: &Records, owner: &str) -> anyhow::Result<Option<String>> {
    if let Some(team) = records.owners.teams.get(owner) {
        return Ok(Some(team.contact.clone()));
    }
    if let Some(party) = records.parties.all.iter().find(|party| party.id.to_string() == owner) {
        return Ok(Some(party.contact.clone()).filter(|contact| !contact.is_empty()));
    }
    if owner == NOBODY {
        bail!("`{NOBODY}` owns nothing; what has no owner is a finding of `partywall assess` and `partywall records lint`");
    }
    // Duties have teams and parties as owners; papers may have any office, and reviews are by one.
    let offices = records.offices();
    if offices.contains(owner) {
        return Ok(None);
    }
    let parties: Vec<String> = records.parties.all.iter().map(|party| party.id.to_string()).collect();
    let known = records.owners.teams.keys().map(|id| &**id).chain(parties.iter().map(String::as_str)).chain(offices);
    bail!("there is no team or party `{owner}` in the records, and no paper of theirs{}", did_you_mean(owner, known))
}

/// What failed or could not be seen, and the duties that no check speaks of.
fn results(context: &Context, sources: &Sources, records: &Records, owner: &str, list: &mut Checklist) -> anyhow::Result<Outcome> {
    let catalog = &context.catalog;
    let ledger = Arc::new(OwnerLedger::new(catalog, records));
    let facts = Run {
        title: sources.title(),
        again: sources.again(context),
        narrowed: None,
        synthetic: None,
        as_of: context.now,
        snapshot: String::new(),
        catalog: String::new(),
        version: String::new(),
        due_days: DueDays::default(),
        ledger: ledger.clone(),
    };
    let mut spoken: BTreeSet<(Arc<str>, Arc<str>)> = BTreeSet::new();
    let mut take = |mut result: CheckResult| -> anyhow::Result<()> {
        let Some(check) = catalog.checks.get(&result.check) else { return Ok(()) };
        if result.is_blind() || result.status == Status::NotApplicable {
            return Ok(());
        }
        spoken.insert((result.resource_type.clone(), check.duty.clone()));
        if !matches!(result.status, Status::Fail | Status::Unknown) {
            return Ok(());
        }
        let taking = result.resource.as_deref().and_then(|resource| records.parties.taking(resource, &check.duty));
        records.exceptions.cover(&mut result, context.today());
        let is_mine = taking.is_some_and(|party| party.to_string() == owner) || ledger.owner(&result).as_deref() == Some(owner);
        if result.exception.is_some() || !is_mine {
            return Ok(());
        }
        let info = summary::check_info(catalog, check, Vec::new());
        let line = FindingLine::new(&facts, &info, &result);
        let failed = result.status == Status::Fail;
        list.tasks.push(Task {
            due: facts.due(&result),
            group: if failed { "Mend".to_owned() } else { "Make visible".to_owned() },
            what: info.title,
            place: line.resource,
            state: if failed { format!("{}: not so", result.severity) } else { "could not be seen".to_owned() },
            command: line.command,
        });
        Ok(())
    };
    let mut kept: BTreeMap<(Arc<str>, Arc<str>), u64> = BTreeMap::new();
    let outcome = run::assess(context, sources, records, |_| true, &|_| Paths::new(), &mut take, &mut |batch, _| {
        let Some(service) = catalog.service_of(&batch.resource_type.name) else { return Ok(()) };
        for duty in duties_of(catalog, service, &batch.resource_type.name) {
            let mine = batch.rows.iter().filter(|row| is_mine(records, row, &duty.id, owner)).count() as u64;
            if mine > 0 {
                let slot = kept.entry((batch.resource_type.name.clone(), duty.id.clone())).or_default();
                *slot = if duty.per == Per::Resource { *slot + mine } else { 1 };
            }
        }
        Ok(())
    })?;
    sources.read_something(&outcome.collected)?;
    let mut silent: BTreeMap<Arc<str>, BTreeMap<&str, u64>> = BTreeMap::new();
    for ((resource_type, duty), times) in kept {
        if !spoken.contains(&(resource_type.clone(), duty.clone()))
            && let Some(service) = catalog.service_of(&resource_type)
        {
            *silent.entry(duty).or_default().entry(&service.title).or_default() += times;
        }
    }
    for (duty, services) in silent {
        let named = catalog.evidence.values().filter(|evidence| evidence.duties.iter().any(|id| **id == *duty));
        let papers: Vec<String> = named
            .map(|evidence| format!("{} ({})", evidence.title, records.evidence.state(&evidence.id, context.today()).as_str()))
            .collect();
        let times: u64 = services.values().sum();
        list.tasks.push(Task {
            due: None,
            group: "Keep up: no check speaks of it".to_owned(),
            what: catalog.duties.get(&duty).map(|duty| duty.title.to_string()).unwrap_or_default(),
            place: services.into_keys().collect::<Vec<_>>().join(", "),
            state: if papers.is_empty() { counted(times, "duty", "duties") } else { format!("shown by {}", papers.join(", ")) },
            command: String::new(),
        });
    }
    Ok(outcome)
}

fn is_mine(records: &Records, row: &Resource, duty: &str, owner: &str) -> bool {
    if let Some(party) = records.parties.taking(row, duty)
        && party.to_string() == owner
    {
        return true;
    }
    let tags: BTreeMap<String, String> =
        records.owners.tag_keys().into_iter().filter_map(|key| Some((key.to_owned(), tag(row, key)?.to_owned()))).collect();
    let subject = Subject { account: row.account.as_deref(), resource_type: Some(&row.resource_type), tags: Some(&tags), duty };
    records.owners.of(subject).and_then(<[Owner]>::first).is_some_and(|known| known.to_string() == owner)
}

/// Documents, and findings of the records, that name the owner.
fn papers(context: &Context, records: &Records, owner: &str, outcome: &Outcome, list: &mut Checklist) {
    let today = context.today();
    let mut found = records.findings(today, &|_| false);
    found.extend(expectations::findings(&context.catalog, records, &outcome.tally, today));
    for finding in found.into_iter().filter(|finding| finding.owner.as_deref() == Some(owner)) {
        list.tasks.push(Task {
            due: finding.due,
            group: "On record".to_owned(),
            what: finding.message,
            place: finding.place.map(|place| place.to_string()).unwrap_or_default(),
            state: finding.severity.to_string(),
            command: String::new(),
        });
    }
    // What is overdue is on record already; of exceptions only those that a run asks for are.
    let due = records.due(today, u32::MAX).into_iter().filter(|due| due.owner.as_deref() == Some(owner));
    for due in due.filter(|due| due.day > today || due.kind == DueKind::Exception) {
        list.tasks.push(Task {
            due: Some(due.day),
            group: if due.kind == DueKind::Exception { "End or renew" } else { "Make again" }.to_owned(),
            what: due.title,
            place: due.subject,
            state: due.kind.as_str().to_owned(),
            command: String::new(),
        });
    }
    let asked = Wall::of(context, records, None).evidence;
    for evidence in context.catalog.evidence.values().filter(|evidence| asked.contains(&*evidence.id)) {
        if records.evidence.state(&evidence.id, today) == EvidenceState::Missing
            && records.owner_of(evidence, today).as_deref() == Some(owner)
        {
            list.tasks.push(Task {
                due: None,
                group: "Make: asked for and not on record".to_owned(),
                what: evidence.title.to_string(),
                place: evidence.id.to_string(),
                state: evidence.shows.clone(),
                command: String::new(),
            });
        }
    }
    let party = owner.parse::<Party>().ok().and_then(|id| records.parties.all.iter().find(|party| party.id == id));
    if let Some((party, until)) = party.and_then(|party| Some((party, party.contract_until?))) {
        list.tasks.push(Task {
            due: Some(until),
            group: "Make again".to_owned(),
            what: format!("contract with {}", party.title),
            place: party.place.to_string(),
            state: party.contract.clone(),
            command: String::new(),
        });
    }
}
