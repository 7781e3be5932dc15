use partywall_records::{Due, DueKind, Records};

use crate::{PEOPLE, day, read};

fn all() -> Records {
    read(&[
        ("people.csv", PEOPLE),
        ("parties.toml", "[[party]]\nid = \"msp:ops\"\ntitle = \"Ops\"\ncontract = \"c\"\ncontract_until = 2027-05-01\n"),
        (
            "exceptions.toml",
            "[[exception]]\nid = \"EX-1\"\ncheck = \"s3.bucket-keeps-versions\"\nresource = \"b\"\nkind = \"risk-accepted\"\nreason = \"r\"\n\
             owner = \"eo\"\napprover = \"a\"\nexpires = 2027-05-02\n",
        ),
        ("attestations/old.toml", &attestation("2026-05-01", "2027-05-03")),
        ("attestations/new.toml", &attestation("2027-04-10", "2027-06-20")),
        (
            "evidence/e.toml",
            "[[record]]\nevidence = [\"access.privileged-review\"]\ntitle = \"Privileged\"\nowner = \"ro\"\nmade = 2027-01-15\ndue = 2027-04-04\n\
             [[record]]\nevidence = [\"data.inventory\"]\ntitle = \"Inventory\"\nowner = \"\"\nmade = 2026-06-01\ndue = 2027-01-01\n\
             [[record]]\nevidence = [\"data.inventory\"]\ntitle = \"Inventory\"\nowner = \"\"\nmade = 2027-01-01\ndue = 2027-05-04\n",
        ),
        (
            "policies/access.md",
            "+++\nevidence = [\"access.policy\"]\ntitle = \"Access\"\nversion = \"2\"\nowner = \"po\"\napprover = \"a\"\napproved = 2027-01-10\n\
             review_by = 2027-05-05\n+++\nx\n",
        ),
        (
            "training/b.toml",
            "evidence = [\"people.awareness-training\"]\ntitle = \"Basics\"\nowner = \"to\"\nstarts = 2027-04-01\ndue = 2027-05-06\naudience = \"all\"\n",
        ),
        (
            "runbooks/drill.md",
            "+++\ntitle = \"Drill\"\nowner = \"do\"\nexercise_days = 10\n[[exercise]]\nday = 2027-04-27\nkind = \"live\"\nresult = \"passed\"\n+++\n",
        ),
        ("runbooks/never.md", "+++\ntitle = \"Never\"\n+++\n"),
        ("reviews.toml", "[[review]]\nwhat = \"soc2\"\nby = \"audit\"\nday = 2027-01-01\nnext = 2027-05-08\nresult = \"accepted\"\n"),
        (
            "well-architected.toml",
            "[[answer]]\npractice = \"SEC01-BP02\"\nstatus = \"not in place\"\nowner = \"wo\"\ntarget = 2027-05-09\n\
             [[answer]]\npractice = \"SEC01-BP03\"\nstatus = \"in place\"\ntarget = 2027-05-09\n",
        ),
    ])
}

fn attestation(from: &str, until: &str) -> String {
    format!(
        "series = \"iso-27001\"\nprovider = \"aws\"\ntitle = \"ISO\"\nissuer = \"i\"\nreport = \"r\"\nfrom = {from}\nuntil = {until}\nreceived = {from}\n\
         terms = \"public\"\nservices = [\"s3\"]\nsha256 = \"0000000000000000000000000000000000000000000000000000000000000000\"\n"
    )
}

fn told(due: &[Due]) -> Vec<(String, &str, &str, Option<&str>)> {
    due.iter().map(|due| (due.day.to_string(), due.kind.as_str(), due.subject.as_str(), due.owner.as_deref())).collect()
}

#[test]
fn everything_that_is_due_stands_in_the_order_of_its_days() {
    let due = all().due(day("2027-05-01"), 8);
    let want = [
        ("2027-04-04", "evidence", "access.privileged-review", Some("ro")),
        ("2027-05-01", "exercise", "never", None),
        ("2027-05-01", "contract", "msp:ops", None),
        ("2027-05-02", "exception", "EX-1", Some("eo")),
        ("2027-05-04", "evidence", "data.inventory", None),
        ("2027-05-05", "policy", "access", Some("po")),
        ("2027-05-06", "training", "b", Some("to")),
        ("2027-05-07", "exercise", "drill", Some("do")),
        ("2027-05-08", "review", "soc2", Some("audit")),
        ("2027-05-09", "improvement", "SEC01-BP02", Some("wo")),
    ];
    assert_eq!(told(&due), want.map(|(day, kind, subject, owner)| (day.to_owned(), kind, subject, owner)));
    assert_eq!(due[5].title, "Access");
}

#[test]
fn later_things_wait_and_replaced_ones_are_gone() {
    let records = all();
    assert_eq!(told(&records.due(day("2027-05-01"), 0)).len(), 3);
    let later = records.due(day("2027-05-01"), 60);
    let attestations: Vec<&str> = later.iter().filter(|due| due.kind == DueKind::Attestation).map(|due| due.subject.as_str()).collect();
    assert_eq!(attestations, ["new"]);
    // Before the new one came, the old one was the one that lapses.
    let before = records.due(day("2027-04-01"), 60);
    let attestations: Vec<&str> = before.iter().filter(|due| due.kind == DueKind::Attestation).map(|due| due.subject.as_str()).collect();
    assert_eq!(attestations, ["old"]);
    assert_eq!(Records::default().due(day("2027-05-01"), u32::MAX), []);
}

#[test]
fn a_training_that_enough_completed_is_due_no_more() {
    let training = "evidence = [\"people.awareness-training\"]\ntitle = \"Basics\"\nowner = \"to\"\nstarts = 2027-04-01\ndue = 2027-05-06\naudience = \"all\"\n";
    let table = "person,day,score\np-1,2027-04-11,\np-2,2027-04-11,\np-3,2027-04-12,\n";
    let records = read(&[("people.csv", PEOPLE), ("training/b.toml", training), ("training/b.completed.csv", table)]);
    assert_eq!(told(&records.due(day("2027-05-01"), 30)), []);
    // On the day before, the last completion had not come yet.
    assert_eq!(told(&records.due(day("2027-04-11"), 30)).len(), 1);
    // A year later it is to be held again.
    let again = records.due(day("2028-04-01"), 30);
    assert_eq!(told(&again), [("2028-04-11".to_owned(), "training", "people.awareness-training", Some("to"))]);
}

#[test]
fn what_failed_is_due_since_that_day() {
    let record = "[[record]]\nevidence = [\"data.inventory\"]\ntitle = \"I\"\nowner = \"o\"\nmade = 2027-01-01\nfailed = \"x\"\n";
    let runbook = "+++\ntitle = \"D\"\nowner = \"o\"\n[[exercise]]\nday = 2027-02-01\nkind = \"live\"\nresult = \"failed\"\n\
                   [[exercise]]\nday = 2027-02-01\nkind = \"live\"\nresult = \"passed\"\n+++\n";
    let records = read(&[("evidence/e.toml", record), ("runbooks/d.md", runbook)]);
    let want = [("2027-01-01", "evidence", "data.inventory", Some("o")), ("2027-02-01", "exercise", "d", Some("o"))];
    assert_eq!(told(&records.due(day("2027-05-01"), 0)), want.map(|(day, kind, subject, owner)| (day.to_owned(), kind, subject, owner)));
}

#[test]
fn without_a_run_exceptions_are_judged_for_their_end_only() {
    let records = all();
    let exceptions = |found: Vec<partywall_records::RecordFinding>| found.iter().filter(|one| one.subject == "EX-1").count();
    assert_eq!(exceptions(records.findings(day("2027-05-01"), &|_| true)), 1, "it matches nothing");
    assert_eq!(exceptions(records.findings_of_records(day("2027-05-02"))), 0);
    assert_eq!(exceptions(records.findings_of_records(day("2027-05-03"))), 1, "it expired");
}

#[test]
fn what_was_replaced_or_only_talked_through_is_no_evidence() {
    let policy = |approved: &str, evidence: &str, more: &str| {
        format!(
            "+++\nevidence = [\"{evidence}\"]\ntitle = \"A\"\nversion = \"1\"\nowner = \"o\"\napprover = \"a\"\napproved = {approved}\n{more}+++\nx\n"
        )
    };
    let new = policy("2027-02-01", "incident.policy", "supersedes = \"a\"\n");
    let records = read(&[("policies/a.md", &policy("2027-01-01", "access.policy", "")), ("policies/b.md", &new)]);
    assert_eq!(records.evidence.state("access.policy", day("2027-01-31")).as_str(), "current");
    assert_eq!(records.evidence.state("access.policy", day("2027-02-01")).as_str(), "missing");
    let circle = policy("2027-01-01", "access.policy", "supersedes = \"b\"\n");
    let message = crate::error(&[("policies/a.md", &circle), ("policies/b.md", &new)]);
    assert!(message.contains("supersedes a policy that supersedes it"), "{message}");
    let drill = |kind: &str| {
        let text = format!(
            "+++\ntitle = \"D\"\nevidence = [\"continuity.restore-test\"]\n[[exercise]]\nday = 2027-01-01\nkind = \"{kind}\"\nresult = \"passed\"\n+++\n"
        );
        read(&[("runbooks/d.md", &text)]).evidence.state("continuity.restore-test", day("2027-01-02")).as_str()
    };
    assert_eq!([drill("tabletop"), drill("restore"), drill("live")], ["missing", "current", "current"]);
}
