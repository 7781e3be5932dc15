use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use crate::{Fake, FakeError, Reply};

/// Path that tells the [`crate::Report`] as JSON.
pub const REPORT_PATH: &str = "/_fake/report";

/// No request of a reader is larger.
const LARGEST: usize = 16 << 20;

/// Listens on the loopback address; port 0 takes any that is free.
///
/// # Errors
/// The port is taken.
pub async fn listen(port: u16) -> Result<TcpListener, FakeError> {
    TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port))).await.map_err(|error| FakeError::Listen(error.to_string()))
}

/// Serves until the task is dropped.
pub async fn serve(fake: Arc<Fake>, listener: TcpListener) {
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            // Errors of one connection are its client's to see.
            tokio::spawn(connection(Arc::clone(&fake), stream));
        }
    }
}

async fn connection(fake: Arc<Fake>, stream: TcpStream) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| respond(Arc::clone(&fake), request));
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// An error here ends the connection without an answer.
async fn respond(fake: Arc<Fake>, request: http::Request<Incoming>) -> Result<http::Response<Full<Bytes>>, io::Error> {
    if request.uri().path() == REPORT_PATH {
        let report = serde_json::to_vec_pretty(&fake.report()).map_err(io::Error::other)?;
        return Ok(http::Response::new(Full::new(Bytes::from(report))));
    }
    let (head, body) = request.into_parts();
    let body = Limited::new(body, LARGEST).collect().await.map_err(io::Error::other)?.to_bytes();
    match fake.answer(&http::Request::from_parts(head, body)).await {
        Reply::Answer(response) => {
            let mut builder = http::Response::builder().status(response.status);
            for (name, value) in response.headers {
                builder = builder.header(name, value);
            }
            builder.body(Full::new(response.body)).map_err(io::Error::other)
        }
        Reply::Silence => Ok(std::future::pending::<Result<_, Infallible>>().await.unwrap_or_else(|never| match never {})),
        Reply::Reset | Reply::NoSuchHost => Err(io::Error::from(io::ErrorKind::ConnectionReset)),
    }
}
