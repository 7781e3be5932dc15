//! Reads live accounts: which calls, how many at once, what could not be read.

mod account;
mod aggregator;
mod ask;
mod explorer;
#[cfg(test)]
mod fault_tests;
#[cfg(test)]
mod fewer_calls_tests;
mod input;
mod journal;
mod lane;
mod models;
pub mod permissions;
mod plan;
mod progress;
mod question;
mod reading;
mod sample;

pub use aggregator::AggregatorReader;
pub use models::models;
pub use plan::Plan;
pub use progress::{Progress, Unwatched};
pub use reading::{AccountTarget, ReadError, ReadOptions, Reader};
