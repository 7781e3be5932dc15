//! Kleene rewriting (`ARCHITECTURE.md` §5): splits a predicate at `and`/`or`/`not` and at the elements of lists. Each leaf is unknown
//! where a fact it reads is unknown, true or false where all are known.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, DFSchema, Result, ScalarValue};
use datafusion::logical_expr::expr::{Between, BinaryExpr, HigherOrderFunction, InList, Lambda, Like, ScalarFunction};
use datafusion::logical_expr::{Expr, HigherOrderUDF, Operator, ScalarUDF, lit};
use partywall_table::UNKNOWN;

use crate::accesses::{Access, Root, Scope, access_of, accesses, calls_of, element_scope};
use crate::functions::as_one_of;
use crate::sheet::{Draft, Node};
use crate::unknowns::{TestKind, touches};

/// The functions that the rewriting puts in.
#[derive(Debug)]
pub(crate) struct Kit {
    pub(crate) get_field: Arc<ScalarUDF>,
    pub(crate) one_of: Arc<ScalarUDF>,
    pub(crate) eol_unlisted: Arc<ScalarUDF>,
    pub(crate) any_match: Arc<HigherOrderUDF>,
}

/// Rewrites predicates of one type for one kind of source.
#[derive(Debug)]
pub(crate) struct Rewriter<'a> {
    pub(crate) kit: &'a Kit,
    pub(crate) schema: &'a DFSchema,
    /// Paths that this kind of source does not show.
    pub(crate) blind: &'a [Arc<str>],
}

/// What a boolean expression is made of, negations taken out of leaves.
enum Shape<'e> {
    Not(Expr),
    Both(&'e Expr, Operator, &'e Expr),
    Same(&'e Expr),
    /// `any_match`, or (true) `all_match`.
    Elements(&'e HigherOrderFunction, bool),
    Leaf,
}

fn shape(expr: &Expr) -> Shape<'_> {
    match expr {
        Expr::Not(inner) | Expr::IsNotTrue(inner) => Shape::Not(inner.as_ref().clone()),
        Expr::BinaryExpr(BinaryExpr { left, op: op @ (Operator::And | Operator::Or), right }) => Shape::Both(left, *op, right),
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => match positive(*op) {
            Some(op) => Shape::Not(Expr::BinaryExpr(BinaryExpr::new(left.clone(), op, right.clone()))),
            None => Shape::Leaf,
        },
        Expr::InList(list) if list.negated => Shape::Not(Expr::InList(InList { negated: false, ..list.clone() })),
        Expr::Like(like) if like.negated => Shape::Not(Expr::Like(Like { negated: false, ..like.clone() })),
        Expr::Between(between) if between.negated => Shape::Not(Expr::Between(Between { negated: false, ..between.clone() })),
        Expr::IsTrue(inner) => Shape::Same(inner),
        Expr::HigherOrderFunction(call) if is_any(call) => Shape::Elements(call, false),
        Expr::HigherOrderFunction(call) if call.func.name() == "all_match" => Shape::Elements(call, true),
        _ => Shape::Leaf,
    }
}

impl Rewriter<'_> {
    /// The whole predicate, three-valued.
    pub(crate) fn rewrite(&self, expr: &Expr, draft: &mut Draft) -> Result<Node> {
        self.split(expr, &[], draft)
    }

    fn split(&self, expr: &Expr, scopes: &[Scope], draft: &mut Draft) -> Result<Node> {
        match shape(expr) {
            Shape::Not(inner) => Ok(Node::Not(Box::new(self.split(&inner, scopes, draft)?))),
            Shape::Both(left, op, right) => {
                let sides = Box::new((self.split(left, scopes, draft)?, self.split(right, scopes, draft)?));
                Ok(if op == Operator::And { Node::And(sides) } else { Node::Or(sides) })
            }
            Shape::Same(inner) => self.split(inner, scopes, draft),
            Shape::Elements(call, all) => self.elements(call, all, scopes, draft),
            Shape::Leaf => self.leaf(expr, scopes, draft),
        }
    }

    /// `any_match` over an incomplete list is true if a known element matches, else unknown. `all_match(l, p)` is
    /// `not any_match(l, not p)`.
    fn elements(&self, call: &HigherOrderFunction, all: bool, scopes: &[Scope], draft: &mut Draft) -> Result<Node> {
        let opened = match call.args.as_slice() {
            [list, Expr::Lambda(lambda)] => {
                let variable = lambda.params.first().map_or("", String::as_str);
                element_scope(list, variable, scopes, self.schema).map(|scope| (list, lambda, scope))
            }
            _ => None,
        };
        let Some((list, lambda, mut scope)) = opened else {
            return self.leaf(&Expr::HigherOrderFunction(call.clone()), scopes, draft);
        };
        let mut reads: Vec<Access> = access_of(list, scopes, self.schema).into_iter().collect();
        for read in &mut reads {
            read.exact = true;
        }
        let path = reads.first().map(|read| Arc::from(read.full.as_str())).unwrap_or_default();
        let tests = self.tests(&reads, scopes).into_iter().map(|(array, kind)| draft.test(scopes, &array, kind)).collect::<Result<_>>()?;
        scope.slot = draft.open(scopes, list)?;
        let opened = scope.slot;
        let mut inner = scopes.to_vec();
        inner.push(scope);
        let body = self.split(&lambda.body, &inner, draft)?;
        let body = Box::new(if all { Node::Not(Box::new(body)) } else { body });
        let any = Node::Any { index: draft.any(), list: opened, path, body, tests };
        Ok(if all { Node::Not(Box::new(any)) } else { any })
    }

    fn leaf(&self, expr: &Expr, scopes: &[Scope], draft: &mut Draft) -> Result<Node> {
        match expr {
            Expr::Literal(ScalarValue::Boolean(Some(value)), _) => return Ok(Node::Known(*value)),
            Expr::Literal(value, _) if value.is_null() => return Ok(Node::Unknown),
            _ => {}
        }
        let expr = self.inner_lambdas(expr, scopes)?;
        let reads = accesses(&expr, scopes, self.schema)?;
        // A blind member read inside the leaf's own lambda cannot be tested from outside.
        if reads.iter().any(|read| matches!(read.root, Root::Scope(index) if index >= scopes.len()) && self.is_blind(read)) {
            return Ok(Node::Unknown);
        }
        let mut tests = self.tests(&reads, scopes);
        for call in calls_of(&expr, "eol") {
            tests.push((Expr::ScalarFunction(ScalarFunction::new_udf(self.kit.eol_unlisted.clone(), call.args.clone())), TestKind::Flag));
        }
        let tests = tests.into_iter().map(|(array, kind)| draft.test(scopes, &array, kind)).collect::<Result<_>>()?;
        let facts = reads.iter().map(|read| Arc::from(read.full.split("[]").next().unwrap_or_default())).collect();
        let quick = if let Expr::InList(list) = &expr { as_one_of(&self.kit.one_of, list) } else { None };
        draft.leaf(scopes, quick.as_ref().unwrap_or(&expr), tests, facts)
    }

    /// Bodies of lambdas inside a leaf (`filter`, `array_transform`): the whole leaf is unknown if any element is, so that absent values
    /// only need to be false there.
    fn inner_lambdas(&self, expr: &Expr, scopes: &[Scope]) -> Result<Expr> {
        let Expr::HigherOrderFunction(call) = expr else {
            return expr.clone().map_children(|child| Ok(Transformed::yes(self.inner_lambdas(&child, scopes)?))).map(|done| done.data);
        };
        let mut arguments = Vec::with_capacity(call.args.len());
        let mut inner = scopes.to_vec();
        for argument in &call.args {
            if let Expr::Lambda(lambda) = argument {
                let boolean = call.func.name() == "array_filter" || is_any(call);
                let body = if boolean { self.two_valued(&lambda.body, &inner)? } else { lambda.body.as_ref().clone() };
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

    /// A body with absent read as false, leaf by leaf.
    fn two_valued(&self, expr: &Expr, scopes: &[Scope]) -> Result<Expr> {
        let not = |inner: Expr| Expr::Not(Box::new(inner));
        let sure = |inner: Expr| Expr::IsTrue(Box::new(inner));
        match shape(expr) {
            Shape::Not(inner) => Ok(not(self.two_valued(&inner, scopes)?)),
            Shape::Both(left, op, right) => {
                let (left, right) = (self.two_valued(left, scopes)?, self.two_valued(right, scopes)?);
                Ok(Expr::BinaryExpr(BinaryExpr::new(Box::new(left), op, Box::new(right))))
            }
            Shape::Same(inner) => self.two_valued(inner, scopes),
            Shape::Elements(call, true) => {
                let [list, Expr::Lambda(lambda)] = call.args.as_slice() else { return Ok(sure(expr.clone())) };
                let body = Box::new(not(sure(lambda.body.as_ref().clone())));
                let arguments = vec![list.clone(), Expr::Lambda(Lambda { params: lambda.params.clone(), body })];
                let any = Expr::HigherOrderFunction(HigherOrderFunction::new(self.kit.any_match.clone(), arguments));
                Ok(not(sure(self.inner_lambdas(&any, scopes)?)))
            }
            Shape::Elements(..) | Shape::Leaf => Ok(sure(self.inner_lambdas(expr, scopes)?)),
        }
    }

    fn is_blind(&self, read: &Access) -> bool {
        self.blind.iter().any(|blind| touches(blind, &read.full, true))
    }

    /// What has to be asked to know where these reads are unknown.
    fn tests(&self, reads: &[Access], scopes: &[Scope]) -> Vec<(Expr, TestKind)> {
        let mut found = Vec::new();
        let mut groups: Vec<(Root, bool, Vec<String>)> = Vec::new();
        for read in reads {
            if let Root::Scope(index) = read.root
                && scopes.get(index).is_none_or(|scope| !scope.is_struct)
            {
                continue;
            }
            if !read.path.is_empty() && !read.path.starts_with('_') || read.path.contains('.') || read.path.starts_with("_tags") {
                let path = if read.path == "_tags" { "Tags".to_owned() } else { read.path.clone() };
                match groups.iter_mut().find(|(root, exact, _)| *root == read.root && *exact == read.exact) {
                    Some((_, _, paths)) if paths.contains(&path) => {}
                    Some((_, _, paths)) => paths.push(path),
                    None => groups.push((read.root, read.exact, vec![path])),
                }
            }
        }
        for (root, exact, paths) in groups {
            let list = match root {
                Root::Row => Expr::Column(Column::new_unqualified(UNKNOWN)),
                Root::Scope(index) => match scopes.get(index) {
                    Some(scope) => {
                        Expr::ScalarFunction(ScalarFunction::new_udf(self.kit.get_field.clone(), vec![scope.expr.clone(), lit(UNKNOWN)]))
                    }
                    None => continue,
                },
            };
            found.push((list, TestKind::Paths { exact, paths }));
        }
        for read in reads {
            let visible = match read.root {
                Root::Row => true,
                Root::Scope(index) => index < scopes.len(),
            };
            // A blind path is unknown where the row has no value for it: absent and unseen look alike there.
            if visible && self.is_blind(read) {
                found.push((Expr::IsNull(Box::new(read.expr.clone())), TestKind::Flag));
            }
            if let (Some(list), true) = (&read.whole_list, visible) {
                found.push((list.clone(), TestKind::Inside));
            }
        }
        found
    }
}

fn is_any(call: &HigherOrderFunction) -> bool {
    call.func.name() == "array_any_match"
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
