//! Evaluations and results per second of one core, on a generated mix of resource types (synthetic; `partywall-testkit`).
//!
//! `cargo bench -p partywall-engine --bench evaluate -- [RESOURCES] [ROUNDS]`. An evaluation is one (resource, check) pair of
//! matching type. Times are CPU times of this process, which other work on the machine disturbs least.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use datafusion::arrow::array::Array;
use partywall_catalog::{Catalog, Check, ResourceType};
use partywall_collect::{Need, Options};
use partywall_engine::{Assessor, Engine, EngineError};
use partywall_report::{CheckInfo, Format, Run};
use partywall_table::TypeBatch;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Box<dyn Error>> {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let resources = numbers.next().unwrap_or(50_000);
    let rounds = numbers.next().unwrap_or(20);
    let mut out = std::io::stdout().lock();

    let path: PathBuf = std::env::temp_dir().join(format!("partywall-bench-{}.json.gz", std::process::id()));
    let written = partywall_testkit::mix::write(&path, resources, 1)?;
    let catalog = Catalog::load(None)?.with_derived(partywall_collect::derived_columns)?;
    let engine = Engine::new(&catalog, chrono::NaiveDate::from_ymd_opt(2026, 11, 22).unwrap_or_default())?;
    let assessor = RefCell::new(Assessor::new(&catalog, &engine, |_| true, None));
    let mut batches: Vec<TypeBatch> = Vec::new();
    let start = cpu_seconds();
    let need = |resource_type: &ResourceType| match assessor.borrow_mut().need(resource_type) {
        Ok((paths, envelope)) => Need { paths, envelope, no_rows: false },
        Err(_) => Need::default(),
    };
    partywall_collect::collect(&catalog, std::slice::from_ref(&path), &Options::default(), &need, &mut |batch| {
        batches.push(batch);
        Ok(())
    })?;
    std::fs::remove_file(&path)?;
    let read = cpu_seconds() - start;
    let rows: usize = batches.iter().map(|batch| batch.rows.len()).sum();
    let unknown_rows = batches.iter().flat_map(|batch| &batch.gaps).filter(|gaps| !gaps.is_empty()).count();
    writeln!(
        out,
        "{written} items, {rows} rows in {} batches read in {read:.2} CPU s; {:.1} % of rows with unknowns",
        batches.len(),
        share(unknown_rows, rows)
    )?;

    let mut assessor = assessor.into_inner();
    for batch in &batches {
        assessor.masks(batch)?;
    }
    let (mut evaluations, mut fails, mut unknowns) = (0_usize, 0_usize, 0_usize);
    let start = cpu_seconds();
    for round in 0..rounds {
        for batch in &batches {
            for mask in assessor.masks(batch)? {
                evaluations += batch.rows.len();
                if round == 0 {
                    let nulls = mask.pass.null_count();
                    unknowns += nulls;
                    fails += mask.pass.len() - nulls - mask.pass.true_count();
                }
            }
        }
    }
    let masks = cpu_seconds() - start;
    let once = evaluations / usize::try_from(rounds.max(1))?;
    writeln!(
        out,
        "masks: {evaluations} evaluations on {} resources in {masks:.2} CPU s = {:.1} M/s; {:.1} % fail, {:.1} % unknown",
        rows * usize::try_from(rounds)?,
        evaluations as f64 / masks / 1e6,
        share(fails, once),
        share(unknowns, once)
    )?;

    slowest(&catalog, &engine, &batches, rounds, &mut out)?;

    let infos: HashMap<Arc<str>, CheckInfo> = catalog.checks.values().map(|check| (check.id.clone(), info(&catalog, check))).collect();
    let mut written = Counted(0);
    let mut sink = partywall_report::sink(Format::Jsonl, &mut written, partywall_report::Options::default());
    sink.begin(&Run {
        title: "generated".to_owned(),
        again: None,
        synthetic: Some("synthetic".to_owned()),
        narrowed: None,
        as_of: chrono::DateTime::default(),
        snapshot: format!("sha256:{}", "0".repeat(64)),
        catalog: catalog.fingerprint().to_owned(),
        version: "0".to_owned(),
        due_days: partywall_report::DueDays::default(),
        ledger: Arc::new(()),
    })?;
    let start = cpu_seconds();
    let mut results = 0_u64;
    for batch in &batches {
        assessor.assess::<EngineError>(batch, &mut |result| {
            results += 1;
            let Some(info) = infos.get(&result.check) else { return Ok(()) };
            sink.result(info, &result).map_err(|error| EngineError::Query(error.to_string()))
        })?;
    }
    drop(sink);
    let made = cpu_seconds() - start;
    writeln!(
        out,
        "masks, results, jsonl: {results} results, {:.0} MB in {made:.2} CPU s = {:.0}/s",
        written.0 as f64 / 1e6,
        results as f64 / made
    )?;
    Ok(())
}

/// What the jsonl writer says of a check; texts of other formats are left out.
fn info(catalog: &Catalog, check: &Check) -> CheckInfo {
    let pairs = |map: &BTreeMap<String, Vec<String>>| map.iter().map(|(key, ids)| (key.clone(), ids.clone())).collect();
    let duty = catalog.duties.get(&check.duty);
    CheckInfo {
        id: check.id.clone(),
        title: check.title.to_string(),
        severity: check.severity,
        resource_type: check.resource.to_string(),
        duty: check.duty.to_string(),
        duty_title: String::new(),
        layer: duty.map(|duty| duty.layer().to_owned()).unwrap_or_default(),
        layer_title: String::new(),
        course: 0,
        side: partywall_report::Side::In,
        controls: pairs(&check.controls),
        equivalents: pairs(&check.equivalents),
        why: String::new(),
        aws_part: String::new(),
        customer_part: String::new(),
        fix_console: None,
        fix_cli: None,
        fix_cloudformation: None,
        fix_terraform: None,
    }
}

/// Counts bytes and keeps none.
struct Counted(u64);

impl std::io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The checks that take most of the time of the masks, each asked alone.
fn slowest(
    catalog: &Catalog,
    engine: &Engine,
    batches: &[TypeBatch],
    rounds: u64,
    out: &mut impl std::io::Write,
) -> Result<(), Box<dyn Error>> {
    let mut times = Vec::new();
    for check in catalog.checks.values().filter(|check| check.join.is_none()) {
        let own: Vec<&TypeBatch> = batches.iter().filter(|batch| batch.resource_type.name == check.resource).collect();
        let rows: usize = own.iter().map(|batch| batch.rows.len()).sum();
        let mut assessor = Assessor::new(catalog, engine, |other| other.id == check.id, None);
        for batch in &own {
            assessor.masks(batch)?;
        }
        let start = std::time::Instant::now();
        for batch in (0..rounds).flat_map(|_| &own) {
            assessor.masks(batch)?;
        }
        times.push((start.elapsed().as_secs_f64() / rounds.max(1) as f64, rows, check.id.clone()));
    }
    let whole: f64 = times.iter().map(|(seconds, ..)| seconds).sum();
    times.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (seconds, rows, id) in times.iter().take(12) {
        writeln!(out, "  {:5.1} %  {:7.0} ns a row  {id}", seconds * 100.0 / whole, seconds * 1e9 / (*rows).max(1) as f64)?;
    }
    Ok(())
}

fn share(part: usize, whole: usize) -> f64 {
    part as f64 * 100.0 / whole.max(1) as f64
}

/// User and system time of this process, from the kernel's accounting in ticks of 10 ms.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}
