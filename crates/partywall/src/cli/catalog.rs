use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::Arc;

use clap::{Args, Subcommand};
use partywall_catalog::{Check, Position, Runbook};
use partywall_engine::{Engine, EngineError, JoinPlan, lint_predicate};
use partywall_model::Status;
use partywall_report::counted;

use super::Context;
use crate::{exit, frameworks};

/// Lint the catalogue
#[derive(Debug, Args)]
pub(crate) struct CatalogCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Find unknown columns, wrong types, impossible predicates, negated absence, missing cases, dangling ids
    Lint,
}

impl CatalogCommand {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<u8> {
        let Action::Lint = self.action;
        let engine = Engine::new(&context.catalog, context.today())?;
        let mut lints = Lints::default();
        for check in context.catalog.checks.values() {
            check_lints(context, &engine, check, &mut lints);
        }
        duty_lints(context, &engine, &mut lints);
        framework_lints(context, &mut lints);
        record_lints(context, &mut lints);
        type_lints(context, &mut lints);
        let mut out = anstream::stdout().lock();
        lints.lines.sort();
        for line in &lints.lines {
            writeln!(out, "{line}")?;
        }
        let catalog = &context.catalog;
        exit::note(&format!(
            "{}, {}, {}, {}, {}: {}",
            counted(catalog.checks.len() as u64, "check", "checks"),
            counted(catalog.types.len() as u64, "type", "types"),
            counted(catalog.services.len() as u64, "service", "services"),
            counted(catalog.duties.len() as u64, "duty", "duties"),
            counted(catalog.frameworks.len() as u64, "framework", "frameworks"),
            counted(lints.lines.len() as u64, "lint", "lints")
        ));
        Ok(if lints.lines.is_empty() { exit::CLEAN } else { exit::FINDINGS })
    }
}

#[derive(Default)]
struct Lints {
    lines: Vec<String>,
}

impl Lints {
    fn add(&mut self, position: Option<&Position>, code: &str, message: &str) {
        let place = position.map_or_else(|| "catalog".to_owned(), ToString::to_string);
        self.lines.push(format!("{place}: {code}: {message}"));
    }
}

/// Points at the line of the file that holds a text.
fn at(check: &Check, needle: &str) -> Option<Position> {
    let position = check.position.as_ref()?;
    let start = check.text.find(needle)?;
    Some(Position::of(&position.file, &check.text, Some(start..start)))
}

fn check_lints(context: &Context, engine: &Engine, check: &Arc<Check>, lints: &mut Lints) {
    let catalog = &context.catalog;
    let own = check.position.as_ref();
    let Some(resource_type) = catalog.resource_type(&check.resource) else {
        lints.add(at(check, "resource").as_ref(), "unknown-type", &format!("nobody knows the type `{}`", check.resource));
        return;
    };
    let line_of = |name: &str| {
        let mut place = at(check, &format!("\n{name}"))?;
        place.line += 1;
        place.column = 1;
        Some(place)
    };
    let joined = match JoinPlan::new(engine, catalog, check) {
        Ok(join) => join.map(|join| join.columns().clone()).unwrap_or_default(),
        Err(EngineError::Plan { message, .. }) => return lints.add(line_of("sql").as_ref(), "broken-join", &message),
        Err(error) => return lints.add(line_of("sql").as_ref(), "broken-join", &error.to_string()),
    };
    let predicates = [("applies", check.applies.as_deref()), ("pass", Some(check.pass.as_str()))];
    for (name, text) in predicates.into_iter().filter_map(|(name, text)| Some((name, text?))) {
        let place = line_of(name);
        match engine.predicate_with(&resource_type, &joined, text) {
            Ok(predicate) => {
                for lint in lint_predicate(engine, &resource_type, &predicate) {
                    lints.add(place.as_ref(), lint.code, &lint.message);
                }
            }
            Err(error) => lints.add(place.as_ref(), "broken-predicate", &error.to_string()),
        }
    }
    let mut wanted = vec![Status::Pass, Status::Fail, Status::Unknown];
    if check.applies.is_some() {
        wanted.push(Status::NotApplicable);
    }
    let cases = match check.cases() {
        Ok(cases) => cases,
        Err(error) => {
            lints.add(own, "broken-case", &error.to_string());
            return;
        }
    };
    for status in wanted {
        if !cases.iter().any(|case| case.want == status) {
            lints.add(own, "case-missing", &format!("no case wants {status}"));
        }
    }
    let mut names = BTreeSet::new();
    for case in cases {
        if !names.insert(&case.name) {
            lints.add(own, "case-twice", &format!("two cases are called `{}`", case.name));
        }
        for name in case.tables.keys() {
            if catalog.resource_type(name).is_none() {
                lints.add(own, "unknown-type", &format!("case `{}`: nobody knows the type `{name}`", case.name));
            }
        }
        for name in case.given.keys() {
            if resource_type.schema.get(name).is_none() {
                lints.add(own, "unknown-column", &format!("case `{}`: `{}` has no `{name}`", case.name, check.resource));
            }
        }
        for path in &case.unknown {
            let first = path.split(['.', '[']).next().unwrap_or_default();
            if resource_type.schema.get(first).is_none() {
                lints.add(own, "unknown-column", &format!("case `{}`: `{}` has no `{first}`", case.name, check.resource));
            }
        }
    }
    if !catalog.duties.contains_key(&check.duty) {
        lints.add(at(check, "duty").as_ref(), "dangling-id", &format!("there is no duty `{}`", check.duty));
    } else if let Some(service) = catalog.service_of(&check.resource) {
        let carried = service.duties.iter().any(|duty| {
            duty.id == check.duty
                && (duty.types.contains(&check.resource)
                    || duty.types.is_empty() && service.modes.iter().any(|mode| mode.resource.as_ref() == Some(&check.resource)))
        }) || catalog.duties.get(&check.duty).is_some_and(|duty| duty.everywhere);
        if !carried {
            lints.add(
                at(check, "duty").as_ref(),
                "duty-not-carried",
                &format!("service `{}` gives `{}` no duty `{}`", service.id, check.resource, check.duty),
            );
        }
    } else {
        lints.add(own, "no-service", &format!("no service lists the type `{}`", check.resource));
    }
    for (framework, ids) in &check.controls {
        let Some(framework) = catalog.framework(framework) else { continue };
        for id in ids {
            if !framework.requirements.iter().any(|requirement| *requirement.id == **id) {
                lints.add(at(check, "controls").as_ref(), "dangling-id", &format!("`{}` has no `{id}`", framework.id));
            }
        }
    }
}

fn duty_lints(context: &Context, engine: &Engine, lints: &mut Lints) {
    let catalog = &context.catalog;
    for duty in catalog.duties.values() {
        if catalog.layer(duty.layer()).is_none() {
            lints.add(None, "dangling-id", &format!("duty `{}` is of no layer", duty.id));
        }
        owner_lints(None, &duty.id, &duty.owner, lints);
    }
    let mut owned: BTreeSet<&str> = BTreeSet::new();
    for service in catalog.services.values() {
        let place = service.position.as_ref();
        for name in &service.types {
            if !owned.insert(name) {
                lints.add(place, "type-twice", &format!("`{name}` belongs to two services"));
            }
        }
        for mode in &service.modes {
            if let (Some(name), Some(text)) = (&mode.resource, &mode.matches) {
                predicate_lint(context, engine, place, name, text, lints);
            }
        }
        for duty in &service.duties {
            if !catalog.duties.contains_key(&duty.id) {
                lints.add(place, "dangling-id", &format!("there is no duty `{}`", duty.id));
            }
            if !duty.owner.is_empty() {
                owner_lints(place, &duty.id, &duty.owner, lints);
            }
            let types: Vec<&str> = if duty.types.is_empty() {
                service
                    .modes
                    .iter()
                    .filter(|mode| duty.modes.is_empty() || duty.modes.contains(&mode.id))
                    .filter_map(|mode| mode.resource.as_deref())
                    .collect()
            } else {
                duty.types.iter().map(AsRef::as_ref).collect()
            };
            for rule in &duty.owner {
                if let Some(text) = &rule.when {
                    for name in &types {
                        predicate_lint(context, engine, place, name, text, lints);
                    }
                }
            }
            for mode in &duty.modes {
                if !service.modes.iter().any(|known| known.id == *mode) {
                    lints.add(place, "dangling-id", &format!("`{}` has no mode `{mode}`", service.id));
                }
            }
        }
    }
}

fn predicate_lint(context: &Context, engine: &Engine, place: Option<&Position>, name: &str, text: &str, lints: &mut Lints) {
    match context.catalog.resource_type(name) {
        Some(resource_type) => {
            if let Err(error) = engine.predicate(&resource_type, text) {
                lints.add(place, "broken-predicate", &format!("`{}` on `{name}`: {error}", text.trim()));
            }
        }
        None => lints.add(place, "unknown-type", &format!("nobody knows the type `{name}`")),
    }
}

fn owner_lints(place: Option<&Position>, id: &str, rules: &[partywall_catalog::OwnerRule], lints: &mut Lints) {
    let last = rules.len().saturating_sub(1);
    for (index, rule) in rules.iter().enumerate() {
        if (index == last) != rule.when.is_none() {
            lints.add(place, "owner-order", &format!("`{id}`: the last owner, and only that one, has no `when`"));
        }
    }
    if rules.is_empty() {
        lints.add(place, "owner-order", &format!("`{id}` has no owner"));
    }
}

fn framework_lints(context: &Context, lints: &mut Lints) {
    let catalog = &context.catalog;
    for framework in catalog.frameworks.values() {
        let place = framework.position.as_ref();
        let mut ids = BTreeSet::new();
        let checks = frameworks::checks(catalog, framework);
        for requirement in &framework.requirements {
            if !ids.insert(&requirement.id) {
                lints.add(place, "id-twice", &format!("two requirements are called `{}`", requirement.id));
            }
            if !framework.groups.iter().any(|group| group.id == requirement.group) {
                lints.add(place, "dangling-id", &format!("`{}` is in no group `{}`", requirement.id, requirement.group));
            }
            for pattern in requirement.checks.iter().filter(|pattern| catalog.checks_of(pattern).next().is_none()) {
                lints.add(place, "dangling-id", &format!("`{}`: `{pattern}` names no check", requirement.id));
            }
            for id in requirement.manual.iter().filter(|id| !catalog.evidence.contains_key(id.as_str())) {
                lints.add(place, "dangling-id", &format!("`{}`: there is no manual evidence `{id}`", requirement.id));
            }
            for duty in &requirement.duties {
                let known = match duty.strip_suffix(".*") {
                    Some(layer) => catalog.layer(layer).is_some(),
                    None => catalog.duties.contains_key(duty.as_str()),
                };
                if !known {
                    lints.add(place, "dangling-id", &format!("`{}`: there is no duty `{duty}`", requirement.id));
                }
            }
            let named = frameworks::named(&checks, requirement);
            if frameworks::means(catalog, requirement, named) == frameworks::Means::Open {
                lints.add(
                    place,
                    "unaccounted",
                    &format!("`{}` has neither check nor manual evidence, and is not AWS's alone", requirement.id),
                );
            }
            if requirement.aws.is_empty() && requirement.customer.is_empty() {
                lints.add(place, "no-part", &format!("`{}` has neither AWS's part nor the customer's", requirement.id));
            }
        }
    }
}

/// Evidence, runbooks, series and rules of scope: what they name must be there.
fn record_lints(context: &Context, lints: &mut Lints) {
    let catalog = &context.catalog;
    let is_duty = |id: &str| match id.strip_suffix(".*") {
        Some(layer) => catalog.layer(layer).is_some(),
        None => catalog.duties.contains_key(id),
    };
    let mut ask = |place: Option<&Position>, of: &str, duties: &[String], evidence: &[String], frameworks: &[String]| {
        for id in duties.iter().filter(|id| !is_duty(id)) {
            lints.add(place, "dangling-id", &format!("`{of}`: there is no duty `{id}`"));
        }
        for id in evidence.iter().filter(|id| !catalog.evidence.contains_key(id.as_str())) {
            lints.add(place, "dangling-id", &format!("`{of}`: there is no manual evidence `{id}`"));
        }
        for id in frameworks.iter().filter(|id| catalog.framework(id).is_none()) {
            lints.add(place, "dangling-id", &format!("`{of}`: there is no framework `{id}`"));
        }
    };
    for one in catalog.evidence.values() {
        ask(one.position.as_ref(), &one.id, &one.duties, &[], &[]);
    }
    for one in catalog.runbooks.values() {
        ask(one.position.as_ref(), &one.id, &one.duties, &one.evidence, &[]);
    }
    for one in catalog.series.values() {
        ask(one.position.as_ref(), &one.id, &[], &one.evidence, &one.frameworks);
    }
    for one in &catalog.scope_rules {
        ask(one.position.as_ref(), &one.word, &one.duties, &one.evidence, &one.frameworks);
    }
    for one in catalog.runbooks.values() {
        if let Some(section) = Runbook::missing_section(&one.body) {
            lints.add(one.position.as_ref(), "section-missing", &format!("`{}` has no section `{section}` in its place", one.id));
        }
    }
}

fn type_lints(context: &Context, lints: &mut Lints) {
    for file in context.catalog.types.values() {
        let place = file.position.as_ref();
        let known = |path: &str| file.schema.at(path).is_some();
        if let Some(path) = file.region.as_ref().filter(|path| !known(path)) {
            lints.add(place, "unknown-column", &format!("region `{path}`"));
        }
        for default in &file.defaults {
            if !known(&default.path) {
                lints.add(place, "unknown-column", &format!("default of `{}`", default.path));
            }
            if default.value.is_some() == default.depends_on.is_some() {
                lints.add(place, "default-value", &format!("default of `{}` needs either a value or depends_on", default.path));
            }
        }
        for path in file.derives.iter().flat_map(|derive| &derive.inputs).chain(file.reads.iter().flat_map(|read| &read.paths)) {
            if !known(path) {
                lints.add(place, "unknown-column", &format!("`{path}`"));
            }
        }
        for path in &file.secrets {
            let plain = path.split_once('[').map_or(path.as_ref(), |(before, _)| before);
            if !known(plain) {
                lints.add(place, "unknown-column", &format!("secret `{path}`"));
            }
        }
        for fold in &file.folds {
            if !known(&fold.into) {
                lints.add(place, "unknown-column", &format!("fold into `{}`", fold.into));
            }
            let Some(satellite) = context.catalog.resource_type(&fold.from) else {
                lints.add(place, "unknown-type", &format!("fold from `{}`", fold.from));
                continue;
            };
            for path in fold.when.keys().filter(|path| satellite.schema.at(path).is_none()) {
                lints.add(place, "unknown-column", &format!("`{path}` of `{}`", fold.from));
            }
        }
        for name in file.implied_by.iter().filter(|name| context.catalog.resource_type(name).is_none()) {
            lints.add(place, "unknown-type", &format!("implied by `{name}`"));
        }
        let of_config = file.config.jq.iter().chain(&file.config.when);
        for program in of_config.chain(file.reads.iter().flat_map(|read| read.jq.iter().chain(&read.when))) {
            if let Err(message) = partywall_collect::check_program(program) {
                lints.add(place, "broken-jq", &message);
            }
        }
    }
}
