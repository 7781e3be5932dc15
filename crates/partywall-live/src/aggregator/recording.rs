//! What a recorder of AWS Config records, and so of which types silence says that there are none.

use std::collections::BTreeSet;
use std::sync::Arc;

use partywall_model::Value;

/// Types without a Region that a recorder of everything records only if told so (AWS Config API reference, RecordingGroup,
/// `includeGlobalResourceTypes`).
pub(super) const IAM: [&str; 4] = ["AWS::IAM::Group", "AWS::IAM::Policy", "AWS::IAM::Role", "AWS::IAM::User"];

/// Recorded wherever there is a recorder.
const RECORDER: &str = "AWS::Config::ConfigurationRecorder";

/// The recorder of an account in a Region.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Recording {
    /// It is running.
    on: bool,
    /// Everything that it can but `but` is recorded, else only `only`.
    all: bool,
    with_iam: bool,
    only: BTreeSet<Arc<str>>,
    but: BTreeSet<Arc<str>>,
}

impl Recording {
    /// From the `configuration` of a recorder's item; `None` for a recorder of an AWS service, whose items no query shows.
    pub(super) fn of(configuration: &Value) -> Option<Self> {
        let text = |path: &str| configuration.at(path).and_then(Value::as_str);
        if text("ServicePrincipal").is_some() || text("RecordingScope") == Some("INTERNAL") {
            return None;
        }
        let flag = |path: &str| configuration.at(path) == Some(&Value::Bool(true));
        let names = |path: &str| -> BTreeSet<Arc<str>> {
            let list = configuration.at(path).and_then(Value::as_list).unwrap_or_default();
            list.iter().filter_map(Value::as_str).map(Arc::from).collect()
        };
        let strategy = text("RecordingGroup.RecordingStrategy.UseOnly").unwrap_or_default();
        let by_exclusion = strategy == "EXCLUSION_BY_RESOURCE_TYPES";
        Some(Self {
            on: flag("Recording"),
            all: by_exclusion || strategy != "INCLUSION_BY_RESOURCE_TYPES" && flag("RecordingGroup.AllSupported"),
            with_iam: by_exclusion || flag("RecordingGroup.IncludeGlobalResourceTypes"),
            only: names("RecordingGroup.ResourceTypes"),
            but: if by_exclusion { names("RecordingGroup.ExclusionByResourceTypes.ResourceTypes") } else { BTreeSet::new() },
        })
    }

    /// Whether it records what it can of a type, by Config's name. Which types it can record in the Region it does not say.
    pub(super) fn records(&self, name: &str) -> bool {
        let chosen = if self.all { !self.but.contains(name) && (self.with_iam || !IAM.contains(&name)) } else { self.only.contains(name) };
        self.on && (chosen || name == RECORDER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Recording {
        Recording::of(&partywall_collect::parse_json(text).unwrap()).unwrap()
    }

    #[test]
    fn everything_is_without_iam_unless_told_so() {
        let all = of(r#"{"Recording":true,"RecordingGroup":{"AllSupported":true}}"#);
        assert!(all.records("AWS::S3::Bucket") && !all.records("AWS::IAM::Role") && all.records(RECORDER));
        let with = of(r#"{"Recording":true,"RecordingGroup":{"AllSupported":true,"IncludeGlobalResourceTypes":true}}"#);
        assert!(with.records("AWS::IAM::Role"));
        assert!(!of(r#"{"Recording":false,"RecordingGroup":{"AllSupported":true}}"#).records("AWS::S3::Bucket"));
        assert!(!of(r#"{"RecordingGroup":{"AllSupported":true}}"#).records("AWS::S3::Bucket"), "nobody says that it runs");
    }

    #[test]
    fn chosen_types_and_all_but_some() {
        let chosen = of(
            r#"{"Recording":true,"RecordingGroup":{"ResourceTypes":["AWS::EC2::VPC"],"RecordingStrategy":{"UseOnly":"INCLUSION_BY_RESOURCE_TYPES"}}}"#,
        );
        assert!(chosen.records("AWS::EC2::VPC") && !chosen.records("AWS::S3::Bucket"));
        let but = of(
            r#"{"Recording":true,"RecordingGroup":{"ExclusionByResourceTypes":{"ResourceTypes":["AWS::EC2::VPC"]},"RecordingStrategy":{"UseOnly":"EXCLUSION_BY_RESOURCE_TYPES"}}}"#,
        );
        assert!(!but.records("AWS::EC2::VPC") && but.records("AWS::S3::Bucket") && but.records("AWS::IAM::Role"));
    }

    #[test]
    fn recorders_of_services_count_for_nothing() {
        let value = |text: &str| partywall_collect::parse_json(text).unwrap();
        assert_eq!(Recording::of(&value(r#"{"Recording":true,"RecordingScope":"INTERNAL"}"#)), None);
        assert_eq!(Recording::of(&value(r#"{"Recording":true,"ServicePrincipal":"x.amazonaws.com"}"#)), None);
    }
}
