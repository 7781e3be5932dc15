use std::time::Duration;

use bytes::Bytes;
use partywall_aws::{Sending, Transport, TransportError};

use crate::{Fake, Reply};

/// The front without a network: a client in the same process, under tokio's clock.
impl Transport for Fake {
    fn send(&self, request: http::Request<Bytes>, timeout: Duration) -> Sending<'_> {
        Box::pin(async move {
            let host = request.uri().host().unwrap_or_default().to_owned();
            let answer = async {
                match self.answer(&request).await {
                    Reply::Answer(response) => Ok(response),
                    Reply::Reset => Err(TransportError::Broken { host: host.clone(), reason: "connection reset".to_owned() }),
                    Reply::NoSuchHost => Err(TransportError::NoSuchHost(host.clone())),
                    Reply::Silence => std::future::pending().await,
                }
            };
            tokio::time::timeout(timeout, answer).await.unwrap_or(Err(TransportError::TimedOut(timeout)))
        })
    }
}
