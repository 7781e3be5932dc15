//! The responsibility matrix as one page: no scripts, nothing fetched, fit to print.

use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::cell::clean;
use crate::words::{all_manual, counted, duty, labelled, results, split, status, third_parties};
use crate::{Answer, Matrix, MatrixLine, SheetsError, Split};

const STYLE: &str = include_str!("../templates/matrix.css");

#[derive(Template)]
#[template(path = "matrix.html")]
struct Page {
    title: String,
    synthetic: Option<String>,
    facts: String,
    split: String,
    standing: String,
    noun: String,
    groups: Vec<Group>,
    css: &'static str,
    css_hash: String,
}

struct Group {
    title: String,
    rows: Vec<Row>,
}

struct Row {
    id: String,
    title: String,
    text: Vec<String>,
    split: &'static str,
    class: &'static str,
    aws: Vec<String>,
    /// What to say where AWS's part is not described.
    no_aws: &'static str,
    proof: Option<String>,
    customer: Vec<String>,
    no_customer: &'static str,
    duties: Vec<String>,
    others: Vec<String>,
    status: &'static str,
    status_class: &'static str,
    left: Vec<String>,
}

/// The matrix as one static page. Its content policy allows its own style sheet and nothing else.
///
/// # Errors
/// None that writing to memory can give.
pub fn matrix_html(matrix: &Matrix) -> Result<String, SheetsError> {
    Ok(page(matrix).render()?)
}

fn page(matrix: &Matrix) -> Page {
    let mut groups: Vec<Group> = Vec::new();
    for line in &matrix.lines {
        let title = owned(&line.group);
        match groups.last_mut() {
            Some(group) if group.title == title => group.rows.push(row(line)),
            _ => groups.push(Group { title, rows: vec![row(line)] }),
        }
    }
    let about = [&matrix.publisher, &matrix.framework_version, &matrix.system].map(|text| owned(text));
    let facts: Vec<String> = about.into_iter().filter(|text| !text.is_empty()).chain([format!("as of {}", matrix.as_of)]).collect();
    Page {
        title: owned(&matrix.framework_title),
        synthetic: matrix.synthetic.as_deref().map(owned),
        facts: facts.join(" · "),
        split: split_sentence(matrix),
        standing: standing_sentence(matrix),
        noun: capital(&owned(&matrix.noun)),
        groups,
        css: STYLE,
        css_hash: STANDARD.encode(Sha256::digest(STYLE.as_bytes())),
    }
}

/// `3 controls: 1 AWS's, 1 shared, 1 the customer's.`
fn split_sentence(matrix: &Matrix) -> String {
    let of = |split: Split| matrix.lines.iter().filter(|line| line.split == split).count();
    let all = counted(matrix.lines.len(), &owned(&matrix.noun));
    format!("{all}: {} AWS's, {} shared, {} the customer's.", of(Split::Aws), of(Split::Shared), of(Split::Customer))
}

/// Where they stand, over all of them; every one is in exactly one count.
fn standing_sentence(matrix: &Matrix) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for line in &matrix.lines {
        let status = status(line);
        match counts.iter_mut().find(|(known, _)| *known == status) {
            Some((_, count)) => *count += 1,
            None => counts.push((status, 1)),
        }
    }
    counts.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(other.0)));
    counts.iter().map(|(status, count)| format!("{count} {status}")).collect::<Vec<_>>().join(" · ")
}

fn row(line: &MatrixLine) -> Row {
    let proof = line.aws_proof.as_deref().map(owned).filter(|proof| !proof.is_empty());
    let until = line.aws_until.map(|day| day.to_string()).filter(|day| proof.as_ref().is_none_or(|proof| !proof.contains(day)));
    Row {
        id: owned(&line.id),
        title: owned(&line.title),
        text: texts([line.text.clone()]),
        split: split(line.split),
        class: match line.split {
            Split::Aws => "of-aws",
            Split::Shared => "of-both",
            Split::Customer => "of-customer",
        },
        aws: texts([line.aws_part.clone()]),
        no_aws: if line.split == Split::Customer { "none" } else { "not written down" },
        proof: match (proof, until) {
            (Some(proof), Some(day)) => Some(format!("{proof} (until {day})")),
            (Some(proof), None) => Some(proof),
            (None, day) => day.map(|day| format!("until {day}")),
        },
        customer: texts([line.customer_part.clone()]),
        no_customer: match line.split {
            Split::Aws => "none",
            // The duties say it.
            _ if !line.duties.is_empty() => "",
            _ => "not written down",
        },
        duties: line.duties.iter().map(|one| owned(&duty(one))).collect(),
        others: texts([third_parties(line)]),
        status: status(line),
        status_class: status_class(line),
        left: left(line),
    }
}

fn status_class(line: &MatrixLine) -> &'static str {
    match line.answer {
        Answer::Met if line.split != Split::Aws || line.aws_attested => "met",
        Answer::NotMet => "fail",
        Answer::NothingInScope => "",
        _ => "open",
    }
}

/// What speaks for it, who answers, what remains.
fn left(line: &MatrixLine) -> Vec<String> {
    let remaining = if line.remaining > 0 { format!("{} left to do", line.remaining) } else { String::new() };
    texts([
        results(line),
        remaining,
        labelled("Checks", &line.checks.join(", ")),
        all_manual(line),
        labelled("Answers", &line.owners.join(", ")),
        labelled("No check", &line.nothing_technical),
    ])
}

fn owned(text: &str) -> String {
    clean(text).into_owned()
}

/// Texts that are not empty, clean.
fn texts(texts: impl IntoIterator<Item = String>) -> Vec<String> {
    texts.into_iter().filter(|text| !text.is_empty()).map(|text| owned(&text)).collect()
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{HOSTILE, hostile, line, matrix};

    #[test]
    fn the_page_says_what_the_sheet_says() {
        let page = matrix_html(&matrix()).unwrap().replace("&#39;", "'");
        for words in [
            "Controls of a made-up book",
            "synthetic: a made-up company",
            "Book keepers · 2.0 · harbour · as of 2026-11-22",
            "6 controls: 1 AWS's, 2 shared, 3 the customer's.",
            "1 inherited, attested · 1 met · 1 no evidence · 1 not met · 1 nothing in scope · 1 partly evidenced",
            "attested until 2027-03-31",
            "Reviews accounts (team-iam)",
            "msp:north: Watches the alarms at night.",
            "2 left to do",
            "Access review: overdue, due 2026-10-01",
        ] {
            assert!(page.contains(words), "{words}\n{page}");
        }
    }

    #[test]
    fn a_part_that_is_not_described_is_not_called_none() {
        let mut matrix = matrix();
        matrix.lines = vec![line("ac-3", Split::Shared, Answer::NotJudged)];
        let page = matrix_html(&matrix).unwrap();
        assert_eq!((page.matches("not written down").count(), page.matches(">none<").count()), (2, 0));
        matrix.lines = vec![line("ac-3", Split::Customer, Answer::NotJudged)];
        let page = matrix_html(&matrix).unwrap();
        assert_eq!((page.matches("not written down").count(), page.matches(">none<").count()), (1, 1));
    }

    #[test]
    fn names_are_inert_and_nothing_is_fetched() {
        let page = matrix_html(&hostile()).unwrap();
        for reference in ["<script", "<img", "<link", "<iframe", "src=\"", "href=\"", "url(", "@import", "style=\"", "onerror=\""] {
            assert!(!page.contains(reference), "{reference}");
        }
        assert_eq!(page.matches("<!--").count(), 0);
        assert!(page.chars().all(|one| !one.is_control() || matches!(one, '\n' | '\t' | '\r')));
        assert!(!page.contains('\u{202e}'));
        assert!(page.contains("{{ 7*7 }}"), "a name is no template");
        assert!(HOSTILE.contains("<img"));
    }

    #[test]
    fn the_policy_allows_the_style_sheet_only() {
        let page = matrix_html(&matrix()).unwrap();
        let (_, rest) = page.split_once("<style>").unwrap();
        let (style, _) = rest.split_once("</style>").unwrap();
        let hash = STANDARD.encode(Sha256::digest(style.as_bytes()));
        let policy = format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'");
        assert!(page.contains(&policy), "{policy}");
        assert!(!page.contains("unsafe-inline"));
    }
}
