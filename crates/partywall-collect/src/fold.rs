use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use partywall_catalog::{Catalog, Fold, ResourceType};
use partywall_model::{Cause, CauseKind, Gap, Resource, Satellite, SourceKind, Value};

use crate::defaults::Scope;
use crate::redact::redact;
use crate::store::Store;

mod named;

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
    parent: Option<Box<str>>,
    /// False if the parent may be of another type.
    of_this_type: bool,
    value: Value,
    satellite: Satellite,
    account: Option<Arc<str>>,
    region: Option<Arc<str>>,
    source: Arc<partywall_model::Source>,
    cause: Option<Arc<Cause>>,
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
    let declared = declared(store, &pieces);
    let mut names: HashMap<Box<str>, Vec<usize>> = HashMap::new();
    if let Some(rows) = store.types.get(&parent.name) {
        for (place, row) in rows.rows.iter().enumerate() {
            let mut add = |name: &str| {
                let places = names.entry(Box::from(name)).or_default();
                if places.last() != Some(&place) {
                    places.push(place);
                }
            };
            add(&row.id);
            if let Some(logical) = &row.logical_id {
                add(&format!("{{{logical}}}"));
            }
            if let Some(name) = &row.name {
                add(name);
            }
            if let Some(arn) = &row.arn {
                add(arn);
            }
        }
    }
    for piece in pieces {
        match &piece.parent {
            Some(name) => {
                let key = bare_symbol(name);
                let found = names.get(&key).into_iter().flatten().copied().find(|place| {
                    let row = store.types.get(&parent.name).and_then(|rows| rows.rows.get(*place));
                    row.is_some_and(|row| same_place(&piece.scope, &Scope::of(row)))
                });
                let place = match found {
                    Some(place) => place,
                    None if !piece.of_this_type || is_of_another_type(parent, &piece, &key, &declared) => continue,
                    None => match add_stub(store, catalog, parent, &piece, &key) {
                        Some(place) => {
                            names.entry(key).or_default().push(place);
                            place
                        }
                        None => continue,
                    },
                };
                if let Some(row) = store.types.get_mut(&parent.name).and_then(|rows| rows.rows.get_mut(place)) {
                    put(row, fold, piece.value, Some(piece.satellite));
                }
            }
            None => {
                // Nobody knows whose it is, so every parent there may have it.
                let Some(cause) = piece.cause.clone() else { continue };
                let mut anyone = false;
                for row in store.types.get_mut(&parent.name).into_iter().flat_map(|rows| &mut rows.rows) {
                    if same_place(&piece.scope, &Scope::of(row)) {
                        anyone = true;
                        make_incomplete(row, fold, &cause);
                    }
                }
                // Without any parent to blame, what the satellite says would be lost: it gets a parent of its own.
                if !anyone && piece.of_this_type {
                    let name = format!("parent of {}", piece.satellite.id);
                    let place = add_stub(store, catalog, parent, &piece, &name);
                    let row = place.and_then(|place| store.types.get_mut(&parent.name)?.rows.get_mut(place));
                    if let Some(row) = row {
                        put(row, fold, piece.value, Some(piece.satellite));
                    }
                }
            }
        }
    }
}

/// `{Bucket.Arn}` and `{Bucket}` are the same bucket.
fn bare_symbol(name: &str) -> Box<str> {
    match name.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        Some(inner) => format!("{{{}}}", inner.split('.').next().unwrap_or(inner)).into(),
        None => Box::from(name),
    }
}

fn same_place(satellite: &Scope, parent: &Scope) -> bool {
    satellite == parent || parent.serves(satellite) || satellite.serves(parent)
}

/// The logical ids that pieces name as parents, with the types under which their templates declare them.
fn declared(store: &Store, pieces: &[Piece]) -> HashMap<(Scope, Box<str>), Arc<str>> {
    let wanted: HashSet<&str> = pieces
        .iter()
        .filter_map(|piece| piece.parent.as_deref())
        .filter_map(|name| name.strip_prefix('{')?.split(['.', '}']).next())
        .collect();
    if wanted.is_empty() {
        return HashMap::new();
    }
    let rows = store.types.values().flat_map(|rows| &rows.rows);
    let known = rows.filter_map(|row| Some((row, row.logical_id.as_deref().filter(|id| wanted.contains(id))?)));
    known.map(|(row, id)| ((Scope::of(row), Box::from(id)), row.resource_type.clone())).collect()
}

/// True if a parent that is not among its type's rows is something else: declared in the template as another type, or an ARN of another service.
fn is_of_another_type(parent: &ResourceType, piece: &Piece, name: &str, declared: &HashMap<(Scope, Box<str>), Arc<str>>) -> bool {
    let bare = name.trim_matches(['{', '}']);
    if declared.get(&(piece.scope.clone(), Box::from(bare))).is_some_and(|known| *known != parent.name) {
        return true;
    }
    let service = |arn: &str| arn.strip_prefix("arn:").and_then(|rest| rest.split(':').nth(1)).map(ToOwned::to_owned);
    let own = parent.arn.as_deref().and_then(service);
    own.is_some() && service(name).is_some_and(|other| Some(other) != own)
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
    let mut parents: Vec<Result<Box<str>, Arc<Cause>>> = Vec::new();
    for name in fold.key.names() {
        match row.properties.at(name) {
            Some(Value::Str(text)) => parents.push(Ok(text.clone())),
            Some(Value::List(items)) => {
                for item in items {
                    match item {
                        Value::Str(text) => parents.push(Ok(text.clone())),
                        Value::Unknown(cause) => parents.push(Err(cause.clone())),
                        _ => {}
                    }
                }
            }
            Some(Value::Unknown(cause)) => parents.push(Err(cause.clone())),
            _ => {}
        }
    }
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
            cause: parent.as_ref().err().cloned(),
            parent: parent.ok(),
            value: value.clone(),
            satellite: satellite(row, fold),
            account: row.account.clone(),
            region: row.region.clone(),
            source: row.source.clone(),
        })
        .collect()
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
fn add_stub(store: &mut Store, catalog: &Catalog, parent: &Arc<ResourceType>, piece: &Piece, name: &str) -> Option<usize> {
    let bare = name.trim_matches(['{', '}']);
    let mut stub = Resource::new(parent.name.clone(), bare, piece.source.clone());
    stub.account.clone_from(&piece.account);
    stub.region.clone_from(&piece.region);
    stub.location.clone_from(&piece.satellite.location);
    stub.stub = true;
    if piece.source.kind == SourceKind::CloudFormation && name.starts_with('{') {
        stub.logical_id = Some(Arc::from(bare));
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
