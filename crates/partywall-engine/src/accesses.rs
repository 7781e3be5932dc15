use datafusion::arrow::datatypes::DataType;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{Expr, ExprSchemable};

/// A lambda parameter in scope: the elements of which list it stands for.
#[derive(Debug, Clone)]
pub(crate) struct Scope {
    /// The parameter's name.
    pub(crate) variable: String,
    /// Full path of the list's elements from the row, such as `SecurityGroupIngress[]`.
    pub(crate) path: String,
    /// The parameter as an expression.
    pub(crate) expr: Expr,
    /// Elements are structs and carry an `_unknown` of their own.
    pub(crate) is_struct: bool,
    /// Where a sheet of questions keeps the list's elements.
    pub(crate) slot: usize,
}

/// Where a path begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Root {
    /// The row.
    Row,
    /// The scope of that index.
    Scope(usize),
}

/// One property that an expression reads.
#[derive(Debug, Clone)]
pub(crate) struct Access {
    /// Where the path begins.
    pub(crate) root: Root,
    /// Dotted path from the root; empty for a scope's element itself.
    pub(crate) path: String,
    /// Full path from the row, with `[]` for list steps.
    pub(crate) full: String,
    /// Only the path itself or an ancestor makes it unknown, not a descendant.
    pub(crate) exact: bool,
    /// The expression reads a whole list: unknowns inside its elements count too. Holds the list.
    pub(crate) whole_list: Option<Expr>,
    /// The read itself.
    pub(crate) expr: Expr,
}

/// Reads `get_field` chains over a column or a lambda parameter as a path. Paths stop at maps.
pub(crate) fn access_of(expr: &Expr, scopes: &[Scope], schema: &DFSchema) -> Option<Access> {
    let (root, mut names) = chain(expr, scopes, schema)?;
    let path = names.join(".");
    let full = match root {
        Root::Row => path.clone(),
        Root::Scope(index) => {
            let scope = scopes.get(index)?;
            if path.is_empty() { scope.path.clone() } else { format!("{}.{path}", scope.path) }
        }
    };
    names.clear();
    Some(Access { root, path, full, exact: false, whole_list: None, expr: expr.clone() })
}

fn chain(expr: &Expr, scopes: &[Scope], schema: &DFSchema) -> Option<(Root, Vec<String>)> {
    match expr {
        Expr::Column(column) => Some((Root::Row, vec![column.name.clone()])),
        Expr::LambdaVariable(variable) => {
            let index = scopes.iter().rposition(|scope| scope.variable == variable.name)?;
            Some((Root::Scope(index), Vec::new()))
        }
        Expr::ScalarFunction(call) if call.func.name() == "get_field" => {
            let (base, names) = call.args.split_first()?;
            let (root, mut path) = chain(base, scopes, schema)?;
            let mut of_map = matches!(base.get_type(schema), Ok(DataType::Map(..)));
            for name in names {
                if of_map {
                    break;
                }
                let Expr::Literal(ScalarValue::Utf8(Some(name)), _) = name else { return None };
                path.push(name.clone());
                of_map = false;
            }
            Some((root, path))
        }
        _ => None,
    }
}

/// All properties that a leaf reads, inner lambdas included.
pub(crate) fn accesses(expr: &Expr, scopes: &[Scope], schema: &DFSchema) -> Result<Vec<Access>> {
    let mut found = Vec::new();
    collect(expr, &mut scopes.to_vec(), schema, false, &mut found)?;
    Ok(found)
}

fn collect(expr: &Expr, scopes: &mut Vec<Scope>, schema: &DFSchema, exact: bool, found: &mut Vec<Access>) -> Result<()> {
    if let Some(mut access) = access_of(expr, scopes, schema) {
        let is_list = matches!(expr.get_type(schema), Ok(DataType::List(_)));
        access.exact = exact || is_list;
        if is_list && !exact {
            access.whole_list = Some(expr.clone());
        }
        found.push(access);
        return Ok(());
    }
    match expr {
        Expr::IsNull(inner) | Expr::IsNotNull(inner) => collect(inner, scopes, schema, true, found),
        // How many elements there are does not depend on what is in them.
        Expr::ScalarFunction(call)
            if call.func.name() == "cardinality" && call.args.iter().all(|list| access_of(list, scopes, schema).is_some()) =>
        {
            call.args.iter().try_for_each(|list| collect(list, scopes, schema, true, found))
        }
        Expr::HigherOrderFunction(call) => {
            let mut element = None;
            for argument in &call.args {
                if let Expr::Lambda(lambda) = argument {
                    let depth = scopes.len();
                    if let (Some(scope), Some(variable)) = (&element, lambda.params.first()) {
                        let mut scope: Scope = Scope::clone(scope);
                        scope.variable.clone_from(variable);
                        scopes.push(scope);
                    }
                    collect(&lambda.body, scopes, schema, exact, found)?;
                    scopes.truncate(depth);
                } else {
                    collect(argument, scopes, schema, exact, found)?;
                    element = element.or_else(|| element_scope(argument, "", scopes, schema));
                }
            }
            Ok(())
        }
        other => {
            let mut children = Vec::new();
            other.apply_children(|child| {
                children.push(child.clone());
                Ok(TreeNodeRecursion::Continue)
            })?;
            for child in &children {
                collect(child, scopes, schema, exact, found)?;
            }
            Ok(())
        }
    }
}

/// The scope that a lambda over this list opens; `None` if the list is no property.
pub(crate) fn element_scope(list: &Expr, variable: &str, scopes: &[Scope], schema: &DFSchema) -> Option<Scope> {
    let access = access_of(list, scopes, schema)?;
    let DataType::List(field) = list.get_type(schema).ok()? else { return None };
    let is_struct = matches!(field.data_type(), DataType::Struct(_));
    let lambda = datafusion::logical_expr::expr::LambdaVariable::new(
        variable.to_owned(),
        Some(std::sync::Arc::new(field.as_ref().clone().with_name(variable))),
    );
    Some(Scope {
        variable: variable.to_owned(),
        path: format!("{}[]", access.full),
        expr: Expr::LambdaVariable(lambda),
        is_struct,
        slot: 0,
    })
}

/// True for a call of that scalar function.
pub(crate) fn is_call(expr: &Expr, name: &str) -> bool {
    matches!(expr, Expr::ScalarFunction(ScalarFunction { func, .. }) if func.name() == name)
}

/// All calls of that scalar function, inner lambdas included.
pub(crate) fn calls_of(expr: &Expr, name: &str) -> Vec<ScalarFunction> {
    let mut calls = Vec::new();
    let _ = expr.apply(|node| {
        if let (true, Expr::ScalarFunction(call)) = (is_call(node, name), node) {
            calls.push(call.clone());
        }
        Ok(TreeNodeRecursion::Continue)
    });
    calls
}
