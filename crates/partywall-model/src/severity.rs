use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// How much a failed check hurts; ordered from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Weakens defence in depth.
    Low,
    /// Helps an attacker who is already in, or hides what happened.
    Medium,
    /// One more mistake away from loss.
    High,
    /// Loss is possible now.
    Critical,
}

/// The text names no severity.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is no severity: write info, low, medium, high or critical")]
pub struct ParseSeverityError(String);

impl Severity {
    /// All severities, worst first.
    pub const WORST_FIRST: [Self; 5] = [Self::Critical, Self::High, Self::Medium, Self::Low, Self::Info];

    /// The lower-case word used in files and outputs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Severity {
    type Err = ParseSeverityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::WORST_FIRST.into_iter().find(|severity| severity.as_str() == text).ok_or_else(|| ParseSeverityError(text.to_owned()))
    }
}
