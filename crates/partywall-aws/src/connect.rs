use std::error::Error;
use std::fmt;
use std::time::Duration;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::{HttpConnector as _, HttpConnectorSettings, SharedHttpClient};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest as SmithyRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;

use crate::transport::Sending;
use crate::{HttpResponse, Transport, TransportError};

/// For connecting, TLS included; botocore's own is 60 s, which is too long where a Region is not reachable.
const CONNECT: Duration = Duration::from_millis(3100);
/// A connection without work is closed after this; AWS closes them at about the same age.
const IDLE: Duration = Duration::from_secs(20);

/// HTTP/1.1 over TLS by rustls with ring, connections kept alive. `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` are honoured.
pub struct Connection {
    connector: Connector,
    max_body: usize,
}

impl Connection {
    /// Longer answers are refused: 256 MiB.
    pub const MAX_BODY: usize = 256 << 20;

    /// A transport for real. `max_body`: bytes of the longest answer that is taken.
    pub fn new(max_body: usize) -> Self {
        let connector = Connector::builder()
            .connector_settings(settings())
            .pool_idle_timeout(IDLE)
            .proxy_config(ProxyConfig::from_env())
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build();
        Self { connector, max_body }
    }
}

impl Default for Connection {
    fn default() -> Self {
        Self::new(Self::MAX_BODY)
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("max_body", &self.max_body).finish_non_exhaustive()
    }
}

impl Transport for Connection {
    fn send(&self, request: http::Request<Bytes>, timeout: Duration) -> Sending<'_> {
        Box::pin(async move {
            match tokio::time::timeout(timeout, exchange(&self.connector, request, self.max_body)).await {
                Ok(done) => done,
                Err(_) => Err(TransportError::TimedOut(timeout)),
            }
        })
    }
}

/// The HTTP client of the credentials chain: the same TLS, proxies and timeouts.
pub(crate) fn http_client() -> SharedHttpClient {
    Builder::new().build_with_connector_fn(|_, _| {
        Connector::builder()
            .connector_settings(settings())
            .proxy_config(ProxyConfig::from_env())
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build()
    })
}

fn settings() -> HttpConnectorSettings {
    HttpConnectorSettings::builder().connect_timeout(CONNECT).build()
}

async fn exchange(connector: &Connector, request: http::Request<Bytes>, max_body: usize) -> Result<HttpResponse, TransportError> {
    let host = request.uri().host().unwrap_or_default().to_owned();
    let request = SmithyRequest::try_from(request.map(SdkBody::from)).map_err(|error| TransportError::Invalid(error.to_string()))?;
    let answer = connector.call(request).await.map_err(|error| classify(&host, &error))?;
    let status = answer.status().as_u16();
    let headers: Vec<(String, String)> =
        answer.headers().iter().map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    let told = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, length)| length.parse::<usize>().ok());
    if told.is_some_and(|length| length > max_body) {
        return Err(TransportError::TooLarge(max_body));
    }
    let mut body = answer.into_body();
    let mut whole = BytesMut::with_capacity(told.unwrap_or(0));
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| TransportError::Broken { host: host.clone(), reason: chain(&*error) })?;
        if let Ok(data) = frame.into_data() {
            if whole.len() + data.len() > max_body {
                return Err(TransportError::TooLarge(max_body));
            }
            whole.extend_from_slice(&data);
        }
    }
    Ok(HttpResponse { status, headers, body: whole.freeze() })
}

/// What the connector's error means. The connector's own kinds do not tell a connection that never was from one that broke.
fn classify(host: &str, error: &ConnectorError) -> TransportError {
    let reason = chain(error);
    let host = host.to_owned();
    if reason.contains("dns error") && ["not known", "No address", "nodename", "No such host"].iter().any(|text| reason.contains(text)) {
        return TransportError::NoSuchHost(host);
    }
    if error.is_user() {
        return TransportError::Invalid(reason);
    }
    if error.is_timeout() || reason.contains("(Connect)") {
        return TransportError::Connect { host, reason };
    }
    TransportError::Broken { host, reason }
}

/// An error and its causes in one line.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut parts: Vec<String> = Vec::new();
    for cause in std::iter::successors(Some(error), |error| (*error).source()) {
        let text = partywall_model::plain(&cause.to_string()).into_owned();
        if !parts.iter().any(|part| part.contains(&text)) {
            parts.push(text);
        }
    }
    parts.join(": ")
}
