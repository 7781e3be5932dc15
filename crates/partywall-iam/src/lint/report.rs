use std::fmt;

use partywall_model::Severity;

use super::Rule;

/// Most findings of one policy.
const MAX_FINDINGS: usize = 1_000;

/// Something in a policy that AWS refuses, or that is not what its author means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule that found it.
    pub rule: Rule,
    /// How much it hurts here.
    pub severity: Severity,
    /// Where, from the top of the document: `Statement[0].Action[1]`; empty for the document itself.
    pub path: String,
    /// What is the matter: one line, lower case, the policy's words in backticks.
    pub message: String,
    /// What it is about, each: actions (`s3:GetObject`), or patterns of resources. Empty where the path says it all.
    pub subjects: Vec<Box<str>>,
    /// Line and column of the path in the text, from 1, if the caller knows them ([`locate`]).
    pub position: Option<(u32, u32)>,
}

/// Fills in positions: `find` gets a path such as `Statement[0].Action[1]` and answers line and column, from 1.
pub fn locate(findings: &mut [Finding], find: impl Fn(&str) -> Option<(u32, u32)>) {
    for finding in findings {
        finding.position = find(&finding.path);
    }
}

/// Findings as they are made.
#[derive(Debug, Default)]
pub(super) struct Report {
    findings: Vec<Finding>,
}

impl Report {
    pub(super) fn add(&mut self, rule: Rule, at: At<'_>, message: String) -> &mut Finding {
        self.about(rule, at, message, Vec::new())
    }

    pub(super) fn about(&mut self, rule: Rule, at: At<'_>, message: String, subjects: Vec<Box<str>>) -> &mut Finding {
        // What comes after the limit is not kept, but its maker still gets something to change.
        self.findings.truncate(MAX_FINDINGS);
        let mut finding = Finding { rule, severity: rule.severity(), path: at.to_string(), message, subjects, position: None };
        if finding.message.contains(['\n', '\r']) {
            finding.message = finding.message.replace(['\n', '\r'], " ");
        }
        self.findings.push(finding);
        let last = self.findings.len() - 1;
        #[expect(clippy::indexing_slicing, reason = "one was pushed just now")]
        &mut self.findings[last]
    }

    /// True if nothing further would be listed, so that nothing further needs to be looked for.
    pub(super) fn is_full(&self) -> bool {
        self.findings.len() >= MAX_FINDINGS
    }

    pub(super) fn finish(mut self) -> Vec<Finding> {
        if self.is_full() {
            self.findings.truncate(MAX_FINDINGS);
            self.add(Rule::MoreFindings, At::ROOT, format!("{MAX_FINDINGS} findings are listed; the rest was not looked for"));
        }
        self.findings
    }
}

/// A place in a document, as the way to it.
#[derive(Debug, Clone, Copy)]
pub(super) struct At<'a> {
    parent: Option<&'a At<'a>>,
    step: Step<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    Root,
    Member(&'a str),
    Item(usize),
}

impl<'a> At<'a> {
    pub(super) const ROOT: At<'static> = At { parent: None, step: Step::Root };

    pub(super) fn member(&'a self, name: &'a str) -> At<'a> {
        At { parent: Some(self), step: Step::Member(name) }
    }

    /// An element of a list; the place itself for what stands alone.
    pub(super) fn item(&'a self, index: Option<usize>) -> At<'a> {
        match index {
            Some(index) => At { parent: Some(self), step: Step::Item(index) },
            None => *self,
        }
    }
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
            if matches!(self.step, Step::Member(_)) && !matches!(parent.step, Step::Root) {
                f.write_str(".")?;
            }
        }
        match self.step {
            Step::Root => Ok(()),
            Step::Member(name) => f.write_str(name),
            Step::Item(index) => write!(f, "[{index}]"),
        }
    }
}
