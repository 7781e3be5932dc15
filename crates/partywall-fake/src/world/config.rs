//! AWS Config in a world: what its recorders have of the same resources that the APIs tell of, as items in the shapes that Config uses.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use partywall_aws::model::Models;
use partywall_catalog::{Catalog, Read, ResourceType};
use partywall_collect::{CollectError, Live, Need, Options, Programs, Rows};
use partywall_model::{Key, Value};
use serde::Deserialize;

use super::answers::{Answers, Question};
use super::plan::Asked;
use super::rows::Item;
use super::select::Select;
use super::synth::Synth;
use super::{Form, HOME, Row, World};
use crate::FakeError;
use crate::encode::ServiceFault;

/// When everything was recorded.
const CAPTURED: &str = "2026-11-01T06:00:00.000Z";
const BUCKET: &str = "AWS::S3::Bucket";
const AGGREGATOR: &str = "AWS::Config::ConfigurationAggregator";

/// What AWS Config records: `worlds/config.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Recording {
    registry: BTreeSet<String>,
    described: BTreeSet<String>,
    #[serde(rename = "type")]
    of_type: BTreeMap<String, Shape>,
}

/// How the items of one type are made.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    /// Member names are the API's own.
    #[serde(default)]
    plain: bool,
    configuration: Option<String>,
    supplementary: Option<String>,
}

/// A type that is recorded.
#[derive(Debug)]
struct Recorded {
    kind: usize,
    /// Config's name.
    name: Arc<str>,
    /// Without secret paths: Config's items hold what the resource holds.
    resource_type: Arc<ResourceType>,
    shape: Shape,
    described: bool,
}

/// The recorders and aggregators of a world.
pub(crate) struct Recorders {
    types: Vec<Recorded>,
}

impl std::fmt::Debug for Recorders {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorders").field("types", &self.types.len()).finish_non_exhaustive()
    }
}

impl Recorders {
    pub(super) fn new(catalog: &Catalog, world: &World) -> Result<Self, FakeError> {
        let mut recording: Recording = toml::from_str(include_str!("../../worlds/config.toml"))
            .map_err(|error| FakeError::Data(format!("worlds/config.toml: {error}")))?;
        let mut types = Vec::new();
        for (kind, file) in catalog.types.values().filter_map(|file| Some((world.position(&file.name)?, file))) {
            let described = recording.described.contains(&*file.name);
            // Of these the APIs show one where the world may have more.
            let answers_whole = file.listing().is_some_and(|read| read.items.is_empty());
            let is_one = world.kind(kind).is_none_or(|kind| kind.singleton) || answers_whole;
            if (!described && !recording.registry.contains(&*file.name)) || is_one {
                continue;
            }
            let name = file.config.types.first().unwrap_or(&file.name).clone();
            let shape = recording.of_type.remove(&*file.name).unwrap_or_default();
            let resource_type = Arc::new(ResourceType { secrets: Vec::new(), ..ResourceType::clone(file) });
            types.push(Recorded { kind, name, resource_type, shape, described });
        }
        Ok(Self { types })
    }
}

impl Answers {
    /// The states of an aggregator's sources.
    pub(super) fn sources(&self, question: Question<'_>) -> Result<Vec<Value>, ServiceFault> {
        self.aggregator(question)?;
        let one = |account: &str, region: &str| {
            map([
                ("SourceId", Value::str(account)),
                ("SourceType", Value::str("ACCOUNT")),
                ("AwsRegion", Value::str(region)),
                ("LastUpdateStatus", Value::str("SUCCEEDED")),
                ("LastUpdateTime", Value::str("2026-11-01T06:00:00+00:00")),
            ])
        };
        let regions = self.world.regions();
        Ok(self.world.accounts().flat_map(|account| regions.iter().map(|region| one(&account, region)).collect::<Vec<_>>()).collect())
    }

    /// Every account of the world is in every aggregator of it.
    fn aggregator(&self, question: Question<'_>) -> Result<(), ServiceFault> {
        let name = question.input.get("ConfigurationAggregatorName").and_then(Value::as_str).unwrap_or_default();
        let found = self.world.position(AGGREGATOR).and_then(|kind| self.world.find(kind, question.account, question.region, name));
        let message = "the configuration aggregator does not exist";
        found.map(|_| ()).ok_or_else(|| ServiceFault::new("NoSuchConfigurationAggregatorException", message, 400))
    }

    /// How many results a query has, and those of a page.
    pub(super) fn select(&self, question: Question<'_>, start: u64, size: u64) -> Result<(Value, u64), ServiceFault> {
        self.aggregator(question)?;
        let text = question.input.get("Expression").and_then(Value::as_str).unwrap_or_default();
        let select = Select::parse(text).filter(|_| text.len() <= 4096);
        let select = select.ok_or_else(|| ServiceFault::new("InvalidExpressionException", "the syntax of the query is incorrect", 400))?;
        let accounts: Vec<String> = self.world.accounts().filter(|account| select.takes("accountId", account)).collect();
        let groups = self.groups(&select, &accounts);
        let mut results = Vec::new();
        let total = match select.group {
            Some(_) => {
                let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
                for (recorded, .., count) in &groups {
                    *counts.entry(&recorded.name).or_default() += count;
                }
                let here =
                    counts.iter().skip(usize::try_from(start).unwrap_or(usize::MAX)).take(usize::try_from(size).unwrap_or(usize::MAX));
                results.extend(here.map(|(name, count)| format!(r#"{{"COUNT(*)":{count},"resourceType":"{name}"}}"#)));
                counts.len() as u64
            }
            None => {
                let mut at = 0;
                with_maker(|maker| {
                    for (recorded, account, region, count) in &groups {
                        let (first, last) = (start.max(at), start.saturating_add(size).min(at + count));
                        for place in first..last {
                            let found = self.recorded(recorded, account, region, place - at, &select, maker);
                            results.extend(found.and_then(|item| partywall_table::canonical_json(&item)));
                        }
                        at += count;
                    }
                })?;
                at
            }
        };
        let fields = select.fields.iter().map(|field| map([("Name", Value::str(*field))])).collect();
        let answer = map([
            ("Results", Value::List(results.into_iter().map(Value::str).collect())),
            ("QueryInfo", map([("SelectFields", Value::List(fields))])),
        ]);
        Ok((answer, total))
    }

    /// Types, accounts, Regions as items name them, and how many rows there are.
    fn groups<'a>(&'a self, select: &Select<'_>, accounts: &'a [String]) -> Vec<(&'a Recorded, &'a str, &'a str, u64)> {
        let mut groups = Vec::new();
        for recorded in self.recorders.types.iter().filter(|recorded| select.takes("resourceType", &recorded.name)) {
            let bucket = &*recorded.resource_type.name == BUCKET;
            let global = self.world.kind(recorded.kind).is_some_and(|kind| kind.global) && !bucket;
            let regions = if global { vec!["global"] } else { self.world.regions().iter().map(|region| &**region).collect() };
            for account in accounts {
                for region in regions.iter().filter(|region| select.takes("awsRegion", region)) {
                    let all = self.world.count(recorded.kind, account, if global { HOME } else { region });
                    let count = if bucket { all / (self.world.regions().len() as u64).max(1) } else { all };
                    if count > 0 {
                        groups.push((recorded, account.as_str(), *region, count));
                    }
                }
            }
        }
        groups
    }

    /// One item with the selected fields.
    fn recorded(
        &self,
        recorded: &Recorded,
        account: &str,
        region: &str,
        index: u64,
        select: &Select<'_>,
        maker: &mut Maker,
    ) -> Option<Value> {
        let file = &recorded.resource_type;
        let asked = if region == "global" { HOME } else { region };
        let here = self.world.regions().iter().position(|known| **known == *region).unwrap_or(0) as u64;
        let first = if &*file.name == BUCKET {
            here * (self.world.count(recorded.kind, account, region) / self.world.regions().len() as u64)
        } else {
            0
        };
        let row = Row { account, region: asked, kind: recorded.kind, index: first + index };
        let told = self.told(row, file, &mut maker.reader);
        let shape = &recorded.shape;
        let program = shape.configuration.clone().or_else(|| {
            let listing = file.listing()?;
            recorded.described.then(|| format!(".{}", if shape.plain { listing.operation.clone() } else { small(&listing.operation) }))
        });
        let mut input = Value::Map(vec![(Key::from("registry"), Value::Map(told.registry.clone()))]);
        for (operation, item) in told.items {
            if shape.plain {
                input.set(&operation, item);
            } else {
                input.set(&small(&operation), camel(item));
            }
        }
        let configuration = match &program {
            Some(program) => maker.programs.run(program, &input).ok()?,
            None => {
                let blind = |name: &str| file.blind_paths(partywall_model::SourceKind::Config).iter().any(|path| **path == *name);
                Value::Map(told.registry.iter().filter(|(name, _)| !name.starts_with('_') && !blind(name)).cloned().collect())
            }
        };
        let supplementary = match &shape.supplementary {
            Some(program) => maker.programs.run(program, &input).ok()?,
            None => Value::Map(Vec::new()),
        };
        let registry = Value::Map(told.registry);
        let name = |form: Form| Value::str(self.world.name_of(row, form));
        let mut item = Value::Map(Vec::new());
        for field in &select.fields {
            let value = match *field {
                "accountId" => Value::str(account),
                "awsRegion" => Value::str(region),
                "resourceType" => Value::str(&*recorded.name),
                "resourceId" => name(Form::Id),
                "resourceName" => name(Form::Name),
                "arn" => name(Form::Arn),
                "configurationItemStatus" => Value::str("OK"),
                "configurationItemCaptureTime" => Value::str(CAPTURED),
                "tags" => tags(file, &registry),
                // In some items an object, in others its text: both come from AWS.
                "configuration" if index % 2 == 1 => Value::str(partywall_table::canonical_json(&configuration)?),
                "configuration" => configuration.clone(),
                "supplementaryConfiguration" => supplementary.clone(),
                _ => continue,
            };
            item.set(field, value);
        }
        Some(item)
    }

    /// What the APIs tell of a row: the items of all calls, and the registry's properties.
    fn told(&self, row: Row<'_>, file: &Arc<ResourceType>, reader: &mut Live<'_>) -> Told {
        let mut told = Told { items: Vec::new(), registry: Vec::new() };
        for read in file.reads.iter().filter(|read| !read.of_all()) {
            let answer = if read.lists() { self.shown(row, read) } else { self.asked(row, read, &told.registry) };
            let Some(answer) = answer else { continue };
            for found in reader.shape(file, read, answer.clone()).found.into_iter().take(1) {
                unite(&mut told.registry, found);
            }
            if let Some(item) = partywall_collect::items(answer, &read.items).ok().and_then(|items| items.into_iter().next()) {
                told.items.push((read.operation.clone(), item));
            }
        }
        told
    }

    /// A listing with one row.
    fn shown(&self, row: Row<'_>, read: &Read) -> Option<Value> {
        let service = Models::builtin().service(&read.service).ok()?;
        let operation = service.operation(&read.operation).ok()?;
        let parts = self.plan.parts(&service.name, &operation.name);
        let parent = self.world.kind(row.kind)?.parent;
        let of_row = |part: &super::plan::Part| {
            part.kind == row.kind
                && part.items == read.items
                && !part.finds
                && !matches!(part.asked, Asked::Within(within) if Some(within) != parent)
        };
        let part = parts.iter().position(of_row)?;
        let (input, place) = (Value::Map(Vec::new()), Row { kind: usize::MAX, index: 0, ..row });
        let page = [(part, Item { row, named: row })];
        let synth = Synth { world: &self.world, service: &service, input: &input, place, parts, page: &page };
        Some(synth.output(service.output(operation)?, self.world.place(row.account, row.region)))
    }

    /// The answer of a call for one row, as a reader asks it.
    fn asked(&self, row: Row<'_>, read: &Read, known: &[(Key, Value)]) -> Option<Value> {
        let service = Models::builtin().service(&read.service).ok()?;
        let operation = service.operation(&read.operation).ok()?;
        let known = Value::Map(known.to_vec());
        let text = |path: &str| match path {
            "account" => Some(row.account.to_owned()),
            "region" => Some(row.region.to_owned()),
            _ => match known.at(path) {
                Some(Value::Str(text)) => Some(text.to_string()),
                _ if path == "Arn" => Some(self.world.name_of(row, Form::Arn)),
                _ => None,
            },
        };
        let mut input = Value::Map(Vec::new());
        let mut ruled = false;
        for (name, value) in &read.input {
            let value = match value {
                toml::Value::String(template) => {
                    ruled |= template.contains('{');
                    Value::str(filled(template, &text)?)
                }
                toml::Value::Array(items) => {
                    let items: Option<Vec<Value>> = items.iter().map(|item| Some(Value::str(filled(item.as_str()?, &text)?))).collect();
                    ruled = true;
                    Value::List(items?)
                }
                _ => continue,
            };
            input.set(name, value);
        }
        if !ruled {
            let structure = service.input(operation)?;
            let open = structure.members.iter().find(|member| member.required && input.get(&member.name).is_none())?;
            let subject = Value::str(text(read.per.as_ref()?)?);
            input.set(&open.name, if read.batch.is_some() { Value::List(vec![subject]) } else { subject });
        }
        let question = Question { account: row.account, region: row.region, role: None, service: &service, operation, input: &input };
        self.answer(question).ok()
    }
}

/// Makes items. Programs are compiled once on each thread: on each page that would take longer than all else.
struct Maker {
    reader: Live<'static>,
    programs: Programs,
}

thread_local! {
    static MAKER: RefCell<Option<Maker>> = const { RefCell::new(None) };
}

/// Types as the reader of answers knows them.
static CATALOG: OnceLock<Option<Catalog>> = OnceLock::new();

impl Maker {
    fn new() -> Option<Self> {
        let catalog = CATALOG.get_or_init(|| Catalog::load(None).ok()).as_ref()?;
        let options: &'static Options = Box::leak(Box::default());
        let need: &'static dyn Fn(&ResourceType) -> Need = Box::leak(Box::new(|_: &ResourceType| Need::default()));
        let emit: &'static mut dyn FnMut(Rows<'_>) -> Result<(), CollectError> = Box::leak(Box::new(|_: Rows<'_>| Ok(())));
        Some(Self { reader: Live::new(catalog, options, need, emit), programs: Programs::default() })
    }
}

fn with_maker<T>(work: impl FnOnce(&mut Maker) -> T) -> Result<T, ServiceFault> {
    MAKER.with_borrow_mut(|kept| {
        if kept.is_none() {
            *kept = Maker::new();
        }
        kept.as_mut().map(work).ok_or_else(broken)
    })
}

/// What is known of a row.
struct Told {
    items: Vec<(String, Value)>,
    registry: Vec<(Key, Value)>,
}

fn broken() -> ServiceFault {
    ServiceFault::new("InternalError", "the catalogue cannot be loaded", 500)
}

/// Puts texts in the places of `{name}`; `None` if one is not known.
fn filled(template: &str, text: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, behind) = after.split_once('}')?;
        out.push_str(before);
        out.push_str(&text(name)?);
        rest = behind;
    }
    out.push_str(rest);
    Some(out)
}

/// Adds what is not there yet.
fn unite(base: &mut Vec<(Key, Value)>, more: Value) {
    let Value::Map(more) = more else { return };
    for (name, value) in more {
        match base.iter_mut().find(|(known, _)| *known == name) {
            None => base.push((name, value)),
            Some((_, Value::Map(inner))) => unite(inner, value),
            Some(_) => {}
        }
    }
}

/// As queries show tags: a list, whatever the registry has.
fn tags(file: &ResourceType, registry: &Value) -> Value {
    let tag = |key: &str, value: &str| {
        map([("tag", Value::str(format!("{key}={value}"))), ("key", Value::str(key)), ("value", Value::str(value))])
    };
    let found = file.tags_path().and_then(|path| registry.at(path));
    Value::List(match found {
        Some(Value::Map(members)) => members.iter().filter_map(|(key, value)| Some(tag(key, value.as_str()?))).collect(),
        Some(Value::List(items)) => {
            let text = |item: &Value, name: &str| item.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
            items.iter().filter_map(|item| Some(tag(&text(item, "Key")?, &text(item, "Value")?))).collect()
        }
        _ => Vec::new(),
    })
}

fn small(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_lowercase().to_string() + letters.as_str()).unwrap_or_default()
}

/// All member names with a small first letter; policy documents, whose names are no members of Config's, are texts there.
fn camel(value: Value) -> Value {
    match value {
        document @ Value::Map(_) if document.get("Statement").is_some() => {
            partywall_table::canonical_json(&document).map_or(Value::Null, Value::str)
        }
        Value::Map(members) => Value::Map(members.into_iter().map(|(name, value)| (Key::from(small(&name)), camel(value))).collect()),
        Value::List(items) => Value::List(items.into_iter().map(camel).collect()),
        other => other,
    }
}

fn map<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::Map(members.into_iter().map(|(name, value)| (Key::from(name), value)).collect())
}
