//! Sources to facts and gaps: reads templates, AWS Config files and API answers, folds satellites, derives, builds batches.
//!
//! Facts flow one way: source → shape → fold → defaults → derive → batch. Everything a source could not show stays unknown, with its cause.

mod api;
pub mod cloudformation;
mod collector;
mod config;
mod credential_report;
mod defaults;
mod derive;
mod error;
mod fold;
mod input;
mod jq;
mod json;
mod shape;
mod store;

pub use collector::{Collected, Need, Options, collect, prepare_case, prepare_case_with};
pub use derive::columns_of as derived_columns;
pub use error::CollectError;
pub use jq::check_program;
