//! What is written into a lake is read back, or an error says why not.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot set up its lake has nothing to say")]

mod cost;
mod damage;
mod deltas;
mod races;
mod rows;
mod support;
