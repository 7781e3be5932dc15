//! Generated accounts: what exists follows from a seed and a preset and is made when asked for, so that a million resources need no memory.

mod answers;
mod config;
mod counts;
mod explorer;
mod handlers;
mod kind;
mod pages;
mod plan;
mod rows;
mod seed;
mod select;
mod synth;
mod tagging;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) use answers::{Answers, Question};
pub use counts::Preset;
pub(crate) use kind::{Form, Kind};
use partywall_catalog::Catalog;
pub(crate) use seed::Seed;
use words::Words;

use crate::FakeError;

/// The Region in which global services are asked.
pub(crate) const HOME: &str = "us-east-1";

/// The accounts and how much is in them.
#[derive(Debug)]
pub struct World {
    preset: Preset,
    seed: u64,
    kinds: Vec<Kind>,
    by_name: BTreeMap<Arc<str>, usize>,
    words: Words,
    /// By position of the type.
    pub(crate) index_names: BTreeMap<usize, Vec<Arc<str>>>,
}

/// One resource: which type, in which account and Region, and which of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row<'a> {
    /// Account id.
    pub(crate) account: &'a str,
    /// Region.
    pub(crate) region: &'a str,
    /// Position of its type.
    pub(crate) kind: usize,
    /// Position among those of its type, account and Region.
    pub(crate) index: u64,
}

impl World {
    /// Makes a world of the types that a catalogue reads.
    ///
    /// # Errors
    /// [`FakeError`] if the built-in data are broken.
    pub fn new(preset: Preset, seed: u64, catalog: &Catalog) -> Result<Self, FakeError> {
        let kinds = kind::kinds(catalog)?;
        let by_name: BTreeMap<Arc<str>, usize> = kinds.iter().enumerate().map(|(at, kind)| (Arc::clone(&kind.name), at)).collect();
        let indexed = catalog.types.values().filter_map(|file| Some((*by_name.get(&file.name)?, catalog.index_names.of(file)?.to_vec())));
        let index_names = indexed.collect();
        Ok(Self { preset, seed, kinds, by_name, words: Words::builtin()?, index_names })
    }

    /// Regions that hold resources.
    pub fn regions(&self) -> &[Arc<str>] {
        &self.preset.regions
    }

    /// Account ids, in order. They are multiples of 1,000,001 above 111,100,000,000 and belong to nobody known.
    pub fn accounts(&self) -> impl Iterator<Item = String> + '_ {
        (0..self.preset.accounts).map(account)
    }

    /// True if the world has that account.
    pub(crate) fn has_account(&self, id: &str) -> bool {
        let at = id.parse::<u64>().ok().and_then(|number| number.checked_sub(FIRST_ACCOUNT)).filter(|over| over % ACCOUNT_STEP == 0);
        id.len() == 12 && at.is_some_and(|over| over / ACCOUNT_STEP < self.preset.accounts)
    }

    /// The seed of a place; everything in it starts from this.
    pub(crate) fn place(&self, account: &str, region: &str) -> Seed {
        Seed::new(self.seed).text(account).text(region)
    }

    /// Share of settings that may be absent and are, in per cent.
    pub(crate) fn absent(&self) -> u64 {
        self.preset.absent
    }

    /// The type at that position.
    pub(crate) fn kind(&self, at: usize) -> Option<&Kind> {
        self.kinds.get(at)
    }

    /// What answers say where no identity says it.
    pub(crate) fn words(&self) -> &Words {
        &self.words
    }

    /// True if one listing shows this type among others, told apart by a member.
    pub(crate) fn told_apart(&self, kind: usize) -> bool {
        self.kinds.get(kind).is_some_and(|kind| self.words.discriminates(&kind.name))
    }

    /// The type that a member called `stem` + `Id`, `Arn` or `Name` refers to: one of the same service, or one of those that all refer to.
    pub(crate) fn referred(&self, service: &str, stem: &str) -> Option<usize> {
        let named = |kind: &Kind| kind.noun == stem || (stem.len() > kind.noun.len() && kind.noun.len() > 4 && stem.ends_with(&kind.noun));
        let own = |kind: &Kind| kind.name.to_ascii_lowercase().contains(&format!("::{}::", service.replace('-', "")));
        let everywhere = |kind: &Kind| REFERRED.contains(&&*kind.name);
        let find = |wanted: &dyn Fn(&Kind) -> bool| self.kinds.iter().position(|kind| named(kind) && wanted(kind));
        find(&own).or_else(|| find(&everywhere))
    }

    /// All types.
    pub(crate) fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// The position of a type.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// How many resources of a type there are in one account and Region.
    pub fn count_of(&self, kind: &str, account: &str, region: &str) -> u64 {
        self.position(kind).map_or(0, |at| self.count(at, account, region))
    }

    /// How many resources of a type there are in one account and Region.
    pub(crate) fn count(&self, kind: usize, account: &str, region: &str) -> u64 {
        let Some(of) = self.kinds.get(kind) else { return 0 };
        if of.singleton {
            return 1;
        }
        if &*of.name == BUCKET {
            return self.buckets(account) * self.preset.regions.len() as u64;
        }
        if &*of.name == "AWS::ECS::Service" && self.count_of("AWS::ECS::TaskDefinition", account, region) == 0 {
            // A service runs a task definition.
            return 0;
        }
        match of.global {
            true => self.preset.of(&of.name, self.place(account, HOME)),
            false if self.preset.regions.iter().any(|known| **known == *region) => self.preset.of(&of.name, self.place(account, region)),
            false => 0,
        }
    }

    /// True of S3's buckets, which are listed for all Regions at once.
    pub(crate) fn is_bucket(&self, kind: usize) -> bool {
        self.kinds.get(kind).is_some_and(|kind| &*kind.name == BUCKET)
    }

    fn buckets(&self, account: &str) -> u64 {
        self.preset.of(BUCKET, self.place(account, HOME))
    }

    /// The Region that a bucket lies in: as many in each.
    pub(crate) fn bucket_region(&self, account: &str, index: u64) -> &str {
        let at = index.checked_div(self.buckets(account)).and_then(|at| usize::try_from(at).ok()).unwrap_or(0);
        self.preset.regions.get(at).map_or(HOME, |region| region)
    }

    /// What a resource is called.
    pub(crate) fn name_of(&self, row: Row<'_>, form: Form) -> String {
        let Some(kind) = self.kinds.get(row.kind) else { return String::new() };
        let region = if kind.global { HOME } else { row.region };
        let mut out = String::new();
        let mut rest = kind.template(form);
        while let Some((before, after)) = rest.split_once('{') {
            let (placeholder, behind) = after.split_once('}').unwrap_or((after, ""));
            out.push_str(before);
            rest = behind;
            match placeholder {
                "n" => out.push_str(&format!("{:08x}", row.index)),
                "h" => out.push_str(&format!("{:09x}", self.place(row.account, region).text(&kind.name).number(row.index).bits() >> 28)),
                "account" => out.push_str(row.account),
                "region" => out.push_str(region),
                "partition" => out.push_str(partition(region)),
                "name" if form != Form::Name => out.push_str(&self.name_of(row, Form::Name)),
                "id" if form != Form::Id => out.push_str(&self.name_of(row, Form::Id)),
                "parent" => out.push_str(&self.parent(row).map_or_else(String::new, |parent| self.name_of(parent, Form::Name))),
                "parent-id" => out.push_str(&self.parent(row).map_or_else(String::new, |parent| self.name_of(parent, Form::Id))),
                _ => {}
            }
        }
        out.push_str(rest);
        out
    }

    /// The row that this row lies in: the children of all parents are dealt out in turn.
    pub(crate) fn parent<'a>(&self, row: Row<'a>) -> Option<Row<'a>> {
        let parent = self.kinds.get(row.kind)?.parent?;
        let index = row.index.checked_rem(self.count(parent, row.account, row.region))?;
        Some(Row { kind: parent, index, ..row })
    }

    /// The row of a type that a text names, be it by name, id, ARN or address.
    pub(crate) fn find<'a>(&self, kind: usize, account: &'a str, region: &'a str, text: &str) -> Option<Row<'a>> {
        let count = self.count(kind, account, region);
        let named = |index: u64| {
            let row = Row { account, region, kind, index };
            [Form::Name, Form::Id, Form::Arn, Form::Url].iter().any(|form| names(text, &self.name_of(row, *form))).then_some(row)
        };
        text.rsplit(|letter: char| !letter.is_ascii_hexdigit())
            .filter_map(|run| run.len().checked_sub(8).and_then(|start| run.get(start..)))
            .filter_map(|digits| u64::from_str_radix(digits, 16).ok())
            .filter(|index| *index < count)
            .find_map(named)
    }
}

/// Types that resources of every service refer to.
const REFERRED: [&str; 10] = [
    "AWS::EC2::Instance",
    "AWS::EC2::NetworkInterface",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::Subnet",
    "AWS::EC2::VPC",
    "AWS::EC2::Volume",
    "AWS::IAM::Role",
    "AWS::S3::Bucket",
    "AWS::SNS::Topic",
    "Partywall::EC2::Snapshot",
];
const BUCKET: &str = "AWS::S3::Bucket";
const FIRST_ACCOUNT: u64 = 111_100_000_000;
const ACCOUNT_STEP: u64 = 1_000_001;

/// The id of the account at that position.
fn account(at: u64) -> String {
    format!("{:012}", FIRST_ACCOUNT + at * ACCOUNT_STEP)
}

/// A text names a row if it is its name, or the last part of its name where AWS lets one leave the rest away.
fn names(text: &str, name: &str) -> bool {
    text.eq_ignore_ascii_case(name)
        || name.len().checked_sub(text.len()).is_some_and(|rest| {
            text.len() >= 8
                && name.get(rest..).is_some_and(|end| end.eq_ignore_ascii_case(text))
                && name.get(..rest).is_some_and(|start| start.ends_with(['/', ':']))
        })
}

/// The partition that a Region is in.
pub(crate) fn partition(region: &str) -> &'static str {
    match region.split('-').next() {
        Some("cn") => "aws-cn",
        Some("us") if region.starts_with("us-gov-") => "aws-us-gov",
        Some("eusc") => "aws-eusc",
        _ => "aws",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tiny() -> World {
        World::new(Preset::named("tiny").unwrap(), 1, &Catalog::load(None).unwrap()).unwrap()
    }

    #[test]
    fn every_row_is_found_by_each_of_its_names_and_no_other() {
        let world = tiny();
        let account = world.accounts().next().unwrap();
        let mut rows = 0;
        for kind in 0..world.kinds().len() {
            for index in 0..world.count(kind, &account, "eu-central-1") {
                let row = Row { account: &account, region: "eu-central-1", kind, index };
                for form in [Form::Name, Form::Id, Form::Arn, Form::Url] {
                    let name = world.name_of(row, form);
                    if world.kind(kind).unwrap().singleton {
                        continue;
                    }
                    assert_eq!(world.find(kind, &account, "eu-central-1", &name), Some(row), "{name}");
                    assert!(world.find(kind, &account, "eu-west-3", &name).is_none() || world.kind(kind).unwrap().global, "{name}");
                    rows += 1;
                }
            }
        }
        assert!(rows > 500, "{rows}");
    }

    #[test]
    fn accounts_are_told_from_other_numbers() {
        let world = World::new(Preset::named("org-1000").unwrap(), 1, &Catalog::load(None).unwrap()).unwrap();
        assert_eq!(world.accounts().count(), 1000);
        assert!(world.accounts().all(|id| id.len() == 12 && world.has_account(&id)));
        assert!(!world.has_account("111100000001"));
        assert!(!world.has_account(&account(1000)));
    }

    #[test]
    fn children_lie_in_rows_that_exist() {
        let world = tiny();
        let account = world.accounts().next().unwrap();
        for kind in 0..world.kinds().len() {
            for index in 0..world.count(kind, &account, "us-east-1") {
                let row = Row { account: &account, region: "us-east-1", kind, index };
                if let Some(parent) = world.parent(row) {
                    assert!(parent.index < world.count(parent.kind, &account, "us-east-1"));
                }
            }
        }
    }
}
