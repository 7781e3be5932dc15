use std::collections::BTreeMap;
use std::sync::Arc;

use partywall_aws::model::{ModelError, Models};
use partywall_catalog::{Catalog, ResourceType};
use serde::Deserialize;

use crate::FakeError;

/// Which of its names a resource is called by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A name or an identifier.
    Name,
    /// An id that AWS makes up.
    Id,
    /// An ARN.
    Arn,
    /// An address.
    Url,
}

impl Form {
    /// The form that a member's name asks for, and what is left of the name: `clusterArns` → ARN of a `cluster`.
    pub(crate) fn of_member(member: &str) -> (Self, String) {
        let lower = member.to_ascii_lowercase();
        let word = lower.strip_suffix('s').unwrap_or(&lower);
        for (suffix, form) in [("arn", Self::Arn), ("url", Self::Url), ("identifier", Self::Name), ("id", Self::Id), ("name", Self::Name)] {
            if let Some(stem) = word.strip_suffix(suffix) {
                return (form, stem.to_owned());
            }
        }
        (Self::Name, lower)
    }
}

/// A resource type as the world makes it.
#[derive(Debug, Clone)]
pub(crate) struct Kind {
    /// The catalogue's name.
    pub(crate) name: Arc<str>,
    /// Its last part in lower case: what members such as `clusterArn` begin with.
    pub(crate) noun: String,
    /// Counted per account, not per Region.
    pub(crate) global: bool,
    /// Has exactly one row.
    pub(crate) singleton: bool,
    /// Members, in lower case, that carry the row's own identity.
    pub(crate) own: Vec<String>,
    /// The type within whose rows it is listed.
    pub(crate) parent: Option<usize>,
    /// Templates by form.
    pub(crate) templates: [String; 4],
}

/// How resources are called: `worlds/identity.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Identities {
    id: BTreeMap<String, String>,
    name: BTreeMap<String, String>,
    arn: BTreeMap<String, String>,
    url: BTreeMap<String, String>,
}

/// All types that the catalogue reads.
pub(crate) fn kinds(catalog: &Catalog) -> Result<Vec<Kind>, FakeError> {
    let identities: Identities = toml::from_str(include_str!("../../worlds/identity.toml"))
        .map_err(|error| FakeError::Data(format!("worlds/identity.toml: {error}")))?;
    let read: Vec<&Arc<ResourceType>> = catalog.types.values().filter(|kind| !kind.reads.is_empty()).collect();
    let position = |name: &str| read.iter().position(|kind| &*kind.name == name);
    read.iter()
        .enumerate()
        .map(|(at, kind)| {
            let parent = kind.reads.iter().find_map(|read| read.of.as_deref()).and_then(position).filter(|parent| *parent != at);
            made(kind, parent, &identities)
        })
        .collect()
}

fn made(kind: &ResourceType, parent: Option<usize>, identities: &Identities) -> Result<Kind, FakeError> {
    let mut parts = kind.name.rsplit("::");
    let noun = parts.next().unwrap_or_default().to_ascii_lowercase();
    let service = parts.next().unwrap_or_default().to_ascii_lowercase();
    let slug = format!("{service}-{noun}");
    let own = own_members(kind);
    let prefix = kind.reads.first().and_then(|read| read.action.split(':').next()).unwrap_or(&service);
    let arn = identities.arn.get(&*kind.name).cloned().unwrap_or_else(|| match &kind.arn {
        Some(template) => translated(template, &noun, &own, parent.is_some()),
        None => format!("arn:{{partition}}:{prefix}:{{region}}:{{account}}:{noun}/{{name}}"),
    });
    let name = identities.name.get(&*kind.name).cloned().unwrap_or_else(|| format!("{slug}-{{n}}"));
    let id = identities.id.get(&*kind.name).cloned().unwrap_or_else(|| name.clone());
    let url = identities.url.get(&*kind.name).cloned().unwrap_or_else(|| format!("https://{prefix}.{{region}}.example.com/{{name}}"));
    let answers_one = answers_one(kind).map_err(|error| FakeError::Model(format!("{}: {error}", kind.name)))?;
    Ok(Kind {
        name: Arc::clone(&kind.name),
        // Buckets are listed once for all Regions.
        global: kind.global || &*kind.name == "AWS::S3::Bucket",
        singleton: kind.id.is_none() || answers_one,
        noun,
        own,
        parent,
        templates: [name, id, arn, url],
    })
}

/// True if the listing answers with one item in place of a list: every account and Region then has it.
fn answers_one(kind: &ResourceType) -> Result<bool, ModelError> {
    let Some(read) = kind.listing().filter(|read| read.of.is_none() && read.names.is_none() && !read.items.is_empty()) else {
        return Ok(false);
    };
    let service = Models::builtin().service(&read.service)?;
    let mut here = service.output(service.operation(&read.operation)?);
    for step in read.items.split('.') {
        here = here.and_then(|structure| service.structure(&structure.member(step)?.target));
    }
    Ok(here.is_some())
}

fn own_members(kind: &ResourceType) -> Vec<String> {
    let last = |path: &str| path.rsplit('.').next().unwrap_or(path).to_ascii_lowercase();
    let mut own: Vec<String> = kind.id.iter().chain(&kind.display_name).map(|path| last(path)).collect();
    for read in kind.reads.iter().filter(|read| read.of.is_none()) {
        own.extend(
            read.rename
                .iter()
                .filter(|(_, to)| own.contains(&to.to_ascii_lowercase()))
                .map(|(from, _)| from.to_ascii_lowercase())
                .collect::<Vec<_>>(),
        );
    }
    own.sort();
    own.dedup();
    own
}

/// The catalogue's ARN template in the words of `worlds/identity.toml`.
fn translated(template: &str, noun: &str, own: &[String], nested: bool) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (placeholder, behind) = after.split_once('}').unwrap_or((after, ""));
        out.push_str(before);
        rest = behind;
        let (form, stem) = Form::of_member(placeholder);
        let mine = !nested || own.contains(&placeholder.to_ascii_lowercase()) || noun.ends_with(&stem);
        out.push_str(match placeholder {
            "partition" => "{partition}",
            "account" => "{account}",
            "region" => "{region}",
            "Path" => "/",
            _ => match (mine, form) {
                (true, Form::Id) => "{id}",
                (true, _) => "{name}",
                (false, Form::Id) => "{parent-id}",
                (false, _) => "{parent}",
            },
        });
    }
    out.push_str(rest);
    out
}

impl Kind {
    /// The template of a form.
    pub(crate) fn template(&self, form: Form) -> &str {
        let [name, id, arn, url] = &self.templates;
        match form {
            Form::Name => name,
            Form::Id => id,
            Form::Arn => arn,
            Form::Url => url,
        }
    }

    /// The form of this type's own identity that a member of its item carries, if it does.
    pub(crate) fn own_form(&self, member: &str) -> Option<Form> {
        let lower = member.to_ascii_lowercase();
        let (form, stem) = Form::of_member(member);
        let named = lower != stem;
        let mine = self.own.contains(&lower)
            || (named
                && (stem.is_empty() || (stem.len() >= 3 && self.noun.ends_with(&stem)) || (stem.len() > 3 && stem.ends_with(&self.noun))));
        mine.then_some(form)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn member_names_tell_the_form() {
        assert_eq!(Form::of_member("clusterArns"), (Form::Arn, "cluster".to_owned()));
        assert_eq!(Form::of_member("QueueUrls"), (Form::Url, "queue".to_owned()));
        assert_eq!(Form::of_member("DBClusterIdentifier"), (Form::Name, "dbcluster".to_owned()));
        assert_eq!(Form::of_member("VpcId"), (Form::Id, "vpc".to_owned()));
        assert_eq!(Form::of_member("Status"), (Form::Name, "status".to_owned()));
    }

    #[test]
    fn arn_templates_are_translated() {
        let own = vec!["stagename".to_owned()];
        let template = "arn:{partition}:apigateway:{region}::/restapis/{RestApiId}/stages/{StageName}";
        assert_eq!(translated(template, "stage", &own, true), "arn:{partition}:apigateway:{region}::/restapis/{parent-id}/stages/{name}");
    }
}
