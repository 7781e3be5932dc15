use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

/// How one API answer becomes properties.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Read {
    /// API name, such as `DescribeInstances`.
    pub operation: String,
    /// AWS CLI command, such as `ec2`.
    pub service: String,
    /// IAM action.
    pub action: String,
    /// Path to the items in the answer; empty: the answer is the item.
    #[serde(default)]
    pub items: String,
    /// The property that the file name carries; present on per-resource reads.
    #[serde(default)]
    pub per: Option<String>,
    /// Request members beside those of paging; texts may hold `{Property.Path}` of the row that the call is about, `{account}` and
    /// `{region}`. A listing within another type asks nothing for a row without the property of `{Property.Path?}`. Of a per-resource read without a placeholder, the only required member that is left gets the value of `per`.
    #[serde(default)]
    pub input: BTreeMap<String, toml::Value>,
    /// Partition → the only Region of it in which this can be asked, where it does not matter what Region is meant. Empty: in all.
    #[serde(default)]
    pub asked_in: BTreeMap<String, Arc<str>>,
    /// AWS answers this only to the organization's management account and its delegated administrators; a listing.
    #[serde(default)]
    pub of_organization: bool,
    /// Type whose rows this call is asked for, once for each input, where AWS lists things only within another; placeholders are its properties.
    #[serde(default)]
    pub of: Option<Arc<str>>,
    /// Where the call wants names: the call that finds them.
    #[serde(default)]
    pub names: Option<Names>,
    /// What of the type its listings show, in a few words, where that is not all: every reading that finds any says so.
    #[serde(default)]
    pub shows_only: Option<Arc<str>>,
    /// A call that has to be made before, again and again until it says that it is done.
    #[serde(default)]
    pub prepare: Option<Prepare>,
    /// How many resources one per-resource call may be asked for.
    #[serde(default)]
    pub batch: Option<usize>,
    /// Values of properties, read before, without which there is nothing to ask for; the call's paths are then absent. An unknown property
    /// does not spare the call.
    #[serde(default)]
    pub only: BTreeMap<String, Vec<toml::Value>>,
    /// A call, made once in a place before those for each resource, which may say that none of them has anything to tell.
    #[serde(default)]
    pub unless: Option<Unless>,
    /// Of a call that is asked once for all resources of a place: path → what a resource has there that the call does not show. It tells
    /// nothing but these paths, and of listed resources only. Calls for each resource that tell no more are not made
    /// ([`crate::ResourceType::is_told_at_once`]); their saved answers are read.
    #[serde(default)]
    pub silent: BTreeMap<Arc<str>, toml::Value>,
    /// Paths that this call owns; required on per-resource reads.
    #[serde(default)]
    pub paths: Vec<Arc<str>>,
    /// Top-level member of an item → property.
    #[serde(default)]
    pub rename: BTreeMap<String, String>,
    /// Paths that every whole item has: without one of them it is no answer of this call, or only a part of it.
    #[serde(default)]
    pub holds: Vec<String>,
    /// Program that says whether an item is of this type at all; anything but `true` passes it over.
    #[serde(default)]
    pub when: Option<String>,
    /// Program over one item.
    #[serde(default)]
    pub jq: Option<String>,
    /// Error codes that mean "none".
    #[serde(default)]
    pub absent_on: Vec<String>,
    /// The AWS CLI prints nothing at all where nothing is set, so that an empty file is an answer.
    #[serde(default)]
    pub may_be_empty: bool,
}

impl Read {
    /// True if the call lists resources, of the account or within another, rather than telling more of one.
    pub fn lists(&self) -> bool {
        (self.per.is_none() || self.of.is_some()) && !self.of_all()
    }

    /// True if the call is asked once and tells something of every resource that is listed in a place.
    pub fn of_all(&self) -> bool {
        !self.silent.is_empty()
    }

    /// What tells the read from the others of its type: the operation, unless that lists the resources too.
    pub fn key(&self) -> Cow<'_, str> {
        if self.of_all() { Cow::Owned(format!("{} of all", self.operation)) } else { Cow::Borrowed(&self.operation) }
    }

    /// True if both make the same of an answer, however they are asked.
    pub fn makes_the_same(&self, other: &Self) -> bool {
        let shaping = |read: &Self| (read.holds.clone(), read.absent_on.clone(), read.rename.clone(), read.paths.clone());
        (&self.service, &self.operation, &self.items, &self.per) == (&other.service, &other.operation, &other.items, &other.per)
            && (&self.when, &self.jq, self.may_be_empty, self.lists()) == (&other.when, &other.jq, other.may_be_empty, other.lists())
            && shaping(self) == shaping(other)
    }

    /// The paths that the call tells, where it does not list.
    pub fn told(&self) -> impl Iterator<Item = &Arc<str>> {
        self.paths.iter().chain(self.silent.keys())
    }
}

/// The call that may spare others, such as `ListCodeSigningConfigs`: where it shows none, no function has one.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unless {
    /// API name.
    pub operation: String,
    /// IAM action.
    pub action: String,
    /// Path to the list that is empty then.
    pub empty: String,
}

/// The call that finds the names which a listing has to be asked with, such as `ListProjects` before `BatchGetProjects`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Names {
    /// API name.
    pub operation: String,
    /// IAM action.
    pub action: String,
    /// Path to the names in the answer.
    pub items: String,
    /// Request members, as of [`Read::input`].
    #[serde(default)]
    pub input: BTreeMap<String, toml::Value>,
    /// Member of the listing's request that takes the names.
    pub into: String,
    /// How many names one call takes; with 1, `into` is a text rather than a list.
    pub batch: usize,
}

/// The call that makes AWS prepare what a read then fetches, such as `GenerateCredentialReport`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prepare {
    /// API name.
    pub operation: String,
    /// IAM action.
    pub action: String,
    /// Member of the answer and the value that it has when all is ready.
    pub until: BTreeMap<String, String>,
}
