use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use partywall_catalog::{Lifecycle, OwnerRule};
use partywall_model::Party;

use super::condition::Ownership;
use super::duties::OWNERS;
use super::*;

fn catalog() -> &'static Catalog {
    static CATALOG: OnceLock<Catalog> = OnceLock::new();
    CATALOG.get_or_init(|| Catalog::load(None).unwrap())
}

fn of(services: &[&str]) -> Records {
    let mut records = Records::default();
    records.scope.services = services.iter().map(|id| Arc::from(*id)).collect();
    records
}

fn find(service: &str, id: &str) -> Question {
    let mut all = Vec::new();
    let service = &catalog().services[service];
    duties::add(catalog(), service, &mut all);
    layers::add(catalog(), service, &mut all);
    all.into_iter().find(|one| one.question.id == id).unwrap_or_else(|| panic!("no question {id}")).question
}

#[test]
fn the_setting_decides_who_patches_a_database() {
    let base = "duty.rds.standard.engine-runtime.apply-minor-patch";
    let holds = find("rds", &format!("{base}.holds"));
    assert_eq!(holds.text, "Amazon RDS (RDS): whose duty is it to apply minor versions and patches, if AutoMinorVersionUpgrade is true?");
    assert_eq!(holds.choices[holds.answer], "AWS");
    let fails = find("rds", &format!("{base}.fails"));
    assert!(fails.text.ends_with("if AutoMinorVersionUpgrade is false?"), "{}", fails.text);
    assert_eq!(fails.choices[fails.answer], "you");
    assert_eq!(
        fails.explanation,
        "If AutoMinorVersionUpgrade is true, AWS does it, else the customer. AWS: Builds the minor engine version and applies automatic \
         targets in the maintenance window. The customer: Leaves automatic upgrades on, or applies each one; keeps a maintenance window."
    );
    assert_eq!(fails.source, "Automatically upgrading the minor engine version, read on 2026-11-22");
    let open = find("rds", base);
    assert_eq!(open.choices[open.answer], OWNERS[2]);
}

#[test]
fn a_condition_too_long_for_a_clause_is_asked_without_it() {
    let question = find("elasticbeanstalk", "duty.elasticbeanstalk.engine-runtime.apply-minor-patch");
    assert_eq!(question.choices[question.answer], OWNERS[2]);
    assert!(question.explanation.starts_with("A setting decides. AWS: Applies minor platform versions"), "{}", question.explanation);
}

#[test]
fn modes_that_differ_are_asked_one_by_one() {
    let mut all = Vec::new();
    duties::add(catalog(), &catalog().services["rds"], &mut all);
    let patch: Vec<&str> = all.iter().map(|one| one.question.id.as_str()).filter(|id| id.ends_with("guest-os.apply-patches")).collect();
    assert!(patch.contains(&"duty.rds.aurora.guest-os.apply-patches"), "{patch:?}");
    // RDS Custom is unverified, and nobody runs an engine that is not recorded.
    assert!(patch.iter().all(|id| !id.contains("custom") && !id.contains("not-recorded")), "{patch:?}");
    assert!(!patch.contains(&"duty.rds.guest-os.apply-patches"), "{patch:?}");
}

#[test]
fn layers_are_derived_from_their_duties() {
    for (service, layer, want) in
        [("s3", "facilities", 0), ("s3", "customer-data", 1), ("rds", "engine-runtime", 2), ("ecs", "facilities", 2)]
    {
        assert_eq!(find(service, &format!("layer.{service}.{layer}")).answer, want, "{service} {layer}");
    }
}

/// Over all services: one text has one answer, choices differ, and no question speaks of the service as a whole where its rows disagree.
#[test]
fn no_question_has_two_right_answers() {
    let mut answers: BTreeMap<String, String> = BTreeMap::new();
    for service in catalog().services.values() {
        let mut all = Vec::new();
        duties::add(catalog(), service, &mut all);
        layers::add(catalog(), service, &mut all);
        let ids: BTreeSet<&String> = all.iter().map(|one| &one.question.id).collect();
        assert_eq!(ids.len(), all.len(), "{}: an id comes twice", service.id);
        for question in all.iter().map(|one| &one.question) {
            let choices: BTreeSet<&String> = question.choices.iter().collect();
            assert_eq!(choices.len(), question.choices.len(), "{}", question.id);
            let right = question.choices[question.answer].clone();
            if let Some(known) = answers.insert(question.text.clone(), right.clone()) {
                assert_eq!(known, right, "{}", question.text);
            }
            assert!(!question.explanation.is_empty() && !question.source.is_empty(), "{}", question.id);
        }
        // Told again by other means: what the service's file lets its duties come to.
        for duty in catalog().duties.values() {
            let id = format!("duty.{}.{}", service.id, duty.id);
            let Some(question) = all.iter().map(|one| &one.question).find(|question| question.id == id) else { continue };
            for row in service.duties.iter().filter(|row| row.id == duty.id) {
                let rules: &[OwnerRule] = if row.owner.is_empty() { &duty.owner } else { &row.owner };
                let parties: BTreeSet<&Party> = rules.iter().map(|rule| &rule.party).collect();
                let want = match (parties.contains(&Party::Aws), parties.contains(&Party::Customer)) {
                    (true, true) => 2,
                    (true, false) => 0,
                    _ => 1,
                };
                assert_eq!(question.answer, want, "{id}");
            }
        }
    }
    assert!(answers.len() > 3000, "{}", answers.len());
}

/// The cases of the catalogue are tests of its owner rules; the questions must agree with them.
#[test]
fn conditional_answers_agree_with_the_cases_of_the_catalogue() {
    let mut compared = 0;
    for service in catalog().services.values() {
        for row in service.duties.iter().filter(|row| row.owner.len() == 2) {
            let Some(path) = row.owner[0].when.as_deref().filter(|when| when.chars().all(char::is_alphanumeric)) else { continue };
            for case in row.cases.iter().filter(|case| case.unknown.is_empty()) {
                let Some(value) = case.given.get(path).and_then(toml::Value::as_bool) else { continue };
                let end = format!("{}.{}", row.id, if value { "holds" } else { "fails" });
                let mut all = Vec::new();
                duties::add(catalog(), service, &mut all);
                for one in all.iter().filter(|one| one.question.id.ends_with(&end) && one.question.text.contains(path)) {
                    let want = if case.want == "aws" { "AWS" } else { "you" };
                    assert_eq!(one.question.choices[one.question.answer], want, "{}", one.question.id);
                    compared += 1;
                }
            }
        }
    }
    assert!(compared >= 20, "{compared}");
}

#[test]
fn any_three_services_give_ten_questions() {
    let ids: Vec<&str> = catalog().services.keys().map(|id| &**id).collect();
    for three in
        ids.windows(3).chain([["chime", "qldb", "waf-classic"].as_slice(), &["chime-sdk", "emr-serverless", "redshift-serverless"]])
    {
        let quiz = quiz(catalog(), &of(three), 1, 10);
        let texts: BTreeSet<&String> = quiz.questions.iter().map(|question| &question.text).collect();
        assert_eq!(texts.len(), 10, "{three:?}");
    }
    assert!(catalog().services["qldb"].lifecycle == Lifecycle::Ended);
}

#[test]
fn a_seed_gives_one_quiz() {
    let records = of(&["rds", "s3", "lambda"]);
    let one = quiz(catalog(), &records, 7, 12);
    assert_eq!(one, quiz(catalog(), &records, 7, 12));
    assert_ne!(one.questions, quiz(catalog(), &records, 8, 12).questions);
    let starts = |begin: &str| one.questions.iter().filter(|question| question.id.starts_with(begin)).count();
    assert!(starts("layer.") >= 3 && starts("duty.") >= 6, "{:?}", one.questions);
    // More than there are: all of them, each once.
    let all = quiz(catalog(), &of(&["s3"]), 7, 10_000);
    let texts: BTreeSet<&String> = all.questions.iter().map(|question| &question.text).collect();
    assert_eq!(texts.len(), all.questions.len());
    assert!(all.questions.len() > 50);
    assert_eq!(quiz(catalog(), &records, 7, 0).questions, []);
}

#[test]
fn without_a_scope_common_services_are_asked_about() {
    let questions = quiz(catalog(), &Records::default(), 3, 200).questions;
    for service in ["Amazon EC2", "Amazon S3", "Amazon RDS", "AWS Lambda"] {
        assert!(questions.iter().any(|question| question.text.starts_with(service)), "{service}");
    }
}

#[test]
fn parties_beside_aws_and_the_customer_are_not_asked_about() {
    let rule = |party: Party| OwnerRule { when: None, party };
    assert_eq!(condition::ownership(&[rule(Party::Vendor("m".to_owned()))]), None);
    assert_eq!(condition::ownership(&[rule(Party::Aws), rule(Party::Customer)]), Some(Ownership::Depends));
    assert_eq!(condition::ownership(&[]), None);
}

#[test]
fn answers_are_scored() {
    let quiz = quiz(catalog(), &of(&["rds", "s3", "kms"]), 11, 3);
    let right: Vec<Option<usize>> = quiz.questions.iter().map(|question| Some(question.answer)).collect();
    let all = score(&quiz, &right);
    assert_eq!((all.asked, all.right, all.percent, all.wrong.len()), (3, 3, 100, 0));
    let mut some = right.clone();
    some[1] = Some((quiz.questions[1].answer + 1) % 3);
    some[2] = None;
    let some = score(&quiz, &some);
    assert_eq!((some.right, some.percent), (1, 33));
    assert_eq!(some.wrong[0].id, quiz.questions[1].id);
    assert_eq!(some.wrong[0].right, quiz.questions[1].choices[quiz.questions[1].answer]);
    assert_eq!(some.wrong[0].explanation, quiz.questions[1].explanation);
    assert_eq!(some.wrong[1].chosen, None);
    // Answers beyond the choices, and too few, are wrong, not a crash.
    assert_eq!(score(&quiz, &[Some(99)]).right, 0);
    assert_eq!(score(&Quiz { questions: Vec::new(), ..quiz.clone() }, &[]).percent, 0);

    let day = chrono::NaiveDate::from_ymd_opt(2027, 3, 1).unwrap();
    assert_eq!(some.completion_line("p-17", day), "p-17,2027-03-01,33");
    assert_eq!(some.completion_line("=1+1", day), "'=1+1,2027-03-01,33");
    assert_eq!(some.completion_line("a, \"b\"", day), "\"a, \"\"b\"\"\",2027-03-01,33");
}

#[test]
fn answers_are_read_as_letters() {
    let quiz = quiz(catalog(), &of(&["rds"]), 1, 3);
    assert_eq!(quiz.answers("a, C -").unwrap(), [Some(0), Some(2), None]);
    assert_eq!(quiz.answers("ab").unwrap_err().to_string(), "2 answers for 3 questions; give a letter for each, `-` for none");
    assert_eq!(quiz.answers("abz").unwrap_err().to_string(), "question 3 has no answer `z`; choose from a to c");
}

#[test]
fn answers_stay_out_of_what_is_handed_out() {
    let quiz = quiz(catalog(), &of(&["rds", "s3"]), 5, 8);
    let without = quiz.to_json(false).to_string();
    assert!(!without.contains("answer") && !without.contains("explanation") && !without.contains("source"), "{without}");
    let with = quiz.to_json(true);
    assert_eq!(serde_json::from_value::<Quiz>(with).unwrap(), quiz);
    assert!(!quiz.to_markdown(false).contains("Answers"));
    let markdown = quiz.to_markdown(true);
    assert!(markdown.contains("\n## Answers\n\n1. **"), "{markdown}");
    assert_eq!(markdown.matches("\n**").count(), 8);
}

#[test]
fn markdown_does_nothing() {
    let mut quiz = quiz(catalog(), &of(&["s3"]), 5, 1);
    quiz.questions[0].text = "<script>[a](http://x)\n# b | @all".to_owned();
    let markdown = quiz.to_markdown(true);
    assert!(markdown.contains("&lt;script&gt;\\[a\\](http&#58;//x)\u{FFFD}\\# b \\| &#64;all"), "{markdown}");
}
