//! Rows of AWS Config among those that are read live: shaped by the reader of Config's files, told apart by type, account and Region.

use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use partywall_model::{Cause, Gap, Key, Resource, Source, SourceKind, Value};

use crate::CollectError;
use crate::api::{Shaped, seal};
use crate::config::{ConfigItems, ConfigReader};
use crate::live::Live;

/// Members of what is kept of a row.
const TYPE: &str = "Type";
const ID: &str = "Id";
const NAME: &str = "Name";
const ARN: &str = "Arn";
const ACCOUNT: &str = "Account";
const REGION: &str = "Region";
const AT: &str = "At";
const DELETED: &str = "Deleted";
const PROPERTIES: &str = "Properties";
/// Only member of what is kept of an item that is there and whose content could not be read.
const ERROR: &str = "Error";

/// Where rows of AWS Config come from, as results name it.
#[derive(Debug, Clone)]
pub struct Recorder(Arc<Source>);

impl Recorder {
    /// An aggregator.
    pub fn aggregator(name: &str) -> Self {
        Self(Arc::new(Source { kind: SourceKind::Config, file: Arc::from(format!("aws-config/{name}")) }))
    }

    /// How many results a page had, by what is kept of it.
    pub fn results(shaped: &Shaped) -> usize {
        shaped.found.iter().filter(|value| value.get(TYPE).is_some()).count() + shaped.lost.len()
    }
}

impl Live<'_> {
    /// What a page of an answered query about an account says: its rows, secrets taken out, and a line for each result that could not be
    /// read or is of another account. A row that was deleted is there too: it says that an earlier record of it counts no more.
    ///
    /// # Errors
    /// None that a query can bring about.
    pub fn shape_recorded(&mut self, answer: &Value, account: &str, recorder: &Recorder) -> Result<Shaped, CollectError> {
        let mut items = ConfigItems::default();
        let (mut found, mut foreign) = (Vec::new(), Vec::new());
        let catalog = self.collector.catalog;
        let is_foreign = |row: &Resource| row.account.as_deref().is_some_and(|of| of != account);
        let refusal = |row: &Resource| format!("{} `{}` is of another account", row.resource_type, row.id);
        let mut emit = |mut row: Resource| {
            if is_foreign(&row) {
                foreign.push(refusal(&row));
                return Ok(());
            }
            if let Some(resource_type) = catalog.resource_type(&row.resource_type) {
                row.properties = seal(std::mem::take(&mut row.properties), &resource_type);
            }
            found.push(kept(row, false));
            Ok(())
        };
        ConfigReader::new(catalog, &mut self.collector.programs).query(answer, &recorder.0, &mut emit, &mut items)?;
        let (others, deleted): (Vec<_>, Vec<_>) = items.deleted.into_iter().partition(is_foreign);
        found.extend(deleted.into_iter().map(|row| kept(row, true)));
        foreign.extend(others.iter().map(refusal));
        let unmodelled = items.unmodelled.iter().map(|(name, count)| format!("{count} of {name}: a type that nobody asked for"));
        let lost = items.unreadable.into_iter().chain(unmodelled).chain(foreign).collect();
        found.extend(items.errors.into_iter().map(|error| Value::Map(vec![(Key::from(ERROR), Value::str(error))])));
        Ok(Shaped { found, lost, at: None })
    }

    /// Adds what a page of an answered query said of an account: its rows of the types that are taken.
    ///
    /// # Errors
    /// Whoever takes the batches failed.
    pub fn place_recorded(
        &mut self,
        account: &Arc<str>,
        shaped: Shaped,
        recorder: &Recorder,
        taken: &dyn Fn(&str) -> bool,
    ) -> Result<(), CollectError> {
        self.collector.seen.recording_told = true;
        self.collector.out.files.entry(SourceKind::Config).or_insert(1);
        self.collector.out.errors.extend(shaped.lost);
        for value in shaped.found {
            if let Some(error) = value.get(ERROR).and_then(Value::as_str) {
                self.collector.out.errors.push(error.to_owned());
            }
            let Some((mut row, deleted)) = row(value, &recorder.0).filter(|(row, _)| taken(&row.resource_type)) else { continue };
            row.account.get_or_insert_with(|| account.clone());
            if self.collector.catalog.resource_type(&row.resource_type).is_some_and(|known| known.global) {
                row.region = Some(Arc::from("global"));
            }
            if deleted { self.collector.deleted.push(row) } else { self.collector.add(row)? }
        }
        Ok(())
    }

    /// Notes that not everything of a type is known in a place: of any type if there is none, in all Regions if there is none.
    pub fn gap(
        &mut self,
        resource_type: Option<&Arc<str>>,
        account: &Arc<str>,
        region: Option<&Arc<str>>,
        cause: Cause,
        recorder: &Recorder,
    ) {
        self.collector.out.gaps.push(Gap {
            resource_type: resource_type.cloned().unwrap_or_else(|| Arc::from("")),
            id: None,
            account: Some(account.clone()),
            region: region.cloned(),
            path: None,
            cause: Arc::new(cause),
            source: recorder.0.clone(),
        });
    }

    /// Notes something that was not read, in one line.
    pub fn note(&mut self, line: String) {
        self.collector.out.errors.push(line);
    }

    /// Adds a line on something that is worth one and misses nothing.
    pub fn remark(&mut self, line: String) {
        self.collector.out.warnings.push(line);
    }
}

/// A row as a value that a journal can keep.
fn kept(row: Resource, deleted: bool) -> Value {
    let mut members = vec![(Key::from(TYPE), Value::str(&*row.resource_type)), (Key::from(ID), Value::str(&*row.id))];
    let texts = [(NAME, row.name), (ARN, row.arn), (ACCOUNT, row.account), (REGION, row.region)];
    members.extend(texts.into_iter().filter_map(|(name, text)| Some((Key::from(name), Value::str(&*text?)))));
    if let Some(at) = row.observed_at {
        members.push((Key::from(AT), Value::str(at.to_rfc3339_opts(SecondsFormat::AutoSi, true))));
    }
    if deleted {
        members.push((Key::from(DELETED), Value::Bool(true)));
    }
    members.push((Key::from(PROPERTIES), row.properties));
    Value::Map(members)
}

/// The row that [`kept`] kept, and whether it was deleted.
fn row(value: Value, source: &Arc<Source>) -> Option<(Resource, bool)> {
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(Arc::<str>::from);
    let mut row = Resource::new(text(TYPE)?, text(ID)?, source.clone());
    (row.name, row.arn, row.account, row.region) = (text(NAME), text(ARN), text(ACCOUNT), text(REGION));
    row.observed_at = text(AT).and_then(|at| DateTime::parse_from_rfc3339(&at).ok()).map(|at| at.with_timezone(&Utc));
    let deleted = value.get(DELETED) == Some(&Value::Bool(true));
    let Value::Map(members) = value else { return None };
    row.properties = members.into_iter().find(|(name, _)| &**name == PROPERTIES).map(|(_, value)| value).unwrap_or_default();
    Some((row, deleted))
}
