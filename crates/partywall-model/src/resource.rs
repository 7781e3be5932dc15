use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{Cause, CauseKind, Value};

/// The kinds of source that facts come from. What a kind can never show is a blind path of its types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceKind {
    /// A CloudFormation template: what will be, not what is.
    CloudFormation,
    /// AWS Config configuration items.
    Config,
    /// Answers of AWS API read calls, as the AWS CLI prints them.
    Api,
}

impl SourceKind {
    /// The word used in catalogue files and outputs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CloudFormation => "cloudformation",
            Self::Config => "config",
            Self::Api => "api",
        }
    }
}

/// One input file and what kind of source it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Source {
    /// The kind.
    pub kind: SourceKind,
    /// The path as the user named it.
    pub file: Arc<str>,
}

/// A place in a user's file; lines and columns count from 1.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Location {
    /// The path as the user named it.
    pub file: Arc<str>,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// A smaller resource that was folded into its parent, such as a bucket policy into its bucket.
#[derive(Debug, Clone, PartialEq)]
pub struct Satellite {
    /// The parent's property path that the satellite fills.
    pub path: Arc<str>,
    /// The satellite's type.
    pub resource_type: Arc<str>,
    /// The satellite's id as its own row shows it.
    pub id: Arc<str>,
    /// Where the satellite stands.
    pub location: Option<Location>,
}

/// A property that no source set and that holds AWS's dated default instead.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Defaulted {
    /// The property path.
    pub path: Arc<str>,
    /// Why this is the value, as one short sentence.
    pub note: Arc<str>,
}

/// A condition of a template whose answer is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Its name.
    pub name: Arc<str>,
    /// Why it is not known.
    pub cause: Arc<Cause>,
}

/// One resource with the facts read of it, in the shape of the CloudFormation registry.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// Registry or `Partywall::` type.
    pub resource_type: Arc<str>,
    /// Primary identifier; the logical id where the source has no other.
    pub id: Arc<str>,
    /// Logical id in a template.
    pub logical_id: Option<Arc<str>>,
    /// A name for people.
    pub name: Option<Arc<str>>,
    /// ARN, where known.
    pub arn: Option<Arc<str>>,
    /// Twelve digits, where known.
    pub account: Option<Arc<str>>,
    /// Region code or `global`, where known.
    pub region: Option<Arc<str>>,
    /// File and kind.
    pub source: Arc<Source>,
    /// When the facts were read.
    pub observed_at: Option<DateTime<Utc>>,
    /// Where the resource stands in its file.
    pub location: Option<Location>,
    /// Positions of properties in the file, by path; list elements as `Path[0]`. Empty for sources without lines.
    pub positions: Vec<(Box<str>, u32, u32)>,
    /// The facts: a map.
    pub properties: Value,
    /// What was folded in.
    pub satellites: Vec<Satellite>,
    /// What is AWS's default rather than a reading.
    pub defaulted: Vec<Defaulted>,
    /// True if only satellites of it were seen, so that every other path is unknown.
    pub stub: bool,
    /// Why its own properties could not be read, for a stub that the source does declare.
    pub unread: Option<Arc<Cause>>,
    /// The condition on which it exists at all, if that is not known.
    pub condition: Option<Condition>,
}

impl Resource {
    /// Makes a resource with empty properties.
    pub fn new(resource_type: impl Into<Arc<str>>, id: impl Into<Arc<str>>, source: Arc<Source>) -> Self {
        Self {
            resource_type: resource_type.into(),
            id: id.into(),
            logical_id: None,
            name: None,
            arn: None,
            account: None,
            region: None,
            source,
            observed_at: None,
            location: None,
            positions: Vec::new(),
            properties: Value::Map(Vec::new()),
            satellites: Vec::new(),
            defaulted: Vec::new(),
            stub: false,
            unread: None,
            condition: None,
        }
    }

    /// The position of a property, or of its nearest ancestor that has one, else of the resource.
    pub fn position(&self, path: &str) -> Option<Location> {
        let own = self.location.as_ref()?;
        let mut path = path;
        loop {
            if let Some((_, line, column)) = self.positions.iter().find(|(known, _, _)| &**known == path) {
                return Some(Location { file: own.file.clone(), line: *line, column: *column });
            }
            match path.rfind(['.', '[']).and_then(|end| path.get(..end)) {
                Some(parent) => path = parent,
                None => return Some(own.clone()),
            }
        }
    }
}

/// A listing that was answered, also with nothing: only there does the absence of rows mean that there are none.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Listing {
    /// The type that was listed.
    pub resource_type: Arc<str>,
    /// Account, where known.
    pub account: Option<Arc<str>>,
    /// Region code; `global` if the listing covers the whole account; `None` if not known.
    pub region: Option<Arc<str>>,
}

/// A fact, a listing or a file that could not be read, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Type of the resource, or of the listing.
    pub resource_type: Arc<str>,
    /// Resource id; `None` if a whole listing failed.
    pub id: Option<Arc<str>>,
    /// Account, where known.
    pub account: Option<Arc<str>>,
    /// Region, where known.
    pub region: Option<Arc<str>>,
    /// Property path; `None` if the whole resource or listing is meant.
    pub path: Option<Arc<str>>,
    /// Why.
    pub cause: Arc<Cause>,
    /// The file that shows it.
    pub source: Arc<Source>,
}

/// Answers about single resources that could not be read, all for the same reason. The rows say which facts are unknown for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unread {
    /// Type of the resources.
    pub resource_type: Arc<str>,
    /// Account, where known.
    pub account: Option<Arc<str>>,
    /// Region, where known.
    pub region: Option<Arc<str>>,
    /// Why.
    pub cause: Arc<Cause>,
}

impl Gap {
    /// Makes the gap of an input that could not be read, or not be placed: resources of any type may have been in it.
    pub fn of_anything(message: &str, source: Arc<Source>) -> Self {
        let cause = Arc::new(Cause::new(CauseKind::CallFailed, message));
        Self { resource_type: Arc::from(""), id: None, account: None, region: None, path: None, cause, source }
    }
}
