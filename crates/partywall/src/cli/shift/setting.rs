//! One real resource with other settings: owners and checks before and after.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{anyhow, bail};
use partywall_catalog::{Catalog, Column};
use partywall_engine::{Assessor, EngineError, OwnedDuty};
use partywall_model::{Cause, CauseKind, Fact, Resource, Status, Value};
use partywall_table::{TypeBatch, build_batch, project};
use serde::Serialize;

use super::Format;
use crate::cli::matrix::text;
use crate::cli::{Context, assess};
use crate::exit;
use crate::run::{self, Sources};
use crate::state::State;

/// Reads `PATH=VALUE`.
pub(super) fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((path, value)) if !path.is_empty() => Ok((path.to_owned(), value.to_owned())),
        _ => Err(format!("`{text}` is no PATH=VALUE, such as AutoMinorVersionUpgrade=false")),
    }
}

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
    computed_anew: Vec<String>,
}

pub(super) fn run(context: &Context, name: &str, sources: &Sources, set: &[(String, String)], format: Format) -> anyhow::Result<u8> {
    let state_files = assess::state_files(sources);
    let parties = sources.parties.as_deref().or(state_files.get("parties.toml").map(PathBuf::as_path));
    let state = State::load(None, parties, context.today())?;
    let mut answers: Vec<Answer> = Vec::new();
    let mut names: Vec<Arc<str>> = Vec::new();
    let outcome = run::assess(context, sources, &state, |_| true, &mut |_| Ok(()), &mut |batch, assessor| {
        for row in &batch.rows {
            if run::is_called(row, name) {
                answers.extend(one(context, batch, assessor, row, set)?);
            } else if names.len() < 100_000 {
                names.extend([Some(&row.id), row.name.as_ref(), row.logical_id.as_ref()].into_iter().flatten().cloned());
            }
        }
        Ok(())
    })?;
    for line in outcome.collected.warnings.iter().chain(&outcome.collected.errors) {
        exit::note(line);
    }
    if answers.is_empty() {
        names.sort();
        names.dedup();
        let near = text::near(name, names.iter().map(|name| &**name));
        let near: Vec<String> = near.into_iter().map(text::clean).collect();
        let near: Vec<&str> = near.iter().map(String::as_str).collect();
        bail!("no resource with duties is called `{name}` in these sources{}", text::did_you_mean(&near));
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
    Ok(exit::CLEAN)
}

/// The answer for one row; `None` if the type belongs to no service and the row so carries no duties.
fn one(
    context: &Context,
    batch: &TypeBatch,
    assessor: &mut Assessor<'_>,
    row: &Arc<Resource>,
    set: &[(String, String)],
) -> anyhow::Result<Option<Answer>> {
    let catalog = &context.catalog;
    let now = rebuilt(batch, assessor, row.clone())?;
    let before = assessor.duties(&now)?.into_iter().next().unwrap_or_default();
    if before.is_empty() {
        return Ok(None);
    }
    let mut changed = Resource::clone(row);
    let mut anew = Vec::new();
    for (path, value) in set {
        anew.extend(change(&mut changed, batch, path, parsed(value))?);
    }
    let then = rebuilt(batch, assessor, Arc::new(changed))?;
    let after = assessor.duties(&then)?.into_iter().next().unwrap_or_default();
    let (checks_before, checks_after) = (statuses(assessor, &now)?, statuses(assessor, &then)?);
    let checks: Vec<Checked> = checks_before
        .iter()
        .filter_map(|(id, before)| {
            let after = checks_after.get(id)?;
            let title = catalog.checks.get(id).map(|check| check.title.to_string()).unwrap_or_default();
            (before != after).then(|| Checked { id: id.to_string(), title, before: *before, after: *after })
        })
        .collect();
    let duties = if set.is_empty() { could_move(catalog, batch, assessor, row, &before)? } else { moved(catalog, &before, &after, set) };
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
        mode_before: mode(&before),
        mode_after: mode(&after),
        unchanged_duties: before.len().saturating_sub(duties.len()),
        duties,
        unchanged_checks: checks_before.len() - checks.len(),
        checks,
        computed_anew: anew,
    }))
}

/// A batch of this one row with the columns that are asked.
fn rebuilt(batch: &TypeBatch, assessor: &mut Assessor<'_>, row: Arc<Resource>) -> anyhow::Result<TypeBatch> {
    let (paths, envelope) = assessor.need(&batch.resource_type)?;
    let schema = batch.resource_type.schema.as_ref();
    let columns = paths.map_or_else(|| schema.clone(), |paths| project(schema, &paths));
    Ok(build_batch(&batch.resource_type, batch.kind, &columns, &envelope, vec![row])?)
}

fn statuses(assessor: &mut Assessor<'_>, batch: &TypeBatch) -> anyhow::Result<BTreeMap<Arc<str>, Status>> {
    let mut found = BTreeMap::new();
    assessor.assess::<EngineError>(batch, &mut |result| {
        found.insert(result.check.clone(), result.status);
        Ok(())
    })?;
    Ok(found)
}

/// JSON where it is JSON, else text.
fn parsed(text: &str) -> Value {
    serde_json::from_str::<serde_json::Value>(text).map_or_else(|_| Value::str(text), |json| value(&json))
}

/// JSON from the command line is parsed with a depth limit, so this ends.
fn value(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Value::Int(whole),
            (None, Some(other)) => Value::Float(other),
            (None, None) => Value::str(number.to_string()),
        },
        serde_json::Value::String(text) => Value::str(text.as_str()),
        serde_json::Value::Array(items) => Value::List(items.iter().map(value).collect()),
        serde_json::Value::Object(members) => {
            Value::Map(members.iter().map(|(key, member)| (Arc::from(key.as_str()), value(member))).collect())
        }
    }
}

/// Sets a property. What is computed from it is not known any more, because computing it takes other rows too; those paths are given back.
fn change(row: &mut Resource, batch: &TypeBatch, path: &str, value: Value) -> anyhow::Result<Vec<String>> {
    let schema = &batch.resource_type.schema;
    if schema.at(path).is_none() {
        let near = text::near(path, schema.iter().map(|(name, _)| &**name));
        return Err(anyhow!("`{}` has no property `{path}`{}", batch.resource_type.name, text::did_you_mean(&near)));
    }
    row.properties.set_at(path, value);
    row.defaulted.retain(|default| !touches(&default.path, path));
    row.positions.retain(|(known, _, _)| !touches(known, path));
    let mut anew = Vec::new();
    for derive in &batch.resource_type.derives {
        if derive.inputs.iter().any(|input| touches(input, path)) {
            let cause = Cause::new(CauseKind::NotInSource, format!("is computed from `{path}` when sources are read, not in a trial"));
            row.properties.set_at(&derive.path, Value::unknown(cause));
            anew.push(derive.path.to_string());
        }
    }
    Ok(anew)
}

/// One path is the other or lies in it.
fn touches(a: &str, b: &str) -> bool {
    let inside = |inner: &str, outer: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
    inside(a, b) || inside(b, a)
}

fn title(catalog: &Catalog, duty: &str) -> String {
    catalog.duties.get(duty).map_or_else(|| duty.to_owned(), |duty| duty.title.to_string())
}

fn moved(catalog: &Catalog, before: &[OwnedDuty], after: &[OwnedDuty], set: &[(String, String)]) -> Vec<Owned> {
    // A changed fact has no place in any file.
    let shown_fact = |fact: &Fact| {
        let tried = set.iter().any(|(path, _)| touches(path, &fact.path));
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
    batch: &TypeBatch,
    assessor: &mut Assessor<'_>,
    row: &Arc<Resource>,
    before: &[OwnedDuty],
) -> anyhow::Result<Vec<Owned>> {
    let mut found = Vec::new();
    for duty in before.iter().filter(|duty| duty.when.is_some()) {
        let rules = catalog.services.get(&duty.service).and_then(|service| service.duties.get(duty.row?)).map(|own| own.owner.as_slice());
        let conditions: Vec<&str> = rules.unwrap_or_default().iter().filter_map(|rule| rule.when.as_deref()).collect();
        let mut moved_by = Vec::new();
        for fact in &duty.facts {
            for candidate in candidates(batch.resource_type.schema.at(&fact.path), &conditions) {
                let mut trial = Resource::clone(row);
                if change(&mut trial, batch, &fact.path, parsed(&candidate)).is_err() {
                    continue;
                }
                let trial = rebuilt(batch, assessor, Arc::new(trial))?;
                let after = assessor.duties(&trial)?.into_iter().flatten().find(|other| other.duty == duty.duty);
                if let Some(after) = after
                    && after.owner != duty.owner
                    && after.owner.is_some()
                {
                    moved_by.push((format!("{}={candidate}", fact.path), text::party(after.owner.as_ref())));
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

/// Values worth a trial: both truths, the numbers and texts that the conditions name.
fn candidates(column: Option<&Column>, conditions: &[&str]) -> Vec<String> {
    let mut values: Vec<String> = match column {
        Some(Column::Bool) => vec!["true".to_owned(), "false".to_owned()],
        Some(Column::Int | Column::Num) => conditions
            .iter()
            .flat_map(|text| text.split(|letter: char| !letter.is_ascii_digit()))
            .filter_map(|digits| digits.parse::<i64>().ok())
            .flat_map(|number| [number, number.saturating_sub(1), number.saturating_add(1)])
            .map(|number| number.to_string())
            .collect(),
        Some(Column::Str) => conditions
            .iter()
            .flat_map(|text| text.split('\'').skip(1).step_by(2))
            .filter(|text| !text.ends_with('-'))
            .map(ToOwned::to_owned)
            .collect(),
        _ => Vec::new(),
    };
    values.sort();
    values.dedup();
    values
}

fn table(answer: &Answer, out: &mut dyn std::io::Write) -> std::io::Result<()> {
    let place = [answer.account.as_deref(), answer.region.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
    writeln!(
        out,
        "{}",
        text::cut(&text::clean(&format!("{}  {}  {}  {place}", answer.id, answer.r#type, answer.mode_before)), text::WIDTH)
    )?;
    if answer.set.is_empty() {
        writeln!(out, "{} of its duties depend on settings", answer.duties.len())?;
    } else {
        text::wrapped(out, 0, &format!("with {}", answer.set.join(", ")))?;
        if answer.mode_before != answer.mode_after {
            writeln!(out, "mode  {} → {}", answer.mode_before, answer.mode_after)?;
        }
        writeln!(
            out,
            "duties  {} move, {} stay · checks  {} change, {} stay",
            answer.duties.len(),
            answer.unchanged_duties,
            answer.checks.len(),
            answer.unchanged_checks
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
        text::wrapped(
            out,
            0,
            &format!("not known in a trial, because other rows take part in computing it: {}", answer.computed_anew.join(", ")),
        )?;
    }
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_json_or_text() {
        assert_eq!(parsed("false"), Value::Bool(false));
        assert_eq!(parsed("7"), Value::Int(7));
        assert_eq!(parsed("db.t3.micro"), Value::str("db.t3.micro"));
        assert_eq!(parsed("{\"A\":[1]}").at("A"), Some(&Value::List(vec![Value::Int(1)])));
    }

    #[test]
    fn candidates_come_from_the_conditions() {
        assert_eq!(candidates(Some(&Column::Bool), &["X"]), ["false", "true"]);
        assert_eq!(candidates(Some(&Column::Int), &["Days >= 7"]), ["6", "7", "8"]);
        assert_eq!(candidates(Some(&Column::Str), &["Mode = 'Auto' or starts_with(Mode, 'x-')"]), ["Auto"]);
    }

    #[test]
    fn paths_touch_their_ancestors() {
        assert!(touches("A.B", "A") && touches("A", "A.B") && touches("A[0].C", "A"));
        assert!(!touches("AB", "A"));
    }
}
