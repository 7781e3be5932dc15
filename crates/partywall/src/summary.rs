//! From tallies and catalogue to the plain views that the output formats print.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use partywall_catalog::{Catalog, Check, ServiceDuty};
use partywall_engine::{DutyCounts, Tally};
use partywall_model::{Cause, CauseKind, CheckResult, Gap, Status};
use partywall_records::RecordFinding;
use partywall_report::{CheckInfo, Counts, NotSeen, RecordLine, Side, WallCell, WallRow};

use crate::proofs::Proofs;

/// Rows of the first screen, top course first. The last ones stand below the wall's middle.
const BANDS: [(&str, Side); 8] = [
    ("customer data", Side::In),
    ("platform, apps, identity", Side::In),
    ("OS, network & firewall", Side::In),
    ("encryption & traffic", Side::In),
    ("logs, backup, availability", Side::In),
    ("people & process", Side::In),
    ("compute storage database net", Side::Of),
    ("hardware, Regions, AZs, edge", Side::Of),
];

/// One check with the sentences of its duty, in the service's words where it has its own, and the lines of frameworks that it is evidence for.
pub(crate) fn check_info(catalog: &Catalog, check: &Check, controls: Vec<(String, Vec<String>)>) -> CheckInfo {
    let duty = catalog.duties.get(&check.duty);
    let layer = duty.and_then(|duty| catalog.layer(duty.layer()));
    let course = BANDS.iter().position(|(band, _)| layer.is_some_and(|layer| *layer.band == **band)).unwrap_or(BANDS.len());
    let own = service_duty(catalog, &check.resource, &check.duty);
    let words = |own: Option<&str>, general: Option<&str>| own.filter(|text| !text.is_empty()).or(general).unwrap_or("").to_owned();
    let text = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    CheckInfo {
        id: check.id.clone(),
        title: check.title.to_string(),
        severity: check.severity,
        resource_type: check.resource.to_string(),
        duty: check.duty.to_string(),
        duty_title: duty.map(|duty| duty.title.to_string()).unwrap_or_default(),
        layer: layer.map(|layer| layer.id.to_string()).unwrap_or_default(),
        layer_title: layer.map(|layer| layer.title.to_string()).unwrap_or_default(),
        course,
        side: BANDS.get(course).map_or(Side::In, |(_, side)| *side),
        controls,
        equivalents: pairs(&check.equivalents),
        why: check.why.trim().to_owned(),
        aws_part: words(own.map(|own| &*own.aws), duty.map(|duty| &*duty.aws)),
        customer_part: words(own.map(|own| &*own.customer), duty.map(|duty| &*duty.customer)),
        fix_console: text(&check.fix.console),
        fix_cli: text(&check.fix.cli),
        fix_cloudformation: text(&check.fix.cloudformation),
        fix_terraform: text(&check.fix.terraform),
    }
}

/// A map as the list that the formats print.
pub(crate) fn pairs(map: &BTreeMap<String, Vec<String>>) -> Vec<(String, Vec<String>)> {
    map.iter().map(|(key, ids)| (key.clone(), ids.clone())).collect()
}

/// The row of a service file that speaks of a duty for a type.
pub(crate) fn service_duty<'a>(catalog: &'a Catalog, resource_type: &str, duty: &str) -> Option<&'a ServiceDuty> {
    catalog
        .service_of(resource_type)?
        .duties
        .iter()
        .find(|own| &*own.id == duty && (own.types.is_empty() || own.types.iter().any(|name| &**name == resource_type)))
}

/// The wall with counts, top course first.
pub(crate) fn wall(catalog: &Catalog, tally: &Tally, proofs: &Proofs) -> Vec<WallRow> {
    BANDS
        .iter()
        .map(|(band, side)| WallRow {
            id: (*band).to_owned(),
            title: (*band).to_owned(),
            side: *side,
            cells: catalog
                .layers
                .iter()
                .filter(|layer| &*layer.band == *band)
                .map(|layer| {
                    let part = |pick: fn(&partywall_catalog::Duty) -> &str| {
                        let sentences: Vec<&str> = catalog
                            .duties
                            .values()
                            .filter(|duty| duty.layer() == &*layer.id)
                            .map(|duty| pick(duty))
                            .filter(|text| !text.is_empty())
                            .collect();
                        sentences.join(" ")
                    };
                    WallCell {
                        layer: layer.id.to_string(),
                        title: layer.title.to_string(),
                        aws_part: part(|duty| &duty.aws),
                        customer_part: part(|duty| &duty.customer),
                        counts: counts(tally.layers.get(&layer.id).copied().unwrap_or_default()),
                        proof: proofs
                            .sum(proofs.duties.keys().map(|duty| &**duty).filter(|duty| duty.split('.').next() == Some(&layer.id)))
                            .counts,
                    }
                })
                .collect(),
        })
        .filter(|row| !row.cells.is_empty())
        .collect()
}

fn counts(from: DutyCounts) -> Counts {
    Counts {
        aws: from.aws,
        you: from.customer,
        unclear: from.undetermined,
        met: from.met,
        fail: from.fail,
        unseen: from.unseen,
        no_evidence: from.no_evidence,
    }
}

/// A finding of the records as the formats print it.
pub(crate) fn record_line(finding: RecordFinding) -> RecordLine {
    RecordLine {
        kind: finding.kind.as_str(),
        severity: finding.severity,
        subject: finding.subject,
        message: finding.message,
        owner: finding.owner,
        due: finding.due,
        place: finding.place.map(|place| place.to_string()),
    }
}

/// Answers that are missing, by reason. The first screen's heading and the exit line both count here.
#[derive(Debug, Default)]
pub(crate) struct Unseen {
    reasons: BTreeMap<String, (u64, Option<String>)>,
    /// How many of them an exception covers: they are told, but do not count for the exit code.
    excepted: u64,
    /// Those that the baseline has, which are left out.
    pub(crate) before: u64,
}

impl Unseen {
    /// Counts a result if it is unknown for a reason that another reading could mend.
    pub(crate) fn add(&mut self, result: &CheckResult) {
        if result.status != Status::Unknown || result.is_blind() {
            return;
        }
        let mut causes = result.unknown_because.iter().map(|because| &because.cause);
        let Some(cause) = causes.find(|cause| cause.kind != CauseKind::NotInSource) else { return };
        self.count(cause, result.account.as_deref(), result.region.as_deref());
        self.excepted += u64::from(result.exception.is_some());
    }

    /// Counts what could not be read and may have held resources of any type: no check has an answer of its own for it.
    pub(crate) fn add_gap(&mut self, gap: &Gap) {
        if gap.resource_type.is_empty() {
            self.count(&gap.cause, gap.account.as_deref(), gap.region.as_deref());
        }
    }

    fn count(&mut self, cause: &Cause, account: Option<&str>, region: Option<&str>) {
        let place = match (account, region) {
            (Some(account), Some(region)) => format!(" (account {account}, {region})"),
            (Some(account), None) => format!(" (account {account})"),
            _ => String::new(),
        };
        self.reasons.entry(format!("{cause}{place}")).or_insert_with(|| (0, remedy(cause))).0 += 1;
    }

    /// All that are missing.
    pub(crate) fn total(&self) -> u64 {
        self.reasons.values().map(|(count, _)| count).sum()
    }

    /// Those that no exception covers.
    pub(crate) fn open(&self) -> u64 {
        self.total() - self.excepted
    }

    /// One line per reason, most first.
    pub(crate) fn lines(&self) -> Vec<NotSeen> {
        let mut lines: Vec<NotSeen> =
            self.reasons.iter().map(|(words, (count, hint))| NotSeen { count: *count, words: words.clone(), hint: hint.clone() }).collect();
        lines.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.words.cmp(&b.words)));
        lines
    }
}

/// What would make the fact visible, if another reading could.
pub(crate) fn remedy(cause: &Cause) -> Option<String> {
    match (cause.kind, &cause.iam_action) {
        (CauseKind::Denied, Some(action)) => Some(format!("allow {action} and read again")),
        (CauseKind::Denied | CauseKind::CallFailed | CauseKind::ServerError | CauseKind::Malformed | CauseKind::TimedOut, _) => {
            Some("read again".to_owned())
        }
        (CauseKind::Throttled, _) => Some("read again, or give the reader a larger --share".to_owned()),
        (CauseKind::RegionDisabled, _) => Some("turn the Region on, or leave it out with --region".to_owned()),
        (CauseKind::SourcesDisagree, _) => Some("leave out what is older".to_owned()),
        (CauseKind::NotLooked, _) => Some("read it too".to_owned()),
        _ => None,
    }
}

/// What would answer a result that is unknown.
pub(crate) fn remedy_of(result: &CheckResult) -> String {
    result.unknown_because.iter().find_map(|because| remedy(&because.cause)).unwrap_or_else(|| "read again".to_owned())
}

/// How many services the types read belong to.
pub(crate) fn services<'a>(catalog: &Catalog, types: impl Iterator<Item = &'a Arc<str>>) -> u64 {
    let names: BTreeSet<String> = types
        .map(|name| match catalog.service_of(name) {
            Some(service) => service.id.to_string(),
            None => name.split("::").nth(1).unwrap_or(name).to_ascii_lowercase(),
        })
        .collect();
    names.len() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_is_advised_only_where_one_was_missing() {
        let advice = |kind| remedy(&Cause::new(kind, "GetKeyRotationStatus answered so").with_action("kms:GetKeyRotationStatus"));
        assert_eq!(advice(CauseKind::Denied).as_deref(), Some("allow kms:GetKeyRotationStatus and read again"));
        assert_eq!(advice(CauseKind::CallFailed).as_deref(), Some("read again"));
        assert_eq!(advice(CauseKind::NotLooked).as_deref(), Some("read it too"));
        assert_eq!(advice(CauseKind::UnresolvedReference), None);
    }
}
