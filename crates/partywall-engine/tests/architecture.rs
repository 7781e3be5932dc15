//! The rooms of the house: who depends on whom, and how large a file may be (`ARCHITECTURE.md` §3).

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use libtest_mimic::{Failed, Trial};
use serde_json::Value as Json;

use crate::support::repository;

/// No file of Rust is longer.
const LINES: usize = 800;
/// The binary's `main.rs` is shorter.
const MAIN_LINES: usize = 80;
/// Crates that know nothing of the engine.
const BELOW: [&str; 7] = [
    "partywall-model",
    "partywall-catalog",
    "partywall-iam",
    "partywall-records",
    "partywall-oscal",
    "partywall-report",
    "partywall-sheets",
];

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("architecture/no room below the engine leads to it", nothing_below_leads_to_the_engine),
        Trial::test("architecture/only the engine names datafusion", only_the_engine_names_datafusion),
        Trial::test("architecture/files are short", files_are_short),
    ]
}

/// Package id → (name, ids of its dependencies that are no dev-dependencies).
type Graph = BTreeMap<String, (String, Vec<String>)>;

fn metadata() -> Result<Json, Failed> {
    // A machine that built this has the packages of its own platform, and need not have others.
    let version = Command::new(option_env!("RUSTC").unwrap_or("rustc")).arg("-vV").output()?;
    let version = String::from_utf8(version.stdout)?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).ok_or("rustc does not say its host")?;
    let cargo = option_env!("CARGO").unwrap_or("cargo");
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--offline", "--locked", "--filter-platform", host])
        .current_dir(repository())
        .output()?;
    if !output.status.success() {
        return Err(format!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn list<'a>(value: &'a Json, name: &str) -> impl Iterator<Item = &'a Json> {
    value.get(name).and_then(Json::as_array).into_iter().flatten()
}

fn text<'a>(value: &'a Json, name: &str) -> &'a str {
    value.get(name).and_then(Json::as_str).unwrap_or_default()
}

fn graph(metadata: &Json) -> Graph {
    let names: BTreeMap<&str, &str> = list(metadata, "packages").map(|package| (text(package, "id"), text(package, "name"))).collect();
    let resolve = metadata.get("resolve").cloned().unwrap_or_default();
    list(&resolve, "nodes")
        .map(|node| {
            let shipped = |dependency: &&Json| list(dependency, "dep_kinds").any(|kind| kind.get("kind").is_none_or(|kind| kind != "dev"));
            let dependencies = list(node, "deps").filter(shipped).map(|dependency| text(dependency, "pkg").to_owned()).collect();
            (text(node, "id").to_owned(), (names.get(text(node, "id")).unwrap_or(&"").to_string(), dependencies))
        })
        .collect()
}

fn nothing_below_leads_to_the_engine() -> Result<(), Failed> {
    let graph = graph(&metadata()?);
    let mut wrong = Vec::new();
    for below in BELOW {
        let Some(start) = graph.iter().find(|(_, (name, _))| name == below).map(|(id, _)| id) else {
            return Err(format!("there is no crate {below}").into());
        };
        let mut seen = BTreeSet::new();
        let mut open = vec![start];
        while let Some(id) = open.pop() {
            let Some((name, dependencies)) = graph.get(id) else { continue };
            if seen.insert(id) {
                if name == "partywall-engine" || name.starts_with("datafusion") {
                    wrong.push(format!("{below} leads to {name}"));
                }
                open.extend(dependencies);
            }
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ").into()) }
}

fn only_the_engine_names_datafusion() -> Result<(), Failed> {
    let metadata = metadata()?;
    let mut named = BTreeSet::new();
    for package in list(&metadata, "packages").filter(|package| package.get("source").is_none_or(Json::is_null)) {
        if list(package, "dependencies").any(|dependency| text(dependency, "name").starts_with("datafusion")) {
            named.insert(text(package, "name").to_owned());
        }
    }
    if named.iter().eq(["partywall-engine"]) { Ok(()) } else { Err(format!("datafusion is named by {named:?}").into()) }
}

fn files_are_short() -> Result<(), Failed> {
    let root = repository();
    let mut files = Vec::new();
    for directory in ["crates", "xtask"] {
        rust_files(&root.join(directory), &mut files)?;
    }
    if files.len() < 50 {
        return Err(format!("only {} files found", files.len()).into());
    }
    let mut long = Vec::new();
    for file in &files {
        let lines = std::fs::read_to_string(file)?.lines().count();
        let limit = if file.ends_with("partywall/src/main.rs") { MAIN_LINES } else { LINES };
        if lines > limit {
            long.push(format!("{} has {lines} lines, more than {limit}", file.strip_prefix(&root).unwrap_or(file).display()));
        }
    }
    if long.is_empty() { Ok(()) } else { Err(long.join("; ").into()) }
}

fn rust_files(directory: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() && !path.ends_with("target") {
            rust_files(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(())
}
