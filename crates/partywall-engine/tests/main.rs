//! Integration tests of the engine over the whole catalogue: one binary, because each one links the engine.
//!
//! `cargo test -p partywall-engine --test engine labels` runs those whose name holds `labels`.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests: a wrong shape should stop them, and what they measure is printed"
)]

mod architecture;
mod catalog_cases;
mod labels;
mod semantics;
mod support;
mod unknown_safety;

use std::process::ExitCode;

use libtest_mimic::Arguments;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    trials.extend(architecture::trials());
    trials.extend(semantics::trials());
    trials.extend(catalog_cases::trials());
    trials.extend(unknown_safety::trials());
    trials.extend(labels::trials());
    libtest_mimic::run(&arguments, trials).exit_code()
}
