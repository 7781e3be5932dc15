use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use partywall_aws::model::Service;
use partywall_aws::{HttpResponse, Limits};
use partywall_catalog::Catalog;
use partywall_model::Value;
use tokio::time::Instant;

use crate::buckets::Buckets;
use crate::decode::{self, Route, Scope};
use crate::encode::{self, ServiceFault};
use crate::faults::{Call, Fault, Faults};
use crate::report::{Outcome, Report};
use crate::request::Incoming;
use crate::throttle;
use crate::world::{Answers, Preset, Question, Seed, World};
use crate::{BucketKey, FakeError};

/// How a fake behaves.
#[derive(Debug)]
pub struct FakeConfig {
    /// Seed of the world and of the jitter.
    pub seed: u64,
    /// Time of every answer.
    pub latency: Duration,
    /// Time that is added at most, at random.
    pub jitter: Duration,
    /// Token buckets are kept, at the whole of the documented rates.
    pub throttles: bool,
    /// What goes wrong.
    pub faults: Faults,
}

impl Default for FakeConfig {
    fn default() -> Self {
        Self { seed: 1, latency: Duration::ZERO, jitter: Duration::ZERO, throttles: true, faults: Faults::default() }
    }
}

/// What comes back over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// An answer, whole as far as HTTP can tell.
    Answer(HttpResponse),
    /// Nothing, ever.
    Silence,
    /// The connection breaks.
    Reset,
    /// The host has no address.
    NoSuchHost,
}

/// A stand-in for AWS. One fake serves all accounts, Regions and services of its world.
#[derive(Debug)]
pub struct Fake {
    answers: Answers,
    limits: &'static Limits,
    config: FakeConfig,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    buckets: Buckets,
    faults: Faults,
    report: Report,
}

impl Fake {
    /// Makes a fake of a preset's world.
    ///
    /// # Errors
    /// [`FakeError`] if catalogue, models and the built-in data do not fit together.
    pub fn new(preset: Preset, catalog: &Catalog, mut config: FakeConfig) -> Result<Self, FakeError> {
        let limits = Limits::builtin().map_err(|error| FakeError::Data(format!("limits: {error}")))?;
        let world = World::new(preset, config.seed, catalog)?;
        let faults = std::mem::take(&mut config.faults);
        let state = Mutex::new(State { faults, ..State::default() });
        Ok(Self { answers: Answers::new(world, catalog)?, limits, config, state })
    }

    /// The world it serves.
    pub fn world(&self) -> &World {
        &self.answers.world
    }

    /// The access key id of an account; any secret key goes with it.
    pub fn access_key(account: &str) -> String {
        format!("AKIAFAKE{account}")
    }

    /// What was asked so far, and the least time that the documented limits allow for it.
    pub fn report(&self) -> Report {
        let state = self.state();
        let mut report = state.report.clone();
        if let Some(floor) = state.buckets.floor() {
            let BucketKey { account, region, group } = floor.key;
            report.floor_seconds = floor.time.as_secs_f64();
            report.floor_bucket = Some(format!("{account} {region} {group}"));
        }
        report
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers one request, after the latency.
    pub async fn answer(&self, request: &http::Request<Bytes>) -> Reply {
        let number = self.state().report.requests;
        let jitter = Seed::new(self.config.seed).number(number).below(u64::try_from(self.config.jitter.as_micros()).unwrap_or(0) + 1);
        let wait = self.config.latency + Duration::from_micros(jitter);
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        let (operation, outcome, reply) = self.decide(request, &format!("00000000-0000-4000-a000-{number:012x}"));
        let bytes = if let Reply::Answer(response) = &reply { response.body.len() as u64 } else { 0 };
        self.state().report.count(&operation, outcome, bytes);
        reply
    }

    /// The answer to one request at this moment, and how it is counted.
    fn decide(&self, request: &http::Request<Bytes>, id: &str) -> (String, Outcome, Reply) {
        let incoming = Incoming::new(request);
        let failed = |service: Option<&Service>, fault: &ServiceFault| Reply::Answer(encode::failed(service, fault, id));
        let Some(scope) = incoming.header("authorization").and_then(Scope::parse) else {
            let fault = ServiceFault::new("MissingAuthenticationToken", "the request is not signed", 403);
            return ("unsigned".to_owned(), Outcome::Failed, failed(None, &fault));
        };
        let route = match decode::route(self.answers.plan.services(&scope.signing_name), &incoming) {
            Ok(route) => route,
            Err(message) => {
                let fault = ServiceFault::new("UnknownOperationException", message, 404);
                return (format!("{}:unknown", scope.signing_name), Outcome::Failed, failed(None, &fault));
            }
        };
        let name = format!("{}:{}", route.service.name, route.operation);
        let service = Arc::clone(&route.service);
        let Some(operation) = route.operation() else { return (name, Outcome::Failed, Reply::Reset) };
        let Some(account) = scope.account().filter(|account| self.answers.world.has_account(account)) else {
            let fault = ServiceFault::new("InvalidClientTokenId", "the access key id is of no account of this world", 403);
            return (name, Outcome::Failed, failed(Some(&service), &fault));
        };
        let input = match decode::input(&service, operation, &route.labels, &incoming) {
            Ok(input) => input,
            Err(message) => {
                return (name, Outcome::Failed, failed(Some(&service), &ServiceFault::new("ValidationException", message, 400)));
            }
        };
        let role = incoming.header("x-amz-security-token").and_then(|token| token.strip_prefix("fake:"));
        let question = Question { account, region: &scope.region, role, service: &service, operation, input: &input };
        let fault = self.fault(&incoming, question);
        match fault {
            Some(Fault::Timeout) => return (name, Outcome::Failed, Reply::Silence),
            Some(Fault::Reset) => return (name, Outcome::Failed, Reply::Reset),
            Some(Fault::NotAvailable) => return (name, Outcome::Failed, Reply::NoSuchHost),
            Some(Fault::Throttled) => return (name, Outcome::Throttled, failed(Some(&service), &throttle::slow_down(&service))),
            _ => {}
        }
        if let Some(fault) = fault.and_then(|fault| refusal(fault, &route)) {
            return (name, Outcome::Failed, failed(Some(&service), &fault));
        }
        if self.config.throttles && !self.take(question) {
            return (name, Outcome::Throttled, failed(Some(&service), &throttle::slow_down(&service)));
        }
        match self.answers.answer(question) {
            Err(fault) => (name, Outcome::Failed, failed(Some(&service), &fault)),
            Ok(output) => {
                let mut response = encode::answered(&service, operation, &output, id);
                match fault {
                    Some(Fault::Truncated) => response.body.truncate(response.body.len() / 2),
                    Some(Fault::Garbage) => response.body = Bytes::from_static(b"\x00\xff<{garbage"),
                    _ => return (name, Outcome::Answered, Reply::Answer(response)),
                }
                (name, Outcome::Failed, Reply::Answer(response))
            }
        }
    }

    fn fault(&self, incoming: &Incoming<'_>, question: Question<'_>) -> Option<Fault> {
        let Question { account, region, service, operation, .. } = question;
        let query = incoming.query.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
        let body = String::from_utf8_lossy(incoming.body);
        let texts = [&*incoming.path, &*query, &*body];
        let page = self.answers.page(question);
        self.state().faults.strike(&Call { service: &service.name, operation: &operation.name, account, region, texts, page })
    }

    fn take(&self, question: Question<'_>) -> bool {
        let Question { account, region, service, operation, input, .. } = question;
        let unfiltered = is_bare(input);
        let (key, limit) = throttle::bucket(self.limits, service, &operation.name, unfiltered, account, region);
        self.state().buckets.take(key, limit, Instant::now())
    }
}

/// True of an input that names no resource, no filter and no size of page.
fn is_bare(input: &Value) -> bool {
    input.as_map().is_none_or(<[_]>::is_empty)
}

/// The error of a fault that is one.
fn refusal(fault: Fault, route: &Route) -> Option<ServiceFault> {
    let action = format!("{}:{}", route.service.name, route.operation);
    let query = matches!(&*route.service.name, "ec2");
    Some(match fault {
        Fault::AccessDenied => {
            let (code, status) = match (query, &*route.service.name) {
                (true, _) => ("UnauthorizedOperation", 403),
                (_, "s3" | "s3control" | "iam" | "sts" | "rds" | "cloudfront" | "route53") => ("AccessDenied", 403),
                (_, "sns" | "autoscaling" | "elb" | "elbv2") => ("AuthorizationError", 403),
                _ => ("AccessDeniedException", 400),
            };
            ServiceFault::new(code, format!("the caller is not authorized to perform: {action}"), status)
        }
        Fault::InternalError => ServiceFault::new("InternalError", "an internal error has occurred", 500),
        Fault::RegionDisabled => ServiceFault::new("OptInRequired", "the account is not opted in to this Region", 403),
        Fault::ExpiredToken => ServiceFault::new("ExpiredToken", "the security token included in the request is expired", 400),
        _ => return None,
    })
}
