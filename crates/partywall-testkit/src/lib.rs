//! Synthetic AWS accounts in real file formats.
//!
//! Two things are made here: [`bank::write`] writes the recorded part of the example of a synthetic bank, and [`mix::write`] writes an AWS
//! Config snapshot of any size. Both are deterministic: the same seed gives the same bytes. Nothing in them was ever a real account;
//! account numbers are the ones that AWS reserves for examples.

#![recursion_limit = "256"]

pub mod bank;
mod item;
pub mod mix;
mod prng;
mod shapes;
mod snapshot;

pub use prng::Prng;
