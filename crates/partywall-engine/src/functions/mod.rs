//! Functions for authors of predicates, and those that the rewriting puts in.

mod author;
mod eol;
mod network;
mod one_of;

pub(crate) use author::{AGE_WHEN_READ, AllMatch, author_functions};
pub(crate) use eol::eol_unlisted;
pub(crate) use one_of::{as_one_of, one_of};
