use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::sync::Arc;

use partywall_model::{CheckResult, Status};

use crate::sink::ResultSink;
use crate::view::timestamp;
use crate::words;
use crate::{CheckInfo, Run, Summary};

/// `JUnit` XML for a build server: a suite per check, a case per resource. Failed is a failure; unknown is an error, never a
/// pass; blind, not applicable and excepted results are skipped and say so. The counts that open each suite are known last,
/// so the cases are held until then.
#[derive(Debug)]
pub struct Junit<W> {
    out: W,
    run: Option<Run>,
    suites: BTreeMap<Arc<str>, Suite>,
}

#[derive(Debug, Default)]
struct Suite {
    counts: Tally,
    cases: String,
}

#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    tests: u64,
    failures: u64,
    errors: u64,
    skipped: u64,
}

impl<W: Write> Junit<W> {
    /// Makes the sink.
    pub fn new(out: W) -> Self {
        Self { out, run: None, suites: BTreeMap::new() }
    }
}

/// The text for an attribute or element; characters that XML 1.0 forbids become U+FFFD.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => {
                let _ = write!(out, "&#{};", u32::from(character));
            }
            '\u{0}'..='\u{1F}' | '\u{7F}'..='\u{9F}' | '\u{FFFE}' | '\u{FFFF}' => out.push('\u{FFFD}'),
            other => out.push(other),
        }
    }
    out
}

/// The element inside a case, if its result is not a plain pass.
fn outcome(run: Option<&Run>, check: &CheckInfo, result: &CheckResult, tally: &mut Tally) -> Option<String> {
    let because = words::because(result);
    if let Some(exception) = &result.exception {
        tally.skipped += 1;
        let message = format!("{}: {}; {}", exception.id, words::exception(exception), exception.reason);
        return Some(format!("<skipped message=\"{}\"/>", escape(&message)));
    }
    match result.status {
        Status::Pass => None,
        Status::Fail => {
            tally.failures += 1;
            let detail = format!("{because}\n{}\n{}", check.why, run.map(|run| run.explain(result.id)).unwrap_or_default());
            Some(format!("<failure type=\"{}\" message=\"{}\">{}</failure>", result.severity, escape(&because), escape(&detail)))
        }
        Status::Unknown if result.is_blind() => {
            tally.skipped += 1;
            Some(format!("<skipped message=\"{}\"/>", escape(&because)))
        }
        Status::Unknown => {
            tally.errors += 1;
            Some(format!("<error type=\"unknown\" message=\"{}\"/>", escape(&because)))
        }
        Status::NotApplicable => {
            tally.skipped += 1;
            Some("<skipped message=\"not applicable\"/>".to_owned())
        }
    }
}

impl<W: Write> ResultSink for Junit<W> {
    fn begin(&mut self, run: &Run) -> io::Result<()> {
        self.run = Some(run.clone());
        Ok(())
    }

    fn result(&mut self, check: &CheckInfo, result: &CheckResult) -> io::Result<()> {
        let suite = self.suites.entry(check.id.clone()).or_default();
        suite.counts.tests += 1;
        let outcome = outcome(self.run.as_ref(), check, result, &mut suite.counts);
        let scope = [&result.account, &result.region].map(|part| part.as_deref().unwrap_or("-")).join(" ");
        let name = escape(&format!("{} [{scope}]", words::resource(result)));
        let class = escape(&check.id);
        let file = words::position(result).map(|at| format!(" file=\"{}\" line=\"{}\"", escape(&at.file), at.line));
        let file = file.unwrap_or_default();
        let cases = &mut suite.cases;
        let _ = match outcome {
            Some(outcome) => writeln!(cases, "    <testcase name=\"{name}\" classname=\"{class}\"{file}>{outcome}</testcase>"),
            None => writeln!(cases, "    <testcase name=\"{name}\" classname=\"{class}\"{file}/>"),
        };
        Ok(())
    }

    fn finish(&mut self, _summary: &Summary) -> io::Result<()> {
        let Some(run) = &self.run else { return Ok(()) };
        let attributes = |counts: Tally| {
            let Tally { tests, failures, errors, skipped } = counts;
            format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\"")
        };
        let all = self.suites.values().fold(Tally::default(), |sum, suite| Tally {
            tests: sum.tests + suite.counts.tests,
            failures: sum.failures + suite.counts.failures,
            errors: sum.errors + suite.counts.errors,
            skipped: sum.skipped + suite.counts.skipped,
        });
        writeln!(self.out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
        writeln!(self.out, "<testsuites name=\"partywall {}\" {}>", escape(&run.title), attributes(all))?;
        let moment = timestamp(run.as_of);
        for (check, suite) in &self.suites {
            writeln!(self.out, "  <testsuite name=\"{}\" timestamp=\"{moment}\" {}>", escape(check), attributes(suite.counts))?;
            self.out.write_all(suite.cases.as_bytes())?;
            writeln!(self.out, "  </testsuite>")?;
        }
        writeln!(self.out, "</testsuites>")?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Format, Options, fixture};

    #[test]
    fn counts_add_up() {
        let text = fixture::render(Format::Junit, Options::default());
        assert!(text.contains("tests=\"13\" failures=\"7\" errors=\"2\" skipped=\"3\">"), "{text}");
        assert_eq!(text.matches("<testcase ").count(), 13);
        assert_eq!(text.matches("<failure ").count(), 7);
        assert_eq!(text.matches("<error ").count(), 2);
        assert_eq!(text.matches("<skipped ").count(), 3);
    }

    #[test]
    fn markup_and_control_characters_are_inert() {
        assert_eq!(escape("<a b=\"c\">&\u{0}\u{1b}\n🧱"), "&lt;a b=&quot;c&quot;&gt;&amp;\u{fffd}\u{fffd}&#10;🧱");
        let text = fixture::render(Format::Junit, Options::default());
        assert!(!text.contains("<img") && !text.contains("<script"));
        assert!(text.chars().all(|one| !one.is_control() || one == '\n'));
    }
}
