//! The questions that predicates ask of one type's rows, each kept once however many predicates ask it: security groups have a dozen
//! checks whose rules share most of their conditions.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Schema as ArrowSchema, SchemaRef};
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, Result, plan_err};
use datafusion::logical_expr::{Expr, ExprSchemable};
use datafusion::physical_plan::PhysicalExpr;

use crate::accesses::Scope;
use crate::engine::Engine;
use crate::unknowns::TestKind;

/// A predicate over the questions of a sheet.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    Known(bool),
    Unknown,
    /// Index of a leaf.
    Leaf(usize),
    Not(Box<Self>),
    And(Box<(Self, Self)>),
    Or(Box<(Self, Self)>),
    /// Does an element match? `tests` say where the list may hold more than was seen; `index` is where its answers are kept.
    Any {
        index: usize,
        list: usize,
        path: Arc<str>,
        body: Box<Self>,
        tests: Vec<usize>,
    },
}

/// Rows of the batch (slot 0), or elements of a list.
#[derive(Debug, Default)]
struct DraftScope {
    parent: usize,
    list: Option<Expr>,
    /// Names of columns of the scopes around it that its questions read.
    captured: BTreeSet<String>,
}

/// Questions before they are planned. Elements of the list in slot `n` are the column `#n`, which no column of facts is called.
#[derive(Debug)]
pub(crate) struct Draft {
    scopes: Vec<DraftScope>,
    known_scopes: HashMap<(usize, Expr), usize>,
    leaves: Vec<(usize, Expr, Vec<usize>)>,
    known_leaves: HashMap<(usize, Expr, Vec<usize>), usize>,
    arrays: Vec<(usize, Expr)>,
    known_arrays: HashMap<(usize, Expr), usize>,
    tests: Vec<(usize, TestKind)>,
    known_tests: HashMap<(usize, TestKind), usize>,
    /// What leaves read of the row, by leaf.
    facts: Vec<Vec<Arc<str>>>,
    anys: usize,
}

/// The planned elements of a list.
#[derive(Debug)]
pub(crate) struct ListScope {
    pub(crate) parent: usize,
    pub(crate) list: Arc<dyn PhysicalExpr>,
    /// The elements' column, then the captured ones.
    pub(crate) schema: SchemaRef,
    /// Where the captured columns are in the parent's batch.
    pub(crate) captured: Vec<usize>,
}

/// One planned question.
#[derive(Debug)]
pub(crate) struct Leaf {
    pub(crate) slot: usize,
    pub(crate) value: Arc<dyn PhysicalExpr>,
    pub(crate) tests: Vec<usize>,
    /// What it reads of the row.
    pub(crate) facts: Vec<Arc<str>>,
}

/// Planned questions, for batches of one schema.
#[derive(Debug)]
pub(crate) struct Sheet {
    /// By slot, less one: slot 0 is the batch itself.
    pub(crate) lists: Vec<ListScope>,
    pub(crate) leaves: Vec<Leaf>,
    /// What tests look at: slot, value.
    pub(crate) arrays: Vec<(usize, Arc<dyn PhysicalExpr>)>,
    /// Index of what is looked at, and how.
    pub(crate) tests: Vec<(usize, TestKind)>,
    /// How many questions about lists there are.
    pub(crate) anys: usize,
    /// The predicates.
    pub(crate) roots: Vec<Node>,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            scopes: vec![DraftScope::default()],
            known_scopes: HashMap::new(),
            leaves: Vec::new(),
            known_leaves: HashMap::new(),
            arrays: Vec::new(),
            known_arrays: HashMap::new(),
            tests: Vec::new(),
            known_tests: HashMap::new(),
            facts: Vec::new(),
            anys: 0,
        }
    }
}

fn element(slot: usize) -> String {
    format!("#{slot}")
}

impl Draft {
    /// The slot of a list's elements.
    pub(crate) fn open(&mut self, scopes: &[Scope], list: &Expr) -> Result<usize> {
        let (parent, list) = self.placed(scopes, list)?;
        if let Some(slot) = self.known_scopes.get(&(parent, list.clone())) {
            return Ok(*slot);
        }
        self.scopes.push(DraftScope { parent, list: Some(list.clone()), captured: BTreeSet::new() });
        let slot = self.scopes.len() - 1;
        self.known_scopes.insert((parent, list), slot);
        Ok(slot)
    }

    /// A leaf; the same question with the same tests is the same leaf.
    pub(crate) fn leaf(&mut self, scopes: &[Scope], expr: &Expr, mut tests: Vec<usize>, facts: Vec<Arc<str>>) -> Result<Node> {
        tests.sort_unstable();
        tests.dedup();
        let (slot, expr) = self.placed(scopes, expr)?;
        let leaf = (slot, expr, tests);
        if let Some(index) = self.known_leaves.get(&leaf) {
            return Ok(Node::Leaf(*index));
        }
        let index = self.leaves.len();
        self.leaves.push(leaf.clone());
        self.facts.push(facts);
        self.known_leaves.insert(leaf, index);
        Ok(Node::Leaf(index))
    }

    /// A place for the answers of a question about a list.
    pub(crate) fn any(&mut self) -> usize {
        self.anys += 1;
        self.anys - 1
    }

    /// A test of what an array says of unknowns.
    pub(crate) fn test(&mut self, scopes: &[Scope], array: &Expr, kind: TestKind) -> Result<usize> {
        let array = self.placed(scopes, array)?;
        let array = match self.known_arrays.get(&array) {
            Some(index) => *index,
            None => {
                self.arrays.push(array.clone());
                self.known_arrays.insert(array, self.arrays.len() - 1);
                self.arrays.len() - 1
            }
        };
        let test = (array, kind);
        if let Some(index) = self.known_tests.get(&test) {
            return Ok(*index);
        }
        self.tests.push(test.clone());
        self.known_tests.insert(test, self.tests.len() - 1);
        Ok(self.tests.len() - 1)
    }

    /// An expression over its innermost scope's columns; what it reads of the scopes around is captured on the way in.
    fn placed(&mut self, scopes: &[Scope], expr: &Expr) -> Result<(usize, Expr)> {
        let slot = scopes.last().map_or(0, |scope| scope.slot);
        let mut own = Vec::new();
        let expr = named(expr.clone(), scopes, &mut own)?;
        let mut read = BTreeSet::new();
        expr.apply(|node| {
            if let Expr::Column(column) = node {
                read.insert(column.name.clone());
            }
            Ok(TreeNodeRecursion::Continue)
        })?;
        for name in read {
            // From the innermost scope outwards until the one that has the column by itself.
            let mut here = slot;
            while here != 0 && name != element(here) {
                let Some(scope) = self.scopes.get_mut(here) else { break };
                scope.captured.insert(name.clone());
                here = scope.parent;
            }
        }
        Ok((slot, expr))
    }

    /// Plans all questions for batches of a schema.
    ///
    /// # Errors
    /// DataFusion refuses the types.
    pub(crate) fn plan(self, engine: &Engine, batch: &ArrowSchema, roots: Vec<Node>) -> Result<Sheet> {
        let mut schemas = vec![DFSchema::try_from(batch.clone())?];
        let planned = |schemas: &[DFSchema], slot: usize, expr: Expr| -> Result<Arc<dyn PhysicalExpr>> {
            let Some(schema) = schemas.get(slot) else { return plan_err!("a question has no rows") };
            let expr = expr.resolve_lambda_variables(schema)?.data;
            engine.state.create_physical_expr(expr, schema)
        };
        let mut lists = Vec::new();
        for (slot, scope) in self.scopes.into_iter().enumerate() {
            let (Some(list), Some(parent)) = (scope.list, schemas.get(scope.parent)) else { continue };
            let DataType::List(items) = list.get_type(parent)? else { return plan_err!("a list is none") };
            let mut fields = vec![Arc::new(Field::new(element(slot), items.data_type().clone(), true))];
            let mut captured = Vec::new();
            for name in &scope.captured {
                let Some(index) = parent.index_of_column_by_name(None, name) else { return plan_err!("no column `{name}`") };
                captured.push(index);
                fields.push(parent.field(index).clone());
            }
            let schema = Arc::new(ArrowSchema::new(fields));
            let list = planned(&schemas, scope.parent, list)?;
            schemas.push(DFSchema::try_from(schema.as_ref().clone())?);
            lists.push(ListScope { parent: scope.parent, list, schema, captured });
        }
        let leaf = |((slot, expr, tests), facts)| Ok(Leaf { slot, value: planned(&schemas, slot, expr)?, tests, facts });
        let leaves = self.leaves.into_iter().zip(self.facts).map(leaf).collect::<Result<_>>()?;
        let array = |(slot, expr)| Ok((slot, planned(&schemas, slot, expr)?));
        let arrays = self.arrays.into_iter().map(array).collect::<Result<_>>()?;
        Ok(Sheet { lists, leaves, arrays, tests: self.tests, anys: self.anys, roots })
    }
}

/// Names the elements of open lists by their slots, so that equal questions are equal whatever their authors called the element. `own`
/// holds parameters of lambdas inside the expression, which stay.
fn named(expr: Expr, scopes: &[Scope], own: &mut Vec<String>) -> Result<Expr> {
    match expr {
        Expr::LambdaVariable(variable) if !own.contains(&variable.name) => {
            match scopes.iter().rev().find(|scope| scope.variable == variable.name) {
                Some(scope) => Ok(Expr::Column(Column::new_unqualified(element(scope.slot)))),
                None => plan_err!("`{}` is no element of a list", variable.name),
            }
        }
        Expr::Lambda(lambda) => {
            let depth = own.len();
            own.extend(lambda.params.iter().cloned());
            let body = named(*lambda.body, scopes, own)?;
            own.truncate(depth);
            Ok(Expr::Lambda(datafusion::logical_expr::expr::Lambda::new(lambda.params, body)))
        }
        other => other.map_children(|child| Ok(Transformed::yes(named(child, scopes, own)?))).map(|done| done.data),
    }
}
