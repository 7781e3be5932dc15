//! What is said of AWS's side.

use partywall_catalog::Check;
use partywall_model::{CheckResult, Status, Value};
use partywall_report::FindingLine;

/// A sentence on AWS's side. Exposure is computed from settings, so it is "readable", never "was read". That the infrastructure was secure
/// is said only of what runs, and only as far as the split of duties goes: no duty of AWS's decides whether the setting is right.
pub(super) fn verdict(check: &Check, result: &CheckResult) -> String {
    match &*result.party {
        "aws" => return "This duty is AWS's: nothing here is yours to mend.".to_owned(),
        "undetermined" => return "Whose duty this is could not be determined; until it is, see to it as if it were yours.".to_owned(),
        _ => {}
    }
    let whose = if &*result.party == "customer" { "yours".to_owned() } else { format!("{}'s", result.party) };
    match result.status {
        Status::Pass | Status::NotApplicable => "Nothing failed on either side.".to_owned(),
        Status::Unknown => "Nothing is known to have failed on either side; what could not be read is not counted as met.".to_owned(),
        Status::Fail => match (effect(check, result), FindingLine::is_live(result)) {
            (Some((did, _)), true) => {
                format!("AWS did not fail; the infrastructure was secure; this setting, {whose}, {did}. {NO_PART}")
            }
            (Some((_, would)), false) => format!("Once deployed, this setting, {whose}, would {would}. {NO_PART}"),
            (None, _) => format!("This setting is {whose}. {NO_PART}"),
        },
    }
}

/// What the split of duties shows, and no more.
const NO_PART: &str = "The setting alone decides it; no duty of AWS's is part of it.";

/// What a setting that exposes did, and would do, if this is one.
fn effect(check: &Check, result: &CheckResult) -> Option<(&'static str, &'static str)> {
    const READABLE: (&str, &str) = ("made it readable", "make it readable");
    const CARELESS: (&str, &str) =
        ("leaves it one careless policy away from being readable", "leave it one careless policy away from being readable");
    const EXPOSING: [&str; 4] = [
        "network-config.restrict-exposure",
        "network-config.restrict-ingress",
        "identity-access.restrict-resource-policy",
        "customer-data.limit-sharing",
    ];
    if !EXPOSING.contains(&&*check.duty) {
        return None;
    }
    let resource = result.resource.as_deref()?;
    let on = |path: &str| resource.properties.at(path).and_then(Value::as_bool) == Some(true);
    let reads = |end: &str| result.facts.iter().any(|fact| fact.path.ends_with(end) || fact.path.contains(&format!("{end}.")));
    if &*resource.resource_type == "AWS::S3::Bucket" {
        let open = on("_Derived.Policy.IsPublic") && !on("_Derived.EffectivePublicAccessBlock.RestrictPublicBuckets")
            || on("_Derived.AclIsPublic") && !on("_Derived.EffectivePublicAccessBlock.IgnorePublicAcls");
        let about = reads("IsPublic") || reads("AclIsPublic") || result.facts.iter().any(|fact| fact.path.contains("PublicAccessBlock"));
        return match (about, open) {
            (true, true) => Some(READABLE),
            (true, false) => Some(CARELESS),
            (false, _) => None,
        };
    }
    if check.id.ends_with("-is-not-public") && &*check.duty == "customer-data.limit-sharing" {
        return Some(READABLE);
    }
    if reads("IsPublic") {
        return Some(("opened it to everyone", "open it to everyone"));
    }
    (check.duty.starts_with("network-config.") && resource.resource_type.starts_with("AWS::")).then_some(("opened it", "open it"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use partywall_catalog::Catalog;
    use partywall_model::{Fact, FindingId, Resource, Source, SourceKind};

    use super::*;

    fn told(id: &str, party: &str, facts: &[(&str, bool)]) -> String {
        told_of(SourceKind::Api, id, party, facts)
    }

    fn told_of(kind: SourceKind, id: &str, party: &str, facts: &[(&str, bool)]) -> String {
        let catalog = Catalog::load(None).unwrap();
        let check = catalog.checks.get(id).unwrap();
        let source = Arc::new(Source { kind, file: Arc::from("x.json") });
        let mut resource = Resource::new(check.resource.clone(), "one", source);
        for (path, value) in facts {
            resource.properties.set_at(path, Value::Bool(*value));
        }
        let facts = facts
            .iter()
            .map(|(path, value)| Fact {
                path: Arc::from(*path),
                json: value.to_string(),
                location: None,
                default_note: None,
                decided: true,
            })
            .collect();
        let result = CheckResult {
            id: FindingId(1),
            check: check.id.clone(),
            severity: check.severity,
            status: Status::Fail,
            resource_type: check.resource.clone(),
            resource: Some(Arc::new(resource)),
            account: None,
            region: None,
            facts,
            unknown_because: Vec::new(),
            exception: None,
            party: Arc::from(party),
        };
        verdict(check, &result)
    }

    #[test]
    fn a_public_bucket_has_the_models_sentence() {
        let public = [("_Derived.Policy.IsPublic", true), ("_Derived.EffectivePublicAccessBlock.RestrictPublicBuckets", false)];
        let sentence = told("s3.bucket-is-not-public", "customer", &public);
        assert_eq!(sentence, format!("AWS did not fail; the infrastructure was secure; this setting, yours, made it readable. {NO_PART}"));
        let sentence = told("s3.bucket-is-not-public", "msp:harbour-ops", &public);
        assert!(sentence.contains("this setting, msp:harbour-ops's, made it readable."), "{sentence}");
    }

    #[test]
    fn a_template_was_never_secure_nor_readable() {
        let public = [("_Derived.Policy.IsPublic", true), ("_Derived.EffectivePublicAccessBlock.RestrictPublicBuckets", false)];
        let sentence = told_of(SourceKind::CloudFormation, "s3.bucket-is-not-public", "customer", &public);
        assert_eq!(sentence, format!("Once deployed, this setting, yours, would make it readable. {NO_PART}"));
    }

    #[test]
    fn nothing_is_called_readable_that_is_not() {
        let blocked = [("_Derived.Policy.IsPublic", true), ("_Derived.EffectivePublicAccessBlock.RestrictPublicBuckets", true)];
        assert!(!told("s3.bucket-policy-is-not-public", "customer", &blocked).contains("made it readable"));
        assert!(
            !told("s3.bucket-blocks-public-access", "customer", &[("_Derived.EffectivePublicAccessBlock.BlockPublicAcls", false)])
                .contains("made it")
        );
        assert!(!told("rds.instance-storage-is-encrypted", "customer", &[("StorageEncrypted", false)]).contains("made it"));
        assert!(told("s3.bucket-is-not-public", "aws", &blocked).contains("AWS's"));
        assert!(told("s3.bucket-is-not-public", "undetermined", &blocked).contains("could not be determined"));
    }
}
