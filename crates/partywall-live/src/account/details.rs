//! Reads that are made for each resource of a type.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use partywall_catalog::ResourceType;
use partywall_collect::{Failure, Live, Shaped};
use partywall_model::{CauseKind, Resource, Value};

use super::{AccountReading, EVERYWHERE};
use crate::input::{Context, InputError, placeholders};
use crate::lane::Purpose;
use crate::plan::TypePlan;
use crate::question::{Question, Subject, asked, batches, identity, text_at, together, unaskable, wanted};
use crate::sample::Sample;

impl AccountReading<'_> {
    /// The rows of a type there, with their places among all rows of the type.
    pub(super) fn rows<'r>(live: &'r Live<'_>, name: &str, place: &'r str) -> impl Iterator<Item = (usize, &'r Resource)> {
        live.rows(name).iter().enumerate().filter(move |(_, row)| place == EVERYWHERE || row.region.as_deref() == Some(place))
    }

    /// Starts a read for all resources of a type; false if there is nothing to ask.
    pub(super) fn detail(&mut self, index: usize, plan: &TypePlan, read_place: usize, place: &Arc<str>) -> bool {
        let Some(read) = plan.resource_type.reads.get(read_place) else { return false };
        let target = self.asker.target(&read.service, &read.operation);
        let mut asked_of: Vec<(Subject, Arc<str>, Result<Value, Failure>)> = Vec::new();
        let mut spared = Vec::new();
        let ruled = placeholders(&read.input).is_empty();
        let member = target.as_ref().ok().and_then(|target| target.open_member(&read.input));
        let name = &plan.resource_type.name;
        let sample = Sample::of(Self::rows(&self.live, name, place).map(|(_, row)| &*row.id), self.sample.filter(|_| !read.of_all()));
        let mut left_out = Vec::new();
        for (number, row) in Self::rows(&self.live, name, place) {
            let region = self.asked_region(place, Some(row), &read.asked_in);
            let filed = row.region.clone().unwrap_or_else(|| region.clone());
            let subject = Subject {
                identity: identity(&plan.resource_type, row),
                region: filed,
                value: read.per.as_ref().and_then(|per| text_at(row, per)),
                // A question that was asked somewhere gives a row without a Region that one.
                is_placed: plan.resource_type.region.as_ref().map_or(row.region.is_some(), |path| text_at(row, path).is_some()),
            };
            if !wanted(row, read, |path| self.live.told(&plan.resource_type, number, path)) {
                spared.push(subject);
                continue;
            }
            if !sample.has(&row.id) {
                left_out.push(subject);
                continue;
            }
            let context = Context { account: &self.asker.account, region: &region, row: Some(row) };
            let mut input = context.members(&read.input).map_err(|error| unaskable(&error));
            if let (Ok(input), Some(member), true, Some(_)) = (&mut input, &member, ruled, &read.per) {
                match &subject.value {
                    Some(text) if read.batch.is_some() => input.set(member, Value::List(vec![Value::str(text.as_str())])),
                    Some(text) => input.set(member, Value::str(text.as_str())),
                    None => {
                        asked_of.push((subject, region, Err(unaskable(&InputError::Missing(read.per.clone().unwrap_or_default())))));
                        continue;
                    }
                }
            }
            asked_of.push((subject, region, input));
        }
        self.spare(Purpose::Detail(index, read_place), &spared);
        self.leave_out_of_sample(Purpose::Detail(index, read_place), place, &left_out, name);
        if asked_of.is_empty() {
            return false;
        }
        let questions = match read.batch {
            _ if read.of_all() => together(asked_of),
            None => asked_of.into_iter().map(|(subject, region, input)| Question { subjects: vec![subject], region, input }).collect(),
            Some(size) => batches(asked_of, size),
        };
        let lane = self.lane(Purpose::Detail(index, read_place), place);
        match &read.unless {
            Some(unless) => tokio::spawn(lane.run_unless(read.service.clone(), target, unless.clone(), questions)),
            None => tokio::spawn(lane.run(target, questions, true)),
        };
        true
    }

    pub(super) fn spare(&mut self, purpose: Purpose, subjects: &[Subject]) {
        let at = self.asker.now();
        for (resource_type, read) in self.reads(purpose) {
            for subject in subjects {
                self.live.spare(&asked(&resource_type, read, &self.asker.account, &subject.region, Some(subject)), at);
            }
        }
    }

    /// An answer about several resources says itself which it is about.
    pub(super) fn place_several(
        &mut self,
        resource_type: &Arc<ResourceType>,
        read: usize,
        of: &[Subject],
        shaped: Shaped,
        at: DateTime<Utc>,
    ) {
        let Some(region) = of.first().map(|first| first.region.clone()) else { return };
        self.live.place(&asked(resource_type, read, &self.asker.account, &region, None), shaped, at);
    }

    /// Of what a call for all resources does not show, the catalogue knows what it has; only where the call was asked in the right Region.
    pub(super) fn place_of_all(
        &mut self,
        resource_type: &Arc<ResourceType>,
        read: usize,
        of: &[Subject],
        mut shaped: Shaped,
        at: DateTime<Utc>,
    ) {
        let asked = |subject: &Subject| asked(resource_type, read, &self.asker.account, &subject.region, Some(subject));
        if let Some(first) = shaped.lost.first() {
            let failure = Failure { kind: CauseKind::Malformed, code: None, words: first.clone(), operation: None, action: None };
            for subject in of {
                self.live.fail(&asked(subject), &failure, at);
            }
            return;
        }
        let known: HashSet<&str> = of.iter().filter_map(Subject::id).collect();
        let id = |found: &Value| resource_type.id_path().and_then(|path| found.at(path)).and_then(Value::as_str).map(str::to_owned);
        // What came after the listing is not in the snapshot.
        shaped.found.retain(|found| id(found).is_some_and(|id| known.contains(id.as_str())));
        let shown: HashSet<String> = shaped.found.iter().filter_map(id).collect();
        for subject in of.iter().filter(|subject| subject.id().is_none_or(|id| !shown.contains(id))) {
            if subject.is_placed {
                self.live.spare(&asked(subject), at);
            } else {
                let words = format!("nothing in {}, and the listing did not say in which Region it lies", subject.region);
                let failure = Failure { kind: CauseKind::CallFailed, code: None, words, operation: None, action: None };
                self.live.fail(&asked(subject), &failure, at);
            }
        }
        self.place_several(resource_type, read, of, shaped, at);
    }
}
