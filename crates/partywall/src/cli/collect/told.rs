//! What a reading came to: its counts, and what could not be read.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use partywall_aws::Stats;
use partywall_lake::Snapshot;
use partywall_model::CauseKind;
use partywall_report::counted;

use crate::exit;

/// Reasons that are named before the rest is counted.
const REASONS: usize = 12;

/// Prints calls by service and operation.
///
/// # Errors
/// Standard output cannot be written.
pub(super) fn stats(stats: &Stats) -> anyhow::Result<()> {
    let mut out = std::io::BufWriter::new(anstream::stdout());
    writeln!(out, "{:<52} {:>8} {:>9} {:>10} {:>12}  failed", "operation", "calls", "requests", "throttled", "bytes")?;
    for (service, operations) in stats {
        for (operation, of) in operations {
            let failed = of.failed.iter().map(|(kind, count)| format!("{count} {}", kind.phrase())).collect::<Vec<_>>().join(", ");
            let name = format!("{service}:{operation}");
            writeln!(out, "{name:<52} {:>8} {:>9} {:>10} {:>12}  {failed}", of.calls, of.requests, of.throttled, of.bytes)?;
        }
    }
    out.flush()?;
    Ok(())
}

/// Says on standard error what was read and what not; gives the exit code.
pub(super) fn summary(snapshot: &Snapshot, stats: &Stats, out: &Path) -> u8 {
    let meta = snapshot.meta();
    for line in meta.warnings.iter().chain(&meta.errors) {
        exit::note(line);
    }
    let operations = || stats.values().flat_map(|operations| operations.values());
    let resources: u64 = meta.types.values().sum();
    let seconds = (meta.finished - meta.started).num_milliseconds() as f64 / 1000.0;
    exit::note(&format!(
        "{} of {} in {} and {}; {} ({} throttled), {seconds:.1} s; snapshot {} in {}",
        counted(resources, "resource", "resources"),
        counted(meta.types.len() as u64, "type", "types"),
        counted(meta.accounts.len() as u64, "account", "accounts"),
        counted(meta.regions.len() as u64, "Region", "Regions"),
        counted(operations().map(|operation| operation.requests).sum(), "request", "requests"),
        operations().map(|operation| operation.throttled).sum::<u64>(),
        snapshot.seq(),
        out.display(),
    ));
    if !meta.indexed.is_empty() {
        let spared = counted(meta.indexed.len() as u64, "listing was", "listings were");
        exit::note(&format!("{spared} not asked for: Resource Explorer's index shows nothing there"));
    }
    let missing: Vec<_> = meta.gaps.iter().filter(|gap| gap.cause.kind != CauseKind::NotLooked).collect();
    // What nobody wanted to be asked, such as what is not in a sample, is not missed.
    let unread_of = || meta.unread.iter().filter(|(unread, _)| unread.cause.kind != CauseKind::NotLooked);
    let unread: u64 = unread_of().map(|(_, answers)| answers).sum();
    if missing.is_empty() && unread == 0 && meta.errors.is_empty() {
        return exit::CLEAN;
    }
    let mut reasons: BTreeMap<String, u64> = BTreeMap::new();
    let causes = missing.iter().map(|gap| (&gap.cause, 1)).chain(unread_of().map(|(unread, answers)| (&unread.cause, *answers)));
    for (cause, count) in causes {
        let denied = cause.iam_action.as_ref().filter(|_| cause.kind == CauseKind::Denied);
        let action = denied.map(|action| format!("; allow {action}")).unwrap_or_default();
        *reasons.entry(format!("{}: {}{action}", cause.kind.words(), cause.detail)).or_default() += count;
    }
    let mut reasons: Vec<(u64, String)> = reasons.into_iter().map(|(reason, count)| (count, reason)).collect();
    reasons.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
    for (count, reason) in reasons.iter().take(REASONS) {
        exit::note(&format!("{count:>5}  {reason}"));
    }
    if reasons.len() > REASONS {
        exit::note(&format!("       and {}", counted((reasons.len() - REASONS) as u64, "further reason", "further reasons")));
    }
    exit::note(&format!(
        "exit {}: {} and {} about single resources could not be read; every result that rests on them is unknown",
        exit::INCOMPLETE,
        counted(missing.len() as u64, "listing", "listings"),
        counted(unread, "answer", "answers"),
    ));
    exit::INCOMPLETE
}
