//! Directories of records as people write them: what is understood, what is refused and where, what is found.
#![expect(clippy::unwrap_used, reason = "tests: a wrong shape should stop them")]

use std::path::Path;
use std::sync::LazyLock;

use chrono::NaiveDate;
use partywall_catalog::Catalog;
use partywall_model::{Party, Severity};
use partywall_records::{Cover, Coverage, EvidenceState, FindingKind, ProofState, Records, Subject};

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::load(None).unwrap());

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn write(directory: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = directory.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

fn read(files: &[(&str, &str)]) -> Records {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), files);
    Records::read(&CATALOG, directory.path()).unwrap()
}

/// The message without the directory before the file's name.
fn refused(files: &[(&str, &str)]) -> String {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), files);
    let message = Records::read(&CATALOG, directory.path()).unwrap_err().to_string();
    message.replace(&format!("{}/", directory.path().display()), "")
}

const HASH: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn soc2(more: &str) -> String {
    format!(
        "series = \"soc-2-type-2\"\nprovider = \"aws\"\ntitle = \"SOC 2\"\nissuer = \"auditor\"\nreport = \"R\"\nfrom = 2025-10-01\nto = 2026-03-31\n\
         received = 2026-05-10\nsha256 = \"{HASH}\"\nterms = \"nda\"\nservices = [\"s3\", \"rds\"]\nregions = [\"eu-*\"]\n{more}"
    )
}

fn state(records: &Records, duty: &str, service: &str, region: &str, on: &str) -> (ProofState, String) {
    let proof = records.proof(&Party::Aws, duty, Some(service), Some(region), day(on));
    (proof.state, proof.why(&Party::Aws, Some(service), Some(region)))
}

#[test]
fn a_report_proves_its_services_and_regions_until_it_is_too_old() {
    let records = read(&[("attestations/soc2.toml", &soc2(""))]);
    let ask = |service, region, on| state(&records, "hardware.dispose-media", service, region, on).0;
    assert_eq!(ask("s3", "eu-west-1", "2026-05-09"), ProofState::Unproven, "nobody had it yet");
    assert_eq!(ask("s3", "eu-west-1", "2026-05-10"), ProofState::Attested);
    assert_eq!(ask("s3", "eu-west-1", "2027-03-31"), ProofState::Attested, "the catalogue takes it for a year after its period");
    assert_eq!(ask("s3", "eu-west-1", "2027-04-01"), ProofState::Lapsed);
    assert_eq!(ask("connect", "eu-west-1", "2026-06-01"), ProofState::OutOfScope);
    assert_eq!(ask("s3", "us-east-1", "2026-06-01"), ProofState::OutOfScope);
    let (_, why) = state(&records, "hardware.dispose-media", "connect", "eu-west-1", "2026-06-01");
    assert_eq!(why, "connect is not among the services in scope of SOC 2");
    assert_eq!(records.proof(&Party::Msp("x".to_owned()), "guest-os.harden", None, None, day("2026-06-01")).state, ProofState::Unproven);
    let own = read(&[("attestations/soc2.toml", &soc2("")), ("scope.toml", "[attestations.accept_days]\nsoc-2-type-2 = 90\n")]);
    assert_eq!(
        state(&own, "hardware.dispose-media", "s3", "eu-west-1", "2026-06-30").0,
        ProofState::Lapsed,
        "the customer's policy is stricter"
    );
}

#[test]
fn bridge_letters_carry_a_report_on() {
    let bridge = format!("[[bridge]]\nfrom = 2026-04-01\nto = 2027-06-30\nreceived = 2026-05-11\nsha256 = \"{HASH}\"\n");
    let records = read(&[("attestations/soc2.toml", &soc2(&bridge))]);
    assert_eq!(state(&records, "hardware.dispose-media", "s3", "eu-west-1", "2027-06-30").0, ProofState::Attested);
    assert_eq!(state(&records, "hardware.dispose-media", "s3", "eu-west-1", "2027-07-01").0, ProofState::Lapsed);
    let coverage = Coverage::of(records.attestations.iter(), day("2026-03-01"), day("2027-07-10"), day("2027-07-10"));
    assert_eq!((coverage.covered, coverage.bridged, coverage.uncovered), (31, 456, 10));
    assert_eq!(coverage.stretches.last().map(|last| (last.cover, last.from)), Some((Cover::Uncovered, day("2027-07-01"))));
    assert_eq!(coverage.picture(10), "=========.", "a mark stands for its worst day");
    let before = |known| Coverage::of(records.attestations.iter(), day("2026-03-01"), day("2026-04-30"), day(known));
    assert_eq!((before("2026-05-10").covered, before("2026-05-10").bridged), (31, 0), "the letter was not there yet");
    assert_eq!((before("2026-05-11").bridged, before("2026-05-09").covered), (30, 0));
}

#[test]
fn what_the_auditor_found_wanting_is_not_proven_by_another_document() {
    let noted = "[[exception]]\ncontrol = \"7.4\"\ntext = \"late approvals\"\nduties = [\"network-infra.operate-devices\"]\n";
    let certificate = format!(
        "series = \"iso-27001\"\nprovider = \"aws\"\ntitle = \"ISO\"\nissuer = \"body\"\nreport = \"C\"\nfrom = 2025-01-01\nuntil = 2028-01-01\n\
         received = 2025-02-01\nsha256 = \"{HASH}\"\nterms = \"public\"\nservices = [\"s3\"]\n"
    );
    let records = read(&[("attestations/soc2.toml", &soc2(noted)), ("attestations/iso.toml", &certificate)]);
    let (found, why) = state(&records, "network-infra.operate-devices", "s3", "eu-west-1", "2026-06-01");
    assert_eq!((found, why.as_str()), (ProofState::Unproven, "SOC 2 notes an exception at 7.4: late approvals"));
    assert_eq!(state(&records, "network-infra.absorb-ddos", "s3", "eu-west-1", "2026-06-01").0, ProofState::Attested);
    let next = soc2("").replace("2025-10-01", "2026-04-01").replace("2026-03-31", "2026-09-30").replace("2026-05-10", "2026-11-01");
    let records = read(&[("attestations/soc2.toml", &soc2(noted)), ("attestations/next.toml", &next)]);
    assert_eq!(state(&records, "network-infra.operate-devices", "s3", "eu-west-1", "2026-12-01").0, ProofState::Attested);
    for opinion in ["adverse", "disclaimer"] {
        let records = read(&[("attestations/soc2.toml", &soc2(&format!("opinion = \"{opinion}\"\n")))]);
        assert_eq!(state(&records, "hardware.dispose-media", "s3", "eu-west-1", "2026-06-01").0, ProofState::Unproven, "{opinion}");
        let coverage = Coverage::of(records.attestations.iter(), day("2026-01-01"), day("2026-01-31"), day("2026-06-01"));
        assert_eq!(coverage.covered, 0, "{opinion}");
    }
}

#[test]
fn what_a_report_carves_out_is_out_of_scope() {
    let carve = "[[carve_out]]\norganization = \"an operator\"\ntext = \"one edge site\"\nduties = [\"global-infra.operate-edge\"]\n";
    let records = read(&[("attestations/soc2.toml", &soc2(carve))]);
    assert_eq!(state(&records, "global-infra.operate-edge", "s3", "eu-west-1", "2026-06-01").0, ProofState::OutOfScope);
    assert_eq!(state(&records, "global-infra.operate-regions-and-zones", "s3", "eu-west-1", "2026-06-01").0, ProofState::Attested);
}

#[test]
fn agreements_prove_no_duty_but_are_evidence() {
    let addendum = format!(
        "series = \"data-processing-addendum\"\nprovider = \"aws\"\ntitle = \"DPA\"\nissuer = \"AWS\"\nreport = \"D\"\nfrom = 2026-01-01\n\
         received = 2026-01-01\nsha256 = \"{HASH}\"\nterms = \"public\"\n"
    );
    let records = read(&[("attestations/dpa.toml", &addendum)]);
    assert_eq!(state(&records, "hardware.dispose-media", "s3", "eu-west-1", "2026-06-01").0, ProofState::Unproven);
    assert!(matches!(records.evidence.state("privacy.aws-data-processing-addendum", day("2026-06-01")), EvidenceState::Current(_)));
    assert!(matches!(records.evidence.state("privacy.aws-data-processing-addendum", day("2025-12-31")), EvidenceState::Missing));
}

#[test]
fn documents_are_refused_where_their_dates_or_names_cannot_be() {
    for (text, want) in [
        (soc2("").replace("soc-2-type-2", "soc-2-type-3"), "1:10: there is no series of attestations `soc-2-type-3`; did you mean"),
        (soc2("").replace("to = 2026-03-31", "until = 2026-03-31"), "1:10: a period-report has `from` and `to`"),
        (soc2("").replace("to = 2026-03-31", "to = 2025-03-31"), "1:10: a period-report must end after it begins"),
        (soc2("").replace(HASH, "abc"), "9:10: sha256 is 64 hexadecimal digits"),
        (soc2("").replace("\"s3\"", "\"s33\""), "11:13: there is no service `s33`; did you mean `s3`?"),
        (soc2("").replace("services = [\"s3\", \"rds\"]\n", ""), "1:10: name the services that it covers"),
        (soc2("scope_list = \"x\"\n"), "13:14: there is no list in scopes/ `x`"),
        (soc2("").replace("\"aws\"", "\"customer\""), "2:12: a provider is aws"),
        (soc2("").replace("\"aws\"", "\"msp:x\""), "1:1: `msp:x` is not listed as a party"),
        (soc2("colour = \"red\"\n"), "13:1: unknown field `colour`"),
    ] {
        let message = refused(&[("attestations/a.toml", &text)]);
        assert!(message.starts_with(&format!("attestations/a.toml:{want}")), "{message}");
    }
}

#[test]
fn a_document_that_was_changed_is_a_finding() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), &[("attestations/soc2.toml", &soc2("file = \"report.pdf\"\n")), ("attestations/report.pdf", "")]);
    let found = |today: &str| -> Vec<String> {
        let records = Records::read(&CATALOG, directory.path()).unwrap();
        records.findings(day(today), &|_| true).into_iter().map(|finding| format!("{}: {}", finding.severity, finding.message)).collect()
    };
    assert!(found("2026-06-01").is_empty());
    std::fs::write(directory.path().join("attestations/report.pdf"), "x").unwrap();
    assert!(found("2026-06-01")[0].contains("not the recorded one"), "{:?}", found("2026-06-01"));
    std::fs::remove_file(directory.path().join("attestations/report.pdf")).unwrap();
    assert!(found("2026-06-01")[0].contains("cannot be read"));
}

#[test]
fn lapses_are_told_ahead_unless_the_next_document_is_there() {
    let records = read(&[("attestations/soc2.toml", &soc2(""))]);
    let told = |records: &Records, today: &str| -> Vec<(Severity, String)> {
        records.findings(day(today), &|_| true).into_iter().map(|finding| (finding.severity, finding.message)).collect()
    };
    assert!(told(&records, "2027-01-29").is_empty());
    assert_eq!(
        told(&records, "2027-01-30")[0],
        (Severity::Medium, "SOC 2 lapses on 2027-03-31, in 60 days; ask for the next one".to_owned())
    );
    assert_eq!(told(&records, "2027-04-01")[0].0, Severity::High);
    let next = soc2("").replace("2026-03-31", "2026-09-30").replace("2026-05-10", "2026-11-01");
    let records = read(&[("attestations/soc2.toml", &soc2("")), ("attestations/next.toml", &next)]);
    assert!(told(&records, "2027-04-01").is_empty(), "the next one is on file");
}

const TEAMS: &str =
    "[[team]]\nid = \"core\"\ntitle = \"Core\"\ncontact = \"rota\"\n[[team]]\nid = \"iam\"\ntitle = \"IAM\"\ncontact = \"desk\"\n";

#[test]
fn the_last_line_that_matches_names_the_owner() {
    let owners = "# who\n*  @core\nlayer:identity-access account:1*  @iam @core\ntag:team=x  @iam\nduty:backup-recovery.test-restore\n";
    let scope = "[[account]]\nid = \"111122223333\"\ntitle = \"a\"\nou = \"Work/Core\"\n";
    let records = read(&[("teams.toml", TEAMS), ("owners", owners), ("scope.toml", scope)]);
    let tags = std::collections::BTreeMap::from([("team".to_owned(), "x".to_owned())]);
    let owner = |account, duty, tagged| {
        let subject =
            Subject { account: Some(account), resource_type: Some("AWS::S3::Bucket"), tags: if tagged { Some(&tags) } else { None }, duty };
        records.owners.of(subject).map(|owners| owners.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
    };
    assert_eq!(owner("2", "identity-access.enforce-mfa", false).as_deref(), Some("core"));
    assert_eq!(owner("1", "identity-access.enforce-mfa", false).as_deref(), Some("iam core"));
    assert_eq!(owner("1", "guest-os.harden", true).as_deref(), Some("iam"));
    assert_eq!(owner("1", "backup-recovery.test-restore", true), None, "a line without owners takes the duty away");
    let unit = read(&[("teams.toml", TEAMS), ("owners", "ou:Work/* @iam\n"), ("scope.toml", scope)]);
    let ask = |account| unit.owners.of(Subject { account: Some(account), ..Subject::default() }).is_some();
    assert!(ask("111122223333") && !ask("444455556666"));
}

#[test]
fn owners_that_nobody_knows_are_refused_where_they_stand() {
    for (line, want) in [
        ("* @coer", "1:3: there is no team `coer`; did you mean `core`?"),
        ("* @core layer:x", "1:9: `layer:x` stands after an owner"),
        ("layer:identity @core", "1:1: there is no layer `identity`"),
        ("duty:guest-os.patch @core", "1:1: there is no duty `guest-os.patch`"),
        ("type:AWS::S4::* @core", "1:1: nobody knows a type `AWS::S4::*`"),
        ("team:x @core", "1:1: `team:` is no pattern"),
        ("anything @core", "1:1: `anything` is no pattern"),
        ("@core", "1:1: this line has owners but no pattern"),
        ("* msp:quay", "1:3: `msp:quay` is not listed as a party"),
        ("tag:team @core", "1:1: `tag:team` needs a key and a value"),
    ] {
        let message = refused(&[("teams.toml", TEAMS), ("owners", line)]);
        assert!(message.starts_with(&format!("owners:{want}")), "{message}");
    }
}

#[test]
fn frameworks_follow_from_what_the_customer_says_of_itself() {
    let text = "data = [\"cardholder\", \"personal-eu\"]\nobjectives = [\"soc2\"]\n[leave_out]\ngdpr = \"another part of the company keeps to it\"\n\
                [[requirement]]\nid = \"A\"\ntitle = \"t\"\ncustomer = \"Does.\"\nmanual = [\"access.policy\"]\n";
    let records = read(&[("scope.toml", text)]);
    let ids: Vec<&str> = records.scope.frameworks.keys().map(AsRef::as_ref).collect();
    assert_eq!(ids, ["pci-dss-4.0.1", "soc2"]);
    assert_eq!(records.scope.frameworks["pci-dss-4.0.1"][0].word, "cardholder");
    assert!(records.scope.left_out.contains_key("gdpr"));
    assert!(records.scope.evidence.contains_key("data.cardholder-scope"));
    assert_eq!(records.scope.own.as_ref().map(|own| own.requirements.len()), Some(1));
    for (text, want) in [
        ("data = [\"cardholders\"]", "1:9: there is no word for data `cardholders`; did you mean `cardholder`?"),
        ("services = [\"conect\"]", "1:13: there is no service `conect`; did you mean `connect`?"),
        ("frameworks = [\"soc3\"]", "1:15: there is no framework `soc3`"),
        ("[leave_out]\ngdpr = \" \"", "2:1: `gdpr` is left out without a reason"),
        ("[[account]]\nid = \"1\"\ntitle = \"x\"", "2:6: `1` is no account id"),
        ("[audit]\nfrom = 2026-01-01\nto = 2025-01-01", "3:6: the audit period must end after it begins"),
        (
            "[[requirement]]\nid = \"A\"\ntitle = \"t\"\ncustomer = \"c\"\nchecks = [\"s3.bucket-blocks-publik-access\"]",
            "5:11: `s3.bucket-blocks-publik-access` names no check; did you mean",
        ),
        (
            "[[requirement]]\nid = \"A\"\ntitle = \"t\"\ncustomer = \"c\"\nmanual = [\"access.polcy\"]",
            "5:11: there is no manual evidence `access.polcy`; did you mean",
        ),
    ] {
        let message = refused(&[("scope.toml", text)]);
        assert!(message.starts_with(&format!("scope.toml:{want}")), "{message}");
    }
}

#[test]
fn evidence_is_current_failed_overdue_or_missing() {
    let record =
        |more: &str| format!("[[record]]\nevidence = [\"access.review\"]\ntitle = \"Review\"\nowner = \"iam\"\nmade = 2026-01-10\n{more}");
    let records = read(&[("evidence/a.toml", &record(""))]);
    let word = |records: &Records, on: &str| records.evidence.state("access.review", day(on)).as_str();
    assert_eq!(
        [word(&records, "2026-01-09"), word(&records, "2026-07-09"), word(&records, "2026-07-10")],
        ["missing", "current", "overdue"]
    );
    let found = records.findings(day("2026-07-10"), &|_| true);
    assert_eq!((found[0].kind, found[0].owner.as_deref()), (FindingKind::Evidence, Some("iam")));
    assert_eq!(word(&read(&[("evidence/a.toml", &record("failed = \"nobody came\"\n"))]), "2026-02-01"), "failed");
    let again = format!("{}\n{}", record("failed = \"x\"\n"), record("").replace("2026-01-10", "2026-02-01"));
    assert_eq!(word(&read(&[("evidence/a.toml", &again)]), "2026-03-01"), "current", "the last one decides");
    let message = refused(&[("evidence/a.toml", &record("due = 2027-01-01\n"))]);
    assert!(message.starts_with("evidence/a.toml:2:13: `access.review` is made again after 180 days"), "{message}");
}

#[test]
fn who_makes_a_document_follows_from_the_owners() {
    let owner = |records: &Records, id: &str| records.owner_of(&CATALOG.evidence[id], day("2026-06-01"));
    let owners = "layer:assurance @iam\nduty:customer-data.leave-ended-service msp:quay\n";
    let party = "[[party]]\nid = \"msp:quay\"\ntitle = \"Quay\"\n";
    let files = [("teams.toml", TEAMS), ("parties.toml", party), ("owners", owners)];
    let records = read(&files);
    assert_eq!(owner(&records, "supplier.cuec-review").as_deref(), Some("iam"), "by its duty's layer");
    assert_eq!(owner(&records, "supplier.exit-plan").as_deref(), Some("msp:quay"), "by its duty");
    assert_eq!(owner(&records, "supplier.policy"), None, "no duty stands behind it");
    assert_eq!(owner(&Records::default(), "supplier.cuec-review"), None);
    let all = format!("* @core\n{owners}");
    assert_eq!(owner(&read(&[files[0], files[1], ("owners", &all)]), "supplier.policy").as_deref(), Some("core"));
    let kept = "[[record]]\nevidence = [\"supplier.cuec-review\"]\ntitle = \"t\"\nowner = \"head of audit\"\nmade = 2026-01-10\n";
    let records = read(&[files[0], files[1], files[2], ("evidence/a.toml", kept)]);
    assert_eq!(owner(&records, "supplier.cuec-review").as_deref(), Some("head of audit"));
    assert!(records.offices().contains("head of audit") && !records.offices().contains("nobody"));
}

#[test]
fn expectations_belong_to_documents_and_lines_that_are_there() {
    let cuec = |more: &str| format!("[[cuec]]\nid = \"C1\"\nattestation = \"soc2\"\ntext = \"t\"\n{more}");
    let with = |text: &str| refused(&[("attestations/soc2.toml", &soc2("")), ("expectations.toml", text)]);
    for (text, want) in [
        (cuec("").replace("\"soc2\"", "\"soc\""), "3:15: there is no attestation `soc`; did you mean `soc2`?"),
        (cuec("checks = [\"nothing\"]\n"), "5:11: `nothing` names no check"),
        (cuec("requirements = { soc2 = [\"CC0.0\"] }\n"), "2:6: `soc2` has no requirement `CC0.0`"),
        (format!("{}{}", cuec(""), cuec("")), "6:6: `C1` is the id of an earlier expectation"),
    ] {
        let message = with(&text);
        assert!(message.starts_with(&format!("expectations.toml:{want}")), "{message}");
    }
}

#[test]
fn contracts_that_ended_are_findings() {
    let parties = "[[party]]\nid = \"msp:quay\"\ntitle = \"Quay\"\ncontract = \"Q-1\"\ncontract_until = 2026-06-30\n\
                   [[party]]\nid = \"vendor:lan\"\ntitle = \"Lan\"\n[[takes]]\nparty = \"vendor:lan\"\nduties = [\"platform-app.*\"]\n";
    let records = read(&[("parties.toml", parties)]);
    let found: Vec<_> = records.findings(day("2026-07-01"), &|_| true).into_iter().map(|one| (one.severity, one.subject)).collect();
    assert_eq!(found, [(Severity::High, "msp:quay".to_owned()), (Severity::Medium, "vendor:lan".to_owned())]);
    assert_eq!(records.findings(day("2026-06-30"), &|_| true).len(), 1);
}

#[test]
fn no_directory_is_not_an_empty_one() {
    assert!(Records::read(&CATALOG, Path::new("/nonexistent/records")).is_err());
    let empty = tempfile::tempdir().unwrap();
    assert!(Records::read(&CATALOG, empty.path()).unwrap().findings(day("2026-01-01"), &|_| true).is_empty());
}
