//! Which AWS services help with each duty, and whether they are on.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

use partywall_catalog::{Catalog, Service};
use serde::Serialize;

use super::model::{courses, lifecycle};
use super::places::Places;
use super::text::{self, Sheet};
use super::{Ages, Format};

/// Where the answer stands beside the service's name.
const BESIDE: usize = 35;

/// A duty with its helpers.
#[derive(Serialize)]
struct Helped<'a> {
    duty: &'a str,
    title: &'a str,
    layer: &'a str,
    services: Vec<Helper<'a>>,
}

/// A service that helps with a duty.
#[derive(Serialize)]
struct Helper<'a> {
    service: &'a str,
    title: &'a str,
    /// `on`, `off`, `unknown`, `not looked`; `None` without sources, or if no recorded fact shows it.
    status: Option<&'static str>,
    /// Where; `None` as above.
    places: Option<&'a Places>,
    lifecycle: Option<String>,
}

/// Writes the list; `places` is `None` without sources.
pub(super) fn write(
    catalog: &Catalog,
    places: Option<&BTreeMap<Arc<str>, Places>>,
    ages: Ages,
    format: Format,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let found = |service: &Service| places.and_then(|places| places.get(&service.id));
    let helped: Vec<Helped<'_>> = courses(catalog)
        .iter()
        .flat_map(|(_, layers)| layers)
        .flat_map(|layer| catalog.duties.values().filter(move |duty| duty.layer() == &*layer.id))
        .map(|duty| Helped {
            duty: &duty.id,
            title: &duty.title,
            layer: duty.layer(),
            services: catalog
                .services
                .values()
                .filter(|service| service.helps.contains(&duty.id))
                .map(|service| Helper {
                    service: &service.id,
                    title: &service.title,
                    status: found(service).map(Places::word),
                    places: found(service),
                    lifecycle: lifecycle(service, ages.today),
                })
                .collect(),
        })
        .filter(|helped| !helped.services.is_empty())
        .collect();
    match format {
        Format::Json => {
            serde_json::to_writer_pretty(&mut *out, &helped)?;
            writeln!(out)?;
        }
        Format::Csv | Format::Md => {
            let mut sheet = Sheet::new(&["layer", "duty", "title", "service", "status", "lifecycle"]);
            for one in &helped {
                for helper in &one.services {
                    sheet.rows.push(
                        [
                            one.layer,
                            one.duty,
                            one.title,
                            helper.title,
                            helper.status.unwrap_or_default(),
                            helper.lifecycle.as_deref().unwrap_or_default(),
                        ]
                        .map(ToOwned::to_owned)
                        .to_vec(),
                    );
                }
            }
            if format == Format::Csv { sheet.csv(out)? } else { sheet.md(out)? }
        }
        Format::Table | Format::Html => table(catalog, &helped, places, out)?,
    }
    Ok(())
}

fn table(
    catalog: &Catalog,
    helped: &[Helped<'_>],
    places: Option<&BTreeMap<Arc<str>, Places>>,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    let mut layer = "";
    for one in helped {
        if one.layer != layer {
            layer = one.layer;
            writeln!(out, "{}", catalog.layer(layer).map_or(layer, |layer| &layer.title))?;
        }
        let names: Vec<String> = one
            .services
            .iter()
            .map(|helper| {
                let notes: Vec<&str> = helper.status.into_iter().chain(helper.lifecycle.as_deref()).collect();
                if notes.is_empty() { helper.title.to_owned() } else { format!("{} ({})", helper.title, notes.join(", ")) }
            })
            .collect();
        writeln!(out, "  {}", one.title)?;
        text::wrapped(out, 4, &names.join(" · "))?;
    }
    let Some(places) = places else { return Ok(()) };
    writeln!(out, "\nOn here?")?;
    for service in catalog.services.values().filter(|service| !service.helps.is_empty()) {
        let answer = places.get(&service.id).map_or_else(|| "no recorded fact shows it".to_owned(), Places::phrase);
        let mut lines = Vec::new();
        text::wrapped(&mut lines, BESIDE, &answer)?;
        let lines = String::from_utf8_lossy(&lines);
        writeln!(out, "  {:width$}{}", service.title, lines.trim(), width = BESIDE - 2)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn detection_is_helped_by_guardduty() {
        let catalog = Catalog::load(None).unwrap();
        let ages = Ages { today: chrono::NaiveDate::from_ymd_opt(2026, 11, 22).unwrap(), stale_after: 365 };
        let mut places = BTreeMap::new();
        places.insert(Arc::from("guardduty"), Places { on: ["111122223333 eu-west-1".to_owned()].into(), ..Places::default() });
        let mut out = Vec::new();
        write(&catalog, Some(&places), ages, Format::Json, &mut out).unwrap();
        let list: serde_json::Value = serde_json::from_slice(&out).unwrap();
        let duty = list.as_array().unwrap().iter().find(|one| one["duty"] == "logging-monitoring.detect-threats").unwrap();
        assert!(duty["services"].as_array().unwrap().iter().any(|service| service["service"] == "guardduty"
            && service["status"] == "on"
            && service["places"]["on"][0] == "111122223333 eu-west-1"));
    }
}
