//! Tests of reading sheets that somebody else made.

use std::io::{Cursor, Read, Write};

use rust_xlsxwriter::{Formula, Workbook, Worksheet};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::fixture::{line, matrix};
use crate::{Answer, Csp, Inheritance, Matrix, MatrixLine, Origination, SheetsError, Split, fill_caiq, read_cis, read_crm};

const CRM: &str = "Control ID,Can Be Inherited from CSP,Specific Inheritance and Customer Agency/CSP Responsibilities\n";

fn said(error: &SheetsError) -> String {
    error.to_string()
}

fn workbook(fill: impl FnOnce(&mut Workbook)) -> Vec<u8> {
    let mut workbook = Workbook::new();
    fill(&mut workbook);
    workbook.save_to_buffer().unwrap()
}

fn write(sheet: &mut Worksheet, row: u32, cells: &[&str]) {
    for (column, cell) in (0..).zip(cells) {
        sheet.write_string(row, column, *cell).unwrap();
    }
}

/// The workbook with the content of its parts changed.
pub(crate) fn changed(workbook: &[u8], mut change: impl FnMut(Vec<u8>) -> Vec<u8>) -> Vec<u8> {
    let mut archive = ZipArchive::new(Cursor::new(workbook)).unwrap();
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).unwrap();
        writer.start_file(file.name().unwrap(), SimpleFileOptions::default()).unwrap();
        let mut content = Vec::new();
        file.read_to_end(&mut content).unwrap();
        writer.write_all(&change(content)).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn a_providers_sheet_is_read_whatever_it_looks_like() {
    let text = "\u{FEFF}FedRAMP CRM Worksheet,,\r\n\"GUIDANCE:\n• read it\",,\r\n\r\ncontrol  id,CAN BE INHERITED FROM CSP ,Specific Inheritance and Customer Agency / CSP Responsibilities (required)\r\n\
                AC-1(a),yes,\r\nAC–2 (a),PARTIAL,\"We do x.\nYou do y.\"\r\n,,\r\nAC-02(03)(a), No ,'-You do it.\r\nAC-2(7)(c),,\r\n";
    let rows = read_crm(text.as_bytes()).unwrap();
    let read: Vec<_> = rows.iter().map(|row| (row.control.statement_id(), row.inheritance, row.text.as_str())).collect();
    assert_eq!(
        read,
        [
            ("ac-1_smt.a".to_owned(), Some(Inheritance::Yes), ""),
            ("ac-2_smt.a".to_owned(), Some(Inheritance::Partial), "We do x.\nYou do y."),
            ("ac-2.3_smt.a".to_owned(), Some(Inheritance::No), "-You do it."),
            ("ac-2.7_smt.c".to_owned(), None, ""),
        ]
    );
    assert_eq!(read_crm(text.replace(',', ";").as_bytes()).unwrap().len(), 4, "semicolons");
}

#[test]
fn the_header_of_the_template_is_two_rows_high() {
    let bytes = workbook(|workbook| {
        write(workbook.add_worksheet(), 0, &["Instructions", "Control ID"]);
        let sheet = workbook.add_worksheet();
        write(sheet, 0, &["FedRAMP Moderate CIS"]);
        write(sheet, 2, &["Control ID", "Implementation Status", "", "", "", "", "Control Origination"]);
        let status = ["Implemented", "Partially\nImplemented", "Planned", "Alternate Implementation", "Not Applicable"];
        let origination = ["SP Corporate", "SP System Specific", "SP Hybrid", "Configured by Customer", "Provided by Customer", "Shared"];
        let last = "Inherited from pre-existing FedRAMP Authorization for Some System, 2024-01-01";
        let cells: Vec<&str> = [""].into_iter().chain(status).chain(origination).chain([last]).collect();
        write(sheet, 3, &cells);
        write(sheet, 4, &["AC-2(a)", " x ", "", "", "", "", "", "", "X", "", "", "", "X"]);
        write(sheet, 5, &["AC-2(b)"]);
    });
    let rows = read_cis(&bytes).unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0].origination.iter().copied().collect::<Vec<_>>(), [Origination::ServiceProviderHybrid, Origination::Inherited]);
    assert_eq!((rows[0].status.len(), rows[1].status.len()), (1, 0));
}

#[test]
fn unknown_cells_are_errors_with_their_place() {
    for (rows, wanted) in [
        (
            "AC-1,Yes,\n\"AC-2\",Partial,\"a\nb\"\nAC-3,Maybe,\n",
            "line 5, column B `Can Be Inherited from CSP`: `Maybe` is not one of `Yes`, `Partial` and `No`",
        ),
        ("AC-1,=1+1,\n", "line 2, column B `Can Be Inherited from CSP`: `=1+1` is not one of `Yes`, `Partial` and `No`"),
        (
            "Access Control,Yes,\n",
            "line 2, column A `Control ID`: `Access Control` is no control id of NIST SP 800-53; write one such as `AC-02`, `AC-02(03)` or `AC-02 (a)`",
        ),
        (
            ",Yes,text\n",
            "line 2, column A `Control ID`: `` is no control id of NIST SP 800-53; write one such as `AC-02`, `AC-02(03)` or `AC-02 (a)`",
        ),
    ] {
        assert_eq!(said(&read_crm(format!("{CRM}{rows}").as_bytes()).unwrap_err()), wanted);
    }
    let text = format!("{CRM}\nAC-1,Yes,\n\n\nAC-2,\"May\nbe\",\n");
    for text in [text.clone(), text.replace('\n', "\r\n"), format!("\u{FEFF}{text}")] {
        let error = said(&read_crm(text.as_bytes()).unwrap_err());
        assert!(error.starts_with("line 6, column B `Can Be Inherited from CSP`: `May"), "{error}");
    }
    let bytes = workbook(|workbook| {
        let sheet = workbook.add_worksheet();
        let headings: Vec<&str> = CRM.trim_end().split(',').collect();
        write(sheet, 6, &headings);
        write(sheet, 7, &["AC-1"]);
        sheet.write_formula(7, 1, Formula::new("=1+1").set_result("Yes")).unwrap();
        sheet.write_formula(8, 1, Formula::new("=NOW()").set_result("never")).unwrap();
        write(sheet, 8, &["AC-2"]);
    });
    let error = said(&read_crm(&bytes).unwrap_err());
    assert!(error.starts_with("row 9, column B `Can Be Inherited from CSP`: `never` is not one of"), "{error}");
    let error =
        said(&read_crm(&changed(&bytes, |part| String::from_utf8(part).unwrap().replace("<v>never</v>", "").into_bytes())).unwrap_err());
    assert!(error.starts_with("row 9, column B `Can Be Inherited from CSP`: `=NOW()` is not one of"), "{error}");
}

#[test]
fn a_sheet_without_its_columns_says_which() {
    let error = said(&read_crm(b"Control ID,Text\nAC-1,x\n").unwrap_err());
    assert!(error.starts_with("no header row within the first 20 rows; a column `Can Be Inherited from CSP`, `Specific"), "{error}");
    let late = format!("{}{CRM}AC-1,Yes,\n", "title,,\n".repeat(20));
    assert!(matches!(read_crm(late.as_bytes()).unwrap_err(), SheetsError::Header { .. }), "the 21st row is too late");
    let last = format!("{}{CRM}AC-1,Yes,\n", "title,,\n".repeat(19));
    assert_eq!(read_crm(last.as_bytes()).unwrap().len(), 1);
}

#[test]
fn what_is_no_sheet_is_refused() {
    for bytes in [&b"\xff\xfeC\0o\0"[..], b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"caf\xe9,x\n"] {
        assert!(matches!(read_crm(bytes).unwrap_err(), SheetsError::Format));
    }
    for bytes in [&b"PK\x03\x04"[..], b"PK\x03\x04 and then nothing"] {
        assert!(matches!(read_crm(bytes).unwrap_err(), SheetsError::Workbook(_)));
    }
    let whole = workbook(|workbook| write(workbook.add_worksheet(), 0, &["Control ID"]));
    for cut in (0..whole.len()).step_by(97) {
        assert!(read_crm(&whole[..cut]).is_err());
    }
}

#[test]
fn sizes_are_capped() {
    assert!(matches!(read_crm(&vec![b' '; crate::MAX_BYTES + 1]).unwrap_err(), SheetsError::TooLarge { .. }));
    let rows = format!("{CRM}{}", "AC-1,Yes,\n".repeat(crate::MAX_ROWS));
    assert!(matches!(read_crm(rows.as_bytes()).unwrap_err(), SheetsError::TooManyRows { .. }));
    // A workbook of a few kilobytes that unpacks to more than is read.
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("xl/sharedStrings.xml", SimpleFileOptions::default()).unwrap();
    let block = vec![b' '; 1_000_000];
    for _ in 0..=crate::MAX_UNPACKED / 1_000_000 {
        writer.write_all(&block).unwrap();
    }
    let bomb = writer.finish().unwrap().into_inner();
    assert!(bomb.len() < 1_000_000);
    assert!(matches!(read_crm(&bomb).unwrap_err(), SheetsError::TooLarge { what: "unpacked content", .. }));
    // One cell in the far corner costs no memory for those before it.
    let corner = workbook(|workbook| {
        let sheet = workbook.add_worksheet();
        write(sheet, 0, &CRM.trim_end().split(',').collect::<Vec<_>>());
        write(sheet, 1, &["AC-1", "Yes"]);
        sheet.write_string(1_048_575, 16_383, "far").unwrap();
    });
    assert_eq!(read_crm(&corner).unwrap().len(), 1);
}

fn ccm() -> Matrix {
    let shared = MatrixLine {
        aws_part: "Runs the sign-in.".to_owned(),
        customer_part: "=Decides who may sign in.".to_owned(),
        aws_attested: true,
        ..line("IAM-05", Split::Shared, Answer::Met)
    };
    Matrix { lines: vec![shared, line("A&A-01", Split::Customer, Answer::NotMet)], ..matrix() }
}

#[test]
fn the_users_questionnaire_is_filled_by_control() {
    let theirs = "\u{FEFF}CONSENSUS ASSESSMENTS INITIATIVE QUESTIONNAIRE v4,,,,,,\r\n\
        Question ID,Question,CSP CAIQ\n Answer,SSRM Control Ownership,CSP Implementation Description (Optional/Recommended),CSC Responsibilities  (Optional/Recommended),CCM Control ID\r\n"
        .replace("CSP CAIQ\n Answer", "\"CSP CAIQ\n Answer\"")
        + "IAM-05.1,\"Is it, really?\",,,,,IAM-05\r\niam–05.2,=THEIRS(),No,Shared CSP and CSC,,,\r\nA&A-01.1,Q\r\nXYZ-09.1,Q,,,,,XYZ-09\r\n";
    let done = fill_caiq(theirs.as_bytes(), &ccm(), Csp::Aws).unwrap();
    let wanted = "\u{FEFF}CONSENSUS ASSESSMENTS INITIATIVE QUESTIONNAIRE v4,,,,,,\r\n\
        Question ID,Question,\"CSP CAIQ\n Answer\",SSRM Control Ownership,CSP Implementation Description (Optional/Recommended),CSC Responsibilities  (Optional/Recommended),CCM Control ID\r\n\
        IAM-05.1,\"Is it, really?\",Yes,Shared CSP and CSC,Runs the sign-in.,'=Decides who may sign in.,IAM-05\r\n\
        iam–05.2,=THEIRS(),No,Shared CSP and CSC,Runs the sign-in.,'=Decides who may sign in.,\r\n\
        A&A-01.1,Q,NA,CSC-owned\r\n\
        XYZ-09.1,Q,,,,,XYZ-09\r\n";
    assert_eq!(String::from_utf8(done.csv.clone()).unwrap(), wanted);
    assert_eq!((done.questions, done.filled, done.unknown.as_slice()), (3, 8, &["XYZ-09.1".to_owned()][..]));
    let [kept] = done.kept.as_slice() else { panic!("{:?}", done.kept) };
    assert_eq!((kept.line, kept.column.as_str(), kept.theirs.as_str(), kept.ours.as_str()), (5, "C `CSP CAIQ Answer`", "No", "Yes"));
    let again = fill_caiq(&done.csv, &ccm(), Csp::Aws).unwrap();
    assert_eq!((again.csv, again.filled), (done.csv, 0), "filling twice changes nothing");
}

#[test]
fn a_questionnaire_without_columns_to_fill_is_refused() {
    let error = said(&fill_caiq(b"Question ID,Question\nIAM-05.1,Q\n", &ccm(), Csp::User).unwrap_err());
    assert_eq!(error, "no header row within the first 20 rows; a column `CSP CAIQ Answer` is missing");
    let error = said(&fill_caiq(b"a,b\n", &ccm(), Csp::User).unwrap_err());
    assert_eq!(error, "no header row within the first 20 rows; a column `Question ID` is missing");
    let semicolons = fill_caiq(b"Question ID;SSRM Control Ownership\nIAM-05.1;\n", &ccm(), Csp::User).unwrap();
    assert_eq!(semicolons.csv, b"Question ID;SSRM Control Ownership\nIAM-05.1;Shared CSP and 3rd-party\n");
}
