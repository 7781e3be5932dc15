//! Questions made from one's own wall, for training: who owns which duty of the services in scope, whose are the layers, what reports
//! expect, until when they are accepted.

mod condition;
mod duties;
mod layers;
mod output;
mod papers;
mod pick;
mod score;

use partywall_catalog::{Catalog, Service};
use serde::{Deserialize, Serialize};

use crate::Records;
pub use score::{Score, Wrong, score};

/// Asked about where the scope names no services.
const COMMON: [&str; 5] = ["ec2", "s3", "rds", "lambda", "iam"];

/// A question with one right answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// What it is about, as an id; the same knowledge gives the same id.
    pub id: String,
    /// The question.
    pub text: String,
    /// What can be chosen.
    pub choices: Vec<String>,
    /// The index of the right one.
    pub answer: usize,
    /// Why it is right.
    pub explanation: String,
    /// The page or document behind it.
    pub source: String,
}

/// Questions for one training.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quiz {
    /// For people.
    pub title: String,
    /// The number that chose the questions.
    pub seed: u64,
    /// The catalogue that they were made from.
    pub catalog: String,
    /// In the order in which they are asked.
    pub questions: Vec<Question>,
}

/// What a question is about; a quiz takes from each in turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Topic {
    /// A duty whose owner a setting decides.
    Setting,
    /// A layer.
    Layer,
    /// What a report expects.
    Expectation,
    /// A duty that has one owner.
    Duty,
    /// A document on a provider.
    Attestation,
}

/// A question that may be asked.
#[derive(Debug)]
struct Candidate {
    topic: Topic,
    /// Of two with the same, only one is asked while there are others.
    about: String,
    question: Question,
}

/// Questions on the services of the scope, or on some common ones, and on the documents that are on file. The same catalogue, records and
/// seed give the same quiz. There are fewer questions than asked for if no more can be made.
pub fn quiz(catalog: &Catalog, records: &Records, seed: u64, questions: usize) -> Quiz {
    let mut random = pick::Random::new(seed);
    let all = candidates(catalog, records, &mut random);
    let title =
        if records.scope.title.is_empty() { "Who secures what".to_owned() } else { format!("Who secures what: {}", records.scope.title) };
    Quiz { title, seed, catalog: catalog.fingerprint().to_owned(), questions: pick::pick(all, questions, &mut random) }
}

fn candidates(catalog: &Catalog, records: &Records, random: &mut pick::Random) -> Vec<Candidate> {
    let mut all = Vec::new();
    for service in services(catalog, records) {
        duties::add(catalog, service, &mut all);
        layers::add(catalog, service, &mut all);
    }
    papers::add(catalog, records, random, &mut all);
    all
}

fn services<'a>(catalog: &'a Catalog, records: &Records) -> Vec<&'a Service> {
    let named: Vec<&Service> = records.scope.services.iter().filter_map(|id| catalog.services.get(id)).map(AsRef::as_ref).collect();
    if named.is_empty() { COMMON.iter().filter_map(|id| catalog.services.get(*id)).map(AsRef::as_ref).collect() } else { named }
}

#[cfg(test)]
mod tests;
