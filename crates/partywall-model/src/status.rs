use std::fmt;

use serde::{Deserialize, Serialize};

/// The answer of a check for one resource. Nothing turns [`Status::Unknown`] into another answer but a new reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The predicate is known to hold.
    Pass,
    /// The predicate is known not to hold.
    Fail,
    /// A fact that the predicate needs could not be read.
    Unknown,
    /// The check is known not to apply to this resource.
    NotApplicable,
}

impl Status {
    /// The word used in files and outputs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unknown => "unknown",
            Self::NotApplicable => "not_applicable",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
