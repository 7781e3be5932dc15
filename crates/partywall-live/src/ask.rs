//! One question to AWS: page after page, from the journal where it is there already.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use partywall_aws::model::{ModelError, Models, Operation, Service};
use partywall_aws::{CallError, CallErrorKind, Caller, Client, Room, pages};
use partywall_collect::{Failure, Shaped};
use partywall_model::{CauseKind, Key, Value};

use crate::journal::{Journal, QuestionKey, Record};

/// An operation of a service.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) service: Arc<Service>,
    pub(crate) operation: Key,
}

impl Target {
    /// # Errors
    /// The models have no such operation: a mistake of the catalogue.
    pub(crate) fn find(models: &Models, service: &str, operation: &str) -> Result<Self, Failure> {
        let service = models.service(service).map_err(|error| unmodelled(&error))?;
        let operation = service.operation(operation).map_err(|error| unmodelled(&error))?.name.clone();
        Ok(Self { service, operation })
    }

    pub(crate) fn operation(&self) -> Result<&Operation, Failure> {
        self.service.operation(&self.operation).map_err(|error| unmodelled(&error))
    }

    /// The required request member that is not among the given ones, if it is the only one.
    pub(crate) fn open_member(&self, given: &BTreeMap<String, toml::Value>) -> Option<Key> {
        let structure = self.service.input(self.operation().ok()?)?;
        let mut open = structure.members.iter().filter(|member| member.required && !given.contains_key(&*member.name));
        match (open.next(), open.next()) {
            (Some(only), None) => Some(only.name.clone()),
            _ => None,
        }
    }
}

fn unmodelled(error: &ModelError) -> Failure {
    Failure { kind: CauseKind::CallFailed, code: None, words: error.to_string(), operation: None, action: None }
}

/// What a page brought.
#[derive(Debug)]
pub(crate) enum Page {
    /// An answer that just came.
    Fresh { value: Value, at: DateTime<Utc>, key: QuestionKey, room: Room },
    /// What an earlier, interrupted reading had made of it.
    Recorded { shaped: Vec<Shaped>, at: DateTime<Utc> },
}

/// An answer with all of its pages.
#[derive(Debug)]
pub(crate) struct Whole {
    pub(crate) value: Value,
    /// When the last page came.
    pub(crate) at: DateTime<Utc>,
    pub(crate) room: Option<Room>,
}

/// A page and the input of the next one.
#[derive(Debug)]
pub(crate) struct Turned {
    pub(crate) page: Page,
    pub(crate) next: Option<Value>,
}

/// Asks in the name of one account.
#[derive(Debug, Clone)]
pub(crate) struct Asker {
    pub(crate) client: Client,
    pub(crate) models: Arc<Models>,
    pub(crate) caller: Caller,
    pub(crate) account: Arc<str>,
    pub(crate) journal: Option<Arc<Journal>>,
}

impl Asker {
    /// The first input of an operation that may have pages.
    pub(crate) fn first(target: &Target, input: &Value) -> Result<Value, Failure> {
        Ok(pages::first_input(&target.service, target.operation()?, input))
    }

    /// # Errors
    /// As of [`Target::find`].
    pub(crate) fn target(&self, service: &str, operation: &str) -> Result<Target, Failure> {
        Target::find(&self.models, service, operation)
    }

    /// The client's clock.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.client.now()
    }

    /// What the journal has of a question.
    pub(crate) fn recorded(&self, key: &QuestionKey) -> Option<Record> {
        self.journal.as_ref()?.take(key)
    }

    /// Keeps what an answer said.
    ///
    /// # Errors
    /// The journal cannot be written: without it an interruption would cost more than a page, which nobody would notice.
    pub(crate) fn record(&self, key: &QuestionKey, shaped: &[Shaped], at: DateTime<Utc>, next: Option<&Value>) -> Result<(), Failure> {
        let Some(journal) = &self.journal else { return Ok(()) };
        let failed = |error: std::io::Error| Failure {
            kind: CauseKind::CallFailed,
            code: None,
            words: format!("the journal cannot be written: {error}"),
            operation: None,
            action: None,
        };
        journal.record(key, shaped, at, next).map_err(failed)
    }

    /// One page.
    ///
    /// # Errors
    /// Why there is no answer.
    pub(crate) async fn page(&self, key: QuestionKey, region: &str, target: &Target, input: &Value) -> Result<Turned, Failure> {
        if let Some(Record { shaped, at, next }) = self.recorded(&key) {
            return Ok(Turned { page: Page::Recorded { shaped, at }, next });
        }
        let caller = self.caller.in_region(region);
        let answer = self.client.call(&caller, &target.service, target.operation()?, input).await.map_err(|error| failure(&error))?;
        let next = next(target, input, &answer.value)?;
        Ok(Turned { page: Page::Fresh { value: answer.value, at: answer.received_at, key, room: answer.room }, next })
    }

    /// All pages in one, for calls whose answer is about one thing, with the room of the last.
    ///
    /// # Errors
    /// Why there is no whole answer.
    pub(crate) async fn whole(&self, region: &str, target: &Target, input: &Value) -> Result<Whole, Failure> {
        let (mut all, mut at, mut room) = (Vec::new(), self.now(), None);
        self.each_page(region, target, input, usize::MAX, &mut |value, received, last| {
            all.push(value);
            at = received;
            room = last;
        })
        .await?;
        Ok(Whole { value: pages::merge(target.operation()?, all), at, room })
    }

    /// Hands over page after page, no more than `most`, the last with its room; true if there are no more. Room that is kept while another page
    /// is asked for could leave none for that.
    ///
    /// # Errors
    /// Why there is no whole answer.
    pub(crate) async fn each_page(
        &self,
        region: &str,
        target: &Target,
        input: &Value,
        most: usize,
        take: &mut (dyn FnMut(Value, DateTime<Utc>, Option<Room>) + Send),
    ) -> Result<bool, Failure> {
        let caller = self.caller.in_region(region);
        let mut input = Self::first(target, input)?;
        for _ in 0..most {
            let answer = self.client.call(&caller, &target.service, target.operation()?, &input).await.map_err(|error| failure(&error))?;
            let next = next(target, &input, &answer.value)?;
            if next.is_some() && target.operation()?.paginator.is_none() {
                return Err(malformed("it comes in pages that nothing says how to put together".to_owned()));
            }
            take(answer.value, answer.received_at, next.is_none().then_some(answer.room));
            match next {
                Some(next) => input = next,
                None => return Ok(true),
            }
        }
        Ok(false)
    }
}

/// The input of the next page. Where the models know of no pages and the answer names one all the same, it is followed: a listing that ends
/// early would read as one that is whole.
fn next(target: &Target, input: &Value, answer: &Value) -> Result<Option<Value>, Failure> {
    let operation = target.operation()?;
    let known = pages::next_input(operation, input, answer).map_err(|error| malformed(error.to_string()))?;
    if known.is_some() || operation.paginator.is_some() {
        return Ok(known);
    }
    let Some(token) = partywall_collect::next_page(answer, "") else { return Ok(None) };
    let plain = token.trim_start_matches("Next").trim_start_matches("next");
    let members = target.service.input(operation).map(|structure| structure.members.as_slice()).unwrap_or_default();
    let taking = members.iter().find(|member| *member.name == *token || member.name.eq_ignore_ascii_case(plain));
    match (taking, answer.get(token)) {
        (Some(member), Some(value)) if input.get(&member.name) != Some(value) => {
            let mut next = input.clone();
            next.set(&member.name, value.clone());
            Ok(Some(next))
        }
        _ => Err(malformed(format!("`{token}` says that there is more, and nothing says how to ask for it"))),
    }
}

fn malformed(words: String) -> Failure {
    Failure { kind: CauseKind::Malformed, code: None, words, operation: None, action: None }
}

/// What a failed call means for the facts that it would have told.
pub(crate) fn failure(error: &CallError) -> Failure {
    let kind = match error.kind {
        CallErrorKind::Denied => CauseKind::Denied,
        CallErrorKind::Throttled => CauseKind::Throttled,
        CallErrorKind::TimedOut | CallErrorKind::Connection => CauseKind::TimedOut,
        CallErrorKind::Server => CauseKind::ServerError,
        CallErrorKind::Malformed => CauseKind::Malformed,
        CallErrorKind::NotAvailable => CauseKind::NotAvailable,
        CallErrorKind::RegionDisabled => CauseKind::RegionDisabled,
        CallErrorKind::Refused | CallErrorKind::Credentials | CallErrorKind::Input => CauseKind::CallFailed,
    };
    let words = match &error.code {
        Some(code) => code.to_string(),
        None if error.message.is_empty() => error.kind.phrase().to_owned(),
        None => format!("{}: {}", error.kind.phrase(), error.message),
    };
    // Only a refusal can mean "none": a code that came with a broken answer is no word of the service.
    let code = matches!(error.kind, CallErrorKind::Refused).then(|| error.code.as_deref().map(str::to_owned)).flatten();
    Failure { kind, code, words, operation: None, action: None }
}
