//! Answers and what they are worth.

use chrono::NaiveDate;
use serde::Serialize;

use super::Quiz;
use crate::RecordsError;
use crate::table::inert;

/// An answer that was not right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Wrong {
    /// The question's id.
    pub id: String,
    /// The question.
    pub text: String,
    /// What was chosen; `None`: nothing, or what was not there.
    pub chosen: Option<String>,
    /// What would have been right.
    pub right: String,
    /// Why.
    pub explanation: String,
    /// The page or document behind it.
    pub source: String,
}

/// What answers are worth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Score {
    /// Questions asked.
    pub asked: usize,
    /// Right answers.
    pub right: usize,
    /// Right answers per cent, rounded down; 0 where nothing was asked.
    pub percent: usize,
    /// The others, in the order of the questions.
    pub wrong: Vec<Wrong>,
}

/// Compares answers, as indices into the choices of each question, with the right ones. Questions without an answer count as wrong.
pub fn score(quiz: &Quiz, answers: &[Option<usize>]) -> Score {
    let mut wrong = Vec::new();
    for (number, question) in quiz.questions.iter().enumerate() {
        let chosen = answers.get(number).copied().flatten();
        if chosen == Some(question.answer) {
            continue;
        }
        wrong.push(Wrong {
            id: question.id.clone(),
            text: question.text.clone(),
            chosen: chosen.and_then(|index| question.choices.get(index)).cloned(),
            right: question.choices.get(question.answer).cloned().unwrap_or_default(),
            explanation: question.explanation.clone(),
            source: question.source.clone(),
        });
    }
    let asked = quiz.questions.len();
    let right = asked - wrong.len();
    Score { asked, right, percent: (right * 100).checked_div(asked).unwrap_or(0), wrong }
}

impl Score {
    /// The line for `training/<name>.completed.csv`: person, day, score. Nothing in it can run as a formula.
    pub fn completion_line(&self, person: &str, day: NaiveDate) -> String {
        let person = inert(person.trim());
        let person = if person.contains([',', '"']) { format!("\"{}\"", person.replace('"', "\"\"")) } else { person };
        format!("{person},{day},{}", self.percent)
    }
}

impl Quiz {
    /// Reads answers as letters, one for each question: `a, c, -, b`; `-` for none. Commas and blanks may be left out.
    ///
    /// # Errors
    /// There are more or fewer answers than questions, or a letter that the question does not offer.
    pub fn answers(&self, text: &str) -> Result<Vec<Option<usize>>, RecordsError> {
        let letters: Vec<char> = text.chars().filter(|letter| !letter.is_whitespace() && *letter != ',').collect();
        if letters.len() != self.questions.len() {
            let (given, asked) = (letters.len(), self.questions.len());
            return Err(RecordsError::Answers(format!("{given} answers for {asked} questions; give a letter for each, `-` for none")));
        }
        let mut answers = Vec::new();
        for ((number, question), letter) in self.questions.iter().enumerate().zip(letters) {
            if letter == '-' {
                answers.push(None);
                continue;
            }
            let index = ('a'..='z').position(|known| known == letter.to_ascii_lowercase());
            let Some(index) = index.filter(|index| *index < question.choices.len()) else {
                let last = ('a'..='z').nth(question.choices.len().saturating_sub(1)).unwrap_or('z');
                let letter = partywall_model::plain(&letter.to_string()).into_owned();
                return Err(RecordsError::Answers(format!("question {} has no answer `{letter}`; choose from a to {last}", number + 1)));
            };
            answers.push(Some(index));
        }
        Ok(answers)
    }
}
