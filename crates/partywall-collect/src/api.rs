//! Answers of AWS read calls as the AWS CLI prints them: one file per operation, or per operation and resource.
//!
//! Which call an answer belongs to is read from the path (`describe-instances.json`, `get-bucket-policy/<bucket>.json`), else from its
//! members. Account and region come from ARNs, else from the path's directories. A file that holds the CLI's error line is a failed call.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;
use std::sync::Arc;

use partywall_catalog::{Catalog, Read, ResourceType};
use partywall_model::{Cause, CauseKind, Gap, Listing, Resource, Source, Value};

use crate::jq::Programs;
use crate::shape::{conform, drop_nulls, items, merge};
use crate::store::Store;

/// The call that a path names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Call {
    /// AWS CLI command, if a directory above the operation is named after one that has it.
    pub(crate) service: Option<String>,
    /// Operation in kebab case, if a directory or file is named after one.
    pub(crate) operation: Option<String>,
    /// What follows the operation: the resource that a per-resource call was made for.
    pub(crate) subject: Option<String>,
    pub(crate) account: Option<Arc<str>>,
    pub(crate) region: Option<Arc<str>>,
}

/// What the input answered: what it did not is unknown.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Type, place of the row, operation.
    reads: HashSet<(Arc<str>, usize, String)>,
    /// Type, operation, account, region of calls that were answered, also with nothing.
    calls: HashSet<(Arc<str>, String, Option<Arc<str>>, Option<Arc<str>>)>,
}

impl Seen {
    fn answered(&mut self, resource_type: &ResourceType, call: &Call) {
        if let Some(operation) = &call.operation {
            self.calls.insert((resource_type.name.clone(), operation.clone(), call.account.clone(), call.region.clone()));
        }
    }

    /// The listings that were answered. A listing of something global, or one that shows all Regions, covers the account.
    pub(crate) fn listed(&self, catalog: &Catalog) -> BTreeSet<Listing> {
        let mut listed = BTreeSet::new();
        for file in catalog.types.values() {
            let Some(listing) = file.listing() else { continue };
            let operation = kebab(&listing.operation);
            let whole = file.global || file.region.is_some();
            for (_, _, account, region) in self.calls.iter().filter(|(name, known, ..)| *name == file.name && *known == operation) {
                let region = if whole { Some(Arc::from("global")) } else { region.clone() };
                listed.insert(Listing { resource_type: file.name.clone(), account: account.clone(), region });
            }
        }
        listed
    }

    fn has_call(&self, resource_type: &str, operation: &str, account: Option<&Arc<str>>, region: Option<&Arc<str>>) -> bool {
        self.calls.iter().any(|(name, known, of_account, of_region)| {
            &**name == resource_type
                && known == operation
                && (of_account.is_none() || of_account.as_ref() == account)
                && (of_region.is_none() || of_region.as_deref() == Some("global") || of_region.as_ref() == region)
        })
    }
}

pub(crate) struct ApiReader<'a> {
    catalog: &'a Catalog,
    programs: &'a mut Programs,
    /// Operation in kebab case → the reads of types that it serves.
    operations: BTreeMap<String, Vec<(Arc<ResourceType>, Read)>>,
}

/// `DescribeDBInstances` → `describe-db-instances`, as the CLI spells it.
pub(crate) fn kebab(operation: &str) -> String {
    let letters: Vec<char> = operation.chars().collect();
    let mut out = String::new();
    for (index, letter) in letters.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|before| letters.get(before));
        let after = letters.get(index + 1);
        let starts = letter.is_ascii_uppercase()
            && before.is_some_and(|before| {
                before.is_ascii_lowercase()
                    || before.is_ascii_digit()
                    || (before.is_ascii_uppercase() && after.is_some_and(char::is_ascii_lowercase))
            });
        if starts {
            out.push('-');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

impl<'a> ApiReader<'a> {
    pub(crate) fn new(catalog: &'a Catalog, programs: &'a mut Programs) -> Self {
        let mut operations: BTreeMap<String, Vec<_>> = BTreeMap::new();
        for file in catalog.types.values() {
            for read in &file.reads {
                operations.entry(kebab(&read.operation)).or_default().push((file.clone(), read.clone()));
            }
        }
        Self { catalog, programs, operations }
    }

    /// What a path says about the call: directories for service, account and Region, then the operation, then the resource it was made for.
    /// `/` in a resource's name may be a directory of its own or `%2F`.
    pub(crate) fn call_of(&self, path: &Path) -> Call {
        let mut call = Call::default();
        let parts: Vec<String> = path.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        let last = parts.len().saturating_sub(1);
        let mut above: Vec<&str> = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            let stem = if index == last { strip_extensions(part) } else { part.as_str() };
            if self.operations.contains_key(stem) {
                call.operation = Some(stem.to_owned());
                call.subject = None;
            } else if call.operation.as_ref().is_some_and(|operation| self.has_subject(operation)) {
                let subject = call.subject.take().map_or_else(|| unescape(stem), |before| format!("{before}/{}", unescape(stem)));
                call.subject = Some(subject);
            } else if stem.len() == 12 && stem.bytes().all(|byte| byte.is_ascii_digit()) {
                call.account = Some(Arc::from(stem));
            } else if is_region(stem) || stem == "global" {
                call.region = Some(Arc::from(stem));
            } else if index == last && call.operation.is_some() {
                call.subject = Some(stem.to_owned());
            } else if let Some((operation, subject)) = stem.split_once('.')
                && self.operations.contains_key(operation)
            {
                call.operation = Some(operation.to_owned());
                call.subject = Some(unescape(subject));
            } else {
                above.push(stem);
            }
        }
        let has = |service: &str| self.reads_of(&call).iter().any(|(_, read)| read.service == service);
        call.service = above.into_iter().rev().find(|directory| has(directory)).map(ToOwned::to_owned);
        call
    }

    fn has_subject(&self, operation: &str) -> bool {
        self.operations.get(operation).is_some_and(|reads| reads.iter().any(|(_, read)| read.per.is_some()))
    }

    /// The operation whose listing has this answer's members, if exactly one does.
    pub(crate) fn guess(&self, answer: &Value) -> Option<String> {
        let mut found: Vec<&String> = Vec::new();
        for (operation, reads) in &self.operations {
            let matches = reads.iter().any(|(_, read)| {
                let first = read.items.split(['.', '[']).next().unwrap_or_default();
                read.per.is_none() && !first.is_empty() && answer.get(first).is_some()
            });
            if matches {
                found.push(operation);
            }
        }
        match found.as_slice() {
            [one] => Some((*one).clone()),
            _ => None,
        }
    }

    /// The reads that a call serves: a call made for one resource serves per-resource reads, any other the listings.
    fn reads_of(&self, call: &Call) -> Vec<(Arc<ResourceType>, Read)> {
        let mut all = call.operation.as_ref().and_then(|operation| self.operations.get(operation)).cloned().unwrap_or_default();
        if let Some(service) = &call.service {
            all.retain(|(_, read)| read.service == *service);
        }
        let wanted = |read: &Read| read.per.is_some() == call.subject.is_some();
        if all.iter().any(|(_, read)| wanted(read)) { all.into_iter().filter(|(_, read)| wanted(read)).collect() } else { all }
    }

    /// True if the call's answers must wait until all listings are in: they name their resource by something that is not its id.
    pub(crate) fn waits(&self, call: &Call) -> bool {
        call.subject.is_some() && self.reads_of(call).iter().any(|(_, read)| read.per.is_some())
    }

    /// The reads that a call serves, of one service. Where a call of that name is in several and the path names none, the answer's
    /// members or the listed resources decide; a failed listing stays a gap of all of them.
    ///
    /// # Errors
    /// Nothing decides: taking the answer for all of them would make "none" of what nobody asked.
    fn settled(&self, call: &Call, answer: Option<&Value>, store: &Store) -> Result<Vec<(Arc<ResourceType>, Read)>, String> {
        let mut reads = self.reads_of(call);
        let mut services: Vec<String> = reads.iter().map(|(_, read)| read.service.clone()).collect();
        services.sort();
        services.dedup();
        if services.len() < 2 || answer.is_none() && call.subject.is_none() {
            return Ok(reads);
        }
        reads.retain(|(resource_type, read)| match (&read.per, &call.subject) {
            (Some(per), Some(subject)) => store
                .types
                .get(&resource_type.name)
                .is_some_and(|rows| rows.rows.iter().any(|row| row.properties.at(per).and_then(Value::as_str) == Some(subject))),
            _ => {
                let first = read.items.split(['.', '[']).next().unwrap_or_default();
                answer.is_some_and(|answer| !first.is_empty() && answer.get(first).is_some())
            }
        });
        let mut left: Vec<&str> = reads.iter().map(|(_, read)| read.service.as_str()).collect();
        left.sort_unstable();
        left.dedup();
        if left.len() == 1 {
            return Ok(reads);
        }
        let operation = call.operation.as_deref().unwrap_or_default();
        let first = services.first().map(String::as_str).unwrap_or_default();
        Err(format!(
            "`{operation}` is a call of {}; put the file into a directory of that name, such as `{first}/{operation}`",
            services.join(", ")
        ))
    }

    /// Adds an answer's rows to the store.
    ///
    /// # Errors
    /// A shaping program fails; one line each. The rest is added.
    pub(crate) fn answer(&mut self, call: &Call, answer: &Value, source: &Arc<Source>, store: &mut Store, seen: &mut Seen) -> Vec<String> {
        let mut errors = Vec::new();
        let reads = match self.settled(call, Some(answer), store) {
            Ok(reads) => reads,
            Err(message) => return vec![format!("{}: {message}", source.file)],
        };
        for (resource_type, read) in reads {
            seen.answered(&resource_type, call);
            for item in items(answer.clone(), &read.items) {
                let shaped = match read.jq.as_ref().map(|program| self.programs.run(program, &item)) {
                    Some(Ok(Some(shaped))) => conform(shaped, &resource_type.schema, &BTreeMap::new()),
                    Some(Ok(None)) => continue,
                    Some(Err(message)) => {
                        errors.push(format!("{}: {}: {message}", source.file, read.operation));
                        continue;
                    }
                    None => Value::Map(Vec::new()),
                };
                let mut properties = conform(item, &resource_type.schema, &read.rename);
                if let (Some(per), Value::Map(members)) = (&read.per, &mut properties) {
                    let first = |path: &str| path.split(['.', '[']).next().unwrap_or_default().to_owned();
                    members.retain(|(name, _)| {
                        read.paths.iter().any(|path| *first(path) == **name)
                            || **name == *first(per)
                            || resource_type.id_path().is_some_and(|path| *first(path) == **name)
                    });
                }
                merge(&mut properties, shaped);
                drop_nulls(&mut properties);
                if let Err(message) = self.add(&resource_type, &read, properties, call, source, store, seen) {
                    errors.push(message);
                }
            }
        }
        errors
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one answer; a struct would only rename them")]
    fn add(
        &self,
        resource_type: &Arc<ResourceType>,
        read: &Read,
        mut properties: Value,
        call: &Call,
        source: &Arc<Source>,
        store: &mut Store,
        seen: &mut Seen,
    ) -> Result<(), String> {
        if let (Some(per), Some(subject)) = (&read.per, &call.subject)
            && properties.at(per).is_none_or(Value::is_null)
        {
            properties.set_at(per, Value::str(subject.as_str()));
        }
        if let (Some(per), Some(id)) = (&read.per, resource_type.id_path())
            && properties.at(id).is_none_or(Value::is_null)
        {
            let listed = store.types.get(&resource_type.name).and_then(|rows| {
                rows.rows.iter().find(|row| {
                    row.properties.at(per).and_then(Value::as_str) == properties.at(per).and_then(Value::as_str)
                        && (call.account.is_none() || row.account == call.account)
                        && (call.region.is_none() || resource_type.global || row.region == call.region)
                })
            });
            match listed.and_then(|row| row.properties.at(id)).cloned() {
                Some(found) => properties.set_at(id, found),
                None => {
                    return Err(format!(
                        "{}: the answer of {} does not say which resource it is for, and no listing names it; name the file `{}/<{per}>.json` and add the listing",
                        source.file,
                        read.operation,
                        kebab(&read.operation)
                    ));
                }
            }
        }
        let mut row = make_row(resource_type, properties, call, source);
        if let Some(listed) = read.per.as_ref().and_then(|_| store.listed_without_region(&row)) {
            row.region = listed;
        }
        if let Some((name, place)) = store.add(self.catalog, row) {
            if let (Some(region), Some(row)) = (
                call.region.as_ref().filter(|region| &***region != "global"),
                store.types.get_mut(&name).and_then(|rows| rows.rows.get_mut(place)),
            ) && !resource_type.global
            {
                row.region.get_or_insert_with(|| region.clone());
            }
            seen.reads.insert((name, place, read.operation.clone()));
        }
        Ok(())
    }

    /// Records a failed call: what it would have read is absent if the error means so, else unknown.
    pub(crate) fn failure(
        &mut self,
        call: &Call,
        code: &str,
        source: &Arc<Source>,
        store: &mut Store,
        seen: &mut Seen,
        gaps: &mut Vec<Gap>,
    ) -> Vec<String> {
        let mut errors = Vec::new();
        let reads = match self.settled(call, None, store) {
            Ok(reads) => reads,
            Err(message) => return vec![format!("{}: {message}", source.file)],
        };
        for (resource_type, read) in reads {
            let denied = ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "403", "Forbidden"]
                .contains(&code);
            let kind = if denied { CauseKind::Denied } else { CauseKind::CallFailed };
            let cause = Arc::new(Cause::new(kind, format!("{} answered {code}", read.operation)).with_action(read.action.clone()));
            let absent = read.absent_on.iter().any(|known| known == code);
            if read.per.is_none() {
                if absent {
                    seen.answered(&resource_type, call);
                    if resource_type.id_path().is_none() {
                        // "None" of something that every account has once is a row with nothing in it.
                        errors.extend(self.add(&resource_type, &read, Value::Map(Vec::new()), call, source, store, seen).err());
                    }
                } else {
                    gaps.push(Gap {
                        resource_type: resource_type.name.clone(),
                        id: None,
                        account: call.account.clone(),
                        region: if resource_type.global { Some(Arc::from("global")) } else { call.region.clone() },
                        path: None,
                        cause,
                        source: source.clone(),
                    });
                }
                continue;
            }
            let mut properties = Value::Map(Vec::new());
            if !absent {
                for path in &read.paths {
                    properties.set_at(path, Value::Unknown(cause.clone()));
                }
            }
            errors.extend(self.add(&resource_type, &read, properties, call, source, store, seen).err());
        }
        errors
    }

    /// Marks what no answer in the input could tell.
    pub(crate) fn finish(&self, store: &mut Store, seen: &Seen) {
        self.mark_unlisted_satellites(store, seen);
        for (name, rows) in &mut store.types {
            let reads = &rows.resource_type.reads;
            for (place, row) in rows.rows.iter_mut().enumerate() {
                if row.source.kind != partywall_model::SourceKind::Api || reads.is_empty() {
                    continue;
                }
                let was_seen = |read: &Read| seen.reads.contains(&(name.clone(), place, read.operation.clone()));
                if !reads.iter().any(&was_seen) {
                    continue;
                }
                let mut listed = false;
                for read in reads {
                    if was_seen(read) {
                        listed |= read.per.is_none() && read.paths.is_empty();
                        continue;
                    }
                    let cause = Arc::new(
                        Cause::new(CauseKind::NotLooked, format!("no answer of {} in the input", read.operation))
                            .with_action(read.action.clone()),
                    );
                    for path in &read.paths {
                        if row.properties.at(path).is_none() {
                            row.properties.set_at(path, Value::Unknown(cause.clone()));
                        }
                    }
                }
                row.stub |= !listed;
            }
        }
    }
}

impl ApiReader<'_> {
    /// "No flow logs" is only known of a VPC if the listing of flow logs was answered there.
    fn mark_unlisted_satellites(&self, store: &mut Store, seen: &Seen) {
        for rows in store.types.values_mut() {
            let resource_type = rows.resource_type.clone();
            for fold in &resource_type.folds {
                let owned = resource_type.reads.iter().flat_map(|read| &read.paths).any(|path| *path == fold.into);
                let Some(listing) = self.catalog.types.get(&fold.from).and_then(|satellite| satellite.listing().cloned()) else { continue };
                if owned || !fold.into.starts_with("_Attached") {
                    continue;
                }
                let operation = kebab(&listing.operation);
                for row in rows.rows.iter_mut().filter(|row| row.source.kind == partywall_model::SourceKind::Api) {
                    let known = row.properties.at(&fold.into).is_some()
                        || seen.has_call(&fold.from, &operation, row.account.as_ref(), row.region.as_ref());
                    if !known {
                        let cause = Cause::new(CauseKind::NotLooked, format!("no answer of {} in the input", listing.operation));
                        row.properties.set_at(&fold.into, Value::unknown(cause.with_action(listing.action.clone())));
                    }
                }
            }
        }
    }
}

fn make_row(resource_type: &Arc<ResourceType>, properties: Value, call: &Call, source: &Arc<Source>) -> Resource {
    let text = |path: Option<&str>| path.and_then(|path| properties.at(path)).and_then(Value::as_str).map(Arc::<str>::from);
    let own_arn = text(Some("Arn")).or_else(|| text(resource_type.id_path()).filter(|id| id.starts_with("arn:")));
    let id = text(resource_type.id_path()).or_else(|| own_arn.clone());
    let mut account = own_arn.as_deref().and_then(|arn| arn.split(':').nth(4)).filter(|part| part.len() == 12).map(Arc::from);
    account = call.account.clone().or(account);
    let mut region: Option<Arc<str>> =
        own_arn.as_deref().and_then(|arn| arn.split(':').nth(3)).filter(|part| !part.is_empty()).map(Arc::from);
    // A global listing of regional things (buckets) does not say where each is; another answer may.
    let of_call = call.region.clone().filter(|region| &**region != "global");
    let own_region = text(resource_type.region.as_deref());
    region = if resource_type.global { Some(Arc::from("global")) } else { own_region.or(region).or(of_call) };
    let place = || format!("{}/{}", account.as_deref().unwrap_or("account"), region.as_deref().unwrap_or("region"));
    let id = id.unwrap_or_else(|| Arc::from(place()));
    let mut row = Resource::new(resource_type.name.clone(), id, source.clone());
    row.name = text(resource_type.display_name.as_deref());
    row.arn = own_arn;
    row.account = account;
    row.region = region;
    row.properties = properties;
    row
}

fn strip_extensions(name: &str) -> &str {
    let name = name.strip_suffix(".gz").unwrap_or(name);
    ["json", "err", "txt", "csv"].iter().find_map(|extension| name.strip_suffix(extension)?.strip_suffix('.')).unwrap_or(name)
}

/// A resource's name out of a file's: `%2F` is `/`, `%3A` is `:`, which some file systems refuse.
fn unescape(stem: &str) -> String {
    stem.replace("%2F", "/").replace("%2f", "/").replace("%3A", ":").replace("%3a", ":")
}

/// Region codes: `eu-central-1`, `us-gov-west-1`, `cn-north-1`.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.len() >= 3
        && parts.first().is_some_and(|part| (2..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_lowercase()))
        && parts.last().is_some_and(|part| !part.is_empty() && part.len() <= 2 && part.bytes().all(|byte| byte.is_ascii_digit()))
        && parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()))
}

/// `An error occurred (AccessDenied) when calling the ListBuckets operation: …` → the code and the operation.
pub(crate) fn error_line(text: &str) -> Option<(String, String)> {
    let rest = text.split_once("An error occurred (")?.1;
    let (code, rest) = rest.split_once(')')?;
    let operation = rest.split_once("when calling the ")?.1.split_once(" operation")?.0;
    Some((code.to_owned(), operation.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spells_operations_as_the_cli_does() {
        for (api, cli) in [
            ("DescribeDBInstances", "describe-db-instances"),
            ("GetAccountAuthorizationDetails", "get-account-authorization-details"),
            ("ListMFADevices", "list-mfa-devices"),
            ("DescribeInstances", "describe-instances"),
        ] {
            assert_eq!(kebab(api), cli);
        }
    }

    #[test]
    fn knows_regions_and_errors() {
        assert!(is_region("eu-central-1") && is_region("us-gov-west-1") && is_region("ap-southeast-2"));
        assert!(!is_region("get-bucket-policy") && !is_region("harbour-bank") && !is_region("example-1"));
        let line = "\nAn error occurred (AccessDenied) when calling the GetBucketPolicy operation: Access Denied\n";
        assert_eq!(error_line(line), Some(("AccessDenied".to_owned(), "GetBucketPolicy".to_owned())));
    }
}
