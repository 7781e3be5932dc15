//! Functions for authors of predicates and the marking functions that the rewriting puts in.

mod author;
mod known;

pub(crate) use author::{AllMatch, author_functions, eol_unlisted};
pub(crate) use known::{known, known_any};
