use std::collections::BTreeMap;
use std::sync::Arc;

use partywall_model::SourceKind;
use serde::Deserialize;

use crate::{Column, Position, Read, RegistryType, Schema};

/// When a default holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DefaultOn {
    /// In templates: what AWS sets on a new resource.
    Create,
    /// In answers and items: what absence means.
    Read,
}

/// A default that is another row's fact.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DependsOn {
    /// The other type; its row of the same account and region.
    #[serde(rename = "type")]
    pub resource_type: Arc<str>,
    /// Property path there.
    pub path: String,
}

/// What AWS puts where nobody set anything.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Default {
    /// When it holds.
    pub on: DefaultOn,
    /// Property path.
    pub path: Arc<str>,
    /// The value.
    #[serde(default)]
    pub value: Option<toml::Value>,
    /// Or the row that says so.
    #[serde(default)]
    pub depends_on: Option<DependsOn>,
    /// Since when this is so.
    #[serde(default)]
    pub as_of: Option<toml::value::Datetime>,
    /// Why, as one short sentence.
    #[serde(default)]
    pub note: Arc<str>,
}

/// What a template that says nothing leaves to something that it does not show: a snapshot, a source, the account.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Undecided {
    /// Properties that make it so if one of them is set, or may be; always if there are none.
    #[serde(default)]
    pub when: Vec<Arc<str>>,
    /// Property paths that are then unknown in a template that does not set them, in place of their default or of absence.
    pub paths: Vec<Arc<str>>,
    /// What decides, as one short lower-case sentence.
    pub note: Arc<str>,
}

/// How AWS Config's items of a type become its properties.
#[derive(Debug, Clone, Deserialize, std::default::Default)]
#[serde(deny_unknown_fields)]
pub struct ConfigShape {
    /// Config's names of the type, if different.
    #[serde(default)]
    pub types: Vec<Arc<str>>,
    /// Top-level member of `configuration` → property.
    #[serde(default)]
    pub rename: BTreeMap<String, String>,
    /// Program that says whether an item is of this type: Config has one name for several.
    #[serde(default)]
    pub when: Option<String>,
    /// Paths that every whole item has, such as `supplementaryConfiguration.BucketPolicy`: nothing is known of an item without one.
    #[serde(default)]
    pub holds: Vec<String>,
    /// Program over the whole item; its object is merged over the automatic copy.
    #[serde(default)]
    pub jq: Option<String>,
}

/// One name or several.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl std::default::Default for OneOrMany {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl OneOrMany {
    /// The names.
    pub fn names(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Many(names) => names,
        }
    }
}

/// A satellite type that fills a path of this type.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fold {
    /// The satellite type.
    pub from: Arc<str>,
    /// Satellite property that names the parent, or a list of parents; none if it is the parent that names its satellites.
    #[serde(default)]
    pub key: OneOrMany,
    /// Property of this type that names its satellites. What it names and the input lacks is unknown.
    #[serde(default)]
    pub named_by: Option<Arc<str>>,
    /// Patterns of names (`*` for any text) that `into` is not about; such satellites are not looked for.
    #[serde(default)]
    pub except: Vec<String>,
    /// Path in the parent.
    pub into: Arc<str>,
    /// Satellite property to take; the whole satellite if absent.
    #[serde(default)]
    pub value: Option<String>,
    /// Add to the list at `into`.
    #[serde(default)]
    pub append: bool,
    /// Satellite properties that say that the parent is of this type, where one key may name parents of several.
    #[serde(default)]
    pub when: BTreeMap<String, String>,
}

/// A computed column.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Derive {
    /// Path below `_Derived`.
    pub path: Arc<str>,
    /// Name of a function of the closed list in `partywall-collect`.
    pub function: String,
    /// Property paths it reads.
    #[serde(default)]
    pub inputs: Vec<Arc<str>>,
    /// Types whose row of the same account it reads.
    #[serde(default)]
    pub tables: Vec<Arc<str>>,
}

/// How one resource type is read and shaped. One file, `resources/<service>/<type>.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceType {
    /// Registry or `Partywall::` name.
    #[serde(rename = "type")]
    pub name: Arc<str>,
    /// Where the file is; filled in.
    #[serde(skip)]
    pub position: Option<Position>,
    /// Noun for people.
    pub title: Arc<str>,
    /// The type is global.
    #[serde(default)]
    pub global: bool,
    /// Property path of the id; the registry's if absent.
    #[serde(default)]
    pub id: Option<String>,
    /// Property path of a name.
    #[serde(default, rename = "name")]
    pub display_name: Option<String>,
    /// ARN template.
    #[serde(default)]
    pub arn: Option<String>,
    /// Templates as that of the ARN: further texts by which satellites may name a row; `:*` at the end stands for one more part.
    #[serde(default)]
    pub names: Vec<String>,
    /// Property path of the Region, for types whose listing in one Region shows things of others.
    #[serde(default)]
    pub region: Option<String>,
    /// Types whose answered listing, also with nothing, shows that the account has this Region in use: a row of this type follows from it.
    #[serde(default)]
    pub implied_by: Vec<Arc<str>>,
    /// Property paths that hold secrets.
    #[serde(default)]
    pub secrets: Vec<Arc<str>>,
    /// Further blind paths per kind of source.
    #[serde(default)]
    pub blind: BTreeMap<String, Vec<String>>,
    /// Facts the registry lacks.
    #[serde(default)]
    pub columns: Option<Column>,
    /// Defaults in order.
    #[serde(default, rename = "default")]
    pub defaults: Vec<Default>,
    /// What templates leave open, in order; it goes before the defaults.
    #[serde(default)]
    pub undecided: Vec<Undecided>,
    /// AWS Config.
    #[serde(default)]
    pub config: ConfigShape,
    /// API reads.
    #[serde(default, rename = "read")]
    pub reads: Vec<Read>,
    /// Satellites.
    #[serde(default, rename = "fold")]
    pub folds: Vec<Fold>,
    /// Computed columns.
    #[serde(default, rename = "derive")]
    pub derives: Vec<Derive>,
    /// All columns: registry, file and computed; filled in.
    #[serde(skip)]
    pub schema: Arc<Schema>,
    /// The registry's entry, if it has one; filled in.
    #[serde(skip)]
    pub registry: Option<Arc<RegistryType>>,
}

impl ResourceType {
    /// The table's name: the type in lower case with `_` for `::`.
    pub fn table(&self) -> String {
        self.name.replace("::", "_").to_ascii_lowercase()
    }

    /// Property path of the id.
    pub fn id_path(&self) -> Option<&str> {
        self.id.as_deref().or_else(|| self.registry.as_ref()?.id.last().map(|id| &**id))
    }

    /// Property paths that together tell one resource from all others of its account and Region, where the registry names several.
    pub fn identity(&self) -> &[Arc<str>] {
        match &self.registry {
            Some(registry) if registry.id.len() > 1 => &registry.id,
            _ => &[],
        }
    }

    /// Property that holds the tags.
    pub fn tags_path(&self) -> Option<&str> {
        match &self.registry {
            Some(registry) => registry.tags.as_deref(),
            None => self.schema.get("Tags").map(|_| "Tags"),
        }
    }

    /// Paths that this kind of source does not show (`ARCHITECTURE.md` §4, blind paths), sorted; `List[].Member` inside lists. Where a row
    /// has a value all the same, the value counts.
    pub fn blind_paths(&self, kind: SourceKind) -> Vec<Arc<str>> {
        let mut paths: Vec<Arc<str>> = Vec::new();
        if let Some(registry) = &self.registry {
            let computed = match kind {
                SourceKind::CloudFormation => &registry.read_only,
                SourceKind::Config | SourceKind::Api => &registry.write_only,
            };
            // What a call of ours owns is seen, whatever the registry's own handlers return.
            let owned = |path: &str| {
                kind == SourceKind::Api
                    && self
                        .reads
                        .iter()
                        .flat_map(|read| &read.paths)
                        .any(|own| path.strip_prefix(&**own).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '['])))
            };
            paths.extend(computed.iter().filter(|path| !owned(path)).cloned());
        }
        if kind == SourceKind::CloudFormation && self.schema.get("_Runtime").is_some() {
            paths.push(Arc::from("_Runtime"));
        }
        if let Some(more) = self.blind.get(kind.as_str()) {
            paths.extend(more.iter().map(|path| Arc::from(path.as_str())));
        }
        paths.sort();
        paths.dedup();
        paths
    }

    /// The listing call, if the type has reads.
    pub fn listing(&self) -> Option<&Read> {
        self.reads.iter().find(|read| read.lists())
    }

    /// True of a per-resource call that is never made, because one call for all resources tells as much.
    pub fn is_told_at_once(&self, read: &Read) -> bool {
        let tells = |path: &Arc<str>| self.reads.iter().any(|read| read.silent.contains_key(path));
        read.per.is_some() && !read.paths.is_empty() && read.paths.iter().all(tells)
    }
}
