//! `cargo xtask ci`: what must hold before a change lands. What tells soonest runs first; the first failure ends it.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// One command of the gate.
struct Step {
    name: &'static str,
    /// Arguments of `cargo`. Everything goes through it: it knows the toolchain, the target directory and the name of the binary.
    arguments: &'static [&'static str],
}

const STEPS: [Step; 8] = [
    Step { name: "format", arguments: &["fmt", "--all", "--check"] },
    Step { name: "build", arguments: &["build", "--locked", "--package", "partywall"] },
    Step { name: "catalogue lint", arguments: &["run", "--quiet", "--locked", "--package", "partywall", "--", "catalog", "lint"] },
    Step { name: "catalogue cases", arguments: &["run", "--quiet", "--locked", "--package", "partywall", "--", "check", "test"] },
    Step { name: "clippy", arguments: &["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"] },
    // A chore of its own, so that it can be repeated alone.
    Step { name: "moto", arguments: &["run", "--quiet", "--locked", "--package", "xtask", "--", "moto"] },
    // Not nextest: suites with a runner of their own end with lines that people want to read.
    // Two groups: with the other crates' development dependencies in one command, cargo would choose other features and build the SQL engine anew.
    Step { name: "engine tests", arguments: &["test", "--locked", "--package", "partywall", "--package", "partywall-engine"] },
    Step {
        name: "other tests",
        arguments: &["test", "--locked", "--workspace", "--exclude", "partywall", "--exclude", "partywall-engine"],
    },
];

/// A step that has run.
struct Done {
    name: &'static str,
    time: Duration,
    ok: bool,
}

/// Runs all steps in the repository's root, their output visible, and prints how long each took.
///
/// # Errors
/// Cargo cannot be started, or a step fails; the message names the step and the command to repeat it with.
pub(crate) fn run() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask has no parent directory")?;
    // Under `cargo xtask` this is the cargo that runs us.
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut out = std::io::stdout();
    let mut done = Vec::with_capacity(STEPS.len());
    for (index, step) in STEPS.iter().enumerate() {
        let shown = shown(step);
        writeln!(out, "\n── {} of {}: {} ── {shown}", index + 1, STEPS.len(), step.name)?;
        out.flush()?;
        let start = Instant::now();
        let mut command = Command::new(&cargo);
        for (name, _) in std::env::vars_os().filter(|(name, _)| is_of_package(name)) {
            command.env_remove(name);
        }
        let status = command.args(step.arguments).current_dir(root).status().with_context(|| format!("cannot run `{shown}`"))?;
        let time = start.elapsed();
        done.push(Done { name: step.name, time, ok: status.success() });
        writeln!(out, "── {}: {} in {}", step.name, if status.success() { "holds" } else { "FAILED" }, seconds(time))?;
        if !status.success() {
            write!(out, "\n{}", table(&done))?;
            bail!("step `{}` failed ({status}); repeat it with `{shown}`", step.name);
        }
    }
    write!(out, "\n{}", table(&done))?;
    Ok(())
}

/// Whether a variable is what cargo told us of our own package: build scripts that look at theirs would run again, and all that
/// depends on them would be built anew.
fn is_of_package(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"))
}

/// The command as a person would type it.
fn shown(step: &Step) -> String {
    format!("cargo {}", step.arguments.join(" "))
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// Time of each step that ran, and of all together.
fn table(done: &[Done]) -> String {
    let width = STEPS.iter().map(|step| step.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    let mut line = |name: &str, time: Duration, note: &str| {
        let row = format!("{name:width$}  {:>9}  {note}", seconds(time));
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}", row.trim_end());
    };
    for step in done {
        line(step.name, step.time, if step.ok { "" } else { "FAILED" });
    }
    line("together", done.iter().map(|step| step.time).sum(), "");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_adds_up_and_names_the_failure() {
        let step = |name, tenths: u64, ok| Done { name, time: Duration::from_millis(tenths * 100), ok };
        let text = table(&[step("format", 12, true), step("build", 613, true), step("catalogue lint", 5, false)]);
        assert_eq!(
            text,
            "format               1.2 s\n\
             build               61.3 s\n\
             catalogue lint       0.5 s  FAILED\n\
             together            63.0 s\n"
        );
    }

    #[test]
    fn the_binary_is_built_before_it_is_asked() {
        let place = |name: &str| STEPS.iter().position(|step| step.name == name).unwrap();
        for asks in ["catalogue lint", "catalogue cases", "moto"] {
            assert!(place("build") < place(asks), "`{asks}` would hide the time of the build");
        }
    }

    #[test]
    fn nothing_is_let_through() {
        // The lock file is part of the change, warnings are errors, and no step leaves a crate out.
        for step in STEPS.iter().filter(|step| step.name != "format") {
            assert!(step.arguments.contains(&"--locked"), "{}", shown(step));
        }
        let of = |name: &str| STEPS.iter().find(|step| step.name == name).map(shown).unwrap();
        assert!(of("clippy").ends_with("--workspace --all-targets -- -D warnings"));
        // What the second group of tests excludes is what the first one runs.
        let after = |name: &str, flag: &str| -> Vec<&str> {
            let arguments = STEPS.iter().find(|step| step.name == name).unwrap().arguments;
            arguments.windows(2).filter(|pair| pair[0] == flag).map(|pair| pair[1]).collect()
        };
        assert!(of("other tests").contains("--workspace"));
        assert_eq!(after("other tests", "--exclude"), after("engine tests", "--package"));
    }
}
