use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use bytes::Bytes;

use super::session::ProfileFiles;
use super::*;
use crate::transport::Sending;
use crate::{Caller, Client, ClientConfig, HttpResponse, Transport};

#[expect(deprecated, reason = "the new name is in aws-runtime, which is no dependency of ours")]
type ProfileFileKind = aws_config::profile::profile_file::ProfileFileKind;

/// Gives credentials that last so long, after a while, until it breaks.
#[derive(Debug)]
struct Source {
    fetched: AtomicU32,
    lasts: Duration,
    breaks_after: u32,
}

impl ProvideCredentials for Source {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async move {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let number = self.fetched.fetch_add(1, Ordering::SeqCst);
            if number >= self.breaks_after {
                return Err(CredentialsError::provider_error("broken"));
            }
            let expiry = UNIX_EPOCH + self.lasts * (number + 1);
            Ok(Credentials::new(format!("KEY{number}"), "s", None, Some(expiry), "test"))
        })
    }
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn source(lasts: u64, breaks_after: u32) -> Identity {
    Identity::new(Source { fetched: AtomicU32::new(0), lasts: Duration::from_secs(lasts), breaks_after })
}

#[tokio::test(start_paused = true)]
async fn credentials_are_fetched_once_by_one_and_anew_five_minutes_before_they_expire() {
    let identity = source(3600, 2);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let identity = identity.clone();
        tasks.spawn(async move { identity.credentials(at(0)).await.unwrap().access_key_id().to_owned() });
    }
    assert!(tasks.join_all().await.iter().all(|key| key == "KEY0"));
    let key = async |seconds| identity.credentials(at(seconds)).await.map(|found| found.access_key_id().to_owned()).ok();
    assert_eq!(key(3299).await.as_deref(), Some("KEY0"));
    assert_eq!(key(3301).await.as_deref(), Some("KEY1"));
    // The source broke: what is kept serves until it expires, and no longer.
    assert_eq!(key(7199).await.as_deref(), Some("KEY1"));
    assert_eq!(key(7201).await, None);
}

#[tokio::test(start_paused = true)]
async fn short_lived_credentials_are_not_fetched_for_each_call() {
    let identity = source(200, 9);
    for second in 0..100 {
        assert_eq!(identity.credentials(at(second)).await.unwrap().access_key_id(), "KEY0");
    }
    assert_eq!(identity.credentials(at(101)).await.unwrap().access_key_id(), "KEY1");
}

/// Answers every call as STS would; keeps the bodies.
#[derive(Debug, Clone, Default)]
struct Sts(Arc<Mutex<Vec<String>>>);

impl Transport for Sts {
    fn send(&self, request: http::Request<Bytes>, _: Duration) -> Sending<'_> {
        self.0.lock().unwrap().push(format!("{} {}", request.uri(), String::from_utf8_lossy(request.body())));
        Box::pin(async {
            let body = "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAROLE</AccessKeyId>\
                <SecretAccessKey>role-secret</SecretAccessKey><SessionToken>role-token</SessionToken>\
                <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>";
            Ok(HttpResponse { status: 200, headers: Vec::new(), body: Bytes::from_static(body.as_bytes()) })
        })
    }
}

/// The profile of that name in files of our own; the machine's environment is not asked but for what the tests do not look at.
fn options(profile: &str) -> SessionOptions {
    let files = ProfileFiles::builder().with_contents(ProfileFileKind::Config, CONFIG).with_contents(ProfileFileKind::Credentials, KEYS);
    SessionOptions { profile: Some(profile.to_owned()), files: files.build(), ..SessionOptions::default() }
}

const CONFIG: &str = "[default]\nregion = eu-central-1\n[profile audit]\nregion = eu-west-1\nrole_arn = arn:aws:iam::111122223333:role/Audit\n\
    mfa_serial = arn:aws:iam::999900001111:mfa/me\nsource_profile = keys\nexternal_id = ext\nduration_seconds = 1800\n\
    [profile keys]\nregion = eu-west-1\nendpoint_url = http://127.0.0.1:4566\nservices = own\n\
    [services own]\ns3 =\n  endpoint_url = http://127.0.0.1:9000\n";
const KEYS: &str = "[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key = s\n[keys]\naws_access_key_id = AKIAKEYS\naws_secret_access_key = s\n";
#[tokio::test]
async fn the_chain_gives_keys_region_and_addresses() {
    let client = Client::new(ClientConfig::default(), Sts::default());
    let session = Session::load(&options("default")).await.unwrap();
    let key = session.identity(&client, "eu-central-1").credentials(at(1_800_000_000)).await.unwrap();
    assert_eq!(key.access_key_id(), "AKIADEFAULT");

    let named = SessionOptions { region: Some("ap-south-1".to_owned()), ..options("keys") };
    let session = Session::load(&named).await.unwrap();
    assert_eq!(session.region.as_deref(), Some("ap-south-1"));
    assert_eq!(session.endpoints.url.as_deref(), Some("http://127.0.0.1:4566"));
    assert_eq!(session.endpoints.service_urls.get("S3").map(String::as_str), Some("http://127.0.0.1:9000"));
    let key = session.identity(&client, "ap-south-1").credentials(at(1_800_000_000)).await.unwrap();
    assert_eq!(key.access_key_id(), "AKIAKEYS");

    assert_eq!(Session::load(&options("nobody")).await.unwrap_err(), SessionError::NoProfile("nobody".to_owned()));
}

#[tokio::test]
async fn a_profile_with_a_second_factor_asks_once_and_takes_on_the_role() {
    let sts = Sts::default();
    let client = Client::new(ClientConfig::default(), sts.clone());
    let audit = options("audit");
    assert_eq!(Session::load(&audit).await.unwrap_err(), SessionError::NobodyToAsk("audit".to_owned()));
    let asked = Arc::new(AtomicU32::new(0));
    let count = asked.clone();
    let ask_code: AskCode = Arc::new(move |serial| {
        count.fetch_add(1, Ordering::SeqCst);
        assert_eq!(serial, "arn:aws:iam::999900001111:mfa/me");
        Ok("123456\n".to_owned())
    });
    let session = Session::load(&SessionOptions { ask_code: Some(ask_code), ..audit }).await.unwrap();
    let identity = session.identity(&client, "eu-west-1");
    for _ in 0..3 {
        let credentials = identity.credentials(at(1_800_000_000)).await.unwrap();
        assert_eq!((credentials.access_key_id(), credentials.session_token()), ("ASIAROLE", Some("role-token")));
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    let sent = sts.0.lock().unwrap().clone();
    assert_eq!(sent.len(), 1);
    let body = sent.first().unwrap();
    assert!(body.starts_with("https://sts.eu-west-1.amazonaws.com/ "), "{body}");
    for part in [
        "RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2FAudit",
        "ExternalId=ext",
        "DurationSeconds=1800",
        "TokenCode=123456&",
        "RoleSessionName=partywall",
    ] {
        assert!(format!("{body}&").contains(part), "{part} in {body}");
    }
    assert_eq!(Role::new("arn:aws:iam::111122223333:role/Audit").account(), Some("111122223333"));
    let unsigned = Caller::unsigned("eu-west-1");
    let again = Identity::new(Role::new("arn:aws:iam::111122223333:role/Audit").assumed_by(client, unsigned));
    assert_eq!(again.credentials(at(1_800_000_000)).await.unwrap().access_key_id(), "ASIAROLE");
}
