//! The functions that authors of predicates may call, beside SQL's own (`ARCHITECTURE.md` §5).

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use chrono::NaiveDate;
use datafusion::arrow::array::{Array, AsArray, BooleanArray, Date32Array, Int64Array, StringArray};
use datafusion::arrow::buffer::{BooleanBuffer, NullBuffer};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Int64Type};
use datafusion::common::{Result, ScalarValue, exec_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, HigherOrderFunctionArgs, HigherOrderReturnFieldArgs, HigherOrderSignature, HigherOrderUDFImpl, LambdaParametersProgress,
    ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, ValueOrLambda, Volatility, create_udf,
};
use ipnet::IpNet;
use partywall_catalog::EolTable;

type Text = Arc<StringArray>;

fn text(value: &ColumnarValue, rows: usize) -> Result<Text> {
    let array = value.to_array(rows)?;
    let array = if array.data_type() == &DataType::Utf8 { array } else { datafusion::arrow::compute::cast(&array, &DataType::Utf8)? };
    match array.as_string_opt::<i32>() {
        Some(array) => Ok(Arc::new(array.clone())),
        None => exec_err!("expected text"),
    }
}

fn rows_of(arguments: &[ColumnarValue]) -> usize {
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
pub(crate) fn author_functions(as_of: NaiveDate, eol: &Arc<EolTable>) -> Vec<ScalarUDF> {
    vec![
        two_texts("cidr_within", |inner, outer| Some(network(outer)?.contains(&network(inner)?))),
        two_texts("version_lt", |left, right| Some(version(left) < version(right))),
        create_udf(
            "is_public_cidr",
            vec![DataType::Utf8],
            DataType::Boolean,
            Volatility::Immutable,
            Arc::new(|arguments| {
                let [cidr] = arguments else { return exec_err!("is_public_cidr takes one argument") };
                let cidr = text(cidr, rows_of(arguments))?;
                let found: BooleanArray = cidr.iter().map(|cidr| cidr.and_then(|cidr| Some(is_public(network(cidr)?)))).collect();
                Ok(ColumnarValue::Array(Arc::new(found)))
            }),
        ),
        ScalarUDF::new_from_impl(Cardinality { signature: Signature::any(1, Volatility::Immutable) }),
        ScalarUDF::new_from_impl(PortWithin { signature: Signature::variadic(vec![DataType::Int64], Volatility::Immutable) }),
        create_udf(
            "prefix_length",
            vec![DataType::Utf8],
            DataType::Int64,
            Volatility::Immutable,
            Arc::new(|arguments| {
                let [cidr] = arguments else { return exec_err!("prefix_length takes one argument") };
                let cidr = text(cidr, rows_of(arguments))?;
                let found: Int64Array = cidr.iter().map(|cidr| prefix_length(cidr?.as_bytes())).collect();
                Ok(ColumnarValue::Array(Arc::new(found)))
            }),
        ),
        create_udf(
            "age_days",
            vec![DataType::Utf8],
            DataType::Int64,
            Volatility::Immutable,
            Arc::new(move |arguments| {
                let [time] = arguments else { return exec_err!("age_days takes one argument") };
                let time = text(time, rows_of(arguments))?;
                let days: Int64Array = time.iter().map(|time| Some((as_of - date(time?)?).num_days())).collect();
                Ok(ColumnarValue::Array(Arc::new(days)))
            }),
        ),
        create_udf("as_of", vec![], DataType::Date32, Volatility::Immutable, {
            Arc::new(move |_| Ok(ColumnarValue::Scalar(datafusion::common::ScalarValue::Date32(Some(days(as_of))))))
        }),
        create_udf("eol", vec![DataType::Utf8, DataType::Utf8], DataType::Date32, Volatility::Immutable, {
            let eol = eol.clone();
            Arc::new(move |arguments| {
                let rows = rows_of(arguments);
                let [table, version] = arguments else { return exec_err!("eol takes a table and a version") };
                let (table, version) = (text(table, rows)?, text(version, rows)?);
                // A batch has few versions, each many times.
                let mut known: HashMap<(&str, &str), Option<i32>> = HashMap::new();
                let mut find = |table, version| *known.entry((table, version)).or_insert_with(|| Some(days(eol.date(table, version)?)));
                let dates: Date32Array = table.iter().zip(version.iter()).map(|(table, version)| find(table?, version?)).collect();
                Ok(ColumnarValue::Array(Arc::new(dates)))
            })
        }),
        ScalarUDF::new_from_impl(JsonGet { signature: Signature::exact(vec![DataType::Utf8, DataType::Utf8], Volatility::Immutable) }),
    ]
}

/// The number after the slash of a CIDR block.
fn prefix_length(cidr: &[u8]) -> Option<i64> {
    let slash = cidr.iter().rposition(|byte| *byte == b'/')?;
    number(cidr.get(slash + 1..).filter(|digits| (1..=3).contains(&digits.len()))?)
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + i64::from(digit - b'0')))
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

/// `port_within(from, to, port, …)`: one of the ports lies in the range, both ends included. False where an end is absent.
#[derive(Debug, PartialEq, Eq, Hash)]
struct PortWithin {
    signature: Signature,
}

impl ScalarUDFImpl for PortWithin {
    fn name(&self) -> &'static str {
        "port_within"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [from, to, ports @ ..] = args.args.as_slice() else { return exec_err!("port_within takes a range and ports") };
        let mut wanted = Vec::with_capacity(ports.len());
        for port in ports {
            let ColumnarValue::Scalar(ScalarValue::Int64(port)) = port else { return exec_err!("port_within takes literal ports") };
            wanted.extend(*port);
        }
        let (from, to) = (from.to_array(args.number_rows)?, to.to_array(args.number_rows)?);
        let (from, to) = (from.as_primitive::<Int64Type>(), to.as_primitive::<Int64Type>());
        let within = |(from, to): (&i64, &i64)| wanted.iter().any(|port| from <= port && port <= to);
        let found: BooleanBuffer = from.values().iter().zip(to.values()).map(within).collect();
        let nulls = NullBuffer::union(from.nulls(), to.nulls());
        Ok(ColumnarValue::Array(Arc::new(BooleanArray::new(found, nulls))))
    }
}

/// `eol_unlisted(table, version)`: a version is given and the table does not list it, so nobody can say.
pub(crate) fn eol_unlisted(eol: &Arc<EolTable>) -> ScalarUDF {
    let eol = eol.clone();
    create_udf(
        "eol_unlisted",
        vec![DataType::Utf8, DataType::Utf8],
        DataType::Boolean,
        Volatility::Immutable,
        Arc::new(move |arguments| {
            let rows = rows_of(arguments);
            let [table, version] = arguments else { return exec_err!("eol_unlisted takes a table and a version") };
            let (table, version) = (text(table, rows)?, text(version, rows)?);
            let mut known: HashMap<(&str, &str), bool> = HashMap::new();
            let mut is_unlisted = |table, version| *known.entry((table, version)).or_insert_with(|| eol.date(table, version).is_none());
            let found: BooleanArray = table
                .iter()
                .zip(version.iter())
                .map(|(table, version)| Some(version.is_some_and(|version| is_unlisted(table.unwrap_or_default(), version))))
                .collect();
            Ok(ColumnarValue::Array(Arc::new(found)))
        }),
    )
}

fn days(date: NaiveDate) -> i32 {
    i32::try_from((date - NaiveDate::default()).num_days()).unwrap_or(i32::MAX)
}

fn date(time: &str) -> Option<NaiveDate> {
    time.get(..10)?.parse().ok()
}

fn network(cidr: &str) -> Option<IpNet> {
    cidr.parse::<IpNet>().ok().or_else(|| cidr.parse::<IpAddr>().ok().map(IpNet::from))
}

/// Ranges that no router on the internet forwards: IANA's special-purpose registries (RFC 6890), and the carriers' shared range (RFC 6598).
const PRIVATE: [&str; 10] = [
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "fc00::/7",
    "fe80::/10",
    "::1/128",
    "192.0.2.0/24",
];

fn is_public(network: IpNet) -> bool {
    !PRIVATE.iter().filter_map(|range| range.parse::<IpNet>().ok()).any(|range| range.contains(&network))
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
#[derive(Debug, PartialEq, Eq, Hash)]
struct JsonGet {
    signature: Signature,
}

impl ScalarUDFImpl for JsonGet {
    fn name(&self) -> &'static str {
        "json_get"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [json, path] = args.args.as_slice() else { return exec_err!("json_get takes a JSON text and a path") };
        let (json, path) = (text(json, args.number_rows)?, text(path, args.number_rows)?);
        let found: StringArray = json.iter().zip(path.iter()).map(|(json, path)| json_member(json?, path?)).collect();
        Ok(ColumnarValue::Array(Arc::new(found)))
    }
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
