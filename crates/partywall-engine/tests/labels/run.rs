//! All labelled templates in one run.

use std::cell::RefCell;
use std::collections::HashMap;

use libtest_mimic::Failed;
use partywall_catalog::ResourceType;
use partywall_collect::{CollectError, Need, Options, collect};
use partywall_engine::{Assessor, Engine, EngineError};
use partywall_model::{CheckResult, Status};

use super::judge::{Claims, Row};
use super::yaml;
use crate::support::{catalog, today};

/// The results of the claimed checks, row by row. A row whose template is broken has none.
pub(crate) fn results(rows: &[Row], claims: &Claims) -> Result<Vec<Vec<CheckResult>>, Failed> {
    let directory = tempfile::tempdir()?;
    let mut places = HashMap::new();
    let mut paths = Vec::new();
    for (index, row) in rows.iter().enumerate().filter(|(_, row)| claims.contains_key(&(row.tool, row.check.clone()))) {
        let (text, ending) =
            if index % 2 == 0 { (serde_json::to_string_pretty(&row.template)?, "json") } else { (yaml::emit(&row.template), "yaml") };
        let path = directory.path().join(format!("{index}.{ending}"));
        std::fs::write(&path, text)?;
        places.insert(path.display().to_string(), index);
        paths.push(path);
    }
    let engine = Engine::new(catalog(), today())?;
    let wanted = |id: &str| claims.values().any(|checks| checks.contains(id));
    let assessor = RefCell::new(Assessor::new(catalog(), &engine, |check| wanted(&check.id), None));
    let broken: RefCell<Option<EngineError>> = RefCell::new(None);
    let need = |resource_type: &ResourceType| match assessor.borrow_mut().need(resource_type) {
        Ok((paths, envelope)) => Need { paths, envelope, no_rows: false },
        Err(error) => {
            broken.borrow_mut().get_or_insert(error);
            Need::default()
        }
    };
    let mut results: Vec<Vec<CheckResult>> = vec![Vec::new(); rows.len()];
    let mut emit = |batch| {
        let mut take = |result: CheckResult| {
            let file = result.resource.as_ref().map(|resource| resource.source.file.to_string()).unwrap_or_default();
            if let Some(index) = places.get(&file) {
                results[*index].push(result);
            }
            Ok(())
        };
        assessor.borrow_mut().assess::<EngineError>(&batch, &mut take).map_err(|error| CollectError::Sink(error.to_string()))
    };
    let collected = collect(catalog(), &paths, &Options::default(), &need, &mut emit)?;
    if let Some(error) = broken.into_inner() {
        return Err(error.into());
    }
    let mut assessor = assessor.into_inner();
    for gap in &collected.gaps {
        let place = places.get(&*gap.source.file).copied();
        assessor.assess_gap::<EngineError>(gap, &mut |result| {
            if let (Some(index), Status::Unknown) = (place, result.status) {
                results[index].push(result);
            }
            Ok(())
        })?;
    }
    Ok(results)
}
