//! `cargo xtask models`: the service models of botocore without what only people read, as `catalog/reference/aws-models.zst`.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::json;

use crate::ordered::Json;

const OUTPUT: &str = "catalog/reference/aws-models.zst";
const ZSTD_LEVEL: i32 = 19;

/// Words of a service that a client needs; `documentation`, `examples` and the like are for people.
const METADATA: &[&str] = &[
    "apiVersion",
    "awsQueryCompatible",
    "endpointPrefix",
    "globalEndpoint",
    "jsonVersion",
    "protocol",
    "protocols",
    "serviceFullName",
    "serviceId",
    "signatureVersion",
    "signingName",
    "targetPrefix",
    "xmlNamespace",
];
const OPERATION: &[&str] = &[
    "name",
    "http",
    "input",
    "output",
    "errors",
    "endpoint",
    "authtype",
    "auth",
    "httpChecksum",
    "httpChecksumRequired",
    "unsignedPayload",
    "endpointdiscovery",
    "endpointoperation",
];
/// What a shape says, and what a place that uses it may say over it.
const SHAPE: &[&str] = &[
    "type",
    "shape",
    "required",
    "members",
    "member",
    "key",
    "value",
    "payload",
    "location",
    "locationName",
    "queryName",
    "flattened",
    "xmlNamespace",
    "xmlAttribute",
    "timestampFormat",
    "jsonvalue",
    "streaming",
    "box",
    "idempotencyToken",
    "sensitive",
    "eventstream",
    "event",
    "eventheader",
    "eventpayload",
    "error",
    "exception",
    "document",
    "union",
    "sparse",
    "hostLabel",
    "resultWrapper",
    "min",
    "max",
];
const PAGINATOR: &[&str] = &["input_token", "output_token", "more_results", "limit_key", "result_key", "non_aggregate_keys"];
const WAITER: &[&str] = &["operation", "delay", "maxAttempts", "acceptors"];
const ACCEPTOR: &[&str] = &["state", "matcher", "argument", "expected"];

/// Prunes all models of an unpacked botocore and writes the file; prints what it holds.
///
/// # Errors
/// The directory is no botocore, a model has an unknown form, or the file cannot be written.
pub(crate) fn run(botocore: &Path, date: &str) -> Result<()> {
    ensure!(date.len() == 10 && date.split('-').count() == 3, "bad date `{date}`; write it as 2026-11-22");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask has no parent directory")?;
    let mut index = Vec::new();
    let mut frames = Vec::new();
    let mut text = 0;
    for service in directories(&botocore.join("botocore/data"))? {
        let name = service.file_name().and_then(|name| name.to_str()).context("a service's directory has no name")?.to_owned();
        let Some(version) = newest(&service)? else { continue };
        let pruned = serde_json::to_vec(&prune_service(&version).with_context(|| format!("in `{}`", version.display()))?)?;
        text += pruned.len();
        let frame = zstd::encode_all(pruned.as_slice(), ZSTD_LEVEL)?;
        index.push(json!({ "name": name, "offset": frames.len(), "length": frame.len(), "size": pruned.len() }));
        frames.extend(frame);
    }
    ensure!(!index.is_empty(), "`{}` has no `botocore/data`; give the directory that has it", botocore.display());
    let services = index.len();
    let header = serde_json::to_vec(&json!({ "botocore": version(botocore)?, "date": date, "services": index }))?;
    let mut file = zstd::encode_all(header.as_slice(), ZSTD_LEVEL)?;
    file.extend(frames);
    fs::write(root.join(OUTPUT), &file).with_context(|| format!("cannot write `{OUTPUT}`"))?;
    writeln!(std::io::stdout(), "{OUTPUT}: {services} services, {text} bytes as text, {} bytes compressed", file.len())?;
    Ok(())
}

/// Version of botocore, from its `__init__.py`.
pub(crate) fn version(botocore: &Path) -> Result<String> {
    let path = botocore.join("botocore/__init__.py");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let line = text.lines().find_map(|line| line.strip_prefix("__version__ = ")).context("`__init__.py` names no version")?;
    Ok(line.trim_matches(['\'', '"']).to_owned())
}

fn directories(parent: &Path) -> Result<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(parent).with_context(|| format!("cannot read `{}`", parent.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            found.insert(path);
        }
    }
    Ok(found)
}

/// API versions are days, so the last by name is the newest.
fn newest(service: &Path) -> Result<Option<PathBuf>> {
    Ok(directories(service)?.into_iter().rev().find(|version| version.join("service-2.json").exists()))
}

/// One service's description, paginators and waiters, with botocore's own additions merged in.
fn prune_service(version: &Path) -> Result<Json> {
    let description = read(version, "service-2")?.context("no `service-2.json`")?;
    let Json::Object(mut members) = prune_description(&description)? else { bail!("a description that is no object") };
    if let Some(pagination) = read(version, "paginators-1")?.as_ref().and_then(|file| file.get("pagination")) {
        members.push(("pagination".to_owned(), each(pagination, |paginator| paginator.keep(PAGINATOR))));
    }
    if let Some(waiters) = read(version, "waiters-2")?.as_ref().and_then(|file| file.get("waiters")) {
        let prune = |waiter: &Json| replace(&waiter.keep(WAITER), "acceptors", |list| items(list, |item| item.keep(ACCEPTOR)));
        members.push(("waiters".to_owned(), each(waiters, prune)));
    }
    Ok(Json::Object(members))
}

/// Metadata, operations and the shapes that operations reach.
fn prune_description(description: &Json) -> Result<Json> {
    let metadata = description.get("metadata").context("no `metadata`")?.keep(METADATA);
    let operations = each(description.get("operations").unwrap_or(&Json::Object(Vec::new())), prune_operation);
    let shapes = description.get("shapes").context("no `shapes`")?;
    let mut reached = BTreeSet::new();
    let mut next = Vec::new();
    references(&operations, &mut next);
    while let Some(name) = next.pop() {
        if reached.insert(name.clone()) {
            references(shapes.get(&name).with_context(|| format!("no shape `{name}`"))?, &mut next);
        }
    }
    let kept = shapes.members().iter().filter(|(name, _)| reached.contains(name)).map(|(name, shape)| (name.clone(), prune_shape(shape)));
    Ok(Json::Object(vec![
        ("metadata".to_owned(), metadata),
        ("operations".to_owned(), operations),
        ("shapes".to_owned(), Json::Object(kept.collect())),
    ]))
}

fn prune_operation(operation: &Json) -> Json {
    let mut kept = operation.keep(OPERATION);
    for name in ["input", "output"] {
        kept = replace(&kept, name, prune_shape);
    }
    kept = replace(&kept, "errors", |list| items(list, |error| error.keep(&["shape"])));
    kept = replace(&kept, "endpointdiscovery", |discovery| discovery.keep(&["required"]));
    replace(&kept, "httpChecksum", |checksum| checksum.keep(&["requestChecksumRequired", "requestAlgorithmMember"]))
}

/// A shape, or a place that uses one, without what only people read.
pub(crate) fn prune_shape(shape: &Json) -> Json {
    let mut kept = shape.keep(SHAPE);
    for name in ["member", "key", "value"] {
        kept = replace(&kept, name, prune_shape);
    }
    // Limits of texts and lists are for the service to judge; a number's largest value is the size of a page.
    if !matches!(kept.get("type").and_then(Json::as_str), None | Some("integer" | "long")) {
        kept = without(&kept, "max");
    }
    replace(&kept, "members", |members| each(members, prune_shape))
}

fn references(json: &Json, into: &mut Vec<String>) {
    match json {
        Json::Scalar(_) => {}
        Json::List(items) => items.iter().for_each(|item| references(item, into)),
        Json::Object(members) => {
            for (name, value) in members {
                match value.as_str() {
                    Some(target) if name == "shape" => into.push(target.to_owned()),
                    _ => references(value, into),
                }
            }
        }
    }
}

fn each(object: &Json, change: impl Fn(&Json) -> Json) -> Json {
    Json::Object(object.members().iter().map(|(name, value)| (name.clone(), change(value))).collect())
}

fn items(list: &Json, change: impl Fn(&Json) -> Json) -> Json {
    match list {
        Json::List(items) => Json::List(items.iter().map(change).collect()),
        other => other.clone(),
    }
}

fn replace(object: &Json, name: &str, change: impl Fn(&Json) -> Json) -> Json {
    let changed = |(key, value): &(String, Json)| (key.clone(), if key == name { change(value) } else { value.clone() });
    match object {
        Json::Object(members) => Json::Object(members.iter().map(changed).collect()),
        other => other.clone(),
    }
}

fn without(object: &Json, name: &str) -> Json {
    Json::Object(object.members().iter().filter(|(key, _)| key != name).cloned().collect())
}

/// A model file with botocore's additions to it, or nothing if the service has no such file.
fn read(version: &Path, stem: &str) -> Result<Option<Json>> {
    let path = version.join(format!("{stem}.json"));
    if !path.exists() {
        return Ok(None);
    }
    let mut model = json_file(&path)?;
    let extras = version.join(format!("{stem}.sdk-extras.json"));
    if extras.exists()
        && let Some(additions) = json_file(&extras)?.get("merge")
    {
        model.merge(additions);
    }
    Ok(Some(model))
}

/// Reads a JSON file, members in order.
pub(crate) fn json_file(path: &Path) -> Result<Json> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("`{}` is not JSON", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_client_needs_and_operations_reach_is_kept() {
        let text = r#"{"metadata":{"protocol":"json","uid":"x"},"documentation":"d","operations":{"Get":{"name":"Get","documentation":"d",
            "http":{"method":"POST"},"input":{"shape":"In","documentation":"d"},"errors":[{"shape":"Bad","documentation":"d"}]}},
            "shapes":{"In":{"type":"structure","members":{"documentation":{"shape":"S","documentation":"d"},"n":{"shape":"N"}}},
            "S":{"type":"string","max":3,"pattern":".","enum":["a"]},"N":{"type":"integer","max":100},
            "Bad":{"type":"structure","members":{},"exception":true},"Unused":{"type":"string"}}}"#;
        let pruned = prune_description(&serde_json::from_str(text).unwrap()).unwrap();
        assert_eq!(
            serde_json::to_string(&pruned).unwrap(),
            concat!(
                r#"{"metadata":{"protocol":"json"},"operations":{"Get":{"name":"Get","http":{"method":"POST"},"input":{"shape":"In"},"#,
                r#""errors":[{"shape":"Bad"}]}},"shapes":{"In":{"type":"structure","members":{"documentation":{"shape":"S"},"#,
                r#""n":{"shape":"N"}}},"S":{"type":"string"},"N":{"type":"integer","max":100},"#,
                r#""Bad":{"type":"structure","members":{},"exception":true}}}"#
            )
        );
    }
}
