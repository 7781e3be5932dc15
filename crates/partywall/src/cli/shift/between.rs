//! Two ways of running a workload, duty by duty.

use std::io::Write as _;
use std::sync::Arc;

use anyhow::anyhow;
use partywall_catalog::{Catalog, Mode, Service};
use partywall_engine::{Assessor, Engine};
use partywall_model::{Resource, Source, SourceKind};
use partywall_table::{build_batch, project};
use serde::Serialize;

use crate::cli::Context;
use crate::cli::format::PlainFormat as Format;
use crate::cli::matrix::model::{self, Entry, Kind, Row};
use crate::cli::matrix::text;
use crate::exit;
use partywall_model::near::did_you_mean;

/// What happens to a duty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Move {
    ToAws,
    ToCustomer,
    ToSetting,
    AppearsForCustomer,
    AppearsForAws,
    FallsAway,
    StaysWithCustomer,
    StaysWithSetting,
    StaysWithAws,
}

const MOVES: [(Move, &str); 9] = [
    (Move::ToAws, "Moves to AWS"),
    (Move::ToCustomer, "Moves to the customer"),
    (Move::ToSetting, "Will depend on a setting"),
    (Move::AppearsForCustomer, "Appears, the customer's or by setting"),
    (Move::AppearsForAws, "Appears, AWS's"),
    (Move::FallsAway, "Falls away"),
    (Move::StaysWithCustomer, "Stays with the customer"),
    (Move::StaysWithSetting, "Stays, depends on a setting"),
    (Move::StaysWithAws, "Stays with AWS"),
];

/// One duty on its way.
#[derive(Serialize)]
struct Step<'a> {
    r#move: Move,
    id: &'a str,
    title: &'a str,
    layer: &'a str,
    before: Option<String>,
    after: Option<String>,
    aws: String,
    customer: String,
}

#[derive(Serialize)]
struct Shifted<'a> {
    from: String,
    to: String,
    duties: Vec<Step<'a>>,
}

pub(super) fn run(context: &Context, from: &str, to: &str, format: Format) -> anyhow::Result<u8> {
    let (before, before_note) = find(context, from)?;
    let (after, after_note) = find(context, to)?;
    let steps = steps(&context.catalog, &before, &after);
    let mut out = std::io::BufWriter::new(anstream::stdout());
    if format == Format::Json {
        serde_json::to_writer_pretty(&mut out, &Shifted { from: before.name(), to: after.name(), duties: steps })?;
        writeln!(out)?;
        out.flush()?;
        return Ok(exit::CLEAN);
    }
    writeln!(out, "from  {:28} {}{before_note}", before.name(), before.title)?;
    writeln!(out, "to    {:28} {}{after_note}", after.name(), after.title)?;
    for row in [&before, &after] {
        if let Some(life) = model::lifecycle(row.service, context.today()) {
            writeln!(out, "      {} {life}", row.service.title)?;
        }
    }
    writeln!(out)?;
    for (which, title) in MOVES {
        let count = steps.iter().filter(|step| step.r#move == which).count();
        if count > 0 {
            writeln!(out, "{count:>5}  {}", lower_first(title))?;
        }
    }
    for (which, title) in MOVES {
        let here: Vec<&Step<'_>> = steps.iter().filter(|step| step.r#move == which).collect();
        if here.is_empty() {
            continue;
        }
        writeln!(out, "\n{title}  {}", here.len())?;
        if matches!(which, Move::StaysWithAws | Move::StaysWithCustomer) {
            text::wrapped(&mut out, 2, &here.iter().map(|step| step.title).collect::<Vec<_>>().join(" · "))?;
            continue;
        }
        for step in here {
            writeln!(out, "  {}   {}", step.title, step.id)?;
            let conditional = |phrase: &Option<String>| phrase.as_deref().filter(|phrase| phrase.contains(" if ")).map(ToOwned::to_owned);
            for (word, phrase) in [("before", conditional(&step.before)), ("after", conditional(&step.after))] {
                if let Some(phrase) = phrase {
                    text::wrapped(&mut out, 4, &format!("{word}: {phrase}"))?;
                }
            }
            let aws = !matches!(which, Move::ToCustomer | Move::FallsAway);
            for (who, words, shown) in [("AWS", &step.aws, aws), ("customer", &step.customer, which != Move::AppearsForAws)] {
                if shown && !words.is_empty() {
                    text::wrapped(&mut out, 4, &format!("{who}: {words}"))?;
                }
            }
        }
    }
    out.flush()?;
    Ok(exit::CLEAN)
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

fn steps<'a>(catalog: &'a Catalog, before: &Row<'a>, after: &Row<'a>) -> Vec<Step<'a>> {
    let mut steps: Vec<Step<'_>> = catalog
        .duties
        .values()
        .filter_map(|duty| {
            let of = |row: &Row<'a>| row.entries.iter().find(|entry| entry.duty.id == duty.id).cloned();
            let (old, new) = (of(before), of(after));
            let words = new.as_ref().or(old.as_ref())?;
            let r#move = moved(old.as_ref(), new.as_ref())?;
            let part = |own: Option<&str>, general: &str| own.filter(|text| !text.is_empty()).unwrap_or(general).to_owned();
            Some(Step {
                r#move,
                id: &duty.id,
                title: &duty.title,
                layer: duty.layer(),
                before: old.as_ref().map(Entry::phrase),
                after: new.as_ref().map(Entry::phrase),
                aws: part(words.own.map(|own| &*own.aws), &duty.aws),
                customer: part(words.own.map(|own| &*own.customer), &duty.customer),
            })
        })
        .collect();
    steps.sort_by_key(|step| step.r#move);
    steps
}

fn moved(old: Option<&Entry<'_>>, new: Option<&Entry<'_>>) -> Option<Move> {
    let kind = |entry: &Entry<'_>| Kind::of(entry.owners.iter().map(|owner| owner.party.as_ref()));
    Some(match (old, new) {
        (None, None) => return None,
        (Some(_), None) => Move::FallsAway,
        (None, Some(new)) if kind(new) == Kind::Inherited => Move::AppearsForAws,
        (None, Some(_)) => Move::AppearsForCustomer,
        (Some(old), Some(new)) => match (kind(old), kind(new)) {
            (Kind::Inherited, Kind::Inherited) => Move::StaysWithAws,
            (Kind::Customer, Kind::Customer) => Move::StaysWithCustomer,
            (_, Kind::Inherited) => Move::ToAws,
            (_, Kind::Customer) => Move::ToCustomer,
            _ if old.owners == new.owners => Move::StaysWithSetting,
            _ => Move::ToSetting,
        },
    })
}

/// The line of the reference matrix that a type, a service or `service/mode` means, and what was chosen among several.
fn find<'a>(context: &'a Context, what: &str) -> anyhow::Result<(Row<'a>, String)> {
    let catalog = &context.catalog;
    let (service, candidates, of_type): (&Service, Vec<&Mode>, Option<&str>) = if what.contains("::") {
        let Some(service) = catalog.service_of(what) else {
            let known = catalog.services.values().flat_map(|service| &service.types).map(|name| &**name);
            return Err(anyhow!("no service has the type `{what}`{}", did_you_mean(what, known)));
        };
        let own: Vec<&Mode> = service.modes.iter().filter(|mode| mode.resource.as_deref() == Some(what)).collect();
        (service, own, Some(what))
    } else {
        let (service, mode) = model::named(catalog, what)?;
        let first = service.modes.first().and_then(|mode| mode.resource.as_ref());
        let own = match mode {
            Some(mode) => service.modes.iter().filter(|known| &*known.id == mode).collect(),
            None => service.modes.iter().filter(|mode| mode.resource.as_ref() == first).collect(),
        };
        (service, own, None)
    };
    let mode = match candidates.as_slice() {
        [] => {
            let types: Vec<&str> = service.modes.iter().filter_map(|mode| mode.resource.as_deref()).collect();
            return Err(anyhow!("`{what}` is run in no mode of its own; use one of {}", dedup(types).join(", ")));
        }
        [only] => (*only).clone(),
        several => plain_mode(context, several)?,
    };
    let others: Vec<&str> = service.modes.iter().filter(|other| other.id != mode.id).map(|other| &*other.id).collect();
    let note = match (candidates.len(), of_type) {
        (1, _) => String::new(),
        _ => format!(", nothing special set; also {}", text::cut(&others.join(", "), 60)),
    };
    let row = model::reference(catalog, &[format!("{}/{}", service.id, mode.id)])?.into_iter().next();
    row.map(|row| (row, note)).ok_or_else(|| anyhow!("`{what}` has no modes"))
}

fn dedup(mut names: Vec<&str>) -> Vec<&str> {
    names.dedup();
    names
}

/// The mode of a resource on which nothing is set; the last one, which asks for nothing, if that is not known.
fn plain_mode(context: &Context, modes: &[&Mode]) -> anyhow::Result<Mode> {
    let last = || modes.last().map(|mode| Mode::clone(mode)).ok_or_else(|| anyhow!("the service has no modes"));
    let Some(resource_type) = modes.first().and_then(|mode| mode.resource.as_deref()).and_then(|name| context.catalog.resource_type(name))
    else {
        return last();
    };
    let engine = Engine::new(&context.catalog, context.today())?;
    let mut assessor = Assessor::new(&context.catalog, &engine, |_| false, None);
    let (paths, envelope) = assessor.need(&resource_type)?;
    let source = Arc::new(Source { kind: SourceKind::Api, file: Arc::from("") });
    let row = Arc::new(Resource::new(resource_type.name.clone(), "", source));
    let schema = resource_type.schema.as_ref();
    let columns = paths.map_or_else(|| schema.clone(), |paths| project(schema, &paths));
    let batch = build_batch(&resource_type, SourceKind::Api, &columns, &envelope, vec![row])?;
    let duties = assessor.duties(&batch)?;
    let found = duties.iter().flatten().find_map(|duty| modes.iter().find(|mode| mode.id == duty.mode));
    found.map_or_else(last, |mode| Ok(Mode::clone(mode)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context() -> Context {
        let catalog = Catalog::load(None).unwrap().with_derived(partywall_collect::derived_columns).unwrap();
        Context { catalog, now: "2026-11-22T00:00:00Z".parse().unwrap(), options: Vec::new() }
    }

    #[test]
    fn a_managed_database_takes_the_system_over() {
        let context = context();
        let (before, _) = find(&context, "AWS::EC2::Instance").unwrap();
        let (after, _) = find(&context, "AWS::RDS::DBInstance").unwrap();
        assert_eq!((before.name().as_str(), after.name().as_str()), ("ec2/instance", "rds/standard"));
        let steps = steps(&context.catalog, &before, &after);
        let of = |id: &str| steps.iter().find(|step| step.id == id).map(|step| step.r#move);
        assert_eq!(of("guest-os.apply-patches"), Some(Move::ToAws));
        assert_eq!(of("engine-runtime.apply-minor-patch"), Some(Move::ToSetting));
        assert_eq!(of("facilities.guard-sites"), Some(Move::StaysWithAws));
    }

    #[test]
    fn what_nobody_knows_has_neighbours() {
        let context = context();
        assert!(find(&context, "AWS::EC2::Instanc").unwrap_err().to_string().contains("did you mean `AWS::EC2::Instance`"));
        assert!(find(&context, "ecs/fargat").unwrap_err().to_string().contains("fargate"));
    }
}
