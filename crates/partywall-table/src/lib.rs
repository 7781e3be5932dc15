//! Arrow only: column schemas, builders, batches. Turns facts into record batches without losing what is unknown.
//!
//! Shapes follow `ARCHITECTURE.md` §4: `_unknown` is a list of dotted property paths that stop at lists, maps and JSON
//! columns; struct elements of lists carry an `_unknown` of their own; the reasons travel beside the batch.

mod batch;
mod builder;
mod json;
mod projection;
mod schema;

pub use batch::{Envelope, RowGaps, TableError, TypeBatch, build_batch};
pub use json::{canonical_json, write_canonical_json, write_json_string};
pub use projection::{Paths, project};
pub use schema::{ELEMENT, UNKNOWN, arrow_schema, arrow_type};
