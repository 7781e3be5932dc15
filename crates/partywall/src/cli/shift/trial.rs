//! A resource with other settings: what is set, what is computed from it, which values are worth a trial.

use std::sync::Arc;

use anyhow::bail;
use partywall_catalog::{Column, ResourceType};
use partywall_model::{Resource, Value};

use partywall_model::near::did_you_mean;

/// Reads `PATH=VALUE`.
pub(super) fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((path, value)) if !path.is_empty() => Ok((path.to_owned(), value.to_owned())),
        _ => Err(format!("`{text}` is no PATH=VALUE, such as AutoMinorVersionUpgrade=false")),
    }
}

/// A resource after the change.
pub(super) struct Trial {
    /// The resource.
    pub(super) resource: Arc<Resource>,
    /// The paths that were computed again.
    pub(super) computed: Vec<String>,
    /// Those among them that are not known now: path and cause.
    pub(super) unknown: Vec<String>,
}

/// Sets properties, and computes again what rests on them. `others` are the rows that this may look up.
pub(super) fn changed(
    row: &Resource,
    resource_type: &ResourceType,
    others: &[Arc<Resource>],
    set: &[(String, String)],
) -> anyhow::Result<Trial> {
    let mut row = row.clone();
    for (path, value) in set {
        is_settable(&row, resource_type, path)?;
        row.properties.set_at(path, parsed(value));
        row.defaulted.retain(|default| !touches(&default.path, path));
        row.positions.retain(|(known, _, _)| !touches(known, path));
        row.satellites.retain(|satellite| !touches(&satellite.path, path));
    }
    let paths: Vec<&str> = set.iter().map(|(path, _)| path.as_str()).collect();
    let computed = partywall_collect::rederive(&mut row, resource_type, &paths, others);
    let unknown = |path: &Arc<str>| Some(format!("{path}: {}", row.properties.at(path)?.first_unknown()?));
    Ok(Trial {
        unknown: computed.iter().filter_map(unknown).collect(),
        computed: computed.iter().map(ToString::to_string).collect(),
        resource: Arc::new(row),
    })
}

fn is_settable(row: &Resource, resource_type: &ResourceType, path: &str) -> anyhow::Result<()> {
    if let Some((list, _)) = path.split_once('[') {
        bail!("`{path}` is in a list; set all of it: {list}=[…]");
    }
    if resource_type.schema.at(path).is_none() {
        let near = did_you_mean(path, resource_type.schema.iter().map(|(name, _)| &**name));
        bail!("`{}` has no property `{path}`{near}", resource_type.name);
    }
    if let Some((parent, _)) = path.rsplit_once('.')
        && let Some(Value::Unknown(cause)) = row.properties.at(parent)
    {
        bail!("`{parent}` is not known here ({cause}), so nothing in it can be set alone; set all of `{parent}`");
    }
    Ok(())
}

/// JSON where it is JSON, else text.
fn parsed(text: &str) -> Value {
    serde_json::from_str::<serde_json::Value>(text).map_or_else(|_| Value::str(text), |json| value(&json))
}

/// JSON from the command line is parsed with a depth limit, so this ends.
fn value(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Value::Int(whole),
            (None, Some(other)) => Value::Float(other),
            (None, None) => Value::str(number.to_string()),
        },
        serde_json::Value::String(text) => Value::str(text.as_str()),
        serde_json::Value::Array(items) => Value::List(items.iter().map(value).collect()),
        serde_json::Value::Object(members) => {
            Value::Map(members.iter().map(|(key, member)| (Arc::from(key.as_str()), value(member))).collect())
        }
    }
}

/// One path is the other or lies in it.
pub(super) fn touches(a: &str, b: &str) -> bool {
    let inside = |inner: &str, outer: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
    inside(a, b) || inside(b, a)
}

/// Values worth a trial: both truths, the numbers and texts that the conditions name.
pub(super) fn candidates(column: Option<&Column>, conditions: &[&str]) -> Vec<String> {
    let mut values: Vec<String> = match column {
        Some(Column::Bool) => vec!["true".to_owned(), "false".to_owned()],
        Some(Column::Int | Column::Num) => conditions
            .iter()
            .flat_map(|text| text.split(|letter: char| !letter.is_ascii_digit()))
            .filter_map(|digits| digits.parse::<i64>().ok())
            .flat_map(|number| [number, number.saturating_sub(1), number.saturating_add(1)])
            .map(|number| number.to_string())
            .collect(),
        Some(Column::Str) => conditions
            .iter()
            .flat_map(|text| text.split('\'').skip(1).step_by(2))
            .filter(|text| !text.ends_with('-'))
            .map(ToOwned::to_owned)
            .collect(),
        _ => Vec::new(),
    };
    values.sort();
    values.dedup();
    values
}

#[cfg(test)]
mod tests {
    use partywall_catalog::Catalog;
    use partywall_model::{Cause, CauseKind, Source, SourceKind};

    use super::*;

    #[test]
    fn values_are_json_or_text() {
        assert_eq!(parsed("false"), Value::Bool(false));
        assert_eq!(parsed("7"), Value::Int(7));
        assert_eq!(parsed("db.t3.micro"), Value::str("db.t3.micro"));
        assert_eq!(parsed("{\"A\":[1]}").at("A"), Some(&Value::List(vec![Value::Int(1)])));
    }

    #[test]
    fn candidates_come_from_the_conditions() {
        assert_eq!(candidates(Some(&Column::Bool), &["X"]), ["false", "true"]);
        assert_eq!(candidates(Some(&Column::Int), &["Days >= 7"]), ["6", "7", "8"]);
        assert_eq!(candidates(Some(&Column::Str), &["Mode = 'Auto' or starts_with(Mode, 'x-')"]), ["Auto"]);
    }

    #[test]
    fn paths_touch_their_ancestors() {
        assert!(touches("A.B", "A") && touches("A", "A.B") && touches("A[0].C", "A"));
        assert!(!touches("AB", "A"));
    }

    #[test]
    fn what_rests_on_a_setting_is_computed_again() {
        let catalog = Catalog::load(None).unwrap().with_derived(partywall_collect::derived_columns).unwrap();
        let bucket = catalog.resource_type("AWS::S3::Bucket").unwrap();
        let source = Arc::new(Source { kind: SourceKind::CloudFormation, file: Arc::from("t.yaml") });
        let mut row = Resource::new("AWS::S3::Bucket", "b", source);
        row.properties.set("ReplicationConfiguration", Value::unknown(Cause::new(CauseKind::UnresolvedReference, "x")));
        let set = |path: &str, value: &str| changed(&row, &bucket, &[], &[(path.to_owned(), value.to_owned())]);
        let trial = set("AccessControl", "PublicRead").unwrap();
        assert_eq!(trial.computed, ["_Derived.AclIsPublic"]);
        assert_eq!(trial.resource.properties.at("_Derived.AclIsPublic"), Some(&Value::Bool(true)));
        assert!(trial.unknown.is_empty(), "{:?}", trial.unknown);
        let refused = |path: &str| set(path, "1").err().unwrap().to_string();
        assert!(refused("AcessControl").contains("did you mean `AccessControl`"));
        assert!(refused("CorsConfiguration.CorsRules[0].MaxAge").contains("set all of it"));
        assert!(refused("ReplicationConfiguration.Role").contains("is not known here"));
    }
}
