//! The same work as other tools do, for `xtask/iam/beside_tools.py`: `cargo bench -p partywall-iam --bench beside -- decide|lint FILE ROUNDS`.
//!
//! `FILE` holds JSON lines: rows of decisions as [`judge_row`] takes them, or policies as texts. After one round that does not count, the
//! seconds on the processor of all others are printed with the answers of the last: a decision each, or how many findings.

use std::fs;
use std::io::Write as _;

use partywall_iam::batch::judge_row;
use partywall_iam::lint::{PolicyKind, lint_text};
use partywall_iam::reference;
use serde_json::{Value, json};

/// Seconds that this process has been on a processor (Linux).
fn processor() -> Result<f64, String> {
    let text = fs::read_to_string("/proc/self/schedstat").map_err(|error| format!("/proc/self/schedstat: {error}"))?;
    let nanoseconds = text.split_whitespace().next().and_then(|number| number.parse::<f64>().ok());
    nanoseconds.map(|number| number / 1e9).ok_or_else(|| "/proc/self/schedstat does not begin with a number".to_owned())
}

fn main() -> Result<(), String> {
    // Cargo passes `--bench` besides.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [mode, file, rounds] = arguments.as_slice() else {
        return match arguments.as_slice() {
            [] => Ok(()),
            _ => Err("give `decide` or `lint`, a file and how many rounds".to_owned()),
        };
    };
    let rounds: usize = rounds.parse().map_err(|_| format!("`{rounds}` is no number of rounds"))?;
    let text = fs::read_to_string(file).map_err(|error| format!("`{file}`: {error}"))?;
    let rows: Vec<Value> =
        text.lines().map(serde_json::from_str).collect::<Result<_, _>>().map_err(|error| format!("`{file}`: {error}"))?;
    let table = reference().map_err(ToString::to_string)?;
    let answer = |row: &Value| match mode.as_str() {
        "lint" => json!(lint_text(row.as_str().unwrap_or_default(), Some(PolicyKind::Identity), table).len()),
        _ => judge_row(row).get("decision").cloned().unwrap_or_default(),
    };
    let round = || rows.iter().map(answer).collect::<Vec<Value>>();
    let mut answers = round();
    let start = processor()?;
    for _ in 0..rounds {
        answers = round();
    }
    let cpu = processor()? - start;
    writeln!(std::io::stdout(), "{}", json!({ "cpu": cpu, "answers": answers })).map_err(|error| error.to_string())
}
