//! Whole calls against a transport in this process, under a paused clock: retries, throttling, clocks, credentials, redirects, limits.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::unnecessary_wraps, reason = "tests; a script holds results")]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_credential_types::provider::{self, ProvideCredentials};
use aws_smithy_async::time::{SharedTimeSource, TimeSource};
use bytes::Bytes;
use partywall_aws::model::Models;
use partywall_aws::{
    Answer, CallError, CallErrorKind, Caller, Client, ClientConfig, EndpointOptions, HttpResponse, Identity, Sending, Transport,
    TransportError,
};
use partywall_model::Value;
use tokio::time::Instant;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const TOKEN: &str = "FwoGZXIvYXdzEXAMPLETOKEN";

type Reply = Result<HttpResponse, TransportError>;

/// Answers from a list, the last one again and again; keeps what was sent and when.
#[derive(Debug, Clone, Default)]
struct Script(Arc<Mutex<(VecDeque<Reply>, Vec<(http::Request<Bytes>, Instant)>)>>);

impl Script {
    fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self(Arc::new(Mutex::new((replies.into_iter().collect(), Vec::new()))))
    }

    fn sent(&self) -> usize {
        self.0.lock().unwrap().1.len()
    }

    fn url(&self, number: usize) -> String {
        self.0.lock().unwrap().1[number].0.uri().to_string()
    }

    fn header(&self, number: usize, name: &str) -> Option<String> {
        self.0.lock().unwrap().1[number].0.headers().get(name).map(|value| value.to_str().unwrap().to_owned())
    }

    /// Seconds between two requests.
    fn between(&self, first: usize, second: usize) -> f64 {
        let sent = &self.0.lock().unwrap().1;
        (sent[second].1 - sent[first].1).as_secs_f64()
    }
}

impl Transport for Script {
    fn send(&self, request: http::Request<Bytes>, _: Duration) -> Sending<'_> {
        let mut state = self.0.lock().unwrap();
        state.1.push((request, Instant::now()));
        let reply = if state.0.len() > 1 { state.0.pop_front().unwrap() } else { state.0.front().unwrap().clone() };
        Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            reply
        })
    }
}

/// A wall clock that goes with tokio's.
#[derive(Debug)]
struct Wall(Instant);

impl TimeSource for Wall {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_hours(498_706) + self.0.elapsed()
    }
}

/// Gives another key each time.
#[derive(Debug, Default)]
struct Keys(Mutex<u32>);

impl ProvideCredentials for Keys {
    fn provide_credentials<'a>(&'a self) -> provider::future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let mut number = self.0.lock().unwrap();
        *number += 1;
        let credentials = Credentials::new(format!("AKIDEXAMPLE{number}"), SECRET, Some(TOKEN.to_owned()), None, "test");
        provider::future::ProvideCredentials::ready(Ok(credentials))
    }
}

fn config() -> ClientConfig {
    ClientConfig { seed: 7, time: SharedTimeSource::new(Wall(Instant::now())), ..ClientConfig::default() }
}

fn caller(region: &str) -> Caller {
    Caller::new(Identity::new(Keys::default()), Some("111122223333"), region)
}

fn status(status: u16, headers: &[(&str, &str)], body: &str) -> Reply {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Ok(HttpResponse { status, headers, body: Bytes::copy_from_slice(body.as_bytes()) })
}

fn json_error(code: &str, message: &str) -> Reply {
    status(400, &[("x-amzn-requestid", "id-1")], &serde_json::json!({ "__type": code, "message": message }).to_string())
}

fn tables() -> Reply {
    status(200, &[("x-amzn-requestid", "id-2")], r#"{"TableNames": ["a"]}"#)
}

fn input(members: &[(&str, &str)]) -> Value {
    Value::Map(members.iter().map(|(name, value)| (Arc::from(*name), Value::str(*value))).collect())
}

async fn call(client: &Client, caller: &Caller, service: &str, operation: &str, input: &Value) -> Result<Answer, CallError> {
    let service = Models::builtin().service(service).unwrap();
    client.call(caller, &service, service.operation(operation).unwrap(), input).await
}

async fn list_tables(script: &Script) -> Result<Answer, CallError> {
    call(&Client::new(config(), script.clone()), &caller("eu-central-1"), "dynamodb", "ListTables", &input(&[])).await
}

#[tokio::test(start_paused = true)]
async fn an_answer_comes_with_its_times_and_is_counted() {
    let script = Script::new([tables()]);
    let client = Client::new(config(), script.clone());
    let answer = call(&client, &caller("eu-central-1"), "dynamodb", "list-tables", &input(&[])).await.unwrap();
    assert_eq!(answer.value.at("TableNames").and_then(Value::as_list), Some([Value::str("a")].as_slice()));
    assert_eq!((answer.attempts, answer.request_id.as_deref()), (1, Some("id-2")));
    assert_eq!(answer.sent_at.to_rfc3339(), "2026-11-22T10:00:00+00:00");
    let took = (answer.received_at - answer.sent_at).num_milliseconds();
    assert!((20..25).contains(&took), "{took}");
    assert_eq!(script.url(0), "https://dynamodb.eu-central-1.amazonaws.com/");
    let authorization = script.header(0, "authorization").unwrap();
    assert!(
        authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE1/20261122/eu-central-1/dynamodb/aws4_request"),
        "{authorization}"
    );
    assert_eq!(script.header(0, "x-amz-security-token").as_deref(), Some(TOKEN));
    assert!(script.header(0, "user-agent").unwrap().starts_with("partywall/"));
    let stats = client.stats();
    let of = &stats["dynamodb"]["ListTables"];
    assert_eq!((of.calls, of.requests, of.throttled, of.bytes, of.failed.len()), (1, 1, 0, 21, 0));
}

#[tokio::test(start_paused = true)]
async fn failures_of_aws_are_retried_to_the_end() {
    let script =
        Script::new([status(503, &[], ""), status(500, &[], "<html>"), Err(TransportError::TimedOut(Duration::from_secs(1))), tables()]);
    assert_eq!(list_tables(&script).await.unwrap().attempts, 4);
    let script = Script::new([status(502, &[], "")]);
    let error = list_tables(&script).await.unwrap_err();
    assert_eq!((error.kind, error.status, error.attempts, script.sent()), (CallErrorKind::Server, Some(502), 5, 5));
}

#[tokio::test(start_paused = true)]
async fn throttled_calls_are_retried_longer_and_later_calls_wait() {
    let script = Script::new([json_error("com.amazon.coral.availability#ThrottlingException", "Rate exceeded")]);
    let client = Client::new(config(), script.clone());
    let error = call(&client, &caller("eu-central-1"), "dynamodb", "ListTables", &input(&[])).await.unwrap_err();
    assert_eq!((error.kind, error.code.as_deref(), error.attempts), (CallErrorKind::Throttled, Some("ThrottlingException"), 10));
    assert_eq!(error.to_string(), "`dynamodb:ListTables` in `eu-central-1`: throttled (ThrottlingException): Rate exceeded");
    let stats = client.stats();
    assert_eq!((stats["dynamodb"]["ListTables"].throttled, stats["dynamodb"]["ListTables"].failed[&CallErrorKind::Throttled]), (10, 1));
    // The bucket was cut: what was let through at once before now waits.
    let begun = Instant::now();
    for _ in 0..3 {
        call(&client, &caller("eu-central-1"), "dynamodb", "ListTables", &input(&[])).await.unwrap_err();
    }
    assert!(begun.elapsed() > Duration::from_secs(30), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn the_servers_wish_to_wait_is_kept() {
    for (name, value) in [("retry-after", "7"), ("x-amz-retry-after", "7000")] {
        let script = Script::new([status(503, &[(name, value)], ""), tables()]);
        list_tables(&script).await.unwrap();
        assert!(script.between(0, 1) >= 7.0, "{name}: {}", script.between(0, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn what_may_have_been_done_is_not_done_twice() {
    for failure in [TransportError::TimedOut(Duration::from_secs(1)), TransportError::Broken { host: "h".into(), reason: "reset".into() }] {
        let script = Script::new([Err(failure), tables()]);
        let client = Client::new(config(), script.clone());
        let members = input(&[("TableName", "table")]);
        call(&client, &caller("eu-central-1"), "dynamodb", "DeleteTable", &members).await.unwrap_err();
        assert_eq!(script.sent(), 1);
        assert!(list_tables(&Script::new([Err(TransportError::TimedOut(Duration::from_secs(1))), tables()])).await.is_ok());
    }
    let refused = TransportError::Connect { host: "h".into(), reason: "refused".into() };
    let script = Script::new([Err(refused), status(200, &[], "{}")]);
    let client = Client::new(config(), script.clone());
    call(&client, &caller("eu-central-1"), "dynamodb", "DeleteTable", &input(&[("TableName", "table")])).await.unwrap();
    assert_eq!(script.sent(), 2, "nothing was sent the first time");
}

#[tokio::test(start_paused = true)]
async fn each_refusal_has_its_meaning_and_is_final() {
    for (region, code, kind) in [
        ("eu-central-1", "AccessDeniedException", CallErrorKind::Denied),
        ("eu-central-1", "ValidationException", CallErrorKind::Refused),
        ("eu-central-1", "UnrecognizedClientException", CallErrorKind::Credentials),
        ("me-south-1", "UnrecognizedClientException", CallErrorKind::RegionDisabled),
        ("eu-central-1", "OptInRequired", CallErrorKind::RegionDisabled),
        ("me-south-1", "AccessDeniedException", CallErrorKind::Denied),
    ] {
        let script = Script::new([json_error(code, "no")]);
        let client = Client::new(config(), script.clone());
        let error = call(&client, &caller(region), "dynamodb", "ListTables", &input(&[])).await.unwrap_err();
        assert_eq!((error.kind, error.code.as_deref(), script.sent()), (kind, Some(code), 1), "{region} {code}");
        assert_eq!(error.request_id.as_deref(), Some("id-1"));
    }
    let error = list_tables(&Script::new([Err(TransportError::NoSuchHost("h".to_owned()))])).await.unwrap_err();
    assert_eq!((error.kind, error.attempts), (CallErrorKind::NotAvailable, 1));
    let error = list_tables(&Script::new([status(200, &[], "{\"TableNames\": [")])).await.unwrap_err();
    assert_eq!((error.kind, error.attempts), (CallErrorKind::Malformed, 1));
    let script = Script::new([tables()]);
    let client = Client::new(config(), script.clone());
    let error = call(&client, &caller("eu-central-1"), "dynamodb", "ListTables", &input(&[("Nonsense", "x")])).await.unwrap_err();
    assert_eq!((error.kind, script.sent(), error.attempts), (CallErrorKind::Input, 0, 0));
    let head = Script::new([status(403, &[], "")]);
    let client = Client::new(config(), head.clone());
    let error = call(&client, &caller("eu-central-1"), "s3", "HeadBucket", &input(&[("Bucket", "my-bucket")])).await.unwrap_err();
    assert_eq!(error.kind, CallErrorKind::Denied);
}

#[tokio::test(start_paused = true)]
async fn messages_hold_no_secrets() {
    let script = Script::new([tables()]);
    list_tables(&script).await.unwrap();
    let authorization = script.header(0, "authorization").unwrap();
    let signature = authorization.rsplit('=').next().unwrap();
    let quoted = format!(
        "no match\n{SECRET} AKIDEXAMPLE1 {TOKEN} {signature} \u{1b}[31m The Canonical String for this request is x-amz-security-token:abc"
    );
    let error = list_tables(&Script::new([json_error("SignatureDoesNotMatch", &quoted)])).await.unwrap_err();
    let shown = format!("{error} {error:?}");
    for secret in [SECRET, TOKEN, "AKIDEXAMPLE1", signature, "Canonical", "\u{1b}", "\n"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    assert!(shown.contains("no match [redacted] [redacted] [redacted] [redacted]"), "{shown}");
    let long = list_tables(&Script::new([json_error("ValidationException", &"x".repeat(9000))])).await.unwrap_err();
    assert!(long.message.chars().count() <= 501);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_wrong_is_set_once_by_the_answer() {
    let late =
        || status(400, &[("date", "Sun, 22 Nov 2026 12:00:00 GMT")], r#"{"__type": "InvalidSignatureException", "message": "expired"}"#);
    let script = Script::new([late(), tables()]);
    let client = Client::new(config(), script.clone());
    let answer = call(&client, &caller("eu-central-1"), "dynamodb", "ListTables", &input(&[])).await.unwrap();
    assert_eq!(answer.attempts, 2);
    assert_eq!(
        (script.header(0, "x-amz-date").as_deref(), script.header(1, "x-amz-date").as_deref()),
        (Some("20261122T100000Z"), Some("20261122T120000Z"))
    );
    assert_eq!(answer.sent_at.to_rfc3339().get(..16), Some("2026-11-22T10:00"), "facts keep our own time");
    call(&client, &caller("eu-central-1"), "dynamodb", "ListTables", &input(&[])).await.unwrap();
    assert_eq!(script.header(2, "x-amz-date").unwrap().get(..11), Some("20261122T12"), "the next call knows");

    let script = Script::new([late()]);
    let error = list_tables(&script).await.unwrap_err();
    assert_eq!((error.kind, script.sent()), (CallErrorKind::Credentials, 2), "only once");
    let right = status(400, &[("date", "Sun, 22 Nov 2026 10:00:00 GMT")], r#"{"__type": "InvalidSignatureException"}"#);
    let script = Script::new([right]);
    list_tables(&script).await.unwrap_err();
    assert_eq!(script.sent(), 1, "the clock is not what is wrong");
}

#[tokio::test(start_paused = true)]
async fn expired_credentials_are_fetched_anew_once() {
    let expired = || json_error("ExpiredTokenException", "The security token included in the request is expired");
    let script = Script::new([expired(), tables()]);
    assert_eq!(list_tables(&script).await.unwrap().attempts, 2);
    let key = |number| script.header(number, "authorization").unwrap().split('/').next().unwrap().to_owned();
    assert!(key(0).ends_with("AKIDEXAMPLE1") && key(1).ends_with("AKIDEXAMPLE2"));
    let script = Script::new([expired()]);
    let error = list_tables(&script).await.unwrap_err();
    assert_eq!((error.kind, script.sent()), (CallErrorKind::Credentials, 2));
}

#[tokio::test(start_paused = true)]
async fn buckets_go_to_the_host_and_are_found_where_they_live() {
    let elsewhere =
        status(301, &[("x-amz-bucket-region", "ap-southeast-2")], "<Error><Code>PermanentRedirect</Code><Message>m</Message></Error>");
    let policy = status(200, &[], r#"{"Version": "2012-10-17"}"#);
    let script = Script::new([elsewhere, policy.clone()]);
    let client = Client::new(config(), script.clone());
    let bucket = input(&[("Bucket", "my-bucket")]);
    let answer = call(&client, &caller("eu-central-1"), "s3", "GetBucketPolicy", &bucket).await.unwrap();
    assert_eq!(answer.value.get("Policy").and_then(Value::as_str), Some(r#"{"Version": "2012-10-17"}"#));
    assert_eq!(script.url(0), "https://my-bucket.s3.eu-central-1.amazonaws.com/?policy");
    assert_eq!(script.url(1), "https://my-bucket.s3.ap-southeast-2.amazonaws.com/?policy");
    assert!(script.header(1, "authorization").unwrap().contains("/ap-southeast-2/s3/aws4_request"));
    call(&client, &caller("eu-central-1"), "s3", "GetBucketPolicy", &bucket).await.unwrap();
    assert_eq!(script.url(2), script.url(1), "remembered");

    for region in ["cn-north-1", "eu-central-1", "evil.example/x"] {
        let away = status(301, &[("x-amz-bucket-region", region)], "<Error><Code>PermanentRedirect</Code><Message>m</Message></Error>");
        let script = Script::new([away]);
        let client = Client::new(config(), script.clone());
        let error = call(&client, &caller("eu-central-1"), "s3", "GetBucketPolicy", &bucket).await.unwrap_err();
        assert!(!(0..script.sent()).any(|number| script.url(number).contains("evil.example/x.") || script.url(number).contains(".cn")));
        assert!(matches!(error.kind, CallErrorKind::Refused | CallErrorKind::Input), "{error}");
    }

    let script = Script::new([policy.clone()]);
    let client = Client::new(config(), script.clone());
    call(&client, &caller("eu-central-1"), "s3", "GetBucketPolicy", &input(&[("Bucket", "my.bucket")])).await.unwrap();
    assert_eq!(script.url(0), "https://s3.eu-central-1.amazonaws.com/my.bucket?policy");
    let endpoints = EndpointOptions { url: Some("http://127.0.0.1:4566".to_owned()), ..EndpointOptions::default() };
    let client = Client::new(ClientConfig { endpoints, ..config() }, script.clone());
    call(&client, &caller("eu-central-1"), "s3", "GetBucketPolicy", &bucket).await.unwrap();
    assert_eq!(script.url(1), "http://127.0.0.1:4566/my-bucket?policy");
}

#[tokio::test(start_paused = true)]
async fn hosts_with_an_account_and_requests_without_a_signature() {
    let script = Script::new([status(200, &[], "<GetPublicAccessBlockOutput/>")]);
    let client = Client::new(config(), script.clone());
    let account = input(&[("AccountId", "111122223333")]);
    call(&client, &caller("eu-central-1"), "s3control", "GetPublicAccessBlock", &account).await.unwrap();
    assert_eq!(script.url(0), "https://111122223333.s3-control.eu-central-1.amazonaws.com/v20180820/configuration/publicAccessBlock");
    let unsigned = Caller::unsigned("eu-central-1");
    let _ = call(&client, &unsigned, "s3", "GetBucketPolicy", &input(&[("Bucket", "my-bucket")])).await;
    assert_eq!(script.header(1, "authorization"), None);
}

#[tokio::test(start_paused = true)]
async fn the_share_of_the_documented_rate_is_kept_for_each_account_and_region() {
    let script = Script::new([status(200, &[], "{}")]);
    let client = Client::new(config(), script.clone());
    let begun = Instant::now();
    // Documented: 5 a second. Half of it: 2.5 a second after 2 at once.
    for region in ["eu-central-1", "eu-west-1"] {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..12 {
            let client = client.clone();
            tasks.spawn(async move { call(&client, &caller(region), "dynamodb", "ListBackups", &input(&[])).await });
        }
        for result in tasks.join_all().await {
            result.unwrap_or_else(|error| panic!("{error}"));
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    assert!((7.5..8.5).contains(&seconds), "two Regions one after the other, 10 waits of 0.4 s in each less the half token: {seconds}");
}
