//! The review as text, lines and a record.

use std::io::Write;

use anyhow::{Context as _, bail};
use partywall_records::Records;
use partywall_report::counted;
use serde_json::json;

use super::risk::{Pillar, Practice, Question, Risk, State};
use crate::cli::Context;
use crate::cli::format::Format;
use crate::cli::matrix::text::{self, Sheet};
use crate::exit;

/// Questions of each risk: high, medium, low, unanswered, none.
fn counts<'a>(questions: impl Iterator<Item = &'a Question>) -> [u64; 5] {
    let mut counts = [0; 5];
    for question in questions {
        let at = match question.risk {
            Risk::High => 0,
            Risk::Medium => 1,
            Risk::Low => 2,
            Risk::Unanswered => 3,
            Risk::None => 4,
        };
        if let Some(count) = counts.get_mut(at) {
            *count += 1;
        }
    }
    counts
}

fn said([high, medium, low, unanswered, none]: [u64; 5]) -> String {
    format!("{high} high, {medium} medium, {low} low, {unanswered} unanswered, {none} without risk")
}

pub(super) fn write(out: &mut impl Write, records: &Records, pillars: &[Pillar], format: Format, detail: bool) -> anyhow::Result<()> {
    match format {
        Format::Json => writeln!(out, "{}", serde_json::to_string_pretty(&json!({"pillars": pillars}))?)?,
        Format::Csv => sheet(pillars).csv(out)?,
        Format::Table | Format::Md => body(out, records, pillars, format == Format::Md, detail)?,
    }
    Ok(())
}

fn body(out: &mut impl Write, records: &Records, pillars: &[Pillar], md: bool, detail: bool) -> anyhow::Result<()> {
    let (h1, h2, item) = if md { ("# ", "## ", "- ") } else { ("", "", "") };
    let all = counts(pillars.iter().flat_map(|pillar| &pillar.questions));
    writeln!(out, "{h1}Well-Architected review, {}: {}", counted(all.iter().sum(), "question", "questions"), said(all))?;
    if let Some(last) = records.well_architected.milestones.last() {
        text::wrapped(out, 0, &format!("last milestone {} on {}: {}", last.name, last.day, said(last.counts)))?;
    }
    for pillar in pillars {
        writeln!(out, "\n{h2}{} · {}: {}", pillar.id, pillar.title, said(counts(pillar.questions.iter())))?;
        for question in &pillar.questions {
            text::wrapped(out, 2, &format!("{item}{:10} {} {}", question.risk.as_str(), question.id, question.title))?;
            if detail {
                for practice in &question.practices {
                    practice_lines(out, practice)?;
                }
            }
        }
    }
    if detail {
        return Ok(());
    }
    writeln!(out, "\n{h2}Improvement plan")?;
    let mut open: Vec<&Practice> = pillars
        .iter()
        .flat_map(|pillar| &pillar.questions)
        .flat_map(|question| &question.practices)
        .filter(|practice| matches!(practice.state, State::NotInPlace | State::Partly))
        .collect();
    let weight = |practice: &Practice| ["critical", "high", "medium", "low"].iter().position(|risk| *risk == practice.risk).unwrap_or(4);
    open.sort_by_key(|practice| (weight(practice), practice.state, practice.id.clone()));
    for practice in open {
        let owner = if practice.owner.is_empty() { String::new() } else { format!(" · {}", practice.owner) };
        let target = practice.target.as_ref().map(|target| format!(" · by {target}")).unwrap_or_default();
        text::wrapped(
            out,
            2,
            &format!("{item}{:6} {} {}: {}{owner}{target}", practice.risk, practice.id, practice.title, practice.state.as_str()),
        )?;
        let failing = practice.facts.iter().filter(|fact| fact.fail > 0).map(|fact| format!("{} ({} fail)", fact.check, fact.fail));
        let failing: Vec<String> = failing.collect();
        if !failing.is_empty() {
            text::wrapped(out, 9, &failing.join(", "))?;
        }
    }
    Ok(())
}

fn practice_lines(out: &mut impl Write, practice: &Practice) -> anyhow::Result<()> {
    text::wrapped(
        out,
        4,
        &format!("{} {}: {} ({}; risk {})", practice.id, practice.title, practice.state.as_str(), practice.from, practice.risk),
    )?;
    for fact in &practice.facts {
        text::wrapped(
            out,
            8,
            &format!("{}: {} pass, {} fail, {} unknown · {}", fact.title, fact.pass, fact.fail, fact.unknown, fact.check),
        )?;
    }
    for line in &practice.evidence {
        let due = line.due.map(|due| format!(", due {due}")).unwrap_or_default();
        text::wrapped(out, 8, &format!("keep: {} ({}): {}{due}", line.title, line.id, line.state))?;
    }
    if !practice.notes.is_empty() {
        text::wrapped(out, 8, &practice.notes)?;
    }
    Ok(())
}

fn sheet(pillars: &[Pillar]) -> Sheet {
    let mut sheet = Sheet::new(&[
        "pillar",
        "question",
        "question risk",
        "practice",
        "title",
        "risk",
        "state",
        "from",
        "failing checks",
        "evidence",
        "owner",
        "target",
        "notes",
    ]);
    for pillar in pillars {
        for question in &pillar.questions {
            for practice in &question.practices {
                let failing: Vec<String> =
                    practice.facts.iter().filter(|fact| fact.fail > 0).map(|fact| format!("{} ({})", fact.check, fact.fail)).collect();
                let evidence: Vec<String> = practice.evidence.iter().map(|line| format!("{}: {}", line.id, line.state)).collect();
                sheet.rows.push(vec![
                    pillar.id.to_string(),
                    question.id.to_string(),
                    question.risk.as_str().to_owned(),
                    practice.id.clone(),
                    practice.title.clone(),
                    practice.risk.to_owned(),
                    practice.state.as_str().to_owned(),
                    practice.from.to_owned(),
                    failing.join("; "),
                    evidence.join("; "),
                    practice.owner.clone(),
                    practice.target.clone().unwrap_or_default(),
                    practice.notes.clone(),
                ]);
            }
        }
    }
    sheet
}

/// Adds a milestone with the counts of today to the records.
pub(super) fn save_milestone(context: &Context, records: &Records, name: &str, pillars: &[Pillar]) -> anyhow::Result<()> {
    let Some(directory) = &records.directory else {
        bail!("a milestone is kept in the records; name their directory with --records");
    };
    if records.well_architected.milestones.iter().any(|known| known.name == name) {
        bail!("there is a milestone `{name}` already; choose another name");
    }
    let [high, medium, low, unanswered, none] = counts(pillars.iter().flat_map(|pillar| &pillar.questions));
    let path = directory.join("well-architected.toml");
    let mut text = if path.is_file() { std::fs::read_to_string(&path)? } else { String::new() };
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(&format!(
        "\n[[milestone]]\nname = {}\nday = {}\nhigh = {high}\nmedium = {medium}\nlow = {low}\nunanswered = {unanswered}\nnone = {none}\n",
        toml::Value::String(name.to_owned()),
        context.today()
    ));
    std::fs::write(&path, text).with_context(|| format!("cannot write `{}`", path.display()))?;
    exit::note(&format!("milestone `{name}` is in `{}`", path.display()));
    Ok(())
}
