//! The real transport against a server on this machine.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use partywall_aws::{Connection, Transport, TransportError};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const SOON: Duration = Duration::from_secs(20);

/// A server that answers with what it was sent and a header; gives its address and how many connections it took.
async fn echo() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let count = connections.clone();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            count.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(
                TokioIo::new(stream),
                service_fn(|request: hyper::Request<hyper::body::Incoming>| async move {
                    let host = request.headers().get("host").unwrap().clone();
                    let body = http_body_util::BodyExt::collect(request.into_body()).await.unwrap().to_bytes();
                    let answer = hyper::Response::builder().status(418).header("X-Host", host).body(Full::new(body)).unwrap();
                    Ok::<_, Infallible>(answer)
                }),
            ));
        }
    });
    (address, connections)
}

/// A server that says these bytes to whoever connects, then hangs up or keeps silent.
async fn raw(bytes: &'static [u8], silent: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let mut buffer = [0; 4096];
                let _ = stream.read(&mut buffer).await;
                let _ = stream.write_all(bytes).await;
                if silent {
                    tokio::time::sleep(SOON).await;
                }
            });
        }
    });
    address
}

fn request(url: &str, body: &'static [u8]) -> http::Request<Bytes> {
    http::Request::post(url).body(Bytes::from_static(body)).unwrap()
}

#[tokio::test]
async fn answers_come_whole_and_connections_are_kept() {
    let (address, connections) = echo().await;
    let transport = Connection::default();
    for _ in 0..5 {
        let answer = transport.send(request(&address, b"hello"), SOON).await.unwrap();
        assert_eq!((answer.status, &*answer.body), (418, b"hello".as_slice()));
        assert_eq!(answer.header("x-host"), address.strip_prefix("http://"));
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn answers_longer_than_the_cap_are_refused_whether_they_say_so_or_not() {
    let transport = Connection::new(5);
    let (address, _) = echo().await;
    assert_eq!(transport.send(request(&address, b"12345"), SOON).await.unwrap().body.len(), 5);
    assert_eq!(transport.send(request(&address, b"123456"), SOON).await.unwrap_err(), TransportError::TooLarge(5));
    let chunked = raw(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nabcd\r\n4\r\nefgh\r\n0\r\n\r\n", false).await;
    assert_eq!(transport.send(request(&chunked, b""), SOON).await.unwrap_err(), TransportError::TooLarge(5));
}

#[tokio::test]
async fn each_way_to_fail_has_its_error() {
    let transport = Connection::default();
    let wait = Duration::from_millis(300);
    let silent = raw(b"", true).await;
    assert_eq!(transport.send(request(&silent, b""), wait).await.unwrap_err(), TransportError::TimedOut(wait));
    let stalled = raw(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc", true).await;
    assert_eq!(transport.send(request(&stalled, b""), wait).await.unwrap_err(), TransportError::TimedOut(wait));
    for bytes in [b"".as_slice(), b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc", b"nonsense\r\n\r\n"] {
        let broken = raw(bytes, false).await;
        let error = transport.send(request(&broken, b""), SOON).await.unwrap_err();
        assert!(matches!(error, TransportError::Broken { .. }), "{bytes:?}: {error}");
    }
    let nobody = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let error = transport.send(request(&nobody, b""), SOON).await.unwrap_err();
    assert!(matches!(error, TransportError::Connect { .. }), "{error}");
    // Plain text where TLS is expected: nothing was sent.
    let plain = raw(b"HTTP/1.1 200 OK\r\n\r\n", false).await.replace("http:", "https:");
    let error = transport.send(request(&plain, b""), SOON).await.unwrap_err();
    assert!(matches!(error, TransportError::Connect { .. }), "{error}");
}
