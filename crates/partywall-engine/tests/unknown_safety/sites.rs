//! Where facts can be moved into unknown, and rows mixed from others.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use partywall_catalog::{Case, ResourceType, table_to_value};
use partywall_model::{Cause, CauseKind, Resource, Value};
use partywall_table::Paths;

use crate::support::catalog;

/// One step of the way to a fact.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Member(String),
    Element(usize),
}

/// One way to know less of a case.
#[derive(Debug, Clone)]
pub(super) enum Site {
    /// The value there is unknown. `row` is `case`, or `row-N` of another type.
    Value { resource_type: Arc<str>, row: String, path: Vec<Step> },
    /// The list there may hold more.
    More { resource_type: Arc<str>, row: String, path: Vec<Step> },
    /// The other type was not read at all.
    Rows { resource_type: String },
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value { resource_type, row, path } | Self::More { resource_type, row, path } => {
                if row != "case" {
                    write!(f, "{resource_type} {row} ")?;
                }
                for (index, step) in path.iter().enumerate() {
                    match step {
                        Step::Member(name) if index == 0 => write!(f, "{name}")?,
                        Step::Member(name) => write!(f, ".{name}")?,
                        Step::Element(index) => write!(f, "[{index}]")?,
                    }
                }
                if matches!(self, Self::More { .. }) { write!(f, "[…]") } else { Ok(()) }
            }
            Self::Rows { resource_type } => write!(f, "all rows of {resource_type}"),
        }
    }
}

impl Site {
    /// Makes the row of the case know less, if this is about that row.
    pub(super) fn hide(&self, of: &mut Resource) {
        let cause = || Value::unknown(Cause::new(CauseKind::Denied, "hidden by the test"));
        match self {
            Self::Value { resource_type, row, path } if *resource_type == of.resource_type && **row == *of.id => match path.split_last() {
                Some((Step::Member(name), parents)) => {
                    if let Some(parent @ Value::Map(_)) = walk(&mut of.properties, parents) {
                        parent.set(name, cause());
                    }
                }
                Some((Step::Element(_), _)) => {
                    if let Some(value) = walk(&mut of.properties, path) {
                        *value = cause();
                    }
                }
                None => {}
            },
            Self::More { resource_type, row, path } if *resource_type == of.resource_type && **row == *of.id => {
                if let Some(Value::List(items)) = walk(&mut of.properties, path) {
                    items.push(cause());
                }
            }
            _ => {}
        }
    }

    /// Takes the rows out of the case, if this is about rows.
    pub(super) fn leave_out_rows(&self, case: &mut Case) {
        if let Self::Rows { resource_type } = self {
            case.tables.remove(resource_type);
        }
    }
}

fn walk<'v>(value: &'v mut Value, path: &[Step]) -> Option<&'v mut Value> {
    let mut here = value;
    for step in path {
        here = match (here, step) {
            (Value::Map(members), Step::Member(name)) => &mut members.iter_mut().find(|(key, _)| **key == **name)?.1,
            (Value::List(items), Step::Element(index)) => items.get_mut(*index)?,
            _ => return None,
        };
    }
    Some(here)
}

/// All single sites of a case: its facts, what the checks read and it lacks, the facts of other rows, and those rows themselves where
/// only defaults and derive functions look them up (a satellite that is not there is not a fact that is not known).
pub(super) fn of_case(resource_type: &Arc<ResourceType>, case: &Case, reads: Option<&Paths>) -> Vec<Site> {
    let mut sites = Vec::new();
    let given = table_to_value(&case.given);
    of_value(&given, &resource_type.name, "case", &mut Vec::new(), &mut sites);
    let mut absent = BTreeSet::new();
    for path in reads.into_iter().flatten().filter(|path| !path.starts_with("_Derived")) {
        let names: Vec<&str> = path.split('[').next().unwrap_or(path).split('.').collect();
        // The nearest ancestor that is not there: making only a child unknown would claim that its parent exists.
        let here = (1..=names.len()).find(|length| given.at(&names[..*length].join(".")).is_none());
        if let Some(length) = here {
            absent.insert(names[..length].iter().map(|name| Step::Member((*name).to_owned())).collect::<Vec<_>>());
        }
    }
    sites.extend(absent.into_iter().map(|path| Site::Value { resource_type: resource_type.name.clone(), row: "case".to_owned(), path }));
    for (name, rows) in &case.tables {
        for (index, row) in rows.iter().enumerate() {
            of_value(&table_to_value(row), &Arc::from(name.as_str()), &format!("row-{index}"), &mut Vec::new(), &mut sites);
        }
        let looked_up = resource_type.derives.iter().any(|derive| derive.tables.iter().any(|table| **table == **name))
            || resource_type
                .defaults
                .iter()
                .any(|default| default.depends_on.as_ref().is_some_and(|depends| *depends.resource_type == **name));
        let satellite = catalog().types.values().any(|parent| parent.folds.iter().any(|fold| *fold.from == **name));
        if looked_up && !satellite {
            sites.push(Site::Rows { resource_type: name.clone() });
        }
    }
    sites
}

fn of_value(value: &Value, resource_type: &Arc<str>, row: &str, path: &mut Vec<Step>, sites: &mut Vec<Site>) {
    let site = |path: &[Step]| Site::Value { resource_type: resource_type.clone(), row: row.to_owned(), path: path.to_vec() };
    match value {
        Value::Map(members) => {
            for (name, member) in members {
                path.push(Step::Member(name.to_string()));
                sites.push(site(path));
                of_value(member, resource_type, row, path, sites);
                path.pop();
            }
        }
        Value::List(items) => {
            sites.push(Site::More { resource_type: resource_type.clone(), row: row.to_owned(), path: path.clone() });
            for (index, item) in items.iter().enumerate() {
                path.push(Step::Element(index));
                sites.push(site(path));
                of_value(item, resource_type, row, path, sites);
                path.pop();
            }
        }
        _ => {}
    }
}

/// A case whose facts come from several others: each member from one that has it, or left out; some values turned around.
pub(super) fn mix(cases: &[&Case], random: &mut Random) -> Case {
    let mut mixed: Case = cases[random.below(cases.len())].clone();
    mixed.name = format!("mixed from `{}` and others", mixed.name);
    let names: BTreeSet<&String> = cases.iter().flat_map(|case| case.given.keys()).collect();
    for name in names {
        let holders: Vec<&&Case> = cases.iter().filter(|case| case.given.contains_key(name)).collect();
        match random.below(4) {
            0 => drop(mixed.given.remove(name)),
            1 => {}
            _ => {
                let mut value = holders[random.below(holders.len())].given[name].clone();
                turn(&mut value, random);
                mixed.given.insert(name.clone(), value);
            }
        }
    }
    mixed
}

fn turn(value: &mut toml::Value, random: &mut Random) {
    match value {
        toml::Value::Boolean(flag) => *flag ^= random.below(3) == 0,
        toml::Value::Integer(number) if random.below(3) == 0 => *number = [-1, 0, 1, 22, 443, 65_535][random.below(6)],
        toml::Value::String(text) if random.below(8) == 0 => ["", "*", "0.0.0.0/0", "Enabled"][random.below(4)].clone_into(text),
        toml::Value::Array(items) => items.iter_mut().for_each(|item| turn(item, random)),
        toml::Value::Table(members) => {
            members.retain(|_, _| random.below(8) != 0);
            members.iter_mut().for_each(|(_, member)| turn(member, random));
        }
        _ => {}
    }
}

/// SplitMix64 with a seed of the type's name: the same everywhere and at all times.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: &str) -> Self {
        Self(seed.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)))
    }

    /// A number below `limit`, which is above zero.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % limit.max(1) as u64).unwrap_or(0)
    }

    /// Up to `count` different ones of them, in order.
    pub(super) fn some<'s>(&mut self, sites: &'s [Site], count: usize) -> Vec<&'s Site> {
        let mut left = count.min(sites.len());
        let mut chosen = Vec::with_capacity(left);
        for (index, site) in sites.iter().enumerate() {
            if self.below(sites.len() - index) < left {
                chosen.push(site);
                left -= 1;
            }
        }
        chosen
    }
}
