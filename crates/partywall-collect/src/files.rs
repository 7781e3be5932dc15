//! From a file to rows: what kind of source it is, told from its content, and which reader takes it.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use partywall_model::{Cause, CauseKind, Gap, Listing, Source, SourceKind, Value};

use crate::api::{self, ApiReader, Call};
use crate::cloudformation;
use crate::collector::Collector;
use crate::config::{ConfigItems, ConfigReader, ReadError, looks_like_config};
use crate::json::{Names, value_from_slice};
use crate::{CollectError, credential_report, input};

/// How the JSON that partywall writes begins: a later run may find it among its sources.
const OWN_OUTPUT: &str = "{\"schema\":\"partywall.";

impl Collector<'_> {
    pub(crate) fn file(&mut self, path: &Path) -> Result<(), CollectError> {
        let shown = input::shown(path);
        if path.extension().is_some_and(|extension| extension == "md") {
            return Ok(());
        }
        if path.extension().is_some_and(|extension| extension == "toml") {
            self.out.warnings.push(format!("{shown}: no source; what people keep stands in a directory `{}`; skipped", crate::RECORDS));
            return Ok(());
        }
        let bytes = match input::read(path) {
            Ok(bytes) => bytes,
            Err(message) => {
                self.broken(path, format!("{shown}: {message}"));
                return Ok(());
            }
        };
        let source = |kind| Arc::new(Source { kind, file: Arc::from(shown.as_str()) });
        let text = match std::str::from_utf8(&bytes) {
            Ok(text) => text.trim_start_matches('\u{feff}'),
            Err(_) if !is_source_like(path) => {
                self.out.warnings.push(format!("{shown}: not a template, AWS Config file or AWS CLI answer; skipped"));
                return Ok(());
            }
            Err(error) => {
                let line = bytes.get(..error.valid_up_to()).unwrap_or_default().split(|byte| *byte == b'\n').skip(1).count() + 1;
                self.broken(path, format!("{shown}:{line}: the file is not UTF-8 text"));
                return Ok(());
            }
        };
        let trimmed = text.trim_start();
        if trimmed.starts_with(OWN_OUTPUT) {
            self.out.warnings.push(format!("{shown}: an output of partywall, no source; skipped"));
            return Ok(());
        }
        let json = trimmed.starts_with(['{', '[']);
        let head_end = (0..=65_536.min(trimmed.len())).rev().find(|end| trimmed.is_char_boundary(*end)).unwrap_or(0);
        let head = trimmed.get(..head_end).unwrap_or(trimmed);
        if json && looks_like_config(head) {
            self.streams = self.alone && head.contains("\"configSnapshotId\"");
            return self.config_file(text, &source(SourceKind::Config));
        }
        if trimmed.starts_with(credential_report::HEAD) {
            self.credential_report(text, None, &source(SourceKind::Api));
            return Ok(());
        }
        if let Some((code, operation)) = (trimmed.len() < 4096).then(|| api::error_line(trimmed)).flatten() {
            let mut call = self.operations.call_of(path);
            call.operation = Some(api::kebab(&operation));
            self.count(SourceKind::Api);
            self.take(call, Err(code), source(SourceKind::Api));
            return Ok(());
        }
        if cloudformation::looks_like_template(text) {
            return self.template(&bytes, &source(SourceKind::CloudFormation));
        }
        if json || (trimmed.is_empty() && path.extension().is_some_and(|ending| ending == "json")) {
            self.api_file(path, text, &source(SourceKind::Api));
            return Ok(());
        }
        let known_extension =
            path.extension().is_some_and(|ending| ["yaml", "yml", "template", "json"].iter().any(|known| ending == *known));
        if known_extension && !trimmed.is_empty() && trimmed.contains("Resources") {
            return self.template(&bytes, &source(SourceKind::CloudFormation));
        }
        if self.operations.call_of(path).operation.is_some() {
            self.broken(path, format!("{shown}:1: no JSON, as the answer of the call would be that the file is named after"));
            return Ok(());
        }
        self.out.warnings.push(format!("{shown}: not a template, AWS Config file or AWS CLI answer; skipped"));
        Ok(())
    }

    /// Takes an answer or an error code; it waits if it can only be placed when all listings are in.
    fn take(&mut self, call: Call, answer: Result<Value, String>, source: Arc<Source>) {
        if self.operations.waits(&call) {
            self.waiting.push((call, answer, source));
        } else {
            self.place(&call, answer, &source);
        }
    }

    /// Adds an answer's rows, or what a failed call leaves unknown.
    pub(crate) fn place(&mut self, call: &Call, answer: Result<Value, String>, source: &Arc<Source>) {
        let mut reader = ApiReader {
            catalog: self.catalog,
            operations: &self.operations,
            programs: &mut self.programs,
            store: &mut self.store,
            seen: &mut self.seen,
            gaps: &mut self.out.gaps,
            unread: &mut self.out.unread,
        };
        let errors = reader.place(call, answer, source);
        self.out.errors.extend(errors);
    }

    /// A file that cannot be read: if its name says which call it was, that call failed; else anything may have been in it.
    fn broken(&mut self, path: &Path, message: String) {
        let source = Arc::new(Source { kind: SourceKind::Api, file: Arc::from(input::shown(path)) });
        let call = self.operations.call_of(path);
        if call.operation.is_some() {
            self.out.errors.push(message);
            self.count(SourceKind::Api);
            self.take(call, Err("no whole answer".to_owned()), source);
        } else {
            self.unreadable(message, source);
        }
    }

    /// Reports what could not be read, and that resources of any type may have been in it.
    pub(crate) fn unreadable(&mut self, message: String, source: Arc<Source>) {
        self.out.gaps.push(Gap::of_anything(&message, source));
        self.out.errors.push(message);
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
                self.out.parameters.extend(template.parameters);
                self.out.warnings.extend(template.warnings.iter().map(|warning| format!("{}: {}", warning.location, warning.message)));
                for row in template.resources {
                    self.add(row)?;
                }
            }
            Err(error) => self.unreadable(error.to_string(), source.clone()),
        }
        Ok(())
    }

    fn config_file(&mut self, text: &str, source: &Arc<Source>) -> Result<(), CollectError> {
        let mut items = ConfigItems::default();
        let mut programs = std::mem::take(&mut self.programs);
        let result = ConfigReader::new(self.catalog, &mut programs).read(text, source, &mut |row| self.add(row), &mut items);
        self.programs = programs;
        self.count(SourceKind::Config);
        self.out.errors.extend(items.errors);
        for message in items.unreadable {
            self.unreadable(message, source.clone());
        }
        self.deleted.extend(items.deleted);
        for (name, number) in items.unmodelled {
            *self.out.unmodelled.entry(name).or_default() += number;
        }
        match result {
            Ok(()) => Ok(()),
            Err(ReadError::Sink(error)) => Err(error),
            Err(ReadError::Json(error)) => {
                self.unreadable(
                    format!("{}:{}:{}: broken JSON: {error}", source.file, error.line(), error.column().max(1)),
                    source.clone(),
                );
                Ok(())
            }
        }
    }

    fn credential_report(&mut self, text: &str, at: Option<DateTime<Utc>>, source: &Arc<Source>) {
        let Some(resource_type) = self.catalog.resource_type(credential_report::TYPE) else { return };
        self.count(SourceKind::Api);
        let (rows, errors) = credential_report::read(text, &resource_type, source);
        for mut row in rows {
            row.observed_at = at;
            let (resource_type, account, region) = (row.resource_type.clone(), row.account.clone(), Some(Arc::from("global")));
            if errors.is_empty() {
                self.out.listed.insert(Listing { resource_type, account, region });
            }
            self.store.add(self.catalog, row);
        }
        for error in errors {
            let message = format!("{}: {error}; download the report again", source.file);
            let cause = Arc::new(Cause::new(CauseKind::CallFailed, message.clone()));
            let (resource_type, region) = (resource_type.name.clone(), Some(Arc::from("global")));
            self.out.gaps.push(Gap { resource_type, id: None, account: None, region, path: None, cause, source: source.clone() });
            self.out.errors.push(message);
        }
    }

    fn api_file(&mut self, path: &Path, text: &str, source: &Arc<Source>) {
        let empty = text.trim().is_empty();
        let answer = match value_from_slice(if empty { b"{}" } else { text.as_bytes() }, &mut Names::default()) {
            Ok(answer) => answer,
            Err(error) => {
                self.broken(path, format!("{}:{}:{}: broken JSON: {error}", source.file, error.line(), error.column().max(1)));
                return;
            }
        };
        if let (Some(Value::Str(content)), true) = (answer.get("Content"), answer.get("ReportFormat").is_some()) {
            use base64::Engine as _;
            let decoded =
                base64::engine::general_purpose::STANDARD.decode(content.as_bytes()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            match decoded {
                Some(csv) => self.credential_report(&csv, credential_report::generated(&answer), source),
                None => self.broken(path, format!("{}: the report's content is not base64", source.file)),
            }
            return;
        }
        let mut call = self.operations.call_of(path);
        if call.operation.is_none() {
            call.operation = self.operations.guess(&answer);
        }
        if call.operation.is_none() {
            self.out.warnings.push(match call_like(path) {
                Some(call) => format!("{}: nothing here reads the answer of `{call}`; skipped", source.file),
                None => format!(
                    "{}: no known AWS CLI answer; name the file after its operation, such as describe-instances.json; skipped",
                    source.file
                ),
            });
            return;
        }
        self.count(SourceKind::Api);
        let nothing = empty && !self.operations.may_be_empty(&call);
        self.take(call, if nothing { Err("nothing: the file is empty".to_owned()) } else { Ok(answer) }, source.clone());
    }
}

/// True if a file is named as sources are.
fn is_source_like(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default();
    ["json", "yaml", "yml", "template", "gz", "csv", "txt", "err"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}

/// The part of a path that is named like a read call of the CLI.
fn call_like(path: &Path) -> Option<String> {
    let parts: Vec<_> = path.iter().rev().map(|part| part.to_string_lossy()).collect();
    let stem = |part: &str| part.split('.').next().unwrap_or(part).to_owned();
    parts.iter().map(|part| stem(part)).find(|part| ["list-", "get-", "describe-", "batch-get-"].iter().any(|verb| part.starts_with(verb)))
}
