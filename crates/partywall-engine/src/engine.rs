use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use chrono::NaiveDate;
use datafusion::common::DFSchema;
use datafusion::config::Dialect;
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::HigherOrderUDF;
use datafusion::prelude::SessionConfig;
use partywall_catalog::{Catalog, EolTable, ResourceType, Schema};
use partywall_table::{Envelope, arrow_schema};

use crate::error::PredicateError;
use crate::functions::{self, AllMatch};
use crate::kleene::Kit;
use crate::predicate::{self, Predicate};

/// The SQL engine with the house's functions, for one run at one date.
pub struct Engine {
    pub(crate) state: SessionState,
    pub(crate) kit: Kit,
    /// Full schemas by type, made once.
    schemas: Mutex<HashMap<Arc<str>, Arc<DFSchema>>>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

impl Engine {
    /// Makes an engine whose `as_of()` is the given day.
    ///
    /// # Errors
    /// DataFusion lacks a function that the rewriting needs; a defect of the build.
    pub fn new(catalog: &Catalog, as_of: NaiveDate) -> Result<Self, PredicateError> {
        let eol = Arc::new(catalog.eol.clone());
        Self::with_eol(&eol, as_of)
    }

    fn with_eol(eol: &Arc<EolTable>, as_of: NaiveDate) -> Result<Self, PredicateError> {
        let mut config = SessionConfig::new().with_information_schema(true).with_target_partitions(1);
        config.options_mut().sql_parser.enable_ident_normalization = false;
        config.options_mut().sql_parser.dialect = Dialect::DuckDB;
        let mut state = SessionStateBuilder::new().with_config(config).with_default_features().build();
        register(&mut state, eol, as_of).map_err(|error| PredicateError::Syntax(crate::error::one_line(&error)))?;
        let missing = |name: &str| PredicateError::Syntax(format!("the engine lacks `{name}`"));
        let kit = Kit {
            get_field: state.scalar_functions().get("get_field").cloned().ok_or_else(|| missing("get_field"))?,
            one_of: Arc::new(functions::one_of()),
            eol_unlisted: Arc::new(functions::eol_unlisted(eol)),
            any_match: state.higher_order_functions().get("array_any_match").cloned().ok_or_else(|| missing("array_any_match"))?,
        };
        Ok(Self { state, kit, schemas: Mutex::default() })
    }

    /// Parses and validates a predicate over a type's rows.
    ///
    /// # Errors
    /// The text is no predicate over this type; one line for people.
    pub fn predicate(&self, resource_type: &ResourceType, sql: &str) -> Result<Predicate, PredicateError> {
        let schema = self.full_schema(resource_type)?;
        predicate::parse(self, &schema, sql)
    }

    /// As [`Engine::predicate`], with joined columns beside the type's own.
    ///
    /// # Errors
    /// As there.
    pub fn predicate_with(&self, resource_type: &ResourceType, joined: &Schema, sql: &str) -> Result<Predicate, PredicateError> {
        if joined.is_empty() {
            return self.predicate(resource_type, sql);
        }
        let mut columns = Schema::clone(&resource_type.schema);
        for (name, column) in joined.iter() {
            columns.insert(name.clone(), column.clone());
        }
        predicate::parse(self, &Arc::new(to_df_schema(&columns)?), sql)
    }

    pub(crate) fn full_schema(&self, resource_type: &ResourceType) -> Result<Arc<DFSchema>, PredicateError> {
        if let Ok(schemas) = self.schemas.lock()
            && let Some(schema) = schemas.get(&resource_type.name)
        {
            return Ok(schema.clone());
        }
        let schema = Arc::new(to_df_schema(&resource_type.schema)?);
        if let Ok(mut schemas) = self.schemas.lock() {
            schemas.insert(resource_type.name.clone(), schema.clone());
        }
        Ok(schema)
    }
}

fn to_df_schema(columns: &Schema) -> Result<DFSchema, PredicateError> {
    DFSchema::try_from(arrow_schema(columns, &Envelope::ALL)).map_err(|error| PredicateError::Syntax(crate::error::one_line(&error)))
}

pub(crate) fn register(state: &mut SessionState, eol: &Arc<EolTable>, as_of: NaiveDate) -> datafusion::common::Result<()> {
    use datafusion::execution::FunctionRegistry;
    for function in functions::author_functions(as_of, eol) {
        state.register_udf(Arc::new(function))?;
    }
    state.register_higher_order_function(Arc::new(HigherOrderUDF::new_from_impl(AllMatch::default())))?;
    if let Some(filter) = state.higher_order_functions().get("array_filter").cloned() {
        state.register_higher_order_function(Arc::new(HigherOrderUDF::clone(&filter).with_aliases(["filter"])))?;
    }
    Ok(())
}
