use partywall_records::{EvidenceState, FindingKind, KeptAs};

use crate::{PEOPLE, TEAMS, day, error, found, read};

fn policy(more: &str, body: &str) -> String {
    format!(
        "+++\nevidence = [\"access.policy\"]\ntitle = \"Access policy\"\nversion = \"2\"\nowner = \"o\"\napprover = \"a\"\n\
         approved = 2027-01-10\n{more}\n+++\n\n# Access\n\n{body}\n"
    )
}

#[test]
fn a_policy_is_evidence_until_its_review() {
    let text = policy("review_by = 2027-06-30", "Access ends with the task.");
    let records = read(&[("policies/access.md", &text)]);
    let one = &records.policies[0];
    assert_eq!((&*one.id, one.version.as_str(), one.approver.as_str()), ("access", "2", "a"));
    assert!(one.body.contains("Access ends"));
    let state = |today| records.evidence.state("access.policy", day(today));
    assert_eq!(state("2027-01-09"), EvidenceState::Missing);
    assert!(matches!(state("2027-06-30"), EvidenceState::Current(kept) if kept.kept_as == KeptAs::Policy && kept.title == "Access policy"));
    assert!(matches!(state("2027-07-01"), EvidenceState::Overdue(_)));
    assert_eq!(found(&records, FindingKind::Policy, "2027-06-30"), [""; 0]);
    assert_eq!(
        found(&records, FindingKind::Policy, "2027-07-01"),
        ["Access policy was to be reviewed by 2027-06-30; review it and write the new day of approval"]
    );
    // Told once: not again as evidence.
    assert_eq!(found(&records, FindingKind::Evidence, "2027-07-01"), [""; 0]);
}

#[test]
fn without_a_day_the_term_of_the_catalogue_holds_and_no_day_is_later() {
    let records = read(&[("policies/access.md", &policy("", "x"))]);
    assert_eq!(records.policies[0].review_by, Some(day("2028-01-10")));
    let message = error(&[("policies/access.md", &policy("review_by = 2028-03-01", "x"))]);
    assert_eq!(
        message,
        "policies/access.md:8:13: `access.policy` is made again after 365 days, on 2028-01-10 at the latest; 2028-03-01 is later"
    );
}

#[test]
fn a_policy_without_text_shows_nothing() {
    let records = read(&[("policies/access.md", &policy("", "## Scope"))]);
    assert!(records.policies[0].says_nothing());
    assert!(matches!(records.evidence.state("access.policy", day("2027-02-01")), EvidenceState::Failed(_)));
    let messages = found(&records, FindingKind::Policy, "2027-02-01");
    assert_eq!(messages, ["Access policy has no text below its head; write it, or say where it is kept"]);
}

#[test]
fn nobody_who_owns_or_approved_is_a_finding() {
    let text = policy("", "x").replace("\"o\"", "\"\"").replace("\"a\"", "\" \"");
    let records = read(&[("policies/access.md", &text)]);
    let messages = found(&records, FindingKind::Policy, "2027-02-01");
    assert_eq!(messages, ["Access policy names nobody who approved it", "Access policy has no owner"]);
}

#[test]
fn only_the_current_version_is_acknowledged() {
    let table = "\u{FEFF}person,team,day,version\r\np-1,core,2027-01-11,2\r\np-2,\"core\",2026-05-01,1\r\np-3,web,2027-03-01,2\r\np-4,web,2027-01-11,2\r\n";
    let text = policy("acknowledge = \"all staff\"", "x");
    let files = [("policies/access.md", text.as_str()), ("policies/access.acknowledged.csv", table), ("people.csv", PEOPLE)];
    let records = read(&files);
    let policy = &records.policies[0];
    assert_eq!(policy.acknowledged(day("2027-02-01")).into_iter().collect::<Vec<_>>(), ["p-1", "p-4"]);
    let people = records.people.as_ref().unwrap();
    assert_eq!(policy.missing(people, day("2027-02-01")).unwrap().into_iter().collect::<Vec<_>>(), ["p-2", "p-3"]);
    let message = |today| found(&records, FindingKind::Policy, today);
    assert_eq!(message("2027-02-01"), ["2 of 3 people have not acknowledged version 2 of Access policy"]);
    assert_eq!(message("2027-03-01"), ["1 of 3 people have not acknowledged version 2 of Access policy"]);
    // No name in any message, and without a list of people only a count.
    assert!(message("2027-03-01").iter().all(|text| !text.contains("p-")));
    let records = read(&files[..2]);
    assert_eq!(found(&records, FindingKind::Policy, "2027-02-01"), [""; 0]);
    assert_eq!(records.policies[0].acknowledged(day("2027-03-01")).len(), 3);
}

#[test]
fn who_is_in_no_list_is_told_for_the_current_version() {
    let table = "person,team,day,version\np-1,core,2027-01-11,2\np-8,core,2026-05-01,1\np-9,web,2027-01-12,2\n";
    let text = policy("acknowledge = \"all staff\"", "x");
    let records = read(&[("policies/access.md", &text), ("policies/access.acknowledged.csv", table), ("people.csv", PEOPLE)]);
    let messages = found(&records, FindingKind::Policy, "2027-02-01");
    let told = "1 of those who acknowledged Access policy are not in people.csv; add them there, also those who left, or correct the table";
    assert_eq!(messages, ["2 of 3 people have not acknowledged version 2 of Access policy", told]);
    assert_eq!(found(&records, FindingKind::Policy, "2027-01-11").len(), 1, "not before its day");
}

#[test]
fn teams_may_be_asked_alone() {
    let text = policy("acknowledge = [\"web\"]", "x");
    let records = read(&[("policies/access.md", &text), ("people.csv", PEOPLE), ("teams.toml", TEAMS)]);
    let messages = found(&records, FindingKind::Policy, "2027-02-01");
    assert_eq!(messages, ["2 of 2 people have not acknowledged version 2 of Access policy"]);
    let text = policy("acknowledge = [\"wep\"]", "x");
    let message = error(&[("policies/access.md", &text), ("teams.toml", TEAMS)]);
    assert_eq!(message, "policies/access.md:8:15: there is no team `wep` in teams.toml or people.csv; did you mean `web`?");
    let message = error(&[("policies/access.md", &policy("acknowledge = \"everybody\"", "x"))]);
    assert_eq!(message, "policies/access.md:8:15: write \"all staff\", or a list of teams");
}

#[test]
fn a_policy_takes_the_place_of_another_from_its_approval() {
    let old = policy("", "x").replace("2027-01-10", "2026-01-10");
    let new = policy("supersedes = \"old\"", "x");
    let records = read(&[("policies/old.md", &old), ("policies/access.md", &new)]);
    // The old one is overdue from 2027-01-11 on, and replaced since the day before.
    assert_eq!(found(&records, FindingKind::Policy, "2027-02-01"), [""; 0]);
    let records = read(&[("policies/old.md", &old)]);
    assert_eq!(found(&records, FindingKind::Policy, "2027-02-01").len(), 1);
    for (name, want) in [("olt", "there is no other policy `olt`"), ("access", "a policy cannot supersede itself")] {
        let new = policy(&format!("supersedes = \"{name}\""), "x");
        let message = error(&[("policies/old.md", &old), ("policies/access.md", &new)]);
        assert!(message.starts_with(&format!("policies/access.md:8:14: {want}")), "{message}");
    }
}

#[test]
fn what_cannot_be_is_an_error_with_its_line() {
    let text = policy("", "x");
    for (files, want) in [
        (vec![("policies/a.md", text.replace("+++\n", ""))], "policies/a.md:1:1: the file begins with TOML between two lines `+++`"),
        (
            vec![("policies/a.md", text.replace("access.policy", "access.polcy"))],
            "policies/a.md:2:13: there is no manual evidence `access.polcy`; did you mean `access.policy`?",
        ),
        (vec![("policies/a.md", text.replace("[\"access.policy\"]", "[]"))], "policies/a.md:7:12: a policy names the manual evidence"),
        (vec![("policies/a.md", text.replace("\"2\"", "2.0"))], "policies/a.md:4:11: invalid type: floating point"),
        (vec![("policies/a.md", text.replace("\"2\"", "\" \""))], "policies/a.md:4:11: a policy has a version"),
        (vec![("policies/a.md", text.replace("title", "titel"))], "policies/a.md:3:1: unknown field `titel`"),
        (
            vec![("policies/a.md", text.clone()), ("policies/b.acknowledged.csv", "person,team,day,version\n".to_owned())],
            "policies/b.acknowledged.csv:1:1: there is no policy of this name",
        ),
        (vec![("policies/a.md", text.clone()), ("policies/a.csv", String::new())], "policies/a.csv:1:1: there is no policy of this name"),
        (
            vec![
                ("policies/a.md", text.clone()),
                ("policies/a.acknowledged.csv", "person,team,day,version\np-1,c,2027-01-11,2\np-2,c,11.1.2027,2\n".to_owned()),
            ],
            "policies/a.acknowledged.csv:3:1: `11.1.2027` is no day",
        ),
        (
            vec![("policies/a.md", text.clone()), ("policies/a.acknowledged.csv", "person,team,day,version\n,c,2027-01-11,2\n".to_owned())],
            "policies/a.acknowledged.csv:2:1: `person` is empty",
        ),
        (vec![("people.csv", "person,team,active\np-1,core,perhaps\n".to_owned())], "people.csv:2:1: `perhaps` is neither yes nor no"),
        (
            vec![("people.csv", "person,team,active\np-1,core,yes\np-1,core,no\n".to_owned())],
            "people.csv:3:1: `p-1` stands in team `core` twice",
        ),
    ] {
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let message = error(&files);
        assert!(message.starts_with(want), "{message}\n{want}");
    }
}
