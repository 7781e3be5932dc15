//! From a resource schema of the CloudFormation registry to the columns of a table.
//!
//! A registry schema says what a valid template is; a table needs to know one type per property. Where the schema leaves a choice between
//! shapes, the column holds JSON text: nothing is lost and every input fits.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use serde::Serialize;
use serde_json::Value;

/// Most path elements a column may have. Deeper members stay in the JSON text of their parent: the charts of QuickSight alone would
/// give tens of thousands of leaves that no check reads.
const MAX_DEPTH: usize = 8;

/// One resource type, as a line of the reference file.
#[derive(Debug, Serialize)]
pub(crate) struct Line {
    /// Name in the registry: `AWS::S3::Bucket`.
    #[serde(rename = "type")]
    pub(crate) name: String,
    /// Paths of the primary identifier, in the registry's order; empty for the types of the serverless transform that have none.
    pub(crate) id: Vec<String>,
    /// Paths that AWS sets and a template cannot.
    pub(crate) ro: BTreeSet<String>,
    /// Paths that no AWS API gives back.
    pub(crate) wo: BTreeSet<String>,
    /// Property that holds the tags, if the type has one.
    pub(crate) tags: Option<String>,
    /// Property name to column.
    pub(crate) columns: BTreeMap<String, Column>,
}

/// Type of one column: `"s"`, `["s"]` or `{"Name":"s"}` in JSON.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Column {
    Leaf(Leaf),
    List([Box<Column>; 1]),
    Struct(BTreeMap<String, Column>),
}

/// Column without members.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) enum Leaf {
    #[serde(rename = "s")]
    Text,
    #[serde(rename = "b")]
    Boolean,
    #[serde(rename = "i")]
    Integer,
    #[serde(rename = "n")]
    Number,
    #[serde(rename = "j")]
    Json,
    #[serde(rename = "m")]
    Map,
}

const JSON: Column = Column::Leaf(Leaf::Json);
const MAP: Column = Column::Leaf(Leaf::Map);
const TEXT: Column = Column::Leaf(Leaf::Text);

impl Column {
    /// Number of leaves below and including this column.
    pub(crate) fn leaves(&self) -> usize {
        match self {
            Self::Leaf(_) => 1,
            Self::List([item]) => item.leaves(),
            Self::Struct(members) => members.values().map(Self::leaves).sum(),
        }
    }

    /// The one column that can hold what either of the two holds.
    fn merge(self, other: Self) -> Self {
        match (self, other) {
            (a, b) if a == b => a,
            (Self::Struct(mut a), Self::Struct(b)) => {
                for (name, column) in b {
                    let merged = match a.remove(&name) {
                        Some(present) => present.merge(column),
                        None => column,
                    };
                    a.insert(name, merged);
                }
                Self::Struct(a)
            }
            (Self::List([a]), Self::List([b])) => Self::List([Box::new(a.merge(*b))]),
            (Self::Leaf(a), Self::Leaf(b)) => Self::Leaf(a.merge(b)),
            _ => JSON,
        }
    }
}

impl Leaf {
    fn of_type(name: &str) -> Option<Self> {
        match name {
            "string" => Some(Self::Text),
            "boolean" => Some(Self::Boolean),
            "integer" => Some(Self::Integer),
            "number" => Some(Self::Number),
            _ => None,
        }
    }

    fn of_value(value: &Value) -> Self {
        match value {
            Value::Bool(_) => Self::Boolean,
            Value::Number(number) if number.is_i64() || number.is_u64() => Self::Integer,
            Value::Number(_) => Self::Number,
            Value::String(_) => Self::Text,
            Value::Null | Value::Array(_) | Value::Object(_) => Self::Json,
        }
    }

    fn merge(self, other: Self) -> Self {
        match (self, other) {
            (a, b) if a == b => a,
            (Self::Json | Self::Map, _) | (_, Self::Json | Self::Map) => Self::Json,
            (Self::Integer, Self::Number) | (Self::Number, Self::Integer) => Self::Number,
            _ => Self::Text,
        }
    }
}

/// Converts one registry schema, as its JSON document.
///
/// # Errors
/// The document has no `typeName` or no `properties`, or a `$ref` leads nowhere.
pub(crate) fn convert(schema: &Value) -> Result<Line> {
    let name = schema.get("typeName").and_then(Value::as_str).context("schema without `typeName`")?;
    let properties =
        schema.get("properties").and_then(Value::as_object).with_context(|| format!("schema of `{name}` without `properties`"))?;
    let mut converter = Converter { root: schema, open: Vec::new(), serverless: name.starts_with("AWS::Serverless::") };
    let mut columns = BTreeMap::new();
    for (property, node) in properties {
        let column = converter.column(node, 1).with_context(|| format!("property `{property}` of `{name}`"))?;
        columns.insert(property.clone(), column.unwrap_or(JSON));
    }
    let tags = schema
        .pointer("/tagging/tagProperty")
        .and_then(Value::as_str)
        .and_then(|pointer| pointer.rsplit('/').next())
        .into_iter()
        .chain(["Tags"])
        .find(|property| columns.contains_key(*property))
        .map(str::to_owned);
    // Some types declare their tags only as an object of any shape; tags are text by nature.
    if let Some(column) = tags.as_ref().and_then(|property| columns.get_mut(property)).filter(|column| **column == JSON) {
        *column = MAP;
    }
    Ok(Line {
        name: name.to_owned(),
        id: paths(schema, "primaryIdentifier").collect(),
        ro: paths(schema, "readOnlyProperties").collect(),
        wo: paths(schema, "writeOnlyProperties").collect(),
        tags,
        columns,
    })
}

/// The JSON pointers listed under `key`, as property paths.
fn paths<'a>(schema: &'a Value, key: &str) -> impl Iterator<Item = String> + use<'a> {
    schema.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(property_path)
}

/// `/properties/Rules/*/Id` → `Rules[].Id`. Some schemas spell list items `/items/`, nested members `/properties/`.
fn property_path(pointer: &str) -> String {
    let mut path = String::new();
    for step in pointer.split('/') {
        match step {
            "" | "properties" => {}
            "*" | "items" => path.push_str("[]"),
            name => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(&name.replace("~1", "/").replace("~0", "~"));
            }
        }
    }
    path
}

struct Converter<'a> {
    root: &'a Value,
    /// References being followed, to notice recursion.
    open: Vec<&'a str>,
    /// The schemas of the serverless transform write "or an intrinsic function" as a branch `{"type":"object"}`; the registry's do not.
    serverless: bool,
}

impl<'a> Converter<'a> {
    /// Column of a schema node whose own path has `depth` elements; `None` if the node says nothing about the type (`{"required": […]}`).
    fn column(&mut self, node: &'a Value, depth: usize) -> Result<Option<Column>> {
        if let Some(reference) = node.get("$ref").and_then(Value::as_str) {
            return self.referenced(reference, depth);
        }
        let types: Vec<&str> = match node.get("type") {
            Some(Value::String(one)) => vec![one.as_str()],
            Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).filter(|name| *name != "null").collect(),
            _ => Vec::new(),
        };
        match types.as_slice() {
            [] if node.get("items").is_some() => return self.list(node, depth).map(Some),
            ["array"] => return self.list(node, depth).map(Some),
            [] | ["object"] => {}
            many => {
                let leaves = many.iter().map(|name| Leaf::of_type(name).unwrap_or(Leaf::Json));
                return Ok(leaves.reduce(Leaf::merge).map(Column::Leaf));
            }
        }
        let mut column = self.members(node, depth)?;
        for branch in ["oneOf", "anyOf", "allOf"].iter().filter_map(|key| node.get(key)?.as_array()).flatten() {
            // Such a branch narrows which objects are valid; it does not widen what the property can hold.
            if is_bare_object(branch) && (self.serverless || branch.get("required").is_some()) {
                continue;
            }
            column = match (column, self.column(branch, depth)?) {
                (Some(a), Some(b)) => Some(a.merge(b)),
                (a, b) => a.or(b),
            };
        }
        let column = column.or_else(|| if types.is_empty() { inferred(node) } else { Some(JSON) });
        Ok(column)
    }

    fn referenced(&mut self, reference: &'a str, depth: usize) -> Result<Option<Column>> {
        if self.open.contains(&reference) {
            return Ok(Some(JSON));
        }
        let pointer = reference.strip_prefix('#').with_context(|| format!("`$ref` to another document: `{reference}`"))?;
        let target = self.root.pointer(pointer).with_context(|| format!("`$ref` to nothing: `{reference}`"))?;
        self.open.push(reference);
        let column = self.column(target, depth);
        self.open.pop();
        column
    }

    fn list(&mut self, node: &'a Value, depth: usize) -> Result<Column> {
        let item = match node.get("items") {
            Some(items) => self.column(items, depth)?,
            None => None,
        };
        Ok(Column::List([Box::new(item.unwrap_or(JSON))]))
    }

    /// Column of the members that an object schema declares itself, apart from its branches.
    fn members(&mut self, node: &'a Value, depth: usize) -> Result<Option<Column>> {
        if let Some(properties) = node.get("properties").and_then(Value::as_object).filter(|map| !map.is_empty()) {
            if depth >= MAX_DEPTH {
                return Ok(Some(JSON));
            }
            let mut members = BTreeMap::new();
            for (name, member) in properties {
                let column = self.column(member, depth + 1)?;
                members.insert(name.clone(), column.unwrap_or(JSON));
            }
            return Ok(Some(Column::Struct(members)));
        }
        let patterns = node.get("patternProperties").and_then(Value::as_object).into_iter().flat_map(serde_json::Map::values);
        let values: Vec<&Value> = patterns.chain(node.get("additionalProperties").filter(|value| value.is_object())).collect();
        if values.is_empty() {
            return Ok(None);
        }
        for value in values {
            if !is_loose_text(value) && self.column(value, depth + 1)? != Some(TEXT) {
                return Ok(Some(JSON));
            }
        }
        Ok(Some(MAP))
    }
}

/// Objects without a word on their members.
fn is_bare_object(node: &Value) -> bool {
    node.get("type").and_then(Value::as_str) == Some("object")
        && ["properties", "patternProperties", "additionalProperties", "oneOf", "anyOf", "allOf"]
            .iter()
            .all(|key| node.get(key).is_none_or(|value| !value.is_object() && !value.is_array()))
}

/// Values of a map that may be text or any other scalar, such as a Lambda function's environment: AWS keeps them as text.
fn is_loose_text(node: &Value) -> bool {
    let types: Vec<&str> = node.get("type").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    types.contains(&"string") && ["boolean", "integer", "number"].iter().any(|scalar| types.contains(scalar))
}

/// Type of a node that declares none, from its other keywords.
fn inferred(node: &Value) -> Option<Column> {
    if let Some(values) = node.get("enum").and_then(Value::as_array) {
        return values.iter().map(Leaf::of_value).reduce(Leaf::merge).map(Column::Leaf);
    }
    if let Some(value) = node.get("const") {
        return Some(Column::Leaf(Leaf::of_value(value)));
    }
    if node.get("format").and_then(Value::as_str) == Some("json") {
        return Some(JSON);
    }
    ["format", "pattern", "minLength", "maxLength"].iter().any(|key| node.get(key).is_some()).then_some(TEXT)
}

#[cfg(test)]
mod tests;
