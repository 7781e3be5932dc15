//! The sentences that several formats share, so that one finding reads the same everywhere.

use std::borrow::Cow;

use partywall_model::{CheckResult, Exception, ExceptionKind, Fact, Location, Satellite, UnknownBecause};
use serde_json::{Value, json};

use crate::{Proof, text};

/// Values longer than this are cut: a policy document does not fit a sentence. The jsonl line has all of it.
const LONGEST_VALUE: usize = 80;
/// So are longer names.
const LONGEST_NAME: usize = 120;
/// A reader needs the facts that decided, not all that were read.
const MOST_FACTS: usize = 3;

/// What a run that did not ask all checks leaves open.
pub(crate) const NARROWED: &str = "duties that only the other checks speak of are counted under no evidence";

/// How AWS's duties are proven: `1,226 attested, 84 unproven`.
pub(crate) fn proof(proof: &Proof) -> String {
    let Proof { attested, lapsed, out_of_scope, unproven, .. } = *proof;
    let parts = [(attested, "attested"), (lapsed, "lapsed"), (out_of_scope, "out of scope"), (unproven, "unproven")];
    let said = parts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{} {word}", text::thousands(*count)));
    said.collect::<Vec<String>>().join(", ")
}

/// `AWS::S3::Bucket` as people say it: `S3 Bucket`.
pub(crate) fn type_name(resource_type: &str) -> String {
    let short = resource_type.strip_prefix("AWS::").or_else(|| resource_type.strip_prefix("Partywall::"));
    short.unwrap_or(resource_type).replace("::", " ")
}

/// The name of the result's resource: its own name, else its logical id, else its id.
pub(crate) fn resource_name(result: &CheckResult) -> Option<&str> {
    let resource = result.resource.as_deref()?;
    Some(resource.name.as_deref().or(resource.logical_id.as_deref()).unwrap_or(&resource.id))
}

/// Name and type of the result's resource, or whose listing failed.
pub(crate) fn resource(result: &CheckResult) -> String {
    let kind = type_name(&result.resource_type);
    match resource_name(result) {
        Some(name) => format!("{} ({kind})", text::clean(&text::at_most(name, LONGEST_NAME))),
        None => match (&result.account, &result.region) {
            (Some(account), Some(region)) => format!("every {kind} in {account} {region}"),
            (Some(account), None) => format!("every {kind} in {account}"),
            (None, Some(region)) => format!("every {kind} in {region}"),
            (None, None) => format!("every {kind}"),
        },
    }
}

/// Who owns the duty, as said to the customer.
pub(crate) fn party(party: &str) -> &str {
    match party {
        "customer" => "you",
        "aws" => "AWS",
        "undetermined" => "owner unclear",
        other => other,
    }
}

/// What has to be said of the owner of a failed check's duty, if it is not the customer or somebody whom the customer hired.
pub(crate) fn attribution(party: &str) -> &'static str {
    match party {
        "aws" => "This duty is AWS's.",
        "undetermined" => "Whose this is could not be determined; see to it as if it were yours.",
        _ => "",
    }
}

/// The exception in three words and a date.
pub(crate) fn exception(exception: &Exception) -> String {
    format!("{} until {}", exception_kind(exception.kind), exception.expires)
}

/// The exception's kind in words.
pub(crate) fn exception_kind(kind: ExceptionKind) -> &'static str {
    match kind {
        ExceptionKind::RiskAccepted => "risk accepted",
        ExceptionKind::FalsePositive => "false positive",
        ExceptionKind::OperationalRequirement => "operational requirement",
        ExceptionKind::CompensatingControl => "compensating control",
    }
}

/// The exception's kind as outputs for programs write it.
pub(crate) fn exception_id(kind: ExceptionKind) -> &'static str {
    match kind {
        ExceptionKind::RiskAccepted => "risk-accepted",
        ExceptionKind::FalsePositive => "false-positive",
        ExceptionKind::OperationalRequirement => "operational-requirement",
        ExceptionKind::CompensatingControl => "compensating-control",
    }
}

/// The exception as the object that the formats for programs share.
pub(crate) fn exception_value(exception: &Exception) -> Value {
    json!({
        "id": exception.id,
        "kind": exception_id(exception.kind),
        "reason": exception.reason,
        "owner": exception.owner,
        "approver": exception.approver,
        "expires": exception.expires.to_string(),
    })
}

/// One fact as a sentence without its position.
pub(crate) fn fact(fact: &Fact) -> String {
    let value = match fact.json.as_str() {
        "" | "null" => Cow::Borrowed("not set"),
        json => text::at_most(json, LONGEST_VALUE),
    };
    let path = text::clean(&fact.path);
    let value = text::clean(&value);
    match &fact.default_note {
        Some(note) => format!("{path} is {value} (AWS's default: {})", text::clean(note)),
        None => format!("{path} is {value}"),
    }
}

/// One missing fact and why.
pub(crate) fn missing(because: &UnknownBecause) -> String {
    let cause = because.cause.to_string();
    let cause = text::clean(&cause);
    if because.path.is_empty() { cause.into_owned() } else { format!("{}: {cause}", text::clean(&because.path)) }
}

/// The facts on which the answer rests; all, if none of them is known to.
pub(crate) fn deciding(result: &CheckResult) -> impl Iterator<Item = &Fact> {
    let known = result.facts.iter().any(|fact| fact.decided);
    result.facts.iter().filter(move |fact| fact.decided || !known)
}

/// Why the answer is what it is: the deciding facts with position, or what could not be read.
pub(crate) fn because(result: &CheckResult) -> String {
    let mut parts: Vec<String> = if result.unknown_because.is_empty() {
        deciding(result)
            .take(MOST_FACTS)
            .map(|one| match &one.location {
                Some(at) => format!("{}:{} {}", text::clean(file_name(&at.file)), at.line, fact(one)),
                None => fact(one),
            })
            .collect()
    } else {
        result.unknown_because.iter().take(MOST_FACTS).map(missing).collect()
    };
    let all = if result.unknown_because.is_empty() { deciding(result).count() } else { result.unknown_because.len() };
    if all > MOST_FACTS && parts.len() == MOST_FACTS {
        parts.push(format!("{} more", all - MOST_FACTS));
    }
    parts.join("; ")
}

fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// The position that a reader should open: of the first deciding fact that has one, else of the resource.
pub(crate) fn position(result: &CheckResult) -> Option<&Location> {
    let fact = result.facts.iter().find_map(|fact| fact.location.as_ref());
    fact.or_else(|| result.resource.as_deref()?.location.as_ref())
}

/// The folded-in satellite that a deciding fact came from. The longest path wins; among equals the one that stands where
/// the fact stands, else the first.
pub(crate) fn decided_by(result: &CheckResult) -> Option<&Satellite> {
    let satellites = &result.resource.as_deref()?.satellites;
    let mut best: Option<((usize, bool), &Satellite)> = None;
    for satellite in satellites {
        for fact in result.facts.iter().filter(|fact| holds(&satellite.path, &fact.path)) {
            let rank = (satellite.path.len(), fact.location.is_some() && fact.location == satellite.location);
            if best.is_none_or(|(known, _)| rank > known) {
                best = Some((rank, satellite));
            }
        }
    }
    best.map(|(_, satellite)| satellite)
}

/// True if `path` is `outer` or lies inside it.
fn holds(outer: &str, path: &str) -> bool {
    path.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn a_path_holds_itself_and_what_is_inside() {
        assert!(holds("Policy", "Policy"));
        assert!(holds("Policy", "Policy.Statement"));
        assert!(holds("Rules", "Rules[0].Port"));
        assert!(!holds("Policy", "PolicyText"));
        assert!(!holds("Policy.Statement", "Policy"));
    }

    #[test]
    fn the_deciding_satellite_is_found() {
        let sample = fixture::sample();
        let by: Vec<Option<&str>> = sample.results.iter().map(|(_, result)| decided_by(result).map(|one| &*one.id)).collect();
        assert_eq!(by.first(), Some(&Some("StatementsPolicy")));
        assert_eq!(by.get(1), Some(&None));
    }

    #[test]
    fn listings_have_words() {
        let sample = fixture::sample();
        let (_, listing) = sample.results.iter().find(|(_, result)| result.resource.is_none()).unwrap();
        assert_eq!(resource(listing), "every S3 Bucket in 222222222222 eu-central-1");
        assert_eq!(because(listing), "access denied: s3:ListAllMyBuckets");
    }
}
