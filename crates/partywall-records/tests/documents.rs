//! Documents on providers: what carries them on, what follows them, what they may say.
#![expect(clippy::unwrap_used, reason = "tests: a wrong shape should stop them")]

use std::sync::LazyLock;

use chrono::NaiveDate;
use partywall_catalog::Catalog;
use partywall_model::Party;
use partywall_records::{EvidenceState, ProofState, Records};

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::load(None).unwrap());
const HASH: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn result(files: &[(&str, &str)]) -> Result<Records, String> {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    Records::read(&CATALOG, directory.path()).map_err(|error| error.to_string())
}

fn soc2(more: &str) -> String {
    format!(
        "series = \"soc-2-type-2\"\nprovider = \"aws\"\ntitle = \"SOC 2\"\nissuer = \"auditor\"\nreport = \"R\"\nfrom = 2025-10-01\nto = 2026-03-31\n\
         received = 2026-05-10\nsha256 = \"{HASH}\"\nterms = \"nda\"\nservices = [\"s3\", \"rds\"]\nregions = [\"eu-*\"]\n{more}"
    )
}

fn messages(files: &[(&str, &str)], today: &str) -> Vec<String> {
    let found = result(files).unwrap().findings(day(today), &|_| true);
    found.into_iter().map(|finding| format!("{}: {}", finding.severity, finding.message)).collect()
}

#[test]
fn a_bridge_letter_counts_from_its_receipt_and_only_where_it_connects() {
    let bridge = |from: &str, to: &str, received: &str| {
        format!("[[bridge]]\nfrom = {from}\nto = {to}\nreceived = {received}\nsha256 = \"{HASH}\"\n")
    };
    let chained = bridge("2027-07-01", "2027-09-30", "2027-08-01") + &bridge("2026-04-01", "2027-06-30", "2026-05-11");
    let records = result(&[("attestations/a.toml", &soc2(&chained))]).unwrap();
    let one = &records.attestations[0];
    assert_eq!(one.accepted_until, Some(day("2027-09-30")));
    assert_eq!(one.accepted_until_on(day("2026-05-10")), Some(day("2027-03-31")));
    assert_eq!(one.accepted_until_on(day("2027-07-31")), Some(day("2027-06-30")));
    assert!(!one.holds_on(day("2027-07-31")) && one.holds_on(day("2027-08-01")));
    let proof = records.proof(&Party::Aws, "hardware.dispose-media", Some("s3"), Some("eu-west-1"), day("2027-07-31"));
    assert_eq!((proof.state, proof.until), (ProofState::Lapsed, Some(day("2027-06-30"))));
    let gap = result(&[("attestations/a.toml", &soc2(&bridge("2027-04-02", "2027-06-30", "2026-06-01")))]).unwrap();
    assert_eq!(gap.attestations[0].accepted_until, Some(day("2027-03-31")), "a day lies between");
}

#[test]
fn what_a_document_cannot_say_is_refused() {
    for (text, want) in [
        (soc2("").replace("2026-05-10", "2026-03-30"), "a.toml:8:12: received before the period that it speaks of ended"),
        (soc2("accounts = [\"111122223333\"]\n"), "a.toml:13:12: accounts are for agreements"),
        (soc2("opinion = \"qualified\"\n"), "a.toml:13:11: a qualified opinion has its reservations"),
        (soc2("[[exception]]\ncontrol = \"1\"\ntext = \"t\"\n"), "a.toml:14:11: say which duties are not proven, `*` for all"),
        (soc2("[[carve_out]]\norganization = \"o\"\ntext = \"t\"\n"), "a.toml:14:16: say which duties are not proven"),
        (soc2("file = \"../secret\"\n"), "a.toml:13:8: `../secret` is no file name"),
        (soc2("file = \"/etc/passwd\"\n"), "a.toml:13:8: `/etc/passwd` is no file name"),
        (soc2("file = 'a\\b'\n"), "a.toml:13:8: `a\\b` is no file name"),
    ] {
        let message = result(&[("attestations/a.toml", &text)]).unwrap_err();
        assert!(message.contains(want), "{message}\n{want}");
    }
    assert!(result(&[("attestations/a.toml", &soc2("").replace("2026-05-10", "2026-03-31"))]).is_ok());
    let message = result(&[("attestations/a\u{1b}[2J.toml", "x")]).unwrap_err();
    assert!(!message.contains('\u{1b}'), "{message:?}");
}

#[test]
fn a_star_stands_for_all_duties() {
    let all = "opinion = \"qualified\"\n[[exception]]\ncontrol = \"1\"\ntext = \"t\"\nduties = [\"*\"]\n";
    let records = result(&[("attestations/a.toml", &soc2(all))]).unwrap();
    let state = |records: &Records| records.proof(&Party::Aws, "hardware.dispose-media", Some("s3"), None, day("2026-06-01")).state;
    assert_eq!(state(&records), ProofState::Unproven);
    let carve = "[[carve_out]]\norganization = \"o\"\ntext = \"t\"\nduties = [\"*\"]\n";
    assert_eq!(state(&result(&[("attestations/a.toml", &soc2(carve))]).unwrap()), ProofState::OutOfScope);
}

#[test]
fn only_a_document_that_proves_as_much_silences_a_lapse() {
    let next = soc2("").replace("2026-03-31", "2026-09-30").replace("2026-05-10", "2026-11-01");
    let with = |next: &str| messages(&[("attestations/a.toml", &soc2("")), ("attestations/b.toml", next)], "2027-04-01");
    let lapsed = "high: SOC 2 lapsed on 2027-03-31; get the next one, or a bridge letter";
    assert_eq!(with(&next), [""; 0]);
    assert_eq!(with(&next.replace(", \"rds\"", "")), [lapsed]);
    assert_eq!(with(&next.replace("eu-*", "eu-west-1")), [lapsed]);
    assert_eq!(with(&next.replace("[\"eu-*\"]", "[]")), [""; 0]);
    let adverse = with(&format!("{next}opinion = \"adverse\"\n"));
    assert!(adverse.iter().any(|message| message == lapsed) && adverse.len() == 2, "{adverse:?}");
    assert!(adverse.iter().any(|message| message == "high: SOC 2: the opinion is adverse; it proves nothing, and no later one does"));
}

#[test]
fn an_agreement_is_evidence_for_all_accounts_from_the_day_it_is_in_force() {
    let text = |accounts: &str| {
        format!(
            "series = \"data-processing-addendum\"\nprovider = \"aws\"\ntitle = \"DPA\"\nissuer = \"AWS\"\nreport = \"D\"\nfrom = 2026-03-01\n\
             received = 2026-01-01\nsha256 = \"{HASH}\"\nterms = \"public\"\naccounts = {accounts}\n"
        )
    };
    let scope = "[[account]]\nid = \"111122223333\"\ntitle = \"a\"\n[[account]]\nid = \"444455556666\"\ntitle = \"b\"\n";
    let kept = |agreement: &str, on: &str| {
        let records = result(&[("attestations/d.toml", agreement), ("scope.toml", scope)]).unwrap();
        matches!(records.evidence.state("privacy.aws-data-processing-addendum", day(on)), EvidenceState::Current(_))
    };
    assert!(kept(&text("[]"), "2026-03-01") && !kept(&text("[]"), "2026-02-28"));
    assert!(kept(&text("[\"111122223333\", \"444455556666\"]"), "2026-03-01"));
    assert!(!kept(&text("[\"111122223333\"]"), "2026-03-01"));
}
