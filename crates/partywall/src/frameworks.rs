//! Where the requirements of a framework stand: who has a part, what could show it, what the results say.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::anyhow;
use partywall_catalog::{Catalog, Check, Duty, Framework, Requirement};
use partywall_engine::{StatusCounts, Tally};
use partywall_model::Party;
use partywall_report::{Answer, FrameworkLine, RequirementLine, Split};

use crate::cli::Context;
use crate::near::did_you_mean;
use crate::run::Outcome;
use crate::sight::Sight;

/// A framework by one of its ids, or through a framework whose ids its requirements carry; that name is then the second.
///
/// # Errors
/// There is none; the message says what is near.
pub(crate) fn of_id<'a>(catalog: &'a Catalog, id: &str) -> anyhow::Result<(&'a Arc<Framework>, Option<String>)> {
    if let Some(framework) = catalog.framework(id) {
        return Ok((framework, None));
    }
    let carries = |framework: &&Arc<Framework>| framework.requirements.iter().any(|requirement| requirement.aliases.contains_key(id));
    if let Some(framework) = catalog.frameworks.values().find(carries) {
        return Ok((framework, Some(id.to_owned())));
    }
    let near = did_you_mean(id, catalog.frameworks.keys().map(|id| &**id));
    Err(anyhow!("there is no framework `{id}`{near}; see `partywall framework list`"))
}

/// What can show that a requirement is met. Every requirement is exactly one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Means {
    /// At least one check is evidence for it; people may still have to add more.
    Automated,
    /// It is AWS's alone: AWS's reports show it.
    Inherited,
    /// No check, but documents that people keep.
    Manual,
    /// Neither a check nor a document is named yet.
    Open,
}

impl Means {
    /// The word used in every output.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Automated => "automated",
            Self::Inherited => "inherited",
            Self::Manual => "manual",
            Self::Open => "open",
        }
    }
}

/// How many requirements of a framework each of the means could show; the four add up to all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub(crate) struct MeansCounts {
    /// At least one check.
    pub(crate) automated: usize,
    /// AWS's alone.
    pub(crate) inherited: usize,
    /// Documents only.
    pub(crate) manual: usize,
    /// Nothing named yet.
    pub(crate) open: usize,
}

impl MeansCounts {
    /// Counts over all requirements of a framework.
    pub(crate) fn of(catalog: &Catalog, framework: &Framework) -> Self {
        let checks = checks(catalog, framework);
        let mut counts = Self::default();
        for requirement in &framework.requirements {
            let slot = match means(catalog, requirement, named(&checks, requirement)) {
                Means::Automated => &mut counts.automated,
                Means::Inherited => &mut counts.inherited,
                Means::Manual => &mut counts.manual,
                Means::Open => &mut counts.open,
            };
            *slot += 1;
        }
        counts
    }
}

/// How the requirements of a framework are split; the three add up to all of them. Every output counts here, so that all say the same,
/// with sources and without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub(crate) struct SplitCounts {
    /// AWS's alone.
    pub(crate) aws: u64,
    /// Both have a part.
    pub(crate) shared: u64,
    /// The customer's alone.
    pub(crate) customer: u64,
}

impl SplitCounts {
    /// Counts over all requirements of a framework.
    pub(crate) fn of(catalog: &Catalog, framework: &Framework) -> Self {
        let mut counts = Self::default();
        for requirement in &framework.requirements {
            let slot = match split(catalog, requirement) {
                Split::Inherited => &mut counts.aws,
                Split::Shared => &mut counts.shared,
                Split::Customer => &mut counts.customer,
            };
            *slot += 1;
        }
        counts
    }

    /// `106 outcomes = 5 AWS + 67 shared + 34 yours`
    pub(crate) fn line(self, framework: &Framework) -> String {
        let Self { aws, shared, customer } = self;
        let all = format!("{} {}", framework.requirements.len(), noun(framework));
        format!("{all} = {aws} AWS + {shared} shared + {customer} yours")
    }
}

/// What the framework calls its requirements, as said of all of them.
fn noun(framework: &Framework) -> String {
    if framework.requirements.len() == 1 { framework.noun.clone() } else { format!("{}s", framework.noun) }
}

/// The word for a split in machine-readable outputs.
pub(crate) fn word(split: Split) -> &'static str {
    match split {
        Split::Inherited => "inherited",
        Split::Shared => "shared",
        Split::Customer => "customer",
    }
}

/// Requirement id → the checks that name it, in the order of their ids.
pub(crate) fn checks<'a>(catalog: &'a Catalog, framework: &Framework) -> BTreeMap<&'a str, Vec<&'a Arc<Check>>> {
    let mut found: BTreeMap<&str, Vec<&Arc<Check>>> = BTreeMap::new();
    for check in catalog.checks.values() {
        for (name, ids) in &check.controls {
            if catalog.framework(name).is_some_and(|known| known.id == framework.id) {
                for id in ids {
                    found.entry(id.as_str()).or_default().push(check);
                }
            }
        }
    }
    found
}

/// The checks of one requirement.
pub(crate) fn named<'m, 'a>(checks: &'m BTreeMap<&'a str, Vec<&'a Arc<Check>>>, requirement: &Requirement) -> &'m [&'a Arc<Check>] {
    checks.get(&*requirement.id).map(Vec::as_slice).unwrap_or_default()
}

/// The duties behind a requirement, in the order of `duties.toml`.
pub(crate) fn duties<'a>(catalog: &'a Catalog, requirement: &'a Requirement) -> impl Iterator<Item = &'a Arc<Duty>> {
    catalog.duties.values().filter(|duty| {
        requirement.duties.iter().any(|pattern| match pattern.strip_suffix(".*") {
            Some(layer) => duty.layer() == layer,
            None => *duty.id == **pattern,
        })
    })
}

/// Who has a part, from the owners that the requirement's duties have in general; without duties, from whose part is written down. A
/// duty whose owner depends on a setting counts for every party that it may fall to. What a single service makes of a duty does not
/// count: hardware in the customer's own rooms does not make every framework's line on hardware shared.
pub(crate) fn split(catalog: &Catalog, requirement: &Requirement) -> Split {
    let owners: BTreeSet<bool> = duties(catalog, requirement).flat_map(|duty| &duty.owner).map(|rule| rule.party == Party::Aws).collect();
    let (aws, customer) = if owners.is_empty() {
        (!requirement.aws.is_empty(), !requirement.customer.is_empty())
    } else {
        (owners.contains(&true), owners.contains(&false))
    };
    match (aws, customer) {
        (true, true) => Split::Shared,
        (true, false) => Split::Inherited,
        (false, _) => Split::Customer,
    }
}

/// What can show that a requirement is met.
pub(crate) fn means(catalog: &Catalog, requirement: &Requirement, checks: &[&Arc<Check>]) -> Means {
    if !checks.is_empty() {
        Means::Automated
    } else if split(catalog, requirement) == Split::Inherited {
        Means::Inherited
    } else if requirement.manual.is_empty() {
        Means::Open
    } else {
        Means::Manual
    }
}

/// What was read and which checks were asked of it.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    pub(crate) outcome: &'a Outcome,
    pub(crate) asked: &'a dyn Fn(&Check) -> bool,
}

impl Reading<'_> {
    /// How much was seen of what the checks ask about. Of a check that was not asked nothing is known.
    fn sight(self, catalog: &Catalog, checks: &[&Arc<Check>], counts: StatusCounts) -> Sight {
        if checks.iter().all(|check| (self.asked)(check)) {
            return self.outcome.seen.of(catalog, &self.outcome.collected, checks);
        }
        if counts.pass + counts.fail + counts.unknown > 0 { Sight::Some } else { Sight::Nothing }
    }
}

/// Where each requirement stands, in the framework's order. Without a reading there is no evidence.
pub(crate) fn lines(context: &Context, framework: &Framework, read: Option<Reading<'_>>) -> Vec<RequirementLine> {
    let checks = checks(&context.catalog, framework);
    let line = |requirement: &Requirement| {
        let split = split(&context.catalog, requirement);
        let checks = named(&checks, requirement);
        let counts = read.map(|read| sum(&read.outcome.tally, checks));
        let sight = read.zip(counts).map_or(Sight::Nothing, |(read, counts)| read.sight(&context.catalog, checks, counts));
        RequirementLine {
            id: requirement.id.to_string(),
            title: requirement.title.to_string(),
            split,
            aws_proof: (split != Split::Customer).then(|| "unproven: no attestation on file".to_owned()),
            answer: answer(requirement, split, checks.len(), counts, sight),
            pass: counts.map_or(0, |counts| counts.pass),
            fail: counts.map_or(0, |counts| counts.fail),
            unknown: counts.map_or(0, |counts| counts.unknown),
        }
    };
    framework.requirements.iter().map(line).collect()
}

/// The framework with its counts over all requirements.
pub(crate) fn line(context: &Context, framework: &Framework, read: Option<Reading<'_>>) -> FrameworkLine {
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

fn sum(tally: &Tally, checks: &[&Arc<Check>]) -> StatusCounts {
    checks.iter().filter_map(|check| tally.checks.get(&check.id)).fold(StatusCounts::default(), |sum, counts| StatusCounts {
        pass: sum.pass + counts.pass,
        fail: sum.fail + counts.fail,
        unknown: sum.unknown + counts.unknown,
        blind: sum.blind + counts.blind,
        not_applicable: sum.not_applicable + counts.not_applicable,
        excepted: sum.excepted + counts.excepted,
    })
}

/// How a requirement stands (`ARCHITECTURE.md` §7). A failure that an exception covers is no pass, and evidence that only people can give
/// is missing until they have given it: both leave a requirement partly evidenced at best.
fn answer(requirement: &Requirement, split: Split, checks: usize, counts: Option<StatusCounts>, sight: Sight) -> Answer {
    let Some(counts) = counts else { return Answer::NoEvidence };
    if counts.fail > counts.excepted {
        return Answer::NotMet;
    }
    let people = !requirement.manual.is_empty();
    if counts.unknown > 0 || counts.fail > 0 || sight == Sight::Some {
        return Answer::Partly;
    }
    if sight == Sight::Nothing {
        return Answer::NoEvidence;
    }
    match (counts.pass > 0, people) {
        (true, true) => Answer::Partly,
        (true, false) => Answer::Met,
        (false, false) if checks > 0 && split != Split::Inherited && sight == Sight::All => Answer::NothingInScope,
        (false, _) => Answer::NoEvidence,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requirement(manual: &[&str]) -> Requirement {
        Requirement {
            id: Arc::from("1"),
            group: Arc::from("1"),
            title: Arc::from("t"),
            text: String::new(),
            aws: String::new(),
            customer: String::new(),
            duties: Vec::new(),
            manual: manual.iter().map(ToString::to_string).collect(),
            nothing_technical: String::new(),
            aliases: BTreeMap::new(),
            level: None,
            assessment: None,
        }
    }

    fn counts(pass: u64, fail: u64, unknown: u64, excepted: u64) -> StatusCounts {
        StatusCounts { pass, fail, unknown, excepted, ..StatusCounts::default() }
    }

    #[test]
    fn answers_never_flatter() {
        let ask = |manual: &[&str], checks, counts, sight| answer(&requirement(manual), Split::Customer, checks, counts, sight);
        assert_eq!(ask(&[], 1, Some(counts(3, 0, 0, 0)), Sight::All), Answer::Met);
        assert_eq!(ask(&[], 1, Some(counts(3, 1, 5, 0)), Sight::All), Answer::NotMet);
        assert_eq!(ask(&[], 1, Some(counts(3, 0, 1, 0)), Sight::All), Answer::Partly);
        assert_eq!(ask(&[], 1, Some(counts(3, 2, 0, 2)), Sight::All), Answer::Partly);
        assert_eq!(ask(&["a document"], 1, Some(counts(3, 0, 0, 0)), Sight::All), Answer::Partly);
        assert_eq!(ask(&[], 1, Some(counts(0, 0, 0, 0)), Sight::Some), Answer::Partly);
        assert_eq!(ask(&[], 1, Some(counts(0, 0, 0, 0)), Sight::All), Answer::NothingInScope);
        assert_eq!(ask(&[], 1, Some(counts(0, 0, 0, 0)), Sight::Rows), Answer::NoEvidence, "there may be more than the rows");
        assert_eq!(ask(&["a document"], 1, Some(counts(0, 0, 0, 0)), Sight::All), Answer::NoEvidence);
        assert_eq!(ask(&["a document"], 0, Some(counts(0, 0, 0, 0)), Sight::All), Answer::NoEvidence);
        assert_eq!(ask(&[], 0, Some(counts(0, 0, 0, 0)), Sight::All), Answer::NoEvidence);
        assert_eq!(ask(&[], 4, None, Sight::All), Answer::NoEvidence);
        assert_eq!(ask(&[], 1, Some(counts(0, 0, 0, 0)), Sight::Nothing), Answer::NoEvidence, "nobody looked");
    }

    #[test]
    fn counts_add_up_for_every_framework() {
        let catalog = Catalog::load(None).unwrap().with_derived(partywall_collect::derived_columns).unwrap();
        let context = Context { catalog, now: chrono::DateTime::UNIX_EPOCH };
        for framework in context.catalog.frameworks.values() {
            let all = framework.requirements.len();
            let counts = MeansCounts::of(&context.catalog, framework);
            assert_eq!(counts.automated + counts.inherited + counts.manual + counts.open, all, "{}", framework.id);
            let line = line(&context, framework, None);
            assert_eq!(usize::try_from(line.aws + line.shared + line.customer).unwrap(), all);
            for (split, counted) in [(Split::Inherited, line.aws), (Split::Shared, line.shared), (Split::Customer, line.customer)] {
                assert_eq!(count(&line.requirements, |one| one.split == split), counted, "{}", framework.id);
            }
            assert_eq!(usize::try_from(line.no_evidence).unwrap(), all);
        }
    }
}
