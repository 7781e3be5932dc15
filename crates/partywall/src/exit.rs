//! Exit codes (`ARCHITECTURE.md` §9) and the last words on standard error.

use std::io::Write as _;

/// Nothing at or above the chosen severity failed, and everything was seen.
pub(crate) const CLEAN: u8 = 0;
/// Findings at or above `--fail-on`.
pub(crate) const FINDINGS: u8 = 1;
/// Usage, input or catalogue error: nothing was evaluated.
pub(crate) const USAGE: u8 = 2;
/// Evaluated, but something could not be seen.
pub(crate) const INCOMPLETE: u8 = 3;

/// Writes an error and its causes as one line.
pub(crate) fn report(error: &anyhow::Error) {
    note(&format!("error: {}", error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ")));
}

/// Writes a line to standard error; nobody can be told if that fails.
pub(crate) fn note(line: &str) {
    let _ = writeln!(anstream::stderr(), "{}", partywall_model::plain(line));
}

/// True if the reader of our output went away, which is no fault.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| cause.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe))
}
