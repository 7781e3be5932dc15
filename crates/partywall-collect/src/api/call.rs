//! Which read call a file holds the answer of: read from its path (`describe-instances.json`, `get-bucket-policy/<bucket>.json`), else from
//! the answer's members. Account and Region come from the path's directories.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use partywall_catalog::{Catalog, Read, ResourceType};
use partywall_model::Value;

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
    /// Properties by which the resource of a per-resource call is known, where whoever made the call knows them.
    pub(crate) identity: Vec<(Arc<str>, Arc<str>)>,
    /// When the answer came, where known.
    pub(crate) at: Option<DateTime<Utc>>,
}

/// The reads of types that a call serves.
pub(crate) type Reads = Vec<(Arc<ResourceType>, Read)>;

/// The catalogue's read calls by the names that the CLI gives them.
pub(crate) struct Operations {
    /// Operation in kebab case → the reads of types that it serves.
    operations: BTreeMap<String, Reads>,
}

impl Operations {
    pub(crate) fn new(catalog: &Catalog) -> Self {
        let mut operations: BTreeMap<String, Vec<_>> = BTreeMap::new();
        for file in catalog.types.values() {
            // A file of such a call looks as one of the listing.
            for read in file.reads.iter().filter(|read| !read.of_all()) {
                let known: &mut Reads = operations.entry(kebab(&read.operation)).or_default();
                if !known.iter().any(|(of, known)| of.name == file.name && known.makes_the_same(read)) {
                    known.push((file.clone(), read.clone()));
                }
            }
        }
        Self { operations }
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

    /// The operation whose listings have most of this answer's members, if exactly one does: `Policies` alone may be of two calls, beside
    /// `UserDetailList` it is of one.
    pub(crate) fn guess(&self, answer: &Value) -> Option<String> {
        let mut found: Vec<(usize, &String)> = Vec::new();
        for (operation, reads) in &self.operations {
            let listings = reads.iter().filter(|(_, read)| read.per.is_none());
            let members: BTreeSet<&str> = listings.filter_map(|(_, read)| read.items.split(['.', '[']).next()).collect();
            let present = members.iter().filter(|member| !member.is_empty() && answer.get(member).is_some()).count();
            if present > 0 {
                found.push((present, operation));
            }
        }
        found.sort_unstable();
        match found.as_slice() {
            [.., (second, _), (most, operation)] if most > second => Some((*operation).clone()),
            [(_, operation)] => Some((*operation).clone()),
            _ => None,
        }
    }

    /// The reads that a call serves: a call made for one resource serves per-resource reads, any other the listings.
    fn reads_of(&self, call: &Call) -> Reads {
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
    pub(super) fn settled(&self, call: &Call, answer: Option<&Value>, store: &Store) -> Result<Reads, String> {
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

    /// True if the CLI prints nothing at all for a success of this call. An empty file of any other call is what a failure leaves
    /// whose words went elsewhere.
    pub(crate) fn may_be_empty(&self, call: &Call) -> bool {
        let reads = self.reads_of(call);
        !reads.is_empty() && reads.iter().all(|(_, read)| read.may_be_empty)
    }
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

/// The code of an error that was saved as the SDKs hold it or as the services send it: `{ "Error": { "Code": … } }`, `{ "Code", "Message" }`,
/// `{ "__type", "message" }`.
pub(crate) fn error_code(answer: &Value) -> Option<String> {
    let Value::Map(members) = answer else { return None };
    let only = |known: &[&str]| members.iter().all(|(name, _)| known.iter().any(|known| known.eq_ignore_ascii_case(name)));
    let text = |holder: &Value, names: &[&str]| {
        let found = names.iter().find_map(|name| holder.get(name)).and_then(Value::as_str)?;
        Some(found.rsplit('#').next().unwrap_or(found).to_owned())
    };
    if only(&["Error", "ResponseMetadata", "RequestId", "Message"]) {
        return text(answer.get("Error")?, &["Code"]);
    }
    only(&["Code", "Message", "__type", "Type", "RequestId", "HostId", "Resource", "BucketName", "Key", "ResponseMetadata"])
        .then(|| text(answer, &["Code", "code", "__type"]))
        .flatten()
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
    fn an_answer_is_read_once_however_many_ways_there_are_to_ask() {
        let operations = Operations::new(&Catalog::load(None).unwrap());
        let types = |operation: &str| operations.operations[operation].iter().map(|(of, _)| of.name.to_string()).collect::<Vec<_>>();
        assert_eq!(types("describe-task-definition"), ["AWS::ECS::TaskDefinition"]);
        assert_eq!(types("describe-snapshots"), ["Partywall::EC2::Snapshot"]);
        assert!(types("list-resource-tags").contains(&"AWS::KMS::Key".to_owned()));
    }

    #[test]
    fn knows_regions_and_errors() {
        assert!(is_region("eu-central-1") && is_region("us-gov-west-1") && is_region("ap-southeast-2"));
        assert!(!is_region("get-bucket-policy") && !is_region("harbour-bank") && !is_region("example-1"));
        let line = "\nAn error occurred (AccessDenied) when calling the GetBucketPolicy operation: Access Denied\n";
        assert_eq!(error_line(line), Some(("AccessDenied".to_owned(), "GetBucketPolicy".to_owned())));
    }
}
