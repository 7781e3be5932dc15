//! Kleene rewriting (`ARCHITECTURE.md` §5): splits a predicate at `and`/`or`/`not` and makes each leaf NULL where a fact it
//! reads is unknown, true or false where all are known. SQL's own three-valued operators do the rest.

use std::sync::Arc;

use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::logical_expr::expr::{Between, BinaryExpr, HigherOrderFunction, InList, Lambda, Like, ScalarFunction};
use datafusion::logical_expr::{Expr, HigherOrderUDF, Operator, ScalarUDF, lit};
use partywall_table::UNKNOWN;

use crate::accesses::{Access, Root, Scope, access_of, accesses, element_scope, is_call};

/// The functions that the rewriting puts in.
#[derive(Debug)]
pub(crate) struct Kit {
    pub(crate) known: Arc<ScalarUDF>,
    pub(crate) known_any: Arc<ScalarUDF>,
    pub(crate) get_field: Arc<ScalarUDF>,
    pub(crate) eol_unlisted: Arc<ScalarUDF>,
    pub(crate) any_match: Arc<HigherOrderUDF>,
    pub(crate) transform: Arc<HigherOrderUDF>,
}

/// Rewrites predicates of one type for one kind of source.
#[derive(Debug)]
pub(crate) struct Rewriter<'a> {
    pub(crate) kit: &'a Kit,
    pub(crate) schema: &'a DFSchema,
    /// Paths that this kind of source does not show.
    pub(crate) blind: &'a [Arc<str>],
}

impl Rewriter<'_> {
    /// For each list of the row whose elements alone can make the predicate false: its path, and an expression that is true for the
    /// elements that do, null for those that may. `not any_match` fails by its matches, `all_match` by what does not match.
    pub(crate) fn deciding(&self, expr: &Expr, under_not: bool, found: &mut Vec<(String, Expr)>) -> Result<()> {
        match expr {
            Expr::Not(inner) | Expr::IsNotTrue(inner) => self.deciding(inner, !under_not, found),
            Expr::IsTrue(inner) => self.deciding(inner, under_not, found),
            Expr::BinaryExpr(BinaryExpr { left, op: Operator::And | Operator::Or, right }) => {
                self.deciding(left, under_not, found)?;
                self.deciding(right, under_not, found)
            }
            Expr::HigherOrderFunction(call) if is_any(call) == under_not && (under_not || call.func.name() == "all_match") => {
                let [list, Expr::Lambda(lambda)] = call.args.as_slice() else { return Ok(()) };
                let variable = lambda.params.first().map_or("", String::as_str);
                let (Some(read), Some(scope)) = (access_of(list, &[], self.schema), element_scope(list, variable, &[], self.schema)) else {
                    return Ok(());
                };
                let mut body = self.split(&lambda.body, &[scope], true)?;
                if !under_not {
                    body = Expr::Not(Box::new(body));
                }
                let arguments = vec![list.clone(), Expr::Lambda(Lambda::new(lambda.params.clone(), body))];
                let each = Expr::HigherOrderFunction(HigherOrderFunction::new(self.kit.transform.clone(), arguments));
                found.push((read.full, each));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The whole predicate, three-valued.
    pub(crate) fn rewrite(&self, expr: &Expr) -> Result<Expr> {
        self.split(expr, &[], true)
    }

    /// `marks`: put in unknown tests. Inside `filter` and the like the whole leaf is unknown if any element is, so the body only
    /// needs absent values to be false.
    fn split(&self, expr: &Expr, scopes: &[Scope], marks: bool) -> Result<Expr> {
        let not = |inner: Expr| Expr::Not(Box::new(inner));
        match expr {
            Expr::Not(inner) | Expr::IsNotTrue(inner) => Ok(not(self.split(inner, scopes, marks)?)),
            Expr::BinaryExpr(BinaryExpr { left, op: op @ (Operator::And | Operator::Or), right }) => {
                let (left, right) = (self.split(left, scopes, marks)?, self.split(right, scopes, marks)?);
                Ok(Expr::BinaryExpr(BinaryExpr::new(Box::new(left), *op, Box::new(right))))
            }
            Expr::BinaryExpr(BinaryExpr { left, op, right }) => match positive(*op) {
                Some(op) => {
                    let leaf = Expr::BinaryExpr(BinaryExpr::new(left.clone(), op, right.clone()));
                    Ok(not(self.leaf(&leaf, scopes, marks)?))
                }
                None => self.leaf(expr, scopes, marks),
            },
            Expr::InList(list) if list.negated => {
                let leaf = Expr::InList(InList { negated: false, ..list.clone() });
                Ok(not(self.leaf(&leaf, scopes, marks)?))
            }
            Expr::Like(like) if like.negated => {
                let leaf = Expr::Like(Like { negated: false, ..like.clone() });
                Ok(not(self.leaf(&leaf, scopes, marks)?))
            }
            Expr::Between(between) if between.negated => {
                let leaf = Expr::Between(Between { negated: false, ..between.clone() });
                Ok(not(self.leaf(&leaf, scopes, marks)?))
            }
            Expr::IsTrue(inner) => self.split(inner, scopes, marks),
            Expr::IsFalse(inner) => self.leaf(&Expr::IsFalse(inner.clone()), scopes, marks),
            Expr::HigherOrderFunction(call) if is_any(call) => self.any(call, scopes, marks, false),
            Expr::HigherOrderFunction(call) if call.func.name() == "all_match" => Ok(not(self.any(call, scopes, marks, true)?)),
            leaf => self.leaf(leaf, scopes, marks),
        }
    }

    /// `any_match` over an incomplete list is true if a known element matches, else unknown.
    fn any(&self, call: &HigherOrderFunction, scopes: &[Scope], marks: bool, negate: bool) -> Result<Expr> {
        let [list, Expr::Lambda(lambda)] = call.args.as_slice() else {
            return self.leaf(&Expr::HigherOrderFunction(call.clone()), scopes, marks);
        };
        let variable = lambda.params.first().map_or("", String::as_str);
        let Some(scope) = element_scope(list, variable, scopes, self.schema) else {
            return self.leaf(&Expr::HigherOrderFunction(call.clone()), scopes, marks);
        };
        let mut inner = scopes.to_vec();
        inner.push(scope);
        let mut body = self.split(&lambda.body, &inner, marks)?;
        if negate {
            body = Expr::Not(Box::new(body));
        }
        let any = Expr::HigherOrderFunction(HigherOrderFunction::new(
            self.kit.any_match.clone(),
            vec![list.clone(), Expr::Lambda(Lambda::new(lambda.params.clone(), body))],
        ));
        let mut reads = access_of(list, scopes, self.schema).into_iter().collect::<Vec<_>>();
        for read in &mut reads {
            read.exact = true;
        }
        let mut arguments = vec![any, list.clone()];
        if marks {
            arguments.extend(self.tests(&reads, scopes));
        }
        Ok(Expr::ScalarFunction(ScalarFunction::new_udf(self.kit.known_any.clone(), arguments)))
    }

    fn leaf(&self, expr: &Expr, scopes: &[Scope], marks: bool) -> Result<Expr> {
        if matches!(expr, Expr::Literal(..)) {
            return Ok(expr.clone());
        }
        let expr = self.inner_lambdas(expr, scopes)?;
        let reads = accesses(&expr, scopes, self.schema)?;
        // A blind member read inside the leaf's own lambda cannot be tested from outside.
        if marks && reads.iter().any(|read| matches!(read.root, Root::Scope(index) if index >= scopes.len()) && self.is_blind(read)) {
            return Ok(unknown());
        }
        let mut arguments = vec![expr.clone()];
        if marks {
            arguments.extend(self.tests(&reads, scopes));
            for call in calls_of(&expr, "eol") {
                let test = Expr::ScalarFunction(ScalarFunction::new_udf(self.kit.eol_unlisted.clone(), call.args.clone()));
                arguments.extend([test, lit("flag")]);
            }
        }
        Ok(Expr::ScalarFunction(ScalarFunction::new_udf(self.kit.known.clone(), arguments)))
    }

    /// Bodies of lambdas inside a leaf (`filter`, `array_transform`): absent values are false there too.
    fn inner_lambdas(&self, expr: &Expr, scopes: &[Scope]) -> Result<Expr> {
        use datafusion::common::tree_node::{Transformed, TreeNode};
        let Expr::HigherOrderFunction(call) = expr else {
            return expr.clone().map_children(|child| Ok(Transformed::yes(self.inner_lambdas(&child, scopes)?))).map(|done| done.data);
        };
        let mut arguments = Vec::with_capacity(call.args.len());
        let mut inner = scopes.to_vec();
        for argument in &call.args {
            if let Expr::Lambda(lambda) = argument {
                let boolean = call.func.name() == "array_filter" || is_any(call);
                let body = if boolean { self.split(&lambda.body, &inner, false)? } else { lambda.body.as_ref().clone() };
                arguments.push(Expr::Lambda(Lambda::new(lambda.params.clone(), body)));
            } else {
                if let Some(scope) = call.args.iter().find_map(|other| match other {
                    Expr::Lambda(lambda) => element_scope(argument, lambda.params.first()?, scopes, self.schema),
                    _ => None,
                }) {
                    inner.push(scope);
                }
                arguments.push(self.inner_lambdas(argument, scopes)?);
            }
        }
        Ok(Expr::HigherOrderFunction(HigherOrderFunction::new(call.func.clone(), arguments)))
    }

    fn is_blind(&self, read: &Access) -> bool {
        self.blind.iter().any(|blind| touches(blind, &read.full, true))
    }

    /// Argument pairs (array, spec) for the marking functions; see `functions::known`.
    fn tests(&self, reads: &[Access], scopes: &[Scope]) -> Vec<Expr> {
        let mut arguments = Vec::new();
        let mut groups: Vec<(Root, bool, Vec<&str>)> = Vec::new();
        for read in reads {
            if let Root::Scope(index) = read.root
                && scopes.get(index).is_none_or(|scope| !scope.is_struct)
            {
                continue;
            }
            if !read.path.is_empty() && !read.path.starts_with('_') || read.path.contains('.') || read.path.starts_with("_tags") {
                let path = if read.path == "_tags" { "Tags" } else { read.path.as_str() };
                match groups.iter_mut().find(|(root, exact, _)| *root == read.root && *exact == read.exact) {
                    Some((_, _, paths)) if paths.contains(&path) => {}
                    Some((_, _, paths)) => paths.push(path),
                    None => groups.push((read.root, read.exact, vec![path])),
                }
            }
        }
        for (root, exact, paths) in groups {
            let list = match root {
                Root::Row => Expr::Column(datafusion::common::Column::new_unqualified(UNKNOWN)),
                Root::Scope(index) => match scopes.get(index) {
                    Some(scope) => {
                        Expr::ScalarFunction(ScalarFunction::new_udf(self.kit.get_field.clone(), vec![scope.expr.clone(), lit(UNKNOWN)]))
                    }
                    None => continue,
                },
            };
            let spec = format!("{}{}", if exact { "exact\u{1f}" } else { "path\u{1f}" }, paths.join("\u{1f}"));
            arguments.extend([list, lit(spec)]);
        }
        for read in reads {
            let visible = match read.root {
                Root::Row => true,
                Root::Scope(index) => index < scopes.len(),
            };
            // A blind path is unknown where the row has no value for it: absent and unseen look alike there.
            if visible && self.is_blind(read) {
                arguments.extend([Expr::IsNull(Box::new(read.expr.clone())), lit("flag")]);
            }
            if let (Some(list), true) = (&read.whole_list, visible) {
                arguments.extend([list.clone(), lit("inside")]);
            }
        }
        arguments
    }
}

fn is_any(call: &HigherOrderFunction) -> bool {
    call.func.name() == "array_any_match"
}

fn unknown() -> Expr {
    Expr::Literal(ScalarValue::Boolean(None), None)
}

fn calls_of(expr: &Expr, name: &str) -> Vec<ScalarFunction> {
    use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
    let mut calls = Vec::new();
    let _ = expr.apply(|node| {
        if let (true, Expr::ScalarFunction(call)) = (is_call(node, name), node) {
            calls.push(call.clone());
        }
        Ok(TreeNodeRecursion::Continue)
    });
    calls
}

/// The positive twin of a negated comparison.
pub(crate) fn positive(op: Operator) -> Option<Operator> {
    match op {
        Operator::NotEq => Some(Operator::Eq),
        Operator::IsDistinctFrom => Some(Operator::IsNotDistinctFrom),
        Operator::NotLikeMatch => Some(Operator::LikeMatch),
        Operator::NotILikeMatch => Some(Operator::ILikeMatch),
        Operator::RegexNotMatch => Some(Operator::RegexMatch),
        Operator::RegexNotIMatch => Some(Operator::RegexIMatch),
        _ => None,
    }
}

/// True if an unknown at `unknown` makes a read of `read` unknown: the same path, an ancestor, or (unless `exact`) a descendant.
pub(crate) fn touches(unknown: &str, read: &str, exact: bool) -> bool {
    let below = |longer: &str, shorter: &str| {
        longer.strip_prefix(shorter).is_some_and(|rest| rest.is_empty() || rest.starts_with('.') || rest.starts_with('['))
    };
    below(read, unknown) || (!exact && below(unknown, read))
}

#[cfg(test)]
mod tests {
    use super::touches;

    #[test]
    fn ancestors_and_descendants_touch() {
        assert!(touches("A.B", "A.B", true));
        assert!(touches("A", "A.B", true));
        assert!(touches("A.B.C", "A.B", false));
        assert!(!touches("A.B.C", "A.B", true));
        assert!(!touches("A.Bx", "A.B", false));
        assert!(touches("L", "L[].X", true));
    }
}
