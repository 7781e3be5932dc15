//! The head of a framework, from the metadata of a file.

use std::sync::Arc;

use partywall_catalog::Framework;

use crate::oscal::Metadata;
use crate::text::{one_line, slug, tidy};
use crate::{Hint, OscalError};

/// Roles that publish, nearest first.
const PUBLISHERS: [&str; 4] = ["publisher", "creator", "prepared-by", "author"];

/// A framework without lines that has the file's title, version, publisher and source.
///
/// # Errors
/// An id that cannot be a file name.
pub(crate) fn head(metadata: &Metadata, hint: &Hint<'_>) -> Result<Framework, OscalError> {
    let title = tidy(&one_line(&metadata.title));
    let title = if title.is_empty() { tidy(&stem(hint.name)) } else { title };
    let version = tidy(&one_line(&metadata.version));
    let date: String = metadata.last_modified.chars().take_while(|letter| *letter != 'T').take(10).collect();
    let mut source = title.clone();
    for (before, what) in
        [(", version ", version.as_str()), (", of ", &date), (", in OSCAL ", metadata.oscal_version.trim_start_matches('v'))]
    {
        if !what.is_empty() {
            source = source + before + &tidy(&one_line(what));
        }
    }
    Ok(Framework {
        id: id(&title, hint)?,
        title: title.into(),
        version: if version.is_empty() { "not stated".to_owned() } else { version },
        noun: "control".to_owned(),
        publisher: publisher(metadata),
        as_of: hint.as_of,
        source,
        ..Framework::empty()
    })
}

/// The id that the caller gave, else one made from the title.
///
/// # Errors
/// It cannot be a file name.
pub(crate) fn id(title: &str, hint: &Hint<'_>) -> Result<Arc<str>, OscalError> {
    let made = slug(if hint.id.is_empty() { title } else { hint.id });
    if made.is_empty() || (!hint.id.is_empty() && made != hint.id) {
        let problem = "which is no file name; write lower-case letters and digits in words joined by dashes";
        return Err(OscalError::Id { file: hint.name.to_owned(), id: tidy(hint.id), problem });
    }
    Ok(made.into())
}

/// The name of a file without directories and endings, as words.
pub(crate) fn stem(name: &str) -> String {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let endings = [".gz", ".json", ".xml", ".yaml", ".yml"];
    let bare = endings.iter().fold(file, |name, ending| name.strip_suffix(ending).unwrap_or(name));
    one_line(&bare.replace(['-', '_'], " "))
}

fn publisher(metadata: &Metadata) -> String {
    let in_role = |role: &&str| metadata.responsible_parties.iter().find(|party| party.role_id == **role)?.party_uuids.first();
    let named = PUBLISHERS.iter().find_map(in_role).and_then(|uuid| metadata.parties.iter().find(|party| party.uuid == *uuid));
    let party = named.or_else(|| metadata.parties.iter().find(|party| party.kind == "organization"));
    let name = party.map_or("", |party| if party.short_name.is_empty() { &party.name } else { &party.short_name });
    if name.trim().is_empty() { "not stated".to_owned() } else { tidy(&one_line(name)) }
}

/// What to say if the file is of an OSCAL version that nobody has tried here.
pub(crate) fn version_notice(metadata: &Metadata) -> Option<String> {
    let version = metadata.oscal_version.trim().trim_start_matches('v');
    let tried = ["1.0.", "1.1.", "1.2."].iter().any(|known| version.starts_with(known));
    (!tried).then(|| format!("it is OSCAL `{}`; 1.0 to 1.2 are known here, look whether all came over", tidy(version)))
}
