//! From what was judged to the plain structs that sheets are made of.

use std::sync::Arc;

use partywall_catalog::{Framework, Requirement};
use partywall_engine::Tally;
use partywall_model::Party;
use partywall_records::{Records, Subject};
use partywall_report::{self as report, FrameworkLine, RequirementLine};
use partywall_sheets::{About, Answer, CuecLine, DutyLine, ManualLine, Matrix, MatrixLine, Split, ThirdParty};

use crate::cli::Context;
use crate::expectations;
use crate::frameworks::{self, Reading};
use crate::run::Sources;

/// What a sheet is about.
pub(super) fn about(context: &Context, sources: &Sources, records: &Records) -> About {
    let title = if records.scope.title.is_empty() { sources.title() } else { records.scope.title.clone() };
    About { system: title, as_of: context.today(), synthetic: sources.synthetic() }
}

/// A framework with all its lines.
pub(super) fn matrix(context: &Context, sources: &Sources, framework: &Framework, line: &FrameworkLine, read: Reading<'_>) -> Matrix {
    let About { system, as_of, synthetic } = about(context, sources, read.records);
    let checks = frameworks::checks(&context.catalog, framework);
    let lines = framework.requirements.iter().zip(&line.requirements).map(|(requirement, line)| {
        let named = frameworks::named(&checks, requirement).iter().map(|check| check.id.to_string()).collect();
        matrix_line(context, framework, requirement, line, named, read)
    });
    Matrix {
        framework_id: framework.id.to_string(),
        framework_title: framework.title.to_string(),
        framework_version: framework.version.clone(),
        publisher: framework.publisher.clone(),
        noun: framework.noun.clone(),
        system,
        as_of,
        synthetic,
        lines: lines.collect(),
    }
}

fn matrix_line(
    context: &Context,
    framework: &Framework,
    requirement: &Arc<Requirement>,
    line: &RequirementLine,
    checks: Vec<String>,
    read: Reading<'_>,
) -> MatrixLine {
    let catalog = &context.catalog;
    let owner = |duty: &str| read.records.owners.of(Subject { duty, ..Subject::default() }).unwrap_or_default();
    let duties = frameworks::duties(catalog, requirement).filter(|duty| duty.owner.iter().any(|rule| rule.party != Party::Aws));
    let of_aws = frameworks::duties(catalog, requirement).filter(|duty| duty.owner.iter().any(|rule| rule.party == Party::Aws));
    let counts = read.proofs.of(framework).sum(of_aws.map(|duty| &*duty.id)).counts;
    let judged = read.outcome.is_some() || read.records.directory.is_some();
    let group = framework.groups.iter().find(|group| group.id == requirement.group);
    let ids = [Some(&framework.id), framework.of.as_ref()];
    let claims = ids.into_iter().flatten().flat_map(|id| read.records.claims(id, &requirement.id));
    MatrixLine {
        id: line.id.clone(),
        group: group.map(|group| group.title.to_string()).unwrap_or_default(),
        title: line.title.clone(),
        text: requirement.text.clone(),
        parts: requirement.parts.clone(),
        split: match line.split {
            report::Split::Inherited => Split::Aws,
            report::Split::Shared => Split::Shared,
            report::Split::Customer => Split::Customer,
        },
        answer: match line.answer {
            _ if !judged => Answer::NotJudged,
            report::Answer::Met => Answer::Met,
            report::Answer::NotMet => Answer::NotMet,
            report::Answer::Partly => Answer::Partly,
            report::Answer::NoEvidence => Answer::NoEvidence,
            report::Answer::NothingInScope => Answer::NothingInScope,
        },
        aws_part: requirement.aws.clone(),
        customer_part: requirement.customer.clone(),
        aws_attested: counts.attested > 0 && counts.lapsed + counts.out_of_scope + counts.unproven == 0,
        aws_proof: line.aws_proof.clone(),
        aws_until: line.aws_until,
        duties: duties
            .map(|duty| DutyLine { title: duty.title.to_string(), owners: owner(&duty.id).iter().map(ToString::to_string).collect() })
            .collect(),
        checks,
        pass: line.pass,
        fail: line.fail,
        unknown: line.unknown,
        manual: line
            .manual
            .iter()
            .map(|one| ManualLine { id: one.id.clone(), title: one.title.clone(), state: one.state.to_owned(), due: one.due })
            .collect(),
        nothing_technical: requirement.nothing_technical.clone(),
        owners: line.owners.clone(),
        remaining: line.remaining,
        third_parties: claims
            .filter(|(_, claim)| claim.inherit != partywall_records::Inherit::No)
            .map(|(sheet, claim)| ThirdParty { party: sheet.party.to_string(), text: claim.text.clone() })
            .collect(),
    }
}

/// What reports expect, each with how it stands.
pub(super) fn cuecs(context: &Context, records: &Records, tally: Option<&Tally>) -> Vec<CuecLine> {
    let catalog = &context.catalog;
    let line = |one: &partywall_records::Cuec| {
        let (stand, why) = expectations::cuec(catalog, records, one, tally, context.today());
        let document = records.attestations.iter().find(|document| document.id == one.attestation);
        let words = |ids: &[Arc<str>]| -> Vec<String> {
            ids.iter().map(|id| catalog.duties.get(id).map_or_else(|| id.to_string(), |duty| duty.title.to_string())).collect()
        };
        let papers = |id: &Arc<str>| catalog.evidence.get(id).map_or_else(|| id.to_string(), |evidence| evidence.title.to_string());
        CuecLine {
            id: one.id.clone(),
            attestation: one.attestation.to_string(),
            report: document.map(|document| document.title.clone()).unwrap_or_default(),
            text: one.text.clone(),
            duties: words(&one.duties),
            checks: one.checks.iter().flat_map(|pattern| catalog.checks_of(pattern)).map(|check| check.id.to_string()).collect(),
            evidence: one.evidence.iter().map(papers).collect(),
            stand: stand.as_str().to_owned(),
            why,
            response: one.response.clone(),
            owner: one.owner.clone(),
            requirements: one.requirements.clone(),
        }
    };
    records.expectations.cuecs.iter().map(line).collect()
}
