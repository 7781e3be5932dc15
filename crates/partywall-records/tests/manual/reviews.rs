use partywall_records::{EvidenceState, FindingKind, KeptAs, Reviewed, Verdict};

use crate::{day, error, found, read};

fn review(what: &str, day: &str, result: &str, more: &str) -> String {
    format!("[[review]]\nwhat = \"{what}\"\nby = \"audit\"\nday = {day}\nresult = \"{result}\"\n{more}\n")
}

#[test]
fn a_review_is_evidence_and_due_again() {
    let text = review("access of the core", "2027-01-25", "accepted", "evidence = [\"access.review\"]\nnext = 2027-07-20\nnotes = \"n\"");
    let records = read(&[("reviews.toml", &text)]);
    let one = &records.reviews[0];
    assert_eq!((one.result, one.what.to_string().as_str()), (Verdict::Accepted, "access of the core"));
    let state = |today| records.evidence.state("access.review", day(today));
    assert!(
        matches!(state("2027-07-20"), EvidenceState::Current(kept) if kept.kept_as == KeptAs::Review && kept.note == "n" && kept.owner == "audit")
    );
    assert!(matches!(state("2027-07-21"), EvidenceState::Overdue(_)));
    assert_eq!(found(&records, FindingKind::Review, "2027-07-20"), [""; 0]);
    assert_eq!(
        found(&records, FindingKind::Review, "2027-07-21"),
        ["the next review of access of the core was due by 2027-07-20; the last was on 2027-01-25"]
    );
    assert_eq!(found(&records, FindingKind::Evidence, "2027-07-21"), [""; 0]);
}

#[test]
fn changes_stay_asked_until_they_are_accepted() {
    // In the wrong order: the days count.
    let text = review("soc2:CC6.1", "2027-03-01", "accepted", "")
        + &review("soc2:CC6.1", "2027-01-20", "changes asked", "notes = \"two accounts\"");
    let records = read(&[("reviews.toml", &text)]);
    assert_eq!(
        found(&records, FindingKind::Review, "2027-02-28"),
        ["changes were asked in the review of soc2:CC6.1 on 2027-01-20, and none accepted it since: two accounts"]
    );
    assert_eq!(found(&records, FindingKind::Review, "2027-03-01"), [""; 0]);
    assert_eq!(found(&records, FindingKind::Review, "2027-01-19"), [""; 0]);
    // Another's acceptance does not count.
    let text = review("soc2:CC6.2", "2027-03-01", "accepted", "") + &review("soc2:CC6.1", "2027-01-20", "changes asked", "");
    assert_eq!(found(&read(&[("reviews.toml", &text)]), FindingKind::Review, "2027-03-01").len(), 1);
}

#[test]
fn one_word_is_an_id() {
    let attestation = "series = \"iso-27001\"\nprovider = \"aws\"\ntitle = \"t\"\nissuer = \"i\"\nreport = \"r\"\nfrom = 2026-01-01\nuntil = 2028-01-01\n\
        received = 2026-02-01\nterms = \"public\"\nservices = [\"s3\"]\nsha256 = \"0000000000000000000000000000000000000000000000000000000000000000\"\n";
    let scope = "[[requirement]]\nid = \"HB-1\"\ntitle = \"t\"\ncustomer = \"c\"\nnothing_technical = \"n\"\n";
    let files = |text: &'static str| [("reviews.toml", text), ("attestations/aws-iso.toml", attestation), ("scope.toml", scope)];
    let texts: String = ["soc2", "soc2:CC6.1", "own:HB-1", "guest-os.harden", "guest-os.*", "aws-iso", "two words"]
        .map(|what| review(what, "2027-01-01", "accepted", ""))
        .concat();
    let records = read(&files(Box::leak(texts.into_boxed_str())));
    let kinds: Vec<&str> = records
        .reviews
        .iter()
        .map(|review| match &review.what {
            Reviewed::Framework(_) => "framework",
            Reviewed::Requirement { .. } => "requirement",
            Reviewed::Duty(_) => "duty",
            Reviewed::Attestation(_) => "attestation",
            Reviewed::Words(_) => "words",
        })
        .collect();
    assert_eq!(kinds, ["framework", "requirement", "requirement", "duty", "duty", "attestation", "words"]);
}

#[test]
fn what_cannot_be_is_an_error_with_its_line() {
    for (text, want) in [
        (
            review("soc22", "2027-01-01", "accepted", ""),
            "reviews.toml:2:8: `soc22` is no framework, requirement, duty or attestation; did you mean `soc2`?",
        ),
        (review("sco2:CC6.1", "2027-01-01", "accepted", ""), "reviews.toml:2:8: there is no framework `sco2`; did you mean"),
        (review("soc2:CC6.11", "2027-01-01", "accepted", ""), "reviews.toml:2:8: `soc2` has no requirement `CC6.11`; did you mean"),
        (review(" ", "2027-01-01", "accepted", ""), "reviews.toml:2:8: a review says what was looked at"),
        (review("soc2", "2027-01-01", "accept", ""), "reviews.toml:5:10: unknown variant `accept`"),
        (review("soc2", "2027-01-01", "accepted", "next = 2027-01-01"), "reviews.toml:6:8: the next review is after this one"),
        (
            review("soc2", "2027-01-01", "accepted", "next = 2027-12-31\nevidence = [\"access.review\"]"),
            "reviews.toml:6:8: `access.review` is made again after 180 days",
        ),
    ] {
        let message = error(&[("reviews.toml", &text)]);
        assert!(message.starts_with(want), "{message}\n{want}");
    }
}
