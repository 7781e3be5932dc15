//! Every case of every check and duty of the catalogue: one test each. Cases of one type are answered together, by one plan.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use libtest_mimic::{Failed, Trial};
use partywall_catalog::{Case, DutyCase, Service, ServiceDuty};
use partywall_collect::prepare_case;
use partywall_engine::{Assessor, EngineError};
use partywall_model::Status;

use crate::support::{catalog, day_of, engine, joined, need, row_case, today};

/// The answers of one type's cases, by check and number of the case.
type Answers = Result<HashMap<(Arc<str>, usize), Result<Status, String>>, String>;

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    let mut types: BTreeMap<Arc<str>, Arc<OnceLock<Answers>>> = BTreeMap::new();
    for check in catalog().checks.values() {
        let answers = types.entry(check.resource.clone()).or_default().clone();
        for (number, case) in check.cases().expect("the cases are read").iter().enumerate() {
            let (check, answers) = (check.clone(), answers.clone());
            trials.push(Trial::test(format!("{}/{}", check.id, case.name), move || {
                let case = check.cases().expect("the cases are read").get(number).ok_or("no such case")?;
                let got = if check.join.is_some() {
                    joined(&check, case)
                } else {
                    let answers = answers.get_or_init(|| answers_of(&check.resource)).as_ref().map_err(Clone::clone)?;
                    answers.get(&(check.id.clone(), number)).cloned().unwrap_or_else(|| Err("the case gave no result".to_owned()))
                }?;
                if got == case.want { Ok(()) } else { Err(format!("wanted {}, got {got}", case.want).into()) }
            }));
        }
    }
    for service in catalog().services.values() {
        for (row, duty) in service.duties.iter().enumerate() {
            for (number, case) in duty.cases.iter().enumerate() {
                let service = service.clone();
                let name = format!("duty {}/{}/{row}.{number} {}", service.id, duty.id, case.want);
                trials.push(Trial::test(name, move || duty_case(&service, row, number)));
            }
        }
    }
    trials
}

fn answers_of(name: &Arc<str>) -> Answers {
    let resource_type = catalog().resource_type(name).ok_or_else(|| format!("unknown type `{name}`"))?;
    let checks: Vec<_> = catalog().checks.values().filter(|check| check.resource == *name && check.join.is_none()).collect();
    let days: BTreeSet<_> = checks.iter().flat_map(|check| check.cases().expect("the cases are read")).map(day_of).collect();
    let mut answers = HashMap::new();
    for day in days {
        let engine = engine(day);
        let mut assessor = Assessor::new(catalog(), &engine, |check| check.join.is_none() && check.resource == *name, None);
        let need = need(&mut assessor, &resource_type).map_err(|error| error.to_string())?;
        for check in &checks {
            for (number, case) in check.cases().expect("the cases are read").iter().enumerate().filter(|(_, case)| day_of(case) == day) {
                let mut found = Err("the case gave no result".to_owned());
                let (batches, _) = prepare_case(catalog(), &resource_type, case, &need).map_err(|error| error.to_string())?;
                for batch in batches.iter().filter(|batch| batch.resource_type.name == *name) {
                    let mut take = |result: partywall_model::CheckResult| {
                        if result.check == check.id && result.resource.is_some_and(|resource| &*resource.id == "case") {
                            found = Ok(result.status);
                        }
                        Ok::<(), EngineError>(())
                    };
                    assessor.assess(batch, &mut take).map_err(|error| error.to_string())?;
                }
                answers.insert((check.id.clone(), number), found);
            }
        }
    }
    Ok(answers)
}

/// The owner of a duty for the row of a case, in the first type whose resources with these facts carry the duty: what people see, in
/// whichever mode the facts put the resource.
fn duty_case(service: &Service, row: usize, number: usize) -> Result<(), Failed> {
    let duty = service.duties.get(row).ok_or("no such duty")?;
    let case = duty.cases.get(number).ok_or("no such case")?;
    let mut tried = Vec::new();
    for name in types_of(service, duty) {
        match owner(&name, &duty.id, case)? {
            Some(owner) if owner == case.want => return Ok(()),
            Some(owner) => return Err(format!("wanted {}, got {owner} on {name}", case.want).into()),
            None => tried.push(name.to_string()),
        }
    }
    Err(format!("no type carries this duty with these facts; tried {}", tried.join(", ")).into())
}

/// Types that carry a row of the service file: its own, else those of its modes. Types that know all given facts come first.
fn types_of(service: &Service, duty: &ServiceDuty) -> Vec<Arc<str>> {
    let modes = service.modes.iter().filter(|mode| duty.modes.is_empty() || duty.modes.contains(&mode.id));
    let mut names: Vec<Arc<str>> =
        if duty.types.is_empty() { modes.filter_map(|mode| mode.resource.clone()).collect() } else { duty.types.clone() };
    names.dedup();
    let given: BTreeSet<&String> = duty.cases.iter().flat_map(|case| case.given.keys()).collect();
    names.sort_by_key(|name| {
        let known = catalog().resource_type(name);
        given.iter().filter(|key| known.as_ref().is_none_or(|known| known.schema.get(key).is_none())).count()
    });
    names
}

/// Who owns the duty on a resource with these facts; `None` if it does not carry the duty.
fn owner(name: &Arc<str>, duty: &str, case: &DutyCase) -> Result<Option<String>, Failed> {
    let resource_type = catalog().resource_type(name).ok_or_else(|| format!("unknown type `{name}`"))?;
    let engine = engine(today());
    let mut assessor = Assessor::new(catalog(), &engine, |_| false, None);
    let need = need(&mut assessor, &resource_type)?;
    let case: Case = row_case(case);
    let (batches, _) = prepare_case(catalog(), &resource_type, &case, &need)?;
    for batch in batches.iter().filter(|batch| batch.resource_type.name == *name) {
        if let Some(owned) = assessor.duties(batch)?.iter().flatten().find(|owned| &*owned.duty == duty) {
            return Ok(Some(owned.owner.as_ref().map_or_else(|| "undetermined".to_owned(), ToString::to_string)));
        }
    }
    Ok(None)
}
