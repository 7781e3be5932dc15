use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use serde::Deserialize;

/// Made by `xtask/python/endpoints.py` from botocore's endpoint rule sets.
static DATA: &str = include_str!("../../../../catalog/reference/aws-partitions.toml");

static BUILT_IN: LazyLock<Result<Partitions, String>> =
    LazyLock::new(|| toml::from_str::<File>(DATA).map(Partitions::new).map_err(|error| error.to_string().replace('\n', " ")));

/// A part of AWS with accounts, Regions and host names of its own.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Partition {
    /// `aws`, `aws-cn`, `aws-us-gov`, …; the second part of an ARN.
    pub id: String,
    /// End of host names.
    pub suffix: String,
    /// End of host names that answer on IPv6 as well.
    pub dual: String,
    /// The Region that global services are asked and signed for.
    pub home: String,
    /// How the names of its Regions begin.
    pub(super) prefixes: Vec<String>,
    /// Its Regions, as far as known on the data's day.
    pub regions: Vec<String>,
    /// Those of them that an account has to turn on first.
    pub opt_in: Vec<String>,
}

#[derive(Deserialize)]
struct File {
    default: BTreeMap<Variant, String>,
    partition: Vec<Partition>,
    service: HashMap<String, Vec<Rule>>,
    operations: BTreeMap<String, Vec<String>>,
}

/// Which of a service's addresses is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Variant {
    #[default]
    Plain,
    Fips,
    Dual,
    FipsDual,
}

/// An exception from the pattern.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    #[serde(default)]
    variant: Variant,
    pub(super) host: String,
    pub(super) sign: Option<String>,
    pub(super) name: Option<String>,
    #[serde(default, rename = "in")]
    places: Vec<String>,
}

/// The table of partitions and of addresses.
#[derive(Debug)]
pub struct Partitions {
    default: BTreeMap<Variant, String>,
    all: Vec<Partition>,
    services: HashMap<String, Vec<Rule>>,
    /// Rules of single operations: service and operation → key of `services`.
    operations: HashMap<String, HashMap<String, String>>,
}

impl Partitions {
    /// The table that is built in. The error says what is wrong with the data.
    pub fn builtin() -> Result<&'static Self, &'static str> {
        BUILT_IN.as_ref().map_err(String::as_str)
    }

    fn new(file: File) -> Self {
        let mut operations: HashMap<String, HashMap<String, String>> = HashMap::new();
        for (key, names) in file.operations {
            let service = key.split('#').next().unwrap_or_default().to_owned();
            operations.entry(service).or_default().extend(names.into_iter().map(|name| (name, key.clone())));
        }
        Self { default: file.default, all: file.partition, services: file.service, operations }
    }

    /// All partitions, `aws` first.
    pub fn all(&self) -> &[Partition] {
        &self.all
    }

    /// The partition of that id.
    pub fn named(&self, id: &str) -> Option<&Partition> {
        self.all.iter().find(|partition| partition.id == id)
    }

    /// The partition that a Region is in; Regions newer than the data are known by how their name begins. As in botocore's rules,
    /// what begins like none of them is taken for one of `aws`.
    pub fn of_region(&self, region: &str) -> Option<&Partition> {
        let begins = |partition: &&Partition| {
            partition.prefixes.iter().filter(|prefix| region.starts_with(prefix.as_str())).map(String::len).max().unwrap_or(0)
        };
        let named = self.all.iter().find(|partition| partition.regions.iter().any(|known| known == region));
        named.or_else(|| {
            let longest = self.all.iter().max_by_key(begins).filter(|partition| begins(partition) > 0);
            longest.or_else(|| self.all.first())
        })
    }

    /// Whether an account has to turn that Region on before it can be asked.
    pub fn is_opt_in(&self, region: &str) -> bool {
        self.all.iter().any(|partition| partition.opt_in.iter().any(|known| known == region))
    }

    pub(super) fn rule(&self, service: &str, operation: &str, variant: Variant, region: &str, partition: &Partition) -> Option<&Rule> {
        let key = self.operations.get(service).and_then(|own| own.get(operation)).map_or(service, String::as_str);
        let fits = |rule: &&Rule| {
            rule.variant == variant && (rule.places.is_empty() || rule.places.iter().any(|place| *place == partition.id || place == region))
        };
        self.services.get(key)?.iter().find(fits)
    }

    pub(super) fn pattern(&self, variant: Variant) -> &str {
        self.default.get(&variant).map_or("", String::as_str)
    }
}
