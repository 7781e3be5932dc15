use std::collections::BTreeMap;
use std::ops::Add;

use chrono::NaiveDate;
use partywall_model::Severity;
use serde::Serialize;

use crate::text::counted;
use crate::view::FindingLine;

/// The two sides of the model's chart: security *in* the cloud above, security *of* the cloud below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Customer's side of the chart.
    In,
    /// AWS's side of the chart.
    Of,
}

/// How many duties stand where. `aws + you + unclear` is all of them; `met + fail + unseen + no_evidence` is `you`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// Owned by AWS.
    pub aws: u64,
    /// Owned by the customer or somebody whom the customer hired.
    pub you: u64,
    /// Owner undetermined.
    pub unclear: u64,
    /// Yours and met.
    pub met: u64,
    /// Yours and failed.
    pub fail: u64,
    /// Yours, and a fact could not be read.
    pub unseen: u64,
    /// Yours, and nothing here speaks for or against it.
    pub no_evidence: u64,
}

impl Counts {
    /// All duties.
    pub fn total(&self) -> u64 {
        self.aws + self.you + self.unclear
    }
}

impl Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            aws: self.aws + other.aws,
            you: self.you + other.you,
            unclear: self.unclear + other.unclear,
            met: self.met + other.met,
            fail: self.fail + other.fail,
            unseen: self.unseen + other.unseen,
            no_evidence: self.no_evidence + other.no_evidence,
        }
    }
}

/// One layer of the wall.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WallCell {
    /// Layer id.
    pub layer: String,
    /// The layer's name.
    pub title: String,
    /// What AWS does in this layer.
    pub aws_part: String,
    /// What the customer does in this layer.
    pub customer_part: String,
    /// Duties of this layer over all resources.
    pub counts: Counts,
    /// How AWS's among them are proven.
    pub proof: Proof,
}

/// One band of the model's chart: a course of the wall, one cell per layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WallRow {
    /// Band id.
    pub id: String,
    /// The band's name, short enough for a terminal column.
    pub title: String,
    /// The side on which the chart shows it.
    pub side: Side,
    /// Its layers.
    pub cells: Vec<WallCell>,
}

impl WallRow {
    /// The sum over the row's cells.
    pub fn counts(&self) -> Counts {
        self.cells.iter().fold(Counts::default(), |sum, cell| sum + cell.counts)
    }
}

/// How AWS's duties are proven (`ARCHITECTURE.md` §1, proof of AWS's part). The four add up to the duties that AWS owns.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Proof {
    /// A document covers service, region and dates.
    pub attested: u64,
    /// A document did, until its dates ran out.
    pub lapsed: u64,
    /// A document is on file that leaves this service or region out.
    pub out_of_scope: u64,
    /// Nothing is on file.
    pub unproven: u64,
    /// The main reason for what is not attested, in one line.
    pub why: Option<String>,
}

/// Who answers for how many of the customer's duties.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwnerLine {
    /// A team or party; `None`: nobody is named.
    pub owner: Option<String>,
    /// How it is reached.
    pub contact: Option<String>,
    /// Duties that may fall to it.
    pub duties: u64,
    /// Failed results among them that no exception covers.
    pub failing: u64,
}

/// Something in the records that needs a person: an attestation that lapsed, an expectation that is not met, a duty without an owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecordLine {
    /// What it is about, in one word.
    pub kind: &'static str,
    /// How much it hurts.
    pub severity: Severity,
    /// The id of what it is about.
    pub subject: String,
    /// One line: what is wrong and what to do.
    pub message: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The day by which it is due or was.
    #[serde(serialize_with = "crate::view::as_some_day")]
    pub due: Option<NaiveDate>,
    /// File and line.
    pub place: Option<String>,
}

/// Duties that could not be judged for one common reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotSeen {
    /// How many.
    pub count: u64,
    /// What could not be read, in one line.
    pub words: String,
    /// What would make it visible; a command where there is one.
    pub hint: Option<String>,
}

/// How a requirement is split between the parties, derived from its duties' owners.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// All duties are AWS's.
    Inherited,
    /// Both have duties.
    Shared,
    /// All duties are the customer's.
    Customer,
}

/// How the evidence for a requirement stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
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
}

/// One requirement of a framework and where it stands for the chosen scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RequirementLine {
    /// Requirement id, as the framework writes it.
    pub id: String,
    /// Its text or our words for it.
    pub title: String,
    /// Who has a part.
    pub split: Split,
    /// Proof of AWS's part, with dates; `None` if AWS has no part.
    pub aws_proof: Option<String>,
    /// The first day on which AWS's part is no longer proven as it is now.
    #[serde(serialize_with = "crate::view::as_some_day")]
    pub aws_until: Option<NaiveDate>,
    /// How the customer's part stands; of what is AWS's alone, how its proof stands.
    pub answer: Answer,
    /// Results that pass.
    pub pass: u64,
    /// Results that fail.
    pub fail: u64,
    /// Results that are unknown.
    pub unknown: u64,
    /// What is left to do: failures, unknowns, and manual evidence that is not there or not in date.
    pub remaining: u64,
    /// The next day on which manual evidence is due.
    #[serde(serialize_with = "crate::view::as_some_day")]
    pub due: Option<NaiveDate>,
    /// Who answers for the customer's duties behind it.
    pub owners: Vec<String>,
    /// What providers and vendors say can be inherited from them, each with the proof of their part.
    pub others: Vec<String>,
    /// Manual evidence, each with how it stands.
    pub manual: Vec<ManualLine>,
}

/// A document or record that a requirement asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ManualLine {
    /// Evidence id.
    pub id: String,
    /// What it is.
    pub title: String,
    /// `missing`, `failed`, `overdue` or `current`.
    pub state: &'static str,
    /// The title of what is kept.
    pub kept: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The day it was made.
    #[serde(serialize_with = "crate::view::as_some_day")]
    pub made: Option<NaiveDate>,
    /// The day on which it is due again.
    #[serde(serialize_with = "crate::view::as_some_day")]
    pub due: Option<NaiveDate>,
}

/// One framework: counts over all of its requirements, and the requirements themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FrameworkLine {
    /// Framework id.
    pub id: String,
    /// Its name.
    pub title: String,
    /// What it calls its requirements, as said of all of them: `outcomes`, `controls`; `outcome` if there is one.
    pub noun: String,
    /// Requirements that are AWS's alone.
    pub aws: u64,
    /// Requirements in which both have a part.
    pub shared: u64,
    /// Requirements that are the customer's alone.
    pub customer: u64,
    /// Met.
    pub met: u64,
    /// Not met.
    pub not_met: u64,
    /// Partly evidenced.
    pub partly: u64,
    /// No evidence.
    pub no_evidence: u64,
    /// Nothing in scope.
    pub nothing_in_scope: u64,
    /// All requirements, in the framework's order.
    pub requirements: Vec<RequirementLine>,
}

/// The exit code and why it is that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exit {
    /// The code, by `ARCHITECTURE.md` §9.
    pub code: u8,
    /// Why, in one line.
    pub words: String,
}

/// What is known after the last result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Resources read.
    pub resources: u64,
    /// Distinct types among them.
    pub types: u64,
    /// Distinct services.
    pub services: u64,
    /// Distinct accounts.
    pub accounts: u64,
    /// Distinct regions.
    pub regions: u64,
    /// The wall, top course first; rows of one side stand together.
    pub wall: Vec<WallRow>,
    /// Proof of AWS's duties.
    pub proof: Proof,
    /// Duties per owner, most first; empty without an owners file.
    pub owners: Vec<OwnerLine>,
    /// What in the records needs a person, most severe first.
    pub records: Vec<RecordLine>,
    /// The worst findings, worst first.
    pub fix_first: Vec<FindingLine>,
    /// All failed results, those with an exception included.
    pub failing: u64,
    /// What was not seen, by reason, most first.
    pub not_seen: Vec<NotSeen>,
    /// Answers that are missing as they were in the baseline; `not_seen` leaves them out.
    pub unseen_before: u64,
    /// Resources of types that neither the registry nor the catalogue knows, by type: no check asks about them, so no answer is missing.
    pub unmodelled: BTreeMap<String, u64>,
    /// Results that are unknown only because this kind of source can never show the facts.
    pub blind: u64,
    /// How the chosen frameworks stand.
    pub frameworks: Vec<FrameworkLine>,
    /// The exit code and why.
    pub exit: Exit,
}

impl Summary {
    /// The sum over the wall.
    pub fn counts(&self) -> Counts {
        self.wall.iter().fold(Counts::default(), |sum, row| sum + row.counts())
    }

    /// What to say where no finding is shown: failures on the wall without one are those that the baseline left out.
    pub fn nothing_failed(&self) -> &'static str {
        if self.counts().fail > 0 {
            "Nothing new failed: what failed is in the baseline."
        } else {
            "Nothing failed of what was seen and checked."
        }
    }

    /// Answers that are missing: the number that the heading and the exit line say.
    pub fn unseen(&self) -> u64 {
        self.not_seen.iter().map(|line| line.count).sum()
    }

    /// What to say where no answer is missing.
    pub fn nothing_unseen(&self) -> &'static str {
        if self.unseen_before > 0 {
            "nothing new: what was not seen is in the baseline"
        } else {
            "nothing: every fact that a check needed was read"
        }
    }

    /// What was not judged and is no missing answer, one line each.
    pub fn not_judged(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.unseen_before > 0 && !self.not_seen.is_empty() {
            lines.push(format!("{} as in the baseline", counted(self.unseen_before, "more answer is missing", "more answers are missing")));
        }
        if self.blind > 0 {
            let results = counted(self.blind, "result needs", "results need");
            lines.push(format!("{results} facts that this kind of source never shows; a live reading has them"));
        }
        if !self.unmodelled.is_empty() {
            let resources = counted(self.unmodelled.values().sum(), "resource is of a type", "resources are of types");
            let names: Vec<String> = self.unmodelled.iter().map(|(name, count)| format!("{name} ({count})")).collect();
            lines.push(format!("{resources} that no check knows: {}", names.join(", ")));
        }
        lines
    }

    /// The line that the command line prints last, on standard error: `exit 1: 74 not met`.
    pub fn exit_line(&self) -> String {
        format!("exit {}: {}", self.exit.code, self.exit.words)
    }
}
