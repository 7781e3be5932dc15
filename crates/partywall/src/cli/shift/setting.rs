//! One real resource with other settings: owners and checks before and after.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::Arc;

use anyhow::bail;
use partywall_catalog::Catalog;
use partywall_engine::{Engine, OwnedDuty};
use partywall_model::{Fact, Resource, Status};
use partywall_report::counted;
use partywall_table::{Paths, TypeBatch};
use serde::Serialize;

use super::trial;
use crate::cli::Context;
use crate::cli::format::PlainFormat as Format;
use crate::cli::matrix::text;
use crate::run::{self, Sources};
use crate::single_row::{Answers, Asker, Memory};
use partywall_model::near::did_you_mean;
use partywall_model::plain;

/// As many resources are looked at for names like the one that was not found.
const MOST_NAMES: usize = 100_000;

/// A duty whose owner changes, or could.
#[derive(Debug, Serialize)]
struct Owned {
    id: String,
    title: String,
    before: String,
    after: Option<String>,
    when: Option<String>,
    facts: Vec<String>,
    /// Settings that were tried and move the duty, with its owner then.
    moved_by: Vec<(String, String)>,
}

/// A check whose answer changes.
#[derive(Debug, Serialize)]
struct Checked {
    id: String,
    title: String,
    before: Status,
    after: Status,
}

/// What the change does to one resource.
#[derive(Debug, Serialize)]
struct Answer {
    r#type: String,
    id: String,
    account: Option<String>,
    region: Option<String>,
    set: Vec<String>,
    mode_before: String,
    mode_after: String,
    duties: Vec<Owned>,
    unchanged_duties: usize,
    checks: Vec<Checked>,
    unchanged_checks: usize,
    /// Computed facts that rest on what was set.
    computed_anew: Vec<String>,
    /// Those among them that are not known then, and why.
    computed_unknown: Vec<String>,
}

pub(super) fn run(context: &Context, name: &str, sources: &Sources, set: &[(String, String)], format: Format) -> anyhow::Result<u8> {
    let records = sources.records(context)?;
    let mut memory = Memory::new(&context.catalog);
    let mut found: Vec<(Arc<TypeBatch>, Arc<Resource>)> = Vec::new();
    let mut names: Vec<Arc<str>> = Vec::new();
    let outcome = run::assess(context, sources, &records, |_| true, &|_| Paths::new(), &mut |_| Ok(()), &mut |batch, assessor| {
        memory.keep(batch, assessor)?;
        let called: Vec<&Arc<Resource>> = batch.rows.iter().filter(|row| partywall_records::is_called(row, name)).collect();
        if !called.is_empty() {
            let batch = Arc::new(batch.clone());
            found.extend(called.into_iter().map(|row| (batch.clone(), row.clone())));
        }
        for row in batch.rows.iter().take(MOST_NAMES.saturating_sub(names.len())) {
            names.extend([Some(&row.id), row.name.as_ref(), row.logical_id.as_ref()].into_iter().flatten().cloned());
        }
        Ok(())
    })?;
    sources.read_something(&outcome.collected)?;
    let engine = Engine::new(&context.catalog, context.today())?;
    let mut asker = Asker::new(context, &engine, &records, &memory, &outcome.collected);
    let mut answers: Vec<Answer> = Vec::new();
    for (batch, row) in &found {
        answers.extend(one(context, &mut asker, &memory, batch, row, set)?);
    }
    if answers.is_empty() && !found.is_empty() {
        bail!("`{}` carries no duties, and no check asks about it", plain(name));
    }
    if answers.is_empty() {
        let near = did_you_mean(name, names.iter().map(|name| &**name));
        bail!("no resource is called `{}` in these sources{near}", plain(name));
    }
    let mut out = std::io::BufWriter::new(anstream::stdout());
    match format {
        Format::Json => {
            serde_json::to_writer_pretty(&mut out, &answers)?;
            writeln!(out)?;
        }
        Format::Table => {
            for answer in &answers {
                table(answer, &mut out)?;
            }
        }
    }
    out.flush()?;
    Ok(run::exit_code(&outcome.collected))
}

/// The answer for one row; `None` if it carries no duties and no check asks about it.
fn one(
    context: &Context,
    asker: &mut Asker<'_>,
    memory: &Memory,
    batch: &TypeBatch,
    row: &Arc<Resource>,
    set: &[(String, String)],
) -> anyhow::Result<Option<Answer>> {
    let catalog = &context.catalog;
    let before = asker.ask(batch, row, None)?;
    if before.duties.is_empty() && before.results.is_empty() {
        return Ok(None);
    }
    let trial = trial::changed(row, &batch.resource_type, &memory.others, set)?;
    let after = asker.ask(batch, row, Some(&trial.resource))?;
    let (checks_before, checks_after) = (statuses(&before), statuses(&after));
    let checks: Vec<Checked> = checks_before
        .iter()
        .filter_map(|(id, before)| {
            let after = checks_after.get(id)?;
            let title = catalog.checks.get(*id).map(|check| check.title.to_string()).unwrap_or_default();
            (before != after).then(|| Checked { id: (*id).to_owned(), title, before: *before, after: *after })
        })
        .collect();
    let duties = if set.is_empty() {
        could_move(catalog, asker, memory, batch, row, &before.duties)?
    } else {
        moved(catalog, &before.duties, &after.duties, set)
    };
    let mode = |duties: &[OwnedDuty]| {
        duties.first().map_or_else(String::new, |duty| {
            if duty.mode.is_empty() { duty.service.to_string() } else { format!("{}/{}", duty.service, duty.mode) }
        })
    };
    Ok(Some(Answer {
        r#type: row.resource_type.to_string(),
        id: row.id.to_string(),
        account: row.account.as_deref().map(ToOwned::to_owned),
        region: row.region.as_deref().map(ToOwned::to_owned),
        set: set.iter().map(|(path, value)| format!("{path}={value}")).collect(),
        mode_before: mode(&before.duties),
        mode_after: mode(&after.duties),
        unchanged_duties: before.duties.len().saturating_sub(duties.len()),
        duties,
        unchanged_checks: checks_before.len() - checks.len(),
        checks,
        computed_anew: trial.computed,
        computed_unknown: trial.unknown,
    }))
}

fn statuses(answers: &Answers) -> BTreeMap<&str, Status> {
    answers.results.iter().map(|result| (&*result.check, result.status)).collect()
}

fn title(catalog: &Catalog, duty: &str) -> String {
    catalog.duties.get(duty).map_or_else(|| duty.to_owned(), |duty| duty.title.to_string())
}

fn moved(catalog: &Catalog, before: &[OwnedDuty], after: &[OwnedDuty], set: &[(String, String)]) -> Vec<Owned> {
    // A changed fact has no place in any file.
    let shown_fact = |fact: &Fact| {
        let tried = set.iter().any(|(path, _)| trial::touches(path, &fact.path));
        if tried { text::fact(&Fact { location: None, ..fact.clone() }) } else { text::fact(fact) }
    };
    let mut found = Vec::new();
    let ids = before.iter().chain(after.iter().filter(|duty| !before.iter().any(|known| known.duty == duty.duty))).map(|duty| &duty.duty);
    for id in ids {
        let (old, new) = (before.iter().find(|duty| duty.duty == *id), after.iter().find(|duty| duty.duty == *id));
        if old.map(|duty| &duty.owner) == new.map(|duty| &duty.owner) {
            continue;
        }
        let words = |duty: Option<&OwnedDuty>| duty.map_or_else(|| "not a duty".to_owned(), |duty| text::party(duty.owner.as_ref()));
        let shown = new.or(old);
        found.push(Owned {
            id: id.to_string(),
            title: title(catalog, id),
            before: words(old),
            after: Some(words(new)),
            when: shown.and_then(|duty| duty.when.clone()),
            facts: shown.map(|duty| duty.facts.iter().map(shown_fact).collect()).unwrap_or_default(),
            moved_by: Vec::new(),
        });
    }
    found
}

/// Every duty whose owner a setting decides, with the settings that were tried and move it.
fn could_move(
    catalog: &Catalog,
    asker: &mut Asker<'_>,
    memory: &Memory,
    batch: &TypeBatch,
    row: &Resource,
    before: &[OwnedDuty],
) -> anyhow::Result<Vec<Owned>> {
    let mut found = Vec::new();
    for duty in before.iter().filter(|duty| duty.when.is_some()) {
        let rules = catalog.services.get(&duty.service).and_then(|service| service.duties.get(duty.row?)).map(|own| own.owner.as_slice());
        let conditions: Vec<&str> = rules.unwrap_or_default().iter().filter_map(|rule| rule.when.as_deref()).collect();
        let mut moved_by = Vec::new();
        for fact in &duty.facts {
            for candidate in trial::candidates(batch.resource_type.schema.at(&fact.path), &conditions) {
                let set = [(fact.path.to_string(), candidate)];
                let Ok(trial) = trial::changed(row, &batch.resource_type, &memory.others, &set) else { continue };
                let after = asker.duties(batch, trial.resource)?.into_iter().find(|other| other.duty == duty.duty);
                if let Some(after) = after
                    && after.owner != duty.owner
                    && after.owner.is_some()
                {
                    let [(path, value)] = set;
                    moved_by.push((format!("{path}={value}"), text::party(after.owner.as_ref())));
                }
            }
        }
        let rule = crate::cli::matrix::model::owners(rules.unwrap_or_default());
        let phrase: Vec<String> = rule
            .iter()
            .map(|owner| match owner.when.as_deref() {
                Some("otherwise") | None => format!("else {}", text::party(owner.party.as_ref())),
                Some(when) => format!("{} if {}", text::party(owner.party.as_ref()), text::condition(when)),
            })
            .collect();
        found.push(Owned {
            id: duty.duty.to_string(),
            title: title(catalog, &duty.duty),
            before: text::party(duty.owner.as_ref()),
            after: None,
            when: Some(phrase.join(", ")),
            facts: duty.facts.iter().map(text::fact).collect(),
            moved_by,
        });
    }
    Ok(found)
}

fn table(answer: &Answer, out: &mut dyn std::io::Write) -> std::io::Result<()> {
    let place = [answer.account.as_deref(), answer.region.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
    writeln!(
        out,
        "{}",
        text::cut(&text::clean(&format!("{}  {}  {}  {place}", answer.id, answer.r#type, answer.mode_before)), text::WIDTH)
    )?;
    if answer.set.is_empty() {
        writeln!(out, "{} on settings", counted(answer.duties.len() as u64, "of its duties depends", "of its duties depend"))?;
    } else {
        text::wrapped(out, 0, &format!("with {}", answer.set.join(", ")))?;
        if answer.mode_before != answer.mode_after {
            writeln!(out, "mode  {} → {}", answer.mode_before, answer.mode_after)?;
        }
        writeln!(
            out,
            "duties  {}, {} · checks  {}, {}",
            counted(answer.duties.len() as u64, "moves", "move"),
            counted(answer.unchanged_duties as u64, "stays", "stay"),
            counted(answer.checks.len() as u64, "changes", "change"),
            counted(answer.unchanged_checks as u64, "stays", "stay")
        )?;
    }
    for duty in &answer.duties {
        let arrow = duty.after.as_ref().map(|after| format!(" → {after}")).unwrap_or_default();
        writeln!(out, "\n  {}   {}", duty.title, duty.id)?;
        writeln!(out, "    {}{arrow}", duty.before)?;
        if let Some(when) = &duty.when {
            text::wrapped(out, 4, &format!("rule: {}", text::condition(when)))?;
        }
        for fact in &duty.facts {
            text::wrapped(out, 4, fact)?;
        }
        for (setting, party) in &duty.moved_by {
            text::wrapped(out, 4, &format!("--set {setting}  → {party}"))?;
        }
    }
    for check in &answer.checks {
        let line = format!("{} → {}  {}   {}", check.before, check.after, check.title, check.id);
        writeln!(out, "\n{}", text::cut(&text::clean(&line), text::WIDTH))?;
    }
    if !answer.computed_anew.is_empty() {
        text::wrapped(out, 0, &format!("computed again: {}", answer.computed_anew.join(", ")))?;
    }
    for unknown in &answer.computed_unknown {
        text::wrapped(out, 0, &format!("not known then: {unknown}"))?;
    }
    writeln!(out)
}
