//! When versions of runtimes and engines reach their end.

use std::sync::Arc;

use datafusion::arrow::array::{BooleanArray, Date32Array};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{HashMap, Result, ScalarValue, exec_err};
use datafusion::logical_expr::{ColumnarValue, ScalarUDF, Volatility, create_udf};
use partywall_catalog::EolTable;

use super::author::{Text, days, rows_of, text};

/// The literal name of a table and the versions asked for.
fn arguments_of(arguments: &[ColumnarValue]) -> Result<(&str, Text)> {
    match arguments {
        [ColumnarValue::Scalar(ScalarValue::Utf8(Some(table))), version] => Ok((table, text(version, rows_of(arguments))?)),
        _ => exec_err!("eol takes a literal table and a version"),
    }
}

/// Asks once for each version: a batch has few, each many times.
fn each<'v, T: Copy>(versions: &'v Text, find: impl Fn(&'v str) -> T) -> impl Iterator<Item = Option<T>> {
    let mut known: HashMap<&str, T> = HashMap::new();
    let mut last: Option<(&str, T)> = None;
    versions.iter().map(move |version| {
        let version = version?;
        if let Some((same, answer)) = last
            && same == version
        {
            return Some(answer);
        }
        let answer = *known.entry(version).or_insert_with(|| find(version));
        last = Some((version, answer));
        Some(answer)
    })
}

/// `eol(table, version)`: the day; NULL for a version that the table does not list.
pub(super) fn eol(table: &Arc<EolTable>) -> ScalarUDF {
    let eol = table.clone();
    let rule = move |arguments: &[ColumnarValue]| {
        let (table, versions) = arguments_of(arguments)?;
        let dates: Date32Array = each(&versions, |version| Some(days(eol.date(table, version)?))).map(Option::flatten).collect();
        Ok(ColumnarValue::Array(Arc::new(dates)))
    };
    create_udf("eol", vec![DataType::Utf8, DataType::Utf8], DataType::Date32, Volatility::Immutable, Arc::new(rule))
}

/// `eol_unlisted(table, version)`: a version is given and the table does not list it, so nobody can say.
pub(crate) fn eol_unlisted(table: &Arc<EolTable>) -> ScalarUDF {
    let eol = table.clone();
    let rule = move |arguments: &[ColumnarValue]| {
        let (table, versions) = arguments_of(arguments)?;
        let found: BooleanArray =
            each(&versions, |version| eol.date(table, version).is_none()).map(|unlisted| Some(unlisted == Some(true))).collect();
        Ok(ColumnarValue::Array(Arc::new(found)))
    };
    create_udf("eol_unlisted", vec![DataType::Utf8, DataType::Utf8], DataType::Boolean, Volatility::Immutable, Arc::new(rule))
}
