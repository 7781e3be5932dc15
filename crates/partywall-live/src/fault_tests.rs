//! Every operation that the catalogue names, failing in every way: what it would have told is unknown, everything else stays as it is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use aws_credential_types::Credentials;
use partywall_aws::model::Models;
use partywall_aws::{Caller, Client, ClientConfig, Identity};
use partywall_catalog::{Catalog, Read, ResourceType};
use partywall_collect::{Collected, Live, Need, Options, Rows};
use partywall_fake::{Fake, FakeConfig, Fault, FaultRule, Faults, Preset};
use partywall_model::{Gap, Listing, Resource, Value};

use crate::account::AccountReading;
use crate::ask::Asker;
use crate::models::{models, operations};
use crate::plan::Plan;
use crate::progress::Unwatched;

const REGION: &str = "eu-central-1";
const HOME: &str = "us-east-1";

/// Type, Region, id, and what the id lies in where that alone is not enough.
pub(crate) type Key = (Arc<str>, Option<Arc<str>>, Arc<str>, Vec<Option<Value>>);

pub(crate) struct Outcome {
    pub(crate) rows: Vec<(Key, Resource)>,
    pub(crate) collected: Collected,
    pub(crate) requests: u64,
    /// These requests by operation.
    pub(crate) asked: BTreeMap<String, u64>,
}

/// Of the one catalogue; read once for all readings.
static MODELS: OnceLock<Arc<Models>> = OnceLock::new();

pub(crate) fn catalog() -> Catalog {
    Catalog::load(None).unwrap().with_derived(partywall_collect::derived_columns).unwrap()
}

/// What is read, and what goes wrong.
pub(crate) struct Reading<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) plan: &'a Plan,
    pub(crate) rules: Vec<FaultRule>,
    pub(crate) world: &'static str,
    pub(crate) by_index: bool,
    pub(crate) sample: Option<usize>,
    pub(crate) answer_room: usize,
}

impl<'a> Reading<'a> {
    pub(crate) fn new(catalog: &'a Catalog, plan: &'a Plan) -> Self {
        Self {
            catalog,
            plan,
            rules: Vec::new(),
            world: "tiny",
            by_index: false,
            sample: None,
            answer_room: ClientConfig::default().answer_room,
        }
    }

    pub(crate) fn read(self) -> Outcome {
        let (mut rows, mut made): (Vec<(Key, Resource)>, _) = (Vec::new(), None);
        let collected = self.read_into(&mut |client, batch| {
            made = Some(client.clone());
            for row in batch.rows {
                let mut row = Resource::clone(&row);
                row.observed_at = None;
                let within = batch.resource_type.identity().iter().map(|path| row.properties.at(path).cloned()).collect();
                rows.push(((row.resource_type.clone(), row.region.clone(), row.id.clone(), within), row));
            }
        });
        // Types are handed over in the order in which their last answers come.
        rows.sort_by_cached_key(|(key, _)| format!("{key:?}"));
        let stats = made.as_ref().map(Client::stats).unwrap_or_default();
        let asked = stats.values().flatten().map(|(operation, of)| (operation.clone(), of.requests)).collect();
        Outcome { rows, collected, requests: made.as_ref().map_or(0, requests), asked }
    }

    fn read_into(self, take: &mut dyn FnMut(&Client, Rows<'_>)) -> Collected {
        let config = FakeConfig { throttles: false, faults: Faults::new(self.rules), ..FakeConfig::default() };
        let fake = Fake::new(Preset::named(self.world).unwrap(), self.catalog, config).unwrap();
        let account = fake.world().accounts().next().unwrap();
        let identity = Identity::new(Credentials::new(Fake::access_key(&account), "synthetic", None, None, "tests"));
        let config = ClientConfig { share: 1.0, seed: 1, answer_room: self.answer_room, ..ClientConfig::default() };
        let client = Client::new(config, fake);
        let caller = Caller::new(identity, Some(&account), HOME);
        let asker = Asker {
            client: client.clone(),
            models: Arc::clone(MODELS.get_or_init(|| models(self.catalog))),
            caller,
            account: Arc::from(account.as_str()),
            journal: None,
        };
        let mut emit = |batch: Rows<'_>| {
            take(&client, batch);
            Ok(())
        };
        let options = Options::default();
        let need = |_: &ResourceType| Need::default();
        let live = Live::new(self.catalog, &options, &need, &mut emit);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let reading = AccountReading::new(self.plan, asker, live, vec![Arc::from(REGION)], Arc::from(HOME), &Unwatched);
        let names = self.by_index.then_some(&self.catalog.index_names);
        runtime.block_on(reading.by_index(names).sample(self.sample).run()).unwrap()
    }
}

fn requests(client: &Client) -> u64 {
    client.stats().values().flat_map(BTreeMap::values).map(|operation| operation.requests).sum()
}

fn read(catalog: &Catalog, plan: &Plan, rules: Vec<FaultRule>) -> Outcome {
    Reading { rules, ..Reading::new(catalog, plan) }.read()
}

#[test]
fn rows_wait_for_nothing_but_what_they_are_made_of() {
    let catalog = catalog();
    let plan = Plan::new(&catalog, |_| true, None);
    let mut handed: Vec<(u64, usize)> = Vec::new();
    let mut all = 0;
    let mut last = 0;
    Reading::new(&catalog, &plan).read_into(&mut |client, batch| {
        last = requests(client);
        all += batch.rows.len();
        handed.push((last, batch.rows.len()));
    });
    let early: usize = handed.iter().filter(|(made, _)| *made < last * 3 / 4).map(|(_, rows)| rows).sum();
    assert!(early * 3 > all, "{early} of {all} rows when three quarters of {last} requests were made");
}

#[test]
fn what_one_call_shows_of_some_is_so_of_these_and_of_no_other() {
    let catalog = catalog();
    let name = "Partywall::EC2::Snapshot";
    let of_all = catalog.types[name].reads.iter().position(Read::of_all).unwrap();
    let told = |details: Option<&BTreeSet<(Arc<str>, usize)>>| {
        let rows = read(&catalog, &Plan::new(&catalog, |file| &*file.name == name, details), Vec::new()).rows;
        rows.iter().map(|(_, row)| row.properties.at("_Runtime.IsPublic").and_then(Value::as_bool)).collect::<Vec<_>>()
    };
    let shown = told(Some(&BTreeSet::from([(Arc::from(name), of_all)])));
    assert_eq!(shown.iter().filter(|public| **public == Some(true)).count(), 1, "{shown:?}");
    assert!(shown.contains(&Some(false)) && !shown.contains(&None), "{shown:?}");
    assert_eq!(shown, told(None), "each one's own permissions say the same");
}

/// The stand-in lists another value of this than it describes; AWS would not.
const INCONSISTENT: (&str, &str) = ("AWS::SageMaker::NotebookInstance", ".AdditionalCodeRepositories:");

/// Every operation of the catalogue, and the types that it serves.
fn asked(catalog: &Catalog) -> BTreeMap<(String, String), BTreeSet<Arc<str>>> {
    let mut found: BTreeMap<(String, String), BTreeSet<Arc<str>>> = BTreeMap::new();
    for file in catalog.types.values() {
        for read in file.reads.iter().filter(|read| !file.is_told_at_once(read)) {
            for operation in operations(read) {
                found.entry((read.service.clone(), operation.to_owned())).or_default().insert(file.name.clone());
            }
        }
    }
    found
}

/// Types whose facts rest on one of these: listed within them, folded, looked up.
fn resting(catalog: &Catalog, on: &BTreeSet<Arc<str>>) -> BTreeSet<Arc<str>> {
    let mut all = on.clone();
    loop {
        let more: BTreeSet<Arc<str>> = catalog
            .types
            .values()
            .filter(|file| {
                let of = file.reads.iter().filter_map(|read| read.of.as_ref());
                let folds = file.folds.iter().map(|fold| &fold.from);
                let depends = file.defaults.iter().filter_map(|default| default.depends_on.as_ref()).map(|depends| &depends.resource_type);
                let tables = file.derives.iter().flat_map(|derive| &derive.tables);
                of.chain(folds).chain(depends).chain(tables).chain(&file.implied_by).any(|name| all.contains(name))
            })
            .map(|file| file.name.clone())
            .filter(|name| !all.contains(name))
            .collect();
        if more.is_empty() {
            return all;
        }
        all.extend(more);
    }
}

/// Where a fact is neither what it was nor unknown.
pub(crate) fn changed(before: &Value, after: Option<&Value>, path: &str, found: &mut Vec<String>) {
    match (before, after) {
        (_, Some(after)) if after.holds_unknown() && !matches!(after, Value::Map(_)) => {}
        (Value::Map(members), Some(after @ Value::Map(_))) => {
            for (name, value) in members {
                changed(value, after.get(name), &format!("{path}.{name}"), found);
            }
        }
        (before, Some(after)) if before == after => {}
        (Value::Unknown(_), _) => {}
        (before, after) => found.push(format!("{path}: {before:?} became {after:?}")),
    }
}

fn compare(catalog: &Catalog, types: &BTreeSet<Arc<str>>, clean: &Outcome, faulted: &Outcome) -> Vec<String> {
    let mut wrong = Vec::new();
    let affected = resting(catalog, types);
    let missed = |key: &Key| {
        faulted.collected.gaps.iter().any(|gap| gap.resource_type == key.0 || gap.resource_type.is_empty())
            || catalog.types.get(&key.0).is_some_and(|file| !file.implied_by.is_empty())
    };
    for (key, before) in &clean.rows {
        match faulted.rows.iter().find(|(known, _)| known == key).map(|(_, row)| row) {
            Some(after) if !affected.contains(&key.0) => {
                if before != after {
                    wrong.push(format!("{key:?} does not rest on it and changed"));
                }
            }
            Some(after) => {
                changed(&before.properties, Some(&after.properties), &format!("{} {}", key.0, key.2), &mut wrong);
                wrong.retain(|line| !(line.starts_with(INCONSISTENT.0) && line.contains(INCONSISTENT.1)));
            }
            None if affected.contains(&key.0) && missed(key) => {}
            // What only a satellite names is not there without it.
            None if before.stub => {}
            None => wrong.push(format!("{key:?} is not there, and no gap says so")),
        }
    }
    wrong
}

#[test]
fn a_call_that_fails_makes_unknown_what_it_would_have_told_and_nothing_else() {
    let catalog = catalog();
    let page = FaultRule { page: 2, ..FaultRule::new(Fault::AccessDenied) };
    let faults: Vec<(&str, FaultRule)> = vec![
        ("denied", FaultRule::new(Fault::AccessDenied)),
        ("throttled", FaultRule::new(Fault::Throttled)),
        ("500", FaultRule::new(Fault::InternalError)),
        ("timeout", FaultRule::new(Fault::Timeout)),
        ("truncated", FaultRule::new(Fault::Truncated)),
        ("garbage", FaultRule::new(Fault::Garbage)),
        ("second page", page),
    ];
    let (mut combinations, mut struck) = (0, 0);
    let mut wrong = Vec::new();
    for ((service, operation), types) in asked(&catalog) {
        let plan = Plan::new(&catalog, |file| types.contains(&file.name), None);
        let clean = read(&catalog, &plan, Vec::new());
        let name = partywall_aws::model::Models::builtin().service(&service).unwrap().name.to_string();
        for (word, rule) in &faults {
            let faulted = read(&catalog, &plan, vec![rule.clone().of(&name, &operation)]);
            combinations += 1;
            struck += usize::from(faulted.rows != clean.rows || faulted.collected.gaps != clean.collected.gaps);
            let part = |listing: &&Listing| {
                let missed = |gap: &Gap| gap.resource_type == listing.resource_type && gap.id.is_none() && gap.region == listing.region;
                faulted.collected.gaps.iter().any(missed)
            };
            for listing in faulted.collected.listed.iter().filter(part) {
                wrong.push(format!("{service}:{operation} {word}: {} counts as listed beside its gap", listing.resource_type));
            }
            let told = faulted.collected.gaps != clean.collected.gaps || faulted.collected.unread != clean.collected.unread;
            if faulted.rows != clean.rows && !told {
                wrong.push(format!("{service}:{operation} {word}: rows changed, and the reading counts as whole"));
            }
            wrong.extend(
                compare(&catalog, &types, &clean, &faulted).into_iter().map(|line| format!("{service}:{operation} {word}: {line}")),
            );
        }
    }
    eprintln!("{combinations} combinations of operation and fault, {struck} of them changed something");
    assert!(combinations > 2_000 && struck * 2 > combinations, "{combinations} combinations, {struck} struck");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.iter().take(40).cloned().collect::<Vec<_>>().join("\n"));
}
