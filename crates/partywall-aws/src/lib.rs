//! One client for all AWS services: request and response shapes are data (botocore's service models, pruned), the mechanism is one
//! interpreter for five protocols, one signer, one limiter. Knows nothing of checks.

mod answer;
mod call_error;
mod caller;
mod client;
mod codes;
mod config;
mod connect;
mod credentials;
mod endpoint;
mod http;
mod limiter;
mod limits;
pub mod model;
pub mod pages;
pub mod protocol;
mod redact;
mod retry;
mod room;
mod sign;
mod stats;
mod transport;

pub use answer::Answer;
pub use call_error::{CallError, CallErrorKind};
pub use caller::Caller;
pub use client::Client;
pub use config::ClientConfig;
pub use connect::Connection;
pub use credentials::{AskCode, AssumedRole, Identity, Mfa, Role, Session, SessionError, SessionOptions};
pub use endpoint::{Addressed, Endpoint, EndpointError, EndpointOptions, Partition, Partitions};
pub use http::{HttpRequest, HttpResponse};
pub use limits::{Limit, Limits};
pub use room::Room;
pub use stats::{OperationStats, Stats};
pub use transport::{Sending, Transport, TransportError};
