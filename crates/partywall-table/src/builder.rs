use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Float64Builder, Int64Builder, ListArray, ListBuilder, MapBuilder, StringBuilder, StructArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{DataType, Field};
use partywall_catalog::Column;
use partywall_model::{Cause, CauseKind, Key, Value};

use crate::batch::RowGaps;
use crate::json::canonical_json;
use crate::schema::{ELEMENT, arrow_type, fields};

/// Collects, while one row is appended, where values are unknown and why.
///
/// `path` is the full path for people (`List[2].Member`); `scope` is where the current row or list element begins in it, so that
/// the rest is the path that goes into the nearest `_unknown`.
#[derive(Debug, Default)]
pub(crate) struct Sink {
    path: String,
    lengths: Vec<usize>,
    scope: usize,
    unknown: Vec<String>,
    gaps: RowGaps,
}

impl Sink {
    pub(crate) fn begin_row(&mut self) {
        self.path.clear();
        self.lengths.clear();
        self.scope = 0;
        self.unknown.clear();
    }

    pub(crate) fn enter(&mut self, name: &str) {
        self.lengths.push(self.path.len());
        if self.path.len() > self.scope {
            self.path.push('.');
        }
        self.path.push_str(name);
    }

    pub(crate) fn leave(&mut self) {
        if let Some(length) = self.lengths.pop() {
            self.path.truncate(length);
        }
    }

    pub(crate) fn unknown(&mut self, cause: &Arc<Cause>) {
        let relative = self.path.get(self.scope..).unwrap_or_default().to_owned();
        if !self.unknown.contains(&relative) {
            self.unknown.push(relative);
        }
        self.gaps.push((Arc::from(self.path.as_str()), cause.clone()));
    }

    pub(crate) fn unknown_at(&mut self, path: &str, cause: &Arc<Cause>) {
        self.enter(path);
        self.unknown(cause);
        self.leave();
    }

    fn wrong_type(&mut self, wanted: &str) {
        let cause = Arc::new(Cause::new(CauseKind::WrongType, format!("`{}` is no {wanted}", self.path)));
        self.unknown(&cause);
    }

    pub(crate) fn end_row(&mut self, list: &mut ListBuilder<StringBuilder>) -> RowGaps {
        self.flush_unknown(list);
        std::mem::take(&mut self.gaps)
    }

    fn flush_unknown(&mut self, list: &mut ListBuilder<StringBuilder>) {
        self.unknown.sort();
        for path in self.unknown.drain(..) {
            list.values().append_value(path);
        }
        list.append(true);
    }
}

/// Builds one column, nested ones included.
#[derive(Debug)]
pub(crate) enum Builder {
    Str(StringBuilder),
    Bool(BooleanBuilder),
    Int(Int64Builder),
    Num(Float64Builder),
    Json(StringBuilder),
    Map(MapBuilder<StringBuilder, StringBuilder>),
    List(ListColumn),
    Struct(StructColumn),
}

#[derive(Debug)]
pub(crate) struct ListColumn {
    element: Box<Builder>,
    element_type: DataType,
    offsets: Vec<i32>,
    valid: Vec<bool>,
    length: usize,
}

#[derive(Debug)]
pub(crate) struct StructColumn {
    members: Vec<(Key, Builder)>,
    schema: arrow::datatypes::Fields,
    valid: Vec<bool>,
    /// Present in list elements only.
    unknown: Option<ListBuilder<StringBuilder>>,
}

impl Builder {
    pub(crate) fn new(column: &Column) -> Self {
        Self::with_scope(column, false)
    }

    fn with_scope(column: &Column, element: bool) -> Self {
        match column {
            Column::Str => Self::Str(StringBuilder::new()),
            Column::Bool => Self::Bool(BooleanBuilder::new()),
            Column::Int => Self::Int(Int64Builder::new()),
            Column::Num => Self::Num(Float64Builder::new()),
            Column::Json => Self::Json(StringBuilder::new()),
            Column::Map => Self::Map(MapBuilder::new(None, StringBuilder::new(), StringBuilder::new())),
            Column::List(inner) => {
                let element_type = match arrow_type(column) {
                    DataType::List(field) => field.data_type().clone(),
                    other => other,
                };
                Self::List(ListColumn {
                    element: Box::new(Self::with_scope(inner, true)),
                    element_type,
                    offsets: vec![0],
                    valid: Vec::new(),
                    length: 0,
                })
            }
            Column::Struct(members) => Self::Struct(StructColumn {
                members: members.iter().map(|(name, column)| (name.clone(), Self::new(column))).collect(),
                schema: fields(members, element),
                valid: Vec::new(),
                unknown: element.then(|| ListBuilder::new(StringBuilder::new())),
            }),
        }
    }

    /// Appends one value; absent and unknown both become NULL, unknown is told to the sink.
    pub(crate) fn append(&mut self, value: Option<&Value>, sink: &mut Sink) {
        let value = match value {
            None | Some(Value::Null) => return self.append_null(),
            Some(Value::Unknown(cause)) => {
                sink.unknown(cause);
                return self.append_null();
            }
            Some(value) => value,
        };
        let fits = match self {
            Self::Str(builder) => text(value).map(|text| builder.append_value(text)).is_some(),
            Self::Bool(builder) => boolean(value).map(|value| builder.append_value(value)).is_some(),
            Self::Int(builder) => integer(value).map(|value| builder.append_value(value)).is_some(),
            Self::Num(builder) => number(value).map(|value| builder.append_value(value)).is_some(),
            Self::Json(builder) => {
                if let Some(cause) = value.first_unknown() {
                    let cause = cause.clone();
                    sink.unknown(&cause);
                    builder.append_null();
                } else {
                    builder.append_value(json_text(value));
                }
                true
            }
            Self::Map(builder) => append_map(builder, value, sink),
            Self::List(column) => {
                column.append(value, sink);
                true
            }
            Self::Struct(column) => match value {
                Value::Map(_) => {
                    column.append(value, sink);
                    true
                }
                _ => false,
            },
        };
        if !fits {
            sink.wrong_type(self.noun());
            self.append_null();
        }
    }

    fn append_null(&mut self) {
        match self {
            Self::Str(builder) | Self::Json(builder) => builder.append_null(),
            Self::Bool(builder) => builder.append_null(),
            Self::Int(builder) => builder.append_null(),
            Self::Num(builder) => builder.append_null(),
            Self::Map(builder) => {
                let _ = builder.append(false);
            }
            Self::List(column) => {
                column.offsets.push(i32::try_from(column.length).unwrap_or(i32::MAX));
                column.valid.push(false);
            }
            Self::Struct(column) => {
                for (_, member) in &mut column.members {
                    member.append_null();
                }
                if let Some(unknown) = &mut column.unknown {
                    unknown.append(true);
                }
                column.valid.push(false);
            }
        }
    }

    fn noun(&self) -> &'static str {
        match self {
            Self::Str(_) => "text",
            Self::Bool(_) => "boolean",
            Self::Int(_) => "whole number",
            Self::Num(_) => "number",
            Self::Json(_) => "JSON",
            Self::Map(_) => "map of text",
            Self::List(_) => "list",
            Self::Struct(_) => "object",
        }
    }

    pub(crate) fn finish(self) -> ArrayRef {
        match self {
            Self::Str(mut builder) | Self::Json(mut builder) => Arc::new(builder.finish()),
            Self::Bool(mut builder) => Arc::new(builder.finish()),
            Self::Int(mut builder) => Arc::new(builder.finish()),
            Self::Num(mut builder) => Arc::new(builder.finish()),
            Self::Map(mut builder) => Arc::new(builder.finish()),
            Self::List(column) => {
                let field = Arc::new(Field::new(ELEMENT, column.element_type, true));
                let offsets = OffsetBuffer::new(ScalarBuffer::from(column.offsets));
                Arc::new(ListArray::new(field, offsets, column.element.finish(), Some(NullBuffer::from(column.valid))))
            }
            Self::Struct(column) => {
                let length = column.valid.len();
                let mut arrays: Vec<ArrayRef> = column.members.into_iter().map(|(_, member)| member.finish()).collect();
                if let Some(mut unknown) = column.unknown {
                    arrays.push(Arc::new(unknown.finish()));
                }
                let nulls = Some(NullBuffer::from(column.valid));
                match StructArray::try_new_with_length(column.schema.clone(), arrays, nulls, length) {
                    Ok(array) => Arc::new(array),
                    Err(_) => arrow::array::new_null_array(&DataType::Struct(column.schema), length),
                }
            }
        }
    }
}

impl ListColumn {
    /// A value that is no list counts as a list of one, as CloudFormation accepts it. Unknown elements make the list
    /// incomplete: they are left out and the list's path is told to the sink.
    fn append(&mut self, value: &Value, sink: &mut Sink) {
        let items = match value {
            Value::List(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        };
        let mut incomplete = None;
        for (index, item) in items.iter().enumerate() {
            match item {
                Value::Unknown(cause) => {
                    incomplete.get_or_insert_with(|| cause.clone());
                }
                Value::Null => {}
                item => {
                    let outer_scope = sink.scope;
                    let outer_unknown = std::mem::take(&mut sink.unknown);
                    let length = sink.path.len();
                    sink.path.push('[');
                    sink.path.push_str(&index.to_string());
                    sink.path.push(']');
                    let is_struct = matches!(*self.element, Builder::Struct(_));
                    if is_struct {
                        // The element's own paths begin after `[index].`.
                        sink.path.push('.');
                        sink.scope = sink.path.len();
                    }
                    self.element.append(Some(item), sink);
                    sink.path.truncate(length);
                    sink.scope = outer_scope;
                    let inner = std::mem::replace(&mut sink.unknown, outer_unknown);
                    if !inner.is_empty() {
                        // What an element could not keep to itself (a leaf element, or one of a wrong shape) makes the list incomplete.
                        let cause = sink.gaps.last().map(|(_, cause)| cause.clone());
                        incomplete = incomplete.or(cause);
                    }
                    self.length += 1;
                }
            }
        }
        if let Some(cause) = incomplete {
            sink.unknown(&cause);
        }
        self.offsets.push(i32::try_from(self.length).unwrap_or(i32::MAX));
        self.valid.push(true);
    }
}

impl StructColumn {
    fn append(&mut self, value: &Value, sink: &mut Sink) {
        for (name, member) in &mut self.members {
            sink.enter(name);
            member.append(value.get(name), sink);
            sink.leave();
        }
        if let Some(unknown) = &mut self.unknown {
            sink.flush_unknown(unknown);
        }
        self.valid.push(true);
    }
}

fn append_map(builder: &mut MapBuilder<StringBuilder, StringBuilder>, value: &Value, sink: &mut Sink) -> bool {
    let Value::Map(members) = value else { return false };
    let mut sorted: Vec<_> = members.iter().collect();
    sorted.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut incomplete = None;
    for (key, value) in sorted {
        match value.first_unknown() {
            Some(cause) => incomplete = Some(cause.clone()),
            None => {
                builder.keys().append_value(key);
                match text(value) {
                    Some(text) => builder.values().append_value(text),
                    None => builder.values().append_value(json_text(value)),
                }
            }
        }
    }
    let _ = builder.append(true);
    if let Some(cause) = incomplete {
        sink.unknown(&cause);
    }
    true
}

fn text(value: &Value) -> Option<std::borrow::Cow<'_, str>> {
    match value {
        Value::Str(text) => Some((&**text).into()),
        Value::Bool(value) => Some(if *value { "true" } else { "false" }.into()),
        Value::Int(number) => Some(number.to_string().into()),
        Value::Float(number) => Some(number.to_string().into()),
        _ => None,
    }
}

fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::Str(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::Str(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Int(number) => Some(*number),
        Value::Float(number) if number.fract() == 0.0 && number.abs() < 9e15 => format!("{number:.0}").parse().ok(),
        Value::Str(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Float(number) => Some(*number),
        Value::Int(number) => Some(*number as f64),
        Value::Str(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    }
}

/// A text that is itself JSON (policies in API answers are) becomes that JSON; anything else becomes canonical JSON.
fn json_text(value: &Value) -> String {
    if let Value::Str(text) = value
        && text.trim_start().starts_with(['{', '['])
        && let Ok(parsed) = serde_json::from_str::<serde_json::Value>(text)
    {
        return parsed.to_string();
    }
    canonical_json(value).unwrap_or_default()
}
