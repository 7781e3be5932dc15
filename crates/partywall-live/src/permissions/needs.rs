//! From the catalogue's reads to IAM actions, each with why it is there and what is blind without it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use partywall_catalog::{Catalog, Check, Read};
use partywall_model::Value;

use super::PermissionsError;
use super::own::{AGGREGATOR, ALWAYS, ORGANIZATION, Own, RESOURCE_EXPLORER, is_read_only, is_refused, resources_of};
use super::reads::Reads;
use crate::input::{Context, placeholders};

/// For which checks permissions are asked.
#[derive(Clone, Copy)]
pub enum Chosen<'a> {
    /// All checks, and everything else that the catalogue reads: what owners' rules and inventories ask for.
    Everything,
    /// What these checks rest on.
    Checks(&'a dyn Fn(&Check) -> bool),
}

impl Chosen<'_> {
    /// Whether a check is one of them.
    pub(super) fn has(&self, check: &Check) -> bool {
        match self {
            Self::Everything => true,
            Self::Checks(is_chosen) => is_chosen(check),
        }
    }
}

impl std::fmt::Debug for Chosen<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if matches!(self, Self::Everything) { "Everything" } else { "Checks" })
    }
}

/// Where an action is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// In every account that is read.
    Account,
    /// In the account from which an organisation is read: to list accounts and to enter them.
    Organization,
}

/// One call that tries an action: a listing that needs nothing to be known before.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// AWS CLI command, such as `ec2`.
    pub service: String,
    /// API name.
    pub operation: String,
    /// Request members; texts may hold `{account}` and `{region}`.
    pub input: BTreeMap<String, toml::Value>,
    /// Error codes that mean "none": the caller was allowed to ask.
    pub absent_on: Vec<String>,
}

impl Trial {
    /// The request members, with account and Region in their places.
    ///
    /// # Errors
    /// The catalogue's input cannot be sent; one line.
    pub fn request(&self, account: &str, region: &str) -> Result<Value, String> {
        Context { account, region, row: None }.members(&self.input).map_err(|error| error.to_string())
    }
}

/// An IAM action that is needed.
#[derive(Debug, Clone)]
pub struct Need {
    /// Such as `s3:GetBucketPolicy`.
    pub action: Arc<str>,
    /// Where it is needed.
    pub purpose: Purpose,
    /// The calls that need it: AWS CLI command and API name.
    pub operations: BTreeSet<(String, String)>,
    /// The types that are read by it.
    pub types: BTreeSet<Arc<str>>,
    /// The chosen checks that are blind without it, in whole or in part.
    pub checks: BTreeSet<Arc<str>>,
    /// Why it is needed beside the reads, in one clause.
    pub reason: Option<&'static str>,
    /// Where it may be used; `{partition}` and `{role}` are to be filled in.
    pub resources: &'static [&'static str],
    /// How to try it, where one call tells.
    pub trial: Option<Trial>,
}

/// The reads, by type and place among those of the type, that the chosen checks, owners, names and tags rest on. Other facts are for those
/// who ask.
pub fn judged(catalog: &Catalog, chosen: Chosen<'_>) -> BTreeSet<(Arc<str>, usize)> {
    Reads::judged(catalog, chosen).found
}

/// Every action that the chosen checks need, once each, by name. With `organization` also what is needed to go through an organisation.
///
/// # Errors
/// The catalogue asks for an action that does more than read settings.
pub fn needed(catalog: &Catalog, chosen: Chosen<'_>, organization: bool) -> Result<Vec<Need>, PermissionsError> {
    let mut needs = Needs { catalog, by_action: BTreeMap::new() };
    for own in ALWAYS {
        needs.add_own(own, Purpose::Account);
    }
    for check in catalog.checks.values().filter(|check| chosen.has(check)) {
        needs.add(&Reads::of_check(catalog, check), Some(&check.id))?;
    }
    if matches!(chosen, Chosen::Everything) {
        let mut all = Reads::new(catalog);
        for (name, file) in &catalog.types {
            all.whole(name);
            let asked = file.reads.iter().enumerate().filter(|(_, read)| !file.is_told_at_once(read));
            all.found.extend(asked.map(|(index, _)| (name.clone(), index)));
        }
        needs.add(&all, None)?;
    }
    if organization {
        for own in ORGANIZATION {
            needs.add_own(own, Purpose::Organization);
        }
    }
    Ok(needs.by_action.into_values().collect())
}

/// What may be asked beside the services themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Also {
    /// AWS Config's aggregator.
    Aggregator,
    /// The index of AWS Resource Explorer.
    ResourceExplorer,
}

/// The same, with what asks these.
pub fn with(catalog: &Catalog, needs: Vec<Need>, also: &[Also]) -> Vec<Need> {
    let by_action = needs.into_iter().map(|need| (need.action.clone(), need)).collect();
    let mut needs = Needs { catalog, by_action };
    for also in also {
        let own = match also {
            Also::Aggregator => AGGREGATOR,
            Also::ResourceExplorer => RESOURCE_EXPLORER,
        };
        for own in own {
            needs.add_own(own, Purpose::Account);
        }
    }
    needs.by_action.into_values().collect()
}

struct Needs<'c> {
    catalog: &'c Catalog,
    by_action: BTreeMap<Arc<str>, Need>,
}

impl Needs<'_> {
    fn at(&mut self, action: &str, purpose: Purpose, resources: &'static [&'static str]) -> &mut Need {
        let action: Arc<str> = Arc::from(action);
        self.by_action.entry(action.clone()).or_insert_with(|| Need {
            action,
            purpose,
            operations: BTreeSet::new(),
            types: BTreeSet::new(),
            checks: BTreeSet::new(),
            reason: None,
            resources,
            trial: None,
        })
    }

    fn add_own(&mut self, own: &Own, purpose: Purpose) {
        self.at(own.action, purpose, own.resources).reason = Some(own.reason);
    }

    fn add(&mut self, reads: &Reads<'_>, check: Option<&Arc<str>>) -> Result<(), PermissionsError> {
        let catalog = self.catalog;
        for (name, index) in &reads.found {
            let Some(read) = catalog.types.get(name).and_then(|file| file.reads.get(*index)) else { continue };
            for call in calls(read).into_iter().filter(|call| !is_refused(call.service, call.operation)) {
                self.add_call(name, check, call)?;
            }
        }
        Ok(())
    }

    fn add_call(&mut self, name: &Arc<str>, check: Option<&Arc<str>>, call: Call<'_>) -> Result<(), PermissionsError> {
        if !is_read_only(call.action) {
            return Err(PermissionsError::NotReadOnly {
                action: partywall_model::plain(call.action).to_string(),
                subject: name.to_string(),
            });
        }
        let need = self.at(call.action, Purpose::Account, resources_of(call.action));
        need.operations.insert((call.service.to_owned(), call.operation.to_owned()));
        need.types.insert(name.clone());
        need.checks.extend(check.cloned());
        if need.trial.is_none() {
            need.trial = call.trial;
        }
        Ok(())
    }
}

/// One call of a read.
struct Call<'r> {
    action: &'r str,
    service: &'r str,
    operation: &'r str,
    trial: Option<Trial>,
}

/// The calls of a read, in the order in which they are made.
fn calls(read: &Read) -> Vec<Call<'_>> {
    let names = read.names.iter().map(|names| Call {
        action: &names.action,
        service: &read.service,
        operation: &names.operation,
        trial: if read.of.is_none() { trial(&read.service, &names.operation, &names.input, &[]) } else { None },
    });
    let prepare = read.prepare.iter().map(|prepare| Call {
        action: &prepare.action,
        service: &read.service,
        operation: &prepare.operation,
        trial: None,
    });
    let unless = read.unless.iter().map(|unless| Call {
        action: &unless.action,
        service: &read.service,
        operation: &unless.operation,
        trial: trial(&read.service, &unless.operation, &BTreeMap::new(), &[]),
    });
    let needs_nothing = read.per.is_none() && read.of.is_none() && read.names.is_none() && read.prepare.is_none();
    let own = Call {
        action: &read.action,
        service: &read.service,
        operation: &read.operation,
        trial: if needs_nothing { trial(&read.service, &read.operation, &read.input, &read.absent_on) } else { None },
    };
    names.chain(prepare).chain(unless).chain([own]).collect()
}

/// The call, if it asks for nothing that another call must bring first.
fn trial(service: &str, operation: &str, input: &BTreeMap<String, toml::Value>, absent_on: &[String]) -> Option<Trial> {
    placeholders(input).is_empty().then(|| Trial {
        service: service.to_owned(),
        operation: operation.to_owned(),
        input: input.clone(),
        absent_on: absent_on.to_vec(),
    })
}

/// A need of nothing but its action, for tests of what is made of needs.
#[cfg(test)]
pub(super) fn bare(action: &str) -> Need {
    Need {
        action: Arc::from(action),
        purpose: Purpose::Account,
        operations: BTreeSet::new(),
        types: BTreeSet::new(),
        checks: BTreeSet::new(),
        reason: None,
        resources: resources_of(action),
        trial: None,
    }
}
