//! The findings that the first screen shows.

use std::cmp::Reverse;

use partywall_model::{CheckResult, Severity};
use partywall_report::{CheckInfo, FindingLine, Run};

/// Findings shown under FIX FIRST.
const FIX_FIRST: usize = 5;

/// The worst findings and the counts that the exit code rests on.
#[derive(Default)]
pub(super) struct Worst {
    pub(super) lines: Vec<FindingLine>,
    pub(super) failing: u64,
    /// Those among them that an exception covers: they are told everywhere, and count for nothing.
    pub(super) excepted: u64,
    pub(super) counted: u64,
}

impl Worst {
    pub(super) fn add(&mut self, run: &Run, info: &CheckInfo, result: &CheckResult, fail_on: Severity) {
        self.failing += 1;
        if result.exception.is_some() {
            self.excepted += 1;
            return;
        }
        self.counted += u64::from(result.severity >= fail_on);
        let kind = (Reverse(result.severity), !FindingLine::is_live(result), info.course, &*info.title);
        let is_behind = |line: &FindingLine| kind > (Reverse(line.severity), !line.live, line.course, &*line.title);
        if self.lines.len() >= FIX_FIRST && self.lines.last().is_some_and(is_behind) {
            return;
        }
        let line = FindingLine::new(run, info, result);
        // One line per check: the screen shows kinds of trouble, `--all` every case.
        match self.lines.iter_mut().find(|known| known.title == line.title) {
            Some(known) if line.rank() < known.rank() => *known = line,
            Some(_) => {}
            None => self.lines.push(line),
        }
        self.lines.sort_by(|a, b| a.rank().cmp(&b.rank()));
        self.lines.truncate(FIX_FIRST);
    }
}
