//! Which elements of a row's lists made a check fail: the rule among sixty that opens the port.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray, ListArray, RecordBatch};
use datafusion::arrow::datatypes::Schema as ArrowSchema;
use datafusion::common::DFSchema;
use datafusion::physical_plan::PhysicalExpr;

use crate::engine::Engine;
use crate::error::{PredicateError, one_line};
use crate::kleene::Rewriter;
use crate::predicate::Predicate;

/// A list of a predicate, planned: true for the elements that make it false.
#[derive(Debug)]
pub(crate) struct ListPlan {
    path: Arc<str>,
    physical: Arc<dyn PhysicalExpr>,
}

/// The elements that decided, for all rows of a batch.
#[derive(Debug, Default)]
pub(crate) struct Deciding {
    lists: Vec<(Arc<str>, ListArray)>,
}

impl Predicate {
    /// Plans the question which elements of which lists make it false.
    ///
    /// # Errors
    /// DataFusion refuses the types.
    pub(crate) fn plan_lists(
        &self,
        engine: &Engine,
        batch_schema: &ArrowSchema,
        blind: &[Arc<str>],
    ) -> Result<Vec<ListPlan>, PredicateError> {
        let failed = |error: datafusion::error::DataFusionError| PredicateError::Syntax(one_line(&error));
        let mut found = Vec::new();
        Rewriter { kit: &engine.kit, schema: &self.schema, blind }.deciding(&self.expr, false, &mut found).map_err(failed)?;
        let schema = DFSchema::try_from(batch_schema.clone()).map_err(failed)?;
        let plan = |(path, expr): (String, datafusion::logical_expr::Expr)| {
            let expr = expr.resolve_lambda_variables(&schema).map_err(failed)?.data;
            let physical = engine.state.create_physical_expr(expr, &schema).map_err(failed)?;
            Ok(ListPlan { path: Arc::from(path), physical })
        };
        found.into_iter().map(plan).collect()
    }
}

impl Deciding {
    /// Asks the plans about a batch. A list that cannot be asked is left out: its facts are then shown whole.
    pub(crate) fn ask(plans: &[ListPlan], batch: &RecordBatch) -> Self {
        let ask = |plan: &ListPlan| {
            let array = plan.physical.evaluate(batch).and_then(|value| value.into_array(batch.num_rows())).ok()?;
            Some((plan.path.clone(), array.as_list_opt::<i32>()?.clone()))
        };
        Self { lists: plans.iter().filter_map(ask).collect() }
    }

    /// Of one row: list path → places of the elements that decided, counted among the elements that are known. Lists without any are
    /// left out.
    pub(crate) fn of_row(&self, row: usize) -> Vec<(Arc<str>, Vec<usize>)> {
        let mut found: BTreeMap<&Arc<str>, Vec<usize>> = BTreeMap::new();
        for (path, lists) in &self.lists {
            if row >= lists.len() || lists.is_null(row) {
                continue;
            }
            let elements = lists.value(row);
            let Some(elements) = elements.as_boolean_opt() else { continue };
            let places = elements.iter().enumerate().filter(|(_, decides)| *decides == Some(true)).map(|(place, _)| place);
            found.entry(path).or_default().extend(places);
        }
        let mut chosen = Vec::new();
        for (path, mut places) in found {
            places.sort_unstable();
            places.dedup();
            if !places.is_empty() {
                chosen.push((path.clone(), places));
            }
        }
        chosen
    }
}
