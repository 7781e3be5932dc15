//! The long forms: a service's duties with sentences and sources, a resource's duties with deciding facts.

use std::io::{self, Write};

use partywall_catalog::{Catalog, Confidence};
use partywall_report::counted;
use serde::Serialize;

use super::model::{self, Entry, Kind, Row};
use super::text::{self, Sheet};
use super::used::Held;
use super::{Ages, Format};

/// Writes each duty of the services with sentence, owner, condition and source. Modes that agree on a duty share its lines.
pub(super) fn services(catalog: &Catalog, rows: &[Row<'_>], ages: Ages, out: &mut dyn Write) -> io::Result<()> {
    let mut rest = rows;
    while let Some(first) = rest.first() {
        let end = rest.iter().position(|row| row.service.id != first.service.id).unwrap_or(rest.len());
        let (here, after) = rest.split_at(end);
        service(catalog, here, ages, out)?;
        rest = after;
    }
    Ok(())
}

fn service(catalog: &Catalog, rows: &[Row<'_>], ages: Ages, out: &mut dyn Write) -> io::Result<()> {
    let Some(first) = rows.first() else { return Ok(()) };
    writeln!(out, "{} ({}) · {}", first.service.title, first.service.id, format!("{:?}", first.service.class).to_lowercase())?;
    if let Some(life) = model::lifecycle(first.service, ages.today) {
        writeln!(out, "  {life}")?;
    }
    if !first.service.security_chapter.is_empty() {
        writeln!(out, "  AWS's chapter: {}", first.service.security_chapter)?;
    }
    for row in rows {
        let count = row.resources.map(|count| format!("  {}", counted(count, "resource", "resources"))).unwrap_or_default();
        writeln!(out, "  {:36} {}{count}", row.name(), row.title)?;
    }
    for layer in model::courses(catalog).into_iter().flat_map(|(_, layers)| layers) {
        let kinds: Vec<Kind> = rows.iter().map(|row| row.kind(&layer.id)).collect();
        if kinds.iter().all(|kind| *kind == Kind::None) {
            continue;
        }
        writeln!(out, "\n{}", layer.title)?;
        for duty in catalog.duties.values().filter(|duty| duty.layer() == &*layer.id) {
            let mut groups: Vec<(Vec<&str>, &Entry<'_>)> = Vec::new();
            for row in rows {
                let Some(entry) = row.layer(&layer.id).find(|entry| entry.duty.id == duty.id) else { continue };
                match groups.iter_mut().find(|(_, known)| is_same(known, entry)) {
                    Some((modes, _)) => modes.push(&row.mode),
                    None => groups.push((vec![&row.mode], entry)),
                }
            }
            if groups.is_empty() {
                continue;
            }
            writeln!(out, "  {}   {}", duty.title, duty.id)?;
            for (modes, entry) in &groups {
                let others: Vec<&str> = rows.iter().map(|row| &*row.mode).filter(|mode| !modes.contains(mode)).collect();
                let scope = match others.len() {
                    0 => String::new(),
                    few if few < modes.len() => format!(" [all but {}]", others.join(", ")),
                    _ => format!(" [{}]", modes.join(", ")),
                };
                text::wrapped(out, 4, &format!("{}{scope}", entry.phrase()))?;
                sentences(entry, out)?;
                if let Some(note) = source_note(entry, ages) {
                    text::wrapped(out, 6, &note)?;
                }
            }
        }
    }
    writeln!(out)
}

fn is_same(a: &Entry<'_>, b: &Entry<'_>) -> bool {
    let words = |entry: &Entry<'_>| entry.own.map(|own| (own.aws.clone(), own.customer.clone()));
    let source = |entry: &Entry<'_>| entry.source().map(|source| (source.title.clone(), source.as_of, source.confidence));
    a.owners == b.owners && words(a) == words(b) && source(a) == source(b)
}

/// AWS's and the customer's sentence, where there is one.
fn sentences(entry: &Entry<'_>, out: &mut dyn Write) -> io::Result<()> {
    let pick = |own: Option<&str>, general: &str| own.filter(|text| !text.is_empty()).unwrap_or(general).to_owned();
    let aws = pick(entry.own.map(|own| &*own.aws), &entry.duty.aws);
    let customer = pick(entry.own.map(|own| &*own.customer), &entry.duty.customer);
    for (who, sentence) in [("AWS", aws), ("customer", customer)] {
        if !sentence.is_empty() {
            text::wrapped(out, 6, &format!("{who}: {sentence}"))?;
        }
    }
    Ok(())
}

fn source_note(entry: &Entry<'_>, ages: Ages) -> Option<String> {
    let source = entry.source()?;
    let confidence = match source.confidence {
        Confidence::Low => "unverified",
        Confidence::Medium => "medium confidence",
        Confidence::High => "high confidence",
    };
    let stale = if entry.is_stale(ages.today, ages.stale_after) { " · stale" } else { "" };
    Some(format!("({} · {} · {confidence}{stale})", source.title, source.as_of))
}

/// A resource's layer with its duties; the overview's contract with the resource and the facts added.
#[derive(Serialize)]
struct HeldDuty<'a> {
    id: &'a str,
    sentence: &'a str,
    party: String,
    when: Option<&'a str>,
    facts: Vec<String>,
}

#[derive(Serialize)]
struct HeldCell<'a> {
    resource: HeldResource<'a>,
    service: &'a str,
    mode: &'a str,
    layer: &'a str,
    kind: &'static str,
    duties: Vec<HeldDuty<'a>>,
}

#[derive(Serialize, Clone)]
struct HeldResource<'a> {
    r#type: &'a str,
    id: &'a str,
    account: Option<&'a str>,
    region: Option<&'a str>,
}

/// Writes each resource's duties with the facts that decided. `whole` shows also the duties that every service carries as they are.
pub(super) fn resources(catalog: &Catalog, held: &[&Held], whole: bool, format: Format, out: &mut dyn Write) -> anyhow::Result<()> {
    match format {
        Format::Table | Format::Html => {
            for one in held {
                resource(catalog, one, whole, out)?;
            }
        }
        Format::Json => {
            serde_json::to_writer_pretty(&mut *out, &held.iter().copied().flat_map(|one| cells(catalog, one)).collect::<Vec<_>>())?;
            writeln!(out)?;
        }
        Format::Csv | Format::Md => {
            let mut sheet = Sheet::new(&[
                "type", "resource", "account", "region", "service", "mode", "layer", "kind", "duty", "sentence", "party", "when", "facts",
            ]);
            for cell in held.iter().copied().flat_map(|one| cells(catalog, one)) {
                for duty in cell.duties {
                    sheet.rows.push(
                        [
                            cell.resource.r#type,
                            cell.resource.id,
                            cell.resource.account.unwrap_or_default(),
                            cell.resource.region.unwrap_or_default(),
                            cell.service,
                            cell.mode,
                            cell.layer,
                            cell.kind,
                            duty.id,
                            duty.sentence,
                            &duty.party,
                            duty.when.unwrap_or_default(),
                            &duty.facts.join("; "),
                        ]
                        .map(ToOwned::to_owned)
                        .to_vec(),
                    );
                }
            }
            if format == Format::Csv { sheet.csv(out)? } else { sheet.md(out)? }
        }
    }
    Ok(())
}

fn cells<'a>(catalog: &'a Catalog, one: &'a Held) -> Vec<HeldCell<'a>> {
    let (service, mode) = one.mode.split_once('/').unwrap_or((&one.mode, ""));
    let resource = HeldResource {
        r#type: &one.resource.resource_type,
        id: &one.resource.id,
        account: one.resource.account.as_deref(),
        region: one.resource.region.as_deref(),
    };
    catalog
        .layers
        .iter()
        .map(|layer| {
            let here = || one.duties.iter().filter(|duty| duty.duty.split('.').next() == Some(&*layer.id));
            HeldCell {
                resource: resource.clone(),
                service,
                mode,
                layer: &layer.id,
                kind: Kind::of(here().map(|duty| duty.owner.as_ref())).word(),
                duties: here()
                    .map(|duty| HeldDuty {
                        id: &duty.duty,
                        sentence: sentence(catalog, service, duty),
                        party: text::party_id(duty.owner.as_ref()),
                        when: duty.when.as_deref(),
                        facts: duty.facts.iter().map(text::fact).collect(),
                    })
                    .collect(),
            }
        })
        .collect()
}

fn sentence<'a>(catalog: &'a Catalog, service: &str, duty: &'a partywall_engine::OwnedDuty) -> &'a str {
    let Some(known) = catalog.duties.get(&duty.duty) else { return &duty.duty };
    let own = catalog.services.get(service).and_then(|service| service.duties.get(duty.row?));
    Entry { duty: known.as_ref(), own, owners: Vec::new() }.sentence(duty.owner.as_ref())
}

fn resource(catalog: &Catalog, one: &Held, whole: bool, out: &mut dyn Write) -> io::Result<()> {
    let resource = &one.resource;
    let name = resource.name.as_deref().or(resource.logical_id.as_deref()).unwrap_or(&resource.id);
    let place = [resource.account.as_deref(), resource.region.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let location = resource.location.as_ref().map(|location| format!("{}:{}", location.file, location.line)).unwrap_or_default();
    writeln!(
        out,
        "{}",
        text::cut(&text::clean(&format!("{name}  {}  {}  {place}  {location}", resource.resource_type, one.mode)), text::WIDTH)
    )?;
    let shown = |duty: &&partywall_engine::OwnedDuty| whole || duty.row.is_some();
    for layer in model::courses(catalog).into_iter().flat_map(|(_, layers)| layers) {
        let mut head = Some(layer.title.to_string());
        for duty in one.duties.iter().filter(shown).filter(|duty| duty.duty.split('.').next() == Some(&*layer.id)) {
            if let Some(head) = head.take() {
                writeln!(out, "  {head}")?;
            }
            let title = catalog.duties.get(&duty.duty).map_or(&*duty.duty, |duty| &*duty.title);
            let facts: Vec<String> = if duty.when.is_some() { duty.facts.iter().map(text::fact).collect() } else { Vec::new() };
            let line = format!("    {:38} {:24} ", text::cut(title, 38), text::cut(&text::party(duty.owner.as_ref()), 50));
            let facts = facts.join(" · ");
            if line.chars().count() + facts.chars().count() <= text::WIDTH {
                writeln!(out, "{}", format!("{line}{facts}").trim_end())?;
            } else {
                writeln!(out, "{}", line.trim_end())?;
                text::wrapped(out, 8, &facts)?;
            }
        }
    }
    let rest: Vec<_> = one.duties.iter().filter(|duty| !shown(duty)).collect();
    if !rest.is_empty() {
        let yours = rest.iter().filter(|duty| super::used::is_yours(duty.owner.as_ref())).count();
        writeln!(out, "  and {} that every service carries: {} AWS's, {yours} the customer's", rest.len(), rest.len() - yours)?;
    }
    writeln!(out)
}
