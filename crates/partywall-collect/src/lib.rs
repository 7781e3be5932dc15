//! Sources to facts and gaps: reads templates, AWS Config files and API answers, folds satellites, derives, builds batches.
//!
//! Facts flow one way: source → shape → fold → defaults → derive → batch. Everything a source could not show stays unknown, with its cause.

mod api;
mod case;
pub mod cloudformation;
mod collected;
mod collector;
mod complete;
mod config;
mod credential_report;
mod defaults;
mod derive;
mod error;
mod files;
mod fold;
mod groups;
mod identities;
mod input;
mod jq;
mod json;
mod live;
mod recorded;
mod redact;
mod rederive;
mod shape;
mod store;

pub use api::{Failure, Shaped};
pub use case::{prepare_case, prepare_case_with};
pub use collected::{Collected, Need, Options};
pub use collector::{Rows, collect};
pub use derive::columns_of as derived_columns;
pub use error::CollectError;
pub use identities::{NoAccount, account};
pub use input::{RECORDS, fingerprint};
pub use jq::{Programs, check_program};
pub use json::parse_json;
pub use live::{Asked, Live};
pub use recorded::Recorder;
pub use rederive::rederive;
pub use shape::{items, next_page};
