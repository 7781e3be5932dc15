//! OSCAL's own words: the members of catalogues and profiles that a framework is made from. Everything else in a file is skipped.
//!
//! The names are those of the OSCAL JSON format 1.0 to 1.2 (<https://pages.nist.gov/OSCAL-Reference/>); XML is brought into the same shape.

mod json;
mod xml;

use serde::Deserialize;
use serde::de::IgnoredAny;

pub(crate) use json::{Model, from_text, from_value};
pub(crate) use xml::to_json;

/// Controls in groups.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(crate) struct Catalog {
    pub(crate) metadata: Metadata,
    pub(crate) params: Vec<Param>,
    pub(crate) groups: Vec<Group>,
    pub(crate) controls: Vec<Control>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(crate) struct Metadata {
    pub(crate) title: String,
    pub(crate) version: String,
    pub(crate) last_modified: String,
    pub(crate) oscal_version: String,
    pub(crate) props: Vec<Prop>,
    pub(crate) parties: Vec<Party>,
    pub(crate) responsible_parties: Vec<ResponsibleParty>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(crate) struct Party {
    pub(crate) uuid: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) short_name: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(crate) struct ResponsibleParty {
    pub(crate) role_id: String,
    pub(crate) party_uuids: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Group {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) params: Vec<Param>,
    pub(crate) props: Vec<Prop>,
    pub(crate) groups: Vec<Group>,
    pub(crate) controls: Vec<Control>,
}

/// A control, or an enhancement if it stands in another.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Control {
    pub(crate) id: String,
    pub(crate) class: String,
    pub(crate) title: String,
    pub(crate) params: Vec<Param>,
    pub(crate) props: Vec<Prop>,
    pub(crate) links: Vec<Link>,
    pub(crate) parts: Vec<Part>,
    pub(crate) controls: Vec<Control>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Param {
    pub(crate) id: String,
    pub(crate) label: String,
    pub(crate) usage: String,
    pub(crate) values: Vec<String>,
    pub(crate) constraints: Vec<Constraint>,
    pub(crate) select: Option<Select>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(crate) struct Select {
    pub(crate) how_many: String,
    pub(crate) choice: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Constraint {
    pub(crate) description: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) props: Vec<Prop>,
    pub(crate) prose: String,
    pub(crate) parts: Vec<Part>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Prop {
    pub(crate) name: String,
    pub(crate) class: String,
    pub(crate) value: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Link {
    pub(crate) href: String,
    pub(crate) rel: String,
}

/// A selection of controls from one or more catalogues, and what it adds to them.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(crate) struct Profile {
    pub(crate) metadata: Metadata,
    pub(crate) imports: Vec<Import>,
    pub(crate) modify: Modify,
    pub(crate) back_matter: BackMatter,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(crate) struct Import {
    pub(crate) href: String,
    pub(crate) include_all: Option<IgnoredAny>,
    pub(crate) include_controls: Vec<Choice>,
    pub(crate) exclude_controls: Vec<Choice>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(crate) struct Choice {
    pub(crate) with_child_controls: String,
    pub(crate) with_ids: Vec<String>,
    pub(crate) matching: Vec<Matching>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Matching {
    pub(crate) pattern: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(crate) struct Modify {
    pub(crate) set_parameters: Vec<SetParameter>,
    pub(crate) alters: Vec<Alter>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(crate) struct SetParameter {
    pub(crate) param_id: String,
    pub(crate) values: Vec<String>,
    pub(crate) constraints: Vec<Constraint>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(crate) struct Alter {
    pub(crate) control_id: String,
    pub(crate) adds: Vec<Add>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Add {
    pub(crate) parts: Vec<Part>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct BackMatter {
    pub(crate) resources: Vec<Resource>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Resource {
    pub(crate) uuid: String,
    pub(crate) title: String,
    pub(crate) rlinks: Vec<Rlink>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Rlink {
    pub(crate) href: String,
}

/// The value of the first property of a name; one without a class goes before those that say it for a special reader.
pub(crate) fn prop<'a>(props: &'a [Prop], name: &str) -> Option<&'a str> {
    let mut named = props.iter().filter(|prop| prop.name == name);
    let first = named.clone().next()?;
    Some(&named.find(|prop| prop.class.is_empty()).unwrap_or(first).value)
}
