//! A framework's requirements as text and as lines.

use std::io::Write;

use partywall_catalog::Framework;
use partywall_report::{Answer, FrameworkLine, ManualLine, Split};

use super::show::Shown;
use crate::cli::Context;
use crate::cli::matrix::text::Sheet;
use crate::frameworks::{self, Means, MeansCounts, SplitCounts};

pub(super) fn totals(context: &Context, framework: &Framework, line: &FrameworkLine, judged: bool, shown: usize) -> Vec<String> {
    let MeansCounts { automated, inherited, manual, open } = MeansCounts::of(&context.catalog, framework);
    let all = framework.requirements.len();
    let mut lines = vec![
        SplitCounts::of(&context.catalog, framework).line(framework),
        format!("{all} {} = {automated} automated + {manual} manual + {inherited} inherited + {open} open", line.noun),
    ];
    if judged {
        lines.push(format!(
            "{} met · {} not met · {} partly evidenced · {} no evidence · {} nothing in scope",
            line.met, line.not_met, line.partly, line.no_evidence, line.nothing_in_scope
        ));
    }
    if shown < all {
        lines.push(format!("{shown} of them shown"));
    }
    lines
}

pub(super) fn body(out: &mut impl Write, framework: &Framework, rows: &[Shown<'_>], md: bool) -> std::io::Result<()> {
    let mut group = "";
    for row in rows {
        if row.group != group {
            group = row.group;
            let title = framework.groups.iter().find(|known| &*known.id == group).map_or("", |known| &known.title);
            writeln!(out, "\n{}{group}  {title}", if md { "## " } else { "" })?;
        }
        let state = row.answer.map_or_else(String::new, |answer| format!(" · {}", words(answer)));
        let counts = if row.answer.is_some() && !row.checks.is_empty() {
            format!(" ({} pass, {} fail, {} unknown)", row.pass, row.fail, row.unknown)
        } else {
            String::new()
        };
        let (head, item) = if md { ("\n### ", "- ") } else { (" ", "      ") };
        writeln!(out, "{head}{}  {}{state}{counts}", row.id, row.title)?;
        if md {
            writeln!(out)?;
        }
        let proof = row.aws_proof.as_deref().map(|proof| format!(" [{proof}]")).unwrap_or_default();
        if row.split != Split::Customer || !row.aws.is_empty() {
            writeln!(out, "{item}AWS: {}{proof}", if row.aws.is_empty() { "its duties below this line" } else { row.aws })?;
        }
        if !row.customer.is_empty() {
            writeln!(out, "{item}You: {}", row.customer)?;
        }
        if !row.checks.is_empty() && row.failing.is_none() {
            writeln!(out, "{item}Checks: {}", row.checks.join(", "))?;
        }
        for failing in row.failing.iter().filter(|failing| !failing.is_empty()) {
            writeln!(out, "{item}Failing: {}", failing.join(", "))?;
        }
        if let Some(failing) = &row.failing {
            writeln!(out, "{item}Checks: {} in all, {} failing", row.checks.len(), failing.len())?;
        }
        for evidence in row.manual {
            writeln!(out, "{item}Keep: {}", kept(evidence, row.answer.is_some()))?;
        }
        for other in row.others {
            writeln!(out, "{item}Others: {other}")?;
        }
        if !row.note.is_empty() {
            writeln!(out, "{item}Here: {}", row.note)?;
        }
        if !row.owners.is_empty() {
            writeln!(out, "{item}Answers: {}", row.owners.join(", "))?;
        }
        if !row.nothing_technical.is_empty() {
            writeln!(out, "{item}No check can show it: {}", row.nothing_technical)?;
        }
        if row.means == Means::Open.as_str() {
            writeln!(out, "{item}Open: no check here, and no document is named yet")?;
        }
    }
    Ok(())
}

/// A piece of manual evidence; with records, how it stands.
fn kept(line: &ManualLine, judged: bool) -> String {
    if !judged {
        return format!("{} ({})", line.title, line.id);
    }
    let due = line.due.map(|due| format!(", due {due}")).unwrap_or_default();
    let owner = line.owner.as_deref().map(|owner| format!(", {owner}")).unwrap_or_default();
    format!("{} ({}): {}{due}{owner}", line.title, line.id, line.state)
}

fn words(answer: Answer) -> &'static str {
    match answer {
        Answer::Met => "met",
        Answer::NotMet => "NOT MET",
        Answer::Partly => "partly evidenced",
        Answer::NoEvidence => "no evidence",
        Answer::NothingInScope => "nothing in scope",
    }
}

pub(super) fn csv(out: &mut impl Write, rows: &[Shown<'_>]) -> std::io::Result<()> {
    let mut sheet = Sheet::new(&[
        "id",
        "group",
        "title",
        "split",
        "means",
        "answer",
        "pass",
        "fail",
        "unknown",
        "aws",
        "customer",
        "checks",
        "manual",
        "nothing_technical",
        "aws_proof",
        "owners",
        "remaining",
        "due",
    ]);
    for row in rows {
        sheet.rows.push(vec![
            row.id.clone(),
            row.group.to_owned(),
            row.title.to_owned(),
            frameworks::word(row.split).to_owned(),
            row.means.to_owned(),
            row.answer.map_or("", words).to_lowercase(),
            row.pass.to_string(),
            row.fail.to_string(),
            row.unknown.to_string(),
            row.aws.to_owned(),
            row.customer.to_owned(),
            row.checks.join(" "),
            row.manual.iter().map(|line| line.id.as_str()).collect::<Vec<_>>().join(" "),
            row.nothing_technical.to_owned(),
            row.aws_proof.clone().unwrap_or_default(),
            row.owners.join(" "),
            row.remaining.map(|remaining| remaining.to_string()).unwrap_or_default(),
            row.due.clone().unwrap_or_default(),
        ]);
    }
    sheet.csv(out)
}
