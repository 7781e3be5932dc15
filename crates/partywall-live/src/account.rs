//! Reading one account: listings first, then what each resource has to be asked for, then what lies within it.

mod details;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use partywall_aws::Partitions;
use partywall_catalog::{Read, ResourceType};
use partywall_collect::{CollectError, Collected, Failure, Live, Shaped};
use partywall_model::{CauseKind, Resource, Value};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::ask::{Asker, Target};
use crate::input::{Context, placeholders};
use crate::journal::QuestionKey;
use crate::lane::{Event, Lane, Purpose, What};
use crate::plan::{Plan, Scope, TypePlan};
use crate::progress::Progress;
use crate::question::{Question, Subject, Where, asked, text_at, unaskable};

/// Region under which things are filed that have none, or whose listing shows all Regions.
const EVERYWHERE: &str = "global";

/// Answers that may wait for the reader.
const WAITING: usize = 256;

/// How far the reading of a type in a place has come.
#[derive(Debug, Default)]
struct Standing {
    /// Level of the reads that are under way.
    level: usize,
    /// Lanes under way, and parents that are not done.
    pending: usize,
    /// A listing failed, so that not all resources are known.
    failed: bool,
    /// Everything has been read, or failed.
    done: bool,
}

/// One account while it is read.
pub(crate) struct AccountReading<'a> {
    plan: &'a Plan,
    types: Vec<&'a TypePlan>,
    asker: Asker,
    live: Live<'a>,
    regions: Vec<Arc<str>>,
    /// Where what has no Region is asked.
    home: Arc<str>,
    /// Id of the partition that the account is in.
    partition: String,
    progress: &'a dyn Progress,
    standings: BTreeMap<(usize, Arc<str>), Standing>,
    /// Listings that have failed in a place, wholly or for one of several questions.
    failed: HashSet<(usize, Arc<str>)>,
    /// Types whose rows are made together, and in how many places any of them is still read.
    groups: Vec<(BTreeSet<Arc<str>>, usize)>,
    sender: Sender<Event>,
    events: Receiver<Event>,
}

impl<'a> AccountReading<'a> {
    pub(crate) fn new(
        plan: &'a Plan,
        asker: Asker,
        live: Live<'a>,
        regions: Vec<Arc<str>>,
        home: Arc<str>,
        progress: &'a dyn Progress,
    ) -> Self {
        let (sender, events) = channel(WAITING);
        let types = plan.types.values().collect();
        let found = Partitions::builtin().ok().and_then(|partitions| partitions.of_region(&home));
        let partition = found.map_or_else(|| "aws".to_owned(), |partition| partition.id.clone());
        let groups = live.groups().into_iter().map(|group| (group, 0)).collect();
        let (standings, failed) = (BTreeMap::new(), HashSet::new());
        Self { plan, types, asker, live, regions, home, partition, progress, standings, failed, groups, sender, events }
    }

    /// Reads everything that the plan names.
    ///
    /// # Errors
    /// The journal cannot be written, or whoever takes the batches failed. What AWS refuses is no error: it is a gap.
    pub(crate) async fn run(mut self) -> Result<Collected, CollectError> {
        self.leave_out();
        self.start()?;
        while self.standings.values().any(|standing| !standing.done) {
            let Some(event) = self.events.recv().await else { break };
            self.take(event)?;
        }
        self.live.finish()
    }

    fn places(&self, scope: Scope) -> Vec<Arc<str>> {
        match scope {
            Scope::Regional => self.regions.clone(),
            Scope::Account => vec![Arc::from(EVERYWHERE)],
        }
    }

    fn leave_out(&mut self) {
        for resource_type in &self.plan.left_out {
            let whole = resource_type.global || resource_type.region.is_some();
            for region in self.places(if whole { Scope::Account } else { Scope::Regional }) {
                let asked = asked(resource_type, 0, &self.asker.account, &region, None);
                self.live.leave_out(&asked, CauseKind::NotLooked, format!("{} was left out of the reading", resource_type.title));
            }
        }
    }

    /// Starts the listings that need nothing but the account; the others wait for the types within which they list.
    fn start(&mut self) -> Result<(), CollectError> {
        for (index, plan) in self.types.clone().into_iter().enumerate() {
            for place in self.places(plan.scope) {
                let standing = Standing { pending: plan.listings.len(), ..Standing::default() };
                self.standings.insert((index, place), standing);
                self.group(&plan.resource_type.name).for_each(|(_, places)| *places += 1);
            }
        }
        for (number, listing) in self.plan.listings.iter().enumerate().filter(|(_, listing)| listing.of.is_none()) {
            for place in self.places(listing.scope) {
                match (Where::of(&listing.asked_in, &self.partition), listing.scope) {
                    (Where::Everywhere, _) | (Where::In(_), Scope::Account) => self.list(number, &place, &[None]),
                    (Where::In(region), Scope::Regional) if region == place => self.list(number, &place, &[None]),
                    // What that Region shows is nowhere else.
                    (Where::In(_) | Where::Nowhere, Scope::Regional) => self.end(Purpose::Listing(number), &place)?,
                    (Where::Nowhere, Scope::Account) => {
                        let words = format!("nothing: {} has no address in partition {}", listing.service, self.partition);
                        self.give_up(number, &place, CauseKind::NotAvailable, words)?;
                    }
                }
            }
        }
        for provided in self.plan.provided.values() {
            for place in self.places(provided.scope) {
                self.within(&provided.resource_type, &place, !provided.whole, false);
            }
        }
        self.orphans()?;
        // A type without a listing has nothing to wait for, and one within a type that is not read nothing to ask.
        let idle: Vec<_> = self.standings.iter().filter(|(_, standing)| standing.pending == 0).map(|(key, _)| key.clone()).collect();
        for (index, place) in idle {
            self.advance(index, &place)?;
        }
        Ok(())
    }

    fn group(&mut self, resource_type: &str) -> impl Iterator<Item = &mut (BTreeSet<Arc<str>>, usize)> {
        self.groups.iter_mut().filter(move |(types, _)| types.contains(resource_type))
    }

    /// Listings within a type that is not read: a mistake of the catalogue, which must not keep the others waiting.
    fn orphans(&mut self) -> Result<(), CollectError> {
        for (number, listing) in self.plan.listings.iter().enumerate() {
            let Some(of) = listing.of.as_ref().filter(|of| !self.is_known(of)) else { continue };
            for place in self.places(listing.scope) {
                self.give_up(number, &place, CauseKind::NotLooked, format!("nothing: {of} is not read"))?;
            }
        }
        Ok(())
    }

    fn is_known(&self, name: &Arc<str>) -> bool {
        self.plan.types.contains_key(name) || self.plan.provided.contains_key(name)
    }

    /// Ends a listing that is not asked.
    fn give_up(&mut self, number: usize, place: &Arc<str>, kind: CauseKind, words: String) -> Result<(), CollectError> {
        let failure = Failure { kind, code: None, words, operation: None, action: None };
        let subject = Subject { identity: Vec::new(), region: place.clone(), value: None };
        self.fail(Purpose::Listing(number), place, &[subject], &failure);
        self.end(Purpose::Listing(number), place)
    }

    /// Asks a listing in a place: once, or once for each of the parents.
    fn list(&self, number: usize, place: &Arc<str>, parents: &[Option<&Resource>]) {
        let Some(listing) = self.plan.listings.get(number) else { return };
        let target = Target::find(&listing.service, &listing.operation);
        let key_property = placeholders(&listing.input).into_iter().next();
        let lane = self.lane(Purpose::Listing(number), place);
        let mut questions = Vec::with_capacity(parents.len());
        let mut finders = Vec::new();
        for parent in parents.iter().copied() {
            let region = self.asked_region(place, parent, &listing.asked_in);
            let context = Context { account: &self.asker.account, region: &region, row: parent };
            let subject = key_property.as_ref().and_then(|name| text_at(parent?, name));
            let place_region = parent.and_then(|row| row.region.clone()).unwrap_or_else(|| place.clone());
            let subjects = vec![Subject { identity: Vec::new(), region: place_region, value: subject }];
            let input = context.members(&listing.input).map_err(|error| unaskable(&error));
            match &listing.names {
                None => questions.push(Question { subjects, region, input }),
                Some(names) => match input {
                    Ok(base) => {
                        let input = context.members(&names.input).map_err(|error| unaskable(&error));
                        finders.push((Question { subjects, region, input }, base));
                    }
                    Err(failure) => finders.push((Question { subjects, region, input: Err(failure) }, Value::Null)),
                },
            }
        }
        match (&listing.names, &listing.prepare, questions.pop()) {
            (Some(names), _, _) => {
                tokio::spawn(lane.run_named(listing.service.clone(), target, names.clone(), finders));
            }
            (None, Some(prepare), Some(question)) => {
                tokio::spawn(lane.run_prepared(listing.service.clone(), target, prepare.clone(), question));
            }
            (None, _, last) => {
                questions.extend(last);
                tokio::spawn(lane.run(target, questions, false));
            }
        }
    }

    /// What has no Region is asked at home, what lies in a Region there.
    fn asked_region(&self, place: &Arc<str>, row: Option<&Resource>, asked_in: &BTreeMap<String, Arc<str>>) -> Arc<str> {
        if let Where::In(region) = Where::of(asked_in, &self.partition) {
            return region;
        }
        let own = row.and_then(|row| row.region.clone()).filter(|region| &**region != EVERYWHERE);
        own.unwrap_or_else(|| if &**place == EVERYWHERE { self.home.clone() } else { place.clone() })
    }

    fn lane(&self, purpose: Purpose, place: &Arc<str>) -> Lane {
        Lane { asker: self.asker.clone(), events: self.sender.clone(), purpose, place: place.clone() }
    }

    fn take(&mut self, event: Event) -> Result<(), CollectError> {
        let Event { purpose, place, what } = event;
        match what {
            What::Answer { subjects, value, at, key, next } => self.answer(purpose, &subjects, value, at, &key, next.as_ref())?,
            What::Recorded { subjects, shaped, at } => self.place(purpose, &subjects, shaped, at),
            What::Spared { subjects } => self.spare(purpose, &subjects),
            What::Failed { subjects, failure } => self.fail(purpose, &place, &subjects, &failure),
            What::End => self.end(purpose, &place)?,
        }
        Ok(())
    }

    /// The reads that a lane works for.
    fn reads(&self, purpose: Purpose) -> Vec<(Arc<ResourceType>, usize)> {
        match purpose {
            Purpose::Listing(number) => self.plan.listings.get(number).map(|listing| listing.reads.clone()).unwrap_or_default(),
            Purpose::Detail(index, read) => self.types.get(index).map(|plan| (plan.resource_type.clone(), read)).into_iter().collect(),
        }
    }

    fn answer(
        &mut self,
        purpose: Purpose,
        subjects: &[Subject],
        value: Value,
        at: DateTime<Utc>,
        key: &QuestionKey,
        next: Option<&Value>,
    ) -> Result<(), CollectError> {
        let reads = self.reads(purpose);
        let mut shaped = Vec::with_capacity(reads.len());
        // An answer may be tens of megabytes: it is copied only where several types need it.
        let mut values = std::iter::repeat_n(value, reads.len());
        for (resource_type, place) in reads {
            if let (Some(read), Some(value)) = (resource_type.reads.get(place), values.next()) {
                shaped.push(self.live.shape(&resource_type, read, value));
            }
        }
        self.asker.record(key, &shaped, at, next).map_err(|failure| CollectError::Sink(failure.words))?;
        self.place(purpose, subjects, shaped, at);
        Ok(())
    }

    fn place(&mut self, purpose: Purpose, subjects: &[Subject], shaped: Vec<Shaped>, at: DateTime<Utc>) {
        for ((resource_type, read), mut shaped) in self.reads(purpose).into_iter().zip(shaped) {
            self.progress.resources(shaped.found.len());
            let of_all = resource_type.reads.get(read).is_some_and(Read::of_all);
            if let (true, Some(first)) = (of_all, shaped.lost.first()) {
                let failure = Failure { kind: CauseKind::Malformed, code: None, words: first.clone(), operation: None, action: None };
                for subject in subjects {
                    self.live.fail(&asked(&resource_type, read, &self.asker.account, &subject.region, Some(subject)), &failure, at);
                }
                continue;
            }
            if of_all {
                let known: HashSet<&str> = subjects.iter().filter_map(Subject::id).collect();
                let id = |found: &Value| resource_type.id_path().and_then(|path| found.at(path)).and_then(Value::as_str).map(str::to_owned);
                // What came after the listing is not in the snapshot.
                shaped.found.retain(|found| id(found).is_some_and(|id| known.contains(id.as_str())));
                let shown: HashSet<String> = shaped.found.iter().filter_map(id).collect();
                for subject in subjects.iter().filter(|subject| subject.id().is_none_or(|id| !shown.contains(id))) {
                    self.live.spare(&asked(&resource_type, read, &self.asker.account, &subject.region, Some(subject)), at);
                }
            }
            match subjects {
                [one] if !of_all => self.live.place(&asked(&resource_type, read, &self.asker.account, &one.region, Some(one)), shaped, at),
                // An answer about several says itself which it is about.
                many => {
                    let Some(region) = many.first().map(|first| first.region.clone()) else { continue };
                    self.live.place(&asked(&resource_type, read, &self.asker.account, &region, None), shaped, at);
                }
            }
        }
    }

    fn fail(&mut self, purpose: Purpose, place: &Arc<str>, subjects: &[Subject], failure: &Failure) {
        let at = self.asker.now();
        for (resource_type, read) in self.reads(purpose) {
            for subject in subjects {
                self.live.fail(&asked(&resource_type, read, &self.asker.account, &subject.region, Some(subject)), failure, at);
            }
            let absent =
                resource_type.reads.get(read).is_some_and(|read| failure.code.as_ref().is_some_and(|code| read.absent_on.contains(code)));
            if let (Purpose::Listing(number), false) = (purpose, absent) {
                self.failed.insert((number, place.clone()));
            }
        }
    }

    /// A lane is through: what waited for it goes on.
    fn end(&mut self, purpose: Purpose, place: &Arc<str>) -> Result<(), CollectError> {
        let waiting: Vec<usize> = match purpose {
            Purpose::Detail(index, _) => vec![index],
            Purpose::Listing(number) => {
                let failed = self.failed.contains(&(number, place.clone()));
                if !failed {
                    for (resource_type, read) in self.reads(purpose) {
                        self.live.answered(&asked(&resource_type, read, &self.asker.account, place, None));
                    }
                }
                let served = |plan: &&TypePlan| plan.listings.contains(&number);
                let waiting: Vec<usize> = self.types.iter().enumerate().filter(|(_, plan)| served(plan)).map(|(index, _)| index).collect();
                for index in &waiting {
                    if let Some(standing) = self.standings.get_mut(&(*index, place.clone())) {
                        standing.failed |= failed;
                    }
                }
                waiting
            }
        };
        for index in waiting {
            let Some(standing) = self.standings.get_mut(&(index, place.clone())) else { continue };
            standing.pending = standing.pending.saturating_sub(1);
            if standing.pending == 0 {
                self.advance(index, place)?;
            }
        }
        Ok(())
    }

    /// Starts the next level of reads of a type in a place, or what lies within its resources when there is none. Rows of which all has been
    /// read, there and everywhere else, are handed over.
    fn advance(&mut self, index: usize, place: &Arc<str>) -> Result<(), CollectError> {
        let Some(plan) = self.types.get(index).copied() else { return Ok(()) };
        let Some(standing) = self.standings.get(&(index, place.clone())) else { return Ok(()) };
        if standing.level == 0 {
            let failed = standing.failed;
            self.within(&plan.resource_type, place, failed, false);
        }
        loop {
            let Some(standing) = self.standings.get_mut(&(index, place.clone())) else { return Ok(()) };
            standing.level += 1;
            let level = standing.level;
            if plan.details.iter().all(|detail| detail.level < level) {
                break;
            }
            let mut started = 0;
            for detail in plan.details.iter().filter(|detail| detail.level == level) {
                started += usize::from(self.detail(index, plan, detail.read, place));
            }
            if started > 0 {
                if let Some(standing) = self.standings.get_mut(&(index, place.clone())) {
                    standing.pending = started;
                }
                return Ok(());
            }
        }
        let failed = self.standings.get_mut(&(index, place.clone())).is_some_and(|standing| {
            standing.done = true;
            standing.failed
        });
        self.progress.type_done();
        self.within(&plan.resource_type, place, failed, true);
        let mut through = Vec::new();
        for (types, places) in self.group(&plan.resource_type.name) {
            *places = places.saturating_sub(1);
            through.extend((*places == 0).then(|| types.clone()));
        }
        through.iter().try_for_each(|types| self.live.settle(types))
    }

    /// Starts the listings of what lies within the resources of a type: those that need no more than its listing, or those that do.
    fn within(&mut self, parent: &ResourceType, place: &Arc<str>, failed: bool, waits: bool) {
        for (number, listing) in self.plan.listings.iter().enumerate() {
            if listing.of.as_ref() != Some(&parent.name) || listing.waits != waits {
                continue;
            }
            if failed {
                let failure = Failure {
                    kind: CauseKind::NotLooked,
                    code: None,
                    words: format!("nothing: the {} within which it lists could not all be listed", parent.title),
                    operation: None,
                    action: None,
                };
                self.fail(
                    Purpose::Listing(number),
                    place,
                    &[Subject { identity: Vec::new(), region: place.clone(), value: None }],
                    &failure,
                );
            }
            let parents: Vec<_> = Self::rows(&self.live, &parent.name, place).map(|(_, row)| Some(row)).collect();
            self.list(number, place, &parents);
        }
    }
}
