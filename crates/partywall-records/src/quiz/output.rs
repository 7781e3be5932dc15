//! A quiz as JSON for programs and as Markdown for people, with and without the right answers.

use std::fmt::Write as _;

use partywall_model::{markdown, plain};
use serde_json::{Value, json};

use super::Quiz;

impl Quiz {
    /// As JSON. Without answers neither the right choice nor anything that gives it away is in it.
    pub fn to_json(&self, with_answers: bool) -> Value {
        let questions = self.questions.iter().map(|question| {
            if with_answers {
                return json!(question);
            }
            json!({ "id": question.id, "text": question.text, "choices": question.choices })
        });
        json!({ "title": self.title, "seed": self.seed, "catalog": self.catalog, "questions": questions.collect::<Vec<_>>() })
    }

    /// As Markdown: questions with lettered choices; with answers, a second part says which are right, why, and from where.
    pub fn to_markdown(&self, with_answers: bool) -> String {
        let mut out = format!("# {}\n", escape(&self.title));
        for (number, question) in self.questions.iter().enumerate() {
            let _ = write!(out, "\n**{}.** {}\n\n", number + 1, escape(&question.text));
            for (letter, choice) in ('a'..='z').zip(&question.choices) {
                let _ = writeln!(out, "- {letter}) {}", escape(choice));
            }
        }
        if with_answers {
            out.push_str("\n## Answers\n\n");
            for (number, question) in self.questions.iter().enumerate() {
                let letter = ('a'..='z').nth(question.answer).unwrap_or('?');
                let choice = question.choices.get(question.answer).map_or("", String::as_str);
                let _ = writeln!(
                    out,
                    "{}. **{letter}) {}** {} *Source: {}*",
                    number + 1,
                    escape(choice),
                    escape(&question.explanation),
                    escape(&question.source)
                );
            }
        }
        out
    }
}

/// The text as Markdown that shows it and does nothing.
fn escape(text: &str) -> String {
    markdown(&plain(text))
}
