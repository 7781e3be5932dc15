//! Whose duty is it? The owner rules of the service's file decide.

use std::sync::Arc;

use partywall_catalog::{Catalog, Confidence, Duty, Mode, OwnerRule, Per, Service, ServiceDuty};

use super::condition::{self, Ownership, ownership, side};
use super::{Candidate, Question, Topic};

/// What can be answered to every question of a duty.
pub(super) const OWNERS: [&str; 3] = ["AWS", "you", "AWS or you: a setting decides"];
const MODEL: &str = "AWS Shared Responsibility Model";

fn index(owner: Ownership) -> usize {
    match owner {
        Ownership::Aws => 0,
        Ownership::Customer => 1,
        Ownership::Depends => 2,
    }
}

/// A duty as a service, or one way of running it, has it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Variant<'a> {
    pub(super) own: Option<&'a ServiceDuty>,
    pub(super) rules: &'a [OwnerRule],
}

impl<'a> Variant<'a> {
    pub(super) fn of(duty: &'a Duty, own: Option<&'a ServiceDuty>) -> Self {
        let rules = own.map(|own| own.owner.as_slice()).filter(|rules| !rules.is_empty()).unwrap_or(&duty.owner);
        Self { own, rules }
    }

    /// False for rows that are printed as unverified: nobody should be taught them.
    pub(super) fn is_sure(&self) -> bool {
        self.own.and_then(|own| own.source.as_ref()).is_none_or(|source| source.confidence > Confidence::Low)
    }
}

/// The row of a service's file that a mode has; the first that fits holds.
fn row_of<'a>(service: &'a Service, mode: &Mode, duty: &Duty) -> Option<&'a ServiceDuty> {
    let resource = mode.resource.as_ref();
    service.duties.iter().find(|own| {
        own.id == duty.id
            && (own.modes.is_empty() || own.modes.contains(&mode.id))
            && (own.types.is_empty() || resource.is_some_and(|resource| own.types.contains(resource)))
    })
}

/// What the service's ways of running make of a duty; `None` for one that does not have it.
pub(super) fn variants<'a>(service: &'a Service, duty: &'a Duty) -> Vec<(&'a Mode, Option<Variant<'a>>)> {
    let of = |mode: &Mode| match row_of(service, mode, duty) {
        None if !duty.everywhere => None,
        own => Some(Variant::of(duty, own)),
    };
    service.modes.iter().map(|mode| (mode, of(mode))).collect()
}

/// Every row that a service has of a duty, whatever type or mode it is for.
pub(super) fn rows<'a>(service: &'a Service, duty: &'a Duty) -> impl Iterator<Item = Variant<'a>> {
    service.duties.iter().filter(|own| own.id == duty.id).map(|own| Variant::of(duty, Some(own)))
}

/// All questions on the duties of a service.
pub(super) fn add(catalog: &Catalog, service: &Service, all: &mut Vec<Candidate>) {
    for duty in catalog.duties.values() {
        let variants = variants(service, duty);
        let Some(first) = variants.iter().find_map(|(_, variant)| *variant).or_else(|| rows(service, duty).next()) else { continue };
        let same = |other: &Variant<'_>| other.rules == first.rules && other.is_sure();
        let as_one = variants.iter().all(|(_, variant)| variant.as_ref().is_some_and(same)) && rows(service, duty).all(|row| same(&row));
        if as_one {
            if duty.per == Per::Account && first.own.is_none() {
                ask(duty, &first, "An AWS account", "an-account", service, all);
            } else {
                ask(duty, &first, &service.title, &service.id, service, all);
            }
            continue;
        }
        // A mode for rows of which something is not recorded is nothing that people choose.
        for (mode, variant) in variants.iter().filter(|(mode, _)| !mode.title.contains("not recorded")) {
            if let Some(variant) = variant.as_ref().filter(|variant| variant.is_sure()) {
                ask(duty, variant, &format!("{} ({})", service.title, mode.title), &format!("{}.{}", service.id, mode.id), service, all);
            }
        }
    }
}

fn ask(duty: &Arc<Duty>, variant: &Variant<'_>, subject: &str, id: &str, service: &Service, all: &mut Vec<Candidate>) {
    let Some(owner) = ownership(variant.rules) else { return };
    let own = |sentence: fn(&ServiceDuty) -> &String| variant.own.map(sentence).filter(|text| !text.is_empty());
    let aws = own(|own| &own.aws).unwrap_or(&duty.aws);
    let customer = own(|own| &own.customer).unwrap_or(&duty.customer);
    let source = match variant.own.and_then(|own| own.source.as_ref()) {
        Some(source) => format!("{}, read on {}", source.title, source.as_of),
        None => MODEL.to_owned(),
    };
    // Ways of running one service differ little; one of them is enough while there is anything else to ask.
    let about = format!("{} {}", service.id, duty.id);
    let mut add = |topic, about: &str, suffix: &str, condition: &str, owner: Ownership, because: &str| {
        let parts = [because, &spoken("AWS", aws), &spoken("The customer", customer)];
        let explanation = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        all.push(Candidate {
            topic,
            about: about.to_owned(),
            question: Question {
                id: format!("duty.{id}.{}{suffix}", duty.id),
                text: format!("{subject}: whose duty is it to {}{condition}?", duty.title),
                choices: OWNERS.map(ToOwned::to_owned).to_vec(),
                answer: index(owner),
                explanation,
                source: source.clone(),
            },
        });
    };
    if owner != Ownership::Depends {
        // What every service has is asked of one of them.
        add(Topic::Duty, if duty.everywhere { &duty.id } else { &about }, "", "", owner, "");
        return;
    }
    let [first, last] = variant.rules else {
        add(Topic::Setting, &about, "", "", owner, "A setting decides.");
        return;
    };
    let (Some(words), Some(then), Some(other)) = (first.when.as_deref().and_then(condition::words), side(&first.party), side(&last.party))
    else {
        add(Topic::Setting, &about, "", "", owner, "A setting decides.");
        return;
    };
    let name = |owner: Ownership| if owner == Ownership::Aws { "AWS" } else { "the customer" };
    let because = format!("If {}, {} does it, else {}.", words.holds, name(then), name(other));
    add(Topic::Setting, &about, "", "", owner, &because);
    add(Topic::Setting, &about, ".holds", &format!(", if {}", words.holds), then, &because);
    add(Topic::Setting, &about, ".fails", &format!(", if {}", words.fails), other, &because);
}

/// The catalogue's sentences have no subject.
fn spoken(who: &str, sentence: &str) -> String {
    if sentence.is_empty() { String::new() } else { format!("{who}: {sentence}") }
}
