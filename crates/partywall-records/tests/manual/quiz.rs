use partywall_records::{Records, quiz};

use crate::{catalog, read};

const HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

fn records() -> Records {
    let attestation = format!(
        "series = \"soc-2-type-2\"\nprovider = \"aws\"\ntitle = \"AWS SOC 2\"\nissuer = \"i\"\nreport = \"R-1\"\nfrom = 2025-04-01\nto = 2026-03-31\n\
         received = 2026-05-20\nterms = \"nda\"\nservices = [\"s3\"]\nsha256 = \"{HASH}\"\n"
    );
    let expectations = "[[cuec]]\nid = \"CUEC-4\"\nattestation = \"aws-soc\"\ntext = \"Customers review who may use their keys.\"\n\
        response = \"Twice a year.\"\n[[cuec]]\nid = \"CUEC-5\"\nattestation = \"aws-soc\"\ntext = \"\"\n";
    read(&[
        ("scope.toml", "title = \"Harbour\"\nservices = [\"s3\"]\n"),
        ("attestations/aws-soc.toml", &attestation),
        ("expectations.toml", expectations),
    ])
}

#[test]
fn ones_own_papers_are_asked_about() {
    let quiz = quiz(catalog(), &records(), 4, 12);
    assert_eq!(quiz.title, "Who secures what: Harbour");
    let of = |id: &str| quiz.questions.iter().find(|question| question.id == id);
    let expected = of("expectation.CUEC-4").unwrap();
    assert_eq!(expected.text, "Which of these does AWS SOC 2 expect of you (CUEC-4)?");
    assert_eq!(expected.choices[expected.answer], "Customers review who may use their keys.");
    assert_eq!(expected.choices.len(), 4);
    // The other choices are sentences of what AWS does everywhere.
    let wrong = expected.choices.iter().filter(|choice| **choice != expected.choices[expected.answer]);
    for choice in wrong {
        assert!(catalog().duties.values().any(|duty| duty.aws == **choice && duty.customer.is_empty() && duty.everywhere), "{choice}");
    }
    assert_eq!(expected.explanation, "The others are AWS's own duties. How we answer it: Twice a year.");
    let until = of("attestation.aws-soc").unwrap();
    assert_eq!(until.text, "Until which day do we accept AWS SOC 2 (R-1) as proof of AWS's part?");
    assert_eq!(until.choices, ["2026-03-31", "2026-05-20", "2027-03-31", "2028-03-30"]);
    assert_eq!(until.choices[until.answer], "2027-03-31");
    // What says nothing is not asked.
    assert!(of("expectation.CUEC-5").is_none());
}
