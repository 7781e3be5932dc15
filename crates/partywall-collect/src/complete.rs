use std::collections::BTreeSet;
use std::sync::Arc;

use partywall_catalog::{Catalog, ResourceType, Schema};
use partywall_model::{Resource, SourceKind, Value};

use crate::defaults::{self, Lookup};
use crate::derive::{self, About};
use crate::redact::{open_dynamic, redact};

/// Defaults, derived facts, secrets out, what a stub lacks, the ARN: everything after folding.
pub(crate) fn complete(row: &mut Resource, resource_type: &ResourceType, columns: &Schema, lookup: &Lookup) {
    // An answered listing of satellites is whole, whether its parent was listed or not.
    if row.stub && row.source.kind != SourceKind::Api {
        open_lists(row, resource_type);
    }
    defaults::apply(row, resource_type, lookup);
    let blind = resource_type.blind_paths(row.source.kind);
    derive::apply(row, resource_type, About::Secrets, columns, lookup, &blind);
    redact(&mut row.properties, &resource_type.secrets);
    if row.source.kind == SourceKind::CloudFormation {
        open_dynamic(&mut row.properties, &resource_type.secrets);
    }
    derive::apply(row, resource_type, About::Else, columns, lookup, &blind);
    if row.stub {
        let cause = Arc::new(derive::stub_cause(row));
        for (name, _) in columns.iter() {
            if row.properties.get(name).is_none() {
                row.properties.set(name, Value::Unknown(cause.clone()));
            }
        }
    }
    if resource_type.global && row.source.kind != SourceKind::CloudFormation {
        row.region = Some(Arc::from("global"));
    }
    if row.arn.is_none() && row.source.kind != SourceKind::CloudFormation {
        row.arn = row
            .properties
            .get("Arn")
            .and_then(Value::as_str)
            .map(Arc::from)
            .or_else(|| resource_type.arn.as_deref().and_then(|template| arn(template, row)));
    }
}

/// Satellites of a parent that is not in the input are some of those that it has, never known to be all.
fn open_lists(row: &mut Resource, resource_type: &ResourceType) {
    let lists: BTreeSet<&str> = resource_type.folds.iter().filter(|fold| fold.append).map(|fold| &*fold.into).collect();
    for path in lists {
        if let Some(Value::List(items)) = row.properties.at(path) {
            let mut items = items.clone();
            items.push(Value::unknown(derive::stub_cause(row)));
            row.properties.set_at(path, Value::List(items));
        }
    }
}

/// Fills `{partition}`, `{account}`, `{region}` and `{Property}`; `None` if one is not known.
fn arn(template: &str, row: &Resource) -> Option<Arc<str>> {
    let filled = fill(template, |name| match name {
        "partition" => Some(partition_of(row.region.as_deref().unwrap_or_default())),
        "account" => row.account.as_deref(),
        "region" => row.region.as_deref(),
        property => row.properties.at(property)?.as_str(),
    });
    filled.map(Arc::from)
}

/// The partition of a Region, as its name tells.
pub(crate) fn partition_of(region: &str) -> &'static str {
    match region {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

/// Puts a text in the place of each `{name}`; `None` if one is not known.
pub(crate) fn fill<'t>(template: &str, text: impl Fn(&str) -> Option<&'t str>) -> Option<String> {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let (name, tail) = after.split_once('}')?;
        out.push_str(text(name)?);
        rest = tail;
    }
    out.push_str(rest);
    Some(out)
}

/// The columns and what folding, defaults and derive functions read beside them, by first path step.
pub(crate) fn kept_columns(catalog: &Catalog, resource_type: &ResourceType, columns: &Schema) -> Schema {
    let mut firsts: BTreeSet<String> = BTreeSet::new();
    let mut add = |path: &str| {
        firsts.insert(path.split(['.', '[', '}']).next().unwrap_or_default().to_owned());
    };
    for derive in &resource_type.derives {
        derive.inputs.iter().for_each(|path| add(path));
    }
    resource_type.secrets.iter().for_each(|path| add(path));
    for path in
        [resource_type.id_path(), resource_type.tags_path(), resource_type.display_name.as_deref(), Some("Arn")].into_iter().flatten()
    {
        add(path);
    }
    for template in resource_type.arn.iter().chain(&resource_type.names) {
        template.split('{').skip(1).for_each(&mut add);
    }
    for default in &resource_type.defaults {
        if columns.get(default.path.split('.').next().unwrap_or_default()).is_some() {
            add(&default.path);
        }
    }
    resource_type.folds.iter().filter_map(|fold| fold.named_by.as_ref()).for_each(|path| add(path));
    resource_type.undecided.iter().flat_map(|undecided| &undecided.when).for_each(|path| add(path));
    for file in catalog.types.values() {
        // What stands between a satellite and its parent names the parent as the satellite would: an alias its function.
        file.folds.iter().flat_map(|fold| fold.key.names()).for_each(|name| add(name));
        for fold in file.folds.iter().filter(|fold| fold.from == resource_type.name) {
            match &fold.value {
                Some(path) => add(path),
                None => resource_type.schema.iter().for_each(|(name, _)| add(name)),
            }
        }
        let needed = file
            .defaults
            .iter()
            .filter_map(|default| default.depends_on.as_ref())
            .filter(|depends| depends.resource_type == resource_type.name)
            .map(|depends| depends.path.as_str());
        needed.for_each(&mut add);
        if file.derives.iter().any(|derive| derive.tables.contains(&resource_type.name)) {
            resource_type.schema.iter().for_each(|(name, _)| add(name));
        }
    }
    let mut kept = columns.clone();
    for first in firsts {
        if let Some((name, column)) = resource_type.schema.entry(&first) {
            kept.insert(name.clone(), column.clone());
        }
    }
    kept
}

/// Drops the top-level members that nothing will read.
pub(crate) fn prune(properties: &mut Value, kept: &Schema) {
    if let Value::Map(members) = properties {
        members.retain(|(name, _)| kept.get(name).is_some());
    }
}
