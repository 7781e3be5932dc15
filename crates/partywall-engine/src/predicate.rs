use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::arrow::array::{BooleanArray, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Schema as ArrowSchema};
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, ScalarValue};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Expr, ExprSchemable, Volatility};
use partywall_table::{Envelope, Paths};

use crate::accesses::{Access, Root, access_of, accesses, calls_of};
use crate::answers::Answers;
use crate::engine::Engine;
use crate::error::{PredicateError, one_line};
use crate::functions::AGE_WHEN_READ;
use crate::kleene::Rewriter;
use crate::sheet::{Draft, Sheet};

/// What a predicate reads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reads {
    /// Property paths for projection; `List[].Member` inside lists.
    pub paths: Paths,
    /// Envelope columns.
    pub envelope: BTreeSet<Envelope>,
    /// Row-level paths in the order read: the facts that decide. Lists stand for what is read inside them.
    pub facts: Vec<Arc<str>>,
    /// Versions looked up: end-of-life table and path.
    pub versions: Vec<(Arc<str>, Arc<str>)>,
}

/// A parsed and validated predicate over one type.
#[derive(Debug, Clone)]
pub struct Predicate {
    pub(crate) expr: Expr,
    pub(crate) reads: Reads,
    pub(crate) schema: Arc<DFSchema>,
}

/// A predicate planned for batches of one schema.
#[derive(Debug)]
pub struct Planned {
    sheet: Sheet,
}

const REFUSED: [(&str, &str); 5] = [
    ("_unknown", "a predicate may not read `_unknown`: unknown facts make it unknown by themselves"),
    ("_source", "a predicate may not read `_source`: the answer must not depend on where a fact was read"),
    ("_location", "a predicate may not read `_location`"),
    ("_observed_at", "a predicate may not read `_observed_at`"),
    ("gap", "a predicate may not read `gap`"),
];

pub(crate) fn parse(engine: &Engine, schema: &Arc<DFSchema>, sql: &str) -> Result<Predicate, PredicateError> {
    let sql = expand_tag(sql);
    let expr = engine.state.create_logical_expr(&sql, schema).map_err(|error| PredicateError::Syntax(one_line(&error)))?;
    // The planner names calls by aliases, which would hide them from the rewriting.
    let expr = expr.unalias_nested().data;
    validate(&expr)?;
    let expr = with_reading(expr).map_err(|error| PredicateError::Syntax(one_line(&error)))?;
    match expr.get_type(schema.as_ref()) {
        Ok(DataType::Boolean) => {}
        Ok(other) => return Err(PredicateError::Forbidden(format!("a predicate must be a boolean, this is {other}"))),
        Err(error) => return Err(PredicateError::Syntax(one_line(&error))),
    }
    let reads = reads_of(&expr, schema)?;
    Ok(Predicate { expr, reads, schema: schema.clone() })
}

/// `tag('Name')` is short for `_tags['Name']`.
fn expand_tag(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(at) = rest.find("tag('") {
        let (before, after) = rest.split_at(at);
        let own_word = !before.ends_with(|letter: char| letter.is_alphanumeric() || letter == '_');
        let inner = after.get(4..).unwrap_or_default();
        match (own_word, inner.find(')')) {
            (true, Some(end)) => {
                out.push_str(before);
                out.push_str("_tags[");
                out.push_str(inner.get(..end).unwrap_or_default());
                out.push(']');
                rest = inner.get(end + 1..).unwrap_or_default();
            }
            _ => {
                out.push_str(before);
                out.push_str("tag('");
                rest = after.get(5..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    out
}

/// Hands `age_when_read` the time of the reading, which predicates may not name themselves.
fn with_reading(expr: Expr) -> Result<Expr, DataFusionError> {
    let hand = |node| match node {
        Expr::ScalarFunction(mut call) if call.func.name() == AGE_WHEN_READ => {
            call.args.push(Expr::Column(Column::new_unqualified(Envelope::ObservedAt.name())));
            Ok(Transformed::yes(Expr::ScalarFunction(call)))
        }
        other => Ok(Transformed::no(other)),
    };
    expr.transform_up(hand).map(|done| done.data)
}

fn validate(expr: &Expr) -> Result<(), PredicateError> {
    let mut refused = None;
    let _ = expr.apply(|node| {
        let reason = match node {
            Expr::Exists(_) | Expr::InSubquery(_) | Expr::ScalarSubquery(_) | Expr::SetComparison(_) => {
                Some("a predicate may not use subqueries; use [join]")
            }
            Expr::AggregateFunction(_) | Expr::WindowFunction(_) => {
                Some("a predicate looks at one row: no aggregates or windows; use [join]")
            }
            Expr::Cast(_) => Some("a predicate may not use cast, which fails on bad values; use try_cast"),
            Expr::Case(_) => Some("a predicate may not use case; write and, or, not"),
            Expr::Placeholder(_) => Some("a predicate may not use placeholders"),
            Expr::ScalarFunction(call) if matches!(call.func.name(), "coalesce" | "nvl" | "nvl2") => Some(
                "a predicate may not use coalesce, nvl or nvl2, which hide absence; write `x is null or …`, or give the type a default",
            ),
            Expr::ScalarFunction(call) if call.func.signature().volatility == Volatility::Volatile => {
                Some("a predicate may not use volatile functions; time is as_of()")
            }
            Expr::ScalarFunction(call) if matches!(call.func.name(), "now" | "current_date" | "current_time" | "today") => {
                Some("a predicate may not read the clock; time is as_of()")
            }
            Expr::Column(column) => REFUSED.iter().find(|(name, _)| *name == column.name).map(|(_, reason)| *reason),
            _ => None,
        };
        if reason.is_some() {
            refused = reason;
            return Ok(TreeNodeRecursion::Stop);
        }
        Ok(TreeNodeRecursion::Continue)
    });
    match refused {
        Some(reason) => Err(PredicateError::Forbidden(reason.to_owned())),
        None => Ok(()),
    }
}

fn reads_of(expr: &Expr, schema: &DFSchema) -> Result<Reads, PredicateError> {
    let found = accesses(expr, &[], schema).map_err(|error| PredicateError::Syntax(one_line(&error)))?;
    let mut reads = Reads::default();
    for Access { root, full, .. } in &found {
        let first = full.split(['.', '[']).next().unwrap_or_default();
        if let Some(column) = Envelope::named(first) {
            reads.envelope.insert(column);
            if column != Envelope::Tags {
                continue;
            }
        }
        let inner_follows = || found.iter().any(|other| other.full.starts_with(&format!("{full}[].")));
        // A list whose members are read one by one is kept with just those members, else whole.
        if !inner_follows() && Envelope::named(first).is_none() {
            reads.paths.insert(full.clone());
        }
        let fact = full.split("[]").next().unwrap_or_default();
        if matches!(root, Root::Row | Root::Scope(_)) && !reads.facts.iter().any(|known| &**known == fact) {
            reads.facts.push(Arc::from(fact));
        }
    }
    for call in calls_of(expr, "eol") {
        if let [Expr::Literal(ScalarValue::Utf8(Some(table)), _), version] = call.args.as_slice()
            && let Some(access) = access_of(version, &[], schema)
        {
            reads.versions.push((Arc::from(table.as_str()), Arc::from(access.full)));
        }
    }
    Ok(reads)
}

impl Predicate {
    /// What it reads.
    pub fn reads(&self) -> &Reads {
        &self.reads
    }

    /// Plans it for batches of a schema that holds at least what it reads, from sources that are blind to the given paths.
    ///
    /// # Errors
    /// DataFusion refuses the types; `catalog lint` finds these before.
    pub fn plan(&self, engine: &Engine, batch_schema: &ArrowSchema, blind: &[Arc<str>]) -> Result<Planned, PredicateError> {
        let sheet = plan_all(engine, std::slice::from_ref(self), batch_schema, blind)?;
        Ok(Planned { sheet })
    }
}

/// Plans predicates of one type on one sheet, so that what they share is asked once.
///
/// # Errors
/// As [`Predicate::plan`].
pub(crate) fn plan_all(
    engine: &Engine,
    predicates: &[Predicate],
    batch_schema: &ArrowSchema,
    blind: &[Arc<str>],
) -> Result<Sheet, PredicateError> {
    let failed = |error: datafusion::error::DataFusionError| PredicateError::Syntax(one_line(&error));
    let mut draft = Draft::default();
    let mut roots = Vec::with_capacity(predicates.len());
    for predicate in predicates {
        let rewriter = Rewriter { kit: &engine.kit, schema: &predicate.schema, blind };
        roots.push(rewriter.rewrite(&predicate.expr, &mut draft).map_err(failed)?);
    }
    draft.plan(engine, batch_schema, roots).map_err(failed)
}

impl Planned {
    /// The answers for a batch's rows: true, false, or NULL for unknown.
    ///
    /// # Errors
    /// The predicate fails on this batch at run time, one line.
    pub fn evaluate(&self, batch: &RecordBatch) -> Result<BooleanArray, String> {
        Answers::new(&self.sheet, batch).of(0)
    }
}
