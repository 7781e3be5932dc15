//! A stand-in for AWS: serves generated accounts by the same models as the client, with throttling, latency and faults.
//!
//! Everything it tells is synthetic and follows from a seed. It speaks the five protocols in the other direction: what the client
//! serialises it decodes, what it encodes the client parses, so each tests the other. Signatures must be there and are not verified.

mod buckets;
mod error;
mod faults;
mod world;

pub use buckets::{BucketKey, Buckets, Floor, Limit};
pub use error::FakeError;
pub use faults::{Call, Fault, FaultRule, Faults};
pub use world::{Preset, World};
