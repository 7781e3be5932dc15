//! Repository chores, run as `cargo xtask <chore>`.

mod ci;
mod column;
mod models;
mod ordered;
mod schemas;
mod vectors;

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::bail;

const USAGE: &str = "\
usage: cargo xtask ci         format, build, catalogue lint and cases, clippy, tests; stops at the first failure
       cargo xtask schemas    regenerate catalog/reference/registry-columns.jsonl.zst
       cargo xtask models --botocore DIR --date YYYY-MM-DD    regenerate catalog/reference/aws-models.zst
       cargo xtask protocol-vectors --botocore DIR            regenerate the protocol tests of partywall-aws";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        // Not returned from `main`: a backtrace would push the message off the screen.
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["ci"] => ci::run(),
        ["schemas"] => schemas::run(),
        ["models", "--botocore", directory, "--date", date] => models::run(Path::new(directory), date),
        ["protocol-vectors", "--botocore", directory] => vectors::run(Path::new(directory)),
        [] => bail!("{USAGE}"),
        [other, ..] => bail!("unknown chore or argument in `{other}`\n{USAGE}"),
    }
}
