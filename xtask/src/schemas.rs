//! `cargo xtask schemas`: the columns of every AWS resource type, from the registry schemas that the Python package `cfn-lint` carries.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use crate::column::{Column, Line, convert};

const VERSION: &str = "1.58.0";
/// The region whose schema is taken where regions differ: AWS releases there first.
const REGION: &str = "us-east-1";
const OUTPUT: &str = "catalog/reference/registry-columns.jsonl.zst";
const ZSTD_LEVEL: i32 = 19;

/// Installs the package, converts all its schemas, writes the reference file and prints what it holds.
///
/// # Errors
/// Python 3 or the package cannot be had, a schema has an unknown form, or the file cannot be written.
pub(crate) fn run() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask has no parent directory")?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let schemas = install(&target.join("xtask/cfn-lint"))?;
    let lines = read(&schemas)?;

    let mut body = String::new();
    for line in &lines {
        body.push_str(&serde_json::to_string(line)?);
        body.push('\n');
    }
    let output = root.join(OUTPUT);
    let from = format!("cfn-lint {VERSION}");
    let same = fs::read(&output).ok().and_then(|old| zstd::decode_all(old.as_slice()).ok()).is_some_and(|old| holds(&old, &from, &body));
    // The date of an unchanged file stays, so that running this again gives no difference to review.
    if !same {
        #[expect(clippy::disallowed_methods, reason = "the day on which the file is made; no answer of the program depends on it")]
        let generated = chrono::Utc::now().date_naive();
        let text = format!("{}\n{body}", header(&generated.to_string(), &from)?);
        fs::create_dir_all(output.parent().context("output has no parent directory")?)?;
        fs::write(&output, zstd::encode_all(text.as_bytes(), ZSTD_LEVEL)?)
            .with_context(|| format!("cannot write `{}`", output.display()))?;
    }

    let leaves: usize = lines.iter().flat_map(|line| line.columns.values()).map(Column::leaves).sum();
    let state = if same { "unchanged" } else { "written" };
    writeln!(
        std::io::stdout(),
        "{OUTPUT}: {state}\n{} types, {leaves} leaves, {} bytes as text, {} bytes compressed; schemas of {}",
        lines.len(),
        body.len(),
        fs::metadata(&output)?.len(),
        schema_date(&schemas)?,
    )?;
    Ok(())
}

/// First line of the file. Written by hand to keep the order of its keys.
fn header(generated: &str, from: &str) -> Result<String> {
    let [generated, from, region] = [json!(generated), json!(from), json!(REGION)].map(|value| serde_json::to_string(&value));
    Ok(format!(r#"{{"generated":{},"from":{},"region":{}}}"#, generated?, from?, region?))
}

/// Whether an earlier file was made from the same package and has the same lines.
fn holds(old: &[u8], from: &str, body: &str) -> bool {
    let Some((first, rest)) = std::str::from_utf8(old).ok().and_then(|text| text.split_once('\n')) else {
        return false;
    };
    let first: Value = serde_json::from_str(first).unwrap_or_default();
    first.get("from").and_then(Value::as_str) == Some(from) && first.get("region").and_then(Value::as_str) == Some(REGION) && rest == body
}

/// Puts the package into a virtual environment and gives the directory of its schemas.
fn install(environment: &Path) -> Result<PathBuf> {
    let python = environment.join("bin/python");
    if !python.exists() {
        output(Command::new("python3").args(["-m", "venv"]).arg(environment))?;
    }
    let package = format!("cfn-lint=={VERSION}");
    output(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", package.as_str()]))?;
    let script = "import importlib.util as u; print(u.find_spec('cfnlint').submodule_search_locations[0])";
    let directory = output(Command::new(&python).args(["-c", script]))?;
    Ok(Path::new(directory.trim()).join("data/schemas"))
}

/// Standard output of a command that must succeed.
fn output(command: &mut Command) -> Result<String> {
    let result = command.output().with_context(|| format!("cannot run {command:?}; is Python 3 installed?"))?;
    if !result.status.success() {
        bail!("{command:?} failed: {}", String::from_utf8_lossy(&result.stderr).trim());
    }
    Ok(String::from_utf8(result.stdout)?)
}

/// Converts every type of every region, sorted by name.
///
/// `providers/<region>.json` maps a type to the stem of its file in `resources/`; `sam.json` does so for the serverless transform.
fn read(schemas: &Path) -> Result<Vec<Line>> {
    let preferred = schemas.join("providers").join(format!("{REGION}.json"));
    let mut providers = BTreeSet::new();
    for entry in fs::read_dir(schemas.join("providers"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            providers.insert(path);
        }
    }
    ensure!(providers.remove(&preferred), "`{}` is missing: the package has a new layout", preferred.display());
    let mut types = BTreeMap::new();
    for provider in std::iter::once(&preferred).chain(&providers) {
        let index: BTreeMap<String, String> = serde_json::from_value(json_file(provider)?)?;
        for (name, file) in index {
            types.entry(name).or_insert(file);
        }
    }
    let mut lines = Vec::with_capacity(types.len());
    for (name, file) in types {
        let path = schemas.join("resources").join(format!("{file}.json"));
        let line = convert(&json_file(&path)?).with_context(|| format!("in `{}`", path.display()))?;
        ensure!(line.name == name, "`{}` holds `{}`, not `{name}`", path.display(), line.name);
        lines.push(line);
    }
    Ok(lines)
}

/// Day on which the package's authors took the schemas from AWS.
fn schema_date(schemas: &Path) -> Result<String> {
    let version = json_file(&schemas.join("version.json"))?;
    let moment = version.get("schema_date").and_then(Value::as_str).context("`version.json` without `schema_date`")?;
    Ok(moment.split('T').next().unwrap_or(moment).to_owned())
}

fn json_file(path: &Path) -> Result<Value> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("`{}` is not JSON", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_add_types_but_do_not_replace_them() {
        let directory = std::env::temp_dir().join(format!("xtask-schemas-{}", std::process::id()));
        fs::create_dir_all(directory.join("providers")).unwrap();
        fs::create_dir_all(directory.join("resources")).unwrap();
        let put = |path: &str, value: Value| fs::write(directory.join(path), value.to_string()).unwrap();
        put("providers/us-east-1.json", json!({ "AWS::B::B": "1" }));
        put("providers/af-south-1.json", json!({ "AWS::B::B": "2", "AWS::A::A": "3" }));
        put("resources/1.json", json!({ "typeName": "AWS::B::B", "properties": { "One": { "type": "string" } } }));
        put("resources/2.json", json!({ "typeName": "AWS::B::B", "properties": { "Two": { "type": "string" } } }));
        put("resources/3.json", json!({ "typeName": "AWS::A::A", "properties": {} }));
        put("version.json", json!({ "schema_date": "2026-10-20T22:11:15Z" }));
        let lines = read(&directory).unwrap();
        let found: Vec<_> = lines.iter().map(|line| (line.name.as_str(), line.columns.keys().map(String::as_str).collect())).collect();
        assert_eq!(found, [("AWS::A::A", vec![]), ("AWS::B::B", vec!["One"])]);
        assert_eq!(schema_date(&directory).unwrap(), "2026-10-20");
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn only_an_equal_file_is_kept() {
        let text = format!("{}\nbody\n", header("2026-11-22", "cfn-lint 1").unwrap());
        assert_eq!(text.lines().next().unwrap(), r#"{"generated":"2026-11-22","from":"cfn-lint 1","region":"us-east-1"}"#);
        assert!(holds(text.as_bytes(), "cfn-lint 1", "body\n"));
        assert!(!holds(text.as_bytes(), "cfn-lint 2", "body\n"));
        assert!(!holds(text.as_bytes(), "cfn-lint 1", "other\n"));
        assert!(!holds(b"not the file", "cfn-lint 1", "body\n"));
    }
}
