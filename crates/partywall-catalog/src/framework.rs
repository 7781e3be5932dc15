use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use partywall_model::Severity;
use serde::Deserialize;

use crate::{Confidence, Position};

/// A part of a framework.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// The framework's id of it.
    pub id: Arc<str>,
    /// For people.
    pub title: Arc<str>,
}

/// One line of a framework. All lines are present, also those that no tool can check.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// The framework's id of it.
    pub id: Arc<str>,
    /// The group it stands in.
    pub group: Arc<str>,
    /// Short title.
    pub title: Arc<str>,
    /// The text, where it is free to embed.
    #[serde(default)]
    pub text: String,
    /// AWS's part; empty if none.
    #[serde(default)]
    pub aws: String,
    /// The customer's part; empty if none.
    #[serde(default)]
    pub customer: String,
    /// Duty ids, or `layer.*`.
    #[serde(default)]
    pub duties: Vec<String>,
    /// Checks that are evidence for it, beside those that name it in their `controls`: a duty id or `layer.*` for all checks of a duty, a
    /// check id, or the beginning of check ids with `*`.
    #[serde(default)]
    pub checks: Vec<String>,
    /// Evidence that no tool can read, as evidence ids.
    #[serde(default)]
    pub manual: Vec<String>,
    /// Why no check is possible.
    #[serde(default)]
    pub nothing_technical: String,
    /// Ids of the same line in other frameworks or versions.
    #[serde(default)]
    pub aliases: BTreeMap<String, Vec<String>>,
    /// Level or profile inside the framework.
    #[serde(default)]
    pub level: Option<u8>,
    /// How the framework's publisher says it is assessed.
    #[serde(default)]
    pub assessment: Option<String>,
    /// How much it weighs, where the publisher says.
    #[serde(default)]
    pub risk: Option<Severity>,
    /// Labels of the parts that its text is divided into, such as `a`.
    #[serde(default)]
    pub parts: Vec<String>,
    /// How sure the mapping to duties, checks and evidence is.
    #[serde(default)]
    pub confidence: Option<Confidence>,
}

/// A file `frameworks/<id>/<part>.toml`: lines of a framework that is too long for one file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FrameworkPart {
    #[serde(default, rename = "group")]
    pub(crate) groups: Vec<Group>,
    #[serde(rename = "requirement")]
    pub(crate) requirements: Vec<Arc<Requirement>>,
}

/// A framework with its whole denominator. One file, `frameworks/<id>.toml`; its lines may stand in files of a directory of that name.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Framework {
    /// Such as `nist-csf-2.0`; equals the file name.
    pub id: Arc<str>,
    /// Where the file is; filled in.
    #[serde(skip)]
    pub position: Option<Position>,
    /// For people.
    pub title: Arc<str>,
    /// The publisher's version.
    pub version: String,
    /// The framework's own word for a requirement.
    pub noun: String,
    /// The same for many, where that is not the word with an `s`.
    #[serde(default)]
    pub nouns: Option<String>,
    /// Who publishes it.
    pub publisher: String,
    /// The day it was read.
    pub as_of: toml::value::Datetime,
    /// Where the ids and texts come from.
    pub source: String,
    /// How many readers, each with fresh eyes, agreed on the mapping to duties.
    pub reviews: u8,
    /// Other ids of this framework.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// True if it is shown where nobody said which frameworks count.
    #[serde(default)]
    pub default: bool,
    /// The peer's name in the `equivalents` of checks whose ids are this framework's: such a check is evidence for the line of that id.
    #[serde(default)]
    pub equivalents: Option<String>,
    /// The framework that this one selects from: a baseline or a pillar.
    #[serde(default)]
    pub of: Option<Arc<str>>,
    /// The selected ids, or the beginning of ids with `*`; the lines themselves are the other framework's.
    #[serde(default)]
    pub select: Vec<Arc<str>>,
    /// What a selection adds to a line: id → values and further demands.
    #[serde(default)]
    pub notes: BTreeMap<Arc<str>, String>,
    /// Ids that the publisher withdrew, with those that took them up.
    #[serde(default)]
    pub withdrawn: BTreeMap<Arc<str>, Vec<Arc<str>>>,
    /// Its parts.
    #[serde(default, rename = "group")]
    pub groups: Vec<Group>,
    /// All its lines.
    #[serde(default, rename = "requirement")]
    pub requirements: Vec<Arc<Requirement>>,
}

impl Framework {
    /// A framework without lines, to be filled in by whoever makes one at run time.
    pub fn empty() -> Self {
        Self {
            id: Arc::default(),
            position: None,
            title: Arc::default(),
            version: String::new(),
            noun: "requirement".to_owned(),
            nouns: None,
            publisher: String::new(),
            as_of: toml::value::Datetime { date: None, time: None, offset: None },
            source: String::new(),
            reviews: 0,
            aliases: Vec::new(),
            default: false,
            equivalents: None,
            of: None,
            select: Vec::new(),
            notes: BTreeMap::new(),
            withdrawn: BTreeMap::new(),
            groups: Vec::new(),
            requirements: Vec::new(),
        }
    }

    /// Takes the selected lines and their groups from the framework that this one selects from, in that one's order.
    ///
    /// # Errors
    /// An id that the other framework does not have.
    pub(crate) fn take_from(&mut self, whole: &Self) -> Result<(), String> {
        let is_selected = |wanted: &str, id: &str| match wanted.strip_suffix('*') {
            Some(beginning) => id.starts_with(beginning),
            None => wanted == id,
        };
        if let Some(missing) =
            self.select.iter().find(|wanted| !whole.requirements.iter().any(|requirement| is_selected(wanted, &requirement.id)))
        {
            return Err(format!("`{}` has no requirement `{missing}`", whole.id));
        }
        let exact: BTreeSet<&str> = self.select.iter().map(AsRef::as_ref).collect();
        let beginnings: Vec<&str> = self.select.iter().filter_map(|wanted| wanted.strip_suffix('*')).collect();
        let takes = |id: &str| exact.contains(id) || beginnings.iter().any(|beginning| id.starts_with(beginning));
        self.requirements = whole.requirements.iter().filter(|requirement| takes(&requirement.id)).cloned().collect();
        let used: BTreeSet<&str> = self.requirements.iter().map(|requirement| &*requirement.group).collect();
        self.groups = whole.groups.iter().filter(|group| used.contains(&*group.id)).cloned().collect();
        Ok(())
    }
}
