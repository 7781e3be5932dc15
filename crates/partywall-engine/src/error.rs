use std::sync::Arc;

use thiserror::Error;

/// A predicate cannot be used.
#[derive(Debug, Error)]
pub enum PredicateError {
    /// The text is no SQL expression, or names what is not there.
    #[error("{0}")]
    Syntax(String),
    /// The text is SQL, but not of the kind that a predicate may be.
    #[error("{0}")]
    Forbidden(String),
}

/// The engine cannot go on.
#[derive(Debug, Error)]
pub enum EngineError {
    /// A check's or duty's predicate is broken; `catalog lint` says where.
    #[error("`{id}`: {source}; run `partywall catalog lint`")]
    Predicate {
        /// Check id or duty.
        id: Arc<str>,
        /// Why.
        source: PredicateError,
    },
    /// DataFusion refused a plan.
    #[error("`{id}`: {message}")]
    Plan {
        /// Check id, duty or query.
        id: Arc<str>,
        /// DataFusion's words, one line.
        message: String,
    },
    /// A query of the user failed.
    #[error("{0}")]
    Query(String),
    /// A batch could not be built.
    #[error(transparent)]
    Table(#[from] partywall_table::TableError),
}

/// DataFusion's errors reach people: one line, without its internal prefixes and advice.
pub(crate) fn one_line(error: &datafusion::error::DataFusionError) -> String {
    let text = error.strip_backtrace();
    let text = text
        .trim_start_matches("Error during planning: ")
        .trim_start_matches("Schema error: ")
        .trim_start_matches("SQL error: ")
        .trim_start_matches("This feature is not implemented: ")
        .replace('\n', " ");
    let end = text.find(" This issue was likely caused").or_else(|| text.find(". Valid fields are")).unwrap_or(text.len());
    text.get(..end).unwrap_or(&text).to_owned()
}
