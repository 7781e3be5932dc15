//! Reading one account: listings first, then what each resource has to be asked for, then what lies within it.

mod details;
mod listings;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use partywall_aws::Partitions;
use partywall_catalog::{IndexNames, Read, ResourceType};
use partywall_collect::{CollectError, Collected, Failure, Live, Shaped};
use partywall_model::{CauseKind, Value};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::ask::Asker;
use crate::explorer::{self, Index};
use crate::journal::QuestionKey;
use crate::lane::{Event, Lane, Purpose, What};
use crate::plan::{Plan, Scope, TypePlan};
use crate::progress::Progress;
use crate::question::{Subject, asked};

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
    /// Another account is told of the organization.
    is_member: bool,
    /// Resources of each type in each place of which more is asked; of all if `None`.
    sample: Option<usize>,
    /// Types of which only a sample was asked.
    sampled: BTreeSet<Arc<str>>,
    /// Types whose listings do not show all, a line for each.
    shown_in_part: BTreeSet<String>,
    /// What indexes call types, if they are to be asked.
    index_names: Option<&'a IndexNames>,
    /// By Region.
    indexes: BTreeMap<Arc<str>, Index>,
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
        let (index_names, indexes) = (None, BTreeMap::new());
        Self {
            plan,
            types,
            asker,
            live,
            regions,
            home,
            partition,
            progress,
            standings,
            failed,
            groups,
            sender,
            events,
            is_member: false,
            sample: None,
            sampled: BTreeSet::new(),
            shown_in_part: BTreeSet::new(),
            index_names,
            indexes,
        }
    }

    /// What is known of each resource alone is asked of so many of each type and place.
    pub(crate) fn sample(mut self, size: Option<usize>) -> Self {
        self.sample = size;
        self
    }

    /// What only the organization's management account is told is not asked for in a member.
    pub(crate) fn member(mut self, is_member: bool) -> Self {
        self.is_member = is_member;
        self
    }

    /// Types of which an index of AWS Resource Explorer has none are not asked for.
    pub(crate) fn by_index(mut self, names: Option<&'a IndexNames>) -> Self {
        self.index_names = names;
        self
    }

    /// Reads everything that the plan names.
    ///
    /// # Errors
    /// The journal cannot be written, or whoever takes the batches failed. What AWS refuses is no error: it is a gap.
    pub(crate) async fn run(mut self) -> Result<Collected, CollectError> {
        self.leave_out();
        if self.index_names.is_some() {
            let (indexes, note) = explorer::ask_all(&self.asker, &self.regions).await;
            self.indexes = indexes;
            if let Some(note) = note {
                self.live.remark(note);
            }
        }
        self.start()?;
        while self.standings.values().any(|standing| !standing.done) {
            let Some(event) = self.events.recv().await else { break };
            self.take(event)?;
        }
        if let (Some(size), false) = (self.sample, self.sampled.is_empty()) {
            let names = self.sampled.iter().map(|name| &**name).collect::<Vec<_>>().join(", ");
            self.live.remark(format!(
                "account {}: a sample of {size} in each Region was asked for more, and no others, of {names}",
                self.asker.account
            ));
        }
        for line in self.shown_in_part {
            self.live.remark(line);
        }
        self.live.finish()
    }

    fn places(&self, scope: Scope) -> Vec<Arc<str>> {
        match scope {
            Scope::Regional => self.regions.clone(),
            Scope::Account => vec![Arc::from(EVERYWHERE)],
        }
    }

    fn group(&mut self, resource_type: &str) -> impl Iterator<Item = &mut (BTreeSet<Arc<str>>, usize)> {
        self.groups.iter_mut().filter(move |(types, _)| types.contains(resource_type))
    }

    fn lane(&self, purpose: Purpose, place: &Arc<str>) -> Lane {
        Lane { asker: self.asker.clone(), events: self.sender.clone(), purpose, place: place.clone() }
    }

    fn take(&mut self, event: Event) -> Result<(), CollectError> {
        let Event { purpose, place, what } = event;
        match what {
            What::Answer { subjects, value, at, key, next, room } => {
                self.answer(purpose, &subjects, value, at, &key, next.as_ref())?;
                drop(room);
            }
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
        for ((resource_type, read), shaped) in self.reads(purpose).into_iter().zip(shaped) {
            self.progress.resources(shaped.found.len());
            let shows_only = resource_type.reads.get(read).and_then(|read| read.shows_only.as_ref()).filter(|_| !shaped.found.is_empty());
            if let Some(words) = shows_only {
                self.shown_in_part.insert(format!("of {} only {words} are read", resource_type.name));
            }
            match subjects {
                many if resource_type.reads.get(read).is_some_and(Read::of_all) => {
                    self.place_of_all(&resource_type, read, many, shaped, at);
                }
                [one] => self.live.place(&asked(&resource_type, read, &self.asker.account, &one.region, Some(one)), shaped, at),
                many => self.place_several(&resource_type, read, many, shaped, at),
            }
        }
    }

    /// Those are not in the sample: what would have been asked of them stays unknown.
    fn leave_out_of_sample(&mut self, purpose: Purpose, place: &Arc<str>, subjects: &[Subject], of: &Arc<str>) {
        let (Some(size), false) = (self.sample, subjects.is_empty()) else { return };
        self.sampled.insert(of.clone());
        let words = format!("nothing: it was asked of a sample of {size}");
        let failure = Failure { kind: CauseKind::NotLooked, code: None, words, operation: None, action: None };
        self.fail(purpose, place, subjects, &failure);
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
}
