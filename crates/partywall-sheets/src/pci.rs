//! The PCI DSS 12.8.5 matrix: which requirements a third-party service provider (TPSP) manages, which the entity, which both.

use crate::sheet::{Band, Column};
use crate::words::{all_manual, customer_part, labelled, lines, results, status, third_parties};
use crate::{Matrix, MatrixLine, Sheet, Split};

const COLUMNS: [Column; 12] = [
    Column { heading: "PCI DSS Requirement", width: 14 },
    Column { heading: "Requirement Title", width: 36 },
    Column { heading: "TPSP", width: 8 },
    Column { heading: "Entity", width: 8 },
    Column { heading: "Joint", width: 8 },
    Column { heading: "Responsibility of the TPSP (AWS)", width: 44 },
    Column { heading: "Responsibility of the Entity", width: 44 },
    Column { heading: "Responsibility of Other TPSPs", width: 30 },
    Column { heading: "Evidence", width: 36 },
    Column { heading: "Attestation (AoC)", width: 30 },
    Column { heading: "Attested Until", width: 12 },
    Column { heading: "As Of", width: 12 },
];

const BANDS: [Band; 1] = [("Managed by", 2, 3)];

/// The matrix of a PCI DSS framework, one row per requirement; AWS is the provider, others that the customer hired stand beside it. The
/// attestation is the line's proof of AWS's part in the line's own words: they say which document it is.
pub fn pci_sheet(matrix: &Matrix) -> Sheet {
    Sheet {
        title: format!("PCI DSS 12.8.5 responsibility matrix: {} {}", matrix.framework_title, matrix.framework_version)
            .trim_end()
            .to_owned(),
        tab: "12.8.5 matrix",
        about: matrix.about(),
        columns: COLUMNS.to_vec(),
        bands: &BANDS,
        fixed: 1,
        rows: matrix.lines.iter().map(|line| cells(matrix, line)).collect(),
    }
}

fn cells(matrix: &Matrix, line: &MatrixLine) -> Vec<String> {
    let mark = |set: bool| if set { "X".to_owned() } else { String::new() };
    // What is the customer's and partly somebody else's is managed by a provider and the entity, as what is shared with AWS.
    let joint = line.split == Split::Shared || (line.split == Split::Customer && !line.third_parties.is_empty());
    let standing = match (status(line), results(line)) {
        (status, results) if results.is_empty() => status.to_owned(),
        (status, results) => format!("{status}: {results}"),
    };
    let owners = labelled("Answers", &line.owners.join(", "));
    vec![
        line.id.clone(),
        line.title.clone(),
        mark(!joint && line.split == Split::Aws),
        mark(!joint && line.split == Split::Customer),
        mark(joint),
        line.aws_part.clone(),
        lines([customer_part(line), owners]),
        third_parties(line),
        lines([standing, all_manual(line)]),
        line.aws_proof.clone().unwrap_or_default(),
        line.aws_until.map(|day| day.to_string()).unwrap_or_default(),
        matrix.as_of.to_string(),
    ]
}
