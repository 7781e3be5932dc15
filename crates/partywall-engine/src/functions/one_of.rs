//! `x in ('a', 'b')` for few texts, which DataFusion would hash.

use std::sync::Arc;

use datafusion::arrow::array::{Array, BooleanArray};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue, exec_err};
use datafusion::logical_expr::expr::{InList, ScalarFunction};
use datafusion::logical_expr::{ColumnarValue, Expr, ScalarUDF, Signature, SimpleScalarUDF, Volatility, lit};

use super::author::{rows_of, text as texts};
use crate::accesses::is_call;

/// Lists up to this long are compared one by one.
const FEW: usize = 8;

/// `one_of(text, ignoring case, a, b, …)`: the text is one of these.
pub(crate) fn one_of() -> ScalarUDF {
    let signature = Signature::variadic_any(Volatility::Immutable);
    SimpleScalarUDF::new_with_signature("one_of", signature, DataType::Boolean, Arc::new(is_one_of)).into()
}

/// The same question for `one_of`, if it is `x in (…)` or `lower(x) in (…)` with few literal texts. Letters beyond ASCII keep their case
/// only in the first.
pub(crate) fn as_one_of(one_of: &Arc<ScalarUDF>, list: &InList) -> Option<Expr> {
    let literal = |item: &Expr| matches!(item, Expr::Literal(ScalarValue::Utf8(Some(_)), _));
    if list.negated || list.list.len() > FEW || !list.list.iter().all(literal) {
        return None;
    }
    let lowered = match list.expr.as_ref() {
        Expr::ScalarFunction(call) if is_call(&list.expr, "lower") => call.args.first(),
        _ => None,
    };
    let lower = |item: &Expr| matches!(item, Expr::Literal(ScalarValue::Utf8(Some(text)), _) if text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()));
    let (text, folded) = match lowered {
        Some(inner) if list.list.iter().all(lower) => (inner.clone(), true),
        Some(_) => return None,
        None => (list.expr.as_ref().clone(), false),
    };
    let mut arguments = vec![text, lit(folded)];
    arguments.extend(list.list.iter().cloned());
    Some(Expr::ScalarFunction(ScalarFunction::new_udf(one_of.clone(), arguments)))
}

fn is_one_of(arguments: &[ColumnarValue]) -> Result<ColumnarValue> {
    let [text, ColumnarValue::Scalar(ScalarValue::Boolean(Some(folded))), items @ ..] = arguments else {
        return exec_err!("one_of takes a text, a flag and literals");
    };
    let mut wanted: Vec<&[u8]> = Vec::with_capacity(items.len());
    for item in items {
        let ColumnarValue::Scalar(ScalarValue::Utf8(Some(item))) = item else { return exec_err!("one_of takes literal texts") };
        wanted.push(item.as_bytes());
    }
    let short: Vec<(usize, u64)> = wanted.iter().filter(|item| item.len() <= 8).map(|item| (item.len(), packed(item, false))).collect();
    let long: Vec<&[u8]> = wanted.into_iter().filter(|item| item.len() > 8).collect();
    let text = texts(text, rows_of(arguments))?;
    let (offsets, data) = (text.value_offsets(), text.value_data());
    let found = BooleanBuffer::collect_bool(text.len(), |row| {
        let (Some(start), Some(end)) = (offsets.get(row), offsets.get(row + 1)) else { return false };
        let (Ok(start), Ok(end)) = (usize::try_from(*start), usize::try_from(*end)) else { return false };
        let Some(text) = data.get(start..end) else { return false };
        if text.len() <= 8 {
            let text = (text.len(), packed(text, *folded));
            short.contains(&text)
        } else {
            long.iter().any(|item| if *folded { item.eq_ignore_ascii_case(text) } else { *item == text })
        }
    });
    Ok(ColumnarValue::Array(Arc::new(BooleanArray::new(found, text.nulls().cloned()))))
}

/// Up to eight bytes as one number, so that texts are compared in one step; ASCII letters in lower case if asked.
fn packed(text: &[u8], folded: bool) -> u64 {
    text.iter().fold(0, |number, byte| number << 8 | u64::from(if folded { byte.to_ascii_lowercase() } else { *byte }))
}
