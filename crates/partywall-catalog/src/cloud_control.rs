//! Types without reads of their own, read through AWS Cloud Control: its answers have the properties of the registry.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::{Catalog, Read, ResourceType};

const SERVICE: &str = "cloudcontrol";

/// Why a type cannot be read so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CloudControlError {
    /// The registry has no such type.
    #[error("there is no resource type `{0}` in the registry; write it as `AWS::AppConfig::Application`, or `AWS::AppConfig::*`")]
    Unknown(String),
    /// The catalogue reads it already.
    #[error("`{0}` is read by the calls of its own service; leave it out")]
    HasReads(String),
    /// Nothing tells its resources apart.
    #[error("`{0}` has no identifier in the registry, so that Cloud Control cannot read it; leave it out")]
    NoIdentifier(String),
}

impl Catalog {
    /// The same catalogue with reads for these types: a name, or the beginning of names with `*` at the end, which stands for the types of
    /// the registry that have no reads yet.
    ///
    /// A type is listed in each Region, then each of its resources is asked for (Cloud Control API reference, `ListResources`: the
    /// properties of its answer may be fewer). Types that AWS lists only within another refuse the listing.
    ///
    /// # Errors
    /// [`CloudControlError`].
    pub fn with_cloud_control(mut self, wanted: &[String]) -> Result<Self, CloudControlError> {
        for pattern in wanted {
            let names: Vec<Box<str>> = match pattern.strip_suffix('*') {
                Some(start) => self.registry.names().filter(|name| name.starts_with(start)).map(Box::from).collect(),
                None => vec![Box::from(pattern.as_str())],
            };
            if names.is_empty() {
                return Err(CloudControlError::Unknown(pattern.clone()));
            }
            for name in &names {
                let file = self.resource_type(name).filter(|file| file.registry.is_some());
                let file = file.ok_or_else(|| CloudControlError::Unknown(pattern.clone()))?;
                let is_pattern = pattern.ends_with('*');
                match (file.reads.is_empty(), reads(&file)) {
                    (false, _) | (true, None) if is_pattern => {}
                    (false, _) => return Err(CloudControlError::HasReads(pattern.clone())),
                    (true, None) => return Err(CloudControlError::NoIdentifier(pattern.clone())),
                    (true, Some(reads)) => {
                        self.types.insert(file.name.clone(), Arc::new(ResourceType { reads, ..ResourceType::clone(&file) }));
                    }
                }
            }
        }
        self.types.sort_keys();
        Ok(self)
    }
}

impl ResourceType {
    /// True if [`Catalog::with_cloud_control`] gave it its reads.
    pub fn is_through_cloud_control(&self) -> bool {
        self.reads.first().is_some_and(|read| read.service == SERVICE)
    }
}

/// The listing and the call for each resource; `None` if the registry names no identifier.
fn reads(file: &ResourceType) -> Option<Vec<Read>> {
    let ids: &[Arc<str>] = file.registry.as_ref().map(|registry| registry.id.as_slice()).unwrap_or_default();
    let last = ids.last()?;
    let named = ids.iter().enumerate().map(|(place, path)| {
        let steps: Vec<String> = path.split('.').map(|step| format!("\"{step}\"")).collect();
        format!(" | setpath([{}]; $id[{place}])", steps.join(", "))
    });
    let shape = format!("(.Identifier | split(\"|\")) as $id | (.Properties // \"{{}}\" | fromjson){}", named.collect::<String>());
    let read = |operation: &str, items: &str, input: &[(&str, String)]| Read {
        operation: operation.to_owned(),
        service: SERVICE.to_owned(),
        action: format!("cloudformation:{operation}"),
        items: items.to_owned(),
        input: input.iter().map(|(name, value)| ((*name).to_owned(), toml::Value::String(value.clone()))).collect(),
        jq: Some(shape.clone()),
        per: None,
        asked_in: BTreeMap::new(),
        of_organization: false,
        of: None,
        names: None,
        prepare: None,
        batch: None,
        only: BTreeMap::new(),
        unless: None,
        silent: BTreeMap::new(),
        shows_only: None,
        paths: Vec::new(),
        rename: BTreeMap::new(),
        holds: vec!["Identifier".to_owned()],
        when: None,
        absent_on: Vec::new(),
        may_be_empty: false,
    };
    let kind = ("TypeName", file.name.to_string());
    let identifier = ids.iter().map(|path| format!("{{{path}}}")).collect::<Vec<_>>().join("|");
    let told = file.schema.iter().map(|(key, _)| key).filter(|key| !ids.contains(*key)).cloned();
    let one = Read {
        per: Some(last.to_string()),
        paths: told.collect(),
        ..read("GetResource", "ResourceDescription", &[kind.clone(), ("Identifier", identifier)])
    };
    Some(vec![read("ListResources", "ResourceDescriptions", &[kind]), one])
}
