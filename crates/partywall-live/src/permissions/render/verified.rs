use std::fmt::Write as _;

use partywall_model::plain;

use crate::permissions::{Report, Standing};

/// What verifying found: who asks, what is denied and not known with the reason, which checks are blind, and what this rests on.
pub fn verified(report: &Report) -> String {
    let count = |standing: Standing| report.actions(standing).count();
    let mut out = String::new();
    if !report.caller.is_empty() {
        let _ = writeln!(out, "asked as {}", plain(&report.caller));
    }
    let (allowed, denied, unknown) = (count(Standing::Allowed), count(Standing::Denied), count(Standing::Unknown));
    let _ = writeln!(out, "{allowed} actions allowed, {denied} denied, {unknown} not known");
    for (word, standing) in [("denied", Standing::Denied), ("not known", Standing::Unknown)] {
        for (action, verdict) in report.verdicts.iter().filter(|(_, verdict)| verdict.standing == standing) {
            let _ = writeln!(out, "  {word}  {action}  {} checks  {}", verdict.checks.len(), plain(&verdict.why));
        }
    }
    for (words, checks) in [("will be blind, in whole or in part", &report.blind), ("may be blind", &report.unsure)] {
        if !checks.is_empty() {
            let ids: Vec<&str> = checks.iter().map(|id| &**id).collect();
            let _ = writeln!(out, "{} checks {words}: {}", ids.len(), ids.join(", "));
        }
    }
    for note in &report.notes {
        let _ = writeln!(out, "note: {}", plain(note));
    }
    for assumed in report.assuming {
        let _ = writeln!(out, "assuming {assumed}");
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use super::*;
    use crate::permissions::{How, Verdict};

    #[test]
    fn what_is_denied_is_said_with_its_reason() {
        let checks: BTreeSet<Arc<str>> = [Arc::from("s3.a")].into();
        let verdict = |standing, why: &str, checks: &BTreeSet<Arc<str>>| Verdict {
            standing,
            how: How::Simulated,
            why: why.to_owned(),
            checks: checks.clone(),
        };
        let mut report = Report { caller: "arn:aws:iam::1:user/a".to_owned(), assuming: &["nothing"], ..Report::default() };
        report.verdicts.insert(Arc::from("s3:GetBucketAcl"), verdict(Standing::Denied, "no policy allows it", &checks));
        report.verdicts.insert(Arc::from("s3:ListAllMyBuckets"), verdict(Standing::Allowed, "", &checks));
        report.blind = checks;
        assert_eq!(
            verified(&report),
            "asked as arn:aws:iam::1:user/a\n1 actions allowed, 1 denied, 0 not known\n  denied  s3:GetBucketAcl  1 checks  no policy allows it\n\
             1 checks will be blind, in whole or in part: s3.a\nassuming nothing\n"
        );
    }
}
