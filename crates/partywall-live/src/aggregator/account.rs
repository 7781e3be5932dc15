//! One account: the rows that AWS Config has of it, then what it lacks from the account itself.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use partywall_aws::{Caller, Room};
use partywall_catalog::ResourceType;
use partywall_collect::{Asked, CollectError, Failure, Live, Need, Options, Recorder, Rows, Shaped};
use partywall_lake::SnapshotWriter;
use partywall_model::{Cause, CauseKind, Value};
use tokio::sync::mpsc::{Sender, channel};
use tokio::task::JoinSet;

use super::inventory::{Health, Inventory, refusal};
use super::proof::{Recorded, names};
use super::query::{PAGE, Query, packed};
use super::{AggregatorReader, Read};
use crate::account::AccountReading;
use crate::ask::{Asker, Page, Target, Turned};
use crate::journal::{Journal, QuestionKey};
use crate::plan::Plan;
use crate::progress::Progress;
use crate::reading::{AccountError, AccountTarget, ReadError, Reader, end};

/// Queries of one account that are under way at once.
const WIDTH: usize = 8;

/// Pages that may wait for the reader.
const WAITING: usize = 16;

/// What came of a query.
enum Told {
    Page { query: usize, value: Value, at: DateTime<Utc>, key: QuestionKey, next: Option<Value>, room: Room },
    Recorded { query: usize, shaped: Vec<Shaped> },
    Failed { query: usize, failure: Failure },
}

/// One account while it is read.
struct Taken<'a> {
    account: &'a Arc<str>,
    /// Those of which the records count.
    regions: &'a [Arc<str>],
    /// Our types that are taken from AWS Config.
    types: BTreeMap<Arc<str>, Arc<ResourceType>>,
    recorder: Recorder,
    /// The records are of all Regions that the account has on.
    everywhere: bool,
}

impl AggregatorReader<'_> {
    #[expect(clippy::too_many_arguments, reason = "all of the reading that one account needs")]
    pub(super) async fn account(
        &self,
        all: &Plan,
        inventory: &Inventory,
        asker: &Asker,
        account: &Arc<str>,
        journals: &Path,
        writer: &Mutex<SnapshotWriter>,
        progress: &dyn Progress,
    ) -> Read {
        let Some(sources) = inventory.sources.get(account) else { return Err(AccountError::Refused(format!("account {account} is gone"))) };
        let mut regions = sources.clone();
        let healthy: Vec<Arc<str>> = regions.iter().filter(|(_, health)| health.is_none()).map(|(region, _)| region.clone()).collect();
        let counts = if healthy.is_empty() { Ok(BTreeMap::new()) } else { inventory.of_account(asker, account, &healthy).await };
        let counts = counts.unwrap_or_else(|failure| {
            let cause = Cause::new(failure.kind, format!("SelectAggregateResourceConfig answered {}", failure.words));
            let cause = cause.with_action("config:SelectAggregateResourceConfig");
            for health in regions.values_mut() {
                *health = health.take().or_else(|| Some(cause.clone()));
            }
            BTreeMap::new()
        });
        let recorded = Recorded { inventory, account, regions: &regions, counts: &counts };
        let (entered, everywhere, notes) = self.entered(all, account, &regions).await;
        let known = |file: &Arc<ResourceType>| names(file).iter().any(|name| counts.contains_key(name));
        let types: BTreeMap<Arc<str>, Arc<ResourceType>> = all
            .types
            .values()
            .map(|plan| plan.resource_type.clone())
            .filter(|file| if entered.is_some() { recorded.has_all(file) } else { known(file) })
            .chain(self.without_reads(all).filter(known))
            .map(|file| (file.name.clone(), file))
            .collect();
        let provided = if entered.is_some() { types.keys().cloned().collect() } else { BTreeSet::new() };
        let mut plan = Plan::beside(self.catalog, self.wanted, self.details, &provided);
        let path = journals.join(format!("{account}.jsonl"));
        let journal = Journal::open(&path, self.options.resume, &format!("aggregator {}", plan.fingerprint()))
            .map_err(|error| AccountError::Stop(ReadError::Journal { path, error }))?;
        let journal = Some(Arc::new(journal));
        let (options, need) = (Options::default(), |_: &ResourceType| Need::default());
        let mut emit = |rows: Rows<'_>| {
            let mut writer = writer.lock().map_err(|_| CollectError::Sink("the lake's writer failed before".to_owned()))?;
            writer.write(rows.resource_type, &rows.rows).map_err(|error| CollectError::Sink(error.to_string()))
        };
        let mut live = Live::new(self.catalog, &options, &need, &mut emit);
        let taken = Taken { account, regions: &healthy, types, recorder: Recorder::aggregator(&inventory.name), everywhere };
        let central = Asker { journal: journal.clone(), account: account.clone(), ..asker.clone() };
        progress.account(account, regions.len(), if entered.is_some() { plan.places(regions.len()) } else { 0 });
        let stop = |error: CollectError| AccountError::Stop(error.into());
        let open = taken.rows(&mut live, inventory, &central, &counts, progress).await.map_err(stop)?;
        for provided in plan.provided.values_mut() {
            provided.whole = !open.contains(&provided.resource_type.name);
        }
        for note in notes {
            live.note(note);
        }
        let collected = match entered {
            Some(caller) => {
                taken.types.values().for_each(|file| taken.tell(&mut live, &recorded, &open, file));
                let home = caller.region.clone();
                let asker = Asker { client: self.client.clone(), models: self.models.clone(), caller, account: account.clone(), journal };
                let regions = regions.keys().cloned().collect();
                let reader = Reader { catalog: self.catalog, plan: &plan, models: self.models, client: self.client, options: self.options };
                let names = reader.index_names();
                AccountReading::new(&plan, asker, live, regions, home, progress).by_index(names).sample(self.options.sample).run().await
            }
            None => {
                for (region, cause) in regions.iter().filter_map(|(region, health)| Some((region, health.clone()?))) {
                    live.gap(None, account, Some(region), cause, &taken.recorder);
                }
                all.types.values().for_each(|plan| taken.tell(&mut live, &recorded, &open, &plan.resource_type));
                for file in &all.left_out {
                    let cause = Cause::new(CauseKind::NotLooked, format!("{} was left out of the reading", file.title));
                    for (place, _) in recorded.places(file) {
                        live.gap(Some(&file.name), account, Some(&place), cause.clone(), &taken.recorder);
                    }
                }
                live.finish()
            }
        };
        let collected = collected.map_err(stop)?;
        end(writer, account)?;
        progress.account_done(account, None);
        Ok(collected)
    }

    /// In whose name the account is read where AWS Config lacks something, if it can be entered; whether the records are of all its Regions;
    /// what there is to say of it.
    async fn entered(&self, plan: &Plan, account: &Arc<str>, regions: &BTreeMap<Arc<str>, Health>) -> (Option<Caller>, bool, Vec<String>) {
        let Some(enter) = self.enter else { return (None, false, Vec::new()) };
        let target = AccountTarget { account: Some(account.clone()), ..enter(account) };
        let reader = Reader { catalog: self.catalog, plan, models: self.models, client: self.client, options: self.options };
        if let Err(message) = reader.identity(&target).await {
            let line = format!("account {account} was not entered: {message}; what AWS Config lacks was not read");
            return (None, false, vec![line]);
        }
        let caller = Caller { account: Some(account.clone()), ..target.caller };
        if !self.options.regions.is_empty() {
            return (Some(caller), false, Vec::new());
        }
        let (on, unnamed) = reader.regions(&caller, account).await;
        let beside: Vec<&str> = on.iter().filter(|region| !regions.contains_key(*region)).map(|region| &**region).collect();
        let line = format!(
            "account {account}: the aggregator has no records of {}, which the account has on; nobody looked there",
            beside.join(", ")
        );
        let everywhere = unnamed.is_none() && beside.is_empty();
        let notes = unnamed.into_iter().chain((!beside.is_empty()).then_some(line));
        (Some(caller), everywhere, notes.collect())
    }

    /// Types that no call lists, of what is read or folded into it.
    fn without_reads(&self, all: &Plan) -> impl Iterator<Item = Arc<ResourceType>> {
        let folded = |name: &Arc<str>| all.types.values().any(|plan| plan.resource_type.folds.iter().any(|fold| fold.from == *name));
        self.catalog
            .types
            .values()
            .filter(move |file| file.reads.is_empty() && ((self.wanted)(file) || folded(&file.name)))
            .cloned()
            .collect::<Vec<_>>()
            .into_iter()
    }
}

impl Taken<'_> {
    /// Adds all rows, and gives the types that may have more of them, each with its gap.
    async fn rows(
        &self,
        live: &mut Live<'_>,
        inventory: &Inventory,
        asker: &Asker,
        counts: &BTreeMap<Arc<str>, u64>,
        progress: &dyn Progress,
    ) -> Result<BTreeSet<Arc<str>>, CollectError> {
        let wanted: BTreeSet<&Arc<str>> = self.types.values().flat_map(|file| names(file)).collect();
        let counted = counts.iter().filter(|(name, _)| wanted.contains(name)).map(|(name, rows)| (name.clone(), *rows)).collect();
        let queries = packed(counted, self.account, self.regions);
        let mut open = BTreeSet::new();
        if queries.is_empty() {
            return Ok(open);
        }
        let (sender, mut events) = channel(WAITING);
        let inputs = queries.iter().map(|query| {
            let mut input = inventory.input(&query.expression(self.account, self.regions));
            input.set("Limit", Value::Int(i64::try_from(PAGE).unwrap_or(100)));
            input
        });
        tokio::spawn(ask_all(asker.clone(), Inventory::target(asker), inputs.collect(), sender));
        let mut results = vec![0_u64; queries.len()];
        let mut failed: BTreeMap<usize, Cause> = BTreeMap::new();
        while let Some(told) = events.recv().await {
            let (query, shaped) = match told {
                Told::Recorded { query, shaped } => (query, shaped),
                Told::Page { query, value, at, key, next, room } => {
                    let shaped = vec![live.shape_recorded(&value, self.account, &self.recorder)?];
                    drop((value, room));
                    asker.record(&key, &shaped, at, next.as_ref()).map_err(|failure| CollectError::Sink(failure.words))?;
                    (query, shaped)
                }
                Told::Failed { query, failure } => {
                    live.note(refusal("SelectAggregateResourceConfig", &failure));
                    let cause = Cause::new(failure.kind, format!("SelectAggregateResourceConfig answered {}", failure.words));
                    failed.insert(query, cause.with_action("config:SelectAggregateResourceConfig"));
                    continue;
                }
            };
            for shaped in shaped {
                let count = Recorder::results(&shaped);
                progress.resources(count);
                if let Some(known) = results.get_mut(query) {
                    *known += count as u64;
                }
                if let Some(first) = shaped.lost.first() {
                    let words = format!("{} could not be read: {first}", results_of(shaped.lost.len()));
                    failed.entry(query).or_insert_with(|| Cause::new(CauseKind::Malformed, words));
                }
                live.place_recorded(self.account, shaped, &self.recorder, &|name| self.types.contains_key(name))?;
            }
        }
        for (place, (query, found)) in queries.iter().zip(results).enumerate() {
            let short = || {
                let words = format!("AWS Config counted {} and showed {found}: it changed meanwhile; read again", query.rows);
                (found < query.rows).then(|| Cause::new(CauseKind::CallFailed, words))
            };
            let Some(cause) = failed.remove(&place).or_else(short) else { continue };
            open.extend(self.not_whole(live, query, &cause));
        }
        Ok(open)
    }

    /// Notes that a query does not tell everything of its types.
    fn not_whole(&self, live: &mut Live<'_>, query: &Query, cause: &Cause) -> Vec<Arc<str>> {
        let of_query = |file: &&Arc<ResourceType>| names(file).iter().any(|name| query.types.contains(name));
        let files: Vec<&Arc<ResourceType>> = self.types.values().filter(of_query).collect();
        for file in &files {
            if file.global {
                live.gap(Some(&file.name), self.account, Some(&Arc::from("global")), cause.clone(), &self.recorder);
                continue;
            }
            for region in self.regions {
                live.gap(Some(&file.name), self.account, Some(region), cause.clone(), &self.recorder);
            }
        }
        files.into_iter().map(|file| file.name.clone()).collect()
    }

    /// Says of a type where all of it was listed, and where not.
    fn tell(&self, live: &mut Live<'_>, recorded: &Recorded<'_>, open: &BTreeSet<Arc<str>>, file: &Arc<ResourceType>) {
        if open.contains(&file.name) {
            return;
        }
        let places = recorded.places(file);
        let listing = file.reads.iter().position(partywall_catalog::Read::lists);
        let answered = |live: &mut Live<'_>, region: &Arc<str>| {
            let Some(read) = listing else { return };
            let (resource_type, account, region) = (file.clone(), self.account.clone(), region.clone());
            live.answered(&Asked { resource_type, read, account, region, identity: Vec::new(), subject: None });
        };
        // One listing shows those of all Regions, so it is only answered if all of them are known.
        let at_once = file.global || file.region.is_some();
        if (file.global || file.region.is_some() && self.everywhere) && places.iter().all(|(_, health)| health.is_none()) {
            answered(live, &Arc::from("global"));
        }
        for (place, health) in places {
            match health {
                None if at_once => {}
                None => answered(live, &place),
                // Of this Region nothing at all is known, and that is said once.
                Some(_) if recorded.regions.get(&place).is_some_and(Option::is_some) => {}
                Some(cause) => live.gap(Some(&file.name), self.account, Some(&place), cause, &self.recorder),
            }
        }
    }
}

fn results_of(count: usize) -> String {
    if count == 1 { "1 result of a query".to_owned() } else { format!("{count} results of a query") }
}

/// Asks all queries, a few at a time.
async fn ask_all(asker: Asker, target: Result<Target, Failure>, inputs: Vec<Value>, sender: Sender<Told>) {
    let mut under_way = JoinSet::new();
    for (query, input) in inputs.into_iter().enumerate() {
        while under_way.len() >= WIDTH {
            under_way.join_next().await;
        }
        let (asker, target, sender) = (asker.clone(), target.clone(), sender.clone());
        under_way.spawn(async move {
            let failed = match target {
                Ok(target) => pages(&asker, &target, query, input, &sender).await.err(),
                Err(failure) => Some(failure),
            };
            if let Some(failure) = failed {
                // The reader of events goes away only when the reading is given up.
                let _ = sender.send(Told::Failed { query, failure }).await;
            }
        });
    }
    while under_way.join_next().await.is_some() {}
}

async fn pages(asker: &Asker, target: &Target, query: usize, mut input: Value, sender: &Sender<Told>) -> Result<(), Failure> {
    let region = asker.caller.region.clone();
    loop {
        let key = QuestionKey::new("rows", &asker.account, &region, target, &input);
        let Turned { page, next } = asker.page(key, &region, target, &input).await?;
        let told = match page {
            Page::Fresh { value, at, key, room } => Told::Page { query, value, at, key, next: next.clone(), room },
            Page::Recorded { shaped, .. } => Told::Recorded { query, shaped },
        };
        if sender.send(told).await.is_err() {
            return Ok(());
        }
        match next {
            Some(next) => input = next,
            None => return Ok(()),
        }
    }
}
