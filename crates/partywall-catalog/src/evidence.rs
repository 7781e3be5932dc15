use std::sync::Arc;

use serde::Deserialize;

use crate::Position;

/// What a piece of manual evidence is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EvidenceKind {
    /// A rule that leaders approved.
    Policy,
    /// How something is done.
    Procedure,
    /// What will be done.
    Plan,
    /// A list that is kept current.
    Register,
    /// What was done.
    Record,
    /// What somebody looked at and concluded.
    Review,
    /// What was tried and how it went.
    Test,
    /// What somebody found.
    Report,
    /// A rating of risks or suppliers.
    Assessment,
    /// What somebody with the authority to do so decided.
    Decision,
    /// What two parties agreed on.
    Agreement,
    /// Who was taught what.
    Training,
}

impl EvidenceKind {
    /// The word used in files and outputs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Procedure => "procedure",
            Self::Plan => "plan",
            Self::Register => "register",
            Self::Record => "record",
            Self::Review => "review",
            Self::Test => "test",
            Self::Report => "report",
            Self::Assessment => "assessment",
            Self::Decision => "decision",
            Self::Agreement => "agreement",
            Self::Training => "training",
        }
    }
}

/// Evidence that no tool can read from an account: a document or record that people keep. One document may serve many requirements of many
/// frameworks, so requirements name it by id.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// `<topic>.<name>`; the topic is the file's name.
    pub id: Arc<str>,
    /// Where it is; filled in.
    #[serde(skip)]
    pub position: Option<Position>,
    /// What it is.
    pub kind: EvidenceKind,
    /// Short title.
    pub title: Arc<str>,
    /// What it must show, in one sentence.
    pub shows: String,
    /// How many days until it is made again; `None`: with each event, no term of its own.
    #[serde(default)]
    pub renew_days: Option<u32>,
    /// The customer's duties that it speaks of, as duty ids.
    #[serde(default)]
    pub duties: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EvidenceFile {
    pub(crate) evidence: Vec<Evidence>,
}
