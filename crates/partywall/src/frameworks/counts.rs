//! How the requirements of a framework are split and could be shown, counted over all of them.

use std::sync::Arc;

use partywall_catalog::{Catalog, Check, Framework, Requirement};
use partywall_report::Split;

use super::{checks, named, noun, split};

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
