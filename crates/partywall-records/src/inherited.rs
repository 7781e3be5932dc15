//! `inherited/*.toml`: what a provider says can be inherited from it, from its customer responsibility matrix.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::NaiveDate;
use partywall_catalog::Catalog;
use partywall_model::Party;
use partywall_model::near::did_you_mean;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::text::Text;
use crate::{Parties, Place, RecordsError};

/// How much a provider says to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Inherit {
    /// Nothing.
    No,
    /// A part; the text says which.
    Partial,
    /// All.
    Yes,
}

impl Inherit {
    /// The word used in files and outputs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Partial => "partial",
            Self::Yes => "yes",
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    party: Spanned<Party>,
    framework: Spanned<String>,
    source: Spanned<String>,
    as_of: Spanned<toml::value::Datetime>,
    #[serde(default)]
    claim: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    control: Spanned<String>,
    #[serde(default)]
    part: Option<Spanned<String>>,
    inherit: Inherit,
    #[serde(default)]
    text: String,
}

/// What a provider says of one requirement, or of a part of one.
#[derive(Debug, Clone, Serialize)]
pub struct Claim {
    /// The framework's id of the requirement.
    pub control: Arc<str>,
    /// The label of the part; `None`: the whole.
    pub part: Option<Arc<str>>,
    /// How much the provider says to do.
    pub inherit: Inherit,
    /// In whose words the sheet is written; own words where it is confidential.
    pub text: String,
    /// Where it is written.
    #[serde(skip)]
    pub place: Place,
}

/// The sheet of one provider for one framework.
#[derive(Debug, Clone, Serialize)]
pub struct Inherited {
    /// The file's name.
    pub id: Arc<str>,
    /// Whose sheet it is.
    pub party: Party,
    /// The framework's id.
    pub framework: Arc<str>,
    /// The sheet's title and version.
    pub source: String,
    /// The day it is of.
    #[serde(serialize_with = "crate::serial::day")]
    pub as_of: NaiveDate,
    /// In the file's order.
    pub claims: Vec<Claim>,
}

impl Inherited {
    pub(crate) fn read(catalog: &Catalog, parties: &Parties, file: &Text) -> Result<Self, RecordsError> {
        let parsed = file.parse::<File>()?;
        let party = parsed.party.get_ref();
        if *party == Party::Customer {
            return Err(file.error(&parsed.party.span(), "nobody inherits from itself; write aws, msp:<id> or vendor:<id>"));
        }
        if *party != Party::Aws && !parties.ids().contains(party) {
            let message = format!("`{party}` is not listed as a party; add [[party]] to parties.toml");
            return Err(file.error(&parsed.party.span(), &message));
        }
        let Some(framework) = catalog.framework(parsed.framework.get_ref()) else {
            let near = did_you_mean(parsed.framework.get_ref(), catalog.frameworks.keys().map(|id| &**id));
            let message = format!("there is no framework `{}`{near}", parsed.framework.get_ref());
            return Err(file.error(&parsed.framework.span(), &message));
        };
        if parsed.source.get_ref().trim().is_empty() {
            return Err(file.error(&parsed.source.span(), "say from which sheet this is: its title and version"));
        }
        let mut claims = Vec::new();
        let mut seen = BTreeSet::new();
        for entry in parsed.claim {
            let span = entry.control.span();
            let control = file.known(&entry.control, "requirement", framework.requirements.iter().map(|line| &*line.id))?;
            let parts = framework.requirements.iter().find(|line| line.id == control).map_or(&[][..], |line| &line.parts);
            let part: Option<Arc<str>> = match &entry.part {
                Some(part) if !parts.is_empty() => Some(file.known(part, "part of it", parts.iter().map(String::as_str))?),
                Some(part) => return Err(file.error(&part.span(), &format!("`{control}` has no parts in the catalogue; leave `part` out"))),
                None => None,
            };
            if !seen.insert((control.clone(), part.clone())) {
                return Err(file.error(&span, &format!("`{control}` is claimed twice for the same part; keep one claim")));
            }
            claims.push(Claim { control, part, inherit: entry.inherit, text: entry.text, place: file.place(&span) });
        }
        Ok(Self {
            id: file.stem(),
            framework: framework.id.clone(),
            as_of: file.day(&parsed.as_of)?,
            source: parsed.source.into_inner(),
            party: parsed.party.into_inner(),
            claims,
        })
    }
}
