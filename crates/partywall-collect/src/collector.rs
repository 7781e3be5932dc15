use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use partywall_catalog::{Catalog, ResourceType, Schema};
use partywall_model::{Gap, Listing, Resource, Source, SourceKind, Value};
use partywall_table::{Envelope, Paths, TypeBatch, build_batch, project};

use crate::api::{self, ApiReader, Call, Seen};
use crate::cloudformation::{self, Parameters};
use crate::complete::{complete, kept_columns, prune};
use crate::config::{ConfigItems, ConfigReader, ReadError, looks_like_config};
use crate::defaults::Lookup;
use crate::jq::Programs;
use crate::json::{Names, value_from_slice};
use crate::store::Store;
use crate::{CollectError, credential_report, fold, input};

/// Rows per batch: large enough for the kernels, small enough to stay in cache.
const BATCH_ROWS: usize = 2048;

/// What the user says about the input.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// For templates.
    pub parameters: Parameters,
}

/// What whoever takes the batches wants to see of a type.
#[derive(Debug, Clone, Default)]
pub struct Need {
    /// Property paths; everything if `None`.
    pub paths: Option<Paths>,
    /// Envelope columns.
    pub envelope: Vec<Envelope>,
}

/// What was read, beside the batches.
#[derive(Debug, Clone, Default)]
pub struct Collected {
    /// Files that are of no known kind, and other things worth a line.
    pub warnings: Vec<String>,
    /// Files that are broken; the rest was read.
    pub errors: Vec<String>,
    /// Listings that failed.
    pub gaps: Vec<Gap>,
    /// Listings that were answered, also with nothing.
    pub listed: BTreeSet<Listing>,
    /// Rows by type.
    pub types: BTreeMap<Arc<str>, u64>,
    /// Items of types that neither the registry nor the catalogue knows.
    pub unmodelled: BTreeMap<Arc<str>, u64>,
    /// Accounts seen.
    pub accounts: BTreeSet<Arc<str>>,
    /// Regions seen, `global` left out.
    pub regions: BTreeSet<Arc<str>>,
    /// Latest capture.
    pub observed_at: Option<DateTime<Utc>>,
    /// Files read, by kind of source.
    pub files: BTreeMap<SourceKind, u64>,
    /// State files beside the facts (`exceptions.toml`, `parties.toml`), by file name.
    pub state: BTreeMap<String, PathBuf>,
}

/// Files that people keep beside their sources and that are no source themselves.
const STATE_FILES: [&str; 4] = ["exceptions.toml", "parties.toml", "scope.toml", "owners.toml"];

/// Reads all inputs and hands over their rows in batches, type by type.
///
/// Rows of one batch are of one type and one kind of source. Types that no other row can change are handed over while reading, once
/// there are enough of them if the input is one Config snapshot, so that memory does not grow with it.
///
/// # Errors
/// A path does not exist, a jq program of the catalogue is broken, or `emit` fails. Broken files are told in [`Collected::errors`].
pub fn collect(
    catalog: &Catalog,
    paths: &[PathBuf],
    options: &Options,
    need: &dyn Fn(&ResourceType) -> Need,
    emit: &mut dyn FnMut(TypeBatch) -> Result<(), CollectError>,
) -> Result<Collected, CollectError> {
    let mut collector = Collector::new(catalog, options, need, emit);
    let mut programs = Programs::default();
    let (files, errors) = input::files(paths)?;
    collector.out.errors.extend(errors);
    collector.alone = files.len() == 1;
    for path in files {
        collector.file(&path, &mut programs)?;
    }
    let mut reader = ApiReader::new(catalog, &mut programs);
    for (call, answer, source) in std::mem::take(&mut collector.waiting) {
        let (store, seen) = (&mut collector.store, &mut collector.seen);
        let errors = match answer {
            Ok(answer) => reader.answer(&call, &answer, &source, store, seen),
            Err(code) => reader.failure(&call, &code, &source, store, seen, &mut collector.out.gaps),
        };
        collector.out.errors.extend(errors);
    }
    reader.finish(&mut collector.store, &collector.seen);
    collector.out.listed.extend(collector.seen.listed(catalog));
    collector.finish()
}

/// Types whose rows other rows change or read: satellites, their parents, and rows that defaults and derive functions look up.
fn entangled(catalog: &Catalog) -> BTreeSet<Arc<str>> {
    let mut names = BTreeSet::new();
    for file in catalog.types.values() {
        for fold in &file.folds {
            names.insert(file.name.clone());
            names.insert(fold.from.clone());
        }
        for depends in file.defaults.iter().filter_map(|default| default.depends_on.as_ref()) {
            names.insert(file.name.clone());
            names.insert(depends.resource_type.clone());
        }
        for table in file.derives.iter().flat_map(|derive| &derive.tables) {
            names.insert(file.name.clone());
            names.insert(table.clone());
        }
    }
    names
}

pub(crate) struct Collector<'a> {
    catalog: &'a Catalog,
    options: &'a Options,
    need: &'a dyn Fn(&ResourceType) -> Need,
    emit: &'a mut dyn FnMut(TypeBatch) -> Result<(), CollectError>,
    pub(crate) out: Collected,
    pub(crate) store: Store,
    seen: Seen,
    entangled: BTreeSet<Arc<str>>,
    needs: BTreeMap<Arc<str>, Arc<TypeNeed>>,
    /// There is one input file.
    alone: bool,
    /// No later row can be of a resource that was met before, so full batches need not wait: the input is one Config snapshot.
    streams: bool,
    /// How many rows of a type wait in the store.
    waiting_rows: BTreeMap<Arc<str>, usize>,
    /// Answers, or error codes, of per-resource calls: they are added when all listings are in.
    waiting: Vec<(Call, Result<Value, String>, Arc<Source>)>,
}

/// What of a type is kept and built.
struct TypeNeed {
    columns: Schema,
    envelope: Vec<Envelope>,
    /// What rows keep while they wait: the columns and what folding, defaults and derive functions read.
    kept: Option<Schema>,
}

impl<'a> Collector<'a> {
    pub(crate) fn new(
        catalog: &'a Catalog,
        options: &'a Options,
        need: &'a dyn Fn(&ResourceType) -> Need,
        emit: &'a mut dyn FnMut(TypeBatch) -> Result<(), CollectError>,
    ) -> Self {
        Self {
            catalog,
            options,
            need,
            emit,
            out: Collected::default(),
            store: Store::default(),
            seen: Seen::default(),
            entangled: entangled(catalog),
            needs: BTreeMap::new(),
            alone: false,
            streams: false,
            waiting_rows: BTreeMap::new(),
            waiting: Vec::new(),
        }
    }

    fn file(&mut self, path: &Path, programs: &mut Programs) -> Result<(), CollectError> {
        let shown = input::shown(path);
        if let Some(name) = path.file_name().and_then(|name| name.to_str()) {
            if STATE_FILES.contains(&name) {
                self.out.state.insert(name.to_owned(), path.to_owned());
                return Ok(());
            }
            if path.extension().is_some_and(|extension| extension == "md") {
                return Ok(());
            }
        }
        let bytes = match input::read(path) {
            Ok(bytes) => bytes,
            Err(message) => {
                self.out.errors.push(format!("{shown}: {message}"));
                return Ok(());
            }
        };
        let source = |kind| Arc::new(Source { kind, file: Arc::from(shown.as_str()) });
        let text = match std::str::from_utf8(&bytes) {
            Ok(text) => text.trim_start_matches('\u{feff}'),
            Err(error) => {
                let line = bytes.get(..error.valid_up_to()).unwrap_or_default().split(|byte| *byte == b'\n').skip(1).count() + 1;
                self.out.errors.push(format!("{shown}:{line}: the file is not UTF-8 text"));
                return Ok(());
            }
        };
        let trimmed = text.trim_start();
        let json = trimmed.starts_with(['{', '[']);
        let head_end = (0..=65_536.min(trimmed.len())).rev().find(|end| trimmed.is_char_boundary(*end)).unwrap_or(0);
        let head = trimmed.get(..head_end).unwrap_or(trimmed);
        if json && looks_like_config(head) {
            self.streams = self.alone && head.contains("\"configSnapshotId\"");
            return self.config_file(text, &source(SourceKind::Config), programs);
        }
        if trimmed.starts_with(credential_report::HEAD) {
            self.credential_report(text, &source(SourceKind::Api));
            return Ok(());
        }
        if let Some((code, operation)) = (trimmed.len() < 4096).then(|| api::error_line(trimmed)).flatten() {
            let mut reader = ApiReader::new(self.catalog, programs);
            let mut call = reader.call_of(path);
            call.operation = Some(api::kebab(&operation));
            self.count(SourceKind::Api);
            let source = source(SourceKind::Api);
            if reader.waits(&call) {
                self.waiting.push((call, Err(code), source));
                return Ok(());
            }
            let errors = reader.failure(&call, &code, &source, &mut self.store, &mut self.seen, &mut self.out.gaps);
            self.out.errors.extend(errors);
            return Ok(());
        }
        if cloudformation::looks_like_template(text) {
            return self.template(&bytes, &source(SourceKind::CloudFormation));
        }
        if json || (trimmed.is_empty() && path.extension().is_some_and(|ending| ending == "json")) {
            // The CLI prints nothing at all for an answer without members.
            let text = if trimmed.is_empty() { "{}" } else { text };
            self.api_file(path, text, &source(SourceKind::Api), programs);
            return Ok(());
        }
        let known_extension =
            path.extension().is_some_and(|ending| ["yaml", "yml", "template", "json"].iter().any(|known| ending == *known));
        if known_extension && !trimmed.is_empty() && trimmed.contains("Resources") {
            return self.template(&bytes, &source(SourceKind::CloudFormation));
        }
        self.out.warnings.push(format!("{shown}: not a template, AWS Config file or AWS CLI answer; skipped"));
        Ok(())
    }

    fn count(&mut self, kind: SourceKind) {
        *self.out.files.entry(kind).or_default() += 1;
    }

    fn template(&mut self, bytes: &[u8], source: &Arc<Source>) -> Result<(), CollectError> {
        let catalog = self.catalog;
        let id_property = |name: &str| catalog.resource_type(name)?.id_path().map(str::to_owned);
        match cloudformation::read_template(bytes, source, &self.options.parameters, &id_property) {
            Ok(template) => {
                self.count(SourceKind::CloudFormation);
                self.out.gaps.extend(template.gaps);
                self.out.warnings.extend(template.warnings.iter().map(|warning| format!("{}: {}", warning.location, warning.message)));
                for row in template.resources {
                    self.add(row)?;
                }
            }
            Err(error) => self.out.errors.push(error.to_string()),
        }
        Ok(())
    }

    fn config_file(&mut self, text: &str, source: &Arc<Source>, programs: &mut Programs) -> Result<(), CollectError> {
        let mut items = ConfigItems::default();
        let mut reader = ConfigReader::new(self.catalog, programs);
        let result = reader.read(text, source, &mut |row| self.add(row), &mut items);
        self.count(SourceKind::Config);
        self.out.errors.extend(items.errors);
        for (name, number) in items.unmodelled {
            *self.out.unmodelled.entry(name).or_default() += number;
        }
        match result {
            Ok(()) => Ok(()),
            Err(ReadError::Sink(error)) => Err(error),
            Err(ReadError::Json(error)) => {
                self.out.errors.push(format!("{}:{}:{}: broken JSON: {error}", source.file, error.line(), error.column()));
                Ok(())
            }
        }
    }

    fn credential_report(&mut self, text: &str, source: &Arc<Source>) {
        let Some(resource_type) = self.catalog.resource_type(credential_report::TYPE) else { return };
        match credential_report::read(text, &resource_type, source) {
            Ok(rows) => {
                self.count(SourceKind::Api);
                for row in rows {
                    let (resource_type, account, region) = (row.resource_type.clone(), row.account.clone(), Some(Arc::from("global")));
                    self.out.listed.insert(Listing { resource_type, account, region });
                    self.store.add(self.catalog, row);
                }
            }
            Err(message) => self.out.errors.push(format!("{}: {message}", source.file)),
        }
    }

    fn api_file(&mut self, path: &Path, text: &str, source: &Arc<Source>, programs: &mut Programs) {
        let answer = match value_from_slice(text.as_bytes(), &mut Names::default()) {
            Ok(answer) => answer,
            Err(error) => {
                self.out.errors.push(format!("{}:{}:{}: broken JSON: {error}", source.file, error.line(), error.column()));
                return;
            }
        };
        if let (Some(Value::Str(content)), true) = (answer.get("Content"), answer.get("ReportFormat").is_some()) {
            use base64::Engine as _;
            let decoded =
                base64::engine::general_purpose::STANDARD.decode(content.as_bytes()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            match decoded {
                Some(csv) => self.credential_report(&csv, source),
                None => self.out.errors.push(format!("{}: the report's content is not base64", source.file)),
            }
            return;
        }
        let mut reader = ApiReader::new(self.catalog, programs);
        let mut call = reader.call_of(path);
        if call.operation.is_none() {
            call.operation = reader.guess(&answer);
        }
        if call.operation.is_none() {
            self.out.warnings.push(format!(
                "{}: no known AWS CLI answer; name the file after its operation, such as describe-instances.json; skipped",
                source.file
            ));
            return;
        }
        self.count(SourceKind::Api);
        if reader.waits(&call) {
            self.waiting.push((call, Ok(answer), source.clone()));
            return;
        }
        let errors = reader.answer(&call, &answer, source, &mut self.store, &mut self.seen);
        self.out.errors.extend(errors);
    }

    fn add(&mut self, mut row: Resource) -> Result<(), CollectError> {
        let name = row.resource_type.clone();
        let Some(resource_type) = self.catalog.resource_type(&name) else {
            *self.out.unmodelled.entry(name).or_default() += 1;
            return Ok(());
        };
        let need = self.need_of(&resource_type);
        if let Some(kept) = &need.kept
            && row.source.kind != SourceKind::Api
        {
            prune(&mut row.properties, kept);
            row.positions.retain(|(path, _, _)| path.split(['.', '[']).next().is_some_and(|first| kept.get(first).is_some()));
        }
        self.store.add(self.catalog, row);
        let waiting = self.waiting_rows.entry(name.clone()).or_default();
        *waiting += 1;
        if self.streams && *waiting >= BATCH_ROWS && !self.entangled.contains(&name) {
            *waiting = 0;
            if let Some(rows) = self.store.types.get_mut(&name) {
                let rows = std::mem::take(&mut rows.rows);
                if let Some(empty) = self.store.types.remove(&name) {
                    drop(empty);
                }
                self.hand_over(&resource_type, rows, &Lookup::default())?;
            }
        }
        Ok(())
    }

    fn need_of(&mut self, resource_type: &ResourceType) -> Arc<TypeNeed> {
        if let Some(known) = self.needs.get(&resource_type.name) {
            return known.clone();
        }
        let need = (self.need)(resource_type);
        let made = Arc::new(match need.paths {
            None => TypeNeed { columns: Schema::clone(&resource_type.schema), envelope: need.envelope, kept: None },
            Some(paths) => {
                let columns = project(&resource_type.schema, &paths);
                let kept = kept_columns(self.catalog, resource_type, &columns);
                TypeNeed { columns, envelope: need.envelope, kept: Some(kept) }
            }
        });
        self.needs.insert(resource_type.name.clone(), made.clone());
        made
    }

    pub(crate) fn finish(mut self) -> Result<Collected, CollectError> {
        fold::fold(&mut self.store, self.catalog);
        let mut lookup = Lookup::default();
        let looked_up: BTreeSet<&Arc<str>> = self
            .catalog
            .types
            .values()
            .flat_map(|file| {
                let tables = file.derives.iter().flat_map(|derive| &derive.tables);
                tables.chain(file.defaults.iter().filter_map(|default| default.depends_on.as_ref()).map(|depends| &depends.resource_type))
            })
            .collect();
        for name in looked_up {
            for row in self.store.types.get(name).map(|rows| rows.rows.as_slice()).unwrap_or_default() {
                lookup.add(row);
            }
        }
        for (_, rows) in std::mem::take(&mut self.store).types {
            self.hand_over(&rows.resource_type, rows.rows, &lookup)?;
        }
        Ok(self.out)
    }

    fn hand_over(&mut self, resource_type: &Arc<ResourceType>, rows: Vec<Resource>, lookup: &Lookup) -> Result<(), CollectError> {
        let need = self.need_of(resource_type);
        let mut by_kind: BTreeMap<SourceKind, Vec<Arc<Resource>>> = BTreeMap::new();
        *self.out.types.entry(resource_type.name.clone()).or_default() += rows.len() as u64;
        for mut row in rows {
            complete(&mut row, resource_type, &need.columns, lookup);
            self.out.accounts.extend(row.account.clone());
            self.out.regions.extend(row.region.clone().filter(|region| &**region != "global"));
            self.out.observed_at = self.out.observed_at.max(row.observed_at);
            by_kind.entry(row.source.kind).or_default().push(Arc::new(row));
        }
        for (kind, rows) in by_kind {
            let mut rows = rows.into_iter();
            loop {
                let chunk: Vec<_> = rows.by_ref().take(BATCH_ROWS).collect();
                if chunk.is_empty() {
                    break;
                }
                (self.emit)(build_batch(resource_type, kind, &need.columns, &need.envelope, chunk)?)?;
            }
        }
        Ok(())
    }
}
