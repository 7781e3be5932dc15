//! The responsibility matrix: every requirement of a framework, who has which part, its proof, and what is left.

use crate::sheet::Column;
use crate::words::{all_manual, duty, lines, results, split, status, third_parties};
use crate::{Matrix, MatrixLine, Sheet};

const COLUMNS: [Column; 22] = [
    Column { heading: "ID", width: 12 },
    Column { heading: "Group", width: 22 },
    Column { heading: "Title", width: 30 },
    Column { heading: "Text", width: 44 },
    Column { heading: "Responsibility", width: 14 },
    Column { heading: "AWS's part", width: 36 },
    Column { heading: "Proof of AWS's part", width: 24 },
    Column { heading: "Proven until", width: 12 },
    Column { heading: "Customer's part", width: 36 },
    Column { heading: "Third parties", width: 24 },
    Column { heading: "Customer's duties and owners", width: 36 },
    Column { heading: "Owners", width: 18 },
    Column { heading: "Status", width: 18 },
    Column { heading: "Results", width: 18 },
    Column { heading: "Checks", width: 30 },
    Column { heading: "Manual evidence", width: 32 },
    Column { heading: "Next due", width: 12 },
    Column { heading: "Left to do", width: 10 },
    Column { heading: "Why no check", width: 30 },
    Column { heading: "Framework", width: 30 },
    Column { heading: "System", width: 24 },
    Column { heading: "As of", width: 12 },
];

/// The matrix of a framework, one row per requirement.
pub fn matrix_sheet(matrix: &Matrix) -> Sheet {
    Sheet {
        title: format!("Responsibility matrix: {} {}", matrix.framework_title, matrix.framework_version).trim_end().to_owned(),
        tab: "Responsibility matrix",
        about: matrix.about(),
        columns: COLUMNS.to_vec(),
        bands: &[],
        fixed: 1,
        rows: matrix.lines.iter().map(|line| cells(matrix, line)).collect(),
    }
}

fn cells(matrix: &Matrix, line: &MatrixLine) -> Vec<String> {
    let day = |day: Option<chrono::NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
    vec![
        line.id.clone(),
        line.group.clone(),
        line.title.clone(),
        line.text.clone(),
        split(line.split).to_owned(),
        line.aws_part.clone(),
        line.aws_proof.clone().unwrap_or_default(),
        day(line.aws_until),
        line.customer_part.clone(),
        third_parties(line),
        lines(line.duties.iter().map(duty)),
        line.owners.join("; "),
        status(line).to_owned(),
        results(line),
        line.checks.join("\n"),
        all_manual(line),
        day(line.manual.iter().filter_map(|one| one.due).min()),
        line.remaining.to_string(),
        line.nothing_technical.clone(),
        matrix.framework_id.clone(),
        // What is made up says so in every row: rows travel alone.
        matrix.synthetic.as_ref().map_or_else(|| matrix.system.clone(), |note| format!("{} ({note})", matrix.system)),
        matrix.as_of.to_string(),
    ]
}
