//! Finds what a name on the command line stands for: one finding, or resources, with everything the sources say of them.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::{anyhow, bail};
use partywall_catalog::ResourceType;
use partywall_collect::Collected;
use partywall_engine::{Assessor, Engine, OwnedDuty};
use partywall_model::{Cause, CheckResult, FindingId, Resource, Status};
use partywall_table::TypeBatch;

use crate::cli::Context;
use crate::fill;
use crate::run::{self, Sources};
use crate::single_row::{Answers, Asker, Memory};
use partywall_model::{near, plain};
use partywall_records::Records;

/// More resources of one name than this are listed, not explained.
const MOST_RESOURCES: usize = 5;
/// Characters of a finding id after `F-`.
const ID_LENGTH: usize = 13;
/// A bare word shorter than this is no beginning of an id: too many words would be one by accident.
const SHORTEST_BARE: usize = 4;

/// A resource and all that is known of it.
pub(crate) struct Subject {
    /// The resource.
    pub(crate) resource: Arc<Resource>,
    /// The answers of all checks, those with a join among them, exceptions applied.
    pub(crate) results: Vec<CheckResult>,
    /// Its duties and who owns them.
    pub(crate) duties: Vec<OwnedDuty>,
    /// Paths that could not be read, and why.
    pub(crate) gaps: Vec<(Arc<str>, Arc<Cause>)>,
}

/// What the name stands for.
pub(crate) struct Found {
    /// The finding, if the name is one's. A failed listing has no subject.
    pub(crate) finding: Option<CheckResult>,
    /// The resources.
    pub(crate) subjects: Vec<Subject>,
    /// The exit code: 3 if an input was broken.
    pub(crate) code: u8,
}

/// A name as typed: the beginning of a finding id, a resource's name, or either.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Name {
    text: String,
    id: Option<String>,
    only_id: bool,
}

impl Name {
    fn new(text: &str) -> Self {
        let after = text.strip_prefix("F-").or_else(|| text.strip_prefix("f-"));
        let rest = after.unwrap_or(text).to_ascii_uppercase();
        let is_digit = |letter: char| letter.is_ascii_digit() || letter.is_ascii_uppercase() && !"ILOU".contains(letter);
        let shortest = if after.is_some() { 1 } else { SHORTEST_BARE };
        let fits = (shortest..=ID_LENGTH).contains(&rest.len()) && rest.chars().all(is_digit);
        Self { text: text.to_owned(), id: fits.then_some(rest), only_id: fits && after.is_some() }
    }

    fn begins(&self, id: FindingId) -> bool {
        self.id.as_ref().is_some_and(|begin| id.encode().starts_with(begin.as_bytes()))
    }

    fn calls(&self, resource: &Arc<Resource>) -> bool {
        !self.only_id && partywall_records::is_called(resource, &self.text)
    }
}

struct Hit {
    batch: Option<Arc<TypeBatch>>,
    result: CheckResult,
}

struct Search {
    name: Name,
    batch: Option<Arc<TypeBatch>>,
    hits: Vec<Hit>,
    resources: Vec<(Arc<TypeBatch>, Arc<Resource>)>,
    near: BTreeSet<(usize, String)>,
    memory: Memory,
}

impl Search {
    fn look(&mut self, batch: &TypeBatch) {
        let kept = Arc::new(batch.clone());
        let called = batch.rows.iter().filter(|row| self.name.calls(row));
        self.resources.extend(called.map(|row| (kept.clone(), row.clone())));
        self.batch = Some(kept);
        if self.resources.is_empty() && !self.name.only_id {
            for row in &batch.rows {
                for called in [Some(&row.id), row.logical_id.as_ref(), row.name.as_ref()].into_iter().flatten() {
                    self.remember(called);
                }
            }
        }
    }

    fn take(&mut self, result: CheckResult) {
        if self.name.begins(result.id) {
            let batch = result.resource.is_some().then(|| self.batch.clone()).flatten();
            // Of many, the first tell enough; failures go before answers that nobody has to act on.
            let acts = matches!(result.status, Status::Fail | Status::Unknown);
            if self.hits.len() <= near::MOST * 2 || acts && self.hits.iter().filter(|hit| is_open(&hit.result)).count() <= near::MOST {
                self.hits.push(Hit { batch, result });
            }
        } else if self.name.only_id && result.status == Status::Fail {
            self.remember(&result.id.to_string());
        }
    }

    fn remember(&mut self, candidate: &str) {
        let Some(distance) = near::apart(&self.name.text, candidate) else { return };
        self.near.insert((distance, candidate.to_owned()));
        if self.near.len() > near::MOST {
            self.near.pop_last();
        }
    }
}

fn is_open(result: &CheckResult) -> bool {
    matches!(result.status, Status::Fail | Status::Unknown)
}

/// Reads the sources and finds the finding or the resources of that name.
///
/// # Errors
/// Nothing or too much has the name; the message lists what is near. Or the sources cannot be read.
pub(crate) fn find(context: &Context, sources: &Sources, name: &str) -> anyhow::Result<Found> {
    let records = sources.records(context)?;
    let search = RefCell::new(Search {
        name: Name::new(name),
        batch: None,
        hits: Vec::new(),
        resources: Vec::new(),
        near: BTreeSet::new(),
        memory: Memory::new(&context.catalog),
    });
    let mut take = |result: CheckResult| -> anyhow::Result<()> {
        search.borrow_mut().take(result);
        Ok(())
    };
    let in_fixes = |resource_type: &ResourceType| {
        let checks = context.catalog.checks.values().filter(|check| check.resource == resource_type.name);
        checks.flat_map(|check| fill::paths(&check.fix.cli)).map(ToOwned::to_owned).collect()
    };
    let mut look = |batch: &TypeBatch, assessor: &mut Assessor<'_>| -> anyhow::Result<()> {
        let mut search = search.borrow_mut();
        search.look(batch);
        search.memory.keep(batch, assessor)
    };
    let outcome = run::assess(context, sources, &records, |_| true, &in_fixes, &mut take, &mut look)?;
    sources.read_something(&outcome.collected)?;
    let Search { resources, hits, near, memory, .. } = search.into_inner();
    if resources.len() > MOST_RESOURCES {
        let all: Vec<String> = resources.iter().take(MOST_RESOURCES).map(|(_, row)| called(row)).collect();
        bail!("{} resources are called `{}`, such as {}; give an ARN", resources.len(), plain(name), all.join(", "));
    }
    if !resources.is_empty() {
        let meant: Vec<_> = resources.iter().map(|(batch, row)| (&**batch, row.clone())).collect();
        let subjects = subjects(context, &records, &memory, &outcome.collected, &meant)?;
        return Ok(Found { finding: None, subjects, code: run::exit_code(&outcome.collected) });
    }
    let Some(Hit { batch, mut result }) = only(hits, name)? else { return Err(not_found(name, &near)) };
    let meant = result.resource.as_ref().and_then(|own| {
        let here = batch.as_deref().filter(|batch| batch.rows.iter().any(|row| Arc::ptr_eq(row, own)));
        here.map(|batch| (batch, own.clone())).or_else(|| memory.original(own))
    });
    let subjects = subjects(context, &records, &memory, &outcome.collected, meant.as_slice())?;
    records.exceptions.cover(&mut result, context.today());
    Ok(Found { finding: Some(result), subjects, code: run::exit_code(&outcome.collected) })
}

/// The one finding that is meant: of several, the one that somebody has to act on.
fn only(mut hits: Vec<Hit>, name: &str) -> anyhow::Result<Option<Hit>> {
    if hits.iter().any(|hit| is_open(&hit.result)) {
        hits.retain(|hit| is_open(&hit.result));
    }
    if hits.len() > 1 {
        let ids: Vec<String> = hits.iter().take(near::MOST).map(|hit| hit.result.id.to_string()).collect();
        bail!("`{}` begins more than one finding id, such as {}; give more of it", plain(name), ids.join(", "));
    }
    Ok(hits.pop())
}

fn not_found(name: &str, near: &BTreeSet<(usize, String)>) -> anyhow::Error {
    let near: Vec<String> = near.iter().map(|(_, text)| format!("`{}`", plain(text))).collect();
    let name = plain(name);
    if near.is_empty() {
        anyhow!("nothing in the sources is called `{name}`; give a finding id (F-…), or the id, ARN, name or logical id of a resource")
    } else {
        anyhow!("nothing in the sources is called `{name}`; near: {}", near.join(", "))
    }
}

/// Everything about the rows that are meant.
fn subjects(
    context: &Context,
    records: &Records,
    memory: &Memory,
    collected: &Collected,
    meant: &[(&TypeBatch, Arc<Resource>)],
) -> anyhow::Result<Vec<Subject>> {
    let engine = Engine::new(&context.catalog, context.today())?;
    let mut asker = Asker::new(context, &engine, records, memory, collected);
    let mut subjects = Vec::new();
    for (batch, row) in meant {
        let Answers { mut results, duties, gaps } = asker.ask(batch, row, None)?;
        results.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.check.cmp(&b.check)));
        subjects.push(Subject { resource: row.clone(), results, duties, gaps });
    }
    drop(asker);
    for result in subjects.iter_mut().flat_map(|subject| &mut subject.results) {
        records.exceptions.cover(result, context.today());
    }
    Ok(subjects)
}

/// The name by which people know a resource, safe to print.
pub(crate) fn called(resource: &Resource) -> String {
    let name = resource.name.as_deref().or(resource.logical_id.as_deref()).unwrap_or(&resource.id);
    format!("{} ({})", plain(name), resource.resource_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_match_by_their_beginning() {
        let id = FindingId(0x1234_5678_9ABC_DEF0);
        let text = id.to_string();
        let lower = text.to_lowercase();
        for name in [&*text, &*lower, text.get(2..).unwrap(), text.get(..4).unwrap(), lower.get(2..8).unwrap()] {
            assert!(Name::new(name).begins(id), "{name}");
        }
        for name in ["F-", "", "F-ZZZZ", "F-1I", &format!("{text}0"), text.get(2..4).unwrap()] {
            assert!(!Name::new(name).begins(id), "{name}");
        }
        assert!(Name::new("F-7K").only_id);
        assert!(!Name::new("7K2QX").only_id);
        assert!(!Name::new("F-logs").only_id, "`L` and `O` are in no id");
    }

    #[test]
    fn names_cannot_steer_a_terminal() {
        assert_eq!(plain("a\u{1b}[2Jb\nc\u{202e}"), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}");
    }
}
