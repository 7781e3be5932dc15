//! What reports expect of the customer, and until when documents are accepted: from the records themselves.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};
use partywall_catalog::{Catalog, Duty};
use partywall_model::Party;

use super::pick::Random;
use super::{Candidate, Question, Topic};
use crate::{Attestation, Cuec, Records};

/// Wrong choices beside the right one.
const OTHERS: usize = 3;

/// All questions on expectations and attestations.
pub(super) fn add(catalog: &Catalog, records: &Records, random: &mut Random, all: &mut Vec<Candidate>) {
    for cuec in &records.expectations.cuecs {
        all.extend(expectation(catalog, records, cuec, random));
    }
    all.extend(records.attestations.iter().filter_map(term));
}

/// The right one of four is what the report expects; the others are AWS's own duties, whatever the service.
fn expectation(catalog: &Catalog, records: &Records, cuec: &Cuec, random: &mut Random) -> Option<Candidate> {
    let right = cuec.text.trim();
    let aws_alone = |duty: &&Duty| duty.everywhere && duty.customer.is_empty() && duty.owner.iter().all(|rule| rule.party == Party::Aws);
    let mut others: Vec<&str> = catalog.duties.values().map(AsRef::as_ref).filter(aws_alone).map(|duty| duty.aws.as_str()).collect();
    others.retain(|text| !text.is_empty() && *text != right);
    random.shuffle(&mut others);
    others.truncate(OTHERS);
    if right.is_empty() || others.len() < OTHERS {
        return None;
    }
    others.push(right);
    random.shuffle(&mut others);
    let title = records.attestations.iter().find(|one| one.id == cuec.attestation).map_or(&*cuec.attestation, |one| &one.title);
    let response = if cuec.response.is_empty() { String::new() } else { format!(" How we answer it: {}", cuec.response) };
    Some(Candidate {
        topic: Topic::Expectation,
        about: cuec.id.clone(),
        question: Question {
            id: format!("expectation.{}", cuec.id),
            text: format!("Which of these does {title} expect of you ({})?", cuec.id),
            answer: others.iter().position(|text| *text == right)?,
            choices: others.into_iter().map(ToOwned::to_owned).collect(),
            explanation: format!("The others are AWS's own duties.{response}"),
            source: title.to_owned(),
        },
    })
}

/// Until when a document is taken as proof; the other days are near ones with another meaning.
fn term(document: &Attestation) -> Option<Candidate> {
    let right = document.accepted_until?;
    let later = right.checked_add_days(Days::new(365));
    let earlier = right.checked_sub_days(Days::new(90));
    let near = [document.to, later, Some(document.received), earlier, Some(document.from)];
    let mut days: BTreeSet<NaiveDate> = BTreeSet::new();
    for day in near.into_iter().flatten().filter(|day| *day != right) {
        if days.len() < OTHERS {
            days.insert(day);
        }
    }
    days.insert(right);
    let (title, report, series) = (&document.title, &document.report, &document.series.title);
    let speaks = match document.to {
        Some(to) if to == document.from => format!("speaks of {to}"),
        Some(to) => format!("speaks of {} to {to}", document.from),
        None => format!("holds from {}", document.from),
    };
    Some(Candidate {
        topic: Topic::Attestation,
        about: document.id.to_string(),
        question: Question {
            id: format!("attestation.{}", document.id),
            text: format!("Until which day do we accept {title} ({report}) as proof of {}'s part?", provider(&document.provider)),
            answer: days.iter().position(|day| *day == right)?,
            choices: days.iter().map(ToString::to_string).collect(),
            explanation: format!("The document ({series}) {speaks}; it is accepted until {right}."),
            source: title.clone(),
        },
    })
}

fn provider(party: &Party) -> String {
    if *party == Party::Aws { "AWS".to_owned() } else { party.to_string() }
}
