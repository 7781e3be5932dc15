//! Whose are the duties of a layer of a service? Derived from all its duties and every owner that a setting can lead to.

use std::collections::BTreeSet;

use partywall_catalog::{Catalog, Duty, Layer, Service};

use super::condition::{Ownership, ownership};
use super::duties::{Variant, rows, variants};
use super::{Candidate, Question, Topic};

const SIDES: [&str; 3] = ["AWS's, all of them", "yours, all of them", "some AWS's and some yours, by duty, way of running or setting"];

/// All questions on the layers of a service.
pub(super) fn add(catalog: &Catalog, service: &Service, all: &mut Vec<Candidate>) {
    for layer in &catalog.layers {
        let duties: Vec<&Duty> = catalog.duties.values().filter(|duty| duty.layer() == &*layer.id).map(AsRef::as_ref).collect();
        // Unverified rows are not taught; a layer that would look otherwise with them is not asked about.
        let (Some(all_rows), Some(sure)) = (split(service, &duties, false), split(service, &duties, true)) else { continue };
        if all_rows == sure {
            all.push(candidate(service, layer, &duties, sure));
        }
    }
}

/// The owners of a layer's duties together; `None` if the service has none of them, or anybody else owns one.
fn split(service: &Service, duties: &[&Duty], sure_only: bool) -> Option<Ownership> {
    let mut found = None;
    for duty in duties {
        for variant in all_variants(service, duty).filter(|variant| !sure_only || variant.is_sure()) {
            let owner = ownership(variant.rules)?;
            found = match found {
                None => Some(owner),
                Some(known) if known == owner => Some(owner),
                Some(_) => Some(Ownership::Depends),
            };
        }
    }
    found
}

fn all_variants<'a>(service: &'a Service, duty: &'a Duty) -> impl Iterator<Item = Variant<'a>> {
    let of_modes = variants(service, duty).into_iter().filter_map(|(_, variant)| variant);
    let bare = (service.modes.is_empty() && duty.everywhere).then(|| Variant::of(duty, None));
    of_modes.chain(rows(service, duty)).chain(bare)
}

fn candidate(service: &Service, layer: &Layer, duties: &[&Duty], owner: Ownership) -> Candidate {
    let mut sides: [BTreeSet<&str>; 3] = Default::default();
    for duty in duties {
        let owners = all_variants(service, duty).filter(Variant::is_sure).filter_map(|variant| ownership(variant.rules));
        let together = owners.reduce(|one, other| if one == other { one } else { Ownership::Depends });
        let [aws, customer, both] = &mut sides;
        match together {
            Some(Ownership::Aws) => aws.insert(&duty.title),
            Some(Ownership::Customer) => customer.insert(&duty.title),
            Some(Ownership::Depends) => both.insert(&duty.title),
            None => false,
        };
    }
    let told = ["AWS's", "yours", "AWS's or yours"].into_iter().zip(&sides).filter(|(_, duties)| !duties.is_empty());
    let told: Vec<String> =
        told.map(|(whose, duties)| format!("{whose}: {}", duties.iter().copied().collect::<Vec<_>>().join(", "))).collect();
    let mut explanation = told.join("; ");
    explanation.push('.');
    if let Some(first) = explanation.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let text = layer.text.trim_end_matches('.');
    Candidate {
        topic: Topic::Layer,
        about: layer.id.to_string(),
        question: Question {
            id: format!("layer.{}.{}", service.id, layer.id),
            text: format!("{}: whose are the duties of the layer \"{}\" ({text})?", service.title, layer.title),
            choices: SIDES.map(ToOwned::to_owned).to_vec(),
            answer: match owner {
                Ownership::Aws => 0,
                Ownership::Customer => 1,
                Ownership::Depends => 2,
            },
            explanation,
            source: if service.security_chapter.is_empty() { service.title.to_string() } else { service.security_chapter.clone() },
        },
    }
}
