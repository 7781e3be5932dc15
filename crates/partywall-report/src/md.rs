use std::io::{self, Write};

use partywall_model::{CheckResult, Status, markdown};

use crate::sink::ResultSink;
use crate::text::{capital, clean, counted, dash, thousands};
use crate::words::NARROWED;
use crate::{CheckInfo, Counts, FindingLine, Run, Side, Summary};

/// A pull request comment holds so many table rows and stays readable.
const MOST_FINDINGS: usize = 200;

/// GitHub-flavoured Markdown for a pull request or a ticket: the wall, the findings as a table, what was not seen, the
/// frameworks.
#[derive(Debug)]
pub struct Markdown<W> {
    out: W,
    run: Option<Run>,
    failed: Vec<FindingLine>,
}

impl<W: Write> Markdown<W> {
    /// Makes the sink.
    pub fn new(out: W) -> Self {
        Self { out, run: None, failed: Vec::new() }
    }

    fn findings(&mut self, summary: &Summary) -> io::Result<()> {
        let out = &mut self.out;
        if self.failed.is_empty() {
            return writeln!(out, "{}\n", summary.nothing_failed());
        }
        self.failed.sort_by(|a, b| a.rank().cmp(&b.rank()));
        writeln!(out, "| severity | what | resource | because | whose | id |")?;
        writeln!(out, "|---|---|---|---|---|---|")?;
        for line in self.failed.iter().take(MOST_FINDINGS) {
            let cells = [&line.title, &line.resource, &line.because, &line.responsibility()].map(|text| escape(text));
            let [title, resource, because, whose] = cells;
            writeln!(out, "| **{}** | {title} | {resource} | {because} | {whose} | {} |", line.severity, line.id)?;
        }
        let rest = summary.failing.saturating_sub(self.failed.len().min(MOST_FINDINGS) as u64);
        if rest > 0 {
            writeln!(out, "\n{} not listed here.", counted(rest, "more is", "more are"))?;
        }
        writeln!(out)
    }
}

/// The text as Markdown that shows it and does nothing: no markup, no HTML, no mention, no link, no second line.
pub(crate) fn escape(text: &str) -> String {
    markdown(&clean(text))
}

impl<W: Write> ResultSink for Markdown<W> {
    fn begin(&mut self, run: &Run) -> io::Result<()> {
        self.run = Some(run.clone());
        Ok(())
    }

    fn result(&mut self, check: &CheckInfo, result: &CheckResult) -> io::Result<()> {
        if let (Status::Fail, Some(run)) = (result.status, &self.run) {
            self.failed.push(FindingLine::new(run, check, result));
        }
        Ok(())
    }

    fn finish(&mut self, summary: &Summary) -> io::Result<()> {
        let Some(run) = self.run.take() else { return Ok(()) };
        let out = &mut self.out;
        writeln!(out, "# The wall of {}\n", escape(&run.title))?;
        if let Some(note) = &run.synthetic {
            writeln!(out, "*{}*\n", escape(note))?;
        }
        if let Some(narrowed) = &run.narrowed {
            writeln!(out, "**Narrowed: {}**; {NARROWED}.\n", escape(narrowed))?;
        }
        writeln!(
            out,
            "{} · {} · {} · {} · as of {} UTC\n",
            counted(summary.resources, "resource", "resources"),
            counted(summary.services, "service", "services"),
            counted(summary.accounts, "account", "accounts"),
            counted(summary.regions, "region", "regions"),
            run.as_of.format("%Y-%m-%d %H:%M")
        )?;
        writeln!(out, "**{}**\n", escape(&summary.exit_line()))?;

        writeln!(out, "| side | course | AWS | you | unclear | met | fail | unseen | no evidence |")?;
        writeln!(out, "|---|---|--:|--:|--:|--:|--:|--:|--:|")?;
        let numbers = |counts: Counts| {
            let Counts { aws, you, unclear, met, fail, unseen, no_evidence } = counts;
            [aws, you, unclear, met, fail, unseen, no_evidence].map(dash).join(" | ")
        };
        for row in &summary.wall {
            let side = match row.side {
                Side::In => "in",
                Side::Of => "of",
            };
            writeln!(out, "| {side} | {} | {} |", escape(&row.title), numbers(row.counts()))?;
        }
        writeln!(out, "| | **all {}** | {} |\n", thousands(summary.counts().total()), numbers(summary.counts()))?;

        writeln!(out, "## What failed\n")?;
        self.findings(summary)?;

        let out = &mut self.out;
        if !summary.records.is_empty() {
            writeln!(out, "## On record\n\n| severity | what | about | owner | due |\n|---|---|---|---|---|")?;
        }
        for line in &summary.records {
            let due = line.due.map(|due| due.to_string()).unwrap_or_default();
            let owner = escape(line.owner.as_deref().unwrap_or_default());
            writeln!(out, "| {} | {} | {} | {owner} | {due} |", line.severity, escape(&line.message), escape(&line.subject))?;
        }
        if !summary.owners.is_empty() {
            writeln!(out, "\n## Who answers\n\n| owner | reached by | duties | failing |\n|---|---|--:|--:|")?;
        }
        for line in &summary.owners {
            let (owner, contact) = (line.owner.as_deref().unwrap_or("nobody"), line.contact.as_deref().unwrap_or_default());
            writeln!(out, "| {} | {} | {} | {} |", escape(owner), escape(contact), thousands(line.duties), dash(line.failing))?;
        }
        writeln!(out, "\n## Not seen\n")?;
        if summary.not_seen.is_empty() {
            writeln!(out, "{}.\n", capital(summary.nothing_unseen()))?;
        } else {
            writeln!(out, "{}, never counted as met:\n", counted(summary.unseen(), "answer missing", "answers missing"))?;
            for line in &summary.not_seen {
                let hint = line.hint.as_deref().map(|hint| format!(" ({})", escape(hint))).unwrap_or_default();
                writeln!(out, "- {}: {}{hint}", thousands(line.count), escape(&line.words))?;
            }
            writeln!(out)?;
        }
        for line in summary.not_judged() {
            writeln!(out, "{}.\n", escape(&line))?;
        }

        if !summary.frameworks.is_empty() {
            writeln!(out, "## Frameworks\n")?;
            writeln!(
                out,
                "| framework | all | AWS | shared | yours | met | not met | partly evidenced | no evidence | nothing in scope |"
            )?;
            writeln!(out, "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|")?;
        }
        for one in &summary.frameworks {
            let all = one.aws + one.shared + one.customer;
            let cells = [all, one.aws, one.shared, one.customer, one.met, one.not_met, one.partly, one.no_evidence, one.nothing_in_scope];
            writeln!(out, "| {} ({}) | {} |", escape(&one.title), escape(&one.noun), cells.map(dash).join(" | "))?;
        }
        out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Format, Options, fixture};

    #[test]
    fn markup_in_names_is_inert() {
        let hostile = "<b>|x|</b> [a](javascript:1) `c` @team https://e.invalid www.e.invalid\n# head";
        let text = escape(hostile);
        for raw in ["<b>", "@team", "://", "www.e", "\n", " |x"] {
            assert!(!text.contains(raw), "{raw}: {text}");
        }
    }

    #[test]
    fn every_table_row_has_its_cells() {
        let text = fixture::render(Format::Markdown, Options::default());
        let bars = |line: &str| line.replace("\\|", "").matches('|').count();
        let rows = |from: &str, to: &str| -> Vec<usize> {
            let part = text.split_once(from).unwrap().1.split_once(to).unwrap().0;
            part.lines().filter(|line| line.starts_with('|')).map(bars).collect()
        };
        assert_eq!(rows("## What failed", "## On record"), [7; 10]);
        assert_eq!(rows("## On record", "## Who answers"), [6; 3]);
        assert_eq!(rows("## Who answers", "## Not seen"), [5; 4]);
        assert!(!text.contains('\u{1b}'));
    }

    #[test]
    fn the_page_opens_like_this() {
        let text = fixture::render(Format::Markdown, Options::default());
        insta::assert_snapshot!(text.split_once("## What failed").unwrap().0);
    }
}
