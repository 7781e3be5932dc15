//! The AWS Shared Responsibility Model as working software: reads an account, says who owns which duty, checks the customer's side.

mod cli;
mod clock;
mod exit;
mod expectations;
mod fill;
mod findings;
mod frameworks;
mod live;
mod ownership;
mod proofs;
mod proposal;
mod records;
mod run;
mod scope;
mod sight;
mod single_row;
mod sources;
mod story;
mod summary;
mod wall;

use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = match cli::Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let _ = error.print();
            if error.kind() == ErrorKind::DisplayVersion {
                let _ = cli::data_dates();
            }
            return if error.use_stderr() { ExitCode::from(exit::USAGE) } else { ExitCode::SUCCESS };
        }
    };
    match cli::run(arguments) {
        Ok(code) => ExitCode::from(code),
        Err(error) if exit::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            exit::report(&error);
            ExitCode::from(exit::USAGE)
        }
    }
}
