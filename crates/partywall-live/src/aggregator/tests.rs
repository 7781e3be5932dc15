//! Readings through an aggregator of the stand-in: what it has, what it lacks, and what goes wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use aws_credential_types::Credentials;
use partywall_aws::model::Models;
use partywall_aws::{Caller, Client, ClientConfig, Identity};
use partywall_catalog::{Catalog, ResourceType};
use partywall_collect::{Asked, CollectError, Live, Need, Options, Recorder, Rows};
use partywall_fake::{Fake, FakeConfig, FaultRule, Faults, Preset};
use partywall_lake::{Lake, LakeError, Snapshot};
use partywall_model::{CauseKind, Key, Resource, SourceKind, Value};

use super::AggregatorReader;
use crate::models::models;
use crate::plan::Plan;
use crate::progress::{Progress, Unwatched};
use crate::reading::{AccountTarget, ReadError, ReadOptions, Reader};

const REGION: &str = "eu-central-1";
const NAME: &str = "config-configurationaggregator-00000000";

fn catalog() -> &'static Catalog {
    static LOADED: LazyLock<Catalog> =
        LazyLock::new(|| Catalog::load(None).unwrap().with_derived(partywall_collect::derived_columns).unwrap());
    &LOADED
}

pub(super) struct World {
    catalog: &'static Catalog,
    client: Client,
    caller: Caller,
}

pub(super) fn world(rules: Vec<FaultRule>) -> World {
    let catalog = catalog();
    let config = FakeConfig { throttles: false, faults: Faults::new(rules), ..FakeConfig::default() };
    let fake = Fake::new(Preset::named("tiny").unwrap(), catalog, config).unwrap();
    let account = fake.world().accounts().next().unwrap();
    let identity = Identity::new(Credentials::new(Fake::access_key(&account), "synthetic", None, None, "tests"));
    let client = Client::new(
        ClientConfig { share: 1.0, seed: 1, max_attempts: 1, attempt_timeout: Duration::from_millis(500), ..ClientConfig::default() },
        fake,
    );
    World { catalog, client, caller: Caller::new(identity, None, REGION) }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

fn options(resume: bool) -> ReadOptions {
    ReadOptions { regions: vec![Arc::from(REGION)], resume, by_index: false, sample: None, accounts_at_once: 1, tool: "tests".to_owned() }
}

pub(super) type Wanted<'a> = &'a (dyn Fn(&ResourceType) -> bool + Sync);

/// Reads some services' types, with or without what AWS Config lacks.
pub(super) fn read(world: &World, lake: &Lake, wanted: Wanted<'_>, gap_reads: bool) -> Result<Snapshot, ReadError> {
    read_with(world, lake, wanted, gap_reads, false, &Unwatched)
}

fn read_with(
    world: &World,
    lake: &Lake,
    wanted: Wanted<'_>,
    gap_reads: bool,
    resume: bool,
    progress: &dyn Progress,
) -> Result<Snapshot, ReadError> {
    let runtime = runtime();
    let enter = |_: &str| AccountTarget { caller: world.caller.clone(), account: None, is_member: false };
    let options = options(resume);
    let reader = AggregatorReader {
        catalog: world.catalog,
        models: &models(world.catalog),
        client: &world.client,
        options: &options,
        wanted,
        details: None,
        caller: &world.caller,
        name: Some(NAME),
        accounts: &[],
        enter: if gap_reads { Some(&enter) } else { None },
    };
    reader.read(runtime.handle(), lake, progress)
}

pub(super) fn some(file: &ResourceType) -> bool {
    ["AWS::S3::", "AWS::EC2::", "AWS::IAM::", "AWS::Logs::", "AWS::KMS::"].iter().any(|service| file.name.starts_with(service))
}

pub(super) fn rows(snapshot: &Snapshot) -> Vec<Resource> {
    let mut rows = Vec::new();
    let mut emit = |_: &partywall_lake::TypeHeader, more: Vec<Resource>| {
        rows.extend(more);
        Ok::<(), LakeError>(())
    };
    snapshot.read(|_| true, &mut emit).unwrap();
    rows
}

pub(super) fn lake() -> (tempfile::TempDir, Lake) {
    let directory = tempfile::tempdir().unwrap();
    let lake = Lake::create_or_open(directory.path().join("lake")).unwrap();
    (directory, lake)
}

#[test]
fn with_what_config_lacks_everything_is_read_and_each_type_from_one_source() {
    let world = world(Vec::new());
    let (_kept, lake) = lake();
    let snapshot = read(&world, &lake, &some, true).unwrap();
    let mut kinds: BTreeMap<Arc<str>, BTreeSet<SourceKind>> = BTreeMap::new();
    let mut known = BTreeSet::new();
    for row in rows(&snapshot).into_iter().filter(|row| !row.stub) {
        kinds.entry(row.resource_type.clone()).or_default().insert(row.source.kind);
        known.insert((row.resource_type.clone(), row.region.clone(), row.id.clone()));
        let captured = row.observed_at.map(|at| at.to_rfc3339());
        assert!(row.source.kind != SourceKind::Config || captured.as_deref() == Some("2026-11-01T06:00:00+00:00"), "{row:?}");
    }
    assert!(kinds.values().all(|kinds| kinds.len() == 1), "{kinds:?}");
    let of = |kind: SourceKind| kinds.iter().filter(|(_, kinds)| kinds.contains(&kind)).map(|(name, _)| &**name).collect::<BTreeSet<_>>();
    assert!(of(SourceKind::Config).is_superset(&BTreeSet::from([
        "AWS::S3::Bucket",
        "AWS::EC2::Instance",
        "AWS::IAM::Role",
        "AWS::KMS::Key"
    ])));
    let api = of(SourceKind::Api);
    assert!(api.is_superset(&BTreeSet::from(["AWS::Logs::LogGroup", "AWS::IAM::AccessKey"])), "{api:?}");
    // The same resources as an ordinary reading, and no less of them listed: a recorder may prove more than the APIs let on.
    let (_kept, other) = self::lake();
    let (plan, options) = (Plan::new(world.catalog, some, None), options(false));
    let reader = Reader { catalog: world.catalog, plan: &plan, models: &models(world.catalog), client: &world.client, options: &options };
    let target = AccountTarget { caller: world.caller.clone(), account: None, is_member: false };
    let ordinary = reader.read(runtime().handle(), &other, &[target], &Unwatched).unwrap();
    // Of the buckets only those of the Region were asked for.
    let listed = |snapshot: &Snapshot| -> BTreeSet<_> {
        snapshot.meta().listed.iter().filter(|listing| &*listing.resource_type != "AWS::S3::Bucket").cloned().collect()
    };
    let less: Vec<_> = listed(&ordinary).difference(&listed(&snapshot)).cloned().collect();
    assert!(less.is_empty(), "{less:?}");
    let all: BTreeSet<_> = rows(&ordinary).into_iter().filter(|row| !row.stub).map(|row| (row.resource_type, row.region, row.id)).collect();
    let buckets_elsewhere =
        |(name, region, _): &&(Arc<str>, Option<Arc<str>>, Arc<str>)| &**name == "AWS::S3::Bucket" && region.as_deref() != Some(REGION);
    let missing: Vec<_> = all.difference(&known).filter(|row| !buckets_elsewhere(row)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(snapshot.meta().gaps.iter().all(|gap| gap.cause.kind == CauseKind::NotLooked), "{:?}", snapshot.meta().gaps);
}

#[test]
fn without_gap_reads_what_config_lacks_is_a_gap_and_never_none() {
    let world = world(Vec::new());
    let (_kept, lake) = lake();
    let snapshot = read(&world, &lake, &some, false).unwrap();
    let gaps = |name: &str| snapshot.meta().gaps.iter().any(|gap| &*gap.resource_type == name);
    let listed = |name: &str| snapshot.meta().listed.iter().any(|listing| &*listing.resource_type == name);
    for name in ["AWS::Logs::LogGroup", "AWS::IAM::AccessKey", "Partywall::EC2::Snapshot"] {
        assert!(gaps(name) && !listed(name), "{name}");
    }
    for name in ["AWS::KMS::Key", "AWS::EC2::Instance", "AWS::IAM::Role"] {
        assert!(!gaps(name) && listed(name), "{name}");
    }
    assert!(
        rows(&snapshot).iter().all(|row| row.source.kind == SourceKind::Config || row.stub || row.resource_type.starts_with("Partywall::"))
    );
    // What a satellite of an unrecorded type would say is unknown, not absent.
    let unrecorded =
        |file: &Arc<ResourceType>| file.folds.iter().find(|fold| fold.into.starts_with("_Attached") && gaps(&fold.from)).cloned();
    let mut asked = 0;
    for row in rows(&snapshot) {
        let Some(fold) = world.catalog.types.get(&row.resource_type).and_then(unrecorded) else { continue };
        asked += 1;
        assert!(row.properties.at(&fold.into).is_none_or(Value::holds_unknown), "{} {}", row.resource_type, fold.into);
        assert!(row.properties.at(&fold.into).is_some(), "{} {}", row.resource_type, fold.into);
    }
    eprintln!("{asked} rows with satellites that nobody recorded");
}

/// All items of the account as answers of queries.
fn pages(world: &World, runtime: &tokio::runtime::Runtime) -> Vec<Value> {
    let expression = "SELECT accountId, awsRegion, resourceType, resourceId, resourceName, arn, configurationItemStatus, \
        configurationItemCaptureTime, tags, configuration, supplementaryConfiguration WHERE awsRegion IN ('eu-central-1', 'global')";
    let service = Models::builtin().service("config").unwrap();
    let operation = service.operation("SelectAggregateResourceConfig").unwrap();
    let mut input = Value::Map(vec![
        (Key::from("ConfigurationAggregatorName"), Value::str(NAME)),
        (Key::from("Expression"), Value::str(expression)),
        (Key::from("Limit"), Value::Int(100)),
    ]);
    let mut pages = Vec::new();
    loop {
        let answer = runtime.block_on(world.client.call(&world.caller, &service, operation, &input)).unwrap().value;
        let next = partywall_aws::pages::next_input(operation, &input, &answer).unwrap();
        pages.push(answer);
        match next {
            Some(next) => input = next,
            None => return pages,
        }
    }
}

/// The same items as the snapshot file that AWS Config delivers.
fn snapshot_file(pages: &[Value]) -> String {
    let results = pages.iter().filter_map(|page| page.get("Results")?.as_list()).flatten().filter_map(Value::as_str);
    let item = |text: &str| {
        let mut item: serde_json::Value = serde_json::from_str(text).unwrap();
        item["awsAccountId"] = item["accountId"].take();
        let tags = item["tags"].as_array().unwrap().iter();
        item["tags"] = tags.map(|tag| (tag["key"].as_str().unwrap().to_owned(), tag["value"].clone())).collect();
        item
    };
    serde_json::json!({ "configSnapshotId": "synthetic", "configurationItems": results.map(item).collect::<Vec<_>>() }).to_string()
}

type Told = BTreeMap<(Arc<str>, Arc<str>), (Value, Option<Arc<str>>, Option<Arc<str>>, Option<Arc<str>>, bool)>;

fn told(row: &Resource) -> (Value, Option<Arc<str>>, Option<Arc<str>>, Option<Arc<str>>, bool) {
    let mut properties = row.properties.clone();
    properties.sort_members();
    // Who can become administrator rests on whether all identities were listed, which a file does not say.
    if properties.at("_Derived.Identity").is_some() {
        properties.set_at("_Derived.Identity", Value::Null);
    }
    (properties, row.account.clone(), row.region.clone(), row.arn.clone(), row.observed_at.is_some())
}

#[test]
fn a_query_says_what_a_snapshot_file_says() {
    let world = world(Vec::new());
    let pages = pages(&world, &runtime());
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("snapshot.json");
    std::fs::write(&path, snapshot_file(&pages)).unwrap();
    let (options, need) = (Options::default(), |_: &ResourceType| Need::default());
    let mut of_file: Told = BTreeMap::new();
    let mut emit = |batch: partywall_table::TypeBatch| {
        of_file.extend(batch.rows.iter().map(|row| ((row.resource_type.clone(), row.id.clone()), told(row))));
        Ok::<(), CollectError>(())
    };
    let collected = partywall_collect::collect(world.catalog, &[path], &options, &need, &mut emit).unwrap();
    assert_eq!(collected.errors, Vec::<String>::new());
    let mut of_query: Told = BTreeMap::new();
    let mut emit = |batch: Rows<'_>| {
        of_query.extend(batch.rows.iter().map(|row| ((row.resource_type.clone(), row.id.clone()), told(row))));
        Ok(())
    };
    let mut live = Live::new(world.catalog, &options, &need, &mut emit);
    let (recorder, account) = (Recorder::aggregator(NAME), Arc::from("111100000000"));
    let mut results = 0;
    for page in &pages {
        let shaped = live.shape_recorded(page, &account, &recorder).unwrap();
        assert_eq!(shaped.lost, Vec::<String>::new());
        results += Recorder::results(&shaped);
        live.place_recorded(&account, shaped, &recorder, &|_| true).unwrap();
    }
    // A file is taken for all that there is.
    for file in world.catalog.types.values() {
        let Some(read) = file.reads.iter().position(partywall_catalog::Read::lists) else { continue };
        let (account, region) = (account.clone(), Arc::from(if file.global { "global" } else { REGION }));
        live.answered(&Asked { resource_type: file.clone(), read, account, region, identity: Vec::new(), subject: None });
    }
    live.finish().unwrap();
    of_query.retain(|(name, _), _| &**name != "Partywall::Region");
    assert!(results > 250 && of_file.len() * 10 > results * 9, "{results} results, {} rows", of_file.len());
    let different: Vec<_> = of_file.iter().filter(|(key, told)| of_query.get(key) != Some(told)).collect();
    let first = different.first().map(|(key, told)| (told, of_query.get(*key)));
    assert!(
        first.is_none() && of_query.len() == of_file.len(),
        "{} different, {first:#?}, {} and {}",
        different.len(),
        of_query.len(),
        of_file.len()
    );
}

#[test]
fn a_result_that_cannot_be_read_is_said_and_the_others_stay() {
    let world = world(Vec::new());
    let (options, need) = (Options::default(), |_: &ResourceType| Need::default());
    let mut rows = Vec::new();
    let mut emit = |batch: Rows<'_>| {
        rows.extend(batch.rows.iter().map(|row| row.id.clone()));
        Ok(())
    };
    let mut live = Live::new(world.catalog, &options, &need, &mut emit);
    let page = partywall_collect::parse_json(
        r#"{"QueryInfo":{"SelectFields":[{"Name":"configuration"},{"Name":"supplementaryConfiguration"},{"Name":"tags"}]},"Results":[
        "{\"resourceType\":\"AWS::EC2::VPC\",\"resourceId\":\"vpc-1\",\"awsRegion\":\"eu-central-1\",\"configuration\":{\"vpcId\":\"vpc-1\"}}",
        "{\"resourceType\":\"AWS::EC2::VPC\",\"resourceId\":", 7,
        "{\"resourceType\":\"AWS::EC2::VPC\",\"resourceId\":\"vpc-3\",\"accountId\":\"444455556666\",\"awsRegion\":\"eu-central-1\",\"configuration\":{\"vpcId\":\"vpc-3\"}}",
        "{\"resourceType\":\"AWS::EC2::VPC\",\"resourceId\":\"vpc-1\",\"accountId\":\"444455556666\",\"configurationItemStatus\":\"ResourceDeleted\",\"configuration\":null}",
        "{\"resourceType\":\"AWS::EC2::VPC\",\"resourceId\":\"vpc-2\",\"configurationItemStatus\":\"ResourceDeleted\",\"configuration\":null}"]}"#,
    );
    let recorder = Recorder::aggregator("all");
    let shaped = live.shape_recorded(&page.unwrap(), "111122223333", &recorder).unwrap();
    assert_eq!((Recorder::results(&shaped), shaped.lost.len()), (6, 4), "{:?}", shaped.lost);
    live.place_recorded(&Arc::from("111122223333"), shaped, &recorder, &|_| true).unwrap();
    let collected = live.finish().unwrap();
    assert_eq!(collected.errors.len(), 4, "{:?}", collected.errors);
    assert_eq!(rows, [Arc::<str>::from("vpc-1")]);
}

/// Keeps the journals that are there when an account is through, as an interruption would leave them.
struct Keeper {
    from: std::path::PathBuf,
    to: std::path::PathBuf,
}

impl Progress for Keeper {
    fn account(&self, _: &str, _: usize, _: usize) {}
    fn type_done(&self) {}
    fn resources(&self, _: usize) {}
    fn account_done(&self, _: &str, _: Option<&str>) {
        std::fs::create_dir_all(&self.to).unwrap();
        for entry in std::fs::read_dir(&self.from).unwrap() {
            let path = entry.unwrap().path();
            std::fs::copy(&path, self.to.join(path.file_name().unwrap())).unwrap();
        }
    }
}

#[test]
fn an_interrupted_reading_goes_on_without_asking_again() {
    let world = world(Vec::new());
    let asked = || -> u64 {
        let stats = world.client.stats();
        stats.values().flat_map(|operations| operations.values()).map(|operation| operation.requests).sum()
    };
    let (directory, lake) = lake();
    let (other_directory, other) = self::lake();
    let keeper = Keeper { from: lake.root().join("journal"), to: other.root().join("journal") };
    let whole = read_with(&world, &lake, &some, true, false, &keeper).unwrap();
    let before = asked();
    let resumed = read_with(&world, &other, &some, true, true, &Unwatched).unwrap();
    // Who asks, and whether the account can be entered, is asked each time.
    assert!(asked() - before <= 4, "{} requests again", asked() - before);
    let plain = |snapshot: &Snapshot| {
        let mut rows = rows(snapshot);
        for row in &mut rows {
            row.observed_at = None;
        }
        rows
    };
    assert_eq!(plain(&whole), plain(&resumed));
    assert_eq!(whole.meta().listed, resumed.meta().listed);
    drop((directory, other_directory));
}
