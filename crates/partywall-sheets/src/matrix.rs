//! What the sheets are made of. The caller has judged already: nothing here is computed from results.

use chrono::NaiveDate;

/// Who has a part in a requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// All duties are AWS's: the requirement is inherited.
    Aws,
    /// Both have duties.
    Shared,
    /// All duties are the customer's, or of somebody whom the customer hired.
    Customer,
}

/// How the evidence for a requirement stands; of what is AWS's alone, how its proof stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// All evidence speaks for it.
    Met,
    /// Something failed.
    NotMet,
    /// Something is unknown or missing.
    Partly,
    /// Nothing speaks for or against it.
    NoEvidence,
    /// No resource that it is about.
    NothingInScope,
    /// Nobody looked.
    NotJudged,
}

/// What a sheet is about, beside its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// The system, as its owner calls it.
    pub system: String,
    /// The day on which everything stands as the sheet says.
    pub as_of: NaiveDate,
    /// What to say of data that is made up; `None` for a real system.
    pub synthetic: Option<String>,
}

/// A framework with all its requirements and where each stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matrix {
    /// The catalogue's id, such as `nist-800-53r5-moderate`.
    pub framework_id: String,
    /// Its name.
    pub framework_title: String,
    /// The publisher's version.
    pub framework_version: String,
    /// Who publishes it.
    pub publisher: String,
    /// The framework's own word for one requirement: `control`, `criterion`.
    pub noun: String,
    /// The system, as its owner calls it.
    pub system: String,
    /// The day on which everything stands as the sheet says.
    pub as_of: NaiveDate,
    /// What to say of data that is made up; `None` for a real system.
    pub synthetic: Option<String>,
    /// All requirements, in the framework's order.
    pub lines: Vec<MatrixLine>,
}

/// One requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatrixLine {
    /// The framework's id of it.
    pub id: String,
    /// The title of the group it stands in.
    pub group: String,
    /// Short title.
    pub title: String,
    /// The text, where it is free to print; else empty.
    pub text: String,
    /// Labels of the parts that its text is divided into: `a` or `(a)`.
    pub parts: Vec<String>,
    /// Who has a part.
    pub split: Split,
    /// How the evidence stands.
    pub answer: Answer,
    /// AWS's part; empty if none or not written down.
    pub aws_part: String,
    /// The customer's part; empty if none or not written down.
    pub customer_part: String,
    /// True if every duty of AWS behind it is attested on the day.
    pub aws_attested: bool,
    /// Proof of AWS's part in words; `None` if AWS has no part.
    pub aws_proof: Option<String>,
    /// The first day on which AWS's part is no longer proven as it is now.
    pub aws_until: Option<NaiveDate>,
    /// The customer's duties behind it, each with who answers for it.
    pub duties: Vec<DutyLine>,
    /// Ids of the checks that are evidence for it.
    pub checks: Vec<String>,
    /// Results that pass.
    pub pass: u64,
    /// Results that fail.
    pub fail: u64,
    /// Results that are unknown.
    pub unknown: u64,
    /// Evidence that no tool can read.
    pub manual: Vec<ManualLine>,
    /// Why no check is possible; empty if checks are.
    pub nothing_technical: String,
    /// Who answers for the requirement.
    pub owners: Vec<String>,
    /// What is left to do: failures, unknowns, and manual evidence that is not there or not in date.
    pub remaining: u64,
    /// Who else has a part, such as a managed service provider.
    pub third_parties: Vec<ThirdParty>,
}

/// A duty behind a requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DutyLine {
    /// Its sentence.
    pub title: String,
    /// Who answers for it; empty: nobody is named.
    pub owners: Vec<String>,
}

/// A document or record that a requirement asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManualLine {
    /// Evidence id.
    pub id: String,
    /// What it is.
    pub title: String,
    /// `missing`, `failed`, `overdue` or `current`.
    pub state: String,
    /// The day on which it is due again.
    pub due: Option<NaiveDate>,
}

/// What somebody beside AWS and the customer does for a requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThirdParty {
    /// `msp:<id>`, `vendor:<id>`, or a name.
    pub party: String,
    /// What it does.
    pub text: String,
}

impl Matrix {
    /// What the sheets of this matrix are about.
    pub fn about(&self) -> About {
        About { system: self.system.clone(), as_of: self.as_of, synthetic: self.synthetic.clone() }
    }
}

impl MatrixLine {
    /// True if AWS gives the feature and the customer configures it, so that a tool can look; false if the customer provides all of it.
    pub fn has_checks(&self) -> bool {
        !self.checks.is_empty()
    }
}
