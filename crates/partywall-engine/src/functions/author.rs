//! The functions that authors of predicates may call, beside SQL's own (`ARCHITECTURE.md` §5).

use std::sync::Arc;

use chrono::{DateTime, NaiveDate};
use datafusion::arrow::array::{Array, AsArray, BooleanArray, Int64Array, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, TimestampMicrosecondType};
use datafusion::common::{Result, ScalarValue, exec_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, HigherOrderFunctionArgs, HigherOrderReturnFieldArgs, HigherOrderSignature, HigherOrderUDFImpl, LambdaParametersProgress,
    ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, SimpleScalarUDF, TypeSignature, ValueOrLambda, Volatility, create_udf,
};
use partywall_catalog::EolTable;
use partywall_table::Envelope;

use super::eol::eol;
use super::network::{is_public_cidr, network, port_within, prefix_length};

/// The function that takes the time of the reading as a second argument.
pub(crate) const AGE_WHEN_READ: &str = "age_when_read";

pub(super) type Text = Arc<StringArray>;

pub(super) fn text(value: &ColumnarValue, rows: usize) -> Result<Text> {
    let array = value.to_array(rows)?;
    let array = if array.data_type() == &DataType::Utf8 { array } else { datafusion::arrow::compute::cast(&array, &DataType::Utf8)? };
    match array.as_string_opt::<i32>() {
        Some(array) => Ok(Arc::new(array.clone())),
        None => exec_err!("expected text"),
    }
}

pub(super) fn rows_of(arguments: &[ColumnarValue]) -> usize {
    arguments.iter().find_map(|argument| if let ColumnarValue::Array(array) = argument { Some(array.len()) } else { None }).unwrap_or(1)
}

fn two_texts(name: &'static str, rule: fn(&str, &str) -> Option<bool>) -> ScalarUDF {
    create_udf(
        name,
        vec![DataType::Utf8, DataType::Utf8],
        DataType::Boolean,
        Volatility::Immutable,
        Arc::new(move |arguments| {
            let rows = rows_of(arguments);
            let [left, right] = arguments else { return exec_err!("{name} takes two arguments") };
            let (left, right) = (text(left, rows)?, text(right, rows)?);
            let found: BooleanArray = left.iter().zip(right.iter()).map(|(left, right)| rule(left?, right?)).collect();
            Ok(ColumnarValue::Array(Arc::new(found)))
        }),
    )
}

/// All functions for authors, with the run's date and end-of-life table inside.
pub(crate) fn author_functions(as_of: NaiveDate, table: &Arc<EolTable>) -> Vec<ScalarUDF> {
    vec![
        two_texts("cidr_within", |inner, outer| Some(network(outer)?.contains(&network(inner)?))),
        two_texts("version_lt", |left, right| Some(version(left) < version(right))),
        is_public_cidr(),
        ScalarUDF::new_from_impl(Cardinality { signature: Signature::any(1, Volatility::Immutable) }),
        port_within(),
        prefix_length(),
        age_days(as_of),
        age_when_read(as_of),
        create_udf("as_of", vec![], DataType::Date32, Volatility::Immutable, {
            Arc::new(move |_| Ok(ColumnarValue::Scalar(datafusion::common::ScalarValue::Date32(Some(days(as_of))))))
        }),
        eol(table),
        json_get(),
    ]
}

/// `age_days(time)`: days from a time to the day of the run.
fn age_days(as_of: NaiveDate) -> ScalarUDF {
    let rule = move |arguments: &[ColumnarValue]| {
        let [time] = arguments else { return exec_err!("age_days takes one argument") };
        let time = text(time, rows_of(arguments))?;
        let ages: Int64Array = time.iter().map(|time| age(time?, days(as_of))).collect();
        Ok(ColumnarValue::Array(Arc::new(ages)))
    };
    create_udf("age_days", vec![DataType::Utf8], DataType::Int64, Volatility::Immutable, Arc::new(rule))
}

/// `age_when_read(time, _observed_at)`: days from a time to the day on which its row was read, or to the day of the run if that is earlier
/// or nothing says when the row was read. Predicates name the time alone, and are planned so before the other is handed in.
fn age_when_read(as_of: NaiveDate) -> ScalarUDF {
    let rule = move |arguments: &[ColumnarValue]| {
        let [time, read] = arguments else {
            return exec_err!("in SQL write age_when_read(time, _observed_at)");
        };
        let rows = rows_of(arguments);
        let (time, read) = (text(time, rows)?, read.to_array(rows)?);
        let Some(read) = read.as_primitive_opt::<TimestampMicrosecondType>() else { return exec_err!("`_observed_at` is no time") };
        let day = |read: Option<i64>| read.and_then(DateTime::from_timestamp_micros).map_or(as_of, |read| read.date_naive().min(as_of));
        let ages: Int64Array = time.iter().zip(read).map(|(time, read)| age(time?, days(day(read)))).collect();
        Ok(ColumnarValue::Array(Arc::new(ages)))
    };
    let both = vec![DataType::Utf8, Envelope::ObservedAt.data_type()];
    let signature = TypeSignature::OneOf(vec![TypeSignature::Exact(vec![DataType::Utf8]), TypeSignature::Exact(both)]);
    let signature = Signature::new(signature, Volatility::Immutable);
    ScalarUDF::from(SimpleScalarUDF::new_with_signature(AGE_WHEN_READ, signature, DataType::Int64, Arc::new(rule)))
}

/// Whole days from a time's day to a day since 1970.
fn age(time: &str, until: i32) -> Option<i64> {
    Some(i64::from(until) - i64::from(days(date(time)?)))
}

/// `cardinality(list)`: how many elements the list has, NULL for none. SQL's own meaning; DataFusion's function of this name counts the
/// elements of inner lists instead and looks at each element for that.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Cardinality {
    signature: Signature,
}

impl ScalarUDFImpl for Cardinality {
    fn name(&self) -> &'static str {
        "cardinality"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        match types {
            [DataType::List(_) | DataType::Map(..) | DataType::Null] => Ok(DataType::Int64),
            _ => plan_err!("cardinality takes a list or a map"),
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [list] = args.args.as_slice() else { return exec_err!("cardinality takes one argument") };
        let list = list.to_array(args.number_rows)?;
        let offsets = match (list.as_list_opt::<i32>(), list.as_map_opt()) {
            (Some(list), _) => list.value_offsets(),
            (_, Some(map)) => map.value_offsets(),
            _ => return Ok(ColumnarValue::Scalar(ScalarValue::Int64(None))),
        };
        let counts = offsets.windows(2).map(|pair| match pair {
            [start, end] => i64::from(end - start),
            _ => 0,
        });
        Ok(ColumnarValue::Array(Arc::new(Int64Array::new(counts.collect(), list.nulls().cloned()))))
    }
}

pub(super) fn days(date: NaiveDate) -> i32 {
    i32::try_from((date - NaiveDate::default()).num_days()).unwrap_or(i32::MAX)
}

/// The day that a time begins with, `YYYY-MM-DD`.
fn date(time: &str) -> Option<NaiveDate> {
    let day: &[u8; 10] = time.as_bytes().first_chunk()?;
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *day else { return None };
    let digits =
        |all: &[u8]| all.iter().try_fold(0_u32, |number, digit| digit.is_ascii_digit().then(|| number * 10 + u32::from(digit - b'0')));
    NaiveDate::from_ymd_opt(i32::try_from(digits(&[y1, y2, y3, y4])?).ok()?, digits(&[m1, m2])?, digits(&[d1, d2])?)
}

/// Dotted numbers compare as numbers, anything else as text.
fn version(text: &str) -> Vec<(u64, String)> {
    text.split(['.', '-', '_'])
        .map(|part| {
            let end = part.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(part.len());
            let (number, rest) = part.split_at_checked(end).unwrap_or((part, ""));
            (number.parse().unwrap_or(0), rest.to_owned())
        })
        .collect()
}

/// `json_get(json, '$.a.b')`: the member as text (JSON text if it is no string), NULL if there is none.
fn json_get() -> ScalarUDF {
    let rule = |arguments: &[ColumnarValue]| {
        let [json, path] = arguments else { return exec_err!("json_get takes a JSON text and a path") };
        let rows = rows_of(arguments);
        let (json, path) = (text(json, rows)?, text(path, rows)?);
        let found: StringArray = json.iter().zip(path.iter()).map(|(json, path)| json_member(json?, path?)).collect();
        Ok(ColumnarValue::Array(Arc::new(found)))
    };
    create_udf("json_get", vec![DataType::Utf8, DataType::Utf8], DataType::Utf8, Volatility::Immutable, Arc::new(rule))
}

fn json_member(json: &str, path: &str) -> Option<String> {
    let parsed: serde_json::Value = serde_json::from_str(json).ok()?;
    let mut here = &parsed;
    for name in path.trim_start_matches('$').split('.').filter(|name| !name.is_empty()) {
        here = match here {
            serde_json::Value::Array(items) => items.get(name.parse::<usize>().ok()?)?,
            other => other.get(name)?,
        };
    }
    match here {
        serde_json::Value::Null => None,
        serde_json::Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// `all_match(list, r -> p)`: only parsed here; the rewriting turns it into `not any_match(list, r -> not p)`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct AllMatch {
    signature: HigherOrderSignature,
}

impl Default for AllMatch {
    fn default() -> Self {
        Self { signature: HigherOrderSignature::exact(vec![ValueOrLambda::Value(()), ValueOrLambda::Lambda(())], Volatility::Immutable) }
    }
}

impl HigherOrderUDFImpl for AllMatch {
    fn name(&self) -> &'static str {
        "all_match"
    }

    fn signature(&self) -> &HigherOrderSignature {
        &self.signature
    }

    fn coerce_value_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        Ok(types.to_vec())
    }

    fn lambda_parameters(&self, _: usize, fields: &[ValueOrLambda<FieldRef, Option<FieldRef>>]) -> Result<LambdaParametersProgress> {
        match fields.first() {
            Some(ValueOrLambda::Value(list)) => match list.data_type() {
                DataType::List(field) => Ok(LambdaParametersProgress::Complete(vec![vec![field.clone()]])),
                other => plan_err!("all_match expects a list, not {other}"),
            },
            _ => plan_err!("all_match expects a list first"),
        }
    }

    fn return_field_from_args(&self, _: HigherOrderReturnFieldArgs) -> Result<FieldRef> {
        Ok(Arc::new(Field::new("", DataType::Boolean, true)))
    }

    fn invoke_with_args(&self, _: HigherOrderFunctionArgs) -> Result<ColumnarValue> {
        exec_err!("all_match is for predicates; in SQL write not any_match(list, r -> not …)")
    }
}
