//! The page's template and the shapes that it prints.

use askama::Template;
use sha2::{Digest, Sha256};

use crate::text::{capital, clean, counted, thousands};
use crate::words::{self, NARROWED};
use crate::{
    Answer, Counts, FindingLine, FrameworkLine, OwnerLine, Proof, RecordLine, RequirementLine, Run, Side, Split, Summary, WallCell, WallRow,
};

const STYLE: &str = include_str!("../../templates/wall.css");
const SCRIPT: &str = include_str!("../../templates/wall.js");

/// A class and what stands under it: words, or a share of a bar.
type Part<T> = (&'static str, T);

#[derive(Template)]
#[template(path = "wall.html")]
pub(super) struct Page {
    title: String,
    synthetic: Option<String>,
    header: Vec<String>,
    narrowed: Option<String>,
    rows: Vec<Course>,
    total: Counts,
    proof: Option<String>,
    records: Vec<Record>,
    owners: Vec<(String, String, String, String)>,
    sentence: String,
    findings: Vec<Finding>,
    nothing_failed: &'static str,
    more: u64,
    more_words: String,
    not_seen: Vec<(String, String, Option<String>)>,
    unseen_words: String,
    nothing_unseen: String,
    not_judged: Vec<String>,
    left_out: Option<String>,
    frameworks: Vec<Framework>,
    exit: String,
    footer: Vec<String>,
    css: &'static str,
    script: &'static str,
    script_hash: String,
    data: String,
}

struct Course {
    title: String,
    side: &'static str,
    /// True for the first course of a side.
    opens: bool,
    cells: Vec<Brick>,
}

struct Brick {
    layer: String,
    title: String,
    aws_part: String,
    customer_part: String,
    fail: u64,
    /// Relative width: bricks with more duties are wider, but none vanishes.
    /// How AWS's duties here are proven.
    proof: Option<String>,
    weight: u64,
    bar: Vec<Part<u64>>,
    say: Vec<Part<String>>,
}

struct Record {
    severity: &'static str,
    message: String,
    about: String,
}

struct Finding {
    severity: &'static str,
    title: String,
    resource: String,
    because: String,
    whose: String,
    attribution: String,
    command: String,
}

struct Framework {
    title: String,
    split: String,
    bar: Vec<Part<u64>>,
    say: Vec<Part<String>>,
    rows: Vec<Requirement>,
}

struct Requirement {
    id: String,
    title: String,
    aws: String,
    class: &'static str,
    answer: &'static str,
    counts: String,
    left: Vec<String>,
}

fn owned(text: &str) -> String {
    clean(text).into_owned()
}

fn brick(cell: &WallCell) -> Brick {
    let Counts { aws, you, unclear, met, fail, unseen, no_evidence } = cell.counts;
    let shares = [("met", met), ("fail", fail), ("unseen", unseen), ("none", no_evidence), ("unclear", unclear), ("aws", aws)];
    let words = [("", you, "yours"), ("fail", fail, "fail"), ("unseen", unseen, "unseen"), ("", unclear, "unclear"), ("aws", aws, "AWS's")];
    Brick {
        layer: owned(&cell.layer),
        title: owned(&cell.title),
        aws_part: owned(&cell.aws_part),
        customer_part: owned(&cell.customer_part),
        fail,
        proof: said_of(&cell.proof),
        weight: 20 + cell.counts.total().isqrt(),
        bar: shares.into_iter().filter(|(_, count)| *count > 0).collect(),
        say: words
            .into_iter()
            .filter(|(_, count, _)| *count > 0)
            .map(|(class, count, word)| (class, format!("{} {word}", thousands(count))))
            .collect(),
    }
}

fn courses(wall: &[WallRow]) -> Vec<Course> {
    let mut before = None;
    wall.iter()
        .map(|row| {
            let opens = before != Some(row.side);
            before = Some(row.side);
            let side = match row.side {
                Side::In => "in",
                Side::Of => "of",
            };
            Course { title: owned(&row.title), side, opens, cells: row.cells.iter().map(brick).collect() }
        })
        .collect()
}

/// The whole in one sentence.
fn sentence(summary: &Summary) -> String {
    let Counts { aws, you, unclear, met, fail, unseen, no_evidence } = summary.counts();
    let parts = [
        (met, if met == 1 { "is met" } else { "are met" }),
        (fail, if fail == 1 { "is not" } else { "are not" }),
        (unseen, "could not be seen"),
        (no_evidence, if no_evidence == 1 { "has no evidence yet" } else { "have no evidence yet" }),
    ];
    let said: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, words)| format!("{} {words}", thousands(*count))).collect();
    let yours = match said.split_last() {
        None => String::new(),
        Some((last, [])) => format!(": {last}"),
        Some((last, rest)) => format!(": {} and {last}", rest.join(", ")),
    };
    let unclear = match unclear {
        0 => String::new(),
        1 => " Whose the last one is could not be determined: it is in neither count, and yours to see to until it is known.".to_owned(),
        many => format!(
            " Whose the other {} are could not be determined: they are in neither count, and yours to see to until it is known.",
            thousands(many)
        ),
    };
    let all = counted(aws + you + summary.counts().unclear, "duty", "duties");
    format!("Of {all} here, AWS carries {} and you carry {}{yours}.{unclear}", thousands(aws), thousands(you))
}

fn said_of(proof: &Proof) -> Option<String> {
    let said = words::proof(proof);
    if said.is_empty() {
        return None;
    }
    let why = proof.why.as_deref().map(|why| format!(" ({})", clean(why))).unwrap_or_default();
    Some(format!("{said}{why}"))
}

fn finding(line: &FindingLine) -> Finding {
    Finding {
        severity: line.severity.as_str(),
        title: owned(&line.title),
        resource: owned(&line.resource),
        because: owned(&line.because),
        whose: owned(&line.responsibility()),
        attribution: owned(&line.attribution),
        command: owned(&line.command),
    }
}

fn requirement(line: &RequirementLine) -> Requirement {
    let (class, answer) = match (line.split, line.answer) {
        (Split::Inherited, Answer::Met) => ("met", "none: inherited, proven"),
        (Split::Inherited, _) => ("", "none: inherited"),
        (_, Answer::Met) => ("met", "met"),
        (_, Answer::NotMet) => ("fail", "not met"),
        (_, Answer::Partly) => ("unseen", "partly evidenced"),
        (_, Answer::NoEvidence) => ("", "no evidence"),
        (_, Answer::NothingInScope) => ("", "nothing in scope"),
    };
    let counts = [(line.pass, "pass"), (line.fail, "fail"), (line.unknown, "unknown")];
    let counts: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{} {word}", thousands(*count))).collect();
    Requirement {
        id: owned(&line.id),
        title: owned(&line.title),
        aws: line.aws_proof.as_deref().map_or_else(|| "none".to_owned(), owned),
        class,
        answer,
        counts: if line.split == Split::Inherited { String::new() } else { counts.join(" · ") },
        left: left(line),
    }
}

/// What remains of a requirement: open results, manual evidence that is not there or not in date, who answers, and when the next is due.
fn left(line: &RequirementLine) -> Vec<String> {
    if line.split == Split::Inherited {
        return Vec::new();
    }
    let mut left = Vec::new();
    if line.fail + line.unknown > 0 {
        left.push(counted(line.fail + line.unknown, "result open", "results open"));
    }
    left.extend(line.manual.iter().filter(|one| one.state != "current").map(|one| format!("{}: {}", clean(&one.title), one.state)));
    if !line.owners.is_empty() {
        left.push(format!("answers: {}", clean(&line.owners.join(", "))));
    }
    left.extend(line.others.iter().map(|other| owned(other)));
    left.extend(line.due.map(|due| format!("next due {due}")));
    left
}

fn record(line: &RecordLine) -> Record {
    let about = [Some(line.kind.to_owned()), line.owner.clone(), line.due.map(|due| format!("due {due}")), line.place.clone()];
    Record {
        severity: line.severity.as_str(),
        message: owned(&line.message),
        about: owned(&about.into_iter().flatten().collect::<Vec<_>>().join(" · ")),
    }
}

fn owner(line: &OwnerLine) -> (String, String, String, String) {
    let name = line.owner.as_deref().map_or_else(|| "nobody".to_owned(), owned);
    (name, line.contact.as_deref().map(owned).unwrap_or_default(), thousands(line.duties), thousands(line.failing))
}

fn framework(line: &FrameworkLine) -> Framework {
    let shares = [
        ("met", line.met, "met"),
        ("fail", line.not_met, "not met"),
        ("unseen", line.partly, "partly evidenced"),
        ("none", line.no_evidence, "no evidence"),
        ("", line.nothing_in_scope, "nothing in scope"),
    ];
    let all = thousands(line.aws + line.shared + line.customer);
    Framework {
        title: owned(&line.title),
        split: format!("{all} {} = {} AWS + {} shared + {} yours", clean(&line.noun), line.aws, line.shared, line.customer),
        bar: shares.iter().filter(|(_, count, _)| *count > 0).map(|(class, count, _)| (*class, *count)).collect(),
        say: shares
            .iter()
            .filter(|(_, count, _)| *count > 0)
            .map(|(class, count, word)| (*class, format!("{} {word}", thousands(*count))))
            .collect(),
        rows: line.requirements.iter().map(requirement).collect(),
    }
}

/// RFC 4648 base 64, as content policies write digests.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let digit = usize::try_from(group >> (18 - 6 * place) & 63).unwrap_or(0);
            out.push(if place > chunk.len() { '=' } else { DIGITS.get(digit).copied().map_or('=', char::from) });
        }
    }
    out
}

/// Shapes a run's summary for the template.
pub(super) fn page(run: &Run, summary: &Summary, data: String, left_out: u64) -> Page {
    let more = summary.failing.saturating_sub(summary.fix_first.len() as u64);
    Page {
        title: owned(&run.title),
        synthetic: run.synthetic.as_deref().map(owned),
        header: vec![
            counted(summary.resources, "resource", "resources"),
            counted(summary.types, "type", "types"),
            counted(summary.services, "service", "services"),
            counted(summary.accounts, "account", "accounts"),
            counted(summary.regions, "region", "regions"),
            format!("as of {} UTC", run.as_of.format("%Y-%m-%d %H:%M")),
        ],
        narrowed: run.narrowed.as_deref().map(|words| format!("Narrowed: {}; {NARROWED}.", clean(words))),
        rows: courses(&summary.wall),
        total: summary.counts(),
        proof: said_of(&summary.proof),
        records: summary.records.iter().map(record).collect(),
        owners: summary.owners.iter().map(owner).collect(),
        sentence: sentence(summary),
        findings: summary.fix_first.iter().map(finding).collect(),
        nothing_failed: summary.nothing_failed(),
        more,
        more_words: format!("{} more failed.", thousands(more)),
        not_seen: summary
            .not_seen
            .iter()
            .map(|line| (thousands(line.count), owned(&line.words), line.hint.as_deref().map(owned)))
            .collect(),
        unseen_words: counted(summary.unseen(), "answer missing", "answers missing"),
        nothing_unseen: capital(summary.nothing_unseen()),
        not_judged: summary.not_judged().iter().map(|line| owned(line)).collect(),
        left_out: (left_out > 0).then(|| {
            let results = counted(left_out, "result is", "results are");
            format!("{results} counted above but not listed in this page; --format jsonl has every one.")
        }),
        frameworks: summary.frameworks.iter().map(framework).collect(),
        exit: owned(&summary.exit_line()),
        footer: vec![
            format!("partywall {}", clean(&run.version)),
            format!("catalogue {}", clean(&run.catalog)),
            format!("snapshot {}", clean(&run.snapshot)),
        ],
        css: STYLE,
        script: SCRIPT,
        script_hash: base64(&Sha256::digest(SCRIPT.as_bytes())),
        data,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_64_is_that_of_the_rfc() {
        for (text, want) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(text.as_bytes()), want);
        }
    }
}
