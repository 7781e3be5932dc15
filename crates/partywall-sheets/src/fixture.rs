//! A small framework of a made-up book, for tests. Its ids are those of controls, so that every sheet can be made of it.

use chrono::NaiveDate;

use crate::{About, Answer, DutyLine, ManualLine, Matrix, MatrixLine, Split, ThirdParty};

/// Text that tries everything: a formula, markup, a template, a terminal sequence, a direction mark, quotes and line ends.
pub(crate) const HOSTILE: &str =
    "=HYPERLINK(\"http://x.example\",\"y\")<img src=x onerror=alert(1)><!--]]>{{ 7*7 }}\u{1b}[2J\u{202e}\r\n;,\"'\t</td></script><script>";

pub(crate) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(crate) fn about() -> About {
    matrix().about()
}

/// A line without anything but what every line has.
pub(crate) fn line(id: &str, split: Split, answer: Answer) -> MatrixLine {
    MatrixLine {
        id: id.to_owned(),
        group: "Access".to_owned(),
        title: format!("Title of {id}"),
        text: String::new(),
        parts: Vec::new(),
        split,
        answer,
        aws_part: String::new(),
        customer_part: String::new(),
        aws_attested: false,
        aws_proof: None,
        aws_until: None,
        duties: Vec::new(),
        checks: Vec::new(),
        pass: 0,
        fail: 0,
        unknown: 0,
        manual: Vec::new(),
        nothing_technical: String::new(),
        owners: Vec::new(),
        remaining: 0,
        third_parties: Vec::new(),
    }
}

pub(crate) fn matrix() -> Matrix {
    let inherited = MatrixLine {
        group: "Buildings".to_owned(),
        aws_part: "Guards the buildings.".to_owned(),
        aws_attested: true,
        aws_proof: Some("attested until 2027-03-31".to_owned()),
        aws_until: Some(day("2027-03-31")),
        ..line("pe-3", Split::Aws, Answer::Met)
    };
    let shared = MatrixLine {
        text: "a. Define accounts;\nb. Review them.".to_owned(),
        parts: vec!["a".to_owned(), "b".to_owned()],
        aws_part: "Runs the sign-in.".to_owned(),
        customer_part: "Decides who may sign in.".to_owned(),
        aws_proof: Some("lapsed: SOC 2 ended 2026-03-31".to_owned()),
        duties: vec![
            DutyLine { title: "Reviews accounts".to_owned(), owners: vec!["team-iam".to_owned()] },
            DutyLine { title: "Rotates keys".to_owned(), owners: Vec::new() },
        ],
        checks: vec!["iam.access-keys-are-used".to_owned()],
        pass: 4,
        fail: 1,
        unknown: 1,
        manual: vec![ManualLine {
            id: "access.review".to_owned(),
            title: "Access review".to_owned(),
            state: "overdue".to_owned(),
            due: Some(day("2026-10-01")),
        }],
        owners: vec!["team-iam".to_owned()],
        remaining: 2,
        ..line("ac-2", Split::Shared, Answer::NotMet)
    };
    let configured = MatrixLine {
        parts: vec!["(a)".to_owned()],
        customer_part: "Turns unused accounts off, \"at once\".".to_owned(),
        checks: vec!["iam.user-password-is-used".to_owned()],
        pass: 3,
        ..line("ac-2.3", Split::Customer, Answer::Met)
    };
    let provided = MatrixLine {
        duties: vec![DutyLine { title: "Trains people".to_owned(), owners: Vec::new() }],
        nothing_technical: "Training is a matter of people.".to_owned(),
        ..line("at-2", Split::Customer, Answer::NoEvidence)
    };
    let handed_over = MatrixLine {
        group: "Watching".to_owned(),
        customer_part: "-- reads the reports.".to_owned(),
        third_parties: vec![ThirdParty { party: "msp:north".to_owned(), text: "Watches the alarms at night.".to_owned() }],
        unknown: 2,
        ..line("si-4", Split::Customer, Answer::Partly)
    };
    let absent = MatrixLine {
        group: "Watching".to_owned(),
        aws_part: "Keeps the radio hardware.".to_owned(),
        customer_part: "Sets the radio up.".to_owned(),
        ..line("ac-18", Split::Shared, Answer::NothingInScope)
    };
    Matrix {
        framework_id: "made-up".to_owned(),
        framework_title: "Controls of a made-up book".to_owned(),
        framework_version: "2.0".to_owned(),
        publisher: "Book keepers".to_owned(),
        noun: "control".to_owned(),
        system: "harbour".to_owned(),
        as_of: day("2026-11-22"),
        synthetic: Some("synthetic: a made-up company".to_owned()),
        lines: vec![inherited, shared, configured, provided, handed_over, absent],
    }
}

/// The same with every text hostile but the ids.
pub(crate) fn hostile() -> Matrix {
    let bad = || HOSTILE.to_owned();
    let mut matrix = matrix();
    matrix.framework_title = bad();
    (matrix.framework_version, matrix.publisher, matrix.noun, matrix.system, matrix.synthetic) = (bad(), bad(), bad(), bad(), Some(bad()));
    for line in &mut matrix.lines {
        (line.group, line.title, line.text, line.aws_part, line.customer_part) = (bad(), bad(), bad(), bad(), bad());
        (line.aws_proof, line.nothing_technical) = (Some(bad()), bad());
        line.duties = vec![DutyLine { title: bad(), owners: vec![bad()] }];
        line.checks = vec![bad()];
        line.manual = vec![ManualLine { id: bad(), title: bad(), state: bad(), due: None }];
        line.owners = vec![bad()];
        line.third_parties = vec![ThirdParty { party: bad(), text: bad() }];
    }
    matrix
}
