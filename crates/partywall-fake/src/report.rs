use std::collections::BTreeMap;

use serde::Serialize;

/// What was asked of the fake, by `service:Operation`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Report {
    /// Requests of all kinds.
    pub requests: u64,
    /// Requests that were throttled.
    pub throttled: u64,
    /// Requests that were answered with another error, or with none at all because of a fault.
    pub failed: u64,
    /// Bytes of answers.
    pub bytes: u64,
    /// The least time, in seconds, that the documented limits allow for the calls let through.
    pub floor_seconds: f64,
    /// The bucket that makes it so: account, Region, action.
    pub floor_bucket: Option<String>,
    /// By operation.
    pub operations: BTreeMap<String, Counts>,
}

/// What was asked of one operation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Requests.
    pub requests: u64,
    /// Of these, throttled.
    pub throttled: u64,
    /// Of these, failed otherwise.
    pub failed: u64,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Answered,
    Throttled,
    Failed,
}

impl Report {
    /// Counts one request.
    pub(crate) fn count(&mut self, operation: &str, outcome: Outcome, bytes: u64) {
        let counts = self.operations.entry(operation.to_owned()).or_default();
        self.requests += 1;
        counts.requests += 1;
        self.bytes += bytes;
        match outcome {
            Outcome::Answered => {}
            Outcome::Throttled => {
                self.throttled += 1;
                counts.throttled += 1;
            }
            Outcome::Failed => {
                self.failed += 1;
                counts.failed += 1;
            }
        }
    }
}
