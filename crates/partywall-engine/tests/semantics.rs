//! The rules of the predicate language (`ARCHITECTURE.md` §5), one line each: a predicate, a row, an answer.
//!
//! Rows are JSON; the text `?` is a value that could not be read, as an element of a list too: the list may hold more.

mod table;

use std::sync::Arc;

use libtest_mimic::{Failed, Trial};
use partywall_catalog::{Column, ResourceType, Schema};
use partywall_model::{Cause, CauseKind, Resource, Source, SourceKind, Value};
use partywall_table::{build_batch, project};
use serde_json::Value as Json;

use crate::support::{catalog, engine, today};

/// The columns of the made-up type that the rows are of.
const COLUMNS: &str = r#"{
    "Flag": "b", "Name": "s", "Size": "i", "Rate": "n", "Created": "s", "Names": ["s"], "Doc": "j",
    "Opt": { "On": "b", "Level": "s", "Deep": { "On": "b" } },
    "Rules": [ { "Port": "i", "To": "i", "Cidr": "s", "Open": "b", "Kinds": ["s"], "Opt": { "On": "b" }, "Inner": [ { "Key": "s", "Value": "i" } ] } ],
    "Others": [ { "Key": "s" } ],
    "Tags": [ { "Key": "s", "Value": "s" } ]
}"#;

/// What a predicate says of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    True,
    False,
    Unknown,
}

/// Predicate, row, answer.
type Line = (&'static str, &'static str, Answer);

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for (group, lines) in table::GROUPS {
        trials.push(Trial::test(format!("semantics/{group}"), move || every(lines, &[])));
    }
    trials.push(Trial::test("semantics/blind paths", || every(table::BLIND, &["Opt.Level", "Rules[].Cidr"])));
    trials.push(Trial::test("semantics/neighbours change nothing", among_all));
    trials.push(Trial::test("semantics/refused", refused));
    trials
}

fn made_up() -> ResourceType {
    let column: Column = serde_json::from_str(COLUMNS).expect("the columns parse");
    let Column::Struct(schema) = column else { panic!("the columns are members") };
    let mut made_up = ResourceType::clone(&catalog().resource_type("AWS::S3::Bucket").expect("buckets are known"));
    made_up.name = Arc::from("Partywall::Test::Thing");
    made_up.registry = None;
    made_up.schema = Arc::new(schema);
    made_up
}

fn every(lines: &[Line], blind: &[&str]) -> Result<(), Failed> {
    let blind: Vec<Arc<str>> = blind.iter().map(|path| Arc::from(*path)).collect();
    let mut wrong = Vec::new();
    for (predicate, row, want) in lines {
        match answers(predicate, &[row], &blind).and_then(|got| got.first().copied().ok_or_else(|| "no answer".to_owned())) {
            Ok(got) if got == *want => {}
            Ok(got) => wrong.push(format!("{predicate}  on  {row}: wanted {want:?}, got {got:?}")),
            Err(error) => wrong.push(format!("{predicate}  on  {row}: {error}")),
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

/// Every predicate asked of all rows of the table in one batch, among which its own must answer as they do alone.
fn among_all() -> Result<(), Failed> {
    let lines = || table::GROUPS.iter().flat_map(|(_, lines)| lines.iter());
    let mut rows: Vec<&str> = lines().map(|(_, row, _)| *row).collect();
    rows.sort_unstable();
    rows.dedup();
    let mut predicates: Vec<&str> = lines().map(|(predicate, ..)| *predicate).collect();
    predicates.sort_unstable();
    predicates.dedup();
    for predicate in predicates {
        let got = answers(predicate, &rows, &[])?;
        for (_, row, want) in lines().filter(|(same, ..)| *same == predicate) {
            let place = rows.iter().position(|known| known == row).ok_or("the row is there")?;
            if got.get(place) != Some(want) {
                return Err(format!("{predicate}  on  {row}, among others: wanted {want:?}, got {:?}", got.get(place)).into());
            }
        }
    }
    Ok(())
}

fn answers(predicate: &str, rows: &[&str], blind: &[Arc<str>]) -> Result<Vec<Answer>, String> {
    let made_up = Arc::new(made_up());
    let engine = engine(today());
    let predicate = engine.predicate(&made_up, predicate).map_err(|error| error.to_string())?;
    let columns: Schema = project(&made_up.schema, &predicate.reads().paths);
    let envelope: Vec<_> = predicate.reads().envelope.iter().copied().collect();
    let source = Arc::new(Source { kind: SourceKind::Api, file: Arc::from("row") });
    let resource = |row: &&str| {
        let mut resource = Resource::new(made_up.name.clone(), "row", source.clone());
        let members: Json = serde_json::from_str(row).map_err(|error| error.to_string())?;
        resource.observed_at = members["_observed_at"].as_str().map(|time| time.parse().expect("a time"));
        resource.properties = value(&members);
        Ok(Arc::new(resource))
    };
    let rows = rows.iter().map(resource).collect::<Result<Vec<_>, String>>()?;
    let batch = build_batch(&made_up, SourceKind::Api, &columns, &envelope, rows).map_err(|error| error.to_string())?;
    let planned = predicate.plan(&engine, &batch.batch.schema(), blind).map_err(|error| error.to_string())?;
    let answers = planned.evaluate(&batch.batch)?;
    let answer = |answer: Option<bool>| match answer {
        Some(true) => Answer::True,
        Some(false) => Answer::False,
        None => Answer::Unknown,
    };
    Ok(answers.iter().map(answer).collect())
}

fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(flag) => Value::Bool(*flag),
        Json::Number(number) => number.as_i64().map_or_else(|| Value::Float(number.as_f64().unwrap_or_default()), Value::Int),
        Json::String(text) if text == "?" => Value::unknown(Cause::new(CauseKind::Denied, "the row says so")),
        Json::String(text) => Value::str(text.as_str()),
        Json::Array(items) => Value::List(items.iter().map(value).collect()),
        Json::Object(members) => Value::Map(members.iter().map(|(name, member)| (Arc::from(name.as_str()), value(member))).collect()),
    }
}

fn refused() -> Result<(), Failed> {
    let engine = engine(today());
    let made_up = made_up();
    let taken: Vec<&str> = table::REFUSED.iter().copied().filter(|predicate| engine.predicate(&made_up, predicate).is_ok()).collect();
    if taken.is_empty() { Ok(()) } else { Err(format!("taken: {}", taken.join("; ")).into()) }
}
