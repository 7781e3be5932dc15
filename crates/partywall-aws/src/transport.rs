use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;

use crate::HttpResponse;

/// A future that [`Transport::send`] gives; boxed, so that a client can hold any transport.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<HttpResponse, TransportError>> + Send + 'a>>;

/// What carries a signed request to its host and brings the answer back: HTTP for real, or a fake in the same process.
///
/// A transport neither retries nor judges an answer, and follows no redirect: a status of any kind is an `Ok`.
pub trait Transport: fmt::Debug + Send + Sync + 'static {
    /// Sends one request and reads the whole answer within `timeout`, connecting included.
    fn send(&self, request: http::Request<Bytes>, timeout: Duration) -> Sending<'_>;
}

/// Why no answer came.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// The host has no address: the service does not exist in that Region, or the network has no name server.
    #[error("no address for host `{0}`")]
    NoSuchHost(String),
    /// The host could not be reached, or TLS could not be agreed: nothing was sent.
    #[error("could not connect to `{host}`: {reason}")]
    Connect {
        /// The host.
        host: String,
        /// What the connector said, in one line.
        reason: String,
    },
    /// The connection broke after the request was sent; whether it was carried out is not known.
    #[error("the connection to `{host}` broke: {reason}")]
    Broken {
        /// The host.
        host: String,
        /// What the connector said, in one line.
        reason: String,
    },
    /// Nothing, or not all of it, came in time.
    #[error("no whole answer within {} ms", .0.as_millis())]
    TimedOut(Duration),
    /// The answer is longer than the caller allows; unit: bytes.
    #[error("the answer is longer than {0} bytes; ask for smaller pages")]
    TooLarge(usize),
    /// The request cannot be sent as it is.
    #[error("the request cannot be sent: {0}")]
    Invalid(String),
}
