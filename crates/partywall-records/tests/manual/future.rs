use partywall_model::Severity;
use partywall_records::{FindingKind, Records};

use crate::{PEOPLE, day, is_of_a_later_day, read};

const ATTESTATION: &str = "series = \"soc-2-type-2\"\nprovider = \"aws\"\ntitle = \"SOC 2\"\nissuer = \"i\"\nreport = \"r\"\nfrom = 2026-01-01\n\
    to = 2026-06-30\nreceived = 2027-02-01\nterms = \"nda\"\nservices = [\"s3\"]\n\
    sha256 = \"0000000000000000000000000000000000000000000000000000000000000000\"\n\
    [[bridge]]\nfrom = 2026-07-01\nto = 2026-12-31\nreceived = 2027-02-03\n\
    sha256 = \"0000000000000000000000000000000000000000000000000000000000000000\"\n";
const RECORD: &str = "[[record]]\nevidence = [\"access.review\", \"access.privileged-review\"]\ntitle = \"Access review\"\nowner = \"iam\"\nmade = 2027-02-05\n";
const POLICY: &str = "+++\nevidence = [\"access.policy\"]\ntitle = \"Access policy\"\nversion = \"2\"\nowner = \"o\"\napprover = \"a\"\n\
    approved = 2027-02-06\n+++\n\ntext\n";
const RUNBOOK: &str = "+++\ntitle = \"Drill\"\nowner = \"o\"\n[[exercise]]\nday = 2027-02-08\nkind = \"live\"\nresult = \"passed\"\n+++\n\
    \n## Signs\n\n## Whose side\n\n## Steps\n\n## Evidence to capture\n\n## Afterwards\n";
const TRAINING: &str = "evidence = [\"people.awareness-training\"]\ntitle = \"Basics\"\nowner = \"o\"\nstarts = 2026-01-01\ndue = 2027-03-31\n\
    audience = \"all\"\n";
const REVIEW: &str = "[[review]]\nwhat = \"soc2\"\nby = \"audit\"\nday = 2027-02-10\nresult = \"accepted\"\n";

fn all() -> Records {
    read(&[
        ("attestations/a.toml", ATTESTATION),
        ("evidence/a.toml", RECORD),
        ("policies/p.md", POLICY),
        ("policies/p.acknowledged.csv", "person,team,day,version\np-1,core,2027-02-09,2\np-2,core,2027-02-07,2\n"),
        ("training/t.toml", TRAINING),
        ("training/t.completed.csv", "person,day,score\np-1,2027-01-01,\np-2,2027-02-07,\np-3,2027-02-08,\n"),
        ("runbooks/drill.md", RUNBOOK),
        ("reviews.toml", REVIEW),
        ("people.csv", PEOPLE),
    ])
}

#[test]
fn what_is_dated_later_is_told_with_its_place_and_does_not_count() {
    let records = all();
    let told: Vec<(FindingKind, String, usize)> = records
        .findings(day("2027-01-31"), &|_| true)
        .into_iter()
        .filter(|finding| is_of_a_later_day(&finding.message))
        .inspect(|finding| assert_eq!(finding.severity, Severity::Low))
        .map(|finding| (finding.kind, finding.message, finding.place.unwrap().line))
        .collect();
    let one = |what: &str, on: &str| format!("{what} is dated {on}, after 2027-01-31; it does not count before its day");
    let many =
        |what: &str, first: &str| format!("{what} are dated after 2027-01-31, the first {first}; they do not count before their day");
    assert_eq!(
        told,
        [
            (FindingKind::Attestation, one("the receipt of SOC 2", "2027-02-01"), 1),
            (FindingKind::Attestation, one("the receipt of a bridge letter of SOC 2", "2027-02-03"), 1),
            (FindingKind::Evidence, one("Access review", "2027-02-05"), 2),
            (FindingKind::Exercise, one("an exercise of Drill", "2027-02-08"), 5),
            (FindingKind::Policy, one("the approval of Access policy", "2027-02-06"), 7),
            (FindingKind::Policy, many("2 acknowledgements of Access policy", "2027-02-07"), 3),
            (FindingKind::Training, many("2 completions of Basics", "2027-02-07"), 3),
            (FindingKind::Review, one("the review of soc2", "2027-02-10"), 2),
        ]
    );
    for id in ["access.review", "access.policy", "people.awareness-training"] {
        assert_eq!(records.evidence.state(id, day("2027-01-31")).as_str(), "missing", "{id}");
    }
    let standing = |today| records.campaigns[0].standing(records.people.as_ref(), day(today));
    assert_eq!((standing("2027-02-07").completed, standing("2027-02-08").completed), (2, 3));
    assert_eq!((standing("2027-02-07").reached, standing("2027-02-08").reached), (None, Some(day("2027-02-08"))));
}

#[test]
fn on_its_day_it_counts() {
    let told = |today: &str| {
        let found = all().findings(day(today), &|_| true);
        found.into_iter().filter(|finding| is_of_a_later_day(&finding.message)).count()
    };
    assert_eq!((told("2027-02-09"), told("2027-02-10")), (1, 0));
}
