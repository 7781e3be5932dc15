//! Satellites are folded into their parents: a bucket policy into its bucket, a rule into its security group.

use std::sync::Arc;

use partywall_catalog::{Catalog, Fold, ResourceType};
use partywall_model::{Cause, CauseKind, Condition, Gap, Resource, Satellite, SourceKind, Value};

use crate::defaults::Scope;
use crate::derive::is_dynamic;
use crate::redact::redact;
use crate::store::Store;

mod declared;
mod named;
mod names;

use declared::{Declared, is_itself};
use names::{Names, key};

/// Folds satellites into their parents, within one template or one account and region. Satellites keep their own rows.
///
/// A template's resources that could not even be listed (`gaps` without an id) may be satellites of all parents there.
pub(crate) fn fold(store: &mut Store, catalog: &Catalog, gaps: &[Gap]) {
    let unlisted: Vec<&Gap> = gaps.iter().filter(|gap| gap.id.is_none() && gap.source.kind == SourceKind::CloudFormation).collect();
    let rules: Vec<(Arc<ResourceType>, Fold)> =
        catalog.types.values().flat_map(|parent| parent.folds.iter().map(|fold| (parent.clone(), fold.clone()))).collect();
    for (parent, fold) in rules {
        match &fold.named_by {
            Some(named_by) => named::apply(store, &parent, &fold, named_by),
            None if store.types.contains_key(&fold.from) => apply(store, catalog, &parent, &fold),
            None => {}
        }
        for gap in unlisted.iter().filter(|gap| gap.resource_type.is_empty() || gap.resource_type == fold.from) {
            let rows = store.types.get_mut(&parent.name).into_iter().flat_map(|rows| &mut rows.rows);
            for row in rows.filter(|row| !row.stub && row.source == gap.source) {
                make_incomplete(row, &fold, &gap.cause);
            }
        }
    }
}

/// What a satellite says about one parent.
struct Piece {
    scope: Scope,
    /// As the satellite names it, or why that is not known.
    parent: Result<Box<str>, Arc<Cause>>,
    /// False if the parent may be of another type.
    of_this_type: bool,
    value: Value,
    satellite: Satellite,
    condition: Option<Condition>,
    account: Option<Arc<str>>,
    region: Option<Arc<str>>,
    source: Arc<partywall_model::Source>,
}

fn apply(store: &mut Store, catalog: &Catalog, parent: &Arc<ResourceType>, fold: &Fold) {
    let pieces: Vec<Piece> = match store.types.get(&fold.from) {
        Some(satellites) => {
            let secrets = &satellites.resource_type.secrets;
            satellites.rows.iter().flat_map(|row| pieces(row, fold, secrets)).collect()
        }
        None => return,
    };
    if pieces.is_empty() {
        return;
    }
    let declared = Declared::of(store, &pieces, fold);
    let mut names = store.types.get(&parent.name).map(Names::of).unwrap_or_default();
    for piece in pieces {
        let name = match &piece.parent {
            Ok(name) => declared.followed(&piece.scope, name, parent).unwrap_or(name),
            Err(cause) => {
                may_be_anyones(store, catalog, parent, fold, &piece, cause);
                continue;
            }
        };
        let here = |place: usize| {
            let row = store.types.get(&parent.name).and_then(|rows| rows.rows.get(place));
            row.is_some_and(|row| same_place(&piece.scope, &Scope::of(row)))
        };
        let key = key(name);
        let mut places: Vec<usize> = names.find(&key).into_iter().filter(|place| here(*place)).collect();
        if piece.source.kind != SourceKind::CloudFormation {
            places.truncate(1);
        }
        if places.is_empty() {
            if !piece.of_this_type || declared.is_of_another_type(catalog, parent, fold, &piece, name) {
                continue;
            }
            if piece.source.kind == SourceKind::CloudFormation {
                let why = Arc::new(Cause::new(CauseKind::UnresolvedReference, format!("`{name}` may be its name")));
                for place in names.may_find(&key, &piece.source.file) {
                    if let Some(row) = store.types.get_mut(&parent.name).and_then(|rows| rows.rows.get_mut(place)) {
                        make_incomplete(row, fold, &why);
                    }
                }
            }
            let condition = declared.condition(&piece.scope, name);
            match add_stub(store, catalog, parent, &piece, name, condition) {
                Some(place) => {
                    names.add(key, place);
                    places.push(place);
                }
                None => continue,
            }
        }
        for place in places {
            if let Some(row) = store.types.get_mut(&parent.name).and_then(|rows| rows.rows.get_mut(place)) {
                put(row, fold, piece.value_for(row), Some(piece.satellite.clone()));
            }
        }
    }
}

/// Nobody knows whose a satellite is, so every parent there may have it.
fn may_be_anyones(store: &mut Store, catalog: &Catalog, parent: &Arc<ResourceType>, fold: &Fold, piece: &Piece, cause: &Arc<Cause>) {
    let mut anyone = false;
    for row in store.types.get_mut(&parent.name).into_iter().flat_map(|rows| &mut rows.rows) {
        if same_place(&piece.scope, &Scope::of(row)) {
            anyone = true;
            make_incomplete(row, fold, cause);
        }
    }
    // Without any parent to blame, what the satellite says would be lost: it gets a parent of its own.
    if !anyone && piece.of_this_type {
        let name = format!("parent of {}", piece.satellite.id);
        let place = add_stub(store, catalog, parent, piece, &name, None);
        let row = place.and_then(|place| store.types.get_mut(&parent.name)?.rows.get_mut(place));
        if let Some(row) = row {
            put(row, fold, piece.value_for(row), Some(piece.satellite.clone()));
        }
    }
}

impl Piece {
    /// What the satellite says of this parent: nothing is certain if it may not exist where the parent does.
    fn value_for(&self, row: &Resource) -> Value {
        match &self.condition {
            Some(condition) if row.condition.as_ref().is_none_or(|own| own.name != condition.name) => {
                let detail = format!("`{}` may not exist: {}", self.satellite.id, condition.cause.detail);
                Value::unknown(Cause::new(condition.cause.kind, detail))
            }
            _ => self.value.clone(),
        }
    }
}

fn same_place(satellite: &Scope, parent: &Scope) -> bool {
    satellite == parent || parent.serves(satellite) || satellite.serves(parent)
}

fn pieces(row: &Resource, fold: &Fold, secrets: &[Arc<str>]) -> Vec<Piece> {
    let mut of_this_type = true;
    for (path, wanted) in &fold.when {
        match row.properties.at(path) {
            Some(Value::Str(text)) if **text == **wanted => {}
            Some(Value::Null | Value::Unknown(_)) | None => of_this_type = false,
            Some(_) => return Vec::new(),
        }
    }
    let value = match &fold.value {
        Some(path) => row.properties.at(path).cloned().unwrap_or_default(),
        None => {
            let mut all = row.properties.clone();
            redact(&mut all, secrets);
            all
        }
    };
    let named = fold.key.names().iter().filter_map(|name| row.properties.at(name));
    let each = named.flat_map(|value| value.as_list().unwrap_or(std::slice::from_ref(value)));
    let mut parents: Vec<Result<Box<str>, Arc<Cause>>> = each.filter_map(|value| named_parent(row, value)).collect();
    if row.stub && parents.is_empty() {
        // What it says and whom it belongs to could not be read: it may be anyone's.
        let detail = format!("the properties of `{}` could not be read", row.id);
        parents.push(Err(Arc::new(Cause::new(CauseKind::UnresolvedReference, detail))));
    }
    parents
        .into_iter()
        .map(|parent| Piece {
            scope: Scope::of(row),
            of_this_type,
            parent,
            value: value.clone(),
            satellite: satellite(row, fold),
            condition: row.condition.clone(),
            account: row.account.clone(),
            region: row.region.clone(),
            source: row.source.clone(),
        })
        .collect()
}

/// How a satellite names one parent; `None` if it does not.
fn named_parent(row: &Resource, value: &Value) -> Option<Result<Box<str>, Arc<Cause>>> {
    match value {
        Value::Str(text) if row.source.kind == SourceKind::CloudFormation && is_dynamic(text) => {
            let detail = format!("`{text}` is resolved at deployment");
            Some(Err(Arc::new(Cause::new(CauseKind::UnresolvedReference, detail))))
        }
        Value::Str(text) => Some(Ok(text.clone())),
        Value::Int(number) => Some(Ok(number.to_string().into())),
        Value::Unknown(cause) => Some(Err(cause.clone())),
        _ => None,
    }
}

fn satellite(row: &Resource, fold: &Fold) -> Satellite {
    Satellite {
        path: fold.into.clone(),
        resource_type: row.resource_type.clone(),
        id: row.logical_id.clone().unwrap_or_else(|| row.id.clone()),
        location: row.position(fold.value.as_deref().unwrap_or("")).or_else(|| row.location.clone()),
    }
}

/// A parent that is not in the input: only what its satellites say is known of it.
fn add_stub(
    store: &mut Store,
    catalog: &Catalog,
    parent: &Arc<ResourceType>,
    piece: &Piece,
    name: &str,
    condition: Option<Condition>,
) -> Option<usize> {
    let symbol = key(name);
    let symbol = symbol.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).filter(|rest| !rest.contains(['{', '}', ':']));
    let bare = match symbol {
        Some(symbol) if is_itself(name) => symbol,
        _ => name.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).filter(|rest| !rest.contains(['{', '}'])).unwrap_or(name),
    };
    let mut stub = Resource::new(parent.name.clone(), bare, piece.source.clone());
    let same_word = |row: &Resource| row.logical_id.as_deref() == Some(bare) && *row.id == *bare && Scope::of(row) == piece.scope;
    if symbol != Some(bare) && store.types.get(&parent.name).is_some_and(|rows| rows.rows.iter().any(same_word)) {
        // The template calls another resource so, and ids tell results apart.
        stub.id = format!("{bare} (by name)").into();
        stub.name = Some(Arc::from(bare));
    }
    stub.account.clone_from(&piece.account);
    stub.region.clone_from(&piece.region);
    stub.location.clone_from(&piece.satellite.location);
    stub.stub = true;
    stub.condition = condition;
    if piece.source.kind == SourceKind::CloudFormation {
        stub.logical_id = symbol.filter(|symbol| *symbol == bare).map(Arc::from);
    }
    store.add(catalog, stub).map(|(_, place)| place)
}

/// Puts what a satellite says into its parent, with where it says so.
fn put(row: &mut Resource, fold: &Fold, value: Value, satellite: Option<Satellite>) {
    let mut satellite = satellite;
    let old = row.properties.at(&fold.into).cloned().unwrap_or_default();
    let value = if fold.append {
        let mut items = match old {
            Value::List(items) => items,
            Value::Null => Vec::new(),
            // A list that is unknown as a whole stays incomplete: the unknown becomes one of its elements.
            other => vec![other],
        };
        if let Some(satellite) = &mut satellite {
            satellite.path = Arc::from(format!("{}[{}]", fold.into, items.len()));
        }
        items.push(value);
        Value::List(items)
    } else {
        match old {
            Value::Null => value,
            other => Value::List(vec![other, value]),
        }
    };
    if matches!(row.properties.at(&fold.into), Some(Value::Unknown(_) | Value::Null) | None) {
        replace_at(&mut row.properties, &fold.into, value);
    } else {
        row.properties.set_at(&fold.into, value);
    }
    row.satellites.extend(satellite);
}

fn make_incomplete(row: &mut Resource, fold: &Fold, cause: &Arc<Cause>) {
    let why = Arc::new(Cause::new(
        CauseKind::UnresolvedReference,
        format!("a `{}` of an unresolved parent may belong here: {}", fold.from, cause.detail),
    ));
    let value = match row.properties.at(&fold.into) {
        Some(Value::List(items)) if items.iter().any(Value::is_unknown) => return,
        Some(Value::List(items)) if fold.append => {
            let mut items = items.clone();
            items.push(Value::Unknown(why));
            Value::List(items)
        }
        Some(Value::Unknown(_)) => return,
        _ if fold.append => Value::List(vec![Value::Unknown(why)]),
        Some(value) if !value.is_null() => Value::List(vec![value.clone(), Value::Unknown(why)]),
        _ => Value::Unknown(why),
    };
    replace_at(&mut row.properties, &fold.into, value);
}

/// As [`Value::set_at`], but also where the path itself is unknown.
fn replace_at(properties: &mut Value, path: &str, value: Value) {
    match path.rsplit_once('.') {
        None => properties.set(path, value),
        Some((parent, name)) => {
            let mut holder = match properties.at(parent) {
                Some(map @ Value::Map(_)) => map.clone(),
                Some(Value::Unknown(_)) => return,
                _ => Value::Map(Vec::new()),
            };
            holder.set(name, value);
            properties.set_at(parent, holder);
        }
    }
}

#[cfg(test)]
mod tests;
