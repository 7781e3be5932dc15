//! The binary as people run it: commands, sources, exit codes, hostile inputs.
#![expect(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests: a wrong shape should stop them")]

mod artifact;
mod aws;
mod commands;
mod hostile;
mod iam;
mod iam_account;
mod iam_ceilings;
mod iam_public;
mod iam_reference;
mod iam_sources;
mod lints;
mod live;
mod names;
mod outputs;
mod proof;
mod proof_limits;
mod reading;
mod resume;
mod sources;
mod support;
mod via_config;
mod wholeness;
