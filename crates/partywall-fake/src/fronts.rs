//! Both fronts over one core: throttling and faults under a paused clock, and the same answers over a socket.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use partywall_aws::model::Models;
use partywall_aws::protocol::{parse_error, serialize};
use partywall_aws::{HttpResponse, Transport, TransportError};
use partywall_catalog::Catalog;
use partywall_model::Value;
use tokio::time::Instant;

use crate::mirror::signed;
use crate::{Fake, FakeConfig, Fault, FaultRule, Faults, Preset, REPORT_PATH, listen, serve};

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::load(None).unwrap());

fn fake(preset: &str, config: FakeConfig) -> Fake {
    Fake::new(Preset::named(preset).unwrap(), &CATALOG, config).unwrap()
}

fn request(fake: &Fake, service: &str, operation: &str, input: &Value) -> http::Request<Bytes> {
    let service = Models::builtin().service(service).unwrap();
    let request = serialize(&service, service.operation(operation).unwrap(), input).unwrap();
    signed(&service, &fake.world().accounts().next().unwrap(), &request)
}

async fn sent(fake: &Fake, service: &str, operation: &str) -> Result<HttpResponse, TransportError> {
    let request = request(fake, service, operation, &Value::Map(Vec::new()));
    fake.send(request, Duration::from_mins(1)).await
}

fn code(service: &str, response: &HttpResponse) -> String {
    parse_error(&Models::builtin().service(service).unwrap(), response).code.to_string()
}

#[tokio::test(start_paused = true)]
async fn throttles_at_the_documented_rate_and_tells_the_floor() {
    let fake = fake("tiny", FakeConfig { latency: Duration::from_millis(10), ..FakeConfig::default() });
    let began = Instant::now();
    let (mut answered, mut throttled) = (0_u32, 0_u32);
    while began.elapsed() < Duration::from_secs(10) {
        let response = sent(&fake, "ec2", "DescribeSnapshots").await.unwrap();
        match response.status {
            200 => answered += 1,
            503 => {
                assert_eq!(code("ec2", &response), "RequestLimitExceeded");
                throttled += 1;
            }
            other => assert_eq!(other, 200),
        }
    }
    let limit = partywall_aws::Limits::builtin().unwrap().of("ec2", "DescribeSnapshots", true).1;
    let allowed = limit.burst + limit.rate * 10.0;
    assert!(throttled > 0);
    assert!((f64::from(answered) - allowed).abs() <= 2.0, "{answered} answered, {allowed} allowed");
    let report = fake.report();
    assert_eq!((report.requests, report.throttled), (u64::from(answered + throttled), u64::from(throttled)));
    assert!((9.5..=10.1).contains(&report.floor_seconds), "{}", report.floor_seconds);
}

#[tokio::test(start_paused = true)]
async fn each_fault_does_what_it_says() {
    let whole = sent(&fake("tiny", FakeConfig::default()), "dynamodb", "ListTables").await.unwrap();
    for fault in [
        Fault::AccessDenied,
        Fault::Throttled,
        Fault::InternalError,
        Fault::Timeout,
        Fault::Truncated,
        Fault::Garbage,
        Fault::Reset,
        Fault::RegionDisabled,
        Fault::NotAvailable,
        Fault::ExpiredToken,
    ] {
        let faults = Faults::new(vec![FaultRule::new(fault).of("dynamodb", "ListTables")]);
        let fake = fake("tiny", FakeConfig { faults, ..FakeConfig::default() });
        let got = sent(&fake, "dynamodb", "ListTables").await;
        let seen = got.as_ref().map(|response| (response.status, response.body.len() < whole.body.len(), code("dynamodb", response)));
        match fault {
            Fault::AccessDenied => assert_eq!(seen.unwrap().2, "AccessDeniedException"),
            Fault::Throttled => assert_eq!(seen.unwrap().2, "ThrottlingException"),
            Fault::InternalError => assert_eq!(seen.unwrap().0, 500),
            Fault::RegionDisabled => assert_eq!(seen.unwrap().2, "OptInRequired"),
            Fault::ExpiredToken => assert_eq!(seen.unwrap().2, "ExpiredToken"),
            Fault::Truncated | Fault::Garbage => assert_eq!(seen.map(|(status, shorter, _)| (status, shorter)), Ok((200, true))),
            Fault::Timeout => assert_eq!(got, Err(TransportError::TimedOut(Duration::from_mins(1)))),
            Fault::Reset => assert!(matches!(got, Err(TransportError::Broken { .. }))),
            Fault::NotAvailable => assert!(matches!(got, Err(TransportError::NoSuchHost(_)))),
        }
        let other = sent(&fake, "dynamodb", "DescribeLimits").await.unwrap();
        assert_eq!(other.status, 200, "{fault:?} struck another call");
    }
}

#[tokio::test(start_paused = true)]
async fn a_later_page_can_fail_after_its_token_was_given() {
    let mut rule = FaultRule::new(Fault::InternalError).of("dynamodb", "ListTables");
    rule.page = 2;
    let fake = fake("r1", FakeConfig { faults: Faults::new(vec![rule]), ..FakeConfig::default() });
    let first = sent(&fake, "dynamodb", "ListTables").await.unwrap();
    assert_eq!(first.status, 200);
    let token = serde_json::from_slice::<serde_json::Value>(&first.body).unwrap();
    let mut input = Value::Map(Vec::new());
    input.set("ExclusiveStartTableName", Value::str(token.get("LastEvaluatedTableName").unwrap().as_str().unwrap()));
    let second = fake.send(request(&fake, "dynamodb", "ListTables", &input), Duration::from_secs(1)).await.unwrap();
    assert_eq!(second.status, 500);
}

#[tokio::test(start_paused = true)]
async fn unsigned_and_foreign_requests_are_refused() {
    let fake = fake("tiny", FakeConfig::default());
    let bare = http::Request::builder().uri("http://127.0.0.1/").body(Bytes::new()).unwrap();
    assert_eq!(fake.send(bare, Duration::from_secs(1)).await.unwrap().status, 403);
    let service = Models::builtin().service("sts").unwrap();
    let own = serialize(&service, service.operation("GetCallerIdentity").unwrap(), &Value::Map(Vec::new())).unwrap();
    let foreign = fake.send(signed(&service, "999999999999", &own), Duration::from_secs(1)).await.unwrap();
    assert_eq!(code("sts", &foreign), "InvalidClientTokenId");
}

#[tokio::test]
async fn the_socket_tells_the_same_as_the_process() {
    let fake = Arc::new(fake("tiny", FakeConfig::default()));
    let listener = listen(0).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(Arc::clone(&fake), listener));
    let here = sent(&fake, "iam", "GetAccountAuthorizationDetails").await.unwrap();
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let mut ask = async |request: http::Request<Bytes>| {
        let (head, body) = request.into_parts();
        let response = sender.send_request(http::Request::from_parts(head, Full::new(body))).await.unwrap();
        (response.status().as_u16(), response.into_body().collect().await.unwrap().to_bytes())
    };
    let (status, body) = ask(request(&fake, "iam", "GetAccountAuthorizationDetails", &Value::Map(Vec::new()))).await;
    let without_id = |body: &Bytes| String::from_utf8_lossy(body).split("<ResponseMetadata>").next().unwrap().to_owned();
    assert_eq!((status, without_id(&body)), (here.status, without_id(&here.body)));
    let (status, report) = ask(http::Request::builder().uri(REPORT_PATH).body(Bytes::new()).unwrap()).await;
    assert_eq!(status, 200);
    let report: serde_json::Value = serde_json::from_slice(&report).unwrap();
    assert_eq!(report.pointer("/operations/iam:GetAccountAuthorizationDetails/requests"), Some(&serde_json::json!(2)));
}
