//! Facts about users and roles that follow from all identities of their account together (derive function `identity-facts`): who is
//! administrator, whatever the policies are called, and who can become one.

mod account;
mod details;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use partywall_catalog::Column;
use partywall_iam::account::{Account, Escalations, Given, Path, Reaches, Target};
use partywall_model::{Cause, CauseKind, Key, Listing, SourceKind, Value};

use crate::store::Store;
pub use account::{NoAccount, account};
use details::{Place, Scope, places, read};

/// The name of the derive function.
pub(crate) const FUNCTION: &str = "identity-facts";

/// What of an account makes who can become administrator.
const TYPES: [&str; 3] = ["AWS::IAM::User", "AWS::IAM::Role", "AWS::IAM::Group"];

/// Its columns.
pub(crate) fn columns() -> Column {
    let reaches = Reaches::built_in().map(|table| table.sets.as_slice()).unwrap_or_default();
    let members = [("IsAdmin", Column::Bool), ("CanBecomeAdmin", Column::Bool), ("EscalationPath", Column::Str)];
    let all = members.into_iter().chain(reaches.iter().map(|reach| (&*reach.column, Column::Bool)));
    Column::Struct(all.map(|(name, column)| (Arc::from(name), column)).collect())
}

/// Computes the facts at a path of the users and roles, account by account and template by template.
pub(crate) fn apply(store: &mut Store, path: &str, listed: &BTreeSet<Listing>) {
    for (scope, places) in places(store) {
        let gap = gap(&scope, listed);
        let facts = facts(store, &scope, &places, gap.as_ref());
        for (place, value) in places.iter().zip(facts) {
            if let Some(row) = store.types.get_mut(place.resource_type).and_then(|rows| rows.rows.get_mut(place.row)) {
                row.properties.set_at(path, value);
            }
        }
    }
}

/// Why there may be identities that the input does not show: through each a way may lead.
fn gap(scope: &Scope, listed: &BTreeSet<Listing>) -> Option<Cause> {
    if scope.kind == SourceKind::CloudFormation {
        return Some(Cause::new(CauseKind::NotInSource, "a template does not show the other users and roles of its account"));
    }
    let has = |wanted: &str| {
        listed.iter().any(|listing| {
            let same = listing.account.as_deref().is_none_or(|account| account == &*scope.account);
            &*listing.resource_type == wanted && same
        })
    };
    let missing = TYPES.iter().find(|name| !has(name))?;
    // AWS Config tells what it recorded, never that this is all; the APIs list everything, if they are asked and may answer.
    let kind = if scope.kind == SourceKind::Config { CauseKind::NotInSource } else { CauseKind::NotLooked };
    Some(Cause::new(kind, format!("whether there is further `{missing}` is not in the input")))
}

fn facts(store: &Store, scope: &Scope, places: &[Place], gap: Option<&Cause>) -> Vec<Value> {
    let found = Account::of(&read(store, scope, places), &Given::default())
        .and_then(|account| Ok((Reaches::built_in()?, account.escalations()?, account.reaches()?, account)));
    let (table, ways, reached, account) = match found {
        Ok(found) => found,
        Err(error) => {
            let cause = Value::unknown(Cause::new(CauseKind::WrongType, error.to_string()));
            return places.iter().map(|_| cause.clone()).collect();
        }
    };
    let answers = Answers::of(&ways, gap);
    let all = reached.into_iter().enumerate().map(|(number, reached)| {
        let reached = table.sets.iter().zip(reached).map(|(reach, answer)| (Arc::from(&*reach.column), answer.to_value()));
        Value::Map(answers.facts(&account, number).into_iter().chain(reached).collect())
    });
    all.collect()
}

/// What was found, by number of the user or role.
struct Answers<'f> {
    admins: HashMap<usize, Option<&'f Arc<Cause>>>,
    paths: HashMap<usize, &'f Path>,
    undecided: BTreeMap<usize, &'f Arc<Cause>>,
    /// Why ways may be missing.
    open: Option<Cause>,
}

impl<'f> Answers<'f> {
    fn of(found: &'f Escalations, gap: Option<&Cause>) -> Self {
        let cut =
            (!found.is_complete).then(|| Cause::new(CauseKind::NotLooked, "the search for ways to administrator stopped at its limit"));
        Self {
            admins: found.admins.iter().map(|admin| (admin.principal, admin.depends.as_ref())).collect(),
            paths: found.paths.iter().map(|path| (path.principal, path)).collect(),
            undecided: found.undecided.iter().map(|(number, detail)| (*number, detail)).collect(),
            open: gap.cloned().or(cut),
        }
    }

    fn facts(&self, account: &Account, number: usize) -> [(Key, Value); 3] {
        let not_known = |cause: &Arc<Cause>| Value::Unknown(Arc::clone(cause));
        let undecided = self.undecided.get(&number).copied();
        let is_admin = match (self.admins.get(&number), undecided) {
            (Some(None), _) => Value::Bool(true),
            (Some(Some(cause)), _) => not_known(cause),
            (None, Some(cause)) => not_known(cause),
            (None, None) => Value::Bool(false),
        };
        if is_admin == Value::Bool(true) {
            return whole(is_admin, Value::Bool(false), Value::Null);
        }
        let (can, path) = match (self.paths.get(&number), undecided, &self.open) {
            (Some(path), ..) if path.certain => (Value::Bool(true), Value::str(words(account, path))),
            (Some(path), ..) => {
                let depends: Vec<&str> = path.steps.iter().flat_map(|step| &step.depends).map(String::as_str).collect();
                let detail = format!("{}: depends on {}", words(account, path), depends.join("; "));
                let cause = Value::unknown(Cause::new(self.kind_of(path), detail));
                (cause.clone(), cause)
            }
            (None, Some(cause), _) => (not_known(cause), not_known(cause)),
            (None, None, Some(cause)) => (Value::unknown(cause.clone()), Value::unknown(cause.clone())),
            (None, None, None) => (Value::Bool(false), Value::Null),
        };
        whole(is_admin, can, path)
    }

    /// Why a path is only possible: somebody on it has a policy that nobody read, or what it needs no source of this kind shows.
    fn kind_of(&self, path: &Path) -> CauseKind {
        let on_it = path.steps.iter().flat_map(|step| {
            let to = if let Target::Principal(to) = step.to { Some(to) } else { None };
            std::iter::once(step.from).chain(to)
        });
        on_it.filter_map(|number| self.undecided.get(&number)).map(|cause| cause.kind).next().unwrap_or(CauseKind::NotInSource)
    }
}

fn whole(is_admin: Value, can_become: Value, path: Value) -> [(Key, Value); 3] {
    [(Key::from("IsAdmin"), is_admin), (Key::from("CanBecomeAdmin"), can_become), (Key::from("EscalationPath"), path)]
}

/// The steps in one line.
fn words(account: &Account, path: &Path) -> String {
    let steps = path.steps.iter().map(|step| {
        let to = match step.to {
            Target::Admin => "all rights".to_owned(),
            Target::Principal(number) => {
                account.principals().get(number).map_or_else(String::new, |of| format!("the rights of {} {}", of.kind.name(), of.name))
            }
        };
        format!("{} [{}] for {to}", step.title, step.rule)
    });
    steps.collect::<Vec<_>>().join(", then ")
}
