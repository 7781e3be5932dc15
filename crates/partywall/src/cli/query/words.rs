//! A failed query in one line: what is wrong, what was written in backticks, what to do next.

use std::collections::BTreeSet;

use partywall_table::Envelope;

use super::{OWN_TABLES, find, no_table, table_names};
use crate::cli::Context;
use partywall_model::near::did_you_mean;

/// Says what the engine says of a query over these tables.
pub(super) fn explained(context: &Context, tables: &BTreeSet<String>, message: &str) -> String {
    let inside = |kind: &str| message.strip_prefix(kind)?.strip_prefix("(\"")?.strip_suffix("\")");
    if let Some(text) = inside("ParserError").or_else(|| inside("TokenizerError")) {
        return not_sql(&text.replace("\\\"", "\""));
    }
    if let Some(name) = between(message, "table 'datafusion.", "' not found") {
        let name = name.strip_prefix("public.").unwrap_or(name);
        return if table_names(context).any(|known| known == name) {
            format!("table `{name}` has no rows in these sources; see `partywall query --tables SOURCE`")
        } else {
            no_table(context, name)
        };
    }
    if let Some(rest) = message.strip_prefix("No field named ") {
        let name = rest.split_once(". ").map_or_else(|| rest.trim_end_matches('.'), |(name, _)| name).replace('"', "");
        return no_column(context, tables, &name);
    }
    if message.starts_with("table `") {
        return format!("{message}; see `partywall query --tables SOURCE`");
    }
    if let Some(name) = between(message, "Invalid function '", "'").or_else(|| between(message, "table function '", "' not found")) {
        return format!("there is no function `{name}`; functions are those of Apache DataFusion's SQL, and `as_of()`");
    }
    if let Some(kind) = message.strip_prefix("DDL not supported: ").or_else(|| message.strip_prefix("DML not supported: ")) {
        return format!("a query only reads, and `{kind}` does more; write a `select`");
    }
    if message.starts_with("The context currently only supports a single SQL statement") {
        return "a query is one statement; run them one by one".to_owned();
    }
    if message.starts_with("No SQL statements were provided") {
        return "the query is empty; write one such as `select _id from aws_s3_bucket`".to_owned();
    }
    if message.starts_with("Resources exhausted") {
        return "the query needs more memory than it may have; narrow it or raise --memory".to_owned();
    }
    let plain = message.rsplit_once("caused by ").map_or(message, |(_, cause)| cause);
    let plain = ["Arrow error: ", "Cast error: ", "Execution error: "].iter().fold(plain, |text, kind| text.trim_start_matches(kind));
    if plain.contains("; ") { lower(plain) } else { format!("{}; mend the query, see `partywall query --help`", lower(plain)) }
}

/// `Expected: an SQL statement, found: selec at Line: 1, Column: 1`, said as we say things.
fn not_sql(text: &str) -> String {
    let (text, place) = match text.split_once(" at Line: ") {
        Some((text, place)) => (text, format!(" at line {}", place.replace("Column: ", "column "))),
        None => (text, String::new()),
    };
    let words = match text.split_once(", found: ") {
        Some((wanted, "EOF")) => format!("{} and found the end", wanted.replace("Expected: ", "expected ")),
        Some((wanted, found)) => format!("{} and found `{found}`", wanted.replace("Expected: ", "expected ")),
        None => lower(text),
    };
    format!("the query is no SQL: {words}{place}; write it as `select COLUMN from TABLE where CONDITION`")
}

fn no_column(context: &Context, tables: &BTreeSet<String>, name: &str) -> String {
    let column = name.rsplit('.').next().unwrap_or(name);
    let mut known: Vec<String> = Vec::new();
    for table in tables {
        match (OWN_TABLES.iter().find(|(own, ..)| own == table), find(context, table)) {
            (Some((_, _, columns)), _) => known.extend(columns.iter().map(ToString::to_string)),
            (None, Some(resource_type)) => {
                known.extend(resource_type.schema.iter().map(|(name, _)| name.to_string()));
                known.extend(Envelope::ALL.iter().map(|column| column.name().to_owned()));
            }
            (None, None) => {}
        }
    }
    let near = did_you_mean(column, known.iter().map(String::as_str));
    let table = tables.first().map_or("TABLE", String::as_str);
    let table = if tables.len() == 1 { table } else { "TABLE" };
    format!("there is no column `{name}`{near}; see `partywall query --describe {table}`")
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(found, _)| found)
}

/// With a small first letter, unless the first word is written in capitals.
fn lower(text: &str) -> String {
    let mut letters = text.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => first.to_lowercase().chain([second]).chain(letters).collect(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use partywall_catalog::Catalog;

    use super::*;

    #[test]
    fn errors_say_what_to_do() {
        let catalog = Catalog::load(None).unwrap().with_derived(partywall_collect::derived_columns).unwrap();
        let context = Context { catalog, now: "2026-11-22T00:00:00Z".parse().unwrap(), options: Vec::new() };
        let bucket = BTreeSet::from(["aws_s3_bucket".to_owned()]);
        for (message, want) in [
            (
                "ParserError(\"Expected: an SQL statement, found: selec at Line: 1, Column: 1\")",
                "the query is no SQL: expected an SQL statement and found `selec` at line 1, column 1; write it as `select COLUMN from TABLE where CONDITION`",
            ),
            (
                "ParserError(\"Expected: an expression, found: EOF\")",
                "the query is no SQL: expected an expression and found the end; write it as `select COLUMN from TABLE where CONDITION`",
            ),
            (
                "TokenizerError(\"Unterminated string literal at Line: 1, Column: 8\")",
                "the query is no SQL: unterminated string literal at line 1, column 8; write it as `select COLUMN from TABLE where CONDITION`",
            ),
            (
                "table 'datafusion.public.aws_sqs_queue' not found",
                "table `aws_sqs_queue` has no rows in these sources; see `partywall query --tables SOURCE`",
            ),
            (
                "No field named \"BucketNme\". Did you mean 'x'?",
                "there is no column `BucketNme`; did you mean `BucketName`?; see `partywall query --describe aws_s3_bucket`",
            ),
            (
                "Optimizer rule 'simplify_expressions' failed caused by Arrow error: Cast error: Cannot cast string 'a' to value of Int32 type",
                "cannot cast string 'a' to value of Int32 type; mend the query, see `partywall query --help`",
            ),
            (
                "the query was stopped after 1 s; narrow it or raise --timeout",
                "the query was stopped after 1 s; narrow it or raise --timeout",
            ),
        ] {
            assert_eq!(explained(&context, &bucket, message), want);
        }
        let near = explained(&context, &bucket, "table 'datafusion.public.aws_s3_buckt' not found");
        assert!(near.starts_with("there is no table `aws_s3_buckt`; did you mean `aws_s3_bucket`"), "{near}");
        let own = explained(&context, &BTreeSet::from(["gap".to_owned()]), "No field named g.pth.");
        assert_eq!(own, "there is no column `g.pth`; did you mean `path`?; see `partywall query --describe gap`");
    }
}
