use partywall_model::Severity;
use partywall_records::{EvidenceState, FindingKind, KeptAs, Records};

use crate::{PEOPLE, TEAMS, day, error, found, read};

const EVIDENCE: &str = "people.awareness-training";

fn campaign(more: &str) -> String {
    format!(
        "evidence = [\"{EVIDENCE}\"]\ntitle = \"Basics\"\nowner = \"o\"\nstarts = 2027-02-01\ndue = 2027-03-31\n\
         audience = \"all\"\nmaterials = [\"documents://basics\"]\n{more}\n"
    )
}

const ALL: &str = "person,day,score\np-1,2027-02-11,92\np-2,2027-02-12,85%\np-3,2027-03-31,80\np-4,2027-02-01,100\n";

#[test]
fn enough_completions_make_it_evidence_from_that_day_on() {
    let text = campaign("pass_score = 80");
    let records = read(&[("training/b.toml", &text), ("training/b.completed.csv", ALL), ("people.csv", PEOPLE)]);
    let standing = records.campaigns[0].standing(records.people.as_ref(), day("2027-03-31"));
    assert_eq!((standing.completed, standing.late, standing.audience, standing.reached), (3, 0, Some(3), Some(day("2027-03-31"))));
    let state = |today| records.evidence.state(EVIDENCE, day(today));
    assert_eq!(state("2027-03-30"), EvidenceState::Missing);
    assert!(matches!(state("2027-03-31"), EvidenceState::Current(kept) if kept.kept_as == KeptAs::Training && kept.note.is_empty()));
    assert!(matches!(state("2028-03-30"), EvidenceState::Current(_)));
    assert!(matches!(state("2028-04-01"), EvidenceState::Overdue(_)));
    assert_eq!(found(&records, FindingKind::Training, "2027-04-01"), [""; 0]);
    assert_eq!(found(&records, FindingKind::Training, "2028-04-01"), ["Basics was due again on 2028-03-30; make it anew"]);
}

#[test]
fn too_few_are_a_failure_from_the_day_after() {
    // One too late, one with too little, one without a score; a second try in time counts.
    let table = "person,day,score\np-1,2027-02-11,40\np-1,2027-02-20,90\np-2,2027-04-02,95\np-3,2027-03-01,\n";
    let text = campaign("pass_score = 80");
    let records = read(&[("training/b.toml", &text), ("training/b.completed.csv", table), ("people.csv", PEOPLE)]);
    assert_eq!(records.evidence.state(EVIDENCE, day("2027-03-31")), EvidenceState::Missing);
    let EvidenceState::Failed(kept) = records.evidence.state(EVIDENCE, day("2027-04-01")) else { panic!("not failed") };
    assert_eq!(kept.failed, "1 of 3 people (33 %) completed it by 2027-03-31, 100 % are required");
    assert_eq!(
        found(&records, FindingKind::Training, "2027-04-01"),
        ["Basics: 1 of 3 people (33 %) completed it by 2027-03-31, 100 % are required"]
    );
    assert_eq!(found(&records, FindingKind::Training, "2027-03-31"), [""; 0]);
}

#[test]
fn a_share_may_be_enough() {
    let table = "person,day,score\np-1,2027-02-11,\np-3,2027-02-20,\n";
    let share = |share: &str| {
        let text = campaign(&format!("required_share = {share}"));
        let records = read(&[("training/b.toml", &text), ("training/b.completed.csv", table), ("people.csv", PEOPLE)]);
        records.campaigns[0].standing(records.people.as_ref(), day("2027-03-31")).reached
    };
    assert_eq!(share("0.66"), Some(day("2027-02-20")));
    assert_eq!(share("0.67"), None);
    assert_eq!(share("0.3"), Some(day("2027-02-11")));
    // 0.55 · 20 is a little more than 11 in floating point.
    let people: String = std::iter::once("person,team,active\n".to_owned()).chain((0..20).map(|n| format!("q-{n},core,yes\n"))).collect();
    let done: String = std::iter::once("person,day,score\n".to_owned()).chain((0..11).map(|n| format!("q-{n},2027-02-11,\n"))).collect();
    let text = campaign("required_share = 0.55");
    let records = read(&[("training/b.toml", &text), ("training/b.completed.csv", &done), ("people.csv", &people)]);
    assert_eq!(records.campaigns[0].standing(records.people.as_ref(), day("2027-03-31")).reached, Some(day("2027-02-11")));
}

#[test]
fn without_people_nobody_knows_who_had_to() {
    let text = campaign("");
    let files = [("training/b.toml", text.as_str()), ("training/b.completed.csv", ALL)];
    let records = read(&files);
    let findings = |records: &Records, today: &str| {
        let all = records.findings(day(today), &|_| true).into_iter().filter(|finding| finding.kind == FindingKind::Training);
        all.map(|finding| (finding.severity, finding.due, finding.message)).collect::<Vec<_>>()
    };
    let missing = "nobody knows who is missing in Basics; list the people in people.csv".to_owned();
    assert!(findings(&records, "2027-03-31").contains(&(Severity::Low, Some(day("2027-03-31")), missing)));
    let unknown =
        "nobody knows who had to complete Basics by 2027-03-31; 4 did, which shows nothing without people.csv: list the people there";
    let unknown = [(Severity::Medium, Some(day("2027-03-31")), unknown.to_owned())];
    assert_eq!(findings(&records, "2027-04-01"), unknown);
    for today in ["2027-03-30", "2027-03-31", "2027-04-01", "2028-04-01"] {
        assert_eq!(records.evidence.state(EVIDENCE, day(today)), EvidenceState::Missing, "{today}");
    }
    assert_eq!(records.campaigns[0].standing(None, day("2027-04-01")).reached, None);
    // What was done since takes its place.
    let record = format!("[[record]]\nevidence = [\"{EVIDENCE}\"]\ntitle = \"t\"\nowner = \"o\"\nmade = 2027-04-02\n");
    let records = read(&[files[0], files[1], ("evidence/a.toml", &record)]);
    assert_eq!(findings(&records, "2027-04-01")[..1], unknown);
    assert_eq!(findings(&records, "2027-04-02"), []);
    let records = read(&files[..1]);
    let EvidenceState::Failed(kept) = records.evidence.state(EVIDENCE, day("2027-04-01")) else { panic!("not failed") };
    assert_eq!(kept.failed, "nobody is on file who completed it by 2027-03-31");
}

#[test]
fn people_whom_nobody_knows_are_told_without_their_names() {
    let table = "person,day,score\np-1,2027-02-11,\np-8,2027-02-20,\np-9,2027-02-12,\np-9,2027-02-13,\np-4,2027-02-13,\n";
    let text = campaign("");
    let records = read(&[("training/b.toml", &text), ("training/b.completed.csv", table), ("people.csv", PEOPLE)]);
    let told = |today: &str| {
        let all = records.findings(day(today), &|_| true).into_iter();
        all.filter(|finding| finding.message.contains("not in people.csv")).collect::<Vec<_>>()
    };
    let [one] = &told("2027-02-28")[..] else { panic!("not one") };
    assert_eq!(
        one.message,
        "2 of those who completed Basics are not in people.csv; add them there, also those who left, or correct the table"
    );
    let place = one.place.as_ref().unwrap();
    assert!(one.severity == Severity::Low && place.file.ends_with("b.completed.csv") && place.line == 3, "{place}");
    assert!(told("2027-02-12")[0].message.starts_with("1 of those"));
    assert_eq!(told("2027-02-11").len(), 0);
}

#[test]
fn an_empty_audience_is_no_success() {
    let text = campaign("").replace("\"all\"", "[\"web\"]");
    let people = "person,team,active\np-1,core,yes\n";
    let records = read(&[("training/b.toml", &text), ("people.csv", people), ("teams.toml", TEAMS)]);
    let EvidenceState::Failed(kept) = records.evidence.state(EVIDENCE, day("2027-04-01")) else { panic!("not failed") };
    assert_eq!(kept.failed, "nobody in people.csv is of its audience, web");
}

#[test]
fn a_later_training_takes_the_place_of_one_that_failed_and_two_evidences_fail_once() {
    let first = campaign("").replace(&format!("[\"{EVIDENCE}\"]"), &format!("[\"{EVIDENCE}\", \"people.role-training\"]"));
    let files = [("training/b.toml", first.as_str()), ("people.csv", PEOPLE)];
    assert_eq!(found(&read(&files), FindingKind::Training, "2027-05-01").len(), 1);
    let second = campaign("").replace("starts = 2027-02-01\ndue = 2027-03-31", "starts = 2027-04-01\ndue = 2027-04-30");
    let second = second.replace(EVIDENCE, &format!("{EVIDENCE}\", \"people.role-training"));
    let table = "person,day,score\np-1,2027-04-11,\np-2,2027-04-11,\np-3,2027-04-12,\n";
    let records = read(&[files[0], files[1], ("training/c.toml", &second), ("training/c.completed.csv", table)]);
    assert_eq!(found(&records, FindingKind::Training, "2027-05-01"), [""; 0]);
}

#[test]
fn what_cannot_be_is_an_error_with_its_line() {
    let text = campaign("");
    for (toml, table, want) in [
        (text.replace("due = 2027-03-31", "due = 2027-01-31"), "", "training/b.toml:5:7: a training is due after it starts"),
        (text.replace(&format!("[\"{EVIDENCE}\"]"), "[]"), "", "training/b.toml:4:10: a training names the manual evidence"),
        (campaign("pass_score = 101"), "", "training/b.toml:8:14: pass_score is per cent, from 0 to 100"),
        (campaign("required_share = 95"), "", "training/b.toml:8:18: required_share is a share, from 0 to 1"),
        (campaign("required_share = nan"), "", "training/b.toml:8:18: required_share is a share"),
        (text.clone(), "person,day,score\np-1,2027-02-11,101\n", "training/b.completed.csv:2:1: `101` is no score"),
        (text.clone(), "person,day,score\np-1,2027-02-11,=1+1\n", "training/b.completed.csv:2:1: `=1+1` is no score"),
        (text.clone(), "person,day,score\np-1,2027-02-11,NaN\n", "training/b.completed.csv:2:1: `NaN` is no score"),
        (text.clone(), "person,day,score\r\np-1,2027-02-11,80,x\r\n", "training/b.completed.csv:2:1: 4 cells stand under 3 columns"),
    ] {
        let mut files = vec![("training/b.toml", toml.as_str())];
        if !table.is_empty() {
            files.push(("training/b.completed.csv", table));
        }
        let message = error(&files);
        assert!(message.starts_with(want), "{message}\n{want}");
    }
    let message = error(&[("training/b.toml", &text), ("training/c.completed.csv", ALL)]);
    assert!(message.starts_with("training/c.completed.csv:1:1: there is no training of this name"), "{message}");
}
