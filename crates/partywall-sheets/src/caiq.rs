//! The ownership columns of the CAIQ (Consensus Assessments Initiative Questionnaire, version 4) of the Cloud Security Alliance. Its
//! questions and specifications are not free to print: their columns stay blank, or as they are in the user's own copy.

use crate::sheet::Column;
use crate::words::{customer_part, labelled, lines, third_parties};
use crate::{Answer, Matrix, MatrixLine, Sheet, Split};

/// Whom a questionnaire calls the cloud service provider (CSP). The same duty has another owner in the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Csp {
    /// AWS; the user is its customer (CSC).
    Aws,
    /// The user, who answers its own customers; AWS is a third party to them.
    User,
}

/// What a line gives for the four columns that are filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) answer: &'static str,
    pub(crate) ownership: &'static str,
    pub(crate) provider: String,
    pub(crate) customer: String,
}

pub(crate) const QUESTION_ID: &str = "Question ID";
pub(crate) const ANSWER: &str = "CSP CAIQ Answer";
pub(crate) const OWNERSHIP: &str = "SSRM Control Ownership";
pub(crate) const PROVIDER: &str = "CSP Implementation Description";
pub(crate) const CUSTOMER: &str = "CSC Responsibilities";

const COLUMNS: [Column; 9] = [
    Column { heading: QUESTION_ID, width: 14 },
    Column { heading: "Question", width: 30 },
    Column { heading: ANSWER, width: 10 },
    Column { heading: OWNERSHIP, width: 22 },
    Column { heading: PROVIDER, width: 50 },
    Column { heading: CUSTOMER, width: 50 },
    Column { heading: "CCM Control ID", width: 14 },
    Column { heading: "CCM Control Specification", width: 30 },
    Column { heading: "CCM Domain Title", width: 30 },
];

/// The columns of the questionnaire with one row per control; ids of questions, questions and specifications stay blank.
pub fn caiq_sheet(matrix: &Matrix, csp: Csp) -> Sheet {
    let cells = |line: &MatrixLine| {
        let Reply { answer, ownership, provider, customer } = reply(line, csp);
        let blank = String::new;
        vec![blank(), blank(), answer.to_owned(), ownership.to_owned(), provider, customer, line.id.clone(), blank(), line.group.clone()]
    };
    Sheet {
        title: "CAIQ: ownership by control (SSRM)".to_owned(),
        tab: "CAIQ",
        about: matrix.about(),
        columns: COLUMNS.to_vec(),
        bands: &[],
        fixed: 0,
        rows: matrix.lines.iter().map(cells).collect(),
    }
}

/// What a line replies. The words of the ownership are those of the questionnaire (CCM v4, STA-04).
pub(crate) fn reply(line: &MatrixLine, csp: Csp) -> Reply {
    let others = !line.third_parties.is_empty();
    let of_aws = lines([line.aws_part.clone(), labelled("Proof", line.aws_proof.as_deref().unwrap_or_default())]);
    let of_customer = lines([customer_part(line), third_parties(line)]);
    match csp {
        Csp::Aws => Reply {
            answer: aws_answers(line),
            ownership: match line.split {
                Split::Aws => "CSP-owned",
                Split::Shared => "Shared CSP and CSC",
                Split::Customer => "CSC-owned",
            },
            provider: if line.split == Split::Customer { String::new() } else { of_aws },
            customer: of_customer,
        },
        Csp::User => Reply {
            answer: user_answers(line),
            ownership: match line.split {
                Split::Aws => "3rd-party outsourced",
                Split::Customer if !others => "CSP-owned",
                Split::Shared | Split::Customer => "Shared CSP and 3rd-party",
            },
            provider: lines([of_customer, if line.split == Split::Customer { String::new() } else { labelled("AWS", &of_aws) }]),
            customer: String::new(),
        },
    }
}

/// AWS answers for its own part only: yes where all of it is attested. It has no part in what is the customer's alone.
fn aws_answers(line: &MatrixLine) -> &'static str {
    match (line.split, line.answer) {
        (Split::Customer, _) | (_, Answer::NothingInScope) => "NA",
        _ if line.aws_attested => "Yes",
        _ => "",
    }
}

/// Who answers its customers is accountable for its third parties too: yes needs its own part met and AWS's attested. What is not known
/// stays blank.
fn user_answers(line: &MatrixLine) -> &'static str {
    let proven = line.split == Split::Customer || line.aws_attested;
    match line.answer {
        Answer::NothingInScope => "NA",
        Answer::NotMet => "No",
        Answer::Met if proven => "Yes",
        _ => "",
    }
}
