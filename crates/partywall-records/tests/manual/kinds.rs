//! Lines that ask for a document of their own are not served by a general one.

use partywall_records::EvidenceState;

use crate::{catalog, day, read};

fn manual(framework: &str, line: &str) -> Vec<String> {
    let framework = catalog().framework(framework).unwrap();
    framework.requirements.iter().find(|one| *one.id == *line).unwrap().manual.clone()
}

#[test]
fn a_general_document_serves_no_line_that_asks_for_its_own() {
    let general = "[[record]]\nevidence = [\"supplier.aws-attestation-review\", \"supplier.assessment\", \"governance.risk-assessment\", \
                   \"operations.vulnerability-scan\", \"operations.penetration-test\", \"supplier.contract\"]\n\
                   title = \"t\"\nowner = \"o\"\nmade = 2026-01-10\n";
    let records = read(&[("evidence/a.toml", general)]);
    let current = |id: &String| matches!(records.evidence.state(id, day("2026-01-10")), EvidenceState::Current(_));
    assert!(current(&"supplier.assessment".to_owned()));
    let own = [
        ("pci-dss-4.0.1", "5.2.3.1 10.4.2.1 11.3.2 11.4.2 11.4.3 12.8.4"),
        ("hipaa-security-rule", "164.308(a)(1)(ii)(A) 164.314(b)(2)(i) 164.314(b)(2)(iii)"),
    ];
    for (framework, lines) in own {
        for line in lines.split(' ') {
            let manual = manual(framework, line);
            assert!(!manual.is_empty() && !manual.iter().any(current), "{framework}:{line} {manual:?}");
        }
    }
}

#[test]
fn each_analysis_serves_its_own_line() {
    let lines = ["5.2.3.1", "5.3.2.1", "7.2.5.1", "8.6.3", "9.5.1.2.1", "10.4.2.1", "11.3.1.1", "11.6.1", "12.3.1", "12.3.2", "12.10.4.1"];
    let mut analyses: Vec<String> = Vec::new();
    for line in lines {
        let named: Vec<String> = manual("pci-dss-4.0.1", line).into_iter().filter(|id| id.starts_with("targeted-risk.")).collect();
        assert_eq!(named.len(), 1, "{line}");
        analyses.extend(named);
    }
    analyses.sort();
    analyses.dedup();
    assert_eq!(analyses.len(), lines.len());
}

#[test]
fn what_is_asked_for_more_often_than_yearly_has_no_yearly_term() {
    for (line, days) in
        [("11.3.2", 90), ("11.4.6", 180), ("12.4.2", 90), ("12.5.2.1", 180), ("A3.2.1", 90), ("A3.2.4", 180), ("A3.3.3", 90)]
    {
        let terms = manual("pci-dss-4.0.1", line).into_iter().map(|id| catalog().evidence[id.as_str()].renew_days);
        assert_eq!(terms.flatten().min(), Some(days), "{line}");
    }
}
