//! A duty told: its owner, what decided, what would settle it, what each side does.

use partywall_catalog::Catalog;
use partywall_engine::OwnedDuty;
use partywall_model::Party;
use serde::Serialize;

use super::fact::{Missing, Told, tell};
use crate::findings::Subject;

/// A duty of a resource and its owner.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Duty {
    pub(crate) id: String,
    pub(crate) layer: String,
    pub(crate) layer_title: String,
    pub(crate) sentence: String,
    /// A party, or `undetermined`.
    pub(crate) owner: String,
    /// The condition that decided, if the owner depends on a setting.
    pub(crate) when: Option<String>,
    pub(crate) facts: Vec<Told>,
    /// What would settle an owner that is undetermined.
    pub(crate) settle: Vec<Missing>,
    /// What AWS does for this duty; empty if it has no part.
    pub(crate) aws: String,
    /// Then, what it does next to it.
    pub(crate) aws_beside: String,
    pub(crate) customer: String,
}

/// Tells a duty of the subject.
pub(super) fn tell_duty(catalog: &Catalog, subject: &Subject, owned: &OwnedDuty) -> Duty {
    let duty = catalog.duties.get(&owned.duty);
    let own = owned.row.and_then(|row| catalog.services.get(&owned.service)?.duties.get(row));
    let sentence =
        |own: Option<&String>, general: Option<&String>| own.filter(|text| !text.is_empty()).or(general).cloned().unwrap_or_default();
    let layer = duty.and_then(|duty| catalog.layer(duty.layer()));
    Duty {
        id: owned.duty.to_string(),
        layer: layer.map(|layer| layer.id.to_string()).unwrap_or_default(),
        layer_title: layer.map(|layer| layer.title.to_string()).unwrap_or_default(),
        sentence: duty.map(|duty| duty.title.to_string()).unwrap_or_default(),
        owner: owned.owner.as_ref().map_or_else(|| "undetermined".to_owned(), Party::to_string),
        when: owned.when.clone(),
        facts: owned.facts.iter().map(|fact| tell(catalog, Some(&subject.resource), fact)).collect(),
        settle: if owned.owner.is_none() { settle(catalog, subject, owned) } else { Vec::new() },
        aws: sentence(own.map(|own| &own.aws), duty.map(|duty| &duty.aws)),
        aws_beside: String::new(),
        customer: sentence(own.map(|own| &own.customer), duty.map(|duty| &duty.customer)),
    }
}

/// What an undetermined owner lacks: the gaps of the row that its conditions, or those of the modes, speak of.
fn settle(catalog: &Catalog, subject: &Subject, owned: &OwnedDuty) -> Vec<Missing> {
    let Some(service) = catalog.services.get(&owned.service) else { return Vec::new() };
    let mut texts: Vec<&str> = service
        .modes
        .iter()
        .filter(|mode| mode.resource.as_deref() == Some(&*subject.resource.resource_type))
        .filter_map(|mode| mode.matches.as_deref())
        .collect();
    texts.extend(
        owned
            .row
            .and_then(|row| service.duties.get(row))
            .map(|row| row.owner.as_slice())
            .unwrap_or_default()
            .iter()
            .filter_map(|rule| rule.when.as_deref()),
    );
    let named = |path: &str| {
        let first = path.split(['.', '[']).next().unwrap_or(path);
        texts.iter().any(|text| text.split(|letter: char| !letter.is_alphanumeric() && letter != '_').any(|word| word == first))
    };
    let mut found: Vec<Missing> = subject
        .gaps
        .iter()
        .filter(|(path, _)| named(path))
        .map(|(path, cause)| Missing { path: path.to_string(), cause: cause.to_string(), iam_action: cause.iam_action.clone() })
        .collect();
    if found.is_empty() {
        let kind = subject.resource.source.kind;
        let blind = catalog.resource_type(&subject.resource.resource_type).map(|known| known.blind_paths(kind)).unwrap_or_default();
        found.extend(blind.iter().filter(|path| named(path)).map(|path| Missing {
            path: path.to_string(),
            cause: format!("not in this source: a {} source never shows it", kind.as_str()),
            iam_action: None,
        }));
    }
    found
}

/// More of AWS's sentences than these tell nothing more.
const MOST_SENTENCES: usize = 3;

/// What AWS does beside a duty in which it has no part: its own duties of the same layer, else those that the service's file words itself.
pub(super) fn aws_beside(catalog: &Catalog, subject: &Subject, layer: &str) -> String {
    let own: Vec<Duty> =
        subject.duties.iter().filter(|owned| owned.owner == Some(Party::Aws)).map(|owned| tell_duty(catalog, subject, owned)).collect();
    let worded = |duty: &Duty| catalog.duties.get(&*duty.id).is_none_or(|general| general.aws != duty.aws);
    let mut chosen: Vec<&Duty> = own.iter().filter(|duty| duty.layer == layer).collect();
    if chosen.is_empty() {
        chosen = own.iter().filter(|duty| worded(duty)).collect();
    }
    let mut sentences: Vec<&str> = chosen.iter().map(|duty| duty.aws.as_str()).filter(|text| !text.is_empty()).collect();
    sentences.dedup();
    sentences.truncate(MOST_SENTENCES);
    sentences.join(" ")
}
