//! The SQL of `[join]` (`ARCHITECTURE.md` §5, form 2): planned over empty tables to learn what it reads and gives, then run once
//! over the tables of a run.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type, Int64Type};
use datafusion::catalog::{MemTable, MemoryCatalogProviderList};
use datafusion::common::TableReference;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::config::Dialect;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::GreedyMemoryPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::logical_expr::{Expr, LogicalPlan, Volatility};
use datafusion::prelude::{SQLOptions, SessionContext};
use partywall_catalog::{Catalog, Check, Column, ResourceType, Schema};
use partywall_model::Value;
use partywall_table::{Envelope, arrow_schema};

use crate::engine::Engine;
use crate::error::{EngineError, one_line};

/// Bytes that the operators of one join may hold.
const MEMORY_BYTES: usize = 512 << 20;
/// Seconds until a join is stopped.
const SECONDS: u64 = 60;
/// Functions that read the clock; time is `as_of()`.
const CLOCK: [&str; 4] = ["now", "current_date", "current_time", "today"];
/// Columns that no answer may depend on, as in predicates.
const REFUSED: [&str; 4] = ["_unknown", "_source", "_location", "_observed_at"];

/// A table that a join reads.
#[derive(Debug, Clone)]
pub(crate) struct JoinTable {
    pub(crate) resource_type: Arc<ResourceType>,
    /// The columns it reads there, envelope ones included.
    pub(crate) columns: BTreeSet<String>,
}

/// The planned `[join]` of a check.
#[derive(Debug, Clone)]
pub struct JoinPlan {
    pub(crate) check: Arc<Check>,
    sql: String,
    pub(crate) tables: Vec<JoinTable>,
    columns: Schema,
}

/// The joined columns' values, in the order of [`JoinPlan::columns`], by `_arn`.
pub(crate) type JoinedRows = HashMap<String, Vec<Value>>;

impl JoinPlan {
    /// Plans the join of a check; `None` if it has none.
    ///
    /// # Errors
    /// The SQL is broken, does more than read, names a table that no type has, does not read the check's own table, gives no `_arn`,
    /// or gives a column of another type than text, whole number, boolean or floating number.
    pub fn new(engine: &Engine, catalog: &Catalog, check: &Arc<Check>) -> Result<Option<Self>, EngineError> {
        let Some(join) = &check.join else { return Ok(None) };
        let failed = |message: String| EngineError::Plan { id: check.id.clone(), message };
        let broken = |error: datafusion::error::DataFusionError| failed(one_line(&error));
        let own = catalog.resource_type(&check.resource).ok_or_else(|| failed(format!("nobody knows the type `{}`", check.resource)))?;
        let context = context(engine).map_err(broken)?;
        let state = context.state();
        let statement = state.sql_to_statement(&join.sql, &Dialect::DuckDB).map_err(broken)?;
        let mut types: BTreeMap<String, Arc<ResourceType>> = BTreeMap::new();
        for reference in state.resolve_table_references(&statement).map_err(broken)? {
            let known = if reference.schema().is_none() { type_of(catalog, reference.table()) } else { None };
            let known = known
                .ok_or_else(|| failed(format!("there is no table `{reference}`; a table is a type in lower case with `_` for `::`")))?;
            types.insert(reference.table().to_owned(), known);
        }
        if !types.contains_key(&own.table()) {
            return Err(failed(format!("the join must read the check's own table `{}`", own.table())));
        }
        let plan = block_on(async {
            for (name, resource_type) in &types {
                let table = MemTable::try_new(Arc::new(arrow_schema(&resource_type.schema, &Envelope::ALL)), vec![Vec::new()])?;
                context.register_table(TableReference::bare(name.as_str()), Arc::new(table))?;
            }
            context.state().statement_to_plan(statement).await
        })
        .map_err(failed)?
        .map_err(broken)?;
        options().verify_plan(&plan).map_err(broken)?;
        let columns = columns_of(&plan, &own).map_err(failed)?;
        if let Some(name) = impure(&plan).map_err(broken)? {
            return Err(failed(format!("a join may not use `{name}`; time is as_of()")));
        }
        let plan = state.optimize(&plan).map_err(broken)?;
        let mut read: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        plan.apply_with_subqueries(|node| {
            if let LogicalPlan::TableScan(scan) = node {
                let columns = read.entry(scan.table_name.table().to_owned()).or_default();
                columns.extend(scan.projected_schema.fields().iter().map(|field| field.name().clone()));
                columns.extend(scan.filters.iter().flat_map(Expr::column_refs).map(|column| column.name.clone()));
            }
            Ok(TreeNodeRecursion::Continue)
        })
        .map_err(broken)?;
        if let Some(column) = read.values().flatten().find(|column| REFUSED.contains(&column.as_str())) {
            return Err(failed(format!("a join may not read `{column}`")));
        }
        let tables =
            read.into_iter().filter_map(|(name, columns)| Some(JoinTable { resource_type: types.get(&name)?.clone(), columns })).collect();
        Ok(Some(Self { check: check.clone(), sql: join.sql.clone(), tables, columns }))
    }

    /// The joined columns: everything that the SQL gives beside `_arn`.
    pub fn columns(&self) -> &Schema {
        &self.columns
    }

    /// The types whose tables it reads.
    pub fn types(&self) -> impl Iterator<Item = &Arc<ResourceType>> {
        self.tables.iter().map(|table| &table.resource_type)
    }

    /// Runs the SQL over full tables, by type. A table without batches is empty.
    ///
    /// # Errors
    /// The query fails or passes its limits, or gives two rows for one `_arn`; one line.
    pub(crate) fn run(&self, engine: &Engine, batches: &HashMap<Arc<str>, Vec<RecordBatch>>) -> Result<JoinedRows, String> {
        let context = context(engine).map_err(|error| one_line(&error))?;
        let found = block_on(async {
            for table in &self.tables {
                let resource_type = &table.resource_type;
                let schema = Arc::new(arrow_schema(&resource_type.schema, &Envelope::ALL));
                let rows = batches.get(&resource_type.name).cloned().unwrap_or_default();
                context.register_table(TableReference::bare(resource_type.table()), Arc::new(MemTable::try_new(schema, vec![rows])?))?;
            }
            let query = async { context.sql_with_options(&self.sql, options()).await?.collect().await };
            Ok(tokio::time::timeout(Duration::from_secs(SECONDS), query).await)
        })?
        .map_err(|error: datafusion::error::DataFusionError| one_line(&error))?
        .map_err(|_| format!("the join was stopped after {SECONDS} s"))?
        .map_err(|error| one_line(&error))?;
        let mut rows = JoinedRows::new();
        for batch in &found {
            self.take(batch, &mut rows)?;
        }
        Ok(rows)
    }

    fn take(&self, batch: &RecordBatch, rows: &mut JoinedRows) -> Result<(), String> {
        let column = |name: &str, kind: &DataType| -> Result<ArrayRef, String> {
            let array = batch.column_by_name(name).ok_or_else(|| format!("the join gave no `{name}`"))?;
            cast(array, kind).map_err(|error| error.to_string())
        };
        let arns = column("_arn", &DataType::Utf8)?;
        let arns = arns.as_string::<i32>();
        let mut columns = Vec::with_capacity(self.columns.len());
        for (name, kind) in self.columns.iter() {
            columns.push(column(name, &partywall_table::arrow_type(kind))?);
        }
        for (row, arn) in arns.iter().enumerate() {
            let Some(arn) = arn else { continue };
            let values = columns.iter().map(|array| value(array, row)).collect();
            if rows.insert(arn.to_owned(), values).is_some() {
                return Err(format!("the join gives more than one row for `{arn}`"));
            }
        }
        Ok(())
    }
}

fn value(array: &ArrayRef, row: usize) -> Value {
    if array.is_null(row) {
        return Value::Null;
    }
    match array.data_type() {
        DataType::Boolean => Value::Bool(array.as_boolean().value(row)),
        DataType::Int64 => Value::Int(array.as_primitive::<Int64Type>().value(row)),
        DataType::Float64 => Value::Float(array.as_primitive::<Float64Type>().value(row)),
        _ => array.as_string_opt::<i32>().map_or(Value::Null, |texts| Value::str(texts.value(row))),
    }
}

fn options() -> SQLOptions {
    SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false)
}

/// A session of its own with the engine's functions, limits, and no tables.
fn context(engine: &Engine) -> datafusion::common::Result<SessionContext> {
    let runtime = RuntimeEnvBuilder::new()
        .with_memory_pool(Arc::new(GreedyMemoryPool::new(MEMORY_BYTES)))
        .with_disk_manager_builder(DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled))
        .build_arc()?;
    let config = engine.state.config().clone().with_create_default_catalog_and_schema(true).with_information_schema(false);
    let state = SessionStateBuilder::new_from_existing(engine.state.clone())
        .with_config(config)
        .with_runtime_env(runtime)
        .with_catalog_list(Arc::new(MemoryCatalogProviderList::new()))
        .build();
    let context = SessionContext::new_with_state(state);
    for generator in ["generate_series", "range"] {
        context.deregister_udtf(generator);
    }
    Ok(context)
}

fn block_on<T>(future: impl Future<Output = T>) -> Result<T, String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build().map_err(|error| error.to_string())?;
    Ok(runtime.block_on(future))
}

fn type_of(catalog: &Catalog, table: &str) -> Option<Arc<ResourceType>> {
    if let Some(known) = catalog.types.values().find(|known| known.table() == table) {
        return Some(known.clone());
    }
    let name = catalog
        .registry()
        .names()
        .find(|name| name.replace("::", "_").eq_ignore_ascii_case(table) && !table.contains(char::is_uppercase))?;
    catalog.resource_type(name)
}

/// The output's columns without `_arn`.
fn columns_of(plan: &LogicalPlan, own: &ResourceType) -> Result<Schema, String> {
    let mut columns = Schema::default();
    let mut keyed = false;
    for field in plan.schema().fields() {
        let name = field.name();
        let text = matches!(field.data_type(), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
        if name == "_arn" {
            if !text {
                return Err(format!("`_arn` is {}, not text", field.data_type()));
            }
            keyed = true;
            continue;
        }
        let column = match field.data_type() {
            _ if text => Column::Str,
            DataType::Int64 | DataType::UInt64 => Column::Int,
            DataType::Boolean => Column::Bool,
            DataType::Float64 => Column::Num,
            other => {
                return Err(format!("the joined column `{name}` is {other}; give text, a whole number, a boolean or a floating number"));
            }
        };
        if name.starts_with('_') || name.contains(['.', '(']) || own.schema.get(name).is_some() || columns.get(name).is_some() {
            return Err(format!("the joined column `{name}` needs a name of its own: `… as Name`, without a leading `_`"));
        }
        columns.insert(Arc::from(name.as_str()), column);
    }
    if !keyed {
        return Err("the join must give `_arn` of the check's own row".to_owned());
    }
    if columns.is_empty() {
        return Err("the join gives no column beside `_arn`".to_owned());
    }
    Ok(columns)
}

/// The first function whose answer is not the same for the same rows.
fn impure(plan: &LogicalPlan) -> datafusion::common::Result<Option<String>> {
    let mut found = None;
    plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expr| {
            expr.apply(|inner| {
                if let Expr::ScalarFunction(call) = inner
                    && (call.func.signature().volatility == Volatility::Volatile || CLOCK.contains(&call.func.name()))
                {
                    found = Some(call.func.name().to_owned());
                    return Ok(TreeNodeRecursion::Stop);
                }
                Ok(TreeNodeRecursion::Continue)
            })
        })
    })?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(sql: &str) -> Result<JoinPlan, String> {
        let catalog = Catalog::load(None).map_err(|error| error.to_string())?;
        let engine = Engine::new(&catalog, chrono::NaiveDate::default()).map_err(|error| error.to_string())?;
        let mut check = Check::clone(catalog.checks.get("guardduty.region-has-detector").ok_or("no such check")?);
        check.join = Some(partywall_catalog::Join { sql: sql.to_owned() });
        let plan = JoinPlan::new(&engine, &catalog, &Arc::new(check)).map_err(|error| error.to_string())?;
        plan.ok_or_else(|| "no join".to_owned())
    }

    #[test]
    fn a_join_says_what_it_reads_and_gives() {
        let plan = plan(
            "select r._arn as _arn, count(d._id) as Detectors from partywall_region r \
             left join aws_guardduty_detector d on d._region = r.RegionName and d.Enable group by r._arn",
        )
        .unwrap();
        assert_eq!(plan.columns().get("Detectors"), Some(&Column::Int));
        let detectors = plan.tables.iter().find(|table| &*table.resource_type.name == "AWS::GuardDuty::Detector").unwrap();
        assert!(["Enable", "_id", "_region"].iter().all(|column| detectors.columns.contains(*column)));
        assert!(!detectors.columns.contains("Features"));
    }

    #[test]
    fn what_is_no_join_is_refused() {
        for (sql, message) in [
            ("select _arn, 1 as X from partywall_nothing", "there is no table"),
            ("select _arn, 1 as X from aws_guardduty_detector", "the check's own table"),
            ("select count(*) as X from partywall_region", "must give `_arn`"),
            ("select _arn from partywall_region", "no column beside"),
            ("select _arn, RegionName from partywall_region", "a name of its own"),
            ("select _arn, random() as X from partywall_region", "may not use"),
            ("select _arn, cardinality(_unknown) as X from partywall_region", "may not read"),
            ("delete from partywall_region", ""),
        ] {
            let error = plan(sql).unwrap_err();
            assert!(error.contains(message), "{sql}: {error}");
        }
    }
}
