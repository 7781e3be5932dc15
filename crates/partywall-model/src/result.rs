use std::fmt;
use std::sync::Arc;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{Cause, Location, Resource, Severity, Status};

/// The stable id of a (check, resource) pair: `F-` and 13 characters of Crockford base 32. The same pair has the same id in every run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FindingId(pub u64);

impl FindingId {
    /// The id's characters without the `F-`.
    pub fn encode(self) -> [u8; 13] {
        const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let mut text = [b'0'; 13];
        let mut rest = self.0;
        for slot in text.iter_mut().rev() {
            let digit = usize::try_from(rest & 31).unwrap_or(0);
            *slot = DIGITS.get(digit).copied().unwrap_or(b'0');
            rest >>= 5;
        }
        text
    }
}

impl fmt::Display for FindingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("F-")?;
        for byte in self.encode() {
            write!(f, "{}", char::from(byte))?;
        }
        Ok(())
    }
}

impl Serialize for FindingId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// One fact that decided a result: the path the predicate read, its value as JSON text, where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Property path.
    pub path: Arc<str>,
    /// The value as JSON text; `null` if absent.
    pub json: String,
    /// Where the fact stands, if its source has lines.
    pub location: Option<Location>,
    /// Set if the value is AWS's default and nobody set it.
    pub default_note: Option<Arc<str>>,
    /// True if the answer rests on it; false if it was only read beside what decided, as every fact of an unknown answer was.
    pub decided: bool,
}

/// One path that a result lacks, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownBecause {
    /// Property path; empty if a whole listing failed.
    pub path: Arc<str>,
    /// Why it could not be read.
    pub cause: Arc<Cause>,
}

/// Why a finding is accepted for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExceptionKind {
    /// The risk is accepted.
    RiskAccepted,
    /// The finding is wrong.
    FalsePositive,
    /// The business needs it so.
    OperationalRequirement,
    /// Something else protects.
    CompensatingControl,
}

/// A decision of the customer about a finding: it stays in every output, marked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// Its id in the exceptions file.
    pub id: String,
    /// Which kind.
    pub kind: ExceptionKind,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// Who approved it.
    pub approver: String,
    /// Last day on which it holds.
    pub expires: NaiveDate,
}

/// The answer of one check for one resource, with everything a reader needs to believe it.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckResult {
    /// Stable id.
    pub id: FindingId,
    /// Check id, such as `s3.bucket-blocks-public-access`.
    pub check: Arc<str>,
    /// The check's severity.
    pub severity: Severity,
    /// The answer.
    pub status: Status,
    /// The resource; `None` if the listing of its type failed.
    pub resource: Option<Arc<Resource>>,
    /// Type of the resource, also when there is none.
    pub resource_type: Arc<str>,
    /// Account, also when there is no resource.
    pub account: Option<Arc<str>>,
    /// Region, also when there is no resource.
    pub region: Option<Arc<str>>,
    /// The facts that decided.
    pub facts: Vec<Fact>,
    /// Why the answer is unknown; empty unless it is.
    pub unknown_because: Vec<UnknownBecause>,
    /// The exception that covers it, if any.
    pub exception: Option<Arc<Exception>>,
    /// Who owns the duty: a party, or `undetermined`.
    pub party: Arc<str>,
}

impl CheckResult {
    /// True if the answer is unknown only because this kind of source can never show the facts (blind paths).
    pub fn is_blind(&self) -> bool {
        self.status == Status::Unknown
            && !self.unknown_because.is_empty()
            && self.unknown_because.iter().all(|because| because.cause.kind == crate::CauseKind::NotInSource)
    }
}
