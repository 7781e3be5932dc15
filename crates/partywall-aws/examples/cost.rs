//! CPU time of one small call over a real connection on this machine: `cargo run --release -p partywall-aws --example cost -- URL`.
//! Without a URL it serves the calls itself, and the figure holds both sides.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measuring program")]

use std::convert::Infallible;
use std::sync::Arc;

use aws_credential_types::Credentials;
use bytes::Bytes;
use http_body_util::Full;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use partywall_aws::model::Models;
use partywall_aws::{Caller, Client, ClientConfig, Connection, EndpointOptions, Identity};
use partywall_model::Value;

const ANSWER: &[u8] = br#"{"TableNames": ["one", "two", "three"]}"#;
/// More would only wait: the documented rates of many accounts are asked.
const CALLS: usize = 20_000;

/// CPU seconds of this process, user and system.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let after = stat.rsplit_once(')').unwrap().1;
    let ticks: Vec<f64> = after.split_whitespace().skip(11).take(2).map(|field| field.parse().unwrap()).collect();
    ticks.iter().sum::<f64>() / 100.0
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let url = match std::env::args().nth(1) {
        Some(url) => url,
        None => {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!("http://{}", listener.local_addr().unwrap());
            tokio::spawn(async move {
                loop {
                    let (stream, _) = listener.accept().await.unwrap();
                    let answer = |_| async { Ok::<_, Infallible>(hyper::Response::new(Full::new(Bytes::from_static(ANSWER)))) };
                    tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer)));
                }
            });
            url
        }
    };
    let endpoints = EndpointOptions { url: Some(url), ..EndpointOptions::default() };
    let client = Client::new(ClientConfig { endpoints, ..ClientConfig::default() }, Connection::default());
    let service = Models::builtin().service("dynamodb").unwrap();
    let identity = Identity::new(Credentials::new("AKIDEXAMPLE", "secret", Some("token".to_owned()), None, "example"));
    let begun = cpu();
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..CALLS {
        // A bucket of its own every few calls, so that nothing waits for a token.
        let caller = Caller::new(identity.clone(), Some(&format!("{:012}", number / 5)), "eu-central-1");
        let (client, service) = (client.clone(), Arc::clone(&service));
        tasks.spawn(async move {
            let operation = service.operation("ListTables").unwrap();
            client.call(&caller, &service, operation, &Value::Map(Vec::new())).await.unwrap();
        });
        if tasks.len() >= 32 {
            tasks.join_next().await.unwrap().unwrap();
        }
    }
    tasks.join_all().await;
    println!("{:.0} µs of CPU per call", (cpu() - begun) / CALLS as f64 * 1e6);
}
