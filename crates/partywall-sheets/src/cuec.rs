//! What a report expects of its reader (complementary user entity controls) and how the reader answers.

use std::collections::BTreeMap;

use crate::sheet::Column;
use crate::words::{labelled, lines};
use crate::{About, Sheet};

/// One expectation and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CuecLine {
    /// The report's id of it, or one's own.
    pub id: String,
    /// The attestation whose report says it.
    pub attestation: String,
    /// The report's title.
    pub report: String,
    /// What is expected.
    pub text: String,
    /// Sentences of the customer's duties behind it.
    pub duties: Vec<String>,
    /// Ids of checks that show it.
    pub checks: Vec<String>,
    /// Manual evidence that shows it.
    pub evidence: Vec<String>,
    /// `met`, `not met` and so on.
    pub stand: String,
    /// Why it stands so.
    pub why: String,
    /// How the customer meets it, in its own words.
    pub response: String,
    /// Who answers for it.
    pub owner: String,
    /// Framework → requirements that it belongs to.
    pub requirements: BTreeMap<String, Vec<String>>,
}

const COLUMNS: [Column; 9] = [
    Column { heading: "ID", width: 14 },
    Column { heading: "Report", width: 26 },
    Column { heading: "Expectation", width: 44 },
    Column { heading: "Requirements", width: 22 },
    Column { heading: "How we meet it", width: 44 },
    Column { heading: "Evidence", width: 36 },
    Column { heading: "Status", width: 16 },
    Column { heading: "Reason", width: 30 },
    Column { heading: "Owner", width: 18 },
];

/// The response sheet, one row per expectation.
pub fn cuec_sheet(cuecs: &[CuecLine], about: &About) -> Sheet {
    Sheet {
        title: "Complementary user entity controls: how we meet them".to_owned(),
        tab: "CUEC responses",
        about: about.clone(),
        columns: COLUMNS.to_vec(),
        bands: &[],
        fixed: 1,
        rows: cuecs.iter().map(cells).collect(),
    }
}

fn cells(line: &CuecLine) -> Vec<String> {
    let report = match (line.report.as_str(), line.attestation.as_str()) {
        (report, attestation) if report.is_empty() || report == attestation => attestation.to_owned(),
        (report, "") => report.to_owned(),
        (report, attestation) => format!("{report} ({attestation})"),
    };
    let evidence = [line.evidence.join("\n"), labelled("Checks", &line.checks.join(", ")), labelled("Duties", &line.duties.join("; "))];
    vec![
        line.id.clone(),
        report,
        line.text.clone(),
        lines(line.requirements.iter().map(|(framework, ids)| format!("{framework}: {}", ids.join(", ")))),
        line.response.clone(),
        lines(evidence),
        line.stand.clone(),
        line.why.clone(),
        line.owner.clone(),
    ]
}
