use std::collections::HashMap;
use std::sync::Arc;

use partywall_catalog::{DefaultOn, ResourceType, to_value};
use partywall_model::{Cause, CauseKind, Defaulted, Resource, SourceKind, Value};

/// Facts of single rows that defaults and derive functions of other types read: by type, then by scope.
#[derive(Debug, Default)]
pub(crate) struct Lookup {
    rows: HashMap<Arc<str>, Vec<(Scope, Value)>>,
}

/// Where a row counts: one template, or one account and region.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Scope {
    Template(Arc<str>),
    Live(Option<Arc<str>>, Option<Arc<str>>),
}

impl Scope {
    pub(crate) fn of(row: &Resource) -> Self {
        match row.source.kind {
            SourceKind::CloudFormation => Self::Template(row.source.file.clone()),
            SourceKind::Config | SourceKind::Api => Self::Live(row.account.clone(), row.region.clone()),
        }
    }

    /// A global row serves all regions of its account.
    pub(crate) fn serves(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Template(a), Self::Template(b)) => a == b,
            (Self::Live(account, region), Self::Live(other_account, other_region)) => {
                account == other_account && (region == other_region || region.as_deref().is_none_or(|region| region == "global"))
            }
            _ => false,
        }
    }
}

impl Lookup {
    pub(crate) fn add(&mut self, row: &Resource) {
        self.rows.entry(row.resource_type.clone()).or_default().push((Scope::of(row), row.properties.clone()));
    }

    pub(crate) fn find(&self, resource_type: &str, scope: &Scope) -> Option<&Value> {
        self.rows.get(resource_type)?.iter().find(|(known, _)| known.serves(scope)).map(|(_, value)| value)
    }
}

/// Makes unknown what a template does not set and leaves to something else, such as the snapshot that a database is restored from.
fn leave_undecided(row: &mut Resource, resource_type: &ResourceType) {
    for undecided in &resource_type.undecided {
        let deciders = || {
            undecided
                .when
                .iter()
                .filter_map(|path| Some((path, row.properties.at(path).filter(|value| !value.is_null() && value.as_str() != Some(""))?)))
        };
        // A decider that is set says for certain whose the choice is; one that may be set says so only if the user helps.
        let cause = match deciders().find(|(_, value)| !value.is_unknown()).or_else(|| deciders().next()) {
            None if undecided.when.is_empty() => Cause::new(CauseKind::NotInSource, &*undecided.note),
            None => continue,
            Some((path, Value::Unknown(cause))) => Cause::new(cause.kind, format!("`{path}` may be set: {}", cause.detail)),
            Some((path, _)) => Cause::new(CauseKind::NotInSource, format!("{} (`{path}`)", undecided.note)),
        };
        let cause = Arc::new(cause);
        for path in &undecided.paths {
            if row.properties.at(path).is_none_or(Value::is_null) {
                row.properties.set_at(path, Value::Unknown(cause.clone()));
            }
        }
    }
}

/// Puts AWS's dated defaults where nobody set anything. A default never fills an unknown, nor a member of an absent parent.
pub(crate) fn apply(row: &mut Resource, resource_type: &ResourceType, lookup: &Lookup) {
    if row.stub {
        return;
    }
    let on = match row.source.kind {
        SourceKind::CloudFormation => DefaultOn::Create,
        SourceKind::Config | SourceKind::Api => DefaultOn::Read,
    };
    if on == DefaultOn::Create {
        leave_undecided(row, resource_type);
    }
    // What a source never shows is not what "none" means in it. Answers of the APIs own what they tell, so that theirs is.
    let blind = if row.source.kind == SourceKind::Config { resource_type.blind_paths(SourceKind::Config) } else { Vec::new() };
    let never_shown =
        |path: &str| blind.iter().any(|blind| path.strip_prefix(&**blind).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')));
    for default in resource_type.defaults.iter().filter(|default| default.on == on && !never_shown(&default.path)) {
        if row.properties.at(&default.path).is_some_and(|value| !value.is_null()) {
            continue;
        }
        if let Some((parent, _)) = default.path.rsplit_once('.')
            && !matches!(row.properties.at(parent), Some(Value::Map(_)))
        {
            continue;
        }
        let value = match (&default.value, &default.depends_on) {
            (Some(value), _) => to_value(value),
            (None, Some(depends)) => {
                let scope = Scope::of(row);
                match lookup.find(&depends.resource_type, &scope) {
                    Some(other) => other.at(&depends.path).cloned().unwrap_or_default(),
                    None => Value::unknown(Cause::new(
                        CauseKind::MissingRow,
                        format!("the default depends on `{}`, which is not in the input", depends.resource_type),
                    )),
                }
            }
            (None, None) => continue,
        };
        if !value.is_unknown() {
            row.defaulted.push(Defaulted { path: default.path.clone(), note: default.note.clone() });
        }
        row.properties.set_at(&default.path, value);
    }
}
