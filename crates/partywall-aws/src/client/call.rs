use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use chrono::DateTime;
use partywall_model::Value;

use super::{Inner, request};
use crate::endpoint::{Addressed, Endpoint, bucket_of};
use crate::limiter::{BucketKey, Grant};
use crate::model::{Operation, Segment, Service};
use crate::sign::{Scope, sign_request};
use crate::stats::Tally;
use crate::{
    Answer, CallError, CallErrorKind, Caller, HttpRequest, HttpResponse, Limits, Partitions, TransportError, codes, protocol, redact,
};

/// AWS allows five minutes; less than a minute is no reason to sign anew.
const SKEW: i64 = 60;

/// One call under way.
pub(super) struct Call<'a> {
    client: &'a Inner,
    caller: &'a Caller,
    service: &'a Service,
    operation: &'a Operation,
    input: &'a Value,
    tally: Tally,
    /// What may be tried once was tried.
    refreshed: bool,
    skewed: bool,
    redirected: bool,
}

/// Why an attempt gave nothing.
struct Failure {
    kind: CallErrorKind,
    code: Option<Box<str>>,
    message: Box<str>,
    status: Option<u16>,
    request_id: Option<Box<str>>,
    next: Next,
}

/// What to do about it.
enum Next {
    /// What stood in the way is out of the way.
    Now,
    /// Wait, at least as long as AWS asks, if attempts are left for its kind.
    Later(Option<Duration>),
    Never,
}

impl Failure {
    fn local(kind: CallErrorKind, message: &str) -> Self {
        Self { kind, code: None, message: redact::message(message, None, None), status: None, request_id: None, next: Next::Never }
    }
}

/// What was sent, for judging what came back.
struct Sent {
    host: String,
    region: String,
    at: SystemTime,
    credentials: Option<Credentials>,
    signature: Option<String>,
}

impl<'a> Call<'a> {
    pub(super) fn new(client: &'a Inner, caller: &'a Caller, service: &'a Service, operation: &'a Operation, input: &'a Value) -> Self {
        let tally = Tally::default();
        Self { client, caller, service, operation, input, tally, refreshed: false, skewed: false, redirected: false }
    }

    pub(super) async fn run(mut self) -> Result<Answer, CallError> {
        let result = match protocol::serialize(self.service, self.operation, self.input) {
            Ok(request) => self.until_answered(&request).await,
            Err(error) => Err(Failure::local(CallErrorKind::Input, &error.to_string())),
        };
        let failed = result.as_ref().err().map(|failure| failure.kind);
        self.client.counters.add(&self.service.name, &self.operation.name, &self.tally, failed);
        result.map_err(|failure| CallError {
            kind: failure.kind,
            service: self.service.name.clone(),
            operation: self.operation.name.clone(),
            region: self.caller.region.clone(),
            code: failure.code,
            message: failure.message,
            status: failure.status,
            request_id: failure.request_id,
            attempts: self.tally.requests,
        })
    }

    async fn until_answered(&mut self, request: &HttpRequest) -> Result<Answer, Failure> {
        loop {
            let failure = match self.attempt(request).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            match failure.next {
                Next::Now => {}
                Next::Later(asked) => match self.client.backoff.wait(failure.kind, self.tally.requests, asked) {
                    Some(wait) => tokio::time::sleep(wait).await,
                    None => return Err(failure),
                },
                Next::Never => return Err(failure),
            }
        }
    }

    async fn attempt(&mut self, request: &HttpRequest) -> Result<Answer, Failure> {
        let bucket = self.bucket(request);
        let region = bucket.and_then(|bucket| self.client.bucket_region(bucket)).unwrap_or_else(|| self.caller.region.clone());
        let endpoint = Endpoint::resolve(&self.addressed(), &region, &self.client.config.endpoints).map_err(|error| {
            let kind = if matches!(error, crate::EndpointError::None { .. }) { CallErrorKind::NotAvailable } else { CallErrorKind::Input };
            Failure::local(kind, &error.to_string())
        })?;
        let grant = self.leave(&endpoint).await?;
        let credentials = self.credentials().await?;
        let mut signed =
            request::with_address(request, &endpoint, &self.client.config.endpoints, &self.client.config.user_agent, bucket.is_some())
                .map_err(|message| Failure::local(CallErrorKind::Input, &message))?;
        let now = self.client.config.time.now();
        let time = shifted(now, self.client.ahead(&endpoint.host));
        if let Some(credentials) = &credentials {
            let scope = Scope {
                region: &endpoint.sign_region,
                service: &endpoint.sign_name,
                time,
                unsigned_payload: self.operation.unsigned_payload && endpoint.scheme == "https",
            };
            sign_request(&mut signed, credentials, scope).map_err(|message| Failure::local(CallErrorKind::Input, &message))?;
        }
        let sent = Sent {
            host: endpoint.host,
            region: endpoint.sign_region,
            at: time,
            signature: redact::signature(signed.headers()),
            credentials,
        };
        self.tally.requests += 1;
        let result = self.client.transport.send(signed, self.client.config.attempt_timeout).await;
        let received = self.client.config.time.now();
        let answer = result.map_err(|error| self.not_carried(&error, &sent))?;
        self.tally.bytes += answer.body.len() as u64;
        if protocol::is_error(self.service, self.operation, &answer) {
            let failure = self.refused(&answer, &sent, bucket, received);
            if failure.kind == CallErrorKind::Throttled {
                self.tally.throttled += 1;
                grant.throttled();
            }
            return Err(failure);
        }
        let request_id = protocol::request_id(&answer);
        let room = self.client.rooms.take(answer.body.len()).await;
        let value = protocol::parse(self.service, self.operation, &answer).map_err(|error| Failure {
            status: Some(answer.status),
            request_id: request_id.clone(),
            ..Failure::local(CallErrorKind::Malformed, &error.to_string())
        })?;
        Ok(Answer { value, request_id, attempts: self.tally.requests, sent_at: now.into(), received_at: received.into(), room })
    }

    fn addressed(&self) -> Addressed<'a> {
        Addressed {
            service: &self.service.name,
            operation: &self.operation.name,
            prefix: &self.service.endpoint_prefix,
            signing_name: &self.service.signing_name,
            service_id: &self.service.service_id,
        }
    }

    /// The bucket that this call of S3 is about.
    fn bucket<'r>(&self, request: &'r HttpRequest) -> Option<&'r str> {
        let begins = self.operation.uri.path.iter().find(|segment| !matches!(segment, Segment::Literal(text) if &**text == "/"));
        let named = matches!(begins, Some(Segment::Label { name, .. }) if &**name == "Bucket");
        if named && &*self.service.name == "s3" { bucket_of(&request.path) } else { None }
    }

    async fn leave(&mut self, endpoint: &Endpoint) -> Result<Grant, Failure> {
        let limits = Limits::builtin().map_err(|message| Failure::local(CallErrorKind::Input, message))?;
        let unfiltered =
            !self.input.as_map().is_some_and(|members| members.iter().any(|(name, value)| &**name != "DryRun" && !value.is_null()));
        let (row, limit) = limits.of(&self.service.name, &self.operation.name, unfiltered);
        let region: Arc<str> = Arc::from(endpoint.sign_region.as_str());
        let key = BucketKey {
            account: self.caller.account.clone().unwrap_or_default(),
            region: if limit.account_wide { Arc::default() } else { region.clone() },
            service: if limit.together { limit.service.as_str().into() } else { self.service.name.clone() },
            action: if limit.together { Arc::default() } else { self.operation.name.clone() },
            row,
        };
        let grant = self.client.limiter.acquire(key, &region, limit).await;
        self.tally.waited += grant.waited;
        Ok(grant)
    }

    async fn credentials(&self) -> Result<Option<Credentials>, Failure> {
        let Some(identity) = self.caller.identity.as_ref().filter(|_| !self.operation.unsigned) else { return Ok(None) };
        let found = identity.credentials(self.client.config.time.now()).await;
        found.map(Some).map_err(|error| Failure::local(CallErrorKind::Credentials, &chain(&error)))
    }

    /// No answer came.
    fn not_carried(&self, error: &TransportError, sent: &Sent) -> Failure {
        let (kind, again) = match error {
            TransportError::NoSuchHost(_) => (CallErrorKind::NotAvailable, false),
            TransportError::Connect { .. } => (CallErrorKind::Connection, true),
            // Whether AWS did what it was asked is not known.
            TransportError::Broken { .. } => (CallErrorKind::Connection, self.reads()),
            TransportError::TimedOut(_) => (CallErrorKind::TimedOut, self.reads()),
            TransportError::TooLarge(_) => (CallErrorKind::Malformed, false),
            TransportError::Invalid(_) => (CallErrorKind::Input, false),
        };
        let message = redact::message(&error.to_string(), sent.credentials.as_ref(), sent.signature.as_deref());
        let next = if again { Next::Later(None) } else { Next::Never };
        Failure { message, next, ..Failure::local(kind, "") }
    }

    /// An answer that is an error.
    fn refused(&mut self, answer: &HttpResponse, sent: &Sent, bucket: Option<&str>, received: SystemTime) -> Failure {
        let error = protocol::parse_error(self.service, answer);
        let opt_in = Partitions::builtin().is_ok_and(|table| table.is_opt_in(&sent.region));
        let helped = self.found_bucket(&error.code, answer, sent, bucket)
            || self.set_clock(&error.code, answer, sent, received)
            || self.dropped_credentials(&error.code, sent);
        Failure {
            kind: codes::kind(&error.code, error.status, opt_in),
            message: redact::message(&error.message, sent.credentials.as_ref(), sent.signature.as_deref()),
            code: Some(error.code),
            status: Some(error.status),
            request_id: error.request_id,
            next: if helped { Next::Now } else { Next::Later(codes::retry_after(answer)) },
        }
    }

    /// S3 says where the bucket lives.
    fn found_bucket(&mut self, code: &str, answer: &HttpResponse, sent: &Sent, bucket: Option<&str>) -> bool {
        let Some(bucket) = bucket.filter(|_| !self.redirected && codes::is_redirect(code, answer.status)) else { return false };
        let in_body =
            || std::str::from_utf8(&answer.body).ok()?.split_once("<Region>")?.1.split_once("</Region>").map(|(region, _)| region);
        let Some(region) = answer.header("x-amz-bucket-region").or_else(in_body) else { return false };
        // The answer is from outside: it may name another Region of the partition, and nothing else.
        let known = Partitions::builtin().is_ok_and(|table| {
            let ours = table.of_region(&sent.region).map(|partition| &partition.id);
            table.of_region(region).map(|partition| &partition.id) == ours
        });
        if !known || region == sent.region {
            return false;
        }
        self.redirected = true;
        self.client.set_bucket_region(bucket, region);
        true
    }

    /// The clocks differ, and the answer says what time it is there.
    fn set_clock(&mut self, code: &str, answer: &HttpResponse, sent: &Sent, received: SystemTime) -> bool {
        if self.skewed || !codes::is_skewed(code) {
            return false;
        }
        let Some(there) = answer.header("date").and_then(|date| DateTime::parse_from_rfc2822(date).ok()) else { return false };
        let seconds = |time: SystemTime| DateTime::<chrono::Utc>::from(time).timestamp();
        if (there.timestamp() - seconds(sent.at)).abs() < SKEW {
            return false;
        }
        self.skewed = true;
        self.client.set_ahead(&sent.host, there.timestamp() - seconds(received));
        true
    }

    /// The credentials were good once; others may be to be had.
    fn dropped_credentials(&mut self, code: &str, sent: &Sent) -> bool {
        let (Some(identity), Some(credentials)) = (&self.caller.identity, &sent.credentials) else { return false };
        if self.refreshed || !codes::is_expired(code) {
            return false;
        }
        self.refreshed = true;
        identity.forget(credentials);
        true
    }

    /// Sending it twice does no harm.
    fn reads(&self) -> bool {
        const READS: &[&str] = &["BatchGet", "Describe", "Get", "Head", "List", "Lookup", "Query", "Search", "Select", "Simulate"];
        matches!(self.operation.method, "GET" | "HEAD") || READS.iter().any(|begin| self.operation.name.starts_with(begin))
    }
}

fn shifted(time: SystemTime, seconds: i64) -> SystemTime {
    let by = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 { time.checked_sub(by) } else { time.checked_add(by) }.unwrap_or(time)
}

/// An error and its causes.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes: Vec<String> = std::iter::successors(Some(error), |error| (*error).source()).map(ToString::to_string).collect();
    causes.join(": ")
}
