use std::sync::Arc;

use partywall_catalog::Catalog;
use partywall_records::{AnswerStatus, Asked, Records};

use crate::{day, directory, error, read};

const FILE: &str = "well-architected.toml";

#[test]
fn answers_and_milestones_are_read() {
    let text = "[[answer]]\nquestion = \"SEC01\"\nstatus = \"in place\"\n\
        [[answer]]\npractice = \"SEC01-BP02\"\nstatus = \"not in place\"\nowner = \"o\"\ntarget = 2027-06-30\nnotes = \"n\"\n\
        [[answer]]\npractice = \"SEC01-BP03\"\nstatus = \"not applicable\"\nreason = \"r\"\n\
        [[milestone]]\nname = \"second\"\nday = 2027-02-01\n[[milestone]]\nname = \"first\"\nday = 2027-01-01\n";
    let review = read(&[(FILE, text)]).well_architected;
    assert_eq!(review.answers[0].asked, Asked::Question(Arc::from("SEC01")));
    assert_eq!((review.answers[1].status, review.answers[1].target), (AnswerStatus::NotInPlace, Some(day("2027-06-30"))));
    assert_eq!(review.milestones.iter().map(|milestone| milestone.name.as_str()).collect::<Vec<_>>(), ["first", "second"]);
    // The practice's own answer goes before its question's.
    let status = |practice| review.answer("SEC01", practice).map(|answer| answer.status);
    assert_eq!(status("SEC01-BP01"), Some(AnswerStatus::InPlace));
    assert_eq!(status("SEC01-BP02"), Some(AnswerStatus::NotInPlace));
    assert_eq!(status("SEC01-BP03"), Some(AnswerStatus::NotApplicable));
    assert!(review.answer("SEC02", "SEC02-BP01").is_none());
}

#[test]
fn what_cannot_be_is_an_error_with_its_line() {
    for (text, want) in [
        ("[[answer]]\nquestion = \"SEC1\"\nstatus = \"in place\"\n", "2:12: there is no question of the framework `SEC1`"),
        // A pillar is no question.
        ("[[answer]]\nquestion = \"SEC\"\nstatus = \"in place\"\n", "2:12: there is no question of the framework `SEC`"),
        ("[[answer]]\npractice = \"SEC01\"\nstatus = \"in place\"\n", "2:12: there is no practice of the framework `SEC01`"),
        ("[[answer]]\nstatus = \"in place\"\n", "2:10: an answer has either `question` or `practice`"),
        ("[[answer]]\nquestion = \"SEC01\"\npractice = \"SEC01-BP01\"\nstatus = \"in place\"\n", "4:10: an answer has either"),
        ("[[answer]]\nquestion = \"SEC01\"\nstatus = \"not applicable\"\n", "3:10: `SEC01` is not applicable without a `reason`"),
        ("[[answer]]\nquestion = \"SEC01\"\nstatus = \"done\"\n", "3:10: unknown variant `done`"),
        (
            "[[answer]]\nquestion = \"SEC01\"\nstatus = \"in place\"\n[[answer]]\nquestion = \"SEC01\"\nstatus = \"in place\"\n",
            "6:10: `SEC01` is answered twice",
        ),
        (
            "[[milestone]]\nname = \"a\"\nday = 2027-01-01\n[[milestone]]\nname = \"a\"\nday = 2027-01-02\n",
            "5:8: `a` is the name of an earlier milestone",
        ),
    ] {
        let message = error(&[(FILE, text)]);
        assert!(message.starts_with(&format!("{FILE}:{want}")), "{message}\n{want}");
    }
}

#[test]
fn without_the_framework_no_answer_can_be_placed() {
    let mut catalog = Catalog::load(None).unwrap();
    catalog.frameworks.shift_remove("aws-well-architected");
    let directory = directory(&[(FILE, "[[answer]]\nquestion = \"SEC01\"\nstatus = \"in place\"\n")]);
    let message = Records::read(&catalog, directory.path()).unwrap_err().to_string();
    assert!(message.contains("the catalogue has no framework `aws-well-architected`"), "{message}");
}
