//! Rows of an account as `partywall-iam` takes them: its identities, and the policies and tags of its resources.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use partywall_catalog::{Catalog, Derive, ResourceType};
use partywall_iam::account::{Account, AccountError, Given, GivenResource};
use partywall_iam::reference;
use partywall_model::{Cause, CauseKind, Listing, Resource, SourceKind, Value};

use super::details::{Place, Scope, live_arn, places, read};
use super::{TYPES, gap};
use crate::complete::partition_of;
use crate::defaults::Lookup;
use crate::derive::Inputs;
use crate::store::Store;

/// The derive function whose input is the policy of a resource.
const OF_POLICY: &str = "external-access";

/// Why rows are no account.
#[derive(Debug, thiserror::Error)]
pub enum NoAccount {
    /// Templates alone, or nothing.
    #[error("holds no users and roles of an account; give a snapshot, an AWS Config recording, or saved answers with them")]
    Nobody,
    /// More than one.
    #[error("holds the accounts {}; say which one with --account-id", .0.join(", "))]
    Several(Vec<String>),
    /// Not the one asked for.
    #[error("holds no users and roles of account `{0}`, but those of {list}", list = .1.join(", "))]
    Other(String, Vec<String>),
    /// The rows do not hold together.
    #[error(transparent)]
    Account(#[from] AccountError),
}

/// The account that rows of a snapshot, of AWS Config or of saved answers show; of templates there is none.
///
/// `account` says which one where there are several, `listed` what was listed whole. `given` is what is known besides, and goes first.
///
/// # Errors
/// [`NoAccount`].
pub fn account(
    catalog: &Catalog,
    rows: &[Arc<Resource>],
    listed: &BTreeSet<Listing>,
    account: Option<&str>,
    mut given: Given,
) -> Result<Account, NoAccount> {
    let mut store = Store::default();
    let live = || rows.iter().filter(|row| row.source.kind != SourceKind::CloudFormation);
    for row in live().filter(|row| TYPES.contains(&&*row.resource_type) || &*row.resource_type == super::details::MANAGED_POLICY) {
        store.add(catalog, Resource::clone(row));
    }
    let (scope, places) = choose(places(&store), account)?;
    given.gaps.extend(gap(&scope, listed));
    for row in live().filter(|row| row.account.as_deref().is_none_or(|of| of == &*scope.account) && !row.stub) {
        let Some(resource_type) = catalog.resource_type(&row.resource_type) else { continue };
        if let Some(arn) = live_arn(row).filter(|arn| arn.starts_with("arn:")) {
            given.resources.entry(arn.to_owned()).or_insert_with(|| resource(row, arn, &resource_type));
        }
    }
    for listing in listed.iter().filter(|listing| listing.account.as_deref() == Some(&scope.account)) {
        let resource_type = catalog.resource_type(&listing.resource_type);
        given.listed.extend(resource_type.and_then(|of| beginning(&of, &scope.account, listing.region.as_deref())));
    }
    Ok(Account::of(&read(&store, &scope, &places), &given)?)
}

/// The account asked for. Where APIs and AWS Config show the same one, the APIs tell more of it.
fn choose(mut found: BTreeMap<Scope, Vec<Place>>, account: Option<&str>) -> Result<(Scope, Vec<Place>), NoAccount> {
    let names: BTreeSet<Arc<str>> = found.keys().map(|scope| scope.account.clone()).collect();
    let listed = || names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let wanted = match (account, names.first(), names.len()) {
        (_, None, _) => return Err(NoAccount::Nobody),
        (None, Some(only), 1) => only.clone(),
        (None, ..) => return Err(NoAccount::Several(listed())),
        (Some(account), ..) => names.get(account).cloned().ok_or_else(|| NoAccount::Other(account.to_owned(), listed()))?,
    };
    let of_kind = |kind| found.keys().find(|scope| scope.kind == kind && scope.account == wanted).cloned();
    let scope = of_kind(SourceKind::Api).or_else(|| of_kind(SourceKind::Config)).ok_or(NoAccount::Nobody)?;
    let places = found.remove(&scope).unwrap_or_default();
    Ok((scope, places))
}

fn of_policy(resource_type: &ResourceType) -> Option<&Derive> {
    resource_type.derives.iter().find(|derive| derive.function == OF_POLICY)
}

fn resource(row: &Resource, arn: &str, resource_type: &ResourceType) -> GivenResource {
    let (lookup, blind) = (Lookup::default(), resource_type.blind_paths(row.source.kind));
    let policy = match of_policy(resource_type) {
        // What a role trusts is asked of the role itself, and only of taking it on.
        _ if TYPES.contains(&&*resource_type.name) => None,
        Some(derive) => {
            let inputs = Inputs { row, resource_type, derive, lookup: &lookup, blind: &blind };
            inputs.inputs().map(|(_, value)| value).find_map(|value| match value {
                Value::Null => None,
                // Most have one; several are one list, which is no document and so not known.
                Value::List(list) if list.len() < 2 => list.into_iter().next(),
                other => Some(other),
            })
        }
        None if may_have_policies(arn) => {
            let detail = format!("the policy of `{arn}`: of such resources none is read");
            Some(Value::unknown(Cause::new(CauseKind::NotLooked, detail)))
        }
        None => None,
    };
    let tags = resource_type.tags_path().filter(|path| !blind.iter().any(|blind| &**blind == *path));
    GivenResource { policy, tags: tags.and_then(|path| tags_of(row.properties.at(path))) }
}

fn may_have_policies(arn: &str) -> bool {
    let service = arn.split(':').nth(2).unwrap_or_default();
    reference().map_or(true, |reference| reference.lists().have_resource_policies(service))
}

/// All tags; `None` if one is not known.
fn tags_of(value: Option<&Value>) -> Option<Vec<(String, String)>> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    match value {
        None | Some(Value::Null) => Some(Vec::new()),
        Some(Value::List(tags)) => tags.iter().map(|tag| Some((text(tag.at("Key")?)?, text(tag.at("Value")?)?))).collect(),
        Some(Value::Map(tags)) => tags.iter().map(|(key, value)| Some((key.to_string(), text(value)?))).collect(),
        Some(_) => None,
    }
}

/// With what the ARNs of a type begin that was listed whole, if the type tells the policies of its resources.
fn beginning(resource_type: &ResourceType, account: &str, region: Option<&str>) -> Option<String> {
    of_policy(resource_type)?;
    let region = region?;
    let filled = resource_type.arn.as_deref()?.replace("{partition}", partition_of(region)).replace("{account}", account);
    let arn = if region == "global" { filled } else { filled.replace("{region}", region) };
    let (fixed, _) = arn.split_once('{')?;
    (fixed.matches(':').count() >= 5).then(|| fixed.to_owned())
}
