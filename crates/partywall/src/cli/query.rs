mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{anyhow, bail};
use clap::{Args, ValueEnum};
use partywall_catalog::{Column, ResourceType, Schema};
use partywall_collect::Need;
use partywall_engine::{EngineError, Query as EngineQuery, QueryFormat, QueryLimits};
use partywall_table::Envelope;
use serde_json::{Value, json};

use super::Context;
use super::matrix::text::Sheet;
use crate::exit;
use crate::run::{self, Sources};
use partywall_model::near::did_you_mean;

/// SQL over everything that was read
///
/// Tables are types in lower case with `_` for `::`: aws_s3_bucket. Columns are named as the properties. `gap` lists what could not
/// be read, `policy_statement` the statements of all policies. Read-only, with limits on memory and time.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  partywall query --tables examples/harbour-bank\n  partywall query --describe aws_s3_bucket\n  partywall query \"select _id, Engine from aws_rds_dbinstance where not MultiAZ\" examples/harbour-bank"
)]
pub(crate) struct Query {
    /// The query; not with --tables or --describe
    #[arg(value_name = "SQL")]
    sql: Option<String>,

    /// Files and directories to read
    #[arg(value_name = "SOURCE")]
    sources: Vec<PathBuf>,

    /// List the tables of the sources with their rows; without sources, every table that the catalogue describes
    #[arg(long)]
    tables: bool,

    /// Columns of a table; needs no source
    #[arg(long, value_name = "TABLE")]
    describe: Option<String>,

    /// Output format
    #[arg(long, value_enum, default_value_t = Output::Table)]
    format: Output,

    /// Memory limit in MiB
    #[arg(long, default_value_t = 1024, value_name = "MIB", value_parser = clap::value_parser!(u32).range(1..))]
    memory: u32,

    /// Time limit in seconds
    #[arg(long, default_value_t = 60, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    timeout: u64,

    /// Value of a template parameter; may be repeated
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = crate::run::parameter)]
    parameters: Vec<(String, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    /// For people
    Table,
    /// One array of objects
    Json,
    /// One object per line
    Jsonl,
    /// For a spreadsheet
    Csv,
}

impl Query {
    pub(crate) fn run(mut self, context: &Context) -> anyhow::Result<u8> {
        if let Some(table) = &self.describe {
            return describe(context, table, self.format);
        }
        if self.tables {
            self.sources.splice(0..0, self.sql.take().map(PathBuf::from));
            if self.sources.is_empty() {
                return all_tables(context, self.format);
            }
        }
        if self.sources.is_empty() {
            bail!("name the files or directories to read, after the SQL");
        }
        let sources = Sources {
            sources: self.sources.clone(),
            parameters: std::mem::take(&mut self.parameters),
            account: None,
            region: None,
            records: None,
            shown: None,
            passing: false,
        };
        let mut query = EngineQuery::new(&context.catalog, context.today())?;
        let wanted = match &self.sql {
            Some(sql) => Some(query.tables_of(sql).map_err(|error| explained(context, &BTreeSet::new(), &error))?),
            None => None,
        };
        // Gaps and statements of policies are rows of any table.
        let is_asked = |table: &str| {
            let of_any = |names: &BTreeSet<String>| ["gap", "policy_statement"].iter().any(|own| names.contains(*own));
            wanted.as_ref().is_none_or(|names| names.contains(table) || of_any(names))
        };
        let need = |resource_type: &ResourceType| {
            if is_asked(&resource_type.table()) {
                Need { envelope: Envelope::ALL.to_vec(), ..Need::default() }
            } else {
                Need { paths: Some(partywall_table::Paths::new()), no_rows: true, ..Need::default() }
            }
        };
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        let collected = crate::sources::collect(&context.catalog, &sources.sources, &sources.options(), &need, &mut |batch| {
            let name = batch.resource_type.table();
            if self.tables {
                query.note(&batch);
            } else if is_asked(&name) {
                query.add(&batch);
            }
            *counts.entry(name).or_default() += batch.rows.len();
            Ok(())
        })?;
        sources.read_something(&collected)?;
        for gap in &collected.gaps {
            query.add_gap(gap);
        }
        if self.tables {
            counts.extend(query.own_rows().map(|(name, rows)| (name.to_owned(), rows)));
            let width = counts.keys().map(String::len).max().unwrap_or(0);
            let lines = counts.iter().map(|(name, rows)| (format!("{name:width$}  {rows:>8}"), vec![json!(name), json!(rows)]));
            listing(self.format, &["table", "rows"], &lines.collect::<Vec<_>>())?;
            return Ok(run::exit_code(&collected));
        }
        let Some(sql) = &self.sql else { bail!("write a query, or --tables, or --describe TABLE") };
        let format = match self.format {
            Output::Table => QueryFormat::Table,
            Output::Json => QueryFormat::Json,
            Output::Jsonl => QueryFormat::Jsonl,
            Output::Csv => QueryFormat::Csv,
        };
        let limits =
            QueryLimits { memory_bytes: usize::try_from(u64::from(self.memory) << 20).unwrap_or(usize::MAX), seconds: self.timeout };
        // Written at once, so that a reader who went away is told from a query that failed.
        let mut answer = Vec::new();
        query.run(sql, format, limits, &mut answer).map_err(|error| explained(context, &wanted.unwrap_or_default(), &error))?;
        let mut out = anstream::stdout();
        out.write_all(&answer)?;
        out.flush()?;
        Ok(run::exit_code(&collected))
    }
}

/// Writes a listing that is no query: each line for people, and the same as cells.
fn listing(format: Output, head: &[&str], lines: &[(String, Vec<Value>)]) -> anyhow::Result<()> {
    let mut out = std::io::BufWriter::new(anstream::stdout());
    let object = |cells: &[Value]| Value::Object(head.iter().map(ToString::to_string).zip(cells.iter().cloned()).collect());
    match format {
        Output::Table => {
            for (line, _) in lines {
                writeln!(out, "{line}")?;
            }
        }
        Output::Json => {
            let objects: Vec<Value> = lines.iter().map(|(_, cells)| object(cells)).collect();
            writeln!(out, "{}", serde_json::to_string_pretty(&objects)?)?;
        }
        Output::Jsonl => {
            for (_, cells) in lines {
                writeln!(out, "{}", object(cells))?;
            }
        }
        Output::Csv => {
            let mut sheet = Sheet::new(head);
            let text = |cell: &Value| cell.as_str().map_or_else(|| cell.to_string(), ToOwned::to_owned);
            sheet.rows.extend(lines.iter().map(|(_, cells)| cells.iter().map(text).collect()));
            sheet.csv(&mut out)?;
        }
    }
    out.flush()?;
    Ok(())
}

fn explained(context: &Context, tables: &BTreeSet<String>, error: &EngineError) -> anyhow::Error {
    anyhow!(words::explained(context, tables, &error.to_string()))
}

/// The tables that are no types: name, title, columns, all of them text.
const OWN_TABLES: [(&str, &str, &[&str]); 2] = [
    ("gap", "What could not be read", &["resource_type", "id", "account", "region", "path", "cause", "iam_action", "source"]),
    (
        "policy_statement",
        "Statements of all policies",
        &["resource_type", "id", "account", "region", "path", "sid", "effect", "principals", "actions", "resources", "conditions"],
    ),
];

/// The names of all tables that there may be.
fn table_names(context: &Context) -> impl Iterator<Item = String> {
    let types = context.catalog.types.values().map(|known| known.table());
    let registry = context.catalog.registry().names().map(|name| name.replace("::", "_").to_lowercase());
    types.chain(registry).chain(OWN_TABLES.iter().map(|(name, ..)| (*name).to_owned()))
}

fn no_table(context: &Context, name: &str) -> String {
    let known: BTreeSet<String> = table_names(context).collect();
    let near = did_you_mean(name, known.iter().map(String::as_str));
    format!("there is no table `{name}`{near}; see `partywall query --tables`")
}

fn all_tables(context: &Context, format: Output) -> anyhow::Result<u8> {
    let types = context.catalog.types.values().map(|known| (known.table(), &*known.title));
    let tables: Vec<(String, &str)> = types.chain(OWN_TABLES.iter().map(|(name, title, _)| ((*name).to_owned(), *title))).collect();
    let width = tables.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let lines = tables.iter().map(|(name, title)| (format!("{name:width$}  {title}"), vec![json!(name), json!(title)]));
    listing(format, &["table", "title"], &lines.collect::<Vec<_>>())?;
    Ok(exit::CLEAN)
}

fn describe(context: &Context, table: &str, format: Output) -> anyhow::Result<u8> {
    let mut columns: Vec<(String, Vec<Value>)> = Vec::new();
    let mut add = |depth: usize, path: &str, words: &str| {
        let name = path.rsplit('.').next().unwrap_or(path);
        columns.push((format!("{:indent$}{name}  {words}", "", indent = depth * 2), vec![json!(path), json!(words)]));
    };
    let title = if let Some((name, title, own)) = OWN_TABLES.iter().find(|(name, ..)| *name == table) {
        own.iter().for_each(|column| add(1, column, "text"));
        format!("{name}  {title}")
    } else {
        let Some(resource_type) = find(context, table) else { bail!(no_table(context, table)) };
        for column in Envelope::ALL {
            add(1, column.name(), sql_type(&column.data_type().to_string()));
        }
        add_columns(&resource_type.schema, 1, "", &mut add);
        add(1, "_unknown", "list of text: paths that could not be read");
        format!("{}  {}", resource_type.table(), resource_type.name)
    };
    if format == Output::Table {
        writeln!(anstream::stdout(), "{title}")?;
    }
    listing(format, &["column", "type"], &columns)?;
    Ok(exit::CLEAN)
}

fn find(context: &Context, table: &str) -> Option<std::sync::Arc<ResourceType>> {
    if let Some(found) = context.catalog.resource_type(table) {
        return Some(found);
    }
    let name = context.catalog.types.values().find(|file| file.table() == table).map(|file| file.name.clone());
    let name = name.or_else(|| {
        context.catalog.registry().names().find(|name| name.replace("::", "_").eq_ignore_ascii_case(table)).map(std::sync::Arc::from)
    })?;
    context.catalog.resource_type(&name)
}

fn sql_type(text: &str) -> &str {
    match text {
        "Utf8" => "text",
        text if text.starts_with("Map") => "map of text",
        text if text.starts_with("Timestamp") => "timestamp",
        text if text.starts_with("Struct") => "struct { Kind, File }",
        other => other,
    }
}

fn add_columns(schema: &Schema, depth: usize, outer: &str, add: &mut dyn FnMut(usize, &str, &str)) {
    for (name, column) in schema.iter() {
        let (words, inner) = words(column);
        let path = if outer.is_empty() { name.to_string() } else { format!("{outer}.{name}") };
        add(depth, &path, &words);
        if let Some(inner) = inner {
            add_columns(inner, depth + 1, &path, add);
        }
    }
}

fn words(column: &Column) -> (String, Option<&Schema>) {
    match column {
        Column::Str => ("text".to_owned(), None),
        Column::Bool => ("boolean".to_owned(), None),
        Column::Int => ("integer".to_owned(), None),
        Column::Num => ("number".to_owned(), None),
        Column::Json => ("JSON text".to_owned(), None),
        Column::Map => ("map of text".to_owned(), None),
        Column::List(element) => {
            let (words, inner) = words(element);
            (format!("list of {words}"), inner)
        }
        Column::Struct(members) => ("struct".to_owned(), Some(members)),
    }
}
