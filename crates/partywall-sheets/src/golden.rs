//! Tests of what the sheets say: whole files for a small matrix, and the headings letter by letter.

use std::io::{Cursor, Read};

use calamine::{Reader, Xlsx};
use zip::ZipArchive;

use crate::fixture::{HOSTILE, about, hostile, line, matrix};
use crate::{
    Answer, Csp, CuecLine, Matrix, MatrixLine, Sheet, SheetsError, Split, caiq_sheet, cis_rows, cis_sheet, crm_rows, crm_sheet, cuec_sheet,
    matrix_sheet, pci_sheet,
};

fn cuecs() -> Vec<CuecLine> {
    let full = CuecLine {
        id: "CUEC-1".to_owned(),
        attestation: "aws-soc2-2026".to_owned(),
        report: "AWS SOC 2 type 2".to_owned(),
        text: "Users of the service turn on MFA.".to_owned(),
        duties: vec!["Manages principals".to_owned()],
        checks: vec!["iam.root-user-has-mfa".to_owned()],
        evidence: vec!["Access review".to_owned()],
        stand: "not met".to_owned(),
        why: "1 of 3 results fails".to_owned(),
        response: "+MFA is asked of everybody.".to_owned(),
        owner: "team-iam".to_owned(),
        requirements: [("soc2".to_owned(), vec!["CC6.1".to_owned(), "CC6.2".to_owned()])].into(),
    };
    let bare = CuecLine {
        id: "CUEC-2".to_owned(),
        attestation: "aws-soc2-2026".to_owned(),
        stand: "no evidence".to_owned(),
        ..CuecLine::default()
    };
    vec![full, bare]
}

/// Every sheet of a matrix.
fn sheets(matrix: &Matrix) -> Vec<(&'static str, Sheet)> {
    vec![
        ("matrix", matrix_sheet(matrix)),
        ("cis", cis_sheet(&cis_rows(matrix).unwrap(), &matrix.about())),
        ("crm", crm_sheet(&crm_rows(matrix).unwrap(), &matrix.about())),
        ("pci", pci_sheet(matrix)),
        ("caiq-aws", caiq_sheet(matrix, Csp::Aws)),
        ("caiq-user", caiq_sheet(matrix, Csp::User)),
        ("cuec", cuec_sheet(&cuecs(), &matrix.about())),
    ]
}

#[test]
fn the_sheets_of_a_small_matrix() {
    let golden = [
        ("matrix", include_str!("../tests/golden/matrix.csv")),
        ("cis", include_str!("../tests/golden/cis.csv")),
        ("crm", include_str!("../tests/golden/crm.csv")),
        ("pci", include_str!("../tests/golden/pci.csv")),
        ("caiq-aws", include_str!("../tests/golden/caiq-aws.csv")),
        ("caiq-user", include_str!("../tests/golden/caiq-user.csv")),
        ("cuec", include_str!("../tests/golden/cuec.csv")),
    ];
    for ((name, sheet), (wanted, text)) in sheets(&matrix()).into_iter().zip(golden) {
        assert_eq!(name, wanted);
        assert_eq!(String::from_utf8(sheet.to_csv().unwrap()).unwrap(), text, "{name}");
    }
}

#[test]
fn headings_are_those_of_the_forms() {
    let headings = |sheet: Sheet| sheet.headings().collect::<Vec<_>>();
    assert_eq!(
        headings(cis_sheet(&[], &about())),
        [
            "Control ID",
            "Implemented",
            "Partially Implemented",
            "Planned",
            "Alternative Implementation",
            "N/A",
            "Service Provider Corporate",
            "Service Provider System Specific",
            "Service Provider Hybrid (Corporate and System Specific)",
            "Configured by Customer (Customer System Specific)",
            "Provided by Customer (Customer System Specific)",
            "Shared (Service Provider and Customer Responsibility)",
            "Inherited from pre-existing FedRAMP Authorization",
        ]
    );
    assert_eq!(
        headings(crm_sheet(&[], &about())),
        ["Control ID", "Can Be Inherited from CSP", "Specific Inheritance and Customer Agency/CSP Responsibilities"]
    );
    assert_eq!(
        headings(caiq_sheet(&matrix(), Csp::Aws)),
        [
            "Question ID",
            "Question",
            "CSP CAIQ Answer",
            "SSRM Control Ownership",
            "CSP Implementation Description",
            "CSC Responsibilities",
            "CCM Control ID",
            "CCM Control Specification",
            "CCM Domain Title",
        ]
    );
    assert_eq!(
        headings(cuec_sheet(&[], &about())),
        ["ID", "Report", "Expectation", "Requirements", "How we meet it", "Evidence", "Status", "Reason", "Owner"]
    );
}

/// The first row's marks of the CIS worksheet, as headings.
fn marks(line: MatrixLine) -> Vec<&'static str> {
    let matrix = Matrix { lines: vec![line], ..matrix() };
    let sheet = cis_sheet(&cis_rows(&matrix).unwrap(), &about());
    let marked = sheet.rows()[0].iter().skip(1).zip(sheet.headings().skip(1)).filter(|(cell, _)| *cell == "X");
    marked.map(|(_, heading)| heading).collect()
}

#[test]
fn nothing_is_called_implemented_without_evidence() {
    let inherited = "Inherited from pre-existing FedRAMP Authorization";
    let shared = "Shared (Service Provider and Customer Responsibility)";
    for split in [Split::Aws, Split::Shared, Split::Customer] {
        for answer in [Answer::NoEvidence, Answer::NotJudged] {
            assert_eq!(marks(line("ac-2", split, answer)).len(), 1, "{split:?} {answer:?}: the origination only");
        }
        assert_eq!(marks(line("ac-2", split, Answer::NothingInScope))[0], "N/A");
        for answer in [Answer::Partly, Answer::NotMet] {
            assert_eq!(marks(line("ac-2", split, answer)).len(), 1, "{split:?} {answer:?}: nothing passes and no document is there");
            assert_eq!(marks(MatrixLine { pass: 1, ..line("ac-2", split, answer) })[0], "Partially Implemented");
        }
    }
    assert_eq!(marks(line("ac-2", Split::Shared, Answer::Met)), ["Partially Implemented", shared], "AWS's part is not attested");
    assert_eq!(marks(MatrixLine { aws_attested: true, ..line("ac-2", Split::Shared, Answer::Met) }), ["Implemented", shared]);
    assert_eq!(marks(line("ac-2", Split::Customer, Answer::Met))[0], "Implemented");
    assert_eq!(marks(line("ac-2", Split::Aws, Answer::Met)), [inherited], "not attested");
    for answer in [Answer::Met, Answer::NotJudged] {
        assert_eq!(marks(MatrixLine { aws_attested: true, ..line("ac-2", Split::Aws, answer) }), ["Implemented", inherited]);
    }
}

#[test]
fn the_questionnaire_is_answered_from_the_seat_of_the_provider() {
    let replies = |line: &MatrixLine| {
        let matrix = Matrix { lines: vec![line.clone()], ..matrix() };
        [Csp::Aws, Csp::User].map(|csp| {
            let row = caiq_sheet(&matrix, csp).rows()[0].clone();
            (row[2].clone(), row[3].clone())
        })
    };
    let attested = |split, answer| MatrixLine { aws_attested: true, ..line("IAM-05", split, answer) };
    let pairs = |aws: (&str, &str), user: (&str, &str)| [aws, user].map(|(answer, owner)| (answer.to_owned(), owner.to_owned()));
    for (line, wanted) in [
        (attested(Split::Aws, Answer::Met), pairs(("Yes", "CSP-owned"), ("Yes", "3rd-party outsourced"))),
        (line("IAM-05", Split::Aws, Answer::NoEvidence), pairs(("", "CSP-owned"), ("", "3rd-party outsourced"))),
        (attested(Split::Shared, Answer::Met), pairs(("Yes", "Shared CSP and CSC"), ("Yes", "Shared CSP and 3rd-party"))),
        (attested(Split::Shared, Answer::NotMet), pairs(("Yes", "Shared CSP and CSC"), ("No", "Shared CSP and 3rd-party"))),
        (line("IAM-05", Split::Shared, Answer::Met), pairs(("", "Shared CSP and CSC"), ("", "Shared CSP and 3rd-party"))),
        (line("IAM-05", Split::Customer, Answer::Met), pairs(("NA", "CSC-owned"), ("Yes", "CSP-owned"))),
        (line("IAM-05", Split::Customer, Answer::Partly), pairs(("NA", "CSC-owned"), ("", "CSP-owned"))),
        (line("IAM-05", Split::Shared, Answer::NothingInScope), pairs(("NA", "Shared CSP and CSC"), ("NA", "Shared CSP and 3rd-party"))),
    ] {
        assert_eq!(replies(&line), wanted, "{:?} {:?}", line.split, line.answer);
    }
}

#[test]
fn a_framework_of_others_has_no_fedramp_worksheets() {
    let other = Matrix { lines: vec![line("PR.AA-05", Split::Shared, Answer::Met)], ..matrix() };
    for error in [cis_rows(&other).unwrap_err(), crm_rows(&other).unwrap_err()] {
        assert_eq!(
            error.to_string(),
            "`PR.AA-05` is no control id of NIST SP 800-53; write one such as `AC-02`, `AC-02(03)` or `AC-02 (a)`"
        );
    }
}

/// The texts of a workbook's first worksheet, row by row, from the header down.
fn cells(bytes: &[u8], heading: &str) -> Vec<Vec<String>> {
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    let range = workbook.worksheet_range_at(0).unwrap().unwrap();
    let rows: Vec<Vec<String>> = range.rows().map(|row| row.iter().map(ToString::to_string).collect()).collect();
    rows.into_iter().skip_while(|row| row[0] != heading).collect()
}

#[test]
fn workbooks_have_the_same_cells() {
    for (name, sheet) in sheets(&matrix()) {
        let bytes = sheet.to_xlsx().unwrap();
        let headings: Vec<String> = sheet.headings().map(ToOwned::to_owned).collect();
        let cells = cells(&bytes, &headings[0]);
        assert_eq!(cells[0], headings, "{name}");
        assert_eq!(cells[1..], *sheet.rows(), "{name}");
        assert_eq!(sheet.to_xlsx().unwrap(), bytes, "{name}: the same bytes again");
    }
}

#[test]
fn a_workbook_says_what_it_is_about() {
    let bytes = pci_sheet(&matrix()).to_xlsx().unwrap();
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    let range = workbook.worksheet_range("12.8.5 matrix").unwrap();
    let text = |row, column| range.get_value((row, column)).unwrap().to_string();
    assert_eq!(text(0, 0), "PCI DSS 12.8.5 responsibility matrix: Controls of a made-up book 2.0");
    assert_eq!(text(1, 0), "harbour · as of 2026-11-22 · synthetic: a made-up company");
    assert_eq!(text(2, 2), "Managed by");
}

#[test]
fn hostile_cells_are_inert() {
    let run = ['=', '+', '-', '@', '\t', '\r', '\n'];
    for (name, sheet) in sheets(&hostile()) {
        let csv = sheet.to_csv().unwrap();
        let mut reader = csv::Reader::from_reader(csv.as_slice());
        let cells: Vec<String> = reader.records().flat_map(|row| row.unwrap().iter().map(ToOwned::to_owned).collect::<Vec<_>>()).collect();
        assert!(cells.iter().all(|cell| !cell.starts_with(run)), "{name}");
        assert!(!csv.contains(&0x1b), "{name}");
        // Every text stands in a shared string: no cell is a formula, and those that look like one say that they are text.
        let mut archive = ZipArchive::new(Cursor::new(sheet.to_xlsx().unwrap())).unwrap();
        let mut part = |part: &str| {
            let mut text = String::new();
            archive.by_name(part).unwrap().read_to_string(&mut text).unwrap();
            text
        };
        assert!(!part("xl/worksheets/sheet1.xml").contains("<f"), "{name}");
        assert!(part("xl/styles.xml").contains("quotePrefix=\"1\"") || name == "cis" || name == "cuec", "{name}");
        assert!(!part("xl/sharedStrings.xml").contains("<img"), "{name}");
        assert!(!part("docProps/core.xml").contains("<img"), "{name}");
    }
    assert!(HOSTILE.starts_with('='));
}

#[test]
fn markup_stays_text_in_a_workbook() {
    let text = "<r><t>rich</t></r>";
    let matrix =
        Matrix { lines: vec![MatrixLine { customer_part: text.to_owned(), ..line("ac-2", Split::Customer, Answer::Met) }], ..matrix() };
    let bytes = crm_sheet(&crm_rows(&matrix).unwrap(), &about()).to_xlsx().unwrap();
    assert_eq!(cells(&bytes, "Control ID")[1][2], format!("'{text}"));
}

#[test]
fn a_cell_has_room_for_so_much() {
    let long = Matrix { lines: vec![MatrixLine { aws_part: "x".repeat(32_767), ..line("1.1", Split::Aws, Answer::Met) }], ..matrix() };
    let sheet = matrix_sheet(&long);
    let error = sheet.to_xlsx().unwrap_err();
    assert!(matches!(error, SheetsError::LongText { row: 1, column: "AWS's part", length: 32_767 }), "{error}");
    assert!(sheet.to_csv().is_ok());
}
