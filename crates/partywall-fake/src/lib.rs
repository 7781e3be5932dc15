//! A stand-in for AWS: serves generated accounts by the same models as the client, with throttling, latency and faults.
//!
//! Everything it tells is synthetic and follows from a seed. It speaks the five protocols in the other direction: what the client
//! serialises it decodes, what it encodes the client parses, so each tests the other. Signatures must be there and are not verified.

mod buckets;
mod decode;
mod encode;
mod error;
mod fake;
mod faults;
#[cfg(test)]
mod fronts;
#[cfg(test)]
mod mirror;
mod report;
mod request;
mod serve;
mod throttle;
mod transport;
mod world;

pub use buckets::{BucketKey, Buckets, Floor, Limit};
pub use error::FakeError;
pub use fake::{Fake, FakeConfig, Reply};
pub use faults::{Call, Fault, FaultRule, Faults};
pub use report::{Counts, Report};
pub use serve::{REPORT_PATH, listen, serve};
pub use world::{Preset, World};
