//! Which listings are asked, and where: those that need nothing but the account first, those within a type when that is listed.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use partywall_catalog::ResourceType;
use partywall_collect::{CollectError, Failure};
use partywall_model::{CauseKind, Resource, Value};

use super::{AccountReading, EVERYWHERE, Standing};
use crate::input::{Context, InputError, placeholders};
use crate::lane::Purpose;
use crate::plan::{Listing, Scope};
use crate::question::{Question, Subject, Where, asked, text_at, unaskable};
use crate::sample::Sample;

impl AccountReading<'_> {
    pub(super) fn leave_out(&mut self) {
        for resource_type in &self.plan.left_out {
            let whole = resource_type.global || resource_type.region.is_some();
            for region in self.places(if whole { Scope::Account } else { Scope::Regional }) {
                let asked = asked(resource_type, 0, &self.asker.account, &region, None);
                self.live.leave_out(&asked, CauseKind::NotLooked, format!("{} was left out of the reading", resource_type.title));
            }
        }
    }

    /// Starts the listings that need nothing but the account; the others wait for the types within which they list.
    pub(super) fn start(&mut self) -> Result<(), CollectError> {
        for (index, plan) in self.types.clone().into_iter().enumerate() {
            for place in self.places(plan.scope) {
                let standing = Standing { pending: plan.listings.len(), ..Standing::default() };
                self.standings.insert((index, place), standing);
                self.group(&plan.resource_type.name).for_each(|(_, places)| *places += 1);
            }
        }
        for (number, listing) in self.plan.listings.iter().enumerate().filter(|(_, listing)| listing.of.is_none()) {
            for place in self.places(listing.scope) {
                if self.is_member && listing.of_organization {
                    let words = "nothing: the organization's management account or a delegated administrator is told, no other".to_owned();
                    self.give_up(number, &place, CauseKind::NotLooked, words)?;
                    continue;
                }
                match (Where::of(&listing.asked_in, &self.partition), listing.scope) {
                    (Where::Everywhere, Scope::Regional) if self.is_empty_by_index(listing, &place) => {
                        for (resource_type, read) in &listing.reads {
                            self.live.indexed(&asked(resource_type, *read, &self.asker.account, &place, None));
                        }
                        self.end(Purpose::Listing(number), &place)?;
                    }
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
        let is_idle = |standing: &Standing| standing.pending == 0 && standing.level == 0;
        let idle: Vec<_> = self.standings.iter().filter(|(_, standing)| is_idle(standing)).map(|(key, _)| key.clone()).collect();
        for (index, place) in idle {
            self.advance(index, &place)?;
        }
        Ok(())
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

    fn is_empty_by_index(&self, listing: &Listing, place: &Arc<str>) -> bool {
        let (Some(names), Some(index)) = (self.index_names, self.indexes.get(place)) else { return false };
        listing.reads.iter().all(|(resource_type, _)| names.of(resource_type).is_some_and(|names| index.has_none(names)))
    }

    /// What a listing in a place is about.
    fn everything(place: &Arc<str>) -> Subject {
        Subject { identity: Vec::new(), region: place.clone(), value: None, is_placed: true }
    }

    /// Ends a listing that is not asked.
    fn give_up(&mut self, number: usize, place: &Arc<str>, kind: CauseKind, words: String) -> Result<(), CollectError> {
        let failure = Failure { kind, code: None, words, operation: None, action: None };
        self.fail(Purpose::Listing(number), place, &[Self::everything(place)], &failure);
        self.end(Purpose::Listing(number), place)
    }

    /// Asks a listing in a place: once, or once for each of the parents.
    fn list(&self, number: usize, place: &Arc<str>, parents: &[Option<&Resource>]) {
        let Some(listing) = self.plan.listings.get(number) else { return };
        let target = self.asker.target(&listing.service, &listing.operation);
        let key_property = placeholders(&listing.input).into_iter().next();
        let lane = self.lane(Purpose::Listing(number), place);
        let mut questions = Vec::with_capacity(parents.len());
        let (mut finders, mut asked) = (Vec::new(), HashSet::new());
        for parent in parents.iter().copied() {
            let region = self.asked_region(place, parent, &listing.asked_in);
            let context = Context { account: &self.asker.account, region: &region, row: parent };
            let subject = key_property.as_ref().and_then(|name| text_at(parent?, name));
            let place_region = parent.and_then(|row| row.region.clone()).unwrap_or_else(|| place.clone());
            let subjects = vec![Subject { identity: Vec::new(), region: place_region, value: subject, is_placed: true }];
            let input = match context.members(&listing.input) {
                Err(InputError::NothingToAsk(_)) => continue,
                input => input.map_err(|error| unaskable(&error)),
            };
            match &listing.names {
                // Several parents may name the same.
                None if input.is_ok() && !asked.insert((region.clone(), format!("{input:?}"))) => {}
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
    pub(super) fn asked_region(&self, place: &Arc<str>, row: Option<&Resource>, asked_in: &BTreeMap<String, Arc<str>>) -> Arc<str> {
        if let Where::In(region) = Where::of(asked_in, &self.partition) {
            return region;
        }
        let own = row.and_then(|row| row.region.clone()).filter(|region| &**region != EVERYWHERE);
        own.unwrap_or_else(|| if &**place == EVERYWHERE { self.home.clone() } else { place.clone() })
    }

    /// Starts the listings of what lies within the resources of a type: those that need no more than its listing, or those that do.
    pub(super) fn within(&mut self, parent: &ResourceType, place: &Arc<str>, failed: bool, waits: bool) {
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
                self.fail(Purpose::Listing(number), place, &[Self::everything(place)], &failure);
            }
            let rows = || Self::rows(&self.live, &parent.name, place).map(|(_, row)| row);
            let sample = Sample::of(rows().map(|row| &*row.id), self.sample);
            if rows().any(|row| !sample.has(&row.id)) {
                self.leave_out_of_sample(Purpose::Listing(number), place, &[Self::everything(place)], &parent.name);
            }
            let rows = Self::rows(&self.live, &parent.name, place).map(|(_, row)| row);
            let parents: Vec<_> = rows.filter(|row| sample.has(&row.id)).map(Some).collect();
            self.list(number, place, &parents);
        }
    }
}
