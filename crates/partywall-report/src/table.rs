mod wall;

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use partywall_model::{CheckResult, Severity, Status};

use crate::sink::{Options, ResultSink};
use crate::text::{clean, counted, cut, cut_front, thousands, width};
use crate::words::NARROWED;
use crate::{CheckInfo, FindingLine, FrameworkLine, Run, Summary};

/// No line is wider but one that ends in a long path that has to be whole, so that the screen fits a terminal and a code review.
const WIDTH: usize = 100;

/// Lines of the records on the first screen.
const RECORDS: usize = 6;
/// Reasons for not seeing on the first screen.
const REASONS: usize = 6;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const WARN: Style = AnsiColor::Yellow.on_default();
const COMMAND: Style = AnsiColor::Cyan.on_default();

/// The first screen of `ARCHITECTURE.md` §9: the wall, what to fix first, what was not seen, how the frameworks stand. With
/// [`Options::all`] every failed result stands under FIX FIRST. Meaning never rests on colour. The exit line is not part of
/// it: the command line prints [`Summary::exit_line`] on standard error.
#[derive(Debug)]
pub struct Table<W> {
    out: W,
    options: Options,
    run: Option<Run>,
    failed: Vec<FindingLine>,
}

impl<W: Write> Table<W> {
    /// Makes the sink.
    pub fn new(out: W, options: Options) -> Self {
        Self { out, options, run: None, failed: Vec::new() }
    }

    fn paint(&self, style: Style, text: &str) -> String {
        if self.options.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{}", text.trim_end())
    }

    fn header(&mut self, run: &Run, summary: &Summary) -> io::Result<()> {
        let note = run.synthetic.as_deref().map(clean).unwrap_or_default();
        let note = cut(&note, WIDTH / 2);
        let title = clean(&run.title);
        let title = cut(&title, WIDTH - 2 - width(&note));
        let gap = " ".repeat(WIDTH - width(&title) - width(&note));
        let (title, note) = (self.paint(BOLD, &title), self.paint(WARN, &note));
        self.line(&format!("{title}{gap}{note}"))?;
        let parts = [
            counted(summary.resources, "resource", "resources"),
            counted(summary.types, "type", "types"),
            counted(summary.services, "service", "services"),
            counted(summary.accounts, "account", "accounts"),
            counted(summary.regions, "region", "regions"),
            format!("as of {} UTC", run.as_of.format("%Y-%m-%d %H:%M")),
        ];
        self.line(&parts.join(" · "))?;
        if let Some(narrowed) = &run.narrowed {
            let heading = self.paint(WARN, "NARROWED");
            self.line(&format!("{heading}  {}", cut(&clean(narrowed), WIDTH - 10)))?;
            self.line(&format!("  {NARROWED}"))?;
        }
        self.line("")
    }

    fn findings(&mut self, summary: &Summary) -> io::Result<()> {
        let all = std::mem::take(&mut self.failed);
        let lines = if self.options.all { &all } else { &summary.fix_first };
        if lines.is_empty() {
            if summary.failing == 0 && summary.counts().fail > 0 {
                self.line("NOTHING NEW FAILED: what failed is in the baseline")?;
            } else if summary.failing == 0 {
                self.line("NOTHING FAILED of what was seen and checked")?;
            }
            return Ok(());
        }
        let heading = self.paint(BOLD, "FIX FIRST");
        self.line(&heading)?;
        let digits = lines.len().to_string().len();
        for (at, finding) in lines.iter().enumerate() {
            self.finding(at + 1, digits, finding)?;
        }
        let rest = summary.failing.saturating_sub(lines.len() as u64);
        if rest > 0 {
            self.line(&format!(" {} more: --all", thousands(rest)))?;
        }
        Ok(())
    }

    fn finding(&mut self, number: usize, digits: usize, finding: &FindingLine) -> io::Result<()> {
        let severity = finding.severity.as_str().to_uppercase();
        let head = format!(" {number:>digits$} ");
        let whose = finding.responsibility();
        let whose = clean(&whose);
        let whose = cut(&whose, 60);
        let room = WIDTH - width(&head) - 10 - width(&whose) - 2;
        let resource = clean(&finding.resource);
        let resource = cut_front(&resource, room);
        let gap = " ".repeat(room + 2 - width(&resource).min(room + 2));
        let style = if finding.severity >= Severity::High { BAD } else { WARN };
        let severity = format!("{}{}", self.paint(style, &severity), " ".repeat(10 - severity.len()));
        let (resource, whose) = (self.paint(BOLD, &resource), whose.into_owned());
        self.line(&format!("{head}{severity}{resource}{gap}{whose}"))?;

        let indent = " ".repeat(digits + 2);
        // Titles name the good state, so the line says first that it does not hold.
        let title = clean(&finding.title);
        self.line(&format!("{indent}{}", cut(&format!("not so: {title}"), WIDTH - indent.len())))?;
        let because = clean(&finding.because);
        if !because.is_empty() {
            self.line(&format!("{indent}{}", cut(&because, WIDTH - indent.len())))?;
        }
        let attribution = clean(&finding.attribution);
        let command = clean(&finding.command);
        let together = indent.len() + width(&attribution) + 3 + width(&command);
        // Never cut: it is there to be pasted.
        let command = self.paint(COMMAND, &command);
        if together <= WIDTH && !attribution.is_empty() {
            self.line(&format!("{indent}{attribution}   {command}"))
        } else {
            if !attribution.is_empty() {
                self.line(&format!("{indent}{}", cut(&attribution, WIDTH - indent.len())))?;
            }
            self.line(&format!("{indent}{command}"))
        }
    }

    /// What in the records needs a person; the first lines, or all.
    fn records(&mut self, summary: &Summary) -> io::Result<()> {
        if summary.records.is_empty() {
            return Ok(());
        }
        let heading = self.paint(BOLD, "ON RECORD");
        self.line(&heading)?;
        let shown = if self.options.all { usize::MAX } else { RECORDS };
        for line in summary.records.iter().take(shown) {
            let severity = line.severity.as_str().to_uppercase();
            let style = if line.severity >= Severity::High { BAD } else { WARN };
            let words = clean(&line.message);
            let words = if self.options.all { words } else { cut(&words, WIDTH - 11).into_owned().into() };
            let painted = self.paint(style, &severity);
            self.line(&format!(" {painted}{}{words}", " ".repeat(10 - severity.len())))?;
        }
        let hidden = summary.records.len().saturating_sub(shown);
        if hidden > 0 {
            self.line(&format!(" {} more: --all", thousands(hidden as u64)))?;
        }
        Ok(())
    }

    /// Who answers for how many duties, in one line.
    fn owners(&mut self, summary: &Summary) -> io::Result<()> {
        if summary.owners.is_empty() {
            return Ok(());
        }
        let heading = self.paint(BOLD, "OWNERS");
        let said = summary.owners.iter().map(|line| {
            let name = line.owner.as_deref().map_or_else(|| "nobody".into(), clean);
            let failing = if line.failing > 0 { format!(" ({} failing)", thousands(line.failing)) } else { String::new() };
            format!("{name} {}{failing}", thousands(line.duties))
        });
        let said = said.collect::<Vec<_>>().join(" · ");
        self.line(&format!("{heading}  {}", cut(&said, WIDTH - 8)))
    }

    fn not_seen(&mut self, summary: &Summary) -> io::Result<()> {
        let heading = self.paint(BOLD, "NOT SEEN");
        if summary.not_seen.is_empty() {
            self.line(&format!("{heading}  {}", summary.nothing_unseen()))?;
        } else {
            let answers = counted(summary.unseen(), "answer missing", "answers missing");
            self.line(&format!("{heading}  {answers}, never counted as met"))?;
        }
        let digits = summary.not_seen.iter().map(|line| thousands(line.count).len()).max().unwrap_or(0).max(2);
        let shown = if self.options.all { usize::MAX } else { REASONS };
        for line in summary.not_seen.iter().take(shown) {
            let count = thousands(line.count);
            let hint = line.hint.as_deref().map(clean).unwrap_or_default();
            let room = WIDTH - 1 - digits - 2;
            let words = clean(&line.words);
            let together = width(&words) + 3 + width(&hint);
            let head = format!(" {}{count}  ", " ".repeat(digits - count.len()));
            if hint.is_empty() || together > room {
                self.line(&format!("{head}{}", cut(&words, room)))?;
                if !hint.is_empty() {
                    let hint = self.paint(COMMAND, &cut(&hint, room));
                    self.line(&format!("{}{hint}", " ".repeat(digits + 3)))?;
                }
            } else {
                let hint = self.paint(COMMAND, &hint);
                self.line(&format!("{head}{words}   {hint}"))?;
            }
        }
        let hidden = summary.not_seen.len().saturating_sub(shown);
        if hidden > 0 {
            self.line(&format!(" {} more: --all", counted(hidden as u64, "reason", "reasons")))?;
        }
        for line in summary.not_judged() {
            let line = format!(" {}", clean(&line));
            let line = self.paint(DIM, &cut(&line, if self.options.all { usize::MAX } else { WIDTH }));
            self.line(&line)?;
        }
        Ok(())
    }

    fn framework(&mut self, framework: &FrameworkLine) -> io::Result<()> {
        let all = framework.aws + framework.shared + framework.customer;
        let title = clean(&framework.title);
        let head = format!(
            "{title}  {} {} = {} AWS + {} shared + {} yours:",
            thousands(all),
            clean(&framework.noun),
            thousands(framework.aws),
            thousands(framework.shared),
            thousands(framework.customer)
        );
        let mut parts = vec![
            format!("{} met", thousands(framework.met)),
            format!("{} not met", thousands(framework.not_met)),
            format!("{} partly evidenced", thousands(framework.partly)),
            format!("{} no evidence", thousands(framework.no_evidence)),
        ];
        if framework.nothing_in_scope > 0 {
            parts.push(format!("{} nothing in scope", thousands(framework.nothing_in_scope)));
        }
        let parts = parts.join(" · ");
        if width(&head) + 2 + width(&parts) <= WIDTH {
            return self.line(&format!("{head}  {parts}"));
        }
        self.line(&cut(&head, WIDTH))?;
        self.line(&format!("  {}", cut(&parts, WIDTH - 2)))
    }
}

impl<W: Write> ResultSink for Table<W> {
    fn begin(&mut self, run: &Run) -> io::Result<()> {
        self.run = Some(run.clone());
        Ok(())
    }

    fn result(&mut self, check: &CheckInfo, result: &CheckResult) -> io::Result<()> {
        if let (true, Status::Fail, Some(run)) = (self.options.all, result.status, &self.run) {
            self.failed.push(FindingLine::new(run, check, result));
        }
        Ok(())
    }

    fn finish(&mut self, summary: &Summary) -> io::Result<()> {
        let Some(run) = self.run.take() else { return Ok(()) };
        self.failed.sort_by(|a, b| a.rank().cmp(&b.rank()));
        self.header(&run, summary)?;
        self.wall(summary)?;
        self.findings(summary)?;
        self.records(summary)?;
        self.owners(summary)?;
        self.not_seen(summary)?;
        for framework in &summary.frameworks {
            self.framework(framework)?;
        }
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Counts, Format, fixture};

    #[test]
    fn an_empty_wall_speaks_of_no_proof() {
        let mut sample = fixture::sample();
        sample.summary.wall.iter_mut().flat_map(|row| &mut row.cells).for_each(|cell| cell.counts = Counts::default());
        let text = fixture::render_sample(&sample, Format::Table, Options::default());
        assert!(!text.contains("AWS's 0"), "{text}");
    }

    #[test]
    fn the_first_screen_looks_like_this() {
        insta::assert_snapshot!(fixture::render(Format::Table, Options::default()));
    }

    #[test]
    fn all_lists_every_failure_once_within_the_width() {
        let text = fixture::render(Format::Table, Options { color: false, all: true });
        assert_eq!(text.matches("partywall explain F-").count(), 8);
        for line in text.lines() {
            assert!(width(line) <= WIDTH, "{} {line}", width(line));
            assert!(!line.contains(char::is_control));
        }
        assert!(text.contains(" 8 LOW"));
        assert!(text.contains("risk accepted until 2027-03-31"));
    }

    #[test]
    fn colour_adds_nothing_but_colour() {
        let plain = fixture::render(Format::Table, Options { color: false, all: true });
        let colour = fixture::render(Format::Table, Options { color: true, all: true });
        assert!(colour.contains('\u{1b}'));
        let mut stripped = String::new();
        for (at, part) in colour.split('\u{1b}').enumerate() {
            stripped.push_str(if at == 0 { part } else { part.split_once('m').unwrap().1 });
        }
        assert_eq!(stripped, plain);
    }

    #[test]
    fn millions_of_duties_fit() {
        let mut sample = fixture::sample();
        for cell in sample.summary.wall.iter_mut().flat_map(|row| &mut row.cells) {
            let counts = &mut cell.counts;
            for count in [&mut counts.aws, &mut counts.you, &mut counts.unclear, &mut counts.met, &mut counts.fail] {
                *count *= 30_000;
            }
        }
        let text = fixture::render_sample(&sample, Format::Table, Options::default());
        assert!(text.contains("9,300,000"));
        for line in text.lines() {
            assert!(width(line) <= WIDTH, "{} {line}", width(line));
        }
    }

    #[test]
    fn an_empty_run_says_so() {
        let mut sample = fixture::sample();
        sample.results.clear();
        sample.summary.fix_first.clear();
        sample.summary.failing = 0;
        sample.summary.not_seen.clear();
        sample.summary.unseen_before = 2;
        let text = fixture::render_sample(&sample, Format::Table, Options::default());
        assert!(text.contains("NOT SEEN  nothing new"), "{text}");
        sample.summary.unseen_before = 0;
        assert!(text.contains("NOTHING NEW FAILED"), "the wall still shows what the baseline left out");
        sample.summary.wall.clear();
        let text = fixture::render_sample(&sample, Format::Table, Options::default());
        assert!(text.contains("NOTHING FAILED of what was seen"));
        assert!(text.contains("NOT SEEN  nothing"));
    }
}
