//! Answers of AWS read calls as the AWS CLI prints them: one file per operation, or per operation and resource. A file that holds the
//! CLI's error line is a failed call.

mod call;
mod seen;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use partywall_catalog::{Catalog, Read, ResourceType};
use partywall_model::{Cause, CauseKind, Gap, Resource, Source, SourceKind, Unread, Value};

pub(crate) use call::{Call, Operations, Reads, error_code, error_line, kebab};
pub(crate) use seen::Seen;

use crate::derive;
use crate::jq::Programs;
use crate::redact::redact;
use crate::shape::{conform, drop_nulls, items, merge, missing, next_page};
use crate::store::Store;

/// Shapes answers into rows, and failures into what they leave unknown.
pub(crate) struct ApiReader<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) operations: &'a Operations,
    pub(crate) programs: &'a mut Programs,
    pub(crate) store: &'a mut Store,
    pub(crate) seen: &'a mut Seen,
    pub(crate) gaps: &'a mut Vec<Gap>,
    pub(crate) unread: &'a mut BTreeMap<Unread, u64>,
}

impl ApiReader<'_> {
    /// Adds an answer's rows to the store, or what the error code of a failed call says of them. One line for each thing that could not be
    /// read; the rest is added.
    pub(crate) fn place(&mut self, call: &Call, answer: Result<Value, String>, source: &Arc<Source>) -> Vec<String> {
        let answer = answer.and_then(|answer| error_code(&answer).map_or(Ok(answer), Err));
        match (self.operations.settled(call, answer.as_ref().ok(), self.store), answer) {
            (Ok(reads), Ok(answer)) => self.answer(reads, call, &answer, source),
            (Ok(reads), Err(code)) => {
                let failure = Failure::of_code(&code);
                reads.iter().flat_map(|(resource_type, read)| self.failure(resource_type, read, call, &failure, source)).collect()
            }
            (Err(message), _) => {
                let message = format!("{}: {message}", source.file);
                self.gaps.push(Gap::of_anything(&message, source.clone()));
                vec![message]
            }
        }
    }

    fn answer(&mut self, reads: Reads, call: &Call, answer: &Value, source: &Arc<Source>) -> Vec<String> {
        let mut errors: Vec<String> = Vec::new();
        for (resource_type, read) in reads {
            let mut shaped = self.shape(&resource_type, &read, answer.clone());
            if let Some(token) = next_page(answer, &read.items) {
                shaped.lost.insert(0, format!("`{token}` says that there was more to tell; read all pages into one file"));
            }
            for message in self.place_shaped(&resource_type, &read, shaped, call, true, source) {
                if !errors.contains(&message) {
                    errors.push(message);
                }
            }
        }
        errors
    }

    /// Adds what an answer, or a page of one, says. A listing of which an item is lost is a gap, not a listing; so is an answer about something
    /// that no listing names. Of one resource, what the answer should have told stays unknown.
    pub(crate) fn place_shaped(
        &mut self,
        resource_type: &Arc<ResourceType>,
        read: &Read,
        shaped: Shaped,
        call: &Call,
        last: bool,
        source: &Arc<Source>,
    ) -> Vec<String> {
        let Shaped { found, mut lost, .. } = shaped;
        for properties in found {
            lost.extend(self.add(resource_type, read, properties, call, source).err());
        }
        let Some(first) = lost.first() else {
            if last {
                self.seen.answered(resource_type, call, source);
            }
            return Vec::new();
        };
        let detail = format!("a part of the answer of {} could not be read: {first}", read.operation);
        let cause = Arc::new(Cause::new(CauseKind::CallFailed, detail));
        if read.lists() || self.leave_unknown(resource_type, read, call, &cause, source).is_err() {
            self.gaps.push(listing_gap(resource_type, call, cause, source));
        }
        lost.into_iter().map(|message| format!("{}: {}: {message}", source.file, read.operation)).collect()
    }

    /// What each item of an answer says of a resource, its secrets taken out, and a line for each reason why that is not all.
    pub(crate) fn shape(&mut self, resource_type: &Arc<ResourceType>, read: &Read, answer: Value) -> Shaped {
        let mut shaped = Shaped::default();
        if answer == Value::Map(Vec::new()) && read.may_be_empty && !read.items.is_empty() {
            return shaped;
        }
        match items(answer, &read.items) {
            Ok(items) => {
                for item in items {
                    match self.properties(resource_type, read, item) {
                        Ok(properties) => shaped.found.extend(properties.map(|properties| seal(properties, resource_type))),
                        Err(message) => shaped.lost.push(message),
                    }
                }
            }
            Err(message) => shaped.lost.push(format!("{message}: it is not the whole answer")),
        }
        shaped
    }

    /// What an item says of a resource; `None` if it is of another type.
    ///
    /// # Errors
    /// The item is not whole, or not of the shape that the read's programs expect; one line.
    fn properties(&mut self, resource_type: &ResourceType, read: &Read, item: Value) -> Result<Option<Value>, String> {
        if let Some(path) = missing(&item, &read.holds) {
            return Err(format!("there is no `{path}` in it: it is not the whole answer"));
        }
        if let Some(when) = &read.when
            && self.programs.run(when, &item)? != Value::Bool(true)
        {
            return Ok(None);
        }
        let shaped = match &read.jq {
            Some(program) => conform(self.programs.run(program, &item)?, &resource_type.schema, &BTreeMap::new()),
            None => Value::Map(Vec::new()),
        };
        let mut properties = conform(item, &resource_type.schema, &read.rename);
        if let (false, Value::Map(members)) = (read.per.is_none() && !read.of_all(), &mut properties) {
            let first = |path: &str| path.split(['.', '[']).next().unwrap_or_default().to_owned();
            members.retain(|(name, _)| {
                read.told().any(|path| *first(path) == **name)
                    || read.per.as_ref().is_some_and(|per| **name == *first(per))
                    || resource_type.id_path().is_some_and(|path| *first(path) == **name)
            });
        }
        merge(&mut properties, shaped);
        drop_nulls(&mut properties);
        Ok(Some(properties))
    }

    fn add(
        &mut self,
        resource_type: &Arc<ResourceType>,
        read: &Read,
        mut properties: Value,
        call: &Call,
        source: &Arc<Source>,
    ) -> Result<(), String> {
        if let (Some(per), Some(subject)) = (&read.per, &call.subject)
            && properties.at(per).is_none_or(Value::is_null)
        {
            properties.set_at(per, Value::str(subject.as_str()));
        }
        for (path, known) in &call.identity {
            if properties.at(path).is_none_or(Value::is_null) {
                properties.set_at(path, Value::str(&**known));
            }
        }
        if let (Some(per), Some(id)) = (&read.per, resource_type.id_path())
            && properties.at(id).is_none_or(Value::is_null)
        {
            let listed = self.store.types.get(&resource_type.name).and_then(|rows| {
                rows.rows.iter().find(|row| {
                    row.properties.at(per).and_then(Value::as_str) == properties.at(per).and_then(Value::as_str)
                        && (call.account.is_none() || row.account == call.account)
                        && (call.region.is_none() || resource_type.global || row.region == call.region)
                })
            });
            match listed.and_then(|row| row.properties.at(id)).cloned() {
                Some(found) => properties.set_at(id, found),
                None => {
                    return Err(format!(
                        "the answer does not say which resource it is for, and no listing names it; name the file `{}/<{per}>.json` and add the listing",
                        kebab(&read.operation)
                    ));
                }
            }
        }
        let mut row = make_row(resource_type, properties, call, source);
        let is_listed_elsewhere = read.per.is_some() || read.of_all();
        if let Some(listed) = is_listed_elsewhere.then(|| self.store.listed_without_region(&row)).flatten() {
            row.region = listed;
        }
        if let Some((name, place)) = self.store.add(self.catalog, row) {
            if let (Some(region), Some(row)) = (
                call.region.as_ref().filter(|region| &***region != "global"),
                self.store.types.get_mut(&name).and_then(|rows| rows.rows.get_mut(place)),
            ) && !resource_type.global
            {
                row.region.get_or_insert_with(|| region.clone());
            }
            self.seen.add(resource_type, place, read);
        }
        Ok(())
    }

    /// What a failed call would have read is absent if the error means so, else unknown.
    pub(crate) fn failure(
        &mut self,
        resource_type: &Arc<ResourceType>,
        read: &Read,
        call: &Call,
        failure: &Failure,
        source: &Arc<Source>,
    ) -> Vec<String> {
        let detail = format!("{} answered {}", failure.operation.as_deref().unwrap_or(&read.operation), failure.words);
        let action = failure.action.clone().unwrap_or_else(|| read.action.clone());
        let cause = Arc::new(Cause::new(failure.kind, detail).with_action(action));
        let absent = failure.code.as_ref().is_some_and(|code| read.absent_on.contains(code));
        if read.lists() {
            if absent {
                self.seen.answered(resource_type, call, source);
                if resource_type.id_path().is_none() {
                    // "None" of something that every account has once is a row with nothing in it.
                    return self.add(resource_type, read, Value::Map(Vec::new()), call, source).err().into_iter().collect();
                }
            } else {
                self.gaps.push(listing_gap(resource_type, call, cause, source));
            }
            return Vec::new();
        }
        let placed = if absent {
            self.add(resource_type, read, Value::Map(Vec::new()), call, source)
        } else {
            self.leave_unknown(resource_type, read, call, &cause, source)
        };
        let Err(message) = placed else { return Vec::new() };
        self.gaps.push(listing_gap(resource_type, call, cause, source));
        vec![format!("{}: {}: {message}", source.file, read.operation)]
    }

    /// What a call for one resource would have told stays unknown.
    fn leave_unknown(
        &mut self,
        resource_type: &Arc<ResourceType>,
        read: &Read,
        call: &Call,
        cause: &Arc<Cause>,
        source: &Arc<Source>,
    ) -> Result<(), String> {
        let mut properties = Value::Map(Vec::new());
        for path in read.told() {
            properties.set_at(path, Value::Unknown(cause.clone()));
        }
        let unread = Unread {
            resource_type: resource_type.name.clone(),
            account: call.account.clone(),
            region: call.region.clone(),
            cause: cause.clone(),
        };
        *self.unread.entry(unread).or_default() += 1;
        self.add(resource_type, read, properties, call, source)
    }
}

/// What an answer, or a page of one, says of the resources of a type.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Shaped {
    /// Properties of each item.
    pub found: Vec<Value>,
    /// Why that is not all.
    pub lost: Vec<String>,
    /// When the facts were true, if the answer tells another time than that of its coming.
    pub at: Option<DateTime<Utc>>,
}

/// Why a call has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// How it failed.
    pub kind: CauseKind,
    /// The service's error code, if it is the service that refused.
    pub code: Option<String>,
    /// The code, or what else happened.
    pub words: String,
    /// The call that failed and its IAM action, if it is another than that of the read: one that it rests on.
    pub operation: Option<String>,
    /// See `operation`.
    pub action: Option<String>,
}

/// Error codes by which services say that the caller may not.
const DENIED: [&str; 6] = ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "403", "Forbidden"];

impl Failure {
    fn of_code(code: &str) -> Self {
        let kind = if DENIED.contains(&code) { CauseKind::Denied } else { CauseKind::CallFailed };
        Self { kind, code: Some(code.to_owned()), words: code.to_owned(), operation: None, action: None }
    }
}

/// Takes secrets out as soon as an answer is shaped, so that nothing that keeps rows holds one; what kinds they are is found first.
pub(crate) fn seal(properties: Value, resource_type: &Arc<ResourceType>) -> Value {
    if resource_type.secrets.is_empty() {
        return properties;
    }
    let mut row = Resource::new(resource_type.name.clone(), "", Arc::new(Source { kind: SourceKind::Api, file: Arc::from("") }));
    row.properties = properties;
    derive::seal(&mut row, resource_type);
    redact(&mut row.properties, &resource_type.secrets);
    row.properties
}

fn listing_gap(resource_type: &ResourceType, call: &Call, cause: Arc<Cause>, source: &Arc<Source>) -> Gap {
    Gap {
        resource_type: resource_type.name.clone(),
        id: None,
        account: call.account.clone(),
        region: if resource_type.global { Some(Arc::from("global")) } else { call.region.clone() },
        path: None,
        cause,
        source: source.clone(),
    }
}

fn make_row(resource_type: &Arc<ResourceType>, properties: Value, call: &Call, source: &Arc<Source>) -> Resource {
    let text = |path: Option<&str>| path.and_then(|path| properties.at(path)).and_then(Value::as_str).map(Arc::<str>::from);
    let id = text(resource_type.id_path());
    let own_arn = text(Some("Arn")).or_else(|| id.clone().filter(|id| id.starts_with("arn:"))).or_else(|| {
        // Such as `DBInstanceArn`: of the type's service, and it ends in the id.
        let service = resource_type.name.split("::").nth(1)?.to_ascii_lowercase();
        let (Value::Map(members), id) = (&properties, id.as_deref()?) else { return None };
        let own =
            |arn: &&str| arn.split(':').nth(2) == Some(&service) && arn.strip_suffix(id).is_some_and(|rest| rest.ends_with([':', '/']));
        let arns = members.iter().filter(|(name, _)| name.ends_with("Arn") || name.ends_with("ARN"));
        arns.filter_map(|(_, value)| value.as_str()).find(own).map(Arc::from)
    });
    let id = id.or_else(|| own_arn.clone());
    let mut account = own_arn.as_deref().and_then(|arn| arn.split(':').nth(4)).filter(|part| part.len() == 12).map(Arc::from);
    account = call.account.clone().or(account);
    let mut region: Option<Arc<str>> =
        own_arn.as_deref().and_then(|arn| arn.split(':').nth(3)).filter(|part| !part.is_empty()).map(Arc::from);
    // A global listing of regional things (buckets) does not say where each is; another answer may.
    let of_call = call.region.clone().filter(|region| &**region != "global");
    let own_region = text(resource_type.region.as_deref());
    region = if resource_type.global { Some(Arc::from("global")) } else { own_region.or(region).or(of_call) };
    let place = || format!("{}/{}", account.as_deref().unwrap_or("account"), region.as_deref().unwrap_or("region"));
    let id = id.unwrap_or_else(|| Arc::from(place()));
    let mut row = Resource::new(resource_type.name.clone(), id, source.clone());
    row.name = text(resource_type.display_name.as_deref());
    row.arn = own_arn;
    row.account = account;
    row.region = region;
    row.properties = properties;
    row.observed_at = call.at;
    row
}
