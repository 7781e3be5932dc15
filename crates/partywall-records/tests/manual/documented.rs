use std::path::Path;

use partywall_records::FindingKind;

use crate::{day, found, read};

/// The first block of code under each heading that names a file, as that file.
fn examples() -> Vec<(String, String)> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/src/records.md");
    let page = std::fs::read_to_string(page).unwrap();
    let mut files = Vec::new();
    for section in page.split("\n## `").skip(1) {
        let (name, rest) = section.split_once("`\n").unwrap();
        let (_, block) = rest.split_once("```").unwrap_or_else(|| panic!("no example of {name}"));
        let (_, block) = block.split_once('\n').unwrap();
        files.push((name.to_owned(), block.split_once("\n```").unwrap().0.to_owned() + "\n"));
    }
    files
}

#[test]
fn every_example_of_the_page_can_be_read_and_says_what_the_page_says() {
    let files = examples();
    assert_eq!(files.len(), 18, "{:?}", files.iter().map(|(name, _)| name).collect::<Vec<_>>());
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let records = read(&files);
    assert_eq!(found(&records, FindingKind::Policy, "2027-02-01"), ["1 of 3 people have not acknowledged version 3 of Access policy"]);
    assert_eq!(found(&records, FindingKind::Training, "2027-04-01"), [""; 0]);
    assert_eq!(found(&records, FindingKind::Exercise, "2027-04-01"), [""; 0]);
    assert_eq!(
        found(&records, FindingKind::Review, "2027-04-01"),
        [
            "changes were asked in the review of soc2:CC6.1 on 2027-01-20, and none accepted it since: The list of administrators lacks two accounts."
        ]
    );
    assert_eq!(records.well_architected.answers.len(), 3);
    assert_eq!(records.claims("nist-800-53r5", "si-2").count(), 1);
    assert_eq!(records.due(day("2027-04-01"), 365).len(), 10);
}
