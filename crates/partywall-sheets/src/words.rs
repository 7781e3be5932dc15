//! Words and short texts that several sheets print.

use crate::{Answer, DutyLine, ManualLine, MatrixLine, Split};

/// Who answers for a requirement, as the sheets say it.
pub(crate) fn split(split: Split) -> &'static str {
    match split {
        Split::Aws => "AWS",
        Split::Shared => "Shared",
        Split::Customer => "Customer",
    }
}

/// Where a requirement stands; of what is AWS's alone, its proof.
pub(crate) fn status(line: &MatrixLine) -> &'static str {
    match (line.split, line.answer) {
        (_, Answer::NothingInScope) => "nothing in scope",
        (_, Answer::NotJudged) => "not judged",
        (Split::Aws, Answer::Met) if line.aws_attested => "inherited, attested",
        (Split::Aws, Answer::Partly) => "inherited, partly attested",
        (Split::Aws, _) => "inherited, not attested",
        (_, Answer::Met) => "met",
        (_, Answer::NotMet) => "not met",
        (_, Answer::Partly) => "partly evidenced",
        (_, Answer::NoEvidence) => "no evidence",
    }
}

/// `3 pass, 1 fail`; empty without results.
pub(crate) fn results(line: &MatrixLine) -> String {
    let counts = [(line.pass, "pass"), (line.fail, "fail"), (line.unknown, "unknown")];
    let said: Vec<String> = counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    said.join(", ")
}

/// `Access review: overdue, due 2026-12-01`
pub(crate) fn manual(line: &ManualLine) -> String {
    let due = line.due.map(|due| format!(", due {due}")).unwrap_or_default();
    let title = if line.title.is_empty() { &line.id } else { &line.title };
    format!("{title}: {}{due}", line.state)
}

/// All manual evidence, one line each.
pub(crate) fn all_manual(line: &MatrixLine) -> String {
    lines(line.manual.iter().map(manual))
}

/// `Reviews accounts (team-iam)`
pub(crate) fn duty(line: &DutyLine) -> String {
    if line.owners.is_empty() { format!("{} (nobody named)", line.title) } else { format!("{} ({})", line.title, line.owners.join(", ")) }
}

/// What others do, one line each.
pub(crate) fn third_parties(line: &MatrixLine) -> String {
    lines(line.third_parties.iter().map(|one| format!("{}: {}", one.party, one.text)))
}

/// The customer's part; where none is written down, the duties behind it.
pub(crate) fn customer_part(line: &MatrixLine) -> String {
    if line.customer_part.is_empty() && line.split != Split::Aws {
        lines(line.duties.iter().map(|duty| duty.title.clone()))
    } else {
        line.customer_part.clone()
    }
}

/// Texts that are not empty, one line each.
pub(crate) fn lines(texts: impl IntoIterator<Item = String>) -> String {
    texts.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
}

/// The text after its label; nothing if there is no text.
pub(crate) fn labelled(label: &str, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{label}: {text}") }
}

/// `1 control`, `2 controls`, `3 capabilities`
pub(crate) fn counted(count: usize, noun: &str) -> String {
    match (count, noun, noun.strip_suffix('y')) {
        (1, ..) => format!("1 {noun}"),
        (_, "criterion", _) => format!("{count} criteria"),
        (_, _, Some(stem)) => format!("{count} {stem}ies"),
        _ => format!("{count} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::line;

    #[test]
    fn counts_have_their_noun() {
        let said = [(1, "control"), (2, "control"), (2, "criterion"), (3, "capability")].map(|(count, noun)| counted(count, noun));
        assert_eq!(said, ["1 control", "2 controls", "2 criteria", "3 capabilities"]);
    }

    #[test]
    fn inherited_is_attested_only_where_it_is() {
        let of_aws = |answer, aws_attested| status(&MatrixLine { aws_attested, ..line("1", Split::Aws, answer) });
        assert_eq!(of_aws(Answer::Met, true), "inherited, attested");
        assert_eq!(of_aws(Answer::Met, false), "inherited, not attested");
        assert_eq!(of_aws(Answer::Partly, false), "inherited, partly attested");
        assert_eq!(of_aws(Answer::NotJudged, false), "not judged");
        assert_eq!(status(&line("1", Split::Shared, Answer::NoEvidence)), "no evidence");
    }
}
