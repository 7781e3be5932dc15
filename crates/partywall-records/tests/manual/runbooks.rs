use partywall_records::{EvidenceState, ExerciseKind, FindingKind, KeptAs, new_runbook};

use crate::{catalog, day, error, found, read};

const BODY: &str = "\n## Signs\n\n## Whose side\n\n## Steps\n\n## Evidence to capture\n\n## Afterwards\n";

fn runbook(head: &str) -> String {
    format!("+++\ntitle = \"Drill\"\n{head}\n+++\n{BODY}")
}

const EXERCISES: &str = "evidence = [\"continuity.exercise\"]\nowner = \"o\"\nexercise_days = 100\n\
    [[exercise]]\nday = 2027-02-01\nkind = \"restore\"\nresult = \"failed\"\nnotes = \"no backup\"\n\
    [[exercise]]\nday = 2027-01-01\nkind = \"tabletop\"\nresult = \"passed\"\n\
    [[exercise]]\nday = 2027-03-01\nkind = \"live\"\nresult = \"passed\"\nminutes = 30\nlink = \"l\"";

#[test]
fn the_last_exercise_says_how_things_stand() {
    let records = read(&[("runbooks/drill.md", &runbook(EXERCISES))]);
    let one = &records.runbooks[0];
    assert_eq!(
        one.exercises.iter().map(|exercise| exercise.kind).collect::<Vec<_>>(),
        [ExerciseKind::Tabletop, ExerciseKind::Restore, ExerciseKind::Live]
    );
    let state = |today| records.evidence.state("continuity.exercise", day(today));
    let findings = |today| found(&records, FindingKind::Exercise, today);
    assert_eq!(state("2026-12-31"), EvidenceState::Missing);
    assert_eq!(findings("2026-12-31"), ["Drill was never exercised; exercise it and add [[exercise]]"]);
    assert!(matches!(state("2027-01-01"), EvidenceState::Current(kept) if kept.kept_as == KeptAs::Exercise));
    assert_eq!(findings("2027-01-31"), [""; 0]);
    assert!(
        matches!(state("2027-02-01"), EvidenceState::Failed(kept) if kept.failed == "the restore exercise of 2027-02-01 failed: no backup")
    );
    assert_eq!(
        findings("2027-02-01"),
        ["Drill: the restore exercise of 2027-02-01 failed: no backup; mend what failed and exercise it again"]
    );
    assert!(matches!(state("2027-06-09"), EvidenceState::Current(kept) if kept.due == Some(day("2027-06-09")) && kept.link == "l"));
    assert_eq!(findings("2027-06-09"), [""; 0]);
    assert!(matches!(state("2027-06-10"), EvidenceState::Overdue(_)));
    assert_eq!(findings("2027-06-10"), ["Drill was last exercised on 2027-03-01, and again due by 2027-06-09"]);
    assert_eq!(found(&records, FindingKind::Evidence, "2027-06-10"), [""; 0]);
}

#[test]
fn an_exercise_is_evidence_no_longer_than_its_term() {
    let text = runbook(
        "evidence = [\"continuity.restore-test\"]\nowner = \"o\"\nexercise_days = 700\n[[exercise]]\nday = 2027-01-01\nkind = \"restore\"\nresult = \"passed\"",
    );
    let records = read(&[("runbooks/drill.md", &text)]);
    assert_eq!(records.runbooks[0].next_exercise(day("2027-01-02")), Some(day("2028-12-01")));
    assert!(matches!(records.evidence.state("continuity.restore-test", day("2027-07-01")), EvidenceState::Overdue(_)));
}

#[test]
fn a_runbook_of_the_catalogue_becomes_ones_own() {
    let text = new_runbook(catalog(), "test-drill").unwrap();
    let records = read(&[("runbooks/drill.md", &text)]);
    let one = &records.runbooks[0];
    assert_eq!((one.title.as_str(), one.based_on.as_deref(), one.owner.as_str()), ("A \"drill\"", Some("test-drill"), ""));
    assert_eq!((one.exercise_days, one.exercises.len()), (100, 0));
    assert_eq!((&*one.duties[0], &*one.evidence[0]), ("incident-response.practise-response", "continuity.exercise"));
    assert!(one.body.contains("## Evidence to capture"));
    assert_eq!(
        found(&records, FindingKind::Exercise, "2027-01-01"),
        ["A \"drill\" was never exercised; exercise it and add [[exercise]]", "A \"drill\" has no owner; nobody would lead"]
    );
    // What is commented out is right as it is.
    let filled = text.replace("# [[exercise]]", "[[exercise]]");
    let filled =
        ["day ", "kind ", "result ", "minutes ", "notes ", "link "].iter().fold(filled, |text, key| text.replace(&format!("# {key}"), key));
    assert_eq!(read(&[("runbooks/drill.md", &filled)]).runbooks[0].exercises[0].minutes, Some(90));
    let message = new_runbook(catalog(), "test-dril").unwrap_err().to_string();
    assert_eq!(message, "there is no runbook `test-dril`; did you mean `test-drill`?");
}

#[test]
fn what_is_left_out_is_that_of_the_runbook_it_is_based_on() {
    let records = read(&[("runbooks/a.md", &runbook("based_on = \"test-drill\"")), ("runbooks/b.md", &runbook("owner = \"o\""))]);
    assert_eq!((records.runbooks[0].exercise_days, records.runbooks[0].evidence.len(), records.runbooks[0].duties.len()), (100, 1, 1));
    assert_eq!((records.runbooks[1].exercise_days, records.runbooks[1].evidence.len()), (365, 0));
    let records = read(&[("runbooks/a.md", &runbook("based_on = \"test-drill\"\nevidence = []\nexercise_days = 7"))]);
    assert_eq!((records.runbooks[0].exercise_days, records.runbooks[0].evidence.len()), (7, 0));
}

#[test]
fn a_missing_section_is_a_finding() {
    let text = runbook("owner = \"o\"\n[[exercise]]\nday = 2027-01-01\nkind = \"live\"\nresult = \"passed\"").replace("## Steps\n", "");
    let records = read(&[("runbooks/a.md", &text)]);
    let messages = found(&records, FindingKind::Exercise, "2027-01-01");
    assert_eq!(
        messages,
        ["Drill lacks the section `## Steps`, or has it elsewhere than in Signs, Whose side, Steps, Evidence to capture, Afterwards"]
    );
}

#[test]
fn what_cannot_be_is_an_error_with_its_line() {
    for (head, want) in [
        ("based_on = \"test-dril\"", "runbooks/a.md:3:12: there is no runbook `test-dril`; did you mean `test-drill`?"),
        ("duties = [\"guest-os.hardn\"]", "runbooks/a.md:3:11: there is no duty `guest-os.hardn`"),
        ("evidence = [\"continuity.exercize\"]", "runbooks/a.md:3:13: there is no manual evidence `continuity.exercize`"),
        ("exercise_days = 0", "runbooks/a.md:3:17: exercise_days is at least 1"),
        ("[[exercise]]\nday = 2027-01-01\nkind = \"walk\"\nresult = \"passed\"", "runbooks/a.md:5:8: unknown variant `walk`"),
        ("[[exercise]]\nday = 10:00:00\nkind = \"live\"\nresult = \"passed\"", "runbooks/a.md:4:7: write a day such as 2027-03-31"),
    ] {
        let message = error(&[("runbooks/a.md", &runbook(head))]);
        assert!(message.starts_with(want), "{message}\n{want}");
    }
}

#[test]
fn every_runbook_of_the_catalogue_can_be_ones_own() {
    assert!(catalog().runbooks.len() > 30, "{}", catalog().runbooks.len());
    for id in catalog().runbooks.keys() {
        let text = new_runbook(catalog(), id).unwrap();
        let records = read(&[("runbooks/own.md", &text)]);
        let own = &records.runbooks[0];
        let base = &catalog().runbooks[id];
        assert_eq!(
            (own.duties.len(), own.evidence.len(), own.exercise_days),
            (base.duties.len(), base.evidence.len(), base.exercise_days),
            "{id}"
        );
        assert_eq!(own.body.trim(), base.body.trim(), "{id}");
        // Nobody exercised it and nobody owns it; nothing else is wrong.
        assert_eq!(found(&records, FindingKind::Exercise, "2027-01-01").len(), 2, "{id}");
    }
}
