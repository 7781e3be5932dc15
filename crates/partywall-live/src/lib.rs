//! Reads live accounts: which calls, how many at once, what could not be read.

pub mod permissions;
