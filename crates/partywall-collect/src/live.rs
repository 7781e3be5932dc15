//! Answers of calls that are made now, placed one by one as they come: the same shaping as of saved answers, but the call is known and need
//! not be guessed from a path.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use base64::Engine as _;
use chrono::{DateTime, Utc};
use partywall_catalog::{Catalog, Read, ResourceType, to_value};
use partywall_model::{Cause, CauseKind, Gap, Listing, Resource, Source, SourceKind, Value};

use crate::api::{ApiReader, Call, Failure, Shaped, kebab};
use crate::collected::{Collected, Need, Options};
use crate::collector::{Collector, Rows};
use crate::groups::groups;
use crate::{CollectError, credential_report};

/// What a call was made for: a read of a type, in an account and Region, of one resource or of all.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The type.
    pub resource_type: Arc<ResourceType>,
    /// Place of the read among those of the type.
    pub read: usize,
    /// Twelve digits.
    pub account: Arc<str>,
    /// Region code, or `global`.
    pub region: Arc<str>,
    /// Properties by which the resource of a per-resource read is known, its id among them.
    pub identity: Vec<(Arc<str>, Arc<str>)>,
    /// Value of the property that the read is asked with.
    pub subject: Option<String>,
}

impl Asked {
    /// The read itself.
    pub fn of(&self) -> Option<&Read> {
        self.resource_type.reads.get(self.read)
    }

    fn call(&self, read: &Read, at: Option<DateTime<Utc>>) -> Call {
        Call {
            service: Some(read.service.clone()),
            operation: Some(kebab(&read.operation)),
            subject: self.subject.clone(),
            account: Some(self.account.clone()),
            region: Some(self.region.clone()),
            identity: self.identity.clone(),
            at,
        }
    }
}

/// The rows of one account while it is read.
pub struct Live<'a> {
    pub(crate) collector: Collector<'a>,
    sources: BTreeMap<(Arc<str>, Arc<str>), Arc<Source>>,
}

impl std::fmt::Debug for Live<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Live").finish_non_exhaustive()
    }
}

impl<'a> Live<'a> {
    /// Nothing read yet.
    pub fn new(
        catalog: &'a Catalog,
        options: &'a Options,
        need: &'a dyn Fn(&ResourceType) -> Need,
        emit: &'a mut dyn FnMut(Rows<'_>) -> Result<(), CollectError>,
    ) -> Self {
        let mut collector = Collector::new(catalog, options, need, emit);
        collector.ordered = true;
        Self { collector, sources: BTreeMap::new() }
    }

    /// What an answer, or a page of one, says of the resources of a type; secrets are taken out of it.
    pub fn shape(&mut self, resource_type: &Arc<ResourceType>, read: &Read, answer: Value) -> Shaped {
        if resource_type.name.as_ref() == credential_report::TYPE {
            return report(resource_type, &answer);
        }
        self.reader().shape(resource_type, read, answer)
    }

    /// Adds what an answer, or a page of one, said. Of a listing, [`Live::answered`] tells when there is no more.
    pub fn place(&mut self, asked: &Asked, shaped: Shaped, at: DateTime<Utc>) {
        let Some(read) = asked.of() else { return };
        let (call, source) = (asked.call(read, Some(shaped.at.unwrap_or(at))), self.source(asked));
        let errors = self.reader().place_shaped(&asked.resource_type, read, shaped, &call, false, &source);
        self.collector.out.errors.extend(errors);
    }

    /// Notes that a call has no answer: what it would have told is unknown, or absent where the error means that.
    pub fn fail(&mut self, asked: &Asked, failure: &Failure, at: DateTime<Utc>) {
        let Some(read) = asked.of() else { return };
        let (call, source) = (asked.call(read, Some(at)), self.source(asked));
        let errors = self.reader().failure(&asked.resource_type, read, &call, failure, &source);
        self.collector.out.errors.extend(errors);
    }

    /// Notes that a listing was answered in whole: what it did not show is not there.
    pub fn answered(&mut self, asked: &Asked) {
        let Some(read) = asked.of() else { return };
        let (call, source) = (asked.call(read, None), self.source(asked));
        self.collector.seen.answered(&asked.resource_type, &call, &source);
    }

    /// Notes that a listing was not asked for, since AWS Resource Explorer's index shows nothing there; [`Live::answered`] tells the rest.
    pub fn indexed(&mut self, asked: &Asked) {
        self.collector.out.indexed.insert(Listing {
            resource_type: asked.resource_type.name.clone(),
            account: Some(asked.account.clone()),
            region: Some(asked.region.clone()),
        });
    }

    /// Notes that a per-resource call was spared, because what was read before says that it has nothing to tell; or that a call which is
    /// asked for all resources was answered, and did not show this one.
    pub fn spare(&mut self, asked: &Asked, at: DateTime<Utc>) {
        let mut nothing = Value::Map(Vec::new());
        for (path, value) in asked.of().into_iter().flat_map(|read| &read.silent) {
            nothing.set_at(path, to_value(value));
        }
        self.place(asked, Shaped { found: vec![nothing], ..Shaped::default() }, at);
    }

    /// Notes that a listing was not asked for, and why.
    pub fn leave_out(&mut self, asked: &Asked, kind: CauseKind, detail: String) {
        let source = self.source(asked);
        self.collector.out.gaps.push(Gap {
            resource_type: asked.resource_type.name.clone(),
            id: None,
            account: Some(asked.account.clone()),
            region: Some(asked.region.clone()),
            path: None,
            cause: Arc::new(Cause::new(kind, detail)),
            source,
        });
    }

    /// The rows of a type so far.
    pub fn rows(&self, resource_type: &str) -> &[Resource] {
        self.collector.store.types.get(resource_type).map(|rows| rows.rows.as_slice()).unwrap_or_default()
    }

    /// Whether a read that tells a property was answered, or spared, for the row at a place of [`Live::rows`].
    pub fn told(&self, resource_type: &ResourceType, place: usize, path: &str) -> bool {
        let within = |own: &Arc<str>| path.strip_prefix(&**own).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
        let seen = |read: &Read| self.collector.seen.has(resource_type, place, read);
        let mut own = resource_type.reads.iter().filter(|read| read.told().any(within)).peekable();
        if own.peek().is_some() { own.any(seen) } else { resource_type.listing().is_some_and(seen) }
    }

    /// All types, in groups whose rows are made together and without those of any other.
    pub fn groups(&self) -> Vec<BTreeSet<Arc<str>>> {
        groups(self.collector.catalog)
    }

    /// Folds, completes and hands over the rows of some types, of which all has been read; they must be whole [`Live::groups`], and
    /// [`Live::rows`] has none of them afterwards.
    ///
    /// # Errors
    /// Whoever takes the batches failed, or a batch could not be built.
    pub fn settle(&mut self, types: &BTreeSet<Arc<str>>) -> Result<(), CollectError> {
        self.collector.settle(types)
    }

    /// Folds, completes and hands over what is left.
    ///
    /// # Errors
    /// Whoever takes the batches failed, or a batch could not be built.
    pub fn finish(mut self) -> Result<Collected, CollectError> {
        *self.collector.out.files.entry(SourceKind::Api).or_default() += 1;
        self.collector.finish()
    }

    fn source(&mut self, asked: &Asked) -> Arc<Source> {
        let key = (asked.account.clone(), asked.region.clone());
        let make = || Arc::new(Source { kind: SourceKind::Api, file: Arc::from(format!("aws/{}/{}", asked.account, asked.region)) });
        self.sources.entry(key).or_insert_with(make).clone()
    }

    fn reader(&mut self) -> ApiReader<'_> {
        let collector = &mut self.collector;
        ApiReader {
            catalog: collector.catalog,
            operations: &collector.operations,
            programs: &mut collector.programs,
            store: &mut collector.store,
            seen: &mut collector.seen,
            gaps: &mut collector.out.gaps,
            unread: &mut collector.out.unread,
        }
    }
}

/// The credential report comes as a table in an answer's member; its facts are as old as the report.
fn report(resource_type: &Arc<ResourceType>, answer: &Value) -> Shaped {
    let text = answer.get("Content").and_then(Value::as_str).unwrap_or_default();
    let decoded = base64::engine::general_purpose::STANDARD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let Some(text) = decoded.filter(|text| text.starts_with(credential_report::HEAD)) else {
        return Shaped { lost: vec!["there is no report in it: it is not the whole answer".to_owned()], ..Shaped::default() };
    };
    let nowhere = Arc::new(Source { kind: SourceKind::Api, file: Arc::from("") });
    let (rows, lost) = credential_report::read(&text, resource_type, &nowhere);
    Shaped { found: rows.into_iter().map(|row| row.properties).collect(), lost, at: credential_report::generated(answer) }
}
