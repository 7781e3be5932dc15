use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::CallErrorKind;

/// What one operation's calls came to so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct OperationStats {
    /// Calls that were asked for.
    pub calls: u64,
    /// Requests that were sent for them.
    pub requests: u64,
    /// Requests that AWS throttled.
    pub throttled: u64,
    /// Bytes of all bodies that came.
    pub bytes: u64,
    /// Time that calls waited for leave to be sent, all added up; unit: seconds.
    #[serde(serialize_with = "seconds")]
    pub waited: Duration,
    /// Calls that failed, by what that means.
    pub failed: BTreeMap<CallErrorKind, u64>,
}

/// What a client did so far: service → operation → counts.
pub type Stats = BTreeMap<String, BTreeMap<String, OperationStats>>;

/// Counts of a client; one short lock for each call.
#[derive(Debug, Default)]
pub(crate) struct Counters(Mutex<Stats>);

/// What one call adds.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) requests: u32,
    pub(crate) throttled: u32,
    pub(crate) bytes: u64,
    pub(crate) waited: Duration,
}

impl Counters {
    pub(crate) fn add(&self, service: &str, operation: &str, tally: &Tally, failed: Option<CallErrorKind>) {
        let mut stats = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of = match stats.get_mut(service).and_then(|operations| operations.get_mut(operation)) {
            Some(of) => of,
            None => stats.entry(service.to_owned()).or_default().entry(operation.to_owned()).or_default(),
        };
        of.calls += 1;
        of.requests += u64::from(tally.requests);
        of.throttled += u64::from(tally.throttled);
        of.bytes += tally.bytes;
        of.waited += tally.waited;
        if let Some(kind) = failed {
            *of.failed.entry(kind).or_default() += 1;
        }
    }

    pub(crate) fn snapshot(&self) -> Stats {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn seconds<S: Serializer>(waited: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(waited.as_secs_f64())
}
