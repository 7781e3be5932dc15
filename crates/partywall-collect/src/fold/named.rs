//! Folds in which the parent names its satellites: a role names the managed policies that are attached to it.

use std::collections::HashMap;
use std::sync::Arc;

use partywall_catalog::{Fold, ResourceType};
use partywall_iam::matches_ignore_case;
use partywall_model::{Cause, CauseKind, Condition, Resource, Satellite, SourceKind, Value};

use super::names::{key, own_names};
use super::{put, same_place, satellite};
use crate::defaults::Scope;
use crate::redact::redact;
use crate::store::{Store, TypeRows};

/// What a satellite says, and where it counts.
struct Found {
    scope: Scope,
    value: Value,
    satellite: Satellite,
    condition: Option<Condition>,
}

impl Found {
    /// What the satellite says. A reference says that it exists; a name may be that of another if this one is not made.
    fn value_for(&self, row: &Resource, name: &str) -> Value {
        match &self.condition {
            Some(condition) if !name.starts_with('{') && row.condition.as_ref().is_none_or(|own| own.name != condition.name) => {
                let detail = format!("`{}` may not exist: {}", self.satellite.id, condition.cause.detail);
                Value::unknown(Cause::new(condition.cause.kind, detail))
            }
            _ => self.value.clone(),
        }
    }
}

/// Puts into each parent what its `named_by` property names. A name without a row, and a parent whose names are not known, make the
/// fact incomplete: that a satellite was not read does not say that it is harmless.
pub(super) fn apply(store: &mut Store, parent: &Arc<ResourceType>, fold: &Fold, named_by: &str) {
    if !store.types.contains_key(&parent.name) {
        return;
    }
    let found = store.types.get(&fold.from).map(|rows| index(rows, fold)).unwrap_or_default();
    let mut blind: HashMap<SourceKind, bool> = HashMap::new();
    for row in store.types.get_mut(&parent.name).into_iter().flat_map(|rows| &mut rows.rows).filter(|row| !row.stub) {
        let kind = row.source.kind;
        let names = match row.properties.at(named_by).cloned().unwrap_or_default() {
            Value::List(names) => names,
            Value::Null if *blind.entry(kind).or_insert_with(|| parent.blind_paths(kind).iter().any(|path| **path == *named_by)) => {
                vec![Value::unknown(Cause::new(CauseKind::NotInSource, format!("`{named_by}` is never in such a source")))]
            }
            single => vec![single],
        };
        let scope = Scope::of(row);
        for name in names {
            match name {
                Value::Unknown(_) => put(row, fold, name, None),
                Value::Str(name) if !fold.except.iter().any(|pattern| matches_ignore_case(pattern, &name)) => {
                    let candidates = found.get(&*key(&name)).map(Vec::as_slice).unwrap_or_default();
                    match candidates.iter().find(|found| same_place(&found.scope, &scope)) {
                        Some(found) => put(row, fold, found.value_for(row, &name), Some(found.satellite.clone())),
                        None => {
                            let detail = format!("`{named_by}` names `{name}`, which is not in the input");
                            put(row, fold, Value::unknown(Cause::new(CauseKind::MissingRow, detail)), None);
                        }
                    }
                }
                _ => {}
            }
        }
    }
}

/// The satellites by every name that a parent may use.
fn index(rows: &TypeRows, fold: &Fold) -> HashMap<Box<str>, Vec<Arc<Found>>> {
    let mut index: HashMap<Box<str>, Vec<Arc<Found>>> = HashMap::new();
    let resource_type = &rows.resource_type;
    for row in &rows.rows {
        let found = Arc::new(Found {
            scope: Scope::of(row),
            value: value(row, resource_type, fold),
            satellite: satellite(row, fold),
            condition: row.condition.clone(),
        });
        for name in own_names(row, resource_type).known {
            index.entry(name).or_default().push(Arc::clone(&found));
        }
    }
    index
}

/// A satellite that is there says something; if that was not read, it is not known.
fn value(row: &Resource, resource_type: &ResourceType, fold: &Fold) -> Value {
    let Some(path) = &fold.value else {
        let mut all = row.properties.clone();
        redact(&mut all, &resource_type.secrets);
        return all;
    };
    match row.properties.at(path) {
        Some(value) if !value.is_null() => value.clone(),
        _ => Value::unknown(Cause::new(CauseKind::NotLooked, format!("`{path}` of `{}` was not read", row.id))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::rows;
    use super::*;

    const INTO: &str = "_Attached.CustomerManagedPolicies";

    fn attached(row: &Resource) -> Vec<&Value> {
        row.properties.at(INTO).and_then(Value::as_list).into_iter().flatten().collect()
    }

    #[test]
    fn a_role_has_the_documents_that_it_names() {
        let rows = rows(
            "roles",
            "AWS::IAM::Role",
            r#"
  P: {Type: AWS::IAM::ManagedPolicy, Properties: {ManagedPolicyName: p, PolicyDocument: {Statement: []}}}
  Q: {Type: AWS::IAM::ManagedPolicy, Properties: {Path: /a/, ManagedPolicyName: q, PolicyDocument: {Statement: []}}}
  Silent: {Type: AWS::IAM::ManagedPolicy, Properties: {ManagedPolicyName: silent}}
  ByRef: {Type: AWS::IAM::Role, Properties: {ManagedPolicyArns: [!Ref P]}}
  ByArn: {Type: AWS::IAM::Role, Properties: {ManagedPolicyArns: [!Sub "arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/p", !Sub "arn:aws:iam::${AWS::AccountId}:policy/a/q"]}}
  Elsewhere: {Type: AWS::IAM::Role, Properties: {ManagedPolicyArns: [!Ref P, "arn:aws:iam::111122223333:policy/q"]}}
  Unresolved: {Type: AWS::IAM::Role, Properties: {ManagedPolicyArns: [!ImportValue policy]}}
  Unread: {Type: AWS::IAM::Role, Properties: {ManagedPolicyArns: [!Ref Silent]}}
  OfAws: {Type: AWS::IAM::Role, Properties: {ManagedPolicyArns: [!Sub "arn:${AWS::Partition}:iam::aws:policy/ReadOnlyAccess"]}}
  Bare: {Type: AWS::IAM::Role, Properties: {}}
"#,
        );
        let unknown = |id: &str| attached(&rows[id]).iter().map(|value| value.is_unknown()).collect::<Vec<_>>();
        assert_eq!(unknown("ByRef"), [false]);
        assert_eq!(unknown("ByArn"), [false, false]);
        assert_eq!(unknown("Elsewhere"), [false, true]);
        assert_eq!(unknown("Unresolved"), [true]);
        assert_eq!(unknown("Unread"), [true], "a policy whose document was not read may allow anything");
        assert_eq!(unknown("OfAws"), [false; 0]);
        assert_eq!(unknown("Bare"), [false; 0]);
        let satellite = &rows["ByRef"].satellites[0];
        assert_eq!((&*satellite.path, &*satellite.id), ("_Attached.CustomerManagedPolicies[0]", "P"));
    }

    #[test]
    fn a_name_may_be_that_of_another_if_this_one_is_not_made() {
        let rows = rows(
            "perhaps",
            "AWS::IAM::Role",
            r#"
  P: {Type: AWS::IAM::ManagedPolicy, Condition: C, Properties: {ManagedPolicyName: p, PolicyDocument: {Statement: []}}}
  ByRef: {Type: AWS::IAM::Role, Properties: {ManagedPolicyArns: [!Ref P]}}
  ByArn: {Type: AWS::IAM::Role, Properties: {ManagedPolicyArns: [!Sub "arn:aws:iam::${AWS::AccountId}:policy/p"]}}
  Both: {Type: AWS::IAM::Role, Condition: C, Properties: {ManagedPolicyArns: [!Sub "arn:aws:iam::${AWS::AccountId}:policy/p"]}}
Parameters: {E: {Type: String}}
Conditions: {C: !Equals [!Ref E, x]}
"#,
        );
        for (id, want) in [("ByRef", false), ("ByArn", true), ("Both", false)] {
            assert_eq!(attached(&rows[id])[0].is_unknown(), want, "{id}");
        }
    }

    #[test]
    fn lists_of_a_parent_that_is_not_there_stay_open() {
        let rows = rows(
            "stub",
            "AWS::IAM::Role",
            r"
  Inline: {Type: AWS::IAM::RolePolicy, Properties: {RoleName: existing, PolicyName: p, PolicyDocument: {Statement: []}}}
  Managed: {Type: AWS::IAM::ManagedPolicy, Properties: {Roles: [existing], PolicyDocument: {Statement: []}}}
",
        );
        let role = &rows["existing"];
        assert!(role.stub);
        for path in ["Policies", INTO] {
            let items = role.properties.at(path).and_then(Value::as_list).unwrap();
            assert_eq!(items.iter().map(Value::is_unknown).collect::<Vec<_>>(), [false, true], "{path}");
        }
        assert!(role.properties.at("_Derived.Policy.AllowsFullAdmin").unwrap().is_unknown());
    }

    #[test]
    fn a_satellite_that_could_not_be_read_may_be_anyones() {
        let resources = r"
  R: {Type: AWS::IAM::Role, Properties: {}}
  M: {Type: AWS::IAM::ManagedPolicy, Properties: {'Fn::Transform': {Name: AWS::Include, Parameters: {Location: s3://x/y}}}}
";
        assert!(attached(&rows("unread", "AWS::IAM::Role", resources)["R"])[0].is_unknown());
        let resources = r"
  R: {Type: AWS::IAM::Role, Properties: {}}
  'Fn::ForEach::Policies': [Name, !ImportValue names, {'P${Name}': {Type: AWS::IAM::RolePolicy, Properties: {RoleName: !Ref R, PolicyName: p}}}]
";
        let role = &rows("loop", "AWS::IAM::Role", resources)["R"];
        assert!(role.properties.at("_Derived.Policy.AllowsFullAdmin").unwrap().is_unknown());
        assert_eq!(attached(role), Vec::<&Value>::new(), "the loop makes no managed policies");
    }

    #[test]
    fn what_a_template_leaves_open_is_no_default() {
        let rows = rows(
            "undecided",
            "AWS::RDS::DBInstance",
            r"
  Plain: {Type: AWS::RDS::DBInstance, Properties: {Engine: mysql}}
  Restored: {Type: AWS::RDS::DBInstance, Properties: {DBSnapshotIdentifier: s, MultiAZ: true}}
  Stated: {Type: AWS::RDS::DBInstance, Properties: {DBSnapshotIdentifier: s, StorageEncrypted: true}}
  Perhaps: {Type: AWS::RDS::DBInstance, Properties: {DBSnapshotIdentifier: !ImportValue s}}
",
        );
        let cause = |id: &str, path: &str| match rows[id].properties.at(path) {
            Some(Value::Unknown(cause)) => cause.to_string(),
            other => format!("{other:?}"),
        };
        assert_eq!(rows["Plain"].properties.at("StorageEncrypted"), Some(&Value::Bool(false)));
        assert!(cause("Plain", "PubliclyAccessible").starts_with("not in this source: "), "{}", cause("Plain", "PubliclyAccessible"));
        assert!(cause("Restored", "StorageEncrypted").ends_with("(`DBSnapshotIdentifier`)"));
        assert!(rows["Restored"].defaulted.iter().all(|default| &*default.path != "StorageEncrypted"));
        assert_eq!(rows["Stated"].properties.at("StorageEncrypted"), Some(&Value::Bool(true)));
        assert!(cause("Perhaps", "Engine").starts_with("unresolved reference: `DBSnapshotIdentifier` may be set: "));
    }
}
