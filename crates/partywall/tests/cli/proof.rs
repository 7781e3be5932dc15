//! Both sides named and proven: attestations, expectations, owners, scope, frameworks, figures.

use serde_json::Value;

use crate::support::{Ran, Sources, root, run_in};

const BANK: &str = "examples/harbour-bank";

fn bank(arguments: &[&str]) -> Ran {
    run_in(&root(), arguments)
}

pub(crate) fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}\n{}", ran.out, ran.err))
}

#[test]
fn services_lapse_when_their_report_does() {
    let check = |day: &str| json(&bank(&["attest", "check", BANK, "--as-of", day, "--format", "json"]));
    let state = |whole: &Value, service: &str| -> String {
        let places = whole["places"].as_array().unwrap();
        let mut found: Vec<&str> =
            places.iter().filter(|place| place["service"] == service).map(|place| place["state"].as_str().unwrap()).collect();
        found.dedup();
        found.join(" ")
    };
    let (now, later) = (check("2026-11-22"), check("2027-04-15"));
    // The example's policy takes the report for 180 days after 2026-09-30.
    assert!(now["proof"]["attested"].as_u64().unwrap() > 2_000);
    assert_eq!(now["proof"]["lapsed"], 0);
    assert!(later["proof"]["lapsed"].as_u64().unwrap() > 500);
    assert_eq!(state(&later, "secretsmanager"), "lapsed", "no other document covers it");
    assert_eq!(state(&now, "connect"), "out-of-scope");
    let why = now["places"].as_array().unwrap().iter().find(|place| place["service"] == "connect").unwrap();
    assert!(why["why"].as_str().unwrap().starts_with("connect is not among the services in scope of AWS"), "{why}");
    let all = |whole: &Value| {
        ["attested", "lapsed", "out_of_scope", "unproven"].iter().map(|name| whole["proof"][name].as_u64().unwrap()).sum::<u64>()
    };
    let page = json(&bank(&["assess", BANK, "--as-of", "2026-11-22", "--format", "json"]));
    let wall = page["summary"]["wall"].as_array().unwrap();
    let cells = || wall.iter().flat_map(|row| row["cells"].as_array().unwrap());
    let of_aws: u64 = cells().map(|cell| cell["counts"]["aws"].as_u64().unwrap()).sum();
    assert_eq!((all(&now), all(&later)), (of_aws, of_aws), "every duty of AWS is in one of the four");
    for cell in cells() {
        let proof =
            ["attested", "lapsed", "out_of_scope", "unproven"].iter().map(|name| cell["proof"][name].as_u64().unwrap()).sum::<u64>();
        assert_eq!(Some(proof), cell["counts"]["aws"].as_u64(), "{}", cell["layer"]);
    }
}

#[test]
fn an_audit_period_is_covered_bridged_and_uncovered() {
    let ran = bank(&["attest", "check", BANK, "--as-of", "2026-11-22"]);
    assert!(ran.out.contains("AUDIT PERIOD 2026-01-01 to 2026-12-31"), "{}", ran.out);
    assert!(ran.out.contains("aws SOC 2 type 2: 242 days covered, 31 bridged, 92 uncovered"), "{}", ran.out);
    assert!(ran.out.contains("uncovered: 2026-01-01 to 2026-01-31") && ran.out.contains("uncovered: 2026-11-01 to 2026-12-31"));
    assert!(ran.out.contains("#####") && ran.out.contains("##==") && ran.out.contains("...."), "{}", ran.out);
    assert_eq!(ran.code, 1, "an expectation is not met: {}", ran.err);
}

#[test]
fn an_expectation_fails_because_of_a_check() {
    let all = json(&bank(&["attest", "expectations", BANK, "--as-of", "2026-11-22", "--format", "json"]));
    let of = |id: &str| all.as_array().unwrap().iter().find(|one| one["id"] == id).unwrap().clone();
    assert_eq!(of("SYN-CUEC-02")["stand"], "not_met");
    assert_eq!(of("SYN-CUEC-02")["why"], "s3.bucket-blocks-public-access failed");
    assert_eq!(of("SYN-CUEC-03")["stand"], "met", "by manual evidence");
    assert_eq!(of("SYN-CSOC-01")["stand"], "met");
    assert_eq!(of("SYN-CSOC-02")["stand"], "unproven");
    let without =
        json(&bank(&["attest", "expectations", "--records", "examples/harbour-bank/records", "--as-of", "2026-11-22", "--format", "json"]));
    assert_eq!(without[1]["stand"], "unproven", "nobody looked");
}

#[test]
fn a_duty_without_an_owner_is_a_finding() {
    let page = json(&bank(&["assess", BANK, "--as-of", "2026-11-22", "--format", "json"]));
    let records = page["summary"]["records"].as_array().unwrap();
    let owner = |subject: &str| records.iter().find(|one| one["kind"] == "owner" && one["subject"] == subject);
    assert!(owner("backup-recovery.test-restore").is_some());
    assert!(owner("guest-os.harden").is_none(), "it has one");
    let lines = page["summary"]["owners"].as_array().unwrap();
    assert!(lines.last().unwrap()["owner"].is_null(), "nobody comes last");
    let findings = page["results"].as_array().unwrap();
    let of = |check: &str| findings.iter().find(|one| one["check"] == check && one["status"] == "fail").unwrap()["owner"].clone();
    assert_eq!(of("iam.role-trust-names-principals"), "identity");
}

#[test]
fn what_takes_a_few_checks_only_leaves_the_papers_alone() {
    let ran = bank(&["assess", BANK, "--check", "kms.", "--as-of", "2026-11-22"]);
    assert!(!ran.out.contains("ON RECORD"), "{}", ran.out);
}

#[test]
fn an_adopted_service_brings_duties() {
    let sources = Sources::new(&[
        ("old/scope.toml", "services = [\"s3\"]\n"),
        ("new/scope.toml", "services = [\"s3\", \"connect\"]\nobjectives = [\"soc2\"]\n"),
    ]);
    let ran = sources.run(&["diff", "old", "new"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    for text in
        ["+ SOC 2 trust services criteria (61 lines)", "objectives soc2: The report is judged", "+ Amazon Connect", "comes to you ("]
    {
        assert!(ran.out.contains(text), "{text}: {}", ran.out);
    }
    let whole = json(&sources.run(&["diff", "old", "new", "--format", "json"]));
    assert_eq!(whole["services"]["added"], serde_json::json!(["connect"]));
    let (before, after) = (whole["before"]["all"].as_u64().unwrap(), whole["after"]["all"].as_u64().unwrap());
    assert_eq!(whole["duties"].as_array().unwrap().len() as u64, after - before);
    let back = sources.run(&["diff", "new", "old"]);
    assert!(back.out.contains("- Amazon Connect") && back.out.contains("goes from you"), "{}", back.out);
    assert!(sources.run(&["diff", "old", "old"]).out.contains("nothing comes, goes or changes hands"));
    assert_eq!(sources.run(&["diff", "old", "nowhere"]).code, 2);
}

#[test]
fn a_scope_says_why_each_framework_is_in() {
    let ran = bank(&["scope", BANK, "--as-of", "2026-11-22"]);
    for text in [
        "pci-dss-4.0.1 · PCI DSS 4.0.1 (280 lines)",
        "data cardholder: Whoever stores",
        "contracts card-scheme: Acquirers",
        "Amazon WorkMail is in use, and the scope does not name it",
        "account 111122223333 core banking, in Workloads/Core",
    ] {
        assert!(ran.out.contains(text), "{text}: {}", ran.out);
    }
    assert_eq!(Sources::new(&[("t.yaml", "Resources: {Q: {Type: AWS::SQS::Queue}}\n")]).run(&["scope", "."]).code, 2);
}

#[test]
fn a_reader_gets_to_what_remains() {
    let all = bank(&["framework", "show", "soc2", BANK, "--as-of", "2026-11-22"]);
    let remaining = |id: &str| json(&bank(&["framework", "show", id, BANK, "--as-of", "2026-11-22", "--remaining", "--format", "json"]));
    let gdpr = remaining("gdpr");
    let left = gdpr["requirements"].as_array().unwrap();
    assert_eq!(
        left.len() as u64,
        gdpr["total"].as_u64().unwrap() - gdpr["met"].as_u64().unwrap() - gdpr["nothing_in_scope"].as_u64().unwrap()
    );
    assert!(left.iter().all(|line| line["answer"] != "met" && line["remaining"].as_u64().is_some()));
    for text in
        ["61 criteria = ", "NOT MET", "Keep: Review of access rights (access.review): current, due 2027-03-29, identity", "Answers: "]
    {
        assert!(all.out.contains(text), "{text}: {}", all.out);
    }
    assert!(all.out.contains("[attested for ") || all.out.contains("[attested until "), "{}", all.out);
    let own = bank(&["framework", "show", "own", BANK, "--as-of", "2026-11-22"]);
    assert!(own.out.contains("HB-02") && own.out.contains("NOT MET"), "the restore test failed: {}", own.out);
    let fedramp = bank(&["framework", "show", "fedramp-moderate", "--requirement", "ac-2"]);
    assert!(fedramp.out.contains("Here: odp") && fedramp.out.contains(" ac-2  Account Management"), "{}", fedramp.out);
}

#[test]
fn duties_of_one_team_are_a_checklist() {
    let list = json(&bank(&["matrix", BANK, "--mine", "identity", "--as-of", "2026-11-22", "--format", "json"]));
    let tasks = list["tasks"].as_array().unwrap();
    assert!(tasks.iter().any(|task| task["group"] == "Mend" && task["due"] == "2026-11-25"));
    assert!(tasks.iter().any(|task| task["group"] == "Make again" && task["due"] == "2027-03-29"));
    assert!(tasks.iter().any(|task| task["group"].as_str().unwrap().starts_with("Keep up")));
    let office = |name: &str| json(&bank(&["matrix", BANK, "--mine", name, "--as-of", "2026-11-22", "--format", "json"]))["tasks"].clone();
    let has =
        |tasks: &Value, place: &str, due: &str| tasks.as_array().unwrap().iter().any(|task| task["place"] == place && task["due"] == due);
    let audit = office("head of internal audit");
    assert!(has(&audit, "soc2:CC6.1", "2027-01-15"), "whoever reviewed reviews again: {audit}");
    let branch = office("head of branch systems");
    assert!(has(&branch, "HB-EX-002", "2026-06-30"), "an exception that expired is its owner's: {branch}");
    let nobody = bank(&["matrix", BANK, "--mine", "nobody", "--as-of", "2026-11-22"]);
    assert!(nobody.code == 2 && nobody.err.contains("what has no owner is a finding"), "{}", nobody.err);
    let md = bank(&["matrix", BANK, "--mine", "msp:quayside-ops", "--as-of", "2026-11-22", "--format", "md"]);
    assert!(md.out.contains("# Duties of msp:quayside") && md.out.contains("- [ ] "), "{}", md.out);
    let html = bank(&["matrix", BANK, "--mine", "grc", "--as-of", "2026-11-22", "--format", "html"]);
    assert!(html.out.starts_with("<!doctype html>"));
    let none = bank(&["matrix", BANK, "--mine", "identify", "--as-of", "2026-11-22"]);
    assert!(none.code == 2 && none.err.contains("did you mean `identity`?"), "{}", none.err);
}

#[test]
fn the_promised_figures_are_measured() {
    let whole = json(&bank(&["figures", "--framework", "nist-800-53r5-moderate", "--format", "json"]));
    let one = &whole["automated"][0];
    let (technical, automated) = (one["technical"].as_u64().unwrap(), one["automated"].as_u64().unwrap());
    assert!(automated * 100 >= technical * 60, "{automated} of {technical}");
    let left: u64 = one["left"].as_array().unwrap().iter().map(|pair| pair[1].as_u64().unwrap()).sum();
    assert_eq!(technical, automated + left);
    assert!(whole["audit_preparation"].is_null());
    assert!(bank(&["figures"]).out.contains("no baseline"));
    let ran = bank(&["figures", BANK, "--as-of", "2026-11-22"]);
    assert!(ran.out.contains("640 hours before (time sheets of the SOC 2 preparation of 2025)"), "{}", ran.out);
}

#[test]
fn a_document_is_put_on_file() {
    let sources = Sources::new(&[("report.pdf", "the report"), ("records/teams.toml", "")]);
    let add = |more: &[&str]| sources.run(&[&["attest", "add", "report.pdf", "--as-of", "2026-11-22"][..], more].concat());
    let period = ["--series", "soc-2-type-2", "--from", "2026-01-01", "--to", "2026-06-30"];
    let unnamed = add(&period);
    assert!(unnamed.code == 2 && unnamed.err.contains("name the services that it covers"), "{}", unnamed.err);
    assert!(!sources.path().join("records/attestations/aws-soc-2-type-2-2026-06-30.toml").exists(), "nothing half done is left");
    let ran = add(&[&period[..], &["--services", "s3,rds"]].concat());
    assert_eq!(ran.code, 0, "{}", ran.err);
    let shown = sources.run(&["attest", "show", "aws-soc-2-type-2-2026-06-30", "--records", "records", "--as-of", "2026-11-22"]);
    for text in ["taken as proof until 2027-06-30: holds", "received 2026-11-22", "terms: confidential", "2 services: rds, s3"] {
        assert!(shown.out.contains(text), "{text}: {}", shown.out);
    }
    assert!(add(&[&period[..], &["--services", "s3"]].concat()).err.contains("is there already"));
    assert!(add(&["--series", "iso-27001", "--from", "2026-01-01"]).err.contains("--from and --until"));
    assert!(add(&["--series", "soc2"]).err.contains("soc-2-type-2"));
    let detail = r#"{"reportDetails":{"id":"report-1","name":"SOC 2","companyName":"Auditor","periodStart":"2026-01-01T00:00:00Z","periodEnd":"2026-03-31T00:00:00Z","version":3}}"#;
    sources.write("metadata.json", detail.as_bytes());
    let ran = add(&["--series", "soc-2-type-2", "--metadata", "metadata.json", "--services", "s3", "--id", "artifact"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let text = std::fs::read_to_string(sources.path().join("records/attestations/artifact.toml")).unwrap();
    assert!(text.contains("report = \"report-1\"") && text.contains("to = 2026-03-31") && text.contains("issuer = \"Auditor\""), "{text}");
    let list = sources.run(&["attest", "list", "--records", "records", "--as-of", "2026-11-22", "--format", "csv"]);
    assert_eq!(list.out.lines().count(), 3, "{}", list.out);
    sources.write(
        "cuecs.csv",
        b"id,text,duties,requirements,page\nC-1,Rotate keys,server-encryption.rotate-keys,soc2:CC6.1 gdpr:Art. 32(1),7\n",
    );
    let import = ["attest", "import-expectations", "cuecs.csv", "--attestation", "artifact"];
    let ran = sources.run(&import);
    assert!(ran.code == 0 && ran.err.contains("nothing was taken from page"), "{}", ran.err);
    let on_file = json(&sources.run(&["attest", "expectations", "--records", "records", "--as-of", "2026-11-22", "--format", "json"]));
    assert_eq!(on_file[0]["requirements"], serde_json::json!(["gdpr:Art. 32(1)", "soc2:CC6.1"]));
    assert!(sources.run(&import).err.contains("`C-1` is in"), "not twice");
}

#[test]
fn sheets_for_auditors_are_written_and_read_again() {
    let sources = Sources::new(&[("records/parties.toml", "[[party]]\nid = \"msp:quay\"\ntitle = \"Quay\"\n")]);
    let out = |name: &str| sources.path().join(name).display().to_string();
    let export = |form: &str, more: &[&str]| bank(&[&["export", form, BANK, "--as-of", "2026-11-22"][..], more].concat());
    let cis = export("cis", &[]);
    assert!(cis.out.starts_with("Control ID,Implemented,Partially Implemented,Planned,Alternative Implementation,N/A,"), "{}", cis.out);
    assert!(cis.out.contains("\nAC-02 (a),"), "one row per part");
    let crm = export("crm", &["--framework", "nist-800-53r5-moderate", "--output", &out("crm.csv")]);
    assert_eq!(crm.code, 0, "{}", crm.err);
    let import = ["import", "crm", "crm.csv", "--party", "msp:quay", "--framework", "nist-800-53r5-moderate", "--as-of", "2026-11-22"];
    let imported = sources.run(&import);
    assert_eq!(imported.code, 0, "{}", imported.err);
    let shown = sources.run(&["framework", "show", "nist-800-53r5-moderate", "--requirement", "pe-3", "--records", "records"]);
    assert!(
        shown.out.contains("Others: msp:quay (a) partial: ") && shown.out.contains("unproven: no attestation of msp:quay is on file"),
        "{}",
        shown.out
    );
    assert!(sources.run(&import).err.contains("is there already"));
    let book = export("matrix", &["--framework", "soc2", "--format", "xlsx", "--output", &out("soc2.xlsx")]);
    assert_eq!(book.code, 0, "{}", book.err);
    assert!(std::fs::read(sources.path().join("soc2.xlsx")).unwrap().starts_with(b"PK"));
    assert!(export("matrix", &["--framework", "soc2", "--format", "html"]).out.starts_with("<!doctype html>"));
    assert_eq!(export("cuec", &[]).out.matches("\nSYN-CUEC-").count(), 3);
    assert!(export("pci", &[]).out.contains("\n12.8.5,"));
    assert!(export("matrix", &[]).err.contains("of which framework?"));
    assert!(export("cis", &["--framework", "soc2"]).code == 2, "its ids are no controls");
    sources.write("caiq.csv", b"Question ID,Question,CSP CAIQ Answer,SSRM Control Ownership\nIAM-05.1,theirs,,\n");
    let filled = export("caiq", &["--fill", &out("caiq.csv")]);
    assert!(filled.out.contains("IAM-05.1,theirs,") && filled.out.contains("hared"), "{}", filled.out);
}

#[test]
fn a_well_architected_review_is_answered_from_findings() {
    let review = |more: &[&str]| bank(&[&["review", BANK, "--as-of", "2026-11-22"][..], more].concat());
    let whole = json(&review(&["--format", "json"]));
    let pillars = whole["pillars"].as_array().unwrap();
    let questions: Vec<&Value> = pillars.iter().flat_map(|pillar| pillar["questions"].as_array().unwrap()).collect();
    assert_eq!((pillars.len(), questions.len()), (6, 57));
    let practice = |id: &str| {
        let all = questions.iter().flat_map(|question| question["practices"].as_array().unwrap());
        all.into_iter().find(|practice| practice["id"] == id).unwrap().clone()
    };
    assert_eq!((practice("OPS03-BP01")["state"].clone(), practice("OPS03-BP01")["from"].clone()), ("in_place".into(), "answer".into()));
    assert_eq!(practice("REL13-BP02")["target"], "2027-06-30");
    assert_eq!(practice("SUS05-BP01")["state"], "not_applicable");
    let facts = practice("SEC08-BP02")["facts"].as_array().unwrap().clone();
    assert!(facts.iter().any(|fact| fact["fail"].as_u64() > Some(0)), "{facts:?}");
    assert!(review(&["--question", "SEC08"]).out.contains("fail, "));
    assert!(review(&["--pillar", "SECC"]).err.contains("did you mean `SEC`?"));
    let sources = Sources::new(&[("records/teams.toml", "")]);
    assert_eq!(sources.run(&["review", "--records", "records", "--milestone", "first", "--as-of", "2026-11-22"]).code, 0);
    let again = sources.run(&["review", "--records", "records", "--as-of", "2026-11-23"]);
    assert!(again.out.contains("last milestone first on 2026-11-22: 0 high"), "{}", again.out);
    assert!(sources.run(&["review", "--records", "records", "--milestone", "first"]).err.contains("already"));
}

#[test]
fn papers_have_commands() {
    let sources = Sources::new(&[("records/teams.toml", "")]);
    assert_eq!(sources.run(&["runbook", "new", "restore-rds"]).code, 0);
    let lint = sources.run(&["records", "lint", "."]);
    assert!(lint.code == 1 && lint.out.contains("records/runbooks/restore-rds.md:"), "{}", lint.out);
    assert!(bank(&["runbook", "list"]).out.lines().count() >= 26, "a head and at least 25");
    assert!(bank(&["runbook", "show", "restore-rsd"]).err.contains("did you mean `restore-rds`?"));
    let due = bank(&["records", "due", BANK, "--as-of", "2026-11-22", "--format", "csv"]);
    assert!(due.out.contains("2026-10-31,-22,contract,vendor:lantern-screening,"), "{}", due.out);
    let missing = json(&bank(&["records", "evidence", BANK, "--as-of", "2026-11-22", "--missing", "--format", "json"]));
    assert!(missing.as_array().unwrap().iter().all(|row| row["state"] != "current" && row["asked for"] == "yes"));
    let quiz = bank(&["training", "quiz", "--records", "examples/harbour-bank/records", "--questions", "5", "--format", "json"]);
    sources.write("quiz.json", quiz.out.as_bytes());
    let right: String = json(&quiz)["questions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|question| char::from(b'a' + u8::try_from(question["answer"].as_u64().unwrap()).unwrap()))
        .collect();
    let score =
        |answers: &str| sources.run(&["training", "score", "quiz.json", "--answers", answers, "--person", "4711", "--as-of", "2026-11-22"]);
    assert_eq!(score(&right).out.trim(), "4711,2026-11-22,100");
    assert_eq!(score("-----").out.trim(), "4711,2026-11-22,0");
    assert_eq!(score("a").code, 2);
    assert!(bank(&["training", "list", BANK, "--as-of", "2026-11-22"]).out.contains("awareness-2026"));
}

#[test]
fn frameworks_are_compared_and_imported() {
    let diff = bank(&["framework", "diff", "nist-800-53r5-low", "nist-800-53r5-moderate", "--format", "json"]);
    let diff = json(&diff);
    assert_eq!((diff["only_a"].as_array().unwrap().len(), diff["only_b"].as_array().unwrap().len()), (0, 138));
    let catalogue = r#"{"catalog":{"uuid":"u","metadata":{"title":"Ours","version":"1","oscal-version":"1.1.2","last-modified":"2026-01-01T00:00:00Z"},"groups":[{"id":"g","title":"G","controls":[{"id":"g-1","title":"One","parts":[{"id":"g-1_smt","name":"statement","prose":"Do it."}]}]}]}}"#;
    let sources = Sources::new(&[("ours.json", catalogue)]);
    let ran = sources.run(&["import", "framework", "ours.json", "--id", "ours", "--out", "over/frameworks"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let shown = sources.run(&["--catalog", "over", "framework", "show", "ours"]);
    assert!(shown.code == 0 && shown.out.contains("g-1  One"), "{}\n{}", shown.out, shown.err);
    assert!(
        sources.run(&["import", "framework", "ours.json", "--id", "ours", "--out", "over/frameworks"]).err.contains("is there already")
    );
}

#[test]
fn rules_of_a_conformance_pack_have_a_check_or_say_that_none_is_here() {
    let rule = |name: &str, owner: &str, identifier: &str| {
        format!(
            "  {}:\n    Type: AWS::Config::ConfigRule\n    Properties:\n      ConfigRuleName: {name}\n      InputParameters: {{maxAccessKeyAge: '30'}}\n      \
             Source: {{Owner: {owner}, SourceIdentifier: {identifier}}}\n",
            name.replace('-', "")
        )
    };
    let rules = [
        rule("keys", "AWS", "ACCESS_KEYS_ROTATED"),
        rule("strange", "AWS", "NOBODY_HAS_THIS_RULE"),
        rule("root-account-mfa-enabled", "CUSTOM_LAMBDA", "'arn:aws:lambda:eu-west-1:111122223333:function:x'"),
        rule("plan-exists", "AWS", "AWS_CONFIG_PROCESS_CHECK"),
    ];
    let sources = Sources::new(&[("pack.yaml", &format!("Resources:\n{}", rules.concat()))]);
    let ran = sources.run(&["import", "framework", "pack.yaml", "--id", "pack", "--out", "over/frameworks"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let without = "3 of 4 rules have no check here: nobody-has-this-rule, custom.root-account-mfa-enabled, process.plan-exists";
    assert!(ran.err.contains(without), "{}", ran.err);
    assert!(ran.err.contains("1 of 4 rules set parameters; see whether their checks ask the same: access-keys-rotated"), "{}", ran.err);
    let shown = sources.run(&["--catalog", "over", "framework", "show", "pack"]);
    assert!(shown.out.contains("Checks: iam.access-keys-are-rotated"), "{}", shown.out);
    let after = shown.out.split("Nobody has this rule").nth(1).expect("the rule's line");
    assert!(after.trim_start().starts_with("Open: no check here"), "{}", shown.out);
    assert_eq!(shown.out.matches("no check here").count(), 3, "a rule of one's own is not the managed one of that name: {}", shown.out);
}
