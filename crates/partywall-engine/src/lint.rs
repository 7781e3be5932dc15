use datafusion::common::DFSchema;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::expr::BinaryExpr;
use datafusion::logical_expr::{Expr, Operator};
use datafusion::optimizer::simplify_expressions::{ExprSimplifier, SimplifyContext};
use partywall_catalog::ResourceType;
use partywall_table::Envelope;

use crate::accesses::{Access, Root, access_of, accesses, calls_of};
use crate::engine::Engine;
use crate::functions::AGE_WHEN_READ;
use crate::kleene::positive;
use crate::predicate::Predicate;

/// One thing wrong with a predicate that parses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lint {
    /// Kebab-case code.
    pub code: &'static str,
    /// One line: what and what to do.
    pub message: String,
}

/// Looks for predicates that cannot mean what their author thinks.
///
/// * `negated-absent`: a negated leaf on a path that may be absent, without a default or a test for null.
/// * `always-same`: the predicate does not depend on the row.
/// * `wrong-type`: a comparison that only works by casting the column.
/// * `activity-age`: how long something was not used, counted beyond the day on which that was read.
/// * `secret-value`: a secret's value is read, not only tested for null; the collector has taken the value out by then.
pub fn lint_predicate(engine: &Engine, resource_type: &ResourceType, predicate: &Predicate) -> Vec<Lint> {
    let mut lints = Vec::new();
    let mut tested = Vec::new();
    let _ = predicate.expr.apply(|node| {
        if let Expr::IsNull(inner) | Expr::IsNotNull(inner) = node
            && let Some(access) = access_of(inner, &[], &predicate.schema)
        {
            tested.push(access.full);
        }
        Ok(TreeNodeRecursion::Continue)
    });
    let defaulted =
        |path: &str| resource_type.defaults.iter().any(|default| path == &*default.path || path.starts_with(&format!("{}.", default.path)));
    negated(&predicate.expr, false, &mut |leaf| {
        for access in accesses(leaf, &[], &predicate.schema).unwrap_or_default() {
            let path = &access.full;
            let own = access.root == Root::Row
                && path != Envelope::ObservedAt.name()
                && !path.contains('[')
                && !path.starts_with("_Derived")
                && access.whole_list.is_none();
            if own && !tested.contains(path) && !defaulted(path) {
                lints.push(Lint {
                    code: "negated-absent",
                    message: format!(
                        "a negated test of `{path}` is true where `{path}` is absent; add `{path} is not null and …`, or a default"
                    ),
                });
            }
        }
    });
    if let Some(message) = always_same(&predicate.expr, &predicate.schema) {
        lints.push(Lint { code: "always-same", message });
    }
    wrong_types(engine, predicate, &mut lints);
    activity_ages(predicate, &mut lints);
    secret_values(resource_type, predicate, &mut lints);
    lints.dedup();
    lints
}

/// Calls `found` with every leaf that stands under an odd number of negations, lambdas left out.
fn negated(expr: &Expr, under: bool, found: &mut impl FnMut(&Expr)) {
    match expr {
        Expr::Not(inner) => negated(inner, !under, found),
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::And | Operator::Or, right }) => {
            negated(left, under, found);
            negated(right, under, found);
        }
        Expr::IsNull(_) | Expr::IsNotNull(_) | Expr::HigherOrderFunction(_) => {}
        leaf => {
            let negative = match leaf {
                Expr::BinaryExpr(BinaryExpr { op, .. }) => positive(*op).is_some(),
                Expr::InList(list) => list.negated,
                Expr::Like(like) => like.negated,
                Expr::Between(between) => between.negated,
                Expr::IsNotTrue(_) => true,
                _ => false,
            };
            if negative != under {
                found(leaf);
            }
        }
    }
}

fn always_same(expr: &Expr, schema: &std::sync::Arc<DFSchema>) -> Option<String> {
    let context = SimplifyContext::builder().with_schema(schema.clone()).build();
    let simplifier = ExprSimplifier::new(context);
    let simplified = simplifier.coerce(expr.clone(), schema).and_then(|expr| simplifier.simplify(expr)).ok()?;
    match (&simplified, expr) {
        (Expr::Literal(value, _), original) if !matches!(original, Expr::Literal(..)) => {
            Some(format!("the predicate is always {value}, whatever the row"))
        }
        _ => None,
    }
}

/// A reading knows when something was last used before it, and nothing of the days after it.
fn activity_ages(predicate: &Predicate, lints: &mut Vec<Lint>) {
    let activity = |path: &str| ["LastUsed", "LastAccessed"].iter().any(|word| path.contains(word));
    let times = calls_of(&predicate.expr, "age_days").into_iter().flat_map(|call| call.args);
    for access in times.flat_map(|time| accesses(&time, &[], &predicate.schema).unwrap_or_default()) {
        if activity(&access.full) {
            lints.push(Lint {
                code: "activity-age",
                message: format!(
                    "`age_days({0})` counts days of which the reading knows nothing; write `{AGE_WHEN_READ}({0})`",
                    access.full
                ),
            });
        }
    }
}

fn secret_values(resource_type: &ResourceType, predicate: &Predicate, lints: &mut Vec<Lint>) {
    let read = accesses(&predicate.expr, &[], &predicate.schema).unwrap_or_default();
    for secret in resource_type.secrets.iter().filter(|secret| !secret.contains('=')) {
        let is_value = |access: &Access| {
            let inside = access.full.strip_prefix(&**secret).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
            inside && (!access.exact || access.whole_list.is_some())
        };
        if read.iter().any(is_value) {
            lints.push(Lint {
                code: "secret-value",
                message: format!(
                    "`{secret}` is a secret and its value is redacted before this is asked; test for null or use a computed fact"
                ),
            });
        }
    }
}

fn wrong_types(_engine: &Engine, predicate: &Predicate, lints: &mut Vec<Lint>) {
    use datafusion::arrow::datatypes::DataType;
    use datafusion::logical_expr::ExprSchemable;
    let context = SimplifyContext::builder().with_schema(predicate.schema.clone()).build();
    let Ok(coerced) = ExprSimplifier::new(context).coerce(predicate.expr.clone(), &predicate.schema) else { return };
    let _ = coerced.apply(|node| {
        if let Expr::Cast(cast) = node
            && !matches!(cast.expr.as_ref(), Expr::Literal(..))
            && let (Ok(from), Ok(to)) = (cast.expr.get_type(predicate.schema.as_ref()), node.get_type(predicate.schema.as_ref()))
        {
            let text = |kind: &DataType| matches!(kind, DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8);
            if text(&from) != text(&to) && from != DataType::Null {
                lints.push(Lint { code: "wrong-type", message: format!("`{}` is {from} and is compared as {to}", cast.expr) });
            }
        }
        Ok(TreeNodeRecursion::Continue)
    });
}
