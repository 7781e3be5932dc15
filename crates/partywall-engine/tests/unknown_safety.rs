//! THE property, over the whole catalogue: moving facts into unknown leaves a result as it was or makes it unknown; nothing else.
//!
//! The rows are those of all cases of all checks, and rows mixed from them. Facts are made unknown before folding, defaults and derive
//! functions: every member, element and list of a row, alone and in random sets; what the checks read and the row lacks; the rows of
//! other types, and their absence. A failed listing must give one unknown for every check of its type. Seeds are fixed.

mod sites;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use chrono::NaiveDate;
use libtest_mimic::{Failed, Trial};
use partywall_catalog::{Case, ResourceType};
use partywall_collect::{Need, prepare_case_with};
use partywall_engine::{Assessor, CheckMask, EngineError};
use partywall_model::{Cause, CauseKind, CheckResult, Gap, Resource, Source, SourceKind, Status};
use partywall_table::{TypeBatch, build_batch, project};

use crate::support::{catalog, day_of, engine, joined, joined_with, need};
use sites::{Random, Site};

/// Single injections per case at most, chosen by the seed where there are more.
const SINGLES: usize = 40;
/// Random sets of injections per case.
const SETS: usize = 6;
/// Rows mixed from the cases of a type.
const MIXED: usize = 12;
/// The run judges at least this many (check, injection) pairs, and in this many of them an answer becomes unknown; fewer means that it
/// lost its rows, or that nothing is hidden.
const PAIRS: usize = 100_000;
const HIDDEN: usize = 20_000;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("unknown-safety/facts", facts),
        Trial::test("unknown-safety/joins", joins),
        Trial::test("unknown-safety/failed listings", failed_listings),
    ]
}

/// A result that became another answer when less was known.
struct Counterexample {
    check: Arc<str>,
    case: String,
    hidden: Vec<String>,
    before: Status,
    after: Status,
}

impl fmt::Display for Counterexample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}: {} became {} without {}", self.check, self.case, self.before, self.after, self.hidden.join(", "))
    }
}

#[derive(Default)]
struct Judged {
    pairs: usize,
    rows: usize,
    hidden: usize,
    wrong: Vec<Counterexample>,
}

fn facts() -> Result<(), Failed> {
    let names: BTreeSet<Arc<str>> = catalog().checks.values().map(|check| check.resource.clone()).collect();
    let names: Vec<Arc<str>> = names.into_iter().collect();
    let next = AtomicUsize::new(0);
    let all: Mutex<Result<Judged, String>> = Mutex::new(Ok(Judged::default()));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(name) = names.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let judged = of_type(name);
                    let mut all = all.lock().expect("no thread panics while it holds the sum");
                    match (all.as_mut(), judged) {
                        (Ok(all), Ok(judged)) => {
                            all.pairs += judged.pairs;
                            all.rows += judged.rows;
                            all.hidden += judged.hidden;
                            all.wrong.extend(judged.wrong);
                        }
                        (Ok(_), Err(error)) => *all = Err(format!("{name}: {error}")),
                        (Err(_), _) => {}
                    }
                }
            });
        }
    });
    let judged = all.into_inner().expect("all threads have ended")?;
    let Judged { pairs, rows, hidden, .. } = judged;
    println!("unknown-safety: {pairs} (check, injection) pairs on {rows} rows of {} types; {hidden} answers became unknown", names.len());
    if pairs < PAIRS || hidden < HIDDEN {
        return Err(format!("only {pairs} pairs were judged, {hidden} answers became unknown").into());
    }
    // The smallest example of each check tells most.
    let mut smallest: BTreeMap<Arc<str>, Counterexample> = BTreeMap::new();
    for wrong in judged.wrong {
        match smallest.get(&wrong.check) {
            Some(known) if known.hidden.len() <= wrong.hidden.len() => {}
            _ => drop(smallest.insert(wrong.check.clone(), wrong)),
        }
    }
    if smallest.is_empty() {
        return Ok(());
    }
    let mut examples: Vec<_> = smallest.into_values().collect();
    examples.sort_by_key(|example| example.hidden.len());
    let lines: Vec<String> = examples.iter().map(ToString::to_string).collect();
    Err(format!("{} checks answer where they may not:\n{}", lines.len(), lines.join("\n")).into())
}

/// A row and what was hidden of it.
struct Variant {
    /// Index of the untouched row in the same batch.
    base: usize,
    case: String,
    hidden: Vec<String>,
}

fn of_type(name: &Arc<str>) -> Result<Judged, String> {
    let resource_type = catalog().resource_type(name).ok_or("unknown type")?;
    let cases: Vec<&Case> = catalog()
        .checks
        .values()
        .filter(|check| check.resource == *name && check.join.is_none())
        .flat_map(|check| check.cases().expect("the cases are read"))
        .collect();
    let mut random = Random::new(name);
    let mixed: Vec<Case> = (0..if cases.is_empty() { 0 } else { MIXED }).map(|_| sites::mix(&cases, &mut random)).collect();
    let mut by_day: BTreeMap<NaiveDate, Vec<&Case>> = BTreeMap::new();
    for case in cases.iter().copied().chain(&mixed) {
        by_day.entry(day_of(case)).or_default().push(case);
    }
    let mut judged = Judged::default();
    for (day, cases) in by_day {
        let engine = engine(day);
        let mut assessor = Assessor::new(catalog(), &engine, |check| check.join.is_none() && check.resource == *name, None);
        let need = need(&mut assessor, &resource_type).map_err(|error| error.to_string())?;
        let mut kinds: BTreeMap<SourceKind, (Vec<Arc<Resource>>, Vec<Variant>)> = BTreeMap::new();
        for case in cases {
            add_variants(&resource_type, case, &need, &mut random, &mut kinds)?;
        }
        for (kind, (rows, variants)) in kinds {
            let columns = match &need.paths {
                Some(paths) => project(&resource_type.schema, paths),
                None => resource_type.schema.as_ref().clone(),
            };
            let batch = build_batch(&resource_type, kind, &columns, &need.envelope, rows).map_err(|error| error.to_string())?;
            judge(&mut assessor, &batch, &variants, &mut judged).map_err(|error| error.to_string())?;
        }
    }
    Ok(judged)
}

/// Adds the untouched row of a case and all its variants.
fn add_variants(
    resource_type: &Arc<ResourceType>,
    case: &Case,
    need: &Need,
    random: &mut Random,
    kinds: &mut BTreeMap<SourceKind, (Vec<Arc<Resource>>, Vec<Variant>)>,
) -> Result<(), String> {
    let singles = sites::of_case(resource_type, case, need.paths.as_ref());
    let mut sets: Vec<Vec<&Site>> = vec![Vec::new()];
    sets.extend(random.some(&singles, SINGLES).into_iter().map(|site| vec![site]));
    for _ in 0..if singles.len() < 2 { 0 } else { SETS } {
        let size = 2 + random.below(singles.len().min(8) - 1);
        sets.push(random.some(&singles, size));
    }
    let mut base = None;
    for set in sets {
        let row = row(resource_type, case, need, &set)?;
        let (rows, variants) = kinds.entry(row.source.kind).or_default();
        let base = *base.get_or_insert(rows.len());
        rows.push(row);
        variants.push(Variant { base, case: case.name.clone(), hidden: set.iter().map(ToString::to_string).collect() });
    }
    Ok(())
}

/// The completed row of a case without the facts at the sites.
fn row(resource_type: &Arc<ResourceType>, case: &Case, need: &Need, set: &[&Site]) -> Result<Arc<Resource>, String> {
    let mut case = case.clone();
    for site in set {
        site.leave_out_rows(&mut case);
    }
    let mut change = |row: &mut Resource| set.iter().for_each(|site| site.hide(row));
    let (batches, _) =
        prepare_case_with(catalog(), resource_type, &case, need, &mut change).map_err(|error| format!("{}: {error}", case.name))?;
    let rows = batches.iter().filter(|batch| batch.resource_type.name == resource_type.name).flat_map(|batch| &batch.rows);
    rows.into_iter().find(|row| &*row.id == "case").cloned().ok_or_else(|| format!("{}: the row is lost", case.name))
}

fn judge(assessor: &mut Assessor<'_>, batch: &TypeBatch, variants: &[Variant], judged: &mut Judged) -> Result<(), EngineError> {
    let masks = assessor.masks(batch)?;
    judged.rows += variants.len();
    for mask in &masks {
        for (row, variant) in variants.iter().enumerate().filter(|(row, variant)| *row != variant.base) {
            let (before, after) = (status(mask, variant.base), status(mask, row));
            judged.pairs += 1;
            judged.hidden += usize::from(after != before && after == Status::Unknown);
            if after != before && after != Status::Unknown {
                let (check, case, hidden) = (mask.check.id.clone(), variant.case.clone(), variant.hidden.clone());
                judged.wrong.push(Counterexample { check, case, hidden, before, after });
            }
        }
    }
    Ok(())
}

fn status(mask: &CheckMask, row: usize) -> Status {
    use arrow::array::{Array, BooleanArray};
    let at = |array: &BooleanArray| array.is_valid(row).then(|| array.value(row));
    match (mask.applies.as_ref().map(at), at(&mask.pass)) {
        (Some(Some(false)), _) => Status::NotApplicable,
        (Some(None), _) | (_, None) => Status::Unknown,
        (_, Some(true)) => Status::Pass,
        (_, Some(false)) => Status::Fail,
    }
}

/// Checks with a `[join]`: one fact of any row hidden, a table not read, a table's listing refused.
fn joins() -> Result<(), Failed> {
    let (mut judged, mut hidden, mut wrong) = (0_usize, 0_usize, Vec::new());
    for check in catalog().checks.values().filter(|check| check.join.is_some()) {
        let resource_type = catalog().resource_type(&check.resource).ok_or("unknown type")?;
        for case in check.cases().expect("the cases are read") {
            let before = joined(check, case)?;
            let mut judge = |what: String, after: Status| {
                judged += 1;
                hidden += usize::from(after != before && after == Status::Unknown);
                if after != before && after != Status::Unknown {
                    wrong.push(format!("{}/{}: {before} became {after} without {what}", check.id, case.name));
                }
            };
            let mut sites = sites::of_case(&resource_type, case, None);
            sites.extend(case.tables.keys().map(|name| Site::Rows { resource_type: name.clone() }));
            for site in &sites {
                let mut less = case.clone();
                site.leave_out_rows(&mut less);
                judge(site.to_string(), joined_with(check, &less, &mut |row| site.hide(row), &[])?);
            }
            for name in case.tables.keys() {
                judge(format!("the listing of {name}"), joined_with(check, case, &mut |_| {}, &[refused(&Arc::from(name.as_str()))])?);
            }
        }
    }
    println!("unknown-safety: {judged} injections into joins; {hidden} answers became unknown");
    if judged < 100 || hidden < 30 {
        return Err(format!("only {judged} injections, {hidden} answers became unknown").into());
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

/// A listing that was not allowed.
fn refused(name: &Arc<str>) -> Gap {
    Gap {
        resource_type: name.clone(),
        id: None,
        account: Some(Arc::from("111122223333")),
        region: Some(Arc::from("eu-central-1")),
        path: None,
        cause: Arc::new(Cause::new(CauseKind::Denied, "the listing was refused")),
        source: Arc::new(Source { kind: SourceKind::Api, file: Arc::from("listing.json") }),
    }
}

fn failed_listings() -> Result<(), Failed> {
    let engine = engine(crate::support::today());
    let mut assessor = Assessor::new(catalog(), &engine, |_| true, None);
    let names: BTreeSet<&Arc<str>> = catalog().checks.values().map(|check| &check.resource).collect();
    for name in names {
        let gap = refused(name);
        let mut results: Vec<CheckResult> = Vec::new();
        assessor.assess_gap::<EngineError>(&gap, &mut |result| {
            results.push(result);
            Ok(())
        })?;
        let wanted: BTreeSet<&Arc<str>> =
            catalog().checks.values().filter(|check| check.resource == *name).map(|check| &check.id).collect();
        let got: BTreeSet<&Arc<str>> = results.iter().map(|result| &result.check).collect();
        let silent = results.iter().all(|result| result.status == Status::Unknown && result.resource.is_none());
        if wanted != got || results.len() != wanted.len() || !silent {
            return Err(format!("{name}: {} checks, {} results, all unknown: {silent}", wanted.len(), results.len()).into());
        }
    }
    Ok(())
}
