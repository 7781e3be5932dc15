use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;
use datafusion::arrow::array::{ArrayRef, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::arrow::util::pretty::pretty_format_batches;
use datafusion::catalog::MemTable;
use datafusion::config::Dialect;
use datafusion::execution::memory_pool::GreedyMemoryPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{SQLOptions, SessionConfig, SessionContext};
use partywall_catalog::Catalog;
use partywall_model::{Gap, Value};
use partywall_table::{TypeBatch, canonical_json};

use crate::engine::register;
use crate::error::{EngineError, one_line};

/// How the rows of a query are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryFormat {
    /// A box table.
    Table,
    /// One array of objects.
    Json,
    /// One object per line.
    Jsonl,
    /// Comma-separated, with a header; cells that a spreadsheet would run as formulas are quoted.
    Csv,
}

/// What a query may use.
#[derive(Debug, Clone, Copy)]
pub struct QueryLimits {
    /// Bytes that its operators may hold.
    pub memory_bytes: usize,
    /// Seconds until it is stopped.
    pub seconds: u64,
}

/// Tables of one run and the SQL over them: read-only, limited, without functions that make rows from nothing.
pub struct Query {
    catalog_eol: Arc<partywall_catalog::EolTable>,
    as_of: NaiveDate,
    tables: BTreeMap<String, Vec<RecordBatch>>,
    gaps: Vec<[Option<String>; 8]>,
    statements: Vec<[Option<String>; 11]>,
    known: BTreeSet<String>,
}

impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Query").field("tables", &self.tables.keys()).finish_non_exhaustive()
    }
}

const GAP: [&str; 8] = ["resource_type", "id", "account", "region", "path", "cause", "iam_action", "source"];
const STATEMENT: [&str; 11] =
    ["resource_type", "id", "account", "region", "path", "sid", "effect", "principals", "actions", "resources", "conditions"];

impl Query {
    /// Makes an empty set of tables; `as_of()` is the given day.
    ///
    /// # Errors
    /// None today; the engine may refuse its functions one day.
    pub fn new(catalog: &Catalog, as_of: NaiveDate) -> Result<Self, EngineError> {
        Ok(Self {
            catalog_eol: Arc::new(catalog.eol.clone()),
            as_of,
            tables: BTreeMap::new(),
            gaps: Vec::new(),
            statements: Vec::new(),
            known: catalog.types.values().map(|file| file.table()).collect(),
        })
    }

    /// The tables that a query names, so that only these need be built.
    ///
    /// # Errors
    /// The text is no SQL.
    pub fn tables_of(&self, sql: &str) -> Result<BTreeSet<String>, EngineError> {
        let context = self.context(QueryLimits { memory_bytes: 1 << 20, seconds: 1 })?;
        let failed = |error: datafusion::error::DataFusionError| EngineError::Query(one_line(&error));
        let state = context.state();
        let statement = state.sql_to_statement(sql, &Dialect::DuckDB).map_err(failed)?;
        Ok(state.resolve_table_references(&statement).map_err(failed)?.iter().map(|reference| reference.table().to_owned()).collect())
    }

    /// Adds a batch to its table, its gaps to `gap`, its policies to `policy_statement`.
    pub fn add(&mut self, batch: &TypeBatch) {
        self.note(batch);
        self.tables.entry(batch.resource_type.table()).or_default().push(batch.batch.clone());
    }

    /// Rows of the tables that are no types, so far.
    pub fn own_rows(&self) -> [(&'static str, usize); 2] {
        [("gap", self.gaps.len()), ("policy_statement", self.statements.len())]
    }

    /// Adds only the gaps and policies of a batch.
    pub fn note(&mut self, batch: &TypeBatch) {
        for (row, gaps) in batch.rows.iter().zip(&batch.gaps) {
            let text = |value: Option<&Arc<str>>| value.map(ToString::to_string);
            for (path, cause) in gaps {
                self.gaps.push([
                    Some(row.resource_type.to_string()),
                    Some(row.id.to_string()),
                    text(row.account.as_ref()),
                    text(row.region.as_ref()),
                    Some(path.to_string()),
                    Some(cause.to_string()),
                    cause.iam_action.clone(),
                    Some(row.source.file.to_string()),
                ]);
            }
            for (path, value) in policies(&row.properties) {
                for statement in statements(value) {
                    let member = |names: [&str; 2]| names.iter().find_map(|name| statement.get(name)).map(json_text);
                    self.statements.push([
                        Some(row.resource_type.to_string()),
                        Some(row.id.to_string()),
                        text(row.account.as_ref()),
                        text(row.region.as_ref()),
                        Some(path.clone()),
                        member(["Sid", "Sid"]),
                        member(["Effect", "Effect"]),
                        member(["Principal", "NotPrincipal"]),
                        member(["Action", "NotAction"]),
                        member(["Resource", "NotResource"]),
                        member(["Condition", "Condition"]),
                    ]);
                }
            }
        }
    }

    /// Adds a failed listing to `gap`.
    pub fn add_gap(&mut self, gap: &Gap) {
        let text = |value: Option<&Arc<str>>| value.map(ToString::to_string);
        self.gaps.push([
            Some(gap.resource_type.to_string()),
            text(gap.id.as_ref()),
            text(gap.account.as_ref()),
            text(gap.region.as_ref()),
            text(gap.path.as_ref()),
            Some(gap.cause.to_string()),
            gap.cause.iam_action.clone(),
            Some(gap.source.file.to_string()),
        ]);
    }

    fn context(&self, limits: QueryLimits) -> Result<SessionContext, EngineError> {
        let failed = |error: datafusion::error::DataFusionError| EngineError::Query(one_line(&error));
        let mut config = SessionConfig::new().with_information_schema(true).with_target_partitions(1);
        config.options_mut().sql_parser.enable_ident_normalization = false;
        config.options_mut().sql_parser.dialect = Dialect::DuckDB;
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(GreedyMemoryPool::new(limits.memory_bytes)))
            .with_disk_manager_builder(
                datafusion::execution::disk_manager::DiskManagerBuilder::default()
                    .with_mode(datafusion::execution::disk_manager::DiskManagerMode::Disabled),
            )
            .build_arc()
            .map_err(failed)?;
        let mut state = datafusion::execution::session_state::SessionStateBuilder::new()
            .with_config(config)
            .with_runtime_env(runtime)
            .with_default_features()
            .build();
        register(&mut state, &self.catalog_eol, self.as_of).map_err(failed)?;
        let context = SessionContext::new_with_state(state);
        for generator in ["generate_series", "range"] {
            context.deregister_udtf(generator);
        }
        Ok(context)
    }

    /// Runs a query and writes its rows.
    ///
    /// # Errors
    /// The query is refused (anything but reading), fails, passes its limits, or the writer fails.
    pub fn run(self, sql: &str, format: QueryFormat, limits: QueryLimits, out: &mut dyn Write) -> Result<(), EngineError> {
        let failed = |error: datafusion::error::DataFusionError| EngineError::Query(one_line(&error));
        let context = self.context(limits)?;
        let mut tables = self.tables;
        tables.insert("gap".to_owned(), vec![text_batch(&GAP, &self.gaps)?]);
        tables.insert("policy_statement".to_owned(), vec![text_batch(&STATEMENT, &self.statements)?]);
        for (name, batches) in tables {
            let Some(schema) = batches.first().map(RecordBatch::schema) else { continue };
            let table = MemTable::try_new(schema, vec![batches]).map_err(failed)?;
            context.register_table(name.as_str(), Arc::new(table)).map_err(failed)?;
        }
        let options = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_time()
            .build()
            .map_err(|error| EngineError::Query(error.to_string()))?;
        let known = &self.known;
        let batches = runtime
            .block_on(async {
                tokio::time::timeout(Duration::from_secs(limits.seconds), async {
                    let rows = context.sql_with_options(sql, options).await?;
                    // No rows have columns too.
                    let none = RecordBatch::new_empty(Arc::new(rows.schema().as_arrow().clone()));
                    rows.collect().await.map(|batches| if batches.is_empty() { vec![none] } else { batches })
                })
                .await
            })
            .map_err(|_| EngineError::Query(format!("the query was stopped after {} s; narrow it or raise --timeout", limits.seconds)))?
            .map_err(|error| {
                let message = one_line(&error);
                let missing = known.iter().find(|name| message.contains(&format!("{name}' not found")));
                match missing {
                    Some(name) => EngineError::Query(format!("table `{name}` has no rows in these sources")),
                    None => EngineError::Query(message),
                }
            })?;
        write(&batches, format, out).map_err(|error| EngineError::Query(error.to_string()))
    }
}

fn text_batch<const N: usize>(names: &[&str; N], rows: &[[Option<String>; N]]) -> Result<RecordBatch, EngineError> {
    let fields: Vec<Field> = names.iter().map(|name| Field::new(*name, DataType::Utf8, true)).collect();
    let columns: Vec<ArrayRef> = (0..N)
        .map(|column| Arc::new(rows.iter().map(|row| row.get(column).and_then(Option::as_deref)).collect::<StringArray>()) as ArrayRef)
        .collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(|error| EngineError::Query(error.to_string()))
}

/// Policy documents anywhere in a row, with their paths.
fn policies(properties: &Value) -> Vec<(String, &Value)> {
    fn walk<'v>(value: &'v Value, path: &str, depth: usize, found: &mut Vec<(String, &'v Value)>) {
        if depth > 6 {
            return;
        }
        match value {
            Value::Map(_) if value.get("Statement").is_some() => found.push((path.to_owned(), value)),
            Value::Map(members) => {
                for (key, inner) in members.iter().filter(|(key, _)| &**key != "_Derived") {
                    walk(inner, &if path.is_empty() { key.to_string() } else { format!("{path}.{key}") }, depth + 1, found);
                }
            }
            Value::List(items) => {
                for (index, inner) in items.iter().enumerate() {
                    walk(inner, &format!("{path}[{index}]"), depth + 1, found);
                }
            }
            Value::Str(text) if text.trim_start().starts_with('{') && text.contains("\"Statement\"") => {
                found.push((path.to_owned(), value));
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(properties, "", 0, &mut found);
    found
}

/// The statements of a document that is known as a whole.
fn statements(document: &Value) -> Vec<serde_json::Value> {
    let text = match document {
        Value::Str(text) => Some(text.to_string()),
        other => canonical_json(other),
    };
    let parsed: Option<serde_json::Value> = text.and_then(|text| serde_json::from_str(&text).ok());
    match parsed.and_then(|mut parsed| parsed.get_mut("Statement").map(serde_json::Value::take)) {
        Some(serde_json::Value::Array(statements)) => statements,
        Some(one) => vec![one],
        None => Vec::new(),
    }
}

/// Text as it is, anything else as JSON.
fn json_text(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn write(batches: &[RecordBatch], format: QueryFormat, out: &mut dyn Write) -> Result<(), Box<dyn std::error::Error>> {
    match format {
        QueryFormat::Table => writeln!(out, "{}", pretty_format_batches(batches)?)?,
        QueryFormat::Json => {
            let mut writer = datafusion::arrow::json::ArrayWriter::new(out);
            for batch in batches {
                writer.write(batch)?;
            }
            writer.finish()?;
        }
        QueryFormat::Jsonl => {
            let mut writer = datafusion::arrow::json::LineDelimitedWriter::new(out);
            for batch in batches {
                writer.write(batch)?;
            }
            writer.finish()?;
        }
        QueryFormat::Csv => write_csv(batches, out)?,
    }
    Ok(())
}

fn write_csv(batches: &[RecordBatch], out: &mut dyn Write) -> Result<(), Box<dyn std::error::Error>> {
    use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
    let mut writer = csv::Writer::from_writer(out);
    let options = FormatOptions::default();
    for (index, batch) in batches.iter().enumerate() {
        if index == 0 {
            writer.write_record(batch.schema().fields().iter().map(|field| field.name().as_str()))?;
        }
        let columns = batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options)).collect::<Result<Vec<_>, _>>()?;
        for row in 0..batch.num_rows() {
            let mut cells = Vec::with_capacity(columns.len());
            for column in &columns {
                let cell = column.value(row).try_to_string()?;
                // A cell that begins like a formula would run in a spreadsheet.
                cells.push(if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell });
            }
            writer.write_record(&cells)?;
        }
    }
    writer.flush()?;
    Ok(())
}
