//! Where each requirement of a framework stands for a run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use partywall_catalog::{Catalog, Check, Framework, Requirement};
use partywall_engine::{StatusCounts, Tally};
use partywall_model::Party;
use partywall_records::{Inherit, Records, Subject};
use partywall_report::{Answer, FrameworkLine, ManualLine, RequirementLine, Split};

use super::answer::{ManualCounts, answer, inherited, remains};
use super::{SplitCounts, checks, duties, named, noun, split};
use crate::cli::Context;
use crate::proofs::ProofSets;
use crate::run::Outcome;
use crate::sight::Sight;

/// What was read, which checks were asked of it, what is on record. Without sources there is no outcome; without either there is nothing.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    pub(crate) outcome: Option<&'a Outcome>,
    pub(crate) asked: &'a dyn Fn(&Check) -> bool,
    pub(crate) records: &'a Records,
    pub(crate) proofs: &'a ProofSets,
}

impl Reading<'_> {
    /// How much was seen of what the checks ask about. Of a check that was not asked nothing is known.
    fn sight(self, catalog: &Catalog, checks: &[&Arc<Check>], counts: Option<StatusCounts>) -> Sight {
        let (Some(outcome), Some(counts)) = (self.outcome, counts) else { return Sight::Nothing };
        if checks.iter().all(|check| (self.asked)(check)) {
            return outcome.seen.of(catalog, &outcome.collected, checks);
        }
        if counts.pass + counts.fail + counts.unknown > 0 { Sight::Some } else { Sight::Nothing }
    }
}

/// Where each requirement stands, in the framework's order.
fn lines(context: &Context, framework: &Framework, read: Reading<'_>) -> Vec<RequirementLine> {
    let catalog = &context.catalog;
    let checks = checks(catalog, framework);
    let line = |requirement: &Arc<Requirement>| {
        let mut line = requirement_line(context, framework, requirement, named(&checks, requirement), read);
        line.others = others(context, framework, requirement, read.records);
        line
    };
    framework.requirements.iter().map(line).collect()
}

/// What others say can be inherited from them. A claim without a document that holds is only that.
fn others(context: &Context, framework: &Framework, requirement: &Requirement, records: &Records) -> Vec<String> {
    let ids = [Some(&framework.id), framework.of.as_ref()];
    let claims = ids.into_iter().flatten().flat_map(|id| records.claims(id, &requirement.id));
    let said = claims.filter(|(_, claim)| claim.inherit != Inherit::No).map(|(sheet, claim)| {
        let part = claim.part.as_deref().map(|part| format!(" ({part})")).unwrap_or_default();
        let text = if claim.text.is_empty() { String::new() } else { format!(": {}", claim.text) };
        let proofs = duties(&context.catalog, requirement)
            .map(|duty| records.proof(&sheet.party, &duty.id, None, None, context.today()))
            .min_by_key(|proof| proof.state);
        let ground = proofs.map_or_else(
            || "a claim: no duty stands behind the line".to_owned(),
            |proof| format!("{}: {}", proof.state.as_str(), proof.why(&sheet.party, None, None)),
        );
        format!("{}{part} {}{text} [{ground}]", sheet.party, claim.inherit.as_str())
    });
    said.collect()
}

fn requirement_line(
    context: &Context,
    framework: &Framework,
    requirement: &Requirement,
    checks: &[&Arc<Check>],
    read: Reading<'_>,
) -> RequirementLine {
    let catalog = &context.catalog;
    let split = split(catalog, requirement);
    let counts = read.outcome.map(|outcome| sum(&outcome.tally, checks));
    let sight = read.sight(catalog, checks, counts);
    let manual = manual(context, requirement, read.records);
    let kept = |state: &str| manual.iter().filter(|line| line.state == state).count();
    let manual_counts = ManualCounts { asked: manual.len(), current: kept("current"), failed: kept("failed") };
    let of_aws = duties(catalog, requirement).filter(|duty| duty.owner.iter().any(|rule| rule.party == Party::Aws));
    let proof = read.proofs.of(framework).sum(of_aws.map(|duty| &*duty.id));
    let all = proof.counts.attested + proof.counts.lapsed + proof.counts.out_of_scope + proof.counts.unproven;
    let answer = match split {
        Split::Inherited => inherited(proof.counts.attested, all),
        _ => answer(checks.len(), counts, sight, manual_counts),
    };
    let counts = counts.unwrap_or_default();
    let unproven = || match (read.records.attestations.is_empty(), read.outcome) {
        (false, Some(_)) => "nothing that was read gives AWS this duty".to_owned(),
        (false, None) => "unproven: the scope names no service that gives AWS this duty".to_owned(),
        (true, _) => "unproven: no attestation on file".to_owned(),
    };
    RequirementLine {
        id: requirement.id.to_string(),
        title: requirement.title.to_string(),
        split,
        aws_proof: (split != Split::Customer).then(|| proof.line().unwrap_or_else(unproven)),
        aws_until: proof.until.filter(|_| split != Split::Customer),
        answer,
        pass: counts.pass,
        fail: counts.fail,
        unknown: counts.unknown,
        remaining: if remains(split, answer) {
            counts.fail.saturating_sub(counts.excepted) + counts.unknown + (manual_counts.asked - manual_counts.current) as u64
        } else {
            0
        },
        due: manual.iter().filter_map(|line| line.due).min(),
        owners: if split == Split::Inherited { Vec::new() } else { owners(catalog, requirement, checks, read) },
        others: Vec::new(),
        manual,
    }
}

/// The manual evidence of a requirement with how it stands on the day of the run.
fn manual(context: &Context, requirement: &Requirement, records: &Records) -> Vec<ManualLine> {
    let line = |id: &String| {
        let state = records.evidence.state(id, context.today());
        let kept = state.kept();
        let evidence = context.catalog.evidence.get(id.as_str());
        ManualLine {
            id: id.clone(),
            title: evidence.map(|evidence| evidence.title.to_string()).unwrap_or_default(),
            state: state.as_str(),
            kept: kept.map(|kept| kept.title.clone()),
            owner: evidence.and_then(|evidence| records.owner_of(evidence, context.today())),
            made: kept.map(|kept| kept.made),
            // What failed is due now; the term of a good one is no comfort.
            due: kept.filter(|kept| kept.failed.is_empty()).and_then(|kept| kept.due),
        }
    };
    requirement.manual.iter().map(line).collect()
}

/// Who answers: first the owners of what fails, with how much; else the owners of the duties, as far as the owners file names them as such.
fn owners(catalog: &Catalog, requirement: &Requirement, checks: &[&Arc<Check>], read: Reading<'_>) -> Vec<String> {
    let mut failing: BTreeMap<&str, u64> = BTreeMap::new();
    if let Some(outcome) = read.outcome {
        for (owner, count) in checks.iter().filter_map(|check| outcome.failing.get(&check.id)).flatten() {
            *failing.entry(owner).or_default() += count;
        }
    }
    let mut failing: Vec<(&str, u64)> = failing.into_iter().collect();
    failing.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    if !failing.is_empty() {
        return failing.into_iter().map(|(owner, count)| format!("{owner} ({count} failing)")).collect();
    }
    let of_customer = duties(catalog, requirement).filter(|duty| duty.owner.iter().any(|rule| rule.party != Party::Aws));
    let named = of_customer.filter_map(|duty| read.records.owners.of(Subject { duty: &duty.id, ..Subject::default() })?.first());
    named.map(ToString::to_string).collect::<BTreeSet<_>>().into_iter().collect()
}

/// The framework with its counts over all requirements.
pub(crate) fn line(context: &Context, framework: &Framework, read: Reading<'_>) -> FrameworkLine {
    let requirements = lines(context, framework, read);
    let SplitCounts { aws, shared, customer } = SplitCounts::of(&context.catalog, framework);
    let answer = |answer: Answer| count(&requirements, |line| line.answer == answer);
    FrameworkLine {
        id: framework.id.to_string(),
        title: framework.title.to_string(),
        noun: noun(framework),
        aws,
        shared,
        customer,
        met: answer(Answer::Met),
        not_met: answer(Answer::NotMet),
        partly: answer(Answer::Partly),
        no_evidence: answer(Answer::NoEvidence),
        nothing_in_scope: answer(Answer::NothingInScope),
        requirements,
    }
}

fn count(lines: &[RequirementLine], wanted: impl Fn(&RequirementLine) -> bool) -> u64 {
    lines.iter().filter(|line| wanted(line)).map(|_| 1).sum()
}

pub(crate) fn sum(tally: &Tally, checks: &[&Arc<Check>]) -> StatusCounts {
    checks.iter().filter_map(|check| tally.checks.get(&check.id)).fold(StatusCounts::default(), |sum, counts| StatusCounts {
        pass: sum.pass + counts.pass,
        fail: sum.fail + counts.fail,
        unknown: sum.unknown + counts.unknown,
        blind: sum.blind + counts.blind,
        not_applicable: sum.not_applicable + counts.not_applicable,
        excepted: sum.excepted + counts.excepted,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frameworks::MeansCounts;

    #[test]
    fn counts_add_up_for_every_framework() {
        let catalog = Catalog::load(None).unwrap().with_derived(partywall_collect::derived_columns).unwrap();
        let context = Context { catalog, now: chrono::DateTime::UNIX_EPOCH, options: Vec::new() };
        let (records, proofs) = (Records::default(), ProofSets::default());
        let nothing = Reading { outcome: None, asked: &|_| true, records: &records, proofs: &proofs };
        for framework in context.catalog.frameworks.values() {
            let all = framework.requirements.len();
            let counts = MeansCounts::of(&context.catalog, framework);
            assert_eq!(counts.automated + counts.inherited + counts.manual + counts.open, all, "{}", framework.id);
            assert_eq!(counts.open, 0, "{}: every requirement is accounted for", framework.id);
            let line = line(&context, framework, nothing);
            assert_eq!(usize::try_from(line.aws + line.shared + line.customer).unwrap(), all);
            for (split, counted) in [(Split::Inherited, line.aws), (Split::Shared, line.shared), (Split::Customer, line.customer)] {
                assert_eq!(count(&line.requirements, |one| one.split == split), counted, "{}", framework.id);
            }
            assert_eq!(usize::try_from(line.no_evidence).unwrap(), all, "{}", framework.id);
        }
    }
}
