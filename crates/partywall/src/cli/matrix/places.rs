//! Where a service that helps is on: rows that show it, and listings that were answered.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use partywall_catalog::{ResourceType, Service};
use partywall_collect::{Collected, Need};
use partywall_engine::{Engine, EngineError};
use partywall_model::SourceKind;
use partywall_table::{TypeBatch, build_batch, project};
use serde::Serialize;

use crate::cli::Context;
use crate::sight::{Place, in_region, place};

/// Where a service is on: places by answer, each in one of the sets.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Places {
    /// A row shows that it is on.
    pub(crate) on: BTreeSet<String>,
    /// It was listed there, and nothing that is on was found.
    pub(crate) off: BTreeSet<String>,
    /// It was looked for, and could not be read.
    pub(crate) unknown: BTreeSet<String>,
    /// The sources show other things there, but hold no answer of its listing.
    pub(crate) not_looked: BTreeSet<String>,
}

/// What the rows of a place say; the best answer counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Said {
    Off,
    Unknown,
    On,
}

/// Watches a run for the status of services.
pub(super) struct Watch<'a> {
    context: &'a Context,
    engine: &'a Engine,
    /// Every place that the sources show anything of.
    met: BTreeSet<Place>,
    /// Service id → what rows say.
    said: BTreeMap<Arc<str>, BTreeMap<Place, Said>>,
    /// Types that AWS Config recorded, by place.
    recorded: BTreeSet<(Arc<str>, Place)>,
}

impl<'a> Watch<'a> {
    pub(super) fn new(context: &'a Context, engine: &'a Engine) -> Self {
        Self { context, engine, met: BTreeSet::new(), said: BTreeMap::new(), recorded: BTreeSet::new() }
    }

    fn services(&self) -> impl Iterator<Item = (&'a Arc<Service>, &'a partywall_catalog::ServiceStatus)> + use<'a> {
        self.context.catalog.services.values().filter_map(|service| Some((service, service.status.as_ref()?)))
    }

    /// Adds to a type's need what shows that a service is on.
    pub(super) fn need(&self, resource_type: &ResourceType, need: &mut Need) -> Result<(), EngineError> {
        for (service, status) in self.services().filter(|(_, status)| status.resource == resource_type.name) {
            let broken = |source| EngineError::Predicate { id: service.id.clone(), source };
            let predicate = self.engine.predicate(resource_type, &status.on).map_err(broken)?;
            if let Some(paths) = &mut need.paths {
                paths.extend(predicate.reads().paths.iter().cloned());
            }
            need.envelope.extend(predicate.reads().envelope.iter().copied());
        }
        need.envelope.sort();
        need.envelope.dedup();
        Ok(())
    }

    /// Asks every service whose status stands on the batch's type whether a row shows it on.
    pub(super) fn look(&mut self, batch: &TypeBatch) -> anyhow::Result<()> {
        self.met.extend(batch.rows.iter().map(|row| place(row)));
        let name = &batch.resource_type.name;
        for (service, status) in self.services().filter(|(_, status)| status.resource == *name) {
            let predicate = self.engine.predicate(&batch.resource_type, &status.on)?;
            let columns = project(&batch.resource_type.schema, &predicate.reads().paths);
            let envelope: Vec<_> = predicate.reads().envelope.iter().copied().collect();
            let asked = build_batch(&batch.resource_type, batch.kind, &columns, &envelope, batch.rows.clone())?;
            let plan = predicate.plan(self.engine, &asked.batch.schema(), &batch.resource_type.blind_paths(batch.kind))?;
            let answers: Vec<Option<bool>> =
                plan.evaluate(&asked.batch).map_or_else(|_| vec![None; batch.rows.len()], |answers| answers.iter().collect());
            let found = self.said.entry(service.id.clone()).or_default();
            for (row, answer) in batch.rows.iter().zip(answers) {
                let said = match answer {
                    Some(true) => Said::On,
                    Some(false) => Said::Off,
                    None => Said::Unknown,
                };
                found.entry(place(row)).and_modify(|known| *known = said.max(*known)).or_insert(said);
                if batch.kind == SourceKind::Config {
                    self.recorded.insert((name.clone(), place(row)));
                }
            }
        }
        Ok(())
    }

    /// The answers by service id, for all services whose status can be read.
    pub(super) fn answers(mut self, collected: &Collected) -> BTreeMap<Arc<str>, Places> {
        self.met.extend(collected.listed.iter().map(|listing| (listing.account.clone(), in_region(listing.region.as_ref()).cloned())));
        self.services().map(|(service, status)| (service.id.clone(), self.places(service, &status.resource, collected))).collect()
    }

    fn places(&self, service: &Service, name: &Arc<str>, collected: &Collected) -> Places {
        let once = self.context.catalog.resource_type(name).is_some_and(|known| known.global);
        let rows = self.said.get(&service.id);
        let gaps: Vec<Place> = collected
            .gaps
            .iter()
            .filter(|gap| gap.resource_type.is_empty() || gap.resource_type == *name)
            .map(|gap| (gap.account.clone(), in_region(gap.region.as_ref()).cloned()))
            .collect();
        // What an account has once is asked per account, everything else per Region; an account's own rows are no Region.
        let asked = self.met.iter().filter_map(|(account, region)| match (once, region) {
            (true, _) => Some((account.clone(), None)),
            (false, None) if account.is_some() => None,
            (false, region) => Some((account.clone(), region.clone())),
        });
        let all: BTreeSet<Place> =
            asked.chain(rows.into_iter().flatten().map(|(place, _)| place.clone())).chain(gaps.iter().cloned()).collect();
        let mut places = Places::default();
        for place in all {
            let listed = |(account, region): &Place| {
                collected.listed.iter().any(|listing| {
                    listing.resource_type == *name && listing.account == *account && covers(listing.region.as_ref(), region.as_ref(), once)
                })
            };
            let sure = place.0.is_some() && (once || place.1.is_some());
            let complete = listed(&place) || self.recorded.contains(&(name.clone(), place.clone()));
            let set = match rows.and_then(|rows| rows.get(&place)) {
                Some(Said::On) => &mut places.on,
                Some(Said::Unknown) => &mut places.unknown,
                _ if gaps.contains(&place) => &mut places.unknown,
                // Answered, but nobody knows for which account or Region.
                _ if complete && !sure => &mut places.unknown,
                _ if complete => &mut places.off,
                _ => &mut places.not_looked,
            };
            set.insert(words(&place));
        }
        places
    }
}

/// A listing of a whole account covers all of its Regions.
fn covers(listed: Option<&Arc<str>>, asked: Option<&Arc<str>>, once: bool) -> bool {
    once || listed.is_some_and(|listed| &**listed == "global") || listed == asked
}

fn words(place: &Place) -> String {
    match place {
        (Some(account), Some(region)) => format!("{account} {region}"),
        (Some(only), None) | (None, Some(only)) => only.to_string(),
        (None, None) => "here".to_owned(),
    }
}

impl Places {
    /// One word over all places: on somewhere is on; off needs every answer.
    pub(crate) fn word(&self) -> &'static str {
        if !self.on.is_empty() {
            "on"
        } else if !self.unknown.is_empty() {
            "unknown"
        } else if self.off.is_empty() || !self.not_looked.is_empty() {
            "not looked"
        } else {
            "off"
        }
    }

    /// The answer with its places.
    pub(crate) fn phrase(&self) -> String {
        let part = |word: &str, places: &BTreeSet<String>| match places.len() {
            0 => None,
            1..=3 => Some(format!("{word}: {}", places.iter().map(String::as_str).collect::<Vec<_>>().join(", "))),
            many => Some(format!("{word} in {many} places")),
        };
        let parts = [part("on", &self.on), part("off", &self.off), part("unknown", &self.unknown), part("not looked", &self.not_looked)];
        let words: Vec<String> = parts.into_iter().flatten().collect();
        if words.is_empty() { "not looked".to_owned() } else { words.join(" · ") }
    }
}

#[cfg(test)]
mod tests {
    use partywall_catalog::Catalog;
    use partywall_model::{Cause, CauseKind, Gap, Listing, Resource, Source, Value};

    use super::*;

    const DETECTOR: &str = "AWS::GuardDuty::Detector";

    fn listing(name: &str, account: Option<&str>, region: &str) -> Listing {
        Listing { resource_type: Arc::from(name), account: account.map(Arc::from), region: Some(Arc::from(region)) }
    }

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn row(region: &str, enable: bool, kind: SourceKind) -> Arc<Resource> {
        let mut row = Resource::new(DETECTOR, format!("d-{region}"), Arc::new(Source { kind, file: Arc::from("x.json") }));
        row.account = Some(Arc::from("111122223333"));
        row.region = Some(Arc::from(region));
        row.properties.set("Enable", Value::Bool(enable));
        Arc::new(row)
    }

    #[test]
    fn off_is_said_only_where_the_listing_was_answered() {
        let catalog = Catalog::load(None).unwrap().with_derived(partywall_collect::derived_columns).unwrap();
        let context = Context { catalog, now: "2026-11-22T00:00:00Z".parse().unwrap(), options: Vec::new() };
        let engine = Engine::new(&context.catalog, context.today()).unwrap();
        let resource_type = context.catalog.resource_type(DETECTOR).unwrap();
        let mut watch = Watch::new(&context, &engine);
        for (kind, rows) in [
            (SourceKind::Api, vec![row("eu-central-1", true, SourceKind::Api), row("eu-west-1", false, SourceKind::Api)]),
            (SourceKind::Config, vec![row("eu-west-2", false, SourceKind::Config)]),
        ] {
            let batch = build_batch(&resource_type, kind, &resource_type.schema, &[], rows).unwrap();
            watch.look(&batch).unwrap();
        }
        let mut collected = Collected::default();
        let account = Some("111122223333");
        collected.listed.insert(listing(DETECTOR, account, "us-east-1"));
        collected.listed.insert(listing(DETECTOR, None, "us-west-2"));
        collected.listed.insert(listing("AWS::EC2::Instance", account, "us-east-2"));
        collected.listed.insert(listing("AWS::IAM::Role", account, "global"));
        collected.gaps.push(Gap {
            resource_type: Arc::from(DETECTOR),
            id: None,
            account: account.map(Arc::from),
            region: Some(Arc::from("eu-north-1")),
            path: None,
            cause: Arc::new(Cause::new(CauseKind::Denied, "no")),
            source: Arc::new(Source { kind: SourceKind::Api, file: Arc::from("x.json") }),
        });
        let answers = watch.answers(&collected);
        let places = &answers["guardduty"];
        assert_eq!(places.on, set(&["111122223333 eu-central-1"]));
        assert_eq!(places.off, set(&["111122223333 eu-west-2", "111122223333 us-east-1"]));
        assert_eq!(places.unknown, set(&["111122223333 eu-north-1", "us-west-2"]));
        assert_eq!(places.not_looked, set(&["111122223333 eu-west-1", "111122223333 us-east-2"]), "eu-west-1 shows one row, not all");
        assert_eq!(answers["macie"].word(), "not looked");
        assert_eq!(answers["macie"].on, set(&[]));
    }

    #[test]
    fn one_word_never_hides_what_is_not_known() {
        let mut places = Places::default();
        assert_eq!((places.word(), places.phrase().as_str()), ("not looked", "not looked"));
        places.off.insert("a".to_owned());
        assert_eq!(places.word(), "off");
        places.not_looked.insert("d".to_owned());
        assert_eq!(places.word(), "not looked");
        places.unknown.insert("b".to_owned());
        assert_eq!(places.word(), "unknown");
        places.on.insert("c".to_owned());
        assert_eq!(places.word(), "on");
        assert_eq!(places.phrase(), "on: c · off: a · unknown: b · not looked: d");
    }
}
