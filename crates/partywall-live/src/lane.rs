//! Calls under way: each lane asks its questions a few at a time and tells what came, so that a type with half a million resources delays no
//! other.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use partywall_aws::Room;
use partywall_catalog::{Names, Prepare, Unless};
use partywall_collect::{Failure, Shaped};
use partywall_model::{CauseKind, Value};
use tokio::sync::mpsc::Sender;
use tokio::task::JoinSet;

use crate::ask::{Asker, Page, Target, Turned, Whole};
use crate::journal::{QuestionKey, Record};
use crate::question::{Question, Subject};

/// How many questions of one lane may be under way.
const WIDTH: usize = 16;

/// How often, and how long apart, AWS is asked whether it has prepared a thing. A credential report takes some seconds, rarely a minute.
const PREPARE_ATTEMPTS: u32 = 60;
const PREPARE_PAUSE: std::time::Duration = std::time::Duration::from_secs(2);

/// What a lane works for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Place of the listing in the plan.
    Listing(usize),
    /// Type, by its place among those of the account's reading, and place of the read.
    Detail(usize, usize),
}

/// What happened in a lane.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) purpose: Purpose,
    /// Region by which the lane is filed: `global` for what is asked once in an account.
    pub(crate) place: Arc<str>,
    pub(crate) what: What,
}

#[derive(Debug)]
pub(crate) enum What {
    /// A page and the input of the next one, or a whole answer.
    Answer { subjects: Vec<Subject>, value: Value, at: DateTime<Utc>, key: QuestionKey, next: Option<Value>, room: Option<Room> },
    /// The same from the journal.
    Recorded { subjects: Vec<Subject>, shaped: Vec<Shaped>, at: DateTime<Utc> },
    /// They need not be asked for: there is nothing to tell of them.
    Spared { subjects: Vec<Subject> },
    /// There is no answer.
    Failed { subjects: Vec<Subject>, failure: Failure },
    /// All questions have been asked.
    End,
}

/// A lane's way out, and what it is for.
#[derive(Debug, Clone)]
pub(crate) struct Lane {
    pub(crate) asker: Asker,
    pub(crate) events: Sender<Event>,
    pub(crate) purpose: Purpose,
    pub(crate) place: Arc<str>,
}

impl Lane {
    /// `part`: what of the answer is wanted, where that is not what the lane's reads make of it.
    fn key(&self, part: &str, region: &str, target: &Target, input: &Value) -> QuestionKey {
        QuestionKey::new(&format!("{:?} {part}", self.purpose), &self.asker.account, region, target, input)
    }

    async fn tell(&self, what: What) {
        // The reader of events goes away only when the reading is given up.
        let _ = self.events.send(Event { purpose: self.purpose, place: self.place.clone(), what }).await;
    }

    /// Asks all questions, page by page, or each in whole.
    pub(crate) async fn run(self, target: Result<Target, Failure>, questions: Vec<Question>, whole: bool) {
        match target {
            Ok(target) => self.ask_all(&target, questions, whole).await,
            Err(failure) => {
                for question in questions {
                    self.tell(What::Failed { subjects: question.subjects, failure: failure.clone() }).await;
                }
            }
        }
        self.tell(What::End).await;
    }

    async fn ask_all(&self, target: &Target, questions: Vec<Question>, whole: bool) {
        let mut under_way = JoinSet::new();
        for question in questions {
            while under_way.len() >= WIDTH {
                under_way.join_next().await;
            }
            let (lane, target) = (self.clone(), target.clone());
            under_way.spawn(async move { lane.ask(&target, question, whole).await });
        }
        while under_way.join_next().await.is_some() {}
    }

    async fn ask(&self, target: &Target, question: Question, whole: bool) {
        let Question { subjects, region, input } = question;
        let mut input = match input.and_then(|input| Asker::first(target, &input)) {
            Ok(input) => input,
            Err(failure) => return self.tell(What::Failed { subjects, failure }).await,
        };
        if whole {
            let key = self.key("", &region, target, &input);
            let what = match self.asker.recorded(&key) {
                Some(Record { shaped, at, .. }) => What::Recorded { subjects, shaped, at },
                None => match self.asker.whole(&region, target, &input).await {
                    Ok(Whole { value, at, room }) => What::Answer { subjects, value, at, key, next: None, room },
                    Err(failure) => What::Failed { subjects, failure },
                },
            };
            return self.tell(what).await;
        }
        loop {
            match self.asker.page(self.key("", &region, target, &input), &region, target, &input).await {
                Ok(Turned { page, next }) => {
                    let subjects = subjects.clone();
                    self.tell(match page {
                        Page::Fresh { value, at, key, room } => {
                            What::Answer { subjects, value, at, key, next: next.clone(), room: Some(room) }
                        }
                        Page::Recorded { shaped, at } => What::Recorded { subjects, shaped, at },
                    })
                    .await;
                    match next {
                        Some(next) => input = next,
                        None => return,
                    }
                }
                Err(failure) => return self.tell(What::Failed { subjects, failure }).await,
            }
        }
    }

    /// Finds the names first, then asks with as many of them at once as one call takes.
    pub(crate) async fn run_named(self, service: String, target: Result<Target, Failure>, names: Names, finders: Vec<(Question, Value)>) {
        match (target, self.asker.target(&service, &names.operation)) {
            (Ok(target), Ok(finder)) => {
                for (question, base) in finders {
                    let Question { subjects, region, input } = question;
                    let asked = match input {
                        Ok(input) => self.names(&finder, &region, &input, &names).await,
                        Err(failure) => Err(failure),
                    };
                    match asked {
                        Ok(list) => {
                            let chunks = list.chunks(names.batch.max(1)).map(|chunk| {
                                let mut input = base.clone();
                                let value = match chunk {
                                    [one] if names.batch == 1 => one.clone(),
                                    many => Value::List(many.to_vec()),
                                };
                                input.set(&names.into, value);
                                Question { subjects: subjects.clone(), region: region.clone(), input: Ok(input) }
                            });
                            self.ask_all(&target, chunks.collect(), false).await;
                        }
                        Err(mut failure) => {
                            failure.operation = Some(names.operation.clone());
                            failure.action = Some(names.action.clone());
                            self.tell(What::Failed { subjects, failure }).await;
                        }
                    }
                }
            }
            (Err(failure), _) | (_, Err(failure)) => {
                for (question, _) in finders {
                    self.tell(What::Failed { subjects: question.subjects, failure: failure.clone() }).await;
                }
            }
        }
        self.tell(What::End).await;
    }

    async fn names(&self, finder: &Target, region: &str, input: &Value, names: &Names) -> Result<Vec<Value>, Failure> {
        let input = Asker::first(finder, input)?;
        let key = self.key(&names.items, region, finder, &input);
        if let Some(record) = self.asker.recorded(&key) {
            return Ok(record.shaped.into_iter().flat_map(|shaped| shaped.found).collect());
        }
        let Whole { value: answer, at, .. } = self.asker.whole(region, finder, &input).await?;
        let failed = |words: String| Failure { kind: CauseKind::Malformed, code: None, words, operation: None, action: None };
        let found = texts(answer, &names.items).map_err(|message| failed(format!("{message}: it is not the whole answer")))?;
        self.asker.record(&key, &[Shaped { found: found.clone(), ..Shaped::default() }], at, None)?;
        Ok(found)
    }

    /// Asks all questions, but in Regions where one call says that there is nothing to tell.
    pub(crate) async fn run_unless(self, service: String, target: Result<Target, Failure>, unless: Unless, mut questions: Vec<Question>) {
        let mut regions: Vec<Arc<str>> = questions.iter().map(|question| question.region.clone()).collect();
        regions.sort_unstable();
        regions.dedup();
        for region in regions {
            // A call that fails spares nothing.
            if self.nothing(&service, &region, &unless).await == Ok(true) {
                let (spared, left) = questions.into_iter().partition(|question| question.region == region);
                questions = left;
                let spared: Vec<Question> = spared;
                self.tell(What::Spared { subjects: spared.into_iter().flat_map(|question| question.subjects).collect() }).await;
            }
        }
        self.run(target, questions, true).await;
    }

    async fn nothing(&self, service: &str, region: &str, unless: &Unless) -> Result<bool, Failure> {
        let target = self.asker.target(service, &unless.operation)?;
        let input = Asker::first(&target, &Value::Map(Vec::new()))?;
        let key = self.key("unless", region, &target, &input);
        if let Some(record) = self.asker.recorded(&key) {
            return Ok(record.shaped.iter().flat_map(|shaped| &shaped.found).any(|found| *found == Value::Bool(true)));
        }
        let Whole { value: answer, at, .. } = self.asker.whole(region, &target, &input).await?;
        let nothing = says_nothing(&answer, unless);
        self.asker.record(&key, &[Shaped { found: vec![Value::Bool(nothing)], ..Shaped::default() }], at, None)?;
        Ok(nothing)
    }

    /// Has AWS prepare what the question fetches, then asks it.
    pub(crate) async fn run_prepared(self, service: String, target: Result<Target, Failure>, prepare: Prepare, question: Question) {
        let ready = match self.asker.target(&service, &prepare.operation) {
            Ok(maker) => self.prepare(&maker, &question.region, &prepare).await,
            Err(failure) => Err(failure),
        };
        match ready {
            Ok(()) => self.run(target, vec![question], false).await,
            Err(mut failure) => {
                failure.operation = Some(prepare.operation);
                failure.action = Some(prepare.action);
                self.tell(What::Failed { subjects: question.subjects, failure }).await;
                self.tell(What::End).await;
            }
        }
    }

    async fn prepare(&self, maker: &Target, region: &str, prepare: &Prepare) -> Result<(), Failure> {
        for _ in 0..PREPARE_ATTEMPTS {
            let Whole { value: answer, .. } = self.asker.whole(region, maker, &Value::Map(Vec::new())).await?;
            if prepare.until.iter().all(|(member, wanted)| answer.get(member).and_then(Value::as_str) == Some(wanted)) {
                return Ok(());
            }
            tokio::time::sleep(PREPARE_PAUSE).await;
        }
        let words = "not ready in two minutes".to_owned();
        Err(Failure { kind: CauseKind::TimedOut, code: None, words, operation: None, action: None })
    }
}

/// True if the answer has what [`Unless`] names; one without it says nothing.
fn says_nothing(answer: &Value, unless: &Unless) -> bool {
    answer.at(&unless.empty).and_then(Value::as_list).is_some_and(<[Value]>::is_empty)
}

/// The names at a path whose last step may be a member of a list's elements, such as `Domains[].DomainId`.
fn texts(answer: Value, path: &str) -> Result<Vec<Value>, String> {
    let Some((list, member)) = path.rsplit_once("[].") else { return partywall_collect::items(answer, path) };
    let named = |item: Value| item.get(member).cloned().ok_or_else(|| format!("there is no `{member}` in it"));
    partywall_collect::items(answer, list)?.into_iter().map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_answer_spares_calls() {
        let unless: Unless = toml::from_str("operation = 'ListConfigs'\naction = 'x:ListConfigs'\nempty = 'Configs'").unwrap();
        let of = |answer: &str| says_nothing(&partywall_collect::parse_json(answer).unwrap(), &unless);
        assert!(of(r#"{"Configs":[]}"#));
        assert!(!of(r#"{"Configs":[1]}"#) && !of("{}") && !of(r#"{"Configs":null}"#));
    }

    #[test]
    fn names_are_texts_or_members_of_elements() {
        let answer = partywall_collect::parse_json(r#"{"names":["a","b"],"Domains":[{"DomainId":"d-1"},{"DomainId":"d-2"}]}"#).unwrap();
        assert_eq!(texts(answer.clone(), "names").unwrap(), [Value::str("a"), Value::str("b")]);
        assert_eq!(texts(answer.clone(), "Domains[].DomainId").unwrap(), [Value::str("d-1"), Value::str("d-2")]);
        assert!(texts(answer.clone(), "Domains[].Other").is_err());
        assert!(texts(answer, "others").is_err());
    }
}
