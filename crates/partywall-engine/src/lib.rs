//! Predicates with three answers over facts, SQL for people, and the lint of predicates.
//!
//! The only crate that names DataFusion. A predicate is SQL text; it is parsed against the full schema of its type, split at
//! `and`/`or`/`not`, each leaf is asked once however many predicates have it, and is unknown where a fact that it reads is (`ARCHITECTURE.md` §5).

mod accesses;
mod answers;
mod assess;
mod elements;
mod engine;
mod error;
mod facts;
mod finding_id;
mod functions;
mod join;
mod joined;
mod kleene;
mod lint;
mod mask;
mod ownership;
mod plan;
mod predicate;
mod query;
mod ranges;
mod reference;
mod sheet;
mod tally;
mod unknowns;

pub use assess::{Assessor, CheckMask, Parties};
pub use engine::Engine;
pub use error::{EngineError, PredicateError};
pub use join::JoinPlan;
pub use lint::{Lint, lint_predicate};
pub use ownership::OwnedDuty;
pub use predicate::{Planned, Predicate, Reads};
pub use query::{Query, QueryFormat, QueryLimits};
pub use reference::{ReferenceDuty, reference_duties};
pub use tally::{DutyCounts, ModeUse, Provided, StatusCounts, Tally};
