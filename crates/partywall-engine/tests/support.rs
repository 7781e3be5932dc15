//! What the tests share: the built-in catalogue, engines by date, rows of cases, places on disk.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex};

use chrono::NaiveDate;
use partywall_catalog::{Case, Catalog, Check, DutyCase, ResourceType};
use partywall_collect::Need;
use partywall_engine::{Assessor, Engine, EngineError};
use partywall_model::{Gap, Resource, Status};

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
    let catalog = Catalog::load(None).and_then(|catalog| catalog.with_derived(partywall_collect::derived_columns));
    catalog.unwrap_or_else(|error| panic!("the built-in catalogue does not load: {error}"))
});

/// The built-in catalogue with computed columns, read once.
pub(crate) fn catalog() -> &'static Catalog {
    &CATALOG
}

/// The day on which everything is judged that names no day of its own: the date of the end-of-life table.
pub(crate) fn today() -> NaiveDate {
    catalog().eol.as_of().expect("the end-of-life table has a date")
}

/// The day on which a case is judged.
pub(crate) fn day_of(case: &Case) -> NaiveDate {
    case.as_of.map_or_else(today, |date| date.to_string().parse().expect("`as_of` is a date"))
}

/// The engine of that day, made once.
pub(crate) fn engine(as_of: NaiveDate) -> Arc<Engine> {
    static ENGINES: LazyLock<Mutex<HashMap<NaiveDate, Arc<Engine>>>> = LazyLock::new(Mutex::default);
    let mut engines = ENGINES.lock().expect("no test panics while it holds the engines");
    engines.entry(as_of).or_insert_with(|| Arc::new(Engine::new(catalog(), as_of).expect("the engine starts"))).clone()
}

/// What an assessor wants to see of a type.
pub(crate) fn need(assessor: &mut Assessor<'_>, resource_type: &ResourceType) -> Result<Need, EngineError> {
    let (paths, envelope) = assessor.need(resource_type)?;
    Ok(Need { paths, envelope, no_rows: false })
}

/// The answer of a check with a `[join]` for a case: every table of the case goes through an assessor of its own.
pub(crate) fn joined(check: &Check, case: &Case) -> Result<Status, String> {
    joined_with(check, case, &mut |_| {}, &[])
}

/// As [`joined`], with every row changed before folding, and with failed listings.
pub(crate) fn joined_with(check: &Check, case: &Case, change: &mut dyn FnMut(&mut Resource), gaps: &[Gap]) -> Result<Status, String> {
    let engine = engine(day_of(case));
    let mut assessor = Assessor::new(catalog(), &engine, |other| other.id == check.id, None);
    let resource_type = catalog().resource_type(&check.resource).ok_or("unknown type")?;
    let need = need(&mut assessor, &resource_type).map_err(|error| error.to_string())?;
    let (batches, collected) =
        partywall_collect::prepare_case_with(catalog(), &resource_type, case, &need, change).map_err(|error| error.to_string())?;
    let mut found = None;
    let mut take = |result: partywall_model::CheckResult| {
        if result.resource.as_ref().is_some_and(|resource| &*resource.id == "case") {
            found = Some(result.status);
        }
        Ok::<(), EngineError>(())
    };
    for batch in &batches {
        assessor.assess(batch, &mut take).map_err(|error| error.to_string())?;
    }
    let gaps: Vec<Gap> = collected.gaps.iter().chain(gaps).cloned().collect();
    assessor.assess_joined(&gaps, &collected.listed, &mut take).map_err(|error| error.to_string())?;
    found.ok_or_else(|| "the case gave no result".to_owned())
}

/// A duty's case as a check's, so that both are made into rows in the same way.
pub(crate) fn row_case(case: &DutyCase) -> Case {
    Case {
        name: String::new(),
        want: Status::Pass,
        given: case.given.clone(),
        unknown: case.unknown.clone(),
        source: partywall_catalog::CaseSource::Api,
        tables: std::collections::BTreeMap::new(),
        as_of: None,
        read_on: None,
    }
}

/// The repository's root.
pub(crate) fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Data beside the repository, which a clone need not have.
pub(crate) fn shared() -> PathBuf {
    std::env::var_os("PARTYWALL_SHARED").map_or_else(|| repository().join("../shared"), PathBuf::from)
}
