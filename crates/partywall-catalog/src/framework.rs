use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use crate::Position;

/// A part of a framework.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// The framework's id of it.
    pub id: Arc<str>,
    /// For people.
    pub title: String,
}

/// One line of a framework. All lines are present, also those that no tool can check.
#[derive(Debug, Clone, Deserialize)]
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
    /// Evidence that no tool can read.
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
}

/// A framework with its whole denominator. One file, `frameworks/<id>.toml`.
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
    /// Who publishes it.
    pub publisher: String,
    /// The day it was read.
    pub as_of: toml::value::Datetime,
    /// Where the ids and texts come from.
    pub source: String,
    /// Other ids of this framework.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Its parts.
    #[serde(default, rename = "group")]
    pub groups: Vec<Group>,
    /// All its lines.
    #[serde(rename = "requirement")]
    pub requirements: Vec<Requirement>,
}
