//! `generate bank DIRECTORY` writes the recorded part of the synthetic bank; `generate config [--resources N] [--seed S] FILE` writes an
//! AWS Config snapshot of N resources.

use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "usage: generate bank DIRECTORY | generate config [--resources N] [--seed S] FILE.json.gz";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (outcome, code) = match run(&arguments) {
        Ok(line) => (line, ExitCode::SUCCESS),
        Err(error) => (error.to_string(), ExitCode::from(2)),
    };
    // Nobody is left to tell if this fails.
    let _ = writeln!(io::stderr(), "{outcome}");
    code
}

fn run(arguments: &[String]) -> io::Result<String> {
    let usage = || io::Error::new(io::ErrorKind::InvalidInput, USAGE);
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["bank", directory] => Ok(format!(
            "{} items of AWS Config and the CLI dumps are in {directory}",
            partywall_testkit::bank::write(Path::new(directory))?
        )),
        ["config", options @ .., file] => {
            let (mut resources, mut seed) = (50_000, 1);
            for pair in options.chunks(2) {
                match pair {
                    ["--resources", number] => resources = number.parse().map_err(|_| usage())?,
                    ["--seed", number] => seed = number.parse().map_err(|_| usage())?,
                    _ => return Err(usage()),
                }
            }
            Ok(format!("{} items are in {file}", partywall_testkit::mix::write(Path::new(file), resources, seed)?))
        }
        _ => Err(usage()),
    }
}
