//! Whether what reports expect is so: CUECs by checks and manual evidence, CSOCs by attestations.

use std::sync::Arc;

use chrono::NaiveDate;
use partywall_catalog::{Catalog, Check};
use partywall_engine::Tally;
use partywall_model::{Party, Severity};
use partywall_records::{Csoc, Cuec, EvidenceState, FindingKind, ProofState, RecordFinding, Records};

use crate::frameworks;
use crate::proofs::Proofs;

/// How an expectation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stand {
    /// All that speaks of it speaks for it.
    Met,
    /// Something speaks against it.
    NotMet,
    /// Something is missing.
    Unproven,
}

impl Stand {
    /// The words used in outputs.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::NotMet => "not met",
            Self::Unproven => "unproven",
        }
    }
}

/// How a CUEC stands and why, in one line. Without sources its checks show nothing.
pub(crate) fn cuec(catalog: &Catalog, records: &Records, cuec: &Cuec, tally: Option<&Tally>, today: NaiveDate) -> (Stand, String) {
    let checks: Vec<&Arc<Check>> = cuec.checks.iter().flat_map(|pattern| catalog.checks_of(pattern)).collect();
    let mut missing = Vec::new();
    if let Some(tally) = tally {
        let counts = |check: &Arc<Check>| frameworks::sum(tally, &[check]);
        let failed: Vec<&str> = checks.iter().filter(|check| counts(check).fail > counts(check).excepted).map(|check| &*check.id).collect();
        if let Some((first, rest)) = failed.split_first() {
            let more = if rest.is_empty() { String::new() } else { format!(" and {} more checks", rest.len()) };
            return (Stand::NotMet, format!("{first}{more} failed"));
        }
        let sum = frameworks::sum(tally, &checks);
        if sum.unknown > 0 {
            missing.push(format!("{} answers of its checks are unknown", sum.unknown));
        }
        if sum.fail > 0 {
            missing.push(format!("{} failures are excepted", sum.fail));
        }
        // A check that met nothing shows nothing, whatever the others say.
        let met_nothing = |check: &&Arc<Check>| {
            let counts = counts(check);
            counts.pass + counts.fail + counts.unknown + counts.not_applicable == 0
        };
        let silent: Vec<&str> = checks.iter().filter(|check| met_nothing(check)).map(|check| &*check.id).collect();
        if !silent.is_empty() {
            missing.push(format!("nothing was met by {}", silent.join(", ")));
        } else if !checks.is_empty() && sum.pass == 0 {
            missing.push("none of its checks passes anywhere".to_owned());
        }
    } else if !checks.is_empty() {
        missing.push("no sources were read".to_owned());
    }
    for id in &cuec.evidence {
        match records.evidence.state(id, today) {
            EvidenceState::Current(_) => {}
            EvidenceState::Failed(kept) => return (Stand::NotMet, format!("{}: {}", kept.title, kept.failed)),
            state => missing.push(format!("{} is {}", catalog.evidence.get(id).map_or(&**id, |known| &known.title), state.as_str())),
        }
    }
    let report = records.attestations.iter().find(|document| document.id == cuec.attestation);
    if let Some(until) = report.and_then(|report| report.accepted_until_on(today)).filter(|until| *until < today) {
        missing.push(format!("the report lapsed on {until}: the next may expect something else"));
    }
    if checks.is_empty() && cuec.evidence.is_empty() {
        missing.push("no check and no evidence is named for it".to_owned());
    }
    if missing.is_empty() {
        (Stand::Met, "all that is named for it speaks for it".to_owned())
    } else {
        (Stand::Unproven, missing.join("; "))
    }
}

/// How a CSOC stands and why: by the proof of the provider's duties, for the services that it names; else for AWS wherever AWS was met with
/// them, and for others as a whole.
pub(crate) fn csoc(catalog: &Catalog, records: &Records, csoc: &Csoc, proofs: &Proofs, today: NaiveDate) -> (Stand, String) {
    let covers = |duty: &str| csoc.duties.iter().any(|pattern| **pattern == *duty || pattern.strip_suffix(".*") == duty.split('.').next());
    let duties: Vec<&Arc<str>> = catalog.duties.keys().filter(|duty| covers(duty)).collect();
    if csoc.services.is_empty() && csoc.provider == Party::Aws {
        let sum = proofs.sum(duties.iter().map(|duty| &***duty));
        let counts = &sum.counts;
        let open = counts.lapsed + counts.out_of_scope + counts.unproven;
        return match sum.line() {
            Some(line) if open == 0 => (Stand::Met, line),
            Some(line) => (Stand::Unproven, line),
            None => (Stand::Unproven, "nothing in use or in scope gives AWS these duties".to_owned()),
        };
    }
    let services: Vec<Option<&str>> =
        if csoc.services.is_empty() { vec![None] } else { csoc.services.iter().map(|id| Some(&**id)).collect() };
    let mut until: Option<NaiveDate> = None;
    for duty in &duties {
        for service in &services {
            let proof = records.proof(&csoc.provider, duty, *service, None, today);
            if proof.state != ProofState::Attested {
                return (Stand::Unproven, format!("{}: {}", proof.state.as_str(), proof.why(&csoc.provider, *service, None)));
            }
            until = [until, proof.until].into_iter().flatten().min();
        }
    }
    match (duties.is_empty(), until) {
        (true, _) => (Stand::Unproven, "it names no duty".to_owned()),
        (false, Some(until)) => (Stand::Met, format!("attested until {until}")),
        (false, None) => (Stand::Met, "attested".to_owned()),
    }
}

/// CUECs that are not met, as findings.
pub(crate) fn findings(catalog: &Catalog, records: &Records, tally: &Tally, today: NaiveDate) -> Vec<RecordFinding> {
    let mut found = Vec::new();
    for one in &records.expectations.cuecs {
        let (stand, why) = cuec(catalog, records, one, Some(tally), today);
        if stand == Stand::NotMet {
            found.push(RecordFinding {
                kind: FindingKind::Expectation,
                severity: Severity::High,
                subject: one.id.clone(),
                message: format!("what {} expects of you is not so ({}): {why}", one.attestation, one.id),
                owner: Some(one.owner.clone()).filter(|owner| !owner.is_empty()),
                due: None,
                place: Some(one.place.clone()),
            });
        }
    }
    found
}
