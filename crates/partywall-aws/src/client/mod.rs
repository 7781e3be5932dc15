//! One call: serialise, then until it is answered or given up: wait for leave, sign, send, read, judge.

mod call;
mod download;
mod request;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use partywall_model::Value;

use crate::limiter::Limiter;
use crate::model::{Operation, Service};
use crate::retry::Backoff;
use crate::room::Rooms;
use crate::stats::{Counters, Stats};
use crate::{Answer, CallError, CallErrorKind, Caller, ClientConfig, Partitions, Transport, pages};

/// A client for all AWS services. Cheap to clone; clones share limits, connections and counts.
#[derive(Debug, Clone)]
pub struct Client(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: ClientConfig,
    transport: Box<dyn Transport>,
    limiter: Limiter,
    backoff: Backoff,
    counters: Counters,
    rooms: Rooms,
    learned: Mutex<Learned>,
}

/// What answers taught about AWS's side.
#[derive(Debug, Default)]
struct Learned {
    /// How far the clock of a host is ahead of ours; unit: seconds.
    ahead: HashMap<String, i64>,
    /// Where a bucket lives, if not where it was asked for first.
    bucket_regions: HashMap<String, Arc<str>>,
}

impl Client {
    /// A client that sends through this transport.
    pub fn new(config: ClientConfig, transport: impl Transport) -> Self {
        let limiter = Limiter::new(config.share, config.concurrency, config.seed);
        let backoff = Backoff::new(config.max_attempts, config.max_throttled_attempts, config.seed);
        let rooms = Rooms::new(config.answer_room);
        let transport = Box::new(transport);
        Self(Arc::new(Inner { config, transport, limiter, backoff, counters: Counters::default(), rooms, learned: Mutex::default() }))
    }

    /// Calls one operation once: one page of a listing ([`crate::pages`] leads on).
    ///
    /// # Errors
    /// There is no answer; the error says what that means. It holds no credential and no signature.
    pub async fn call(&self, caller: &Caller, service: &Service, operation: &Operation, input: &Value) -> Result<Answer, CallError> {
        Box::pin(call::Call::new(&self.0, caller, service, operation, input).run()).await
    }

    /// Calls an operation until there are no more pages, and gives all as one answer.
    ///
    /// # Errors
    /// A page has no answer, or the service gives the same page again and again.
    pub async fn call_all(&self, caller: &Caller, service: &Service, operation: &Operation, input: &Value) -> Result<Value, CallError> {
        let mut input = pages::first_input(service, operation, input);
        let mut answers = Vec::new();
        loop {
            let answer = self.call(caller, service, operation, &input).await?;
            let next = pages::next_input(operation, &input, &answer.value).map_err(|error| CallError {
                kind: CallErrorKind::Malformed,
                service: Arc::from(&*service.name),
                operation: Arc::from(&*operation.name),
                region: caller.region.clone(),
                code: None,
                message: error.to_string().into(),
                status: None,
                request_id: None,
                attempts: 0,
            })?;
            answers.push(answer.value);
            match next {
                Some(next) => input = next,
                None => return Ok(pages::merge(operation, answers)),
            }
        }
    }

    /// What this client did so far.
    pub fn stats(&self) -> Stats {
        self.0.counters.snapshot()
    }

    /// The time by this client's clock.
    pub fn now(&self) -> DateTime<Utc> {
        self.0.config.time.now().into()
    }

    /// The Regions of that Region's partition that every account has on.
    pub fn default_regions(&self, region: &str) -> Vec<Arc<str>> {
        let partition = Partitions::builtin().ok().and_then(|table| table.of_region(region));
        let on = partition.map(|partition| partition.regions.iter().filter(|name| !partition.opt_in.contains(name)));
        on.into_iter().flatten().map(|name| Arc::from(name.as_str())).collect()
    }
}

impl Inner {
    fn ahead(&self, host: &str) -> i64 {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner).ahead.get(host).copied().unwrap_or_default()
    }

    fn set_ahead(&self, host: &str, seconds: i64) {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner).ahead.insert(host.to_owned(), seconds);
    }

    fn bucket_region(&self, bucket: &str) -> Option<Arc<str>> {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner).bucket_regions.get(bucket).cloned()
    }

    fn set_bucket_region(&self, bucket: &str, region: &str) {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner).bucket_regions.insert(bucket.to_owned(), Arc::from(region));
    }
}
