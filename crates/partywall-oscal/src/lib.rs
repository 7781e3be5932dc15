//! Turns other people's catalogues of controls into frameworks of the catalogue.
//!
//! What is read: OSCAL catalogues and profiles 1.0 to 1.2 in JSON, XML or YAML, and AWS Config conformance packs, each also as gzip. A
//! catalogue becomes a framework with all its lines, a profile or a resolved profile a selection from one. What the publisher says comes
//! over: ids, titles, texts, parts, what was withdrawn. What the catalogue adds (both sides' parts, duties, checks, evidence) stays empty;
//! [`merge`] takes it over from an earlier import, [`to_toml`] writes the file, and [`difference`] compares two frameworks.
//!
//! Files are untrusted: sizes, depths and numbers are capped, XML entities are never expanded, and texts lose characters that move a cursor.

mod base;
mod catalogue;
mod difference;
mod error;
mod head;
mod merge;
mod notes;
mod order;
mod oscal;
mod pack;
mod profile;
mod prose;
mod statement;
mod text;
mod unpack;
mod write;
mod yaml;

use partywall_catalog::Framework;
use toml::value::Datetime;

pub use difference::{Change, Difference, Moved, Reason, Remapped, Reworded, Side, difference};
pub use error::OscalError;
pub use merge::{Merged, merge};
pub use pack::PARAMETERS;
pub use write::to_toml;

use oscal::Model;

/// What a caller knows of a file, beside its bytes.
#[derive(Debug, Clone, Copy)]
pub struct Hint<'a> {
    /// What errors call the file, such as its path. The title of a conformance pack is made from it.
    pub name: &'a str,
    /// The id that the framework gets; empty: made from its title. It becomes a file name, so only `a-z`, `0-9`, dashes and dots.
    pub id: &'a str,
    /// The day of reading.
    pub as_of: Datetime,
    /// The framework that the file selects from, by id or alias. Needed to read a catalogue as a resolved profile; a profile is matched by
    /// what it says of its import if this is `None`.
    pub of: Option<&'a str>,
    /// Frameworks that are there. A profile's ids are checked against them.
    pub known: &'a [&'a Framework],
}

/// What a file was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A catalogue of controls: a whole framework.
    Catalog,
    /// A catalogue that a profile was resolved to: a selection, since the caller named the framework it is from.
    ResolvedProfile,
    /// A profile: a selection with notes.
    Profile,
    /// Rules of AWS Config: a whole framework.
    ConformancePack,
}

/// A framework that was read from a file.
#[derive(Debug, Clone)]
pub struct Imported {
    /// The framework, without a mapping and with no reviews.
    pub framework: Framework,
    /// What the file was.
    pub kind: Kind,
    /// What a person should look at, one line each: what was taken as withdrawn, what found no place.
    pub notices: Vec<String>,
}

/// Reads a catalogue, profile or conformance pack.
///
/// # Errors
/// See [`OscalError`]: no such file, damaged or hostile bytes, ids that no framework can have, a selection from an unknown framework.
pub fn read(bytes: &[u8], hint: &Hint<'_>) -> Result<Imported, OscalError> {
    let text = unpack::text(bytes, hint.name)?;
    let (model, template) = match text.trim_start().chars().next() {
        None => return Err(OscalError::Empty { file: hint.name.to_owned(), what: "text" }),
        Some('<') => (oscal::from_value(oscal::to_json(&text, hint.name)?, hint.name)?, None),
        Some('{') => match oscal::from_text(&text, hint.name)? {
            // JSON is YAML too.
            Model::Template => (Model::Template, Some(yaml::parse(&text, hint.name)?)),
            model => (model, None),
        },
        Some(_) => {
            let tree = yaml::parse(&text, hint.name)?;
            if tree.get("Resources").is_some() { (Model::Template, Some(tree)) } else { (oscal::from_value(tree, hint.name)?, None) }
        }
    };
    let (kind, (framework, notices)) = match &model {
        Model::Catalog(catalog) if hint.of.is_some() => (Kind::ResolvedProfile, profile::resolved(catalog, hint)?),
        Model::Catalog(catalog) => (Kind::Catalog, catalogue::whole(catalog, hint)?),
        Model::Profile(profile) => (Kind::Profile, profile::selection(profile, hint)?),
        Model::Template => (Kind::ConformancePack, pack::rules(&template.unwrap_or_default(), hint)?),
    };
    Ok(Imported { framework, kind, notices })
}
