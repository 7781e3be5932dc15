//! Records that are dated after the day that is asked about: a slip of the pen, an act noted before it was done, or a look back. They
//! count from their day on, not before.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use partywall_model::Severity;

use crate::{FindingKind, KeptAs, Place, RecordFinding, Records};

/// Days of one kind of act, with the places where they stand.
type Days<'a> = Vec<(NaiveDate, &'a Place)>;

/// One finding for each document, record, policy, training, runbook and review that has later days.
pub(crate) fn findings(records: &Records, today: NaiveDate, found: &mut Vec<RecordFinding>) {
    let mut add = |kind, subject: &str, acts: (&str, &str), owner: &str, days: Days<'_>| {
        let later: Days<'_> = days.into_iter().filter(|(day, _)| *day > today).collect();
        let Some((first, place)) = later.iter().min_by_key(|(day, _)| *day) else { return };
        let (one, many) = acts;
        let message = match later.len() {
            1 => format!("{one} is dated {first}, after {today}; it does not count before its day"),
            count => format!("{count} {many} are dated after {today}, the first {first}; they do not count before their day"),
        };
        found.push(RecordFinding {
            kind,
            severity: Severity::Low,
            subject: subject.to_owned(),
            message,
            owner: Some(owner.to_owned()).filter(|owner| !owner.is_empty()),
            due: None,
            place: Some((*place).clone()),
        });
    };
    for document in &records.attestations {
        let (id, title, place) = (&*document.id, &document.title, &document.place);
        add(FindingKind::Attestation, id, (&format!("the receipt of {title}"), ""), "", vec![(document.received, place)]);
        let letters = document.bridges.iter().map(|bridge| (bridge.received, place)).collect();
        let acts = (format!("the receipt of a bridge letter of {title}"), format!("receipts of bridge letters of {title}"));
        add(FindingKind::Attestation, id, (&acts.0, &acts.1), "", letters);
    }
    // One record may be several pieces of evidence; it is dated once.
    let kept = records.evidence.all().filter(|kept| kept.kept_as == KeptAs::Record);
    let kept: BTreeMap<&Place, &crate::Kept> = kept.map(|kept| (&kept.place, kept)).collect();
    for (place, kept) in kept {
        add(FindingKind::Evidence, &kept.evidence, (&kept.title, ""), &kept.owner, vec![(kept.made, place)]);
    }
    for policy in &records.policies {
        let (id, title, owner) = (&*policy.id, &policy.title, &policy.owner);
        add(FindingKind::Policy, id, (&format!("the approval of {title}"), ""), owner, vec![(policy.approved, &policy.place)]);
        let days = policy.acknowledgements.iter().map(|one| (one.day, &one.place)).collect();
        let acts = (format!("an acknowledgement of {title}"), format!("acknowledgements of {title}"));
        add(FindingKind::Policy, id, (&acts.0, &acts.1), owner, days);
    }
    for campaign in &records.campaigns {
        let title = &campaign.title;
        let days = campaign.completions.iter().map(|one| (one.day, &one.place)).collect();
        let acts = (format!("a completion of {title}"), format!("completions of {title}"));
        add(FindingKind::Training, &campaign.id, (&acts.0, &acts.1), &campaign.owner, days);
    }
    for runbook in &records.runbooks {
        let title = &runbook.title;
        let days = runbook.exercises.iter().map(|one| (one.day, &one.place)).collect();
        let acts = (format!("an exercise of {title}"), format!("exercises of {title}"));
        add(FindingKind::Exercise, &runbook.id, (&acts.0, &acts.1), &runbook.owner, days);
    }
    for review in &records.reviews {
        let what = review.what.to_string();
        add(FindingKind::Review, &what, (&format!("the review of {what}"), ""), &review.by, vec![(review.day, &review.place)]);
    }
}
