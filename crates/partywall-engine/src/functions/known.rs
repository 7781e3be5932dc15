use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, BooleanBufferBuilder, ListArray};
use datafusion::arrow::buffer::{BooleanBuffer, NullBuffer};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue, exec_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};
use partywall_table::UNKNOWN;

use crate::kleene::touches;

/// `known(leaf, array, spec, …)`: the leaf with NULL read as false, and NULL where any (array, spec) pair says unknown.
///
/// Specs: `path␟p1␟p2…` and `exact␟p1…` test a list of unknown paths; `inside` tests the elements of a list for unknowns of their
/// own; `flag` is a boolean array that says unknown itself.
pub(crate) fn known() -> ScalarUDF {
    ScalarUDF::new_from_impl(Known { signature: Signature::variadic_any(Volatility::Immutable) })
}

/// `known_any(any, list, array, spec, …)`: an absent list has no match; where a pair says unknown, only a match counts.
pub(crate) fn known_any() -> ScalarUDF {
    ScalarUDF::new_from_impl(KnownAny { signature: Signature::variadic_any(Volatility::Immutable) })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Known {
    signature: Signature,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct KnownAny {
    signature: Signature,
}

impl ScalarUDFImpl for Known {
    fn name(&self) -> &'static str {
        "known"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let Some((leaf, tests)) = args.args.split_first() else { return exec_err!("known needs a leaf") };
        let rows = args.number_rows;
        let unknown = unknown_mask(tests, rows)?;
        let truth = match leaf {
            ColumnarValue::Scalar(ScalarValue::Boolean(value)) => {
                let value = value.unwrap_or(false);
                if unknown.is_none() {
                    return Ok(ColumnarValue::Scalar(ScalarValue::Boolean(Some(value))));
                }
                if value { BooleanBuffer::new_set(rows) } else { BooleanBuffer::new_unset(rows) }
            }
            ColumnarValue::Scalar(ScalarValue::Null) => BooleanBuffer::new_unset(rows),
            ColumnarValue::Array(array) => is_true(array)?,
            ColumnarValue::Scalar(_) => return exec_err!("a leaf of a predicate must be a boolean"),
        };
        Ok(ColumnarValue::Array(Arc::new(BooleanArray::new(truth, unknown.map(|mask| NullBuffer::new(!&mask))))))
    }
}

impl ScalarUDFImpl for KnownAny {
    fn name(&self) -> &'static str {
        "known_any"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [any, list, tests @ ..] = args.args.as_slice() else { return exec_err!("known_any needs a match and its list") };
        let rows = args.number_rows;
        let any = any.to_array(rows)?;
        let list = list.to_array(rows)?;
        let Some(any) = any.as_boolean_opt() else { return exec_err!("a match must be a boolean") };
        let truth = is_true(&(Arc::new(any.clone()) as ArrayRef))?;
        // A row is undecided if its elements left the match open, or the list may hold more than was seen.
        let mut undecided: Option<BooleanBuffer> = any.nulls().map(|nulls| !nulls.inner());
        if let (Some(mask), Some(nulls)) = (&undecided, list.nulls()) {
            undecided = Some(mask & nulls.inner());
        }
        if let Some(unknown) = unknown_mask(tests, rows)? {
            undecided = Some(match undecided {
                Some(mask) => &mask | &unknown,
                None => unknown,
            });
        }
        let nulls = undecided.map(|mask| NullBuffer::new(!&(&mask & &!&truth)));
        Ok(ColumnarValue::Array(Arc::new(BooleanArray::new(truth, nulls))))
    }
}

fn is_true(array: &ArrayRef) -> Result<BooleanBuffer> {
    match array.data_type() {
        DataType::Boolean => {
            let array = array.as_boolean();
            Ok(match array.nulls() {
                Some(nulls) => array.values() & nulls.inner(),
                None => array.values().clone(),
            })
        }
        DataType::Null => Ok(BooleanBuffer::new_unset(array.len())),
        other => exec_err!("a leaf of a predicate must be a boolean, not {other}"),
    }
}

fn unknown_mask(tests: &[ColumnarValue], rows: usize) -> Result<Option<BooleanBuffer>> {
    let mut mask: Option<BooleanBuffer> = None;
    for pair in tests.chunks(2) {
        let [array, ColumnarValue::Scalar(ScalarValue::Utf8(Some(spec)))] = pair else {
            return exec_err!("tests come as pairs of array and literal spec");
        };
        let array = array.to_array(rows)?;
        let mut parts = spec.split('\u{1f}');
        let found = match parts.next() {
            Some("flag") => Some(is_true(&array)?),
            Some("inside") => unknown_inside(&array),
            Some(kind) => {
                let paths: Vec<&str> = parts.collect();
                unknown_paths(&array, &paths, kind == "exact")
            }
            None => None,
        };
        if let Some(found) = found {
            mask = Some(match mask {
                Some(mask) => &mask | &found,
                None => found,
            });
        }
    }
    Ok(mask)
}

fn unknown_paths(array: &ArrayRef, paths: &[&str], exact: bool) -> Option<BooleanBuffer> {
    let list = array.as_list_opt::<i32>()?;
    let offsets = list.value_offsets();
    if offsets.first() == offsets.last() {
        return None;
    }
    let values = list.values().as_string_opt::<i32>()?;
    let mut mask = BooleanBufferBuilder::new(list.len());
    mask.append_n(list.len(), false);
    for (row, pair) in offsets.windows(2).enumerate() {
        let [start, end] = pair else { continue };
        let hits = |index: i32| {
            let path = usize::try_from(index).map_or("", |index| values.value(index));
            paths.iter().any(|read| touches(path, read, exact))
        };
        if start < end && (*start..*end).any(hits) {
            mask.set_bit(row, true);
        }
    }
    Some(mask.finish())
}

/// Rows of a list whose elements carry unknowns of their own, at any depth.
fn unknown_inside(array: &ArrayRef) -> Option<BooleanBuffer> {
    let list = array.as_list_opt::<i32>()?;
    let inner = element_unknowns(list.values())?;
    let mut mask = BooleanBufferBuilder::new(list.len());
    for pair in list.value_offsets().windows(2) {
        let hit = match pair {
            [start, end] if start < end => (*start..*end).any(|index| usize::try_from(index).is_ok_and(|index| inner.value(index))),
            _ => false,
        };
        mask.append(hit);
    }
    Some(mask.finish())
}

fn element_unknowns(values: &ArrayRef) -> Option<BooleanBuffer> {
    let elements = values.as_struct_opt()?;
    let mut mask: Option<BooleanBuffer> = None;
    let mut add = |found: BooleanBuffer| {
        mask = Some(match mask.take() {
            Some(mask) => &mask | &found,
            None => found,
        });
    };
    for (field, column) in elements.fields().iter().zip(elements.columns()) {
        if field.name() == UNKNOWN {
            if let Some(list) = column.as_list_opt::<i32>()
                && list.value_offsets().first() != list.value_offsets().last()
            {
                add(nonempty(list));
            }
        } else if matches!(column.data_type(), DataType::List(_)) {
            if let Some(found) = unknown_inside(column) {
                add(found);
            }
        } else if matches!(column.data_type(), DataType::Struct(_))
            && let Some(found) = element_unknowns(column)
        {
            add(found);
        }
    }
    mask
}

fn nonempty(list: &ListArray) -> BooleanBuffer {
    list.value_offsets().windows(2).map(|pair| matches!(pair, [start, end] if start < end)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::array::{ListBuilder, StringBuilder};
    use datafusion::arrow::datatypes::Field;

    fn call(function: &ScalarUDF, args: Vec<ColumnarValue>, rows: usize) -> BooleanArray {
        let arg_fields = args.iter().map(|arg| Arc::new(Field::new("a", arg.data_type(), true))).collect();
        let value = function
            .invoke_with_args(ScalarFunctionArgs {
                args,
                arg_fields,
                number_rows: rows,
                return_field: Arc::new(Field::new("r", DataType::Boolean, true)),
                config_options: Arc::default(),
            })
            .unwrap();
        value.into_array(rows).unwrap().as_boolean().clone()
    }

    fn paths(rows: &[&[&str]]) -> ArrayRef {
        let mut builder = ListBuilder::new(StringBuilder::new());
        for row in rows {
            for path in *row {
                builder.values().append_value(path);
            }
            builder.append(true);
        }
        Arc::new(builder.finish())
    }

    fn spec(text: &str) -> ColumnarValue {
        ColumnarValue::Scalar(ScalarValue::Utf8(Some(text.to_owned())))
    }

    #[test]
    fn a_leaf_is_null_exactly_where_its_paths_are_unknown() {
        let leaf: ArrayRef = Arc::new(BooleanArray::from(vec![Some(true), Some(false), None, Some(true), Some(true)]));
        let unknown = paths(&[&[], &[], &[], &["A.B"], &["A.C"]]);
        let got = call(&known(), vec![ColumnarValue::Array(leaf), ColumnarValue::Array(unknown), spec("path\u{1f}A.B")], 5);
        assert_eq!(got, BooleanArray::from(vec![Some(true), Some(false), Some(false), None, Some(true)]));
    }

    #[test]
    fn a_match_counts_in_an_incomplete_list() {
        let any: ArrayRef = Arc::new(BooleanArray::from(vec![Some(true), Some(false), None, Some(false)]));
        let list = paths(&[&["x"], &["x"], &["x"], &["x"]]);
        let unknown = paths(&[&["L"], &["L"], &[], &[]]);
        let args = vec![ColumnarValue::Array(any), ColumnarValue::Array(list), ColumnarValue::Array(unknown), spec("exact\u{1f}L")];
        assert_eq!(call(&known_any(), args, 4), BooleanArray::from(vec![Some(true), None, None, Some(false)]));
    }
}
